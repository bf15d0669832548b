"""The plan as files: a workbook that the import reads back, and the fiches as a document.

What goes out is the content of the fiches and nothing else: no comment, no private note of a house, no
account. Texts go through `ui/documents`, where none can become a formula.
"""

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.conventions.models import ActionIndicator, ActionPlace
from ansanm.conventions.plan import columns
from ansanm.conventions.plan.content import MONEY_ROAD, OPERATION, content_of
from ansanm.conventions.plan.progress import Progress
from ansanm.conventions.plan.wording import Words, amount_of, capital, cell_label, label_of, plain
from ansanm.ui.documents.blocks import Document, Heading, Item, Listing, Paragraph, Table
from ansanm.ui.documents.sheets import Column, Sheet, Workbook
from ansanm.ui.formats import format_day, format_number

# Beyond, the columns of a page are too narrow to read: each operation then has its own table.
SIDE_BY_SIDE = 3


def whole(actions):
    """The same actions, in the same order, with all of their content, in a fixed number of queries."""
    if not actions:
        return []
    keys = [one.pk for one in actions]
    found = (
        actions[0]
        .convention.actions.filter(pk__in=keys)
        .select_related("pilot")
        .prefetch_related(
            "themes",
            "partners",
            "operations",
            "milestones",
            "financing_lines",
            "links",
            Prefetch("places", queryset=ActionPlace.objects.select_related("territory")),
            Prefetch("indicators", queryset=ActionIndicator.objects.prefetch_related("targets")),
        )
        .in_bulk()
    )
    for one in actions:
        found[one.pk].path = one.path
    return [found[key] for key in keys]


# ---- workbook ----


def fiche_name(action) -> str:
    """What the other sheets call a fiche: its number where it has one."""
    return action.number or action.title


def place_name(place) -> str:
    # The code tells two places of one name apart.
    return f"{place.territory.name} ({place.territory.code})"


def action_cell(column, action, content, words):
    if column.key == "version":
        return action.version
    value = content[column.field]
    match column.key:
        case "stake" | "objective_node" | "step":
            kind = {"stake": "stake", "objective_node": "objective", "step": "step"}[column.key]
            return next((str(node) for node in action.path if node.kind == kind), "")
        case "themes":
            return columns.SEPARATOR.join(words.themes.get(slug, slug) for slug in value)
        case "partners":
            return columns.SEPARATOR.join(sorted(words.actors[pk] for pk in value))
        case "places":
            return columns.SEPARATOR.join(sorted(place_name(one) for one in action.places.all()))
        case "pilot":
            return words.actors.get(value, "")
        case "n_people_target":
            return value
        case "staff_fte":
            return number(value)
        case "is_priority":
            return _("oui") if value else _("non")
    return words.value(column.field, value)


def number(text):
    """A cell that a spreadsheet counts with; the amounts of a plan are exact in a float."""
    return None if text in (None, "") else float(text)


def row_cells(sheet, row, words):
    cells = []
    for column in sheet.columns[1:]:
        value = row.get(column.field)
        match column.key:
            case "amount_eur" | "baseline_value" | "target_value" | "in_kind_fte":
                cells.append(number(value))
            case name if name in MONEY_ROAD:
                cells.append(number(value))
            case "operation" if value:
                cells.append(words.cell(sheet.field, column.key, value))
            case "place" if value:
                # The code tells two places of one name apart.
                cells.append(f"{words.place(value)} ({value.partition(':')[2]})")
            case "year":
                cells.append(value)
            case "funder":
                cells.append(words.actors.get(value, ""))
            case _ if value in (None, ""):
                cells.append("")
            case _:
                cells.append(plain(column.field.rpartition(".")[2], value))
    return cells


def sheet_rows(sheet, actions, contents, words) -> list[list]:
    if not sheet.field:
        return [
            [action_cell(column, action, content, words) for column in sheet.columns]
            for action, content in zip(actions, contents, strict=True)
        ]
    rows = []
    for action, content in zip(actions, contents, strict=True):
        for row in content[sheet.field]:
            for part in with_targets(row) if sheet.field == "indicators" else [row]:
                rows.append([fiche_name(action), *row_cells(sheet, part, words)])
    return rows


