"""The list of equipment as a sheet, and the same sheet back: every line read first, all or none kept."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.models import Convention, Equipment
from ansanm.conventions.papers.equipment import missing_words, rows_of, unit_of
from ansanm.conventions.papers.equipment_forms import EquipmentForm, Known, written
from ansanm.conventions.plan.content import plain
from ansanm.territories.names import search_key
from ansanm.ui.documents import tables
from ansanm.ui.documents.sheets import Column, Sheet
from ansanm.ui.documents.tables import UnreadableSheet

MAX_ROWS = 500
# The words of a sheet are French in both languages: it goes from one partner to another.
COLUMNS = {
    "kind": "Type",
    "name": "Nom",
    "operator_name": "Gestionnaire",
    "operator_kind": "Statut du gestionnaire",
    "supported_by": "Collectivité qui soutient",
    "address": "Adresse",
    "place": "Code du territoire",
    "in_qpv": "QPV",
    "in_frr": "FRR",
    "siret": "SIRET",
    "n_units_existing": "Offre existante",
    "n_units_new": "Offre nouvelle",
    "opens_on": "Ouverture",
    "closes_on": "Fermeture",
    "note": "Précisions",
    "source_title": "Source",
    "source_url": "Adresse de la source",
}
# Written for who reads, not read back: they come from the rest.
TOLD = ("Unité", "Ce qui manque pour le bonus")
SHORT = {
    "creche": "eaje creche multi accueil multiaccueil",
    "rpe": "rpe ram relais petite enfance",
    "laep": "laep",
    "alsh": "alsh accueil de loisirs centre de loisirs",
    "evs": "evs",
    "micro_creche": "microcreche",
}
YES = {"oui", "o", "x", "1", "vrai", "yes"}
NO = {"non", "n", "0", "faux", "no"}


def sheet_of(rows) -> Sheet:
    titles = [*COLUMNS.values(), *TOLD]
    return Sheet(
        "Équipements",
        [Column(title, 30 if title in ("Nom", "Adresse", "Gestionnaire") else 18) for title in titles],
        [cells(one) for one in rows],
        frozen_columns=2,
    )


def cells(one: Equipment) -> list:
    held = written(one) | {
        "kind": str(one.get_kind_display()),
        "operator_kind": str(one.get_operator_kind_display()) if one.operator_kind else "",
        "supported_by": one.supported_by.organisation.name if one.supported_by else "",
        "place": one.place.code if one.place else "",
        "in_qpv": flag(one.in_qpv),
        "in_frr": flag(one.in_frr),
        "n_units_existing": units(one.n_units_existing),
        "n_units_new": units(one.n_units_new),
        "opens_on": one.opens_on,
        "closes_on": one.closes_on,
    }
    return [*(held[name] for name in COLUMNS), unit_of(one), "\u202f; ".join(missing_words(one))]


def flag(value) -> str:
    return {True: "oui", False: "non", None: ""}[value]


def units(value):
    return None if value is None else float(plain(value))


@dataclass(frozen=True)
class Problem:
    row: int  # as the spreadsheet counts
    column: str
    text: str
    message: str


@dataclass
class Line:
    row: int
    form: EquipmentForm
    equipment: Equipment | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        if self.problems:
            return "refused"
        if self.equipment is None:
            return "new"
        now = {name: value for name, value in self.form.facts.items() if name != "operator_name"}
        same = all(getattr(self.equipment, name) == value for name, value in now.items())
        operator = self.equipment.operator.name if self.equipment.operator else ""
        return "unchanged" if same and operator == self.form.facts["operator_name"].strip() else "changed"


@dataclass
class Reading:
    lines: list[Line]

    @property
    def problems(self) -> list[Problem]:
        return [one for line in self.lines for one in line.problems]

    def n(self, outcome: str) -> int:
        return sum(line.outcome == outcome for line in self.lines)

    @property
    def fingerprint(self) -> list:
        """What was shown: it changes if somebody writes one of these meanwhile."""
        return [
            [line.row, line.outcome, line.equipment.pk if line.equipment else 0,
             line.equipment.version if line.equipment else 0]
            for line in self.lines
        ]  # fmt: skip

    def rows(self) -> list[tuple]:
        return [
            (line.equipment, line.equipment.version if line.equipment else 0, line.form.facts)
            for line in self.lines
            if line.outcome in ("new", "changed")
        ]


def read_table(name: str, content: bytes) -> list[list[str]]:
    return tables.read_table(
        name, content, max_rows=MAX_ROWS, wanted=lambda header: "name" in columns_of(header)
    )


def columns_of(header: list[str]) -> dict[str, int]:
    """Field → its column; a heading we do not know is not read."""
    known = {search_key(title): name for name, title in COLUMNS.items()}
    found: dict[str, int] = {}
    for index, title in enumerate(header):
        if (name := known.get(search_key(title))) and name not in found:
            found[name] = index
    return found


def understand(table: list[list[str]], convention: Convention) -> Reading:
    header, *rows = table
    columns = columns_of(header)
    if not {"kind", "name"} <= columns.keys():
        raise UnreadableSheet(
            _("Le tableau doit avoir au moins les colonnes «\u00a0Type\u00a0» et «\u00a0Nom\u00a0».")
        )
    standing = {(one.kind, search_key(one.name)): one for one in rows_of(convention)}
    known = Known(convention)
    parties = {search_key(one.organisation.name): key for key, one in known.parties.items()}
    codes = {one.code: f"{one.level}:{one.code}" for one in convention.declarable().values()}
    lines, seen = [], {}
    for number, cells_ in enumerate(rows, start=2):
        texts = {
            name: cells_[index].strip() if index < len(cells_) else "" for name, index in columns.items()
        }
        if not any(texts.values()):
            continue
        line = read_line(number, texts, standing, parties, codes, known)
        lines.append(line)
        key = (line.form.data["kind"], search_key(texts["name"]))
        if key in seen and texts["name"]:
            line.problems.append(
                Problem(number, COLUMNS["name"], texts["name"],
                        _("Déjà à la ligne %(row)s.") % {"row": seen[key]})
            )  # fmt: skip
        seen.setdefault(key, number)
    return Reading(lines)


def read_line(number, texts, standing, parties, codes, known) -> Line:
    refused: dict[str, str] = {}
    data = dict(texts)
    data["kind"] = chosen(texts["kind"], Equipment.Kind.choices, SHORT)
    if not data["kind"]:
        refused["kind"] = _("Aucun type ne s’appelle ainsi.") if texts["kind"] else _("Le type manque.")
    found = standing.get((data["kind"], search_key(texts["name"])))
    for name, words in (
        ("operator_kind", _("Public, association ou entreprise.")),
        ("supported_by", _("Aucun signataire ne s’appelle ainsi.")),
        ("place", _("Ce code n’est pas celui d’un territoire de la convention.")),
        ("in_qpv", _("Écrivez «\u00a0oui\u00a0» ou «\u00a0non\u00a0».")),
        ("in_frr", _("Écrivez «\u00a0oui\u00a0» ou «\u00a0non\u00a0».")),
    ):
        text = texts.get(name, "")
        if not text:
            continue
        match name:
            case "operator_kind":
                data[name] = chosen(text, Equipment.Operator.choices, {})
            case "supported_by":
                data[name] = parties.get(search_key(text), "")
            case "place":
                data[name] = codes.get(text, "")
            case _flag:
                word = search_key(text)
                data[name] = "1" if word in YES else "0" if word in NO else ""
        if not data[name]:
            refused[name] = words
    # A column that the sheet has not says nothing of what is known.
    data = (written(found) if found else {}) | data
    data["siret"] = data.get("siret", "").replace(" ", "")
    form = EquipmentForm(data, convention=known.convention, equipment=found, known=known)
    line = Line(number, form, found)
    if not form.is_valid():
        for name, errors in form.errors.items():
            if name not in refused:
                refused[name] = " ".join(errors)
    line.problems = [
        Problem(number, COLUMNS.get(name, name), texts.get(name, ""), message)
        for name, message in refused.items()
    ]
    return line


def chosen(text: str, choices, shorts) -> str:
    """The key of the choice that a cell names, by its label, its key or what people call it."""
    key = search_key(text)
    for value, label in choices:
        names = {search_key(str(label)), search_key(value), search_key(str(label).partition("(")[0])}
        if key and key in names:
            return value
    return next((value for value, words in shorts.items() if key and key in split(words)), "")


def split(words: str) -> set[str]:
    """Each word, and the words together from the first: « centre de loisirs »."""
    one_by_one = words.split()
    return {*one_by_one} - {"de", "accueil", "centre", "petite", "enfance"} | {
        " ".join(one_by_one[first:last])
        for first in range(len(one_by_one))
        for last in range(first + 2, len(one_by_one) + 1)
    }


README = (
    (
        gettext_lazy("Remplir"),
        gettext_lazy("Une ligne par équipement\u202f; gardez les titres des colonnes."),
    ),
    (
        gettext_lazy("Reconnaître"),
        gettext_lazy("Le type et le nom disent lequel\u00a0: une ligne de mêmes type et nom le corrige."),
    ),
    (
        gettext_lazy("Colonne absente"),
        gettext_lazy("Ce qu’elle dirait ne change pas\u202f; une cellule vide, elle, efface."),
    ),
    (
        gettext_lazy("QPV, FRR"),
        gettext_lazy("«\u00a0oui\u00a0», «\u00a0non\u00a0», ou vide si on ne sait pas."),
    ),
    (gettext_lazy("Offre"), gettext_lazy("Des places, des heures ou des ETP, selon le type.")),
)
