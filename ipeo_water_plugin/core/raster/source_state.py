"""The state of a raster's files, on a disk or a server, by which a later change is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from osgeo import gdal

from ..system.redaction import redacted
from .collisions import files_behind
from .completeness import check_name, files_of
from .raster_file import is_virtual
from .reprojection import crs_name
from .source import open_raster


def source_state(source: str) -> str:
    """Return a digest that changes with a raster: with what GDAL reports of it, and with size, time and ETag of the files behind it.

    Files behind a virtual raster within a virtual raster are among them.

    Raises:
        RasterError: it can't be opened, or a virtual raster is over a pipe or a device.
    """
    forget(source)
    behind = list(files_behind(source, listed=False))
    for name in behind:
        check_name(name)
    dataset = open_raster(source)
    # Databases and archives, of which a part is named, are no path that could be looked at.
    names = dict.fromkeys([*(files_of(dataset) or [source]), *behind])
    states = [_description(dataset), *_file_states(names)]
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()[:32]


def _description(dataset: gdal.Dataset) -> list[object]:
    """Return what GDAL reports of a raster that decides a result: files beside it may change that without the raster itself."""
    bands = [dataset.GetRasterBand(number) for number in range(1, dataset.RasterCount + 1)]
    # A sidecar of statistics alone makes GDAL give a scale of 1 and an offset of 0 where there was none.
    points = [(p.GCPX, p.GCPY, p.GCPZ, p.GCPPixel, p.GCPLine) for p in dataset.GetGCPs() or ()]
    return [
        [dataset.RasterXSize, dataset.RasterYSize, dataset.GetGeoTransform(can_return_null=True), points],
        crs_name(dataset.GetProjection() or dataset.GetGCPProjection() or ""),
        [[b.DataType, b.GetNoDataValue(), b.GetScale() or 1.0, b.GetOffset() or 0.0, b.GetDescription(), b.GetMaskFlags()] for b in bands],
    ]


def _file_states(names: Iterable[str]) -> Iterator[tuple[str, list[object]]]:
    for name in names:
        if is_virtual(name):
            if name.endswith(".msk"):
                # Whether there is one shows in what GDAL reports of the raster, and each would be a request to a server.
                continue
            forget(name)
            found = gdal.VSIStatL(name)
            headers = gdal.GetFileMetadata(name, "HEADERS") or {}
            etag = {key.lower(): value for key, value in headers.items()}.get("etag", "")
            yield redacted(name), [found.size, int(found.mtime), etag] if found else []
            continue
        try:
            here = Path(name).stat()
        except (OSError, ValueError):
            yield redacted(name), []
            continue
        yield name, [here.st_size, here.st_mtime_ns]


def forget(name: str) -> None:
    """Have GDAL ask the server again: it caches what it learned of remote files for the life of the process."""
    if is_virtual(name):
        gdal.VSICurlPartialClearCache(name)
