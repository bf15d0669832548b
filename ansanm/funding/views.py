"""Pages for anyone: what a family pays in a crèche, and the amounts that this is computed from."""

from collections import defaultdict

from django.http import Http404
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import public
from ansanm.engines.funding.errors import FundingError
from ansanm.engines.funding.parameters import national
from ansanm.funding import catalogue, words
from ansanm.funding.forms import ParameterFilter, TariffForm
from ansanm.funding.operations import caf_of
from ansanm.funding.simulation import answer
from ansanm.funding.values import entered_in
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def family_tariff(request):
    """Asked by POST, so that an income stands in no address, journal or history."""
    form = TariffForm(request.POST or None)
    found, refusal = None, ""
    if form.is_bound and form.is_valid():
        try:
            found = answer(form.question)
        except FundingError as error:
            refusal = words.refusal(error)
    status = 422 if form.errors or refusal else 200
    context = {"form": form, "answer": found, "refusal": refusal}
    return render(request, "funding/family_tariff.html", context, status=status)


def _filtered(query):
    form = ParameterFilter(query)
    wanted = form.wanted
    parameters = catalogue.found(
        on=form.day, q=wanted.get("q", ""), group=wanted.get("group", ""), status=wanted.get("status", "")
    )
    entered = defaultdict(list)
    if place := wanted.get("departement"):
        for one in entered_in(place):
            entered[one.parameter].append(one)
    return form, parameters, entered


@public
@require_safe
def parameters(request):
    form, found, entered = _filtered(request.GET)
    return render(
        request,
        "funding/parameters.html",
        {
            "form": form,
            "day": form.day,
            "groups": catalogue.groups(found, form.day, entered),
            "place": dict(form.fields["departement"].choices).get(form.wanted["departement"], "")
            if "departement" in form.wanted
            else "",
            "may_enter": caf_of(request.user) is not None if request.user.is_authenticated else False,
            "n_found": len(found),
            "n_total": len(national().by_id),
            "query": urlencode(form.wanted),
        },
    )


@public
@require_safe
@limited
def parameters_export(request, format):
    if format not in catalogue.FORMATS:
        raise Http404(f"No such format: {format}")
    _form, found, entered = _filtered(request.GET)
    content_type, write = catalogue.FORMATS[format]
    return attached(write(found, entered), f"baremes.{format}", content_type)
