"""Water over time: the number of dates with a valid value, and the share of them on which a pixel is water.

As in the occurrence layer of the JRC's Global Surface Water (Pekel et al. 2016, doi 10.1038/nature20584), each valid observation counts
once, so that a pixel hidden by clouds doesn't count as dry.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..accuracy.thresholds import check_threshold
from ..errors import InputError
from ..grid import Grid, Layout, Window
from ..model import at_least
from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.band_statistics import Statistics
from ..raster.collisions import file_identity, files_behind, refuse_collisions
from ..raster.common_grid import CommonGrid
from ..raster.completeness import FileState
from ..raster.creation_options import RasterKind
from ..raster.geotiff import GeoTiffWriter, provenance
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.source import open_raster
from ..system.files import FileTransaction
from ..system.threads import in_order
from ..translation import tr

NODATA = -9999.0
KIND = RasterKind(gdal.GDT_Float32, NODATA, "water occurrence", further=("valid dates",))

# Pixels of a window on several dates that a thread sums up at a time: few enough to stop soon when cancelled, enough to leave the summing
# to the threads.
_PIXELS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Occurrence:
    """Result of computing water occurrence.

    Attributes:
        destination: the raster.
        dates: number of rasters.
        observed, unobserved: number of pixels with and without a valid date.
        mean: mean share of the observed pixels; None if there are none.
        max_dates: maximum number of valid dates of a pixel.
    """

    destination: Path
    dates: int
    observed: int
    unobserved: int
    mean: float | None
    max_dates: int


@dataclass(frozen=True, eq=False)
class _Date:
    """A raster of one date: its grid, place on the common grid, blocks, files' state, and the digest of its model (None = unknown)."""

    raster: str | RasterFile
    grid: Grid
    place: Window
    block: tuple[int, int]
    files: FileState
    model: str | None


def water_occurrence(
    rasters: Sequence[str | RasterFile],
    destination: str | os.PathLike[str],
    threshold: float = 0.5,
    progress: Progress | None = None,
    metadata: Mapping[str, str] | None = None,
    transaction: FileTransaction | None = None,
) -> Occurrence:
    """Write the share of valid dates on which each pixel is water, and the number of valid dates.

    Band 1 is float32, 0…1, NoData −9999 where no date is valid; band 2 the number of valid dates, including 0. The result covers the
    union of the rasters. A file is open only while a window of it is read, so that the number of dates isn't limited.

    Args:
        rasters: of water probability, one per date, with aligned pixels; their extents may differ; any GDAL names.
        destination: a .tif file; an existing one is replaced once the new one is complete.
        threshold: pixels at or above it are water.
        progress: receives the share of the pixels of all dates read.
        metadata: further entries of the result's domain IPEO_WATER.
        transaction: publishes the result together with its other files; None = at once.

    Raises:
        InputError: there is no raster, one is given twice, isn't of probabilities or lies on another grid than the first, the threshold is
            invalid, or the destination is one of the rasters.
        RasterError: a raster can't be read or the result can't be written.
        CancelledError: the caller cancelled; nothing is left behind.
    """
    progress, destination = progress or SilentProgress(), Path(destination)
    check_dates(rasters, threshold)
    refuse_collisions([destination], rasters)
    dates, grid = _opened(rasters, progress)
    layout = Layout.from_blocks(grid.window, _widest_block(dates, grid))
    total, data_type = sum(date.place.pixels for date in dates), np.min_scalar_type(len(dates))
    share, valid_dates, done = Statistics(), Statistics(), 0
    counted = in_order(partial(_count, threshold=threshold), _tasks(dates, grid, layout), layout.pixels, progress)
    with GeoTiffWriter(destination, grid, KIND, layout.tile) as writer, closing(counted):
        for window, parts in groupby(counted, lambda part: part[0]):
            water, valid = np.zeros((2, window.height, window.width), data_type)
            for _, dates_with_water, dates_with_value, read in parts:
                water += dates_with_water
                valid += dates_with_value
                done += read
                progress.set(done / total)
            values = _bands(water, valid)
            writer.write(window, values)
            share += Statistics.from_values(values[0][valid > 0])
            valid_dates += Statistics.from_values(values[1])
        for date in dates:
            # Windows were read at different times, and a file may have changed after its last one.
            date.files.check(tr("{path} can't be used").format(path=date.raster))
        writer.close(share, {**_provenance(dates, threshold), **(metadata or {})}, further=(valid_dates,))
        writer.place(transaction)
    progress.set(1.0)
    found = Occurrence(destination, len(dates), share.count, grid.window.pixels - share.count, share.mean, int(valid_dates.maximum))
    _report(found, progress)
    return found


def check_dates(rasters: Sequence[str | RasterFile], threshold: float) -> None:
    """Check the inputs without opening the rasters.

    Args:
        rasters: any GDAL names.
        threshold: 0 to 1.

    Raises:
        InputError: there is no raster, one is given twice, or the threshold isn't a probability.
    """
    if not rasters:
        msg = tr("No raster is given: choose rasters of water probability of one place, one per date.")
        raise InputError(msg)
    check_threshold(threshold)
    seen: dict[object, int] = {}
    for number, raster in enumerate(rasters):
        other = seen.setdefault(file_identity(str(raster)), number)
        if other != number:
            msg = tr("{raster} and {other} are one file, which would count as two dates: leave one out.").format(
                raster=raster, other=rasters[other]
            )
            raise InputError(msg)


