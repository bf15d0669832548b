"""The plan as a table: a cell written in place, many fiches at once, the bin, and the way back."""

from collections import Counter

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.models import Action
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.houses import owner_of
from ansanm.conventions.plan.one_field import BULK, CELLS, OneFieldForm, initial_of, value_of
from ansanm.conventions.plan.overview import Overview
from ansanm.conventions.plan.pages import plan_context
from ansanm.conventions.plan.status_views import find_action, tell
from ansanm.conventions.plan.wording import Words, label_of
from ansanm.conventions.views import context_of, find
from ansanm.ui.formats import listed_apart, quoted

PER_PAGE = 40
# The others are one press away: all of them would weigh a page of 200 kB.
FIRST_COLUMNS = ["status", "is_priority", "lead_house", "pilot", "starts", "ends", "themes", "node"]
# A bulk edit reads and writes each fiche in one transaction: some tens of a second for these.
MOST_AT_ONCE = 300


class HeldWords(Words):
    """The words of an overview's own lists, which are read already."""

    def __init__(self, overview):
        super().__init__(overview.convention)
        # They shadow the cached properties: no query.
        self.nodes = {pk: " › ".join(map(str, overview.path(pk))) for pk in overview.nodes}
        self.themes = {theme.slug: theme.label for theme in overview.themes}


