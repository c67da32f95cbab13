"""The date on which an image was acquired, from its metadata and its name: never a guess."""

from __future__ import annotations

from datetime import date

from osgeo import gdal

from ..metadata.dates import DateRule, date_from_text, date_in_name
from .geotiff import METADATA_DOMAIN
from .raster_file import RasterFile
from .source import open_raster

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
    if stated:
        return stated.pop() if len(stated) == 1 else None
    named = date_in_name(str(raster))
    tagged = date_from_text(dataset.GetMetadataItem("TIFFTAG_DATETIME") or "")
    if named is None or tagged is None:
        return named or tagged
    return named if named == tagged else None
