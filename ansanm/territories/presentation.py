"""What the pages of a territory show, from its diagnosis: rows, numbers, words, drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

from ansanm.engines.indicators import Definition, Kind, Status
from ansanm.territories import (
    areas,
    definitions,
    illustrations,
    iris_incomes,
    observations,
    secrecy,
    sentences,
    similar,
    standing,
)
from ansanm.territories.diagnosis import Diagnosis, Figure, Value
from ansanm.territories.models import LEVEL_WORDS, Territory, Zoning
from ansanm.territories.panels import DeclareLink
from ansanm.ui.formats import format_number, format_period, quoted, unit_words

# In a cell of a table, on the narrowest screen.
STRIP_WIDTH = 230
# The figure first mapped: what a CTG is most often about, then what every territory has.
MAPPED_FIRST = ("coverage_rate", "under20_share", "population")
MAPPABLE = (
    "coverage_rate",
    "poverty_rate",
    "rsa_share",
    "under20_share",
    "senior_share",
    "vacancy_rate",
    "population_growth",
    "population",
)


def address(name: str, territory: Territory, **more) -> str:
    """Return the address of one of the pages of `territory`."""
    place = {"level": LEVEL_WORDS[territory.level], "slug": f"{territory.code}-{territory.slug}"}
    return reverse(name, kwargs={**place, **more})


def key_words(territory: Territory) -> str:
    """Return « commune:97411 »: how addresses name a territory among others."""
    return f"{LEVEL_WORDS[territory.level]}:{territory.code}"


def compare_address(keys: Sequence[str], **more) -> str:
    return f"{reverse('compare')}?{urlencode({'t': list(keys), **more}, doseq=True, safe=':')}"


class Page:
    """What every page of a territory has: where it stands, its chapters, its exports."""

    def __init__(self, diagnosis: Diagnosis, language: str):
        self.diagnosis = diagnosis
        self.territory = diagnosis.territory
        self.language = language[:2]

    @cached_property
    def place(self) -> str:
        """« Commune · La Réunion · CA CINOR »: what tells it from its namesakes."""
        shown = {"commune", "epci", "departement"}
        above = [one.short_name for one in self.diagnosis.comparators if one.level in shown]
        return " · ".join([self.territory.get_level_display(), *reversed(above)])

    @property
    def breadcrumb(self):
        above = [one for one in reversed(self.diagnosis.comparators) if not self._is_the_same_place(one)]
        here = [(self.territory.name, self._own_address)]
        return [*((one.short_name, one.get_absolute_url()) for one in above), *here]

    _own_address = ""

    def _is_the_same_place(self, other: Territory) -> bool:
        # La Réunion is a région of one département: once is enough.
        return other.level == "region" and any(
            one.level == "departement" and one.name == other.name
            for one in [*self.diagnosis.comparators, self.territory]
        )

    @property
    def tabs(self):
        chapters = [
            {
                "title": one.title[self.language],
                "url": address("territory_theme", self.territory, theme=one.id),
                "current": one.id == getattr(self, "theme_id", None),
                "theme": one.look,
            }
            for one in definitions.themes().values()
        ]
        summary = {
            "title": _("L’essentiel"),
            "url": self.territory.get_absolute_url(),
            "current": isinstance(self, Summary),
        }
        return [summary, *chapters]

    @property
    def exports(self):
        return [
            (words, address("territory_export", self.territory, format=form) + self.export_query)
            for form, words in (
                ("xlsx", _("Tableur (XLSX)")),
                ("csv", _("Données (CSV)")),
                ("pdf", _("À imprimer (PDF)")),
                ("docx", _("À compléter (Word)")),
                ("json", _("Pour un programme (JSON)")),
            )
        ]

    export_query = ""
    # The view sets it for those who may declare a figure here: panels.declare_link_of.
    declare_link: DeclareLink | None = None

    @property
    def indicators_url(self) -> str:
        return address("territory_indicators", self.territory)

    @property
    def members_url(self) -> str:
        return address("territory_members", self.territory)

    @property
    def members_words(self) -> str:
        return members_words(self.territory)

    @property
    def zonings_url(self) -> str:
        """The page of the zonings that cut up this territory, or of that a zone is of; "" for none."""
        return zonings_url(self.territory)

    @cached_property
    def area_notes(self) -> list[tuple[str, str]]:
        """What to know before reading the figures of a part of a commune: (kind of note, text)."""
        return areas.notes(self.territory)

    @property
    def compare_url(self) -> str:
        return compare_address([key_words(self.territory)])

    @property
    def explorer_url(self) -> str:
        """The explorer, on the territories this one is ranked among, itself marked."""
        around = {
            "commune": ("departement", self.territory.departement_code),
            "arm": ("commune", self.territory.commune_code),
            "iris": ("commune", self.territory.commune_code),
            "epci": ("region", self.territory.region_code),
        }.get(self.territory.level, ("france", "FR"))
        if not around[1] or self.territory.level == "france":
            return reverse("explorer")
        place = {"niveau": LEVEL_WORDS[self.territory.level], "dans": ":".join(around)}
        query = urlencode({**place, "t": key_words(self.territory)}, safe=":")
        return f"{reverse('explorer')}?{query}"

    @property
    def similar_url(self) -> str:
        return address("territory_similar", self.territory)

    def row(self, figure: Figure) -> dict:
        """Return a figure as the row component reads it."""
        definition, value = figure.definition, figure.value
        row = {
            "id": definition.id,
            "name": definition.title[self.language],
            "url": address("territory_indicator", self.territory, indicator=definition.id),
            "reading": sentences.level(figure, self.territory)
            if value
            else definition.explanation[self.language],
            "unit": definition.unit,
            "decimals": definition.decimals,
            "unit_text": unit_text(definition, value.value if value else None),
            "value": value.value if value else None,
            "period": value.period if value else "",
            "status_words": sentences.absence(value),
            "sparkline": illustrations.sparkline(
                figure.series, [(one.before, one.after) for one in definition.breaks]
            ),
            "trend": trend(figure),
            "comparators": [
                (one.territory.short_name, one.value.value, "" if one.same_period else one.value.period)
                for one in figure.distinct
            ],
            "cautions": [sentences.caution(one, self.language) for one in figure.warnings],
            "sources": self.sources(value),
            "declared": [
                {"text": sentences.declared(one, definition), "url": one.figure.source_url}
                for one in figure.declared
            ],
        }
        if value is None:
            row["absent"] = self.absence(figure)
        return row

    def absence(self, figure: Figure) -> dict:
        absence = {
            "holder": figure.definition.holder.get(self.language, "").rstrip("."),
            "obtain": figure.definition.obtain.get(self.language, ""),
        }
        if self.declare_link:
            wanted = figure.definition.numerator[0]
            absence["url"] = self.declare_link(wanted)
            name = observations.variables()[wanted][self.language]
            absence["action"] = _("Déclarer %(name)s") % {"name": quoted(name)}
        return absence

    def sources(self, value: Value | None) -> list[dict]:
        known = observations.datasets()
        return [
            {
                "title": known[dataset]["title"][self.language],
                "url": reverse("source", args=[dataset]),
                "producer": known[dataset]["producer"],
                "vintage": vintage,
                "origin": value.origin,
            }
            for dataset, vintage in (value.datasets if value else ())
        ]


class Summary(Page):
    """Two minutes for an elected official: five numbers, one map, three strengths, three gaps."""

    def __init__(self, diagnosis: Diagnosis, language: str, mapped: str | None = None):
        super().__init__(diagnosis, language)
        self._mapped = mapped

    @cached_property
    def headline(self) -> str:
        return sentences.headline(self.diagnosis)

    @cached_property
    def numbers(self) -> list[dict]:
        figures = [self.diagnosis.figures[name] for name in self.diagnosis.reading.five_numbers]
        return [
            {
                "name": one.definition.title[self.language],
                "value": one.value.value,
                "unit": one.definition.unit,
                "decimals": one.definition.decimals,
                "unit_text": unit_text(one.definition, one.value.value),
                "period": one.value.period,
                "url": address("territory_indicator", self.territory, indicator=one.definition.id),
                "trend": trend(one),
                "comparators": [
                    (other.territory.short_name, other.value.value)
                    for other in one.distinct
                    if other.same_period and one.definition.kind != Kind.COUNT
                ],
            }
            for one in figures
        ]

    @cached_property
    def strengths(self) -> list[dict]:
        return [self._finding(one) for one in self.diagnosis.reading.strengths]

    @cached_property
    def gaps(self) -> list[dict]:
        return [self._finding(one) for one in self.diagnosis.reading.gaps]

    def _finding(self, finding) -> dict:
        figure = self.diagnosis.figures[finding.indicator_id]
        theme = definitions.themes()[figure.definition.theme]
        return {
            "name": figure.definition.title[self.language],
            "url": address("territory_indicator", self.territory, indicator=finding.indicator_id),
            "reason": sentences.finding(finding, self.diagnosis),
            "theme": theme,
            "theme_title": theme.title[self.language],
        }

    @cached_property
    def mapped(self) -> str | None:
        """The indicator the map shows: the one asked for, else the first that has values."""
        if self._mapped in self.mappable:
            return self._mapped
        wanted = [one for one in (self.diagnosis.reading.headline, *MAPPED_FIRST) if one in self.mappable]
        # A map of blanks is no map: one that most places have goes first.
        return next((one for one in wanted if illustrations.is_mostly_known(self.territory, one)), None)

    @cached_property
    def mappable(self) -> dict[str, str]:
        return {
            name: self.diagnosis.figures[name].definition.title[self.language]
            for name in dict.fromkeys([self.diagnosis.reading.headline or MAPPABLE[0], *MAPPABLE])
            if self.diagnosis.figures[name].value is not None
        }

    @cached_property
    def map(self):
        if self.mapped is None:
            return None
        return illustrations.map_of(self.diagnosis, self.diagnosis.figures[self.mapped], self.language)

    @cached_property
    def chapters(self) -> list[dict]:
        """Each theme with how many of its indicators are known: progress has its denominator."""
        chapters = []
        for one in definitions.themes().values():
            figures = self.diagnosis.of_theme(one.id)
            known = [one for one in figures if one.value is not None and one.value.is_published]
            chapters.append(
                {
                    "theme": one,
                    "title": one.title[self.language],
                    "question": one.question[self.language],
                    "url": address("territory_theme", self.territory, theme=one.id),
                    "n_known": len(known),
                    "n": len(figures),
                    "first": sentences.level(known[0], self.territory) if known else "",
                }
            )
        return chapters

    @cached_property
    def similar(self):
        """The five territories most like this one, for a level that is compared so."""
        found = similar.like(self.territory)
        return found.similar[:5] if found else ()


class ThemePage(Page):
    def __init__(self, diagnosis: Diagnosis, language: str, theme: str):
        super().__init__(diagnosis, language)
        self.theme_id = theme
        self.theme = definitions.themes()[theme]
        self.export_query = f"?theme={theme}"

    @property
    def _own_address(self):
        return self.territory.get_absolute_url()

    @property
    def breadcrumb(self):
        return [*super().breadcrumb, (self.title, "")]

    @property
    def title(self) -> str:
        return self.theme.title[self.language]

    @property
    def question(self) -> str:
        return self.theme.question[self.language]

    @cached_property
    def figures(self) -> list[Figure]:
        return self.diagnosis.of_theme(self.theme_id)

    @cached_property
    def known(self) -> list[dict]:
        return [self.row(one) for one in self.figures if one.value is not None]

    @cached_property
    def absent(self) -> list[dict]:
        """What nobody published here, grouped by what to do about it."""
        groups: dict[str, list[dict]] = {}
        for figure in self.figures:
            if figure.value is None:
                row = self.row(figure)
                groups.setdefault(row["absent"]["obtain"], []).append(row)
        return [{"obtain": obtain, "rows": rows} for obtain, rows in groups.items()]

    @property
    def n_absent(self) -> int:
        return sum(one.value is None for one in self.figures)

    @cached_property
    def readings(self) -> list[str]:
        """The widest gaps of the chapter, in sentences; the same measure as the summary."""
        found = [one for one in self.diagnosis.reading.findings if one.theme == self.theme_id]
        return [sentences.finding(one, self.diagnosis) for one in found[:3]]

    @cached_property
    def charts(self) -> list:
        """The drawings of the chapter: its pyramid, then the figures that have a history or parts."""
        drawn = (
            [illustrations.pyramid(self.territory, self.language)] if self.theme_id == "demographie" else []
        )
        for figure in self.figures:
            if figure.value is None or figure.definition.chart == "none":
                continue
            drawn.append(
                illustrations.parts(figure, self.territory, self.language)
                or illustrations.history(figure, self.territory, self.language)
                or illustrations.comparison(figure, self.territory, self.language)
            )
        return [one for one in drawn if one is not None][:6]

    @cached_property
    def map(self):
        for figure in self.figures:
            if figure.value is not None and figure.definition.kind != Kind.COUNT:
                return illustrations.map_of(self.diagnosis, figure, self.language)
        return None


class IndicatorPage(Page):
    def __init__(self, diagnosis: Diagnosis, language: str, indicator: str):
        super().__init__(diagnosis, language)
        self.figure = diagnosis.figures[indicator]
        self.definition = self.figure.definition
        self.theme_id = self.definition.theme
        self.export_query = f"?indicateur={indicator}"

    @property
    def _own_address(self):
        return self.territory.get_absolute_url()

    @property
    def breadcrumb(self):
        theme = definitions.themes()[self.theme_id]
        chapter = (theme.title[self.language], address("territory_theme", self.territory, theme=theme.id))
        return [*super().breadcrumb, chapter, (self.title, "")]

    @property
    def title(self) -> str:
        return self.definition.title[self.language]

    @property
    def explanation(self) -> str:
        return self.definition.explanation[self.language]

    @cached_property
    def figure_row(self) -> dict:
        # What it says is written out below, in « ce qu’on peut en lire ».
        return {**self.row(self.figure), "reading": "", "url": ""}

    @cached_property
    def readings(self) -> list[str]:
        if self.figure.value is None:
            return []
        written = [
            sentences.level(self.figure, self.territory),
            sentences.trend(self.figure, self.territory),
            sentences.rank(self.figure, self.territory),
        ]
        return [one for one in written if one]

    @property
    def declared(self) -> list[dict]:
        return [
            {
                "text": sentences.declared(one, self.definition),
                "note": one.figure.note,
                "difference": sentences.difference(one, self.definition),
            }
            for one in self.figure.declared
        ]

    @cached_property
    def charts(self) -> list:
        drawn = [
            illustrations.pyramid(self.territory, self.language)
            if self.definition.chart == "pyramid"
            else None,
            illustrations.history(self.figure, self.territory, self.language),
            illustrations.comparison(self.figure, self.territory, self.language),
            illustrations.parts(self.figure, self.territory, self.language),
            illustrations.distribution(self.figure, self.territory, self.language),
        ]
        return [one for one in drawn if one is not None]

    @cached_property
    def map(self):
        if self.figure.value is None:
            return None
        return illustrations.map_of(self.diagnosis, self.figure, self.language)

    @property
    def standings(self) -> list[dict]:
        """Its place at each scale, in words and drawn."""
        kept = self.figure.drawings
        if ("standings", self.language) not in kept:
            kept["standings", self.language] = [
                self._placed(one) for one in standing.standings(self.diagnosis, self.figure)
            ]
        return kept["standings", self.language]

    def _placed(self, one: standing.Standing) -> dict:
        drawing = illustrations.standing(one, self.figure, self.territory, self.language)
        return {
            "scale": sentences.scale(one, self.territory.level),
            "period": format_period(one.period),
            "rank": sentences.standing_rank(one),
            "share": sentences.standing_share(one),
            "median": format_number(one.median, self.definition.unit, self.definition.decimals),
            "without": sentences.standing_without(one),
            "is_by_deciles": one.n_ranked > illustrations.MOST_TICKS,
            "drawing": drawing.svg(STRIP_WIDTH),
        }

    @property
    def calculation(self) -> list[dict]:
        """How the number is made: each variable with its value, so that a reader can redo it."""
        kept = self.figure.drawings
        if ("calculation", self.language) not in kept:
            kept["calculation", self.language] = self._calculation()
        return kept["calculation", self.language]

    def _calculation(self) -> list[dict]:
        value = self.figure.value
        if value is None:
            return []
        names, one = observations.variables(), self.definition
        table = secrecy.table([self.territory.key], one.variables)
        by_hand = {
            (given.figure.variable, given.figure.period): given.figure.value
            for given in self.figure.declared
            if given.value.is_published
        }
        lines = []
        for role, chosen, period in (
            ("+" if len(one.numerator) > 1 else "", one.numerator, value.period),
            ("−", one.subtract, value.period),
            ("÷", one.denominator, value.denominator_period),
        ):
            for place, name in enumerate(chosen):
                number = table.values.get((name, period), [float("nan")])[0]
                if number != number:
                    # Only where nothing is published: a figure given by hand replaces none.
                    number = by_hand.get((name, period), number)
                is_sum_below = role == "÷" and len(chosen) > 1
                lines.append(
                    {
                        # One division by a sum, and not one division after another.
                        "role": ("÷ (" if place == 0 else "+") if is_sum_below else role,
                        "end": ")" if is_sum_below and name == chosen[-1] else "",
                        "name": names[name][self.language],
                        "value": format_number(number, names[name].get("unit", "")) or _("donnée absente"),
                        "period": format_period(period),
                        "id": name,
                    }
                )
        return lines

    @cached_property
    def history_rows(self) -> list[tuple]:
        rows = []
        for one in self.figure.series:
            rows.append(
                {
                    "period": one.period,
                    "value": format_number(one.value, self.definition.unit, self.definition.decimals)
                    or sentences.absence(one),
                    "origin": one.origin,
                    "sources": self.sources(one),
                }
            )
        return rows

    @property
    def traps(self) -> list[str]:
        return [one[self.language] for one in self.definition.traps]


class IndicatorList(Page):
    """Every indicator in one table: for those who look for one, or for what is missing."""

    STATES = ("", "known", "absent")

    def __init__(self, diagnosis: Diagnosis, language: str, query: Mapping[str, str]):
        super().__init__(diagnosis, language)
        self.text = query.get("q", "").strip()[:80]
        self.theme = query.get("theme", "") if query.get("theme") in definitions.themes() else ""
        self.state = query.get("etat", "") if query.get("etat") in self.STATES else ""

    @property
    def _own_address(self):
        return self.territory.get_absolute_url()

    @property
    def breadcrumb(self):
        return [*super().breadcrumb, (_("Tous les indicateurs"), "")]

    @cached_property
    def rows(self) -> list[dict]:
        return [self._line(one) for one in self.diagnosis.figures.values() if self._is_wanted(one)]

    def _is_wanted(self, figure: Figure) -> bool:
        title = figure.definition.title[self.language]
        words = f"{title} {figure.definition.explanation[self.language]}".casefold()
        return (
            (not self.theme or figure.definition.theme == self.theme)
            and (self.state != "known" or figure.value is not None)
            and (self.state != "absent" or figure.value is None)
            and all(word in words for word in self.text.casefold().split())
        )

    def _line(self, figure: Figure) -> dict:
        definition, value = figure.definition, figure.value
        compared = {one.territory.level: one for one in figure.comparisons}
        return {
            "name": definition.title[self.language],
            "url": address("territory_indicator", self.territory, indicator=definition.id),
            "theme": definitions.themes()[definition.theme].title[self.language],
            "value": format_number(value.value, definition.unit, definition.decimals) if value else "",
            "absence": sentences.absence(value),
            "period": format_period(value.period) if value else "",
            "others": [
                (one.short_name, self._other(compared.get(one.level), definition))
                for one in self.diagnosis.comparators
            ],
            "rank": figure.rank,
        }

    def _other(self, comparison, definition) -> str:
        if comparison is None or comparison.value is None:
            return "–"
        words = format_number(comparison.value.value, definition.unit, definition.decimals)
        return words if comparison.same_period else f"{words} ({format_period(comparison.value.period)})"

    @property
    def n_known(self) -> int:
        return sum(not row["absence"] for row in self.rows)

    @property
    def themes(self):
        return [(one.id, one.title[self.language]) for one in definitions.themes().values()]


class Members:
    """The places inside a territory: IRIS of a commune, communes of an EPCI…"""

    PER_PAGE = 100

    def __init__(self, territory: Territory, query: Mapping[str, str]):
        self.territory = territory
        self.text = query.get("q", "").strip()[:80]
        self.order = query.get("tri") if query.get("tri") in {"nom", "population"} else "population"
        found = Territory.objects.members_of(territory)
        self.n_total = found.count()
        for word in self.text.split():
            found = found.filter(search_key__contains=word.casefold())
        found = found.order_by("name" if self.order == "nom" else "-population", "code")
        self.page = Paginator(found, self.PER_PAGE).get_page(query.get("page"))
        self.page.object_list = list(self.page.object_list)
        self.too_small = areas.too_small(self.page.object_list)
        self.has_quality = any(one.iris_quality for one in self.page.object_list)
        self.incomes = iris_incomes.column(self.page.object_list)
        for one in self.page.object_list if self.incomes else ():
            one.declared_income, one.why_none = self.incomes.cells[one.pk]

    @property
    def breadcrumb(self):
        return [(self.territory.name, self.territory.get_absolute_url()), (self.title, "")]

    @property
    def title(self) -> str:
        return members_words(self.territory) or _("Aucun territoire à l’intérieur")

    @property
    def query(self) -> str:
        kept = {"q": self.text, "tri": self.order}
        return urlencode({name: value for name, value in kept.items() if value}) + "&"


def members_words(territory: Territory) -> str:
    """Return what stands inside a territory, in words; "" where nothing does."""
    match territory.level:
        case "commune":
            has_arms = Territory.objects.current().filter(level="arm", commune_code=territory.code).exists()
            return _("Ses arrondissements") if has_arms else _("Ses IRIS")
        case "arm":
            return _("Ses IRIS")
        case "france":
            return _("Ses régions")
        case "epci" | "departement" | "region":
            return _("Ses communes")
        case "qpv" | "zone":
            levels = {one.level for one in Territory.objects.members_of(territory)}
            if levels:
                return _("Ses IRIS") if levels == {"iris"} else _("Ses communes et IRIS")
    return ""


def zonings_url(territory: Territory) -> str:
    if territory.level == "zone":
        zoning = territory.zone.zoning
        cut = Territory.objects.at(zoning.scope_level, zoning.scope_code)
        return address("territory_zonings", cut)
    is_cut = Zoning.objects.shown().of(territory).exists()
    return address("territory_zonings", territory) if is_cut else ""


def unit_text(definition: Definition, value: float | None = None) -> str:
    """The word after a number in a narrow place; the title of a count of households says which ones."""
    return "" if definition.unit == "households" else unit_words(definition.unit, value)


def trend(figure: Figure) -> dict | None:
    """Which way it moved since the last value that compares, and whether families gain by it."""
    before, value = figure.previous, figure.value
    if before is None or value is None or value.status != Status.PUBLISHED:
        return None
    change = value.value - before.value
    direction = "up" if change > 0 else "down" if change < 0 else "flat"
    polarity = figure.definition.polarity
    meaning = ""
    if polarity and change:
        meaning = "better" if (change > 0) == (polarity > 0) else "worse"
    return {"direction": direction, "meaning": meaning, "text": sentences.change(figure)}
