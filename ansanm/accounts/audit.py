"""The audit trail: append-only, each entry sealed by a hash that covers the one before.

An edit, a deletion or a swap breaks the chain where it happened. Cutting off the last entries leaves
a valid shorter chain, so the head (last position and hash) is also written outside the database.
"""

import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from ansanm.accounts.models import AuditEntry, convention_key

GENESIS = "0" * 64
SYSTEM = "system"
# Any constant: the key of the PostgreSQL advisory lock that appends take in turn.
APPEND_LOCK = 0x616E73616E6D


def record(verb: str, *, by, target, convention=None, before=None, after=None) -> AuditEntry:
    """Append a deed to the trail, inside its transaction; `by` None is the system itself.

    Call it last: on PostgreSQL appends wait for one another until the deed commits.
    Give no name nor e-mail in `before` and `after`: the trail outlives the people.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record() belongs in the transaction of the deed.")
    if connection.vendor == "postgresql":
        # SQLite needs none: its immediate transactions already come one at a time.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [APPEND_LOCK])
    last = AuditEntry.objects.order_by("-position").first()
    entry = AuditEntry(
        position=last.position + 1 if last else 1,
        at=timezone.now(),
        actor=by,
        actor_key=key_of(by) if by is not None else SYSTEM,
        verb=verb,
        target_key=key_of(target),
        target_label="" if is_person(target) else str(target)[:300],
        convention_key=convention_key(convention),
        before_json=canonical(before),
        after_json=canonical(after),
        previous_hash=last.hash if last else GENESIS,
    )
    entry.hash = seal(entry)
    entry.save(force_insert=True)
    transaction.on_commit(lambda: export_head(entry.position, entry.hash))
    return entry


def is_person(target) -> bool:
    return isinstance(target, AuditEntry._meta.get_field("actor").related_model)


def key_of(target) -> str:
    """ "accounts.user:12" for a row, the text itself for what is not one."""
    return f"{target._meta.label_lower}:{target.pk}" if isinstance(target, models.Model) else str(target)


def canonical(value) -> str:
    if value is None:
        return ""
    return json.dumps(
        value,
        cls=DjangoJSONEncoder,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def seal(entry: AuditEntry) -> str:
    """The hash of an entry: of all it says and of the hash of the one before."""
    content = canonical(
        [
            entry.position,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.actor_key,
            entry.verb,
            entry.target_key,
            entry.target_label,
            entry.convention_key,
            entry.before_json,
            entry.after_json,
        ]
    )
    return hashlib.sha256(f"{entry.previous_hash}{content}".encode()).hexdigest()


@dataclass(frozen=True)
class Verification:
    n_entries: int
    # Position of the first entry that is not as it was written; None: all are.
    broken_at: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.broken_at is None


def verify() -> Verification:
    """Read the whole trail again, and say where it first departs from what was written.

    Reasons: "missing" (an entry was taken out or moved), "altered", "cut" (the end is gone, or was
    rewritten), "no_head" (the file that would show a cut end is not there).
    """
    # The head first: an entry appended meanwhile must not pass for one the database lacks.
    head = read_head()
    previous, position, head_hash = GENESIS, 0, GENESIS
    for entry in AuditEntry.objects.order_by("position").iterator(chunk_size=5000):
        if entry.position != position + 1 or entry.previous_hash != previous:
            return Verification(position, position + 1, "missing")
        if entry.hash != seal(entry):
            return Verification(position, entry.position, "altered")
        position, previous = entry.position, entry.hash
        if head and position == head[0]:
            head_hash = entry.hash
    if head is None:
        return Verification(position, 1, "no_head") if position else Verification(0)
    if head[0] > position:
        return Verification(position, position + 1, "cut")
    if head[1] != head_hash:
        return Verification(position, head[0], "cut")
    return Verification(position)


def head_file():
    return settings.HOME / "audit_head"


def read_head() -> tuple[int, str] | None:
    try:
        position, digest = head_file().read_text().split()
    except FileNotFoundError:
        return None
    return int(position), digest


def export_head(position: int, digest: str) -> None:
    """Write the head outside the database, unless a later one is there already."""
    path = head_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Deeds committed in order may reach this point in another: the head must never go back.
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        written = read_head()
        if written is not None and written[0] >= position:
            return
        beside = path.with_suffix(".new")
        beside.write_text(f"{position} {digest}\n")
        os.replace(beside, path)
