"""Whether a raster is all there: GDAL gives zeros, without a word, for much that isn't."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import RasterError
from ..grid import Window
from ..translation import tr

# Formats that are nothing but the pixels, so that a file that is too short shows.
_BARE = {"ENVI", "EHdr"}

# What is written beside a raster while others read it: statistics, overviews, metadata of QGIS.
_BESIDE = (".aux.xml", ".ovr", ".qmd", ".qml")


def check_name(path: str) -> None:
    """Check that a name can be given to GDAL, and isn't one of a pipe, a socket or a device, which it would wait for without end.

    Raises:
        RasterError: it can't, or is.
    """
    try:
        path.encode()
        mode = os.stat(path).st_mode  # noqa: PTH116 (a GDAL name need not be a path)
    except UnicodeEncodeError as error:
        msg = tr("{path} can't be opened as a raster: its name isn't UTF-8. Rename it.").format(path=path)
        raise RasterError(msg) from error
    except (OSError, ValueError):
        # Not a file of this machine, or none at all: GDAL tells.
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        msg = tr("{path} can't be opened as a raster: it is a pipe, a socket or a device, not a file.").format(path=path)
        raise RasterError(msg)


def check_length(dataset: gdal.Dataset, path: str) -> None:
    """Check that a format without compression has as many bytes as its pixels need; GDAL reads zeros beyond the end.

    Raises:
        RasterError: it has fewer.
    """
    if dataset.GetDriver().ShortName not in _BARE or not dataset.RasterCount:
        return
    found = gdal.VSIStatL(path)
    pixel = gdal.GetDataTypeSize(dataset.GetRasterBand(1).DataType) // 8
    needed = dataset.RasterXSize * dataset.RasterYSize * dataset.RasterCount * pixel
    if found is not None and found.size < needed:
        msg = tr("{path} isn't whole: it has {size} bytes, and its pixels take {needed}.").format(path=path, size=found.size, needed=needed)
        raise RasterError(msg)


class FileState:
    """Size, time and place on the disk of the files behind a dataset, to notice that one was written anew or removed meanwhile."""

    def __init__(self, dataset: gdal.Dataset, further: Iterable[str] = ()) -> None:
        """Record the files, and further ones by name. A GeoPackage is left out: SQLite touches it even when it reads."""
        names = [] if dataset.GetDriver().ShortName == "GPKG" else dataset.GetFileList() or []
        watched = (name for name in dict.fromkeys([*names, *further]) if not name.startswith("/vsi") and not name.endswith(_BESIDE))
        states = {name: _state(name) for name in watched}
        self._states = {name: state for name, state in states.items() if state is not None}

    def beyond(self, other: FileState | None) -> FileState:
        """Return this without the files that another one has."""
        if other is not None:
            self._states = {name: state for name, state in self._states.items() if name not in other._states}
        return self

    def check(self, doing: str) -> None:
        """Look again.

        Raises:
            RasterError: a file isn't the one it was; its message begins with `doing`.
        """
        for name, state in self._states.items():
            now = _state(name)
            if now != state:
                what = (
                    tr("{doing}: {name} was removed while it was being read. Run again once it stays as it is.")
                    if now is None
                    else tr("{doing}: {name} was changed while it was being read. Run again once it stays as it is.")
                )
                msg = what.format(doing=doing, name=name)
                raise RasterError(msg)


def _state(name: str) -> tuple[int, ...] | None:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def gap_mask(bands: Sequence[gdal.Band], window: Window) -> np.ndarray | None:
    """Return where a band holds nothing, or None where all hold something: bool, shape (height, width).

    A GeoTIFF whose writer was killed lacks tiles, and a mosaic has gaps. GDAL fills both with the NoData value; where there is none that
    fits the type, it reads zeros, or whatever it makes of a value that doesn't fit.
    """
    nothing = None
    for band in bands:
        for gap in gaps(band, window):
            if nothing is None:
                nothing = np.zeros((window.height, window.width), bool)
            row, column = gap.row - window.row, gap.column - window.column
            nothing[row : row + gap.height, column : column + gap.width] = True
    return nothing


def gaps(band: gdal.Band, window: Window) -> Iterator[Window]:
    """Yield rectangles of a window that a band has no data for, halving what has both."""
    status, _ = band.GetDataCoverageStatus(window.column, window.row, window.width, window.height)
    if status & gdal.GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED or not status & gdal.GDAL_DATA_COVERAGE_STATUS_EMPTY:
        return
    if not status & gdal.GDAL_DATA_COVERAGE_STATUS_DATA:
        yield window
    elif window.pixels > 1:
        for half in window.halves():
            yield from gaps(band, half)


def has_gaps(band: gdal.Band) -> bool:
    """Return whether a band has no data for some of its pixels, as far as is known without reading any."""
    status, _ = band.GetDataCoverageStatus(0, 0, band.XSize, band.YSize)
    return bool(status & gdal.GDAL_DATA_COVERAGE_STATUS_EMPTY) and not status & gdal.GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED


def check_shapefile(path: str) -> None:
    """Check that the parts of a shapefile hold as many records each; GDAL reads the fewer, without a word.

    Args:
        path: any GDAL name; what isn't a shapefile passes.

    Raises:
        RasterError: index and attributes differ, as where one of the files was copied from another state.
    """
    stem, dot, suffix = path.rpartition(".")
    if suffix.lower() != "shp":
        return
    index, attributes = (stem + dot + (part.upper() if suffix.isupper() else part) for part in ("shx", "dbf"))
    size, header = gdal.VSIStatL(index), _head(attributes, 8)
    if size is None or len(header) < 8:
        # GDAL says so itself where it can't do without the file.
        return
    shapes, rows = (size.size - 100) // 8, int.from_bytes(header[4:], "little")
    if shapes != rows:
        msg = tr(
            "{path} isn't whole: {index} lists {shapes} features and {attributes} {rows}. Copy all files of the shapefile again, together."
        ).format(path=path, index=Path(index).name, shapes=shapes, attributes=Path(attributes).name, rows=rows)
        raise RasterError(msg)


def _head(path: str, count: int) -> bytes:
    """Return the first bytes of a file, none where there isn't one."""
    file = gdal.VSIFOpenL(path, "rb") if gdal.VSIStatL(path) is not None else None
    if file is None:
        return b""
    try:
        return bytes(gdal.VSIFReadL(1, count, file) or b"")
    finally:
        gdal.VSIFCloseL(file)
