"""What child processes do until they are killed. Imported once by a server that forks them, so that a child begins at once."""

from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import scenes

from ipeo_water_plugin.core.training import train as train_module  # noqa: F401


class Fuse:
    """Ends the process that lights it, once that has used so much processor time of its own: the same moment however busy the machine is.

    SIGPROF ends a process as SIGKILL does: in the middle of whatever it does, with no code of its own to be run.
    """

    def __init__(self, context: BaseContext, seconds: float = 0.0) -> None:
        """Give it so many seconds; with 0 it ends nothing, and measures."""
        self.seconds, self.used = seconds, context.Value("d", 0.0, lock=False)

    def light(self) -> None:
        self._lit = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def measure(self) -> None:
        self.used.value = time.process_time() - self._lit


def predict(image: str, destination: str, fuse: Fuse | None = None, chosen: dict[str, Any] | None = None) -> None:
    """Predict as a worker of a batch would."""
    if fuse is not None:
        fuse.light()
    scenes.run(image, Path(destination), **(chosen or {}))
    if fuse is not None:
        fuse.measure()


def algorithm(
    name: str, parameters: dict[str, Any], fuse: Fuse, until: tuple[str, int] | None = None, *, until_renaming: bool = False
) -> None:
    """Run an algorithm in a QGIS of its own.

    Args:
        name: id of the algorithm.
        parameters: of the run.
        fuse: measures its processor time.
        until: the process is killed when a folder holds so many temporary files.
        until_renaming: it is killed when the first temporary file is about to take its name.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

    from ipeo_water_plugin.plugin import WaterPlugin

    application = QgsApplication([], False)
    application.initQgis()
    plugin = WaterPlugin(None)
    plugin.initProcessing()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    made = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create()

    class Fatal(QgsProcessingFeedback):
        def isCanceled(self) -> bool:
            if until is not None and len(list(Path(until[0]).glob(".ipeowater-*"))) >= until[1]:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().isCanceled()

    def kill_at_renaming(event: str, given: tuple) -> None:
        if event in {"os.rename", "os.link"} and ".ipeowater-" in str(given[0]):
            os.kill(os.getpid(), signal.SIGKILL)

    if until_renaming:
        sys.addaudithook(kill_at_renaming)
    feedback = Fatal(False)
    fuse.light()
    _, succeeded = made.run(parameters, context, feedback)
    fuse.measure()
    sys.stdout.flush()
    # QGIS' own end is no part of this, and doesn't always come off.
    os._exit(0 if succeeded else 1)
