from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.utils import translation

from ansanm.engines.indicators import Status
from ansanm.engines.reading import PEERS, Finding, Reading, Reference
from ansanm.territories import definitions, sentences
from ansanm.territories.diagnosis import Caution, Comparison, Diagnosis, Figure, Rank, Value
from ansanm.territories.prepositions import at

SAINT_DENIS = SimpleNamespace(level="commune", code="97411", name="Saint-Denis")
REUNION = SimpleNamespace(level="departement", code="974", name="La Réunion")
REGION = SimpleNamespace(level="region", code="04", name="La Réunion")
FRANCE = SimpleNamespace(level="france", code="FR", name="France")
NORD = SimpleNamespace(level="departement", code="59", name="Nord")


@pytest.fixture(autouse=True)
def in_french():
    with translation.override("fr"):
        yield


def published(value, period="2023"):
    return Value(value, Status.PUBLISHED, period)


def figure(name, value, *, others=(), past=(), rank=None, parts=()):
    value = value if value is None or isinstance(value, Value) else published(value)
    return Figure(
        definition=definitions.definitions()[name],
        value=value,
        series=[*past, *([value] if value else [])],
        comparisons=[
            Comparison(place, one if isinstance(one, Value) else published(one), same_period=same)
            for place, one, same in others
        ],
        rank=rank,
        warnings=[],
        declared=[],
        parts=list(parts),
        peer_territories=[],
        peer_values=None,
        peer_statuses=None,
    )


