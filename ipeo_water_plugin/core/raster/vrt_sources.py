"""Gaps and masks of a virtual raster's sources that GDAL loses: it trusts the VRT's description of a source, and reads zeros for gaps."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, gdal_array

from ..errors import RasterError
from ..grid import HUGE_BLOCK, Window
from ..system.redaction import redacted
from ..translation import tr
from .completeness import FileState, gaps, has_gaps
from .gdal_errors import GdalErrors, quietly
from .validity import marks_gaps, mask_bands, masked, nodata_values, pixel_values
from .vrt_xml import Box, VrtBand, VrtSource, bands_by_file, vrt_bands
from .windows import Reopenable

# Sources that are kept open: those of a window, not of a mosaic of thousands.
_KEPT_OPEN = 16
# Sources of a band that are checked for hidden masks and gaps, for a warning.
_CHECKED = 16
# Virtual rasters within one another; one in a circle has no end. GDAL itself gives up at a hundred.
_MAX_DEPTH = 50


@dataclass(frozen=True, eq=False)
class _SourceBand:
    """An open band of a source.

    Attributes:
        dataset, band: as open.
        masks: bands that are 0 where the source is invalid.
        nodata: values that only the source's metadata calls NoData, which a VRT doesn't take over.
        nested: its own sources; only a VRT has some.
    """

    dataset: gdal.Dataset
    band: gdal.Band
    masks: tuple[gdal.Band, ...]
    nodata: tuple[float, ...]
    nested: VrtSources

    def leaves(self, values: Sequence[float | None]) -> bool:
        """Return whether blocks that were never written read as NoData, and one of the values is that."""
        return marks_gaps(self.band, _data_type(self.band)) and self.band.GetNoDataValue() in values


@dataclass(frozen=True, eq=False)
class _Band:
    """A band of the VRT.

    Attributes:
        sources, computed: as in the XML.
        targets: target rectangles of the sources, shape (sources, 4).
        nodata: its NoData values.
        marked: whether its gaps read as NoData.
    """

    sources: tuple[VrtSource, ...]
    computed: bool
    targets: np.ndarray
    nodata: tuple[float, ...]
    marked: bool


class VrtSources(Reopenable):
    """The sources of a VRT's bands, for use in one thread: which pixels they lack or mask without the VRT showing it.

    Any other raster has no sources.

    The VRT's own mask, alpha band and NoData value, or their absence, take precedence. Sources are asked only for what the VRT lost:
    masks and alpha bands, NoData values in metadata, and blocks that were never written.

    All methods with an argument `doing` raise RasterError, with a message that starts with it, if a source is smaller than the VRT
    declares, has changed, or can't be read.

    Args:
        dataset: the raster.
        numbers: bands to look at.
        watched: files whose state is checked already.
        inputs: all bands that are inputs, if more than `numbers`; an input isn't taken for alpha.
        by_file: bands that inputs come from, by file, where an outer VRT knows them.
        depth: number of VRTs that this one lies within.

    Raises:
        RasterError: that are too many.
    """

    def __init__(
        self,
        dataset: gdal.Dataset,
        numbers: Sequence[int],
        watched: FileState | None = None,
        inputs: Sequence[int] | None = None,
        by_file: dict[str, set[int]] | None = None,
        depth: int = 0,
    ) -> None:
        if depth > _MAX_DEPTH:
            msg = tr("{path} is a virtual raster that contains itself, or lies within more than {count} others: build it again.")
            raise RasterError(msg.format(path=redacted(dataset.GetDescription()), count=_MAX_DEPTH))
        bands = vrt_bands(dataset)
        self._depth = depth
        self._by_file = bands_by_file(bands, numbers) if by_file is None else by_file
        self._masked = bool(mask_bands(dataset, numbers, inputs))
        self._bands = [_band(dataset, number, bands[number]) for number in numbers if number in bands]
        self._open: OrderedDict[tuple, tuple[gdal.Dataset | None, dict[int, _SourceBand]]] = OrderedDict()
        self._watched = watched
        self._states: dict[tuple, FileState] = {}

    def reopened(self) -> VrtSources:
        """Return the same sources for use in another thread."""
        other = copy.copy(self)
        other._open, other._states = OrderedDict(), dict(self._states)
        return other

    def invalid(self, window: Window, doing: str) -> np.ndarray | None:
        """Return where a source lacks or masks pixels of a window of the VRT: bool, shape (height, width), or None if nowhere."""
        if not self._bands:
            return None
        found = np.zeros((window.height, window.width), bool)
        used: dict[tuple, None] = {}
        with GdalErrors(doing):
            for band in self._bands:
                left, top, width, height = band.targets.T
                columns = (left < window.right) & (left + width > window.column)
                rows = (top < window.bottom) & (top + height > window.row)
                lacking, covered = np.zeros_like(found), np.zeros_like(found)
                for index in np.flatnonzero(columns & rows).tolist():
                    source = band.sources[index]
                    self._add(source, band, window, lacking, covered, doing)
                    used[source.name, source.options] = None
                found |= lacking
        for key in used:
            if key in self._states:
                self._states[key].check(doing)
        return found if found.any() else None

    def check(self, doing: str) -> None:
        """Check that the files of all opened sources are unchanged."""
        for state in self._states.values():
            state.check(doing)
        for band in (band for _, bands in self._open.values() for band in bands.values()):
            band.nested.check(doing)

    def block(self, own: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the size of the blocks that GDAL decodes, in pixels of the VRT, and a place where one begins.

        The size is `own` if no source can be opened on its own. Of bands of several resolutions, windows of this size hold whole blocks of
        all, if that doesn't make them huge; else of the finest.
        """
        found: list[tuple[float, tuple[int, int], tuple[int, int]]] = []
        for source in (band.sources[0] for band in self._bands if band.sources):
            opened = self._source_band(source)
            if opened is None or not source.source[2] or not source.source[3]:
                continue
            size, start = opened.nested.block(tuple(opened.band.GetBlockSize()))
            scale = source.target[2] / source.source[2], source.target[3] / source.source[3]
            width, height = (max(math.ceil(side * by), 1) for side, by in zip(size, scale))
            column, row = (round(to + (at - off) * by) for to, at, off, by in zip(source.target, start, source.source, scale))
            found.append((scale[0] * scale[1], (width, height), (column, row)))
        if not found:
            return own, (0, 0)
        together = math.lcm(*(width for _, (width, _), _ in found)), math.lcm(*(height for _, (_, height), _ in found))
        _, finest, start = min(found)
        return (together if together[0] * together[1] <= HUGE_BLOCK else finest), start

    def input_taken_for_alpha(self, doing: str) -> int | None:
        """Return the number of an input that its file calls alpha, so that GDAL reads 0 in the other bands wherever it is 0."""
        for _, source, found in self._first(doing):
            if source.masked and found.band.GetMaskFlags() & gdal.GMF_ALPHA:
                # GDAL takes the last band for alpha.
                if found.dataset.RasterCount in self._by_file.get(source.name, ()):
                    return int(found.dataset.RasterCount)
            elif (number := found.nested.input_taken_for_alpha(doing)) is not None:
                return number
        return None

    def hides_invalid(self, doing: str) -> bool:
        """Return whether one of the first sources masks pixels, names NoData values or lacks blocks without the VRT showing it."""
        return any(
            (found.masks and not self._masked and not (source.masked and band.marked))
            or set(found.nodata) - set(band.nodata)
            or (not self._masked and has_gaps(found.band) and not found.leaves((*band.nodata, source.nodata if band.marked else None)))
            or found.nested.hides_invalid(doing)
            for band, source, found in self._first(doing)
        )

    def _first(self, doing: str) -> Iterator[tuple[_Band, VrtSource, _SourceBand]]:
        """Yield the first sources of each band that can be opened on their own."""
        for band in self._bands:
            for source in band.sources[:_CHECKED]:
                found = self._source_band(source, doing)
                if found is not None:
                    yield band, source, found

    def _add(self, source: VrtSource, band: _Band, window: Window, lacking: np.ndarray, covered: np.ndarray, doing: str) -> None:
        """Draw a source over those below it: update which pixels of the window lack data, and which are covered by any source."""
        found = self._source_band(source, doing)
        filled = _slices(source.target, window, touched=False)
        opaque = source.nodata is None and not source.masked
        if opaque and not band.computed:
            lacking[filled], covered[filled] = False, True
        footprint = None if found is None else _Footprint.from_window(source, window, found.dataset)
        if found is None or footprint is None:
            return
        there = footprint.target
        lost = self._lost(found, band, source, footprint, doing)
        # Transparent pixels that read as the VRT's own NoData value or mask needn't be looked for.
        shows = band.marked or (self._masked and source.nodata is None)
        if not opaque and (not shows or lacking[filled].any()):
            clear = _matching(found, [] if source.nodata is None else [source.nodata], footprint, doing, masks=source.masked)
            clear = np.zeros_like(lacking[there]) if clear is None else clear
            lacking[there] = np.where(clear, lacking[there] | (band.computed | ~covered[there]), lacking[there] & band.computed)
            covered[there] |= ~clear
            lost = None if lost is None else lost & ~clear
        if lost is not None:
            lacking[there] |= lost
        # Blocks that were never written read as the source's NoData value; if the VRT calls that transparent, they are handled above.
        if not found.leaves([source.nodata]):
            for gap in gaps(found.band, footprint.pixels):
                box = _moved(gap.box, source.source, source.target)
                lacking[_slices(box, window, touched=True)] = True

    def _lost(self, found: _SourceBand, band: _Band, source: VrtSource, footprint: _Footprint, doing: str) -> np.ndarray | None:
        """Return which target pixels are invalid in the source, but not in the VRT."""
        masks = bool(found.masks) and not self._masked and not source.masked
        lost = _matching(found, [value for value in found.nodata if value not in band.nodata], footprint, doing, masks=masks)
        nested = found.nested.invalid(footprint.pixels, doing)
        if nested is None:
            return lost
        return footprint.take(nested) if lost is None else lost | footprint.take(nested)

    def _source_band(self, source: VrtSource, doing: str = "") -> _SourceBand | None:
        """Return the band of a source, or None if it can't be opened on its own: GDAL then reads it in another way, or fails."""
        key = (source.name, source.options)
        if key in self._open:
            self._open.move_to_end(key)
        else:
            dataset = quietly(gdal.OpenEx, source.name, gdal.OF_RASTER, open_options=list(source.options))
            self._open[key] = (dataset, {})
            if dataset is not None and key not in self._states:
                self._states[key] = FileState(dataset, self._watched)
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        dataset, bands = self._open[key]
        if dataset is None:
            return None
        width, height = dataset.RasterXSize, dataset.RasterYSize
        # Without `doing` there is no message to raise yet.
        if doing and source.size is not None and (width < source.size[0] or height < source.size[1]):
            msg = tr(
                "{doing}: {name} has {width} × {height} pixels, but had {full_width} × {full_height} when the virtual raster was built. "
                "Build the virtual raster again."
            ).format(doing=doing, name=source.name, width=width, height=height, full_width=source.size[0], full_height=source.size[1])
            raise RasterError(msg)
        if source.band is None or source.band > dataset.RasterCount:
            return None
        if source.band not in bands:
            bands[source.band] = self._describe(dataset, source.name, source.band)
        return bands[source.band]

    def _describe(self, dataset: gdal.Dataset, name: str, number: int) -> _SourceBand:
        band = dataset.GetRasterBand(number)
        inputs = [n for n in self._by_file.get(name, {number}) if n <= dataset.RasterCount]
        nested = VrtSources(dataset, [number], self._watched, inputs, self._by_file, self._depth + 1)
        own = band.GetNoDataValue()
        # NaN differs from itself.
        nan = own is not None and math.isnan(own)
        nodata = tuple(value for value in nodata_values(dataset, number) if value != own and not (nan and math.isnan(value)))
        return _SourceBand(dataset, band, tuple(mask_bands(dataset, [number], inputs)), nodata, nested)


