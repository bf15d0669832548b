"""The fiches a source holds, once it is said which heading is which field: understood, not yet saved.

A draft names organisations, themes and places by their words: `importing` finds them in a convention,
`consistency` compares them without one. What cannot be kept is an error with its cell; what was read
with some freedom is a warning.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from ansanm.conventions.models import Action, ActionIndicator, FinancingLine, House, Operation, Status
from ansanm.conventions.plan.content import MONEY_ROAD
from ansanm.conventions.plan.reading import values
from ansanm.conventions.plan.reading.grids import Cell
from ansanm.conventions.plan.reading.source import Child, Record, Source
from ansanm.engines.vague_dates import parse_canonical
from ansanm.engines.written import Unreadable, folded_text, parse_number
from ansanm.ui.formats import labelled, listed_apart

MOST_FICHES = 300


@dataclass(frozen=True)
class Problem:
    address: str
    text: str
    message: str
    is_error: bool = True


@dataclass
class Draft:
    """One fiche of the file. `values` holds the fields of `content` that need no table to be known."""

    address: str
    values: dict = field(default_factory=dict)
    version: int | None = None
    stake: str = ""
    goal: str = ""
    step: str = ""
    pilot: str = ""
    partners: list[str] = field(default_factory=list)
    themes: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    # Rows of financing, their funder in words.
    funding: list[dict] = field(default_factory=list)
    # Field → the cell it was read in.
    cells: dict[str, Cell] = field(default_factory=dict)
    # The fields the file speaks of, given or left empty.
    told: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.values.get("title", "")

    @property
    def number(self) -> str:
        return self.values.get("number", "")

    @property
    def name(self) -> str:
        return f"{self.number} {self.title}".strip() or self.address

    @property
    def errors(self) -> list[Problem]:
        return [one for one in self.problems if one.is_error]

    @property
    def warnings(self) -> list[Problem]:
        return [one for one in self.problems if not one.is_error]

    def refuse(self, cell: Cell, message: str) -> None:
        self.problems.append(Problem(cell.address or self.address, cell.text[:200], message))

    def warn(self, cell: Cell, message: str) -> None:
        self.problems.append(Problem(cell.address or self.address, cell.text[:200], message, is_error=False))


@dataclass
class Plan:
    source: Source
    mapping: list[str]
    drafts: list[Draft]

    @property
    def errors(self) -> list[Problem]:
        return [problem for draft in self.drafts for problem in draft.errors]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for draft in self.drafts for problem in draft.warnings]


# Texts kept as they are.
TEXTS = (
    "context", "objective", "description", "publics", "place_note", "pilot_person", "caf_counterpart",
    "elected_referent", "means", "caf_devices", "funding_note", "expected_results", "risks", "levers",
    "source_title", "source_url", "status_reason",
)  # fmt: skip
# A field that differs from one operation of a fiche to the next → what it is called in an operation.
OF_OPERATIONS = {
    "description": "description",
    "publics": "publics",
    "place_note": "place_note",
    "pilot": "pilot",
    "partners": "partners",
    "funding": "funding_note",
    "expected_results": "expected_results",
    "quantitative": "quantitative",
    "qualitative": "qualitative",
    "indicators": "quantitative",
    "calendar": "calendar",
    "operation": "title",
}


def understand(source: Source, mapping: Sequence[str]) -> Plan:
    """The drafts of `source`, heading i being the field mapping[i] ("" is left out)."""
    drafts: list[Draft] = []
    if not {"title", "operation"} & set(mapping):
        named = ", ".join(cell.text for cell in source.headings if cell)
        untitled = Draft(source.headings[0].address)
        untitled.refuse(
            source.headings[0],
            _("Aucune colonne n’est reconnue comme l’intitulé : dites laquelle (%(columns)s).")
            % {"columns": named[:200]},
        )
        return Plan(source, list(mapping), [untitled])
    for record in source.records:
        reader = _Reader(source, list(mapping), record)
        if reader.is_only_a_place_in_the_tree():
            continue
        if drafts and reader.is_an_operation_of(drafts[-1]):
            reader.add_operation(drafts[-1])
            continue
        drafts.append(reader.draft())
    if not drafts:
        nothing = Draft(source.headings[0].address)
        nothing.refuse(
            source.headings[0], _("Aucune ligne n’est une fiche : elles ne nomment que des enjeux.")
        )
        drafts.append(nothing)
    _attach(source, drafts)
    _refuse_twice(drafts)
    if len(drafts) > MOST_FICHES:
        last = drafts[MOST_FICHES]
        last.refuse(
            Cell("", last.address),
            _("Un import prend %(n)s fiches au plus : partagez le fichier.") % {"n": MOST_FICHES},
        )
    return Plan(source, list(mapping), drafts)


class _Reader:
    def __init__(self, source: Source, mapping: list[str], record: Record):
        self.source, self.record = source, record
        self.by_field: dict[str, list[tuple[int, list[Cell]]]] = {}
        for index, cells in sorted(record.cells.items()):
            if name := mapping[index]:
                self.by_field.setdefault(name, []).append((index, cells))
        self.mapping = mapping
        self.made = Draft(record.address)

    # -- cells

    def distinct(self, name: str) -> list[Cell]:
        """The cells of a field, a merged one once."""
        return [
            cell for _i, cells in self.by_field.get(name, ()) for cell in dict.fromkeys(cells) if cell.text
        ]

    def cell(self, name: str) -> Cell:
        for cell in self.distinct(name):
            return cell
        # An empty cell has an address too: it is where a missing title is told.
        for _i, cells in self.by_field.get(name, ()):
            if cells:
                return cells[0]
        return Cell("", self.record.address)

    def text(self, name: str) -> str:
        """What the columns of a field say, one under the other; nothing where they say « néant »."""
        texts = [cell.text for cell in self.distinct(name) if not values.is_nothing(cell.text)]
        return "\n".join(dict.fromkeys(texts))

    def n_operations(self) -> int:
        """How many columns of operations a fiche has: 1 where nothing differs."""
        widths = [
            len(cells)
            for name in OF_OPERATIONS
            for _i, cells in self.by_field.get(name, ())
            if len(set(cells)) > 1
        ]
        return max(widths, default=1)

    # -- rows that are no fiche

    def is_only_a_place_in_the_tree(self) -> bool:
        given = {name for name in self.by_field if self.text(name)}
        return bool(given) and given <= {"stake", "goal", "step", "themes"}

    def is_an_operation_of(self, before: Draft) -> bool:
        if not self.text("operation") or self.n_operations() > 1 or len(self.distinct("operation")) != 1:
            return False
        title = self.text("title")
        return not title or folded_text(title) == folded_text(before.title)

    def add_operation(self, draft: Draft) -> None:
        draft.values.setdefault("operations", []).append(self._operation(draft, 0))

    # -- one fiche

    def draft(self) -> Draft:
        made = self.made
        made.told = set(self.by_field)
        for name in self.by_field:
            made.cells[name] = self.cell(name)
        several = self.n_operations()
        self._title()
        for name in TEXTS:
            if name in self.by_field and not (several > 1 and self._differs(name)):
                made.values[name] = self._fitting(name, self.text(name))
        self._tree()
        self._choices()
        self._numbers()
        self._dates()
        self._people(several)
        self._money(several)
        self._indicators(several)
        self._operations(several)
        self._calendar(several)
        self._milestones()
        self._more()
        self._formulas()
        return made

    def _differs(self, name: str) -> bool:
        return any(len(set(cells)) > 1 for _i, cells in self.by_field.get(name, ()))

    def _fitting(self, name: str, text: str) -> str:
        most = Action._meta.get_field(name).max_length
        if most and len(text) > most:
            self.made.refuse(
                self.cell(name),
                _("Ce texte compte %(n)s caractères ; ce champ en prend %(most)s au plus.")
                % {"n": len(text), "most": most},
            )
            return text[:most]
        # A single-line field of the database holds no line break.
        return " ".join(text.split()) if most else text

    def _title(self) -> None:
        cell = self.cell("title")
        title = self.text("title") or self.text("operation").partition("\n")[0]
        if not title:
            self.made.refuse(cell, _("L’intitulé manque : une fiche en a un."))
        self.made.values["title"] = self._fitting("title", title)
        if "number" in self.by_field:
            self.made.values["number"] = self._fitting("number", self.text("number"))
        if version := self.text("version"):
            if version.isascii() and version.isdigit() and len(version) < 7:
                self.made.version = int(version)
            else:
                self.made.refuse(self.cell("version"), _("La version est un nombre écrit par l’export."))

    def _tree(self) -> None:
        made, section = self.made, self.record.section
        made.stake, made.goal, made.step = (
            " ".join(self.text(name).split())[:300] for name in ("stake", "goal", "step")
        )
        if section is not None:
            read = values.themes(section.text)
            words = folded_text(section.text)
            if re.match(r"(?:thematique|theme)\b", words) or (
                read and not re.match(r"enjeu|axe|objectif", words)
            ):
                made.themes = read or [section.text]
                made.told.add("themes")
            elif words.startswith("objectif") and not made.goal:
                made.goal = section.text[:300]
            elif not made.stake:
                made.stake = section.text[:300]
            made.cells.setdefault("stake", section)
        if given := self.text("themes"):
            made.themes = values.listed(given)
        elif not made.themes and (read := values.themes(self.record.group)):
            made.themes = read
            made.told.add("themes")

    def _choices(self) -> None:
        made = self.made
        if given := self.text("status"):
            cell = self.cell("status")
            key = choice(given, Status) or values.status(given)
            if values.is_late(given):
                key = Status.STARTED
                made.warn(cell, _("« En retard » se lit dans le calendrier : l’état lu est « En cours »."))
            if key is None and not values.placeholder(given):
                made.refuse(
                    cell,
                    _("« %(text)s » n’est pas un état. États connus : %(known)s.")
                    % {"text": given, "known": ", ".join(str(one.label).lower() for one in Status)},
                )
            made.values["status"] = key or Status.PLANNED
            if key in {Status.PAUSED, Status.ABANDONED} and not made.values.get("status_reason"):
                made.values["status_reason"] = _("« %(text)s » ; motif non indiqué dans le fichier.") % {
                    "text": given
                }
                made.warn(cell, _("Le motif n’est pas dit : à compléter dans la fiche."))
        if "is_priority" in self.by_field:
            given = self.text("is_priority")
            read = values.priority(given)
            if read is None:
                made.warn(
                    self.cell("is_priority"),
                    _("« %(text)s » : priorité non comprise, lue « non ».") % {"text": given},
                )
            made.values["is_priority"] = bool(read)
        if given := self.text("lead_house"):
            house = choice(given, House) or values.house(given)
            if house is None:
                made.refuse(
                    self.cell("lead_house"),
                    _("« %(text)s » : dites « Collectivité », « Caf » ou « Partagé ».") % {"text": given},
                )
            else:
                made.values["lead_house"] = house

    def _numbers(self) -> None:
        made = self.made
        if "n_people_target" in self.by_field:
            made.values["n_people_target"] = None
            if given := self.text("n_people_target"):
                digits = re.sub(r"[\s\u202f\u00a0]", "", given)
                if digits.isascii() and digits.isdigit() and len(digits) < 10:
                    made.values["n_people_target"] = int(digits)
                else:
                    made.refuse(
                        self.cell("n_people_target"), _("« %(text)s » n’est pas un nombre.") % {"text": given}
                    )
        if "staff_fte" in self.by_field:
            made.values["staff_fte"] = None
            if given := self.text("staff_fte"):
                self._staff(given)

    def _staff(self, given: str) -> None:
        made = self.made
        digits = re.sub(r"(?i)\s*(?:etp|fte|équivalents? temps plein)\b\.?", "", given).strip()
        try:
            number = Decimal(str(parse_number(digits).value))
        except (Unreadable, InvalidOperation):
            number = None
        if number is None or not 0 <= number <= 999:
            made.refuse(
                self.cell("staff_fte"), _("« %(text)s » n’est pas un nombre d’ETP.") % {"text": given}
            )
        else:
            made.values["staff_fte"] = format(round(number, 2).normalize(), "f")

    def _dates(self) -> None:
        made = self.made
        for name in ("starts", "ends"):
            if name in self.by_field:
                made.values[name] = self._date(name, self.text(name))
        starts, ends = made.values.get("starts", ""), made.values.get("ends", "")
        if starts and ends and out_of_order(starts, ends):
            made.refuse(self.cell("ends"), _("La fin vient avant le début."))
        if "status_as_of" in self.by_field:
            made.values["status_as_of"] = ""
            if given := self.text("status_as_of"):
                try:
                    made.values["status_as_of"] = values.partial(given)
                except Unreadable as problem:
                    made.refuse(self.cell("status_as_of"), unreadable_date(problem, given))

    def _date(self, name: str, given: str) -> str:
        if not given or values.only_a_placeholder(given):
            return ""
        try:
            return values.vague(given)
        except Unreadable as problem:
            self.made.refuse(self.cell(name), unreadable_date(problem, given))
            return ""

    def _people(self, several: int) -> None:
        made = self.made
        if not (several > 1 and self._differs("pilot")):
            given = values.lines(self.text("pilot"))
            if given and not values.only_a_placeholder(given[0]):
                made.pilot, *others = given
                made.pilot = " ".join(made.pilot.split())[:200]
                made.partners += [one[:200] for one in others if not values.only_a_placeholder(one)]
                if others:
                    made.warn(
                        self.cell("pilot"),
                        _("Plusieurs pilotes : « %(first)s » est retenu, les autres sont partenaires.")
                        % {"first": made.pilot},
                    )
        if not (several > 1 and self._differs("partners")):
            for one in values.listed(self.text("partners")):
                if not values.is_nothing(one) and not values.only_a_placeholder(one):
                    made.partners.append(" ".join(one.split())[:200])
        made.places = values.listed(self.text("places"))

    def _money(self, several: int) -> None:
        made = self.made
        words = []
        amounts = [cells for _i, cells in self.by_field.get("amount", ())]
        funders = [cells for _i, cells in self.by_field.get("funder", ())]
        for place, cells in enumerate(amounts):
            sum_cell = next((cell for cell in cells if cell), None)
            named = funders[place] if place < len(funders) else []
            funder = next((cell for cell in named if cell), None)
            if sum_cell is None or values.is_nothing(sum_cell.text):
                continue
            words += self._sum(funder, sum_cell)
        for place, cells in enumerate(funders):
            alone = place >= len(amounts) or not any(amounts[place])
            for cell in cells:
                if cell and alone and not values.is_nothing(cell.text):
                    words += [cell.text] if not self._funders(cell) else []
        if not (several > 1 and self._differs("funding")):
            for cell in self.distinct("funding"):
                if not values.is_nothing(cell.text):
                    words += self._funding(cell)
        if words:
            held = made.values.get("funding_note", "")
            made.values["funding_note"] = "\n".join([held, *words] if held else words)
        elif {"funding", "amount", "funder"} & made.told:
            made.values.setdefault("funding_note", "")

    def _sum(self, funder: Cell | None, cell: Cell) -> list[str]:
        """Take a sum in; return the words that found no place."""
        read = values.amount(cell.text)
        if re.match(r"\s*[-−]\s*\d", cell.text):
            self.made.refuse(
                cell, _("« %(text)s » : un financement n’est pas négatif.") % {"text": cell.text}
            )
            return []
        if not read.is_said:
            self.made.warn(
                cell, _("« %(text)s » : montant non compris, gardé en mots.") % {"text": cell.text}
            )
            return [f"{funder.text} : {cell.text}" if funder else cell.text]
        if funder is None:
            return [cell.text]
        self._line(funder.text, read)
        return []

    def _funders(self, cell: Cell) -> bool:
        """« Caf, Ville » without sums: each is a funder whose share is to be defined."""
        lines, rest = values.funding(cell.text)
        for one in lines:
            self._line(one.funder, one.amount)
        if lines:
            return not rest
        for name in values.listed(cell.text):
            self._line(name, values.Amount(None, "to_define"))
        return True

    def _funding(self, cell: Cell) -> list[str]:
        lines, rest = values.funding(cell.text)
        for one in lines:
            self._line(one.funder, one.amount)
        if rest and (digits := re.match(r"\s*[-−]\s*\d+(?:[ .]?\d{3})*\s*(?:€|euros)", rest)):
            self.made.refuse(
                cell, _("« %(text)s » : un financement n’est pas négatif.") % {"text": digits[0]}
            )
        if not rest:
            return []
        # « Budget prévisionnel total € HT » says what a bare number is.
        index = next(i for i, cells in self.by_field["funding"] if cell in cells)
        heading = self.source.headings[index].text
        return [labelled(heading, rest)] if re.fullmatch(r"[\d\s.,€\u202f\u00a0]+", rest) else [rest]

    def _line(self, funder: str, read: values.Amount) -> None:
        self.made.funding.append(
            {
                "funder_name": " ".join(funder.split())[:200],
                "year": read.year if read.year is None or 2000 <= read.year <= 2100 else None,
                "amount_eur": None if read.amount_eur is None else format(read.amount_eur.normalize(), "f"),
                "precision": read.precision,
                "scope": read.scope,
            }
        )

    def _indicators(self, several: int) -> None:
        made = self.made
        told = {"quantitative", "qualitative", "indicators"} & made.told
        rows = []
        for name in ("quantitative", "qualitative", "indicators"):
            kind = "" if name == "indicators" else name
            if not (several > 1 and self._differs(name)):
                for cell in self.distinct(name):
                    if not values.only_a_placeholder(cell.text):
                        rows += values.indicators(cell.text, kind)
        if told:
            made.values["indicators"] = rows

    def _operations(self, several: int) -> None:
        made = self.made
        if several > 1:
            made.values["operations"] = [self._operation(made, place) for place in range(several)]
            made.values["operations"] = [
                one for one in made.values["operations"] if any(one[name] for name in one)
            ]
            for place, one in enumerate(made.values["operations"], start=1):
                one["title"] = one["title"] or _("Opération %(n)s") % {"n": place}
        elif "operation" in made.told:
            rows = []
            for title in values.lines(self.text("operation")):
                if folded_text(title) != folded_text(made.title):
                    rows.append({"title": title[:300]})
            made.values["operations"] = rows

    def _operation(self, draft: Draft, place: int) -> dict:
        """The column `place` of the fiche: only what the other columns do not say too."""
        row = {}
        for name, called in OF_OPERATIONS.items():
            texts = []
            for _i, cells in self.by_field.get(name, ()):
                if draft is self.made and len(set(cells)) == 1 and len(cells) > 1:
                    continue
                own = draft is not self.made or len(set(cells)) > 1
                if own and place < len(cells) and not values.is_nothing(cells[place].text):
                    texts.append(cells[place].text)
            most = Operation._meta.get_field(called).max_length
            text = "\n".join([row.get(called, ""), *texts]).strip() if called in row else "\n".join(texts)
            if most and len(text) > most:
                draft.refuse(
                    self.by_field[name][0][1][place],
                    _("Ce texte compte %(n)s caractères ; ce champ en prend %(most)s au plus.")
                    % {"n": len(text), "most": most},
                )
            row[called] = " ".join(text[:most].split()) if most else text
        return row

    def _calendar(self, several: int) -> None:
        made = self.made
        if "calendar" not in made.told:
            return
        cells = [cell for cell in self.distinct("calendar") if not values.is_nothing(cell.text)]
        read = [(cell, values.calendar(cell.text)) for cell in cells]
        # An operation without a known end leaves the fiche without one.
        starts = [one.starts for _cell, one in read]
        ends = [one.ends for _cell, one in read]
        starts, ends = (found if all(found) else [] for found in (starts, ends))
        if not made.values.get("starts"):
            made.values["starts"] = min(starts, key=lambda one: parse_canonical(one).sort_key, default="")
        if not made.values.get("ends"):
            made.values["ends"] = max(ends, key=lambda one: parse_canonical(one).sort_key[1], default="")
        for cell, one in read:
            if one.understood:
                continue
            try:
                values.vague(cell.text)
            except Unreadable as problem:
                if problem.reason in {"no_such_date", "year_out_of_range"}:
                    made.refuse(cell, unreadable_date(problem, cell.text))
                    continue
            if not (several > 1 and self._differs("calendar")):
                self._add(labelled(self.heading("calendar"), cell.text))
                made.warn(cell, _("Calendrier gardé en mots : aucune date n’y est reconnue."))

    def _milestones(self) -> None:
        rows = []
        for line in values.lines(self.text("milestones")):
            label, _colon, due = line.rpartition(":")
            read = values.calendar(due) if label else values.Calendar(understood=False)
            when = read.ends or read.starts
            rows.append({"title": (label.strip() if when else line)[:300], "due": when, "done_on": ""})
        if "milestones" in self.made.told:
            self.made.values["milestones"] = rows

    def heading(self, name: str) -> str:
        return self.source.headings[self.by_field[name][0][0]].text

    def _more(self) -> None:
        for index, cells in self.by_field.get("more", ()):
            text = "\n".join(cell.text for cell in dict.fromkeys(cells) if cell)
            if text and not values.is_nothing(text):
                self._add(labelled(self.source.headings[index].text, text))

    def _add(self, text: str) -> None:
        held = self.made.values.get("description", "")
        self.made.values["description"] = f"{held}\n{text}" if held else text
        self.made.told.add("description")

    def _formulas(self) -> None:
        for index, cells in sorted(self.record.cells.items()):
            for cell in cells:
                if cell.formula and self.mapping[index]:
                    self.made.warn(
                        cell,
                        _("Calculée par une formule : c’est sa valeur qui est lue.")
                        if cell
                        else _("Formule sans valeur enregistrée : rien n’est lu. Collez la valeur."),
                    )


def choice(text: str, choices) -> str | None:
    """The key of the choice whose label is `text`, in French or in English."""
    for language in ("fr", "en"):
        with override(language):
            for one in choices:
                if folded_text(text) in {folded_text(str(one.label)), one.value}:
                    return one.value
    return None


def out_of_order(starts: str, ends: str) -> bool:
    first, last = parse_canonical(starts).first_on, parse_canonical(ends).last_on
    return first is not None and last is not None and last < first


REASONS = {
    "no_such_date": gettext_lazy("« %(text)s » n’existe pas : vérifiez le jour et le mois."),
    "year_out_of_range": gettext_lazy("« %(text)s » : l’année est hors de 1900-2100."),
    "not_a_period": gettext_lazy(
        "« %(text)s » n’est pas une date. Écrivez par exemple « mars 2026 », « 2e semestre 2026 » ou "
        "« pas avant 2027 »."
    ),
}


def unreadable_date(problem: Unreadable, text: str) -> str:
    return str(REASONS.get(problem.reason, REASONS["not_a_period"])) % {"text": text[:80]}


# --- our other sheets


def _attach(source: Source, drafts: list[Draft]) -> None:
    """Give the fiches the rows of our other sheets; a row of no fiche is refused."""
    found: dict[str, Draft] = {}
    for draft in drafts:
        for name in (draft.title, draft.number, draft.name):
            if name:
                found.setdefault(folded_text(name), draft)
    by_number = {folded_text(draft.number): draft for draft in drafts if draft.number}
    for draft in drafts:
        for key in source.sheets:
            if key == "financing":
                draft.told.add("financing")
            else:
                draft.values[key] = []
                draft.told.add(key)
    for child in source.children:
        cell = child.cells.get("fiche", Cell("", ""))
        name = folded_text(cell.text)
        draft = by_number.get(name) or found.get(name)
        if draft is None:
            address = cell.address or next(iter(child.cells.values())).address
            drafts[0].problems.append(
                Problem(
                    address,
                    cell.text,
                    _("« %(name)s » n’est ni le numéro ni l’intitulé d’une fiche de ce fichier.")
                    % {"name": cell.text},
                )
            )
            continue
        _CHILDREN[child.sheet.key](draft, child)


def _given(child: Child, key: str) -> Cell:
    return child.cells.get(key, Cell("", ""))


def _decimal(draft: Draft, cell: Cell, *, places=3) -> str | None:
    """The number of a cell, rounded to what the database keeps: a workbook divides to 17 digits."""
    if not cell:
        return None
    try:
        number = Decimal(str(parse_number(re.sub(r"\s*€\s*$", "", cell.text)).value))
    except (Unreadable, InvalidOperation):
        draft.refuse(cell, _("« %(text)s » n’est pas un nombre.") % {"text": cell.text})
        return None
    if abs(number) >= values.LARGEST:
        draft.refuse(cell, _("« %(text)s » est trop grand.") % {"text": cell.text})
        return None
    return format(round(number, places).normalize(), "f")


def _vague_cell(draft: Draft, cell: Cell) -> str:
    if not cell or values.only_a_placeholder(cell.text):
        return ""
    try:
        return values.vague(cell.text)
    except Unreadable as problem:
        draft.refuse(cell, unreadable_date(problem, cell.text))
        return ""


def _partial_cell(draft: Draft, cell: Cell) -> str:
    if not cell:
        return ""
    try:
        return values.partial(cell.text)
    except Unreadable as problem:
        draft.refuse(cell, unreadable_date(problem, cell.text))
        return ""


def _named(draft: Draft, child: Child, key: str) -> str:
    cell = _given(child, key)
    if not cell:
        draft.refuse(cell, _("L’intitulé manque : une ligne en a un."))
    return " ".join(cell.text.split())[:300]


def _operation_row(draft: Draft, child: Child) -> None:
    row = {key: cell.text for key, cell in child.cells.items() if key != "fiche"}
    for key, text in row.items():
        most = Operation._meta.get_field(key).max_length
        if most and len(text) > most:
            draft.refuse(
                child.cells[key],
                _("Ce texte compte %(n)s caractères ; ce champ en prend %(most)s au plus.")
                % {"n": len(text), "most": most},
            )
            row[key] = text[:most]
    row["title"] = _named(draft, child, "title")
    draft.values["operations"].append(row)


def _milestone_row(draft: Draft, child: Child) -> None:
    draft.values["milestones"].append(
        {
            "title": _named(draft, child, "title"),
            "due": _vague_cell(draft, _given(child, "due")),
            "done_on": _partial_cell(draft, _given(child, "done_on")),
        }
    )


def _indicator_row(draft: Draft, child: Child) -> None:
    label = _named(draft, child, "label")
    target = {
        "value": _decimal(draft, _given(child, "target_value")),
        "text": _given(child, "target_text").text[:200],
        "due": _vague_cell(draft, _given(child, "target_due")),
    }
    targets = [target] if any(target.values()) else []
    for row in draft.values["indicators"]:
        # A row per target: the indicator is named again on each.
        if row["label"] == label and targets:
            row["targets"] += targets
            return
    kind = _given(child, "kind").text
    nature = _given(child, "nature").text
    draft.values["indicators"].append(
        {
            "label": label,
            "kind": choice(kind, ActionIndicator.Kind) or values.indicator_kind(label) or "quantitative",
            "nature": choice(nature, ActionIndicator.Nature) or "result",
            "unit": _given(child, "unit").text[:40],
            "baseline_value": _decimal(draft, _given(child, "baseline_value")),
            "baseline_on": _partial_cell(draft, _given(child, "baseline_on")),
            "targets": targets,
        }
    )


def _funding_row(draft: Draft, child: Child) -> None:
    funder, year = _given(child, "funder"), _given(child, "year")
    if not funder:
        draft.refuse(funder, _("Le financeur manque : dites qui paie."))
    number = None
    if year:
        if year.text.isascii() and year.text.isdigit() and 2000 <= int(year.text[:6]) <= 2100:
            number = int(year.text)
        else:
            draft.refuse(year, _("« %(text)s » n’est pas une année.") % {"text": year.text})
    cell = _given(child, "amount_eur")
    amount = _decimal(draft, cell, places=2)
    if amount is not None and Decimal(amount) < 0:
        draft.refuse(cell, _("« %(text)s » : un financement n’est pas négatif.") % {"text": cell.text})
        amount = None
    precision = choice(_given(child, "precision").text, FinancingLine.Precision) or "exact"
    draft.funding.append(
        {
            "funder_name": " ".join(funder.text.split())[:200],
            "year": number,
            "amount_eur": amount,
            "precision": precision if amount is not None else "to_define",
            "scope": _given(child, "scope").text[:300],
            "source_title": _given(child, "source_title").text[:300],
            "source_url": _given(child, "source_url").text[:500],
        }
        | _money_road(draft, child)
    )


def _money_road(draft: Draft, child: Child) -> dict:
    """What the columns that are there say; the operation and the place in words, read later."""
    found: dict = {}
    for key, most in (("operation", 300), ("device", 120), ("place", 200)):
        if key in child.cells:
            found[key] = " ".join(_given(child, key).text.split())[:most]
    for key, choices in (
        ("nature", FinancingLine.Nature),
        ("tax", FinancingLine.Tax),
        ("common_law", FinancingLine.CommonLaw),
    ):
        if key in child.cells:
            cell = _given(child, key)
            found[key] = choice(cell.text, choices) or "" if cell else ""
            if cell and not found[key]:
                told = listed_apart(str(label) for label in choices.labels)
                draft.refuse(
                    cell,
                    _("« %(text)s » n’est pas un choix possible\u00a0: %(choices)s.")
                    % {"text": cell.text, "choices": told},
                )
    for key in (*MONEY_ROAD, "in_kind_fte"):
        if key in child.cells:
            cell = _given(child, key)
            found[key] = _decimal(draft, cell, places=2)
            if found[key] is not None and Decimal(found[key]) < 0:
                draft.refuse(
                    cell, _("« %(text)s » : un financement n’est pas négatif.") % {"text": cell.text}
                )
                found[key] = None
    return found


_CHILDREN = {
    "operations": _operation_row,
    "milestones": _milestone_row,
    "indicators": _indicator_row,
    "financing": _funding_row,
}


def _refuse_twice(drafts: list[Draft]) -> None:
    seen: dict[str, Draft] = {}
    for draft in drafts:
        key = folded_text(draft.number)
        if not key:
            continue
        if key in seen:
            draft.refuse(
                draft.cells.get("number", Cell(draft.number, draft.address)),
                _("Le numéro « %(number)s » est déjà celui de « %(title)s » (%(where)s).")
                % {"number": draft.number, "title": seen[key].title, "where": seen[key].address},
            )
        seen.setdefault(key, draft)
