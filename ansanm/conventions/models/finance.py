"""The money of an equipment: its yearly agreement with the Caf, what is declared, paid and booked."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models.agreement import StoredFile
from ansanm.conventions.models.convention import Convention
from ansanm.conventions.models.equipment import Equipment

FIRST_YEAR, LAST_YEAR = 2002, 2100


def person(related_name="+"):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name=related_name
    )


class Device(models.TextChoices):
    """What a Caf pays for; one agreement (COF) each."""

    EAJE = "eaje", _("PSU et bonus (EAJE)")
    ALSH = "alsh", _("Prestation de service ALSH")
    LAEP = "laep", _("Prestation de service LAEP")
    RPE = "rpe", _("Prestation de service RPE")
    LUDOTHEQUE = "ludotheque", _("Aide aux ludothèques")
    CENTRE_SOCIAL = "centre_social", _("Prestations de service centre social")
    EVS = "evs", _("Prestation de service EVS")
    CLAS = "clas", _("Prestation de service CLAS")
    PARS = "pars", _("Restauration scolaire (PARS)")
    COOPERATION = "cooperation", _("Chargé de coopération")


class EquipmentManager(models.Model):
    """Who declares for an equipment."""

    equipment = models.ForeignKey(Equipment, models.CASCADE, related_name="managers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="managed_equipment")
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__last_name", "user__first_name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["equipment", "user"], name="equipment_has_each_manager_once")
        ]

    def __str__(self):
        return f"{self.user} · {self.equipment}"


class FundingAgreement(models.Model):
    """A COF for one year: one equipment, one device, and the terms that the Caf fixes."""

    class Employer(models.TextChoices):
        PUBLIC = "public", _("Public")
        PRIVATE = "private", _("Privé (association ou entreprise)")

    convention = models.ForeignKey(Convention, models.PROTECT, related_name="funding_agreements")
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, related_name="funding_agreements", verbose_name=_("équipement")
    )
    device = models.CharField(_("dispositif"), max_length=20, choices=Device)
    year = models.PositiveSmallIntegerField(
        _("année"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    reference = models.CharField(_("référence de la Caf"), max_length=60, blank=True)
    beneficiary = models.CharField(_("bénéficiaire"), max_length=200, blank=True)
    authorised_places = models.PositiveIntegerField(_("places autorisées"), null=True, blank=True)
    employer = models.CharField(_("employeur"), max_length=10, choices=Employer, blank=True)
    general_scheme_percent = models.DecimalField(
        _("taux de ressortissants du régime général, en %"), max_digits=5, decimal_places=2, default=100,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    # The bonus of the territory, as the Caf notifies it once the existing offer is smoothed.
    territory_units = models.DecimalField(
        _("offre existante, en unités"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    territory_per_unit_eur = models.DecimalField(
        _("bonus territoire par unité, en euros"), max_digits=10, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    new_places = models.PositiveIntegerField(_("places nouvelles"), null=True, blank=True)
    is_priority_area = models.BooleanField(_("en QPV ou zone FRR"), null=True, blank=True)
    # Of the whole territory: what the bonus of its growth looks at.
    places_2023 = models.PositiveIntegerField(_("places du territoire en 2023"), null=True, blank=True)
    places_now = models.PositiveIntegerField(_("places du territoire aujourd’hui"), null=True, blank=True)
    is_fictitious = models.BooleanField(_("fictif"), default=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    opened_by = person()
    opened_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-year", "equipment__name", "device", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["equipment", "device", "year"], name="one_cof_a_device_and_year"),
            models.CheckConstraint(condition=Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="cof_is_of_a_year"),
            models.CheckConstraint(
                condition=Q(general_scheme_percent__range=(0, 100)), name="cof_general_scheme_is_a_share"
            ),
        ]

    def __str__(self):
        return f"{self.equipment} · {self.get_device_display()} · {self.year}"

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None


class Phase(models.TextChoices):
    FORECAST = "forecast", _("Prévisionnelle")
    UPDATE_1 = "update_1", _("Actualisée, janvier à juin")
    UPDATE_2 = "update_2", _("Actualisée, janvier à septembre")
    ACTUAL = "actual", _("Réelle")


class FundingDeclaration(models.Model):
    """What a manager says of the year, and what it gives right to with the values of that day."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Brouillon")
        SENT = "sent", _("Envoyée à la Caf")
        RETURNED = "returned", _("À corriger")
        VALIDATED = "validated", _("Validée")

    agreement = models.ForeignKey(FundingAgreement, models.PROTECT, related_name="declarations")
    phase = models.CharField(_("déclaration"), max_length=10, choices=Phase)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    # {field of the device: its value as text}, checked by finance.devices; never anything else.
    content = models.JSONField(default=dict)
    # The components with their lines and the values used, as finance.explained writes them.
    computed = models.JSONField(default=list)
    # None: a value that the Caf publishes is still missing.
    total_cents = models.BigIntegerField(null=True)
    reason = models.TextField(_("motif"), blank=True)
    sent_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    by = person()
    at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["agreement", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "phase"], name="one_declaration_a_phase"),
            models.CheckConstraint(
                condition=~Q(state="validated") | Q(total_cents__isnull=False),
                name="validated_declaration_has_its_total",
            ),
        ]

    def __str__(self):
        return f"{self.agreement} · {self.get_phase_display()}"

    @property
    def total_eur(self) -> Decimal | None:
        return None if self.total_cents is None else Decimal(self.total_cents) / 100


