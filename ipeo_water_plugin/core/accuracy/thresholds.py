"""Thresholds: best F1 on held-out polygons, and Otsu's; and scores at another share of water. numpy alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..translation import tr

# More folds hardly improve the estimate, and each needs a polygon of either class.
MAX_FOLDS = 5
_MIN_POLYGONS = 2
_OTSU_BINS = 256


@dataclass(frozen=True)
class ThresholdChoice:
    """The threshold with the best F1 on held-out polygons, compared with 0.5.

    Attributes:
        best: has the best F1 on all held-out pixels.
        f1: cross-validated F1 of that choice: thresholds chosen on some of the polygons and scored on the others, all pixels pooled.
        f1_at_half: of p ≥ 0.5 on the same pixels.
        mapped: share of the held-out pixels that the best threshold maps as water.
        mapped_at_half: likewise at 0.5.
        folds: number of groups of polygons.
        water_fraction: share of water that the pixels were weighted to; None = equal weights.
    """

    best: float
    f1: float
    f1_at_half: float
    mapped: float
    mapped_at_half: float
    folds: int
    water_fraction: float | None = None

    @property
    def recommended(self) -> float:
        """The best threshold if it beats 0.5 on polygons that it wasn't chosen on, else 0.5.

        Chosen on a handful of polygons, the best threshold can be far off on the next one, and then 0.5 is the better choice.
        """
        return self.best if self.f1 > self.f1_at_half else 0.5

    def to_record(self) -> dict[str, Any]:
        """Return plain JSON values, as they stand in a model file."""
        return {"recommended": self.recommended, **asdict(self)}


def choose_threshold(
    probability: np.ndarray, y: np.ndarray, group: np.ndarray, water_fraction: float | None = None, seed: int = 0
) -> ThresholdChoice | None:
    """Choose the threshold with the best F1, and estimate that choice's F1 on polygons that had no part in it.

    The score of a threshold on the pixels that it was chosen on is optimistic. So the polygons are divided into folds, class by class, and
    each fold is mapped with the threshold that is best on the others. None if fewer than two polygons of a class were held out.

    Args:
        probability: p(water) of held-out pixels, shape (pixels,).
        y: True where water, shape (pixels,).
        group: which polygon a pixel belongs to, shape (pixels,), integer.
        water_fraction: weight the pixels so that water has this share, since F1 depends on it; None = equal weights.
        seed: of the division into folds.
    """
    fold = _folds(y, group, seed)
    if fold is None:
        return None
    weight = class_weights(y, water_fraction)
    folds = int(fold.max()) + 1
    predicted = np.zeros(len(y), bool)
    for turn in range(folds):
        inside = fold == turn
        predicted[inside] = probability[inside] >= best_f1_threshold(probability[~inside], y[~inside], weight[~inside])
    best = best_f1_threshold(probability, y, weight)
    return ThresholdChoice(
        best=best,
        f1=weighted_f1(predicted, y, weight),
        f1_at_half=weighted_f1(probability >= 0.5, y, weight),
        mapped=float(np.average(probability >= best, weights=weight)),
        mapped_at_half=float(np.average(probability >= 0.5, weights=weight)),
        folds=folds,
        water_fraction=water_fraction,
    )


def _folds(y: np.ndarray, group: np.ndarray, seed: int) -> np.ndarray | None:
    """Return each pixel's fold, whole polygons divided class by class, or None if a class has too few polygons."""
    index = np.unique(group, return_inverse=True)[1].reshape(-1)
    pixels = np.bincount(index)
    water = 2 * np.bincount(index, weights=y) >= pixels
    folds = min(int(np.count_nonzero(water)), int(np.count_nonzero(~water)), MAX_FOLDS)
    if folds < _MIN_POLYGONS:
        return None
    draw = np.random.default_rng(seed)
    fold = np.empty(len(pixels), np.int64)
    for members in (np.flatnonzero(water), np.flatnonzero(~water)):
        fold[draw.permutation(members)] = np.arange(len(members)) % folds
    return fold[index]


def check_threshold(threshold: float) -> None:
    """Raise InputError if a threshold isn't a probability."""
    if not 0 <= threshold <= 1:
        msg = tr("The threshold is {threshold:g}: give a probability from 0 to 1.").format(threshold=threshold)
        raise InputError(msg)


