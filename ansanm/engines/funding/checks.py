"""What is refused before any computation, field by field."""

from __future__ import annotations

from decimal import Decimal

from ansanm.engines.funding.errors import BadInput
from ansanm.engines.written import Unreadable, parse_number

# Above this a month's income is more likely a year's.
YEARLY_FROM = Decimal(20_000)


def number(field: str, text: str) -> Decimal:
    """Read « 3 000,50 € » or « 3000.5 »; refuse what could be read in two ways."""
    try:
        written = parse_number(text)
    except Unreadable as error:
        raise BadInput(field, error.reason, text) from None
    if written.unit not in ("", "eur"):
        raise BadInput(field, "unknown_unit", text)
    # repr: the shortest decimal that is this float, that is what was typed.
    value = Decimal(repr(written.value))
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


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
