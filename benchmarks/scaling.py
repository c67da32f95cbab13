"""Time a pixel of prediction, from 1000 to 20000 pixels a side: it should not grow with the raster.

python benchmarks/scaling.py [--sides 1000,2000,4000,10000,20000] [--runs 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from common import WORK, make_scene
from predict import sample_model
from timing import verdict

from ipeo_water_plugin.core.prediction import predict
from ipeo_water_plugin.core.raster import roles_of

BOUND = 1.15


def main() -> int:
    """Print nanoseconds a pixel, and return 1 where the largest costs more than the claim allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", default="1000,2000,4000,10000,20000")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    sides = [int(side) for side in arguments.sides.split(",")]
    scenes = {side: str(make_scene(f"tiled_{side}.tif", side)) for side in sides}
    costs: dict[int, list[float]] = {side: [] for side in sides}
    # The sizes take turns, so that a slow spell of the machine meets them all.
    for _ in range(arguments.runs):
        for side, scene in scenes.items():
            repeats = max(1, 4000 * 4000 // (side * side))
            total = 0.0
            for _ in range(repeats):
                (WORK / "out.tif").unlink(missing_ok=True)
                start = time.perf_counter()
                predict(scene, roles_of(scene), sample_model(), WORK / "out.tif")
                total += time.perf_counter() - start
            costs[side].append(total / repeats / (side * side) * 1e9)
    medians = {side: statistics.median(values) for side, values in costs.items()}
    for side, values in costs.items():
        print(f"  {side:>6} x {side:<6} {medians[side]:6.2f} ns a pixel ({min(values):.2f} to {max(values):.2f})")
    ratio = max(medians[side] for side in sides[1:]) / medians[sides[0]]
    return 0 if verdict(f"cost a pixel, most of the larger / {sides[0]} x {sides[0]}", ratio, BOUND) else 1


if __name__ == "__main__":
    sys.exit(main())
