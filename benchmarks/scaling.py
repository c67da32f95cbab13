"""Time per pixel of prediction, from 1000 to 20000 pixels a side, and what GDAL alone takes: it should not grow with the raster.

python benchmarks/scaling.py [--sides 1000,2000,4000,10000,20000] [--runs 5]

GDAL alone is that of predict.py: it reads the bands and writes the result. It shows how much of the cost of a small raster is GDAL's own:
opening and closing files, and a slower way to decode the last row of tiles if the raster ends within it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from common import WORK, make_scene
from osgeo import gdal
from predict import floor, remove_results, sample_model
from timing import verdict

from ipeo_water_plugin.core.prediction.predict import PredictionSettings, predict
from ipeo_water_plugin.core.raster.describe import roles_of

BOUND = 1.15


# GDAL alone writes a whole result from memory; it isn't measured beyond this side.
_MAX_SIDE_ALONE = 10000


def cost(job: Callable[[], object], side: int) -> float:
    """Return the nanoseconds per pixel that a job takes, on average; small rasters are repeated, so that each side takes about as long.

    Args:
        job: predicts a raster.
        side: its width and height in pixels.
    """
    repeats = max(1, 4000 * 4000 // (side * side))
    total = 0.0
    for _ in range(repeats):
        remove_results()
        start = time.perf_counter()
        job()
        total += time.perf_counter() - start
    return total / repeats / (side * side) * 1e9


def main() -> int:
    """Print nanoseconds per pixel, and return 1 if a larger raster costs more than the claim allows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", default="1000,2000,4000,10000,20000")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    sides = [int(side) for side in arguments.sides.split(",")]
    scenes = {side: str(make_scene(f"tiled_{side}.tif", side)) for side in sides}
    costs: dict[int, list[float]] = {side: [] for side in sides}
    alone: dict[int, list[float]] = {side: [] for side in sides if side <= _MAX_SIDE_ALONE}
    # The sizes take turns, so that a slow spell of the machine affects all of them.
    for _ in range(arguments.runs):
        for side, scene in scenes.items():
            costs[side].append(cost(lambda scene=scene: predict(scene, roles_of(scene), sample_model(), WORK / "out.tif"), side))
            if side in alone:
                result = gdal.Open(str(WORK / "out.tif")).ReadAsArray()
                alone[side].append(cost(lambda scene=scene, result=result: floor(scene, result, PredictionSettings()), side))
    medians = {side: statistics.median(values) for side, values in costs.items()}
    for side, values in costs.items():
        print(f"  {side:>6} x {side:<6} {medians[side]:6.2f} ns per pixel ({min(values):.2f} to {max(values):.2f})", end="")
        print(f"; GDAL alone {statistics.median(alone[side]):6.2f}" if side in alone else "")
    ratio = max(medians[side] for side in sides[1:]) / medians[sides[0]]
    return 0 if verdict(f"cost per pixel, highest of the larger / {sides[0]} x {sides[0]}", ratio, BOUND) else 1


if __name__ == "__main__":
    sys.exit(main())
