"""When money is paid in a year, as people write it: « 35 % en mars, 35 % en octobre, 30 % en juin N+1 »."""

from __future__ import annotations

import re
from fractions import Fraction

from django.utils.dates import MONTHS
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from ansanm.engines.funding.circuit import MONTHLY, Calendar, check_calendar
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.written import folded_text
from ansanm.ui.formats import format_number

# Advances of the Caf of the Somme in 2025 (engines/funding/parameters/payments.yaml, source caf80), and a
# balance in the month after its last declaration: pages say that it is an example, and ask for one's own.
EXAMPLE = "35 % en mars, 35 % en octobre, 30 % en avril N+1"
EVERY_MONTH = ("chaque mois", "tous les mois", "par mois", "every month", "each month", "monthly")
PART = re.compile(r"(\d+(?:[.,]\d+)?) ?% ?(?:en |au |in |à )?([a-z]+)( ?\(?n ?\+ ?1\)?)?")


def read(text: str) -> Calendar:
    """Return the months and shares; refuses what is no calendar, or does not pay everything once."""
    plain = folded_text(text)
    if plain in EVERY_MONTH:
        return MONTHLY
    found = []
    for part in re.split(r"[,;] | et | and |\n", plain.replace("’", "'")):
        match = PART.fullmatch(part.strip())
        if match is None:
            raise BadInput("calendar", "no_calendar", part)
        month = names().get(match[2])
        if month is None:
            raise BadInput("calendar", "no_month", match[2])
        found.append((month + (12 if match[3] else 0), Fraction(match[1].replace(",", "."))))
    check_calendar(found)
    return tuple(found)


def names() -> dict[str, int]:
    """The months, in either language."""
    found = {}
    for language in ("fr", "en"):
        with override(language):
            found |= {folded_text(str(name)): number for number, name in MONTHS.items()}
    return found


def written(calendar: Calendar) -> str:
    """Return the words that `read` reads."""
    if tuple(calendar) == MONTHLY:
        return _("chaque mois")
    return ", ".join(
        (_("%(share)s en %(month)s N+1") if month > 12 else _("%(share)s en %(month)s"))
        % {"share": percent(share), "month": str(MONTHS[(month - 1) % 12 + 1]).lower()}
        for month, share in calendar
    )


def percent(share: Fraction) -> str:
    # Every decimal that was typed: rounded, 33,333 twice and 33,334 would make 99,99 %.
    exact = (n for n in (0, *range(2, 13)) if (share * 10**n).denominator == 1)
    text = format_number(float(share), "percent", next(exact, 2))
    return text if get_language() != "en" else text.replace(",", "")
