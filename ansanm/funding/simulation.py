"""What a family pays, and what would change: nothing is kept of what was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from ansanm.engines.funding import tariff
from ansanm.engines.funding.explanation import Amount
from ansanm.engines.funding.parameters import Parameters
from ansanm.funding import words
from ansanm.ui.formats import format_number

# How far « another income » is: more or less this much a month.
STEP_EUR = Decimal(300)


@dataclass(frozen=True)
class Question:
    on: date
    children: int
    care: tariff.Care
    income: Decimal | None  # None: not given
    is_yearly: bool
    disabled_children: int
    contract: tariff.Contract | None
    parameters: Parameters  # the national ones, with those that a Caf entered

    def hourly(self) -> Amount:
        return tariff.hourly(
            on=self.on,
            children=self.children,
            care=self.care,
            monthly_income=None if self.is_yearly else self.income,
            yearly_income=self.income if self.is_yearly else None,
            disabled_children=self.disabled_children,
            parameters=self.parameters,
        )

    def amount(self) -> Amount:
        hourly = self.hourly()
        return tariff.monthly(hourly, self.contract) if self.contract else hourly


@dataclass(frozen=True)
class Answer:
    hourly: str
    monthly: str  # "" without hours
    hours: str
    lines: list[dict]
    status_words: str
    status_kind: str
    is_sure: bool
    warnings: list[str]
    columns: list[str]
    changes: list[list[str]]


def answer(question: Question) -> Answer:
    """Return the answer in words; refuses as the engine does."""
    amount = question.amount()
    hourly = amount.line("hourly").result
    return Answer(
        hourly=_eur(hourly),
        monthly=_eur(amount.eur) if question.contract else "",
        hours=words.quantity(question.contract.hours_per_week, "hours") if question.contract else "",
        lines=words.described(amount, question.parameters.by_id),
        status_words=words.status(amount.status),
        status_kind=words.STATUS_KINDS[amount.status],
        is_sure=amount.status in words.SURE,
        warnings=[words.warning(one) for one in amount.warnings],
        columns=[
            _("Si vous aviez…"),
            _("Par heure"),
            *([_("Par mois"), _("Écart par mois")] if question.contract else [_("Écart par heure")]),
        ],
        changes=[_change(name, question, other) for name, other in _others(question)],
    )


def _others(question: Question) -> list[tuple[str, Question]]:
    found = []
    if question.children < tariff.MAX_CHILDREN:
        found.append((_("un enfant à charge de plus"), replace(question, children=question.children + 1)))
    if question.income is not None:
        step = STEP_EUR * 12 if question.is_yearly else STEP_EUR
        shown = format_number(STEP_EUR, "eur")
        found.append(
            (_("%(eur)s de plus par mois") % {"eur": shown}, replace(question, income=question.income + step))
        )
        if question.income >= step:
            found.append(
                (
                    _("%(eur)s de moins par mois") % {"eur": shown},
                    replace(question, income=question.income - step),
                )
            )
    if question.disabled_children < question.children:
        found.append(
            (
                _("un enfant de plus avec l’AEEH, parmi ceux-ci"),
                replace(question, disabled_children=question.disabled_children + 1),
            )
        )
    return found


def _change(name: str, question: Question, other: Question) -> list[str]:
    now, then = question.amount(), other.amount()
    gap = format_number(then.eur - now.eur, "eur", decimals=2, sign=True)
    hourly = _eur(then.line("hourly").result)
    return [name, hourly, _eur(then.eur), gap] if question.contract else [name, hourly, gap]


def _eur(value: Decimal) -> str:
    return format_number(value, "eur", decimals=2)
