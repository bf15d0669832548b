"""Two houses and their partners at work on one plan: proposals, talk, notices, personal links."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models.convention import Convention
from ansanm.conventions.models.governance import Body, Decision
from ansanm.conventions.models.plan import Action, House, IndicatorMeasure, ProgressNote


class Proposal(models.Model):
    """A change to what the other house owns, until that house answers."""

    class State(models.TextChoices):
        OPEN = "open", _("En attente")
        ACCEPTED = "accepted", _("Acceptée")
        REFUSED = "refused", _("Refusée")
        WITHDRAWN = "withdrawn", _("Retirée")

    action = models.ForeignKey(Action, models.CASCADE, related_name="proposals")
    by_house = models.CharField(max_length=10, choices=House)
    # The house that owns the fields: the one that answers.
    to_house = models.CharField(max_length=10, choices=House)
    # The fiche's values the proposal was written on, and those it wants: {field: value}.
    base_version = models.PositiveIntegerField()
    before = models.JSONField()
    after = models.JSONField()
    message = models.TextField(_("message"), blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(_("réponse"), blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="proposal_is_decided_once",
            )
        ]

    def __str__(self):
        return f"{self.action} ({self.get_state_display()})"


class CommentQuerySet(models.QuerySet):
    def visible_to_house(self, house: str):
        """What both houses read, and the private notes of `house` ("" for neither)."""
        return self.filter(Q(house="") | Q(house=house) if house else Q(house=""))


class Comment(models.Model):
    action = models.ForeignKey(Action, models.CASCADE, related_name="comments")
    proposal = models.ForeignKey(Proposal, models.CASCADE, null=True, blank=True, related_name="comments")
    # "" is read by all members; a house's name makes it a private note of that house.
    house = models.CharField(max_length=10, choices=House, blank=True)
    text = models.TextField(_("commentaire"), max_length=10_000)
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return self.text[:80]


class ActionFollow(models.Model):
    action = models.ForeignKey(Action, models.CASCADE, related_name="follows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="followed_actions")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "user"], name="action_is_followed_once")]

    def __str__(self):
        return f"{self.user} · {self.action}"


class NoticeQuerySet(models.QuerySet):
    def due(self, now):
        return self.filter(due_at__lte=now)

    def untold(self):
        """Neither sent by mail nor read on the page."""
        return self.filter(told_at__isnull=True, read_at__isnull=True)


class Notice(models.Model):
    """Something a person should hear of; told in their digest, or at once when they are named."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("vous a cité")
        COMMENT = "comment", _("a commenté")
        PROPOSAL = "proposal", _("a proposé une modification")
        ANSWER = "answer", _("a répondu à une proposition")
        CHANGE = "change", _("a modifié la fiche")
        PROGRESS = "progress", _("a donné des nouvelles")
        DECISION = "decision", _("attend une suite")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="+")
    action = models.ForeignKey(Action, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    # What it tells of: taken back, it is no longer told; for a change, the versions it goes between.
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="+")
    proposal = models.ForeignKey(Proposal, models.CASCADE, null=True, related_name="+")
    progress = models.ForeignKey(ProgressNote, models.CASCADE, null=True, related_name="+")
    measure = models.ForeignKey(IndicatorMeasure, models.CASCADE, null=True, related_name="+")
    decision = models.ForeignKey(Decision, models.CASCADE, null=True, related_name="+")
    since_version = models.PositiveIntegerField(null=True)
    until_version = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    # Not before: the author may still take it back (10 minutes of grace).
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["user", "told_at", "due_at"], name="notice_to_tell"),
            # The worker asks at every turn what is due.
            models.Index(fields=["told_at", "due_at"], name="notice_due"),
        ]

    def __str__(self):
        return f"{self.user} · {self.kind}"


class MailPreference(models.Model):
    class Rhythm(models.TextChoices):
        AT_ONCE = "at_once", _("au fil de l’eau")
        DAILY = "daily", _("chaque jour")
        WEEKLY = "weekly", _("chaque semaine, le lundi")
        NEVER = "never", _("jamais")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preference")
    rhythm = models.CharField(_("rythme"), max_length=10, choices=Rhythm, default=Rhythm.WEEKLY)
    # Part of the one-click unsubscribe address: changing it revokes the old ones.
    token = models.CharField(max_length=64, unique=True)
    # The day whose digest was dealt with, sent or found empty.
    digest_on = models.DateField(null=True)

    def __str__(self):
        return f"{self.user} · {self.rhythm}"


class FeedAddress(models.Model):
    """The secret address of a calendar feed: of a person, or of a body of the convention."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feeds")
    # None: all the conventions of the person.
    convention = models.ForeignKey(Convention, models.CASCADE, null=True, related_name="feeds")
    # The meetings of one body of the convention, and nothing else.
    body = models.ForeignKey(Body, models.CASCADE, null=True, related_name="feeds")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.user} · {self.convention or '*'}"


class ContributorLink(models.Model):
    """A personal address by which somebody without account updates one fiche, until it ends."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="contributor_links")
    name = models.CharField(_("nom"), max_length=160)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    # Only its hash: who reads the database cannot use it.
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.name


class BulkEdit(models.Model):
    """One deed on many fiches, kept so that it can be undone for ten minutes."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="bulk_edits")
    # {action pk: [version before, version after]}; the values are in the revisions.
    versions = models.JSONField()
    # "edit" or "delete".
    kind = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.kind} ({len(self.versions)})"
