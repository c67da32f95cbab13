"""A PyTorch that can't be imported, for any reason: training reports it, and QGIS doesn't crash. Each runs in a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jobs import SCENE

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

RAISING = {
    "RuntimeError": "raise RuntimeError('module compiled against API version 0x10')",
    "AttributeError": "raise AttributeError('module numpy has no attribute bool8')",
    "SystemError": "raise SystemError('initialization of _C raised unreported exception')",
    "ValueError": "raise ValueError('numpy.dtype size changed, may indicate binary incompatibility')",
    "KeyError": "raise KeyError('HOME')",
    "ImportError": "raise ImportError('undefined symbol')",
    "OSError": "raise OSError('c10.dll')",
    "SystemExit": "raise SystemExit('a licence is wanted')",
    "half removed": "",
    "speechless": "class Speechless(Exception):\n    def __str__(self): raise ValueError\nraise Speechless",
    "SyntaxError": "def torch(:",
    "another version": "__version__, from_numpy = '0.3', lambda a: a\nclass version: cuda = None\nclass cuda: is_available = lambda: False",
    "nameless": "def from_numpy(a): raise RuntimeError('Numpy is not available')",
    "endless": "def __getattr__(name): return __getattr__(name)",
    "numpy": "def from_numpy(a): raise TypeError('expected np.ndarray (got numpy.ndarray)')",
}


def planted(folder: Path, code: str) -> dict[str, str]:
    """Return the environment of a process that imports this torch instead of the real one."""
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text(code)
    own = {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT), str(HERE)]), "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    return {**os.environ, **own}


def test_whatever_an_import_raises_is_reported(tmp_path: Path) -> None:
    code = (
        "from ipeo_water_plugin.core.errors import TorchMissingError\n"
        "from ipeo_water_plugin.core.training.torch_setup import import_torch\n"
        "try:\n    import_torch()\n"
        "except TorchMissingError as error:\n    print('told:', error)\n"
    )
    for name, raising in RAISING.items():
        run = subprocess.run(
            [sys.executable, "-c", code], env=planted(tmp_path / name, raising), capture_output=True, text=True, timeout=120, check=False
        )
        assert run.returncode == 0, (name, run.stderr)
        assert run.stdout.startswith("told: PyTorch is installed but"), (name, run.stdout)


CHILD = """
import json, sys
from children import algorithm
class Fuse:
    def light(self): pass
    def measure(self): pass
