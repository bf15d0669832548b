"""Where the land of a commune that is no more is today: the movements Insee publishes since 1943.

The package of geography knows the recent ones; a file of another age has codes that only this table
brings to today. Empty until the connector has run.
"""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings


def path() -> Path:
    return settings.OBSERVATIONS_DIR / "passage.json"


def followed(code: str, current: Mapping[str, object]) -> str | None:
    """Return the commune of today that holds `code`; None where no movement says it."""
    return follow(code, current, moves())


def moves() -> dict[str, str]:
    try:
        state = path().stat()
    except FileNotFoundError:
        return {}
    return _moves(str(path()), state.st_ino, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _moves(name: str, inode: int, stamp: int) -> dict[str, str]:
    return json.loads(Path(name).read_text(encoding="utf-8"))


def follow(code: str, current: Mapping[str, object], known: Mapping[str, str]) -> str | None:
    seen = set()
    while code not in current:
        # A commune absorbed then restored under its old code could turn in circles.
        if code in seen or code not in known:
            return None
        seen.add(code)
        code = known[code]
    return code


def keep(found: Mapping[str, str]) -> bool:
    """Make this table stand; return whether it changed anything."""
    content = json.dumps(dict(sorted(found.items())), indent=0)
    target = path()
    if target.exists() and target.read_text(encoding="utf-8") == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_text(content, encoding="utf-8")
    os.replace(beside, target)
    return True
