"""Water over time: the number of dates with a valid value, and the share of them on which a pixel is water.

As in the occurrence layer of the JRC's Global Surface Water (Pekel et al. 2016, doi 10.1038/nature20584), each valid observation counts
once, so that a pixel hidden by clouds doesn't count as dry. What depends on the dates themselves is in `history`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, groupby
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..accuracy.thresholds import check_threshold
from ..errors import InputError
from ..grid import Grid, Layout, Window
from ..metadata.dates import date_from_text, undated_text
from ..model import at_least
from ..progress import SILENT, Progress, raise_if_cancelled
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
from .history import LAYERS, NODATA, History, shares

KIND = RasterKind(gdal.GDT_Float32, NODATA, "water occurrence", further=("valid dates",))

# Pixels of a window on several dates that a thread sums up at a time: few enough to stop soon when cancelled, enough to leave the summing
# to the threads.
_PIXELS_AT_ONCE = 4_000_000
# With layers of `history`, which keep some fifty bytes a pixel and four more a year: as many, and pixels of a window.
_HISTORY_AT_ONCE = 1_000_000
_HISTORY_WINDOW = 2**20


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
    """A raster of one date: grid, place on the common grid, blocks, files' state, digest of its model and day (None = unknown)."""

    raster: str | RasterFile
    grid: Grid
    place: Window
    block: tuple[int, int]
    files: FileState
    model: str | None
    day: dt.date | None


