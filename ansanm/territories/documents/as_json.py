"""The diagnosis as data, in the schema of docs/diagnosis-schema.md.

Its keys and codes are the same in every language; only titles and sentences are in the language of
the moment. A change that a reader could notice is a new SCHEMA_VERSION.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from ansanm import __version__
from ansanm.territories import sentences
from ansanm.territories.diagnosis import Comparison, Declared, Diagnosis, Figure, Value
from ansanm.territories.documents.selection import STATUSES, Selection, parts_below
from ansanm.territories.models import Territory
from ansanm.territories.variables import variables

SCHEMA_VERSION = "1.0"


def to_json(diagnosis: Diagnosis, *, theme: str | None = None, indicator: str | None = None) -> dict:
    selection = Selection(diagnosis, theme, indicator)
    language = selection.language
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": {"name": "ansanm", "version": __version__},
        "language": language,
        "data_version": diagnosis.data_version,
        "territory": _place(diagnosis.territory),
        "comparators": [_place(one) for one in diagnosis.comparators],
        "filters": {"theme": theme, "indicator": indicator},
        "themes": [{"id": one.id, "title": one.title[language]} for one in selection.themes],
        "reading": _reading(diagnosis),
        "indicators": [_indicator(one, selection) for one in selection.figures],
        "datasets": [selection.dataset(name) for name in selection.datasets],
    }


def _place(territory: Territory) -> dict:
    return {"level": str(territory.level), "code": territory.code, "name": territory.name}


def _reading(diagnosis: Diagnosis) -> dict:
    def told(findings):
        return [
            {
                "indicator": one.indicator_id,
                "period": one.period,
                "references": [{"level": its.comparator, "value": its.value} for its in one.references],
                "gap": one.gap,
                "standardised_gap": one.standardised_gap,
                "text": sentences.finding(one, diagnosis),
            }
            for one in findings
        ]

    return {"strengths": told(diagnosis.reading.strengths), "gaps": told(diagnosis.reading.gaps)}


def _indicator(figure: Figure, selection: Selection) -> dict:
    definition, language = figure.definition, selection.language
    content = {
        "id": definition.id,
        "theme": definition.theme,
        "title": definition.title[language],
        "explanation": definition.explanation[language],
        "decimals": definition.decimals,
        "polarity": definition.polarity,
        **_point(figure.value, definition.unit),
        "comparisons": [_comparison(one, figure) for one in figure.comparisons],
        "rank": _rank(figure),
        "series": _series(figure.series, figure),
        "breaks": [
            {"before": one.before, "after": one.after, "reason": one.reason[language]}
            for one in definition.breaks
        ],
        "warnings": [
            {"key": one.key, "text": sentences.caution(one, language), "parameters": _plain(one.parameters)}
            for one in figure.warnings
        ],
        "declared": [_declared(one, definition) for one in figure.declared],
        "parts": [
            {
                "id": name,
                "title": str(variables()[name]),
                **_observed(value, variables()[name].unit),
            }
            for name, value in figure.parts
        ],
        "absence": _absence(figure, language),
    }
    if selection.indicator:
        content["peers"] = [
            {**_place(one), **_observed(value, definition.unit)} for one, value in figure.peers
        ]
    return content


def _observed(value: Value | None, unit: str) -> dict:
    if value is None:
        return {"value": None, "unit": unit, "period": None, "status": "not_available"}
    return {
        "value": number(value.value),
        "unit": unit,
        "period": value.period,
        "status": STATUSES[value.status],
    }


def _point(value: Value | None, unit: str) -> dict:
    """A value with all that says where it comes from; the same keys whether there is one or not."""
    numerator, denominator = parts_below(value) if value else (None, None)
    sources = value.datasets if value else ()
    return {
        **_observed(value, unit),
        "origin": value.origin if value else None,
        "source": sources[0][0] if sources else None,
        "vintage": sources[0][1] if sources else None,
        "sources": [{"dataset": dataset, "vintage": vintage} for dataset, vintage in sources],
        "quality": (value.quality or None) if value else None,
        "numerator": number(numerator),
        "denominator": number(denominator),
        "denominator_period": (value.denominator_period or None) if value else None,
    }


def _comparison(one: Comparison, figure: Figure) -> dict:
    return {
        **_place(one.territory),
        **_point(one.value, figure.definition.unit),
        "same_period": one.same_period if one.value is not None else None,
        "gap": number(one.gap),
        "series": _series(one.series, figure),
    }


def _series(values, figure: Figure) -> list[dict]:
    points, before = [], None
    for value in values:
        comparable = None if before is None else not figure.breaks_between(before.period, value.period)
        points.append({**_point(value, figure.definition.unit), "comparable_with_previous": comparable})
        before = value
    return points


def _rank(figure: Figure) -> dict | None:
    if figure.rank is None:
        return None
    return {
        "position": figure.rank.position,
        "n_ranked": figure.rank.n_ranked,
        "n_total": figure.rank.n_total,
        "period": figure.value.period,
    }


def _declared(one: Declared, definition) -> dict:
    figure, share = one.figure, one.difference_share
    return {
        **_observed(one.value, definition.unit),
        "variable": figure.variable,
        "source_title": figure.source_title,
        "source_url": figure.source_url or None,
        "source_on": figure.source_on.isoformat(),
        "note": figure.note or None,
        "given_by": figure.organisation.name if figure.organisation else _("une personne sans organisation"),
        "published": _point(one.published, definition.unit) if one.published else None,
        "difference_percent": None if share is None else round(100 * share, 6),
    }


def _absence(figure: Figure, language: str) -> dict | None:
    if figure.value is not None:
        return None
    return {
        "text": sentences.absence(None),
        "holder": figure.definition.holder.get(language) or None,
        "obtain": figure.definition.obtain.get(language) or None,
    }


def _plain(parameters) -> dict:
    """The parameters of a warning that are data: its reason is in its text already."""
    return {key: value for key, value in parameters.items() if isinstance(value, str | int | float | list)}


def number(value: float | None) -> int | float | None:
    """155634 rather than 155634.0."""
    if value is None:
        return None
    return int(value) if float(value).is_integer() else float(value)
