"""The financing plan on its page: cut one way, narrowed by the address, with the lines behind each sum."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.finance import plan
from ansanm.conventions.finance.frame import framed
from ansanm.conventions.views import find
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def financing_plan(request, slug):
    found = plan.FinancingPlan(request.convention, request.GET)
    page = Paginator(found.found, plan.PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "conventions/finance/plan.html",
        framed(
            request,
            "financing_plan",
            found=found,
            page=page,
            lines=found.told(page),
            cuts=[
                {
                    "title": one.title,
                    "url": f"?{found.query(par=one.name)}",
                    "current": one is found.cut,
                }
                for one in plan.CUTS
            ],
            rows=list(found.rows()),
            whole=list(found.whole_rows()),
            rule=plan.RULE,
            clear_url=f"?par={found.cut.name}",
        ),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def financing_plan_export(request, slug, format):
    if format not in plan.FORMATS:
        raise Http404(f"No such format: {format}")
    found = plan.FinancingPlan(request.convention, request.GET)
    title = _("Plan de financement – %(convention)s") % {"convention": request.convention.name}
    return attached(plan.FORMATS[format](found, title), f"{slug}-plan-de-financement.{format}")
