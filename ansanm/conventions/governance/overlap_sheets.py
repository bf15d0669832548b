"""The bodies as sheets: one line per body and member, which the import reads back, then what is compared."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.governance.overlap import MEASURES, Standing
from ansanm.ui.documents.sheets import Column, Sheet, Workbook
from ansanm.ui.formats import format_day

# In the order of the template; what a line may say of a body stands before what it says of a member.
COLUMNS = {
    "name": gettext_lazy("Instance"),
    "kind": gettext_lazy("Type"),
    "is_external": gettext_lazy("Autre dispositif"),
    "themes": gettext_lazy("Thématiques"),
    "places": gettext_lazy("Quartiers"),
    "meetings_per_year": gettext_lazy("Réunions par an"),
    "usual_minutes": gettext_lazy("Durée (minutes)"),
    "source_title": gettext_lazy("Source"),
    "actor": gettext_lazy("Organisme"),
    "person": gettext_lazy("Personne"),
    "function": gettext_lazy("Fonction"),
    "role": gettext_lazy("Rôle"),
    "has_vote": gettext_lazy("Voix"),
}
WIDTHS = {
    "name": 34,
    "themes": 34,
    "places": 34,
    "actor": 30,
    "person": 26,
    "function": 26,
    "source_title": 30,
}
SEPARATOR = "; "


def yes(value: bool) -> str:
    return _("oui") if value else _("non")


def columns() -> list[Column]:
    return [Column(str(title), WIDTHS.get(key, 14)) for key, title in COLUMNS.items()]


def members_sheet(standing: Standing) -> Sheet:
    """A body nobody sits in has its line too: brought back, it is not lost."""
    rows = []
    for body in standing.bodies:
        facts = [
            body.name,
            str(body.get_kind_display()),
            yes(body.is_external),
            SEPARATOR.join(one.label for one in body.themes.all()),
            # The code tells two places of one name apart.
            SEPARATOR.join(one.code for one in body.places.all()),
            "" if body.meetings_per_year is None else written(body.meetings_per_year),
            "" if body.usual_minutes is None else str(body.usual_minutes),
            body.source_title,
        ]
        seats = standing.seats[body.pk]
        for seat in seats:
            person = seat.participant
            actor = seat.actor or (person.actor if person else None)
            if not person and not actor:
                continue
            rows.append(
                [
                    *facts,
                    actor.name if actor else "",
                    person.name if person else "",
                    person.function if person else "",
                    str(seat.get_role_display()),
                    yes(seat.has_vote),
                ]
            )
        if not seats:
            rows.append([*facts, "", "", "", "", ""])
    return Sheet(_("Instances et membres"), columns(), rows, frozen_columns=1)


def written(value) -> str:
    """«\u00a00,25\u00a0»: every digit, for the import to find the same."""
    return format(value.normalize(), "f").replace(".", ",")


def pairs_sheet(standing: Standing, measure: str) -> Sheet:
    label, _title = MEASURES[measure]
    return Sheet(
        str(label),
        [
            Column(_("Instance"), 34),
            Column(_("Autre instance"), 34),
            Column(_("En commun"), 12, number_format="0"),
            Column(_("Sur (la plus petite)"), 16, number_format="0"),
            Column(_("Part (%)"), 10, number_format="0.0"),
            Column(_("Lesquels"), 60, wrap=True),
        ],
        [
            [
                pair.first.name,
                pair.second.name,
                len(pair.overlap.shared),
                pair.overlap.n_smaller or None,
                None if pair.overlap.share is None else float(100 * pair.overlap.share),
                SEPARATOR.join(pair.names),
            ]
            for pair in standing.pairs(measure)
        ],
    )


def hours_sheet(standing: Standing) -> Sheet:
    return Sheet(
        _("Heures"),
        [
            Column(_("Instance"), 34),
            Column(_("Réunions par an"), 14),
            Column(_("Durée (minutes)"), 14, number_format="0"),
            Column(_("Personnes"), 12, number_format="0"),
            Column(_("Sièges vacants"), 12, number_format="0"),
            Column(_("Heures par an"), 14, number_format="0.0"),
            Column(_("Ce qui n’est pas su"), 50, wrap=True),
        ],
        [
            [
                line["body"].name,
                line["rhythm"],
                line["minutes"],
                line["n_people"],
                line["n_vacant"],
                None if line["hours"] is None else float(line["hours"]),
                line["unknown"],
            ]
            for line in standing.hours("")
        ],
    )


def people_sheet(standing: Standing) -> Sheet:
    return Sheet(
        _("Qui siège où"),
        [
            Column(_("Personne"), 28),
            Column(_("Organisme"), 32),
            *(Column(body.name, 22) for body in standing.bodies),
            Column(_("Instances"), 10, number_format="0"),
            Column(_("Heures par an"), 22),
        ],
        [
            [
                line["person"].name,
                line["organisation"],
                *(str(seat.get_role_display()) if seat else "" for seat in line["cells"]),
                line["load"].n_bodies,
                line["hours"],
            ]
            for line in standing.sitting
        ],
        frozen_columns=2,
    )


def workbook(standing: Standing) -> Workbook:
    today = timezone.localdate()
    return Workbook(
        title=_("Instances – %(convention)s") % {"convention": standing.convention.name},
        subject=_("Qui siège où, ce que les instances ont en commun et les heures qu’elles prennent"),
        author="Ansanm",
        produced_on=today,
        readme_name=_("Lisez-moi"),
        readme=[
            (_("Convention"), standing.convention.name),
            (_("Date"), format_day(today)),
            (
                _("Part"),
                _(
                    "Ce que deux instances ont en commun, rapporté à la plus petite des deux\u202f; vide "
                    "quand l’une "
                    "ne dit rien."
                ),
            ),
            (
                _("Heures"),
                _(
                    "Réunions par an × durée × personnes qui siègent\u202f; vides quand l’un des trois n’est "
                    "pas su."
                ),
            ),
            (
                _("Rendre"),
                _("La dernière feuille se relit telle quelle\u00a0: une ligne inchangée ne change rien."),
            ),
        ],
        # Last, so that the file comes back: an import reads the last sheet it knows.
        sheets=[
            people_sheet(standing),
            *(pairs_sheet(standing, measure) for measure in MEASURES),
            hours_sheet(standing),
            members_sheet(standing),
        ],
    )
