"""The financing plan of a convention: its lines, cut by whatever people ask, each figure leading to them.

An action of several themes counts once, under all their names together: cut by theme, the sums match
those of any other cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Q
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ansanm.conventions.models import Action, FinancingLine
from ansanm.conventions.plan import wording
from ansanm.engines.funding import plan
from ansanm.engines.funding.plan import PRECISIONS, ROAD, UNDEFINED, PlanLine, Scope, Total
from ansanm.territories.variables import fold
from ansanm.ui.documents.blocks import Block, Document, Heading, Paragraph, Table
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.formats import format_number, listed_apart

NONE = "-"  # in an address: what nobody told
PAGE = 50


@dataclass(frozen=True)
class Dimension:
    """A way of cutting the plan: its word in the address, its title, what stands where nothing is told."""

    name: str
    title: str
    untold: str
    is_cut: bool = True  # False: filters only


DIMENSIONS = (
    Dimension("financeur", gettext_lazy("Financeur"), ""),
    Dimension("annee", gettext_lazy("Année"), gettext_lazy("sans année")),
    Dimension("enjeu", gettext_lazy("Enjeu"), gettext_lazy("hors de tout enjeu")),
    Dimension("theme", gettext_lazy("Thématique"), gettext_lazy("sans thématique")),
    Dimension("lieu", gettext_lazy("Quartier ou lieu"), gettext_lazy("sans lieu précis")),
    Dimension("dispositif", gettext_lazy("Dispositif"), gettext_lazy("sans dispositif")),
    Dimension("nature", gettext_lazy("Nature"), gettext_lazy("nature non précisée")),
    Dimension("action", gettext_lazy("Action"), gettext_lazy("toute la convention")),
    Dimension("droit", gettext_lazy("Droit commun"), gettext_lazy("droit commun non précisé"), is_cut=False),
    Dimension("taxes", gettext_lazy("Taxes"), gettext_lazy("taxes non précisées"), is_cut=False),
    Dimension("apport", gettext_lazy("Apport"), "", is_cut=False),
    Dimension("exactitude", gettext_lazy("Exactitude"), "", is_cut=False),
)
BY_NAME = {one.name: one for one in DIMENSIONS}
CUTS = [one for one in DIMENSIONS if one.is_cut]


def road_words(name: str) -> str:
    return {
        "asked": _("Demandé"),
        "promised": _("Promis"),
        "committed": _("Engagé"),
        "paid": _("Payé"),
    }[name]


def cents(value: Decimal | None) -> int | None:
    return None if value is None else int(value * 100)


def money(value: int) -> str:
    return format_number(Decimal(value) / 100, "eur", 0 if value % 100 == 0 else 2)


@dataclass(frozen=True)
class Line:
    """One line of the plan, with what it is cut by."""

    pk: int
    action: int | None
    keys: dict[str, str]
    plain: PlanLine
    scope_text: str
    source_title: str
    source_url: str
    fte: Decimal | None


class FinancingPlan:
    def __init__(self, convention, query):
        self.convention = convention
        cut = query.get("par", "")
        self.cut = BY_NAME[cut] if cut in BY_NAME and BY_NAME[cut].is_cut else CUTS[0]
        self.wanted = {
            one.name: text[:200] for one in DIMENSIONS if (text := query.get(one.name, "").strip())
        }

        # The lines that tell an amount of the road: what a figure of « payé » leads to.
        self.step = step if (step := query.get("etape", "")) in ROAD else ""

    @cached_property
    def lines(self) -> list[Line]:
        """Every line of the fiches that stand, and those of the whole convention: three queries."""
        rows = (
            FinancingLine.objects.filter(Q(action__isnull=True) | Q(action__deleted_at__isnull=True))
            .filter(convention=self.convention)
            .order_by("action__position", "action", "position", "year", "pk")
            .values(
                "pk", "action", "action__node", "funder", "year", "amount_eur", "precision", "scope",
                "device", "nature", "tax", "common_law", "asked_eur", "promised_eur", "committed_eur",
                "paid_eur", "in_kind_fte", "place", "source_title", "source_url",
            )
        )  # fmt: skip
        return [self._line(row) for row in rows]

    def _line(self, row: dict) -> Line:
        in_kind = row["in_kind_fte"] is not None
        planned = cents(row["amount_eur"])
        precision = UNDEFINED if planned is None else row["precision"]
        keys = {
            "financeur": str(row["funder"]),
            "annee": str(row["year"] or NONE),
            "enjeu": self.stakes.get(row["action__node"], NONE),
            "theme": self.themes.get(row["action"], NONE),
            "lieu": row["place"] or NONE,
            "dispositif": row["device"] or NONE,
            "nature": row["nature"] or NONE,
            "action": str(row["action"] or NONE),
            "droit": row["common_law"] or NONE,
            "taxes": row["tax"] or NONE,
            "apport": "etp" if in_kind else "argent",
            "exactitude": precision,
        }
        road = tuple(cents(row[f"{name}_eur"]) for name in ROAD)
        return Line(
            row["pk"],
            row["action"],
            keys,
            PlanLine(Scope(row["common_law"], row["tax"], in_kind), precision, planned, road),
            row["scope"],
            row["source_title"],
            row["source_url"],
            row["in_kind_fte"],
        )

    # What the keys stand for.

    @cached_property
    def words(self) -> wording.Words:
        return wording.Words(self.convention)

    @cached_property
    def nodes(self) -> dict:
        return {one.pk: one for one in self.convention.nodes.all()}

    @cached_property
    def stakes(self) -> dict[int, str]:
        """The top of each node's path, by node: the stake where the plan has stakes."""
        found = {}
        for pk, one in self.nodes.items():
            while one.parent_id in self.nodes:
                one = self.nodes[one.parent_id]
            found[pk] = str(one.pk)
        return found

    @cached_property
    def themes(self) -> dict[int, str]:
        """The themes of each action, as one key."""
        held: dict[int, list[str]] = {}
        rows = Action.themes.through.objects.filter(action__convention=self.convention)
        for action, slug in rows.values_list("action", "plantheme__slug"):
            held.setdefault(action, []).append(slug)
        return {action: "+".join(sorted(slugs)) for action, slugs in held.items()}

    def label(self, name: str, key: str) -> str:
        if key == NONE:
            return str(BY_NAME[name].untold)
        match name:
            case "financeur":
                return self.words.actors.get(int(key), "–") if key.isdecimal() else key
            case "enjeu":
                return str(self.nodes[int(key)]) if key.isdecimal() and int(key) in self.nodes else key
            case "theme":
                return listed_apart(self.words.themes.get(slug, slug) for slug in key.split("+"))
            case "lieu":
                return self.words.place(key)
            case "nature" if key in FinancingLine.Nature.values:
                return str(FinancingLine.Nature(key).label)
            case "action":
                return self.words.actions.get(int(key), "–") if key.isdecimal() else key
            case "droit" if key in FinancingLine.CommonLaw.values:
                return str(FinancingLine.CommonLaw(key).label)
            case "taxes" if key in FinancingLine.Tax.values:
                return str(FinancingLine.Tax(key).label)
            case "apport":
                return {"etp": _("temps de travail valorisé"), "argent": _("argent")}.get(key, key)
            case "exactitude" if key in FinancingLine.Precision.values:
                return str(FinancingLine.Precision(key).label)
        return key

    def scope_words(self, scope: Scope) -> str:
        told = [
            self.label("droit", scope.common_law or NONE),
            self.label("taxes", scope.tax or NONE) if scope.tax else "",
            self.label("apport", "etp") if scope.in_kind else "",
        ]
        return " · ".join(one for one in told if one)

    # What was asked for.

    @cached_property
    def found(self) -> list[Line]:
        place = ROAD.index(self.step) if self.step else 0
        return [
            one
            for one in self.lines
            if all(one.keys[name] == text for name, text in self.wanted.items())
            and (not self.step or one.plain.road[place] is not None)
        ]

    @cached_property
    def totals(self) -> list[Total]:
        ordered = sorted(self.found, key=self._order(self.cut.name))
        return plan.totals(ordered, lambda one: one.plain, lambda one: one.keys[self.cut.name])

    def _order(self, name: str) -> Callable[[Line], tuple]:
        """By the words of the key; what nobody told comes last; actions as in the plan."""
        labels: dict[str, tuple] = {}
        for place, one in enumerate(self.found):
            key = one.keys[name]
            if key not in labels:
                labels[key] = (key == NONE, place if name == "action" else fold(self.label(name, key)))
        return lambda one: labels[one.keys[name]]

    @cached_property
    def whole(self) -> list[Total]:
        return plan.joined(self.totals)

    def query(self, **more: str) -> str:
        """The address that keeps what holds, with `more`; "" takes a filter off."""
        found = {"par": self.cut.name} | self.wanted | {"etape": self.step} | more
        return urlencode({name: text for name, text in found.items() if text})

    @property
    def page_query(self) -> str:
        return f"{self.query()}&"

    def narrowed(self, total: Total, **more: str) -> str:
        scope = total.scope
        only = {
            "droit": scope.common_law or NONE,
            "taxes": scope.tax or NONE,
            "apport": "etp" if scope.in_kind else "argent",
        }
        key = {self.cut.name: total.key} if total.key is not None else {}
        return self.query(**(key | only | more))

    @cached_property
    def precisions(self) -> list[str]:
        """Those that some line has: an empty column says nothing."""
        return [one for one in PRECISIONS if any(one in total.by_precision for total in self.whole)]

    @cached_property
    def roads(self) -> list[str]:
        return [one for one in ROAD if any(one in total.road for total in self.whole)]

    @cached_property
    def columns(self) -> list[str]:
        return [
            str(self.cut.title),
            _("Périmètre"),
            *(self.precision_title(one) for one in self.precisions),
            *(road_words(one) for one in self.roads),
            _("Lignes"),
        ]

    def precision_title(self, name: str) -> str:
        return {
            "exact": _("Prévu, exact"),
            "about": _("Prévu, environ"),
            "ceiling": _("Prévu, au plus"),
            "more_than": _("Prévu, plus de"),
            UNDEFINED: _("À définir"),
        }[name]

    def rows(self) -> Iterator[dict]:
        yield from (self._row(one) for one in self.totals)

    def whole_rows(self) -> Iterator[dict]:
        yield from (self._row(one) for one in self.whole)

    def _row(self, total: Total) -> dict:
        cells = []
        for name in self.precisions:
            cell = total.by_precision.get(name)
            if cell is None:
                cells.append(("", ""))
            elif name == UNDEFINED:
                words = _("%(n)s sans montant") % {"n": cell.n_lines}
                cells.append((words, self.narrowed(total, exactitude=name)))
            else:
                cells.append((money(cell.cents), self.narrowed(total, exactitude=name)))
        for name in self.roads:
            cell = total.road.get(name)
            if cell is None:
                cells.append(("", ""))
                continue
            unknown = total.n_lines - cell.n_lines
            words = money(cell.cents)
            if unknown:
                words = _("%(eur)s (%(n)s inconnus)") % {"eur": words, "n": unknown}
            cells.append((words, self.narrowed(total, etape=name)))
        cells.append((str(total.n_lines), self.narrowed(total)))
        name = _("Total") if total.key is None else self.label(self.cut.name, str(total.key))
        return {
            "name": name,
            "scope": self.scope_words(total.scope),
            "cells": [
                {"title": title, "text": text, "query": query}
                for title, (text, query) in zip(self.columns[2:], cells, strict=True)
            ],
        }

    @property
    def chips(self) -> list[dict]:
        return [
            {
                "text": f"{BY_NAME[name].title}{_(' : ')}{self.label(name, text)}",
                "url": f"?{self.query(**{name: ''})}",
            }
            for name, text in self.wanted.items()
        ] + (
            [
                {
                    "text": _("Montant connu\u00a0: %(what)s") % {"what": road_words(self.step)},
                    "url": f"?{self.query(etape='')}",
                }
            ]
            if self.step
            else []
        )

    def told(self, lines: Iterable[Line]) -> list[dict]:
        """Lines in words, as the list shows them."""
        return [
            {
                "line": one,
                "action": self.label("action", one.keys["action"]),
                "funder": self.label("financeur", one.keys["financeur"]),
                "year": "" if one.keys["annee"] == NONE else one.keys["annee"],
                "amount": amount_words(one.plain),
                "scope": " · ".join(
                    text for text in (self.scope_words(one.plain.scope), one.scope_text) if text
                ),
                "details": " · ".join(
                    self.label(name, one.keys[name])
                    for name in ("dispositif", "nature", "lieu")
                    if one.keys[name] != NONE
                ),
                "road": " · ".join(
                    f"{road_words(name)}{_(' : ')}{money(value)}"
                    for name, value in zip(ROAD, one.plain.road, strict=True)
                    if value is not None
                ),
            }
            for one in lines
        ]


