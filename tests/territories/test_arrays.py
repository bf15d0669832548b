"""The arrays beside a file say what the file says, and nothing more is needed than the file."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansanm.engines.indicators import Status
from ansanm.territories import arrays, observations
from ansanm.territories.observations import write_dataset

PLACES = [("commune", "97411"), ("commune", "97412"), ("iris", "974110101"), ("france", "FR")]
KEYS = st.tuples(
    st.sampled_from(PLACES), st.sampled_from(["population", "births"]), st.sampled_from(["2020", "2023"])
)
CELLS = st.tuples(
    st.sampled_from(Status),
    st.floats(-1e9, 1e9),
    st.sampled_from(["published", "derived"]),
    st.sampled_from([None, "approx"]),
)
FILES = st.lists(st.dictionaries(KEYS, CELLS, min_size=1), min_size=1, max_size=3)


def rows_of(cells):
    return [
        (*place, variable, period, value if status == Status.PUBLISHED else None, status, origin, quality)
        for (place, variable, period), (status, value, origin, quality) in cells.items()
    ]


def answers():
    asked = [*PLACES, ("commune", "1"), PLACES[0]]
    table = observations.table(asked, ["population", "births"])
    return (
        {key: [None if np.isnan(one) else one for one in column] for key, column in table.values.items()},
        {key: column.tolist() for key, column in table.statuses.items()},
        [observations.provenance(*place) for place in PLACES],
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(FILES)
def test_arrays_answer_as_the_files_do(own_observations, files):
    for number, cells in enumerate(files):
        write_dataset("insee_populations", str(2020 + number), rows_of(cells))
    with_arrays = answers()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "of", lambda file: None)
        from_files = answers()

    assert with_arrays == from_files


def test_arrays_go_with_their_file(own_observations):
    write_dataset(
        "insee_populations", "2023", [(*PLACES[0], "population", "2023", 1.0, 0, "published", None)]
    )
    write_dataset(
        "insee_populations", "2023", [(*PLACES[0], "population", "2023", 2.0, 0, "published", None)]
    )

    (file,) = own_observations.rglob("*.parquet")
    assert list(own_observations.rglob("*.arrays")) == [arrays.path_of(file)]


def test_a_file_of_few_crossings_has_no_arrays_and_is_read_all_the_same(own_observations):
    codes = [f"97{i:03}" for i in range(12)]
    rows = [
        ("commune", code, "population", str(2000 + i), 1.0, 0, "published", None)
        for i, code in enumerate(codes)
    ]
    write_dataset("insee_populations", "2023", rows)

    table = observations.table([("commune", codes[3])], ["population"])

    assert not list(own_observations.rglob("*.arrays"))
    assert list(table.values) == [("population", "2003")]
