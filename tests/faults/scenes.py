"""Made scenes and one model for the fault tests; what child processes run stands here too, so that they can import it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal, gdal_array, ogr, osr

from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.prediction.predict import Prediction, PredictionSettings, predict
from ipeo_water_plugin.core.progress import SILENT, Progress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.sampling.polygons import LabelledShape

CORNER, PIXEL = (500000.0, 5800000.0), 10.0
TILED = ("TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128")
MODEL = WaterModel(
    tuple(ModelInput(name, name, 1000.0, 300.0, 0.0, 4000.0) for name in ("green", "red", "nir")),
    (Layer(np.array([[0.004, -0.002, -0.006]]), np.array([3.0])),),
)


def pixels(height: int, width: int, data_type: str = "uint16", seed: int = 0) -> np.ndarray:
    """Three bands of noise on a slope, none of them 0: shape (3, height, width)."""
    noise = np.random.default_rng(seed).normal(0, 30, (3, height, width)) + np.linspace(40, 1500, width)
    return np.clip(noise / (8 if data_type == "uint8" else 1), 1, 250 if data_type == "uint8" else 3000).astype(data_type)


def write_scene(path: Path, bands: np.ndarray, options: Sequence[str] = TILED, driver: str = "GTiff", nodata: float | None = None) -> Path:
    """Write bands in UTM 33N with pixels of 10 m."""
    dataset = gdal_array.OpenArray(bands)
    dataset.SetGeoTransform([CORNER[0], PIXEL, 0, CORNER[1], 0, -PIXEL])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    dataset.SetSpatialRef(reference)
    for number, name in enumerate(("green", "red", "nir")[: len(bands)], start=1):
        dataset.GetRasterBand(number).SetDescription(name)
        if nodata is not None:
            dataset.GetRasterBand(number).SetNoDataValue(nodata)
    assert gdal.GetDriverByName(driver).CreateCopy(str(path), dataset, options=list(options)) is not None
    return path


def expected(bands: np.ndarray) -> np.ndarray:
    """The probability by the model's coefficients alone, in float64."""
    weights = np.array([MODEL.coefficients[name] for name in MODEL.names])
    return 1 / (1 + np.exp(-(np.tensordot(weights, bands.astype(float), axes=1) + MODEL.intercept)))


def run(image: Path | str, destination: Path, progress: Progress = SILENT, **chosen: object) -> Prediction:
    """Predict with the bands taken in order."""
    return predict(str(image), roles_of(str(image), 1, 2, 3), MODEL, destination, PredictionSettings(**chosen), progress)


def values(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def box(left: float, top: float, right: float, bottom: float) -> str:
    """A rectangle in pixel coordinates as WKT."""
    x0, x1 = CORNER[0] + left * PIXEL, CORNER[0] + right * PIXEL
    y0, y1 = CORNER[1] - top * PIXEL, CORNER[1] - bottom * PIXEL
    return f"POLYGON (({x0} {y0}, {x1} {y0}, {x1} {y1}, {x0} {y1}, {x0} {y0}))"


def shape(wkt: str, water: bool, number: int) -> LabelledShape:
    return LabelledShape(bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb()), water, number)


def threads() -> list[str]:
    """Names of the pool's threads that are alive."""
    return [t.name for t in threading.enumerate() if t.name.startswith("ipeo-water")]


def failure(image: Path | str, destination: Path, **chosen: object) -> str:
    """Run a prediction that has to fail in words, and leave nothing; return the words."""
    before = {entry.name: entry.read_bytes() for entry in destination.parent.iterdir() if entry.is_file() and entry != Path(image)}
    try:
        run(image, destination, **chosen)
    except WaterError as error:
        after = {entry.name: entry.read_bytes() for entry in destination.parent.iterdir() if entry.is_file() and entry != Path(image)}
        assert after == before
        assert threads() == []
        return str(error)
    msg = "The prediction succeeded."
    raise AssertionError(msg)
