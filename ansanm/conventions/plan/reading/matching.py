"""Which heading is which field: by its name, then by a name near it, then by what stands under it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz, process

from ansanm.conventions.plan.columns import ACTIONS
from ansanm.conventions.plan.reading import values
from ansanm.engines.vague_dates import parse as parse_vague
from ansanm.engines.written import Unreadable, folded_text


@dataclass(frozen=True)
class Field:
    label: str
    # Folded headings met in plans, without « de l'action », numbers and brackets: « a | b ».
    headings: str
    # Whether several columns may feed it: their texts are joined.
    many: bool = False

    @property
    def names(self) -> list[str]:
        return [name for name in self.headings.split(" | ") if name]


# Column titles of our own sheet are added below; the wording of others is as their templates print it.
FIELDS: dict[str, Field] = {
    "number": Field(
        _("Numéro"),
        "n | n de fiche | no | num | code | ref | reference | fiche n | n fiche | numero de fiche | fiche | "
        "code action | n action | id",
    ),
    "version": Field(
        _("Version (fichier exporté d’Ansanm)"),
        "version",
    ),
    "title": Field(
        _("Intitulé"),
        "titre | action | actions | nom | libelle | intitule action | titre fiche action | titre "
        "action | nom action | fiche action | intitule fiche | projet | name | mesure",
    ),
    "operation": Field(
        _("Opération, ou sous-action"),
        "operation | sous-action | titre sous-action | titre de la sous-action | sous action | "
        "operations | operations necessaires | operation necessaire",
    ),
    "stake": Field(
        _("Enjeu ou axe"),
        "enjeu | axe | axe x | axe strategique | enjeu territorial | orientation | orientation "
        "strategique | priorite strategique | volet | defi",
    ),
    "goal": Field(
        _("Objectif du plan, ou sous-axe"),
        "objectif strategique | objectif general | sous-axe | sous-axe x.x | sous axe | objectif "
        "du plan | sous-enjeu | objectif plan",
    ),
    "step": Field(
        _("Objectif opérationnel"),
        "objectif operationnel | sous-sous axe | sous-sous-axe | sous-sous axe x.x.x | objectif specifique",
    ),
    "themes": Field(
        _("Thématiques"),
        "thematique | thematiques | theme | themes | domaine | champ d'intervention | thematiques caf",
        many=True,
    ),
    "is_priority": Field(
        _("Prioritaire"),
        "priorite | niveau de priorite | action prioritaire | prioritaire | degre de priorite",
    ),
    "lead_house": Field(
        _("Maison pilote"),
        "",
    ),
    "status": Field(
        _("État"),
        "etat | statut | avancement | etat d'avancement | etat avancement | stade | progression | "
        "realisation",
    ),
    "status_reason": Field(
        _("Motif de pause ou d’abandon"),
        "motif | raison | motif pause abandon | justification",
    ),
    "status_as_of": Field(
        _("État connu en"),
        "",
    ),
    "pilot": Field(
        _("Pilote"),
        "pilote | porteur | porteur/pilote | porteur pilote | structure pilote | structures "
        "pilotes | chef de file | maitre d'ouvrage | maitrise d'ouvrage | structure porteuse | "
        "porteur de l'action | porteur projet | responsable | pilotage",
    ),
    "pilot_person": Field(
        _("Nom et fonction du pilote"),
        "personne pilote | personnes pilotes | direction ou service pilote | direction pilote | "
        "service pilote | referent technique | nom du pilote | contact | referent | service",
        many=True,
    ),
    "caf_counterpart": Field(
        _("Interlocuteur Caf"),
        "referent caf | conseiller caf | copilote caf | co-pilote caf | pilote caf | correspondant caf",
    ),
    "elected_referent": Field(
        _("Élu référent"),
        "elu referent | elue referente | elu·e referent·e | elu | elus | elu.e referent.e | elus referents",
    ),
    "partners": Field(
        _("Partenaires"),
        "partenaire | partenaires | acteurs et partenaires mobilises | acteurs | partenaires "
        "mobilises | partenaires associes | acteurs mobilises | structures associees",
        many=True,
    ),
    "publics": Field(
        _("Publics"),
        "public | publics | public cible | publics cibles | public vise | beneficiaires | cible | "
        "cibles | publics vises",
        many=True,
    ),
    "n_people_target": Field(
        _("Nombre de personnes visées"),
        "nombre de beneficiaires | nb beneficiaires",
    ),
    "places": Field(
        _("Lieux"),
        "lieu | lieux | quartier | quartiers | territoire | territoires | commune | communes",
    ),
    "place_note": Field(
        _("Précisions sur les lieux"),
        "secteur geographique | secteur | perimetre | zone | perimetre geographique | echelle",
        many=True,
    ),
    "context": Field(
        _("Constat"),
        "constat | contexte | diagnostic | constats | besoin | besoins | problematique | elements "
        "de diagnostic | motivation",
        many=True,
    ),
    "objective": Field(
        _("Objectifs de l’action"),
        "objectif | objectifs | finalite | finalites | but | objectifs vises",
        many=True,
    ),
    "description": Field(
        _("Description"),
        "descriptif | description | descriptif sommaire | descriptif concis | contenu | detail | "
        "modalites | modalites de mise en oeuvre | etapes | mise en oeuvre | deroulement",
        many=True,
    ),
    "starts": Field(
        _("Début"),
        "debut | date de debut | demarrage | date de demarrage | date debut | lancement | start",
    ),
    "ends": Field(
        _("Fin"),
        "fin | date de fin | date fin | echeance | date de fin previsionnelle | terme | date butoir | end",
    ),
    "calendar": Field(
        _("Calendrier"),
        "calendrier | calendrier previsionnel | planning | periode | annee | annees | temporalite "
        "| date | dates | delai",
    ),
    "staff_fte": Field(
        _("Moyens humains (ETP)"),
        "etp | nombre d'etp | moyens humains etp",
    ),
    "means": Field(
        _("Autres moyens"),
        "moyens | moyens humains | moyens humains et techniques | moyens techniques | ressources "
        "| moyens mobilises",
        many=True,
    ),
    "caf_devices": Field(
        _("Dispositifs Caf"),
        "dispositif caf | dispositifs caf mobilises | dispositif | prestation de service",
    ),
    "funder": Field(
        _("Financeur"),
        "financeur | financeurs | co-financeur | cofinanceur",
        many=True,
    ),
    "amount": Field(
        _("Montant du financeur"),
        "montant | montant ht | montant ttc | somme | montant eur",
        many=True,
    ),
    "funding": Field(
        _("Financement ou budget"),
        "financement | financements | budget | budget previsionnel | source de financement | "
        "source de financement/budget previsionnel | cout | cout previsionnel | plan de "
        "financement | budget previsionnel total | budget previsionnel total ht | cout total | "
        "sources de financement | moyens financiers",
        many=True,
    ),
    # As our export writes it: its sums are in a sheet of their own.
    "funding_note": Field(
        _("Financement, en mots"),
        "",
    ),
    "expected_results": Field(
        _("Résultats attendus"),
        "resultat attendu | resultats attendus | effets attendus | impact attendu | livrables | resultats",
        many=True,
    ),
    "quantitative": Field(
        _("Indicateurs quantitatifs"),
        "indicateur quantitatif | indicateurs quantitatifs | indicateurs de realisation | "
        "indicateurs chiffres",
    ),
    "qualitative": Field(
        _("Indicateurs qualitatifs"),
        "indicateur qualitatif | indicateurs qualitatifs",
    ),
    "indicators": Field(
        _("Indicateurs"),
        "indicateur | indicateurs | indicateurs lies | indicateurs d'evaluation | indicateurs de "
        "suivi | evaluation | criteres d'evaluation | indicateurs de resultat",
        many=True,
    ),
    "milestones": Field(
        _("Jalons"),
        "jalon | jalons | etapes cles",
    ),
    "risks": Field(
        _("Risques et freins"),
        "risque | risques | frein | freins | points de vigilance | difficultes | freins et leviers",
        many=True,
    ),
    "levers": Field(
        _("Leviers"),
        "levier | leviers | atouts | points d'appui",
        many=True,
    ),
    "source_title": Field(
        _("Source"),
        "",
    ),
    "source_url": Field(
        _("Adresse de la source"),
        "",
    ),
    "more": Field(
        _("À la suite de la description"),
        "instances de gouvernance | gouvernance | participation citoyenne | participation | note "
        "| notes | notes de suivi | commentaire | commentaires | observations | remarques | "
        "action en amelioration continue | amelioration continue | bilan | notes complementaires "
        "| documents et liens",
        many=True,
    ),
}

# What a column of our own sheet is called here, where the tree and the text share a word.
_OWN_KEYS = {"objective_node": "goal"}
NEAR = 88


def plain_heading(text: str) -> str:
    """A heading without case, accents, brackets, numbering nor « de l'action »."""
    text = folded_text(text).replace("€", " ").replace("*", " ").replace(":", " ").replace("\u00b0", " ")
    text = re.sub(r"\((?:x|x\.)*x\)|\([^)]*\)", " ", text)
    text = re.sub(r"\b(?:de l'|d'|de la |des |du |de )?(?:actions?|fiches?[- ]actions?)$", r"", text) or text
    text = re.sub(r"^\d+[.)]?\s+|\s+\d+$", " ", text)
    return " ".join(text.split()) or " ".join(folded_text(text).split())


