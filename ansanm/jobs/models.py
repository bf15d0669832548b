"""Long work, kept in the database: no broker on one machine."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    QUEUED = "queued", _("En attente")
    RUNNING = "running", _("En cours")
    DONE = "done", _("Terminé")
    FAILED = "failed", _("Échoué")
    CANCELLED = "cancelled", _("Annulé")
    INTERRUPTED = "interrupted", _("Interrompu")


ENDED = (State.DONE, State.FAILED, State.CANCELLED, State.INTERRUPTED)


class JobQuerySet(models.QuerySet):
    def visible_to(self, user, *, all_of_them=False):
        """Return the jobs `user` asked for, every job for who runs the platform."""
        return self if all_of_them else self.filter(requested_by=user)


class Job(models.Model):
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    report = models.JSONField(null=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "created_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(ended_at__isnull=True)),
                name="job_has_an_end_when_and_only_when_it_ended",
            ),
        ]

    def __str__(self):
        return f"{self.kind} ({self.pk})"

    def get_absolute_url(self):
        return reverse("job", args=[self.pk])

    @property
    def has_ended(self):
        return self.state in ENDED

    @property
    def can_run_again(self):
        return self.state in {State.FAILED, State.CANCELLED, State.INTERRUPTED}


class Frequency(models.TextChoices):
    DAILY = "daily", _("chaque jour")
    WEEKLY = "weekly", _("chaque semaine, le lundi")
    MONTHLY = "monthly", _("chaque mois, le 1er")


class Schedule(models.Model):
    """A job that the worker asks for by itself, again and again."""

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    frequency = models.CharField(max_length=10, choices=Frequency.choices)
    next_at = models.DateTimeField(db_index=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values), name="schedule_frequency_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.key} ({self.frequency})"


class OutgoingMail(models.Model):
    """A message on its way: kept until the mail server took it, so that none is lost or sent twice."""

    class State(models.TextChoices):
        QUEUED = "queued", _("En attente")
        SENDING = "sending", _("En cours d’envoi")
        SENT = "sent", _("Envoyé")
        # The worker died between the server's answer and ours: sent again only if a person says so.
        UNSURE = "unsure", _("Envoi incertain")
        FAILED = "failed", _("Refusé")

    # What the message is about, once: a deed done twice writes one message.
    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    headers = models.JSONField(default=dict)
    # A calendar event, as text/calendar; "" for none.
    calendar = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "next_at"], name="mail_to_send")]

    def __str__(self):
        return self.key
