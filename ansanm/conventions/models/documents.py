"""The papers of a convention: articles and annexes, délibérations, templates, sheets signed in ink."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models.agreement import AgreementVersion, StoredFile
from ansanm.conventions.models.convention import Convention, ConventionParty, PartialDateField
from ansanm.conventions.models.plan import new_key


class DocumentSettings(models.Model):
    """What every document of the convention carries."""

    convention = models.OneToOneField(Convention, models.CASCADE, related_name="document_settings")
    logo = models.ForeignKey(StoredFile, models.SET_NULL, null=True, blank=True, related_name="+")
    # What a screen reader says of it.
    logo_text = models.CharField(_("texte du logo"), max_length=200, blank=True)
    header = models.CharField(_("en-tête"), max_length=200, blank=True)
    footer = models.CharField(_("pied de page"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self):
        return str(self.convention)


class Article(models.Model):
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="articles")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=24, default=new_key, editable=False)
    heading = models.CharField(_("titre"), max_length=200)
    # Paragraphs separated by a blank line; a line that begins with « - » is an item of a list.
    text = models.TextField(_("texte"), blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["convention", "key"], name="article_key_once")]

    def __str__(self):
        return self.heading


class Annex(models.Model):
    """One annex, written from live data, typed, or brought as a PDF whose pages join the numbering."""

    class Kind(models.TextChoices):
        MEANS = "means", _("Moyens mobilisés par chaque partenaire")
        DIAGNOSIS = "diagnosis", _("Diagnostic partagé")
        EQUIPMENT = "equipment", _("Équipements et services soutenus")
        GOVERNANCE = "governance", _("Gouvernance")
        ACTIONS = "actions", _("Fiches actions")
        EVALUATION = "evaluation", _("Évaluation")
        DELIBERATIONS = "deliberations", _("Délibérations")
        DATA_EXCHANGE = "data_exchange", _("Conventions d’échange de données")
        OTHER_PLAN = "other_plan", _("Plan d’un autre contrat")
        FREE = "free", _("Autre annexe")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="annexes")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(_("nature"), max_length=14, choices=Kind)
    title = models.CharField(_("titre"), max_length=200, blank=True)
    text = models.TextField(_("texte"), blank=True)
    file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, blank=True, related_name="+")
    is_included = models.BooleanField(_("dans la convention"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title or self.get_kind_display()


class Deliberation(models.Model):
    """The text an assembly votes to bind itself; its number and date, once voted, are the party's."""

    party = models.ForeignKey(ConventionParty, models.CASCADE, related_name="deliberations")
    # None: for the convention; else for that amendment.
    agreement_version = models.ForeignKey(
        AgreementVersion, models.CASCADE, null=True, blank=True, related_name="deliberations"
    )
    title = models.CharField(_("objet"), max_length=300)
    rapporteur = models.CharField(_("rapporteur"), max_length=160, blank=True)
    session_on = PartialDateField(_("séance du"))
    text = models.TextField(_("texte"), blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.title


class DocumentTemplate(models.Model):
    """A Word file the city changed, with its logo and its style; checked when it is brought."""

    class Kind(models.TextChoices):
        CONVENTION = "convention", _("Convention et annexes")
        DELIBERATION = "deliberation", _("Délibération")
        FICHE = "fiche", _("Fiche action")
        AMENDMENT = "amendment", _("Avenant")
        MINUTES = "minutes", _("Compte rendu")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="document_templates")
    kind = models.CharField(_("document"), max_length=14, choices=Kind)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    brought_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    brought_at = models.DateTimeField(auto_now_add=True)
    # The newest of its kind that is not retired is used.
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "-brought_at", "-pk"]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.file})"


class SignatureSheet(models.Model):
    """What is printed for a signature in ink; each page carries the code by which its scan comes home."""

    agreement_version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="signature_sheets")
    code = models.CharField(max_length=24, unique=True)
    # Of the text printed: a scan of a draft that changed since says so.
    content_sha256 = models.CharField(max_length=64)
    n_pages = models.PositiveSmallIntegerField()
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    printed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-printed_at", "-pk"]

    def __str__(self):
        return self.code


class SignatureScan(models.Model):
    """A scanned file, put on its version by its code, or waiting for somebody to say where it belongs."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="signature_scans")
    sheet = models.ForeignKey(SignatureSheet, models.SET_NULL, null=True, blank=True, related_name="scans")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    # Which pages of the sheet were found on it.
    pages = models.JSONField(default=list)
    # "read": by its code; "by_hand"; "" waits.
    placed = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return self.file.name
