"""Writing a virtual raster (VRT) as text: without opening each of its sources, and naming them relative to itself where possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from osgeo import gdal

from ..errors import InputError
from ..grid import Grid, Window
from ..progress import Progress
from ..system.redaction import redacted
from ..translation import tr
from .gdal_errors import GdalErrors
from .geotiff import set_georeference
from .raster_file import is_virtual

SUFFIX = ".vrt"

Box = tuple[float, float, float, float]


def check_suffix(destination: str | Path) -> None:
    """Raise InputError if the name of a virtual raster has another extension."""
    if Path(destination).suffix.lower() != SUFFIX:
        msg = tr("{destination} doesn't end in {suffix}: this output is a GDAL virtual raster.")
        raise InputError(msg.format(destination=destination, suffix=SUFFIX))


def vrt_document(grid: Grid, bands: Sequence[str], metadata: Mapping[str, Mapping[str, str]], like: gdal.Dataset | None = None) -> str:
    """Return a virtual raster: GDAL's, which knows how to write a georeference, with the bands inserted.

    Args:
        grid: of the virtual raster.
        bands: as XML.
        metadata: by domain; credentials are removed.
        like: a raster whose ground control points are copied if the grid has no geotransform.

    Raises:
        RasterError: GDAL can't make it.
    """
    with GdalErrors(tr("The virtual raster can't be made")) as errors:
        dataset = errors.check(gdal.GetDriverByName("VRT").Create("", grid.width, grid.height, 0))
        set_georeference(dataset, grid, like)
        for domain, entries in metadata.items():
            dataset.SetMetadata({key: redacted(value) for key, value in entries.items()}, domain)
        dataset.FlushCache()
        head, end, _ = dataset.GetMetadata("xml:VRT")[0].rpartition("</VRTDataset>")
    return f"{head}{''.join(bands)}{end}\n"


def band_element(data_type: int, sources: Iterable[str], properties: Mapping[str, object], number: int = 1, inside: str = "") -> str:
    """Return a band of a virtual raster.

    Args:
        data_type: GDAL's data type.
        sources: as XML, topmost last.
        properties: text by the name of its element; None = left out.
        number: of the band, from 1.
        inside: further elements, as XML; a pixel function makes the band a derived one.
    """
    derived = ' subClass="VRTDerivedRasterBand"' if "<PixelFunctionType>" in inside else ""
    texts = "".join(f"<{name}>{escape(str(text))}</{name}>" for name, text in properties.items() if text is not None)
    head = f'<VRTRasterBand dataType="{gdal.GetDataTypeName(data_type)}" band="{number}"{derived}>'
    return f"{head}{inside}{texts}\n{''.join(sources)}</VRTRasterBand>\n"


def source_element(name: str, whole: Window, values: str, target: Box, number: int = 1, *, relative: bool = False, extra: str = "") -> str:
    """Return a source of a virtual raster's band.

    Args:
        name: of the source in the virtual raster.
        whole: a window of its size.
        values: attributes of its values: data type, and size of blocks where it is known.
        target: column, row, width and height that the source fills.
        number: of its band.
        relative: whether the name starts from the virtual raster's folder.
        extra: further elements, which need a complex source.
    """
    width, height = whole.width, whole.height
    column, row, across, down = map(_rounded, target)
    element = "ComplexSource" if extra else "SimpleSource"
    # GDAL would shrink a source by its overviews, whose values no pixel has: averages, or a JPEG 2000's coarser levels.
    if max(width - target[2], height - target[3]) > 0.5:
        extra += '<OpenOptions><OOI key="OVERVIEW_LEVEL">NONE</OOI></OpenOptions>'
    return (
        f'<{element}><SourceFilename relativeToVRT="{int(relative)}">{escape(name)}</SourceFilename><SourceBand>{number}</SourceBand>'
        f'<SourceProperties RasterXSize="{width}" RasterYSize="{height}" {values}/>'
        f'<SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>'
        f'<DstRect xOff="{column}" yOff="{row}" xSize="{across}" ySize="{down}"/>{extra}</{element}>\n'
    )


def element_of(dataset: gdal.Dataset, number: int, destination: Path, target: Box | None = None, extra: str = "") -> str:
    """Return an open raster as a source of a virtual raster's band.

    Args:
        dataset: the source.
        number: of its band.
        destination: the virtual raster.
        target: column, row, width and height that the source fills; None = as many pixels as it has.
        extra: further elements, which need a complex source.
    """
    name, relative = name_in_vrt(dataset.GetDescription(), destination)
    whole, band = Window(0, 0, dataset.RasterXSize, dataset.RasterYSize), dataset.GetRasterBand(number)
    width, height = band.GetBlockSize()
    values = f'DataType="{gdal.GetDataTypeName(band.DataType)}" BlockXSize="{width}" BlockYSize="{height}"'
    return source_element(name, whole, values, target or whole.box, number, relative=relative, extra=extra)


def place_on(grid: Grid, target: Grid) -> Box:
    """Return the place of a grid on another of its CRS: column, row, width and height; all of it where one isn't north up."""
    own, common = grid.geotransform, target.geotransform
    if own is None or common is None or own[2] or own[4]:
        return 0.0, 0.0, float(target.width), float(target.height)
    (left, top), (right, _), (_, bottom) = grid.corners_on(target).tolist()
    return left, top, right - left, bottom - top


def name_in_vrt(name: str, destination: Path) -> tuple[str, bool]:
    """Return the name of a source in a virtual raster, and whether it is relative: that of a file in its folder or below it is."""
    if is_virtual(name) or not Path(name).exists():
        return name, False
    try:
        return Path(name).resolve().relative_to(destination.resolve().parent).as_posix(), True
    except ValueError:
        return str(Path(name).resolve()), False


def _rounded(pixels: float) -> str:
    """Write a number of pixels; whole numbers stay whole if a geotransform is off in its last digits."""
    return repr(float(round(pixels))) if abs(pixels - round(pixels)) < 1e-3 else repr(pixels)


def warn_of_credentials(destination: object, names: Iterable[str], progress: Progress) -> None:
    """Warn if a virtual raster names its sources by addresses with credentials.

    Args:
        destination: the virtual raster.
        names: GDAL names of its sources.
        progress: receives the warning.
    """
    if any(redacted(name) != name for name in names):
        text = tr("{destination} contains an address with credentials, which GDAL needs to open its source: don't share the file.")
        progress.warn(text.format(destination=destination))
