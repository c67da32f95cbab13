"""Virtual rasters: one over the pieces of a scene, and one over all results, made without opening thousands of files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..errors import InputError
from ..grid import Grid
from ..metadata.dates import date_in_name
from ..progress import Progress, raise_if_cancelled
from ..raster.creation_options import RasterKind
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import METADATA_DOMAIN, sidecars
from ..raster.raster_file import is_virtual
from ..raster.reprojection import same_crs
from ..raster.source import grid_of_dataset, open_raster
from ..raster.vrt_document import band_element, check_suffix, name_in_vrt, place_on, source_element, vrt_document, warn_of_credentials
from ..system.files import write_text
from ..translation import format_some, tr
from . import storage
from .planning import Plan


def write_joined(plan: Plan) -> None:
    """Write the virtual raster over the pieces of a scene, with the scene's georeference and the metadata of a result.

    Raises:
        RasterError: the source can't be opened, or GDAL can't make a virtual raster.
        WaterError: the file can't be written.
    """
    kind, elements = plan.settings.kind, []
    for piece in plan.pieces:
        name = f"{plan.metadata['PIECES']}/{storage.base(piece.destination)}"
        elements.append(source_element(name, piece.window, _values(kind), piece.window.box, relative=True))
    _write(plan.destination, plan.grid, elements, kind, plan.metadata, open_raster(plan.scene.source))


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
    """
    check_suffix(destination)
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
    # Of each raster its name in the mosaic, whether that is relative, and its grid.
    shown = []
    for plan in placed:
        raise_if_cancelled(progress)
        if not _fits(plan.grid, crs):
            shown.append(_warped(plan, crs, size, origin, kind))
        elif is_virtual(destination):
            shown.append((plan.destination, False, plan.grid))
        else:
            shown.append((*name_in_vrt(plan.destination, Path(destination)), plan.grid))
    extents = np.array([own.extent for _, _, own in shown])
    _warn_of_dates(placed, extents / [*size, *size], progress)
    (left, bottom), (right, top) = extents[:, :2].min(axis=0).tolist(), extents[:, 2:].max(axis=0).tolist()
    width, height = (max(1, math.ceil(length - 1e-6)) for length in ((right - left) / size[0], (top - bottom) / size[1]))
    grid = Grid(width, height, (left, size[0], 0.0, top, 0.0, -size[1]), crs)
    nodata = f"<NODATA>{kind.nodata:g}</NODATA>"
    elements = [
        source_element(name, own.window, _values(kind), place_on(own, grid), relative=relative, extra=nodata)
        for name, relative, own in shown
    ]
    common = set.intersection(*(set(plan.metadata.items()) for plan in placed))
    _write(destination, grid, elements, kind, dict(sorted(common)))
    warn_of_credentials(destination, [plan.destination for plan in placed], progress)


def _warn_of_dates(plans: Sequence[Plan], extents: np.ndarray, progress: Progress) -> None:
    """Warn where images of one place, by its extent in pixels, state several dates, of which the mosaic shows one."""
    found: dict[tuple[int, ...], set[date]] = {}
    for plan, extent in zip(plans, np.rint(extents).astype(np.int64).tolist()):
        day = date_in_name(plan.scene.source)
        if day is not None:
            found.setdefault(tuple(extent), set()).add(day)
    several = [days for days in found.values() if len(days) > 1]
    if several:
        most = max(several, key=len)
        text = tr(
            "The virtual raster shows one date of each place, but {count} places have several, such as {days}. Choose the images of one "
            "date, or use Water occurrence or Water area over time."
        )
        progress.warn(text.format(count=len(several), days=format_some(sorted(most), 5)))


def _fits(grid: Grid, crs: str) -> bool:
    """Return whether a grid is in the CRS, north up."""
    _, width, turn, _, other, height = grid.geotransform or (0.0,) * 6
    return turn == other == 0 and width > 0 > height and same_crs(grid.crs, crs)


def _warped(plan: Plan, crs: str, size: tuple[float, float], origin: tuple[float, float], kind: RasterKind) -> tuple[str, bool, Grid]:
    """Return a result warped to the CRS and the pixels of the mosaic, as a virtual raster inside it."""
    # GDAL's usual tolerance, an eighth of a pixel, takes the neighbour for one pixel in fifty, and another one in other windows.
    exact = {"resampleAlg": "near", "errorThreshold": 0}
    options = {"format": "VRT", "dstSRS": crs or None, "xRes": size[0], "yRes": size[1], "dstNodata": kind.nodata, **exact}
    with GdalErrors(tr("{result} can't be warped to the mosaic's CRS").format(result=plan.destination)) as errors:
        source = open_raster(plan.destination)
        warped = errors.check(gdal.Warp("", source, options=gdal.WarpOptions(**options)))
        left, bottom, right, top = grid_of_dataset(warped, plan.destination).extent
        left, right = (origin[0] + snap((x - origin[0]) / size[0]) * size[0] for snap, x in ((math.floor, left), (math.ceil, right)))
        top, bottom = (origin[1] - snap((origin[1] - y) / size[1]) * size[1] for snap, y in ((math.floor, top), (math.ceil, bottom)))
        bounds = (left, bottom, right, top)
        warped = errors.check(gdal.Warp("", source, options=gdal.WarpOptions(**options, outputBounds=bounds)))
        return warped.GetMetadata("xml:VRT")[0], False, grid_of_dataset(warped, plan.destination)


def _values(kind: RasterKind) -> str:
    return f'DataType="{gdal.GetDataTypeName(kind.data_type)}"'


def _write(
    destination: str,
    grid: Grid,
    elements: Sequence[str],
    kind: RasterKind,
    metadata: Mapping[str, str],
    like: gdal.Dataset | None = None,
) -> None:
    """Write a virtual raster with one band of results."""
    properties = {
        "Description": kind.description,
        "NoDataValue": f"{kind.nodata:g}",
        "ColorInterp": "Gray",
        "Offset": None if kind.scale is None else 0,
        "Scale": kind.scale,
    }
    text = vrt_document(grid, [band_element(kind.data_type, elements, properties)], {METADATA_DOMAIN: metadata}, like)
    with storage.writing(destination) as path:
        write_text(path, text, sidecars(path))
