"""The two circuits as a page, a sheet and a document show them: the same tables and charts for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.engines.funding import circuit
from ansanm.engines.funding.circuit import CAF, Change, Comparison, Creche, Device, Flow, Kind, Party
from ansanm.engines.funding.parameters import national
from ansanm.funding import words
from ansanm.ui import charts
from ansanm.ui.documents.blocks import Block, Document, Heading, Paragraph, Picture, Table
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.formats import format_number, format_period, labelled

MAX_BARS = 45  # beyond, no chart is read: the table is there


def device_words(device: Device) -> str:
    return {
        Device.PSU: _("PSU"),
        Device.PSEJ: _("Psej (ancien contrat enfance jeunesse)"),
        Device.BONUS: _("Bonus territoire"),
        Device.SUBSIDY: _("Subvention de la collectivité"),
        Device.FAMILIES: _("Participations des familles"),
        Device.EXPENSES: _("Salaires et charges"),
    }[device]


def party_words(party: Party) -> str:
    return (
        party.name
        or {
            Kind.CAF: _("Caf"),
            Kind.FAMILIES: _("Familles"),
            Kind.SUPPLIERS: _("Salariés et fournisseurs"),
        }[party.kind]
    )


def eur(cents: int, *, sign: bool = False) -> str:
    return format_number(Decimal(cents) / 100, "eur", 0 if cents % 100 == 0 else 2, sign=sign)


def exact(cents: int) -> float:
    return cents / 100


@dataclass(frozen=True)
class Grid:
    """A table by key: what it is of, its columns, its rows as people read them and as numbers."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    numbers: list[list[str | float | None]]

    @property
    def numeric(self) -> frozenset[int]:
        """The columns of numbers: set to the right, never cut."""
        columns = zip(*self.numbers, strict=True)
        return frozenset(
            n for n, cells in enumerate(columns) if not any(isinstance(one, str) for one in cells)
        )

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """Each cell with its column, for when the table stacks on a phone."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class City:
    name: str
    cost: Change
    is_whole: bool
    words: str

    @property
    def before(self) -> str:
        return eur(self.cost.before)

    @property
    def after(self) -> str:
        return eur(self.cost.after)


class Shown:
    """A comparison, in words, tables and charts."""

    def __init__(self, comparison: Comparison, *, party: str = "", is_fictitious: bool = False):
        self.comparison, self.is_fictitious = comparison, is_fictitious
        self.months = circuit.months_of(comparison)
        self.parties = {party_key(one): one for one in self.runners_and_cities()}
        self.party = self.parties.get(party) or next(iter(self.parties.values()), None)

    def runners_and_cities(self) -> list[Party]:
        creches = self.comparison.creches
        cities = {Party(Kind.CITY, one.city): None for one in creches}
        return [*cities, *{one.runner: None for one in creches if not one.is_municipal}]

    @cached_property
    def cities(self) -> list[City]:
        found = []
        for name in {one.city: None for one in self.comparison.creches}:
            cost = circuit.net_cost(self.comparison, name)
            if not cost.difference:
                told = _("Le circuit court ne change rien à ce que paie %(city)s.")
            elif cost.difference > 0:
                told = _("Avec le circuit court, %(city)s paie %(eur)s de plus.")
            else:
                told = _("Avec le circuit court, %(city)s paie %(eur)s de moins.")
            found.append(
                City(
                    name,
                    cost,
                    circuit.is_whole(self.comparison, name),
                    told % {"city": name, "eur": eur(abs(cost.difference))},
                )
            )
        return found

    @cached_property
    def caf(self) -> Change:
        return Change(
            -circuit.balance(self.comparison.before, CAF), -circuit.balance(self.comparison.after, CAF)
        )

    @property
    def caf_words(self) -> str:
        return _("La Caf paie %(before)s avant et %(after)s après.") % {
            "before": eur(self.caf.before),
            "after": eur(self.caf.after),
        }

    @cached_property
    def by_line(self) -> Grid:
        """Who pays whom, for what: operators together, a city apart."""

        def place(party: Party) -> str:
            return _("Gestionnaires") if party.kind == Kind.OPERATOR else party_words(party)

        found = circuit.changes(
            self.comparison, lambda one: (place(one.payer), place(one.payee), device_words(one.device))
        )
        return grid(_("Qui paie qui, pour quoi"), [_("De"), _("À"), _("Dispositif")], list(found.items()))

    @cached_property
    def by_year(self) -> Grid:
        found = circuit.changes(self.comparison, lambda one: (str(one.year), device_words(one.device)))
        return grid(_("Par année de droit"), [_("Année"), _("Dispositif")], sorted(found.items()))

    @cached_property
    def by_creche(self) -> Grid:
        """What each crèche receives of the Caf's bonus and of its city, and what that changes for it."""
        rows, numbers = [], []
        for one in self.comparison.creches:
            after = None if one.is_municipal else circuit.subsidy_after(one).eur
            before = None if one.is_municipal else one.subsidy_eur
            change = circuit.explained(one).eur
            row = [one.name, one.operator, str(one.year)]
            values = [one.psej_eur, before, one.bonus_eur, after]
            rows.append([*row, *(shown(value) for value in values), eur(int(change * 100), sign=True)])
            numbers.append(
                [*row[:2], one.year, *(None if value is None else float(value) for value in values)]
                + [float(change)]
            )
        return Grid(
            _("Par crèche"),
            [
                _("Crèche"),
                _("Gestionnaire"),
                _("Année"),
                _("Psej reçu par la collectivité, avant"),
                _("Subvention reçue, avant"),
                _("Bonus territoire reçu, après"),
                _("Subvention reçue, après"),
                _("Écart pour le gestionnaire"),
            ],
            rows,
            numbers,
        )

    @cached_property
    def reasons(self) -> list[dict]:
        """The reasoning of each crèche, line by line."""
        return [
            {
                "name": one.name,
                "year": one.year,
                "lines": words.described(circuit.explained(one), national().by_id),
                "missing": [missing_words(name) for name in circuit.missing_of(one)],
            }
            for one in self.comparison.creches
        ]

    @cached_property
    def hypotheses(self) -> list[str]:
        found = []
        helped = [one for one in self.comparison.creches if not one.is_municipal]
        if any(one.subsidy_after_eur is None for one in helped):
            found.append(words.note("city_keeps_its_effort"))
        if any(one.subsidy_after_eur is None and one.psej_eur > one.subsidy_eur for one in helped):
            found.append(words.note("psej_above_subsidy"))
        if any(circuit.missing_of(one) for one in self.comparison.creches):
            found.append(
                _(
                    "PSU, participations des familles ou charges ne sont pas toutes données\u00a0: ce qui "
                    "manque est le même dans les deux circuits et ne change pas les écarts. Le gestionnaire "
                    "les détient."
                )
            )
        return found

    def positions(self, party: Party) -> tuple[list[int], list[int]]:
        return (
            circuit.positions(self.comparison.before, party, self.months),
            circuit.positions(self.comparison.after, party, self.months),
        )

    @cached_property
    def cash(self) -> charts.Chart | None:
        """The cash of the chosen party, month by month, in the two circuits."""
        if self.party is None:
            return None
        before, after = self.positions(self.party)
        low = min(after, default=0)
        name = party_words(self.party)
        reading = (
            _("Au plus bas, il manque %(eur)s avec le circuit court, en %(month)s.")
            % {"eur": eur(-low), "month": format_period(self.months[after.index(low)])}
            if low < 0
            else _("Avec le circuit court, rien ne manque en cours d’année.")
        )

        def points(values: list[int]) -> list[charts.Point]:
            return [
                charts.Point(month, value / 100) for month, value in zip(self.months, values, strict=True)
            ]

        return charts.line(
            [
                charts.Line(_("circuit court"), points(after), own=True),
                charts.Line(_("par la collectivité"), points(before)),
            ],
            title=_("Trésorerie cumulée de %(party)s, fin de mois") % {"party": name},
            unit="eur",
            decimals=0,
            reading=reading,
            note=_("Ce qui entre moins ce qui sort, parmi les montants donnés, en partant de zéro."),
        )

    @cached_property
    def bars(self) -> charts.Chart | None:
        creches = self.comparison.creches
        if not creches or len(creches) > MAX_BARS:
            return None
        several = len({one.year for one in creches}) > 1
        rows = [
            charts.Bar(
                labelled(one.name, str(one.year)) if several else one.name, float(circuit.explained(one).eur)
            )
            for one in creches
        ]
        n_more = sum(row.value > 0 for row in rows)
        n_less = sum(row.value < 0 for row in rows)
        return charts.bars(
            rows,
            title=_("Ce que le circuit court change pour qui gère chaque crèche, par an"),
            unit="eur",
            decimals=0,
            reading=_("%(more)s reçoivent plus, %(less)s moins, %(same)s autant.")
            % {"more": n_more, "less": n_less, "same": len(rows) - n_more - n_less},
            name_of_rows=_("Crèche"),
            name_of_values=_("Écart"),
        )


