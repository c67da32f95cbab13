"""Holds out whole polygons for validation, and scores predictions. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..accuracy.thresholds import class_weights, weighted_f1
from ..model import sigmoid
from ..progress import Progress
from ..samples import Samples
from ..translation import tr


@dataclass(frozen=True)
class FitScores:
    """How well a model fits labelled pixels.

    Attributes:
        loss: mean binary cross-entropy in nats, without the L2 term; both classes weigh the same if they did in training.
        accuracy: share of pixels classified correctly at p = 0.5.
        f1: F1 of water at p = 0.5, the harmonic mean of precision and recall; 0 if no water was found.
    """

    loss: float
    accuracy: float
    f1: float


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Predictions for the pixels of held-out polygons, by models trained without them; one entry per pixel.

    Attributes:
        rows: indices of the pixels in the samples, int64.
        logit: float64, for the share of water in the samples: without the shift for `water_fraction`.
        y: True where water.
        group: number of the (scene, polygon) pair, see `Samples.groups`, int64.
        fold: in which the pixel was held out, int64; 0 for a single split.
    """

    rows: np.ndarray
    logit: np.ndarray
    y: np.ndarray
    group: np.ndarray
    fold: np.ndarray

    @property
    def probability(self) -> np.ndarray:
        """Return p(water), without that shift."""
        return sigmoid(self.logit)


def split_polygons(samples: Samples, fraction: float, folds: int, seed: int, progress: Progress) -> np.ndarray | None:
    """Choose the polygons to hold out. Pixels of one polygon resemble each other, so a polygon is never divided.

    Polygons are drawn by class, and within a class by scene: each side of the split has both classes, and each scene with several
    polygons of a class contributes to both sides.

    Args:
        samples: of both classes.
        fraction: share of each class's polygons to hold out if `folds` is 0.
        folds: maximum number of folds, in each of which other polygons are held out: no more than the rarer class has polygons; 0 = a
            single split.
        seed: of the random choice.

    Returns:
        The fold in which each pixel is held out, −1 for never, shape (pixels,), int64; None if a class has fewer than two polygons.
    """
    groups = samples.groups()
    count = int(groups.max()) + 1
    # A polygon with pixels of both classes counts as the class of the majority.
    water = 2 * np.bincount(groups, weights=samples.y, minlength=count) >= np.bincount(groups, minlength=count)
    scene = np.zeros(count, np.int64)
    scene[groups] = samples.scene
    classes = [np.flatnonzero(water), np.flatnonzero(~water)]
    available = [len(members) for members in classes]
    if min(available) < 2:
        text = tr(
            "No validation: it needs at least two polygons of each class, but the samples come from {water} of water and {other} of not "
            "water. Draw more polygons to find out how good the model is."
        )
        progress.warn(text.format(water=available[0], other=available[1]))
        return None
    folds = min(folds, *available)
    random = np.random.default_rng(seed)
    fold = np.full(count, -1, np.int64)
    for members in classes:
        shuffled = random.permutation(members)
        shuffled = shuffled[np.argsort(scene[shuffled], kind="stable")]
        if folds:
            fold[shuffled] = np.arange(len(shuffled)) % folds
        else:
            fold[_share_of_each_scene(shuffled, scene[shuffled], fraction)] = 0
    if folds:
        text = tr(
            "Cross-validation in {folds} folds: each of the {water} water polygons and {other} other polygons is held out once, and "
            "classified by a model trained without it."
        )
        progress.info(text.format(folds=folds, water=available[0], other=available[1]))
    else:
        text = tr("Held out for validation: {water} of {all_water} water polygons and {other} of {all_other} other polygons.")
        held_out = [int((fold[members] == 0).sum()) for members in classes]
        progress.info(text.format(water=held_out[0], all_water=available[0], other=held_out[1], all_other=available[1]))
    return fold[groups]


def _share_of_each_scene(members: np.ndarray, scene: np.ndarray, fraction: float) -> np.ndarray:
    """Choose a share of each scene's polygons of a class, at least one and never all."""
    _, index, sizes = np.unique(scene, return_inverse=True, return_counts=True)
    # Scenes with a single polygon of the class are treated as one scene: none of them could be on both sides.
    stratum = np.where(sizes[index] == 1, -1, index)
    strata = [members[stratum == number] for number in np.unique(stratum)]
    return np.concatenate([inside[: min(max(round(fraction * len(inside)), 1), len(inside) - 1)] for inside in strata])


def score(logit: np.ndarray, y: np.ndarray, *, balance: bool) -> FitScores:
    """Score the logits of labelled pixels.

    >>> scores = score(np.array([2.0, -1.0, -3.0, -1.0]), np.array([True, True, False, False]), balance=False)
    >>> round(scores.loss, 3), scores.accuracy, round(scores.f1, 3)
    (0.451, 0.75, 0.667)

    Args:
        logit: shape (pixels,).
        y: True where water, both classes present, shape (pixels,).
        balance: give both classes the same total weight in the loss.
    """
    loss = np.logaddexp(0, np.where(y, -logit, logit))
    water = logit >= 0
    return FitScores(
        loss=float(np.average(loss, weights=class_weights(y, 0.5 if balance else None))),
        accuracy=float(np.mean(water == y)),
        f1=weighted_f1(water, y, np.ones(len(y))),
    )
