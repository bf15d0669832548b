"""The files of Insee: their real formats, the failures that happen, and the real files where they are."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import observations
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import etalab_decoupage
from ansanm.territories.sources.connectors import connectors, fetching, ingesting
from tests.territories.connectors import insee_files as files

SHARED = Path(os.environ.get("ANSANM_SHARED_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
real = pytest.mark.skipif(not (SHARED / "national").is_dir(), reason="the real files are not here")

COMMUNES = "insee_filosofi_communes"
IRIS = "insee_filosofi_iris_declared"


@pytest.fixture
def bring(tmp_path, own_observations):
    """Write a file and bring it in."""

    def bring(dataset, content, **more):
        path = tmp_path / f"{dataset}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return ingesting.import_file(connectors()[dataset], path, **more)

    return bring


def value(level, code, variable, period=None):
    found = [one for one in observations.read([(level, code)], [variable]) if period in (None, one.period)]
    assert len(found) == 1, found
    return found[0]


def rows_of(dataset, tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_text(content)
    report = Report()
    return list(connectors()[dataset].rows(path, report)), report


# ----------------------------------------------------------------------------------- over the network


@pytest.fixture
def insee(monkeypatch, settings, tmp_path):
    """A site that gives each archive, after one failure of the kind the real one has."""
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0, 0, 0))
    settings.HOME = tmp_path / "home"
    archives: dict[str, bytes] = {}
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if asked.count(self.path) == 1:
                self.send_error(503)
                return
            content = archives[self.path]
            self.send_response(200)
            self.send_header("Content-Type", "application/zip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ANSANM_INSEE_URL", f"http://127.0.0.1:{server.server_port}")
    yield archives
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("dataset", sorted(files.REAL_SHAPES))
def test_each_archive_comes_in_after_a_failure_of_the_site(insee, own_observations, dataset):
    connector = connectors()[dataset]
    name, content = files.REAL_SHAPES[dataset]
    insee[urlsplit(connector.url("")).path] = files.zipped(name, content)

    report = ingesting.sync(connector)

    assert report.n_kept
    assert report.n_rejected == 0
    assert dataset in {one.id for one in observations.datasets_status()}


# ------------------------------------------------------------------------------- Filosofi of communes


def test_bordeaux_has_its_incomes_and_what_insee_hides_is_secret(bring):
    bring(COMMUNES, files.FILOSOFI)

    assert value("commune", "33063", "median_income").value == 24_870
    assert value("commune", "33063", "poverty_rate").value == 17
    assert value("commune", "33063", "interdecile_ratio").value == 4.5
    hidden = value("commune", "01001", "poverty_rate")
    assert (hidden.value, hidden.status) == (None, Status.SECRET)
    assert value("commune", "01001", "median_income").value == 25_820


def test_an_arrondissement_of_paris_is_not_a_commune(bring):
    bring(COMMUNES, files.FILOSOFI)

    assert value("arm", "75101", "median_income").value == 35_030
    assert observations.read([("commune", "75101")]) == []


def test_a_commune_merged_since_has_no_median_but_its_households_add_up(bring):
    # Pierrefitte-sur-Seine (93059) joined Saint-Denis (93066) in 2025.
    two = [files.BORDEAUX.replace("33063", "93066"), files.BORDEAUX.replace("33063", "93059")]
    bring(COMMUNES, "\n".join([files.FILOSOFI_HEADER, *two]) + "\n")

    found = value("commune", "93066", "median_income")
    assert (found.value, found.status) == (None, Status.NOT_AVAILABLE)
    assert value("commune", "93066", "tax_households").value == 2 * 120_075


def test_the_renewed_method_says_so_and_never_joins_the_old_one(bring):
    new = files.FILOSOFI.replace("21;", "23;").replace("RD21", "RD23")
    bring(COMMUNES, files.FILOSOFI)
    bring(COMMUNES, new)

    old, renewed = (value("commune", "33063", "median_income", period) for period in ("2021", "2023"))
    assert old.quality is None
    assert renewed.quality == "filosofi_renewed"
    assert {one.vintage for one in observations.datasets_status()} == {"2021", "2023"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (files.BORDEAUX.replace("33063", "1XXXX"), "not_located"),
        (files.BORDEAUX.replace("33063", "33ABC"), "bad_code"),
        (files.BORDEAUX.replace("33063", "33999"), "not_located"),
        (files.BORDEAUX.replace("33063", "33998"), "unknown_commune"),
        (files.BORDEAUX.replace(";17,0;", ";117,0;", 1), "over_its_maximum"),
        (files.BORDEAUX.replace(";24870;", ";-24870;"), "negative"),
        (files.BORDEAUX.replace(";24870;", ";24 870 euros;"), "bad_number"),
        (files.BORDEAUX.replace("33063;", "33063;;"), "wrong_number_of_cells"),
        (files.SAINT_DENIS, "duplicate"),
        (files.SAINT_DENIS.replace("18270", "18280"), "conflicting"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason_and_shown(bring, line, reason):
    lines = [files.FILOSOFI_HEADER, files.HIDDEN, files.PARIS_1, files.SAINT_DENIS, line]

    report = bring(COMMUNES, "\n".join(lines) + "\n", force=True)

    assert reason in report.rejected
    assert report.examples[reason]
    assert observations.read([("commune", "33063")]) == []


def test_a_line_that_contradicts_another_leaves_neither(bring):
    other = files.SAINT_DENIS.replace("18270", "18280")
    bring(
        COMMUNES,
        "\n".join([files.FILOSOFI_HEADER, files.BORDEAUX, files.SAINT_DENIS, other]) + "\n",
        force=True,
    )

    assert observations.read([("commune", "97411")], ["median_income"]) == []
    assert value("commune", "97411", "poverty_rate").value == 33


def test_a_code_that_lost_its_zero_gets_it_back(bring):
    report = bring(COMMUNES, files.FILOSOFI.replace("01001;", "1001;"))

    assert value("commune", "01001", "median_income").value == 25_820
    assert report.notes["restored_zero"] == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_encoding_is_read_the_same(bring, encoding):
    text = files.FILOSOFI.replace("CODGEO;", "CODGEO;LIBGÉO;").replace("\n33063;", "\n33063;Bordéaux;")
    text = text.replace("\n01001;", "\n01001;Bé;").replace("\n75101;", "\n75101;Pé;")
    text = text.replace("\n97411;", "\n97411;Dé;")

    bring(COMMUNES, text.encode(encoding))

    assert value("commune", "33063", "median_income").value == 24_870


@pytest.mark.parametrize(
    "content",
    [
        files.FILOSOFI.replace("CODGEO", "GEO"),
        files.FILOSOFI.replace("MED21", "MEDIANE"),
        files.FILOSOFI_IRIS,
        files.FILOSOFI[:-30],
        files.FILOSOFI_HEADER + "\n",
        files.zipped("cc_filosofi_2021_COM.csv", files.FILOSOFI)[:-60],
        b"",
        b"<html><body>Service indisponible</body></html>",
    ],
    ids=["no key", "no median", "another file", "cut", "empty", "cut zip", "nothing", "web page"],
)
def test_a_wrong_file_is_refused_whole_and_the_store_stays(bring, content):
    with pytest.raises(StoreError):
        bring(COMMUNES, content)

    assert observations.data_version() == "empty"


def test_the_same_vintage_twice_changes_nothing(bring):
    bring(COMMUNES, files.FILOSOFI)
    before = observations.data_version()

    assert not bring(COMMUNES, files.FILOSOFI).changed
    assert observations.data_version() == before


# ------------------------------------------------------------------------------------ Filosofi of IRIS


def test_declared_incomes_have_their_own_variables_and_no_level_but_the_iris(bring):
    bring(IRIS, files.FILOSOFI_IRIS)

    assert value("iris", "974110101", "iris_declared_median_income").value == 18_510
    assert value("iris", "974110101", "iris_declared_poverty_rate").value == 39
    [status] = observations.datasets_status()
    assert set(status.levels) == {"iris"}
    assert not {"median_income", "poverty_rate"} & set(status.variables)


def test_an_iris_that_is_not_significant_is_absent(bring):
    bring(IRIS, files.FILOSOFI_IRIS)

    for code in ("012830302", "012830306"):
        found = value("iris", code, "iris_declared_median_income")
        assert (found.value, found.status) == (None, Status.NOT_AVAILABLE)


def test_the_table_of_disposable_incomes_is_not_taken_for_the_declared_ones(bring):
    with pytest.raises(StoreError, match="DEC_MED"):
        bring(IRIS, files.FILOSOFI_IRIS.replace("DEC_", "DISP_"))


def test_an_iris_whose_zero_was_lost_gets_it_back_and_a_bad_one_is_shown(bring):
    content = files.FILOSOFI_IRIS.replace("012830302", "12830302").replace("012830306", "01283A306")

    report = bring(IRIS, content)

    assert value("iris", "012830302", "iris_declared_median_income").status == Status.NOT_AVAILABLE
    assert report.rejected == {"bad_iris_code": 1}


def test_a_commune_never_shows_the_declared_incomes_of_its_iris(observations_home, territories):
    commune = diagnose(territories.at("commune", "97411"))
    iris = diagnose(territories.get(level="iris", code="974110101"))

    assert not [name for name in commune.figures if name.startswith("iris_declared")]
    declared = [one for name, one in iris.figures.items() if name.startswith("iris_declared")]
    assert len(declared) == 3
    for figure in declared:
        assert any("prestations" in trap["fr"] for trap in figure.definition.traps)


def test_the_page_of_a_declared_income_is_not_there_for_a_commune(client, observations_home, territories):
    places = territories.at("commune", "97411"), territories.get(level="iris", code="974110101")

    answers = [
        client.get(f"{one.get_absolute_url()}indicateurs/iris_declared_poverty_rate/").status_code
        for one in places
    ]

    assert answers == [404, 200]


# --------------------------------------------------------------------------------------------- census


def test_the_iris_of_the_census_make_their_commune_and_the_minors_are_their_bands(bring):
    bring("insee_rp_iris_population", files.POPULATION)

    assert value("iris", "974110101", "pop_0_17").value == pytest.approx(502.5)
    assert value("iris", "974110101", "pop_0_17").origin == "derived"
    assert value("commune", "97411", "pop_0_2").value == pytest.approx(160.25)
    assert value("commune", "01001", "rp_population").value == 770


def test_families_and_housing_carry_the_year_of_their_columns(bring):
    bring("insee_rp_iris_families", files.FAMILIES)
    bring("insee_rp_iris_housing", files.HOUSING)

    assert value("iris", "974110101", "single_parent_families", "2022").value == 210.5
    assert value("commune", "97411", "vacant_dwellings", "2022").value == 200


def test_the_comparator_reads_points_and_commas_in_one_line(bring):
    bring("insee_comparator_communes", files.COMPARATOR)

    assert value("commune", "97422", "dwellings", "2022").value == 37_222.29
    assert value("commune", "97422", "poverty_rate", "2021").value == 38
    assert value("commune", "97422", "births", "2024").value == 995
    assert value("commune", "97422", "employed_15_64", "2022").value == 24_000.5
    empty = value("commune", "97601", "rp_population")
    assert (empty.value, empty.status) == (None, Status.NOT_AVAILABLE)


def test_births_have_one_period_per_column(bring):
    bring("insee_births", files.BIRTHS)

    assert value("commune", "97411", "births", "2023").value == 2301
    assert value("commune", "97411", "births", "2024").value == 2205


# ----------------------------------------------------------------------------------------- facilities


def test_a_type_that_a_covered_commune_does_not_have_is_zero_and_elsewhere_unknown(bring):
    bring("insee_bpe_communes", files.BPE)

    assert value("commune", "97411", "bpe_gp", "2024").value == 2
    assert value("commune", "97424", "bpe_eaje", "2024").value == 1
    assert value("commune", "97424", "bpe_gp", "2024").value == 0
    assert value("departement", "974", "bpe_gp", "2024").value == 2
    assert observations.read([("commune", "33063")]) == []


def test_an_older_list_of_types_is_read_with_its_own_meaning(bring):
    more = "".join(f"04;974;97411;974110101;2019;{code};3\n" for code in ("D231", "D235", "D243", "D301"))
    bring("insee_bpe_communes", files.BPE_BEFORE + more + "04;974;97411;974110101;2019;D502;7\n")

    assert value("commune", "97411", "bpe_gp", "2019").value == 12
    # D307 became the pharmacy in 2020.
    for name in ("bpe_midwife", "bpe_speech_therapist", "bpe_psychologist", "bpe_pharmacy"):
        assert value("commune", "97411", name, "2019").value == 3
    # Crèches were defined otherwise.
    assert observations.read([("commune", "97411")], ["bpe_eaje"]) == []


def test_a_type_that_a_list_does_not_have_yet_is_absent_and_not_zero(bring):
    bring("insee_bpe_communes", files.BPE)
    new = files.BPE.replace("2024;", "2025;")
    bring("insee_bpe_communes", new + new.splitlines()[1].replace("D265", "D282") + "\n")

    for name, expected in (("bpe_speech_therapist", {"2025": 1}), ("bpe_micro_creche", {"2025": 0})):
        found = observations.read([("commune", "97411")], [name])
        assert {one.period: one.value for one in found} == expected
    assert value("commune", "97411", "bpe_midwife", "2024").value == 0


def test_a_type_that_the_whole_country_lacks_is_not_in_the_list(bring):
    place = etalab_decoupage.geography()
    one_each = {held.departement: code for code, held in sorted(place.communes.items())}
    lines = "".join(f"2025;X;{code};1;1;x;D265;0;0;Bonne\n" for code in one_each.values())
    bring("insee_bpe_communes", files.BPE.splitlines()[0] + "\n" + lines)

    assert value("commune", one_each["974"], "bpe_gp").value == 1
    assert observations.read([("commune", one_each["974"])], ["bpe_college"]) == []


def test_every_indicator_of_facilities_has_a_code_in_the_newest_list():
    from ansanm.territories import definitions
    from ansanm.territories.sources.connectors.insee_facilities import LISTS

    asked = {
        name
        for one in definitions.definitions().values()
        for name in one.numerator
        if name.startswith("bpe_")
    }
    assert asked == {one.variable for one in LISTS["D265"]}


@pytest.mark.parametrize("name", ["gps", "midwives", "psychologists", "speech_therapists", "dentists"])
def test_counts_of_two_lists_are_not_compared(name):
    from ansanm.territories import definitions

    breaks = {(one.before, one.after) for one in definitions.definitions()[name].breaks}
    assert breaks == {("2022", "2023"), ("2023", "2024")}


def test_a_file_that_mixes_two_lists_is_refused(bring):
    with pytest.raises(StoreError, match="D201"):
        bring("insee_bpe_communes", files.BPE + files.BPE.splitlines()[1].replace("D265", "D201") + "\n")


# ------------------------------------------------------------------------------------- the real files


@real
def test_the_real_filosofi_of_communes_comes_in_whole(own_observations):
    report = ingesting.import_file(connectors()[COMMUNES], SHARED / "national" / "cc_filosofi_2021_COM.csv")

    assert (report.n_read, report.rejected) == (34_909, {})
    place = etalab_decoupage.geography()
    held = observations.read(None, ["poverty_rate"])
    published = {one.code for one in held if one.status == Status.PUBLISHED and one.level == "commune"}
    assert 4_300 < len(published) < 4_400
    assert {code for code in place.communes if code.startswith("974")} <= published
    assert value("commune", "33063", "median_income").value == 24_870


@real
def test_bordeaux_gets_its_income_panel(built_observations, tmp_path, settings, territories):
    settings.OBSERVATIONS_DIR = tmp_path / "store"
    ingesting.import_file(connectors()[COMMUNES], SHARED / "national" / "cc_filosofi_2021_COM.csv")

    figures = diagnose(territories.at("commune", "33063")).figures

    for name in ("median_income", "poverty_rate", "first_decile", "ninth_decile", "income_inequality"):
        assert figures[name].value.is_published, name
        assert figures[name].value.datasets == ((COMMUNES, "2021"),)
    assert figures["median_income"].rank.n_ranked > 400


@real
def test_the_real_filosofi_of_iris_shows_saint_denis(client, own_observations, territories):
    report = ingesting.import_file(connectors()[IRIS], SHARED / "national" / "BASE_TD_FILO_IRIS_2021_DEC.csv")

    assert (report.n_read, report.rejected) == (16_026, {})
    held = [
        one
        for one in observations.read(None, ["iris_declared_median_income"])
        if one.code.startswith("97411")
    ]
    published = [one.value for one in held if one.status == Status.PUBLISHED]
    assert (len(held), len(published)) == (64, 55)
    assert (min(published), max(published)) == (6_740, 36_080)
    figure = diagnose(territories.get(level="iris", code="974110101")).figures["iris_declared_median_income"]
    assert figure.rank.n_ranked == 55
    # The list of the IRIS of the commune, with the trap in words.
    page = client.get(f"{territories.at('commune', '97411').get_absolute_url()}territoires/").content.decode()
    assert page.count("data-declared") == 55
    assert "avant prestations" in page
    assert "18\u202f510" in page
