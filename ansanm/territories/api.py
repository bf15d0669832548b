"""The public API: the figures of the pages, under the same rules, for programs.

Every operation reads what the pages read (`exploration`, `similar`, `Territory.search`), so that a
secret of the pages is a secret here. It is imported at the first call: django-ninja and pydantic cost
most of a second, which neither a command line nor a first page should wait for.
"""

# No « from __future__ import annotations »: django-ninja reads the annotations of the operations.
import threading

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from ninja import Field, NinjaAPI, Query, Schema
from ninja.throttling import BaseThrottle

from ansanm.territories import api_words, definitions, exploration, observations, similar
from ansanm.territories.documents.as_json import number
from ansanm.territories.documents.selection import STATUSES
from ansanm.territories.models import LEVEL_WORDS, LEVELS_BY_WORD, Territory
from ansanm.territories.search import MAX_LENGTH
from ansanm.ui import limits

VERSION = "1.0.0"
PER_MINUTE = 120
PER_PAGE = 1000
N_RESULTS = 20
N_SIMILAR = 50


class ByAddress(BaseThrottle):
    """So many calls a minute for one address of the network, as for the files of the pages."""

    def __init__(self, per_minute: int):
        self.per_minute = per_minute
        # One throttle serves every thread: each caller is told of their own wait.
        self.told = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        self.told.wait_seconds = limits.spend("api", limits.address_of(request), self.per_minute)
        return not self.told.wait_seconds

    def wait(self) -> float:
        return getattr(self.told, "wait_seconds", 0)


api = NinjaAPI(
    title="Ansanm",
    version=VERSION,
    openapi_url=None,
    docs_url=None,
    throttle=[ByAddress(PER_MINUTE)],
    urls_namespace="api",
)


class Place(Schema):
    level: str
    code: str
    name: str
    population: int | None
    epci: str
    departement: str
    region: str
    page: str


class Places(Schema):
    territories: list[Place]


class Indicator(Schema):
    id: str
    theme: str
    title: str
    explanation: str
    kind: str
    unit: str
    decimals: int
    polarity: int
    finest_scale: str
    sources: list[str]


class Indicators(Schema):
    data_version: str
    indicators: list[Indicator]


class ColumnOut(Schema):
    indicator: str
    title: str
    period: str
    unit: str


class Cell(Schema):
    value: float | None
    status: str
    low: float | None
    high: float | None


class Row(Schema):
    level: str
    code: str
    name: str
    values: list[Cell]


class Dataset(Schema):
    id: str
    title: str
    producer: str
    licence: str
    url: str


class Values(Schema):
    data_version: str
    n_rows: int
    page: int
    n_pages: int
    columns: list[ColumnOut]
    rows: list[Row]
    datasets: list[Dataset]


class Trait(Schema):
    indicator: str
    period: str
    own: float
    theirs: float
    share_of_distance: float


class Neighbour(Schema):
    level: str
    code: str
    name: str
    distance: float
    traits: list[Trait]


class Neighbours(Schema):
    data_version: str
    variables: list[str]
    left_out: list[str]
    scope: str
    n_compared: int
    similar: list[Neighbour]


def language() -> str:
    return (get_language() or "fr")[:2]


def place(one: Territory) -> dict:
    return {
        "level": LEVEL_WORDS[one.level],
        "code": one.code,
        "name": one.name,
        "population": one.population,
        "epci": one.epci_code,
        "departement": one.departement_code,
        "region": one.region_code,
        "page": one.get_absolute_url(),
    }


def found(level: str, code: str) -> Territory:
    one = Territory.objects.current().filter(level=LEVELS_BY_WORD.get(level, ""), code=code).first()
    if one is None:
        raise Http404
    return one


@api.get("/territories", response=Places, url_name="territories", operation_id="territories")
def territories(request, q: str, niveau: str = "", langue: str = "fr"):
    level = LEVELS_BY_WORD.get(niveau)
    return {
        "territories": [
            place(one) for one in Territory.objects.search(q[:MAX_LENGTH], level=level, limit=N_RESULTS)
        ]
    }


@api.get("/territories/{level}/{code}", response=Place, url_name="territory", operation_id="territory")
def territory(request, level: str, code: str, langue: str = "fr"):
    return place(found(level, code))


class LikenessQuestion(Schema):
    sur: list[str] = []
    parmi: str = "france"
    n: int = Field(similar.N_SHOWN, ge=1, le=N_SIMILAR)
    langue: str = "fr"


