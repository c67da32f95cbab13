"""NoData values, masks and alpha bands of a file.

GDAL's own masks aren't enough. GDAL derives a mask from an alpha band only in Byte or UInt16 files of two or four bands without a NoData
value, and then even if the band is an input here. A mask makes it ignore the NoData value, and it ignores NoData values in metadata.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from osgeo import gdal

from ..translation import tr
from .gdal_errors import GdalErrors

Box = tuple[int, int, int, int]

# Written by the SENTINEL2 driver, and copied to everything made from it.
_SPECIAL = "specialvaluenodata"
# Written by other drivers and programs. If NoData is declared as well, they may be left over from an earlier file.
_NOTED = {"fillvalue", "missingvalue", "dataignorevalue", "nodatavalue", "nodata"}
# Drivers whose metadata are attributes of the file, so they apply in addition to the NoData value.
_ATTRIBUTES = {"netCDF", "HDF4", "HDF4Image", "HDF5", "HDF5Image"}

# Pixels from which on one value in every band is conspicuous.
_MIN_FILLED = 10

# The lowest number of float32, as most programs write it and as ArcGIS does; files that were edited mix them, and GDAL's masks take both.
_LOWEST = (-3.4028234663852886e38, -3.4028230607370965e38)

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WHOLE = re.compile(r"[-+]?\d{1,20}")


def fill_value(bands: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return 0 or the lowest value, if valid pixels hold it in every band as where nobody declared NoData, and the share of these; or 0s.

    Args:
        bands: raw values, one array of shape (pixels,) for each band.
    """
    lowest = min((float(band.min()) for band in bands if len(band)), default=0.0)
    count, value = max((int(np.logical_and.reduce([band == value for band in bands]).sum()), value) for value in (lowest, 0.0))
    # A few may be surface.
    return (value, count / len(bands[0])) if count >= _MIN_FILLED else (0.0, 0.0)


def fill_advice(value: float) -> str:
    """Return what to do about a value that `fill_value` found."""
    text = tr(
        "If the image has no data there, as around a clipped or warped one, set {value:g} as its NoData value: Layer Properties, "
        "Transparency, or gdal_edit.py -a_nodata {value:g}."
    )
    return text.format(value=value)


def nodata_values(dataset: gdal.Dataset, number: int) -> tuple[float, ...]:
    """Return the NoData values of a band: the declared one, then those named in metadata.

    Args:
        dataset: the raster.
        number: of the band, from 1.

    Returns:
        Floats, or integers where the band or the text has them: a float can't tell 2⁶⁴ - 1 from 2⁶⁴, which no pixel has.
    """
    band = dataset.GetRasterBand(number)
    # With NODATA_VALUES a pixel is invalid if all bands have their value: GDAL offers that as a mask.
    together = band.GetMaskFlags() & gdal.GMF_NODATA and band.GetMaskFlags() & gdal.GMF_PER_DATASET
    declared = None if together else band.GetNoDataValue()
    found = [] if declared is None else [declared]
    own = declared is None or dataset.GetDriver().ShortName in _ATTRIBUTES
    variable = (band.GetMetadataItem("NETCDF_VARNAME") or "") + "#"
    for entries in (band.GetMetadata(), dataset.GetMetadata(), dataset.GetMetadata("ENVI")):
        for key, text in (entries or {}).items():
            name = re.sub(r"[\W_]", "", (key[len(variable) :] if key.startswith(variable) else key).lower())
            if name == _SPECIAL or (own and name in _NOTED):
                found += [int(word) if _WHOLE.fullmatch(word) else float(word) for word in _NUMBER.findall(text)]
    return tuple(dict.fromkeys(found))


