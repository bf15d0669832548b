"""The long tables of Melodi, as its files give them."""

import pytest

from ansanm.engines.indicators import Status
from ansanm.territories import observations
from ansanm.territories.observations import StoreError
from ansanm.territories.sources.connectors import connectors, fetching, ingesting
from tests.territories.connector_server import producing
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


# --------------------------------------------------------------------------------------------- census


def census(columns: str, *lines: str) -> str:
    head = f"GEO;GEO_OBJECT;{columns};FREQ;OBS_STATUS;CONF_STATUS;TIME_PERIOD;OBS_VALUE".split(";")
    made = []
    for line in lines:
        *cut, status, year, number = line.split(";")
        made.append([*cut, "A", status, "F", year, number])
    return "\n".join(";".join(f'"{cell}"' for cell in cells) for cells in [head, *made]) + "\n"


FAMILIES = census(
    "TFN;NCH;RP_MEASURE",
    "97411;COM;_T;_T;FAM;A;2023;41200.5",
    "97411;COM;11;_T;FAM;A;2023;1500.25",
    "97411;COM;12;_T;FAM;A;2023;12000.5",
    "97411;COM;22;_T;FAM;A;2023;15000",
    "97411;COM;22;N1;FAM;A;2023;6000",
    "97411;COM;21;_T;FAM;A;2023;12699.75",
    "97411;COM;_T;_T;FAM;A;2017;40000",
    "97411;COM;11;_T;FAM;A;2017;1400",
    "974;DEP;_T;_T;FAM;A;2023;240000",
    "FM;FRANCE;_T;_T;FAM;A;2023;18000000",
)
HOMES = "RP_MEASURE;OCS;TDW;TSH;CARS"
HOUSING = census(
    HOMES,
    "97411;COM;DWELLINGS;_T;_T;_T;_T;A;2023;80000.5",
    "97411;COM;DWELLINGS;DW_MAIN;_T;_T;_T;A;2023;68726",
    "97411;COM;DWELLINGS;DW_MAIN;2;_T;_T;A;2023;40000",
    "97411;COM;DWELLINGS;DW_MAIN;_T;221;_T;A;2023;21000",
    "97411;COM;DWELLINGS;DW_MAIN;_T;_T;C0;A;2023;20000",
    "97411;COM;DWELLINGS_ROOMS;DW_MAIN;_T;_T;_T;A;2023;250000",
    "93059;COM;DWELLINGS;_T;_T;_T;_T;K;2023;",
)
WORK = census(
    "SEX;AGE;EDUC;EMPSTA_ENQ;RP_MEASURE",
    *(
        f"97411;COM;_T;Y15T64;_T;{code};POP;A;2023;{n}"
        for code, n in (("_T", 100), ("1", 50), ("2", 15), ("31", 5), ("33", 20), ("35", 4), ("36", 6))
    ),
    "97411;COM;F;Y15T64;_T;1;POP;A;2023;24",
    "97411;COM;_T;Y_GE15;_T;1;POP;A;2023;52",
)


def test_families_are_read_at_the_total_of_every_other_dimension(bring):
    bring("insee_melodi_rp_families", FAMILIES)

    found = {
        (one.variable, one.period): (one.value, one.origin)
        for one in observations.read([("commune", "97411")])
    }
    assert found == {
        ("families", "2017"): (40_000, "published"),
        ("families", "2023"): (41_200.5, "published"),
        # Fathers and mothers alone; of 2017 one of the two is not there.
        ("single_parent_families", "2023"): (13_500.75, "derived"),
        ("couples_with_children", "2023"): (15_000, "published"),
    }
    assert value("departement", "974", "families").value == 240_000
    assert observations.read([("france", "FR")]) == []


def test_homes_are_counted_and_neither_rooms_nor_cars(bring):
    report = bring("insee_melodi_rp_housing", HOUSING)

    found = {one.variable: one.value for one in observations.read([("commune", "97411")])}
    assert found == {
        "dwellings": 80_000.5,
        "main_homes": 68_726,
        "main_homes_in_flats": 40_000,
        "tenants_social": 21_000,
    }
    # What a commune merged since had is in the one that holds it: it is not « not available ».
    assert observations.read([("commune", "93066")]) == []
    assert report.rejected == {}


def test_the_rest_of_the_inactive_is_what_is_left(bring):
    bring("insee_melodi_rp_work", WORK)

    assert value("commune", "97411", "unemployed_15_64").value == 15
    rest = value("commune", "97411", "other_inactive_15_64")
    assert (rest.value, rest.origin) == (10, "derived")


