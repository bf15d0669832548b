"""The keys that sources write in their reports and beside figures, in words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

REJECTED = {
    "uninhabited": _("terre inhabitée d’outre-mer, sans population publiée"),
    "unknown_commune": _("commune inconnue de la géographie de 2026"),
    "bad_iris_code": _("code IRIS mal formé"),
    "negative": _("effectif négatif"),
    "empty_cell": _("case vide dont la source ne dit pas la raison"),
    "old_outline": _("contour plus ancien qu’une séparation de communes"),
    "empty_outline": _("contour vide"),
    "not_located": _("code sans lieu (XX, 999…) : le producteur n’a pas su le placer"),
    "bad_code": _("code mal formé"),
    "bad_number": _("nombre illisible ou impossible"),
    "bad_period": _("période illisible"),
    "wrong_number_of_cells": _("nombre de colonnes différent de l’en-tête"),
    "duplicate": _("ligne en double"),
    "conflicting": _("plusieurs valeurs différentes pour le même territoire et la même période"),
    "unknown_band": _("modalité inconnue"),
    "unknown_qpv": _("quartier prioritaire inconnu dans cette commune"),
    "unknown_epci": _("intercommunalité inconnue de la géographie de 2026"),
    "unknown_departement": _("département inconnu"),
    "unknown_region": _("région inconnue"),
    "over_its_maximum": _("taux au-dessus de 100"),
    "outline_unreadable": _("contour illisible : points manquants, ou qui ne sont pas des nombres"),
    "outline_empty": _("contour vide"),
    "outline_not_a_surface": _("ce n’est pas une surface"),
    "outline_not_a_number": _("coordonnée qui n’est pas un nombre"),
    "outline_projected": _("autre projection que longitude et latitude"),
    "outline_swapped": _("longitude et latitude échangées"),
    "outline_near_europe": _("territoire d’outre-mer dessiné près de l’Europe"),
    "outline_elsewhere": _("contour loin de son territoire"),
    "outline_too_small": _("contour de moins de cent mètres carrés"),
}
NOTES = {
    "merged_communes": ngettext_lazy(
        "%(n)s commune ajoutée à celle qu’elle a rejointe",
        "%(n)s communes ajoutées à celle qu’elles ont rejointe",
        "n",
    ),
    "merged_iris": ngettext_lazy(
        "%(n)s IRIS rattaché à la commune de 2026", "%(n)s IRIS rattachés à la commune de 2026", "n"
    ),
    "conserved_total": ngettext_lazy(
        "total conservé : %(n)s habitant dans les deux géographies",
        "total conservé : %(n)s habitants dans les deux géographies",
        "n",
    ),
    "restored_zero": ngettext_lazy(
        "%(n)s code a retrouvé son zéro", "%(n)s codes ont retrouvé leur zéro", "n"
    ),
    "other_months": ngettext_lazy(
        "%(n)s ligne d’un autre mois que décembre, laissée",
        "%(n)s lignes d’un autre mois que décembre, laissées",
        "n",
    ),
    "superseded": ngettext_lazy(
        "%(n)s ligne d’une année que le producteur a révisée ailleurs, laissée",
        "%(n)s lignes d’une année que le producteur a révisée ailleurs, laissées",
        "n",
    ),
    "over_100": ngettext_lazy(
        "%(n)s taux au-dessus de 100, gardé : il peut l’être",
        "%(n)s taux au-dessus de 100, gardés : ils peuvent l’être",
        "n",
    ),
}
QUALITIES = {
    "rp_estimate": _("estimation du recensement, décimales chez le producteur"),
    "rounded_5": _("arrondi à 5 par le producteur"),
    "approx": _("approché : carreaux partagés entre communes selon leur surface"),
    "approx_equal_shares": _("approché : carreaux partagés également entre leurs communes"),
    "sum_of_bands": _("somme de tranches d’âge"),
    "press": _("fait cité par la presse"),
    "filosofi_renewed": _("méthode rénovée en 2023, non comparable aux années précédentes"),
    "under_10000_inhabitants": _("non publié pour une commune de 10 000 habitants ou moins"),
    "qpv_2015": _("quartiers de 2015, année de la population non précisée"),
    "without_mayotte": _("sans Mayotte"),
    "mayotte_census_2017": _("à Mayotte, recensement de 2017"),
    "other_census_year": _("collectivité d’outre-mer : recensement d’une autre année"),
    "zone_members": _("somme des IRIS ou communes qui recouvrent au mieux la zone"),
    "merged_rate": _("communes réunies depuis : un taux ne s’additionne pas"),
    "low_quotient": _("somme des tranches de quotient familial sous 800 €, approche des bas revenus"),
    "separated_since": _("communes séparées depuis : le chiffre ancien les couvre ensemble"),
}
LICENCES = {
    "LO2": _("Licence Ouverte 2.0"),
    "fait cité": _("fait cité, avec sa source"),
}


def rejected(report: dict) -> list[tuple[int, str]]:
    """Return (how many, why) of what an ingest rejected."""
    return [(n, REJECTED.get(key, key)) for key, n in report.get("rejected", {}).items()]


def rejected_with_examples(report: dict) -> list[tuple[int, str, list[str]]]:
    """Return (how many, why, the first lines as they stand in the file)."""
    examples = report.get("examples", {})
    return [
        (n, REJECTED.get(key, key), examples.get(key, [])) for key, n in report.get("rejected", {}).items()
    ]


def notes(report: dict) -> list[str]:
    return [NOTES[key] % {"n": n} for key, n in report.get("notes", {}).items() if key in NOTES]
