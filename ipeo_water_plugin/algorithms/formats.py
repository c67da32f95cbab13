"""Vector formats: a file written whole, and what its format would lose, tried on features with extreme values."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingUtils,
    QgsUnitTypes,
    QgsVectorDataProvider,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import InputError, WaterError
from ..core.progress import SILENT, Progress, raise_if_cancelled
from ..core.raster.reprojection import same_places
from ..core.translation import tr
from .image import crs_wkt
from .schema import NewLayer, Schema, Target, make_feature

# Geoconcept's lines hold only so many characters, so that larger features can't be read back.
_UNRELIABLE = frozenset({"Geoconcept", "Interlis 1", "Interlis 2"})
# Features between two looks at whether the user cancelled.
_BATCH = 256


def losses_of(target: Target, schema: Schema, context: QgsCoordinateTransformContext) -> list[str]:
    """Try what the format makes of the fields and of values as long as they may get; return what it loses.

    Raises:
        InputError: it can't take the layer at all, or nobody can read it back.
    """
    if target.driver == "GPKG" and (not schema.crs.isValid() or schema.crs.authid().startswith("EPSG:")):
        return []
    wanted = {
        QMetaType.Type.QString: "x" * schema.longest,
        QMetaType.Type.Int: 2**31 - 1,
        QMetaType.Type.LongLong: 2**53,
        QMetaType.Type.Double: 1 / 3,
        QMetaType.Type.Bool: True,
    }
    known = {int(kind): value for kind, value in wanted.items()}
    values = [known.get(int(field.type())) for field in schema.fields]
    feature, blank = make_feature(values), make_feature([None] * len(values))
    point, kind = QgsGeometry.fromPointXY(_somewhere(schema.crs, context)), QgsWkbTypes.geometryType(schema.geometry)
    if kind != QgsWkbTypes.GeometryType.NullGeometry:
        # As many corners as a shore may have.
        geometry = point if kind == QgsWkbTypes.GeometryType.PointGeometry else point.buffer(1, 1000)
        if QgsWkbTypes.isMultiType(schema.geometry):
            geometry = QgsGeometry.collectGeometry([geometry])
        feature.setGeometry(geometry)
        blank.setGeometry(geometry)
    with tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder:
        path = Path(folder) / f"layer{target.path.suffix}"
        try:
            create_file(path, target, NewLayer(schema, [feature, blank], 2), context, SILENT)
            layer = QgsVectorLayer(str(path), "", "ogr")
            found = list(layer.getFeatures())
        except WaterError:
            found = []
        # GDAL's own KML driver reads back none of the fields; LIBKML does.
        hollow = len(found) == 2 and not set(schema.fields.names()) & set(found[0].fields().names())
        if len(found) != 2 or hollow or target.driver in _UNRELIABLE:
            msg = tr("Layers of this kind can't be written as {suffix} and read back: choose a GeoPackage (.gpkg).")
            raise InputError(msg.format(suffix=target.path.suffix))
        losses = list(_differences(schema.fields, values, feature, *found))
        if found[0].hasGeometry() and _moved(feature.geometry(), schema.crs, found[0].geometry(), layer.crs(), context):
            losses.append(tr("its features would lie elsewhere, or in an unknown CRS"))
        if schema.drawn and not losses and not _can_be_drawn_in(Path(folder) / f"empty{target.path.suffix}", target, schema, context):
            losses.append(tr("without features it has no geometry type, field or CRS, or it can't be edited"))
        return losses


def _somewhere(crs: QgsCoordinateReferenceSystem, context: QgsCoordinateTransformContext) -> QgsPointXY:
    """Return a place where a CRS is used, if that is known: some formats reproject."""
    bounds, point = crs.bounds(), QgsPointXY(8, 50)
    if bounds.isEmpty() or bounds.width() > 180:
        return point
    there = QgsPointXY(bounds.xMinimum() + 0.6 * bounds.width(), bounds.yMinimum() + 0.6 * bounds.height())
    try:
        return QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), crs, context).transform(there)
    except QgsCsException:
        return point


def _moved(
    wanted: QgsGeometry,
    crs: QgsCoordinateReferenceSystem,
    found: QgsGeometry,
    found_crs: QgsCoordinateReferenceSystem,
    context: QgsCoordinateTransformContext,
) -> bool:
    """Whether a geometry in a known CRS lies elsewhere, by over a tenth of a metre, once it is read back as `found`, which is modified."""
    if not crs.isValid():
        return False
    if not found_crs.isValid():
        return True
    tolerance = 1e-6 if crs.mapUnits() == QgsUnitTypes.DistanceUnit.DistanceDegrees else 0.1
    if _alike(wanted, found, tolerance):
        return not same_places(crs_wkt(crs), crs_wkt(found_crs))
    try:
        success = found.transform(QgsCoordinateTransform(found_crs, crs, context)) == QgsGeometry.OperationResult.Success
    except QgsCsException:
        return True
    return not (success and _alike(wanted, found, tolerance))


def _alike(one: QgsGeometry, other: QgsGeometry, tolerance: float) -> bool:
    """Whether the extents of two geometries are the same numbers."""
    boxes = [(box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()) for box in (one.boundingBox(), other.boundingBox())]
    return all(abs(a - b) <= tolerance for a, b in zip(*boxes))


def _can_be_drawn_in(path: Path, target: Target, schema: Schema, context: QgsCoordinateTransformContext) -> bool:
    """Whether a layer that is written without features has geometry type, fields and CRS, and takes new features."""
    create_file(path, target, NewLayer(schema, (), 0), context, SILENT)
    layer = QgsVectorLayer(str(path), "", "ogr")
    return (
        layer.isValid()
        and layer.geometryType() == QgsWkbTypes.geometryType(schema.geometry)
        and set(schema.fields.names()) <= set(layer.fields().names())
        and layer.crs().isValid()
        and bool(layer.dataProvider().capabilities() & QgsVectorDataProvider.Capability.AddFeatures)
    )


def _differences(fields: QgsFields, values: Sequence[Any], wanted: QgsFeature, found: QgsFeature, blank: QgsFeature) -> Iterator[str]:
    names, there = fields.names(), found.fields().names()
    changed = [name for name in names if name not in there]
    if changed:
        yield tr("the format changes or drops the fields {names}").format(names=", ".join(changed))
    for name, value in zip(names, values):
        back: Any = found[name] if name in there else value
        try:
            same = value is None or back == value or abs(float(back) - float(value)) <= abs(float(value)) * 1e-12
        except (TypeError, ValueError):
            same = False
        if not same:
            yield tr("it truncates or changes values of the field {name}").format(name=name)
        elif name in there and blank[name] is not None and blank[name] not in (NULL, ""):
            yield tr("it turns an empty value of the field {name} into {value}").format(name=name, value=blank[name])
    if wanted.hasGeometry() and not found.hasGeometry():
        yield placeless()


def placeless() -> str:
    """Return the loss of geometries, in words."""
    return tr("it drops the geometries")


def count_features(path: Path) -> int:
    """Read a file through, since a full disk may show nowhere else, and some formats say in their first bytes what their last lack."""
    return len(QgsVectorLayerUtils.getValues(QgsVectorLayer(str(path), "", "ogr"), "1")[0])


def create_file(path: Path, target: Target, layer: NewLayer, context: QgsCoordinateTransformContext, progress: Progress) -> None:
    """Write and close: the last features reach the file only when the writer goes."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName, options.fileEncoding = target.driver, target.name, target.encoding
    schema = layer.schema
    writer = QgsVectorFileWriter.create(str(path), schema.fields, schema.geometry, schema.crs, context, options)
    try:
        if writer.hasError():
            msg = tr("{destination} can't be written: {reason}").format(destination=target.path, reason=writer.errorMessage())
            raise WaterError(msg)
        fill(writer, layer, str(target.path), progress)
    finally:
        # An exception keeps what its frames hold, and with it the file open, until after it should be removed.
        sip.delete(writer)


def fill(sink: QgsFeatureSink, layer: NewLayer, destination: str, progress: Progress) -> None:
    """Write the features of a layer.

    Raises:
        WaterError: they can't be written.
        CancelledError: the user cancelled.
    """
    features, written = iter(layer.features), 0
    while batch := list(islice(features, _BATCH)):
        raise_if_cancelled(progress)
        if not sink.addFeatures(batch, QgsFeatureSink.Flag.FastInsert):
            msg = tr("{destination} can't be written ({reason}): check whether the disk is full.")
            raise WaterError(msg.format(destination=destination, reason=sink.lastError() or tr("QGIS gives no reason")))
        written += len(batch)
        progress.set(written / layer.count)
