"""Figures given by hand on the territories of a convention: list, declare, correct, withdraw."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.models import AuditEntry
from ansanm.accounts.permissions import Permission
from ansanm.conventions import history
from ansanm.conventions.figure_filters import FigureFilter
from ansanm.conventions.forms import FigureForm
from ansanm.conventions.views import context_of, find
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure
from ansanm.territories.variables import variables
from ansanm.territories.versions import StaleVersion


def find_figure(request, pk) -> DeclaredFigure:
    """The figure, if it stands on a place of the convention."""
    return get_object_or_404(
        request.convention.figures().select_related("organisation", "declared_by"), pk=pk
    )


def not_yours(request, figure):
    """Send back to the figure, with the words to get it corrected by those who declared it."""
    messages.error(
        request,
        _("Ce chiffre a été déclaré par %(owner)s : demandez-lui de le corriger. Rien n’a été modifié.")
        % {"owner": figure.organisation or figure.declared_by},
    )
    return redirect("figure", request.convention.slug, figure.pk)


def described(figures, user) -> list[dict]:
    """Each figure with the words around it: place, variable, secret or not, whose it is."""
    figures = list(figures)
    names = history.place_names(figures)
    return [
        {
            "figure": figure,
            "place": names.get((figure.level, figure.code), figure.code),
            "variable": variables().get(figure.variable),
            "is_secret": declared.is_secret(figure.variable, figure.value),
            "is_own": declared.may_change(figure, user),
        }
        for figure in figures
    ]


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def figures(request, slug):
    filters = FigureFilter(request.GET, request.convention.figures())
    found = filters.found().select_related("organisation", "declared_by")
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(
        request,
        "conventions/figures.html",
        context_of(request, page=page, filters=filters, rows=described(page, request.user)),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def figure(request, slug, pk):
    found = find_figure(request, pk)
    beside = declared.published_beside(found)
    difference = declared.difference_percent(found, beside) if beside else None
    entries = AuditEntry.objects.filter(target_key=f"territories.declaredfigure:{found.pk}")
    return render(
        request,
        "conventions/figure.html",
        context_of(
            request,
            row=described([found], request.user)[0],
            beside=beside,
            difference=difference,
            changes=history.told(entries.select_related("actor")),
        ),
    )


@requires(Permission.FIGURE_DECLARE, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request, slug):
    # A link of the diagnosis (« donnée absente : la déclarer ») may say which figure is missing.
    asked = {name: request.GET[name] for name in ("territory", "variable", "period") if name in request.GET}
    if variable := variables().get(asked.get("variable", "")):
        asked["variable"] = str(variable)
    form = FigureForm(request.POST or None, territories=request.convention.declarable(), initial=asked)
    if (
        request.method == "POST"
        and form.is_valid()
        and (saved := form.save(by=request.user, convention=request.convention))
    ):
        messages.success(request, _("Le chiffre est déclaré : il paraît dans le diagnostic."))
        return redirect("figure", slug, saved.pk)
    return render(
        request,
        "conventions/figure_form.html",
        context_of(request, form=form, variables=variables().values()),
        status=422 if form.errors else 200,
    )


@requires(Permission.FIGURE_DECLARE, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request, slug, pk):
    found = find_figure(request, pk)
    if not declared.may_change(found, request.user):
        return not_yours(request, found)
    form = FigureForm(request.POST or None, territories={}, figure=found)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            saved = form.save(by=request.user, convention=request.convention)
        except StaleVersion as conflict:
            if conflict.current.withdrawn_at:
                raise Http404 from conflict
            stale = history.both_versions(form, declared.facts_of(conflict.current), conflict.current)
            form = form.on_top_of(conflict.current)
        else:
            if saved:
                messages.success(
                    request, _("Le chiffre est corrigé ; l’ancienne valeur reste dans l’historique.")
                )
                return redirect("figure", slug, pk)
    return render(
        request,
        "conventions/figure_form.html",
        context_of(request, form=form, row=described([found], request.user)[0], stale=stale),
        status=409 if stale else 422 if form.errors else 200,
    )


@requires(Permission.FIGURE_DECLARE, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request, slug, pk):
    found = find_figure(request, pk)
    if not declared.may_change(found, request.user):
        return not_yours(request, found)
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            declared.withdraw_figure(
                by=request.user,
                figure=found,
                version=int(version) if version.isascii() and version.isdigit() else 0,
                convention=request.convention,
            )
        except StaleVersion:
            messages.warning(
                request,
                _("Ce chiffre vient d’être corrigé : relisez-le avant de le retirer. Rien n’a été retiré."),
            )
            return redirect("figure", slug, pk)
        messages.success(request, _("Le chiffre est retiré ; le journal en garde la trace."))
        return redirect("convention_figures", slug)
    return render(
        request,
        "conventions/figure_withdraw.html",
        context_of(request, row=described([found], request.user)[0]),
    )
