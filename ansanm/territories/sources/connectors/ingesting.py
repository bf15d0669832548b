"""From a file to the store: today's geography, duplicates, sums, then one swap. Fetches nothing."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from ansanm.territories import data_words, observations
from ansanm.territories.aggregates import add_aggregates
from ansanm.territories.observations import N_EXAMPLES, Report, StoreError, quoted
from ansanm.territories.sources import etalab_decoupage
from ansanm.territories.sources.connectors import Connector, Row, fetching
from ansanm.ui.formats import labelled, listed_apart

BATCH = 50_000
# A file that loses more of its lines than that is another file, or a damaged one.
MAX_REJECTED_SHARE = 0.5
# Fewer values than that share of what stands: part of the file (one département…), not a new edition.
MIN_KEPT_SHARE = 0.9
# Lines that name no place: the producer's own rest, never a sign of a wrong file.
EXPECTED = {"not_located", "duplicate"}


def sync(
    connector: Connector, *, since: str = "", progress=fetching.nothing, force: bool = False, **more
) -> Report:
    """Fetch what the producer publishes now, and bring it in."""
    path = (connector.fetch or fetch)(connector, since, progress)
    return import_file(connector, path, since=since, progress=progress, force=force, **more)


def fetch(connector: Connector, since: str, progress) -> Path:
    name = f"{connector.dataset}.{connector.extension}"
    return fetching.download(connector.url(since), name, progress=progress, max_bytes=connector.max_bytes)


def import_file(
    connector: Connector,
    path: Path,
    *,
    vintage: str = "",
    since: str = "",
    force: bool = False,
    progress=fetching.nothing,
    before_swap: Callable[[dict], None] = lambda standing: None,
) -> Report:
    """Bring in a file of this connector; refused whole, the store is as it was.

    `force` takes a file that has far fewer values than the one it replaces, or many rejected lines.
    `before_swap` is that of `observations.swap_in`.
    """
    vintage = vintage or connector.vintage
    if connector.ingest:
        return connector.ingest(path, vintage, progress)
    report = Report()
    place = etalab_decoupage.geography()
    con = observations.workspace()
    con.execute(
        "CREATE TABLE raw (level VARCHAR, code VARCHAR, variable VARCHAR, period VARCHAR, value DOUBLE,"
        " status UTINYINT, origin VARCHAR, quality VARCHAR, line UINTEGER)"
    )
    fill(con, connector.rows(path, report), report, progress)
    if since:
        con.execute("DELETE FROM raw WHERE period < ?", [since])
    progress(0, 0, _("géographie et doublons"))
    locate(con, place, report)
    keep_one_of_each(con, report)
    merge(con, report)
    refuse_wrong_file(con, connector, report, force)
    vintage = vintage or con.execute("SELECT max(period) FROM observation").fetchone()[0]
    if since:
        keep_older(con, connector.dataset, vintage, since)
    refuse_part(con, connector, vintage, report, force)
    progress(0, 0, _("sommes"))
    communes = {row[0] for row in con.execute("SELECT DISTINCT code FROM observation").fetchall()}
    add_aggregates(
        con,
        place,
        iris=iris_of(con, place) if connector.sums_iris else None,
        separated={
            code: holder
            for code, holder in place.restored.items()
            if code not in communes and holder in communes
        },
        without=connector.without,
    )
    progress(0, 0, _("écriture"))
    return observations.swap_in(con, connector.dataset, vintage, report, before_swap)


def fill(con, rows: Iterable[Row], report: Report, progress) -> None:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        level, code, variable, period, value, status, quality, origin, line = zip(*batch, strict=True)
        con.register(
            "batch",
            {
                **{
                    name: np.array(column, dtype=object)
                    for name, column in {
                        "level": level,
                        "code": code,
                        "variable": variable,
                        "period": period,
                        "origin": origin,
                        "quality": quality,
                    }.items()
                },
                "value": np.array([np.nan if v is None else v for v in value], dtype=float),
                "status": np.array(status, dtype=np.uint8),
                "line": np.array(line, dtype=np.uint32),
            },
        )
        con.execute(
            "INSERT INTO raw SELECT level, code, variable, period,"
            " CASE WHEN isnan(value) THEN NULL ELSE value END, status, origin, quality, line FROM batch"
        )
        con.unregister("batch")
        progress(0, 0, _("%(n)s lignes lues") % {"n": report.n_read})


def locate(con, place, report: Report) -> None:
    """Say of each code of the file which territory of today it is; refuse those that are none."""
    pairs = con.execute("SELECT DISTINCT level, code FROM raw").fetchall()
    columns: dict[str, list] = {"level": [], "code": [], "to_level": [], "to_code": [], "reason": []}
    for level, code in pairs:
        to_level, to_code, reason = today(level, code, place)
        for name, value in zip(columns, (level, code, to_level, to_code, reason), strict=True):
            columns[name].append(value)
    con.register("found", {name: np.array(column, dtype=object) for name, column in columns.items()})
    con.execute("CREATE TABLE target AS SELECT * FROM found")
    con.unregister("found")
    lines = con.execute(
        "SELECT reason, level, code, line FROM raw JOIN target USING (level, code)"
        " WHERE reason <> '' GROUP BY ALL ORDER BY line"
    ).fetchall()
    for reason, level, code, line in lines:
        report.reject(reason, example=f"{line} : {level} {code}")
    con.execute(
        "DELETE FROM raw WHERE (level, code) IN (SELECT (level, code) FROM target WHERE reason <> '')"
    )


def today(level: str, code: str, place) -> tuple[str, str, str]:
    """Return (level, code, "") of a territory of today, or why there is none."""
    if level in {"commune", "arm"}:
        if code in place.arms:
            return "arm", code, ""
        now = place.current(code)
        return ("commune", now, "") if now else ("", "", "unknown_commune")
    if level == "iris":
        known = len(code) == 9 and (code[:5] in place.arms or place.current(code[:5]))
        return (level, code, "") if known else ("", "", "bad_iris_code")
    known = {
        "epci": place.epcis,
        "departement": place.departements,
        "region": place.regions,
        "france": {"FR": ""},
    }.get(level)
    if known is not None and code not in known:
        return "", "", f"unknown_{level}"
    return level, code, ""


def keep_one_of_each(con, report: Report) -> None:
    """Two equal values are one; of two different ones none can be believed."""
    # In two steps: whether values differ is asked of the few keys that come twice, not of millions.
    con.execute(
        "CREATE TABLE often AS SELECT level, code, variable, period FROM raw GROUP BY ALL HAVING count(*) > 1"
    )
    con.execute(
        "CREATE TABLE twice AS SELECT level, code, variable, period, min(line) AS line,"
        " count(DISTINCT (value, status)) > 1 OR count(DISTINCT status) > 1 AS differ"
        " FROM raw JOIN often USING (level, code, variable, period) GROUP BY ALL"
    )
    lines = con.execute(
        "SELECT r.line, r.level, r.code, r.period, bool_or(t.differ) FROM raw r"
        " JOIN twice t USING (level, code, variable, period)"
        " WHERE t.differ OR r.line > t.line GROUP BY 1, 2, 3, 4 ORDER BY 1"
    ).fetchall()
    for line, level, code, period, differ in lines:
        report.reject("conflicting" if differ else "duplicate", example=f"{line} : {level} {code} {period}")
    con.execute(
        "DELETE FROM raw USING twice t WHERE raw.level = t.level AND raw.code = t.code"
        " AND raw.variable = t.variable AND raw.period = t.period AND (t.differ OR raw.line > t.line)"
    )


def merge(con, report: Report) -> None:
    """Fill `observation`: communes merged since are added up, and have no rate."""
    additive = [id for id, one in observations.variables().items() if one["additive"]]
    con.register("sums", {"variable": np.array(additive, dtype=object)})
    con.execute(
        "CREATE TABLE alone AS SELECT *, count(*) OVER (PARTITION BY to_level, to_code) = 1 AS is_alone"
        " FROM target WHERE reason = ''"
    )
    con.execute(
        "INSERT INTO observation SELECT to_level, to_code, variable, period, value, status, origin, quality"
        " FROM raw JOIN alone USING (level, code) WHERE is_alone"
    )
    con.execute(
        """
        INSERT INTO observation
        SELECT to_level, to_code, variable, period,
            CASE WHEN count(*) = 1 THEN any_value(value)
                 WHEN max(status) = 0 AND variable IN (SELECT variable FROM sums) THEN round(sum(value), 6)
            END,
            CASE WHEN count(*) = 1 OR variable IN (SELECT variable FROM sums) THEN max(status) ELSE 2 END,
            any_value(origin),
            CASE WHEN count(*) > 1 AND variable NOT IN (SELECT variable FROM sums) THEN 'merged_rate'
                 ELSE any_value(quality)
            END
        FROM raw JOIN alone USING (level, code)
        WHERE NOT is_alone
        GROUP BY to_level, to_code, variable, period
        """
    )
    con.execute("DROP TABLE raw")
    con.unregister("sums")
    n = con.execute(
        "SELECT count(*) FROM target WHERE reason = '' AND level = 'commune' AND to_level = 'commune'"
        " AND code <> to_code"
    ).fetchone()[0]
    if n:
        report.note("merged_communes", n)


def iris_of(con, place) -> dict[str, str]:
    codes = [
        row[0] for row in con.execute("SELECT DISTINCT code FROM observation WHERE level = 'iris'").fetchall()
    ]
    return {code: code[:5] if code[:5] in place.arms else place.current(code[:5]) for code in codes}


def keep_older(con, dataset: str, vintage: str, since: str) -> None:
    """Asked for the periods from `since` on, those before stay as they are."""
    entry = observations.manifest()["files"].get(f"{dataset}/{vintage}")
    if entry is None:
        return
    path = quoted(settings.OBSERVATIONS_DIR / entry["file"])
    con.execute(
        f"INSERT INTO observation SELECT {', '.join(observations.COLUMNS)} FROM read_parquet('{path}')"
        # Not the levels above: they are summed again.
        " WHERE period < ? AND level IN (SELECT DISTINCT level FROM observation)",
        [since],
    )


def refuse_wrong_file(con, connector: Connector, report: Report, force: bool) -> None:
    bad = {why: n for why, n in report.rejected.items() if why not in EXPECTED}
    n_kept = con.execute("SELECT count(*) FROM observation").fetchone()[0]
    if n_kept and (force or sum(bad.values()) <= MAX_REJECTED_SHARE * report.n_read):
        return
    raise StoreError(
        _("%(dataset)s : ce fichier est refusé. %(n)s lignes lues ; %(why)s.")
        % {"dataset": connector.dataset, "n": report.n_read, "why": reasons(report) or _("aucune valeur")}
    )


def reasons(report: Report) -> str:
    """Return how many lines were refused and why, with the first ones as they stand in the file."""
    return listed_apart(
        labelled(
            f"{n} {data_words.REJECTED.get(key, key)}",
            listed_apart(report.examples.get(key, ())[:N_EXAMPLES]),
        )
        for key, n in report.rejected.items()
    )


def refuse_part(con, connector: Connector, vintage: str, report: Report, force: bool) -> None:
    entry = observations.manifest()["files"].get(f"{connector.dataset}/{vintage}")
    if force or entry is None:
        return
    before = entry["n_rows"] - entry["report"]["n_derived"]
    n = con.execute("SELECT count(*) FROM observation WHERE origin <> 'derived'").fetchone()[0]
    if n < MIN_KEPT_SHARE * before:
        raise StoreError(
            _(
                "%(dataset)s, millésime %(vintage)s : %(n)s valeurs là où il y en a déjà %(before)s. Ce "
                "fichier n’en est qu’une partie ; pour le prendre quand même : --force."
            )
            % {"dataset": connector.dataset, "vintage": vintage, "n": n, "before": before}
        )
