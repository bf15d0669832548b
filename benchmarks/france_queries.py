"""One commune's diagnosis and one indicator of every commune, from the store of all France; JSON.

`python -m benchmarks.france_queries ours|pandas HOME N_COMMUNES N_INDICATORS N_YEARS OBSERVATIONS`
"""

import json
import statistics
import sys
import time
from pathlib import Path

CODE, TURNS, PEER_TURNS = "97411", 15, 1


def main():
    who, home, n_communes, n_indicators, _years, folder = sys.argv[1:]
    import django

    django.setup()
    from ansanm.engines.indicators import Kind, Secrecy
    from benchmarks.france_store import chosen, communes

    places = communes(Path(home), int(n_communes))
    # What is secret in our answer is not in pandas': equality is asked of the others.
    indicators = chosen(int(n_indicators))
    open_ones = [one for one in indicators if one.secrecy is Secrecy.NONE]
    rate = next((one for one in open_ones if one.kind is Kind.RATIO), open_ones[0])
    answer = {"ours": ours, "pandas": in_pandas}[who]
    json.dump(answer(places, indicators, open_ones, rate, Path(folder)), sys.stdout)


def timed(query, turns: int) -> tuple[dict[str, float], object]:
    """Return the median milliseconds, and of the processor; the first turn is left out where it can be."""
    times, cpu, found = [], [], None
    for _turn in range(turns + (turns > 1)):
        start, its_start = time.perf_counter(), time.process_time()
        found = query()
        times.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - its_start))
    kept = slice(turns > 1, None)
    return {"": statistics.median(times[kept]), "_cpu": statistics.median(cpu[kept])}, found


def named(**spent: dict[str, float]) -> dict[str, float]:
    return {name + kind: value for name, one in spent.items() for kind, value in one.items()}


def said(value) -> str | None:
    """Ten digits: the two may add in another order."""
    return None if value is None or value != value else f"{value:.10g}"


def ours(places, indicators, open_ones, rate, folder) -> dict:
    import numpy as np

    from ansanm.engines.indicators import rank
    from ansanm.territories import diagnosis
    from ansanm.territories.models import Territory

    commune = Territory.objects.at("commune", CODE)

    def whole():
        diagnosis._diagnose.cache_clear()
        return diagnosis.diagnose(commune)

    spent, found = timed(whole, TURNS)
    values = {}
    for one in open_ones:
        figure = found.figures[one.id]
        if not figure.value.is_published:
            continue  # secret this year: pandas, which is not told, takes the year before
        epci = next((c.value for c in figure.comparisons if c.territory.level == "epci"), None)
        values[one.id] = [
            said(figure.value.value),
            said(epci.value if epci and epci.period == figure.value.period else None),
            figure.rank.position if figure.rank else None,
        ]

    everywhere = list(
        Territory.objects.current().filter(level="commune", code__in=[one[0] for one in places])
    )

    def explorer():
        series = diagnosis.series_of(everywhere, [rate.id])[rate.id]
        last = series.periods[-1]
        ranking = rank(series.values[last], series.statuses[last])
        return series, last, np.argsort(ranking.positions)

    explored, (series, last, _order) = timed(explorer, TURNS)
    return {
        **named(diagnosis=spent, explorer=explored),
        "n_indicators": len(found.figures),
        "diagnosis_values": values,
        "explorer_values": [said(float(np.nansum(series.values[one]))) for one in series.periods]
        + [said(float(np.nanmax(series.values[last])))],
    }


def in_pandas(places, indicators, open_ones, rate, folder) -> dict:
    import pandas as pd

    from benchmarks.pandas_france import indicator, read, wide

    own = next(one for one in places if one[0] == CODE)
    peers = [one[0] for one in places if one[2] == own[2]]
    areas = {"epci": own[1], "departement": own[2], "region": own[3], "france": "FR"}

    def whole(condition="TRUE", *, as_text=False):
        frame = read(folder, condition, as_text=as_text)
        frame = frame[
            ((frame.level == "commune") & frame.code.isin(peers))
            | pd.concat(
                [(frame.level == level) & (frame.code == code) for level, code in areas.items()], axis=1
            ).any(axis=1)
        ]
        # Categories that no line has any more would each make a line of nothing.
        frame = frame.astype({"level": str, "code": str})
        cube = wide(frame, as_text=as_text)
        found = {}
        for one in indicators:
            values = indicator(one, cube)
            ranks = values.loc["commune"].rank(ascending=False, method="min")
            found[one.id] = (values, ranks)
        return found

    quoted = ", ".join(f"'{code}'" for code in peers)
    filtered = f"(level = 'commune' AND code IN ({quoted}))" + "".join(
        f" OR (level = '{level}' AND code = '{code}')" for level, code in areas.items()
    )
    spent, found = timed(lambda: whole(as_text=True), PEER_TURNS)
    spent_categories, _ = timed(whole, PEER_TURNS)
    spent_filtered, _ = timed(lambda: whole(filtered), PEER_TURNS)
    values = {}
    for one in open_ones:
        numbers, ranks = found[one.id]
        # The last year that the commune has.
        last = numbers.loc[("commune", CODE)].last_valid_index()
        epci = numbers[last].get(("epci", own[1]))
        values[one.id] = [
            said(numbers[last][("commune", CODE)]),
            said(epci),
            int(ranks[last][CODE]),
        ]

    names = ", ".join(f"'{name}'" for name in rate.variables)

    def explorer(condition="level = 'commune'", *, as_text=False):
        frame = read(folder, condition, as_text=as_text)
        frame = frame[(frame.level == "commune") & frame.variable.isin(rate.variables)]
        if not as_text:
            frame = frame.assign(variable=frame.variable.cat.remove_unused_categories())
        numbers = indicator(rate, wide(frame, as_text=as_text)).loc["commune"]
        last = numbers.columns[-1]
        return numbers.assign(rank=numbers[last].rank(ascending=False, method="min")).sort_values("rank")

    explored, numbers = timed(lambda: explorer(as_text=True), PEER_TURNS)
    explored_categories, _ = timed(explorer, PEER_TURNS)
    by_duckdb = f"level = 'commune' AND variable IN ({names})"
    explored_filtered, _ = timed(lambda: explorer(by_duckdb), PEER_TURNS)
    years = [one for one in numbers.columns if one != "rank"]
    return {
        **named(
            diagnosis=spent,
            diagnosis_categories=spent_categories,
            diagnosis_filtered=spent_filtered,
            explorer=explored,
            explorer_categories=explored_categories,
            explorer_filtered=explored_filtered,
        ),
        "diagnosis_values": values,
        "explorer_values": [said(float(numbers[one].sum())) for one in years]
        + [said(float(numbers[years[-1]].max()))],
    }


if __name__ == "__main__":
    main()