def as_pixel_value(value: float, data_type: np.dtype) -> np.generic | None:
    """Convert a NoData value to a band's data type.

    Args:
        value: as declared.
        data_type: of the band.

    Returns:
        The value, or None if no pixel can equal it. NaN also gives None: it is invalid in any case.
    """
    if not math.isfinite(value):
        return None
    if data_type.kind == "f":
        with np.errstate(over="ignore"):
            fitting = data_type.type(value)
        return fitting if np.isfinite(fitting) else None
    limits = np.iinfo(data_type)
    if data_type == np.int8 and 127 < value <= 255:
        # Before GDAL 3.7 signed bytes were a variant of Byte, with NoData values written either way.
        value -= 256
    return data_type.type(value) if limits.min <= value <= limits.max and value == int(value) else None


def pixel_values(declared: Iterable[float], data_type: np.dtype) -> list[np.generic]:
    """Convert NoData values to those that pixels of a band can have.

    Args:
        declared: as declared.
        data_type: of the band.
    """
    found = [value for number in declared if (value := as_pixel_value(number, data_type)) is not None]
    lowest = [data_type.type(value) for value in _LOWEST] if data_type.kind == "f" and data_type.itemsize > 2 else []
    return [*found, *(value for value in lowest if value not in found)] if any(value in lowest for value in found) else found


def marks_gaps(band: gdal.Band, data_type: np.dtype) -> bool:
    """Return whether blocks that were never written read as NoData: not if there is no NoData value, or none of the data type.

    Args:
        band: of a raster.
        data_type: of its values.
    """
    declared = band.GetNoDataValue()
    return declared is not None and (as_pixel_value(declared, data_type) is not None or (math.isnan(declared) and data_type.kind == "f"))


def alpha_bands(dataset: gdal.Dataset, inputs: Collection[int]) -> list[int]:
    """Return the numbers of the alpha bands, except those in `inputs`: in four-band files near infrared may be declared as alpha.

    Args:
        dataset: the raster.
        inputs: numbers of bands that aren't alpha, whatever is declared.
    """
    numbers = (number for number in range(1, dataset.RasterCount + 1) if number not in inputs)
    return [number for number in numbers if dataset.GetRasterBand(number).GetColorInterpretation() == gdal.GCI_AlphaBand]


def mask_bands(dataset: gdal.Dataset, numbers: Sequence[int], inputs: Collection[int] | None = None) -> list[gdal.Band]:
    """Return the mask and alpha bands, which are 0 where pixels are invalid. Partly transparent pixels are valid.

    Args:
        dataset: the raster.
        numbers: the bands that are read, from 1.
        inputs: all bands that are inputs, if more.
    """
    found = [dataset.GetRasterBand(number) for number in alpha_bands(dataset, numbers if inputs is None else inputs)]
    shared = False
    for number in numbers:
        band = dataset.GetRasterBand(number)
        flags = band.GetMaskFlags()
        if flags in {gdal.GMF_ALL_VALID, gdal.GMF_NODATA} or flags & gdal.GMF_ALPHA:
            continue
        per_dataset = bool(flags & gdal.GMF_PER_DATASET)
        if not (per_dataset and shared):
            found.append(band.GetMaskBand())
        shared = shared or per_dataset
    return found


def masked(masks: Sequence[gdal.Band], box: Box, shape: tuple[int, int], errors: GdalErrors) -> np.ndarray | None:
    """Return where a mask or alpha band is 0 or NaN: bool, of the given shape, or None without masks.

    Args:
        masks: as returned by `mask_bands`.
        box: column, row, width and height of the window.
        shape: (height, width) to read the window in; smaller than the window to resample it.
        errors: collects GDAL's messages.
    """
    invalid = None
    for mask in masks:
        whole = mask.DataType == gdal.GDT_Byte
        # Fractions, and 65536, would become 0 as bytes.
        values = np.empty(shape, np.uint8 if whole else np.float64)
        kind = gdal.GDT_Byte if whole else gdal.GDT_Float64
        errors.check(mask.ReadRaster(*box, buf_xsize=shape[1], buf_ysize=shape[0], buf_type=kind, buf_obj=values))
        hidden = values == 0 if whole else (values == 0) | np.isnan(values)
        invalid = hidden if invalid is None else invalid | hidden
    return invalid
