"""A survey as files: its poster, its paper sheet, its answers as a workbook, the model to import."""

from base64 import b64encode

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.conventions.concertation.survey_results import Results
from ansanm.conventions.models import Channel, Moderation, SurveyQuestion
from ansanm.engines.survey import chosen
from ansanm.ui.documents.blocks import Choices, Document, Heading, Lines, Paragraph, Picture
from ansanm.ui.documents.sheets import Column, Sheet, Workbook
from ansanm.ui.formats import format_day, format_number

Kind = SurveyQuestion.Kind
SEPARATOR = "; "
# What the columns of our own model are called; an import reads them back.
AUDIENCE, CHANNEL, DAY = "Public", "Recueillie", "Répondue le"


def address_of(survey, audience=None) -> str:
    """What a poster says: the address of the survey, for one audience if it is put up where they are."""
    path = reverse("survey_answer", args=[survey.slug])
    # Never the Host of a request: what a poster says is printed for months.
    return settings.SITE_URL + path + (f"?public={audience.key}" if audience else "")


def short(address: str) -> str:
    return address.partition("://")[2].rstrip("/")


def qr_svg(address: str, *, size: int = 300) -> str:
    """The code as an SVG, black on white whatever the theme: a telephone reads contrast."""
    code = segno.make(address, error="m", micro=False)
    n = code.symbol_size(border=4)[0]
    rows = [
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix_iter(border=4))
        for x, dark in enumerate(row)
        if dark
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path transform="scale({size / n:.5f})" fill="#000" d="{"".join(rows)}"/></svg>'
    )


def qr_picture(address: str) -> str:
    """The code as the address of an image."""
    return "data:image/svg+xml;base64," + b64encode(qr_svg(address).encode()).decode()


def written(title, subtitle, blocks, *, foot) -> Document:
    return Document(
        title=title,
        subtitle=subtitle,
        language=(get_language() or "fr")[:2],
        author="Ansanm",
        produced_on=timezone.localdate(),
        foot=foot,
        page_label=_("Page {n} sur {total}"),
        blocks=blocks,
    )


def fictitious(survey) -> list:
    return [Paragraph(_("Exemple fictif."), kind="warning")] if survey.is_fictitious else []


def poster(survey, audience=None) -> Document:
    address = address_of(survey, audience)
    said = [Paragraph(survey.introduction, kind="lead")] if survey.introduction else []
    closes = (
        [Paragraph(_("Jusqu’au %(day)s.") % {"day": format_day(survey.closes_on)}, kind="lead")]
        if survey.closes_on
        else []
    )
    return written(
        survey.title,
        audience.label if audience else survey.convention.name,
        [
            *fictitious(survey),
            *said,
            Picture(
                _("Avec un téléphone : visez ce carré"),
                _("Code à lire avec un téléphone ; il mène à l’adresse écrite dessous."),
                lambda: qr_svg(address, size=420),
            ),
            Heading(1, short(address)),
            Paragraph(
                _("Cinq minutes, sans compte ni nom. Pas de téléphone ? Demandez une feuille à l’accueil.")
            ),
            *closes,
        ],
        foot=survey.convention.name,
    )


def paper_sheet(survey, audience=None) -> Document:
    """The survey to print, for one audience or for all: boxes to tick and lines to write on."""
    blocks = [*fictitious(survey)]
    if survey.introduction:
        blocks.append(Paragraph(survey.introduction))
    blocks.append(
        Paragraph(_("N’écrivez pas votre nom. Vous pouvez laisser une question sans réponse."), kind="source")
    )
    audiences = {one.key: one.label for one in survey.audiences.all()}
    if audience:
        subtitle = audience.label
    else:
        subtitle = survey.convention.name
        if audiences:
            blocks += [Heading(1, _("Vous êtes")), Choices(list(audiences.values()))]
    blocks.append(Heading(1, _("Les questions")))
    n = 0
    for question in survey.questions.all():
        if audience and question.audiences and audience.key not in question.audiences:
            continue
        n += 1
        blocks.append(Heading(2, f"{n}. {question.label}"))
        if question.audiences and not audience:
            asked = ", ".join(audiences[key] for key in question.audiences if key in audiences)
            blocks.append(
                Paragraph(_("Seulement pour : %(audiences)s.") % {"audiences": asked}, kind="source")
            )
        if question.help:
            blocks.append(Paragraph(question.help, kind="source"))
        match question.kind:
            case Kind.ONE:
                blocks.append(Choices([one["label"] for one in question.choices]))
            case Kind.SEVERAL:
                if not question.help:
                    blocks.append(Paragraph(_("Plusieurs réponses possibles."), kind="source"))
                blocks.append(Choices([one["label"] for one in question.choices]))
            case Kind.SCALE:
                blocks.append(Choices([str(i) for i in range(1, 6)], is_inline=True))
            case Kind.TEXT:
                blocks.append(Lines(4))
            case _:
                blocks.append(Lines(1))
    blocks.append(
        Paragraph(
            _("Aussi en ligne : %(address)s") % {"address": short(address_of(survey, audience))},
            kind="source",
        )
    )
    return written(survey.title, subtitle, blocks, foot=survey.title)


