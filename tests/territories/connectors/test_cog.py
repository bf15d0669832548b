"""The movements of communes: a code of any year finds its commune of today, or none is invented."""

import pytest

from ansanm.territories import observations
from ansanm.territories.observations import StoreError
from ansanm.territories.sources import etalab_decoupage, passage
from ansanm.territories.sources.connectors import connectors, ingesting
from tests.territories.connectors import insee_files as files

HEADER = (
    "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP"
)


def line(kind, day, before, after, to="COM"):
    return f"{kind},{day},COM,{before},0,A,A,A,{to},{after},0,B,B,B"


# 33998 and 33997 are codes of no commune: they stand for those that left before the package begins.
MOVES = [
    line("31", "1964-01-01", "33997", "33998"),
    line("32", "1972-07-01", "33998", "33063"),
    line("32", "1972-07-01", "33063", "33063"),
    line("10", "1975-01-01", "33990", "33063"),
    line("21", "1980-01-01", "33991", "33063"),
    line("32", "2019-01-01", "33992", "33063", to="COMD"),
]


@pytest.fixture
def bring(tmp_path, own_observations):
    def bring(*lines, dataset="insee_cog_movements"):
        path = tmp_path / f"{dataset}.csv"
        path.write_text("\n".join([*lines, ""]))
        return ingesting.import_file(connectors()[dataset], path)

    return bring


def test_a_code_is_followed_through_two_mergers(bring):
    place = etalab_decoupage.geography()
    assert place.current("33997") is None

    assert bring(HEADER, *MOVES).n_kept == 2

    assert place.current("33997") == place.current("33998") == "33063"
    assert place.current("33063") == "33063"


@pytest.mark.parametrize("code", ["33990", "33991", "33992"])
def test_a_new_name_a_restored_commune_and_a_delegated_one_are_not_followed(bring, code):
    bring(HEADER, *MOVES)

    assert etalab_decoupage.geography().current(code) is None


def test_a_file_with_old_codes_adds_them_to_the_commune_of_today(bring):
    bring(HEADER, *MOVES)

    bring("CODGEO;NAISD24", "33063;2900", "33998;12", dataset="insee_births")

    [found] = observations.read([("commune", "33063")], ["births"])
    assert found.value == 2912


def test_movements_in_circles_lead_nowhere(bring):
    bring(HEADER, line("50", "1990-01-01", "33998", "33997"), line("50", "1991-01-01", "33997", "33998"))

    assert etalab_decoupage.geography().current("33998") is None


def test_what_the_package_says_is_not_contradicted(bring):
    # Pierrefitte-sur-Seine joined Saint-Denis (93066).
    report = bring(HEADER, line("32", "2025-01-01", "93059", "33063"), MOVES[1])

    assert report.rejected == {"conflicting": 1}
    assert etalab_decoupage.geography().current("93059") == "93066"


def test_the_same_file_twice_changes_nothing(bring):
    assert bring(HEADER, *MOVES).changed
    assert not bring(HEADER, *MOVES).changed


def test_another_file_is_refused_and_the_table_stays(bring):
    bring(HEADER, *MOVES)

    for lines in (files.FILOSOFI.splitlines(), [HEADER], [HEADER, MOVES[3]]):
        with pytest.raises(StoreError):
            bring(*lines)

    assert passage.moves() == {"33997": "33998", "33998": "33063"}
