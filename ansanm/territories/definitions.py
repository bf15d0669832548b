"""The indicators that `indicators/` defines, checked as they are read.

One file per indicator, named after it. Sentences that many of them share (who holds a figure, a
trap of a source) are written once in `indicators/shared/` and called by their key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from ansanm.engines.indicators import Break, Definition, Kind, Secrecy
from ansanm.territories.variables import variables

FOLDER = Path(settings.BASE_DIR) / "indicators"
DATASETS = Path(__file__).with_name("datasets.yaml")

UNITS = {
    "persons", "households", "children", "births", "homes", "places", "facilities", "requests", "hours",
    "actions", "meetings", "eur", "percent", "percent_per_year", "per_100", "per_1000", "per_10000", "ratio",
    "index", "persons_per_household", "persons_per_km2", "consultations_per_year",
}  # fmt: skip
SCALES = {"iris", "commune", "epci", "departement", "region"}
CHARTS = {"line", "bars", "pyramid", "none"}
LANGUAGES = ("fr", "en")
WORDED = ("title", "counted", "explanation", "holder", "obtain")  # required in every language
LISTS = ("numerator", "denominator", "subtract", "parts", "sources", "only_levels")


class InvalidDefinition(ValueError):
    """A file of `indicators/` that cannot be read: which file, which field, what is wrong."""

    def __init__(self, file: Path, field: str, problem: str):
        super().__init__(f"{file.name}: {field}: {problem}")


@dataclass(frozen=True)
class Theme:
    """A chapter of the diagnosis; `ctg` is the theme of the convention it feeds, "" for the context."""

    id: str
    title: Mapping[str, str]
    question: Mapping[str, str]  # what the chapter answers
    ctg: str

    @property
    def look(self) -> str:
        """The key of its colour and icon in ansanm.ui.icons.THEMES."""
        return self.ctg or "neutral"


@cache
def themes() -> dict[str, Theme]:
    """Return the twelve chapters of the diagnosis, in reading order."""
    return {
        key: Theme(id=key, **content) for key, content in _load(FOLDER / "shared" / "themes.yaml").items()
    }


@cache
def definitions() -> dict[str, Definition]:
    """Return every indicator by id, in the order of the chapters and of their pages."""
    found = [read_definition(file) for file in sorted(FOLDER.glob("*.yaml"))]
    chapters = list(themes())
    found.sort(key=lambda one: (chapters.index(one.theme), one.order, one.id))
    return {one.id: one for one in found}


def definitions_of(level: str) -> dict[str, Definition]:
    """Return those that a territory of this level shows."""
    return {
        name: one for name, one in definitions().items() if not one.only_levels or level in one.only_levels
    }


def counted(definition: Definition, number: float, language: str) -> str:
    """Return what `number`, rounded as it is shown, counts: « foyer bénéficiaire du RSA » of one."""
    words = definition.counted[language]
    shown = abs(round(number, definition.decimals))
    # French has one until two (« 0 enfant », « 1,5 médecin »), English at one alone.
    if shown >= 2 or (language == "en" and shown != 1):
        return words
    heads = _load(FOLDER / "shared" / "singular.yaml")[language]
    for head in sorted(heads, key=len, reverse=True):
        if words == head or words.startswith(f"{head} "):
            return heads[head] + words[len(head) :]
    return words


def read_definition(file: Path) -> Definition:
    """Return the indicator of `file`, or raise InvalidDefinition."""
    content = _load(file)
    known = {field.name for field in fields(Definition)} - {"id"}
    if extra := sorted(set(content) - known):
        raise InvalidDefinition(file, extra[0], "no such field")
    for name in ("theme", "kind", "unit", "numerator", *WORDED):
        if name not in content:
            raise InvalidDefinition(file, name, "missing")

    values: dict[str, Any] = dict(content)
    for name in ("holder", "obtain"):
        values[name] = _shared(file, name, content[name])
    for name in WORDED:
        _check_words(file, name, values[name])
    for name in LISTS:
        values[name] = _names(file, name, content.get(name, []))
    values["traps"] = tuple(_shared(file, "traps", one) for one in content.get("traps", []))
    for trap in values["traps"]:
        _check_words(file, "traps", trap)
    values["breaks"] = tuple(_break(file, one) for one in content.get("breaks", []))
    values["kind"] = _member(file, "kind", content["kind"], Kind)
    values["secrecy"] = _member(file, "secrecy", content.get("secrecy", "none"), Secrecy)
    _check_choice(file, "theme", content["theme"], themes())
    _check_choice(file, "unit", content["unit"], UNITS)
    _check_choice(file, "finest_scale", content.get("finest_scale", "commune"), SCALES)
    for level in values["only_levels"]:
        _check_choice(file, "only_levels", level, SCALES)
    _check_choice(file, "chart", content.get("chart", "line"), CHARTS)
    _check_choice(file, "polarity", content.get("polarity", 0), {-1, 0, 1})
    for name in ("factor", "rounding_unit"):
        if name in content:
            values[name] = float(content[name])
    for name in ("decimals", "order", "headline", "denominator_years_apart", "change_years"):
        if not isinstance(content.get(name, 0), int) or content.get(name, 0) < 0:
            raise InvalidDefinition(file, name, f"{content[name]!r} is not a whole number")

    definition = Definition(id=file.stem, **values)
    _check_parts(file, definition)
    return definition


def _check_parts(file: Path, one: Definition) -> None:
    for name in one.variables:
        _check_choice(file, "variable", name, variables())
    datasets = _load(DATASETS)
    for name in one.sources:
        _check_choice(file, "sources", name, datasets)
    if (one.kind is Kind.RATIO) != bool(one.denominator):
        raise InvalidDefinition(file, "denominator", f"does not go with kind {one.kind.value}")
    if one.kind is Kind.PUBLISHED and (len(one.numerator) != 1 or one.subtract):
        raise InvalidDefinition(file, "numerator", "a published rate is one variable")
    if (one.kind is Kind.CHANGE) != bool(one.change_years):
        raise InvalidDefinition(file, "change_years", f"does not go with kind {one.kind.value}")


def _break(file: Path, written: Any) -> Break:
    content = _load(FOLDER / "shared" / "breaks.yaml").get(written) if isinstance(written, str) else written
    if not isinstance(content, dict) or set(content) != {"before", "after", "reason"}:
        raise InvalidDefinition(file, "breaks", f"{written!r} has no before, after and reason")
    _check_words(file, "breaks", content["reason"])
    return Break(**content)


def _shared(file: Path, name: str, written: Any) -> Mapping[str, str]:
    """Return the words themselves, or those that `written` calls by their key."""
    if not isinstance(written, str):
        return written
    shelf = _load(
        FOLDER / "shared" / {"holder": "holders.yaml", "obtain": "obtain.yaml"}.get(name, f"{name}.yaml")
    )
    _check_choice(file, name, written, shelf)
    return shelf[written]


def _check_words(file: Path, name: str, words: Any) -> None:
    if not isinstance(words, dict) or set(words) != set(LANGUAGES) or not all(words.values()):
        raise InvalidDefinition(file, name, f"must be written in {' and '.join(LANGUAGES)}")


def _check_choice(file: Path, name: str, written: Any, choices: Any) -> None:
    if written not in choices:
        raise InvalidDefinition(file, name, f"{written!r} is unknown")


def _names(file: Path, name: str, written: Any) -> tuple[str, ...]:
    if not isinstance(written, list) or not all(isinstance(one, str) for one in written):
        raise InvalidDefinition(file, name, "must be a list of names")
    return tuple(written)


def _member(file: Path, name: str, written: Any, kinds: Any) -> Any:
    _check_choice(file, name, written, {one.value for one in kinds})
    return kinds(written)


@cache
def _load(file: Path) -> dict[str, Any]:
    content = yaml.load(
        file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    if not isinstance(content, dict):
        raise InvalidDefinition(file, "file", "must be a mapping")
    return content
