"""The loss that training minimises, independent of the optimizer. NumPy alone.

    L(θ) = 1/M Σᵢ wᵢ · softplus(−sᵢ zᵢ) + λ/2 Σ (a_k sd_k)²,    s = +1 for water, −1 for not water

softplus(−s z) is the binary cross-entropy of σ(z) and the label. The logit z is Aᵀx + b, or the output of the perceptron. L2 penalises
the weights of the first layer, each times its input's sd, and the plain weights of the perceptron's second layer, but no bias.

The parameters θ belong to whitened pixel vectors; `Objective.layers` and `Whitening.to_raw` lead back to raw ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..accuracy.thresholds import class_weights
from ..model import Layer, log_odds
from ..samples import Samples
from ..translation import tr
from .settings import TrainingSettings
from .whitening import Whitening


@dataclass(frozen=True, eq=False)
class Objective:
    """The samples and the penalty that define L(θ).

    θ is flat, shape (parameters,): A and b for logistic regression; for the perceptron the weights and the bias of each hidden unit in
    turn, then the weights and the bias of the output.

    Attributes:
        Z: whitened pixel vectors, one column per pixel, with a last row of ones, shape (directions + 1, pixels).
        y: True where water, shape (pixels,).
        weight: w of each pixel, with mean 1, shape (pixels,); None = all 1.
        ridge: factor of θ² in twice the L2 term, shape (parameters,).
        hidden_units: of the perceptron; 0 = logistic regression.
    """

    Z: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    ridge: np.ndarray
    hidden_units: int

    @classmethod
    def from_samples(cls, samples: Samples, whitening: Whitening, settings: TrainingSettings) -> Objective:
        """Whiten samples of both classes and set their weights.

        Args:
            samples: labelled pixels.
            whitening: measured on these samples.
            settings: `balance`, `l2` and `hidden_units` are used.
        """
        # With A in whitened coordinates, Σ (a_k sd_k)² is Σ A² / variance.
        first, hidden = np.append(1 / whitening.variance, 0.0), settings.hidden_units
        ridge = np.concatenate([np.tile(first, hidden), np.ones(hidden), [0.0]]) if hidden else first
        weight = class_weights(samples.y, 0.5) if settings.balance else None
        return cls(whitening.apply(samples.X), samples.y, weight, settings.l2 * ridge, hidden)

    def thinned(self, max_pixels: int) -> Objective:
        """Return the same objective over at most this many evenly spaced samples."""
        step = -(-len(self.y) // max_pixels)
        weight = None if self.weight is None else self.weight[::step]
        return replace(self, Z=self.Z[:, ::step], y=self.y[::step], weight=weight)

    def advice_if_separable(self, value: float) -> str:
        """Return what to do if a loss L(θ) this low shows that the classes are separable and nothing bounds θ, else an empty text."""
        # A single sample on the wrong side adds log 2 times its weight or more to the sum.
        if self.ridge.any() or value * len(self.y) >= math.log(2) * (1.0 if self.weight is None else float(self.weight.min())):
            return ""
        return tr("the classes are separable, so the coefficients would grow without limit. Set a small L2, such as 1e-6.")

    def layers(self, theta: np.ndarray) -> tuple[Layer, ...]:
        """Return θ as layers on whitened pixel vectors."""
        if not self.hidden_units:
            return (Layer(theta[None, :-1], theta[-1:]),)
        end = self.hidden_units * len(self.Z)
        first = theta[:end].reshape(self.hidden_units, len(self.Z))
        return Layer(first[:, :-1], first[:, -1]), Layer(theta[None, end:-1], theta[-1:])


def intercept_shift(y: np.ndarray, settings: TrainingSettings) -> float:
    """Return what is added to the logit so that probabilities suit the expected share of water; 0 without one.

    Args:
        y: True where water, of the training samples, both classes present, shape (pixels,).
        settings: `water_fraction` and `balance` are used.
    """
    if settings.water_fraction is None:
        return 0.0
    share = 0.5 if settings.balance else np.count_nonzero(y) / len(y)
    return float(log_odds(settings.water_fraction) - log_odds(share))


@dataclass(frozen=True, eq=False)
class Minimum:
    """The result of minimising an objective.

    Attributes:
        theta: parameters with the lowest value found, float64, shape (parameters,).
        loss: mean cross-entropy there, which is L(θ) without the L2 term.
        history: L(θ) epoch by epoch.
        advice: why it didn't converge and what to try; empty if it converged.
    """

    theta: np.ndarray
    loss: float
    history: tuple[float, ...]
    advice: str

    @property
    def converged(self) -> bool:
        """Whether hardly any further decrease of the loss is possible."""
        return not self.advice


def fraction_done(first_gap: float, gap: float, target: float) -> float:
    """Return the share of the orders of magnitude from the first gap to the target that is behind."""
    if not (0 < target < first_gap < math.inf and gap > 0):
        return 0.0
    return min(max(math.log(first_gap / gap) / math.log(first_gap / target), 0.0), 1.0)


def advice_at_end(share: float, epochs: int | None) -> str:
    """Say why training ended too early.

    Args:
        share: of the loss, by which it could still fall.
        epochs: the maximum that was reached; None = the loss stopped falling.
    """
    percent = float(f"{100 * min(1.0, share):.2g}")
    if epochs is None:
        text = tr("the loss stopped falling with an estimated {percent:g} % to go. Try another learning rate, seed or optimizer.")
        return text.format(percent=percent)
    text = tr("after {epochs} epochs the loss could still fall by an estimated {percent:g} %. Increase the maximum epochs.")
    return text.format(epochs=epochs, percent=percent)
