"""A steering committee as a convention has it, for the tests of what it does."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from ansanm.conventions.governance import body_operations, meeting_operations
from ansanm.conventions.models import PlanActor

REUNION = ZoneInfo("Indian/Reunion")


def person(cast, name, **more):
    email = more.pop("email", f"{slugify(name.split()[0])}@example.org")
    return body_operations.add_participant(
        by=cast.city_officer, convention=cast.convention, name=name, email=email, **more
    )


def seat(cast, body, who=None, **more):
    return body_operations.add_mandate(by=cast.city_officer, body=body, participant=who, **more)


def committee(cast, **more):
    """A COPIL of three voices (a quorum of two), one vacant seat and a guest without a voice."""
    body = body_operations.create_body(
        by=cast.city_officer, convention=cast.convention, kind="copil", name="Comité de pilotage",
        **{"quorum": 2, "usual_minutes": 120} | more,
    )  # fmt: skip
    caf = PlanActor.objects.get_or_create(convention=cast.convention, name="Caf de La Réunion")[0]
    people = {name: person(cast, name) for name in ("Marie Hoarau", "Paul Grondin", "Rita Técher")}
    seat(cast, body, people["Marie Hoarau"], role="chair")
    seat(cast, body, people["Paul Grondin"], actor=caf)
    seat(cast, body, people["Rita Técher"], role="guest", has_vote=False)
    seat(cast, body, actor=caf)
    return body, people


def meeting(cast, body, **more):
    facts = {"rank": 5, "starts_at": datetime(2027, 3, 4, 14, 30, tzinfo=REUNION)} | more
    return meeting_operations.create_meeting(by=cast.city_officer, body=body, **facts)
