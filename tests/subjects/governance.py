"""Bodies, meetings and decisions of the convention, each opened by its officer on first use."""


def of_convention(cast):
    return {"slug": cast.convention.slug}


def officer(cast):
    return cast.convention.roles.get(role="city_officer").user


def named(cast, words):
    return f"{words} {cast.convention.source_title}".strip()


def body_of(cast):
    from ansanm.conventions.governance import body_operations as operations

    name = named(cast, "Comité de pilotage")
    body = cast.convention.bodies.filter(name=name).first()
    if body is None:
        by, convention = officer(cast), cast.convention
        body = operations.create_body(
            by=by, convention=convention, kind="copil", name=name, quorum=1, usual_minutes=120
        )
        person = operations.add_participant(
            by=by, convention=convention, name=named(cast, "Marie Hoarau"), email="marie@example.org"
        )
        operations.add_mandate(by=by, body=body, participant=person, role="chair")
        house, _ = convention.actors.get_or_create(name=named(cast, "Caf"))
        operations.add_mandate(by=by, body=body, actor=house)
    return body


def of_body(cast):
    return of_convention(cast) | {"pk": body_of(cast).pk}


def of_bodies(cast):
    of_meeting(cast)
    return of_convention(cast)


def of_bin(cast):
    from ansanm.conventions.governance import body_operations as operations

    name = named(cast, "Groupe oublié")
    body = cast.convention.bodies.filter(name=name).first() or operations.create_body(
        by=officer(cast), convention=cast.convention, kind="group", name=name
    )
    operations.bin_body(by=officer(cast), body=body)
    return of_convention(cast)


def of_mandate(cast):
    seat = body_of(cast).mandates.filter(participant__isnull=False).first()
    return of_body(cast) | {"mandate": seat.pk}


def of_participant(cast):
    body_of(cast)
    return of_convention(cast) | {"pk": cast.convention.participants.first().pk}


def of_participants(cast):
    of_participant(cast)
    return of_convention(cast)


def meeting_of(cast):
    from ansanm.conventions.governance import meeting_operations as operations
    from ansanm.conventions.governance import minutes

    body = body_of(cast)
    meeting = body.meetings.filter(rank=5).first()
    if meeting is None:
        by = officer(cast)
        meeting = operations.create_meeting(
            by=by,
            body=body,
            rank=5,
            held_on="2026-12-03",
            title=named(cast, "Bilan de l’année"),
            with_usual_agenda=True,
        )
        item = meeting.items.first()
        minutes.save_minutes(by=by, item=item, base_version=0, text=named(cast, "La Ville ouvre la séance"))
    return meeting


def of_meeting(cast):
    return of_convention(cast) | {"pk": meeting_of(cast).pk}


def of_item(cast):
    item = meeting_of(cast).items.first()
    return of_meeting(cast) | {"item": item.pk}


def of_paper(cast):
    from ansanm.conventions.models import MeetingPaper, StoredFile

    meeting = meeting_of(cast)
    stored, _ = StoredFile.objects.get_or_create(
        convention=cast.convention,
        name=named(cast, "Dossier") + ".pdf",
        defaults={"content_type": "application/pdf", "n_bytes": 9, "sha256": "1" * 64},
    )
    paper, _ = MeetingPaper.objects.get_or_create(meeting=meeting, file=stored)
    return of_meeting(cast) | {"paper": paper.pk}


def of_invited(cast):
    return of_meeting(cast) | {"participant": of_participant(cast)["pk"]}


def of_answer(cast):
    """An address of somebody invited; only its hash is kept, so each call makes the same."""
    from ansanm.conventions.governance.invitations import digest

    meeting, token = meeting_of(cast), f"convocation-{cast.convention.slug}"
    meeting.invitations.get_or_create(
        token_sha256=digest(token),
        defaults={"participant": cast.convention.participants.first(), "sequence": 0},
    )
    return {"token": token}


def of_decision(cast):
    from ansanm.conventions.governance import decisions

    decision = cast.convention.decisions.first()
    if decision is None:
        meeting = meeting_of(cast)
        decision = decisions.take_decision(
            by=officer(cast),
            convention=cast.convention,
            text=named(cast, "Ouvrir une halte-jeux au Chaudron"),
            meeting=meeting,
            item=meeting.items.last(),
            owner_person=cast.convention.participants.first(),
            due="2026-S1",
        )
    return of_convention(cast) | {"pk": decision.pk}


def of_decisions(cast):
    of_decision(cast)
    return of_convention(cast)


EXAMPLES = {
    "bodies": of_bodies,
    "body_new": of_convention,
    "bodies_bin": of_bin,
    **dict.fromkeys(
        ("body", "body_edit", "body_end", "body_delete", "body_restore", "body_feed", "mandate_add"), of_body
    ),
    "mandate_edit": of_mandate,
    "mandate_remove": of_mandate,
    "participants": of_participants,
    "participant_add": of_convention,
    **dict.fromkeys(
        ("participant", "participant_leave", "participant_hand_over", "participant_erase"), of_participant
    ),
    "meetings": of_bodies,
    "meetings_calendar": of_bodies,
    "meeting_new": of_bodies,
    **dict.fromkeys(
        (
            *("meeting", "meeting_edit", "meeting_cancel", "meeting_replan", "meeting_close"),
            *("meeting_delete", "meeting_restore", "meeting_invitations", "meeting_attendance"),
            *("item_add", "items_usual", "meeting_opening", "minutes_approve", "paper_add"),
        ),
        of_meeting,
    ),
    "invitation_answer": of_invited,
    "attendance_sheet": lambda cast: of_meeting(cast) | {"format": "docx"},
    **dict.fromkeys(("item_edit", "item_remove", "item_shift", "minutes_edit", "minutes_history"), of_item),
    "paper_remove": of_paper,
    "meeting_answer": of_answer,
    "decisions": of_decisions,
    "decision_new": of_bodies,
    "decisions_export": lambda cast: of_decisions(cast) | {"format": "csv"},
    **dict.fromkeys(("decision", "decision_edit", "decision_news"), of_decision),
}
NO_PAGE = {
    *("body_delete", "body_restore", "body_feed", "mandate_remove", "participant_leave"),
    *("participant_hand_over", "participant_erase", "meeting_replan", "meeting_close", "meeting_delete"),
    *("meeting_restore", "invitation_answer", "items_usual", "item_remove", "item_shift"),
    *("minutes_approve", "paper_remove", "decision_news", "attendance_sheet", "decisions_export"),
}
