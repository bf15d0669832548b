"""What an annex says from live data: money and posts, diagnosis, bodies, services, evaluation, votes.

In French, as the convention. Each function gives the blocks of one kind; what is typed stands before
them, and the pages of a brought PDF after.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from ansanm.conventions.agreement.difference import total_words
from ansanm.conventions.agreement.snapshot import total
from ansanm.conventions.agreement.words import fte
from ansanm.conventions.models import Annex, Convention
from ansanm.conventions.papers.equipment import equipment_blocks
from ansanm.conventions.papers.writing import blocks_of, spaced
from ansanm.conventions.plan.content import FINANCING, plain, row_of
from ansanm.conventions.plan.wording import amount_of
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.documents.as_text import extract
from ansanm.ui.documents.blocks import Block, Heading, Item, Listing, Paragraph, Table
from ansanm.ui.formats import format_number, format_period, format_vague

# The four aims of the national framework of evaluation, and the questions that we draw from them.
QUESTIONS = (
    (
        "Pertinence et cohérence",
        (
            "Les objectifs répondent-ils toujours aux besoins que montre le diagnostic mis à jour\u202f?",
            "Axes et fiches s’accordent-ils entre eux, et avec les autres contrats du territoire\u202f?",
        ),
    ),
    (
        "Atteinte des objectifs",
        ("Quelle part des actions est réalisée, quelles cibles sont atteintes, et sinon pourquoi\u202f?",),
    ),
    (
        "Moyens",
        (
            "L’argent et le temps engagés ont-ils suffi, et qu’ont-ils permis de mobiliser en plus\u202f?",
            "Qui est venu aux instances, et les décisions prises ont-elles été suivies d’effet\u202f?",
        ),
    ),
    (
        "Effets durables",
        (
            "Quelle place les habitants ont-ils eue, et qu’est devenu ce qu’ils ont dit\u202f?",
            "Qu’est-ce qui a changé pour les familles, et qu’en restera-t-il sans la convention\u202f?",
        ),
    ),
)


def live_blocks(annex: Annex) -> list[Block]:
    write = WRITERS.get(annex.kind)
    found = write(annex.convention) if write else []
    # A table of contents lists articles, annexes and fiches, and not the themes of a diagnosis.
    return [replace(one, is_listed=False) if isinstance(one, Heading) else one for one in found]


def nothing(words: str) -> Paragraph:
    return Paragraph(words, kind="warning", mark=_("À compléter."))


def means(convention: Convention) -> Iterator[Block]:
    """By partner: what it pays, fiche by fiche and year by year, and who works for the convention."""
    lines = list(convention.financing_lines.filter(action__isnull=True).select_related("funder")) + list(
        convention.financing_lines.filter(action__deleted_at__isnull=True, action__isnull=False)
        .select_related("funder", "action")
        .order_by("action__number", "year", "pk")
    )
    posts = list(convention.cooperation_posts.all())
    if not lines and not posts:
        yield nothing(_("Aucun financement ni aucun poste n’est inscrit dans la convention."))
    lines.sort(key=lambda one: (one.funder.name, one.funder_id))
    for funder, held in groupby(lines, key=lambda one: one.funder):
        held = list(held)
        written = [row_of(one, FINANCING) for one in held]
        yield Heading(2, funder.name)
        yield Table(
            caption=_("Ce que finance %(funder)s") % {"funder": funder.name},
            header=[_("Pour quoi"), _("Année"), _("Périmètre"), _("Montant")],
            rows=[
                [
                    f"{one.action.number} {one.action.title}".strip()
                    if one.action
                    else _("Toute la convention"),
                    str(one.year or "–"),
                    one.scope or "–",
                    amount_of(row),
                ]
                for one, row in zip(held, written, strict=True)
            ]
            + [[_("Ensemble"), "", "", total_words(total(written))]],
            widths=[2, 0.6, 1.4, 1.4],
            numeric=frozenset({3}),
            strong_rows=frozenset({len(held)}),
        )
    if posts:
        yield Heading(2, _("Chargés de coopération"))
        whole = sum((one.fte_share for one in posts), start=Decimal(0))
        yield Table(
            caption=_("Postes mis au service de la convention"),
            header=[_("Employeur"), _("Mission"), _("Quotité")],
            rows=[[one.employer, one.mission or "–", fte(plain(one.fte_share))] for one in posts]
            + [[_("Ensemble"), "", fte(plain(whole))]],
            widths=[1.4, 2, 0.8],
            numeric=frozenset({2}),
            strong_rows=frozenset({len(posts)}),
        )


def diagnosis(convention: Convention) -> Iterator[Block]:
    places = list(convention.territories.all())
    for place in places:
        if len(places) > 1:
            yield Heading(2, place.name)
        yield from extract(diagnose(place), "fr")


def governance(convention: Convention) -> Iterator[Block]:
    """Bodies and their seats. No name: people change in five years, a seat is an organisation's."""
    bodies = list(
        convention.bodies.standing()
        .filter(is_external=False)
        .prefetch_related("mandates__actor", "mandates__participant__actor", "themes")
    )
    if not bodies:
        yield nothing(_("Aucune instance n’est enregistrée dans la convention."))
    for body in bodies:
        yield Heading(2, body.name)
        if body.purpose:
            yield from blocks_of(body.purpose)
        facts = [str(body.get_kind_display())]
        if body.meetings_per_year:
            facts.append(
                _("%(n)s réunions par an") % {"n": format_number(plain(body.meetings_per_year))}
                if body.meetings_per_year > 1
                else _("une réunion par an")
            )
        if body.quorum:
            facts.append(_("quorum\u00a0: %(n)s voix") % {"n": body.quorum})
        yield Paragraph(". ".join(facts) + ".")
        seats = [one for one in body.mandates.all() if not one.ends_on]
        if seats:
            yield Table(
                caption=_("Composition\u00a0: %(body)s") % {"body": body.name},
                header=[_("Organisme"), _("Fonction"), _("Rôle"), _("Voix")],
                rows=[
                    [
                        str(one.actor or (one.participant and one.participant.actor) or "–"),
                        (one.participant.function if one.participant else "") or "–",
                        str(one.get_role_display()),
                        _("oui") if one.has_vote else _("non"),
                    ]
                    for one in seats
                ],
                widths=[1.8, 1.6, 0.8, 0.5],
            )
        else:
            yield nothing(_("Sa composition n’est pas enregistrée."))


