"""Trains p(water | x) = σ(Aᵀx + b), or a small perceptron, on labelled pixels. The one step that needs PyTorch."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..accuracy.thresholds import ThresholdChoice, choose_threshold
from ..bands import ROLES
from ..errors import DeviceError, InputError, TrainingError
from ..model import QUANTILES, Layer, ModelInput, WaterModel, check_names, effective_scaling, logit, sigmoid
from ..model_json import RECORD_BYTES, check_size
from ..progress import Progress, SilentProgress, SubProgress
from ..samples import Samples, Scene
from ..translation import format_list, tr
from .descent import Descent, Options, descend
from .holdout import HeldOut, Scores, score, split_polygons
from .objective import Perceptron, Plane
from .torch_setup import DEVICES, available_devices, devices_to_try, import_torch, torch_problem
from .whitening import Whitening

__all__ = ["HeldOut", "Scores", "ThresholdChoice", "Training", "TrainingSettings", "torch_problem", "train"]

OPTIMIZERS = ("gradient_descent", "lbfgs", "adam")
MOST_HIDDEN_UNITS = 256
_NONE, _IDENTITY = (None, None), (1.0, 0.0)
# A model file describes so many of the scenes that its samples come from.
_MOST_SCENES = 200
# Quantiles of the inputs are taken from at most so many samples, evenly spaced.
_QUANTILE_SAMPLES = 200_000


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Attributes:
        optimizer: `gradient_descent` (with Nesterov's momentum), `lbfgs` or `adam`.
        learning_rate: η, in coordinates in which the loss bends by 1 in every direction, so that 1 suits gradient descent and more
            than 2 diverges. It is kept as chosen; None = the optimizer's own, which then adapts where the loss rises.
        momentum: share of the last step that carries over, 0 to below 1 (Adam's β₁); None = the optimizer's own.
        epochs: the most passes over the samples; training stops earlier once converged.
        batch_size: samples a step; 0 = all.
        l2: λ in mean loss + λ/2 · Σ (a_k · sd_k)², sd from the training samples. For the perceptron the sum runs over the weights
            of the hidden layer, each times its input's sd, and the squares of the output's weights.
        balance: both classes weigh the same.
        water_fraction: expected share of water, 0 to 1 exclusive: b += logit(it) − logit(weighted share in training); None = leave b.
        validation_fraction: share of the polygons of each class to hold out, 0 to below 1; 0 = none.
        folds: 2 or more = hold out each polygon once, in so many turns, instead.
        hidden_units: 0 = logistic regression; more = the perceptron.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: of all that is random, from 0.
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
    folds: int = 0
    hidden_units: int = 0
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check each setting.

        Raises:
            InputError: one is out of its range.
        """
        rate, momentum, share = self.learning_rate, self.momentum, self.water_fraction
        checks = (
            (
                self.optimizer in OPTIMIZERS,
                tr("The optimizer is {optimizer!r}: choose {choices}.").format(optimizer=self.optimizer, choices=", ".join(OPTIMIZERS)),
            ),
            (
                self.device in DEVICES,
                tr("The device is {device!r}: choose {choices}.").format(device=self.device, choices=", ".join(DEVICES)),
            ),
            (
                rate is None or 0 < rate < math.inf,
                tr("The learning rate is {rate}: give a number above 0, or leave it empty.").format(rate=rate),
            ),
            (
                momentum is None or 0 <= momentum < 1,
                tr("The momentum is {momentum}: give 0 to below 1, or leave it empty.").format(momentum=momentum),
            ),
            (self.epochs >= 1, tr("The most epochs are {epochs}: give at least 1.").format(epochs=self.epochs)),
            (
                self.batch_size >= 0,
                tr("The batch size is {batch_size}: give 0 for all samples at once, or more.").format(batch_size=self.batch_size),
            ),
            (
                not (self.batch_size and self.optimizer == "lbfgs"),
                tr("The optimizer lbfgs takes all samples at once: set the batch size to 0, or choose another optimizer."),
            ),
            (0 <= self.l2 < math.inf, tr("The L2 regularisation is {l2}: give 0 or more.").format(l2=self.l2)),
            (
                share is None or 0 < share < 1,
                tr("The expected share of water is {share}: give a number between 0 and 1, or leave it empty.").format(share=share),
            ),
            (
                0 <= self.validation_fraction < 1,
                tr("The share of areas held out is {validation_fraction}: give 0 to below 1.").format(
                    validation_fraction=self.validation_fraction
                ),
            ),
            (self.folds == 0 or self.folds >= 2, tr("The number of folds is {folds}: give 0, or 2 or more.").format(folds=self.folds)),
            (
                0 <= self.hidden_units <= MOST_HIDDEN_UNITS,
                tr("The number of hidden units is {hidden_units}: give 0 to {most}.").format(
                    hidden_units=self.hidden_units, most=MOST_HIDDEN_UNITS
                ),
            ),
            (0 <= self.seed < 2**63, tr("The seed is {seed}: give 0 or more.").format(seed=self.seed)),
        )
        for holds, msg in checks:
            if not holds:
                raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Training:
    """What training gave.

    Attributes:
        model: trained on all samples, with the shift for `water_fraction` where one was asked for.
        scores: on the training samples, and `validation` on held-out polygons (None where none were): both measured for the samples'
            own share of water, so before that shift.
        epochs_run: passes over the samples; the perceptron's tries of random starts don't count.
        converged: whether hardly any loss was left to be gained.
        device: where it ran.
        history: the loss with the L2 term, epoch by epoch.
        held_out: what was predicted for held-out polygons.
        threshold: how the recommended one was chosen, on the scale of the model's probabilities; None where too few polygons were
            held out.
    """

    model: WaterModel
    scores: Scores
    validation: Scores | None
    epochs_run: int
    converged: bool
    device: str
    history: tuple[float, ...]
    held_out: HeldOut | None
    threshold: ThresholdChoice | None = None


