"""The diagnosis as a document to read, print and edit: the blocks of the PDF and of the Word file.

Rows, charts, maps and sentences come from the pages' own `presentation`, so that paper and screen
cannot disagree.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.territories import presentation, sentences
from ansanm.territories.diagnosis import Diagnosis, Figure
from ansanm.territories.documents.as_sheets import AUTHOR, is_compared
from ansanm.territories.documents.selection import Selection
from ansanm.territories.models import Territory
from ansanm.ui import charts, maps, svg
from ansanm.ui.documents.blocks import Block, Document, Heading, Item, Listing, Paragraph, Picture, Table
from ansanm.ui.formats import (
    format_day,
    format_gap,
    format_number,
    format_period,
    labelled,
    listed_apart,
    unit_words,
)

# The table of a drawing with more rows than this is in the sheet, not on paper.
MOST_ROWS = 30


def to_pdf(diagnosis: Diagnosis, *, theme: str | None = None, indicator: str | None = None) -> bytes:
    from ansanm.ui.documents import pdf  # late, as `word`: the command line asks for one format

    return pdf.write(document(Selection(diagnosis, theme, indicator)))


def to_docx(diagnosis: Diagnosis, *, theme: str | None = None, indicator: str | None = None) -> bytes:
    from ansanm.ui.documents import word

    return word.write(document(Selection(diagnosis, theme, indicator)))


def document(selection: Selection) -> Document:
    territory, today = selection.diagnosis.territory, timezone.localdate()
    if selection.indicator:
        blocks = _one_indicator(selection)
    elif selection.theme:
        blocks = _theme(selection, selection.theme)
    else:
        blocks = _summary(selection)
        for one in selection.themes:
            blocks += _theme(selection, one.id)
    blocks += _definitions(selection) + _sources(selection)
    return Document(
        title=selection.title,
        subtitle=_("%(level)s, code %(code)s. Établi le %(day)s avec Ansanm.")
        % {"level": territory.get_level_display(), "code": territory.code, "day": format_day(today)},
        language=selection.language,
        author=AUTHOR,
        produced_on=today,
        foot=_("%(title)s. Données : version %(version)s.")
        % {"title": selection.title, "version": selection.diagnosis.data_version[:12]},
        page_label=_("Page {n} sur {total}"),
        blocks=blocks,
        contents_title="" if selection.theme or selection.indicator else _("Sommaire"),
    )


def extract(diagnosis: Diagnosis, language: str) -> list[Block]:
    """What a convention keeps of a diagnosis: five numbers, gaps and strengths with their reasons, and
    theme by theme what is known and what nobody publishes. No drawing: it is sealed as text."""
    selection = Selection(diagnosis)
    page = presentation.Summary(diagnosis, language)
    blocks: list[Block] = [Paragraph(page.headline, "lead")]
    figures = [diagnosis.figures[name] for name in diagnosis.reading.five_numbers]
    if figures:
        blocks.append(_figures_table(_("Cinq nombres"), figures, selection))
    for title, findings in (
        (_("Écarts qui appellent une action"), page.gaps),
        (_("Points forts"), page.strengths),
    ):
        if findings:
            told = [Item(labelled(one["name"], one["reason"])) for one in findings]
            blocks += [Heading(2, title), Listing(told)]
    for theme in selection.themes:
        told = presentation.ThemePage(diagnosis, language, theme.id)
        known = [one for one in told.figures if one.value is not None]
        if told.readings or known:
            blocks.append(Heading(2, told.title))
        if told.readings:
            blocks.append(Listing([Item(one) for one in told.readings]))
        if known:
            blocks.append(
                _figures_table(_("Les indicateurs : %(theme)s") % {"theme": told.title}, known, selection)
            )
    holders: dict[str, list[str]] = {}
    for one in selection.figures:
        if one.value is None:
            holder = one.definition.holder.get(language, "") or _("Détenteur inconnu")
            holders.setdefault(holder, []).append(one.definition.title[language])
    if holders:
        blocks.append(Heading(2, _("Données absentes, par détenteur")))
        blocks.append(
            Listing([Item(labelled(holder, listed_apart(names))) for holder, names in holders.items()])
        )
    blocks.append(
        Paragraph(
            _("Données publiées, version %(version)s ; les petits effectifs n’y sont pas montrés.")
            % {"version": diagnosis.data_version[:12]},
            "source",
        )
    )
    return blocks


def _summary(selection: Selection) -> list[Block]:
    diagnosis = selection.diagnosis
    page = presentation.Summary(diagnosis, selection.language)
    blocks: list[Block] = [Heading(1, _("L’essentiel")), Paragraph(page.headline, "lead")]
    figures = [diagnosis.figures[name] for name in diagnosis.reading.five_numbers]
    if figures:
        blocks.append(_figures_table(_("Cinq nombres"), figures, selection))
    if page.map is not None:
        blocks += _drawing(page.map)
    for title, findings in ((_("Trois points forts"), page.strengths), (_("Trois écarts"), page.gaps)):
        if findings:
            told = [Item(labelled(one["name"], one["reason"])) for one in findings]
            blocks += [Heading(2, title), Listing(told)]
    known = sum(one.value is not None for one in selection.figures)
    blocks.append(
        Paragraph(
            _(
                "%(known)d indicateurs sur %(total)d ont une valeur ; pour les autres, "
                "le document dit qui la détient."
            )
            % {"known": known, "total": len(selection.figures)}
        )
    )
    return blocks


def _theme(selection: Selection, theme: str) -> list[Block]:
    page = presentation.ThemePage(selection.diagnosis, selection.language, theme)
    known = [one for one in page.figures if one.value is not None]
    absent = [one for one in page.figures if one.value is None]
    blocks: list[Block] = [Heading(1, page.title), Paragraph(page.question, "lead")]
    if page.readings:
        blocks.append(Listing([Item(one) for one in page.readings]))
    if known:
        blocks.append(
            _figures_table(_("Les indicateurs : %(theme)s") % {"theme": page.title}, known, selection)
        )
    for chart in page.charts:
        blocks += _drawing(chart)
    if page.map is not None:
        blocks += _drawing(page.map)
    blocks += _cautions(known, selection) + _declared(page.figures, selection) + _absent(absent, selection)
    blocks += _theme_sources(known, selection)
    return blocks


def _one_indicator(selection: Selection) -> list[Block]:
    page = presentation.IndicatorPage(selection.diagnosis, selection.language, selection.indicator)
    figure = page.figure
    blocks: list[Block] = [Heading(1, page.title), Paragraph(page.explanation, "lead")]
    blocks += [Paragraph(one) for one in page.readings]
    if figure.value is not None:
        blocks += [_comparison_table(figure, selection), *_series_table(figure, selection)]
    for chart in page.charts:
        blocks += _drawing(chart)
    if page.map is not None:
        blocks += _drawing(page.map)
    blocks += _cautions([figure], selection) + _declared([figure], selection)
    if figure.value is None:
        blocks += _absent([figure], selection)
    return blocks


def _comparators(figures: list[Figure]) -> list[Territory]:
    """Those that have one of the figures; La Réunion, région and département, once."""
    known = {one.territory.pk for figure in figures for one in figure.distinct}
    return [one.territory for one in figures[0].comparisons if one.territory.pk in known]


def _words(figure: Figure, value, reference_period: str = "") -> str:
    """A value as the page writes it, or why there is none; its period where it is another one."""
    if value is None or value.value is None:
        return sentences.absence(value)
    definition = figure.definition
    words = format_number(value.value, definition.unit, definition.decimals)
    if reference_period and value.period != reference_period:
        words += f" ({format_period(value.period)})"
    return words


def _figures_table(caption: str, figures: list[Figure], selection: Selection) -> Table:
    """One row per indicator: name, value, comparators, rank."""
    others = _comparators(figures)
    rows = []
    for figure in figures:
        compared = {one.territory.pk: one.value for one in figure.comparisons}
        period = figure.value.period
        told = format_period(period)
        if figure.value.origin == "declared":
            told = _("%(period)s, chiffre déclaré") % {"period": told}
        unit = unit_words(figure.definition.unit)
        name = f"{figure.definition.title[selection.language]} ({told})"
        row = [f"{name}, {unit}" if unit else name, _words(figure, figure.value)]
        row += [
            _words(figure, compared.get(one.pk), period) if is_compared(figure) else "–" for one in others
        ]
        row.append(f"{figure.rank.position} / {figure.rank.n_ranked}" if figure.rank else "–")
        rows.append(row)
    header = [
        _("Indicateur"),
        selection.diagnosis.territory.name,
        *(one.short_name for one in others),
        _("Rang"),
    ]
    return Table(
        caption,
        header,
        rows,
        widths=[3.2, 1.5, *[1.3] * len(others), 0.9],
        numeric=frozenset(range(1, len(header))),
    )


def _comparison_table(figure: Figure, selection: Selection) -> Table:
    definition, territory = figure.definition, selection.diagnosis.territory
    rows = [[territory.name, _words(figure, figure.value), format_period(figure.value.period), "–"]]
    for one in figure.distinct:
        gap = format_gap(one.gap, definition.unit, definition.decimals) if is_compared(figure) else ""
        rows.append(
            [one.territory.name, _words(figure, one.value), format_period(one.value.period), gap or "–"]
        )
    header = [_("Territoire"), definition.title[selection.language], _("Période"), _("Écart")]
    return Table(
        _("Le territoire et ses comparateurs"),
        header,
        rows,
        widths=[2, 2, 1.2, 1.2],
        numeric=frozenset({1, 2, 3}),
        strong_rows=frozenset({0}),
    )


def _series_table(figure: Figure, selection: Selection) -> list[Table]:
    if len(figure.series) < 2:
        return []
    rows, before = [], None
    for value in figure.series:
        broken = before is not None and figure.breaks_between(before.period, value.period)
        remark = _("méthode nouvelle, ne se compare pas à la ligne d’avant") if broken else ""
        rows.append([format_period(value.period), _words(figure, value), remark])
        before = value
    header = [_("Période"), figure.definition.title[selection.language], _("Remarque")]
    return [Table(_("Toutes les périodes"), header, rows, widths=[1.2, 1.6, 3], numeric=frozenset({1}))]


def _drawing(one: charts.Chart | maps.Map) -> list[Block]:
    """The picture, its reading and its table: three ways to the same figures."""
    # A picture says what it shows in its title; its reading and its table follow in the text.
    alt = one.title + (f". {one.reading}" if one.reading else "")
    if isinstance(one, maps.Map):
        drawn = _with_legend(one)
        blocks: list[Block] = [Picture(one.title, alt, lambda: drawn, share=0.7)]
    else:
        blocks = [Picture(one.title, alt, lambda: str(one.svg()))]
    if one.reading:
        blocks.append(Paragraph(one.reading))
    if one.note:
        blocks.append(Paragraph(one.note, "source"))
    header, *rows = one.table
    if len(rows) <= MOST_ROWS:
        blocks.append(
            Table(
                _("En chiffres : %(title)s") % {"title": one.title},
                [cell or _("Territoire") for cell in header],
                [list(row) for row in rows],
                widths=[2.0, *[1.0] * (len(header) - 1)],
                numeric=frozenset(range(1, len(header))),
                is_dense=True,
            )
        )
    else:
        words = _("%(count)d territoires : leurs valeurs sont dans le tableur (XLSX).") % {"count": len(rows)}
        blocks.append(Paragraph(words, "source"))
    return blocks


def _with_legend(drawn: maps.Map) -> str:
    """The map with its classes below it: on paper nothing else says what a colour means."""
    parts, y = [drawn.shapes], drawn.height + 20
    for one in drawn.classes:
        if one.paint in svg.COLOURS:
            parts.append(
                svg.element("rect", paint=one.paint, stroke="rule", x=8, y=y - 11, width=22, height=14)
            )
        else:
            dashes = {"stroke_dasharray": "2 2"} if one.paint == maps.ABSENT else {}
            box = {"x": 8, "y": y - 11, "width": 22, "height": 14, "fill": "none"}
            parts.append(svg.element("rect", stroke="rule", **box, **dashes))
            if one.paint == maps.SECRET:
                lines = "".join(f"M{x} {y + 3}l6 -14" for x in (9, 15, 21))
                parts.append(svg.element("path", stroke="rule", d=lines))
        parts.append(svg.text(38, y, f"{one.words} ({one.n})", size=17))
        y += 23
    return svg.drawing(maps.WIDTH, y, "".join(parts), label=drawn.title)


def _cautions(figures: list[Figure], selection: Selection) -> list[Block]:
    language = selection.language
    told = [
        Paragraph(
            " ".join(sentences.caution(one, language) for one in figure.warnings),
            "warning",
            f"{figure.definition.title[language]}.",
        )
        for figure in figures
        if figure.warnings
    ]
    return [Heading(2, _("À lire avec prudence")), *told] if told else []


def _declared(figures: list[Figure], selection: Selection) -> list[Block]:
    told = []
    for figure in figures:
        for one in figure.declared:
            said = [sentences.declared(one, figure.definition), sentences.difference(one, figure.definition)]
            said.append(one.figure.note)
            told.append(Item(" ".join(words for words in said if words), one.figure.source_url))
    return [Heading(2, _("Chiffres déclarés")), Listing(told)] if told else []


def _absent(figures: list[Figure], selection: Selection) -> list[Block]:
    language = selection.language
    told = []
    for figure in figures:
        definition = figure.definition
        said = [definition.holder.get(language, ""), definition.obtain.get(language, "")]
        who = " ".join(words for words in said if words)
        told.append(Item(labelled(definition.title[language], who)))
    return [Heading(2, _("Données absentes")), Listing(told)] if told else []


def _theme_sources(figures: list[Figure], selection: Selection) -> list[Block]:
    used = dict.fromkeys(words for one in figures for words in selection.source_words(one.value))
    return [Paragraph(listed_apart(used), "source", _("Sources :"))] if used else []


def _definitions(selection: Selection) -> list[Block]:
    language = selection.language
    known = [one for one in selection.figures if one.value is not None]
    if selection.indicator or not known:
        return []
    blocks: list[Block] = [Heading(1, _("Ce que disent les indicateurs"))]
    blocks += [
        Paragraph(one.definition.explanation[language], mark=f"{one.definition.title[language]}.")
        for one in known
    ]
    return blocks


def _sources(selection: Selection) -> list[Block]:
    described = [selection.dataset(name) for name in selection.datasets]
    if not described:
        return []
    told = [
        Item(f"{one['producer']}, {one['title']}. {one['coverage']}. {one['licence']}.", one["url"])
        for one in described
    ]
    return [Heading(1, _("Sources")), Listing(told)]
