"""What does not hold together in a plan, whether it comes from a file or was written here.

Each rule comes from a defect met in a signed document (counts that differ, « XXXXXX » left for a
number, a pilot that changes between the summary and the fiche). A finding says what, where, why it
matters and what to do; it never changes the plan.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import combinations

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rapidfuzz import fuzz, process

from ansanm.conventions.models import ReportedFigure, Status
from ansanm.conventions.plan.reading import values
from ansanm.conventions.plan.reading.drafts import Draft, Plan
from ansanm.conventions.plan.reading.matching import FIELDS
from ansanm.engines.vague_dates import parse_canonical
from ansanm.engines.written import folded_text
from ansanm.territories.names import search_key
from ansanm.ui.documents.sheets import Column, Sheet
from ansanm.ui.formats import format_vague


@dataclass(frozen=True)
class Rule:
    # 1 contradicts itself, 2 is missing for the plan to be followed, 3 would be better.
    severity: int
    title: str
    why: str
    do: str


RULES = {
    "count": Rule(
        1,
        gettext_lazy("Nombre d’actions annoncé et compté"),
        gettext_lazy("Tout taux d’avancement se rapporte à ce nombre."),
        gettext_lazy("Corrigez le texte, ou retrouvez la fiche qui manque."),
    ),
    "pilot": Rule(
        1,
        gettext_lazy("Pilote différent d’un tableau à l’autre"),
        gettext_lazy("Deux organismes peuvent croire que l’autre s’en charge."),
        gettext_lazy("Demandez aux deux, puis gardez le même nom partout."),
    ),
    "number_twice": Rule(
        1,
        gettext_lazy("Numéro en double"),
        gettext_lazy("Un renvoi à ce numéro désigne deux fiches."),
        gettext_lazy("Renumérotez l’une des deux."),
    ),
    "title_twice": Rule(
        1,
        gettext_lazy("Intitulé en double"),
        gettext_lazy("La même action est peut-être comptée deux fois."),
        gettext_lazy("Réunissez les deux fiches, ou distinguez leurs intitulés."),
    ),
    "placeholder": Rule(
        1,
        gettext_lazy("Texte à remplacer"),
        gettext_lazy("Un document signé avec « XXXXXX » ou « à compléter » engage mal."),
        gettext_lazy("Écrivez ce qui manque, ou videz le champ."),
    ),
    "status": Rule(
        1,
        gettext_lazy("État et calendrier ne vont pas ensemble"),
        gettext_lazy("L’avancement affiché est faux dans un sens ou dans l’autre."),
        gettext_lazy("Mettez l’état ou les dates à jour."),
    ),
    "names": Rule(
        2,
        gettext_lazy("Plusieurs noms pour un organisme"),
        gettext_lazy("Ses actions se retrouvent éparpillées entre ses noms."),
        gettext_lazy("Gardez un nom ; les autres peuvent rester comme autres noms."),
    ),
    "calendar": Rule(
        2,
        gettext_lazy("Calendrier vide"),
        gettext_lazy("Sans date, aucun retard ne se voit."),
        gettext_lazy("Donnez au moins une année, même vague."),
    ),
    "funding": Rule(
        2,
        gettext_lazy("Aucun financement"),
        gettext_lazy("Le reste à charge de chacun n’est pas connu."),
        gettext_lazy("Dites qui paie, ou « sans coût », ou « à définir » avec une échéance."),
    ),
    "results": Rule(
        2,
        gettext_lazy("Aucun résultat attendu"),
        gettext_lazy("L’évaluation n’aura rien à quoi comparer."),
        gettext_lazy("Écrivez ce qui aura changé, et pour qui."),
    ),
    "kind": Rule(
        2,
        gettext_lazy("Indicateur dans la mauvaise colonne"),
        gettext_lazy("Un nombre rangé avec les appréciations ne sera pas mesuré."),
        gettext_lazy("Passez-le dans l’autre colonne."),
    ),
    "stake": Rule(
        2,
        gettext_lazy("Action sans enjeu"),
        gettext_lazy("Elle n’apparaît dans aucun axe du plan ni dans son bilan."),
        gettext_lazy("Rattachez-la à un enjeu ou à un objectif."),
    ),
    "target": Rule(
        2,
        gettext_lazy("Cible sans date"),
        gettext_lazy("Rien ne dit quand elle doit être atteinte."),
        gettext_lazy("Donnez une échéance à la cible."),
    ),
    "baseline": Rule(
        3,
        gettext_lazy("Indicateur sans valeur de départ"),
        gettext_lazy("Le progrès ne se mesurera pas."),
        gettext_lazy("Relevez la valeur avant que l’action commence."),
    ),
}
SEVERITIES = {
    1: gettext_lazy("À corriger"),
    2: gettext_lazy("À compléter"),
    3: gettext_lazy("À améliorer"),
}


@dataclass(frozen=True)
class Finding:
    rule: str
    # In words, with the values.
    said: str
    # The cell or the fiche, and the page where it is mended.
    where: str = ""
    url: str = ""

    @property
    def severity(self) -> int:
        return RULES[self.rule].severity

    @property
    def severity_words(self) -> str:
        return str(SEVERITIES[self.severity])

    @property
    def title(self) -> str:
        return str(RULES[self.rule].title)

    @property
    def why(self) -> str:
        return str(RULES[self.rule].why)

    @property
    def do(self) -> str:
        return str(RULES[self.rule].do)


@dataclass
class Fiche:
    """What the rules look at, from a file or from a convention."""

    name: str
    number: str = ""
    title: str = ""
    url: str = ""
    stake: str = ""
    pilot: str = ""
    others: list[str] = field(default_factory=list)
    starts: str = ""
    ends: str = ""
    status: str = Status.PLANNED
    is_priority: bool = False
    is_funded: bool = False
    results: str = ""
    # Field → its text, as a person finds it.
    texts: dict[str, str] = field(default_factory=dict)
    operations: list[dict] = field(default_factory=list)
    indicators: list[dict] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)

    def at(self, name: str) -> str:
        """Where a field is: its cell in a file, the fiche's name otherwise."""
        return self.cells.get(name) or self.cells.get("title") or self.name


