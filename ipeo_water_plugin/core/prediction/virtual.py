"""Logistic regression as a GDAL virtual raster: a file of some twenty kilobytes that computes the probability whenever it is read.

Two virtual rasters are nested:

    the inner one     z = b + Σ aᵢ·xᵢ of the image's raw values, by GDAL's pixel function sum; NaN where a band is invalid
    the outer one     p = 1 / (1 + e⁻ᶻ), from a table between whose nodes GDAL interpolates; NoData where z is NaN

GDAL's pixel functions exp and inv would need two more rasters, each of which costs a third of the time of all of this. NaN marks invalid
pixels in between, because older pixel functions ignore NoData and newer ones pass NaN on.
"""

from __future__ import annotations

import contextlib
import html
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..bands import BandRoles
from ..errors import InputError, ModelError, RasterError
from ..grid import Grid
from ..model import WaterModel, sigmoid
from ..progress import SILENT, Progress, raise_if_cancelled
from ..raster.collisions import refuse_collisions
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import METADATA_DOMAIN, sidecars
from ..raster.raster_file import RasterFile, ValueRange
from ..raster.source import Source, open_raster
from ..raster.validity import alpha_bands, as_pixel_value, nodata_values
from ..raster.vrt_document import band_element, check_suffix, vrt_document, warn_of_credentials
from ..system.files import FileTransaction
from ..system.redaction import redacted
from ..translation import tr
from .adapt import adapt_model
from .predict import PredictionSettings, result_metadata

# Largest error of p between two nodes of its table, and the log-odds at which it ends.
_TOLERANCE, _END = 1e-6, 20.0
_MASKED = "<UseMaskBand>true</UseMaskBand>"
# Two sources with these weights cancel out, unless the value is infinite, since ∞ − ∞ is NaN, or one that GDAL takes for NoData.
_CANCELLING = (1e-300, -1e-300)
# Side of the window that is read before the file is saved, to find out whether this GDAL can compute it.
_PROBE = 16


def write_virtual(
    raster: str | RasterFile,
    roles: BandRoles,
    model: WaterModel,
    destination: str | os.PathLike[str],
    progress: Progress = SILENT,
    metadata: Mapping[str, str] | None = None,
    transaction: FileTransaction | None = None,
) -> None:
    """Write a virtual raster of the probability of water, equal to what `predict` writes as float32 but for 1e-5.

    It names the image by its full path, since GDAL doesn't resolve relative ones inside nested virtual rasters: if the image moves, the
    virtual raster has to be written again. Reading it at a coarser resolution uses the image's overviews.

    Args:
        raster: the image: a GDAL name, or a file with what its layer sets.
        roles: its bands, named as the model's inputs.
        model: logistic, in raw pixel units of its training image.
        destination: a .vrt file; replaced once the new one is complete.
        metadata: further entries of the result's domain IPEO_WATER, as for `predict`.
        transaction: puts the file in place together with others; None = at once.

    Raises:
        ModelError: the model is a perceptron, or bands and inputs don't agree.
        InputError: another extension, the destination is the image itself, or a virtual raster can't read its bands.
        RasterError: the image can't be read, or this GDAL can't compute the virtual raster.
        WaterError: the file can't be written; an existing one is untouched.
    """
    destination = Path(destination)
    raise_if_cancelled(progress)
    check_logistic(model)
    check_suffix(destination)
    raster = RasterFile.from_name(raster)
    if os.path.exists(raster.path):  # noqa: PTH110 (a GDAL name need not be a path)
        raster = replace(raster, path=os.path.abspath(raster.path))  # noqa: PTH100
    refuse_collisions([destination], [raster])
    source = Source(raster, roles)
    adapted = adapt_model(model, roles, source, progress)
    if source.hides_invalid:
        text = tr(
            "{raster} has invalid pixels that it doesn't declare: missing tiles or gaps that no NoData value marks, or masks or NoData "
            "values of files behind a virtual raster. This result holds probabilities there, where Predict water probability writes "
            "NoData: use that instead."
        )
        progress.warn(text.format(raster=redacted(raster.path)))
    progress.set(0.2)
    band = _probability_band(raster.path, roles, adapted, source)
    entries = {**result_metadata(model, raster, source.dataset), **(metadata or {})}
    text = vrt_document(source.grid, [band], {METADATA_DOMAIN: entries}, open_raster(raster))
    _check_readable(text, destination, source.grid)
    raise_if_cancelled(progress)
    progress.set(0.8)
    with contextlib.ExitStack() as stack:
        (transaction or stack.enter_context(FileTransaction())).add_text(destination, text, sidecars(destination))
    warn_of_credentials(destination, [raster.path], progress)
    progress.set(1.0)


def check_logistic(model: WaterModel) -> None:
    """Raise ModelError if a model is a perceptron."""
    if not model.is_logistic:
        msg = tr(
            "A virtual raster can compute logistic regression only, and this model is a perceptron: use Predict water probability, "
            "or train with hidden units = 0."
        )
        raise ModelError(msg)


