"""Reading a raster on the grid of another, by nearest neighbour."""

from __future__ import annotations

import numpy as np

from ..bands import FIRST_BAND
from ..errors import InputError
from ..grid import Grid, Window
from ..translation import tr
from .common_grid import aligned
from .raster_file import RasterFile
from .reprojection import PixelLookup
from .source import Source
from .windows import Reopenable

# Pixels of a finer raster read at a time.
_AT_ONCE = 4_000_000


class RegriddedRaster(Reopenable):
    """The first band of a raster, read on a grid of any other geometry and CRS: each pixel takes the value at its centre.

    Args:
        raster: GDAL name, or a layer's `RasterFile`.
        grid: the grid to read it on.

    Raises:
        RasterError: the raster can't be opened.
        InputError: the grids differ and a CRS or georeference is missing, or the values aren't real numbers.
    """

    def __init__(self, raster: str | RasterFile, grid: Grid) -> None:
        self._source = Source(raster, FIRST_BAND)
        own = self._source.grid
        if own != grid and (not own.crs or not grid.crs or own.geotransform is None or grid.geotransform is None):
            msg = tr("{path} has another grid than the image, and one of them has no known CRS or georeference: assign it first.")
            raise InputError(msg.format(path=raster))
        common = aligned(own, grid)
        same = common is not None and common.windows == (common.grid.window, common.grid.window)
        self._pixels = None if same else PixelLookup(grid, own)

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of a window of the grid, in the raster's data type, and where they are valid: bool.

        That is inside the raster, and by the NoData rule of `Source`. Both have shape (height, width). RasterError if they can't be read.
        """
        if self._pixels is None:
            return self._read(window)
        shape = (window.height, window.width)
        values, valid = np.zeros(shape, self._source.data_types[0]), np.zeros(shape, bool)
        self._gather(*self._pixels.at(window), values, valid)
        return values, valid

    def _read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        (values,), valid = self._source.read(window)
        return values, np.ones(values.shape, bool) if valid is None else valid

    def _gather(self, columns: np.ndarray, rows: np.ndarray, values: np.ndarray, valid: np.ndarray) -> None:
        """Fill in the raster's values at columns and rows (−1 = outside), in parts that fit into memory."""
        inside = columns >= 0
        if not inside.any():
            return
        left, top = int(columns[inside].min()), int(rows[inside].min())
        box = Window(left, top, int(columns[inside].max()) - left + 1, int(rows[inside].max()) - top + 1)
        height, width = columns.shape
        if box.pixels > _AT_ONCE and columns.size > 1:
            for half in Window(0, 0, width, height).halves():
                self._gather(*(array[half.slices] for array in (columns, rows, values, valid)))
            return
        known, there = self._read(box)
        at = rows[inside] - top, columns[inside] - left
        values[inside], valid[inside] = known[at], there[at]