def water_occurrence(
    rasters: Sequence[str | RasterFile],
    destination: str | os.PathLike[str],
    threshold: float = 0.5,
    progress: Progress = SILENT,
    metadata: Mapping[str, str] | None = None,
    transaction: FileTransaction | None = None,
    days: Sequence[dt.date | None] = (),
    layers: Mapping[str, str | os.PathLike[str]] | None = None,
) -> Occurrence:
    """Write the share of valid dates on which each pixel is water, and the number of valid dates.

    Band 1 is float32, 0…1, NoData −9999 where no date is valid; band 2 the number of valid dates, including 0. The result covers the
    union of the rasters. A file is open only while a window of it is read, so that the number of dates isn't limited. Rasters are read
    once, however many layers are written.

    Args:
        rasters: of water probability, one per date, with aligned pixels; their extents may differ; any GDAL names.
        destination: a .tif file; an existing one is replaced once the new one is complete.
        threshold: pixels at or above it are water.
        metadata: further entries of the result's domain IPEO_WATER.
        transaction: publishes the result together with its other files; None = at once.
        days: of the rasters, in their order, None = unknown; for `layers` only, in which rasters without one don't count.
        layers: further results: names from `history.LAYERS`, and their files.

    Raises:
        InputError: there is no raster, one is given twice, isn't of probabilities or lies on another grid than the first, the threshold is
            invalid, the destination is one of the rasters, or layers are wanted and no raster has a day.
        CancelledError: the caller cancelled; nothing is left behind.
    """
    destination, layers = Path(destination), layers or {}
    check_dates(rasters, threshold)
    refuse_collisions([destination, *map(Path, layers.values())], rasters)
    dates, grid = _opened(rasters, days if layers else (), progress)
    # Windows are planned by the widest block, since a strip is decoded whole for any of its pixels.
    width, height = max(date.block for date in dates)
    layout = Layout.from_blocks(grid.window, (grid.width if any(date.block[0] >= date.grid.width for date in dates) else width, height))
    if layers:
        rows = max(_HISTORY_WINDOW // layout.window[0] // layout.tile[1], 1) * layout.tile[1]
        layout = replace(layout, window=(layout.window[0], min(layout.window[1], rows)))
        dates.sort(key=lambda date: (date.day is None, date.day or dt.date.min))
    total, data_type = sum(date.place.pixels for date in dates), np.min_scalar_type(len(dates))
    done = 0
    count = partial(_count, threshold=threshold, layers=tuple(layers), counts=data_type)
    counted = in_order(count, _tasks(dates, grid, layout, history=bool(layers)), layout.pixels, progress)
    with ExitStack() as stack:
        written = _Written(GeoTiffWriter(destination, grid, KIND, layout.tile), stack)
        further = {name: _Written(GeoTiffWriter(Path(to), grid, LAYERS[name][0], layout.tile), stack) for name, to in layers.items()}
        stack.enter_context(closing(counted))
        for window, parts in groupby(counted, lambda part: part.window):
            shape = window.height, window.width
            water, valid = np.zeros((2, *shape), data_type)
            history = History(shape, tuple(layers), data_type)
            for part in parts:
                water += part.water
                valid += part.valid
                history.merge(part.history)
                done += part.read
                progress.set(done / total)
            written.write(window, np.stack([shares(water, valid), valid.astype(np.float32)]))
            for name, layer in further.items():
                _, computed = LAYERS[name]
                layer.write(window, computed(history))
        for date in dates:
            # Windows were read at different times, and a file may have changed after its last one.
            date.files.check(tr("{path} can't be used").format(path=date.raster))
        entries = {**_provenance(dates, rasters, threshold), **(metadata or {})}
        to = transaction or stack.enter_context(FileTransaction())
        for result in (written, *further.values()):
            result.close(entries)
        for result in (written, *further.values()):
            result.writer.place(to)
    progress.set(1.0)
    share, valid_dates = written.statistics
    found = Occurrence(destination, len(dates), share.count, grid.window.pixels - share.count, share.mean, int(valid_dates.maximum))
    _report(found, progress)
    return found


class _Written:
    """A raster being written, and statistics of its bands."""

    def __init__(self, writer: GeoTiffWriter, stack: ExitStack) -> None:
        self.writer = stack.enter_context(writer)
        self.statistics: list[Statistics] = []

    def write(self, window: Window, values: np.ndarray) -> None:
        self.writer.write(window, values)
        # Single precision doesn't hold days.
        found = [Statistics.from_values(band[band != NODATA]) if values.dtype == np.float32 else Statistics() for band in values]
        self.statistics = [one + other for one, other in zip(self.statistics, found)] or found

    def close(self, metadata: Mapping[str, str]) -> None:
        self.writer.close(self.statistics[0], metadata, further=self.statistics[1:])


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
            msg = tr("{raster} and {other} are one file, which would count as two dates: leave one out.")
            raise InputError(msg.format(raster=raster, other=rasters[other]))


def _refuse_counted_twice(raster: str | RasterFile, given: Mapping[object, str | RasterFile]) -> None:
    """Refuse a mosaic of other inputs."""
    others = (given.get(file_identity(file)) for file in files_behind(str(raster), listed=False))
    other = next((other for other in others if other is not None and str(other) != str(raster)), None)
    if other is not None:
        msg = tr("{raster} contains {other}, which would count as two dates: leave one out.").format(raster=raster, other=other)
        raise InputError(msg)


def _opened(rasters: Sequence[str | RasterFile], days: Sequence[dt.date | None], progress: Progress) -> tuple[list[_Date], Grid]:
    """Inspect each raster and put all on one grid. Days are needed unless they are empty."""
    if days and not any(days):
        msg = tr(
            "No raster has a date, neither in metadata nor in its name, so months, first and last dates and recurrence are unknown. Say "
            "the dates with the parameter for dates, or leave these outputs out."
        )
        raise InputError(msg)
    undated = [str(raster) for raster, day in zip(rasters, days) if day is None]
    if undated:
        progress.warn(undated_text(undated))
    stated: list[dt.date | None] = []
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
        stated.append(date_from_text(recorded.get("ACQUIRED", "")))
    common = CommonGrid.from_grids([str(raster) for raster in rasters], [grid for grid, *_ in sources])
    isolated = [rasters[index] for index in common.isolated()]
    if isolated:
        text = tr("Rasters that overlap no other: {count}, the first of them {raster}. Check that all show the same place.")
        progress.warn(text.format(count=len(isolated), raster=isolated[0]))
    _warn_of_tiles(rasters, days or stated, common.windows, progress)
    dates = [
        _Date(raster, grid, place, block, files, model, day)
        for raster, (grid, block, files, model), place, day in zip(rasters, sources, common.windows, days or [None] * len(rasters))
    ]
    if any(date.place != common.grid.window for date in dates):
        text = tr("Extents differ: the result covers all of them, {width} × {height} pixels.")
        progress.info(text.format(width=common.grid.width, height=common.grid.height))
    return dates, common.grid


def _warn_of_tiles(
    rasters: Sequence[str | RasterFile], days: Sequence[dt.date | None], windows: Sequence[Window], progress: Progress
) -> None:
    """Warn if rasters of one day overlap, such as tiles of one image: each counts as a date."""
    known: dict[dt.date, list[int]] = {}
    for number, day in enumerate(days):
        if day is not None:
            known.setdefault(day, []).append(number)
    for day, numbers in known.items():
        both = next(((one, other) for one, other in combinations(numbers, 2) if windows[one].intersection(windows[other])), None)
        if both is not None:
            text = tr("{first} and {second} overlap and are both of {day}, but count as two dates: merge the tiles of one date first.")
            progress.warn(text.format(first=rasters[both[0]], second=rasters[both[1]], day=day))
            return


def _tasks(dates: Sequence[_Date], grid: Grid, layout: Layout, *, history: bool) -> Iterator[tuple[Window, list[_Date]]]:
    """Yield windows of the common grid, each with some of the dates that overlap it, or none; as often as there are dates left."""
    at_once = max((_HISTORY_AT_ONCE if history else _PIXELS_AT_ONCE) // layout.pixels, 1)
    for window in layout.windows(grid.window):
        present = [date for date in dates if date.place.intersection(window)]
        # A window that no date covers is written too.
        for start in range(0, max(len(present), 1), at_once):
            yield window, present[start : start + at_once]


@dataclass(frozen=True, eq=False)
class _Part:
    """What some dates say of a window: on how many each pixel is water, and valid, what `history` keeps, and the number of pixels read."""

    window: Window
    water: np.ndarray
    valid: np.ndarray
    history: History
    read: int


def _count(task: tuple[Window, list[_Date]], threshold: float, layers: Sequence[str], counts: np.dtype) -> _Part:
    """Count the dates of a task.

    A source is opened for each window: that takes a hundredth of reading it, and no file stays open.
    """
    window, dates = task
    shape = window.height, window.width
    water, valid = np.zeros((2, *shape), np.uint8)
    history, read = History(shape, layers, counts), 0
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
        if layers and date.day is not None:
            history.add(date.day, inside, is_water, np.ones_like(is_water) if known is None else known)
        read += overlap.pixels
    return _Part(window, water, valid, history, read)


def _provenance(dates: Sequence[_Date], rasters: Sequence[str | RasterFile], threshold: float) -> dict[str, str]:
    """Return the metadata of the result. Not THRESHOLD: a model recommends none for a share of dates."""
    entries = {"SOURCES": str(len(dates)), "SOURCE": "\n".join(map(str, rasters)), "THRESHOLD_USED": repr(threshold)}
    models = {date.model for date in dates}
    model = models.pop()
    return entries if models or model is None else {**entries, "MODEL_SHA256": model}


def _report(found: Occurrence, progress: Progress) -> None:
    text = tr("{dates} rasters; {observed} of {total} pixels are valid on at least one date; the maximum is {max_dates} dates.")
    total = found.observed + found.unobserved
    progress.info(text.format(dates=found.dates, observed=found.observed, total=total, max_dates=found.max_dates))
    if not found.observed:
        progress.warn(tr("No pixel is valid on any date, so the result is all NoData: check the NoData values of the rasters."))
