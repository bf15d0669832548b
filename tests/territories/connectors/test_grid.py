"""Grid cells of Filosofi, in geopackages made here as Insee makes them."""

import csv
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest

from ansanm.territories import observations
from ansanm.territories.observations import StoreError
from ansanm.territories.sources.connectors import connectors, ingesting

SHARED = Path(os.environ.get("ANSANM_SHARED_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
CELLS = SHARED / "insee" / "filosofi2017_carreaux_1km_974.csv"
COLUMNS = ("lcog_geo", "ind", "men", "men_pauv", "men_fmp", "ind_0_3", "ind_4_5", "ind_6_10", "ind_11_17")
NAME = "Filosofi2021_carreaux_200m_reun.gpkg"


def geopackage(path, cells, *, columns=COLUMNS, layer="carreaux_200m_reun"):
    con = sqlite3.connect(path)
    con.execute("CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)")
    con.execute("INSERT INTO gpkg_contents VALUES (?, 'features')", [layer])
    con.execute(f'CREATE TABLE "{layer}" (fid INTEGER PRIMARY KEY, {", ".join(columns)})')
    marks = ", ".join("?" * len(columns))
    con.executemany(f'INSERT INTO "{layer}" ({", ".join(columns)}) VALUES ({marks})', cells)
    con.commit()
    con.close()
    return path


OWN = ("97411", 100, 40, 15, 12, 8, 4, 10, 14)
SHARED_CELL = ("9741197418", 20, 10, 4, 2, 2, 0, 2, 4)


@pytest.fixture
def bring(tmp_path, own_observations):
    def bring(path):
        return ingesting.import_file(connectors()["insee_grid_200m"], path)

    return bring


def value(code, variable):
    [found] = observations.read([("commune", code)], [variable])
    return found


def test_a_cell_of_two_communes_is_shared_and_the_figure_says_it_is_approximate(bring, tmp_path):
    bring(geopackage(tmp_path / NAME, [OWN, SHARED_CELL]))

    assert value("97411", "pop_0_3_approx").value == 9
    assert value("97418", "pop_0_3_approx").value == 1
    assert value("97411", "pop_0_17_approx").value == 40
    share = value("97411", "single_parent_share_approx")
    assert (share.value, share.period) == (pytest.approx(100 * 13 / 45, abs=0.05), "2021")
    assert (share.origin, share.quality) == ("derived", "approx_equal_shares")


def test_names_of_columns_in_capitals_and_archives_are_read_the_same(bring, tmp_path):
    inside = geopackage(tmp_path / "carreaux.gpkg", [OWN], columns=[one.capitalize() for one in COLUMNS])
    archive = tmp_path / "Filosofi2017_carreaux_1km_gpkg.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(inside, "dossier/carreaux_1km_reun.gpkg")

    bring(archive)

    assert value("97411", "poor_households_approx").period == "2017"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (("974119", *OWN[1:]), "bad_code"),
        (("", *OWN[1:]), "bad_code"),
        (("97411", "nd", *OWN[2:]), "bad_number"),
        (("97411", 100, -1, *OWN[3:]), "negative"),
        (("99998", *OWN[1:]), "unknown_commune"),
    ],
)
def test_a_bad_cell_is_rejected_with_its_reason(bring, tmp_path, cell, reason):
    report = bring(geopackage(tmp_path / NAME, [OWN] * 30 + [cell]))

    assert list(report.rejected) == [reason]
    assert value("97411", "pop_0_3_approx").value == 240


def test_a_wrong_file_is_refused(bring, tmp_path):
    whole = geopackage(tmp_path / "Filosofi2021_whole.gpkg", [OWN] * 400).read_bytes()
    cut = tmp_path / "Filosofi2021_cut.gpkg"
    cut.write_bytes(whole[: len(whole) // 2])
    text = tmp_path / "Filosofi2021_text.gpkg"
    text.write_text("idcar_200m;ind\n")
    for path in (
        cut,
        text,
        geopackage(tmp_path / "Filosofi2021_other.gpkg", [OWN[:-1]], columns=COLUMNS[:-1]),
        geopackage(tmp_path / "carreaux.gpkg", [OWN]),
    ):
        with pytest.raises(StoreError):
            bring(path)

    assert observations.data_version() == "empty"


@pytest.mark.skipif(not CELLS.exists(), reason="the real cells are not here")
def test_the_real_cells_of_la_reunion_keep_their_total(bring, tmp_path):
    with CELLS.open(encoding="utf-8", newline="") as file:
        first = file.readline()
        file.seek(0)
        lines = list(csv.DictReader(file, delimiter=max(";,", key=first.count)))
    lines = [{key.lower(): held for key, held in line.items()} for line in lines]
    cells = [tuple(line[name] for name in COLUMNS) for line in lines]

    bring(geopackage(tmp_path / "Filosofi2017_carreaux_1km_reun.gpkg", cells))

    found = observations.read(None, ["pop_0_3_approx"])
    communes = sum(one.value for one in found if one.level == "commune")
    assert len([one for one in found if one.level == "commune"]) == 24
    assert communes == pytest.approx(sum(float(line["ind_0_3"]) for line in lines), abs=2)
