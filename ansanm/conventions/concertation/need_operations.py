"""The deeds on needs and assets: write them, tie them to what they come from and to what they lead to."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.concertation import figures
from ansanm.conventions.models import Need, NeedIndicator, PrioritySession
from ansanm.conventions.plan import node_operations
from ansanm.conventions.plan import operations as plan_operations
from ansanm.territories.models import Territory
from ansanm.territories.versions import StaleVersion

SCALARS = ("kind", "title", "statement", "publics")
FACTS = (*SCALARS, "themes", "places")
# What a need is tied to; each side of the thread is one of them.
LINKS = ("contributions", "nodes", "actions")


def facts_of(need: Need) -> dict:
    """What its form writes, as plain values: themes by slug, places by « level:code »."""
    return {name: getattr(need, name) for name in SCALARS} | {
        "themes": sorted(theme.slug for theme in need.themes.all()),
        "places": sorted(f"{place.level}:{place.code}" for place in need.places.all()),
    }


def told(need: Need) -> dict:
    """The same for the journal: names, not keys."""
    return facts_of(need) | {
        "themes": [theme.label for theme in need.themes.all()],
        "places": [place.name for place in need.places.all()],
    }


def locked(need) -> Need:
    current = Need.objects.select_for_update().get(pk=need.pk)
    if current.deleted_at:
        raise ValidationError(_("Ce besoin est à la corbeille : remettez-le d’abord en place."))
    return current


def write(need: Need, facts: dict) -> None:
    for name in SCALARS:
        if name in facts:
            setattr(need, name, facts[name])
    need.clean_fields(exclude=["convention"])
    need.save()
    if "themes" in facts:
        need.themes.set(need.convention.themes.filter(slug__in=facts["themes"]))
    if "places" in facts:
        need.places.set(places_of(facts["places"]))


def places_of(keys) -> list[Territory]:
    wanted = {tuple(key.split(":", 1)) for key in keys}
    found = Territory.objects.filter(code__in=[code for _level, code in wanted])
    return [one for one in found if one.key in wanted]


@transaction.atomic
def add_need(*, by, convention, contributions=(), **facts) -> Need:
    """Write a need, from `contributions` that moderation kept, the others being left out; it comes last."""
    last = convention.needs.order_by("-position").values_list("position", flat=True).first()
    need = Need(convention=convention, position=0 if last is None else last + 1, created_by=by)
    write(need, facts)
    kept = convention.contributions.shown().filter(pk__in=[one.pk for one in contributions])
    need.contributions.set(kept)
    record(
        "need.add",
        by=by,
        target=need,
        convention=convention,
        after=told(need) | {"n_contributions": len(kept)},
    )
    return need


@transaction.atomic
def update_need(*, by, need, base_version: int, **facts) -> Need:
    """Write over version `base_version`; StaleVersion carries what somebody saved since."""
    current = locked(need)
    if current.version != base_version:
        raise StaleVersion(current)
    before = facts_of(current)
    if all(before[name] == value for name, value in facts.items()):
        return current
    was = told(current)
    current.version += 1
    write(current, facts)
    now = told(current)
    changed = [name for name in now if was[name] != now[name]]
    record(
        "need.update",
        by=by,
        target=current,
        convention=current.convention,
        before={name: was[name] for name in changed},
        after={name: now[name] for name in changed},
    )
    return current


@transaction.atomic
def decide_need(*, by, need, base_version: int, state: str, public_answer: str) -> Need:
    """Say what was decided, and why, in the words that residents read."""
    current = locked(need)
    if current.version != base_version:
        raise StaleVersion(current)
    answer = public_answer.strip()
    if state in {Need.State.LATER, Need.State.SET_ASIDE} and not answer:
        raise ValidationError({"public_answer": _("Dites pourquoi : les habitants le liront.")})
    return decided(current, state, answer, by=by)


def decided(need: Need, state: str, answer: str, *, by) -> Need:
    before = {"state": need.state, "public_answer": need.public_answer}
    after = {"state": state, "public_answer": answer}
    if before == after:
        return need
    need.state, need.public_answer = state, answer
    need.version += 1
    need.clean_fields(exclude=["convention"])
    need.save(update_fields=["state", "public_answer", "version"])
    record("need.decide", by=by, target=need, convention=need.convention, before=before, after=after)
    return need


@transaction.atomic
def link_need(*, by, need, add: dict[str, list], remove: dict[str, list]) -> Need:
    """Tie and untie contributions, levels and actions of the plan: what others tied meanwhile stays.

    Of another convention nothing is tied; of contributions, only those that moderation kept.
    """
    current = locked(need)
    convention = current.convention
    allowed = {
        "contributions": convention.contributions.shown(),
        "nodes": convention.nodes.all(),
        "actions": convention.actions.standing(),
    }
    told = {}
    for name in LINKS:
        tied = getattr(current, name)
        held = set(tied.values_list("pk", flat=True))
        new = [one for one in allowed[name].filter(pk__in=add.get(name, ())) if one.pk not in held]
        old = [one for one in tied.filter(pk__in=remove.get(name, ()))]
        tied.add(*new)
        tied.remove(*old)
        if new or old:
            told[f"n_{name}"] = (len(held), len(held) + len(new) - len(old))
    if told:
        record(
            "need.link",
            by=by,
            target=current,
            convention=convention,
            before={name: was for name, (was, _is) in told.items()},
            after={name: now for name, (_was, now) in told.items()},
        )
    return current


@transaction.atomic
def cite_figure(*, by, need, indicator: str, territory, note: str = "") -> NeedIndicator:
    """Tie a figure of the diagnosis, as it reads today."""
    current = locked(need)
    if current.indicators.filter(indicator=indicator, territory=territory).exists():
        raise ValidationError({"indicator": _("Ce chiffre est déjà cité ici, pour ce territoire.")})
    value = figures.reading_of(territory, indicator)
    cited = NeedIndicator(
        need=current,
        indicator=indicator,
        territory=territory,
        value=value.value if value else None,
        period=value.period if value else "",
        read_on=timezone.localdate(),
        note=note,
    )
    cited.clean_fields(exclude=["need", "territory"])
    cited.save()
    record(
        "need.cite",
        by=by,
        target=current,
        convention=current.convention,
        after={"indicator": indicator, "place": territory.name, "period": cited.period},
    )
    return cited


@transaction.atomic
def uncite_figure(*, by, cited: NeedIndicator) -> None:
    current = locked(cited.need)
    record(
        "need.uncite",
        by=by,
        target=current,
        convention=current.convention,
        before={"indicator": cited.indicator, "place": cited.territory.name, "period": cited.period},
    )
    cited.delete()


@transaction.atomic
def merge_needs(*, by, need, into) -> Need:
    """Give all that `need` was written from, and led to, to `into`; its own text stays readable below it.

    Refused while `need` is an option of a session that still votes: ballots would lose their subject.
    """
    if need.pk == into.pk or need.convention_id != into.convention_id:
        raise ValidationError({"into": _("Choisissez un autre besoin de la même convention.")})
    # In the order of their keys: two people merging crosswise would wait for each other for ever.
    rows = {pk: locked(Need(pk=pk)) for pk in sorted([need.pk, into.pk])}
    gone, kept = rows[need.pk], rows[into.pk]
    voting = PrioritySession.objects.standing().exclude(state=PrioritySession.State.CLOSED)
    if held := voting.filter(options__need__in=[gone.pk]).first():
        raise ValidationError(
            {
                "into": _(
                    "« %(need)s » est soumis au vote dans « %(session)s » : retirez-l’en, ou attendez "
                    "la clôture."
                )
                % {"need": gone, "session": held}
            }
        )
    for name in (*LINKS, "themes", "places"):
        getattr(kept, name).add(*getattr(gone, name).all())
    # Out of the bin, it would otherwise hold them a second time.
    for name in LINKS:
        getattr(gone, name).clear()
    cited = {(one.indicator, one.territory_id) for one in kept.indicators.all()}
    for one in gone.indicators.all():
        if (one.indicator, one.territory_id) not in cited:
            one.need = kept
            one.save(update_fields=["need"])
    if gone.statement and gone.statement not in kept.statement:
        kept.statement = "\n\n".join(filter(None, [kept.statement, f"{gone.title}\n{gone.statement}"]))
    kept.version += 1
    kept.save(update_fields=["statement", "version"])
    # Those merged into it before follow.
    gone.merged.update(merged_into=kept)
    gone.deleted_at, gone.merged_into = timezone.now(), kept
    gone.save(update_fields=["deleted_at", "merged_into"])
    record(
        "need.merge",
        by=by,
        target=kept,
        convention=kept.convention,
        before={"title": gone.title},
        after={"title": kept.title},
    )
    return kept


@transaction.atomic
def delete_need(*, by, need) -> None:
    current = locked(need)
    current.deleted_at = timezone.now()
    current.save(update_fields=["deleted_at"])
    record("need.delete", by=by, target=current, convention=current.convention)


@transaction.atomic
def restore_need(*, by, need) -> Need:
    """Out of the bin. One that was merged comes back bare: what it held stays where it was joined."""
    current = Need.objects.select_for_update().get(pk=need.pk)
    if current.deleted_at is None:
        return current
    current.deleted_at = current.merged_into = None
    current.save(update_fields=["deleted_at", "merged_into"])
    record("need.restore", by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def turn_into_level(*, by, need, kind: str, label: str, description: str, parent=None):
    """A stake or an objective of the plan, written from the need and tied to it."""
    current = locked(need)
    node = node_operations.add_node(
        by=by,
        convention=current.convention,
        kind=kind,
        label=label,
        description=description,
        parent=parent,
    )
    link_need(by=by, need=current, add={"nodes": [node.pk]}, remove={})
    return node


@transaction.atomic
def turn_into_action(*, by, need, **fields):
    """A fiche of the plan, written from the need and tied to it."""
    current = locked(need)
    action = plan_operations.create_action(by=by, convention=current.convention, **fields)
    link_need(by=by, need=current, add={"actions": [action.pk]}, remove={})
    return action
