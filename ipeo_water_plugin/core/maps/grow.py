"""The pixels around a place that look alike, as a polygon."""

from __future__ import annotations

import math

import numpy as np
from osgeo import gdal, ogr

from ..grid import Grid, Window
from ..progress import Progress, raise_if_cancelled
from ..raster.gdal_errors import GdalErrors
from ..raster.rasterize import memory_raster
from ..raster.source import Source
from ..translation import tr
from .components import Runs, adjacent_runs, connected

# Side of the square around the place that a region can't leave, in pixels.
_REACH = 256


def grow(source: Source, x: float, y: float, tolerance: float, progress: Progress) -> bytes | None:
    """Find the region of connected pixels around a place whose values differ little from those there.

    Args:
        source: the image.
        x, y: the place in the image's CRS.
        tolerance: largest difference in each band, in standard deviations among 3 × 3 pixels, of which the median around the place counts.

    Returns:
        The region as a WKB polygon along pixel edges, in the image's CRS; None if the place is outside the image or NoData.

    Raises:
        InputError: the image has no georeference.
    """
    (place,) = source.grid.to_pixels(np.array([x]), np.array([y]))
    if not np.isfinite(place).all():
        return None
    column, row = map(math.floor, place)
    box = Window(column - _REACH, row - _REACH, 2 * _REACH + 1, 2 * _REACH + 1).intersection(source.grid.window)
    if box is None or Window(column, row, 1, 1).intersection(source.grid.window) is None:
        return None
    bands, valid = source.read(box)
    raise_if_cancelled(progress)
    alike = np.ones((box.height, box.width), bool) if valid is None else valid
    row, column = row - box.row, column - box.column
    if not alike[row, column]:
        return None
    known = alike
    for band in bands:
        # Centred, so that squares keep their digits.
        values = band.astype(np.float64) - float(band[row, column])
        mean = _smoothed(values)
        spread = np.sqrt(np.maximum(_smoothed(values**2) - mean**2, 0))
        noise = float(np.median(spread[known]))
        alike = alike & (np.abs(mean - mean[row, column]) <= tolerance * noise)
    return _outline(_connected(alike, row, column), source.grid.crop(box))


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Return means of 3 × 3 pixels, so that single noisy pixels don't leave holes."""
    padded = np.pad(values, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9


def _connected(alike: np.ndarray, row: int, column: int) -> np.ndarray:
    """Return the pixels that are connected across sides to one of them, bool, of the same shape."""
    runs = Runs.from_mask(alike)
    root = connected(len(runs), *adjacent_runs(runs, alike.shape[1], diagonal=False))
    (own,) = np.flatnonzero((runs.row == row) & (runs.start <= column) & (runs.stop > column))
    return runs.paint((root == root[own]).astype(np.int8), (alike.shape[0], alike.shape[1])) != 0


def _outline(region: np.ndarray, grid: Grid) -> bytes:
    """Return the outline of connected pixels."""
    mask = memory_raster(grid, gdal.GDT_Byte)
    outlines = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = outlines.CreateLayer("region", None, ogr.wkbPolygon)
    with GdalErrors(tr("The region can't be outlined")) as errors:
        band = mask.GetRasterBand(1)
        errors.check(band.WriteArray(region.astype(np.uint8)))
        errors.check(gdal.Polygonize(band, band, layer, -1))
    # The geometry is deleted with the feature.
    feature = layer.GetNextFeature()
    return bytes(feature.GetGeometryRef().ExportToWkb())
