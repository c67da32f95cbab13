"""Model files from strangers: no crash, no hang, little memory, only the plugin's own error, and nothing in them is run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scenes
from counting import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal
from patience import SOAK, examples

from ipeo_water_plugin.core.errors import ModelError
from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.model_json import MAX_BYTES, MAX_DEPTH, model_text, parse_model, read_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of

ROOT = Path(__file__).resolve().parents[2]
GOOD = model_text(scenes.MODEL)
MOST_MEMORY = 50 * 1024 * 1024


def attempt(content: bytes) -> WaterModel | None:
    """Read; a model that comes of it has to work and to come back from its own text."""
    try:
        model = parse_model(content)
    except ModelError as error:
        assert str(error)
        return None
    assert all(np.isfinite(layer.weights).all() and np.isfinite(layer.bias).all() for layer in model.layers)
    values = model.probability([np.array([0.0, 1000.0, 65535.0])] * len(model.inputs))
    assert ((values >= 0) & (values <= 1)).all()
    assert parse_model(model_text(model).encode()).digest == model.digest
    return model


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place in a document, as keys and indices from its top."""
    found = [path]
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += places(inner, (*path, key))
    return found


def put(document: Any, path: tuple, value: Any) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = put(copy[path[0]], path[1:], value)
    return copy


PERCEPTRON = {
    **json.loads(GOOD),
    "coefficients": None,
    "intercept": None,
    "layers": [{"weights": [[0.001, 0.002, -0.003]] * 2, "bias": [0.1, 0.2]}, {"weights": [[1.0, -2.0]], "bias": [0.5]}],
}
DOCUMENTS = (json.loads(GOOD), PERCEPTRON)
PLACES = [(document, place) for document in DOCUMENTS for place in places(document)]


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from(PLACES), ANYTHING)
def test_any_value_at_any_place(where: tuple[dict, tuple], value: Any) -> None:
    document, place = where
    attempt(json.dumps(put(document, place, value)).encode("utf-8", "surrogatepass"))


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=40))
def test_any_bytes_in_between(start: int, count: int, put_in: bytes) -> None:
    content = GOOD.encode()
    attempt(content[:start] + put_in + content[start + count :])


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    attempt(content)


HOSTILE = {
    "deep lists": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 350_000,
    "deep and closed": b"[" * 900_000 + b"]" * 900_000,
    "brackets in a text": b'{"a": "' + b"[" * 1_000_000 + b'"}',
    "a text that doesn't end": b'{"a": "' + b"\\" * 499_000,
    "a text of escapes": b'{"a": "' + b"\\u0041" * 300_000 + b'"}',
    "many numbers": b"[" + b"1," * 1_000_000 + b"1]",
    "many empty lists": b"[" + b"[]," * 650_000 + b"[]]",
    "many empty objects": b'{"inputs": [' + b"{}," * 650_000 + b"{}]}",
    "many fractions": b"[" + b"0.5," * 500_000 + b"1]",
    "many texts": b"[" + b'"ab",' * 400_000 + b'""]',
    "many keys": b"{" + b",".join(b'"%d":0' % i for i in range(180_000)) + b"}",
    "one long number": b'{"format": ' + b"9" * 2_000_000 + b"}",
    "one long fraction": b'{"format": 0.' + b"9" * 2_000_000 + b"}",
    "a huge exponent": b'{"format": "ipeo-water-model", "version": 1, "inputs": 1e999999999}',
    "quotes alone": b'"' * 2_000_000,
    "blanks": b" " * 2_000_000,
    "zeros": bytes(2_000_000),
    "one key again and again": b"{" + b'"a":0,' * 49_000 + b'"b":0}',
    "halves of characters": b'{"a": "' + b"\\ud800" * 300_000 + b'"}',
}


def traced(content: bytes) -> tuple[int, int]:
    """Peak of Python's memory in bytes, and how many functions were called."""
    attempt(b"{}")
    tracemalloc.start()
    count = calls(lambda: attempt(content))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, count


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_takes_much_to_parse(name: str) -> None:
    assert len(HOSTILE[name]) <= MAX_BYTES
    peak, count = traced(HOSTILE[name])
    assert peak < MOST_MEMORY, peak
    # A few for each byte, at the most.
    assert count < 3 * len(HOSTILE[name]), count


def test_a_gigabyte_of_junk(tmp_path: Path) -> None:
    path = tmp_path / "junk.json"
    with path.open("wb") as file:
        file.truncate(1024**3)
    tracemalloc.start()
    with pytest.raises(ModelError, match=r"junk\.json can't be used as a model: it is larger than 2 MiB"):
        read_model(path)
    assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    tracemalloc.stop()


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, 10_000])
def test_depth_is_bounded_before_parsing(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bool] = []
    loads = json.loads
    monkeypatch.setattr("ipeo_water_plugin.core.model_json.json.loads", lambda *a, **k: parsed.append(True) or loads(*a, **k))
    content = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    attempt(content)
    assert bool(parsed) is (depth < MAX_DEPTH)


