"""Several figures at once: a sheet out, the same sheet back in, all or nothing.

A sheet is read into plain texts, and each row goes through the form a person would fill in: the same
words are understood, the same errors are told, with the cell they stand in.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from openpyxl.utils import get_column_letter

from ansanm.conventions.forms import FigureForm, typed
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure, Territory
from ansanm.territories.variables import fold, variables
from ansanm.ui.documents import tables
from ansanm.ui.documents.sheets import Column, Sheet
from ansanm.ui.documents.tables import UnreadableSheet
from ansanm.ui.formats import labelled, listed_apart

MAX_ROWS = 500

COLUMNS = {
    "territory": gettext_lazy("Territoire"),
    "variable": gettext_lazy("Donnée"),
    "period": gettext_lazy("Période"),
    "value": gettext_lazy("Valeur"),
    "source_title": gettext_lazy("Source"),
    "source_url": gettext_lazy("Adresse de la source"),
    "source_on": gettext_lazy("Date de la source"),
    "note": gettext_lazy("Précisions"),
}
MARKS = gettext_lazy("À corriger")
REQUIRED = ("territory", "variable", "period", "value", "source_title", "source_on")


@dataclass(frozen=True)
class CellError:
    cell: str
    text: str
    message: str


@dataclass
class Row:
    number: int  # as the spreadsheet counts
    form: FigureForm
    figure: DeclaredFigure | None  # the one it would correct
    errors: list[CellError] = field(default_factory=list)

    @property
    def place(self) -> str:
        asked = self.form.data.get("territory", "")
        return self.form.territories[asked].name if asked in self.form.territories else asked

    @property
    def outcome(self) -> str:
        if self.errors:
            return "refused"
        if self.figure is None:
            return "new"
        return "unchanged" if declared.facts_of(self.figure) == self.form.facts else "corrected"

    def match(self, standing, by):
        """Find the figure this row repeats, or else the one of `by`'s organisation it corrects."""
        if self.errors:
            return
        new = self.form.unsaved()
        twins = standing[new.level, new.code, new.variable, new.period]
        same = [one for one in twins if declared.facts_of(one) == self.form.facts]
        own = [one for one in twins if declared.may_change(one, by)]
        self.figure = next(iter(same + own), None)


