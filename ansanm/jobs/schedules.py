"""Jobs that come back: every day, week or month, at night, asked by the worker itself."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ansanm.jobs.models import Frequency, Job, Schedule, State
from ansanm.jobs.operations import enqueue

# Before anyone works; not on the hour, when every other programme asks producers for their files.
HOUR, MINUTE = 3, 17
# What every instance does without anybody asking: {key: (kind, frequency)}; the apps add theirs.
STANDING: dict[str, tuple[str, str]] = {}


@transaction.atomic
def set_schedule(key: str, kind: str, *, by, arguments: dict, frequency: str) -> Schedule | None:
    """Do a kind of job at this frequency from now on, under `key`; "" stops."""
    if not frequency:
        Schedule.objects.filter(key=key).delete()
        return None
    if frequency not in Frequency.values:
        raise ValueError(f"No frequency is called {frequency!r}.")
    facts = {"kind": kind, "arguments": arguments, "frequency": frequency, "set_by": by}
    return Schedule.objects.update_or_create(
        key=key, defaults=facts | {"next_at": following(frequency, timezone.now())}
    )[0]


def following(frequency: str, after: datetime) -> datetime:
    """Return the first moment of a schedule that comes after `after`.

    A week starts on Monday and a month on its first day: a schedule missed while the machine was off
    is done once, then takes its place again.
    """
    local = timezone.localtime(after)
    moment = local.replace(hour=HOUR, minute=MINUTE, second=0, microsecond=0)
    if frequency == Frequency.MONTHLY:
        moment = moment.replace(day=1)
        while moment <= local:
            moment = (moment + timedelta(days=32)).replace(day=1)
        return moment
    days = 1
    if frequency == Frequency.WEEKLY:
        moment, days = moment - timedelta(days=moment.weekday()), 7
    while moment <= local:
        moment += timedelta(days=days)
    return moment


def ensure_standing() -> None:
    """Give a schedule to what every instance does; one that somebody set stays as it is."""
    now = timezone.now()
    for key, (kind, frequency) in STANDING.items():
        Schedule.objects.get_or_create(
            key=key, defaults={"kind": kind, "frequency": frequency, "next_at": following(frequency, now)}
        )


def enqueue_due() -> list[Job]:
    """Ask for the jobs whose time has come; of two workers, one does."""
    now = timezone.now()
    asked = []
    for one in Schedule.objects.filter(next_at__lte=now):
        with transaction.atomic():
            # Conditional on what we saw: the other worker changes the row first, or we do.
            taken = Schedule.objects.filter(pk=one.pk, next_at=one.next_at).update(
                next_at=following(one.frequency, now)
            )
            if not taken:
                continue
            waiting = Job.objects.filter(
                kind=one.kind, arguments=one.arguments, state__in=[State.QUEUED, State.RUNNING]
            )
            if not waiting.exists():
                asked.append(enqueue(one.kind, by=None, arguments=one.arguments))
    return asked
