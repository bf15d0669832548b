"""The same money as each role asks for it: manager, Caf, city, elected officials, anyone."""

from collections import defaultdict
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions.finance.overview import Overview, Row
from ansanm.conventions.finance.report import Column, Key, Report, Section, euros, shown
from ansanm.conventions.models import Device, Equipment, Phase
from ansanm.ui import charts
from ansanm.ui.formats import format_day, format_number, labelled


def fictitious(overview: Overview) -> list[str]:
    if not overview.has_fictitious:
        return []
    return [_("Des montants de cette page sont fictifs\u00a0: ils montrent l’outil, pas la réalité.")]


def never_pays() -> str:
    return _("Ansanm enregistre et rapproche les paiements de la Caf\u202f; il n’en fait aucun.")


def summed(values) -> Decimal | None:
    """The sum of what is known, None where nothing is."""
    known = [one for one in values if one is not None]
    return sum(known, Decimal(0)) if known else None


def name_of(row: Row) -> str:
    one = row.agreement
    return f"{one.equipment} · {one.get_device_display()} · {one.year}"


def state_of(row: Row) -> str:
    if row.agreement.is_settled:
        return _("close")
    told = row.told
    return (
        labelled(str(told.get_phase_display()), str(told.get_state_display()).lower())
        if told
        else _("rien de déclaré")
    )


def caf(overview: Overview, rows: list[Row]) -> Report:
    """Planned against paid, by device and year then by COF."""
    slug = overview.convention.slug
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.agreement.year, row.agreement.device].append(row)
    money = [
        Column(_("Droit connu"), "eur"),
        Column(_("Prévu à ce jour"), "eur"),
        Column(_("Payé"), "eur"),
        Column(_("Écart"), "eur"),
        Column(_("Reste à verser"), "eur"),
        Column(_("Trop-perçu"), "eur"),
        Column(_("Charge à payer"), "eur"),
    ]

    def amounts(held: list[Row]) -> list:
        return [
            summed(euros(one.entitled_cents) for one in held),
            euros(sum(one.planned_today_cents for one in held)),
            euros(sum(one.paid_cents for one in held)),
            euros(sum(one.left_cents for one in held)),
            euros(sum(one.due_cents for one in held)),
            euros(sum(one.overpaid_cents for one in held)),
            euros(sum(one.accrued_cents for one in held)),
        ]

    by_device = [
        [f"{Device(device).label} · {year}", len(held), *amounts(held)]
        for (year, device), held in sorted(groups.items(), key=lambda one: (-one[0][0], one[0][1]))
    ]
    if len(by_device) > 1:
        by_device.append([_("Ensemble"), len(rows), *amounts(rows)])
    by_cof = [
        [
            name_of(row),
            state_of(row),
            *amounts([row]),
            len(row.late),
            len(row.papers_missing),
        ]
        for row in rows
    ]
    return Report(
        title=_("Prévu et payé, par dispositif et par année"),
        subtitle=overview.convention.name,
        lead=[never_pays()],
        warnings=fictitious(overview),
        sections=[
            Section(
                _("Par dispositif et année"),
                [Column(_("Dispositif et année")), Column(_("COF"), "whole"), *money],
                by_device,
                has_total=len(by_device) > 1,
                anchor="by-device",
                empty=_("Aucune COF ne répond."),
            ),
            Section(
                _("Par COF"),
                [
                    Column(_("COF")),
                    Column(_("Où elle en est")),
                    *money,
                    Column(_("Déclarations en retard"), "whole"),
                    Column(_("Pièces manquantes"), "whole"),
                ],
                by_cof,
                urls=[reverse("finance_agreement", args=[slug, row.agreement.pk]) for row in rows],
                anchor="by-cof",
                printed=(0, 1, 2, 3, 4, 5, 9, 10),
                widths=(2.6, 1.6, 1.3, 1.3, 1.3, 1.3, 1.1, 1.1),
                empty=_("Aucune COF ne répond."),
            ),
        ],
        notes=[
            _("Écart\u00a0: ce qui était prévu à ce jour, moins ce qui est payé."),
            _("Droit connu\u00a0: celui de la dernière déclaration que la Caf a validée."),
        ],
    )


