"""A message leaves once, whatever happens to the mail server, the worker or the transaction."""

import threading
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail as sent_mail
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from ansanm.jobs import outbox
from ansanm.jobs.models import OutgoingMail
from tests.cast import play

pytestmark = [pytest.mark.django_db, pytest.mark.database]
State = OutgoingMail.State


@pytest.fixture
def server(monkeypatch):
    """A mail server that can be stopped: it keeps what it takes in `outbox`."""

    class Server:
        error = None
        sent = []

    def send(self, fail_silently=False):
        if Server.error:
            raise Server.error
        Server.sent.append(self)
        return 1

    Server.sent = []
    Server.error = None
    monkeypatch.setattr(sent_mail.EmailMessage, "send", send)
    return Server


def post(**more):
    return outbox.post(
        **{"key": "bonjour", "to": "marie@example.org", "subject": "Bonjour", "text": "Bonjour"} | more
    )


def due_now():
    OutgoingMail.objects.update(next_at=timezone.now())


def test_a_message_leaves_once_and_the_same_key_is_the_same_message(server):
    post()
    post()
    assert outbox.send_due() == 1
    assert outbox.send_due() == 0
    post()
    assert outbox.send_due() == 0
    assert [one.to for one in server.sent] == [["marie@example.org"]]


def test_a_server_that_is_down_loses_nothing_and_gets_each_message_once_later(server):
    for n in range(3):
        post(key=f"n{n}")
    server.error = ConnectionRefusedError("éteint")
    assert outbox.send_due() == 0
    assert OutgoingMail.objects.filter(state=State.QUEUED).count() == 3
    # One silence is enough: the others were not tried.
    assert OutgoingMail.objects.filter(n_attempts=1).count() == 1
    server.error = None
    due_now()
    assert outbox.send_due() == 3
    assert len(server.sent) == 3


def test_attempts_come_later_and_later_and_end_with_a_message_to_look_at(server):
    server.error = TimeoutError()
    waits = []
    one = post()
    for _attempt in range(outbox.MOST_ATTEMPTS):
        due_now()
        outbox.send_due()
        one.refresh_from_db()
        waits.append(one.next_at - timezone.now())
    assert waits[1] > waits[0]
    assert max(waits) <= outbox.LONGEST_WAIT
    assert one.state == State.FAILED


def test_an_address_the_server_refuses_does_not_hold_the_others(server):
    post(key="a")
    server.error = SMTPRecipientsRefused({})
    outbox.send_due()
    server.error = None
    post(key="b")
    assert outbox.send_due() == 1
    assert OutgoingMail.objects.get(key="a").state == State.FAILED


def test_a_worker_that_died_while_sending_leaves_it_to_a_person(server, cast):
    one = post()
    OutgoingMail.objects.update(state=State.SENDING, claimed_at=timezone.now() - timedelta(hours=1))
    assert outbox.send_due() == 0
    one.refresh_from_db()
    assert one.state == State.UNSURE
    outbox.send_again(by=cast.administrator, mail=one)
    assert outbox.send_due() == 1


def test_a_deed_rolled_back_writes_to_nobody(server):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post()
        raise ZeroDivisionError
    assert outbox.send_due() == 0


def test_a_subject_opens_no_header_of_its_own(server):
    post(subject="Bonjour\nBcc: tous@example.org")
    outbox.send_due()
    assert server.sent[0].subject == "Bonjour Bcc: tous@example.org"


def test_the_text_of_a_message_is_erased_as_it_leaves(server):
    one = post(text="https://example.org/contribuer/secret/")
    outbox.send_due()
    one.refresh_from_db()
    assert (one.text, one.state) == ("", State.SENT)
    assert "secret" in server.sent[0].body


def test_what_was_sent_is_forgotten_after_thirty_days(server):
    post()
    outbox.send_due()
    OutgoingMail.objects.update(sent_at=timezone.now() - timedelta(days=31))
    assert outbox.forget_old() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once(server, transactional_db):
    play()
    for n in range(10):
        post(key=f"n{n}")
    barrier = threading.Barrier(2)

    def work():
        try:
            barrier.wait(timeout=20)
            for _turn in range(3):
                outbox.send_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert len(server.sent) == 10


def test_who_runs_the_platform_sees_what_did_not_leave_and_sends_it_again(server, cast, client, settings):
    settings.DEMO = True
    server.error = SMTPRecipientsRefused({})
    one = post()
    outbox.send_due()
    client.force_login(cast.administrator)
    assert "marie@example.org" in client.get(reverse("mails")).content.decode()
    client.post(reverse("mail_again", args=[one.pk]))
    server.error = None
    assert outbox.send_due() == 1
    # A page left open: the message is not sent twice, and nobody is told that it was.
    answer = client.post(reverse("mail_again", args=[one.pk]), follow=True)
    assert "était déjà parti" in answer.content.decode() and outbox.send_due() == 0
    client.force_login(cast.city_officer)
    assert client.get(reverse("mails")).status_code == 403
