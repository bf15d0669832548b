"""A simulated crèche as files: a workbook alive, a PDF and a Word document that say what the page says."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.funding import creche_book
from ansanm.funding.creche_simulation import Answer
from ansanm.ui.charts import Chart
from ansanm.ui.documents import pdf, word
from ansanm.ui.documents.blocks import Block, Document, Heading, Item, Listing, Paragraph, Picture, Table
from ansanm.ui.formats import format_day


def document(answer: Answer, title: str = "") -> Document:
    today = timezone.localdate()
    named = title or (_("Changer une crèche") if answer.is_change else _("Ouvrir une crèche"))
    place = answer.form.cleaned_data["territory"]
    told = _("Simulation établie le %(day)s avec Ansanm.") % {"day": format_day(today)}
    return Document(
        title=named,
        subtitle=f"{place.name}. {told}" if place else told,
        language=(get_language() or "fr")[:2],
        author="Ansanm",
        produced_on=today,
        foot=_("%(title)s, %(day)s") % {"title": named, "day": format_day(today)},
        page_label=_("Page {n} sur {total}"),
        blocks=list(blocks(answer)),
    )


def blocks(answer: Answer) -> Iterator[Block]:
    yield Paragraph(
        _("Une simulation, pas une décision\u00a0: le droit se calcule sur l’activité réelle."), "lead"
    )
    yield Paragraph(answer.status_words, "warning", _("État"))
    for text in answer.warnings:
        yield Paragraph(text, "warning", _("À vérifier"))
    yield Heading(1, _("L’essentiel"))
    numbers = [list(one) for one in answer.key_numbers]
    yield Table(
        _("L’essentiel"), [_("Chiffre"), _("Valeur"), _("Précision")], numbers, [3, 2, 4], frozenset({1})
    )
    if answer.incomes_told:
        yield Paragraph(answer.incomes_told)
    if answer.is_change:
        yield Heading(1, _("Avant et après, la troisième année"))
        yield _table(_("Avant et après"), answer.gap_columns, answer.gaps)
    yield Heading(1, _("Année après année"))
    if answer.budget_before:
        yield _table(_("Aujourd’hui"), answer.budget_columns, answer.budget_before)
    yield _table(_("Budget"), answer.budget_columns, answer.budget())
    yield from _chart(answer.shares_chart)
    yield Heading(1, _("Et si elle était plus ou moins pleine"))
    yield from _chart(answer.sensitivity_chart)
    yield _table(answer.grid_title, answer.grid_columns, answer.grid_rows)
    yield Heading(1, _("Le calcul, pas à pas"))
    cruising = answer.cruising.year
    year = next(one for one in answer.explained if one["year"] == cruising)
    yield Paragraph(_("Pour %(year)s, la troisième année.") % {"year": cruising})
    for amount in year["amounts"]:
        yield Heading(2, f"{amount['name']}, {amount['eur']}")
        yield Paragraph(amount["status"], "source")
        yield Listing([Item(_line(line)) for line in amount["lines"]])
    yield Heading(1, _("Les valeurs utilisées"))
    rows = [
        [
            one["title"],
            one["value"],
            one["since"],
            one["status"],
            one["source"].title if one["source"] else one["note"],
        ]
        for one in answer.values_used
    ]
    yield Table(
        _("Les valeurs utilisées"),
        [_("Paramètre"), _("Valeur"), _("Depuis"), _("État"), _("Source")],
        rows,
        [4, 2, 2, 2, 3],
        is_dense=True,
    )


def _table(caption: str, columns: list[str], rows: list[list[str]]) -> Table:
    widths = [2.2, *[1.0] * (len(columns) - 1)]
    return Table(caption, columns, rows, widths, frozenset(range(1, len(columns))), is_dense=len(columns) > 5)


def _chart(chart: Chart) -> Iterator[Block]:
    yield Picture(chart.title, chart.reading or chart.title, lambda: str(chart.svg()), share=0.8)
    yield Paragraph(chart.reading)


def _line(line: dict) -> str:
    told = f"{line['label'][:1].upper()}{line['label'][1:]}\u00a0: {line['result']} {line['unit']}".rstrip()
    calculation = f" = {line['calculation']}" if line["calculation"] else ""
    return " ".join([f"{told}{calculation}.", *line["notes"]])


def to_pdf(answer: Answer, title: str = "") -> bytes:
    return pdf.write(document(answer, title))


def to_docx(answer: Answer, title: str = "") -> bytes:
    return word.write(document(answer, title))


FORMATS = {"xlsx": creche_book.write, "pdf": to_pdf, "docx": to_docx}
