"""What residents and partners say, the needs written from it, and how priorities are chosen."""

import secrets
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ansanm.conventions.models.agreement import StoredFile
from ansanm.conventions.models.convention import Convention, PartialDateField
from ansanm.conventions.models.plan import Action, House, PlanNode, PlanTheme, new_key


class Channel(models.TextChoices):
    """How something was said; the same standing whatever the way."""

    ONLINE = "online", _("En ligne")
    PAPER = "paper", _("Sur papier")
    WORKSHOP = "workshop", _("En atelier")
    SPOKEN = "spoken", _("De vive voix")
    LETTER = "letter", _("Par courrier ou e-mail")


class ConsultationPage(models.Model):
    """What the public reads of a convention's concertation: nothing until it is published."""

    convention = models.OneToOneField(Convention, models.CASCADE, related_name="consultation_page")
    introduction = models.TextField(_("présentation"), blank=True)
    # Free contributions, without a survey.
    takes_contributions = models.BooleanField(_("recueillir des contributions libres"), default=False)
    # Kept for the analysis is not meant for the poster: those quoted are chosen one by one.
    quotes = models.ManyToManyField("conventions.Contribution", related_name="+", blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self):
        return str(self.convention)


class SurveyQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)

    def public(self):
        """Those that somebody outside may read: they are, or were, open."""
        return self.standing().exclude(state=Survey.State.DRAFT)


class Survey(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("En préparation")
        OPEN = "open", _("Ouverte")
        CLOSED = "closed", _("Close")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="surveys")
    # Its public address, short enough for a poster.
    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    title = models.CharField(_("titre"), max_length=200)
    introduction = models.TextField(_("présentation"), blank=True)
    thanks = models.TextField(_("remerciement"), blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    opens_on = models.DateField(_("ouverture"), null=True, blank=True)
    closes_on = models.DateField(_("clôture"), null=True, blank=True)
    # The house that runs it, and that alone reads the contact details people left.
    house = models.CharField(_("porteur"), max_length=10, choices=House, default=House.SHARED)
    # "" asks for none. What they are for is told to who gives them.
    contact_purpose = models.CharField(_("pourquoi laisser ses coordonnées"), max_length=300, blank=True)
    contact_kept_until = models.DateField(_("coordonnées gardées jusqu’au"), null=True, blank=True)
    results_published_at = models.DateTimeField(null=True, blank=True)
    is_fictitious = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("survey", args=[self.convention.slug, self.pk])

    def standing_on(self, day) -> str:
        """What it is on that day: draft, scheduled, open, closed or removed; only one takes answers."""
        if self.deleted_at:
            return "removed"
        if self.state == self.State.OPEN and self.opens_on and day < self.opens_on:
            return "scheduled"
        if self.state == self.State.OPEN and self.closes_on and day > self.closes_on:
            return "closed"
        return self.state

    @property
    def now(self) -> str:
        return self.standing_on(timezone.localdate())

    @property
    def asks_contact(self) -> bool:
        """Whether it takes contact details today: it says why, and until when they are kept."""
        return bool(
            self.contact_purpose
            and self.contact_kept_until
            and self.contact_kept_until > timezone.localdate()
        )


class SurveyAudience(models.Model):
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="audiences")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    label = models.CharField(_("public"), max_length=120)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.label


class SurveyQuestion(models.Model):
    class Kind(models.TextChoices):
        ONE = "one", _("Un seul choix")
        SEVERAL = "several", _("Plusieurs choix")
        SCALE = "scale", _("Note de 1 à 5")
        NUMBER = "number", _("Un nombre")
        TEXT = "text", _("Réponse libre")
        PLACE = "place", _("Un quartier")

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    label = models.CharField(_("question"), max_length=300)
    help = models.CharField(_("aide"), max_length=300, blank=True)
    is_required = models.BooleanField(_("obligatoire"), default=False)
    # [{"key": …, "label": …, "expected_share": 0.48 or absent}]: the share is that of the population,
    # with its source, so that who answered can be compared with who lives here.
    choices = models.JSONField(_("choix"), default=list, blank=True)
    expected_source = models.CharField(_("source des parts attendues"), max_length=300, blank=True)
    # The keys of the audiences asked; empty is everybody.
    audiences = models.JSONField(default=list, blank=True)
    # It tells who answers (age, sex…) rather than what they want.
    is_profile = models.BooleanField(_("décrit la personne"), default=False)
    theme = models.SlugField(max_length=40, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["survey", "key"], name="survey_question_key_once")]

    def __str__(self):
        return self.label


class Moderation(models.TextChoices):
    TO_READ = "to_read", _("À lire")
    SHOWN = "shown", _("Retenue pour l’analyse")
    HIDDEN = "hidden", _("Écartée")


class SurveyAnswerQuerySet(models.QuerySet):
    def counted(self):
        """Those that results count: neither put aside nor waiting to be read."""
        return self.filter(moderation=Moderation.SHOWN)


