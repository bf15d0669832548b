"""The bonus of the territory of a convention, from its equipment and what was typed about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ansanm.conventions.finance import sheets
from ansanm.conventions.finance.circuits import number
from ansanm.conventions.finance.sheet_forms import EquipmentForm, field_words, main_city
from ansanm.conventions.models import Convention, Equipment, FundingSheet
from ansanm.engines.funding import territory
from ansanm.engines.funding.errors import FundingError
from ansanm.engines.funding.parameters import Parameters, assumed
from ansanm.engines.funding.territory import Due, Field, Part, Unknown
from ansanm.funding import words
from ansanm.funding.circuit import Grid, grid_sheet
from ansanm.ui import charts
from ansanm.ui.documents.blocks import Block, Document, Heading, Paragraph, Picture, Table
from ansanm.ui.documents.sheets import Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.formats import format_number, listed_apart

SPEC = sheets.Spec(
    FundingSheet.Kind.TERRITORY,
    gettext_lazy("Bonus territoire"),
    {
        "name": gettext_lazy("Équipement"),
        "field": gettext_lazy("Nature et unité"),
        "territory": gettext_lazy("Collectivité compétente"),
        "units": gettext_lazy("Unités existantes"),
        "inherited_eur": gettext_lazy("Montant hérité par an (€)"),
        "new_units": gettext_lazy("Unités nouvelles"),
        "opens": gettext_lazy("Ouverture des unités nouvelles"),
        "closes": gettext_lazy("Fermeture"),
        "priority": gettext_lazy("En QPV ou en zone FRR (ex-ZRR)"),
        "first_band": gettext_lazy("Tranche 1, selon la Caf"),
    },
    required=("name", "field", "territory", "units"),
    identity=("name",),
    form=EquipmentForm,
    starting={"first_year": None, "last_year": None, "is_fictitious": False, "values": {}},
)
FIELD_OF = {
    Equipment.Kind.CRECHE: Field.EAJE,
    Equipment.Kind.MICRO_CRECHE: Field.EAJE,
    Equipment.Kind.FAMILY_CRECHE: Field.EAJE,
    Equipment.Kind.PARENTAL_CRECHE: Field.EAJE,
    Equipment.Kind.ALSH: Field.ALSH,
    Equipment.Kind.LAEP: Field.LAEP,
    Equipment.Kind.RPE: Field.RPE,
    Equipment.Kind.LUDOTHEQUE: Field.LUDOTHEQUE,
    Equipment.Kind.COOPERATION: Field.COOPERATION,
}


def years_of(convention: Convention) -> tuple[int, int]:
    """Return the first and last year asked for: from this one, or the convention's start, to its end."""
    today = timezone.localdate().year
    ends = convention.extended_to or convention.ends_on
    starts = convention.starts_on or convention.signed_on
    last = int(ends[:4]) if ends else today
    first = max(2020, min(int(starts[:4]) if starts else last, last))
    return max(first, last - 9), last


def equipment_of(texts: dict[str, str]) -> territory.Equipment:
    def month(text: str) -> tuple[int, int] | None:
        return (int(text[:4]), int(text[5:7])) if text else None

    return territory.Equipment(
        texts["name"],
        Field(texts["field"]),
        texts["territory"],
        number(texts["units"]) or Decimal(0),
        number(texts["inherited_eur"]),
        number(texts["new_units"]) or Decimal(0),
        month(texts["opens"]),
        month(texts["closes"]),
        {"yes": True, "no": False, "": None}[texts["priority"]],
        texts["first_band"] == "yes",
    )


@dataclass(frozen=True)
class Asked:
    """A value that some line needs and nobody gave."""

    title: str
    publisher: str
    parameter: str


