"""Zonings from the command line: the same checks and the same reasons as on the page."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.cli.data import territory_of
from ansanm.cli.output import Failure, columns, complain, say
from ansanm.territories import zoning_files, zoning_operations
from ansanm.territories.models import Territory, Zoning
from ansanm.territories.zonings import candidates, population_of
from ansanm.ui.formats import labelled, quoted

SCOPES = ("commune", "epci", "departement")


def bring(options) -> int:
    path = Path(options.file)
    scope = territory_of(options.territory)
    if scope.level not in SCOPES:
        raise Failure(
            _("On ne découpe qu’une commune, une intercommunalité ou un département, pas %(name)s.")
            % {"name": scope.name}
        )
    try:
        with path.open("rb") as file:
            reading = zoning_files.read(path.name, file.read(zoning_files.MAX_BYTES + 1))
    except OSError as error:
        raise Failure(labelled(path, error.strerror)) from error
    except zoning_files.UnreadableZones as problem:
        raise Failure(labelled(path, str(problem))) from problem
    reading = zoning_files.check(reading, scope=scope, kind=options.kind)
    for note in reading.notes:
        complain(note)
    if reading.errors:
        reasons = "".join(f"\n  {labelled(where, why)}" for where, why in reading.errors)
        if reading.n_errors > len(reading.errors):
            reasons += "\n  …"
        raise Failure(_("Rien n’est enregistré.") + reasons)
    if not options.dry_run:
        try:
            zoning = zoning_operations.create_zoning(
                by=None,
                name=options.name,
                kind=options.kind,
                scope=scope,
                drafts=reading.drafts,
                source=options.source,
                vintage=options.vintage,
            )
        except ValidationError as error:
            raise Failure(" ".join(error.messages)) from error
        zones = zoning.zones.select_related("territory")
        kept = [
            (one.territory.code, one.territory.name, one.territory.population, one.members.count())
            for one in zones
        ]
    else:
        members = candidates(scope)
        kept = [
            ("–", one.name, population_of(members[code] for code in one.codes), len(one.codes))
            for one in reading.drafts
        ]
    titles = (_("code"), _("zone"), _("population"), _("IRIS ou communes"))
    columns([titles, *((code, name, "–" if n is None else n, size) for code, name, n, size in kept)])
    if options.dry_run:
        say(_("Essai : rien n’est enregistré."))
    else:
        n = len(kept)
        said = ngettext("%(n)s zone en place dans %(name)s.", "%(n)s zones en place dans %(name)s.", n)
        say(said % {"n": n, "name": quoted(zoning.name)})
    return 0


def list_zonings(options) -> int:
    places = {
        one.key: one.name
        for one in Territory.objects.filter(code__in=Zoning.objects.values("scope_code")).only(
            "level", "code", "name"
        )
    }
    rows = [(_("zonage"), _("nature"), _("territoire"), _("zones"), _("source"))]
    for one in Zoning.objects.shown():
        place = places.get((one.scope_level, one.scope_code), "France")
        source = " ".join(word for word in (one.source, one.vintage) if word)
        rows.append((one.name, str(one.get_kind_display()), place, one.zones.count(), source))
    columns(rows)
    return 0
