"""The words and the unit of each variable of the observation store."""

import difflib
import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from django.utils.translation import get_language

from ansanm.territories import observations

# Units whose values are not whole numbers; every other counts persons, places, homes…
CONTINUOUS_UNITS = {"eur", "percent", "per_100", "ratio", "km2", "consultations_per_year"}


@dataclass(frozen=True)
class Variable:
    id: str
    fr: str
    en: str
    unit: str
    additive: bool

    def __str__(self):
        return self.en if (get_language() or "fr").startswith("en") else self.fr

    @property
    def is_count(self):
        return self.unit not in CONTINUOUS_UNITS


@cache
def variables() -> MappingProxyType[str, Variable]:
    """Every variable by its id, in the order of the file."""
    read = observations.variables()
    return MappingProxyType({name: Variable(id=name, **facts) for name, facts in read.items()})


@cache
def _by_words() -> dict[str, str]:
    words = {}
    for variable in variables().values():
        for text in (variable.en, variable.fr, variable.id):
            words[fold(text)] = variable.id
    return words


def fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.replace("’", "'")).lower()
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def variable_called(text: str) -> Variable | None:
    """The variable of that id or that name (French or English, accents and case forgiven)."""
    return variables().get(_by_words().get(fold(text), ""))


def variables_like(text: str, limit: int = 3) -> list[Variable]:
    """Those whose name is nearest to `text`, for « vouliez-vous dire »."""
    near = difflib.get_close_matches(fold(text), _by_words(), n=2 * limit, cutoff=0.5)
    return [variables()[name] for name in dict.fromkeys(_by_words()[words] for words in near)][:limit]
