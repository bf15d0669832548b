"""People, the organisations they speak for, and the trail of what they did."""

import json
from datetime import datetime, time

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ansanm.accounts.permissions import PLATFORM_ROLES


class OrganisationQuerySet(models.QuerySet):
    def search(self, text):
        for word in text.split():
            self = self.filter(Q(name__icontains=word) | Q(insee_code=word))
        return self

    def with_n_users(self):
        # Django drops the order of Meta from a query that groups.
        return self.annotate(n_users=models.Count("users", filter=Q(users__is_active=True))).order_by("name")


class Organisation(models.Model):
    class Kind(models.TextChoices):
        CITY = "city", _("Commune")
        EPCI = "epci", _("Intercommunalité")
        CAF = "caf", _("Caf")
        DEPARTEMENT = "departement", _("Département")
        STATE = "state", _("Service de l’État")
        ASSOCIATION = "association", _("Association")
        OTHER = "other", _("Autre")

    name = models.CharField(_("nom"), max_length=200)
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    # COG code of a commune or département, SIREN of an EPCI; a Caf has that of its département.
    insee_code = models.CharField(_("code Insee ou SIREN"), max_length=9, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisme")
        verbose_name_plural = _("organismes")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), "kind", name="organisation_name_once_per_kind"),
        ]

    def __str__(self):
        return self.name


class UserQuerySet(models.QuerySet):
    def search(self, text):
        """Those whose name, e-mail or organisation holds every word of `text`."""
        for word in text.split():
            self = self.filter(
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(email__icontains=word)
                | Q(organisation__name__icontains=word)
            )
        return self


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email, password=None, **fields):
        """No password: the account waits for its owner to set one by the link received."""
        user = self.model(email=self.model.clean_email(email), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email):
        return self.get(email=self.model.clean_email(email))


class User(AbstractBaseUser):
    email = models.EmailField(_("adresse e-mail"), unique=True)
    first_name = models.CharField(_("prénom"), max_length=80)
    last_name = models.CharField(pgettext_lazy("personne", "nom"), max_length=80)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES, default="fr")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("organisme")
    )
    platform_role = models.CharField(
        _("rôle sur la plateforme"),
        max_length=40,
        blank=True,
        choices=[(role.name, role.label) for role in PLATFORM_ROLES.values()],
    )
    is_active = models.BooleanField(_("compte actif"), default=True)
    created_at = models.DateTimeField(_("création"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]

    class Meta:
        verbose_name = _("compte")
        verbose_name_plural = _("comptes")
        ordering = ["last_name", "first_name", "pk"]
        constraints = [
            # Two accounts that differ by a capital letter would share one mailbox and its reset links.
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
            models.CheckConstraint(
                condition=Q(platform_role__in=["", *PLATFORM_ROLES]), name="user_platform_role_exists"
            ),
        ]

    def __str__(self):
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def save(self, *args, **kwargs):
        self.email = self.clean_email(self.email)
        super().save(*args, **kwargs)

    @staticmethod
    def clean_email(email):
        return email.strip().lower()

    def get_full_name(self):
        return str(self)

    def get_short_name(self):
        return self.first_name or str(self)


class AuditEntryQuerySet(models.QuerySet):
    def for_convention(self, convention):
        return self.filter(convention_key=convention_key(convention))

    def filtered(self, *, verb="", who="", target="", since=None):
        """Those that match each filter given; `who` finds the people whose account still exists."""
        if verb:
            self = self.filter(verb__startswith=verb)
        if who:
            self = self.filter(Q(actor__in=User.objects.search(who)) | Q(actor_key=who))
        if target:
            self = self.filter(Q(target_label__icontains=target) | Q(target_key=target))
        if since:
            self = self.filter(at__gte=datetime.combine(since, time.min, timezone.get_current_timezone()))
        return self


class AuditEntry(models.Model):
    """One deed. Written by `audit.record` alone; the database refuses to change or delete it.

    No name nor e-mail is kept here: an erased person must vanish, and this table cannot be edited.
    The author is a number, `actor_key`, and `actor` gives the name while the account exists.
    """

    # Consecutive, and not a sequence of the database, which skips numbers when a deed rolls back:
    # here a hole is a deletion.
    position = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(_("date"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("auteur")
    )
    actor_key = models.CharField(max_length=60)
    verb = models.CharField(_("acte"), max_length=60)
    target_key = models.CharField(_("objet"), max_length=120)
    target_label = models.CharField(max_length=300, blank=True)
    convention_key = models.CharField(_("convention"), max_length=160, blank=True)
    # Canonical JSON kept as text: jsonb would rewrite numbers, and the hash is of the exact bytes.
    before_json = models.TextField(blank=True)
    after_json = models.TextField(blank=True)
    # Unique: two entries after the same one, a forked chain, cannot be stored.
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entrée du journal")
        verbose_name_plural = _("journal")
        ordering = ["-position"]
        indexes = [
            models.Index(fields=["convention_key", "-position"], name="audit_by_convention"),
            models.Index(fields=["actor_key", "-position"], name="audit_by_actor"),
            models.Index(fields=["target_key", "-position"], name="audit_by_target"),
        ]

    def __str__(self):
        return f"{self.position} · {self.at:%Y-%m-%d %H:%M} · {self.actor_key} · {self.verb}"

    @property
    def before(self):
        return json.loads(self.before_json) if self.before_json else None

    @property
    def after(self):
        return json.loads(self.after_json) if self.after_json else None

    @property
    def changes(self):
        """(field, before, after) for each field that differs; empty and absent are the same, None."""
        before, after = (
            {field: None if value == "" else value for field, value in (side or {}).items()}
            for side in (self.before, self.after)
        )
        return [
            (field, before.get(field), after.get(field))
            for field in {**before, **after}
            if before.get(field) != after.get(field)
        ]


def convention_key(convention) -> str:
    """A convention as text: this app stands below conventions and cannot point to their table.

    By number, not by slug: a slug may change, and the trail of a convention would be cut in two.
    """
    return f"convention:{convention.pk}" if convention is not None else ""
