"""A simulated crèche in words, tables and charts: the same answer for the page, the files and a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from ansanm.engines.funding import creche
from ansanm.engines.funding.bonuses import Employer
from ansanm.engines.funding.creche import CRUISING, Grid, Project, Simulation, Year, amounts
from ansanm.engines.funding.errors import BadInput, FundingError, ManyNeeded
from ansanm.engines.funding.explanation import Amount
from ansanm.engines.funding.parameters import Parameters, Status, Value, assumed
from ansanm.funding import creche_words, words
from ansanm.funding.creche_forms import FORMS, SAID, CrecheForm
from ansanm.funding.values import parameters_for
from ansanm.ui.charts import Bar, Chart, bars
from ansanm.ui.formats import format_day, format_number, format_period


@dataclass
class Asked:
    """A form that was sent, and what came of it: an answer, or what to mend or to give."""

    kind: str
    form: CrecheForm
    answer: Answer | None = None
    refusal: str = ""
    is_missing: bool = False


def ask(kind: str, data) -> Asked:
    form = FORMS[kind](data)
    asked = Asked(kind, form)
    is_valid = form.is_valid()
    # Needed from here on; before, a bonus that is not ticked may leave one without use.
    for key in form.asked:
        form.fields[key].required = True
    if not is_valid:
        return asked
    try:
        projects = [form.project, form.after] if form.is_change else [form.project]
        asked.answer = answer(kind, projects, form)
    except ManyNeeded as error:
        form.ask_for(error.missing)
        asked.is_missing = True
    except BadInput as error:
        _tell(form, error)
    except FundingError as error:
        asked.refusal = words.refusal(error)
    return asked


def _tell(form: CrecheForm, error: BadInput) -> None:
    name = SAID.get(error.field, error.field)
    # In a change, what is wrong is what was typed for afterwards, if anything was.
    after = f"after_{name}"
    if form.is_change and form.cleaned_data.get(after) is not None:
        name = after
    if name in form.fields:
        form.add_error(name, words.problem(error))
    else:
        form.add_error(None, words.refusal(error))


def answer(kind: str, projects: list[Project], form: CrecheForm) -> Answer:
    table = _table(projects, form)
    simulations = [creche.simulate(one, table) for one in projects]
    return Answer(kind, form, table, simulations[-1], simulations[0] if len(simulations) > 1 else None)


def _table(projects: list[Project], form: CrecheForm) -> Parameters:
    """Return the scales of the place with the values typed; all that is still missing is said at once."""
    table = parameters_for(form.departement_code)
    form.forget_known(table)
    table = table.entered(form.assumed)
    for project in projects:
        creche.check(project)
    if form.cleaned_data["carry"]:
        table = _carried(projects, table)
    missing = {
        (one.parameter.id, one.on.year): one for project in projects for one in creche.needed(project, table)
    }
    if missing:
        raise ManyNeeded(tuple(missing.values()))
    return table


def _carried(projects: list[Project], table: Parameters) -> Parameters:
    """Take the last known value for what is missing: asked for by the person, and said on each line."""
    found: dict[str, list[Value]] = {}
    for project in projects:
        for one in creche.needed(project, table):
            since = one.parameter.on(one.on).valid_from
            before = [v for v in one.parameter.values if v.value is not None and v.valid_from < since]
            if before:
                last = before[-1]
                note = {"fr": _carried_note("fr", last), "en": _carried_note("en", last)}
                value = replace(assumed(last.number, since=since), note=note)
                found.setdefault(one.parameter.id, []).append(value)
    return table.entered(found)


def _carried_note(language: str, last: Value) -> str:
    day = format_day(last.valid_from, language)
    if language == "en":
        return f"Last known value, in force from {day}, carried on as an assumption."
    return f"Dernière valeur connue, en vigueur depuis le {day}, reprise comme hypothèse."


def eur(value: Decimal) -> str:
    return format_number(value, "eur", decimals=2)


def whole_eur(value: Decimal) -> str:
    return format_number(value, "eur", decimals=0)


@dataclass
class Answer:
    """What a simulation gives, told."""

    kind: str
    form: CrecheForm
    table: Parameters
    simulation: Simulation
    before: Simulation | None = None  # of a change

    @property
    def is_change(self) -> bool:
        return self.before is not None

    @property
    def project(self) -> Project:
        return self.simulation.project

    @property
    def cruising(self) -> Year:
        return self.simulation.years[CRUISING]

    @property
    def is_public(self) -> bool:
        return self.project.employer is Employer.PUBLIC

    @property
    def status(self) -> Status:
        return self.cruising.remainder.status

    @property
    def status_words(self) -> str:
        return words.status(self.status)

    @property
    def status_kind(self) -> str:
        return words.STATUS_KINDS[self.status]

    @property
    def warnings(self) -> list[str]:
        told = creche_words.warnings()
        return [told[key] for key in self.simulation.warnings]

    @cached_property
    def break_even(self) -> int | None:
        return creche.break_even(self.project, self.table)

    @cached_property
    def grid(self) -> Grid:
        return creche.grid(self.project, self.table)

    @property
    def key_numbers(self) -> list[tuple[str, str, str]]:
        """Name, value, and what it is of, for the year at cruising speed."""
        year = self.cruising
        last = amounts(year)
        share = _("en %(year)s") % {"year": year.year}
        left = "city" if self.is_public else "operator"
        names = creche_words.sums()
        return [
            (_("Coût par place"), eur(year.psu.cost_per_place_eur), share),
            (_("Coût par heure facturée"), words.quantity(year.psu.cost_per_hour_eur, "eur_per_hour"), share),
            (
                _("Occupation"),
                format_number(year.psu.attended_occupancy, "percent"),
                _("heures réalisées, en part des heures offertes"),
            ),
            (
                _("Taux de facturation"),
                format_number(year.psu.billing_rate, "percent"),
                _("heures facturées, en part des heures réalisées"),
            ),
            (names[left], eur(last[left]), share),
            (
                _("Équilibre"),
                format_number(self.break_even, "percent", decimals=0) if self.break_even else _("jamais"),
                _("occupation à partir de laquelle rien ne reste à payer"),
            ),
        ]

    @property
    def budget_columns(self) -> list[str]:
        return [_("Montant"), *(str(one.year) for one in self.simulation.years), _("Cinq ans")]

    def budget(self, simulation: Simulation | None = None) -> list[list[str]]:
        """Return the sums, year by year; a bonus that nobody counts has no row."""
        simulation = simulation or self.simulation
        names = creche_words.sums()
        return [
            [
                names[name],
                *(eur(amounts(year)[name]) for year in simulation.years),
                eur(simulation.total(name)),
            ]
            for name in self.rows_of(simulation)
        ]

    @staticmethod
    def rows_of(simulation: Simulation) -> list[str]:
        counted = {one.value for one in simulation.project.bonuses}
        every = {one.value for one in creche.Bonus}
        return [name for name in amounts(simulation.years[0]) if name not in every or name in counted]

    @property
    def budget_before(self) -> list[list[str]]:
        return self.budget(self.before) if self.before else []

    @property
    def gap_columns(self) -> list[str]:
        return [_("Montant"), _("Aujourd’hui"), _("Après"), _("Écart")]

    @property
    def gaps(self) -> list[list[str]]:
        """Return before and after, in a full year."""
        if self.before is None:
            return []
        names = creche_words.sums()
        shown = set(self.rows_of(self.simulation))
        return [
            [names[one.name], eur(one.before_eur), eur(one.after_eur), signed(one.gap_eur)]
            for one in creche.gaps(self.before.years[CRUISING], self.cruising)
            if one.name in shown
        ]

    @property
    def shares_chart(self) -> Chart:
        """Who pays in a year at cruising speed."""
        found = amounts(self.cruising)
        names = creche_words.sums()
        rows = [
            Bar(names[name], float(found[name]))
            for name in self.rows_of(self.simulation)
            if name not in ("expenses", "remainder") and found[name]
        ]
        title = _("Qui paie en %(year)s") % {"year": self.cruising.year}
        reading = _("Dépenses de l’année\u00a0: %(eur)s.") % {"eur": whole_eur(found["expenses"])}
        return bars(
            rows, title=title, unit="eur", decimals=0, reading=reading, name_of_rows=_("Qui paie"),
            name_of_values=_("Montant"),
        )  # fmt: skip

    @property
    def years_chart(self) -> Chart:
        left = "city" if self.is_public else "operator"
        rows = [Bar(str(one.year), float(amounts(one)[left])) for one in self.simulation.years]
        return bars(
            rows, title=_("%(what)s, année après année") % {"what": creche_words.sums()[left]}, unit="eur",
            decimals=0, reading=_("Sous zéro\u00a0: un excédent."), name_of_rows=_("Année"),
            name_of_values=_("Montant"),
        )  # fmt: skip

    def _left(self, cell) -> Decimal:
        return cell.remainder_eur if self.is_public else cell.operator_eur

    @property
    def sensitivity_chart(self) -> Chart:
        """What is left to pay for other occupancies, at the billing rate nearest to the one expected."""
        column = self._nearest_billing
        rows = [
            Bar(
                format_number(row[column].occupancy_percent, "percent", decimals=0),
                float(self._left(row[column])),
                own=row[column].occupancy_percent == creche.occupancy(self.project),
            )
            for row in self.grid.cells
        ]
        rate = format_number(self.grid.billings[column], "percent", decimals=1)
        return bars(
            rows, title=self._sensitivity_title, unit="eur", decimals=0,
            reading=_("Par taux d’occupation, à %(rate)s de facturation. Sous zéro\u00a0: un excédent.")
            % {"rate": rate},
            name_of_rows=_("Occupation"), name_of_values=_("Montant"),
        )  # fmt: skip

    @property
    def _nearest_billing(self) -> int:
        here = self.project.billed_hours / self.project.attended_hours * 100
        return min(range(len(self.grid.billings)), key=lambda n: abs(self.grid.billings[n] - here))

    @property
    def _sensitivity_title(self) -> str:
        left = "city" if self.is_public else "operator"
        told = _("%(what)s en %(year)s, si la crèche était plus ou moins pleine")
        return told % {"what": creche_words.sums()[left], "year": self.grid.year}

    @property
    def grid_title(self) -> str:
        left = "city" if self.is_public else "operator"
        told = _("%(what)s en %(year)s, par occupation et par taux de facturation")
        return told % {"what": creche_words.sums()[left], "year": self.grid.year}

    @property
    def grid_columns(self) -> list[str]:
        rates = [format_number(one, "percent", decimals=1) for one in self.grid.billings]
        return [_("Occupation"), *(_("facturation %(rate)s") % {"rate": one} for one in rates)]

    @property
    def grid_rows(self) -> list[list[str]]:
        return [
            [
                format_number(row[0].occupancy_percent, "percent", decimals=1),
                *(whole_eur(self._left(cell)) for cell in row),
            ]
            for row in self.grid.cells
        ]

    @property
    def explained(self) -> list[dict]:
        """Every amount of every year, line by line."""
        return [
            {"year": year.year, "months": year.months, "amounts": list(self._explained(year))}
            for year in self.simulation.years
        ]

    def _explained(self, year: Year):
        names = creche_words.sums()
        parts: Mapping[str, Amount] = {
            "expenses": year.expenses,
            "participations": year.participations,
            "psu": year.psu.amount,
            **{bonus.value: amount for bonus, amount in year.bonuses.items()},
            "remainder": year.remainder,
            "city": year.city,
            "operator": year.operator,
        }
        for name, amount in parts.items():
            status = sureness(amount)
            # A sum repeats what its parts say of their values.
            is_sum = name in ("remainder", "city", "operator")
            shown = without_used(amount) if is_sum else amount
            yield {
                "name": names[name],
                "eur": eur(amount.eur),
                "status": words.status(status),
                "kind": words.STATUS_KINDS[status],
                "lines": words.described(shown, self.table.by_id),
            }

    @property
    def values_used(self) -> list[dict]:
        """Every value that the answer rests on, the least sure first."""
        used = creche.used_of(self.simulation)
        rows = [
            {
                "title": words.in_language(self.table[one.id].title),
                "value": words.parameter_value(self.table[one.id], one.value),
                "since": words.since(one.value),
                "status": words.status_of(one.value),
                "kind": words.STATUS_KINDS[one.value.status],
                "source": one.value.source,
                "read_on": format_period(one.value.source.read_on) if one.value.source else "",
                "note": words.in_language(one.value.note) if one.value.note else "",
                "rank": list(Status).index(one.value.status),
            }
            for one in used.values()
        ]
        return sorted(rows, key=lambda row: -row["rank"])

    @property
    def incomes_told(self) -> str:
        families = self.project.families
        if not isinstance(families, creche.Incomes):
            return ""
        told = {
            "low": eur(families.low_eur), "median": eur(families.median_eur), "high": eur(families.high_eur),
        }  # fmt: skip
        if found := self.form.used_incomes:
            place = self.form.cleaned_data["territory"].name
            return _(
                "Revenus pris pour les familles\u00a0: %(low)s, %(median)s et %(high)s par mois (premier "
                "décile, médiane, dernier décile). Ce sont les niveaux de vie publiés de %(place)s en "
                "%(year)s, pour un couple avec un jeune enfant\u00a0: une approche, pas les ressources du "
                "barème."
            ) % (told | {"place": place, "year": format_period(found.period)})
        return _(
            "Revenus pris pour les familles\u00a0: %(low)s, %(median)s et %(high)s par mois (premier "
            "décile, médiane, dernier décile)."
        ) % (told)


def sureness(amount: Amount) -> Status:
    """Return how sure an amount is; what rests on nothing but what was typed is no more than that."""
    is_typed = not any(line.used or line.is_hypothesis for line in amount.lines)
    return Status.ASSUMED if is_typed else amount.status


def without_used(amount: Amount) -> Amount:
    return replace(amount, lines=tuple(replace(line, used=()) for line in amount.lines))


def signed(value: Decimal) -> str:
    return format_number(value, "eur", decimals=2, sign=True)
