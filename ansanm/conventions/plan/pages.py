"""What every page over the whole plan shows: its views, the filters they keep, the deed to take back."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.conventions.models import BulkEdit
from ansanm.conventions.plan.filters import PlanFilter
from ansanm.conventions.plan.operations import UNDO
from ansanm.conventions.plan.overview import Overview
from ansanm.conventions.views import context_of


def plan_views(slug, current, suffix="") -> list[dict]:
    """The ways to see the plan, each keeping the filters that hold."""
    made = [
        ("plan", _("Liste"), "list"),
        ("plan_board", _("Par état"), "desk"),
        ("plan_table", _("Tableau"), "table"),
        ("plan_calendar", _("Calendrier"), "calendar"),
        ("plan_timeline", _("Frise"), "line"),
        ("plan_map", _("Carte"), "map"),
        ("plan_pilots", _("Pilotes"), "people"),
        ("plan_tree", _("Enjeux et objectifs"), "steps"),
        ("plan_progress", _("Avancement"), "chart"),
        ("proposals", _("Propositions"), "edit"),
    ]
    return [
        {"name": name, "text": words, "icon": icon, "is_current": name == current}
        # Proposals have filters of their own.
        | {"url": reverse(name, args=[slug]) + (suffix if name != "proposals" else "")}
        for name, words, icon in made
    ]


def undoable(convention, user) -> BulkEdit | None:
    """The last deed on several fiches that this person may still take back."""
    last = (
        BulkEdit.objects.filter(convention=convention, by=user, at__gt=timezone.now() - UNDO)
        .order_by("-at", "-pk")
        .first()
    )
    # Only the last: an older one, undone under a newer, would surprise.
    if last is None or last.undone_at or not last.versions:
        return None
    last.until = last.at + UNDO
    last.n = len(last.versions)
    return last


def plan_context(request, view, **more):
    overview = more.pop("overview", None) or Overview(request.convention, request.user)
    filters = more.pop("filters", None) or PlanFilter(request.GET, overview)
    context = context_of(
        request,
        overview=overview,
        filters=filters,
        view=view,
        plan_views=plan_views(request.convention.slug, view, filters.suffix),
        **more,
    )
    if context["may_plan_edit"]:
        context["undo"] = undoable(request.convention, request.user)
    return context
