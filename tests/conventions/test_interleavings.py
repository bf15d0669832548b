"""Two people on one fiche, in a thousand orders: nobody's work disappears unseen.

An update is lost when a value that somebody saved is replaced by somebody who had not seen it. Each
saved value must therefore either still be there, or have been replaced by a person whose base
already held it; and all of them stay in the revisions.
"""

import random
import threading
from dataclasses import dataclass, field

import pytest
from django.db import connection

from ansanm.conventions.models import House, Proposal
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.operations import MergeConflict
from tests.cast import play

N_INTERLEAVINGS = 1000
TEXTS = ("context", "objective", "publics", "caf_counterpart", "elected_referent")
ROWS = [{"key": "k1", "title": "Étude"}, {"key": "k2", "title": "Ouverture"}, {"key": "k3", "title": "Bilan"}]

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@dataclass
class Editor:
    """Somebody with the fiche open in a form."""

    person: object
    house: str
    base: int = 0
    saw: dict = field(default_factory=dict)
    typed: dict = field(default_factory=dict)

    def open(self, action, content):
        action.refresh_from_db()
        self.base, self.saw, self.typed = action.version, content, {}

    def type(self, chance):
        if chance.random() < 0.3:
            kept = [row for row in ROWS if chance.random() < 0.7]
            self.typed["operations"] = [
                row | {"description": word(chance)} if chance.random() < 0.5 else row for row in kept
            ]
        else:
            self.typed[chance.choice(TEXTS)] = word(chance)

    def save(self, action, chance):
        """Save as the page does: shown a conflict, choose for each field, and save again."""
        try:
            return operations.update_action(
                by=self.person, action=action, base_version=self.base, **self.typed
            )
        except MergeConflict as shown:
            # The page shows their version before it saves on top of it.
            self.base, self.saw = shown.action.version, operations.fresh(action)
            for name, conflict in shown.conflicts.items():
                if chance.random() < 0.5:
                    self.typed[name] = conflict.theirs
            return operations.update_action(
                by=self.person, action=action, base_version=self.base, **self.typed
            )


def word(chance):
    return f"texte {chance.randrange(10**9)}"


def replaced_unseen(before, after, saw):
    """The fields where `after` dropped what stands in `before` although its author saw otherwise."""
    lost = []
    for name in TEXTS:
        if before[name] != after[name] and before[name] != saw[name]:
            lost.append(name)
    was, became, seen = (
        {row["key"]: row for row in content["operations"]} for content in (before, after, saw)
    )
    lost += [key for key, row in was.items() if became.get(key) != row and seen.get(key) != row]
    return lost


def new_fiche(cast):
    return operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Ludothèque mobile",
        lead_house=House.SHARED,
        operations=ROWS,
    )


def test_no_update_is_lost_in_a_thousand_interleavings(cast):
    n_joined = n_saves = n_conflicts = 0
    action = after = None
    for seed in range(N_INTERLEAVINGS):
        chance = random.Random(seed)
        if seed % 50 == 0:
            action = new_fiche(cast)
            after = operations.fresh(action)
        editors = [Editor(cast.city_officer, House.CITY), Editor(cast.caf_adviser, House.CAF)]
        for one in editors:
            one.open(action, after)
        steps = [(one, deed) for one in editors for deed in ("type", "save")]
        # Each types before saving; whose turn it is, is drawn.
        chance.shuffle(steps)
        steps.sort(key=lambda step: step[1] != "type")
        for one, deed in steps:
            if deed == "type":
                one.type(chance)
                continue
            before, based = after, one.base
            saved = one.save(action, chance)
            after = operations.fresh(action)
            n_saves += 1
            n_joined += bool(saved.joined)
            n_conflicts += one.base != based
            assert replaced_unseen(before, after, one.saw) == []
            assert_kept(action, one, after, saved)

    # The thousand would prove nothing if nobody had met anybody.
    assert n_saves == 2 * N_INTERLEAVINGS
    assert n_joined > 100
    assert n_conflicts > 20


def assert_kept(action, one, after, saved):
    """Each text typed stands in the fiche, or waits in a proposal to the house that owns it."""
    proposed = {name: value for proposal in saved.proposals for name, value in proposal.after.items()}
    for name in TEXTS:
        if name in one.typed:
            assert one.typed[name] in {after[name], proposed.get(name)}


@pytest.mark.django_db(transaction=True)
def test_people_who_save_at_the_same_second_all_find_their_work(transactional_db):
    """Real threads and connections: joined when the fields differ, one winner when they do not."""
    cast = play()
    for _round in range(5):
        action = new_fiche(cast)
        people = [cast.city_officer, cast.caf_adviser] * 3
        texts = ("context", "objective", "description", "publics", "risks", "levers")
        outcomes = {}
        barrier = threading.Barrier(len(people))

        def write(
            place, person, name, action=action, barrier=barrier, outcomes=outcomes
        ):  # bound now: the loop goes on
            try:
                barrier.wait(timeout=20)
                operations.update_action(
                    by=person,
                    action=action,
                    base_version=1,
                    **{name: f"de {place}", "funding_note": f"de {place}"},
                )
                outcomes[place] = "saved"
            except MergeConflict as shown:
                outcomes[place] = shown
            finally:
                connection.close()

        threads = [
            threading.Thread(target=write, args=(place, person, name))
            for place, (person, name) in enumerate(zip(people, texts, strict=True))
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join(timeout=60)

        (winner,) = [place for place, outcome in outcomes.items() if outcome == "saved"]
        assert len(outcomes) == len(people)
        action.refresh_from_db()
        assert action.funding_note == f"de {winner}"
        assert action.version == 2
        for place, outcome in outcomes.items():
            if place != winner:
                assert outcome.conflicts["funding_note"].theirs == f"de {winner}"
                assert outcome.conflicts["funding_note"].mine == f"de {place}"
        assert action.revisions.count() == 2
    assert not Proposal.objects.exists()
