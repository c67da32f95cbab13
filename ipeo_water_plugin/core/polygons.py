"""Drawn training areas as values: a geometry on the raster's CRS, a class, an id."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr, osr

from .errors import InputError
from .gdal_errors import GdalWords
from .progress import Progress, Quiet, raise_if_cancelled
from .raster import grid_of
from .rasterfile import RasterFile
from .wording import tr

# A straight edge in one CRS is a curve in another. Edges are cut to at most this many pixels before reprojection, which
# keeps the curve within a hundredth of a pixel for 10 m pixels in UTM.
DENSIFY_PIXELS = 64

_SURFACES = {ogr.wkbPolygon, ogr.wkbMultiPolygon, ogr.wkbCurvePolygon, ogr.wkbMultiSurface}
_POINTS = {ogr.wkbPoint, ogr.wkbMultiPoint}


@dataclass(frozen=True)
class LabelledShape:
    """One training area: polygon or point as WKB in the raster's CRS, whether it is water, and the id of its feature."""

    wkb: bytes
    water: bool
    id: int


@dataclass(frozen=True)
class WaterValues:
    """The values of a class field that mean water; every other value means not water."""

    numbers: frozenset[float] | None
    texts: frozenset[str]

    @classmethod
    def parse(cls, text: str, *, numeric: bool) -> WaterValues:
        """Read a comma-separated list.

        Args:
            text: such as `1` or `lake, river`.
            numeric: compare as numbers, as for numeric and boolean fields (true = 1, false = 0).

        Raises:
            InputError: the list is empty, or holds what is no number for a numeric field.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            msg = tr("No value is given that means water: name at least one, such as 1.")
            raise InputError(msg)
        if not numeric:
            return cls(None, frozenset(part.casefold() for part in parts))
        names = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
        try:
            numbers = frozenset(names[p.casefold()] if p.casefold() in names else float(p) for p in parts)
        except ValueError as error:
            msg = tr("The class field is numeric, but the water values are “{text}”: give numbers, separated by commas.").format(text=text)
            raise InputError(msg) from error
        return cls(numbers, frozenset())

    def is_water(self, value: object) -> bool:
        """Whether a value of the class field means water."""
        if self.numbers is not None:
            return float(value) in self.numbers  # type: ignore[arg-type]
        return str(value).strip().casefold() in self.texts


def check_classes(values: Sequence[object], water_values: str, shapes: Sequence[LabelledShape]) -> None:
    """Check that both classes occur among the shapes.

    Args:
        values: what occurs in the class field, for the message.
        water_values: as the user wrote them.
        shapes: what was made of the features.

    Raises:
        InputError: there is no shape, or one class alone.
    """
    if not shapes:
        msg = tr("There is no training area: no feature has both a geometry and a class. Draw some, and fill in their class.")
        raise InputError(msg)
    classes = {shape.water for shape in shapes}
    if len(classes) == 1:
        only, other = (tr("water"), tr("not water")) if classes.pop() else (tr("not water"), tr("water"))
        listed = ", ".join(sorted({str(v) for v in values})[:20])
        msg = tr(
            "All training areas are {only}, none is {other}: the class field holds {listed}, and “{water_values}” means water. "
            "Draw areas that are {other} too, or name other values."
        ).format(only=only, other=other, listed=listed, water_values=water_values)
        raise InputError(msg)


def read_shapes(
    path: str,
    raster: str | RasterFile,
    class_field: str,
    water_values: str = "1",
    layer: str | None = None,
    progress: Progress | None = None,
) -> list[LabelledShape]:
    """Read training areas from any vector file that OGR opens, reprojected onto the raster.

    Args:
        path: the vector file.
        raster: the raster whose CRS the shapes come in.
        class_field: numeric, boolean or text; features where it is NULL are left out.
        water_values: comma-separated values that mean water.
        layer: name of the layer, where the file has several.

    Raises:
        RasterError: a file can't be opened.
        InputError: layer or field is missing, a CRS is unknown, a geometry is no polygon or point, or one class is missing.
        CancelledError: the caller cancelled.
    """
    progress = progress or Quiet()
    grid = grid_of(raster)
    with GdalWords(tr("{path} can't be opened as a vector layer").format(path=path), strict=False) as words:
        dataset = words.need(gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_VERBOSE_ERROR))
    source = dataset.GetLayer(0) if layer is None else dataset.GetLayerByName(layer)
    if source is None:
        msg = tr("{path} has no layer {layer}.").format(path=path, layer=layer or "")
        raise InputError(msg)
    index = source.GetLayerDefn().GetFieldIndex(class_field)
    if index < 0:
        names = [source.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(source.GetLayerDefn().GetFieldCount())]
        msg = tr("{path} has no field “{class_field}”, only {fields}.").format(
            path=path, class_field=class_field, fields=", ".join(names) or tr("no field at all")
        )
        raise InputError(msg)
    numeric = source.GetLayerDefn().GetFieldDefn(index).GetType() in {ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal}
    wanted = WaterValues.parse(water_values, numeric=numeric)
    transform, longest = _transformation(source.GetSpatialRef(), grid.crs, grid.pixel_size, path)
    shapes, values = [], []
    for feature in source:
        raise_if_cancelled(progress)
        geometry = feature.GetGeometryRef()
        if geometry is None or geometry.IsEmpty() or not feature.IsFieldSetAndNotNull(index):
            continue
        if ogr.GT_Flatten(geometry.GetGeometryType()) not in _SURFACES | _POINTS:
            msg = tr("Feature {feature} of {path} is a {shape}: training areas are polygons or points.").format(
                feature=feature.GetFID(), path=path, shape=geometry.GetGeometryName().lower()
            )
            raise InputError(msg)
        geometry = geometry.GetLinearGeometry()
        geometry.FlattenTo2D()
        if transform is not None:
            if math.isfinite(longest):
                geometry.Segmentize(longest)
            with GdalWords(
                tr("Feature {feature} of {path} can't be reprojected onto the raster").format(feature=feature.GetFID(), path=path)
            ) as words:
                words.need(geometry.Transform(transform))
        value = feature.GetField(index)
        values.append(value)
        shapes.append(LabelledShape(bytes(geometry.ExportToWkb()), wanted.is_water(value), feature.GetFID()))
    check_classes(values, water_values, shapes)
    return shapes


def _transformation(
    source: osr.SpatialReference | None, crs: str, pixel_size: tuple[float, float] | None, path: str
) -> tuple[osr.CoordinateTransformation | None, float]:
    """The way onto the raster, and the longest edge to reproject in the source's units; no way where both CRS are one."""
    # GeoPackage has two entries for a CRS that nobody knows.
    if source is not None and source.GetName().startswith("Undefined"):
        source = None
    if source is None or not crs:
        which = path if source is None else tr("The raster")
        msg = tr("{which} has no known CRS, so the training areas can't be placed: assign one first.").format(which=which)
        raise InputError(msg)
    target = osr.SpatialReference()
    target.ImportFromWkt(crs)
    source = source.Clone()
    for reference in (source, target):
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    if source.IsSame(target):
        return None, math.inf
    longest = DENSIFY_PIXELS * min(pixel_size or (math.inf,)) * _metres(target) / _metres(source)
    return osr.CoordinateTransformation(source, target), longest


def _metres(reference: osr.SpatialReference) -> float:
    """Metres in one unit of a CRS; for degrees, along the equator."""
    if reference.IsGeographic():
        return float(reference.GetSemiMajor() * reference.GetAngularUnits())
    return float(reference.GetLinearUnits())


def envelopes(shapes: Sequence[bytes]) -> np.ndarray:
    """Return the bounding boxes of WKB geometries, shape (n, 4): xmin, xmax, ymin, ymax."""
    boxes = np.empty((len(shapes), 4))
    for row, wkb in zip(boxes, shapes):
        row[:] = ogr.CreateGeometryFromWkb(wkb).GetEnvelope()
    return boxes
