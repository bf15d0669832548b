"""What apps above add to the page of a territory, for those who may see it.

An app registers a function of (request, territory) that returns markup, or "" for nothing; this app
stays unaware of conventions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest

from ansanm.territories.models import Territory

if TYPE_CHECKING:
    # The explorer's page shows words of `presentation`, which imports this module.
    from ansanm.territories.explorer import ExplorerPage

Panel = Callable[[HttpRequest, Territory], str]
PANELS: list[Panel] = []
# What the panels that anybody sees change with: pages for people without an account are kept until then.
VERSIONS: list[Callable[[Territory], str]] = []
# The same for the explorer, of (request, page).
EXPLORER_PANELS: list[Callable[[HttpRequest, ExplorerPage], str]] = []


# From a variable to the address of the form that declares it here.
DeclareLink = Callable[[str], str]
DECLARE_LINKS: list[Callable[[HttpRequest, Territory], DeclareLink | None]] = []


def declare_link_of(request: HttpRequest, territory: Territory) -> DeclareLink | None:
    """How this person may declare a figure of `territory`; None if they may not."""
    return next((link for find in DECLARE_LINKS if (link := find(request, territory))), None)


def panels_of(request: HttpRequest, territory: Territory) -> list[str]:
    return [markup for markup in (panel(request, territory) for panel in PANELS) if markup]


def panels_version(territory: Territory) -> str:
    return " ".join(version(territory) for version in VERSIONS)


def explorer_panels_of(request: HttpRequest, page: ExplorerPage) -> list[str]:
    return [markup for markup in (panel(request, page) for panel in EXPLORER_PANELS) if markup]
