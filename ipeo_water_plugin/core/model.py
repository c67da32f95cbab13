"""The model: p(water | x) = σ(Aᵀx + b), where x holds a pixel's raw values, such as green, red and near-infrared.

The perceptron puts a layer of sigmoids before it: p = σ(A₂ σ(A₁x + b₁) + b₂). Needs NumPy only.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .errors import ModelError
from .system.redaction import display_name
from .translation import tr

# Pixels computed at a time: their values stay in the processor's cache.
_CHUNK = 16384
# Probabilities are stored in steps of 2⁻¹⁷: finer than any model knows them, and a raster takes a tenth of the space.
STEPS = 2**17
_COARSE = np.float32(2**23 / STEPS)


@dataclass(frozen=True, eq=False)
class Layer:
    """An affine map Ax + b: weights A of shape (outputs, inputs), bias b of shape (outputs,), float64."""

    weights: np.ndarray
    bias: np.ndarray

    def __call__(self, x: Any) -> Any:
        """Return Ax + b, shape (outputs, pixels), for x of shape (inputs, pixels).

        The float64 weights make each product float64: in float32 p is off by more than 1e-5 on values near 65535. The terms are added one
        by one, because a matrix product starts threads, which compete with those that read and write.
        """
        z = self.weights[:, :1] * x[0]
        z += self.bias[:, None]
        for k in range(1, len(x)):
            z += self.weights[:, k : k + 1] * x[k]
        return z


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return σ(z) = 1 / (1 + e⁻ᶻ), which is 0 where e⁻ᶻ overflows.

    >>> sigmoid(np.array([-1000.0, 0.0, 2.0])).round(3).tolist()
    [0.0, 0.5, 0.881]
    """
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def log_odds(p: Any) -> Any:
    """Return ln(p / (1 − p)), the inverse of σ, for numbers or arrays above 0 and below 1."""
    return np.log(p) - np.log1p(-p)


def logit(x: Any, layers: Sequence[Layer], sigmoid: Callable[[Any], Any] = sigmoid) -> Any:
    """Return the logit ln(p / (1 − p)) of each pixel: Aᵀx + b, or A₂ σ(A₁x + b₁) + b₂.

    Args:
        x: pixel values, shape (inputs, pixels), any numeric type: NumPy arrays, or torch tensors in training.
        layers: one for logistic regression, two for the perceptron; of x's kind.
        sigmoid: σ for arrays of x's kind.

    Returns:
        Shape (pixels,), float64.
    """
    for layer in layers[:-1]:
        x = sigmoid(layer(x))
    return layers[-1](x)[0]


def probability(bands: Sequence[np.ndarray], layers: Sequence[Layer]) -> np.ndarray:
    """Return p(water) = σ(logit) of each pixel.

    Args:
        bands: raw pixel values, one array for each input, all of one shape and any numeric type.
        layers: of the model, in raw pixel units.

    Returns:
        p in [0, 1], float32, in the bands' shape; meaningless where a band isn't finite.
    """
    p = np.empty(bands[0].shape, np.float32)
    flat = [np.ascontiguousarray(band).reshape(-1) for band in bands]
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, p.size, _CHUNK):
            chunk = slice(start, start + _CHUNK)
            z = logit([band[chunk] for band in flat], layers)
            # float32 is precise enough for σ, and takes half the time of float64.
            p.reshape(-1)[chunk] = sigmoid(z.astype(np.float32))
    return p


def rounded(p: np.ndarray) -> np.ndarray:
    """Round float32 probabilities in place to multiples of 2⁻¹⁷, as rasters store them, by at most 4e-6; return them.

    >>> float(rounded(np.array([0.3], np.float32))[0] * STEPS)
    39322.0
    """
    # From 64 to 128 the numbers of float32 are 2⁻¹⁷ apart.
    p += _COARSE
    p -= _COARSE
    return p