@pytest.mark.parametrize("infinite", ["1e400", "-1e400", "1" + "0" * 400, "true", '"300"', "null"])
def test_numbers_are_finite(infinite: str) -> None:
    assert attempt(GOOD.encode()) is not None
    assert attempt(GOOD.replace('"sd": 300.0', f'"sd": {infinite}').encode()) is None


def refused(document: dict | str) -> str:
    """Read what has to be refused, and return the words, which Qt has to be able to show."""
    with pytest.raises(ModelError) as error:
        parse_model((document if isinstance(document, str) else json.dumps(document)).encode())
    said = str(error.value)
    assert said.encode()
    assert "\0" not in said
    return said


def test_a_key_that_is_there_twice() -> None:
    """Readers differ in which one they take."""
    assert '"intercept" twice' in refused(GOOD.replace('"intercept": 3.0', '"intercept": 3.0, "intercept": -3.0'))
    assert '"green" twice' in refused(GOOD.replace('"green": 0.004', '"green": 0.004, "green": 1.0'))
    assert "\\ud800" in refused('{"\\ud800": 1, "\\ud800": 2}')


@pytest.mark.parametrize("half", ["\\ud800", "a\\uDC00b", "\\ud800\\ud800"])
@pytest.mark.parametrize("place", ['"name": "green"', '"role": "green"', '"green": 0.004', '"training": {'])
def test_half_of_a_character(half: str, place: str) -> None:
    """A message that named it came empty to Qt, and then the program aborted."""
    written = {'"training": {': f'"training": {{"x": "{half}"'}.get(place, place.replace("green", half))
    assert "lone surrogate" in refused(GOOD.replace(place, written))
    whole = put(json.loads(GOOD), ("training",), {"a whole one": "\U0001f4a7"})
    assert attempt(json.dumps(whole).encode()) is not None
    assert attempt(GOOD.replace('"training": {', '"training": {"x": "no escape: \\\\ud800"').encode()) is not None


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb", "a\x85b", "x" * 256])
def test_names_that_no_message_can_show(name: str) -> None:
    document = put(json.loads(GOOD), ("inputs", 0, "name"), name)
    assert "inputs[0].name" in refused(put(document, ("coefficients",), {name: 0.1, "red": 0.1, "nir": 0.1}))


def test_layers_that_say_something_else_than_coefficients() -> None:
    """One reader takes these, another those: two maps of one model."""
    plane = json.loads(GOOD)
    layers = [{"weights": [list(plane["coefficients"].values())], "bias": [plane["intercept"]]}]
    assert attempt(json.dumps({**plane, "layers": layers}).encode()) is not None
    other = put(layers, (0, "weights", 0, 1), 0.5)
    for document in (
        {**plane, "layers": other},
        {**plane, "layers": put(layers, (0, "bias", 0), 0.0)},
        {**plane, "layers": PERCEPTRON["layers"]},
        {**PERCEPTRON, "coefficients": plane["coefficients"], "intercept": plane["intercept"]},
    ):
        assert "isn't clear which model" in refused(document)
    assert "coefficients isn't" in refused({**PERCEPTRON, "intercept": 1.0})


@pytest.mark.parametrize("told", [{"a": 1}, "uint16", [["uint16"]], [{"data_type": ["uint16"]}], [{"data_type": 5}], 7])
def test_what_a_model_says_of_its_training(told: Any) -> None:
    assert "training.scenes" in refused(put(json.loads(GOOD), ("training",), {"scenes": told}))


@pytest.mark.parametrize("training", [[], "", 0, False, "text", [1]])
def test_a_record_of_the_training_that_is_no_object(training: Any) -> None:
    assert "training" in refused(put(json.loads(GOOD), ("training",), training))


RECORDED = {
    **json.loads(GOOD),
    "training": {
        "scenes": [{"name": "a", "data_type": "uint16", "pixel_size": [10, 10], "crs": "EPSG:32633", "scale": [None], "offset": [0.1]}],
        "settings": {"folds": 10, "water_fraction": None},
        "scores": {"training": {"f1": 0.9}, "validation": None},
        "seed": 0,
    },
    "threshold": 0.4,
}
RECORDED["inputs"] = [{**entry, "scale": 0.0001, "offset": -0.1} for entry in RECORDED["inputs"]]
OTHER_TYPES = (None, True, 0, -1, 1e299, 5e-324, "text", "", [], ["uint16"], {}, {"a": []}, [[1]])


