"""The papers of a meeting: its pack and its minutes, written once and printed three ways.

The content is a list of blocks (`ui/documents/blocks.py`), which the PDF, the Word file and the slides
write as they are: the three can only say the same thing. What the agenda shows live comes from
`agenda.py`, and from what was frozen there once the meeting is held.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from ansanm.conventions import files
from ansanm.conventions.governance import agenda, words
from ansanm.conventions.governance.meeting_operations import Presence, expected_presences, quorum_of
from ansanm.conventions.governance.seats import seats_on
from ansanm.conventions.governance.zones import zone_of
from ansanm.conventions.models import (
    AgendaItem,
    Attendance,
    Decision,
    FinancingLine,
    Mandate,
    Meeting,
    ReportedFigure,
)
from ansanm.conventions.plan.progress import ORDER, Progress
from ansanm.ui import charts
from ansanm.ui.charts import Bar
from ansanm.ui.documents import pdf, slides, word
from ansanm.ui.documents.blocks import Block, Document, Heading, Item, Listing, Paragraph, Picture, Table
from ansanm.ui.formats import format_day, format_number, format_period, format_vague, labelled, listed_apart

Kind = AgendaItem.Kind
WRITERS = {"pdf": pdf.write, "docx": word.write, "pptx": slides.write}
# What a steering committee is given to read even when its agenda has no point about it.
ALWAYS = (Kind.PROGRESS, Kind.LATE_ACTIONS, Kind.DECISIONS, Kind.MONEY, Kind.INDICATORS)


def written(document: Document, format: str) -> bytes:
    return WRITERS[format](document)


# ---- the pack ----


def pack_document(meeting: Meeting, user) -> Document:
    convention = meeting.body.convention
    parts = agenda.parts_of(meeting, user)
    live = agenda.Live.of(meeting, user)
    blocks: list[Block] = [*opening(meeting), *order_of_the_day(meeting, [item for item, _part in parts])]
    for number, (item, part) in enumerate(parts, 1):
        blocks += point(number, item, part, live)
    if meeting.state != Meeting.State.HELD:
        shown = {item.kind for item, _part in parts}
        for kind in ALWAYS:
            if kind not in shown and (part := live.part(kind)):
                blocks.append(Heading(1, _("En annexe\u00a0: %(title)s") % {"title": part.title}))
                blocks += part_blocks(part, live)
    blocks += attendance(meeting) if meeting.state == Meeting.State.HELD else expected(meeting)
    return document(
        meeting,
        _("%(meeting)s\u00a0: dossier de séance") % {"meeting": words.meeting_name(meeting)},
        convention,
        blocks,
    )


def document(meeting, title, convention, blocks) -> Document:
    said = [convention.name, words.when_words(meeting), meeting.place]
    language = (get_language() or "fr")[:2]
    return Document(
        title=title,
        subtitle=" · ".join(one for one in said if one),
        language=language,
        author="Ansanm",
        produced_on=timezone.localdate(),
        foot=_("%(title)s · produit le %(day)s") % {"title": title, "day": format_day(timezone.localdate())},
        page_label=_("Page {n} sur {total}"),
        blocks=blocks,
        contents_title=_("Sommaire"),
    )


def opening(meeting: Meeting, first: Iterable[Block] = ()) -> Iterator[Block]:
    yield Heading(1, _("La réunion"))
    yield from first
    facts = [
        (_("Instance"), meeting.body.name),
        (_("Rang"), words.ordinal(meeting.rank) if meeting.rank else _("non connu")),
        (_("Date"), words.when_words(meeting)),
        (_("Lieu"), meeting.place or _("non précisé")),
    ]
    if meeting.title:
        facts.append((_("Objet"), meeting.title))
    if meeting.url:
        facts.append((_("Visioconférence"), meeting.url))
    if meeting.body.purpose:
        facts.append((_("Rôle de l’instance"), meeting.body.purpose))
    yield facts_table(_("La réunion"), facts)
    if meeting.is_fictitious or meeting.body.is_fictitious:
        yield Paragraph(_("cette réunion est inventée pour la démonstration."), "warning", _("Fictif"))
    yield from source_of(meeting)


def source_of(row) -> Iterator[Block]:
    if row.source_title:
        yield Paragraph(" · ".join(filter(None, (row.source_title, row.source_url))), "source", _("Source"))


def facts_table(caption, facts) -> Table:
    return Table(caption, [_("Rubrique"), _("Contenu")], [list(one) for one in facts], widths=[1, 3])


def order_of_the_day(meeting, items) -> Iterator[Block]:
    yield Heading(1, _("Ordre du jour"))
    if not items:
        yield Paragraph(_("L’ordre du jour n’a encore aucun point."))
        return
    begins = hours_of(meeting, items)
    yield Table(
        _("Les points, dans leur ordre"),
        [_("Point"), _("Présenté par"), _("Heure"), _("Durée")],
        [
            [
                f"{number}. {item.title}",
                item.presenter or "–",
                hour or "–",
                words.duration_words(item.minutes_long) or "–",
            ]
            for number, (item, hour) in enumerate(zip(items, begins, strict=True), 1)
        ],
        widths=[3.4, 1.6, 0.8, 0.9],
        numeric=frozenset({2, 3}),
    )
    known = [item.minutes_long for item in items if item.minutes_long]
    if known:
        told = _("Durée prévue des points\u00a0: %(long)s") % {"long": words.duration_words(sum(known))}
        if missing := len(items) - len(known):
            told += ngettext(
                "\u202f; %(n)s point n’en dit pas", "\u202f; %(n)s points n’en disent pas", missing
            ) % {"n": missing}  # fmt: skip
        yield Paragraph(told + ".")


def hours_of(meeting, items) -> list[str]:
    """When each point begins: known as long as all those before it say how long they last."""
    told: list[str] = []
    at: datetime | None = meeting.starts_at
    zone = zone_of(meeting.body.convention)
    for item in items:
        told.append(f"{at.astimezone(zone):%H:%M}" if at else "")
        at = at + timedelta(minutes=item.minutes_long) if at and item.minutes_long else None
    return told


def point(number, item: AgendaItem, part, live) -> Iterator[Block]:
    yield Heading(1, f"{number}. {item.title}")
    if item.presenter:
        yield Paragraph(_("Présenté par %(who)s.") % {"who": item.presenter})
    yield from lines(item.note)
    if part:
        yield from part_blocks(part, live)
    if item.kind == Kind.TO_DECIDE:
        yield from to_decide()


def lines(text: str, **more) -> Iterator[Block]:
    for line in text.splitlines():
        if line.strip():
            yield Paragraph(line.strip(), **more)


def to_decide() -> Iterator[Block]:
    """Room for what is decided, and for the vote: filled by hand in the meeting."""
    yield Table(
        _("Décision, à compléter en séance"),
        [_("Rubrique"), _("Contenu")],
        [[_("Décision"), ""], [_("Chargé de la suite"), ""], [_("Échéance"), ""]],
        widths=[1, 3],
        row_cm=1.2,
    )
    yield Table(
        _("Vote, à compléter en séance"),
        [_("Vote"), _("Pour"), _("Contre"), _("Abstentions")],
        [[_("Nombre de voix"), "", "", ""]],
        row_cm=1.0,
    )


# ---- live parts ----


def part_blocks(part: agenda.Part, live: agenda.Live) -> Iterator[Block]:
    yield Paragraph(part.sentence, "lead")
    if part.when:
        yield Paragraph(_("le plan d’actions, %(when)s.") % {"when": part.when}, "source", _("Source"))
    if part.kind == Kind.PROGRESS:
        yield from progress_picture(part)
    elif part.figures:
        yield Listing([Item(labelled(_first_capital(name), value)) for name, value in part.figures])
    if part.rows:
        yield Table(
            part.title,
            list(part.columns),
            [list(row.cells) for row in part.rows],
            widths=[3.2, *[1.5] * (len(part.columns) - 1)],
        )
    for note in part.notes:
        yield Paragraph(note)
    # Frozen, a part is what the meeting saw: nothing of today stands beside it.
    if not part.is_frozen:
        if part.kind == Kind.PROGRESS:
            yield from progress_by_theme(live)
        elif part.kind == Kind.MONEY:
            yield from money_known(live)


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def progress_picture(part) -> Iterator[Block]:
    rows = [Bar(name, number) for name, value in part.figures if (number := counted(value)) is not None]
    if not rows:
        return
    title = _("Actions par état")
    chart = charts.bars(rows, title=title, name_of_rows=_("État"), name_of_values=_("Actions"))
    alt = labelled(title, listed_apart(labelled(row.name, format_number(row.value)) for row in rows))
    yield Picture(title, alt, lambda: str(chart.svg()), share=0.8)


def counted(words_of_number: str) -> int | None:
    """The number in the words of a frozen part: « 1 204 »."""
    digits = "".join(words_of_number.split())
    return int(digits) if digits.isdecimal() else None


def progress_by_theme(live) -> Iterator[Block]:
    found = Progress(live.overview)
    rows = found.by_theme()
    if not rows:
        return
    yield Table(
        _("Par thématique, sur %(n)s fiches") % {"n": format_number(found.n)},
        [_("Thématique"), _("Fiches"), *(str(one.label) for one in ORDER), _("dont en retard")],
        [
            [row.name, *(format_number(n) for n in (row.n, *row.cells, row.n_late))]
            for row in [*rows, found.total]
        ],
        widths=[2.4, *[1.0] * (len(ORDER) + 2)],
        numeric=frozenset(range(1, len(ORDER) + 3)),
        strong_rows=frozenset({len(rows)}),
        is_dense=True,
    )
    if found.has_several_themes:
        yield Paragraph(
            _("Une action de deux thématiques compte dans chacune\u00a0: ces lignes ne s’additionnent pas."),
            "source",
        )
    if announced := found.announced_words():
        yield Paragraph(announced + ".")


def money_known(live) -> Iterator[Block]:
    """What is written down, apart for each funder, scope, precision and year: none is added to another."""
    found = (
        FinancingLine.objects.filter(convention=live.convention)
        .exclude(action__deleted_at__isnull=False)
        .select_related("funder")
    )
    sums: dict[tuple, list] = defaultdict(lambda: [0, Decimal(0)])
    for line in found:
        if line.amount_eur is None:
            continue
        scope = line.scope or (_("fiches actions") if line.action_id else _("toute la convention"))
        key = (str(line.funder), line.year or 0, scope, line.precision)
        sums[key][0] += 1
        sums[key][1] += line.amount_eur
    if sums:
        yield Table(
            _("Ce qui est inscrit"),
            [_("Financeur"), _("Année"), _("Périmètre"), _("Lignes"), _("Exactitude"), _("Montant")],
            [
                [
                    funder,
                    str(year or "–"),
                    scope,
                    format_number(n),
                    str(FinancingLine.Precision(precision).label),
                    format_number(amount, "eur", 0 if amount == int(amount) else 2),
                ]
                for (funder, year, scope, precision), (n, amount) in sorted(sums.items())
            ],
            widths=[1.8, 0.8, 2, 0.7, 1, 1.3],
            numeric=frozenset({1, 3, 5}),
        )
        yield Paragraph(
            _(
                "Un montant n’est additionné qu’à ceux du même financeur, de la même année, du même "
                "périmètre "
                "et de la même exactitude."
            ),
            "source",
        )
    reported = live.convention.reported_figures.filter(kind=ReportedFigure.Kind.MONEY)
    if reported:
        yield Table(
            _("Ce qui a été publié"),
            [_("Ce qui est dit"), _("Période"), _("Financeur"), _("Périmètre"), _("Montant"), _("Source")],
            [
                [
                    one.label,
                    one.period or "–",
                    one.funder or "–",
                    one.scope or "–",
                    reported_amount(one),
                    ", ".join(filter(None, (one.source_title, format_period(one.source_on)))),
                ]
                for one in reported
            ],
            widths=[1.8, 1, 1.1, 1.5, 1.6, 1.6],
            numeric=frozenset({4}),
        )


def reported_amount(figure: ReportedFigure) -> str:
    """« environ 21 000 000 € »."""
    if figure.value is None:
        return "–"
    unit = "eur" if figure.unit in ("€", "eur", "") else ""
    amount = format_number(figure.value, unit) + ("" if unit else f" {figure.unit}")
    if figure.precision == ReportedFigure.Precision.EXACT:
        return amount
    return f"{ReportedFigure.Precision(figure.precision).label} {amount}"


# ---- who is expected, who came ----


def expected(meeting) -> Iterator[Block]:
    yield Heading(1, _("Qui est attendu"))
    presences = expected_presences(meeting)
    seats = seats_on(meeting)
    n_votes = sum(one.has_vote for one in presences)
    vacant = [one for one in seats if one.participant is None]
    yield Paragraph(quorum_needs(meeting, n_votes, sum(one.has_vote for one in vacant)), "lead")
    if presences:
        yield Table(
            _("Membres de l’instance ce jour-là"),
            [_("Nom"), _("Organisme"), _("Rôle"), _("Voix")],
            [
                [
                    named(one),
                    one.organisation or "–",
                    str(Mandate.Role(one.role).label),
                    _("oui") if one.has_vote else _("non"),
                ]
                for one in presences
            ],
            widths=[2.4, 2.4, 1.2, 0.8],
        )
    if vacant:
        yield Paragraph(labelled(_("Sièges vacants"), listed_apart(str(one.actor) for one in vacant)) + ".")
    if not presences and not vacant:
        yield Paragraph(_("Personne ne siège encore dans cette instance."))


def quorum_needs(meeting, n_votes: int, n_vacant: int) -> str:
    told = ngettext("%(n)s membre a une voix", "%(n)s membres ont une voix", n_votes) % {"n": n_votes}
    if n_vacant:
        told += ngettext(
            ", et %(n)s siège avec voix est vacant", ", et %(n)s sièges avec voix sont vacants", n_vacant
        ) % {"n": n_vacant}  # fmt: skip
    needed = meeting.body.quorum
    if not needed:
        return told + _(". Cette instance n’a pas de quorum.")
    told += ngettext(
        ". Le quorum demande %(n)s membre présent ou représenté.",
        ". Le quorum demande %(n)s membres présents ou représentés.",
        needed,
    ) % {"n": needed}
    if needed > n_votes:
        told += " " + _("Il ne peut pas être atteint tant que des sièges manquent.")
    return told


def named(one: Presence | Attendance) -> str:
    return f"{one.name}, {one.function}" if one.function else one.name


# ---- the minutes ----


def minutes_document(meeting: Meeting, user) -> Document:
    """In French whatever the language of who prints: it is the text that the body approves."""
    with override("fr"):
        parts = agenda.parts_of(meeting, user)
        decisions = list(meeting.decisions.select_related("owner", "owner_person", "item").order_by("number"))
        blocks: list[Block] = [*opening(meeting, standing_of_minutes(meeting)), *attendance(meeting)]
        if meeting.minutes_opening:
            blocks += [Heading(1, _("Ouverture de la séance")), *lines(meeting.minutes_opening)]
        for number, (item, part) in enumerate(parts, 1):
            blocks += minuted(number, item, part, [one for one in decisions if one.item_id == item.pk])
        if decisions:
            blocks += [Heading(1, _("Relevé de décisions")), decisions_table(decisions)]
        else:
            blocks += [Heading(1, _("Relevé de décisions")), Paragraph(_("Aucune décision n’a été prise."))]
        return document(
            meeting,
            _("Compte rendu\u00a0: %(meeting)s") % {"meeting": words.meeting_name(meeting)},
            meeting.body.convention,
            blocks,
        )


def standing_of_minutes(meeting) -> Iterator[Block]:
    if meeting.approved_on:
        yield Paragraph(
            _("Compte rendu approuvé\u00a0: %(day)s.") % {"day": format_period(meeting.approved_on)}, "lead"
        )
    elif meeting.state == Meeting.State.HELD:
        yield Paragraph(_("ce compte rendu n’est pas encore approuvé."), "warning", _("Projet"))
    else:
        yield Paragraph(_("la réunion n’est pas close\u00a0: ce texte peut changer."), "warning", _("Projet"))


def attendance(meeting) -> Iterator[Block]:
    yield Heading(1, _("Présences et quorum"))
    found = list(meeting.attendances.all())
    if not found:
        yield Paragraph(_("Personne n’a noté les présences\u00a0: on ne sait pas qui était là."))
        return
    counts = [
        labelled(_first_capital(str(label)), str(n))
        for state, label in Attendance.State.choices
        if (n := sum(one.state == state for one in found))
    ]
    yield Paragraph(listed_apart(counts) + ".")
    quorum = quorum_of(meeting)
    if quorum.needed is None:
        yield Paragraph(_("Cette instance n’a pas de quorum."))
    else:
        told = (
            _(
                "Quorum atteint\u00a0: %(reached)s voix présentes ou représentées sur %(of)s, %(needed)s "
                "demandées."
            )
            if quorum.is_met
            else _(
                "Quorum non atteint\u00a0: %(reached)s voix présentes ou représentées sur %(of)s, %(needed)s "
                "demandées."
            )
        )
        yield Paragraph(told % {"reached": quorum.reached, "of": quorum.of, "needed": quorum.needed}, "lead")
    yield Table(
        _("Feuille de présence"),
        [_("Nom"), _("Organisme"), _("Rôle"), _("Voix"), _("Présence")],
        [
            [
                named(one),
                one.organisation or "–",
                str(one.get_role_display()),
                _("oui") if one.has_vote else _("non"),
                presence_words(one),
            ]
            for one in found
        ],
        widths=[2.2, 2, 1.1, 0.6, 1.6],
    )


def presence_words(one: Attendance) -> str:
    if one.state == Attendance.State.REPRESENTED and one.represented_by:
        return _("représenté par %(who)s") % {"who": one.represented_by}
    return str(one.get_state_display())


def minuted(number, item: AgendaItem, part, decisions) -> Iterator[Block]:
    yield Heading(1, f"{number}. {item.title}")
    if item.presenter:
        yield Paragraph(_("Présenté par %(who)s.") % {"who": item.presenter})
    if part:
        said = f"{part.sentence} ({part.when})" if part.when else part.sentence
        yield Paragraph(said, mark=_("Vu en séance\u00a0:") if part.is_frozen else _("À ce jour\u00a0:"))
    if item.minutes:
        yield from lines(item.minutes)
    else:
        yield Paragraph(_("Rien n’a été noté sur ce point."))
    if decisions:
        yield decisions_table(decisions)


def decisions_table(decisions) -> Table:
    return Table(
        _("Décisions"),
        [_("N°"), _("Décision"), _("Chargé"), _("Échéance"), _("Vote")],
        [
            [
                str(one.number),
                one.text,
                agenda.owner_words(one),
                format_vague(one.due) or _("sans échéance"),
                vote_words(one),
            ]
            for one in decisions
        ],
        widths=[0.5, 3, 1.6, 1.2, 1.3],
    )


def vote_words(decision: Decision) -> str:
    """« 8 pour, 1 contre, 2 abstentions »; nothing is counted where nobody counted."""
    counted_votes = [
        (decision.n_for, _("%(n)s pour")),
        (decision.n_against, _("%(n)s contre")),
        (decision.n_abstained, ngettext("%(n)s abstention", "%(n)s abstentions", decision.n_abstained or 0)),
    ]
    told = [said % {"n": n} for n, said in counted_votes if n is not None]
    return ", ".join(told) or _("sans vote noté")


# ---- all of it ----


# Of the papers of an archive, all held in memory while it is made.
MOST_BYTES = 100_000_000


def archive(meeting: Meeting, user) -> bytes:
    """The pack, the minutes once there is something in them, and the papers of the meeting."""
    held = {_("dossier-de-seance"): pack_document(meeting, user)}
    if has_minutes(meeting):
        held[_("compte-rendu")] = minutes_document(meeting, user)
    target = io.BytesIO()
    missing, left_out, n_bytes = [], [], 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, one in held.items():
            for format in WRITERS:
                zipped.writestr(f"{name}.{format}", written(one, format))
        for number, paper in enumerate(meeting.papers.select_related("file"), 1):
            if n_bytes + paper.file.n_bytes > MOST_BYTES:
                left_out.append(paper.file.name)
                continue
            n_bytes += paper.file.n_bytes
            try:
                content = files.read_bytes(paper.file)
            except FileNotFoundError:
                missing.append(paper.file.name)
                continue
            zipped.writestr(f"{_('pieces')}/{number:02d}-{get_valid_filename(paper.file.name)}", content)
        told = []
        if missing:
            told += [_("Ces pièces ne sont plus sur le serveur\u00a0:"), *missing]
        if left_out:
            told += [
                _(
                    "Cette archive contient %(n)s Mo de pièces au plus. Celles-ci s’ouvrent depuis la page "
                    "de la réunion\u00a0:"
                )
                % {"n": MOST_BYTES // 1_000_000},
                *left_out,
            ]
        if told:
            zipped.writestr(_("a-lire.txt"), "\n".join(told) + "\n")
    return target.getvalue()


def has_minutes(meeting: Meeting) -> bool:
    """Whether there is anything to minute: a meeting that was held, or a first word on it."""
    return (
        meeting.state == Meeting.State.HELD
        or bool(meeting.minutes_opening)
        or meeting.items.exclude(minutes="").exists()
    )
