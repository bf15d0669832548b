"""Sums are those of their members, or are not there."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.territories import observations
from ansanm.territories.aggregates import add_aggregates
from ansanm.territories.sources.etalab_decoupage import Commune, Geography


def place(epcis: dict[str, str]) -> Geography:
    """A small country: commune -> EPCI, in two départements of one région."""
    made = Geography()
    for i, (code, epci) in enumerate(sorted(epcis.items())):
        departement = "98" if i % 2 else "99"
        made.communes[code] = Commune(code, code, departement, "09", "metro", epci, "", (), 1)
    made.departement_region = {"98": "09", "99": "09"}
    return made


def aggregated(country, rows, **options):
    con = observations.workspace()
    observations.insert(con, rows)
    add_aggregates(con, country, **options)
    return {
        tuple(row[:4]): row[4:]
        for row in con.execute(
            "SELECT level, code, variable, period, value, status, quality FROM observation"
        ).fetchall()
    }


def published(code, value, variable="births", status=0, level="commune"):
    return (level, code, variable, "2025", value, status, "published", None)


countries = st.dictionaries(
    st.integers(10000, 10030).map(str), st.sampled_from(["E1", "E2", "E3"]), min_size=1, max_size=12
)


@settings(max_examples=30, deadline=None)
@given(data=st.data(), epcis=countries)
def test_a_sum_equals_that_of_its_members_and_an_absent_member_makes_it_absent(data, epcis):
    values = {code: data.draw(st.none() | st.integers(0, 10**6)) for code in epcis}
    rows = [published(code, value, status=0 if value is not None else 1) for code, value in values.items()]

    found = aggregated(place(epcis), rows)

    # The twin: written as one would by hand.
    for epci in set(epcis.values()):
        members = [values[code] for code in epcis if epcis[code] == epci]
        key = ("epci", epci, "births", "2025")
        if None in members:
            assert key not in found
        else:
            assert found[key][0] == sum(members)
    whole = ("france", "FR", "births", "2025")
    assert (whole in found) == (None not in values.values())
    if whole in found:
        assert found[whole][0] == sum(values.values())


def test_a_rate_is_never_summed():
    rows = [published("10001", 12.0, "poverty_rate"), published("10002", 30.0, "poverty_rate")]

    found = aggregated(place({"10001": "E1", "10002": "E1"}), rows)

    assert {key[0] for key in found} == {"commune"}


def test_what_the_producer_publishes_is_not_replaced_by_our_sum():
    rows = [published("10001", 1), published("E1", 100, level="epci")]

    found = aggregated(place({"10001": "E1"}), rows)

    assert found["epci", "E1", "births", "2025"][0] == 100


def test_separated_communes_count_in_the_sums_and_have_no_figure_of_their_own():
    country = place({"10001": "E1", "10002": "E1", "10003": "E1"})

    found = aggregated(country, [published("10001", 5), published("10003", 2)], separated={"10002": "10001"})

    assert found["epci", "E1", "births", "2025"][0] == 7
    for code in ("10001", "10002"):
        assert found["commune", code, "births", "2025"] == (None, 2, "separated_since")
    assert found["commune", "10003", "births", "2025"][0] == 2


def test_iris_make_their_commune():
    rows = [published(f"1000100{i}0", i, level="iris") for i in (1, 2)]
    country = place({"10001": "E1"})

    found = aggregated(country, rows, iris={"100010010": "10001", "100010020": "10001"})

    assert found["commune", "10001", "births", "2025"][0] == 3
    assert found["france", "FR", "births", "2025"][0] == 3
