"""A resident answers on a phone: without account, once, in any script, and nothing says who they were."""

import time

import pytest
from django.core.cache import cache
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.concertation import answering, survey_operations
from ansanm.conventions.concertation.answering import PER_ADDRESS
from ansanm.conventions.concertation.forms import MOST_SIGNS
from ansanm.conventions.models import ContactDetail, Survey, SurveyAnswer
from tests.conventions.concertation.surveys import address, families, filled, in_days, keys, ticket

pytestmark = pytest.mark.django_db


def send(client, survey, **more):
    return client.post(address(survey), filled(survey, **more))


def test_a_parent_chooses_who_they_are_then_answers_and_is_thanked(client, cast):
    survey = families(cast)

    first = client.get(address(survey)).content.decode()
    parents = survey.audiences.get(label="Parents")
    page = client.get(address(survey), {"public": parents.key}).content.decode()
    sent = client.post(
        address(survey),
        filled(survey, Vous="Une femme", Garde="Non", Manques=["Bus", "Parc"], Démarches="4", Nombre="2,5",
               Une="In ti kad pou marmay 🌴"),
    )  # fmt: skip

    assert f"?public={parents.key}" in first
    assert "Garde trouvée" in page
    assert sent.status_code == 302 and sent.url == reverse("survey_thanks", args=[survey.slug])
    (answer,) = survey.answers.all()
    asked = keys(survey)
    assert answer.answers[asked["Une"].key] == "In ti kad pou marmay 🌴"
    assert answer.answers[asked["Démarches"].key] == 4
    assert answer.answers[asked["Nombre"].key] == 2.5
    assert (answer.moderation, answer.doubt, answer.audience) == ("shown", "", parents.key)


def test_a_question_of_another_audience_is_neither_asked_nor_kept(client, cast):
    survey = families(cast)
    asked = keys(survey)

    page = client.get(address(survey), {"public": survey.audiences.get(label="Jeunes").key})
    sent = filled(survey, "Jeunes", Une="Un skatepark") | {asked["Garde"].key: "oui"}
    client.post(address(survey), sent)

    assert "Garde trouvée" not in page.content.decode()
    assert survey.answers.get().answers == {asked["Une"].key: "Un skatepark"}


def test_the_same_sheet_sent_twice_is_one_answer(client, cast):
    survey = families(cast)
    sent = filled(survey, Garde="Oui", key="a" * 32)

    assert [client.post(address(survey), sent).status_code for _n in range(3)] == [302, 302, 302]
    assert survey.answers.count() == 1


def test_nothing_kept_says_who_answered_nor_when(client, cast):
    survey = families(cast)
    n_before = AuditEntry.objects.count()

    send(client, survey, Garde="Oui")

    answer = SurveyAnswer.objects.filter(survey=survey).values().get()
    assert AuditEntry.objects.count() == n_before
    assert answer["entered_by_id"] is None
    assert not any("127.0.0.1" in str(value) for value in answer.values())
    assert not any(hasattr(value, "hour") for value in answer.values())


def test_what_was_typed_stays_when_something_is_missing(client, cast):
    survey = families(cast)

    response = send(client, survey, Une="Des bancs à l’ombre", Nombre="beaucoup")

    page = response.content.decode()
    assert response.status_code == 422
    assert "Des bancs à l’ombre" in page and "beaucoup" in page
    assert "Garde trouvée" in page
    assert not survey.answers.exists()


def test_an_enormous_text_is_refused_with_its_limit_and_given_back(client, cast):
    survey = families(cast)
    page = send(client, survey, Garde="Oui", Une="a" * (MOST_SIGNS + 300)).content.decode()

    assert "2\u202f300 signes" in page and "2\u202f000 au plus" in page
    assert "a" * (MOST_SIGNS + 300) in page
    assert not survey.answers.exists()


def test_a_sheet_of_megabytes_is_refused_in_words(client, cast):
    survey = families(cast)

    response = send(client, survey, Garde="Oui", Une="a" * 3_000_000)

    assert response.status_code == 400
    assert "dépasse 2,5 Mo" in response.content.decode()
    assert not survey.answers.exists()


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "'; DROP TABLE x; --", "=HYPERLINK(0)", "\u202eabc\u0000\x07", "🏴‍☠️ مرحبا"],
)
def test_hostile_text_is_kept_as_text_and_shown_as_text(client, cast, text):
    survey = families(cast)
    asked = keys(survey)

    assert send(client, survey, Garde="Oui", Une=text).status_code == 302

    kept = survey.answers.get().answers[asked["Une"].key]
    assert "\0" not in kept
    client.force_login(cast.city_officer)
    page = client.get(reverse("survey_answers", args=["saint-denis", survey.pk])).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ({"age": 1}, "too_fast"),
        ({"Une": "Achetez sur https://exemple.test"}, "links"),
        ({}, ""),
    ],
)
def test_a_doubt_asks_a_person_to_read_and_refuses_nothing(client, cast, more, doubt):
    survey = families(cast)

    assert send(client, survey, Garde="Oui", **more).status_code == 302

    answer = survey.answers.get()
    assert answer.doubt == doubt
    assert answer.moderation == ("to_read" if doubt else "shown")


