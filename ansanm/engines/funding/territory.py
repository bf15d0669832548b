"""The bonus of a whole territory, equipment by equipment and year by year until its convention ends.

What existed shares what was inherited, evened out over the territory of competence; what opens has the
amount of the national scale. Where a value is not known, that line says which one and who publishes it,
and the others are computed all the same: a total counts apart what it could not add.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.bonuses import Existing, Smoothed, existing_offer
from ansanm.engines.funding.errors import BadInput, FundingError, NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Amount, Line, Reader, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national

Month = tuple[int, int]  # year, month


class Field(StrEnum):
    EAJE = "eaje"
    ALSH = "alsh"
    LAEP = "laep"
    RPE = "rpe"
    LUDOTHEQUE = "ludotheque"
    COOPERATION = "cooperation"


class Part(StrEnum):
    EXISTING = "existing"
    NEW = "new"


UNITS = {
    Field.EAJE: "eur_per_place",
    Field.ALSH: "eur_per_hour",
    Field.LAEP: "eur_per_hour",
    Field.RPE: "eur_per_fte",
    Field.LUDOTHEQUE: "eur_per_hour",
    Field.COOPERATION: "eur_per_fte",
}
NEW = {
    Field.ALSH: "bonus_territory.alsh_new",
    Field.LAEP: "bonus_territory.laep_new",
    Field.RPE: "bonus_territory.rpe_new",
    Field.LUDOTHEQUE: "bonus_territory.ludotheque_hour",
    Field.COOPERATION: "bonus_territory.cooperation_fte",
}


class Unknown(FundingError):
    """What was inherited is not known for these: the territory cannot be evened out."""

    def __init__(self, names: Sequence[str]):
        self.names = tuple(names)
        super().__init__(f"inherited: not given for {', '.join(names)}")


@dataclass(frozen=True)
class Equipment:
    """A service that the bonus may support. None: nobody gave it."""

    name: str
    field: Field
    territory: str  # the authority that has the competence: smoothing stops at its border
    units: Decimal  # existing: places, hours, posts
    inherited_eur: Decimal | None  # of the last CEJ, a year
    new_units: Decimal = Decimal(0)
    opens: Month | None = None  # of the new units; None: before the first year asked for
    closes: Month | None = None  # of all of them
    is_priority_area: bool | None = None
    is_first_band: bool = False  # told by the Caf, elsewhere than in a priority area


@dataclass(frozen=True)
class Due:
    """What one equipment is owed for one year, or why it cannot be told."""

    equipment: str
    field: Field
    territory: str
    year: int
    part: Part
    units: Decimal
    amount: Amount | None
    why: FundingError | None = None


def bonus(
    equipment: Iterable[Equipment], years: Iterable[int], parameters: Parameters | None = None
) -> list[Due]:
    """Return a line for each equipment, year and part that has units then."""
    rows = list(equipment)
    names = set()
    for one in rows:
        check(one)
        if one.name in names:
            raise BadInput(f"name ({one.name})", "same_creche_twice", one.name)
        names.add(one.name)
    table = parameters or national()
    found = []
    for year in years:
        for territory, field in dict.fromkeys((one.territory, one.field) for one in rows):
            mine = [one for one in rows if (one.territory, one.field) == (territory, field)]
            smoothed = _smoothed([one for one in mine if one.units], field, year, table)
            for one in mine:
                if one.units and (months := open_months(year, None, one.closes)):
                    found.append(_existing(one, year, months, smoothed))
                if one.new_units and (months := open_months(year, one.opens, one.closes)):
                    found.append(_new(one, year, months, table))
    return found


def open_months(year: int, opens: Month | None, closes: Month | None) -> int:
    """Return how many months of the year it is open: from the month of opening to that of closing."""
    first = 1 if opens is None or opens[0] < year else opens[1] if opens[0] == year else 13
    last = 12 if closes is None or closes[0] > year else closes[1] if closes[0] == year else 0
    return max(0, last - first + 1)


def total(lines: Iterable[Due]) -> tuple[Decimal, int]:
    """Return the sum of what is known, and the number of lines that are not."""
    rows = list(lines)
    known = sum((one.amount.eur for one in rows if one.amount), Decimal(0))
    return known, sum(one.amount is None for one in rows)


def needed(lines: Iterable[Due]) -> dict[str, NeededFromCaf]:
    """Return the parameters to ask for, by id, each once, with the first year that needs it."""
    found: dict[str, NeededFromCaf] = {}
    for one in lines:
        if isinstance(one.why, NeededFromCaf):
            found.setdefault(one.why.parameter.id, one.why)
    return found


def _smoothed(
    mine: list[Equipment], field: Field, year: int, table: Parameters
) -> Smoothed | FundingError | None:
    if not mine:
        return None
    if missing := [one.name for one in mine if one.inherited_eur is None]:
        return Unknown(missing)
    offer = field if field in (Field.EAJE, Field.ALSH) else "other"
    try:
        return existing_offer(
            on=date(year, 1, 1),
            field=offer,
            equipment={one.name: Existing(one.inherited_eur or Decimal(0), one.units) for one in mine},
            parameters=table,
        )
    except (NeededFromCaf, NoParameter) as error:
        return error


def _existing(one: Equipment, year: int, months: int, smoothed: Smoothed | FundingError | None) -> Due:
    due = Due(one.name, one.field, one.territory, year, Part.EXISTING, one.units, None)
    assert smoothed is not None
    if isinstance(smoothed, FundingError):
        return replace(due, why=smoothed)
    per_unit = smoothed.per_unit
    # « eur » is what the rule for fields without a floor gives: it does not know what a unit is.
    lines = tuple(replace(line, unit=UNITS[one.field]) for line in per_unit.lines)
    yearly = Line(
        "yearly",
        rounded(Fraction(per_unit.eur) * Fraction(one.units)),
        "eur",
        "per_unit × units",
        {"units": one.units},
        rounding=said(),
    )
    return replace(due, amount=_part_of_year((*lines, yearly), months))


def _new(one: Equipment, year: int, months: int, table: Parameters) -> Due:
    due = Due(one.name, one.field, one.territory, year, Part.NEW, one.new_units, None)
    reader = Reader(table, date(year, 1, 1))
    try:
        kept, lines = _kept(one, reader)
        used = reader.use(_scale(one))
    except (NeededFromCaf, NoParameter) as error:
        return replace(due, why=error)
    notes = ("priority_area",) if one.is_priority_area else ()
    if one.field == Field.EAJE and one.is_priority_area is None and not one.is_first_band:
        notes = ("priority_area_unknown",)
    per_unit = Line("per_unit", used.value.number, UNITS[one.field], used=(used,), notes=notes)
    yearly = Line(
        "yearly",
        rounded(Fraction(used.value.number) * Fraction(kept)),
        "eur",
        "per_unit × kept_units",
        {"kept_units": kept},
        rounding=said(),
    )
    return replace(due, amount=_part_of_year((*lines, per_unit, yearly), months))


def _scale(one: Equipment) -> str:
    if one.field != Field.EAJE:
        return NEW[one.field]
    is_first = one.is_priority_area or one.is_first_band
    return "bonus_territory.eaje_new_max" if is_first else "bonus_territory.eaje_new_other_band"


def _kept(one: Equipment, reader: Reader) -> tuple[Decimal, tuple[Line, ...]]:
    """Return the new units that count: all of them, save for leisure centres since a cap was set."""
    # A share of what existed: a centre that is wholly new has none, and nothing to cap.
    if one.field != Field.ALSH or reader.on.year < 2025 or not one.units:
        return one.new_units, (Line("new_units", one.new_units, "number"),)
    cap = reader.use("bonus_territory.alsh_growth_cap")
    most = rounded(Fraction(one.units) * Fraction(cap.value.number) / 100)
    kept = min(one.new_units, most)
    line = Line(
        "kept_units",
        kept,
        "number",
        "min(new_units, growth_cap / 100 × units)",
        {"new_units": one.new_units, "growth_cap": cap.value.number, "units": one.units},
        (Used(cap.id, cap.value, one.new_units > most),),
        notes=("cap_on_equipment", *(("growth_capped",) if one.new_units > most else ())),
        is_hypothesis=True,
    )
    return kept, (line,)


def _part_of_year(lines: tuple[Line, ...], months: int) -> Amount:
    yearly = lines[-1].result
    if months == 12:
        return Amount(yearly, (*lines, Line("bonus", yearly, "eur")))
    eur = rounded(Fraction(yearly) * months / 12)
    last = Line(
        "bonus",
        eur,
        "eur",
        "yearly × months_open / 12",
        {"months_open": months},
        rounding=said(),
        notes=("part_of_year",),
        is_hypothesis=True,
    )
    return Amount(eur, (*lines, last))


def check(one: Equipment) -> None:
    for field in ("name", "territory"):
        if not getattr(one, field):
            raise BadInput(field, "missing", one.name)
    for field in ("units", "new_units", "inherited_eur"):
        value = getattr(one, field)
        if value is not None:
            checks.not_negative(f"{field} ({one.name})", value)
            checks.at_most(f"{field} ({one.name})", value, 10**9)
    if one.opens and one.closes and one.closes < one.opens:
        raise BadInput(f"closes ({one.name})", "closed_before", "{}-{:02}".format(*one.closes))
