"""The circuits and the bonus of the territory of a convention: what is computed, its settings, its files."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.finance import circuits, sheets, territories
from ansanm.conventions.finance.operations import parameters_of
from ansanm.conventions.finance.sheet_forms import CircuitSettings, TerritorySettings, value_field
from ansanm.conventions.finance.sheet_views import page_context, stale_message
from ansanm.conventions.views import find
from ansanm.funding import circuit as presented
from ansanm.territories.versions import StaleVersion
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def circuits_of(request) -> circuits.Circuits:
    sheet = sheets.load(request.convention, circuits.SPEC)
    return circuits.Circuits(
        sheet, parameters_of(request.convention), party=request.GET.get("tresorerie", "")
    )


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def circuit(request, slug):
    return render(
        request,
        "conventions/finance/circuit.html",
        page_context(request, circuits.SPEC, found=(found := circuits_of(request)), shown=found.shown),
    )


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def circuit_export(request, slug, format):
    found = circuits_of(request)
    if format not in presented.FORMATS or found.shown is None:
        raise Http404
    inputs = sheets.row_sheet(found.sheet.content["rows"], circuits.SPEC, request.convention)
    title = _("Circuit court – %(convention)s") % {"convention": request.convention.name}
    return attached(presented.FORMATS[format](found.shown, title, inputs), f"{slug}-circuit-court.{format}")


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def circuit_settings(request, slug):
    sheet = sheets.load(request.convention, circuits.SPEC)
    form = CircuitSettings(request.POST or None, initial=sheet.content["settings"])
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        settings = given | {"floor": "" if given["floor"] is None else str(given["floor"])}
        return saved_settings(request, circuits.SPEC, sheet, settings)
    return render(
        request,
        "conventions/finance/sheet_settings.html",
        page_context(request, circuits.SPEC, form=form, sheet=sheet),
        status=422 if form.errors else 200,
    )


def saved_settings(request, spec, sheet, settings):
    try:
        base = int(request.POST.get("version", ""))
    except ValueError:
        base = -1
    try:
        sheets.save(
            by=request.user, convention=request.convention, spec=spec, base_version=base, settings=settings
        )
    except StaleVersion:
        stale_message(request)
    else:
        messages.success(request, _("Les réglages sont enregistrés."))
    return redirect(f"funding_{spec.kind}", request.convention.slug)


def bonus_of(request) -> territories.TerritoryBonus:
    sheet = sheets.load(request.convention, territories.SPEC)
    return territories.TerritoryBonus(sheet, parameters_of(request.convention))


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def territory(request, slug):
    return render(
        request,
        "conventions/finance/territory.html",
        page_context(request, territories.SPEC, found=bonus_of(request)),
    )


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def territory_export(request, slug, format):
    found = bonus_of(request)
    if format not in territories.FORMATS or not found.lines:
        raise Http404
    inputs = sheets.row_sheet(found.sheet.content["rows"], territories.SPEC, request.convention)
    title = _("Bonus territoire – %(convention)s") % {"convention": request.convention.name}
    return attached(territories.FORMATS[format](found, title, inputs), f"{slug}-bonus-territoire.{format}")


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def territory_settings(request, slug):
    sheet = sheets.load(request.convention, territories.SPEC)
    held = sheet.content["settings"]
    found = bonus_of(request)
    form = TerritorySettings(
        request.POST or None,
        parameters=parameters_of(request.convention),
        initial={
            "first_year": found.first_year,
            "last_year": found.last_year,
            "is_fictitious": held["is_fictitious"],
            **{value_field(name): text for name, text in held["values"].items()},
        },
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        settings = {name: given[name] for name in ("first_year", "last_year", "is_fictitious")}
        return saved_settings(request, territories.SPEC, sheet, settings | {"values": form.values})
    return render(
        request,
        "conventions/finance/sheet_settings.html",
        page_context(request, territories.SPEC, form=form, sheet=sheet),
        status=422 if form.errors else 200,
    )
