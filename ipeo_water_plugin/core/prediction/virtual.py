"""A logistic model over an image as a GDAL virtual raster: a small file that computes the probability when it is read.

Four virtual rasters lie in one another, each but the outermost a band with one of GDAL's own C++ pixel functions:

    sum     −b − Σ aᵢ·xᵢ of the image's raw values; NaN where a band is invalid
    exp     e⁻ᶻ, infinite where that is more than a float64 holds (on GDAL 3.4, which has no exp, dB2pow, 10^(x/10))
    inv     1 / (1 + e⁻ᶻ), so 0 where e⁻ᶻ is infinite
    plain   NaN becomes NoData

NaN carries what is invalid through the functions: older ones know nothing of NoData, newer ones pass it on.
"""

from __future__ import annotations

import contextlib
import html
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..bands import BandRoles
from ..errors import InputError, ModelError, RasterError
from ..grid import Grid
from ..model import WaterModel
from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.collisions import refuse_collisions
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import METADATA_DOMAIN, sidecars
from ..raster.raster_file import RasterFile, ValueRange
from ..raster.source import Source, open_raster
from ..raster.validity import alpha_bands, as_pixel_value, nodata_values
from ..system.files import FileTransaction
from ..system.redaction import redacted
from ..translation import tr
from .predict import PredictionSettings, fit_model, result_metadata

SUFFIX = ".vrt"

# GDAL's exponential, and how much larger its argument has to be than the exponent of e.
_EXPONENTIAL = ("exp", 1.0) if int(gdal.VersionInfo()) >= 3_05_00_00 else ("dB2pow", 10 / math.log(10))

_MASKED = "<UseMaskBand>true</UseMaskBand>"
_TINY = 1e-300

# Opened and read once before it is written: a file that GDAL here can't compute is no result.
_PROBE = 16


def write_virtual(
    raster: str | RasterFile,
    roles: BandRoles,
    model: WaterModel,
    destination: str | os.PathLike[str],
    progress: Progress | None = None,
    metadata: Mapping[str, str] | None = None,
    transaction: FileTransaction | None = None,
) -> None:
    """Write a virtual raster of the probability of water, equal to what `predict` writes as float32.

    The image is named by its full path, since GDAL doesn't resolve a relative one inside nested virtual rasters: when the image
    moves, make the virtual raster anew. Where the image has overviews, reading at a coarser resolution uses them.

    Args:
        raster: the image; any GDAL name.
        roles: its bands, named as the model's inputs.
        model: logistic, in raw pixel units of its training image.
        destination: a .vrt file; what stood there is replaced once the new one is whole.
        progress: told of conversions and of what may be amiss.
        metadata: further entries of the result's domain IPEO_WATER, as for `predict`.
        transaction: the file takes its place together with what else is in it; None = at once.

    Raises:
        ModelError: the model is a perceptron, or bands and inputs don't agree.
        InputError: another extension, the destination is the image itself, or its bands can't be read by a virtual raster.
        RasterError: the image can't be read, or this GDAL can't compute the virtual raster.
        WaterError: the file can't be written; what stood there before is untouched.
        CancelledError: the caller cancelled.
    """
    progress, destination = progress or SilentProgress(), Path(destination)
    raise_if_cancelled(progress)
    check_logistic(model)
    if destination.suffix.lower() != SUFFIX:
        msg = tr("{destination} doesn't end in {suffix}: this output is a GDAL virtual raster.").format(
            destination=destination, suffix=SUFFIX
        )
        raise InputError(msg)
    raster = RasterFile.from_name(raster)
    if os.path.exists(raster.path):  # noqa: PTH110 (a GDAL name need not be a path)
        raster = replace(raster, path=os.path.abspath(raster.path))  # noqa: PTH100
    refuse_collisions([destination], [raster])
    source = Source(raster, roles)
    fitted = fit_model(model, roles, source, progress)
    if source.has_hidden_nodata:
        progress.warn(
            tr(
                "Files behind the virtual raster {raster} mask pixels, or name NoData values, of which it says nothing itself. This result "
                "holds probabilities there, where Predict water probability writes NoData: use that instead."
            ).format(raster=redacted(raster.path))
        )
    if source.has_hidden_gaps:
        progress.warn(
            tr(
                "{raster} lacks tiles or has gaps, and no NoData value shows where. This result holds probabilities there, where Predict "
                "water probability writes NoData: use that instead."
            ).format(raster=redacted(raster.path))
        )
    progress.set(0.2)
    text = virtual_raster(raster.path, roles, fitted, source)
    tree = _with_band(text, _frame(raster, source.grid, {**result_metadata(model, raster), **(metadata or {})}))
    _probe(tree, destination, source.grid)
    raise_if_cancelled(progress)
    progress.set(0.8)
    with contextlib.ExitStack() as stack:
        (transaction or stack.enter_context(FileTransaction())).add_text(destination, tree, sidecars(destination))
    warn_of_credentials(destination, [raster.path], progress)
    progress.set(1.0)


