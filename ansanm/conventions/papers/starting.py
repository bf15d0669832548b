"""The text a convention starts from: our own words, the facts that are known, and what is to be written.

In French whatever the language of the page: it is the text that binds. The order of articles and annexes
is the one met in published conventions.
"""

from django.utils.translation import override

from ansanm.conventions.models import Annex, Convention, ConventionParty
from ansanm.conventions.papers.writing import spaced
from ansanm.ui.formats import format_period

MISSING = "à compléter"
# The preamble carries no number.
PREAMBLE = "preamble"


def listing(items) -> str:
    """One line each, ended as a list is in French."""
    items = [str(one).strip().rstrip(".;") for one in items]
    return "\n".join(f"- {one}" for one in [*(f"{one} ;" for one in items[:-1]), f"{items[-1]}."])


def joined(names) -> str:
    """« la Ville, la Caf et le Département »."""
    names = list(names)
    return " et ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def since(day: str, words: str) -> str:
    """« du 1er janvier 2026 », « de janvier 2026 »."""
    return f"du {words}" if len(day) == len("2026-01-01") else f"de {words}"


def until(day: str, words: str) -> str:
    return f"au {words}" if len(day) == len("2026-01-01") else f"à {words}"


class Facts:
    """What is known of the convention, in words; « à compléter » where it is not."""

    def __init__(self, convention: Convention):
        parties = [one for one in convention.parties.select_related("organisation") if not one.left_on]
        local = [one for one in parties if one.votes]
        self.parties = joined(one.organisation.name for one in parties) or f"[{MISSING}\u00a0: les parties]"
        self.local = joined(one.organisation.name for one in local) or f"[{MISSING}\u00a0: la collectivité]"
        cafs = [one for one in parties if one.kind == ConventionParty.Kind.CAF]
        self.caf = joined(one.organisation.name for one in cafs) or f"[{MISSING}\u00a0: la Caf]"
        self.territory = (
            joined(one.name for one in convention.territories.all()) or f"[{MISSING}\u00a0: le territoire]"
        )
        self.themes = [one.label for one in convention.themes.all()]
        # A stake may be known by its number alone: its name is then to be written.
        self.stakes = [one.label for one in convention.nodes.filter(kind="stake").exclude(label="")]
        self.bodies = list(convention.bodies.standing().filter(is_external=False))
        self.contracts = [one.title for one in convention.linked_contracts.all()]
        self.start = format_period(convention.starts_on) or f"[{MISSING}\u00a0: la date d’effet]"
        self.end = format_period(convention.end) or f"[{MISSING}\u00a0: la date de fin]"
        self.period = f"{since(convention.starts_on, self.start)} {until(convention.end, self.end)}"


def themes_or(facts: Facts, what: str) -> str:
    return listing(facts.themes or [f"[{MISSING}\u00a0: {what}]"])


def preamble(facts):
    return f"""Les familles de {facts.territory} ne connaissent ni services ni guichets\u00a0: elles ont \
besoin d’un mode de garde, d’un lieu où être accueillies, d’un logement digne, d’un droit ouvert à temps. \
La convention territoriale globale (CTG) réunit, dans un même projet, ceux qui ont la charge d’y répondre.

Elle s’appuie sur un diagnostic partagé, joint en annexe. Les parties en retiennent\u00a0: \
[{MISSING}\u00a0: les constats qui fondent les priorités].

Elles choisissent d’agir ensemble, chacune dans ses compétences, et de rendre compte de ce qui est fait."""


def purpose(facts):
    aims = listing(
        (
            "reconnaître les besoins prioritaires du territoire",
            "dire dans quels champs chacun intervient, selon l’écart entre l’offre et les besoins",
            "maintenir et améliorer l’offre qui existe, en mobilisant les cofinancements",
            "créer les actions nouvelles que les besoins non couverts demandent",
        )
    )
    return f"""La présente convention fixe le cadre dans lequel {facts.parties} coordonnent leur action \
auprès des familles de {facts.territory}. Elle vise à\u00a0:

{aims}"""


def caf_fields(facts):
    return f"""{facts.caf} agit par les prestations qu’elle verse aux familles, par son action sociale et \
par l’appui qu’elle apporte à ses partenaires. Sur le territoire, elle intervient dans les champs \
suivants\u00a0:

{themes_or(facts, "les champs d’intervention de la Caf")}

Ses financements suivent les règles nationales et son règlement d’action sociale\u00a0; chaque équipement \
soutenu fait l’objet d’une convention d’objectifs et de financement distincte."""


def local_fields(facts):
    return f"""{facts.local} agit dans les champs que la loi lui confie et dans ceux où ses élus ont choisi \
d’intervenir\u00a0:

{themes_or(facts, "les champs d’intervention de la collectivité")}

Les équipements et services que la collectivité soutient figurent en annexe."""


def objectives(facts):
    stakes = listing(facts.stakes or [f"[{MISSING}\u00a0: les enjeux et objectifs partagés]"])
    return f"""Au regard des besoins que le diagnostic met en évidence, les parties se donnent en commun \
les objectifs suivants\u00a0:

{stakes}

Les fiches actions, en annexe, disent comment ils seront atteints, par qui, quand et avec quels moyens."""


def commitments(facts):
    return """Chaque partie s’engage à\u00a0:

- mobiliser les moyens décrits en annexe, dans la limite des crédits ouverts chaque année ;
- conduire les actions dont elle est pilote et en rendre compte aux instances ;
- informer les autres, avant de décider, de ce qui touche à l’offre de services aux familles ;
- désigner les personnes qui suivent la convention en son nom.

Les engagements financiers propres à un équipement relèvent de la convention qui le concerne."""