def manager(overview: Overview) -> Report:
    """What I declare, what I receive, what is late."""
    slug, rows = overview.convention.slug, overview.rows

    def url(row):
        return reverse("finance_mine_agreement", args=[slug, row.agreement.pk])

    late = [
        [name_of(row), str(Phase(phase).label), day, _("Déclaration")]
        for row in rows
        for phase, day in row.late
    ]
    late += [
        [name_of(row), str(paper), paper.due_on, str(paper.get_state_display())]
        for row in rows
        for paper in row.papers_missing
        if paper.due_on and paper.due_on < overview.today
    ]
    declare = []
    for row in rows:
        coming = row.expected[0] if row.expected else None
        declare.append(
            [
                name_of(row),
                state_of(row),
                str(Phase(coming[0]).label) if coming else _("rien à déclarer"),
                format_day(coming[1]) if coming and coming[1] else "–",
            ]
        )
    receive = [
        [
            name_of(row),
            euros(row.entitled_cents if row.best else None),
            euros(row.planned_cents),
            euros(row.paid_cents),
            euros(row.due_cents),
            euros(row.overpaid_cents),
        ]
        for row in rows
    ]
    return Report(
        title=_("Mes équipements\u00a0: déclarer, recevoir"),
        subtitle=overview.convention.name,
        lead=[never_pays()],
        warnings=fictitious(overview),
        keys=[
            Key(_("À envoyer ou à corriger en retard"), len(late), "", 0),
            Key(_("Droit connu"), summed(euros(row.entitled_cents) for row in rows)),
            Key(_("Reçu"), euros(sum(row.paid_cents for row in rows))),
        ],
        sections=[
            Section(
                _("Ce qui est en retard"),
                [
                    Column(_("COF")),
                    Column(_("Ce qui manque")),
                    Column(_("Attendu le"), "day"),
                    Column(_("Nature")),
                ],
                late,
                anchor="late",
                empty=_("Rien n’est en retard."),
            ),
            Section(
                _("Ce que je déclare"),
                [
                    Column(_("COF")),
                    Column(_("Où elle en est")),
                    Column(_("À déclarer")),
                    Column(_("Avant le")),
                ],
                declare,
                urls=[url(row) for row in rows],
                anchor="declare",
                empty=_("Aucun équipement ne vous est confié dans cette convention."),
            ),
            Section(
                _("Ce que je reçois"),
                [
                    Column(_("COF")),
                    Column(_("Droit connu"), "eur"),
                    Column(_("Prévu"), "eur"),
                    Column(_("Reçu"), "eur"),
                    Column(_("Reste à recevoir"), "eur"),
                    Column(_("À rendre"), "eur"),
                ],
                receive,
                anchor="receive",
                empty=_("Aucun équipement ne vous est confié dans cette convention."),
            ),
        ],
    )


WHO = ("families", "caf", "city", "other")


def who_columns() -> list[Column]:
    return [
        Column(_("Dépenses"), "eur"),
        Column(_("Familles"), "eur"),
        Column(_("Caf"), "eur"),
        Column(_("Collectivité"), "eur"),
        Column(_("Autres recettes"), "eur"),
        Column(_("Part non connue"), "eur"),
    ]


def who_pays(rows: list[Row]) -> list:
    return [summed(getattr(row.shares, name) for row in rows) for name in ("expenses", *WHO, "unknown")]


def how_sure(rows: list[Row]) -> str:
    known = [row for row in rows if row.best]
    n_actual = sum(row.is_actual for row in known)
    return _(
        "Déclarations validées par la Caf\u00a0: %(known)s sur %(all)s COF, dont %(actual)s sur "
        "l’activité réelle."
    ) % {"known": len(known), "all": len(rows), "actual": n_actual}


def city(overview: Overview, rows: list[Row], year: int | None) -> Report:
    """What the city pays once families, the Caf and others have paid; by commune."""
    places: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        place = row.agreement.equipment.place
        places[place.name if place else _("commune non renseignée")].append(row)
    per_cof = [[name_of(row), *who_pays([row])] for row in rows]
    per_place = [[name, *who_pays(held)] for name, held in sorted(places.items())]
    if rows:
        per_cof.append([_("Ensemble"), *who_pays(rows)])
        per_place.append([_("Ensemble"), *who_pays(rows)])
    total = who_pays(rows)
    return Report(
        title=_("Ce que paie la collectivité"),
        subtitle=f"{overview.convention.name} · {year}" if year else overview.convention.name,
        lead=[
            _(
                "Pour un équipement public, la collectivité paie ce que les familles, la Caf et les autres "
                "recettes ne couvrent pas\u202f; pour les autres, la subvention que le gestionnaire déclare."
            ),
            how_sure(rows),
        ],
        warnings=fictitious(overview),
        keys=[
            Key(_("Coût net pour la collectivité"), total[3]),
            Key(_("Payé par la Caf (droit)"), total[2]),
            Key(_("Payé par les familles"), total[1]),
        ],
        sections=[
            Section(
                _("Par commune"),
                [Column(_("Commune")), *who_columns()],
                per_place,
                has_total=bool(rows),
                anchor="by-commune",
                empty=_("Aucune COF pour cette année."),
            ),
            Section(
                _("Par COF"),
                [Column(_("COF")), *who_columns()],
                per_cof,
                urls=[
                    reverse("finance_agreement", args=[overview.convention.slug, row.agreement.pk])
                    for row in rows
                ],
                has_total=bool(rows),
                anchor="by-cof",
                empty=_("Aucune COF pour cette année."),
            ),
        ],
    )


