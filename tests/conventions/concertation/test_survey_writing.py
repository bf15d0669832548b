"""Officers write a survey; once people answered, it can no longer ask something else."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.conventions.concertation import answering, survey_files, survey_operations
from ansanm.conventions.concertation.starters import starters
from ansanm.conventions.models import House, Survey, SurveyQuestion
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents import pdf
from tests.conventions.concertation.surveys import choice, families, filled, in_days, keys, ticket
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db


def fresh(survey):
    return Survey.objects.select_related("convention").get(pk=survey.pk)


def answered(cast):
    survey = families(cast)
    asked = keys(survey)
    answering.answer_survey(survey=survey, key="1", answers={asked["Démarches"].key: 4})
    return fresh(survey)


def correct(cast, survey, question, **facts):
    held = {
        name: getattr(question, name)
        for name in ("kind", "label", "help", "choices", "audiences", "expected_source")
    }
    return survey_operations.update_question(
        by=cast.city_officer, survey=survey, version=fresh(survey).version, question=question, **held | facts
    )


def test_every_starter_makes_a_survey_that_opens_and_prints(cast):
    for key, starter in starters().items():
        survey = survey_operations.create_survey(
            by=cast.city_officer,
            convention=cast.convention,
            title=starter.names["fr"],
            introduction=starter.introduction,
            thanks=starter.thanks,
            audiences=starter.audiences,
            questions=starter.questions_of(cast.convention),
        )
        survey_operations.set_state(by=cast.city_officer, survey=survey, state="open")
        assert fresh(survey).now == "open", key
        assert 5 <= survey.questions.count() <= 12


def test_a_slip_is_mended_after_answers_and_another_question_is_not(cast):
    survey = answered(cast)
    question = keys(survey)["Démarches"]

    correct(cast, survey, question, label="Démarches facilles")
    assert SurveyQuestion.objects.get(pk=question.pk).label == "Démarches facilles"

    # Those who answered would count among the silent of a question they were not asked.
    with pytest.raises(ValidationError, match="copiez l’enquête"):
        survey_operations.add_question(
            by=cast.city_officer, survey=survey, version=fresh(survey).version, kind="text", label="Et puis"
        )
    for facts in (
        {"label": "Démarches difficiles"},
        {"kind": "number"},
        {"audiences": [survey.audiences.first().key]},
    ):
        with pytest.raises(ValidationError):
            correct(cast, survey, question, **facts)


def test_choices_with_answers_are_neither_added_removed_nor_renamed(cast):
    survey = answered(cast)
    question = keys(survey)["Manques"]
    bus, park = question.choices

    for choices in ([bus], [bus, park, {"label": "Rien"}], [bus, park | {"label": "Piscine"}]):
        with pytest.raises(ValidationError):
            correct(cast, survey, question, choices=choices)
    correct(
        cast, survey, question, choices=[bus | {"expected_share": 0.3}, park], expected_source="Enquête 2020"
    )


def test_neither_a_question_nor_an_audience_leaves_with_its_answers(cast):
    survey = answered(cast)
    jeunes = survey.audiences.get(label="Jeunes")
    answering.answer_survey(survey=survey, key="2", answers={"x": 1}, audience=jeunes.key)
    with pytest.raises(ValidationError):
        survey_operations.remove_question(
            by=cast.city_officer, survey=survey, version=survey.version, question=keys(survey)["Manques"]
        )
    wanted = [(one.key, one.label) for one in survey.audiences.all() if one != jeunes]
    with pytest.raises(ValidationError, match="ce public reste"):
        survey_operations.update_survey(
            by=cast.city_officer, survey=survey, version=survey.version, audiences=wanted
        )


def test_two_officers_who_write_at_once_lose_nothing(client, cast):
    survey = families(cast)
    page = reverse("survey_edit", args=["saint-denis", survey.pk])
    client.force_login(cast.city_officer)
    stale = survey.version
    survey_operations.update_survey(
        by=cast.caf_adviser, survey=survey, version=stale, title="Titre de la Caf", is_fictitious=True
    )

    response = client.post(
        page,
        {
            "title": "Titre de la Ville",
            "house": "city",
            "version": stale,
            **{f"audience_{one.key}": one.label for one in survey.audiences.all()},
        },
    )

    said = response.content.decode()
    assert response.status_code == 409
    assert "Titre de la Caf" in said and "Titre de la Ville" in said
    # What did not change is not told, and a choice is told by its words.
    told = [(one["before"], one["after"]) for one in response.context["saved"]]
    assert told == [
        ("Titre de la Caf", "Titre de la Ville"),
        (str(House.SHARED.label), str(House.CITY.label)),
        ("oui", "non"),
    ]
    with pytest.raises(StaleVersion):
        survey_operations.update_survey(by=cast.city_officer, survey=survey, version=stale, title="x")


def test_a_copy_has_the_questions_and_none_of_the_answers(cast):
    survey = answered(cast)

    copy = survey_operations.copy_survey(by=cast.city_officer, survey=survey)

    assert copy.slug != survey.slug and copy.now == "draft"
    assert [one.key for one in copy.questions.all()] == [one.key for one in survey.questions.all()]
    assert not copy.answers.exists()


def test_a_survey_without_question_does_not_open(cast):
    survey = survey_operations.create_survey(by=cast.city_officer, convention=cast.convention, title="Vide")

    with pytest.raises(ValidationError, match="au moins une question"):
        survey_operations.set_state(by=cast.city_officer, survey=survey, state="open")


def test_contact_details_given_to_a_house_do_not_change_house(cast):
    survey = families(cast, contact_purpose="Tirage", contact_kept_until=in_days(9), house="caf")
    answering.leave_contact(survey=survey, email="marie@example.org")

    with pytest.raises(ValidationError, match="ne change plus"):
        survey_operations.update_survey(
            by=cast.city_officer, survey=survey, version=survey.version, house="city"
        )


def test_the_poster_and_the_sheet_are_read_aloud_whatever_was_typed(cast):
    survey = families(cast)
    survey.title, survey.introduction = "Marmay 🌴 #set $x$", "Koman i lé ? 中文"

    for document in (survey_files.poster(survey), survey_files.paper_sheet(survey)):
        assert_pdf_ua(pdf.write(document))


def test_the_code_of_a_poster_leads_to_its_survey(cast):
    import io

    import PIL.Image
    import zxingcpp

    from ansanm.ui.documents.pixels import png

    survey = families(cast)
    audience = survey.audiences.first()
    address = survey_files.address_of(survey, audience)

    picture = PIL.Image.open(io.BytesIO(png(survey_files.qr_svg(address))))

    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [address]
    assert address.endswith(f"/consultation/enquete/{survey.slug}/?public={audience.key}")


def test_a_paper_sheet_is_typed_with_the_same_standing_then_the_next_one(client, cast):
    survey = families(cast)
    client.force_login(cast.city_officer)
    page = reverse("survey_enter", args=["saint-denis", survey.pk])
    # The compulsory question was left blank on paper.
    sent = filled(survey, Vous="Un homme", Une="Plus de bus") | {
        "channel": "paper",
        "answered_on": "3 mars 2026",
        "ticket": ticket(f"enter:{survey.pk}", age=1),
    }

    for _n in range(2):
        response = client.post(page, sent)

    assert response.status_code == 302 and "channel=paper" in response.url
    (answer,) = survey.answers.all()
    assert (answer.channel, answer.moderation, answer.entered_by) == ("paper", "shown", cast.city_officer)
    assert str(answer.answered_on) == "2026-03-03"
    assert answer.answers[keys(survey)["Vous"].key] == choice(keys(survey)["Vous"], "Un homme")


def test_a_reader_sees_the_survey_and_cannot_change_it(client, cast):
    survey = families(cast)
    client.force_login(cast.reader)
    page = client.get(survey.get_absolute_url()).content.decode()

    assert "Clore l’enquête" not in page
    assert (
        client.post(reverse("survey_state", args=["saint-denis", survey.pk]), {"state": "closed"}).status_code
        == 403
    )
    client.force_login(cast.neighbour)
    assert client.get(survey.get_absolute_url()).status_code == 404
    own = reverse("survey", args=[cast.other_convention.slug, survey.pk])
    assert client.get(own).status_code == 404


def test_a_survey_that_was_answered_offers_no_new_question(client, cast):
    client.force_login(cast.city_officer)
    button = "Ajouter une question"

    assert button in client.get(families(cast).get_absolute_url()).content.decode()
    assert button not in client.get(answered(cast).get_absolute_url()).content.decode()


def test_a_question_of_a_survey_that_moved_is_not_removed_and_it_is_said(client, cast, monkeypatch):
    survey = families(cast)

    def moved(**facts):
        raise StaleVersion(survey)

    monkeypatch.setattr(survey_operations, "remove_question", moved)
    client.force_login(cast.city_officer)
    page = reverse("survey_question_remove", args=["saint-denis", survey.pk, survey.questions.first().pk])

    assert "vient de changer" in client.post(page, follow=True).content.decode()


def test_a_number_of_five_thousand_digits_is_no_row(client, cast):
    survey = families(cast)
    client.force_login(cast.city_officer)
    enormous = "9" * 5_000
    for name, sent in (
        ("survey_answers_moderate", {"row": enormous}),
        ("survey_contacts_delete", {"row": enormous}),
        ("survey_shift", {"shift": f"{enormous}:1"}),
    ):
        assert client.post(reverse(name, args=["saint-denis", survey.pk]), sent).status_code == 302
    page = reverse("contributions_moderate", args=["saint-denis"])
    assert client.post(page, {"row": enormous}).status_code == 302
