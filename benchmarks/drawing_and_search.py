"""Charts against Altair with vl-convert, search against difflib and SQL LIKE; prints JSON."""

import difflib
import json
import random
import statistics
import sys
import time

from benchmarks.machine import own_home, run
from benchmarks.table import Table, ratio

TYPED = 60
N_CHARTS = 60


def measure() -> list[Table]:
    with own_home() as home:
        ours = {"ANSANM_HOME": str(home), "ANSANM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        found = json.loads(run([sys.executable, "-m", "benchmarks.drawing_and_search"], ours).output)
    return [
        Table(
            "Drawing one chart (18 years, 4 territories) as SVG",
            ["", "first ms", "median ms", "× Altair", "kB"],
            [
                [
                    name,
                    f"{one['first']:.1f}",
                    f"{one['median']:.2f}",
                    ratio(one["median"], found["charts"]["Altair + vl-convert"]["median"]),
                    f"{one['kb']:.1f}",
                ]
                for name, one in found["charts"].items()
            ],
            "First: the engine's start included, its import not.",
        ),
        Table(
            f"Searching {found['n_names']} names, {TYPED} typed with one slip each",
            ["", "median ms", "× ours", "p95 ms", "the right one in the first 5"],
            [
                [
                    name,
                    f"{one['median']:.2f}",
                    ratio(one["median"], found["search"]["Ansanm"]["median"]),
                    f"{one['p95']:.2f}",
                    f"{one['right']} / {TYPED}",
                ]
                for name, one in found["search"].items()
            ],
            "The same texts for all, drawn with a fixed seed among communes of more than 5,000 inhabitants: "
            "one letter left out, doubled, swapped or changed, accents dropped. difflib: "
            "`get_close_matches` over the lower-case names. LIKE: `name LIKE '%typed%'`, largest first.",
        ),
    ]


def slipped(name: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(name) - 1)
    match chance.randrange(4):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + name[at] + name[at:]
        case 2:
            return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
        case _:
            return name[:at] + chance.choice("aeinorstu") + name[at + 1 :]


def timed(function, arguments):
    times, answers = [], []
    for one in arguments:
        start = time.perf_counter()
        answers.append(function(one))
        times.append(1000 * (time.perf_counter() - start))
    return times, answers


def search():
    from ansanm.territories.models import Territory
    from ansanm.territories.names import search_key

    everyone = list(Territory.objects.current().exclude(level="iris").values_list("pk", "name"))
    large = Territory.objects.current().filter(level="commune", population__gt=5000).order_by("code")
    chance = random.Random(97411)
    chosen = chance.sample(list(large), TYPED)
    typed = [slipped(search_key(one.name), chance) if len(one.name) > 3 else one.name for one in chosen]
    lower = {name.lower(): pk for pk, name in everyone}

    def ours(text):
        return [one.name for one in Territory.objects.search(text, limit=5)]

    def close(text):
        return difflib.get_close_matches(text, lower, n=5, cutoff=0.6)

    def like(text):
        found = Territory.objects.current().filter(name__icontains=text).order_by("-population")[:5]
        return [one.name for one in found]

    ours("saint")  # the index is built once for each process
    results = {}
    for name, function in (("Ansanm", ours), ("difflib", close), ("SQL LIKE", like)):
        times, answers = timed(function, typed)
        right = sum(
            search_key(one.name) in {search_key(answer) for answer in found}
            for one, found in zip(chosen, answers, strict=True)
        )
        results[name] = {
            "median": statistics.median(times),
            "p95": statistics.quantiles(times, n=20)[18],
            "right": right,
        }
    return len(everyone), results


def charts():
    import altair
    import vl_convert

    from ansanm.ui import charts

    chance = random.Random(1)
    names = ["Saint-Denis", "CINOR", "La Réunion", "France"]
    data = [{name: [20 + chance.random() * 10 for _ in range(18)] for name in names} for _ in range(N_CHARTS)]

    def own(values):
        lines = [
            charts.Line(
                name,
                [charts.Point(str(2006 + i), value) for i, value in enumerate(one)],
                own=name == names[0],
            )
            for name, one in values.items()
        ]
        return str(charts.line(lines, title="Taux", unit="percent", decimals=1, language="fr").svg())

    def vega(values):
        rows = [
            {"t": name, "p": 2006 + i, "v": value}
            for name, one in values.items()
            for i, value in enumerate(one)
        ]
        chart = altair.Chart(altair.Data(values=rows), title="Taux").mark_line(point=True)
        chart = chart.encode(x="p:O", y=altair.Y("v:Q", title="%"), color="t:N").properties(
            width=480, height=220
        )
        return vl_convert.vegalite_to_svg(chart.to_json())

    results = {}
    for name, function in (("Altair + vl-convert", vega), ("Ansanm", own)):
        times, drawn = timed(function, data)
        results[name] = {
            "first": times[0],
            "median": statistics.median(times[1:]),
            "kb": len(drawn[0].encode()) / 1000,
        }
    return results


def main():
    import django

    django.setup()
    n_names, found = search()
    json.dump({"charts": charts(), "n_names": n_names, "search": found}, sys.stdout)


if __name__ == "__main__":
    main()
