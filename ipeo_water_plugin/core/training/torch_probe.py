"""Imports PyTorch in a process of its own and reports: a PyTorch that crashes or hangs on import takes nothing else with it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TorchMissingError
from .torch_setup import TorchFailure, available_devices, import_torch, python_program, torch_problem

# A package may print what it likes while it is imported.
_MARK = "ipeo-water-torch:"
_BEGUN = f"{_MARK}begun"


def probe_command() -> tuple[str, list[str]]:
    """Return the program and its arguments that import PyTorch as this process would, and print what `read_report` reads."""
    code = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {__name__} import main; main()"
    # The folder that holds the plugin is on the path already: this module was imported from it.
    return python_program(), ["-c", code, json.dumps([entry for entry in sys.path if isinstance(entry, str)])]


def read_report(output: str) -> dict[str, Any] | None:
    """Return what the program found, or None where it ended before it could say.

    Args:
        output: all that it printed on standard output.

    Returns:
        Either `failure` (the `TorchFailure` that keeps PyTorch from working), or `version`, `file`, `cuda` (version it was built for, or
        None) and `devices`: pairs of a name and bytes of memory, or None where unknown.
    """
    for line in reversed(output.splitlines()):
        if line.startswith(_MARK) and line != _BEGUN:
            report = json.loads(line[len(_MARK) :])
            return {"failure": TorchFailure(**report["failure"])} if "failure" in report else report
    return None


def has_begun(output: str) -> bool:
    """Whether the program came as far as importing PyTorch; before that, it is the interpreter or NumPy that fails in it."""
    return _BEGUN in output.splitlines()


def fingerprint() -> str | None:
    """Return what tells this installation of PyTorch from any other, or None where there is none. Nothing of it is imported.

    It is made of the interpreter, NumPy's version, and name, size and time of the package's libraries: as long as those stay as they are,
    an import that succeeded will succeed again.
    """
    if torch_problem() is not None:
        return None
    found = importlib.util.find_spec("torch")
    package = Path(str(found and found.origin)).parent
    states = [sys.version, np.__version__, str(package)]
    for folder in (package, package / "lib"):
        with contextlib.suppress(OSError):
            files = [(entry.name, entry.stat()) for entry in os.scandir(folder) if entry.is_file()]
            states += sorted(f"{name} {state.st_size} {state.st_mtime_ns}" for name, state in files)
    return hashlib.sha256("\n".join(states).encode(errors="surrogateescape")).hexdigest()


def main() -> None:
    """Import PyTorch and print the report."""
    sys.stdout.write(f"{_BEGUN}\n")
    sys.stdout.flush()
    try:
        report = _describe(import_torch())
    except TorchMissingError as error:
        report = {"failure": asdict(error.args[0])}
    except Exception as error:  # noqa: BLE001
        # Whatever a broken installation raises is what the user has to be told.
        report = {"failure": asdict(TorchFailure("broken", {"error": f"{type(error).__name__}: {error}"}))}
    sys.stdout.write(f"\n{_MARK}{json.dumps(report)}\n")
    sys.stdout.flush()


def _describe(torch: Any) -> dict[str, Any]:
    devices: list[tuple[str, int | None]] = []
    for name in available_devices():
        if name == "cuda":
            cards = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
            devices += [(f"cuda:{index} ({card.name})", int(card.total_memory)) for index, card in enumerate(cards)]
        elif name == "mps":
            # Newer than the device itself.
            limit = getattr(torch.mps, "recommended_max_memory", None)
            devices.append(("mps", int(limit()) if limit else None))
    return {"version": str(torch.__version__), "file": str(torch.__file__), "cuda": torch.version.cuda, "devices": devices}
