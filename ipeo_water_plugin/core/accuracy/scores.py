"""Scores of a probability map against labelled pixels, from one table of pixels per class and probability. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..model import STEPS, at_least
from ..translation import tr

_MIN_PROBABILITY = 0.5 / STEPS
_RELIABILITY_BINS = 15
_CURVE_POINTS = 200


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
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    iou: float | None
    auc: float | None
    average_precision: float | None
    brier: float | None
    log_loss: float | None
    ece: float | None
    reliability: tuple[ReliabilityBin, ...]
    roc: np.ndarray
    precision_recall: np.ndarray

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
        both = bool(confusion.sum(axis=1).all())
        reliability = ranking.reliability(threshold) if both else ()
        return cls(
            confusion=confusion,
            **{name: value if both or name == "recall" else None for name, value in scores_from_confusion(confusion).items()},  # type: ignore[arg-type]
            auc=ranking.auc(),
            average_precision=ranking.average_precision() if both else None,
            brier=ranking.brier() if both else None,
            log_loss=ranking.log_loss() if both else None,
            ece=expected_calibration_error(reliability) if both else None,
            reliability=reliability,
            roc=ranking.roc(),
            precision_recall=ranking.precision_recall() if both else np.empty((0, 3)),
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
            probability: p(water), shape (pixels,), in 0…1.
            water: True where water, shape (pixels,).
            weight: of each pixel, or the number of such pixels, shape (pixels,); None = all 1.

        Raises:
            InputError: there is no pixel.
        """
        if not len(probability):
            msg = tr("There is no pixel with both a probability and a reference: check that the two overlap.")
            raise InputError(msg)
        values, index = np.unique(probability, return_inverse=True)
        index, weight = index.reshape(-1), np.ones(len(probability)) if weight is None else weight
        return cls(values, *(np.bincount(index[side], weight[side], len(values)) for side in (water, ~water)))

    def confusion(self, threshold: float) -> np.ndarray:
        """Return `confusion[reference][predicted]`, shape (2, 2), with p ≥ threshold predicted as water."""
        at = int(np.searchsorted(self.probability, self.probability.dtype.type(threshold), side="left"))
        return np.array([[side[:at].sum(), side[at:].sum()] for side in (self.other, self.water)])

    def auc(self) -> float | None:
        """Return the area under the ROC curve, or None if a class is missing."""
        water, other = self.water.sum(), self.other.sum()
        if not water or not other:
            return None
        found, _ = self._descending()
        return float(self.other[::-1] @ (found - self.water[::-1] / 2)) / float(water * other)

    def average_precision(self) -> float | None:
        """Return Σ (R_n − R_(n−1)) P_n, or None if there is no water."""
        water = self.water.sum()
        if not water:
            return None
        found, mapped = self._descending()
        return float(self.water[::-1] @ (found / mapped)) / float(water)

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

    def roc(self) -> np.ndarray:
        """Return points of the ROC curve: false positive rate, recall and threshold, descending from (0, 0, ∞); shape (≤ 200, 3)."""
        water, other = self.water.sum(), self.other.sum()
        if not water or not other:
            return np.empty((0, 3))
        found, mapped, threshold = self._curve_points()
        curve = np.stack([(mapped - found) / other, found / water, threshold], axis=1)
        return np.concatenate([[[0.0, 0.0, np.inf]], curve])

    def precision_recall(self) -> np.ndarray:
        """Return points of the precision-recall curve: recall, precision and threshold, by descending threshold; shape (≤ 200, 3)."""
        water = self.water.sum()
        if not water:
            return np.empty((0, 3))
        found, mapped, threshold = self._curve_points()
        return np.stack([found / water, found / mapped, threshold], axis=1)

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

    def _descending(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the weight of water and of all pixels down to each probability, from the highest; shape (k,) each."""
        # Weights may be 0.
        tiny = np.finfo(np.float64).tiny
        return np.cumsum(self.water[::-1]), np.maximum(np.cumsum((self.water + self.other)[::-1]), tiny)

    def _curve_points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weight of water and of all pixels, and threshold, evenly spaced along the ROC curve; shape (≤ 199,) each."""
        cells = _CURVE_POINTS - 3
        water, other = (max(float(side.sum()), np.finfo(np.float64).tiny) for side in (self.water, self.other))
        found, mapped = self._descending()
        # The length of the curve so far is false positive rate + recall, from 0 to 2.
        cell = (cells / 2 * (found / water + (mapped - found) / other)).astype(np.int64)
        chosen = np.diff(cell, prepend=-1) > 0 if len(cell) > cells else np.ones(len(cell), bool)
        chosen[-1] = True
        return found[chosen], mapped[chosen], self.probability[::-1][chosen].astype(np.float64)


def scores_from_confusion(confusion: np.ndarray) -> dict[str, float | None]:
    """Return accuracy, precision, recall, f1 and iou of water; None for a division by zero.

    Args:
        confusion: `confusion[reference][predicted]`, shape (2, 2), of numbers or weights.
    """
    (true_other, false_water), (missed, found) = confusion.tolist()

    def share(part: float, whole: float) -> float | None:
        return part / whole if whole else None

    return {
        "accuracy": share(true_other + found, true_other + false_water + missed + found),
        "precision": share(found, found + false_water),
        "recall": share(found, found + missed),
        "f1": share(2 * found, 2 * found + false_water + missed),
        "iou": share(found, found + false_water + missed),
    }


def expected_calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the mean distance between predicted probability and share of water over bins, weighted by their mass."""
    total = sum(b.weight for b in bins)
    return sum(b.weight * abs(b.probability - b.water) for b in bins) / total
