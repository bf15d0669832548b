"""What the bodies decided about a fiche, for its page."""

from django.utils import timezone

from ansanm.conventions.governance.agenda import is_late
from ansanm.conventions.models import Decision


def decisions_about(action) -> list[Decision]:
    """Those that name it: open ones first."""
    found = list(action.decisions.select_related("meeting__body__convention").order_by("-number"))
    today = timezone.localdate()
    for one in found:
        one.late = is_late(one, today)
    return sorted(found, key=lambda one: one.state not in (Decision.State.TO_DO, Decision.State.STARTED))
