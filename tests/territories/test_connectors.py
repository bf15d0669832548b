"""Connectors: each real format over HTTP, and the failures that happen."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest

from ansanm.engines.indicators import Status
from ansanm.jobs.registry import Cancelled
from ansanm.territories import observations, operations
from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources.connectors import called, connectors, fetching, reading
from ansanm.territories.sources.connectors.ingesting import import_file, sync
from tests.territories.connector_server import producing

BOM = b"\xef\xbb\xbf"
BENEFITS = """dtreffre;numcomdo;nomcom;indfoy_ndur;indnbp_ndur;indmtt_ndur;indfoy_rsa;indmtt_rsa;indfoy_ppa
2024-12;33063;BORDEAUX;68500;141200;30120300;9260;4996200;26745
2024-12;97411;SAINT-DENIS;52740;113885;41250100;14500;8123400;15380
2023-12;97411;SAINT-DENIS;52800;113900;41000000;14600;8100000;15000
"""


@pytest.fixture
def producer(monkeypatch, tmp_path, settings):
    settings.HOME = tmp_path
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0, 0, 0))
    with producing() as one:
        monkeypatch.setenv("ANSANM_CAF_URL", one.url)
        yield one


@pytest.fixture
def store(own_observations):
    return own_observations


def one(name):
    (found,) = called(name)
    return found


def written(tmp_path, text, name="file.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


def value(level, code, variable, period):
    found = {(one.variable, one.period): one for one in observations.read([(level, code)], [variable])}
    return found.get((variable, period))


def imported(tmp_path, name, text, **more):
    return import_file(one(name), written(tmp_path, text), **more)


# ------------------------------------------------------------------------------------- fetching


def test_a_sync_brings_the_export_with_its_byte_order_mark(producer, store):
    producer.content = BOM + BENEFITS.encode()

    report = sync(one("cnaf_s_ben_com"))

    assert (report.n_read, report.rejected) == (3, {})
    found = value("commune", "33063", "caf_rsa", "2024-12")
    assert (found.value, found.status, found.quality) == (9260, Status.PUBLISHED, "rounded_5")
    assert (found.dataset, found.vintage) == ("cnaf_s_ben_com", "2024-12")
    path, _ = producer.requests[0]
    assert path.startswith("/api/explore/v2.1/catalog/datasets/s_ben_com_f/exports/csv?")


def test_a_server_that_fails_is_asked_again(producer, store):
    producer.content = BENEFITS.encode()
    producer.failures = [503, 500, 429]

    assert sync(one("cnaf_s_ben_com")).n_read == 3
    assert len(producer.requests) == 4


def test_a_server_that_keeps_failing_is_told_of_and_the_store_stays(producer, store):
    producer.content = BENEFITS.encode()
    sync(one("cnaf_s_ben_com"))
    version = observations.data_version()
    producer.failures = [503] * 4

    with pytest.raises(fetching.FetchError, match="après 4 essais : HTTP 503"):
        sync(one("cnaf_s_ben_com"))
    assert observations.data_version() == version


def test_an_address_that_is_gone_is_not_asked_again(producer, store):
    producer.failures = [404]

    with pytest.raises(fetching.FetchError, match="404"):
        sync(one("cnaf_s_ben_com"))
    assert len(producer.requests) == 1


def test_a_cut_download_goes_on_where_it_stopped(producer, store):
    producer.content = BENEFITS.encode()
    producer.failures = [("cut", 100)]

    assert sync(one("cnaf_s_ben_com")).n_read == 3
    assert producer.requests[1][1]["Range"] == "bytes=100-"


def test_a_file_that_changed_in_between_is_fetched_from_its_start(producer, tmp_path):
    producer.content = b"a" * 1000
    producer.failures = [("cut", 100), 404]
    with pytest.raises(fetching.FetchError):
        fetching.download(producer.url, "x.csv", max_bytes=10_000)
    producer.content, producer.etag = b"b" * 1000, '"2"'

    path = fetching.download(producer.url, "x.csv", max_bytes=10_000)

    assert path.read_bytes() == producer.content


def test_without_a_mark_nothing_is_resumed(producer, tmp_path):
    producer.etag = ""
    producer.content = b"a" * 1000
    producer.failures = [("cut", 100)]

    assert fetching.download(producer.url, "x.csv", max_bytes=10_000).read_bytes() == producer.content
    assert "Range" not in producer.requests[1][1]


def test_what_did_not_change_is_not_sent_again(producer, store):
    producer.content = BENEFITS.encode()
    assert sync(one("cnaf_s_ben_com")).changed

    assert not sync(one("cnaf_s_ben_com")).changed
    assert producer.requests[1][1]["If-None-Match"] == producer.etag


def test_a_maintenance_page_is_not_taken_for_the_file(producer, store):
    producer.content, producer.content_type = b"<html>Maintenance</html>", "text/html"

    with pytest.raises(fetching.FetchError, match="page web"):
        sync(one("cnaf_s_ben_com"))


def test_a_file_too_big_is_refused_and_not_kept(producer, tmp_path):
    producer.content = b"a" * 1000

    with pytest.raises(fetching.FetchError, match="taille"):
        fetching.download(producer.url, "x.csv", max_bytes=999)
    assert not list((tmp_path / "downloads").glob("x.csv*part"))


def test_only_http_is_fetched(producer):
    with pytest.raises(fetching.FetchError):
        fetching.download("file:///etc/passwd", "x.csv", max_bytes=10)


def test_a_cancelled_download_leaves_what_it_had(producer, tmp_path):
    producer.content = b"a" * 1000

    def cancel(done, total, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        fetching.download(producer.url, "x.csv", max_bytes=10_000, progress=cancel)
    assert (tmp_path / "downloads" / "x.csv.part").exists()


# -------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("28,0", 28),
        ("33910.62", 33910.62),
        ("1\u202f234,5", 1234.5),
        ("-15,3", -15.3),
        ('"7"', 7),
        ("s", Status.SECRET),
        ("nd", Status.NOT_AVAILABLE),
        ("ns", Status.NOT_AVAILABLE),
        ("so", Status.NOT_APPLICABLE),
        ("-1", Status.NOT_AVAILABLE),
        ("", Status.NOT_AVAILABLE),
    ],
)
def test_a_cell_is_a_number_or_says_why_it_is_not(text, expected):
    found, status = reading.number(text)

    assert (status if isinstance(expected, Status) else found) == expected
    assert (found is None) == (status != Status.PUBLISHED)


@pytest.mark.parametrize("text", ["douze", "1,234.5", "1.2.3", "12€", "inf", "0x10"])
def test_a_cell_that_is_neither_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        reading.number(text)


def test_a_share_over_a_hundred_is_refused():
    with pytest.raises(ValueError, match="104"):
        reading.bounded("104,2", 0, 100)


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("1001", 5, "01001"),
        ("01001", 5, "01001"),
        ('="01001"', 5, "01001"),
        ("1001.0", 5, "01001"),
        ("2a004", 5, "2A004"),
        ("9", 2, "09"),
        ("974", 2, "974"),
        ("974XX", 5, ""),
        ("XXXXX", 5, ""),
        ("99999", 5, ""),
        ("99", 2, ""),
        ("13999", 5, ""),
        ("", 5, ""),
    ],
)
def test_a_code_gets_its_zeros_back_and_no_place_is_none(text, length, expected):
    assert reading.code(text, length) == expected


def test_latin_1_is_read(tmp_path, store):
    text = BENEFITS.replace("BORDEAUX", "CHÂTEAU-D’OLÉRON".replace("’", "'"))

    assert imported(tmp_path, "cnaf_s_ben_com", text.encode("latin-1")).n_read == 3


def test_a_comma_table_in_utf_16_from_a_spreadsheet_is_read(tmp_path, store):
    text = BENEFITS.replace(";", "\t")

    assert imported(tmp_path, "cnaf_s_ben_com", text.encode("utf-16")).n_read == 3


def test_a_table_in_a_zip_is_read_and_its_dictionary_left(tmp_path, store):
    path = tmp_path / "file.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.csv", BENEFITS)
        archive.writestr("meta_data.csv", "COD;LIB\n")

    assert import_file(one("cnaf_s_ben_com"), path).n_read == 3


def test_a_cut_zip_is_refused(tmp_path, store):
    path = tmp_path / "file.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.csv", BENEFITS)
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(StoreError, match="coupée"):
        import_file(one("cnaf_s_ben_com"), path)


def test_a_file_cut_in_a_line_is_refused_with_the_line(tmp_path, store):
    with pytest.raises(StoreError, match="est coupé.*2023-12;97411;SAINT"):
        imported(tmp_path, "cnaf_s_ben_com", BENEFITS[: BENEFITS.rindex("-DENIS")])


def test_other_columns_are_refused_with_the_missing_ones(tmp_path, store):
    with pytest.raises(StoreError, match="il manque indfoy_ndur"):
        imported(tmp_path, "cnaf_s_ben_com", BENEFITS.replace("indfoy_ndur", "foyers"))


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02\x03" * 50, gzip.compress(b"x" * 100, mtime=0), BENEFITS.split("\n")[0].encode()],
)
def test_what_is_no_table_is_refused(tmp_path, store, content):
    with pytest.raises(StoreError):
        imported(tmp_path, "cnaf_s_ben_com", content)
    assert observations.manifest()["files"] == {}


# ------------------------------------------------------------------------------------ ingesting


def test_lost_zeros_are_put_back_and_unlocated_rows_set_apart(tmp_path, store):
    text = BENEFITS + (
        "2024-12;1004;AMBERIEU;3000;7000;100;400;100;900\n"
        "2024-12;974XX;;15;30;0;5;0;5\n"
        "2024-12;99999;;15;30;0;5;0;5\n"
        "2024-12;01ABC;;15;30;0;5;0;5\n"
        "2024-12;00000;;15;30;0;5;0;5\n"
    )
    report = imported(tmp_path, "cnaf_s_ben_com", text)

    assert report.rejected == {"not_located": 2, "bad_code": 1, "unknown_commune": 1}
    assert report.notes["restored_zero"] == 1
    assert report.examples["bad_code"][0].startswith("8 : 2024-12;01ABC")
    assert value("commune", "01004", "caf_households", "2024-12").value == 3000


def test_absent_values_keep_their_reason(tmp_path, store):
    text = BENEFITS.replace(";9260;", ";s;").replace(";26745", ";nd").replace(";14500;", ";so;")
    imported(tmp_path, "cnaf_s_ben_com", text)

    assert value("commune", "33063", "caf_rsa", "2024-12").status == Status.SECRET
    assert value("commune", "33063", "caf_ppa", "2024-12").status == Status.NOT_AVAILABLE
    assert value("commune", "97411", "caf_rsa", "2024-12").status == Status.NOT_APPLICABLE


def test_a_line_twice_is_one_and_two_that_differ_are_none(tmp_path, store):
    text = BENEFITS + BENEFITS.splitlines()[1] + "\n" + "2024-12;97411;SAINT-DENIS;1;1;100;1;100;1\n"
    report = imported(tmp_path, "cnaf_s_ben_com", text)

    assert report.rejected == {"duplicate": 1, "conflicting": 2}
    assert value("commune", "33063", "caf_rsa", "2024-12").value == 9260
    assert value("commune", "97411", "caf_rsa", "2024-12") is None
    assert value("commune", "97411", "caf_rsa", "2023-12").value == 14600


def test_communes_merged_since_are_added_and_their_rate_is_not(tmp_path, store):
    # Pierrefitte-sur-Seine joined Saint-Denis (93) in 2025.
    imported(
        tmp_path,
        "cnaf_s_ben_com",
        BENEFITS + "2024-12;93066;A;10;20;0;5;0;5\n2024-12;93059;B;15;20;0;5;0;5\n",
    )
    rates = "annee;numcom;nomcom;txcouv_com\n2023;93066;A;40,5\n2023;93059;B;50.5\n2023;33063;C;60\n"
    imported(tmp_path, "cnaf_txcouv_com", rates)

    assert value("commune", "93066", "caf_households", "2024-12").value == 25
    assert value("commune", "93066", "coverage_rate", "2023").status == Status.NOT_AVAILABLE
    assert value("commune", "33063", "coverage_rate", "2023").value == 60


def test_paris_is_the_sum_of_its_arrondissements(tmp_path, store):
    lines = "".join(f"2024-12;751{n:02d};PARIS;100;200;0;10;0;10\n" for n in range(1, 21))
    imported(tmp_path, "cnaf_s_ben_com", BENEFITS + lines)

    assert value("arm", "75113", "caf_households", "2024-12").value == 100
    found = value("commune", "75056", "caf_households", "2024-12")
    assert (found.value, found.origin) == (2000, "derived")


def test_a_file_mostly_wrong_is_refused_with_its_rows(tmp_path, store):
    text = BENEFITS.replace("9260", "beaucoup").replace("14500", "trop").replace("14600", "?")

    with pytest.raises(StoreError, match="3 nombre illisible.*indfoy_rsa = beaucoup"):
        imported(tmp_path, "cnaf_s_ben_com", text)
    assert observations.manifest()["files"] == {}
    assert imported(tmp_path, "cnaf_s_ben_com", text, force=True).rejected == {"bad_number": 3}


def test_the_vintage_there_already_is_not_replaced_by_a_part_of_it(tmp_path, store):
    imported(tmp_path, "cnaf_s_ben_com", BENEFITS)
    part = "\n".join(BENEFITS.splitlines()[:2]) + "\n"

    with pytest.raises(StoreError, match="qu’une partie"):
        imported(tmp_path, "cnaf_s_ben_com", part)
    assert value("commune", "97411", "caf_rsa", "2024-12").value == 14500

    imported(tmp_path, "cnaf_s_ben_com", part, force=True)
    assert value("commune", "97411", "caf_rsa", "2024-12") is None


def test_the_same_file_again_changes_nothing(tmp_path, store):
    imported(tmp_path, "cnaf_s_ben_com", BENEFITS)
    version = observations.data_version()

    assert not imported(tmp_path, "cnaf_s_ben_com", BENEFITS).changed
    assert observations.data_version() == version


def test_the_newest_vintage_is_shown_and_the_older_kept(tmp_path, store):
    imported(tmp_path, "cnaf_s_ben_com", BENEFITS)
    newer = BENEFITS.replace("2024-12", "2025-12").replace("2023-12", "2024-12")
    imported(tmp_path, "cnaf_s_ben_com", newer)

    assert sorted(observations.manifest()["files"]) == ["cnaf_s_ben_com/2024-12", "cnaf_s_ben_com/2025-12"]
    assert value("commune", "97411", "caf_rsa", "2024-12").value == 14600
    assert value("commune", "97411", "caf_rsa", "2023-12").value == 14600


def test_since_keeps_the_periods_before(tmp_path, store):
    imported(tmp_path, "cnaf_s_ben_com", BENEFITS)
    report = imported(
        tmp_path, "cnaf_s_ben_com", BENEFITS.replace("14600", "1").replace("14500", "14505"), since="2024"
    )

    assert value("commune", "97411", "caf_rsa", "2023-12").value == 14600
    assert value("commune", "97411", "caf_rsa", "2024-12").value == 14505
    assert report.changed


def test_a_synced_file_stands_before_what_is_embedded(db, tmp_path, store):
    """Of the same vintage the national file replaces; an older one does not."""
    operations.run("reunion_figures")
    assert value("commune", "97411", "caf_rsa", "2024-12").dataset == "cnaf_beneficiaries"
    older = BENEFITS.replace("2024-12", "2022-12").replace("2023-12", "2021-12")
    imported(tmp_path, "cnaf_s_ben_com", older)
    assert value("commune", "97411", "caf_rsa", "2022-12").dataset == "cnaf_beneficiaries"

    imported(tmp_path, "cnaf_s_ben_com", BENEFITS.replace("14500", "14505"))
    found = value("commune", "97411", "caf_rsa", "2024-12")
    assert (found.dataset, found.value) == ("cnaf_s_ben_com", 14505)

    # And setting the data up again does not put the embedded figure back before it.
    operations.run("reunion_figures")
    assert value("commune", "97411", "caf_rsa", "2024-12").value == 14505
    keys = [(o.variable, o.period) for o in observations.read([("commune", "97411")])]
    assert len(keys) == len(set(keys))


# ----------------------------------------------------------------------------------------- Cnaf


def test_beneficiaries_of_every_level(tmp_path, store):
    imported(
        tmp_path,
        "cnaf_s_ben_epci",
        "dtreffre;numepci;nomepci;indfoy_ndur;indnbp_ndur;indfoy_rsa;indben_aah\n"
        "2024-12;249740119;CINOR;70000;150000;18000;900\n2024-12;XXXXXXXXX;;5;5;5;5\n2024-12;999999999;;5;5;5;5\n",
    )
    report = imported(
        tmp_path,
        "cnaf_s_ben_dep",
        "dtreffre;numdep;nomdep;numregi;indfoy_ndur;indnbp_ndur;indfoy_rsa\n"
        "2024-11;974;LA REUNION;04;1;1;1\n2024-12;974;LA REUNION;04;288990;600000;91860\n"
        "2024-12;1;AIN;84;90000;200000;9000\n2024-12;XX;;;5;5;5\n",
    )
    imported(tmp_path, "cnaf_s_ben_nat", "dtreffre;indfoy_ndur;indnbp_ndur\n2024-12-01;13900000;33000000\n")

    assert value("epci", "249740119", "aah_recipients", "2024-12").value == 900
    assert value("departement", "974", "caf_households", "2024-12").value == 288990
    assert value("departement", "01", "caf_rsa", "2024-12").value == 9000
    assert value("france", "FR", "caf_persons", "2024-12").value == 33_000_000
    assert report.notes["other_months"] == 1


QF = "dtreffre;numcomdo;{more}nomcom;qf_400;indfoy_ndur;indnbp_ndur\n"


def test_the_two_lowest_quotients_are_added(tmp_path, store):
    imported(
        tmp_path,
        "cnaf_qf_com",
        QF.format(more="")
        + "2024-12;97411;SAINT-DENIS;Moins de 400 euros;15000;30000\n"
        + "2024-12;97411;SAINT-DENIS;Entre 400 et 799 euros;16000;30000\n"
        + "2024-12;97411;SAINT-DENIS;4000 euros ou plus;200;300\n"
        + "2024-12;33063;BORDEAUX;Moins de 400 euros;s;s\n"
        + "2024-12;33063;BORDEAUX;Entre 400 et 799 euros;100;200\n",
    )
    low = value("commune", "97411", "caf_qf_under_800", "2024-12")

    assert (low.value, low.origin, low.quality) == (31000, "derived", "low_quotient")
    assert value("commune", "33063", "caf_qf_under_800", "2024-12") is None
    assert value("commune", "33063", "caf_qf_0_399", "2024-12").status == Status.SECRET


def test_quotients_by_iris_take_the_code_of_both_columns(tmp_path, store):
    text = QF.format(more="numirisd;") + (
        "2024-12;97411;101;SAINT-DENIS;Moins de 400 euros;150;300\n"
        "2024-12;97411;XXXX;SAINT-DENIS;Moins de 400 euros;5;5\n"
    )
    report = imported(tmp_path, "cnaf_qf_iris", text)

    assert value("iris", "974110101", "caf_qf_0_399", "2024-12").value == 150
    assert report.rejected == {"not_located": 1}
    # IRIS published in part are no commune.
    assert value("commune", "97411", "caf_qf_0_399", "2024-12") is None


def test_quotients_by_qpv_are_found_by_name_in_their_commune(db, tmp_path, store):
    from ansanm.territories.models import Territory
    from ansanm.territories.names import search_key

    text = QF.format(more="nomqpv;") + (
        "2024-12;97411;Le Chaudron;SAINT-DENIS;Moins de 400 euros;150;300\n"
        "2024-12;33063;Le Chaudron;BORDEAUX;Moins de 400 euros;5;5\n"
    )
    Territory.objects.filter(level="qpv").delete()
    with pytest.raises(StoreError, match="contours des QPV"):
        imported(tmp_path, "cnaf_qf_qpv", text)
    Territory.objects.create(
        level="qpv",
        code="QN97401M",
        name="Le Chaudron",
        search_key=search_key("Le Chaudron"),
        commune_code="97411",
    )
    report = imported(tmp_path, "cnaf_qf_qpv", text)

    assert value("qpv", "QN97401M", "caf_qf_0_399", "2024-12").value == 150
    assert report.rejected == {"unknown_qpv": 1}


def test_rsa_by_type(tmp_path, store):
    text = (
        "dtreffre;numcomdo;nomcom;rsa_type;indfoy_rsa;indnbp_rsa\n"
        "2024-12;97411;SAINT-DENIS;RSA majoré;1500;4000\n"
        "2024-12;97411;SAINT-DENIS;RSA non majoré;13000;20000\n"
        "2024-12;97411;SAINT-DENIS;Autre;5;5\n"
    )
    report = imported(tmp_path, "cnaf_rsa_com", text)

    assert value("commune", "97411", "caf_rsa_increased", "2024-12").value == 1500
    assert report.examples["unknown_band"] == ["4 : 2024-12;97411;SAINT-DENIS;Autre;5;5 (Autre)"]


def test_a_coverage_rate_may_pass_100_but_not_make_no_sense(tmp_path, store):
    text = (
        "annee;numcom;nomcom;txcouv_com;txcouv_eaje_com;txcouv_am_ind_com;txcouv_gad_ind_com\n"
        "2023;97411;SAINT-DENIS;40,6;25.1;10,0;1\n"
        "2023;33063;BORDEAUX;104,2;80;20;4,2\n"
        "2023;97416;SAINT-PIERRE;1040;80;20;4,2\n"
    )
    report = imported(tmp_path, "cnaf_txcouv_com", text)

    assert value("commune", "97411", "coverage_rate", "2023").value == 40.6
    assert value("commune", "97411", "coverage_eaje", "2023").value == 25.1
    assert value("commune", "33063", "coverage_rate", "2023").value == 104.2
    assert report.notes["over_100"] == 1
    assert report.rejected == {"bad_number": 1}


def test_coverage_and_places_of_france_say_what_they_leave_out(tmp_path, store):
    imported(tmp_path, "cnaf_txcouv_nat", "annee;national;txcouv_nat\n2023-01-01;France;60.9\n")
    imported(
        tmp_path,
        "cnaf_nbpla_nat",
        "annee;national;tot_offre_nat;pl_eaje_nat\n2023-01-01;France;1300000;500000\n",
    )
    imported(
        tmp_path, "cnaf_nbpla_dep", "annee;numdep;nomdep;tot_offre_dep;pl_eaje_dep\n2023;974;R;14000;8000\n"
    )

    rate = value("france", "FR", "coverage_rate", "2023")
    assert (rate.value, rate.quality) == (60.9, "without_mayotte")
    assert value("france", "FR", "childcare_places", "2023").value == 1_300_000
    assert value("departement", "974", "childcare_places_eaje", "2023").value == 8000


LEVEL_LINES = {
    "com": ("numcom", "97411"),
    "epci": ("numepci", "249740119"),
    "dep": ("numdep", "974"),
    "reg": ("numregi", "4"),
    "nat": ("national", "France"),
}


def real_shape(name):
    """A file of each Caf connector, as data.caf.fr gives it."""
    _, kind, suffix, *_former = (
        name.split("_") if not name.startswith("cnaf_s_ben") else ("", "ben", name[11:])
    )
    if kind in {"txcouv", "nbpla"}:
        column, code = LEVEL_LINES[suffix]
        total, part = ("txcouv", "txcouv_eaje") if kind == "txcouv" else ("tot_offre", "pl_eaje")
        return f"annee;{column};{total}_{suffix};{part}_{suffix}\n2021;{code};40,6;25.1\n"
    if kind == "ben":
        column, code = {"com": ("numcomdo", "97411")}.get(suffix, LEVEL_LINES.get(suffix))
        return f"dtreffre;{column};indfoy_ndur;indnbp_ndur\n2024-12;{code};52740;113885\n"
    if kind == "rsa":
        return "dtreffre;numcomdo;rsa_type;indfoy_rsa\n2024-12;97411;RSA majoré;1500\n"
    more, value = {"com": ("", ""), "iris": ("numirisd;", "0101;")}[suffix]
    return f"dtreffre;numcomdo;{more}qf_400;indfoy_ndur\n2024-12;97411;{value}Inconnu;150\n"


@pytest.mark.parametrize(
    "name", sorted(one.dataset for one in called("cnaf") if one.dataset != "cnaf_qf_qpv")
)
def test_each_connector_of_the_caf_reads_its_format_over_http_after_a_failure(producer, store, name):
    producer.content = BOM + real_shape(name).encode()
    producer.failures = [502]

    report = sync(one(name))

    assert (report.n_read, report.rejected) == (1, {})
    assert report.n_kept
    assert not sync(one(name)).changed


HIST = (
    "annee;numcom;nomcom;txcouv_com;txcouv_eaje_com\n"
    "2020;97411;SAINT-DENIS;35,1;22,0\n"
    "2021;97411;SAINT-DENIS;36,2;23,0\n"
    "2022;97411;SAINT-DENIS;37,3;24,0\n"
)
NOW = (
    "annee;numcom;nomcom;txcouv_com;txcouv_eaje_com\n"
    "2022;97411;SAINT-DENIS;39,9;28,0\n2023;97411;SAINT-DENIS;40,6;29,7\n"
)


@pytest.mark.parametrize("order", [("cnaf_txcouv_com", "cnaf_txcouv_com_hist"), None])
def test_the_historical_table_stops_where_the_revised_one_begins(tmp_path, store, order):
    texts = {"cnaf_txcouv_com_hist": HIST, "cnaf_txcouv_com": NOW}
    reports = {name: imported(tmp_path, name, texts[name]) for name in order or texts}

    found = {
        one.period: (one.value, one.dataset)
        for one in observations.read([("commune", "97411")], ["coverage_rate"])
    }
    assert found == {
        "2020": (35.1, "cnaf_txcouv_com_hist"),
        "2021": (36.2, "cnaf_txcouv_com_hist"),
        "2022": (39.9, "cnaf_txcouv_com"),
        "2023": (40.6, "cnaf_txcouv_com"),
    }
    assert reports["cnaf_txcouv_com_hist"].notes["superseded"] == 1
    assert {one.vintage for one in observations.datasets_status()} == {"2021", "2023"}


def test_years_of_two_counts_are_never_joined_nor_compared(tmp_path, store, territories):
    from ansanm.territories import diagnosis
    from ansanm.ui.charts import Point, segments

    imported(tmp_path, "cnaf_txcouv_com_hist", HIST)
    imported(tmp_path, "cnaf_txcouv_com", NOW)

    figure = diagnosis.diagnose(territories.at("commune", "97411")).figures["coverage_rate"]

    breaks = [(one.before, one.after) for one in figure.definition.breaks]
    points = [Point(one.period, one.value) for one in figure.series]
    assert [[one.period for one in part] for part in segments(points, breaks)] == [
        ["2020", "2021"],
        ["2022", "2023"],
    ]
    assert figure.breaks_between("2021", "2023")
    assert not figure.breaks_between("2022", "2023")
    assert any(one.key == "not_comparable" for one in figure.warnings)


@pytest.mark.parametrize("suffix", ["com", "epci", "dep", "reg", "nat"])
@pytest.mark.parametrize("kind", ["txcouv", "nbpla"])
def test_each_table_of_childcare_has_its_historical_one_beside(kind, suffix):
    (found,) = called(f"cnaf_{kind}_{suffix}_hist")

    assert f"/{kind}_pe_{suffix}_hist/exports/csv?" in found.url("")


def test_the_extract_at_hand_is_what_is_embedded(db, store):
    path = Path(__file__).resolve().parents[3] / "shared/data/caf/s_ben_com_f_974_extrait_2020-2024.csv"
    if not path.exists():
        pytest.skip("no real file here")
    operations.run("reunion_figures")
    before = {(o.level, o.code, o.variable, o.period): o.value for o in observations.read(None, ["caf_rsa"])}

    report = import_file(one("cnaf_s_ben_com"), path)

    after = {(o.level, o.code, o.variable, o.period): o.value for o in observations.read(None, ["caf_rsa"])}
    assert (report.n_read, report.rejected) == (120, {})
    assert before == after


def test_every_connector_has_its_dataset_described():
    assert {name for name in observations.datasets() if observations.is_synced(name)} == set(connectors())


def test_a_group_is_all_of_its_connectors_and_an_unknown_name_is_told():
    assert {one.dataset for one in called("cnaf")} >= {"cnaf_s_ben_com", "cnaf_txcouv_nat"}
    with pytest.raises(StoreError, match="cnaf_s_ben_com"):
        called("nobody")


def test_examples_are_kept_with_the_report(tmp_path, store):
    imported(tmp_path, "cnaf_s_ben_com", BENEFITS + "2024-12;XXXXX;;1;1;1;1;1;1\n")

    (held,) = observations.datasets_status()
    assert held.report["examples"] == {"not_located": ["5 : 2024-12;XXXXX;;1;1;1;1;1;1"]}
    assert json.dumps(held.report)
    assert Report().examples == {}
