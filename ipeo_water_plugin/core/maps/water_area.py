"""Hectares of water in a whole image by a model, without writing a map: those that `extract` finds in the map with no minimum area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..bands import BandRoles
from ..grid import Window
from ..model import Layer, WaterModel, at_least, probability
from ..progress import Progress, raise_if_cancelled
from ..raster.pixel_area import PixelAreas
from ..raster.raster_file import RasterFile
from ..raster.source import Source
from ..raster.windows import Reopenable, read_windows

# Pixels of the image that are kept to compare models.
_SAMPLED = 200_000


@dataclass(frozen=True, eq=False)
class WaterInImage:
    """Water in an image.

    Attributes:
        hectares: at the threshold.
        threshold: pixels at or above it are water.
        values: raw values of valid pixels evenly spread over the image, one array of shape (pixels,) for each input.
        weight: hectares that each of them stands for, shape (pixels,).
    """

    hectares: float
    threshold: float
    values: tuple[np.ndarray, ...]
    weight: np.ndarray

    def of(self, layers: Sequence[Layer]) -> float:
        """Estimate the hectares of water by another model from the sampled pixels."""
        return float(self.weight @ at_least(probability(self.values, layers), self.threshold))

    def range_of(self, model: WaterModel, others: Sequence[Sequence[Layer] | None], progress: Progress) -> tuple[float, float]:
        """Return the smallest and largest area of water as one model is replaced by others.

        Args:
            model: that the hectares belong to.
            others: layers of other models; None = none.
        """
        own, found = self.of(model.layers), [self.hectares]
        for layers in others:
            raise_if_cancelled(progress)
            if layers is not None:
                found.append(max(self.hectares + self.of(layers) - own, 0.0))
        return min(found), max(found)


class _Reader(Reopenable):
    """Reads windows and measures the water in them, in one thread."""

    def __init__(self, source: Source, model: WaterModel, threshold: float) -> None:
        self._source, self._model, self._threshold = source, model, threshold
        self.grid, self.block = source.grid, source.block
        self._areas = PixelAreas.from_grid(source.grid, ellipsoidal=True)
        self._stride = max(math.isqrt(source.grid.window.pixels // _SAMPLED), 1)

    def read(self, window: Window) -> tuple[float, np.ndarray, tuple[np.ndarray, ...]]:
        """Return hectares of water, and hectares that each sampled pixel stands for and its values."""
        bands, valid = self._source.read(window)
        water = at_least(self._model.probability(bands), self._threshold)
        some = window.every(self._stride)
        kept = np.ones(water[some].shape, bool) if valid is None else valid[some]
        rows, columns = (place * self._stride + start + 0.5 for place, start in zip(np.nonzero(kept), (some[0].start, some[1].start)))
        weight = self._areas.at(columns + window.column, rows + window.row) * self._stride**2
        if valid is not None:
            water &= valid
        return self._areas.total(window, water), weight, tuple(band[some][kept] for band in bands)


def water_area(raster: str | RasterFile, roles: BandRoles, model: WaterModel, threshold: float, progress: Progress) -> WaterInImage:
    """Measure the water in an image at full resolution.

    Args:
        raster: the image: a GDAL name, or a file with what its layer sets.
        roles: its bands.
        model: of this image.
        threshold: pixels at or above it are water.

    Raises:
        InputError: the image has no known CRS or georeference.
    """
    hectares, weight, values = zip(*(part for _, part in read_windows(_Reader(Source(raster, roles), model, threshold), progress)))
    return WaterInImage(sum(hectares), threshold, tuple(map(np.concatenate, zip(*values))), np.concatenate(weight))