def with_targets(row: dict) -> list[dict]:
    """An indicator once for each of its targets, once at least."""
    targets = row["targets"] or [{"value": None, "text": "", "due": ""}]
    return [row | {f"targets.{name}": value for name, value in target.items()} for target in targets]


FORMATS = {"year": "0", "staff_fte": "0.00", "in_kind_fte": "0.00"} | dict.fromkeys(
    ("amount_eur", *MONEY_ROAD), "#,##0.00"
)


def sheet_of(sheet, actions, contents, words) -> Sheet:
    return Sheet(
        sheet.title,
        [
            Column(one.title, one.width, number_format=FORMATS.get(one.key, ""), wrap=one.wrap)
            for one in sheet.columns
        ],
        sheet_rows(sheet, actions, contents, words),
        frozen_columns=2 if not sheet.field else 1,
    )


def sheets_of(actions, convention) -> list[Sheet]:
    actions = whole(actions)
    words, contents = Words(convention), [content_of(one) for one in actions]
    return [sheet_of(sheet, actions, contents, words) for sheet in columns.SHEETS]


def workbook(actions, convention, *, filtered: str, total: int) -> Workbook:
    today = timezone.localdate()
    readme = [
        (_("Convention"), convention.name),
        (_("Date"), format_day(today)),
        (_("Contenu"), extent(len(actions), total, filtered)),
        (
            _("Feuilles"),
            _(
                "Une ligne par action dans la première\u202f; les autres nomment la fiche par son numéro, "
                "ou par son intitulé."
            ),
        ),
        (
            _("Plusieurs valeurs"),
            _("Dans une case, elles sont séparées par « ; »."),
        ),
        (_("Rendre"), _("Les mêmes colonnes servent à l’import : ce classeur se relit.")),
        (
            _("Absents"),
            _("Les commentaires, les notes privées d’une maison et les comptes n’en sortent jamais."),
        ),
    ]
    return Workbook(
        title=_("Plan d’actions – %(convention)s") % {"convention": convention},
        subject=_("Fiches actions de la convention"),
        author="Ansanm",
        produced_on=today,
        readme_name=_("Lisez-moi"),
        readme=readme,
        sheets=sheets_of(actions, convention),
    )


def extent(n: int, total: int, filtered: str) -> str:
    """« 12 actions sur 52 (État : En cours) »."""
    said = _("%(n)s actions sur %(total)s") % {"n": format_number(n), "total": format_number(total)}
    return f"{said} ({filtered})" if filtered else said


# ---- document ----


def plan_document(actions, overview, *, filtered: str) -> Document:
    convention = overview.convention
    progress = Progress(overview)
    blocks = [
        Paragraph(extent(len(actions), len(overview.actions), filtered) + ".", kind="lead"),
        Paragraph(_("%(words)s, réalisées.") % {"words": progress.done.words}),
        *([Paragraph(progress.announced_words() + ".")] if progress.announced else []),
    ]
    words = Words(convention)
    under = object()
    # In the order of the plan whatever the sort of the page: each stake is a part, once.
    for action in whole(sorted(actions, key=overview.order)):
        top = action.path[0] if action.path else None
        if top is not under:
            under = top
            blocks.append(Heading(1, str(top) if top else _("Sans rattachement")))
        blocks += fiche_blocks(action, words, level=2)
    return document(
        _("Plan d’actions"), convention.name, blocks, contents_title=_("Sommaire") if len(actions) > 1 else ""
    )


def fiche_document(action, overview) -> Document:
    (one,) = whole([action])
    blocks = fiche_blocks(one, Words(overview.convention), level=1)[1:]
    title = f"{one.number} {one.title}".strip()
    return document(title, overview.convention.name, blocks)


def document(title, subtitle, blocks, **more) -> Document:
    today = timezone.localdate()
    return Document(
        title=title,
        subtitle=subtitle,
        language=(get_language() or "fr")[:2],
        author="Ansanm",
        produced_on=today,
        foot=_("%(title)s, %(day)s") % {"title": subtitle, "day": format_day(today)},
        page_label=_("Page {n} sur {total}"),
        blocks=blocks,
        **more,
    )


