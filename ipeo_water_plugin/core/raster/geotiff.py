"""Writing a GeoTIFF window by window: to a temporary file beside the destination, looked over, then renamed."""

from __future__ import annotations

import contextlib
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from osgeo import gdal, gdal_array

from ..errors import CancelledError, InputError, RasterError
from ..grid import Grid, Window
from ..system.files import FileTransaction, check_space, space_advice, temporary_beside
from ..system.redaction import redacted
from ..translation import tr
from .collisions import SIDECARS
from .creation_options import RasterKind, cog_options, creation_options, file_size_bounds, given_options, is_on
from .gdal_errors import GdalErrors
from .raster_file import RasterFile
from .source import open_raster

METADATA_DOMAIN = "IPEO_WATER"

# A block that is written in parts must not leave GDAL's cache between them: it would be compressed again and again, and the file grow.
_FLUSH_BYTES = 12 * 1024 * 1024

# How statistics are summed: the middle from one value in so many, squares by rows of so many.
_STRIDE, _ROW = 64, 1024

# What is read back and compared: squares of this side, so many of them, and how far off a value may be that the user wants lossy.
_SIDE = 64
_KEPT_PARTS = 2000
_TOLERANCE = 1e-3

_LAYOUT = frozenset({"TILED", "BLOCKXSIZE", "BLOCKYSIZE", "BLOCKSIZE", "SPARSE_OK", "NUM_THREADS", "BIGTIFF"})


@dataclass(frozen=True)
class Statistics:
    """Of the valid values written: count, smallest, largest, sum, and sum of the squared deviations from the mean."""

    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    total: float = 0.0
    spread: float = 0.0

    @classmethod
    def from_values(cls, values: np.ndarray) -> Statistics:
        """Measure an array."""
        if not values.size:
            return cls()
        flat = values.reshape(-1)
        flat = flat if flat.dtype == np.float32 else flat.astype(np.float32)
        # Around a value near the mean single precision suffices for one window, summed pairwise or by rows; the rest is done in double.
        middle = flat[::_STRIDE].mean()
        around = flat - middle
        rest, whole = float(around.sum()), flat.size // _ROW * _ROW
        rows = around[:whole].reshape(-1, _ROW)
        squares = np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64) + np.square(around[whole:]).sum(dtype=np.float64)
        spread = max(float(squares) - rest * rest / flat.size, 0.0)
        return cls(flat.size, float(flat.min()), float(flat.max()), flat.size * float(middle) + rest, spread)

    def __add__(self, other: Statistics) -> Statistics:
        """Return the statistics of both together (Chan, Golub & LeVeque 1983, doi 10.1080/00031305.1983.10483115)."""
        count = self.count + other.count
        apart = 0.0
        if self.count and other.count:
            step = other.total / other.count - self.total / self.count
            apart = step * step * self.count * other.count / count
        return Statistics(
            count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.spread + other.spread + apart,
        )

    @property
    def mean(self) -> float | None:
        """The mean, or None of nothing."""
        return self.total / self.count if self.count else None

    @property
    def deviation(self) -> float:
        """The population's standard deviation."""
        return math.sqrt(self.spread / self.count) if self.count else 0.0


