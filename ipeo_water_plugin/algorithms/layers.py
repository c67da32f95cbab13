"""Writing vector layers: a file appears at its destination whole or not at all, anything else is QGIS' own to write."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import RasterError, WaterError
from ..core.files import replace, temporary_beside
from ..core.gdal_errors import GdalWords
from ..core.progress import Progress, raise_if_cancelled
from ..core.wording import tr
from .base import Values, refuse_loss_at

# QGIS drops a post-processor silently that Python no longer holds.
_HELD: deque[_WhenLoaded] = deque(maxlen=256)

# Formats of a single file, which can be written aside and renamed into place.
_SINGLE_FILES = {".gpkg", ".geojson", ".fgb", ".csv"}


def make_field(name: str, kind: QMetaType.Type) -> QgsField:
    """Make a field on any version of QGIS: before 3.38 it knows only Qt's older enumeration, whose numbers are the same."""
    known = type(QgsField().type())
    return QgsField(name, kind if isinstance(kind, known) else known(int(kind)))


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


@dataclass(frozen=True, eq=False)
class NewLayer:
    """What a layer is to hold: fields, geometry type, CRS, and features in batches, `count` in all.

    What else a file is to hold is added by `finish`, which is given its path and the layer's name before it takes its place.
    """

    fields: QgsFields
    geometry: QgsWkbTypes.Type
    crs: QgsCoordinateReferenceSystem
    batches: Iterable[list[QgsFeature]]
    count: int
    finish: Callable[[Path, str], object] | None = None


def write_layer(values: Values, key: str, layer: NewLayer, progress: Progress) -> str:
    """Write a layer to where a run wants it.

    Args:
        values: of the run.
        key: the parameter that names the destination.
        layer: what to write.
        progress: told the share of the features written.

    Returns:
        The layer's source, or its id where it lies in memory.

    Raises:
        WaterError: the layer can't be written; an earlier file is untouched.
        CancelledError: the user cancelled.
    """
    # In a context of its own, so that QGIS doesn't yet note the destination as a result.
    aside = QgsProcessingContext()
    aside.copyThreadSafeSettings(values.context)
    destination = values.algorithm.parameterAsOutputLayer(values.parameters, key, aside)
    if Path(destination).suffix.lower() in _SINGLE_FILES:
        _write_file(Path(destination), layer, values, key, progress)
        return values.algorithm.parameterAsOutputLayer(values.parameters, key, values.context)
    refuse_loss_at(values, key)
    sink, source = values.algorithm.parameterAsSink(values.parameters, key, values.context, layer.fields, layer.geometry, layer.crs)
    if sink is None:
        msg = tr("{destination} can't be written: choose another one.").format(destination=destination or tr("The chosen destination"))
        raise WaterError(msg)
    _fill(sink, layer, destination, progress)
    return source


def _write_file(destination: Path, layer: NewLayer, values: Values, key: str, progress: Progress) -> None:
    _refuse_at_work(destination)
    temporary = temporary_beside(destination, destination.suffix.lower())
    try:
        with GdalWords(tr("{destination} can't be written whole (see whether the disk is full)").format(destination=destination)):
            _write_temporary(temporary, destination, layer, values.context.transformContext(), progress)
        if _count(temporary) != layer.count:
            msg = tr("{destination} can't be written whole: see whether the disk is full.").format(destination=destination)
            raise WaterError(msg)
        if layer.finish is not None:
            layer.finish(temporary, destination.stem)
        _refuse_at_work(destination)
        # Somebody may have drawn in it since the run began.
        refuse_loss_at(values, key)
        replace(temporary, destination)
    finally:
        # SQLite's journals, and the database in which newer GDAL sorts features, bear its name too.
        for entry in temporary.parent.glob(f"{temporary.name}*"):
            with contextlib.suppress(OSError):
                entry.unlink()


def _refuse_at_work(destination: Path) -> None:
    """Refuse to exchange a database beside which SQLite's log or journal lies: it would be taken for the new one's, and spoil it.

    Raises:
        WaterError: there is one, and it isn't just what a killed program left.
    """
    log, journal = (Path(f"{destination}{suffix}") for suffix in ("-wal", "-journal"))
    if log.exists() or journal.exists():
        _settle(destination, journal)
    if log.exists() or journal.exists():
        msg = tr(
            "{destination} is in use, in QGIS or by another program: save the edits and remove its layer from the project, "
            "close what else has it open, or choose another name."
        ).format(destination=destination)
        raise WaterError(msg)


def _settle(destination: Path, journal: Path) -> None:
    """Let SQLite tidy up after a program that was killed, as it does for whoever opens the database next."""
    try:
        with GdalWords(str(destination)) as words:
            base = words.need(gdal.OpenEx(str(destination), gdal.OF_VECTOR | gdal.OF_UPDATE))
            for statement in ("PRAGMA busy_timeout = 0", "BEGIN IMMEDIATE"):
                base.ReleaseResultSet(base.ExecuteSQL(statement))
    except RasterError:
        # Somebody works on it.
        return
    # Nobody else may write now, so a journal that is still there is one whose transaction hadn't come as far as the database.
    journal.unlink(missing_ok=True)
    base.ExecuteSQL("ROLLBACK")


def _count(path: Path) -> int:
    """Read a file through, since a full disk may show nowhere else, and some formats say in their first bytes what their last lack."""
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes([])
    return sum(1 for _ in QgsVectorLayer(str(path), "", "ogr").getFeatures(request))


def _write_temporary(
    temporary: Path, destination: Path, layer: NewLayer, context: QgsCoordinateTransformContext, progress: Progress
) -> None:
    """Write and close: the last features reach the file only when the writer goes."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = QgsVectorFileWriter.driverForExtension(destination.suffix)
    options.layerName = destination.stem
    options.fileEncoding = "UTF-8"
    writer = QgsVectorFileWriter.create(str(temporary), layer.fields, layer.geometry, layer.crs, context, options)
    try:
        if writer.hasError():
            msg = tr("{destination} can't be written: {reason}").format(destination=destination, reason=writer.errorMessage())
            raise WaterError(msg)
        _fill(writer, layer, str(destination), progress)
    finally:
        # An exception keeps what its frames hold, and with it the file open, until after it should be removed.
        sip.delete(writer)


def _fill(sink: QgsFeatureSink, layer: NewLayer, destination: str, progress: Progress) -> None:
    written = 0
    for batch in layer.batches:
        raise_if_cancelled(progress)
        if not sink.addFeatures(batch, QgsFeatureSink.Flag.FastInsert):
            msg = tr("{destination} can't be written ({reason}): see whether the disk is full.").format(
                destination=destination, reason=sink.lastError() or tr("QGIS gives no reason")
            )
            raise WaterError(msg)
        written += len(batch)
        progress.set(written / layer.count)
