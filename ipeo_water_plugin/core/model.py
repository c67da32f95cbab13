"""The trained model: what it computes, how it is written down, how it is read. numpy alone.

A logistic model is p(water | x) = σ(Aᵀx + b); the perceptron puts one layer of sigmoids before it,
p = σ(A₂ σ(A₁x + b₁) + b₂). Both are a tuple of layers here, in raw pixel units.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ModelError
from .model_json import MAX_BYTES, MAX_TEXT, is_text, mapping, number, optional, parse, sequence, text
from .system.files import write_text
from .system.redaction import display_name
from .translation import tr

FORMAT = "ipeo-water-model"
VERSION = 1
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)

# Bytes of a model file that the record of its training may take.
RECORD_BYTES = 512 * 1024

# Of more inputs a file would have more parts than are read.
_MOST_INPUTS = 2048

# Pixels computed at a time: the scratch arrays stay in the processor's cache.
_CHUNK = 32768


@dataclass(frozen=True)
class ModelInput:
    """One input of a model and what it looked like in training, in raw pixel units.

    `scale` and `offset` are those the training image declared (None where it declared none).
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


@dataclass(frozen=True, eq=False)
class Layer:
    """An affine map of a sigmoid layer: weights of shape (outputs, inputs), bias of shape (outputs,), float64."""

    weights: np.ndarray
    bias: np.ndarray


def effective(scale: float | None, offset: float | None) -> tuple[float, float]:
    """Return what a declared scale and offset come to: 1 and 0 where there is none, or a scale of 0 that can't be meant."""
    return (1.0, 0.0) if scale == 0 else (1.0 if scale is None else scale, 0.0 if offset is None else offset)


def _conversion(entry: ModelInput, image_scale: float | None, image_offset: float | None) -> tuple[float, float] | None:
    """Return factor and shift from an image's raw values of an input to those of training; None where one side alone declares its scale.

    Raises:
        ModelError: both declare theirs, and no number leads from one to the other.
    """
    own, new = effective(entry.scale, entry.offset), effective(image_scale, image_offset)
    if own == new:
        return 1.0, 0.0
    sides = ((entry.scale, entry.offset), (image_scale, image_offset))
    if any(side == (None, None) or side[0] == 0 for side in sides):
        return None
    factor, shift = new[0] / own[0], (new[1] - own[1]) / own[0]
    if factor == 0 or not (math.isfinite(factor) and math.isfinite(shift)):
        msg = tr(
            "The image declares scale {scale:g} and offset {offset:g} for {name}, and the model {own_scale:g} and {own_offset:g}: "
            "values can't be converted between them. Correct the image's scale and offset."
        ).format(name=entry.name, scale=new[0], offset=new[1], own_scale=own[0], own_offset=own[1])
        raise ModelError(msg)
    return factor, shift


def _data_type(scene: Mapping[str, Any], name: str) -> object:
    """Return what a record of a scene says of an input's data type."""
    names, types = scene.get("inputs"), scene.get("data_types")
    if isinstance(names, (list, tuple)) and isinstance(types, (list, tuple)) and name in names and len(types) == len(names):
        return types[names.index(name)]
    return scene.get("data_type")


