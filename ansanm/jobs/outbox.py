"""Messages leave from here: written in the transaction of the deed, sent by the worker, each once.

A server that is down loses nothing: the message waits and is tried again, later and later. A worker
that dies while it sends leaves the message « unsure »: the server may have taken it, so that nobody
but a person sends it again.
"""

import logging
import time
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from ansanm.accounts.audit import record
from ansanm.jobs.models import OutgoingMail

log = logging.getLogger("ansanm.jobs")

State = OutgoingMail.State
# A minute, then two, four… up to six hours; given up after about four days.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
MOST_ATTEMPTS = 24
# A server that has not answered by then never will: EMAIL_TIMEOUT is 10 s.
LOST_AFTER = timedelta(minutes=5)
AT_ONCE = 20
KEPT = timedelta(days=30)
FORGET_EVERY_SECONDS = 3600
_forgot_at = 0.0


def post(
    *, key: str, to: str, subject: str, text: str, headers=None, calendar: str = "", at=None
) -> OutgoingMail:
    """Write a message, sent once its transaction commits; the same `key` twice is the same message."""
    # No line break leaves in a subject: it would open a header of its own.
    subject = " ".join(subject.split())[:300]
    mail, _is_new = OutgoingMail.objects.get_or_create(
        key=key,
        defaults={
            "to": to,
            "subject": subject,
            "text": text,
            "headers": headers or {},
            "calendar": calendar,
            "next_at": at or timezone.now(),
        },
    )
    return mail


def send_due() -> int:
    """Send what waits and is due; return how many left."""
    global _forgot_at
    mark_unsure()
    if time.monotonic() - _forgot_at > FORGET_EVERY_SECONDS:
        _forgot_at = time.monotonic()
        forget_old()
    n_sent = 0
    for pk in (
        OutgoingMail.objects.filter(state=State.QUEUED, next_at__lte=timezone.now())
        .order_by("next_at", "pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    ):
        sent = send_one(pk)
        n_sent += bool(sent)
        if sent is None:
            # The server does not answer: the others would wait for the same silence one by one.
            break
    return n_sent


def send_one(pk: int) -> bool | None:
    """True once sent, False if refused or taken by another worker, None if the server does not answer."""
    now = timezone.now()
    if not OutgoingMail.objects.filter(pk=pk, state=State.QUEUED).update(state=State.SENDING, claimed_at=now):
        return False
    mail = OutgoingMail.objects.get(pk=pk)
    mail.n_attempts += 1
    try:
        message_of(mail).send()
    except SMTPRecipientsRefused as refusal:
        mail.state, mail.last_error, answer = State.FAILED, said(refusal), False
    except (SMTPException, OSError) as silence:
        mail.last_error, answer = said(silence), None
        mail.state = State.FAILED if mail.n_attempts >= MOST_ATTEMPTS else State.QUEUED
        mail.next_at = now + min(FIRST_WAIT * 2 ** min(mail.n_attempts - 1, 12), LONGEST_WAIT)
        log.warning("Message %s did not leave (attempt %s): %s", mail.pk, mail.n_attempts, silence)
    else:
        mail.state, mail.sent_at, mail.last_error, answer = State.SENT, timezone.now(), "", True
        # A message may hold a personal address, of which nothing but a hash is kept elsewhere.
        mail.text = mail.calendar = ""
    mail.save(update_fields=["state", "n_attempts", "next_at", "last_error", "sent_at", "text", "calendar"])
    return answer


def said(error) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def message_of(mail: OutgoingMail) -> EmailMessage:
    message = EmailMessage(
        mail.subject, mail.text, to=[mail.to], headers=mail.headers, connection=get_connection()
    )
    if mail.calendar:
        # The type says the method too, and a programme that reads two methods believes neither.
        method = "CANCEL" if "METHOD:CANCEL" in mail.calendar.splitlines() else "REQUEST"
        message.attach("invitation.ics", mail.calendar, f"text/calendar; charset=utf-8; method={method}")
    return message


def mark_unsure() -> int:
    """Say of the messages whose worker died while sending that nobody knows; return how many."""
    return OutgoingMail.objects.filter(
        state=State.SENDING, claimed_at__lt=timezone.now() - LOST_AFTER
    ).update(state=State.UNSURE)


@transaction.atomic
def send_again(*, by, mail: OutgoingMail) -> OutgoingMail:
    """Queue again a message that failed or whose sending is unsure: a person takes it upon themselves."""
    mail = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
    if mail.state in {State.FAILED, State.UNSURE}:
        mail.state, mail.next_at, mail.n_attempts = State.QUEUED, timezone.now(), 0
        mail.save(update_fields=["state", "next_at", "n_attempts"])
        record("mail.again", by=by, target=mail)
    return mail


def forget_old() -> int:
    """Delete the envelopes of what was sent thirty days ago; their texts went as they left."""
    n, _by_kind = OutgoingMail.objects.filter(state=State.SENT, sent_at__lt=timezone.now() - KEPT).delete()
    return n