def test_a_field_only_machines_fill_and_a_text_copied_are_read_first(client, cast):
    survey = families(cast)
    client.post(address(survey), filled(survey, Garde="Oui") | {"website": "https://exemple.test"})
    long = "Il faudrait plus de bus le dimanche matin."
    for _n in range(2):
        send(client, survey, Garde="Oui", Une=long)

    assert sorted(survey.answers.values_list("doubt", flat=True)) == ["", "repeated", "trap"]


def test_a_hall_of_residents_behind_one_address_all_answer(client, cast):
    survey = families(cast)
    cache.clear()
    # As the thirty-first of ten minutes would find it.
    request = type("Request", (), {"META": {"REMOTE_ADDR": "127.0.0.1"}, "headers": {}})()
    for _n in range(PER_ADDRESS):
        assert not answering.many_from(request)

    assert send(client, survey, Garde="Oui").status_code == 302
    assert survey.answers.get().doubt == "many"


@pytest.mark.parametrize("sealed", ["", "forgé", "survey:999"])
def test_a_page_without_its_seal_is_shown_again_with_its_answers(client, cast, sealed):
    survey = families(cast)
    sent = filled(survey, Garde="Oui", Une="Des bancs")
    sent["ticket"] = ticket(sealed) if ":" in sealed else sealed

    response = client.post(address(survey), sent)

    assert response.status_code == 422
    assert "Des bancs" in response.content.decode()
    assert not survey.answers.exists()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"state": "closed"}, "close"),
        ({"opens_on": in_days(3)}, "ouvre le"),
        ({"closes_on": in_days(-2)}, "close depuis"),
    ],
)
def test_a_survey_that_is_not_open_says_so_and_gives_back_what_was_written(client, cast, facts, said):
    survey = families(cast)
    Survey.objects.filter(pk=survey.pk).update(**facts)

    page = client.get(address(survey))
    sent = client.post(address(survey), filled(survey, Garde="Oui", Une="Mon idée", age=3 * 24 * 3600))

    assert page.status_code == 200 and said in page.content.decode()
    assert sent.status_code == 410 and "Mon idée" in sent.content.decode()
    assert not survey.answers.exists()


def test_a_survey_deleted_while_open_closes_its_page_and_keeps_its_answers(client, cast):
    survey = families(cast)
    send(client, survey, Garde="Oui")
    survey_operations.delete_survey(by=cast.city_officer, survey=survey)

    late = send(client, survey, Garde="Oui", Une="Trop tard")

    assert late.status_code == 410 and "Trop tard" in late.content.decode()
    assert client.get(address(survey)).status_code == 410
    survey_operations.restore_survey(by=cast.city_officer, survey=survey)
    assert client.get(address(survey)).status_code == 200
    assert survey.answers.count() == 1


def test_a_page_opened_before_midnight_is_answered_after_it(client, cast, monkeypatch):
    survey = families(cast)
    Survey.objects.filter(pk=survey.pk).update(closes_on=in_days(-1))
    # Opened a quarter of an hour ago, yesterday.
    monkeypatch.setattr(answering.Ticket, "issued_on", property(lambda self: in_days(-1)))

    assert send(client, survey, Garde="Oui", age=900).status_code == 302
    assert send(client, survey, Garde="Oui", age=3 * 3600).status_code == 410


def test_a_survey_closed_by_hand_does_not_say_a_day_to_come(client, cast):
    survey = families(cast, closes_on=in_days(9))
    survey_operations.set_state(by=cast.city_officer, survey=survey, state="closed")
    assert "est close." in client.get(address(survey)).content.decode()

    Survey.objects.filter(pk=survey.pk).update(closes_on=in_days(-1))
    assert "est close depuis le" in client.get(address(survey)).content.decode()


