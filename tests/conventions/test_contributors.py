"""Somebody without account updates one fiche by a personal link, and nothing else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import ContributorLink
from ansanm.conventions.plan import contributors, operations
from tests.cast import CANARY
from tests.examples import of_fiche

pytestmark = pytest.mark.usefixtures("own_observations")


@pytest.fixture
def action(cast):
    return cast.convention.actions.get(pk=of_fiche(cast)["pk"])


@pytest.fixture
def given(cast, action):
    """(the link, its address) as the officer's page shows it."""
    client = Client()
    client.force_login(cast.city_officer)
    response = client.post(
        reverse("contributors", args=["saint-denis", action.pk]), {"name": "Les Filaos", "days": "30"}
    )
    return ContributorLink.objects.get(), response.context["address"]


def path(address) -> str:
    return address.removeprefix("http://testserver")


def test_the_address_is_shown_once_and_only_its_hash_is_kept(cast, action, given):
    link, address = given
    token = path(address).split("/")[2]

    assert len(token) >= 43
    assert token not in str(vars(link))
    assert link.token_sha256 == contributors.digest(token)
    assert link.expires_at.date() == (timezone.now() + timedelta(days=30)).date()
    client = Client()
    client.force_login(cast.city_officer)
    page = client.get(reverse("contributors", args=["saint-denis", action.pk])).content.decode()
    assert "Les Filaos" in page
    assert token not in page
    assert not AuditEntry.objects.filter(after_json__contains=token).exists()


def test_two_minutes_on_a_phone_update_the_fiche_under_their_name(cast, action, given):
    _link, address = given
    client = Client()
    page = client.get(path(address))
    assert page.status_code == 200
    assert "Camion acheté" in page.content.decode()
    key = action.milestones.first().key
    indicator = action.indicators.get()

    response = client.post(
        path(address),
        {
            "text": "Douze familles au Moufia",
            "help_needed": "Il manque un chauffeur",
            "reached": [key],
            f"measure-{indicator.key}": "12,5",
        },
    )

    assert "C’est envoyé" in response.content.decode()
    note = action.progress_notes.get(by_name="Les Filaos")
    assert (
        note.text == "Douze familles au Moufia\n\nDifficulté ou aide attendue\u00a0: Il manque un chauffeur"
    )
    assert action.milestones.first().done_on == timezone.localdate().isoformat()
    measure = indicator.measures.get(by_name="Les Filaos")
    assert float(measure.value) == 12.5
    revision = action.revisions.first()
    assert (revision.by, revision.by_name, revision.origin) == (None, "Les Filaos", "contributor")
    reader = Client()
    reader.force_login(cast.elected_official)
    assert "Les Filaos" in reader.get(action.get_absolute_url()).content.decode()
    journal = reader.get(reverse("convention_journal", args=["saint-denis"])).content.decode()
    assert "a contribué à la fiche" in journal
    assert "Les Filaos" not in journal


def test_an_empty_message_is_asked_for_a_word_and_a_wrong_number_stays(given):
    _link, address = given

    empty = Client().post(path(address), {})
    assert empty.status_code == 422
    assert "répondez à une question au moins" in empty.content.decode()


def test_what_is_not_on_this_fiche_cannot_be_written(cast, action, given):
    _link, address = given
    other = operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Épicerie",
        milestones=[{"title": "Ouverture", "due": "", "done_on": ""}],
        indicators=[{"label": "Familles", "targets": []}],
    )

    response = Client().post(
        path(address),
        {
            "text": "Bonjour",
            "reached": [other.milestones.get().key],
            f"measure-{other.indicators.get().key}": "3",
            "title": "Autre titre",
            "status": "done",
        },
    )

    assert response.status_code == 422
    Client().post(path(address), {"text": "Bonjour", "title": "Autre titre", "status": "done"})
    assert (other.version, other.progress_notes.count()) == (1, 0)
    action.refresh_from_db()
    assert (action.title, action.status) == ("Ludothèque mobile", "planned")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "Il valait jusqu’au"),
        ({"revoked_at": timezone.now()}, "l’a refermé"),
    ],
)
def test_a_link_that_ended_says_so_and_writes_nothing(action, given, method, change, words):
    link, address = given
    ContributorLink.objects.filter(pk=link.pk).update(**change)

    response = getattr(Client(), method)(path(address), {"text": "Bonjour"})

    assert response.status_code == 410
    assert words in response.content.decode()
    assert "Ludothèque" not in response.content.decode()
    assert not action.progress_notes.filter(by_name="Les Filaos").exists()


def test_a_link_revoked_while_they_wrote_is_refused_at_the_last_moment(action, given):
    link, _address = given
    ContributorLink.objects.filter(pk=link.pk).update(revoked_at=timezone.now())

    with pytest.raises(contributors.LinkEnded):
        contributors.contribute(link=link, text="Bonjour")


def test_the_fiche_in_the_bin_closes_its_links(cast, action, given):
    operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[action])

    assert Client().get(path(given[1])).status_code == 410


def test_an_address_cut_by_a_mailer_says_what_to_do(given):
    response = Client().get(path(given[1])[:-3] + "/")

    assert response.status_code == 404
    assert "Vérifiez que l’adresse est entière" in response.content.decode()


def test_a_member_revokes_and_the_neighbour_cannot(cast, action, given):
    link, address = given
    url = reverse("contributor_revoke", args=["saint-denis", action.pk, link.pk])
    neighbour, officer = Client(), Client()
    neighbour.force_login(cast.neighbour)
    officer.force_login(cast.caf_adviser)

    assert neighbour.post(url).status_code == 404
    assert Client().get(path(address)).status_code == 200
    officer.post(url)
    assert Client().get(path(address)).status_code == 410


def test_the_page_is_kept_out_of_indexes_and_its_key_out_of_other_sites(given):
    response = Client().get(path(given[1]))

    assert "noindex" in response.headers["X-Robots-Tag"]
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]
    assert CANARY not in response.content.decode()


def test_who_tries_too_often_waits(given):
    client = Client()
    statuses = [client.get("/contribuer/au-hasard/").status_code for _try in range(61)]

    assert statuses == [404] * 60 + [429]
    refused = client.get(path(given[1]))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")


def test_a_script_does_not_fill_a_fiche(action, given):
    client = Client()
    statuses = [client.post(path(given[1]), {"text": f"{n}"}).status_code for n in range(21)]

    assert statuses == [200] * 20 + [429]
    assert action.progress_notes.filter(by_name="Les Filaos").count() == 20


def test_the_link_leaves_by_mail_where_there_is_an_address(cast, action):
    from ansanm.jobs.models import OutgoingMail

    _link, address = contributors.create_link(
        by=cast.city_officer,
        action=action,
        name="Les Filaos",
        email="filaos@example.org",
        absolute=lambda path: f"https://ctg.example{path}",
    )

    message = OutgoingMail.objects.get(to="filaos@example.org")
    assert address in message.text
    assert "Ludothèque mobile" in message.subject
