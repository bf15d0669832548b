"""Getting a file from a producer: retries, resumption, cache. Knows nothing of what is in it.

A download is written beside its place and moved there whole. Cut in the middle, it goes on where it
stopped (Range), provided the producer says that it is still the same file (If-Range).
"""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.territories.observations import StoreError

Progress = Callable[[int, int, str], None]
# Producers answer 5xx for minutes on end: half a minute of patience in all, then a clear failure.
PAUSES_SECONDS = (1, 2, 4, 8, 16)
LONGEST_PAUSE_SECONDS = 60
TIMEOUT_SECONDS = 60
BLOCK = 1 << 18
USER_AGENT = "Ansanm (logiciel libre, données ouvertes)"
# What passes with time; any other refusal is an answer, asking again would not change it.
PASSING = {408, 425, 429, 500, 502, 503, 504}


class FetchError(StoreError):
    """The producer did not give the file; what was there before still is."""


class Retry(Exception):
    """It failed in a way that may pass; `after` is how long the producer asks to wait."""

    def __init__(self, reason: str, after: float = 0):
        super().__init__(reason)
        self.after = after


def nothing(done: int, total: int, message: str) -> None:
    pass


def folder() -> Path:
    return settings.HOME / "downloads"


def download(
    url: str, name: str, *, progress: Progress = nothing, max_bytes: int, headers: dict | None = None
) -> Path:
    """Return the file at `url`, under `name` in the cache; fetched only if the producer changed it."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FetchError(_("« %(url)s » n’est pas une adresse http.") % {"url": url})
    folder().mkdir(parents=True, exist_ok=True)
    target = folder() / name
    for attempt in range(len(PAUSES_SECONDS) + 1):
        try:
            return _once(url, target, progress, max_bytes, headers or {})
        except Retry as error:
            if attempt == len(PAUSES_SECONDS):
                raise FetchError(
                    _("%(url)s ne répond pas, après %(n)s essais : %(why)s. Réessayez plus tard.")
                    % {"url": url, "n": attempt + 1, "why": error}
                ) from error
            pause(max(PAUSES_SECONDS[attempt], min(error.after, LONGEST_PAUSE_SECONDS)), progress, str(error))
    raise AssertionError("the loop returns or raises")


def pause(seconds: float, progress: Progress, why: str) -> None:
    """Wait, letting whoever follows cancel."""
    message = _("nouvel essai dans un instant (%(why)s)") % {"why": why}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        progress(0, 0, message)
        time.sleep(min(left, 0.5))


def _once(url: str, target: Path, progress: Progress, max_bytes: int, headers: dict) -> Path:
    part, facts = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.json")
    part_facts = target.with_name(f"{part.name}.json")
    asked = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
    have = 0
    begun, known = _facts(part_facts), _facts(facts)
    if part.exists() and begun.get("url") == url and (mark := begun.get("etag") or begun.get("modified")):
        have = part.stat().st_size
        asked |= {"Range": f"bytes={have}-", "If-Range": mark}
    elif target.exists() and known.get("url") == url:
        asked |= {
            name: known[key]
            for name, key in (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))
            if known.get(key)
        }
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=asked), timeout=TIMEOUT_SECONDS
        ) as answer:
            _refuse_page(url, answer)
            if answer.status != 206 or _start(answer) != have:
                have = 0
            total = have + int(answer.headers.get("Content-Length") or 0)
            _refuse_size(url, total, max_bytes)
            _write_facts(part_facts, url, answer)
            with part.open("ab" if have else "wb") as file:
                while block := answer.read(BLOCK):
                    file.write(block)
                    have += len(block)
                    _refuse_size(url, have, max_bytes)
                    progress(have, max(total, have), _("téléchargement"))
                file.flush()
                os.fsync(file.fileno())
            # `read(n)` returns what came before a cut and says nothing of it.
            if have < total:
                raise Retry(_("coupé à %(have)s octets sur %(total)s") % {"have": have, "total": total})
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 304:
            return target
        if error.code == 416:
            part.unlink(missing_ok=True)
            raise Retry(_("reprise refusée")) from error
        if error.code in PASSING:
            raise Retry(f"HTTP {error.code}", _retry_after(error)) from error
        raise FetchError(
            _("%(url)s répond %(code)s : l’adresse a changé, ou ce fichier n’est plus publié.")
            % {"url": url, "code": error.code}
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise Retry(str(getattr(error, "reason", "") or error or type(error).__name__)) from error
    except FetchError:
        part.unlink(missing_ok=True)
        raise
    os.replace(part_facts, facts)
    os.replace(part, target)
    return target


def _refuse_page(url: str, answer) -> None:
    # A portal under maintenance answers 200 with a page of its own.
    if answer.headers.get_content_type() == "text/html":
        raise FetchError(
            _("%(url)s donne une page web au lieu du fichier : service en maintenance ou adresse changée.")
            % {"url": url}
        )


def _refuse_size(url: str, n_bytes: int, max_bytes: int) -> None:
    if n_bytes > max_bytes:
        raise FetchError(
            _("%(url)s dépasse la taille admise (%(mb)s Mo).") % {"url": url, "mb": max_bytes // 1_000_000}
        )


def _start(answer) -> int:
    """Return the first byte of a partial answer (`Content-Range: bytes 100-199/200`)."""
    text = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdigit() else -1


def _retry_after(error) -> float:
    text = error.headers.get("Retry-After", "") or ""
    if text.isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - timezone.now()).total_seconds(), 0) if text else 0
    except (TypeError, ValueError):
        return 0


def _facts(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def _write_facts(path: Path, url: str, answer) -> None:
    etag = answer.headers.get("ETag") or ""
    # A weak mark says « the same meaning », not the same bytes: nothing could be resumed on it.
    facts = {
        "url": url,
        "etag": "" if etag.startswith("W/") else etag,
        "modified": answer.headers.get("Last-Modified") or "",
        "fetched_at": timezone.now().isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps(facts))
