"""The result of a vote as files, and the draft of its minutes."""

from fractions import Fraction

from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from ansanm.conventions.concertation.results import Result, when
from ansanm.ui.documents import pdf, word
from ansanm.ui.documents.blocks import Document, Heading, Item, Listing, Paragraph, Table
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_xlsx
from ansanm.ui.formats import format_day, labelled


def ballots_words(result: Result) -> str:
    """« 5 bulletins complets sur 7 : seuls ceux-là comptent »."""
    return ngettext(
        "%(n)s bulletin complet sur %(total)s : lui seul compte.",
        "%(n)s bulletins complets sur %(total)s : eux seuls comptent.",
        result.n_complete,
    ) % {"n": result.n_complete, "total": result.n_voters}


def draft_minutes(session, result: Result) -> str:
    """What the ballots say, to be completed by what people said."""
    complete = [one["label"] for one in result.voters if one["is_complete"]]
    lines = [
        _("Ont voté : %(names)s.") % {"names": ", ".join(complete) or "–"},
        _("Critères : %(criteria)s.")
        % {"criteria": ", ".join(f"{one['label']} (× {one['weight']})" for one in result.criteria)},
        "",
    ]
    for one in result.lines:
        if one.rank:
            lines.append(
                f"{one.rank}. {one.label} ({one.score})"
                + (f" – {one.outcome_words}" if one.outcome_words else "")
            )
    if result.tied_on_the_line:
        lines += ["", _("Les ex æquo à la limite ont été départagés ainsi : ")]
    if result.parted:
        lines += ["", _("Où les parties ne sont pas d’accord :")]
        lines += [f"{labelled(one.label, one.apart)}." for one in result.parted]
    return "\n".join(lines)


def exported(session, result: Result, format: str) -> bytes:
    if format == "xlsx":
        return write_xlsx(workbook(session, result))
    return (pdf if format == "pdf" else word).write(document(session, result))


def facts(session, result: Result) -> list[tuple[str, str]]:
    return [
        (_("Convention"), session.convention.name),
        (_("Vote"), session.title),
        (_("Date"), when(session) or "–"),
        (_("État"), str(session.get_state_display())),
        (_("Notes"), _("de 0 à %(max)s") % {"max": result.facts["scale_max"]}),
        (_("Nombre à retenir"), str(result.facts["n_to_keep"] or "–")),
        (_("Bulletins"), ballots_words(result)),
        *([(_("Données"), _("Exemple fictif."))] if session.is_fictitious else []),
    ]


def workbook(session, result: Result) -> Workbook:
    def exact(text):
        return float(Fraction(text)) if text is not None else None

    options = result.facts["options"]
    ranking = Sheet(
        _("Classement"),
        [
            Column(_("Rang"), 10),
            Column(_("Proposition"), 50, wrap=True),
            Column(pgettext("vote", "Note"), 10, "0.00"),
            Column(_("Issue"), 22),
            *(Column(one["label"], 14, "0.00") for one in result.criteria),
            Column(_("Écart entre parties"), 14, "0.00"),
            Column(_("Solidité"), 40, wrap=True),
        ],
        [
            [
                line.rank,
                line.label,
                exact(one["score"]),
                line.outcome_words,
                *(exact(one["by_criterion"].get(str(key["pk"]))) for key in result.criteria),
                exact(one["spread"]),
                line.firm,
            ]
            for line, one in zip(result.lines, options, strict=True)
        ],
        frozen_columns=2,
    )
    parties = Sheet(
        _("Par partie"),
        [
            Column(_("Proposition"), 50, wrap=True),
            *(Column(one["label"], 18, "0.00") for one in result.voters),
        ],
        [
            [one["label"], *(exact(one["by_voter"].get(str(key["pk"]))) for key in result.voters)]
            for one in options
        ],
        frozen_columns=1,
    )
    criteria = Sheet(
        _("Critères"),
        [
            Column(_("Critère"), 24),
            Column(_("Ce qu’il veut dire"), 60, wrap=True),
            Column(_("Poids"), 8, "0.00"),
            Column(_("Ce que changerait un autre poids"), 60, wrap=True),
        ],
        [
            [one["label"], one["meaning"], exact(fact["weight"]), one["room"]]
            for one, fact in zip(result.criteria, result.facts["criteria"], strict=True)
        ],
    )
    today = timezone.localdate()
    return Workbook(
        title=session.title,
        subject=_("Résultat d’un vote de priorités"),
        author="Ansanm",
        produced_on=today,
        readme_name=_("Lisez-moi"),
        readme=facts(session, result) + [(_("Compte rendu"), session.minutes or "–")],
        sheets=[ranking, parties, criteria],
    )


def document(session, result: Result) -> Document:
    today = timezone.localdate()
    blocks: list = [
        Table(
            _("Le vote en bref"),
            [_("Rubrique"), _("Contenu")],
            [list(one) for one in facts(session, result)],
            widths=[1, 2.6],
        ),
        Heading(1, _("Classement")),
    ]
    if result.is_ranked:
        blocks += [
            Table(
                _("Classement"),
                [_("Proposition"), _("Rang"), pgettext("vote", "Note"), _("Issue"), _("Solidité")],
                [
                    [one.label, one.rank, one.score, one.outcome_words or "–", one.firm or "–"]
                    for one in result.lines
                ],
                widths=[2.4, 0.8, 0.6, 1.2, 1.6],
                numeric=frozenset({2}),
            ),
            Heading(2, _("Par critère")),
            Table(
                _("Notes moyennes par critère"),
                [_("Proposition"), *(f"{one['label']} (× {one['weight']})" for one in result.criteria)],
                [[one.label, *one.criteria] for one in result.lines],
                widths=[2.4, *(1 for _one in result.criteria)],
                numeric=frozenset(range(1, len(result.criteria) + 1)),
            ),
        ]
        counted = [(place, one) for place, one in enumerate(result.voters) if one["is_complete"]]
        # Six parties to a table: beyond, the columns are too narrow to read.
        for first in range(0, len(counted), 6):
            some = counted[first : first + 6]
            blocks += [
                Heading(2, _("Par partie")) if not first else Paragraph(_("Par partie, suite.")),
                Table(
                    _("Notes par partie"),
                    [_("Proposition"), *(one["label"] for _place, one in some)],
                    [
                        [line.label, *(line.voters[place] or "–" for place, _one in some)]
                        for line in result.lines
                    ],
                    widths=[2.4, *(1 for _one in some)],
                    numeric=frozenset(range(1, len(some) + 1)),
                ),
            ]
        if result.parted:
            blocks.append(Heading(2, _("Où les parties ne sont pas d’accord")))
            blocks.append(Listing([Item(f"{labelled(one.label, one.apart)}.") for one in result.parted]))
        rooms = [f"{labelled(one['label'], one['room'])}." for one in result.criteria if one["room"]]
        if rooms or result.variants:
            blocks.append(Heading(2, _("Si les poids changeaient")))
            blocks.append(Listing([Item(one) for one in [*rooms, *result.variants]]))
    else:
        blocks.append(Paragraph(_("Aucun bulletin complet : rien n’est classé.")))
    if session.minutes:
        blocks.append(Heading(1, _("Compte rendu")))
        blocks += [Paragraph(one) for one in session.minutes.split("\n") if one.strip()]
    return Document(
        title=session.title,
        subtitle=session.convention.name,
        language=(get_language() or "fr")[:2],
        author="Ansanm",
        produced_on=today,
        foot=_("%(title)s, %(day)s") % {"title": session.convention.name, "day": format_day(today)},
        page_label=_("Page {n} sur {total}"),
        blocks=blocks,
    )
