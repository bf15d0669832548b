"""The deeds on a prioritisation: prepare it, open it, vote, close it with its minutes, apply it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.accounts.audit import record
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions.concertation import need_operations, results
from ansanm.conventions.models import (
    Need,
    PriorityCriterion,
    PriorityOption,
    PrioritySession,
    PriorityVote,
    PriorityVoter,
)
from ansanm.territories.versions import StaleVersion

FACTS = ("title", "held_on", "scale_max", "n_to_keep")
# The rows of a session: what each may say.
ROWS = {
    "criteria": (PriorityCriterion, ("label", "meaning", "weight")),
    "voters": (PriorityVoter, ("label", "weight", "user")),
    "options": (PriorityOption, ("label", "need")),
}
# A ballot of forty options by eight criteria is 320 marks: nobody fills it with care.
MOST = {"criteria": 8, "voters": 40, "options": 40}
PREPARING, OPEN, CLOSED = PrioritySession.State


class NotNow(Exception):
    """The session is not at the step that this deed asks for: the page is older than the table."""


def locked(session, *states) -> PrioritySession:
    current = PrioritySession.objects.select_for_update().get(pk=session.pk)
    if current.deleted_at or (states and current.state not in states):
        raise NotNow(f"{current} is {current.state}.")
    return current


@transaction.atomic
def add_session(*, by, convention, criteria=(), voters=(), options=(), **facts) -> PrioritySession:
    session = PrioritySession(convention=convention, created_by=by)
    write(session, facts)
    for name, rows in (("criteria", criteria), ("voters", voters), ("options", options)):
        write_rows(session, name, rows)
    record("priority.add", by=by, target=session, convention=convention, after=counts_of(session))
    return session


def write(session, facts) -> None:
    for name in FACTS:
        if name in facts:
            setattr(session, name, facts[name])
    session.clean_fields(exclude=["convention"])
    session.save()


def write_rows(session, name, rows) -> None:
    """Make the rows of the session those given, in their order; « pk » tells the ones that stay."""
    model, fields = ROWS[name]
    if len(rows) > MOST[name]:
        raise ValidationError(
            _("Un vote tient au plus %(n)s lignes ici : %(given)s sont écrites.")
            % {"n": MOST[name], "given": len(rows)}
        )
    held = {one.pk: one for one in getattr(session, name).all()}
    kept = {row["pk"] for row in rows if row.get("pk") in held}
    getattr(session, name).exclude(pk__in=kept).delete()
    for position, row in enumerate(rows):
        one = held.get(row.get("pk")) or model(session=session)
        one.position = position
        for field in fields:
            if field in row:
                setattr(one, field, row[field])
        check_row(session, one)
        one.clean_fields(exclude=["session"])
        one.save()


def check_row(session, one) -> None:
    """What belongs to another convention does not exist here."""
    convention = session.convention
    need, user = getattr(one, "need_id", None), getattr(one, "user_id", None)
    if need and not convention.needs.standing().filter(pk=need).exists():
        raise ValidationError(_("Un des besoins n’est pas dans cette convention."))
    if user and not convention.roles.filter(user=user).exists():
        raise ValidationError(_("Une des personnes n’est pas membre de la convention."))


def counts_of(session) -> dict:
    return {f"n_{name}": getattr(session, name).count() for name in ROWS}


@transaction.atomic
def update_session(*, by, session, base_version: int, criteria, voters, options, **facts) -> PrioritySession:
    """Rewrite what is prepared; StaleVersion when somebody did since."""
    current = locked(session, PREPARING)
    if current.version != base_version:
        raise StaleVersion(current)
    before = counts_of(current)
    current.version += 1
    write(current, facts)
    for name, rows in (("criteria", criteria), ("voters", voters), ("options", options)):
        write_rows(current, name, rows)
    record(
        "priority.update",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after=counts_of(current),
    )
    return current


def lacks(session) -> list[str]:
    """What is still to be prepared before anybody may vote."""
    said = []
    if session.options.count() < 2:
        said.append(_("Il faut au moins deux propositions à comparer."))
    if not any(one.weight for one in session.criteria.all()):
        said.append(_("Il faut au moins un critère de poids supérieur à zéro."))
    if not any(one.weight for one in session.voters.all()):
        said.append(_("Il faut au moins une partie dont la voix compte."))
    return said


@transaction.atomic
def open_session(*, by, session) -> PrioritySession:
    current = locked(session, PREPARING)
    if missing := lacks(current):
        raise ValidationError(missing)
    current.state = OPEN
    current.version += 1
    current.save(update_fields=["state", "version"])
    record("priority.open", by=by, target=current, convention=current.convention, after=counts_of(current))
    return current


@transaction.atomic
def prepare_again(*, by, session) -> PrioritySession:
    """Back to preparation, as long as nobody voted: criteria do not move under ballots."""
    current = locked(session, OPEN)
    if n := PriorityVote.objects.filter(option__session=current).count():
        raise ValidationError(
            ngettext(
                "%(n)s note est déjà donnée : les critères ne changent plus.",
                "%(n)s notes sont déjà données : les critères ne changent plus.",
                n,
            )
            % {"n": n}
        )
    current.state = PREPARING
    current.version += 1
    current.save(update_fields=["state", "version"])
    record("priority.prepare", by=by, target=current, convention=current.convention)
    return current


def may_vote(user, voter: PriorityVoter) -> bool:
    """Its own account, while it is a member; or whoever leads the concertation, on its behalf."""
    convention = voter.session.convention
    if has_permission(user, Permission.CONCERTATION_EDIT, convention):
        return True
    return voter.user_id == user.pk and has_permission(user, Permission.CONVENTION_READ, convention)


@transaction.atomic
def vote(*, by, voter, marks: dict[tuple[int, int], int | None]) -> int:
    """Write the marks of one party, by (option, criterion); None takes one back. Return how many moved.

    Only the marks given are written, so that two people entering the ballots of two parties, or two
    halves of one, lose nothing; of the same mark, the last one stands.
    """
    if not may_vote(by, voter):
        raise PermissionDenied
    # Locked: a ballot never falls between the count of a close and its result.
    session = locked(voter.session, OPEN)
    options = set(session.options.values_list("pk", flat=True))
    criteria = set(session.criteria.values_list("pk", flat=True))
    held = {(one.option_id, one.criterion_id): one.score for one in PriorityVote.objects.filter(voter=voter)}
    moved = {cell: score for cell, score in marks.items() if held.get(cell) != score}
    for (option, criterion), score in moved.items():
        if option not in options or criterion not in criteria:
            raise ValidationError(_("Cette proposition ou ce critère n’est pas de ce vote."))
        if score is not None and not 0 <= score <= session.scale_max:
            raise ValidationError(
                _("%(score)s n’est pas une note de 0 à %(max)s.") % {"score": score, "max": session.scale_max}
            )
    PriorityVote.objects.bulk_create(
        [
            PriorityVote(
                option_id=option,
                criterion_id=criterion,
                voter=voter,
                score=score,
                by=by,
                at=timezone.now(),
            )
            for (option, criterion), score in moved.items()
            if score is not None
        ],
        update_conflicts=True,
        unique_fields=["option", "criterion", "voter"],
        update_fields=["score", "by", "at"],
    )
    for (option, criterion), score in moved.items():
        if score is None:
            PriorityVote.objects.filter(voter=voter, option=option, criterion=criterion).delete()
    if moved:
        # The party may be called by a person's name: the trail keeps its number alone.
        record(
            "priority.vote",
            by=by,
            target=session,
            convention=session.convention,
            after={"n_scores": len(moved), "voter": voter.pk},
        )
    return len(moved)


@transaction.atomic
def close_session(*, by, session, minutes: str) -> PrioritySession:
    """Freeze the ranking as it stands, with its minutes."""
    current = locked(session, OPEN)
    if not minutes.strip():
        raise ValidationError({"minutes": _("Écrivez le compte rendu : qui était là, ce qui a été dit.")})
    result = results.computed(current)
    if not result["n_complete"]:
        raise ValidationError(_("Aucun bulletin n’est complet : il n’y a pas de résultat à garder."))
    current.state, current.minutes, current.result = CLOSED, minutes, result
    current.closed_at = timezone.now()
    current.version += 1
    current.save(update_fields=["state", "minutes", "result", "closed_at", "version"])
    record(
        "priority.close",
        by=by,
        target=current,
        convention=current.convention,
        after={"n_complete": result["n_complete"], "n_voters": result["n_voters"]},
    )
    return current


@transaction.atomic
def reopen_session(*, by, session, reason: str) -> PrioritySession:
    """Take ballots again; what was written on the needs stays until a new result is applied."""
    current = locked(session, CLOSED)
    if not reason.strip():
        raise ValidationError({"reason": _("Dites pourquoi le vote est rouvert.")})
    current.state, current.result = OPEN, None
    current.closed_at = current.applied_at = None
    current.reopened_because = reason.strip()
    current.version += 1
    current.save()
    record(
        "priority.reopen",
        by=by,
        target=current,
        convention=current.convention,
        after={"reason": current.reopened_because},
    )
    return current


@transaction.atomic
def apply_result(
    *, by, session, states: dict[int, str], answers: dict[int, str], versions: dict[int, int | None]
) -> dict[str, int]:
    """Write on the needs what the table decided, by option; "" leaves one as it is. Return how many of each.

    A need that is put off gets an answer for residents, like any other that is. Nothing is written over
    what somebody saved since `versions`.
    """
    current = locked(session, CLOSED)
    written = {"n_kept": 0, "n_later": 0}
    options = {one.pk: one for one in current.options.exclude(need=None).select_related("need")}
    errors = []
    # In the order of the needs' keys, like every deed that locks several.
    for pk in sorted(states, key=lambda pk: options[pk].need_id if pk in options else 0):
        state = states[pk]
        if pk not in options or not state or options[pk].need.deleted_at:
            continue
        if state not in {Need.State.KEPT, Need.State.LATER}:
            raise ValidationError(_("Un vote retient un besoin, ou le remet à plus tard."))
        need = need_operations.locked(options[pk].need)
        if need.version != versions.get(pk):
            errors.append(
                _("« %(need)s » a changé entre-temps (%(state)s, « %(answer)s ») : relisez-le.")
                % {"need": need, "state": need.get_state_display(), "answer": need.public_answer or "–"}
            )
            continue
        answer = answers.get(pk, "").strip() or need.public_answer
        if state == Need.State.LATER and not answer:
            errors.append(
                _("« %(need)s » est remis à plus tard : dites pourquoi aux habitants.") % {"need": need}
            )
            continue
        need_operations.decided(need, state, answer, by=by)
        written["n_kept" if state == Need.State.KEPT else "n_later"] += 1
    if errors:
        raise ValidationError(errors)
    current.applied_at = timezone.now()
    current.save(update_fields=["applied_at"])
    record("priority.apply", by=by, target=current, convention=current.convention, after=written)
    return written


@transaction.atomic
def delete_session(*, by, session) -> None:
    current = locked(session)
    current.deleted_at = timezone.now()
    current.save(update_fields=["deleted_at"])
    record("priority.delete", by=by, target=current, convention=current.convention)


@transaction.atomic
def restore_session(*, by, session) -> None:
    current = PrioritySession.objects.select_for_update().get(pk=session.pk)
    if current.deleted_at is None:
        return
    current.deleted_at = None
    current.save(update_fields=["deleted_at"])
    record("priority.restore", by=by, target=current, convention=current.convention)
