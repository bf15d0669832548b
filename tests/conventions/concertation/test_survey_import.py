"""Answers from elsewhere: checked whole, taken whole or not at all, and once."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ansanm.conventions.concertation import survey_import
from tests.conventions.concertation.surveys import choice, families, keys

pytestmark = pytest.mark.django_db

# As Microsoft Forms writes it: hours, an address and a name that are not ours to keep.
HEADER = [
    *("ID", "Heure de début", "Adresse de messagerie", "Nom", "Public", "Vous êtes", "Garde trouvée"),
    *("Manques", "Démarches faciles", "Nombre d’enfants", "Une chose à changer", "Où habitez-vous"),
]
ROW = [
    *("1", "12/03/2026 10:00", "marie@example.org", "Marie Payet", "Parents", "Une femme", "Non"),
    *("Bus;Parc;", "4", "2", "Plus de bus", "Saint-Denis"),
]


def file_of(rows, header=HEADER):
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_file_of_microsoft_forms_is_read_without_what_identifies(cast):
    survey = families(cast)

    reading = survey_import.read(survey, "forms.xlsx", file_of([ROW]))
    assert survey_import.save(by=cast.city_officer, survey=survey, reading=reading) == (1, 0)

    asked = keys(survey)
    answer = survey.answers.get()
    assert reading.left == ["ID", "Heure de début", "Adresse de messagerie", "Nom"]
    assert answer.audience == survey.audiences.get(label="Parents").key
    assert answer.answers == {
        asked["Vous"].key: choice(asked["Vous"], "Une femme"),
        asked["Garde"].key: choice(asked["Garde"], "Non"),
        asked["Manques"].key: [choice(asked["Manques"], "Bus"), choice(asked["Manques"], "Parc")],
        asked["Démarches"].key: 4,
        asked["Nombre"].key: 2,
        asked["Une"].key: "Plus de bus",
        asked["Où"].key: cast.convention.territories.get().pk,
    }
    assert "Marie" not in str(answer.answers)


def test_a_file_sent_again_longer_adds_only_its_end(cast):
    survey = families(cast)
    for rows, expected in ([[ROW, ROW], (2, 0)], [[ROW, ROW, ROW], (1, 2)], [[ROW, ROW, ROW], (0, 3)]):
        reading = survey_import.read(survey, "forms.xlsx", file_of(rows))
        assert survey_import.save(by=cast.city_officer, survey=survey, reading=reading) == expected


def test_one_wrong_cell_keeps_everything_out_and_says_its_row_and_value(client, cast):
    survey = families(cast)
    wrong = [*ROW[:5], "Femme", "Peut-être", "Bus;Tram", "9", "des tas", "a" * 2001, "Paris"]
    client.force_login(cast.city_officer)
    page = reverse("survey_import", args=["saint-denis", survey.pk])

    response = client.post(page, {"file": SimpleUploadedFile("forms.xlsx", file_of([ROW, wrong]))})

    shown = response.content.decode()
    assert response.status_code == 422 and not survey.answers.exists()
    reading = survey_import.read(survey, "forms.xlsx", file_of([ROW, wrong]))
    assert {one.row for one in reading.wrong} == {3}
    assert [one.column for one in reading.wrong] == HEADER[5:]
    for told in ("Femme", "Tram", "des tas", "Paris", "2\u202f001 signes", "rien n’est importé"):
        assert told in shown


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\x00\x01\x02", b"", b"a;b\n1;2\n"])
def test_a_file_that_is_none_is_refused_in_words(client, cast, content):
    survey = families(cast)
    client.force_login(cast.city_officer)
    page = reverse("survey_import", args=["saint-denis", survey.pk])

    response = client.post(page, {"file": SimpleUploadedFile("x.xlsx", content)})

    assert response.status_code == 422
    assert not survey.answers.exists()


def test_our_own_model_is_understood(client, cast):
    survey = families(cast)
    client.force_login(cast.city_officer)
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(reverse("survey_model", args=["saint-denis", survey.pk, "xlsx"])).content)
    )
    book["Réponses"].append(
        ["03/03/2026", "Jeunes", "De vive voix", "Un homme", None, "Parc", 5, None, "Un skatepark"]
    )
    target = io.BytesIO()
    book.save(target)

    reading = survey_import.read(survey, "modele.xlsx", target.getvalue())

    assert reading.wrong == []
    (row,) = reading.rows
    assert (row["channel"], str(row["answered_on"])) == ("spoken", "2026-03-03")


def test_two_counters_that_heard_the_same_are_two_sheets(cast):
    survey = families(cast)
    header = [*HEADER, "Répondue le", "Recueillie"]
    for day, way, expected in (
        ("03/03/2026", "Sur papier", (1, 0)),
        ("04/03/2026", "Sur papier", (1, 0)),
        ("04/03/2026", "De vive voix", (1, 0)),
        ("03/03/2026", "Sur papier", (0, 1)),
    ):
        reading = survey_import.read(survey, "guichet.xlsx", file_of([[*ROW, day, way]], header))
        assert survey_import.save(by=cast.city_officer, survey=survey, reading=reading) == expected
