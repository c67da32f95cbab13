"""Whether a file that exists is the result that a run would write."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from osgeo import gdal

from ..errors import InputError, RasterError
from ..grid import Grid
from ..raster.collisions import files_behind
from ..raster.completeness import is_endless
from ..raster.gdal_errors import read_bytes
from ..raster.geotiff import METADATA_DOMAIN, provenance
from ..raster.reprojection import same_crs
from ..raster.source import grid_of_dataset, open_raster
from ..raster.source_state import forget
from ..raster.verification import check_undamaged
from ..raster.vrt_document import SUFFIX
from ..system.redaction import redacted
from ..translation import tr
from . import storage

# What a result's metadata must agree on. PIECES stands in results that were cut.
DECISIVE = ("MODEL_SHA256", "SOURCE", "SOURCE_STATE", "SETTINGS", "THRESHOLD", "PIECES")
# Pixels by which a format may move a corner.
_ROUNDING = 0.01
# How a TIFF begins, classic or large, in either order of bytes.
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_valid(destination: str, metadata: Mapping[str, str], grid: Grid) -> bool:
    """Return whether a result, or a piece of one, exists, whole and in its place, of the same source by the same model and settings.

    Args:
        destination: of the result.
        metadata, grid: that it would be written with.
    """
    forget(destination)
    try:
        found = provenance(destination)
        if any(found.get(key) != metadata.get(key) for key in DECISIVE):
            return False
        if not _is_on(grid_of_dataset(open_raster(destination), destination), grid):
            return False
        if not destination.endswith(SUFFIX):
            check_undamaged(destination)
    except (InputError, RasterError):
        return False
    return True


def _is_on(found: Grid, wanted: Grid) -> bool:
    """Return whether a raster has the pixels of a grid, as far as both are placed; a copy of another piece hasn't."""
    if found.window != wanted.window:
        return False
    if found.geotransform is None or wanted.geotransform is None:
        return True
    return bool(np.abs(found.corners_on(wanted) - wanted.corners_on(wanted)).max() < _ROUNDING)


def refuse_foreign(destination: str, grid: Grid, source: str) -> str:
    """Refuse to replace what isn't a result, or is one of another place: the user chose a folder, and wasn't asked about this file.

    A result of the same place is replaced although its image still exists, as where each night's images go to one folder of latest maps.

    Args:
        destination: of the result; something exists there.
        grid: of the result.
        source: of the result.

    Returns:
        A warning if the result of another image is replaced; else "".

    Raises:
        InputError: it is another raster.
    """
    try:
        dataset = open_raster(destination)
        found = provenance(destination)
        other = _other_source(found.get("SOURCE", ""), source)
        if other and _same_place(grid, grid_of_dataset(dataset, destination)):
            text = tr("{destination} was made of {other}, and is replaced.")
            return text.format(destination=redacted(destination), other=redacted(other))
        if other:
            msg = tr(
                "{destination} exists and was made of {other}, which shows another place, so it isn't replaced: choose another folder for "
                "the results, or move the file away."
            )
            raise InputError(msg.format(destination=redacted(destination), other=redacted(other)))
        if found:
            return ""
        alike = (dataset.RasterCount, dataset.RasterXSize, dataset.RasterYSize) == (1, grid.width, grid.height)
        if alike and not destination.endswith(SUFFIX):
            # A damaged result may have lost its metadata, or can't be opened, and is replaced.
            check_undamaged(destination, statistics=False)
    except RasterError:
        if _may_be_torn(destination):
            return ""
    msg = tr(
        "{destination} exists and isn't a result of this plugin, or can't be read, so it isn't replaced: choose another folder for the "
        "results, or move the file away."
    ).format(destination=redacted(destination))
    raise InputError(msg)


def _other_source(recorded: str, source: str) -> str:
    """Return an image other than the source, of those recorded line by line, that still exists; "" if there is none."""
    here = os.path.realpath(source)
    for name in recorded.splitlines():
        if redacted(source) != name and os.path.realpath(name) != here and any(map(storage.exists, files_behind(name, listed=False))):
            return name
    return ""


def _same_place(one: Grid, other: Grid) -> bool:
    """Whether two rasters share at least half of the larger one's extent; False if either isn't placed."""
    if one.geotransform is None or other.geotransform is None or not same_crs(one.crs, other.crs):
        return False
    (left, bottom, right, top), (left2, bottom2, right2, top2) = one.extent, other.extent
    width, height = min(right, right2) - max(left, left2), min(top, top2) - max(bottom, bottom2)
    larger = max((right - left) * (top - bottom), (right2 - left2) * (top2 - bottom2))
    return width > 0 and height > 0 and width * height >= larger / 2


def other_result(destination: str, other: str, source: str) -> str:
    """Return a warning if another result of an image's name is beside the one to be written: a .tif beside a .vrt, or the reverse.

    Args:
        destination: of the result.
        other: a file beside it.
        source: of the result.
    """
    try:
        earlier = os.path.realpath(other) != os.path.realpath(source) and provenance(other)
    except RasterError:
        earlier = None
    if not earlier:
        return ""
    text = tr("{other} stays beside {destination}: it is an earlier result of the name, which you may want to delete.")
    return text.format(other=redacted(other), destination=redacted(destination))


def _may_be_torn(destination: str) -> bool:
    """Return whether a file that can't be opened may be what is left of a result; others are text, say, or a virtual layer of vectors."""
    if is_endless(destination):
        return False
    virtual = destination.endswith(SUFFIX)
    content = read_bytes(destination, None if virtual else 4)
    if not content:
        # An object in an archive holds something, though it can't be read.
        found = gdal.VSIStatL(destination)
        return found is not None and found.size == 0
    if not virtual:
        return not content.strip(b"\0") or any(beginning.startswith(content) for beginning in _TIFF)
    content = content.strip(b"\0").strip()
    whole = content.endswith(b"</VRTDataset>")
    return not content or (content.startswith(b"<VRTDataset") and (METADATA_DOMAIN.encode() in content or not whole))
