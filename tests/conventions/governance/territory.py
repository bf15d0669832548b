"""The bodies of a territory, for the tests of what is made of them."""

from ansanm.conventions.governance import body_operations
from ansanm.conventions.models import PlanActor, PlanTheme


def bodies_of(cast):
    """A COPIL and a COTECH of the convention, the CLSPD beside: three people in common, one seat vacant."""
    by, convention = cast.city_officer, cast.convention
    actors = {
        name: PlanActor.objects.create(convention=convention, name=name)
        for name in ("Ville", "Caf", "Préfecture", "Les Filaos")
    }
    labels = {"early_childhood": "Petite enfance", "youth": "Jeunesse", "housing": "Logement"}
    themes = {
        slug: PlanTheme.objects.get_or_create(
            convention=convention, slug=slug, defaults={"label": label}
        )[0]
        for slug, label in labels.items()
    }  # fmt: skip
    people = {
        name: body_operations.add_participant(by=by, convention=convention, name=name, actor=actors[actor])
        for name, actor in (
            ("Élise Hoarau", "Ville"), ("Paul Grondin", "Ville"), ("Anne Fontaine", "Caf"),
            ("Jean Técher", "Caf"), ("Lise Boyer", "Préfecture"), ("Chloé Nativel", "Ville"),
        )
    }  # fmt: skip

    def body(name, kind, members, wanted, **facts):
        followed = [themes[one] for one in wanted]
        made = body_operations.create_body(
            by=by, convention=convention, name=name, kind=kind, themes=followed, **facts
        )
        for person, role in members:
            body_operations.add_mandate(
                by=by, body=made, participant=people[person], actor=people[person].actor, role=role
            )
        return made

    copil = body(
        "COPIL", "copil",
        [("Élise Hoarau", "chair"), ("Anne Fontaine", "co_chair"), ("Paul Grondin", "member")],
        ["early_childhood", "youth"], meetings_per_year=2, usual_minutes=120, quorum=2,
    )  # fmt: skip
    cotech = body(
        "COTECH", "cotech",
        [("Paul Grondin", "chair"), ("Jean Técher", "member"), ("Anne Fontaine", "member"),
         ("Chloé Nativel", "member")],
        ["early_childhood"], meetings_per_year=4, usual_minutes=90, quorum=2,
    )  # fmt: skip
    clspd = body(
        "CLSPD plénier", "clspd",
        [("Élise Hoarau", "chair"), ("Lise Boyer", "member"), ("Paul Grondin", "guest")],
        ["youth"], is_external=True, usual_minutes=120,
    )  # fmt: skip
    body_operations.add_mandate(by=by, body=cotech, actor=actors["Préfecture"])
    found = {"copil": copil, "cotech": cotech, "clspd": clspd}
    return {**found, "people": people, "actors": actors, "themes": themes}
