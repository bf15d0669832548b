"""The deeds on a saved view of the explorer: keep, change, put in the bin, take out. All are its owner's.

They lock in one order: the convention, the person, the view, then the audit trail.
"""

from copy import copy

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.accounts.models import User
from ansanm.conventions.models import SavedView
from ansanm.conventions.operations import lock

# Enough for anyone, and the panel of the explorer stays a list one reads.
MOST_VIEWS = 100
# Older ones leave the bin for good.
MOST_IN_BIN = 20


@transaction.atomic
def save_view(*, by, name, query, convention=None):
    """Keep the question `query`, as the explorer writes it, for `by` and for who works on `convention`."""
    lock_convention(convention, by)
    lock_views(by)
    refuse_too_many(by)
    view = SavedView(owner=by, name=name, query=query, convention=convention)
    view.full_clean()
    view.save()
    record("view.save", by=by, target=view, after={"view_name": name, "query": query})
    if convention is not None:
        record("view.share", by=by, target=view, convention=convention, after={"view_name": name})
    return view


@transaction.atomic
def change_view(*, by, view, name, convention):
    """Rename the view and show it to those who have a role on `convention`; None: to its owner alone."""
    lock_convention(convention, by)
    former = own(view, by)
    view = copy(former)
    view.name, view.convention = name, convention
    is_moved = view.convention_id != former.convention_id
    if not is_moved and name == former.name:
        return view
    view.full_clean()
    view.save(update_fields=["name", "convention"])
    # Each convention has its own journal, told neither the name a view had before nor the one it takes after.
    if is_moved and former.convention:
        record("view.unshare", by=by, target=former, convention=former.convention)
    if name != former.name:
        record(
            "view.rename",
            by=by,
            target=view,
            convention=None if is_moved else convention,
            before={"view_name": former.name},
            after={"view_name": name},
        )
    if is_moved and convention:
        record("view.share", by=by, target=view, convention=convention, after={"view_name": name})
    return view


@transaction.atomic
def delete_view(*, by, view):
    """Put the view in its owner's bin: nobody reads it any more, and it comes back as it was."""
    view = own(view, by)
    view.deleted_at = timezone.now()
    view.save(update_fields=["deleted_at"])
    for old in by.saved_views.in_bin()[MOST_IN_BIN:]:
        old.delete()
    record("view.delete", by=by, target=view, convention=view.convention, before={"view_name": view.name})
    return view


@transaction.atomic
def restore_view(*, by, view):
    """Take the view out of the bin, shared again as it was while its owner still works there."""
    view = own(view, by, is_deleted=True)
    refuse_too_many(by)
    view.deleted_at = None
    view.full_clean()
    view.save(update_fields=["deleted_at"])
    record("view.restore", by=by, target=view, convention=view.convention, after={"view_name": view.name})
    return view


def own(view, user, *, is_deleted=False) -> SavedView:
    """The view as it is now, locked; somebody else's is refused."""
    if view.owner_id != user.pk:
        raise PermissionDenied
    lock_views(user)
    return SavedView.objects.get(pk=view.pk, deleted_at__isnull=not is_deleted)


def lock_views(user):
    # Two views saved at the same second must not both find their name free. The key stays open to
    # foreign keys: a role being given to this person does not wait.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def lock_convention(convention, user):
    # Whoever is being taken off the convention shares nothing with it any more.
    if convention is not None:
        lock(convention)
        if not convention.roles_of(user):
            raise PermissionDenied


def refuse_too_many(user):
    if user.saved_views.shown().count() >= MOST_VIEWS:
        raise ValidationError(
            _("Vous avez déjà %(n)d vues\u00a0: supprimez-en une d’abord.") % {"n": MOST_VIEWS}
        )
