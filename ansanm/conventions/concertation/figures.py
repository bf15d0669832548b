"""The figures of the diagnosis that a need cites: as they were read that day, and as they read today."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.conventions.models import NeedIndicator
from ansanm.territories import definitions
from ansanm.territories.diagnosis import Value, diagnose
from ansanm.territories.models import LEVEL_WORDS, Territory
from ansanm.ui.formats import format_day, format_number, format_period, unit_words


def reading_of(territory: Territory, indicator: str) -> Value | None:
    """Today's value; None where nobody published or declared any, or it is secret."""
    figure = diagnose(territory).figures.get(indicator)
    value = figure.value if figure else None
    return value if value and value.is_published else None


def said(indicator: str, value: float | None, period: str) -> str:
    """« 38,5 % (2023) »; « donnée absente » where there is none."""
    definition = definitions.definitions().get(indicator)
    if value is None:
        return _("donnée absente")
    unit = definition.unit if definition else ""
    number = format_number(value, unit, definition.decimals if definition else None)
    words = " ".join(filter(None, [number, "" if unit == "households" else unit_words(unit, value)]))
    return _("%(value)s (%(period)s)") % {"value": words, "period": format_period(period)}


@dataclass(frozen=True)
class Cited:
    row: NeedIndicator
    title: str
    place: str
    # As it was read then; where it moved since, what it says today.
    then: str
    now: str
    has_changed: bool
    read_on: str
    url: str
    # Who has it, where it is absent today.
    holder: str = ""


def cited(row: NeedIndicator) -> Cited:
    definition = definitions.definitions().get(row.indicator)
    language = (get_language() or "fr")[:2]
    value = reading_of(row.territory, row.indicator)
    now = (value.value, value.period) if value else (None, "")
    url = ""
    if definition and row.indicator in definitions.definitions_of(row.territory.level):
        place = {
            "level": LEVEL_WORDS[row.territory.level],
            "slug": f"{row.territory.code}-{row.territory.slug}",
        }
        url = reverse("territory_indicator", kwargs=place | {"indicator": row.indicator})
    return Cited(
        row,
        definition.title[language] if definition else row.indicator,
        row.territory.name,
        said(row.indicator, row.value, row.period),
        said(row.indicator, *now),
        # The same text to a reader is no change: 38.46 and 38.5 are both « 38,5 % ».
        said(row.indicator, row.value, row.period) != said(row.indicator, *now),
        format_day(row.read_on) if row.read_on else "",
        url,
        definition.holder.get(language, "").rstrip(".") if definition and value is None else "",
    )


def indicator_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """(chapter, [(id, title)]) for a form."""
    language = (get_language() or "fr")[:2]
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, one in definitions.definitions().items():
        chapter = definitions.themes()[one.theme].title[language]
        groups.setdefault(chapter, []).append((name, one.title[language]))
    return list(groups.items())
