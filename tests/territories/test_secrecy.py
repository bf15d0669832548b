import pytest

from ansanm.engines.indicators import Kind, Secrecy, Status
from ansanm.territories import definitions, observations, secrecy
from ansanm.territories.models import Territory

# Two EPCI of one département: what is hidden must not depend on the page it is hidden for.
COMMUNES = {"99101": ("E1", 3), "99102": ("E1", 30), "99103": ("E2", 12), "99104": ("E2", 40)}


@pytest.fixture
def small_country(db, own_observations):
    # The same data have the same version: another test's decisions would be found in memory.
    secrecy._hidden.cache_clear()
    # The real ones stay between tests once some test asked for them.
    Territory.objects.all().delete()

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
        patched.setattr(secrecy, "_decided", lambda limits: pytest.fail("decided twice"))
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
    monkeypatch.setattr(secrecy, "_decided", lambda limits: pytest.fail("looked at"))

    assert shown([("commune", code) for code in COMMUNES]) == {
        "commune:99101": 0,
        "commune:99102": 5,
        "commune:99103": 35,
    }
