"""The store of observations: the only module that reads or writes its Parquet files.

One file per dataset and vintage, named by its content, and one manifest that says which files
stand. A new file is written beside the others and the manifest replaced in one rename, so a reader
sees the old data or the new, never half, and a process killed in between leaves the old.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from ansanm.engines.indicators import ObservationTable, Status
from ansanm.territories import arrays

HERE = Path(__file__).parent
N_EXAMPLES = 3  # rejected lines shown for each reason
ORIGINS = ("published", "derived", "declared")
COLUMNS = {
    "level": "VARCHAR",
    "code": "VARCHAR",
    "variable": "VARCHAR",
    "period": "VARCHAR",
    "value": "DOUBLE",
    "status": "UTINYINT",
    "origin": "VARCHAR",
    "quality": "VARCHAR",
}


class StoreError(Exception):
    """What is wrong with the data, in words for an operator; the store is as it was."""

    is_in_words = True


@dataclass(frozen=True, slots=True)
class Observation:
    level: str
    code: str
    variable: str
    period: str
    value: float | None
    status: Status
    origin: str
    dataset: str
    vintage: str
    quality: str | None


@dataclass
class Report:
    """What an ingest read, kept and rejected, and why."""

    n_read: int = 0
    n_kept: int = 0
    n_derived: int = 0
    rejected: dict[str, int] = field(default_factory=dict)  # by reason
    notes: dict[str, int] = field(default_factory=dict)
    changed: bool = True
    # The first rejected lines of each reason, as they stand in the file.
    examples: dict[str, list[str]] = field(default_factory=dict)

    def reject(self, reason: str, n: int = 1, example: str = "") -> None:
        if n:
            self.rejected[reason] = self.rejected.get(reason, 0) + n
            shown = self.examples.setdefault(reason, []) if example else []
            if example and len(shown) < N_EXAMPLES:
                shown.append(example)

    def count(self, key: str, n: int = 1) -> None:
        self.notes[key] = self.notes.get(key, 0) + n

    def note(self, key: str, n: int) -> None:
        self.notes[key] = n

    @property
    def n_rejected(self) -> int:
        return sum(self.rejected.values())


@dataclass(frozen=True)
class DatasetStatus:
    id: str
    vintage: str
    n_rows: int
    n_published: int
    n_absent: int  # secret, not available or not applicable
    variables: Mapping[str, Mapping]  # id -> {"periods": [...], "n": …}
    levels: Mapping[str, int]
    n_bytes: int
    ingested_at: datetime
    report: Mapping


@cache
def variables() -> dict[str, dict]:
    """Return what variables.yaml says, by id."""
    return yaml.load((HERE / "variables.yaml").read_text(), yaml.CSafeLoader)


@cache
def datasets() -> dict[str, dict]:
    """Return what datasets.yaml says, by id."""
    return yaml.load((HERE / "datasets.yaml").read_text(), yaml.CSafeLoader)


def is_synced(dataset: str) -> bool:
    """Whether a connector brings it; what is embedded has the day somebody wrote it down."""
    return "retrieved_on" not in datasets().get(dataset, {"retrieved_on": None})


# ------------------------------------------------------------------------------------- manifest


def manifest() -> dict:
    """Return which files stand; empty before the first ingest."""
    return _manifest_at(str(settings.OBSERVATIONS_DIR), _stamp())


def data_version() -> str:
    """Return a text that changes at each swap and only then: the key of every cache of figures."""
    return manifest()["version"]


def _stamp() -> tuple:
    try:
        state = (settings.OBSERVATIONS_DIR / "manifest.json").stat()
    except FileNotFoundError:
        return ()
    return state.st_ino, state.st_mtime_ns, state.st_size


_manifests: dict[tuple, dict] = {}


def _manifest_at(folder: str, stamp: tuple) -> dict:
    if (folder, stamp) not in _manifests:
        if stamp:
            path = Path(folder) / "manifest.json"
            try:
                found = json.loads(path.read_text())
            except ValueError as error:
                raise StoreError(
                    _("%(path)s ne se lit pas (%(error)s). Supprimez-le et lancez : ansanm setup-data")
                    % {"path": path, "error": error}
                ) from error
        else:
            found = {"version": "empty", "files": {}}
        _manifests.clear()
        _manifests[folder, stamp] = found
    return _manifests[folder, stamp]


@contextmanager
def _writing():
    """Hold the one writing place of the store; yield the manifest to change, then swap it in."""
    folder = settings.OBSERVATIONS_DIR
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = json.loads(json.dumps(manifest()))
        yield current
        names = sorted(entry["file"] for entry in current["files"].values())
        # A zoning whose zones have no figure changes pages too.
        names += [f"{owner} {stamp}" for owner, stamp in sorted(current.get("derived", {}).items())]
        current["version"] = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16] if names else "empty"
        _replace(folder / "manifest.json", json.dumps(current, ensure_ascii=False, indent=1).encode())


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


# ------------------------------------------------------------------------------------- writing


def workspace() -> duckdb.DuckDBPyConnection:
    """Return a connection with an empty table `observation` for a source to fill."""
    con = duckdb.connect(config={"threads": 2})
    con.execute("SET preserve_insertion_order = true")
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"CREATE TABLE observation ({columns})")
    return con


def write_dataset(
    dataset: str, vintage: str, rows: Iterable[Sequence], report: Report | None = None
) -> Report:
    """Swap in `rows` as the whole of a dataset's vintage: (level, code, variable, period, value,
    status, origin, quality)."""
    con = workspace()
    insert(con, rows)
    return swap_in(con, dataset, vintage, report)


def insert(con: duckdb.DuckDBPyConnection, rows: Iterable[Sequence]) -> None:
    """Add rows to `observation`; arrays rather than `executemany`, a hundred times slower."""
    rows = list(rows)
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    filled = {
        name: np.array([np.nan if v is None else v for v in column], dtype=float)
        if name == "value"
        else np.array(column, dtype=np.uint8 if name == "status" else object)
        for name, column in zip(COLUMNS, columns, strict=True)
    }
    con.register("filled", filled)
    con.execute(
        "INSERT INTO observation SELECT level, code, variable, period,"
        " CASE WHEN isnan(value) THEN NULL ELSE value END, status, origin, quality FROM filled"
    )
    con.unregister("filled")


def swap_in(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    vintage: str,
    report: Report | None = None,
    before_swap: Callable[[dict], None] = lambda standing: None,
) -> Report:
    """Check the table `observation`, write it beside, then make it stand in one rename.

    `before_swap` is given the manifest that is about to stand; what it raises leaves the old one.
    """
    report = report or Report()
    _check(con, dataset)
    folder = settings.OBSERVATIONS_DIR / dataset
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{vintage}.{os.getpid()}.{threading.get_ident()}.parquet"
    try:
        # Sorted by level then code: a territory is a few row groups, the rest is skipped unread.
        con.execute(
            f"COPY (SELECT {', '.join(COLUMNS)} FROM observation ORDER BY level, code, variable, period)"
            f" TO '{quoted(beside)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384)"
        )
        content = beside.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        name = f"{dataset}/{vintage}-{digest[:12]}.parquet"
        entry = _entry(con, dataset, vintage, name, len(content), report)
        arrays.write(con, settings.OBSERVATIONS_DIR / name)
        with _writing() as current:
            before = current["files"].get(f"{dataset}/{vintage}")
            report.changed = before is None or before["file"] != name
            if report.changed:
                os.replace(beside, settings.OBSERVATIONS_DIR / name)
            current["files"][f"{dataset}/{vintage}"] = entry
            before_swap(current)
        _forget_old_files(folder, dataset, vintage)
    finally:
        beside.unlink(missing_ok=True)
    return report


def swap_in_derived(owner: str, pieces: Mapping[tuple[str, str], Iterable[Sequence]], stamp: str) -> None:
    """Make `pieces` the whole of what we derived for `owner` (a zoning), in one rename.

    Each piece stands under the dataset and vintage it was derived from, so that a page names the
    producer; `stamp` says of which state of the sources.
    """
    folder = settings.OBSERVATIONS_DIR / "derived"
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for (dataset, vintage), rows in sorted(pieces.items()):
        con = workspace()
        insert(con, rows)
        _check(con, dataset)
        beside = folder / f".{owner}.{os.getpid()}.{threading.get_ident()}.parquet"
        try:
            con.execute(
                f"COPY (SELECT {', '.join(COLUMNS)} FROM observation ORDER BY level, code, variable, period)"
                f" TO '{quoted(beside)}' (FORMAT parquet, COMPRESSION zstd)"
            )
            content = beside.read_bytes()
            name = f"derived/{owner}-{dataset}-{hashlib.sha256(content).hexdigest()[:12]}.parquet"
            os.replace(beside, settings.OBSERVATIONS_DIR / name)
        finally:
            beside.unlink(missing_ok=True)
        entry = _entry(con, dataset, vintage, name, len(content), Report())
        entries[f"{owner}/{dataset}/{vintage}"] = entry | {"owner": owner}
    with _writing() as current:
        for key in [key for key, entry in current["files"].items() if entry.get("owner") == owner]:
            del current["files"][key]
        current["files"] |= entries
        current.setdefault("derived", {})[owner] = stamp
    _forget_derived(owner)


def forget_derived(owner: str) -> None:
    """Take away what was derived for `owner`."""
    with _writing() as current:
        for key in [key for key, entry in current["files"].items() if entry.get("owner") == owner]:
            del current["files"][key]
        current.get("derived", {}).pop(owner, None)
    _forget_derived(owner)


def _forget_derived(owner: str) -> None:
    standing = {entry["file"] for entry in manifest()["files"].values()}
    for path in (settings.OBSERVATIONS_DIR / "derived").glob(f"{owner}-*.parquet"):
        if f"derived/{path.name}" not in standing:
            path.unlink(missing_ok=True)


def derived_stamps() -> dict[str, str]:
    """Return the owners of what we derived, each with the state of the sources it was derived from."""
    return dict(manifest().get("derived", {}))


def sources_version(standing: Mapping | None = None) -> str:
    """Return a text that changes when what producers published does, and not with what we derive."""
    files = (standing or manifest())["files"]
    names = sorted(entry["file"] for entry in files.values() if "owner" not in entry)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _check(con, dataset: str) -> None:
    known = variables()
    if dataset not in datasets():
        raise StoreError(
            _("Le jeu « %(dataset)s » n’est pas dans datasets.yaml : dites d’abord qui le produit.")
            % {"dataset": dataset}
        )
    found = [row[0] for row in con.execute("SELECT DISTINCT variable FROM observation").fetchall()]
    if unknown := sorted(set(found) - set(known)):
        raise StoreError(
            _("%(dataset)s : variables absentes de variables.yaml : %(names)s.")
            % {"dataset": dataset, "names": ", ".join(unknown)}
        )
    if not found:
        raise StoreError(
            _("%(dataset)s : aucune ligne ; le dépôt reste comme il était.") % {"dataset": dataset}
        )
    # An absent value is never a number, a published one always is.
    for what, condition in {
        _("publiées sans valeur"): "status = 0 AND (value IS NULL OR isnan(value) OR isinf(value))",
        _("absentes mais avec une valeur"): "status <> 0 AND value IS NOT NULL",
        _("de statut inconnu"): "status > 3",
        _("d’origine inconnue"): f"origin NOT IN {ORIGINS}",
        _("sans code"): "code IS NULL OR code = '' OR level IS NULL",
    }.items():
        n, example = con.execute(
            f"SELECT count(*), any_value(level || ':' || code || ' ' || variable) FROM observation"
            f" WHERE {condition}"
        ).fetchone()
        if n:
            raise StoreError(
                _("%(dataset)s : %(n)s lignes à refuser, %(what)s (par exemple %(example)s).")
                % {"dataset": dataset, "n": n, "what": what, "example": example}
            )
    twice = con.execute(
        "SELECT level, code, variable, period FROM observation GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if twice:
        raise StoreError(
            _("%(dataset)s : deux valeurs pour %(key)s.") % {"dataset": dataset, "key": " ".join(twice)}
        )


def _entry(con, dataset, vintage, name, n_bytes, report: Report) -> dict:
    n_rows, n_published, n_derived = con.execute(
        "SELECT count(*), count(*) FILTER (status = 0), count(*) FILTER (origin = 'derived') FROM observation"
    ).fetchone()
    report.n_kept, report.n_derived = n_rows - n_derived, n_derived
    by_variable = con.execute(
        "SELECT variable, list(DISTINCT period ORDER BY period), count(*) FILTER (status = 0),"
        " min(value) FILTER (value > 0 AND level <> 'zone'), count(*) FILTER (status = 1)"
        " FROM observation GROUP BY variable ORDER BY variable"
    ).fetchall()
    levels = con.execute(
        "SELECT level, count(DISTINCT code), min(code), max(code) FROM observation GROUP BY ALL ORDER BY 1"
    ).fetchall()
    return {
        "dataset": dataset,
        "vintage": vintage,
        "file": name,
        "n_bytes": n_bytes,
        "n_rows": n_rows,
        "n_published": n_published,
        "variables": {
            # `least`, the smallest count above 0, and `secret`, how many the producer hid, spare secrecy
            # a look at what has nothing to hide.
            variable: {"periods": periods, "n": n, "least": least, "secret": secret}
            for variable, periods, n, least, secret in by_variable
        },
        "levels": {level: n for level, n, _, _ in levels},
        "codes": {level: [first, last] for level, _, first, last in levels},
        "ingested_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "report": {
            "n_read": report.n_read,
            "n_kept": report.n_kept,
            "n_derived": report.n_derived,
            "rejected": report.rejected,
            "notes": report.notes,
            "examples": report.examples,
        },
    }


def _forget_old_files(folder: Path, dataset: str, vintage: str) -> None:
    """Remove what stood before the last swap; a reader that opened it keeps its own hold of it."""
    standing = {entry["file"] for entry in manifest()["files"].values()}
    for path in folder.glob(f"{vintage}-*.parquet"):
        if f"{dataset}/{path.name}" not in standing:
            path.unlink(missing_ok=True)
            arrays.forget(path)


def quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")


# ------------------------------------------------------------------------------------- reading

# Connections nobody uses at the moment, the last used on top. Not one per thread: the web server lets
# its idle threads die, and a connection that dies with the arrays registered in it takes the whole
# process down (double free, DuckDB 2.0).
_idle: queue.LifoQueue[duckdb.DuckDBPyConnection] = queue.LifoQueue()


@contextmanager
def _reader():
    try:
        con = _idle.get_nowait()
    except queue.Empty:
        # One thread per query: the web server already keeps every core busy.
        con = duckdb.connect(config={"threads": 1})
        # Safe: a file never changes under its name, which is that of its content.
        con.execute("SET parquet_metadata_cache = true")
    try:
        yield con
    finally:
        _idle.put(con)


def _ranked(standing: Mapping | None = None) -> list[tuple[int, dict]]:
    """Return the standing files with their rank: the newest vintage weighs most; of one vintage, the
    file a connector brought weighs more than what is embedded for want of it."""
    return list(enumerate(sorted((standing or manifest())["files"].values(), key=_age)))


# A producer's own figure weighs more than one we derived, whatever the vintages.
PUBLISHED_WEIGHT = 1000


def _sources(files: Sequence[tuple[int, dict]], bounds: Mapping[str, tuple[str, str]] | None) -> str:
    """Return the SQL of the files that may hold codes within `bounds` (by level)."""
    return " UNION ALL ".join(
        f"SELECT *, {rank} + CASE origin WHEN 'derived' THEN 0 ELSE {PUBLISHED_WEIGHT} END AS weight,"
        f" '{entry['dataset']}' AS dataset, '{entry['vintage']}' AS vintage"
        f" FROM read_parquet('{quoted(settings.OBSERVATIONS_DIR / entry['file'])}')"
        for rank, entry in files
        if bounds is None or _overlap(entry["codes"], bounds)
    )


def _age(entry: Mapping) -> tuple:
    return entry["vintage"], is_synced(entry["dataset"]), entry["dataset"]


def _overlap(held: Mapping[str, Sequence[str]], wanted: Mapping[str, Sequence[str]]) -> bool:
    return any(
        level in held and held[level][0] <= last and first <= held[level][1]
        for level, (first, last) in wanted.items()
    )


def _rows(
    select: str,
    wanted: Sequence[tuple[str, str]] | None,
    names: Iterable[str] | None,
    tail: str,
    *,
    only: Callable[[dict], bool] = lambda entry: True,
    standing: Mapping | None = None,
) -> list:
    """Run `select` over the observations of `wanted` territories (`i`: their place in it)."""
    if not any(only(entry) for _, entry in _ranked(standing)):
        return []
    join, bounds, registered = "", None, None
    where = "" if names is None else f"WHERE variable IN ({', '.join(map(_text, names)) or 'NULL'})"
    if wanted is not None:
        by_level: dict[str, list[str]] = {}
        for level, code in wanted:
            by_level.setdefault(level, []).append(code)
        bounds = {level: (min(codes), max(codes)) for level, codes in by_level.items()}
        # Joined rather than written as IN (…): six times faster for a thousand codes.
        join = "JOIN wanted USING (level, code)"
        columns = list(zip(*wanted, strict=True)) or [(), ()]
        registered = {"level": np.array(columns[0], dtype=object), "code": np.array(columns[1], dtype=object)}
    for attempt in (1, 2):
        sources = _sources([one for one in _ranked(standing) if only(one[1])], bounds)
        if not sources:
            return []
        try:
            with _reader() as con:
                if registered is not None:
                    con.register("wanted", registered | {"i": np.arange(len(wanted))})
                return con.execute(f"SELECT {select} FROM ({sources}) {join} {where} {tail}").fetchall()
        except duckdb.IOException:
            # A swap between our look at the manifest and our reading: look again, once.
            if attempt == 2:
                raise
    return []


def _text(value: str) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def read(
    codes: Iterable[tuple[str, str]] | None, variables: Iterable[str] | None = None
) -> list[Observation]:
    """Return the observations that stand for these territories (all of them: None)."""
    rows = _rows(
        "level, code, variable, period, value, status, origin, dataset, vintage, quality, weight",
        None if codes is None else list(dict.fromkeys(codes)),
        variables,
        "ORDER BY level, code, variable, period, weight",
    )
    standing = {row[:4]: row for row in rows}
    return [Observation(*row[:5], Status(row[5]), *row[6:10]) for row in standing.values()]


def table(
    territories: Sequence[tuple[str, str]], variables: Sequence[str], standing: Mapping | None = None
) -> ObservationTable:
    """Return the values of `variables` for `territories`, one array per (variable, period).

    Arrays may be those of the file: `writable` gives one to change. `standing` is the manifest to read
    by, that which stands if none is given.
    """
    found = _Merged(len(territories))
    codes = [f"{level}:{code}" for level, code in territories]
    names, read = arrays.encoded(codes), set()
    for rank, entry in _ranked(standing):
        held = arrays.of(settings.OBSERVATIONS_DIR / entry["file"])
        if held is None:
            continue
        read.add(entry["file"])
        columns = held.columns(names)
        at, lines = np.flatnonzero(columns >= 0), held.lines(variables)
        if not at.size or not lines:
            continue
        weight_of = np.where(held.derived(), rank, rank + PUBLISHED_WEIGHT).astype(np.int16)
        weight_of[arrays.NO_ROW] = -1
        for line, kinds, values in held.cells(lines, columns[at]):
            found.add(held.keys[line], at, values, held.statuses(kinds), _Weights(weight_of, kinds))
    rest = _rows(
        "variable, period, list(i), list(value), list(status), list(weight)",
        territories,
        variables,
        "GROUP BY variable, period, dataset, vintage",
        only=lambda entry: entry["file"] not in read,
        standing=standing,
    )
    for variable, period, places, numbers, states, weights in rest:
        order = np.argsort(places)
        found.add(
            (variable, period),
            np.array(places)[order],
            np.array(numbers, dtype=float)[order],
            np.array(states, dtype=np.uint8)[order],
            _Weights(np.array(weights, dtype=np.int16), order),
        )
    keys = sorted(found.values)
    return ObservationTable(
        codes,
        {key: found.values[key] for key in keys},
        {key: found.statuses[key] for key in keys},
    )


def writable(cells: np.ndarray) -> np.ndarray:
    """Return an array of our own to write in: a column of `table` may be the file itself."""
    return cells if cells.flags.writeable else cells.copy()


@dataclass(frozen=True)
class _Weights:
    """A weight per place, told when it is asked for: few cells have two values to choose from."""

    of_kind: np.ndarray
    kinds: np.ndarray

    def told(self) -> np.ndarray:
        return self.of_kind.take(self.kinds)


class _Merged:
    """Values of several files: where two have the same cell, the heavier stands."""

    def __init__(self, n: int):
        self.n = n
        self.values: dict[tuple[str, str], np.ndarray] = {}
        self.statuses: dict[tuple[str, str], np.ndarray] = {}
        self.weights: dict[tuple[str, str], np.ndarray | _Weights] = {}

    def add(self, key, places, values, statuses, weights: _Weights) -> None:
        """Take one value per place; a negative weight is a value that is not there."""
        if key not in self.values and len(places) == self.n and weights.of_kind[weights.kinds[0]] >= 0:
            # `places` is in order: the whole country of one file is taken as it is.
            self.values[key], self.statuses[key], self.weights[key] = values, statuses, weights
            return
        given_weights = weights.told()
        if given_weights.max(initial=-1) < 0:
            return
        if key not in self.values:
            self.values[key] = np.full(self.n, np.nan)
            self.statuses[key] = np.full(self.n, Status.NOT_AVAILABLE, dtype=np.uint8)
            self.weights[key] = np.full(self.n, -1, dtype=np.int16)
        held_weights = self.weights[key]
        if isinstance(held_weights, _Weights):
            held_weights = self.weights[key] = held_weights.told()
        heavier = given_weights > held_weights[places]
        chosen = places[heavier]
        for held, given in (
            (self.values, values),
            (self.statuses, statuses),
            (self.weights, given_weights),
        ):
            held[key] = writable(held[key])
            held[key][chosen] = given[heavier]


def provenance(level: str, code: str) -> dict[tuple[str, str], tuple[str, str, str, str | None]]:
    """Return (dataset, vintage, origin, quality) of each (variable, period) of a territory."""
    name, read = arrays.named([(level, code)]), set()
    # (weight, what we return), the heaviest of each cell.
    found: dict[tuple[str, str], tuple[int, tuple]] = {}

    def add(key, weight: int, described: tuple) -> None:
        if key not in found or found[key][0] < weight:
            found[key] = (weight, described)

    for rank, entry in _ranked():
        held = arrays.of(settings.OBSERVATIONS_DIR / entry["file"])
        if held is None:
            continue
        read.add(entry["file"])
        column = int(held.columns(name)[0])
        if column < 0:
            continue
        for key, kind in zip(held.keys, held.kinds[:, column].tolist(), strict=True):
            if kind != arrays.NO_ROW:
                _status, origin, quality = held.descriptions[kind]
                weight = rank + (0 if origin == "derived" else PUBLISHED_WEIGHT)
                add(key, weight, (entry["dataset"], entry["vintage"], origin, quality))
    rest = _rows(
        "variable, period, weight, dataset, vintage, origin, quality",
        [(level, code)],
        None,
        "",
        only=lambda entry: entry["file"] not in read,
    )
    for variable, period, weight, *described in rest:
        add((variable, period), weight, tuple(described))
    return {key: described for key, (_, described) in found.items()}


def datasets_status() -> list[DatasetStatus]:
    """Return what stands in the store, one line per dataset and vintage."""
    return [
        DatasetStatus(
            id=entry["dataset"],
            vintage=entry["vintage"],
            n_rows=entry["n_rows"],
            n_published=entry["n_published"],
            n_absent=entry["n_rows"] - entry["n_published"],
            variables=entry["variables"],
            levels=entry["levels"],
            n_bytes=entry["n_bytes"],
            ingested_at=datetime.fromisoformat(entry["ingested_at"]),
            report=entry["report"],
        )
        for _, entry in sorted(manifest()["files"].items())
        if "owner" not in entry
    ]
