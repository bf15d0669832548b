"""What a fiche would cost: simulations brought to it by those who made them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models.plan import Action
from ansanm.funding.models import Scenario


class ActionScenarioQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(removed_at__isnull=True)


class ActionScenario(models.Model):
    """A copy of what a simulation asked when it was attached: its owner goes on with the original alone."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="simulations")
    title = models.CharField(_("titre"), max_length=120)
    kind = models.CharField(_("type"), max_length=10, choices=Scenario.Kind)
    inputs = models.JSONField()
    attached_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    attached_at = models.DateTimeField(auto_now_add=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ActionScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = _("simulation d’une action")
        verbose_name_plural = _("simulations des actions")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=False) | Q(removed_by__isnull=True),
                name="action_scenario_removed_by_somebody_at_some_time",
            ),
        ]

    def __str__(self):
        return self.title
