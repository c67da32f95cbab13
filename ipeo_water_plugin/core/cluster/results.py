"""Whether a result that exists is the one wanted, and whole: a power loss leaves zeros in files that have their name and size."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

import numpy as np
from osgeo import gdal

from ..errors import InputError, RasterError
from ..grid import Grid
from ..raster.band_statistics import Statistics
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import provenance
from ..raster.source import open_raster
from ..system.redaction import redacted
from ..translation import tr
from . import storage

# What a result's metadata must agree on. PIECES stands in results that were cut.
DECISIVE = ("MODEL_SHA256", "SOURCE", "SOURCE_STATE", "SETTINGS", "THRESHOLD", "PIECES")

# Of a result with more tiles, so many are decoded, evenly spread: a run over an archive checks each result of earlier nights.
_MAX_TILES_DECODED = 64

# Other codecs may return values that merely resemble those written.
_LOSSLESS = {None, "LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"}

# Bytes at either end of an encoded tile; no codec leaves all of them at zero.
_ENDS = 64


def is_valid(destination: str, metadata: Mapping[str, str]) -> bool:
    """Return whether a result, or a piece of one, exists, whole, of the same source by the same model, threshold and settings.

    Args:
        destination: of the result.
        metadata: that it would be written with.
    """
    storage.forget(destination)
    try:
        found = provenance(destination)
        if any(found.get(key) != metadata.get(key) for key in DECISIVE):
            return False
        check_result(destination)
    except RasterError:
        return False
    return True


def refuse_foreign(destination: str, grid: Grid) -> None:
    """Refuse to replace a raster that isn't a result: the user chose a folder, and wasn't asked about this file.

    Args:
        destination: of the result; something exists there.
        grid: of the result.

    Raises:
        InputError: it is another raster.
    """
    try:
        dataset = open_raster(destination)
        # A damaged result may have lost its metadata, or can't be opened, and is to be replaced.
        alike = (dataset.RasterCount, dataset.RasterXSize, dataset.RasterYSize) == (1, grid.width, grid.height)
        result = alike or bool(provenance(destination))
    except RasterError:
        return
    if not result:
        msg = tr(
            "{destination} exists and isn't a result of this plugin, so it isn't replaced: choose another folder for the results, or move "
            "the file away."
        ).format(destination=redacted(destination))
        raise InputError(msg)


def check_result(name: str) -> None:
    """Check that a result is whole: every tile has its offset in the file and its bytes, and what is decoded is what was written.

    Up to 64 tiles are decoded; where those are all, their statistics are compared with those stated in the file. Of a result in object
    storage, which appears there whole or not at all, only the last tile is decoded. A virtual raster over pieces is whole if it opens.

    Raises:
        RasterError: it isn't whole, or can't be read.
    """
    dataset = open_raster(name)
    if dataset.GetDriver().ShortName == "VRT":
        return
    band = dataset.GetRasterBand(1)
    width, height = band.GetBlockSize()
    across, down = math.ceil(band.XSize / width), math.ceil(band.YSize / height)
    _check_tiles(dataset, name, [(column, row) for row in range(down) for column in range(across)])
    count = 1 if storage.is_virtual(name) else min(across * down, _MAX_TILES_DECODED)
    total = Statistics()
    with GdalErrors(tr("{path} can't be read").format(path=name)) as errors, np.errstate(all="ignore"):
        for index in np.linspace(across * down - 1, 0, count).astype(int).tolist():
            column, row = index % across * width, index // across * height
            box = (column, row, min(width, band.XSize - column), min(height, band.YSize - row))
            values = errors.check(band.ReadAsArray(*box))
            total += Statistics.from_values(values[values != band.GetNoDataValue()])
    exact = dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") in _LOSSLESS
    if exact and count == across * down and not _agree(total, band.GetMetadata() or {}):
        msg = tr("{path} isn't what was written: its values don't have the statistics that it states.").format(path=name)
        raise RasterError(msg)


def _check_tiles(dataset: gdal.Dataset, name: str, tiles: list[tuple[int, int]]) -> None:
    """Check that each tile lies within the file, and that a compressed one doesn't begin or end with zeros.

    Raises:
        RasterError: one doesn't.
    """
    band = dataset.GetRasterBand(1)
    found = gdal.VSIStatL(name)
    size = 0 if found is None else found.size
    encoded = bool(dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE")) and not storage.is_virtual(name)
    with GdalErrors(tr("{path} can't be read").format(path=name)) as errors:
        file = errors.check(gdal.VSIFOpenL(name, "rb"))
        try:
            for column, row in tiles:
                offset, length = (int(band.GetMetadataItem(f"BLOCK_{what}_{column}_{row}", "TIFF") or 0) for what in ("OFFSET", "SIZE"))
                whole = offset > 0 and length > 0 and offset + length <= size
                for start in (offset, offset + length - _ENDS) if encoded and whole and length > 2 * _ENDS else ():
                    gdal.VSIFSeekL(file, start, os.SEEK_SET)
                    whole = whole and any(bytes(gdal.VSIFReadL(1, _ENDS, file) or b""))
                if not whole:
                    msg = tr("{path} isn't whole: the tile in column {column}, row {row} is missing.").format(
                        path=name, column=column, row=row
                    )
                    raise RasterError(msg)
        finally:
            gdal.VSIFCloseL(file)


def _agree(found: Statistics, metadata: Mapping[str, str]) -> bool:
    """Return whether values have the statistics that a band's metadata state, but for rounding and the order of the sum."""
    stated = [metadata.get(f"STATISTICS_{what}", "nan") for what in ("MINIMUM", "MAXIMUM", "MEAN")]
    if not found.count:
        return stated == ["nan"] * 3
    try:
        return bool(np.allclose([float(text) for text in stated], [found.minimum, found.maximum, found.mean or 0.0], rtol=1e-5, atol=1e-6))
    except ValueError:
        return False
