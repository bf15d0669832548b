"""What people hear by mail: at once when they are named or answered, the rest in a digest.

The worker asks at each turn what is due. A mail and the mark that its notices are told are written in
one transaction: a worker killed between the two tells neither twice nor never. The outbox sends it.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from ansanm.accounts.models import User
from ansanm.conventions.mail import send_later
from ansanm.conventions.models import (
    Action,
    ActionFollow,
    ConventionRole,
    MailPreference,
    Milestone,
    Notice,
)
from ansanm.conventions.plan import notices
from ansanm.conventions.plan.preferences import DIGESTS, last_boundary, preference_of
from ansanm.conventions.plan.telling import Line, harmless, told, with_relations
from ansanm.jobs.models import OutgoingMail
from ansanm.ui.formats import format_moment, format_vague, labelled, quoted

Rhythm = MailPreference.Rhythm
# What is told without waiting for the digest.
AT_ONCE = (Notice.Kind.MENTION, Notice.Kind.ANSWER)
# A digest that could not leave by then waits for the next one: on Thursday, Monday's is no news.
STALE_AFTER = {Rhythm.DAILY: timedelta(hours=20), Rhythm.WEEKLY: timedelta(days=3)}
AHEAD = timedelta(days=14)
# Beyond, a mail gives the number and the page.
MOST_LINES = 50
MOST_DATES = 20
# Read from the database to make those lines: what one person did ten times is one of them.
MOST_READ = 300
PEOPLE_PER_TURN = 20
LOOK_EVERY_SECONDS = 20
FORGET_EVERY_SECONDS = 3600
_looked_at = _forgot_at = float("-inf")


def regular() -> None:
    """What the worker calls at each of its turns, every second: nothing most of the time."""
    global _looked_at, _forgot_at
    if time.monotonic() - _looked_at < LOOK_EVERY_SECONDS:
        return
    # With more people than one turn serves, the next turn goes on.
    if send_due() < PEOPLE_PER_TURN:
        _looked_at = time.monotonic()
    if time.monotonic() - _forgot_at > FORGET_EVERY_SECONDS:
        _forgot_at = time.monotonic()
        notices.forget_old()


def send_due(now: datetime | None = None) -> int:
    """Write the mails that are due at `now`; return to how many people it looked."""
    now = now or timezone.now()
    people = people_told_at_once(now)
    for user in people:
        tell_at_once(user, now)
    n = len(people)
    for rhythm in DIGESTS:
        people = people_waiting(rhythm, now)
        for user in people:
            send_digest(user, rhythm, now)
        n += len(people)
    return n


def due_at_once(now):
    return (
        notices.standing(Notice.objects.untold().due(now))
        .filter(Q(kind__in=AT_ONCE) | Q(user__mail_preference__rhythm=Rhythm.AT_ONCE))
        .exclude(user__mail_preference__rhythm=Rhythm.NEVER)
    )


def people_told_at_once(now) -> list[User]:
    # Who has waited longest comes first; `order_by` also drops the order of notices from the grouping.
    keys = due_at_once(now).values("user").annotate(first=Min("due_at")).order_by("first")[:PEOPLE_PER_TURN]
    return list(User.objects.filter(pk__in=[one["user"] for one in keys]))


@transaction.atomic
def tell_at_once(user, now) -> None:
    preference = locked(user)
    due = due_at_once(now).filter(user=user)
    # Locked in turn by two workers: the second one finds nothing left.
    keys = list(due.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return
    with override(user.language):
        write(
            user,
            preference,
            subject=subject_at_once(due),
            opening=_("Voici ce qui vous attend sur les fiches de vos conventions."),
            news=news_of(due),
            n_news=len(keys),
            key=f"suivi:{user.pk}:{keys[0]}-{keys[-1]}",
        )
    Notice.objects.filter(pk__in=keys).update(told_at=now)


def subject_at_once(due) -> str:
    """Says what happened and where, in our words: nothing that somebody typed in a comment."""
    kinds = set(due.order_by().values_list("kind", flat=True))
    if kinds == {Notice.Kind.MENTION}:
        return _("On vous a cité dans un commentaire")
    if kinds == {Notice.Kind.ANSWER}:
        return _("Votre proposition a sa réponse")
    return _("Du nouveau sur vos fiches actions")


def locked(user) -> MailPreference:
    """The preference of a person, held until the mail is written: one worker at a time writes to them."""
    return MailPreference.objects.select_for_update().get(pk=preference_of(user).pk)


def people_waiting(rhythm, now) -> list[User]:
    """Those whose digest of this rhythm is due, members since before its hour."""
    moment = last_boundary(rhythm, now)
    if now - moment > STALE_AFTER[rhythm]:
        return []
    wanted = Q(mail_preference__rhythm=rhythm)
    if rhythm == Rhythm.WEEKLY:
        wanted |= Q(mail_preference__isnull=True)
    members = ConventionRole.objects.filter(given_at__lte=moment).values("user")
    return list(
        User.objects.filter(wanted, is_active=True, pk__in=members)
        # A day to come is not believed: it was written while the clock was wrong.
        .exclude(
            mail_preference__digest_on__gte=moment.date(),
            mail_preference__digest_on__lte=timezone.localdate(now),
        )
        .order_by("pk")[:PEOPLE_PER_TURN]
    )


@transaction.atomic
def send_digest(user, rhythm, now) -> None:
    preference = locked(user)
    day = last_boundary(rhythm, now).date()
    done = preference.digest_on
    if preference.rhythm != rhythm or (done and day <= done <= timezone.localdate(now)):
        return
    key = f"suivi:{user.pk}:{day.isoformat()}"
    due = notices.standing(Notice.objects.filter(user=user).untold().due(now))
    keys = list(due.values_list("pk", flat=True))
    with override(user.language):
        dates = Dates.of(user, timezone.localdate(now))
        # The clock went back to a day whose digest has left: what is new waits for the next.
        has_left = OutgoingMail.objects.filter(key=f"{key}:{user.email}").exists()
        if (keys or dates.late or dates.coming) and not has_left:
            write(
                user,
                preference,
                subject=_("Votre semaine sur Ansanm")
                if rhythm == Rhythm.WEEKLY
                else _("Votre journée sur Ansanm"),
                opening=_("Voici où en sont les fiches de vos conventions."),
                news=news_of(due),
                n_news=len(keys),
                dates=dates,
                key=key,
            )
            Notice.objects.filter(pk__in=keys).update(told_at=now)
    preference.digest_on = day
    preference.save(update_fields=["digest_on"])


def news_of(due) -> list[Line]:
    return told(with_relations(due)[:MOST_READ])


@dataclass(frozen=True)
class Dates:
    """What the calendar says to one person: their late actions, the milestones that come."""

    today: date
    late: list[Action]
    coming: list[Milestone]

    @classmethod
    def of(cls, user, today: date) -> "Dates":
        mine = Action.objects.open().filter(convention__roles__user=user)
        begun = mine.filter(pilot_user=user)
        followed = ActionFollow.objects.filter(user=user).values("action")
        near = mine.filter(Q(pilot_user=user) | Q(pk__in=followed))
        return cls(
            today=today,
            late=[one for one in begun.select_related("convention") if one.is_late(today)],
            coming=list(
                Milestone.objects.filter(action__in=near, done_on="")
                .filter(due_last_on__range=(today, today + AHEAD))
                .select_related("action__convention")
                .order_by("due_last_on", "pk")
            ),
        )


def absolute(path: str) -> str:
    """An address for a mail: of the instance as it is set up, never of the request that came in."""
    return f"{settings.SITE_URL}{path}"


def write(user, preference, *, subject, opening, news, n_news, key, dates=None) -> None:
    """Post the mail, in the active language."""
    stop = absolute(reverse("mail_stop", args=[preference.token]))
    page = absolute(reverse("follow_up"))
    parts = [_("Bonjour %(name)s,") % {"name": harmless(user.get_short_name())}, opening]
    parts += news_words(news, n_news, page)
    if dates:
        parts += late_words(dates) + coming_words(dates.coming)
    ending = _(
        "Votre suivi, et le rythme de ces courriels\u00a0:\n%(page)s\nNe plus en recevoir\u00a0:\n%(stop)s"
    )
    # Mail programmes know this line: what follows is no part of the message.
    parts.append("-- \n" + ending % {"page": page, "stop": stop})
    send_later(
        to=[user.email],
        subject=subject,
        text="\n\n".join(parts) + "\n",
        key=key,
        # One click in the mail programme itself (RFC 8058).
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def news_words(news: list[Line], n_news: int, page: str) -> list[str]:
    shown = news[:MOST_LINES]
    # By convention, then by fiche, those that moved last first.
    fiches: dict[str, dict[Action, list[Line]]] = {}
    for line in sorted(shown, key=lambda one: one.convention.name):
        fiches.setdefault(line.convention.name, {}).setdefault(line.action, []).append(line)
    parts = []
    for convention, lines_of in fiches.items():
        parts.append(heading(convention))
        parts += [fiche_words(lines) for lines in lines_of.values()]
    if len(news) > len(shown) or n_news > MOST_READ:
        parts.append(
            ngettext(
                "%(n)s nouvelle en tout\u00a0: la suite est sur votre page de suivi.\n%(page)s",
                "%(n)s nouvelles en tout\u00a0: la suite est sur votre page de suivi.\n%(page)s",
                n_news,
            )
            % {"n": n_news, "page": page}
        )
    return parts


def fiche_words(lines: list[Line]) -> str:
    words = [quoted(harmless(lines[0].title))]
    for line in lines:
        said = f"{harmless(line.who)} {line.words}"
        if line.quote:
            said = labelled(said, quoted(harmless(line.quote)))
        words.append(f"- {said} ({format_moment(line.at)})")
    return "\n".join([*words, absolute(lines[0].url)])


def heading(text: str) -> str:
    words = harmless(text)
    return f"{words}\n{'=' * min(len(words), 70)}"


def late_words(dates: Dates) -> list[str]:
    if not dates.late:
        return []
    parts = [heading(_("Vos actions en retard"))]
    for one in dates.late[:MOST_DATES]:
        if one.ends and one.ends_vague.is_past(dates.today):
            when = _("fin prévue\u00a0: %(when)s") % {"when": format_vague(one.ends)}
        else:
            when = _("début prévu\u00a0: %(when)s") % {"when": format_vague(one.starts)}
        parts.append(f"{quoted(harmless(one.title))}\n{when}\n{absolute(one.get_absolute_url())}")
    return parts + more_words(len(dates.late) - MOST_DATES)


def coming_words(coming: list[Milestone]) -> list[str]:
    if not coming:
        return []
    parts = [heading(_("Jalons des quatorze prochains jours"))]
    parts += [
        f"{labelled(format_vague(one.due), harmless(one.title))}\n{quoted(harmless(one.action.title))}\n"
        f"{absolute(one.action.get_absolute_url())}"
        for one in coming[:MOST_DATES]
    ]
    return parts + more_words(len(coming) - MOST_DATES)


def more_words(n: int) -> list[str]:
    return [ngettext("et %(n)s autre.", "et %(n)s autres.", n) % {"n": n}] if n > 0 else []
