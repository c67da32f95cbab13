"""The image and its bands: the parameters INPUT, GREEN, RED, NIR and EXTRA_BANDS, and what they come to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessingParameterBand,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsRasterRange,
)

from ..core.bands import BandRoles
from ..core.errors import InputError
from ..core.metadata.roles import doubts, find_bands
from ..core.raster.describe import band_infos
from ..core.raster.geotiff import provenance
from ..core.raster.raster_file import BandNodata, RasterFile, ValueRange
from ..core.raster.reprojection import same_crs
from ..core.raster.source import Source
from ..core.translation import tr
from .base import Values, explained
from .layervalues import shown_name
from .project import IMAGE, KIND

INPUT, GREEN, RED, NIR, EXTRA_BANDS = "INPUT", "GREEN", "RED", "NIR", "EXTRA_BANDS"
BAND_KEYS = {"green": GREEN, "red": RED, "nir": NIR}

# What QGIS appends to a GDAL source for its own use; GDAL itself can't open a name that ends so.
_SUFFIXES = re.compile(r"\|(?:option|credential):|\|authcfg=|\sauthcfg=")

# Open options, but for the one that changes no pixel.
_OPTION = re.compile(r"\|option:(?!NUM_THREADS=)([^|=]*)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Raster:
    """A raster layer as plain values: its file as the layer shows it, the layer's name and id, and its CRS as QGIS has it."""

    file: RasterFile
    name: str
    layer: str
    crs: QgsCoordinateReferenceSystem

    @property
    def path(self) -> str:
        """GDAL's name for the file."""
        return self.file.path


@dataclass(frozen=True, eq=False)
class Image(Raster):
    """A raster layer with the bands that make up x."""

    roles: BandRoles


def image_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that chooses the image."""
    parameter = QgsProcessingParameterRasterLayer(INPUT, tr("Image"))
    parameter.setMetadata({KIND: IMAGE})
    return explained(
        parameter,
        tr(
            "The satellite or aerial image, in a format that GDAL opens. Its raw stored values are used. "
            "For a download, or bands in separate files, run Image from bands first."
        ),
    )


def band_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the parameters that choose the image's bands, which come last: they are found by themselves in most images."""
    found = tr("Empty = found by band description, wavelength, colour interpretation, or the file names of known sensors.")
    likewise = tr("Empty = found as the green band is.")
    bands = ((GREEN, tr("Green band"), found), (RED, tr("Red band"), likewise), (NIR, tr("Near-infrared band"), likewise))
    return [
        *(
            explained(QgsProcessingParameterBand(key, label, parentLayerParameterName=INPUT, optional=True), text)
            for key, label, text in bands
        ),
        explained(
            QgsProcessingParameterBand(EXTRA_BANDS, tr("Extra bands"), parentLayerParameterName=INPUT, optional=True, allowMultiple=True),
            tr("Further bands to use besides the three, such as short-wave infrared or red edge. On a command line: 5;6."),
            advanced=True,
        ),
    ]


def read_image(values: Values) -> Image:
    """Turn the image's parameters into plain values.

    Raises:
        InputError: the layer isn't there or isn't GDAL's, a band isn't found, is chosen twice, out of range or not of real numbers, or a
            scale or the georeference makes no sense.
        RasterError: GDAL can't open it.
    """
    raster, roles = read_roles(values)
    # What can't be read as numbers on a grid shows here, before the work.
    Source(raster.file, roles)
    return Image(raster.file, raster.name, raster.layer, raster.crs, roles)


def read_roles(values: Values) -> tuple[Raster, BandRoles]:
    """Return the image and its bands, without looking at more than its metadata.

    Raises:
        InputError: the layer isn't there or isn't GDAL's, or a band isn't found, is chosen twice or out of range.
        RasterError: GDAL can't open it.
    """
    raster = read_raster(values, INPUT)
    chosen = {role: values.optional_integer(key) for role, key in BAND_KEYS.items()}
    infos = band_infos(raster.file)
    roles = find_bands(infos, **chosen, extra=values.integers(EXTRA_BANDS))
    values.warnings += doubts(infos, chosen)
    return raster, roles


