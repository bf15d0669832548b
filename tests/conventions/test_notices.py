"""Who hears of what: not its author, not a stranger, not the other house, and not what was taken back."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from ansanm.accounts.models import User
from ansanm.conventions.models import ActionFollow, Notice
from ansanm.conventions.operations import remove_role, set_role
from ansanm.conventions.plan import follows, notices, operations, talk, telling
from ansanm.conventions.plan.news import add_comment, add_measure, add_progress, remove_progress

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def action(cast):
    """A fiche that its officer opened; the Caf, the association and the reader follow it."""
    made = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Ludothèque", lead_house="shared"
    )
    for one in (cast.caf_adviser, cast.association, cast.reader):
        follows.follow(by=one, action=made)
    return made


def after_grace():
    """Ten minutes later: what is still there is told."""
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def heard(user) -> list[str]:
    after_grace()
    return [one.kind for one in notices.to_read(user)]


def edit(action, by, **changes):
    action.refresh_from_db()
    return operations.update_action(by=by, action=action, base_version=action.version, **changes)


def test_who_opens_pilots_or_comments_a_fiche_follows_it(cast):
    made = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Crèche")
    edit(made, cast.city_officer, pilot_user=cast.childcare_manager.pk)
    add_comment(by=cast.association, action=made, text="Bonne idée")
    assert set(made.follows.values_list("user__email", flat=True)) == {
        one.email for one in (cast.city_officer, cast.childcare_manager, cast.association)
    }


def test_who_brings_in_a_plan_does_not_follow_sixty_fiches(cast):
    operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Crèche", origin="import"
    )
    assert not ActionFollow.objects.exists()


def test_who_stops_following_is_not_made_to_follow_by_each_save(cast, action):
    edit(action, cast.city_officer, pilot_user=cast.reader.pk)
    follows.unfollow(by=cast.reader, action=action)
    edit(action, cast.city_officer, context="Autre constat")
    assert not action.follows.filter(user=cast.reader).exists()


def test_a_comment_is_heard_by_followers_and_not_by_its_author(cast, action):
    add_comment(by=cast.caf_adviser, action=action, text="Quel budget ?")
    assert heard(cast.city_officer) == heard(cast.association) == ["comment"]
    assert heard(cast.caf_adviser) == heard(cast.childcare_manager) == []


def test_who_is_named_hears_that_they_are_named_and_nothing_else_of_it(cast, action):
    add_comment(by=cast.city_officer, action=action, text="@Reader Payet, qu’en dites-vous ?")
    comment = add_comment(
        by=cast.city_officer, action=action, text="Et vous ?", cited=[cast.childcare_manager]
    )
    assert heard(cast.reader).count("mention") == 1
    assert heard(cast.childcare_manager) == ["mention"]
    assert list(comment.mentions.all()) == [cast.childcare_manager]


def test_a_name_within_a_longer_one_is_not_named():
    assert talk.is_named("anne payet", "Merci @Anne Payet.")
    assert talk.is_named("anne payet", "@anne payet")
    assert not talk.is_named("anne payet", "@Anne Payet-Hoarau")
    assert not talk.is_named("anne payet", "contact@anne payet")


def test_of_two_people_of_one_name_the_text_names_neither_and_the_list_the_right_one(cast, action):
    twin = User.objects.create(email="twin@example.org", first_name="Reader", last_name="Payet")
    set_role(by=cast.administrator, convention=cast.convention, user=twin, role="reader")
    assert not add_comment(by=cast.city_officer, action=action, text="@Reader Payet").mentions.exists()
    named = add_comment(by=cast.city_officer, action=action, text="@Reader Payet", cited=[twin])
    assert list(named.mentions.all()) == [twin]


def test_nobody_outside_of_the_convention_can_be_named(cast, action):
    text = f"@{cast.neighbour} @{cast.stranger}"
    comment = add_comment(
        by=cast.city_officer, action=action, text=text, cited=[cast.neighbour, cast.stranger]
    )
    assert not comment.mentions.exists()
    assert heard(cast.neighbour) == heard(cast.stranger) == []


def test_a_private_note_is_heard_of_by_its_own_house_alone(cast, action):
    follows.follow(by=cast.elected_official, action=action)
    add_comment(by=cast.city_officer, action=action, text="Entre nous", private=True)
    assert heard(cast.elected_official) == ["comment"]
    for other in (cast.caf_adviser, cast.association, cast.reader):
        assert heard(other) == []


def test_a_private_note_that_names_the_other_house_is_refused_with_the_name(cast, action):
    with pytest.raises(ValidationError, match="Caf adviser Payet"):
        add_comment(by=cast.city_officer, action=action, text="@Caf adviser Payet", private=True)
    assert not action.comments.exists()


def test_who_changes_house_no_longer_hears_of_its_private_notes(cast, action):
    follows.follow(by=cast.elected_official, action=action)
    add_comment(by=cast.city_officer, action=action, text="Entre nous", private=True)
    set_role(by=cast.city_officer, convention=cast.convention, user=cast.elected_official, role="reader")
    assert heard(cast.elected_official) == []


def test_a_comment_taken_back_tells_nobody_and_its_words_are_gone(cast, action):
    comment = add_comment(by=cast.caf_adviser, action=action, text="Trop vite, @Reader Payet")
    talk.remove_comment(by=cast.caf_adviser, comment=comment)
    comment.refresh_from_db()
    assert comment.text == "" and comment.deleted_at
    assert heard(cast.city_officer) == heard(cast.reader) == []


def test_a_comment_is_taken_back_and_corrected_by_its_author_alone(cast, action):
    comment = add_comment(by=cast.caf_adviser, action=action, text="Premier jet")
    with pytest.raises(operations.NotYours):
        talk.remove_comment(by=cast.city_officer, comment=comment)
    with pytest.raises(operations.NotYours):
        talk.edit_comment(by=cast.city_officer, comment=comment, text="Autre")


def test_a_comment_is_corrected_for_ten_minutes(cast, action):
    comment = add_comment(by=cast.caf_adviser, action=action, text="Premier jet")
    assert talk.edit_comment(by=cast.caf_adviser, comment=comment, text="Mieux").edited_at
    comment.at -= timedelta(minutes=11)
    comment.save()
    with pytest.raises(operations.TooLate):
        talk.edit_comment(by=cast.caf_adviser, comment=comment, text="Encore")


def test_a_name_taken_out_is_not_told_and_one_added_is(cast, action):
    comment = add_comment(by=cast.city_officer, action=action, text="@Childcare manager Payet ?")
    talk.edit_comment(by=cast.city_officer, comment=comment, text="@Reader Payet ?")
    assert heard(cast.childcare_manager) == []
    assert heard(cast.reader) == ["mention"]


def test_saves_that_follow_one_another_are_one_notice(cast, action):
    for n in range(3):
        edit(action, cast.city_officer, context=f"Constat {n}", title=f"Ludothèque {n}")
    assert heard(cast.caf_adviser) == ["change"]
    (line,) = telling.told(telling.with_relations(notices.to_read(cast.caf_adviser)))
    assert line.who == "City officer Payet"
    assert "Intitulé" in line.words and "Constat" in line.words


def test_two_authors_are_two_notices(cast, action):
    edit(action, cast.city_officer, context="Un")
    edit(action, cast.caf_adviser, context="Deux")
    assert heard(cast.association) == ["change", "change"]
    assert heard(cast.city_officer) == ["change"]


def test_a_bulk_edit_undone_within_ten_minutes_tells_nobody(cast, action):
    bulk, _saved = operations.bulk_update(
        by=cast.city_officer, convention=cast.convention, base_versions={action.pk: 1}, context="En série"
    )
    assert Notice.objects.count() == 3
    operations.undo_bulk(by=cast.city_officer, bulk=bulk)
    assert heard(cast.caf_adviser) == []


def test_an_edit_before_a_bulk_edit_that_is_undone_is_still_told(cast, action):
    edit(action, cast.city_officer, objective="Jouer")
    action.refresh_from_db()
    bulk, _saved = operations.bulk_update(
        by=cast.city_officer,
        convention=cast.convention,
        base_versions={action.pk: action.version},
        context="En série",
    )
    operations.undo_bulk(by=cast.city_officer, bulk=bulk)
    assert heard(cast.caf_adviser) == ["change"]
    (line,) = telling.told(telling.with_relations(notices.to_read(cast.caf_adviser)))
    assert "Objectif" in line.words and "Constat" not in line.words


def test_each_save_opens_ten_minutes_of_its_own(cast, action):
    """Told at the end of the first grace, the second save would be told while it can be undone."""
    edit(action, cast.city_officer, context="Un")
    Notice.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    edit(action, cast.city_officer, context="Deux")
    assert Notice.objects.filter(due_at__gt=timezone.now() + timedelta(minutes=9)).count() == 3


def test_a_proposal_is_heard_by_those_of_the_other_house_who_can_answer(cast):
    action = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Ludothèque")
    edit(action, cast.caf_adviser, status="started")
    assert heard(cast.city_officer) == ["proposal"]
    for other in (cast.elected_official, cast.reader, cast.caf_adviser):
        assert heard(other) == []


def test_a_proposal_withdrawn_tells_nobody(cast):
    action = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Ludothèque")
    (proposal,) = edit(action, cast.caf_adviser, status="started").proposals
    operations.withdraw_proposal(by=cast.caf_adviser, proposal=proposal)
    assert heard(cast.city_officer) == []


def test_an_answer_is_heard_by_the_author_and_says_the_change_it_made_once(cast):
    action = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Ludothèque")
    follows.follow(by=cast.caf_adviser, action=action)
    (proposal,) = edit(action, cast.caf_adviser, status="started").proposals
    operations.accept_proposal(by=cast.city_officer, proposal=proposal)
    assert sorted(heard(cast.caf_adviser)) == ["answer", "change"]
    lines = telling.told(telling.with_relations(notices.to_read(cast.caf_adviser)))
    assert [one.words for one in lines] == ["a accepté votre proposition"]


def test_news_and_measures_are_heard_by_followers_and_news_taken_back_are_not(cast, action):
    edit(action, cast.city_officer, indicators=[{"label": "Enfants accueillis"}])
    Notice.objects.all().delete()
    note = add_progress(by=cast.city_officer, action=action, text="Ouverte")
    assert heard(cast.caf_adviser) == ["progress"]
    remove_progress(by=cast.city_officer, note=note)
    assert heard(cast.caf_adviser) == []
    add_measure(by=cast.city_officer, indicator=action.indicators.get(), measured_on="2026-06", value=12)
    assert heard(cast.caf_adviser) == ["progress"]


def test_what_a_person_without_account_says_is_heard_under_their_name(cast, action):
    from ansanm.conventions.plan.contributors import contribute, create_link

    rows = [{"title": "Camion acheté", "due": "2026-10"}]
    edit(action, cast.city_officer, milestones=rows)
    Notice.objects.all().delete()
    link, _address = create_link(
        by=cast.city_officer, action=action, name="Les Filaos", absolute=lambda path: path
    )
    contribute(link=link, text="Il roule", reached=[action.milestones.get().key])
    assert sorted(heard(cast.city_officer)) == ["change", "progress"]
    lines = telling.told(telling.with_relations(notices.to_read(cast.city_officer)))
    assert {one.who for one in lines} == {"Les Filaos", "Une personne sans compte"}


def test_who_leaves_the_convention_or_is_deactivated_hears_nothing_more(cast, action):
    add_comment(by=cast.city_officer, action=action, text="Bonjour")
    remove_role(by=cast.city_officer, convention=cast.convention, user=cast.reader)
    cast.association.is_active = False
    cast.association.save()
    assert heard(cast.reader) == heard(cast.association) == []
    add_comment(by=cast.city_officer, action=action, text="Encore")
    assert not Notice.objects.filter(user__in=[cast.reader, cast.association], comment__text="Encore")


def test_a_fiche_in_the_bin_is_told_of_once_it_is_back(cast, action):
    add_comment(by=cast.city_officer, action=action, text="Bonjour")
    bulk = operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[action])
    assert heard(cast.caf_adviser) == []
    operations.undo_bulk(by=cast.city_officer, bulk=bulk)
    assert heard(cast.caf_adviser) == ["comment"]


def test_nothing_is_heard_before_the_ten_minutes(cast, action):
    add_comment(by=cast.city_officer, action=action, text="Bonjour")
    assert not notices.to_read(cast.caf_adviser).exists()


def test_a_deed_rolled_back_is_heard_by_nobody(cast, action):
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add_comment(by=cast.city_officer, action=action, text="Bonjour")
        raise ZeroDivisionError
    assert not Notice.objects.exists()


def test_news_of_three_months_ago_are_forgotten(cast, action):
    add_comment(by=cast.city_officer, action=action, text="Bonjour")
    Notice.objects.filter(user=cast.reader).update(at=timezone.now() - timedelta(days=91))
    notices.forget_old()
    assert not Notice.objects.filter(user=cast.reader).exists()
    assert Notice.objects.filter(user=cast.caf_adviser).exists()


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("Voyez https://evil.example/a?b=1 vite", "Voyez https : // evil . example/a?b=1 vite"),
        ("www.evil.example", "www . evil . example"),
        ("evil.example", "evil . example"),
        ("Merci @Marie Payet.", "Merci @Marie Payet."),
        ("marie@evil.example", "marie @ evil . example"),
        (
            "Bonjour\n\nNe plus en recevoir :\nhttp://evil.fr",
            "Bonjour Ne plus en recevoir : http : // evil . fr",
        ),
        ("Le 3.5 % et M. Payet, etc.", "Le 3.5 % et M. Payet, etc."),
        ("a\u202eb\u200bc\x00d", "a b c d"),
    ],
)
def test_what_somebody_typed_makes_no_link_nor_line_in_a_mail(typed, mailed):
    assert telling.harmless(typed) == mailed
