"""Trains p(water | x) = σ(Aᵀx + b), or a small perceptron, on labelled pixels. The only step that uses PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from ..accuracy.thresholds import ThresholdChoice, choose_threshold
from ..errors import DeviceError, TorchMissingError, TrainingError
from ..model import Layer, WaterModel, check_names, logit, sigmoid
from ..model_json import check_size
from ..progress import SILENT, Progress, SubProgress
from ..samples import Samples
from ..translation import format_list, tr
from . import newton
from .holdout import FitScores, HeldOut, score, split_polygons
from .objective import Minimum, Objective, intercept_shift
from .record import declared_scalings, model_inputs, training_record
from .settings import TrainingSettings
from .torch_setup import available_devices, devices_to_try, import_torch
from .whitening import Whitening


@dataclass(frozen=True, eq=False)
class Training:
    """The result of training.

    Attributes:
        model: trained on all samples; shifted to `water_fraction`, if that is set.
        scores: on the training samples, and `validation` on held-out polygons (None if there are none); both for the share of water in
            the samples, before that shift.
        epochs_run: passes over the samples; the perceptron's trial starts don't count.
        converged: whether hardly any further decrease of the loss was possible.
        device: on which the model was trained.
        history: the loss with the L2 term, epoch by epoch.
        held_out: the predictions for held-out polygons.
        threshold: how the recommended threshold was chosen, for the model's probabilities; None if too few polygons were held out.
    """

    model: WaterModel
    scores: FitScores
    validation: FitScores | None
    epochs_run: int
    converged: bool
    device: str
    history: tuple[float, ...]
    held_out: HeldOut | None
    threshold: ThresholdChoice | None = None


def train(
    samples: Samples,
    settings: TrainingSettings | None = None,
    progress: Progress = SILENT,
    check_torch: Callable[[], None] | None = None,
) -> Training:
    """Train a model on samples.

    Validation scores come from models trained without the held-out polygons; the model returned is trained on all samples.

    Args:
        samples: labelled pixels.
        settings: how to train.
        check_torch: called before PyTorch is imported for the first time; raises TorchMissingError if that would crash this process.

    Raises:
        TrainingError: there are no samples, only one class is present, no input varies, or the loss never decreased.
        TorchMissingError: a perceptron is wanted, and PyTorch isn't installed or doesn't work.
        DeviceError: the requested device isn't available.
        ModelError: a model file couldn't hold the model.
    """
    settings = settings or TrainingSettings()
    _check(samples, progress)
    check_names(samples.names)
    check_size(samples.names, settings.hidden_units)
    torch_version, devices, note = None, ["cpu"], ""
    if settings.optimizer != "newton":
        try:
            torch_version = str(import_torch(check_torch).__version__)
            devices = list(devices_to_try(settings.device, available_devices()))
        except TorchMissingError as error:
            settings, note = without_torch(settings, str(error))
            progress.info(note)
    water = int(np.count_nonzero(samples.y))
    text = tr("Training on {water} water and {other} other pixels. Seed {seed}.")
    progress.info(text.format(water=water, other=len(samples) - water, seed=settings.seed))
    if settings.optimizer in {"lbfgs", "newton"} and settings.momentum is not None:
        progress.warn(tr("The optimizer {optimizer} has no momentum; the setting is ignored.").format(optimizer=settings.optimizer))
    if settings.optimizer == "newton" and settings.learning_rate is not None:
        progress.warn(tr("The optimizer newton has no learning rate; the setting is ignored."))

    fold = None
    if settings.folds or settings.validation_fraction:
        fold = split_polygons(samples, settings.validation_fraction, settings.folds, settings.seed, progress)
    steps = 1 if fold is None else int(fold.max()) + 2
    parts = [SubProgress(progress, step / steps, (step + 1) / steps) for step in range(steps)]
    whole = fit(samples, settings, devices, parts[0])
    minimum = whole.minimum
    epochs = len(minimum.history)
    text = tr("{n} epoch on {device}: loss {loss:.4g}.", "{n} epochs on {device}: loss {loss:.4g}.", n=epochs)
    progress.info(text.format(n=epochs, device=whole.device, loss=minimum.loss))
    if minimum.advice:
        progress.warn(tr("Not converged: {advice}").format(advice=minimum.advice))
    logits = _logits(whole.layers, samples.X)
    scores = replace(score(logits, samples.y, balance=settings.balance), loss=minimum.loss)
    _warn_if_one_class(logits, progress)

    shift = intercept_shift(samples.y, settings)
    held_out = validation = threshold = None
    if fold is not None:
        # Newton finds where the other optimizers converge to, in a fraction of the time.
        quickly = settings if settings.hidden_units or not minimum.converged else by_newton(settings)
        held_out = _cross_validate(samples, quickly, devices, fold, parts[1:])
        validation = score(held_out.logit, held_out.y, balance=settings.balance)
        threshold = _choose_threshold(held_out, shift, settings, progress)
    record = {
        **training_record(samples, settings, minimum, whole.device, torch_version, progress),
        "note": note or None,
        "intercept_shift": shift,
        "scores": {"training": asdict(scores), "validation": None if validation is None else asdict(validation)},
        "threshold": None if threshold is None else threshold.to_record(),
    }
    recommended = None if threshold is None else threshold.recommended
    model = WaterModel(model_inputs(samples, whole.whitening), whole.layers, recommended, record).with_intercept_shift(shift)
    progress.set(1.0)
    return Training(model, scores, validation, epochs, minimum.converged, whole.device, minimum.history, held_out, threshold)


def without_torch(settings: TrainingSettings, problem: str) -> tuple[TrainingSettings, str]:
    """Return the settings for training in NumPy instead, and the sentence that says so.

    Args:
        settings: as chosen, for an optimizer that needs PyTorch.
        problem: why PyTorch doesn't work, and what to do.

    Raises:
        TorchMissingError: the perceptron needs PyTorch.
        DeviceError: the device does.
    """
    if settings.hidden_units:
        msg = tr("A perceptron needs PyTorch. Set the hidden units to 0 to train logistic regression without it.") + f"\n{problem}"
        raise TorchMissingError(msg)
    if settings.device in {"cuda", "mps"}:
        wanted = tr("The device {device} needs PyTorch. Choose auto to train on the CPU without it.").format(device=settings.device)
        msg = f"{wanted}\n{problem}"
        raise DeviceError(msg)
    text = tr("PyTorch isn't available: trained with the optimizer newton, which needs only NumPy and finds the same coefficients.")
    return by_newton(settings), text


def _check(samples: Samples, progress: Progress) -> None:
    """Raise if nothing can be learned from the samples, and warn of what makes them doubtful."""
    if not len(samples) or not samples.names:
        msg = tr("There are no samples to train on. Draw polygons inside the image, on valid pixels.")
        raise TrainingError(msg)
    if samples.y.all() or not samples.y.any():
        msg = tr("All {count} samples are of class “not water”. Draw polygons of class “water” too, or check which values mean water.")
        if samples.y.all():
            msg = tr("All {count} samples are of class “water”. Draw polygons of class “not water” too, or check which values mean water.")
        raise TrainingError(msg.format(count=len(samples)))
    if len(samples) <= len(samples.names):
        text = tr("{count} samples are too few for {inputs} inputs: don't trust the result, label more pixels.")
        progress.warn(text.format(count=len(samples), inputs=len(samples.names)))
    _check_scenes(samples, progress)
    groups = samples.groups()
    mixed = np.intersect1d(groups[samples.y], groups[~samples.y]).size
    if mixed:
        text = tr("{n} polygon holds samples of both classes.", "{n} polygons hold samples of both classes.", n=mixed).format(n=mixed)
        advice = tr(
            "If you didn't change the class of single samples, polygons of two layers have the same id: sample each layer again and merge "
            "the results."
        )
        progress.warn(f"{text} {advice}")


def _check_scenes(samples: Samples, progress: Progress) -> None:
    """Warn if the values of several scenes may not mean the same. Compares input by input, since scenes may have others as well."""
    types: set[str] = set()
    scaled = []
    for column, name in enumerate(samples.names):
        found = {kind for kind in (scene.type_of(name, column) for scene in samples.scenes) if kind is not None}
        if len(found) > 1:
            types |= found
        if len(declared_scalings(samples, column)) > 1:
            scaled.append(name)
    if types:
        text = tr("The samples come from images of different data types ({types}), so their values may not mean the same.")
        progress.warn(text.format(types=", ".join(sorted(types))))
    if scaled:
        text = tr(
            "The samples come from images that declare different scales or offsets for {names}, so their raw values don't mean the same."
        )
        progress.warn(text.format(names=format_list(scaled)))


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained model without its record.

    Attributes:
        layers: in raw pixel units.
        whitening, objective: of the samples.
        minimum: of the objective.
        device: that trained it.
    """

    layers: tuple[Layer, ...]
    whitening: Whitening
    objective: Objective
    minimum: Minimum
    device: str


