"""What several deeds of governance share: a row read as the page showed it, a version that moves on."""

import hashlib

from ansanm.accounts.audit import canonical
from ansanm.conventions.plan.content import plain
from ansanm.territories.versions import StaleVersion


class StaleRow(Exception):
    """A row without a version was changed since it was read; `current` is what the base has."""

    def __init__(self, current):
        super().__init__(f"{current._meta.label} {current.pk} was changed since.")
        self.current = current


def facts_of(row, names) -> dict:
    """Plain values; of a relation, the number it goes to."""
    return {name: plain(getattr(row, row._meta.get_field(name).attname)) for name in names}


def fingerprint(row, names) -> str:
    """Changes with any fact of the row: what a form showed, to be compared when it is sent."""
    return hashlib.sha256(canonical(facts_of(row, names)).encode()).hexdigest()


def versioned(model, row, version: int):
    """The row locked, as the base has it; StaleVersion when somebody saved since `version`."""
    current = model.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if current.version != version:
        raise StaleVersion(current)
    return current


def written(row, facts: dict, allowed) -> dict:
    """Put `facts` on the row; what changed, as it was before."""
    unknown = facts.keys() - set(allowed)
    if unknown:
        raise TypeError(f"Not facts of a {row._meta.model_name}: {', '.join(sorted(unknown))}.")
    before = {}
    for name, value in facts.items():
        attname = row._meta.get_field(name).attname
        was, now = getattr(row, attname), value.pk if hasattr(value, "pk") else value
        if was != now:
            before[name] = plain(was)
            setattr(row, attname, now)
    return before
