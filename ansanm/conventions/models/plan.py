"""The plan: stakes and objectives as a tree, actions, their operations, calendar, indicators, money."""

import secrets
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ansanm.conventions.models.agreement import StoredFile
from ansanm.conventions.models.convention import Convention, PartialDateField
from ansanm.engines.vague_dates import VagueDate, parse_canonical
from ansanm.engines.written import Unreadable


def new_key() -> str:
    """What a row of a fiche is known by across versions: a restored row gets its key back, not its pk."""
    return secrets.token_hex(6)


class House(models.TextChoices):
    """The two institutions that write the plan, and what they hold together."""

    CITY = "city", _("Collectivité")
    CAF = "caf", _("Caf")
    SHARED = "shared", _("Partagé")


class Status(models.TextChoices):
    """As practitioners say it. Blocked and late are not statuses: they are read from the calendar."""

    TO_DISCUSS = "to_discuss", _("À discuter")
    PLANNED = "planned", _("À lancer")
    STARTED = "started", _("En cours")
    PAUSED = "paused", _("En pause")
    DONE = "done", _("Réalisée")
    ABANDONED = "abandoned", _("Abandonnée")


# Nothing more is to be done.
CLOSED = (Status.DONE, Status.ABANDONED)


def check_vague_date(text):
    try:
        parse_canonical(text)
    except Unreadable as unreadable:
        raise ValidationError(
            _("« %(text)s » n’est pas une date."), code=unreadable.reason, params={"text": text}
        ) from unreadable


class VagueDateField(models.CharField):
    """The canonical text of `engines.vague_dates`; "" is « non publié »."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 24, "blank": True, "default": "", **kwargs})
        self.validators = [*self.validators, check_vague_date]


class PlanTheme(models.Model):
    """One of the themes of a convention: the seven of the founding article, or others."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="themes")
    # The key of the seven national themes (ui/themes): it gives the colour and the icon.
    slug = models.SlugField(max_length=40)
    label = models.CharField(_("thématique"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["convention", "slug"], name="convention_has_each_theme_once")
        ]

    def __str__(self):
        return self.label


