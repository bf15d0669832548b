"""How the demonstration decides together: the steering committee that the press tells, and around it a
concertation, bodies and a vote that are invented and say so."""

from datetime import time, timedelta
from pathlib import Path

import yaml
from django.db import transaction
from django.utils import timezone

from ansanm.conventions.concertation import (
    answering,
    consultation_operations,
    contribution_operations,
    need_operations,
    priority_operations,
    survey_operations,
)
from ansanm.conventions.governance import body_operations, decisions, meeting_operations, minutes
from ansanm.conventions.models import Need, Participant, PlanActor
from ansanm.conventions.papers.equipment_operations import add_equipment
from ansanm.ui.formats import format_period

FACTS = Path(__file__).with_name("demonstration_deciding.yaml")
FICTITIOUS = {"is_fictitious": True}


@transaction.atomic
def seed(convention, *, by) -> None:
    """Write it once: a visitor's changes stay, and what they removed does not come back."""
    if convention.bodies.exists() or convention.surveys.exists() or convention.equipment.exists():
        return
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    invented = facts["fictitious"]
    sources = facts["sources"]
    copil = steering_committee(convention, facts["copil"], sources, by=by)
    for one in facts["equipment"]:
        one = dict(one)
        add_equipment(by=by, convention=convention, **sourced(sources, one.pop("source")), **one)
    next_meeting(copil, invented["next_copil"], by=by)
    bodies(convention, invented, by=by)
    survey(convention, invented["survey"], by=by)
    passages = workshop(convention, invented["workshop"], by=by)
    written = {one["key"]: need(convention, dict(one), passages, by=by) for one in invented["needs"]}
    priorities(convention, invented["priorities"], written, by=by)
    public_page(convention, invented["page"], by=by)


def public_page(convention, facts, *, by) -> None:
    quotes = convention.contributions.shown().values_list("pk", flat=True)[:2]
    page = consultation_operations.page_of(convention)
    consultation_operations.update_page(
        by=by, convention=convention, base_version=page.version, quotes=list(quotes), **facts
    )
    consultation_operations.publish_page(by=by, convention=convention)


def sourced(sources, key) -> dict:
    source = sources[key]
    told = f"{source['title']}, {format_period(source['date'], 'fr')}" if source["date"] else source["title"]
    return {"source_title": told, "source_url": source["url"]}


def actions_of(convention, titles):
    """Those that nobody renamed or deleted since."""
    return list(convention.actions.filter(title__in=titles))


def seat_of(convention, key) -> PlanActor | None:
    """None where somebody renamed it since: what is seeded must not stop a set-up."""
    names = {"ville": "Ville de Saint-Denis", "caf": "Caf de La Réunion"}
    return convention.actors.filter(name=names[key]).first()


def steering_committee(convention, facts, sources, *, by):
    source = sourced(sources, facts["source"])
    body = body_operations.create_body(
        by=by, convention=convention, kind="copil", name=facts["name"], purpose=facts["purpose"], **source
    )
    for key in facts["seats"]:
        if actor := seat_of(convention, key):
            body_operations.add_mandate(by=by, body=body, actor=actor)
    told = facts["meeting"]
    meeting = meeting_operations.create_meeting(
        by=by, body=body, rank=told["rank"], held_on=told["held_on"], title=told["title"], **source
    )
    meeting_operations.write_opening(
        by=by, meeting=meeting, base_version=meeting.version, text=told["opening"]
    )
    items = {}
    for one in told["items"]:
        item = meeting_operations.add_item(by=by, meeting=meeting, kind=one["kind"], title=one["title"])
        items[one["title"]] = item
        minutes.save_minutes(by=by, item=item, base_version=0, text=one["minutes"])
    meeting.refresh_from_db()
    meeting_operations.close_meeting(by=by, meeting=meeting, base_version=meeting.version)
    for one in told["decisions"]:
        decisions.take_decision(
            by=by,
            convention=convention,
            meeting=meeting,
            item=items[one["item"]],
            text=one["text"],
            due=one.get("due", ""),
            actions=actions_of(convention, one.get("actions", ())),
            **source,
        )
    return body


def next_meeting(body, facts, *, by) -> None:
    """One to prepare, with its live parts, a month from the day of the set-up."""
    facts = dict(facts)
    on = timezone.localdate() + timedelta(days=facts.pop("in_days"))
    meeting_operations.create_meeting(
        by=by,
        body=body,
        with_usual_agenda=True,
        starts_at=meeting_operations.at_hour(body.convention, on.isoformat(), time(14)),
        **facts,
        **FICTITIOUS,
    )


