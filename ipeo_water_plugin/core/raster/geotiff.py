"""Writing GeoTIFFs window by window: to a temporary file beside the destination, which is verified and then renamed."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from osgeo import gdal, gdal_array

from ..errors import InputError, RasterError, WaterError
from ..grid import Grid, Window
from ..progress import SILENT, Progress
from ..system.files import FileTransaction, temporary_beside
from ..system.redaction import redacted
from ..system.space import check_space, space_advice
from ..translation import tr
from .band_statistics import Statistics
from .collisions import SIDECARS
from .creation_options import RasterKind, check_known, cog_options, creation_options, file_size_bounds, given_options, is_on
from .gdal_errors import GdalErrors, file_list, gdal_callback, quietly
from .raster_file import RasterFile
from .source import open_raster
from .verification import SAMPLE_SIDE, WrittenSamples, check_complete

METADATA_DOMAIN = "IPEO_WATER"

# Written data is flushed after whole blocks, or this many bytes: a block flushed in parts is compressed each time, and the file grows.
_FLUSH_BYTES = 12 * 1024 * 1024

# Extensions of files from which GDAL takes the georeference of a GeoTIFF of the same name that has none.
_WORLD_FILES = frozenset({".tfw", ".tifw", ".tiffw", ".wld", ".tab"})
# Extensions of files that belong to one raster; .aux and .rrd are overviews in Erdas Imagine format.
_OF_ONE_FILE = _WORLD_FILES | {".aux", ".rrd"}

# Creation options that affect the layout of a file, but not its values.
_LAYOUT = frozenset({"TILED", "BLOCKXSIZE", "BLOCKYSIZE", "BLOCKSIZE", "SPARSE_OK", "NUM_THREADS", "BIGTIFF"})


class GeoTiffWriter:
    """A GeoTIFF that is written completely or not at all.

    Use it as a context: `write` the windows, `close` the file, and `place` it. Without `place`, the temporary file is removed and an
    existing file at the destination is untouched.

    Args:
        destination: name of the file, ending in .tif or .tiff.
        grid: its size and georeference.
        kind: data type and metadata.
        tile: width and height of its tiles, multiples of 16.
        cog: write a Cloud Optimized GeoTIFF.
        options: GDAL creation options, KEY=VALUE; override the defaults.
        like: a raster whose ground control points and rational polynomial coefficients are copied if the grid has no geotransform.

    Raises:
        InputError: another extension, an invalid option, or a file beside it that would georeference it if the grid has no geotransform.
        WaterError: the folder isn't writable.
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
    ) -> None:
        if destination.suffix.lower() not in {".tif", ".tiff"}:
            msg = tr("{destination} doesn't end in .tif: rasters are written as GeoTIFF.").format(destination=destination)
            raise InputError(msg)
        self._destination, self._grid, self._kind, self._cog, self._options = destination, grid, kind, cog, tuple(options)
        self._unflushed, self._placed = 0, False
        self._temporary = temporary_beside(destination, ".tif")
        if grid.geotransform is None:
            _refuse_foreign_georeference(destination)
        given = given_options(options)
        least, self._most = file_size_bounds(grid, kind, tile, given, cog=cog)
        check_space(destination, least)
        own = creation_options(kind, tile, () if cog else options)
        self._sparse = is_on(given.get("SPARSE_OK", ""))
        if cog or not self._sparse:
            # Otherwise GDAL fills the rest of an abandoned file, possibly gigabytes, when closing it.
            own = [option for option in own if not option.startswith("SPARSE_OK=")]
            own += ["SPARSE_OK=TRUE", "@WRITE_EMPTY_TILES_SYNCHRONOUSLY=TRUE"]
        # The number of threads changes no value.
        self._samples = WrittenSamples(kind, dense=bool(given.keys() - {"NUM_THREADS"}))
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
        """Collect GDAL's errors, and add a hint if the disk may be full."""
        try:
            with GdalErrors(what.format(destination=self._destination)) as errors:
                yield errors
        except OSError as error:
            reason = error.strerror or error
            msg = tr("{what}: {reason}.").format(what=what.format(destination=self._destination), reason=reason)
            raise RasterError(msg) from error
        except RasterError as error:
            advice = space_advice(self._destination, self._most, self._temporary)
            if not advice:
                raise
            msg = f"{error} {advice}"
            raise RasterError(msg) from error

    def _set_up(self, like: gdal.Dataset | None) -> None:
        dataset, kind = self._dataset, self._kind
        set_georeference(dataset, self._grid, like)
        for number, description in enumerate((kind.description, *kind.further), start=1):
            band = dataset.GetRasterBand(number)
            band.SetNoDataValue(kind.nodata)
            band.SetDescription(description)
        if kind.scale is not None:
            band = dataset.GetRasterBand(1)
            band.SetScale(kind.scale)
            band.SetOffset(0.0)

    def __enter__(self) -> GeoTiffWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove the temporary file, if it is still there."""
        if self._dataset is not None:
            # Errors no longer matter: the file is removed.
            with contextlib.suppress(RasterError), GdalErrors(""):
                self._dataset = None
        if not self._placed:
            _remove(self._temporary)

    def write(self, window: Window, values: np.ndarray) -> None:
        """Write a window of the grid.

        Args:
            window: of the grid.
            values: shape (height, width), or (bands, height, width) if there are several bands.

        Raises:
            RasterError: GDAL can't write it, for example because the disk is full.
        """
        with self._writing(tr("{destination} can't be written")) as errors:
            code = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype.type)
            errors.check(self._dataset.WriteRaster(*window.box, np.ascontiguousarray(values), buf_type=code))
            self._samples.keep(window, values)
            # GDAL compresses blocks when they leave its cache, which may hold the whole raster, so flush early. Flushing a band hands
            # its blocks to the compression threads; flushing the dataset would wait for them.
            self._unflushed += values.nbytes
            if self._whole_blocks(window) or self._unflushed > _FLUSH_BYTES:
                for number in range(1, self._kind.bands + 1):
                    self._dataset.GetRasterBand(number).FlushCache()
                self._unflushed = 0

    def _whole_blocks(self, window: Window) -> bool:
        """Return whether a window consists of whole blocks of the file."""
        width, height = self._dataset.GetRasterBand(1).GetBlockSize()
        across = window.column % width == 0 and (window.right % width == 0 or window.right == self._grid.width)
        down = window.row % height == 0 and (window.bottom % height == 0 or window.bottom == self._grid.height)
        return across and down

    def close(
        self, statistics: Statistics, metadata: Mapping[str, str], progress: Progress = SILENT, further: Sequence[Statistics] = ()
    ) -> Path:
        """Close and verify the file; return its temporary name.

        Args:
            statistics: of the valid stored values of the first band.
            metadata: stored in the domain IPEO_WATER, with credentials removed.
            progress: receives the share done while a Cloud Optimized GeoTIFF is made.
            further: statistics of the other bands.

        Raises:
            RasterError: GDAL can't write the file, or it is incomplete.
        """
        metadata = {key: redacted(value) for key, value in metadata.items()}
        with self._writing(tr("{destination} can't be written")):
            self._dataset.SetMetadata(dict(metadata), METADATA_DOMAIN)
            if self._cog:
                # The COG driver copies only the default domain.
                for key, value in metadata.items():
                    self._dataset.SetMetadataItem(f"{METADATA_DOMAIN}_{key}", value)
            for number, measured in enumerate((statistics, *further), start=1):
                if not measured.count:
                    continue
                band = self._dataset.GetRasterBand(number)
                band.SetStatistics(measured.minimum, measured.maximum, measured.mean, measured.deviation)
                # Marks the statistics as exact.
                band.SetMetadataItem("STATISTICS_VALID_PERCENT", f"{100 * measured.count / self._grid.window.pixels:.4g}")
            self._dataset.FlushCache()
            # Closing writes the directory; a full disk may only show now.
            self._dataset = None
        if self._cog:
            self._optimize(progress)
        with self._writing(tr("{destination} was not written completely")):
            check_complete(self._temporary, self._grid, self._destination, sparse=self._sparse)
            self._samples.check(self._temporary, self._destination, self._options)
        return self._temporary

    def place(self, transaction: FileTransaction | None = None) -> None:
        """Move the closed file to its destination, or raise WaterError if that can't be replaced; or add it to a transaction."""
        with contextlib.ExitStack() as stack:
            to = transaction or stack.enter_context(FileTransaction())
            self._placed = True
            stale = sidecars(self._destination)
            # With some creation options GDAL writes further files: a world file, or metadata.
            for beside in _beside(self._temporary):
                whole = beside.name.startswith(self._temporary.name)
                own, name = (self._temporary.name, self._destination.name) if whole else (self._temporary.stem, self._destination.stem)
                to.add(beside, self._destination.with_name(name + beside.name[len(own) :]), stale)
                stale = []
            to.add(self._temporary, self._destination, stale)

    def _optimize(self, progress: Progress) -> None:
        plain = self._temporary
        optimized, options = temporary_beside(self._destination, ".tif"), cog_options(self._options)
        what = tr("{destination} can't be converted to a Cloud Optimized GeoTIFF")
        try:
            with gdal_callback(progress) as report, self._writing(what) as errors:
                source = errors.check(gdal.Open(str(plain)))
                copy = errors.check(gdal.GetDriverByName("COG").CreateCopy(str(optimized), source, options=options, callback=report))
                copy.FlushCache()
                copy = source = None
        except WaterError:
            _remove(optimized)
            raise
        self._temporary = optimized
        _remove(plain)


