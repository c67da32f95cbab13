"""Bootstrap intervals: whole polygons, or the points of a sample, are drawn anew within their class or stratum. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .measures import Ranking, at_least, from_confusion
from .progress import Progress, raise_if_cancelled

# Ranks are taken of so many groups of about equal mass: for an interval that is as good as of every pixel, and far quicker.
_BINS = 1024

# Of its expected calibration error a bootstrap says nothing: resampled bins are noisier than the sample's own, so it comes out too large.
_OF_TABLE = ("auc", "average_precision", "brier", "log_loss")


@dataclass(frozen=True, eq=False)
class Cells:
    """Pixels put together by unit, bin of probability and class: what a bootstrap over units needs.

    Attributes:
        confusion: weight of each unit by reference and predicted class, shape (units, 4): `confusion[reference][predicted]` flattened.
        losses: Σ (p − y)² and Σ −log p of the true class of each unit, shape (units, 2).
        probability: of each bin, rising, shape (bins,).
        unit, bin, water, weight: of each cell, shape (cells,).
    """

    confusion: np.ndarray
    losses: np.ndarray
    probability: np.ndarray
    unit: np.ndarray
    bin: np.ndarray
    water: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(
        cls, probability: np.ndarray, water: np.ndarray, unit: np.ndarray, units: int, threshold: float, weight: np.ndarray | None
    ) -> Cells:
        """Sum up pixels.

        Args:
            probability: shape (pixels,), in 0…1.
            water: shape (pixels,), bool.
            unit: number of each pixel's unit, shape (pixels,), 0 to units − 1.
            units: how many there are.
            threshold: p at or above it is water.
            weight: of each pixel; None = each weighs 1.
        """
        mass = np.ones(len(probability)) if weight is None else weight
        predicted = at_least(probability, threshold)
        place = unit.astype(np.int64) * 4 + 2 * water + predicted
        confusion = np.bincount(place, weights=mass, minlength=4 * units).reshape(units, 4)
        least = float(np.finfo(probability.dtype).eps)
        p = probability.astype(np.float64)
        brier = np.bincount(unit, weights=mass * (p - water) ** 2, minlength=units)
        np.clip(p, least, 1 - least, out=p)
        log_loss = np.bincount(unit, weights=-mass * np.log(np.where(water, p, 1 - p)), minlength=units)
        values = np.unique(probability)
        if len(values) > _BINS:
            values = np.unique(np.quantile(probability, np.linspace(0, 1, _BINS + 1)[1:]))
        index = np.minimum(np.searchsorted(values, probability), len(values) - 1)
        keys, cell = np.unique((unit.astype(np.int64) * len(values) + index) * 2 + water, return_inverse=True)
        cells = np.bincount(cell.reshape(-1), weights=mass, minlength=len(keys))
        places, side = np.divmod(keys, 2)
        of_unit, of_bin = np.divmod(places, len(values))
        return cls(confusion, np.stack([brier, log_loss], axis=1), values, of_unit, of_bin, side == 1, cells)

    def scores(self, drawn: np.ndarray) -> dict[str, float | None]:
        """Return the scores where each unit counts as often as it was drawn.

        Args:
            drawn: how often, shape (units,).
        """
        confusion = drawn @ self.confusion
        brier, log_loss = (drawn @ self.losses / confusion.sum()).tolist()
        weight = drawn[self.unit] * self.weight
        sides = (np.bincount(self.bin[s], weights=weight[s], minlength=len(self.probability)) for s in (self.water, ~self.water))
        ranking = Ranking(self.probability, *sides)
        of_table = ranking.auc(), ranking.average_precision(), brier, log_loss
        return {**from_confusion(confusion.reshape(2, 2)), **dict(zip(_OF_TABLE, of_table))}


def intervals(cells: Cells, group: np.ndarray, replicates: int, seed: int, progress: Progress) -> dict[str, tuple[float, float]]:
    """Return the 2.5 and 97.5 % quantile of each score over replicates (Efron 1979, doi 10.1214/aos/1176344552).

    Args:
        cells: pixels put together by unit.
        group: class or stratum of each unit, within which it is drawn, shape (units,), from 0 without gaps.
        replicates: how often all units are drawn anew, with replacement.
        seed: of the draw.
        progress: told the share of the replicates done.

    Raises:
        CancelledError: the caller cancelled.
    """
    draw = np.random.default_rng(seed)
    members = [np.flatnonzero(group == number) for number in range(int(group.max()) + 1)]
    rows: list[dict[str, float | None]] = []
    for number in range(replicates):
        raise_if_cancelled(progress)
        progress.set(number / replicates)
        drawn = np.zeros(len(group))
        for inside in members:
            drawn[inside] = np.bincount(draw.integers(0, len(inside), len(inside)), minlength=len(inside))
        rows.append(cells.scores(drawn))
    found = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows if row[name] is not None]
        if values:
            lower, upper = np.quantile(np.array(values, np.float64), (0.025, 0.975)).tolist()
            found[name] = (lower, upper)
    return found
