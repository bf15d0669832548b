"""Saved simulations read again: the data of their form, and several side by side."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from ansanm.engines.funding.creche import CRUISING, amounts
from ansanm.funding import creche_words, words
from ansanm.funding.creche_simulation import Answer, ask, eur, whole_eur
from ansanm.funding.models import Scenario
from ansanm.ui.charts import Bar, Chart, bars
from ansanm.ui.formats import format_number


def data_of(scenario: Scenario) -> QueryDict:
    """Return the inputs as the form receives them."""
    data = QueryDict(mutable=True)
    for name, value in scenario.inputs.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


@dataclass(frozen=True)
class Comparison:
    columns: list[str]
    facts: list[list[str]]
    sums: list[list[str]]
    chart: Chart
    unread: list[Scenario]  # those that ask for a value that is missing now
    statuses: list[tuple[str, str, str]]


def compared(chosen: list[Scenario]) -> Comparison:
    answers: dict[str, Answer] = {}
    unread = []
    for number, one in enumerate(chosen, 1):
        found = ask(one.kind, data_of(one)).answer
        if found is None:
            unread.append(one)
        else:
            answers[f"{number}. {one.title}"] = found
    return Comparison(
        [_("Simulation"), *answers],
        _facts(answers),
        _sums(answers),
        _chart(answers),
        unread,
        [(name, one.status_words, one.status_kind) for name, one in answers.items()],
    )


def _facts(answers: dict[str, Answer]) -> list[list[str]]:
    rows = {
        _("Places"): lambda one: str(one.project.places),
        _("Occupation"): lambda one: format_number(one.cruising.psu.attended_occupancy, "percent"),
        _("Taux de facturation"): lambda one: format_number(one.cruising.psu.billing_rate, "percent"),
        _("Coût par place"): lambda one: eur(one.cruising.psu.cost_per_place_eur),
        _("Coût par heure facturée"): lambda one: words.quantity(
            one.cruising.psu.cost_per_hour_eur, "eur_per_hour"
        ),
        _("Équilibre"): lambda one: (
            format_number(one.break_even, "percent", decimals=0) if one.break_even else _("jamais")
        ),
    }
    return [[name, *(told(one) for one in answers.values())] for name, told in rows.items()]


def _sums(answers: dict[str, Answer]) -> list[list[str]]:
    names = creche_words.sums()
    found = [amounts(one.cruising) for one in answers.values()]
    return [
        [name, *(eur(one[key]) for one in found)]
        for key, name in names.items()
        if any(one[key] for one in found) or key not in creche_words.bonuses()
    ] + [
        [
            _("Reste à financer sur cinq ans"),
            *(whole_eur(one.simulation.total("remainder")) for one in answers.values()),
        ]
    ]


def _chart(answers: dict[str, Answer]) -> Chart:
    rows = [Bar(name, float(one.simulation.years[CRUISING].remainder.eur)) for name, one in answers.items()]
    return bars(
        rows, title=_("Reste à financer, la troisième année"), unit="eur", decimals=0,
        reading=_("Par la collectivité et le gestionnaire ensemble. Sous zéro\u00a0: un excédent."),
        name_of_rows=_("Simulation"), name_of_values=_("Montant"),
    )  # fmt: skip
