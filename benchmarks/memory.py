"""Peak memory of prediction beyond an idle interpreter with the same imports, at two sizes; each run in a process of its own.

python benchmarks/memory.py [--sides 6000,30000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from common import WORK, make_scene
from timing import peak_memory

BOUND = 300.0


def run(path: str | None) -> float:
    """Return the peak in MB of a fresh process that imports everything and predicts `path`, or idles."""
    output = subprocess.run([sys.executable, __file__, "--one", path or ""], check=True, capture_output=True, text=True).stdout
    return float(output.split()[-1])


def one(path: str) -> None:
    """Predict in this process, and print its peak."""
    from predict import sample_model

    from ipeo_water_plugin.core.prediction.predict import predict
    from ipeo_water_plugin.core.raster.describe import roles_of

    model = sample_model()
    if path:
        predict(path, roles_of(path), model, WORK / "out.tif")
    print(peak_memory())


def main() -> int:
    """Print peaks, and return 1 where the claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", default="6000,30000")
    parser.add_argument("--one")
    arguments = parser.parse_args()
    if arguments.one is not None:
        one(arguments.one)
        return 0
    idle = run(None)
    print(f"idle interpreter with the same imports: {idle:.0f} MB")
    met = True
    strips = ("COMPRESS=DEFLATE", "PREDICTOR=2", "BLOCKYSIZE=1")
    for name, options in (("tiled", ()), ("strips", strips)):
        for side in map(int, arguments.sides.split(",")):
            scene = make_scene(f"{name}_{side}.tif", side, options=options, real=min(side, 6000))
            beyond = run(str(scene)) - idle
            met &= beyond <= BOUND
            print(
                f"{name} {side} x {side}: {beyond:.0f} MB beyond it (claimed: at most {BOUND:.0f}) {'ok' if beyond <= BOUND else 'NOT MET'}"
            )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