@dataclass(frozen=True, eq=False)
class WaterModel:
    """p(water | x) of a pixel vector x in raw pixel units.

    Attributes:
        inputs: what x holds, in order.
        layers: one layer for logistic regression, two for the perceptron.
        threshold: the recommended one, or None.
        training: how it was trained; plain JSON values.
        name: of the file that it was read from; no part of that file.
    """

    inputs: tuple[ModelInput, ...]
    layers: tuple[Layer, ...]
    threshold: float | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        """Check that the layers fit the inputs and each other, and that whatever is saved can be read again.

        Raises:
            ModelError: shapes disagree, a number isn't finite, the threshold is no probability, or a name stands twice or can't be
                written.
        """
        names = [i.name for i in self.inputs]
        check_names(names)
        for entry in self.inputs:
            known = (entry.mean, entry.sd, entry.minimum, entry.maximum, *entry.quantiles, entry.scale or 0.0, entry.offset or 0.0)
            if not all(map(math.isfinite, known)):
                msg = tr("What the model knows of its input {name} isn't all finite numbers.").format(name=entry.name)
                raise ModelError(msg)
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            msg = tr("The model's threshold is {threshold}, and lies outside 0…1.").format(threshold=self.threshold)
            raise ModelError(msg)
        width = len(names)
        for layer in self.layers:
            if layer.weights.shape != (len(layer.bias), width) or width == 0:
                msg = tr("A layer with weights of shape {shape} and {biases} biases doesn't fit {width} inputs.").format(
                    shape=layer.weights.shape, biases=len(layer.bias), width=width
                )
                raise ModelError(msg)
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

    @property
    def data_types(self) -> frozenset[str]:
        """Data types of the images it was trained on, as far as it says."""
        types = [scene.get("data_type") for scene in self._scenes()]
        return frozenset(name for name in types if isinstance(name, str))

    def data_types_of(self, name: str) -> frozenset[str]:
        """Return the data types that an input had in those images, as far as it says."""
        types = [_data_type(scene, name) for scene in self._scenes()]
        return frozenset(kind for kind in types if isinstance(kind, str))

    def _scenes(self) -> list[Mapping[str, Any]]:
        scenes = self.training.get("scenes")
        return [scene for scene in scenes if isinstance(scene, Mapping)] if isinstance(scenes, (list, tuple)) else []

    @property
    def is_logistic(self) -> bool:
        """Whether this is a plane σ(Aᵀx + b), which a formula can state."""
        return len(self.layers) == 1

    @property
    def coefficients(self) -> dict[str, float]:
        """A by input name, in raw pixel units.

        Raises:
            ModelError: the model is a perceptron.
        """
        self._needs_plane()
        return dict(zip(self.names, self.layers[0].weights[0].tolist()))

    @property
    def intercept(self) -> float:
        """b, in raw pixel units.

        Raises:
            ModelError: the model is a perceptron.
        """
        self._needs_plane()
        return float(self.layers[0].bias[0])

    def _needs_plane(self) -> None:
        if not self.is_logistic:
            msg = tr("A perceptron has no single formula; train with hidden units = 0 for logistic regression.")
            raise ModelError(msg)

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what the model computes, hexadecimal."""
        numbers = [[layer.weights.tolist(), layer.bias.tolist()] for layer in self.layers]
        scaling = [[i.scale, i.offset] for i in self.inputs]
        return hashlib.sha256(json.dumps([FORMAT, self.names, scaling, numbers]).encode()).hexdigest()

    def probability(self, bands: Sequence[np.ndarray], out: np.ndarray | None = None) -> np.ndarray:
        """Compute p(water) of each pixel.

        The sum is formed in float64: on raw numbers near 65535 float32 would be off by more than 1e-5. The sigmoid itself is
        float32. No BLAS is called: its threads would fight over the processors with those that read and write.

        Args:
            bands: one array of raw pixel values an input, all of one shape, any numeric type.
            out: float32 array of that shape and C order to write into.

        Returns:
            p in [0, 1], float32, in the bands' shape. What isn't finite in the bands gives a number without meaning.

        Raises:
            ModelError: the number of bands isn't the model's number of inputs.
        """
        if len(bands) != len(self.inputs):
            msg = tr("The model wants {count} bands ({names}), not {given}.").format(
                count=len(self.inputs), names=", ".join(self.names), given=len(bands)
            )
            raise ModelError(msg)
        if out is None:
            out = np.empty(bands[0].shape, np.float32)
        flat = [np.ascontiguousarray(b).reshape(-1) for b in bands]
        result = out.reshape(-1)
        size = min(_CHUNK, max(result.size, 1))
        width = max(len(flat), *(len(layer.bias) for layer in self.layers))
        scratch = np.empty((3, width, size))
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, result.size, size):
                stop = min(start + size, result.size)
                piece = result[start:stop]
                term, *halves = scratch[:, :, : stop - start]
                values: Sequence[np.ndarray] = [band[start:stop] for band in flat]
                for index, layer in enumerate(self.layers):
                    if index:
                        values = [sigmoid(row) for row in values]
                    values = [
                        _affine(values, weights, bias, row, term[0])
                        for weights, bias, row in zip(layer.weights.tolist(), layer.bias.tolist(), halves[index])
                    ]
                piece[:] = values[0]
                sigmoid(piece)
        return out

    def for_image(self, scales: Sequence[float | None], offsets: Sequence[float | None]) -> WaterModel:
        """Return the model for the raw values of an image with another scale and offset.

        A value means raw · scale + offset; the conversion is made for inputs where the training image and this one both
        declare theirs. The same object comes back where nothing is converted.

        Args:
            scales: the image's, one an input; None where undeclared.
            offsets: likewise.
        """
        factors, shifts, inputs = [], [], []
        for entry, image_scale, image_offset in zip(self.inputs, scales, offsets):
            factor, shift = _conversion(entry, image_scale, image_offset) or (1.0, 0.0)
            factors.append(factor)
            shifts.append(shift)
            if (factor, shift) == (1.0, 0.0):
                inputs.append(entry)
                continue
            ends = sorted(((entry.minimum - shift) / factor, (entry.maximum - shift) / factor))
            quantiles = tuple(sorted((q - shift) / factor for q in entry.quantiles))
            scale, offset = effective(image_scale, image_offset)
            inputs.append(
                replace(
                    entry,
                    mean=(entry.mean - shift) / factor,
                    sd=entry.sd / abs(factor),
                    minimum=ends[0],
                    maximum=ends[1],
                    quantiles=quantiles,
                    scale=scale,
                    offset=offset,
                )
            )
        if all(f == 1.0 for f in factors) and not any(shifts):
            return self
        first = self.layers[0]
        converted = Layer(first.weights * np.array(factors), first.bias + first.weights @ np.array(shifts))
        return replace(self, inputs=tuple(inputs), layers=(converted, *self.layers[1:]))

    def unconverted(self, scales: Sequence[float | None], offsets: Sequence[float | None]) -> tuple[str, ...]:
        """Return the inputs whose scale or offset differs and yet can't be converted, since one side declares none; see `for_image`."""
        sides = zip(self.inputs, scales, offsets)
        return tuple(entry.name for entry, scale, offset in sides if _conversion(entry, scale, offset) is None)

    def with_intercept_shift(self, shift: float) -> WaterModel:
        """Return the model with `shift` added to the last bias: to the logit of every pixel."""
        last = self.layers[-1]
        return replace(self, layers=(*self.layers[:-1], Layer(last.weights, last.bias + shift)))

    def formula(self, dialect: str = "plain", references: Mapping[str, str] | None = None) -> str:
        """State p(water) as an expression to paste.

        Args:
            dialect: `plain` to read; `qgis` for QGIS' raster calculator, which has no exp and sees a band with its scale
                and offset applied; `gdal_calc` for gdal_calc's numpy expression, where `^` is no power.
            references: how each input is called in the expression; by default its name, `"image@name"`, and A, B, C….

        Raises:
            ModelError: the model is a perceptron, or the dialect is unknown.
        """
        self._needs_plane()
        weights, intercept = self.layers[0].weights[0], self.intercept
        if dialect == "qgis":
            names = references or {n: f'"image@{n}"' for n in self.names}
            scales = np.array([1.0 if i.scale in {None, 0.0} else i.scale for i in self.inputs], float)
            offsets = np.array([i.offset or 0.0 for i in self.inputs], float)
            total = _sum(weights / scales, intercept - float(weights @ (offsets / scales)), [names[n] for n in self.names])
            return f"1 / ( 1 + {math.e!r} ^ ( -1 * ( {total} ) ) )"
        if dialect == "gdal_calc":
            names = references or {n: chr(ord("A") + k) for k, n in enumerate(self.names)}
            # tanh is the same sigmoid without overflow; integers would wrap around, so they are made float64 first.
            total = _sum(weights, intercept, [f"{names[n]}.astype(float64)" for n in self.names], spaced=False)
            return f"0.5+0.5*tanh(0.5*({total}))"
        if dialect == "plain":
            names = references or {n: n for n in self.names}
            return f"1 / (1 + exp(-({_sum(weights, intercept, [names[n] for n in self.names])})))"
        msg = tr("There is no formula dialect called {dialect!r}; choose plain, qgis or gdal_calc.").format(dialect=dialect)
        raise ModelError(msg)

    def to_json(self) -> str:
        """Return the model file's text.

        Raises:
            ModelError: what would be written couldn't be read again.
        """
        logistic = self.is_logistic
        document = {
            "format": FORMAT,
            "version": VERSION,
            "inputs": [_input_record(i) for i in self.inputs],
            "coefficients": self.coefficients if logistic else None,
            "intercept": self.intercept if logistic else None,
            "layers": None if logistic else [{"weights": layer.weights.tolist(), "bias": layer.bias.tolist()} for layer in self.layers],
            "threshold": self.threshold,
            "training": dict(self.training),
        }
        try:
            written = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
            self.from_json(written.encode())
        except (ValueError, TypeError, ModelError) as error:
            msg = tr("The model can't be written to a file that could be read again: {error}").format(error=error)
            raise ModelError(msg) from error
        return written

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file, whole or not at all.

        Raises:
            WaterError: the file can't be written, or couldn't be read again.
        """
        write_text(Path(path), self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> WaterModel:
        """Read a model file; nothing in it is run.

        Raises:
            ModelError: the file is missing, too large, no model, of a newer version, or holds what a model can't hold.
        """
        try:
            if Path(path).exists() and not Path(path).is_file():
                # A pipe would be waited for, without end.
                msg = tr("{path} is no file, so it can't be read as a model.").format(path=path)
                raise ModelError(msg)
            with Path(path).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            msg = tr("The model file {path} can't be read: {error}.").format(path=path, error=error)
            raise ModelError(msg) from error
        try:
            return replace(cls.from_json(content), name=display_name(Path(path).name))
        except ModelError as error:
            msg = tr("{path} can't be used as a model: {error}").format(path=path, error=error)
            raise ModelError(msg) from error

    @classmethod
    def from_json(cls, content: bytes) -> WaterModel:
        """Read a model file's bytes.

        Raises:
            ModelError: as `load`.
        """
        document = parse(content)
        if document.get("format") != FORMAT:
            msg = tr('it has no "format": "{format}", so another program wrote it.').format(format=FORMAT)
            raise ModelError(msg)
        version = document.get("version")
        if type(version) is not int or version < 1:
            msg = tr('"version" isn\'t a positive whole number.')
            raise ModelError(msg)
        if version > VERSION:
            msg = tr("it has version {version}, and this plugin reads up to {newest}: update the plugin.").format(
                version=version, newest=VERSION
            )
            raise ModelError(msg)
        inputs = tuple(_read_input(entry, index) for index, entry in enumerate(sequence(document.get("inputs"), "inputs", 1)))
        layers = _read_layers(document, inputs)
        threshold = document.get("threshold")
        if threshold is not None and not 0 <= number(threshold, "threshold") <= 1:
            msg = tr('"threshold" lies outside 0…1.')
            raise ModelError(msg)
        return cls(inputs, layers, None if threshold is None else float(threshold), _read_training(document.get("training")))


def check_names(names: Sequence[str]) -> None:
    """Check that a model file can hold these names of inputs.

    Raises:
        ModelError: there is none, one is there twice, or one is empty, too long or holds control characters.
    """
    if not names or len(set(names)) != len(names):
        msg = tr("A model needs inputs, each with a name of its own.")
        raise ModelError(msg)
    wrong = [name for name in names if not is_text(name)]
    if wrong:
        msg = tr(
            "The input “{name}” can't be named so in a model file: use 1 to {most} characters without line breaks and other control "
            "characters."
        ).format(name=display_name(str(wrong[0]), 60), most=MAX_TEXT)
        raise ModelError(msg)


def check_size(names: Sequence[str], hidden_units: int) -> None:
    """Check, before hours of training, that a model file has room for the model.

    Raises:
        ModelError: it hasn't.
    """
    # Bytes of an input's record, and of a weight on a line of its own.
    needed = sum(600 + 3 * len(name.encode()) for name in names) + 40 * hidden_units * (len(names) + 2)
    if len(names) > _MOST_INPUTS or needed > MAX_BYTES - RECORD_BYTES:
        msg = tr(
            "{inputs} inputs and {hidden} hidden units make a model too large for its file, which holds {most} MiB: choose fewer extra "
            "bands or hidden units."
        ).format(inputs=len(names), hidden=hidden_units, most=MAX_BYTES // 1024**2)
        raise ModelError(msg)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Replace z by 1 / (1 + e⁻ᶻ), in place, and return it; where e⁻ᶻ overflows to infinity the result is the right one, 0."""
    np.negative(values, out=values)
    with np.errstate(over="ignore"):
        np.exp(values, out=values)
    values += 1
    return np.reciprocal(values, out=values)


