"""A plan as a city would have it, for the tests of what is seen of it as a whole."""

from ansanm.conventions.models import PlanActor, PlanNode, Status
from ansanm.conventions.plan.node_operations import add_node, add_theme
from ansanm.conventions.plan.operations import create_action

STATUSES = [Status.PLANNED, Status.STARTED, Status.DONE, Status.TO_DISCUSS]


def small_plan(cast):
    """Two stakes, two themes, two pilots and four actions, each in another state."""
    by, convention = cast.city_officer, cast.convention
    grow = add_node(by=by, convention=convention, kind="stake", label="Grandir")
    play = add_node(by=by, convention=convention, kind="objective", label="Jouer", parent=grow)
    live = add_node(by=by, convention=convention, kind="stake", label="Se loger")
    add_theme(by=by, convention=convention, label="Petite enfance", slug="early_childhood")
    add_theme(by=by, convention=convention, label="Logement", slug="housing")
    city = PlanActor.objects.create(convention=convention, name="Direction de l’enfance", house="city")
    caf = PlanActor.objects.create(convention=convention, name="Caf de La Réunion", house="caf")

    def make(title, status, **more):
        return create_action(by=by, convention=convention, title=title, status=status, **more)

    return {
        "toys": make(
            "Ludothèque à Ékouté", Status.STARTED, number="1.2", node=play.pk, themes=["early_childhood"],
            pilot=city.pk, starts="2026-S1", ends="2027", is_priority=True, context="Peu de jeux",
        ),
        "nursery": make(
            "Crèche de la Source", Status.DONE, number="1.10", node=grow.pk,
            themes=["early_childhood", "housing"], pilot=city.pk, starts="2024", ends="2025",
            is_priority=True, funding_note="Ville",
        ),
        "roof": make(
            "Visites à domicile", Status.PLANNED, number="1.1", node=live.pk, themes=["housing"],
            pilot=caf.pk, starts=">2026-S2",
        ),
        "loose": make("Idée à creuser", Status.TO_DISCUSS),
    }  # fmt: skip


def large_plan(cast, n):
    """`n` actions across ten objectives, written as an import would: fast."""
    from ansanm.conventions.models import Action, ActionRevision
    from ansanm.conventions.plan.content import content_of, searched

    convention = cast.convention
    stakes = [
        PlanNode.objects.create(convention=convention, kind="stake", label=f"Enjeu {i}", position=i)
        for i in range(5)
    ]
    nodes = [
        PlanNode.objects.create(
            convention=convention, kind="objective", label=f"Objectif {i}", parent=stakes[i % 5]
        )
        for i in range(10)
    ]
    themes = [
        add_theme(by=cast.city_officer, convention=convention, label=slug, slug=slug)
        for slug in ("early_childhood", "housing", "youth")
    ]
    pilots = [PlanActor.objects.create(convention=convention, name=f"Service {i}") for i in range(12)]
    made = []
    for i in range(n):
        action = Action(
            convention=convention, title=f"Action n° {i} pour les familles du quartier", number=f"{i}",
            position=i, status=STATUSES[i % 4], node=nodes[i % 10], pilot=pilots[i % 12],
            lead_house=("city", "caf", "shared")[i % 3], starts=("2026-S1", "2025", "", ">2026-07")[i % 4],
            ends=("2027", "2026-T1", "")[i % 3], is_priority=i % 3 == 0,
        )  # fmt: skip
        action.save()
        action.themes.set([themes[i % 3]])
        action.milestones.create(title="Ouverture", due="2026-09")
        content = content_of(action)
        Action.objects.filter(pk=action.pk).update(search_text=searched(content, action.pilot.name))
        ActionRevision.objects.create(action=action, version=1, content=content, origin="import")
        made.append(action)
    return made
