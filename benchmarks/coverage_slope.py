"""How often the 95 % interval of a slope over time holds it, and how often p is below 0.05, in made series without a trend.

python benchmarks/coverage_slope.py [SERIES]      series a kind, 1000 by default, which take half a minute

Years differ as wet and dry ones do: all dates of a year share a deviation, from 0 to 5 times that of a single date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import timing  # noqa: F401 (finds the package)

from ipeo_water_plugin.core.maps.trend import trend_of

BOUND = 0.93
Made = Callable[[np.random.Generator], "tuple[np.ndarray, np.ndarray]"]


def yearly(years: int, dates: int, differ: float, carried: float = 0.0) -> Made:
    """Series of so many dates in each of so many years, of which each carries on a part of the deviation of the one before."""

    def make(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        deviation = draw.normal(0, differ, years)
        for year in range(1, years):
            deviation[year] += carried * deviation[year - 1]
        return np.arange(years * dates) / dates, np.repeat(deviation, dates) + draw.normal(0, 1, years * dates)

    return make


def gaps(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Eight years of months with a season of five times the noise, of which every other one is missing by chance."""
    time, values = yearly(8, 12, 2)(draw)
    seen = draw.random(len(time)) < 0.5
    return time[seen], (values + 5 * np.sin(2 * np.pi * time))[seen]


KINDS: dict[str, Made] = {
    f"{years} years, {dates} a year, years differ by {differ}": yearly(years, dates, differ)
    for years in (5, 6, 10, 20)
    for dates in (1, 4, 12)
    for differ in (0, 1, 5)
}
KINDS["8 years, half of the months missing, a season"] = gaps
# Not claimed: years that follow each other.
FOLLOWING = {f"10 years, 12 a year, years carry on {share:.0%}": yearly(10, 12, 1, share) for share in (0.3, 0.6, 0.9)}


def main(series: int = 1000) -> int:
    """Print the coverage of each kind; return 1 if one falls short of what is claimed."""
    worst = 1.0
    for name, make in {**KINDS, **FOLLOWING}.items():
        found = [trend_of(*make(np.random.default_rng(seed))) for seed in range(series)]
        trends = [trend for trend in found if trend is not None]
        holds = sum(trend.lower <= 0 <= trend.upper for trend in trends) / len(trends)
        low = sum(trend.p < 0.05 for trend in trends) / len(trends)
        print(f"{name}: holds in {holds:.1%}, p < 0.05 in {low:.1%}")
        worst = min(worst, holds) if name in KINDS else worst
    print(f"worst: {worst:.1%} (claimed: {BOUND:.0%})")
    return int(worst < BOUND)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
