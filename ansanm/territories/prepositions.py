"""Where something is, in French: « en Gironde », « dans le Nord », « à La Réunion », « au Port »."""

from typing import Protocol

from django.utils.translation import get_language

# Usage decides and not grammar (en Ardèche, dans l’Ain); no dataset carries it. « en » elsewhere.
DEPARTEMENTS = {
    "dans le": "14 15 18 25 29 30 32 39 45 46 56 59 62 63 67 68 69 81 83 84 90 94 95",
    "dans la": "26 42 50 51 55 58 72 80 86",
    "dans les": "04 05 06 08 13 22 40 64 65 66 78 79 88 92 984",
    "dans l’": "01 02 03 10 11 27 34 36 60 61 89",
    "à": "75 974 975 976 977 978 986 989",
}
REGIONS = {"dans le": "44", "dans les": "32 52", "à": "04 06"}


class Named(Protocol):
    level: str
    code: str
    name: str


def at(place: Named) -> str:
    """Return `place` as the complement of « where? », in the language of the page."""
    if (get_language() or "fr").startswith("en"):
        return f"in {place.name}"
    match place.level:
        case "france":
            return f"en {place.name}"
        case "departement":
            return _with(_preposition(DEPARTEMENTS, place.code), place.name)
        case "region":
            return _with(_preposition(REGIONS, place.code), place.name)
        case "epci":
            return _in_epci(place.name)
        case "iris":
            return f"dans l’IRIS {place.name}"
        case "qpv" | "zone":
            return f"dans «\u00a0{place.name}\u00a0»"
        case _:
            return _in_town(place.name)


def _preposition(table: dict[str, str], code: str) -> str:
    return next((words for words, codes in table.items() if code in codes.split()), "en")


def _with(preposition: str, name: str) -> str:
    return f"{preposition}{name}" if preposition.endswith("’") else f"{preposition} {name}"


def _in_epci(name: str) -> str:
    # CA, CC, CU: « la communauté ». A métropole goes by its town, unless it begins by the word.
    if name.split()[0] in {"CA", "CC", "CU", "Communauté", "Métropole"}:
        return f"dans la {name}"
    return f"à {name}"


def _in_town(name: str) -> str:
    for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"à {name}"
