"""« Mon suivi », the button that follows, the « stop » page, and one's own comments."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from ansanm.conventions.models import Comment, FeedAddress, MailPreference, Notice
from ansanm.conventions.plan import feeds, follows, operations, preferences
from ansanm.conventions.plan.news import add_comment
from tests.cast import CANARY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limit_reached():
    cache.clear()


@pytest.fixture
def action(cast):
    return operations.create_action(by=cast.city_officer, convention=cast.convention, title="Ludothèque")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user) -> str:
    return as_(user).get(reverse("follow_up")).content.decode()


def past_grace():
    Notice.objects.update(due_at=timezone.now() - timedelta(minutes=1))


def test_a_convention_cannot_take_the_address_of_the_page(cast):
    from ansanm.conventions.operations import create_convention

    made = create_convention(by=cast.administrator, name="Suivi", territories=[], parties=[])
    assert made.slug != "suivi"


def test_a_reader_follows_a_fiche_and_stops(cast, action):
    client = as_(cast.reader)
    address = reverse("action_follow", args=[cast.convention.slug, action.pk])
    client.post(address, {"follow": "1"})
    assert "Suivie" in client.get(action.get_absolute_url()).content.decode()
    assert "Ludothèque" in page(cast.reader)
    response = client.post(address, {"follow": "0", "next": reverse("follow_up")})
    assert response.url == reverse("follow_up")
    assert not action.follows.filter(user=cast.reader).exists()


def test_the_way_back_never_leads_to_another_site(cast, action):
    address = reverse("action_follow", args=[cast.convention.slug, action.pk])
    for away in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert as_(cast.reader).post(address, {"follow": "1", "next": away}).url == action.get_absolute_url()


def test_the_page_shows_what_moved_and_marks_what_it_showed_as_read(cast, action):
    follows.follow(by=cast.reader, action=action)
    add_comment(by=cast.city_officer, action=action, text="Quel budget ?")
    assert "Quel budget" not in page(cast.reader)
    past_grace()
    shown = page(cast.reader)
    assert "1 nouvelle non lue" in shown and "Quel budget" in shown
    until = timezone.now()
    add_comment(by=cast.city_officer, action=action, text="Arrivé depuis")
    Notice.objects.filter(comment__text="Arrivé depuis").update(due_at=until + timedelta(microseconds=1))
    as_(cast.reader).post(reverse("notices_read"), {"until": until.isoformat()})
    shown = page(cast.reader)
    assert "Quel budget" not in shown and "Arrivé depuis" in shown


@pytest.mark.parametrize("until", ["", "hier", "2026-10-05T07:00:00", "9999-12-31T23:59:59+00:00"])
def test_a_forged_date_marks_nothing_that_is_to_come(cast, action, until):
    follows.follow(by=cast.reader, action=action)
    add_comment(by=cast.city_officer, action=action, text="Bonjour")
    response = as_(cast.reader).post(reverse("notices_read"), {"until": until})
    assert response.status_code == 302
    assert not Notice.objects.filter(read_at__isnull=False).exists()


def test_one_reads_ones_own_notices_alone_and_nothing_of_the_other_convention(cast, action):
    other = operations.create_action(
        by=cast.neighbour, convention=cast.other_convention, title=f"Fiche {CANARY}"
    )
    follows.follow(by=cast.reader, action=other)
    add_comment(by=cast.neighbour, action=other, text=CANARY)
    Notice.objects.create(
        user=cast.reader, convention=cast.other_convention, action=other, kind="comment",
        comment=Comment.objects.get(), by=cast.neighbour, at=timezone.now(), due_at=timezone.now(),
    )  # fmt: skip
    assert CANARY not in page(cast.reader)
    assert "Ludothèque" not in page(cast.stranger)


def test_a_feed_is_shown_once_and_revoked_by_its_owner_alone(cast, action):
    client = as_(cast.reader)
    shown = client.post(reverse("feed_create"), {"convention": "saint-denis"}).content.decode()
    feed = FeedAddress.objects.get()
    address = shown.split('id="address" value="')[1].split('"')[0]
    assert Client().get(address.removeprefix("http://localhost:8000")).status_code == 200
    assert address not in page(cast.reader)
    assert as_(cast.city_officer).post(reverse("feed_revoke", args=[feed.pk])).status_code == 404
    client.post(reverse("feed_revoke", args=[feed.pk]))
    assert Client().get(address.removeprefix("http://localhost:8000")).status_code == 410


def test_no_feed_of_a_convention_one_is_not_in(cast):
    response = as_(cast.reader).post(reverse("feed_create"), {"convention": "sainte-marie"})
    assert response.status_code == 404
    assert not FeedAddress.objects.exists()


def test_the_address_of_a_feed_does_not_come_from_the_host_of_the_request(cast, settings):
    settings.ALLOWED_HOSTS = ["*"]
    shown = as_(cast.reader).post(reverse("feed_create"), headers={"host": "evil.example"})
    assert 'value="http://localhost:8000/calendrier/' in shown.content.decode()


def test_the_rhythm_is_chosen_on_the_page(cast):
    client = as_(cast.reader)
    client.post(reverse("mail_rhythm"), {"rhythm": "daily"})
    assert MailPreference.objects.get().rhythm == "daily"
    client.post(reverse("mail_rhythm"), {"rhythm": "hourly"})
    assert MailPreference.objects.get().rhythm == "daily"


def stop(user) -> str:
    return reverse("mail_stop", args=[preferences.preference_of(user).token])


def test_opening_the_stop_page_changes_nothing_and_sets_no_cookie(cast):
    address = stop(cast.reader)
    for _n in range(2):
        response = Client().get(address)
    assert response.status_code == 200 and not response.cookies
    assert "Ne plus rien m’envoyer" in response.content.decode()
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert MailPreference.objects.get().rhythm == "weekly"


def test_one_click_of_a_mail_programme_stops_with_no_page_before(cast):
    """RFC 8058: a bare POST, no cookie, no token of a form."""
    programme = Client(enforce_csrf_checks=True)
    response = programme.post(stop(cast.reader), {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert MailPreference.objects.get().rhythm == "never"


def test_the_stop_page_sets_another_rhythm_too(cast):
    Client().post(stop(cast.reader), {"rhythm": "daily"})
    assert MailPreference.objects.get().rhythm == "daily"


def test_the_address_stops_the_mails_of_its_owner_whoever_is_signed_in(cast):
    preferences.preference_of(cast.city_officer)
    as_(cast.city_officer).post(stop(cast.reader))
    assert MailPreference.objects.get(user=cast.reader).rhythm == "never"
    assert MailPreference.objects.get(user=cast.city_officer).rhythm == "weekly"


def test_a_new_address_closes_the_old_ones(cast):
    old = stop(cast.reader)
    as_(cast.reader).post(reverse("mail_renew"))
    assert Client().post(old).status_code == 404
    assert MailPreference.objects.get().rhythm == "weekly"
    assert Client().post(stop(cast.reader)).status_code == 200


def test_an_unknown_stop_address_says_what_to_do_and_names_nobody(cast):
    response = Client().get(reverse("mail_stop", args=["x" * 43]))
    assert response.status_code == 404
    assert "dernier courriel reçu" in response.content.decode()


def test_who_tries_many_stop_addresses_is_told_to_wait(cast):
    assert [Client().get(reverse("mail_stop", args=[f"x{n}"])).status_code for n in range(61)][-1] == 429


def test_a_comment_is_named_corrected_and_taken_back_through_its_pages(cast, action):
    client = as_(cast.association)
    client.post(
        reverse("action_comment", args=[cast.convention.slug, action.pk]),
        {"comment-text": "Voir https://www.saint-denis.re <b>ici</b>", "comment-cited": [cast.reader.pk]},
    )
    comment = Comment.objects.get()
    shown = client.get(action.get_absolute_url()).content.decode()
    assert '<a href="https://www.saint-denis.re" rel="nofollow">' in shown
    assert "&lt;b&gt;" in shown and "<b>ici" not in shown
    assert "Reader Payet" in shown
    edit = reverse("comment_edit", args=[cast.convention.slug, comment.pk])
    assert "saint-denis.re" in client.get(edit).content.decode()
    client.post(edit, {"comment-text": "Corrigé"})
    comment.refresh_from_db()
    assert comment.text == "Corrigé" and not comment.mentions.exists()
    as_(cast.city_officer).post(edit, {"comment-text": "Par un autre"})
    as_(cast.city_officer).post(reverse("comment_remove", args=[cast.convention.slug, comment.pk]))
    comment.refresh_from_db()
    assert comment.text == "Corrigé"
    client.post(reverse("comment_remove", args=[cast.convention.slug, comment.pk]))
    shown = client.get(action.get_absolute_url()).content.decode()
    assert "Commentaire retiré" in shown and "Corrigé" not in shown


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://x.fr/\"onmouseover='alert(1)'", "<script>"])
def test_no_link_of_a_comment_runs_anything(cast, action, text):
    add_comment(by=cast.association, action=action, text=text)
    shown = as_(cast.reader).get(action.get_absolute_url()).content.decode()
    discussion = shown.split('id="discussion"')[1].split("</section>")[0]
    assert 'href="javascript' not in discussion and "<script>" not in discussion
    assert "\"onmouseover='" not in discussion


def test_a_private_note_of_the_other_house_is_not_found(cast, action):
    note = add_comment(by=cast.city_officer, action=action, text="Entre nous", private=True)
    for name in ("comment_edit", "comment_remove"):
        address = reverse(name, args=[cast.convention.slug, note.pk])
        assert as_(cast.caf_adviser).post(address).status_code == 404
    assert (
        as_(cast.caf_adviser).get(reverse("comment_edit", args=["saint-denis", note.pk])).status_code == 404
    )


def test_people_who_may_be_named_are_the_members_and_no_other(cast, action):
    shown = as_(cast.city_officer).get(action.get_absolute_url()).content.decode()
    assert 'data-name="Reader Payet"' in shown
    for absent in ("Neighbour", "Stranger", "Administrator", "City officer"):
        assert f'data-name="{absent} Payet"' not in shown


def test_naming_by_hand_somebody_who_is_no_member_is_refused(cast, action):
    response = as_(cast.city_officer).post(
        reverse("action_comment", args=[cast.convention.slug, action.pk]),
        {"comment-text": "Bonjour", "comment-cited": [cast.neighbour.pk]},
    )
    assert response.status_code == 422
    assert not Comment.objects.exists()


def test_the_calendar_of_the_page_is_read_by_a_calendar_programme(cast):
    operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Ludothèque", ends="2027-06"
    )
    _feed, token = feeds.create_feed(by=cast.reader)
    body = Client().get(reverse("calendar_feed", args=[token])).content
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 1


def test_the_page_asks_as_many_queries_for_one_news_as_for_twenty(
    cast, action, django_assert_max_num_queries
):
    client = as_(cast.reader)
    for n in range(20):
        one = operations.create_action(by=cast.city_officer, convention=cast.convention, title=f"Action {n}")
        follows.follow(by=cast.reader, action=one)
        add_comment(by=cast.city_officer, action=one, text="Bonjour")
    past_grace()
    with django_assert_max_num_queries(16):
        assert "20 nouvelles" in client.get(reverse("follow_up")).content.decode()


def test_the_desk_counts_what_is_not_read_in_one_query(cast, action, django_assert_num_queries):
    from ansanm.conventions.plan import notices

    follows.follow(by=cast.reader, action=action)
    add_comment(by=cast.city_officer, action=action, text="Bonjour")
    past_grace()
    assert "1 nouvelle non lue" in as_(cast.reader).get(reverse("home")).content.decode()
    with django_assert_num_queries(1):
        assert notices.to_read(cast.reader).count() == 1
