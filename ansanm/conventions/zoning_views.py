"""The zonings of a convention's territories: bring one in, compose one, put one in the bin, take it out."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.views import context_of, find
from ansanm.conventions.zoning_forms import MAX_CHOICES, ZoningFileForm, ZoningForm, key_of
from ansanm.territories import areas, zoning_exports, zoning_files, zoning_operations
from ansanm.territories.models import Level, Territory, Zoning
from ansanm.territories.presentation import address
from ansanm.territories.zoning_files import Draft, Reading, UnreadableZones
from ansanm.territories.zonings import candidates, population_of
from ansanm.ui.formats import quoted

SALT = "conventions.zoning"
ONE_DAY = 24 * 3600
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def zonings(request, slug):
    found = request.convention.zonings().prefetch_related("zones__territory")
    places = {one.key: one for one in request.convention.places()}
    rows = [
        (
            one,
            {"name": place.name, "url": address("territory_zonings", place)},
            zoning_exports.files_of(one, place),
        )
        for one in found
        if (place := places.get((one.scope_level, one.scope_code)))
    ]
    return render(
        request,
        "conventions/zonings.html",
        context_of(
            request,
            rows=[row for row in rows if row[0].deleted_at is None],
            bin=[row for row in rows if row[0].deleted_at is not None],
        ),
    )


@requires(Permission.ZONING_EDIT, on=find)
@form_methods
def read(request, slug):
    form = ZoningFileForm(request.POST or None, request.FILES or None, convention=request.convention)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            reading = zoning_files.read(file.name, file.read(zoning_files.MAX_BYTES + 1))
        except UnreadableZones as problem:
            form.add_error("file", str(problem))
        else:
            return preview(
                request, form, zoning_files.check(reading, scope=form.place, kind=form.facts["kind"])
            )
    return render(
        request,
        "conventions/zoning_import.html",
        context_of(request, form=form),
        status=422 if form.is_bound and form.errors else 200,
    )


@requires(Permission.ZONING_EDIT, on=find)
@form_methods
def compose(request, slug):
    """Zones by choosing: each commune, or IRIS of a commune, and the zone it goes to."""
    is_sent = request.method == "POST"
    form = ZoningForm(request.POST if is_sent else None, convention=request.convention)
    given = request.POST.get("scope") if is_sent else request.GET.get("territoire")
    place = form.places.get(given) or next(iter(form.places.values()), None)
    pieces = pieces_of(place)
    typed = {one.code: request.POST.get(f"zone-{one.code}", "")[:120] for one in pieces} if is_sent else {}
    if is_sent and form.is_valid():
        reading = zoning_files.chosen(typed.items())
        if reading.drafts:
            return preview(request, form, zoning_files.check(reading, scope=place, kind=form.facts["kind"]))
        form.add_error(None, _("Aucune zone : écrivez le nom d’une zone en face d’au moins un territoire."))
    if place is not None:
        form.initial["scope"] = key_of(place)
    too_small = areas.too_small(pieces)
    return render(
        request,
        "conventions/zoning_compose.html",
        context_of(
            request,
            form=form,
            place=place,
            places=[(key, one) for key, one in form.places.items()],
            pieces=[(one, typed.get(one.code, ""), one.pk in too_small) for one in pieces],
            names=sorted({name for name in typed.values() if name}),
        ),
        status=422 if is_sent else 200,
    )


def pieces_of(place: Territory | None) -> list[Territory]:
    """What a zone of `place` may be composed of: the IRIS of a commune, else the communes."""
    if place is None:
        return []
    if place.level == Level.COMMUNE:
        found = Territory.objects.current().filter(level=Level.IRIS, commune_code=place.code)
    else:
        found = Territory.objects.communes_of(place)
    return list(found.order_by("code")[:MAX_CHOICES])


def preview(request, form, reading: Reading, *, namesake: str = ""):
    """What would be kept, or every reason why nothing can be."""
    # The zones travel in the page, signed, rather than in the base: what is left half-way leaves nothing.
    ticket = {
        "facts": form.facts,
        "scope": key_of(form.place),
        "zones": [one.as_text() for one in reading.drafts],
        "convention": request.convention.pk,
        "user": request.user.pk,
    }
    refused = bool(reading.errors)
    members = candidates(form.place)
    return render(
        request,
        "conventions/zoning_preview.html",
        context_of(
            request,
            facts=form.facts,
            kind=Zoning.Kind(form.facts["kind"]).label,
            place=form.place,
            reading=reading,
            rows=[(one, population_of(members[code] for code in one.codes)) for one in reading.drafts],
            ticket="" if refused else signing.dumps(ticket, salt=SALT, compress=True),
        ),
        status=422 if refused else 200,
    )


@requires(Permission.ZONING_EDIT, on=find)
@require_POST
def keep(request, slug):
    ticket = ticket_of(request)
    if ticket is None:
        messages.error(
            request,
            _("Cet aperçu a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré."),
        )
        return redirect("zoning_import", slug)
    form = ZoningForm(ticket["facts"] | {"scope": ticket["scope"]}, convention=request.convention)
    if not form.is_valid():
        messages.error(request, _("Ce territoire n’est plus dans la convention. Rien n’a été enregistré."))
        return redirect("convention_zonings", slug)
    # Checked again: the geography may have been loaded anew since the page was made.
    reading = Reading([Draft.from_text(one) for one in ticket["zones"]])
    if zoning_files.check(reading, scope=form.place, kind=form.facts["kind"]).errors:
        return preview(request, form, reading)
    try:
        zoning = zoning_operations.create_zoning(
            by=request.user,
            scope=form.place,
            drafts=reading.drafts,
            convention=request.convention,
            **form.facts,
        )
    except ValidationError as error:
        with_errors(form, error)
        messages.error(request, " ".join(error.messages))
        return redirect("convention_zonings", slug)
    messages.success(request, _("Le zonage %(name)s est en place.") % {"name": quoted(zoning.name)})
    return redirect("convention_zonings", slug)


def ticket_of(request) -> dict | None:
    """What the page carried, if we signed it for this person and this convention."""
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        return None
    mine = ticket["convention"] == request.convention.pk and ticket["user"] == request.user.pk
    return ticket if mine else None


@requires(Permission.ZONING_EDIT, on=find)
@require_POST
def delete(request, slug, pk):
    zoning = get_object_or_404(request.convention.zonings(), pk=pk)
    if zoning.deleted_at is None:
        zoning_operations.delete_zoning(by=request.user, zoning=zoning, convention=request.convention)
    messages.success(
        request,
        _("Le zonage %(name)s est à la corbeille : vous pouvez le remettre, avec ses zones.")
        % {"name": quoted(zoning.name)},
    )
    return redirect("convention_zonings", slug)


@requires(Permission.ZONING_EDIT, on=find)
@require_POST
def restore(request, slug, pk):
    zoning = get_object_or_404(request.convention.zonings(), pk=pk)
    try:
        if zoning.deleted_at is not None:
            zoning_operations.restore_zoning(by=request.user, zoning=zoning, convention=request.convention)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("Le zonage %(name)s est de nouveau en place.") % {"name": quoted(zoning.name)}
        )
    return redirect("convention_zonings", slug)
