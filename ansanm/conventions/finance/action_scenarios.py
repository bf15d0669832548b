"""The deeds on the simulations of a fiche: bring a copy of one's own, take it away."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import Action, ActionScenario
from ansanm.funding.models import Scenario

MOST_ON_ONE_ACTION = 10


@transaction.atomic
def attach_scenario(*, by, action, scenario: Scenario) -> ActionScenario:
    """Copy what a simulation of `by` asks beside a fiche, where all its members read it."""
    if scenario.owner_id != by.pk or scenario.deleted_at is not None:
        raise PermissionDenied
    # Two who bring the same at once: the second waits, then is told.
    action = Action.objects.select_for_update(of=("self",)).get(pk=action.pk)
    standing = action.simulations.standing()
    if any(one.inputs == scenario.inputs and one.title == scenario.title for one in standing):
        raise ValidationError(_("Cette simulation est déjà jointe, telle qu’elle est."))
    if len(standing) >= MOST_ON_ONE_ACTION:
        told = _("Cette fiche a déjà %(n)s simulations\u00a0: retirez-en une.")
        raise ValidationError(told % {"n": MOST_ON_ONE_ACTION})
    attached = ActionScenario.objects.create(
        action=action, title=scenario.title, kind=scenario.kind, inputs=scenario.inputs, attached_by=by
    )
    record(
        "scenario.attach",
        by=by,
        target=attached,
        convention=action.convention,
        after={"action": action.pk, "kind": scenario.kind, "inputs": scenario.inputs},
    )
    return attached


@transaction.atomic
def remove_scenario(*, by, attached: ActionScenario) -> ActionScenario:
    """Take it away from the fiche; its line stays, so that the journal still says what it was."""
    current = ActionScenario.objects.select_for_update().get(pk=attached.pk)
    if current.removed_at is None:
        current.removed_at, current.removed_by = timezone.now(), by
        current.save(update_fields=["removed_at", "removed_by"])
        record(
            "scenario.detach",
            by=by,
            target=current,
            convention=current.action.convention,
            before={"action": current.action_id},
        )
    return current
