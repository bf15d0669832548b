"""The plan of the demonstration: what the press says of Saint-Denis's, each fact with its source."""

from datetime import datetime
from pathlib import Path

import yaml
from django.db import transaction
from django.utils import timezone

from ansanm.conventions.agreement.operations import SUBJECTS, add_row
from ansanm.conventions.models import Action, House, PlanActor
from ansanm.conventions.plan import news, operations
from ansanm.conventions.plan.node_operations import add_node, add_theme
from ansanm.conventions.plan.reported import add_figure
from ansanm.engines.vague_dates import parse_canonical
from ansanm.ui.formats import format_period

FACTS = Path(__file__).with_name("demonstration_plan.yaml")
HOUSES = {"ville": House.CITY, "ccas": House.CITY, "caf": House.CAF}


@transaction.atomic
def seed(convention, *, by, caf_adviser, organisations) -> None:
    """Write the plan, once: a visitor's changes stay, and what they removed does not come back."""
    if convention.themes.exists() or convention.actions.exists():
        return
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    sources = facts["sources"]
    for slug, label in facts["themes"].items():
        add_theme(by=by, convention=convention, slug=slug, label=label)
    for _n in range(facts["n_stakes"]):
        add_node(by=by, convention=convention, kind="stake")
    actors = {key: actor(convention, key, name, organisations) for key, name in facts["actors"].items()}
    for one in facts["linked_contracts"]:
        convention.refresh_from_db()
        add_row(by=by, convention=convention, version=convention.version, subject=SUBJECTS["contract"], **one)
    for one in facts["reported"]:
        one = dict(one)
        source = sources[one.pop("source")]
        add_figure(
            by=by,
            convention=convention,
            source_title=source["title"],
            source_url=source["url"],
            source_on=source["date"],
            **one,
        )
    for one in facts["actions"]:
        action(convention, dict(one), sources, actors, by=by)
    propose(convention, facts["fictitious"]["proposal"], by=caf_adviser)


def dated(source) -> str:
    # In French whatever the language of who sets it up: the plan itself is in French.
    return f"{source['title']}, {format_period(source['date'], 'fr')}"


def actor(convention, key, name, organisations) -> PlanActor:
    return PlanActor.objects.create(
        convention=convention,
        name=name,
        house=HOUSES[key],
        organisation={"ville": organisations["saint_denis"], "caf": organisations["caf"]}.get(key),
    )


def action(convention, facts, sources, actors, *, by) -> Action:
    source = sources[facts.pop("source")]
    measures = {row["label"]: row.pop("measures", ()) for row in facts.get("indicators", ())}
    if "pilot" in facts:
        facts["pilot"] = actors[facts["pilot"]].pk
    facts["partners"] = [actors[key].pk for key in facts.get("partners", ())]
    facts["financing"] = [row | {"funder": actors[row["funder"]].pk} for row in facts.get("financing", ())]
    made = operations.create_action(
        by=by,
        convention=convention,
        **{"lead_house": House.SHARED} | facts,
        status_as_of=source["date"],
        source_title=dated(source),
        source_url=source["url"],
    )
    for indicator in made.indicators.all():
        for one in measures[indicator.label]:
            news.add_measure(
                by=by,
                indicator=indicator,
                measured_on=one["date"],
                value=one["value"],
                source=dated(sources[one["source"]]),
            )
    # Heard of when the source was published, not when the demonstration was installed.
    heard_on = parse_canonical(source["date"]).last_on
    heard_at = timezone.make_aware(datetime(heard_on.year, heard_on.month, heard_on.day))
    Action.objects.filter(pk=made.pk).update(progressed_at=heard_at)
    return made


def propose(convention, facts, *, by) -> None:
    target = convention.actions.get(title=facts["action"])
    operations.update_action(
        by=by,
        action=target,
        base_version=target.version,
        message=facts["message"],
        **{facts["field"]: facts["value"]},
    )