def amount_words(line: PlanLine) -> str:
    eur = None if line.cents is None else str(Decimal(line.cents) / 100)
    return wording.amount_of({"amount_eur": eur, "precision": line.precision})


# --- files


def known_words(name: str) -> str:
    return _("%(what)s\u00a0: lignes connues") % {"what": road_words(name)}


def totals_sheet(found: FinancingPlan) -> Sheet:
    amounts = [one for one in found.precisions if one != UNDEFINED]
    columns = [
        Column(str(found.cut.title), 40, wrap=True),
        Column(_("Périmètre"), 36, wrap=True),
        *(Column(found.precision_title(one), 18, "#,##0.00") for one in amounts),
        Column(_("Lignes à définir"), 12, "0"),
        *(Column(road_words(one), 18, "#,##0.00") for one in found.roads),
        *(Column(known_words(one), 12, "0") for one in found.roads),
        Column(_("Lignes"), 10, "0"),
    ]

    def row(total: Total) -> list:
        name = _("Total") if total.key is None else found.label(found.cut.name, str(total.key))
        held, road = total.by_precision, total.road
        undefined = held.get(UNDEFINED)
        return [
            name,
            found.scope_words(total.scope),
            *(held[one].cents / 100 if one in held else None for one in amounts),
            undefined.n_lines if undefined else 0,
            *(road[one].cents / 100 if one in road else None for one in found.roads),
            *(road[one].n_lines if one in road else 0 for one in found.roads),
            total.n_lines,
        ]

    return Sheet(_("Totaux"), columns, [row(one) for one in (*found.totals, *found.whole)])


