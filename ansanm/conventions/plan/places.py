"""Where an action may take place: the communes of its convention, and the quartiers they are cut into."""

from django.db.models import Q
from django.utils.translation import gettext as _

from ansanm.territories.models import Level, Territory

# Beyond, a list of IRIS is no longer read: those of a département are chosen by commune or by quartier.
MOST_IRIS = 200


def place_groups(convention, chosen=()) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(key, name)]) for a form, those already chosen always among them."""
    places = convention.places()
    communes = [one.code for one in places if one.level == Level.COMMUNE]
    current = Territory.objects.current()
    below = current.filter(level__in=[Level.QPV, Level.ZONE, Level.IRIS], commune_code__in=communes)
    if convention.zonings().filter(deleted_at__isnull=True).exists():
        zonings = convention.zonings().filter(deleted_at__isnull=True)
        below |= current.filter(zone__zoning__in=zonings)
    by_level: dict[str, list[Territory]] = {}
    for place in [*places, *below.distinct()]:
        by_level.setdefault(place.level, []).append(place)
    if len(by_level.get(Level.IRIS, [])) > MOST_IRIS:
        del by_level[Level.IRIS]
    shown = {key_of(place) for held in by_level.values() for place in held}
    titles = {
        Level.QPV: _("Quartiers prioritaires (QPV)"),
        Level.ZONE: _("Zonages de la convention"),
        Level.IRIS: _("IRIS"),
    }
    groups: dict[str, list[tuple[str, str]]] = {}
    for level in [Level.QPV, Level.ZONE, *(one for one in by_level if one not in titles), Level.IRIS]:
        for place in by_level.get(level, []):
            group = titles.get(level, _("Territoires"))
            groups.setdefault(group, []).append((key_of(place), place.name))
    if missing := [key for key in chosen if key not in shown]:
        wanted = Q(pk__in=[])
        for level, _colon, code in (key.partition(":") for key in missing):
            wanted |= Q(level=level, code=code)
        elsewhere = [(key_of(one), one.name) for one in Territory.objects.filter(wanted)]
        groups.setdefault(_("Autres lieux"), []).extend(elsewhere)
    return list(groups.items())


def key_of(place: Territory) -> str:
    return f"{place.level}:{place.code}"
