"""Bootstrap intervals: whole polygons, or the points of a sample, are drawn anew within their class or stratum. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .measures import Ranking, at_least, from_confusion
from .progress import Progress, pieces, raise_if_cancelled

# Ranks are taken of so many groups of about equal mass: for an interval that is as good as of every pixel, and far quicker.
_BINS = 1024
# Cells of single pieces that are held before they are put together with the rest.
_WAITING = 4_000_000

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
        cls,
        probability: np.ndarray,
        water: np.ndarray,
        unit: np.ndarray,
        threshold: float,
        weight: np.ndarray | None,
        ranking: Ranking,
    ) -> Cells:
        """Sum up pixels.

        Args:
            probability: shape (pixels,), in 0…1.
            water: shape (pixels,), bool.
            unit: number of each pixel's unit, shape (pixels,), from 0 without gaps.
            threshold: p at or above it is water.
            weight: of each pixel; None = each weighs 1.
            ranking: of the same pixels.

        Raises:
            CancelledError: the ranking's caller cancelled.
        """
        units = int(unit.max()) + 1
        least = float(np.finfo(probability.dtype).eps)
        ends = ranking.groups(_BINS)
        confusion, losses = np.zeros(4 * units), np.zeros((units, 2))
        keys, mass = np.empty(0, np.int64), np.empty(0)
        waiting: list[tuple[np.ndarray, np.ndarray]] = []
        for rows in pieces(len(probability), ranking.progress):
            whose, is_water = unit[rows].astype(np.int64), water[rows]
            weighs = np.ones(len(whose)) if weight is None else weight[rows]
            place = whose * 4 + 2 * is_water + at_least(probability[rows], threshold)
            confusion += np.bincount(place, weights=weighs, minlength=4 * units)
            p = probability[rows].astype(np.float64)
            losses[:, 0] += np.bincount(whose, weights=weighs * (p - is_water) ** 2, minlength=units)
            np.clip(p, least, 1 - least, out=p)
            losses[:, 1] += np.bincount(whose, weights=-weighs * np.log(np.where(is_water, p, 1 - p)), minlength=units)
            waiting.append(_summed((whose * len(ends) + np.searchsorted(ends, probability[rows])) * 2 + is_water, weighs))
            if sum(len(key) for key, _ in waiting) > _WAITING or rows.stop == len(probability):
                keys, mass = _summed(*(np.concatenate(column) for column in zip((keys, mass), *waiting)))
                waiting.clear()
        places, side = np.divmod(keys, 2)
        of_unit, of_bin = np.divmod(places, len(ends))
        return cls(confusion.reshape(units, 4), losses, ends, of_unit, of_bin, side == 1, mass)

    def scores(self, drawn: np.ndarray) -> dict[str, float | None]:
        """Return the scores where each unit counts as often as it was drawn.

        Args:
            drawn: how often, shape (units,).
        """
        confusion = drawn @ self.confusion
        brier, log_loss = (drawn @ self.losses / confusion.sum()).tolist()
        weight = drawn[self.unit] * self.weight
        water, other = (np.bincount(self.bin[s], weight[s], len(self.probability)) for s in (self.water, ~self.water))
        ranking = Ranking(self.probability, water, other)
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


def _summed(keys: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct keys, rising, and the sum of each one's weights."""
    distinct, index = np.unique(keys, return_inverse=True)
    return distinct, np.bincount(index.reshape(-1), weights=weights, minlength=len(distinct))
