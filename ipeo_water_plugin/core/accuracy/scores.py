"""Scores of a probability map against labelled pixels, from one table of pixels per class and probability. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..model import STEPS, at_least

_MIN_PROBABILITY = 0.5 / STEPS
_RELIABILITY_BINS = 15
_CURVE_POINTS = 200
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram.

    Attributes:
        lower, upper: smallest and largest probability in it.
        probability: mean predicted probability.
        water: share that is water.
        weight: number of pixels in it, or their weight.
    """

    lower: float
    upper: float
    probability: float
    water: float
    weight: float


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of p ≥ threshold and of p itself; None if undefined.

    If the reference holds one class only, all but recall are None: against a reference of water only, a map of nothing but water would
    have a precision, an accuracy and an F1 of 1.

    Attributes:
        confusion: `confusion[reference][predicted]`, shape (2, 2), float64, each axis (not water, water): pixels, or their weight.
        accuracy: share of the pixels that are mapped correctly.
        precision: share of the pixels mapped as water that are water (user's accuracy of water).
        recall: share of the water that is mapped (producer's accuracy of water).
        f1: harmonic mean of both.
        iou: intersection of mapped and true water over their union.
        auc: probability that a water pixel has a higher p than another pixel, ties counting half.
        average_precision: Σ (R_n − R_(n−1)) P_n over descending thresholds.
        brier: mean of (p − y)².
        log_loss: mean −log p of the true class, in nats; p is clipped to 2⁻¹⁸ and 1 − 2⁻¹⁸, half a step of stored results.
        ece: expected calibration error: mean |p − share of water| over 15 bins of equal mass, one of them divided at the threshold.
        reliability: those bins, by ascending probability; pixels of one probability are in one bin, so there may be fewer. Empty if a class
            is missing.
        roc: false positive rate, recall, threshold by descending threshold; shape (≤ 200, 3), empty if a class is missing.
        precision_recall: recall, precision, threshold by descending threshold; shape (≤ 200, 3), empty if there is no water.
    """

    confusion: np.ndarray
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    iou: float | None = None
    auc: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    log_loss: float | None = None
    ece: float | None = None
    reliability: tuple[ReliabilityBin, ...] = ()
    roc: np.ndarray = field(default_factory=lambda: np.empty((0, 3)))
    precision_recall: np.ndarray = field(default_factory=lambda: np.empty((0, 3)))

    @classmethod
    def from_ranking(cls, ranking: Ranking, threshold: float = 0.5) -> Scores:
        """Compute all scores.

        Args:
            ranking: of the pixels.
            threshold: pixels with p ≥ threshold are mapped as water.

        Example:
            >>> ranking = Ranking.from_pixels(np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True]))
            >>> scores = Scores.from_ranking(ranking)
            >>> scores.precision, scores.recall, scores.auc
            (0.5, 0.5, 0.75)
        """
        confusion = ranking.confusion(threshold)
        found = {**scores_from_confusion(*confusion.reshape(-1)), **scores_from_ranks(ranking.water, ranking.other)}
        known = {name: None if np.isnan(value) else float(value) for name, value in found.items()}
        if not confusion.sum(axis=1).all():
            return cls(confusion, recall=known["recall"])
        reliability = ranking.reliability(threshold)
        roc, precision_recall = ranking.curves()
        return cls(
            confusion,
            **known,
            brier=ranking.brier(),
            log_loss=ranking.log_loss(),
            ece=expected_calibration_error(reliability),
            reliability=reliability,
            roc=roc,
            precision_recall=precision_recall,
        )


@dataclass(frozen=True, eq=False)
class Ranking:
    """Labelled pixels counted by probability: all that the scores need.

    Attributes:
        probability: distinct values, ascending, shape (k,), float32 or float64.
        water, other: number of pixels of each class at each value, or their weight, shape (k,), float64.
    """

    probability: np.ndarray
    water: np.ndarray
    other: np.ndarray

    @classmethod
    def from_pixels(cls, probability: np.ndarray, water: np.ndarray, weight: np.ndarray | None = None) -> Ranking:
        """Count pixels by probability.

        Args:
            probability: p(water), shape (pixels,), in 0…1, of at least one pixel.
            water: True where water, shape (pixels,).
            weight: of each pixel, or the number of such pixels, shape (pixels,); None = all 1.
        """
        values, index = np.unique(probability, return_inverse=True)
        index, weight = index.reshape(-1), np.ones(len(probability)) if weight is None else weight
        return cls(values, *(np.bincount(index[side], weight[side], len(values)) for side in (water, ~water)))

    def confusion(self, threshold: float) -> np.ndarray:
        """Return `confusion[reference][predicted]`, shape (2, 2), with p ≥ threshold predicted as water."""
        at = int(np.searchsorted(self.probability, self.probability.dtype.type(threshold), side="left"))
        return np.array([[side[:at].sum(), side[at:].sum()] for side in (self.other, self.water)])

    def brier(self) -> float:
        """Return the mean of (p − y)²."""
        p = self.probability.astype(np.float64)
        return float(self.water @ (1 - p) ** 2 + self.other @ p**2) / self._total

    def log_loss(self) -> float:
        """Return the mean of −log p of the true class, with p no nearer to 0 and 1 than half a step of stored results."""
        p = np.clip(self.probability.astype(np.float64), _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
        return -float(self.water @ np.log(p) + self.other @ np.log1p(-p)) / self._total

    def reliability(self, threshold: float | None = None) -> tuple[ReliabilityBin, ...]:
        """Return bins of equal mass, by ascending probability; pixels of one probability are in one bin.

        Args:
            threshold: divides the bin in which it lies, so that rare water isn't averaged with the rest; None = no bin is divided.
        """
        mass = self.water + self.other
        index = np.minimum((_RELIABILITY_BINS * (np.cumsum(mass) - mass / 2) / self._total).astype(np.int64), _RELIABILITY_BINS - 1)
        if threshold is not None:
            index = 2 * index + at_least(self.probability, threshold)
        starts = np.flatnonzero(np.diff(index, prepend=-1)).tolist()
        rows = []
        for first, stop in zip(starts, [*starts[1:], len(mass)]):
            part = slice(first, stop)
            weight = float(mass[part].sum())
            if weight:
                mean = float(mass[part] @ self.probability[part].astype(np.float64)) / weight
                ends = float(self.probability[first]), float(self.probability[stop - 1])
                rows.append(ReliabilityBin(*ends, mean, float(self.water[part].sum()) / weight, weight))
        return tuple(rows)

    def curves(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ROC and the precision-recall curve, as in `Scores`, evenly spaced along the ROC curve; both classes are present."""
        found, mapped = np.cumsum(self.water[::-1]), np.cumsum((self.water + self.other)[::-1])
        cells, recall, false_alarms = _CURVE_POINTS - 3, found / found[-1], (mapped - found) / (mapped[-1] - found[-1])
        # The length of the curve so far is false positive rate + recall, from 0 to 2.
        cell = (cells / 2 * (recall + false_alarms)).astype(np.int64)
        chosen = np.diff(cell, prepend=-1) > 0 if len(cell) > cells else np.ones(len(cell), bool)
        chosen[-1] = True
        # Weights may be 0.
        precision = found / np.maximum(mapped, _TINY)
        threshold = self.probability[::-1].astype(np.float64)
        roc = np.stack([false_alarms, recall, threshold], axis=1)[chosen]
        return np.concatenate([[[0.0, 0.0, np.inf]], roc]), np.stack([recall, precision, threshold], axis=1)[chosen]

    def bin_edges(self, count: int) -> np.ndarray:
        """Return upper edges of at most `count` bins of about equal mass, ascending, the last one the highest probability."""
        if len(self.probability) <= count:
            return self.probability
        cumulative = np.cumsum(self.water + self.other)
        last = np.searchsorted(cumulative, np.linspace(0, cumulative[-1], count + 1)[1:])
        return self.probability[np.unique([*np.minimum(last, len(cumulative) - 1).tolist(), len(cumulative) - 1])]

    @property
    def _total(self) -> float:
        return float(self.water.sum() + self.other.sum())


