"""The texts that conventions usually cite, offered and never written in by themselves.

Where each was read is said: a convention cites what its authors checked, not what a program knows.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from ansanm.conventions.models import Convention
from ansanm.territories.names import search_key


@dataclass(frozen=True)
class UsualVisa:
    key: str
    # As an act writes it, in French whatever the language of the page.
    text: str
    status: object
    url: str = ""


CITED = gettext_lazy("habituellement cité\u00a0: lu dans des conventions publiées")
TO_CHECK = gettext_lazy("souvent cité, non vérifié\u00a0: relisez le texte avant de le viser")
USUAL = (
    UsualVisa(
        "css-263",
        "le code de la sécurité sociale, notamment son article L. 263-1 (action sociale des caisses "
        "d’allocations familiales)",
        CITED,
    ),
    UsualVisa("css-223", "le code de la sécurité sociale, notamment son article L. 223-1", CITED),
    UsualVisa("css-227", "le code de la sécurité sociale, notamment ses articles L. 227-1 à L. 227-3", CITED),
    UsualVisa("casf", "le code de l’action sociale et des familles", CITED),
    UsualVisa("cgct", "le code général des collectivités territoriales", CITED),
    UsualVisa(
        "loi-82-213",
        "la loi n° 82-213 du 2 mars 1982 relative aux droits et libertés des communes, des départements et "
        "des régions",
        CITED,
    ),
    UsualVisa(
        "arrete-2001",
        "l’arrêté du 3 octobre 2001 relatif à l’action sociale des caisses d’allocations familiales",
        TO_CHECK,
    ),
    UsualVisa(
        "circulaire-2020",
        "la circulaire Cnaf n° 2020-01 du 16 janvier 2020 relative au déploiement des conventions "
        "territoriales globales",
        TO_CHECK,
    ),
    UsualVisa(
        "loi-2023-1196",
        "la loi n° 2023-1196 du 18 décembre 2023 pour le plein emploi, notamment ses articles 17 à 19",
        TO_CHECK,
    ),
)


def usual_visas(convention: Convention) -> list[UsualVisa]:
    """Those the convention does not cite yet."""
    there = {search_key(text) for text in convention.visas.values_list("text", flat=True)}
    return [one for one in USUAL if search_key(one.text) not in there]
