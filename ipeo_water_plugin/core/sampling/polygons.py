"""Training areas as values: a geometry in the raster's CRS, a class, an id."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from osgeo import gdal, ogr, osr

from ..errors import InputError, RasterError
from ..grid import Grid
from ..progress import SILENT, Progress, raise_if_cancelled
from ..raster.completeness import check_shapefile
from ..raster.gdal_errors import GdalErrors, quietly, read_through
from ..raster.raster_file import RasterFile
from ..raster.reprojection import PointTransform, crs_name, reference_of
from ..raster.source import grid_of
from ..translation import format_some, tr
from .classes import WaterValues, classify, find_name
from .longitudes import Longitudes

# A straight edge in one CRS is a curve in another. Edges are cut to at most this many pixels before reprojection, which
# keeps the curve within a hundredth of a pixel for 10 m pixels in UTM.
DENSIFY_PIXELS = 64
# Nor are they longer than this many degrees, whatever the pixels: parallels curve around a pole, and longitudes jump at the antimeridian.
DENSIFY_DEGREES = 1.0

# A projection may return a latitude a little above 90°.
_ROUNDING = 1e-6

SURFACES = {ogr.wkbPolygon, ogr.wkbMultiPolygon, ogr.wkbCurvePolygon, ogr.wkbMultiSurface}
POINTS = {ogr.wkbPoint, ogr.wkbMultiPoint}
_NUMBERS = {ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal}


@dataclass(frozen=True)
class LabelledShape:
    """One training area: polygon or point as WKB in the raster's CRS, whether it is water, and the id of its feature."""

    wkb: bytes
    water: bool
    id: int


@dataclass
class FeatureNotes:
    """Which features of a layer are repaired or left out, by their ids.

    Attributes:
        empty: without a geometry.
        repaired, broken: whose invalid geometry was repaired, or can't be.
        elsewhere: that can't be reprojected onto the raster.
        misfits: with coordinates that can't be degrees, though their CRS is in degrees; with the x and y of each.
    """

    empty: list[int] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    elsewhere: list[int] = field(default_factory=list)
    misfits: list[tuple[int, float, float]] = field(default_factory=list)

    def report(self, progress: Progress, name: str, crs: str, raster_crs: str, *, none_left: bool) -> None:
        """Warn of these features.

        Args:
            progress: receives the warnings.
            name: of the layer.
            crs, raster_crs: names of its CRS and of the raster's.
            none_left: whether no feature with a geometry is left.

        Raises:
            InputError: no feature is left, since coordinates don't fit the layer's CRS or can't be reprojected.
        """
        texts = (
            (self.empty, tr("Features of “{layer}” left out because they have no geometry: {count} (ids: {ids}).")),
            (self.repaired, tr("Invalid features of “{layer}” repaired, such as outlines that crossed themselves: {count} (ids: {ids}).")),
            (self.broken, tr("Features of “{layer}” left out because their geometry can't be repaired: {count} (ids: {ids}).")),
            (self.elsewhere, tr("Features of “{layer}” left out because they can't be reprojected onto the image: {count} (ids: {ids}).")),
        )
        for ids, text in texts:
            if ids:
                progress.warn(text.format(layer=name, count=len(ids), ids=format_some(ids)))
        if self.misfits:
            first, x, y = self.misfits[0]
            text = tr(
                "Features of “{layer}” with coordinates that don't fit its CRS, {crs}, which is in degrees: {count} (ids: {ids}). Feature "
                "{first} lies at x = {x:.10g}, y = {y:.10g}. The layer probably has the wrong CRS: set the one of its coordinates "
                "(right-click the layer, Layer CRS, Set Layer CRS)."
            ).format(
                layer=name, crs=crs, count=len(self.misfits), ids=format_some([fid for fid, *_ in self.misfits], 10), first=first, x=x, y=y
            )
            if none_left:
                raise InputError(text)
            progress.warn(f"{text} {tr('They are left out.')}")
        if self.elsewhere and none_left:
            msg = tr("No feature of “{name}” can be reprojected onto the image, from {crs} to {image_crs}: check the CRS of both layers.")
            raise InputError(msg.format(name=name, crs=crs, image_crs=raster_crs))


def check_classes(values: Sequence[object], water_values: str, shapes: Sequence[LabelledShape]) -> None:
    """Check that both classes occur among the shapes.

    Args:
        values: of the class field, for the message.
        water_values: as the user wrote them.
        shapes: read from the features.

    Raises:
        InputError: there is no shape, or only one class.
    """
    if not shapes:
        msg = tr("There is no training area: no feature has both a geometry and a class. Draw some, and fill in their class.")
        raise InputError(msg)
    classes = {shape.water for shape in shapes}
    if len(classes) == 1:
        text = (
            tr(
                "All training areas are water: the class field holds {values}, and “{water_values}” means water. Draw areas that are not "
                "water too, or name other values."
            )
            if classes.pop()
            else tr(
                "No training area is water: the class field holds {values}, and “{water_values}” means water. Draw areas of water too, or "
                "name other values."
            )
        )
        raise InputError(text.format(values=format_some(sorted({str(v) for v in values})), water_values=water_values))


