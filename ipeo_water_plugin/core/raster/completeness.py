"""Checks that files are complete and unchanged: for most missing data GDAL silently returns zeros."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import RasterError
from ..grid import Window
from ..translation import tr
from .gdal_errors import file_list, quietly, read_bytes
from .raster_file import is_virtual
from .vrt_xml import referenced_files

# Formats without compression or header, whose file size follows from the number of pixels.
_BARE = {"ENVI", "EHdr"}

# Files that may be written while others read the raster: statistics, overviews, metadata and styles of QGIS.
_BESIDE = (".aux.xml", ".ovr", ".qmd", ".qml")


def check_name(path: str) -> None:
    """Raise RasterError for a name that isn't UTF-8, or is that of a pipe, socket or device, for which GDAL would wait forever."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        msg = tr("{path} can't be opened as a raster: its name isn't UTF-8. Rename it.").format(path=path)
        raise RasterError(msg) from error
    if is_endless(path):
        msg = tr("{path} can't be opened as a raster: it is a pipe, a socket or a device, not a file.").format(path=path)
        raise RasterError(msg)


def is_endless(path: str) -> bool:
    """Return whether a name is that of a pipe, socket or device; not if it is no local file, or there is none, which GDAL reports."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def check_length(dataset: gdal.Dataset, path: str) -> None:
    """Check that an uncompressed file isn't truncated; GDAL reads zeros beyond its end.

    Args:
        dataset: the raster; other formats pass.
        path: its name.

    Raises:
        RasterError: the file is shorter than its pixels need.
    """
    if dataset.GetDriver().ShortName not in _BARE or not dataset.RasterCount:
        return
    found = gdal.VSIStatL(path)
    pixel = gdal.GetDataTypeSize(dataset.GetRasterBand(1).DataType) // 8
    needed = dataset.RasterXSize * dataset.RasterYSize * dataset.RasterCount * pixel
    if found is not None and found.size < needed:
        msg = tr("{path} is truncated: it has {size} bytes, but its pixels need {needed}. Copy or download it again.")
        raise RasterError(msg.format(path=path, size=found.size, needed=needed))


def files_of(dataset: gdal.Dataset) -> list[str]:
    """Return the files that decide what a raster holds, those of nested VRTs too; none of a GeoPackage, which SQLite touches to read."""
    names = [] if dataset.GetDriver().ShortName == "GPKG" else [*file_list(dataset), *referenced_files(dataset)]
    return [name for name in dict.fromkeys(names) if not name.endswith(_BESIDE)]


class FileState:
    """Size, modification time and inode of the files behind a dataset, to notice if one is rewritten or removed during a run.

    Args:
        dataset: the raster.
        known: files that are left out, being checked already.
    """

    def __init__(self, dataset: gdal.Dataset, known: FileState | None = None) -> None:
        others = known._states if known is not None else {}
        watched = [name for name in files_of(dataset) if not is_virtual(name) and name not in others]
        self._states: dict[str, tuple[int, ...]] = {name: state for name in watched if (state := _state(name)) is not None}

    def check(self, doing: str) -> None:
        """Raise RasterError, with a message that starts with `doing`, if a file was changed or removed."""
        for name, state in self._states.items():
            now = _state(name)
            if now != state:
                removed = tr("{doing}: {name} was removed while it was being read. Run again when no other program changes it.")
                changed = tr("{doing}: {name} was changed while it was being read. Run again when no other program changes it.")
                raise RasterError((removed if now is None else changed).format(doing=doing, name=name))


def _state(name: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def gap_mask(bands: Sequence[gdal.Band], window: Window) -> np.ndarray | None:
    """Return where a band has no data: bool, shape (height, width), or None if all bands have data everywhere.

    A GeoTIFF whose writer was killed lacks tiles, and a mosaic may have gaps. GDAL fills both with the NoData value, or with zeros or
    some other value if there is none of the band's type.

    Args:
        bands: of one raster.
        window: of that raster.
    """
    missing = None
    for band in bands:
        for gap in gaps(band, window):
            if missing is None:
                missing = np.zeros((window.height, window.width), bool)
            missing[gap.within(window).slices] = True
    return missing


def gaps(band: gdal.Band, window: Window) -> Iterator[Window]:
    """Yield the rectangles of a window without data, halving rectangles that have both.

    Args:
        band: of a raster.
        window: of that raster.
    """
    status, _ = band.GetDataCoverageStatus(*window.box)
    if status & gdal.GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED or not status & gdal.GDAL_DATA_COVERAGE_STATUS_EMPTY:
        return
    if not status & gdal.GDAL_DATA_COVERAGE_STATUS_DATA:
        yield from [window] if not _is_tiff(band) else _missing_blocks(band, window)
    elif window.pixels > 1:
        for half in window.halves():
            yield from gaps(band, half)


def _is_tiff(band: gdal.Band) -> bool:
    return band.GetDataset().GetDriver().ShortName == "GTiff"


def _missing_blocks(band: gdal.Band, window: Window) -> Iterator[Window]:
    """Yield the parts of a window of a GeoTIFF whose blocks the file lacks. GDAL takes zeros in a hole of the file for missing, too."""
    for block, part in window.blocks(*band.GetBlockSize()):
        if band.GetMetadataItem(f"BLOCK_OFFSET_{block.column // block.width}_{block.row // block.height}", "TIFF") is None:
            yield part


def has_gaps(band: gdal.Band) -> bool:
    """Return whether a band lacks data for some pixels, as far as GDAL knows without reading them; False if it can't tell."""
    status, _ = quietly(band.GetDataCoverageStatus, 0, 0, band.XSize, band.YSize) or (0, 0.0)
    if status & gdal.GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED or not status & gdal.GDAL_DATA_COVERAGE_STATUS_EMPTY:
        return False
    return not _is_tiff(band) or next(_missing_blocks(band, Window(0, 0, band.XSize, band.YSize)), None) is not None


def check_shapefile(path: str) -> None:
    """Raise RasterError if the files of a shapefile differ in the number of records, of which GDAL silently reads the smaller number."""
    stem, dot, suffix = path.rpartition(".")
    if suffix.lower() != "shp":
        return
    index, attributes = (stem + dot + (part.upper() if suffix.isupper() else part) for part in ("shx", "dbf"))
    size, header = gdal.VSIStatL(index), read_bytes(attributes, 8)
    if size is None or len(header) < 8:
        # GDAL reports missing files that it needs.
        return
    shapes, rows = (size.size - 100) // 8, int.from_bytes(header[4:], "little")
    if shapes != rows:
        msg = tr("{path} is incomplete: {index} lists {shapes} features, but {attributes} has {rows}. Copy all of its files again.")
        raise RasterError(msg.format(path=path, index=Path(index).name, shapes=shapes, attributes=Path(attributes).name, rows=rows))