def warn_of_credentials(destination: object, names: Iterable[str], progress: Progress) -> None:
    """Say so where a file has to hold addresses with credentials: a virtual raster opens its sources by them."""
    if any(redacted(name) != name for name in names):
        progress.warn(
            tr(
                "{destination} holds an address with credentials, which GDAL needs to open what lies behind it: don't pass the file on."
            ).format(destination=destination)
        )


def check_logistic(model: WaterModel) -> None:
    """Refuse a perceptron.

    Raises:
        ModelError: the model is one.
    """
    if not model.is_logistic:
        msg = tr(
            "A virtual raster can state logistic regression only, and this model is a perceptron: use Predict water probability, "
            "or train with hidden units = 0."
        )
        raise ModelError(msg)


def virtual_raster(raster: str, roles: BandRoles, model: WaterModel, source: Source) -> str:
    """Return the band of the virtual raster, as XML.

    Args:
        raster: the image's name in the file.
        roles: its bands.
        model: logistic, in raw units of this image.
        source: the image, opened.

    Raises:
        InputError: a band holds signed bytes as GDAL before 3.7 stores them.
    """
    signed = [number for number, data_type in zip(roles.numbers, source.data_types) if data_type == "int8"]
    if signed and not hasattr(gdal, "GDT_Int8"):
        msg = tr(
            "Band {band} holds signed bytes, which a virtual raster would take for unsigned ones: save the image as Int16 first."
        ).format(band=signed[0])
        raise InputError(msg)
    grid, kind = source.grid, PredictionSettings().kind
    function, factor = _EXPONENTIAL
    weights, offset, terms = model.layers[0].weights[0], -factor * model.intercept, []
    for number, weight, data_type in zip(roles.numbers, (-factor * weights).tolist(), source.data_types):
        band = source.dataset.GetRasterBand(number)
        # GDAL makes a mask of alpha, also for the alpha band itself, which may be an input; which alpha counts is settled below.
        own, flags = source.raster.band_nodata(number), band.GetMaskFlags()
        switched_off = flags == gdal.GMF_NODATA and not own.declared
        mask = "" if flags == gdal.GMF_ALL_VALID or flags & gdal.GMF_ALPHA or switched_off else _MASKED
        terms.append(_source(raster, number, weight, offset, mask))
        offset = 0.0
        known = {band.GetNoDataValue()} if flags == gdal.GMF_NODATA else set()
        fitting = [
            as_pixel_value(value, data_type) for value in nodata_values(source.dataset, number) if own.declared and value not in known
        ]
        unmasked = [f"<NODATA>{value.item()!r}</NODATA>" for value in fitting if value is not None]
        if data_type.kind == "f" or weight == 0:
            unmasked.append(mask)
        # They cancel out, but ∞ − ∞ is NaN, and so is what is NoData; GDAL doesn't look at a band times 0 at all.
        terms.extend(_source(raster, number, tiny, 0.0, extra) for extra in unmasked for tiny in (_TINY, -_TINY))
        table = _table(own.ranges, data_type)
        if table:
            terms.append(_source(raster, number, extra=f"<LUT>{table}</LUT>"))
    # Open options are needed for the alpha band of a GeoPackage.
    options = "".join(f'<OOI key="{key}">{value}</OOI>' for key, _, value in (option.partition("=") for option in source.options))
    opaque = f"<OpenOptions>{options}</OpenOptions><NODATA>0</NODATA>"
    terms.extend(
        _source(raster, number, tiny, 0.0, opaque) for number in alpha_bands(source.dataset, roles.numbers) for tiny in (_TINY, -_TINY)
    )
    total = _nested("sum", terms, grid, '<PixelFunctionArguments propagateNoData="true"/>')
    power = _nested(function, [_source(total, 1)], grid)
    probability = _nested("inv", [_source(power, 1, 1.0, 1.0)], grid)
    return (
        f'<VRTRasterBand dataType="{gdal.GetDataTypeName(kind.data_type)}" band="1">'
        f"<Description>{kind.description}</Description><NoDataValue>{kind.nodata:g}</NoDataValue>"
        f"{_source(probability, 1, extra='<NODATA>nan</NODATA>')}</VRTRasterBand>"
    )


