"""Check setup reports what is installed, and what to do if PyTorch is missing, broken, crashes or hangs. It never fails."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import Qgis, QgsProcessingException
from qgis.PyQt.QtCore import QT_VERSION_STR
from runs import Feedback, run, run_unchecked

from ipeo_water_plugin.algorithms.checksetup import probe
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.training import setup_check, torch_probe
from ipeo_water_plugin.core.training.setup_check import Device, TorchState, advice
from ipeo_water_plugin.paths import version


@pytest.fixture
def planted_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a package torch that does this when imported before the real one."""

    def plant(code: str) -> None:
        (tmp_path / "torch").mkdir()
        (tmp_path / "torch" / "__init__.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path))

    return plant


def check_facts(results: dict[str, Any]) -> None:
    """Everything but PyTorch is reported, whatever is wrong with that."""
    assert results["QGIS_VERSION"] == Qgis.QGIS_VERSION
    assert results["GDAL_VERSION"] == gdal.__version__
    assert results["QT_VERSION"] == QT_VERSION_STR
    assert results["PYTHON_VERSION"] == platform.python_version()
    assert results["NUMPY_VERSION"] == np.__version__
    assert results["PLUGIN_VERSION"] == version()
    assert "cpu (" in results["DEVICES"]
    assert "GiB" in results["DEVICES"]
    assert set(filter(None, sys.path)) <= set(results["SEARCH_PATH"].splitlines())


def test_a_whole_installation() -> None:
    torch = pytest.importorskip("torch")
    results = run("checksetup", {}, feedback := Feedback())
    check_facts(results)
    assert results["TORCH_READY"] is True
    assert results["TORCH_VERSION"] == torch.__version__
    assert ("cuda" in results["DEVICES"]) is torch.cuda.is_available()
    compressions = gdal.GetDriverByName("GTiff").GetMetadataItem("DMD_CREATIONOPTIONLIST")
    assert results["ZSTD"] is ("ZSTD" in compressions)
    shown = "\n".join(feedback.infos)
    for key in ("QGIS_VERSION", "GDAL_VERSION", "TORCH_VERSION", "NUMPY_VERSION", "DEVICES"):
        assert results[key] in shown.replace("\n  ", "\n"), key
    assert torch.__file__ not in shown
    if not results["ADVICE"]:
        assert feedback.warnings == []
        assert feedback.infos[-2 if feedback.infos[-1].startswith("Results:") else -1] == "Nothing is missing."


def test_what_it_says_goes_into_a_file_too(planted_torch: Callable[[str], None], tmp_path: Path) -> None:
    planted_torch("raise ImportError('libtorch_cpu.so: undefined symbol')")
    results = run("checksetup", {"OUTPUT": str(tmp_path / "setup.txt")}, feedback := Feedback())
    assert results["OUTPUT"] == str(tmp_path / "setup.txt")
    written = (tmp_path / "setup.txt").read_text(encoding="utf-8").splitlines()
    said = [line for line in feedback.infos if not line.startswith("Results:")]
    *facts, verdict = said
    assert verdict.startswith("Mapping works with this setup")
    assert written[-1] == verdict
    assert set("\n".join([*facts, *feedback.warnings]).splitlines()) <= set(written)
    # Paths are for bug reports.
    assert f"  {sys.path[-1]}" in written
    assert not any(sys.path[-1] in line for line in said)
    assert f"Version of QGIS: {Qgis.QGIS_VERSION}" in written


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "The import crashed"),
        ("import os; os.write(2, b'no such kernel'); os._exit(7)", "no such kernel"),
        ("raise ImportError('libtorch_cpu.so: undefined symbol')", "undefined symbol"),
        ("raise OSError('[WinError 126] c10.dll')", "vc_redist"),
        ("raise AttributeError('module numpy has no attribute bool8')", "bool8"),
        ("class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd", "no reason given"),
        ("raise RuntimeError('https://user:CaNaRy7@host/wheel')", "https://…@host/wheel"),
        ("__version__ = '9'\ndef from_numpy(a): raise RuntimeError('Numpy is not available')", "don't change NumPy"),
        ("print('{}'); import sys; sys.exit('a licence is wanted')", "a licence is wanted"),
    ],
)
def test_a_broken_pytorch_is_reported(code: str, said: str, planted_torch: Callable[[str], None]) -> None:
    planted_torch(code)
    results, succeeded, feedback = run_unchecked("checksetup", {})
    assert succeeded, feedback.errors
    check_facts(results)
    assert results["TORCH_READY"] is False
    assert results["TORCH_VERSION"] == ""
    assert said in results["ADVICE"]
    assert "PyTorch is optional" in results["ADVICE"]
    assert said in "\n".join(feedback.warnings)
    assert feedback.errors == []


