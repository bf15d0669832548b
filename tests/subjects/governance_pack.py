"""Bodies side by side, what merging them would change, and the files of a meeting."""


def of_convention(cast):
    return {"slug": cast.convention.slug}


def of_bodies(cast):
    """Two bodies with members in common, described on first use."""
    from ansanm.conventions.governance import body_operations
    from ansanm.conventions.models import Body

    convention, canary = cast.convention, cast.convention.source_title
    if not convention.bodies.filter(name__startswith="Bureau").exists():
        by = convention.roles.get(role="city_officer").user
        actor, _ = convention.actors.get_or_create(name=f"Mission locale {canary}".strip())
        person = body_operations.add_participant(
            by=by, convention=convention, name=f"Maëva Rivière {canary}".strip(), actor=actor
        )
        for name, kind in (("Bureau", Body.Kind.COTECH), ("Bureau du contrat de ville", Body.Kind.OTHER)):
            body = body_operations.create_body(
                by=by, convention=convention, kind=kind, name=f"{name} {canary}".strip(), usual_minutes=90,
                meetings_per_year=4,
            )  # fmt: skip
            body_operations.add_mandate(by=by, body=body, participant=person, actor=actor)
    return of_convention(cast)


def of_meeting(cast):
    """A meeting of the first of them, with a point that somebody minuted."""
    from ansanm.conventions.models import AgendaItem, Meeting

    of_bodies(cast)
    body = cast.convention.bodies.filter(name__startswith="Bureau").order_by("pk").first()
    meeting, is_new = Meeting.objects.get_or_create(
        body=body, rank=1, defaults={"uid": f"dossier-{cast.convention.slug}", "held_on": "2026-11"}
    )
    if is_new:
        said = f"Le bureau a parlé {cast.convention.source_title}".strip()
        AgendaItem.objects.create(meeting=meeting, kind="text", title=said, minutes=said)
    return of_convention(cast) | {"pk": meeting.pk}


def with_format(function, format):
    return lambda cast: function(cast) | {"format": format}


EXAMPLES = {
    "bodies_overlap": of_bodies,
    "bodies_merge": of_bodies,
    "bodies_overlap_export": with_format(of_bodies, "csv"),
    "bodies_import": of_convention,
    "bodies_import_keep": of_convention,
    "bodies_template": of_convention,
    "meeting_pack": with_format(of_meeting, "docx"),
    "meeting_minutes": with_format(of_meeting, "pptx"),
}
NO_PAGE = {
    "bodies_overlap_export",
    "bodies_import_keep",
    "bodies_template",
    "meeting_pack",
    "meeting_minutes",
}
