"""The needs as a workbook: one line each, then what each was written from and what it led to."""

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.conventions.concertation import figures
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.formats import format_day, listed_apart


def exported(convention, needs, format, *, filtered: str, total: int) -> bytes:
    if format == "csv":
        return write_csv(list_sheet(needs))
    today = timezone.localdate()
    said = _("%(n)s besoins et atouts sur %(total)s") % {"n": len(needs), "total": total}
    return write_xlsx(
        Workbook(
            title=_("Besoins et atouts – %(convention)s") % {"convention": convention},
            subject=_("Concertation de la convention"),
            author="Ansanm",
            produced_on=today,
            readme_name=_("Lisez-moi"),
            readme=[
                (_("Convention"), convention.name),
                (_("Date"), format_day(today)),
                (_("Contenu"), f"{said} ({filtered})" if filtered else said),
                (
                    _("Contributions"),
                    _("Seules celles que la modération a retenues. Aucune ne dit qui l’a écrite."),
                ),
                (_("Chiffres"), _("Tels qu’ils se lisaient le jour de la citation, et tels qu’aujourd’hui.")),
            ],
            sheets=[list_sheet(needs), *sources_sheets(needs)],
        )
    )


def list_sheet(needs) -> Sheet:
    titles = [
        (_("Nature"), 10),
        (_("Intitulé"), 44),
        (_("Constat"), 60),
        (_("Publics concernés"), 24),
        (_("Thématiques"), 24),
        (_("Lieux"), 24),
        (_("Suite donnée"), 18),
        (_("Réponse aux habitants"), 50),
        (_("Contributions"), 12),
        (_("Chiffres"), 10),
        (_("Actions"), 44),
        (_("Fictif"), 8),
    ]
    return Sheet(
        _("Besoins et atouts"),
        [Column(title, width, wrap=width > 20) for title, width in titles],
        [
            [
                str(one.get_kind_display()),
                one.title,
                one.statement,
                one.publics,
                ", ".join(theme.label for theme in one.themes.all()),
                ", ".join(place.name for place in one.places.all()),
                str(one.get_state_display()),
                one.public_answer,
                one.n_contributions,
                one.n_figures,
                listed_apart(
                    f"{action.title} ({action.get_status_display()})" for action in one.standing_actions
                ),
                _("oui") if one.is_fictitious else "",
            ]
            for one in needs
        ],
        frozen_columns=2,
    )


def sources_sheets(needs) -> list[Sheet]:
    said, cited = [], []
    for one in needs:
        for contribution in one.contributions.shown().select_related("place"):
            said.append(
                [
                    one.title,
                    contribution.text,
                    str(contribution.get_author_display()),
                    contribution.organisation,
                    str(contribution.get_channel_display()),
                    contribution.received_on,
                    contribution.place.name if contribution.place else "",
                ]
            )
        for row in one.indicators.select_related("territory"):
            told = figures.cited(row)
            cited.append([one.title, told.title, told.place, told.then, row.read_on, told.now, row.note])
    return [
        Sheet(
            _("Contributions"),
            [
                Column(_("Besoin"), 44, wrap=True),
                Column(_("Contribution"), 80, wrap=True),
                Column(_("Qui parle"), 14),
                Column(_("Organisme"), 24),
                Column(_("Recueillie"), 16),
                Column(_("Reçue le"), 14),
                Column(_("Lieu"), 20),
            ],
            said,
        ),
        Sheet(
            _("Chiffres"),
            [
                Column(_("Besoin"), 44, wrap=True),
                Column(_("Indicateur"), 44, wrap=True),
                Column(_("Territoire"), 20),
                Column(_("Lu ce jour-là"), 24),
                Column(_("Lu le"), 14),
                Column(_("Aujourd’hui"), 24),
                Column(_("Ce qu’il montre"), 40, wrap=True),
            ],
            cited,
        ),
    ]