def _affine(values: Sequence[np.ndarray], weights: Sequence[float], bias: float, out: np.ndarray, term: np.ndarray) -> np.ndarray:
    """Form bias + Σ weight · value in float64, into `out`; `term` is scratch."""
    # Converting first and multiplying then takes less time than one call that does both.
    np.copyto(out, values[0])
    out *= weights[0]
    out += bias
    for value, weight in zip(values[1:], weights[1:]):
        np.copyto(term, value)
        term *= weight
        out += term
    return out


def _sum(weights: np.ndarray, intercept: float, names: Sequence[str], *, spaced: bool = True) -> str:
    plus = " + " if spaced else "+"
    times = " * " if spaced else "*"
    terms = [f"({w!r}){times}{n}" for w, n in zip(weights.tolist(), names)]
    return plus.join([*terms, f"({float(intercept)!r})"])


def _input_record(entry: ModelInput) -> dict[str, Any]:
    return {
        "name": entry.name,
        "role": entry.role,
        "scale": entry.scale,
        "offset": entry.offset,
        "mean": entry.mean,
        "sd": entry.sd,
        "range": [entry.minimum, entry.maximum],
        "quantiles": dict(zip(map(str, QUANTILES), entry.quantiles)) if entry.quantiles else None,
    }


def _read_input(entry: object, index: int) -> ModelInput:
    where = f"inputs[{index}]"
    record = mapping(entry, where)
    ends = sequence(record.get("range"), f"{where}.range", 2)
    quantiles = record.get("quantiles")
    if quantiles is not None:
        by_name = mapping(quantiles, f"{where}.quantiles")
        quantiles = tuple(number(by_name.get(str(q)), f"{where}.quantiles.{q}") for q in QUANTILES)
    return ModelInput(
        name=text(record.get("name"), f"{where}.name"),
        role=text(record.get("role"), f"{where}.role"),
        mean=number(record.get("mean"), f"{where}.mean"),
        sd=number(record.get("sd"), f"{where}.sd"),
        minimum=number(ends[0], f"{where}.range"),
        maximum=number(ends[1], f"{where}.range"),
        quantiles=quantiles or (),
        scale=optional(record.get("scale"), f"{where}.scale"),
        offset=optional(record.get("offset"), f"{where}.offset"),
    )


