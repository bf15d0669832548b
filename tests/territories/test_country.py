"""The whole country says what the pages say one by one."""

import duckdb
import numpy as np
import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import country, similar
from ansanm.territories.definitions import definitions_of
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.models import Territory

pytestmark = pytest.mark.django_db
SAINT_DENIS, BORDEAUX = "97411", "33063"


@pytest.fixture
def whole(observations_home, territories):
    communes = (
        Territory.objects.current()
        .filter(level="commune")
        .exclude(region_code="")
        .order_by("code")
        .values("code", *country.AREAS.values())
    )
    return country.computed(list(communes), list(definitions_of("commune").values()))


@pytest.mark.parametrize("code", [SAINT_DENIS, BORDEAUX])
def test_values_comparators_and_ranks_are_those_of_the_diagnosis(whole, code):
    diagnosis = diagnose(Territory.objects.at("commune", code))
    own, n_compared = whole.communes.index(code), 0
    for one in whole.standings:
        figure = diagnosis.figures[one.definition.id]
        if figure.value is None or figure.value.period != one.period:
            continue
        assert Status(one.statuses[own]) == figure.value.status
        if not figure.value.is_published:
            assert np.isnan(one.values[own])
            assert one.ranks[country.RANKED_IN][own] == 0
            continue
        assert one.values[own] == figure.value.value
        if figure.rank:
            assert one.ranks[country.RANKED_IN][own] == figure.rank.position
        for compared in figure.comparisons:
            row = len(whole.communes) + whole.areas.index(compared.territory.key)
            if compared.value and compared.same_period:
                assert one.values[row] == compared.value.value
                n_compared += 1
    assert n_compared > 20


def test_similar_communes_are_those_of_the_page(whole):
    own = whole.communes.index(SAINT_DENIS)
    page = similar.like(Territory.objects.at("commune", SAINT_DENIS))

    found = whole.similar[own, : len(page.similar)]

    assert set(page.used) == set(whole.alike_on)
    assert [whole.communes[row] for row in found] == [one.territory.code for one in page.similar]
    assert whole.distances[own, : len(found)] == pytest.approx([one.distance for one in page.similar])


def test_files_hold_every_line_with_its_rank(whole, tmp_path):
    lines = country.write(whole, tmp_path)

    read = duckdb.connect().execute
    assert read(f"SELECT count(*) FROM '{tmp_path}/figures.parquet'").fetchone() == (lines["figures"],)
    assert read(f"SELECT count(*) FROM '{tmp_path}/similar.parquet'").fetchone() == (lines["similar"],)
    population = next(
        one for one in whole.standings if (one.definition.id, one.period) == ("population", "2023")
    )
    own = whole.communes.index(SAINT_DENIS)
    [(value, status, rank)] = read(
        f"SELECT value, status, rank_france FROM '{tmp_path}/figures.parquet'"
        f" WHERE code = '{SAINT_DENIS}' AND indicator = 'population' AND period = '2023'"
    ).fetchall()
    assert (value, status, rank) == (population.values[own], "published", population.ranks[""][own])
    # What is secret is said, and has neither value nor rank.
    [(n,)] = read(
        f"SELECT count(*) FROM '{tmp_path}/figures.parquet'"
        " WHERE status <> 'published' AND (value IS NOT NULL OR rank_france IS NOT NULL)"
    ).fetchall()
    assert n == 0
    # An area is ranked among nobody.
    assert read(
        f"SELECT count(rank_france) FROM '{tmp_path}/figures.parquet' WHERE level <> 'commune'"
    ).fetchone() == (0,)


def test_a_country_of_nothing_known_has_neither_figure_nor_likeness(observations_home, territories):
    one = {"code": "00000", "epci_code": "", "departement_code": "", "region_code": ""}

    found = country.computed([one], [])

    assert found.areas == [("france", "FR")]
    assert list(found.standings) == []
    assert (found.similar == -1).all()
