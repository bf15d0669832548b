"""The organisations of a plan: found whatever the spelling, added on the fly, never twice by mistake."""

from django.db import transaction
from rapidfuzz import fuzz, process

from ansanm.accounts.audit import record
from ansanm.conventions.models import PlanActor
from ansanm.territories.names import search_key

# Of the words both hold: « Caf Réunion » and « Caf de La Réunion » are at 100, « Les Fillaos » and « Les
# Filaos » at 95; the CCAS of Saint-Denis and that of Saint-Paul at 84, and those are two.
NEAR = 86


class Actors:
    """Those of one convention, by every name they go by."""

    def __init__(self, convention):
        self.held = list(PlanActor.objects.filter(convention=convention))
        self.by_key = {search_key(name): one for one in self.held for name in [*one.aliases, one.name]}

    def called(self, name: str) -> PlanActor | None:
        """The one of that name or alias; accents, case and hyphens say nothing."""
        return self.by_key.get(search_key(name))

    def near(self, name: str) -> list[PlanActor]:
        """Those it may be a slip for, the nearest first."""
        found = process.extract(
            search_key(name), self.by_key.keys(), scorer=fuzz.token_set_ratio, score_cutoff=NEAR, limit=5
        )
        return list({self.by_key[key].pk: self.by_key[key] for key, _score, _place in found}.values())[:3]


@transaction.atomic
def add_actor(*, by, convention, name: str) -> PlanActor:
    """The organisation of that name, added to the plan if it was not there."""
    # Written twice in one fiche, with a capital here and none there, it is one.
    if found := Actors(convention).called(name):
        return found
    actor, is_new = PlanActor.objects.get_or_create(convention=convention, name=" ".join(name.split()))
    if is_new:
        record("actor.add", by=by, target=actor, convention=convention, after={"name": actor.name})
    return actor
