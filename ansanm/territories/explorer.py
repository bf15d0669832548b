"""The page of an exploration: form, table, drawings, all from its address."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlencode

import numpy as np
from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from ansanm.engines.indicators import Kind, Status
from ansanm.territories import contours, definitions, exploration, sentences
from ansanm.territories.exploration import Column, Exploration
from ansanm.territories.presentation import key_words, unit_text
from ansanm.ui import charts, maps
from ansanm.ui.formats import format_interval, format_number, format_period

VIEWS = ("table", "graphique", "carte", "nuage")
PER_PAGE = 100
MOST_BARS, MOST_LINES, MOST_AREAS = 20, 5, 350
# Cells of a file: about ten seconds of writing and 10 MB.
MOST_CELLS = 250_000


class ExplorerPage:
    def __init__(self, query: QueryDict, language: str):
        self.language = language[:2]
        self.of = Exploration(query)
        self.view = query.get("vue") if query.get("vue") in VIEWS else "table"
        self._page = query.get("page")

    # ---------------------------------------------------------------- what the address says

    @property
    def parameters(self) -> dict:
        """The address in its plainest words: what is by default is written too, so that it stays."""
        of = self.of
        chosen = {
            "niveau": of.level_word,
            "dans": key_words(of.around) if of.around else "",
            "t": [key_words(one) for one in of.others],
            "i": list(of.indicators),
            "an": list(of.years),
            "q": of.text,
            "tri": of.order,
            "sens": "" if of.is_descending else "croissant",
            "min": "" if of.least is None else f"{of.least:g}",
            "max": "" if of.most is None else f"{of.most:g}",
            "vue": "" if self.view == "table" else self.view,
        }
        return {name: value for name, value in chosen.items() if value}

    def address(self, **changed) -> str:
        return f"{reverse('explorer')}?{self.query_with(**changed)}"

    def query_with(self, **changed) -> str:
        kept = {name: value for name, value in {**self.parameters, **changed}.items() if value}
        return urlencode(kept, doseq=True, safe=":@")

    @property
    def query(self) -> str:
        return self.query_with() + "&"

    @property
    def breadcrumb(self):
        return [(_("Accueil"), reverse("home")), (_("Explorer"), "")]

    @property
    def title(self) -> str:
        words = exploration.level_words()[self.of.level_word]
        if self.of.around is None:
            return _("Territoires choisis")
        return _("%(level)s dans : %(name)s") % {"level": words, "name": self.of.around.name}

    @property
    def views(self) -> list[dict]:
        words = {
            "table": _("Tableau"),
            "graphique": _("Graphique"),
            "carte": _("Carte"),
            "nuage": _("Nuage de points"),
        }
        return [
            {
                "title": words[one],
                "url": self.address(vue="" if one == "table" else one),
                "current": one == self.view,
                "theme": "",
            }
            for one in VIEWS
        ]

    @property
    def downloads(self) -> list[tuple[str, str]]:
        if self.is_too_large or not self.of.n_cells:
            return []
        query = self.query_with(vue="")
        return [
            (words, f"{reverse('explorer_export', args=[form])}?{query}")
            for form, words in (("xlsx", _("Tableur (XLSX)")), ("csv", _("Données (CSV)")))
        ]

    @property
    def api_url(self) -> str:
        """The same figures for a program."""
        language = "" if self.language == "fr" else self.language
        return f"{reverse('api_values')}?{self.query_with(vue='', langue=language)}"

    @property
    def is_too_large(self) -> bool:
        return self.of.n_cells > MOST_CELLS

    # ---------------------------------------------------------------- form

    @property
    def levels(self):
        return [
            (word, words, word == self.of.level_word) for word, words in exploration.level_words().items()
        ]

    @property
    def around_value(self) -> str:
        return self.of.around.name if self.of.around else self.of.typed or self.of.around_text

    @property
    def other_places(self) -> list[dict]:
        """« Voulez-vous dire… »: what else the words of « dans » may mean."""
        return [
            {"territory": one, "url": self.address(dans=key_words(one))}
            for one in self.of.around_choices[1:6]
        ]

    @property
    def others(self) -> list[dict]:
        keys = [key_words(one) for one in self.of.others]
        return [
            {"territory": one, "key": key, "without": self.address(t=[k for k in keys if k != key])}
            for one, key in zip(self.of.others, keys, strict=True)
        ]

    @property
    def themes(self) -> list[dict]:
        chosen = set(self.of.indicators)
        groups = []
        for theme in definitions.themes().values():
            rows = [
                (one.id, one.title[self.language], one.id in chosen)
                for one in definitions.definitions().values()
                if one.theme == theme.id
            ]
            if rows:
                n = sum(is_chosen for _id, _words, is_chosen in rows)
                groups.append({"title": theme.title[self.language], "rows": rows, "n_chosen": n})
        return groups

    @property
    def years(self):
        return [(year, year in self.of.years) for year in self.of.all_years]

    @property
    def sorts(self):
        names = [("", _("Code")), ("nom", _("Nom"))]
        return names + [(one.key, self.column_words(one)) for one in self.of.columns]

    # ---------------------------------------------------------------- table

    def column_words(self, column: Column) -> str:
        return f"{column.definition.title[self.language]} ({format_period(column.period)})"

    @property
    def headers(self) -> list[dict]:
        found = []
        for one in self.of.columns:
            is_sorted = one is self.of.sorted_by
            falls = not (is_sorted and self.of.is_descending)
            found.append(
                {
                    "words": self.column_words(one),
                    "unit": unit_text(one.definition),
                    "url": self.address(tri=one.key, sens="" if falls else "croissant"),
                    "sorted": ("descending" if self.of.is_descending else "ascending") if is_sorted else "",
                }
            )
        return found

    @cached_property
    def page(self):
        return Paginator(self.of.rows, PER_PAGE).get_page(self._page)

    @property
    def lines(self) -> list[dict]:
        columns = [(one, self.column_words(one)) for one in self.of.columns]
        return [
            {
                "territory": self.of.territories[row],
                "cells": [self._cell(column, words, row) for column, words in columns],
            }
            for row in self.page.object_list
        ]

    def _cell(self, column: Column, label: str, row: int) -> dict:
        value, definition = column.value(row), column.definition
        words = format_number(value.value, definition.unit, definition.decimals) if value else ""
        bounds = column.bounds(row)
        return {
            "label": label,
            "words": words,
            "absence": "" if words else sentences.absence(value),
            "interval": self._interval(bounds, definition, words) if words and bounds else "",
        }

    def _interval(self, bounds, definition, words: str) -> str:
        # Narrower than the last digit shown, it tells nothing.
        ends = {format_number(one, definition.unit, definition.decimals) for one in bounds}
        return "" if ends == {words} else format_interval(bounds, definition.unit, definition.decimals)

    @property
    def has_intervals(self) -> bool:
        return any(one.interval is not None for one in self.of.columns)

    @property
    def absent(self) -> list[str]:
        return [one.title[self.language] for one in self.of.absent]

    # ---------------------------------------------------------------- drawings

    @cached_property
    def charts(self) -> list[charts.Chart]:
        if not self.of.columns or not len(self.of.rows):
            return []
        if self.view == "nuage":
            return [self._scatter()] if len(self.of.columns) > 1 else []
        if len(self.of.rows) <= MOST_LINES:
            lines = [self._history(name) for name in self.of.series]
            if any(lines):
                return [one for one in lines if one is not None]
        return [self._bars(one) for one in self.of.columns[:4]]

    def _history(self, name: str) -> charts.Chart | None:
        series = self.of.series[name]
        definition = series.definition
        periods = [one for one in series.periods if not self.of.years or one[:4] in self.of.years]
        lines = []
        for place, row in enumerate(self.of.rows):
            points = [
                charts.Point(period, value.value if value else None, absence=sentences.absence(value))
                for period, value in ((one, exploration.value_at(series, int(row), one)) for one in periods)
            ]
            lines.append(charts.Line(self.of.territories[row].short_name, points, own=place == 0))
        known = {point.period for line in lines for point in line.points if point.value is not None}
        if len(known) < 2:
            return None
        return charts.line(
            lines,
            title=_("%(indicator)s, %(first)s–%(last)s")
            % {
                "indicator": definition.title[self.language],
                "first": min(known)[:4],
                "last": max(known)[:4],
            },
            unit=definition.unit,
            decimals=definition.decimals,
            breaks=[(one.before, one.after) for one in definition.breaks],
            language=self.language,
        )

    def _bars(self, column: Column) -> charts.Chart:
        shown = [int(row) for row in self.of.rows[:MOST_BARS]]
        note = ""
        if len(self.of.rows) > MOST_BARS:
            note = _("Les %(n)d premiers, dans l’ordre du tableau.") % {"n": MOST_BARS}
        definition = column.definition
        return charts.bars(
            [
                charts.Bar(
                    self.of.territories[row].short_name,
                    value.value if value else None,
                    absence=sentences.absence(value),
                    bounds=finite(column.bounds(row)),
                )
                for row, value in ((row, column.value(row)) for row in shown)
            ],
            title=self.column_words(column),
            unit=definition.unit,
            decimals=definition.decimals,
            name_of_rows=_("Territoire"),
            name_of_values=definition.title[self.language],
            note=note,
            language=self.language,
        )

    def _scatter(self) -> charts.Chart:
        across, up = self.of.columns[:2]
        rows = self.of.rows
        both = rows[~np.isnan(across.values[rows]) & ~np.isnan(up.values[rows])]
        picked = {one.pk for one in self.of.others}
        dots = [
            charts.Dot(
                self.of.territories[row].short_name,
                float(across.values[row]),
                float(up.values[row]),
                own=self.of.territories[row].pk in picked,
            )
            for row in both
        ]
        n_without = len(rows) - len(both)
        note = _("%(n)s territoires sans l’une des deux valeurs ne sont pas dessinés.") % {
            "n": format_number(n_without, "", 0)
        }
        if len(dots) > charts.MOST_DOTS:
            crowd = _("Chaque carré est d’autant plus sombre qu’il y a de territoires.")
            note = f"{crowd} {note}" if n_without else crowd
        elif not n_without:
            note = ""
        return charts.scatter(
            dots,
            title=_("%(up)s selon : %(across)s")
            % {"up": up.definition.title[self.language], "across": across.definition.title[self.language]},
            x_title=self.column_words(across),
            y_title=self.column_words(up),
            x_unit=across.definition.unit,
            y_unit=up.definition.unit,
            x_decimals=across.definition.decimals,
            y_decimals=up.definition.decimals,
            note=note,
            language=self.language,
        )

    @property
    def is_too_wide_for_a_map(self) -> bool:
        return len(self.of.rows) > MOST_AREAS

    @cached_property
    def map(self) -> maps.Map | None:
        """The first column place by place: contours where we have them, circles elsewhere."""
        column = self.of.sorted_by or next(iter(self.of.columns), None)
        if column is None or not 1 < len(self.of.rows) <= MOST_AREAS:
            return None
        places = [self.of.territories[row] for row in self.of.rows]
        shapes = contours.contours_of([one.code for one in places if one.level in {"commune", "arm"}])
        picked = {one.pk for one in self.of.others}
        areas = []
        for row, place in zip(self.of.rows, places, strict=True):
            value = column.value(row)
            secret = value is not None and value.status == Status.SECRET
            known = value.value if value else None
            areas.append(
                maps.Area(
                    code=place.code,
                    name=place.name,
                    value=known,
                    url=place.get_absolute_url(),
                    geometry=shapes.get(place.code),
                    longitude=place.longitude or 0.0,
                    latitude=place.latitude or 0.0,
                    weight=float(place.population or 1),
                    own=place.pk in picked,
                    status=maps.SECRET if secret else maps.ABSENT if known is None else "",
                    absence=sentences.absence(value),
                )
            )
        options = {
            "title": self.column_words(column),
            "unit": column.definition.unit,
            "decimals": column.definition.decimals,
            "name_of_values": _("Valeur"),
            "language": self.language,
        }
        # A count painted on a surface would make large communes look full: circles carry counts.
        if any(area.geometry is not None for area in areas) and column.definition.kind != Kind.COUNT:
            return maps.choropleth(areas, **options)
        centred = [area for area in areas if area.latitude or area.longitude]
        return maps.dorling(centred, **options) if len(centred) > 1 else None


def finite(bounds):
    return bounds if bounds and bounds[1] != float("inf") else None