def read_raster(values: Values, key: str, *, single: bool = False) -> Raster:
    """Turn a raster parameter into plain values.

    Args:
        values: of the run.
        key: the parameter.
        single: whether only the first band is read.

    Raises:
        InputError: the layer is missing or isn't GDAL's.
    """
    try:
        layer = values.algorithm.parameterAsRasterLayer(values.parameters, key, values.context)
    except Exception as error:
        # Newer QGIS ends in an error of its own where a scale isn't a number, before the image can be asked.
        msg = tr(
            "{parameter}: QGIS can't open {layer} ({error}). If the scale or offset of a band isn't a number, declare correct ones, as "
            "with gdal_edit.py -scale 1 -offset 0."
        ).format(parameter=values.label(key), layer=values.text(key), error=error)
        raise InputError(msg) from error
    if layer is None or not layer.isValid():
        msg = tr("{parameter}: {layer} can't be opened as a raster. Choose a raster layer or file.")
        raise InputError(msg.format(parameter=values.label(key), layer=values.text(key) or tr("(none given)")))
    if single:
        tell_further_bands(values, layer)
    return Raster(raster_file(layer, values), shown_name(layer), layer.id(), layer.crs())


def tell_further_bands(values: Values, layer: QgsRasterLayer) -> None:
    """Say that only the first of several bands is read: a reflectance from 0 to 1 isn't seen to be no probability.

    A warning, but for results of the plugin's own, such as those of *Water occurrence*.
    """
    if layer.bandCount() > 1:
        text = tr("“{layer}” has {count} bands, and only the first one is read: {band}.")
        own = layer.dataProvider().name() == "gdal" and provenance(gdal_name(layer))
        told = text.format(layer=shown_name(layer), count=layer.bandCount(), band=layer.bandName(1))
        (values.notes if own else values.warnings).append(told)


def read_rasters(values: Values, key: str) -> tuple[Raster, ...]:
    """Return several rasters, of which the first band is read, with the properties of their layers.

    Raises:
        InputError: one can't be opened, or isn't GDAL's.
    """
    given = values.parameters.get(key)
    named = given if isinstance(given, (list, tuple)) else [given] if values.given(key) else []
    layers = values.algorithm.parameterAsLayerList(values.parameters, key, values.context) if named else []
    rasters = [layer for layer in layers if isinstance(layer, QgsRasterLayer) and layer.isValid()]
    if len(rasters) < len(named):
        # QGIS silently drops what it can't open.
        found = {layer.id() for layer in rasters} | {layer.source() for layer in rasters}
        missing = [str(name) for name in named if str(name) not in found]
        msg = tr("Only {opened} of {count} rasters can be opened: check {names}.")
        raise InputError(msg.format(count=len(named), opened=len(rasters), names=", ".join(missing or map(str, named))))
    for layer in rasters:
        tell_further_bands(values, layer)
    return tuple(Raster(raster_file(layer, values), shown_name(layer), layer.id(), layer.crs()) for layer in rasters)


def raster_files(values: Values, key: str) -> tuple[RasterFile, ...]:
    """Return several rasters as their layers show them. A file is named as it is given: what can't be opened is the others' no trouble.

    Raises:
        InputError: a layer isn't GDAL's.
    """
    if not values.given(key):
        return ()
    given = values.parameters[key]
    files = []
    for entry in given if isinstance(given, (list, tuple)) else [given]:
        # A layer of the project may be given by its id or name.
        layer = entry if isinstance(entry, QgsMapLayer) else QgsProcessingUtils.mapLayerFromString(str(entry), values.context, False)
        files.append(raster_file(layer, values) if isinstance(layer, QgsRasterLayer) else RasterFile(_without_options(str(entry), "")))
    return tuple(files)


