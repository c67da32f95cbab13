"""GeoTIFF encoding: data type, creation options, and file size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from osgeo import gdal

from ..errors import InputError
from ..grid import Grid
from ..translation import tr

# Offset and length of a tile in the directory, not counting its compressed data.
_MIN_TILE_BYTES = 16

# Size of the other side if an option sets only one.
_TILE = 512

# By which the COG driver warps a raster onto another grid.
_ANOTHER_GRID = frozenset({"TARGET_SRS", "TILING_SCHEME", "EXTENT", "RES"})

# By which the GTiff driver writes a file beside, whose name another image's may have: map.tfw places map.tif and map.tiff.
_BESIDE = frozenset({"TFW", "RPB", "RPCTXT"})


@dataclass(frozen=True)
class RasterKind:
    """Data type and metadata of an output raster.

    Attributes:
        data_type: GDAL's data type, of all bands.
        nodata: NoData value, of all bands, since GeoTIFF stores only one.
        description: of the first band.
        scale: of the first band: physical = raw · scale.
        further: descriptions of the other bands.
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
        """Whether values are floating-point numbers."""
        return bool(self.data_type in {gdal.GDT_Float32, gdal.GDT_Float64})


def creation_options(kind: RasterKind, tile: tuple[int, int], options: Sequence[str] = ()) -> list[str]:
    """Return GTiff creation options: the user's, completed with defaults chosen by measurement.

    For probabilities in steps of 2⁻¹⁷, ZSTD at level 1 takes half of DEFLATE's time at the same size; a predictor makes files larger,
    and writing and reading slower. If GDAL lacks ZSTD, DEFLATE at level 1 is used.

    Args:
        kind: of the raster.
        tile: width and height of its tiles.
        options: of the user, KEY=VALUE.

    Raises:
        InputError: an option isn't KEY=VALUE.
    """
    given = given_options(options)
    defaults = {}
    if kind.bands > 1:
        # So that readers of one band needn't decode the others.
        defaults["INTERLEAVE"] = "BAND"
    if is_on(given.get("TILED", "YES")):
        defaults.update({"TILED": "YES", "BLOCKXSIZE": str(tile[0]), "BLOCKYSIZE": str(tile[1])})
    return _completed("GTiff", given, defaults, ("ZSTD_LEVEL", "ZLEVEL"))


def cog_options(options: Sequence[str] = ()) -> list[str]:
    """Return COG creation options: the user's, completed as by `creation_options`; raise InputError if one isn't KEY=VALUE."""
    return _completed("COG", given_options(options), {"OVERVIEW_RESAMPLING": "AVERAGE"}, ("LEVEL", "LEVEL"))


def _completed(driver: str, given: Mapping[str, str], defaults: Mapping[str, str], levels: tuple[str, str]) -> list[str]:
    """Return options with the defaults of every GeoTIFF, ZSTD or else DEFLATE at level 1 among them; `levels` name the level of each."""
    compression = {}
    if "COMPRESS" not in given:
        known = gdal.GetDriverByName(driver).GetMetadataItem("DMD_CREATIONOPTIONLIST") or ""
        codec, level = ("ZSTD", levels[0]) if "ZSTD" in known else ("DEFLATE", levels[1])
        compression = {"COMPRESS": codec, level: "1"}
    every = {"NUM_THREADS": "ALL_CPUS", "BIGTIFF": "IF_SAFER", **defaults, **compression, **given}
    return [f"{key}={value}" for key, value in every.items()]


