"""News, measures, documents and comments: each a small form of its own, on the fiche or alone."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import ActionDocument, IndicatorMeasure, ProgressNote, Status
from ansanm.conventions.plan import news, operations
from ansanm.conventions.plan.fiche_views import find_action, meet, tell
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.plan.merging import Meeting
from ansanm.conventions.plan.news_forms import CommentForm, DocumentForm, MeasureForm, ProgressForm
from ansanm.conventions.views import context_of, find

form_methods = require_http_methods(["GET", "HEAD", "POST"])


# Where the members to name are folded away, and offered as one types.
COMMENT_FIELDS = "conventions/plan/parts/comment_fields.html"


def small_form(request, action, form, title, deed, fields=""):
    return render(
        request,
        "conventions/plan/small_form.html",
        context_of(request, action=action, form=form, title=title, deed=deed, fields=fields),
        status=422 if form.errors else 200,
    )


@requires(Permission.FIGURE_DECLARE, on=find)
@form_methods
def progress(request, slug, pk):
    """News; and the state of the action, which is proposed where the other house decides of it."""
    action = find_action(request, pk)
    house = house_of(request.user, request.convention)
    form = ProgressForm(request.POST or None, action=action, user=request.user, house=house)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        status = facts.pop("status", "")
        news.add_progress(by=request.user, action=action, **facts)
        messages.success(request, _("Vos nouvelles sont sur la fiche."))
        if status:
            return change_status(request, action, status, facts["text"])
        return redirect(action)
    return small_form(
        request, action, form, _("Donner des nouvelles de l’action"), _("Publier ces nouvelles")
    )


def change_status(request, action, status, reason):
    changes = {"status": status}
    if status in {Status.PAUSED, Status.ABANDONED}:
        changes["status_reason"] = reason
    version = action.version
    try:
        saved = operations.update_action(
            by=request.user, action=action, base_version=version, message=reason, **changes
        )
    except operations.MergeConflict as conflict:
        return meet(request, Meeting.of(conflict, base=version, changes=changes, message=reason))
    tell(request, saved, version)
    return redirect(action)


@requires(Permission.FIGURE_DECLARE, on=find)
@require_POST
def progress_remove(request, slug, pk, note):
    action = find_action(request, pk)
    found = get_object_or_404(ProgressNote, action=action, pk=note)
    return taken_back(request, action, lambda: news.remove_progress(by=request.user, note=found))


@requires(Permission.FIGURE_DECLARE, on=find)
@form_methods
def measure(request, slug, pk):
    action = find_action(request, pk)
    form = MeasureForm(request.POST or None, action=action, initial=chosen(request))
    if request.method == "POST" and form.is_valid():
        news.add_measure(by=request.user, **form.facts)
        messages.success(request, _("La mesure est enregistrée."))
        return redirect(action)
    if not form.indicators:
        messages.info(request, _("Cette fiche n’a pas encore d’indicateur."))
    return small_form(request, action, form, _("Ajouter une mesure"), _("Enregistrer la mesure"))


def chosen(request) -> dict:
    return {"indicator": request.GET.get("indicateur", "")}


@requires(Permission.FIGURE_DECLARE, on=find)
@require_POST
def measure_remove(request, slug, pk, measure):
    action = find_action(request, pk)
    found = get_object_or_404(IndicatorMeasure, indicator__action=action, pk=measure)
    return taken_back(request, action, lambda: news.remove_measure(by=request.user, measure=found))


def taken_back(request, action, deed):
    try:
        deed()
    except operations.NotYours:
        messages.error(request, _("Seule la personne qui l’a écrit peut le retirer."))
    else:
        messages.success(request, _("C’est retiré."))
    return redirect(action)


@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def document(request, slug, pk):
    action = find_action(request, pk)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            news.add_document(
                by=request.user,
                action=action,
                upload=form.cleaned_data["file"],
                title=form.cleaned_data["title"],
            )
        except ValidationError as error:
            form.add_error("file", error.messages)
        else:
            messages.success(request, _("Le document est joint à la fiche."))
            return redirect(action)
    return small_form(request, action, form, _("Joindre un document"), _("Joindre ce document"))


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def document_remove(request, slug, pk, document):
    action = find_action(request, pk)
    found = get_object_or_404(ActionDocument.objects.select_related("file"), action=action, pk=document)
    news.remove_document(by=request.user, document=found)
    messages.success(request, _("Le document est retiré de la fiche."))
    return redirect(action)


@requires(Permission.PLAN_COMMENT, on=find)
@form_methods
def comment(request, slug, pk):
    action = find_action(request, pk)
    form = CommentForm(request.POST or None, convention=request.convention, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            news.add_comment(by=request.user, action=action, **form.cleaned_data)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Votre commentaire est sur la fiche."))
            return redirect(f"{action.get_absolute_url()}#discussion")
    return small_form(
        request, action, form, _("Commenter la fiche"), _("Publier ce commentaire"), fields=COMMENT_FIELDS
    )