@dataclass(frozen=True)
class Text:
    """Words beside the fiches: a paragraph, a published count."""

    text: str
    where: str
    url: str = ""


@dataclass(frozen=True)
class Named:
    """A fiche as a summary table names it, and who pilots it there."""

    number: str
    title: str
    pilot: str
    where: str


# --- from a file, from a convention


def fiche_of_draft(draft: Draft) -> Fiche:
    held = draft.values
    texts = {name: cell.text for name, cell in draft.cells.items() if cell}
    return Fiche(
        name=draft.name,
        number=draft.number,
        title=draft.title,
        stake=draft.stake or draft.goal or draft.step,
        pilot=draft.pilot,
        others=[*draft.partners, *(row["funder_name"] for row in draft.funding)],
        starts=held.get("starts", ""),
        ends=held.get("ends", ""),
        status=held.get("status", Status.PLANNED),
        is_priority=held.get("is_priority", False),
        is_funded=bool(draft.funding or held.get("funding_note")),
        results=held.get("expected_results", ""),
        texts=texts,
        operations=held.get("operations", []),
        indicators=held.get("indicators", []),
        cells={name: cell.address for name, cell in draft.cells.items()} | {"": draft.address},
    )


def fiche_of_action(action, url: str) -> Fiche:
    texts = {
        name: getattr(action, name)
        for name in (
            "title",
            "context",
            "objective",
            "description",
            "publics",
            "place_note",
            "pilot_person",
            "means",
            "funding_note",
            "expected_results",
            "risks",
            "levers",
        )
    }
    return Fiche(
        name=f"{action.number} {action.title}".strip(),
        number=action.number,
        title=action.title,
        url=url,
        stake=str(action.node or ""),
        pilot=str(action.pilot or ""),
        starts=action.starts,
        ends=action.ends,
        status=action.status,
        is_priority=action.is_priority,
        is_funded=bool(action.financing_lines.all() or action.funding_note),
        results=action.expected_results,
        texts=texts,
        operations=[
            {
                name: getattr(one, name)
                for name in (
                    "title",
                    "pilot",
                    "funding_note",
                    "expected_results",
                    "quantitative",
                    "qualitative",
                    "calendar",
                )
            }
            for one in action.operations.all()
        ],
        indicators=[
            {
                "label": one.label,
                "kind": one.kind,
                "baseline_value": one.baseline_value,
                "targets": [
                    {"value": target.value, "text": target.text, "due": target.due}
                    for target in one.targets.all()
                ],
            }
            for one in action.indicators.all()
            if one.removed_at is None
        ],
    )


