"""One virtual raster over all results, made of what is known of them: thousands of files needn't be opened for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from osgeo import gdal

from ..errors import InputError
from ..grid import Grid
from ..prediction.virtual import warn_of_credentials
from ..progress import Progress, raise_if_cancelled
from ..raster.creation_options import RasterKind
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import METADATA_DOMAIN, sidecars
from ..raster.reprojection import same_crs
from ..raster.source import open_raster
from ..system.files import write_text
from ..translation import tr
from . import places
from .planning import Plan

_SUFFIX = ".vrt"


@dataclass(frozen=True)
class _Piece:
    """A raster in the mosaic: its name as the file has it, its size, and where it lies: left, top, right, bottom."""

    name: str
    relative: bool
    width: int
    height: int
    box: tuple[float, float, float, float]


def check_mosaic(destination: str) -> None:
    """Refuse what no virtual raster can be called.

    Raises:
        InputError: it doesn't end in .vrt.
    """
    if Path(destination).suffix.lower() != _SUFFIX:
        msg = tr("{destination} doesn't end in {suffix}: this output is a GDAL virtual raster.").format(
            destination=destination, suffix=_SUFFIX
        )
        raise InputError(msg)


def write_mosaic(destination: str, plans: Sequence[Plan], progress: Progress) -> None:
    """Write a virtual raster over results.

    It has the CRS that most of them have and the finest of their pixel sizes. Results in another CRS, or turned, are brought onto it by
    nearest neighbour when it is read. Where results overlap, the later one shows, but for its NoData.

    Args:
        destination: a .vrt file; results in its folder or below are named relative to it.
        plans: of the results.
        progress: told of results without georeference, which are left out.

    Raises:
        InputError: another extension, or no result has a georeference.
        RasterError: a result in another CRS can't be opened.
        WaterError: the file can't be written.
        CancelledError: the caller cancelled.
    """
    check_mosaic(destination)
    placed = [plan for plan in plans if plan.grid.geotransform is not None]
    for plan in plans:
        if plan.grid.geotransform is None:
            progress.warn(
                tr("{result} has no georeference, so it isn't in {mosaic}.").format(result=plan.scene.destination, mosaic=destination)
            )
    if not placed:
        msg = tr("No result has a georeference, so {mosaic} can't be made.").format(mosaic=destination)
        raise InputError(msg)
    crs = Counter(plan.grid.crs for plan in placed).most_common(1)[0][0]
    fitting = [plan.grid for plan in placed if _fits(plan.grid, crs)] or [placed[0].grid]
    sizes = [grid.pixel_size or (1.0, 1.0) for grid in fitting]
    size = min(width for width, _ in sizes), min(height for _, height in sizes)
    kind = plans[0].settings.kind
    origin = (fitting[0].geotransform or (0.0,) * 6)[0], (fitting[0].geotransform or (0.0,) * 6)[3]
    pieces = []
    for plan in placed:
        raise_if_cancelled(progress)
        pieces.append(_plain(plan, destination) if _fits(plan.grid, crs) else _warped(plan, crs, size, origin, kind))
    common = set.intersection(*(set(plan.metadata.items()) for plan in placed))
    text = _document(pieces, crs, size, kind, dict(sorted(common)))
    with places.writing(destination) as path:
        write_text(path, text, sidecars(path))
    warn_of_credentials(destination, [plan.scene.destination for plan in placed], progress)


def _fits(grid: Grid, crs: str) -> bool:
    """Whether a grid is in the CRS, north up."""
    _, width, turn, _, other, height = grid.geotransform or (0.0,) * 6
    return turn == other == 0 and width > 0 > height and same_crs(grid.crs, crs)


def _plain(plan: Plan, destination: str) -> _Piece:
    left, width, _, top, _, height = plan.grid.geotransform or (0.0,) * 6
    name, relative = plan.scene.destination, False
    if not places.is_virtual(name) and not places.is_virtual(destination):
        try:
            name, relative = Path(name).resolve().relative_to(Path(destination).resolve().parent).as_posix(), True
        except ValueError:
            name = str(Path(name).resolve())
    box = (left, top, left + width * plan.grid.width, top + height * plan.grid.height)
    return _Piece(name, relative, plan.grid.width, plan.grid.height, box)


def _warped(plan: Plan, crs: str, size: tuple[float, float], origin: tuple[float, float], kind: RasterKind) -> _Piece:
    """A result brought onto the CRS and the pixels of the mosaic, as a virtual raster inside it."""
    # GDAL's usual tolerance, an eighth of a pixel, takes the neighbour for one pixel in fifty, and another one in other windows.
    exact = {"resampleAlg": "near", "errorThreshold": 0}
    options = {"format": "VRT", "dstSRS": crs, "xRes": size[0], "yRes": size[1], "dstNodata": kind.nodata, **exact}
    with GdalErrors(tr("{result} can't be brought onto the mosaic's CRS").format(result=plan.scene.destination)) as errors:
        source = open_raster(plan.scene.destination)
        left, top, right, bottom = _box(errors.check(gdal.Warp("", source, options=gdal.WarpOptions(**options))))
        left, right = (origin[0] + snap((x - origin[0]) / size[0]) * size[0] for snap, x in ((math.floor, left), (math.ceil, right)))
        top, bottom = (origin[1] - snap((origin[1] - y) / size[1]) * size[1] for snap, y in ((math.floor, top), (math.ceil, bottom)))
        bounds = (left, bottom, right, top)
        warped = errors.check(gdal.Warp("", source, options=gdal.WarpOptions(**options, outputBounds=bounds)))
        return _Piece(warped.GetMetadata("xml:VRT")[0], False, warped.RasterXSize, warped.RasterYSize, _box(warped))


def _box(dataset: gdal.Dataset) -> tuple[float, float, float, float]:
    left, width, _, top, _, height = dataset.GetGeoTransform()
    return left, top, left + width * dataset.RasterXSize, top + height * dataset.RasterYSize


def _document(pieces: Sequence[_Piece], crs: str, size: tuple[float, float], kind: RasterKind, metadata: dict[str, str]) -> str:
    left, top = min(p.box[0] for p in pieces), max(p.box[1] for p in pieces)
    right, bottom = max(p.box[2] for p in pieces), min(p.box[3] for p in pieces)
    width, height = (max(1, math.ceil(length - 1e-6)) for length in ((right - left) / size[0], (top - bottom) / size[1]))
    data_type = gdal.GetDataTypeName(kind.data_type)
    scale = "" if kind.scale is None else f"<Offset>0</Offset><Scale>{kind.scale!r}</Scale>"
    entries = "".join(f'<MDI key="{escape(key)}">{escape(value)}</MDI>' for key, value in metadata.items())
    sources = []
    for piece in pieces:
        column, row = (piece.box[0] - left) / size[0], (top - piece.box[1]) / size[1]
        across, down = (piece.box[2] - piece.box[0]) / size[0], (piece.box[1] - piece.box[3]) / size[1]
        sources.append(
            f'<ComplexSource><SourceFilename relativeToVRT="{int(piece.relative)}">{escape(piece.name)}</SourceFilename>'
            f"<SourceBand>1</SourceBand>"
            f'<SourceProperties RasterXSize="{piece.width}" RasterYSize="{piece.height}" DataType="{data_type}"/>'
            f'<SrcRect xOff="0" yOff="0" xSize="{piece.width}" ySize="{piece.height}"/>'
            f'<DstRect xOff="{_rounded(column)}" yOff="{_rounded(row)}" xSize="{_rounded(across)}" ySize="{_rounded(down)}"/>'
            f"<NODATA>{kind.nodata:g}</NODATA></ComplexSource>\n"
        )
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>{escape(crs)}</SRS>'
        f"<GeoTransform>{left!r}, {size[0]!r}, 0.0, {top!r}, 0.0, {-size[1]!r}</GeoTransform>"
        f'<Metadata domain="{METADATA_DOMAIN}">{entries}</Metadata>'
        f'<VRTRasterBand dataType="{data_type}" band="1"><Description>{kind.description}</Description>'
        f"<NoDataValue>{kind.nodata:g}</NoDataValue>{scale}\n{''.join(sources)}</VRTRasterBand></VRTDataset>\n"
    )


def _rounded(pixels: float) -> str:
    """Whole pixels stay whole where a geotransform is off by its last digits."""
    return repr(float(round(pixels))) if abs(pixels - round(pixels)) < 1e-3 else repr(pixels)
