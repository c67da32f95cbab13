"""Minimises the training loss with PyTorch: random start, autograd, and an optimizer of torch.optim.

On raw pixel values descent is hopelessly slow: bands are alike, and where most pixels are told apart easily, only the few near the
border between the classes bend the loss. So it runs in other coordinates twice over, and what comes out is converted back:

- pixel vectors are centred and whitened, which takes away units and the likeness of bands;
- every few epochs the parameters θ = R u are turned and scaled so that the loss bends alike in every direction of u, with
  R Rᵀ = H⁻¹ and H the Gauss–Newton matrix (for logistic regression the Hessian) of the loss at the current θ.

The step itself is the optimizer's, on the gradient ∂L/∂u that autograd gives; for gradient descent u ← u − η ∂L/∂u with Nesterov's
momentum. In u a learning rate of 1 is about right and one beyond 2 diverges, whatever the image. And ½‖∂L/∂u‖² estimates how much
loss is still to be gained (the Newton decrement, Boyd & Vandenberghe, Convex Optimization, 9.5.1), which tells when to stop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import TrainingError
from ..progress import Progress, SubProgress, raise_if_cancelled
from ..translation import tr
from .objective import Network, Objective, Point, root_of_inverse

# Epochs between two looks at the loss and the curvature: on a GPU each look waits for the device.
_ROUND = {"gradient_descent": 5, "lbfgs": 10, "adam": 5}
_LEARNING_RATE = {"gradient_descent": 1.0, "lbfgs": 1.0, "adam": 0.1}
_MOMENTUM = {"gradient_descent": 0.5, "lbfgs": 0.0, "adam": 0.9}
# Converged when the loss can still fall by no more than this share of itself; float32 can't tell less than the third.
_TOLERANCE, _TOLERANCE_PERCEPTRON, _TOLERANCE_SINGLE = 1e-6, 1e-3, 1e-5
# What is left where descent ends for another reason, and still counts as converged.
_GOOD_ENOUGH = 1e-4
# Rounds without a new lowest loss after which descent is given up.
_PATIENCE = 20
# From this share on, by how much the loss could still fall is "much".
_MUCH = 0.1
# Random starts of the perceptron, each tried for a few epochs on evenly spaced samples: its loss has local minima.
_STARTS, _START_EPOCHS, _START_SAMPLES = 6, 60, 16384


@dataclass(frozen=True)
class Options:
    """How to descend; as in TrainingSettings."""

    optimizer: str
    learning_rate: float | None
    momentum: float | None
    epochs: int
    batch_size: int
    l2: float
    seed: int


@dataclass(frozen=True, eq=False)
class Descent:
    """Where descent ended.

    Attributes:
        theta: parameters of the lowest loss found, float64.
        loss: mean cross-entropy there, without the L2 term.
        epochs: passes over the samples.
        history: loss with the L2 term, epoch by epoch.
        advice: why it didn't converge and what to try; empty where it did converge.
    """

    theta: np.ndarray
    loss: float
    epochs: int
    history: tuple[float, ...]
    advice: str


def descend(
    torch: Any,
    device: str,
    network: Network,
    z: np.ndarray,
    y: np.ndarray,
    weight: tuple[float, float],
    options: Options,
    progress: Progress,
) -> Descent:
    """Find the parameters of the lowest loss.

    Args:
        torch: the module.
        device: where to compute.
        network: the function to fit.
        z: whitened pixel vectors with a last row of ones, shape (directions + 1, pixels), float64; taken over and changed.
        y: True where water, shape (pixels,).
        weight: of a sample of class not water, and of class water; their mean over the samples is 1.
        options: how.

    Raises:
        TrainingError: the loss never fell.
        CancelledError: the user cancelled.
    """
    batched = 0 < options.batch_size < len(y)
    objective = Objective(torch, device, network, z, y, weight, options.l2, resident=not batched)
    generator = torch.Generator().manual_seed(options.seed)
    start = network.start(torch, generator).numpy()
    if network.kind == "perceptron":
        start = _best_start(torch, objective, start, options, generator, progress)
    return _Run(torch, objective, options, generator, progress).go(start)


def _best_start(torch: Any, objective: Objective, first: np.ndarray, options: Options, generator: Any, progress: Progress) -> np.ndarray:
    thin = objective.thinned(_START_SAMPLES)
    short = replace(
        options, optimizer="gradient_descent", learning_rate=None, momentum=None, epochs=min(_START_EPOCHS, options.epochs), batch_size=0
    )
    # Tries show no progress, but may be cancelled.
    silent = SubProgress(progress, 0.0, 0.0)
    starts = [first] + [objective.network.start(torch, generator).numpy() for _ in range(_STARTS - 1)]
    ends = [thin.at(_Run(torch, thin, short, generator, silent).go(start).theta) for start in starts]
    return min(ends, key=lambda end: end.objective).theta


class _Run:
    """One descent from one start; holds what changes on the way."""

    def __init__(self, torch: Any, objective: Objective, options: Options, generator: Any, progress: Progress) -> None:
        self._torch, self._objective, self._options, self._generator, self._progress = torch, objective, options, generator, progress
        self._batch = options.batch_size if options.batch_size < objective.count else 0
        # A learning rate that the user chose is kept, come what may.
        self._chosen = options.learning_rate is not None
        self._rate = self._highest_rate = options.learning_rate or self._default_rate()
        self._damping = self._least_damping = objective.network.damping
        self._velocity: np.ndarray | None = None
        self._history: list[float] = []
        self._fraction = 0.0

    def _default_rate(self) -> float:
        rate = _LEARNING_RATE[self._options.optimizer]
        # The smaller the batch, the more of its gradient is chance.
        return rate * min(1.0, self._batch / (64 * self._objective.network.size)) if self._batch else rate

    def go(self, start: np.ndarray) -> Descent:
        """Descend, round by round, until one of the reasons to stop holds."""
        options = self._options
        tolerance = self._tolerance()
        here = best = self._objective.at(start)
        gap = first_gap = best.gap(self._least_damping)
        idle = 0
        while True:
            self._report(first_gap, gap, tolerance * best.objective)
            if gap <= tolerance * best.objective:
                advice = ""
                break
            if options.l2 == 0 and self._objective.separated(best):
                advice = tr(
                    "the classes are separable, so the loss falls for ever as the coefficients grow. Set a little L2, such as 1e-6."
                )
                break
            if len(self._history) >= options.epochs or idle >= _PATIENCE or not here.finite:
                share = gap / best.objective
                if share <= _GOOD_ENOUGH:
                    advice = ""
                elif idle >= _PATIENCE or not here.finite:
                    advice = self._stuck(share)
                else:
                    advice = self._out_of_epochs(share)
                break
            reached = self._objective.at(self._round(here))
            if reached.finite and reached.objective < best.objective:
                here = best = reached
                gap, idle = best.gap(self._least_damping), 0
                self._go_bolder()
            else:
                idle += 1
                here = self._go_carefully(reached, best)
        if advice and best.theta is start and self._objective.network.kind == "plane":
            msg = tr("Training got nowhere: {advice}").format(advice=advice)
            raise TrainingError(msg)
        return Descent(best.theta, best.loss, len(self._history), tuple(self._history), advice)

    def _tolerance(self) -> float:
        tolerance = _TOLERANCE if self._objective.network.kind == "plane" else _TOLERANCE_PERCEPTRON
        return tolerance if self._objective.dtype == self._torch.float64 else max(tolerance, _TOLERANCE_SINGLE)

    def _report(self, first: float, gap: float, target: float) -> None:
        """Progress is the share of the decades between the first gap and the one that counts as none, or of the epochs."""
        share = len(self._history) / self._options.epochs
        if 0 < target < first < math.inf and gap > 0:
            share = max(share, math.log(first / gap) / math.log(first / target))
        self._fraction = min(max(self._fraction, share), 1.0)
        self._progress.set(self._fraction)

    def _round(self, here: Point) -> np.ndarray:
        """Run some epochs from here in coordinates that suit it, and return the parameters reached; NaN where there are no such."""
        roots = root_of_inverse(here.curvature, self._damping)
        if roots is None:
            return np.full_like(here.theta, np.nan)
        root, inverse = roots
        torch, options, objective = self._torch, self._options, self._objective
        turn = objective.tensor(root)
        u = objective.tensor(inverse @ here.theta).requires_grad_()
        optimizer = self._optimizer(u)
        if self._velocity is not None:
            optimizer.state[u]["momentum_buffer"] = objective.tensor(inverse @ self._velocity)
        losses: list[Any] = []

        def full_batch() -> Any:
            raise_if_cancelled(self._progress)
            optimizer.zero_grad()
            losses.append(objective.backward(lambda: turn @ u))
            return losses[-1]

        if self._batch:
            losses.append(self._epoch_of_batches(optimizer, turn, u))
        elif options.optimizer == "lbfgs":
            optimizer.step(full_batch)
        else:
            for _ in range(min(_ROUND[options.optimizer], options.epochs - len(self._history))):
                optimizer.step(full_batch)
        self._history += torch.stack(losses).tolist()
        if options.optimizer == "gradient_descent" and self._momentum():
            self._velocity = root @ optimizer.state[u]["momentum_buffer"].cpu().double().numpy()
        return root @ u.detach().cpu().double().numpy()

    def _momentum(self) -> float:
        return _MOMENTUM[self._options.optimizer] if self._options.momentum is None else self._options.momentum

    def _optimizer(self, u: Any) -> Any:
        kinds, momentum = self._torch.optim, self._momentum()
        if self._options.optimizer == "lbfgs":
            left = self._options.epochs - len(self._history)
            return kinds.LBFGS(
                [u],
                lr=self._rate,
                max_iter=_ROUND["lbfgs"],
                max_eval=min(2 * _ROUND["lbfgs"], left),
                tolerance_grad=1e-10,
                tolerance_change=1e-14,
                line_search_fn="strong_wolfe",
            )
        if self._options.optimizer == "adam":
            return kinds.Adam([u], lr=self._rate, betas=(momentum, 0.999))
        return kinds.SGD([u], lr=self._rate, momentum=momentum, nesterov=momentum > 0)

    def _epoch_of_batches(self, optimizer: Any, turn: Any, u: Any) -> Any:
        """Take one step a batch, all samples once in random order, and return the mean loss on the way."""
        count = self._objective.count
        order = self._torch.randperm(count, generator=self._generator)
        total = 0.0
        for start in range(0, count, self._batch):
            raise_if_cancelled(self._progress)
            columns = order[start : start + self._batch]
            optimizer.zero_grad()
            total = total + self._objective.backward_batch(turn @ u, columns) * (len(columns) / count)
            optimizer.step()
        return total

    def _go_bolder(self) -> None:
        """After a round that brought the loss down."""
        self._damping = max(self._damping / 4, self._least_damping)
        if not self._batch:
            self._rate = min(self._rate * 1.5, self._highest_rate)

    def _go_carefully(self, reached: Point, best: Point) -> Point:
        """After a round that didn't: choose the point to go on from, and change what made it overshoot."""
        if self._options.optimizer == "gradient_descent" and not self._batch and not (self._chosen and self._is_plane()):
            # Levenberg's and Marquardt's remedy: where the curvature says least, the steps shrink most.
            self._damping = max(4 * self._damping, 1e-3)
        elif self._chosen:
            return reached
        else:
            self._rate /= 2
        self._velocity = None
        return best

    def _is_plane(self) -> bool:
        return self._objective.network.kind == "plane"

    def _out_of_epochs(self, share: float) -> str:
        text = (
            tr("after {epochs} epochs the loss could still fall by about {percent:.2g} % of itself.")
            if share < _MUCH
            else tr("after {epochs} epochs the loss could still fall by much.")
        )
        cures = {
            (False, False): tr("Try more epochs."),
            (False, True): tr("Try more epochs, or the optimizer lbfgs."),
            (True, False): tr("Try more epochs, another learning rate."),
            (True, True): tr("Try more epochs, another learning rate, or the optimizer lbfgs."),
        }
        other = self._options.optimizer != "lbfgs" and not self._batch
        return text.format(epochs=len(self._history), percent=100 * share) + " " + cures[self._chosen, other]

    def _stuck(self, share: float) -> str:
        last = self._history[-1] if self._history else math.nan
        if self._chosen and not last <= 1.5 * min(self._history, default=math.inf):
            return tr(
                "the loss rose instead of falling: a learning rate of {rate:g} is too large. Leave it empty, or try {less:g}."
            ).format(rate=self._rate, less=self._rate / 10)
        text = (
            tr("the loss stopped falling though it could still fall by about {percent:.2g} % of itself.")
            if share < _MUCH
            else tr("the loss stopped falling though it could still fall by much.")
        )
        cure = (
            tr("Try a smaller learning rate or larger batches.")
            if self._batch
            else tr("Try a smaller learning rate, another seed or another optimizer.")
        )
        return text.format(percent=100 * share) + " " + cure
