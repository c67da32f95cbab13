"""What QGIS adds: prediction through qgis_process beyond the core's time, and the whole job on the sample scene beside start-up alone.

python benchmarks/through_qgis.py [--side 6000] [--runs 5]

Prediction should take its start-up longer than the core, which a scene of a few pixels shows. Start-up for `mapwater` is
`createtraininglayer`, which does next to nothing; `mapwater` runs without torch, hidden even where the system has it, and with it.
The ratio is that of processor times, which other programs change least.
"""

from __future__ import annotations

import argparse
import os
import sys

from common import LABELS, SCENE, WORK, make_scene
from peers import qgis_environment, run
from predict import sample_model
from timing import ROOT, alternate, in_turn, verdict

from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of

# Of the core's own time: GDAL's libraries and caches are colder in a fresh process.
BOUND = 1.15
# Of the time of createtraininglayer.
BOUND_WITHOUT_TORCH, BOUND_WITH_TORCH = 1.6, 2.2
_SMALL = 64


def prediction(side: int, runs: int, environment: dict[str, str]) -> bool:
    """Compare prediction with the core's."""
    scenes = {side: str(make_scene(f"tiled_{side}.tif", side)) for side in (_SMALL, side)}
    model, target = WORK / "through_qgis.json", WORK / "out.tif"
    write_model(sample_model(), model)
    command = [environment["QGIS_PROCESS"], "run", "ipeowater:predictwaterprobability", "--json", "--"]
    command += [f"MODEL={model}", f"OUTPUT={target}"]
    large = scenes[side]
    times = alternate(
        {
            "qgis_process, a few pixels": lambda: run([*command, f"INPUT={scenes[_SMALL]}"], environment),
            "qgis_process": lambda: run([*command, f"INPUT={large}"], environment),
            "core": lambda: predict(large, roles_of(large), sample_model(), target),
        },
        runs,
        lambda: target.unlink(missing_ok=True),
    )
    beyond = times["qgis_process"] - times["qgis_process, a few pixels"]
    return verdict("qgis_process without its start-up / core", beyond / times["core"], BOUND)


def whole_job(runs: int, environment: dict[str, str]) -> bool:
    """Compare `mapwater` on the sample scene with start-up."""
    WORK.mkdir(parents=True, exist_ok=True)
    without_torch = {**environment, "PATH": os.defpath, "PYTHONPATH": str(ROOT / "tests" / "without_torch")}
    outputs = {"createtraininglayer": WORK / "training.gpkg", "mapwater": WORK / "out.tif"}

    def command(name: str, *values: str) -> list[str]:
        words = ["run", f"ipeowater:{name}", "--json", "--", f"INPUT={SCENE}", f"OUTPUT={outputs[name]}", *values]
        return [environment["QGIS_PROCESS"], *words]

    start, job = command("createtraininglayer"), command("mapwater", f"POLYGONS={LABELS}", "CLASS_FIELD=class")
    startup, without, with_torch = in_turn(
        {
            "createtraininglayer": lambda: run(start, without_torch),
            "mapwater without torch": lambda: run(job, without_torch),
            "mapwater with torch": lambda: run(job, environment),
        },
        runs,
        lambda: [output.unlink(missing_ok=True) for output in outputs.values()],
    )
    met = True
    for name, own, bound in (("without torch", without, BOUND_WITHOUT_TORCH), ("with torch", with_torch, BOUND_WITH_TORCH)):
        print(f"mapwater {name} / createtraininglayer, wall time: pairs from {own.lowest(startup):.2f} to {own.highest(startup):.2f}")
        met &= verdict(f"mapwater {name} / createtraininglayer, processor time", own.processor / startup.processor, bound)
    return met


def main() -> int:
    """Compare, and return 1 if a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=6000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    environment = qgis_environment()
    met = [whole_job(arguments.runs, environment), prediction(arguments.side, arguments.runs, environment)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
