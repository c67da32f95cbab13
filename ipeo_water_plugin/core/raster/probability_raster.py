"""Reads water probability rasters, which hold 0…1 or percent with a declared scale."""

from __future__ import annotations

import numpy as np

from ..bands import FIRST_BAND
from ..errors import InputError
from ..grid import Grid, Window
from ..translation import tr
from .raster_file import RasterFile
from .source import Source
from .windows import Reopenable

# Rounding to float32 may put a probability slightly outside 0…1.
_TOLERANCE = 1e-5
_ONE = np.float32(1).view(np.uint32)


class ProbabilitySource(Reopenable):
    """The first band of a raster as probabilities, opened for one thread.

    Args:
        raster: a GDAL name, or a file with what its layer sets.
        grid: of the raster; None = read from the file.

    Attributes:
        source: the raster with its stored values.
        path: its GDAL name.
        grid: size and georeference.
        block: width and height of its blocks.

    Raises:
        RasterError: GDAL can't open it.
        InputError: the band doesn't hold real numbers.
    """

    def __init__(self, raster: str | RasterFile, grid: Grid | None = None) -> None:
        self.source = Source(raster, FIRST_BAND, grid)
        self.path, self.grid, self.block = self.source.path, self.source.grid, self.source.block
        (scale,), (offset,) = self.source.scales, self.source.offsets
        self._scale, self._offset = 1.0 if scale is None else scale, offset or 0.0

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray | None]:
        """Return p(water) of a window in 0…1, float32, 0 where invalid, and where it is valid: bool, or None if everywhere.

        Both have shape (height, width).

        Raises:
            RasterError: the raster can't be read.
            InputError: valid values lie outside 0…1.
        """
        (raw,), valid = self.source.read(window)
        if valid is None:
            return self.probability(raw), None
        values = np.zeros(raw.shape, np.float32)
        values[valid] = self.probability(raw[valid])
        return values, valid

    def probability(self, raw: np.ndarray) -> np.ndarray:
        """Convert valid stored values of any shape to p(water), float32, in the same shape; raise InputError if one isn't in 0…1."""
        if self._scale != 1.0 or self._offset:
            # In float64, so that 35 % is the same float32 number as elsewhere.
            raw = raw.astype(np.float64) * self._scale + self._offset
        values = raw.astype(np.float32, copy=False)
        # As integers, floats from 0 to 1 are the smallest of all: one pass over the values tells, where their range takes two.
        if values.view(np.uint32).max(initial=0) <= _ONE:
            return values
        minimum, maximum = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if minimum < -_TOLERANCE or maximum > 1 + _TOLERANCE:
            msg = tr(
                "{path} holds values from {minimum:g} to {maximum:g}, and a probability lies between 0 and 1: choose a water "
                "probability raster. Percentages need a scale of 0.01 declared in the file."
            ).format(path=self.path, minimum=minimum, maximum=maximum)
            raise InputError(msg)
        return values if minimum >= 0 and maximum <= 1 else np.clip(values, 0, 1)
