"""Examples of what a Caf enters of the scales."""

from datetime import date
from decimal import Decimal

PARAMETER = "psu.ceiling_both_low"


def of_value(cast):
    from ansanm.funding.models import EnteredValue

    owner = cast.caf_administrator
    value, _ = EnteredValue.objects.get_or_create(
        organisation=owner.organisation,
        departement_code="974",
        parameter=PARAMETER,
        valid_from=date(2025, 1, 1),
        replaced_by=None,
        withdrawn_at=None,
        defaults={
            "value": Decimal("9.5"),
            "source_title": "Circulaire fictive",
            "source_url": "https://example.org/bareme",
            "source_read_on": date(2025, 2, 3),
            "entered_by": owner,
        },
    )
    return {"parameter": PARAMETER, "pk": value.pk}


EXAMPLES = {
    "entered_value": lambda cast: {"parameter": of_value(cast)["parameter"]},
    "entered_value_correct": of_value,
    "entered_value_withdraw": of_value,
    "entered_values_export": lambda cast: {"format": "csv"},
}
NO_PAGE = {"entered_values_export", "entered_values_keep"}
