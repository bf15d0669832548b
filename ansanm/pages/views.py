"""The pages that belong to no subject: home and desk, help, accessibility, legal."""

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ansanm.accounts import idle
from ansanm.accounts.access import public
from ansanm.pages import desk, words
from ansanm.territories.models import Territory

# A city, a metropolis and a village of 80: what a first visitor can compare.
EXAMPLES = [("commune", "97411"), ("epci", "243300316"), ("commune", "19017")]


@public
@require_safe
def home(request):
    if request.user.is_authenticated:
        return render(request, "pages/desk.html", desk.of(request.user))
    found = {
        one.key: one for one in Territory.objects.current().filter(code__in=[c for _level, c in EXAMPLES])
    }
    examples = [found[key] for key in EXAMPLES if key in found]
    return render(request, "pages/home.html", {"examples": examples})


@public
@require_safe
def help_page(request):
    return render(request, "pages/help.html", {"terms": words.glossary()})


@public
@require_safe
def accessibility(request):
    return render(request, "pages/accessibility.html")


@public
@require_safe
def legal(request):
    return render(
        request,
        "pages/legal.html",
        {
            "producers": words.producers(),
            "session_hours": settings.SESSION_COOKIE_AGE // 3600,
            "idle_minutes": idle.IDLE.seconds // 60,
        },
    )