def payers(total: list, title: str) -> charts.Chart:
    names = (_("Familles"), _("Caf"), _("Collectivité"), _("Autres recettes"))
    known = [(name, value) for name, value in zip(names, total[1:5], strict=True)]
    best = max((one for one in known if one[1] is not None), key=lambda one: one[1], default=None)
    return charts.bars(
        [charts.Bar(name, None if value is None else float(value)) for name, value in known],
        title=title,
        unit="eur",
        decimals=0,
        reading=_("Celle qui paie le plus\u00a0: %(name)s.") % {"name": best[0]} if best else "",
        name_of_rows=_("Qui paie"),
        name_of_values=_("Montant"),
    )


def elected(overview: Overview, rows: list[Row], year: int | None) -> Report:
    """One page in plain words, with one chart."""
    total = who_pays(rows)
    known = [row for row in rows if row.best]
    n_services = len({row.agreement.equipment_id for row in known})
    lead = []
    if known:
        lead.append(
            ngettext(
                "En %(year)s, %(n)s service aux familles est financé avec la Caf et ses comptes sont connus.",
                "En %(year)s, %(n)s services aux familles sont financés avec la Caf et leurs comptes sont "
                "connus.",
                n_services,
            )
            % {"year": year, "n": n_services}
        )
        if total[0]:
            for share, words in (
                (total[2], _("La Caf en paie %(share)s.")),
                (total[3], _("La collectivité en paie %(share)s.")),
                (total[1], _("Les familles en paient %(share)s.")),
            ):
                if share is not None:
                    lead.append(
                        words % {"share": format_number(share * 100 / total[0], "percent", decimals=0)}
                    )
        overpaid = sum(row.overpaid_cents for row in rows)
        if overpaid:
            lead.append(
                _("La Caf a versé %(eur)s de trop, à rendre par les gestionnaires.")
                % {"eur": shown(euros(overpaid), "eur")}
            )
    n_late = sum(bool(row.late) for row in rows)
    if n_late:
        lead.append(
            ngettext(
                "%(n)s service est en retard d’une déclaration\u00a0: son paiement en dépend.",
                "%(n)s services sont en retard d’une déclaration\u00a0: leur paiement en dépend.",
                n_late,
            )
            % {"n": n_late}
        )
    return Report(
        title=_("Les financements en une page"),
        subtitle=f"{overview.convention.name} · {year}" if year else overview.convention.name,
        lead=lead or [_("Aucune déclaration n’est encore validée par la Caf.")],
        warnings=fictitious(overview),
        charts=[payers(total, _("Qui paie les services aux familles"))] if known else [],
        sections=[
            Section(
                _("Qui paie, par dispositif"),
                [Column(_("Dispositif")), *who_columns()],
                by_device(known),
                has_total=bool(known),
                anchor="by-device",
                empty=_("Aucune déclaration n’est encore validée par la Caf."),
            )
        ],
        notes=[how_sure(rows)],
    )


def by_device(rows: list[Row]) -> list[list]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.agreement.device].append(row)
    lines = [[str(Device(one).label), *who_pays(held)] for one, held in sorted(groups.items())]
    return [*lines, [_("Ensemble"), *who_pays(rows)]] if rows else []


def public(overview: Overview, note: str) -> Report:
    """Totals by device and year of what the Caf validated: no equipment, no operator is named."""
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in overview.rows:
        if row.best:
            groups[row.agreement.year, row.agreement.device].append(row)
    ordered = sorted(groups.items(), key=lambda one: (-one[0][0], one[0][1]))
    lines = [
        [
            f"{year} · {Device(device).label}",
            len({row.agreement.equipment_id for row in held}),
            sum(row.is_actual for row in held),
            *who_pays(held),
        ]
        for (year, device), held in ordered
    ]
    latest = ordered[0][0][0] if ordered else None
    of_latest = [row for (year, _device), held in ordered if year == latest for row in held]
    n_single = sum(line[1] == 1 for line in lines)
    notes = [
        _(
            "Ce que montre cette page\u00a0: des totaux par dispositif et par année, tirés des déclarations "
            "que la Caf a validées\u202f; ni nom de gestionnaire, ni compte d’un équipement, ni donnée d’une "
            "famille."
        ),
    ]
    if n_single:
        notes.append(
            _(
                "Où un dispositif ne compte qu’un équipement, son total est celui de cet équipement\u00a0: "
                "c’est de l’argent public, et la convention a choisi de le publier."
            )
        )
    return Report(
        title=_("Qui paie les services aux familles\u202f?"),
        subtitle=overview.convention.name,
        lead=[note] if note else [],
        warnings=fictitious(overview),
        charts=[
            payers(
                who_pays(of_latest), _("Qui paie les services aux familles en %(year)s") % {"year": latest}
            )
        ]
        if of_latest
        else [],
        sections=[
            Section(
                _("Par année et dispositif"),
                [
                    Column(_("Année et dispositif")),
                    Column(_("Équipements"), "whole"),
                    Column(_("dont comptes réels"), "whole"),
                    *who_columns(),
                ],
                lines,
                anchor="by-year",
                empty=_("Aucune déclaration n’est encore validée par la Caf."),
            )
        ],
        notes=notes,
    )


