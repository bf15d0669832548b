"""Declarations brought as a table: one row a figure; all the declarations of the file, or none."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from openpyxl.utils import get_column_letter

from ansanm.accounts.audit import record
from ansanm.conventions.figures_sheet import CellError
from ansanm.conventions.finance import devices, operations
from ansanm.conventions.finance.forms import YES_NO, DeclarationForm, typed_back
from ansanm.conventions.models import FundingAgreement, FundingDeclaration, Phase
from ansanm.engines.written import folded_text
from ansanm.ui.documents import tables
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_xlsx
from ansanm.ui.documents.tables import UnreadableSheet

MAX_ROWS = 5000
COLUMNS = {
    "cof": gettext_lazy("N° de COF"),
    "equipment": gettext_lazy("Équipement"),
    "year": gettext_lazy("Année"),
    "phase": gettext_lazy("Déclaration"),
    "field": gettext_lazy("Donnée"),
    "value": gettext_lazy("Valeur"),
}
REQUIRED = ("cof", "phase", "field", "value")


@dataclass
class Group:
    """One declaration of the file."""

    agreement: FundingAgreement
    phase: str
    # {field: (value, cell)}
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    content: dict[str, str] = field(default_factory=dict)
    standing: FundingDeclaration | None = None
    first_row: int = 0

    @property
    def is_changed(self) -> bool:
        return self.standing is None or self.standing.content != self.content

    @property
    def title(self) -> str:
        return f"{self.agreement} · {Phase(self.phase).label}"

    @property
    def version(self) -> int:
        return self.standing.version if self.standing else 0


@dataclass
class Reading:
    groups: list[Group]
    errors: list[CellError]

    @property
    def n_to_save(self) -> int:
        return sum(one.is_changed for one in self.groups)

    @property
    def fingerprint(self) -> list:
        return [[one.agreement.pk, one.phase, one.version] for one in self.groups]


def read_table(name: str, content: bytes) -> list[list[str]]:
    return tables.read_table(name, content, max_rows=MAX_ROWS)


def in_both(words) -> set[str]:
    found = set()
    for language in ("fr", "en"):
        with override(language):
            found.add(folded_text(str(words)))
    return found


def keys_of(pairs) -> dict[str, str]:
    """What people may write for each key: its words in either language, or itself."""
    found = {}
    for key, words in pairs:
        found[str(key).lower()] = str(key)
        for text in in_both(words):
            found[text] = str(key)
    return found


def understand(table: list[list[str]], *, agreements) -> Reading:
    """What saving the table would do, without saving anything; each refusal names its cell."""
    columns = columns_of(table[0])
    mine = {str(one.pk): one for one in agreements.select_related("equipment")}
    phases = keys_of(Phase.choices)
    groups: dict[tuple[int, str], Group] = {}
    errors: list[CellError] = []

    def cell(name, number):
        return f"{get_column_letter(columns.index(name) + 1)}{number}"

    for number, cells in enumerate(table[1:], start=2):
        texts = {name: text for name, text in zip(columns, cells, strict=False) if name}
        if not any(texts.values()) or not texts.get("value"):
            continue
        agreement = mine.get(texts.get("cof", ""))
        if agreement is None:
            errors.append(
                CellError(
                    cell("cof", number),
                    texts.get("cof", ""),
                    _("Ce numéro n’est pas celui d’une de vos COF."),
                )
            )
            continue
        phase = phases.get(folded_text(texts.get("phase", "")))
        if phase is None:
            errors.append(
                CellError(cell("phase", number), texts.get("phase", ""), _("Cette déclaration n’existe pas."))
            )
            continue
        fields = keys_of((one.name, one.label) for one in devices.FIELDS[agreement.device])
        name = fields.get(folded_text(texts.get("field", "")))
        if name is None:
            errors.append(
                CellError(
                    cell("field", number),
                    texts.get("field", ""),
                    _("Ce dispositif ne demande pas cette donnée."),
                )
            )
            continue
        group = groups.setdefault((agreement.pk, phase), Group(agreement, phase, first_row=number))
        if name in group.cells:
            errors.append(
                CellError(
                    cell("value", number),
                    texts["value"],
                    _("La cellule %(first)s donne déjà cette donnée.") % {"first": group.cells[name][1]},
                )
            )
            continue
        group.cells[name] = (texts["value"], cell("value", number))
    for group in groups.values():
        check(group, errors)
    return Reading(list(groups.values()), errors)


def columns_of(header) -> list[str]:
    titles = {text: name for name, title in COLUMNS.items() for text in in_both(title)}
    columns = [titles.get(folded_text(cell), "") for cell in header]
    missing = [str(COLUMNS[name]) for name in REQUIRED if name not in columns]
    if missing:
        raise UnreadableSheet(
            _("Il manque une colonne\u00a0: %(missing)s. Partez du modèle, ses titres sont ceux attendus.")
            % {"missing": ", ".join(f"« {title} »" for title in missing)}
        )
    return columns


def check(group: Group, errors: list[CellError]) -> None:
    """Read the figures as the page would; a refusal stands on its cell, or on the first row of the group."""
    agreement = group.agreement
    group.standing = agreement.declarations.filter(phase=group.phase).first()
    data = {name: choice_of(agreement.device, name, text) for name, (text, _cell) in group.cells.items()}
    form = DeclarationForm(data | {"version": group.version}, device=agreement.device)
    problems: dict[str | None, list[str]] = {}
    if form.is_valid():
        group.content = form.content
        try:
            operations.refuse_settled(agreement)
            if group.standing and group.standing.state == FundingDeclaration.State.VALIDATED:
                raise ValidationError(
                    _("La Caf a validé cette déclaration\u00a0: elle doit la renvoyer d’abord.")
                )
            operations.computed_for(agreement, group.content)
        except ValidationError as error:
            problems = dict(getattr(error, "message_dict", {None: error.messages}))
    else:
        problems = {name: list(found) for name, found in form.errors.items()}
    for name, messages in problems.items():
        value, where = group.cells.get(name or "", ("", str(group.first_row)))
        label = str(form.fields[name].label) if name in form.fields else group.title
        told = [f"{label} – {message}" for message in messages]
        errors.extend(CellError(where, value, message) for message in told)


def choice_of(device: str, name: str, text: str) -> str:
    """The key of what was chosen, from its words."""
    unit = next(one.unit for one in devices.FIELDS[device] if one.name == name)
    if unit == "choice":
        return keys_of(devices.SERVICES).get(folded_text(text), text)
    if unit == "yes_no":
        return keys_of((key, words) for key, words in YES_NO if key).get(folded_text(text), text)
    return text


@transaction.atomic
def save(reading: Reading, *, by, convention) -> int:
    """Save every declaration as a draft, or none."""
    if reading.errors:
        raise ValueError(f"{len(reading.errors)} cells are refused: nothing is saved.")
    for group in reading.groups:
        if group.is_changed:
            operations.save_declaration(
                by=by,
                agreement=group.agreement,
                phase=group.phase,
                content=group.content,
                base_version=group.version,
            )
    record(
        "declaration.import",
        by=by,
        target=convention,
        convention=convention,
        after={"n_declarations": reading.n_to_save},
    )
    return reading.n_to_save


def template(overview) -> bytes:
    rows = []
    for row in overview.rows:
        if row.agreement.is_settled:
            continue
        expected = [phase for phase, _day, _late in row.expected] or [Phase.ACTUAL]
        phase = expected[0]
        standing = row.declarations.get(phase)
        typed = typed_back(standing.content) if standing else {}
        for one in devices.FIELDS[row.agreement.device]:
            value = typed.get(one.name, "")
            if one.unit == "choice":
                value = str(dict(devices.SERVICES).get(value, ""))
            rows.append(
                [
                    row.agreement.pk,
                    row.agreement.equipment.name,
                    row.agreement.year,
                    str(Phase(phase).label),
                    str(one.label),
                    value,
                ]
            )
    columns = [
        Column(str(title), 44 if name in ("equipment", "field") else 18) for name, title in COLUMNS.items()
    ]
    title = _("Déclarations à remplir")
    return write_xlsx(
        Workbook(
            title=title,
            subject=overview.convention.name,
            author="Ansanm",
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=[
                (_("Remplir"), _("Une ligne par donnée\u00a0: écrivez seulement la colonne « Valeur ».")),
                (_("Montants"), _("En euros, avec une virgule ou des espaces\u00a0: 760 000,50.")),
                (_("Laisser vide"), _("Une valeur vide n’est pas enregistrée\u202f; ce n’est pas un zéro.")),
                (_("Rendre"), _("Toutes les déclarations du fichier sont enregistrées, ou aucune.")),
            ],
            sheets=[Sheet(title, columns, rows)],
        )
    )
