"""Reading rasters: windows of raw values, and the NoData rule that says which pixels are valid (`Source.read`)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from osgeo import gdal, gdal_array

from ..bands import BandRoles
from ..errors import InputError
from ..grid import HUGE_BLOCK, Grid, Window
from ..translation import tr
from .completeness import FileState, check_length, check_name, gap_mask, has_gaps
from .gdal_errors import GdalErrors
from .raster_file import RasterFile, user_nodata
from .validity import marks_gaps, mask_bands, masked, nodata_values, pixel_values
from .vrt_sources import VrtSources
from .windows import Reopenable

# GDAL's block cache is shared by the whole process and may grow to gigabytes, so a source frees its part after reading this many bytes;
# a virtual raster, which has to be opened again for that, later.
_CACHE_SHARE, _CACHE_SHARE_VIRTUAL = 8 * 1024 * 1024, 32 * 1024 * 1024
_MAX_CACHED = 2 * 1024 * 1024 * 1024


def open_raster(raster: str | RasterFile, options: Sequence[str] = ()) -> gdal.Dataset:
    """Open a raster for reading.

    CRS and NoData of the dataset are those of the file; `grid_of` and `Source` apply the layer's settings.

    Args:
        raster: GDAL name, or a layer's `RasterFile`.
        options: open options, KEY=VALUE.

    Raises:
        RasterError: GDAL can't open it.
    """
    path = str(raster)
    check_name(path)
    with GdalErrors(tr("{path} can't be opened as a raster").format(path=path), strict=False) as errors:
        return errors.check(gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, open_options=list(options)))


def grid_of(raster: str | RasterFile) -> Grid:
    """Return a raster's grid; raise RasterError if GDAL can't open it, InputError if its georeference is invalid."""
    return grid_of_dataset(open_raster(raster), raster)


def grid_of_dataset(dataset: gdal.Dataset, raster: str | RasterFile) -> Grid:
    """Return the grid of an open raster.

    The layer's CRS takes precedence over the file's, and that over the CRS of ground control points.

    Args:
        dataset: the open raster.
        raster: its name, or the layer's `RasterFile`.

    Raises:
        InputError: its georeference is invalid.
    """
    transform = dataset.GetGeoTransform(can_return_null=True)
    crs = RasterFile.from_name(raster).crs
    if crs is None:
        crs = dataset.GetProjection() or dataset.GetGCPProjection() or ""
    if transform is not None:
        _check_transform(transform, str(raster))
    return Grid(dataset.RasterXSize, dataset.RasterYSize, None if transform is None else tuple(transform), crs)


def _check_transform(transform: Sequence[float], path: str) -> None:
    _, dx, rx, _, ry, dy = transform
    if not all(map(math.isfinite, transform)):
        msg = tr("The georeference of {path} has NaN or infinite values ({values}): assign a valid one first.")
    elif dx * dy - rx * ry == 0:
        msg = tr("The georeference of {path} gives its pixels zero area ({values}): assign a valid one first.")
    else:
        return
    raise InputError(msg.format(path=path, values=", ".join(f"{value:g}" for value in transform)))


def scaling_of(band: gdal.Band) -> tuple[float | None, float | None]:
    """Return the declared scale and offset of a band; None if there is none.

    Several drivers (VRT, JPEG 2000, Erdas Imagine) report 1 and 0 if nothing is declared.
    """
    declared = band.GetScale(), band.GetOffset()
    return (None, None) if declared in {(1.0, 0.0), (1.0, None), (None, 0.0)} else declared


def data_type_of(band: gdal.Band, path: str) -> np.dtype:
    """Return the data type of a band.

    Args:
        band: of the raster.
        path: the raster's name, for the error message.

    Raises:
        InputError: the values aren't real numbers.
    """
    code = gdal_array.GDALTypeCodeToNumericTypeCode(band.DataType)
    if code is None or np.dtype(code).kind not in "iuf":
        msg = tr("Band {band} of {path} has data type {type}, but real numbers are needed: convert it first.")
        raise InputError(msg.format(band=band.GetBand(), path=path, type=gdal.GetDataTypeName(band.DataType)))
    if band.DataType == gdal.GDT_Byte and band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE") == "SIGNEDBYTE":
        return np.dtype(np.int8)
    return np.dtype(code)


def _check_scale(band: gdal.Band, path: str) -> None:
    scale, offset = band.GetScale(), band.GetOffset()
    if not (math.isfinite(1.0 if scale is None else scale) and scale != 0 and math.isfinite(offset or 0.0)):
        msg = tr(
            "Band {band} of {path} declares the invalid scale {scale} or offset {offset}: correct them, for example with "
            "gdal_edit.py -scale 1 -offset 0."
        )
        raise InputError(msg.format(band=band.GetBand(), path=path, scale=scale, offset=offset))


class Source(Reopenable):
    """The chosen bands of a raster, opened for reading in one thread.

    The NoData rule: a pixel is valid if it is valid in every chosen band. There it must not equal the declared NoData value, one named in
    the metadata, or one set in the layer's properties; not be NaN or infinite; not be masked by a mask band, or by an alpha band that isn't
    an input itself; and not lie in a gap of a mosaic or in a block that the file, or a source of a VRT, lacks.

    Args:
        raster: GDAL name, or a layer's `RasterFile`.
        roles: the bands to read.
        grid: the raster's grid, if it is known already.

    Raises:
        RasterError: GDAL can't open the raster, or it is truncated.
        InputError: a band isn't of real numbers, or its declared scale, its offset or the georeference is invalid.
    """

    def __init__(self, raster: str | RasterFile, roles: BandRoles, grid: Grid | None = None) -> None:
        self.raster, self._roles = RasterFile.from_name(raster), roles
        self.path = self.raster.path
        self.options: tuple[str, ...] = ()
        self._set = tuple(self.raster.band_nodata(number) for number in roles.numbers)
        self._read_since_release = 0
        self._open()
        check_length(self._dataset, self.path)
        self._files = FileState(self._dataset)
        virtual = self._dataset.GetDriver().ShortName == "VRT"
        self._sources = VrtSources(self._dataset, roles.numbers, watched=self._files)
        # The first CRS in a thread costs about 20 ms, since PROJ opens its database again.
        self.grid = grid_of_dataset(self._dataset, self.raster) if grid is None else grid
        self.data_types = tuple(data_type_of(b, self.path) for b in self._bands)
        self.block, self.block_start = self._sources.block(tuple(self._bands[0].GetBlockSize()))
        # The cache must hold one block of each band, or blocks would be decoded again for each window.
        held = self.block[0] * self.block[1] * sum(data_type.itemsize for data_type in self.data_types)
        self._kept = max(_CACHE_SHARE_VIRTUAL if virtual else _CACHE_SHARE, min(held, _MAX_CACHED))
        for band in self._bands:
            _check_scale(band, self.path)
        self._nodata = tuple(
            pixel_values(nodata_values(self._dataset, n) if own.declared else (), t)
            for n, t, own in zip(roles.numbers, self.data_types, self._set)
        )

    def _open(self) -> None:
        self._dataset = open_raster(self.path, self.options)
        known = self.options or self._dataset.GetDriver().ShortName != "GPKG"
        if not known and self._dataset.RasterCount in {1, 3} and self._dataset.GetRasterBand(1).DataType == gdal.GDT_Byte:
            # Missing tiles are transparent, which only an additional alpha band shows.
            self.options = (f"BAND_COUNT={self._dataset.RasterCount + 1}",)
            self._dataset = open_raster(self.path, self.options)
        self._bands = [self._dataset.GetRasterBand(n) for n in self._roles.numbers]
        self._masks = mask_bands(self._dataset, self._roles.numbers)
        self._unfilled = [
            band for band, own in zip(self._bands, self._set) if not (own.declared and marks_gaps(band, data_type_of(band, self.path)))
        ]

    def reopened(self) -> Source:
        """Return the same bands, opened for the thread that calls this; the files must be those that this source opened."""
        self._files.check(self._doing)
        other = super().reopened()
        other._open()
        other._read_since_release = 0
        return other

    @property
    def dataset(self) -> gdal.Dataset:
        """The open raster; replaced by another one from time to time while reading."""
        return self._dataset

    @property
    def hides_invalid(self) -> bool:
        """Whether GDAL reads invalid pixels as valid: missing blocks and gaps, and what sources of a VRT mask or call NoData."""
        return (not self._masks and any(map(has_gaps, self._unfilled))) or self._sources.hides_invalid(self._doing)

    @property
    def input_taken_for_alpha(self) -> int | None:
        """Number of an input that the sources of a VRT call alpha, so that GDAL reads 0 in the other bands wherever it is 0."""
        return self._sources.input_taken_for_alpha(self._doing)

    @property
    def has_huge_blocks(self) -> bool:
        """Whether blocks are so large that reading part of one is slow."""
        return self.block[0] * self.block[1] > HUGE_BLOCK

    @property
    def scales(self) -> tuple[float | None, ...]:
        """Declared scale of each band: physical = raw · scale + offset."""
        return tuple(scaling_of(b)[0] for b in self._bands)

    @property
    def offsets(self) -> tuple[float | None, ...]:
        """Declared offset of each band."""
        return tuple(scaling_of(b)[1] for b in self._bands)

    def read(self, window: Window, shape: tuple[int, int] | None = None) -> tuple[list[np.ndarray], np.ndarray | None]:
        """Read a window.

        Args:
            window: of the raster.
            shape: (height, width) to read it in, to the nearest pixel and from overviews if there are any; None = the window's own. At
                any other, gaps and what `hides_invalid` finds are missed.

        Returns:
            Raw values, one array of that shape per band, and where they are valid: bool of the same shape, or None if everywhere.

        Raises:
            RasterError: a file is damaged, missing or has changed; the message names file and window.
        """
        own = (window.height, window.width)
        shape = shape or own
        where = tr("{path} can't be read at columns {column} to {last_column}, rows {row} to {last_row}").format(
            path=self.path, column=window.column, last_column=window.right - 1, row=window.row, last_row=window.bottom - 1
        )
        arrays: list[np.ndarray] = []
        with GdalErrors(where) as errors:
            if len(set(self.data_types)) == 1:
                stack = np.empty((len(self._bands), *shape), self.data_types[0])
                errors.check(self._dataset.ReadRaster(*window.box, shape[1], shape[0], band_list=list(self._roles.numbers), buf_obj=stack))
                arrays = list(stack)
            else:
                for band, data_type in zip(self._bands, self.data_types):
                    array = np.empty(shape, data_type)
                    errors.check(band.ReadRaster(*window.box, shape[1], shape[0], buf_obj=array))
                    arrays.append(array)
            invalid = [masked(self._masks, window.box, shape, errors), gap_mask(self._unfilled, window) if shape == own else None]
        self._files.check(where)
        if shape == own:
            invalid.append(self._sources.invalid(window, where))
        self._read_since_release += sum(array.nbytes for array in arrays)
        if self._read_since_release > self._kept:
            self._release()
            self._read_since_release = 0
        return arrays, _valid(chain(invalid, self._nodata_masks(arrays)))

    def _nodata_masks(self, arrays: Sequence[np.ndarray]) -> Iterator[np.ndarray | None]:
        """Yield where values of a band are NoData, NaN or infinite."""
        for array, nodata, own in zip(arrays, self._nodata, self._set):
            # Where no value is NoData, two passes tell; NaN makes both NaN.
            low, high = array.min(), array.max()
            if not (math.isfinite(low) and math.isfinite(high)):
                yield ~np.isfinite(array)
            yield from (array == value for value in nodata if not (value < low or value > high))
            yield user_nodata(own.ranges, array)

    def check_unchanged(self) -> None:
        """Raise RasterError if a file was rewritten or removed since it was opened."""
        self._files.check(self._doing)
        self._sources.check(self._doing)

    @property
    def _doing(self) -> str:
        return tr("{path} can't be used").format(path=self.path)

    def _release(self) -> None:
        """Free cached blocks, so that memory use doesn't grow with the raster.

        Flushing frees the dataset's own blocks; sources of a VRT keep theirs until it is closed.
        """
        self._dataset.FlushCache()
        if self._dataset.GetDriver().ShortName == "VRT":
            self._masks, self._unfilled, self._bands, self._dataset = [], [], [], None
            self._open()


def _valid(invalid: Iterable[np.ndarray | None]) -> np.ndarray | None:
    """Return where none of the masks is set, or None if that is everywhere."""
    merged = None
    for mask in invalid:
        if mask is not None:
            merged = mask if merged is None else np.logical_or(merged, mask, out=merged)
    return None if merged is None or not merged.any() else ~merged
