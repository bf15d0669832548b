"""The indicators of `indicators/`: all load, all compute on the real figures, none hides its traps."""

import math
import re

import numpy as np
import pytest
import yaml

from ansanm.engines.indicators import Kind, Secrecy, Status, evaluate
from ansanm.territories import definitions, observations
from ansanm.territories.definitions import InvalidDefinition, read_definition
from ansanm.territories.variables import variables
from ansanm.ui import icons

ALL = definitions.definitions()

# What the CTG diagnoses that were read show, theme by theme: each row has its indicators, those that
# nobody publishes included.
EXPECTED = {
    "demographie": "population population_growth age_pyramid under20_share births household_size",
    "revenus": (
        "median_income poverty_rate benefit_dependent_share low_income_children low_income_caf_households"
    ),
    "petite_enfance": (
        "coverage_rate coverage_eaje coverage_childminders coverage_preschool "
        "coverage_home eaje_occupancy childcare_waiting_list atypical_hours_places "
        "cmg_households rpe_count mam_count"
    ),
    "enfance": (
        "alsh_places alsh_hours after_school_places plan_mercredi_sites school_meals_share children_6_10"
    ),
    "jeunesse": (
        "youth_11_17 youth_18_24 neet_share mission_locale_followed ps_jeunes youth_information bafa_grants"
    ),
    "parentalite": (
        "laep_count clas_children reaap_actions family_mediation single_parent_share asf_households"
    ),
    "logement": (
        "caf_housing_share overcrowding_rate social_tenant_share housing_effort_rate "
        "indecency_reports social_housing_demand"
    ),
    "vie_sociale": (
        "social_centres evs_count social_centre_reach volunteers associations_created living_alone_share"
    ),
    "acces_aux_droits": (
        "rsa_share ppa_share france_services_uses digital_fragility css_share rights_meetings"
    ),
    "insertion": "unemployment_rate no_diploma_share rsa_long_share siae_places",
    "handicap": "aeeh_households aah_recipients disabled_children_hosted inclusion_bonus",
    "cadre_de_vie": ("gps gp_accessibility care_shortage_share far_from_transit_share premature_mortality"),
}
PLACES = [
    ("commune", "97411"),
    ("commune", "97424"),
    ("commune", "33063"),
    ("epci", "249740119"),
    ("departement", "974"),
    ("france", "FR"),
]


@pytest.fixture
def table(observations_home):
    return observations.table(PLACES, sorted({name for one in ALL.values() for name in one.variables}))


@pytest.fixture
def value_of(table):
    def value_of(indicator, period, row=0):
        return evaluate(ALL[indicator], table).values[period][row]

    return value_of


def test_every_row_of_a_shared_diagnosis_has_its_indicators():
    assert len(ALL) >= 75
    assert list(definitions.themes()) == list(EXPECTED)
    for theme, names in EXPECTED.items():
        for name in names.split():
            assert ALL[name].theme == theme


def test_each_of_the_seven_themes_of_a_convention_is_fed():
    fed = {theme.ctg for theme in definitions.themes().values()}

    assert fed == set(icons.THEMES) - {"neutral"} | {""}


def test_a_figure_known_to_everyone_in_saint_denis_comes_out(value_of):
    assert value_of("population", "2023") == 155_634
    assert value_of("caf_households", "2024-12") == 52_740
    assert value_of("caf_persons", "2021-12") == 113_370
    assert value_of("median_income", "2021") == 18_270
    assert value_of("median_income", "2023") == 20_240
    assert value_of("coverage_rate", "2023") == 40.6
    assert value_of("unemployment_rate", "2023") == pytest.approx(25.3, abs=0.05)
    assert value_of("no_diploma_share", "2023") == pytest.approx(30.0, abs=0.05)


def test_filosofi_2021_and_2023_are_marked_as_not_comparable():
    for one in ALL.values():
        if {"insee_filosofi_2021", "insee_filosofi_2023"} <= set(one.sources):
            assert [(gap.before, gap.after) for gap in one.breaks] == [("2021", "2023")]