def evaluation(convention: Convention) -> Iterator[Block]:
    yield Heading(2, _("Questions d’évaluation"))
    yield Paragraph(
        _("Elles suivent les quatre visées de l’évaluation des conventions territoriales globales.")
    )
    for aim, questions in QUESTIONS:
        yield Paragraph("", mark=f"{aim}.")
        yield Listing([Item(spaced(one)) for one in questions])
    yield Heading(2, _("Indicateurs et cibles"))
    rows = []
    actions = convention.actions.standing().prefetch_related("indicators__targets")
    for action in actions:
        for one in action.indicators.all():
            if one.removed_at is not None:
                continue
            targets = ", ".join(
                " ".join(
                    part
                    for part in (
                        format_number(plain(target.value)) if target.value is not None else "",
                        target.text,
                        f"({format_vague(target.due)})" if target.due else "",
                    )
                    if part
                )
                for target in one.targets.all()
            )
            start = format_number(plain(one.baseline_value)) if one.baseline_value is not None else ""
            if start and one.baseline_on:
                start += f" ({format_period(one.baseline_on)})"
            label = f"{one.label} ({one.unit})" if one.unit else one.label
            rows.append([f"{action.number} {action.title}".strip(), label, start or "–", targets or "–"])
    if rows:
        yield Table(
            caption=_("Ce que les fiches mesurent"),
            header=[_("Fiche"), _("Indicateur"), _("Départ"), _("Cibles")],
            rows=rows,
            widths=[1.6, 2, 0.9, 1.3],
        )
    else:
        yield nothing(_("Aucune fiche ne porte d’indicateur."))


def votes(convention: Convention) -> Iterator[Block]:
    """What each party voted, or « not known yet », and the text it was asked to vote."""
    parties = convention.parties.filter(left_on="").select_related("organisation")
    for party in parties.prefetch_related("deliberations"):
        yield Heading(2, party.organisation.name)
        told = [party.deliberation_number, format_period(party.deliberation_on)]
        if any(told):
            yield Paragraph(
                ", ".join(one for one in told if one) + ".", mark=_("Délibération ou décision\u00a0:")
            )
        else:
            yield nothing(_("Ni numéro ni date de délibération ou de décision ne sont connus."))
        for row in party.deliberations.all():
            if row.agreement_version_id is None:
                yield Paragraph(row.title, kind="lead")
                yield from blocks_of(row.text)


def contracts(convention: Convention) -> Iterator[Block]:
    held = list(convention.linked_contracts.all())
    if held:
        yield Table(
            caption=_("Contrats avec lesquels la convention s’articule"),
            header=[_("Nature"), _("Intitulé"), _("Avec qui"), _("Précisions")],
            rows=[
                [str(one.get_kind_display()), one.title, one.partners or "–", one.note or "–"] for one in held
            ],
        )


Kind = Annex.Kind
# The fiches come from the content of the version itself, so that they are printed as they are frozen.
WRITERS = {
    Kind.MEANS: means,
    Kind.DIAGNOSIS: diagnosis,
    Kind.EQUIPMENT: equipment_blocks,
    Kind.GOVERNANCE: governance,
    Kind.EVALUATION: evaluation,
    Kind.DELIBERATIONS: votes,
    Kind.OTHER_PLAN: contracts,
}
