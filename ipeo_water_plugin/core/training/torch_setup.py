"""Finds PyTorch and the devices that it can use, and says how to install it if it is missing."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import operator
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DeviceError, TorchMissingError
from ..translation import tr

_CPU_INDEX = "--index-url https://download.pytorch.org/whl/cpu"
# Dependencies of PyTorch that QGIS doesn't bring, all pure Python. PyTorch needs setuptools only to build extensions, and a newer one in
# the profile would break other plugins that import pkg_resources.
_NEEDS = "filelock fsspec mpmath networkx sympy typing_extensions"

# Some of what is used: a version far too old, or another package of the name, lacks it.
_used = operator.attrgetter("__version__", "version.cuda", "cuda.is_available", "backends", "Generator", "optim.LBFGS")


@dataclass(frozen=True)
class TorchFailure:
    """Why PyTorch doesn't work. `str()` gives the message, in the language of the calling process.

    Attributes:
        kind: `absent`; `import`, `libraries` or `numpy`: what failed in import_torch(); `broken`: anything else.
        values: for the placeholders of the message: `error`, and for `numpy` the versions `torch` and `numpy`.
    """

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        texts = {
            "absent": tr("PyTorch isn't installed for this Python ({python}). {installation}"),
            "import": tr("PyTorch is installed but can't be imported ({error}). {installation}"),
            "libraries": tr(
                "PyTorch is installed but its libraries can't be loaded ({error}). On Windows, usually the Microsoft Visual C++ runtime is "
                "missing: install it (https://aka.ms/vs/17/release/vc_redist.x64.exe) and restart QGIS."
            ),
            "numpy": tr(
                "PyTorch {torch} doesn't work with NumPy {numpy} ({error}). Install another version of PyTorch; don't change NumPy."
            ),
            "broken": tr("PyTorch is installed but can't be imported ({error}). Install it again."),
        }
        return texts[self.kind].format(python=python_program(), installation=installation(), **self.values)


def torch_problem() -> str | None:
    """Return None if PyTorch is installed, else how to install it. Fast, since nothing is imported."""
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
        check: called first if PyTorch isn't imported yet; raises if importing it would crash this process.

    Raises:
        TorchMissingError: it isn't installed or doesn't work; its argument is a `TorchFailure`, or the message of `check`.
    """
    if check is not None and "torch" not in sys.modules:
        check()
    try:
        with _without_garbage_collection():
            import torch  # noqa: PLC0415
        torch.from_numpy(np.zeros(1))
        _used(torch)
    # A package that is half removed, or built for another NumPy or Python, can raise anything.
    except (Exception, SystemExit) as error:
        raise TorchMissingError(_failure(error)) from error
    return torch


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Spare an import of a thousand modules the search for garbage, of which it leaves none: an eighth of its time, and as much later."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            # Makes all objects old at once, which otherwise takes two searches.
            gc.freeze()
            gc.unfreeze()
        if enabled:
            gc.enable()


def _failure(error: BaseException) -> TorchFailure:
    """Return what an error of importing PyTorch, or of its first use, means."""
    # Asking a broken module for what it lacks may raise again.
    version = getattr(sys.modules.get("torch"), "__dict__", {}).get("__version__")
    try:
        reason = str(error)
    except Exception:  # noqa: BLE001
        # Even the error's message can fail.
        reason = tr("no reason given")
    if isinstance(error, ImportError):
        return TorchFailure("import", {"error": reason}) if torch_problem() is None else TorchFailure("absent")
    if isinstance(error, OSError):
        return TorchFailure("libraries", {"error": reason})
    if isinstance(error, RuntimeError) and version is not None:
        return TorchFailure("numpy", {"error": reason, "torch": str(version), "numpy": np.__version__})
    return TorchFailure("broken", {"error": f"{type(error).__name__}: {reason}"})


def available_devices() -> tuple[str, ...]:
    """Return the devices that PyTorch can use here, the fastest first."""
    torch = import_torch()
    found = []
    for name, backend in (("cuda", torch.cuda), ("mps", getattr(torch.backends, "mps", None))):
        # A driver of the wrong version can raise anything; the CPU is still available.
        with contextlib.suppress(Exception):
            found += [name] if backend is not None and backend.is_available() else []
    return (*found, "cpu")


