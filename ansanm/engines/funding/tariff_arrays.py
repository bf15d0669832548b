"""The tariff of many families at once, equal to `tariff.hourly` to the cent.

Everything is an integer (cents, ten-thousandths of a percent, hundredths of an hour): a float would
put some families on the other side of half a cent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.parameters import Parameters, Value, national
from ansanm.engines.funding.tariff import LINES, MAX_CHILDREN, MICRO_SINCE, SCALE, Care

Ints = NDArray[np.int64]
CARES = tuple(Care)  # the order of the codes given in `care`
UNKNOWN = -1  # income not given: the ceiling is taken


def hourly_cents(
    *,
    on: NDArray[np.datetime64],
    children: Ints,
    care: Ints,
    monthly_income_cents: Ints,
    disabled_children: Ints,
    parameters: Parameters | None = None,
) -> Ints:
    """Return the hourly tariff in cents of each family; `care` is a position in CARES."""
    _checked(on, children, care, monthly_income_cents, disabled_children)
    table = parameters or national()
    names = ["resources.floor", "resources.ceiling"]
    names += [f"{scale}.line_{n + 1}" for scale, starts in LINES.items() for n in range(len(starts))]
    starts_on = table.changes(names)
    days = np.array(starts_on, dtype="datetime64[D]")
    period = np.searchsorted(days, on.astype("datetime64[D]"), side="right") - 1
    wanted = np.unique(period)
    if wanted.size and wanted[0] < 0:
        table.at("resources.floor", on.min().astype("datetime64[D]").item())  # refuses in its own words

    floors = np.zeros(len(days), dtype=np.int64)
    ceilings = np.zeros(len(days), dtype=np.int64)
    width = max(len(starts) for starts in LINES.values())
    rates = np.zeros((len(days), len(CARES), width), dtype=np.int64)
    for index in wanted:
        day = starts_on[index]
        floors[index] = scaled(table.at("resources.floor", day), 2)
        ceilings[index] = scaled(table.at("resources.ceiling", day), 2)
        for code, kind in enumerate(CARES):
            for n in range(len(LINES[SCALE[kind]])):
                rates[index, code, n] = scaled(table.at(f"{SCALE[kind]}.line_{n + 1}", day), 4)

    # Line of the table, by kind of care and number of children.
    own = np.zeros((len(CARES), MAX_CHILDREN + 1), dtype=np.int64)
    last = np.zeros(len(CARES), dtype=np.int64)
    for code, kind in enumerate(CARES):
        starts = LINES[SCALE[kind]]
        last[code] = len(starts) - 1
        own[code] = [max(sum(n >= start for start in starts) - 1, 0) for n in range(MAX_CHILDREN + 1)]

    line = np.minimum(own[care, children] + disabled_children, last[care])
    ceiling = ceilings[period]
    taken = np.where(monthly_income_cents == UNKNOWN, ceiling, monthly_income_cents)
    np.clip(taken, floors[period], ceiling, out=taken)
    # Cents × ten-thousandths of a percent: a million of them make a cent.
    cents: Ints = (2 * taken * rates[period, care, line] + 1_000_000) // 2_000_000
    return cents


def billed_cents(hourly: Ints, hours_hundredths: Ints) -> Ints:
    """Return what hours (in hundredths) cost at an hourly tariff in cents, half a cent rounded up."""
    return (2 * hourly * hours_hundredths + 100) // 200


def scaled(value: Value, decimals: int) -> int:
    scaled = value.number.scaleb(decimals)
    assert scaled == scaled.to_integral_value(), f"{value.number} has more than {decimals} decimals"
    return int(scaled)


def _checked(
    on: NDArray[np.datetime64], children: Ints, care: Ints, income: Ints, disabled_children: Ints
) -> None:
    """Refuse the first row that cannot be, by its field and position."""
    micro = CARES.index(Care.MICRO)
    for field, reason, wrong in (
        ("children", "out_of_range", (children < 1) | (children > MAX_CHILDREN)),
        ("disabled_children", "out_of_range", (disabled_children < 0) | (disabled_children > children)),
        ("care", "out_of_range", (care < 0) | (care >= len(CARES))),
        ("monthly_income", "negative", income < UNKNOWN),
        ("monthly_income", "too_high", income > 10**11),
        ("care", "micro_before_2019", (care == micro) & (on < np.datetime64(MICRO_SINCE))),
    ):
        if wrong.any():
            raise BadInput(field, reason, f"row {int(np.argmax(wrong))}")