def _read_layers(document: Mapping[str, Any], inputs: Sequence[ModelInput]) -> tuple[Layer, ...]:
    """Read `layers`, or `coefficients` and `intercept`; where a file has both, they have to say the same.

    Raises:
        ModelError: there is neither, or they disagree: a reader of one would make another map than a reader of the other.
    """
    layers: tuple[Layer, ...] = ()
    if document.get("layers") is not None:
        layers = tuple(_read_layer(entry, index) for index, entry in enumerate(sequence(document["layers"], "layers", 1)))
        if document.get("coefficients") is None and document.get("intercept") is None:
            return layers
    coefficients = mapping(document.get("coefficients"), "coefficients")
    if set(coefficients) != {i.name for i in inputs}:
        msg = tr('"coefficients" and "inputs" don\'t name the same inputs.')
        raise ModelError(msg)
    weights = np.array([[number(coefficients[i.name], f"coefficients.{i.name}") for i in inputs]])
    plane = Layer(weights, np.array([number(document.get("intercept"), "intercept")]))
    if not layers:
        return (plane,)
    same = len(layers) == 1 and np.array_equal(layers[0].weights, plane.weights) and np.array_equal(layers[0].bias, plane.bias)
    if not same:
        msg = tr('"layers" says something else than "coefficients" and "intercept", so it isn\'t clear which model is meant.')
        raise ModelError(msg)
    return layers


def _read_training(value: object) -> dict[str, Any]:
    """Read how the model was trained: what prediction uses of it is checked, and the rest is only kept.

    Raises:
        ModelError: a part that is used isn't what it has to be.
    """
    training = {} if value is None else mapping(value, "training")
    scenes = training.get("scenes")
    for index, entry in enumerate([] if scenes is None else sequence(scenes, "training.scenes", 0)):
        data_type = mapping(entry, f"training.scenes[{index}]").get("data_type")
        if data_type is not None:
            text(data_type, f"training.scenes[{index}].data_type")
    return training


def _read_layer(entry: object, index: int) -> Layer:
    where = f"layers[{index}]"
    record = mapping(entry, where)
    rows = [sequence(row, f"{where}.weights", 1) for row in sequence(record.get("weights"), f"{where}.weights", 1)]
    bias = [number(v, f"{where}.bias") for v in sequence(record.get("bias"), f"{where}.bias", 1)]
    if len({len(row) for row in rows}) != 1 or len(rows) != len(bias):
        msg = tr('"{where}" isn\'t a whole matrix with one bias a row.').format(where=where)
        raise ModelError(msg)
    return Layer(np.array([[number(v, f"{where}.weights") for v in row] for row in rows]), np.array(bias))
