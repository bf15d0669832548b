"""The circuits of the crèches of a convention, from what was typed about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.finance import sheets
from ansanm.conventions.finance.sheet_forms import CrecheForm, main_city
from ansanm.conventions.models import Equipment, FundingSheet
from ansanm.engines.funding import circuit
from ansanm.engines.funding.circuit import Creche, Device
from ansanm.engines.funding.errors import FundingError
from ansanm.engines.funding.parameters import Parameters, assumed
from ansanm.funding import calendars, words
from ansanm.funding.circuit import Shown, device_words

CRECHES = (
    Equipment.Kind.CRECHE,
    Equipment.Kind.MICRO_CRECHE,
    Equipment.Kind.FAMILY_CRECHE,
    Equipment.Kind.PARENTAL_CRECHE,
)
FROM_CAF = (Device.PSU, Device.PSEJ, Device.BONUS)

SPEC = sheets.Spec(
    FundingSheet.Kind.CIRCUIT,
    gettext_lazy("Circuit court"),
    {
        "name": gettext_lazy("Crèche"),
        "operator": gettext_lazy("Gestionnaire"),
        "city": gettext_lazy("Collectivité"),
        "year": gettext_lazy("Année"),
        "places": gettext_lazy("Places"),
        "psej_eur": gettext_lazy("Psej, avant (€)"),
        "subsidy_eur": gettext_lazy("Subvention, avant (€)"),
        "bonus_eur": gettext_lazy("Bonus territoire, après (€)"),
        "subsidy_after_eur": gettext_lazy("Subvention, après (€)"),
        "psu_eur": gettext_lazy("PSU (€)"),
        "families_eur": gettext_lazy("Participations des familles (€)"),
        "expenses_eur": gettext_lazy("Salaires et charges (€)"),
    },
    required=("name", "operator", "city", "year", "places", "psej_eur", "subsidy_eur"),
    identity=("name", "year"),
    form=CrecheForm,
    starting={
        **{f"calendar_{one}": calendars.EXAMPLE if one in FROM_CAF else "chaque mois" for one in Device},
        "floor": "",
        "is_fictitious": False,
    },
)


@dataclass(frozen=True)
class Row:
    """One row of the sheet, with what it lacks to be compared."""

    key: str
    texts: dict[str, str]
    missing: tuple[str, ...]


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def creche_of(texts: dict[str, str]) -> Creche:
    amounts = {name: number(texts[name]) for name in SPEC.columns if name.endswith("_eur")}
    amounts["psej_eur"] = amounts["psej_eur"] or Decimal(0)
    amounts["subsidy_eur"] = amounts["subsidy_eur"] or Decimal(0)
    return Creche(
        texts["name"],
        texts["operator"],
        texts["city"],
        int(texts["year"]),
        int(texts["places"]),
        **amounts,
    )


class Circuits:
    def __init__(self, sheet: FundingSheet, parameters: Parameters, *, party: str = ""):
        self.sheet, self.parameters, self.party = sheet, parameters, party
        self.settings = sheet.content["settings"]

    @cached_property
    def rows(self) -> list[Row]:
        return [
            Row(one["key"], one, tuple(str(SPEC.columns[name]) for name in missing(one)))
            for one in self.sheet.content["rows"]
        ]

    @cached_property
    def incomplete(self) -> list[Row]:
        return [one for one in self.rows if one.missing]

    @cached_property
    def _smoothed(self) -> tuple[list[Creche], list[str]]:
        """The complete rows with their bonus, and why some have none."""
        # A crèche without its subsidy still has its share of what was inherited; without its Psej,
        # nobody's share is known where it has to be computed.
        inherited = [one for one in self.rows if one.texts["psej_eur"]]
        creches = [creche_of(one.texts) for one in inherited]
        unknown = {
            (one.texts["city"], int(one.texts["year"])): one.texts["name"]
            for one in self.rows
            if not one.texts["psej_eur"]
        }
        told = [one for one in creches if one.bonus_eur is None and (one.city, one.year) in unknown]
        refusals = []
        if told:
            refusals.append(
                _(
                    "Il manque la Psej de %(name)s\u00a0: le bonus des crèches de %(city)s ne peut pas être "
                    "lissé. La Caf la connaît\u202f; donnez-la, ou donnez le bonus de chaque crèche."
                )
                % {"name": unknown[told[0].city, told[0].year], "city": told[0].city}
            )
        kept = [one for one in creches if one not in told]
        table = self.parameters
        if self.settings["floor"]:
            table = table.entered(floors(kept, Decimal(self.settings["floor"])))
        try:
            kept = circuit.with_smoothed_bonus(kept, table)
        except FundingError as error:
            kept = [one for one in kept if one.bonus_eur is not None]
            refusals.append(words.refusal(error))
        complete = {(one.texts["name"], int(one.texts["year"])) for one in self.rows if not one.missing}
        return [one for one in kept if (one.name, one.year) in complete], refusals

    @property
    def refusals(self) -> list[str]:
        return self._smoothed[1]

    @cached_property
    def shown(self) -> Shown | None:
        creches = self._smoothed[0]
        if not creches:
            return None
        times = {device: calendars.read(self.settings[f"calendar_{device}"]) for device in Device}
        return Shown(
            circuit.compare(creches, times), party=self.party, is_fictitious=self.settings["is_fictitious"]
        )

    @property
    def times(self) -> list[str]:
        """When each is paid, in words."""
        return [
            _("%(device)s\u00a0: %(when)s")
            % {
                "device": device_words(one),
                "when": calendars.written(calendars.read(self.settings[f"calendar_{one}"])),
            }
            for one in Device
        ]

    @property
    def is_example_calendar(self) -> bool:
        return any(self.settings[f"calendar_{one}"] == calendars.EXAMPLE for one in FROM_CAF)


def floors(creches: list[Creche], eur: Decimal) -> dict:
    """The floor typed for this simulation, for each of its years."""
    return {
        "bonus_territory.eaje_floor": [
            assumed(eur, since=date(year, 1, 1)) for year in {one.year for one in creches}
        ]
    }


def missing(texts: dict[str, str]) -> list[str]:
    """Return the columns without which a row cannot be compared."""
    needed = ["psej_eur"] if texts["operator"] == texts["city"] else ["psej_eur", "subsidy_eur"]
    return [name for name in needed if not texts[name]]


def from_equipment(convention, year: int) -> list[dict[str, str]]:
    """Return a row for each crèche of the convention, without its amounts: they are to be typed."""
    city = main_city(convention)
    rows = []
    for one in convention.equipment.standing().filter(kind__in=CRECHES).select_related(
        "operator", "supported_by__organisation"
    ):  # fmt: skip
        supporter = one.supported_by.organisation.name if one.supported_by else city
        is_own = one.operator_kind == Equipment.Operator.PUBLIC and (
            one.operator is None or one.operator.name == supporter
        )
        places = one.n_units_existing
        if not places or places != int(places):
            continue  # without its places a crèche has no share of the bonus
        rows.append(
            dict.fromkeys(SPEC.columns, "")
            | {
                "name": one.name,
                "operator": supporter if is_own else one.operator.name if one.operator else one.name,
                "city": supporter,
                "year": str(year),
                "places": str(int(places)),
            }
        )
    return rows
