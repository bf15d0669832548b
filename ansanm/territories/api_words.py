"""What the operations and parameters of the API are, for its page and its OpenAPI document."""

from django.utils.translation import gettext_lazy as _

DESCRIPTION = _(
    "Les chiffres publics d’Ansanm, avec le même secret que les pages. Sans clé ; 120 appels par minute "
    "et par adresse. Une valeur absente est « null », jamais 0, et son statut dit pourquoi."
)
OPERATIONS = {
    "territories": _("Chercher un territoire par son nom ou son code."),
    "territory": _("Un territoire."),
    "similar": _("Les territoires qui lui ressemblent, et pourquoi."),
    "indicators": _("Tous les indicateurs, avec leur définition et leurs sources."),
    "values": _("Des indicateurs pour des territoires et des années : ce que montre l’explorateur."),
}
PARAMETERS = {
    "level": _("Niveau : commune, epci, departement, region, france, iris ou arrondissement."),
    "code": _("Code Insee, SIREN d’un EPCI, FR pour la France."),
    "langue": _("Langue des titres : fr ou en."),
    "niveau": _("Niveau : commune, epci, departement, region, france, iris ou arrondissement."),
    "q": _("Ce que contient le nom ou le code."),
    "dans": _("Où : un niveau et un code (departement:974), ou un nom."),
    "t": _("Un territoire de plus (commune:97411) ; le paramètre se répète."),
    "i": _("Identifiant d’indicateur ; le paramètre se répète, dix au plus."),
    "an": _("Année ; le paramètre se répète. Sans elle, la période que le plus de territoires ont."),
    "tri": _("Tri : nom, ou un indicateur et sa période (coverage_rate@2023)."),
    "sens": _("« croissant » pour aller du plus petit au plus grand."),
    "min": _("Valeur la plus basse gardée, dans la colonne du tri."),
    "max": _("Valeur la plus haute gardée, dans la colonne du tri."),
    "page": _("Page de mille territoires, à partir de 1."),
    "sur": _("Variable de la ressemblance ; le paramètre se répète."),
    "parmi": _("Où chercher : france, region ou departement."),
    "n": _("Combien de territoires, cinquante au plus."),
}
