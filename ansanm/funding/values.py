"""The parameters of a place: the national ones, and what its Caf entered, never one for the other."""

from __future__ import annotations

from collections import defaultdict

from ansanm.engines.funding.parameters import Parameters, Value, national
from ansanm.funding.models import EnteredValue


def parameters_for(departement_code: str, caf=None) -> Parameters:
    """Return what computations use in a département: one query, and the national set where nothing stands.

    A value holds from its day to the next change of the national file or of the Caf. `caf`, an
    organisation, is who entered what is said of « wherever this Caf works »; without it, the Caf that
    has the code of the département. Of two values of one day, that of the département holds.
    """
    return with_entered(entered_in(departement_code, caf)) if departement_code or caf else national()


def entered_in(departement_code: str, caf=None) -> list[EnteredValue]:
    known = national().by_id
    rows = EnteredValue.objects.standing().holding_in(departement_code, caf)
    # A parameter that a newer file no longer has: its values stay in the history alone.
    return [one for one in rows if one.parameter in known]


def with_entered(rows: list[EnteredValue]) -> Parameters:
    if not rows:
        return national()
    by_parameter: dict[str, list[Value]] = defaultdict(list)
    # The last of a day is the one that `entered` keeps.
    for one in sorted(rows, key=lambda row: (row.departement_code != "", row.pk)):
        by_parameter[one.parameter].append(one.as_value())
    return national().entered(by_parameter)