def test_all_compute_and_an_absent_value_is_never_zero(table):
    published = set()
    for name, definition in ALL.items():
        series = evaluate(definition, table)
        for period in series.periods:
            is_published = series.statuses[period] == Status.PUBLISHED
            assert (np.isnan(series.values[period]) == ~is_published).all(), (name, period)
            if is_published.any():
                published.add(name)

    assert len(published) >= 70
    in_store = {variable for variable, _ in table.values}
    for name in set(ALL) - published:
        # Nothing is absent by a slip: only figures that people give are missing.
        assert not set(ALL[name].numerator) <= in_store, name


def test_each_rate_is_what_a_reader_finds_by_hand(table):
    """The obvious twin: Python numbers, one territory and one period at a time."""
    known = {
        (one.level, one.code, one.variable, one.period): one.value
        for one in observations.read(PLACES)
        if one.status == Status.PUBLISHED
    }
    checked = 0
    for definition in ALL.values():
        if definition.kind is Kind.CHANGE:
            continue
        series = evaluate(definition, table)
        for period in series.periods:
            for row, place in enumerate(PLACES):
                if series.statuses[period][row] != Status.PUBLISHED:
                    continue
                above = sum(known[*place, name, period] for name in definition.numerator)
                above -= sum(known[*place, name, period] for name in definition.subtract)
                if definition.denominator:
                    below_period = series.denominator_periods[period][row]
                    assert abs(int(below_period[:4]) - int(period[:4])) <= definition.denominator_years_apart
                    above /= sum(known[*place, name, below_period] for name in definition.denominator)
                assert math.isclose(series.values[period][row], above * definition.factor, rel_tol=1e-9)
                checked += 1

    assert checked > 500


def test_the_sources_named_are_those_the_figures_come_from(observations_home):
    found = {}
    for place in PLACES:
        for (variable, _), (dataset, *_) in observations.provenance(*place).items():
            found.setdefault(variable, set()).add(dataset)
    for name, definition in ALL.items():
        used = set().union(*(found.get(one, set()) for one in definition.numerator + definition.denominator))
        # Figures that the press reported are not a source to point to in a definition.
        assert used - {"press_saint_denis", "insee_comparator"} <= set(definition.sources), name


def test_counts_drawn_from_caf_files_and_tax_returns_have_their_secrecy_rule():
    for definition in ALL.values():
        names = " ".join(definition.numerator)
        if "cnaf_beneficiaries" in definition.sources or re.search(r"caf_(?!.*eur)|asf|cmg|aeeh|aah", names):
            assert definition.secrecy is Secrecy.CAF, definition.id
        if any(source.startswith("insee_filosofi") for source in definition.sources):
            assert definition.secrecy is Secrecy.INCOME, definition.id


def test_what_cnaf_rounds_says_so():
    rounded = definitions._load(definitions.FOLDER / "shared" / "traps.yaml")["caf_rounded"]
    for definition in ALL.values():
        if definition.numerator[0] in {"caf_households", "caf_persons", "caf_rsa", "caf_ppa", "caf_af"}:
            assert rounded in definition.traps, definition.id


def test_every_indicator_is_explained_and_names_who_holds_it():
    for definition in ALL.values():
        assert definition.traps, definition.id
        for language in ("fr", "en"):
            for words in (definition.title, definition.counted, definition.explanation):
                assert words[language].strip() == words[language] != ""
            assert definition.holder[language].endswith(".")
            assert definition.obtain[language].endswith(".")
        # Plain language: an elected official reads it once.
        assert len(definition.explanation["fr"].split()) <= 35, definition.id


def test_the_french_is_typeset_and_the_english_is_english():
    def french(one):
        return [one.title, one.counted, one.explanation, one.holder, one.obtain, *one.traps]

    for definition in ALL.values():
        for words in french(definition):
            assert not re.search(r"'| [;!?%€»]|« ", words["fr"]), (definition.id, words["fr"])
            assert not re.search(r"[«»]|'", words["en"]), (definition.id, words["en"])


def test_headlines_do_not_share_a_rank():
    ranks = sorted(one.headline for one in ALL.values() if one.headline)

    assert ranks == list(range(1, len(ranks) + 1))
    assert len(ranks) >= 5


