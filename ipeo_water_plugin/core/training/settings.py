"""The settings of training, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import InputError
from ..translation import tr

OPTIMIZERS = ("gradient_descent", "lbfgs", "adam", "newton")
DEVICES = ("auto", "cpu", "cuda", "mps")
MAX_HIDDEN_UNITS = 256


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Attributes:
        optimizer: `gradient_descent` (with Nesterov momentum), `lbfgs` or `adam`, which need PyTorch, or `newton`, which needs none and is
            for logistic regression, on the CPU.
        learning_rate: η. Descent is preconditioned, so that 1 suits gradient descent for any image and values above 2 diverge. A given
            value is kept; None = the optimizer's default, reduced whenever the loss rises.
        momentum: share of the previous step that is carried over, 0 ≤ momentum < 1 (β₁ of Adam); None = the optimizer's default.
        epochs: maximum passes over the samples; training stops earlier once it has converged.
        batch_size: samples per step; 0 = full batch.
        l2: λ in mean loss + λ/2 · Σ (a_k · sd_k)², sd from the training samples. For the perceptron the sum runs over the weights of
            the hidden layer, each times its input's sd, and the squared weights of the output.
        balance: give both classes the same total weight.
        water_fraction: expected share of water in the scene, 0 < w < 1: b += logit(w) − logit(weighted share in training); None = keep b.
        folds: maximum number of folds of the cross-validation over whole polygons, 2 or more; no more than the rarer class has polygons.
            0 = a single split by `validation_fraction`.
        validation_fraction: share of each class's polygons held out for validation if `folds` is 0, 0 ≤ share < 1; 0 = none.
        hidden_units: 0 = logistic regression; more = a perceptron with this many hidden units.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: of everything random, 0 or more.
    """

    optimizer: str = "gradient_descent"
    learning_rate: float | None = None
    momentum: float | None = None
    epochs: int = 1000
    batch_size: int = 0
    l2: float = 1e-6
    balance: bool = False
    water_fraction: float | None = None
    validation_fraction: float = 0.25
    folds: int = 10
    hidden_units: int = 0
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InputError if a setting is out of range."""
        optimizer, device, rate, momentum, share = self.optimizer, self.device, self.learning_rate, self.momentum, self.water_fraction
        newton, hidden, held_out = optimizer == "newton", self.hidden_units, self.validation_fraction
        whole = not self.batch_size or optimizer not in {"lbfgs", "newton"}
        flat, on_cpu = not (newton and hidden), not newton or device in {"auto", "cpu"}
        checks = (
            (optimizer in OPTIMIZERS, tr("The optimizer is “{value}”; it must be gradient_descent, lbfgs, adam or newton."), optimizer),
            (device in DEVICES, tr("The device is “{value}”; it must be auto, cpu, cuda or mps."), device),
            (rate is None or 0 < rate < math.inf, tr("The learning rate is {value}; it must be above 0, or empty."), rate),
            (momentum is None or 0 <= momentum < 1, tr("The momentum is {value}; it must be at least 0 and below 1, or empty."), momentum),
            (self.epochs >= 1, tr("The maximum number of epochs is {value}; it must be at least 1."), self.epochs),
            (self.batch_size >= 0, tr("The batch size is {value}; it must be 0 (full batch) or more."), self.batch_size),
            (whole, tr("The optimizer {value} needs the full batch: set the batch size to 0, or choose another optimizer."), optimizer),
            (flat, tr("The optimizer newton is for logistic regression: set the hidden units to 0, or choose another optimizer."), hidden),
            (on_cpu, tr("The optimizer newton runs on the CPU: set the device to auto or cpu, or choose another optimizer."), device),
            (0 <= self.l2 < math.inf, tr("The L2 regularisation is {value}; it must be 0 or more."), self.l2),
            (share is None or 0 < share < 1, tr("The expected share of water is {value}; it must be between 0 and 1, or empty."), share),
            (0 <= held_out < 1, tr("The share held out for validation is {value}; it must be at least 0 and below 1."), held_out),
            (self.folds == 0 or self.folds >= 2, tr("The number of folds is {value}; it must be 0, or 2 or more."), self.folds),
            (0 <= hidden <= MAX_HIDDEN_UNITS, tr("The number of hidden units is {value}; it must be between 0 and {max}."), hidden),
            (0 <= self.seed < 2**63, tr("The seed is {value}; it must be 0 or more."), self.seed),
        )
        for valid, message, value in checks:
            if not valid:
                raise InputError(message.format(value=value, max=MAX_HIDDEN_UNITS))