def at_least(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Return where p ≥ threshold, compared in the probability's own precision, so that 0.3 in float32 reaches the threshold 0.3.

    Args:
        probability: any shape, float32 or float64.
        threshold: 0 to 1.

    Example:
        >>> at_least(np.array([0.2, 0.3], np.float32), 0.3)
        array([False,  True])
    """
    return probability >= probability.dtype.type(threshold)


FORMAT = "ipeo-water-model"
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)
MAX_TEXT = 255

# What no name needs, and what ends a message early in C.
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class ModelInput:
    """An input of a model, and the statistics of its training samples in raw pixel units.

    Attributes:
        name: unique within the model.
        role: `green`, `red`, `nir` or `extra`.
        mean, sd, minimum, maximum: of the training samples.
        quantiles: at `QUANTILES`; empty = unknown.
        scale, offset: declared by the training image, physical = raw · scale + offset; None = undeclared.
    """

    name: str
    role: str
    mean: float
    sd: float
    minimum: float
    maximum: float
    quantiles: tuple[float, ...] = ()
    scale: float | None = None
    offset: float | None = None

    def conversion(self, scale: float | None, offset: float | None) -> tuple[float, float] | None:
        """Return factor and shift from an image's raw values to the training image's; None if only one of the two declares its scale.

        Args:
            scale, offset: declared by the image; None = undeclared.

        Raises:
            ModelError: no finite factor and shift lead from one to the other.
        """
        trained, given = effective_scaling(self.scale, self.offset), effective_scaling(scale, offset)
        if trained == given:
            return 1.0, 0.0
        if any(declared == (None, None) or declared[0] == 0 for declared in ((self.scale, self.offset), (scale, offset))):
            return None
        factor, shift = given[0] / trained[0], (given[1] - trained[1]) / trained[0]
        if factor == 0 or not (math.isfinite(factor) and math.isfinite(shift)):
            msg = tr(
                "The image declares scale {scale:g} and offset {offset:g} for {name}, and the model {own_scale:g} and {own_offset:g}: "
                "values can't be converted between them. Correct the image's scale and offset."
            ).format(name=self.name, scale=given[0], offset=given[1], own_scale=trained[0], own_offset=trained[1])
            raise ModelError(msg)
        return factor, shift

    def for_image(self, scale: float | None, offset: float | None) -> ModelInput:
        """Return the input in raw values of an image with this scale and offset."""
        factor, shift = self.conversion(scale, offset) or (1.0, 0.0)
        if (factor, shift) == (1.0, 0.0):
            return self
        low, high = sorted(((self.minimum - shift) / factor, (self.maximum - shift) / factor))
        quantiles = tuple(sorted((q - shift) / factor for q in self.quantiles))
        mean, sd = (self.mean - shift) / factor, self.sd / abs(factor)
        return ModelInput(self.name, self.role, mean, sd, low, high, quantiles, *effective_scaling(scale, offset))


def effective_scaling(scale: float | None, offset: float | None) -> tuple[float, float]:
    """Return the scale and offset that apply: 1 and 0 where undeclared, and where the scale is 0, which can't be meant."""
    return (1.0, 0.0) if scale == 0 else (1.0 if scale is None else scale, 0.0 if offset is None else offset)


@dataclass(frozen=True, eq=False)
class WaterModel:
    """p(water | x) of a pixel vector x in raw pixel units.

    Attributes:
        inputs: what x holds, in order.
        layers: one for logistic regression, two for the perceptron.
        threshold: recommended for p, or None.
        training: how the model was trained: plain JSON values.
        name: of the model file, or "".
    """

    inputs: tuple[ModelInput, ...]
    layers: tuple[Layer, ...]
    threshold: float | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        """Raise ModelError if layers don't fit the inputs or each other, or a name or number can't be stored in a model file."""
        check_names(self.names)
        for entry in self.inputs:
            known = (entry.mean, entry.sd, entry.minimum, entry.maximum, *entry.quantiles, entry.scale or 0.0, entry.offset or 0.0)
            if not all(map(math.isfinite, known)):
                msg = tr("The statistics, scale or offset of the model's input {name} aren't all finite.").format(name=entry.name)
                raise ModelError(msg)
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            msg = tr("The model's threshold is {threshold}, which lies outside 0…1.").format(threshold=self.threshold)
            raise ModelError(msg)
        width = len(self.inputs)
        for layer in self.layers:
            if layer.weights.shape != (len(layer.bias), width) or width == 0:
                msg = tr("A layer with weights of shape {shape} and {biases} biases doesn't fit {width} inputs.")
                raise ModelError(msg.format(shape=layer.weights.shape, biases=len(layer.bias), width=width))
            if not (np.isfinite(layer.weights).all() and np.isfinite(layer.bias).all()):
                msg = tr("A weight of the model isn't a finite number.")
                raise ModelError(msg)
            width = len(layer.bias)
        if len(self.layers) not in {1, 2} or width != 1:
            msg = tr("A model has one or two layers and a single output.")
            raise ModelError(msg)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(i.name for i in self.inputs)

    def data_types_of(self, name: str) -> frozenset[str]:
        """Return the data types that an input had in the training images, as far as they are known."""
        scenes = self.training.get("scenes")
        scenes = [scene for scene in scenes if isinstance(scene, Mapping)] if isinstance(scenes, (list, tuple)) else []
        return frozenset(kind for kind in (_data_type(scene, name) for scene in scenes) if isinstance(kind, str))

    @property
    def is_logistic(self) -> bool:
        """Whether this is logistic regression, σ(Aᵀx + b), which a formula can state."""
        return len(self.layers) == 1

    @property
    def coefficients(self) -> dict[str, float]:
        """A by input name, in raw pixel units; ModelError for a perceptron."""
        return dict(zip(self.names, self._plane().weights[0].tolist()))

    @property
    def intercept(self) -> float:
        """b, in raw pixel units; ModelError for a perceptron."""
        return float(self._plane().bias[0])

    def _plane(self) -> Layer:
        if not self.is_logistic:
            msg = tr("A perceptron has no single formula: train with 0 hidden units for logistic regression.")
            raise ModelError(msg)
        return self.layers[0]

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what the model computes, hexadecimal."""
        numbers = [[layer.weights.tolist(), layer.bias.tolist()] for layer in self.layers]
        scaling = [[i.scale, i.offset] for i in self.inputs]
        return hashlib.sha256(json.dumps([FORMAT, self.names, scaling, numbers]).encode()).hexdigest()

    def probability(self, bands: Sequence[np.ndarray]) -> np.ndarray:
        """Return p(water) of each pixel.

        >>> green, red = (ModelInput(name, name, 500.0, 100.0, 0.0, 1000.0) for name in ("green", "red"))
        >>> model = WaterModel((green, red), (Layer(np.array([[0.01, -0.02]]), np.array([3.0])),))
        >>> print(model.probability([np.array([[300, 100]]), np.array([[300, 350]])]).round(3))
        [[0.5   0.047]]

        Args:
            bands: raw pixel values, one array for each input, all of one shape and any numeric type.

        Returns:
            p in [0, 1], float32, in the bands' shape; meaningless where a band isn't finite.

        Raises:
            ModelError: the number of bands isn't that of the inputs.
        """
        if len(bands) != len(self.inputs):
            count = len(self.inputs)
            msg = tr("The model needs {n} band ({names}), not {given}.", "The model needs {n} bands ({names}), not {given}.", n=count)
            raise ModelError(msg.format(n=count, names=", ".join(self.names), given=len(bands)))
        return probability(bands, self.layers)

    def for_image(self, scales: Sequence[float | None], offsets: Sequence[float | None]) -> WaterModel:
        """Return the model for raw values of an image with other scales and offsets, or itself where nothing differs.

        Inputs are converted where both the training image and this one declare their scale and offset.

        Args:
            scales, offsets: declared by the image, one for each input; None = undeclared.
        """
        declared = list(zip(self.inputs, scales, offsets))
        factors, shifts = np.array([entry.conversion(scale, offset) or (1.0, 0.0) for entry, scale, offset in declared]).T
        if (factors == 1).all() and not shifts.any():
            return self
        first = Layer(self.layers[0].weights * factors, self.layers[0].bias + self.layers[0].weights @ shifts)
        inputs = tuple(entry.for_image(scale, offset) for entry, scale, offset in declared)
        return replace(self, inputs=inputs, layers=(first, *self.layers[1:]))

    def unconverted(self, scales: Sequence[float | None], offsets: Sequence[float | None]) -> tuple[str, ...]:
        """Return the inputs whose scale or offset differs but can't be converted, because only one side declares it; see `for_image`."""
        return tuple(entry.name for entry, *declared in zip(self.inputs, scales, offsets) if entry.conversion(*declared) is None)

    @property
    def water_threshold(self) -> float:
        """Pixels at or above it count as water: the recommended threshold, or 0.5."""
        return 0.5 if self.threshold is None else self.threshold

    def with_intercept_shift(self, shift: float) -> WaterModel:
        """Return the model with `shift` added to the logit of every pixel."""
        last = self.layers[-1]
        return replace(self, layers=(*self.layers[:-1], Layer(last.weights, last.bias + shift)))

    def formula(self, dialect: str = "plain", references: Mapping[str, str] | None = None) -> str:
        """Return p(water) as an expression to paste.

        >>> green, red = (ModelInput(name, name, 500.0, 100.0, 0.0, 1000.0) for name in ("green", "red"))
        >>> WaterModel((green, red), (Layer(np.array([[0.01, -0.02]]), np.array([3.0])),)).formula()
        '1 / (1 + exp(-((0.01) * green + (-0.02) * red + (3.0))))'

        Args:
            dialect: `plain` to read; `qgis` for QGIS' raster calculator, which has no exp and applies a band's scale and offset;
                `gdal_calc` for gdal_calc's NumPy expressions, in which `^` isn't a power.
            references: how the expression refers to each input; by default its name, `"image@name"`, or A, B, C…

        Raises:
            ModelError: the model is a perceptron, or the dialect is unknown.
        """
        weights, bias = self._plane().weights[0], self.intercept
        if dialect == "qgis":
            scales, offsets = np.array([(i.scale or 1.0, i.offset or 0.0) for i in self.inputs]).T
            weights, bias = weights / scales, bias - float(weights @ (offsets / scales))
            default, total, formula = '"image@{name}"', "({weight!r}) * {input} + ", f"1 / ( 1 + {math.e!r} ^ ( -1 * ( {{}} ) ) )"
        elif dialect == "gdal_calc":
            # tanh is the same sigmoid without overflow. Integers would wrap around, so they become float64 first.
            default, total, formula = "{letter}", "({weight!r})*{input}.astype(float64)+", "0.5+0.5*tanh(0.5*({}))"
        elif dialect == "plain":
            default, total, formula = "{name}", "({weight!r}) * {input} + ", "1 / (1 + exp(-({})))"
        else:
            msg = tr("There is no formula dialect called {dialect!r}; choose plain, qgis or gdal_calc.").format(dialect=dialect)
            raise ModelError(msg)
        names = references or {name: default.format(name=name, letter=chr(ord("A") + k)) for k, name in enumerate(self.names)}
        terms = [total.format(weight=weight, input=names[name]) for name, weight in zip(self.names, weights.tolist())]
        return formula.format("".join(terms) + f"({float(bias)!r})")


def _data_type(scene: Mapping[str, Any], name: str) -> object:
    """Return the data type of an input as the record of a scene has it."""
    names, types = scene.get("inputs"), scene.get("data_types")
    if isinstance(names, (list, tuple)) and isinstance(types, (list, tuple)) and name in names and len(types) == len(names):
        return types[names.index(name)]
    return scene.get("data_type")


def check_names(names: Sequence[str]) -> None:
    """Raise ModelError if there is no name, one is repeated, or one is empty, too long or holds control characters."""
    if not names or len(set(names)) != len(names):
        msg = tr("A model needs at least one input, and each input a different name.")
        raise ModelError(msg)
    for name in names:
        if not is_text(name):
            msg = tr(
                "The input name “{name}” can't be stored in a model file: use 1 to {maximum} characters without line breaks or other "
                "control characters."
            ).format(name=display_name(str(name), 60), maximum=MAX_TEXT)
            raise ModelError(msg)


def is_text(value: object) -> bool:
    """Whether a value is a text of 1 to `MAX_TEXT` characters without control characters."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and _CONTROL_CHARACTER.search(value) is None
