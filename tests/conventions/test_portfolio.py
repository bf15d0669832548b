"""The portfolio of an adviser: every convention of theirs on one page, none of the others'."""

from datetime import date

import pytest
from django.urls import reverse

from ansanm.conventions import portfolio
from ansanm.conventions.models import House, PlanTheme, Status
from ansanm.conventions.operations import create_convention, set_role
from ansanm.conventions.plan import operations, search
from ansanm.territories.models import Territory
from tests.cast import CANARY


@pytest.fixture
def action(cast):
    PlanTheme.objects.create(
        convention=cast.convention, slug="social_life", label="Animation de la vie sociale"
    )
    return operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Préfiguration du centre social",
        description="Écriture du projet avec les habitants",
        themes=["social_life"],
        starts="2024",
        ends="2025-03",
        status=Status.STARTED,
        milestones=[{"title": "Projet final", "due": "2027-03"}],
        lead_house=House.CITY,
    )


@pytest.fixture
def secret(cast):
    return operations.create_action(
        by=cast.neighbour, convention=cast.other_convention, title=f"Centre social {CANARY}"
    )


def search_page(client, **query):
    answer = client.get(reverse("actions"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_line_says_where_a_convention_stands(cast, action):
    cast.convention.ends_on = "2026-12"
    cast.convention.save()
    (line,) = portfolio.lines(cast.caf_adviser, today=date(2026, 11, 23))
    assert (line.n_actions, line.n_late, line.statuses[Status.STARTED]) == (1, 1, 1)
    assert (line.months_left, line.is_to_renew) == (1, True)
    assert line.next_milestone.title == "Projet final"


def test_late_is_not_said_of_what_is_done(cast, action):
    operations.update_action(by=cast.city_officer, action=action, base_version=1, status=Status.DONE)
    (line,) = portfolio.lines(cast.caf_adviser)
    assert (line.n_late, line.next_milestone) == (0, None)


def test_filters_live_in_the_address_and_the_export_keeps_them(cast, client, action):
    other = create_convention(by=cast.administrator, name="CTG du Port", territories=[])
    set_role(by=cast.administrator, convention=other, user=cast.caf_adviser, role="caf_adviser")
    client.force_login(cast.caf_adviser)
    page = client.get(reverse("conventions"), {"watch": "late"}).content.decode()
    assert "CTG de Saint-Denis" in page and "CTG du Port" not in page
    table = client.get(reverse("conventions_export", args=["csv"]), {"watch": "late"}).content.decode()
    assert "CTG de Saint-Denis" in table and "CTG du Port" not in table


def test_the_portfolio_costs_the_same_queries_whatever_its_size(
    cast, client, action, django_assert_max_num_queries
):
    for n in range(8):
        one = create_convention(by=cast.administrator, name=f"CTG {n}", territories=[])
        set_role(by=cast.administrator, convention=one, user=cast.caf_adviser, role="caf_adviser")
        operations.create_action(by=cast.caf_adviser, convention=one, title="Étude")
    client.force_login(cast.caf_adviser)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("conventions")).status_code == 200


def test_coverage_counts_the_communes_of_ones_own_conventions_alone(cast, secret):
    # The two communes of the cast are of La Réunion; only one is held by a convention of the adviser.
    Territory.objects.get_or_create(
        level="departement", code="974", defaults={"name": "La Réunion", "slug": "la-reunion"}
    )
    (one,) = portfolio.coverages(portfolio.lines(cast.caf_adviser))
    assert one.covered == {"97411"}
    assert one.departement.code == "974"


def test_plans_are_compared_theme_by_theme(cast, client, action):
    other = create_convention(by=cast.administrator, name="CTG du Port", territories=[])
    set_role(by=cast.administrator, convention=other, user=cast.caf_adviser, role="caf_adviser")
    client.force_login(cast.caf_adviser)
    address = reverse("conventions_compare")
    page = client.get(address, {"c": ["saint-denis", other.slug, "sainte-marie"]}).content.decode()
    assert "Animation de la vie sociale" in page
    assert CANARY not in page


@pytest.mark.parametrize("typed", ["centre social", "prefiguraton centre", "CENTRE Sociál", "habitants"])
def test_an_action_is_found_without_accents_and_with_typos(cast, client, action, secret, typed):
    client.force_login(cast.caf_adviser)
    page = search_page(client, q=typed)
    assert "Préfiguration du centre social" in page
    assert CANARY not in page


def test_theme_state_and_place_narrow_the_search(cast, client, action):
    client.force_login(cast.caf_adviser)
    assert action.title in search_page(client, theme="social_life", status="started", place="commune:97411")
    assert action.title not in search_page(client, q="centre", status="done")


def test_the_index_follows_what_is_written_binned_and_restored(cast, action):
    mine = [cast.convention.pk]
    assert search.find("centre social", mine) == [action.pk]
    operations.update_action(by=cast.city_officer, action=action, base_version=1, title="Maison de quartier")
    assert search.find("maison quartier", mine) == [action.pk]
    bulk = operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[action])
    assert search.find("maison quartier", mine) == []
    operations.undo_bulk(by=cast.city_officer, bulk=bulk)
    assert search.find("maison quartier", mine) == [action.pk]


def test_a_stranger_finds_nothing(cast, client, action, secret):
    client.force_login(cast.stranger)
    assert action.title not in search_page(client, q="centre social")
    assert CANARY not in search_page(client)