@pytest.mark.parametrize("document", [RECORDED, PERCEPTRON], ids=["plane", "perceptron"])
def test_another_type_at_every_place_and_then_a_prediction(document: dict, tmp_path: Path) -> None:
    """Whatever is read has to predict, or to say why not, on an image that declares a scale as well."""
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(20, 30))
    dataset = gdal.Open(str(image), gdal.GA_Update)
    for number in (1, 2, 3):
        dataset.GetRasterBand(number).SetScale(0.0002)
    dataset = None
    read = predicted = 0
    for place in places(document):
        for value in OTHER_TYPES:
            model = attempt(json.dumps(put(document, place, value)).encode())
            if model is None:
                continue
            read += 1
            try:
                predict(str(image), roles_of(str(image)), model, tmp_path / "p.tif")
            except ModelError as error:
                assert str(error)
            else:
                predicted += 1
    assert read > 50
    assert predicted > 30


@pytest.mark.parametrize("content", ["", "{", "null", "[]", "1", '"a"', GOOD[: len(GOOD) // 2], GOOD + "x", "\ufeff" + GOOD])
def test_what_is_no_model(content: str) -> None:
    assert attempt(content.encode()) is None


def test_a_pipe_or_a_device_is_no_file_to_wait_for(tmp_path: Path) -> None:
    """Reading /dev/zero ends at the bound; a pipe that nobody writes to must not hang QGIS."""
    with pytest.raises(ModelError):
        read_model("/dev/zero")
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from ipeo_water_plugin.core.model_json import read_model\nread_model(sys.argv[2])"
    done = subprocess.run([sys.executable, "-c", code, str(ROOT), str(pipe)], capture_output=True, text=True, timeout=120, check=False)
    assert "ModelError" in done.stderr


def test_reading_runs_opens_and_imports_nothing(tmp_path: Path) -> None:
    """The interpreter's own audit events tell what a model file made it do: its one file is opened, and that is all."""
    document = put(json.loads(GOOD), ("training",), {"scene": "__import__('os').system('true')", "path": "/etc/passwd", "!!python": "x"})
    path = tmp_path / "m.json"
    path.write_text(json.dumps(document))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from ipeo_water_plugin.core.model_json import read_model\n"
        "read_model(sys.argv[2])\n"
        "seen = []\n"
        "sys.addaudithook(lambda name, given: seen.append((name, str(given[:1]))))\n"
        "read_model(sys.argv[2])\n"
        "watched = ('exec', 'compile', 'import', 'open', 'os.system', 'subprocess.Popen', 'marshal.loads')\n"
        "told = [s for s in seen if s[0] in watched]\n"
        "print(told)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(ROOT), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([("open", f"('{path}',)")])


@pytest.mark.skipif(not SOAK, reason="ten minutes: make soak")
def test_ten_minutes_of_mutations(capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(os.environ["IPEO_WATER_SOAK"])
    seeds = [json.dumps(document).encode() for document in DOCUMENTS] + list(HOSTILE.values())[:4]
    words = [
        b"NaN",
        b"1e400",
        b"-0",
        b"null",
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b"\\u0000",
        b"\xff",
        b"9" * 5000,
        b"[" * 50,
        b"ipeo-water-model",
    ]
    ends = time.monotonic() + float(os.environ.get("IPEO_WATER_SOAK_SECONDS", "600"))
    runs = accepted = 0
    slowest, largest = 0.0, 0
    while time.monotonic() < ends:
        content = bytearray(draw.choice(seeds[:2]) if draw.random() < 0.97 else draw.choice(seeds))
        for _ in range(draw.choice([1, 1, 2, 4, 16])):
            place = draw.randrange(len(content) + 1)
            kind = draw.randrange(4)
            if kind == 0:
                content[place:place] = draw.choice(words)
            elif kind == 1:
                del content[place : place + draw.choice([1, 3, 30])]
            elif kind == 2 and place < len(content):
                content[place] = draw.randrange(256)
            else:
                content[place:place] = content[place : place + draw.choice([4, 40, 400])]
        traced_run = runs % 50 == 0
        if traced_run:
            tracemalloc.start()
        began = time.perf_counter()
        accepted += attempt(bytes(content)) is not None
        slowest = max(slowest, 0.0 if traced_run else time.perf_counter() - began)
        if traced_run:
            largest = max(largest, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        runs += 1
    assert largest < MOST_MEMORY
    with capsys.disabled():
        print(f"\n{runs} model files, {accepted} of them still models; slowest {slowest:.2f} s, most memory {largest / 1024**2:.1f} MiB")