def train(
    samples: Samples,
    settings: TrainingSettings | None = None,
    progress: Progress | None = None,
    check_torch: Callable[[], None] | None = None,
) -> Training:
    """Train a model on samples.

    Scores on unseen places come from models trained without the held-out polygons; the model that is returned is trained on all.

    Args:
        samples: labelled pixels.
        settings: how to train.
        progress: told the share of the work done.
        check_torch: asked before PyTorch is imported for the first time; raises TorchMissingError where that would end this process.

    Raises:
        TrainingError: there are no samples, only one class is present, nothing varies, or the learning rate leads nowhere.
        TorchMissingError: PyTorch isn't installed or doesn't work.
        DeviceError: the device asked for isn't there.
        CancelledError: the user cancelled.
    """
    settings, progress = settings or TrainingSettings(), progress or SilentProgress()
    _check(samples, progress)
    check_names(samples.names)
    check_size(samples.names, settings.hidden_units)
    torch = import_torch(check_torch)
    devices = list(devices_to_try(settings.device, available_devices(torch)))
    water = int(np.count_nonzero(samples.y))
    progress.info(
        tr("Training on {water} pixels of water and {other} of the rest. Seed {seed}.").format(
            water=water, other=len(samples) - water, seed=settings.seed
        )
    )
    if settings.optimizer == "lbfgs" and settings.momentum is not None:
        progress.warn(tr("The optimizer lbfgs has no momentum: that setting is left aside."))

    fold = None
    if settings.folds or settings.validation_fraction:
        fold = split_polygons(samples, settings.validation_fraction, settings.folds, settings.seed, progress)
    turns = 0 if fold is None else int(fold.max()) + 1
    steps = [SubProgress(progress, turn / (turns + 1), (turn + 1) / (turns + 1)) for turn in range(turns + 1)]

    held_out = validation = None
    if fold is not None:
        held_out, logits = _hold_out(torch, devices, samples, settings, fold, steps)
        validation = score(logits, held_out.y, balance=settings.balance)
    fit = _fit(torch, devices, samples, None, settings, steps[-1])
    loss = fit.descent.loss
    progress.info(tr("{epochs} epochs on {device}: loss {loss:.4g}.").format(epochs=fit.descent.epochs, device=fit.device, loss=loss))
    if fit.descent.advice:
        progress.warn(tr("Not converged: {advice}").format(advice=fit.descent.advice))
    trained = _logits(fit.layers, samples.X)
    scores = replace(score(trained, samples.y, balance=settings.balance), loss=loss)
    _check_parted(trained, progress)
    model = WaterModel(_inputs(samples, fit.whitening), fit.layers)
    shift = 0.0
    if settings.water_fraction is not None:
        share = 0.5 if settings.balance else water / len(samples)
        shift = _logit(settings.water_fraction) - _logit(share)
        model = model.with_intercept_shift(shift)
    threshold = None
    if held_out is not None:
        threshold = _choose_threshold(sigmoid(logits + shift), held_out, settings, progress)
    record = _record(samples, settings, fit, scores, validation, shift, {"torch": str(torch.__version__)})
    record["threshold"] = threshold and threshold.to_record()
    if len(record["scenes"]) < len(samples.scenes):
        progress.info(
            tr("The model file describes {told} of the {count} scenes that the samples come from.").format(
                told=len(record["scenes"]), count=len(samples.scenes)
            )
        )
    progress.set(1.0)
    return Training(
        model=replace(model, threshold=None if threshold is None else threshold.recommended, training=record),
        scores=scores,
        validation=validation,
        epochs_run=fit.descent.epochs,
        converged=not fit.descent.advice,
        device=fit.device,
        history=fit.descent.history,
        held_out=held_out,
        threshold=threshold,
    )


