"""What each field of an indicator holds: the headers of sheets, their help, and docs/diagnosis-schema.md."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Field:
    title: str | Promise
    help: str | Promise


INDICATOR_FIELDS = {
    "id": Field(_("Identifiant"), _("Nom stable de l’indicateur, le même d’une version à l’autre.")),
    "theme": Field(_("Chapitre"), _("Chapitre du diagnostic.")),
    "title": Field(_("Indicateur"), _("Titre en langue courante.")),
    "explanation": Field(_("Explication"), _("Ce que l’indicateur dit et ce qu’il ne dit pas.")),
    "value": Field(
        _("Valeur"),
        _("Le nombre, sans arrondi de notre part. Vide si le statut n’est pas « publié » : jamais zéro."),
    ),
    "unit": Field(_("Unité"), _("Ce que le nombre compte, ou son unité.")),
    "period": Field(_("Période"), _("Année, mois (2024-12) ou jour de l’observation.")),
    "status": Field(
        _("Statut"),
        _(
            "Publié ; secret statistique (le producteur ou nos règles le taisent) ; donnée absente "
            "(personne ne nous l’a donnée) ; sans objet (la question ne se pose pas ici)."
        ),
    ),
    "origin": Field(
        _("Origine"),
        _(
            "Publié par le producteur, calculé par Ansanm à partir de ses données, "
            "ou déclaré par une personne."
        ),
    ),
    "source": Field(_("Source"), _("Jeu de données d’où vient le nombre.")),
    "vintage": Field(_("Millésime"), _("Édition du jeu de données.")),
    "sources": Field(_("Sources"), _("Tous les jeux de données, quand il y en a plusieurs.")),
    "quality": Field(
        pgettext_lazy("donnée", "Qualité"), _("Remarque du producteur ou de l’import, s’il y en a une.")
    ),
    "numerator": Field(_("Numérateur"), _("Ce qui est compté, pour un rapport.")),
    "denominator": Field(_("Dénominateur"), _("À quoi il est rapporté.")),
    "denominator_period": Field(
        _("Période du dénominateur"), _("Elle peut différer de celle du numérateur.")
    ),
    "comparisons": Field(_("Comparaisons"), _("Les mêmes champs pour chaque territoire de comparaison.")),
    "rank": Field(_("Rang"), _("Place parmi les territoires pairs, 1 pour la valeur la plus haute.")),
    "series": Field(_("Séries"), _("Toutes les périodes connues, de la plus ancienne à la plus récente.")),
    "comparable_with_previous": Field(
        _("Comparable à la période d’avant"), _("Non quand la méthode a changé entre les deux.")
    ),
    "breaks": Field(_("Ruptures"), _("Périodes entre lesquelles la méthode change.")),
    "warnings": Field(_("À lire avec prudence"), _("Raisons de ne pas lire le nombre trop vite.")),
    "declared": Field(_("Chiffres déclarés"), _("Chiffres donnés par une personne, avec leur source.")),
    "parts": Field(_("Composantes"), _("Ce dont l’indicateur est fait.")),
    "absence": Field(_("Donnée absente"), _("Qui la détient, et comment l’apporter.")),
    "polarity": Field(
        _("Sens"), _("1 : plus est mieux pour les familles ; -1 : moins est mieux ; 0 : ni l’un ni l’autre.")
    ),
    "decimals": Field(_("Décimales"), _("Nombre de décimales montrées à l’écran.")),
}