def cell_words(words: Words, action, name) -> str:
    if name == "pilot":
        return action.pilot.name if action.pilot else ""
    return words.value(name, value_of(action, name))


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def table(request, slug):
    context = plan_context(request, "plan_table")
    found = context["filters"].found()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    words = HeldWords(context["overview"])
    is_wide = request.GET.get("columns") == "all"
    names = [name for name in CELLS if name not in {"title", "number"}] if is_wide else FIRST_COLUMNS
    context |= {
        "n_found": len(found),
        "page": page,
        "is_wide": is_wide,
        "page_query": context["filters"].page_query + ("columns=all&" if is_wide else ""),
        "columns": [(name, label_of(name)) for name in names],
        "rows": [
            {
                "action": action,
                "cells": [(name, cell_words(words, action, name)) for name in names],
            }
            for action in page
        ],
    }
    return render(request, "conventions/plan/table.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def cell(request, slug, pk, field):
    """One field of one fiche: a cell of the table for htmx, a page of its own otherwise."""
    if field not in CELLS:
        raise Http404(f"No such cell: {field}")
    action = find_action(request, pk)
    overview = Overview(request.convention, request.user)
    version, conflict = action.version, None
    initial = {"status_reason": action.status_reason}
    form = OneFieldForm(
        request.POST if request.method == "POST" else None,
        name=field,
        overview=overview,
        value=initial_of(action, field),
        initial=initial,
        auto_id=f"id_{pk}_{field}_%s",
    )
    if request.method == "POST":
        seen = request.POST.get("version", "")
        version = int(seen) if seen.isdecimal() else 0
        if form.is_valid():
            try:
                saved = operations.update_action(
                    by=request.user, action=action, base_version=version, **form.changes
                )
            except operations.MergeConflict as found:
                conflict, version = found, found.action.version
            except ValidationError as error:
                with_errors_on_value(form, error)
            except operations.ActionRevision.DoesNotExist as unknown:
                raise Http404 from unknown
            else:
                return written(request, action, field, saved, overview)
    words = HeldWords(overview)
    context = context_of(
        request,
        action=action,
        field=field,
        label=label_of(field),
        form=form,
        version=version,
        theirs=words.value(field, conflict.conflicts[field].theirs or "")
        if conflict and field in conflict.conflicts
        else None,
        conflict=conflict,
        owner=owner_of(field, action.lead_house, request.convention),
        here=label_of(field),
    )
    status = 409 if conflict else 422 if form.errors else 200
    if request.htmx:
        # The keyboard follows into the cell.
        form.fields["value"].widget.attrs["autofocus"] = True
        # htmx only puts in the page what comes with a 2xx.
        return render(request, "conventions/plan/parts/cell_form.html", context)
    return render(request, "conventions/plan/cell.html", context, status=status)


def with_errors_on_value(form, error: ValidationError):
    """What the fiche refused, beside the only field there is."""
    for field, found in getattr(error, "error_dict", {None: error}).items():
        form.add_error(field if field in form.fields else "value", found)


def written(request, action, field, saved, overview):
    action.refresh_from_db()
    if not request.htmx:
        done = _("%(title)s : %(field)s enregistré.") % {
            "title": quoted(action.title),
            "field": label_of(field).lower(),
        }
        tell(request, saved, done)
        return redirect(reverse("plan_table", args=[action.convention.slug]) + f"#action-{action.pk}")
    context = context_of(
        request,
        action=action,
        name=field,
        words=cell_words(HeldWords(overview), action, field),
        label=label_of(field),
        proposed=bool(saved.proposals),
        is_written=True,
    )
    return render(request, "conventions/plan/parts/cell.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@require_safe
def cell_back(request, slug, pk, field):
    """The cell as it is kept: what « Annuler » puts back."""
    if field not in CELLS:
        raise Http404(f"No such cell: {field}")
    action = find_action(request, pk)
    if not request.htmx:
        return redirect("plan_table", slug)
    overview = Overview(request.convention, request.user)
    return render(
        request,
        "conventions/plan/parts/cell_alone.html",
        context_of(
            request,
            action=action,
            name=field,
            label=label_of(field),
            words=cell_words(HeldWords(overview), action, field),
            is_back=True,
        ),
    )


class FieldChoice(forms.Form):
    field = forms.ChoiceField(label=gettext_lazy("Champ à modifier"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = [(name, label_of(name)) for name in BULK]


def selected(request) -> dict[int, int]:
    """{fiche: version seen} of the boxes that were ticked, those of this convention alone."""
    wanted = {}
    for one in request.POST.getlist("selected")[:MOST_AT_ONCE]:
        pk, _colon, version = one.partition(":")
        if pk.isdecimal() and version.isdecimal():
            wanted[int(pk)] = int(version)
    there = request.convention.actions.standing().filter(pk__in=wanted).values_list("pk", flat=True)
    return {pk: wanted[pk] for pk in there}


def back_to_table(request, slug):
    """To the table with the filters it had."""
    query = request.POST.get("query", "")
    return redirect(reverse("plan_table", args=[slug]) + (f"?{query}" if query else ""))


def nothing_selected(request, slug):
    messages.error(request, _("Cochez au moins une action du tableau. Rien n’a été modifié."))
    return back_to_table(request, slug)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def bulk(request, slug):
    """Choose a field and a value for the fiches ticked, see what would change, then write all or none."""
    versions = selected(request)
    if not versions:
        return nothing_selected(request, slug)
    overview = Overview(request.convention, request.user)
    chosen = [one for one in overview.actions if one.pk in versions]
    step, field = request.POST.get("step", ""), request.POST.get("field", "")
    context = context_of(request, chosen=chosen, versions=versions, here=_("Modifier plusieurs fiches"))
    context["ticked"] = [f"{pk}:{version}" for pk, version in versions.items()]
    context["query"] = request.POST.get("query", "")
    if field not in BULK:
        context["choice"] = FieldChoice()
        return render(request, "conventions/plan/bulk.html", context)
    form = OneFieldForm(request.POST if step in {"preview", "write"} else None, name=field, overview=overview)
    words = HeldWords(overview)
    context |= {"field": field, "label": label_of(field), "form": form}
    if form.is_bound and form.is_valid():
        if step == "write":
            try:
                _bulk, saved = operations.bulk_update(
                    by=request.user, convention=request.convention, base_versions=versions, **form.changes
                )
            except operations.MergeConflict as conflict:
                form.add_error(None, _("%(title)s a changé entre-temps : aucune fiche n’a été modifiée. Reprenez depuis le tableau.") % {"title": quoted(conflict.action.title)})  # fmt: skip  # noqa: E501 (one sentence, one message)
            except ValidationError as error:
                with_errors_on_value(form, error)
            else:
                tell_bulk(request, saved)
                return back_to_table(request, slug)
        if form.is_valid():
            preview = previewed(chosen, form, words, overview)
            # Where nothing would change there is nothing to confirm.
            if preview["n_changed"] or preview["n_proposed"]:
                return render(request, "conventions/plan/bulk_preview.html", context | preview)
            form.add_error("value", _("Ces fiches ont déjà cette valeur."))
    context["current"] = Counter(cell_words(words, one, field) or "–" for one in chosen).most_common(6)
    return render(
        request, "conventions/plan/bulk.html", context, status=422 if form.is_bound and form.errors else 200
    )


def previewed(chosen, form, words, overview) -> dict:
    """Fiche by fiche: what would be written, proposed to the other house, or stays."""
    name, changes = form.name, form.changes
    value = changes[name]
    rows = []
    for action in chosen:
        was = value_of(action, name)
        if set(was) == set(value) if isinstance(value, list) else was == value:
            rows.append((action, cell_words(words, action, name), "same"))
            continue
        owner = owner_of(name, action.lead_house, overview.convention)
        fate = "written" if owner in {"shared", overview.house} else "proposed"
        rows.append((action, cell_words(words, action, name), fate))
    fates = Counter(fate for _action, _words, fate in rows)
    if name == "pilot":
        after = words.actors.get(value, "") if value else ""
    else:
        after = words.value(name, value)
    return {
        "preview": rows,
        "after": after,
        "n_changed": fates["written"],
        "n_proposed": fates["proposed"],
        "n_same": fates["same"],
    }


def tell_bulk(request, saved):
    n_written = sum(1 for one in saved if not one.proposals)
    n_proposed = len(saved) - n_written
    said = [
        ngettext("%(n)s fiche modifiée", "%(n)s fiches modifiées", n_written) % {"n": n_written},
        ngettext(
            "%(n)s proposition faite à l’autre maison",
            "%(n)s propositions faites à l’autre maison",
            n_proposed,
        )
        % {"n": n_proposed},
    ]
    messages.success(request, listed_apart(said if n_proposed else said[:1]) + ".")


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def delete(request, slug):
    """Show what would go to the bin, then put it there."""
    versions = selected(request)
    if not versions:
        return nothing_selected(request, slug)
    chosen = list(request.convention.actions.standing().filter(pk__in=versions))
    if request.POST.get("step") == "write":
        operations.delete_actions(by=request.user, convention=request.convention, actions=chosen)
        return back_to_table(request, slug)
    context = context_of(request, chosen=chosen, here=_("Mettre à la corbeille"))
    context["ticked"] = [f"{pk}:{version}" for pk, version in versions.items()]
    context["query"] = request.POST.get("query", "")
    return render(request, "conventions/plan/delete.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def undo(request, slug, pk):
    deed = get_object_or_404(request.convention.bulk_edits, pk=pk)
    try:
        left = operations.undo_bulk(by=request.user, bulk=deed)
    except operations.TooLate:
        messages.error(
            request,
            _("Il est trop tard pour annuler : passez par l’historique de la fiche, ou par la corbeille."),
        )
    else:
        messages.success(request, _("C’est annulé."))
        if left:
            titles = listed_apart(quoted(one.title) for one in left)
            messages.warning(
                request,
                _("Changées depuis, ces fiches sont restées comme elles sont : %(titles)s.")
                % {"titles": titles},
            )
    return redirect("plan_table", slug)


@requires(Permission.PLAN_EDIT, on=find)
@require_safe
def bin(request, slug):
    binned = list(request.convention.actions.binned().select_related("deleted_by").order_by("-deleted_at"))
    now = timezone.now()
    for action in binned:
        action.gone_at = action.deleted_at + operations.BIN
        action.days_left = max(0, (action.gone_at - now).days)
    context = plan_context(
        request, "plan_bin", binned=binned, n_days=operations.BIN.days, here=_("Corbeille")
    )
    return render(request, "conventions/plan/bin.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def restore(request, slug, pk):
    action = get_object_or_404(Action.objects.binned().filter(convention=request.convention), pk=pk)
    with transaction.atomic():
        try:
            operations.restore_action(by=request.user, action=action)
        except operations.TooLate:
            messages.error(
                request, _("Cette fiche est à la corbeille depuis plus de 30 jours : elle ne revient plus.")
            )
            return redirect("plan_bin", slug)
    messages.success(request, _("%(title)s est de retour dans le plan.") % {"title": quoted(action.title)})
    return redirect("plan_bin", slug)
