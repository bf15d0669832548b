"""The landing page and one screen for each role, each printed and exported."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import public, requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.finance import calendars, operations, screens
from ansanm.conventions.finance.forms import FilterForm, PublishForm, YearForm
from ansanm.conventions.finance.frame import exported, framed, own_agreements
from ansanm.conventions.finance.overview import Overview
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Convention, FinancePublication
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.limits import limited


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def home(request, slug):
    """Where each role begins; a member without right on money reads what the convention publishes."""
    context = framed(request, "finance_home")
    publication = FinancePublication.objects.filter(convention=request.convention).first()
    context["is_published"] = bool(publication and publication.is_public)
    if context["may_finance_read"]:
        overview = Overview(request.convention)
        context |= {
            "overview": overview,
            "n_awaiting": sum(len(row.awaiting) for row in overview.rows),
            "n_late": sum(bool(row.late) for row in overview.rows),
            "n_unmatched": request.convention.payments.filter(agreement=None).count(),
            "has_equipment": screens.has_equipment(request.convention),
        }
    if context["may_finance_declare"]:
        mine = Overview(request.convention, own_agreements(request))
        context |= {
            "n_mine": len(mine.rows),
            "n_mine_late": sum(bool(row.late) for row in mine.rows),
        }
    return render(request, "conventions/finance/home.html", context)


def caf_report(request):
    overview = Overview(request.convention)
    form = FilterForm(request.GET or None, overview=overview)
    wanted = form.wanted
    return overview, form, screens.caf(overview, overview.only(**wanted)), urlencode(wanted)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def caf(request, slug):
    overview, form, report, query = caf_report(request)
    today = overview.today
    # The accrued liability of a year exists from its 31 December on.
    closed = [one for one in overview.years if date(one, 12, 31) <= today]
    context = framed(
        request,
        "finance_caf",
        report=report,
        form=form,
        export=exports(slug, "finance_caf_export", query),
        closed_years=closed,
    )
    return render(request, "conventions/finance/caf.html", context)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def caf_export(request, slug, format):
    return exported(caf_report(request)[2], slug, "financements", format)


def exports(slug: str, name: str, query: str = "") -> list[tuple[str, str]]:
    mark = f"?{query}" if query else ""
    return [(format.upper(), reverse(name, args=[slug, format]) + mark) for format in ("pdf", "xlsx", "csv")]


def yearly(request, make):
    """A report of one year, the latest where none is asked for."""
    overview = Overview(request.convention)
    form = YearForm(request.GET if "year" in request.GET else None, overview=overview)
    latest = overview.years[0] if overview.years else None
    year = (form.wanted.get("year") if form.is_bound else None) or latest
    return form, make(overview, overview.only(year=year), year), urlencode({"year": year} if year else {})


def yearly_page(request, slug, name, make):
    form, report, query = yearly(request, make)
    context = framed(request, name, report=report, form=form, export=exports(slug, f"{name}_export", query))
    return render(request, "conventions/finance/report.html", context)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def city(request, slug):
    return yearly_page(request, slug, "finance_city", screens.city)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def city_export(request, slug, format):
    return exported(yearly(request, screens.city)[1], slug, "collectivite", format)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def elected(request, slug):
    return yearly_page(request, slug, "finance_elected", screens.elected)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
@limited
def elected_export(request, slug, format):
    return exported(yearly(request, screens.elected)[1], slug, "en-une-page", format)


def published(slug) -> tuple[Convention, str]:
    """The convention that chose to publish, and its words; to anyone else it does not exist."""
    found = FinancePublication.objects.select_related("convention").filter(
        convention__slug=slug, is_public=True
    )
    publication = found.first()
    if publication is None:
        raise Http404
    return publication.convention, publication.note


@public
@require_safe
def public_page(request, slug):
    convention, note = published(slug)
    report = screens.public(Overview(convention), note)
    context = {
        "convention": convention,
        "report": report,
        "export": exports(slug, "finance_public_export"),
    }
    return render(request, "conventions/finance/public.html", context)


@public
@require_safe
@limited
def public_export(request, slug, format):
    convention, note = published(slug)
    return exported(screens.public(Overview(convention), note), slug, "qui-paie-quoi", format)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def publication(request, slug):
    """Choose whether anyone may read who pays for what, having seen what they would read."""
    standing = FinancePublication.objects.filter(convention=request.convention).first()
    version = standing.version if standing else 0
    form = PublishForm(request.POST or None, instance=standing, initial={"version": version})
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.publish(
                by=request.user,
                convention=request.convention,
                base_version=form.cleaned_data["version"] or 0,
                is_public=form.cleaned_data["is_public"],
                note=form.cleaned_data["note"],
            )
        except StaleVersion as conflict:
            stale = True
            current = conflict.current
            data = request.POST.copy()
            data["version"] = current.version if current else 0
            form = PublishForm(data, instance=standing)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La décision est enregistrée."))
            return redirect("finance_publication", slug)
    report = screens.public(Overview(request.convention), standing.note if standing else "")
    context = framed(request, form=form, report=report, stale=stale, standing=standing)
    status = 409 if stale else 422 if form.errors else 200
    return render(request, "conventions/finance/publication.html", context, status=status)


@requires(Permission.FINANCE_SETTLE, on=find)
@require_POST
def accrue(request, slug):
    text = request.POST.get("year", "")
    try:
        year = int(text)
        if not 2002 <= year <= 2100:
            raise ValueError
        n = operations.accrue(by=request.user, convention=request.convention, year=year)
    except ValueError:
        messages.error(request, _("Choisissez une année."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            ngettext(
                "Charges à payer de %(year)s\u00a0: %(n)s COF mise à jour.",
                "Charges à payer de %(year)s\u00a0: %(n)s COF mises à jour.",
                n,
            )
            % {"year": year, "n": n},
        )
    return redirect("finance_caf", slug)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def calendar(request, slug):
    overview = Overview(request.convention)
    events = calendars.events(overview, since=overview.today - timedelta(days=60))
    context = framed(
        request,
        "finance_calendar",
        events=events,
        ics=reverse("finance_calendar_ics", args=[slug]),
        today=overview.today,
    )
    return render(request, "conventions/finance/calendar.html", context)


@requires(Permission.FINANCE_READ, on=find)
@require_safe
def calendar_ics(request, slug):
    return calendars.answered(Overview(request.convention), f"{slug}-echeances.ics")
