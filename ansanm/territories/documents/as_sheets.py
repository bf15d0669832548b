"""The diagnosis as sheets: exact numbers in cells, their words and sources beside."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.engines.indicators import Definition, Kind
from ansanm.territories import sentences
from ansanm.territories.data_words import QUALITIES
from ansanm.territories.diagnosis import Diagnosis, Figure, Value
from ansanm.territories.documents.as_json import number
from ansanm.territories.documents.fields import INDICATOR_FIELDS
from ansanm.territories.documents.selection import Selection, parts_below
from ansanm.territories.models import Territory
from ansanm.territories.variables import variables
from ansanm.ui.documents import sheets
from ansanm.ui.documents.sheets import Column, Sheet
from ansanm.ui.formats import format_day, format_number, listed_apart, unit_words

AUTHOR = "Ansanm"


def to_xlsx(diagnosis: Diagnosis, *, theme: str | None = None, indicator: str | None = None) -> bytes:
    selection = Selection(diagnosis, theme, indicator)
    pages = [_indicators(selection), _values(selection)]
    for page in (_parts(selection), _declared(selection), _peers(selection)):
        if page.rows:
            pages.append(page)
    pages.append(_sources(selection))
    return sheets.write_xlsx(
        sheets.Workbook(
            title=selection.title,
            subject=_("Diagnostic partagé d’un territoire"),
            author=AUTHOR,
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=list(_readme(selection, pages)),
            sheets=pages,
        )
    )


def to_csv(diagnosis: Diagnosis, *, theme: str | None = None, indicator: str | None = None) -> bytes:
    """One line per indicator, territory and period."""
    selection = Selection(diagnosis, theme, indicator)
    decimal_mark = "," if selection.language == "fr" else "."
    return sheets.write_csv(_values(selection), decimal_mark=decimal_mark)


def status_words(value: Value | None) -> str:
    return sentences.absence(value) or _("publié")


def origin_words(value: Value | None) -> str:
    if value is None:
        return ""
    return {
        "published": _("publié par le producteur"),
        "derived": _("calculé par Ansanm"),
        "declared": _("déclaré par une personne"),
    }[value.origin]


def unit_text(unit: str) -> str:
    """The unit in words, for a column that has nothing but it."""
    return {"eur": "€", "percent": "%", "percent_per_year": _("% par an")}.get(unit) or str(unit_words(unit))


def excel_format(definition: Definition) -> str:
    """Excel's own words for the number as the page shows it; the cell keeps its decimals."""
    digits = "#,##0" + ("." + "0" * definition.decimals if definition.decimals else "")
    symbol = {"eur": "€", "percent": "%", "percent_per_year": "%"}.get(definition.unit)
    # In quotes: a bare % would multiply by 100.
    return f'{digits}" {symbol}"' if symbol else digits


def _readme(selection: Selection, pages: list[Sheet]) -> Iterator[tuple[str, str]]:
    territory = selection.diagnosis.territory
    yield _("Territoire"), f"{territory.name} ({territory.get_level_display()}, {territory.code})"
    yield _("Établi le"), format_day(timezone.localdate())
    yield _("Version des données"), selection.diagnosis.data_version
    yield _("Feuilles"), ", ".join(page.name for page in pages)
    yield (
        _("Une case vide n’est pas zéro"),
        _(
            "Le statut dit pourquoi elle est vide : secret statistique, donnée absente ou sans objet. "
            "Un zéro est écrit 0."
        ),
    )
    yield (
        _("Séries"),
        _(
            "Quand « Comparable à la période d’avant » dit non, la méthode a changé : "
            "ne calculez pas d’évolution."
        ),
    )
    shown = ("value", "status", "origin", "source", "vintage", "rank", "warnings", "comparable_with_previous")
    for name in shown:
        yield str(INDICATOR_FIELDS[name].title), str(INDICATOR_FIELDS[name].help)


def _title(name: str) -> str:
    return str(INDICATOR_FIELDS[name].title)


