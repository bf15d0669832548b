"""What the explorer shows, as sheets: the same rows and order, with what is needed to quote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.territories import observations, sentences
from ansanm.territories.documents.as_json import number
from ansanm.territories.documents.as_sheets import AUTHOR, excel_format, unit_text
from ansanm.territories.documents.fields import INDICATOR_FIELDS
from ansanm.ui.documents import sheets
from ansanm.ui.documents.sheets import Column, Sheet
from ansanm.ui.formats import format_day, listed_apart

if TYPE_CHECKING:
    from ansanm.territories.explorer import ExplorerPage


def to_xlsx(page: ExplorerPage, address: str) -> bytes:
    pages = [_table(page), _values(page), _indicators(page), _sources(page)]
    return sheets.write_xlsx(
        sheets.Workbook(
            title=page.title,
            subject=_("Exploration d’indicateurs"),
            author=AUTHOR,
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=[
                (_("Contenu"), page.title),
                (_("Établi le"), format_day(timezone.localdate())),
                (_("Version des données"), observations.data_version()),
                (_("Adresse"), address),
                (_("Feuilles"), ", ".join(one.name for one in pages)),
                (
                    _("Une case vide n’est pas zéro"),
                    _(
                        "Le statut dit pourquoi elle est vide : secret statistique, donnée absente ou sans "
                        "objet. Un zéro est écrit 0."
                    ),
                ),
                (
                    _("Intervalle"),
                    _(
                        "Ce que la fabrication du chiffre laisse ignorer : l’arrondi à 5 de la Cnaf, le "
                        "sondage du recensement à l’IRIS (au moins). Vide : inconnu."
                    ),
                ),
            ],
            sheets=pages,
        )
    )


def to_csv(page: ExplorerPage, address: str) -> bytes:
    """One line per territory, indicator and period."""
    return sheets.write_csv(_values(page), decimal_mark="," if page.language == "fr" else ".")


WRITERS = {"xlsx": to_xlsx, "csv": to_csv}


def _table(page: ExplorerPage) -> Sheet:
    columns = [Column(_("Niveau"), 16), Column(_("Code"), 12), Column(_("Territoire"), 32)]
    columns += [Column(page.column_words(one), 18, excel_format(one.definition)) for one in page.of.columns]
    rows = []
    for row in page.of.rows:
        place = page.of.territories[row]
        values = [column.value(row) for column in page.of.columns]
        rows.append(
            [
                str(place.get_level_display()),
                place.code,
                place.name,
                *(number(one.value) if one else None for one in values),
            ]
        )
    return Sheet(_("Tableau"), columns, rows, frozen_columns=3)


def _values(page: ExplorerPage) -> Sheet:
    columns = [
        Column(_("Niveau"), 16),
        Column(_("Code"), 12),
        Column(_("Territoire"), 32),
        Column(str(INDICATOR_FIELDS["id"].title), 26),
        Column(str(INDICATOR_FIELDS["title"].title), 46),
        Column(str(INDICATOR_FIELDS["period"].title), 12),
        Column(str(INDICATOR_FIELDS["value"].title), 16),
        Column(_("Au moins"), 14),
        Column(_("Au plus"), 14),
        Column(str(INDICATOR_FIELDS["unit"].title), 16),
        Column(str(INDICATOR_FIELDS["status"].title), 18),
    ]
    rows = []
    for place, column, value, bounds in page.of.cells():
        low, high = bounds if value and value.value is not None and bounds else (None, None)
        rows.append(
            [
                str(place.get_level_display()),
                place.code,
                place.name,
                column.definition.id,
                column.definition.title[page.language],
                column.period,
                number(value.value) if value else None,
                low,
                None if high == float("inf") else high,
                unit_text(column.definition.unit),
                sentences.absence(value) or _("publié"),
            ]
        )
    return Sheet(_("Valeurs"), columns, rows, frozen_columns=3)


def _indicators(page: ExplorerPage) -> Sheet:
    names = ("id", "title", "explanation", "unit", "sources")
    columns = [
        Column(str(INDICATOR_FIELDS[name].title), 60 if name == "explanation" else 30, wrap=True)
        for name in names
    ]
    described = observations.datasets()
    rows = [
        [
            one.id,
            one.title[page.language],
            one.explanation[page.language],
            unit_text(one.unit),
            listed_apart([described[name]["title"][page.language] for name in one.sources]),
        ]
        for one in (series.definition for series in page.of.series.values())
    ]
    return Sheet(_("Indicateurs"), columns, rows)


def _sources(page: ExplorerPage) -> Sheet:
    columns = [
        Column(_("Jeu de données"), 24),
        Column(_("Titre"), 56),
        Column(_("Producteur"), 36),
        Column(_("Adresse"), 70),
    ]
    described = observations.datasets()
    used = dict.fromkeys(name for one in page.of.series.values() for name in one.definition.sources)
    rows = [
        [name, described[name]["title"][page.language], described[name]["producer"], described[name]["url"]]
        for name in used
    ]
    return Sheet(_("Sources"), columns, rows, frozen_columns=1)