def collaboration(facts):
    named = [f"{one.name}{f', {one.purpose}' if one.purpose else ''}" for one in facts.bodies]
    bodies = listing(
        named
        or [
            "un comité de pilotage, qui décide des orientations et se réunit au moins une fois par an",
            "un comité technique, qui prépare ses décisions et suit les actions",
            "des groupes thématiques, auxquels les associations et les habitants sont associés",
        ]
    )
    contracts = (
        f"\n\nLa convention s’articule avec\u00a0: {joined(facts.contracts)}." if facts.contracts else ""
    )
    return f"""Les parties travaillent ensemble au sein des instances suivantes, dont la composition est en \
annexe\u00a0:

{bodies}

Un ou plusieurs chargés de coopération animent la démarche.{contracts}"""


def data_exchange(facts):
    return """Les parties se communiquent les données utiles au diagnostic, au suivi et à l’évaluation. \
Elles n’échangent que des données agrégées, dont les petits effectifs sont masqués ; aucune ne permet de \
reconnaître une personne.

Un échange qui porterait sur des données personnelles fait l’objet d’un accord séparé, conforme au règlement \
général sur la protection des données, et joint en annexe."""


def communication(facts):
    return """Les actions de communication sur la convention et sur ce qu’elle finance se décident ensemble. \
Chaque document public fait mention des parties et porte leurs logotypes, selon leurs chartes."""


def evaluation(facts):
    return """Les parties évaluent la convention à mi-parcours et avant son terme. L’évaluation examine\u00a0:

- si les objectifs répondent toujours aux besoins, et s’accordent entre eux et avec les autres contrats ;
- dans quelle mesure ils sont atteints ;
- si les moyens ont été ceux qu’il fallait ;
- ce qui restera, pour les familles, une fois la convention achevée.

Les questions et les indicateurs figurent en annexe. Les résultats sont présentés au comité de pilotage et \
rendus publics."""


def duration(facts):
    return f"""La convention prend effet\u00a0: {facts.start}. Elle s’achève\u00a0: {facts.end}.

Elle ne se renouvelle pas d’elle-même\u00a0: une nouvelle convention, précédée d’une évaluation, prend sa \
suite."""


def amendments(facts):
    return """Les annexes font partie de la convention. Une modification de ses articles, de ses parties, \
de sa durée ou de ses annexes se fait par avenant écrit, signé de toutes les parties.

L’avenant dit ce qu’il change, et la date à laquelle il prend effet."""


def ending(facts):
    return f"""La convention prend fin à son terme, ou d’un commun accord constaté par écrit.

Si une partie ne tient pas ses engagements, une autre peut la mettre en demeure par lettre recommandée. Sans \
effet dans un délai de [{MISSING}\u00a0: le délai], elle peut se retirer. Le retrait d’une partie ne met pas \
fin aux engagements des autres."""


def appeal(facts):
    return f"""En cas de différend, les parties cherchent d’abord un accord au sein du comité de pilotage.

À défaut, le litige est porté devant [{MISSING}\u00a0: le tribunal compétent]."""


def confidentiality(facts):
    return """Les parties et ceux qui travaillent pour elles gardent le secret sur ce qu’ils apprennent des \
personnes et des dossiers à l’occasion de la convention, pendant sa durée et après son terme.

Les comptes rendus et documents destinés au public ne nomment aucun usager."""


# In the order of published conventions; the heading as it is printed after « Article n ».
ARTICLES = (
    (PREAMBLE, "Préambule", preamble),
    ("purpose", "Objet de la convention", purpose),
    ("caf_fields", "Champs d’intervention de la Caf", caf_fields),
    ("local_fields", "Champs d’intervention de la collectivité", local_fields),
    ("objectives", "Objectifs partagés au regard des besoins", objectives),
    ("commitments", "Engagements des partenaires", commitments),
    ("collaboration", "Modalités de collaboration", collaboration),
    ("data_exchange", "Échanges de données", data_exchange),
    ("communication", "Communication", communication),
    ("evaluation", "Évaluation", evaluation),
    ("duration", "Durée de la convention", duration),
    ("amendments", "Exécution formelle et avenants", amendments),
    ("ending", "Fin de la convention", ending),
    ("appeal", "Recours", appeal),
    ("confidentiality", "Confidentialité", confidentiality),
)
Kind = Annex.Kind
ANNEXES = (
    Kind.MEANS,
    Kind.DIAGNOSIS,
    Kind.EQUIPMENT,
    Kind.GOVERNANCE,
    Kind.ACTIONS,
    Kind.EVALUATION,
    Kind.DELIBERATIONS,
    Kind.DATA_EXCHANGE,
    Kind.OTHER_PLAN,
)


def standard_articles(convention: Convention) -> list[dict]:
    with override("fr"):
        facts = Facts(convention)
        return [
            {"key": key, "heading": heading, "text": spaced(write(facts))} for key, heading, write in ARTICLES
        ]


def standard_annexes(convention: Convention) -> list[dict]:
    """All of them, those that would be empty left out of the document until somebody puts them in."""
    filled = {Kind.OTHER_PLAN: convention.linked_contracts.exists(), Kind.DATA_EXCHANGE: False}
    return [{"kind": kind, "is_included": filled.get(kind, True)} for kind in ANNEXES]
