"""The same observations as arrays, a line per variable and period: how the whole country is read.

A Parquet file is sorted by territory. To draw one indicator for 35,000 communes all of it would be
decoded; here it is one line of an array that the system maps in memory and reads no further. The
arrays stand beside the file they repeat, under its name, and go with it: where they are missing,
the file itself is read.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from ansanm.engines.indicators import Status

# Arrays hold every crossing: under this share of them filled, they would mostly hold nothing.
FILLED_SHARE = 0.25
NO_ROW = 255
MOST_STRETCHES = 16
# So few territories are gathered for all lines at once: a call for each would cost more than the cells.
FEW = 1000

Key = tuple[str, str]  # variable, period


@dataclass(frozen=True)
class Arrays:
    """`values[j, i]` and `kinds[j, i]`: variable and period `keys[j]`, the territory at place i."""

    keys: Sequence[Key]
    names: NDArray[np.bytes_]  # of the territories (`named`), sorted: a dict of them weighs ten times more
    descriptions: Sequence[tuple[int, str, str | None]]  # (status, origin, quality) of each kind
    values: NDArray[np.float64]  # NaN where there is no value
    kinds: NDArray[np.uint8]  # NO_ROW where the file has no row

    def columns(self, names: NDArray[np.bytes_]) -> NDArray[np.intp]:
        """Return the place of each territory of `names`, -1 where the file does not have it."""
        found = np.minimum(np.searchsorted(self.names, names), len(self.names) - 1)
        return np.where(self.names[found] == names, found, -1)

    def lines(self, variables: Iterable[str]) -> list[int]:
        wanted = set(variables)
        return [j for j, (variable, _) in enumerate(self.keys) if variable in wanted]

    def cells(
        self, lines: Sequence[int], columns: NDArray[np.intp]
    ) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.float64]]]:
        """Yield each line with its kinds and values at columns; nobody may write in them."""
        if len(columns) < FEW:
            crossing = np.ix_(lines, columns)
            yield from zip(lines, self.kinds[crossing], self.values[crossing], strict=True)
            return
        # Levels in the order of their codes are stretches of each line: copied, not gathered.
        cuts = np.flatnonzero(np.diff(columns) != 1) + 1
        if len(cuts) < MOST_STRETCHES:
            stretches = [slice(one[0], one[-1] + 1) for one in np.split(columns, cuts)]
            if len(stretches) == 1:
                # Where the system mapped them: a copy of the country takes as long as its indicators.
                yield from ((j, self.kinds[j, stretches[0]], self.values[j, stretches[0]]) for j in lines)
                return
            for line in lines:
                kinds, values = self.kinds[line], self.values[line]
                yield (
                    line,
                    np.concatenate([kinds[one] for one in stretches]),
                    np.concatenate([values[one] for one in stretches]),
                )
            return
        for line in lines:
            yield line, self.kinds[line].take(columns), self.values[line].take(columns)

    def statuses(self, kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the status of each cell; what has no row is not available."""
        if len(kinds) >= FEW and kinds.max() < self._n_published:
            return np.zeros(len(kinds), dtype=np.uint8)
        return self._status_of.take(kinds)

    @cached_property
    def _status_of(self) -> NDArray[np.uint8]:
        table = np.full(256, Status.NOT_AVAILABLE, dtype=np.uint8)
        table[: len(self.descriptions)] = [one[0] for one in self.descriptions]
        return table

    @cached_property
    def _n_published(self) -> int:
        """How many kinds, which are in the order of their statuses, are published."""
        return sum(one[0] == Status.PUBLISHED for one in self.descriptions)

    def derived(self) -> NDArray[np.bool_]:
        table = np.zeros(256, dtype=bool)
        table[: len(self.descriptions)] = [one[1] == "derived" for one in self.descriptions]
        return table


def named(territories: Iterable[tuple[str, str]]) -> NDArray[np.bytes_]:
    """Return (level, code) pairs as arrays name them."""
    return encoded([f"{level}:{code}" for level, code in territories])


