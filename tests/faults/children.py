"""What child processes do until they are killed. Imported once by a server that forks them, so that a child begins at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import scenes

from ipeo_water_plugin.core import prediction, sampling, training  # noqa: F401


def predict(image: str, destination: str, started: Any, chosen: dict[str, Any] | None = None) -> None:
    """Predict as a worker of a batch would."""
    started.set()
    scenes.run(image, Path(destination), **(chosen or {}))


def algorithm(name: str, parameters: dict[str, Any], started: Any) -> None:
    """Run an algorithm in a QGIS of its own."""
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
    feedback = QgsProcessingFeedback(False)
    started.set()
    _, succeeded = made.run(parameters, context, feedback)
    sys.stdout.flush()
    # QGIS' own end is no part of this, and doesn't always come off.
    os._exit(0 if succeeded else 1)
