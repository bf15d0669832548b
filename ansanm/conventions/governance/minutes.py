"""The minutes of a meeting, item by item: each save is merged with what its author had read."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.governance.meeting_operations import on_agenda
from ansanm.conventions.models import AgendaItem, Meeting, MinutesRevision
from ansanm.engines.line_merging import Joined, merge_lines

MOST_CHARACTERS = 100_000


class Approved(Exception):
    """The minutes are approved: they no longer change."""


class MinutesConflict(Exception):
    """Two people changed the same lines. `joined` holds both texts, `current` the item as saved."""

    def __init__(self, current: AgendaItem, joined: Joined):
        super().__init__(current, joined)
        self.current, self.joined = current, joined


@dataclass(frozen=True)
class Saved:
    item: AgendaItem
    # Somebody had saved meanwhile: their lines are in the text too.
    was_joined: bool = False
    # Both had added something at one place: the order is to be read again.
    both_added: bool = False
    changed: bool = True


def clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def text_at(item: AgendaItem, version: int) -> str:
    """What the item held at that version; "" before the first."""
    if not version:
        return ""
    found = item.revisions.filter(version=version).values_list("text", flat=True).first()
    if found is None:
        raise ValidationError(_("Cette version n’existe pas\u00a0: rouvrez la page."))
    return found


@transaction.atomic
def save_minutes(*, by, item, base_version: int, text: str) -> Saved:
    """Save what was written on `base_version`, joined to what others saved since.

    Raises MinutesConflict, with nothing saved, when they changed the same lines otherwise.
    """
    meeting = Meeting.objects.select_for_update(of=("self",)).select_related("body").get(pk=item.meeting_id)
    if meeting.approved_on:
        raise Approved
    if meeting.state == Meeting.State.CANCELLED:
        raise ValidationError(_("Cette réunion est annulée\u00a0: elle n’a pas de compte rendu."))
    current = on_agenda(item)
    mine = clean(text)
    if len(mine) > MOST_CHARACTERS:
        raise ValidationError(
            {
                "text": _("Ce compte rendu est trop long\u00a0: %(n)s caractères au plus par point.")
                % {"n": MOST_CHARACTERS}
            }
        )
    if base_version == current.minutes_version:
        joined, result = None, mine
    else:
        joined = merge_lines(text_at(current, base_version), mine, current.minutes)
        if joined.conflicts:
            raise MinutesConflict(current, joined)
        result = joined.text
    if result == current.minutes:
        return Saved(current, was_joined=joined is not None, changed=False)
    current.minutes = result
    current.minutes_version += 1
    current.save(update_fields=["minutes", "minutes_version"])
    MinutesRevision.objects.create(item=current, version=current.minutes_version, text=result, by=by)
    record(
        "minutes.save",
        by=by,
        target=meeting,
        convention=meeting.body.convention,
        after={"item": current.title, "minutes_version": current.minutes_version},
    )
    return Saved(current, was_joined=joined is not None, both_added=bool(joined and joined.both_added))
