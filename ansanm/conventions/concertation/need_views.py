"""Needs and assets: the list, the page of one with its thread, and what is done to it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.models import AuditEntry
from ansanm.accounts.permissions import Permission
from ansanm.conventions import history
from ansanm.conventions.concertation import deeds, need_operations, thread
from ansanm.conventions.concertation.need_exports import exported
from ansanm.conventions.concertation.need_forms import (
    ActionForm,
    CiteForm,
    DecisionForm,
    LevelForm,
    LinksForm,
    MergeForm,
    NeedForm,
    SourcesForm,
    initial_of,
)
from ansanm.conventions.concertation.need_list import NeedFilter, needs_of
from ansanm.conventions.concertation.pages import concertation_context
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Need
from ansanm.conventions.views import find
from ansanm.territories.names import search_key
from ansanm.territories.versions import StaleVersion
from ansanm.ui.downloads import attached
from ansanm.ui.formats import listed_apart, quoted
from ansanm.ui.limits import limited

PER_PAGE = 50
MOST_SHOWN = 200
form_methods = require_http_methods(["GET", "HEAD", "POST"])


def find_need(request, pk) -> Need:
    return get_object_or_404(request.convention.needs.standing().select_related("convention"), pk=pk)


def context_of_need(request, need, here, **more):
    return concertation_context(
        request,
        "needs",
        need=need,
        here=here,
        parent=need.title,
        parent_url=reverse("need", args=[request.convention.slug, need.pk]),
        **more,
    )


def posted(request):
    return request.POST if request.method == "POST" else None


def answered(request, template, context, *, stale=None):
    form = context.get("form")
    wrong = form is not None and form.is_bound and form.errors
    return render(request, template, context, status=409 if stale is not None else 422 if wrong else 200)


def ticked(names) -> set[int]:
    # A contact has sixteen digits; more than eighteen are no row of the database.
    return {int(one) for one in names if one.isdecimal() and len(one) < 19}


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def needs(request, slug):
    held = needs_of(request.convention)
    filters = NeedFilter(request.GET, held)
    found = filters.found()
    context = concertation_context(
        request,
        "needs",
        here=_("Besoins et atouts"),
        filters=filters,
        n_found=len(found),
        page=Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        n_needs=sum(one.kind == Need.Kind.NEED for one in held),
        n_assets=sum(one.kind == Need.Kind.ASSET for one in held),
        n_decided=sum(one.state != Need.State.DRAFT for one in held),
        n_binned=request.convention.needs.filter(deleted_at__isnull=False, merged_into=None).count(),
        n_contributions=request.convention.contributions.shown().count(),
    )
    return render(request, "conventions/concertation/needs.html", context)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def export(request, slug, format):
    if format not in {"xlsx", "csv"}:
        raise Http404(f"No such format: {format}")
    filters = NeedFilter(request.GET, needs_of(request.convention))
    filtered = listed_apart(filters.words(name, value) for name, value in filters.narrowing.items())
    content = exported(request.convention, filters.found(), format, filtered=filtered, total=filters.n_total)
    return attached(content, f"{slug}-besoins.{format}")


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def need(request, slug, pk):
    found = get_object_or_404(request.convention.needs.select_related("convention", "merged_into"), pk=pk)
    if found.deleted_at:
        if found.merged_into and not found.merged_into.deleted_at:
            return redirect("need", slug, found.merged_into.pk)
        raise Http404
    context = concertation_context(
        request,
        "needs",
        need=found,
        here=found.title,
        parent=_("Besoins et atouts"),
        parent_url=reverse("needs", args=[slug]),
        state_kind=thread.STATE_KINDS[Need.State(found.state)],
        thread=thread.of_need(found),
        merged=found.merged.all(),
    )
    if context["may_audit_read"]:
        entries = AuditEntry.objects.for_convention(request.convention).filter(
            target_key=f"conventions.need:{found.pk}"
        )
        context["changes"] = history.told(entries.select_related("actor")[:10])
    return render(request, "conventions/concertation/need.html", context)


def contributions_asked(request):
    """Those the address or the form chooses, if moderation kept them."""
    sent = request.POST
    # « row »: those ticked in the list of contributions.
    asked = ticked(sent.getlist("contribution") or sent.getlist("row") or request.GET.getlist("contribution"))
    return list(
        request.convention.contributions.shown()
        .filter(pk__in=asked)
        .select_related("place")
        .prefetch_related("themes")
    )


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_new(request, slug):
    """A need written from chosen contributions (?contribution=12&contribution=15), or from none yet."""
    chosen = contributions_asked(request)
    initial = {
        "kind": Need.Kind.NEED,
        # What they were about is where one starts from.
        "themes": sorted({theme.slug for one in chosen for theme in one.themes.all()}),
        "places": sorted({f"{one.place.level}:{one.place.code}" for one in chosen if one.place}),
    }
    # « start »: the list of contributions opens the form, which nobody has filled yet.
    sent = None if "start" in request.POST else posted(request)
    form = NeedForm(sent, convention=request.convention, initial=initial, chosen=initial["places"])
    if sent is not None and form.is_valid():
        made = need_operations.add_need(
            by=request.user, convention=request.convention, contributions=chosen, **form.facts
        )
        messages.success(request, _("%(name)s est écrit.") % {"name": quoted(made.title)})
        return redirect("need", slug, made.pk)
    context = concertation_context(
        request,
        "needs",
        form=form,
        chosen=chosen,
        here=_("Écrire un besoin ou un atout"),
        parent=_("Besoins et atouts"),
        parent_url=reverse("needs", args=[slug]),
    )
    return answered(request, "conventions/concertation/need_form.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_edit(request, slug, pk):
    found = find_need(request, pk)
    initial = initial_of(found)
    form = NeedForm(posted(request), convention=request.convention, initial=initial, chosen=initial["places"])
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            need_operations.update_need(
                by=request.user,
                need=found,
                base_version=form.cleaned_data["version"] or 0,
                **form.facts,
            )
        except StaleVersion as conflict:
            stale = differences(conflict.current, form.facts)
            form = NeedForm(
                with_version(form.data, conflict.current.version),
                convention=request.convention,
                chosen=initial["places"],
            )
        else:
            messages.success(request, _("Le texte est enregistré."))
            return redirect("need", slug, pk)
    context = context_of_need(request, found, _("Modifier le texte"), form=form, stale=stale)
    return answered(request, "conventions/concertation/need_form.html", context, stale=stale)


def differences(current: Need, typed: dict) -> list[history.Detail]:
    saved = need_operations.facts_of(current)
    return [
        history.Detail(
            str(deeds.LABELS[name]), deeds.shown(name, saved[name]), deeds.shown(name, typed[name])
        )
        for name in saved
        if saved[name] != typed[name]
    ]


def with_version(data, version):
    data = data.copy()
    data["version"] = version
    return data


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_decide(request, slug, pk):
    """What was decided, and the answer that residents read."""
    found = find_need(request, pk)
    form = DecisionForm(
        posted(request),
        initial={"state": found.state, "public_answer": found.public_answer, "version": found.version},
    )
    stale = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            need_operations.decide_need(
                by=request.user,
                need=found,
                base_version=data["version"],
                state=data["state"],
                public_answer=data["public_answer"].replace("\r\n", "\n"),
            )
        except StaleVersion as conflict:
            now = conflict.current
            stale = [
                history.Detail(
                    str(deeds.LABELS[name]),
                    deeds.shown(name, getattr(now, name)),
                    deeds.shown(name, data[name]),
                )
                for name in ("state", "public_answer")
                if getattr(now, name) != data[name]
            ]
            form = DecisionForm(with_version(form.data, now.version))
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La suite donnée est enregistrée."))
            return redirect("need", slug, pk)
    context = context_of_need(
        request, found, _("Dire la suite donnée"), form=form, stale=stale, deed=_("Enregistrer la décision")
    )
    return answered(request, "conventions/concertation/need_small.html", context, stale=stale)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_sources(request, slug, pk):
    """Choose the contributions it is written from, among those that moderation kept."""
    found = find_need(request, pk)
    tied = set(found.contributions.shown().values_list("pk", flat=True))
    asked = " ".join(request.GET.get("q", "").split())[:80]
    retained = request.convention.contributions.shown().select_related("place").prefetch_related("themes")
    words = search_key(asked).split()
    every = [one for one in retained if one.pk in tied or all(word in search_key(one.text) for word in words)]
    # Those tied first: one unticks what one sees.
    every.sort(key=lambda one: one.pk not in tied)
    shown = every[:MOST_SHOWN]
    form = SourcesForm(posted(request), shown=shown, initial={"contributions": [str(pk) for pk in tied]})
    if request.method == "POST" and form.is_valid():
        chosen = ticked(form.cleaned_data["contributions"])
        # Against what the page showed, not against what is tied now: others tie meanwhile.
        seen = ticked(request.POST.getlist("seen"))
        need_operations.link_need(
            by=request.user,
            need=found,
            add={"contributions": chosen - seen},
            remove={"contributions": seen - chosen},
        )
        messages.success(request, _("Les contributions liées sont enregistrées."))
        return redirect("need", slug, pk)
    context = context_of_need(
        request,
        found,
        _("Choisir les contributions"),
        form=form,
        asked=asked,
        tied=sorted(tied),
        n_every=len(every),
        n_more=len(every) - len(shown),
    )
    return answered(request, "conventions/concertation/need_sources.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_link(request, slug, pk):
    """Tie it to levels and actions of the plan that are there already."""
    found = find_need(request, pk)
    held = {
        "nodes": sorted(found.nodes.values_list("pk", flat=True)),
        "actions": sorted(found.actions.standing().values_list("pk", flat=True)),
    }
    form = LinksForm(
        posted(request),
        convention=request.convention,
        initial={name: [str(pk) for pk in keys] for name, keys in held.items()},
    )
    if request.method == "POST" and form.is_valid():
        chosen = {name: ticked(form.cleaned_data.get(name, [])) for name in held}
        seen = {name: ticked(request.POST.getlist(f"seen_{name}")) for name in held}
        need_operations.link_need(
            by=request.user,
            need=found,
            add={name: chosen[name] - seen[name] for name in held},
            remove={name: seen[name] - chosen[name] for name in held},
        )
        messages.success(request, _("Les liens avec le plan sont enregistrés."))
        return redirect("need", slug, pk)
    context = context_of_need(request, found, _("Lier au plan d’actions"), form=form, held=held)
    return answered(request, "conventions/concertation/need_link.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_cite(request, slug, pk):
    found = find_need(request, pk)
    initial = {
        name: request.GET[key][:80]
        for name, key in (("indicator", "indicateur"), ("territory", "lieu"))
        if key in request.GET
    }
    form = CiteForm(posted(request), convention=request.convention, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            need_operations.cite_figure(
                by=request.user,
                need=found,
                indicator=data["indicator"],
                territory=form.place(),
                note=data["note"],
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le chiffre est cité, tel qu’il se lit aujourd’hui."))
            return redirect("need", slug, pk)
    context = context_of_need(
        request, found, _("Citer un chiffre du diagnostic"), form=form, deed=_("Citer ce chiffre")
    )
    return answered(request, "conventions/concertation/need_small.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def need_uncite(request, slug, pk, row):
    found = find_need(request, pk)
    cited = get_object_or_404(found.indicators.select_related("territory", "need"), pk=row)
    need_operations.uncite_figure(by=request.user, cited=cited)
    messages.success(request, _("Le chiffre n’est plus cité ici."))
    return redirect("need", slug, pk)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def need_merge(request, slug, pk):
    """Two needs that say the same: shown side by side, then joined."""
    found = find_need(request, pk)
    form = MergeForm(posted(request), own=found)
    into = None
    if request.method == "POST" and form.is_valid():
        into = find_need(request, form.cleaned_data["into"])
        if request.POST.get("step") == "write":
            try:
                need_operations.merge_needs(by=request.user, need=found, into=into)
            except ValidationError as error:
                with_errors(form, error)
                into = None
            else:
                messages.success(
                    request,
                    _("%(gone)s est réuni à %(kept)s.")
                    % {"gone": quoted(found.title), "kept": quoted(into.title)},
                )
                return redirect("need", slug, into.pk)
    both = [(one, thread.of_need(one)) for one in (found, into)] if into else []
    context = context_of_need(request, found, _("Réunir deux besoins"), form=form, into=into, both=both)
    return answered(request, "conventions/concertation/need_merge.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def need_to_level(request, slug, pk):
    """An objective of the plan, written from the need."""
    found = find_need(request, pk)
    form = LevelForm(
        posted(request),
        convention=request.convention,
        initial={"kind": "objective", "label": found.title, "description": found.statement},
    )
    if request.method == "POST" and form.is_valid():
        try:
            node = need_operations.turn_into_level(by=request.user, need=found, **form.facts)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("%(name)s est dans le plan.") % {"name": quoted(node)})
            return redirect("need", slug, pk)
    context = context_of_need(
        request, found, _("En faire un objectif du plan"), form=form, deed=_("Ajouter au plan")
    )
    return answered(request, "conventions/concertation/need_small.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def need_to_action(request, slug, pk):
    """A fiche of the plan, written from the need; themes and places go with it."""
    found = find_need(request, pk)
    node = found.nodes.order_by("-kind", "pk").first()
    form = ActionForm(
        posted(request),
        convention=request.convention,
        initial={
            "title": found.title,
            "node": str(node.pk) if node else "",
            "context": found.statement,
            "publics": found.publics,
        },
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        facts = need_operations.facts_of(found)
        try:
            made = need_operations.turn_into_action(
                by=request.user,
                need=found,
                title=data["title"],
                node=int(data["node"]) if data["node"] else None,
                context=data["context"].replace("\r\n", "\n"),
                publics=data["publics"],
                themes=facts["themes"],
                places=facts["places"],
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La fiche est ouverte. Complétez-la, ou revenez-y plus tard."))
            return redirect("action_edit", slug, made.pk)
    context = context_of_need(
        request, found, _("En faire une action"), form=form, deed=_("Ouvrir la fiche action")
    )
    return answered(request, "conventions/concertation/need_small.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def need_delete(request, slug, pk):
    found = find_need(request, pk)
    need_operations.delete_need(by=request.user, need=found)
    messages.success(
        request, _("%(name)s est à la corbeille, d’où l’on peut le remettre.") % {"name": quoted(found.title)}
    )
    return redirect("needs", slug)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_safe
def needs_bin(request, slug):
    binned = request.convention.needs.filter(deleted_at__isnull=False).select_related("merged_into")
    context = concertation_context(
        request,
        "needs",
        here=_("Corbeille des besoins"),
        parent=_("Besoins et atouts"),
        parent_url=reverse("needs", args=[slug]),
        binned=binned.order_by("-deleted_at"),
    )
    return render(request, "conventions/concertation/needs_bin.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def need_restore(request, slug, pk):
    found = get_object_or_404(request.convention.needs.filter(deleted_at__isnull=False), pk=pk)
    need_operations.restore_need(by=request.user, need=found)
    messages.success(request, _("%(name)s est remis en place.") % {"name": quoted(found.title)})
    return redirect("need", slug, pk)