def set_georeference(dataset: gdal.Dataset, grid: Grid, like: gdal.Dataset | None) -> None:
    """Set the georeference of a new dataset.

    Args:
        dataset: the new one.
        grid: its grid.
        like: a raster whose ground control points and rational polynomial coefficients are copied if the grid has no geotransform.
    """
    if grid.geotransform is not None:
        dataset.SetGeoTransform(grid.geotransform)
    if like is not None and grid.geotransform is None and like.GetGCPCount():
        dataset.SetGCPs(like.GetGCPs(), grid.crs)
    elif grid.crs:
        dataset.SetProjection(grid.crs)
    if like is not None and grid.geotransform is None and like.GetMetadata("RPC"):
        dataset.SetMetadata(like.GetMetadata("RPC"), "RPC")


def provenance(raster: str | RasterFile) -> dict[str, str]:
    """Return the IPEO_WATER metadata of a result, such as MODEL_SHA256; empty for other rasters, RasterError where GDAL opens none."""
    dataset = open_raster(raster)
    prefix = f"{METADATA_DOMAIN}_"
    plain = {key[len(prefix) :]: value for key, value in (dataset.GetMetadata() or {}).items() if key.startswith(prefix)}
    return {**plain, **(dataset.GetMetadata(METADATA_DOMAIN) or {})}


