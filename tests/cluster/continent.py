"""Many small scenes, a model, and what a single machine makes of them."""

from __future__ import annotations

import json
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, gdal_array, osr

from ipeo_water_plugin.core.cluster import planning, tasks
from ipeo_water_plugin.core.cluster.many import Summary, predict_many
from ipeo_water_plugin.core.cluster.scenes import find_rasters, with_destinations
from ipeo_water_plugin.core.errors import CancelledError
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.prediction.predict import PredictionSettings, predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.geotiff import provenance

MODEL = WaterModel(
    tuple(ModelInput(name, name, 1000.0, 300.0, 0.0, 4000.0) for name in ("green", "red", "nir")),
    (Layer(np.array([[0.004, -0.002, -0.006]]), np.array([3.0])),),
)
# A scene of 1100 × 600 pixels is above this, and is cut into six pieces, of which none is smaller than a window.
SMALL = 512 * 512
PIECES = 6


class Recorder:
    """A Progress that remembers, and cancels once the bar stands so far."""

    def __init__(self, cancel_at: float = 2.0) -> None:
        self.fractions: list[float] = []
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self._cancel_at = cancel_at

    def set(self, fraction: float) -> None:
        self.fractions.append(fraction)

    def info(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def cancelled(self) -> bool:
        return bool(self.fractions) and self.fractions[-1] >= self._cancel_at


def make_scene(path: Path, width: int = 1100, height: int = 600, *, seed: int = 0, corner: tuple[float, float] = (500000, 5800000)) -> Path:
    """A scene of three bands with a hole of NoData, in tiles of 128."""
    path.write_bytes(_scene(width, height, seed, corner))
    return path


# The same few scenes are made for most tests.
@lru_cache(maxsize=8)
def _scene(width: int, height: int, seed: int, corner: tuple[float, float]) -> bytes:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 30, (3, 600, 1100))
    noise = np.tile(noise, (1, -(-height // 600), -(-width // 1100)))[:, :height, :width]
    bands = noise + np.linspace(40, 1500, width) + rng.uniform(0, 200, (3, 1, 1))
    bands = np.clip(bands, 1, 3000).astype(np.uint16)
    bands[:, 40:90, 30:200] = 0
    dataset = gdal_array.OpenArray(bands)
    dataset.SetGeoTransform([corner[0], 10, 0, corner[1], 0, -10])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    dataset.SetSpatialRef(reference)
    for number, name in enumerate(("green", "red", "nir"), start=1):
        dataset.GetRasterBand(number).SetDescription(name)
        dataset.GetRasterBand(number).SetNoDataValue(0)
    options = ["TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128", "COMPRESS=DEFLATE", "ZLEVEL=1"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.tif"
        assert gdal.GetDriverByName("GTiff").CreateCopy(str(path), dataset, options=options) is not None
        return path.read_bytes()


def make_scenes(folder: Path, count: int, **chosen: Any) -> Path:
    """So many scenes side by side."""
    folder.mkdir(parents=True)
    for index in range(count):
        make_scene(folder / f"tile_{index:02}.tif", seed=index, corner=(500000 + 11000 * index, 5800000), **chosen)
    return folder


def run(sources: str | Path, results: str | Path, **chosen: Any) -> Summary:
    """Predict all scenes of a folder."""
    scenes = with_destinations(find_rasters(str(sources), "*.tif"), str(results))
    return predict_many(scenes, MODEL, **chosen)


def plan_of(scene: Path, out: Path, max_pixels: int = SMALL, **chosen: Any) -> planning.Plan:
    """Plan one scene as a worker does."""
    (placed,) = with_destinations([str(scene)], str(out))
    (beside,) = planning.beside_each([placed])
    return tasks.examine(planning.Order("run", **{"model": MODEL, "max_pixels": max_pixels, **chosen}), placed, beside)


def assert_equal_to_a_single_machine(summary: Summary, folder: Path, settings: PredictionSettings | None = None) -> None:
    """Hold each result against what `predict` makes here: every pixel's bits, every word of metadata, every statistic."""
    gdal.VSICurlClearCache()
    for plan in (*summary.done, *summary.skipped):
        alone = folder / "alone.tif"
        predict(plan.scene.source, roles_of(plan.scene.source), MODEL, alone, settings, metadata=plan.metadata)
        ours, theirs = gdal.Open(plan.destination), gdal.Open(str(alone))
        assert ours.ReadAsArray().tobytes() == theirs.ReadAsArray().tobytes(), plan.scene
        assert described(ours) == described(theirs, cut=len(plan.pieces) > 1)
        assert ours.GetSpatialRef().IsSame(theirs.GetSpatialRef())
        ours = theirs = None
        alone.unlink()


def described(dataset: gdal.Dataset, *, cut: bool = False) -> dict[str, Any]:
    """All that GDAL says of a raster but its name; where it is to be like one over pieces, without what each piece says for itself."""
    said = dict(gdal.Info(dataset, format="json", allMetadata=True, listMDD=True))
    for key in ("description", "files"):
        said.pop(key)
    said["metadata"].pop("DERIVED_SUBDATASETS", None)
    said["metadata"].pop("xml:VRT", None)
    if cut or dataset.GetDriver().ShortName == "VRT":
        for key in ("driverShortName", "driverLongName", "metadata", "coordinateSystem", "stac"):
            said.pop(key, None)
        band = said["bands"][0]
        for key in ("block", "metadata", "overviews", "minimum", "maximum", "mean", "stdDev", "min", "max"):
            band.pop(key, None)
        said["provenance"] = provenance(dataset.GetDescription())
    return said


def main(arguments: dict[str, Any]) -> None:
    """What a client that may be killed does."""
    try:
        run(arguments.pop("sources"), arguments.pop("results"), **arguments)
    except CancelledError:
        raise SystemExit(3) from None


if __name__ == "__main__":
    import sys

    main(json.loads(sys.argv[1]))
