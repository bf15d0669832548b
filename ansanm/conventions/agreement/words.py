"""The parts of an agreement in words: what each field is called, how its value is read."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.models import (
    Convention,
    ConventionParty,
    CooperationPost,
    LegalVisa,
    LinkedContract,
    PartySignature,
    PlanNode,
)
from ansanm.conventions.plan.wording import capital, decimals_of
from ansanm.ui.formats import format_number, format_period

MODELS = {
    "facts": Convention,
    "parties": ConventionParty,
    "signatures": PartySignature,
    "visas": LegalVisa,
    "contracts": LinkedContract,
    "posts": CooperationPost,
    "nodes": PlanNode,
}
CHOICES = {
    "parties": ConventionParty.Kind,
    "contracts": LinkedContract.Kind,
    "nodes": PlanNode.Kind,
}
LABELS = {"name": gettext_lazy("Nom"), "deliberation_file": gettext_lazy("Fichier de la délibération")}


def label_of(part: str, field: str) -> str:
    if part == "facts" and field in LABELS or field == "deliberation_file":
        return str(LABELS[field])
    return capital(MODELS[part]._meta.get_field(field).verbose_name)


def value_of(part: str, field: str, value) -> str:
    """`value` as a page and a document write it; "" where there is none."""
    if value in (None, ""):
        return ""
    if field == "kind":
        return str(dict(CHOICES[part].choices).get(value, value))
    if field in {
        "starts_on",
        "ends_on",
        "extended_to",
        "joined_on",
        "left_on",
        "signed_on",
        "deliberation_on",
    }:
        return format_period(value)
    if field == "deliberation_file":
        return value["name"]
    if field == "fte_share":
        return fte(value)
    if field == "duration_years":
        return format_number(value)
    return str(value)


def fte(value) -> str:
    """« 0,2 ETP »: as many decimals as were written."""
    return _("%(n)s ETP") % {"n": format_number(value, decimals=decimals_of(value))}


def signatory(signature: dict) -> str:
    """« Ericka Bareigts, maire »; the function alone where the name is not published."""
    named = ", ".join(one for one in (signature["name"], signature["function"]) if one)
    return named or _("signataire non publié")
