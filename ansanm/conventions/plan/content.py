"""A fiche as one dictionary of plain values: what revisions keep, merges join and exports write.

Rows that can be told apart across versions (operations, milestones, indicators, financing) carry a
"key"; numbers are decimal texts, so that JSON gives back what was written to the cent.
"""

from decimal import Decimal

from django.utils import timezone

from ansanm.conventions.models import (
    Action,
    ActionIndicator,
    ActionLink,
    ActionPartner,
    ActionPlace,
    FinancingLine,
    IndicatorTarget,
    Milestone,
    Operation,
    PlanTheme,
)
from ansanm.conventions.models.plan import new_key
from ansanm.territories.models import Territory
from ansanm.territories.names import search_key

SCALARS = (
    "number",
    "title",
    "is_priority",
    "lead_house",
    "context",
    "objective",
    "description",
    "publics",
    "n_people_target",
    "place_note",
    "pilot_person",
    "caf_counterpart",
    "elected_referent",
    "starts",
    "ends",
    "status",
    "status_reason",
    "status_as_of",
    "staff_fte",
    "means",
    "caf_devices",
    "funding_note",
    "expected_results",
    "risks",
    "levers",
    "source_title",
    "source_url",
)
# Foreign keys, by their number.
KEYS = ("node", "pilot", "pilot_user")
# Lists whose order says nothing.
SETS = ("themes", "partners", "places")
ROWS = ("operations", "milestones", "indicators", "financing", "links")
FIELDS = (*SCALARS, *KEYS, *SETS, *ROWS)
# Names of people: kept in the revisions, which can be erased, never in the audit trail, which cannot.
PERSONAL = ("pilot_person", "caf_counterpart", "elected_referent", "pilot_user")

OPERATION = (
    "title",
    "description",
    "publics",
    "place_note",
    "pilot",
    "partners",
    "funding_note",
    "expected_results",
    "quantitative",
    "qualitative",
    "calendar",
)
MILESTONE = ("title", "due", "done_on")
INDICATOR = ("label", "kind", "nature", "unit", "baseline_value", "baseline_on", "diagnosis_indicator")
FINANCING = ("year", "amount_eur", "precision", "scope", "source_title", "source_url")
# Kept where somebody told them, absent otherwise: a fiche of before they existed is equal to itself.
MONEY_ROAD = ("asked_eur", "promised_eur", "committed_eur", "paid_eur")
FINANCING_MORE = ("operation", "device", "nature", "tax", "common_law", *MONEY_ROAD, "in_kind_fte", "place")


def plain(value):
    if isinstance(value, Decimal):
        # "12", not "12.000": the same number must be the same text after a trip to the database.
        return format(value.normalize(), "f")
    return value


def row_of(one, names) -> dict:
    return {"key": one.key} | {name: plain(getattr(one, name)) for name in names}


def financing_row(line: FinancingLine) -> dict:
    return (
        row_of(line, FINANCING)
        | {name: plain(value) for name in FINANCING_MORE if (value := getattr(line, name)) not in ("", None)}
        | {"funder": line.funder_id}
    )


def content_of(action: Action) -> dict:
    """The whole fiche as plain values; uses what was prefetched."""
    return (
        {name: plain(getattr(action, name)) for name in SCALARS}
        | {name: getattr(action, f"{name}_id") for name in KEYS}
        | {
            "themes": [theme.slug for theme in action.themes.all()],
            "partners": sorted(one.actor_id for one in action.partners.all()),
            "places": sorted(f"{one.territory.level}:{one.territory.code}" for one in action.places.all()),
            "operations": [row_of(one, OPERATION) for one in action.operations.all()],
            "milestones": [row_of(one, MILESTONE) for one in action.milestones.all()],
            "indicators": [
                row_of(one, INDICATOR)
                | {
                    "targets": [
                        {"value": plain(target.value), "text": target.text, "due": target.due}
                        for target in one.targets.all()
                    ]
                }
                for one in action.indicators.all()
                if one.removed_at is None
            ],
            "financing": [financing_row(one) for one in action.financing_lines.all()],
            "links": [
                {"key": f"{one.kind}:{one.other_id}", "kind": one.kind, "other": one.other_id}
                for one in action.links.all()
            ],
        }
    )