def plain(text):
    """The text with ordinary spaces: what is tested is the words."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_a_figure_is_said_beside_its_departement_and_france():
    coverage = figure(
        "coverage_rate", 40.6, others=[(REUNION, 38.5, True), (REGION, 38.5, True), (FRANCE, 60.9, True)]
    )

    assert plain(sentences.level(coverage, SAINT_DENIS)) == (
        "40,6 places pour 100 enfants de moins de 3 ans, contre 38,5 à La Réunion et 60,9 en France (2023)."
    )
    assert plain(sentences.comparison(coverage, SAINT_DENIS)) == (
        "C’est plus qu’à La Réunion (38,5) et moins qu’en France (60,9)."
    )


def test_a_comparator_of_another_year_is_left_out_of_the_sentence():
    poverty = figure(
        "poverty_rate", 35.0, others=[(REUNION, 36.4, True), (FRANCE, published(14.9, "2021"), False)]
    )

    assert plain(sentences.level(poverty, SAINT_DENIS)) == (
        "35,0 % des habitants vivent sous le seuil de pauvreté, contre 36,4 % à La Réunion (2023)."
    )


def test_a_count_is_not_held_against_the_whole_of_france():
    population = figure("population", 155_634, others=[(REUNION, 889_679, True)])

    assert plain(sentences.level(population, SAINT_DENIS)) == "155 634 habitants (2023)."
    assert sentences.comparison(population, SAINT_DENIS) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "donnée absente"),
        (Value(None, Status.NOT_AVAILABLE, "2023"), "donnée absente"),
        (Value(None, Status.SECRET, "2023"), "secret statistique"),
        (Value(None, Status.NOT_APPLICABLE, "2023"), "sans objet"),
        (Value(0.0, Status.PUBLISHED, "2023"), ""),
    ],
)
def test_absent_secret_and_zero_are_three_things(value, words):
    assert sentences.absence(value) == words


def test_a_secret_figure_says_so_and_gives_no_number():
    secret = figure("poverty_rate", Value(None, Status.SECRET, "2021"), others=[(FRANCE, 14.9, True)])

    assert plain(sentences.level(secret, SAINT_DENIS)) == "Taux de pauvreté : secret statistique (2021)."


def test_a_trend_stops_at_a_change_of_method():
    income = figure("median_income", 20_240, past=[published(18_270, "2021")])
    households = figure("caf_households", published(52_740, "2024-12"), past=[published(52_125, "2020-12")])

    assert sentences.trend(income, SAINT_DENIS) == ""
    assert sentences.change(income) == ""
    assert plain(sentences.trend(households, SAINT_DENIS)) == (
        "52 740 en décembre 2024, contre 52 125 en décembre 2020 : +1,2 %."
    )


def test_a_rate_moves_in_points_and_a_balance_in_heads():
    share = figure("under20_share", 28.8, past=[published(29.4, "2021")])
    balance = figure("natural_balance", -5, past=[published(10, "2021")])

    assert plain(sentences.change(share)) == "−0,6 points depuis 2021"
    assert plain(sentences.change(balance)) == "−15 depuis 2021"


def test_a_rank_tells_how_many_have_no_value():
    coverage = figure("coverage_rate", 40.6, rank=Rank(1, 17, 24))

    assert plain(sentences.rank(coverage, SAINT_DENIS)) == (
        "1er rang sur 17 communes du département, de la valeur la plus haute à la plus basse (2023). "
        "7 autres n’ont pas de valeur publiée."
    )


def test_parts_are_named_with_their_own_unit():
    tenure = figure(
        "owner_share", 40.0, parts=[("owners", published(30_000)), ("tenants_social", published(17_262))]
    )

    assert plain(sentences.parts(tenure, SAINT_DENIS, "fr")) == (
        "Le plus : ménages propriétaires de leur logement (30 000). "
        "Le moins : ménages locataires d’un logement social (17 262)."
    )


def diagnosis(*figures, strengths=(), gaps=()):
    made = Diagnosis(SAINT_DENIS, [], [], {one.definition.id: one for one in figures}, "")
    found = Reading(tuple(strengths), tuple(gaps), (*strengths, *gaps), (), (), None)
    made.__dict__["reading"] = found
    return made


def found_at(*references, width=0.5):
    references = tuple(Reference(*one) for one in references)
    return Finding("poverty_rate", "revenus", "2023", 35.0, references, 35.0 - references[0].value, width)


def test_a_finding_says_its_references_and_its_measure():
    poverty = figure("poverty_rate", 35.0, others=[(REUNION, 36.4, True), (FRANCE, 15.4, True)])

    said = sentences.finding(found_at(("departement", 36.4), ("france", 15.4)), diagnosis(poverty))

    assert plain(said) == (
        "35,0 % des habitants vivent sous le seuil de pauvreté, contre 36,4 % à La Réunion et 15,4 % "
        "en France (2023). Soit 0,5 fois l’écart habituel entre communes du département."
    )


def test_a_finding_without_comparator_is_told_against_the_neighbours():
    said = sentences.finding(found_at((PEERS, 36.0)), diagnosis(figure("poverty_rate", 35.0)))

    assert "contre 36,0 % au milieu des communes du département (2023)." in plain(said)


def test_the_headline_is_the_first_rate_of_the_five_numbers_failing_that_a_count():
    people, poverty = figure("population", 155_634), figure("poverty_rate", 35.0)
    made = diagnosis(people, poverty)

    made.__dict__["reading"] = replace(made.reading, five_numbers=("population", "poverty_rate"))
    assert plain(sentences.headline(made)).startswith("35,0 % des habitants")
    made.__dict__["reading"] = replace(made.reading, five_numbers=("population",))
    assert plain(sentences.headline(made)) == "155 634 habitants (2023)."
    made.__dict__["reading"] = replace(made.reading, five_numbers=())
    assert sentences.headline(made) == ""


def test_every_caution_of_the_diagnosis_has_its_words():
    reason = definitions.definitions()["poverty_rate"].breaks[0].reason
    given = [
        Caution("not_comparable", {"before": "2021", "after": "2023", "reason": reason}),
        Caution("approximate"),
        Caution("rounded", {"unit": 5}),
        Caution("small_count", {"denominator": 12.0}),
        Caution("years_apart", {"numerator": "2024-12", "denominator": "2023"}),
        Caution("comparators_of_another_year", {"periods": ["2021"]}),
    ]

    said = [plain(sentences.caution(one, "fr")) for one in given]

    assert said[0] == "2021 et 2023 ne se comparent pas : l’Insee a refondu la méthode de Filosofi."
    assert "arrondis à 5" in said[2]
    assert "Numérateur de décembre 2024, dénominateur de 2023." in said
    assert all(one.endswith(".") for one in said)
    with pytest.raises(ValueError, match="not a caution"):
        sentences.caution(Caution("weather"), "fr")


def test_a_map_is_read_from_its_lowest_to_its_highest():
    definition = definitions.definitions()["poverty_rate"]
    places = [SimpleNamespace(name=name) for name in ("A", "B", "C", "D")]
    values = [published(10.0), published(30.0), published(20.0), None]

    assert plain(sentences.places(definition, places, values, "fr")) == (
        "De 10,0 % (A) à 30,0 % (B) ; la moitié est sous 20,0 %. 1 territoire n’a pas de valeur publiée."
    )
    assert sentences.places(definition, places, [None] * 4, "fr") == (
        "Aucun de ces territoires n’a de valeur publiée."
    )


@pytest.mark.parametrize(
    ("level", "code", "name", "words"),
    [
        ("departement", "33", "Gironde", "en Gironde"),
        ("departement", "59", "Nord", "dans le Nord"),
        ("departement", "01", "Ain", "dans l’Ain"),
        ("departement", "974", "La Réunion", "à La Réunion"),
        ("region", "32", "Hauts-de-France", "dans les Hauts-de-France"),
        ("region", "53", "Bretagne", "en Bretagne"),
        ("france", "FR", "France", "en France"),
        ("commune", "97407", "Le Port", "au Port"),
        ("commune", "97401", "Les Avirons", "aux Avirons"),
        ("commune", "97408", "La Possession", "à La Possession"),
        ("epci", "249740119", "CA Intercommunale du Nord", "dans la CA Intercommunale du Nord"),
        ("epci", "243300316", "Bordeaux Métropole", "à Bordeaux Métropole"),
    ],
)
def test_places_take_the_preposition_that_people_use(level, code, name, words):
    assert at(SimpleNamespace(level=level, code=code, name=name)) == words


def test_in_english_places_need_no_article():
    with translation.override("en"):
        assert at(NORD) == "in Nord"


def test_the_same_sentences_read_naturally_in_english():
    coverage = figure(
        "coverage_rate",
        published(40.6),
        others=[(REUNION, 38.5, True), (FRANCE, 60.9, True)],
        past=[published(39.1, "2021")],
        rank=Rank(2, 17, 24),
    )
    secret = figure("poverty_rate", Value(None, Status.SECRET, "2021"))
    poverty = figure("poverty_rate", 35.0)

    with translation.override("en"):
        assert sentences.level(coverage, SAINT_DENIS) == (
            "40.6 places per 100 children under 3, compared with 38.5 in La Réunion and 60.9 in France "
            "(2023)."
        )
        assert sentences.comparison(coverage, SAINT_DENIS) == (
            "This is more than in La Réunion (38.5) and less than in France (60.9)."
        )
        assert sentences.rank(coverage, SAINT_DENIS) == (
            "Ranked 2nd of 17 communes of the département, from the highest value to the lowest (2023). "
            "7 others have no published value."
        )
        assert sentences.level(secret, SAINT_DENIS) == "Poverty rate: statistical secrecy (2021)."
        assert sentences.finding(found_at((PEERS, 36.0)), diagnosis(poverty)) == (
            "35.0% of residents are below the poverty line, compared with 36.0% at the median of the "
            "communes of the département (2023). That is 0.5 times the usual gap between communes of the "
            "département."
        )
