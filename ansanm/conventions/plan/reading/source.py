"""A file as one source: the records it holds, one a fiche, under the headings met.

A plan is written as a list (a row per action), as fiches (a table per action: labels down the first
column, one column per operation), or as our own workbook, whose other sheets hold the rows of a fiche.
What is neither is kept aside: texts that count actions, summary tables that name pilots.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePath

from django.utils.translation import gettext as _

from ansanm.conventions.plan import columns
from ansanm.conventions.plan.columns import PlanSheet
from ansanm.conventions.plan.reading import csv, docx, xlsx
from ansanm.conventions.plan.reading.grids import MAX_ROWS, Cell, Grid
from ansanm.conventions.plan.reading.guards import UnreadablePlan, kind_of
from ansanm.conventions.plan.reading.matching import field_called
from ansanm.engines.written import folded_text

# A header is looked for in the first rows: above it stand titles, dates and logos.
HEADER_WITHIN = 15
CHILD_SHEETS = [sheet for sheet in columns.SHEETS if sheet.field]


@dataclass
class Record:
    """What one row, or one table, says: for each heading its cells, several where operations differ."""

    address: str
    cells: dict[int, list[Cell]]
    # The title of the sheet or of the paragraph above, and the row of the list that heads the section.
    group: str = ""
    section: Cell | None = None


@dataclass
class Summary:
    """A second table that names actions: what it says is compared, not imported."""

    name: str
    fields: list[str]
    rows: list[list[Cell]]


@dataclass
class Child:
    """A row of one of our other sheets."""

    sheet: PlanSheet
    cells: dict[str, Cell]


@dataclass
class Source:
    name: str
    kind: str
    headings: list[Cell] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    # Which of our other sheets are there, even empty: an empty one empties.
    sheets: set[str] = field(default_factory=set)
    prose: list[Cell] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # Where the list is, to mark it: sheet name, row of the titles (from 1).
    sheet: str = ""
    header_row: int = 0

    def samples(self) -> list[list[str]]:
        """For each heading, the first texts under it."""
        found: list[list[str]] = [[] for _heading in self.headings]
        for record in self.records:
            for index, cells in record.cells.items():
                if len(found[index]) < 12:
                    found[index] += [cell.text for cell in cells if cell][:1]
        return found


@dataclass
class _List:
    grid: Grid
    header: int
    fields: list[str]

    @property
    def weight(self):
        return len(set(self.fields) - {""}) * (len(self.grid.rows) - self.header)


def read(name: str, content: bytes) -> Source:
    """Read a plan, whatever its shape; UnreadablePlan says why it cannot be."""
    name = PurePath(name.replace("\\", "/")).name[:120] or "plan"
    kind = kind_of(name, content)
    prose: list[Cell] = []
    match kind:
        case "xlsx":
            grids = xlsx.read(name, content)
        case "docx":
            grids, prose = docx.read(name, content)
        case _:
            grids = csv.read(name, content)
    source = assemble(Source(name, kind, prose=prose), grids)
    if not source.records:
        raise UnreadablePlan(
            _(
                "Aucun plan d’actions n’est reconnu dans « %(name)s » : il faut une ligne de titres avec au "
                "moins « Intitulé », ou des fiches dont la première colonne dit « Pilote », « Calendrier »… "
                "Le modèle convient toujours."
            )
            % {"name": name}
        )
    return source


def assemble(source: Source, grids: list[Grid]) -> Source:
    lists, fiches = [], []
    for grid in grids:
        if child := _child_sheet(grid):
            source.sheets.add(child.key)
            source.children += _children(grid, child)
            continue
        shape = _fiche_labels(grid), _list_of(grid)
        if shape[0] and shape[0] > (len(set(shape[1].fields) - {""}) if shape[1] else 0):
            fiches.append(grid)
        elif shape[1]:
            lists.append(shape[1])
        else:
            source.prose += [cell for row in grid.rows for cell in dict.fromkeys(row) if cell]
        if len(grid.rows) >= MAX_ROWS:
            source.notes.append(
                _("« %(name)s » : les lignes après la %(n)se ne sont pas lues.")
                % {"name": grid.name, "n": MAX_ROWS}
            )
    if fiches:
        _take_fiches(source, fiches)
        source.summaries = [_summary(one) for one in lists]
        return source
    plan = max(lists, key=lambda one: one.weight, default=None)
    if plan is None and source.kind != "docx":
        # Titles that say nothing to us: the person will say which column is which.
        plan = max(map(_unnamed, grids), key=lambda one: len(one.grid.rows) if one else 0, default=None)
        if plan:
            lists, source.prose = [plan], []
    if plan is None:
        return source
    source.sheet, source.header_row = plan.grid.name, plan.header + 1
    source.headings = list(plan.grid.rows[plan.header])
    titles = [folded_text(cell.text) for cell in source.headings]
    for one in lists:
        same = [folded_text(cell.text) for cell in one.grid.rows[one.header]] == titles
        if one is plan or same:
            _take_list(source, one, several=sum(other is not plan for other in lists) > 0)
        else:
            source.summaries.append(_summary(one))
    return source


# --- our own other sheets


def _child_sheet(grid: Grid) -> PlanSheet | None:
    titles = {folded_text(cell.text) for cell in grid.rows[0] if cell}
    for sheet in CHILD_SHEETS:
        for language in ("fr", "en"):
            own = {folded_text(getattr(column, language)) for column in sheet.columns if not column.is_later}
            first = folded_text(getattr(columns.FICHE, language))
            if first in titles and len(titles & own) >= 0.7 * len(own):
                return sheet
    return None


def _children(grid: Grid, sheet: PlanSheet) -> list[Child]:
    keys = {folded_text(title): column.key for column in sheet.columns for title in (column.fr, column.en)}
    header = [keys.get(folded_text(cell.text), "") for cell in grid.rows[0]]
    return [
        Child(sheet, {key: cell for key, cell in zip(header, row, strict=True) if key})
        for row in grid.rows[1:]
        if any(row)
    ]


# --- lists


def _list_of(grid: Grid) -> _List | None:
    best = None
    for index, row in enumerate(grid.rows[:HEADER_WITHIN]):
        # One text over the whole row is the title of the document, whatever it names.
        if len({cell.address for cell in row if cell}) < 2:
            continue
        fields = [field_called(cell.text) if cell else "" for cell in row]
        known = set(fields) - {""}
        if len(known) >= 2 and known & {"title", "operation"}:
            one = _List(grid, index, fields)
            if best is None or len(known) > len(set(best.fields) - {""}):
                best = one
    return best if best and len(grid.rows) > best.header + 1 else None


def _unnamed(grid: Grid) -> _List | None:
    """The grid as a list whose first row of several cells holds the titles."""
    for index, row in enumerate(grid.rows[:HEADER_WITHIN]):
        if len({cell.address for cell in row if cell}) > 1 and len(grid.rows) > index + 1:
            return _List(grid, index, [field_called(cell.text) if cell else "" for cell in row])
    return None


_SECTION = re.compile(r"^(?:enjeu|axe|objectif|orientation|thematique|theme|volet|priorite|defi|stake)\b")
_TOTAL = re.compile(r"^(?:sous-)?total\b|^totaux\b")


def _take_list(source: Source, one: _List, *, several: bool) -> None:
    rows = one.grid.rows
    header = rows[one.header]
    titles = [folded_text(cell.text) for cell in header]
    # Territoires en Transitions explains its columns in the row under their titles.
    first = one.header + (2 if titles[:1] == ["axe (x)"] else 1)
    place = next((i for i, name in enumerate(one.fields) if name in {"title", "operation"}), 0)
    section = None
    source.prose += [cell for row in rows[: one.header] for cell in dict.fromkeys(row) if cell]
    for row in rows[first:]:
        given = list(dict.fromkeys(cell for cell in row if cell))
        if not given or [folded_text(cell.text) for cell in row] == titles:
            continue
        words = folded_text(given[0].text)
        merged = sum(cell is given[0] for cell in row) > 1
        if len(given) == 1 and (merged or (given[0] is not row[place] and _SECTION.match(words))):
            section = given[0]
            continue
        if _TOTAL.match(words) and (not row[place] or row[place] is given[0]):
            source.prose += given
            source.notes.append(_("%(cell)s : ligne de total, laissée de côté.") % {"cell": given[0].address})
            continue
        for index, cell in enumerate(row):
            if cell and not header[index]:
                source.notes.append(
                    _("%(cell)s : cette colonne n’a pas de titre, « %(text)s » n’est pas lu.")
                    % {"cell": cell.address, "text": cell.text[:60]}
                )
        cells = {index: [cell] for index, cell in enumerate(row) if header[index]}
        source.records.append(Record(given[0].address, cells, one.grid.name if several else "", section))


def _summary(one: _List) -> Summary:
    return Summary(one.grid.name, one.fields, one.grid.rows[one.header + 1 :])


# --- fiches


def _fiche_labels(grid: Grid) -> int:
    """How many fields the first column names, 0 when too few for a fiche."""
    found = {field_called(row[0].text) for row in grid.rows if row and row[0] and len(row) > 1} - {""}
    return len(found) if len(found) >= 4 else 0


BANNER = re.compile(
    r"^(?:fiche(?:[ -]+action)?|action|op[ée]ration)\s*(?:n\s*[°ºo.]+\s*)?"
    r"(?P<number>[A-Z]?\d[\w.-]*)?\s*[:.–—-]*\s*(?P<title>.*)$",
    re.IGNORECASE | re.DOTALL,
)


def _take_fiches(source: Source, grids: list[Grid]) -> None:
    places: dict[str, int] = {}

    def heading(label: Cell) -> int:
        key = folded_text(label.text).strip(" :")
        if key not in places:
            places[key] = len(source.headings)
            source.headings.append(Cell(label.text.strip(" :"), label.address))
        return places[key]

    for grid in grids:
        cells: dict[int, list[Cell]] = {}
        banners: list[Cell] = []
        for row in grid.rows:
            given = list(dict.fromkeys(cell for cell in row if cell.address))
            if not given:
                continue
            if len(given) == 1:
                banners.append(given[0])
            elif len(given) == 4 and field_called(given[0].text) and field_called(given[2].text):
                # « Pilote | CCAS | Calendrier | 2026 »
                cells.setdefault(heading(given[0]), []).append(given[1])
                cells.setdefault(heading(given[2]), []).append(given[3])
            elif row[0]:
                values = [cell for cell in row[1:] if cell.address and cell is not row[0]]
                cells.setdefault(heading(row[0]), []).extend(values)
            # A blank label goes on with the row above: nothing of ours does so.
        first = next((cell for row in grid.rows for cell in row if cell.address), Cell("", ""))
        _take_banners(heading, cells, [*banners, Cell(grid.name, first.address)])
        source.records.append(Record(first.address, cells, grid.name))


def _take_banners(heading, cells, banners) -> None:
    """« Fiche n° 3 : Ludothèque », « Enjeu 1 : … », « Pilote : CCAS » over the width of a fiche."""
    for cell in banners:
        label, colon, rest = cell.text.partition(":")
        if colon and rest.strip() and (key := field_called(re.sub(r"\s*n?°?\s*\d+\s*$", "", label))):
            whole = key in {"stake", "goal", "step"}
            if key != "title" and not re.match(r"(?i)fiche|action", label.strip()):
                index = heading(Cell(label, cell.address))
                cells.setdefault(index, [Cell(cell.text if whole else rest.strip(), cell.address)])
                continue
        found = BANNER.match(cell.text)
        if not found:
            continue
        for name, label in (("number", _("Numéro")), ("title", _("Intitulé"))):
            if found[name] and found[name].strip():
                index = heading(Cell(label, cell.address))
                cells.setdefault(index, [Cell(found[name].strip(), cell.address)])
