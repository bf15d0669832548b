"""Decisions as a sheet, and the attendance sheet that people sign."""

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ansanm.conventions.governance.agenda import taken_on
from ansanm.conventions.governance.meeting_operations import expected_presences
from ansanm.conventions.governance.seats import seats_on
from ansanm.conventions.governance.words import full_name, when_words
from ansanm.conventions.models import Mandate
from ansanm.ui.documents.blocks import Document, Paragraph, Table
from ansanm.ui.documents.sheets import Column, Sheet, Workbook
from ansanm.ui.formats import format_day, format_period, format_vague

EMPTY_LINES = 4


def decisions_sheet(decisions) -> Sheet:
    columns = [
        Column(_("Numéro"), 10, "0"),
        Column(_("Décision"), 60, wrap=True),
        Column(_("Prise par"), 30),
        Column(_("Date"), 18),
        Column(_("Organisme chargé"), 30),
        Column(_("Personne chargée"), 26),
        Column(_("Échéance"), 24),
        Column(_("Suite"), 14),
        Column(_("En retard"), 10),
        Column(_("Faite le"), 18),
        Column(_("Pour"), 8, "0"),
        Column(_("Contre"), 8, "0"),
        Column(_("Abstentions"), 12, "0"),
        Column(_("Actions concernées"), 50, wrap=True),
        Column(_("Source"), 40, wrap=True),
    ]
    rows = []
    for one in decisions:
        day = taken_on(one)
        rows.append(
            (
                one.number,
                one.text,
                full_name(one.meeting) if one.meeting else _("hors réunion"),
                format_period(one.meeting.held_on) if one.meeting else format_day(day),
                str(one.owner or ""),
                str(one.owner_person or ""),
                format_vague(one.due),
                str(one.get_state_display()),
                _("oui") if one.late else _("non"),
                format_period(one.done_on),
                one.n_for,
                one.n_against,
                one.n_abstained,
                "\n".join(f"{action.number} {action.title}".strip() for action in one.actions.all()),
                " ".join(part for part in (one.source_title, one.source_url) if part),
            )
        )
    return Sheet(_("Décisions"), columns, rows, frozen_columns=2)


def decisions_workbook(sheet, convention, *, filtered: str, n_total: int) -> Workbook:
    shown = ngettext("%(n)s décision sur %(total)s", "%(n)s décisions sur %(total)s", len(sheet.rows))
    shown %= {"n": len(sheet.rows), "total": n_total}
    readme = [
        (_("Convention"), convention.name),
        (_("Ce que contient ce fichier"), shown),
        (_("Filtres"), filtered or _("aucun")),
        (_("En retard"), _("À faire ou en cours, et dont toute l’échéance est passée.")),
        (_("Fait le"), format_day(timezone.localdate())),
    ]
    return Workbook(
        title=_("Décisions"),
        subject=convention.name,
        author="Ansanm",
        produced_on=timezone.localdate(),
        readme_name=_("Lisez-moi"),
        readme=readme,
        sheets=[sheet],
    )


def attendance_document(meeting) -> Document:
    """To be printed and signed: who sits, room for a signature and for others.

    Not what they answered: that is read by who holds the meetings, and the sheet by every reader.
    """
    today = timezone.localdate()
    lines = expected_presences(meeting)
    rows = [
        [
            one.name,
            ", ".join(part for part in (one.function, one.organisation) if part),
            f"{Mandate.Role(one.role).label}" + (_(", une voix") if one.has_vote else ""),
            "",
        ]
        for one in lines
    ]
    rows += [
        [_("siège vacant"), str(seat.actor or ""), str(seat.get_role_display()), ""]
        for seat in seats_on(meeting)
        if seat.participant is None
    ]
    rows += [["", "", "", ""] for _n in range(EMPTY_LINES)]
    title = _("Feuille de présence")
    subtitle = full_name(meeting)
    blocks = [Paragraph(meeting.body.name, kind="lead")]
    if meeting.place:
        blocks.append(Paragraph(meeting.place, mark=_("Lieu")))
    blocks.append(Paragraph(when_words(meeting), mark=_("Date")))
    if meeting.body.quorum is not None:
        words = _("%(n)s voix présentes ou représentées") % {"n": meeting.body.quorum}
        blocks.append(Paragraph(words, mark=_("Quorum")))
    blocks.append(
        Table(
            _("Personnes attendues et présentes"),
            [_("Nom"), _("Fonction et organisme"), _("Rôle"), _("Signature")],
            rows,
            widths=[24, 32, 18, 26],
        )
    )
    if meeting.is_fictitious:
        blocks.insert(0, Paragraph(_("Réunion inventée pour la démonstration."), kind="warning"))
    return Document(
        title=title,
        subtitle=subtitle,
        language=(get_language() or "fr")[:2],
        author="Ansanm",
        produced_on=today,
        foot=_("%(title)s, %(day)s") % {"title": subtitle, "day": format_day(today)},
        page_label=_("Page {n} sur {total}"),
        blocks=blocks,
    )
