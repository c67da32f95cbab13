"""Prediction and the whole job against other programs on the same scene: 6000 x 6000, four bands, uint16.

    python benchmarks/peers.py [--side 6000] [--runs 3] [--python PYTHON]

Orfeo ToolBox (ImageClassifier with a linear SVM) runs where otbcli_ImageClassifier is installed (Debian's otb-bin). Its time follows
the number of support vectors, so it is trained twice: on the sample's drawn polygons, which are almost separable, and on polygons of
OpenStreetMap, in which the classes overlap as they do where somebody else drew them. scikit-learn's predict_proba over rasterio windows
runs in an interpreter that has both (--python, by default this one), and also writes twice: with the profile of the image, as rasterio's
documentation does, and with our own creation options. What isn't there is skipped, and said so.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import LABELS, SCENE, WORK, make_scene
from osgeo import gdal, ogr
from timing import ROOT, alternate, verdict

from ipeo_water_plugin.core.model_json import read_model, write_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

# Seconds that the fastest peer took for the whole job on 36 million pixels, two cores.
FASTEST_PEER = 20.0

REFERENCE = SCENE.with_name("reference.tif")
# In the reference: neither water nor not, for certain.
UNKNOWN = 255
RESULT = WORK / "out.tif"

RASTERIO = """
import sys
import numpy as np, rasterio
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
samples, scene, out, tuned = sys.argv[1:]
data = np.load(samples)
model = make_pipeline(StandardScaler(), LogisticRegression(C=1e6, max_iter=1000)).fit(data["X"], data["y"])
with rasterio.open(scene) as source:
    profile = source.profile
    profile.update(count=1, dtype="float32")
    if tuned == "tuned":
        profile.update(compress="zstd", zstd_level=1, predictor=3, num_threads="all_cpus")
    with rasterio.open(out, "w", **profile) as target:
        for _, window in source.block_windows(1):
            bands = source.read([1, 2, 3], window=window)
            p = model.predict_proba(bands.reshape(3, -1).T)[:, 1].astype("float32")
            target.write(p.reshape(bands.shape[1:]), 1, window=window)
"""

# The sample's corner of the scene, which its polygons and its reference cover.
CORNER = WORK / "corner.tif"


@dataclass(frozen=True)
class Peer:
    """Another program: its command, its result, the value above which that is water, our model to compare with, and the factor hoped for.

    A factor of None is printed and not claimed.
    """

    name: str
    command: list[str]
    result: Path
    above: float
    model: Path
    factor: float | None


def water_share(path: Path, ours: np.ndarray, above: float) -> float:
    """Share of pixels on which another program's result (water where > `above`) and ours agree."""
    return float(((gdal.Open(str(path)).ReadAsArray() > above) == ours).mean())