def of_plan(plan: Plan, *, on: date) -> list[Finding]:
    """The findings on a file."""
    source = plan.source
    fiches = [fiche_of_draft(draft) for draft in plan.drafts]
    texts = [Text(cell.text, cell.address) for cell in source.prose]
    summaries = [
        Named(
            _cell(row, summary.fields, "number"),
            _cell(row, summary.fields, "title"),
            _cell(row, summary.fields, "pilot"),
            next((cell.address for cell in row if cell), ""),
        )
        for summary in source.summaries
        for row in summary.rows
    ]
    return check(fiches, texts=texts, summaries=summaries, on=on)


def _cell(row, fields, name) -> str:
    return next((cell.text for cell, known in zip(row, fields, strict=False) if known == name), "")


def of_convention(convention, *, on: date) -> list[Finding]:
    """The findings on the fiches of a convention and on what was published of it."""
    actions = (
        convention.actions.standing()
        .select_related("node", "pilot")
        .prefetch_related("operations", "indicators__targets", "financing_lines")
    )
    fiches = [fiche_of_action(one, reverse("action", args=[convention.slug, one.pk])) for one in actions]
    texts = [Text(one.description, str(one)) for one in convention.nodes.exclude(description="")]
    texts += [
        Text(one.text, one.heading, reverse("paper_row", args=[convention.slug, "article", one.pk]))
        for one in convention.articles.all()
    ]
    counts = convention.reported_figures.filter(kind=ReportedFigure.Kind.COUNT, unit__icontains="action")
    texts += [
        Text(f"{one.value:.0f} {one.unit}", one.source_title) for one in counts if one.value is not None
    ]
    names = list(convention.actors.values_list("name", flat=True))
    names_url = reverse("plan_actors", args=[convention.slug])
    return check(fiches, texts=texts, names=names, names_url=names_url, on=on)


# --- the rules


def check(
    fiches: Sequence[Fiche],
    *,
    texts: Iterable[Text] = (),
    summaries: Iterable[Named] = (),
    names: Iterable[str] = (),
    names_url: str = "",
    on: date,
) -> list[Finding]:
    """Every finding, the gravest first; one that holds for every fiche is told once."""
    texts = list(texts)
    found = [
        *_counts(fiches, texts),
        *_pilots(fiches, summaries),
        *_twice(fiches),
        *_placeholders(fiches, texts),
        *_names(fiches, names, names_url),
    ]
    for rule, one_rule in _PER_FICHE.items():
        per_fiche = [(fiche, one_rule(fiche, on)) for fiche in fiches]
        missing = [fiche for fiche, findings in per_fiche if findings]
        if rule in _WHOLE and len(missing) == len(fiches) > 3:
            found.append(Finding(rule, _WHOLE[rule] % {"n": len(fiches)}))
            continue
        found += [finding for _fiche, findings in per_fiche for finding in findings]
    order = list(RULES)
    return sorted(found, key=lambda one: (one.severity, order.index(one.rule)))


_COUNT = re.compile(
    r"(?<![\d.,/])(?P<n>\d{1,3})\s+(?P<what>fiches?[- ]actions?|actions?|fiches|operations?)"
    r"(?!\s+(?:par|sur|realisees?|engagees?|terminees?|en cours|nouvelles?|collectives?|lancees?|menees?))"
    r"(?P<priority>\s+prioritaires?)?"
)


