"""Outlines of communes, IRIS and QPV: read as their producers give them, kept only in their place."""

import gzip
import io
import json
import os
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ansanm.territories import contours
from ansanm.territories.models import Territory, Zoning
from ansanm.territories.observations import StoreError
from ansanm.territories.sources.connectors import connectors, fetching, ingesting, outlines

SHARED = Path(os.environ.get("ANSANM_SHARED_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
REAL = SHARED / "geo" / "communes-974-la-reunion.geojson"


def square(x, y, size=0.02):
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(*features, **more):
    listed = [
        {"type": "Feature", "properties": properties, "geometry": outline} for properties, outline in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": listed, **more}).encode()


SAINT_DENIS = ({"code": "97411", "nom": "Saint-Denis"}, square(55.45, -20.9))
BORDEAUX = ({"code": "33063", "nom": "Bordeaux"}, square(-0.6, 44.84))
IRIS = ({"code_iris": "974110101", "nom_iris": "Centre"}, square(55.45, -20.9, 0.005))
BUTOR = (
    {"code_qp": "QN97401M", "lib_qp": "Le Butor", "insee_com": "97411", "insee_dep": "974"},
    square(55.46, -20.89, 0.004),
)
SHARED_QPV = (
    {"code_qp": "QN00301M", "lib_qp": "Pierres Fortes", "insee_com": "03095;03310"},
    square(2.6, 46.3, 0.004),
)


@pytest.fixture
def bring(tmp_path, own_observations):
    def bring(dataset, content, name="file.geojson"):
        path = tmp_path / name
        path.write_bytes(content)
        return ingesting.import_file(connectors()[dataset], path)

    return bring


def test_communes_come_compressed_and_are_drawn_where_they_are(bring):
    report = bring("ign_outlines_communes", gzip.compress(collection(SAINT_DENIS, BORDEAUX)))

    found = contours.contours_of(["97411", "33063", "97424"])
    assert (report.n_read, report.n_kept) == (2, 2)
    assert set(found) == {"97411", "33063"}
    assert found["97411"].bounds == pytest.approx((55.45, -20.9, 55.47, -20.88))


def test_two_communes_merged_since_are_one_outline(bring):
    one, other = square(2.35, 48.93), square(2.37, 48.93)
    bring("ign_outlines_communes", collection(({"code": "93066"}, one), ({"code": "93059"}, other)))

    assert contours.contours_of(["93066"])["93066"].area == pytest.approx(2 * 0.02**2)


def test_a_reunion_drawn_near_europe_is_refused_with_the_reason(bring):
    with pytest.raises(StoreError, match="Europe"):
        bring("ign_outlines_communes", collection(({"code": "97411"}, square(-2.2, 44.1)), BORDEAUX))

    assert contours.contours_of(["97411", "33063"]) == {}


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        (square(338_000, 7_690_000, 2_000), "EPSG:2975"),
        (square(-20.9, 55.45), "échangées"),
        (square(100, 10), "ailleurs"),
    ],
)
def test_a_wrong_projection_is_refused_with_the_reason(bring, outline, reason):
    with pytest.raises(StoreError, match=reason):
        bring("ign_outlines_communes", collection(({"code": "97411"}, outline)))


def test_one_bad_outline_among_many_is_rejected_and_shown(bring):
    many = [({"code": f"{code:05}"}, square(5, 46)) for code in range(1004, 1030)]
    point = {"type": "Point", "coordinates": [55.5, -21]}

    report = bring(
        "ign_outlines_communes",
        collection(*many, ({"code": "97411"}, point), ({"code": "97424"}, {"type": "Polygon"})),
    )

    assert report.rejected["outline_not_a_surface"] == 1
    assert report.rejected["outline_unreadable"] == 1
    assert "97411" in report.examples["outline_not_a_surface"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        collection(SAINT_DENIS)[:-20],
        gzip.compress(collection(SAINT_DENIS))[:-12],
        collection(),
        collection(IRIS),
        b"PK\x03\x04 cut",
        b"[]",
    ],
    ids=["nothing", "cut", "cut gzip", "no outline", "another file", "cut zip", "a list"],
)
def test_a_wrong_file_is_refused_and_the_outlines_stay(bring, content):
    bring("ign_outlines_communes", collection(SAINT_DENIS))

    with pytest.raises(StoreError):
        bring("ign_outlines_communes", content)

    assert set(contours.contours_of(["97411"])) == {"97411"}