class FundingDeclarationRevision(models.Model):
    """A declaration as it stood at one version."""

    declaration = models.ForeignKey(FundingDeclaration, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=FundingDeclaration.State)
    content = models.JSONField()
    computed = models.JSONField()
    total_cents = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    by = person()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["declaration", "version"], name="one_declaration_revision")
        ]

    def __str__(self):
        return f"{self.declaration} · {self.version}"

    @property
    def total_eur(self) -> Decimal | None:
        return None if self.total_cents is None else Decimal(self.total_cents) / 100


class PlannedPayment(models.Model):
    """What the Caf is to pay, and from when."""

    class Kind(models.TextChoices):
        ADVANCE_1 = "advance_1", _("Premier acompte")
        ADVANCE_2 = "advance_2", _("Second acompte")
        BALANCE = "balance", _("Solde")

    agreement = models.ForeignKey(FundingAgreement, models.PROTECT, related_name="planned_payments")
    kind = models.CharField(max_length=10, choices=Kind)
    due_on = models.DateField()
    amount_cents = models.BigIntegerField()
    explanation = models.JSONField()

    class Meta:
        ordering = ["agreement", "due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "kind"], name="one_planned_payment_of_a_kind"),
            models.CheckConstraint(condition=Q(amount_cents__gte=0), name="planned_payment_is_not_negative"),
        ]

    def __str__(self):
        return f"{self.agreement} · {self.get_kind_display()}"


class DueDocument(models.Model):
    """A paper that the Caf waits for."""

    class Kind(models.TextChoices):
        BUDGET = "budget", _("Budget prévisionnel")
        ACCOUNTS = "accounts", _("Compte de résultat")
        ACTIVITY = "activity", _("Justificatif d’activité")
        AUTHORISATION = "authorisation", _("Avis ou autorisation de la PMI")
        RULES = "rules", _("Règlement de fonctionnement")
        PROJECT = "project", _("Projet d’établissement ou projet social")
        BANK = "bank", _("RIB")
        STATUTES = "statutes", _("Statuts et SIRET")
        CHARTER = "charter", _("Charte de la laïcité signée")
        FILOUE = "filoue", _("Enquête Filoué : fichier déposé")
        OTHER = "other", _("Autre pièce")

    class State(models.TextChoices):
        MISSING = "missing", _("Manquante")
        RECEIVED = "received", _("Reçue")
        REFUSED = "refused", _("Refusée")

    agreement = models.ForeignKey(FundingAgreement, models.PROTECT, related_name="due_documents")
    kind = models.CharField(_("pièce"), max_length=20, choices=Kind)
    label = models.CharField(_("précision"), max_length=200, blank=True)
    due_on = models.DateField(_("due le"), null=True, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.MISSING)
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    file = models.ForeignKey(
        StoredFile, models.SET_NULL, null=True, editable=False, related_name="due_documents"
    )
    at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["agreement", "pk"]

    def __str__(self):
        return self.label or str(self.get_kind_display())


class PaymentBatch(models.Model):
    """A list of payments as it was brought; the same list twice is one."""

    convention = models.ForeignKey(Convention, models.PROTECT, related_name="payment_batches")
    name = models.CharField(max_length=200)
    content_sha256 = models.CharField(max_length=64)
    by = person()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["convention", "content_sha256"], name="payment_list_once")
        ]

    def __str__(self):
        return self.name


