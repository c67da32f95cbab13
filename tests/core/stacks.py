"""A virtual raster that was made of a download, and how one is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal

from ipeo_water_plugin.core.archives.product import Product
from ipeo_water_plugin.core.archives.read import product_of_files, read_product
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.prediction.mask import Mask
from ipeo_water_plugin.core.raster.raster_file import RasterFile
from ipeo_water_plugin.core.raster.source import grid_of


class Stack:
    """What a virtual raster says and holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dataset = gdal.Open(str(path))
        assert self.dataset is not None
        self.bands = [self.dataset.GetRasterBand(n) for n in range(1, self.dataset.RasterCount + 1)]

    @property
    def roles(self) -> list[str]:
        return [band.GetDescription() for band in self.bands]

    @property
    def values(self) -> list[float]:
        """The value of each band, which is one in a made scene."""
        arrays = [np.unique(band.ReadAsArray()) for band in self.bands]
        assert all(len(array) == 1 for array in arrays), arrays
        return [float(array[0]) for array in arrays]

    @property
    def scaling(self) -> set[tuple[float, float]]:
        return {(band.GetScale(), band.GetOffset()) for band in self.bands}

    @property
    def nodata(self) -> set[float | None]:
        return {band.GetNoDataValue() for band in self.bands}

    @property
    def size(self) -> tuple[int, float]:
        return self.dataset.RasterXSize, self.dataset.GetGeoTransform()[1]


def read(given: Path | str | Sequence[Path], extra: Sequence[str] = ()) -> Product:
    if isinstance(given, (str, Path)):
        return read_product(str(given))
    return product_of_files([RasterFile(str(path)) for path in given], extra)


def clear(image: Stack) -> np.ndarray:
    """Which pixels of an image MASK keeps by the mask beside it."""
    grid = grid_of(str(image.path))
    return Mask(grid, str(image.path.with_name("image_clear.vrt"))).read(Window(0, 0, grid.width, grid.height))