def test_persons_alone_are_the_sum_of_their_ages_whatever_the_year_cuts_by(bring):
    ages = ("Y15T24", "Y25T39", "Y40T54", "Y55T64", "Y65T79", "Y_GE80")
    lines = [f"97411;COM;{age};_T;_T;ONEPERS;P1;DW_MAIN;A;2023;{n}" for n, age in enumerate(ages, 1)]
    bring(
        "insee_melodi_rp_households",
        census("AGE;COUPLE;CIVIL_STATUS;RP_MEASURE;NOC;OCS", *lines, "97411;COM;_T;1;_T;POP;_T;_T;A;2023;9"),
    )

    assert value("commune", "97411", "living_alone_households").value == 21


def test_ages_and_diplomas_are_brought_for_any_commune(bring):
    bring(
        "insee_melodi_rp_schooling",
        census(
            "SEX;AGE;STUD",
            "33063;COM;_T;Y6T10;_T;A;2023;11000",
            "33063;COM;_T;Y6T10;1;A;2023;10900",
            "33063;COM;_T;Y11T14;_T;A;2023;8000",
            "33063;COM;_T;Y15T17;_T;A;2023;6000",
        ),
    )
    bring(
        "insee_melodi_rp_diplomas",
        census("SEX;EDUC", "33063;COM;_T;001T100_RP;A;2023;30000", "33063;COM;_T;_T;A;2023;200000"),
    )
    bring(
        "insee_melodi_rp_population",
        census("SEX;AGE;RP_MEASURE", "33063;COM;_T;_T;POP;A;2023;265000", "33063;COM;F;_T;POP;A;2023;9"),
    )

    assert value("commune", "33063", "pop_6_10").value == 11_000
    assert value("commune", "33063", "pop_11_17").value == 14_000
    assert value("commune", "33063", "diploma_none").value == 30_000
    assert value("commune", "33063", "rp_population").value == 265_000


def test_a_confidential_part_makes_the_sum_secret(bring):
    lines = FAMILIES.splitlines()
    fathers = next(n for n, one in enumerate(lines) if '"11"' in one and '"2023"' in one)
    lines[fathers] = lines[fathers].replace('"F"', '"C"').replace('"1500.25"', '""')
    bring("insee_melodi_rp_families", "\n".join(lines) + "\n")

    assert value("commune", "97411", "single_parent_families").status == Status.SECRET


@pytest.mark.parametrize(
    ("dataset", "content"),
    [
        ("insee_melodi_rp_families", HOUSING),
        ("insee_melodi_rp_housing", WORK),
        ("insee_melodi_rp_work", FAMILIES[:-20]),
        ("insee_melodi_rp_families", FAMILIES.replace('"_T"', '"T"')),
        ("insee_melodi_rp_families", FAMILIES.replace('"2023"', '"23"').replace('"2017"', '"17"')),
    ],
)
def test_a_wrong_file_of_the_census_is_refused(bring, dataset, content):
    with pytest.raises(StoreError):
        bring(dataset, content)

    assert observations.data_version() == "empty"


# --------------------------------------------------------------------------------- over the network

OVER_HTTP = {
    "insee_melodi_filosofi": INCOMES,
    "insee_melodi_bpe": BPE,
    "insee_melodi_rp_families": FAMILIES,
    "insee_melodi_rp_housing": HOUSING,
    "insee_melodi_rp_work": WORK,
}


@pytest.mark.parametrize("dataset", sorted(OVER_HTTP))
def test_each_dataset_comes_in_over_http_after_a_failure_and_a_cut(
    monkeypatch, settings, tmp_path, own_observations, dataset
):
    settings.HOME = tmp_path / "home"
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0, 0, 0))
    with producing() as producer:
        monkeypatch.setenv("ANSANM_MELODI_URL", producer.url)
        producer.content_type = "application/zip"
        producer.content = files.zipped("DS_X_2023_data.csv", OVER_HTTP[dataset])
        producer.failures = [503, ("cut", 60)]

        report = ingesting.sync(connectors()[dataset])

    assert report.n_kept
    assert report.n_rejected == 0
    asked = [path for path, _headers in producer.requests]
    assert len(asked) == 3
    assert all(path.startswith("/file/DS_") and path.endswith("_CSV_FR") for path in asked)
