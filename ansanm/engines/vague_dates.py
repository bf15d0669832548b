"""Dates as plans write them: « pas avant le second semestre 2026 », a quarter, a year, a day.

One canonical text per date, so that it can be kept in one column and never contradict itself:
"2026", "2026-S2", "2026-T3", "2026-07", "2026-07-15", a span "2025/2027", each possibly preceded by
">" (not before), "<" (not after) or "~" (about). A subset close to ISO 8601-2 (EDTF), with the
semester that French plans use and EDTF writes otherwise.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ansanm.engines.written import FIRST_YEAR, LAST_YEAR, Unreadable, folded_text, parse_period


class Bound(StrEnum):
    IN = ""
    NOT_BEFORE = ">"
    NOT_AFTER = "<"
    ABOUT = "~"


@dataclass(frozen=True)
class VagueDate:
    """`first_on` and `last_on` frame the moment written; None where it is open (« pas avant »)."""

    canonical: str
    bound: Bound
    first_on: date | None
    last_on: date | None

    def is_past(self, on: date) -> bool:
        """Whether the moment is over on `on`, whatever its vagueness: an open end never is."""
        return self.last_on is not None and self.last_on < on

    @property
    def sort_key(self) -> tuple[date, date]:
        """Orders by the earliest possible day, the more precise first."""
        return (self.first_on or date.min, self.last_on or date.max)


_UNIT = re.compile(r"(\d{4})(?:-(?:S([12])|T([1-4])|(\d{2})(?:-(\d{2}))?))?")


def parse_canonical(text: str) -> VagueDate:
    """Read the canonical text; Unreadable when it is not one."""
    bound = Bound(text[0]) if text[:1] in {">", "<", "~"} else Bound.IN
    units = text.removeprefix(bound.value).split("/")
    if len(units) > 2 or (len(units) == 2 and bound in {Bound.NOT_BEFORE, Bound.NOT_AFTER}):
        raise Unreadable("not_a_period", text)
    first_on, last_on = _span(units[0], text)[0], _span(units[-1], text)[1]
    if first_on > last_on:
        raise Unreadable("no_such_date", text)
    return VagueDate(
        canonical=text,
        bound=bound,
        first_on=None if bound is Bound.NOT_AFTER else first_on,
        last_on=None if bound is Bound.NOT_BEFORE else last_on,
    )


def _span(unit: str, text: str) -> tuple[date, date]:
    match = _UNIT.fullmatch(unit)
    if match is None:
        raise Unreadable("not_a_period", text)
    year, semester, quarter, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable("year_out_of_range", text)
    if semester:
        return date(year, 6 * semester - 5, 1), _month_end(year, 6 * semester)
    if quarter:
        return date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter)
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    try:
        first = date(year, month, day or 1)
    except ValueError as error:
        raise Unreadable("no_such_date", text) from error
    return (first, first) if day else (first, _month_end(year, month))


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


# The accents are gone and the letters small when these are tried.
_BOUNDS = (
    (
        Bound.NOT_BEFORE,
        r"(?:pas avant|a partir d[eu']|au plus tot|des|not before|from)\s*(?:le |l'|du |de )?",
    ),
    (
        Bound.NOT_AFTER,
        r"(?:pas apres|au plus tard|avant|d'ici(?: a| la fin de)?|not after|by)"
        r"\s*(?:le |l'|la |fin |en |au )?",
    ),
    (Bound.ABOUT, r"(?:vers|environ|courant|about|circa)\s*(?:le |l')?"),
)
_ORDINALS = {
    "premier": 1, "1er": 1, "1": 1, "1ere": 1, "first": 1, "1st": 1,
    "deuxieme": 2, "second": 2, "2e": 2, "2eme": 2, "2nd": 2, "2": 2, "seconde": 2,
    "troisieme": 3, "3e": 3, "3eme": 3, "third": 3, "3rd": 3, "3": 3,
    "quatrieme": 4, "dernier": 0, "4e": 4, "4eme": 4, "fourth": 4, "4th": 4, "4": 4, "last": 0,
}  # fmt: skip
_PART = re.compile(
    r"(?:le |l'|du |the )?(?P<rank>\w+)\s*(?P<part>semestre|trimestre|semester|half|quarter)"
    r"\s*(?:of |de |d')?(?P<year>\d{4})"
)
_SHORT_PART = re.compile(r"(?P<part>[st])(?P<rank>[1-4])[ -/]*(?P<year>\d{4})")
_SPAN = re.compile(
    r"(?P<about>(?:environ|vers|about|circa) )?(?:de |du |d'|from )(?P<first>.+?)"
    r" (?:a|au|to) (?:le )?(?P<last>.+)"
)
_HALVES = {"semestre", "semester", "half", "s"}


def parse(text: str) -> VagueDate:
    """Read a date as a plan writes it, in French or in English, or in its canonical form.

    Raises Unreadable ("empty", "not_a_period", "no_such_date", "year_out_of_range").
    """
    stripped = text.strip()
    if not stripped:
        raise Unreadable("empty", text)
    if _UNIT.match(stripped.lstrip("<>~")) and re.fullmatch(r"[<>~]?[0-9STst/-]+", stripped):
        try:
            return parse_canonical(stripped.upper())
        except Unreadable as refused:
            if refused.reason != "not_a_period":
                raise
    words = folded_text(stripped)
    # Before the bounds: « from 2025 to 2027 » would be read as « not before ».
    if span := _SPAN.fullmatch(words):
        about = Bound.ABOUT if span["about"] else Bound.IN
        return parse_canonical(f"{about}{_unit_of(span['first'], text)}/{_unit_of(span['last'], text)}")
    bound = Bound.IN
    for one, pattern in _BOUNDS:
        if match := re.match(pattern, words):
            bound, words = one, words[match.end() :]
            break
    span = re.fullmatch(r"(?:de )?(\d{4})\s*(?:-|/|–|a|au|to|et)\s*(\d{4})", words)
    if span and bound in {Bound.IN, Bound.ABOUT}:
        return parse_canonical(f"{bound}{span[1]}/{span[2]}")
    return parse_canonical(f"{bound}{_unit_of(words, text)}")


def _unit_of(words: str, text: str) -> str:
    if match := _PART.fullmatch(words) or _SHORT_PART.fullmatch(words):
        is_half = match["part"] in _HALVES
        rank = _ORDINALS.get(match["rank"])
        if rank is None:
            raise Unreadable("not_a_period", text)
        rank = rank or (2 if is_half else 4)
        if rank > (2 if is_half else 4):
            raise Unreadable("no_such_date", text)
        return f"{match['year']}-{'S' if is_half else 'T'}{rank}"
    try:
        return parse_period(words)
    except Unreadable as unreadable:
        raise Unreadable(unreadable.reason, text) from unreadable
