"""The state of PyTorch and of the devices to train on, and advice on what is missing."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ..translation import tr
from .torch_setup import gpu_build, installation, python_program, torch_problem

_GIB = 1024**3


@dataclass(frozen=True)
class Device:
    """A device to train on: its name, and its memory in bytes, None if unknown."""

    name: str
    memory: int | None

    def __str__(self) -> str:
        return self.name if self.memory is None else f"{self.name}, {self.memory / _GIB:.1f} GiB"


@dataclass(frozen=True)
class TorchState:
    """The result of importing PyTorch in a separate process.

    Attributes:
        version, file, cuda, devices: of a PyTorch that works; `cuda` is the version it was built for, or None.
        problem: why PyTorch doesn't work and what to do; None if it works.
        harmful: whether the import crashed the process, or hung.
    """

    version: str = ""
    file: str = ""
    cuda: str | None = None
    devices: tuple[Device, ...] = ()
    problem: str | None = None
    harmful: bool = False

    @classmethod
    def from_failure(cls, failure: str, last_line: str = "", *, harmful: bool = False) -> TorchState:
        """Describe a process that ended without a report.

        Args:
            failure: how it ended, as a sentence.
            last_line: of its standard error.
            harmful: whether it had started to import PyTorch.
        """
        text = tr("PyTorch is installed but can't be imported.") + " " + failure
        if last_line:
            text += " " + tr("Its last line of output: {line}").format(line=last_line)
        return cls(problem=torch_problem() or f"{text}\n{installation()}", harmful=harmful)


def processor(memory: int | None) -> Device:
    """Return the CPU as a device; `memory` is that of the machine in bytes, None = ask the operating system."""
    if memory is None and hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    count = os.cpu_count() or 1
    return Device(tr("cpu ({n} processor)", "cpu ({n} processors)", n=count).format(n=count), memory)


def search_path() -> tuple[str, ...]:
    """Return the Python interpreter, then the folders in which it looks for PyTorch."""
    return (python_program(), *(entry for entry in sys.path if isinstance(entry, str) and entry))


def advice(torch: TorchState, *, zstd: bool, nvidia: bool) -> tuple[str, ...]:
    """Return what to do about what is missing, empty if nothing is.

    Args:
        torch: the state of PyTorch.
        zstd: whether GDAL can compress GeoTIFFs with ZSTD.
        nvidia: whether the machine seems to have an NVIDIA GPU.
    """
    optional = tr("PyTorch is optional: without it NumPy trains logistic regression. Only perceptrons and training on a GPU need it.")
    slow = tr(
        "GDAL was built without ZSTD, so results are compressed with DEFLATE, which is slower. Newer versions of QGIS bring a GDAL "
        "with ZSTD."
    )
    text = ""
    if torch.problem is not None:
        text = f"{torch.problem}\n{optional}"
    elif nvidia and torch.cuda is None:
        text = tr(
            "PyTorch {version} is a build for CPUs, so it can't use the NVIDIA GPU. Logistic regression trains in seconds without it. "
            "To use the GPU anyway, remove this PyTorch ({folder}) and install it again. {gpu_build}"
        ).format(version=torch.version, folder=Path(torch.file).parent, gpu_build=gpu_build())
    elif nvidia and not any(device.name.startswith("cuda") for device in torch.devices):
        text = tr("PyTorch is built for CUDA {cuda} but finds no NVIDIA GPU. The driver of the GPU may be too old.").format(cuda=torch.cuda)
    return (*([text] if text else []), *([] if zstd else [slow]))
