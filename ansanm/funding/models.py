"""What a Caf knows of the scales and the national files do not: each value with its source and its author."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ansanm.engines.funding.parameters import Parameter, Source, Status, Value, national


class EnteredValueQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(replaced_by__isnull=True, withdrawn_at__isnull=True)

    def places(self) -> list[str]:
        """Return the départements where one of these counts."""
        held = self.values_list("departement_code", "organisation__insee_code").distinct()
        return sorted({code or its_own for code, its_own in held.order_by()} - {""})

    def holding_in(self, departement_code, caf=None):
        """Those that count in a département: of its own Caf, or of the Caf given."""
        its_own = Q(organisation__insee_code=departement_code)
        if caf is not None:
            its_own = Q(organisation=caf)
        wanted = Q(departement_code="") & its_own
        if departement_code:
            wanted |= Q(departement_code=departement_code)
        return self.filter(wanted).select_related("organisation")


class EnteredValue(models.Model):
    """One value of one parameter from one day on. Nothing is overwritten: a correction is another row."""

    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="entered_values", verbose_name=_("Caf")
    )
    # "" is wherever this Caf works.
    departement_code = models.CharField(_("département"), max_length=3, blank=True)
    parameter = models.CharField(_("paramètre"), max_length=80)
    valid_from = models.DateField(_("à partir du"))
    value = models.DecimalField(_("valeur"), max_digits=14, decimal_places=6, null=True, blank=True)
    month_day = models.CharField(_("jour de l’année"), max_length=5, blank=True)  # "03-31"
    source_title = models.CharField(_("source"), max_length=200)
    source_url = models.URLField(_("adresse de la source"), max_length=500)
    source_read_on = models.DateField(_("lue le"))
    note = models.CharField(_("précisions"), max_length=500, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)
    replaced_by = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(_("raison"), max_length=300, blank=True)

    objects = EnteredValueQuerySet.as_manager()

    class Meta:
        verbose_name = _("valeur saisie par une Caf")
        verbose_name_plural = _("valeurs saisies par les Caf")
        ordering = ["parameter", "valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__isnull=False, value__gte=0, month_day="")
                | Q(value__isnull=True, month_day__regex=r"^[01]\d-[0-3]\d$"),
                name="entered_value_is_a_number_or_a_day",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, replaced_by__isnull=True),
                name="entered_value_withdrawn_at_and_by_together",
            ),
            models.UniqueConstraint(
                "organisation", "departement_code", "parameter", "valid_from",
                condition=Q(replaced_by__isnull=True, withdrawn_at__isnull=True),
                name="entered_value_stands_once",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.parameter} {self.valid_from:%d/%m/%Y}"

    @property
    def law(self) -> Parameter | None:
        """The parameter of the national files, None when they no longer have it."""
        return national().by_id.get(self.parameter)

    @property
    def is_standing(self) -> bool:
        return self.replaced_by_id is None and self.withdrawn_at is None

    def as_value(self) -> Value:
        """Return it as the engines read it."""
        source = Source(self.source_title, self.source_url, self.source_read_on.isoformat())
        note = {"fr": self.note, "en": self.note} if self.note else None
        # « 5.500000 » of the database is « 5.5 » as it was typed.
        known = self.month_day if self.value is None else exact(self.value)
        return Value(
            self.valid_from, known, Status.ENTERED, source, note=note, entered_by=self.organisation.name
        )


def exact(value):
    """A Decimal without the zeros that the database adds behind it: « 5.500000 » is « 5.5 »."""
    plain = value.normalize()
    return plain.quantize(1) if plain.as_tuple().exponent > 0 else plain


class ScenarioQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)


class Scenario(models.Model):
    """What somebody asked of a simulator, kept to be opened again: the questions, never the answers.

    The answers are computed at each reading, from the scales of that day.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("Ouvrir une crèche")
        CHANGE = "change", _("Changer une crèche")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="scenarios")
    title = models.CharField(_("titre"), max_length=120)
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    territory = models.ForeignKey(
        "territories.Territory", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # As they were typed: {field: text}.
    inputs = models.JSONField()
    # Grows at each change: a form opened on an older version is refused.
    version = models.PositiveIntegerField(default=1)
    # Of the address that lets anybody read; the address itself is kept nowhere.
    token_sha256 = models.CharField(max_length=64, unique=True, null=True, editable=False)
    shared_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = _("simulation enregistrée")
        verbose_name_plural = _("simulations enregistrées")
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(token_sha256__isnull=True, shared_at__isnull=True)
                | Q(token_sha256__isnull=False, shared_at__isnull=False),
                name="scenario_link_and_its_day_together",
            ),
        ]

    def __str__(self):
        return self.title
