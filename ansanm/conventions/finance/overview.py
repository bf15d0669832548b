"""Every COF of a convention, read once: declared, entitled, planned, paid, late; and who pays for what."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.conventions.finance import devices
from ansanm.conventions.finance.operations import parameters_of
from ansanm.conventions.models import (
    Account,
    DueDocument,
    Equipment,
    FundingAgreement,
    FundingDeclaration,
    LedgerPosting,
    Phase,
)
from ansanm.engines.funding import advances
from ansanm.engines.funding.errors import FundingError

State = FundingDeclaration.State
PHASES = tuple(Phase)
DUE_DAYS = {
    Phase.FORECAST: "forecast_due",
    Phase.UPDATE_1: "update_1_due",
    Phase.UPDATE_2: "update_2_due",
    Phase.ACTUAL: "actual_due",
}
GIVEN = (State.SENT, State.VALIDATED)


def day_words(key: str) -> str:
    return {
        "forecast_opens": _("Ouverture de la déclaration prévisionnelle"),
        "forecast_due": _("Déclaration prévisionnelle due"),
        "advance_1_day": _("Premier acompte, à partir de ce jour"),
        "update_1_due": _("Déclaration actualisée de janvier à juin due"),
        "advance_2_day": _("Second acompte, à partir de ce jour"),
        "update_2_due": _("Déclaration actualisée de janvier à septembre due"),
        "accrual_day": _("Charges à payer de l’année"),
        "actual_due": _("Déclaration réelle due"),
    }[key]


@dataclass(frozen=True)
class Shares:
    """Who pays for a service in a year; None where nobody told."""

    expenses: Decimal | None
    families: Decimal | None
    caf: Decimal | None
    city: Decimal | None
    other: Decimal | None

    @property
    def unknown(self) -> Decimal | None:
        """What is left once all known is taken off the expenses."""
        if self.expenses is None:
            return None
        known = (self.families, self.caf, self.city, self.other)
        return self.expenses - sum((one for one in known if one is not None), Decimal(0))


@dataclass
class Row:
    """One COF with all that is said of it."""

    agreement: FundingAgreement
    balances: dict[str, int]
    calendar: list[advances.Day]
    today: date

    @cached_property
    def declarations(self) -> dict[str, FundingDeclaration]:
        return {one.phase: one for one in self.agreement.declarations.all()}

    @cached_property
    def best(self) -> FundingDeclaration | None:
        """The last that the Caf validated: what the year is known by."""
        return self._last((State.VALIDATED,))

    @cached_property
    def told(self) -> FundingDeclaration | None:
        """The last one sent, validated or not."""
        return self._last(GIVEN)

    def _last(self, states) -> FundingDeclaration | None:
        found = [self.declarations.get(phase) for phase in reversed(PHASES)]
        return next((one for one in found if one and one.state in states), None)

    @property
    def entitled_cents(self) -> int | None:
        return self.best.total_cents if self.best else None

    @property
    def is_actual(self) -> bool:
        return bool(self.best and self.best.phase == Phase.ACTUAL)

    @cached_property
    def planned(self) -> list:
        return list(self.agreement.planned_payments.all())

    @property
    def planned_cents(self) -> int:
        if self.agreement.is_settled:
            # The advances and the balance of the plan are not all: what was paid between counts too.
            return self.entitled_cents or 0
        return sum(one.amount_cents for one in self.planned)

    @property
    def planned_today_cents(self) -> int:
        if self.agreement.is_settled:
            return self.planned_cents
        return sum(one.amount_cents for one in self.planned if one.due_on <= self.today)

    @cached_property
    def payments(self) -> list:
        return sorted(self.agreement.payments.all(), key=lambda one: (one.paid_on, one.pk))

    @property
    def paid_cents(self) -> int:
        return sum(one.amount_cents for one in self.payments)

    @property
    def left_cents(self) -> int:
        """What is planned by now and not paid; below zero, paid beyond."""
        return self.planned_today_cents - self.paid_cents

    def of(self, account: str) -> int:
        return self.balances.get(account, 0)

    @property
    def due_cents(self) -> int:
        return -self.of(Account.DUE)

    @property
    def overpaid_cents(self) -> int:
        return self.of(Account.OVERPAID)

    @property
    def accrued_cents(self) -> int:
        return -self.of(Account.ACCRUED)

    def due_on(self, phase: str) -> date | None:
        return next((one.on for one in self.calendar if one.key == DUE_DAYS[phase]), None)

    @cached_property
    def expected(self) -> list[tuple[str, date | None, bool]]:
        """The declarations still to send: phase, day, whether it is past; a later one makes it useless."""
        if self.agreement.is_settled:
            return []
        found = []
        for phase in reversed(PHASES):
            declaration = self.declarations.get(phase)
            if declaration and declaration.state in GIVEN:
                break
            day = self.due_on(phase)
            found.append((phase, day, day is not None and day < self.today))
        return found[::-1]

    @property
    def late(self) -> list[tuple[str, date | None]]:
        return [(phase, day) for phase, day, is_late in self.expected if is_late]

    @property
    def awaiting(self) -> list[FundingDeclaration]:
        return [one for one in self.declarations.values() if one.state == State.SENT]

    @cached_property
    def papers(self) -> list[DueDocument]:
        return list(self.agreement.due_documents.all())

    @property
    def papers_missing(self) -> list[DueDocument]:
        return [one for one in self.papers if one.state != DueDocument.State.RECEIVED]

    def shares_of(self, declaration: FundingDeclaration | None) -> Shares:
        if declaration is None:
            return Shares(None, None, None, None, None)
        values = devices.typed(self.agreement.device, declaration.content)
        expenses, families, other, city = (
            values.get(name)
            for name in ("expenses_eur", "participations_eur", "other_income_eur", "city_grant_eur")
        )
        cents = declaration.total_cents
        caf = None if cents is None else Decimal(cents) / 100
        if self.agreement.equipment.operator_kind == Equipment.Operator.PUBLIC:
            # The commune that runs it pays what nobody else does, whatever it calls it: once all that the
            # others pay is told. What the device does not ask for is nobody's share.
            asked = {one.name for one in devices.FIELDS[self.agreement.device]}
            others = {"participations_eur": families, "other_income_eur": other}
            known = [caf, *(value for name, value in others.items() if name in asked)]
            if expenses is not None and None not in known:
                city = expenses - sum(known, Decimal(0))
        return Shares(expenses, families, caf, city, other)

    @cached_property
    def shares(self) -> Shares:
        return self.shares_of(self.best)


class Overview:
    """The COF that a person may see, with what the ledger holds of each."""

    def __init__(self, convention, agreements=None):
        self.convention = convention
        self.today = timezone.localdate()
        self.parameters = parameters_of(convention)
        found = convention.funding_agreements.all() if agreements is None else agreements
        self.agreements = list(
            found.select_related(
                "equipment__place", "equipment__operator", "equipment__supported_by__organisation"
            )
            .prefetch_related("declarations", "planned_payments", "payments", "due_documents")
            .order_by("-year", "equipment__name", "device", "pk")
        )
        self._calendars: dict[int, list[advances.Day]] = {}

    def calendar(self, year: int) -> list[advances.Day]:
        if year not in self._calendars:
            try:
                self._calendars[year] = advances.days(year, self.parameters)
            except FundingError:
                # A Caf withdrew the days that it had entered for a year of long ago.
                self._calendars[year] = []
        return self._calendars[year]

    @cached_property
    def rows(self) -> list[Row]:
        balances: dict[int, dict[str, int]] = defaultdict(dict)
        postings = LedgerPosting.objects.of_convention(self.convention).filter(agreement__in=self.agreements)
        sums = postings.order_by().values_list("agreement", "account").annotate(total=Sum("amount_cents"))
        for agreement, account, total in sums:
            balances[agreement][account] = total
        return [
            Row(one, balances.get(one.pk, {}), self.calendar(one.year), self.today) for one in self.agreements
        ]

    @property
    def years(self) -> list[int]:
        return sorted({one.year for one in self.agreements}, reverse=True)

    @property
    def has_fictitious(self) -> bool:
        return any(one.is_fictitious or one.equipment.is_fictitious for one in self.agreements)

    def only(self, *, year=None, device="") -> list[Row]:
        return [
            one
            for one in self.rows
            if (not year or one.agreement.year == year) and (not device or one.agreement.device == device)
        ]
