"""The peer of `benchmarks.cube_france`: what a good analyst writes in pandas over the same Parquet file.

`--text`: what one writes first (texts, `pivot`, a rank per indicator) instead of what one writes once
that is too slow (categories, `unstack`, all ranks at once).
"""

import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.cube_france import Clock
from benchmarks.france_store import chosen, communes

KEYS = ("level", "code", "variable", "period")
N_SIMILAR = 20
AREAS = ("epci", "departement", "region")


def read(folder: Path, condition: str = "TRUE", *, as_text: bool = False) -> pd.DataFrame:
    """Return the file as a frame, of categories or of text; what is absent has no value in it.

    Through DuckDB, which is as fast as `read_parquet` with pyarrow here, and does not need it.
    """
    files = [str(one) for one in folder.glob("*/*.parquet")]
    con = duckdb.connect(config={"threads": 2})
    for name in () if as_text else KEYS:
        con.execute(
            f"CREATE TYPE {name}_kind AS ENUM (SELECT DISTINCT {name} FROM read_parquet({files}) ORDER BY 1)"
        )
    columns = ", ".join(KEYS if as_text else [f"{name}::{name}_kind AS {name}" for name in KEYS])
    return con.execute(f"SELECT {columns}, value FROM read_parquet({files}) WHERE {condition}").df()


def wide(frame: pd.DataFrame, *, as_text: bool = False) -> pd.DataFrame:
    """Return a line per territory and a column per variable and period."""
    if as_text:
        return frame.pivot(index=["level", "code"], columns=["variable", "period"], values="value")
    found = frame.set_index(list(KEYS)).value.unstack(["variable", "period"])
    # Categories in an index make each look-up slower than the texts they stand for.
    found.index = pd.MultiIndex.from_arrays(
        [found.index.get_level_values(name).astype(str) for name in ("level", "code")],
        names=("level", "code"),
    )
    found.columns = pd.MultiIndex.from_arrays(
        [found.columns.get_level_values(name).astype(str) for name in ("variable", "period")]
    )
    return found.sort_index(axis=1)


def indicator(one, cube: pd.DataFrame, threshold: int = 0) -> pd.DataFrame:
    """Return an indicator by period, without the rates of fewer persons than `threshold`."""
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
            if not denominator.hasnans:
                break
            denominator = denominator.fillna(below[other])
        rate = (above[period] * one.factor / denominator).where(denominator != 0)
        if threshold:
            rate = rate.mask((denominator > 0) & (denominator < threshold))
            others = denominator - above[period]
            if one.unit == "percent":
                rate = rate.mask((others > 0) & (others < threshold))
        rates[period] = rate
    return pd.DataFrame(rates)


def main():
    home, n_communes, n_indicators, _years, observations, out, *options = sys.argv[1:]
    as_text = "--text" in options
    import django

    django.setup()
    from ansanm.territories import secrecy, similar

    places = pd.DataFrame(
        communes(Path(home), int(n_communes)), columns=["code", *AREAS, "population"]
    ).set_index("code")
    indicators = chosen(int(n_indicators))
    from scipy.spatial import cKDTree  # neither pays for the import

    clock = Clock()
    everywhere = wide(read(Path(observations), as_text=as_text), as_text=as_text)
    everywhere = pd.concat([everywhere.loc[[level]] for level in ("commune", *sorted((*AREAS, "france")))])
    places = places.loc[everywhere.loc["commune"].index]
    clock.step("read")
    found = pd.concat(
        {one.id: indicator(one, everywhere, secrecy.threshold_of(one)) for one in indicators}, axis=1
    )
    own = found.iloc[: len(places)]
    of_place = places.departement.to_numpy()
    if as_text:
        each = {one.id: own[one.id] for one in indicators}
        ranks = pd.concat(
            {name: one.rank(ascending=False, method="min") for name, one in each.items()}, axis=1
        )
        inside = pd.concat(
            {name: one.groupby(of_place).rank(ascending=False, method="min") for name, one in each.items()},
            axis=1,
        )
    else:
        ranks = own.rank(ascending=False, method="min")
        inside = own.groupby(of_place).rank(ascending=False, method="min")
    clock.step("values and ranks")
    traits = {}
    for name in similar.DEFAULT:
        counts = own[name].count()
        values = own[name][counts[counts == counts.max()].index[-1]]
        traits[name] = np.log(values.where(values > 0)) if name in similar.LOGARITHMIC else values
    traits = pd.DataFrame(traits)
    quartiles = traits.quantile([0.25, 0.5, 0.75])
    scaled = ((traits - quartiles.loc[0.5]) / ((quartiles.loc[0.75] - quartiles.loc[0.25]) / 1.349)).dropna()
    far, _near = cKDTree(scaled.to_numpy()).query(scaled.to_numpy(), N_SIMILAR + 1, workers=2)
    clock.step("similar")
    costs = clock.costs()
    check_sums(everywhere, places)
    full = np.full((len(places), N_SIMILAR), np.nan)
    full[own.index.get_indexer(scaled.index)] = far[:, 1:] / np.sqrt(len(similar.DEFAULT))
    np.savez(
        out,
        values=found.to_numpy().T,
        ranks=ranks.fillna(0).to_numpy().T,
        ranks_inside=inside.fillna(0).to_numpy().T,
        far=full,
    )
    areas = [list(one) for one in found.index[len(places) :]]
    json.dump(costs | {"keys": [list(one) for one in found.columns], "areas": areas}, sys.stdout)


def check_sums(everywhere: pd.DataFrame, places: pd.DataFrame) -> None:
    """The sums of areas are in the file; one that is not that of its communes is an error of ours."""
    from ansanm.territories import observations

    described = observations.variables()
    additive = [name for name in everywhere.columns.levels[0] if described[name]["additive"]]
    everywhere = everywhere[additive]
    own = everywhere.loc["commune"]
    for level in AREAS:
        again = own.groupby(places[level].to_numpy()).sum(skipna=False)
        pd.testing.assert_frame_equal(again, everywhere.loc[level], check_names=False)
    france = everywhere.loc[("france", "FR")]
    np.testing.assert_allclose(own.sum(skipna=False), france, equal_nan=True)


if __name__ == "__main__":
    main()
