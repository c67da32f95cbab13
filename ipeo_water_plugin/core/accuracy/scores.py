"""Scores of a probability map against labelled pixels, from one table of pixels per class and probability. numpy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..progress import Progress, SilentProgress, raise_if_cancelled, row_slices
from ..translation import tr

_RELIABILITY_BINS = 15
_CURVE_POINTS = 200


def at_least(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Return where p ≥ threshold, compared in the probability's own precision, so that 0.3 in float32 reaches the threshold 0.3.

    Args:
        probability: any shape, float32 or float64.
        threshold: 0 to 1.

    Example:
        >>> at_least(np.array([0.2, 0.3], np.float32), 0.3)
        array([False,  True])
    """
    return probability >= probability.dtype.type(threshold)


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
        log_loss: mean −log p of the true class, in nats; p is clipped to the resolution of its data type.
        ece: expected calibration error: mean |p − share of water| over 15 bins of equal mass.
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

        Raises:
            CancelledError: the ranking's caller cancelled.

        Example:
            >>> ranking = Ranking.from_pixels(np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True]))
            >>> scores = Scores.from_ranking(ranking)
            >>> scores.precision, scores.recall, scores.auc
            (0.5, 0.5, 0.75)
        """
        confusion = ranking.confusion(threshold)
        both = bool(confusion.sum(axis=1).all())
        reliability = ranking.reliability() if both else ()
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

    Tens of millions of pixels take seconds, so all methods work in blocks of rows and raise CancelledError if the caller cancels.

    Attributes:
        probability: distinct values, ascending, shape (k,), float32 or float64.
        water, other: number of pixels of each class at each value, or their weight, shape (k,), float64.
        progress: asked whether to go on.
    """

    probability: np.ndarray
    water: np.ndarray
    other: np.ndarray
    progress: Progress = field(default_factory=SilentProgress)

    @classmethod
    def from_pixels(
        cls, probability: np.ndarray, water: np.ndarray, weight: np.ndarray | None = None, progress: Progress | None = None
    ) -> Ranking:
        """Count pixels by probability.

        Args:
            probability: p(water), shape (pixels,), in 0…1.
            water: True where water, shape (pixels,).
            weight: of each pixel, shape (pixels,); None = all 1.
            progress: asked whether to go on, here and in all methods.

        Raises:
            InputError: there is no pixel.
        """
        progress = progress or SilentProgress()
        if not len(probability):
            msg = tr("There is no pixel with both a probability and a reference: check that the two overlap.")
            raise InputError(msg)
        if weight is not None:
            values, index = np.unique(probability, return_inverse=True)
            index = index.reshape(-1)
            found, other = (np.bincount(index, np.where(water == side, weight, 0.0), len(values)) for side in (True, False))
            return cls(values, found, other, progress)
        runs: list[list[np.ndarray]] = []
        for rows in row_slices(len(probability), progress):
            p, is_water = probability[rows], water[rows]
            # Sorting each class by itself takes half the memory of ordering both.
            runs.append([np.sort(p[is_water]), np.sort(p[~is_water])])
        columns: list[list[np.ndarray]] = [[], [], []]
        ends = _interval_edges(probability, len(runs))
        for low, high in zip(ends, ends[1:]):
            raise_if_cancelled(progress)
            sides = [np.sort(np.concatenate([_between(run[side], low, high) for run in runs]), kind="stable") for side in (0, 1)]
            values = np.unique(np.concatenate(sides))
            counts = (np.diff(np.searchsorted(side, values, side="right"), prepend=0).astype(np.float64) for side in sides)
            for column, part in zip(columns, (values, *counts)):
                column.append(part)
        runs.clear()
        table, found, other = (_joined(column, progress) for column in columns)
        return cls(table, found, other, progress)

    def confusion(self, threshold: float) -> np.ndarray:
        """Return `confusion[reference][predicted]`, shape (2, 2), with p ≥ threshold predicted as water."""
        at = int(np.searchsorted(self.probability, self.probability.dtype.type(threshold), side="left"))
        return np.array([[side[:at].sum(), side[at:].sum()] for side in (self.other, self.water)])

    def auc(self) -> float | None:
        """Return the area under the ROC curve, or None if a class is missing."""
        water, other = self.water.sum(), self.other.sum()
        if not water or not other:
            return None
        above = sum(float(self.other[rows][::-1] @ (found - self.water[rows][::-1] / 2)) for rows, found, _ in self._descending())
        return above / float(water * other)

    def average_precision(self) -> float | None:
        """Return Σ (R_n − R_(n−1)) P_n, or None if there is no water."""
        water = self.water.sum()
        if not water:
            return None
        return sum(float(self.water[rows][::-1] @ (found / mapped)) for rows, found, mapped in self._descending()) / float(water)

    def brier(self) -> float:
        """Return the mean of (p − y)²."""
        return sum(float(w @ (1 - p) ** 2 + o @ p**2) for p, w, o in self._ascending()) / self._total

    def log_loss(self) -> float:
        """Return the mean of −log p of the true class, p clipped to the resolution of its data type, as in scikit-learn."""
        eps = float(np.finfo(self.probability.dtype).eps)
        total = 0.0
        for p, water, other in self._ascending():
            clipped = np.clip(p, eps, 1 - eps)
            total -= float(water @ np.log(clipped) + other @ np.log1p(-clipped))
        return total / self._total

    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Return bins of equal mass, by ascending probability; pixels of one probability are in one bin."""
        total, bins = self._total, _RELIABILITY_BINS
        start, before, last = 0, 0.0, -1
        starts: list[int] = []
        for p, water, other in self._ascending():
            mass = water + other
            cumulative = before + np.cumsum(mass)
            index = np.minimum((bins * (cumulative - mass / 2) / total).astype(np.int64), bins - 1)
            starts += (start + np.flatnonzero(np.diff(index, prepend=last))).tolist()
            start, before, last = start + len(p), float(cumulative[-1]), int(index[-1])
        rows = []
        for first, stop in zip(starts, [*starts[1:], len(self.probability)]):
            raise_if_cancelled(self.progress)
            part = slice(first, stop)
            mass = self.water[part] + self.other[part]
            weight = float(mass.sum())
            if weight:
                mean = float(mass @ self.probability[part].astype(np.float64)) / weight
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
        raise_if_cancelled(self.progress)
        cumulative = np.cumsum(self.water + self.other)
        last = np.searchsorted(cumulative, np.linspace(0, cumulative[-1], count + 1)[1:])
        return self.probability[np.unique([*np.minimum(last, len(cumulative) - 1).tolist(), len(cumulative) - 1])]

    @property
    def _total(self) -> float:
        return float(self.water.sum() + self.other.sum())

    def _ascending(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield probability in float64, water and other, in blocks of rows."""
        for rows in row_slices(len(self.probability), self.progress):
            yield self.probability[rows].astype(np.float64), self.water[rows], self.other[rows]

    def _descending(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield rows in blocks by descending probability, each with the cumulative weight of water and of all pixels down to each row."""
        water = mapped = 0.0
        # Weights may be 0.
        tiny = np.finfo(np.float64).tiny
        k = len(self.probability)
        for turned in row_slices(k, self.progress):
            rows = slice(k - turned.stop, k - turned.start)
            found = water + np.cumsum(self.water[rows][::-1])
            both = mapped + np.cumsum((self.water[rows] + self.other[rows])[::-1])
            water, mapped = found[-1], both[-1]
            yield rows, found, np.maximum(both, tiny)

    def _curve_points(self) -> np.ndarray:
        """Return cumulative weight of water and of all pixels, and threshold, evenly spaced along the ROC curve; shape (3, ≤ 199)."""
        k, cells = len(self.probability), _CURVE_POINTS - 3
        water, other = (max(float(side.sum()), np.finfo(np.float64).tiny) for side in (self.water, self.other))
        columns: list[np.ndarray] = []
        last = -1
        for part, found, mapped in self._descending():
            # The length of the curve so far is false positive rate + recall, from 0 to 2.
            cell = (cells / 2 * (found / water + (mapped - found) / other)).astype(np.int64)
            chosen = np.diff(cell, prepend=last) > 0 if k > cells else np.ones(len(cell), bool)
            chosen[-1] |= part.start == 0
            columns.append(np.stack([found[chosen], mapped[chosen], self.probability[part][::-1][chosen].astype(np.float64)]))
            last = int(cell[-1])
        return np.concatenate(columns, axis=1)


def _interval_edges(values: np.ndarray, count: int) -> list[float]:
    """Return edges of `count` intervals with about equally many values, from a subset of them."""
    subset = np.sort(values[:: max(1, len(values) // (64 * count))])
    return [-np.inf, *np.unique(subset[[number * len(subset) // count for number in range(1, count)]]).tolist(), np.inf]


def _between(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the ascending values with low ≤ value < high."""
    first, stop = np.searchsorted(values, np.array([low, high], values.dtype))
    return values[first:stop]


def _joined(parts: list[np.ndarray], progress: Progress) -> np.ndarray:
    """Concatenate parts and release them."""
    raise_if_cancelled(progress)
    column = np.concatenate(parts)
    parts.clear()
    return column


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
