"""Short ways to say something, write a need from it, and vote, for the tests of this folder."""

from datetime import date

from ansanm.conventions.concertation import need_operations, priority_operations
from ansanm.conventions.models import Contribution, Moderation


def said(convention, text, *, reference, moderation=Moderation.SHOWN, **more) -> Contribution:
    return Contribution.objects.create(
        convention=convention,
        text=text,
        reference=reference,
        moderation=moderation,
        received_on=date(2026, 6, 1),
        **more,
    )


def need(cast, title, *, contributions=(), **more):
    return need_operations.add_need(
        by=cast.city_officer,
        convention=cast.convention,
        contributions=contributions,
        **{"kind": "need", "title": title} | more,
    )


def decide(cast, one, state, answer="Voici pourquoi."):
    one.refresh_from_db()
    return need_operations.decide_need(
        by=cast.city_officer, need=one, base_version=one.version, state=state, public_answer=answer
    )


def session(cast, options, *, voters=("Ville", "Caf"), n_to_keep=1, scale_max=3, is_open=True, **more):
    """A vote on two criteria, « Leviers » counted twice."""
    made = priority_operations.add_session(
        by=cast.city_officer,
        convention=cast.convention,
        title="Journée des priorités",
        held_on="2026-06-06",
        scale_max=scale_max,
        n_to_keep=n_to_keep,
        criteria=[
            {"label": "Leviers", "meaning": "Nous pouvons agir", "weight": 2},
            {"label": "Urgence", "weight": 1},
        ],
        voters=[one if isinstance(one, dict) else {"label": one, "weight": 1} for one in voters],
        options=[
            {"label": one} if isinstance(one, str) else {"need": one, "label": one.title} for one in options
        ],
        **more,
    )
    if is_open:
        made = priority_operations.open_session(by=cast.city_officer, session=made)
    return made


def cells(made):
    return [(option.pk, one.pk) for option in made.options.all() for one in made.criteria.all()]


def ballot(cast, made, party, marks, by=None):
    """`marks`: one for each criterion of each proposal, in their order."""
    voter = made.voters.get(label=party)
    given = dict(zip(cells(made), marks, strict=True))
    return priority_operations.vote(by=by or cast.city_officer, voter=voter, marks=given)
