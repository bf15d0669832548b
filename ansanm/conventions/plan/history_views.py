"""What a fiche was: who changed what and when, two versions side by side, and the way back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.plan import operations, wording
from ansanm.conventions.plan.fiche_views import find_action, tell
from ansanm.conventions.views import context_of, find

PER_PAGE = 20
ORIGINS = {
    "create": gettext_lazy("a ouvert la fiche"),
    "edit": gettext_lazy("a modifié la fiche"),
    "merge": gettext_lazy("a modifié la fiche, en même temps que quelqu’un d’autre"),
    "proposal": gettext_lazy("a accepté une proposition"),
    "restore": gettext_lazy("a repris une version d’avant"),
    "bulk": gettext_lazy("a modifié plusieurs fiches à la fois"),
    "import": gettext_lazy("a importé la fiche"),
    "contributor": gettext_lazy("a contribué par un lien personnel"),
}


def author_of(revision) -> str:
    if revision.by:
        return str(revision.by)
    return revision.by_name or _("Compte supprimé")


def told(revisions, words) -> list[dict]:
    """Each revision with what it changed of the one before; `revisions` from the last to the first."""
    rows = []
    for revision, before in zip(revisions, [*revisions[1:], None], strict=True):
        rows.append(
            {
                "revision": revision,
                "author": author_of(revision),
                "deed": ORIGINS.get(revision.origin, ORIGINS["edit"]),
                "differences": words.differences(before.content, revision.content) if before else [],
            }
        )
    return rows


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def action_history(request, slug, pk):
    action = find_action(request, pk)
    revisions = action.revisions.select_related("by")
    page = Paginator(revisions, PER_PAGE).get_page(request.GET.get("page"))
    # One more than shown, to tell what the oldest of the page changed.
    first = page.start_index() - 1
    window = list(revisions[first : first + PER_PAGE + 1])
    rows = told(window, wording.Words(request.convention))[: len(page)]
    return render(
        request, "conventions/plan/history.html", context_of(request, action=action, page=page, rows=rows)
    )


def version_asked(request, action, name, default):
    asked = request.GET.get(name, "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else default
    return get_object_or_404(action.revisions.select_related("by"), version=number)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def action_compare(request, slug, pk):
    """Two versions, the older first, whichever was asked first."""
    action = find_action(request, pk)
    chosen = [
        version_asked(request, action, "de", max(1, action.version - 1)),
        version_asked(request, action, "a", action.version),
    ]
    older, newer = sorted(chosen, key=lambda one: one.version)
    return render(
        request,
        "conventions/plan/compare.html",
        context_of(
            request,
            action=action,
            older=older,
            newer=newer,
            authors=(author_of(older), author_of(newer)),
            differences=wording.Words(request.convention).differences(older.content, newer.content),
            is_current=newer.version == action.version and older.version != newer.version,
        ),
    )


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def action_restore(request, slug, pk):
    action = find_action(request, pk)
    version = get_object_or_404(action.revisions, version=number_of(request, "version"))
    base = get_object_or_404(action.revisions, version=number_of(request, "base_version"))
    try:
        saved = operations.restore_revision(
            by=request.user, action=action, version=version.version, base_version=base.version
        )
    except operations.MergeConflict:
        messages.warning(
            request,
            _(
                "La fiche vient de changer, rien n’a été repris\u00a0: comparez de nouveau avec la version "
                "d’aujourd’hui."
            ),
        )
        return redirect("action_history", slug, pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("action_history", slug, pk)
    tell(request, saved, base.version)
    return redirect(action)


def number_of(request, name) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0
