"""Examples of the simulations of a fiche."""

from tests.subjects.scenarios import INPUTS


def of_attached(cast):
    from ansanm.conventions.models import ActionScenario
    from tests.examples import of_action

    action = cast.convention.actions.get(pk=of_action(cast)["pk"])
    attached = action.simulations.standing().first()
    if attached is None:
        title = f"Les Filaos {cast.convention.source_title}".strip()
        attached = ActionScenario.objects.create(action=action, title=title, kind="open", inputs=INPUTS)
    return {"slug": cast.convention.slug, "pk": attached.pk}


def of_its_action(cast):
    from tests.examples import of_action

    return of_action(cast)


EXAMPLES = {
    "action_scenario": of_attached,
    "action_scenario_attach": of_its_action,
    "action_scenario_remove": of_attached,
}
NO_PAGE = {"action_scenario_remove"}
