"""Made scenes that look like the sample scene, for the benchmarks that need images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal
from timing import ROOT

SCENE = ROOT / "resources" / "sample" / "image.tif"
LABELS = ROOT / "resources" / "sample" / "labels.gpkg"
WORK = ROOT / "build" / "bench"


def make_scene(name: str, side: int, *, bands: int = 4, options: tuple[str, ...] = (), real: int | None = None) -> Path:
    """Make a square scene of the sample scene's pixels, mirrored side by side with sensor noise, so that it compresses like one.

    Args:
        name: file name in build/bench; an existing file is kept.
        side: width and height in pixels.
        bands: the fourth is made from the others.
        options: GTiff creation options.
        real: only this many rows and columns hold data; the rest is sparse.
    """
    path = WORK / name
    if path.exists():
        return path
    WORK.mkdir(parents=True, exist_ok=True)
    sample = gdal.Open(str(SCENE))
    pixels = sample.ReadAsArray()
    tile = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[:, :, ::-1]], axis=2)
    if bands == 4:
        tile = np.concatenate([tile, tile[2:] // 2 + tile[1:2] // 2])
    noise = np.random.default_rng(0)
    temporary = path.with_suffix(".part.tif")
    chosen = list(options or ("TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE", "PREDICTOR=2"))
    chosen += ["NUM_THREADS=ALL_CPUS", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE"]
    dataset = gdal.GetDriverByName("GTiff").Create(str(temporary), side, side, bands, gdal.GDT_UInt16, options=chosen)
    dataset.SetGeoTransform(sample.GetGeoTransform())
    dataset.SetProjection(sample.GetProjection())
    for number, title in zip(range(1, bands + 1), ("green", "red", "nir", "swir")):
        dataset.GetRasterBand(number).SetDescription(title)
    extent = real or side
    for row in range(0, extent, 512):
        height = min(512, extent - row)
        rows = np.arange(row, row + height) % tile.shape[1]
        strip = tile[:, rows][:, :, np.arange(extent) % tile.shape[2]]
        strip = strip + noise.integers(-8, 9, strip.shape, dtype=np.int16)
        dataset.WriteRaster(0, row, extent, height, np.ascontiguousarray(strip.astype(np.uint16)), band_list=list(range(1, bands + 1)))
        dataset.FlushCache()
    dataset = None
    temporary.replace(path)
    return path
