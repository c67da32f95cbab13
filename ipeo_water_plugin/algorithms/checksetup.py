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
from ..core.training.settings import TrainingSettings
from ..core.training.setup_check import Device, TorchState, advice, processor, search_path
from ..core.training.torch_probe import fingerprint, has_begun, probe_command, read_report
from ..core.training.torch_setup import import_torch
from ..core.translation import tr
from ..paths import version
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .help import results as scalar_outputs

# From a cold disk with a virus scanner, importing PyTorch can take most of a minute.
TIMEOUT_S = 120.0
_STEP_MS = 100
_SUFFIX = ".txt"

# Setting in the user's profile: the installation of PyTorch that was last imported successfully.
_WORKED = "ipeo_water/torch_that_worked"


class CheckSetup(WaterAlgorithm):
    """Reports the installed versions and the devices to train on, and gives advice on what is missing."""

    GROUP = "setup"

    VERSIONS = ("PLUGIN_VERSION", "QGIS_VERSION", "GDAL_VERSION", "QT_VERSION", "PYTHON_VERSION", "NUMPY_VERSION", "TORCH_VERSION")
    TORCH_READY, ZSTD = "TORCH_READY", "ZSTD"
    OUTPUT = "OUTPUT"
    DEVICES, SEARCH_PATH, ADVICE = "DEVICES", "SEARCH_PATH", "ADVICE"

    def displayName(self) -> str:
        return tr("Check setup")

    def tags(self) -> list[str]:
        return tr("water,pytorch,torch,install,installation,missing,gpu,cuda,version,versions,help,problem").split(",")

    def purpose(self) -> str:
        return tr(
            "Reports the installed versions and the devices to train on, and says what to do about what is missing.\n\n"
            "Checks QGIS, GDAL, Qt, Python, NumPy and PyTorch. PyTorch is imported in a separate process, in case it crashes. Nothing is "
            "installed or changed. Run it before you install PyTorch, which is optional, and include its log in a bug report."
        )

    def trouble(self) -> str:
        return tr(
            "PyTorch is reported missing although you installed it: you installed it for another Python than the one that QGIS uses, which "
            "the text file names. No CUDA device although there is an NVIDIA GPU: this PyTorch is a build for CPUs, or "
            "the driver is too old."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        # Without any parameter the toolbox would run it without a dialog, and the log would not be seen.
        text = QgsProcessingParameterFileDestination(
            self.OUTPUT, tr("Text file"), tr("Text file") + f" (*{_SUFFIX})", optional=True, createByDefault=False
        )
        programs = ("IPEO Water", "QGIS", "GDAL", "Qt", "Python", "NumPy", "PyTorch")
        versions = [QgsProcessingOutputString(key, tr("Version of") + f" {program}") for key, program in zip(self.VERSIONS, programs)]
        self.add(
            [explained(text, tr("Text file for a copy of the log, to include in a bug report."))],
            [
                *versions,
                QgsProcessingOutputBoolean(self.TORCH_READY, tr("Whether PyTorch works")),
                QgsProcessingOutputString(self.DEVICES, tr("Devices to train on and their memory, one per line")),
                QgsProcessingOutputBoolean(self.ZSTD, tr("Whether GDAL can compress GeoTIFFs with ZSTD")),
                QgsProcessingOutputString(
                    self.SEARCH_PATH, tr("Python interpreter, then the folders in which it looks for PyTorch, one per line")
                ),
                QgsProcessingOutputString(self.ADVICE, tr("What to do about what is missing; empty if nothing is")),
            ],
        )

    def read(self, values: Values) -> None:
        """Do nothing: there is nothing to check."""

    def process(self, job: None, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
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
        results: dict[str, Any] = {key: _ask(source) for key, source in zip(self.VERSIONS, sources)}
        results[self.TORCH_READY] = torch.problem is None
        results[self.ZSTD] = _has_zstd()
        results[self.DEVICES] = "\n".join(map(str, (*torch.devices, _processor())))
        results[self.SEARCH_PATH] = "\n".join(search_path())
        results[self.ADVICE] = redacted("\n\n".join(advice(torch, zstd=results[self.ZSTD], nvidia=_has_nvidia())))
        facts, paths = self._facts(results, torch)
        advised = [text for text in results[self.ADVICE].split("\n\n") if text]
        verdict = tr("Mapping works with this setup; what else it could do is said above.") if advised else tr("Nothing is missing.")
        for fact in facts:
            progress.info(fact)
        for text in advised:
            progress.warn(text)
        progress.info(verdict)
        if destination is not None:
            write_text(Path(destination), redacted("\n".join([*facts, *paths, *advised, verdict, ""])))
            results[self.OUTPUT] = destination
        return results

    def _facts(self, results: dict[str, Any], torch: TorchState) -> tuple[list[str], list[str]]:
        """Return the facts, and where Python and PyTorch lie, which a bug report needs and a log is long with."""
        facts: list[str] = []
        paths: list[str] = []
        for output in scalar_outputs(self):
            value = results[output.name()]
            if output.name() == self.ADVICE:
                continue
            if isinstance(value, bool):
                value = tr("yes") if value else tr("no")
            lines = (value or tr("none")).split("\n")
            text = f"{output.description()}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{output.description()}:", *lines])
            (paths if output.name() == self.SEARCH_PATH else facts).append(text)
        if torch.file:
            paths.append(tr("PyTorch is installed in {file}.").format(file=torch.file))
        return facts, paths


