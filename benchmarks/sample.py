"""Sampling against GDAL alone on a tile of Sentinel-2's size.

    python benchmarks/sample.py [--side 10980] [--runs 5] [--parts few,many,whole]

few: eleven polygons of about 30 000 pixels in total, against reading the blocks they touch.
many: 100 000 small polygons, against gdal.RasterizeLayer plus one read of the tile.
whole: one polygon over the whole tile with the default cap: peak memory beyond the same process before.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import numpy as np
from common import make_scene
from osgeo import gdal, ogr
from timing import alternate, peak_memory, verdict

from ipeo_water_plugin.core.grid import Layout, Window
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.rasterize import memory_layer
from ipeo_water_plugin.core.raster.source import Source, grid_of
from ipeo_water_plugin.core.sampling.polygons import LabelledShape
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels

MEMORY_BOUND = 300.0


def square(path: str, column: float, row: float, side: float, *, water: bool, number: int) -> LabelledShape:
    """Return a square in pixel coordinates as a training area, slightly turned so that no edge runs along the pixels."""
    turn = np.deg2rad(10)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * side / 2
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + (column, row)
    points = grid_of(path).to_crs(corners[:, 0], corners[:, 1])
    text = ", ".join(f"{x!r} {y!r}" for x, y in points.tolist())
    return LabelledShape(bytes(ogr.CreateGeometryFromWkt(f"POLYGON (({text}))").ExportToWkb()), water, number)


def few(path: str, side: int, runs: int) -> bool:
    """Sample eleven polygons."""
    random = np.random.default_rng(0)
    places = random.uniform(60, side - 60, (11, 2))
    shapes = [square(path, c, r, 52, water=n % 2 == 0, number=n) for n, (c, r) in enumerate(places)]
    roles = roles_of(path)
    block = Source(path, roles).block
    touched = set()
    for column, row in places:
        for across in range(int(column - 32) // block[0], int(column + 32) // block[0] + 1):
            touched |= {(across, down) for down in range(int(row - 32) // block[1], int(row + 32) // block[1] + 1)}

    def read() -> None:
        dataset = gdal.OpenEx(path, gdal.OF_RASTER, open_options=["NUM_THREADS=ALL_CPUS"])
        for across, down in sorted(touched, key=lambda place: place[::-1]):
            width, height = min(block[0], side - across * block[0]), min(block[1], side - down * block[1])
            dataset.ReadRaster(across * block[0], down * block[1], width, height, band_list=list(roles.numbers))

    print(f"few: {len(sample_pixels(path, roles, shapes).samples)} pixels in {len(touched)} blocks")
    times = alternate({"GDAL reads the blocks": read, "sample_pixels": lambda: sample_pixels(path, roles, shapes)}, runs)
    return verdict("sample_pixels / reading the touched blocks", times["sample_pixels"] / times["GDAL reads the blocks"], 1.5)


def many(path: str, side: int, runs: int) -> bool:
    """Sample 100 000 small polygons."""
    random = np.random.default_rng(0)
    places = random.uniform(10, side - 10, (100_000, 2))
    grid = grid_of(path)
    shapes = []
    for number, centre in enumerate(places):
        corners = centre + random.uniform(-4, 4, (3, 2))
        points = grid.to_crs(corners[:, 0], corners[:, 1]).tolist()
        text = ", ".join(f"{x!r} {y!r}" for x, y in [*points, points[0]])
        shapes.append(LabelledShape(bytes(ogr.CreateGeometryFromWkt(f"POLYGON (({text}))").ExportToWkb()), number % 2 == 0, number))
    roles = roles_of(path)
    layer = memory_layer([s.wkb for s in shapes], list(range(1, len(shapes) + 1)))

    def plain() -> None:
        source = gdal.OpenEx(path, gdal.OF_RASTER, open_options=["NUM_THREADS=ALL_CPUS"])
        target = gdal.GetDriverByName("MEM").Create("", side, side, 1, gdal.GDT_Int32)
        target.SetGeoTransform(source.GetGeoTransform())
        target.SetProjection(source.GetProjection())
        gdal.RasterizeLayer(target, [1], layer.GetLayer(0), options=["ATTRIBUTE=value"])
        block = Source(path, roles).block
        for window in Layout.from_blocks(Window(0, 0, side, side), (side, block[1])).windows(Window(0, 0, side, side)):
            source.ReadRaster(window.column, window.row, window.width, window.height, band_list=list(roles.numbers))
            source.FlushCache()

    print(f"many: {sum(sample_pixels(path, roles, shapes).found)} pixels in 100 000 polygons")
    times = alternate({"GDAL rasterizes, reads the tile": plain, "sample_pixels": lambda: sample_pixels(path, roles, shapes)}, runs)
    return verdict("sample_pixels / RasterizeLayer + one read", times["sample_pixels"] / times["GDAL rasterizes, reads the tile"], 3.0)


def whole(path: str, side: int) -> None:
    """Sample one polygon over the whole tile, and print how much memory that took."""
    shapes = [square(path, side / 2, side / 2, 2 * side, water=True, number=1), square(path, 300, 300, 200, water=False, number=2)]
    roles = roles_of(path)
    before = peak_memory()
    # Where both classes lie, neither counts: a second area just outside the first would see no pixel, so half the tile is water.
    shapes[0] = square(path, side, side / 2, 2.6 * side / 2, water=True, number=1)
    result = sample_pixels(path, roles, shapes, SamplingSettings())
    print(f"whole: {len(result.samples)} of {sum(result.found)} pixels", peak_memory() - before)


def main() -> int:
    """Run the parts and return 1 where a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10980)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parts", default="few,many,whole")
    parser.add_argument("--one", action="store_true")
    arguments = parser.parse_args()
    path = str(make_scene(f"tiled_{arguments.side}.tif", arguments.side))
    if arguments.one:
        whole(path, arguments.side)
        return 0
    met = True
    parts = arguments.parts.split(",")
    if "few" in parts:
        met &= few(path, arguments.side, arguments.runs)
    if "many" in parts:
        met &= many(path, arguments.side, arguments.runs)
    if "whole" in parts:
        command = [sys.executable, __file__, "--one", "--side", str(arguments.side)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print(" ".join(output[:-1]))
        beyond = float(output[-1])
        met &= beyond <= MEMORY_BOUND
        print(f"peak memory of sampling a polygon over the tile: {beyond:.0f} MB (claimed: at most {MEMORY_BOUND:.0f})")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
