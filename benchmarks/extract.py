"""Water bodies of a whole Sentinel-2 scene: time, and memory of a process of its own.

python benchmarks/extract.py [--side 10980] [--connectedness 8] [--noise 0.02] [--shore smooth]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from common import WORK, make_scene
from osgeo import gdal
from predict import sample_model
from timing import peak_memory

from ipeo_water_plugin.core.maps.extraction import extract
from ipeo_water_plugin.core.maps.labels import SHORES, ExtractionSettings
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of

BOUND = 1000.0


def probability(side: int, noise: float) -> Path:
    """Make the probability raster, if it isn't there; or noise, in which that share of the pixels is water, each for itself."""
    path = WORK / f"probability_{f'noise_{noise}_' if noise else ''}{side}.tif"
    if path.exists():
        return path
    scene = make_scene(f"tiled_{side}.tif", side)
    predict(str(scene), roles_of(str(scene)), sample_model(), path)
    if noise:
        dataset = gdal.Open(str(path), gdal.GA_Update)
        draw = np.random.default_rng(0)
        for row in range(0, side, 512):
            rows = min(512, side - row)
            speckle = np.where(draw.random((rows, side)) < noise, 0.9, 0.1).astype(np.float32)
            dataset.GetRasterBand(1).WriteArray(speckle, 0, row)
            dataset.FlushCache()
    return path


def run(path: str, settings: ExtractionSettings) -> None:
    """Extract, read every body, write the mask, and tell time and memory."""
    before, start = peak_memory(), time.perf_counter()
    with extract(path, settings, folder=str(WORK)) as found:
        drawn = time.perf_counter()
        count = sum(1 for _ in found.bodies())
        read = time.perf_counter()
        with found.mask(WORK / "mask.tif"):
            pass
        done = time.perf_counter()
        print(f"  {count} bodies, {found.area.sum():.1f} ha; found and drawn in {drawn - start:.1f} s, ", end="")
        print(f"read in {read - drawn:.1f} s, mask in {done - read:.1f} s")
    print(f"  memory: {before:.0f} MB before, {peak_memory():.0f} MB at most (claimed: under {BOUND:.0f} MB)")
    sys.exit(0 if peak_memory() < BOUND else 1)


def main() -> int:
    """Make the raster, then extract in a fresh process, whose memory nothing else has grown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10980)
    parser.add_argument("--connectedness", type=int, default=4)
    parser.add_argument("--fill", type=float, default=1000.0)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--shore", default="pixels", choices=SHORES)
    parser.add_argument("--path", help="an existing probability raster")
    arguments = parser.parse_args()
    if arguments.path:
        run(arguments.path, ExtractionSettings(connectedness=arguments.connectedness, fill_holes=arguments.fill, shore=arguments.shore))
    path = probability(arguments.side, arguments.noise)
    print(f"{path.name}: {arguments.side} x {arguments.side}, {arguments.connectedness}-connected, {arguments.shore}")
    return subprocess.run([sys.executable, __file__, "--path", str(path), *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
