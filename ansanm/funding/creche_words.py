"""The crèche of the simulators in words: its lines, its sums, its fields and its cautions."""

from django.utils.translation import gettext as _

from ansanm.engines.funding.creche import Bonus


def names() -> dict[str, str]:
    """What the lines and the variables of their formulas are called."""
    return {
        "wages": _("salaires et charges"),
        "rent": _("loyer et locaux"),
        "meals_cost": _("repas"),
        "nappies_cost": _("couches"),
        "other_costs": _("autres dépenses"),
        "yearly_cost": _("montant d’une année pleine"),
        "price_index": _("indice des prix"),
        "open_months": _("mois d’ouverture"),
        "filling": _("remplissage"),
        "expenses_total": _("dépenses de l’année"),
        "sum_of_tariffs": _("somme des tarifs horaires"),
        "existing_bonus": _("bonus territoire des places existantes"),
        "by_month": _("bonus compté par mois d’ouverture"),
        "remainder": _("reste à financer"),
        "city": _("part de la collectivité"),
        "operator": _("reste à charge du gestionnaire"),
        "yearly_subsidy": _("subvention d’une année"),
        **bonuses(),
    }


def bonuses() -> dict[str, str]:
    return {
        Bonus.SOCIAL_MIX.value: _("bonus mixité sociale"),
        Bonus.INCLUSION.value: _("bonus inclusion handicap"),
        Bonus.ATTRACTIVENESS.value: _("bonus attractivité"),
        Bonus.GROWTH.value: _("bonus trajectoire de développement"),
        Bonus.TERRITORY.value: _("bonus territoire CTG"),
    }


def sums() -> dict[str, str]:
    """What the rows of a budget are called, in its order."""
    return {
        "expenses": _("Dépenses"),
        "participations": _("Participations des familles"),
        "psu": _("PSU"),
        **{key: words[:1].upper() + words[1:] for key, words in bonuses().items()},
        "remainder": _("Reste à financer"),
        "city": _("Part de la collectivité"),
        "operator": _("Reste à charge du gestionnaire"),
    }


EUROS = {"yearly_cost", "sum_of_tariffs", "yearly_subsidy"}
PERCENTS = {"price_index", "filling"}


def notes() -> dict[str, str]:
    return {
        "incomes_by_group": _(
            "Hypothèse\u00a0: dix groupes de familles de même taille, au revenu du milieu de chacun, qui "
            "viennent autant d’heures les uns que les autres."
        ),
        "typed_mean": _("Participation moyenne donnée dans le formulaire."),
        "by_month": _("Hypothèse\u00a0: la première année, le bonus est compté par mois d’ouverture."),
        "surplus": _("Les recettes dépassent les dépenses\u00a0: un excédent, et non un reste."),
        "run_by_city": _("La collectivité gère la crèche\u00a0: tout le reste est à elle."),
    }


def warnings() -> dict[str, str]:
    return {
        "over_capacity": _(
            "Plus d’heures réalisées que les places n’en offrent\u00a0: possible en accueil partagé, à "
            "vérifier."
        ),
        "low_occupancy": _("Moins d’une heure offerte sur deux est occupée\u00a0: à vérifier."),
        "high_billing": _(
            "Les heures facturées dépassent de plus de 20\u202f% les heures réalisées\u00a0: le prix plafond "
            "est au plus bas. Les contrats sont-ils au plus près des besoins des familles\u202f?"
        ),
        "cheap_place": _(
            "Moins de 6\u202f000\u202f€ par place et par an\u00a0: il manque sans doute une dépense (en "
            "moyenne 16\u202f000\u202f€ en France vers 2020)."
        ),
        "dear_place": _(
            "Plus de 40\u202f000\u202f€ par place et par an\u00a0: un montant est sans doute trop grand (en "
            "moyenne 16\u202f000\u202f€ en France vers 2020)."
        ),
        "long_day": _("Plus de quatorze heures d’ouverture par jour\u00a0: à vérifier."),
        "looks_yearly": _("Ces revenus ressemblent à des revenus annuels\u00a0: il les faut par mois."),
        "mean_too_high": _(
            "La participation moyenne dépasse le tarif le plus haut du barème\u00a0: elle est par heure, en "
            "euros."
        ),
    }


def fields() -> dict[str, str]:
    return {
        "opens_on": _("Date d’ouverture"),
        "hours_per_day": _("Heures d’ouverture par jour"),
        "days_per_year": _("Jours d’ouverture par an"),
        "wages_eur": _("Salaires et charges"),
        "rent_eur": _("Loyer et locaux"),
        "other_eur": _("Autres dépenses"),
        "meals_eur": _("Repas"),
        "nappies_eur": _("Couches"),
        "subsidy_eur": _("Subvention de la collectivité"),
        "existing_bonus_eur": _("Bonus territoire déjà reçu"),
        "monthly_rise_eur": _("Hausse de salaire par mois"),
        "new_places": _("Places nouvelles"),
        "filling_percent": _("Remplissage"),
        "mean_participation": _("Participation moyenne des familles"),
        "family_children": _("Enfants à charge"),
        "low_eur": _("Revenus des familles les plus modestes"),
        "median_eur": _("Revenu médian"),
        "high_eur": _("Revenus des familles les plus aisées"),
        "wage_growth_percent": _("Hausse des salaires par an"),
        "cost_growth_percent": _("Hausse des autres dépenses par an"),
        "territory_places_2023": _("Places du territoire en 2023"),
        "territory_places_now": _("Places du territoire aujourd’hui"),
    }


def problems() -> dict[str, str]:
    return {
        "out_of_order": _("les revenus modestes, médians et aisés ne sont pas dans cet ordre (%(given)s).")
    }