class _Footprint:
    """The pixels of a source behind a window of the VRT; each pixel of the window takes the one at its centre.

    Attributes:
        pixels: window of the source.
        shape: (height, width) to read them in, not much finer than the window.
        target: rows and columns of the window that they touch.
    """

    def __init__(self, source: VrtSource, window: Window, pixels: Window) -> None:
        self.pixels = pixels
        self.shape = (min(pixels.height, 2 * window.height), min(pixels.width, 2 * window.width))
        rows, columns = self.target = _slices(_moved(pixels.box, source.source, source.target), window, touched=True)
        column, row = np.arange(window.width)[columns] + window.column + 0.5, np.arange(window.height)[rows] + window.row + 0.5
        across, down = source.source[2] / source.target[2], source.source[3] / source.target[3]
        self._column = source.source[0] + (column - source.target[0]) * across - pixels.column
        self._row = source.source[1] + (row - source.target[1]) * down - pixels.row

    @classmethod
    def from_window(cls, source: VrtSource, window: Window, dataset: gdal.Dataset) -> _Footprint | None:
        """Return the footprint of a window, or None if the source has no pixels there."""
        wanted = _whole_pixels(_moved(window.box, source.target, source.source))
        inside = wanted.intersection(_whole_pixels(source.source))
        inside = inside and inside.intersection(Window(0, 0, dataset.RasterXSize, dataset.RasterYSize))
        return None if inside is None else cls(source, window, inside)

    def take(self, array: np.ndarray) -> np.ndarray:
        """Return the values at the target's pixels: shape (rows, columns) of `target`."""
        height, width = array.shape
        row = np.floor(self._row * (height / self.pixels.height)).astype(int).clip(0, height - 1)
        column = np.floor(self._column * (width / self.pixels.width)).astype(int).clip(0, width - 1)
        return np.asarray(array[np.ix_(row, column)])


