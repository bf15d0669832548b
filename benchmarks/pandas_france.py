"""The peer of `benchmarks.cube_france`: what an analyst writes in pandas over the same Parquet file."""

import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.cube_france import N_SIMILAR, TRAITS, Clock
from benchmarks.france_store import chosen, communes

KEYS = ("level", "code", "variable", "period")


def read(folder: Path, condition: str = "TRUE", *, as_text: bool = False) -> pd.DataFrame:
    """Return the file as a frame; of categories, which one has to think of, or of text."""
    files = [str(one) for one in folder.glob("*/*.parquet")]
    con = duckdb.connect(config={"threads": 2})
    for name in () if as_text else KEYS:
        con.execute(
            f"CREATE TYPE {name}_kind AS ENUM (SELECT DISTINCT {name} FROM read_parquet({files}) ORDER BY 1)"
        )
    columns = ", ".join(KEYS if as_text else [f"{name}::{name}_kind AS {name}" for name in KEYS])
    frame = con.execute(f"SELECT {columns}, value, status FROM read_parquet({files}) WHERE {condition}").df()
    return frame.assign(value=frame.value.where(frame.status == 0))


def wide(frame: pd.DataFrame, index="code") -> pd.DataFrame:
    found = frame.pivot(index=index, columns=["variable", "period"], values="value")
    if index == "code":
        found.index = found.index.astype(str)
    else:
        found.index = pd.MultiIndex.from_tuples([tuple(map(str, one)) for one in found.index], names=index)
    found.columns = pd.MultiIndex.from_tuples([(str(name), str(period)) for name, period in found.columns])
    return found


def indicator(one, cube: pd.DataFrame) -> pd.DataFrame:
    above = sum(cube[name] for name in one.numerator)
    for name in one.subtract:
        above = above - cube[name]
    if not one.denominator:
        return above * one.factor
    below = sum(cube[name] for name in one.denominator)
    rates = {}
    for period in above.columns:
        near = [p for p in below.columns if abs(int(p) - int(period)) <= one.denominator_years_apart]
        near.sort(key=lambda p: (abs(int(p) - int(period)), int(p)))
        denominator = below[near[0]]
        for other in near[1:]:
            denominator = denominator.fillna(below[other])
        rates[period] = (above[period] * one.factor / denominator).where(denominator != 0)
    return pd.DataFrame(rates)


def main():
    home, n_communes, n_indicators, _years, observations, out, *options = sys.argv[1:]
    import django

    django.setup()
    places = pd.DataFrame(
        communes(Path(home), int(n_communes)), columns=["code", "epci", "departement", "region", "population"]
    ).set_index("code")
    indicators = chosen(int(n_indicators))
    from scipy.spatial import cKDTree  # neither pays for the import

    clock = Clock()
    cube = wide(read(Path(observations), "level = 'commune'", as_text="--text" in options))
    places = places.loc[cube.index]
    clock.step("read")
    areas = [cube.groupby(places[kind]).sum(skipna=False) for kind in ("epci", "departement", "region")]
    areas.append(cube.sum(skipna=False).to_frame("FR").T)
    everywhere = pd.concat([cube, *areas])
    clock.step("areas")
    found = {one.id: indicator(one, everywhere) for one in indicators}
    ranks, inside = {}, {}
    for name, values in found.items():
        own = values.iloc[: len(places)]
        ranks[name] = own.rank(ascending=False, method="min")
        inside[name] = own.groupby(places.departement.to_numpy()).rank(ascending=False, method="min")
    clock.step("values and ranks")
    last = cube.columns.levels[1][-1]
    traits = pd.DataFrame({name: found[name][last].iloc[: len(places)] for name in list(found)[-TRAITS:]})
    quartiles = traits.quantile([0.25, 0.5, 0.75])
    scaled = ((traits - quartiles.loc[0.5]) / ((quartiles.loc[0.75] - quartiles.loc[0.25]) / 1.349)).dropna()
    far, _near = cKDTree(scaled.to_numpy()).query(scaled.to_numpy(), N_SIMILAR + 1)
    clock.step("similar")
    costs = clock.costs()
    keys = [(name, period) for name, values in found.items() for period in values.columns]
    full = np.full((len(places), N_SIMILAR), np.nan)
    full[places.index.get_indexer(scaled.index)] = far[:, 1:] / np.sqrt(TRAITS)
    np.savez(
        out,
        values=np.stack([found[name][period].to_numpy() for name, period in keys]),
        ranks=np.stack([ranks[name][period].fillna(0).to_numpy() for name, period in keys]),
        ranks_inside=np.stack([inside[name][period].fillna(0).to_numpy() for name, period in keys]),
        far=full,
    )
    json.dump(costs | {"keys": keys}, sys.stdout)


if __name__ == "__main__":
    main()