def devices_to_try(requested: str, available: tuple[str, ...]) -> tuple[str, ...]:
    """Return the devices to try to train on, in order.

    Args:
        requested: a device, or `auto` for all.
        available: devices that PyTorch can use, the fastest first.

    Raises:
        DeviceError: the requested device isn't available.
    """
    if requested == "auto":
        return available
    if requested not in available:
        msg = tr("PyTorch can't use the device {requested} on this machine. Available: {devices}. Choose one of these, or auto.")
        raise DeviceError(msg.format(requested=requested, devices=", ".join(available)))
    return (requested,)


def python_program() -> str:
    """Return the path of the Python interpreter of this process."""
    return interpreter(sys.executable or "", Path(sys.base_prefix))


def interpreter(executable: str, base: Path) -> str:
    """Return the path of a Python interpreter.

    Args:
        executable: the running program, returned if it is Python; on Windows and macOS it is QGIS.
        base: folder of the Python installation, searched otherwise.
    """
    if Path(executable).name.lower().startswith("python"):
        return executable
    candidates = (base / "python.exe", base / "bin" / "python3", base / "python3.exe")
    return str(next((path for path in candidates if path.exists()), "python3"))


def installation() -> str:
    """Return how to install PyTorch for this interpreter: commands and download sizes.

    They don't replace what QGIS brings, such as NumPy, for which QGIS' GDAL is built.
    """
    python = python_program()
    size = tr("This is the build for CPUs: a download of about 200 MB, 0.9 GB on disk.")
    if sys.platform in {"darwin", "win32"}:
        size = tr("The download is about 120 MB, 0.6 GB on disk.")
    if sys.prefix != sys.base_prefix or (Path(sys.prefix) / "conda-meta").is_dir():
        command = f'"{python}" -m pip install torch {_CPU_INDEX}'
        text = tr("Install it into this environment with\n  {command}\nand restart QGIS.")
    elif sys.platform in {"darwin", "win32"}:
        command = f'"{python}" -m pip install --target "{_profile_folder()}" --no-deps torch {_NEEDS}'
        text = tr("Close QGIS, open the OSGeo4W Shell from the start menu, and run\n  {command}")
        if sys.platform == "darwin":
            text = tr("Close QGIS, open the Terminal, and run\n  {command}")
    else:
        command = (
            f"{python} -m venv --system-site-packages ~/qgis-torch\n"
            f"  ~/qgis-torch/bin/pip install torch {_CPU_INDEX}\n"
            "  PATH=~/qgis-torch/bin:$PATH qgis"
        )
        text = tr(
            "This Python is managed by your Linux distribution: create a virtual environment and start QGIS with it first on PATH (Debian "
            "and Ubuntu need the package python3-venv):\n  {command}"
        )
        if _debian_has_torch():
            debian = tr("Debian has a build for CPUs. Run\n  {command}\nand restart QGIS. For an NVIDIA GPU instead:")
            text = debian.format(command="sudo apt install python3-torch") + "\n" + text
    return f"{text.format(command=command)}\n{size} {gpu_build()}"


def _debian_has_torch() -> bool:
    """Whether this is Debian 13 or later, whose own PyTorch is recent enough."""
    # Missing before Python 3.10.
    os_release: Callable[[], Mapping[str, str]] = getattr(platform, "freedesktop_os_release", dict)
    try:
        release = os_release()
        # Testing and unstable have no number.
        return release.get("ID") == "debian" and float(release.get("VERSION_ID", 13)) >= 13
    except (OSError, ValueError):
        return False


def gpu_build() -> str:
    """Return what to do differently for a GPU."""
    if sys.platform == "darwin":
        return tr("On a Mac with an Apple processor it uses the GPU.")
    if sys.platform == "win32":
        return tr("For an NVIDIA GPU, add the --index-url given at {address}: a download of about 3 GB, 5 GB on disk.").format(
            address="https://pytorch.org/get-started/locally/"
        )
    return tr("For an NVIDIA GPU, leave out {option}: a download of about 3 GB, 5 GB on disk.").format(option=_CPU_INDEX)


def _profile_folder() -> str:
    """Return the folder for Python packages of the user profile that holds the plugin, else of the default profile."""
    folder = Path(__file__).absolute().parents[4]
    if folder.parts[-3:-2] == ("profiles",):
        return str(folder)
    if sys.platform == "win32":
        return r"%APPDATA%\QGIS\QGIS3\profiles\default\python"
    return "$HOME/Library/Application Support/QGIS/QGIS3/profiles/default/python"