class TerritoryBonus:
    def __init__(self, sheet: FundingSheet, parameters: Parameters):
        self.sheet = sheet
        self.settings = sheet.content["settings"]
        first, last = years_of(sheet.convention)
        self.first_year = self.settings["first_year"] or first
        self.last_year = self.settings["last_year"] or last
        self.years = range(self.first_year, self.last_year + 1)
        self.is_fictitious = self.settings["is_fictitious"]
        # For each year: a value typed for the simulation holds whatever the file says after it.
        self.parameters = parameters.entered(
            {
                name: [assumed(Decimal(text), since=date(year, 1, 1)) for year in self.years]
                for name, text in self.settings["values"].items()
            }
        )

    @cached_property
    def rows(self) -> list[dict]:
        fields = dict(field_words())
        return [{**one, "field_words": fields[one["field"]]} for one in self.sheet.content["rows"]]

    @cached_property
    def lines(self) -> list[Due]:
        return territory.bonus(
            [equipment_of(one) for one in self.sheet.content["rows"]], self.years, self.parameters
        )

    @cached_property
    def asked(self) -> list[Asked]:
        return [
            Asked(
                words.in_language(one.parameter.title),
                words.in_language(one.publisher) if one.publisher else "",
                one.parameter.id,
            )
            for one in territory.needed(self.lines).values()
        ]

    @cached_property
    def uninherited(self) -> list[str]:
        """The equipment whose inherited amount nobody gave."""
        return list(
            dict.fromkeys(
                name for one in self.lines if isinstance(one.why, Unknown) for name in one.why.names
            )
        )

    @property
    def n_unknown(self) -> int:
        return sum(one.amount is None for one in self.lines)

    @cached_property
    def by_year(self) -> Grid:
        rows, numbers = [], []
        for year in self.years:
            mine = [one for one in self.lines if one.year == year]
            parts = [territory.total(one for one in mine if one.part == part) for part in Part]
            known, n_unknown = territory.total(mine)
            rows.append(
                [
                    str(year),
                    *(total_words(*one) for one in parts),
                    total_words(known, n_unknown),
                    str(n_unknown),
                ]
            )
            numbers.append([str(year), *(float(one[0]) for one in parts), float(known), n_unknown])
        columns = [
            _("Année"), _("Offre existante"), _("Offre nouvelle"), _("Total connu"), _("Lignes inconnues")
        ]  # fmt: skip
        return Grid(_("Par année"), columns, rows, numbers)

    @cached_property
    def per_unit(self) -> Grid:
        """The amount of a unit after smoothing, with the effect of the floor."""
        rows, numbers = [], []
        fields = dict(field_words())
        for key in dict.fromkeys(
            (one.territory, one.field, one.year) for one in self.lines if one.part == Part.EXISTING
        ):
            place, field, year = key
            mine = [
                one
                for one in self.lines
                if (one.territory, one.field, one.year) == key and one.part == Part.EXISTING
            ]
            amount = mine[0].amount
            row = [place, str(fields[field]), str(year)]
            if amount is None:
                rows.append([*row, "–", "–", why_words(mine[0].why)])
                numbers.append([*row, None, None, why_words(mine[0].why)])
                continue
            smoothed, kept = amount.line("smoothed").result, amount.line("per_unit").result
            effect = _("relevé au plancher") if kept > smoothed else _("aucun")
            rows.append([*row, money(smoothed), money(kept), effect])
            numbers.append([*row, float(smoothed), float(kept), effect])
        columns = [
            _("Collectivité"), _("Nature et unité"), _("Année"), _("Lissé par unité"), _("Payé par unité"),
            _("Effet du plancher"),
        ]  # fmt: skip
        return Grid(_("Montant par unité, offre existante"), columns, rows, numbers)

    @cached_property
    def by_equipment(self) -> Grid:
        rows, numbers = [], []
        parts = {Part.EXISTING: _("existante"), Part.NEW: _("nouvelle")}
        fields = dict(field_words())
        for one in self.lines:
            row = [one.equipment, str(fields[one.field]), str(one.year), parts[one.part]]
            units = format_number(one.units, decimals=0 if one.units == int(one.units) else 2)
            rows.append([*row, units, money(one.amount.eur) if one.amount else "–", why_words(one.why)])
            numbers.append(
                [
                    *row,
                    float(one.units),
                    float(one.amount.eur) if one.amount else None,
                    why_words(one.why),
                ]
            )
        columns = [
            _("Équipement"), _("Nature et unité"), _("Année"), _("Offre"), _("Unités"), _("Bonus de l’année"),
            _("Ce qui manque"),
        ]  # fmt: skip
        return Grid(_("Par équipement et par année"), columns, rows, numbers)

    @cached_property
    def chart(self) -> charts.Chart | None:
        totals = [
            (year, territory.total(one for one in self.lines if one.year == year)) for year in self.years
        ]
        if not any(known for _year, (known, _n) in totals):
            return None
        return charts.bars(
            [
                charts.Bar(str(year), float(known) if known or not n else None, absence=_("donnée absente"))
                for year, (known, n) in totals
            ],
            title=_("Bonus territoire, par année"),
            unit="eur",
            decimals=0,
            reading=_("Ce qui est connu\u202f; %(n)s lignes manquent sur %(total)s.")
            % {"n": self.n_unknown, "total": len(self.lines)}
            if self.n_unknown
            else "",
            name_of_rows=_("Année"),
            name_of_values=_("Bonus"),
        )

    @cached_property
    def reasons(self) -> list[dict]:
        """The reasoning of each amount, line by line, and whether it is sure."""
        return [
            {
                "name": one.equipment,
                "year": one.year,
                "status_words": words.status(one.amount.status),
                "status_kind": words.STATUS_KINDS[one.amount.status],
                "lines": words.described(one.amount, self.parameters.by_id),
            }
            for one in self.lines
            if one.amount
        ]

    @property
    def grids(self) -> tuple[Grid, ...]:
        return (self.by_year, self.per_unit, self.by_equipment)


