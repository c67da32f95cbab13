"""Prediction through qgis_process: the time beyond the core's should be start-up alone, which a scene of a few pixels shows.

python benchmarks/through_qgis.py [--side 6000] [--runs 5]
"""

from __future__ import annotations

import argparse
import sys

from common import WORK, make_scene
from peers import qgis_environment, run
from predict import sample_model
from timing import alternate, verdict

from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.metadata import roles_of

# Of the core's own time: GDAL's libraries and caches are colder in a fresh process.
BOUND = 1.15
_SMALL = 64


def main() -> int:
    """Compare, and return 1 where the difference is more than the core's time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=6000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    environment = qgis_environment()
    scenes = {side: str(make_scene(f"tiled_{side}.tif", side)) for side in (_SMALL, arguments.side)}
    model, target = WORK / "through_qgis.json", WORK / "out.tif"
    write_model(sample_model(), model)
    command = [environment["QGIS_PROCESS"], "run", "ipeowater:predictwaterprobability", "--json", "--"]
    command += [f"MODEL={model}", f"OUTPUT={target}"]
    large = scenes[arguments.side]
    times = alternate(
        {
            "qgis_process, a few pixels": lambda: run([*command, f"INPUT={scenes[_SMALL]}"], environment),
            "qgis_process": lambda: run([*command, f"INPUT={large}"], environment),
            "core": lambda: predict(large, roles_of(large), sample_model(), target),
        },
        arguments.runs,
        lambda: target.unlink(missing_ok=True),
    )
    beyond = times["qgis_process"] - times["qgis_process, a few pixels"]
    return 0 if verdict("qgis_process without its start-up / core", beyond / times["core"], BOUND) else 1


if __name__ == "__main__":
    sys.exit(main())
