"""The peer of `ansanm diagnose`: what an analyst writes in pandas over the same Parquet files."""

import json
import sqlite3
import sys
from pathlib import Path

import duckdb
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parent.parent


def main():
    home, code = Path(sys.argv[1]), sys.argv[2]
    files = [str(one) for one in (home / "observations").glob("*/*.parquet")]
    with sqlite3.connect(home / "ansanm.sqlite3") as base:
        territories = pd.read_sql(
            "select level, code, epci_code, departement_code, region_code from territories_territory", base
        )
    own = territories[(territories.level == "commune") & (territories.code == code)].iloc[0]
    peers = territories[
        (territories.level == "commune") & (territories.departement_code == own.departement_code)
    ]
    wanted = pd.DataFrame(
        [("commune", one) for one in peers.code]
        + [
            ("epci", own.epci_code),
            ("departement", own.departement_code),
            ("region", own.region_code),
            ("france", "FR"),
        ],
        columns=["level", "code"],
    )
    frame = (
        duckdb.connect()
        .execute("select level, code, variable, period, value, status from read_parquet(?)", [files])
        .df()
    )
    frame = frame.merge(wanted, on=["level", "code"])
    frame.loc[frame.status != 0, "value"] = float("nan")
    frame = frame.drop_duplicates(["level", "code", "variable", "period"])
    cube = frame.pivot(index=["level", "code"], columns=["variable", "period"], values="value")

    found = {}
    for file in sorted((ROOT / "indicators").glob("*.yaml")):
        values = indicator(yaml.load(file.read_text(), yaml.CSafeLoader), cube)
        if values is None:
            continue
        ours = values.loc[("commune", code)].dropna()
        communes = values.loc["commune"]
        found[file.stem] = {
            "values": ours.to_dict(),
            "comparators": {
                level: values.loc[level].iloc[0].dropna().to_dict()
                for level in ("epci", "departement", "region", "france")
                if level in values.index.get_level_values(0)
            },
            "rank": {period: int((communes[period] > value).sum()) + 1 for period, value in ours.items()},
        }
    json.dump(found, sys.stdout)


def indicator(one, cube):
    factor = float(one.get("factor", 1))
    above = total(one["numerator"], cube, one.get("subtract", []))
    if above is None:
        return None
    if one["kind"] == "change":
        years = one["change_years"]
        pairs = {period: f"{int(period[:4]) - years}{period[4:]}" for period in above.columns}
        rates = {
            p: ((above[p] / above[first]) ** (1 / years) - 1) * factor
            for p, first in pairs.items()
            if first in above
        }
        return pd.DataFrame(rates) if rates else None
    if one["kind"] != "ratio":
        return above * factor
    below = total(one["denominator"], cube, [])
    if below is None:
        return None
    apart = one.get("denominator_years_apart", 0)
    rates = {}
    for period in above.columns:
        near = [p for p in below.columns if abs(int(p[:4]) - int(period[:4])) <= apart]
        near.sort(key=lambda p: (abs(int(p[:4]) - int(period[:4])), int(p[:4]), p))
        if near:
            denominator = below[near].bfill(axis=1).iloc[:, 0]
            rates[period] = (above[period] * factor / denominator).where(denominator != 0)
    return pd.DataFrame(rates) if rates else None


def total(names, cube, subtracted):
    if any(name not in cube.columns.get_level_values(0) for name in [*names, *subtracted]):
        return None
    added = sum(cube[name] for name in names)
    for name in subtracted:
        added = added - cube[name]
    return added.dropna(axis=1, how="all")


if __name__ == "__main__":
    main()