@api.get(
    "/territories/{level}/{code}/similar", response=Neighbours, url_name="similar", operation_id="similar"
)
def similar_territories(
    request,
    level: str,
    code: str,
    question: Query[LikenessQuestion],
):
    one = found(level, code)
    offered = similar.offered(one.level) if one.level in similar.LEVELS else {}
    chosen = tuple(name for name in dict.fromkeys(question.sur) if name in offered)[: similar.MOST_VARIABLES]
    scope = question.parmi if question.parmi in similar.SCOPES else "france"
    likeness = similar.like(one, variables=chosen, scope=scope, n=question.n)
    if likeness is None:
        raise Http404
    return {
        "data_version": observations.data_version(),
        "variables": likeness.used,
        "left_out": likeness.left_out,
        "scope": scope,
        "n_compared": likeness.n_compared,
        "similar": [
            {
                "level": level,
                "code": its.territory.code,
                "name": its.territory.name,
                "distance": its.distance,
                "traits": [
                    {
                        "indicator": trait.definition.id,
                        "period": likeness.periods[trait.definition.id],
                        "own": trait.own,
                        "theirs": trait.theirs,
                        "share_of_distance": trait.share,
                    }
                    for trait in its.traits
                ],
            }
            for its in likeness.similar
        ],
    }


@api.get("/indicators", response=Indicators, url_name="indicators", operation_id="indicators")
def indicators(request, langue: str = "fr"):
    return {
        "data_version": observations.data_version(),
        "indicators": [
            {
                "id": one.id,
                "theme": one.theme,
                "title": one.title[language()],
                "explanation": one.explanation[language()],
                "kind": one.kind.value,
                "unit": one.unit,
                "decimals": one.decimals,
                "polarity": one.polarity,
                "finest_scale": one.finest_scale,
                "sources": one.sources,
            }
            for one in definitions.definitions().values()
        ],
    }


class Question(Schema):
    """The parameters of the explorer, under the same names: its address is also ours."""

    niveau: str = ""
    dans: str = ""
    t: list[str] = []
    i: list[str] = []
    an: list[str] = []
    q: str = ""
    tri: str = ""
    sens: str = ""
    min: str = ""
    max: str = ""
    page: int = 1
    langue: str = "fr"


@api.get("/values", response=Values, url_name="values", operation_id="values")
def values(request, question: Query[Question]):
    of = exploration.Exploration(request.GET)
    page = Paginator(of.rows, PER_PAGE).get_page(question.page)
    described = observations.datasets()
    used = dict.fromkeys(name for one in of.series.values() for name in one.definition.sources)
    return {
        "data_version": observations.data_version(),
        "n_rows": len(of.rows),
        "page": page.number,
        "n_pages": page.paginator.num_pages,
        "columns": [
            {
                "indicator": one.definition.id,
                "title": one.definition.title[language()],
                "period": one.period,
                "unit": one.definition.unit,
            }
            for one in of.columns
        ],
        "rows": [_row(of, int(row)) for row in page.object_list],
        "datasets": [
            {
                "id": name,
                "title": described[name]["title"][language()],
                "producer": described[name]["producer"],
                "licence": described[name]["licence"],
                "url": described[name]["url"],
            }
            for name in used
        ],
    }


def _row(of: exploration.Exploration, row: int) -> dict:
    one = of.territories[row]
    return {
        "level": LEVEL_WORDS[one.level],
        "code": one.code,
        "name": one.name,
        "values": [_cell(column, row) for column in of.columns],
    }


def _cell(column: exploration.Column, row: int) -> dict:
    value = column.value(row)
    if value is None or value.value is None:
        status = STATUSES[value.status] if value else "not_available"
        return {"value": None, "status": status, "low": None, "high": None}
    low, high = column.bounds(row) or (None, None)
    return {
        "value": number(value.value),
        "status": STATUSES[value.status],
        "low": low,
        "high": None if high == float("inf") else high,
    }


VIEWS = {one.name: one.callback for one in api.urls[0] if one.name}


def schema() -> dict:
    """Return the OpenAPI document, in the language of the moment."""
    content = api.get_openapi_schema(path_prefix=reverse("api_root"))
    content["info"]["description"] = str(api_words.DESCRIPTION)
    content["info"]["license"] = {"name": "Licence Ouverte 2.0"}
    for path in content["paths"].values():
        for operation in path.values():
            operation["summary"] = str(api_words.OPERATIONS[operation["operationId"]])
            for parameter in operation.get("parameters", []):
                parameter["description"] = str(api_words.PARAMETERS[parameter["name"]])
    return content