def lines_sheet(found: FinancingPlan) -> Sheet:
    columns = [
        *(Column(str(one.title), 26, wrap=True) for one in DIMENSIONS),
        Column(_("Montant prévu (€)"), 16, "#,##0.00"),
        *(Column(f"{road_words(one)} (€)", 16, "#,##0.00") for one in ROAD),
        Column(_("ETP mis à disposition"), 12, "0.00"),
        Column(_("Périmètre, en mots"), 30, wrap=True),
        Column(_("Source"), 36, wrap=True),
        Column(_("Adresse de la source"), 36),
    ]
    rows = [
        [
            *(found.label(dimension.name, one.keys[dimension.name]) for dimension in DIMENSIONS),
            None if one.plain.cents is None else one.plain.cents / 100,
            *(None if value is None else value / 100 for value in one.plain.road),
            None if one.fte is None else float(one.fte),
            one.scope_text,
            one.source_title,
            one.source_url,
        ]
        for one in found.found
    ]
    return Sheet(_("Lignes"), columns, rows)


def to_csv(found: FinancingPlan, _title: str) -> bytes:
    return write_csv(lines_sheet(found), decimal_mark="." if get_language() == "en" else ",")


def to_xlsx(found: FinancingPlan, title: str) -> bytes:
    readme = [
        (_("Totaux"), _("Un total ne réunit que des montants de même périmètre et de même exactitude.")),
        (_("Case vide"), _("Un montant que personne n’a donné\u202f; ce n’est pas zéro.")),
        *((str(one["text"]), _("Filtre de cet export.")) for one in found.chips),
    ]
    return write_xlsx(
        Workbook(
            title,
            title,
            "Ansanm",
            timezone.localdate(),
            _("Lisez-moi"),
            readme,
            [totals_sheet(found), lines_sheet(found)],
        )
    )


