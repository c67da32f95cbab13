"""Holds out whole polygons, and scores what was predicted for them. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..progress import Progress
from ..samples import Samples
from ..translation import format_list, tr


@dataclass(frozen=True)
class Scores:
    """How well a model fits labelled pixels.

    Attributes:
        loss: mean binary cross-entropy in nats, weighted as in training where both classes weigh the same, without the L2 term.
        accuracy: share of the pixels on the right side of p = 0.5.
        f1: harmonic mean of precision and recall of water at p = 0.5; 0 where no water was found.
    """

    loss: float
    accuracy: float
    f1: float


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What models said of pixels in polygons that they were not trained on; one entry a pixel.

    Attributes:
        rows: where the pixels stand in the samples, int64.
        probability: p(water), float64, for the samples' own share of water: without the shift that `water_fraction` makes.
        y: True where water.
        group: number of the (scene, polygon) pair, as `Samples.groups` gives it, int64.
        fold: the fold in which the pixel was held out, int64; 0 for a single split.
    """

    rows: np.ndarray
    probability: np.ndarray
    y: np.ndarray
    group: np.ndarray
    fold: np.ndarray


def split_polygons(samples: Samples, fraction: float, folds: int, seed: int, progress: Progress) -> np.ndarray | None:
    """Decide which polygons are held out when; a polygon is never divided, since its pixels resemble each other.

    Polygons are drawn class by class, and within a class scene by scene, so that each side has both classes and every scene
    with several polygons of a class gives some of them.

    Args:
        samples: of both classes.
        fraction: share of each class' polygons to hold out where `folds` is 0.
        folds: hold out each polygon once, in so many turns; 0 = a single split.
        seed: decides which.

    Returns:
        The fold in which each pixel is held out, −1 for never, shape (pixels,), int64; or None where there is nothing to
        hold out, of which the user is told.
    """
    groups = samples.groups()
    count = int(groups.max()) + 1
    pixels = np.bincount(groups, minlength=count)
    # A polygon that gave pixels of both classes counts for the one it has more of.
    water = 2 * np.bincount(groups, weights=samples.y, minlength=count) >= pixels
    scene = np.zeros(count, np.int64)
    scene[groups] = samples.scene
    classes = {tr("water"): np.flatnonzero(water), tr("not water"): np.flatnonzero(~water)}
    fewest, name = min((len(members), name) for name, members in classes.items())
    if fewest < 2:
        progress.warn(
            tr(
                "No validation: it holds out whole polygons and so needs two of each class, but there is {fewest} of class “{name}”. "
                "Draw more polygons to learn how good the model is."
            ).format(fewest=fewest or tr("none"), name=name)
        )
        return None
    if folds > fewest:
        progress.warn(
            tr("There are only {fewest} polygons of class “{name}”, so {fewest} folds are made instead of {folds}.").format(
                fewest=fewest, name=name, folds=folds
            )
        )
        folds = fewest
    draw = np.random.default_rng(seed)
    fold_of_group = np.full(count, -1, np.int64)
    for members in classes.values():
        shuffled = draw.permutation(members)
        by_scene = shuffled[np.argsort(scene[shuffled], kind="stable")]
        if folds:
            fold_of_group[by_scene] = np.arange(len(by_scene)) % folds
        else:
            fold_of_group[_held_out(by_scene, scene[by_scene], fraction)] = 0
    if not folds:
        told = [
            tr("{held_out} of {count} polygons of class “{name}”").format(
                held_out=int((fold_of_group[members] == 0).sum()), count=len(members), name=n
            )
            for n, members in classes.items()
        ]
        progress.info(tr("Held out for validation: {shares}.").format(shares=format_list(told)))
    return fold_of_group[groups]


def _held_out(members: np.ndarray, scene: np.ndarray, fraction: float) -> np.ndarray:
    """Choose among polygons of one class: a share of each scene's, at least one and never all."""
    _, index, sizes = np.unique(scene, return_inverse=True, return_counts=True)
    # Scenes with a single polygon of the class are taken together: none could give one and keep one.
    stratum = np.where(sizes[index] == 1, -1, index)
    chosen = []
    for number in np.unique(stratum):
        inside = members[stratum == number]
        chosen.append(inside[: min(max(round(fraction * len(inside)), 1), len(inside) - 1)])
    return np.concatenate(chosen)


def score(logit: np.ndarray, y: np.ndarray, *, balance: bool) -> Scores:
    """Score logits of labelled pixels.

    Args:
        logit: shape (pixels,).
        y: True where water, shape (pixels,).
        balance: both classes weigh the same in the loss.
    """
    loss = np.logaddexp(0, np.where(y, -logit, logit))
    by_class = [loss[y == value].mean() for value in (True, False) if (y == value).any()]
    said = logit >= 0
    both = 2 * np.count_nonzero(said & y)
    either = np.count_nonzero(said) + np.count_nonzero(y)
    return Scores(
        loss=float(np.mean(by_class) if balance else loss.mean()),
        accuracy=float(np.mean(said == y)),
        f1=float(both / either) if either else 0.0,
    )
