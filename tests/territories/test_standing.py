"""The place of a figure at each scale, counted again one by one."""

import gzip
import statistics

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ansanm.engines.indicators import Status
from ansanm.territories import sentences, similar, standing
from ansanm.territories.diagnosis import Value, diagnose, series_of
from ansanm.territories.models import Territory

pytestmark = pytest.mark.django_db
SAINT_DENIS, BORDEAUX = ("commune", "97411"), ("commune", "33063")
METROPOLE, GIRONDE = ("epci", "243300316"), ("departement", "33")


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every figure here is of a real place."""


def standings_of(key, indicator):
    diagnosis = diagnose(Territory.objects.at(*key))
    return standing.standings(diagnosis, diagnosis.figures[indicator])


def at_scale(territory, scale):
    """The slow twin chooses by queries, the product by the columns it keeps."""
    peers = Territory.objects.current().filter(level=territory.level)
    match scale:
        case "epci":
            return peers.filter(epci_code=territory.epci_code)
        case "departement":
            return peers.filter(departement_code=territory.departement_code)
        case "region":
            return peers.filter(region_code=territory.region_code)
        case "france":
            return peers.exclude(region_code="")
    near = [one.territory.pk for one in similar.like(territory).similar]
    return peers.filter(pk__in=[territory.pk, *near])


@pytest.mark.parametrize("key", [SAINT_DENIS, BORDEAUX, METROPOLE, GIRONDE])
@pytest.mark.parametrize("indicator", ["population", "senior_share", "vacancy_rate"])
def test_ranks_are_those_counted_one_by_one(key, indicator):
    territory = Territory.objects.at(*key)
    found = standings_of(key, indicator)

    inside = {"commune": {"epci"}, "epci": {"departement"}, "departement": {"region"}}[territory.level]
    assert {"france", "similar"} | inside <= {one.scale for one in found}
    for one in found:
        places = list(at_scale(territory, one.scale))
        own = next(place for place in range(len(places)) if places[place].pk == territory.pk)
        series = series_of(places, [indicator])[indicator]
        values = [
            Value(float(value), Status(status), one.period)
            for value, status in zip(series.values[one.period], series.statuses[one.period], strict=True)
        ]
        published = [value.value for value in values if value.status == Status.PUBLISHED]

        assert one.n_ranked == len(published)
        assert one.position == 1 + sum(value > values[own].value for value in published)
        assert one.n_ties == sum(value == values[own].value for value in published)
        assert one.median == pytest.approx(statistics.median(published))
        assert one.n_secret == sum(value.status == Status.SECRET for value in values)
        assert one.n_ranked + one.n_secret + one.n_absent == len(places)


def test_scales_go_outwards_and_never_say_the_same_twice():
    scales = [one.scale for one in standings_of(SAINT_DENIS, "population")]

    # La Réunion is both a département and a région.
    assert scales == ["epci", "departement", "france", "similar"]


def test_the_rank_in_the_departement_is_that_of_the_diagnosis():
    diagnosis = diagnose(Territory.objects.at(*SAINT_DENIS))
    n_checked = 0
    for figure in diagnosis.figures.values():
        for one in standing.standings(diagnosis, figure):
            if one.scale == "departement" and one.period == figure.value.period:
                assert (one.position, one.n_ranked) == (figure.rank.position, figure.rank.n_ranked)
                n_checked += 1
    assert n_checked > 20


def placed(values, own=0, statuses=None):
    values = np.array(values, dtype=float)
    if statuses is None:
        statuses = np.where(np.isnan(values), Status.NOT_AVAILABLE, Status.PUBLISHED).astype(np.uint8)
    return standing._standing("france", "France", "2021", values, statuses, np.arange(len(values)), own)


def test_ties_share_a_rank_and_claim_no_more_than_all_of_them_may():
    one = placed([9, 9, 9, *range(7)])

    assert (one.position, one.n_ties) == (1, 3)
    # Three of ten are the highest: none of them is among the highest 10 %.
    assert one.highest_share is None
    assert sentences.standing_rank(one) == "1er ex æquo sur 10"
    assert sentences.standing_share(one) == "dans la moitié haute"
    assert sentences.standing_share(placed([5] * 8)) == "à la médiane"


def test_quantiles_in_words():
    assert sentences.standing_share(placed([99, *range(99)])) == "parmi les 1\u202f% les plus hauts"
    assert sentences.standing_share(placed([0, *range(5, 14)])) == "parmi les 10\u202f% les plus bas"
    assert sentences.standing_share(placed([4, *range(4), *range(5, 9)])) == "à la médiane"


def test_secret_and_absent_have_no_rank_and_are_counted_apart():
    statuses = np.array([Status.PUBLISHED] * 3 + [Status.SECRET] * 2 + [Status.NOT_AVAILABLE], dtype=np.uint8)
    one = placed([1, 2, 3, np.nan, np.nan, np.nan], statuses=statuses)

    assert (one.position, one.n_ranked, one.n_secret, one.n_absent) == (3, 3, 2, 1)
    assert sentences.standing_without(one) == ["2 sous secret statistique", "1 sans donnée publiée"]
    assert placed([1, 2, np.nan]) is None


def test_an_absent_figure_has_no_place(client):
    assert standings_of(("commune", "02088"), "coverage_rate") == []
    page = client.get("/territoires/commune/02088-bievres/indicateurs/coverage_rate/").content.decode()
    assert "La place à chaque échelle" not in page


@pytest.mark.parametrize("place", ["97411-saint-denis", "33063-bordeaux"])
def test_the_page_shows_it_in_few_queries_and_few_bytes(client, place):
    for cached in (
        standing._everywhere,
        standing._rows,
        standing._codes,
        similar._like,
        similar._known,
        similar._places,
    ):
        cached.cache_clear()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/territoires/commune/{place}/indicateurs/senior_share/")

    assert len(queries) <= 15
    assert "La place à chaque échelle" in response.content.decode()
    assert "les communes semblables" in response.content.decode()
    assert len(gzip.compress(response.content)) < 100_000
