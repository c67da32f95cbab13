"""When a place held water: month by month, first and last, and how regularly it returns.

After the layers of the JRC's Global Surface Water (Pekel et al. 2016, doi 10.1038/nature20584; Joint Research Centre, Global Surface Water:
Data Users Guide), each counted in valid observations of all years:

- Occurrence in a month is water observations / valid observations in that month of the year. Its mean over the months is the JRC's
  occurrence, which cloudy seasons don't bias.
- Seasonality is the number of months with water. (The JRC's layer of that name counts those of one year.)
- Recurrence is water years / observation years, by the months in which the place was ever seen with water, its season. An observation year
  has a valid observation in that season, a water year has water in it. So a year seen only in the dry season doesn't count as dry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date

import numpy as np
from osgeo import gdal

from ..raster.creation_options import RasterKind

NODATA = -9999.0
MONTHS = 12


def shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole as float32; NoData where the whole is 0.

    Args:
        part, whole: numbers of one shape.
    """
    values = np.full(whole.shape, NODATA, np.float32)
    np.divide(part, whole, out=values, where=whole > 0, casting="unsafe")
    return values


class History:
    """What valid observations of a window say, added up date by date.

    Args:
        shape: height and width of the window.
        layers: names of the layers that will be asked for, from `LAYERS`.
        counts: data type that holds the number of dates.
    """

    def __init__(self, shape: tuple[int, int], layers: Collection[str], counts: np.dtype) -> None:
        self._shape, self._layers, self._counts = shape, layers, counts
        # Month → number of dates with water and with a value; year → bits of the months with water and with a value.
        self._months: dict[int, np.ndarray] = {}
        self._years: dict[int, np.ndarray] = {}
        # First and last day with water, as YYYYMMDD; 0 where valid dates have none; NoData where no date is valid.
        self._days = np.full((2, *shape), NODATA, np.int32) if "dates" in layers else None

    def add(self, day: date, inside: tuple[slice, slice], water: np.ndarray, valid: np.ndarray) -> None:
        """Add a date, not earlier than those before.

        Args:
            day: the date.
            inside: rows and columns of the window that it shows.
            water: which of them are valid and water, bool.
            valid: which are valid, bool.
        """
        if "months" in self._layers:
            for dates, there in zip(self._of(self._months, day.month - 1, self._counts), (water, valid)):
                dates[inside] += there
        if "recurrence" in self._layers:
            bit = np.uint16(1 << (day.month - 1))
            for bits, there in zip(self._of(self._years, day.year, np.dtype(np.uint16)), (water, valid)):
                bits[inside] |= np.multiply(there, bit, dtype=np.uint16)
        if self._days is not None:
            first, last = self._days[0][inside], self._days[1][inside]
            number = day.year * 10_000 + day.month * 100 + day.day
            first[water & (first <= 0)] = number
            last[water] = number
            for days in (first, last):
                days[valid & (days < 0)] = 0

    def _of(self, kept: dict[int, np.ndarray], key: int, data_type: np.dtype) -> np.ndarray:
        if key not in kept:
            kept[key] = np.zeros((2, *self._shape), data_type)
        return kept[key]

    def merge(self, later: History) -> None:
        """Add another history of the same window, none of whose dates is earlier."""
        for month, dates in later._months.items():
            self._of(self._months, month, self._counts)[...] += dates
        for year, bits in later._years.items():
            self._of(self._years, year, bits.dtype)[...] |= bits
        if self._days is not None and later._days is not None:
            (first, last), (later_first, later_last) = self._days, later._days
            np.maximum(first, later_first, out=first, where=first <= 0)
            np.maximum(last, later_last, out=last)

    def months(self) -> np.ndarray:
        """Return the share of water in each month, their mean, and the number of months with water: float32, shape (14, height, width)."""
        values = np.full((MONTHS + 2, *self._shape), NODATA, np.float32)
        total, seen, wet = np.zeros((3, *self._shape), np.float32)
        for month, (water, valid) in sorted(self._months.items()):
            values[month] = shares(water, valid)
            np.add(total, values[month], out=total, where=valid > 0)
            seen += valid > 0
            wet += water > 0
        values[MONTHS] = shares(total, seen)
        np.copyto(values[MONTHS + 1], wet, where=seen > 0)
        return values

    def recurrence(self) -> np.ndarray:
        """Return recurrence, and the number of observation years: float32, shape (2, height, width)."""
        season = np.zeros(self._shape, np.uint16)
        for water, _ in self._years.values():
            season |= water
        wet, observed = np.zeros((2, *self._shape), np.float32)
        for water, valid in self._years.values():
            wet += water > 0
            observed += (valid & season) > 0
        return np.stack([shares(wet, observed), observed])

    def days(self) -> np.ndarray:
        """Return the first and the last date with water as YYYYMMDD, 0 where valid dates have none: int32, shape (2, height, width)."""
        return np.full((2, *self._shape), NODATA, np.int32) if self._days is None else self._days


def _kind(data_type: int, descriptions: Sequence[str]) -> RasterKind:
    return RasterKind(data_type, NODATA, descriptions[0], further=tuple(descriptions[1:]))


_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

_MONTHS = [*(f"water occurrence in {name}" for name in _NAMES), "mean of the months", "months with water"]

# Rasters that a history gives: data type and bands, and what computes the bands.
LAYERS: dict[str, tuple[RasterKind, Callable[[History], np.ndarray]]] = {
    "months": (_kind(gdal.GDT_Float32, _MONTHS), History.months),
    "dates": (_kind(gdal.GDT_Int32, ["first date with water", "last date with water"]), History.days),
    "recurrence": (_kind(gdal.GDT_Float32, ["water recurrence", "observation years"]), History.recurrence),
}
