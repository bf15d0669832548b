"""Examples of the saved simulations of the cast."""

INPUTS = {
    "opens_on": "1er janvier 2027",
    "employer": "association",
    "places": "40",
    "area": "priority",
    "hours_per_day": "10",
    "days_per_year": "220",
    "attended": "75 %",
    "billed": "105 %",
    "wages_eur": "480000",
    "families": "mean",
    "mean_participation": "1,50",
    "p-psu.ceiling_none_low-2027-01-01": "9",
    "p-psu.ceiling_none_high-2027-01-01": "8",
}


def of_scenario(cast):
    """A simulation of the association, which its officer never sees."""
    from ansanm.funding.scenario_operations import save_scenario

    owner = cast.association
    scenario = owner.scenarios.standing().first()
    scenario = scenario or save_scenario(by=owner, title="Les Filaos, 40 places", kind="open", inputs=INPUTS)
    return {"pk": scenario.pk}


def of_binned(cast):
    from ansanm.funding.scenario_operations import delete_scenario, save_scenario

    owner = cast.association
    scenario = owner.scenarios.filter(deleted_at__isnull=False).first()
    if scenario is None:
        scenario = save_scenario(by=owner, title="Crèche abandonnée", kind="open", inputs=INPUTS)
        delete_scenario(by=owner, scenario=scenario)
    return {"pk": scenario.pk}


TOKEN = "of-the-cast"


def of_shared(cast):
    from django.utils import timezone

    from ansanm.funding.models import Scenario
    from ansanm.funding.scenario_operations import digest

    Scenario.objects.filter(**of_scenario(cast)).update(token_sha256=digest(TOKEN), shared_at=timezone.now())
    return {"token": TOKEN}


EXAMPLES = {
    "scenario": of_scenario,
    "scenario_delete": of_scenario,
    "scenario_edit": of_scenario,
    "scenario_export": lambda cast: of_scenario(cast) | {"format": "docx"},
    "scenario_restore": of_binned,
    "scenario_share": of_scenario,
    "scenario_unshare": of_scenario,
    "shared_scenario": of_shared,
}
NO_PAGE = {
    "scenario_delete",
    "scenario_export",
    "scenario_restore",
    "scenario_share",
    "scenario_unshare",
}