class PlanNode(models.Model):
    """A stake, an objective, or any level between: stake → objective → action, levels optional."""

    class Kind(models.TextChoices):
        STAKE = "stake", _("Enjeu")
        OBJECTIVE = "objective", _("Objectif")
        STEP = "step", _("Objectif opérationnel")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="nodes")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(_("niveau"), max_length=12, choices=Kind)
    position = models.PositiveSmallIntegerField(default=0)
    # "" is « non publié »: the five stakes of Saint-Denis are counted, not named.
    label = models.CharField(_("intitulé"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        if self.label:
            return self.label
        return _("%(kind)s %(n)s (nom non publié)") % {
            "kind": self.get_kind_display(),
            "n": self.position + 1,
        }


class PlanActor(models.Model):
    """An organisation as the plan names it: one row whatever the spellings, kept as aliases."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="actors")
    name = models.CharField(_("organisme ou service"), max_length=200)
    aliases = models.JSONField(_("autres noms"), default=list, blank=True)
    # The house that answers for it, for the houses' own fields; "" is a partner.
    house = models.CharField(_("maison"), max_length=10, choices=House, blank=True)
    organisation = models.ForeignKey(
        "accounts.Organisation", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["convention", "name"], name="convention_names_each_actor_once")
        ]

    def __str__(self):
        return self.name


class ActionQuerySet(models.QuerySet):
    def standing(self):
        """Those that are not in the bin."""
        return self.filter(deleted_at__isnull=True)

    def open(self):
        """Those still to be done."""
        return self.standing().exclude(status__in=CLOSED)

    def binned(self):
        return self.filter(deleted_at__isnull=False)

    def with_all(self):
        """With what a list or an export shows, in a fixed number of queries."""
        return self.select_related("node__parent__parent", "pilot", "pilot_user").prefetch_related(
            "themes", "partners__actor", "places__territory", "milestones", "operations"
        )

    def with_content(self):
        """With all that `plan.content.content_of` reads: a fiche of thirty indicators asks no more."""
        return self.with_all().prefetch_related("indicators__targets", "financing_lines", "links")


class Action(models.Model):
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="actions")
    node = models.ForeignKey(
        PlanNode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="actions",
        verbose_name=_("rattachement"),
    )
    # The number of the fiche as the convention prints it; "" where it has none.
    number = models.CharField(_("numéro"), max_length=20, blank=True)
    title = models.CharField(_("intitulé"), max_length=300)
    position = models.PositiveIntegerField(default=0)
    themes = models.ManyToManyField(PlanTheme, blank=True, related_name="actions")
    is_priority = models.BooleanField(_("prioritaire"), default=False)
    # Which house leads: the calendar, the status and the steps are then its own to change.
    lead_house = models.CharField(_("maison pilote"), max_length=10, choices=House, default=House.SHARED)

    context = models.TextField(_("constat"), blank=True)
    objective = models.TextField(_("objectifs"), blank=True)
    description = models.TextField(_("description"), blank=True)
    publics = models.CharField(_("publics"), max_length=500, blank=True)
    n_people_target = models.PositiveIntegerField(_("nombre de personnes visées"), null=True, blank=True)
    place_note = models.CharField(_("précisions sur les lieux"), max_length=300, blank=True)

    pilot = models.ForeignKey(
        PlanActor, models.PROTECT, null=True, blank=True, related_name="piloted", verbose_name=_("pilote")
    )
    pilot_person = models.CharField(_("nom et fonction du pilote"), max_length=200, blank=True)
    pilot_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="piloted_actions",
        verbose_name=_("compte du pilote"),
    )
    caf_counterpart = models.CharField(_("interlocuteur Caf"), max_length=200, blank=True)
    elected_referent = models.CharField(_("élu référent"), max_length=200, blank=True)

    starts = VagueDateField(_("début"))
    ends = VagueDateField(_("fin"))
    # What the two texts above frame, for sorting and warning; kept by save().
    starts_first_on = models.DateField(null=True, editable=False)
    ends_last_on = models.DateField(null=True, editable=False)

    status = models.CharField(_("état"), max_length=12, choices=Status, default=Status.PLANNED)
    status_reason = models.TextField(_("motif de la pause ou de l’abandon"), blank=True)
    # When the status was last known to hold, where it is told by a source.
    status_as_of = PartialDateField(_("état connu en"))

    staff_fte = models.DecimalField(
        _("moyens humains (ETP)"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(999)],
    )
    means = models.TextField(_("autres moyens"), blank=True)
    caf_devices = models.CharField(_("dispositifs Caf mobilisés"), max_length=500, blank=True)
    funding_note = models.TextField(_("financement, en mots"), blank=True)
    expected_results = models.TextField(_("résultats attendus"), blank=True)
    risks = models.TextField(_("risques et freins"), blank=True)
    levers = models.TextField(_("leviers"), blank=True)

    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    # The fiche of the convention before, which not everybody here may read.
    continues = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="continued_by"
    )

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # The last time anybody said something about its progress: staleness is counted from here.
    progressed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Title and texts as search compares them; kept by operations.
    search_text = models.TextField(default="", editable=False)

    objects = ActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["convention", "status"], name="action_by_status"),
            models.Index(fields=["convention", "deleted_at", "position"], name="action_in_order"),
            models.Index(fields=["pilot_user"], name="action_by_pilot"),
            # The search asks on every query whether anything changed.
            models.Index(fields=["updated_at"], name="action_by_change"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="action_status_is_known"),
            models.CheckConstraint(condition=Q(lead_house__in=House.values), name="action_house_is_known"),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.starts_first_on = first_day(self.starts)
        self.ends_last_on = last_day(self.ends)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "starts_first_on", "ends_last_on", "updated_at"}
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("action", args=[self.convention.slug, self.pk])

    @property
    def starts_vague(self) -> VagueDate | None:
        return parse_canonical(self.starts) if self.starts else None

    @property
    def ends_vague(self) -> VagueDate | None:
        return parse_canonical(self.ends) if self.ends else None

    @property
    def is_open(self) -> bool:
        """Still to be done: neither done nor abandoned."""
        return self.status not in CLOSED

    def is_late(self, on: date) -> bool:
        """Its end is past and it is open, or its start is wholly past and nobody began."""
        if not self.is_open:
            return False
        if self.ends and self.ends_vague.is_past(on):
            return True
        begun = self.status not in {Status.PLANNED, Status.TO_DISCUSS}
        return bool(not begun and self.starts and self.starts_vague.is_past(on))


def first_day(text: str) -> date | None:
    return parse_canonical(text).first_on if text else None


def last_day(text: str) -> date | None:
    return parse_canonical(text).last_on if text else None


class Operation(models.Model):
    """A column of the fiche: what it does that the others do not; "" inherits the action's cell."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="operations")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    title = models.CharField(_("opération"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    publics = models.CharField(_("publics"), max_length=500, blank=True)
    place_note = models.CharField(_("secteur"), max_length=300, blank=True)
    pilot = models.CharField(_("pilote"), max_length=200, blank=True)
    partners = models.TextField(_("partenaires"), blank=True)
    funding_note = models.TextField(_("financement"), blank=True)
    expected_results = models.TextField(_("résultats attendus"), blank=True)
    quantitative = models.TextField(_("indicateurs quantitatifs"), blank=True)
    qualitative = models.TextField(_("indicateurs qualitatifs"), blank=True)
    calendar = models.CharField(_("calendrier"), max_length=200, blank=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title


class ActionPlace(models.Model):
    """A quartier, a QPV, an IRIS or a commune where the action takes place; none is the whole of it."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="places")
    territory = models.ForeignKey("territories.Territory", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["action", "territory"], name="action_has_each_place_once")
        ]

    def __str__(self):
        return str(self.territory)


class ActionPartner(models.Model):
    action = models.ForeignKey(Action, models.CASCADE, related_name="partners")
    actor = models.ForeignKey(PlanActor, models.PROTECT, related_name="partnerships")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["action", "actor"], name="action_has_each_partner_once")
        ]

    def __str__(self):
        return str(self.actor)


class Milestone(models.Model):
    action = models.ForeignKey(Action, models.CASCADE, related_name="milestones")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    title = models.CharField(_("jalon"), max_length=300)
    due = VagueDateField(_("échéance"))
    due_last_on = models.DateField(null=True, editable=False)
    done_on = PartialDateField(_("atteint le"))

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.due_last_on = last_day(self.due)
        super().save(*args, **kwargs)


class ActionIndicator(models.Model):
    class Kind(models.TextChoices):
        QUANTITATIVE = "quantitative", _("Quantitatif")
        QUALITATIVE = "qualitative", _("Qualitatif")

    class Nature(models.TextChoices):
        MEANS = "means", _("Réalisation")
        RESULT = "result", _("Résultat")
        IMPACT = "impact", _("Effet")

    action = models.ForeignKey(Action, models.CASCADE, related_name="indicators")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    label = models.CharField(_("indicateur"), max_length=300)
    kind = models.CharField(_("nature"), max_length=12, choices=Kind, default=Kind.QUANTITATIVE)
    nature = models.CharField(_("ce qu’il mesure"), max_length=10, choices=Nature, default=Nature.RESULT)
    unit = models.CharField(_("unité"), max_length=40, blank=True)
    baseline_value = models.DecimalField(
        _("valeur de départ"), max_digits=14, decimal_places=3, null=True, blank=True
    )
    baseline_on = PartialDateField(_("date de la valeur de départ"))
    # The id of an indicator of the diagnosis, where it is one.
    diagnosis_indicator = models.CharField(_("indicateur du diagnostic"), max_length=80, blank=True)
    # Taken off the fiche, with its measures kept: an undo or a restore brings both back.
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.label


class IndicatorTarget(models.Model):
    indicator = models.ForeignKey(ActionIndicator, models.CASCADE, related_name="targets")
    value = models.DecimalField(_("cible"), max_digits=14, decimal_places=3, null=True, blank=True)
    text = models.CharField(_("cible en mots"), max_length=200, blank=True)
    due = VagueDateField(_("échéance"))

    class Meta:
        ordering = ["due", "pk"]

    def __str__(self):
        return self.text or str(self.value)


class IndicatorMeasure(models.Model):
    indicator = models.ForeignKey(ActionIndicator, models.CASCADE, related_name="measures")
    measured_on = PartialDateField(_("date"), blank=False)
    value = models.DecimalField(_("valeur"), max_digits=14, decimal_places=3, null=True, blank=True)
    text = models.CharField(_("constat en mots"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Who measured when no account did: the name on a contributor's link.
    by_name = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["measured_on", "pk"]

    def __str__(self):
        return self.text or str(self.value)


def amount_of(title):
    return models.DecimalField(
        title, max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )


class FinancingLine(models.Model):
    """Who pays what, for which year: of an action, or of the whole convention where none is named."""

    class Precision(models.TextChoices):
        EXACT = "exact", _("exact")
        ABOUT = "about", _("environ")
        CEILING = "ceiling", _("au plus")
        MORE_THAN = "more_than", _("plus de")
        TO_DEFINE = "to_define", _("à définir")

    class Nature(models.TextChoices):
        INVESTMENT = "investment", _("investissement")
        OPERATION = "operation", _("fonctionnement")

    class Tax(models.TextChoices):
        WITHOUT = "ht", _("hors taxes (HT)")
        WITH = "ttc", _("toutes taxes comprises (TTC)")

    class CommonLaw(models.TextChoices):
        WITHIN = "within", _("avec le droit commun")
        BEYOND = "beyond", _("hors droit commun")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="financing_lines")
    action = models.ForeignKey(Action, models.CASCADE, null=True, blank=True, related_name="financing_lines")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    funder = models.ForeignKey(PlanActor, models.PROTECT, related_name="financing_lines")
    year = models.PositiveSmallIntegerField(
        _("année"), null=True, blank=True, validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    amount_eur = models.DecimalField(
        _("montant"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    precision = models.CharField(_("exactitude"), max_length=10, choices=Precision, default=Precision.EXACT)
    scope = models.CharField(_("périmètre"), max_length=300, blank=True)
    # "": of the action as a whole; a key and no foreign key, so that a fiche stays one plain dictionary.
    operation = models.CharField(_("opération"), max_length=12, blank=True)
    device = models.CharField(_("dispositif"), max_length=120, blank=True)
    # Each "" where nobody told it.
    nature = models.CharField(_("nature"), max_length=10, choices=Nature, blank=True)
    tax = models.CharField(_("taxes"), max_length=3, choices=Tax, blank=True)
    common_law = models.CharField(_("droit commun"), max_length=6, choices=CommonLaw, blank=True)
    # The road of the money; `amount_eur` is what the plan foresees. None: not known, never zero.
    asked_eur = amount_of(_("montant demandé"))
    promised_eur = amount_of(_("montant promis"))
    committed_eur = amount_of(_("montant engagé"))
    paid_eur = amount_of(_("montant payé"))
    # Given in kind: the posts whose worth is `amount_eur`. None: it is money.
    in_kind_fte = models.DecimalField(
        _("ETP mis à disposition"), max_digits=6, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    # "quartier:974110101": the place it is for, in the words of `ActionPlace`; "": the whole action.
    place = models.CharField(_("lieu"), max_length=60, blank=True)
    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)

    class Meta:
        ordering = ["year", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_eur__isnull=False) | Q(precision="to_define"),
                name="financing_line_has_an_amount_or_says_it_has_none",
            ),
            models.CheckConstraint(
                condition=Q(amount_eur__isnull=True) | Q(amount_eur__gte=0),
                name="financing_line_is_not_negative",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0}),
                    name=f"financing_line_{name}_is_not_negative",
                )
                for name in ("asked_eur", "promised_eur", "committed_eur", "paid_eur", "in_kind_fte")
            ),
        ]

    def __str__(self):
        return f"{self.funder} {self.year or ''}".strip()


class ProgressNote(models.Model):
    action = models.ForeignKey(Action, models.CASCADE, related_name="progress_notes")
    text = models.TextField(_("avancement"))
    happened_on = PartialDateField(_("date"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return self.text[:80]


class ActionLink(models.Model):
    class Kind(models.TextChoices):
        NEEDS = "needs", _("a besoin de")
        CONTINUES = "continues", _("prolonge")
        RELATED = "related", pgettext_lazy("actions", "est liée à")

    action = models.ForeignKey(Action, models.CASCADE, related_name="links")
    other = models.ForeignKey(Action, models.CASCADE, related_name="links_from")
    kind = models.CharField(_("lien"), max_length=10, choices=Kind, default=Kind.RELATED)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["action", "other", "kind"], name="action_is_linked_once"),
            models.CheckConstraint(
                condition=~Q(action=models.F("other")), name="action_is_not_linked_to_itself"
            ),
        ]

    def __str__(self):
        return f"{self.action_id} {self.kind} {self.other_id}"


class ActionDocument(models.Model):
    action = models.ForeignKey(Action, models.CASCADE, related_name="documents")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    title = models.CharField(_("intitulé"), max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.title or self.file.name


class ActionRevision(models.Model):
    """The whole fiche as each save left it: what a merge starts from, what history shows and restores."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    # What made it: "create", "edit", "merge", "proposal", "restore", "bulk", "import", "contributor".
    origin = models.CharField(max_length=20, default="edit")

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["action", "version"], name="action_revision_once")]

    def __str__(self):
        return f"{self.action_id} v{self.version}"
