"""The store keeps its promises: four states, one swap, nothing lost."""

import subprocess
import sys
import textwrap
import threading

import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import observations
from ansanm.territories.observations import StoreError, write_dataset


def row(code, value, variable="population", period="2020", status=0, level="commune", origin="published"):
    return (level, code, variable, period, value, status, origin, None)


@pytest.fixture
def store(own_observations):
    return own_observations


def test_an_empty_store_answers_nothing_and_says_so(store):
    assert observations.read([("commune", "97411")]) == []
    assert observations.data_version() == "empty"
    assert observations.datasets_status() == []


def test_what_is_written_is_read_with_its_source(store):
    write_dataset("insee_populations", "2023", [row("97411", 146985)])

    (found,) = observations.read([("commune", "97411")])

    assert (found.value, found.status) == (146985, Status.PUBLISHED)
    assert (found.dataset, found.vintage, found.origin) == ("insee_populations", "2023", "published")


def test_an_absent_value_has_no_number_and_keeps_its_reason(store):
    write_dataset("insee_populations", "2023", [row("97411", None, status=Status.SECRET), row("97412", 0)])

    table = observations.table([("commune", "97411"), ("commune", "97412"), ("commune", "1")], ["population"])

    values, statuses = table.values["population", "2020"], table.statuses["population", "2020"]
    assert values[0] != values[0]
    assert values[1] == 0
    assert list(statuses) == [Status.SECRET, Status.PUBLISHED, Status.NOT_AVAILABLE]


@pytest.mark.parametrize(
    "bad",
    [
        row("97411", None),
        row("97411", 3, status=Status.SECRET),
        row("97411", float("inf")),
        row("97411", 3, status=4),
        row("97411", 3, origin="guessed"),
        row("", 3),
        row("97411", 3, variable="unheard_of"),
    ],
)
def test_a_row_that_cannot_be_leaves_the_store_as_it_was(store, bad):
    write_dataset("insee_populations", "2023", [row("97411", 1)])
    before = observations.data_version()

    with pytest.raises(StoreError):
        write_dataset("insee_populations", "2023", [row("97412", 2), bad])

    assert observations.data_version() == before
    assert [one.value for one in observations.read(None)] == [1]


def test_two_values_for_one_place_and_date_are_refused(store):
    with pytest.raises(StoreError, match="97411"):
        write_dataset("insee_populations", "2023", [row("97411", 1), row("97411", 2)])


def test_an_unknown_dataset_is_refused(store):
    with pytest.raises(StoreError, match="nobody_knows"):
        write_dataset("nobody_knows", "2023", [row("97411", 1)])


def test_writing_the_same_rows_twice_changes_nothing(store):
    rows = [row("97411", 1.5), row("97412", None, status=Status.NOT_AVAILABLE)]
    write_dataset("insee_populations", "2023", rows)
    before, files = observations.data_version(), sorted(store.rglob("*.parquet"))

    report = write_dataset("insee_populations", "2023", list(reversed(rows)))

    assert not report.changed
    assert observations.data_version() == before
    assert sorted(store.rglob("*.parquet")) == files


def test_a_new_version_replaces_the_old_one_and_its_file(store):
    write_dataset("insee_populations", "2023", [row("97411", 1)])
    before = observations.data_version()

    write_dataset("insee_populations", "2023", [row("97411", 2)])

    assert observations.data_version() != before
    assert [one.value for one in observations.read(None)] == [2]
    assert len(list(store.rglob("*.parquet"))) == 1


def test_the_newest_vintage_stands(store):
    write_dataset("etalab_decoupage", "2026", [row("97411", 2)])
    write_dataset("etalab_decoupage", "2023", [row("97411", 1)])

    assert [one.value for one in observations.read([("commune", "97411")])] == [2]
    table = observations.table([("commune", "97411")], ["population"])
    assert table.values["population", "2020"][0] == 2


def test_a_published_figure_stands_before_a_sum_of_ours_whatever_the_vintage(store):
    write_dataset("insee_comparator", "2021", [row("97411", 1)])
    write_dataset("etalab_decoupage", "2026", [row("97411", 2, origin="derived")])

    assert [one.value for one in observations.read([("commune", "97411")])] == [1]
    assert observations.provenance("commune", "97411")["population", "2020"][0] == "insee_comparator"


def test_quotes_and_odd_codes_are_only_text(store):
    write_dataset("insee_populations", "2023", [row("97411", 1)])

    assert observations.read([("commune", "' OR 1=1 --")], ["population'); DROP TABLE x"]) == []


def test_a_writer_killed_before_the_rename_leaves_the_old_data(store, settings):
    write_dataset("insee_populations", "2023", [row("97411", 1)])
    before = observations.data_version()
    # Another process writes half a file, then dies as the power would let it.
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from django.conf import settings
        settings.configure(OBSERVATIONS_DIR=Path({str(store)!r}), USE_I18N=False)
        from ansanm.territories import observations
        observations.os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
        row = ("commune", "97411", "population", "2020", 2.0, 0, "published", None)
        observations.write_dataset("insee_populations", "2023", [row])
        """
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=settings.BASE_DIR, check=False)

    assert ended.returncode == -9
    assert observations.data_version() == before
    assert [one.value for one in observations.read(None)] == [1]
    # The place is free: the next writer is not locked out, and clears the half file's way.
    write_dataset("insee_populations", "2023", [row("97411", 3)])
    assert [one.value for one in observations.read(None)] == [3]


def test_a_damaged_manifest_is_said_with_a_way_on(store):
    write_dataset("insee_populations", "2023", [row("97411", 1)])
    (store / "manifest.json").write_text('{"version": "ab')

    with pytest.raises(StoreError, match="setup-data"):
        observations.data_version()


def test_a_thread_that_ends_leaves_its_connection_to_the_next(observations_home):
    """A connection that dies with its thread kills the web server (see `_idle`)."""
    used = []

    def ask():
        observations.table([("commune", "97411")], ["population"])
        with observations._reader() as con:
            used.append(con)

    for _ in range(3):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    assert len({id(con) for con in used}) == 1
