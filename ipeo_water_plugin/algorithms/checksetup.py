"""The algorithm `checksetup`."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
    QgsSettings,
)
from qgis.PyQt.QtCore import QProcess, qVersion

from ..core.errors import CancelledError, TorchMissingError
from ..core.progress import Progress, raise_if_cancelled
from ..core.system.files import write_text
from ..core.system.redaction import redacted
from ..core.training.setup_check import Device, TorchState, advice, processor, search_path
from ..core.training.torch_probe import fingerprint, has_begun, probe_command, read_report
from ..core.training.torch_setup import import_torch
from ..core.translation import tr
from ..paths import version
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .help import results as scalar_outputs

# From a cold disk, with a virus scanner beside it, a healthy PyTorch can take most of a minute.
PATIENCE_S = 120.0
_STEP_MS = 100
_SUFFIX = ".txt"

# Where the user's profile keeps which installation of PyTorch was imported without harm.
_WORKED = "ipeo_water/torch_that_worked"


class CheckSetup(WaterAlgorithm):
    """Says what is installed, which devices there are, and what to do about what is missing."""

    GROUP = "setup"

    VERSIONS = ("PLUGIN_VERSION", "QGIS_VERSION", "GDAL_VERSION", "QT_VERSION", "PYTHON_VERSION", "NUMPY_VERSION", "TORCH_VERSION")
    TORCH_READY, ZSTD = "TORCH_READY", "ZSTD"
    OUTPUT = "OUTPUT"
    DEVICES, SEARCH_PATH, ADVICE = "DEVICES", "SEARCH_PATH", "ADVICE"

    def name(self) -> str:
        """Return the id."""
        return "checksetup"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Check setup")

    def tags(self) -> list[str]:
        """Return further words that the toolbox finds it by."""
        return tr("water,pytorch,torch,install,installation,missing,gpu,cuda,version,versions,help,problem").split(",")

    def purpose(self) -> str:
        """Return what the algorithm is for."""
        return tr(
            "Says what is installed, which devices there are to train on, and what to do about what is missing.\n\n"
            "It looks at QGIS, GDAL, Qt, Python, NumPy and PyTorch, and imports PyTorch in a process of its own, so that one that crashes "
            "does no harm. It installs and changes nothing. Run it first when training doesn't start, and send what it prints along with "
            "a report of a fault."
        )

    def trouble(self) -> str:
        """Return what goes wrong most often, and what to do."""
        return tr(
            "It says that PyTorch is missing although you installed it: it went into another Python than the one that QGIS runs; "
            "the first line of the search path names that. No CUDA device in spite of a GPU: this PyTorch is the build for "
            "processors, or the driver is too old."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Add parameters and outputs."""
        # With no parameter at all, the toolbox would run it without a dialog, and nobody would see the log.
        text = QgsProcessingParameterFileDestination(
            self.OUTPUT, tr("Text file"), tr("Text file") + f" (*{_SUFFIX})", optional=True, createByDefault=False
        )
        programs = ("IPEO Water", "QGIS", "GDAL", "Qt", "Python", "NumPy", "PyTorch")
        versions = [QgsProcessingOutputString(key, tr("Version of") + f" {program}") for key, program in zip(self.VERSIONS, programs)]
        self.add(
            [explained(text, tr("What the log says, in a file of its own, to send along with a report of a fault."))],
            [
                *versions,
                QgsProcessingOutputBoolean(self.TORCH_READY, tr("Whether PyTorch works, so that training can start")),
                QgsProcessingOutputString(self.DEVICES, tr("Devices to compute on and their memory, a line each")),
                QgsProcessingOutputBoolean(self.ZSTD, tr("Whether GDAL compresses GeoTIFF with ZSTD")),
                QgsProcessingOutputString(
                    self.SEARCH_PATH, tr("Python interpreter, then the folders it looks for PyTorch in, a line each")
                ),
                QgsProcessingOutputString(self.ADVICE, tr("What to do about what is missing; empty where nothing is")),
            ],
        )

    def read(self, values: Values) -> None:
        """There is nothing to check."""

    def process(self, job: None, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Look, and tell."""
        destination = values.file_destination(self.OUTPUT, _SUFFIX)
        progress = FeedbackProgress(feedback)
        torch = probe(progress)
        sources: tuple[Callable[[], str], ...] = (
            version,
            lambda: Qgis.QGIS_VERSION,
            lambda: gdal.VersionInfo("RELEASE_NAME"),
            qVersion,
            platform.python_version,
            lambda: np.__version__,
            lambda: torch.version,
        )
        results: dict[str, Any] = {key: _told(source) for key, source in zip(self.VERSIONS, sources)}
        results[self.TORCH_READY] = torch.problem is None
        results[self.ZSTD] = _has_zstd()
        results[self.DEVICES] = "\n".join(map(str, (*torch.devices, _processor())))
        results[self.SEARCH_PATH] = "\n".join(search_path())
        results[self.ADVICE] = redacted("\n\n".join(advice(torch, zstd=results[self.ZSTD], nvidia=_has_nvidia())))
        facts = self._facts(results, torch)
        advised = [text for text in results[self.ADVICE].split("\n\n") if text]
        for fact in facts:
            progress.info(fact)
        for text in advised:
            progress.warn(text)
        if destination is not None:
            write_text(Path(destination), redacted("\n".join([*facts, *advised, ""])))
            results[self.OUTPUT] = destination
        return results

    def _facts(self, results: dict[str, Any], torch: TorchState) -> list[str]:
        facts = []
        for output in scalar_outputs(self):
            value = results[output.name()]
            if output.name() == self.ADVICE:
                continue
            if isinstance(value, bool):
                value = tr("yes") if value else tr("no")
            lines = (value or tr("none")).split("\n")
            facts.append(f"{output.description()}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{output.description()}:", *lines]))
        if torch.file:
            facts.append(tr("PyTorch lies in {file}.").format(file=torch.file))
        return facts if results[self.ADVICE] else [*facts, tr("Nothing is missing.")]


def probe(progress: Progress, patience: float = PATIENCE_S) -> TorchState:
    """Import PyTorch in a process of its own and return what came of it, whatever it was.

    Args:
        progress: asked whether to go on.
        patience: seconds after which the process is ended.

    Raises:
        CancelledError: the user cancelled.
    """
    program, arguments = probe_command()
    process = QProcess()
    process.start(program, arguments)
    try:
        if not process.waitForStarted():
            return TorchState.of(
                None, tr("{program} can't be started to try it ({reason})").format(program=program, reason=process.errorString()), ""
            )
        given_up = time.monotonic() + patience
        while not process.waitForFinished(_STEP_MS) and process.state() != QProcess.ProcessState.NotRunning:
            raise_if_cancelled(progress)
            if time.monotonic() > given_up:
                ending = tr("it didn't come to an end within {patience:.0f} seconds").format(patience=patience)
                begun = has_begun(_text(process.readAllStandardOutput()))
                return TorchState.of(None, ending, _last_line(process), begun=begun)
    finally:
        if process.state() != QProcess.ProcessState.NotRunning:
            process.kill()
            process.waitForFinished()
    ending = (
        tr("it crashed")
        if process.exitStatus() == QProcess.ExitStatus.CrashExit
        else tr("Python ended with status {status}").format(status=process.exitCode())
    )
    output = _text(process.readAllStandardOutput())
    return TorchState.of(read_report(output), ending, _last_line(process), begun=has_begun(output))


def check_torch(progress: Progress) -> None:
    """Import PyTorch in a process of its own before QGIS does: one that crashes would take QGIS along. Asked once an installation.

    One that fails in another way, or can't be tried, is left to the import itself, which does no harm.

    Raises:
        TorchMissingError: it crashes, or doesn't come to an end.
        CancelledError: the user cancelled.
    """
    found, settings = fingerprint(), QgsSettings()
    if found is None or settings.value(_WORKED) == found:
        return
    state = probe(progress)
    if state.harmful:
        raise TorchMissingError(state.problem)
    if state.problem is None:
        settings.setValue(_WORKED, found)  # noqa: QGS202


def load_torch(feedback: QgsProcessingFeedback) -> None:
    """Import PyTorch while a run is prepared, which QGIS does in its main thread. What is wrong with PyTorch is told by the run itself.

    Where the thread that imported it first has ended, the next training ends QGIS: seen with PyTorch 2.6 on Python 3.13.
    """
    with contextlib.suppress(TorchMissingError, CancelledError):
        import_torch(lambda: check_torch(FeedbackProgress(feedback)))


def _text(read: Any) -> str:
    return bytes(read).decode("utf-8", "replace")


def _last_line(process: QProcess) -> str:
    lines = _text(process.readAllStandardError()).strip().splitlines()
    return lines[-1].strip() if lines else ""


def _told(source: Callable[[], str]) -> str:
    """Ask for a fact. Whatever is wrong with the installation, the rest is still told."""
    try:
        return str(source())
    except Exception as error:  # noqa: BLE001
        return tr("unknown ({kind}: {error})").format(kind=type(error).__name__, error=error)


def _has_zstd() -> bool:
    driver = gdal.GetDriverByName("GTiff")
    return driver is not None and "ZSTD" in (driver.GetMetadataItem("DMD_CREATIONOPTIONLIST") or "")


def _has_nvidia() -> bool:
    return os.path.exists("/proc/driver/nvidia/version") or shutil.which("nvidia-smi") is not None  # noqa: PTH110


def _processor() -> Device:
    # QGIS tells it from 3.26 on; on Linux and macOS the system does anyway.
    megabytes = getattr(QgsApplication, "systemMemorySizeMb", None)
    return processor(megabytes() * 1024**2 if megabytes else None)