def fit(samples: Samples, settings: TrainingSettings, devices: list[str], progress: Progress, start: Layer | None = None) -> Fit:
    """Train on samples of both classes, on the first device that works.

    Args:
        samples: labelled pixels.
        settings: how to train.
        devices: those to try; those that fail are removed from the list.
        start: a logistic model in raw pixel units that is probably close, from which newton starts; None = none.

    Raises:
        TrainingError: no input varies, or the loss never decreased.
        DeviceError: no device works.
    """
    whitening = Whitening.from_pixels(samples.X)
    objective = Objective.from_samples(samples, whitening, settings)
    near = None if start is None else whitening.from_raw(start)
    while True:
        try:
            minimum = _minimise(objective, settings, devices[0], progress, near)
        # What a GPU without memory, driver or kernels raises differs between versions of PyTorch.
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            _give_up(devices, error, progress)
            continue
        first, *others = objective.layers(minimum.theta)
        return Fit((whitening.to_raw(first), *others), whitening, objective, minimum, devices[0])


def _minimise(objective: Objective, settings: TrainingSettings, device: str, progress: Progress, start: Layer | None) -> Minimum:
    if settings.optimizer == "newton":
        return newton.minimise(objective, settings, progress, None if start is None else np.append(start.weights, start.bias))
    # Imports PyTorch.
    from . import descent  # noqa: PLC0415

    return descent.minimise(objective, settings, device, progress)


