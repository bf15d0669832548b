"""A sheet on its way in: the ticket of the form, what makes one doubt it, and the deed that keeps it.

Nothing that identifies is written: no address, no hour, no entry in the audit trail (which has hours)
for what the public sends. A doubt never refuses: it asks a person to read.
"""

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import Channel, ContactDetail, Moderation, Survey, SurveyAnswer
from ansanm.conventions.models.concertation import scattered_pk
from ansanm.ui.limits import address_of

SALT = "concertation.ticket"
# Nobody reads a page and answers it sooner.
LEAST_SECONDS = 4
# A page left open for longer gets a new seal, with what was typed.
TICKET_SECONDS = 7 * 24 * 3600
# A hall of residents, a school or a phone operator stand behind one address: above this in ten
# minutes, sheets are read by a person, and kept all the same.
PER_ADDRESS, WINDOW_SECONDS = 30, 600
# A page opened before midnight is still answered after it.
GRACE_SECONDS = 2 * 3600
# Two people write « Oui » or « Rien à dire »: only a longer text says the same twice by copying.
REPEATED_SIGNS = 25
LAST_SHEETS = 200
LINK = re.compile(r"https?://|www\.|\[url|<a\s", re.IGNORECASE)

DOUBTS = {
    "trap": _("un champ invisible a été rempli"),
    "too_fast": _("envoyée en moins de quatre secondes"),
    "links": _("contient un lien"),
    "repeated": _("répète un texte déjà reçu"),
    "many": _("plus de trente envois de la même adresse en dix minutes"),
}


@dataclass(frozen=True)
class Ticket:
    """What a form carries: which one it is, and when it was opened."""

    key: str
    subject: str
    issued_at: float

    @property
    def age(self) -> float:
        return max(0.0, time.time() - self.issued_at)

    @property
    def issued_on(self):
        return timezone.localdate(timezone.now() - timedelta(seconds=self.age))


def new_ticket(subject: str) -> str:
    """A sealed ticket for the form of `subject` (« survey:12 »); its key makes two sendings one."""
    return signing.dumps([secrets.token_hex(16), subject, time.time()], salt=SALT, compress=False)


def opened(text: str, subject: str) -> Ticket | None:
    try:
        key, named, at = signing.loads(text, salt=SALT, max_age=TICKET_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return Ticket(key, named, at) if named == subject else None


def takes(survey, ticket: Ticket | None = None) -> bool:
    """Whether the survey takes answers now, or did when this page was opened a moment ago."""
    if survey.now == "open":
        return True
    return bool(
        ticket
        and survey.state == survey.State.OPEN
        and ticket.age < GRACE_SECONDS
        and survey.standing_on(ticket.issued_on) == "open"
    )


def many_from(request) -> bool:
    """Whether this address sent a lot lately. Counted in memory, under a keyed hash that changes each day."""
    day = timezone.localdate().isoformat()
    told = hmac.new(settings.SECRET_KEY.encode(), f"{day}:{address_of(request)}".encode(), hashlib.sha256)
    key = f"concertation:{told.hexdigest()[:32]}"
    cache.add(key, 0, WINDOW_SECONDS)
    try:
        return cache.incr(key) > PER_ADDRESS
    except ValueError:
        # The window closed between the two lines.
        return False


def doubt_of(*, ticket: Ticket, trap: str, texts, is_known, is_many: bool) -> str:
    """Why a person should read it first, "" for nothing; `is_known(text)` says whether it came before."""
    if trap.strip():
        return "trap"
    if ticket.age < LEAST_SECONDS:
        return "too_fast"
    if any(LINK.search(text) for text in texts):
        return "links"
    if any(len(text) >= REPEATED_SIGNS and is_known(text) for text in texts):
        return "repeated"
    return "many" if is_many else ""


def texts_of(survey, answers: dict) -> dict[str, str]:
    """The free answers, by question."""
    return {
        one.key: answers[one.key]
        for one in survey.questions.all()
        if one.kind == one.Kind.TEXT and answers.get(one.key)
    }


def is_repeated(survey):
    """Whether a text is among the last ones received: who copies does it in one go."""
    free = [one.key for one in survey.questions.all() if one.kind == one.Kind.TEXT]

    def known(text: str) -> bool:
        last = survey.answers.order_by("-pk").values_list("answers", flat=True)[:LAST_SHEETS]
        return any(answers.get(key) == text for answers in last for key in free)

    return known


def answer_survey(*, survey, key: str, answers: dict, audience="", doubt="") -> tuple[SurveyAnswer, bool]:
    """Keep the sheet of somebody of the public: (it, whether it is new). The same key is the same sheet."""
    return kept_once(
        survey=survey,
        key=key,
        answers=answers,
        audience=audience,
        doubt=doubt,
        moderation=Moderation.TO_READ if doubt else Moderation.SHOWN,
        language=(get_language() or "")[:5],
        answered_on=timezone.localdate(),
    )


def kept_once(*, key, **facts) -> tuple[SurveyAnswer, bool]:
    try:
        with transaction.atomic():
            return SurveyAnswer.objects.create(key=key, **facts), True
    except IntegrityError:
        return SurveyAnswer.objects.get(key=key), False


@transaction.atomic
def enter_sheet(
    *, by, survey, key, answers, audience="", channel=Channel.PAPER, answered_on=None
) -> tuple[SurveyAnswer, bool]:
    """A sheet filled on paper or by voice, typed by an agent: it counts like any other."""
    answer, is_new = kept_once(
        survey=survey,
        key=key,
        answers=answers,
        audience=audience,
        channel=channel,
        answered_on=answered_on or timezone.localdate(),
        entered_by=by,
    )
    if is_new:
        record("survey.enter", by=by, target=survey, convention=survey.convention, after={"n_sheets": 1})
    return answer, is_new


def leave_contact(*, survey, name="", email="", phone="") -> None:
    """Keep what somebody left to be written to; the same address twice is one.

    Without entry in the trail, whose hour would be that of the answer.
    """
    held = survey.contact_details.filter(name=name, email=email, phone=phone)
    with transaction.atomic():
        # One at a time: the same form sent twice at once would otherwise find nothing twice.
        Survey.objects.select_for_update().get(pk=survey.pk)
        if not held.exists():
            ContactDetail.objects.create(
                pk=scattered_pk(),
                convention=survey.convention,
                survey=survey,
                house=survey.house,
                purpose=survey.contact_purpose,
                name=name,
                email=email,
                phone=phone,
                given_on=timezone.localdate(),
                delete_on=survey.contact_kept_until,
            )


@transaction.atomic
def delete_contacts(*, by, survey, contacts=None) -> int:
    """Delete some of the contact details, or all of them, before their day."""
    held = survey.contact_details.all()
    if contacts is not None:
        held = held.filter(pk__in=[one.pk for one in contacts])
    n, _by_model = held.delete()
    if n:
        record("contact.delete", by=by, target=survey, convention=survey.convention, before={"n": n})
    return n


@transaction.atomic
def note_export(*, by, survey) -> None:
    n = survey.contact_details.count()
    record("contact.export", by=by, target=survey, convention=survey.convention, after={"n": n})


def delete_due() -> int:
    """Delete the contact details whose day has come; return how many."""
    n, _by_model = ContactDetail.objects.filter(delete_on__lte=timezone.localdate()).delete()
    return n
