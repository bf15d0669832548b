"""A plan as others wrote it: what a cell says, which column is which, lists, fiches and templates."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.conventions.plan import consistency
from ansanm.conventions.plan.reading import drafts, matching, source, values
from ansanm.conventions.plan.reading.guards import UnreadablePlan
from ansanm.engines.vague_dates import parse_canonical
from tests.conventions import plan_samples as samples
from tests.hangs import ends


def understood(name, content):
    found = source.read(name, content)
    return drafts.understand(found, matching.propose([one.text for one in found.headings], found.samples()))


# --- amounts


@pytest.mark.parametrize(
    ("text", "amount", "precision", "scope"),
    [
        ("50 000 €/an/poste", 50_000, "exact", "par an, par poste"),
        ("18 150 € TTC", 18_150, "exact", "TTC"),
        ("4 500 € par séance", 4_500, "exact", "par séance"),
        ("2 500€ /classe", 2_500, "exact", "par classe"),
        ("environ 8 k€", 8_000, "about", ""),
        ("plus de 2 M€", 2_000_000, "more_than", ""),
        ("8-10 k€", 10_000, "ceiling", "8-10 k€"),
        ("à définir", None, "to_define", ""),
        ("12000", 12_000, "exact", ""),
        ("50.000 €", 50_000, "exact", ""),
        ("8\u202f107 €", 8_107, "exact", ""),
    ],
)
def test_an_amount_is_read_as_it_is_written(text, amount, precision, scope):
    read = values.amount(text)
    assert (read.amount_eur, read.precision, read.scope) == (amount, precision, scope)
    assert read.is_said


@pytest.mark.parametrize("text", ["fonds propres", "2 ETP", "Caf 50 000 € et Ville 20 000 €", "", "50 %"])
def test_what_is_not_one_sum_is_left_in_words(text):
    assert not values.amount(text).is_said


def test_a_year_beside_a_sum_is_its_year_and_not_its_amount():
    assert values.amount("20 000 € en 2025") == values.Amount(Decimal(20_000), year=2025)


@given(st.integers(0, 9_999_999), st.sampled_from(["€", " €", " euros", "\u202f€ TTC", " €/an"]))
def test_a_sum_written_with_its_spaces_reads_back(number, unit):
    written = f"{number:,}".replace(",", " ")
    assert values.amount(written + unit).amount_eur == number


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_no_text_breaks_a_reader_nor_loses_its_words(text):
    values.amount(text)
    values.calendar(text)
    values.status(text)
    values.themes(text)
    values.placeholder(text)
    lines, rest = values.funding(text)
    told = "".join(one.text for one in lines) + rest
    kept = {character for character in told if character.isalnum()}
    assert {character for character in text if character.isalnum()} <= kept
    for row in values.indicators(text):
        assert row["label"] and len(row["label"]) <= 300


def test_who_pays_what_is_read_line_by_line_and_the_rest_is_kept_in_words():
    lines, rest = values.funding("Caf : 50 000 €/an ; Ville de Saint-Denis : à définir ; fonds propres")
    assert [(one.funder, one.amount.amount_eur, one.amount.precision) for one in lines] == [
        ("Caf", 50_000, "exact"),
        ("Ville de Saint-Denis", None, "to_define"),
    ]
    assert rest == "fonds propres"


# --- calendars


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("2025-2027", "2025", "2027"),
        ("2026", "2026", "2026"),
        ("Dernier trimestre 2025", "2025-T4", "2025-T4"),
        ("Pas avant le second semestre 2026", ">2026-S2", ""),
        ("de septembre 2025 à juin 2026", "2025-09", "2026-06"),
        ("de septembre à décembre 2026", "2026-09", "2026-12"),
        ("au plus tard 2028", "", "<2028"),
        ("à définir", "", ""),
    ],
)
def test_a_calendar_gives_a_start_and_an_end(text, starts, ends):
    assert values.calendar(text) == values.Calendar(starts, ends)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 2000))
def test_a_span_of_days_reads_back_in_order(first, days):
    last = first + timedelta(days=days)
    read = values.calendar(f"du {first:%d/%m/%Y} au {last:%d/%m/%Y}")
    assert parse_canonical(read.starts).first_on == first
    assert parse_canonical(read.ends).last_on == last


# --- choices and lists


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("À venir", "planned"), ("Non démarrée", "planned"), ("EN COURS", "started"), ("50 %", "started"),
        ("Bloqué", "paused"), ("Reportée (manque de locaux)", "paused"), ("Réalisée en 2025", "done"),
        ("100 %", "done"), ("Non réalisée", "abandoned"), ("Annulé", "abandoned"),
        ("à discuter", "to_discuss"), ("En retard", None), ("presque", None),
    ],
)  # fmt: skip
def test_states_are_read_as_practitioners_say_them(words, key):
    assert values.status(words) == key


def test_early_childhood_is_not_childhood():
    assert values.themes("Petite enfance") == ["early_childhood"]
    assert values.themes("Enfance-jeunesse / Parentalité") == ["youth", "parenting"]


def test_a_comma_in_brackets_parts_nothing():
    assert values.listed("Caf, CCAS (pôle A, B)\n- PMI") == ["Caf", "CCAS (pôle A, B)", "PMI"]


# --- columns


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("N° de fiche", "number"), ("Intitulé de l’action", "title"), ("NOM DE LA FICHE ACTION", "title"),
        ("Porteur/pilote", "pilot"), ("Acteurs et partenaires mobilisés", "partners"),
        ("Source de financement / budget prévisionnel", "funding"), ("Élu référent", "elected_referent"),
        ("Objectif opérationnel", "step"), ("Publics cibles", "publics"), ("Partenaire(s)", "partners"),
        ("Indicateurs d’évaluation quantitatifs", "quantitative"), ("Résultats attendu", "expected_results"),
        ("Couleur", ""),
    ],
)  # fmt: skip
def test_a_heading_is_known_by_its_name_or_a_name_near_it(heading, field):
    assert matching.field_called(heading) == field


def test_a_column_without_a_known_name_is_known_by_what_stands_under_it():
    found = matching.propose(
        ["Action", "Où en est-on", "Quand"],
        [["A", "B", "C"], ["En cours", "Réalisée", "À lancer"], ["2026", "mars 2027", "2025-2027"]],
    )
    assert found == ["title", "status", "calendar"]


def test_every_column_of_our_own_sheet_is_known():
    from ansanm.conventions.plan.columns import ACTIONS

    for column in ACTIONS.columns:
        assert matching.field_called(column.fr) == matching._OWN_KEYS.get(column.key, column.key)
        assert matching.field_called(column.en) == matching._OWN_KEYS.get(column.key, column.key)


# --- whole files


def test_a_list_is_found_under_its_title_and_read_whole():
    plan = understood("plan.xlsx", samples.workbook(samples.rows()))
    assert (len(plan.drafts), plan.errors) == (60, [])
    first = plan.drafts[0]
    assert (first.address, first.number, first.title) == ("A4", "1", "Action numéro 1 pour les familles")
    assert first.values["starts"], first.values["ends"] == ("2027", "<2029")
    assert first.stake == "Grandir et réussir"
    assert first.funding[0]["funder_name"] == "Caf de La Réunion"
    assert first.funding[0]["amount_eur"] == "1500"
    assert first.values["indicators"][0]["targets"] == [{"value": "41", "text": "", "due": "2028"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_a_csv_says_the_same_whatever_its_delimiter_and_encoding(delimiter, encoding):
    content = samples.csv_of(samples.rows(5), delimiter=delimiter, encoding=encoding)
    plan = understood("plan.csv", content)
    assert [draft.title for draft in plan.drafts] == [row[3] for row in samples.rows(5)]
    assert plan.drafts[0].pilot == "Ville de Saint-Denis"


def test_each_planted_error_is_refused_at_its_own_cell():
    plan = understood("plan.xlsx", samples.workbook(samples.planted(samples.rows())))
    assert {one.address for one in plan.errors} == set(samples.PLANTED)
    (date_error,) = [one for one in plan.errors if one.address == "H20"]
    assert (
        date_error.message == "«\u00a031 février 2026\u00a0» n’existe pas\u00a0: vérifiez le jour et le mois."
    )


def test_a_row_over_the_whole_width_heads_the_rows_under_it():
    table = (
        "N°;Action;Pilote\nEnjeu 1 : Petite enfance;;\n1;Crèche;CCAS\n"
        "Enjeu 2 : Droits;;\n2;Permanences;Caf\nTotal : 2 actions;;\n"
    )
    plan = understood("plan.csv", table.encode())
    assert [(one.title, one.stake) for one in plan.drafts] == [
        ("Crèche", "Enjeu 1 : Petite enfance"),
        ("Permanences", "Enjeu 2 : Droits"),
    ]


def test_the_template_of_territoires_en_transitions_is_read_as_it_is():
    content = samples.tet(
        {
            "Axe (x)": "1. Droits",
            "Sous-axe (x.x)": "1.1 Guichets",
            "Titre de l'action": "Ouvrir un guichet",
            "Descriptif": "Un lieu",
            "Instances de gouvernance": "Copil",
            "Structure pilote": "CCAS",
            "Financeur 1": "Caf",
            18: "50 000",
            "Financeur 2": "Ville",
            20: 12000,
            "Budget prévisionnel total € HT": 62000,
            "Statut": "En cours",
            "Niveau de priorité": "Élevé",
            "Date de début": "01/03/2026",
        },
        {
            "Titre de l'action": "Ouvrir un guichet",
            "Titre de la sous-action": "Recruter",
            "Statut": "À venir",
        },
        {"Axe (x)": "2. Logement"},
    )
    plan = understood("plan.xlsx", content)
    (draft,) = plan.drafts
    assert plan.errors == []
    assert (draft.stake, draft.goal, draft.pilot) == ("1. Droits", "1.1 Guichets", "CCAS")
    assert draft.values["is_priority"] and draft.values["status"] == "started"
    assert draft.values["description"] == "Un lieu\nInstances de gouvernance\u00a0: Copil"
    assert [(one["funder_name"], one["amount_eur"]) for one in draft.funding] == [
        ("Caf", "50000"),
        ("Ville", "12000"),
    ]
    assert "62000" in draft.values["funding_note"]
    assert [one["title"] for one in draft.values["operations"]] == ["Recruter"]


FICHE = [
    ["Intitulé", "Soutenir les parents", "="],
    ["Descriptif sommaire", "Aller vers les familles", "="],
    ["Opérations nécessaires", "Café des parents", "Ludothèque"],
    ["Publics cibles", "Parents", "Enfants 0-6 ans"],
    ["Porteur/pilote", "CCAS", "="],
    ["Acteurs et partenaires mobilisés", "Caf ; PMI", "="],
    ["Source de financement / budget prévisionnel", "50 000 €/an/poste", ""],
    ["Résultats attendus", "", ""],
    ["Indicateurs quantitatifs", "Nombre de familles", "Satisfaction des enfants"],
    ["Calendrier", "Dernier trimestre 2025", "2026-2027"],
]


def test_a_fiche_in_word_is_a_grid_of_fields_by_operations():
    plan = understood("fiches.docx", samples.word("Fiche action n° 3", FICHE))
    (draft,) = plan.drafts
    assert (draft.number, draft.title, draft.pilot) == ("3", "Soutenir les parents", "CCAS")
    assert draft.partners == ["Caf", "PMI"]
    assert draft.values["description"] == "Aller vers les familles"
    cafe, games = draft.values["operations"]
    assert (cafe["title"], cafe["publics"], cafe["funding_note"]) == (
        "Café des parents",
        "Parents",
        "50 000 €/an/poste",
    )
    assert (games["title"], games["calendar"], games["funding_note"]) == ("Ludothèque", "2026-2027", "")
    assert (draft.values["starts"], draft.values["ends"]) == ("2025-T4", "2027")


def test_cells_merged_downwards_say_the_same_on_each_row():
    table = [["Enjeu", "Action", "Pilote"], ["Droits", "Guichet", "CCAS"], ["^", "Permanence", "Caf"]]
    plan = understood("liste.docx", samples.word(table))
    assert [(one.stake, one.title) for one in plan.drafts] == [
        ("Droits", "Guichet"),
        ("Droits", "Permanence"),
    ]


def test_a_document_without_a_plan_says_what_is_missing():
    with pytest.raises(UnreadablePlan, match="Intitulé"):
        source.read("notes.docx", samples.word("Bonjour", [["a", "b"], ["1", "2"]]))


def test_a_sheet_without_a_title_we_know_asks_which_column_it_is():
    (problem,) = understood("notes.csv", b"a;b\n1;2\n").errors
    assert (problem.address, "dites laquelle (a, b)" in problem.message) == ("A1", True)


def test_the_columns_can_be_said_otherwise():
    found = source.read("plan.csv", b"Action;Qui\nGuichet;CCAS\n")
    plan = drafts.understand(found, ["title", "partners"])
    assert (plan.drafts[0].pilot, plan.drafts[0].partners) == ("", ["CCAS"])


CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "31/02/2026", "2026-2025", "²", "٣", "1e400", "-5 €", "9" * 40 + " €", "NaN", "Infinity", "1 2 3",
            "Caf : 10 €", "cible 12 en 2027", "Total", "Enjeu 1", "à définir", "=1+1", "a" * 600, "2026/2027",
            "En pause", "12,3456", "\u202e", "x;y", "  ", "Caf, Ville (a, b)",
        ]
    ),
)  # fmt: skip
KEYS = [key for key in matching.FIELDS if key != "version"]


@given(
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=12),
    st.lists(st.lists(CELLS, min_size=12, max_size=12), min_size=1, max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_any_cells_under_any_columns_are_kept_or_refused_with_their_place(mapping, table):
    from ansanm.conventions.plan.reading.grids import Cell, tidy

    mapping = ["title", *mapping]
    records = [
        source.Record(
            f"A{line}",
            {i: [Cell(tidy(text), f"{chr(65 + i)}{line}")] for i, text in enumerate(["Guichet", *row])}
            if len(row) >= len(mapping) - 1
            else {},
        )
        for line, row in enumerate((row[: len(mapping) - 1] for row in table), start=2)
    ]
    headings = [Cell(key, f"{chr(65 + i)}1") for i, key in enumerate(mapping)]
    plan = drafts.understand(source.Source("p.csv", "csv", headings=headings, records=records), mapping)
    assert len(plan.drafts) <= len(table)
    for draft in plan.drafts:
        for name in ("starts", "ends"):
            assert not draft.values.get(name) or parse_canonical(draft.values[name])
        for row in draft.funding:
            assert row["amount_eur"] is None or 0 <= Decimal(row["amount_eur"]) < 10**10
        assert all(one.address for one in draft.problems)
    consistency.of_plan(plan, on=date(2026, 11, 23))


# --- what does not hold together


def findings(name, content):
    plan = understood(name, content)
    found = {}
    for one in consistency.of_plan(plan, on=date(2026, 11, 23)):
        found.setdefault(one.rule, []).append(one)
    return found


def test_the_defects_of_a_signed_document_are_all_found():
    summary = [["N°", "Action", "Pilote"], ["3", "Soutenir les parents", "Mission locale"]]
    found = findings(
        "signe.docx",
        samples.word(
            "La convention compte 22 actions. Délibération n° XXXXXX du conseil.",
            summary,
            "Fiche action n° 3",
            FICHE,
        ),
    )
    assert "22 actions" in found["count"][0].said and "2 opérations" in found["count"][0].said
    assert "Mission locale" in found["pilot"][0].said and "CCAS" in found["pilot"][0].said
    assert "XXXXXX" in found["placeholder"][0].said
    assert "Satisfaction des enfants" in found["kind"][0].said
    assert "results" in found and "stake" in found
    assert all(one.why and one.do and one.where for one in found["pilot"])


HEADER = (
    "N°;Action;Pilote;Partenaires;Calendrier;État;Financement;Résultats attendus;Enjeu;"
    "Indicateurs quantitatifs\n"
)


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("1;Guichet;CCAS;;;En cours;10 €;Mieux;Droits;", "calendar"),
        ("1;Guichet;CCAS;;2030;À lancer;;Mieux;Droits;", "funding"),
        ("1;Guichet;CCAS;;2030;À lancer;10 €;;Droits;", "results"),
        ("1;Guichet;CCAS;;2030;À lancer;10 €;Mieux;;", "stake"),
        ("1;Guichet;CCAS;;2024;À lancer;10 €;Mieux;Droits;", "status"),
        ("1;Guichet;CCAS;;2030;Réalisée;10 €;Mieux;Droits;", "status"),
        ("1;Guichet;CCAS;;2030;À lancer;à définir;Mieux;Droits;", "placeholder"),
        ("1;Guichet;CCAS;;2030;À lancer;10 €;Mieux;Droits;Qualité de l’accueil", "kind baseline"),
        ("1;Guichet;CCAS;;2030;À lancer;10 €;Mieux;Droits;Nombre de visites : cible 40", "target baseline"),
        ("1;Guichet;CCAS;;2030;À lancer;10 €;Mieux;Droits;Nombre de visites", "baseline"),
        ("1;Guichet;CCAS;C.C.A.S.;2030;À lancer;10 €;Mieux;Droits;", "names"),
        ("1;Guichet;CCAS;Centre communal d’action sociale;2030;À lancer;10 €;Mieux;Droits;", "names"),
    ],
)
def test_each_rule_finds_its_defect_and_nothing_in_a_sound_fiche(line, rules):
    sound = "2;Permanence;Caf;;2030;À lancer;10 €;Mieux;Droits;\n"
    assert findings("plan.csv", (HEADER + sound).encode()) == {}
    found = findings("plan.csv", (HEADER + sound + line + "\n").encode())
    assert set(found) == set(rules.split())


def test_two_towns_are_two_organisations():
    assert not consistency.are_one("CCAS de Saint-Denis", "CCAS de Saint-Paul")
    assert not consistency.are_one("Caf 59", "Caf 62")
    assert consistency.are_one("Ville de Saint-Denis", "ville de St Denis")


def test_titles_and_numbers_in_double_are_told_with_both_places():
    found = findings("plan.csv", b"Action;Pilote\nGuichet;Caf\nguichet;Caf\n")
    (twice,) = found["title_twice"]
    assert (twice.where, "A2" in twice.said) == ("A3", True)


LONG = [
    "1 " * 9_000, "(" * 20_000, "cible " * 3_000, ", " * 9_000, "1.111" * 4_000, "de 2025 à " * 2_000,
    "_" * 20_000, "- " * 9_000, "/a" * 9_000, "Caf : " * 3_000, "à définir " * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:8])
def test_the_longest_cell_takes_no_reader_long(text):
    for read in (
        values.amount, values.funding, values.calendar, values.status, values.themes, values.placeholder,
        values.indicators, values.listed, values.house, matching.field_called,
    ):  # fmt: skip
        with ends():
            read(text)


def test_a_thousand_organisations_are_compared():
    names = [f"Maison des jeunes n° {number}" for number in range(1000)]
    with ends():
        assert consistency.same_names(names) == []
