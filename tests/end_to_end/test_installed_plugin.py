"""The plugin as it is used: from the zip, in a fresh profile, through qgis_process."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from installed import Qgis
from osgeo import gdal
from provided import ALGORITHMS, MODELS

# The system's Python alone, without the virtual environment that holds torch; where the system has it too, it is hidden.
WITHOUT_TORCH = Path(__file__).resolve().parents[1] / "without_torch"
BARE = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(WITHOUT_TORCH)}
# What QGIS' own plugins import sooner or later, too.
BROUGHT_BY_QGIS = {"PyQt5", "PyQt6", "numpy", "osgeo", "qgis"}


def f1(probability: Path, reference: Path) -> float:
    """Score p >= 0.5 against a reference whose NoData is left out."""
    water, truth = gdal.Open(str(probability)).ReadAsArray() >= 0.5, gdal.Open(str(reference)).ReadAsArray()
    hits = ((truth == 1) & water).sum()
    return 2 * hits / (2 * hits + ((truth == 0) & water).sum() + ((truth == 1) & ~water).sum())


@pytest.fixture(scope="module")
def listed(qgis: Qgis) -> subprocess.CompletedProcess:
    """What QGIS lists, and what it imported for it."""
    done = qgis.run("list", "--json", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0, done.stderr
    return done


def test_list_shows_every_algorithm(listed: subprocess.CompletedProcess) -> None:
    provider = json.loads(listed.stdout)["providers"]["ipeowater"]
    assert provider["name"] == "IPEO Water"
    assert {f"ipeowater:{name}" for name in (*ALGORITHMS, *MODELS)} == set(provider["algorithms"])
    assert "Traceback" not in listed.stderr


# The others' help is held inside QGIS; here are one of ours, and a model.
@pytest.mark.parametrize("name", ["mapwater", MODELS[0]])
def test_help_explains_every_parameter(name: str, qgis: Qgis) -> None:
    done = qgis.run("help", f"ipeowater:{name}", "--json")
    assert done.returncode == 0, done.stderr
    described = json.loads(done.stdout)
    assert [key for key, parameter in described["parameters"].items() if not (parameter["description"] and parameter["help"])] == []


def test_mapwater_keeps_the_grid_and_finds_the_water(mapped: dict[str, str], sample: Path) -> None:
    image, result = gdal.Open(str(sample / "image.tif")), gdal.Open(mapped["OUTPUT"])
    assert (result.RasterXSize, result.RasterYSize, result.RasterCount) == (image.RasterXSize, image.RasterYSize, 1)
    assert result.GetGeoTransform() == image.GetGeoTransform()
    assert result.GetSpatialRef().IsSame(image.GetSpatialRef())
    p = result.ReadAsArray()
    assert p.dtype == np.float32
    assert p.min() >= 0
    assert p.max() <= 1
    assert f1(Path(mapped["OUTPUT"]), sample / "reference.tif") >= 0.88


def test_a_reader_of_the_model_file_gets_the_same_probability(mapped: dict[str, str], sample: Path) -> None:
    model = json.loads(Path(mapped["OUTPUT_MODEL"]).read_text(encoding="utf-8"))
    x = gdal.Open(str(sample / "image.tif")).ReadAsArray().astype(np.float64)
    score = model["intercept"] + sum(model["coefficients"][name] * x[i] for i, name in enumerate(("green", "red", "nir")))
    p = 1 / (1 + np.exp(-np.clip(score, -700, 700)))
    assert np.abs(gdal.Open(mapped["OUTPUT"]).ReadAsArray() - p).max() <= 1e-5


def test_three_steps_give_what_one_gives(mapped: dict[str, str], qgis: Qgis, sample: Path) -> None:
    words = [f"INPUT={sample / 'image.tif'}", f"POLYGONS={sample / 'labels.gpkg'}", "CLASS_FIELD=class"]
    sampled = qgis.results("samplepixels", *words, f"OUTPUT={qgis.folder / 'samples.gpkg'}")
    assert sampled["WATER_PIXELS"] > 0
    assert sampled["OTHER_PIXELS"] > sampled["WATER_PIXELS"]
    trained = qgis.results("trainlogisticregression", f"INPUT={sampled['OUTPUT']}", "FOLDS=0", f"OUTPUT={qgis.folder / 'steps.json'}")
    one, other = (json.loads(Path(path).read_text(encoding="utf-8")) for path in (mapped["OUTPUT_MODEL"], trained["OUTPUT"]))
    assert other["coefficients"] == pytest.approx(one["coefficients"], rel=1e-6)
    assert other["intercept"] == pytest.approx(one["intercept"], rel=1e-6)
    words = [f"INPUT={sample / 'image.tif'}", f"MODEL={trained['OUTPUT']}", f"OUTPUT={qgis.folder / 'steps.tif'}"]
    predicted = qgis.results("predictwaterprobability", *words)
    difference = gdal.Open(predicted["OUTPUT"]).ReadAsArray() - gdal.Open(mapped["OUTPUT"]).ReadAsArray()
    assert np.abs(difference).max() <= 1e-5


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("mapwater", ("INPUT={sample}/image.tif", "POLYGONS={sample}/labels.gpkg", "CLASS_FIELD=class", "WATER_VALUES=7"), "7"),
        ("predictwaterprobability", ("INPUT={sample}/image.tif", "MODEL={sample}/NOTICE.txt"), "NOTICE.txt"),
    ],
)
def test_bad_input_is_told_in_words(name: str, words: tuple[str, ...], said: str, qgis: Qgis, sample: Path, tmp_path: Path) -> None:
    """tests/faults/test_bad_input.py tells the same of every algorithm, out of the checkout."""
    destination = tmp_path / "result.tif"
    destination.write_text("what stood here before")
    done = qgis.algorithm(name, *(word.format(sample=sample) for word in words), f"OUTPUT={destination}")
    assert done.returncode == 1, done.stdout + done.stderr
    shown = done.stdout + done.stderr
    assert said in shown
    assert "Traceback" not in shown
    assert destination.read_text() == "what stood here before"
    assert list(tmp_path.iterdir()) == [destination]


def test_without_torch_everything_works_but_a_perceptron(mapped: dict[str, str], qgis: Qgis, sample: Path) -> None:
    words = [f"INPUT={sample / 'image.tif'}", f"POLYGONS={sample / 'labels.gpkg'}", "CLASS_FIELD=class"]
    outputs = {
        key: qgis.folder / f"bare.{suffix}" for key, suffix in (("OUTPUT", "tif"), ("OUTPUT_MODEL", "json"), ("OUTPUT_REPORT", "html"))
    }
    done = qgis.algorithm("mapwater", *words, *(f"{key}={path}" for key, path in outputs.items()), **BARE)
    assert done.returncode == 0, done.stderr
    line = "PyTorch isn't available: trained with the optimizer newton, which needs only NumPy and finds the same coefficients."
    assert [entry for entry in json.loads(done.stdout)["log"]["info"] if "PyTorch" in entry] == [line]
    model, other = (json.loads(Path(path).read_text(encoding="utf-8")) for path in (outputs["OUTPUT_MODEL"], mapped["OUTPUT_MODEL"]))
    assert model["training"]["note"] == line
    assert html.unescape(outputs["OUTPUT_REPORT"].read_text(encoding="utf-8")).count(line) == 1
    assert model["coefficients"] == pytest.approx(other["coefficients"], rel=1e-6)
    assert model["intercept"] == pytest.approx(other["intercept"], rel=1e-6)
    difference = gdal.Open(str(outputs["OUTPUT"])).ReadAsArray() - gdal.Open(mapped["OUTPUT"]).ReadAsArray()
    assert np.abs(difference).max() <= 1e-5

    refused = qgis.algorithm("mapwater", *words, "HIDDEN_UNITS=2", f"OUTPUT={qgis.folder / 'untrained.tif'}", **BARE)
    shown = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert "A perceptron needs PyTorch." in shown
    assert "install torch" in shown
    assert "Traceback" not in shown
    assert not (qgis.folder / "untrained.tif").exists()


def test_check_setup_tells_what_is_there_and_what_is_missing(qgis: Qgis) -> None:
    with_torch = qgis.results("checksetup")
    assert with_torch["TORCH_READY"] is True
    assert Path(with_torch["SEARCH_PATH"].splitlines()[0]).resolve() == Path(sys.executable).resolve()
    without = qgis.algorithm("checksetup", **BARE)
    assert without.returncode == 0, without.stderr
    found = json.loads(without.stdout)["results"]
    assert found["TORCH_READY"] is False
    assert "install torch" in found["ADVICE"]
    assert found["QGIS_VERSION"] == with_torch["QGIS_VERSION"]


def test_loading_imports_nothing_of_others(listed: subprocess.CompletedProcess, bare_qgis: Qgis) -> None:
    """That is what one pays for a plugin that is only loaded, whenever QGIS starts: its own modules, and Python's."""

    def imported(done: subprocess.CompletedProcess) -> set[str]:
        assert done.returncode == 0, done.stderr
        return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))

    added = imported(listed) - imported(bare_qgis.run("list", "--json", PYTHONPROFILEIMPORTTIME="1"))
    # Were the plugin not loaded at all, nothing would come either.
    assert "ipeo_water_plugin.plugin" in added
    foreign = {name.split(".")[0] for name in added} - sys.stdlib_module_names - {"ipeo_water_plugin"}
    assert foreign <= BROUGHT_BY_QGIS
