"""What people should hear of: written with the deed, told ten minutes later, and not if it was undone.

A notice holds no words of its own: it points at the comment, the proposal or the versions it tells of,
so that what was taken back, moved to the bin or made private to the other house cannot be read in it.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ansanm.accounts.permissions import ROLES, Permission
from ansanm.conventions.models import (
    ActionFollow,
    ActionRevision,
    ConventionRole,
    Decision,
    House,
    Notice,
    Proposal,
)
from ansanm.conventions.plan.houses import ROLE_HOUSES

GRACE = timedelta(minutes=10)
KEPT = timedelta(days=90)
Kind = Notice.Kind


def readers(convention_id, *, house="", permission=Permission.CONVENTION_READ) -> set[int]:
    """The keys of the active members who hold `permission`; of one house only, where it is given."""
    held = ConventionRole.objects.filter(convention=convention_id, user__is_active=True)
    return {
        user
        for user, role in held.values_list("user_id", "role")
        if (not house or ROLE_HOUSES.get(role) == house)
        and role in ROLES
        and permission in ROLES[role].permissions
    }


def followers(action) -> set[int]:
    return set(ActionFollow.objects.filter(action=action).values_list("user_id", flat=True))


def tell(kind, people: set[int], *, action, by, **about) -> None:
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(
            user_id=one,
            convention_id=action.convention_id,
            action=action,
            kind=kind,
            by=by,
            at=now,
            due_at=now + GRACE,
            **about,
        )
        # Nobody hears of what they did themselves.
        for one in sorted(people - {by.pk if by else None})
    )


def commented(comment, cited) -> None:
    """Those it names hear that they are named; those who follow the fiche, that it was commented."""
    action, may_read = comment.action, readers(comment.action.convention_id, house=comment.house)
    named = {one.pk for one in cited} & may_read
    interested = followers(action)
    if comment.proposal and comment.proposal.by_id:
        interested.add(comment.proposal.by_id)
    tell(Kind.MENTION, named, action=action, by=comment.by, comment=comment)
    tell(Kind.COMMENT, (interested & may_read) - named, action=action, by=comment.by, comment=comment)


def recited(comment, before, after) -> None:
    """The names in a comment changed: those added hear of it, those taken out do not."""
    added = ({one.pk for one in after} - {one.pk for one in before}) & readers(
        comment.action.convention_id, house=comment.house
    )
    removed = {one.pk for one in before} - {one.pk for one in after}
    about = Notice.objects.filter(comment=comment, told_at__isnull=True)
    about.filter(kind=Kind.MENTION, user__in=removed).delete()
    # One who follows the fiche had a notice of the comment already: being named replaces it.
    about.filter(kind=Kind.COMMENT, user__in=added).delete()
    tell(Kind.MENTION, added, action=comment.action, by=comment.by, comment=comment)


def proposed(proposal) -> None:
    """The house that answers hears of it: those of its members who may."""
    house = readers(proposal.action.convention_id, house=proposal.to_house, permission=Permission.PLAN_EDIT)
    tell(Kind.PROPOSAL, house, action=proposal.action, by=proposal.by, proposal=proposal)


def answered(proposal) -> None:
    """Its author hears the answer; of one they withdrew, nobody hears anything."""
    if proposal.state == Proposal.State.WITHDRAWN or proposal.by_id is None:
        return
    author = {proposal.by_id} & readers(proposal.action.convention_id)
    tell(Kind.ANSWER, author, action=proposal.action, by=proposal.decided_by, proposal=proposal)


def progressed(action, *, by, **about) -> None:
    """Those who follow the fiche hear of its news; `about` is `progress` or `measure`."""
    if interested := followers(action):
        tell(Kind.PROGRESS, interested & readers(action.convention_id), action=action, by=by, **about)


def changed(action, *, by) -> None:
    """Those who follow the fiche hear that `by` changed it: once for saves that follow one another.

    Saves that give back what was there (the undo of a bulk edit) leave nothing to tell.
    """
    interested = followers(action) - {by.pk if by else None}
    if not interested:
        return
    now = timezone.now()
    waiting = Notice.objects.filter(
        action=action, kind=Kind.CHANGE, by=by, told_at__isnull=True, due_at__gt=now
    )
    # Each save opens ten minutes of its own: told before, an undone one would have been told.
    waiting.update(until_version=action.version, at=now, due_at=now + GRACE)
    for since in set(waiting.values_list("since_version", flat=True)):
        if not fields_changed(action.pk, since, action.version, by=by):
            interested -= set(waiting.filter(since_version=since).values_list("user_id", flat=True))
            waiting.filter(since_version=since).delete()
    interested &= readers(action.convention_id)
    interested -= set(waiting.values_list("user_id", flat=True))
    tell(
        Kind.CHANGE,
        interested,
        action=action,
        by=by,
        since_version=action.version - 1,
        until_version=action.version,
    )


def fields_changed(action_pk: int, since: int, until: int, *, by) -> list[str]:
    """The fields that the saves of `by` left other than they found them between two versions."""
    revisions = ActionRevision.objects.filter(action=action_pk, version__range=(since, until))
    kept = {one.version: one for one in revisions.only("version", "content", "by")}
    found, left = {}, {}
    for version in range(since + 1, until + 1):
        before, after = kept.get(version - 1), kept.get(version)
        if before is None or after is None or after.by_id != (by.pk if by else None):
            continue
        for name, value in after.content.items():
            if before.content.get(name) != value:
                found.setdefault(name, before.content.get(name))
                left[name] = value
    return [name for name in left if left[name] != found[name]]


def standing(notices):
    """Those that may still be told: nothing taken back, and the person may still read what they tell."""
    roles = ConventionRole.objects.filter(convention=OuterRef("convention"), user=OuterRef("user"))
    may_read = Q(comment__isnull=True) | Q(comment__house="")
    for house in (House.CITY, House.CAF):
        held = [role for role, one in ROLE_HOUSES.items() if one == house]
        may_read |= Q(Exists(roles.filter(role__in=held)), comment__house=house)
    return notices.filter(
        may_read,
        Exists(roles),
        Q(comment__isnull=True) | Q(comment__deleted_at__isnull=True),
        Q(proposal__isnull=True) | ~Q(proposal__state=Proposal.State.WITHDRAWN),
        # A decision carried out since asks for nothing more.
        Q(decision__isnull=True) | Q(decision__state__in=(Decision.State.TO_DO, Decision.State.STARTED)),
        action__deleted_at__isnull=True,
        user__is_active=True,
    )


def to_read(user):
    """What the person has not read yet, newest first."""
    return standing(Notice.objects.filter(user=user, read_at__isnull=True).due(timezone.now()))


def mark_read(*, by, until) -> None:
    """All that was on the page the person looked at, and nothing that came since."""
    Notice.objects.filter(user=by, read_at__isnull=True, due_at__lte=until).update(read_at=timezone.now())


def forget_old() -> None:
    """What was to be heard three months ago is no news, read or not."""
    Notice.objects.filter(at__lt=timezone.now() - KEPT).delete()
