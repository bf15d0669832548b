"""How far from the truth a published figure may be, where its making tells.

Two sources are known. A producer that rounds a count to 5 leaves it ± 2.5, and a share of two such
counts between the lowest over the highest and the highest over the lowest. And the census interviews
two dwellings in five, over five years, in communes of 10,000 inhabitants and more: a count there is an
estimate. Its interval here is that of a simple random sample; dwellings hold people who are alike, so
the true one is at least this wide, and is said so wherever it is shown.
"""

from __future__ import annotations

import numpy as np

from ansanm.engines.indicators import Floats

CENSUS_RATE = 0.4  # dwellings interviewed in communes of CENSUS_FROM inhabitants or more
CENSUS_FROM = 10_000
Z_95 = 1.959964

Interval = tuple[Floats, Floats]


def rounded(counts: Floats, half: float) -> Interval:
    """Return the bounds of counts whose rounding may have moved them by `half`, never below 0."""
    return np.maximum(counts - half, 0.0), counts + half


def ratio(above: Interval, below: Interval, factor: float) -> Interval:
    """Return the bounds of above / below × factor; no upper bound known where `below` may be 0."""
    low = np.full(above[0].shape, np.nan)
    high = np.full(above[0].shape, np.nan)
    np.divide(above[0] * factor, below[1], out=low, where=below[1] > 0)
    np.divide(above[1] * factor, below[0], out=high, where=below[0] > 0)
    return low, high


def sampled_count(counts: Floats, rate: float = CENSUS_RATE) -> Interval:
    """Return the 95 % bounds of counts estimated from a share `rate` of the dwellings."""
    half = Z_95 * np.sqrt(counts * (1 - rate) / rate)
    return np.maximum(counts - half, 0.0), counts + half


def sampled_share(part: Floats, whole: Floats, rate: float = CENSUS_RATE) -> Interval:
    """Return the 95 % bounds, between 0 and 1, of a share of the people or dwellings sampled."""
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    share = np.where((share >= 0) & (share <= 1), share, np.nan)
    variance = np.full(part.shape, np.nan)
    np.divide(share * (1 - share) * (1 - rate) / rate, whole, out=variance, where=whole > 0)
    half = Z_95 * np.sqrt(variance)
    return np.maximum(share - half, 0.0), np.minimum(share + half, 1.0)


def widest(one: Interval, other: Interval) -> Interval:
    """Return what encloses both."""
    return np.fmin(one[0], other[0]), np.fmax(one[1], other[1])
