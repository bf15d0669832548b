"""The diagnosis of real territories, checked against figures published elsewhere."""

from datetime import date

import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import definitions, observations
from ansanm.territories.declared import declare_figure
from ansanm.territories.diagnosis import diagnose, values_of
from ansanm.territories.models import Territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def saint_denis(observations_home, territories):
    return territories.at("commune", "97411")


def test_saint_denis_shows_the_figures_of_its_convention(saint_denis):
    figures = diagnose(saint_denis).figures

    assert (figures["population"].value.value, figures["population"].value.period) == (155_634, "2023")
    assert (figures["caf_households"].value.value, figures["caf_households"].value.period) == (
        52_740,
        "2024-12",
    )


def test_median_incomes_of_two_methods_are_shown_and_never_compared(saint_denis):
    figure = diagnose(saint_denis).figures["median_income"]

    assert [(one.period, one.value) for one in figure.series] == [("2021", 18_270), ("2023", 20_240)]
    assert figure.breaks_between("2021", "2023")
    assert figure.previous is None
    assert "not_comparable" in {one.key for one in figure.warnings}


def test_a_rate_of_an_epci_is_a_ratio_of_sums_and_not_a_mean_of_rates(saint_denis, territories):
    epci = territories.at("epci", saint_denis.epci_code)
    share = diagnose(epci).figures["rsa_share"].value

    communes = list(territories.communes_of(epci))
    rsa = values_of(communes, "rsa_households")
    households = values_of(communes, "caf_households")
    by_hand = 100 * sum(one.value for one in rsa) / sum(one.value for one in households)
    mean_of_rates = sum(100 * a.value / b.value for a, b in zip(rsa, households, strict=True)) / len(communes)

    assert share.value == pytest.approx(by_hand)
    assert share.value != pytest.approx(mean_of_rates)


def test_the_rank_is_the_number_of_communes_above(saint_denis):
    figure = diagnose(saint_denis).figures["coverage_rate"]
    above = [value.value for _, value in figure.peers if value.value is not None and value.value > 40.6]

    assert figure.rank.position == 1 + len(above)
    # 17 communes of more than 10,000 inhabitants have the rate; the island has 24.
    assert (figure.rank.n_ranked, figure.rank.n_total) == (17, 24)


@pytest.mark.parametrize(
    ("level", "code"),
    [
        ("commune", "33063"),
        ("commune", "02088"),
        ("commune", "2A004"),
        ("commune", "75056"),
        ("commune", "97502"),
        ("arm", "75101"),
        ("epci", "243300316"),
        ("departement", "974"),
        ("departement", "2B"),
        ("region", "75"),
        ("france", "FR"),
        ("iris", "974110101"),
    ],
)
def test_every_kind_of_territory_has_a_diagnosis(observations_home, territories, level, code):
    diagnosis = diagnose(territories.at(level, code))

    assert set(diagnosis.figures) == set(definitions.definitions_of(level))
    for figure in diagnosis.figures.values():
        assert figure.value is None or figure.value.status in Status
        assert figure.value is None or (figure.value.value is None) == (
            figure.value.status != Status.PUBLISHED
        )


def test_a_commune_outside_of_la_reunion_says_what_it_does_not_have(observations_home, territories):
    figures = diagnose(territories.at("commune", "33063")).figures

    assert figures["population"].value.is_published
    assert figures["caf_households"].value is None
    assert figures["caf_households"].definition.holder["fr"]


def test_every_published_value_names_its_dataset(saint_denis):
    known = observations.datasets()
    for figure in diagnose(saint_denis).figures.values():
        for value in figure.series:
            assert value.datasets, figure.definition.id
            assert all(dataset in known for dataset, _vintage in value.datasets)


def test_the_same_data_give_the_same_reading(saint_denis):
    first = diagnose(saint_denis).reading
    from ansanm.territories import diagnosis

    diagnosis._diagnose.cache_clear()

    assert diagnose(saint_denis).reading == first


def test_a_figure_given_by_hand_stands_beside_the_published_one(saint_denis, cast):
    declare_figure(
        by=cast.caf_adviser,
        territory=saint_denis,
        variable="caf_households",
        period="2021",
        value=51_700,
        source_title="Zinfos974",
        source_on=date(2021, 12, 3),
    )

    figure = diagnose(saint_denis).figures["caf_households"]

    assert figure.value.value == 52_740
    assert figure.value.origin == "published"
    assert [one.value.value for one in figure.declared] == [51_700]
    assert figure.declared[0].published.value == 52_030
    assert figure.declared[0].difference_share == pytest.approx(-0.0063, abs=1e-4)


def test_a_figure_given_by_hand_fills_what_nobody_publishes(saint_denis, cast):
    assert diagnose(saint_denis).figures["low_income_caf_households"].value is None

    declare_figure(
        by=cast.caf_adviser,
        territory=saint_denis,
        variable="low_income_caf_households",
        period="2021",
        value=20_500,
        source_title="Zinfos974",
        source_on=date(2021, 12, 3),
    )

    value = diagnose(saint_denis).figures["low_income_caf_households"].value
    assert (value.value, value.origin) == (20_500, "declared")


def test_a_small_count_given_by_hand_is_kept_secret(saint_denis, cast):
    declare_figure(
        by=cast.caf_adviser,
        territory=saint_denis,
        variable="low_income_caf_households",
        period="2021",
        value=3,
        source_title="Caf",
        source_on=date(2021, 12, 3),
    )

    figure = diagnose(saint_denis).figures["low_income_caf_households"]

    assert figure.value.status == Status.SECRET
    assert figure.value.value is None
    assert all(one.value.value is None for one in figure.declared)


def test_a_small_count_cannot_be_worked_out_from_the_total_of_the_epci(own_observations, territories):
    """Three RSA households in one commune: hidden, and a second commune with it."""
    epci = territories.at("epci", "249740119")
    counts = dict(zip(["97411", "97418", "97420"], [14_500, 3, 2_450], strict=True))
    rows = [("commune", code, "caf_rsa", "2024-12", n, 0, "published", None) for code, n in counts.items()]
    rows.append(("epci", epci.code, "caf_rsa", "2024-12", sum(counts.values()), 0, "published", None))
    observations.write_dataset("cnaf_beneficiaries", "2024-12", rows)

    values = values_of([epci, *territories.communes_of(epci)], "rsa_households")

    hidden = [one for one in values if one.status == Status.SECRET]
    assert len(hidden) >= 2
    assert all(one.value is None for one in hidden)
    assert 3 not in [one.value for one in values]


def test_the_diagnosis_of_an_empty_store_is_all_absences(own_observations, territories):
    figures = diagnose(territories.at("commune", "97411")).figures

    assert all(figure.value is None for figure in figures.values())
    assert Territory.objects.at("commune", "97411").name == "Saint-Denis"