def cell(question, answer, places):
    labels = {one["key"]: one["label"] for one in question.choices}
    match question.kind:
        case Kind.ONE | Kind.SEVERAL:
            return SEPARATOR.join(labels.get(key, key) for key in chosen(answer))
        case Kind.PLACE:
            return SEPARATOR.join(places.get(key, "") for key in chosen(answer))
        case Kind.TEXT:
            return answer or ""
    return answer


def answers_sheet(survey) -> Sheet:
    """One line per sheet, what was put aside too, and said so."""
    results = Results(survey)
    rows = []
    for one in survey.answers.order_by("answered_on", "pk").iterator():
        rows.append(
            [
                one.answered_on,
                results.audiences.get(one.audience, ""),
                str(Channel(one.channel).label),
                *(
                    cell(question, one.answers.get(question.key), results.places)
                    for question in results.questions
                ),
                str(Moderation(one.moderation).label),
                one.moderation_reason,
            ]
        )
    return Sheet(
        _("Réponses"),
        [
            Column(DAY, 12),
            Column(AUDIENCE, 24, wrap=True),
            Column(CHANNEL, 14),
            *(Column(one.label, 28, wrap=True) for one in results.questions),
            Column(_("Lecture"), 18),
            Column(_("Motif"), 24, wrap=True),
        ],
        rows,
    )


def counts_sheet(survey) -> Sheet:
    rows = [
        [
            part.question.label,
            label,
            count,
            None if share is None else round(100 * share, 1),
            part.tally.n_answered,
            part.tally.n_asked,
        ]
        for part in Results(survey).parts
        for label, count, share in part.rows
    ]
    return Sheet(
        _("Comptes"),
        [
            Column(_("Question"), 50, wrap=True),
            Column(_("Réponse"), 40, wrap=True),
            Column(_("Nombre"), 10, number_format="0"),
            Column(_("Part (%)"), 10, number_format="0.0"),
            Column(_("Ont répondu"), 12, number_format="0"),
            Column(_("À qui elle est posée"), 14, number_format="0"),
        ],
        rows,
    )


def workbook(survey) -> Workbook:
    today = timezone.localdate()
    results = Results(survey)
    readme = [
        (_("Enquête"), survey.title),
        (_("Convention"), survey.convention.name),
        (_("Date"), format_day(today)),
        (_("Feuilles comptées"), format_number(results.n)),
        (_("À lire"), format_number(results.n_to_read)),
        (_("Écartées"), format_number(results.n_hidden)),
        (_("Limites"), " ".join([*results.hints, *(one.text for one in survey.bias_notes.all())]) or "–"),
        (
            _("Confidentialité"),
            _(
                "Aucune coordonnée, aucune heure. Une ligne peut cependant désigner quelqu’un par ce qu’il y "
                "écrit : ne diffusez pas la feuille « Réponses »."
            ),
        ),
        *([(_("Nature"), _("Exemple fictif."))] if survey.is_fictitious else []),
    ]
    return Workbook(
        title=survey.title,
        subject=_("Réponses à une enquête"),
        author="Ansanm",
        produced_on=today,
        readme_name=_("Lisez-moi"),
        readme=readme,
        sheets=[answers_sheet(survey), counts_sheet(survey)],
    )


def contacts_sheet(survey) -> Sheet:
    return Sheet(
        _("Coordonnées"),
        [
            Column(_("Nom ou prénom"), 28),
            Column(_("Adresse e-mail"), 32),
            Column(_("Téléphone"), 18),
            Column(_("Pour"), 40),
            Column(_("À effacer le"), 14),
        ],
        [
            [one.name, one.email, one.phone, one.purpose, one.delete_on]
            for one in survey.contact_details.all()
        ],
    )


def model(survey) -> Workbook:
    """The columns an import understands, with an empty line to fill."""
    questions = list(survey.questions.all())
    how = {
        Kind.ONE: _("un des choix, écrit comme dans l’enquête"),
        Kind.SEVERAL: _("des choix séparés par « ; »"),
        Kind.SCALE: _("un nombre de 1 à 5"),
        Kind.NUMBER: _("un nombre"),
        Kind.TEXT: _("2 000 signes au plus"),
        Kind.PLACE: _("le nom d’une commune ou d’un quartier de la convention"),
    }
    return Workbook(
        title=_("Modèle de saisie : %(survey)s") % {"survey": survey.title},
        subject=_("Réponses à une enquête"),
        author="Ansanm",
        produced_on=timezone.localdate(),
        readme_name=_("Lisez-moi"),
        readme=[
            (DAY, _("« 03/12/2026 » ; vide : aujourd’hui")),
            (AUDIENCE, SEPARATOR.join(one.label for one in survey.audiences.all()) or _("vide")),
            (CHANNEL, SEPARATOR.join(str(one.label) for one in Channel)),
            *(
                (
                    one.label,
                    how[one.kind]
                    + (
                        f" ({SEPARATOR.join(choice['label'] for choice in one.choices)})"
                        if one.choices
                        else ""
                    ),
                )
                for one in questions
            ),
        ],
        sheets=[
            Sheet(
                _("Réponses"),
                [
                    Column(DAY, 14),
                    Column(AUDIENCE, 24),
                    Column(CHANNEL, 14),
                    *(Column(one.label, 28) for one in questions),
                ],
                [],
            )
        ],
    )
