"""What one does with a zoning: bring it in, put it in the bin, take it out again."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.territories import contours, zonings
from ansanm.territories.loading import located
from ansanm.territories.models import Territory, Zone, ZoneMember, Zoning
from ansanm.territories.names import search_key
from ansanm.territories.zoning_files import Draft
from ansanm.territories.zonings import candidates


def create_zoning(
    *,
    by,
    name: str,
    kind: str,
    scope: Territory,
    drafts: Sequence[Draft],
    source: str = "",
    vintage: str = "",
    convention=None,
) -> Zoning:
    """Keep zones that `zoning_files.check` found nothing against; their figures follow at once."""
    allowed = candidates(scope)
    outlines = contours.contours_of({code for draft in drafts for code in draft.codes})
    with transaction.atomic():
        refuse_namesake(name, scope.level, scope.code)
        zoning = Zoning(
            name=name,
            slug=free_slug(f"{scope.code}-{slugify(name)}"),
            kind=kind,
            scope_level=scope.level,
            scope_code=scope.code,
            source=source,
            vintage=vintage,
            created_by=by,
        )
        # The command line has no form before it.
        zoning.full_clean(exclude=["created_by"])
        zoning.save()
        for number, draft in enumerate(drafts, start=1):
            members = [allowed[code] for code in draft.codes]
            place = territory_of(draft, scope, members, outlines)
            # The zoning is in the code: two cities may both have a « Centre ».
            place.level, place.code = "zone", f"Z{zoning.pk:05}{number:03}"
            place.save(force_insert=True)
            keep(zoning, place, draft, members)
        record(
            "zoning.create",
            by=by,
            target=zoning,
            convention=convention,
            after={
                "zoning_name": name,
                "zoning_kind": kind,
                "scope": f"{scope.level}:{scope.code}",
                "n_zones": len(drafts),
            },
        )
    zonings.derive(zoning)
    return zoning


def keep(zoning: Zoning, place: Territory, draft: Draft, members: Sequence[Territory]) -> Zone:
    zone = Zone.objects.create(
        zoning=zoning,
        territory=place,
        outline=None if draft.outline is None else shapely.to_wkb(draft.outline),
        match_share=draft.match_share,
    )
    ZoneMember.objects.bulk_create(ZoneMember(zone=zone, level=one.level, code=one.code) for one in members)
    return zone


def territory_of(draft: Draft, scope: Territory, members: Sequence[Territory], outlines) -> Territory:
    """Return the row of a zone, its level and code left to give."""

    def common(column: str) -> str:
        held = {getattr(one, column) for one in members} or {getattr(scope, column)}
        return held.pop() if len(held) == 1 else ""

    shapes = (
        [draft.outline]
        if draft.outline is not None
        else [outlines[one.code] for one in members if one.code in outlines]
    )
    points = {}
    if shapes:
        middle = shapely.union_all([shapely.make_valid(one) for one in shapes]).representative_point()
        points[""] = (round(middle.y, 6), round(middle.x, 6))
    return Territory(
        name=draft.name,
        slug=slugify(draft.name)[:120] or "x",
        search_key=search_key(draft.name),
        population=zonings.population_of(members),
        commune_code=common("commune_code"),
        epci_code=common("epci_code"),
        departement_code=common("departement_code"),
        region_code=common("region_code"),
        **located("", points),
    )


def delete_zoning(*, by, zoning: Zoning, convention=None) -> None:
    """Put a zoning in the bin: its zones leave the pages, and come back as they were."""
    with transaction.atomic():
        zoning.deleted_at, zoning.deleted_by = timezone.now(), by
        zoning.save(update_fields=["deleted_at", "deleted_by"])
        _set_current(zoning, False)
        record(
            "zoning.delete", by=by, target=zoning, convention=convention, before={"zoning_name": zoning.name}
        )
    zonings.forget(zoning)


def restore_zoning(*, by, zoning: Zoning, convention=None) -> None:
    with transaction.atomic():
        refuse_namesake(zoning.name, zoning.scope_level, zoning.scope_code, but=zoning.pk)
        zoning.deleted_at = zoning.deleted_by = None
        zoning.save(update_fields=["deleted_at", "deleted_by"])
        _set_current(zoning, True)
        record(
            "zoning.restore", by=by, target=zoning, convention=convention, after={"zoning_name": zoning.name}
        )
    zonings.derive(zoning)


def refuse_namesake(name: str, scope_level: str, scope_code: str, but: int | None = None) -> None:
    """Two of one name could not be told apart; a form sent twice would make two."""
    standing = Zoning.objects.shown().filter(scope_level=scope_level, scope_code=scope_code)
    if standing.filter(name__iexact=name).exclude(pk=but).exists():
        raise ValidationError({"name": _("Un zonage de ce territoire porte déjà ce nom.")})


def _set_current(zoning: Zoning, is_current: bool) -> None:
    Territory.objects.filter(zone__zoning=zoning).update(is_current=is_current, updated_at=timezone.now())


def free_slug(wanted: str) -> str:
    slug, n = wanted[:130], 1
    while Zoning.objects.filter(slug=slug).exists():
        n += 1
        slug = f"{wanted[:130]}-{n}"
    return slug