def read_shapes(
    path: str, raster: str | RasterFile, class_field: str, water_values: str = "1", layer: str | None = None, progress: Progress = SILENT
) -> list[LabelledShape]:
    """Read training areas from any vector file that OGR opens, reprojected onto the raster.

    Args:
        path: the vector file.
        raster: the raster whose CRS the shapes come in.
        class_field: numeric, boolean or text; features without a value are left out.
        water_values: comma-separated values that mean water; one that contains a comma in double quotes.
        layer: name of the layer, where the file has several.
        progress: receives messages on features that are left out.

    Raises:
        RasterError: a file can't be opened, or is truncated.
        InputError: layer or field is missing, a CRS is unknown, a geometry isn't a polygon or point, no value that means water occurs, or
            one class is missing.
    """
    grid = grid_of(raster)
    check_shapefile(path)
    with GdalErrors(tr("{path} can't be opened as a vector layer").format(path=path), strict=False) as errors:
        dataset = errors.check(gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_VERBOSE_ERROR))
    source = dataset.GetLayer(0) if layer is None else dataset.GetLayerByName(layer)
    if source is None:
        msg = tr("{path} has no layer {layer}.").format(path=path, layer=layer or "")
        raise InputError(msg)
    index = _class_field(source.GetLayerDefn(), class_field, path)
    wanted = WaterValues.parse(water_values, numeric=source.GetLayerDefn().GetFieldDefn(index).GetType() in _NUMBERS)
    transform, longest = _transformation(source.GetSpatialRef(), grid, path, str(raster))
    longitudes = Longitudes.from_grid(grid)
    placed: list[tuple[bytes, int]] = []
    values: list[object] = []
    notes = FeatureNotes()
    degrees = transform is not None and bool(source.GetSpatialRef().IsGeographic())
    for feature in _features(source, path):
        raise_if_cancelled(progress)
        geometry, fid = feature.GetGeometryRef(), feature.GetFID()
        if geometry is None or geometry.IsEmpty():
            notes.empty.append(fid)
            continue
        geometry = _straight(geometry, fid, path, notes)
        if geometry is None:
            continue
        left, right, bottom, top = geometry.GetEnvelope()
        if degrees and not fits_degrees(left, right, bottom, top):
            notes.misfits.append((fid, left, bottom))
            continue
        if transform is not None:
            _reproject(geometry, transform, longest, fid, path)
        wkb = bytes(geometry.ExportToWkb())
        placed.append((wkb if longitudes is None else longitudes.on_raster(wkb, reprojected=transform is not None), fid))
        values.append(feature.GetField(index) if feature.IsFieldSetAndNotNull(index) else None)
    notes.report(progress, path, crs_name(source.GetSpatialRef().ExportToWkt()), crs_name(grid.crs), none_left=not placed)
    classes = classify(values, wanted, path, progress)
    report_unlabelled(classes, path, progress)
    shapes = [LabelledShape(wkb, water, fid) for (wkb, fid), water in zip(placed, classes) if water is not None]
    check_classes([value for value, water in zip(values, classes) if water is not None], water_values, shapes)
    return shapes


def _straight(geometry: ogr.Geometry, fid: int, path: str, notes: FeatureNotes) -> ogr.Geometry | None:
    """Return a polygon or point without curves and heights; an invalid polygon repaired, or None if that is impossible."""
    if ogr.GT_Flatten(geometry.GetGeometryType()) not in SURFACES | POINTS:
        msg = tr("Feature {feature} of {path} is a {shape}: training areas are polygons or points.")
        raise InputError(msg.format(feature=fid, path=path, shape=geometry.GetGeometryName().lower()))
    straight = geometry.GetLinearGeometry()
    straight.FlattenTo2D()
    if ogr.GT_Flatten(straight.GetGeometryType()) in POINTS or quietly(straight.IsValid) is not False:
        return straight
    wkb = repaired(bytes(straight.ExportToWkb()))
    (notes.broken if wkb is None else notes.repaired).append(fid)
    return None if wkb is None else ogr.CreateGeometryFromWkb(wkb)


def _reproject(geometry: ogr.Geometry, transform: osr.CoordinateTransformation, longest: float, fid: int, path: str) -> None:
    """Reproject a geometry whose edges are cut to at most `longest` before."""
    if math.isfinite(longest):
        geometry.Segmentize(longest)
    with GdalErrors(tr("Feature {feature} of {path} can't be reprojected onto the raster").format(feature=fid, path=path)) as errors:
        errors.check(geometry.Transform(transform))


