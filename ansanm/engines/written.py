"""Numbers and dates as people write them in French (and English), read into what a computer keeps.

A figure read wrong is worse than a figure refused: whatever has two readings is refused.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from decimal import Decimal

FIRST_YEAR, LAST_YEAR = 1900, 2100
LARGEST = Decimal(10) ** 13


class Unreadable(ValueError):
    """What was written has no reading, or has two. `reason` is a key that pages turn into words."""

    def __init__(self, reason: str, text: str):
        super().__init__(f"{text!r}: {reason}")
        self.reason = reason
        self.text = text


@dataclass(frozen=True)
class WrittenNumber:
    value: float
    unit: str  # "eur", "percent", or "" when nothing was written


SCALES = {
    "": 0,
    "k": 3,
    "mille": 3,
    "m": 6,
    "million": 6,
    "millions": 6,
    "md": 9,
    "mds": 9,
    "milliard": 9,
    "milliards": 9,
}
UNITS = {"": "", "€": "eur", "euro": "eur", "euros": "eur", "%": "percent", "pour cent": "percent"}

# Groups of exactly three digits, or no group at all: "20 50" is a slip, not 2,050.
_NUMBER = re.compile(r"(?P<whole>\d{1,3}(?: \d{3})+|\d+)(?P<rest>[.,]\d+)?(?P<after>\D*)")
# A comma before exactly three digits, and no zero before it: « 0,125 » has decimals for everybody.
_ENGLISH = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+(?![0-9,])")


def _plain(text: str) -> str:
    """`text` with every kind of space and minus made ordinary."""
    text = unicodedata.normalize("NFC", text).replace("−", "-").replace("’", "'")
    return re.sub(r"\s+", " ", text).strip()


def folded_text(text: str) -> str:
    """`text` in small letters, without accents nor doubled spaces, to be compared."""
    decomposed = unicodedata.normalize("NFD", _plain(text).lower())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def parse_number(text: str, language: str = "fr") -> WrittenNumber:
    """Read « 20 500 », « 35,2 % », « 430 M€ », « 1,2 milliard d'euros »; in English « 20,500 » too."""
    plain = _plain(text)
    if language == "en" and (grouped := _ENGLISH.match(plain)):
        plain = grouped[0].replace(",", "") + plain[grouped.end() :]
    if not plain:
        raise Unreadable("empty", text)
    sign = -1 if plain.startswith("-") else 1
    match = _NUMBER.fullmatch(plain.lstrip("-").strip()) if len(plain) <= 60 else None
    # Arabic-Indic or full-width digits pass \d: a copy that nobody could check by eye.
    if match is None or plain.count("-") > 1 or not plain.isprintable() or not _ascii_digits(plain):
        raise Unreadable("not_a_number", text)

    whole, rest = match["whole"].replace(" ", ""), match["rest"] or ""
    if len(rest) == 4 and len(whole) <= 3 and " " not in match["whole"] and whole.strip("0"):
        # "20.500" or "20,500": thousands for some readers, decimals for others.
        raise Unreadable("ambiguous", text)
    power, unit = _suffix(match["after"], text)
    value = sign * Decimal(f"{whole}{rest.replace(',', '.')}").scaleb(power)
    if abs(value) > LARGEST:
        raise Unreadable("too_large", text)
    return WrittenNumber(float(value), unit)


def _ascii_digits(text: str) -> bool:
    return all(character.isascii() for character in text if character.isdigit())


def _suffix(after: str, text: str) -> tuple[int, str]:
    """The power of ten and the unit written after the digits."""
    words = after.strip().lower().replace("d'euro", "euro")
    for scale in sorted(SCALES, key=len, reverse=True):
        if words.startswith(scale) and words[len(scale) :].strip() in UNITS:
            unit = UNITS[words[len(scale) :].strip()]
            if unit == "percent" and SCALES[scale]:
                break
            return SCALES[scale], unit
    raise Unreadable("unknown_unit", text)


def write_number(value: float, language: str = "fr") -> str:
    """`value` with every digit it has, so that `parse_number` reads the same value again."""
    digits = f"{Decimal(repr(value)):,f}".removesuffix(".0")
    whole, _, decimals = digits.partition(".")
    # Three decimals would have two readings: "20,125".
    decimals = decimals.ljust(4, "0") if len(decimals) == 3 else decimals
    if language == "en":
        return whole + ("." + decimals if decimals else "")
    return whole.replace(",", "\u202f") + ("," + decimals if decimals else "")


MONTHS = [
    ("janvier", "janv", "january", "jan"),
    ("fevrier", "fevr", "february", "feb"),
    ("mars", "march", "mar"),
    ("avril", "avr", "april", "apr"),
    ("mai", "may"),
    ("juin", "june", "jun"),
    ("juillet", "juil", "july", "jul"),
    ("aout", "august", "aug"),
    ("septembre", "sept", "september", "sep"),
    ("octobre", "oct", "october"),
    ("novembre", "nov", "november"),
    ("decembre", "dec", "december"),
]
_MONTH_NUMBER = {name: number for number, names in enumerate(MONTHS, 1) for name in names}

_PERIODS = [
    re.compile(pattern)
    for pattern in (
        r"(?P<year>\d{4})",
        r"(?P<year>\d{4})-(?P<month>\d{2})(-(?P<day>\d{2}))?",
        r"((?P<day>\d{1,2})/)?(?P<month>\d{1,2})/(?P<year>\d{4})",
        r"((?P<day>\d{1,2})(er|st|nd|rd|th)? )?(?P<name>[a-z]+)\.? (?P<year>\d{4})",
        r"(?P<name>[a-z]+)\.? (?P<day>\d{1,2})(st|nd|rd|th)?,? (?P<year>\d{4})",
    )
]


def parse_period(text: str) -> str:
    """Read « 2021 », « décembre 2021 », « 12/2021 », « 3 décembre 2021 » as "2021", "2021-12"…"""
    folded = folded_text(text)
    if not folded:
        raise Unreadable("empty", text)
    if not folded.isascii():
        raise Unreadable("not_a_period", text)
    for pattern in _PERIODS:
        if match := pattern.fullmatch(folded):
            return _period(match.groupdict(), text)
    raise Unreadable("not_a_period", text)


def _period(found: dict[str, str | None], text: str) -> str:
    year = int(found["year"] or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable("year_out_of_range", text)
    name, month, day = found.get("name"), found.get("month"), found.get("day")
    if name:
        if name not in _MONTH_NUMBER:
            raise Unreadable("not_a_period", text)
        month = str(_MONTH_NUMBER[name])
    if month is None:
        return f"{year}"
    if not 1 <= int(month) <= 12:
        raise Unreadable("no_such_date", text)
    if day is None:
        return f"{year}-{int(month):02}"
    if not 1 <= int(day) <= monthrange(year, int(month))[1]:
        raise Unreadable("no_such_date", text)
    return f"{year}-{int(month):02}-{int(day):02}"
