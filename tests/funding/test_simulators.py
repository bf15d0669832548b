"""The two simulators: asked in plain words, answered line by line, nothing kept; and what is saved."""

import io
import json
import re
import subprocess
from shutil import which

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from ansanm.accounts.models import AuditEntry, User
from ansanm.funding.creche_simulation import ask
from ansanm.funding.models import Scenario
from ansanm.funding.scenario_operations import digest

pytestmark = pytest.mark.django_db

OPEN = {
    "territory": "",
    "opens_on": "1er septembre 2026",
    "employer": "association",
    "places": "40",
    "area": "priority",
    "hours_per_day": "10",
    "days_per_year": "220",
    "attended": "75 %",
    "billed": "105 %",
    "filling_1": "60",
    "filling_2": "90",
    "wages_eur": "480 000 €",
    "rent_eur": "40 000",
    "meals_eur": "40000",
    "nappies_eur": "8000",
    "other_eur": "50 000,50",
    "families": "mean",
    "mean_participation": "1,50",
    "family_children": "1",
    "subsidy_eur": "100 000",
    "bonuses": ["territory"],
}
CEILINGS = {
    "p-psu.ceiling_both_low-2026-01-01": "9",
    "p-psu.ceiling_both_high-2026-01-01": "8",
    "p-bonus_territory.eaje_new_max-2026-01-01": "3600",
    "p-psu.ceiling_both_low-2027-01-01": "9",
    "p-psu.ceiling_both_high-2027-01-01": "8",
}
KNOWN = OPEN | CEILINGS
CHANGE = {
    **KNOWN,
    "opens_on": "1er janvier 2027",
    "existing_bonus_eur": "60000",
    "after_places": "50",
    "after_wages_eur": "560000",
}


@pytest.fixture
def person():
    return User.objects.create(email="ana@example.org", first_name="Ana", last_name="Hoarau")


@pytest.fixture
def stranger():
    there = Client()
    there.force_login(User.objects.create(email="paul@example.org", first_name="Paul", last_name="Payet"))
    return there


def posted(client, url="creche_open", data=KNOWN, **changed):
    return client.post(reverse(url), data | changed)


def saved(client, person, title="Les Filaos", data=KNOWN, url="creche_open"):
    client.force_login(person)
    response = posted(client, url, data | {"title": title, "save": "1"})
    assert response.status_code == 302, response.content.decode()
    return Scenario.objects.latest("pk")


def test_what_no_source_gives_is_asked_for_at_once_with_who_publishes_it(client):
    response = posted(client, data=OPEN)
    page = response.content.decode()

    assert response.status_code == 422
    asked = re.findall(r'name="(p-[^"]+)"', page)
    assert asked == list(CEILINGS)
    assert page.count("Publié par la Cnaf") == 5
    assert "nous n’en inventons pas" in page


def test_once_given_they_are_assumptions_of_this_simulation(client):
    response = posted(client)
    page = response.content.decode()

    assert response.status_code == 200
    assert "hypothèse de cette simulation" in page
    # In the third year: 618 000.50 € of expenses, 40 places.
    assert "15\u202f450,01\u202f€" in page
    assert "75,0\u202f%" in page and "105,0\u202f%" in page
    assert "144\u202f000,00\u202f€" in page
    # No amount that rests on them passes for confirmed.
    assert 'class="status status-done"' not in page.split("Le calcul, pas à pas")[0]
    assert response.context["answer"].status.value == "assumed"
    told = {one["name"]: one["status"] for one in response.context["answer"].explained[2]["amounts"]}
    # What was only typed was read nowhere.
    assert told["Dépenses"] == told["Participations des familles"] == "hypothèse de cette simulation"
    assert "lu dans une source publiée" not in told.values()


def test_what_its_caf_entered_is_not_asked_for(client):
    from tests.funding.test_entry_pages import TYPED, caf_person

    caf_person(client)
    for name in ("psu.ceiling_both_low", "psu.ceiling_both_high"):
        for year in (2026, 2027):
            day = {"valid_from": f"1er janvier {year}"}
            client.post(reverse("entered_value", args=[name]), TYPED | day)
    commune()

    page = posted(client, data=OPEN, territory="97411").content.decode()
    assert re.findall(r'name="(p-[^"]+)"', page) == ["p-bonus_territory.eaje_new_max-2026-01-01"]
    page = posted(client, territory="97411").content.decode()
    assert "saisi par la Caf de La Réunion" in page


def commune():
    from ansanm.territories.models import Territory

    return Territory.objects.get_or_create(
        level="commune",
        code="97411",
        defaults={
            "name": "Saint-Denis",
            "slug": "saint-denis",
            "search_key": "saint denis",
            "departement_code": "974",
            "region_code": "04",
            "commune_code": "97411",
        },
    )[0]


