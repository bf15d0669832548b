"""What people say is taken in whatever the way, read by somebody, kept or put aside with a reason."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.concertation import contribution_operations as operations
from ansanm.conventions.concertation import need_operations
from ansanm.conventions.concertation.forms import TypedForm
from ansanm.conventions.models import ConsultationPage, Contribution, SurveyAnswer
from tests.conventions.concertation.surveys import families, keys, sheets, ticket
from tests.conventions.concertation.written import need

pytestmark = pytest.mark.django_db


def opened(cast, **facts):
    defaults = {"takes_contributions": True, "published_at": timezone.now()} | facts
    ConsultationPage.objects.update_or_create(convention=cast.convention, defaults=defaults)
    return reverse("contribute_freely", args=[cast.convention.slug])


def said(cast, **more):
    subject = f"contribute:{cast.convention.pk}"
    return {"ticket": ticket(subject), "website": "", "text": "Pa ase bis 🚌", "author": "resident"} | more


def typed(cast, text="Des bancs", **more):
    facts = {"channel": "letter", "text": text, "key": text} | more
    return operations.add_contribution(by=cast.city_officer, convention=cast.convention, **facts)


def test_a_resident_writes_and_keeps_a_reference(client, cast):
    response = client.post(opened(cast), said(cast), follow=True)

    made = Contribution.objects.get()
    assert made.text == "Pa ase bis 🚌" and made.moderation == "to_read"
    assert made.reference in response.content.decode()
    assert len(made.reference) == 7 and not set(made.reference) & set("01IOL")
    assert not AuditEntry.objects.filter(verb__startswith="contribution").exists()


def test_a_contribution_sent_twice_has_one_reference(client, cast):
    page, sent = opened(cast), said(cast)

    assert client.post(page, sent).url == client.post(page, sent).url
    assert Contribution.objects.count() == 1


@pytest.mark.parametrize("facts", [{"takes_contributions": False}, {"published_at": None}])
def test_where_contributions_are_not_open_there_is_no_page(client, cast, facts):
    assert client.get(opened(cast, **facts)).status_code == 404


def test_a_resident_is_never_named_by_an_organisation(client, cast):
    client.post(opened(cast), said(cast, organisation="Famille Payet"))
    client.post(opened(cast), said(cast, text="Une salle", author="partner", organisation="Les Filaos"))

    assert sorted(Contribution.objects.values_list("organisation", flat=True)) == ["", "Les Filaos"]


def test_putting_aside_asks_why_and_is_in_the_history(client, cast):
    client.post(opened(cast), said(cast))
    made = Contribution.objects.get()
    client.force_login(cast.city_officer)
    page = reverse("contributions_moderate", args=["saint-denis"])

    client.post(page, {"row": [made.pk], "state": "hidden", "reason": " "})
    made.refresh_from_db()
    assert made.moderation == "to_read"
    client.post(page, {"row": [made.pk], "state": "hidden", "reason": "Publicité"})
    client.post(page, {"row": [made.pk], "state": "shown"})

    made.refresh_from_db()
    assert (made.moderation, made.moderation_reason) == ("shown", "")
    entries = AuditEntry.objects.filter(verb="contribution.moderate").order_by("position")
    assert [one.after["moderation"] for one in entries] == ["hidden", "shown"]
    # The trail outlives people: it names the reference, and quotes nothing.
    assert {one.target_label for one in entries} == {made.reference}
    shown = client.get(reverse("contribution", args=["saint-denis", made.pk])).content.decode()
    assert "Publicité" in shown


def test_what_nobody_read_yet_is_for_those_who_lead_the_concertation(client, cast):
    client.post(opened(cast), said(cast))
    made = Contribution.objects.get()
    client.force_login(cast.reader)

    listed = client.get(reverse("contributions", args=["saint-denis"])).content.decode()

    assert "Pa ase bis" not in listed
    assert client.get(reverse("contribution", args=["saint-denis", made.pk])).status_code == 404
    out = client.get(reverse("contributions_export", args=["saint-denis", "csv"])).content.decode()
    assert "Pa ase bis" not in out


def test_rows_of_another_convention_are_not_moderated(cast):
    theirs = operations.add_contribution(
        by=cast.neighbour, convention=cast.other_convention, key="x", channel="letter", text="Chez nous"
    )

    with pytest.raises(ValidationError, match="pas de cette convention"):
        operations.moderate(by=cast.city_officer, convention=cast.convention, rows=[theirs], state="shown")


def test_filters_are_in_the_address_and_the_export_keeps_them(client, cast):
    typed(cast, "Des bancs à l’ombre")
    typed(cast, "Une =SOMME(1) de bus", channel="spoken")
    client.force_login(cast.city_officer)
    query = {"q": "bancs", "channel": "letter"}

    page = client.get(reverse("contributions", args=["saint-denis"]), query).content.decode()
    out = client.get(reverse("contributions_export", args=["saint-denis", "csv"]), query).content.decode()

    assert "ombre" in page and "SOMME" not in page
    assert "ombre" in out and "SOMME" not in out


def test_a_free_answer_becomes_one_contribution_linked_both_ways(client, cast):
    survey = families(cast)
    sheets(survey, 1, Garde="Oui", Une="Plus de bus le dimanche")
    answer, question = survey.answers.get(), keys(survey)["Une"]
    client.force_login(cast.city_officer)
    page = reverse("answer_to_contribution", args=["saint-denis", survey.pk, answer.pk, question.pk])

    for _n in range(2):
        client.post(page)

    made = Contribution.objects.get()
    assert (made.text, made.moderation, made.answer) == ("Plus de bus le dimanche", "shown", answer)
    shown = client.get(reverse("survey_answers", args=["saint-denis", survey.pk])).content.decode()
    assert made.reference in shown
    shown = client.get(made.get_absolute_url()).content.decode()
    assert "Vivre ici en famille" in shown and "Une chose à changer" in shown


def test_many_sheets_are_read_at_once(client, cast):
    survey = families(cast)
    sheets(survey, 4, Garde="Oui", moderation="to_read")
    client.force_login(cast.city_officer)
    page = reverse("survey_answers_moderate", args=["saint-denis", survey.pk])
    rows = list(survey.answers.values_list("pk", flat=True))

    client.post(page, {"row": rows[:3], "state": "shown"})
    client.post(page, {"row": rows[3:], "state": "hidden", "reason": "Déjà dit"})

    assert SurveyAnswer.objects.counted().count() == 3


def test_the_notes_of_a_workshop_become_contributions_once(client, cast):
    client.force_login(cast.city_officer)
    workshop = operations.create_workshop(
        by=cast.city_officer,
        convention=cast.convention,
        title="Atelier Chaudron",
        notes="- Plus de bus 🚌\n- Une aire de jeux\n- Plus de bus 🚌",
        n_residents=14,
    )
    page = reverse("workshop_cut", args=["saint-denis", workshop.pk])
    key = operations.passage_key(workshop, "Une aire de jeux")
    sent = {"passage": [key], f"text_{key}": "Une aire de jeux à l’ombre", f"author_{key}": "partner"}

    assert client.get(page).content.decode().count('name="passage"') == 2
    for _n in range(2):
        client.post(page, sent)

    made = workshop.contributions.get()
    assert (made.text, made.channel, made.author) == ("Une aire de jeux à l’ombre", "workshop", "partner")
    assert made.reference in client.get(page).content.decode()
    stale = client.post(page, {"passage": ["autre"]})
    assert stale.status_code == 422 and "ont changé" in stale.content.decode()


def test_two_who_note_the_same_workshop_keep_both_notes(client, cast):
    workshop = operations.create_workshop(
        by=cast.city_officer, convention=cast.convention, title="Atelier", notes="Debut"
    )
    operations.update_workshop(by=cast.caf_adviser, workshop=workshop, version=1, notes="Les mots de la Caf")
    client.force_login(cast.city_officer)
    page = reverse("workshop_edit", args=["saint-denis", workshop.pk])

    response = client.post(page, {"title": "Atelier", "notes": "Les mots de la Ville", "version": 1})

    shown = response.content.decode()
    assert response.status_code == 409
    assert "Les mots de la Caf" in shown and "Les mots de la Ville" in shown


def test_the_words_of_the_public_are_not_rewritten(client, cast):
    client.post(opened(cast), said(cast))
    made = Contribution.objects.get()

    with pytest.raises(ValidationError, match="ne se réécrivent pas"):
        operations.update_contribution(
            by=cast.city_officer, contribution=made, version=1, themes=[], text="Mieux dit"
        )


def test_a_place_that_left_the_convention_stays_on_its_contribution(cast):
    place = cast.other_convention.territories.get()
    made = typed(cast, place=place)

    shown = str(TypedForm(convention=cast.convention, contribution=made)["place"])

    assert f'value="{place.pk}" selected' in shown and "Non précisé" in shown


def test_a_need_in_the_bin_ties_nothing(client, cast):
    made = typed(cast, "Des bancs à l’ombre")
    tied = need(cast, "S’asseoir dehors", contributions=[made])
    client.force_login(cast.city_officer)

    def page(link):
        return client.get(reverse("contributions", args=["saint-denis"]), {"link": link}).content.decode()

    assert "S’asseoir dehors" in page("linked") and "à l’ombre" not in page("free")
    need_operations.delete_need(by=cast.city_officer, need=tied)
    assert "à l’ombre" not in page("linked")
    free = page("free")
    assert "à l’ombre" in free and "S’asseoir dehors" not in free


def test_the_page_of_thanks_is_not_tried_by_the_hundred(client, cast):
    opened(cast)
    cache.clear()
    pages = [reverse("contribute_freely_thanks", args=["saint-denis", f"AAA-{n:03d}"]) for n in range(21)]

    assert [client.get(page).status_code for page in pages][-2:] == [404, 429]
