"""Styles that stay with a result: a .qml beside the file, which QGIS loads whenever the file is opened."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ..core.errors import RasterError
from ..core.metadata.dates import date_from_text
from ..core.progress import Progress
from ..core.raster.geotiff import provenance
from ..core.system.files import FileTransaction, is_protected
from ..core.translation import tr
from ..paths import resources
from .project import put_above

SUFFIX = ".qml"

# Told at the end of a style: the file that it was written for, and a digest of what stands before.
_MARK = re.compile(r"<!-- IPEO Water: (?P<digest>[0-9a-f]{64}) (?P<name>.*) -->\n\Z")

# QGIS drops a post-processor silently that Python no longer holds.
_HELD: deque[_WhenLoaded] = deque(maxlen=256)


class _WhenLoaded(QgsProcessingLayerPostProcessorInterface):
    """Does something to a result once it is a layer."""

    def __init__(self, action: Callable[[QgsMapLayer], object]) -> None:
        super().__init__()
        self._action = action

    def postProcessLayer(self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> None:
        self._action(layer)
        layer.triggerRepaint()


def when_loaded(destination: str, context: QgsProcessingContext, action: Callable[[QgsMapLayer], object]) -> None:
    """Have something done to a result, such as giving it a style, if QGIS is going to load it."""
    if context.willLoadLayerOnCompletion(destination):
        held = _WhenLoaded(action)
        _HELD.append(held)
        context.layerToLoadOnCompletionDetails(destination).setPostProcessor(held)


def style_file(name: str) -> Path:
    """Return one of the plugin's own styles, of rasters."""
    return resources() / "styles" / f"{name}{SUFFIX}"


def show_with_style(destination: str, name: str, context: QgsProcessingContext, below: str = "") -> None:
    """Have a raster shown on its date, in the style beside its file or else in one of the plugin's own, if QGIS is going to load it.

    Args:
        destination: the raster.
        name: of the plugin's own style.
        context: of the run.
        below: id of the layer that the raster was computed from, above which it goes.
    """
    beside = Path(destination).with_suffix(SUFFIX)
    style = beside if beside.exists() else style_file(name)

    def show(layer: QgsMapLayer) -> None:
        layer.loadNamedStyle(str(style))  # noqa: QGS201
        show_on_its_date(layer, destination)
        put_above(layer, below)

    when_loaded(destination, context, show)


def show_on_its_date(layer: QgsMapLayer, raster: str) -> None:
    """Have QGIS' temporal controller show a layer on the day that its image was acquired, if that is known.

    Args:
        layer: of the raster.
        raster: a result with that date in its metadata.
    """
    try:
        day = date_from_text(provenance(raster).get("ACQUIRED", ""))
    except RasterError:
        return
    if day is None:
        return
    # QGIS takes a range that begins at midnight as part of the day before as well.
    begin, end = (QDateTime(QDate(day.year, day.month, day.day), QTime(*time), Qt.TimeSpec.UTC) for time in ((0, 0, 1), (23, 59, 59)))
    properties = layer.temporalProperties()
    properties.setMode(Qgis.RasterTemporalMode.FixedTemporalRange)
    properties.setFixedTemporalRange(QgsDateTimeRange(begin, end))
    properties.setIsActive(True)


def add_style(transaction: FileTransaction, destination: Path, name: str, progress: Progress) -> None:
    """Have a style stand beside a file, unless the user's own stands there (one that isn't as the plugin wrote it), or another raster.

    QGIS gives a style to all rasters of its name, whatever they end in, so that an image would be shown as its own result.

    Args:
        transaction: of the file.
        destination: the file.
        name: of the style, one of the plugin's own.
        progress: warned if no style is written.

    Raises:
        WaterError: it can't be written.
    """
    place = destination.with_suffix(SUFFIX)
    if not _ours(place, destination):
        text = tr("The existing style {style} is kept: this plugin didn't write it for {file}.")
        progress.info(text.format(style=place, file=destination.name))
        return
    other = None if place.exists() else _raster_beside(destination)
    if other is not None:
        text = tr("No style is written for {file}, since QGIS would apply it to {other} as well.")
        progress.info(text.format(file=destination.name, other=other.name))
        return
    text = style_file(name).read_text(encoding="utf-8")
    transaction.add_text(place, f"{text}<!-- IPEO Water: {_digest(text)} {destination.name.replace('--', '- -')} -->\n")


def _ours(place: Path, destination: Path) -> bool:
    """Whether nothing is lost with what stands there."""
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    mark = _MARK.search(text)
    if mark is None or mark["digest"] != _digest(text[: mark.start()]) or is_protected(place):
        return False
    # Files of one name and several extensions share a style.
    return mark["name"] == destination.name.replace("--", "- -") or not place.with_name(mark["name"]).exists()


def _raster_beside(destination: Path) -> Path | None:
    """Return another raster of the same name but for its extension."""
    beside = (file for file in destination.parent.iterdir() if file.stem == destination.stem and file.name != destination.name)
    return next((file for file in beside if file.is_file() and gdal.IdentifyDriverEx(str(file), gdal.OF_RASTER) is not None), None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
