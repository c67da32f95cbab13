"""What is installed, in words: versions, devices with their memory, what is missing and what to do about it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..translation import tr
from .torch_setup import gpu_build, installation, python_program, torch_problem

_GIB = 1024**3


@dataclass(frozen=True)
class Device:
    """Something to train on: its name and its memory in bytes, None where unknown."""

    name: str
    memory: int | None

    def __str__(self) -> str:
        """Return a line for people."""
        return self.name if self.memory is None else f"{self.name}, {self.memory / _GIB:.1f} GiB"


@dataclass(frozen=True)
class TorchState:
    """PyTorch as a process of its own found it.

    Attributes:
        version, file, cuda, devices: what it is, where it works.
        problem: what keeps it from working and what to do, None where it works.
        harmful: whether importing it ended the process, or came to no end.
    """

    version: str = ""
    file: str = ""
    cuda: str | None = None
    devices: tuple[Device, ...] = ()
    problem: str | None = None
    harmful: bool = False

    @classmethod
    def of(cls, report: dict[str, Any] | None, ending: str, words: str, *, begun: bool = False) -> TorchState:
        """Tell from what the probing process left.

        Args:
            report: of the process, as `torch_probe.read_report` returns it; None where it ended before it could say.
            ending: how the process ended, in words, such as "it crashed".
            words: the last that it said on standard error.
            begun: whether it came as far as importing PyTorch.
        """
        if report is None:
            missing = torch_problem()
            said = " " + tr("Its last words: {words}").format(words=words) if words else ""
            return cls(
                problem=missing
                or tr("PyTorch is installed but can't be imported: {ending}.{said}\n{installation}").format(
                    ending=ending, said=said, installation=installation()
                ),
                harmful=begun,
            )
        if "failure" in report:
            return cls(problem=str(report["failure"]))
        devices = tuple(Device(str(name), memory) for name, memory in report["devices"])
        return cls(report["version"], report["file"], report["cuda"], devices)


def processor(memory: int | None) -> Device:
    """Return the CPU as a device; `memory` is that of the machine, asked for where the system tells it by itself."""
    if memory is None and hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Device(tr("cpu ({count} processors)").format(count=os.cpu_count()), memory)


def search_path() -> tuple[str, ...]:
    """Return where Python looks for PyTorch: the interpreter first, then the folders in turn."""
    return (python_program(), *(entry for entry in sys.path if isinstance(entry, str) and entry))


def advice(torch: TorchState, *, zstd: bool, nvidia: bool) -> tuple[str, ...]:
    """Return what to do about what is missing; nothing where nothing is.

    Args:
        torch: as it was found.
        zstd: whether GDAL writes GeoTIFF with ZSTD.
        nvidia: whether the machine seems to have a GPU of NVIDIA.
    """
    found = [] if torch.problem is None else [f"{torch.problem}\n" + tr("Everything but training works without it.")]
    if torch.problem is None and nvidia and torch.cuda is None:
        found.append(
            tr(
                "PyTorch {version} is the build for CPUs, so it leaves the NVIDIA GPU alone. Logistic regression trains in seconds "
                "without. To use it all the same, remove this PyTorch ({folder}) and install it again. {otherwise}"
            ).format(version=torch.version, folder=Path(torch.file).parent, otherwise=gpu_build())
        )
    elif torch.problem is None and nvidia and not any(device.name.startswith("cuda") for device in torch.devices):
        found.append(
            tr("PyTorch is built for CUDA {cuda} but finds no NVIDIA GPU: the GPU's driver may be too old for it.").format(cuda=torch.cuda)
        )
    if not zstd:
        found.append(
            tr(
                "GDAL was built without ZSTD: results are compressed with DEFLATE instead, which takes longer. A newer QGIS brings a "
                "GDAL that has it."
            )
        )
    return tuple(found)
