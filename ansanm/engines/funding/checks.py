"""What is refused before any computation, field by field."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from ansanm.engines.funding.errors import BadInput

# Above this a month's income is more likely a year's.
YEARLY_FROM = Decimal(20_000)
SPACES = re.compile(r"[\s\u00a0\u202f]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


def number(field: str, text: str | int | Decimal) -> Decimal:
    """Read « 3 000,50 € », « 3000.5 » or « 3,000.50 »; refuse what could be read in two ways."""
    if not isinstance(text, str):
        return Decimal(text)
    cleaned = SPACES.sub("", text).removesuffix("€").removeprefix("€")
    if GROUPED.fullmatch(cleaned) and not ("." not in cleaned and cleaned.count(",") == 1):
        cleaned = cleaned.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3},\d{3}", cleaned):
        # 3,000 is three thousand in English and three in French.
        raise BadInput(field, "ambiguous", text)
    else:
        cleaned = cleaned.replace(",", ".", 1)
    if not NUMBER.fullmatch(cleaned):
        raise BadInput(field, "not_a_number", text)
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        raise BadInput(field, "not_a_number", text) from None


def not_negative(field: str, value: Decimal | int) -> None:
    if not Decimal(value).is_finite():
        raise BadInput(field, "not_a_number", value)
    if value < 0:
        raise BadInput(field, "negative", value)


def at_most(field: str, value: Decimal | int, limit: Decimal | int, reason: str = "too_high") -> None:
    if value > limit:
        raise BadInput(field, reason, value, limit)


def whole(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadInput(field, "out_of_range", value, f"{low}–{high}")
