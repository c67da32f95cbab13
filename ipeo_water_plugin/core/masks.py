"""Laying other data on a grid: polygons burned into it, a raster brought onto it, and the mask that either makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr

from .bands import Band, BandRoles
from .errors import InputError
from .gdal_errors import GdalWords
from .grid import Grid, Window
from .raster import Source, same_crs
from .rasterfile import RasterFile
from .reprojection import Pixels
from .wording import tr

# Pixels of a finer raster that are read at a time.
_AT_ONCE = 4_000_000


def memory_raster(grid: Grid, data_type: int, bands: int = 1) -> gdal.Dataset:
    """Make a raster in memory on a grid, filled with zeros."""
    dataset = gdal.GetDriverByName("MEM").Create("", grid.width, grid.height, bands, data_type)
    if grid.geotransform is not None:
        dataset.SetGeoTransform(grid.geotransform)
    dataset.SetProjection(grid.crs)
    return dataset


def memory_layer(shapes: Sequence[bytes], values: Sequence[int] | None = None) -> gdal.Dataset:
    """Make a vector dataset in memory that holds WKB geometries in one layer, in order, with an integer field `value`."""
    dataset = gdal.GetDriverByName("Memory").Create("", 0, 0, 0, gdal.GDT_Unknown)
    layer = dataset.CreateLayer("shapes", None, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("value", ogr.OFTInteger64))
    definition = layer.GetLayerDefn()
    for index, wkb in enumerate(shapes):
        feature = ogr.Feature(definition)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
        feature.SetField(0, 1 if values is None else values[index])
        layer.CreateFeature(feature)
    return dataset


def burn(target: gdal.Dataset, band: int, vectors: gdal.Dataset, *, all_touched: bool = False) -> None:
    """Write each geometry's value into the pixels whose centre it holds (or that it touches), later over earlier ones.

    Raises:
        RasterError: GDAL's rasterizer fails.
    """
    options = ["ATTRIBUTE=value"] + (["ALL_TOUCHED=TRUE"] if all_touched else [])
    with GdalWords(tr("The polygons can't be laid on the raster")) as words:
        words.need(gdal.RasterizeLayer(target, [band], vectors.GetLayer(0), options=options))


class OnGrid:
    """The first band of a raster of any grid and CRS, read on another grid: each pixel takes the value that lies at its centre.

    Args:
        raster: any GDAL name, or that with what its layer sets.
        grid: to read it on.
        noun: what it is called in messages, such as "mask".

    Raises:
        RasterError: the raster can't be opened.
        InputError: a CRS or georeference is missing where both grids differ, or its values aren't real numbers.
    """

    def __init__(self, raster: str | RasterFile, grid: Grid, noun: str) -> None:
        """Open the raster."""
        self._source = Source(raster, BandRoles((Band(1, noun, noun),), "the raster's first band"))
        own = self._source.grid
        if own != grid and (not own.crs or not grid.crs or own.geotransform is None or grid.geotransform is None):
            msg = tr("The {noun} {path} lies on another grid than the image, and one of them has no known CRS or georeference.").format(
                noun=noun, path=raster
            )
            raise InputError(msg)
        self._pixels = None if _same_grid(own, grid) else Pixels(grid, own)

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Return values (float64) and where they are valid (bool), both of shape (height, width).

        Not valid is what the raster doesn't reach, and what `Source` calls invalid.

        Raises:
            RasterError: the raster can't be read.
        """
        if self._pixels is None:
            return self._read(window)
        values, valid = np.full((window.height, window.width), np.nan), np.zeros((window.height, window.width), bool)
        self._gather(*self._pixels.at(window), values, valid)
        return values, valid

    def _read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        (values,), valid = self._source.read(window)
        return values.astype(np.float64), np.ones(values.shape, bool) if valid is None else valid

    def _gather(self, columns: np.ndarray, rows: np.ndarray, values: np.ndarray, valid: np.ndarray) -> None:
        """Fill in the raster's pixels at columns and rows (−1 = none), of all as many at once as memory allows."""
        inside = columns >= 0
        if not inside.any():
            return
        left, top = int(columns[inside].min()), int(rows[inside].min())
        box = Window(left, top, int(columns[inside].max()) - left + 1, int(rows[inside].max()) - top + 1)
        height, width = columns.shape
        if box.pixels > _AT_ONCE and columns.size > 1:
            for half in Window(0, 0, width, height).halves():
                part = np.s_[half.row : half.row + half.height, half.column : half.column + half.width]
                self._gather(columns[part], rows[part], values[part], valid[part])
            return
        known, there = self._read(box)
        at = rows[inside] - top, columns[inside] - left
        values[inside], valid[inside] = known[at], there[at]


@dataclass(frozen=True)
class Mask:
    """What is kept of a grid, as a value that threads can share; each makes a reader of its own."""

    grid: Grid
    raster: str | RasterFile | None = None
    shapes: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, grid: Grid, raster: str | RasterFile | None, shapes: Sequence[bytes] | None) -> Mask | None:
        """Return the mask, or None where neither raster nor shapes are given.

        Raises:
            RasterError: the mask raster can't be opened.
            InputError: both are given, there is no polygon, or a CRS or georeference is missing.
        """
        if raster is None and shapes is None:
            return None
        if raster is not None and shapes is not None:
            msg = tr("A mask is either polygons or a raster, not both.")
            raise InputError(msg)
        if raster is not None:
            # What can't be brought onto the grid shows here, before the work.
            OnGrid(raster, grid, tr("mask"))
        elif not shapes:
            msg = tr("The mask holds no polygon, so nothing would be kept.")
            raise InputError(msg)
        return cls(grid, raster, tuple(shapes or ()))

    def reader(self) -> _MaskReader:
        """Return something that reads windows, for one thread."""
        return _MaskReader(self)


class _MaskReader:
    """Reads a mask's windows on the image's grid."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._vectors = None if mask.raster else memory_layer(mask.shapes)
        self._raster = OnGrid(mask.raster, mask.grid, tr("mask")) if mask.raster else None

    def read(self, window: Window) -> np.ndarray:
        """Return where the window is kept: bool, shape (height, width).

        Raises:
            RasterError: the mask can't be read.
        """
        if self._raster is not None:
            values, valid = self._raster.read(window)
            return (values != 0) & valid
        target = memory_raster(self._mask.grid.crop(window), gdal.GDT_Byte)
        burn(target, 1, self._vectors)
        return np.asarray(target.GetRasterBand(1).ReadAsArray()) != 0


def _same_grid(one: Grid, other: Grid) -> bool:
    if (one.width, one.height) != (other.width, other.height) or not same_crs(one.crs, other.crs):
        return False
    if one.geotransform is None or other.geotransform is None:
        return one.geotransform == other.geotransform
    tolerance = 1e-3 * min(one.pixel_size or (1.0,))
    return bool(np.allclose(one.geotransform, other.geotransform, rtol=0, atol=tolerance / max(one.width, one.height)))