class SurveyAnswer(models.Model):
    """One sheet: what one person answered. Only its day is kept, and nothing says who it was."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="answers")
    # Made by the form: the same sheet sent twice is one answer.
    key = models.CharField(max_length=32, unique=True)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.ONLINE)
    audience = models.CharField(max_length=12, blank=True)
    answered_on = models.DateField()
    language = models.CharField(max_length=5, blank=True)
    # {question key: choice key | [choice keys] | number | text | territory pk}
    answers = models.JSONField(default=dict)
    moderation = models.CharField(max_length=10, choices=Moderation, default=Moderation.SHOWN)
    moderation_reason = models.CharField(max_length=300, blank=True)
    # Why the machine put it aside for reading: "too_fast", "trap", "links", "repeated"; "" for none.
    doubt = models.CharField(max_length=20, blank=True)
    # The agent who typed a paper sheet.
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = SurveyAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["survey", "moderation"], name="answers_of_survey")]

    def __str__(self):
        return self.key


class BiasNote(models.Model):
    """Who answered and who did not, in words: « 91 % de femmes »."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="bias_notes")
    text = models.TextField(_("limite"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return self.text[:80]


def scattered_pk() -> int:
    """A number that does not say in which order rows came: that order is the one of the answers."""
    return secrets.randbelow(2**53 - 1) + 1


class ContactDetail(models.Model):
    """What somebody left to be written to. No link to any answer, and no hour, so that neither leads
    to the other; deleted on its day by the worker."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="contact_details")
    survey = models.ForeignKey(Survey, models.CASCADE, null=True, blank=True, related_name="contact_details")
    house = models.CharField(max_length=10, choices=House, default=House.SHARED)
    purpose = models.CharField(max_length=300)
    name = models.CharField(_("nom"), max_length=160, blank=True)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=30, blank=True)
    given_on = models.DateField()
    delete_on = models.DateField()

    class Meta:
        # Not in the order they came, which is that of the answers.
        ordering = ["name", "email", "phone"]

    def __str__(self):
        return self.name or self.email or self.phone


class Workshop(models.Model):
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="workshops")
    title = models.CharField(_("titre"), max_length=200)
    held_on = PartialDateField(_("date"))
    place = models.CharField(_("lieu"), max_length=200, blank=True)
    theme = models.ForeignKey(PlanTheme, models.SET_NULL, null=True, blank=True, related_name="+")
    facilitators = models.CharField(_("animation"), max_length=300, blank=True)
    n_residents = models.PositiveIntegerField(_("habitants présents"), null=True, blank=True)
    n_partners = models.PositiveIntegerField(_("partenaires présents"), null=True, blank=True)
    notes = models.TextField(_("notes de l’atelier"), blank=True)
    file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, blank=True, related_name="+")
    is_fictitious = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-held_on", "-pk"]

    def __str__(self):
        return self.title


class ContributionQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)

    def shown(self):
        return self.standing().filter(moderation=Moderation.SHOWN)


class Contribution(models.Model):
    """One thing said: by whom in kind, never in name unless a partner signs it."""

    class Author(models.TextChoices):
        RESIDENT = "resident", _("Habitant")
        PARTNER = "partner", _("Partenaire")
        AGENT = "agent", _("Agent")
        ELECTED = "elected", _("Élu")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="contributions")
    # What its author keeps to read later what became of it: "K7F-2QX".
    reference = models.CharField(max_length=12, unique=True)
    key = models.CharField(max_length=32, unique=True, default=new_key)
    channel = models.CharField(_("recueillie"), max_length=10, choices=Channel, default=Channel.ONLINE)
    author = models.CharField(_("qui parle"), max_length=10, choices=Author, default=Author.RESIDENT)
    # The organisation a partner speaks for; never a resident.
    organisation = models.CharField(_("organisme"), max_length=200, blank=True)
    workshop = models.ForeignKey(
        Workshop, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    # The free answer it was taken from, if any.
    answer = models.ForeignKey(
        SurveyAnswer, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    question = models.CharField(max_length=12, blank=True)
    text = models.TextField(_("contribution"), max_length=5_000)
    language = models.CharField(max_length=5, blank=True)
    themes = models.ManyToManyField(PlanTheme, related_name="contributions", blank=True)
    place = models.ForeignKey(
        "territories.Territory", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    received_on = models.DateField()
    moderation = models.CharField(max_length=10, choices=Moderation, default=Moderation.TO_READ)
    moderation_reason = models.CharField(_("motif"), max_length=300, blank=True)
    doubt = models.CharField(max_length=20, blank=True)
    is_fictitious = models.BooleanField(default=False)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ContributionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-pk"]
        indexes = [models.Index(fields=["convention", "moderation"], name="contributions_to_read")]

    def __str__(self):
        # What was said may name people: the trail, which outlives them, keeps its reference alone.
        return self.reference

    def get_absolute_url(self):
        return reverse("contribution", args=[self.convention.slug, self.pk])


class NeedQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)


class Need(models.Model):
    """A need of families, or an asset of the territory, with all that it was written from."""

    class Kind(models.TextChoices):
        NEED = "need", _("Besoin")
        ASSET = "asset", _("Atout")

    class State(models.TextChoices):
        DRAFT = "draft", _("À discuter")
        KEPT = "kept", _("Retenu")
        LATER = "later", _("Remis à plus tard")
        SET_ASIDE = "set_aside", _("Non retenu")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="needs")
    kind = models.CharField(_("nature"), max_length=10, choices=Kind, default=Kind.NEED)
    title = models.CharField(_("en une phrase"), max_length=200)
    statement = models.TextField(_("constat"), blank=True)
    publics = models.CharField(_("publics concernés"), max_length=300, blank=True)
    themes = models.ManyToManyField(PlanTheme, related_name="needs", blank=True)
    places = models.ManyToManyField("territories.Territory", related_name="+", blank=True)
    state = models.CharField(_("suite donnée"), max_length=10, choices=State, default=State.DRAFT)
    # What residents read: what was decided and why, in plain words.
    public_answer = models.TextField(_("réponse aux habitants"), blank=True)
    contributions = models.ManyToManyField(Contribution, related_name="needs", blank=True)
    nodes = models.ManyToManyField(PlanNode, related_name="needs", blank=True)
    actions = models.ManyToManyField(Action, related_name="needs", blank=True)
    is_fictitious = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # The need that took its place, and all that it was written from: its address leads there.
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="merged")

    objects = NeedQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title


class NeedIndicator(models.Model):
    """A figure of the diagnosis a need rests on, as read that day: it may have moved since."""

    need = models.ForeignKey(Need, models.CASCADE, related_name="indicators")
    indicator = models.CharField(_("indicateur"), max_length=80)
    territory = models.ForeignKey("territories.Territory", models.PROTECT, related_name="+")
    # The figure and its period when it was linked; null where none was published.
    value = models.FloatField(null=True, blank=True)
    period = models.CharField(max_length=20, blank=True)
    read_on = models.DateField(null=True, blank=True)
    note = models.CharField(_("ce qu’il montre"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "indicator", "territory"], name="need_cites_a_figure_once"
            )
        ]

    def __str__(self):
        return self.indicator


class PrioritySessionQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)


class PrioritySession(models.Model):
    """A day where needs are ranked together: what is compared, by which criteria, by whom."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("En préparation")
        OPEN = "open", _("Vote ouvert")
        CLOSED = "closed", _("Close")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="priority_sessions")
    title = models.CharField(_("titre"), max_length=200)
    held_on = PartialDateField(_("date"))
    state = models.CharField(max_length=10, choices=State, default=State.PREPARING)
    scale_max = models.PositiveSmallIntegerField(
        _("note maximale"), default=3, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    n_to_keep = models.PositiveSmallIntegerField(_("nombre à retenir"), null=True, blank=True)
    minutes = models.TextField(_("compte rendu"), blank=True)
    # The ranking as it stood at the close: what the minutes say never moves.
    result = models.JSONField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # When its result was written on the needs.
    applied_at = models.DateTimeField(null=True, blank=True)
    reopened_because = models.CharField(_("motif de la réouverture"), max_length=300, blank=True)
    is_fictitious = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = PrioritySessionQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]

    def __str__(self):
        return self.title


class PriorityCriterion(models.Model):
    session = models.ForeignKey(PrioritySession, models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(_("critère"), max_length=120)
    meaning = models.CharField(_("ce qu’il veut dire"), max_length=300, blank=True)
    weight = models.DecimalField(
        _("poids"), max_digits=5, decimal_places=2, default=Decimal(1), validators=[MinValueValidator(0)]
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.label


class PriorityVoter(models.Model):
    """A party at the table, and the account that may enter its vote (None: an agent enters it)."""

    session = models.ForeignKey(PrioritySession, models.CASCADE, related_name="voters")
    position = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(_("qui vote"), max_length=160)
    weight = models.DecimalField(
        pgettext_lazy("vote", "poids"), max_digits=5, decimal_places=2, default=Decimal(1),
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.label


class PriorityOption(models.Model):
    session = models.ForeignKey(PrioritySession, models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField(default=0)
    need = models.ForeignKey(Need, models.PROTECT, null=True, blank=True, related_name="priority_options")
    label = models.CharField(_("proposition"), max_length=200)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.label


class PriorityVote(models.Model):
    option = models.ForeignKey(PriorityOption, models.CASCADE, related_name="votes")
    criterion = models.ForeignKey(PriorityCriterion, models.CASCADE, related_name="votes")
    voter = models.ForeignKey(PriorityVoter, models.CASCADE, related_name="votes")
    score = models.PositiveSmallIntegerField(_("note"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["option", "criterion", "voter"], name="priority_is_scored_once"),
            models.CheckConstraint(condition=Q(score__lte=10), name="priority_score_is_on_a_scale"),
        ]

    def __str__(self):
        return f"{self.option_id} {self.score}"
