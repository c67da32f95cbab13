"""What GDAL says of a raster: its bands, their wavelengths and sensor, its date, and its description as the origin of samples."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from osgeo import gdal

from ..bands import ROLES, BandInfo, BandRoles
from ..errors import InputError
from ..metadata.dates import DateRule, date_from_text, date_in_name
from ..metadata.descriptions import nanometres
from ..metadata.roles import find_bands
from ..metadata.sensors import sensor_of
from ..samples import Scene
from ..system.redaction import redacted
from ..translation import tr
from .geotiff import METADATA_DOMAIN
from .raster_file import RasterFile
from .reprojection import crs_name
from .source import data_type_of, grid_of_dataset, open_raster, scaling_of
from .vrt_xml import vrt_bands

# Domain and key of entries that state the acquisition. PRODUCT_START_TIME is that of GDAL's Sentinel-2 driver.
_STATED = (
    (METADATA_DOMAIN, "ACQUIRED"),
    ("", "ACQUISITION_DATE"),
    ("IMAGERY", "ACQUISITIONDATETIME"),
    ("", "DATE_ACQUIRED"),
    ("", "PRODUCT_START_TIME"),
    ("", "RANGEBEGINNINGDATE"),
    ("ENVI", "acquisition_time"),
    ("ENVI", "acquisition time"),
    ("ENVI", "acquisition_date"),
)

# Hexadecimal digits of a scene's id: a collision within a project has a probability of about 10⁻¹⁰.
_ID_DIGITS = 12

# Characters of a description, and of a source's name, that are looked at: patterns take time that grows with the square of their number.
_MAX_TEXT = 1000


def band_infos(raster: str | RasterFile) -> tuple[BandInfo, ...]:
    """Return the metadata of all bands, in order; raise RasterError if GDAL can't open the raster."""
    dataset = open_raster(raster)
    # Of a VRT, bands with exactly one source file.
    sources = {number: {source.name for source in band.sources} for number, band in vrt_bands(dataset).items()}
    files = {number: names.pop() for number, names in sources.items() if len(names) == 1}
    header = dataset.GetMetadata("ENVI") or {}
    listed = [_to_nanometres(n, header.get("wavelength_units", "")) for n in re.findall(r"[\d.]+", header.get("wavelength", ""))]
    sentinel = dataset.GetDriver().ShortName == "SENTINEL2"
    sensor, infos = "sentinel2" if sentinel else sensor_of(str(raster), (dataset.GetMetadata() or {}).values()), []
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        wavelength = _wavelength(band) or (listed[number - 1] if len(listed) == dataset.RasterCount else None)
        colour = gdal.GetColorInterpretationName(band.GetColorInterpretation()).lower()
        description, file = band.GetDescription().strip()[:_MAX_TEXT], files.get(number, "")[-_MAX_TEXT:]
        infos.append(BandInfo(number, description, wavelength, colour, file, sensor))
    return tuple(infos)


def roles_of(
    raster: str | RasterFile, green: int | None = None, red: int | None = None, nir: int | None = None, extra: Sequence[int] = ()
) -> BandRoles:
    """Identify the bands of a raster that form x; see `find_bands`.

    Args:
        raster: GDAL name, or a layer's `RasterFile`.
        green, red, nir, extra: as in `find_bands`.

    Raises:
        RasterError: GDAL can't open it.
        InputError: a band can't be identified, or a number is repeated or out of range.
    """
    return find_bands(band_infos(raster), green, red, nir, extra)


def roles_by_name(
    raster: str | RasterFile,
    names: Sequence[str],
    green: int | None = None,
    red: int | None = None,
    nir: int | None = None,
    extra: Sequence[int] = (),
) -> BandRoles:
    """Identify the bands for a model's inputs; those besides green, red and nir by name, unless the user chose them.

    Args:
        raster: GDAL name, or a layer's `RasterFile`.
        names: of the inputs.
        green, red, nir, extra: as in `find_bands`.

    Raises:
        RasterError: GDAL can't open it.
        InputError: a band can't be identified, or a number is repeated or out of range.
    """
    infos = band_infos(raster)
    further = [name for name in names if name not in ROLES]
    if further and not extra:
        green, red, nir = find_bands(infos, green, red, nir).numbers
        every = find_bands(infos, green, red, nir, [info.number for info in infos if info.number not in {green, red, nir}])
        by_name = {band.name: band.number for band in every.bands}
        if ambiguous := [name for name in further if name in every.ambiguous_names]:
            msg = tr(
                "{source} has several bands of the description that the model's input {names} is named after, so it is unclear which one "
                "is meant: choose extra bands by number."
            )
            raise InputError(msg.format(source=raster, names=", ".join(ambiguous)))
        if absent := [name for name in further if name not in by_name]:
            msg = tr("{source} has no band called {names}, which the model needs besides green, red and nir: choose extra bands by number.")
            raise InputError(msg.format(source=raster, names=", ".join(absent)))
        extra = [by_name[name] for name in further]
    return find_bands(infos, green, red, nir, extra)


