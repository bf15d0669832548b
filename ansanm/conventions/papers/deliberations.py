"""The text each party's assembly votes: what it cites, what it considers, what it decides."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.conventions.models import AgreementVersion, ConventionParty
from ansanm.conventions.papers.letterhead import document_with, letterhead
from ansanm.conventions.papers.starting import MISSING, Facts
from ansanm.conventions.papers.writing import blocks_of, spaced
from ansanm.ui.documents.blocks import Block, Document, Heading, Paragraph, Table
from ansanm.ui.formats import format_period

Kind = ConventionParty.Kind
ASSEMBLIES = {
    Kind.COMMUNE: ("le conseil municipal", "le maire"),
    Kind.EPCI: ("le conseil communautaire", "le président"),
    Kind.DEPARTEMENT: ("l’assemblée départementale", "le président"),
    Kind.CAF: ("le conseil d’administration", "le président du conseil d’administration et le directeur"),
}
OTHER = (f"[{MISSING}\u00a0: l’instance qui décide]", f"[{MISSING}\u00a0: qui signe]")


def of_what(what: str) -> str:
    """« la convention » → « de convention », « l’avenant » → « d’avenant »."""
    return f"d’{what[2:]}" if what.startswith("l’") else f"de {what[3:]}"


def assembly_of(party: ConventionParty) -> str:
    name = ASSEMBLIES.get(party.kind, (_("Décision"), ""))[0]
    return name[:1].upper() + name[1:]


def number_of(row) -> str:
    """The one voted for the convention; that of an amendment is not the party's."""
    return row.party.deliberation_number if row.agreement_version_id is None else ""


def votes_table() -> Table:
    return Table(
        caption=_("Résultat du vote"),
        header=[_("Pour"), _("Contre"), _("Abstentions"), _("Ne prennent pas part au vote")],
        rows=[[" ", " ", " ", " "]],
        widths=[1, 1, 1, 1.6],
        row_cm=1.2,
    )


def first_text(convention, party: ConventionParty, version: AgreementVersion | None) -> dict:
    """Title and text to start from; what the law or the facts do not give is « à compléter »."""
    with override("fr"):
        facts = Facts(convention)
        assembly, signs = ASSEMBLIES.get(party.kind, OTHER)
        if version is not None and version.kind == AgreementVersion.Kind.AMENDMENT:
            what = f"l’avenant «\u00a0{version.title}\u00a0» à la convention «\u00a0{convention.name}\u00a0»"
            why = version.purpose.strip() or f"[{MISSING}\u00a0: ce que change l’avenant]"
        else:
            what = f"la convention territoriale globale «\u00a0{convention.name}\u00a0»"
            why = (
                f"que la convention réunit {facts.parties} autour d’un projet commun pour les familles de "
                f"{facts.territory}, {facts.period}"
            )
        visas = [one.text for one in convention.visas.all()]
        if party.votes:
            if not any("collectivités territoriales" in one for one in visas):
                visas.insert(0, "le code général des collectivités territoriales")
            opening = f"Sur le rapport présenté en séance, après en avoir délibéré, {assembly}\u00a0:"
        else:
            opening = f"Après en avoir débattu, {assembly}\u00a0:"
        cited = "\n\n".join(f"Vu {one}\u202f;" for one in visas)
        lines = [
            cited,
            f"Vu le projet {of_what(what)}, joint\u202f;",
            f"Considérant {why}\u202f;"
            if why.startswith("que")
            else f"Considérant l’objet de l’avenant\u00a0: {why}\u202f;",
            f"Considérant [{MISSING}\u00a0: ce que {party.organisation.name} en attend]\u202f;",
            opening,
            f"Article 1. – Approuve {what}.",
            f"Article 2. – Autorise {signs} à la signer, ainsi que les documents qui en découlent."
            if what.startswith("la ")
            else f"Article 2. – Autorise {signs} à le signer, ainsi que les documents qui en découlent.",
            "Article 3. – Dit que les crédits nécessaires seront inscrits aux budgets concernés.",
        ]
        title = f"Approbation de {what}"
        return {"title": title[:300], "text": spaced("\n\n".join(one for one in lines if one))}


def document(row) -> Document:
    """The délibération to be voted, its votes blank until they are counted."""
    party = row.party
    with override("fr"):
        return document_with(
            letterhead(party.convention),
            title=row.title,
            subtitle=f"{party.organisation.name} · {assembly_of(party)}",
            produced_on=timezone.localdate(),
            foot=party.organisation.name,
            blocks=list(blocks(row)),
        )


def blocks(row) -> list[Block]:
    party = row.party
    held = [
        [_("Séance"), format_period(row.session_on)],
        [_("Rapporteur"), row.rapporteur],
        [_("Numéro"), number_of(row)],
    ]
    found: list[Block] = [
        Table(
            caption=_("Séance et numéro"),
            header=[_("Rubrique"), _("Contenu")],
            rows=[[label, value or " "] for label, value in held],
            widths=[1, 3],
        ),
        Heading(1, _("Délibération") if party.votes else _("Décision")),
        *blocks_of(row.text),
        Heading(2, _("Vote")),
        votes_table(),
        Paragraph(_("Fait à ……………………………, le ……………………")),
        Paragraph(_("Signature")),
    ]
    return found
