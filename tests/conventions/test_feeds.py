"""Calendar feeds: read back with a calendar library, for their owner's conventions and nobody else's."""

from datetime import date

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from ansanm.conventions.models import FeedAddress
from ansanm.conventions.operations import remove_role, set_role
from ansanm.conventions.plan import feeds, operations
from ansanm.conventions.plan.news import add_comment
from tests.cast import CANARY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limit_reached():
    cache.clear()


def act(cast, **more):
    return operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        **{"title": "Ludothèque; mobile, à l’Est", "ends": "2027-06-30"} | more,
    )


def url(token):
    return reverse("calendar_feed", args=[token])


def read(token, **more):
    return Client().get(url(token), **more)


def events(token) -> dict[str, object]:
    calendar = Calendar.from_ical(read(token).content)
    return {str(one["summary"]): one for one in calendar.walk("VEVENT")}


def test_the_end_of_an_action_is_a_whole_day_that_links_to_its_fiche(cast, settings):
    settings.SITE_URL = "https://ansanm.example.fr"
    action = act(cast)
    _feed, token = feeds.create_feed(by=cast.reader)
    (event,) = events(token).values()
    assert event["summary"] == "Fin\u00a0: Ludothèque; mobile, à l’Est"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2027, 6, 30), date(2027, 7, 1))
    assert event["url"] == f"https://ansanm.example.fr{action.get_absolute_url()}"
    assert event["uid"] == f"action-{action.pk}-end@ansanm.example.fr"
    action.refresh_from_db()
    assert event.decoded("last-modified") == action.updated_at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("ends", "day", "words"),
    [
        ("2026-S2", date(2026, 12, 31), "(second semestre 2026)"),
        ("2027", date(2027, 12, 31), "(2027)"),
        ("2028-02", date(2028, 2, 29), "(février 2028)"),
        ("~2026-T3", date(2026, 9, 30), "(vers le 3e trimestre 2026)"),
        ("<2026-12-03", date(2026, 12, 3), "(au plus tard le 3 décembre 2026)"),
        ("2025/2027", date(2027, 12, 31), "(de 2025 à 2027)"),
    ],
)
def test_a_vague_date_falls_on_the_last_possible_day_and_says_so(cast, ends, day, words):
    act(cast, title="Crèche", ends=ends)
    _feed, token = feeds.create_feed(by=cast.reader)
    (event,) = events(token).values()
    assert event.decoded("dtstart") == day
    assert str(event["summary"]).endswith(words)


def test_what_has_no_last_day_is_not_given_one(cast):
    act(cast, ends=">2026-S2", milestones=[{"title": "Sans date"}])
    _feed, token = feeds.create_feed(by=cast.reader)
    assert events(token) == {}


def test_milestones_are_there_and_say_when_they_are_reached(cast):
    act(
        cast,
        ends="",
        milestones=[
            {"title": "Ouverture", "due": "2026-09-01"},
            {"title": "Étude", "due": "2026-03", "done_on": "2026-02"},
        ],
    )
    _feed, token = feeds.create_feed(by=cast.reader)
    assert set(events(token)) == {"Jalon\u00a0: Ouverture", "Jalon atteint\u00a0: Étude (mars 2026)"}


def test_an_event_keeps_its_name_when_its_fiche_changes(cast):
    action = act(cast, milestones=[{"title": "Ouverture", "due": "2026-09-01"}])
    _feed, token = feeds.create_feed(by=cast.reader)
    before = {str(one["uid"]): int(one["sequence"]) for one in events(token).values()}
    rows = operations.fresh(action)["milestones"]
    operations.update_action(
        by=cast.city_officer,
        action=action,
        base_version=1,
        title="Autre nom",
        milestones=[rows[0] | {"due": "2026-10"}],
    )
    after = {str(one["uid"]): int(one["sequence"]) for one in events(token).values()}
    assert before.keys() == after.keys()
    assert all(after[uid] > before[uid] for uid in before)


def test_an_abandoned_action_is_cancelled_and_one_in_the_bin_is_gone(cast):
    act(cast, status="abandoned", status_reason="Faute de lieu")
    binned = act(cast, title="À la corbeille")
    operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[binned])
    _feed, token = feeds.create_feed(by=cast.reader)
    (event,) = events(token).values()
    assert event["status"] == "CANCELLED"


def test_nothing_of_people_and_nothing_said_of_the_action_leaves(cast):
    action = act(
        cast, context="Constat", pilot_user=cast.association.pk, elected_referent="Mme Hoarau", pilot=None
    )
    add_comment(by=cast.city_officer, action=action, text="Entre nous")
    _feed, token = feeds.create_feed(by=cast.reader)
    body = read(token).content.decode()
    for word in ("Payet", "@example.org", "Hoarau", "Constat", "Entre nous"):
        assert word not in body


