"""Intervals from random weights on whole polygons, or on the points of a sample, within their class or stratum. numpy alone.

Resampling units (the bootstrap) knows only what the sample shows: if none of ten polygons is mapped wrongly, the interval has no width,
and misses the truth nearly as often as the sample misses wrongly mapped polygons. So each class or stratum gets one unit more, mapped
as wrongly as possible for one end of the interval, and as correctly as possible for the other. Weights are Dirichlet distributed (Rubin
1981, doi 10.1214/aos/1176345338). For the mean of one sample this is the bound of Gaffke 2005, which only assumes that values lie
between 0 and 1, and for shares it is that of Clopper and Pearson (Learned-Miller and Thomas 2020, arXiv:1905.06208).
`benchmarks/coverage.py` measures how often these intervals contain the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..model import at_least
from ..progress import Progress, raise_if_cancelled
from .scores import Ranking, ReliabilityBin, scores_from_confusion, scores_from_ranks
from .tally import summed

# Probabilities are binned for ranking: accurate enough for an interval, and far faster than ranking every pixel.
_BINS = 256
# Cells × replicates that are weighted at once.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """Pixels aggregated by unit, probability bin and class: what resampling of units needs.

    Attributes:
        confusion: weight of each unit by reference and predicted class, shape (units, 4): `confusion[reference][predicted]` flattened.
        squares: Σ (p − y)² of each unit, shape (units,).
        bins: number of probability bins; the first and the last are empty, below and above all pixels.
        unit, bin, water, weight: of each cell, shape (cells,), by ascending bin.
    """

    confusion: np.ndarray
    squares: np.ndarray
    bins: int
    unit: np.ndarray
    bin: np.ndarray
    water: np.ndarray
    weight: np.ndarray

    @classmethod
    def from_pixels(
        cls, probability: np.ndarray, water: np.ndarray, unit: np.ndarray, threshold: float, weight: np.ndarray, ranking: Ranking
    ) -> Cells:
        """Aggregate pixels.

        Args:
            probability: shape (pixels,), in 0…1.
            water: shape (pixels,), bool.
            unit: index of each pixel's unit, shape (pixels,), from 0 without gaps.
            threshold: pixels with p ≥ threshold are mapped as water.
            weight: of each pixel, or the number of such pixels, shape (pixels,).
            ranking: of the same pixels.
        """
        units = int(unit.max()) + 1
        ends = ranking.bin_edges(_BINS)
        bins = len(ends) + 2
        confusion = np.bincount(unit * 4 + 2 * water + at_least(probability, threshold), weights=weight, minlength=4 * units)
        squares = np.bincount(unit, weights=weight * (probability.astype(np.float64) - water) ** 2, minlength=units)
        of_bin = np.searchsorted(ends, probability) + 1
        keys, mass = summed((of_bin * units + unit) * 2 + water, weight)
        places, side = np.divmod(keys, 2)
        of_bin, of_unit = np.divmod(places, units)
        return cls(confusion.reshape(units, 4), squares, bins, of_unit, of_bin, side == 1, mass)

    def with_units(self, water: np.ndarray, mapped: np.ndarray, mass: np.ndarray) -> Cells:
        """Return the cells with additional units, each of a single probability, 0 or 1.

        Args:
            water: whether a unit is water, shape (additional,), bool.
            mapped: whether it is mapped as water, with p = 1, or not, with p = 0, shape (additional,), bool.
            mass: its weight, shape (additional,).
        """
        number = len(self.squares) + np.arange(len(mass))
        of_bin = np.where(mapped, self.bins - 1, 0)
        order = np.argsort(np.concatenate([self.bin, of_bin]), kind="stable")
        confusion = np.zeros((len(mass), 4))
        confusion[np.arange(len(mass)), 2 * water + mapped] = mass
        columns = ((self.unit, number), (self.bin, of_bin), (self.water, water), (self.weight, mass))
        return Cells(
            np.concatenate([self.confusion, confusion]),
            np.concatenate([self.squares, mass * (water != mapped)]),
            self.bins,
            *(np.concatenate(pair)[order] for pair in columns),
        )

    def scores(self, drawn: np.ndarray) -> dict[str, np.ndarray]:
        """Return each score, shape (replicates,), NaN where undefined, from the weights of units, shape (replicates, units)."""
        confusion = drawn @ self.confusion
        ranked = scores_from_ranks(*(self._by_bin(drawn, side) for side in (self.water, ~self.water)))
        return {**scores_from_confusion(*confusion.T), **ranked, "brier": drawn @ self.squares / confusion.sum(axis=1)}

    def _by_bin(self, drawn: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Sum the weight of the chosen cells by bin, shape (replicates, bins)."""
        weight = drawn[:, self.unit[chosen]] * self.weight[chosen]
        bins, starts = np.unique(self.bin[chosen], return_index=True)
        by_bin = np.zeros((len(drawn), self.bins))
        if len(bins):
            by_bin[:, bins] = np.add.reduceat(weight, starts, axis=1)
        return by_bin


@dataclass(frozen=True, eq=False)
class Groups:
    """Classes or strata, within which units get random weights.

    Attributes:
        group: of each unit, shape (units,), from 0 without gaps.
        water: whether the units of a group are water in truth, shape (groups,), bool; None = either (a sample).
        mapped: whether the units of a group are mapped as water, shape (groups,), bool; None = either.
        complete: whether a group contains its whole population, so that it has no sampling error, shape (groups,), bool.
    """

    group: np.ndarray
    water: np.ndarray | None
    mapped: np.ndarray | None
    complete: np.ndarray


