"""The two circuits of a made-up city, for anyone: what the short one changes, before bringing figures."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.engines.funding.circuit import Device, compare
from ansanm.funding import calendars
from ansanm.funding import circuit as presented
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_number
from ansanm.ui.limits import limited

PAID_BY_CAF = (Device.PSU, Device.PSEJ, Device.BONUS)


def _shown(request):
    calendar = calendars.read(calendars.EXAMPLE)
    comparison = compare(presented.example(), dict.fromkeys(PAID_BY_CAF, calendar))
    return presented.Shown(comparison, party=request.GET.get("tresorerie", ""), is_fictitious=True)


@public
@require_safe
def circuit_example(request):
    return render(
        request,
        "funding/circuit_example.html",
        {
            "shown": _shown(request),
            "real": presented.SAINT_DENIS,
            "places": format_number(presented.SAINT_DENIS["places"]),
            "advances": calendars.written(calendars.read(calendars.EXAMPLE)),
        },
    )


@public
@require_safe
@limited
def circuit_example_export(request, format):
    if format not in presented.FORMATS:
        raise Http404(f"No such format: {format}")
    return attached(
        presented.FORMATS[format](_shown(request), presented.example_title(), None),
        f"circuit-court-exemple-fictif.{format}",
    )