def _names() -> dict[str, str]:
    known = {plain_heading(name): key for key, field in FIELDS.items() for name in field.names}
    known |= {name: key for key, field in FIELDS.items() for name in field.names}
    for column in ACTIONS.columns:
        key = _OWN_KEYS.get(column.key, column.key)
        for title in (column.fr, column.en):
            known[folded_text(title)] = key
            known.setdefault(plain_heading(title), key)
    return known


NAMES = _names()
LONG_NAMES = [name for name in NAMES if len(name) >= 5]


def field_called(heading: str) -> str:
    """The field a heading names, "" where it names none."""
    # A heading is short; what is longer is a text that happens to stand there.
    if not heading.strip() or len(heading) > 120:
        return ""
    whole, plain = folded_text(heading), plain_heading(heading)
    if key := NAMES.get(whole) or NAMES.get(plain):
        return key
    # « Intitulé de la fiche », « Pilote(s) / co-pilote », « Budget prévisionnel 2026 »: its first words.
    for part in re.split(r"\s*[/,;&]\s*|\s+et\s+|\s+ou\s+|\s+\(", whole):
        if key := NAMES.get(plain_heading(part)):
            return key
    if len(plain) >= 5 and (
        near := process.extractOne(plain, LONG_NAMES, scorer=fuzz.ratio, score_cutoff=NEAR)
    ):
        return NAMES[near[0]]
    words = re.findall(r"[a-z]+", plain)
    for word, key in _WORDS.items():
        if word in words:
            return key
    return ""