def _check_parted(logits: np.ndarray, progress: Progress) -> None:
    """Warn of a model to which all training pixels are one class, so that its map is likely to be."""
    found = logits >= 0
    if found.all() or not found.any():
        progress.warn(
            tr(
                "At p ≥ 0.5 the model calls all training pixels “{one}”: it doesn't tell water from the rest. Check bands, classes and "
                "areas. Where one class has far fewer pixels than the other, let both weigh the same."
            ).format(one=tr("water") if found.all() else tr("not water"))
        )


def _choose_threshold(probability: np.ndarray, held_out: HeldOut, settings: TrainingSettings, progress: Progress) -> ThresholdChoice | None:
    """Choose the threshold on held-out polygons, and say so.

    Args:
        probability: p(water) of the held-out pixels as the final model's scale has it, with the shift for `water_fraction`.
    """
    choice = choose_threshold(probability, held_out.y, held_out.group, settings.water_fraction, settings.seed)
    if choice is None:
        progress.info(
            tr("No threshold is recommended: choosing one takes two held-out polygons of each class. Hold out more, or use folds.")
        )
    else:
        progress.info(
            tr(
                "Recommended threshold: {threshold:.3g}. On polygons that had no part in choosing it, the best one ({best:.3g}) "
                "comes to F1 {f1:.3f}, and 0.5 to {f1_at_half:.3f}."
            ).format(threshold=choice.recommended, best=choice.best, f1=choice.f1, f1_at_half=choice.f1_at_half)
        )
    return choice


def _check(samples: Samples, progress: Progress) -> None:
    """Refuse samples that nothing can be learned from, and warn of those that teach little."""
    if not len(samples) or not samples.names:
        msg = tr("There are no samples to train on: draw polygons inside the image, on valid pixels.")
        raise TrainingError(msg)
    if samples.y.all() or not samples.y.any():
        present, absent = (tr("water"), tr("not water")) if samples.y.any() else (tr("not water"), tr("water"))
        msg = tr(
            "All {count} samples are of class “{present}”: draw polygons of class “{absent}” too, or check which values mean water."
        ).format(count=len(samples), present=present, absent=absent)
        raise TrainingError(msg)
    if len(samples) <= len(samples.names):
        progress.warn(
            tr("{count} samples for {inputs} inputs are too few to trust the result: label more pixels.").format(
                count=len(samples), inputs=len(samples.names)
            )
        )
    _check_scenes(samples, progress)