def intervals(cells: Cells, groups: Groups, replicates: int, seed: int, progress: Progress) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of each score.

    Args:
        cells: pixels aggregated by unit.
        groups: of the units.
        replicates: number of random weightings.
        seed: of the weights.
    """
    sizes = np.bincount(groups.group)
    mass = mass_of_another(cells.confusion.sum(axis=1), groups.group)
    worst, best = _extremes(groups)
    ends: dict[str, list[float]] = {}
    sides = [(cells.with_units(*kind, mass), end) for kinds, end in ((worst, 0), (best, 1)) for kind in kinds]
    for place, (extended, end) in enumerate(sides):
        rows = []
        # The same weights for all, so that the ends can't cross by chance.
        draw = np.random.default_rng(seed)
        step = max(1, min(replicates, _AT_ONCE // max(len(extended.unit), len(extended.squares), extended.bins)))
        for start in range(0, replicates, step):
            raise_if_cancelled(progress)
            progress.set((place + start / replicates) / len(sides))
            rows.append(extended.scores(_weights(draw, groups, sizes, min(step, replicates - start))))
        for name in rows[0]:
            values = np.concatenate([row[name] for row in rows])
            values = values[np.isfinite(values)]
            if len(values):
                # A lower Brier score is better.
                upper = (end == 1) != (name == "brier")
                known = ends.setdefault(name, [np.inf, -np.inf])
                known[upper] = (max if upper else min)(known[upper], float(np.quantile(values, 0.975 if upper else 0.025)))
    return {name: (low, high) for name, (low, high) in ends.items() if low <= high}


def mass_of_another(unit: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the weight of each group's additional unit from those of the units, shape (groups,)."""
    sizes = np.bincount(group)
    # A missed place may be a large one: one standard deviation above the mean.
    mean = np.bincount(group, weights=unit) / sizes
    return mean + np.sqrt(np.maximum(np.bincount(group, weights=unit**2) / sizes - mean**2, 0))


def calibration_interval(
    probability: np.ndarray,
    water: np.ndarray,
    unit: np.ndarray,
    weight: np.ndarray,
    bins: Sequence[ReliabilityBin],
    groups: Groups,
    replicates: int,
    seed: int,
) -> tuple[float, float]:
    """Return the 95 % interval of the expected calibration error over given bins.

    Noise in a bin's share of water only ever adds to the error, so the replicates lie too high. The lower end is the error less what noise
    adds at most, the sum of the bins' deviations.

    Args:
        probability: p(water), shape (pixels,), in 0…1.
        water: shape (pixels,), bool.
        unit: index of each pixel's unit, shape (pixels,), from 0 without gaps.
        weight: of each pixel, shape (pixels,).
        bins: of the reliability diagram, by ascending probability.
        groups: of the units.
        replicates: number of random weightings.
        seed: of the weights.
    """
    units, count = len(groups.group), len(bins)
    of_bin = np.minimum(np.searchsorted([b.upper for b in bins], probability), count - 1)
    excess = np.bincount(unit * count + of_bin, weights=weight * (probability - water), minlength=units * count).reshape(units, count)
    mass = np.bincount(unit, weights=weight, minlength=units)
    error = excess.sum(axis=0) / mass.sum()
    drawn = _weights(np.random.default_rng(seed), groups, np.bincount(groups.group), replicates)
    further = mass_of_another(mass, groups.group)
    total = drawn @ np.concatenate([mass, further])
    upper = 0.0
    for is_water, mapped in _extremes(groups)[0]:
        more = np.zeros((len(further), count))
        more[np.arange(len(further)), np.where(mapped, count - 1, 0)] = further * (mapped.astype(float) - is_water)
        replicate = np.abs(drawn @ np.concatenate([excess, more])).sum(axis=1) / total
        upper = max(upper, float(np.quantile(replicate, 0.975)))
    deviation = np.abs((drawn[:, :units] @ excess) / total[:, None] - error).sum(axis=1)
    return max(float(np.abs(error).sum() - np.quantile(deviation, 0.995)), 0.0), upper


def _extremes(groups: Groups) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[tuple[np.ndarray, np.ndarray]]]:
    """Return the additional unit of each group at worst and at best: pairs of (water, mapped)."""
    water, mapped = groups.water, groups.mapped
    if water is not None:
        return [(water, ~water)], [(water, water)]
    if mapped is not None:
        return [(~mapped, mapped)], [(mapped, mapped)]
    all_water = np.ones(len(groups.complete), bool)
    return [(all_water, ~all_water), (~all_water, all_water)], [(all_water, all_water), (~all_water, ~all_water)]


def _weights(draw: np.random.Generator, groups: Groups, sizes: np.ndarray, replicates: int) -> np.ndarray:
    """Draw weights of all units and each group's additional one, shape (replicates, units + groups); those of a group sum to its size."""
    every = np.concatenate([groups.group, np.arange(len(sizes))])
    drawn = draw.standard_exponential((replicates, len(every)))
    for number, size in enumerate(sizes.tolist()):
        inside = every == number
        if groups.complete[number]:
            drawn[:, inside] = 1.0
            drawn[:, len(groups.group) + number] = 0.0
        else:
            drawn[:, inside] *= size / drawn[:, inside].sum(axis=1, keepdims=True)
    return drawn
