"""Which pixels of an image are kept: those inside polygons, or those where a raster is valid and not 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from osgeo import gdal

from ..errors import InputError
from ..grid import Grid, Window
from ..raster.raster_file import RasterFile
from ..raster.rasterize import burn, memory_layer, memory_raster
from ..raster.regrid import RegriddedRaster
from ..raster.windows import Reopenable
from ..translation import tr


class Mask(Reopenable):
    """A mask on an image's grid, opened for one thread.

    Args:
        grid: of the image.
        raster: pixels are kept where it is valid and not 0; any grid and CRS.
        shapes: polygons as WKB in the grid's CRS, in place of a raster; pixels are kept if their centre lies inside one.

    Raises:
        RasterError: the mask raster can't be opened.
        InputError: both are given, there is no polygon, or a CRS or georeference is missing.
    """

    def __init__(self, grid: Grid, raster: str | RasterFile | None = None, shapes: Sequence[bytes] | None = None) -> None:
        if raster is not None and shapes is not None:
            msg = tr("A mask is either polygons or a raster, not both.")
            raise InputError(msg)
        if raster is None and not shapes:
            msg = tr("The mask contains no polygon, so no pixel would be kept.")
            raise InputError(msg)
        self._grid = grid
        self._raster = None if raster is None else RegriddedRaster(raster, grid)
        self._shapes = tuple(shapes or ())
        self._polygons = memory_layer(self._shapes)

    def reopened(self) -> Mask:
        """Return the same, opened for the thread that calls this."""
        other = super().reopened()
        other._polygons = memory_layer(self._shapes)
        return other

    def read(self, window: Window) -> np.ndarray:
        """Return which pixels of a window are kept: bool, shape (height, width); raise RasterError if the mask can't be read."""
        if self._raster is not None:
            values, valid = self._raster.read(window)
            return (values != 0) & valid
        target = memory_raster(self._grid.crop(window), gdal.GDT_Byte)
        burn(target, 1, self._polygons)
        return np.asarray(target.GetRasterBand(1).ReadAsArray()) != 0
