"""Writing the plan as a table: a cell, many fiches at once, the bin, and the way back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import Action, BulkEdit, Proposal
from ansanm.conventions.plan import bin_jobs, operations
from ansanm.jobs import schedules
from ansanm.jobs.models import Job, Schedule
from ansanm.jobs.worker import Worker
from tests.conventions.plan_fixtures import small_plan

pytestmark = pytest.mark.django_db


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def plan(cast):
    return small_plan(cast)


def version(action):
    action.refresh_from_db()
    return action.version


def ticks(*actions):
    return [f"{one.pk}:{version(one)}" for one in actions]


def test_a_cell_is_written_by_its_own_page_without_a_script(client, cast, plan):
    client.force_login(cast.city_officer)
    url = at("plan_cell", plan["toys"].pk, "starts")
    assert "premier semestre 2026" in client.get(url).content.decode()
    response = client.post(url, {"value": "pas avant septembre 2026", "version": "1"})
    assert response.url == at("plan_table") + f"#action-{plan['toys'].pk}"
    plan["toys"].refresh_from_db()
    assert plan["toys"].starts == ">2026-09"


def test_a_cell_is_written_in_place_with_one(client, cast, plan):
    client.force_login(cast.city_officer)
    url = at("plan_cell", plan["toys"].pk, "publics")
    form = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in form and 'hx-post="' in form
    cell = client.post(
        url, {"value": "0-6 ans", "version": "1"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "0-6 ans" in cell and "enregistré" in cell
    back = client.get(at("plan_cell_back", plan["toys"].pk, "publics"), headers={"HX-Request": "true"})
    assert "0-6 ans" in back.content.decode()
    assert client.get(at("plan_cell_back", plan["toys"].pk, "publics")).url == at("plan_table")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("starts", "bientôt", "n’est pas une date"),
        ("title", "", "obligatoire"),
        ("staff_fte", "deux", "n’est pas un nombre"),
        ("ends", "2020", "La fin vient avant le début."),
        ("status", "paused", "Dites pourquoi"),
        ("pilot", "999999", "choix"),
    ],
)
def test_a_cell_refused_says_why_and_writes_nothing(client, cast, plan, field, value, told):
    client.force_login(cast.city_officer)
    response = client.post(at("plan_cell", plan["toys"].pk, field), {"value": value, "version": "1"})
    assert response.status_code == 422
    assert told in response.content.decode()
    assert version(plan["toys"]) == 1


def test_two_in_one_cell_see_both_values(client, cast, plan):
    operations.update_action(by=cast.caf_adviser, action=plan["toys"], base_version=1, publics="Familles")
    client.force_login(cast.city_officer)
    url = at("plan_cell", plan["toys"].pk, "publics")
    response = client.post(url, {"value": "0-6 ans", "version": "1"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "« Familles »" in page and "0-6 ans" in page
    client.post(url, {"value": "0-6 ans", "version": "2"})
    plan["toys"].refresh_from_db()
    assert plan["toys"].publics == "0-6 ans"


def test_a_cell_of_the_other_house_is_proposed(client, cast, plan):
    client.force_login(cast.caf_adviser)
    cell = client.post(
        at("plan_cell", plan["toys"].pk, "ends"),
        {"value": "2028", "version": "1"},
        headers={"HX-Request": "true"},
    )
    assert "proposé à l’autre maison" in cell.content.decode()
    assert Proposal.objects.get().after == {"ends": "2028"}


def test_a_cell_that_does_not_exist_and_a_fiche_of_another_convention_are_not_found(client, cast, plan):
    theirs = operations.create_action(by=cast.neighbour, convention=cast.other_convention, title="Voisine")
    client.force_login(cast.city_officer)
    assert client.get(at("plan_cell", plan["toys"].pk, "version")).status_code == 404
    assert client.get(at("plan_cell", theirs.pk, "title")).status_code == 404


# ---- bulk ----


def test_many_fiches_are_changed_after_a_preview_that_counts_them(client, cast, plan):
    client.force_login(cast.city_officer)
    selected = ticks(plan["toys"], plan["nursery"], plan["loose"])
    chosen = {"selected": selected, "field": "lead_house", "value": "shared"}
    assert "Champ à modifier" in client.post(at("plan_bulk"), {"selected": selected}).content.decode()
    preview = client.post(at("plan_bulk"), chosen | {"step": "preview"})
    assert (preview.context["n_changed"], preview.context["n_proposed"], preview.context["n_same"]) == (
        3,
        0,
        0,
    )
    assert set(cast.convention.actions.values_list("lead_house", flat=True)) == {"city"}
    response = client.post(at("plan_bulk"), chosen | {"step": "write"}, follow=True)
    assert "3 fiches modifiées" in response.content.decode()
    assert cast.convention.actions.filter(lead_house="shared").count() == 3


def test_the_filters_come_back_after_a_bulk_edit(client, cast, plan):
    client.force_login(cast.city_officer)
    page = client.get(at("plan_table"), {"theme": "housing"}).content.decode()
    assert '<input type="hidden" name="query" value="theme=housing">' in page
    chosen = {"selected": ticks(plan["roof"]), "field": "publics", "value": "Tous", "query": "theme=housing"}
    preview = client.post(at("plan_bulk"), chosen | {"step": "preview"}).content.decode()
    assert 'name="query" value="theme=housing"' in preview
    assert client.post(at("plan_bulk"), chosen | {"step": "write"}).url == at("plan_table") + "?theme=housing"


def test_the_preview_tells_what_would_only_be_proposed(client, cast, plan):
    operations.update_action(by=cast.city_officer, action=plan["roof"], base_version=1, lead_house="caf")
    client.force_login(cast.caf_adviser)
    preview = client.post(
        at("plan_bulk"),
        {"selected": ticks(plan["roof"], plan["toys"]), "field": "ends", "value": "2028", "step": "preview"},
    )
    assert (preview.context["n_changed"], preview.context["n_proposed"]) == (1, 1)


def test_if_one_fiche_refuses_none_is_changed(client, cast, plan):
    """The nursery started in 2024: an end in 2025 is before the start of the toys alone."""
    client.force_login(cast.city_officer)
    response = client.post(
        at("plan_bulk"),
        {
            "selected": ticks(plan["nursery"], plan["toys"]),
            "field": "ends",
            "value": "2024-06",
            "step": "write",
        },
    )
    assert response.status_code == 422
    assert "La fin vient avant le début." in response.content.decode()
    assert (version(plan["nursery"]), version(plan["toys"])) == (1, 1)
    assert not BulkEdit.objects.exists()


def test_if_one_fiche_changed_meanwhile_none_is_changed(client, cast, plan):
    selected = ticks(plan["nursery"], plan["toys"])
    operations.update_action(by=cast.city_officer, action=plan["toys"], base_version=1, publics="Familles")
    client.force_login(cast.city_officer)
    response = client.post(
        at("plan_bulk"), {"selected": selected, "field": "publics", "value": "0-6 ans", "step": "write"}
    )
    assert "aucune fiche n’a été modifiée" in response.content.decode()
    plan["nursery"].refresh_from_db()
    assert plan["nursery"].publics == ""


def test_nothing_ticked_nothing_done(client, cast, plan):
    client.force_login(cast.city_officer)
    response = client.post(at("plan_bulk"), {"selected": ["x", "1:", "99999:1"]}, follow=True)
    assert "Cochez au moins une action" in response.content.decode()


def test_fiches_of_another_convention_are_never_ticked(client, cast, plan):
    theirs = operations.create_action(by=cast.neighbour, convention=cast.other_convention, title="Voisine")
    client.force_login(cast.city_officer)
    client.post(at("plan_delete"), {"selected": ticks(theirs, plan["loose"]), "step": "write"})
    theirs.refresh_from_db()
    assert theirs.deleted_at is None
    assert cast.convention.actions.binned().count() == 1


def test_a_bulk_edit_is_taken_back_within_ten_minutes_and_not_after(client, cast, plan):
    client.force_login(cast.city_officer)
    chosen = {
        "selected": ticks(plan["toys"], plan["loose"]),
        "field": "publics",
        "value": "Tous",
        "step": "write",
    }
    page = client.post(at("plan_bulk"), chosen, follow=True).content.decode()
    deed = BulkEdit.objects.get()
    assert at("plan_undo", deed.pk) in page
    BulkEdit.objects.update(at=timezone.now() - timedelta(minutes=11))
    assert at("plan_undo", deed.pk) not in client.get(at("plan_table")).content.decode()
    assert "trop tard" in client.post(at("plan_undo", deed.pk), follow=True).content.decode()
    BulkEdit.objects.update(at=timezone.now() - timedelta(minutes=9))
    client.post(at("plan_undo", deed.pk))
    plan["toys"].refresh_from_db()
    assert plan["toys"].publics == ""


def test_nobody_takes_back_the_deed_of_another(client, cast, plan):
    deed = operations.delete_actions(
        by=cast.city_officer, convention=cast.convention, actions=[plan["loose"]]
    )
    client.force_login(cast.caf_adviser)
    assert at("plan_undo", deed.pk) not in client.get(at("plan_table")).content.decode()
    client.post(at("plan_undo", deed.pk))
    assert cast.convention.actions.binned().count() == 1


# ---- bin ----


def test_a_fiche_goes_to_the_bin_and_comes_back(client, cast, plan):
    client.force_login(cast.city_officer)
    selected = {"selected": ticks(plan["loose"])}
    assert "Idée à creuser" in client.post(at("plan_delete"), selected).content.decode()
    assert not cast.convention.actions.binned().exists()
    client.post(at("plan_delete"), selected | {"step": "write"})
    assert "Idée à creuser" not in client.get(at("plan")).content.decode()
    client.force_login(cast.caf_adviser)
    assert "Idée à creuser" in client.get(at("plan_bin")).content.decode()
    client.post(at("plan_restore", plan["loose"].pk))
    assert "Idée à creuser" in client.get(at("plan")).content.decode()


def test_after_thirty_days_it_does_not_come_back(client, cast, plan):
    operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[plan["loose"]])
    Action.objects.filter(pk=plan["loose"].pk).update(deleted_at=timezone.now() - timedelta(days=31))
    client.force_login(cast.city_officer)
    assert (
        "plus de 30 jours" in client.post(at("plan_restore", plan["loose"].pk), follow=True).content.decode()
    )


def test_the_worker_empties_the_bin_every_night(cast, plan):
    operations.delete_actions(
        by=cast.city_officer, convention=cast.convention, actions=[plan["loose"], plan["toys"]]
    )
    Action.objects.filter(pk=plan["loose"].pk).update(deleted_at=timezone.now() - timedelta(days=31))
    schedules.ensure_standing()
    schedules.ensure_standing()
    schedule = Schedule.objects.get(kind=bin_jobs.KIND)
    assert schedule.next_at > timezone.now()
    Schedule.objects.filter(kind=bin_jobs.KIND).update(next_at=timezone.now())
    schedules.enqueue_due()
    assert Worker().run_one()
    job = Job.objects.get(kind=bin_jobs.KIND)
    assert (job.state, job.report) == ("done", {"n_deleted": 1})
    assert not Action.objects.filter(pk=plan["loose"].pk).exists()
    assert Action.objects.filter(pk=plan["toys"].pk).exists()
    assert AuditEntry.objects.filter(verb="action.purge").count() == 1
