"""A plan between its upload and its import: kept a day at most, read by who sent it alone.

The file waits on disk, not in the page: the same file goes back with its errors marked, and a long
import does not travel through the queue of jobs, whose arguments the audit trail keeps for ever.
"""

import json
import re
import secrets
import time

from django.conf import settings
from django.core import signing

ONE_DAY = 24 * 3600
SALT = "conventions.plan_import"


def folder():
    return settings.HOME / "imports"


def path_of(token: str):
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise ValueError(f"{token!r} is no token.")
    return folder() / token


def keep(content: bytes) -> str:
    """Write the file beside the others and sweep away those of yesterday."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep()
    token = secrets.token_hex(16)
    path = path_of(token)
    path.touch(mode=0o600)
    path.write_bytes(content)
    return token


def sweep() -> None:
    limit = time.time() - ONE_DAY
    for path in folder().iterdir():
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)


def load(token: str) -> bytes | None:
    try:
        return path_of(token).read_bytes()
    except FileNotFoundError:
        return None


def keep_choices(token: str, choices: dict) -> None:
    """Beside the file, what a job must know to do what was shown."""
    path = path_of(token).with_suffix(".json")
    path.touch(mode=0o600)
    path.write_text(json.dumps(choices))


def load_choices(token: str) -> dict | None:
    try:
        return json.loads(path_of(token).with_suffix(".json").read_text())
    except FileNotFoundError:
        return None


def drop(token: str) -> None:
    path_of(token).unlink(missing_ok=True)
    path_of(token).with_suffix(".json").unlink(missing_ok=True)


def ticket(*, token: str, name: str, convention, user) -> str:
    """What the page carries: which file, for which convention and which person."""
    return signing.dumps({"token": token, "name": name, "c": convention.pk, "u": user.pk}, salt=SALT)


def opened(text: str, *, convention, user) -> tuple[str, str, bytes] | None:
    """The token, the name and the bytes a ticket stands for; None if it is not theirs, or too old."""
    try:
        held = signing.loads(text, salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        return None
    if held["c"] != convention.pk or held["u"] != user.pk:
        return None
    content = load(held["token"])
    return None if content is None else (held["token"], held["name"], content)
