"""Reading rasters: windows of raw values, and which pixels are valid."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from osgeo import gdal, gdal_array

from ..bands import BandRoles
from ..errors import InputError
from ..grid import HUGE_BLOCK, Grid, Window
from ..translation import tr
from .completeness import FileState, check_length, check_name, gap_mask, has_gaps
from .gdal_errors import GdalErrors
from .raster_file import RasterFile, user_nodata
from .validity import as_pixel_value, marks_gaps, mask_bands, masked, nodata_values
from .vrt_sources import VrtSources

# GDAL's block cache belongs to the whole process and may grow to gigabytes: after reading this many bytes a source empties its own.
_CACHE_SHARE = 32 * 1024 * 1024
_MAX_CACHED = 2 * 1024 * 1024 * 1024


def open_raster(raster: str | RasterFile, options: Sequence[str] = ()) -> gdal.Dataset:
    """Open a raster for reading; CRS and NoData of the dataset are the file's: ask `grid_of` and `Source` for those that hold.

    Raises:
        RasterError: GDAL can't open it, or would wait for it without end.
    """
    path = str(raster)
    check_name(path)
    with GdalErrors(tr("{path} can't be opened as a raster").format(path=path), strict=False) as errors:
        return errors.check(gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, open_options=list(options)))


def grid_of(raster: str | RasterFile) -> Grid:
    """Return a raster's grid.

    Raises:
        RasterError: GDAL can't open it.
        InputError: its georeference places no pixels.
    """
    return grid_of_dataset(open_raster(raster), raster)


def grid_of_dataset(dataset: gdal.Dataset, raster: str | RasterFile) -> Grid:
    """Return the grid: the CRS is the layer's where one is set there; where ground control points alone place the raster, it is theirs."""
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
        msg = tr("The georeference of {path} holds a value that isn't a number, or is infinite ({values}): assign a right one first.")
    elif dx * dy - rx * ry == 0:
        msg = tr("The georeference of {path} gives its pixels no area ({values}): assign a right one first.")
    else:
        return
    raise InputError(msg.format(path=path, values=", ".join(f"{value:g}" for value in transform)))


def scaling_of(band: gdal.Band) -> tuple[float | None, float | None]:
    """Declared scale and offset of a band, None where there is none.

    Virtual rasters, JPEG 2000, Erdas Imagine and others have 1 and 0 where nothing was declared.
    """
    declared = band.GetScale(), band.GetOffset()
    return (None, None) if declared in {(1.0, 0.0), (1.0, None), (None, 0.0)} else declared


def data_type_of(band: gdal.Band, path: str) -> np.dtype:
    """Return the type of a band's values.

    Raises:
        InputError: they aren't real numbers.
    """
    code = gdal_array.GDALTypeCodeToNumericTypeCode(band.DataType)
    if code is None or np.dtype(code).kind not in "iuf":
        msg = tr("Band {band} of {path} holds {type} values, where real numbers are needed: save it with another data type first.").format(
            band=band.GetBand(), path=path, type=gdal.GetDataTypeName(band.DataType)
        )
        raise InputError(msg)
    if band.DataType == gdal.GDT_Byte and band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE") == "SIGNEDBYTE":
        return np.dtype(np.int8)
    return np.dtype(code)


def _check_scale(band: gdal.Band, path: str) -> None:
    scale, offset = band.GetScale(), band.GetOffset()
    if not (math.isfinite(1.0 if scale is None else scale) and scale != 0 and math.isfinite(offset or 0.0)):
        msg = tr(
            "Band {band} of {path} declares the scale {scale} and the offset {offset}, with which its values mean nothing: declare right "
            "ones, as with gdal_edit.py -scale 1 -offset 0."
        )
        msg = msg.format(band=band.GetBand(), path=path, scale=scale, offset=offset)
        raise InputError(msg)


