"""What a Caf has to enter and has entered: the list, the sheet out, the same sheet back in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from openpyxl.utils import get_column_letter

from ansanm.engines.funding.parameters import Parameter, national
from ansanm.funding import words
from ansanm.funding.catalogue import ORDER
from ansanm.funding.entry_forms import (
    EVERYWHERE,
    ValueForm,
    departement_meant,
    departement_name,
    parameter_meant,
    shown,
    written,
)
from ansanm.funding.models import EnteredValue
from ansanm.funding.operations import FACTS, facts_of
from ansanm.territories.variables import fold
from ansanm.ui.documents import tables
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.documents.tables import UnreadableSheet
from ansanm.ui.formats import format_day

MAX_ROWS = 500


def listed(caf, *, q: str = "", state: str = "") -> list[dict]:
    """Return the parameters by subject, each with what is unknown and what this Caf entered."""
    entered = defaultdict(list)
    for one in EnteredValue.objects.standing().filter(organisation=caf).select_related("organisation"):
        entered[one.parameter].append(one)
    groups: dict[str, list[dict]] = {}
    for one in sorted(national().by_id.values(), key=lambda one: ORDER.index(one.group)):
        row = _row_of(one, entered[one.id])
        if q and not all(word in fold(f"{row['title']} {one.id}") for word in fold(q).split()):
            continue
        if _is_wanted(row, state):
            groups.setdefault(one.group, []).append(row)
    return [
        {"id": name, "title": words.in_language(national().titles[name]), "rows": rows}
        for name, rows in groups.items()
    ]


def _row_of(parameter: Parameter, entered: list[EnteredValue]) -> dict:
    today = timezone.localdate()
    days = {one.valid_from for one in entered}
    ends = [*(one.valid_from for one in parameter.values[1:]), date.max]
    # Entered from its day or, where that is past, in force by now: it is missing no more.
    missing = [
        one.valid_from
        for one, end in zip(parameter.values, ends, strict=True)
        if one.value is None
        and not any(one.valid_from <= day < end and (day <= today or day == one.valid_from) for day in days)
    ]
    # What holds today is asked for first, then what comes; what is past, last.
    in_force = parameter.on(today)
    coming = [day for day in missing if day > today]
    if in_force and in_force.valid_from in missing:
        current = in_force.valid_from
    else:
        current = coming[0] if coming else missing[-1] if missing else None
    return {
        "id": parameter.id,
        "title": words.in_language(parameter.title),
        "unit": words.unit(parameter.unit),
        "publisher": words.in_language(parameter.publisher) if parameter.publisher else "",
        "missing": missing,
        "asked": current,
        "is_asked_today": current is not None and in_force is not None and in_force.valid_from == current,
        "entered": [told(one) for one in reversed(entered)],
    }  # fmt: skip


def _is_wanted(row: dict, state: str) -> bool:
    match state:
        case "missing":
            return bool(row["missing"])
        case "entered":
            return bool(row["entered"])
        case "all":
            return True
    return bool(row["missing"] or row["entered"])


def told(entered: EnteredValue) -> dict:
    """One value in words, with where it holds."""
    return {
        "entered": entered,
        "title": words.in_language(entered.law.title) if entered.law else entered.parameter,
        "text": shown(entered),
        "since": format_day(entered.valid_from),
        "place": departement_name(entered.departement_code)
        if entered.departement_code
        else _("partout où travaille cette Caf"),
    }


COLUMNS = {
    "parameter": gettext_lazy("Identifiant"),
    "title": gettext_lazy("Paramètre"),
    "unit": gettext_lazy("Unité"),
    "departement": gettext_lazy("Département"),
    "valid_from": gettext_lazy("À partir du"),
    "value": gettext_lazy("Valeur"),
    "source_title": gettext_lazy("Source"),
    "source_url": gettext_lazy("Adresse de la source"),
    "source_read_on": gettext_lazy("Lue le"),
    "note": gettext_lazy("Précisions"),
}
REQUIRED = ("parameter", "valid_from", "value", "source_title", "source_url", "source_read_on")
WIDTHS = {"parameter": 32, "title": 60, "source_title": 40, "source_url": 40, "note": 40}


def sheet(caf) -> Sheet:
    """Return what stands, and a line without a value for all that is missing: filled in, it is an import."""
    rows = []
    for group in listed(caf):
        for row in group["rows"]:
            parameter = national()[row["id"]]
            start = [parameter.id, row["title"], parameter.unit]
            for one in row["entered"]:
                entered = one["entered"]
                value = words.format_day_of_year(entered.month_day) if entered.value is None else written(
                    entered.value
                )  # fmt: skip
                rows.append(
                    [
                        *start,
                        entered.departement_code or EVERYWHERE,
                        entered.valid_from.isoformat(),
                        value,
                        entered.source_title,
                        entered.source_url,
                        entered.source_read_on.isoformat(),
                        entered.note,
                    ]
                )
            place = caf.insee_code or EVERYWHERE
            rows += [[*start, place, day.isoformat(), "", "", "", "", ""] for day in row["missing"]]
    columns = [Column(str(title), WIDTHS.get(name, 16)) for name, title in COLUMNS.items()]
    return Sheet(_("Valeurs de la Caf"), columns, rows, frozen_columns=1)


def to_csv(caf) -> bytes:
    return write_csv(sheet(caf))


def to_xlsx(caf) -> bytes:
    title = _("Valeurs saisies par %(caf)s") % {"caf": caf.name}
    return write_xlsx(
        Workbook(
            title,
            title,
            "Ansanm",
            timezone.localdate(),
            _("Lisez-moi"),
            [
                (_("Une ligne"), _("Une valeur et sa date de début, saisie ou à saisir.")),
                (
                    _("Pour saisir"),
                    _("Remplissez la valeur et sa source, puis importez ce fichier\u00a0: tout ou rien."),
                ),
                (_("Département"), _("Un code, ou * pour tous les territoires où travaille la Caf.")),
            ],
            [sheet(caf)],
        )
    )


FORMATS = {"csv": to_csv, "xlsx": to_xlsx}


@dataclass
class Row:
    number: int  # as the spreadsheet counts
    texts: dict[str, str]
    title: str
    form: ValueForm | None
    entered: EnteredValue | None = None  # the one it would correct
    errors: list[tuple[str, str]] = field(default_factory=list)  # (cell, what is wrong)

    @property
    def outcome(self) -> str:
        if self.errors:
            return "refused"
        if self.entered is None:
            return "new"
        return "unchanged" if facts_of(self.entered) == self.facts else "corrected"

    @property
    def facts(self) -> dict:
        return {name: self.form.facts[name] for name in FACTS}


@dataclass
class Reading:
    rows: list[Row]

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [error for row in self.rows for error in row.errors]

    def n(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def n_new(self) -> int:
        return self.n("new")

    @property
    def n_corrected(self) -> int:
        return self.n("corrected")

    @property
    def n_unchanged(self) -> int:
        return self.n("unchanged")

    @property
    def n_to_save(self) -> int:
        return self.n_new + self.n_corrected

    @property
    def fingerprint(self) -> list:
        """What was shown before saving: it changes if anybody corrects one of these meanwhile."""
        return [[row.number, row.outcome, row.entered.pk if row.entered else 0] for row in self.rows]


def read_table(name: str, content: bytes) -> list[list[str]]:
    return tables.read_table(name, content, max_rows=MAX_ROWS)


def understand(table: list[list[str]], *, caf) -> Reading:
    """Return what saving the table would do, row by row, without saving anything."""
    columns = _columns(table[0])
    standing = {
        (one.parameter, one.departement_code, one.valid_from): one
        for one in EnteredValue.objects.standing().filter(organisation=caf)
    }
    rows: list[Row] = []
    seen: dict[tuple[str, str, date], int] = {}
    for number, cells in enumerate(table[1:], start=2):
        texts = {name: text for name, text in zip(columns, cells, strict=False) if name}
        # The lines of our own sheet that nobody filled in.
        if not texts.get("value"):
            continue
        row = _row(number, texts, columns, caf)
        rows.append(row)
        if row.errors:
            continue
        key = (row.form.parameter.id, row.facts["departement_code"], row.facts["valid_from"])
        if key in seen:
            first = _("La ligne %(first)s donne déjà cette valeur\u00a0: gardez-en une.")
            row.errors.append((_cell(columns, "parameter", number), first % {"first": seen[key]}))
        seen.setdefault(key, number)
        row.entered = standing.get(key)
    if not rows:
        raise UnreadableSheet(_("Aucune ligne n’a de valeur\u00a0: il n’y a rien à saisir."))
    return Reading(rows)


def _columns(header: list[str]) -> list[str]:
    titles = {}
    for language in ("en", "fr"):
        with override(language):
            titles |= {fold(str(title)): name for name, title in COLUMNS.items()}
    columns = [titles.get(fold(cell), "") for cell in header]
    if missing := [str(COLUMNS[name]) for name in REQUIRED if name not in columns]:
        raise UnreadableSheet(
            _("Il manque une colonne\u00a0: %(missing)s. Partez de l’export, ses titres sont ceux attendus.")
            % {"missing": ", ".join(f"«\u202f{title}\u202f»" for title in missing)}
        )
    return columns


def _cell(columns: list[str], name: str, number: int) -> str:
    return f"{get_column_letter(columns.index(name) + 1)}{number}" if name in columns else str(number)


def _row(number: int, texts: dict[str, str], columns: list[str], caf) -> Row:
    parameter = parameter_meant(texts.get("parameter", ""))
    if parameter is None:
        told = _("«\u202f%(text)s\u202f» n’est pas l’identifiant d’un paramètre.")
        wrong = told % {"text": texts.get("parameter", "")[:60]}
        return Row(number, texts, "", None, errors=[(_cell(columns, "parameter", number), wrong)])
    data = texts | {"departement": departement_meant(texts.get("departement", ""), caf)}
    form = ValueForm(data, parameter=parameter, caf=caf)
    row = Row(number, texts, words.in_language(parameter.title), form)
    if not form.is_valid():
        row.errors = [
            (_cell(columns, name, number), message)
            for name, messages in form.errors.items()
            for message in messages
        ]
    return row


class Refused(Exception):
    """A row that was good when it was shown is refused now: nothing is saved."""


@transaction.atomic
def save(reading: Reading, *, by) -> int:
    """Save every row or none."""
    n_saved = 0
    for row in reading.rows:
        if row.outcome in ("new", "corrected"):
            row.form.entered = row.entered
            if row.form.save(by=by) is None:
                raise Refused(row.number)
            n_saved += 1
    return n_saved
