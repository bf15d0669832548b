"""What a survey says: counts with denominators, who is missing, and nobody behind a small number."""

import io

import openpyxl
import pytest
from django.urls import reverse

from ansanm.conventions.concertation import survey_files, survey_operations
from ansanm.conventions.concertation.survey_results import Results
from tests.conventions.concertation.surveys import families, keys, sheets

pytestmark = pytest.mark.django_db


def part(results, word):
    return next(one for one in results.parts if one.question.label.startswith(word))


def polled(cast):
    """Forty sheets: 36 women, 4 men, of whom three found no care."""
    survey = families(cast)
    sheets(survey, 30, Vous="Une femme", Garde="Oui", Manques=["Bus"], Démarches=4)
    sheets(survey, 6, Vous="Une femme", Garde="Non", Manques=["Bus", "Parc"], Démarches=2)
    sheets(survey, 1, Vous="Un homme", Garde="Oui", channel="paper")
    sheets(survey, 3, Vous="Un homme", Garde="Non", channel="paper")
    return survey


def test_each_count_has_its_denominator(cast):
    survey = polled(cast)
    sheets(survey, 5, audience="Jeunes", Manques=["Parc"])
    results = Results(survey)

    care, lacks = part(results, "Garde"), part(results, "Manques")

    # Asked of parents alone: the five young people are not in its denominator.
    assert (care.tally.n_answered, care.tally.n_asked) == (40, 40)
    assert care.answered == "40 réponses sur 40 à qui la question est posée"
    assert (lacks.tally.n_answered, lacks.tally.n_asked) == (41, 45)
    assert [row[:2] for row in lacks.rows] == [("Bus", 36), ("Parc", 11)]


def test_who_answered_is_told_against_who_lives_here(cast):
    said = " ".join(Results(polled(cast)).hints).replace("\xa0", " ")

    assert "Une femme : 90\u202f% des réponses, 52\u202f% attendus (Insee, recensement 2022)" in said
    assert "Aucune réponse de « Jeunes »" in said


def test_four_men_are_told_nowhere_once_crossed(cast):
    survey = polled(cast)
    results = Results(survey, by=keys(survey)["Vous"].key)

    # The drawing of « Vous êtes » says that they are four: no table can hide it.
    assert part(results, "Garde").crossed is None


def test_a_table_hides_its_small_cells_where_its_margins_stand(cast):
    survey = families(cast)
    for n, who, care in (
        (30, "femme", "Oui"),
        (10, "femme", "Non"),
        (20, "homme", "Oui"),
        (2, "homme", "Non"),
    ):
        sheets(survey, n, Vous=f"Une {who}" if who == "femme" else f"Un {who}", Garde=care)
    results = Results(survey, by=keys(survey)["Vous"].key)

    table = part(results, "Garde").crossed

    rows = {row[0]: row[1:] for row in table.rows}
    assert table.has_secret
    assert rows["Un homme"] == ["secret", "secret", "22"]
    assert rows["Ensemble"] == ["50", "12", "62"]


def test_the_mean_of_fewer_than_five_is_not_told(cast):
    survey = families(cast)
    sheets(survey, 4, Garde="Oui", Démarches=4)
    assert part(Results(survey), "Démarches").middle == ""
    sheets(survey, 1, Garde="Oui", Démarches=2)
    assert "moyenne 3,6" in part(Results(survey), "Démarches").middle


def test_a_sheet_put_aside_still_names_its_place_in_the_file(cast):
    survey = families(cast)
    place = cast.convention.territories.get()
    sheets(survey, 1, Garde="Oui", Où=place.pk, moderation="hidden")

    (row,) = survey_files.answers_sheet(survey).rows

    assert place.name in row
    assert part(Results(survey), "Où").rows == []


def test_what_is_set_aside_or_waits_is_not_counted_and_is_said(client, cast):
    survey = polled(cast)
    sheets(survey, 2, Garde="Oui", moderation="hidden")
    sheets(survey, 3, Garde="Oui", moderation="to_read")
    results = Results(survey)

    assert (results.n, results.n_hidden, results.n_to_read) == (40, 2, 3)
    client.force_login(cast.reader)
    page = client.get(reverse("survey_results", args=["saint-denis", survey.pk])).content.decode()
    assert "3 attendent d’être lues" in page and "2 sont écartées" in page


def test_results_are_public_once_published_without_free_answers(client, cast):
    survey = polled(cast)
    sheets(survey, 1, Garde="Oui", Une="Mon voisin Paul fait du bruit")
    page = reverse("survey_public_results", args=[survey.slug])
    assert client.get(page).status_code == 404

    survey_operations.publish_results(by=cast.city_officer, survey=survey, publish=True)
    shown = client.get(page).content.decode()

    assert "41 personnes ont répondu" in " ".join(shown.split())
    assert "Garde trouvée" in shown
    assert "voisin Paul" not in shown and "<svg" in shown
    survey_operations.delete_survey(by=cast.city_officer, survey=survey)
    assert client.get(page).status_code == 404


def test_the_workbook_runs_nothing_and_holds_no_contact(client, cast):
    from ansanm.conventions.concertation.answering import leave_contact
    from tests.conventions.concertation.surveys import in_days

    survey = families(cast, contact_purpose="Tirage", contact_kept_until=in_days(9))
    sheets(survey, 1, Garde="Oui", Une="=HYPERLINK(0)")
    leave_contact(survey=survey, email="marie@example.org")
    client.force_login(cast.city_officer)

    book = client.get(reverse("survey_export", args=["saint-denis", survey.pk, "xlsx"])).content
    flat = client.get(reverse("survey_export", args=["saint-denis", survey.pk, "csv"])).content.decode(
        "utf-8-sig"
    )

    cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(book)) for row in sheet for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=HYPERLINK(0)"] == ["s"]
    assert ";'=HYPERLINK(0);" in flat
    assert "marie@example.org" not in flat + str([cell.value for cell in cells])


def test_a_limit_typed_by_hand_stands_with_those_that_counts_tell(client, cast):
    survey = polled(cast)
    client.force_login(cast.caf_adviser)
    page = reverse("survey_bias_note", args=["saint-denis", survey.pk])

    client.post(page, {"text": "Distribuée à la sortie des écoles"})

    survey_operations.publish_results(by=cast.city_officer, survey=survey, publish=True)
    client.logout()
    shown = client.get(reverse("survey_public_results", args=[survey.slug])).content.decode()
    assert "Distribuée à la sortie des écoles" in shown
