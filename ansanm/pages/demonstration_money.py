"""The money of the demonstration: one invented crèche, whose manager has sent an invented forecast."""

from pathlib import Path

import yaml
from django.db import transaction
from django.utils import timezone

from ansanm.conventions.finance import operations
from ansanm.conventions.models import FundingAgreement, Phase
from ansanm.conventions.papers.equipment_operations import add_equipment

FACTS = Path(__file__).with_name("demonstration_money.yaml")


@transaction.atomic
def seed(convention, *, by, manager, caf_adviser) -> None:
    """Write it once: a visitor's changes stay."""
    if FundingAgreement.objects.filter(convention=convention).exists():
        return
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    creche = add_equipment(by=by, convention=convention, is_fictitious=True, **facts["equipment"])
    operations.set_managers(by=by, equipment=creche, users=[manager])
    agreement = operations.open_agreement(
        by=caf_adviser,
        convention=convention,
        equipment=creche,
        year=timezone.localdate().year,
        is_fictitious=True,
        **facts["agreement"],
    )
    operations.save_declaration(
        by=manager,
        agreement=agreement,
        phase=Phase.FORECAST,
        content=facts["forecast"],
        base_version=0,
        send=True,
    )