def _indicators(selection: Selection) -> Sheet:
    """One line per indicator, the comparators in columns."""
    diagnosis, language = selection.diagnosis, selection.language
    comparators = diagnosis.comparators
    columns = [
        Column(_title("theme"), 22),
        Column(_title("title"), 52, wrap=True),
        Column(diagnosis.territory.name, 16),
        Column(_title("unit"), 16),
        Column(_title("period"), 12),
        Column(_title("status"), 18),
    ]
    for one in comparators:
        columns += [Column(label(one), 16), Column(f"{label(one)}, {_title('period').lower()}", 12)]
    columns += [
        Column(_title("rank"), 8, "0"),
        Column(_("Territoires classés"), 10, "0"),
        Column(_title("origin"), 22),
        Column(_title("source"), 60, wrap=True),
        Column(_title("warnings"), 60, wrap=True),
        Column(_title("id"), 28),
    ]
    themes = {one.id: one.title[language] for one in selection.themes}
    rows, formats = [], {}
    for line, figure in enumerate(selection.figures):
        definition, value = figure.definition, figure.value
        compared = {one.territory.pk: one.value for one in figure.comparisons}
        row = [
            themes[definition.theme],
            definition.title[language],
            number(value.value) if value else None,
            unit_text(definition.unit),
            value.period if value else "",
            status_words(value),
        ]
        for index, one in enumerate(comparators):
            theirs = compared.get(one.pk)
            row += [number(theirs.value) if theirs else None, theirs.period if theirs else ""]
            formats[line, 6 + 2 * index] = excel_format(definition)
        formats[line, 2] = excel_format(definition)
        row += [
            figure.rank.position if figure.rank else None,
            figure.rank.n_ranked if figure.rank else None,
            origin_words(value),
            listed_apart(selection.source_words(value)),
            " ".join(sentences.caution(one, language) for one in figure.warnings),
            definition.id,
        ]
        rows.append(row)
    return Sheet(_("Indicateurs"), columns, rows, formats, frozen_columns=2)


def label(territory: Territory) -> str:
    """Its name, with its level: La Réunion is a région and a département."""
    if territory.level == "france":
        return territory.name
    level = str(territory.get_level_display())
    return f"{territory.name} ({level if level.isupper() else level.lower()})"


def _values(selection: Selection) -> Sheet:
    """One line per indicator, territory and period: what a program or a pivot table wants."""
    columns = [
        Column(_title("theme"), 22),
        Column(_title("id"), 28),
        Column(_title("title"), 46),
        Column(_("Niveau"), 14),
        Column(_("Code"), 12),
        Column(_("Territoire"), 24),
        Column(_title("period"), 12),
        Column(_("Valeur affichée"), 16),
        Column(_("Valeur exacte"), 16),
        Column(_title("unit"), 16),
        Column(_title("status"), 18),
        Column(_("La plus récente"), 10),
        Column(_title("comparable_with_previous"), 14),
        Column(_title("numerator"), 14),
        Column(_title("denominator"), 14),
        Column(_title("denominator_period"), 12),
        Column(_title("origin"), 22),
        Column(_title("source"), 60),
        Column(_title("quality"), 30),
    ]
    themes = {one.id: one.title[selection.language] for one in selection.themes}
    rows = []
    for figure in selection.figures:
        definition = figure.definition
        start = [themes[definition.theme], definition.id, definition.title[selection.language]]
        for territory, values, latest in _histories(selection.diagnosis, figure):
            place = [str(territory.get_level_display()), territory.code, territory.name]
            before = None
            for value in values:
                rows.append(
                    [*start, *place, *_line(value, before, figure, selection), *_provenance(value, selection)]
                )
                rows[-1][11] = _yes(latest is not None and value.period == latest.period)
                before = value
            if not values and territory is selection.diagnosis.territory:
                rows.append([*start, *place, *_line(None, None, figure, selection), "", "", ""])
    return Sheet(_("Valeurs"), columns, rows, frozen_columns=3)


def _histories(diagnosis: Diagnosis, figure: Figure):
    """(territory, its values oldest first, the one shown), the territory first."""
    own = list(figure.series)
    if figure.value is not None and figure.value not in own:
        own.append(figure.value)  # a figure given by hand where nothing is published
    yield diagnosis.territory, own, figure.value
    for one in figure.comparisons:
        yield one.territory, one.series, one.value