from qgis.core import QgsProcessingFeedback
QgsProcessingFeedback.reportError = lambda self, text, fatal=False: print("error:", text, flush=True)
algorithm("mapwater", json.loads(sys.argv[1]), Fuse())
"""


@pytest.mark.parametrize("code", ["import os; os.abort()", "import ctypes; ctypes.string_at(0)"], ids=["abort", "segmentation fault"])
def test_a_pytorch_that_crashes_does_not_crash_qgis(code: str, tmp_path: Path) -> None:
    """QGIS imports it only after a separate process did so without crashing."""
    parameters = {**SCENE, "EPOCHS": 3, "FOLDS": 0, "MAX_PER_CLASS": 100, "HIDDEN_UNITS": 2, "OUTPUT": str(tmp_path / "p.tif")}
    environment = planted(tmp_path / "planted", code)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(parameters)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert child.returncode == 1, (child.returncode, child.stdout, child.stderr)
    assert "The import crashed" in child.stdout
    assert "Traceback" not in child.stderr
    assert not (tmp_path / "p.tif").exists()


def test_a_pytorch_that_crashes_leaves_newton(tmp_path: Path) -> None:
    parameters = {**SCENE, "MAX_PER_CLASS": 100, "OUTPUT": str(tmp_path / "p.tif"), "OUTPUT_MODEL": str(tmp_path / "m.json")}
    environment = planted(tmp_path / "planted", "import os; os.abort()")
    child = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(parameters)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert child.returncode == 0, (child.returncode, child.stdout, child.stderr)
    assert "error:" not in child.stdout
    assert json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))["training"]["settings"]["optimizer"] == "newton"


def test_an_installation_that_works_is_probed_once(provider: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from qgis.core import QgsSettings

    from ipeo_water_plugin.algorithms import checksetup
    from ipeo_water_plugin.core.errors import TorchMissingError
    from ipeo_water_plugin.core.progress import SilentProgress
    from ipeo_water_plugin.core.training.setup_check import TorchState

    installed, questions = ["one"], []

    def probe(_: Any) -> TorchState:
        questions.append(installed[-1])
        problem = {"broken": "it crashed", "raising": "it raises"}.get(installed[-1])
        return TorchState(problem=problem, harmful=installed[-1] == "broken")

    monkeypatch.setattr(checksetup, "probe", probe)
    monkeypatch.setattr(checksetup, "fingerprint", lambda: installed[-1])
    monkeypatch.setattr(checksetup, "_WORKED", "ipeo_water/test")
    try:
        for _ in range(3):
            checksetup.check_torch(SilentProgress())
        installed.append("two")
        checksetup.check_torch(SilentProgress())
        installed.append("broken")
        for _ in range(2):
            with pytest.raises(TorchMissingError, match="it crashed"):
                checksetup.check_torch(SilentProgress())
        # What merely raises does no harm, and is told where it is imported.
        installed.append("raising")
        for _ in range(2):
            checksetup.check_torch(SilentProgress())
    finally:
        QgsSettings().remove("ipeo_water/test")
    assert questions == ["one", "two", "broken", "broken", "raising", "raising"]


@pytest.mark.parametrize(
    ("code", "harmful"),
    [
        ("import os; os.abort()", True),
        ("import os; os._exit(7)", True),
        ("raise RuntimeError('no')", False),
        ("raise SystemExit(3)", False),
    ],
)
def test_which_failures_are_harmful(provider: None, code: str, harmful: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ipeo_water_plugin.algorithms.checksetup import probe
    from ipeo_water_plugin.core.progress import SilentProgress

    planted(tmp_path, code)
    monkeypatch.syspath_prepend(str(tmp_path))
    state = probe(SilentProgress())
    assert state.problem is not None
    assert state.harmful is harmful


@pytest.mark.parametrize(
    "rubbish", ["{nonsense", "[1]", "7", '{"failure": {}}', '{"version": "9"}', '{"devices": [7]}', '{"odd": 1, "devices": []}']
)
def test_what_is_no_report_is_passed_over(rubbish: str) -> None:
    """A process that crashes may print a part of it, and a package what it likes."""
    from ipeo_water_plugin.core.training.torch_probe import read_report

    assert read_report(f"ipeo-water-torch:begun\nipeo-water-torch:{rubbish}\n") is None
    whole = json.dumps({"version": "9", "file": "x", "cuda": None, "devices": [["cpu", 7]]})
    state = read_report(f"ipeo-water-torch:{whole}\nipeo-water-torch:{rubbish}\n")
    assert state is not None
    assert state.version == "9"


@pytest.mark.parametrize("program", ["/nowhere/python3", "/bin/false"])
def test_training_goes_on_if_the_probe_cant_start(provider: None, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ipeo_water_plugin.algorithms import checksetup
    from ipeo_water_plugin.core.progress import SilentProgress

    monkeypatch.setattr(checksetup, "probe_command", lambda: (program, []))
    monkeypatch.setattr(checksetup, "fingerprint", lambda: "never seen")
    assert not checksetup.probe(SilentProgress()).harmful
    checksetup.check_torch(SilentProgress())


def test_another_library_is_another_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ipeo_water_plugin.core.training import torch_probe

    library = tmp_path / "lib" / "libtorch_cpu.so"
    library.parent.mkdir()
    library.write_bytes(b"one")
    (tmp_path / "__init__.py").touch()

    class Found:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(torch_probe, "torch_problem", lambda: None)
    monkeypatch.setattr(torch_probe.importlib.util, "find_spec", lambda _: Found)
    first = torch_probe.fingerprint()
    assert torch_probe.fingerprint() == first
    library.write_bytes(b"another")
    assert torch_probe.fingerprint() != first
    monkeypatch.setattr(torch_probe, "torch_problem", lambda: "absent")
    assert torch_probe.fingerprint() is None
