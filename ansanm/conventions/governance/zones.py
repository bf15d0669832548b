"""The time zone of a territory: a meeting at nine is at nine where people meet."""

from zoneinfo import ZoneInfo

from django.conf import settings

# Where the overseas départements and communities live; the others are at Paris time.
OVERSEAS = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
MAINLAND = "Europe/Paris"


def zone_of(convention) -> ZoneInfo:
    """That of its first territory; that of the instance where it has none, or none that says."""
    # Not `.first()`, which would ask again where they were read with the meetings.
    place = min(convention.territories.all(), key=lambda one: one.pk, default=None)
    if place is None:
        return ZoneInfo(settings.TIME_ZONE)
    departement = place.departement_code or (place.code[:3] if place.code[:2] in {"97", "98"} else "")
    if not departement:
        return ZoneInfo(settings.TIME_ZONE)
    return ZoneInfo(OVERSEAS.get(departement, MAINLAND))
