"""How often a person wants mail about their fiches, and the address by which they stop it."""

import secrets
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from ansanm.accounts.audit import record
from ansanm.conventions.models import MailPreference, Notice

Rhythm = MailPreference.Rhythm
DIGESTS = (Rhythm.DAILY, Rhythm.WEEKLY)
# When a digest leaves, in the time zone of the instance; a week starts on Monday.
SENT_AT = time(7)
TOKEN_BYTES = 32


def preference_of(user) -> MailPreference:
    """Theirs, made on first use: every week, until they say otherwise."""
    return MailPreference.objects.get_or_create(user=user, defaults={"token": new_token()})[0]


def rhythm_of(user) -> str:
    """As a page shows it: reading writes nothing."""
    held = MailPreference.objects.filter(user=user).values_list("rhythm", flat=True).first()
    return held or Rhythm.WEEKLY


def last_boundary(rhythm, now: datetime) -> datetime:
    """The last time a digest of this rhythm was to leave: this morning, or Monday."""
    local = timezone.localtime(now)
    step = timedelta(days=7 if rhythm == Rhythm.WEEKLY else 1)
    day = local.date()
    if rhythm == Rhythm.WEEKLY:
        day -= timedelta(days=day.weekday())
    # Made from the date, not by taking hours away: seven o'clock stays seven when summer time comes.
    moment = datetime.combine(day, SENT_AT, local.tzinfo)
    return moment if moment <= local else datetime.combine(day - step, SENT_AT, local.tzinfo)


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


@transaction.atomic
def set_rhythm(*, by, rhythm) -> None:
    """Takes effect from now: what was not wanted before does not come in one heap."""
    preference = preference_of(by)
    rhythm = Rhythm(rhythm)
    if preference.rhythm == rhythm:
        return
    if preference.rhythm == Rhythm.NEVER:
        Notice.objects.filter(user=by, told_at__isnull=True).update(told_at=timezone.now())
    before, preference.rhythm = preference.rhythm, rhythm
    # Not the digest of this morning, which they had not asked for: the next one is the first.
    if rhythm in DIGESTS:
        preference.digest_on = last_boundary(rhythm, timezone.now()).date()
    preference.save(update_fields=["rhythm", "digest_on"])
    record("mail.rhythm", by=by, target=by, before={"rhythm": before}, after={"rhythm": rhythm})


@transaction.atomic
def renew_token(*, by) -> None:
    """The « stop » addresses of the mails already sent stop working."""
    preference = preference_of(by)
    preference.token = new_token()
    preference.save(update_fields=["token"])
    record("mail.renew", by=by, target=by)


def preference_by(token: str) -> MailPreference | None:
    held = MailPreference.objects.select_related("user").filter(token=token, user__is_active=True)
    return held.first()
