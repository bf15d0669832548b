"""Places and the figures people give about them."""

import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.territories.managers import DeclaredFigureQuerySet, TerritoryQuerySet, ZoningQuerySet


class Level(models.TextChoices):
    COMMUNE = "commune", _("Commune")
    ARM = "arm", _("Arrondissement municipal")
    IRIS = "iris", _("IRIS")
    QPV = "qpv", _("Quartier prioritaire (QPV)")
    ZONE = "zone", _("Zone")
    EPCI = "epci", _("Intercommunalité")
    DEPARTEMENT = "departement", _("Département")
    REGION = "region", _("Région")
    FRANCE = "france", _("France")


# The words of the addresses: a level of the store is not always a word one would read.
LEVEL_WORDS = {
    Level.COMMUNE: "commune",
    Level.ARM: "arrondissement",
    Level.IRIS: "iris",
    Level.QPV: "qpv",
    Level.ZONE: "zone",
    Level.EPCI: "epci",
    Level.DEPARTEMENT: "departement",
    Level.REGION: "region",
    Level.FRANCE: "france",
}
LEVELS_BY_WORD = {word: level for level, word in LEVEL_WORDS.items()}


class Territory(models.Model):
    """A commune, EPCI, IRIS… of the current geography, known by its INSEE or SIREN code."""

    level = models.CharField(max_length=12, choices=Level.choices)
    code = models.CharField(max_length=9)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=120)
    search_key = models.CharField(max_length=200)
    postal_codes = models.CharField(max_length=200, blank=True)
    siren = models.CharField(max_length=9, blank=True)
    # Latest municipal population (census population for an IRIS), null where nobody counts any.
    population = models.PositiveIntegerField(null=True)
    # Where it stands. Plain codes and no foreign keys: a territory is loaded in one pass, and a
    # code that later leaves the geography must not take other rows with it.
    commune_code = models.CharField(max_length=5, blank=True)
    epci_code = models.CharField(max_length=9, blank=True)
    departement_code = models.CharField(max_length=3, blank=True)
    region_code = models.CharField(max_length=3, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    # Quality label of the boundaries of an IRIS (LAB_IRIS: 1 best … 4, 5 an uncut commune, Z none).
    iris_quality = models.CharField(max_length=1, blank=True)
    # False once it left the geography: conventions and declared figures may still name it.
    is_current = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "code"], name="territory_code_is_unique_in_its_level"),
        ]
        indexes = [
            models.Index(fields=["departement_code", "level"]),
            models.Index(fields=["epci_code", "level"]),
            models.Index(fields=["region_code", "level"]),
            models.Index(fields=["commune_code", "level"]),
        ]
        ordering = ["name", "code"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("territory", args=[LEVEL_WORDS[self.level], f"{self.code}-{self.slug}"])

    @property
    def short_name(self):
        """« CINOR » for « CA Intercommunale du Nord de la Réunion (CINOR) »: narrow columns need it."""
        acronym = re.search(r"\(([A-Z0-9]{2,12})\)$", self.name)
        return acronym[1] if acronym else self.name

    @property
    def key(self):
        """What the observation store calls it: (level, code)."""
        return self.level, self.code


class Zoning(models.Model):
    """A way of one's own to cut up a territory: quartiers, sectors… Several can stand together."""

    class Kind(models.TextChoices):
        QUARTIER = "quartier", _("Quartiers")
        SECTEUR = "secteur", _("Secteurs")
        QPV = "qpv", _("Quartiers prioritaires (QPV)")
        BASSIN = "bassin", _("Bassins de vie ou de service")
        AUTRE = "autre", _("Autre découpage")

    name = models.CharField(_("Nom"), max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    kind = models.CharField(_("Nature"), max_length=10, choices=Kind.choices)
    # What it cuts up, by its codes: a territory loaded again must not take zonings with it. Both are
    # empty for the official QPV of the whole country.
    scope_level = models.CharField(max_length=12, choices=Level.choices, blank=True)
    scope_code = models.CharField(max_length=9, blank=True)
    source = models.CharField(_("Source"), max_length=200, blank=True)
    vintage = models.CharField(_("Millésime"), max_length=10, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # In the bin: its zones are no longer current, and it can be put back.
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ZoningQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["scope_level", "scope_code"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope_level="", scope_code="") | (~Q(scope_level="") & ~Q(scope_code="")),
                name="zoning_scope_is_whole_or_none",
            ),
        ]

    def __str__(self):
        return self.name


class Zone(models.Model):
    """What a zone has beside its row of territories: the zoning it is of, its outline, its members."""

    zoning = models.ForeignKey(Zoning, on_delete=models.CASCADE, related_name="zones")
    territory = models.OneToOneField(Territory, on_delete=models.CASCADE, related_name="zone")
    # Outline in WKB, longitude then latitude; empty where the zone is only a list of members.
    outline = models.BinaryField(null=True, blank=True)
    # How much of its outline its members cover, and they no more than it: 1 is a perfect match. Null
    # where there is nothing to compare.
    match_share = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.territory} · {self.zoning}"


class ZoneMember(models.Model):
    """An IRIS or a commune that a zone is made of."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="members")
    level = models.CharField(max_length=12, choices=Level.choices)
    code = models.CharField(max_length=9)

    class Meta:
        ordering = ["level", "code"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "level", "code"], name="zone_has_each_member_once"),
        ]

    def __str__(self):
        return f"{self.level}:{self.code}"


class DeclaredFigure(models.Model):
    """A figure only people can give, with its source, date and author; it never replaces another."""

    level = models.CharField(max_length=12, choices=Level.choices)
    code = models.CharField(max_length=9)
    variable = models.CharField(max_length=60)
    period = models.CharField(max_length=10)
    value = models.FloatField()
    source_title = models.CharField(_("Source"), max_length=200)
    source_url = models.URLField(_("Adresse de la source"), max_length=500, blank=True)
    source_on = models.DateField(_("Date de la source"))
    note = models.TextField(_("Remarque"), blank=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+"
    )
    declared_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Grows at each correction: a form opened on an older version is refused.
    version = models.PositiveIntegerField(default=1)

    objects = DeclaredFigureQuerySet.as_manager()

    class Meta:
        ordering = ["variable", "period", "declared_at"]
        indexes = [models.Index(fields=["level", "code", "variable"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="declared_figure_withdrawn_at_and_by_together",
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="declared_figure_is_not_negative"),
        ]

    def __str__(self):
        return f"{self.variable} {self.period} ({self.level}:{self.code})"
