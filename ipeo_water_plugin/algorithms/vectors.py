"""From QGIS features to geometries in the image's CRS: repaired, without curves, 2D, densified, reprojected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsUnitTypes,
    QgsWkbTypes,
)

from ..core.errors import InputError
from ..core.progress import Progress, raise_if_cancelled
from ..core.raster.gdal_errors import read_through
from ..core.raster.source import grid_of
from ..core.sampling.longitudes import Longitudes
from ..core.sampling.polygons import DENSIFY_DEGREES, DENSIFY_PIXELS, FeatureNotes, fits_degrees, repaired
from ..core.translation import tr
from .image import Raster, crs_text, unknown_crs

POLYGON, POINT = QgsWkbTypes.GeometryType.PolygonGeometry, QgsWkbTypes.GeometryType.PointGeometry

_CHECK_EVERY = 256


@dataclass(frozen=True, eq=False)
class Placement:
    """How geometries come onto an image: the transformation and the longest edge before it, or None where both CRS are one.

    `longitudes` are the image's, where its CRS is geographic.
    """

    transform: QgsCoordinateTransform | None
    longest: float
    longitudes: Longitudes | None

    @property
    def degrees(self) -> bool:
        """Whether coordinates are reprojected from degrees."""
        unit = QgsUnitTypes.DistanceUnit.DistanceDegrees
        return self.transform is not None and self.transform.sourceCrs().mapUnits() == unit

    @classmethod
    def from_crs(cls, source: QgsCoordinateReferenceSystem, image: Raster, context: QgsCoordinateTransformContext, name: str) -> Placement:
        """Find the transformation from a layer's CRS to an image.

        Raises:
            InputError: a CRS is unknown, or the image's centre can't be transformed.
        """
        for layer, crs in ((name, source), (image.name, image.crs)):
            # GeoPackage has an id for an undefined CRS, which QGIS turns into a CRS without transformations.
            if not crs.isValid() or "undefined" in crs.description().lower():
                raise unknown_crs(layer)
        transform = QgsCoordinateTransform(source, image.crs, context)
        longitudes = Longitudes.from_grid(grid_of(image.file))
        if transform.isShortCircuited():
            return cls(None, math.inf, longitudes)
        return cls(transform, _longest_edge(transform, image, name), longitudes)

    def place(self, geometry: QgsGeometry) -> bytes | None:
        """Return a geometry as WKB in the image's CRS, or None if it can't be transformed; modifies the geometry."""
        kind = geometry.wkbType()
        if QgsWkbTypes.hasZ(kind):
            geometry.get().dropZValue()  # noqa: QGS202
        if QgsWkbTypes.hasM(kind):
            geometry.get().dropMValue()  # noqa: QGS202
        if self.transform is not None:
            if geometry.type() == POLYGON:
                geometry = geometry.densifyByDistance(self.longest)
            try:
                done = geometry.transform(self.transform) == QgsGeometry.OperationResult.Success
            except QgsCsException:
                return None
            if not done or not geometry.boundingBox().isFinite():
                return None
        wkb = bytes(geometry.asWkb())
        return wkb if self.longitudes is None else self.longitudes.on_raster(wkb, reprojected=self.transform is not None)


def _longest_edge(transform: QgsCoordinateTransform, image: Raster, name: str) -> float:
    """The longest edge that may be reprojected, in units of the CRS that the transformation comes from, by the image's central pixel."""
    grid = grid_of(image.file)
    places = grid.to_crs(grid.width / 2 + np.array([0.0, 1.0, 0.0]), grid.height / 2 + np.array([0.0, 0.0, 1.0]))
    corner, right, below = (QgsPointXY(*place) for place in places.tolist())
    back = QgsCoordinateTransform(transform.destinationCrs(), transform.sourceCrs(), transform.context())
    try:
        corner, right, below = (back.transform(point) for point in (corner, right, below))
    except QgsCsException as error:
        msg = tr("“{name}” can't be placed on the image “{image}” ({error}): check the CRS of both layers.")
        raise InputError(msg.format(name=name, image=image.name, error=error)) from error
    pixels, degrees = float(DENSIFY_PIXELS), QgsUnitTypes.DistanceUnit.DistanceDegrees
    if transform.destinationCrs().mapUnits() == degrees and grid.pixel_size is not None:
        pixels = min(pixels, DENSIFY_DEGREES / max(grid.pixel_size))
    longest = pixels * min(corner.distance(right), corner.distance(below))
    return min(longest, DENSIFY_DEGREES) if transform.sourceCrs().mapUnits() == degrees else longest


