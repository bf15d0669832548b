"""What apps above add to the page of a territory, for those who may see it.

An app registers a function of (request, territory) that returns markup, or "" for nothing; this app
stays unaware of conventions.
"""

from collections.abc import Callable

from django.http import HttpRequest

from ansanm.territories.models import Territory

Panel = Callable[[HttpRequest, Territory], str]
PANELS: list[Panel] = []


def panels_of(request: HttpRequest, territory: Territory) -> list[str]:
    return [markup for markup in (panel(request, territory) for panel in PANELS) if markup]