def money(value: Decimal) -> str:
    return format_number(value, "eur", 0 if value == int(value) else 2)


def total_words(known: Decimal, n_unknown: int) -> str:
    """Return the sum, never as if it were whole where something is missing."""
    if not n_unknown:
        return money(known)
    return _("au moins %(eur)s") % {"eur": money(known)} if known else "–"


def why_words(why: FundingError | None) -> str:
    if why is None:
        return ""
    if isinstance(why, Unknown):
        return _("montant hérité de %(names)s\u00a0: à demander à la Caf") % {
            "names": listed_apart(why.names)
        }
    return words.refusal(why)


def from_equipment(convention: Convention) -> list[dict[str, str]]:
    """Return a row for each service of the convention that the bonus may support, without amounts."""
    city = main_city(convention)
    rows = []
    for one in convention.equipment.standing().filter(kind__in=FIELD_OF).select_related(
        "supported_by__organisation"
    ):  # fmt: skip
        areas = (one.in_qpv, one.in_frr)
        priority = "yes" if True in areas else "" if None in areas else "no"
        rows.append(
            dict.fromkeys(SPEC.columns, "")
            | {
                "name": one.name,
                "field": str(FIELD_OF[one.kind]),
                "territory": one.supported_by.organisation.name if one.supported_by else city,
                "units": plain(one.n_units_existing) or "0",
                "new_units": plain(one.n_units_new),
                "opens": one.opens_on[:7] if len(one.opens_on) >= 7 else "",
                "closes": one.closes_on[:7] if len(one.closes_on) >= 7 else "",
                "priority": priority,
            }
        )
    return rows


def plain(value: Decimal | None) -> str:
    return "" if value is None else format(value.normalize(), "f")


# --- files


def fictitious_words() -> str:
    return _("Les montants de cette simulation sont fictifs.")


def to_csv(found: TerritoryBonus, _title: str, _inputs: Sheet) -> bytes:
    return write_csv(grid_sheet(found.by_equipment), decimal_mark="." if get_language() == "en" else ",")


def to_xlsx(found: TerritoryBonus, title: str, inputs: Sheet) -> bytes:
    readme = [
        (_("Ce qui manque"), _("Une case vide est une valeur inconnue, jamais un zéro.")),
        (_("Données"), _("La dernière feuille se réimporte telle quelle.")),
        *((one.title, _("Publié par %(who)s.") % {"who": one.publisher}) for one in found.asked),
    ]
    if found.is_fictitious:
        readme.insert(0, (_("Fictif"), fictitious_words()))
    return write_xlsx(
        Workbook(
            title,
            title,
            "Ansanm",
            timezone.localdate(),
            _("Lisez-moi"),
            readme,
            [*(grid_sheet(one) for one in found.grids), inputs],
        )
    )


def to_pdf(found: TerritoryBonus, title: str, _inputs: Sheet) -> bytes:
    from ansanm.ui.documents import pdf  # a second of imports that pages do not need

    return pdf.write(
        Document(
            title=title,
            subtitle=fictitious_words() if found.is_fictitious else "",
            language="en" if get_language() == "en" else "fr",
            author="Ansanm",
            produced_on=timezone.localdate(),
            foot=fictitious_words() if found.is_fictitious else title,
            page_label=_("Page {n} sur {total}"),
            blocks=list(blocks(found)),
        )
    )


def blocks(found: TerritoryBonus) -> Iterable[Block]:
    if found.is_fictitious:
        yield Paragraph(fictitious_words(), kind="warning", mark=_("Fictif"))
    for one in found.asked:
        text = _("%(what)s\u00a0: publié par %(who)s.") % {"what": one.title, "who": one.publisher}
        yield Paragraph(text, kind="warning", mark=_("Il manque"))
    if found.uninherited:
        names = _("montant hérité de %(names)s.") % {"names": listed_apart(found.uninherited)}
        yield Paragraph(names, kind="warning", mark=_("Il manque"))
    for grid in found.grids:
        if not grid.rows:
            continue
        yield Heading(1, grid.title)
        yield Table(grid.title, grid.columns, grid.rows, numeric=grid.numeric, is_dense=len(grid.rows) > 12)
    if found.chart:
        yield Picture(found.chart.title, found.chart.reading or found.chart.title, found.chart.svg)


FORMATS = {"csv": to_csv, "xlsx": to_xlsx, "pdf": to_pdf}
