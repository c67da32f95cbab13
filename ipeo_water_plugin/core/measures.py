"""Scores of a probability map against labelled pixels, from one table: how much of each class has which probability. numpy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .wording import tr

RELIABILITY_BINS = 15
_CURVE_POINTS = 200

# Rows of the table worked on at a time, so that what is made along the way stays small.
_CHUNK = 1_000_000


def at_least(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Return where p ≥ threshold, both taken in the probability's own precision, so that a pixel of 0.3 counts at threshold 0.3."""
    return probability >= probability.dtype.type(threshold)


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram.

    Attributes:
        lower, upper: smallest and largest probability in it.
        probability: mean probability said.
        water: share that is water.
        weight: pixels in it, or their weight.
    """

    lower: float
    upper: float
    probability: float
    water: float
    weight: float


@dataclass(frozen=True, eq=False)
class Measures:
    """Scores of p ≥ threshold and of p itself. What can't be computed is None, such as AUC where there is one class alone.

    Attributes:
        confusion: `confusion[reference][predicted]`, shape (2, 2), float64, each axis (not water, water): pixels, or their weight.
        accuracy: share of the pixels on the right side.
        precision: share of what is mapped as water that is water (user's accuracy of water).
        recall: share of the water that is mapped (producer's accuracy of water).
        f1: harmonic mean of both.
        iou: intersection of mapped and true water over their union.
        auc: chance that a water pixel has a higher p than another, ties counting half.
        average_precision: Σ (R_n − R_(n−1)) P_n over falling thresholds.
        brier: mean of (p − y)².
        log_loss: mean −log p of the true class, in nats; p is kept off 0 and 1 by the resolution of its data type.
        ece: expected calibration error: mean |p − share of water| over 15 bins of equal mass.
        reliability: those bins, by rising probability; pixels of one probability are never parted, so there may be fewer.
        roc: false positive rate, recall, threshold by falling threshold; shape (≤ 200, 3), empty where a class is missing.
        precision_recall: recall, precision, threshold by falling threshold; shape (≤ 200, 3), empty where there is no water.
        histogram: pixels, or their weight, by class (not water, water) and 50 equal bins of p from 0 to 1, shape (2, 50).
    """

    confusion: np.ndarray
    accuracy: float
    precision: float | None
    recall: float | None
    f1: float | None
    iou: float | None
    auc: float | None
    average_precision: float | None
    brier: float
    log_loss: float
    ece: float
    reliability: tuple[ReliabilityBin, ...]
    roc: np.ndarray
    precision_recall: np.ndarray
    histogram: np.ndarray


@dataclass(frozen=True, eq=False)
class Ranking:
    """Labelled pixels put together by probability: all that the scores need to know of them.

    Attributes:
        probability: distinct values, rising, shape (k,), float32 or float64.
        water, other: pixels of each class at each, or their weight, shape (k,), float64.
    """

    probability: np.ndarray
    water: np.ndarray
    other: np.ndarray

    @classmethod
    def of(cls, probability: np.ndarray, water: np.ndarray, weight: np.ndarray | None = None) -> Ranking:
        """Count pixels by probability.

        Args:
            probability: p(water), shape (pixels,), in 0…1.
            water: True where water, shape (pixels,).
            weight: of each pixel, shape (pixels,); None = each weighs 1.

        Raises:
            InputError: there is no pixel.
        """
        if not len(probability):
            msg = tr("There is no pixel with both a probability and a reference: check that the two overlap.")
            raise InputError(msg)
        if weight is not None:
            values, index = np.unique(probability, return_inverse=True)
            index = index.reshape(-1)
            of_class = (np.bincount(index, weights=np.where(water == side, weight, 0.0), minlength=len(values)) for side in (True, False))
            return cls(values, *of_class)
        # Sorting each class by itself needs half the memory of ordering both.
        sides = [np.sort(probability[side]) for side in (water, ~water)]
        values = np.unique(np.concatenate(sides))
        counts = (np.diff(np.searchsorted(side, values, side="right"), prepend=0).astype(np.float64) for side in sides)
        return cls(values, *counts)

    def confusion(self, threshold: float) -> np.ndarray:
        """Return `confusion[reference][predicted]`, shape (2, 2); p ≥ threshold is predicted water."""
        at = int(np.searchsorted(self.probability, self.probability.dtype.type(threshold), side="left"))
        return np.array([[side[:at].sum(), side[at:].sum()] for side in (self.other, self.water)])

    def auc(self) -> float | None:
        """Return the area under the ROC curve, or None where a class is missing."""
        water, other = self.water.sum(), self.other.sum()
        if not water or not other:
            return None
        below = np.cumsum(self.other) - self.other / 2
        return float(self.water @ below / (water * other))

    def average_precision(self) -> float | None:
        """Return Σ (R_n − R_(n−1)) P_n, or None where there is no water."""
        water = self.water.sum()
        if not water:
            return None
        found, mapped = self._cumulated()
        return float(np.sum(self.water[::-1] * (found / mapped)) / water)

    def brier(self) -> float:
        """Return the mean of (p − y)²."""
        return sum(float(w @ (1 - p) ** 2 + o @ p**2) for p, w, o in self._chunks()) / self._total

    def log_loss(self) -> float:
        """Return the mean of −log p of the true class, p clipped to the resolution of its data type as scikit-learn does."""
        least = float(np.finfo(self.probability.dtype).eps)
        total = 0.0
        for p, water, other in self._chunks():
            clipped = np.clip(p, least, 1 - least)
            total -= float(water @ np.log(clipped) + other @ np.log1p(-clipped))
        return total / self._total

    def reliability(self, bins: int = RELIABILITY_BINS) -> tuple[ReliabilityBin, ...]:
        """Return bins of equal mass, by rising probability; pixels of one probability stay together."""
        mass = self.water + self.other
        middle = np.cumsum(mass) - mass / 2
        index = np.minimum((bins * middle / mass.sum()).astype(np.int64), bins - 1)
        starts = np.flatnonzero(np.diff(index, prepend=-1))
        stops = [*starts[1:].tolist(), len(index)]
        rows = []
        for start, stop in zip(starts.tolist(), stops):
            part = slice(start, stop)
            weight = float(mass[part].sum())
            if weight:
                said = float(mass[part] @ self.probability[part].astype(np.float64)) / weight
                ends = float(self.probability[start]), float(self.probability[stop - 1])
                rows.append(ReliabilityBin(*ends, said, float(self.water[part].sum()) / weight, weight))
        return tuple(rows)

    def roc(self) -> np.ndarray:
        """Return false positive rate, recall and threshold, from (0, 0, ∞) by falling threshold, thinned."""
        water, other = self.water.sum(), self.other.sum()
        if not water or not other:
            return np.empty((0, 3))
        found, mapped = self._cumulated()
        mapped -= found
        return np.concatenate([[[0.0, 0.0, np.inf]], self._thinned(mapped / other, found / water, _CURVE_POINTS - 1)])

    def precision_recall(self) -> np.ndarray:
        """Return recall, precision and threshold by falling threshold, thinned."""
        water = self.water.sum()
        if not water:
            return np.empty((0, 3))
        found, mapped = self._cumulated()
        return self._thinned(found / water, found / mapped, _CURVE_POINTS)

    def histogram(self, bins: int = 50) -> np.ndarray:
        """Return the mass of each class (not water, water) in equal bins of p from 0 to 1, shape (2, bins)."""
        return np.stack([np.histogram(self.probability, bins, (0, 1), weights=side)[0] for side in (self.other, self.water)])

    @property
    def _total(self) -> float:
        return float(self.water.sum() + self.other.sum())

    def _cumulated(self) -> tuple[np.ndarray, np.ndarray]:
        """Water found and pixels mapped as water, by falling threshold."""
        found = np.cumsum(self.water[::-1])
        mapped = found + np.cumsum(self.other[::-1])
        # Pixels may weigh nothing, and nothing is precise of nothing.
        return found, np.maximum(mapped, np.finfo(np.float64).tiny)

    def _thinned(self, x: np.ndarray, y: np.ndarray, points: int) -> np.ndarray:
        """Return x, y and threshold of at most so many points of a curve, evenly spread along its way, both ends among them."""
        chosen = np.arange(len(x))
        if len(x) > points:
            way = np.abs(np.diff(x))
            way += np.abs(np.diff(y))
            np.cumsum(way, out=way)
            # The step after which so much of the way is done; the first point has no step before it.
            steps = np.searchsorted(way, np.linspace(0, way[-1], points - 1)[1:])
            chosen = np.unique(np.concatenate([[0], np.minimum(steps + 1, len(x) - 1), [len(x) - 1]]))
        return np.stack([x[chosen], y[chosen], self.probability[::-1][chosen].astype(np.float64)], axis=1)

    def _chunks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for start in range(0, len(self.probability), _CHUNK):
            part = slice(start, start + _CHUNK)
            yield self.probability[part].astype(np.float64), self.water[part], self.other[part]


def from_confusion(confusion: np.ndarray) -> dict[str, float | None]:
    """Return accuracy, precision, recall, f1 and iou of water; what divides by zero is None.

    Args:
        confusion: `confusion[reference][predicted]`, shape (2, 2), of numbers or weights.
    """
    (right_other, false_water), (missed, found) = confusion.tolist()

    def share(part: float, whole: float) -> float | None:
        return part / whole if whole else None

    return {
        "accuracy": share(right_other + found, right_other + false_water + missed + found),
        "precision": share(found, found + false_water),
        "recall": share(found, found + missed),
        "f1": share(2 * found, 2 * found + false_water + missed),
        "iou": share(found, found + false_water + missed),
    }


def expected_calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the mean distance of said probability and share of water over bins, weighted by their mass."""
    total = sum(b.weight for b in bins)
    return sum(b.weight * abs(b.probability - b.water) for b in bins) / total


def measure(ranking: Ranking, threshold: float = 0.5) -> Measures:
    """Compute all scores.

    Args:
        ranking: of the pixels.
        threshold: p at or above it is water.
    """
    confusion = ranking.confusion(threshold)
    reliability = ranking.reliability()
    return Measures(
        confusion=confusion,
        **from_confusion(confusion),  # type: ignore[arg-type]
        auc=ranking.auc(),
        average_precision=ranking.average_precision(),
        brier=ranking.brier(),
        log_loss=ranking.log_loss(),
        ece=expected_calibration_error(reliability),
        reliability=reliability,
        roc=ranking.roc(),
        precision_recall=ranking.precision_recall(),
        histogram=ranking.histogram(),
    )