def party_key(party: Party) -> str:
    return f"{party.kind}:{party.name}"


def missing_words(name: str) -> str:
    return {
        "psu_eur": device_words(Device.PSU),
        "families_eur": device_words(Device.FAMILIES),
        "expenses_eur": device_words(Device.EXPENSES),
    }[name]


def shown(value: Decimal | None) -> str:
    return "–" if value is None else eur(int(value * 100))


def grid(title: str, names: list[str], found: Sequence[tuple[tuple[str, ...], Change]]) -> Grid:
    return Grid(
        title,
        [*names, _("Par la collectivité"), _("Circuit court"), _("Écart")],
        [[*key, eur(one.before), eur(one.after), eur(one.difference, sign=True)] for key, one in found],
        [[*key, exact(one.before), exact(one.after), exact(one.difference)] for key, one in found],
    )


# --- files


def flows_sheet(shown_: Shown) -> Sheet:
    """Every payment of both circuits: one row each."""
    money = "#,##0.00"
    columns = [
        Column(_("Circuit"), 20),
        Column(_("Crèche"), 34),
        Column(_("Année de droit"), 12, "0"),
        Column(_("De"), 26),
        Column(_("À"), 26),
        Column(_("Dispositif"), 34),
        Column(_("Mois"), 10),
        Column(_("Montant (€)"), 14, money),
    ]

    def rows(name: str, flows: Iterable[Flow]) -> list[list]:
        return [
            [
                name,
                one.creche,
                one.year,
                party_words(one.payer),
                party_words(one.payee),
                device_words(one.device),
                one.month,
                exact(one.cents),
            ]
            for one in flows
        ]

    return Sheet(
        _("Paiements"),
        columns,
        rows(_("par la collectivité"), shown_.comparison.before)
        + rows(_("circuit court"), shown_.comparison.after),
    )


