"""Word templates: the one to start from, with its fields explained; the city's own, tried when brought."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.papers import template_operations
from ansanm.conventions.papers.word_checking import BrokenTemplate, Problem
from ansanm.conventions.papers.word_fields import KINDS, Kind, explained
from ansanm.conventions.papers.word_filling import starting_template
from ansanm.conventions.views import context_of, find
from ansanm.ui.downloads import attached
from ansanm.ui.limits import caller, limited, spend
from ansanm.ui.views import too_many_requests


def page(request, *, refused="", problems=(), status=200):
    held = list(request.convention.document_templates.select_related("file", "brought_by"))
    # Trying one is filling it in: only for who can bring another.
    may_edit = context_of(request)["may_convention_edit"]
    kinds = []
    for kind in KINDS:
        standing = [one for one in held if one.kind == kind and one.retired_at is None]
        kinds.append(
            {
                "kind": kind,
                "label": Kind(kind).label,
                "in_use": standing[0] if standing else None,
                "before": [one for one in held if one.kind == kind and one not in standing[:1]],
                "fields": explained(kind),
                "broken": template_operations.problems_of(standing[0]) if standing and may_edit else (),
                "problems": problems if kind == refused else (),
            }
        )
    return render(
        request,
        "conventions/papers/templates.html",
        context_of(request, here="templates", kinds=kinds, problem=bool(problems)),
        status=status,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def templates(request, slug):
    return page(request)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def start(request, slug, kind, format):
    """The template to change in Word: in French, as the documents it writes."""
    if kind not in KINDS or format != "docx":
        raise Http404(f"No template of {kind!r}.")
    with override("fr"):
        content = starting_template(kind, timezone.localdate())
    return attached(content, f"modele-{kind}.docx")


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def bring(request, slug, kind):
    if kind not in KINDS:
        raise Http404(f"No template of {kind!r}.")
    # It is filled in to be tried: seconds of work.
    if wait := spend("brought", caller(request), settings.DOCUMENTS_PER_MINUTE):
        return too_many_requests(request, wait_seconds=wait, per_minute=settings.DOCUMENTS_PER_MINUTE)
    upload = request.FILES.get("file")
    if upload is None:
        return refused(request, kind, [Problem(_("Fichier"), _("aucun fichier n’a été choisi."))])
    try:
        template_operations.bring_template(
            by=request.user, convention=request.convention, kind=kind, upload=upload
        )
    except BrokenTemplate as broken:
        return refused(request, kind, broken.problems)
    except ValidationError as error:
        return refused(request, kind, [Problem(_("Fichier"), " ".join(error.messages))])
    messages.success(request, _("Le modèle est essayé et en service."))
    return redirect("paper_templates", slug)


def refused(request, kind, problems):
    return page(request, refused=kind, problems=problems, status=422)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def retire(request, slug, pk):
    template = get_object_or_404(request.convention.document_templates, pk=pk)
    template_operations.retire_template(by=request.user, template=template)
    messages.success(request, _("Le modèle est écarté\u00a0: celui d’avant, ou le nôtre, reprend sa place."))
    return redirect("paper_templates", slug)