def test_a_pytorch_that_prints_is_understood(planted_torch: Callable[[str], None]) -> None:
    planted_torch(
        "print('welcome', end='')\n__version__ = '9.9'\n"
        "def from_numpy(a): return a\n"
        "class version: cuda = None\n"
        "class cuda:\n    @staticmethod\n    def is_available(): return False\n"
        "class backends: pass\n"
        "class optim: LBFGS = None\n"
        "Generator = None\n"
    )
    state = probe(SilentProgress())
    assert (state.version, state.problem, state.devices) == ("9.9", None, ())


def test_a_pytorch_that_hangs_times_out(planted_torch: Callable[[str], None]) -> None:
    planted_torch("import time; time.sleep(600)")
    state = probe(SilentProgress(), timeout=1.5)
    assert "didn't finish within 2 seconds" in (state.problem or "")


def test_cancelled_while_it_waits(planted_torch: Callable[[str], None]) -> None:
    planted_torch("import time; time.sleep(600)")
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("checksetup", {}, feedback)


def test_without_pytorch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1] / "without_torch"))
    results = run("checksetup", {})
    check_facts(results)
    assert results["TORCH_READY"] is False
    assert "PyTorch isn't installed" in results["ADVICE"]
    assert "install torch" in results["ADVICE"]


def test_without_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_probe, "python_program", lambda: "/nowhere/python3")
    results = run("checksetup", {})
    check_facts(results)
    assert results["TORCH_READY"] is False
    assert "/nowhere/python3 can't be started" in results["ADVICE"]


def test_a_fact_that_can_not_be_had_leaves_the_others(planted_torch: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    planted_torch("raise ImportError('libtorch_cpu.so: undefined symbol')")

    def fail() -> str:
        raise FileNotFoundError(2, "gone", "metadata.txt")

    monkeypatch.setattr("ipeo_water_plugin.algorithms.checksetup.version", fail)
    results = run("checksetup", {})
    assert results["PLUGIN_VERSION"].startswith("unknown (FileNotFoundError: ")
    assert results["QGIS_VERSION"] == Qgis.QGIS_VERSION


GPU = Device("cuda:0 (GPU)", 80 * 1024**3)


@pytest.mark.parametrize(
    ("torch", "zstd", "nvidia", "words"),
    [
        (TorchState("2.1", "f", None), True, False, ()),
        (TorchState("2.1", "f", "12.1", (GPU,)), True, True, ()),
        (TorchState("2.1", "f", None), True, True, ("build for CPUs",)),
        (TorchState("2.1", "f", "12.1"), True, True, ("driver",)),
        (TorchState(problem="gone"), True, True, ("gone",)),
        (TorchState(problem="gone"), False, False, ("gone", "ZSTD")),
    ],
)
def test_advice_only_on_what_is_missing(torch: TorchState, zstd: bool, nvidia: bool, words: tuple[str, ...]) -> None:
    given = advice(torch, zstd=zstd, nvidia=nvidia)
    assert len(given) == len(words)
    for text, word in zip(given, words):
        assert word in text


def test_memory_in_words() -> None:
    assert str(GPU) == "cuda:0 (GPU), 80.0 GiB"
    assert str(Device("mps", None)) == "mps"
    assert setup_check.processor(8 * 1024**3).memory == 8 * 1024**3
