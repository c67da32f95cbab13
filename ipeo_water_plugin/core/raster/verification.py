"""Checks of a written GeoTIFF before it replaces anything: it has all its tiles, and samples of its pixels read back as written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import RasterError
from ..grid import Grid, Window
from ..translation import tr
from .creation_options import RasterKind
from .gdal_errors import GdalErrors

# Samples are squares of this side, in pixels; at most this many are kept.
SAMPLE_SIDE = 64
_MAX_SAMPLES = 2000
# Largest deviation with a lossy compression that the user chose.
_TOLERANCE = 1e-3


class WrittenSamples:
    """Samples of the pixels written, to be compared with the file: creation options may change values silently.

    Args:
        kind: of the raster.
        dense: take a sample of every window; else of ever fewer.
    """

    def __init__(self, kind: RasterKind, *, dense: bool) -> None:
        self._kind, self._dense, self._seen = kind, dense, 0
        self._samples: list[tuple[Window, np.ndarray]] = []

    def keep(self, window: Window, values: np.ndarray) -> None:
        """Take a sample of a window, and one around a NoData pixel if there is one.

        Args:
            window: of the raster.
            values: written there, shape (height, width) or (bands, height, width).
        """
        number = self._seen
        self._seen += 1
        # Without `dense` the 1st, 2nd, 4th, 8th, … window.
        if number & (number - 1) and not (self._dense and len(self._samples) < _MAX_SAMPLES):
            return
        height, width = values.shape[-2:]
        places = [(number * 7919 % height, number * 104_729 % width)]
        missing = (values if values.ndim == 2 else values[0]) == self._kind.nodata
        first = int(missing.argmax())
        if missing.flat[first]:
            places.append(divmod(first, width))
        for row, column in places:
            top, left = (max(min(at - SAMPLE_SIDE // 2, size - SAMPLE_SIDE), 0) for at, size in ((row, height), (column, width)))
            part = values[..., top : top + SAMPLE_SIDE, left : left + SAMPLE_SIDE].copy()
            self._samples.append((Window(window.column + left, window.row + top, part.shape[-1], part.shape[-2]), part))

    def check(self, path: Path, destination: Path, options: Sequence[str]) -> None:
        """Compare the samples with a file. Values may differ by 0.001, as with lossy compression; NoData must not.

        Args:
            path: the file.
            destination: its final name, for the error message.
            options: creation options of the user.

        Raises:
            RasterError: values, NoData or data type differ.
        """
        with GdalErrors(tr("{destination} can't be read back").format(destination=destination)) as errors:
            dataset = errors.check(gdal.Open(str(path)))
            nodata = {dataset.GetRasterBand(number + 1).GetNoDataValue() for number in range(self._kind.bands)}
            same = nodata == {self._kind.nodata} and dataset.GetRasterBand(1).DataType == self._kind.data_type
            for window, wanted in self._samples:
                found = errors.check(dataset.ReadAsArray(window.column, window.row, window.width, window.height))
                same = same and self._same(wanted, found.reshape(wanted.shape))
        if not same:
            msg = tr(
                "{destination} doesn't contain the values that were written. The creation options ({options}) change them: omit them, or "
                "choose a lossless compression such as COMPRESS=DEFLATE."
            ).format(destination=destination, options=" ".join(options) or tr("(none)"))
            raise RasterError(msg)

    def _same(self, wanted: np.ndarray, found: np.ndarray) -> bool:
        if np.array_equal(wanted, found):
            return True
        nodata = wanted == self._kind.nodata
        with np.errstate(invalid="ignore"):
            close = np.abs(found.astype(np.float64) - wanted) <= _TOLERANCE
        return bool(((found == self._kind.nodata) == nodata).all() and close.all())


def check_complete(path: Path, grid: Grid, destination: Path, *, sparse: bool = False) -> None:
    """Check that a written file has its full size and all of its tiles.

    Args:
        path: the file.
        grid: of the raster.
        destination: its final name, for the error message.
        sparse: whether empty tiles may be missing.

    Raises:
        RasterError: it hasn't.
    """
    size = path.stat().st_size
    with GdalErrors(tr("{destination} was not written completely").format(destination=destination)) as errors:
        dataset = errors.check(gdal.Open(str(path)))
        whole = (dataset.RasterXSize, dataset.RasterYSize) == (grid.width, grid.height)
        for number in range(1, dataset.RasterCount + 1):
            whole = whole and _has_all_tiles(dataset.GetRasterBand(number), size, sparse=sparse)
    if not whole:
        msg = tr("{destination} was not written completely: tiles are missing.").format(destination=destination)
        raise RasterError(msg)


def _has_all_tiles(band: gdal.Band, size: int, *, sparse: bool) -> bool:
    """Return whether every tile of a band lies within the file's size in bytes; with `sparse`, empty tiles may be missing."""
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
