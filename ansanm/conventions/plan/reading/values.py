"""What a cell of a plan says: a state, an amount, a calendar, a list of organisations.

Each function takes a text and keeps what it understood beside what it did not: the words of a cell
are never dropped.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from ansanm.engines.vague_dates import Bound, VagueDate
from ansanm.engines.vague_dates import parse as parse_vague
from ansanm.engines.written import SCALES, Unreadable, folded_text, parse_period

# Beyond, a cell is prose: no sum, no theme, no target is looked for in it, whatever time it would take.
LONGEST = 300

# --- lists


def listed(text: str) -> list[str]:
    """The items of a cell: one a line, or after bullets, « ; » or commas that are not in brackets."""
    items = []
    for line in re.split(r"\n|;|•|▪|‣|·\s|(?:^|\n)\s*[-–—]\s+", text):
        items += _apart(line) if "\n" not in text.strip() or "," in line else [line]
    return [item for one in items if (item := one.strip(" \t-–—•*,.").strip())]


def _apart(line: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, character in enumerate(line):
        depth += (character == "(") - (character == ")")
        # « 2,5 » is a number.
        if character == "," and depth <= 0 and not line[index + 1 : index + 2].isdigit():
            parts.append(line[start:index])
            start = index + 1
    return [*parts, line[start:]]


def lines(text: str) -> list[str]:
    """The lines or bullets of a cell, commas kept: what texts are listed by."""
    parts = re.split(r"\n|;\s|•|▪|‣", text)
    return [item for one in parts if (item := one.strip(" \t-–—•*;").strip())]


# --- placeholders

_PLACEHOLDER = re.compile(
    r"\bx{3,}\b|_{4,}|\.{6,}|…{2,}|\?{3,}|\[(?:\s|\.|…|x)*\]"
    r"|\b(?:a|à) (?:d[ée]finir|compl[ée]ter|pr[ée]ciser|d[ée]terminer|renseigner|confirmer|valider"
    r"|construire)\b"
    r"|\b(?:tbd|tbc|todo|lorem ipsum)\b",
    re.IGNORECASE,
)
_NOTHING = {
    "",
    "-",
    "–",
    "—",
    "/",
    "x",
    "xx",
    "ras",
    "neant",
    "n/a",
    "na",
    "nc",
    "n.c.",
    "sans objet",
    "so",
    "?",
    "nr",
}


def placeholder(text: str) -> str:
    """The words that hold a place in `text` (« XXXXXX », « à définir »), "" where there are none."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else ""


def is_nothing(text: str) -> bool:
    """Whether a cell says that it says nothing."""
    return folded_text(text).strip(" .") in _NOTHING


def only_a_placeholder(text: str) -> bool:
    found = _PLACEHOLDER.search(text)
    return bool(found) and not re.sub(r"\W", "", text[: found.start()] + text[found.end() :])


# --- choices

_STATUSES = {
    "to_discuss": r"a discuter|a etudier|a l'etude|en reflexion|en discussion|to discuss|a arbitrer",
    "planned": (
        r"a lancer|a venir|a engager|a demarrer|a initier|a faire|non (?:demarree?|engagee?"
        r"|commencee?|lancee?)"
        r"|pas (?:demarree?|commencee?|engagee?|lancee?)|pas encore \w+|prevue?|planifiee?|programmee?"
        r"|0 ?%|planned|not started"
    ),
    "started": (
        r"en cours(?: .*)?|engagee?|demarree?|lancee?|commencee?|amorcee?|initiee?"
        r"|partiellement realisee?|started"
        r"|(?:[1-9]|[1-9]\d) ?%|in progress|ongoing|en phase .*"
    ),
    "paused": r"en pause|suspendue?|reportee?|differee?|ajournee?|bloquee?|en attente|paused|gelee?|on hold",
    "done": (
        r"realisee?|terminee?|achevee?|faite?|finalisee?|finie?|close?|cloturee?|100 ?%|done"
        r"|finished|accomplie?"
    ),
    "abandoned": r"abandonnee?|annulee?|supprimee?|non realisee?|abandoned|dropped|cancelled",
}


def status(text: str) -> str | None:
    """The key of the state that practitioners' words mean; None where they mean none."""
    words = re.sub(r"[().]", "", folded_text(text)).strip(" -–:")
    words = re.sub(r"^(?:action|etat|statut)\s+", "", words)
    for key, pattern in _STATUSES.items():
        if re.fullmatch(pattern, words):
            return key
    # « Réalisée en 2025 », « Reportée (manque de locaux) »: the state, then why or when.
    for key, pattern in _STATUSES.items():
        if re.match(rf"(?:{pattern})\b", words):
            return key
    return None