def scene_of(raster: str | RasterFile, roles: BandRoles, name: str | None = None, areas: str = "") -> Scene:
    """Describe a raster as the origin of samples.

    Args:
        raster: the image.
        roles: its bands.
        name: of the scene; by default the file name.
        areas: identifies the layer of the training areas, since polygon ids are only unique within a layer.

    Raises:
        RasterError: GDAL can't open it.
    """
    dataset = open_raster(raster)
    bands = [dataset.GetRasterBand(n) for n in roles.numbers]
    grid, own = grid_of_dataset(dataset, raster), RasterFile.from_name(raster)
    types = tuple(str(data_type_of(b, str(raster))) for b in bands)
    # URLs get a new signature each time, so it is left out. Names of local files are kept: “sig=1.tif” and “sig=2.tif” are two scenes.
    path = Path(str(raster))
    place = str(path.resolve()) if path.exists() else redacted(str(raster))
    identity = "\n".join(map(str, (place, grid.width, grid.height, grid.geotransform, areas)))
    return Scene(
        name=name or Path(redacted(str(raster))).stem,
        id=hashlib.sha256(identity.encode()).hexdigest()[:_ID_DIGITS],
        data_type=" ".join(dict.fromkeys(types)),
        pixel_size=grid.pixel_size,
        crs=crs_name(grid.crs) or None,
        scale=tuple(scaling_of(b)[0] for b in bands),
        offset=tuple(scaling_of(b)[1] for b in bands),
        nodata=tuple(b.GetNoDataValue() if own.band_nodata(n).declared else None for n, b in zip(roles.numbers, bands)),
        inputs=roles.names,
        data_types=types if len(set(types)) > 1 else (),
    )


def acquisition_date(raster: str | RasterFile, rule: DateRule | None = None, dataset: gdal.Dataset | None = None) -> date | None:
    """Return the date of an image; None if nothing states it, or if what does is doubtful.

    In this order: the user's rule; metadata of the acquisition; the file's name, unless TIFFTAG_DATETIME differs, which may be the time
    of acquisition, processing or copying; that tag alone.

    Args:
        raster: any GDAL name.
        rule: of the user, who is believed against everything else.
        dataset: the raster, if it is open already.

    Raises:
        RasterError: GDAL can't open it.
    """
    if rule:
        return rule.date_of(str(raster))
    dataset = dataset or open_raster(raster)
    stated = {
        day
        for domain, key in _STATED
        if (day := date_from_text(dataset.GetMetadataItem(key, domain) or dataset.GetMetadataItem(f"{domain}_{key}") or ""))
    }
    if not stated:
        tagged = date_from_text(dataset.GetMetadataItem("TIFFTAG_DATETIME") or "")
        stated = {day for day in (date_in_name(str(raster)), tagged) if day}
    return stated.pop() if len(stated) == 1 else None


def _to_nanometres(text: str, unit: str) -> float | None:
    try:
        return nanometres(float(text), unit)
    except ValueError:
        return None


def _wavelength(band: gdal.Band) -> float | None:
    """Return the central wavelength of a band in nm, as spelled by GDAL's drivers and by ENVI headers."""
    precise = band.GetMetadataItem("CENTRAL_WAVELENGTH_UM", "IMAGERY")
    if precise:
        return _to_nanometres(precise, "um")
    entries = {key.lower(): value for key, value in (band.GetMetadata() or {}).items()}
    unit = entries.get("wavelength_units") or entries.get("wavelength_unit") or ""
    for key in ("wavelength", "central_wavelength", "center_wavelength"):
        if key in entries:
            return _to_nanometres(entries[key], unit)
    return None
