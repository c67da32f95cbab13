"""What a file says of which pixels are valid: NoData values, masks and alpha bands. GDAL's own masks know less than files say.

GDAL derives a mask from alpha only in files of two or four bands, of bytes or UInt16, without a NoData value, and then even for a band
that is an input here. It lets a mask hide a NoData value, and knows nothing of what drivers merely note in the metadata.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

import numpy as np
from osgeo import gdal

from .gdal_errors import GdalErrors

Box = tuple[int, int, int, int]

# By the SENTINEL2 driver, and by all that is made from what it opens.
_SPECIAL = "specialvaluenodata"
# By other drivers and programs; where NoData is declared as well, these may be left over from an earlier file.
_NOTED = {"fillvalue", "missingvalue", "dataignorevalue", "nodatavalue", "nodata"}
# Drivers whose metadata are the file's own attributes, so that they count beside the NoData value: a file may have both.
_ATTRIBUTES = {"netCDF", "HDF4", "HDF4Image", "HDF5", "HDF5Image"}

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def nodata_values(dataset: gdal.Dataset, number: int) -> tuple[float, ...]:
    """Return the values that mean NoData in a band: the declared one first, then those that only the metadata name."""
    band = dataset.GetRasterBand(number)
    # The NODATA_VALUES of all bands together make a pixel invalid, not one of them: GDAL makes a mask of them.
    together = band.GetMaskFlags() & gdal.GMF_NODATA and band.GetMaskFlags() & gdal.GMF_PER_DATASET
    declared = None if together else band.GetNoDataValue()
    found = [] if declared is None else [float(declared)]
    own = declared is None or dataset.GetDriver().ShortName in _ATTRIBUTES
    variable = (band.GetMetadataItem("NETCDF_VARNAME") or "") + "#"
    for entries in (band.GetMetadata(), dataset.GetMetadata(), dataset.GetMetadata("ENVI")):
        for key, text in (entries or {}).items():
            name = re.sub(r"[\W_]", "", (key[len(variable) :] if key.startswith(variable) else key).lower())
            if name == _SPECIAL or (own and name in _NOTED):
                found += [float(value) for value in _NUMBER.findall(text)]
    return tuple(dict.fromkeys(found))


def as_pixel_value(value: float, data_type: np.dtype) -> np.generic | None:
    """Return a NoData value as the band's own type, or None where no pixel could equal it: NaN is invalid in any case."""
    if not math.isfinite(value):
        return None
    if data_type.kind == "f":
        with np.errstate(over="ignore"):
            fitting = data_type.type(value)
        return fitting if np.isfinite(fitting) else None
    limits = np.iinfo(data_type)
    if data_type == np.int8 and 127 < value <= 255:
        # Signed bytes of old are stored as bytes, and their NoData value may be written either way.
        value -= 256
    return data_type.type(value) if limits.min <= value <= limits.max and value == int(value) else None


def marks_gaps(band: gdal.Band, data_type: np.dtype) -> bool:
    """Return whether a band's NoData value stands where nothing was written: it doesn't where there is none, or none that fits the type."""
    declared = band.GetNoDataValue()
    return declared is not None and (as_pixel_value(declared, data_type) is not None or (math.isnan(declared) and data_type.kind == "f"))


def alpha_bands(dataset: gdal.Dataset, inputs: Collection[int]) -> list[int]:
    """Return the numbers of the alpha bands; an input is none, whatever the file calls it, such as near infrared in files of four bands."""
    numbers = (number for number in range(1, dataset.RasterCount + 1) if number not in inputs)
    return [number for number in numbers if dataset.GetRasterBand(number).GetColorInterpretation() == gdal.GCI_AlphaBand]


def mask_bands(dataset: gdal.Dataset, numbers: Sequence[int], inputs: Collection[int] | None = None) -> list[gdal.Band]:
    """Return the bands that hold 0 where a pixel of some bands isn't valid: masks, and alpha bands.

    Partly transparent pixels are valid: they hold what was seen.

    Args:
        dataset: the raster.
        numbers: the bands that are read.
        inputs: all that are inputs, if that is more.
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
    """Return where a mask or alpha band is 0, or NaN, or None where there is neither: bool, of the shape (height, width).

    Args:
        masks: as `mask_bands` returns them.
        box: column, row, width and height.
        shape: to read the box in, which is coarser where it is less than the box.
        errors: collects GDAL's messages.
    """
    nothing = None
    for mask in masks:
        whole = mask.DataType == gdal.GDT_Byte
        # A fraction of 1 would be 0 as a byte, and 65536 may be too.
        values = np.empty(shape, np.uint8 if whole else np.float64)
        kind = gdal.GDT_Byte if whole else gdal.GDT_Float64
        errors.check(mask.ReadRaster(*box, buf_xsize=shape[1], buf_ysize=shape[0], buf_type=kind, buf_obj=values))
        hidden = values == 0 if whole else (values == 0) | np.isnan(values)
        nothing = hidden if nothing is None else nothing | hidden
    return nothing