def is_late(text: str) -> bool:
    """« En retard » is no state: it is read from the calendar."""
    return folded_text(text).strip() in {"en retard", "retard", "late", "retardee"}


def priority(text: str) -> bool | None:
    words = folded_text(text)
    if re.fullmatch(
        r"oui|o|x|1|yes|vrai|true|prioritaire|haute?|elevee?|forte?|tres .*|p1|priorite 1|high|urgente?",
        words,
    ):
        return True
    if re.fullmatch(
        r"|non|n|0|no|faux|false|moyenne?|basse?|faible|secondaire|normale?|p[2-5]|priorite [2-5]"
        r"|[2-5]|low|medium"
        r"|non prioritaire|modere?e?",
        words,
    ):
        return False
    return None


def house(text: str) -> str | None:
    words = folded_text(text)
    if re.search(r"\bcaf\b|allocations familiales", words):
        return (
            "shared" if re.search(r"ville|commune|collectivite|ccas|agglo|communaute| et ", words) else "caf"
        )
    if re.search(r"partage|les deux|shared|both|commun\b", words):
        return "shared"
    if re.search(r"collectivite|ville|commune|epci|agglo|communaute|ccas|city|mairie", words):
        return "city"
    return None


# The seven national themes, and the words that mean them, the surest first.
THEMES = {
    "early_childhood": (
        r"petite enfance|creches?|eaje|assistantes? maternelles?|accueil du jeune enfant|rpe"
        r"|0[- ]3 ans|early childhood"
    ),
    "parenting": r"parentalite|parents|laep|reaap|mediation familiale|parenting",
    "youth": r"enfance|jeunesse|jeunes|periscolaire|alsh|adolescents?|accueils? de loisirs|youth|scolaire",
    "access_to_rights": r"acces aux droits|droits|non[- ]recours|numerique|france services|access to rights",
    "housing": r"logement|habitat|cadre de vie|housing",
    "social_life": (
        r"animation de la vie sociale|vie sociale|avs|centres? socia(?:l|ux)|evs|lien social"
        r"|vie locale|social life"
    ),
    "integration": r"insertion|emploi|rsa|precarite|integration",
}


def themes(text: str) -> list[str]:
    """The national themes that the words mean, in the order they are written."""
    found = []
    for item in re.split(r"[;,/\n]", text[:LONGEST]):
        words = folded_text(item)
        # « Petite enfance » holds « enfance »: what is longer is taken away first.
        for key, pattern in THEMES.items():
            if match := re.search(rf"\b(?:{pattern})\b", words):
                words = words[: match.start()] + words[match.end() :]
                if key not in found:
                    found.append(key)
    return found


# --- amounts


@dataclass(frozen=True)
class Amount:
    amount_eur: Decimal | None = None
    precision: str = "exact"
    scope: str = ""
    year: int | None = None

    @property
    def is_said(self) -> bool:
        """Whether something about money was understood: a sum, or that it is still to be defined."""
        return self.amount_eur is not None or self.precision == "to_define"


# The digits of one sum, with its scale, before what it is per and under which tax.
_SUM = re.compile(
    r"(?P<digits>[0-9]{1,3}(?:[ .][0-9]{3})+(?:,[0-9]{1,2})?|[0-9]+(?:[.,][0-9]{1,2})?)\s*"
    r"(?P<scale>k|m|md|mille|millions?|milliards?)?\s*(?:d'|de )?(?P<unit>€|euros?|eur)?(?![a-z0-9%])"
)
_RANGE = re.compile(
    r"\b(?P<low>[0-9]+(?:,[0-9])?)\s*(?:k|m|€)*\s*(?:a|-|–)\s*(?P<high>[0-9]+(?:,[0-9])?)\s*(?P<scale>k"
    r"|m)?\s*(?:€|euros?)"
)
_ABOUT = re.compile(r"\b(?:environ|env|a peu pres|autour de|de l'ordre de|about)\b|[≈~]")
_CEILING = re.compile(r"\b(?:au plus|maximum|max|jusqu'a|plafond|plafonne|dans la limite de|moins de)\b")
_MORE = re.compile(r"\b(?:plus de|au moins|minimum|min|a partir de)\b")
_YEAR = re.compile(r"\b(?:en |pour |annee )?(20[0-9]{2})\b(?!\s*(?:k|m|€|euros?|eur)\b)(?!\s*€)")
LARGEST = Decimal(10) ** 10 - 1


