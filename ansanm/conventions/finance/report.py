"""A page of amounts, written once: the page, the PDF, the workbook and the CSV say the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.ui.charts import Chart
from ansanm.ui.documents import pdf
from ansanm.ui.documents.blocks import Document, Heading, Paragraph, Picture, Table
from ansanm.ui.documents.sheets import Column as SheetColumn
from ansanm.ui.documents.sheets import Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.formats import format_day, format_number

MOST_ROWS_PRINTED = 400
FORMATS = ("pdf", "xlsx", "csv")
NUMERIC = {"eur", "percent", "whole", "number"}


def euros(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents) / 100


@dataclass(frozen=True)
class Column:
    title: str
    unit: str = ""  # "" for words, eur, percent, whole, number, day

    @property
    def is_numeric(self) -> bool:
        return self.unit in NUMERIC


def shown(value, unit: str) -> str:
    """A cell as people read it; what is not known is said."""
    if value is None:
        return _("donnée absente")
    match unit:
        case "eur":
            return format_number(value, "eur", decimals=2)
        case "percent":
            return format_number(value, "percent", decimals=2)
        case "whole":
            return format_number(value)
        case "number" | "hours":
            return format_number(value, decimals=0 if value == int(value) else 2)
        case "day":
            return format_day(value)
    return str(value)


@dataclass(frozen=True)
class Section:
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence]
    text: str = ""
    urls: Sequence[str] = ()  # of the first cell of each row
    has_total: bool = False  # the last row is one
    anchor: str = "section"
    widths: Sequence[float] = ()  # shares of the columns on paper
    printed: Sequence[int] = ()  # the columns that paper has room for; all where not told
    empty: str = ""

    @property
    def cells(self) -> list[dict]:
        last = len(self.rows) - 1
        return [
            {
                "url": self.urls[number] if number < len(self.urls) else "",
                "is_total": self.has_total and number == last,
                "name": shown(row[0], self.columns[0].unit),
                "cells": [
                    {
                        "label": column.title,
                        "text": shown(value, column.unit),
                        "is_numeric": column.is_numeric,
                        "is_absent": value is None,
                    }
                    for column, value in list(zip(self.columns, row, strict=True))[1:]
                ],
            }
            for number, row in enumerate(self.rows)
        ]


@dataclass(frozen=True)
class Key:
    name: str
    value: Decimal | int | None
    unit: str = "eur"
    decimals: int | None = 2
    absence: str = ""
    help: str = ""


@dataclass(frozen=True)
class Report:
    title: str
    subtitle: str
    lead: Sequence[str] = ()
    warnings: Sequence[str] = ()
    keys: Sequence[Key] = ()
    charts: Sequence[Chart] = ()
    sections: Sequence[Section] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def written(report: Report, format: str) -> bytes | str:
    return {"pdf": to_pdf, "xlsx": to_xlsx, "csv": to_csv}[format](report)


def to_pdf(report: Report) -> bytes:
    blocks = [Paragraph(one, kind="warning", mark=_("Attention")) for one in report.warnings]
    blocks += [Paragraph(one) for one in report.lead]
    if report.keys:
        rows = [
            [
                one.name,
                shown(one.value, one.unit) if one.value is not None else one.absence or _("donnée absente"),
            ]
            for one in report.keys
        ]
        blocks.append(Table(_("L’essentiel"), [_("Intitulé"), _("Valeur")], rows, numeric=frozenset({1})))
    for chart in report.charts:
        blocks.append(Picture(chart.title, chart.reading or chart.title, lambda chart=chart: chart.svg()))
    for section in report.sections:
        blocks.append(Heading(1, section.title))
        if section.text:
            blocks.append(Paragraph(section.text))
        if len(printed_rows(section)) < len(section.rows):
            blocks.append(
                Paragraph(
                    _("Les %(n)s premières sur %(all)s\u202f; le tableur les a toutes.")
                    % {"n": MOST_ROWS_PRINTED, "all": len(section.rows) - section.has_total},
                    kind="warning",
                    mark=_("Attention"),
                )
            )
        if section.rows:
            blocks.append(table_of(section))
        elif section.empty:
            blocks.append(Paragraph(section.empty))
    blocks += [Paragraph(one, kind="source") for one in report.notes]
    return pdf.write(
        Document(
            title=report.title,
            subtitle=report.subtitle,
            language=get_language() or "fr",
            author="Ansanm",
            produced_on=timezone.localdate(),
            foot=report.subtitle,
            page_label=_("Page {n} sur {total}"),
            blocks=blocks,
        )
    )


def printed_rows(section: Section) -> list:
    """Those that paper has room for; the total, of all of them, stays."""
    n_totals = int(section.has_total)
    rows = list(section.rows)
    if len(rows) - n_totals <= MOST_ROWS_PRINTED:
        return rows
    return rows[:MOST_ROWS_PRINTED] + rows[len(rows) - n_totals :]


def table_of(section: Section) -> Table:
    rows = printed_rows(section)
    last = len(rows) - 1
    kept = list(section.printed) or list(range(len(section.columns)))
    columns = [section.columns[n] for n in kept]
    return Table(
        section.title,
        [one.title for one in columns],
        [[shown(row[n], section.columns[n].unit) for n in kept] for row in rows],
        widths=list(section.widths) or [2.0] + [1.0] * (len(columns) - 1),
        numeric=frozenset(n for n, one in enumerate(columns) if one.is_numeric),
        strong_rows=frozenset({last}) if section.has_total else frozenset(),
        is_dense=len(columns) > 5,
    )


def sheet_of(section: Section) -> Sheet:
    formats = {"eur": "#,##0.00", "percent": "0.00", "whole": "0", "number": "0.00"}
    columns = [
        SheetColumn(
            f"{one.title} (€)" if one.unit == "eur" else one.title,
            40 if number == 0 else 18,
            formats.get(one.unit, ""),
            wrap=number == 0,
        )
        for number, one in enumerate(section.columns)
    ]
    return Sheet(
        section.title,
        columns,
        [[plain(value) for value in row] for row in section.rows],
        frozen_columns=1,
    )


def plain(value):
    """A cell of a sheet: empty where nothing is known, never a zero in its place."""
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, int | float | date):
        return value
    return str(value)


def to_xlsx(report: Report) -> bytes:
    readme = [(_("Attention"), one) for one in report.warnings]
    readme += [(_("Ce que c’est"), one) for one in (*report.lead, *report.notes)]
    readme.append((_("Cellule vide"), _("Donnée absente\u00a0: ni zéro, ni estimation.")))
    return write_xlsx(
        Workbook(
            title=report.title,
            subject=report.subtitle,
            author="Ansanm",
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=readme,
            sheets=[sheet_of(one) for one in report.sections],
        )
    )


def to_csv(report: Report) -> str | bytes:
    """The most detailed table: a CSV holds one."""
    section = max(report.sections, key=lambda one: len(one.rows) * len(one.columns))
    return write_csv(sheet_of(section), decimal_mark="." if get_language() == "en" else ",")
