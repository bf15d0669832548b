"""Indicators × territories × years, all chosen by the address: what the table, the drawings, the
downloads and the API show of one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from django.http import QueryDict
from django.utils.translation import gettext as _

from ansanm.engines.indicators import Definition, Series, Status
from ansanm.engines.uncertainty import Interval
from ansanm.territories import definitions, intervals, observations, similar
from ansanm.territories.comparison import find_keys, value_at
from ansanm.territories.diagnosis import Value, series_of
from ansanm.territories.models import LEVEL_WORDS, LEVELS_BY_WORD, Level, Territory
from ansanm.territories.names import search_key
from ansanm.territories.search import MAX_LENGTH

MOST_TERRITORIES, MOST_INDICATORS, MOST_YEARS, MOST_COLUMNS = 50, 10, 6, 20
DEFAULT_LEVEL, DEFAULT_AROUND = "departement", "france:FR"
DEFAULT_INDICATORS = ("population", "under20_share", "vacancy_rate")
# Levels whose places are kept in memory: they are those of the geography, the same for everybody.
KEPT = {Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT, Level.REGION}
# The code by which a place names what it stands in.
STANDS_IN = {
    Level.REGION: "region_code",
    Level.DEPARTEMENT: "departement_code",
    Level.EPCI: "epci_code",
    Level.COMMUNE: "commune_code",
}


@dataclass(frozen=True)
class Column:
    """One indicator in one period, for every territory of the question."""

    definition: Definition
    period: str
    series: Series
    interval: Interval | None

    @property
    def key(self) -> str:
        return f"{self.definition.id}@{self.period}"

    @property
    def values(self) -> np.ndarray:
        return self.series.values[self.period]

    @property
    def statuses(self) -> np.ndarray:
        return self.series.statuses[self.period]

    def value(self, row: int) -> Value | None:
        return value_at(self.series, row, self.period)

    def bounds(self, row: int) -> tuple[float, float] | None:
        if self.interval is None or np.isnan(self.interval[0][row]):
            return None
        high = self.interval[1][row]
        return float(self.interval[0][row]), float("inf") if np.isnan(high) else float(high)


def within(level: str, around: Territory | None) -> Sequence[Territory]:
    """Return the places of a level that stand in a territory, in the order of codes."""
    if around is None:
        return ()
    column = STANDS_IN.get(around.level)
    if around.level != Level.FRANCE and column is None:
        return ()
    if level in KEPT:
        places = similar.places(level)
        return [one for one in places if column is None or getattr(one, column) == around.code]
    found = Territory.objects.current().filter(level=level).exclude(region_code="")
    return list((found.filter(**{column: around.code}) if column else found).order_by("code"))


class Exploration:
    """What an address asks: `niveau`, `dans`, `t`, `i`, `an`, `q`, `tri`, `sens`, `min`, `max`."""

    def __init__(self, query: QueryDict):
        asks_places = "t" in query or "dans" in query or "lieu" in query
        level = query.get("niveau", DEFAULT_LEVEL)
        self.level_word = level if level in LEVELS_BY_WORD and level != "france" else DEFAULT_LEVEL
        self.level = LEVELS_BY_WORD[self.level_word]
        self.around_text = query.get("dans", "" if asks_places else DEFAULT_AROUND).strip()[:MAX_LENGTH]
        # The form shows the name of the place and keeps its key: what is typed over the name wins.
        self.typed = query.get("lieu", "").strip()[:MAX_LENGTH]
        self.others, self.unknown = find_keys(query.getlist("t"), MOST_TERRITORIES)
        known = definitions.definitions()
        asked = [one for one in dict.fromkeys(query.getlist("i")) if one in known]
        self.unknown_indicators = [one[:40] for one in query.getlist("i") if one not in known]
        self.indicators = tuple(asked[:MOST_INDICATORS]) or DEFAULT_INDICATORS
        years = [one for one in dict.fromkeys(query.getlist("an")) if one.isdigit() and len(one) == 4]
        self.years = tuple(sorted(years[:MOST_YEARS]))
        self.text = query.get("q", "").strip()[:MAX_LENGTH]
        self.order = query.get("tri", "")
        self.is_descending = query.get("sens") != "croissant"
        self.least, self.most = as_number(query.get("min")), as_number(query.get("max"))

    @cached_property
    def around_choices(self) -> list[Territory]:
        """Who « dans » may mean, the likeliest first: a key names one, words may name several."""
        found = find_keys([self.around_text], 1)[0]
        text = self.typed or self.around_text
        if not text:
            return []
        if found and self.typed in ("", found[0].name):
            return found
        if ":" in text:
            return find_keys([text], 1)[0]
        likely = Territory.objects.search(text, limit=8)
        # A commune holds no commune: « La Réunion » is the département where communes are asked for.
        holding = [one for one in likely if len(within(self.level, one)) > 1]
        return holding or list(likely)

    @property
    def around(self) -> Territory | None:
        return self.around_choices[0] if self.around_choices else None

    @cached_property
    def territories(self) -> list[Territory]:
        inside = list(within(self.level, self.around))
        if not self.others:
            return inside
        there = {one.pk for one in inside}
        return [*(one for one in self.others if one.pk not in there), *inside]

    @cached_property
    def _among(self) -> tuple:
        """Which territories these are: what is computed of them is kept under it."""
        around = self.around.key if self.around else ("", "")
        # Zones come and go without the data changing: a list of them goes by who is in it.
        kept = self.others if self.level in KEPT else self.territories
        others = tuple(one.pk for one in kept)
        return self.level, around, others, observations.data_version(), _Rows(self.territories)

    @cached_property
    def series(self) -> Mapping[str, Series]:
        return {name: _series(name, *self._among) for name in self.indicators}

    @cached_property
    def columns(self) -> list[Column]:
        columns = []
        for name, series in self.series.items():
            for period in self._periods(series):
                bounds = _interval(name, period, *self._among)
                columns.append(Column(series.definition, period, series, bounds))
        return columns[:MOST_COLUMNS]

    def _periods(self, series: Series) -> list[str]:
        n_published = {
            period: int(np.sum(series.statuses[period] == Status.PUBLISHED)) for period in series.periods
        }
        if self.years:
            return [one for one in series.periods if one[:4] in self.years and n_published[one]]
        # The period most places have, the latest of equals.
        best = max(n_published, key=lambda one: (n_published[one], one), default=None)
        return [best] if best and n_published[best] else []

    @property
    def all_years(self) -> list[str]:
        periods = {period[:4] for series in self.series.values() for period in series.periods}
        return sorted(periods | set(self.years), reverse=True)

    @property
    def absent(self) -> list[Definition]:
        """The indicators that nobody publishes for any of these places and years."""
        shown = {one.definition.id for one in self.columns}
        return [definitions.definitions()[name] for name in self.indicators if name not in shown]

    @property
    def sorted_by(self) -> Column | None:
        return next((one for one in self.columns if one.key == self.order), None)

    @cached_property
    def rows(self) -> np.ndarray:
        """The places shown, as rows of the columns: filtered, then sorted, those without value last."""
        rows = np.arange(len(self.territories))
        if self.text:
            words = search_key(self.text)
            rows = rows[np.array([words in one for one in _names(*self._among)], dtype=bool)]
        column = self.sorted_by
        if column is not None:
            values = column.values[rows]
            if self.least is not None or self.most is not None:
                low = -np.inf if self.least is None else self.least
                high = np.inf if self.most is None else self.most
                # A secret or absent value is in no range.
                inside = (values >= low) & (values <= high)
                rows, values = rows[inside], values[inside]
            # Not a number is put last by argsort, whichever way numbers go.
            return rows[np.argsort(-values if self.is_descending else values, kind="stable")]
        if self.order == "nom":
            order = np.argsort(_places_by_name(*self._among)[rows])
            return rows[order[::-1] if self.is_descending else order]
        return rows

    @property
    def n_cells(self) -> int:
        return len(self.rows) * len(self.columns)

    def cells(self):
        """(territory, column, value, bounds) of all that is shown, row by row."""
        for row in self.rows:
            for column in self.columns:
                yield self.territories[row], column, column.value(row), column.bounds(row)


class _Rows:
    """Territories that go with a cache key and are not part of it."""

    def __init__(self, territories):
        self.territories = territories

    def __eq__(self, other):
        return isinstance(other, _Rows)

    def __hash__(self):
        return 0


@lru_cache(maxsize=32)
def _series(indicator: str, level, around, others, data_version: str, rows: _Rows) -> Series:
    return series_of(rows.territories, [indicator])[indicator]


@lru_cache(maxsize=32)
def _interval(indicator: str, period: str, *among) -> Interval | None:
    return intervals.interval(_series(indicator, *among), period, among[-1].territories)


@lru_cache(maxsize=16)
def _names(level, around, others, data_version: str, rows: _Rows) -> list[str]:
    """Return name and code as a search compares them: taking off 35,000 names' accents is most of one."""
    return [f"{search_key(one.name)} {one.code.lower()}" for one in rows.territories]


@lru_cache(maxsize=16)
def _places_by_name(*among) -> np.ndarray:
    """Return the place of each territory in the order of names; no two share one."""
    names = _names(*among)
    places = np.empty(len(names), dtype=np.intp)
    places[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return places


def as_number(text: str | None) -> float | None:
    try:
        number = float((text or "").replace(",", ".").replace("\u202f", "").replace(" ", ""))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def level_words() -> dict[str, str]:
    """Return the levels one may explore, by the word of the address."""
    plural = {
        Level.COMMUNE: _("Communes"),
        Level.ARM: _("Arrondissements municipaux"),
        Level.IRIS: _("IRIS"),
        Level.EPCI: _("Intercommunalités"),
        Level.DEPARTEMENT: _("Départements"),
        Level.REGION: _("Régions"),
    }
    return {LEVEL_WORDS[one]: plural.get(one, str(one.label)) for one in Level if one != Level.FRANCE}
