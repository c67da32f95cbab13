"""The model file: JSON read with suspicion. Size and depth are bounded before parsing, numbers are finite, and every value is checked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ModelError
from .model import FORMAT, MAX_TEXT, QUANTILES, Layer, ModelInput, WaterModel, is_text
from .system.files import write_text
from .system.redaction import display_name
from .translation import tr

VERSION = 1
MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 16
# Bytes of a model file that the record of its training may take.
RECORD_BYTES = 512 * 1024
# With more inputs a file would have more parts than are read.
_MAX_INPUTS = 2048
# Python takes up to twenty times a text's size for the small lists and texts in it; these limits keep that below 50 MB.
_MAX_CONTAINERS, _MAX_TEXTS = 20_000, 50_000
# Half of a surrogate pair: JSON can spell it, but neither UTF-8 nor Qt can hold it.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# No pattern for a whole text: matching one of two million backslashes would take a hundred megabytes.
_OUTSIDE = re.compile(r'["\[\]{}]')
_INSIDE = re.compile(r'["\\]')


def read_model(path: str | os.PathLike[str]) -> WaterModel:
    """Read a model file; nothing in it is executed.

    Raises:
        ModelError: the file is missing, too large, not a model, of a newer version, or holds invalid values.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            # Reading a pipe would wait forever.
            msg = tr("{path} isn't a file, so it can't be read as a model.").format(path=path)
            raise ModelError(msg)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        msg = tr("The model file {path} can't be read: {error}.").format(path=path, error=error)
        raise ModelError(msg) from error
    try:
        return replace(parse_model(content), name=display_name(path.name))
    except ModelError as error:
        msg = tr("{path} can't be used as a model: {error}").format(path=path, error=error)
        raise ModelError(msg) from error


def write_model(model: WaterModel, path: str | os.PathLike[str]) -> None:
    """Write a model file, whole or not at all.

    Args:
        model: to write.
        path: of the file; replaced where it exists.

    Raises:
        WaterError: the file can't be written, or couldn't be read again.
    """
    write_text(Path(path), model_text(model))


def model_text(model: WaterModel) -> str:
    """Return the text of a model's file, or raise ModelError if it couldn't be read again."""
    plane = model.is_logistic
    document = {
        "format": FORMAT,
        "version": VERSION,
        "inputs": [_input_record(entry) for entry in model.inputs],
        "coefficients": model.coefficients if plane else None,
        "intercept": model.intercept if plane else None,
        "layers": None if plane else [{"weights": layer.weights.tolist(), "bias": layer.bias.tolist()} for layer in model.layers],
        "threshold": model.threshold,
        "training": dict(model.training),
    }
    try:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        parse_model(text.encode())
    except (ValueError, TypeError, ModelError) as error:
        msg = tr("The model can't be written to a file that could be read again: {error}").format(error=error)
        raise ModelError(msg) from error
    return text


def parse_model(content: bytes) -> WaterModel:
    """Return the model that a file's bytes hold, or raise ModelError as `read_model` does."""
    document = _decode(content)
    if document.get("format") != FORMAT:
        msg = tr('it has no "format": "{format}", so another program wrote it.').format(format=FORMAT)
        raise ModelError(msg)
    version = document.get("version")
    if type(version) is not int or version < 1:
        msg = tr('"version" isn\'t a positive whole number.')
        raise ModelError(msg)
    if version > VERSION:
        msg = tr("it has version {version}, and this plugin reads up to {newest}: update the plugin.")
        raise ModelError(msg.format(version=version, newest=VERSION))
    inputs = tuple(_read_input(entry, f"inputs[{index}]") for index, entry in enumerate(_list(document.get("inputs"), "inputs", 1)))
    layers = _read_layers(document, inputs)
    return WaterModel(inputs, layers, _optional(document.get("threshold"), "threshold"), _read_training(document.get("training")))


