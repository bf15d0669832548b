"""A simulated crèche as a workbook whose formulas are alive: change a cell, the five years follow.

Written cell by cell with the value that we computed, so that a reader that does not compute (a preview, a
phone) shows the same. Each formula is the line of the engine, its roundings included.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.engines.funding import creche
from ansanm.engines.funding.bonuses import Employer
from ansanm.engines.funding.creche import Bonus, Incomes, Project, Simulation, Year
from ansanm.engines.funding.explanation import Amount
from ansanm.engines.funding.parameters import SURENESS
from ansanm.funding import creche_words, words
from ansanm.funding.creche_simulation import Answer
from ansanm.ui.documents.blocks import writable
from ansanm.ui.documents.sheets import HEADER_FILL, HEADER_INK, sheet_name

EUR, PRICE, PERCENT, PLAIN = '#,##0.00 "€"', '#,##0.0000 "€"', "0.00", "#,##0.00"
LETTERS = "BCDEF"  # the five years of a calculation


@dataclass(frozen=True)
class Row:
    """A row of the calculation: what it is, how a year is computed, and what we found."""

    key: str
    label: str
    formula: Callable[[str], str]  # letter of the year's column -> formula; "" is a number typed
    value: Callable[[Year], Decimal]
    format: str = EUR
    is_sum: bool = False


def write(answer: Answer, title: str = "") -> bytes:
    import xlsxwriter  # late: slow to load, and few pages write one

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        named = title or _("Simulation d’une crèche")
        book.set_properties(
            {
                "title": writable(named),
                "author": "Ansanm",
                # The day alone: the same data give the same file on the same day.
                "created": datetime.combine(timezone.localdate(), time()),
            }
        )
        _Book(book, answer, named).write()
    return target.getvalue()


class _Book:
    def __init__(self, book, answer: Answer, title: str):
        self.book, self.answer, self.title = book, answer, title
        self.formats: dict[tuple, object] = {}
        self.simulations: list[Simulation] = [one for one in (answer.before, answer.simulation) if one]
        names = [_("Aujourd’hui"), _("Après")] if answer.is_change else [_("Calcul")]
        self.names = [sheet_name(one) for one in names]
        self.assumptions, self.scales = sheet_name(_("Hypothèses")), sheet_name(_("Barèmes"))
        self.families = sheet_name(_("Familles"))
        self.given = _given(self.simulations)
        self.read = sorted(
            {name for one in self.simulations for year in creche.years_of(one.project)
             for name, _day in creche.reads(one.project, year)}
        )  # fmt: skip

    def format(self, **properties):
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]

    def header(self, page, row: int, cells: list[str]) -> None:
        look = self.format(bold=True, font_color=HEADER_INK, bg_color=HEADER_FILL, text_wrap=True)
        for index, cell in enumerate(cells):
            page.write_string(row, index, writable(cell), look)

    def write(self) -> None:
        self._readme()
        # The results first for who opens the file, in the order a calculation is read.
        pages = [self.book.add_worksheet(name) for name in self.names]
        self._write_assumptions(self.book.add_worksheet(self.assumptions))
        self._write_scales(self.book.add_worksheet(self.scales))
        if isinstance(self.simulations[0].project.families, Incomes):
            self._write_families(self.book.add_worksheet(self.families))
        for number, (page, simulation) in enumerate(zip(pages, self.simulations, strict=True)):
            self._write_calculation(page, simulation, "BC"[number])

    def _readme(self) -> None:
        page = self.book.add_worksheet(sheet_name(_("Lisez-moi")))
        page.set_column(0, 0, 28)
        page.set_column(1, 1, 100)
        page.write_string(0, 0, writable(self.title), self.format(bold=True, font_size=16))
        lines = [
            (
                _("Calcul"),
                _("Une ligne par montant, une colonne par année\u00a0: des formules, pas des copies."),
            ),
            (_("Hypothèses"), _("Ce que vous avez donné\u00a0: changez une case jaune, tout suit.")),
            (
                _("Barèmes"),
                _("Seul l’état «\u202flu dans une source publiée\u202f» est sûr."),
            ),
            (_("État"), self.answer.status_words),
            (
                _("Limites"),
                _("Une simulation, pas une décision\u00a0: le droit se calcule sur l’activité réelle."),
            ),
        ]
        for line, (what, how) in enumerate(lines, start=2):
            page.write_string(line, 0, writable(what), self.format(bold=True, valign="top"))
            page.write_string(line, 1, writable(how), self.format(text_wrap=True, valign="top"))

    # Assumptions ------------------------------------------------------------------------------------

    def _write_assumptions(self, page) -> None:
        page.set_column(0, 0, 60)
        page.set_column(1, 2, 18)
        page.freeze_panes(1, 1)
        self.header(page, 0, [_("Hypothèse"), *(self.names if self.answer.is_change else [_("Valeur")])])
        typed = self.format(num_format=PLAIN, bg_color="#FFF6D6")
        for line, (_key, label, of) in enumerate(self.given, start=1):
            page.write_string(line, 0, writable(label))
            for column, simulation in enumerate(self.simulations, start=1):
                page.write_number(line, column, float(of(simulation.project)), typed)

    def assumed(self, key: str, letter: str) -> str:
        line = next(n for n, one in enumerate(self.given, start=2) if one[0] == key)
        return f"'{self.assumptions}'!${letter}${line}"

    # Scales -----------------------------------------------------------------------------------------

    def _write_scales(self, page) -> None:
        page.set_column(0, 0, 60)
        page.set_column(1, 5, 12)
        page.set_column(6, 7, 40)
        page.freeze_panes(1, 1)
        years = creche.years_of(self.simulations[0].project)
        self.header(page, 0, [_("Paramètre"), *(str(one) for one in years), _("État"), _("Source")])
        for line, name in enumerate(self.read, start=1):
            parameter = self.answer.table[name]
            page.write_string(line, 0, writable(words.in_language(parameter.title)))
            values = []
            for column, year in enumerate(years, start=1):
                day = self._day(name, year)
                if day is None:
                    continue
                value = self.answer.table.at(name, day)
                values.append(value)
                page.write_number(
                    line, column, float(value.number), self.format(num_format="General", bg_color="#FFF6D6")
                )
            least = max(values, key=lambda one: SURENESS.index(one.status))
            page.write_string(line, 6, writable(words.status_of(least)))
            page.write_string(line, 7, writable(least.source.title if least.source else ""))

    def _day(self, name: str, year: int):
        """The day on which a year reads a parameter, of whichever of the two crèches reads it."""
        return next(
            (
                day
                for one in self.simulations
                for found, day in creche.reads(one.project, year)
                if found == name
            ),
            None,
        )

    def scale(self, name: str, letter: str) -> str:
        return f"'{self.scales}'!{letter}${self.read.index(name) + 2}"

    # Families ---------------------------------------------------------------------------------------

    def _write_families(self, page) -> None:
        """Ten groups and their tariff each year; the mean is the line under them."""
        simulation = self.simulations[-1]
        families = simulation.project.families
        page.set_column(0, 0, 44)
        page.set_column(1, 6, 12)
        years = [one.year for one in simulation.years]
        self.header(
            page,
            0,
            [
                _("Groupe de familles, du plus modeste au plus aisé"),
                *(str(one) for one in years),
                _("Par mois"),
            ],
        )
        number = creche.tariff.line_of("rates_collective", families.children, 0)
        typed = self.format(num_format=EUR, bg_color="#FFF6D6")
        for line, income in enumerate(families.middles(), start=1):
            page.write_number(line, 0, line)
            page.write_number(line, 6, float(income), typed)
            for letter, year in zip(LETTERS, simulation.years, strict=True):
                low, high, rate = (
                    self.scale(name, letter)
                    for name in ("resources.floor", "resources.ceiling", f"rates_collective.line_{number}")
                )
                formula = f"=ROUND(MIN(MAX($G{line + 1},{low}),{high})*{rate}/100,2)"
                value = year.groups[line - 1].hourly.eur
                page.write_formula(
                    line, "ABCDEF".index(letter), formula, self.format(num_format=EUR), float(value)
                )
        last = creche.N_GROUPS + 1
        page.write_string(last, 0, _("Moyenne par heure"), self.format(bold=True))
        for letter, year in zip(LETTERS, simulation.years, strict=True):
            mean = year.participations.line("mean_participation").result
            page.write_formula(
                last, "ABCDEF".index(letter), f"=ROUND(SUM({letter}2:{letter}{last})/{creche.N_GROUPS},4)",
                self.format(num_format=PRICE, bold=True), float(mean),
            )  # fmt: skip

    # Calculation ------------------------------------------------------------------------------------

    def _write_calculation(self, page, simulation: Simulation, given: str) -> None:
        page.set_column(0, 0, 46)
        page.set_column(1, 6, 16)
        page.freeze_panes(1, 1)
        self.header(page, 0, [_("Ligne"), *(str(one.year) for one in simulation.years), _("Cinq ans")])
        rows = self._rows(simulation, given)
        self.lines = {row.key: line for line, row in enumerate(rows, start=2)}
        for line, row in enumerate(rows, start=1):
            look = {"num_format": row.format, "bold": row.is_sum}
            page.write_string(line, 0, writable(row.label), self.format(bold=row.is_sum))
            for letter, year in zip(LETTERS, simulation.years, strict=True):
                column, value = "ABCDEF".index(letter), float(row.value(year))
                formula = row.formula(letter)
                if formula:
                    page.write_formula(line, column, f"={formula}", self.format(**look), value)
                else:
                    page.write_number(line, column, value, self.format(**look, bg_color="#FFF6D6"))
            if row.format == EUR:
                total = float(sum((row.value(one) for one in simulation.years), Decimal(0)))
                page.write_formula(line, 6, f"=SUM(B{line + 1}:F{line + 1})", self.format(**look), total)

    def _rows(self, simulation: Simulation, given: str) -> list[Row]:
        project = simulation.project

        def here(key: str, letter: str) -> str:
            return f"{letter}{self.lines[key]}"

        def of(text: str) -> Callable[[str], str]:
            """Fill « {months} » with a cell of the column, « {h:wages} » and « {p:psu.share} » likewise."""

            def filled(letter: str) -> str:
                found = text
                while "{" in found:
                    before, _mark, rest = found.partition("{")
                    name, _mark, after = rest.partition("}")
                    kind, _colon, inner = name.partition(":")
                    cell = (
                        self.assumed(inner, given) if kind == "h"
                        else self.scale(inner, letter) if kind == "p"
                        else f"'{self.families}'!{letter}{creche.N_GROUPS + 2}" if kind == "families"
                        else here(name, letter)
                    )  # fmt: skip
                    found = f"{before}{cell}{after}"
                return found

            return filled

        index = {letter: n for n, letter in enumerate(LETTERS)}
        named = words.named
        sums = creche_words.sums()
        growth = "ROUND((1+{h:%s}/100)^%d*100,4)"
        rows = [
            Row("months", named("open_months"), lambda _letter: "", lambda y: Decimal(y.months), "0"),
            Row(
                "filling", named("filling"), lambda _letter: "",
                lambda y: project.filling_percent[y.year - project.opens_on.year], PERCENT,
            ),
            *(
                Row(
                    f"{which}_index", label,
                    lambda letter, which=which: of(growth % (f"{which}_growth", index[letter]))(letter),
                    lambda y, percent=percent: creche.price_index(percent, y.year - project.opens_on.year),
                    PERCENT,
                )
                for which, label, percent in (
                    ("wage", _("indice des salaires"), project.wage_growth_percent),
                    ("cost", _("indice des autres dépenses"), project.cost_growth_percent),
                )
            ),
            Row(
                "attended", named("attended_hours"), of("ROUND({h:attended}*{months}/12*{filling}/100,2)"),
                lambda y: y.attended_hours, PLAIN,
            ),
            Row(
                "billed", named("billed_hours"),
                of("MAX(ROUND({h:billed}*{months}/12*{filling}/100,2),{attended})"),
                lambda y: y.billed_hours, PLAIN,
            ),
        ]  # fmt: skip
        costs = [
            ("wages", "wage", False), ("rent", "cost", False), ("meals_cost", "cost", True),
            ("nappies_cost", "cost", True), ("other_costs", "cost", False),
        ]  # fmt: skip
        for key, which, is_filled in costs:
            filled = "*{filling}/100" if is_filled else ""
            text = f"ROUND({{h:{key}}}{filled}*{{{which}_index}}/100*{{months}}/12,2)"
            rows.append(Row(key, named(key), of(text), lambda y, key=key: _line(y.expenses, key)))
        together = "+".join(f"{{{key}}}" for key, _which, _filled in costs)
        mean = "{families:}" if isinstance(project.families, Incomes) else "{h:mean}"
        rows += [
            Row("expenses", sums["expenses"], of(together), lambda y: y.expenses.eur, is_sum=True),
            Row(
                "mean", named("mean_participation"), of(mean),
                lambda y: y.participations.line("mean_participation").result, PRICE,
            ),
            Row(
                "participations", sums["participations"], of("ROUND({mean}*{billed},2)"),
                lambda y: y.participations.eur, is_sum=True,
            ),
            Row(
                "rate", named("billing_rate"), of("{billed}/{attended}*100"),
                lambda y: y.billed_hours / y.attended_hours * 100, PERCENT,
            ),
            Row(
                "ceiling", named("ceiling_price"), of(_ceiling(project)),
                lambda y: y.psu.amount.line("ceiling_price").result, PRICE,
            ),
            Row(
                "cost", named("cost_per_hour"), of("ROUND({expenses}/{billed},4)"),
                lambda y: y.psu.cost_per_hour_eur, PRICE,
            ),
            Row(
                "price", named("price"), of("MIN({cost},{ceiling})"),
                lambda y: y.psu.amount.line("price").result, PRICE,
            ),
            Row(
                "psu", sums["psu"],
                of(
                    "ROUND(MAX(0,{p:psu.share}/100*{price}*{billed}-{participations})"
                    "+{p:psu.share}/100*{price}*ROUND({h:extra}*{months}/12*{filling}/100,2),2)"
                ),
                lambda y: y.psu.amount.eur, is_sum=True,
            ),
        ]  # fmt: skip
        counted = [one for one in Bonus if one in simulation.years[0].bonuses]
        rows += [
            Row(
                one.value, sums[one.value], of(f"ROUND(({_bonus(one, project)})*{{months}}/12,2)"),
                lambda y, one=one: y.bonuses[one].eur, is_sum=True,
            )
            for one in counted
        ]  # fmt: skip
        minus = "".join(f"-{{{one.value}}}" for one in counted)
        is_public = project.employer is Employer.PUBLIC
        city = "{remainder}" if is_public else "ROUND({h:subsidy}*{months}/12,2)"
        rows += [
            Row(
                "remainder", sums["remainder"], of("{expenses}-{participations}-{psu}" + minus),
                lambda y: y.remainder.eur, is_sum=True,
            ),
            Row("city", sums["city"], of(city), lambda y: y.city.eur, is_sum=True),
            Row(
                "operator", sums["operator"], of("{remainder}-{city}"), lambda y: y.operator.eur, is_sum=True
            ),
        ]  # fmt: skip
        return rows


def _line(amount: Amount, key: str) -> Decimal:
    return next((one.result for one in amount.lines if one.key == key), Decimal(0))


def _ceiling(project: Project) -> str:
    low, high = (f"{{p:psu.ceiling_{project.service}_{end}}}" for end in ("low", "high"))
    first, second = "{p:psu.class_bound_1}", "{p:psu.class_bound_2}"
    return f"ROUND({low}-({low}-{high})*MIN(MAX(({{rate}}-{first})/({second}-{first}),0),1),4)"


def _bonus(bonus: Bonus, project: Project) -> str:
    """Return the bonus of a full year as a formula, rounded as the engine rounds it."""

    def p(name: str) -> str:
        return f"{{p:bonus_places.{name}}}"

    match bonus:
        case Bonus.SOCIAL_MIX:
            steps = [f"IF({{mean}}<={p(f'social_bound_{n}')},{p(f'social_amount_{n}')}," for n in (1, 2, 3)]
            return f"{''.join(steps)}0)))*{{h:authorised}}"
        case Bonus.INCLUSION:
            share = "{h:disabled}/{h:children}*100"
            one, two, three = (p(f"inclusion_rate_{n}") for n in (1, 2, 3))
            first, second = p("inclusion_bound_1"), p("inclusion_bound_2")
            rate = f"IF({share}<{first},{one},IF({share}<={second},{two},{three}))"
            cost = "ROUND({expenses}*12/{months},2)/{h:authorised}"
            return f"ROUND(MIN({share}/100*{rate}/100*{cost},{p('inclusion_cap')})*{{h:authorised}},2)"
        case Bonus.ATTRACTIVENESS:
            kind = project.employer.value
            least, each = p(f"attractiveness_rise_{kind}"), p(f"attractiveness_{kind}")
            return f"IF({{h:rise}}>={least},{each}*{{h:authorised}},0)"
        case Bonus.GROWTH:
            percent = "({h:places_now}-{h:places_2023})/{h:places_2023}*100"
            steps = [f"IF({percent}>={p(f'growth_bound_{n}')},{p(f'growth_amount_{n}')}," for n in (3, 2, 1)]
            return f"{''.join(steps)}0)))*{{h:authorised}}"
        case Bonus.TERRITORY:
            if not project.new_places:
                return "{h:existing}"
            is_highest = project.is_priority_area or project.is_first_band
            name = "eaje_new_max" if is_highest else "eaje_new_other_band"
            return f"{{h:new_places}}*{{p:bonus_territory.{name}}}+{{h:existing}}"


def _given(simulations: list[Simulation]) -> list[tuple[str, str, Callable[[Project], Decimal | int]]]:
    """Return the assumptions: key, words, value."""
    bonuses = {bonus for one in simulations for bonus in one.years[0].bonuses}
    fields = creche_words.fields()
    found: list[tuple[str, str, Callable[[Project], Decimal | int]]] = [
        ("authorised", _("Places autorisées"), lambda p: p.authorised_places),
        ("attended", _("Heures réalisées, une année pleine"), lambda p: p.attended_hours),
        ("billed", _("Heures facturées, une année pleine"), lambda p: p.billed_hours),
        ("wages", fields["wages_eur"], lambda p: p.wages_eur),
        ("rent", fields["rent_eur"], lambda p: p.rent_eur),
        ("meals_cost", fields["meals_eur"], lambda p: p.meals_eur or 0),
        ("nappies_cost", fields["nappies_eur"], lambda p: p.nappies_eur or 0),
        ("other_costs", fields["other_eur"], lambda p: p.other_eur),
        ("wage_growth", fields["wage_growth_percent"], lambda p: p.wage_growth_percent),
        ("cost_growth", fields["cost_growth_percent"], lambda p: p.cost_growth_percent),
        ("extra", _("Heures de préparation"), lambda p: p.extra_hours),
        ("subsidy", fields["subsidy_eur"], lambda p: p.subsidy_eur),
    ]
    if not isinstance(simulations[0].project.families, Incomes):
        found.append(("mean", fields["mean_participation"], lambda p: p.families))
    if Bonus.INCLUSION in bonuses:
        found += [
            ("children", _("Enfants accueillis"), lambda p: p.children),
            ("disabled", _("Enfants en situation de handicap"), lambda p: p.disabled_children),
        ]
    if Bonus.ATTRACTIVENESS in bonuses:
        found.append(("rise", fields["monthly_rise_eur"], lambda p: p.monthly_rise_eur))
    if Bonus.GROWTH in bonuses:
        found += [
            ("places_2023", fields["territory_places_2023"], lambda p: p.territory_places_2023),
            ("places_now", fields["territory_places_now"], lambda p: p.territory_places_now),
        ]
    if Bonus.TERRITORY in bonuses:
        found += [
            ("new_places", fields["new_places"], lambda p: p.new_places),
            ("existing", fields["existing_bonus_eur"], lambda p: p.existing_bonus_eur),
        ]
    return found
