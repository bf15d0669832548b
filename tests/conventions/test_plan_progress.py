"""No rate without its numerator, its denominator and what the denominator is."""

import pytest
from django.urls import reverse

from ansanm.conventions.models import ReportedFigure
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.overview import Overview
from ansanm.conventions.plan.progress import ORDER, Progress
from tests.conventions.plan_fixtures import small_plan

pytestmark = pytest.mark.django_db
THIN = "\u202f"


@pytest.fixture
def plan(cast):
    return small_plan(cast)


def progress(cast) -> Progress:
    return Progress(Overview(cast.convention, cast.city_officer))


def figure(cast, **facts):
    facts = {"source_title": "imazpress", "source_on": "2023-06"} | facts
    return ReportedFigure.objects.create(convention=cast.convention, **facts)


def announced(cast, value=52, **more):
    return figure(cast, kind="count", label="Actions du plan", unit="actions", value=value, **more)


def test_each_state_is_counted_apart_and_they_add_up(cast, plan):
    operations.update_action(
        by=cast.city_officer,
        action=plan["loose"],
        base_version=1,
        status="abandoned",
        status_reason="Sans suite",
    )
    told = {status: (rate.n, rate.total) for status, _words, rate in progress(cast).statuses}
    assert told == {
        "done": (1, 4), "started": (1, 4), "paused": (0, 4), "planned": (1, 4), "to_discuss": (0, 4),
        "abandoned": (1, 4),
    }  # fmt: skip


def test_a_rate_says_what_it_is_of(cast, plan):
    assert progress(cast).done.words == f"1 des 4 fiches, soit 25{THIN}%"


def test_the_rate_of_priority_actions_gives_both_denominators(cast, plan):
    assert progress(cast).priority_words() == (
        "2 des 2 actions prioritaires engagées (en cours, en pause ou réalisées), "
        f"soit 50{THIN}% des 4 fiches"
    )


def test_without_priority_actions_nothing_is_said_of_them(cast):
    operations.create_action(by=cast.city_officer, convention=cast.convention, title="Seule")
    assert progress(cast).priority_words() == ""


def test_an_empty_plan_divides_nothing_by_nothing(cast):
    told = progress(cast)
    assert told.done.percent is None
    assert told.priority_words() == ""
    assert told.total.cells == [0] * len(ORDER)


def test_rows_of_a_table_count_the_same_actions_as_the_list(cast, plan):
    told = progress(cast)
    assert [(row.name, row.n) for row in told.by_theme()] == [
        ("Petite enfance", 2), ("Logement", 2), ("Sans thématique", 1),
    ]  # fmt: skip
    # The nursery is in two themes, which the page says.
    assert told.has_several_themes
    assert [(row.name, row.n) for row in told.by_stake()] == [
        ("Grandir", 2), ("Se loger", 1), ("Sans rattachement", 1),
    ]  # fmt: skip
    assert [(row.name, row.n) for row in told.by_house()] == [("Collectivité", 4)]


def test_the_fiches_present_are_told_out_of_those_announced(cast, plan):
    announced(cast, 50, precision="about", source_on="2021-12")
    announced(cast)
    told = progress(cast)
    assert told.announced_words() == "4 fiches présentes sur 52 annoncées"
    assert told.missing == 48


def test_a_count_of_something_else_announces_no_fiche(cast, plan):
    figure(cast, kind="count", label="Places de crèche", unit="places", value=1933)
    assert progress(cast).announced is None


def test_a_published_half_is_set_beside_the_whole_plan(cast, plan):
    announced(cast)
    figure(
        cast, kind="progress", label="50 % des actions engagées", numerator=10, denominator=20,
        denominator_meaning="actions prioritaires",
    )  # fmt: skip
    (beside,) = progress(cast).beside()
    assert beside.words == (
        f"10 des 20 actions prioritaires, soit 50{THIN}% (19{THIN}% des 52 actions du plan)"
    )
    assert beside.here == f"2 des 2 fiches prioritaires présentes, soit 100{THIN}%"
    assert beside.difference.startswith("−8 actions")
    assert "les dénominateurs sont 2 ici et 20 là" in beside.difference


def test_a_published_number_without_a_denominator_keeps_its_vagueness(cast, plan):
    figure(
        cast,
        kind="progress",
        label="Près de 25 actions conjointes",
        value=25,
        precision="about",
        unit="actions",
    )
    (beside,) = progress(cast).beside()
    assert beside.words == "environ 25"
    assert beside.difference == "−23 actions"


def test_a_numerator_alone_says_that_its_denominator_is_unknown_by_having_none(cast, plan):
    figure(cast, kind="progress", label="Actions conjointes", numerator=25, precision="about")
    (beside,) = progress(cast).beside()
    assert (beside.words, beside.difference) == ("environ 25", "−23 actions")


def test_the_page_and_the_convention_s_page_say_the_same(client, cast, plan):
    announced(cast)
    client.force_login(cast.reader)
    for url in (
        reverse("plan_progress", args=["saint-denis"]),
        reverse("plan", args=["saint-denis"]),
        reverse("convention", args=["saint-denis"]),
    ):
        page = client.get(url).content.decode()
        assert f"1 des 4 fiches, soit 25{THIN}%" in page
        assert "4 fiches présentes sur 52 annoncées" in page


def test_a_bin_takes_out_of_the_denominator(cast, plan):
    operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[plan["loose"]])
    assert progress(cast).done.total == 3
