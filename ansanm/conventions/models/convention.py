"""A convention: which territory, which parties, which period, and who works on it in which role."""

from collections import defaultdict
from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower, Substr
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.accounts.permissions import ROLES
from ansanm.territories.managers import BELOW_COMMUNES
from ansanm.territories.models import DeclaredFigure, Level, Territory, Zoning
from ansanm.ui.formats import format_period

# A date as precisely as it is known: "2021", "2021-12" or "2021-12-03"; "" is "not published". One
# text field rather than a date and its precision: the two could contradict each other, and
# 1 December would pass for the day of a signature of which only the month is known.
PARTIAL_DATE = r"^([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)?$"


# By which of its codes a part of a commune says that it stands in such a territory.
CODE_OF = {
    Level.COMMUNE: "commune_code",
    Level.EPCI: "epci_code",
    Level.DEPARTEMENT: "departement_code",
    Level.REGION: "region_code",
}


class PartialDateField(models.CharField):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 10, "blank": True, "default": "", **kwargs})


class Stage(models.TextChoices):
    PREPARATION = "preparation", _("En préparation")
    DIAGNOSIS = "diagnosis", _("Diagnostic")
    PRIORITIES = "priorities", _("Priorités")
    PLAN = "plan", _("Plan d’actions")
    VALIDATION = "validation", _("Validation")
    SIGNATURE = "signature", _("Signature")
    RUNNING = "running", _("En cours")
    EVALUATION = "evaluation", _("Évaluation")
    RENEWAL = "renewal", _("Renouvellement")
    ENDED = "ended", _("Terminée")


class ConventionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those on which `user` has a role; no role, no trace that the convention exists."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(pk__in=ConventionRole.objects.filter(user=user).values("convention"))

    def covering(self, territory):
        """Those one of whose territories is `territory` or, for a commune or a part of one, holds it."""
        held = Q(territories=territory)
        if territory.level == Level.COMMUNE or territory.level in BELOW_COMMUNES:
            for level, column in CODE_OF.items():
                if code := getattr(territory, column):
                    held |= Q(territories__level=level, territories__code=code)
        return self.filter(held).distinct()


