"""One fiche, two houses: what each may write, what it proposes, what a second save joins or shows."""

import pytest
from django.core.exceptions import ValidationError

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import House, PlanActor, Proposal, Status
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.content import content_of


@pytest.fixture
def action(cast):
    return operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Ludothèque mobile", starts=">2026-S2"
    )


def reread(action):
    action.refresh_from_db()
    return action


def test_a_new_fiche_is_led_by_the_house_of_who_opens_it_and_has_its_first_revision(cast, action):
    assert action.lead_house == House.CITY
    assert [one.version for one in action.revisions.all()] == [1]
    assert AuditEntry.objects.filter(verb="action.create").count() == 1


def test_two_people_who_change_different_fields_both_keep_their_work(cast, action):
    operations.update_action(by=cast.city_officer, action=action, base_version=1, context="Peu de jeux")
    saved = operations.update_action(by=cast.caf_adviser, action=action, base_version=1, publics="0-6 ans")
    assert (reread(action).context, action.publics) == ("Peu de jeux", "0-6 ans")
    assert saved.joined == ("context",)


def test_two_people_who_change_the_same_field_are_shown_both_and_nothing_is_saved(cast, action):
    operations.update_action(by=cast.city_officer, action=action, base_version=1, context="Peu de jeux")
    with pytest.raises(operations.MergeConflict) as conflict:
        operations.update_action(by=cast.caf_adviser, action=action, base_version=1, context="Loin de tout")
    assert conflict.value.conflicts["context"].theirs == "Peu de jeux"
    assert conflict.value.conflicts["context"].mine == "Loin de tout"
    assert reread(action).context == "Peu de jeux"


def test_what_the_other_house_owns_is_proposed_and_written_once_accepted(cast, action):
    saved = operations.update_action(
        by=cast.caf_adviser, action=action, base_version=1, status=Status.STARTED, publics="Familles"
    )
    (proposal,) = saved.proposals
    assert (reread(action).status, action.publics) == (Status.PLANNED, "Familles")
    assert proposal.to_house == House.CITY
    with pytest.raises(operations.NotYours):
        operations.accept_proposal(by=cast.caf_adviser, proposal=proposal)
    operations.accept_proposal(by=cast.city_officer, proposal=proposal)
    assert reread(action).status == Status.STARTED
    assert Proposal.objects.get().state == Proposal.State.ACCEPTED


def test_a_pause_says_why(cast, action):
    with pytest.raises(ValidationError) as refused:
        operations.update_action(by=cast.city_officer, action=action, base_version=1, status=Status.PAUSED)
    assert "status_reason" in refused.value.message_dict


def test_an_actor_of_another_convention_does_not_exist_here(cast, action):
    theirs = PlanActor.objects.create(convention=cast.other_convention, name="CCAS voisin")
    with pytest.raises(ValidationError):
        operations.update_action(by=cast.city_officer, action=action, base_version=1, partners=[theirs.pk])


def test_an_old_version_comes_back_with_its_indicators_and_their_measures(cast, action):
    rows = [{"label": "Séances", "targets": [{"value": "12", "text": "", "due": "2026"}]}]
    operations.update_action(by=cast.city_officer, action=action, base_version=1, indicators=rows)
    indicator = action.indicators.get()
    indicator.measures.create(measured_on="2026", value=3)
    operations.update_action(by=cast.city_officer, action=action, base_version=2, indicators=[])
    assert content_of(reread(action))["indicators"] == []
    operations.restore_revision(by=cast.city_officer, action=action, version=2, base_version=3)
    (back,) = content_of(reread(action))["indicators"]
    assert back["targets"] == [{"value": "12", "text": "", "due": "2026"}]
    assert indicator.measures.count() == 1


def test_a_bulk_edit_is_undone_but_for_what_was_changed_since(cast, action):
    other = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Épicerie")
    bulk, _saved = operations.bulk_update(
        by=cast.city_officer,
        convention=cast.convention,
        base_versions={action.pk: 1, other.pk: 1},
        status=Status.STARTED,
    )
    operations.update_action(by=cast.city_officer, action=other, base_version=2, status=Status.DONE)
    assert operations.undo_bulk(by=cast.city_officer, bulk=bulk) == [other]
    assert (reread(action).status, reread(other).status) == (Status.PLANNED, Status.DONE)


def test_a_fiche_in_the_bin_comes_back(cast, action):
    bulk = operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[action])
    assert not cast.convention.actions.standing().exists()
    operations.undo_bulk(by=cast.city_officer, bulk=bulk)
    assert cast.convention.actions.standing().get() == action