class Payment(models.Model):
    """A payment that the Caf made, or money given back to it (negative); Ansanm makes none."""

    convention = models.ForeignKey(Convention, models.PROTECT, related_name="payments")
    batch = models.ForeignKey(PaymentBatch, models.PROTECT, related_name="payments")
    row = models.PositiveIntegerField()
    paid_on = models.DateField(_("payé le"))
    amount_cents = models.BigIntegerField()
    beneficiary = models.CharField(_("bénéficiaire"), max_length=200, blank=True)
    reference = models.CharField(_("référence"), max_length=100, blank=True)
    label = models.CharField(_("libellé"), max_length=300, blank=True)
    agreement = models.ForeignKey(FundingAgreement, models.PROTECT, null=True, related_name="payments")
    # Of 100; None where a person matched it.
    score = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-paid_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "row"], name="payment_is_one_row"),
            models.CheckConstraint(condition=~Q(amount_cents=0), name="payment_is_some_money"),
        ]

    def __str__(self):
        return f"{self.beneficiary} · {self.paid_on}"


class Account(models.TextChoices):
    """What an amount stands in: debit is positive, credit negative."""

    COMMITTED = "committed", _("Engagements de la Caf")
    COMMITTED_FOR = "committed_for", _("Contrepartie des engagements")
    ENTITLED = "entitled", _("Droits de l’année")
    DUE = "due", _("Reste à verser aux gestionnaires")
    ADVANCES = "advances", _("Acomptes versés")
    OVERPAID = "overpaid", _("Trop-perçus à rendre")
    ACCRUED = "accrued", _("Charges à payer")
    UNMATCHED = "unmatched", _("Paiements à rapprocher")
    PAID = "paid", _("Paiements constatés")


class LedgerEntry(models.Model):
    """What was booked at once, for one reason. Sealed, it never changes: another entry reverses it."""

    class Kind(models.TextChoices):
        COMMIT = "commit", _("Engagement")
        RELEASE = "release", _("Fin d’engagement")
        PAYMENT = "payment", _("Paiement constaté")
        MATCH = "match", _("Rapprochement d’un paiement")
        ENTITLE = "entitle", _("Droit arrêté")
        OFFSET = "offset", _("Imputation des paiements")
        ACCRUE = "accrue", _("Charge à payer au 31 décembre")
        REVERSE = "reverse", _("Contre-passation")

    convention = models.ForeignKey(Convention, models.PROTECT, related_name="ledger_entries")
    kind = models.CharField(_("écriture"), max_length=10, choices=Kind)
    booked_on = models.DateField(_("date"))
    agreement = models.ForeignKey(FundingAgreement, models.PROTECT, null=True, related_name="ledger_entries")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="ledger_entries")
    declaration = models.ForeignKey(
        FundingDeclaration, models.PROTECT, null=True, related_name="ledger_entries"
    )
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    note = models.CharField(max_length=500, blank=True)
    by = person()
    at = models.DateTimeField(auto_now_add=True)
    is_sealed = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["convention", "booked_on"], name="ledger_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="only_a_reversal_reverses",
            ),
            models.CheckConstraint(condition=~Q(reverses=F("pk")), name="no_entry_reverses_itself"),
        ]

    def __str__(self):
        return f"{self.pk} · {self.get_kind_display()}"


class LedgerPostingQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(entry__is_sealed=True)

    def of_convention(self, convention):
        return self.standing().filter(entry__convention=convention)


class LedgerPosting(models.Model):
    """One side of an entry. Cents: SQLite adds decimals as floats, and a sum must be exactly zero."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="postings")
    account = models.CharField(_("compte"), max_length=14, choices=Account)
    agreement = models.ForeignKey(FundingAgreement, models.PROTECT, null=True, related_name="postings")
    amount_cents = models.BigIntegerField()

    objects = LedgerPostingQuerySet.as_manager()

    class Meta:
        ordering = ["entry", "pk"]
        indexes = [models.Index(fields=["agreement", "account"], name="posting_by_account")]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="posting_is_some_money"),
        ]

    def __str__(self):
        return f"{self.account} · {self.amount_cents}"


class FinancePublication(models.Model):
    """Whether a convention shows to anyone who pays for what, and what it says beside."""

    convention = models.OneToOneField(Convention, models.CASCADE, related_name="finance_publication")
    is_public = models.BooleanField(_("publier qui paie quoi"), default=False)
    note = models.TextField(_("mot de la convention"), blank=True, max_length=2000)
    by = person()
    at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self):
        return str(self.convention)
