"""Parts of a commune (IRIS, QPV, zones): their outlines, their quality, when they are too small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from shapely.geometry.base import BaseGeometry

from ansanm.territories import contours, secrecy
from ansanm.territories.models import Territory, Zone
from ansanm.territories.zonings import GOOD_MATCH
from ansanm.ui.formats import format_number, labelled, quoted

OUTLINED = {"commune", "arm", "iris"}


def outlines_of(places: Iterable[Territory]) -> dict[str, BaseGeometry]:
    """Return the outline of each place that has one, by code; a zone drawn by no one is its members'."""
    places = list(places)
    found = contours.contours_of([one.code for one in places if one.level in OUTLINED])
    zones = [
        *Zone.objects.filter(territory__in=[one.pk for one in places if one.level not in OUTLINED])
        .select_related("territory")
        .prefetch_related("members")
    ]
    members = contours.contours_of(
        {one.code for zone in zones if not zone.outline for one in zone.members.all()}
    )
    for zone in zones:
        shape = shapely.from_wkb(bytes(zone.outline)) if zone.outline else _united(zone, members)
        if shape is not None:
            found[zone.territory.code] = shape
    return found


def _united(zone: Zone, outlines: Mapping[str, BaseGeometry]) -> BaseGeometry | None:
    codes = [one.code for one in zone.members.all()]
    # With a piece missing it would be the outline of another place.
    if not codes or any(code not in outlines for code in codes):
        return None
    return shapely.union_all(shapely.make_valid([outlines[code] for code in codes]))


def too_small(places: Sequence[Territory]) -> set[int]:
    """Return the primary keys of those under the thresholds of `secrecy`."""
    return {places[row].pk for row in secrecy.too_small_among([one.key for one in places])}


def notes(territory: Territory) -> list[tuple[str, str]]:
    """What to know before reading the figures of this part of a commune: (kind of note, text)."""
    if territory.level not in secrecy.SMALL_AREAS:
        return []
    said = []
    if too_small([territory]):
        said.append(
            (
                "warning",
                _(
                    "Moins de %(persons)s habitants ou de %(homes)s résidences principales : aucun autre "
                    "indicateur n’est montré. Un ménage y changerait tous les taux, et on le reconnaîtrait."
                )
                % {"persons": secrecy.LEAST_PERSONS, "homes": secrecy.LEAST_HOMES},
            )
        )
    if territory.iris_quality:
        said.append(("", quality(territory.iris_quality)))
    if zone := Zone.objects.filter(territory=territory).select_related("zoning", "territory").first():
        said += _of_zone(zone)
    return said


def quality(label: str) -> str:
    """The quality label that Insee gives an IRIS, in words."""
    if label == "5":
        return _("Commune non découpée : cet IRIS est la commune entière.")
    if label == "Z":
        return _("L’Insee ne donne pas de label de qualité à cet IRIS.")
    if label == "1":
        return _("Label de qualité 1 : l’Insee ne signale aucune fragilité particulière.")
    return _(
        "Label de qualité %(label)s : l’Insee signale une configuration qui rend les résultats plus "
        "fragiles. Regroupez plusieurs IRIS avant d’en conclure."
    ) % {"label": label}


def _of_zone(zone: Zone) -> list[tuple[str, str]]:
    zoning, n = zone.zoning, zone.members.count()
    source = ", ".join(one for one in (zoning.source, zoning.vintage) if one)
    about = labelled(zoning.get_kind_display(), quoted(zoning.name) + (f" ({source})" if source else ""))
    if zone.territory.level == "qpv":
        made = _("Ses chiffres sont ceux que les producteurs publient pour ce quartier.")
    elif not n:
        made = _("Aucun IRIS ni aucune commune n’y tient : la zone est sans chiffres.")
    else:
        made = ngettext(
            "Ses chiffres sont la somme de %(n)s IRIS ou commune.",
            "Ses chiffres sont la somme de %(n)s IRIS ou communes.",
            n,
        ) % {"n": n}
    said = [("", f"{about}. {made}")]
    if zone.match_share is not None and zone.match_share < GOOD_MATCH:
        text = _("Ces IRIS ou communes ne la recouvrent qu’à %(share)s : lisez des ordres de grandeur.")
        said.append(("warning", text % {"share": format_number(100 * zone.match_share, "percent", 0)}))
    return said
