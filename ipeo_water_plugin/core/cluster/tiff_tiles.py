"""Encoded tiles of GeoTIFFs, moved from file to file as they are: neither decoded nor encoded again."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import RasterError
from ..raster.source import open_raster
from ..translation import tr

# TIFF 6.0, and Adobe's and libtiff's BigTIFF: tags of the two arrays, and struct's letter for the types that they may have.
_OFFSETS, _LENGTHS = 324, 325
_TYPES = {3: "H", 4: "I", 16: "Q"}


@dataclass(frozen=True)
class EncodedTile:
    """A tile as it is stored: its column and row in units of tiles, and its bytes."""

    column: int
    row: int
    content: bytes


@dataclass(frozen=True)
class _Array:
    """Where an array of the directory stands in the file."""

    place: int
    letter: str
    count: int

    def write(self, file: BinaryIO, values: list[int]) -> None:
        file.seek(self.place)
        file.write(struct.pack(f"<{self.count}{self.letter}", *values))


def tiles_of(path: Path) -> Iterator[EncodedTile]:
    """Yield the tiles of the first band of a tiled GeoTIFF, in the order of rows.

    Raises:
        RasterError: the file can't be read, or a tile is missing.
    """
    dataset = open_raster(str(path))
    band = dataset.GetRasterBand(1)
    width, height = band.GetBlockSize()
    with path.open("rb") as file:
        for row in range(math.ceil(dataset.RasterYSize / height)):
            for column in range(math.ceil(dataset.RasterXSize / width)):
                place = band.GetMetadataItem(f"BLOCK_OFFSET_{column}_{row}", "TIFF")
                length = band.GetMetadataItem(f"BLOCK_SIZE_{column}_{row}", "TIFF")
                content = b""
                if place is not None and length is not None:
                    file.seek(int(place))
                    content = file.read(int(length))
                if not content or len(content) != int(length):
                    msg = tr("{path} isn't whole: the tile in column {column}, row {row} is missing.").format(
                        path=path, column=column, row=row
                    )
                    raise RasterError(msg)
                yield EncodedTile(column, row, content)


def put_tiles(path: Path, across: int, tiles: Iterable[EncodedTile]) -> None:
    """Append tiles to a tiled GeoTIFF of one band that holds none yet, as GDAL makes one with SPARSE_OK, and enter them in its directory.

    Args:
        path: the file, closed.
        across: how many tiles lie side by side.
        tiles: encoded as the file's directory says, in any order.

    Raises:
        RasterError: the file isn't such a one, or can't be written.
    """
    try:
        with path.open("r+b") as file:
            offsets, lengths = _directory(file, path)
            places, sizes = [0] * offsets.count, [0] * offsets.count
            end = file.seek(0, os.SEEK_END)
            for tile in tiles:
                index = tile.row * across + tile.column
                file.write(tile.content)
                places[index], sizes[index] = end, len(tile.content)
                end += len(tile.content)
            offsets.write(file, places)
            lengths.write(file, sizes)
    except (OSError, struct.error) as error:
        msg = tr("{path} can't be written: {error}.").format(path=path, error=error)
        raise RasterError(msg) from error


def _directory(file: BinaryIO, path: Path) -> tuple[_Array, _Array]:
    """Find the arrays of the tiles' places and lengths in the first directory of a little-endian TIFF."""
    head = file.read(16)
    big = head[:4] == b"II+\0"
    if not big and head[:4] != b"II*\0":
        msg = tr("{path} is no little-endian TIFF.").format(path=path)
        raise RasterError(msg)
    place, counter, entry, inline = (8, "Q", "<HHQ", 8) if big else (4, "H", "<HHI", 4)
    file.seek(struct.unpack_from("<Q" if big else "<I", head, place)[0])
    (number,) = struct.unpack(f"<{counter}", file.read(struct.calcsize(f"<{counter}")))
    start, size = file.tell(), struct.calcsize(entry) + inline
    entries = file.read(number * size)
    found = {}
    for index in range(number):
        tag, kind, count = struct.unpack_from(entry, entries, index * size)
        if tag in {_OFFSETS, _LENGTHS} and kind in _TYPES:
            value = start + index * size + struct.calcsize(entry)
            if count * struct.calcsize(f"<{_TYPES[kind]}") > inline:
                (value,) = struct.unpack_from("<Q" if big else "<I", entries, value - start)
            found[tag] = _Array(value, _TYPES[kind], count)
    if set(found) != {_OFFSETS, _LENGTHS}:
        msg = tr("{path} is no tiled TIFF.").format(path=path)
        raise RasterError(msg)
    return found[_OFFSETS], found[_LENGTHS]