class GeoTiffWriter:
    """A GeoTIFF that appears at its destination whole or not at all.

    Use as a context: `write` windows, `close` the file and `place` it. Left without `place`, it leaves nothing behind and what stood
    at the destination untouched.

    Args:
        destination: where the file shall stand; ends in .tif or .tiff.
        grid: its size, place and CRS.
        kind: its values.
        tile: width and height of its tiles, multiples of 16.
        cog: make it a Cloud Optimized GeoTIFF.
        options: GDAL creation options, KEY=VALUE, that override the defaults.
        like: a raster whose ground control points are kept where the grid has no geotransform.
        filled: the tiles come encoded, in `close`; nothing is written before.

    Raises:
        InputError: another extension, or a malformed option.
        WaterError: the folder can't be written to.
        RasterError: GDAL can't create the file.
    """

    def __init__(
        self,
        destination: Path,
        grid: Grid,
        kind: RasterKind,
        tile: tuple[int, int],
        *,
        cog: bool = False,
        options: Sequence[str] = (),
        like: gdal.Dataset | None = None,
        filled: bool = False,
    ) -> None:
        """Create the temporary file."""
        if destination.suffix.lower() not in {".tif", ".tiff"}:
            msg = tr("{destination} doesn't end in .tif: rasters are written as GeoTIFF.").format(destination=destination)
            raise InputError(msg)
        self._destination, self._grid, self._kind, self._cog, self._options = destination, grid, kind, cog, tuple(options)
        self._unflushed, self._placed = 0, False
        self._temporary = temporary_beside(destination, ".tif")
        least, self._most = file_size_bounds(grid, kind, tile, given_options(options), cog=cog)
        check_space(destination, least)
        own = creation_options(kind, tile, () if cog else options)
        self._sparse = is_on(given_options(options).get("SPARSE_OK", ""))
        if cog or not self._sparse:
            # Else GDAL would fill the rest of a file that is given up, gigabytes of it, before it closes that.
            own = [option for option in own if not option.startswith("SPARSE_OK=")]
            own += ["SPARSE_OK=TRUE", *([] if filled else ["@WRITE_EMPTY_TILES_SYNCHRONOUSLY=TRUE"])]
        self._written = Written(kind, dense=bool(options))
        try:
            with self._writing(tr("{destination} can't be created")) as errors:
                driver = gdal.GetDriverByName("GTiff")
                self._dataset = errors.check(
                    driver.Create(str(self._temporary), grid.width, grid.height, kind.bands, kind.data_type, options=own)
                )
                self._set_up(like)
        except RasterError:
            _remove(self._temporary)
            raise

    @contextlib.contextmanager
    def _writing(self, what: str) -> Iterator[GdalErrors]:
        """Collect GDAL's failures, and say how much room there is and may be needed where that may be the reason."""
        try:
            with GdalErrors(what.format(destination=self._destination)) as errors:
                yield errors
        except RasterError as error:
            advice = space_advice(self._destination, self._most, self._temporary)
            if not advice:
                raise
            msg = f"{error} {advice}"
            raise RasterError(msg) from error

    def _set_up(self, like: gdal.Dataset | None) -> None:
        dataset, kind = self._dataset, self._kind
        if self._grid.geotransform is not None:
            dataset.SetGeoTransform(self._grid.geotransform)
        if like is not None and self._grid.geotransform is None and like.GetGCPCount():
            dataset.SetGCPs(like.GetGCPs(), self._grid.crs)
        elif self._grid.crs:
            dataset.SetProjection(self._grid.crs)
        for number, description in enumerate((kind.description, *kind.further), start=1):
            band = dataset.GetRasterBand(number)
            band.SetNoDataValue(kind.nodata)
            band.SetDescription(description)
        if kind.scale is not None:
            band = dataset.GetRasterBand(1)
            band.SetScale(kind.scale)
            band.SetOffset(0.0)

    def __enter__(self) -> GeoTiffWriter:
        """Return the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove the temporary file, if it is still there."""
        if self._dataset is not None:
            # What can't be written any more needs no word: the file goes.
            with contextlib.suppress(RasterError), GdalErrors(""):
                self._dataset = None
        if not self._placed:
            _remove(self._temporary)

    def write(self, window: Window, values: np.ndarray) -> None:
        """Write a window of the grid.

        Args:
            window: of the grid.
            values: shape (height, width), or (bands, height, width) where there are several.

        Raises:
            RasterError: the disk is full, say.
        """
        with self._writing(tr("{destination} can't be written")) as errors:
            box = (window.column, window.row, window.width, window.height)
            code = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype.type)
            errors.check(self._dataset.WriteRaster(*box, np.ascontiguousarray(values), buf_type=code))
            self._written.keep(window, values)
            # GDAL compresses only when blocks leave its cache, which may hold the whole raster: make them leave early. The band
            # hands its blocks to the compressing threads and goes on; the dataset would wait for all of them.
            self._unflushed += values.nbytes
            if self._whole_blocks(window) or self._unflushed > _FLUSH_BYTES:
                for number in range(1, self._kind.bands + 1):
                    self._dataset.GetRasterBand(number).FlushCache()
                self._unflushed = 0

    def _whole_blocks(self, window: Window) -> bool:
        """Whether a window ends where the file's own blocks end, whatever creation options asked for."""
        width, height = self._dataset.GetRasterBand(1).GetBlockSize()
        right, bottom = window.column + window.width, window.row + window.height
        across = window.column % width == 0 and (right % width == 0 or right == self._grid.width)
        down = window.row % height == 0 and (bottom % height == 0 or bottom == self._grid.height)
        return across and down

    def close(
        self,
        statistics: Statistics,
        metadata: Mapping[str, str],
        progress: Callable[[float], bool] | None = None,
        further: Sequence[Statistics] = (),
        fill: Callable[[Path], None] | None = None,
    ) -> Path:
        """Close the file and look it over; return where it lies until it is placed.

        Args:
            statistics: of all valid values of the first band as they are stored.
            metadata: goes into the domain IPEO_WATER, without credentials.
            progress: told the share done of making a Cloud Optimized GeoTIFF; False stops it.
            further: statistics of the bands after the first.
            fill: puts encoded tiles into the closed file, where the writer was made to be filled.

        Raises:
            RasterError: GDAL can't write all of it, or what it wrote isn't whole.
            CancelledError: `progress` stopped it.
        """
        metadata = {key: redacted(value) for key, value in metadata.items()}
        with self._writing(tr("{destination} can't be written")):
            self._dataset.SetMetadata(dict(metadata), METADATA_DOMAIN)
            if self._cog:
                # The COG driver copies the default domain alone.
                for key, value in metadata.items():
                    self._dataset.SetMetadataItem(f"{METADATA_DOMAIN}_{key}", value)
            for number, measured in enumerate((statistics, *further), start=1):
                if not measured.count:
                    continue
                band = self._dataset.GetRasterBand(number)
                band.SetStatistics(measured.minimum, measured.maximum, measured.mean, measured.deviation)
                # Said beside them, so that no reader takes them for an estimate.
                band.SetMetadataItem("STATISTICS_VALID_PERCENT", f"{100 * measured.count / self._grid.window.pixels:.4g}")
            self._dataset.FlushCache()
            # Closing writes the directory, and may be the moment at which a full disk shows.
            self._dataset = None
            if fill is not None:
                fill(self._temporary)
        if self._cog:
            self._optimize(progress)
        with self._writing(tr("{destination} was not written whole")):
            _check_whole(self._temporary, self._grid, self._destination, sparse=self._sparse)
            self._written.check(self._temporary, self._destination, self._options)
        return self._temporary

    def place(self, transaction: FileTransaction | None = None) -> None:
        """Put the closed file at its destination, or hand it over to be put there together with others.

        Raises:
            WaterError: the destination can't be replaced.
        """
        with contextlib.ExitStack() as stack:
            to = transaction or stack.enter_context(FileTransaction())
            self._placed = True
            stale = sidecars(self._destination)
            # Some creation options have GDAL write a part of what it knows beside the raster: a world file, metadata.
            for beside in _beside(self._temporary):
                whole = beside.name.startswith(self._temporary.name)
                own, name = (self._temporary.name, self._destination.name) if whole else (self._temporary.stem, self._destination.stem)
                to.add(beside, self._destination.with_name(name + beside.name[len(own) :]), stale)
                stale = []
            to.add(self._temporary, self._destination, stale)

    def _optimize(self, progress: Callable[[float], bool] | None) -> None:
        plain = self._temporary
        optimized = temporary_beside(self._destination, ".tif")
        stopped = False

        def report(fraction: float, _message: str, _data: object) -> int:
            nonlocal stopped
            stopped = progress is not None and not progress(fraction)
            return 0 if stopped else 1

        try:
            with self._writing(tr("{destination} can't be made a Cloud Optimized GeoTIFF")) as errors:
                source = errors.check(gdal.Open(str(plain)))
                options = cog_options(self._kind, self._options)
                copy = errors.check(gdal.GetDriverByName("COG").CreateCopy(str(optimized), source, options=options, callback=report))
                copy.FlushCache()
                copy = source = None
        except RasterError as error:
            _remove(optimized)
            if stopped:
                msg = tr("Cancelled.")
                raise CancelledError(msg) from error
            raise
        self._temporary = optimized
        _remove(plain)


