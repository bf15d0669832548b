"""The page of the territories like one: which, on what, why, and another choice of variables."""

from functools import cached_property
from urllib.parse import urlencode

from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories import definitions, presentation, similar
from ansanm.territories.caching import revalidated
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.views import at_its_address
from ansanm.ui.formats import format_number, format_period, listed_apart


class SimilarPage(presentation.Page):
    def __init__(self, diagnosis, language, query):
        super().__init__(diagnosis, language)
        offered = similar.offered(self.territory.level) if self.is_compared else {}
        asked = [one for one in dict.fromkeys(query.getlist("sur")) if one in offered]
        self.chosen = tuple(asked[: similar.MOST_VARIABLES]) or similar.DEFAULT
        self.scope = query.get("parmi") if query.get("parmi") in self.scopes else "france"
        self.offered = [
            (name, one.title[self.language], name in self.chosen) for name, one in offered.items()
        ]

    @property
    def _own_address(self):
        return self.territory.get_absolute_url()

    @property
    def breadcrumb(self):
        return [*super().breadcrumb, (_("Territoires similaires"), "")]

    @property
    def is_compared(self) -> bool:
        return self.territory.level in similar.LEVELS

    @property
    def scopes(self) -> dict[str, str]:
        within = {one.level: one.name for one in self.diagnosis.comparators}
        choices = {"france": _("Toute la France")}
        if self.territory.level != "departement" and "region" in within:
            choices["region"] = _("La région : %(name)s") % {"name": within["region"]}
        if "departement" in within:
            choices["departement"] = _("Le département : %(name)s") % {"name": within["departement"]}
        return choices

    @cached_property
    def likeness(self):
        return similar.like(self.territory, variables=self.chosen, scope=self.scope)

    @cached_property
    def rows(self) -> list[dict]:
        return [self._row(one) for one in (self.likeness.similar if self.likeness else ())]

    def _row(self, one) -> dict:
        cells = [
            (
                trait.definition.title[self.language],
                format_number(trait.theirs, trait.definition.unit, trait.definition.decimals),
            )
            for trait in one.traits
        ]
        words = {
            "near": one.nearest.definition.title[self.language],
            "far": one.farthest.definition.title[self.language],
            "share": format_number(100 * one.farthest.share, "percent", 0),
        }
        why = (
            _("le plus proche sur : %(near)s ; le plus loin sur : %(far)s (%(share)s de la distance)") % words
            if len(one.traits) > 1
            else ""
        )
        return {
            "territory": one.territory,
            "place": one.territory.departement_code if one.territory.level != "departement" else "",
            "distance": format_number(one.distance, "", 2),
            "cells": cells,
            "why": why,
        }

    @property
    def own_cells(self) -> list[str]:
        if not self.rows:
            return []
        return [
            (
                trait.definition.title[self.language],
                format_number(trait.own, trait.definition.unit, trait.definition.decimals),
            )
            for trait in self.likeness.similar[0].traits
        ]

    @property
    def columns(self) -> list[str]:
        described = definitions.definitions()
        return [
            f"{described[name].title[self.language]} ({format_period(self.likeness.periods[name])})"
            for name in self.likeness.used
        ]

    @property
    def left_out(self) -> str:
        if self.likeness is None:
            return ""
        described = definitions.definitions()
        return listed_apart([described[one].title[self.language] for one in self.likeness.left_out])

    @property
    def compare_url(self) -> str:
        keys = [presentation.key_words(self.territory)]
        keys += [presentation.key_words(one["territory"]) for one in self.rows[:4]]
        return presentation.compare_address(keys)

    @property
    def query(self) -> str:
        return urlencode({"sur": self.chosen, "parmi": self.scope}, doseq=True)


@public
@require_safe
@at_its_address
@revalidated
def similar_places(request, territory):
    page = SimilarPage(diagnose(territory), get_language(), request.GET)
    return render(request, "territories/similar.html", {"territory": territory, "page": page})
