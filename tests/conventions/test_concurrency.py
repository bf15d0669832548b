"""Several people save the same thing at the same second: one wins, the others are told by whom."""

import threading
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import operations, view_operations
from ansanm.conventions.models import Convention, ConventionParty, SavedView
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure
from ansanm.territories.versions import StaleVersion
from tests.cast import play

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
N_WRITERS = 6


@pytest.fixture
def cast(transactional_db):
    """The cast, really committed: other connections must see it."""
    return play()


def at_once(deeds, told=StaleVersion):
    """Do each deed in a thread and a connection of its own, all started together.

    Returns what each gave back or raised, in the order of `deeds`.
    """
    barrier = threading.Barrier(len(deeds))
    outcomes = [None] * len(deeds)

    def run(place, deed):
        try:
            barrier.wait(timeout=20)
            outcomes[place] = deed()
        except told as refusal:
            outcomes[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def test_of_many_who_correct_the_same_figure_one_wins_and_the_others_see_what_it_wrote(cast):
    figure = declared.declare_figure(
        by=cast.city_officer,
        territory=cast.convention.territories.get(),
        variable="eaje_places",
        period="2023-06",
        value=1895,
        source_title="Rapport",
        source_on=date(2023, 12, 31),
    )

    outcomes = at_once(
        [
            lambda value=value: declared.correct_figure(
                by=cast.city_officer, figure=figure, version=1, value=value
            )
            for value in range(2000, 2000 + N_WRITERS)
        ]
    )

    (winner,) = [one for one in outcomes if isinstance(one, DeclaredFigure)]
    losers = [one for one in outcomes if isinstance(one, StaleVersion)]
    figure.refresh_from_db()
    assert len(losers) == N_WRITERS - 1
    assert (figure.value, figure.version) == (winner.value, 2)
    assert {(one.current.value, one.current.version) for one in losers} == {(winner.value, 2)}
    (entry,) = AuditEntry.objects.filter(verb="figure.correct")
    assert entry.after == {"value": winner.value}


def test_of_many_who_save_the_same_convention_one_wins_and_the_others_are_told(cast):
    outcomes = at_once(
        [
            lambda year=year: operations.update_convention(
                by=cast.caf_adviser, convention=cast.convention, version=1, signed_on=str(year)
            )
            for year in range(2010, 2010 + N_WRITERS)
        ]
    )

    (winner,) = [one for one in outcomes if isinstance(one, Convention)]
    losers = [one for one in outcomes if isinstance(one, StaleVersion)]
    saved = Convention.objects.get(pk=cast.convention.pk)
    assert len(losers) == N_WRITERS - 1
    assert (saved.signed_on, saved.version) == (winner.signed_on, 2)
    assert {one.current.signed_on for one in losers} == {winner.signed_on}
    assert AuditEntry.objects.filter(verb="convention.update").count() == 1


def test_a_figure_is_corrected_or_withdrawn_never_both(cast):
    figure = declared.declare_figure(
        by=cast.city_officer,
        territory=cast.convention.territories.get(),
        variable="eaje_places",
        period="2023-06",
        value=1895,
        source_title="Rapport",
        source_on=date(2023, 12, 31),
    )

    outcomes = at_once(
        [
            lambda: declared.correct_figure(by=cast.city_officer, figure=figure, version=1, value=1900),
            lambda: declared.withdraw_figure(by=cast.elected_official, figure=figure, version=1),
        ]
    )

    figure.refresh_from_db()
    assert sum(isinstance(one, StaleVersion) for one in outcomes) == 1
    assert (figure.value == 1900) != (figure.withdrawn_at is not None)
    assert figure.version == 2


def test_two_who_take_away_the_two_last_signatories_leave_one(cast):
    deeds = [
        lambda party=party: operations.remove_party(by=cast.city_officer, party=party, version=1)
        for party in cast.convention.parties.all()
    ]

    outcomes = at_once(deeds)

    assert sum(isinstance(one, StaleVersion) for one in outcomes) == 1
    assert ConventionParty.objects.filter(convention=cast.convention).count() == 1


QUERY = "niveau=commune&t=commune:97411&i=population"


def test_of_many_who_save_a_view_under_one_name_one_is_kept(cast):
    outcomes = at_once(
        [lambda: view_operations.save_view(by=cast.reader, name="Places", query=QUERY)] * N_WRITERS,
        told=ValidationError,
    )

    (kept,) = [one for one in outcomes if isinstance(one, SavedView)]
    assert sum(isinstance(one, ValidationError) for one in outcomes) == N_WRITERS - 1
    assert SavedView.objects.get() == kept
    assert AuditEntry.objects.filter(verb="view.save").count() == 1


def test_the_journal_of_a_view_renamed_many_times_at_once_has_no_gap(cast):
    view = view_operations.save_view(by=cast.reader, name="0", query=QUERY)

    at_once(
        [
            lambda name=str(n): view_operations.change_view(
                by=cast.reader, view=view, name=name, convention=None
            )
            for n in range(1, N_WRITERS + 1)
        ]
    )

    entries = AuditEntry.objects.filter(verb="view.rename").order_by("position")
    names = ["0", *(one.after["view_name"] for one in entries)]
    assert [one.before["view_name"] for one in entries] == names[:-1]
    assert sorted(names) == [str(n) for n in range(N_WRITERS + 1)]
    view.refresh_from_db()
    assert view.name == names[-1]


def test_a_view_is_not_shared_by_somebody_being_taken_off_the_convention(cast):
    view = view_operations.save_view(by=cast.reader, name="Places", query=QUERY)

    _shared, removed = at_once(
        [
            lambda: view_operations.change_view(
                by=cast.reader, view=view, name="Places", convention=cast.convention
            ),
            lambda: operations.remove_role(by=cast.caf_adviser, convention=cast.convention, user=cast.reader),
        ],
        told=PermissionDenied,
    )

    assert not isinstance(removed, PermissionDenied)
    assert not cast.convention.roles.filter(user=cast.reader).exists()
    view.refresh_from_db()
    assert view.convention is None
