"""Minimises the training loss of logistic regression by Newton's method: the objective of `descent`, in NumPy alone.

    θ ← θ − t H⁻¹ ∂L/∂θ

H is the Hessian of the loss. t is 1, halved until the loss falls (damped Newton; Boyd & Vandenberghe, Convex Optimization, 9.5). As the
loss is convex and the pixel vectors are whitened, a dozen passes over the samples are enough. ½ ∂L/∂θᵀ H⁻¹ ∂L/∂θ estimates how much the
loss can still decrease.
"""

from __future__ import annotations

import math

import numpy as np

from ..progress import Progress, raise_if_cancelled
from .objective import Minimum, Objective, advice_at_end, fraction_done
from .settings import TrainingSettings

# Converged: the loss can decrease by no more than this share of itself; the second counts where training ends for another reason.
_TOLERANCE, _TOLERANCE_AT_END = 1e-9, 1e-4
# Below this t the loss counts as flat.
_MIN_RATE = 1e-6
# Multiplications of a chunk's Hessian: the chunk stays in the processor's cache, and the product starts no threads, which would compete
# with those that read and write. Neither does einsum, unlike the product of a matrix and a vector.
_CHUNK = 2**18


def minimise(
    objective: Objective, settings: TrainingSettings, progress: Progress, theta: np.ndarray | None = None, tolerance: float = _TOLERANCE
) -> Minimum:
    """Find the parameters with the lowest loss.

    Args:
        objective: the loss, of logistic regression.
        settings: `epochs` is used, the maximum number of passes over the samples; each trial of t is one.
        theta: where to start, such as the minimum for slightly different samples, shape (parameters,); None, or a loss above that of
            p = ½ everywhere = at 0.
        tolerance: share of the loss by which it can still decrease before the last step, after which it can by far less.
    """
    history: list[float] = []

    def look(theta: np.ndarray) -> tuple[np.ndarray, float, np.ndarray, float]:
        """Return θ, L(θ), H⁻¹ ∂L/∂θ and the estimated gap to the minimum."""
        raise_if_cancelled(progress)
        value, gradient, hessian = _derivatives(objective, theta)
        history.append(value)
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        return theta, value, step, float(gradient @ step) / 2

    best = None if theta is None else look(np.asarray(theta, float))
    if best is None or best[1] > math.log(2):
        best = look(np.zeros(len(objective.ridge)))
    first_gap, rate, advice = best[3], 1.0, ""
    while True:
        theta, value, step, gap = best
        advice = objective.advice_if_separable(value)
        if advice:
            break
        if gap <= tolerance * value:
            # So close to the minimum that the last step needs no trial.
            theta, value = theta - step, value - gap
            break
        if len(history) >= settings.epochs or rate < _MIN_RATE:
            if gap > _TOLERANCE_AT_END * value:
                advice = advice_at_end(gap / value, None if rate < _MIN_RATE else len(history))
            break
        progress.set(fraction_done(first_gap, gap, tolerance * value))
        trial = look(theta - rate * step)
        best, rate = (trial, 1.0) if trial[1] < value else (best, rate / 2)
    return Minimum(theta, value - float(objective.ridge @ theta**2) / 2, tuple(history), advice)


def _derivatives(objective: Objective, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return L(θ), ∂L/∂θ and the Hessian, computed chunk by chunk."""
    size, count = objective.Z.shape
    value, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
    chunk = max(256, _CHUNK // size**2)
    for columns in (slice(start, start + chunk) for start in range(0, count, chunk)):
        Z, sign = objective.Z[:, columns], 2.0 * objective.y[columns] - 1.0
        # Positive on the right side of the plane.
        margin = sign * np.einsum("i,ik->k", theta, Z)
        # Neither overflows, and small probabilities keep their digits.
        odds = np.exp(-np.abs(margin))
        wrong = np.where(margin > 0, odds, 1.0) / (1.0 + odds)
        loss, second = np.log1p(odds) - np.minimum(margin, 0.0), odds / (1.0 + odds) ** 2
        if objective.weight is not None:
            loss, wrong, second = (objective.weight[columns] * each for each in (loss, wrong, second))
        value += float(loss.sum())
        gradient -= np.einsum("ik,k->i", Z, sign * wrong)
        hessian += (Z * second) @ Z.T
    ridge = objective.ridge
    return value / count + float(ridge @ theta**2) / 2, gradient / count + ridge * theta, hessian / count + np.diag(ridge)
