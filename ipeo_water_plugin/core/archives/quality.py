"""Masks made of quality bands: virtual rasters that are 1 where a pixel is clear and 0 elsewhere, by a table of values.

Sources: ESA, Sentinel-2 Level-2A Algorithm Theoretical Basis Document (scene classification), and Sentinel-2 Products Specification
(MSK_CLASSI, whose bands are 1 under opaque clouds, under cirrus, and on snow); USGS, Landsat Collection 2 Quality Assessment Bands, and
Landsat 8 Surface Reflectance Product Guide of Collection 1 (BQA, pixel_qa); NASA, HLS Product User Guide 2.0 (Fmask); Planet, Usable Data
Masks (UDM2, whose first band is 1 where clear; UDM, whose bits mark fill, clouds and missing bands).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from osgeo import gdal

from ..raster.geotiff import METADATA_DOMAIN
from ..raster.source import grid_of_dataset, open_raster
from ..raster.vrt_document import band_element, element_of, vrt_document
from .product import QualityBand

# By which a mask is known as one.
KIND = "clear pixels of an image"

# Whether a value is clear, and the largest value.
_KINDS: dict[str, tuple[Callable[[int], bool], int]] = {
    # Dark areas, vegetation, bare soil, water, unclassified, snow; not saturated, cloud shadow, clouds of three kinds.
    "SCL": ({2, 4, 5, 6, 7, 11}.__contains__, 255),
    # Fill, dilated cloud, cirrus, cloud, cloud shadow.
    "QA_PIXEL": (lambda value: not value & 0b11111, 65535),
    # Fill, cloud shadow, cloud.
    "PIXEL_QA": (lambda value: not value & 0b101001, 65535),
    # Fill, cloud, and where the confidence is high, two bits each: cloud shadow, cirrus.
    "BQA": (lambda value: not value & 0b10001 and value >> 7 & 3 != 3 and value >> 11 & 3 != 3, 65535),
    # Cloud, beside a cloud or shadow, cloud shadow. Fill is 255.
    "FMASK": (lambda value: not value & 0b1110, 255),
    "UDM2": ((1).__eq__, 255),
    "UDM": ((0).__eq__, 255),
    "CLASSI": ((0).__eq__, 255),
}


def mask_document(quality: QualityBand, destination: Path) -> str:
    """Return a virtual raster that is 1 where the quality band says clear, else 0.

    Args:
        quality: the band.
        destination: where it will be written; a source below its folder is named relative to it.

    Raises:
        RasterError: GDAL can't open the band.
    """
    dataset = open_raster(quality.file)
    # Opaque clouds and cirrus have a band each: clear is where both are.
    bands = (1, 2) if quality.kind == "CLASSI" else (1,)
    sources = [element_of(dataset, number, destination, extra=f"<LUT>{_table(quality.kind)}</LUT>") for number in bands]
    function = "<PixelFunctionType>mul</PixelFunctionType>" if len(bands) > 1 else ""
    band = band_element(gdal.GDT_Byte, sources, {"Description": "clear"}, inside=function)
    return vrt_document(grid_of_dataset(dataset, quality.file), [band], {METADATA_DOMAIN: {"KIND": KIND}}, dataset)


def _table(kind: str) -> str:
    """Return a GDAL lookup table with a node at both ends of each run of values, since GDAL interpolates between nodes."""
    clear, last = _KINDS[kind]
    states = [clear(value) for value in range(last + 1)]
    nodes = [n for n, state in enumerate(states) if n in {0, last} or state != states[n - 1] or state != states[n + 1]]
    return ",".join(f"{n}:{int(states[n])}" for n in nodes)