def check_size(names: Sequence[str], hidden_units: int) -> None:
    """Check, before hours of training, that the model will fit into a model file.

    Args:
        names: of the inputs.
        hidden_units: 0 for logistic regression.

    Raises:
        ModelError: it won't.
    """
    # Bytes of an input's record, and of a weight on a line of its own.
    needed = sum(600 + 3 * len(name.encode()) for name in names) + 40 * hidden_units * (len(names) + 2)
    if len(names) > _MAX_INPUTS or needed > MAX_BYTES - RECORD_BYTES:
        msg = tr(
            "{inputs} inputs and {hidden} hidden units make a model too large for its file, which holds {maximum} MiB: choose fewer extra "
            "bands or hidden units."
        ).format(inputs=len(names), hidden=hidden_units, maximum=MAX_BYTES // 1024**2)
        raise ModelError(msg)


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


def _read_input(value: object, where: str) -> ModelInput:
    record = _object(value, where)
    minimum, maximum, *_ = _list(record.get("range"), f"{where}.range", 2)
    quantiles: tuple[float, ...] = ()
    if record.get("quantiles") is not None:
        by_name = _object(record["quantiles"], f"{where}.quantiles")
        quantiles = tuple(_number(by_name.get(str(q)), f"{where}.quantiles.{q}") for q in QUANTILES)
    return ModelInput(
        name=_text(record.get("name"), f"{where}.name"),
        role=_text(record.get("role"), f"{where}.role"),
        mean=_number(record.get("mean"), f"{where}.mean"),
        sd=_number(record.get("sd"), f"{where}.sd"),
        minimum=_number(minimum, f"{where}.range"),
        maximum=_number(maximum, f"{where}.range"),
        quantiles=quantiles,
        scale=_optional(record.get("scale"), f"{where}.scale"),
        offset=_optional(record.get("offset"), f"{where}.offset"),
    )


def _read_layers(document: Mapping[str, Any], inputs: Sequence[ModelInput]) -> tuple[Layer, ...]:
    """Read `layers`, or `coefficients` and `intercept`; if both disagreed, readers of one would get another map than those of the other."""
    layers: tuple[Layer, ...] = ()
    if document.get("layers") is not None:
        layers = tuple(_read_layer(entry, f"layers[{index}]") for index, entry in enumerate(_list(document["layers"], "layers", 1)))
        if document.get("coefficients") is None and document.get("intercept") is None:
            return layers
    coefficients = _object(document.get("coefficients"), "coefficients")
    if set(coefficients) != {i.name for i in inputs}:
        msg = tr('"coefficients" and "inputs" don\'t name the same inputs.')
        raise ModelError(msg)
    weights = np.array([[_number(coefficients[i.name], f"coefficients.{i.name}") for i in inputs]])
    plane = Layer(weights, np.array([_number(document.get("intercept"), "intercept")]))
    if not layers:
        return (plane,)
    same = len(layers) == 1 and np.array_equal(layers[0].weights, plane.weights) and np.array_equal(layers[0].bias, plane.bias)
    if not same:
        msg = tr('"layers" disagrees with "coefficients" and "intercept", so it isn\'t clear which model is meant.')
        raise ModelError(msg)
    return layers


def _read_layer(value: object, where: str) -> Layer:
    record = _object(value, where)
    rows = [_list(row, f"{where}.weights", 1) for row in _list(record.get("weights"), f"{where}.weights", 1)]
    bias = [_number(v, f"{where}.bias") for v in _list(record.get("bias"), f"{where}.bias", 1)]
    if len({len(row) for row in rows}) != 1 or len(rows) != len(bias):
        msg = tr('"{where}" isn\'t a whole matrix with one bias a row.').format(where=where)
        raise ModelError(msg)
    return Layer(np.array([[_number(v, f"{where}.weights") for v in row] for row in rows]), np.array(bias))


def _read_training(value: object) -> dict[str, Any]:
    """Read the record of the training; only what prediction uses is checked."""
    training = {} if value is None else _object(value, "training")
    scenes = training.get("scenes")
    for index, entry in enumerate([] if scenes is None else _list(scenes, "training.scenes", 0)):
        data_type = _object(entry, f"training.scenes[{index}]").get("data_type")
        if data_type is not None:
            _text(data_type, f"training.scenes[{index}].data_type")
    return training


def _decode(content: bytes) -> dict[str, Any]:
    """Decode a JSON object within all bounds, without NaN, infinity, repeated keys or half of a surrogate pair."""
    if len(content) > MAX_BYTES:
        msg = tr("it is larger than {maximum} MiB, and a model has a few kilobytes.").format(maximum=MAX_BYTES // 1024**2)
        raise ModelError(msg)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = tr("it isn't UTF-8 text.")
        raise ModelError(msg) from error
    _check_structure(text)
    try:
        document = json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_unique)
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        msg = tr("it holds half of a character (a lone surrogate), which no text can hold.")
        raise ModelError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = tr("it isn't whole JSON ({error}).").format(error=error)
        raise ModelError(msg) from error
    return _object(document, tr("the document"))


def _check_structure(text: str) -> None:
    """Bound depth and number of parts before Python objects are built from them."""
    depth = containers = texts = 0
    inside = False
    token = _OUTSIDE.search(text)
    while token is not None:
        first, end = token[0], token.end()
        if first == "\\":
            end += 1
        elif first == '"':
            inside = not inside
            texts += inside
        elif first in "[{":
            depth += 1
            containers += 1
        else:
            depth -= 1
        if depth > MAX_DEPTH:
            msg = tr("it is nested too deeply for a model.")
            raise ModelError(msg)
        if containers > _MAX_CONTAINERS or texts > _MAX_TEXTS:
            msg = tr("it has far more parts than a model.")
            raise ModelError(msg)
        token = (_INSIDE if inside else _OUTSIDE).search(text, end)


def _reject_constant(token: str) -> float:
    msg = tr("it holds {token}, and a model's numbers are finite.").format(token=token)
    raise ModelError(msg)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; readers disagree on which value of a repeated key counts."""
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [key for key, _ in pairs]
        repeated = next(key for key in names if names.count(key) > 1)
        msg = tr("it holds the key {key} twice, so it isn't clear which value is meant.").format(key=json.dumps(repeated[:100]))
        raise ModelError(msg)
    return document


def _object(value: object, where: str) -> dict[str, Any]:
    """Return a value if it is an object."""
    if not isinstance(value, dict):
        msg = tr("{name} isn't a JSON object.").format(name=where)
        raise ModelError(msg)
    return value


def _list(value: object, where: str, minimum: int) -> list[Any]:
    """Return a value if it is a list of bounded length."""
    if not isinstance(value, list) or not minimum <= len(value) <= 4096:
        msg = tr('"{name}" isn\'t a list of at least {minimum} and at most 4096 entries.').format(name=where, minimum=minimum)
        raise ModelError(msg)
    return value


def _number(value: object, where: str) -> float:
    """Return a value if it is a finite number."""
    # A long run of digits is a valid JSON integer that no float can hold.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e300 < value < 1e300:
        msg = tr('"{name}" isn\'t a finite number.').format(name=where)
        raise ModelError(msg)
    return float(value)


def _optional(value: object, where: str) -> float | None:
    """Return a value if it is a finite number or null."""
    return None if value is None else _number(value, where)


def _text(value: object, where: str) -> str:
    """Return a value if it is a text of bounded length without control characters."""
    if not is_text(value):
        msg = tr('"{name}" isn\'t a text of 1 to {maximum} characters without control characters.').format(name=where, maximum=MAX_TEXT)
        raise ModelError(msg)
    return str(value)
