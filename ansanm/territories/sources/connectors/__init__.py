"""Connectors: one per file that a producer publishes. Fetching and reading know nothing of each other:
a file downloaded by hand is read like one we fetched.

A connector says where its file is (`url`) and what its lines mean (`rows`); all the rest (retries,
cache, today's geography, duplicates, sums, swap, report) is done once, for all of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from ansanm.engines.indicators import Status
from ansanm.territories.observations import Report, StoreError, datasets


class Row(NamedTuple):
    """One value as the producer gives it: `code` is that of the file's own geography, which
    `ingesting` brings to today's."""

    level: str
    code: str
    variable: str
    period: str
    value: float | None
    status: Status = Status.PUBLISHED
    quality: str | None = None
    origin: str = "published"
    line: int = 0  # where it stands in the file, for the report


@dataclass(frozen=True)
class Connector:
    """`dataset` is its id in datasets.yaml, and what one types: `ansanm data sync DATASET`.

    `rows(path, report)` yields the values of a file; it counts the lines in `report.n_read`, refuses a
    line with `report.reject(reason, example=…)` and a whole file with StoreError.
    `url(since)` is where the file is; `since` is a period ("2023") or "" for all. Periods before are left
    out of what `rows` yields anyway: a producer with one file for all years needs not look at it.
    `fetch(connector, since, progress)` replaces the plain download, for what comes in pages.
    `vintage` is the year or month of the file; "" takes its last period.
    `ingest(path, vintage, progress)` replaces the whole reading, for what is no observation (contours).
    """

    dataset: str
    url: Callable[[str], str]
    rows: Callable[[Path, Report], Iterator[Row]] | None = None
    extension: str = "csv"
    group: str = ""  # `ansanm data sync cnaf` does every connector of the group
    vintage: str = ""
    fetch: Callable[..., Path] | None = None
    ingest: Callable[..., Report] | None = None
    # IRIS are summed up to their commune: only where the file gives every IRIS.
    sums_iris: bool = False
    # Régions the file does not cover: the sum of France is made without them, and says so.
    without: tuple[str, ...] = ()
    max_bytes: int = 1_000_000_000

    @property
    def title(self) -> dict:
        return datasets()[self.dataset]["title"]


_connectors: dict[str, Connector] = {}


def register(*connectors: Connector) -> None:
    for one in connectors:
        _connectors[one.dataset] = one


def connectors() -> dict[str, Connector]:
    """Return every connector by its dataset."""
    # Late: each of these modules imports this one.
    from ansanm.territories.sources.connectors import catalogue  # noqa: F401 - registers them

    return dict(_connectors)


def called(name: str) -> list[Connector]:
    """Return the connector of that name, or those of the group of that name."""
    known = connectors()
    found = [known[name]] if name in known else [one for one in known.values() if one.group == name]
    if not found:
        names = sorted({one.group for one in known.values() if one.group} | set(known))
        raise StoreError(
            _("Aucun connecteur ne s’appelle « %(name)s ». Ceux qui existent : %(known)s.")
            % {"name": name, "known": ", ".join(names)}
        )
    return found