def _counts(fiches, texts) -> list[Finding]:
    n_fiches = len(fiches)
    n_operations = sum(max(1, len(fiche.operations)) for fiche in fiches)
    n_priority = sum(fiche.is_priority for fiche in fiches)
    found = []
    for one in texts:
        for match in _COUNT.finditer(folded_text(one.text)):
            n = int(match["n"])
            counted = {n_fiches, n_operations}
            if match["priority"]:
                counted = {n_priority} if n_priority else {n}
            elif match["what"].startswith("operation"):
                counted = {n_operations}
            # « Une » and « 2 actions » of a sentence do not count the plan.
            if n in counted or (n < n_fiches / 2 and not match["priority"]):
                continue
            counted_words = ngettext("%(n)s fiche", "%(n)s fiches", n_fiches) % {"n": n_fiches}
            if n_operations != n_fiches:
                operations = ngettext("%(n)s opération", "%(n)s opérations", n_operations)
                counted_words = _("%(fiches)s, soit %(operations)s") % {
                    "fiches": counted_words,
                    "operations": operations % {"n": n_operations},
                }
            said = _("Le texte dit « %(text)s » ; il y a %(counted)s.") % {
                "text": match[0].strip(),
                "counted": counted_words,
            }
            if match["priority"]:
                said = _("Le texte dit « %(text)s » ; %(n)s sont marquées prioritaires.") % {
                    "text": match[0].strip(),
                    "n": n_priority,
                }
            found.append(Finding("count", said, one.where, one.url))
    return found


# « C.C.A.S. »
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_ARTICLES = {"de", "la", "le", "les", "du", "des", "d", "l", "et", "a", "au", "aux", "en"}


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """The words of a name that say who it is, in order."""
    name = _DOTTED.sub(lambda found: found[0].replace(".", ""), name)
    return " ".join(word for word in search_key(name).split() if word not in _ARTICLES)


def _pilots(fiches, summaries) -> list[Finding]:
    by_number = {folded_text(fiche.number): fiche for fiche in fiches if fiche.number}
    by_title = {search_key(fiche.title): fiche for fiche in fiches if fiche.title}
    found = []
    for one in summaries:
        fiche = by_title.get(search_key(one.title)) or by_number.get(folded_text(one.number))
        if not fiche or not one.pilot or values.placeholder(one.pilot):
            continue
        pilots = [name for name in (fiche.pilot, *(row.get("pilot", "") for row in fiche.operations)) if name]
        if not pilots or any(_same_or_within(one.pilot, name) for name in pilots):
            continue
        found.append(
            Finding(
                "pilot",
                _("%(fiche)s : « %(one)s » dans le tableau, « %(other)s » dans la fiche.")
                % {"fiche": fiche.name, "one": one.pilot, "other": " ; ".join(pilots)},
                f"{one.where} · {fiche.at('pilot')}",
                fiche.url,
            )
        )
    return found


def _same_or_within(one: str, other: str) -> bool:
    first, second = set(bare(one).split()), set(bare(other).split())
    return first <= second or second <= first or are_one(one, other)


def _twice(fiches) -> list[Finding]:
    found = []
    for rule, key, name in (
        ("number_twice", lambda fiche: folded_text(fiche.number), "number"),
        ("title_twice", lambda fiche: search_key(fiche.title), "title"),
    ):
        held = defaultdict(list)
        for fiche in fiches:
            if key(fiche):
                held[key(fiche)].append(fiche)
        for same in held.values():
            for fiche in same[1:]:
                found.append(
                    Finding(
                        rule,
                        _("« %(text)s » : aussi %(where)s.")
                        % {"text": getattr(fiche, name), "where": same[0].at(name)},
                        fiche.at(name),
                        fiche.url,
                    )
                )
    return found


def _placeholders(fiches, texts) -> list[Finding]:
    found = [
        Finding(
            "placeholder",
            _("« %(words)s » dans « %(text)s ».") % _around(one.text, words),
            one.where,
            one.url,
        )
        for one in texts
        if (words := values.placeholder(one.text))
    ]
    for fiche in fiches:
        for name, text in fiche.texts.items():
            # An amount to be defined is a state of the money, told by the funding rule.
            if words := values.placeholder(text):
                label = str(FIELDS[name].label) if name in FIELDS else name
                said = _("%(field)s : « %(words)s ».") % {"field": label, "words": words}
                found.append(Finding("placeholder", said, fiche.at(name), fiche.url))
    return found


def _around(text, words):
    place = text.find(words)
    around = text[max(0, place - 30) : place + len(words) + 30]
    if place > 30:
        # Not from the middle of a word.
        around = "… " + around.partition(" ")[2]
    return {"words": words, "text": around.strip()}


