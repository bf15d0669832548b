"""Which house may change which field of a fiche; the other proposes.

The share-out is a convention between the two houses, not a rule of law: one table here, which a
convention may change for itself (`Convention.field_houses`).
"""

from ansanm.conventions.models import House

LEAD = "lead"
# What is not named is shared: both houses write it directly.
FIELD_HOUSES = {
    "caf_counterpart": House.CAF,
    "caf_devices": House.CAF,
    "elected_referent": House.CITY,
    # Who leads an action answers for its calendar, its state and its means.
    "status": LEAD,
    "status_reason": LEAD,
    "starts": LEAD,
    "ends": LEAD,
    "milestones": LEAD,
    "staff_fte": LEAD,
    "means": LEAD,
    "lead_house": LEAD,
}
ROLE_HOUSES = {
    "city_officer": House.CITY,
    "elected_official": House.CITY,
    "caf_adviser": House.CAF,
}


def house_of(user, convention) -> str:
    """The house `user` writes for on this convention; "" for a partner."""
    houses = {ROLE_HOUSES[role] for role in convention.roles_of(user) if role in ROLE_HOUSES}
    return houses.pop() if len(houses) == 1 else ""


def owner_of(field: str, lead_house: str, convention) -> str:
    """The house that owns `field` of a fiche led by `lead_house`: city, caf or shared."""
    owner = convention.field_houses.get(field, FIELD_HOUSES.get(field, House.SHARED))
    return lead_house if owner == LEAD else owner


def to_propose(fields, *, house: str, lead_house: str, convention) -> set[str]:
    """Those of `fields` that `house` may only propose: the other house owns them."""
    return {
        field
        for field in fields
        if (owner := owner_of(field, lead_house, convention)) != House.SHARED and owner != house
    }
