"""Rows that people type or import to simulate money: kept as texts, read into numbers, all or nothing.

A row may be incomplete: it is kept, said to be, and left out of what is computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl.utils import get_column_letter

from ansanm.accounts.audit import record
from ansanm.conventions.models import Convention, FundingSheet
from ansanm.conventions.models.plan import new_key
from ansanm.territories.variables import fold
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents import tables
from ansanm.ui.documents.sheets import Column, Sheet
from ansanm.ui.documents.tables import UnreadableSheet

MAX_ROWS = 500
WIDE = {"name": 34, "operator": 30, "city": 26, "territory": 26}


@dataclass(frozen=True)
class Spec:
    """One kind of sheet: its columns in order, those a row cannot do without, and the form of a row."""

    kind: str
    title: Promise
    columns: Mapping[str, Promise]
    required: tuple[str, ...]
    identity: tuple[str, ...]  # what no two rows share
    form: type[forms.Form]
    starting: Mapping[str, Any]  # the settings of a sheet nobody saved yet


def load(convention: Convention, spec: Spec) -> FundingSheet:
    """Return the sheet of the convention, one unsaved and empty where there is none."""
    found = convention.funding_sheets.filter(kind=spec.kind).first()
    return found or FundingSheet(
        convention=convention,
        kind=spec.kind,
        content={"rows": [], "settings": dict(spec.starting)},
        version=0,
    )


@transaction.atomic
def save(
    *, by, convention: Convention, spec: Spec, base_version: int, rows=None, settings=None
) -> FundingSheet:
    """Write the rows, the settings or both; StaleVersion where somebody saved in between."""
    Convention.objects.select_for_update().get(pk=convention.pk)
    current = load(convention, spec)
    if current.version != base_version:
        raise StaleVersion(current)
    before = {"n_rows": len(current.content["rows"])}
    content = {
        "rows": current.content["rows"] if rows is None else rows,
        "settings": current.content["settings"] if settings is None else settings,
    }
    current.content, current.changed_by, current.version = content, by, base_version + 1
    current.save()
    record(
        "sheet.save",
        by=by,
        target=current,
        convention=convention,
        before=before,
        after={"n_rows": len(content["rows"])},
    )
    return current


def texts_of(form: forms.Form, spec: Spec) -> dict[str, str]:
    """Return what to keep of a valid form: its cleaned values as texts."""
    return {name: "" if (value := form.cleaned_data[name]) is None else str(value) for name in spec.columns}


def with_row(sheet: FundingSheet, texts: dict[str, str], key: str = "") -> list[dict]:
    """Return the rows with this one added, or in the place of the one that has the key."""
    if key:
        return [texts | {"key": key} if row["key"] == key else row for row in sheet.content["rows"]]
    return [*sheet.content["rows"], texts | {"key": new_key()}]


def twin_of(rows: list[dict], texts: Mapping[str, str], spec: Spec, key: str = "") -> dict | None:
    """Return another row that is about the same thing."""
    wanted = [fold(texts.get(name, "")) for name in spec.identity]
    for row in rows:
        if row["key"] != key and [fold(row[name]) for name in spec.identity] == wanted:
            return row
    return None


def row_sheet(rows: list[dict], spec: Spec, convention: Convention) -> Sheet:
    """Return the rows as the sheet that `understand` reads."""
    blank = spec.form(convention=convention)
    columns = [Column(str(title), WIDE.get(name, 18), wrap=True) for name, title in spec.columns.items()]
    cells = []
    for row in rows:
        shown = spec.form(initial=row, convention=convention)
        cells.append([told(shown, name, row.get(name, "")) for name in spec.columns])
    assert set(spec.columns) <= set(blank.fields)
    return Sheet(str(_("Données")), columns, cells, frozen_columns=1)


def told(form: forms.Form, name: str, text: str) -> str:
    """Return a kept text as people write it: the label of a choice, a comma for decimals."""
    if text and isinstance(form.fields[name], WordChoice):
        return str(dict(form.fields[name].choices).get(text, text))
    if text and isinstance(form.fields[name], Written):
        return form.fields[name].written(text)
    return text


class Written(ABC):
    """A field whose kept text is not what people write."""

    @abstractmethod
    def written(self, text: str) -> str:
        """What people read of the kept `text`."""


class WordChoice(forms.ChoiceField):
    """A choice, also by its words in either language."""

    def to_python(self, value):
        text = super().to_python(value)
        meant = {}
        for language in ("en", "fr"):
            with override(language):
                meant |= {fold(str(label)): key for key, label in self.choices}
        return meant.get(fold(text), text)


# --- import


@dataclass
class ReadRow:
    number: int  # as the spreadsheet counts
    texts: dict[str, str]  # as typed
    kept: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)
    outcome: str = "new"


@dataclass
class Reading:
    rows: list[ReadRow]
    n_gone: int = 0

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [error for row in self.rows for error in row.errors]

    def n(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)


def understand(table: list[list[str]], spec: Spec, sheet: FundingSheet) -> Reading:
    """Return what saving the table would do; the file stands for all the rows."""
    places = columns_of(table[0], spec)
    rows: list[ReadRow] = []
    seen: dict[tuple[str, ...], int] = {}
    held = {tuple(fold(row[name]) for name in spec.identity): row for row in sheet.content["rows"]}
    for number, cells in enumerate(table[1:], start=2):
        if not any(cells):
            continue
        texts = {name: cell.strip() for name, cell in zip(places, cells, strict=False) if name}
        row = ReadRow(number, texts)
        form = spec.form(texts, convention=sheet.convention)
        if form.is_valid():
            row.kept = texts_of(form, spec)
            same = tuple(fold(row.kept[name]) for name in spec.identity)
            if same in seen:
                told_ = _("La ligne %(first)s est déjà celle-ci\u00a0: gardez-en une.")
                row.errors.append((f"{number}", told_ % {"first": seen[same]}))
            seen.setdefault(same, number)
            before = held.get(same)
            row.kept["key"] = before["key"] if before else new_key()
            row.outcome = "unchanged" if row.kept == before else "changed" if before else "new"
        else:
            for name, messages in form.errors.items():
                cell = (
                    f"{get_column_letter(places.index(name) + 1)}{number}" if name in places else str(number)
                )
                row.errors += [(cell, str(message)) for message in messages]
        if row.errors:
            row.outcome = "refused"
        rows.append(row)
    return Reading(rows, n_gone=len(set(held) - set(seen)))


def columns_of(header: list[str], spec: Spec) -> list[str]:
    """Return the field of each column, "" where the title is none of ours."""
    titles = {}
    for language in ("en", "fr"):
        with override(language):
            titles |= {fold(str(title)): name for name, title in spec.columns.items()}
    found = [titles.get(fold(cell), "") for cell in header]
    missing = [str(spec.columns[name]) for name in spec.required if name not in found]
    if missing:
        raise UnreadableSheet(
            _("Il manque une colonne : %(missing)s. Partez du modèle, ses titres sont ceux attendus.")
            % {"missing": ", ".join(f"« {title} »" for title in missing)}
        )
    return found


def read_table(name: str, content: bytes, spec: Spec) -> list[list[str]]:
    def is_ours(header: list[str]) -> bool:
        try:
            columns_of(header, spec)
        except UnreadableSheet:
            return False
        return True

    return tables.read_table(name, content, max_rows=MAX_ROWS, wanted=is_ours)
