"""The whole agreement at one moment, as plain values that need nothing else to be read years later.

Everything is written by its name beside its number: the number finds the same thing in two versions,
the name stays when the row is gone. Numbers are decimal texts, so that money is kept to the cent.
"""

import hashlib
import json
from decimal import Decimal

from ansanm.accounts.audit import canonical
from ansanm.conventions.models import Convention, PlanNode
from ansanm.conventions.plan.content import content_of, financing_row, plain
from ansanm.conventions.plan.wording import Words

# Changes when a version written before could no longer be read as it stands.
FORMAT = 1
FACTS = (
    "name",
    "starts_on",
    "ends_on",
    "extended_to",
    "duration_years",
    "source_title",
    "source_url",
)
PARTY = ("kind", "deliberation_number", "deliberation_on", "joined_on", "left_on")
SIGNATURE = ("name", "function", "signed_on")
VISA = ("text", "url")
CONTRACT = ("kind", "title", "partners", "starts_on", "ends_on", "url", "note")
POST = ("holder", "employer", "mission", "fte_share", "starts_on", "ends_on")
NODE = ("kind", "label", "description")


def snapshot(convention: Convention) -> dict:
    """What stands today."""
    # Late: the papers are written with the words of a version, which are made from this module.
    from ansanm.conventions.papers.frozen import frozen

    actions = list(
        convention.actions.standing()
        .with_all()
        .prefetch_related("indicators__targets", "financing_lines", "links__other")
    )
    return {
        "format": FORMAT,
        "facts": named(convention, FACTS),
        "territories": [
            {"key": f"{one.level}:{one.code}", "name": one.name} for one in convention.territories.all()
        ],
        "parties": [
            party(one)
            for one in convention.parties.select_related("organisation", "deliberation_file")
            .prefetch_related("signatures")
            .order_by("pk")
        ],
        "visas": rows(convention.visas.all(), VISA),
        "contracts": rows(convention.linked_contracts.all(), CONTRACT),
        "posts": rows(convention.cooperation_posts.all(), POST),
        "themes": [{"key": one.slug, "label": one.label} for one in convention.themes.all()],
        "nodes": [
            {"key": str(one.pk), "parent": one.parent_id and str(one.parent_id), "position": one.position}
            | named(one, NODE)
            for one in convention.nodes.all()
        ],
        "actors": {str(pk): name for pk, name in convention.actors.values_list("pk", "name")},
        "places": {
            f"{one.territory.level}:{one.territory.code}": one.territory.name
            for action in actions
            for one in action.places.all()
        }
        | money_places(convention),
        "actions": [fiche(one) for one in actions],
        "financing": [financing_row(one) for one in convention.financing_lines.filter(action__isnull=True)],
        # Filled in on the day: who signed, who did not, and why that was enough.
        "signing": None,
        # Only where somebody wrote it: a version from before there were articles reads as it did.
        **({"papers": papers} if (papers := frozen(convention)) else {}),
    }


def money_places(convention) -> dict[str, str]:
    """The places that lines of money are for, each by its name of that day."""
    keys = set(convention.financing_lines.exclude(place="").values_list("place", flat=True))
    words = Words(convention)
    return {key: words.place(key) for key in sorted(keys)}


def named(row, names) -> dict:
    return {name: plain(getattr(row, name)) for name in names}


def rows(found, names) -> list[dict]:
    return [{"key": str(one.pk)} | named(one, names) for one in found]


def party(one) -> dict:
    file = one.deliberation_file
    return (
        {"key": str(one.organisation_id), "name": one.organisation.name}
        | named(one, PARTY)
        | {
            "deliberation_file": {"name": file.name, "sha256": file.sha256} if file else None,
            "signatures": rows(one.signatures.all(), SIGNATURE),
        }
    )


def fiche(action) -> dict:
    content = content_of(action)
    # An account is not a fact of the convention: the name of the pilot is.
    del content["pilot_user"]
    # A fiche in the bin is not in the convention, nor is a link to it.
    content["links"] = [
        {"key": f"{one.kind}:{one.other_id}", "kind": one.kind, "other": one.other_id}
        for one in action.links.all()
        if one.other.deleted_at is None
    ]
    return {"key": str(action.pk)} | content


def written(content: dict) -> str:
    """The one text of a content: the same facts are always the same bytes."""
    return canonical(content)


def seal(text: str) -> str:
    return seal_of(text.encode())


def seal_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(version) -> dict:
    return json.loads(version.content_json)


def current_parties(content: dict) -> list[dict]:
    """Those bound by the agreement: who left signs no more."""
    return [one for one in content["parties"] if not one["left_on"]]


class FrozenWords(Words):
    """The words of a fiche, from the names kept in the content and never from the base."""

    def __init__(self, content: dict):
        super().__init__(None)
        self.actors = {int(key): name for key, name in content["actors"].items()}
        self.themes = {one["key"]: one["label"] for one in content["themes"]}
        self.nodes = node_paths(content["nodes"])
        self.people = {}
        self.actions = {
            int(one["key"]): f"{one['number']} {one['title']}".strip() for one in content["actions"]
        }
        self.operations = {
            row["key"]: row["title"] for one in content["actions"] for row in one["operations"]
        }
        self._places = dict(content["places"])


def node_paths(nodes: list[dict]) -> dict[int, str]:
    held = {one["key"]: one for one in nodes}

    def path(node):
        above = held.get(node["parent"])
        return f"{path(above)} › {node_name(node)}" if above else node_name(node)

    return {int(key): path(one) for key, one in held.items()}


def node_name(node: dict) -> str:
    return str(PlanNode(kind=node["kind"], label=node["label"], position=node["position"]))


def money(content: dict) -> dict[str, "Total"]:
    """What the lines add up to, apart for the fiches and for the whole: one may hold the other."""
    return {
        "actions": total(line for action in content["actions"] for line in action["financing"]),
        "whole": total(content["financing"]),
    }


class Total:
    """A sum, and how much of it is not an exact amount."""

    def __init__(self):
        self.amount_eur = Decimal(0)
        self.n_lines = self.n_rounded = self.n_unknown = 0


def total(lines) -> Total:
    result = Total()
    for line in lines:
        result.n_lines += 1
        if line["amount_eur"] is None:
            result.n_unknown += 1
            continue
        result.amount_eur += Decimal(line["amount_eur"])
        result.n_rounded += line["precision"] != "exact"
    return result