class Convention(models.Model):
    name = models.CharField(_("nom"), max_length=200)
    slug = models.SlugField(_("adresse"), max_length=120, unique=True)
    stage = models.CharField(_("étape"), max_length=20, choices=Stage, default=Stage.PREPARATION)
    territories = models.ManyToManyField(
        "territories.Territory", through="ConventionTerritory", related_name="conventions"
    )
    signed_on = PartialDateField(_("signature"))
    starts_on = PartialDateField(_("début"))
    ends_on = PartialDateField(_("fin"))
    # The end an amendment puts off to; the first one stays readable in `ends_on`.
    extended_to = PartialDateField(_("prolongée jusqu’à"))
    duration_years = models.PositiveSmallIntegerField(
        _("durée en années"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    source_title = models.CharField(_("source de ces informations"), max_length=300, blank=True)
    source_url = models.URLField(_("adresse de la source"), max_length=500, blank=True)
    # The one before it, whose plan it was opened on.
    continues = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="continued_by"
    )
    # {field of a fiche: house}: where this convention shares out the fields otherwise than houses.py.
    field_houses = models.JSONField(default=dict, blank=True)
    is_demonstration = models.BooleanField(_("démonstration"), default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    # {person's key: their roles}, for the length of a request; `accounts.access` fills it.
    roles_held: Mapping[int, set[str]] = MappingProxyType({})

    objects = ConventionQuerySet.as_manager()

    class Meta:
        verbose_name = _("convention")
        verbose_name_plural = _("conventions")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_on__regex=PARTIAL_DATE)
                & Q(starts_on__regex=PARTIAL_DATE)
                & Q(ends_on__regex=PARTIAL_DATE)
                & Q(extended_to__regex=PARTIAL_DATE),
                name="convention_dates_are_a_year_a_month_or_a_day",
            ),
            # Only the years: "2021-12" sorts after "2021" without contradicting it.
            models.CheckConstraint(
                condition=Q(starts_on="") | Q(ends_on="") | Q(ends_on__gte=Substr(F("starts_on"), 1, 4)),
                name="convention_ends_in_or_after_its_first_year",
            ),
            models.CheckConstraint(
                # No length is refused: conventions of one year and of ten exist. 2021 is a slip.
                condition=Q(duration_years__isnull=True) | Q(duration_years__range=(1, 99)),
                name="convention_lasts_some_years",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("convention", args=[self.slug])

    def clean(self):
        known = min(len(self.ends_on), len(self.extended_to))
        if self.ends_on and self.extended_to[:known] < self.ends_on[:known]:
            raise ValidationError(
                {
                    "extended_to": _("La prolongation (%(extended)s) vient avant la fin (%(end)s).")
                    % {"extended": format_period(self.extended_to), "end": format_period(self.ends_on)}
                }
            )
        start, end = self.starts_on or self.signed_on, self.ends_on
        # Compared as far as both are known: « 2021 » does not come before « décembre 2021 ».
        known = min(len(start), len(end))
        if end[:known] < start[:known]:
            raise ValidationError(
                {
                    "ends_on": _("La fin (%(end)s) vient avant le début (%(start)s).")
                    % {"end": format_period(end), "start": format_period(start)}
                }
            )

    def places(self) -> list[Territory]:
        """Its territories and their communes."""
        own = list(self.territories.all())
        communes = [
            commune
            for territory in own
            if territory.level != Level.COMMUNE
            for commune in Territory.objects.communes_of(territory)
        ]
        return own + [commune for commune in communes if commune not in own]

    def parts(self):
        """The IRIS, arrondissements, QPV and zones inside its territories, those no longer current too."""
        inside = Q(pk__in=[])
        for territory in self.territories.all():
            if column := CODE_OF.get(territory.level):
                inside |= Q(**{column: territory.code})
        return Territory.objects.filter(inside, level__in=BELOW_COMMUNES)

    def declarable(self) -> dict[str, Territory]:
        """What a figure may be declared for, by « level:code »: its places, then their parts."""
        parts = self.parts().current().order_by("level", "commune_code", "name", "code")
        return {f"{one.level}:{one.code}": one for one in [*self.places(), *parts]}

    def figures(self):
        """The figures declared by hand that stand on its places or on their parts."""
        codes = defaultdict(list)
        for place in self.places():
            codes[place.level].append(place.code)
        on_places = [Q(level=level, code__in=held) for level, held in codes.items()]
        # As a query and not as codes: a département has a thousand parts.
        on_places.append(Exists(self.parts().filter(level=OuterRef("level"), code=OuterRef("code"))))
        return DeclaredFigure.objects.shown().filter(reduce(or_, on_places))

    def zonings(self):
        """The zonings of its places, those in the bin too."""
        codes = defaultdict(list)
        for place in self.places():
            codes[place.level].append(place.code)
        on_places = [Q(scope_level=level, scope_code__in=held) for level, held in codes.items()]
        return Zoning.objects.filter(reduce(or_, on_places)) if on_places else Zoning.objects.none()

    def roles_of(self, user) -> set[str]:
        """The names of the roles `user` has on this convention; empty for a stranger."""
        if not user.is_authenticated:
            return set()
        if user.pk in self.roles_held:
            return set(self.roles_held[user.pk])
        return set(self.roles.filter(user=user).order_by().values_list("role", flat=True))

    @property
    def computed_end(self) -> str:
        """The end that the signature and the duration give when no end is published; "" if unknown."""
        start = self.starts_on or self.signed_on
        if self.ends_on or not start or not self.duration_years:
            return ""
        return f"{int(start[:4]) + self.duration_years}{start[4:7]}"

    @property
    def end(self) -> str:
        """Its last moment as far as it is known: extended, published, or computed."""
        return self.extended_to or self.ends_on or self.computed_end


class ConventionTerritory(models.Model):
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="territory_links")
    # PROTECT: a yearly update of the communes must say which conventions it would empty.
    territory = models.ForeignKey("territories.Territory", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "territory"], name="convention_has_each_territory_once"
            )
        ]

    def __str__(self):
        return f"{self.convention} · {self.territory}"