def bodies(convention, facts, *, by) -> None:
    actors = {key: seat_of(convention, key) for key in ("ville", "caf")}
    actors["ccas"] = convention.actors.filter(name__contains="CCAS").first()
    for key, name in facts["organisations"].items():
        actors[key] = PlanActor.objects.create(convention=convention, name=name)
    people: dict[str, Participant] = {}
    for one in facts["people"]:
        people[one["key"]] = body_operations.add_participant(
            by=by,
            convention=convention,
            name=one["name"],
            function=one["function"],
            actor=actors[one["organisation"]],
            **FICTITIOUS,
        )
    for one in facts["bodies"]:
        one = dict(one)
        seats = one.pop("seats")
        themes = convention.themes.filter(slug__in=one.pop("themes"))
        body = body_operations.create_body(by=by, convention=convention, themes=themes, **one, **FICTITIOUS)
        for key, role in seats:
            body_operations.add_mandate(
                by=by, body=body, participant=people[key], actor=people[key].actor, role=role
            )


def survey(convention, facts, *, by) -> None:
    questions = [
        one | {"choices": [{"label": label} for label in one.get("choices", ())]}
        for one in facts["questions"]
    ]
    made = survey_operations.create_survey(
        by=by,
        convention=convention,
        title=facts["title"],
        introduction=facts["introduction"],
        thanks=facts["thanks"],
        audiences=facts["audiences"],
        questions=questions,
        **FICTITIOUS,
    )
    survey_operations.set_state(by=by, survey=made, state="open")
    who, wanted, easy, words = made.questions.all()
    for n, (choice, needs, mark, text) in enumerate(facts["answers"]):
        answers = {
            who.key: who.choices[choice]["key"],
            wanted.key: [wanted.choices[one]["key"] for one in needs],
            easy.key: mark,
        }
        answering.enter_sheet(
            by=by,
            survey=made,
            key=f"demonstration-{made.pk}-{n}",
            answers=answers | ({words.key: text} if text else {}),
        )
    survey_operations.add_bias_note(by=by, survey=made, text=facts["bias"])
    survey_operations.publish_results(by=by, survey=made, publish=True)


def workshop(convention, facts, *, by) -> list:
    facts = dict(facts)
    passages = [
        (text, text, author, convention.themes.filter(slug=theme))
        for text, author, theme in facts.pop("passages")
    ]
    made = contribution_operations.create_workshop(by=by, convention=convention, **facts, **FICTITIOUS)
    return contribution_operations.cut_workshop(by=by, workshop=made, passages=passages)


def need(convention, facts, passages, *, by) -> Need:
    (territory,) = convention.territories.all()
    made = need_operations.add_need(
        by=by,
        convention=convention,
        contributions=[passages[n] for n in facts["passages"]],
        **{name: facts[name] for name in ("kind", "title", "statement", "publics", "themes")},
    )
    for indicator in facts["figures"]:
        need_operations.cite_figure(by=by, need=made, indicator=indicator, territory=territory)
    for action in actions_of(convention, facts["actions"]):
        need_operations.link_need(by=by, need=made, add={"actions": [action.pk]}, remove={})
    made.refresh_from_db()
    if facts["state"] != Need.State.DRAFT:
        made = need_operations.decide_need(
            by=by,
            need=made,
            base_version=made.version,
            state=facts["state"],
            public_answer=facts["public_answer"],
        )
    Need.objects.filter(pk=made.pk).update(**FICTITIOUS)
    return made


def priorities(convention, facts, needs, *, by) -> None:
    session = priority_operations.add_session(
        by=by,
        convention=convention,
        criteria=[{"label": label, "weight": weight} for label, weight in facts["criteria"]],
        voters=[{"label": label, "weight": weight} for label, weight in facts["voters"]],
        options=[{"need": needs[key], "label": needs[key].title} for key in facts["options"]],
        **{name: facts[name] for name in ("title", "held_on", "scale_max", "n_to_keep")},
    )
    priority_operations.open_session(by=by, session=session)
    criteria, options = list(session.criteria.all()), list(session.options.all())
    for voter, table in zip(session.voters.all(), facts["marks"], strict=True):
        marks = {
            (option.pk, criterion.pk): mark
            for option, row in zip(options, table, strict=True)
            for criterion, mark in zip(criteria, row, strict=True)
        }
        priority_operations.vote(by=by, voter=voter, marks=marks)
    priority_operations.close_session(by=by, session=session, minutes=facts["minutes"])
