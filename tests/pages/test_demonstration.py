import json
import stat

import pytest
from django.test import Client
from django.urls import reverse

from ansanm.accounts.models import AuditEntry, User
from ansanm.conventions.models import Body, Convention, Meeting, Need
from ansanm.conventions.operations import remove_role
from ansanm.pages import demonstration
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def home(settings, tmp_path, territories):
    settings.DEMO = True
    settings.HOME = tmp_path
    return tmp_path


def state():
    """All that seeding may write, but for times."""
    return {
        "users": list(User.objects.order_by("pk").values_list("pk", "email", "password")),
        "conventions": list(Convention.objects.order_by("pk").values_list("pk", "slug", "version")),
        "figures": list(DeclaredFigure.objects.order_by("pk").values_list("pk", "value", "version")),
        "trail": AuditEntry.objects.count(),
    }


def test_seeding_twice_changes_nothing(home):
    demonstration.seed()
    first, accounts = state(), (home / "demo_accounts.json").read_text()

    demonstration.seed()

    assert state() == first
    assert (home / "demo_accounts.json").read_text() == accounts


def test_a_renamed_actor_or_action_does_not_stop_the_set_up(monkeypatch):
    def renamed(convention, **more):
        convention.actors.filter(name="Ville de Saint-Denis").update(name="Mairie")
        convention.actors.filter(name__contains="CCAS").update(name="Centre communal")
        convention.actions.filter(title__contains="Chaudron").update(title="Autre")
        seed(convention, **more)

    seed = demonstration.demonstration_deciding.seed
    monkeypatch.setattr(demonstration.demonstration_deciding, "seed", renamed)
    demonstration.seed()

    copil = Body.objects.get(kind="copil")
    assert [str(one.actor) for one in copil.mandates.all()] == ["Caf de La Réunion"]
    assert not Meeting.objects.get(rank=5).decisions.order_by("number")[1].actions.exists()


def test_what_a_visitor_changed_stays():
    demonstration.seed()
    convention = Convention.objects.get(slug="saint-denis")
    officer = User.objects.get(email="cooperation@demo.ansanm.example")
    places = DeclaredFigure.objects.get(variable="eaje_places")
    persons = DeclaredFigure.objects.get(variable="caf_persons")
    declared.correct_figure(by=officer, figure=places, version=1, value=1933, period="2023-11")
    declared.withdraw_figure(by=officer, figure=persons, version=1)
    first = state()

    demonstration.seed()

    assert state() == first
    assert convention.figures().count() == 6


def test_a_role_taken_away_comes_back_at_the_next_set_up():
    demonstration.seed()
    convention = Convention.objects.get(slug="saint-denis")
    reader = User.objects.get(email="lecteur@demo.ansanm.example")
    remove_role(by=None, convention=convention, user=reader)

    demonstration.seed()

    assert convention.roles_of(reader) == {"reader"}


def test_the_accounts_open_the_door_and_are_private(home):
    demonstration.seed()

    accounts = demonstration.accounts()
    assert len(accounts) == User.objects.count() == 9
    assert {one["role"] for one in accounts} >= {"Élu", "Conseiller Caf", "Administrateur de la plateforme"}
    for one in accounts:
        assert one["email"].endswith("@demo.ansanm.example")
        assert Client().login(email=one["email"], password=one["password"])
    assert stat.S_IMODE((home / "demo_accounts.json").stat().st_mode) == 0o600


def test_each_installation_has_its_own_password(home):
    demonstration.seed()
    first = demonstration.accounts()[0]["password"]
    (home / "demo_accounts.json").unlink()

    demonstration.seed()

    second = demonstration.accounts()[0]
    assert second["password"] != first
    assert Client().login(email=second["email"], password=second["password"])
    assert not Client().login(email=second["email"], password=first)


def test_a_real_instance_is_never_seeded(settings):
    settings.DEMO = False

    with pytest.raises(demonstration.NotADemonstration):
        demonstration.seed()

    assert not User.objects.exists()


def test_the_fifth_steering_committee_stands_with_its_source_and_its_pack():
    demonstration.seed()
    meeting = Meeting.objects.get(rank=5)
    officer = User.objects.get(email="cooperation@demo.ansanm.example")
    client = Client()
    client.force_login(officer)

    assert (meeting.held_on, meeting.starts_at, meeting.state) == ("2024-11", None, "held")
    assert "imazpress.com" in meeting.source_url and not meeting.is_fictitious
    assert meeting.items.count() == 6 and not meeting.attendances.exists()
    first, second = meeting.decisions.order_by("number")
    assert {one.text.split(" :")[0] for one in (first, second)} == {"D’après le communiqué"}
    assert (first.due, second.actions.get().title) == (
        "2025",
        "Préfiguration du centre social du Chaudron",
    )
    for format in ("pdf", "docx", "pptx"):
        answer = client.get(reverse("meeting_pack", args=["saint-denis", meeting.pk, format]))
        assert answer.status_code == 200 and len(answer.getvalue()) > 5_000