def has_equipment(convention) -> bool:
    return Equipment.objects.standing().filter(convention=convention).exists()


def payments(convention, found) -> Report:
    """Every payment with what it was for."""
    rows = [
        [
            str(one.beneficiary or one.label or _("paiement")),
            one.paid_on,
            euros(one.amount_cents),
            one.reference,
            str(one.agreement) if one.agreement else _("à rapprocher"),
        ]
        for one in found
    ]
    return Report(
        title=_("Paiements de la Caf"),
        subtitle=convention.name,
        lead=[never_pays()],
        sections=[
            Section(
                _("Paiements"),
                [
                    Column(_("Bénéficiaire")),
                    Column(_("Payé le"), "day"),
                    Column(_("Montant"), "eur"),
                    Column(_("Référence")),
                    Column(_("Pour")),
                ],
                rows,
                empty=_("Aucun paiement n’est enregistré."),
            )
        ],
    )


def ledger(convention, postings) -> Report:
    """Each posting: debit or credit, of which entry, for which COF."""
    rows = [
        [
            f"{one.entry_id} · {one.entry.get_kind_display()}",
            one.entry.booked_on,
            str(one.get_account_display()),
            str(one.agreement) if one.agreement else "–",
            euros(max(one.amount_cents, 0)),
            euros(max(-one.amount_cents, 0)),
        ]
        for one in postings
    ]
    return Report(
        title=_("Comptes en partie double"),
        subtitle=convention.name,
        lead=[_("Chaque écriture a deux côtés égaux\u202f; une correction est une écriture de plus.")],
        sections=[
            Section(
                _("Écritures"),
                [
                    Column(_("Écriture")),
                    Column(_("Date"), "day"),
                    Column(_("Compte")),
                    Column(_("COF")),
                    Column(_("Débit"), "eur"),
                    Column(_("Crédit"), "eur"),
                ],
                rows,
                empty=_("Aucune écriture."),
            )
        ],
    )


def declaration(told: dict) -> Report:
    """A declaration with every line of what it gives right to, to be printed and kept."""
    one = told["declaration"]
    facts = [
        [str(fact["label"]), fact["text"] or shown(fact["value"], fact["unit"])] for fact in told["facts"]
    ]
    lines = []
    for part in told["components"]:
        for line in part["lines"]:
            values = "\u202f; ".join(
                f"{used['title']} = {used['value']} ({used['status_words']})" for used in line["parameters"]
            )
            lines.append(
                [
                    f"{part['label']} · {line['label']}",
                    f"{line['result']} {line['unit']}".strip(),
                    line["calculation"] or "–",
                    values or "–",
                ]
            )
        if part["missing"]:
            lines.append([part["label"], _("donnée absente"), "–", part["missing"]])
    amounts = [
        [part["label"], part["eur"], part["doubt"]["text"] if part["doubt"] else "–"]
        for part in told["components"]
    ]
    unsure = _("à confirmer en partie") if told["has_doubt"] else "–"
    amounts.append([_("Droit de l’année"), told["total"], unsure])
    is_fictitious = one.agreement.is_fictitious or one.agreement.equipment.is_fictitious
    return Report(
        title=_("Déclaration %(phase)s") % {"phase": str(one.get_phase_display()).lower()},
        subtitle=str(one.agreement),
        lead=[labelled(_("État"), str(one.get_state_display()).lower())],
        warnings=[_("Les montants de cette déclaration sont fictifs.")] if is_fictitious else [],
        sections=[
            Section(_("Ce qui est déclaré"), [Column(_("Donnée")), Column(_("Valeur"))], facts),
            Section(
                _("Ce que cela donne"),
                [Column(_("Aide")), Column(_("Montant"), "eur"), Column(_("Sûreté"))],
                amounts,
                has_total=True,
            ),
            Section(
                _("Le calcul, ligne par ligne"),
                [
                    Column(_("Ligne")),
                    Column(_("Résultat")),
                    Column(_("Calcul")),
                    Column(_("Valeurs employées")),
                ],
                lines,
                widths=(1.4, 1.0, 1.3, 2.6),
            ),
        ],
    )