def scores_from_confusion(true_other: np.ndarray, false_water: np.ndarray, missed: np.ndarray, found: np.ndarray) -> dict[str, np.ndarray]:
    """Return accuracy, precision, recall, f1 and iou of water, each in the shape of the arguments; NaN for a division by zero.

    Args:
        true_other, false_water: pixels that aren't water, mapped as such and as water, or their weight; any shape.
        missed, found: water, likewise.
    """
    wrong = false_water + missed
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "accuracy": (true_other + found) / (true_other + wrong + found),
            "precision": found / (found + false_water),
            "recall": found / (found + missed),
            "f1": 2 * found / (2 * found + wrong),
            "iou": found / (found + wrong),
        }


def scores_from_ranks(water: np.ndarray, other: np.ndarray) -> dict[str, np.ndarray]:
    """Return auc and average precision, shape (…); NaN if a class is missing.

    Args:
        water, other: pixels of each class at each probability, ascending, or their weight, shape (…, k).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.cumsum(other, axis=-1)
        found, mapped = (np.cumsum(mass[..., ::-1], axis=-1)[..., ::-1] for mass in (water, water + other))
        return {
            "auc": np.sum(water * (below - other / 2), axis=-1) / (found[..., 0] * below[..., -1]),
            "average_precision": np.sum(water * found / np.maximum(mapped, _TINY), axis=-1) / found[..., 0],
        }


def expected_calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the mean distance between predicted probability and share of water over bins, weighted by their mass."""
    total = sum(b.weight for b in bins)
    return sum(b.weight * abs(b.probability - b.water) for b in bins) / total
