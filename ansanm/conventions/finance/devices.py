"""What a manager declares for each device, and what it gives right to, component by component."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.finance.explained import kept, kept_missing
from ansanm.conventions.models import Device, Equipment, FundingAgreement
from ansanm.engines.funding import advances, bonuses, psu, services
from ansanm.engines.funding.errors import BadInput, NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Amount
from ansanm.engines.funding.parameters import Parameters

HOURS_IN_A_YEAR = 24 * 366


@dataclass(frozen=True)
class Field:
    name: str
    label: Promise
    unit: str  # eur, hours, number, whole, choice, yes_no
    is_required: bool = True
    help: Promise | str = ""
    most: int = 10**9


SERVICES = (
    (psu.Service.BOTH, _("repas et couches fournis")),
    (psu.Service.ONE, _("l’un des deux")),
    (psu.Service.NONE, _("ni repas ni couches")),
)
EXPENSES = Field("expenses_eur", _("Dépenses de l’année"), "eur", help=_("Charges retenues par la Caf."))
RESOURCES = (
    Field("city_grant_eur", _("Subvention de la collectivité"), "eur", False, _("Vide\u00a0: non connue.")),
    Field("other_income_eur", _("Autres recettes"), "eur", False, _("Vide\u00a0: non connues.")),
)
PARTICIPATIONS = Field("participations_eur", _("Participations des familles"), "eur", False)
OPEN_HOURS = Field(
    "open_hours",
    _("Heures d’ouverture dans l’année"),
    "hours",
    help=_("Jours d’ouverture × amplitude d’une journée."),
    most=HOURS_IN_A_YEAR,
)
FIELDS: Mapping[str, tuple[Field, ...]] = {
    Device.EAJE: (
        Field("service", _("Repas et couches"), "choice"),
        Field("places", _("Places ouvertes"), "whole", most=1000),
        Field("open_days", _("Jours d’ouverture dans l’année"), "whole", False, most=366),
        OPEN_HOURS,
        Field("attended_hours", _("Heures réalisées"), "hours", help=_("Présence réelle des enfants.")),
        Field("billed_hours", _("Heures facturées"), "hours", help=_("Celles des contrats, aux familles.")),
        Field("extra_hours", _("Heures de préparation et journées pédagogiques"), "hours", False),
        EXPENSES,
        Field("participations_eur", _("Participations des familles"), "eur"),
        Field("children", _("Enfants inscrits"), "whole", False, _("Pour le bonus inclusion."), 100_000),
        Field("disabled_children", _("dont en situation de handicap"), "whole", False, most=100_000),
        Field(
            "monthly_rise_eur",
            _("Hausse de salaire par mois"),
            "eur",
            False,
            _("Pour le bonus attractivité\u00a0: délibération ou accord de branche."),
        ),
        *RESOURCES,
    ),
    Device.ALSH: (
        Field("hours", _("Heures d’accueil"), "hours", most=10_000_000),
        Field("wednesday_hours", _("dont plan mercredi"), "hours", False, most=10_000_000),
        Field("inclusion_hours", _("dont enfants avec AEEH"), "hours", False, most=10_000_000),
        EXPENSES,
        PARTICIPATIONS,
        *RESOURCES,
    ),
    Device.LAEP: (OPEN_HOURS, EXPENSES, *RESOURCES),
    Device.RPE: (
        Field("full_time_posts", _("Équivalents temps plein d’animation"), "number", most=100),
        Field("has_missions", _("Missions renforcées"), "yes_no", False),
        EXPENSES,
        *RESOURCES,
    ),
    Device.LUDOTHEQUE: (OPEN_HOURS, EXPENSES, PARTICIPATIONS, *RESOURCES),
    Device.CENTRE_SOCIAL: (
        EXPENSES,
        Field("families_expenses_eur", _("dont animation collective familles"), "eur"),
        PARTICIPATIONS,
        *RESOURCES,
    ),
    Device.EVS: (EXPENSES, PARTICIPATIONS, *RESOURCES),
    Device.CLAS: (Field("groups", _("Groupes d’enfants"), "whole", most=1000), EXPENSES, *RESOURCES),
    Device.PARS: (
        Field("meals", _("Repas servis"), "whole", most=10**8),
        Field("snacks", _("Collations servies"), "whole", False, most=10**8),
        EXPENSES,
        PARTICIPATIONS,
        *RESOURCES,
    ),
    Device.COOPERATION: (
        Field("full_time_posts", _("Équivalents temps plein"), "number", most=100),
        EXPENSES,
        *RESOURCES,
    ),
}
# The device that a kind of equipment usually has: offered first, never imposed.
USUAL = {
    Equipment.Kind.CRECHE: Device.EAJE,
    Equipment.Kind.MICRO_CRECHE: Device.EAJE,
    Equipment.Kind.FAMILY_CRECHE: Device.EAJE,
    Equipment.Kind.PARENTAL_CRECHE: Device.EAJE,
    Equipment.Kind.RPE: Device.RPE,
    Equipment.Kind.LAEP: Device.LAEP,
    Equipment.Kind.ALSH: Device.ALSH,
    Equipment.Kind.LUDOTHEQUE: Device.LUDOTHEQUE,
    Equipment.Kind.CENTRE_SOCIAL: Device.CENTRE_SOCIAL,
    Equipment.Kind.EVS: Device.EVS,
    Equipment.Kind.COOPERATION: Device.COOPERATION,
}
COMPONENTS = {
    "psu": _("PSU"),
    "social_mix": _("Bonus mixité sociale"),
    "inclusion": _("Bonus inclusion handicap"),
    "attractiveness": _("Bonus attractivité"),
    "growth": _("Bonus trajectoire de développement"),
    "territory": _("Bonus territoire, offre existante"),
    "territory_new": _("Bonus territoire, places nouvelles"),
    "service": _("Prestation de service"),
}
Values = Mapping[str, object]


def typed(device: str, content: Mapping[str, object]) -> dict:
    """The content of a declaration as numbers; what is not given is None."""
    found: dict[str, object] = {}
    for field in FIELDS[device]:
        text = content.get(field.name)
        if field.unit in ("choice", "yes_no"):
            found[field.name] = text or ""
        elif text in (None, ""):
            found[field.name] = None
        else:
            found[field.name] = int(str(text)) if field.unit == "whole" else Decimal(str(text))
    return found


def component(key: str, make: Callable[[], Amount]) -> dict:
    """One component as it is kept: its amount, or which value nobody has given us."""
    try:
        return {"key": key, "amount": kept(make())}
    except (NeededFromCaf, NoParameter) as error:
        return {"key": key, "missing": kept_missing(error)}


def compute(agreement: FundingAgreement, content: Mapping[str, object], parameters: Parameters) -> list[dict]:
    """What the content gives right to, each component with its lines.

    Raises BadInput on the field that cannot be; a value that only the Caf knows leaves its component
    without an amount, since the figures declared are true all the same.
    """
    values = typed(agreement.device, content)
    if unknown := content.keys() - values.keys():
        raise TypeError(f"Not declared for {agreement.device}: {', '.join(sorted(unknown))}.")
    for field in FIELDS[agreement.device]:
        given = values[field.name]
        if field.is_required and given in (None, ""):
            raise BadInput(field.name, "empty")
        if given is None or isinstance(given, str):
            continue
        if given < 0:
            raise BadInput(field.name, "negative", given)
        if given > field.most:
            raise BadInput(field.name, "too_high", given, field.most)
    found = (
        creche(agreement, values, parameters)
        if agreement.device == Device.EAJE
        else [component("service", lambda: service(agreement.device, agreement.year, values, parameters))]
    )
    units, per_unit = agreement.territory_units, agreement.territory_per_unit_eur
    if units is not None and per_unit is not None:
        found.append(component("territory", lambda: advances.notified(per_unit_eur=per_unit, units=units)))
    return found


def creche(agreement: FundingAgreement, values: Values, parameters: Parameters) -> list[dict]:
    year, places = agreement.year, values["places"]
    first, last = date(year, 1, 1), date(year, 12, 31)
    declared = psu.Declaration(
        year=year,
        service=psu.Service(values["service"]),
        expenses_eur=values["expenses_eur"],
        billed_hours=values["billed_hours"],
        attended_hours=values["attended_hours"],
        participations_eur=values["participations_eur"],
        places=places,
        # Where the Caf has not told how many, the declaration itself cannot pass the number.
        authorised_places=places if agreement.authorised_places is None else agreement.authorised_places,
        open_hours=values["open_hours"] or Decimal(0),
        extra_hours=values["extra_hours"] or Decimal(0),
        general_scheme_percent=agreement.general_scheme_percent,
    )
    psu.check(declared)
    found = [
        component("psu", lambda: psu.psu(declared, parameters).amount),
        component(
            "social_mix",
            lambda: bonuses.social_mix(
                on=first,
                places=places,
                participations_eur=declared.participations_eur,
                billed_hours=declared.billed_hours,
                parameters=parameters,
            ),
        ),
    ]
    if values["children"] is not None:
        found.append(
            component(
                "inclusion",
                lambda: bonuses.inclusion(
                    on=first,
                    places=places,
                    children=values["children"],
                    disabled_children=values["disabled_children"] or 0,
                    expenses_eur=declared.expenses_eur,
                    parameters=parameters,
                ),
            )
        )
    elif values["disabled_children"]:
        raise BadInput("children", "empty")
    rise = values["monthly_rise_eur"]
    if rise is not None and agreement.employer:
        found.append(
            component(
                "attractiveness",
                lambda: bonuses.attractiveness(
                    on=first,
                    places=places,
                    employer=bonuses.Employer(agreement.employer),
                    monthly_rise_eur=rise,
                    parameters=parameters,
                ),
            )
        )
    if agreement.places_2023 and agreement.places_now is not None:
        found.append(
            component(
                "growth",
                # It began in the course of a year, and pays for that year: asked at its end.
                lambda: bonuses.growth(
                    on=last,
                    places=places,
                    places_2023=agreement.places_2023,
                    places_now=agreement.places_now,
                    parameters=parameters,
                ),
            )
        )
    if agreement.new_places:
        found.append(
            component(
                "territory_new",
                lambda: bonuses.new_places(
                    on=first,
                    places=agreement.new_places,
                    is_priority_area=bool(agreement.is_priority_area),
                    parameters=parameters,
                ),
            )
        )
    return found


def service(device: str, year: int, values: Values, parameters: Parameters) -> Amount:
    on = date(year, 1, 1)
    expenses = values["expenses_eur"]
    match device:
        case Device.ALSH:
            return services.leisure_centre(
                on=on,
                hours=values["hours"],
                wednesday_hours=values["wednesday_hours"] or Decimal(0),
                inclusion_hours=values["inclusion_hours"] or Decimal(0),
                parameters=parameters,
            )
        case Device.LAEP:
            return services.drop_in(
                on=on, expenses_eur=expenses, open_hours=values["open_hours"], parameters=parameters
            )
        case Device.RPE:
            return services.hub(
                on=on,
                expenses_eur=expenses,
                full_time_posts=values["full_time_posts"],
                has_missions=values["has_missions"] == "yes",
                parameters=parameters,
            )
        case Device.CENTRE_SOCIAL:
            if values["families_expenses_eur"] > expenses:
                raise BadInput("families_expenses_eur", "too_high", values["families_expenses_eur"], expenses)
            return services.community_centre(
                on=on,
                expenses_eur=expenses,
                families_expenses_eur=values["families_expenses_eur"],
                parameters=parameters,
            )
        case Device.EVS:
            return services.social_space(on=on, expenses_eur=expenses, parameters=parameters)
        case Device.CLAS:
            return services.homework_support(
                on=on, expenses_eur=expenses, groups=values["groups"], parameters=parameters
            )
        case Device.PARS:
            return services.canteen(
                on=on, meals=values["meals"], snacks=values["snacks"] or 0, parameters=parameters
            )
        case Device.LUDOTHEQUE:
            name, units = "bonus_territory.ludotheque_hour", values["open_hours"]
        case _:
            name, units = "bonus_territory.cooperation_fte", values["full_time_posts"]
    return services.per_unit(on=on, parameter=name, units=units, parameters=parameters)


def total_cents(computed: list[dict]) -> int | None:
    """The sum of the components, None as long as one of them is not known."""
    if any("missing" in one for one in computed):
        return None
    return sum(round(Decimal(one["amount"]["eur"]) * 100) for one in computed)


def label_of(key: str) -> str:
    return str(COMPONENTS[key])