def test_all_that_is_invented_says_so():
    demonstration.seed()
    convention = Convention.objects.get(slug="saint-denis")

    for rows in (
        convention.surveys,
        convention.workshops,
        convention.contributions,
        convention.needs,
        convention.participants,
        convention.funding_agreements,
        Body.objects.exclude(kind="copil"),
        Meeting.objects.exclude(rank=5),
        convention.equipment.filter(source_title=""),
    ):
        assert rows.exists()
        assert set(rows.values_list("is_fictitious", flat=True)) == {True}
    # What has a source is not invented.
    assert not convention.equipment.exclude(source_title="").filter(is_fictitious=True).exists()


def test_the_thread_is_walked_from_a_workshop_to_an_action_and_back():
    demonstration.seed()
    need = Need.objects.get(title__startswith="Garder son enfant")
    action = need.actions.get()

    assert {one.workshop.title for one in need.contributions.all()} == {"Atelier parents au Chaudron"}
    assert action.needs.get() == need
    session = need.priority_options.get().session
    assert session.result and session.state == "closed"


def test_the_founding_figures_are_there_as_declared():
    demonstration.seed()

    given = {one.variable: (one.value, one.period) for one in DeclaredFigure.objects.all()}
    assert given == {
        "caf_households": (51_700, "2021"),
        "low_income_caf_households": (20_500, "2021"),
        "caf_persons": (113_000, "2021"),
        "caf_children_covered": (44_000, "2021"),
        "caf_benefits_eur": (430_000_000, "2021"),
        "caf_social_action_eur": (21_000_000, "2021"),
        "eaje_places": (1_895, "2023-06"),
    }
    assert set(DeclaredFigure.objects.values_list("code", flat=True)) == {"97411"}


def test_the_gap_to_cafdata_is_computed_on_the_page(client, observations_home):
    demonstration.seed()
    client.force_login(User.objects.get(email="lecteur@demo.ansanm.example"))

    def page(variable):
        figure = DeclaredFigure.objects.get(variable=variable)
        return client.get(reverse("figure", args=["saint-denis", figure.pk])).content.decode()

    households, persons = page("caf_households"), page("caf_persons")
    assert "52\u202f030" in households
    assert "−0,6\u202f%" in households
    assert "113\u202f370" in persons
    assert "−0,3\u202f%" in persons


def test_what_was_not_published_is_not_there():
    demonstration.seed()

    saint_denis = Convention.objects.get(slug="saint-denis")
    assert (saint_denis.signed_on, saint_denis.starts_on, saint_denis.ends_on) == ("2021-12", "", "")
    assert saint_denis.duration_years == 5
    le_port = Convention.objects.get(slug="le-port")
    assert (le_port.signed_on, le_port.starts_on, le_port.ends_on) == ("", "2023", "2027")
    assert set(le_port.parties.values_list("signatures__name", flat=True)) == {""}
    # The press names one of the two who sign for the Caf: the other is a line to fill in.
    assert list(saint_denis.parties.filter(kind="caf").values_list("signatures__name", flat=True)) == [
        "Harry-Claude Morel",
        "",
    ]


def test_the_neighbour_sees_her_own_convention_alone():
    demonstration.seed()
    neighbour = User.objects.get(email="voisine@demo.ansanm.example")

    assert [one.slug for one in Convention.objects.visible_to(neighbour)] == ["le-port"]


def test_the_file_of_accounts_is_whole_json(home):
    demonstration.seed()

    assert list(json.loads((home / "demo_accounts.json").read_text())) == ["accounts"]
    assert list(home.glob("*.new")) == []


def test_the_plan_of_saint_denis_opens_on_what_is_published_and_nothing_else():
    demonstration.seed()
    convention = Convention.objects.get(slug="saint-denis")
    assert convention.nodes.filter(kind="stake", label="").count() == 5
    assert convention.themes.count() == 7
    assert convention.actions.standing().count() == 14
    # Each says where it was read; its state is dated by its source.
    assert not convention.actions.filter(source_title="").exists()
    assert not convention.actions.filter(status_as_of="").exists()
    assert convention.reported_figures.filter(kind="money").count() == 9
    assert not convention.reported_figures.filter(source_title="").exists()
    # The only invention says it is one.
    (proposal,) = [one for action in convention.actions.all() for one in action.proposals.all()]
    assert proposal.message.startswith("Exemple fictif")


def test_an_action_that_a_visitor_deletes_does_not_come_back():
    from ansanm.conventions.plan.operations import delete_actions

    demonstration.seed()
    convention = Convention.objects.get(slug="saint-denis")
    officer = User.objects.get(email="cooperation@demo.ansanm.example")
    delete_actions(by=officer, convention=convention, actions=list(convention.actions.all()))
    demonstration.seed()
    assert not convention.actions.standing().exists()