def class_weights(y: np.ndarray, water_fraction: float | None) -> np.ndarray:
    """Return pixel weights with which water has the given share of the total, which stays the number of pixels; shape (pixels,).

    Args:
        y: True where water, both classes present, shape (pixels,).
        water_fraction: above 0 and below 1; None = all weights are 1.
    """
    if water_fraction is None:
        return np.ones(len(y))
    own = float(np.mean(y))
    return np.where(y, water_fraction / own, (1 - water_fraction) / (1 - own))


def weighted_f1(predicted: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Return F1 of water = 2 TP / (2 TP + FP + FN), pixels weighted; 0 if there is no water and none is predicted.

    Args:
        predicted: True where mapped as water, shape (pixels,).
        y: True where water, shape (pixels,).
        weight: of each pixel, shape (pixels,).
    """
    both = 2 * float(weight[predicted & y].sum())
    either = float(weight[predicted].sum() + weight[y].sum())
    return both / either if either else 0.0


def best_f1_threshold(probability: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Return the threshold t with the highest F1 of p ≥ t; in a tie, the one nearest to 0.5.

    Between two neighbouring probabilities every threshold maps the same pixels, so the middle of such a gap stands for it, or 0.5
    if the gap contains it: if the classes are cleanly separable, the result doesn't depend on a single pixel.

    Args:
        probability: p(water), shape (pixels,), in 0…1.
        y: True where water, shape (pixels,).
        weight: of each pixel, shape (pixels,).
    """
    order = np.argsort(-probability, kind="stable")
    p = probability[order]
    found = np.cumsum(np.where(y[order], weight[order], 0.0))
    mapped = np.cumsum(weight[order])
    last = np.append(p[1:] != p[:-1], True)
    f1 = 2 * found[last] / (mapped[last] + found[-1])
    upper = p[last]
    lower = np.append(upper[1:], 0.0)
    middle = np.where((lower < 0.5) & (upper >= 0.5), 0.5, (lower + upper) / 2)
    equals = middle[f1 >= f1.max() * (1 - 1e-12)]
    return float(equals[np.argmin(np.abs(equals - 0.5))])


def at_water_fraction(recall: float, false_alarms: float, water_fraction: float) -> tuple[float, float]:
    """Return precision and F1 of water at another share of water than among the scored pixels.

    Recall (TPR) and false positive rate (FPR) of a classifier don't depend on how much water there is; precision does:
    w · TPR / (w · TPR + (1 − w) · FPR), by Bayes' rule.

    Args:
        recall: share of the water that is mapped as water (TPR).
        false_alarms: share of what isn't water that is mapped as water (FPR).
        water_fraction: w, the share of water, 0 to 1.

    Example:
        >>> precision, f1 = at_water_fraction(recall=0.9, false_alarms=0.1, water_fraction=0.5)
        >>> round(precision, 3), round(at_water_fraction(0.9, 0.1, 0.02)[0], 3)
        (0.9, 0.155)
    """
    hits, false = water_fraction * recall, (1 - water_fraction) * false_alarms
    if hits == 0:
        return 0.0, 0.0
    precision = hits / (hits + false)
    return precision, 2 * precision * recall / (precision + recall)


def otsu(values: np.ndarray, span: tuple[float, float]) -> float | None:
    """Return Otsu's threshold, which maximizes the variance between the two sides of a histogram of 256 bins; None if one holds all.

    N. Otsu (1979), A threshold selection method from gray-level histograms, doi 10.1109/TSMC.1979.4310076. If several empty bins are
    equally good, their middle.

    Args:
        values: finite numbers, at least one, shape (n,).
        span: range of the bins, such as −1 to 1 for an NDWI: that of the quantity, since one outlier would stretch the range of the data
            until all other values fell into one bin. Values beyond it count in the outermost bins.
    """
    counts, edges = np.histogram(np.clip(values, *span), bins=_OTSU_BINS, range=span)
    return otsu_of_histogram(counts, edges)


def otsu_of_histogram(counts: np.ndarray, edges: np.ndarray) -> float | None:
    """Return Otsu's threshold of a histogram, as `otsu` does for values; None if fewer than two bins hold any.

    Args:
        counts: number of values in each bin, shape (bins,).
        edges: of the bins, ascending, shape (bins + 1,).
    """
    if np.count_nonzero(counts) < 2:
        return None
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    total = np.cumsum(counts * centres)
    above = counts.sum() - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (total[:-1] / below - (total[-1] - total[:-1]) / above) ** 2
    best = np.flatnonzero(between >= np.nanmax(between) * (1 - 1e-12))
    return float(edges[1:-1][best].mean())