def repaired(wkb: bytes) -> bytes | None:
    """Return a valid polygon that covers what the parts of an invalid one cover, less their holes, or None if nothing with an area is left.

    GDAL fills each place that an odd number of outlines surrounds, and so does GEOS' other method: what two parts have in common would be
    no part of the polygon, and a hole that reaches beyond its outline would be filled there.
    """
    geometry = ogr.CreateGeometryFromWkb(wkb)
    # Before version 3.10 GEOS has only the other method.
    valid = quietly(geometry.MakeValid, ["METHOD=STRUCTURE"]) or quietly(geometry.MakeValid)
    if valid is None:
        return None
    # Spikes become lines in a collection.
    surface = valid if ogr.GT_Flatten(valid.GetGeometryType()) in SURFACES else valid.Buffer(0)
    return None if surface.IsEmpty() else bytes(surface.ExportToWkb())


def fits_degrees(left: float, right: float, bottom: float, top: float) -> bool:
    """Return whether coordinates can be degrees of longitude and latitude; one extra turn of longitude is accepted.

    Args:
        left, right: minimum and maximum x.
        bottom, top: minimum and maximum y.
    """
    return max(abs(bottom), abs(top)) <= 90 + _ROUNDING and max(abs(left), abs(right)) <= 540


def report_unlabelled(classes: Sequence[bool | None], layer: str, progress: Progress) -> None:
    """Log the number of features that are left out because their class is empty.

    Args:
        classes: whether each feature is water; None = empty.
        layer: its name.
        progress: receives the log message.
    """
    unlabelled = sum(water is None for water in classes)
    if unlabelled:
        progress.info(tr("Features of “{layer}” left out because their class is empty: {count}.").format(layer=layer, count=unlabelled))


def _class_field(definition: ogr.FeatureDefn, wanted: str, path: str) -> int:
    """Return the index of the class field, which holds numbers or texts."""
    names = [definition.GetFieldDefn(i).GetName() for i in range(definition.GetFieldCount())]
    index = find_name(wanted, names)
    if index is None:
        msg = tr("{path} has no field “{class_field}” for the class; its fields are: {fields}.")
        raise InputError(msg.format(path=path, class_field=wanted, fields=", ".join(names) or tr("none")))
    field = definition.GetFieldDefn(index)
    if field.GetType() not in {*_NUMBERS, ogr.OFTString}:
        msg = tr("The class field “{field}” of “{name}” has the type {type}: choose a field of numbers, text, or yes and no.")
        raise InputError(msg.format(field=names[index], name=path, type=field.GetTypeName()))
    return index


def _features(layer: ogr.Layer, path: str) -> Iterator[ogr.Feature]:
    """Yield all features, or fail if there are fewer than the file declares."""
    truncated = tr("{path} can't be read completely: it may be truncated, so copy or export it again").format(path=path)
    with GdalErrors(truncated):
        declared = layer.GetFeatureCount(force=0)
    count = 0
    for feature in read_through(layer, truncated):
        count += 1
        yield feature
    if count < declared:
        msg = tr("{path} should contain {declared} features, but only {count} can be read: copy or export it again.")
        raise RasterError(msg.format(path=path, declared=declared, count=count))


def _transformation(
    source: osr.SpatialReference | None, grid: Grid, path: str, raster: str
) -> tuple[osr.CoordinateTransformation | None, float]:
    """The way onto the raster, and the longest edge to reproject in the source's units; no way where both CRS are one."""
    # GeoPackage has two entries for an undefined CRS.
    if source is not None and source.GetName().startswith("Undefined"):
        source = None
    if source is None or not grid.crs:
        msg = tr("{path} has no known CRS, so the training areas can't be placed: assign one first.")
        raise InputError(msg.format(path=path if source is None else raster))
    target, source = reference_of(grid.crs), source.Clone()
    source.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    if source.IsSame(target):
        return None, math.inf
    edge = DENSIFY_PIXELS * min(grid.pixel_size or (math.inf,)) * _metres(target)
    if source.IsGeographic() or target.IsGeographic():
        edge = min(edge, math.radians(DENSIFY_DEGREES) * source.GetSemiMajor())
    return PointTransform(source, target).transformation, edge / _metres(source)


def _metres(reference: osr.SpatialReference) -> float:
    """Return the metres in one unit of a CRS; for degrees, along the equator."""
    if reference.IsGeographic():
        return float(reference.GetSemiMajor() * reference.GetAngularUnits())
    return float(reference.GetLinearUnits())


def envelopes(shapes: Sequence[bytes]) -> np.ndarray:
    """Return the bounding boxes of WKB geometries, shape (n, 4): xmin, xmax, ymin, ymax."""
    boxes = np.empty((len(shapes), 4))
    for row, wkb in zip(boxes, shapes):
        row[:] = ogr.CreateGeometryFromWkb(wkb).GetEnvelope()
    return boxes


def is_polygon(wkb: bytes) -> bool:
    """Return whether a WKB geometry is a polygon, not a point."""
    return ogr.GT_Flatten(ogr.CreateGeometryFromWkb(wkb).GetGeometryType()) in SURFACES
