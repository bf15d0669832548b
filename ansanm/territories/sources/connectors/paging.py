"""Services that give their answers page by page: Opendatasoft records, Melodi, WFS.

Each page is fetched as any file (retries, cache). What is left to see to is that together they make
the whole that the service announces: a page that is missing, one that comes twice because the service
does not look at where to start, a total that changes while we read. Pages already here are not asked
again after a failure, unless the service announces another total since.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.territories.sources.connectors import fetching

MAX_PAGES = 500
# A service whose total changes at each page is being filled: another time will do.
MAX_STARTS = 3
# Older pages may be of another state of the same size.
KEPT_SECONDS = 24 * 3600


class PagingError(fetching.FetchError):
    """The pages do not make the whole; what was there before still is."""


class _Changed(Exception):
    """The total is not the one announced before: what we have may be of another state."""


@dataclass(frozen=True)
class Service:
    """`url(start)` is the page from item `start` on, of `size` items; `items`, `total` (None where the
    service says none) and `key` (what makes an item itself) read an answer."""

    url: Callable[[int], str]
    size: int
    items: Callable[[Mapping], list]
    total: Callable[[Mapping], int | None]
    key: Callable[[Mapping], Hashable]
    is_last: Callable[[Mapping], bool] = lambda answer: False
    # Where the service refuses to go further (Opendatasoft: 10,000), so that part is not the whole.
    furthest: int | None = None


def fetch(service: Service, name: str, *, max_bytes: int, progress=fetching.nothing) -> list[dict]:
    """Return every item of a service, once; `name` is where its pages are kept meanwhile."""
    folder = fetching.folder() / f"{name}.pages"
    for _attempt in range(MAX_STARTS):
        try:
            found = _fetch(service, folder, max_bytes, progress)
        except _Changed:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        shutil.rmtree(folder, ignore_errors=True)
        return found
    raise PagingError(
        _("Le total annoncé par %(url)s change pendant la lecture : réessayez plus tard.")
        % {"url": service.url(0)}
    )


def _fetch(service: Service, folder: Path, max_bytes: int, progress) -> list[dict]:
    folder.mkdir(parents=True, exist_ok=True)
    whole = _kept(folder, service)
    found: dict[Hashable, dict] = {}
    start = 0
    for _page in range(MAX_PAGES):
        path = folder / f"{start:08}.json"
        if not path.exists():
            path = fetching.download(
                service.url(start), f"{folder.name}/{path.name}", progress=progress, max_bytes=max_bytes
            )
        try:
            answer, items, total = _read(service, path)
        except PagingError:
            path.unlink(missing_ok=True)
            raise
        if whole is None and total is not None:
            whole = total
            _keep(folder, service, total)
        if total is not None and total != whole:
            raise _Changed
        if service.furthest is not None and (whole or 0) > service.furthest:
            raise PagingError(
                _("%(url)s annonce %(all)s lignes et n’en donne pas au-delà de %(n)s.")
                % {"url": service.url(0), "all": whole, "n": service.furthest}
            )
        n_known = len(found)
        for one in items:
            found.setdefault(service.key(one), one)
        progress(len(found), whole or 0, _("lignes lues page par page"))
        if items and len(found) == n_known:
            _forget(folder)
            raise PagingError(
                _("%(url)s donne deux fois la même page : le service ne suit pas la page demandée.")
                % {"url": service.url(start)}
            )
        # Not by `size`: a service may give fewer than it is asked.
        start += len(items)
        if whole is not None and len(found) == whole:
            break
        if not items or service.is_last(answer) or (whole is None and len(items) < service.size):
            break
    if whole is not None and len(found) != whole:
        _forget(folder)
        raise PagingError(
            _("%(url)s annonce %(all)s lignes et n’en donne que %(n)s : réessayez plus tard.")
            % {"url": service.url(0), "all": whole, "n": len(found)}
        )
    return list(found.values())


def _read(service: Service, path: Path) -> tuple[Mapping, list, int | None]:
    try:
        answer = json.loads(path.read_text(encoding="utf-8-sig"))
        return answer, list(service.items(answer)), service.total(answer)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PagingError(
            _("%(name)s n’est pas la page attendue (%(error)s).") % {"name": path.name, "error": error}
        ) from error


def _kept(folder: Path, service: Service) -> int | None:
    """Return the total of the pages already here; they are of no use to another address."""
    try:
        state = json.loads((folder / "state.json").read_text())
    except (FileNotFoundError, ValueError):
        state = {}
    if state.get("url") != service.url(0) or time.time() - state["at"] > KEPT_SECONDS:
        _forget(folder)
        return None
    return state["total"]


def _keep(folder: Path, service: Service, total: int) -> None:
    state = {"url": service.url(0), "total": total, "at": time.time()}
    (folder / "state.json").write_text(json.dumps(state))


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def written(name: str, text: str) -> Path:
    """Write what pages made, in one rename; return where."""
    target = fetching.folder() / name
    beside = target.with_name(f".{name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, target)
    return target


def announced(value) -> int | None:
    """Return the total of an answer; None where the service does not know it (WFS: "unknown")."""
    return int(value) if str(value).isdigit() else None
