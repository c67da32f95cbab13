"""Imports PyTorch in a separate process, so that a PyTorch that crashes or hangs on import doesn't take QGIS with it."""

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
from .setup_check import Device, TorchState
from .torch_setup import TorchFailure, available_devices, import_torch, python_program, torch_problem

# Tells the report from what packages print while they are imported.
_MARK = "ipeo-water-torch:"
_BEGUN = f"{_MARK}begun"


def probe_command() -> tuple[str, list[str]]:
    """Return the program and the arguments that import PyTorch as this process would, and print the report for `read_report`."""
    code = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {__name__} import main; main()"
    # The path already includes the folder that holds the plugin.
    return python_program(), ["-c", code, json.dumps([entry for entry in sys.path if isinstance(entry, str)])]


def read_report(output: str) -> TorchState | None:
    """Read the report of the process from everything that it printed on standard output; None if it ended before printing one."""
    for line in reversed(output.splitlines()):
        if line.startswith(_MARK) and line != _BEGUN:
            # A process that crashes may print a part of it.
            with contextlib.suppress(ValueError, TypeError, KeyError):
                report = json.loads(line[len(_MARK) :])
                if "failure" in report:
                    return TorchState(problem=str(TorchFailure(**report["failure"])))
                return TorchState(**{**report, "devices": tuple(Device(*device) for device in report["devices"])})
    return None


def has_begun(output: str) -> bool:
    """Whether the process started to import PyTorch; if not, the interpreter or NumPy failed."""
    return _BEGUN in output.splitlines()


def fingerprint() -> str | None:
    """Return a hash that identifies this installation of PyTorch, None if there is none. Nothing is imported.

    It covers the interpreter, NumPy's version, and the names, sizes and times of the package's libraries: while these are the same, an
    import that succeeded once will succeed again.
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
        # A broken installation can raise anything.
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
            # Missing in older versions.
            limit = getattr(torch.mps, "recommended_max_memory", None)
            devices.append(("mps", int(limit()) if limit else None))
    return {"version": str(torch.__version__), "file": str(torch.__file__), "cuda": torch.version.cuda, "devices": devices}