def probe(progress: Progress, timeout: float = TIMEOUT_S) -> TorchState:
    """Import PyTorch in a separate process and return the result, whatever it is.

    Args:
        progress: asked whether to continue.
        timeout: seconds after which the process is killed.

    Raises:
        CancelledError: the user cancelled.
    """
    program, arguments = probe_command()
    process = QProcess()
    process.start(program, arguments)
    try:
        if not process.waitForStarted():
            text = tr("{program} can't be started ({reason}).")
            return TorchState.from_failure(text.format(program=program, reason=process.errorString()))
        deadline = time.monotonic() + timeout
        while not process.waitForFinished(_STEP_MS) and process.state() != QProcess.ProcessState.NotRunning:
            raise_if_cancelled(progress)
            if time.monotonic() > deadline:
                failure = tr("The import didn't finish within {timeout:.0f} seconds.").format(timeout=timeout)
                return _failure(process, failure, _text(process.readAllStandardOutput()))
    finally:
        if process.state() != QProcess.ProcessState.NotRunning:
            process.kill()
            process.waitForFinished()
    output = _text(process.readAllStandardOutput())
    report = read_report(output)
    if report is not None:
        return report
    if process.exitStatus() == QProcess.ExitStatus.CrashExit:
        return _failure(process, tr("The import crashed."), output)
    return _failure(process, tr("Python exited with status {status}.").format(status=process.exitCode()), output)


def _failure(process: QProcess, failure: str, output: str) -> TorchState:
    lines = _text(process.readAllStandardError()).strip().splitlines()
    return TorchState.from_failure(failure, lines[-1].strip() if lines else "", harmful=has_begun(output))


def check_torch(progress: Progress) -> None:
    """Import PyTorch in a separate process before QGIS imports it, once per installation, since a crash would end QGIS.

    A PyTorch that fails in another way, or can't be tried, is left to the import itself, which then does no harm.

    Raises:
        TorchMissingError: the import crashes or hangs.
        CancelledError: the user cancelled.
    """
    found, settings = fingerprint(), QgsSettings()
    if found is None:
        return
    progress.info(tr("Loading PyTorch, which can take a few seconds."))
    if settings.value(_WORKED) == found:
        return
    state = probe(progress)
    if state.harmful:
        raise TorchMissingError(state.problem)
    if state.problem is None:
        settings.setValue(_WORKED, found)  # noqa: QGS202


def load_torch(settings: TrainingSettings, feedback: QgsProcessingFeedback) -> None:
    """Import PyTorch, if the optimizer uses it, while a run is prepared, which QGIS does in its main thread.

    The run itself reports what is wrong with PyTorch. If the thread that first imported it has ended, the next training crashes QGIS:
    seen with PyTorch 2.6 on Python 3.13.
    """
    if settings.optimizer == "newton":
        return
    with contextlib.suppress(TorchMissingError, CancelledError):
        import_torch(lambda: check_torch(FeedbackProgress(feedback)))


def _text(read: Any) -> str:
    return bytes(read).decode("utf-8", "replace")


def _ask(source: Callable[[], str]) -> str:
    """Return a fact, or why it is unknown, so that the others are still reported."""
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
    # QGIS reports the memory from version 3.26; on Linux and macOS the operating system does as well.
    megabytes = getattr(QgsApplication, "systemMemorySizeMb", None)
    return processor(megabytes() * 1024**2 if megabytes else None)