def raster_file(layer: QgsRasterLayer, values: Values) -> RasterFile:
    """Return the file behind a layer, with what the layer's properties say in place of its metadata, and note for the log what that is.

    Raises:
        InputError: another provider than GDAL draws the layer, or it has open options.
    """
    path, provider = gdal_name(layer), layer.dataProvider()
    crs = _crs_set(layer.crs(), provider.crs())
    nodata = tuple(_nodata_set(provider, number) for number in range(1, provider.bandCount() + 1))
    off = [number for number, band in enumerate(nodata, start=1) if not band.declared and provider.sourceHasNoDataValue(number)]
    notes = (
        (crs is not None, tr("“{layer}” is placed by the layer's CRS, {crs}, instead of its file's, {file_crs}.")),
        (
            bool(off),
            tr("The NoData value of “{layer}” is switched off in the layer's properties: its pixels count as valid. Bands: {bands}."),
        ),
        (any(band.ranges for band in nodata), tr("“{layer}” has additional NoData values in the layer's properties: they count.")),
    )
    told = {"crs": crs_text(layer.crs()), "file_crs": crs_text(provider.crs()), "bands": ", ".join(map(str, off))}
    values.notes += [text.format(layer=shown_name(layer), **told) for holds, text in notes if holds]
    return RasterFile(path, crs, nodata if any(band != BandNodata() for band in nodata) else ())


def _crs_set(own: QgsCoordinateReferenceSystem, file: QgsCoordinateReferenceSystem) -> str | None:
    """Return a layer's CRS as WKT, "" where it has none, or None where it is the file's."""
    if own == file or (own.isValid() and file.isValid() and same_crs(crs_wkt(own), crs_wkt(file))):
        return None
    return crs_wkt(own) if own.isValid() else ""


def crs_wkt(crs: QgsCoordinateReferenceSystem) -> str:
    """Return a CRS as GDAL reads it."""
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED_GDAL)


def unknown_crs(name: str) -> InputError:
    """Return the error of a layer without a CRS."""
    msg = tr(
        "The CRS of “{layer}” is unknown, so the layer can't be placed: set it first (right-click the layer, Layer CRS, Set Layer CRS)."
    )
    return InputError(msg.format(layer=name))


def crs_text(crs: QgsCoordinateReferenceSystem) -> str:
    """Name a CRS for users."""
    return crs.authid() or crs.description() or tr("unknown")


def _nodata_set(provider: QgsRasterDataProvider, number: int) -> BandNodata:
    closed = QgsRasterRange.BoundsType
    ranges = tuple(
        ValueRange(
            span.min(),
            span.max(),
            span.bounds() in {closed.IncludeMinAndMax, closed.IncludeMin},
            span.bounds() in {closed.IncludeMinAndMax, closed.IncludeMax},
        )
        for span in provider.userNoDataValues(number)
    )
    # A band without a NoData value can't have had it switched off, whatever QGIS answers; metadata may still name one.
    return BandNodata(ranges, provider.useSourceNoDataValue(number) or not provider.sourceHasNoDataValue(number))


def gdal_name(layer: QgsRasterLayer) -> str:
    """Return the name by which GDAL opens the file, subdataset or virtual path behind a layer.

    Raises:
        InputError: another provider than GDAL draws the layer, or it has open options.
    """
    provider = layer.dataProvider().name()
    if provider != "gdal":
        msg = tr(
            "The layer “{layer}” comes from {provider}, and only rasters that GDAL opens hold pixel values to compute with: save "
            "it as a GeoTIFF first (right-click the layer, Export, Save As, Raw data)."
        ).format(layer=shown_name(layer), provider=provider)
        raise InputError(msg)
    return _without_options(layer.source(), shown_name(layer))


def _without_options(source: str, name: str) -> str:
    """Return GDAL's name of a source, which is all that opens it here: one with open options may be another image without them."""
    options = _OPTION.findall(source)
    if options:
        msg = tr(
            "“{layer}” is opened with options ({options}), which only QGIS applies: save it as a GeoTIFF first (right-click the layer, "
            "Export, Save As, Raw data), or add it without options."
        ).format(layer=name or without_suffixes(source), options=", ".join(options))
        raise InputError(msg)
    return without_suffixes(source)


def without_suffixes(source: str) -> str:
    """Return a GDAL source without what QGIS appends for its own use."""
    return _SUFFIXES.split(source, maxsplit=1)[0]