def test_a_seal_of_a_week_ago_is_no_longer_one(client, cast, monkeypatch):
    survey = families(cast)
    with monkeypatch.context() as patch:
        now = time.time()
        patch.setattr(time, "time", lambda: now - 8 * 24 * 3600)
        old = ticket(f"survey:{survey.pk}")

    response = client.post(address(survey), filled(survey, Garde="Oui") | {"ticket": old})

    assert response.status_code == 422 and "Cette page a vieilli" in response.content.decode()
    assert not survey.answers.exists()


def test_a_survey_in_preparation_does_not_exist_for_the_public(client, cast):
    assert client.get(address(families(cast, is_open=False))).status_code == 404


def contact_page(survey):
    return reverse("survey_contact", args=[survey.slug])


def with_prize(cast, **more):
    facts = {"contact_purpose": "Tirage au sort d’un jeu", "contact_kept_until": in_days(30)}
    return families(cast, **facts | more)


def leave(client, survey, **given):
    sent = {"ticket": ticket(f"contact:{survey.pk}"), "website": ""} | given
    return client.post(contact_page(survey), sent)


def test_contact_details_are_apart_from_answers_and_their_order_tells_nothing(client, cast):
    survey = with_prize(cast)
    for n in range(8):
        send(client, survey, Garde="Oui")
        leave(client, survey, name=f"P{n}", email=f"p{n}@example.org")

    contacts = list(ContactDetail.objects.all())
    assert len(contacts) == 8
    fields = {one.name for one in ContactDetail._meta.get_fields()}
    assert not fields & {"answer", "created_at", "at", "key"}
    by_number = [one.name for one in sorted(contacts, key=lambda one: one.pk)]
    # One time in 40 320, chance alone keeps the order.
    assert by_number != [f"P{n}" for n in range(8)]
    assert not AuditEntry.objects.filter(verb__startswith="contact.").exists()


def test_the_page_of_contact_details_says_what_for_who_and_until_when(client, cast):
    page = client.get(contact_page(with_prize(cast, house="caf"))).content.decode()

    assert "Tirage au sort d’un jeu" in page and "Les agents de la Caf" in page and "effacées le" in page


def test_without_an_address_nor_a_telephone_nothing_is_kept(client, cast):
    survey = with_prize(cast)

    assert leave(client, survey, name="Marie").status_code == 422
    assert leave(client, survey, phone="0692 00 00 00").status_code == 302
    assert leave(client, survey, phone="0692 00 00 00").status_code == 302
    assert survey.contact_details.count() == 1


def test_contact_details_are_not_left_by_the_hundred(client, cast):
    survey = with_prize(cast)
    cache.clear()

    answers = [leave(client, survey, email=f"p{n}@example.org").status_code for n in range(21)]

    assert set(answers[:20]) == {302} and answers[20] == 429
    assert survey.contact_details.count() == 20


def test_only_the_house_that_runs_the_survey_reads_its_contact_details(client, cast):
    survey = with_prize(cast, house="caf")
    leave(client, survey, name="Marie", email="marie@example.org")
    page = reverse("survey_contacts", args=["saint-denis", survey.pk])
    out = reverse("survey_contacts_export", args=["saint-denis", survey.pk])
    gone = reverse("survey_contacts_delete", args=["saint-denis", survey.pk])

    client.force_login(cast.city_officer)
    assert "marie@example.org" not in client.get(page).content.decode()
    assert "marie@example.org" not in client.post(out, follow=True).content.decode()
    client.post(gone, {"all": "1"})
    assert survey.contact_details.count() == 1

    client.force_login(cast.caf_adviser)
    assert "marie@example.org" in client.get(page).content.decode()
    assert "marie@example.org" in client.post(out).content.decode()
    client.post(gone, {"row": [survey.contact_details.get().pk]})
    assert not survey.contact_details.exists()
    kept = AuditEntry.objects.filter(verb__startswith="contact.")
    assert sorted(one.verb for one in kept) == ["contact.delete", "contact.export"]
    assert not any("marie" in f"{one.before_json}{one.after_json}" for one in kept)


def test_contact_details_are_erased_on_their_day_by_the_worker(client, cast):
    from ansanm.conventions.concertation import contact_jobs
    from ansanm.jobs.schedules import STANDING

    survey = with_prize(cast)
    leave(client, survey, email="marie@example.org")
    leave(client, survey, email="paul@example.org")
    ContactDetail.objects.filter(email="marie@example.org").update(delete_on=in_days(0))

    report = contact_jobs.delete(lambda *args: None)

    assert report == {"n_deleted": 1}
    assert [one.email for one in ContactDetail.objects.all()] == ["paul@example.org"]
    assert STANDING["concertation.contacts"] == (contact_jobs.KIND, "daily")
