"""Finds PyTorch and the devices it can train on, and says what to do where it is missing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DeviceError, TorchMissingError
from ..translation import tr

_CPU_INDEX = "--index-url https://download.pytorch.org/whl/cpu"
# What PyTorch needs beside what QGIS brings, all of it pure Python. It asks for setuptools only to build extensions, and a newer
# one in the profile takes pkg_resources from other plugins.
_NEEDS = "filelock fsspec mpmath networkx sympy typing_extensions"


@dataclass(frozen=True)
class TorchFailure:
    """Why PyTorch doesn't work. Written as a text it says what to do, in the language of the process that writes it.

    Attributes:
        way: `absent`; `import`, `libraries`, `numpy`: where import_torch() gave up; or `broken`, in any other way.
        values: what is put into the text: `error`, and for `numpy` the versions `torch` and `numpy`.
    """

    way: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the text."""
        texts = {
            "absent": tr("Training needs PyTorch, which this Python ({python}) doesn't have. {installation}"),
            "import": tr("PyTorch is installed but doesn't import ({error}). {installation}"),
            "libraries": tr(
                "PyTorch is installed but its libraries don't load ({error}). On Windows the Microsoft Visual C++ runtime is usually "
                "what is missing (https://aka.ms/vs/17/release/vc_redist.x64.exe): install it and start QGIS again."
            ),
            "numpy": tr("PyTorch {torch} can't work with NumPy {numpy} ({error}): install another PyTorch, and leave NumPy alone."),
            "broken": tr("PyTorch is installed but doesn't import ({error}): install it again."),
        }
        return texts[self.way].format(python=python_program(), installation=installation(), **self.values)


def torch_problem() -> str | None:
    """Return None where PyTorch is installed, else what to do. Nothing is imported, so asking costs next to nothing."""
    try:
        found = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        found = None
    if found is not None and found.origin is not None:
        return None
    return str(TorchFailure("absent"))


def import_torch(check: Callable[[], None] | None = None) -> Any:
    """Import PyTorch.

    Args:
        check: asked before, where it isn't imported yet: raises where importing it would take this process along.

    Raises:
        TorchMissingError: it isn't installed, or it is and doesn't work; its argument is a `TorchFailure`, or what `check` says.
    """
    if check is not None and "torch" not in sys.modules:
        check()
    try:
        import torch  # noqa: PLC0415
    except ImportError as error:
        failure = TorchFailure("import", {"error": str(error)}) if torch_problem() is None else TorchFailure("absent")
        raise TorchMissingError(failure) from error
    except OSError as error:
        failure = TorchFailure("libraries", {"error": str(error)})
        raise TorchMissingError(failure) from error
    except (Exception, SystemExit) as error:
        # A package that is half removed, or built for another NumPy or Python, raises what it likes.
        raise TorchMissingError(_broken(error)) from error
    try:
        torch.from_numpy(np.zeros(1))
    except RuntimeError as error:
        failure = TorchFailure("numpy", {"error": str(error), "torch": str(torch.__version__), "numpy": np.__version__})
        raise TorchMissingError(failure) from error
    except Exception as error:
        raise TorchMissingError(_broken(error)) from error
    return torch


def _broken(error: BaseException) -> TorchFailure:
    try:
        said = str(error)
    except Exception:  # noqa: BLE001
        # An error of a library may not even be able to say what it is.
        said = tr("no reason given")
    return TorchFailure("broken", {"error": f"{type(error).__name__}: {said}"})


def available_devices() -> tuple[str, ...]:
    """Return the devices that PyTorch can use here, the fastest first."""
    torch = import_torch()
    backends = {"cuda": torch.cuda, "mps": getattr(torch.backends, "mps", None)}
    return (*(name for name, backend in backends.items() if _is_available(backend)), "cpu")


def _is_available(backend: Any) -> bool:
    try:
        return backend is not None and bool(backend.is_available())
    except Exception:  # noqa: BLE001
        # A driver that doesn't fit raises what it likes, and the processor is there all the same.
        return False


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
    """Path of the Python interpreter that this process runs, or is of."""
    return interpreter(sys.executable or "", Path(sys.base_prefix))


def interpreter(executable: str, base: Path) -> str:
    """Path of the Python interpreter that lies in `base`, where the program itself is none: on Windows and macOS it is QGIS."""
    if Path(executable).name.lower().startswith("python"):
        return executable
    candidates = (base / "python.exe", base / "bin" / "python3", base / "python3.exe")
    return str(next((path for path in candidates if path.exists()), "python3"))


def installation() -> str:
    """Return the commands that put PyTorch, and nothing that QGIS has already, where this interpreter finds it, and their sizes.

    NumPy stays as it is: QGIS' GDAL is built for it.
    """
    python = python_program()
    if sys.prefix != sys.base_prefix or (Path(sys.prefix) / "conda-meta").is_dir():
        command = f'"{python}" -m pip install torch {_CPU_INDEX}'
        text = tr("Install it into this environment with\n  {command}\nand start again.")
    elif sys.platform == "win32":
        command = _into_profile(python)
        text = tr("Close QGIS, open the OSGeo4W Shell from the start menu, and run\n  {command}")
    elif sys.platform == "darwin":
        command = _into_profile(python)
        text = tr("Close QGIS, open the Terminal, and run\n  {command}")
    else:
        command = (
            f"{python} -m venv --system-site-packages ~/qgis-torch\n"
            f"  ~/qgis-torch/bin/pip install torch {_CPU_INDEX}\n"
            "  PATH=~/qgis-torch/bin:$PATH qgis"
        )
        text = tr(
            "Your distribution manages this Python, so make a virtual environment over it and start QGIS with that first on PATH "
            "(Debian and Ubuntu want the package python3-venv for it):\n  {command}"
        )
    return f"{text.format(command=command)}\n{_size()} {gpu_build()}"


def gpu_build() -> str:
    """Say what to do otherwise for a GPU, and what that costs."""
    if sys.platform == "darwin":
        return tr("It uses the GPU of a Mac with an Apple processor.")
    if sys.platform == "win32":
        return tr("For an NVIDIA GPU, add the --index-url that {address} shows for it: some 3 GB to download, and 5 GB on disk.").format(
            address="https://pytorch.org/get-started/locally/"
        )
    return tr("For an NVIDIA GPU, leave out {option}: some 3 GB to download, and 5 GB on disk.").format(option=_CPU_INDEX)


def _size() -> str:
    if sys.platform in {"darwin", "win32"}:
        return tr("That is some 120 MB to download, and 0.6 GB on disk.")
    return tr("That is the build for processors: some 200 MB to download, and 0.9 GB on disk.")


def _into_profile(python: str) -> str:
    return f'"{python}" -m pip install --target "{_profile_folder()}" --no-deps torch {_NEEDS}'


def _profile_folder() -> str:
    """Folder for Python packages of the user profile that the plugin is installed in, else of the one that QGIS makes first."""
    folder = Path(__file__).absolute().parents[4]
    if folder.parts[-3:-2] == ("profiles",):
        return str(folder)
    if sys.platform == "win32":
        return r"%APPDATA%\QGIS\QGIS3\profiles\default\python"
    return "$HOME/Library/Application Support/QGIS/QGIS3/profiles/default/python"