def read_all(features: Iterable[QgsFeature], name: str) -> Iterator[QgsFeature]:
    """Yield all features of a layer, or fail where its file is truncated; QGIS silently stops there.

    Args:
        features: of one layer.
        name: of the layer, for messages.

    Raises:
        RasterError: the layer can't be read completely.
    """
    text = tr("“{name}” can't be read completely: its file may be truncated, so copy or export it again")
    return read_through(features, text.format(name=name))


def placed(
    features: Iterable[QgsFeature], placement: Placement, kinds: tuple, name: str, count: int, progress: Progress
) -> Iterator[tuple[QgsFeature, bytes]]:
    """Yield each feature with a usable geometry, and that geometry as WKB in the image's CRS; finally report what was left out.

    Args:
        features: of one layer.
        placement: from the layer's CRS to the image.
        kinds: accepted geometry types.
        name: of the layer, for messages.
        count: number of features, for progress; 0 or less = unknown.
        progress: receives the share of the features done, and warnings.

    Raises:
        InputError: a geometry has another type, or no feature is left because coordinates don't fit the layer's CRS or can't be
            transformed to the image's.
        RasterError: the layer can't be read completely.
        CancelledError: the caller cancelled.
    """
    notes, used = FeatureNotes(), 0
    for index, feature in enumerate(read_all(features, name)):
        if index % _CHECK_EVERY == 0:
            raise_if_cancelled(progress)
            progress.set(index / count if count > 0 else 0.0)
        wkb = _place(feature, placement, kinds, name, notes)
        if wkb is not None:
            used += 1
            yield feature, wkb
    source, target = (
        ("", "")
        if placement.transform is None
        else (crs_text(crs) for crs in (placement.transform.sourceCrs(), placement.transform.destinationCrs()))
    )
    notes.report(progress, name, source, target, none_left=not used)
    progress.set(1.0)


def _place(feature: QgsFeature, placement: Placement, kinds: tuple, name: str, notes: FeatureNotes) -> bytes | None:
    geometry = feature.geometry()
    if geometry.isEmpty():
        notes.empty.append(feature.id())
        return None
    if geometry.type() not in kinds:
        shape = QgsWkbTypes.displayString(geometry.wkbType())
        text = (
            tr("Feature {feature} of “{name}” is a {shape}: choose a layer of polygons or points.")
            if POINT in kinds
            else tr("Feature {feature} of “{name}” is a {shape}: choose a layer of polygons.")
        )
        raise InputError(text.format(feature=feature.id(), name=name, shape=shape))
    box = geometry.boundingBox()
    if placement.degrees and not fits_degrees(box.xMinimum(), box.xMaximum(), box.yMinimum(), box.yMaximum()):
        notes.misfits.append((feature.id(), box.xMinimum(), box.yMinimum()))
        return None
    if geometry.type() == POLYGON:
        if QgsWkbTypes.isCurvedType(geometry.wkbType()):
            # Where nothing is curved, QGIS' own convertToStraightSegment leaves the type, of which GDAL rasterizes nothing.
            geometry = QgsGeometry(geometry.constGet().segmentize())
        if not geometry.isGeosValid():
            geometry = repair(geometry)
            (notes.broken if geometry is None else notes.repaired).append(feature.id())
            if geometry is None:
                return None
    wkb = placement.place(geometry)
    if wkb is None:
        notes.elsewhere.append(feature.id())
    return wkb


def repair(geometry: QgsGeometry) -> QgsGeometry | None:
    """Return a valid polygon with the same outline, or None if nothing with an area is left."""
    wkb = repaired(bytes(geometry.asWkb()))
    valid = QgsGeometry()
    if wkb is not None:
        valid.fromWkb(wkb)
    return None if valid.isEmpty() else valid
