"""Running algorithms in tests: as a script does, as a model does, watched by a feedback that remembers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal, osr
from patience import wait_for
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication


class Feedback(QgsProcessingFeedback):
    """Remembers what it is told, and cancels when progress reaches a figure or a line of the log comes by."""

    def __init__(self, cancel_at: float | None = None, cancel_on: str | None = None) -> None:
        super().__init__(False)
        self.infos: list[str] = []
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self.fractions: list[float] = []
        self._cancel_at, self._cancel_on = cancel_at, cancel_on
        self.progressChanged.connect(self._moved)

    def _moved(self, percent: float) -> None:
        self.fractions.append(percent)
        if self._cancel_at is not None and percent >= self._cancel_at:
            self.cancel()

    def pushInfo(self, info: str) -> None:
        self.infos.append(info)
        if self._cancel_on is not None and self._cancel_on in info:
            self.cancel()

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)


@dataclass(frozen=True)
class Scene:
    """An image with the labels that lie inside it."""

    image: str
    labels: str

    @property
    def parameters(self) -> dict[str, Any]:
        return {"INPUT": self.image, "POLYGONS": self.labels, "CLASS_FIELD": "class"}


def box(column: float, row: float, width: float, height: float) -> str:
    """A rectangle of pixels of a made image, as WKT in its CRS."""
    x, y = 500000 + 10 * column, 5800000 - 10 * row
    right, bottom = x + 10 * width, y - 10 * height
    return f"POLYGON(({x} {y},{right} {y},{right} {bottom},{x} {bottom},{x} {y}))"


def write_image(
    folder: Path,
    bands: np.ndarray,
    name: str = "image.tif",
    *,
    descriptions: Sequence[str] = ("green", "red", "nir"),
    epsg: int | None = 32633,
    nodata: float | None = None,
) -> str:
    """Write bands (count, rows, columns) as a float32 GeoTIFF of 10 m pixels with its corner at 500000, 5800000."""
    path = str(folder / name)
    dataset = gdal.GetDriverByName("GTiff").Create(path, bands.shape[2], bands.shape[1], bands.shape[0], gdal.GDT_Float32)
    dataset.SetGeoTransform([500000, 10, 0, 5800000, 0, -10])
    if epsg:
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(epsg)
        dataset.SetSpatialRef(reference)
    for number, values in enumerate(bands, start=1):
        band = dataset.GetRasterBand(number)
        band.SetDescription(descriptions[number - 1] if number <= len(descriptions) else "")
        if nodata is not None:
            band.SetNoDataValue(nodata)
        band.WriteArray(values)
    return path


WATER, LAND = box(2, 2, 8, 8), box(25, 2, 8, 8)
FOUR_AREAS = ((WATER, 1), (box(5, 25, 6, 6), 1), (LAND, 0), (box(30, 25, 6, 6), 0))


def run(algorithm: str, parameters: dict[str, Any], feedback: QgsProcessingFeedback | None = None) -> dict[str, Any]:
    """Run as a script would."""
    return processing.run(f"ipeowater:{algorithm}", parameters, feedback=feedback or Feedback())


def run_unchecked(
    algorithm: str, parameters: dict[str, Any], feedback: QgsProcessingFeedback | None = None
) -> tuple[dict[str, Any], bool, Feedback]:
    """Run as a model would: checkParameterValues is never asked."""
    feedback = feedback or Feedback()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results, succeeded = (
        QgsApplication.processingRegistry().algorithmById(f"ipeowater:{algorithm}").create().run(parameters, context, feedback)
    )
    return results, succeeded, feedback


def refused(algorithm: str, parameters: dict[str, Any], *words: str) -> None:
    """Hold that a run fails with the same message whichever way it is started, and leaves its outputs unmade."""
    with pytest.raises(QgsProcessingException) as error:
        run(algorithm, parameters, feedback := Feedback())
    said = str(error.value) + "\n".join(feedback.errors)
    _, succeeded, unchecked = run_unchecked(algorithm, parameters)
    assert not succeeded
    for word in words:
        assert word in said, said
        assert word in "\n".join(unchecked.errors), unchecked.errors
    assert "Traceback" not in said
    for key in ("OUTPUT", "OUTPUT_MODEL"):
        made = parameters.get(key)
        assert not (isinstance(made, str) and Path(made).is_file()), f"{made} was left behind"


def run_in_task(
    algorithm: str, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
) -> tuple[bool, dict[str, Any]]:
    """Run in a background task, as the toolbox does: whether it succeeded, and its results."""
    task = QgsProcessingAlgRunnerTask(
        QgsApplication.processingRegistry().algorithmById(f"ipeowater:{algorithm}"), parameters, context, feedback
    )
    ended = []
    task.executed.connect(lambda succeeded, results: ended.append((succeeded, dict(results))))
    QgsApplication.taskManager().addTask(task)
    wait_for(lambda: ended, "the end of the task", lambda: (QCoreApplication.processEvents(), time.sleep(0.005)))
    (outcome,) = ended
    return outcome
