"""What every page of « Financements » has around it: its sub-pages, and the rows a person may see."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.finance.report import FORMATS, written
from ansanm.conventions.models import Phase
from ansanm.conventions.views import context_of
from ansanm.ui.downloads import attached

# (url name, title, what one must hold); parts that come later add theirs.
NAV = [
    ("finance_home", _("Accueil"), ""),
    ("financing_plan", _("Plan de financement"), ""),
    ("finance_mine", _("Mes équipements"), "may_finance_declare"),
    ("finance_caf", _("Prévu et payé"), "may_finance_read"),
    ("finance_payments", _("Paiements"), "may_finance_read"),
    ("finance_ledger", _("Comptes"), "may_finance_read"),
    ("finance_calendar", _("Échéances"), "may_finance_read"),
    ("finance_city", _("Collectivité"), "may_finance_read"),
    ("finance_elected", _("En une page"), "may_finance_read"),
    ("funding_circuit", _("Circuit court"), "may_finance_read"),
    ("funding_territory", _("Bonus territoire"), "may_finance_read"),
]


def framed(request, current="", **more):
    context = context_of(request, **more)
    context["pages"] = [
        {
            "title": title,
            "url": reverse(name, args=[request.convention.slug]),
            "current": name == current,
        }
        for name, title, held in NAV
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