def provenance(raster: str | RasterFile) -> dict[str, str]:
    """Return what a result says of itself: MODEL_SHA256, SOURCE, THRESHOLD and the like; empty for other rasters.

    Raises:
        RasterError: GDAL can't open it.
    """
    dataset = open_raster(raster)
    prefix = f"{METADATA_DOMAIN}_"
    plain = {key[len(prefix) :]: value for key, value in (dataset.GetMetadata() or {}).items() if key.startswith(prefix)}
    return {**plain, **(dataset.GetMetadata(METADATA_DOMAIN) or {})}


def check_options(kind: RasterKind, options: Sequence[str], *, cog: bool = False) -> None:
    """Try creation options on a few values, where a failure still costs nothing.

    Raises:
        InputError: one is malformed, GDAL refuses it, or values and NoData don't come back as they were written.
    """
    # How tiles are cut and handled makes no difference to values, and would to the time that this takes.
    given = {key: value for key, value in given_options(options).items() if key not in _LAYOUT}
    if given:
        _try_options(kind, given, cog=cog)
    if "OVERVIEW_COMPRESS" in given:
        _try_options(kind, {**given, "COMPRESS": given["OVERVIEW_COMPRESS"]}, cog=cog)


def _try_options(kind: RasterKind, given: Mapping[str, str], *, cog: bool) -> None:
    options = [f"{key}={value}" for key, value in given.items()]
    # Overviews are made of what is larger than a tile.
    side = 10 * _SIDE if any(key.startswith("OVERVIEW") for key in given) else _SIDE
    values = np.random.default_rng(0).random((kind.bands, side, side)) * (1 if kind.floating else 100)
    values = values.astype(gdal_array.GDALTypeCodeToNumericTypeCode(kind.data_type))
    values[:, :8, :8], values[:, 8:16, :8] = kind.nodata, 0
    grid = Grid(side, side, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "")
    with tempfile.TemporaryDirectory(prefix="ipeo-water-") as folder:
        path = Path(folder) / "options.tif"
        try:
            with GeoTiffWriter(path, grid, kind, (_SIDE, _SIDE), cog=cog, options=[*options, "NUM_THREADS=1"]) as writer:
                writer.write(grid.window, values if kind.bands > 1 else values[0])
                writer.close(Statistics(), {})
        except RasterError as error:
            reason = re.sub(rf"{re.escape(folder)}\S*?\.ipeowater-\S*[:,]?\s*", "", str(error)).replace(str(path), tr("The result"))
            msg = tr("The creation options {options} can't serve: {reason}").format(options=" ".join(options), reason=reason)
            raise InputError(msg) from error


