"""Checks of a written GeoTIFF: before it replaces anything, and when a later run finds it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import RasterError
from ..grid import Grid, Window
from ..translation import tr
from .band_statistics import Statistics
from .creation_options import RasterKind
from .gdal_errors import GdalErrors
from .raster_file import is_virtual

# Samples are squares of this side, in pixels; at most this many are kept.
SAMPLE_SIDE = 64
_MAX_SAMPLES = 2000
# Tiles decoded of an earlier result, evenly spread: a run over an archive checks each result of earlier nights.
_MAX_TILES_DECODED = 64
# Bytes at either end of an encoded tile; no codec leaves all of them at zero.
_ENDS = 64
# Other codecs may return values that merely resemble those written.
_LOSSLESS = {None, "LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"}
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
                found = errors.check(dataset.ReadAsArray(*window.box))
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
            tiles = _tiles(dataset.GetRasterBand(number))
            whole = whole and all(
                (sparse and not offset and not length) or 0 < offset < offset + length <= size for _, offset, length in tiles
            )
    if not whole:
        msg = tr("{destination} was not written completely: tiles are missing.").format(destination=destination)
        raise RasterError(msg)


def _tiles(band: gdal.Band) -> Iterator[tuple[Window, int, int]]:
    """Yield each tile with its offset and length in bytes; these are 0 if it is missing."""
    for block, part in Window(0, 0, band.XSize, band.YSize).blocks(*band.GetBlockSize()):
        place = f"{block.column // block.width}_{block.row // block.height}"
        offset, length = (int(band.GetMetadataItem(f"BLOCK_{what}_{place}", "TIFF") or 0) for what in ("OFFSET", "SIZE"))
        yield part, offset, length


def check_undamaged(name: str, *, statistics: bool = True) -> None:
    """Check that a result of an earlier run is what was written: a power loss leaves zeros in files that have their name and size.

    Every tile has its bytes, of which a compressed one has none but zeros at neither end. Up to 64 tiles are decoded; if those are all,
    their statistics are compared with those in the file. Of a result in object storage, which appears there whole or not at all, only
    the last tile is decoded.

    Args:
        name: of a GeoTIFF with one band.
        statistics: whether it must state its own.

    Raises:
        RasterError: it is damaged, or can't be read.
    """
    found, remote = gdal.VSIStatL(name), is_virtual(name)
    with GdalErrors(tr("{path} can't be read").format(path=name)) as errors, np.errstate(all="ignore"):
        # Damaged metadata are an error here, which is no reason for others not to open the file.
        dataset = errors.check(gdal.OpenEx(name, gdal.OF_RASTER))
        band, codec = dataset.GetRasterBand(1), dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE")
        metadata, tiles, (width, height) = band.GetMetadata() or {}, list(_tiles(band)), band.GetBlockSize()
        file = errors.check(gdal.VSIFOpenL(name, "rb"))
        try:
            for part, offset, length in tiles:
                whole = found is not None and 0 < offset < offset + length <= found.size
                if whole and codec and not remote and length > 2 * _ENDS:
                    whole = all(any(_bytes_at(file, start)) for start in (offset, offset + length - _ENDS))
                if not whole:
                    msg = tr("{path} isn't whole: the tile in column {column}, row {row} is missing.")
                    raise RasterError(msg.format(path=name, column=part.column // width, row=part.row // height))
        finally:
            gdal.VSIFCloseL(file)
        chosen = np.linspace(len(tiles) - 1, 0, 1 if remote else min(len(tiles), _MAX_TILES_DECODED)).astype(int).tolist()
        total = Statistics()
        for part, _, _ in (tiles[index] for index in chosen):
            values = errors.check(band.ReadAsArray(*part.box))
            total += Statistics.from_values(values[values != band.GetNoDataValue()])
    if statistics and codec in _LOSSLESS and len(chosen) == len(tiles) and not _agree(total, metadata):
        msg = tr("{path} isn't what was written: its values don't have the statistics that it states.").format(path=name)
        raise RasterError(msg)


def _bytes_at(file: object, start: int) -> bytes:
    gdal.VSIFSeekL(file, start, os.SEEK_SET)
    return bytes(gdal.VSIFReadL(1, _ENDS, file) or b"")


def _agree(found: Statistics, metadata: Mapping[str, str]) -> bool:
    """Return whether values have the statistics that a band's metadata state, but for rounding and the order of the sum."""
    stated = [metadata.get(f"STATISTICS_{what}", "nan") for what in ("MINIMUM", "MAXIMUM", "MEAN")]
    if not found.count:
        return stated == ["nan"] * 3
    try:
        return bool(np.allclose([float(text) for text in stated], [found.minimum, found.maximum, found.mean or 0.0], rtol=1e-5, atol=1e-6))
    except ValueError:
        return False
