"""Training while areas are being drawn: from where the last model stood, and without each area in turn. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..accuracy.thresholds import class_weights
from ..errors import InputError
from ..model import Layer, WaterModel, sigmoid
from ..progress import Progress
from ..samples import Samples
from ..translation import tr
from . import newton
from .objective import intercept_shift
from .record import model_inputs
from .settings import TrainingSettings
from .train import Fit, by_newton, fit

# Without an area, training may stop so close to the minimum: the last step squares what is left.
_NEARLY = 1e-6


@dataclass(frozen=True, eq=False)
class LiveTraining:
    """A trained model, and what training without some of the samples starts from.

    Attributes:
        model: with the coefficients that `train` finds for the same samples and settings.
        samples, settings: that it was trained on and with.
        fit: without the shift for `water_fraction`.
    """

    model: WaterModel
    samples: Samples
    settings: TrainingSettings
    fit: Fit


@dataclass(frozen=True, eq=False)
class LeftOutAreas:
    """Predictions for each area by a model trained without it.

    Attributes:
        fids: ids of the areas, by the place of their first pixel, int64, shape (areas,).
        area: of each pixel, index into `fids`, shape (pixels,).
        probability: p(water) of each pixel by the model without its area, float64, shape (pixels,); NaN where an area can't be left out,
            being the only one of its class.
        layers: of the model without each area, in raw pixel units; None where it can't be left out.
    """

    fids: np.ndarray
    area: np.ndarray
    probability: np.ndarray
    layers: tuple[tuple[Layer, ...] | None, ...]


def train_live(samples: Samples, settings: TrainingSettings, progress: Progress, start: WaterModel | None = None) -> LiveTraining:
    """Train a model.

    Args:
        samples: of both classes.
        settings: `l2`, `balance`, `water_fraction` and `epochs` are used.
        start: a logistic model of the same inputs that is probably close; None = none.

    Raises:
        InputError: the settings ask for a perceptron.
        TrainingError: no input varies.
    """
    if settings.hidden_units:
        msg = tr("While you draw, only logistic regression is trained: set the hidden units to 0.")
        raise InputError(msg)
    shift = intercept_shift(samples.y, settings)
    near = start.with_intercept_shift(-shift).layers[0] if start is not None and start.names == samples.names else None
    found = fit(samples, by_newton(settings), ["cpu"], progress, near)
    model = WaterModel(model_inputs(samples, found.whitening), found.layers).with_intercept_shift(shift)
    return LiveTraining(model, samples, settings, found)


def leave_areas_out(training: LiveTraining, progress: Progress) -> LeftOutAreas:
    """Train without each area in turn, and predict it. Nothing here is random, nor does it depend on the areas' ids.

    The penalty's standard deviations stay those of all samples, which one area hardly changes.
    """
    samples, objective, theta = training.samples, training.fit.objective, training.fit.minimum.theta
    fids, first, index = np.unique(samples.polygon, return_index=True, return_inverse=True)
    order = np.argsort(first)
    area = np.argsort(order)[index.reshape(-1)]
    # The pixels of each area side by side, so that the others are two slices.
    rows = np.argsort(area, kind="stable")
    bounds = np.searchsorted(area[rows], np.arange(len(fids) + 1))
    Z, y = objective.Z[:, rows], objective.y[rows]
    # A Newton step away from the sums of all samples without those of an area, its model is nearly there.
    weight, certain = 1.0 if objective.weight is None else objective.weight[rows], sigmoid(theta @ Z)
    pull, curved = Z * (weight * (certain - y)), Z * (weight * certain * (1 - certain))
    gradient, hessian = pull.sum(axis=1) + len(y) * objective.ridge * theta, curved @ Z.T + len(y) * np.diag(objective.ridge)
    p = np.full(len(y), np.nan)
    layers: list[tuple[Layer, ...] | None] = []
    for inside in (slice(start, stop) for start, stop in zip(bounds, bounds[1:])):
        rest = np.concatenate([y[: inside.start], y[inside.stop :]])
        if rest.all() or not rest.any():
            layers.append(None)
            continue
        others = np.concatenate([Z[:, : inside.start], Z[:, inside.stop :]], axis=1)
        part = replace(objective, Z=others, y=rest, weight=class_weights(rest, 0.5) if training.settings.balance else None)
        step = np.linalg.lstsq(hessian - curved[:, inside] @ Z[:, inside].T, gradient - pull[:, inside].sum(axis=1), rcond=None)[0]
        found = newton.minimise(part, training.settings, progress, theta - step, _NEARLY).theta
        shift = intercept_shift(rest, training.settings)
        p[rows[inside]] = sigmoid(found @ Z[:, inside] + shift)
        raw = training.fit.whitening.to_raw(*part.layers(found))
        layers.append((Layer(raw.weights, raw.bias + shift),))
    return LeftOutAreas(fids[order], area, p, tuple(layers))