def test_the_last_known_value_is_taken_only_when_asked_and_says_so(client):
    data = {key: value for key, value in KNOWN.items() if "eaje" not in key}
    assert posted(client, data=data).status_code == 422

    page = posted(client, data=data, carry="on").content.decode()
    assert "reprise comme hypothèse" in page and "144\u202f000,00\u202f€" in page


def test_a_bonus_that_is_not_ticked_asks_for_nothing(client):
    page = posted(client, data=OPEN, bonuses=[]).content.decode()
    assert re.findall(r'name="(p-[^"]+)"', page) == [one for one in CEILINGS if "psu" in one]


@pytest.mark.parametrize(
    "changed, field, said",
    [
        ({"billed": "60000"}, "billed", "moins que les heures réalisées"),
        ({"places": "45", "authorised_places": "40"}, "places", "45 places, pour 40 autorisées"),
        ({"hours_per_day": "30"}, "hours_per_day", "dépasse ce qui est possible"),
        ({"wages_eur": "480.000"}, "wages_eur", "se lit de deux façons"),
        ({"wages_eur": "-3"}, "wages_eur", "négatif"),
        ({"attended": "900000", "billed": "900000"}, "attended", "dépasse ce qui est possible"),
        ({"opens_on": "2026"}, "opens_on", "écrivez un jour"),
        ({"opens_on": "1er janvier 2010"}, "opens_on", "n’est pas possible"),
        ({"mean_participation": ""}, "mean_participation", "Il manque la participation moyenne"),
        ({"families": "incomes"}, "income_median", "une commune qui les publie"),
        ({"families": "incomes", "income_low": "900"}, "income_high", "Il faut les trois revenus"),
        ({"territory": "Nulle-Part-sur-Rien"}, "territory", "Aucune commune"),
        ({"filling_1": "0"}, "filling_1", "plus que zéro"),
        ({"bonuses": ["growth"]}, "territory_places_2023", "n’est pas possible"),
        ({"bonuses": ["inclusion"]}, "disabled_children", "décochez ce bonus"),
        ({"bonuses": ["attractiveness"]}, "monthly_rise_eur", "décochez ce bonus"),
        ({"hours_per_day": "0,0001"}, "hours_per_day", "n’est pas possible"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(client, changed, field, said):
    response = posted(client, **changed)

    assert response.status_code == 422
    assert said in " ".join(response.context["form"].errors[field])


def test_monthly_incomes_that_look_yearly_are_doubted(client):
    families = {
        "families": "incomes",
        "income_low": "12000",
        "income_median": "26000",
        "income_high": "60000",
    }
    page = posted(client, **families, carry="on").content.decode()
    assert "ressemblent à des revenus annuels" in page


def test_nothing_is_kept_of_what_nobody_saved(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = posted(client, title="x", save="1")
    assert response.status_code == 200 and "no-store" in response["Cache-Control"]
    assert "Connectez-vous pour enregistrer" in response.content.decode()


def test_a_change_is_told_by_its_differences(client):
    response = posted(client, "creche_change", CHANGE)

    found = {row[0]: row[1:] for row in response.context["answer"].gaps}
    assert found["Bonus territoire CTG"] == [
        "60\u202f000,00\u202f€",
        "96\u202f000,00\u202f€",
        "+36\u202f000,00\u202f€",
    ]
    assert found["Dépenses"][2] == "+80\u202f000,00\u202f€"
    # Hours were told as a share: with more places there are more.
    answer = response.context["answer"]
    assert answer.before.project.attended_hours * 5 == answer.project.attended_hours * 4


def test_in_a_change_the_bonus_of_what_stands_is_to_be_given(client):
    response = posted(client, "creche_change", CHANGE, existing_bonus_eur="")
    assert "existing_bonus_eur" in response.context["form"].errors
    # Nothing is an answer, once it is said.
    assert posted(client, "creche_change", CHANGE, existing_bonus_eur="0").status_code == 200


def test_a_commune_that_is_only_like_what_was_typed_is_asked_about(client):
    commune()
    response = posted(client, territory="Saint-Deni")
    (told,) = response.context["form"].errors["territory"]
    assert "Saint-Denis 97411" in told


def test_a_day_that_is_none_in_a_question_is_left_aside(client):
    data = {"p-psu.share-2026-13-01": "1", "p-psu.share-2026-02-30": "1"}
    assert posted(client, **data).status_code == 200


def test_a_mistake_in_what_comes_after_is_told_there(client):
    response = posted(client, "creche_change", CHANGE, after_authorised_places="45")
    assert "after_places" in response.context["form"].errors


@pytest.mark.parametrize("url", ["creche_open", "creche_change"])
def test_both_pages_open_empty_and_in_english(client, url):
    assert client.get(reverse(url)).status_code == 200
    assert 'lang="en"' in client.get("/en" + reverse(url)).content.decode()


# Saved ------------------------------------------------------------------------------------------------


def test_a_saved_simulation_opens_again_as_it_was_asked(client, person):
    scenario = saved(client, person)

    assert scenario.inputs["wages_eur"] == "480 000 €" and scenario.inputs["bonuses"] == ["territory"]
    page = client.get(reverse("scenario", args=[scenario.pk])).content.decode()
    assert "15\u202f450,01\u202f€" in page
    form = client.get(reverse("scenario_edit", args=[scenario.pk])).content.decode()
    assert 'value="480 000 €"' in form and 'value="3600"' in form


def test_a_simulation_needs_a_title(client, person):
    client.force_login(person)
    assert "Donnez un titre" in posted(client, save="1", title=" ").content.decode()
    assert "trop long" in posted(client, save="1", title="x" * 121).content.decode()
    assert not Scenario.objects.exists()


def test_a_form_opened_before_another_change_overwrites_nothing(client, person):
    scenario = saved(client, person)
    url = reverse("scenario_edit", args=[scenario.pk])
    first = KNOWN | {"title": "Les Filaos", "save": "1", "version": "1", "places": "42"}
    assert client.post(url, first).status_code == 302

    late = client.post(url, first | {"places": "44"})
    page = late.content.decode()
    assert late.status_code == 409
    assert ["Places", "42", "44"] in late.context["differences"]
    assert 'name="version" value="2"' in page
    scenario.refresh_from_db()
    assert scenario.inputs["places"] == "42"
    assert client.post(url, first | {"places": "44", "version": "2"}).status_code == 302


def test_nobody_else_sees_or_changes_it(client, person, stranger):
    scenario = saved(client, person)

    for name in ("scenario", "scenario_edit"):
        assert stranger.get(reverse(name, args=[scenario.pk])).status_code == 404
    assert stranger.get(reverse("scenario_export", args=[scenario.pk, "pdf"])).status_code == 404
    for name in (
        "scenario_share",
        "scenario_unshare",
        "scenario_delete",
        "scenario_restore",
        "scenario_edit",
    ):
        assert stranger.post(reverse(name, args=[scenario.pk]), KNOWN).status_code == 404
    page = stranger.get(reverse("scenarios_compare"), {"s": [scenario.pk, scenario.pk]}).content.decode()
    assert "Les Filaos" not in page
    assert "Les Filaos" not in stranger.get(reverse("scenarios")).content.decode()


def test_the_bin_takes_and_gives_back(client, person):
    scenario = saved(client, person)
    client.post(reverse("scenario_delete", args=[scenario.pk]))
    assert client.get(reverse("scenario", args=[scenario.pk])).status_code == 404
    assert "Remettre" in client.get(reverse("scenarios")).content.decode()

    client.post(reverse("scenario_restore", args=[scenario.pk]))
    assert client.get(reverse("scenario", args=[scenario.pk])).status_code == 200
    verbs = AuditEntry.objects.order_by("position").values_list("verb", flat=True)
    assert [one for one in verbs if one.startswith("scenario")] == [
        "scenario.save", "scenario.delete", "scenario.restore",
    ]  # fmt: skip


def test_a_link_opens_the_simulation_to_read_until_it_is_revoked(client, person):
    scenario = saved(client, person)
    page = client.post(reverse("scenario_share", args=[scenario.pk])).content.decode()
    address = re.search(r"<code[^>]*>https?://[^/]+([^<]+)</code>", page)[1]
    scenario.refresh_from_db()
    # Only the hash is kept.
    token = address.rstrip("/").rpartition("/")[2]
    assert scenario.token_sha256 == digest(token) and token not in json.dumps(scenario.inputs)

    anybody = Client()
    shown = anybody.get(address)
    assert shown.status_code == 200 and shown["Referrer-Policy"] == "same-origin"
    text = shown.content.decode()
    assert "15\u202f450,01\u202f€" in text and "Révoquer" not in text and "ana@example.org" not in text
    assert anybody.post(address).status_code == 405
    assert anybody.get(address.replace(token, "a" * len(token))).status_code == 404

    client.post(reverse("scenario_unshare", args=[scenario.pk]))
    assert anybody.get(address).status_code == 404


def test_a_binned_simulation_is_not_shared_any_more(client, person):
    scenario = saved(client, person)
    page = client.post(reverse("scenario_share", args=[scenario.pk])).content.decode()
    address = re.search(r"<code[^>]*>https?://[^/]+([^<]+)</code>", page)[1]
    client.post(reverse("scenario_delete", args=[scenario.pk]))
    assert Client().get(address).status_code == 404
    # Nor once it is back: a link that was dead for its owner does not come back to life.
    client.post(reverse("scenario_restore", args=[scenario.pk]))
    assert Client().get(address).status_code == 404


def test_two_simulations_side_by_side_have_an_address(client, person):
    first = saved(client, person, "Sans repas", {k: v for k, v in KNOWN.items() if k != "meals_eur"} | {
        f"p-psu.ceiling_one_{end}-{year}-01-01": eur
        for end, eur in (("low", "8.5"), ("high", "7.5")) for year in (2026, 2027)
    })  # fmt: skip
    second = saved(client, person, "Avec repas")

    response = client.get(reverse("scenarios_compare"), {"s": [first.pk, second.pk]})
    comparison = response.context["comparison"]
    assert comparison.columns[1:] == ["1. Sans repas", "2. Avec repas"]
    sums = {row[0]: row[1:] for row in comparison.sums}
    assert sums["Dépenses"] == ["578\u202f000,50\u202f€", "618\u202f000,50\u202f€"]
    assert "hypothèse de cette simulation" in response.content.decode()
    # One alone, or nonsense: the page asks.
    for query in ({}, {"s": [first.pk]}, {"s": ["x", "9" * 30, "-1"]}):
        page = client.get(reverse("scenarios_compare"), query)
        assert page.status_code == 200 and "comparison" not in page.context


# Files ------------------------------------------------------------------------------------------------

EVERYTHING = KNOWN | {
    "families": "incomes",
    "income_low": "900",
    "income_median": "1900",
    "income_high": "4 200",
    "wage_growth_percent": "2",
    "cost_growth_percent": "1,5",
    "extra_hours": "300",
    "bonuses": ["territory", "social_mix", "inclusion", "attractiveness", "growth"],
    "children": "55",
    "disabled_children": "3",
    "monthly_rise_eur": "160",
    "territory_places_2023": "500",
    "territory_places_now": "545",
    "authorised_places": "44",
    "existing_bonus_eur": "1000",
    "carry": "on",
}


def evaluated(book):
    """Compute every formula of a workbook anew, with our own small reader of formulas."""
    cells = {(sheet.title, cell.coordinate): cell.value for sheet in book for row in sheet for cell in row}
    done = {}

    def half_up(value, digits):
        scaled = value * 10**digits
        return int(scaled + (0.5 if scaled >= 0 else -0.5) + (1e-9 if scaled >= 0 else -1e-9)) / 10**digits

    names = {
        "ROUND": half_up,
        "MIN": min,
        "MAX": max,
        "IF": lambda test, yes, no: yes if test else no,
        "SUM": lambda values: sum(values),
    }

    def value(sheet, at):
        at = at.replace("$", "")
        if (sheet, at) not in done:
            raw = cells[sheet, at]
            done[sheet, at] = (
                computed(sheet, raw[1:]) if isinstance(raw, str) and raw.startswith("=") else raw
            )
        return done[sheet, at]

    def span(sheet, start, end):
        (letter, low), (last, high) = (re.fullmatch(r"([A-Z]+)(\d+)", one).groups() for one in (start, end))
        return [
            value(sheet, f"{chr(c)}{n}")
            for c in range(ord(letter), ord(last) + 1)
            for n in range(int(low), int(high) + 1)
        ]

    def computed(sheet, text):
        text = re.sub(r"([A-Z]+\d+):([A-Z]+\d+)", lambda m: f"S({sheet!r},{m[1]!r},{m[2]!r})", text)
        text = re.sub(r"'([^']+)'!(\$?[A-Z]+\$?\d+)", lambda m: f"V({m[1]!r},{m[2]!r})", text)
        text = re.sub(r"(?<!['\w$])([A-Z]+\d+)(?!['\w(])", lambda m: f"V({sheet!r},{m[1]!r})", text)
        text = re.sub(r"(?<!['\w])(\$[A-Z]+\d+)(?!['\w(])", lambda m: f"V({sheet!r},{m[1]!r})", text)
        return eval(text.replace("^", "**"), {"__builtins__": {}}, names | {"V": value, "S": span})

    return {
        (sheet.title, cell.coordinate): value(sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    }


def workbook(client, data=EVERYTHING, url="creche_open"):
    response = posted(client, url, data, export="xlsx", title="T" * 200)
    assert response.status_code == 200, response.context["form"].errors
    assert openpyxl.load_workbook(io.BytesIO(response.content))["Lisez-moi"]["A1"].value == "T" * 120
    return response.content


CHANGED = EVERYTHING | {
    "opens_on": "1er janvier 2026",
    "after_places": "50",
    "after_meals_eur": "52000",
    "after_subsidy_eur": "1",
}


@pytest.mark.parametrize("url, data", [("creche_open", EVERYTHING), ("creche_change", CHANGED)])
def test_the_formulas_of_the_workbook_give_what_the_page_says(client, url, data):
    content = workbook(client, data, url)
    written = openpyxl.load_workbook(io.BytesIO(content), data_only=True)

    again = evaluated(openpyxl.load_workbook(io.BytesIO(content)))
    assert len(again) > 150
    wrong = {
        at: (value, written[at[0]][at[1]].value)
        for at, value in again.items()
        if abs(value - written[at[0]][at[1]].value) > 0.011
    }
    assert not wrong


def test_a_changed_cell_moves_the_whole_workbook(client):
    book = openpyxl.load_workbook(io.BytesIO(workbook(client)))
    before = evaluated(book)
    page = book["Hypothèses"]
    line = next(row for row in page.iter_rows() if row[0].value == "Salaires et charges")
    line[1].value += 10_000
    after = evaluated(book)

    labels = {row[0].value: row[0].row for row in book["Calcul"].iter_rows()}
    spent = ("Calcul", f"D{labels['Dépenses']}")
    assert after[spent] - before[spent] == pytest.approx(10_404, abs=0.01)  # the third year, at 2 % a year
    left = ("Calcul", f"D{labels['Reste à charge du gestionnaire']}")
    assert after[left] != before[left]


@pytest.mark.skipif(which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_recomputes_the_same_workbook(client, tmp_path):
    content = workbook(client)
    book = openpyxl.load_workbook(io.BytesIO(content))
    # Written by openpyxl, formulas have no value any more: LibreOffice must compute each.
    book.save(tmp_path / "simulation.xlsx")
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML",
         "--outdir", tmp_path / "out", tmp_path / "simulation.xlsx"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    computed = openpyxl.load_workbook(tmp_path / "out" / "simulation.xlsx", data_only=True)["Calcul"]
    written = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Calcul"]
    for row in written.iter_rows(min_row=2, min_col=2, max_col=7):
        for cell in row:
            if cell.value is not None:
                assert computed[cell.coordinate].value == pytest.approx(cell.value, abs=0.011), (
                    cell.coordinate
                )


def test_the_workbook_says_how_sure_each_value_is(client):
    page = openpyxl.load_workbook(io.BytesIO(workbook(client)))["Barèmes"]
    told = {row[0].value: row[6].value for row in page.iter_rows(min_row=2)}
    assert "hypothèse de cette simulation" in told.values()
    assert all(told.values())


@pytest.mark.parametrize("format, mark", [("pdf", b"%PDF"), ("docx", b"PK")])
def test_documents_say_what_the_page_says(client, person, format, mark):
    scenario = saved(client, person)
    file = client.get(reverse("scenario_export", args=[scenario.pk, format]))

    assert file.content.startswith(mark)
    if format == "pdf":
        from pypdf import PdfReader

        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(file.content)).pages)
    else:
        from docx import Document

        parsed = Document(io.BytesIO(file.content))
        tables = [cell.text for table in parsed.tables for row in table.rows for cell in row.cells]
        text = " ".join([one.text for one in parsed.paragraphs] + tables)
    plain = re.sub(r"[\s\u202f\u00a0]+", " ", text)
    assert "Les Filaos" in plain and "15 450,01" in plain and "hypothèse de cette simulation" in plain
    assert client.get(reverse("scenario_export", args=[scenario.pk, "exe"])).status_code == 404


def test_a_stored_simulation_that_lacks_a_value_now_says_so(client, person):
    scenario = saved(client, person)
    Scenario.objects.filter(pk=scenario.pk).update(inputs={**OPEN, "bonuses": ["territory"]})

    page = client.get(reverse("scenario", args=[scenario.pk])).content.decode()
    assert "attend une réponse" in page
    assert client.get(reverse("scenario_export", args=[scenario.pk, "xlsx"])).status_code == 302


def test_every_field_of_both_forms_has_its_part_of_the_page():
    for kind in ("open", "change"):
        form = ask(kind, KNOWN).form
        placed = [field.name for part in form.parts for field in part["fields"]]
        assert sorted(placed + form.asked) == sorted(form.fields)
