"""The charts and maps of a figure: which drawing suits which figure, and its title in words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache, wraps

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.engines.indicators import Kind, Status
from ansanm.territories import areas, contours, definitions, intervals, observations, sentences
from ansanm.territories.diagnosis import Diagnosis, Figure, Value, values_of
from ansanm.territories.models import Territory
from ansanm.territories.standing import Standing
from ansanm.ui import charts, maps
from ansanm.ui.formats import format_period

# A map of more communes than this is heavier than a page may be: a smaller frame is drawn.
MOST_AREAS = 350
# Above so many ticks a strip in a table is a grey bar: the deciles are drawn instead.
MOST_TICKS = 120


def drawn_once(draw):
    """Draw a figure once for each language: a diagnosis stays in memory, and so do its drawings."""

    @wraps(draw)
    def found(figure: Figure, territory: Territory, language: str) -> charts.Chart | None:
        key = (draw.__name__, language)
        if key not in figure.drawings:
            figure.drawings[key] = draw(figure, territory, language)
        return figure.drawings[key]

    return found


@drawn_once
def history(figure: Figure, territory: Territory, language: str) -> charts.Chart | None:
    """Lines over time, the territory and those comparators that have the same periods."""
    own = [_point(one, intervals.of_value(figure.definition, one, territory)) for one in figure.series]
    own += [charts.Point(one.value.period, one.value.value, declared=True) for one in figure.declared]
    if len({point.period for point in own if point.value is not None}) < 2:
        return None
    lines = [
        charts.Line(territory.name, sorted(own, key=lambda point: charts.months(point.period)), own=True)
    ]
    # Counts of a commune and of France do not fit one axis; rates do.
    if figure.definition.kind != Kind.COUNT:
        lines += [
            charts.Line(one.territory.short_name, [_point(past) for past in one.series])
            for one in figure.distinct
            if len([past for past in one.series if past.is_published]) > 1
        ]
    return charts.line(
        lines,
        title=_("%(indicator)s, %(first)s–%(last)s")
        % {
            "indicator": figure.definition.title[language],
            "first": format_period(min(point.period for point in own)[:4]),
            "last": format_period(max(point.period for point in own)[:4]),
        },
        unit=figure.definition.unit,
        decimals=figure.definition.decimals,
        reading=sentences.trend(figure, territory),
        breaks=[(one.before, one.after) for one in figure.definition.breaks],
        note=_legend(figure, any(point.bounds for point in own)),
        language=language,
    )


@drawn_once
def comparison(figure: Figure, territory: Territory, language: str) -> charts.Chart | None:
    """Bars from zero: the territory above its comparators, each with its year where it differs."""
    if figure.value is None or figure.definition.kind == Kind.COUNT:
        return None
    bounds = intervals.of_value(figure.definition, figure.value, territory)
    rows = [replace(_bar(territory.name, figure.value, own=True), bounds=bounds)]
    rows += [
        _bar(
            one.territory.short_name
            if one.same_period
            else f"{one.territory.short_name} ({format_period(one.value.period)})",
            one.value,
        )
        for one in figure.distinct
    ]
    if len(rows) < 2:
        return None
    return charts.bars(
        rows,
        title=_("%(indicator)s, comparé (%(period)s)")
        % {"indicator": figure.definition.title[language], "period": format_period(figure.value.period)},
        unit=figure.definition.unit,
        decimals=figure.definition.decimals,
        reading=sentences.comparison(figure, territory),
        name_of_rows=_("Territoire"),
        name_of_values=figure.definition.title[language],
        note=_legend(figure, bounds is not None, with_declared=False),
        language=language,
    )


def _legend(figure: Figure, has_bounds: bool, *, with_declared: bool = True) -> str:
    """What the marks of a drawing mean, of those it has."""
    said = []
    if with_declared and figure.declared:
        said.append(_("Losange : chiffre déclaré, jamais relié aux chiffres publiés."))
    if has_bounds:
        said.append(
            _(
                "Trait entre deux butées : ce que la fabrication du chiffre laisse ignorer, par l’arrondi de "
                "son producteur ou le sondage du recensement (intervalle à 95 %)."
            )
        )
    return " ".join(said)


@drawn_once
def parts(figure: Figure, territory: Territory, language: str) -> charts.Chart | None:
    """Bars of what the figure is made of (places by kind of care…)."""
    if not figure.parts:
        return None
    names = observations.variables()
    # A share may be shown with the counts it is made of: their unit is not its own.
    unit = names[figure.parts[0][0]]["unit"]
    is_same_unit = unit == figure.definition.unit
    return charts.bars(
        [_bar(names[name][language], value) for name, value in figure.parts],
        title=_("%(indicator)s, par composante") % {"indicator": figure.definition.title[language]},
        unit=unit,
        decimals=figure.definition.decimals if is_same_unit else 0,
        reading=sentences.parts(figure, territory, language),
        name_of_rows=_("Composante"),
        name_of_values=figure.definition.title[language] if is_same_unit else _("Effectif"),
        language=language,
    )


@drawn_once
def distribution(figure: Figure, territory: Territory, language: str) -> charts.Chart | None:
    """One tick for each peer: where the territory stands among the communes of the département."""
    if figure.value is None or figure.rank is None:
        return None
    return charts.strip(
        [
            _bar(territory.name, figure.value, own=True),
            *(_bar(peer.name, value) for peer, value in figure.peers),
        ],
        title=_("%(indicator)s : la place de %(name)s")
        % {"indicator": figure.definition.title[language], "name": territory.name},
        unit=figure.definition.unit,
        decimals=figure.definition.decimals,
        reading=sentences.rank(figure, territory),
        comparators=[_bar(one.territory.short_name, one.value) for one in figure.distinct if one.same_period]
        if figure.definition.kind != Kind.COUNT
        else (),
        language=language,
    )


def standing(one: Standing, figure: Figure, territory: Territory, language: str) -> charts.Chart:
    """One tick for each territory of a scale, or each decile where they are many."""
    values = list(one.values)
    # Ours is drawn apart; of ties, one tick less.
    values.remove(one.value)
    if one.n_ranked > MOST_TICKS:
        values = list(np.quantile(one.values, np.linspace(0, 1, 11)))
    return charts.strip(
        [
            charts.Bar(territory.name, one.value, own=True),
            *(charts.Bar("", float(value)) for value in values),
        ],
        title=_("%(indicator)s : la place de %(name)s, %(scale)s")
        % {
            "indicator": figure.definition.title[language],
            "name": territory.name,
            "scale": sentences.scale(one, territory.level),
        },
        unit=figure.definition.unit,
        decimals=figure.definition.decimals,
        language=language,
    )


def pyramid(territory: Territory, language: str) -> charts.Chart | None:
    """Men and women by five-year band, against the département; None where bands are not published."""
    return _pyramid(territory, language, observations.data_version())


@lru_cache(maxsize=64)
def _pyramid(territory: Territory, language: str, data_version: str) -> charts.Chart | None:
    rows = [territory.key]
    if territory.level in {"commune", "epci"} and territory.departement_code:
        rows.append(("departement", territory.departement_code))
    ages = range(0, 100, 5)
    names = [f"{sex}_{age:02}" for sex in ("men", "women") for age in ages]
    table = observations.table(rows, names)
    periods = table.periods("women_00")
    if not periods:
        return None
    period = periods[-1]
    counts = {name: table.values[name, period] for name in names if (name, period) in table.values}
    if len(counts) < len(names) or any(counts[name][0] != counts[name][0] for name in names):
        return None
    reference = None
    if len(rows) > 1 and all(counts[name][1] == counts[name][1] for name in names):
        total = sum(counts[name][1] for name in names)
        reference = {name: counts[name][1] / total for name in names}
    bands = [
        charts.Band(
            _("%(low)s–%(high)s ans") % {"low": age, "high": age + 4} if age < 95 else _("95 ans et plus"),
            float(counts[f"men_{age:02}"][0]),
            float(counts[f"women_{age:02}"][0]),
            reference and reference[f"men_{age:02}"],
            reference and reference[f"women_{age:02}"],
        )
        for age in ages
    ]
    return charts.pyramid(
        bands,
        title=_("Pyramide des âges, %(period)s") % {"period": period},
        reading=sentences.ages(bands, territory),
        reference_name=Territory.objects.at(*rows[1]).name if reference else "",
        language=language,
    )


def map_of(diagnosis: Diagnosis, figure: Figure, language: str) -> maps.Map | None:
    """The figure place by place: contours where we have them, circles at the centres elsewhere."""
    version = f"{observations.data_version()} {contours.stamp()}"
    return _map_of(diagnosis.territory, figure.definition.id, language, version)


@lru_cache(maxsize=128)
def _map_of(territory: Territory, indicator: str, language: str, data_version: str) -> maps.Map | None:
    definition = definitions.definitions()[indicator]
    places = places_of_map(territory)
    if len(places) < 2:
        return None
    values = values_of(places, definition.id)
    period = next((one.period for one in values if one is not None), None)
    if period is None:
        return None
    shapes = areas.outlines_of(places)
    drawn = [_area(place, value, shapes, territory) for place, value in zip(places, values, strict=True)]
    options = {
        "title": _("%(indicator)s, %(period)s")
        % {"indicator": definition.title[language], "period": format_period(period)},
        "unit": definition.unit,
        "decimals": definition.decimals,
        "reading": sentences.places(definition, places, values, language),
        "name_of_values": _("Valeur"),
        "language": language,
    }
    with_contour = sum(area.geometry is not None for area in drawn)
    if with_contour and definition.kind != Kind.COUNT:
        without = len(drawn) - with_contour
        note = ngettext(
            "%(count)d territoire sans contour n’est que dans la liste.",
            "%(count)d territoires sans contour ne sont que dans la liste.",
            without,
        ) % {"count": without}
        return maps.choropleth(drawn, note=note if without else "", **options)
    centred = [area for area in drawn if area.latitude or area.longitude]
    # A count painted on a surface would make large communes look full: circles carry counts.
    return maps.dorling(centred, **options) if len(centred) > 1 else None


def is_mostly_known(territory: Territory, indicator: str) -> bool:
    """Whether at least half of the places of the map have a value."""
    return _is_mostly_known(territory, indicator, observations.data_version())


@lru_cache(maxsize=512)
def _is_mostly_known(territory: Territory, indicator: str, data_version: str) -> bool:
    values = values_of(places_of_map(territory), indicator)
    known = [one for one in values if one is not None and one.value is not None]
    return len(known) >= max(2, len(values) / 2)


def places_of_map(territory: Territory) -> list[Territory]:
    """Return the places a map of `territory` shows, itself among them for a commune."""
    return _places_of_map(territory, observations.data_version())


@lru_cache(maxsize=128)
def _places_of_map(territory: Territory, data_version: str) -> list[Territory]:
    of = Territory.objects
    match territory.level:
        case "commune" | "arm":
            around = list(of.peers_of(territory)[: MOST_AREAS + 1])
            if len(around) <= MOST_AREAS and (len(around) <= 60 or not territory.epci_code):
                return around
            return list(of.current().filter(level="commune", epci_code=territory.epci_code))
        case "iris" | "qpv" | "zone":
            return list(of.peers_of(territory)[:MOST_AREAS])
        case "epci":
            return list(of.communes_of(territory))
        case "departement":
            communes = list(of.communes_of(territory)[: MOST_AREAS + 1])
            if len(communes) <= MOST_AREAS:
                return communes
            return list(of.current().filter(level="epci", departement_code=territory.code))
        case "region":
            inside = list(of.current().filter(level="departement", region_code=territory.code))
            return inside if len(inside) > 1 else list(of.communes_of(territory)[:MOST_AREAS])
        case "france":
            return list(of.current().filter(level="departement").exclude(region_code=""))
        case _:
            return []


def _area(place: Territory, value: Value | None, shapes: dict, territory: Territory) -> maps.Area:
    secret = value is not None and value.status == Status.SECRET
    return maps.Area(
        code=place.code,
        name=place.name,
        value=value.value if value else None,
        url=place.get_absolute_url(),
        geometry=shapes.get(place.code),
        longitude=place.longitude or 0.0,
        latitude=place.latitude or 0.0,
        weight=float(place.population or 1),
        own=place.pk == territory.pk,
        status=maps.SECRET if secret else maps.ABSENT if value is None or value.value is None else "",
        absence=sentences.absence(value),
    )


def _point(value: Value, bounds: tuple[float, float] | None = None) -> charts.Point:
    return charts.Point(value.period, value.value, absence=sentences.absence(value), bounds=bounds)


def _bar(name: str, value: Value, own: bool = False) -> charts.Bar:
    return charts.Bar(name, value.value, own=own, absence=sentences.absence(value))


def sparkline(values: Iterable[Value], breaks: Sequence[tuple[str, str]]):
    return charts.sparkline([_point(one) for one in values], breaks)