def by_newton(settings: TrainingSettings) -> TrainingSettings:
    """Return the same settings for the optimizer newton, which runs on the CPU."""
    return replace(settings, optimizer="newton", device="cpu", batch_size=0, learning_rate=None, momentum=None)


def _give_up(devices: list[str], error: Exception, progress: Progress) -> None:
    """Remove the first device, which failed, from the list, or raise DeviceError if there is no other."""
    device = devices.pop(0)
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if not devices:
        msg = tr("Training on {device} failed ({reason}). Set a batch size, sample fewer pixels, or choose the device cpu.")
        raise DeviceError(msg.format(device=device, reason=reason)) from error
    text = tr("Training on {device} failed ({reason}); continuing on {next_device}.")
    progress.warn(text.format(device=device, reason=reason, next_device=devices[0]))


def _cross_validate(
    samples: Samples, settings: TrainingSettings, devices: list[str], fold: np.ndarray, parts: list[SubProgress]
) -> HeldOut:
    """Predict each held-out polygon with a model trained without it, fold by fold; −1 = in none."""
    rows, logits = [], []
    for number, progress in zip(range(int(fold.max()) + 1), parts):
        part = fit(samples.take(fold != number), settings, devices, progress)
        if part.minimum.advice:
            progress.info(tr("The validation model didn't converge: {advice}").format(advice=part.minimum.advice))
        rows.append(np.flatnonzero(fold == number))
        logits.append(_logits(part.layers, samples.X[rows[-1]]))
    order = np.concatenate(rows)
    return HeldOut(order, np.concatenate(logits), samples.y[order], samples.groups()[order], fold[order])


def _logits(layers: tuple[Layer, ...], X: np.ndarray) -> np.ndarray:
    """Compute the logit of each row of X in float64, chunk by chunk."""
    return np.concatenate([logit(X[start : start + 65536].T, layers) for start in range(0, len(X), 65536)])


def _warn_if_one_class(logits: np.ndarray, progress: Progress) -> None:
    """Warn of a model that predicts the same class for all training pixels, as it then probably does for the whole image."""
    water = logits >= 0
    if water.any() and not water.all():
        return
    text = tr("At p ≥ 0.5 the model classifies all training pixels as “not water”.")
    if water.all():
        text = tr("At p ≥ 0.5 the model classifies all training pixels as “water”.")
    advice = tr("Check bands, classes and polygons. If one class has far fewer pixels than the other, turn on Balance classes.")
    progress.warn(f"{text} {advice}")


def _choose_threshold(held_out: HeldOut, shift: float, settings: TrainingSettings, progress: Progress) -> ThresholdChoice | None:
    """Choose the threshold on held-out polygons, with the intercept shifted to `water_fraction`, and log it."""
    p = sigmoid(held_out.logit + shift)
    choice = choose_threshold(p, held_out.y, held_out.group, settings.water_fraction, settings.seed)
    if choice is None:
        progress.info(tr("No threshold is recommended: that needs two held-out polygons of each class. Draw more, or use folds."))
        return None
    text = tr(
        "Recommended threshold: {threshold:.3g}. On polygons that weren't used to choose it, the best threshold ({best:.3g}) reaches "
        "F1 {f1:.3f}, and 0.5 reaches {f1_at_half:.3f}."
    )
    progress.info(text.format(threshold=choice.recommended, best=choice.best, f1=choice.f1, f1_at_half=choice.f1_at_half))
    return choice
