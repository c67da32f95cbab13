"""Minimises the training loss by gradient descent, Adam or L-BFGS, with gradients from PyTorch's automatic differentiation.

The parameters θ (for logistic regression, A and b) go down the gradient of the loss:

    θ ← θ − η P ∂L/∂θ

Gradient descent adds Nesterov's momentum μ: with the step s = P ∂L/∂θ and the velocity v ← μ v + s it is θ ← θ − η (s + μ v).

P is the preconditioner: one matrix, the inverse of the curvature of the loss (the Hessian for logistic regression, the Gauss–Newton
matrix for the perceptron), computed again every few epochs. Without it descent is hopelessly slow: soon only the few samples near the
decision boundary contribute to the curvature, along a direction of their own. With it the curvature is 1 in every direction, so η = 1
suits every image and η > 2 diverges. Also, ½ ∂L/∂θᵀ P ∂L/∂θ estimates how much the loss can still decrease, which says when to stop
(the Newton decrement; Boyd & Vandenberghe, Convex Optimization, 9.5.1).

Importing this module imports PyTorch, so it is imported only when training starts.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..errors import TrainingError
from ..model import logit
from ..progress import Progress, SubProgress, raise_if_cancelled
from ..translation import tr
from .objective import Minimum, Objective, advice_at_end, fraction_done
from .settings import TrainingSettings

# Epochs with one preconditioner.
_ROUND = {"gradient_descent": 5, "lbfgs": 10, "adam": 5}
_LEARNING_RATE = {"gradient_descent": 1.0, "lbfgs": 1.0, "adam": 0.1}
_MOMENTUM = {"gradient_descent": 0.5, "lbfgs": 0.0, "adam": 0.9}
# Converged: the loss can decrease by no more than this share of itself. float32 doesn't resolve less than the third.
_TOLERANCE, _TOLERANCE_PERCEPTRON, _TOLERANCE_FLOAT32 = 1e-7, 1e-3, 1e-5
# The same where training ends for another reason.
_TOLERANCE_AT_END = 1e-4
# Rounds without a new lowest loss after which training stops.
_PATIENCE = 20
# Share of the curvature along each parameter that is added to it, in case it is close to 0: minimum, minimum for the perceptron, maximum.
_DAMPING, _DAMPING_PERCEPTRON, _MAX_DAMPING = 1e-7, 1e-2, 1e8
# The perceptron's loss has local minima: several random starts are tried for a few epochs on some of the samples.
_STARTS, _START_EPOCHS, _START_SAMPLES = 6, 60, 16384

# Numbers computed at a time. On a CPU they stay in its cache.
_CHUNK, _CHUNK_GPU = 2**19, 2**26
# PyTorch splits larger arrays among threads. On a busy CPU, waiting for the threads takes far longer than they save, so fewer numbers than
# the second are computed in chunks of the first.
_CHUNK_SINGLE_THREADED, _FEW = 2**15 - 1, 2**20
# Maximum multiplications for the curvature; beyond, it is estimated from evenly spaced samples.
_MAX_CURVATURE_COST = 2**31


def minimise(objective: Objective, settings: TrainingSettings, device: str, progress: Progress) -> Minimum:
    """Find the parameters with the lowest loss.

    Args:
        objective: the loss.
        settings: optimizer, learning_rate, momentum, epochs, batch_size, l2 and seed are used.
        device: `cpu`, `cuda` or `mps`.

    Raises:
        TrainingError: the loss never decreased.
    """
    loss = _Loss(objective, device, resident=not 0 < settings.batch_size < len(objective.y))
    generator = torch.Generator().manual_seed(settings.seed)
    start = loss.random_parameters(generator)
    if objective.hidden_units:
        few = _Loss(objective.thinned(_START_SAMPLES), device)
        short = TrainingSettings(epochs=min(_START_EPOCHS, settings.epochs), l2=settings.l2)
        starts = [start, *(loss.random_parameters(generator) for _ in range(_STARTS - 1))]
        # The trials can be cancelled, but show no progress.
        silent = SubProgress(progress, 0.0, 0.0)
        start = min((_Descent(few, short, generator, silent).run(start) for start in starts), key=lambda point: point.value).theta
    descent = _Descent(loss, settings, generator, progress)
    best = descent.run(start)
    if descent.advice and best.theta is start and not objective.hidden_units:
        msg = tr("Training failed: {advice}").format(advice=descent.advice)
        raise TrainingError(msg)
    theta, value = best.theta.cpu().double(), best.value
    if not (descent.advice or objective.hidden_units):
        # Convex and close to the minimum: one step of Newton's needs no trial, and all optimizers end at the same coefficients.
        theta, value = theta - best.step, value - best.gap
    return Minimum(theta.numpy(), value - float(objective.ridge @ theta.numpy() ** 2) / 2, tuple(descent.history), descent.advice)


class _Loss:
    """The objective on a device: L(θ), ∂L/∂θ and the curvature, computed chunk by chunk.

    With mini-batches the samples aren't resident: they stay in the computer's memory, and go to the device batch by batch.
    """

    def __init__(self, objective: Objective, device: str, *, resident: bool = True) -> None:
        self.objective, (self.inputs, self.count) = objective, objective.Z.shape
        self.hidden, self._layers = objective.hidden_units, objective.layers
        self.size = len(objective.ridge)
        # Apple's GPUs have no float64.
        self.device, self.dtype = device, torch.float32 if device == "mps" else torch.float64
        sign = np.where(objective.y, -1.0, 1.0)
        self._samples = [
            None if values is None else torch.from_numpy(np.ascontiguousarray(values)).to(self.dtype).to(device if resident else "cpu")
            for values in (objective.Z, sign, objective.weight)
        ]
        self._ridge = torch.from_numpy(objective.ridge).to(self.dtype).to(device)
        chunk = _CHUNK if device == "cpu" else _CHUNK_GPU
        few = device == "cpu" and self.count * (self.hidden or self.inputs) <= _FEW
        self._term_by_term = bool(self.hidden) or few
        # Computed term by term, a pixel's logit is one number at a time; in one product, as many as it has inputs.
        width = self.hidden or (1 if few else self.inputs)
        self._chunk = max(256, (_CHUNK_SINGLE_THREADED if few else chunk) // width)
        self._chunk_of_jacobian = max(256, (_CHUNK_SINGLE_THREADED if few else chunk) // self.size)
        self._stride = -(-self.count // max(4 * self.size, _MAX_CURVATURE_COST // self.size**2))
        self._latest: tuple[torch.Tensor, ...] = (None, None, None)

    def random_parameters(self, generator: torch.Generator) -> torch.Tensor:
        if self.hidden:
            # Steep, so that the units' boundaries cut through the samples at random places and angles.
            first = torch.randn(self.hidden, self.inputs, dtype=torch.float64, generator=generator)
            first[:, :-1] *= 2
            theta = torch.cat([first.reshape(-1), 0.5 * torch.randn(self.hidden + 1, dtype=torch.float64, generator=generator)])
        else:
            theta = 0.1 * torch.randn(self.size, dtype=torch.float64, generator=generator)
        return theta.to(self.dtype).to(self.device)

    def _logits(self, theta: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        # Without hidden units this is the same in one product, since the last row of z is ones and the last of θ is b. PyTorch starts
        # threads for it.
        return logit(z[:-1], self._layers(theta), torch.sigmoid) if self._term_by_term else theta @ z

    def _jacobian(self, theta: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Return the derivatives of the logits by θ, shape (parameters, columns)."""
        if not self.hidden:
            return z
        hidden, output = self._layers(theta)
        units = torch.sigmoid(hidden(z[:-1]))
        slope = output.weights.T * units * (1 - units)
        return torch.cat([(slope[:, None, :] * z).reshape(-1, z.shape[1]), units, torch.ones_like(z[:1])])

    def _chunks(self, size: int, stride: int = 1) -> Iterator[slice]:
        for start in range(0, self.count, size * stride):
            yield slice(start, start + size * stride, stride)

    def _take(self, columns: slice | torch.Tensor) -> Iterator[torch.Tensor | None]:
        """Give z, the signs and the weights of some samples, on the device."""
        return (None if values is None else values[..., columns].to(self.device) for values in self._samples)

    def gradient(self, theta: torch.Tensor, batch: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        """Return L(θ) and ∂L/∂θ over all samples, or those of a batch."""
        if batch is None and self._latest[0] is theta:
            return self._latest[1:]
        leaf = theta.detach().requires_grad_()
        # Another plugin may have turned gradients off.
        with torch.enable_grad():
            value = (self._ridge * leaf**2).sum() / 2
            value.backward()
            for columns in self._chunks(self._chunk) if batch is None else [batch]:
                z, sign, weight = self._take(columns)
                cross_entropy = torch.nn.functional.softplus(sign * self._logits(leaf, z))
                part = (cross_entropy.sum() if weight is None else cross_entropy @ weight) / (self.count if batch is None else len(batch))
                # Adds to the leaf's gradient.
                part.backward()
                value = value.detach() + part.detach()
        if batch is None:
            self._latest = theta, value, leaf.grad
        return value, leaf.grad

    def curvature(self, theta: torch.Tensor) -> torch.Tensor:
        """Return the Gauss–Newton matrix of L at θ, float64 on the CPU."""
        total, seen = torch.zeros(self.size, self.size, dtype=self.dtype, device=self.device), 0
        with torch.no_grad():
            for columns in self._chunks(self._chunk_of_jacobian, self._stride):
                z, _, weight = self._take(columns)
                p = torch.sigmoid(self._logits(theta, z))
                second = p * (1 - p) if weight is None else p * (1 - p) * weight
                jacobian = self._jacobian(theta, z)
                rows = jacobian * second
                # NumPy multiplies a few rows without starting threads, and PyTorch's square root would start some.
                total += torch.from_numpy(rows.numpy() @ jacobian.numpy().T) if self.device == "cpu" else rows @ jacobian.T
                seen += rows.shape[1]
            return (total / seen + torch.diag(self._ridge)).cpu().double()


def inverse_root(curvature: torch.Tensor, damping: float) -> torch.Tensor | None:
    """Return R with R Rᵀ = (H + damping · diag H)⁻¹, or None if H is 0.

    Args:
        curvature: H, positive semi-definite, shape (parameters, parameters), float64 on the CPU.
        damping: share of H's diagonal that is added; increased until the sum is positive definite.
    """
    # By NumPy: PyTorch starts threads even for the smallest matrix.
    H = curvature.numpy()
    diagonal = H.diagonal()
    while diagonal.max() > 0 and damping <= _MAX_DAMPING:
        with contextlib.suppress(np.linalg.LinAlgError):
            lower = np.linalg.cholesky(H + damping * np.diag(np.maximum(diagonal, 1e-9 * diagonal.max())))
            return torch.from_numpy(np.linalg.inv(lower).T)
        damping *= 10
    return None


@dataclass(frozen=True, eq=False)
class _Point:
    """The loss at θ; P ∂L/∂θ as `step`; `gap` estimates how much it can still decrease."""

    theta: torch.Tensor
    value: float
    curvature: torch.Tensor
    step: torch.Tensor
    gap: float
    finite: bool


class _Descent:
    """One descent from one start, in rounds of a few epochs with one preconditioner."""

    def __init__(self, loss: _Loss, settings: TrainingSettings, generator: torch.Generator, progress: Progress) -> None:
        self._loss, self._settings, self._generator, self._progress = loss, settings, generator, progress
        self._batch_size = settings.batch_size if settings.batch_size < loss.count else 0
        # The smaller the batch, the more of its gradient is noise.
        share = min(1.0, self._batch_size / (64 * loss.size)) if self._batch_size else 1.0
        self._rate = self._max_rate = settings.learning_rate or share * _LEARNING_RATE[settings.optimizer]
        self._momentum = _MOMENTUM[settings.optimizer] if settings.momentum is None else settings.momentum
        self._damping = self._min_damping = _DAMPING_PERCEPTRON if loss.hidden else _DAMPING
        tolerance = _TOLERANCE_PERCEPTRON if loss.hidden else _TOLERANCE
        self._tolerance = max(tolerance, _TOLERANCE_FLOAT32) if loss.dtype == torch.float32 else tolerance
        self._velocity: torch.Tensor | float = 0.0
        self._values: list[torch.Tensor] = []
        self._fraction = 0.0
        self.history: list[float] = []
        self.advice = ""

    def run(self, start: torch.Tensor) -> _Point:
        """Descend until converged, out of epochs or stuck, and return the lowest point."""
        here = best = first = self._look(start)
        stalled = 0
        while not self._ends(here, best, stalled):
            self._report(first, best)
            here = self._look(self._round(here))
            if here.finite and here.value < best.value:
                best, stalled = here, 0
                self._damping = max(self._damping / 4, self._min_damping)
                if not self._batch_size:
                    self._rate = min(self._rate * 1.5, self._max_rate)
            else:
                stalled += 1
                here = self._after_rise(here, best)
        return best

    def _look(self, theta: torch.Tensor) -> _Point:
        value, gradient = self._loss.gradient(theta)
        curvature, slope = self._loss.curvature(theta), gradient.cpu().double()
        R = inverse_root(curvature, self._min_damping)
        step = slope * math.inf if R is None else R @ (R.T @ slope)
        gap = math.inf if R is None else float(slope @ step) / 2
        finite = bool(torch.isfinite(slope).all() and torch.isfinite(curvature).all()) and math.isfinite(float(value))
        return _Point(theta, float(value), curvature, step, gap, finite)

    def _round(self, here: _Point) -> torch.Tensor:
        """Run a few epochs from here and return the parameters reached; NaN if the curvature is 0."""
        R, optimizer, loss = inverse_root(here.curvature, self._damping), self._settings.optimizer, self._loss
        if R is None:
            return here.theta * math.nan
        R = R.to(loss.dtype).to(loss.device)
        epochs = min(_ROUND[optimizer], self._settings.epochs - len(self.history))
        batches: list[Any] = [None] * epochs
        if self._batch_size:
            batches = list(torch.randperm(loss.count, generator=self._generator).split(self._batch_size))
        self._values = []
        descend = {"gradient_descent": self._gradient_descent, "adam": self._adam, "lbfgs": self._lbfgs}[optimizer]
        theta = descend(here.theta, R, batches)
        values = torch.stack(self._values).tolist()
        self.history += [float(np.average(values, weights=[len(batch) for batch in batches]))] if self._batch_size else values
        return theta

    def _gradient(self, theta: torch.Tensor, batch: torch.Tensor | None = None) -> torch.Tensor:
        raise_if_cancelled(self._progress)
        value, gradient = self._loss.gradient(theta, batch)
        self._values.append(value)
        return gradient

    def _gradient_descent(self, theta: torch.Tensor, R: torch.Tensor, batches: list[torch.Tensor | None]) -> torch.Tensor:
        """Step s = P ∂L/∂θ, v ← μ v + s, θ ← θ − η (s + μ v): Nesterov's momentum; without it (μ = 0), θ ← θ − η P ∂L/∂θ."""
        P = R @ R.T
        for batch in batches:
            step = P @ self._gradient(theta, batch)
            self._velocity = self._momentum * self._velocity + step
            theta = theta - self._rate * (step + self._momentum * self._velocity)
        return theta

    def _adam(self, theta: torch.Tensor, R: torch.Tensor, batches: list[torch.Tensor | None]) -> torch.Tensor:
        """Adam (Kingma & Ba, 2015, algorithm 1) on u, where θ = R u and R Rᵀ = P. The first use of torch.optim would take a second."""
        mean, square, beta_1, beta_2 = 0.0, 0.0, self._momentum, 0.999
        for t, batch in enumerate(batches, 1):
            gradient = R.T @ self._gradient(theta, batch)
            mean = beta_1 * mean + (1 - beta_1) * gradient
            square = beta_2 * square + (1 - beta_2) * gradient**2
            theta = theta - self._rate * R @ (mean / (1 - beta_1**t) / ((square / (1 - beta_2**t)).sqrt() + 1e-8))
        return theta

    def _lbfgs(self, theta: torch.Tensor, R: torch.Tensor, batches: list[torch.Tensor | None]) -> torch.Tensor:
        """L-BFGS with line search on u, where θ moves by R u and R Rᵀ = P."""
        u = torch.zeros_like(theta).requires_grad_()
        # Each trial of the line search is an epoch.
        trials = min(2 * len(batches), self._settings.epochs - len(self.history))
        optimizer = torch.optim.LBFGS([u], self._rate, len(batches), trials, 1e-10, 1e-14, line_search_fn="strong_wolfe")

        def reached() -> torch.Tensor:
            # The gradient at the start is known already.
            return theta + R @ u.detach() if u.any() else theta

        def value() -> torch.Tensor:
            u.grad = R.T @ self._gradient(reached())
            return self._values[-1]

        optimizer.step(value)
        return reached()

    def _after_rise(self, here: _Point, best: _Point) -> _Point:
        """Choose where to continue after a round that didn't lower the loss, and reduce what made it overshoot."""
        fixed = self._settings.learning_rate is not None
        if self._settings.optimizer == "gradient_descent" and not self._batch_size and not (fixed and not self._loss.hidden):
            # As Levenberg and Marquardt do: steps become shorter most where the curvature is least.
            self._damping = max(4 * self._damping, 1e-3)
        elif fixed:
            return here
        else:
            self._rate /= 2
        self._velocity = 0.0
        return best

    def _report(self, first: _Point, best: _Point) -> None:
        """Report the share of the orders of magnitude between the first gap and the tolerance, or of the epochs."""
        share = max(len(self.history) / self._settings.epochs, fraction_done(first.gap, best.gap, self._tolerance * best.value))
        self._fraction = max(self._fraction, min(share, 1.0))
        self._progress.set(self._fraction)

    def _ends(self, here: _Point, best: _Point, stalled: int) -> bool:
        """Whether to stop; if that is for another reason than convergence, `advice` says which, and what to try."""
        settings, rate = self._settings, self._settings.learning_rate
        if best.gap <= self._tolerance * best.value:
            return True
        self.advice = self._loss.objective.advice_if_separable(best.value)
        if self.advice:
            return True
        stuck = stalled >= _PATIENCE or not here.finite
        if not stuck and len(self.history) < settings.epochs:
            return False
        if best.gap <= _TOLERANCE_AT_END * best.value:
            return True
        if stuck and rate is not None and self.history and not self.history[-1] <= 1.5 * min(self.history):
            text = tr("the loss rose instead of falling: a learning rate of {rate:g} is too large. Leave it empty, or try {smaller:g}.")
            self.advice = text.format(rate=rate, smaller=rate / 10)
            return True
        self.advice = advice_at_end(best.gap / best.value, None if stuck else len(self.history))
        if not stuck and rate is not None:
            self.advice += " " + tr("Leave the learning rate empty.")
        elif not stuck and settings.optimizer != "lbfgs" and not self._batch_size:
            self.advice += " " + tr("The optimizer lbfgs needs fewer.")
        return True
