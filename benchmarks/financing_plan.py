"""A convention of 60 actions and 2,000 lines of money: what its pages cost; prints JSON."""

import gzip
import json
import random
import statistics
import sys
import time

from benchmarks.machine import own_home, run
from benchmarks.pages import MOST_BYTES, MOST_QUERIES
from benchmarks.table import Table

N_ACTIONS, N_LINES, N_FUNDERS, N_OPENINGS = 60, 2_000, 25, 25


def measure() -> list[Table]:
    with own_home() as home:
        ours = {"ANSANM_HOME": str(home), "ANSANM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        found = json.loads(run([sys.executable, "-m", "benchmarks.financing_plan"], ours).output)
    return [
        Table(
            f"A convention of {N_ACTIONS} actions and {N_LINES:,} lines of money, signed in",
            [
                "page",
                "median ms",
                "p95 ms",
                "queries",
                f"≤ {MOST_QUERIES}",
                "HTML kB",
                f"≤ {MOST_BYTES // 1000}",
            ],
            [
                [
                    name,
                    f"{one['median']:.0f}",
                    f"{one['p95']:.0f}",
                    str(one["queries"]),
                    "yes" if one["queries"] <= MOST_QUERIES else "NO",
                    f"{one['bytes'] / 1000:.1f}",
                    "yes" if one["bytes"] <= MOST_BYTES else "NO",
                ]
                for name, one in found.items()
            ],
            "The whole answer in one process, rights, session and template included; as sent (gzip).",
        )
    ]


def fill():
    from ansanm.accounts.models import User
    from ansanm.conventions.models import (
        Action,
        Convention,
        ConventionRole,
        FinancingLine,
        PlanActor,
        PlanNode,
        PlanTheme,
    )

    chance = random.Random(974)
    user = User.objects.filter(is_active=True).order_by("pk").first()
    convention = Convention.objects.create(name="CTG du banc", slug="banc-argent")
    ConventionRole.objects.create(convention=convention, user=user, role="caf_adviser")
    themes = [
        PlanTheme.objects.create(convention=convention, slug=f"t{n}", label=f"Thématique {n}")
        for n in range(7)
    ]
    nodes = [
        PlanNode.objects.create(convention=convention, kind="stake", label=f"Enjeu {n}", position=n)
        for n in range(5)
    ]
    funders = [
        PlanActor.objects.create(convention=convention, name=f"Financeur {n}") for n in range(N_FUNDERS)
    ]
    actions = []
    for n in range(N_ACTIONS):
        action = Action.objects.create(
            convention=convention, number=str(n), title=f"Action {n}", position=n, node=chance.choice(nodes)
        )
        action.themes.set(chance.sample(themes, chance.randint(1, 2)))
        actions.append(action)
    lines = []
    for n in range(N_LINES):
        amount = chance.randrange(1, 500_000)
        is_known = chance.random() < 0.9
        lines.append(
            FinancingLine(
                convention=convention,
                action=actions[n % N_ACTIONS],
                position=n // N_ACTIONS,
                funder=chance.choice(funders),
                year=chance.randint(2022, 2026),
                amount_eur=amount if is_known else None,
                precision=chance.choice(["exact", "exact", "about"]) if is_known else "to_define",
                device=chance.choice(["", "Bonus territoire", "Fonds publics et territoires"]),
                nature=chance.choice(["", "investment", "operation"]),
                common_law=chance.choice(["", "within", "beyond"]),
                paid_eur=amount // 2 if chance.random() < 0.5 else None,
            )
        )
    FinancingLine.objects.bulk_create(lines, batch_size=200)
    return user, convention, actions[0]


def main():
    import django

    django.setup()
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    user, convention, action = fill()
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    start = f"/conventions/{convention.slug}"
    pages = {
        "convention": f"{start}/",
        "plan": f"{start}/plan/",
        "fiche of 34 lines": f"{start}/plan/fiches/{action.pk}/",
        "financing plan, by funder": f"{start}/financements/plan/",
        "financing plan, by theme": f"{start}/financements/plan/?par=theme",
        "financing plan, by action": f"{start}/financements/plan/?par=action",
        "financing plan, one year, paid": f"{start}/financements/plan/?par=dispositif&annee=2025&etape=paid",
    }
    found = {}
    for name, path in pages.items():
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(
                f"{path} answered {response.status_code} {response.headers.get('Location', '')}."
            )
        n_queries = len(captured)  # now: the next request empties the log
        times = []
        for _turn in range(N_OPENINGS):
            begun = time.perf_counter()
            response = client.get(path)
            times.append(1000 * (time.perf_counter() - begun))
        found[name] = {
            "median": statistics.median(times),
            "p95": sorted(times)[int(0.95 * len(times))],
            "queries": n_queries,
            "bytes": len(gzip.compress(response.content)),
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