def _table(ranges: Sequence[ValueRange], data_type: np.dtype) -> str:
    """Return what GDAL looks a band's values up in, "" for nothing: NaN in the ranges, 0 from the next value of its type on."""
    ends = [tuple(end.item() for end in found) for span in ranges if (found := span.ends(data_type)) is not None]
    nodes = {node for low, high in ends for node in (_beside(low, data_type, -1), low, high, _beside(high, data_type, 1))}
    inside = {node for node in nodes if any(low <= node <= high for low, high in ends)}
    return ",".join(f"{float(node)!r}:{'nan' if node in inside else 0}" for node in sorted(nodes) if math.isfinite(node))


def _beside(value: float, data_type: np.dtype, step: int) -> float:
    """Return the next value of a type, below or above."""
    return value + step if data_type.kind != "f" else np.nextafter(data_type.type(value), data_type.type(step * math.inf)).item()


def _nested(function: str, sources: Sequence[str], grid: Grid, arguments: str = "") -> str:
    """A virtual raster of one band with a pixel function. Without SourceTransferType GDAL would compute in the reader's type."""
    return (
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">'
        '<VRTRasterBand dataType="Float64" band="1" subClass="VRTDerivedRasterBand"><NoDataValue>nan</NoDataValue>'
        f"<PixelFunctionType>{function}</PixelFunctionType>{arguments}<SourceTransferType>Float64</SourceTransferType>"
        f"{''.join(sources)}</VRTRasterBand></VRTDataset>"
    )


def _source(name: str, band: int, ratio: float | None = None, offset: float = 0.0, extra: str = "") -> str:
    """One source of a band: ratio · value + offset."""
    scaling = "" if ratio is None else f"<ScaleOffset>{float(offset)!r}</ScaleOffset><ScaleRatio>{float(ratio)!r}</ScaleRatio>"
    return (
        f'<ComplexSource><SourceFilename relativeToVRT="0">{html.escape(name)}</SourceFilename>'
        f"<SourceBand>{band}</SourceBand>{scaling}{extra}</ComplexSource>"
    )


def _frame(raster: RasterFile, grid: Grid, metadata: dict[str, str]) -> gdal.Dataset:
    """An empty virtual raster with the image's place on earth and the result's provenance, in GDAL's own spelling."""
    image = open_raster(raster)
    frame = gdal.GetDriverByName("VRT").Create("", grid.width, grid.height, 0)
    if grid.geotransform is None and image.GetGCPCount():
        frame.SetGCPs(image.GetGCPs(), grid.crs)
    elif grid.crs:
        frame.SetProjection(grid.crs)
    if grid.geotransform is not None:
        frame.SetGeoTransform(grid.geotransform)
    frame.SetMetadata(metadata, METADATA_DOMAIN)
    return frame


def _with_band(band: str, frame: gdal.Dataset) -> str:
    with GdalErrors(tr("The virtual raster can't be put together")) as errors:
        tree = errors.check(gdal.ParseXMLString(frame.GetMetadata("xml:VRT")[0]))
        tree.append(errors.check(gdal.ParseXMLString(band)))
        return str(errors.check(gdal.SerializeXMLTree(tree)))


def _probe(text: str, destination: Path, grid: Grid) -> None:
    """See that this GDAL can compute the virtual raster, where a failure still costs nothing.

    Raises:
        RasterError: it can't.
    """
    try:
        with GdalErrors(tr("{destination} would not be readable").format(destination=destination)) as errors:
            dataset = errors.check(gdal.Open(text))
            errors.check(dataset.ReadAsArray(0, 0, min(_PROBE, grid.width), min(_PROBE, grid.height)))
    except RasterError as error:
        msg = tr(
            "{error} Virtual probabilities need the pixel functions of GDAL 3.4 or newer: use Predict water probability instead."
        ).format(error=error)
        raise RasterError(msg) from error