def grid_sheet(one: Grid) -> Sheet:
    columns = [
        Column(
            title,
            18 if place in one.numeric else 30,
            "#,##0.00" if place in one.numeric else "",
            wrap=True,
        )
        for place, title in enumerate(one.columns)
    ]
    year = next((n for n, title in enumerate(one.columns) if title == _("Année")), None)
    formats = {(row, year): "0" for row in range(len(one.numbers))} if year is not None else None
    return Sheet(one.title, columns, one.numbers, formats=formats)


def cash_sheet(shown_: Shown) -> Sheet:
    rows = []
    for party in shown_.parties.values():
        before, after = shown_.positions(party)
        rows += [
            [party_words(party), month, exact(old), exact(new)]
            for month, old, new in zip(shown_.months, before, after, strict=True)
        ]
    money = "#,##0.00"
    return Sheet(
        _("Trésorerie"),
        [
            Column(_("Qui"), 34),
            Column(_("Mois"), 10),
            Column(_("Par la collectivité (€)"), 20, money),
            Column(_("Circuit court (€)"), 20, money),
        ],
        rows,
    )


def to_csv(shown_: Shown, _title: str, _inputs: Sheet | None) -> bytes:
    return write_csv(flows_sheet(shown_), decimal_mark="." if get_language() == "en" else ",")


