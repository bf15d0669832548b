"""Bodies, who sits in them, their meetings, what was said and what was decided."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ansanm.conventions.models.agreement import StoredFile
from ansanm.conventions.models.convention import Convention, PartialDateField
from ansanm.conventions.models.plan import Action, PlanActor, PlanTheme, VagueDateField, last_day, new_key


class StandingQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(deleted_at__isnull=True)


class Body(models.Model):
    """A COPIL, a COTECH, a group; or an instance of another contract of the territory, kept here so that
    overlaps can be seen."""

    class Kind(models.TextChoices):
        COPIL = "copil", _("Comité de pilotage (COPIL)")
        COTECH = "cotech", _("Comité technique (COTECH)")
        GROUP = "group", _("Groupe thématique")
        CONTRAT_DE_VILLE = "contrat_de_ville", _("Instance du contrat de ville")
        CLS = "cls", _("Instance du contrat local de santé (CLS)")
        CLSPD = "clspd", _("CLSPD")
        PEDT = "pedt", _("Instance du PEDT")
        OTHER = "other", pgettext_lazy("instance", "Autre instance")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="bodies")
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    name = models.CharField(_("nom"), max_length=200)
    purpose = models.TextField(_("rôle"), blank=True)
    # Of another contract than the CTG: shown in the picture, no meeting of ours.
    is_external = models.BooleanField(_("instance d’un autre dispositif"), default=False)
    themes = models.ManyToManyField(PlanTheme, related_name="bodies", blank=True)
    places = models.ManyToManyField("territories.Territory", related_name="+", blank=True)
    # Voting members who must be there or represented; null: no quorum.
    quorum = models.PositiveSmallIntegerField(_("quorum"), null=True, blank=True)
    meetings_per_year = models.DecimalField(
        _("réunions par an"), max_digits=5, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(366)],
    )  # fmt: skip
    usual_minutes = models.PositiveSmallIntegerField(
        _("durée habituelle (minutes)"), null=True, blank=True, validators=[MaxValueValidator(1440)]
    )
    starts_on = PartialDateField(_("depuis"))
    ends_on = PartialDateField(_("jusqu’à"))
    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    is_fictitious = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["is_external", "position", "pk"]

    def __str__(self):
        return self.name


class Participant(models.Model):
    """Somebody who sits somewhere: a professional contact, with or without an account."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="participants")
    name = models.CharField(_("nom"), max_length=160)
    function = models.CharField(_("fonction"), max_length=200, blank=True)
    actor = models.ForeignKey(
        PlanActor, models.SET_NULL, null=True, blank=True, related_name="participants",
        verbose_name=_("organisme"),
    )  # fmt: skip
    email = models.EmailField(_("adresse e-mail"), blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Left their post: still in the minutes of their time, no longer invited.
    left_on = PartialDateField(_("départ"))
    is_fictitious = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class Mandate(models.Model):
    """A seat in a body: an organisation's, held by somebody or vacant."""

    class Role(models.TextChoices):
        CHAIR = "chair", _("préside")
        CO_CHAIR = "co_chair", _("copréside")
        MEMBER = "member", _("membre")
        SECRETARY = "secretary", _("secrétariat")
        GUEST = "guest", _("invité")

    body = models.ForeignKey(Body, models.CASCADE, related_name="mandates")
    participant = models.ForeignKey(
        Participant, models.SET_NULL, null=True, blank=True, related_name="mandates", verbose_name=_("qui")
    )
    actor = models.ForeignKey(
        PlanActor, models.PROTECT, null=True, blank=True, related_name="mandates",
        verbose_name=_("pour quel organisme"),
    )  # fmt: skip
    role = models.CharField(_("rôle"), max_length=10, choices=Role, default=Role.MEMBER)
    has_vote = models.BooleanField(_("a une voix"), default=True)
    substitute = models.ForeignKey(
        Participant, models.SET_NULL, null=True, blank=True, related_name="substitutions",
        verbose_name=_("suppléant"),
    )  # fmt: skip
    starts_on = PartialDateField(_("début"))
    ends_on = PartialDateField(_("fin"))

    class Meta:
        ordering = ["role", "pk"]

    def __str__(self):
        return str(self.participant or self.actor or "")


class Meeting(models.Model):
    class State(models.TextChoices):
        PLANNED = "planned", _("Prévue")
        INVITED = "invited", _("Convoquée")
        HELD = "held", _("Tenue")
        CANCELLED = "cancelled", _("Annulée")

    body = models.ForeignKey(Body, models.PROTECT, related_name="meetings")
    # « 5e COPIL » and « November 2024 » are two facts: either may be known without the other.
    rank = models.PositiveSmallIntegerField(_("rang"), null=True, blank=True)
    held_on = PartialDateField(_("date"))
    # The hour, once it is known.
    starts_at = models.DateTimeField(_("début"), null=True, blank=True)
    minutes_long = models.PositiveSmallIntegerField(
        _("durée (minutes)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
    )
    title = models.CharField(_("objet"), max_length=200, blank=True)
    place = models.CharField(_("lieu"), max_length=300, blank=True)
    url = models.URLField(_("visioconférence"), max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    # Of the calendar: the same event moved or cancelled, known by its uid and a growing sequence.
    uid = models.CharField(max_length=40, unique=True)
    sequence = models.PositiveIntegerField(default=0)
    # What was said before and after the items.
    minutes_opening = models.TextField(_("ouverture de la séance"), blank=True)
    approved_on = PartialDateField(_("compte rendu approuvé le"))
    # Taken at the close: {"needed": 6, "reached": 7, "is_met": true}; null before.
    quorum_result = models.JSONField(null=True, blank=True)
    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    is_fictitious = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    # What a calendar compares: it changes with the meeting and not with the clock.
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-rank", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["body", "rank"],
                condition=Q(deleted_at__isnull=True),
                name="a_body_meets_once_at_each_rank",
            )
        ]

    def __str__(self):
        return f"{self.body} {self.rank or ''} {self.held_on}".strip()


class Invitation(models.Model):
    class Answer(models.TextChoices):
        NONE = "", _("sans réponse")
        YES = "yes", _("vient")
        REPRESENTED = "represented", _("sera représenté")
        NO = "no", _("ne vient pas")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="invitations")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="invitations")
    # The sequence of the meeting they were last written about: moved since, they are written to again.
    sequence = models.PositiveIntegerField(null=True)
    email = models.EmailField(blank=True)
    sent_at = models.DateTimeField(null=True)
    # Of the address where they answer without an account; only its hash.
    token_sha256 = models.CharField(max_length=64, unique=True, null=True)
    answer = models.CharField(_("réponse"), max_length=12, choices=Answer, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    note = models.CharField(_("mot"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "participant"], name="one_invitation_for_each")
        ]

    def __str__(self):
        return f"{self.participant} · {self.meeting_id}"


