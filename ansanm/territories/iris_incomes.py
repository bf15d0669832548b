"""The declared incomes of the IRIS of a list: a column of their own, never beside those of communes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language

from ansanm.territories import definitions, sentences
from ansanm.territories.diagnosis import values_of
from ansanm.territories.models import Territory
from ansanm.ui.formats import format_number, format_period

INDICATOR = "iris_declared_median_income"


@dataclass(frozen=True)
class Column:
    title: str
    period: str
    trap: str
    # By primary key: (the number, "") or ("", why there is none).
    cells: Mapping[int, tuple[str, str]]


def column(places: Sequence[Territory]) -> Column | None:
    """Return what these IRIS declare; None for other places, or where nothing was brought in."""
    if not any(one.level == "iris" for one in places):
        return None
    definition = definitions.definitions()[INDICATOR]
    values = values_of(list(places), INDICATOR)
    period = next((one.period for one in values if one is not None), None)
    if period is None:
        return None
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    return Column(
        title=definition.title[language],
        period=format_period(period),
        trap=definition.traps[0][language],
        cells={
            place.pk: (
                format_number(value.value, definition.unit, definition.decimals)
                if value is not None and value.is_published
                else "",
                sentences.absence(value),
            )
            for place, value in zip(places, values, strict=True)
        },
    )
