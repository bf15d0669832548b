"""The deeds on a saved simulation: keep, change, share by a link, put in the bin, take out."""

from __future__ import annotations

import hashlib
import secrets

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.funding.models import Scenario
from ansanm.territories.versions import StaleVersion

# Enough for anyone, and the list stays one that is read.
MOST_SCENARIOS = 100
MOST_IN_BIN = 20
TOKEN_BYTES = 32


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def shared(token: str) -> Scenario | None:
    """Return the simulation that a link opens. Found by its hash: how long that takes tells nothing."""
    return Scenario.objects.standing().select_related("territory").filter(token_sha256=digest(token)).first()


@transaction.atomic
def save_scenario(*, by, title, kind, inputs, territory=None) -> Scenario:
    if by.scenarios.standing().count() >= MOST_SCENARIOS:
        told = _("Vous gardez déjà %(n)s simulations\u00a0: mettez-en à la corbeille.")
        raise ValidationError({"title": told % {"n": MOST_SCENARIOS}})
    scenario = Scenario(owner=by, title=title.strip(), kind=kind, inputs=inputs, territory=territory)
    scenario.full_clean(exclude=["owner", "inputs"])
    scenario.save()
    record("scenario.save", by=by, target=scenario, after={"kind": kind, "inputs": inputs})
    return scenario


@transaction.atomic
def update_scenario(*, by, scenario, base_version, title, inputs, territory=None) -> Scenario:
    """Save if nobody did since `base_version`, else raise StaleVersion with what stands."""
    current = _own(scenario, by)
    if current.version != base_version:
        raise StaleVersion(current)
    before = {"title": current.title, "inputs": current.inputs}
    after = {"title": title.strip(), "inputs": inputs}
    if before == after and current.territory_id == (territory.pk if territory else None):
        return current
    current.title, current.inputs, current.territory = title.strip(), inputs, territory
    current.version += 1
    current.full_clean(exclude=["owner", "inputs"])
    current.save()
    record("scenario.update", by=by, target=current, before=before, after=after)
    return current


@transaction.atomic
def share_scenario(*, by, scenario) -> str:
    """Return the secret of a new link, told this once; a former link is dead from now on."""
    current = _own(scenario, by)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    current.token_sha256, current.shared_at = digest(token), timezone.now()
    current.save(update_fields=["token_sha256", "shared_at"])
    record("scenario.share", by=by, target=current)
    return token


@transaction.atomic
def unshare_scenario(*, by, scenario) -> Scenario:
    current = _own(scenario, by)
    if current.token_sha256 is not None:
        current.token_sha256 = current.shared_at = None
        current.save(update_fields=["token_sha256", "shared_at"])
        record("scenario.unshare", by=by, target=current)
    return current


@transaction.atomic
def delete_scenario(*, by, scenario) -> Scenario:
    """Put it in its owner's bin: nobody reads it any more, and its link opens nothing."""
    current = _own(scenario, by)
    current.deleted_at = timezone.now()
    # Taken out of the bin, it is its owner's alone again.
    current.token_sha256 = current.shared_at = None
    current.save(update_fields=["deleted_at", "token_sha256", "shared_at"])
    for old in by.scenarios.filter(deleted_at__isnull=False).order_by("-deleted_at")[MOST_IN_BIN:]:
        old.delete()
    record("scenario.delete", by=by, target=current)
    return current


@transaction.atomic
def restore_scenario(*, by, scenario) -> Scenario:
    current = _own(scenario, by, is_binned=True)
    current.deleted_at = None
    current.save(update_fields=["deleted_at"])
    record("scenario.restore", by=by, target=current)
    return current


def _own(scenario, by, *, is_binned=False) -> Scenario:
    current = Scenario.objects.select_for_update().get(pk=scenario.pk)
    if current.owner_id != by.pk or (current.deleted_at is not None) != is_binned:
        raise PermissionDenied
    return current