def check_options(kind: RasterKind, options: Sequence[str], *, cog: bool = False) -> None:
    """Try creation options on a small raster before any work is done.

    Args:
        kind: of the raster to be written.
        options: of the user, KEY=VALUE.
        cog: write a Cloud Optimized GeoTIFF.

    Raises:
        InputError: an option is malformed, unknown to GDAL or rejected by it, or changes values or NoData.
    """
    chosen = given_options(options)
    check_known(chosen, "COG" if cog else "GTiff")
    given = {key: value for key, value in chosen.items() if key not in _LAYOUT}
    if given:
        _try_options(kind, given, cog=cog)
    if "OVERVIEW_COMPRESS" in given:
        _try_options(kind, {**given, "COMPRESS": given["OVERVIEW_COMPRESS"]}, cog=cog)


def _try_options(kind: RasterKind, given: Mapping[str, str], *, cog: bool) -> None:
    options = [f"{key}={value}" for key, value in given.items()]
    # Overviews are only made of rasters larger than a tile.
    side = 10 * SAMPLE_SIDE if any(key.startswith("OVERVIEW") for key in given) else SAMPLE_SIDE
    values = np.random.default_rng(0).random((kind.bands, side, side)) * (1 if kind.floating else 100)
    values = values.astype(gdal_array.GDALTypeCodeToNumericTypeCode(kind.data_type))
    values[:, :8, :8], values[:, 8:16, :8] = kind.nodata, 0
    grid = Grid(side, side, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "")
    with tempfile.TemporaryDirectory(prefix="ipeo-water-") as folder:
        path = Path(folder) / "options.tif"
        try:
            with GeoTiffWriter(path, grid, kind, (SAMPLE_SIDE, SAMPLE_SIDE), cog=cog, options=[*options, "NUM_THREADS=1"]) as writer:
                writer.write(grid.window, values if kind.bands > 1 else values[0])
                writer.close(Statistics(), {})
        except RasterError as error:
            reason = re.sub(rf"{re.escape(folder)}\S*?\.ipeowater-\S*[:,]?\s*", "", str(error)).replace(str(path), tr("The result"))
            msg = tr("The creation options {options} can't be used: {reason}").format(options=" ".join(options), reason=reason)
            raise InputError(msg) from error