def encoded(codes: Sequence[str]) -> NDArray[np.bytes_]:
    # At once, three times faster than one by one.
    return np.array("\n".join(codes).encode().split(b"\n") if codes else [], dtype=bytes)


def path_of(file: Path) -> Path:
    return file.with_suffix(".arrays")


def write(con: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Write the table `observation` of `con` beside `file`; False where arrays would be mostly empty."""
    target = path_of(file)
    if target.exists():
        return True
    codes = con.execute("SELECT DISTINCT level, code FROM observation").fetchall()
    codes.sort(key=lambda one: f"{one[0]}:{one[1]}".encode())
    keys = con.execute("SELECT DISTINCT variable, period FROM observation ORDER BY ALL").fetchall()
    kinds = con.execute(
        "SELECT DISTINCT status, origin, coalesce(quality, '') FROM observation ORDER BY ALL"
    ).fetchall()
    [(n_rows,)] = con.execute("SELECT count(*) FROM observation").fetchall()
    if n_rows < FILLED_SHARE * len(codes) * len(keys) or len(kinds) >= NO_ROW:
        return False

    beside = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}")
    beside.mkdir(parents=True)
    try:
        shape = (len(keys), len(codes))
        values = np.lib.format.open_memmap(beside / "values.npy", "w+", np.float64, shape)
        of_kind = np.lib.format.open_memmap(beside / "kinds.npy", "w+", np.uint8, shape)
        values[:], of_kind[:] = np.nan, NO_ROW
        for name, columns, rows, number in (
            ("places", ("level", "code"), codes, np.int32),
            ("lines", ("variable", "period"), keys, np.int32),
            ("sorts", ("status", "origin", "quality"), kinds, np.uint8),
        ):
            con.register(name, _numbered(columns, rows, number))
        found = con.execute(
            "SELECT lines.n AS line, places.n AS place, sorts.n AS sort, value FROM observation o"
            " JOIN places USING (level, code) JOIN lines USING (variable, period)"
            " JOIN sorts ON o.status = sorts.status AND o.origin = sorts.origin"
            " AND coalesce(o.quality, '') = sorts.quality"
        ).fetchnumpy()
        at = (found["line"], found["place"])
        values[at] = np.ma.filled(found["value"], np.nan)
        of_kind[at] = found["sort"]
        for name in ("places", "lines", "sorts"):
            con.unregister(name)
        values.flush()
        of_kind.flush()
        np.save(beside / "names.npy", named(codes))
        index = {"keys": keys, "kinds": kinds}
        (beside / "index.json").write_text(json.dumps(index, ensure_ascii=False))
        try:
            os.replace(beside, target)
        except OSError:
            # The same content, written by another process in between.
            if not target.exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return True


def _numbered(columns: Sequence[str], rows: Sequence[tuple], number: type) -> dict[str, NDArray]:
    arrays = {
        name: np.array(column, dtype=np.uint8 if name == "status" else object)
        for name, column in zip(columns, zip(*rows, strict=True), strict=True)
    }
    return arrays | {"n": np.arange(len(rows), dtype=number)}


def forget(file: Path) -> None:
    """Remove the arrays of a file; a reader that mapped them keeps its own hold of them."""
    shutil.rmtree(path_of(file), ignore_errors=True)


def of(file: Path) -> Arrays | None:
    """Return the arrays beside `file`, None where there are none."""
    try:
        return _opened(path_of(file))
    except FileNotFoundError:
        return None


# Safe to keep: a file never changes under its name, which is that of its content.
@lru_cache(maxsize=128)
def _opened(folder: Path) -> Arrays:
    index = json.loads((folder / "index.json").read_text())
    return Arrays(
        keys=[tuple(one) for one in index["keys"]],
        names=np.load(folder / "names.npy"),
        descriptions=[(status, origin, quality or None) for status, origin, quality in index["kinds"]],
        # Plain arrays over the mapping: each slice of a `memmap` pays for being one.
        values=np.asarray(np.load(folder / "values.npy", mmap_mode="r")),
        kinds=np.asarray(np.load(folder / "kinds.npy", mmap_mode="r")),
    )