def amount(text: str) -> Amount:
    """Read « 50 000 €/an/poste », « 18 150 € TTC », « environ 8 k€ », « à définir », « 12000 ».

    A cell of several sums is not one amount: none is chosen, and the caller keeps the words.
    """
    if len(text) > LONGEST:
        return Amount()
    words = folded_text(text)
    if placeholder(text) and not re.search(r"\d", words):
        return Amount(None, "to_define")
    year = None
    without_year = words
    years = _YEAR.findall(words)
    if len(set(years)) == 1 and not re.fullmatch(r"\s*20\d{2}\s*", words):
        year, without_year = int(years[0]), _YEAR.sub(" ", words)
    if ranged := _RANGE.search(without_year):
        return _range(ranged, text)
    sums = [one for one in _SUM.finditer(without_year) if _is_money(one, without_year)]
    if len(sums) != 1:
        return Amount()
    value = _value(sums[0])
    if value is None:
        return Amount()
    precision = "exact"
    for key, pattern in (("about", _ABOUT), ("ceiling", _CEILING), ("more_than", _MORE)):
        if pattern.search(without_year):
            precision = key
    return Amount(value, precision, scope_of(text), year)


def _is_money(found, words) -> bool:
    """A number is a sum when it says so, or when it stands alone in the cell."""
    rest = words[: found.start()] + words[found.end() :]
    return bool(found["unit"] or found["scale"]) or not re.search(
        r"[\w%]", re.sub(r"\b(?:ttc|ht)\b", "", rest)
    )


