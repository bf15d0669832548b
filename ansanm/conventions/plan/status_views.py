"""The board: the actions by state, moved by buttons; what the other house owns becomes a proposal."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Action, Status
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.pages import plan_context
from ansanm.conventions.plan.progress import Rate
from ansanm.conventions.views import context_of, find
from ansanm.ui.formats import listed_apart, quoted

COLUMNS = (
    Status.TO_DISCUSS,
    Status.PLANNED,
    Status.STARTED,
    Status.PAUSED,
    Status.DONE,
    Status.ABANDONED,
)
# One press for the usual next step; the page of the card offers the others.
NEXT = {
    Status.TO_DISCUSS: Status.PLANNED,
    Status.PLANNED: Status.STARTED,
    Status.STARTED: Status.DONE,
    Status.PAUSED: Status.STARTED,
}
DEEDS = {
    Status.PLANNED: gettext_lazy("Retenir"),
    Status.STARTED: gettext_lazy("Lancer"),
    Status.DONE: gettext_lazy("Marquer réalisée"),
}
# A card is read on the way to its fiche: beyond, the list does it better.
PER_COLUMN = 60


def find_action(request, pk) -> Action:
    return get_object_or_404(request.convention.actions.standing(), pk=pk)


def tell(request, saved: operations.Saved, done: str) -> None:
    """Say what was written, what was joined, and what waits for the other house."""
    if saved.proposals:
        houses = {one.get_to_house_display() for one in saved.proposals}
        messages.info(
            request,
            _("%(title)s : la modification est proposée à la maison qui en décide (%(house)s).")
            % {"title": quoted(saved.action.title), "house": listed_apart(sorted(houses))},
        )
    else:
        messages.success(request, done)
    if saved.joined:
        messages.info(request, _("Quelqu’un avait modifié la fiche entre-temps : les deux sont gardés."))


def moved_meanwhile(request, conflict: operations.MergeConflict) -> None:
    messages.warning(
        request,
        _("%(title)s : quelqu’un a changé la même chose entre-temps. Rien n’a été modifié.")
        % {"title": quoted(conflict.action.title)},
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def board(request, slug):
    context = plan_context(request, "plan_board")
    found = context["filters"].found()
    total = len(context["overview"].actions)
    context |= {
        "n_found": len(found),
        "columns": [
            {
                "status": status.value,
                "label": str(status.label),
                "rate": Rate(len(held), total, ""),
                "cards": held[:PER_COLUMN],
                "n_more": max(0, len(held) - PER_COLUMN),
                "next": NEXT.get(status, ""),
                "deed": DEEDS[NEXT[status]] if status in NEXT else "",
            }
            for status in COLUMNS
            for held in [[one for one in found if one.status == status]]
        ],
    }
    return render(request, "conventions/plan/board.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def move(request, slug):
    """One card to its usual next state: « 12:3:started » is the fiche, the version seen, the state."""
    pk, version, status = (request.POST.get("move", "").split(":") + ["", "", ""])[:3]
    if not (pk.isdecimal() and version.isdecimal() and status in Status.values):
        messages.error(request, _("Ce bouton n’existe plus : la page a changé. Rien n’a été modifié."))
        return redirect("plan_board", slug)
    action = find_action(request, pk)
    back = board_of(request, slug, action)
    try:
        saved = operations.update_action(
            by=request.user, action=action, base_version=int(version), status=status
        )
    except operations.MergeConflict as conflict:
        moved_meanwhile(request, conflict)
    except (ValidationError, operations.ActionRevision.DoesNotExist):
        # A pause needs its reason: the page of the card asks for it.
        return redirect(reverse("plan_status", args=[slug, action.pk]) + f"?status={status}")
    else:
        tell(request, saved, _("%(title)s : l’état est « %(status)s ».") % {
            "title": quoted(action.title), "status": Status(status).label,
        })  # fmt: skip
    return redirect(back)


def board_of(request, slug, action) -> str:
    query = request.POST.get("query", "")
    return reverse("plan_board", args=[slug]) + (f"?{query}" if query else "") + f"#action-{action.pk}"


class StatusForm(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("État"), choices=Status.choices, widget=forms.RadioSelect, required=True
    )
    status_reason = forms.CharField(
        label=gettext_lazy("Motif"),
        help_text=gettext_lazy(
            "Demandé pour une pause ou un abandon\u202f; l’autre maison et le comité le lisent."
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def status(request, slug, pk):
    """The state of one fiche, any of the six, with its reason."""
    action = find_action(request, pk)
    asked = request.GET.get("status", "")
    form = StatusForm(
        request.POST if request.method == "POST" else None,
        initial={
            "status": asked if asked in Status.values else action.status,
            "status_reason": action.status_reason,
            "version": action.version,
        },
    )
    conflict = None
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("status", "status_reason")}
        try:
            saved = operations.update_action(
                by=request.user, action=action, base_version=form.cleaned_data["version"], **wanted
            )
        except operations.MergeConflict as found:
            conflict = found
            form = StatusForm(initial=wanted | {"version": found.action.version})
        except ValidationError as error:
            with_errors(form, error)
        except operations.ActionRevision.DoesNotExist as unknown:
            raise Http404 from unknown
        else:
            tell(request, saved, _("%(title)s : l’état est « %(status)s ».") % {
                "title": quoted(action.title), "status": Status(wanted["status"]).label,
            })  # fmt: skip
            return redirect(reverse("plan_board", args=[slug]) + f"#action-{action.pk}")
    context = context_of(request, action=action, form=form, conflict=conflict, here=_("Changer l’état"))
    return render(
        request,
        "conventions/plan/status_form.html",
        context,
        status=409 if conflict else 422 if form.errors else 200,
    )
