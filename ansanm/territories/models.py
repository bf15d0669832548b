"""Places and the figures people give about them."""

import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.territories.managers import DeclaredFigureQuerySet, TerritoryQuerySet


class Level(models.TextChoices):
    COMMUNE = "commune", _("Commune")
    ARM = "arm", _("Arrondissement municipal")
    IRIS = "iris", _("IRIS")
    EPCI = "epci", _("Intercommunalité")
    DEPARTEMENT = "departement", _("Département")
    REGION = "region", _("Région")
    FRANCE = "france", _("France")


# The words of the addresses: a level of the store is not always a word one would read.
LEVEL_WORDS = {
    Level.COMMUNE: "commune",
    Level.ARM: "arrondissement",
    Level.IRIS: "iris",
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
    # Quality label of the boundaries of an IRIS (LAB_IRIS: 1 best … 5 whole commune, Z none).
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
    note = models.TextField(_("Note"), blank=True)
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
