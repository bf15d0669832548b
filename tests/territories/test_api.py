"""The API: what the pages show, for programs, with the same secrets."""

import jsonschema
import numpy as np
import pytest
from django.http import QueryDict
from django.urls import get_resolver

from ansanm.territories.exploration import Exploration

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"
REUNION = "niveau=commune&dans=departement:974"


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every answer here is of real places."""


@pytest.mark.parametrize(
    "query",
    [
        f"{REUNION}&i=coverage_rate&i=rsa_households&i=rsa_share&tri=coverage_rate@2023",
        f"{REUNION}&i=population&an=2015&an=2023&tri=population@2023&sens=croissant&min=20000",
        "niveau=iris&dans=commune:97411&i=under20_share&t=france:FR",
    ],
)
def test_values_are_those_of_the_explorer(client, query):
    answer = client.get(f"{ROOT}values?{query}").json()
    page = client.get(f"/territoires/explorer/?{query}").context["page"]

    assert [one["code"] for one in answer["rows"]] == [one["territory"].code for one in page.lines]
    assert [one["indicator"] for one in answer["columns"]] == [one.definition.id for one in page.of.columns]
    for row, place in zip(answer["rows"], page.of.rows, strict=True):
        for cell, column in zip(row["values"], page.of.columns, strict=True):
            known = column.values[place]
            assert cell["value"] == (None if np.isnan(known) else pytest.approx(known))
            assert (cell["value"] is None) == (cell["status"] != "published")


def test_a_secret_never_leaves(client):
    query = f"{REUNION}&i=rsa_households&i=rsa_share&an=2021&an=2022&an=2023&an=2024"
    cells = [one for row in client.get(f"{ROOT}values?{query}").json()["rows"] for one in row["values"]]
    of = Exploration(QueryDict(query))

    assert len(cells) == of.n_cells
    for cell in cells:
        if cell["status"] != "published":
            assert cell["value"] is cell["low"] is cell["high"] is None


def test_thirty_five_thousand_communes_come_by_thousands(client):
    query = "niveau=commune&dans=france:FR&i=population&tri=population@2023"
    first = client.get(f"{ROOT}values?{query}").json()
    last = client.get(f"{ROOT}values?{query}&page={first['n_pages']}").json()

    assert len(first["rows"]) == 1000 and first["n_rows"] > 34_000
    assert first["rows"][0]["name"] == "Paris"
    assert 0 < len(last["rows"]) <= 1000


def test_territories_are_found_and_named(client):
    found = client.get(f"{ROOT}territories?q=saint-denis reunion").json()["territories"]

    assert found[0]["code"] == "97411" and found[0]["departement"] == "974"
    assert client.get(f"{ROOT}territories/commune/97411").json()["population"] == 155_634
    assert client.get(f"{ROOT}territories/commune/99999").status_code == 404
    assert client.get(f"{ROOT}territories/planete/1").status_code == 404


def test_similar_territories_say_why(client):
    answer = client.get(
        f"{ROOT}territories/commune/97411/similar?n=5&parmi=departement&sur=population"
    ).json()

    assert [one["name"] for one in answer["similar"]][0] == "Saint-Paul"
    assert len(answer["similar"]) == 5 and answer["variables"] == ["population"]
    assert client.get(f"{ROOT}territories/commune/97411/similar?n=1000").status_code == 422
    assert client.get(f"{ROOT}territories/iris/974110101/similar").status_code == 404


def test_titles_are_in_the_language_asked_for(client):
    def title(language):
        answer = client.get(f"{ROOT}indicators?langue={language}")
        assert answer["Content-Language"] == language
        return next(one["title"] for one in answer.json()["indicators"] if one["id"] == "under20_share")

    assert title("fr") == "Part des moins de 20 ans"
    assert title("en") == "Share of under-20s"


def test_the_document_is_openapi_3_1_and_complete(client):
    document = client.get(f"{ROOT}openapi.json").json()

    assert document["openapi"].startswith("3.1")
    addresses = {
        one.pattern._route.replace("<str:", "{").replace(">", "}")
        for one in next(
            one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/"
        ).url_patterns
    }
    # Every operation described is served, and every one served is described.
    assert {path.removeprefix(ROOT) for path in document["paths"]} == addresses - {"", "openapi.json"}
    for path in document["paths"].values():
        assert path["get"]["summary"]
        assert all(one["description"] for one in path["get"].get("parameters", []))


def test_answers_are_as_the_document_says(client):
    document = client.get(f"{ROOT}openapi.json").json()

    for address, path in {
        f"{ROOT}values?{REUNION}&i=rsa_share&i=coverage_rate": f"{ROOT}values",
        f"{ROOT}indicators": f"{ROOT}indicators",
        f"{ROOT}territories/commune/97411/similar": ROOT + "territories/{level}/{code}/similar",
    }.items():
        described = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        jsonschema.validate(client.get(address).json(), {**described, "components": document["components"]})


def test_a_caller_in_a_hurry_is_told_to_wait(client, monkeypatch):
    from ansanm.territories import api

    monkeypatch.setattr(api.ByAddress, "allow_request", _after(3))
    statuses = [client.get(f"{ROOT}territories/commune/97411").status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]


def _after(n):
    calls = []

    def allowed(self, request):
        calls.append(1)
        return len(calls) <= n

    return allowed


def test_the_limit_goes_by_network_address_and_not_by_a_header_anybody_writes(client, rf):
    from ansanm.territories.api import ByAddress

    limit = ByAddress(2)
    asked = [
        limit.allow_request(rf.get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"192.0.2.{one}"))
        for one in range(50, 53)
    ]

    assert asked == [True, True, False]
    assert limit.allow_request(rf.get("/", REMOTE_ADDR="192.0.2.2"))


def test_the_guide_is_a_page_of_ours_with_every_operation(client):
    for language, words in (("", "Chercher un territoire"), ("/en", "openapi.json")):
        page = client.get(f"{language}/territoires/api/").content.decode()
        assert words in page
        assert page.count("<code>GET /api/v1/") == 5
        assert "<script" not in page


def test_the_explorer_leads_to_the_same_figures(client):
    page = client.get(f"/territoires/explorer/?{REUNION}&i=coverage_rate&tri=coverage_rate@2023")

    answer = client.get(page.context["page"].api_url).json()

    assert answer["rows"][0]["name"] == page.context["page"].lines[0]["territory"].name
