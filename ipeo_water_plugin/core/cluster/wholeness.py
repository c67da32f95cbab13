"""Whether parts and results are what was written: a power loss leaves zeros in files that have their name and size."""

from __future__ import annotations

import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import RasterError
from ..raster.band_statistics import Statistics
from ..raster.gdal_errors import GdalErrors
from ..raster.source import open_raster
from ..translation import tr
from . import places

# Stands behind the last byte of a part, where no reader of TIFF looks: this word and the checksum of all before it.
_SEAL = struct.Struct("<8sI")
_WORD = b"ipeowtr1"
_PIECE = 8 * 1024 * 1024

# A result of more tiles than this isn't read through, but as many of them, evenly spread: a night's run over an archive looks at all of it.
_TILES_READ = 64

# Other codecs may give back what is merely near to what was written.
_LOSSLESS = {None, "LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"}

# Bytes at either end of an encoded tile, of which no codec leaves all at zero.
_ENDS = 64


def seal(path: Path) -> None:
    """Close a part with a checksum, and have the disk keep it.

    Raises:
        RasterError: it can't be written.
    """
    try:
        checksum, _ = _checksum(path, path.stat().st_size)
        with path.open("ab") as file:
            file.write(_SEAL.pack(_WORD, checksum))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        msg = tr("{path} can't be written: {reason}.").format(path=path, reason=error.strerror or error)
        raise RasterError(msg) from error


def check_seal(path: Path) -> None:
    """Check that a part is, byte for byte, what was sealed.

    Raises:
        RasterError: it isn't, or can't be read.
    """
    try:
        size = path.stat().st_size - _SEAL.size
        whole = size > 0
        if whole:
            checksum, end = _checksum(path, size)
            whole = end == _SEAL.pack(_WORD, checksum)
    except OSError as error:
        msg = tr("{path} can't be read: {reason}.").format(path=path, reason=error.strerror or error)
        raise RasterError(msg) from error
    if not whole:
        msg = tr("{path} isn't what was written.").format(path=path)
        raise RasterError(msg)


def _checksum(path: Path, size: int) -> tuple[int, bytes]:
    """Return the checksum of the first `size` bytes, and the bytes after them."""
    checksum = 0
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(_PIECE, size))):
            checksum = zlib.crc32(piece, checksum)
            size -= len(piece)
        return checksum, file.read(_SEAL.size + 1)


def check_result(name: str, *, statistics: bool = True) -> None:
    """Check that a result is whole: every tile has its place in the file and its bytes, and what is read of it is what was written.

    Up to 64 tiles are decoded, evenly spread; where those are all, their statistics are compared with what the result says of itself. Of a
    result in object storage, which appears there whole or not at all, the last tile alone is decoded.

    Args:
        name: of the result.
        statistics: whether it has to state its own.

    Raises:
        RasterError: it isn't whole, or can't be read.
    """
    dataset = open_raster(name)
    band = dataset.GetRasterBand(1)
    width, height = band.GetBlockSize()
    across, down = math.ceil(band.XSize / width), math.ceil(band.YSize / height)
    _check_places(dataset, name, [(column, row) for row in range(down) for column in range(across)])
    count = 1 if places.is_virtual(name) else min(across * down, _TILES_READ)
    total = Statistics()
    with GdalErrors(tr("{path} can't be read").format(path=name)) as errors, np.errstate(all="ignore"):
        for index in np.linspace(across * down - 1, 0, count).astype(int).tolist():
            column, row = index % across * width, index // across * height
            box = (column, row, min(width, band.XSize - column), min(height, band.YSize - row))
            values = errors.check(band.ReadAsArray(*box))
            total += Statistics.from_values(values[values != band.GetNoDataValue()])
    exact = dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") in _LOSSLESS
    if statistics and exact and count == across * down and not _agree(total, band.GetMetadata() or {}):
        msg = tr("{path} isn't what was written: its values don't have the statistics that it states.").format(path=name)
        raise RasterError(msg)


def _check_places(dataset: gdal.Dataset, name: str, tiles: list[tuple[int, int]]) -> None:
    """Check that each tile lies within the file, and begins and ends with something where it is compressed.

    Raises:
        RasterError: one doesn't.
    """
    band = dataset.GetRasterBand(1)
    found = gdal.VSIStatL(name)
    size = 0 if found is None else found.size
    encoded = bool(dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE")) and not places.is_virtual(name)
    with GdalErrors(tr("{path} can't be read").format(path=name)) as errors:
        file = errors.check(gdal.VSIFOpenL(name, "rb"))
        try:
            for column, row in tiles:
                said = [band.GetMetadataItem(f"BLOCK_{what}_{column}_{row}", "TIFF") for what in ("OFFSET", "SIZE")]
                place, length = (int(number or 0) for number in said)
                whole = place > 0 and length > 0 and place + length <= size
                for start in (place, place + length - _ENDS) if encoded and whole and length > 2 * _ENDS else ():
                    gdal.VSIFSeekL(file, start, os.SEEK_SET)
                    whole = whole and any(bytes(gdal.VSIFReadL(1, _ENDS, file) or b""))
                if not whole:
                    msg = tr("{path} isn't whole: the tile in column {column}, row {row} is missing.").format(
                        path=name, column=column, row=row
                    )
                    raise RasterError(msg)
        finally:
            gdal.VSIFCloseL(file)


def _agree(found: Statistics, said: dict[str, str]) -> bool:
    """Whether values have the statistics that are stated, as far as a sum in another order and rounding allow."""
    stated = [said.get(f"STATISTICS_{what}", "nan") for what in ("MINIMUM", "MAXIMUM", "MEAN")]
    if not found.count:
        return stated == ["nan"] * 3
    try:
        return bool(np.allclose([float(text) for text in stated], [found.minimum, found.maximum, found.mean or 0.0], rtol=1e-5, atol=1e-6))
    except ValueError:
        return False