def _band(dataset: gdal.Dataset, number: int, found: VrtBand) -> _Band:
    band = dataset.GetRasterBand(number)
    targets = np.array([source.target for source in found.sources]).reshape(-1, 4)
    return _Band(found.sources, found.computed, targets, nodata_values(dataset, number), marks_gaps(band, _data_type(band)))


def _data_type(band: gdal.Band) -> np.dtype:
    return np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(band.DataType) or np.float64)


def _matching(found: _SourceBand, values: Sequence[float], footprint: _Footprint, doing: str, *, masks: bool) -> np.ndarray | None:
    """Return which target pixels have one of the values in the source, or are masked there if `masks`; None if there is nothing to ask."""
    invalid = None
    with GdalErrors(doing) as errors:
        if masks:
            invalid = masked(found.masks, footprint.pixels.box, footprint.shape, errors)
        if values:
            array = np.empty(footprint.shape, _data_type(found.band))
            errors.check(found.band.ReadRaster(*footprint.pixels.box, buf_xsize=array.shape[1], buf_ysize=array.shape[0], buf_obj=array))
            invalid = np.zeros(array.shape, bool) if invalid is None else invalid
            if any(map(math.isnan, values)):
                invalid |= np.isnan(array)
            for value in pixel_values(values, array.dtype):
                invalid |= array == value
    return None if invalid is None else footprint.take(invalid)


def _moved(box: Box, start: Box, end: Box) -> Box:
    """Transform a rectangle as `start` is mapped onto `end`."""
    across, down = end[2] / start[2] if start[2] else 0.0, end[3] / start[3] if start[3] else 0.0
    return (end[0] + (box[0] - start[0]) * across, end[1] + (box[1] - start[1]) * down, box[2] * across, box[3] * down)


def _whole_pixels(box: Box, *, touched: bool = True) -> Window:
    """Return the pixels that a rectangle touches, or else those that it fills, disregarding rounding errors."""
    low, high, slack = (math.floor, math.ceil, 1e-6) if touched else (math.ceil, math.floor, -1e-6)
    left, top = low(box[0] + slack), low(box[1] + slack)
    return Window(left, top, high(box[0] + box[2] - slack) - left, high(box[1] + box[3] - slack) - top)


def _slices(box: Box, window: Window, *, touched: bool) -> tuple[slice, slice]:
    """Return the rows and columns of a window's array that a rectangle touches, or else fills."""
    whole = _whole_pixels(box, touched=touched)
    row, column = whole.row - window.row, whole.column - window.column
    return slice(max(row, 0), max(row + whole.height, 0)), slice(max(column, 0), max(column + whole.width, 0))
