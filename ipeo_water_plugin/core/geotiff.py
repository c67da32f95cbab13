"""Writing a GeoTIFF window by window: to a temporary file beside the destination, looked over, then renamed."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from osgeo import gdal, gdal_array

from .collisions import SIDECARS
from .concealing import concealed
from .encoding import RasterKind, cog_options, creation_options, given_options, room
from .errors import CancelledError, InputError, RasterError
from .files import check_space, replace, space_advice, temporary_beside
from .gdal_errors import GdalWords
from .grid import Grid, Window
from .raster import open_raster
from .rasterfile import RasterFile
from .wording import tr

METADATA_DOMAIN = "IPEO_WATER"

# A block that is written in parts must not leave GDAL's cache between them: it would be compressed again and again, and the file grow.
_FLUSH_BYTES = 12 * 1024 * 1024


@dataclass(frozen=True)
class Statistics:
    """Of the valid values written: count, smallest, largest, mean, standard deviation."""

    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: np.ndarray) -> Statistics:
        """Measure an array."""
        if not values.size:
            return cls()
        flat = values.reshape(-1)
        flat = flat if flat.dtype == np.float32 else flat.astype(np.float32)
        # numpy sums pairwise, so single precision suffices for one window; windows are added in double.
        return cls(flat.size, float(flat.min()), float(flat.max()), float(flat.sum()), float(np.square(flat).sum()))

    def __add__(self, other: Statistics) -> Statistics:
        """Return the statistics of both together."""
        return Statistics(
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.squares + other.squares,
        )

    @property
    def mean(self) -> float | None:
        """The mean, or None of nothing."""
        return self.total / self.count if self.count else None

    @property
    def deviation(self) -> float:
        """The population's standard deviation."""
        if not self.count:
            return 0.0
        mean = self.total / self.count
        return math.sqrt(max(self.squares / self.count - mean * mean, 0.0))


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
        self._unflushed = 0
        self._temporary = temporary_beside(destination, ".tif")
        least, self._most = room(grid, kind, tile, given_options(options), cog=cog)
        check_space(destination, least)
        own = creation_options(kind, tile, () if cog else options)
        if filled:
            own.append("SPARSE_OK=TRUE")
        try:
            with self._writing(tr("{destination} can't be created")) as words:
                driver = gdal.GetDriverByName("GTiff")
                self._dataset = words.need(
                    driver.Create(str(self._temporary), grid.width, grid.height, kind.bands, kind.data_type, options=own)
                )
                self._set_up(like)
        except RasterError:
            _remove(self._temporary)
            raise

    @contextlib.contextmanager
    def _writing(self, what: str) -> Iterator[GdalWords]:
        """Collect GDAL's failures, and say how much room there is and may be needed where that may be the reason."""
        try:
            with GdalWords(what.format(destination=self._destination)) as words:
                yield words
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
            with contextlib.suppress(RasterError), GdalWords(""):
                self._dataset = None
        _remove(self._temporary)

    def write(self, window: Window, values: np.ndarray) -> None:
        """Write a window of the grid.

        Args:
            window: of the grid.
            values: shape (height, width), or (bands, height, width) where there are several.

        Raises:
            RasterError: the disk is full, say.
        """
        with self._writing(tr("{destination} can't be written")) as words:
            box = (window.column, window.row, window.width, window.height)
            code = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype.type)
            words.need(self._dataset.WriteRaster(*box, np.ascontiguousarray(values), buf_type=code))
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
        metadata = {key: concealed(value) for key, value in metadata.items()}
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
            _check_whole(self._temporary, self._grid, self._destination)
        return self._temporary

    def place(self) -> None:
        """Put the closed file at its destination.

        Raises:
            WaterError: the destination can't be replaced.
        """
        replace(self._temporary, self._destination)
        remove_sidecars(self._destination)

    def _optimize(self, progress: Callable[[float], bool] | None) -> None:
        plain = self._temporary
        optimized = temporary_beside(self._destination, ".tif")
        stopped = False

        def report(fraction: float, _message: str, _data: object) -> int:
            nonlocal stopped
            stopped = progress is not None and not progress(fraction)
            return 0 if stopped else 1

        try:
            with self._writing(tr("{destination} can't be made a Cloud Optimized GeoTIFF")) as words:
                source = words.need(gdal.Open(str(plain)))
                options = cog_options(self._kind, self._options)
                copy = words.need(gdal.GetDriverByName("COG").CreateCopy(str(optimized), source, options=options, callback=report))
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


def _check_whole(path: Path, grid: Grid, destination: Path) -> None:
    """Open what was written and see that the file holds all of its tiles.

    Raises:
        RasterError: it doesn't.
    """
    size = path.stat().st_size
    with GdalWords(tr("{destination} was not written whole").format(destination=destination)) as words:
        dataset = words.need(gdal.Open(str(path)))
        whole = (dataset.RasterXSize, dataset.RasterYSize) == (grid.width, grid.height)
        for number in range(1, dataset.RasterCount + 1):
            whole = whole and _has_all_tiles(dataset.GetRasterBand(number), size)
    if not whole:
        msg = tr("{destination} was not written whole: tiles are missing.").format(destination=destination)
        raise RasterError(msg)


def _has_all_tiles(band: gdal.Band, size: int) -> bool:
    """Whether each tile of a band has its place within so many bytes."""
    width, height = band.GetBlockSize()
    across, down = math.ceil(band.XSize / width), math.ceil(band.YSize / height)
    for row in range(down):
        for column in range(across):
            place = band.GetMetadataItem(f"BLOCK_OFFSET_{column}_{row}", "TIFF")
            length = band.GetMetadataItem(f"BLOCK_SIZE_{column}_{row}", "TIFF")
            if place is None or length is None or int(place) + int(length) > size:
                return False
    return True


def remove_sidecars(path: Path) -> None:
    """Remove what GDAL put beside a raster that has been replaced."""
    for suffix in SIDECARS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _remove(path: Path) -> None:
    """Remove a temporary file and what GDAL put beside it."""
    for name in (path.name, *(path.name + suffix for suffix in SIDECARS)):
        with contextlib.suppress(OSError):
            path.with_name(name).unlink()