def _probability_band(raster: str, roles: BandRoles, model: WaterModel, source: Source) -> str:
    """Return the band of the virtual raster as XML, from a logistic model in raw units of this image."""
    signed = [number for number, data_type in zip(roles.numbers, source.data_types) if data_type == "int8"]
    if signed and not hasattr(gdal, "GDT_Int8"):
        msg = tr("Band {band} holds signed bytes, which a virtual raster would read as unsigned: save the image as Int16 first.")
        raise InputError(msg.format(band=signed[0]))
    terms: list[str] = []
    for number, data_type, coefficient in zip(roles.numbers, source.data_types, model.coefficients.values()):
        band, layer = source.dataset.GetRasterBand(number), source.raster.band_nodata(number)
        flags, weight = band.GetMaskFlags(), coefficient
        # GDAL turns alpha into a mask even of the alpha band itself, which may be an input. The alpha bands that count follow below.
        switched_off = flags == gdal.GMF_NODATA and not layer.declared
        mask = "" if flags == gdal.GMF_ALL_VALID or flags & gdal.GMF_ALPHA or switched_off else _MASKED
        terms.append(_source(raster, number, weight, 0.0 if terms else model.intercept, mask))
        masked = {band.GetNoDataValue()} if flags == gdal.GMF_NODATA else set()
        values = [value for value in nodata_values(source.dataset, number) if layer.declared and value not in masked]
        marks = [f"<NODATA>{v.item()!r}</NODATA>" for v in (as_pixel_value(value, data_type) for value in values) if v is not None]
        # Infinite values are invalid, and GDAL doesn't even read a band with weight 0.
        if data_type.kind == "f" or weight == 0:
            marks.append(mask)
        terms += [_source(raster, number, tiny, extra=mark) for mark in marks for tiny in _CANCELLING]
        table = _lookup_table(layer.ranges, data_type)
        if table:
            terms.append(_source(raster, number, extra=f"<LUT>{table}</LUT>"))
    # The alpha band of a GeoPackage takes open options.
    options = "".join(f'<OOI key="{key}">{value}</OOI>' for key, _, value in (option.partition("=") for option in source.options))
    opaque = f"<OpenOptions>{options}</OpenOptions><NODATA>0</NODATA>"
    alphas = alpha_bands(source.dataset, roles.numbers)
    terms += [_source(raster, number, tiny, extra=opaque) for number in alphas for tiny in _CANCELLING]
    # Without SourceTransferType GDAL would compute in the reader's data type.
    properties = {"NoDataValue": "nan", "SourceTransferType": "Float64"}
    function = '<PixelFunctionType>sum</PixelFunctionType><PixelFunctionArguments propagateNoData="true"/>'
    total = band_element(gdal.GDT_Float64, terms, properties, inside=function)
    odds = f'<VRTDataset rasterXSize="{source.grid.width}" rasterYSize="{source.grid.height}">{total}</VRTDataset>'
    kind = PredictionSettings().kind
    probability = _source(odds, 1, extra=f"<NODATA>nan</NODATA><LUT>{_logistic_table()}</LUT>")
    return band_element(kind.data_type, [probability], {"Description": kind.description, "NoDataValue": kind.nodata})


def _logistic_table() -> str:
    """Return a GDAL lookup table of p over z, with nodes as close as the curvature requires."""
    nodes = [0.0]
    while nodes[-1] < _END:
        # The curvature p (1 − p) (1 − 2p) is largest at 1.317, and falls from there.
        p = float(sigmoid(np.array([max(nodes[-1], 1.317)]))[0])
        nodes.append(round(nodes[-1] + math.sqrt(8 * _TOLERANCE / (p * (1 - p) * (2 * p - 1))), 4))
    upper = sigmoid(np.array(nodes))
    upper[-1] = 1.0
    places, values = np.concatenate([-np.array(nodes[:0:-1]), nodes]), np.concatenate([1 - upper[:0:-1], upper])
    return ",".join(f"{place:.10g}:{value:.9g}" for place, value in zip(places.tolist(), values.tolist()))


def _lookup_table(ranges: Sequence[ValueRange], data_type: np.dtype) -> str:
    """Return a GDAL lookup table that maps values in the ranges to NaN and others to 0, or "" without ranges."""
    ends = [tuple(end.item() for end in found) for span in ranges if (found := span.ends(data_type)) is not None]
    nodes = {node for low, high in ends for node in (_neighbour(low, data_type, -1), low, high, _neighbour(high, data_type, 1))}
    inside = {node for node in nodes if any(low <= node <= high for low, high in ends)}
    return ",".join(f"{float(node)!r}:{'nan' if node in inside else 0}" for node in sorted(nodes) if math.isfinite(node))


def _neighbour(value: float, data_type: np.dtype, step: int) -> float:
    """Return the next value that the type can hold, below (step −1) or above (1)."""
    return value + step if data_type.kind != "f" else np.nextafter(data_type.type(value), data_type.type(step * math.inf)).item()


def _source(name: str, band: int, ratio: float | None = None, offset: float = 0.0, extra: str = "") -> str:
    """Return a source of a band: ratio · value + offset."""
    scaling = "" if ratio is None else f"<ScaleOffset>{float(offset)!r}</ScaleOffset><ScaleRatio>{float(ratio)!r}</ScaleRatio>"
    return (
        f'<ComplexSource><SourceFilename relativeToVRT="0">{html.escape(name)}</SourceFilename>'
        f"<SourceBand>{band}</SourceBand>{scaling}{extra}</ComplexSource>"
    )


def _check_readable(text: str, destination: Path, grid: Grid) -> None:
    """Check that this GDAL can compute the virtual raster."""
    try:
        with GdalErrors(tr("{destination} would not be readable").format(destination=destination)) as errors:
            dataset = errors.check(gdal.Open(text))
            errors.check(dataset.ReadAsArray(0, 0, min(_PROBE, grid.width), min(_PROBE, grid.height)))
    except RasterError as error:
        msg = tr("{error} Virtual probabilities need the pixel functions of GDAL 3.4 or newer: use Predict water probability instead.")
        raise RasterError(msg.format(error=error)) from error