class ConventionParty(models.Model):
    class Kind(models.TextChoices):
        COMMUNE = "commune", _("Commune")
        EPCI = "epci", _("Intercommunalité")
        CAF = "caf", _("Caf")
        DEPARTEMENT = "departement", _("Département")
        ETAT = "etat", _("État")
        MSA = "msa", _("MSA")
        CPAM = "cpam", _("CPAM")
        EDUCATION = "education", _("Éducation nationale")
        OTHER = "other", _("Autre partenaire")

    # A local assembly binds itself by a vote.
    VOTING = (Kind.COMMUNE, Kind.EPCI, Kind.DEPARTEMENT)

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="parties")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="convention_parties"
    )
    kind = models.CharField(_("qualité"), max_length=20, choices=Kind)
    deliberation_number = models.CharField(_("numéro de la délibération"), max_length=60, blank=True)
    deliberation_on = PartialDateField(_("date de la délibération"))
    deliberation_file = models.ForeignKey(
        "conventions.StoredFile", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # A commune may join midway, by an amendment, or leave.
    joined_on = PartialDateField(_("entrée dans la convention"))
    left_on = PartialDateField(_("sortie de la convention"))

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "organisation"], name="convention_has_each_party_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "commune",
                        "epci",
                        "caf",
                        "departement",
                        "etat",
                        "msa",
                        "cpam",
                        "education",
                        "other",
                    ]  # fmt: skip
                ),
                name="convention_party_is_of_a_known_kind",
            ),
            models.CheckConstraint(
                condition=Q(joined_on__regex=PARTIAL_DATE)
                & Q(left_on__regex=PARTIAL_DATE)
                & Q(deliberation_on__regex=PARTIAL_DATE),
                name="convention_party_dates_are_a_year_a_month_or_a_day",
            ),
        ]

    def __str__(self):
        return f"{self.organisation} ({self.get_kind_display()})"

    @property
    def votes(self) -> bool:
        """Whether it needs a délibération to sign."""
        return self.kind in self.VOTING


class ConventionRoleQuerySet(models.QuerySet):
    def role_names_of(self, user) -> set[str]:
        """The names of the roles `user` holds, whatever the convention."""
        return set(self.filter(user=user).values_list("role", flat=True))


class ConventionRole(models.Model):
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="convention_roles")
    role = models.CharField(_("rôle"), max_length=40)
    given_at = models.DateTimeField(auto_now_add=True)

    objects = ConventionRoleQuerySet.as_manager()

    class Meta:
        ordering = ["user__last_name", "user__first_name", "pk"]
        constraints = [
            # One role per person and convention: what someone may do stays readable at a glance.
            models.UniqueConstraint(
                fields=["convention", "user"], name="convention_gives_each_person_one_role"
            ),
            models.CheckConstraint(condition=~Q(role=""), name="convention_role_is_named"),
        ]

    def __str__(self):
        return f"{self.user} · {self.role} · {self.convention}"

    @property
    def label(self):
        return ROLES[self.role].label if self.role in ROLES else self.role


# What the explorer's address says once written again by us: it holds no host, no path, no fragment.
SAVED_QUERY = r"^niveau=[A-Za-z0-9_=&%+.:@~-]*$"


class SavedViewQuerySet(models.QuerySet):
    def shown(self):
        """Those that are not in the bin."""
        return self.filter(deleted_at__isnull=True)

    def in_bin(self):
        """The last one put there first."""
        return self.filter(deleted_at__isnull=False).order_by("-deleted_at", "-pk")

    def shared_with(self, user):
        """Those that others share with a convention on which `user` has a role."""
        visible = Convention.objects.visible_to(user)
        found = self.shown().filter(convention__in=visible).exclude(owner=user)
        return found.select_related("convention", "owner")


class SavedView(models.Model):
    """A question put to the explorer, kept under a name: its address, never its figures."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("nom"), max_length=120)
    query = models.CharField(max_length=4000)
    # None: its owner alone sees it.
    convention = models.ForeignKey(
        Convention, models.SET_NULL, null=True, blank=True, related_name="saved_views"
    )
    saved_at = models.DateTimeField(auto_now_add=True)
    # In the bin of its owner, where nobody else sees it.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(deleted_at__isnull=True),
                name="person_names_each_saved_view_differently",
                violation_error_message=_("Vous avez déjà une vue de ce nom\u00a0: choisissez-en un autre."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_is_named"),
            models.CheckConstraint(
                condition=Q(query__regex=SAVED_QUERY), name="saved_view_is_a_question_to_the_explorer"
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{reverse('explorer')}?{self.query}"
