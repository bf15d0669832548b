"""The long tables of Melodi, as its files give them."""

import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import observations
from ansanm.territories.observations import StoreError
from ansanm.territories.sources.connectors import connectors, ingesting
from tests.territories.connectors import insee_files as files

INCOMES = """\
"GEO";"GEO_OBJECT";"FILOSOFI_MEASURE";"UNIT_MEASURE";"UNIT_MULT";"CONF_STATUS";"OBS_STATUS";"TIME_PERIOD";"OBS_VALUE"
"97411";"COM";"MED_SL";"EUR_YR";"0";"F";"A";"2023";"20240"
"97411";"COM";"PR_MD60";"PERCENT";"0";"F";"A";"2023";"35"
"97411";"COM";"SOMETHING";"PERCENT";"0";"F";"A";"2023";"3"
"97424";"COM";"PR_MD60";"PERCENT";"0";"C";"O";"2023";""
"249740119";"EPCI";"MED_SL";"EUR_YR";"0";"F";"A";"2023";"20500.5"
"974";"DEP";"MED_SL";"EUR_YR";"0";"F";"A";"2023";"19110"
"4";"REG";"MED_SL";"EUR_YR";"0";"F";"A";"2023";"19110"
"FM";"FRANCE";"MED_SL";"EUR_YR";"0";"F";"A";"2023";"25920"
"""
BPE = """\
"GEO";"GEO_OBJECT";"FACILITY_DOM";"FACILITY_SDOM";"FACILITY_TYPE";"BPE_MEASURE";"TIME_PERIOD";"OBS_VALUE"
"97411";"COM";"D";"D2";"D265";"FACILITIES";"2024";"214"
"97411";"COM";"D";"D5";"D502";"FACILITIES";"2024";"31"
"97411";"COM";"D";"_T";"_T";"FACILITIES";"2024";"900"
"974";"DEP";"D";"D2";"D265";"FACILITIES";"2024";"1100"
"""


@pytest.fixture
def bring(tmp_path, own_observations):
    def bring(dataset, content, **more):
        path = tmp_path / "DS_data.zip"
        path.write_bytes(files.zipped("DS_X_2023_data.csv", content))
        return ingesting.import_file(connectors()[dataset], path, **more)

    return bring


def value(level, code, variable):
    [found] = observations.read([(level, code)], [variable])
    return found


def test_each_level_has_its_median_and_the_france_of_insee_is_not_ours(bring):
    bring("insee_melodi_filosofi", INCOMES)

    assert value("commune", "97411", "median_income").value == 20_240
    assert value("commune", "97411", "median_income").quality == "filosofi_renewed"
    assert value("epci", "249740119", "median_income").value == 20_500.5
    assert value("departement", "974", "median_income").value == 19_110
    assert value("region", "04", "median_income").value == 19_110
    assert observations.read([("france", "FR")]) == []


def test_a_confidential_cell_is_secret_and_not_empty(bring):
    bring("insee_melodi_filosofi", INCOMES)

    found = value("commune", "97424", "poverty_rate")
    assert (found.value, found.status) == (None, Status.SECRET)


def test_a_rate_over_100_is_rejected_with_its_line(bring):
    report = bring("insee_melodi_filosofi", INCOMES.replace('"35"', '"135"'))

    assert report.rejected == {"over_its_maximum": 1}
    assert "135" in report.examples["over_its_maximum"][0]


def test_facilities_keep_their_types_and_make_their_own_sums(bring):
    bring("insee_melodi_bpe", BPE)

    assert value("commune", "97411", "bpe_gp").value == 214
    assert value("commune", "97411", "bpe_college").value == 0
    assert value("departement", "974", "bpe_gp").value == 214
    assert value("departement", "974", "bpe_gp").origin == "derived"


@pytest.mark.parametrize(
    ("dataset", "content"),
    [
        ("insee_melodi_filosofi", BPE),
        ("insee_melodi_bpe", INCOMES),
        ("insee_melodi_bpe", BPE.replace("D265", "D999")),
        ("insee_melodi_filosofi", INCOMES.replace('"2023"', '"2023-T1"')),
        ("insee_melodi_filosofi", INCOMES[:-12]),
    ],
)
def test_a_wrong_file_is_refused(bring, dataset, content):
    with pytest.raises(StoreError):
        bring(dataset, content)

    assert observations.data_version() == "empty"
