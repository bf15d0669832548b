"""The pages where a Caf enters its values, and the public page that keeps them apart."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ansanm.accounts.models import Organisation, User
from ansanm.engines.funding.parameters import national
from ansanm.funding.models import EnteredValue

pytestmark = pytest.mark.django_db

CEILING = "psu.ceiling_both_low"
TYPED = {
    "departement": "974",
    "valid_from": "1er janvier 2026",
    "value": "9,50 €",
    "source_title": "Circulaire inventée",
    "source_url": "https://example.org/circulaire",
    "source_read_on": "03/02/2026",
    "note": "",
}


def caf_person(client, name="Caf de La Réunion", code="974"):
    caf, _ = Organisation.objects.get_or_create(name=name, kind="caf", insee_code=code)
    person, _ = User.objects.get_or_create(
        email=f"x{code}@example.org",
        defaults={
            "first_name": "Ana",
            "last_name": "Hoarau",
            "organisation": caf,
            "platform_role": "caf_administrator",
        },
    )
    client.force_login(person)
    return person


def at(name=CEILING, page="entered_value", **more):
    return reverse(page, kwargs={"parameter": name, **more})


def enter(client, name=CEILING, **changed):
    return client.post(at(name), TYPED | changed)


def test_the_list_says_what_is_missing_and_since_when(client):
    caf_person(client)

    page = client.get(reverse("entered_values")).content.decode()
    assert "inconnu aujourd’hui" in page
    since = national()[CEILING].on(timezone.localdate()).valid_from
    assert f"{at()}?depuis={since}" in page
    # What the national file knows is not asked for.
    assert "Part du prix" not in page and at("rates_collective.line_1") not in page


def test_a_value_entered_later_than_its_gap_is_missing_no_more(client):
    caf_person(client)
    name = "bonus_territory.eaje_new_other_band"  # not known since 2020
    enter(client, name)

    page = client.get(reverse("entered_values"), {"state": "missing"})
    assert name not in [row["id"] for group in page.context["groups"] for row in group["rows"]]


def test_a_caf_enters_a_value_and_the_public_page_shows_it_apart(client):
    caf_person(client)
    assert enter(client).status_code == 302

    page = client.get(
        reverse("funding_parameters"), {"q": "prix plafond", "on": "2026-06-01", "departement": "974"}
    )
    row = next(row for group in page.context["groups"] for row in group["rows"] if row["id"] == CEILING)
    assert row["now"]["text"] == "" and row["now"]["kind"] == ""
    assert [one["text"] for one in row["entered"]] == ["9,50\u202f€ par heure"]
    assert "saisi par la Caf de La Réunion" in page.content.decode()
    # Nobody asked for a département: nothing of a Caf.
    plain = client.get(reverse("funding_parameters"), {"q": "prix plafond"})
    assert "saisi par la Caf de La Réunion" not in plain.content.decode()


def test_the_public_workbook_holds_them_on_a_sheet_of_their_own(client):
    caf_person(client)
    enter(client)

    file = client.get(reverse("funding_parameters_export", args=["xlsx"]), {"departement": "974"})
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    apart, national = book["Saisies par la Caf"], book["Paramètres"]
    assert [cell.value for cell in apart[2]][:5:4] == [CEILING, 9.5]
    assert all(row[6].value != "saisi par la Caf de La Réunion" for row in national.iter_rows())


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"value": "9.500"}, "se lit de deux façons"),
        ({"value": "-3"}, "négatif"),
        ({"value": "cher"}, "pas un nombre"),
        ({"value": ""}, "error-summary"),
        ({"valid_from": "2026"}, "écrivez un jour"),
        ({"source_url": ""}, "Adresse de la source"),
        ({"source_read_on": "1er janvier 2099"}, "pas encore arrivée"),
        ({"departement": "75"}, "error-summary"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_saved(client, changed, said):
    caf_person(client)
    response = enter(client, **changed)

    assert response.status_code == 422 and said in response.content.decode()
    assert not EnteredValue.objects.exists()


def test_a_day_of_the_year_is_read_as_it_is_said(client):
    caf_person(client)
    for text, n in (("30 avril", 1), ("15/05", 2)):
        enter(client, "payments.actual_due", value=text, valid_from=f"0{n}/01/2026")

    found = EnteredValue.objects.values_list("month_day", flat=True).order_by("pk")
    assert list(found) == ["04-30", "05-15"]


def test_a_second_value_of_one_day_is_to_be_a_correction(client):
    caf_person(client)
    enter(client)

    response = enter(client, value="9,70")
    assert response.status_code == 422 and "corrigez cette valeur" in response.content.decode()


def test_correcting_and_withdrawing_keep_the_history(client):
    caf_person(client)
    enter(client)
    first = EnteredValue.objects.get()
    assert "9,5" in client.get(at(page="entered_value_correct", pk=first.pk)).content.decode()

    client.post(at(page="entered_value_correct", pk=first.pk), TYPED | {"value": "9,6"})
    second = EnteredValue.objects.standing().get()
    # A colleague still had the first on the screen.
    late = client.post(at(page="entered_value_correct", pk=first.pk), TYPED | {"value": "9,7"}, follow=True)
    assert "9,60\u202f€ par heure. Rien n’a été enregistré" in late.content.decode()

    client.post(at(page="entered_value_withdraw", pk=second.pk), {"reason": "Mauvaise année"})
    assert not EnteredValue.objects.standing().exists()
    history = client.get(reverse("entered_values_history")).content.decode()
    assert "Mauvaise année" in history and "corrigée depuis" in history


def test_another_caf_sees_and_changes_nothing_of_it(client):
    caf_person(client)
    enter(client)
    mine = EnteredValue.objects.get()
    caf_person(client, "Caf du Loiret", "45")

    for page in ("entered_value_correct", "entered_value_withdraw"):
        assert client.get(at(page=page, pk=mine.pk)).status_code == 404
        assert client.post(at(page=page, pk=mine.pk), TYPED | {"reason": "x"}).status_code == 404
    assert "Circulaire inventée" not in client.get(reverse("entered_values_history")).content.decode()
    assert "Circulaire inventée" not in client.get(at()).content.decode()


def test_the_role_without_a_caf_enters_nothing(client):
    person = caf_person(client)
    person.organisation = Organisation.objects.create(name="Ville", kind="city", insee_code="97411")
    person.save()

    assert client.get(reverse("entered_values")).status_code == 403
    assert enter(client).status_code == 403


def exported(client):
    file = client.get(reverse("entered_values_export", args=["csv"]))
    return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))


def imported(client, rows):
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows(rows)
    file = SimpleUploadedFile("valeurs.csv", target.getvalue().encode())
    return client.post(reverse("entered_values_import"), {"file": file})


def test_the_sheet_that_goes_out_comes_back_filled_in(client):
    caf_person(client)
    enter(client)
    header, *rows = exported(client)
    assert [CEILING, "974", "2026-01-01", "9,5"] in [[row[0], *row[3:6]] for row in rows]
    filled = next(row for row in rows if row[0] == "psu.ceiling_both_high" and not row[5])
    filled[5:9] = ["8,20", "Circulaire", "https://example.org/c", "2026-02-03"]

    preview = imported(client, [header, *rows])
    assert preview.status_code == 200
    assert (preview.context["reading"].n_new, preview.context["reading"].n_unchanged) == (1, 1)
    assert EnteredValue.objects.count() == 1
    client.post(reverse("entered_values_keep"), {"ticket": preview.context["ticket"]})
    kept = EnteredValue.objects.get(parameter="psu.ceiling_both_high")
    assert (kept.value, kept.valid_from) == (Decimal("8.2"), date(2025, 1, 1))


def test_one_bad_line_and_nothing_is_saved(client):
    caf_person(client)
    header, *rows = exported(client)
    good = [
        "psu.ceiling_both_low",
        "",
        "",
        "974",
        "2026-01-01",
        "9",
        "C",
        "https://example.org/c",
        "2026-02-03",
        "",
    ]
    bad = [*good[:5], "neuf", *good[6:]]
    unknown = ["psu.nothing", *good[1:]]

    response = imported(client, [header, good, bad, unknown, good])
    assert response.status_code == 422
    assert [cell for cell, _message in response.context["reading"].errors] == ["F3", "A4", "A5"]
    assert not response.context["ticket"] and not EnteredValue.objects.exists()


def test_an_import_seen_before_a_colleague_s_correction_is_shown_again(client):
    caf_person(client)
    header, *_rows = exported(client)
    line = [
        "psu.ceiling_both_low",
        "",
        "",
        "*",
        "2026-01-01",
        "9",
        "C",
        "https://example.org/c",
        "2026-02-03",
        "",
    ]
    preview = imported(client, [header, line])
    enter(client, departement="*")

    response = client.post(reverse("entered_values_keep"), {"ticket": preview.context["ticket"]})
    assert response.status_code == 409
    assert EnteredValue.objects.get().value == Decimal("9.5")


def test_a_ticket_of_somebody_else_saves_nothing(client):
    caf_person(client)
    header, *_rows = exported(client)
    line = [
        "psu.ceiling_both_low",
        "",
        "",
        "*",
        "2026-01-01",
        "9",
        "C",
        "https://example.org/c",
        "2026-02-03",
        "",
    ]
    ticket = imported(client, [header, line]).context["ticket"]
    caf_person(client, "Caf du Loiret", "45")

    client.post(reverse("entered_values_keep"), {"ticket": ticket})
    client.post(reverse("entered_values_keep"), {"ticket": "x"})
    assert not EnteredValue.objects.exists()


def test_a_file_that_is_no_sheet_is_refused_with_what_to_do(client):
    caf_person(client)
    assert client.post(reverse("entered_values_import")).status_code == 422
    response = imported(client, [["Nom", "Prix"], ["a", "b"]])
    assert response.status_code == 422 and "Il manque une colonne" in response.content.decode()


def test_a_family_of_the_departement_is_told_with_the_values_of_its_caf(client):
    from tests.funding.test_pages import GOOD
    from tests.funding.test_simulators import commune

    caf_person(client)
    for name, value in (("resources.floor", "821,13"), ("resources.ceiling", "8700")):
        enter(client, name, value=value, valid_from="1er janvier 2027")
    commune()

    asked = GOOD | {"on": "2027-02-01", "income": "120000"}
    assert client.post(reverse("family_tariff"), asked).status_code == 422
    page = client.post(reverse("family_tariff"), asked | {"territory": "97411"}).content.decode()
    assert "4,49\u202f€ par heure" in page  # 8 700 × 0.0516 %
    assert "saisi par la Caf de La Réunion" in page