def to_xlsx(shown_: Shown, title: str, inputs: Sheet | None) -> bytes:
    readme = [
        (
            _("Paiements"),
            _("Une ligne par paiement\u202f: ce que l’un verse, l’autre le reçoit, au centime."),
        ),
        (_("Trésorerie"), _("Ce qui reste à la fin de chaque mois, en partant de zéro.")),
        *((_("Hypothèse"), text) for text in shown_.hypotheses),
    ]
    if shown_.is_fictitious:
        readme.insert(0, (_("Fictif"), fictitious_words()))
    grids = (shown_.by_line, shown_.by_creche, shown_.by_year)
    sheets = [*(grid_sheet(one) for one in grids), cash_sheet(shown_), flows_sheet(shown_)]
    return write_xlsx(
        Workbook(
            title,
            title,
            "Ansanm",
            timezone.localdate(),
            _("Lisez-moi"),
            readme,
            [*sheets, inputs] if inputs else sheets,
        )
    )


def to_pdf(shown_: Shown, title: str, _inputs: Sheet | None) -> bytes:
    from ansanm.ui.documents import pdf  # a second of imports that pages do not need

    return pdf.write(
        Document(
            title=title,
            subtitle=fictitious_words() if shown_.is_fictitious else "",
            language="en" if get_language() == "en" else "fr",
            author="Ansanm",
            produced_on=timezone.localdate(),
            foot=labelled(_("Circuit court"), fictitious_words()) if shown_.is_fictitious else title,
            page_label=_("Page {n} sur {total}"),
            blocks=list(blocks(shown_)),
        )
    )


def blocks(shown_: Shown) -> Iterable[Block]:
    if shown_.is_fictitious:
        yield Paragraph(fictitious_words(), kind="warning", mark=_("Fictif"))
    for city in shown_.cities:
        yield Paragraph(city.words, kind="lead")
    for text in shown_.hypotheses:
        yield Paragraph(text, kind="warning", mark=_("Hypothèse"))
    for one in (shown_.by_line, shown_.by_year, shown_.by_creche):
        yield Heading(1, one.title)
        yield Table(
            one.title,
            one.columns,
            one.rows,
            numeric=one.numeric,
            is_dense=len(one.rows) > 12,
        )
    for chart in (shown_.bars, shown_.cash):
        if chart:
            yield Picture(chart.title, chart.reading, chart.svg)
            yield Table(chart.title, list(chart.columns), [list(row) for row in chart.rows], is_dense=True)


FORMATS = {"csv": to_csv, "xlsx": to_xlsx, "pdf": to_pdf}


def fictitious_words() -> str:
    return _("Tous les montants, les noms et les places par crèche sont fictifs.")


# --- the demonstration

# Real: counted in Saint-Denis in June 2023. Everything else in the example is made up.
SAINT_DENIS = {"eaje": 81, "municipal": 6, "private": 27, "micro": 48, "places": 1895}
EXAMPLE_YEAR = 2025


def example() -> list[Creche]:
    """Return six municipal and twenty-seven private crèches with invented amounts, always the same."""
    city = _("Ville (exemple)")
    found = []
    for n in range(SAINT_DENIS["municipal"] + SAINT_DENIS["private"]):
        is_own = n < SAINT_DENIS["municipal"]
        number = n + 1 if is_own else n + 1 - SAINT_DENIS["municipal"]
        places = 20 + (n * 7) % 41
        kind = _("Crèche municipale fictive %(n)s") if is_own else _("Crèche privée fictive %(n)s")
        name = kind % {"n": number}
        psej = places * (900 + (n * 350) % 2200)
        found.append(
            Creche(
                name,
                city if is_own else _("Gestionnaire fictif %(n)s") % {"n": number},
                city,
                EXAMPLE_YEAR,
                places,
                Decimal(psej),
                Decimal(0) if is_own else Decimal(psej + places * (1200 + (n * 130) % 900)),
                psu_eur=Decimal(places * 5600),
                families_eur=Decimal(places * (1700 + (n * 90) % 900)),
                expenses_eur=Decimal(places * (15200 + (n * 170) % 1900)),
            )
        )
    # Invented too: what the territory inherits, shared by place.
    total, places = sum(one.psej_eur for one in found), sum(one.places for one in found)
    per_place = (total / places).quantize(Decimal("0.01"))
    return [Creche(**{**vars(one), "bonus_eur": per_place * one.places}) for one in found]


def example_title() -> str:
    return _("Circuit court\u00a0: un exemple fictif")
