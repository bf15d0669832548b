"""Taking and signing a text, as the tests of the agreement do it."""

from ansanm.conventions.agreement import operations
from ansanm.conventions.models import PartySignature


def draft(cast, **more):
    held = operations.draft_of(cast.convention)
    return operations.take_draft(
        by=cast.city_officer,
        convention=cast.convention,
        token=operations.token_of(held) if held else "",
        **{"title": "CTG 2026-2030"} | more,
    )


def signed(cast, version=None, **more):
    """A version signed by all those who owe it."""
    version = version or draft(cast)
    given = {
        "signed_on": "2026-12-03",
        "signed_by": list(
            PartySignature.objects.filter(party__convention=cast.convention).values_list("pk", flat=True)
        ),
    } | more
    return operations.sign_version(
        by=cast.city_officer, version=version, token=operations.token_of(version), **given
    )