# The word that gives a longer heading away, the surest first.
_WORDS = {
    word: key
    for key, words in {
        "quantitative": "quantitatif quantitatifs quantitative",
        "qualitative": "qualitatif qualitatifs qualitative",
        "indicators": "indicateurs indicateur",
        "title": "intitule titre",
        "funder": "financeur",
        "amount": "montant",
        "funding": "budget financement cout",
        "partners": "partenaires",
        "pilot": "pilote porteur",
        "elected_referent": "elu",
        "calendar": "calendrier",
        "publics": "publics public",
        "expected_results": "resultats",
        "status": "statut avancement",
        "is_priority": "priorite",
        "themes": "thematique",
        "stake": "enjeu axe",
        "context": "constat",
        "description": "descriptif",
    }.items()
    for word in words.split()
}


def propose(headings: Sequence[str], samples: Sequence[Sequence[str]]) -> list[str]:
    """A field for each heading, "" for none; a field that takes one column is proposed once."""
    found = [field_called(heading) for heading in headings]
    taken = Counter(key for key in found if key)
    seen: set[str] = set()
    for index, key in enumerate(found):
        if not key:
            continue
        if taken[key] > 1 and not FIELDS[key].many and key in seen:
            # The second of two « Objectif stratégique » keeps its words, if not its place.
            found[index] = "more"
        seen.add(key)
    for index, texts in enumerate(samples):
        if not found[index] and headings[index] and (meant := field_meant(texts)) and meant not in seen:
            found[index] = meant
            seen.add(meant)
    return found


def field_meant(texts: Sequence[str]) -> str:
    """The field that what stands under a heading gives away: states, amounts, dates, themes."""
    given = [text for text in texts if text]
    if len(given) < 3:
        return ""

    def share(reads) -> float:
        return sum(bool(reads(text)) for text in given) / len(given)

    if share(lambda text: values.status(text) is not None) >= 0.8:
        return "status"
    if share(values.themes) >= 0.8:
        return "themes"
    if (
        share(lambda text: len(text) <= 60 and values.amount(text).amount_eur is not None and "€" in text)
        >= 0.8
    ):
        return "funding"
    if share(_is_date) >= 0.8:
        return "calendar"
    return ""


def _is_date(text: str) -> bool:
    try:
        parse_vague(text)
    except Unreadable:
        return False
    return True
