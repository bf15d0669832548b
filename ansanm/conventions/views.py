"""The portfolio, the convention, its facts and its journal."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.models import AuditEntry
from ansanm.accounts.permissions import ROLES, Permission
from ansanm.conventions import history, operations
from ansanm.conventions.agreement.stages import picture
from ansanm.conventions.forms import ConventionForm, with_errors
from ansanm.conventions.models import Convention
from ansanm.conventions.plan.overview import Overview
from ansanm.conventions.plan.progress import Progress
from ansanm.territories.versions import StaleVersion


def find(request, slug, **kwargs):
    return get_object_or_404(Convention, slug=slug)


def context_of(request, **more):
    """What every page of a convention needs: the convention and what this person may do on it."""
    # One query for the roles, rather than one for each permission asked.
    held = request.convention.roles_of(request.user)
    allowed = frozenset().union(*(ROLES[name].permissions for name in held if name in ROLES))
    return {
        "convention": request.convention,
        "may_convention_edit": Permission.CONVENTION_EDIT in allowed,
        "may_plan_edit": Permission.PLAN_EDIT in allowed,
        "may_plan_comment": Permission.PLAN_COMMENT in allowed,
        "may_concertation_edit": Permission.CONCERTATION_EDIT in allowed,
        "may_governance_edit": Permission.GOVERNANCE_EDIT in allowed,
        "may_figure_declare": Permission.FIGURE_DECLARE in allowed,
        "may_zoning_edit": Permission.ZONING_EDIT in allowed,
        "may_member_manage": Permission.MEMBER_MANAGE in allowed,
        "may_audit_read": Permission.AUDIT_READ in allowed,
        "may_finance_read": Permission.FINANCE_READ in allowed,
        "may_finance_declare": Permission.FINANCE_DECLARE in allowed,
        "may_finance_settle": Permission.FINANCE_SETTLE in allowed,
        **more,
    }


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def convention(request, slug):
    prefetch_related_objects([request.convention], "territories")
    context = context_of(
        request,
        steps=picture(request.convention),
        territories=request.convention.territories.all(),
        parties=request.convention.parties.select_related("organisation").prefetch_related("signatures"),
        members=request.convention.roles.select_related("user__organisation"),
        n_figures=request.convention.figures().count(),
        progress=Progress(Overview(request.convention, request.user, with_places=False)),
    )
    if context["may_audit_read"]:
        entries = AuditEntry.objects.for_convention(request.convention).select_related("actor")[:8]
        context["changes"] = history.told(entries)
    return render(request, "conventions/convention.html", context)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, slug):
    form = ConventionForm(request.POST or None, instance=request.convention)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_convention(
                by=request.user,
                convention=request.convention,
                version=form.cleaned_data["version"],
                **form.facts,
            )
        except StaleVersion as conflict:
            stale = history.both_versions(form, operations.facts_of(conflict.current))
            form = form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La convention est enregistrée."))
            return redirect(request.convention)
    return render(
        request,
        "conventions/edit.html",
        context_of(request, form=form, stale=stale),
        status=409 if stale else 422 if form.errors else 200,
    )


@requires(Permission.AUDIT_READ, on=find)
@require_safe
def journal(request, slug):
    entries = AuditEntry.objects.for_convention(request.convention).select_related("actor")
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    return render(
        request, "conventions/journal.html", context_of(request, page=page, changes=history.told(page))
    )
