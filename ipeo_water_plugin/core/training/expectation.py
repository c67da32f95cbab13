"""The range of F1 to expect in a scene: what the model's own probabilities imply, with the training areas resampled. NumPy alone.

If pixel i is water with probability pᵢ, mapping the pixels M has the F1

    2 Σ_{i∈M} pᵢ / (|M| + Σᵢ pᵢ)

The model's own p is too sure of itself in three ways, and each widens the range. Another choice of training areas would have given another
model: areas are resampled whole, and p is that of each model trained on a resample (bootstrap; Efron & Tibshirani 1993, chapter 7). People
draw easy places: errors are taken to be up to twice those found so. And nobody has seen what lies outside the drawn water: such pixels on
the map count as errors at the lower end. The constants were chosen on made scenes and on random subsets of the labels of two real ones;
`benchmarks/heldout.py` prints how often the range holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import TrainingError
from ..model import Layer, WaterModel, probability
from ..progress import Progress, SubProgress
from ..samples import Samples
from .settings import TrainingSettings
from .train import by_newton, fit

# Areas of a class below which no range is supported.
MIN_AREAS = 3
_RESAMPLES = 40
# The lower end leaves out this share of the resamples: the worst of many says little.
_QUANTILE = 0.025
# Ratio of the errors in a scene to those that easy training areas show.
_EASY = 2.0
# Samples a resample is thinned to.
_MAX_SAMPLES = 10_000


def expected_f1(
    samples: Samples, settings: TrainingSettings, model: WaterModel, pixels: Sequence[np.ndarray], progress: Progress
) -> tuple[float, float] | None:
    """Return the range of F1 of water, at p ≥ 0.5, to expect in a scene.

    There is none for a perceptron, without pixels, or if a class has fewer than three areas.

    Args:
        samples: that the model was trained on.
        settings: of the training.
        model: logistic regression.
        pixels: raw values of valid pixels evenly spread over the scene, one array of shape (pixels,) for each input.
    """
    groups = samples.groups()
    polygons = [np.unique(groups[of_class]) for of_class in (samples.y, ~samples.y)]
    if not model.is_logistic or not pixels or not len(pixels[0]) or min(map(len, polygons)) < MIN_AREAS:
        return None
    p = probability(pixels, model.layers).astype(np.float64)
    mapped = p >= 0.5
    if not mapped.any():
        return None
    water = samples.X[samples.y]
    unseen = np.zeros(len(p), bool)
    for band, low, high in zip(pixels, water.min(axis=0), water.max(axis=0)):
        unseen |= (band < low) | (band > high)
    found = [_implied(mapped, p)]
    settings, shift, generator = by_newton(settings), float(model.training["intercept_shift"]), np.random.default_rng(settings.seed)
    (start,) = model.with_intercept_shift(-shift).layers
    order = np.argsort(groups, kind="stable")[:: -(-len(samples) // _MAX_SAMPLES)]
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 2))
    for number in range(_RESAMPLES):
        part = SubProgress(progress, number / _RESAMPLES, (number + 1) / _RESAMPLES)
        drawn = np.concatenate([generator.choice(of_class, len(of_class)) for of_class in polygons])
        rows = np.concatenate([order[starts[group] : starts[group + 1]] for group in drawn])
        try:
            (layer,) = fit(samples.take(rows), settings, ["cpu"], part, start).layers
        except TrainingError:
            # Each of these areas has the same values.
            continue
        other = probability(pixels, [Layer(layer.weights, layer.bias + shift)]).astype(np.float64)
        found += [_implied(mapped, other), _implied(mapped, (other >= 0.5).astype(np.float64))]
    low = min(_implied(mapped, np.where(mapped & unseen, 0.0, p)), 1 - _EASY * (1 - float(np.quantile(found, _QUANTILE))))
    return max(low, 0.0), 1 - (1 - max(found)) / _EASY


def _implied(mapped: np.ndarray, p: np.ndarray) -> float:
    """Return the F1 of mapping these pixels if each is water with probability p."""
    return float(2 * p[mapped].sum() / (np.count_nonzero(mapped) + p.sum()))