class Written:
    """Some of what was written, to be compared with what is read back: options of an encoding may change values without a word.

    Args:
        kind: of the raster.
        dense: keep a part of every window, else of fewer and fewer.
    """

    def __init__(self, kind: RasterKind, *, dense: bool) -> None:
        """Start with nothing."""
        self._kind, self._dense, self._seen = kind, dense, 0
        self._parts: list[tuple[Window, np.ndarray]] = []

    def keep(self, window: Window, values: np.ndarray) -> None:
        """Keep a part of a window, and one with NoData where there is such."""
        number = self._seen
        self._seen += 1
        # The first, second, fourth, eighth …, and all where the user chose how to encode, up to a bound.
        if number & (number - 1) and not (self._dense and len(self._parts) < _KEPT_PARTS):
            return
        height, width = values.shape[-2:]
        places = [(number * 7919 % height, number * 104_729 % width)]
        missing = (values if values.ndim == 2 else values[0]) == self._kind.nodata
        first = int(missing.argmax())
        if missing.flat[first]:
            places.append(divmod(first, width))
        for row, column in places:
            top, left = (max(min(at - _SIDE // 2, size - _SIDE), 0) for at, size in ((row, height), (column, width)))
            part = values[..., top : top + _SIDE, left : left + _SIDE].copy()
            self._parts.append((Window(window.column + left, window.row + top, part.shape[-1], part.shape[-2]), part))

    def check(self, path: Path, destination: Path, options: Sequence[str]) -> None:
        """Compare with a file.

        Values come back exactly, or, where the user chose a lossy encoding, to within 0.001, and NoData in any case exactly.

        Raises:
            RasterError: they don't.
        """
        with GdalErrors(tr("{destination} can't be read back").format(destination=destination)) as errors:
            dataset = errors.check(gdal.Open(str(path)))
            told = {dataset.GetRasterBand(number + 1).GetNoDataValue() for number in range(self._kind.bands)}
            same = told == {self._kind.nodata} and dataset.GetRasterBand(1).DataType == self._kind.data_type
            for place, wanted in self._parts:
                found = errors.check(dataset.ReadAsArray(place.column, place.row, place.width, place.height))
                same = same and self._same(wanted, found.reshape(wanted.shape))
        if not same:
            msg = tr(
                "{destination} doesn't give back the values that were written. The creation options ({options}) change them: leave them "
                "out, or choose a compression without loss, such as COMPRESS=DEFLATE."
            ).format(destination=destination, options=" ".join(options) or tr("(none)"))
            raise RasterError(msg)

    def _same(self, wanted: np.ndarray, found: np.ndarray) -> bool:
        if np.array_equal(wanted, found):
            return True
        nodata = wanted == self._kind.nodata
        with np.errstate(invalid="ignore"):
            close = np.abs(found.astype(np.float64) - wanted) <= _TOLERANCE
        return bool(((found == self._kind.nodata) == nodata).all() and close.all())


def _check_whole(path: Path, grid: Grid, destination: Path, *, sparse: bool = False) -> None:
    """Open what was written and see that the file holds all of its tiles.

    Raises:
        RasterError: it doesn't.
    """
    size = path.stat().st_size
    with GdalErrors(tr("{destination} was not written whole").format(destination=destination)) as errors:
        dataset = errors.check(gdal.Open(str(path)))
        whole = (dataset.RasterXSize, dataset.RasterYSize) == (grid.width, grid.height)
        for number in range(1, dataset.RasterCount + 1):
            whole = whole and _has_all_tiles(dataset.GetRasterBand(number), size, sparse=sparse)
    if not whole:
        msg = tr("{destination} was not written whole: tiles are missing.").format(destination=destination)
        raise RasterError(msg)


def _has_all_tiles(band: gdal.Band, size: int, *, sparse: bool) -> bool:
    """Whether each tile of a band has its place within so many bytes; one may be missing where empty ones are left out on demand."""
    width, height = band.GetBlockSize()
    across, down = math.ceil(band.XSize / width), math.ceil(band.YSize / height)
    for row in range(down):
        for column in range(across):
            place = band.GetMetadataItem(f"BLOCK_OFFSET_{column}_{row}", "TIFF")
            length = band.GetMetadataItem(f"BLOCK_SIZE_{column}_{row}", "TIFF")
            missing = place is None or length is None
            if (missing and not sparse) or (not missing and int(place) + int(length) > size):
                return False
    return True


def sidecars(path: Path) -> list[Path]:
    """Return what GDAL may have put beside a raster, which describes no other that takes its place."""
    return [path.with_name(path.name + suffix) for suffix in SIDECARS]


def _beside(temporary: Path) -> list[Path]:
    """Return what GDAL put beside a temporary file, whose name nobody else has."""
    return sorted(path for path in temporary.parent.glob(f"{temporary.stem}.*") if path != temporary)


def _remove(path: Path) -> None:
    """Remove a temporary file and what GDAL put beside it."""
    for entry in (path, *_beside(path)):
        with contextlib.suppress(OSError):
            entry.unlink()