def sidecars(path: Path) -> list[Path]:
    """Return the files that GDAL may keep beside a raster, which describe only that one."""
    found = [path.with_name(path.name + suffix) for suffix in SIDECARS]
    if path.is_file():
        # Other drivers, such as VRT, also list sources.
        dataset = quietly(gdal.OpenEx, str(path), gdal.OF_RASTER, allowed_drivers=["GTiff"])
        files = [] if dataset is None else map(Path, file_list(dataset))
        own = [file for file in files if file.with_suffix("") == path.with_suffix("") and file.suffix.lower() in _OF_ONE_FILE]
        found += [file for file in own if file.suffix.lower() not in _WORLD_FILES or not _places_another(file, path)]
    return found


def _places_another(world_file: Path, path: Path) -> bool:
    """Return whether a world file also georeferences another raster of the name, such as image.png beside image.tif."""
    others = [file for file in path.parent.iterdir() if file.stem == path.stem and file not in {path, world_file}]
    opened = [
        quietly(gdal.OpenEx, str(file), gdal.OF_RASTER) for file in others if file.suffix.lower() not in _OF_ONE_FILE and file.is_file()
    ]
    return any(Path(name) == world_file for dataset in opened if dataset is not None for name in file_list(dataset))


def _refuse_foreign_georeference(destination: Path) -> None:
    """Refuse a file beside that would give a raster without georeference a wrong one, unless it belongs to the raster that is replaced."""
    replaced = {file.name for file in sidecars(destination)}
    # GDAL prefers these coefficients to those in the GeoTIFF.
    rational = {f"{destination.stem}.rpb".lower(), f"{destination.stem}_rpc.txt".lower()}
    for file in destination.parent.iterdir():
        world_file = file.stem == destination.stem and file.suffix.lower() in _WORLD_FILES and file.name not in replaced
        if world_file or file.name.lower() in rational:
            msg = tr(
                "{file} would georeference {destination}, though the image has no georeference: choose another name, or move that file."
            )
            raise InputError(msg.format(file=file, destination=destination))


def _beside(temporary: Path) -> list[Path]:
    """Return the files that GDAL wrote beside a temporary file."""
    return sorted(path for path in temporary.parent.glob(f"{temporary.stem}.*") if path != temporary)


def _remove(path: Path) -> None:
    """Remove a temporary file and those beside it."""
    for entry in (path, *_beside(path)):
        with contextlib.suppress(OSError):
            entry.unlink()
