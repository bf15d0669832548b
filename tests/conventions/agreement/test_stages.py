"""The stages of a convention: what each asks, and the reason that going against it takes."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import operations as convention_operations
from ansanm.conventions.agreement import operations
from ansanm.conventions.agreement.stages import LINE, Requirements, picture
from ansanm.conventions.models import (
    Convention,
    ConventionParty,
    PlanActor,
    PlanNode,
    PlanTheme,
    Stage,
    StageMove,
)
from ansanm.conventions.plan import operations as plan_operations
from ansanm.territories import declared
from ansanm.territories.versions import StaleVersion
from tests.conventions.agreement.deeds import draft, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def missing(convention, stage) -> set[str]:
    found = Requirements(Convention.objects.get(pk=convention.pk)).of(stage)
    return {one.key for one in found if not one.is_met}


def move(cast, to, *, reason="", by=None):
    convention = Convention.objects.get(pk=cast.convention.pk)
    return operations.move_stage(
        by=by or cast.city_officer, convention=convention, version=convention.version, to=to, reason=reason
    )


def test_preparation_asks_for_a_territory_both_parties_and_both_houses(cast, convention):
    assert missing(convention, Stage.PREPARATION) == set()

    convention.roles.filter(role="caf_adviser").delete()
    convention.parties.filter(kind="caf").delete()
    convention.territory_links.all().delete()

    assert missing(convention, Stage.PREPARATION) == {"territory", "parties", "members"}


def test_the_diagnosis_asks_for_a_figure_of_the_partners(cast, convention):
    assert missing(convention, Stage.DIAGNOSIS) == {"figures"}

    declared.declare_figure(
        by=cast.city_officer,
        territory=convention.territories.get(),
        variable="eaje_places",
        period="2023",
        value=1895,
        source_title="Rapport",
        source_on=date(2023, 12, 31),
        convention=convention,
    )

    assert missing(convention, Stage.DIAGNOSIS) == set()


def test_priorities_ask_for_themes_and_for_stakes_that_have_a_name(cast, convention):
    PlanTheme.objects.create(convention=convention, slug="housing", label="Logement")
    stake = PlanNode.objects.create(convention=convention, kind="stake")
    assert missing(convention, Stage.PRIORITIES) == {"nodes"}

    stake.label = "Se loger"
    stake.save()
    assert missing(convention, Stage.PRIORITIES) == set()


def test_the_plan_asks_of_each_fiche_and_counts_those_that_answer(cast, convention, plan):
    first, second = plan
    found = {one.key: one for one in Requirements(convention).of(Stage.PLAN)}
    assert {key for key, one in found.items() if one.is_met} == {"actions", "attached"}
    assert found["dated"].detail == "1 des 2 fiches"
    assert found["piloted"].url.endswith("?pilot=none")

    actor = PlanActor.objects.get(convention=convention)
    for one in plan:
        plan_operations.update_action(
            by=cast.city_officer,
            action=one,
            base_version=1,
            pilot=actor.pk,
            starts="2026",
            funding_note="à définir",
            indicators=[{"label": "Familles"}],
        )
    assert missing(convention, Stage.PLAN) == set()

    # A fiche in the bin lacks nothing, and counts for nothing.
    plan_operations.delete_actions(by=cast.city_officer, convention=convention, actions=[second])
    assert Requirements(convention).n_actions == 1


def test_validation_asks_for_dates_deliberations_and_a_text(cast, convention, plan):
    assert missing(convention, Stage.VALIDATION) == {"dates", "deliberations", "draft"}

    city = convention.parties.get(kind="commune")
    party = next(one for one in Requirements(convention).of(Stage.VALIDATION) if one.key == "deliberations")
    assert party.url == at("party_edit", city.pk)
    ConventionParty.objects.filter(pk=city.pk).update(
        deliberation_number="21/4-12", deliberation_on="2021-11"
    )
    Convention.objects.filter(pk=convention.pk).update(starts_on="2022", ends_on="2026")
    draft(cast)

    assert missing(convention, Stage.VALIDATION) == set()


def test_signature_asks_for_every_signature_the_two_of_the_caf_too(cast, convention, plan):
    assert missing(convention, Stage.SIGNATURE) == {"signed", "signatures"}

    mayor = convention.parties.get(kind="commune").signatures.get()
    signed(cast, signed_by=[mayor.pk], reason="Caf en janvier")
    found = {one.key: one for one in Requirements(convention).of(Stage.SIGNATURE)}
    assert found["signed"].is_met
    assert found["signatures"].detail == "1 des 3 signatures"

    for one in convention.parties.get(kind="caf").signatures.all():
        one.signed_on = "2027-01"
        one.save()
    assert missing(convention, Stage.SIGNATURE) == set()


def test_a_party_of_whom_no_signature_is_asked_is_named(cast, convention, plan):
    signed(cast)
    convention.parties.get(kind="commune").signatures.all().delete()

    found = {one.key: one for one in Requirements(convention).of(Stage.SIGNATURE)}

    assert not found["signatures"].is_met
    assert found["signatures"].detail == "aucune n’est demandée à Ville de Saint-Denis"


def test_a_party_that_left_owes_nothing(cast, convention, plan):
    convention.parties.filter(kind="commune").update(left_on="2027")

    assert {one.organisation.name for one in Requirements(convention).parties} == {"Caf de La Réunion"}


@pytest.mark.parametrize("years", [1, 2, 4, 5, 12])
def test_no_stage_asks_how_long_the_convention_lasts(cast, convention, plan, years):
    before = {stage: missing(convention, stage) for stage in LINE}
    Convention.objects.filter(pk=convention.pk).update(
        starts_on="2026", ends_on=str(2026 + years), duration_years=years
    )

    after = {stage: missing(convention, stage) for stage in LINE}

    assert before[Stage.VALIDATION] - after[Stage.VALIDATION] == {"dates"}
    assert all(before[stage] == after[stage] for stage in LINE if stage != Stage.VALIDATION)


def test_going_on_with_all_that_is_asked_takes_no_reason(cast, convention):
    moved = move(cast, Stage.DIAGNOSIS)

    convention.refresh_from_db()
    assert (convention.stage, moved.missing, moved.reason) == (Stage.DIAGNOSIS, [], "")


def test_going_on_against_what_is_missing_takes_a_reason_that_is_kept(client, cast, convention):
    with pytest.raises(ValidationError, match="avance sans ce qui manque"):
        move(cast, Stage.PRIORITIES)
    assert not StageMove.objects.exists()

    moved = move(cast, Stage.PRIORITIES, reason="  Diagnostic de 2024 repris tel quel.  ")

    assert (moved.missing, moved.reason) == (["figures"], "Diagnostic de 2024 repris tel quel.")
    client.force_login(cast.reader)
    assert "Diagnostic de 2024 repris tel quel." in client.get(at("agreement")).content.decode()


def test_jumping_over_stages_counts_what_each_of_them_lacks(cast, convention, plan):
    moved = move(cast, Stage.RUNNING, reason="Convention déjà signée, entrée après coup")

    assert {"figures", "dates", "deliberations", "signed"} <= set(moved.missing)


def test_a_refused_jump_lists_what_every_stage_on_the_way_lacks(client, cast, officer):
    answer = client.post(at("agreement_move"), {"to": "running", "reason": "", "version": 1})

    assert answer.status_code == 422
    assert {"figures", "dates", "signed"} <= {one.key for one in answer.context["missing"]}


def test_going_back_takes_a_reason(cast, convention):
    move(cast, Stage.DIAGNOSIS)

    with pytest.raises(ValidationError, match="revient en arrière"):
        move(cast, Stage.PREPARATION)
    move(cast, Stage.PREPARATION, reason="Une commune de plus")


@pytest.mark.parametrize("to", ["preparation", "rêve", ""])
def test_a_stage_that_is_none_or_is_the_same_is_refused(cast, to):
    with pytest.raises(ValidationError):
        move(cast, to, reason="x")


def test_a_convention_ends_without_being_renewed_but_not_once_renewal_is_begun(cast, convention, plan):
    requirements = Requirements(convention)
    assert "following" not in {one.key for one in requirements.missing(Stage.EVALUATION, Stage.ENDED)}
    assert {one.key for one in requirements.missing(Stage.RENEWAL, Stage.ENDED)} == {"following"}

    Convention.objects.filter(pk=cast.other_convention.pk).update(continues=convention)
    assert requirements.missing(Stage.RENEWAL, Stage.ENDED) == []


def test_two_people_who_move_the_stage_at_once_do_not_jump_twice(cast, convention):
    move(cast, Stage.DIAGNOSIS)

    with pytest.raises(StaleVersion):
        operations.move_stage(
            by=cast.caf_adviser, convention=convention, version=1, to=Stage.DIAGNOSIS, reason="x"
        )


def test_the_picture_shows_what_is_behind_where_we_are_and_what_is_ahead(convention):
    convention.stage = Stage.VALIDATION
    states = {step.stage: step.state for step in picture(convention)}

    assert states[Stage.PLAN] == "done"
    assert states[Stage.VALIDATION] == "now"
    assert states[Stage.RUNNING] == states[Stage.ENDED] == "ahead"

    convention.stage = Stage.ENDED
    states = {step.stage: step.state for step in picture(convention)}
    assert states[Stage.EVALUATION] == "done"
    # It may have ended without a renewal: the picture does not invent one.
    assert states[Stage.RENEWAL] == "ahead"


def test_the_page_moves_the_stage_and_the_journal_says_so_in_words(client, cast, officer):
    answer = client.post(at("agreement_move"), {"to": "priorities", "reason": "", "version": 1})
    assert answer.status_code == 422
    assert "avance sans ce qui manque" in answer.content.decode()

    given = {"to": "priorities", "reason": "Chiffres à venir", "version": 1}
    assert client.post(at("agreement_move"), given).status_code == 302
    assert client.post(at("agreement_move"), given | {"to": "plan"}).status_code == 409

    journal = client.get(at("convention_journal")).content.decode()
    assert "a mis la convention à l’étape «\u00a0Priorités\u00a0»" in journal
    assert "Chiffres à venir" in journal
    assert AuditEntry.objects.filter(verb="stage.move").count() == 1


def test_the_page_links_what_is_missing_to_where_it_is_mended(client, cast, officer, convention):
    Convention.objects.filter(pk=convention.pk).update(stage=Stage.VALIDATION)

    page = client.get(at("agreement")).content.decode()

    assert "0 sur 3" in page
    assert at("convention_edit") in page
    assert at("party_edit", convention.parties.get(kind="commune").pk) in page


def test_the_picture_of_the_stages_stands_on_the_page_of_the_convention(client, cast):
    client.force_login(cast.reader)

    page = client.get(at("convention")).content.decode()

    assert 'aria-current="step"' in page
    assert at("agreement") in page


def test_every_stage_has_a_page_for_a_new_convention_and_for_a_full_one(
    client, cast, officer, convention, plan
):
    for stage in Stage:
        Convention.objects.filter(pk=convention.pk).update(stage=stage)
        for name in ("agreement", "agreement_move"):
            assert client.get(at(name)).status_code == 200


def test_the_stage_is_not_a_fact_one_edits(cast, convention):
    with pytest.raises(TypeError):
        convention_operations.update_convention(
            by=cast.city_officer, convention=convention, version=1, stage=Stage.ENDED
        )