def _line(value: Value | None, before: Value | None, figure: Figure, selection: Selection) -> list:
    definition = figure.definition
    if value is None:
        return ["", "", None, unit_text(definition.unit), status_words(None), _yes(True), "", None, None, ""]
    numerator, denominator = parts_below(value)
    comparable = "" if before is None else _yes(not figure.breaks_between(before.period, value.period))
    shown = format_number(value.value, definition.unit, definition.decimals, selection.language)
    return [
        value.period,
        shown,
        number(value.value),
        unit_text(definition.unit),
        status_words(value),
        "",
        comparable,
        number(numerator),
        number(denominator),
        value.denominator_period,
    ]


def _provenance(value: Value, selection: Selection) -> list[str]:
    quality = str(QUALITIES.get(value.quality, value.quality))
    return [origin_words(value), listed_apart(selection.source_words(value)), quality]


def _yes(is_true: bool) -> str:
    return _("oui") if is_true else _("non")


def _parts(selection: Selection) -> Sheet:
    columns = [
        Column(_title("title"), 46),
        Column(_("Composante"), 40),
        Column(_title("period"), 12),
        Column(_title("value"), 16),
        Column(_title("unit"), 16),
        Column(_title("status"), 18),
    ]
    rows = [
        [
            figure.definition.title[selection.language],
            str(variables()[name]),
            value.period,
            number(value.value),
            unit_text(variables()[name].unit),
            status_words(value),
        ]
        for figure in selection.figures
        for name, value in figure.parts
    ]
    return Sheet(_("Composantes"), columns, rows, frozen_columns=2)


def _declared(selection: Selection) -> Sheet:
    columns = [
        Column(_title("title"), 46),
        Column(_title("period"), 12),
        Column(_("Valeur déclarée"), 16),
        Column(_title("unit"), 16),
        Column(_title("status"), 18),
        Column(_("Donné par"), 28),
        Column(_title("source"), 40),
        Column(_("Date de la source"), 14),
        Column(_("Chiffre publié"), 16),
        Column(_("Période du chiffre publié"), 12),
        Column(_("Écart, en % du chiffre publié"), 14, "0.0"),
        Column(_("Remarque"), 60, wrap=True),
    ]
    rows = [
        [
            figure.definition.title[selection.language],
            one.value.period,
            number(one.value.value),
            unit_text(figure.definition.unit),
            status_words(one.value),
            one.figure.organisation.name if one.figure.organisation else "",
            one.figure.source_title,
            one.figure.source_on,
            number(one.published.value) if one.published else None,
            one.published.period if one.published else "",
            None if one.difference_share is None else 100 * one.difference_share,
            one.figure.note,
        ]
        for figure in selection.figures
        for one in figure.declared
    ]
    return Sheet(_("Chiffres déclarés"), columns, rows, frozen_columns=1)


def _peers(selection: Selection) -> Sheet:
    """Every territory of the same rank, when one indicator is asked for: 80 times that is too long."""
    columns = [
        Column(_("Code"), 12),
        Column(_("Territoire"), 32),
        Column(_title("period"), 12),
        Column(_title("value"), 16),
        Column(_title("status"), 18),
    ]
    rows, formats = [], {}
    figure = selection.figures[0] if selection.indicator else None
    for line, (one, value) in enumerate(figure.peers if figure and figure.value else []):
        rows.append([one.code, one.name, value.period, number(value.value), status_words(value)])
        formats[line, 3] = excel_format(figure.definition)
    return Sheet(_("Territoires pairs"), columns, rows, formats, frozen_columns=2)


def _sources(selection: Selection) -> Sheet:
    columns = [
        Column(_("Jeu de données"), 24),
        Column(_("Titre"), 56),
        Column(_("Producteur"), 36),
        Column(_("Licence"), 20),
        Column(_("Couverture"), 44),
        Column(_("Adresse"), 70),
    ]
    described = [selection.dataset(name) for name in selection.datasets]
    rows = [
        [one["id"], one["title"], one["producer"], one["licence"], one["coverage"], one["url"]]
        for one in described
    ]
    return Sheet(_("Sources"), columns, rows, frozen_columns=1)


def is_compared(figure: Figure) -> bool:
    """A village has fewer inhabitants than France: counts are not set side by side."""
    return figure.definition.kind != Kind.COUNT
