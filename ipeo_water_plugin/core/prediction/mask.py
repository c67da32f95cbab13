"""What is kept of an image: inside polygons, or where a raster isn't 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from ..errors import InputError
from ..grid import Grid, Window
from ..raster.raster_file import RasterFile
from ..raster.rasterize import burn, memory_layer, memory_raster
from ..raster.regrid import RegriddedRaster
from ..translation import tr


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
            RegriddedRaster(raster, grid, tr("mask"))
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
        self._raster = RegriddedRaster(mask.raster, mask.grid, tr("mask")) if mask.raster else None

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