class Source:
    """The bands of one raster, opened for one thread: gives windows of raw values and says which pixels are valid.

    A pixel is valid where all chosen bands are: not the band's NoData value, nor one that the metadata call so or that is set in the
    layer's properties, not NaN or infinite, not masked by a mask band or an alpha band that isn't chosen itself, and there at all, which
    it isn't in the gaps of a mosaic or in tiles that a file, or a source behind it, lacks.

    Raises:
        RasterError: GDAL can't open it, or it is shorter than its pixels need.
        InputError: a band isn't of real numbers, or its declared scale or offset, or the georeference, makes no sense.
    """

    def __init__(self, raster: str | RasterFile, roles: BandRoles, grid: Grid | None = None) -> None:
        """Open the raster; its grid needn't be read where it is known."""
        self.raster, self._roles = RasterFile.from_name(raster), roles
        self.path = self.raster.path
        self.options: tuple[str, ...] = ()
        self._set = tuple(self.raster.band_nodata(number) for number in roles.numbers)
        self._read_since_release = 0
        self._open()
        check_length(self._dataset, self.path)
        self._files = FileState(self._dataset)
        virtual = self._dataset.GetDriver().ShortName == "VRT"
        self._sources = VrtSources(self._dataset, roles.numbers, watched=self._files) if virtual else None
        # The first CRS that a thread asks for costs some 20 milliseconds: PROJ opens its database anew.
        self.grid = grid_of_dataset(self._dataset, self.raster) if grid is None else grid
        self.data_types = tuple(data_type_of(b, self.path) for b in self._bands)
        own = tuple(self._bands[0].GetBlockSize())
        self.block = own if self._sources is None else self._sources.block(own)
        # A block is let go of only once as much was read as it holds, or it would be decoded again for each window.
        held = self.block[0] * self.block[1] * sum(data_type.itemsize for data_type in self.data_types)
        self._kept = max(_CACHE_SHARE, min(held, _MAX_CACHED))
        for band in self._bands:
            _check_scale(band, self.path)
        self._nodata = tuple(
            tuple(
                fitting for value in nodata_values(self._dataset, n) if own.declared and (fitting := as_pixel_value(value, t)) is not None
            )
            for n, t, own in zip(roles.numbers, self.data_types, self._set)
        )

    def _open(self) -> None:
        self._dataset = open_raster(self.path, self.options)
        known = self.options or self._dataset.GetDriver().ShortName != "GPKG"
        if not known and self._dataset.RasterCount in {1, 3} and _is_byte(self._dataset):
            # A tile that isn't there is transparent, which shows in a further band alone.
            self.options = (f"BAND_COUNT={self._dataset.RasterCount + 1}",)
            self._dataset = open_raster(self.path, self.options)
        self._bands = [self._dataset.GetRasterBand(n) for n in self._roles.numbers]
        self._masks = mask_bands(self._dataset, self._roles.numbers)
        self._unfilled = [
            band for band, own in zip(self._bands, self._set) if not (own.declared and marks_gaps(band, data_type_of(band, self.path)))
        ]

    @property
    def dataset(self) -> gdal.Dataset:
        """The raster as it is open, with `options`; another one after some windows were read."""
        return self._dataset

    @property
    def has_hidden_nodata(self) -> bool:
        """Whether files behind a virtual raster mask pixels, or name NoData values, of which that itself says nothing."""
        return self._sources is not None and self._sources.has_hidden_nodata(tr("{path} can't be relied on").format(path=self.path))

    @property
    def has_hidden_gaps(self) -> bool:
        """Whether tiles were never written, or a mosaic has gaps, which neither a NoData value nor a mask shows: they read 0."""
        if self._masks:
            return False
        if any(has_gaps(band) for band in self._unfilled):
            return True
        return self._sources is not None and self._sources.has_hidden_gaps(tr("{path} can't be relied on").format(path=self.path))

    @property
    def input_taken_for_alpha(self) -> int | None:
        """The band of files behind a virtual raster that is an input and that they call alpha, so that all read 0 where it is 0."""
        return (
            None if self._sources is None else self._sources.input_taken_for_alpha(tr("{path} can't be relied on").format(path=self.path))
        )

    @property
    def has_huge_blocks(self) -> bool:
        """Whether the image lies in so large blocks that reading a part of one takes long."""
        return self.block[0] * self.block[1] > HUGE_BLOCK

    @property
    def scales(self) -> tuple[float | None, ...]:
        """Declared scale of each band: physical = raw · scale + offset."""
        return tuple(scaling_of(b)[0] for b in self._bands)

    @property
    def offsets(self) -> tuple[float | None, ...]:
        """Declared offset of each band."""
        return tuple(scaling_of(b)[1] for b in self._bands)

    def read(self, window: Window) -> tuple[list[np.ndarray], np.ndarray | None]:
        """Read a window.

        Returns:
            One array of raw values a band, shape (height, width), and where they are valid (bool, the same shape), or None
            where all are.

        Raises:
            RasterError: the file is torn, its source is gone, or one was changed since this was made; names file and place.
        """
        shape = (window.height, window.width)
        where = tr("{path} can't be read at columns {column} to {last_column}, rows {row} to {last_row}").format(
            path=self.path,
            column=window.column,
            last_column=window.column + window.width - 1,
            row=window.row,
            last_row=window.row + window.height - 1,
        )
        box = (window.column, window.row, window.width, window.height)
        arrays: list[np.ndarray] = []
        valid = None
        with GdalErrors(where) as errors:
            if len(set(self.data_types)) == 1:
                stack = np.empty((len(self._bands), *shape), self.data_types[0])
                errors.check(self._dataset.ReadRaster(*box, band_list=list(self._roles.numbers), buf_obj=stack))
                arrays = list(stack)
            else:
                for band, data_type in zip(self._bands, self.data_types):
                    array = np.empty(shape, data_type)
                    errors.check(band.ReadRaster(*box, buf_obj=array))
                    arrays.append(array)
            hidden = masked(self._masks, box, shape, errors)
            nothing = gap_mask(self._unfilled, window)
        self._files.check(where)
        behind = None if self._sources is None else self._sources.invalid(window, where)
        for lacking in (hidden, nothing, behind):
            valid = valid if lacking is None else _both(valid, ~lacking)
        self._read_since_release += sum(array.nbytes for array in arrays)
        if self._read_since_release > self._kept:
            self._release()
            self._read_since_release = 0
        for array, values, own in zip(arrays, self._nodata, self._set):
            if array.dtype.kind == "f":
                finite = np.isfinite(array)
                valid = valid if finite.all() else _both(valid, finite)
            for value in values:
                valid = _both(valid, array != value)
            also = user_nodata(own.ranges, array)
            valid = valid if also is None else _both(valid, ~also)
        if valid is not None and valid.all():
            valid = None
        return arrays, valid

    def check_unchanged(self) -> None:
        """Check that the files are those that were opened.

        Raises:
            RasterError: one was written anew or removed.
        """
        doing = tr("{path} can't be relied on").format(path=self.path)
        self._files.check(doing)
        if self._sources is not None:
            self._sources.check(doing)

    def _release(self) -> None:
        """Let go of cached blocks, so that memory doesn't grow with the raster.

        Flushing empties the dataset's own cache; the files behind a virtual raster keep theirs until it is closed.
        """
        self._dataset.FlushCache()
        if self._dataset.GetDriver().ShortName == "VRT":
            self._masks, self._unfilled, self._bands, self._dataset = [], [], [], None
            self._open()


def _is_byte(dataset: gdal.Dataset) -> bool:
    return dataset.GetRasterBand(1).DataType == gdal.GDT_Byte


def _both(one: np.ndarray | None, other: np.ndarray) -> np.ndarray:
    return other if one is None else np.logical_and(one, other, out=one)
