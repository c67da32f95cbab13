"""Water area over time of many bodies on many dates, against reading the same blocks with nothing else done.

python benchmarks/timeseries.py [--bodies 1000] [--dates 200] [--side 2000]
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta

import numpy as np
from common import WORK
from osgeo import gdal, ogr, osr
from timing import alternate, peak_memory, verdict

from ipeo_water_plugin.core.maps.timeseries import DatedRaster, observations
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.probability_raster import ProbabilitySource
from ipeo_water_plugin.core.raster.windows import read_windows

BOUND = 1.5
PIXEL = 10


def write(number: int, side: int) -> str:
    """Make one of ten rasters, which stand for all dates: smooth p with gaps, tiled and compressed."""
    path = WORK / f"date_{number % 10}_{side}.tif"
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        draw = np.random.default_rng(number % 10)
        p = np.kron(draw.random((side // 20, side // 20)), np.ones((20, 20))) + draw.normal(0, 0.05, (side // 20 * 20,) * 2)
        options = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE"]
        dataset = gdal.GetDriverByName("GTiff").Create(str(path), *p.shape, 1, gdal.GDT_Float32, options=options)
        dataset.SetGeoTransform([500_000, PIXEL, 0, 0, 0, -PIXEL])
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(32633)
        dataset.SetSpatialRef(reference)
        dataset.GetRasterBand(1).SetNoDataValue(-9999)
        dataset.GetRasterBand(1).WriteArray(np.clip(np.where(p > 0.95, -9999, p), -9999, 1).clip(-9999).astype(np.float32))
        values = dataset.ReadAsArray()
        dataset.GetRasterBand(1).WriteArray(np.where(values > -9999, values.clip(0, 1), -9999))
        dataset = None
    return str(path)


def main() -> int:
    """Print times and memory, and return 1 where the claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=1000)
    parser.add_argument("--dates", type=int, default=200)
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    draw, shapes = np.random.default_rng(0), []
    for number in range(arguments.bodies):
        x, y = draw.uniform(0, arguments.side * PIXEL, 2)
        disc = ogr.CreateGeometryFromWkt(f"POINT ({500_000 + x} {-y})").Buffer(draw.uniform(50, 300))
        shapes.append((number, bytes(disc.ExportToWkb())))
    rasters = [DatedRaster(write(number, arguments.side), date(2020, 1, 1) + timedelta(days=number)) for number in range(arguments.dates)]
    progress = SilentProgress()

    def read() -> None:
        for dated in rasters:
            for _ in read_windows(ProbabilitySource(dated.raster), progress):
                pass

    before = peak_memory()
    sides = {"reading": read, "time series": lambda: observations(rasters, len(shapes), lambda *_: shapes)}
    times = alternate(sides, arguments.runs)
    print(f"memory: {before:.0f} MB before, {peak_memory():.0f} MB at most")
    return 0 if verdict("time series / reading", times["time series"] / times["reading"], BOUND) else 1


if __name__ == "__main__":
    sys.exit(main())
