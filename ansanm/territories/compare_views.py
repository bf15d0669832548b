"""The side-by-side page: its territories and its chapter are in the address."""

from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories.comparison import ComparisonPage


@public
@require_safe
def compare(request):
    page = ComparisonPage(request.GET, get_language())
    template = "territories/_compare_results.html" if request.htmx else "territories/compare.html"
    return render(request, template, {"page": page})