def to_pdf(found: FinancingPlan, title: str) -> bytes:
    from ansanm.ui.documents import pdf  # a second of imports that pages do not need

    return pdf.write(
        Document(
            title=title,
            subtitle=listed_apart(str(one["text"]) for one in found.chips),
            language="en" if get_language() == "en" else "fr",
            author="Ansanm",
            produced_on=timezone.localdate(),
            foot=title,
            page_label=_("Page {n} sur {total}"),
            blocks=list(blocks(found)),
        )
    )


MOST_LINES_PRINTED = 400


def blocks(found: FinancingPlan) -> Iterator[Block]:
    yield Paragraph(str(RULE))
    rows = [*found.rows(), *found.whole_rows()]
    yield Table(
        str(found.cut.title),
        found.columns,
        [[one["name"], one["scope"], *(cell["text"] or "–" for cell in one["cells"])] for one in rows],
        numeric=frozenset(range(2, len(found.columns))),
        is_dense=len(rows) > 12 or len(found.columns) > 6,
    )
    yield Heading(1, _("Lignes"))
    if len(found.found) > MOST_LINES_PRINTED:
        yield Paragraph(
            _("Les %(n)s premières sur %(all)s\u202f; le tableur les a toutes.")
            % {"n": MOST_LINES_PRINTED, "all": len(found.found)},
            kind="warning",
            mark=_("Attention"),
        )
    yield Table(
        _("Lignes du plan de financement"),
        [_("Action"), _("Financeur"), _("Année"), _("Montant prévu"), _("Périmètre"), _("Détails")],
        [
            [
                one["action"],
                one["funder"],
                one["year"] or "–",
                one["amount"],
                one["scope"] or "–",
                " · ".join(text for text in (one["details"], one["road"]) if text) or "–",
            ]
            for one in found.told(found.found[:MOST_LINES_PRINTED])
        ],
        numeric=frozenset({3}),
        is_dense=True,
    )


RULE = gettext_lazy(
    "Un total ne réunit que des montants de même périmètre (droit commun, taxes, argent ou temps de travail) "
    "et de même exactitude. Une ligne sans montant est comptée à part, jamais comme zéro."
)
FORMATS = {"csv": to_csv, "xlsx": to_xlsx, "pdf": to_pdf}