def _check_scenes(samples: Samples, progress: Progress) -> None:
    """Warn where values of several scenes may not mean the same, input by input: scenes may have been sampled with others besides."""
    types: set[str] = set()
    scaled = []
    for column, name in enumerate(samples.names):
        found = {scene.type_of(name, column) for scene in samples.scenes} - {None}
        if len(found) > 1:
            types.update(map(str, found))
        if len(_declared(samples, column, name)) > 1:
            scaled.append(name)
    if types:
        progress.warn(
            tr("The samples come from images of different data types ({types}), so their values may not mean the same.").format(
                types=", ".join(sorted(types))
            )
        )
    if scaled:
        progress.warn(
            tr(
                "The samples come from images that declare different scales or offsets for {names}, so their raw values don't mean "
                "the same."
            ).format(names=format_list(scaled))
        )
    groups = samples.groups()
    mixed = np.intersect1d(groups[samples.y], groups[~samples.y])
    if mixed.size:
        progress.warn(
            tr(
                "{count} polygons hold samples of both classes. If you didn't change the class of single samples, polygons of two layers "
                "bear one id: sample each layer anew and merge the results."
            ).format(count=mixed.size)
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """Layers in raw pixel units, and how they came about."""

    layers: tuple[Layer, ...]
    whitening: Whitening
    descent: Descent
    device: str


def _fit(torch: Any, devices: list[str], samples: Samples, rows: np.ndarray | None, settings: TrainingSettings, progress: Progress) -> _Fit:
    """Train on some samples on the first device that manages; those that don't are struck from the list.

    Args:
        rows: mask of the samples to train on; None = all.
    """
    whitening = Whitening.of(samples.X, rows)
    y = samples.y if rows is None else samples.y[rows]
    share = float(np.mean(y))
    weight = (0.5 / (1 - share), 0.5 / share) if settings.balance else (1.0, 1.0)
    variance = whitening.variance
    network = Perceptron(variance, settings.hidden_units) if settings.hidden_units else Plane(variance)
    chosen = asdict(settings)
    options = Options(**{name: chosen[name] for name in Options.__dataclass_fields__})
    while True:
        device = devices[0]
        try:
            descent = descend(torch, device, network, whitening.apply(samples.X, rows), y, weight, options, progress)
        # What a GPU without memory, driver or kernels raises differs between versions of PyTorch.
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            _give_up(device, devices, error, progress)
            continue
        layers = network.layers(descent.theta)
        return _Fit((whitening.to_raw(layers[0]), *layers[1:]), whitening, descent, device)


def _give_up(device: str, devices: list[str], error: Exception, progress: Progress) -> None:
    """Strike a device that failed, and say which is next.

    Raises:
        DeviceError: there is no other.
    """
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    devices.remove(device)
    if devices:
        progress.warn(
            tr("Training on {device} failed ({reason}): going on with {next_device}.").format(
                device=device, reason=reason, next_device=devices[0]
            )
        )
        return
    text = (
        tr("Training on {device} failed ({reason}): set a batch size, or sample fewer pixels.")
        if device == "cpu"
        else tr("Training on {device} failed ({reason}): set a batch size, or choose the device cpu or auto.")
    )
    msg = text.format(device=device, reason=reason)
    raise DeviceError(msg) from error


def _hold_out(
    torch: Any, devices: list[str], samples: Samples, settings: TrainingSettings, fold: np.ndarray, steps: list[SubProgress]
) -> tuple[HeldOut, np.ndarray]:
    """Predict each held-out polygon with a model trained without it; the logits are returned beside the probabilities."""
    rows, logits = [], []
    for turn in range(int(fold.max()) + 1):
        outside = fold == turn
        fit = _fit(torch, devices, samples, ~outside, settings, steps[turn])
        if fit.descent.advice:
            steps[turn].info(tr("The model for validation didn't converge: {advice}").format(advice=fit.descent.advice))
        rows.append(np.flatnonzero(outside))
        logits.append(_logits(fit.layers, samples.X[rows[-1]]))
    order, logit = np.concatenate(rows), np.concatenate(logits)
    return HeldOut(order, sigmoid(logit.copy()), samples.y[order], samples.groups()[order], fold[order]), logit


def _logits(layers: tuple[Layer, ...], X: np.ndarray) -> np.ndarray:
    """Compute the logit of each row of X in float64, chunk by chunk."""
    out = np.empty(len(X))
    for start in range(0, len(X), 65536):
        out[start : start + 65536] = logit(X[start : start + 65536].T, layers)
    return out


def _logit(p: float) -> float:
    return math.log(p) - math.log1p(-p)


def _inputs(samples: Samples, whitening: Whitening) -> tuple[ModelInput, ...]:
    some = samples.X[:: -(-len(samples) // _QUANTILE_SAMPLES)]
    quantiles = np.quantile(some, QUANTILES, axis=0)
    return tuple(
        ModelInput(
            name=name,
            role=name if name in ROLES else "extra",
            mean=float(whitening.mean[k]),
            sd=float(whitening.sd[k]),
            minimum=float(whitening.minimum[k]),
            maximum=float(whitening.maximum[k]),
            quantiles=tuple(quantiles[:, k].tolist()),
            scale=scale,
            offset=offset,
        )
        for k, (name, (scale, offset)) in enumerate(zip(samples.names, _scalings(samples)))
    )


def _scalings(samples: Samples) -> list[tuple[float | None, float | None]]:
    """Return the scale and offset of each input that all scenes declare alike, None where they differ."""
    alike: list[tuple[float | None, float | None]] = []
    for column, name in enumerate(samples.names):
        declared = _declared(samples, column, name)
        alike.append(declared.pop() if len(declared) == 1 else (None, None))
    return alike


def _declared(samples: Samples, column: int, name: str) -> set[tuple[float | None, float | None]]:
    """Return the scales and offsets that the scenes declare for an input, as far as they know it."""
    scalings = (scene.scaling(name, column) for scene in samples.scenes)
    return {
        _NONE if effective_scaling(*scaling) == _IDENTITY else effective_scaling(*scaling) for scaling in scalings if scaling is not None
    }


def _told_scenes(scenes: Sequence[Scene]) -> list[dict[str, Any]]:
    """Describe as many scenes as a model file has room for, one of each data type before all others."""
    first = {(scene.data_type, scene.data_types): index for index, scene in reversed(list(enumerate(scenes)))}
    told: dict[int, dict[str, Any]] = {}
    size = 0
    for index in dict.fromkeys((*first.values(), *range(len(scenes)))):
        record = scenes[index].to_record()
        # As it will be written: numbers stand on lines of their own.
        size += len(json.dumps(record, indent=4, ensure_ascii=False).encode())
        if len(told) == _MOST_SCENES or size > RECORD_BYTES // 2:
            break
        told[index] = record
    return [told[index] for index in sorted(told)]


def _record(
    samples: Samples,
    settings: TrainingSettings,
    fit: _Fit,
    scores: Scores,
    validation: Scores | None,
    shift: float,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Write down how the model came about, as plain JSON values."""
    groups = samples.groups()
    classes = {"water": samples.y, "other": ~samples.y}
    return {
        "scenes": _told_scenes(samples.scenes),
        "scene_count": len(samples.scenes),
        "trained_at": samples.areas(),
        "samples": {
            name: {"pixels": int(np.count_nonzero(members)), "polygons": len(np.unique(groups[members]))}
            for name, members in classes.items()
        },
        "settings": asdict(settings),
        "seed": settings.seed,
        "device": fit.device,
        "loss": fit.descent.loss,
        "epochs": fit.descent.epochs,
        "converged": not fit.descent.advice,
        "intercept_shift": shift,
        "scores": {"training": asdict(scores), "validation": None if validation is None else asdict(validation)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, **versions},
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
