"""An image in one strip, also behind a virtual raster, and a part that begins inside a tile, against tiles: time and memory.

python benchmarks/blocks.py [--side 4000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

from common import WORK, make_scene
from osgeo import gdal
from predict import sample_model

from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of


def measure(path: str) -> None:
    """Predict in this process, and print seconds and MiB."""
    start = time.perf_counter()
    predict(path, roles_of(path, 1, 2, 3), sample_model(), WORK / "p.tif")
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Make the images and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4000)
    parser.add_argument("--path")
    given = parser.parse_args()
    if given.path:
        measure(given.path)
        return
    made = {}
    for name, options in (("tiles", ("TILED=YES",)), ("strip", (f"BLOCKYSIZE={given.side}",))):
        made[name] = str(make_scene(f"{name}-{given.side}.tif", given.side, bands=3, options=(*options, "COMPRESS=DEFLATE", "ZLEVEL=1")))
    made["strip behind a virtual raster"] = str(WORK / "strip.vrt")
    gdal.BuildVRT(made["strip behind a virtual raster"], [made["strip"]]).FlushCache()
    made["tiles, the first cut, behind a virtual raster"] = str(WORK / "part.vrt")
    gdal.Translate(
        made["tiles, the first cut, behind a virtual raster"], made["tiles"], srcWin=[100, 100, given.side - 100, given.side - 100]
    )
    least = 0.0
    for name, path in made.items():
        ended = subprocess.run([sys.executable, __file__, "--path", path], check=True, capture_output=True, text=True)
        seconds, memory = map(float, ended.stdout.split()[-2:])
        least = least or seconds
        print(f"{name}: {seconds:.2f} s ({seconds / least:.1f} times the tiles'), {memory:.0f} MiB")


if __name__ == "__main__":
    main()
