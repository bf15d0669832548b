"""Which figures say how sure they are."""

import pytest
from django.http import QueryDict

from ansanm.engines.indicators import Status
from ansanm.territories import intervals
from ansanm.territories.exploration import Exploration

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every figure here is of a real place."""


def column(query):
    of = Exploration(QueryDict(query))
    return of, of.columns[0]


def test_a_caf_count_is_known_to_two_and_a_half():
    of, households = column("t=commune:97411&i=caf_households")

    low, high = households.bounds(0)
    assert (low, high) == (households.values[0] - 2.5, households.values[0] + 2.5)


def test_a_share_of_two_rounded_counts_has_bounds_around_it():
    of, share = column("t=commune:97403&i=rsa_share")

    low, high = share.bounds(0)
    numerator, denominator = (
        share.series.numerators[share.period][0],
        share.series.denominators[share.period][0],
    )
    assert low == pytest.approx(100 * (numerator - 2.5) / (denominator + 2.5))
    assert high == pytest.approx(100 * (numerator + 2.5) / (denominator - 2.5))


def test_a_sum_of_rounded_counts_says_nothing_rather_than_too_little():
    of, share = column("t=departement:974&t=france:FR&i=rsa_share")

    assert share.bounds(0) is None


def test_a_share_of_an_iris_of_a_large_commune_is_an_estimate():
    of, share = column("niveau=iris&dans=commune:97411&i=under20_share")

    known = [row for row in range(len(of.territories)) if share.statuses[row] == Status.PUBLISHED]
    widths = [share.bounds(row)[1] - share.bounds(row)[0] for row in known]
    assert len(known) > 40
    assert all(share.bounds(row)[0] < share.values[row] < share.bounds(row)[1] for row in known)
    assert all(1 < one < 20 for one in widths)


def test_an_iris_of_a_small_commune_was_counted_whole(territories):
    small = territories.filter(level="iris", departement_code="974")
    codes = territories.filter(level="commune", departement_code="974", population__lt=10_000)
    one = small.filter(commune_code__in=codes.values("code")).first()
    of, share = column(f"t=iris:{one.code}&i=under20_share")

    assert share.bounds(0) is None


def test_a_published_rate_has_none():
    of, rate = column("t=commune:97411&i=poverty_rate")

    assert rate.interval is None


def test_the_table_the_chart_and_the_api_say_the_same_interval(client):
    query = "t=commune:97403&t=commune:97411&i=rsa_share"
    cell = client.get(f"/api/v1/values?{query}").json()["rows"][0]["values"][0]
    table = client.get(f"/territoires/explorer/?{query}").context["page"].lines[0]["cells"][0]["interval"]

    assert cell["low"] < cell["value"] < cell["high"]
    assert table == f"de {cell['low']:.1f}\u202f% à {cell['high']:.1f}\u202f%".replace(".", ",")


def test_the_band_of_a_rate_is_that_of_its_counts_and_not_of_points_of_percent(client):
    """A share of RSA is sure to a tenth: a band of ± 2.5 points would make it look unknown."""
    page = client.get("/territoires/commune/97411-saint-denis/indicateurs/rsa_share/").context["page"]
    (value,) = [one for one in page.figure.series if one.period == page.figure.value.period]

    low, high = intervals.of_value(page.definition, value, page.territory)

    assert 0 < high - low < 0.1
    assert low < value.value < high