def _refuse_counted_twice(raster: str | RasterFile, given: Mapping[object, str | RasterFile]) -> None:
    """Refuse a mosaic of other inputs.

    Raises:
        InputError: it is one.
    """
    others = (given.get(file_identity(file)) for file in files_behind(str(raster), listed=False))
    other = next((other for other in others if other is not None and str(other) != str(raster)), None)
    if other is not None:
        msg = tr("{raster} contains {other}, which would count as two dates: leave one out.").format(raster=raster, other=other)
        raise InputError(msg)


def _opened(rasters: Sequence[str | RasterFile], progress: Progress) -> tuple[list[_Date], Grid]:
    """Inspect each raster and put all on one grid.

    Raises:
        InputError, RasterError, CancelledError: as `water_occurrence`.
    """
    sources, given = [], {file_identity(str(raster)): raster for raster in rasters}
    for raster in rasters:
        raise_if_cancelled(progress)
        _refuse_counted_twice(raster, given)
        recorded = provenance(raster)
        if "SOURCES" in recorded:
            msg = tr("{raster} is the water occurrence of several dates, which would count as one date: leave it out.")
            raise InputError(msg.format(raster=raster))
        source = ProbabilitySource(raster)
        sources.append((source.grid, source.block, FileState(open_raster(raster)), recorded.get("MODEL_SHA256")))
    common = CommonGrid.from_grids([str(raster) for raster in rasters], [grid for grid, *_ in sources])
    isolated = [rasters[index] for index in common.isolated()]
    if isolated:
        progress.warn(
            tr("Rasters that overlap no other: {count}, the first of them {raster}. Check that all show the same place.").format(
                count=len(isolated), raster=isolated[0]
            )
        )
    dates = [
        _Date(raster, grid, place, block, files, model)
        for raster, (grid, block, files, model), place in zip(rasters, sources, common.windows)
    ]
    if any(date.place != common.grid.window for date in dates):
        progress.info(
            tr("Extents differ: the result covers all of them, {width} × {height} pixels.").format(
                width=common.grid.width, height=common.grid.height
            )
        )
    return dates, common.grid


def _widest_block(dates: Sequence[_Date], grid: Grid) -> tuple[int, int]:
    """Return the block size to plan windows by: the widest, since a strip is decoded whole for any of its pixels."""
    width, height = max(date.block for date in dates)
    strip = any(date.block[0] >= date.grid.width for date in dates)
    return grid.width if strip else width, height


def _tasks(dates: Sequence[_Date], grid: Grid, layout: Layout) -> Iterator[tuple[Window, list[_Date]]]:
    """Yield windows of the common grid, each with some of the dates that overlap it, or none; as often as there are dates left."""
    at_once = max(_PIXELS_AT_ONCE // layout.pixels, 1)
    for window in layout.windows(grid.window):
        present = [date for date in dates if date.place.intersection(window)]
        # A window that no date covers is written too.
        for start in range(0, max(len(present), 1), at_once):
            yield window, present[start : start + at_once]


def _count(task: tuple[Window, list[_Date]], threshold: float) -> tuple[Window, np.ndarray, np.ndarray, int]:
    """Return the window of a task, the number of its dates on which each pixel is water and is valid, and the number of pixels read.

    A source is opened for each window: that takes a hundredth of reading it, and no file stays open.
    """
    window, dates = task
    water, valid = np.zeros((2, window.height, window.width), np.uint8)
    read = 0
    for date in dates:
        overlap = date.place.intersection(window)
        if overlap is None:
            continue
        probability, known = ProbabilitySource(date.raster, date.grid).read(overlap.within(date.place))
        is_water = at_least(probability, threshold)
        inside = overlap.within(window).slices
        if known is None:
            valid[inside] += 1
        else:
            is_water &= known
            valid[inside] += known
        water[inside] += is_water
        read += overlap.pixels
    return window, water, valid, read


def _bands(water: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return share of water and number of valid dates: float32, shape (2, height, width)."""
    values = np.full((2, *valid.shape), NODATA, np.float32)
    values[1] = valid
    np.divide(water, values[1], out=values[0], where=valid > 0)
    return values


def _provenance(dates: Sequence[_Date], threshold: float) -> dict[str, str]:
    """Return the metadata of the result. Not THRESHOLD: a model recommends none for a share of dates."""
    entries = {"SOURCES": str(len(dates)), "SOURCE": "\n".join(str(date.raster) for date in dates), "THRESHOLD_USED": repr(threshold)}
    models = {date.model for date in dates}
    model = models.pop()
    return entries if models or model is None else {**entries, "MODEL_SHA256": model}


def _report(found: Occurrence, progress: Progress) -> None:
    total = found.observed + found.unobserved
    progress.info(
        tr("{dates} rasters; {observed} of {total} pixels are valid on at least one date; the maximum is {max_dates} dates.").format(
            dates=found.dates, observed=found.observed, total=total, max_dates=found.max_dates
        )
    )
    if not found.observed:
        progress.warn(tr("No pixel is valid on any date, so the result is all NoData: check the NoData values of the rasters."))
