"""What every page of « Financements » has around it: its sub-pages, and the rows a person may see."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.finance.report import FORMATS, written
from ansanm.conventions.models import Phase
from ansanm.conventions.views import context_of
from ansanm.ui.downloads import attached

# (url name, title, icon, what one must hold).
NAV = [
    ("finance_home", _("Accueil"), "desk", ""),
    ("financing_plan", _("Plan de financement"), "list", ""),
    ("finance_mine", _("Mes équipements"), "house", "may_finance_declare"),
    ("finance_caf", _("Prévu et payé"), "table", "may_finance_read"),
    ("finance_payments", _("Paiements"), "check", "may_finance_read"),
    ("finance_ledger", _("Comptes"), "document", "may_finance_read"),
    ("finance_calendar", _("Échéances"), "calendar", "may_finance_read"),
    ("finance_city", _("Collectivité"), "map", "may_finance_read"),
    ("finance_elected", _("En une page"), "chart", "may_finance_read"),
    ("funding_circuit", _("Circuit court"), "steps", "may_finance_read"),
    ("funding_territory", _("Bonus territoire"), "chart", "may_finance_read"),
]


def framed(request, current="", **more):
    context = context_of(request, **more)
    context["pages"] = [
        {
            "text": title,
            "icon": icon,
            "url": reverse(name, args=[request.convention.slug]),
            "is_current": name == current,
        }
        for name, title, icon, held in NAV
        if not held or context[held]
    ]
    return context


def agreement_of(request, pk):
    return get_object_or_404(request.convention.funding_agreements.select_related("equipment"), pk=pk)


def own_agreements(request):
    """Those of the equipment that this person declares for."""
    return request.convention.funding_agreements.filter(equipment__managers__user=request.user)


def own_agreement_of(request, pk):
    return get_object_or_404(own_agreements(request).select_related("equipment"), pk=pk)


def phase_of(text: str) -> str:
    if text not in Phase.values:
        raise Http404(f"No declaration is called {text!r}.")
    return text


def exported(report, slug: str, name: str, format: str):
    if format not in FORMATS:
        raise Http404(f"No such format: {format}")
    return attached(written(report, format), f"{slug}-{name}.{format}")