def write(action: Action, changes: dict) -> None:
    """Set the fields of `changes` on the row and around it; the caller validated and locked."""
    for name in SCALARS:
        if name in changes:
            setattr(action, name, changes[name])
    for name in KEYS:
        if name in changes:
            setattr(action, f"{name}_id", changes[name])
    action.save()
    if "themes" in changes:
        action.themes.set(
            PlanTheme.objects.filter(convention=action.convention_id, slug__in=changes["themes"])
        )
    if "partners" in changes:
        action.partners.exclude(actor__in=changes["partners"]).delete()
        held = set(action.partners.values_list("actor", flat=True))
        ActionPartner.objects.bulk_create(
            ActionPartner(action=action, actor_id=pk) for pk in changes["partners"] if pk not in held
        )
    if "places" in changes:
        write_places(action, changes["places"])
    if "operations" in changes:
        write_rows(action.operations, changes["operations"], Operation, action, OPERATION)
    if "milestones" in changes:
        write_rows(action.milestones, changes["milestones"], Milestone, action, MILESTONE)
    if "financing" in changes:
        write_rows(
            action.financing_lines,
            changes["financing"],
            FinancingLine,
            action,
            FINANCING,
            sparse=FINANCING_MORE,
            convention_id=action.convention_id,
        )
    if "operations" in changes or "financing" in changes:
        # A line of an operation that went away is one of the whole action.
        FinancingLine.objects.filter(action=action).exclude(
            operation__in=["", *(one.key for one in action.operations.all())]
        ).update(operation="")
    if "indicators" in changes:
        write_indicators(action, changes["indicators"])
    if "links" in changes:
        action.links.all().delete()
        # An action that was deleted for good since cannot be linked to again.
        there = set(
            Action.objects.filter(
                convention=action.convention_id, pk__in=[row["other"] for row in changes["links"]]
            ).values_list("pk", flat=True)
        )
        ActionLink.objects.bulk_create(
            ActionLink(action=action, other_id=row["other"], kind=row["kind"])
            for row in changes["links"]
            if row["other"] in there and row["other"] != action.pk
        )


def write_places(action, wanted):
    codes = [one.partition(":")[::2] for one in wanted]
    places = [
        place
        for place in Territory.objects.filter(code__in=[code for _level, code in codes])
        if (place.level, place.code) in codes
    ]
    action.places.exclude(territory__in=places).delete()
    held = set(action.places.values_list("territory", flat=True))
    ActionPlace.objects.bulk_create(
        ActionPlace(action=action, territory=place) for place in places if place.pk not in held
    )


def write_rows(manager, rows, model, action, names, *, sparse=(), **more):
    held = {one.key: one for one in manager.all()}
    manager.exclude(key__in=[row.get("key") for row in rows]).delete()
    for position, row in enumerate(rows):
        one = held.get(row.get("key")) or model(action=action, key=row.get("key") or new_key(), **more)
        one.position = position
        for name in names:
            if name in row:
                setattr(one, name, row[name])
        for name in sparse:
            setattr(one, name, row.get(name, model._meta.get_field(name).get_default()))
        if "funder" in row:
            one.funder_id = row["funder"]
        one.save()


def write_indicators(action, rows):
    held = {one.key: one for one in action.indicators.all()}
    wanted = [row.get("key") for row in rows]
    action.indicators.exclude(key__in=wanted).filter(removed_at__isnull=True).update(
        removed_at=timezone.now()
    )
    for position, row in enumerate(rows):
        one = held.get(row.get("key")) or ActionIndicator(action=action, key=row.get("key") or new_key())
        one.position, one.removed_at = position, None
        for name in INDICATOR:
            if name in row:
                setattr(one, name, row[name])
        one.save()
        if "targets" in row:
            one.targets.all().delete()
            IndicatorTarget.objects.bulk_create(
                IndicatorTarget(indicator=one, **target) for target in row["targets"]
            )


def searched(content: dict, pilot_name: str = "") -> str:
    """What a search over actions reads of a fiche."""
    texts = [content[name] for name in ("number", "title", "context", "objective", "description", "publics")]
    texts += [row[name] for row in content["operations"] for name in ("title", "description")]
    return search_key(" ".join([*texts, pilot_name]))