@dataclass
class Reading:
    columns: list[str]
    rows: list[Row]

    @property
    def errors(self) -> list[CellError]:
        return [error for row in self.rows for error in row.errors]

    def n(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def n_to_save(self):
        return self.n("new") + self.n("corrected")

    @property
    def fingerprint(self) -> list:
        """What was shown before saving: it changes if anybody corrects one of these meanwhile."""
        return [
            [row.number, row.outcome, row.figure.pk, row.figure.version]
            if row.figure
            else [row.number, row.outcome]
            for row in self.rows
        ]


def read_table(name: str, content: bytes) -> list[list[str]]:
    """The cells of a CSV or XLSX file as texts, the header first."""
    # Ours has its words on a first sheet, and the figures on the last.
    return tables.read_table(name, content, max_rows=MAX_ROWS)


def understand(table: list[list[str]], *, convention, by) -> Reading:
    """What saving the table would do, row by row, without saving anything."""
    columns = _columns(table[0])
    places = convention.declarable()
    keys = keys_of(places)
    standing = defaultdict(list)
    for figure in convention.figures():
        standing[figure.level, figure.code, figure.variable, figure.period].append(figure)
    rows, seen = [], {}
    for number, cells in enumerate(table[1:], start=2):
        if not any(cells):
            continue
        row = _row(number, dict(zip(columns, cells, strict=False)), columns, places, keys)
        row.match(standing, by)
        _refuse_twice(row, columns, seen)
        rows.append(row)
    return Reading(columns, rows)


def _columns(header) -> list[str]:
    """The field of each column, "" where the title is none of ours."""
    titles = {}
    for language in ("en", "fr"):
        with override(language):
            titles |= {fold(str(title)): name for name, title in COLUMNS.items()}
    columns = [titles.get(fold(cell), "") for cell in header]
    missing = [str(COLUMNS[name]) for name in REQUIRED if name not in columns]
    if missing:
        raise UnreadableSheet(
            _("Il manque une colonne : %(missing)s. Partez du modèle, ses titres sont ceux attendus.")
            % {"missing": ", ".join(f"« {title} »" for title in missing)}
        )
    return columns


def _row(number, texts, columns, places, keys) -> Row:
    data = {name: text for name, text in texts.items() if name}
    place = data.get("territory", "")
    meant = called(place, keys)
    data["territory"] = meant[0] if len(meant) == 1 else place
    form = FigureForm(data, territories=places)
    row = Row(number, form, None)
    if len(meant) > 1:
        told = _("« %(text)s » est le nom de plusieurs territoires : écrivez le code du vôtre, %(codes)s.")
        codes = listed_apart(places[key].code for key in meant)
        form.errors["territory"] = form.error_class([told % {"text": place, "codes": codes}])
    if form.is_valid():
        form.check()
    for name, messages in form.errors.items():
        cell = f"{get_column_letter(columns.index(name) + 1)}{number}" if name in columns else str(number)
        row.errors += [CellError(cell, texts.get(name, ""), message) for message in messages]
    return row


def keys_of(places: dict[str, Territory]) -> dict[str, list[str]]:
    """The places that each text may mean: a code, or a name."""
    keys = defaultdict(list)
    for key, place in places.items():
        keys[key].append(key)
        keys[place.code].append(key)
        # The one IRIS of a commune not cut up has its name, and is the commune.
        if not (place.level == "iris" and place.code.endswith("0000")):
            keys[fold(place.name)].append(key)
    return keys


def called(text: str, keys: dict[str, list[str]]) -> list[str]:
    # A spreadsheet takes the first zero of « 01004 » and of « 010040101 » away.
    tries = (text, text.upper(), text.zfill(5), text.zfill(9), fold(text))
    return next((keys[one] for one in tries if one in keys), [])


def _refuse_twice(row, columns, seen):
    if row.errors:
        return
    key = tuple(str(row.form.cleaned_data[name]) for name in ("territory", "variable", "period"))
    if key in seen:
        cell = f"{get_column_letter(columns.index('territory') + 1)}{row.number}"
        message = _("La ligne %(first)s donne déjà ce chiffre : gardez-en une.") % {"first": seen[key]}
        row.errors.append(CellError(cell, "", message))
    seen.setdefault(key, row.number)


@transaction.atomic
def save(reading: Reading, *, convention, by) -> int:
    """Save every row or none; StaleVersion when somebody corrected one of them meanwhile."""
    if reading.errors:
        raise ValueError(f"{len(reading.errors)} cells are refused: nothing is saved.")
    for row in reading.rows:
        match row.outcome:
            case "new":
                declared.declare_figure(
                    by=by,
                    territory=row.form.territories[row.form.cleaned_data["territory"]],
                    variable=row.form.cleaned_data["variable"].id,
                    convention=convention,
                    **row.form.facts,
                )
            case "corrected":
                declared.correct_figure(
                    by=by,
                    figure=row.figure,
                    version=row.figure.version,
                    convention=convention,
                    **row.form.facts,
                )
    return reading.n_to_save


def sheet_of(figures) -> Sheet:
    """The figures as the sheet that `understand` reads; small counts of the Caf stay out."""
    widths = {"variable": 46, "source_title": 40, "source_url": 30, "note": 60}
    columns = [Column(str(title), widths.get(name, 18)) for name, title in COLUMNS.items()]
    rows = []
    for figure in figures:
        if declared.is_secret(figure.variable, figure.value):
            continue
        texts = typed(figure) | {
            "territory": figure.code,
            "variable": str(variables().get(figure.variable, figure.variable)),
        }
        rows.append([texts[name] for name in COLUMNS])
    return Sheet(str(_("Chiffres déclarés")), columns, rows)


def marked(table: list[list[str]], reading: Reading) -> Sheet:
    """The table as it was sent, with what to mend in a last column, which `understand` passes over."""
    title = str(MARKS)
    # A file marked once already comes back with that column: the marks are made anew.
    kept = [
        place for place, cell in enumerate(table[0]) if fold(cell) not in {fold(name) for name in marks()}
    ]
    told = {
        row.number: "\n".join(labelled(error.cell, error.message) for error in row.errors)
        for row in reading.rows
    }
    columns = [Column(table[0][place], 24) for place in kept] + [Column(title, 70, wrap=True)]
    rows = [
        [*(line[place] if place < len(line) else "" for place in kept), told.get(number, "")]
        for number, line in enumerate(table[1:], start=2)
    ]
    return Sheet(str(_("Chiffres à corriger")), columns, rows)


def marks() -> list[str]:
    """The title of the column of marks, in each language."""
    titles = []
    for language in ("fr", "en"):
        with override(language):
            titles.append(str(MARKS))
    return titles