def test_parts_are_in_a_unit_that_adds_up_or_compares():
    for definition in ALL.values():
        units = {variables()[name].unit for name in definition.parts}
        assert len(units) <= 1, definition.id


GOOD = yaml.safe_load((definitions.FOLDER / "poverty_rate.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"title": {"fr": "Pauvreté"}}, "title"),
        ({"explanation": None}, "explanation"),
        ({"numerator": ["povrety_rate"]}, "variable"),
        ({"numerator": "poverty_rate"}, "numerator"),
        ({"numerator": ["poverty_rate", "median_income"]}, "numerator"),
        ({"denominator": ["population"]}, "denominator"),
        ({"sources": ["insee"]}, "sources"),
        ({"unit": "bananas"}, "unit"),
        ({"theme": "sport"}, "theme"),
        ({"kind": "guess"}, "kind"),
        ({"secrecy": "some"}, "secrecy"),
        ({"polarity": 2}, "polarity"),
        ({"decimals": 1.5}, "decimals"),
        ({"traps": ["no_such_trap"]}, "traps"),
        ({"holder": "somebody"}, "holder"),
        ({"breaks": ["no_such_break"]}, "breaks"),
        ({"change_years": 3}, "change_years"),
    ],
)
def test_a_faulty_file_is_refused_by_name_and_field(tmp_path, change, field):
    file = tmp_path / "faulty.yaml"
    file.write_text(yaml.safe_dump(GOOD | change, allow_unicode=True), encoding="utf-8")

    with pytest.raises(InvalidDefinition, match=rf"^faulty\.yaml: {field}: "):
        read_definition(file)


def test_a_missing_field_is_named(tmp_path):
    file = tmp_path / "faulty.yaml"
    file.write_text(yaml.safe_dump({key: GOOD[key] for key in GOOD if key != "holder"}), encoding="utf-8")

    with pytest.raises(InvalidDefinition, match=r"^faulty\.yaml: holder: missing"):
        read_definition(file)


@pytest.mark.parametrize(
    ("shelf", "field"),
    [("traps", "traps"), ("holders", "holder"), ("obtain", "obtain"), ("breaks", "breaks")],
)
def test_no_shared_sentence_waits_for_an_indicator(shelf, field):
    kept = set(definitions._load(definitions.FOLDER / "shared" / f"{shelf}.yaml"))
    called = set()
    for file in definitions.FOLDER.glob("*.yaml"):
        written = definitions._load(file).get(field, [])
        called |= {
            one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)
        }

    assert called == kept


@pytest.mark.parametrize(
    ("name", "number", "french", "english"),
    [
        ("rsa_households", 1, "foyer bénéficiaire du RSA", "household receiving RSA"),
        ("rsa_households", 0, "foyer bénéficiaire du RSA", "households receiving RSA"),
        ("rsa_households", 2, "foyers bénéficiaires du RSA", "households receiving RSA"),
        ("low_income_caf_households", 1, "foyer allocataire à bas revenus ou précaire", None),
        ("children_under3", 1, "enfant de moins de 3 ans", "child under 3"),
        ("coverage_rate", 1.94, "place pour 100 enfants de moins de 3 ans", None),
        ("coverage_rate", 1.96, "places pour 100 enfants de moins de 3 ans", None),
        ("natural_balance", -1, "habitant gagné ou perdu par les naissances et les décès", None),
        ("rsa_share", 1, "des foyers allocataires touchent le RSA", None),
    ],
)
def test_one_is_singular(name, number, french, english):
    one = definitions.definitions()[name]

    assert definitions.counted(one, number, "fr") == french
    assert english is None or definitions.counted(one, number, "en") == english


def test_every_thing_counted_has_a_singular():
    heads = definitions._load(definitions.FOLDER / "shared" / "singular.yaml")
    used = {"fr": set(), "en": set()}
    for one in definitions.definitions().values():
        if re.match(r"(des?|du|par|fois) |d’", one.counted["fr"]):
            continue
        for language, words in one.counted.items():
            fitting = [head for head in heads[language] if f"{words} ".startswith(f"{head} ")]
            assert fitting, f"{one.id}: {words}"
            used[language].add(max(fitting, key=len))
    assert used == {language: set(words) for language, words in heads.items()}
