"""Outlines: merged communes united, a damaged download removed, nothing else read from the archive."""

import csv
import lzma

import pytest
import shapely

from ansanm.territories import contours as reading
from ansanm.territories import operations
from ansanm.territories.observations import StoreError
from ansanm.territories.sources import contours


@pytest.fixture
def download(tmp_path, settings, own_observations):
    settings.HOME = tmp_path
    contours.download().parent.mkdir(parents=True)

    def write(rows):
        with lzma.open(contours.download(), "wt", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["code", "type", "geometry"])
            lines.writerows(rows)

    return write


def square(x, y):
    return shapely.box(x, y, x + 1, y + 1).wkb_hex


def test_merged_communes_are_united(download):
    # Pierrefitte-sur-Seine (93059) joined Saint-Denis (93066) in 2025.
    download([("93066", "COM", square(0, 0)), ("93059", "COM", square(1, 0)), ("97411", "COM", square(9, 9))])

    report = contours.ingest()

    assert (report["n_read"], report["n_kept"]) == (3, 2)
    found = reading.contours_of(["93066", "97411", "00000"])
    assert set(found) == {"93066", "97411"}
    assert found["93066"].area == pytest.approx(2)
    assert contours.points()["97411"] == pytest.approx((9.5, 9.5))


def test_what_an_outline_needs_of_the_csv_reader_is_not_left_to_the_files_people_bring(download):
    before = csv.field_size_limit()
    download([("97411", "COM", square(9, 9))])

    contours.ingest()

    assert csv.field_size_limit() == before < 10**8


def test_an_outline_that_covers_separated_communes_is_left_out(download):
    download(
        [("15141", "COM", square(0, 0)), ("97411", "COM", square(9, 9)), ("01015", "COMD", square(3, 3))]
    )

    report = contours.ingest()

    assert report["rejected"] == {"old_outline": 1}
    assert reading.contours_of(["15141"]) == {}


def test_a_cut_download_is_removed_so_that_the_next_set_up_fetches_it(download):
    download([("97411", "COM", square(9, 9))] * 500)
    path = contours.download()
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(StoreError, match="abîmé"):
        contours.ingest()

    assert not path.exists()
    assert not reading.are_there()


def test_a_failed_download_does_not_stop_the_set_up(own_observations, tmp_path, settings, monkeypatch):
    settings.HOME = tmp_path

    def fail():
        raise StoreError("no network")

    monkeypatch.setattr(contours, "fetch", fail)

    assert operations.run("contours") == {"missing": "no network"}
    assert reading.contours_of(["97411"]) == {}