def _value(found, scale="") -> Decimal | None:
    digits = found["digits"].replace(" ", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", digits):
        digits = digits.replace(".", "")
    power = SCALES.get((found["scale"] or scale).strip(), 0)
    value = Decimal(digits.replace(",", ".")).scaleb(power)
    # No fiche counts tenths of a cent, and the database refuses them, as it does billions.
    if value > LARGEST or value != value.quantize(Decimal("0.01")):
        return None
    return value.quantize(Decimal("0.01"))


def _range(found, text) -> Amount:
    """« 8 à 10 k€ » is at most 10,000, and its words are its scope."""
    low, high = Decimal(found["low"].replace(",", ".")), Decimal(found["high"].replace(",", "."))
    high = high.scaleb(SCALES.get((found["scale"] or "").strip(), 0))
    if not low < high <= LARGEST or high != high.quantize(Decimal("0.01")):
        return Amount()
    return Amount(high.quantize(Decimal("0.01")), "ceiling", text.strip()[:300])


_PER = re.compile(
    r"(?:/|\bpar )\s*([^\W\d_][^\W\d_' -]*)(?=\s*/|\s*\bpar\b|\s*[,;.()\d]|\s*\b(?:ttc|ht)\b|\s|$)"
)


def scope_of(text: str) -> str:
    """« /an/poste », « TTC », « par séance » beside a sum, in words: « par an, par poste », « TTC »."""
    words = text.lower()
    parts = [tax.upper() for tax in re.findall(r"\b(ttc|ht)\b", words)]
    parts += [f"par {per}" for per in _PER.findall(words)]
    return ", ".join(dict.fromkeys(parts))[:300]


@dataclass(frozen=True)
class FundingLine:
    funder: str
    amount: Amount
    text: str


def funding(text: str) -> tuple[list[FundingLine], str]:
    """The lines « Caf : 50 000 € » of a cell, and the words of the cell where something else is said."""
    found, rest = [], []
    for part in re.split(r"\n|;|\s\+\s", text):
        part = part.strip(" \t-–—•*")
        if not part:
            continue
        match = None
        if len(part) <= LONGEST:
            match = re.match(
                r"([^:\d]{2,80}?)(?:\s*[:=(]\s*|\s+[–-]\s+)(.*\d.*|.*d[ée]finir.*)$", part
            ) or re.match(r"([A-Za-zÀ-ÿ][^:\d]{1,79}?)\s+((?:environ\s+)?\d.*)$", part)
        read = amount(match[2].rstrip(")")) if match else Amount()
        if match and read.is_said and _names_somebody(match[1]):
            found.append(FundingLine(match[1].strip(), read, part))
        else:
            rest.append(part)
    return found, "\n".join(rest)


# Words before a sum that name no funder.
_NOT_A_FUNDER = re.compile(
    r"^(?:environ|total|budget|cout|montant|soit|dont|estime|previsionnel|plus de|au moins|jusqu'a"
    r"|fonds propres|droit commun"
    r"|autofinancement|reste a charge|subvention|prestation|par|en|a|de|du|le|la|les|annee|an)\b"
)


def _names_somebody(words: str) -> bool:
    return not _NOT_A_FUNDER.match(folded_text(words)) and bool(re.search(r"[^\W\d_]{2}", words))


# --- dates


@dataclass(frozen=True)
class Calendar:
    starts: str = ""
    ends: str = ""
    understood: bool = True


def vague(text: str) -> str:
    """The canonical text of a date in words; raises Unreadable."""
    return parse_vague(text).canonical


_BETWEEN = re.compile(r"\s+(?:a|au|jusqu'a|jusqu'au|jusqu'en|to|until)\s+|\s*(?:->|→|–|—)\s*|\s+-\s+")


def calendar(text: str) -> Calendar:
    """When it begins and ends, from one cell: « 2025-2027 », « de mars 2026 à juin 2027 », « 2026 »."""
    if not text.strip() or is_nothing(text) or only_a_placeholder(text):
        return Calendar()
    whole = _read(text)
    if whole is not None:
        return _framed(whole)
    words = folded_text(text)
    words = re.sub(r"^(?:de|du|entre|from|debut|des)\s+(?:le\s+)?", "", words)
    parts = [part for part in _BETWEEN.split(words) if part.strip()]
    if len(parts) == 2:
        first, last = _read(_with_year(parts[0], parts[1])), _read(parts[1])
        if first is not None and last is not None and _in_order(first, last):
            return Calendar(first.canonical, last.canonical)
    return Calendar(understood=False)


def _with_year(part: str, other: str) -> str:
    """« septembre » of « de septembre à décembre 2026 »."""
    year = re.search(r"\b(20\d{2})\b", other)
    return part if re.search(r"\d{4}", part) or not year else f"{part} {year[1]}"


def _read(text: str) -> VagueDate | None:
    try:
        return parse_vague(text)
    except Unreadable:
        return None


def _framed(one: VagueDate) -> Calendar:
    if one.bound is Bound.NOT_BEFORE:
        return Calendar(starts=one.canonical)
    if one.bound is Bound.NOT_AFTER:
        return Calendar(ends=one.canonical)
    first, slash, last = one.canonical.removeprefix(one.bound.value).partition("/")
    if slash:
        return Calendar(f"{one.bound}{first}", f"{one.bound}{last}")
    return Calendar(one.canonical, one.canonical)


def _in_order(first: VagueDate, last: VagueDate) -> bool:
    return first.first_on is None or last.last_on is None or first.first_on <= last.last_on


def partial(text: str) -> str:
    """« décembre 2021 » as "2021-12": a date that may lack its day or month; raises Unreadable."""
    return parse_period(text)


# --- indicators

_COUNTED = re.compile(
    r"^(?:le |la |les )?(?:nombre|nb|nbre|n(?:b)?\.? de|taux|part|pourcentage|%|montant|volume"
    r"|effectifs?|frequentation"
    r"|total|delai|duree|proportion|score|number|share|rate)\b|\bnombre de\b|\btaux d|%"
)
_FELT = re.compile(
    r"^(?:la |le |les |l')?(?:satisfaction|qualite|ressentis?|perception|temoignages?|verbatims?"
    r"|retours?|appreciation|evolution des"
    r" pratiques|adequation|pertinence|implication|ambiance|bien-etre|sentiment)\b"
)
_TARGET = re.compile(
    r"\s*[(,:–-]*\s*(?:cible|objectif|viser?|target)\s*:?\s*"
    r"(?P<value>(?:[0-9]{1,3}(?:\s[0-9]{3})+(?![0-9])|[0-9]{1,9})(?:[.,][0-9]{1,3})?)\s*(?P<unit>%|€)?"
    r"(?:\s*(?:en|d'ici|avant|pour|fin|in|by)?\s*(?P<due>(?:fin )?20[0-9]{2}))?\s*\)?",
    re.IGNORECASE,
)


def indicator_kind(label: str) -> str:
    """ "quantitative" or "qualitative" where the words give it away, else ""."""
    words = folded_text(label)
    if _COUNTED.search(words):
        return "" if _FELT.match(words) else "quantitative"
    return "qualitative" if _FELT.match(words) else ""


def indicators(text: str, kind: str = "") -> list[dict]:
    """The rows of a cell of indicators, one a line; « cible 40 en 2027 » becomes a target."""
    rows = []
    for line in lines(text):
        if is_nothing(line):
            continue
        found, targets, unit = None if len(line) > LONGEST else _TARGET.search(line), [], ""
        label = line
        if found:
            label = (line[: found.start()] + line[found.end() :]).strip(" ,:;(–-") or line
            unit = found["unit"] or ""
            digits = re.sub(r"\s", "", found["value"]).replace(",", ".")
            due = re.sub(r"\D", "", found["due"] or "")
            targets = [{"value": digits, "text": "", "due": due}]
        rows.append(
            {
                "label": label[:300],
                "kind": kind or indicator_kind(line) or "quantitative",
                "unit": unit,
                "targets": targets,
            }
        )
    return rows
