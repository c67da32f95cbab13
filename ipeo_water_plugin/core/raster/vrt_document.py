"""Writing a virtual raster (VRT) as text: without opening each of its sources, and naming them relative to itself where possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from osgeo import gdal

from ..grid import Grid
from ..system.redaction import redacted
from ..translation import tr
from .gdal_errors import GdalErrors
from .geotiff import set_georeference
from .raster_file import is_virtual

Box = tuple[float, float, float, float]


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


def source_element(dataset: gdal.Dataset, number: int, destination: Path, target: Box | None = None, extra: str = "") -> str:
    """Return a source of a virtual raster's band.

    Args:
        dataset: the source, open.
        number: of its band.
        destination: the virtual raster.
        target: column, row, width and height that the source fills; None = as many pixels as it has.
        extra: further elements, which need a complex source.
    """
    name, relative = name_in_vrt(dataset.GetDescription(), destination)
    width, height = dataset.RasterXSize, dataset.RasterYSize
    band = dataset.GetRasterBand(number)
    block = band.GetBlockSize()
    column, row, across, down = map(rounded, target or (0.0, 0.0, float(width), float(height)))
    element = "ComplexSource" if extra else "SimpleSource"
    return (
        f'<{element}><SourceFilename relativeToVRT="{int(relative)}">{escape(name)}</SourceFilename><SourceBand>{number}</SourceBand>'
        f'<SourceProperties RasterXSize="{width}" RasterYSize="{height}" DataType="{gdal.GetDataTypeName(band.DataType)}" '
        f'BlockXSize="{block[0]}" BlockYSize="{block[1]}"/>'
        f'<SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>'
        f'<DstRect xOff="{column}" yOff="{row}" xSize="{across}" ySize="{down}"/>{extra}</{element}>\n'
    )


def name_in_vrt(name: str, destination: Path) -> tuple[str, bool]:
    """Return the name of a source in a virtual raster, and whether it is relative: that of a file in its folder or below it is."""
    if is_virtual(name) or not Path(name).exists():
        return name, False
    try:
        return Path(name).resolve().relative_to(destination.resolve().parent).as_posix(), True
    except ValueError:
        return str(Path(name).resolve()), False


def rounded(pixels: float) -> str:
    """Write a number of pixels; whole numbers stay whole if a geotransform is off in its last digits."""
    return repr(float(round(pixels))) if abs(pixels - round(pixels)) < 1e-3 else repr(pixels)
