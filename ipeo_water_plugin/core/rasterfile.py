"""A raster as a layer shows it: its file, and what the layer's properties say in place of the file's metadata."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ValueRange:
    """Values from `low` to `high`; whether the ends belong to it is said by `with_low` and `with_high`."""

    low: float
    high: float
    with_low: bool = True
    with_high: bool = True

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Return which values lie in the range, bool, in their shape. The ends are rounded to the values' own type, as pixels were."""
        low, high = (self.low, self.high) if values.dtype.kind != "f" else (values.dtype.type(end) for end in (self.low, self.high))
        above = values >= low if self.with_low else values > low
        return above & (values <= high if self.with_high else values < high)


@dataclass(frozen=True)
class BandNodata:
    """NoData of one band as set in the layer's properties.

    Attributes:
        ranges: additional NoData values.
        declared: whether the NoData value that the file declares counts.
    """

    ranges: tuple[ValueRange, ...] = ()
    declared: bool = True


_AS_IN_THE_FILE = BandNodata()


@dataclass(frozen=True)
class RasterFile:
    """A raster's name and what holds in place of its metadata. Wherever a raster is opened, a bare name means: as the file says.

    Attributes:
        path: any name that GDAL opens.
        crs: as WKT, "" = unknown; None = the file's.
        nodata: of each band, in order; empty = as the file says.
    """

    path: str
    crs: str | None = None
    nodata: tuple[BandNodata, ...] = ()

    @classmethod
    def of(cls, raster: str | RasterFile) -> RasterFile:
        """Return the raster as such a value."""
        return raster if isinstance(raster, RasterFile) else cls(raster)

    def __str__(self) -> str:
        """Return the path, for messages."""
        return self.path

    def band_nodata(self, number: int) -> BandNodata:
        """Return what is set for a band."""
        return self.nodata[number - 1] if number <= len(self.nodata) else _AS_IN_THE_FILE


def user_nodata(ranges: Sequence[ValueRange], values: np.ndarray) -> np.ndarray | None:
    """Return which values lie in one of the ranges, bool, in their shape; None where none does."""
    found = None
    for span in ranges:
        if math.isnan(span.low) or math.isnan(span.high):
            continue
        held = span.holds(values)
        found = held if found is None else found | held
    return found if found is not None and found.any() else None