FACTS = (
    "themes",
    "is_priority",
    "status",
    "status_reason",
    "status_as_of",
    "lead_house",
    "pilot",
    "pilot_person",
    "caf_counterpart",
    "elected_referent",
    "partners",
    "publics",
    "n_people_target",
    "places",
    "place_note",
    "starts",
    "ends",
    "staff_fte",
    "caf_devices",
)
TEXTS = (
    "context",
    "objective",
    "description",
    "means",
    "funding_note",
    "expected_results",
    "risks",
    "levers",
)


def fiche_blocks(action, words, *, level: int) -> list:
    content = content_of(action)
    rows = []
    if action.path:
        rows.append([label_of("node"), " › ".join(map(str, action.path))])
    for name in FACTS:
        told = words.value(name, content[name])
        # « Sans lieu » is the whole territory, and says so.
        if name == "places" and not told:
            told = _("tout le territoire")
        if told:
            rows.append([label_of(name), told])
    title = f"{action.number} {action.title}".strip()
    blocks: list = [Heading(level, title)]
    blocks.append(Table(_("L’action en bref"), [_("Rubrique"), _("Contenu")], rows, widths=[1, 2.6]))
    texts = [[label_of(name), content[name]] for name in TEXTS if content[name]]
    if texts:
        blocks.append(Table(_("L’action en détail"), [_("Rubrique"), _("Contenu")], texts, widths=[1, 2.6]))
    blocks += operation_tables(content)
    if content["milestones"]:
        blocks.append(
            Table(
                _("Jalons"),
                [_("Jalon"), _("Échéance"), _("Atteint le")],
                [
                    [row["title"], plain("due", row["due"]) or "–", plain("done_on", row["done_on"]) or "–"]
                    for row in content["milestones"]
                ],
                widths=[2.4, 1, 1],
            )
        )
    if content["indicators"]:
        blocks.append(
            Table(
                _("Indicateurs"),
                [_("Indicateur"), _("Nature"), _("Départ"), _("Cibles")],
                [
                    [
                        f"{row['label']} ({row['unit']})" if row["unit"] else row["label"],
                        f"{plain('kind', row['kind'])}, {plain('nature', row['nature']).lower()}",
                        baseline(row),
                        words.cell("indicators", "targets", row["targets"]) or "–",
                    ]
                    for row in content["indicators"]
                ],
                widths=[2, 1.1, 1, 1.4],
            )
        )
    if content["financing"]:
        blocks.append(
            Table(
                _("Financement"),
                [_("Financeur"), _("Année"), _("Montant"), _("Périmètre")],
                [
                    [
                        words.cell("financing", "funder", row["funder"]),
                        str(row["year"] or "–"),
                        amount_of(row),
                        " · ".join(one for one in (row["scope"], words.money_details(row)) if one) or "–",
                    ]
                    for row in content["financing"]
                ],
                widths=[1.6, 0.6, 1.2, 1.8],
                numeric=frozenset({2}),
            )
        )
    if content["links"]:
        blocks.append(Paragraph(label_of("links"), mark=""))
        blocks.append(Listing([Item(words.row("links", row)) for row in content["links"]]))
    if action.source_title:
        source = ", ".join(one for one in (action.source_title, action.source_url) if one)
        blocks.append(Paragraph(source, kind="source", mark=_("Source")))
    return blocks


def baseline(row: dict) -> str:
    if row["baseline_value"] in (None, ""):
        return "–"
    value = plain("baseline_value", row["baseline_value"])
    return f"{value} ({plain('baseline_on', row['baseline_on'])})" if row["baseline_on"] else value


def operation_tables(content: dict) -> list:
    """The grid of the fiche as conventions print it: what each operation does, side by side."""
    operations = content["operations"]
    if not operations:
        return []
    names = [name for name in OPERATION if name != "title" and any(row[name] for row in operations)]
    tables = []
    step = SIDE_BY_SIDE
    for first in range(0, len(operations), step):
        some = operations[first : first + step]
        tables.append(
            Table(
                capital(label_of("operations")),
                [_("Rubrique"), *(row["title"] for row in some)],
                [[cell_label("operations", name), *(row[name] or "–" for row in some)] for name in names]
                or [[_("Description"), *("–" for _row in some)]],
                widths=[1, *(2.6 / len(some) for _row in some)],
            )
        )
    return tables