class Attendance(models.Model):
    class State(models.TextChoices):
        PRESENT = "present", _("présent")
        REPRESENTED = "represented", _("représenté")
        EXCUSED = "excused", _("excusé")
        ABSENT = "absent", _("absent")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances")
    participant = models.ForeignKey(Participant, models.PROTECT, null=True, related_name="attendances")
    # As they were that day, whatever becomes of them.
    name = models.CharField(max_length=160)
    function = models.CharField(max_length=200, blank=True)
    organisation = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=10, choices=Mandate.Role, default=Mandate.Role.MEMBER)
    has_vote = models.BooleanField(default=True)
    state = models.CharField(_("présence"), max_length=12, choices=State)
    represented_by = models.CharField(_("représenté par"), max_length=160, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "participant"],
                condition=Q(participant__isnull=False),
                name="attendance_is_told_once",
            )
        ]

    def __str__(self):
        return f"{self.name} {self.state}"


class AgendaItem(models.Model):
    """One point: words, or a part of the plan read live when the meeting is prepared and held."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Point libre")
        PROGRESS = "progress", _("Avancement du plan")
        LATE_ACTIONS = "late_actions", _("Actions en retard")
        DECISIONS = "decisions", _("Suites des décisions")
        MONEY = "money", _("Financements à décider")
        INDICATORS = "indicators", _("Indicateurs qui ont bougé")
        ACTION = "action", _("Une action")
        TO_DECIDE = "to_decide", _("Point à décider")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=12, default=new_key, editable=False)
    kind = models.CharField(_("nature"), max_length=14, choices=Kind, default=Kind.TEXT)
    title = models.CharField(_("point"), max_length=200)
    note = models.TextField(_("à dire"), blank=True)
    minutes_long = models.PositiveSmallIntegerField(
        _("minutes"), null=True, blank=True, validators=[MaxValueValidator(1440)]
    )
    presenter = models.CharField(_("présenté par"), max_length=160, blank=True)
    action = models.ForeignKey(Action, models.SET_NULL, null=True, blank=True, related_name="agenda_items")
    # What the live part showed when the meeting was held; null before.
    frozen = models.JSONField(null=True, blank=True)
    # What was said: two people may write it at once, so each save is merged with what they had read.
    minutes = models.TextField(_("compte rendu"), blank=True)
    minutes_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title


class MinutesRevision(models.Model):
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="minutes_revision_once")]

    def __str__(self):
        return f"{self.item_id} v{self.version}"


class MeetingPaper(models.Model):
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="papers")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    title = models.CharField(_("intitulé"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title or self.file.name


class DecisionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=(Decision.State.TO_DO, Decision.State.STARTED))


class Decision(models.Model):
    class State(models.TextChoices):
        TO_DO = "to_do", _("À faire")
        STARTED = "started", pgettext_lazy("décision", "En cours")
        DONE = "done", pgettext_lazy("décision", "Faite")
        DROPPED = "dropped", pgettext_lazy("décision", "Abandonnée")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="decisions")
    # The body's meeting that took it; None: taken elsewhere.
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, blank=True, related_name="decisions")
    item = models.ForeignKey(AgendaItem, models.SET_NULL, null=True, blank=True, related_name="decisions")
    number = models.PositiveIntegerField()
    text = models.TextField(_("décision"))
    owner = models.ForeignKey(
        PlanActor, models.SET_NULL, null=True, blank=True, related_name="decisions",
        verbose_name=_("organisme chargé"),
    )  # fmt: skip
    owner_person = models.ForeignKey(
        Participant, models.SET_NULL, null=True, blank=True, related_name="decisions",
        verbose_name=_("personne chargée"),
    )  # fmt: skip
    due = VagueDateField(_("échéance"))
    due_last_on = models.DateField(null=True, editable=False)
    state = models.CharField(_("suite"), max_length=10, choices=State, default=State.TO_DO)
    done_on = PartialDateField(_("faite le"))
    # None where nobody counted.
    n_for = models.PositiveSmallIntegerField(_("pour"), null=True, blank=True)
    n_against = models.PositiveSmallIntegerField(_("contre"), null=True, blank=True)
    n_abstained = models.PositiveSmallIntegerField(_("abstentions"), null=True, blank=True)
    actions = models.ManyToManyField(Action, related_name="decisions", blank=True)
    # The day its owner was last reminded, so that nobody is told twice.
    reminded_on = models.DateField(null=True)
    source_title = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    is_fictitious = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["convention", "number"], name="decision_number_once")]

    def __str__(self):
        return self.text[:80]

    def save(self, *args, **kwargs):
        self.due_last_on = last_day(self.due)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "due_last_on"}
        super().save(*args, **kwargs)


class DecisionNote(models.Model):
    """News of a decision: what was done, and the state it was left in."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="notes")
    text = models.TextField(_("nouvelles"), blank=True)
    state = models.CharField(max_length=10, choices=Decision.State)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return self.text[:80]