def test_a_feed_shows_the_conventions_its_owner_has_today_and_no_other(cast):
    act(cast, title="Chez nous")
    operations.create_action(
        by=cast.neighbour, convention=cast.other_convention, title=f"Fiche {CANARY}", ends="2027"
    )
    _feed, token = feeds.create_feed(by=cast.reader)
    assert set(events(token)) == {"Fin\u00a0: Chez nous"}
    assert CANARY not in read(token).content.decode()
    set_role(by=cast.administrator, convention=cast.other_convention, user=cast.reader, role="reader")
    assert len(events(token)) == 2
    remove_role(by=cast.administrator, convention=cast.other_convention, user=cast.reader)
    assert set(events(token)) == {"Fin\u00a0: Chez nous"}


def test_a_feed_of_one_convention_shows_it_alone_and_ends_with_the_role(cast):
    act(cast, title="Chez nous")
    set_role(by=cast.administrator, convention=cast.other_convention, user=cast.reader, role="reader")
    operations.create_action(
        by=cast.neighbour, convention=cast.other_convention, title="Chez les autres", ends="2027"
    )
    _feed, token = feeds.create_feed(by=cast.reader, convention=cast.convention)
    assert set(events(token)) == {"Fin\u00a0: Chez nous"}
    remove_role(by=cast.administrator, convention=cast.convention, user=cast.reader)
    assert read(token).status_code == 404


def test_a_revoked_address_is_gone_and_an_unknown_one_not_found(cast):
    act(cast)
    feed, token = feeds.create_feed(by=cast.reader)
    feeds.revoke_feed(by=cast.reader, feed=feed)
    assert read(token).status_code == 410
    assert b"Ludo" not in read(token).content
    assert read("autre").status_code == 404


def test_a_closed_account_has_no_feed(cast):
    act(cast)
    _feed, token = feeds.create_feed(by=cast.reader)
    cast.reader.is_active = False
    cast.reader.save()
    assert read(token).status_code == 404


def test_only_the_hash_of_an_address_is_kept(cast):
    feed, token = feeds.create_feed(by=cast.reader)
    assert token not in str(FeedAddress.objects.values().get(pk=feed.pk))
    assert feed.token_sha256 == feeds.digest(token)


def test_what_did_not_change_is_not_sent_again(cast):
    action = act(cast)
    _feed, token = feeds.create_feed(by=cast.reader)
    first = read(token)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    again = read(token, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    operations.update_action(by=cast.city_officer, action=action, base_version=1, title="Autre")
    assert read(token, headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_a_feed_is_in_no_index_and_in_no_shared_cache(cast):
    act(cast)
    _feed, token = feeds.create_feed(by=cast.reader)
    headers = read(token).headers
    assert "noindex" in headers["X-Robots-Tag"]
    assert "private" in headers["Cache-Control"]


def test_who_asks_too_often_or_seeks_an_address_is_told_to_wait(cast):
    act(cast)
    _feed, token = feeds.create_feed(by=cast.reader)
    statuses = [read(token).status_code for _n in range(31)]
    assert statuses[:30] == [200] * 30 and statuses[30] == 429
    assert [read(f"x{n}").status_code for n in range(21)][-1] == 429


def test_reading_a_feed_is_a_few_queries_however_long_the_plan(cast, django_assert_max_num_queries):
    for n in range(20):
        act(cast, title=f"Action {n}", milestones=[{"title": "Ouverture", "due": "2026-09-01"}])
    _feed, token = feeds.create_feed(by=cast.reader)
    with django_assert_max_num_queries(6):
        assert len(Calendar.from_ical(read(token).content).walk("VEVENT")) == 40


def test_a_person_has_ten_addresses_at_most(cast):
    for _n in range(feeds.MOST_ADDRESSES):
        feed, _token = feeds.create_feed(by=cast.reader)
    with pytest.raises(ValidationError):
        feeds.create_feed(by=cast.reader)
    feeds.revoke_feed(by=cast.reader, feed=feed)
    feeds.create_feed(by=cast.reader)


def test_a_title_opens_no_line_of_its_own_in_the_calendar(cast):
    act(cast, title="Fin\r\nEND:VCALENDAR\r\nX-EVIL:1", ends="2027-06-30")
    _feed, token = feeds.create_feed(by=cast.reader)
    lines = read(token).content.decode().splitlines()
    assert lines.count("END:VCALENDAR") == 1
    assert not any(line.startswith("X-EVIL") for line in lines)


def test_a_feed_is_in_the_language_of_its_owner(cast):
    act(cast, title="Ludothèque", ends="2026-S2")
    cast.reader.language = "en"
    cast.reader.save()
    _feed, token = feeds.create_feed(by=cast.reader)
    (summary,) = events(token)
    assert summary == "End: Ludothèque (second half 2026)"
