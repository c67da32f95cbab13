"""How a GeoTIFF is encoded: what its values are, GDAL's creation options, and the room that it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from osgeo import gdal

from ..errors import InputError
from ..grid import Grid
from ..translation import tr

# Offset and length of a tile in the directory; what a codec makes of a tile of one value comes on top.
_MIN_TILE_BYTES = 16

# What a tile measures where an option names one side alone.
_TILE = 512


@dataclass(frozen=True)
class RasterKind:
    """What the values of a raster are.

    Attributes:
        data_type: GDAL's type, of all bands.
        nodata: NoData value, of all bands: GeoTIFF knows no other.
        description: of the first band.
        scale: physical = raw · scale, of the first band.
        further: descriptions of the bands after the first.
    """

    data_type: int
    nodata: float
    description: str
    scale: float | None = None
    further: tuple[str, ...] = ()

    @property
    def bands(self) -> int:
        """Number of bands."""
        return 1 + len(self.further)

    @property
    def floating(self) -> bool:
        """Whether the values have fractions."""
        return bool(self.data_type in {gdal.GDT_Float32, gdal.GDT_Float64})


def creation_options(kind: RasterKind, tile: tuple[int, int], options: Sequence[str] = ()) -> list[str]:
    """Return GTiff creation options: the user's, and measured defaults where the user says nothing.

    ZSTD at level 1 takes a fifth of DEFLATE's time for probabilities at the same size; where GDAL was built without it,
    DEFLATE at its fastest comes next.

    Raises:
        InputError: an option isn't KEY=VALUE.
    """
    given = given_options(options)
    defaults = {"NUM_THREADS": "ALL_CPUS", "BIGTIFF": "IF_SAFER"}
    if kind.bands > 1:
        # Whoever reads one band alone needn't unpack the others.
        defaults["INTERLEAVE"] = "BAND"
    if is_on(given.get("TILED", "YES")):
        defaults.update({"TILED": "YES", "BLOCKXSIZE": str(tile[0]), "BLOCKYSIZE": str(tile[1])})
    if "COMPRESS" not in given:
        defaults.update(_compression(kind, "GTiff", "3" if kind.floating else "2", ("ZSTD_LEVEL", "ZLEVEL")))
    return [f"{key}={value}" for key, value in {**defaults, **given}.items()]


def cog_options(kind: RasterKind, options: Sequence[str] = ()) -> list[str]:
    """Return COG creation options, as `creation_options` does for GTiff.

    Raises:
        InputError: an option isn't KEY=VALUE.
    """
    given = given_options(options)
    defaults = {"NUM_THREADS": "ALL_CPUS", "BIGTIFF": "IF_SAFER", "OVERVIEW_RESAMPLING": "AVERAGE"}
    if "COMPRESS" not in given:
        defaults.update(_compression(kind, "COG", "YES", ("LEVEL", "LEVEL")))
    return [f"{key}={value}" for key, value in {**defaults, **given}.items()]


def file_size_bounds(grid: Grid, kind: RasterKind, tile: tuple[int, int], given: Mapping[str, str], *, cog: bool) -> tuple[int, int]:
    """Return the bytes that a file takes at the least and at the most, as far as that can be told before its values are known."""
    raw = grid.window.pixels * kind.bands * gdal.GetDataTypeSize(kind.data_type) // 8
    tiles = math.ceil(grid.width / tile[0]) * math.ceil(grid.height / tile[1]) * kind.bands
    padded = tiles * tile[0] * tile[1] * gdal.GetDataTypeSize(kind.data_type) // 8
    plain = given.get("COMPRESS", "").upper() == "NONE" and "SPARSE_OK" not in given
    # Tiles of one value shrink to almost nothing, so that a compressed file is sure to take little more than the list of its tiles.
    # Overviews add a third, and a Cloud Optimized GeoTIFF is made from the plain one, which stands beside it.
    return (raw if plain else _MIN_TILE_BYTES * tiles), int(padded * (2.4 if cog else 1.05)) + 65536


def given_options(options: Sequence[str]) -> dict[str, str]:
    """Split creation options into keys, in capitals, and values.

    Raises:
        InputError: an option isn't KEY=VALUE.
    """
    given = {}
    for option in options:
        key, separator, value = option.partition("=")
        if not separator or not key.strip():
            msg = tr("“{option}” is no creation option: write KEY=VALUE, several separated by |.").format(option=option)
            raise InputError(msg)
        given[key.strip().upper()] = value.strip()
    return given


def chosen_tile(kind: RasterKind, width: int, options: Sequence[str]) -> tuple[int, int] | None:
    """Return width and height of the tiles, or strips, that GTiff creation options ask for, or None where they leave that open."""
    given = given_options(options)
    across, down = (int(given[key]) if given.get(key, "").isdigit() else 0 for key in ("BLOCKXSIZE", "BLOCKYSIZE"))
    if not is_on(given.get("TILED", "YES")):
        # As many rows as libtiff puts into 8 KiB.
        return width, down or max(8192 * 8 // (width * gdal.GetDataTypeSize(kind.data_type)), 1)
    return (across or _TILE, down or _TILE) if across or down else None


def is_on(value: str) -> bool:
    """Whether GDAL takes an option's value for a yes."""
    return value.upper() in {"YES", "TRUE", "ON", "1"}


def _compression(kind: RasterKind, driver: str, predictor: str, levels: tuple[str, str]) -> dict[str, str]:
    known = gdal.GetDriverByName(driver).GetMetadataItem("DMD_CREATIONOPTIONLIST") or ""
    if "ZSTD" in known:
        # A predictor doubles the time for bytes and gains nothing where most of them are 0 or 100.
        return {"COMPRESS": "ZSTD", levels[0]: "1", **({"PREDICTOR": predictor} if kind.floating else {})}
    return {"COMPRESS": "DEFLATE", levels[1]: "1", **({"PREDICTOR": predictor} if kind.floating else {})}
