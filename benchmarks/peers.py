"""Prediction and the whole job against other programs on the same scene: 6000 x 6000, four bands, uint16.

    python benchmarks/peers.py [--side 6000] [--runs 3] [--python PYTHON]

Orfeo ToolBox (ImageClassifier with a linear SVM, trained on the same polygons) runs where otbcli_ImageClassifier is installed
(Debian's otb-bin); scikit-learn's predict_proba over rasterio windows runs in an interpreter that has both (--python, by
default this one), and writes with our own creation options. What isn't there is skipped, and said so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from common import LABELS, WORK, make_scene
from osgeo import gdal, ogr
from timing import ROOT, alternate, verdict

from ipeo_water_plugin.core.polygons import read_shapes
from ipeo_water_plugin.core.prediction import predict
from ipeo_water_plugin.core.raster import roles_of
from ipeo_water_plugin.core.sampling import sample_pixels
from ipeo_water_plugin.core.training import TrainingSettings, train

# Seconds that the fastest peer took for the whole job on 36 million pixels, two cores.
FASTEST_PEER = 20.0

RASTERIO = """
import sys
import numpy as np, rasterio
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
samples, scene, out = sys.argv[1:]
data = np.load(samples)
model = make_pipeline(StandardScaler(), LogisticRegression(C=1e6, max_iter=1000)).fit(data["X"], data["y"])
with rasterio.open(scene) as source:
    profile = dict(driver="GTiff", width=source.width, height=source.height, count=1, dtype="float32", crs=source.crs,
                   transform=source.transform, tiled=True, blockxsize=512, blockysize=512, compress="zstd", zstd_level=1,
                   predictor=3, num_threads="all_cpus")
    with rasterio.open(out, "w", **profile) as target:
        for _, window in source.block_windows(1):
            bands = source.read([1, 2, 3], window=window)
            p = model.predict_proba(bands.reshape(3, -1).T)[:, 1].astype("float32")
            target.write(p.reshape(bands.shape[1:]), 1, window=window)
"""


def water_share(path: Path, ours: np.ndarray, above: float) -> float:
    """Share of pixels on which another program's result (water where > `above`) and ours agree."""
    return float(((gdal.Open(str(path)).ReadAsArray() > above) == ours).mean())


def orfeo(scene: Path) -> list[str] | None:
    """Train a linear SVM on the scene's corner that the polygons cover, and return the command that classifies the scene."""
    if shutil.which("otbcli_ImageClassifier") is None:
        print("skipped: Orfeo ToolBox (no otbcli_ImageClassifier; Debian has it in otb-bin)")
        return None
    corner, labels, model, statistics = (WORK / name for name in ("corner.tif", "corner.shp", "corner.svm", "corner.xml"))
    if not model.exists():
        gdal.Translate(str(corner), str(scene), srcWin=[0, 0, 1536, 768])
        # Orfeo ToolBox takes positive classes alone, so not water is 1 here, and water 2.
        ogr.GetDriverByName("ESRI Shapefile").DeleteDataSource(str(labels)) if labels.exists() else None
        options = gdal.VectorTranslateOptions(SQLStatement="SELECT class + 1 AS code, geom FROM labels", SQLDialect="SQLITE")
        gdal.VectorTranslate(str(labels), str(LABELS), options=options)
        run(["otbcli_ComputeImagesStatistics", "-il", str(corner), "-out.xml", str(statistics)])
        train_command = ["otbcli_TrainImagesClassifier", "-io.il", str(corner), "-io.vd", str(labels), "-io.imstat", str(statistics)]
        train_command += ["-sample.vfn", "code", "-sample.mt", "2000", "-classifier", "libsvm", "-classifier.libsvm.k", "linear"]
        run([*train_command, "-io.out", str(model)])
    command = ["otbcli_ImageClassifier", "-in", str(scene), "-imstat", str(statistics), "-model", str(model)]
    return [*command, "-out", str(WORK / "otb.tif"), "uint8"]


def scikit(scene: Path, samples: Path, python: str) -> list[str] | None:
    """Return the command that predicts with scikit-learn over rasterio windows."""
    if subprocess.run([python, "-c", "import rasterio, sklearn"], check=False, capture_output=True).returncode:
        print(f"skipped: scikit-learn over rasterio windows ({python} lacks one of the two; name another with --python)")
        return None
    return [python, "-c", RASTERIO, str(samples), str(scene), str(WORK / "sklearn.tif")]


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a program and let it speak only when it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        msg = f"{command[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        raise SystemExit(msg)


def qgis_environment() -> dict[str, str]:
    """Return the environment that `make -s env` gives."""
    command = f'eval "$({ROOT / "tools" / "environment.sh"})" && env -0'
    output = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return dict(entry.split("=", 1) for entry in output.split("\0") if entry)


def main() -> int:
    """Compare, and return 1 where a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=6000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--python", default=sys.executable)
    arguments = parser.parse_args()
    scene = make_scene(f"tiled_{arguments.side}.tif", arguments.side)
    path, result = str(scene), WORK / "out.tif"
    roles = roles_of(path)
    samples = sample_pixels(path, roles, read_shapes(str(LABELS), path, "class")).samples
    np.savez(WORK / "samples.npz", X=samples.X, y=samples.y)
    model = train(samples, TrainingSettings(validation_fraction=0)).model
    model.save(WORK / "model.json")
    environment = qgis_environment()
    task = [environment["QGIS_PROCESS"], "run", "ipeowater:mapwater", "--json", "--"]
    task += [f"INPUT={path}", f"POLYGONS={LABELS}", "CLASS_FIELD=class", f"OUTPUT={WORK / 'mapwater.tif'}"]
    ours = [sys.executable, __file__, "--one"]
    sides = {"predict (a fresh process)": lambda: run(ours), "mapwater through qgis_process": lambda: run(task, environment)}
    otb, sklearn = orfeo(scene), scikit(scene, WORK / "samples.npz", arguments.python)
    if otb:
        sides["Orfeo ToolBox ImageClassifier"] = lambda: run(otb)
    if sklearn:
        sides["scikit-learn over rasterio"] = lambda: run(sklearn)

    def remove() -> None:
        for name in ("out.tif", "mapwater.tif", "otb.tif", "sklearn.tif"):
            (WORK / name).unlink(missing_ok=True)

    times = alternate(sides, arguments.runs, remove)
    run(ours)
    water = gdal.Open(str(result)).ReadAsArray() >= 0.5
    met = verdict("mapwater through qgis_process / fastest peer's whole job", times["mapwater through qgis_process"] / FASTEST_PEER, 1 / 4)
    for name, file, above, factor in (
        ("Orfeo ToolBox ImageClassifier", "otb.tif", 1.5, 15),
        ("scikit-learn over rasterio", "sklearn.tif", 0.5, 4),
    ):
        if name in times:
            run(otb if name.startswith("Orfeo") else sklearn)
            print(f"same water as {name}: {water_share(WORK / file, water, above):.2%} of the pixels")
            met &= verdict(f"predict / {name}", times["predict (a fresh process)"] / times[name], 1 / factor)
    return 0 if met else 1


def one() -> None:
    """Predict in this process: what a run from a shell costs, imports and all."""
    from ipeo_water_plugin.core.model import WaterModel

    scene = str(WORK / "tiled_6000.tif")
    predict(scene, roles_of(scene), WaterModel.load(WORK / "model.json"), WORK / "out.tif")


if __name__ == "__main__":
    os.chdir(ROOT)
    if "--one" in sys.argv:
        one()
    else:
        sys.exit(main())
