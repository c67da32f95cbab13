"""Virtual rasters: one over the pieces of a scene, and one over all results, made without opening thousands of files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from osgeo import gdal

from ..errors import InputError
from ..grid import Grid
from ..metadata.dates import date_in_name
from ..prediction.virtual import warn_of_credentials
from ..progress import Progress, raise_if_cancelled
from ..raster.creation_options import RasterKind
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import METADATA_DOMAIN, sidecars
from ..raster.raster_file import is_virtual
from ..raster.reprojection import same_crs
from ..raster.source import open_raster
from ..raster.vrt_document import name_in_vrt, rounded, vrt_document
from ..system.files import write_text
from ..translation import format_some, tr
from . import storage
from .planning import Plan

_SUFFIX = ".vrt"


@dataclass(frozen=True)
class _VrtSource:
    """A raster in a virtual raster: its name there, its size, and its box of left, top, right and bottom in the CRS, or in pixels."""

    name: str
    relative: bool
    width: int
    height: int
    box: tuple[float, float, float, float]


def write_joined(plan: Plan) -> None:
    """Write the virtual raster over the pieces of a scene, with the scene's georeference and the metadata of a result.

    Raises:
        RasterError: the source can't be opened, or GDAL can't make a virtual raster.
        WaterError: the file can't be written.
    """
    sources = []
    for piece in plan.pieces:
        window = piece.window
        name = f"{plan.metadata['PIECES']}/{storage.base(piece.destination)}"
        box = (window.column, window.row, window.column + window.width, window.row + window.height)
        sources.append(_VrtSource(name, True, window.width, window.height, box))
    band = _band(sources, (0.0, 0.0), (1.0, 1.0), plan.settings.kind, "SimpleSource")
    _write(plan.destination, vrt_document(plan.grid, [band], {METADATA_DOMAIN: plan.metadata}, open_raster(plan.scene.source)))


def write_mosaic(destination: str, plans: Sequence[Plan], progress: Progress) -> None:
    """Write a virtual raster over results.

    It has the CRS of most of them and their finest pixel size. Results in another CRS, or rotated, are warped by nearest neighbour as it
    is read. Where results overlap, the later one shows, except for its NoData.

    Args:
        destination: a .vrt file; results in its folder or below are named relative to it.
        plans: of the results.
        progress: warned of results without georeference, which are left out.

    Raises:
        InputError: another extension, or no result has a georeference.
        RasterError: a result in another CRS can't be opened.
        WaterError: the file can't be written.
        CancelledError: the caller cancelled.
    """
    if Path(destination).suffix.lower() != _SUFFIX:
        msg = tr("{destination} doesn't end in {suffix}: this output is a GDAL virtual raster.")
        raise InputError(msg.format(destination=destination, suffix=_SUFFIX))
    placed = [plan for plan in plans if plan.grid.geotransform is not None]
    # Where others have a CRS, coordinates without one are no place.
    placed = [plan for plan in placed if plan.grid.crs] or placed
    for plan in plans:
        if plan.grid.geotransform is None:
            progress.warn(tr("{result} has no georeference, so it isn't in {mosaic}.").format(result=plan.destination, mosaic=destination))
        elif plan not in placed:
            progress.warn(tr("{result} has no CRS, so it isn't in {mosaic}.").format(result=plan.destination, mosaic=destination))
    if not placed:
        msg = tr("No result has a georeference, so {mosaic} can't be made.").format(mosaic=destination)
        raise InputError(msg)
    crs = Counter(plan.grid.crs for plan in placed).most_common(1)[0][0]
    fitting = [plan.grid for plan in placed if _fits(plan.grid, crs)] or [placed[0].grid]
    sizes = [grid.pixel_size or (1.0, 1.0) for grid in fitting]
    size = min(width for width, _ in sizes), min(height for _, height in sizes)
    kind = plans[0].settings.kind
    origin = (fitting[0].geotransform or (0.0,) * 6)[0], (fitting[0].geotransform or (0.0,) * 6)[3]
    sources = []
    for plan in placed:
        raise_if_cancelled(progress)
        sources.append(_plain(plan, destination) if _fits(plan.grid, crs) else _warped(plan, crs, size, origin, kind))
    _warn_of_dates(placed, [source.box for source in sources], size, progress)
    common = set.intersection(*(set(plan.metadata.items()) for plan in placed))
    left, top = min(source.box[0] for source in sources), max(source.box[1] for source in sources)
    right, bottom = max(source.box[2] for source in sources), min(source.box[3] for source in sources)
    width, height = (max(1, math.ceil(length - 1e-6)) for length in ((right - left) / size[0], (top - bottom) / size[1]))
    band = _band(sources, (left, top), (size[0], -size[1]), kind, "ComplexSource")
    grid = Grid(width, height, (left, size[0], 0.0, top, 0.0, -size[1]), crs)
    _write(destination, vrt_document(grid, [band], {METADATA_DOMAIN: dict(sorted(common))}))
    warn_of_credentials(destination, [plan.destination for plan in placed], progress)


def _warn_of_dates(
    plans: Sequence[Plan], boxes: Sequence[tuple[float, float, float, float]], size: tuple[float, float], progress: Progress
) -> None:
    """Warn where images of one place state several dates, of which the mosaic shows one."""
    found: dict[tuple[int, ...], set[date]] = {}
    for plan, box in zip(plans, boxes):
        day = date_in_name(plan.scene.source)
        if day is not None:
            found.setdefault(tuple(round(value / size[number % 2]) for number, value in enumerate(box)), set()).add(day)
    several = [days for days in found.values() if len(days) > 1]
    if several:
        most = max(several, key=len)
        progress.warn(
            tr(
                "The virtual raster shows one date of each place, but {count} places have several, such as {days}. Choose the images of "
                "one date, or use Water occurrence or Water area over time."
            ).format(count=len(several), days=format_some([day.isoformat() for day in sorted(most)], 5))
        )


def _fits(grid: Grid, crs: str) -> bool:
    """Return whether a grid is in the CRS, north up."""
    _, width, turn, _, other, height = grid.geotransform or (0.0,) * 6
    return turn == other == 0 and width > 0 > height and same_crs(grid.crs, crs)


def _plain(plan: Plan, destination: str) -> _VrtSource:
    left, width, _, top, _, height = plan.grid.geotransform or (0.0,) * 6
    local = not is_virtual(destination)
    name, relative = name_in_vrt(plan.destination, Path(destination)) if local else (plan.destination, False)
    box = (left, top, left + width * plan.grid.width, top + height * plan.grid.height)
    return _VrtSource(name, relative, plan.grid.width, plan.grid.height, box)


def _warped(plan: Plan, crs: str, size: tuple[float, float], origin: tuple[float, float], kind: RasterKind) -> _VrtSource:
    """Return a result warped to the CRS and the pixels of the mosaic, as a virtual raster inside it."""
    # GDAL's usual tolerance, an eighth of a pixel, takes the neighbour for one pixel in fifty, and another one in other windows.
    exact = {"resampleAlg": "near", "errorThreshold": 0}
    options = {"format": "VRT", "dstSRS": crs or None, "xRes": size[0], "yRes": size[1], "dstNodata": kind.nodata, **exact}
    with GdalErrors(tr("{result} can't be warped to the mosaic's CRS").format(result=plan.destination)) as errors:
        source = open_raster(plan.destination)
        left, top, right, bottom = _box(errors.check(gdal.Warp("", source, options=gdal.WarpOptions(**options))))
        left, right = (origin[0] + snap((x - origin[0]) / size[0]) * size[0] for snap, x in ((math.floor, left), (math.ceil, right)))
        top, bottom = (origin[1] - snap((origin[1] - y) / size[1]) * size[1] for snap, y in ((math.floor, top), (math.ceil, bottom)))
        bounds = (left, bottom, right, top)
        warped = errors.check(gdal.Warp("", source, options=gdal.WarpOptions(**options, outputBounds=bounds)))
        return _VrtSource(warped.GetMetadata("xml:VRT")[0], False, warped.RasterXSize, warped.RasterYSize, _box(warped))


def _box(dataset: gdal.Dataset) -> tuple[float, float, float, float]:
    left, width, _, top, _, height = dataset.GetGeoTransform()
    return left, top, left + width * dataset.RasterXSize, top + height * dataset.RasterYSize


def _band(sources: Sequence[_VrtSource], origin: tuple[float, float], size: tuple[float, float], kind: RasterKind, element: str) -> str:
    """Return a virtual raster's band.

    Args:
        sources: in the order in which they are drawn.
        origin: upper left corner of the virtual raster, in the units of the sources' boxes.
        size: width and height of a pixel in these units; the height is negative where boxes count upwards.
        kind: of the values.
        element: `SimpleSource`, or `ComplexSource` where NoData lets another source show.
    """
    data_type = gdal.GetDataTypeName(kind.data_type)
    scale = "" if kind.scale is None else f"<Offset>0</Offset><Scale>{kind.scale!r}</Scale>"
    nodata = f"<NODATA>{kind.nodata:g}</NODATA>" if element == "ComplexSource" else ""
    elements = []
    for source in sources:
        left, top, right, bottom = source.box
        column, row, across, down = map(
            rounded, ((left - origin[0]) / size[0], (top - origin[1]) / size[1], (right - left) / size[0], (bottom - top) / size[1])
        )
        elements.append(
            f'<{element}><SourceFilename relativeToVRT="{int(source.relative)}">{escape(source.name)}</SourceFilename>'
            f"<SourceBand>1</SourceBand>"
            f'<SourceProperties RasterXSize="{source.width}" RasterYSize="{source.height}" DataType="{data_type}"/>'
            f'<SrcRect xOff="0" yOff="0" xSize="{source.width}" ySize="{source.height}"/>'
            f'<DstRect xOff="{column}" yOff="{row}" xSize="{across}" ySize="{down}"/>{nodata}</{element}>\n'
        )
    return (
        f'<VRTRasterBand dataType="{data_type}" band="1"><Description>{kind.description}</Description>'
        f"<NoDataValue>{kind.nodata:g}</NoDataValue><ColorInterp>Gray</ColorInterp>{scale}\n{''.join(elements)}</VRTRasterBand>"
    )


def _write(destination: str, text: str) -> None:
    with storage.writing(destination) as path:
        write_text(path, text, sidecars(path))
