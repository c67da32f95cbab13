"""A raster as a QGIS layer defines it: its file, and layer properties that override the file's metadata."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def is_virtual(name: str) -> bool:
    """Return whether the name is in one of GDAL's virtual file systems: on a server, in memory, or in an archive."""
    return name.startswith("/vsi")


@dataclass(frozen=True)
class ValueRange:
    """An interval of values.

    Attributes:
        low, high: its ends.
        with_low, with_high: whether the ends belong to it.
    """

    low: float
    high: float
    with_low: bool = True
    with_high: bool = True

    def ends(self, data_type: np.dtype) -> tuple[np.generic, np.generic] | None:
        """Return the smallest and largest value of a data type in the interval, or None; floats are rounded as the pixels were."""
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
        low, high = max(math.ceil(first), limits.min), min(math.floor(last), limits.max)
        low += not self.with_low and low == self.low
        high -= not self.with_high and high == self.high
        return (kind(low), kind(high)) if low <= high else None


@dataclass(frozen=True)
class BandNodata:
    """NoData of one band as set in the layer's properties.

    Attributes:
        ranges: additional NoData values.
        declared: whether the file's own NoData value applies.
    """

    ranges: tuple[ValueRange, ...] = ()
    declared: bool = True


@dataclass(frozen=True)
class RasterFile:
    """A raster's name and the layer properties that override its metadata. Functions that open a raster also accept a plain name.

    Attributes:
        path: any name that GDAL opens.
        crs: WKT, "" = unknown, None = the file's.
        nodata: of each band, in order; empty = the file's.
    """

    path: str
    crs: str | None = None
    nodata: tuple[BandNodata, ...] = ()

    @classmethod
    def from_name(cls, raster: str | RasterFile) -> RasterFile:
        """Return a plain name as a RasterFile, and a RasterFile as it is."""
        return raster if isinstance(raster, RasterFile) else cls(raster)

    def __str__(self) -> str:
        """Return the path, for messages."""
        return self.path

    def band_nodata(self, number: int) -> BandNodata:
        """Return the layer's NoData settings for a band, from 1."""
        return self.nodata[number - 1] if number <= len(self.nodata) else BandNodata()


def user_nodata(ranges: Sequence[ValueRange], values: np.ndarray) -> np.ndarray | None:
    """Return which values lie in one of the ranges.

    Args:
        ranges: NoData values set in the layer's properties.
        values: raw pixel values, any shape.

    Returns:
        bool, of the same shape, or None if no value does.
    """
    found = None
    for low, high in filter(None, (span.ends(values.dtype) for span in ranges)):
        held = values == low if low == high else (values >= low) & (values <= high)
        found = held if found is None else found | held
    return found if found is not None and found.any() else None
