"""`pip install .`: core for machines with GDAL and no QGIS, such as the workers of a cluster; built, installed and used."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from ipeo_water_plugin.core.cluster.versions import code
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.paths import version

ROOT = Path(__file__).resolve().parent.parent
NAME = "ipeo_water_plugin"
IMAGE = ROOT / "resources" / "sample" / "image.tif"
READ = ("pyproject.toml", "setup.py", "metadata.txt", "LICENSE", "README.md")

PREDICT = """
import sys
sys.modules["qgis"] = sys.modules["PyQt5"] = sys.modules["torch"] = None
import ipeo_water_plugin
from ipeo_water_plugin.core.model_json import read_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.paths import version
image, model, target = sys.argv[1:]
predict(image, roles_of(image), read_model(model), target)
print(ipeo_water_plugin.__file__, version())
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the build reads, so that its litter would show."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in READ:
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for path in sorted((ROOT / NAME).rglob("*.py")):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    # What an earlier build, of another branch perhaps, has left.
    old = folder / "build" / "pip" / "lib" / NAME / "core"
    old.mkdir(parents=True)
    (old / "gone.py").write_text("gone = 1\n")
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(out), str(checkout)]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


def test_it_holds_core_and_nothing_of_qgis(wheel: Path) -> None:
    core = {path.relative_to(ROOT).as_posix() for path in (ROOT / NAME / "core").rglob("*.py") if "reports" not in path.parts}
    about = f"ipeo_water-{version()}.dist-info"
    with zipfile.ZipFile(wheel) as opened:
        found = set(opened.namelist())
        told = opened.read(f"{about}/METADATA").decode()
    described = {f"{about}/{name}" for name in ("METADATA", "WHEEL", "top_level.txt", "RECORD")}
    held = {name for name in found if name not in described and not name.endswith("LICENSE")}
    assert held == core | {f"{NAME}/{name}" for name in ("__init__.py", "paths.py", "metadata.txt")}
    assert described <= found
    assert f"\nVersion: {version()}\n" in told
    # pip must never put another NumPy or GDAL over the one that is there: only an extra that is asked for brings anything.
    needs = [line for line in told.splitlines() if line.startswith("Requires-Dist")]
    assert needs
    assert all("extra ==" in line for line in needs)
    assert not any(word in line.lower() for line in needs for word in ("numpy", "gdal", "torch"))


def test_it_leaves_nothing_beside_the_sources(checkout: Path, wheel: Path) -> None:
    assert {path.name for path in checkout.iterdir()} == {*READ, NAME, "build"}
    assert [path for path in (checkout / NAME).rglob("*") if path.suffix not in {".py", ""}] == []
    assert "/build/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_a_worker_that_has_it_is_taken_for_one_of_ours(wheel: Path, tmp_path: Path) -> None:
    """A cluster's machines are compared by the code of core: what pip installs has to be the same in every byte that counts."""
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path)
    words = [sys.executable, "-c", "from ipeo_water_plugin.core.cluster.versions import code; print(code())"]
    done = subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == code()


def test_installed_it_predicts_what_the_checkout_predicts(wheel: Path, tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / "python3"
    subprocess.run([base, "-m", "venv", "--system-site-packages", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    inputs = tuple(ModelInput(name, name, 1000.0, 300.0, 0.0, 4000.0) for name in ("green", "red", "nir"))
    model = WaterModel(inputs, (Layer(np.array([[0.004, -0.002, -0.006]]), np.array([3.0])),))
    write_model(model, tmp_path / "model.json")
    predict(str(IMAGE), roles_of(str(IMAGE)), model, tmp_path / "here.tif")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    words = [str(python), "-c", PREDICT, str(IMAGE), str(tmp_path / "model.json"), str(tmp_path / "there.tif")]
    done = subprocess.run(words, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    used, told = done.stdout.split()
    assert Path(used).is_relative_to(tmp_path / "venv")
    assert told == version()
    here, there = (gdal.Open(str(tmp_path / f"{name}.tif")).ReadAsArray() for name in ("here", "there"))
    np.testing.assert_array_equal(here, there)


def test_the_package_itself_imports_nothing() -> None:
    """What pip put into QGIS' Python must do no harm where it is imported instead of the plugin, or beside it."""
    code = f"import sys; before = set(sys.modules); import {NAME}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [NAME]
    assert "ipeo-water" not in {d.metadata["Name"] for d in importlib.metadata.distributions()}
