"""The model: what it computes against the coefficients alone, its file, its conversion to another scale, its formulas."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import oracle
from osgeo import gdal
from patience import examples

from ipeo_water_plugin.core.errors import ModelError
from ipeo_water_plugin.core.model import FORMAT, QUANTILES, Layer, ModelInput, WaterModel, logit
from ipeo_water_plugin.core.model_json import MAX_BYTES, MAX_DEPTH, VERSION, model_text, parse_model, read_model, write_model

# With more pixels than this more than one chunk is computed.
CHUNK = 16384
# Logits reach thousands on raw numbers up to 65535, where a sum in float32 would be off by 5e-5 in p.
STEEP = Layer(np.array([[0.0513, -0.0221, -0.0312]]), np.array([40.7]))
NAMES = ("green", "red", "nir")


def entry(name: str, **changes: Any) -> ModelInput:
    return replace(ModelInput(name, name, 1000.25, 300.5, -7.0, 4000.0), **changes)


def model(*layers: Layer, names: Sequence[str] = NAMES, **changes: Any) -> WaterModel:
    return WaterModel(tuple(entry(n) for n in names), layers, **changes)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(z / 2)


def perceptron(units: int = 5, names: Sequence[str] = NAMES) -> WaterModel:
    random = np.random.default_rng(units)
    hidden = Layer(random.normal(0, 2e-3, (units, len(names))), random.normal(0, 1, units))
    return model(hidden, Layer(random.normal(0, 3, (1, units)), random.normal(0, 1, 1)), names=names)


def expected(fitted: WaterModel, bands: Sequence[np.ndarray]) -> np.ndarray:
    """Compute p in float64 by plain matrix products, whatever the number of layers."""
    x = np.stack([np.asarray(b, np.float64) for b in bands])
    for layer in fitted.layers:
        x = sigmoid(np.tensordot(layer.weights, x, axes=1) + layer.bias.reshape(-1, *[1] * (x.ndim - 1)))
    return x[0]


def numbers(data_type: str, shape: tuple[int, ...], count: int = 3) -> np.ndarray:
    kind = np.dtype(data_type)
    random = np.random.default_rng(1)
    if kind.kind == "f":
        return random.uniform(-2000, 65535, (count, *shape)).astype(kind)
    limits = np.iinfo(kind)
    return random.integers(max(limits.min, -70000), min(limits.max, 70000), (count, *shape), dtype=kind, endpoint=True)


MODELS = {
    "steep plane": model(STEEP),
    "flat plane": model(Layer(np.array([[2e-5, -3e-5, 1e-5]]), np.array([-0.3]))),
    "one unit": perceptron(1),
    "five units": perceptron(5),
}


@pytest.mark.parametrize("data_type", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_probability_of_every_data_type(name: str, data_type: str) -> None:
    bands = numbers(data_type, (40, 50))
    # The first layer is made for the type's own range: where every sigmoid is full, a wrong sum wouldn't show.
    first, *rest = MODELS[name].layers
    spread, middle = bands.std(), bands.mean(axis=(1, 2))
    weights = first.weights / np.abs(first.weights).max() / spread
    fitted = model(Layer(weights, np.linspace(-1, 1, len(weights)) - weights @ middle), *rest)
    p = fitted.probability(list(bands))
    assert (p.dtype, p.shape) == (np.float32, (40, 50))
    np.testing.assert_allclose(p, expected(fitted, bands), rtol=0, atol=1e-6)
    assert p.std() > 0.02


def test_the_two_ways_to_compute_what_is_expected_agree() -> None:
    bands = numbers("uint16", (30, 30))
    np.testing.assert_allclose(expected(MODELS["steep plane"], bands), oracle(MODELS["steep plane"], bands), rtol=0, atol=1e-12)


@pytest.mark.parametrize("pixels", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1])
@pytest.mark.parametrize("name", ["steep plane", "five units"])
def test_probability_of_any_number_of_pixels(name: str, pixels: int) -> None:
    bands = numbers("uint16", (pixels,))
    p = MODELS[name].probability(list(bands))
    assert p.shape == (pixels,)
    np.testing.assert_allclose(p, expected(MODELS[name], bands), rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("build", [lambda n: model(Layer(np.linspace(-1e-4, 2e-4, len(n))[None], np.array([0.2])), names=n), None])
def test_probability_of_any_number_of_bands(count: int, build: Callable[..., WaterModel] | None) -> None:
    names = tuple(f"b{k}" for k in range(count))
    fitted = perceptron(3, names) if build is None else build(names)
    bands = numbers("uint16", (20, 30), count)
    np.testing.assert_allclose(fitted.probability(list(bands)), expected(fitted, bands), rtol=0, atol=1e-6)


def test_bands_need_not_be_contiguous_nor_alike() -> None:
    pixels = numbers("uint16", (300, 260))
    interleaved = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    bands = [interleaved[::2, ::-1, 0], np.asfortranarray(pixels[1])[::2, ::-1], pixels[2, ::2, ::-1].astype(np.float32)]
    assert not any(b.flags.c_contiguous for b in bands[:2])
    p = MODELS["steep plane"].probability(bands)
    np.testing.assert_array_equal(p, MODELS["steep plane"].probability(list(pixels[:, ::2, ::-1].copy())))
    np.testing.assert_allclose(p, expected(MODELS["steep plane"], pixels[:, ::2, ::-1]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["flat plane", "five units"])
def test_torch_differentiates_the_same_formula(name: str) -> None:
    """Against differences of float64 logits, each weight and bias moved by a little."""
    torch = pytest.importorskip("torch")
    layers, bands = MODELS[name].layers, numbers("uint8", (40,)).astype(np.float64)
    leaves = [Layer(*(torch.from_numpy(values.copy()).requires_grad_() for values in (layer.weights, layer.bias))) for layer in layers]
    z = logit(torch.from_numpy(bands), leaves, torch.sigmoid)
    np.testing.assert_allclose(z.detach().numpy(), logit(list(bands), layers), rtol=1e-12)
    z.sum().backward()
    for index, layer in enumerate(layers):
        for part in ("weights", "bias"):
            values, step = getattr(layer, part), 1e-6
            for place in np.ndindex(values.shape):
                ends = []
                for sign in (-1, 1):
                    moved = values.copy()
                    moved[place] += sign * step
                    ends.append(logit(list(bands), [*layers[:index], replace(layer, **{part: moved}), *layers[index + 1 :]]).sum())
                gradient = getattr(leaves[index], part).grad.numpy()[place]
                assert gradient == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_extreme_logits_stay_in_the_unit_interval_without_a_warning(name: str) -> None:
    ends = np.array([-1e300, -1e30, -1e6, -2e3, 0.0, 2e3, 1e6, 1e30, 1e300])
    bands = [b.ravel() for b in np.meshgrid(ends, ends, ends)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = MODELS[name].probability(bands)
    assert ((p >= 0) & (p <= 1)).all()
    if MODELS[name].is_logistic:
        assert (p.min(), p.max()) == (0, 1)


@pytest.mark.parametrize("count", [0, 2, 4])
def test_the_number_of_bands_has_to_be_the_models(plane: WaterModel, count: int) -> None:
    with pytest.raises(ModelError, match=rf"needs 3 bands \(green, red, nir\), not {count}"):
        plane.probability([np.zeros(4)] * count)


def test_intercept_shift_moves_every_logit(plane: WaterModel) -> None:
    bands = numbers("uint16", (50,)) / 40
    for fitted in (plane, perceptron()):
        before, after = expected(fitted, bands), fitted.with_intercept_shift(0.75).probability(list(bands))
        np.testing.assert_allclose(after, sigmoid(np.log(before / (1 - before)) + 0.75), rtol=0, atol=1e-6)
    assert plane.with_intercept_shift(0.75).intercept == plane.intercept + 0.75
    assert plane.with_intercept_shift(0.75).coefficients == plane.coefficients


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ((), NAMES),
        ((STEEP,), ()),
        ((STEEP,), ("green", "red")),
        ((STEEP,), ("green", "red", "red")),
        ((Layer(np.zeros((2, 3)), np.zeros(2)),), NAMES),
        ((Layer(np.zeros((2, 3)), np.zeros(1)), Layer(np.zeros((1, 2)), np.zeros(1))), NAMES),
        ((Layer(np.zeros((2, 3)), np.zeros(2)), Layer(np.zeros((1, 3)), np.zeros(1))), NAMES),
        ((Layer(np.zeros((0, 3)), np.zeros(0)), Layer(np.zeros((1, 0)), np.zeros(1))), NAMES),
        ((Layer(np.zeros((1, 3)), np.zeros(1)),) + (Layer(np.zeros((1, 1)), np.zeros(1)),) * 2, NAMES),
        ((Layer(np.array([[1, np.nan, 1]]), np.zeros(1)),), NAMES),
        ((Layer(np.zeros((1, 3)), np.array([np.inf])),), NAMES),
    ],
)
def test_layers_have_to_fit(layers: tuple[Layer, ...], names: tuple[str, ...]) -> None:
    with pytest.raises(ModelError):
        model(*layers, names=names)


# The file.

ROUND_TRIPS = {
    "plane": model(STEEP),
    "perceptron": perceptron(),
    "extra inputs": model(Layer(np.array([[0.1, 1 / 3, -1e-17, 2e5, -0.7]]), np.array([1e-3])), names=(*NAMES, "swir 1", "größe / Ω")),
    "threshold": model(STEEP, threshold=0.3),
    "threshold of a perceptron": replace(perceptron(), threshold=1.0),
    "training": model(STEEP, training={"scene": {"name": 'Müritz "east"'}, "seed": 7, "scores": {"f1": None, "loss": 0.1}, "x": [1, True]}),
    "quantiles": replace(model(STEEP), inputs=tuple(entry(n, quantiles=(1.5, 2.0, 3.0, 4.25, 1 / 3)) for n in NAMES)),
    "scale and offset": replace(model(STEEP), inputs=tuple(entry(n, scale=1e-4, offset=-0.1) for n in NAMES)),
    "scale alone": replace(model(STEEP), inputs=(entry("green", scale=0.0001), entry("red"), entry("nir", offset=-1000.0))),
}


@pytest.mark.parametrize("name", sorted(ROUND_TRIPS))
def test_round_trip_through_a_file(name: str, tmp_path: Path) -> None:
    written = ROUND_TRIPS[name]
    write_model(written, tmp_path / "water.json")
    read = read_model(tmp_path / "water.json")
    assert read.name == "water.json"
    assert read.digest == written.digest
    assert (read.inputs, read.threshold, dict(read.training)) == (written.inputs, written.threshold, dict(written.training))
    assert model_text(read) == model_text(written)
    bands = list(numbers("uint16", (1000,), len(written.inputs)))
    assert read.probability(bands).tobytes() == written.probability(bands).tobytes()


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4))
def test_every_coefficient_comes_back_to_the_bit(values: list[float]) -> None:
    written = model(Layer(np.array([values[:3]]), np.array(values[3:])))
    read = parse_model(model_text(written).encode())
    assert (list(read.coefficients.values()), read.intercept, read.digest) == (values[:3], values[3], written.digest)


def test_keys_of_the_file() -> None:
    fitted = replace(
        model(STEEP, threshold=0.3, training={"seed": 1}),
        inputs=tuple(entry(n, scale=1e-4, offset=-0.1, quantiles=(1.0, 2.0, 3.0, 4.0, 5.0)) for n in NAMES),
    )
    document = json.loads(model_text(fitted).encode())
    assert list(document) == ["format", "version", "inputs", "coefficients", "intercept", "layers", "threshold", "training"]
    assert (document["format"], document["version"]) == ("ipeo-water-model", 1) == (FORMAT, VERSION)
    assert document["coefficients"] == {"green": 0.0513, "red": -0.0221, "nir": -0.0312}
    assert (document["intercept"], document["layers"], document["threshold"]) == (40.7, None, 0.3)
    assert document["training"] == {"seed": 1}
    assert document["inputs"][2] == {
        "name": "nir",
        "role": "nir",
        "scale": 1e-4,
        "offset": -0.1,
        "mean": 1000.25,
        "sd": 300.5,
        "range": [-7.0, 4000.0],
        "quantiles": {"0.01": 1.0, "0.25": 2.0, "0.5": 3.0, "0.75": 4.0, "0.99": 5.0},
    }
    assert [float(q) for q in document["inputs"][0]["quantiles"]] == list(QUANTILES)


def test_what_is_unknown_is_null() -> None:
    document = json.loads(model_text(model(STEEP)).encode())
    assert (document["threshold"], document["training"]) == (None, {})
    assert {document["inputs"][0][key] for key in ("scale", "offset", "quantiles")} == {None}


def test_a_perceptrons_layers_stand_in_the_order_of_inputs() -> None:
    fitted = perceptron(2)
    document = json.loads(model_text(fitted).encode())
    assert (document["coefficients"], document["intercept"]) == (None, None)
    assert document["layers"][0] == {"weights": fitted.layers[0].weights.tolist(), "bias": fitted.layers[0].bias.tolist()}
    assert np.shape(document["layers"][1]["weights"]) == (1, 2)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_of_the_file_are_finite(bad: float) -> None:
    with pytest.raises(ModelError, match="can't be written to a file"):
        model_text(model(STEEP, training={"loss": bad}))
    with pytest.raises(ModelError, match=r"threshold is (nan|inf), which lies outside 0…1"):
        model(STEEP, threshold=bad)
    for known in ("mean", "sd", "minimum", "maximum", "scale", "offset"):
        with pytest.raises(ModelError, match="input green aren't all finite"):
            WaterModel((entry("green", **{known: bad}), entry("red"), entry("nir")), (STEEP,))
    with pytest.raises(ModelError, match="input green"):
        WaterModel((entry("green", quantiles=(1.0, 2.0, bad, 3.0, 4.0)), entry("red"), entry("nir")), (STEEP,))


def test_any_reader_can_compute_p_from_coefficients_and_intercept(tmp_path: Path) -> None:
    """Nothing of the plugin reads the file here, and the data go up to 65535."""
    fitted = model(STEEP, names=("nir", "green", "red"))
    write_model(fitted, tmp_path / "m.json")
    document = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    bands = dict(zip(fitted.names, numbers("uint16", (5000,))))
    z = sum(a * bands[name].astype(np.float64) for name, a in document["coefficients"].items()) + document["intercept"]
    assert bands["nir"].max() > 65000
    assert np.abs(z).max() > 1000
    np.testing.assert_allclose(fitted.probability(list(bands.values())), sigmoid(z), rtol=0, atol=1e-5)


def test_the_digest_tells_models_apart() -> None:
    base = model(STEEP)
    others = [
        model(Layer(np.nextafter(STEEP.weights, 1), STEEP.bias)),
        model(Layer(STEEP.weights, np.nextafter(STEEP.bias, 0))),
        model(STEEP, names=("red", "green", "nir")),
        replace(base, inputs=(entry("green", scale=0.0001), *base.inputs[1:])),
        replace(base, inputs=(entry("green", offset=0.0001), *base.inputs[1:])),
        perceptron(),
    ]
    assert len({base.digest, *(o.digest for o in others)}) == 7
    assert replace(base, threshold=0.3, training={"a": 1}, name="x").digest == base.digest


GOOD = json.loads(model_text(ROUND_TRIPS["scale and offset"]))
GOOD_PERCEPTRON = json.loads(model_text(perceptron(2)))


def changed(path: str, value: Any, document: dict = GOOD) -> bytes:
    """The file with another value at a path such as `inputs.0.mean`; without the key where value is `...`."""
    copy = json.loads(json.dumps(document))
    *way, last = (int(p) if p.isdigit() else p for p in path.split("."))
    place = copy
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(copy).encode()


def test_the_good_ones_are_read() -> None:
    assert parse_model(json.dumps(GOOD).encode()).is_logistic
    assert not parse_model(json.dumps(GOOD_PERCEPTRON).encode()).is_logistic


TEXT = json.dumps(GOOD)
BAD = {
    "empty": (b"", "isn't whole JSON"),
    "truncated": (TEXT[: len(TEXT) // 2].encode(), "isn't whole JSON"),
    "more after the end": ((TEXT + "{}").encode(), "isn't whole JSON"),
    "a list": (b"[]", "the document isn't a JSON object"),
    "not UTF-8": (TEXT.replace("green", "gr\xfcn").encode("latin-1"), "isn't UTF-8"),
    "UTF-16": (TEXT.encode("utf-16"), "isn't UTF-8"),
    "too large": (TEXT.encode() + b" " * MAX_BYTES, "larger than 2 MiB"),
    "too deep": (changed("training", json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)), "nested too deeply"),
    "another format": (changed("format", "other"), 'no "format": "ipeo-water-model"'),
    "no format": (changed("format", ...), 'no "format": "ipeo-water-model"'),
    "newer version": (changed("version", VERSION + 1), f"has version {VERSION + 1}.*update the plugin"),
    "version 0": (changed("version", 0), '"version" isn\'t a positive'),
    "version true": (changed("version", True), '"version" isn\'t a positive'),
    "version a text": (changed("version", "1"), '"version" isn\'t a positive'),
    "no version": (changed("version", ...), '"version" isn\'t a positive'),
    "NaN": (changed("intercept", math.nan), "holds NaN"),
    "infinity": (changed("inputs.0.mean", math.inf), "holds Infinity"),
    "minus infinity in training": (changed("training", {"loss": -math.inf}), "holds -Infinity"),
    "infinite by its exponent": (TEXT.replace("40.7", "1e999").encode(), '"intercept" isn\'t a finite number'),
    "no inputs": (changed("inputs", []), '"inputs" isn\'t a list of at least 1'),
    "inputs missing": (changed("inputs", ...), '"inputs" isn\'t a list'),
    "an input is a text": (changed("inputs.1", "red"), r"inputs\[1\] isn't a JSON object"),
    "a name is a number": (changed("inputs.1.name", 5), r'"inputs\[1\].name" isn\'t a text'),
    "a name is empty": (changed("inputs.1.name", ""), r'"inputs\[1\].name" isn\'t a text'),
    "a role is missing": (changed("inputs.1.role", ...), r'"inputs\[1\].role" isn\'t a text'),
    "a mean is missing": (changed("inputs.2.mean", ...), r'"inputs\[2\].mean" isn\'t a finite number'),
    "an sd is a text": (changed("inputs.2.sd", "300"), r'"inputs\[2\].sd" isn\'t a finite number'),
    "a range has one end": (changed("inputs.2.range", [1]), r'"inputs\[2\].range" isn\'t a list of at least 2'),
    "quantiles miss one": (changed("inputs.0.quantiles", {"0.01": 1, "0.25": 2}), r'"inputs\[0\].quantiles.0.5" isn\'t'),
    "a scale is a text": (changed("inputs.0.scale", "0.1"), r'"inputs\[0\].scale" isn\'t a finite number'),
    "a scale is true": (changed("inputs.0.scale", True), r'"inputs\[0\].scale" isn\'t a finite number'),
    "a name twice": (changed("inputs.1.name", "green"), "don't name the same inputs"),
    "coefficients missing": (changed("coefficients", ...), "coefficients isn't a JSON object"),
    "a coefficient missing": (changed("coefficients.nir", ...), "don't name the same inputs"),
    "a coefficient too many": (changed("coefficients.swir", 1.0), "don't name the same inputs"),
    "a coefficient of true": (changed("coefficients.nir", True), '"coefficients.nir" isn\'t a finite number'),
    "a coefficient of null": (changed("coefficients.nir", None), '"coefficients.nir" isn\'t a finite number'),
    "a huge integer": (changed("coefficients.nir", 10**400), '"coefficients.nir" isn\'t a finite number'),
    "an integer of too many digits": (TEXT.replace("40.7", "9" * 5000).encode(), "finite number|isn't whole JSON"),
    "no intercept": (changed("intercept", ...), '"intercept" isn\'t a finite number'),
    "a threshold above 1": (changed("threshold", 1.5), "threshold is 1.5, which lies outside 0…1"),
    "a threshold below 0": (changed("threshold", -0.1), "threshold is -0.1, which lies outside 0…1"),
    "a threshold of true": (changed("threshold", True), '"threshold" isn\'t a finite number'),
    "training is a list": (changed("training", [1]), "training isn't a JSON object"),
    "a ragged matrix": (changed("layers.0.weights.1", [1.0, 2.0], GOOD_PERCEPTRON), r'"layers\[0\]" isn\'t a whole matrix'),
    "a bias missing": (changed("layers.0.bias", [1.0], GOOD_PERCEPTRON), r'"layers\[0\]" isn\'t a whole matrix'),
    "a bias of true": (changed("layers.1.bias", [True], GOOD_PERCEPTRON), r'"layers\[1\].bias" isn\'t a finite number'),
    "a layer lost": (changed("layers.1", ..., GOOD_PERCEPTRON), "a single output"),
    "layers empty": (changed("layers", [], GOOD_PERCEPTRON), '"layers" isn\'t a list of at least 1'),
    "layers for other inputs": (changed("inputs.2", ..., GOOD_PERCEPTRON), "doesn't fit 2 inputs"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_files_say_what_is_wrong_and_where(name: str, tmp_path: Path) -> None:
    content, words = BAD[name]
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"(?s)bad\.json can't be used as a model: .*({words})"):
        read_model(path)


@pytest.mark.parametrize("name", ["missing.json", "no folder/missing.json", "nul\0.json"])
def test_a_file_that_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"(?s)The model file .* can't be read: "):
        read_model(f"{tmp_path}/{name}")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="isn't a file"):
        read_model(tmp_path)


def test_depth_just_within_the_bound_is_read() -> None:
    inner = json.loads("[" * (MAX_DEPTH - 2) + "]" * (MAX_DEPTH - 2))
    assert parse_model(changed("training", {"deep": inner})).training == {"deep": inner}


# Another scale and offset.

SCALES = st.sampled_from([1e-4, 1e-3, 2.75e-5, 0.5, 1.0, 10.0, -2.0])
OFFSETS = st.sampled_from([-0.2, -0.1, 0.0, 0.05, 3.0])
DECLARED = st.tuples(SCALES, OFFSETS)


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(DECLARED, min_size=3, max_size=3), st.lists(DECLARED, min_size=3, max_size=3), st.booleans())
def test_conversion_keeps_p_of_the_same_physical_value(own: list[tuple], new: list[tuple], hidden: bool) -> None:
    layers = perceptron().layers if hidden else (Layer(np.array([[0.004, -0.002, -0.006]]), np.array([3.0])),)
    quantiles = (10.0, 800.0, 1000.0, 1200.0, 3000.0)
    trained = WaterModel(tuple(entry(n, scale=s, offset=o, quantiles=quantiles) for n, (s, o) in zip(NAMES, own)), layers)
    converted = trained.for_image([s for s, _ in new], [o for _, o in new])
    raw = np.random.default_rng(0).uniform(0, 4000, (3, 200))
    image = np.stack([(x * s + o - t) / r for x, (s, o), (r, t) in zip(raw, own, new)])
    np.testing.assert_allclose(converted.probability(list(image)), trained.probability(list(raw)), rtol=0, atol=1e-6)
    for before, after, (s, o), (r, t) in zip(trained.inputs, converted.inputs, own, new):
        assert (after.scale, after.offset) == (r, t)
        there = [(x * s + o - t) / r for x in (before.mean, before.minimum, before.maximum, *quantiles)]
        np.testing.assert_allclose(after.mean, there[0], rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(after.sd, before.sd * abs(s / r), rtol=1e-9)
        np.testing.assert_allclose([after.minimum, after.maximum], sorted(there[1:3]), rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(after.quantiles, sorted(there[3:]), rtol=1e-9, atol=1e-6)
    assert (converted is trained) == (own == new)


@pytest.mark.parametrize(
    ("own", "image"),
    [
        ((None, None), (None, None)),
        ((None, None), (1e-4, -0.1)),
        ((1e-4, -0.1), (None, None)),
        ((1e-4, -0.1), (1e-4, -0.1)),
        ((1e-4, None), (1e-4, 0.0)),
        ((None, 0.0), (1.0, None)),
        ((0.0, 1.0), (1e-4, 0.0)),
        ((1e-4, 1.0), (0.0, 0.0)),
    ],
)
def test_undeclared_equal_or_senseless_scales_change_nothing(own: tuple, image: tuple) -> None:
    trained = WaterModel(tuple(entry(n, scale=own[0], offset=own[1]) for n in NAMES), (STEEP,))
    assert trained.for_image([image[0]] * 3, [image[1]] * 3) is trained


def test_only_inputs_that_differ_are_converted() -> None:
    """Sentinel-2 before and after baseline 04.00: 1000 digital numbers more for the same reflectance, in one band here."""
    trained = WaterModel(tuple(entry(n, scale=1e-4, offset=None if n == "red" else 0.0) for n in NAMES), (STEEP,))
    converted = trained.for_image([1e-4, 1e-4, None], [-0.1, None, None])
    assert converted.inputs[1:] == trained.inputs[1:]
    assert list(converted.coefficients.values()) == pytest.approx(list(trained.coefficients.values()))
    assert converted.intercept == pytest.approx(trained.intercept - 1000 * 0.0513)
    assert converted.inputs[0].mean == pytest.approx(2000.25)


# Formulas.


def test_plain_formula_by_pythons_own_arithmetic(plane: WaterModel) -> None:
    formula = plane.formula()
    for x in np.random.default_rng(2).uniform(0, 4000, (50, 3)):
        p = eval(formula, {"__builtins__": {}, "exp": math.exp, **dict(zip(NAMES, x.tolist()))})
        assert p == pytest.approx(float(oracle(plane, x)), abs=1e-12)


@pytest.mark.parametrize("data_type", ["uint8", "uint16", "float32"])
def test_gdal_calc_formula_on_numpy_arrays(data_type: str) -> None:
    bands = numbers(data_type, (400,))
    names = dict(zip("ABC", bands))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = eval(MODELS["steep plane"].formula("gdal_calc"), {**vars(np), **names})
    np.testing.assert_allclose(p, oracle(MODELS["steep plane"], bands), rtol=0, atol=1e-9)


@pytest.mark.skipif(shutil.which("gdal_calc.py") is None, reason="gdal_calc.py isn't installed")
def test_gdal_calc_formula_through_the_program(make_raster: Callable[..., str], tmp_path: Path) -> None:
    bands = numbers("uint16", (30, 40))
    image, result = make_raster(bands), str(tmp_path / "p.tif")
    words = [word for k, letter in enumerate("ABC", 1) for word in (f"-{letter}", image, f"--{letter}_band={k}")]
    calc = f"--calc={MODELS['steep plane'].formula('gdal_calc')}"
    subprocess.run(["gdal_calc.py", *words, "--type=Float32", f"--outfile={result}", calc, "--quiet"], check=True, timeout=60)
    np.testing.assert_allclose(gdal.Open(result).ReadAsArray(), oracle(MODELS["steep plane"], bands), rtol=0, atol=1e-5)


@pytest.mark.parametrize("dialect", ["plain", "qgis", "gdal_calc"])
def test_references_stand_for_the_inputs(plane: WaterModel, dialect: str) -> None:
    formula = plane.formula(dialect, {"green": "first", "red": "second", "nir": "third"})
    assert [formula.index(word) for word in ("first", "second", "third")] == sorted(formula.index(w) for w in ("first", "second", "third"))
    assert "nir" not in formula


@pytest.mark.parametrize("ask", [lambda m: m.formula(), lambda m: m.formula("qgis"), lambda m: m.coefficients, lambda m: m.intercept])
def test_a_perceptron_has_no_formula(ask: Callable[[WaterModel], object]) -> None:
    with pytest.raises(ModelError, match="no single formula"):
        ask(perceptron())


def test_an_unknown_dialect(plane: WaterModel) -> None:
    with pytest.raises(ModelError, match="'latex'; choose plain, qgis or gdal_calc"):
        plane.formula("latex")
