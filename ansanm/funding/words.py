"""The engines of money in words: labels of the lines, formulas, cautions, statuses and refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from ansanm.engines.funding.errors import BadInput, FundingError, NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Amount, Line, Used
from ansanm.engines.funding.parameters import Parameter, Status, Value, Words
from ansanm.funding import creche_words
from ansanm.ui.formats import format_day, format_number, format_period, quoted

THIN = "\u202f"


def in_language(words: Words) -> str:
    return words["en" if get_language() == "en" else "fr"]


def named(key: str) -> str:
    """Return what a line or a variable of a formula is called."""
    return {
        "yearly_income": _("ressources annuelles"),
        "monthly_income": _("ressources mensuelles"),
        "taken_income": _("ressources retenues"),
        "floor": _("plancher"),
        "ceiling": _("plafond"),
        "rate": _("taux d’effort"),
        "children": _("enfants à charge"),
        "disabled_children": _("enfants avec AEEH"),
        "care": _("accueil"),
        "hourly": _("tarif horaire"),
        "floor_hourly": _("tarif au plancher"),
        "ceiling_hourly": _("tarif au plafond"),
        "hours_per_week": _("heures par semaine"),
        "weeks": _("semaines"),
        "closed_hours": _("heures de fermeture"),
        "months": _("mois de facturation"),
        "reserved_hours": _("heures réservées"),
        "monthly_hours": _("heures par mois"),
        "flat_month": _("forfait du mois"),
        "extra_hours": _("heures en plus"),
        "hospital_hours": _("heures d’hospitalisation"),
        "eviction_hours": _("heures d’éviction"),
        "sick_hours": _("heures de maladie, avec certificat"),
        "month": _("à payer pour le mois"),
        "occasional": _("accueil occasionnel"),
        "hours": _("heures"),
        **_money_names(),
        **creche_words.names(),
    }.get(key, key)


def _money_names() -> dict[str, str]:
    """What the lines of the PSU, of the bonuses and of the other services are called."""
    return {
        "billing_rate": _("taux de facturation"),
        "billed_hours": _("heures facturées"),
        "attended_hours": _("heures réalisées"),
        "cost_per_hour": _("prix de revient horaire"),
        "expenses": _("dépenses"),
        "ceiling_price": _("prix plafond"),
        "price": _("prix retenu"),
        "gross": _("part du prix prise en charge"),
        "share": _("part prise en charge"),
        "due": _("PSU avant régime général"),
        "participations": _("participations des familles"),
        "general_scheme": _("part du régime général"),
        "general_scheme_percent": _("taux du régime général"),
        "extra": _("heures de préparation et journées pédagogiques"),
        "psu": _("PSU de l’année"),
        "mean_participation": _("participation horaire moyenne"),
        "disabled_share": _("part d’enfants en situation de handicap"),
        "cost_per_place": _("coût par place"),
        "cap": _("montant plafond"),
        "per_place": _("montant par place"),
        "places": _("places"),
        "bonus": _("bonus de l’année"),
        "monthly_rise": _("hausse de salaire par mois"),
        "growth_percent": _("croissance des places depuis 2023"),
        "places_now": _("places aujourd’hui"),
        "places_2023": _("places en 2023"),
        "smoothed": _("montant lissé par unité"),
        "inherited": _("montants hérités"),
        "units": _("unités"),
        "per_unit": _("montant par unité"),
        "new_places": _("places nouvelles"),
        "employer_places": _("places d’employeurs"),
        "priority_places": _("places en quartier prioritaire ou zone rurale"),
        "alsh_hours": _("heures d’accueil de loisirs"),
        "wednesday_hours": _("heures du plan mercredi"),
        "inclusion_hours": _("heures d’enfants avec AEEH"),
        "kept_cost": _("coût retenu"),
        "ceiling_cost": _("coût plafond"),
        "share_of_cost": _("part du coût retenu"),
        "missions": _("bonus missions renforcées"),
        "meals": _("repas"),
        "snacks": _("collations"),
        "amount": _("montant par unité"),
        "most": _("montant plafond"),
        "cost": _("coût"),
        "groups": _("groupes"),
        "benefit": _("aide de l’année"),
        "psej": _("Psej versée à la collectivité"),
        "bonus_territory": _("bonus territoire versé au gestionnaire"),
        "subsidy_before": _("subvention de la collectivité, avant"),
        "subsidy_after": _("subvention de la collectivité, après"),
        "runner_change": _("écart pour le gestionnaire"),
        "months_open": _("mois d’ouverture dans l’année"),
        "new_units": _("unités nouvelles"),
        "kept_units": _("unités nouvelles retenues"),
        "growth_cap": _("part du développement retenue, au plus"),
        "yearly": _("montant d’une année entière"),
        "forecast_entitlement": _("droit prévisionnel"),
        "advance_share": _("part du droit prévisionnel"),
        "advance_room": _("reste possible sous le plafond des acomptes"),
        "advance": _("acompte"),
        "entitlement": _("droit de l’année"),
        "paid": _("déjà versé"),
        "balance": _("solde"),
    }


def cares() -> dict[str, str]:
    return {
        "collective": _("crèche collective"),
        "familial": _("crèche familiale"),
        "parental": _("crèche parentale"),
        "micro": _("micro-crèche financée par la PSU"),
    }


def note(key: str) -> str:
    return {
        "refused": _("Ressources non communiquées\u00a0: le plafond est retenu."),
        "floor": _("Les ressources sont sous le plancher\u00a0: le plancher est retenu."),
        "ceiling": _("Les ressources dépassent le plafond\u00a0: le plafond est retenu."),
        "uncapped": _("Le règlement de la structure applique le taux au-delà du plafond."),
        "aeeh": _("Chaque enfant qui ouvre droit à l’AEEH fait appliquer le taux de la ligne suivante."),
        "more_than_ten": _(
            "Au-delà de dix enfants, aucun taux publié n’a été lu\u00a0: celui de dix est appliqué."
        ),
        "cost_per_hour": _("Hypothèse\u00a0: les dépenses sont divisées par les heures facturées."),
        "paid_by_families": _("Les participations des familles couvrent déjà cette part."),
        "general_scheme_order": _("Hypothèse\u00a0: ce taux s’applique après déduction des participations."),
        "above_all_bounds": _("La participation moyenne dépasse tous les seuils\u00a0: pas de bonus."),
        "no_disabled_child": _("Aucun enfant en situation de handicap\u00a0: pas de bonus."),
        "inclusion_formula": _("Hypothèse\u00a0: aucune source lue ne donne cette formule."),
        "rise_too_low": _("La hausse de salaire est sous le minimum\u00a0: pas de bonus."),
        "growth_too_low": _("La croissance est sous le premier seuil\u00a0: pas de bonus."),
        "floor_applied": _("Le montant lissé est sous le plancher\u00a0: le plancher est retenu."),
        "priority_area": _("Quartier prioritaire ou zone rurale\u00a0: tranche la plus haute."),
        "up_to": _("Un maximum\u00a0: la commission de la Caf décide."),
        **creche_words.notes(),
        "city_keeps_its_effort": _(
            "Hypothèse\u00a0: la collectivité continue de payer, de son argent, ce qu’elle ajoutait à la "
            "Psej. C’est son choix, pas une règle\u202f: donnez la subvention prévue pour la remplacer."
        ),
        "psej_above_subsidy": _(
            "La collectivité recevait plus de Psej qu’elle ne versait de subvention\u00a0: elle perd la "
            "différence."
        ),
        "city_is_operator": _("La collectivité gère cette crèche\u00a0: elle reçoit elle-même le bonus."),
        "part_of_year": _(
            "Hypothèse\u00a0: une année incomplète compte au prorata des mois d’ouverture\u202f; aucune "
            "source lue ne le dit."
        ),
        "growth_capped": _(
            "Le développement dépasse la part prise en compte\u00a0: le reste n’est pas payé."
        ),
        "cap_on_equipment": _("Hypothèse\u00a0: la part du développement se compte sur chaque équipement."),
        "priority_area_unknown": _(
            "On ne sait pas si l’équipement est en quartier prioritaire ou en zone FRR\u00a0: il est compté "
            "dans les autres tranches."
        ),
        "to_give_back": _("Les versements dépassent le droit\u00a0: la différence est à rendre."),
        "notified": _("Montant notifié par la Caf dans la convention d’objectifs et de financement."),
    }[key]


def warning(key: str) -> str:
    return {
        "looks_yearly": _("Ce montant ressemble à des ressources annuelles\u00a0: il en faut un par mois."),
    }[key]


SURE = (Status.CONFIRMED, Status.DERIVED, Status.ENTERED)


def status(value: Status) -> str:
    return {
        Status.CONFIRMED: _("lu dans une source publiée"),
        Status.DERIVED: _("calculé par une règle"),
        Status.ENTERED: _("saisi par la Caf"),
        Status.UNCONFIRMED: _("à confirmer par la Caf"),
        Status.ASSUMED: _("hypothèse de cette simulation"),
        Status.TO_ENTER: _("inconnu\u00a0: à saisir par la Caf"),
    }[value]


def status_of(value: Value) -> str:
    """Return how sure a value is; of an entered one, by which Caf."""
    if not value.entered_by:
        return status(value.status)
    is_caf = value.entered_by.lower().startswith("caf")
    told = _("saisi par la %(caf)s") if is_caf else _("saisi par %(caf)s")
    return told % {"caf": value.entered_by}


STATUS_KINDS = {  # of ui/components/status.html
    Status.CONFIRMED: "done",
    Status.DERIVED: "information",
    Status.ENTERED: "information",
    Status.UNCONFIRMED: "attention",
    Status.ASSUMED: "attention",
    Status.TO_ENTER: "",
}


def unit(name: str) -> str:
    """Return what stands after an amount: « par heure »."""
    return {
        "eur_per_hour": pgettext("montant", "par heure"),
        "eur_per_month": pgettext("montant", "par mois"),
        "eur_per_year": pgettext("montant", "par an"),
        "eur_per_place": pgettext("montant", "par place"),
        "eur_per_fte": pgettext("montant", "par équivalent temps plein"),
    }.get(name, "")


def quantity(value: Decimal | int | str, of: str) -> str:
    """Return « 1,55 € », « 0,0516 % », « 150 heures »: every digit that was published, and no more."""
    if isinstance(value, str):
        return cares().get(value, value)
    if of.startswith("eur"):
        # A price per hour is carried on with four decimals: with two, the next line would look wrong.
        whole = of == "eur_per_hour" and _decimals(Decimal(value).normalize()) <= 2
        return format_number(value, "eur", decimals=2 if whole or of != "eur_per_hour" else 4)
    exact = Decimal(value)
    if of == "percent":
        return format_number(exact, "percent", decimals=_decimals(exact))
    plain = format_number(exact, decimals=0 if exact == exact.to_integral_value() else 2)
    counted = {
        "hours": ngettext("heure", "heures", _count(exact)),
        "days": ngettext("jour", "jours", _count(exact)),
        "years": ngettext("an", "ans", _count(exact)),
    }.get(of, "")
    return f"{plain} {counted}".strip()


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _count(value: Decimal) -> int:
    """French says « 1,5 heure »: what is under two is singular."""
    return 1 if 0 < value < (2 if get_language() != "en" else Decimal("1.0000001")) else 2


def parameter_value(parameter: Parameter, value: Value) -> str:
    if value.value is None:
        return ""
    if parameter.unit == "month_day":
        return format_day_of_year(str(value.value))
    text = quantity(value.value, parameter.unit)
    if parameter.unit == "eur_per_hour" and _decimals(value.number) > 2:
        text = format_number(value.number, "eur", decimals=_decimals(value.number))
    return f"{text} {unit(parameter.unit)}".strip()


def format_day_of_year(month_day: str) -> str:
    # A leap year: 29 February is a day of the year too.
    return format_day(date.fromisoformat(f"2024-{month_day}")).rsplit(" ", 1)[0]


NAME = re.compile(r"[a-z][a-z_0-9]{2,}")
FUNCTIONS = {"min", "max"}


def formula(line: Line) -> str:
    """Return « ressources retenues × taux d’effort ÷ 100 »."""
    return _signs(NAME.sub(lambda found: _function(found[0]) or named(found[0]), line.formula))


def calculation(line: Line, amount: Amount) -> str:
    """Return the formula with its numbers: « 3 000,00 € × 0,0516 ÷ 100 »; "" where there is none."""
    if not line.formula:
        return ""
    values = {one.key: (one.result, one.unit) for one in amount.lines if one is not line}
    values |= {key: (value, _unit_of(key)) for key, value in line.inputs.items()}

    def filled(found: re.Match[str]) -> str:
        name = found[0]
        if name not in values:
            return _function(name) or named(name)
        value, of = values[name]
        text = quantity(value, of)
        return text.replace(f"{THIN}%", "").replace("%", "") if of == "percent" else text

    return _signs(NAME.sub(filled, line.formula))


def _function(name: str) -> str:
    if name == "min":
        return _("le plus petit de ")
    if name == "max":
        return _("le plus grand de ")
    return ""


def _signs(text: str) -> str:
    return text.replace(" / ", " ÷ ").replace(", ", f"{THIN}; " if get_language() != "en" else "; ")


EUROS = {
    "floor", "ceiling", "yearly_income", "taken_income", "expenses", "participations", "inherited", "cap",
    "ceiling_cost", "amount", "most", "cost", "psej", "subsidy_before", "subsidy_after", "bonus_territory",
}  # fmt: skip


def _unit_of(key: str) -> str:
    """Return the unit of an input of a formula."""
    if key in ("hours", "hours_per_week", "closed_hours"):
        return "hours"
    if key in ("rate", "share", "general_scheme_percent") or key in creche_words.PERCENTS:
        return "percent"
    return "eur" if key in EUROS or key in creche_words.EUROS else "number"


def rounding(line: Line) -> str:
    if line.rounding == "shown":
        return _("montré au centième, gardé entier pour la suite")
    if line.rounding == "half_up 0.0001":
        return _("arrondi au centième de centime")
    if line.rounding.startswith("half_up"):
        return _("arrondi au centime, un demi-centime vers le haut")
    if line.rounding.startswith("half_even"):
        return _("arrondi au centime, un demi-centime vers le centime pair")
    return ""


def since(value: Value) -> str:
    return _("depuis le %(day)s") % {"day": format_day(value.valid_from)}


def described(amount: Amount, titles: Mapping[str, Parameter]) -> list[dict]:
    """Return the lines of an amount in the language of the page."""
    return [
        {
            "key": line.key,
            "label": named(line.key),
            "result": quantity(line.result, line.unit),
            "unit": unit(line.unit),
            "formula": formula(line),
            "calculation": calculation(line, amount),
            "rounding": rounding(line),
            "notes": [note(one) for one in line.notes],
            "parameters": [_described_use(one, titles[one.id]) for one in line.used if one.decides],
        }
        for line in amount.lines
    ]


def _described_use(used: Used, parameter: Parameter) -> dict:
    value = used.value
    return {
        "id": used.id,
        "title": in_language(parameter.title),
        "value": parameter_value(parameter, value),
        "since": since(value),
        "status": value.status,
        "status_words": status_of(value),
        "status_kind": STATUS_KINDS[value.status],
        "source": value.source,
        "read_on": format_period(value.source.read_on) if value.source else "",
        "rule": in_language(value.rule) if value.rule else "",
        "note": in_language(value.note) if value.note else "",
    }


def as_data(amount: Amount, titles: Mapping[str, Parameter]) -> list[dict]:
    """Return the lines for a programme: exact numbers as text, words beside."""
    return [
        {
            "key": line.key,
            "label": named(line.key),
            "result": str(line.result),
            "unit": line.unit,
            "formula": line.formula,
            "inputs": {key: str(value) for key, value in line.inputs.items()},
            "rounding": line.rounding,
            "notes": [{"key": one, "text": note(one)} for one in line.notes],
            "parameters": [
                {
                    "id": one.id,
                    "title": in_language(titles[one.id].title),
                    "value": str(one.value.value),
                    "valid_from": one.value.valid_from.isoformat(),
                    "status": one.value.status.value,
                    "decides": one.decides,
                    "source": {
                        "title": one.value.source.title,
                        "url": one.value.source.url,
                        "read_on": one.value.source.read_on,
                    }
                    if one.value.source
                    else None,
                }
                for one in line.used
            ],
        }
        for line in amount.lines
    ]


def field(name: str) -> str:
    """Return the words of a field; « psej_eur (Les Filaos) » is that of one row."""
    if match := re.fullmatch(r"(\w+) \((.*)\)", name):
        return f"{field(match[1])} ({match[2]})"
    return {
        "monthly_income": _("Ressources mensuelles"),
        "yearly_income": _("Ressources annuelles"),
        "children": _("Enfants à charge"),
        "disabled_children": _("Enfants avec AEEH"),
        "care": _("Mode d’accueil"),
        "hours_per_week": _("Heures par semaine"),
        "weeks": _("Semaines"),
        "months": _("Mois de facturation"),
        "closed_hours": _("Heures de fermeture"),
        "hours": _("Heures"),
        "billed_hours": _("Heures facturées"),
        "attended_hours": _("Heures réalisées"),
        "extra_hours": _("Heures de préparation"),
        "open_hours": _("Heures d’ouverture"),
        "places": _("Places"),
        **creche_words.fields(),
        "expenses_eur": _("Dépenses"),
        "participations_eur": _("Participations des familles"),
        "general_scheme_percent": _("Taux du régime général"),
        "deducted_hours": _("Heures déduites"),
        "name": _("Nom"),
        "operator": _("Gestionnaire"),
        "city": _("Collectivité"),
        "year": _("Année"),
        "psej_eur": _("Psej, avant"),
        "subsidy_eur": _("Subvention de la collectivité, avant"),
        "bonus_eur": _("Bonus territoire, après"),
        "subsidy_after_eur": _("Subvention de la collectivité, après"),
        "psu_eur": _("PSU"),
        "families_eur": _("Participations des familles"),
        "calendar": _("Calendrier"),
        "equipment": _("Équipements"),
        "units": _("Unités existantes"),
        "new_units": _("Unités nouvelles"),
        "inherited_eur": _("Montant hérité"),
        "opens": _("Ouverture"),
        "closes": _("Fermeture"),
    }.get(name, name)


def refusal(error: FundingError) -> str:
    """Return why there is no amount, with what was given and what to do."""
    if isinstance(error, NeededFromCaf):
        return _(
            "Il manque une valeur au %(day)s\u00a0: %(title)s. Nous ne la connaissons pas\u202f; elle est "
            "publiée par %(publisher)s."
        ) % {
            "day": format_day(error.on),
            "title": quoted(in_language(error.parameter.title)),
            "publisher": in_language(error.publisher) if error.publisher else "–",
        }
    if isinstance(error, NoParameter):
        return _("Aucune valeur connue au %(day)s\u00a0: %(title)s commence le %(first)s.") % {
            "day": format_day(error.on),
            "title": quoted(in_language(error.parameter.title)),
            "first": format_day(error.first),
        }
    assert isinstance(error, BadInput)
    return _("%(field)s\u00a0: %(problem)s") % {"field": field(error.field), "problem": problem(error)}


def problem(error: BadInput) -> str:
    """Return what is wrong with a field, without its name."""
    words = {
        "negative": _("un nombre négatif n’a pas de sens ici (%(given)s)."),
        "not_a_number": _("ce n’est pas un nombre (%(given)s)."),
        **creche_words.problems(),
        "ambiguous": _("«\u202f%(given)s\u202f» se lit de deux façons\u00a0: écrivez 3000 ou 3,00."),
        "empty": _("il manque un nombre."),
        "too_large": _("%(given)s est trop grand."),
        "unknown_unit": _("«\u202f%(given)s\u202f» porte une unité de trop\u00a0: écrivez le nombre seul."),
        "out_of_range": _("%(given)s n’est pas possible (%(limit)s)."),
        "too_high": _("%(given)s dépasse ce qui est possible (%(limit)s)."),
        "twice": _("donnez les ressources par mois ou par an, pas les deux."),
        "micro_before_2019": _(
            "avant le 1er septembre 2019, les micro-crèches avaient un autre barème que nous n’avons pas lu."
        ),
        "zero": _("il faut plus que zéro."),
        "below_attended": _("%(given)s, soit moins que les heures réalisées (%(limit)s)."),
        "over_authorised": _("%(given)s places, pour %(limit)s autorisées."),
        "missing": _("il manque ce texte."),
        "closed_before": _("la fermeture (%(given)s) précède l’ouverture."),
        "same_creche_twice": _("%(given)s y est deux fois."),
        "below_a_cent": _("%(given)s compte moins d’un centime."),
        "own_creche": _("la collectivité gère cette crèche\u00a0: elle ne se verse pas de subvention."),
        "no_calendar": _(
            "«\u202f%(given)s\u202f» ne se lit pas\u00a0: écrivez «\u202f35\u202f%% en mars\u202f»."
        ),
        "no_month": _("«\u202f%(given)s\u202f» n’est pas un mois."),
        "months_out_of_order": _("les mois se suivent, sans se répéter, sur deux ans au plus (%(given)s)."),
        "not_hundred": _("le total des parts fait %(given)s\u202f%%, et non 100\u202f%%."),
        "cents": _("%(given)s a plus de deux décimales\u00a0: écrivez des euros et des centimes."),
        "more_than_reserved": _("il y a plus d’heures déduites que d’heures réservées (%(given)s)."),
    }[error.reason]
    return words % {"given": error.given, "limit": error.limit}