def file_size_bounds(grid: Grid, kind: RasterKind, tile: tuple[int, int], given: Mapping[str, str], *, cog: bool) -> tuple[int, int]:
    """Return the minimum and maximum file size in bytes.

    Args:
        grid, kind: of the raster.
        tile: width and height of its tiles.
        given: creation options of the user, by key.
        cog: write a Cloud Optimized GeoTIFF.
    """
    raw = grid.window.pixels * kind.bands * gdal.GetDataTypeSize(kind.data_type) // 8
    tiles = math.ceil(grid.width / tile[0]) * math.ceil(grid.height / tile[1]) * kind.bands
    padded = tiles * tile[0] * tile[1] * gdal.GetDataTypeSize(kind.data_type) // 8
    plain = given.get("COMPRESS", "").upper() == "NONE" and "SPARSE_OK" not in given
    # Tiles of one value compress to almost nothing, so a compressed file may take little more than its list of tiles. Overviews add a
    # third, and a COG is made from a plain GeoTIFF that exists at the same time.
    return (raw if plain else _MIN_TILE_BYTES * tiles), int(padded * (2.4 if cog else 1.05)) + 65536


def given_options(options: Sequence[str]) -> dict[str, str]:
    """Split creation options into upper-case keys and values; raise InputError if one isn't KEY=VALUE."""
    given = {}
    for option in options:
        key, separator, value = option.partition("=")
        if not separator or not key.strip():
            msg = tr("“{option}” is not a creation option: write KEY=VALUE, and separate several by |.").format(option=option)
            raise InputError(msg)
        given[key.strip().upper()] = value.strip()
    return given


def check_known(given: Mapping[str, str], driver: str) -> None:
    """Check that GDAL knows the creation options, since it ignores others, and that they leave the grid and the files beside as they are.

    Args:
        given: as `given_options` returns them.
        driver: GTiff or COG.

    Raises:
        InputError: a key, or a compression, isn't one of the driver's, or an option sets another grid or writes a further file.
    """
    options = {}
    for option in gdal.ParseXMLString(gdal.GetDriverByName(driver).GetMetadataItem("DMD_CREATIONOPTIONLIST"))[2:]:
        names = [child[2][1].upper() for child in option[2:] if child[0] == gdal.CXT_Attribute and child[1] in {"name", "alias"}]
        choices = [child[-1][1].upper() for child in option[2:] if child[1] == "Value"]
        options.update(dict.fromkeys(names, choices))
    for key, value in given.items():
        if key not in options and not key.startswith("@"):
            msg = tr("{option}: GDAL's {driver} driver has no such creation option and would ignore it. Available: {known}.")
            raise InputError(msg.format(option=f"{key}={value}", driver=driver, known=", ".join(sorted(options))))
        if key in _ANOTHER_GRID and value.upper() != "CUSTOM":
            msg = tr("{option}: a result has the pixels of its image: leave the option out, and warp the result afterwards.")
            raise InputError(msg.format(option=f"{key}={value}"))
        if key in _BESIDE and is_on(value):
            msg = tr("{option}: the file that it writes beside the result can be that of another image: leave the option out.")
            raise InputError(msg.format(option=f"{key}={value}"))
        if key == "COMPRESS" and value.upper() not in options[key]:
            msg = tr("{option}: GDAL's {driver} driver has no such compression. Available: {known}.")
            raise InputError(msg.format(option=f"{key}={value}", driver=driver, known=", ".join(options[key])))


def chosen_tile(kind: RasterKind, width: int, options: Sequence[str]) -> tuple[int, int] | None:
    """Return the tile or strip size that GTiff creation options specify.

    Args:
        kind: of the raster.
        width: of the raster, in pixels.
        options: of the user, KEY=VALUE.

    Returns:
        Width and height in pixels, or None if the options leave it open.
    """
    given = given_options(options)
    across, down = (int(given[key]) if given.get(key, "").isdigit() else 0 for key in ("BLOCKXSIZE", "BLOCKYSIZE"))
    if not is_on(given.get("TILED", "YES")):
        # libtiff's default: strips of 8 KiB.
        return width, down or max(8192 * 8 // (width * gdal.GetDataTypeSize(kind.data_type)), 1)
    return (across or _TILE, down or _TILE) if across or down else None


def is_on(value: str) -> bool:
    """Return whether GDAL interprets an option's value as true."""
    return value.upper() in {"YES", "TRUE", "ON", "1"}
