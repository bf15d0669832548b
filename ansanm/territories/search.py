"""Finding a territory by what people type: its name more or less, or a code.

The index is kept in memory (37,000 names without the IRIS) until the territories change. An IRIS has
no name of its own: it is found by its code.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from django.db.models import Max
from rapidfuzz import fuzz, process

from ansanm.territories.names import search_key

# Below this likeness (0–100) a name is another name: "sait deni" is at 90 of "saint denis".
LIKENESS = 72
MAX_LENGTH = 80
LEVEL_ORDER = ("commune", "epci", "departement", "region", "france", "arm", "qpv", "zone", "iris")
# Words that open the name of an EPCI and that nobody types.
EPCI_KINDS = {"cc", "ca", "cu", "metropole", "communaute", "de", "du", "des", "d", "la", "le", "les", "l"}


@dataclass(frozen=True, slots=True)
class Entry:
    pk: int
    level: str
    code: str
    name: str  # as search compares it
    place: str  # its département
    context: str  # " saint denis la reunion 974 ": the name, its département and its région
    postal_codes: tuple[str, ...]
    population: int


@dataclass(frozen=True)
class Index:
    entries: tuple[Entry, ...]
    names: tuple[str, ...]
    names_and_places: tuple[str, ...]  # "saint denis la reunion"
    by_code: dict[str, list[Entry]]


_lock = threading.Lock()
_kept: tuple[tuple, Index] | None = None


def find(text: str, *, level: str | None = None, limit: int = 20) -> list[int]:
    """Return the primary keys of the territories `text` may mean, the likeliest first."""
    key = search_key(text[:MAX_LENGTH])
    if not key:
        return []
    compact = key.replace(" ", "").upper()
    if level == "iris":
        return iris_by_code(compact, limit)
    index = current_index()
    found = list(index.by_code.get(compact, ()))
    if not found and len(compact) == 9 and (iris := iris_by_code(compact, limit)):
        return iris
    if not found or not compact.isdigit():
        found += by_words(index, key, limit) or by_likeness(index, key, limit)
    kept = dict.fromkeys(one.pk for one in found if level is None or one.level == level)
    return list(kept)[:limit]


def by_words(index: Index, key: str, limit: int) -> list[Entry]:
    """Return the entries that have every word of `key`, in their name or in where they are."""
    words = [" " + word for word in key.split()]
    found = [one for one in index.entries if all(word in one.context for word in words)]
    typed = set(key.split())

    def nearness(one: Entry) -> int:
        if one.name == key:
            return 0
        name = set(one.name.split())
        if name <= typed:
            # The whole name is there, the rest says where: « saint denis reunion ».
            return 1
        if one.level == "epci" and typed >= name - EPCI_KINDS:
            return 1
        if one.name.startswith(key):
            return 2
        return 3 if typed <= name else 4

    return sorted(found, key=lambda one: (nearness(one), -one.population))[: limit * 2]


def by_likeness(index: Index, key: str, limit: int) -> list[Entry]:
    """Return the entries whose name looks like `key`, typing errors forgiven."""
    best: dict[int, float] = {}
    # With its département too, for who types where: « sant denis reunoin ».
    for names in (index.names, index.names_and_places):
        for _name, score, place in process.extract(
            key, names, scorer=fuzz.ratio, score_cutoff=LIKENESS, limit=limit * 3
        ):
            best[place] = max(score, best.get(place, 0))
    ranked = [(round(score / 4), index.entries[place]) for place, score in best.items()]
    # Among names about as close, the place most people mean is the most inhabited.
    return [one for _, one in sorted(ranked, key=lambda pair: (-pair[0], -pair[1].population))]


def iris_by_code(code: str, limit: int) -> list[int]:
    from ansanm.territories.models import Territory

    found = Territory.objects.current().filter(level="iris", code__startswith=code)
    return list(found.order_by("code").values_list("pk", flat=True)[:limit])


def current_index() -> Index:
    global _kept
    from ansanm.territories.models import Territory

    state = Territory.objects.aggregate(last=Max("updated_at"), newest=Max("pk"))
    stamp = (state["last"], state["newest"])
    with _lock:
        if _kept is None or _kept[0] != stamp:
            _kept = (stamp, build())
        return _kept[1]


def build() -> Index:
    from ansanm.territories.models import Territory

    rows = list(
        Territory.objects.current()
        .exclude(level="iris")
        .values_list(
            "pk",
            "level",
            "code",
            "search_key",
            "postal_codes",
            "population",
            "departement_code",
            "region_code",
        )
    )
    above = {(level, code): key for _, level, code, key, *_ in rows if level in {"departement", "region"}}
    entries, by_code = [], {}
    for pk, level, code, key, postal_codes, population, departement, region in rows:
        where = [
            above.get(("departement", departement), ""),
            above.get(("region", region), ""),
            departement.lower(),
        ]
        one = Entry(
            pk,
            level,
            code,
            key,
            where[0],
            f" {' '.join([key, *where])} ",
            tuple(postal_codes.split()),
            population or 0,
        )
        entries.append(one)
        by_code.setdefault(code, []).append(one)
        if level == "region":
            # A bare "04" is a département: a région answers to "R04".
            by_code[code].remove(one)
            by_code.setdefault(f"R{code}", []).append(one)
    # INSEE and SIREN codes first, then postal codes: 97411 is Saint-Denis before it is a post office.
    for one in sorted(entries, key=lambda one: -one.population):
        for postal_code in one.postal_codes:
            if one not in by_code.setdefault(postal_code, []):
                by_code[postal_code].append(one)
    order = {level: place for place, level in enumerate(LEVEL_ORDER)}
    entries.sort(key=lambda one: (-one.population, order[one.level]))
    names = tuple(one.name for one in entries)
    places = tuple(f"{one.name} {one.place}" for one in entries)
    return Index(tuple(entries), names, places, by_code)
