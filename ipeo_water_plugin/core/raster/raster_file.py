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

    def ends(self, data_type: np.dtype) -> tuple[np.generic, np.generic] | None:
        """Return the smallest and the largest value of a type in the range, None where there is none. Floats are rounded as pixels were."""
        if math.isnan(self.low) or math.isnan(self.high):
            return None
        kind = data_type.type
        if data_type.kind == "f":
            with np.errstate(over="ignore"):
                low, high = kind(self.low), kind(self.high)
            low = low if self.with_low else np.nextafter(low, kind(math.inf))
            high = high if self.with_high else np.nextafter(high, kind(-math.inf))
            return (low, high) if low <= high else None
        limits = np.iinfo(data_type)
        first, last = max(self.low, limits.min), min(self.high, limits.max)
        if first > last:
            return None
        least, most = max(math.ceil(first), limits.min), min(math.floor(last), limits.max)
        least += not self.with_low and least == self.low
        most -= not self.with_high and most == self.high
        return (kind(least), kind(most)) if least <= most else None


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
    def from_name(cls, raster: str | RasterFile) -> RasterFile:
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
    for low, high in filter(None, (span.ends(values.dtype) for span in ranges)):
        held = values == low if low == high else (values >= low) & (values <= high)
        found = held if found is None else found | held
    return found if found is not None and found.any() else None
