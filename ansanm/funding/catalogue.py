"""Every parameter as a page and a file show it: its value on a day, its history, its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.engines.funding.parameters import Parameter, Status, Value, national
from ansanm.funding import words
from ansanm.funding.models import EnteredValue
from ansanm.territories.variables import fold
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.formats import format_day, format_period

# The order of the page: what families pay, then what the Caf pays.
ORDER = (
    "resources", "rates_collective", "rates_family", "psu", "bonus_places", "bonus_territory", "services",
    "investment", "payments",
)  # fmt: skip


def found(*, on: date, q: str = "", group: str = "", status: str = "") -> list[Parameter]:
    """Return the parameters that answer, in the order of the page."""
    ordered = sorted(national().by_id.values(), key=lambda one: ORDER.index(one.group))
    return [
        one
        for one in ordered
        if (not group or one.group == group)
        and (not q or all(word in fold(_searched(one)) for word in fold(q).split()))
        and (not status or _status_on(one, on) == status)
    ]


def _searched(parameter: Parameter) -> str:
    sources = {value.source.title for value in parameter.values if value.source}
    return " ".join([words.in_language(parameter.title), parameter.id, *sources])


def _status_on(parameter: Parameter, on: date) -> Status | None:
    value = parameter.on(on)
    return value.status if value else None


Entered = Mapping[str, list[EnteredValue]]  # by parameter


def groups(parameters: list[Parameter], on: date, entered: Entered) -> list[dict]:
    """Return what the page shows, one group a file; what a Caf entered stands apart."""
    by_group: dict[str, list[dict]] = {}
    for one in parameters:
        own = [_told(one, row.as_value()) for row in reversed(entered.get(one.id, []))]
        by_group.setdefault(one.group, []).append(_shown(one, on) | {"entered": own})
    return [
        {"id": name, "title": words.in_language(national().titles[name]), "rows": rows}
        for name, rows in by_group.items()
    ]


def _shown(parameter: Parameter, on: date) -> dict:
    value = parameter.on(on)
    return {
        "id": parameter.id,
        "title": words.in_language(parameter.title),
        "now": _told(parameter, value) if value else None,
        "first": format_day(parameter.values[0].valid_from),
        "history": told_history(parameter),
        "publisher": words.in_language(parameter.publisher) if parameter.publisher else "",
    }


def told_history(parameter: Parameter) -> list[dict]:
    return [_told(parameter, one) for one in reversed(parameter.values)]


def _told(parameter: Parameter, value: Value) -> dict:
    return {
        "text": words.parameter_value(parameter, value),
        "since": words.since(value),
        "status": words.status_of(value),
        "kind": words.STATUS_KINDS[value.status],
        "source": value.source,
        "read_on": format_period(value.source.read_on) if value.source else "",
        "rule": words.in_language(value.rule) if value.rule else "",
        "note": words.in_language(value.note) if value.note else "",
    }


def entered_sheet(parameters: list[Parameter], entered: Entered) -> Sheet:
    """Return one row a value that a Caf entered."""
    columns = [
        Column(_("Identifiant"), 30),
        Column(_("Paramètre"), 60, wrap=True),
        Column(_("Unité"), 16),
        Column(_("À partir du"), 12),
        Column(_("Valeur"), 12, number_format="General"),
        Column(_("État"), 30),
        Column(_("Source"), 50, wrap=True),
        Column(_("Adresse"), 50),
        Column(_("Lu le"), 12),
    ]
    rows = [
        [
            one.id,
            words.in_language(one.title),
            one.unit,
            row.valid_from,
            row.month_day if row.value is None else float(row.value),
            words.status_of(row.as_value()),
            row.source_title,
            row.source_url,
            row.source_read_on,
        ]
        for one in parameters
        for row in entered.get(one.id, [])
    ]
    return Sheet(_("Saisies par la Caf"), columns, rows, frozen_columns=1)


def sheet(parameters: list[Parameter]) -> Sheet:
    """Return one row a value, exact, with its unit apart."""
    columns = [
        Column(_("Identifiant"), 30),
        Column(_("Sujet"), 30, wrap=True),
        Column(_("Paramètre"), 60, wrap=True),
        Column(_("Unité"), 16),
        Column(_("À partir du"), 12),
        Column(_("Valeur"), 12, number_format="General"),
        Column(_("État"), 26),
        Column(_("Règle"), 40, wrap=True),
        Column(_("Remarque"), 40, wrap=True),
        Column(_("Source"), 50, wrap=True),
        Column(_("Adresse"), 50),
        Column(_("Lu en"), 10),
        Column(_("Qui le publie"), 40, wrap=True),
    ]
    rows = [
        [
            one.id,
            words.in_language(national().titles[one.group]),
            words.in_language(one.title),
            one.unit,
            value.valid_from,
            value.value if value.value is None or isinstance(value.value, str) else float(value.value),
            words.status(value.status),
            words.in_language(value.rule) if value.rule else "",
            words.in_language(value.note) if value.note else "",
            value.source.title if value.source else "",
            value.source.url if value.source else "",
            value.source.read_on if value.source else "",
            words.in_language(one.publisher) if one.publisher else "",
        ]
        for one in parameters
        for value in one.values
    ]
    return Sheet(_("Paramètres"), columns, rows, frozen_columns=1)


def to_csv(parameters: list[Parameter], entered: Entered) -> bytes:
    """The national values alone: one table cannot hold both without mixing them."""
    return write_csv(sheet(parameters), decimal_mark="." if get_language() == "en" else ",")


def to_xlsx(parameters: list[Parameter], entered: Entered) -> bytes:
    title = _("Barèmes et montants de la branche Famille")
    return write_xlsx(
        Workbook(
            title,
            title,
            "Ansanm",
            timezone.localdate(),
            _("Lisez-moi"),
            [
                (
                    _("Une ligne"),
                    _("Une valeur et sa date de début\u202f; elle vaut jusqu’à la ligne suivante."),
                ),
                (
                    _("Valeur vide"),
                    _("Inconnue de nous\u00a0: «\u202fQui le publie\u202f» dit à qui la demander."),
                ),
                (
                    _("État"),
                    _("Seul «\u202flu dans une source publiée\u202f» est sûr."),
                ),
            ],
            [*([entered_sheet(parameters, entered)] if entered else []), sheet(parameters)],
        )
    )


FORMATS = {
    "csv": ("text/csv; charset=utf-8", to_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", to_xlsx),
}
