"""The services that a convention supports: the list that opens the bonus territoire."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models.convention import Convention, ConventionParty, PartialDateField
from ansanm.conventions.models.plan import PlanActor


class EquipmentQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)


class Equipment(models.Model):
    """One service that families use, with who runs it and which signatory supports it."""

    class Kind(models.TextChoices):
        CRECHE = "creche", _("Crèche ou multi-accueil (EAJE)")
        MICRO_CRECHE = "micro_creche", _("Micro-crèche")
        FAMILY_CRECHE = "family_creche", _("Crèche familiale")
        PARENTAL_CRECHE = "parental_creche", _("Crèche parentale")
        RPE = "rpe", _("Relais petite enfance (RPE)")
        LAEP = "laep", _("Lieu d’accueil enfants-parents (LAEP)")
        ALSH = "alsh", _("Accueil de loisirs (ALSH)")
        LUDOTHEQUE = "ludotheque", _("Ludothèque")
        CENTRE_SOCIAL = "centre_social", _("Centre social")
        EVS = "evs", _("Espace de vie sociale (EVS)")
        COOPERATION = "cooperation", _("Chargé de coopération")
        OTHER = "other", _("Autre service")

    class Operator(models.TextChoices):
        PUBLIC = "public", _("Public")
        ASSOCIATION = "association", _("Association")
        COMPANY = "company", _("Entreprise")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="equipment")
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    name = models.CharField(_("nom"), max_length=200)
    operator = models.ForeignKey(
        PlanActor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="equipment",
        verbose_name=_("gestionnaire"),
    )
    operator_kind = models.CharField(_("statut du gestionnaire"), max_length=12, choices=Operator, blank=True)
    # The signatory whose money opens the bonus; None: not told.
    supported_by = models.ForeignKey(
        ConventionParty, models.SET_NULL, null=True, blank=True, related_name="equipment",
        verbose_name=_("collectivité qui soutient"),
    )  # fmt: skip
    address = models.CharField(_("adresse"), max_length=300, blank=True)
    place = models.ForeignKey(
        "territories.Territory", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # None: not known. Both decide the band of the bonus territoire.
    in_qpv = models.BooleanField(_("dans un QPV"), null=True, blank=True)
    in_frr = models.BooleanField(_("en zone FRR (ex-ZRR)"), null=True, blank=True)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    # Places, opening hours or full-time posts, as the kind counts them (`unit`).
    n_units_existing = models.DecimalField(
        _("offre existante"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1_000_000)],
    )  # fmt: skip
    n_units_new = models.DecimalField(
        _("offre nouvelle"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1_000_000)],
    )  # fmt: skip
    opens_on = PartialDateField(_("ouverture"))
    closes_on = PartialDateField(_("fermeture"))
    note = models.TextField(_("précisions"), blank=True)
    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    is_fictitious = models.BooleanField(_("fictif"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True, blank=True)

    # What `n_units` counts for each kind; a place unless told.
    UNITS = {
        Kind.RPE: "fte",
        Kind.COOPERATION: "fte",
        Kind.LAEP: "hours",
        Kind.ALSH: "hours",
        Kind.LUDOTHEQUE: "hours",
    }

    objects = EquipmentQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(n_units_existing__isnull=True) | Q(n_units_existing__gte=0))
                & (Q(n_units_new__isnull=True) | Q(n_units_new__gte=0)),
                name="equipment_units_are_not_negative",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def unit(self) -> str:
        return self.UNITS.get(self.kind, "places")
