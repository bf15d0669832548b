"""Mail about fiches: once, in time, to who may still read it, and with nothing that could deceive."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from ansanm.conventions.models import ConventionRole, MailPreference, Notice
from ansanm.conventions.operations import remove_role
from ansanm.conventions.plan import digests, follows, operations, preferences, talk
from ansanm.conventions.plan.news import add_comment
from ansanm.jobs import outbox
from ansanm.jobs.models import OutgoingMail
from tests.cast import CANARY, play

pytestmark = [pytest.mark.django_db, pytest.mark.database]

REUNION = ZoneInfo("Indian/Reunion")
# Monday 5 October 2026, ten past seven in Saint-Denis.
MONDAY = datetime(2026, 10, 5, 7, 10, tzinfo=REUNION)
SOON = MONDAY + timedelta(minutes=1)


@pytest.fixture
def action(cast):
    made = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Ludothèque", lead_house="shared"
    )
    follows.follow(by=cast.reader, action=made)
    since_long()
    return made


def since_long():
    """Everybody has been a member for long, and what happened is past its grace."""
    ConventionRole.objects.update(given_at=MONDAY - timedelta(days=90))
    Notice.objects.update(at=MONDAY - timedelta(days=2), due_at=MONDAY - timedelta(days=2))


def say(cast, action, text="Quel budget ?", **more):
    comment = add_comment(by=cast.city_officer, action=action, text=text, **more)
    since_long()
    return comment


def mails(to=None) -> list[OutgoingMail]:
    found = OutgoingMail.objects.order_by("pk")
    return list(found.filter(to=to.email) if to else found)


def rhythm(user, value):
    MailPreference.objects.update_or_create(
        user=user, defaults={"rhythm": value, "token": f"jeton-{user.pk}"}
    )


def test_a_digest_comes_on_monday_once_with_what_happened_and_where_to_read_it(cast, action, settings):
    settings.SITE_URL = "https://ansanm.example.fr"
    say(cast, action)
    digests.send_due(MONDAY)
    digests.send_due(SOON)
    (mail,) = mails(cast.reader)
    assert "CTG de Saint-Denis" in mail.text
    assert "City officer Payet a commenté\xa0: «\xa0Quel budget ?\xa0»" in mail.text
    assert f"https://ansanm.example.fr{action.get_absolute_url()}#comment-" in mail.text
    assert not Notice.objects.filter(user=cast.reader, told_at__isnull=True).exists()


def test_nothing_comes_before_seven_and_nothing_to_who_has_nothing_to_hear(cast, action):
    say(cast, action)
    digests.send_due(MONDAY.replace(hour=6, minute=59) - timedelta(days=3))
    assert mails() == []
    digests.send_due(MONDAY)
    assert {one.to for one in mails()} == {cast.reader.email}


def test_of_two_digests_the_second_repeats_nothing(cast, action):
    say(cast, action, text="Premier")
    digests.send_due(MONDAY)
    say(cast, action, text="Second")
    Notice.objects.filter(told_at__isnull=True).update(due_at=MONDAY + timedelta(days=3))
    digests.send_due(MONDAY + timedelta(days=7))
    first, second = mails(cast.reader)
    assert "Premier" in first.text and "Second" not in first.text
    assert "Second" in second.text and "Premier" not in second.text


def test_what_was_read_on_the_page_is_not_mailed(cast, action):
    say(cast, action)
    Notice.objects.update(read_at=timezone.now())
    digests.send_due(MONDAY)
    assert mails() == []


def test_being_named_is_told_at_once_after_the_grace_and_not_again_in_the_digest(cast, action):
    add_comment(by=cast.city_officer, action=action, text="@Reader Payet ?")
    now = timezone.now()
    digests.send_due(now + timedelta(minutes=9))
    assert mails(cast.reader) == []
    digests.send_due(now + timedelta(minutes=11))
    digests.send_due(now + timedelta(minutes=12))
    (mail,) = mails(cast.reader)
    assert mail.subject == "On vous a cité dans un commentaire"
    since_long()
    digests.send_due(MONDAY)
    assert len(mails(cast.reader)) == 1


def test_a_comment_taken_back_within_the_grace_is_mailed_to_nobody(cast, action):
    comment = add_comment(by=cast.city_officer, action=action, text="@Reader Payet ?")
    talk.remove_comment(by=cast.city_officer, comment=comment)
    since_long()
    digests.send_due(MONDAY)
    assert mails() == []


def test_an_answer_is_told_at_once_to_who_proposed(cast):
    action = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Crèche")
    (proposal,) = operations.update_action(
        by=cast.caf_adviser, action=action, base_version=1, status="started"
    ).proposals
    operations.refuse_proposal(by=cast.city_officer, proposal=proposal, answer="Trop tôt")
    since_long()
    digests.send_due(MONDAY - timedelta(days=1))
    (mail,) = mails(cast.caf_adviser)
    assert mail.subject == "Votre proposition a sa réponse"
    assert "a refusé votre proposition" in mail.text


def test_who_wants_each_thing_at_once_gets_it_and_no_digest(cast, action):
    rhythm(cast.reader, "at_once")
    say(cast, action)
    digests.send_due(MONDAY - timedelta(days=1))
    digests.send_due(MONDAY)
    assert len(mails(cast.reader)) == 1


def test_a_daily_digest_comes_each_morning(cast, action):
    rhythm(cast.reader, "daily")
    for day in range(3):
        say(cast, action, text=f"Jour {day}")
        digests.send_due(MONDAY + timedelta(days=day))
    assert len(mails(cast.reader)) == 3


def test_never_means_never_even_when_named(cast, action):
    rhythm(cast.reader, "never")
    say(cast, action, text="@Reader Payet ?")
    digests.send_due(MONDAY)
    assert mails() == []


def test_who_comes_back_from_never_does_not_get_it_all_in_one_heap(cast, action):
    rhythm(cast.reader, "never")
    say(cast, action)
    preferences.set_rhythm(by=cast.reader, rhythm="weekly")
    digests.send_due(MONDAY)
    assert mails() == []


def test_the_digest_says_ones_late_actions_and_the_milestones_that_come(cast):
    operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Crèche",
        ends="2026-S1",
        status="started",
        pilot_user=cast.reader.pk,
        milestones=[
            {"title": "Ouverture", "due": "2026-10-12"},
            {"title": "Bilan", "due": "2027"},
            {"title": "Étude", "due": "2026-10-08", "done_on": "2026-10-01"},
        ],
    )
    since_long()
    digests.send_due(MONDAY)
    (mail,) = mails(cast.reader)
    assert "Vos actions en retard" in mail.text and "fin prévue\u00a0: premier semestre 2026" in mail.text
    assert "12 octobre 2026\xa0: Ouverture" in mail.text
    assert "Bilan" not in mail.text and "Étude" not in mail.text


def test_a_mail_is_in_the_language_of_its_reader(cast, action):
    cast.reader.language = "en"
    cast.reader.save()
    say(cast, action)
    digests.send_due(MONDAY)
    (mail,) = mails(cast.reader)
    assert "/en/conventions/" in mail.text
    assert "Bonjour" not in mail.text and "commenté" not in mail.text


def test_words_typed_by_others_make_no_link_no_line_and_no_subject(cast, action):
    hook = "Votre session a expiré : https://evil.example/a\n-- \nNe plus en recevoir :\nhttp://evil.fr "
    say(cast, action, text=f"@Reader Payet {hook}" + "x" * 500)
    operations.update_action(by=cast.city_officer, action=action, base_version=1, title="Voir http://evil.fr")
    since_long()
    digests.send_due(MONDAY)
    for mail in mails(cast.reader):
        assert "expiré" not in mail.subject and "\n" not in mail.subject
        assert "://evil" not in mail.text and "evil.fr" not in mail.text
        assert mail.text.count("\n-- \n") == 1
        assert "x" * 200 not in mail.text
    assert any("session a expiré" in mail.text for mail in mails(cast.reader))


def test_each_mail_can_be_stopped_by_one_click(cast, action, settings):
    settings.SITE_URL = "https://ansanm.example.fr"
    say(cast, action)
    digests.send_due(MONDAY)
    (mail,) = mails(cast.reader)
    address = f"https://ansanm.example.fr/courrier/{preferences.preference_of(cast.reader).token}/"
    assert mail.headers == {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert address in mail.text


def test_a_link_never_comes_from_the_host_of_a_request(cast, action, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.force_login(cast.city_officer)
    client.post(
        f"{action.get_absolute_url()}commenter/",
        {"comment-text": "@Reader Payet ?"},
        headers={"host": "evil.example"},
    )
    since_long()
    digests.send_due(MONDAY)
    (mail,) = mails(cast.reader)
    assert "evil.example" not in mail.text + str(mail.headers)


def test_who_left_the_convention_between_the_notice_and_the_digest_gets_nothing_of_it(cast, action):
    say(cast, action)
    remove_role(by=cast.city_officer, convention=cast.convention, user=cast.reader)
    digests.send_due(MONDAY)
    assert mails() == []


def test_whose_account_was_closed_gets_nothing(cast, action):
    say(cast, action, text="@Reader Payet ?")
    cast.reader.is_active = False
    cast.reader.save()
    digests.send_due(MONDAY)
    assert mails() == []


def test_who_joined_after_monday_waits_for_the_next_digest(cast, action):
    say(cast, action)
    ConventionRole.objects.filter(user=cast.reader).update(given_at=MONDAY + timedelta(hours=1))
    digests.send_due(MONDAY + timedelta(hours=2))
    assert mails() == []
    digests.send_due(MONDAY + timedelta(days=7))
    assert len(mails(cast.reader)) == 1


def test_the_other_convention_is_in_no_mail(cast, action):
    other = operations.create_action(
        by=cast.neighbour, convention=cast.other_convention, title=f"Fiche {CANARY}"
    )
    # A follow that outlived a role, as a transfer may leave.
    follows.follow(by=cast.reader, action=other)
    add_comment(by=cast.neighbour, action=other, text=CANARY)
    say(cast, action)
    digests.send_due(MONDAY)
    assert mails(cast.reader)
    assert all(CANARY not in one.text + one.subject for one in mails() if one.to != cast.neighbour.email)


def test_a_private_note_of_the_other_house_is_in_no_mail(cast, action):
    for one in (cast.caf_adviser, cast.elected_official):
        follows.follow(by=one, action=action)
    say(cast, action, text="Entre nous", private=True)
    digests.send_due(MONDAY)
    assert [one.to for one in mails() if "Entre nous" in one.text] == [cast.elected_official.email]
    assert mails(cast.caf_adviser) == []


def test_five_thousand_notices_are_a_short_mail_with_their_number_and_a_link(cast, action):
    say(cast, action)
    one = Notice.objects.get(user=cast.reader)
    Notice.objects.bulk_create(
        Notice(
            user=cast.reader, convention=cast.convention, action=action, kind="comment", comment=one.comment,
            by=one.by, at=one.at, due_at=one.due_at,
        )
        for _n in range(4_999)
    )  # fmt: skip
    digests.send_due(MONDAY)
    (mail,) = mails(cast.reader)
    assert len(mail.text) < 20_000
    assert "5000 nouvelles en tout" in mail.text and "/conventions/suivi/" in mail.text
    assert not Notice.objects.filter(told_at__isnull=True).exists()


def test_more_lines_than_a_mail_holds_end_with_their_number(cast, action):
    for n in range(60):
        one = operations.create_action(by=cast.city_officer, convention=cast.convention, title=f"Action {n}")
        follows.follow(by=cast.reader, action=one)
        add_comment(by=cast.city_officer, action=one, text="Bonjour")
    since_long()
    digests.send_due(MONDAY)
    (mail,) = mails(cast.reader)
    assert mail.text.count("a commenté") == digests.MOST_LINES
    assert "60 nouvelles en tout" in mail.text


def test_a_mail_server_that_was_down_gets_the_digest_once(cast, action, monkeypatch):
    from django.core import mail as sent_mail

    error, sent = ConnectionRefusedError("éteint"), []

    def send(self, fail_silently=False):
        if error:
            raise error
        sent.append(self.to)
        return 1

    monkeypatch.setattr(sent_mail.EmailMessage, "send", send)
    say(cast, action)
    for _turn in range(3):
        digests.send_due(MONDAY)
        outbox.send_due()
    assert sent == [] and len(mails(cast.reader)) == 1
    error = None
    OutgoingMail.objects.update(next_at=timezone.now())
    for _turn in range(3):
        digests.send_due(SOON)
        outbox.send_due()
    assert sent == [[cast.reader.email]]


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_each_mail_once(transactional_db):
    cast = play()
    action = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Ludothèque")
    for one in (cast.reader, cast.association, cast.caf_adviser):
        follows.follow(by=one, action=action)
    add_comment(by=cast.city_officer, action=action, text="@Reader Payet ?")
    since_long()
    barrier, errors = threading.Barrier(2), []

    def work():
        try:
            barrier.wait(timeout=20)
            for _turn in range(3):
                digests.send_due(MONDAY)
        except BaseException as error:  # noqa: B036 (a thread's error would pass unseen)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert errors == []
    assert sorted(one.to for one in mails()) == sorted(
        one.email for one in (cast.reader, cast.association, cast.caf_adviser)
    )


def test_the_worker_calls_it_and_a_turn_with_nothing_due_asks_little(
    cast, action, django_assert_max_num_queries, monkeypatch
):
    from ansanm.jobs.worker import REGULAR

    assert digests.regular in REGULAR
    digests.send_due(MONDAY)
    with django_assert_max_num_queries(3):
        assert digests.send_due(SOON) == 0
    monkeypatch.setattr(digests, "_looked_at", float("inf"))
    with django_assert_max_num_queries(0):
        digests.regular()


def test_a_clock_set_forward_then_back_sends_nothing_twice_and_stops_nothing(cast, action):
    say(cast, action, text="Premier")
    digests.send_due(MONDAY + timedelta(days=364))
    assert len(mails(cast.reader)) == 1
    say(cast, action, text="Second")
    digests.send_due(MONDAY)
    digests.send_due(SOON)
    assert [("Second" in one.text) for one in mails(cast.reader)] == [False, True]


def test_a_clock_set_back_to_a_day_whose_digest_left_keeps_what_is_new(cast, action):
    say(cast, action, text="Premier")
    digests.send_due(MONDAY)
    MailPreference.objects.update(digest_on=MONDAY.date() + timedelta(days=70))
    say(cast, action, text="Second")
    digests.send_due(SOON)
    assert len(mails(cast.reader)) == 1
    assert Notice.objects.filter(user=cast.reader, told_at__isnull=True).count() == 1
    digests.send_due(MONDAY + timedelta(days=7))
    assert "Second" in mails(cast.reader)[-1].text


def test_a_worker_stopped_from_monday_to_friday_waits_for_the_next_monday(cast, action):
    say(cast, action)
    digests.send_due(MONDAY + timedelta(days=4))
    assert mails() == []
    digests.send_due(MONDAY + timedelta(days=7))
    assert len(mails(cast.reader)) == 1


@pytest.mark.parametrize(
    ("now", "hour_utc"),
    [
        # Europe/Paris: summer time ends on 25 October 2026, begins on 28 March 2027.
        (datetime(2026, 10, 19, 12, tzinfo=UTC), 5),
        (datetime(2026, 10, 26, 12, tzinfo=UTC), 6),
        (datetime(2027, 3, 29, 12, tzinfo=UTC), 5),
    ],
)
def test_seven_o_clock_stays_seven_when_the_clocks_change(now, hour_utc, settings):
    with timezone.override("Europe/Paris"):
        moment = preferences.last_boundary("weekly", now)
        assert (moment.weekday(), moment.hour) == (0, 7)
        assert moment.astimezone(UTC).hour == hour_utc


def test_the_week_of_a_change_of_clocks_has_one_digest(cast, action, settings):
    with timezone.override("Europe/Paris"):
        say(cast, action)
        day = datetime(2026, 10, 19, tzinfo=UTC)
        for hour in range(24 * 14):
            digests.send_due(day + timedelta(hours=hour))
            if hour % 60 == 0:
                say(cast, action, text=f"Encore {hour}")
        assert len(mails(cast.reader)) == 2


def test_a_change_of_rhythm_takes_effect_at_its_next_hour(cast, action):
    preferences.set_rhythm(by=cast.reader, rhythm="daily")
    held = MailPreference.objects.get(user=cast.reader)
    now = timezone.now()
    assert held.digest_on == preferences.last_boundary("daily", now).date()
    say(cast, action)
    Notice.objects.update(due_at=now - timedelta(minutes=1))
    digests.send_due(now)
    assert mails() == []
    digests.send_due(now + timedelta(days=1))
    assert len(mails(cast.reader)) == 1
