"""Two to five territories side by side, whatever their levels: the same period for all where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from ansanm.engines.indicators import Definition, Kind, Series, Status
from ansanm.territories import definitions, sentences, similar
from ansanm.territories.diagnosis import Value, series_of
from ansanm.territories.models import LEVELS_BY_WORD, Territory
from ansanm.territories.presentation import address, compare_address, key_words, unit_text
from ansanm.territories.search import MAX_LENGTH
from ansanm.ui import charts
from ansanm.ui.formats import format_number, format_period

MOST, FEWEST = 5, 2
N_RESULTS = 8
MOST_CHARTS = 6


def find_keys(keys: Sequence[str], most: int) -> tuple[list[Territory], list[str]]:
    """Return the territories of « commune:97411 » keys in their order, and the keys that name none."""
    found, unknown = [], []
    for key in dict.fromkeys(keys):
        level, _separator, code = key.partition(":")
        one = Territory.objects.current().filter(level=LEVELS_BY_WORD.get(level, ""), code=code[:20]).first()
        if one is None:
            unknown.append(key[:40])
        elif len(found) < most:
            found.append(one)
    return found, unknown


def value_at(series: Series, row: int, period: str | None) -> Value | None:
    if period is None or series.statuses[period][row] == Status.NOT_AVAILABLE:
        return None
    number = series.values[period][row]
    return Value(None if np.isnan(number) else float(number), Status(series.statuses[period][row]), period)


def is_published(series: Series, period: str, row: int) -> bool:
    return bool(series.statuses[period][row] == Status.PUBLISHED)


def common_period(series: Series, n_rows: int) -> str | None:
    """Return the latest period published for all who have any; None where they share none."""
    having = [row for row in range(n_rows) if any(is_published(series, one, row) for one in series.periods)]
    shared = [one for one in series.periods if having and all(is_published(series, one, r) for r in having)]
    return shared[-1] if shared else None


def latest_of(series: Series, row: int) -> str | None:
    """Return the latest period published for a row, else the latest where it is at least secret."""
    published = [one for one in series.periods if is_published(series, one, row)]
    held = [one for one in series.periods if series.statuses[one][row] != Status.NOT_AVAILABLE]
    return (published or held or [None])[-1]


@dataclass(frozen=True)
class Line:
    definition: Definition
    period: str | None  # the same for all, None where they share none
    values: tuple[Value | None, ...]

    @property
    def n_known(self) -> int:
        return sum(one is not None and one.is_published for one in self.values)


def lines_of(territories: Sequence[Territory], names: Sequence[str]) -> list[Line]:
    lines = []
    for name, series in series_of(territories, names).items():
        period = common_period(series, len(territories))
        values = tuple(
            value_at(series, row, period) or value_at(series, row, latest_of(series, row))
            for row in range(len(territories))
        )
        lines.append(Line(definitions.definitions()[name], period, values))
    return lines


class ComparisonPage:
    """`?t=commune:97411&t=commune:33063&theme=…`; `q` looks for one more territory."""

    def __init__(self, query: QueryDict, language: str):
        self.language = language[:2]
        self.text = query.get("q", "").strip()[:MAX_LENGTH]
        self.theme = query.get("theme", "") if query.get("theme") in definitions.themes() else ""
        self.territories, self.unknown = find_keys(query.getlist("t"), MOST)
        self.is_full = len(self.territories) >= MOST
        self.is_shown = len(self.territories) >= FEWEST

    @property
    def keys(self) -> list[str]:
        return [key_words(one) for one in self.territories]

    @property
    def title(self) -> str:
        if not self.is_shown:
            return _("Comparer des territoires")
        names = [one.short_name for one in self.territories]
        return _("%(first)s et %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}

    @property
    def breadcrumb(self):
        return [(_("Accueil"), reverse("home")), (_("Comparer"), "")]

    @property
    def chosen(self) -> list[dict]:
        """Each territory with the address of the page without it."""
        return [
            {
                "territory": one,
                "url": one.get_absolute_url(),
                "without": compare_address([key for key in self.keys if key != key_words(one)], **self._kept),
            }
            for one in self.territories
        ]

    @property
    def _kept(self) -> dict:
        return {"theme": self.theme} if self.theme else {}

    def adding(self, territory: Territory) -> str:
        return compare_address([*self.keys, key_words(territory)], **self._kept)

    @cached_property
    def results(self) -> list[dict]:
        if not self.text or self.is_full:
            return []
        return self._choices(Territory.objects.search(self.text, limit=N_RESULTS))

    @cached_property
    def suggestions(self) -> list[dict]:
        """Who one would compare with: those above, then those alike, then the largest around."""
        if self.is_full or not self.territories:
            return []
        first = self.territories[0]
        alike = similar.like(first)
        return [
            group
            for group in (
                {
                    "title": _("Les territoires qui l’englobent"),
                    "rows": self._choices(Territory.objects.comparators_of(first)),
                },
                {
                    "title": _("Les plus semblables en France"),
                    "rows": self._choices([one.territory for one in alike.similar[:6]] if alike else []),
                },
                {
                    "title": _("Les plus peuplés de même rang autour"),
                    "rows": self._choices(
                        Territory.objects.peers_of(first)
                        .exclude(population=None)
                        .order_by("-population", "code")[:6]
                    ),
                },
            )
            if group["rows"]
        ]

    def _choices(self, found) -> list[dict]:
        there = set(self.keys)
        return [{"territory": one, "url": self.adding(one)} for one in found if key_words(one) not in there]

    @property
    def themes(self):
        return [(one.id, one.title[self.language]) for one in definitions.themes().values()]

    @cached_property
    def lines(self) -> list[Line]:
        names = [
            name
            for name, one in definitions.definitions().items()
            if (one.theme == self.theme if self.theme else one.headline)
        ]
        return lines_of(self.territories, names)

    @cached_property
    def rows(self) -> list[dict]:
        return [self._row(one) for one in self.lines if any(one.values)]

    @property
    def absent(self) -> list[str]:
        return [one.definition.title[self.language] for one in self.lines if not any(one.values)]

    def _row(self, line: Line) -> dict:
        definition = line.definition
        return {
            "name": definition.title[self.language],
            "unit": unit_text(definition),
            "period": format_period(line.period) if line.period else "",
            "cells": [
                {
                    "name": territory.short_name,
                    "url": address("territory_indicator", territory, indicator=definition.id),
                    "words": format_number(value.value, definition.unit, definition.decimals)
                    if value
                    else "",
                    "absence": sentences.absence(value),
                    "period": format_period(value.period) if value and value.period != line.period else "",
                }
                for territory, value in zip(self.territories, line.values, strict=True)
            ],
        }

    @cached_property
    def charts(self) -> list[charts.Chart]:
        """Bars of what compares: not the counts, that size alone would set apart."""
        wanted = [
            one for one in self.lines if one.n_known > 1 and one.period and one.definition.kind != Kind.COUNT
        ]
        return [self._bars(one) for one in wanted[:MOST_CHARTS]]

    def _bars(self, line: Line) -> charts.Chart:
        definition = line.definition
        title = definition.title[self.language]
        return charts.bars(
            [
                charts.Bar(
                    territory.short_name,
                    value.value if value and value.period == line.period else None,
                    own=place == 0,
                    absence=sentences.absence(value),
                )
                for place, (territory, value) in enumerate(zip(self.territories, line.values, strict=True))
            ],
            title=_("%(indicator)s, %(period)s") % {"indicator": title, "period": format_period(line.period)},
            unit=definition.unit,
            decimals=definition.decimals,
            name_of_rows=_("Territoire"),
            name_of_values=title,
            language=self.language,
        )
