"""Trend of a series: Theil and Sen's slope with its interval, and Mann and Kendall's test. numpy alone.

Only dates at the same time of year in different years are compared, as in the seasonal test of Hirsch, Slack & Smith 1982,
doi 10.1029/WR018i001p00107: from all pairs of dates a season passes for a trend, and 95 % intervals held the slope in as few as 25 % of
simulated series. The dates of one year, of a wet one or a dry one, are taken to say the same thing again: as independent ones they gave
intervals that held the slope in as few as 12 %. So it takes years, not dates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# From fewer, no series is so unlikely by chance that an interval of 95 % could leave it out.
MIN_YEARS = 5
# Years by which the times of year of two dates may differ: a month.
_SEASON = 1 / 12
_NORMAL = 1.959964


@dataclass(frozen=True)
class Trend:
    """Trend of a series.

    Attributes:
        slope: median of the slopes between all pairs of values at one time of year, per year (Theil 1950; Sen 1968,
            doi 10.1080/01621459.1968.10480934).
        lower, upper: 95 % interval of the slope (Sen 1968), of values that may be off by half a step.
        p: of Mann and Kendall's test that there is no trend (Mann 1945, doi 10.2307/1907187; Kendall 1975), two-sided, over the same pairs.
    """

    slope: float
    lower: float
    upper: float
    p: float


def trend_of(time: np.ndarray, values: np.ndarray, steps: np.ndarray | float = 0.0) -> Trend | None:
    """Return the trend of a series; None if fewer than five years have values at the same time of year.

    Args:
        time: in years, ascending, all different, shape (n,).
        values: shape (n,); NaN are left out.
        steps: by which values can differ at least, such as the area of a pixel; one number or shape (n,). The interval is that of any
            series of which these are the rounded values: equal counts of pixels would give one without width.
    """
    known = np.isfinite(values)
    half = np.broadcast_to(steps, np.shape(values))[known] / 2
    time, values = time[known], values[known]
    year = _years(time)
    first, second = np.triu_indices(len(values), 1)
    apart = time[second] - time[first]
    compared = (year[first] != year[second]) & (np.abs(apart - np.round(apart)) <= _SEASON) & (np.round(apart) > 0)
    first, second, apart = first[compared], second[compared], apart[compared]
    # Number of comparisons of each year with each later one.
    pairs = np.zeros((year.max(initial=0) + 1,) * 2)
    np.add.at(pairs, (year[first], year[second]), 1)
    if np.count_nonzero(pairs.sum(axis=0) + pairs.sum(axis=1)) < MIN_YEARS:
        return None
    change, rounding = values[second] - values[first], half[first] + half[second]
    score = np.sign(change).sum()
    # Of years that differ as wholes, all comparisons of two have one sign, and signs of two pairs that share a year the covariance ± 1/3.
    # With one date a year in n years the variance is n (n - 1) (2 n + 5) / 18.
    earlier, later, squares = pairs.sum(axis=0), pairs.sum(axis=1), (pairs**2).sum(axis=0) + (pairs**2).sum(axis=1)
    shared = (earlier**2 + later**2 - squares) / 2 - earlier * later
    deviation = math.sqrt((pairs**2).sum() + 2 / 3 * shared.sum())
    between = _NORMAL * deviation
    # Ranks of the limits among the slopes.
    low, high = (len(change) - between) / 2, (len(change) + between) / 2
    if low < 0:
        return None
    # Corrected for continuity by the smallest step of the score.
    z = max(abs(score) - pairs.max(), 0.0) / deviation
    lower = np.sort((change - rounding) / apart)[max(round(low) - 1, 0)]
    upper = np.sort((change + rounding) / apart)[min(round(high), len(change) - 1)]
    return Trend(float(np.median(change / apart)), float(lower), float(upper), math.erfc(z / math.sqrt(2)))


def _years(time: np.ndarray) -> np.ndarray:
    """Return the number of each date's year, from 0: years begin at the time of year in the middle of the longest stretch without dates."""
    if not len(time):
        return np.zeros(0, np.int64)
    within = np.sort((time - time[0]) % 1)
    gaps = np.diff(within, append=1.0)
    # Of stretches of one length the one before the first date.
    longest = len(gaps) - 1 - np.argmax(np.round(gaps[::-1], 6))
    number = np.floor(time - time[0] - within[longest] - gaps[longest] / 2).astype(np.int64)
    return number - number.min()
