"""What people typed to compare circuits, or to compute a bonus: kept whole, one of each a convention."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.models.convention import Convention


class FundingSheet(models.Model):
    """Rows and settings as they were typed: amounts of a simulation, never accounts."""

    class Kind(models.TextChoices):
        CIRCUIT = "circuit", _("Circuit court")
        TERRITORY = "territory", _("Bonus territoire")

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="funding_sheets")
    kind = models.CharField(max_length=10, choices=Kind)
    # {"rows": [{"key": …}], "settings": {…}}: texts as typed; what they mean is in conventions/finance.
    content = models.JSONField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["convention", "kind"], name="one_funding_sheet_of_each_kind"),
        ]

    def __str__(self):
        return self.get_kind_display()
