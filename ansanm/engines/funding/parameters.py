"""The rates, ceilings, floors, amounts and dates of the law, each with its history and its source.

One YAML file per subject in `parameters/`, in the layout of OpenFisca (a node holds parameters, a
parameter holds `values` by date), so that its loader reads them too. Each value says where it was read
and how sure it is. Numbers become Decimal: a rate is what was printed, never a float near it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ansanm.engines.funding.errors import NeededFromCaf, NoParameter

FOLDER = Path(__file__).with_name("parameters")
SOURCES = Path(__file__).with_name("sources.yaml")

UNITS = {
    "percent", "ratio", "eur", "eur_per_hour", "eur_per_month", "eur_per_year", "eur_per_place",
    "eur_per_fte", "hours", "days", "years", "persons", "month_day",
}  # fmt: skip
Words = Mapping[str, str]  # the same text by language: fr, en


class Status(StrEnum):
    """How sure a value is, the surest first."""

    CONFIRMED = "confirmed"  # read in a published source
    DERIVED = "derived"  # computed by a rule from values that were read
    ENTERED = "entered"  # given by a Caf, with its own source
    UNCONFIRMED = "unconfirmed"  # quoted, and read nowhere that can be trusted
    ASSUMED = "assumed"  # typed for one simulation, by whoever makes it
    TO_ENTER = "to_enter"  # known by the Caf, not by us


SURENESS = list(Status)


@dataclass(frozen=True)
class Source:
    title: str
    url: str
    read_on: str  # month, "2026-11"


@dataclass(frozen=True)
class Value:
    valid_from: date
    value: Decimal | str | None  # None: not known here
    status: Status
    source: Source | None = None
    rule: Words | None = None
    note: Words | None = None
    entered_by: str = ""  # the Caf that gave it

    @property
    def number(self) -> Decimal:
        assert isinstance(self.value, Decimal), f"{self.value!r} is no number"
        return self.value


@dataclass(frozen=True)
class Parameter:
    """What the law fixes: its values, the oldest first, each until the next."""

    id: str  # file.name
    title: Words
    unit: str
    publisher: Words | None
    values: tuple[Value, ...]

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]

    def on(self, day: date) -> Value | None:
        """Return the value in force, None before the first."""
        found = None
        for value in self.values:
            if value.valid_from <= day:
                found = value
        return found


@dataclass(frozen=True)
class Parameters:
    """A whole set: the national one, or one corrected by a Caf."""

    by_id: Mapping[str, Parameter]
    titles: Mapping[str, Words]  # of the groups

    def __getitem__(self, name: str) -> Parameter:
        return self.by_id[name]

    def at(self, name: str, day: date) -> Value:
        """Return the value in force; refuse where there is none rather than take a neighbour."""
        parameter = self.by_id[name]
        value = parameter.on(day)
        if value is None:
            raise NoParameter(parameter, day)
        if value.value is None:
            raise NeededFromCaf(parameter, day)
        return value

    def entered(self, values: Mapping[str, Value | Iterable[Value]]) -> Parameters:
        """Return the same with values given by a Caf, each from its date to the next change, known or not."""
        changed = dict(self.by_id)
        for name, given in values.items():
            parameter = changed[name]
            by_day = {one.valid_from: one for one in parameter.values}
            by_day |= {one.valid_from: one for one in ([given] if isinstance(given, Value) else given)}
            history = sorted(by_day.values(), key=lambda one: one.valid_from)
            changed[name] = replace(parameter, values=tuple(history))
        return replace(self, by_id=changed)

    def changes(self, names: Iterable[str]) -> list[date]:
        """Return the days on which one of these changes, the first one included."""
        return sorted({value.valid_from for name in names for value in self.by_id[name].values})


def known(value: str, *, since: date, source: Source) -> Value:
    """Return a value given by a Caf, such as `Parameters.entered` takes."""
    return Value(since, Decimal(value), Status.ENTERED, source)


def assumed(value: Decimal, *, since: date) -> Value:
    """Return a value that holds for one simulation, such as `Parameters.entered` takes."""
    return Value(since, value, Status.ASSUMED)


class InvalidParameter(ValueError):
    """A file of `parameters/` that cannot be read: which parameter, what is wrong."""


class _Exact(yaml.SafeLoader):
    """Reads a number as it is written."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


_Exact.add_constructor("tag:yaml.org,2002:float", _decimal)
_Exact.add_constructor("tag:yaml.org,2002:int", _decimal)


@cache
def national() -> Parameters:
    """Return what the files say."""
    return read(FOLDER)


def read(folder: Path) -> Parameters:
    known_of = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))
    sources = {key: Source(**content) for key, content in known_of["sources"].items()}
    by_id: dict[str, Parameter] = {}
    titles: dict[str, Words] = {}
    for file in sorted(folder.glob("*.yaml")):
        node = yaml.load(file.read_text(encoding="utf-8"), Loader=_Exact)  # a SafeLoader
        titles[file.stem] = _words(node)
        for name, content in node.items():
            if name not in ("description", "metadata"):
                one = _parameter(f"{file.stem}.{name}", content, sources, known_of["publishers"])
                by_id[one.id] = one
    return Parameters(by_id, titles)


def _words(node: Mapping[str, Any]) -> Words:
    return {"fr": node["description"], "en": node["metadata"]["english"]}


def _parameter(
    name: str, content: Mapping[str, Any], sources: Mapping[str, Source], publishers: Mapping[str, Words]
) -> Parameter:
    about = content["metadata"]
    if about["unit"] not in UNITS:
        raise InvalidParameter(f"{name}: unit {about['unit']!r}: one of {sorted(UNITS)}")
    values = []
    for day, one in content["values"].items():
        said = one["metadata"]
        value = Value(
            day,
            one["value"],
            Status(said["status"]),
            sources[said["source"]] if "source" in said else None,
            said.get("rule"),
            said.get("note"),
        )
        if wrong := _wrong(value):
            raise InvalidParameter(f"{name}: {day}: {wrong}")
        values.append(value)
    days = [value.valid_from for value in values]
    if days != sorted(set(days)):
        raise InvalidParameter(f"{name}: dates must follow one another")
    publisher = publishers[about["publisher"]] if "publisher" in about else None
    if publisher is None and any(value.value is None for value in values):
        raise InvalidParameter(f"{name}: a value is not known and nobody is said to publish it")
    return Parameter(name, _words(content), about["unit"], publisher, tuple(values))


def _wrong(value: Value) -> str:
    """Return what is wrong between a value and its status, "" where all is well."""
    if (value.value is None) != (value.status is Status.TO_ENTER):
        return "a value is unknown exactly where it is to be entered"
    if value.status is Status.CONFIRMED and value.source is None:
        return "a confirmed value has a source"
    if (value.status is Status.DERIVED) and value.rule is None:
        return "a derived value has a rule"
    return ""