def are_one(one: str, other: str) -> bool:
    """Whether two names are one organisation's, as far as their letters tell."""
    first, second = bare(one), bare(other)
    if not first or not second or re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return False
    if first == second:
        return True
    if _is_acronym(one, other) or _is_acronym(other, one):
        return True
    if sorted(first.split()) == sorted(second.split()):
        return True
    return min(len(first), len(second)) >= 6 and fuzz.ratio(first, second) >= 90


def _is_acronym(short: str, long: str) -> bool:
    """« CCAS » of « Centre communal d’action sociale », each with the same place after it or none."""
    if not _ACRONYM.match(short.strip()):
        return False
    head, *rest = bare(short).split()
    words = bare(long).split()
    if not 2 < len(head) <= 7 or len(words) < len(head):
        return False
    letters, place = "".join(word[0] for word in words[: len(head)]), words[len(head) :]
    return letters == head and (not rest or not place or rest == place)


def _names(fiches, names, url) -> list[Finding]:
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(name, "")
    # Those of a convention have their own table, which the names of its fiches come from.
    for fiche in () if spelled else fiches:
        if fiche.pilot:
            spelled.setdefault(fiche.pilot, fiche.at("pilot"))
        for other in fiche.others:
            spelled.setdefault(other, fiche.at("partners"))
    found = []
    for one, other in same_names(sorted(spelled)):
        said = _("« %(one)s » et « %(other)s » sont sans doute le même organisme.") % {
            "one": one,
            "other": other,
        }
        where = " · ".join(dict.fromkeys(place for place in (spelled[one], spelled[other]) if place))
        found.append(Finding("names", said, where, url))
    return found


_ACRONYM = re.compile(r"(?:[A-Z]{3,7}|(?:[A-Z]\.){3,7})(?!\w)")


