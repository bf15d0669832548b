"""Pages under load, against the bare stack: same server, same machine, same run, turn by turn."""

import json
import re
import statistics
import sys
from urllib.parse import urljoin

from benchmarks.load import fetch, load
from benchmarks.machine import own_home, run, serving
from benchmarks.table import Table, ratio

CONNECTIONS = 16
REQUESTS = 320  # each turn
TURNS = 3
# Every page of the explorer is computed at each request: nothing of its answer is kept.
EXPLORER = "/territoires/explorer/?niveau=commune&dans=france:FR&i=population&i=senior_share&i=vacancy_rate"
PAGES = {
    "summary": "/territoires/commune/97411-saint-denis/",
    "theme (early childhood)": "/territoires/commune/97411-saint-denis/theme/petite_enfance/",
    "theme (population)": "/territoires/commune/97411-saint-denis/theme/demographie/",
    "indicator (coverage)": "/territoires/commune/97411-saint-denis/indicateurs/coverage_rate/",
    "indicator (seniors, with its place in France)": (
        "/territoires/commune/97411-saint-denis/indicateurs/senior_share/"
    ),
    "explorer, 35,000 communes, sorted": f"{EXPLORER}&tri=senior_share@2021",
    "explorer, 35,000 communes, filtered": f"{EXPLORER}&tri=senior_share@2021&min=30&q=saint&page=3",
    "explorer, 35,000 communes, by name": f"{EXPLORER}&tri=nom&sens=croissant&page=200",
}
# What one thing costs on a page that nobody asked for before: no memory of any kind.
FIRST_VISITS = 24
MOST_QUERIES, MOST_BYTES = 15, 100_000


def measure() -> list[Table]:
    with own_home() as home:
        ours = {"ANSANM_HOME": str(home), "ANSANM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        bare = {"BARE_STACK_DATABASE": str(home / "bare.sqlite3")}
        peer_session = run([sys.executable, "-m", "benchmarks.bare_stack.fill"], bare).output.strip()
        session = run([sys.executable, "-m", "benchmarks.session"], ours).output.strip()
        counted = json.loads(run([sys.executable, "-m", "benchmarks.queries", *PAGES.values()], ours).output)
        with (
            serving("benchmarks.bare_stack.wsgi:application", bare) as peer,
            serving("config.wsgi:application", ours) as server,
        ):
            return [
                under_load(server, session, peer, peer_session),
                first_visits("Summary", server, counted["villages"][::2]),
                first_visits(
                    "Indicator and its place at each scale",
                    server,
                    [f"{one}indicateurs/senior_share/" for one in counted["villages"][1::2]],
                ),
                weights(server, counted["queries"]),
            ]


def under_load(server, session, peer, peer_session) -> Table:
    signed_in = {"Cookie": f"sessionid={session}"}
    cases = [("bare stack, signed in", peer, "/", {"Cookie": f"sessionid={peer_session}"})]
    cases += [(f"{name}, anonymous", server, path, {}) for name, path in PAGES.items()]
    if session:
        cases += [(f"{name}, signed in", server, path, signed_in) for name, path in PAGES.items()]
    _status, headers, _body, _sent = fetch(server.port, PAGES["summary"])
    if etag := headers.get("etag"):
        cases.append(("summary, unchanged (304)", server, PAGES["summary"], {"If-None-Match": etag}))

    for _name, where, path, headers in cases:
        load(where.port, [path] * 40, 4, headers)
    seen = {name: [] for name, *_ in cases}
    # Turn by turn, so that a busy minute of the machine falls on all of them.
    for _turn in range(TURNS):
        for name, where, path, headers in cases:
            before = where.cpu()
            found = load(where.port, [path] * REQUESTS, CONNECTIONS, headers)
            cpu = 1000 * (where.cpu() - before) / found.n
            alone = load(where.port, [path] * 60, 1, headers)
            seen[name].append((found.per_second, found.p95, cpu, alone.p50, found.failed + alone.failed))
    rows, reference = [], None
    for name, turns in seen.items():
        per_second, p95, cpu, alone, _failed = (
            statistics.median(column) for column in zip(*turns, strict=True)
        )
        failed = sum(turn[4] for turn in turns)
        reference = reference or (per_second, p95, cpu)
        rows.append(
            [
                name, f"{per_second:.0f}", ratio(per_second, reference[0]), f"{p95:.0f}",
                ratio(p95, reference[1]), f"{cpu:.1f}", ratio(cpu, reference[2]), f"{alone:.1f}", str(failed),
            ]
        )  # fmt: skip
    return Table(
        f"Pages, {CONNECTIONS} connections, granian with 2 workers, "
        f"median of {TURNS} turns of {REQUESTS} requests",
        [
            "page",
            "requests/s",
            "× bare",
            "p95 ms",
            "× bare",
            "CPU ms/request",
            "× bare",
            "alone p50 ms",
            "failed",
        ],
        rows,
        "The peer is `benchmarks/bare_stack/`: Django alone, one session, one user, eight ORM queries, "
        "a table of 42 rows. Resident memory of all processes after the run: "
        f"ours {server.resident():.0f} MB, bare {peer.resident():.0f} MB.",
    )


def first_visits(what, server, villages) -> Table:
    found = [load(server.port, [path], 1) for path in villages[:FIRST_VISITS]]
    for _turn in range(3):  # until both workers have seen them
        again = [load(server.port, [path], 1) for path in villages[:FIRST_VISITS]]
    rows = []
    for name, visits in (("first visit", found), ("once both workers know it", again)):
        times = sorted(one.p50 for one in visits)
        rows.append(
            [name, f"{statistics.median(times):.0f}", f"{times[-1]:.0f}", str(sum(v.failed for v in visits))]
        )
    return Table(
        f"{what} of {len(found)} communes taken across France, one after the other",
        ["", "median ms", "slowest ms", "failed"],
        rows,
        "The process start is over; nothing of these communes is in memory at the first visit.",
    )


def weights(server, queries) -> Table:
    rows = []
    for name, path in PAGES.items():
        _status, _headers, body, sent = fetch(server.port, path)
        files = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+\.(?:css|js|mjs))"', body.decode())
        loaded = sum(fetch(server.port, urljoin(path, file))[3] for file in dict.fromkeys(files))
        rows.append(
            [
                name, str(queries[path]), "yes" if queries[path] <= MOST_QUERIES else "NO",
                f"{sent / 1000:.1f}", f"{loaded / 1000:.1f}", f"{(sent + loaded) / 1000:.1f}",
                "yes" if sent + loaded <= MOST_BYTES else "NO",
            ]
        )  # fmt: skip
    return Table(
        f"Weight of pages: at most {MOST_QUERIES} queries and {MOST_BYTES // 1000} kB",
        [
            "page",
            "queries",
            f"≤ {MOST_QUERIES}",
            "HTML kB",
            "CSS + JS kB",
            "all kB",
            f"≤ {MOST_BYTES // 1000}",
        ],
        rows,
        "As sent (gzip). Queries counted with empty caches, on a process that served nothing before.",
    )
