"""The agreement: stages, signatures, délibérations, linked contracts, frozen versions."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ansanm.conventions.models.convention import Convention, ConventionParty, PartialDateField, Stage


class StoredFile(models.Model):
    """A file brought to a convention. Its bytes live under MEDIA_ROOT, named by their hash, and are
    only ever served by a view that checks the right to read the convention."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="files")
    name = models.CharField(_("nom du fichier"), max_length=200)
    content_type = models.CharField(max_length=120)
    n_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self):
        return self.name


class PartySignature(models.Model):
    """One of the signatures a party owes: a Caf has two, its president's and its director's.

    Professional facts of a public act, not accounts: the signatory may never sign in.
    """

    party = models.ForeignKey(ConventionParty, models.CASCADE, related_name="signatures")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("signataire"), max_length=120, blank=True)
    function = models.CharField(_("fonction"), max_length=160, blank=True)
    signed_on = PartialDateField(_("signé le"))

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name or self.function


class StageMove(models.Model):
    """One passage from a stage to another; a move against what the stage requires states why."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="stage_moves")
    before = models.CharField(max_length=20, choices=Stage)
    after = models.CharField(max_length=20, choices=Stage)
    # The keys of the requirements that were not met that day.
    missing = models.JSONField(default=list)
    reason = models.TextField(_("motif"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.before} → {self.after}"


class LinkedContract(models.Model):
    class Kind(models.TextChoices):
        CLS = "cls", _("Contrat local de santé (CLS)")
        CONTRAT_DE_VILLE = "contrat_de_ville", _("Contrat de ville")
        PEDT = "pedt", _("Projet éducatif de territoire (PEDT)")
        SDSF = "sdsf", _("Schéma départemental des services aux familles (SDSF)")
        COF = "cof", _("Convention d’objectifs et de financement (COF)")
        OTHER = "other", pgettext_lazy("contrat", "Autre contrat")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="linked_contracts")
    kind = models.CharField(_("nature"), max_length=20, choices=Kind)
    title = models.CharField(_("intitulé"), max_length=300)
    partners = models.CharField(_("avec qui"), max_length=300, blank=True)
    starts_on = PartialDateField(_("début"))
    ends_on = PartialDateField(_("fin"))
    url = models.URLField(_("adresse"), max_length=500, blank=True)
    note = models.TextField(_("précisions"), blank=True)

    class Meta:
        ordering = ["kind", "title", "pk"]

    def __str__(self):
        return self.title


class LegalVisa(models.Model):
    """A « Vu… » at the head of the convention."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="visas")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(_("visa"), max_length=500)
    url = models.URLField(_("adresse du texte"), max_length=500, blank=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.text


class CooperationPost(models.Model):
    """A chargé de coopération: who holds it, who employs, and which share of a full-time post."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="cooperation_posts")
    holder = models.CharField(_("qui"), max_length=160, blank=True)
    employer = models.CharField(_("employeur"), max_length=200)
    mission = models.CharField(_("mission"), max_length=300, blank=True)
    # Small fractions are usual: 7 hours a week is 0.20.
    fte_share = models.DecimalField(
        _("quotité (ETP)"),
        max_digits=3,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    starts_on = PartialDateField(_("début"))
    ends_on = PartialDateField(_("fin"))

    class Meta:
        ordering = ["employer", "holder", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fte_share__gt=0, fte_share__lte=1), name="cooperation_post_is_a_share_of_one"
            )
        ]

    def __str__(self):
        return self.holder or self.employer


class AgreementVersion(models.Model):
    """The whole agreement as it stood: facts, parties, plan, money, in one canonical JSON text.

    A draft is taken again from live data until it is signed; from then on it never changes, nor does
    the PDF made of it that day, so that both print years later exactly as signed.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", _("Convention")
        AMENDMENT = "amendment", _("Avenant")

    class State(models.TextChoices):
        DRAFT = "draft", _("Projet")
        SIGNED = "signed", _("Signée")

    convention = models.ForeignKey(Convention, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    title = models.CharField(_("intitulé"), max_length=200)
    purpose = models.TextField(_("objet"), blank=True)
    effective_on = PartialDateField(_("effet"))
    signed_on = PartialDateField(_("signature"))
    content_json = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    # The PDF frozen with a signed version.
    printed = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["convention", "number"], name="agreement_version_once"),
            models.CheckConstraint(
                condition=Q(state="draft", frozen_at__isnull=True)
                | Q(state="signed", frozen_at__isnull=False),
                name="agreement_version_is_frozen_when_signed",
            ),
            # One draft at a time: two amendments written side by side would each undo the other.
            models.UniqueConstraint(
                fields=["convention"], condition=Q(state="draft"), name="agreement_has_one_draft"
            ),
        ]

    def __str__(self):
        return self.title


class ReportedFigure(models.Model):
    """What was published about the convention as a whole, with its source: an amount, a count, a rate.

    Kept apart from what Ansanm computes: « 50 % des actions réalisées » was 10 of 20 priority actions.
    """

    class Kind(models.TextChoices):
        MONEY = "money", _("Montant")
        COUNT = "count", _("Nombre")
        PROGRESS = "progress", _("Avancement")
        TARGET = "target", _("Cible")

    class Precision(models.TextChoices):
        EXACT = "exact", _("exact")
        ABOUT = "about", _("environ")
        MORE_THAN = "more_than", _("plus de")
        CEILING = "ceiling", _("au plus")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="reported_figures")
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    label = models.CharField(_("ce qui est dit"), max_length=300)
    period = models.CharField(_("période"), max_length=40, blank=True)
    value = models.DecimalField(_("valeur"), max_digits=14, decimal_places=2, null=True, blank=True)
    precision = models.CharField(_("exactitude"), max_length=10, choices=Precision, default=Precision.EXACT)
    unit = models.CharField(_("unité"), max_length=30, blank=True)
    funder = models.CharField(_("financeur"), max_length=200, blank=True)
    scope = models.CharField(_("périmètre"), max_length=300, blank=True)
    numerator = models.PositiveIntegerField(_("numérateur"), null=True, blank=True)
    denominator = models.PositiveIntegerField(_("dénominateur"), null=True, blank=True)
    denominator_meaning = models.CharField(_("ce que compte le dénominateur"), max_length=200, blank=True)
    source_title = models.CharField(_("source"), max_length=300)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    source_on = PartialDateField(_("date de la source"))

    class Meta:
        ordering = ["kind", "period", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(denominator__isnull=True) | Q(denominator__gt=0),
                name="reported_figure_divides_by_something",
            )
        ]

    def __str__(self):
        return self.label
