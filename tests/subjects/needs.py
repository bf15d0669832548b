"""Needs, priorities and the public page of a consultation."""

from django.utils import timezone


def of_convention(cast):
    return {"slug": cast.convention.slug}


def named(cast, text):
    return f"{text} {cast.convention.source_title}".strip()


def officer(cast):
    return cast.convention.roles.get(role="city_officer").user


def a_contribution(cast):
    """One that moderation kept; its reference belongs to its convention."""
    from ansanm.conventions.models import Contribution, Moderation

    made, _ = Contribution.objects.get_or_create(
        convention=cast.convention,
        reference=f"K7F-{cast.convention.pk:03d}"[-7:],
        defaults={
            "text": named(cast, "Personne ne garde mon fils avant sept heures."),
            "moderation": Moderation.SHOWN,
            "received_on": timezone.localdate(),
        },
    )
    return made


def a_need(cast):
    from ansanm.conventions.concertation.need_operations import add_need

    title = named(cast, "Faire garder son enfant avant sept heures")
    need = cast.convention.needs.standing().filter(title=title).first()
    return need or add_need(
        by=officer(cast),
        convention=cast.convention,
        contributions=[a_contribution(cast)],
        kind="need",
        title=title,
        statement=named(cast, "Le travail de nuit finit à sept heures."),
    )


def another_need(cast, **facts):
    from ansanm.conventions.concertation.need_operations import add_need

    title = named(cast, "Un lieu couvert le soir")
    need = cast.convention.needs.filter(title=title).first()
    return need or add_need(by=officer(cast), convention=cast.convention, kind="need", title=title)


def of_needs(cast):
    a_need(cast)
    return of_convention(cast)


def of_need(cast):
    another_need(cast)
    return of_convention(cast) | {"pk": a_need(cast).pk}


def of_cited(cast):
    from ansanm.conventions.models import NeedIndicator

    need = a_need(cast)
    row, _ = NeedIndicator.objects.get_or_create(
        need=need, indicator="poverty_rate", territory=cast.convention.territories.first()
    )
    return of_need(cast) | {"row": row.pk}


def of_binned(cast):
    from ansanm.conventions.concertation.need_operations import add_need, delete_need

    title = named(cast, "Un besoin jeté")
    need = cast.convention.needs.filter(title=title).first()
    if need is None:
        need = add_need(by=officer(cast), convention=cast.convention, kind="need", title=title)
        delete_need(by=officer(cast), need=need)
    return of_convention(cast) | {"pk": need.pk}


def a_session(cast, state):
    from ansanm.conventions.concertation import priority_operations as operations

    title = named(
        cast, {"preparing": "Vote à venir", "open": "Matinée de choix", "closed": "Vote clos"}[state]
    )
    session = cast.convention.priority_sessions.filter(title=title).first()
    if session is not None:
        return session
    by = officer(cast)
    session = operations.add_session(
        by=by,
        convention=cast.convention,
        title=title,
        n_to_keep=1,
        criteria=[
            {"label": "Leviers", "meaning": "Nous pouvons agir", "weight": 2},
            {"label": "Urgence", "weight": 1},
        ],
        voters=[
            {"label": named(cast, "Ville"), "weight": 1, "user": by},
            {"label": named(cast, "Habitants"), "weight": 1},
        ],
        options=[{"need": one, "label": one.title} for one in (a_need(cast), another_need(cast))],
    )
    if state != "preparing":
        operations.open_session(by=by, session=session)
        options, criteria = list(session.options.all()), list(session.criteria.all())
        for place, voter in enumerate(session.voters.all()):
            marks = {
                (option.pk, one.pk): (3 * (place == rank))
                for rank, option in enumerate(options)
                for one in criteria
            }
            marks[options[0].pk, criteria[0].pk] = 3
            operations.vote(by=by, voter=voter, marks=marks)
    if state == "closed":
        operations.close_session(by=by, session=session, minutes=named(cast, "Tout le monde était là."))
    return session


def of_session(state):
    return lambda cast: of_convention(cast) | {"pk": a_session(cast, state).pk}


def of_ballot(cast):
    session = a_session(cast, "open")
    return of_convention(cast) | {"pk": session.pk, "voter": session.voters.first().pk}


def of_sessions(cast):
    a_session(cast, "open")
    a_session(cast, "closed")
    return of_convention(cast)


def of_binned_session(cast):
    from ansanm.conventions.concertation import priority_operations as operations

    title = named(cast, "Vote jeté")
    session = cast.convention.priority_sessions.filter(title=title).first()
    if session is None:
        session = operations.add_session(by=officer(cast), convention=cast.convention, title=title)
        operations.delete_session(by=officer(cast), session=session)
    return of_convention(cast) | {"pk": session.pk}


def of_public_page(cast):
    """A published page that tells one need kept, one put off, and quotes a contribution.

    Its texts do not hold the name of the convention: anybody reads them.
    """
    from ansanm.conventions.concertation import consultation_operations, need_operations

    by, convention = officer(cast), cast.convention
    for need, state in ((a_need(cast), "kept"), (another_need(cast), "later")):
        if need.state == "draft":
            need_operations.decide_need(
                by=by, need=need, base_version=need.version, state=state, public_answer="Nous avons entendu."
            )
    page = consultation_operations.page_of(convention)
    if page.published_at is None:
        consultation_operations.update_page(
            by=by,
            convention=convention,
            base_version=page.version,
            introduction="Bonjour à toutes et tous.",
            takes_contributions=True,
            quotes=[a_contribution(cast).pk],
        )
        consultation_operations.publish_page(by=by, convention=convention)
    return of_convention(cast)


def of_reference(cast):
    a_need(cast)
    return {"reference": a_contribution(cast).reference}


EXAMPLES = {
    "needs": of_needs,
    "needs_export": lambda cast: of_needs(cast) | {"format": "csv"},
    "needs_bin": lambda cast: {"slug": of_binned(cast)["slug"]},
    "need_new": of_convention,
    **dict.fromkeys(
        (
            *("need", "need_edit", "need_decide", "need_sources", "need_cite", "need_link", "need_merge"),
            *("need_to_level", "need_to_action", "need_delete"),
        ),
        of_need,
    ),
    "need_uncite": of_cited,
    "need_restore": of_binned,
    "priorities": of_sessions,
    "priority_new": of_needs,
    **dict.fromkeys(("priority_edit", "priority_open"), of_session("preparing")),
    **dict.fromkeys(
        ("priority", "priority_prepare", "priority_ballot", "priority_close", "priority_delete"),
        of_session("open"),
    ),
    "priority_vote": of_ballot,
    **dict.fromkeys(("priority_apply", "priority_reopen"), of_session("closed")),
    "priority_export": lambda cast: of_session("closed")(cast) | {"format": "xlsx"},
    "priority_restore": of_binned_session,
    **dict.fromkeys(("consultation_edit", "consultation_preview", "consultation_publish"), of_public_page),
    "consultation": of_public_page,
    "contribution_followed": of_reference,
}
# A POST alone, from a page that is tested; or a file.
NO_PAGE = {
    *("needs_export", "need_uncite", "need_delete", "need_restore"),
    *("priority_open", "priority_prepare", "priority_delete", "priority_restore", "priority_export"),
    "consultation_publish",
}