def test_iris_have_their_outline_and_lost_zeros_come_back(bring):
    report = bring(
        "ign_outlines_iris",
        collection(
            IRIS, ({"code_iris": "10040101"}, square(5.3, 45.9)), ({"code_iris": "97411X"}, square(55, -21))
        ),
    )

    assert set(contours.contours_of(["974110101", "010040101"])) == {"974110101", "010040101"}
    assert report.rejected == {"not_located": 1}


def test_qpv_become_territories_of_their_commune_once(bring, territories):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson", collection(BUTOR, SHARED_QPV)
        )
        archive.writestr("GEOJSON/QP2024_LaReunion_RGR92_UTM40S.geojson", collection())

    assert bring("anct_outlines_qpv", content.getvalue(), "qpv.zip").changed
    assert not bring("anct_outlines_qpv", content.getvalue(), "qpv.zip").changed

    one = Territory.objects.get(level="qpv", code="QN97401M")
    assert (one.name, one.commune_code, one.departement_code) == ("Le Butor", "97411", "974")
    assert Territory.objects.get(code="QN00301M").commune_code == "03095"
    assert Zoning.objects.filter(kind="qpv").count() == 1


def test_a_qpv_that_left_the_list_is_retired(bring, territories):
    bring("anct_outlines_qpv", collection(BUTOR, SHARED_QPV))
    bring("anct_outlines_qpv", collection(SHARED_QPV))

    assert not Territory.objects.get(level="qpv", code="QN97401M").is_current


def test_a_qpv_of_la_reunion_drawn_near_europe_is_refused(bring, territories):
    with pytest.raises(StoreError, match="Europe"):
        bring("anct_outlines_qpv", collection((BUTOR[0], square(-2.2, 44.1))))

    assert not Territory.objects.filter(level="qpv").exists()


@pytest.fixture
def wfs(monkeypatch, settings, tmp_path):
    """A service that gives its outlines three at a time, whatever it is asked."""
    settings.HOME = tmp_path / "home"
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0, 0))
    monkeypatch.setattr(outlines, "PAGE", 3)
    held = [({"code_iris": f"9741101{n:02}"}, square(55.4 + n / 100, -20.9, 0.005)) for n in range(1, 8)]
    answers = {"announced": len(held), "asked": []}

    class Service(BaseHTTPRequestHandler):
        def do_GET(self):
            query = parse_qs(urlsplit(self.path).query)
            start = int(query["startIndex"][0])
            answers["asked"].append(start)
            if answers["asked"].count(start) == 1 and start == 3:
                self.send_error(502)
                return
            content = collection(*held[start : start + 3], numberMatched=answers["announced"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ANSANM_WFS_URL", f"http://127.0.0.1:{server.server_port}/wfs")
    yield answers
    server.shutdown()
    server.server_close()


def test_iris_come_page_by_page_through_the_failures_of_the_service(wfs, own_observations):
    report = ingesting.sync(connectors()["ign_outlines_iris"])

    assert report.n_kept == 7
    assert wfs["asked"] == [0, 3, 3, 6]


def test_a_service_that_stops_before_the_end_is_said(wfs, own_observations):
    wfs["announced"] = 20

    with pytest.raises(StoreError, match="20"):
        ingesting.sync(connectors()["ign_outlines_iris"])


@pytest.mark.skipif(not REAL.exists(), reason="the real file is not here")
def test_the_real_communes_of_la_reunion_are_in_their_place(bring):
    report = bring("ign_outlines_communes", REAL.read_bytes())

    assert (report.n_read, report.n_kept, report.rejected) == (24, 24, {})
    for shape in contours.contours_of([f"974{n:02}" for n in range(1, 25)]).values():
        assert 55.2 < shape.centroid.x < 55.9
        assert -21.4 < shape.centroid.y < -20.8
