"""Finds PyTorch and the devices it can train on, and says what to do where it is missing."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np

from .errors import DeviceError, TorchMissingError
from .wording import tr

DEVICES = ("auto", "cpu", "cuda", "mps")
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def torch_problem() -> str | None:
    """Return None where PyTorch is installed, else what to do. Nothing is imported, so asking costs next to nothing."""
    try:
        found = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        found = None
    if found is not None and found.origin is not None:
        return None
    return tr("Training needs PyTorch, which this Python ({python}) doesn't have. {installation}").format(
        python=python_program(), installation=installation()
    )


def import_torch() -> Any:
    """Import PyTorch.

    Raises:
        TorchMissingError: it isn't installed, or it is and doesn't work; the text says what to do.
    """
    try:
        import torch  # noqa: PLC0415
    except ImportError as error:
        msg = torch_problem() or tr("PyTorch is installed but doesn't import ({error}). {installation}").format(
            error=error, installation=installation()
        )
        raise TorchMissingError(msg) from error
    except OSError as error:
        msg = tr(
            "PyTorch is installed but its libraries don't load ({error}). On Windows the Microsoft Visual C++ runtime is usually "
            "what is missing (https://aka.ms/vs/17/release/vc_redist.x64.exe): install it and start QGIS again."
        ).format(error=error)
        raise TorchMissingError(msg) from error
    try:
        torch.from_numpy(np.zeros(1))
    except RuntimeError as error:
        msg = tr("PyTorch {torch} can't work with NumPy {numpy} ({error}): install another PyTorch, and leave NumPy alone.").format(
            torch=torch.__version__, numpy=np.__version__, error=error
        )
        raise TorchMissingError(msg) from error
    return torch


def available_devices(torch: Any) -> tuple[str, ...]:
    """Name the devices that PyTorch finds here, the fastest first."""
    devices = ["cuda"] if torch.cuda.is_available() else []
    apple = getattr(torch.backends, "mps", None)
    devices += ["mps"] if apple is not None and apple.is_available() else []
    return (*devices, "cpu")


def devices_to_try(asked: str, available: tuple[str, ...]) -> tuple[str, ...]:
    """Return the devices to train on, in turn: all there are for `auto`, else the one asked for.

    Raises:
        DeviceError: the one asked for isn't there.
    """
    if asked == "auto":
        return available
    if asked not in available:
        msg = tr("This machine has no device {asked!r} that PyTorch can use; it has {devices}. Choose one of them, or auto.").format(
            asked=asked, devices=", ".join(available)
        )
        raise DeviceError(msg)
    return (asked,)


def python_program() -> str:
    """Path of the Python interpreter; inside QGIS on Windows and macOS `sys.executable` is QGIS itself."""
    if Path(sys.executable or "").name.lower().startswith("python"):
        return sys.executable
    base = Path(sys.base_prefix)
    candidates = (base / "python.exe", base / "bin" / "python3", base / "python3.exe")
    return str(next((path for path in candidates if path.exists()), "python3"))


def installation() -> str:
    """Return the commands that put PyTorch into this interpreter. NumPy stays as it is: QGIS' GDAL is built for it."""
    python = python_program()
    index = f"--index-url {_CPU_INDEX}"
    if sys.prefix != sys.base_prefix:
        return tr('Install it with\n  "{python}" -m pip install torch {index}\nand start again.').format(python=python, index=index)
    if sys.platform == "win32":
        return tr(
            'Close QGIS, open the OSGeo4W Shell from the start menu, and run\n  "{python}" -m pip install --user torch {index}'
        ).format(python=python, index=index)
    if sys.platform == "darwin":
        return tr('Close QGIS, open the Terminal, and run\n  "{python}" -m pip install --user torch').format(python=python)
    if (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").exists():
        return tr(
            "Your distribution manages this Python, so make a virtual environment over it and start QGIS with that first on "
            "PATH:\n  {python} -m venv --system-site-packages ~/qgis-torch\n  ~/qgis-torch/bin/pip install torch {index}\n  "
            "PATH=~/qgis-torch/bin:$PATH qgis"
        ).format(python=python, index=index)
    return tr("Install it with\n  {python} -m pip install --user torch {index}\nand start again.").format(python=python, index=index)
