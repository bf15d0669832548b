"""What a Word template may ask for: names in French, since it is the city that writes them."""

from dataclasses import dataclass, field
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models import DocumentTemplate

Kind = DocumentTemplate.Kind


class Shape(Enum):
    TEXT = "text"  # {{ titre }}
    BLOCKS = "blocks"  # {{p article.contenu }}, alone in its paragraph
    IMAGE = "image"  # {{ logo }}
    LIST = "list"  # {%p for article in articles %} … {%p endfor %}


@dataclass(frozen=True)
class Field:
    name: str
    told: Promise | str
    shape: Shape = Shape.TEXT
    # Of each row of a list; `row` is the name our own template gives it.
    fields: tuple["Field", ...] = ()
    row: str = ""

    def of(self, name: str) -> "Field | None":
        return next((one for one in self.fields if one.name == name), None)


LETTERHEAD = (
    Field("logo", _("le logo, avec son texte"), Shape.IMAGE),
    Field("en_tete", _("l’en-tête des documents")),
    Field("pied_de_page", _("le pied de page des documents")),
    Field("date", _("la date du document, «\u00a023 novembre 2026\u00a0»")),
)
CONVENTION = (
    Field("titre", _("l’intitulé de la version")),
    Field("convention", _("le nom de la convention")),
    Field("territoires", _("ses territoires")),
    Field("debut", _("sa date de début")),
    Field("fin", _("sa date de fin, prolongation comprise")),
    Field("etat", _("«\u00a0Projet pris le…\u00a0» ou «\u00a0Signé le…\u00a0»")),
    Field("empreinte", _("l’empreinte du texte, qui le distingue de tout autre")),
    Field(
        "parties",
        _("les parties"),
        Shape.LIST,
        (
            Field("nom", _("leur nom")),
            Field("qualite", _("commune, Caf, département…")),
            Field("deliberation", _("numéro, date et fichier de la délibération")),
            Field("signataires", _("qui signe")),
        ),
        "partie",
    ),
    Field(
        "visas", _("les textes visés"), Shape.LIST, (Field("texte", _("sans le «\u00a0Vu\u00a0»")),), "visa"
    ),
    Field(
        "articles",
        _("les articles, préambule compris"),
        Shape.LIST,
        (
            Field("titre", _("«\u00a0Article 3 – Objectifs partagés\u00a0»")),
            Field("contenu", _("son texte"), Shape.BLOCKS),
        ),
        "article",
    ),
    Field(
        "annexes",
        _("les annexes, dans leur ordre"),
        Shape.LIST,
        (
            Field("titre", _("«\u00a0Annexe 1 – Moyens mobilisés…\u00a0»")),
            Field("contenu", _("tableaux, textes et pages jointes"), Shape.BLOCKS),
        ),
        "annexe",
    ),
    Field("signatures", _("le tableau des signatures"), Shape.BLOCKS),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    Kind.CONVENTION: LETTERHEAD + CONVENTION,
    Kind.AMENDMENT: (
        *LETTERHEAD,
        *CONVENTION,
        Field("objet", _("l’objet de l’avenant")),
        Field("effet", _("la date à laquelle il prend effet")),
        Field("version_modifiee", _("l’intitulé de la version qu’il modifie")),
        Field("changements", _("ce qu’il change, avant et après"), Shape.BLOCKS),
    ),
    Kind.DELIBERATION: (
        *LETTERHEAD,
        Field("titre", _("l’objet de la délibération")),
        Field("organisme", _("la partie qui vote")),
        Field("assemblee", _("«\u00a0Le conseil municipal\u00a0»")),
        Field("seance", _("la date de la séance")),
        Field("rapporteur", _("qui rapporte")),
        Field("numero", _("son numéro, une fois connu")),
        Field("contenu", _("visas, considérants et articles"), Shape.BLOCKS),
        Field("votes", _("le tableau des voix, à remplir"), Shape.BLOCKS),
    ),
    Kind.FICHE: (
        *LETTERHEAD,
        Field("titre", _("«\u00a0Plan d’actions\u00a0», ou le nom de la fiche")),
        Field("convention", _("le nom de la convention")),
        Field(
            "fiches",
            _("les fiches"),
            Shape.LIST,
            (
                Field("numero", _("son numéro")),
                Field("titre", _("son intitulé")),
                Field("enjeu", _("l’enjeu et l’objectif dont elle relève")),
                Field("pilote", _("qui la pilote")),
                Field("contenu", _("tous ses tableaux"), Shape.BLOCKS),
            ),
            "fiche",
        ),
    ),
}
# A kind that nothing here writes is not offered.
KINDS = tuple(FIELDS)


def root(kind: str) -> Field:
    return Field("", "", Shape.LIST, FIELDS[kind])


@dataclass
class Shown:
    """A field as the page explains it: how to write it, and what it gives."""

    written: str
    told: str
    rows: list["Shown"] = field(default_factory=list)


def explained(kind: str) -> list[Shown]:
    return [shown(one, "") for one in FIELDS[kind]]


def shown(one: Field, row: str) -> Shown:
    name = f"{row}.{one.name}" if row else one.name
    match one.shape:
        case Shape.LIST:
            written = f"{{%p for {one.row} in {name} %}} … {{%p endfor %}}"
        case Shape.BLOCKS:
            written = f"{{{{p {name} }}}}"
        case _:
            written = f"{{{{ {name} }}}}"
    return Shown(written, str(one.told), [shown(inner, one.row) for inner in one.fields])