def openstreetmap() -> Path:
    """Return the reference of the sample scene, areas of OpenStreetMap, as polygons with the field `class`."""
    polygons = WORK / "openstreetmap.gpkg"
    if not polygons.exists():
        reference = gdal.Open(str(REFERENCE))
        dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(polygons))
        layer = dataset.CreateLayer("labels", reference.GetSpatialRef(), ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
        band = reference.GetRasterBand(1)
        gdal.Polygonize(band, None, layer, 0)
        for feature in layer:
            if feature["class"] == UNKNOWN:
                layer.DeleteFeature(feature.GetFID())
        dataset = None
    return polygons


def our_model(scene: Path, polygons: Path, name: str) -> Path:
    """Train on polygons and return the model's file; the samples stand beside it."""
    path, file = str(scene), WORK / f"{name}.json"
    samples = sample_pixels(path, roles_of(path), read_shapes(str(polygons), path, "class")).samples
    np.savez(file.with_suffix(".npz"), X=samples.X, y=samples.y)
    write_model(train(samples, TrainingSettings(folds=0, validation_fraction=0)).model, file)
    return file


def orfeo(scene: Path, polygons: Path, name: str) -> tuple[list[str], int]:
    """Train a linear SVM in the sample's corner, and return the command that classifies the scene, and the number of support vectors."""
    labels, model, statistics = (WORK / f"otb_{name}{suffix}" for suffix in (".shp", ".svm", ".xml"))
    if not model.exists():
        gdal.Translate(str(CORNER), str(scene), srcWin=[0, 0, 1536, 768])
        ogr.GetDriverByName("ESRI Shapefile").DeleteDataSource(str(labels)) if labels.exists() else None
        # Orfeo ToolBox takes positive classes alone, so not water is 1 here, and water 2.
        options = gdal.VectorTranslateOptions(SQLStatement="SELECT class + 1 AS code, geom FROM labels", SQLDialect="SQLITE")
        gdal.VectorTranslate(str(labels), str(polygons), options=options)
        run(["otbcli_ComputeImagesStatistics", "-il", str(CORNER), "-out.xml", str(statistics)])
        train_command = ["otbcli_TrainImagesClassifier", "-io.il", str(CORNER), "-io.vd", str(labels), "-io.imstat", str(statistics)]
        train_command += ["-sample.vfn", "code", "-classifier", "libsvm", "-classifier.libsvm.k", "linear"]
        run([*train_command, "-io.out", str(model)])
    count = re.search(r"^total_sv (\d+)", model.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
    command = ["otbcli_ImageClassifier", "-in", str(scene), "-imstat", str(statistics), "-model", str(model)]
    return [*command, "-out", str(WORK / f"otb_{name}.tif"), "uint8"], int(count[1]) if count else 0


def peers(scene: Path, python: str) -> list[Peer]:
    """Return the programs that are installed, trained where they need it."""
    drawn = our_model(scene, LABELS, "drawn")
    found = []
    if shutil.which("otbcli_ImageClassifier") is None:
        print("skipped: Orfeo ToolBox (no otbcli_ImageClassifier; Debian has it in otb-bin)")
    else:
        given = openstreetmap()
        for name, polygons, model, factor in (("drawn", LABELS, drawn, None), ("given", given, our_model(scene, given, "given"), 15)):
            command, vectors = orfeo(scene, polygons, name)
            title = f"Orfeo ToolBox, {vectors} support vectors"
            found.append(Peer(title, command, WORK / f"otb_{name}.tif", 1.5, model, factor))
    if subprocess.run([python, "-c", "import rasterio, sklearn"], check=False, capture_output=True).returncode:
        print(f"skipped: scikit-learn over rasterio windows ({python} lacks one of the two; name another with --python)")
    else:
        for name, factor in (("plain", 4), ("tuned", None)):
            result = WORK / f"sklearn_{name}.tif"
            command = [python, "-c", RASTERIO, str(drawn.with_suffix(".npz")), str(scene), str(result), name]
            title = "scikit-learn, rasterio's profile" if name == "plain" else "scikit-learn, our options"
            found.append(Peer(title, command, result, 0.5, drawn, factor))
    return found


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
    others = peers(scene, arguments.python)
    environment = qgis_environment()
    task = [environment["QGIS_PROCESS"], "run", "ipeowater:mapwater", "--json", "--"]
    task += [f"INPUT={scene}", f"POLYGONS={LABELS}", "CLASS_FIELD=class", f"OUTPUT={WORK / 'mapwater.tif'}"]
    ours = "predict (a fresh process)"
    whole = "mapwater through qgis_process"
    drawn = str(WORK / "drawn.json")
    sides = {ours: lambda: run(predict_command(scene, drawn)), whole: lambda: run(task, environment)}
    sides.update({peer.name: lambda peer=peer: run(peer.command) for peer in others})

    def remove() -> None:
        for file in (RESULT, WORK / "mapwater.tif", *(peer.result for peer in others)):
            file.unlink(missing_ok=True)

    times = alternate(sides, arguments.runs, remove)
    met = verdict("mapwater through qgis_process / fastest peer's whole job", times[whole] / FASTEST_PEER, 1 / 4)
    for peer in others:
        run(peer.command)
        run(predict_command(scene, str(peer.model)))
        water = gdal.Open(str(RESULT)).ReadAsArray() >= 0.5
        same = water_share(peer.result, water, peer.above)
        print(f"{peer.name}: {times[peer.name] / times[ours]:.1f} times our time; same water in {same:.2%} of the pixels")
        if peer.factor is not None:
            met &= verdict(f"predict / {peer.name}", times[ours] / times[peer.name], 1 / peer.factor)
    return 0 if met else 1


def predict_command(scene: Path, model: str) -> list[str]:
    """Return the command that predicts with our core in a process of its own: what a run from a shell costs, imports and all."""
    return [sys.executable, __file__, "--one", str(scene), model]


def one(scene: str, model: str) -> None:
    """Predict in this process."""
    predict(scene, roles_of(scene), read_model(model), RESULT)


if __name__ == "__main__":
    os.chdir(ROOT)
    if "--one" in sys.argv:
        one(*sys.argv[2:])
    else:
        sys.exit(main())
