"""Questions asked of territories and declared figures."""

from django.db import models
from django.db.models import Count, Max

COMPARATOR_LEVELS = ("epci", "departement", "region", "france")
BELOW_COMMUNES = {"iris", "arm", "qpv", "zone"}


class TerritoryQuerySet(models.QuerySet):
    def current(self):
        return self.filter(is_current=True)

    def at(self, level, code):
        """Return the territory of this level and code; DoesNotExist where there is none."""
        return self.get(level=level, code=code)

    def search(self, text, level=None, limit=20):
        """Return the territories a person may mean by `text`, the likeliest first, as a list."""
        from ansanm.territories.search import find  # its index is built from this model

        ids = find(text, level=level, limit=limit)
        found = self.in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def communes_of(self, territory):
        communes = self.current().filter(level="commune")
        match territory.level:
            case "france":
                # Collectivities overseas are outside of the France of Insee (métropole + DROM).
                return communes.exclude(region_code="")
            case "region":
                return communes.filter(region_code=territory.code)
            case "departement":
                return communes.filter(departement_code=territory.code)
            case "epci":
                return communes.filter(epci_code=territory.code)
            case "commune":
                return communes.filter(code=territory.code)
            case _:
                return communes.filter(code=territory.commune_code)

    def members_of(self, territory):
        """Return the territories just below: IRIS (or arrondissements) of a commune, else communes."""
        match territory.level:
            case "commune":
                arms = self.current().filter(level="arm", commune_code=territory.code)
                if arms.exists():
                    return arms
                return self.current().filter(level="iris", commune_code=territory.code)
            case "arm":
                # The commune of an IRIS of Paris is Paris: its code alone tells the arrondissement.
                return self.current().filter(level="iris", code__startswith=territory.code)
            case "iris":
                return self.none()
            case "qpv" | "zone":
                from ansanm.territories.models import ZoneMember  # its table is declared from this module

                held = ZoneMember.objects.filter(zone__territory=territory).values_list("level", "code")
                query = models.Q(pk__in=[])
                for level, code in held:
                    query |= models.Q(level=level, code=code)
                return self.current().filter(query)
            case "france":
                return self.current().filter(level="region")
            case _:
                return self.communes_of(territory)

    def peers_of(self, territory):
        """Return those it is fair to stand beside, itself included."""
        same = self.current().filter(level=territory.level)
        match territory.level:
            case "commune":
                return same.filter(departement_code=territory.departement_code)
            case "arm" | "iris":
                return same.filter(commune_code=territory.commune_code)
            case "qpv" | "zone":
                # Zones of another zoning overlap these: a rank among both would count places twice.
                beside = same.filter(zone__zoning__zones__territory=territory)
                is_national = models.Q(zone__zoning__scope_level="")
                return beside.exclude(is_national & ~models.Q(commune_code=territory.commune_code))
            case "epci":
                in_departement = same.filter(departement_code=territory.departement_code)
                # Some départements have a handful of EPCI: a rank among three says nothing.
                if in_departement.count() >= 5:
                    return in_departement
                return same.filter(region_code=territory.region_code)
            case "departement" if territory.region_code:
                # Overseas, and in Corsica, a région has one or two départements: all are its peers.
                in_region = same.filter(region_code=territory.region_code)
                return in_region if in_region.count() >= 4 else same.exclude(region_code="")
            case _:
                return same

    def comparators_of(self, territory):
        """Return its EPCI, département, région and France, in that order, as a list."""
        if territory.level == "france":
            return []
        wanted = {
            "commune": territory.commune_code if territory.level in BELOW_COMMUNES else "",
            "epci": territory.epci_code,
            "departement": territory.departement_code,
            "region": territory.region_code,
            "france": "FR",
        }
        above = ["commune", *COMPARATOR_LEVELS]
        if territory.level in above:
            above = above[above.index(territory.level) + 1 :]
        query = models.Q()
        for level in above:
            if wanted[level]:
                query |= models.Q(level=level, code=wanted[level])
        found = {one.level: one for one in self.current().filter(query)}
        return [found[level] for level in above if level in found]


class ZoningQuerySet(models.QuerySet):
    def shown(self):
        return self.filter(deleted_at__isnull=True)

    def of(self, territory):
        """Return those that cut up `territory` itself."""
        return self.filter(scope_level=territory.level, scope_code=territory.code)


class DeclaredFigureQuerySet(models.QuerySet):
    def shown(self):
        return self.filter(withdrawn_at__isnull=True)

    def of(self, territory):
        return self.filter(level=territory.level, code=territory.code)

    def version(self):
        """Return a text that changes whenever a figure is declared, corrected or withdrawn."""
        state = self.aggregate(n=Count("pk"), last=Max("changed_at"))
        return f"{state['n']}-{state['last'].timestamp() if state['last'] else 0}"