def same_names(names: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of `names` that are one organisation's, each once."""
    if len(names) < 2:
        return []
    bares = [bare(name) for name in names]
    near = process.cdist(bares, bares, scorer=fuzz.ratio, score_cutoff=90, dtype=np.uint8)
    candidates = {(int(i), int(j)) for i, j in zip(*np.nonzero(near), strict=True) if i < j}
    by_words = defaultdict(list)
    for i, text in enumerate(bares):
        by_words[" ".join(sorted(text.split()))].append(i)
    for same in by_words.values():
        candidates |= set(combinations(same, 2))
    for i in (i for i, name in enumerate(names) if _ACRONYM.match(name.strip())):
        candidates |= {(min(i, j), max(i, j)) for j in range(len(names)) if i != j}
    return [(names[i], names[j]) for i, j in sorted(candidates) if are_one(names[i], names[j])]


def _calendar(fiche, on) -> list[Finding]:
    if fiche.starts or fiche.ends:
        told = [row for row in fiche.operations if row.get("calendar")]
        if not told:
            return []
        return [
            Finding(
                "calendar",
                _("%(fiche)s, opération « %(operation)s ».")
                % {"fiche": fiche.name, "operation": row.get("title", "")},
                fiche.at("calendar"),
                fiche.url,
            )
            for row in fiche.operations
            if not row.get("calendar")
        ]
    if any(row.get("calendar") for row in fiche.operations):
        return []
    where = fiche.at("calendar" if "calendar" in fiche.cells else "starts")
    return [Finding("calendar", fiche.name, where, fiche.url)]


def _funding(fiche, on) -> list[Finding]:
    if fiche.is_funded or any(row.get("funding_note") for row in fiche.operations):
        return []
    return [Finding("funding", fiche.name, fiche.at("funding"), fiche.url)]


def _results(fiche, on) -> list[Finding]:
    if fiche.results or any(row.get("expected_results") for row in fiche.operations):
        return []
    return [Finding("results", fiche.name, fiche.at("expected_results"), fiche.url)]


def _stake(fiche, on) -> list[Finding]:
    return [] if fiche.stake else [Finding("stake", fiche.name, fiche.at("stake"), fiche.url)]


def _kind(fiche, on) -> list[Finding]:
    told = [(row.get("label", ""), row.get("kind", "")) for row in fiche.indicators]
    for row in fiche.operations:
        for kind in ("quantitative", "qualitative"):
            told += [(line, kind) for line in values.lines(row.get(kind, ""))]
    found = []
    for label, kind in told:
        meant = values.indicator_kind(label)
        if meant and kind and meant != kind:
            said = (
                _("« %(label)s » se compte, et est rangé avec les indicateurs qualitatifs.")
                if meant == "quantitative"
                else _("« %(label)s » s’apprécie, et est rangé avec les indicateurs quantitatifs.")
            ) % {"label": label}
            found.append(Finding("kind", said, fiche.at(kind), fiche.url))
    return found


def _target(fiche, on) -> list[Finding]:
    return [
        Finding(
            "target",
            _("%(fiche)s, « %(label)s ».") % {"fiche": fiche.name, "label": row["label"]},
            fiche.at(row.get("kind", "")),
            fiche.url,
        )
        for row in fiche.indicators
        if any(not target.get("due") for target in row.get("targets", ()))
    ]


def _baseline(fiche, on) -> list[Finding]:
    return [
        Finding(
            "baseline",
            _("%(fiche)s, « %(label)s ».") % {"fiche": fiche.name, "label": row["label"]},
            fiche.at(row.get("kind", "")),
            fiche.url,
        )
        for row in fiche.indicators
        if row.get("kind") == "quantitative" and row.get("baseline_value") in (None, "")
    ]


def _status(fiche, on) -> list[Finding]:
    if fiche.status == Status.ABANDONED:
        return []
    state = str(Status(fiche.status).label)
    starts = parse_canonical(fiche.starts) if fiche.starts else None
    ends = parse_canonical(fiche.ends) if fiche.ends else None
    said = ""
    if fiche.status in {Status.PLANNED, Status.TO_DISCUSS} and starts and starts.is_past(on):
        said = _("%(fiche)s : « %(state)s », alors que le début (%(date)s) est passé.")
        when = fiche.starts
    elif fiche.status != Status.DONE and ends and ends.is_past(on):
        said = _("%(fiche)s : « %(state)s », alors que la fin (%(date)s) est passée.")
        when = fiche.ends
    elif fiche.status == Status.DONE and starts and starts.first_on and starts.first_on > on:
        said = _("%(fiche)s : « %(state)s », alors que le début (%(date)s) est à venir.")
        when = fiche.starts
    if not said:
        return []
    words = said % {"fiche": fiche.name, "state": state, "date": format_vague(when)}
    return [Finding("status", words, fiche.at("status"), fiche.url)]


_PER_FICHE = {
    "status": _status,
    "calendar": _calendar,
    "funding": _funding,
    "results": _results,
    "kind": _kind,
    "stake": _stake,
    "target": _target,
    "baseline": _baseline,
}
# What is told once when it is so of every fiche: most often the column is not in the file.
_WHOLE = {
    "calendar": gettext_lazy("Aucune des %(n)s fiches n’a de date."),
    "funding": gettext_lazy("Aucune des %(n)s fiches n’a de financement."),
    "results": gettext_lazy("Aucune des %(n)s fiches ne dit de résultat attendu."),
    "stake": gettext_lazy("Aucune des %(n)s fiches n’a d’enjeu."),
    "baseline": gettext_lazy("Aucune des %(n)s fiches n’a d’indicateur avec sa valeur de départ."),
}


# --- told


@dataclass(frozen=True)
class Group:
    """The findings of one rule, told under one title."""

    rule: Rule
    severity_words: str
    findings: list[Finding]


def grouped(findings: Sequence[Finding]) -> list[Group]:
    held: dict[str, list[Finding]] = {}
    for one in findings:
        held.setdefault(one.rule, []).append(one)
    return [Group(RULES[rule], of_rule[0].severity_words, of_rule) for rule, of_rule in held.items()]


def sheet_of(findings: Sequence[Finding]) -> Sheet:
    columns = [
        Column(_("Gravité"), 14),
        Column(_("Constat"), 36, wrap=True),
        Column(_("Ce qui est écrit"), 60, wrap=True),
        Column(_("Où"), 30, wrap=True),
        Column(_("Pourquoi c’est gênant"), 44, wrap=True),
        Column(_("Que faire"), 44, wrap=True),
    ]
    rows = [[one.severity_words, one.title, one.said, one.where, one.why, one.do] for one in findings]
    return Sheet(_("Cohérence"), columns, rows)
