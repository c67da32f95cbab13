"""Trend of a series: Theil and Sen's slope with its interval, and Mann and Kendall's test. numpy alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MIN_VALUES = 5
_NORMAL = 1.959964


@dataclass(frozen=True)
class Trend:
    """Trend of a series.

    Attributes:
        slope: median of the slopes between all pairs of values, per unit of time (Theil 1950; Sen 1968,
            doi 10.1080/01621459.1968.10480934).
        lower, upper: 95 % interval of the slope (Sen 1968), of values that may be off by half a step.
        p: of Mann and Kendall's test that there is no trend (Mann 1945, doi 10.2307/1907187; Kendall 1975), two-sided, corrected for ties
            and continuity.
    """

    slope: float
    lower: float
    upper: float
    p: float


def trend_of(time: np.ndarray, values: np.ndarray, steps: np.ndarray | float = 0.0) -> Trend | None:
    """Return the trend of a series; None if it has fewer than five values.

    Args:
        time: ascending, all different, shape (n,).
        values: shape (n,); NaN are left out.
        steps: by which values can differ at least, such as the area of a pixel; one number or shape (n,). The interval is that of any
            series of which these are the rounded values: equal counts of pixels would give one without width.
    """
    known = np.isfinite(values)
    half = np.broadcast_to(steps, np.shape(values))[known] / 2
    time, values = time[known], values[known]
    count = len(values)
    if count < MIN_VALUES:
        return None
    first, second = np.triu_indices(count, 1)
    change = values[second] - values[first]
    apart, rounding = time[second] - time[first], half[first] + half[second]
    score = np.sign(change).sum()
    _, ties = np.unique(values, return_counts=True)
    variance = (count * (count - 1) * (2 * count + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    deviation = math.sqrt(max(variance, 0.0))
    z = (score - np.sign(score)) / deviation if deviation else 0.0
    # Ranks of the limits among the slopes. Values before rounding have no ties.
    between = _NORMAL * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low, high = (len(change) - between) / 2, (len(change) + between) / 2
    lower = np.sort((change - rounding) / apart)[max(round(low) - 1, 0)]
    upper = np.sort((change + rounding) / apart)[min(round(high), len(change) - 1)]
    return Trend(float(np.median(change / apart)), float(lower), float(upper), math.erfc(abs(z) / math.sqrt(2)))
