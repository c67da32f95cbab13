"""The provider under every test here, and small pieces of the sample scene to run it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, ogr, osr
from runs import Scene, write_image

from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.model_json import write_model

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"


@pytest.fixture(scope="session", autouse=True)
def registered(provider: None) -> None:
    """Algorithms are asked for by their ids."""


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """512 × 384 pixels of the sample scene, with nine water polygons and five others."""
    return cut_out(tmp_path_factory.mktemp("east", numbered=False), 864, 0, 512, 384)


@pytest.fixture(scope="session")
def other_scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """640 × 384 pixels of the sample scene that `scene` doesn't hold, with three water polygons and five others."""
    return cut_out(tmp_path_factory.mktemp("west", numbered=False), 224, 192, 640, 384)


@pytest.fixture(scope="session")
def large_scene(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The first scene with sixty-four times the pixels, so that a run takes long enough to be cancelled in its middle."""
    image = str(tmp_path_factory.mktemp("large", numbered=False) / "large.tif")
    gdal.Translate(image, scene.image, width=4096, height=3072)
    return Scene(image, scene.labels)


def cut_out(folder: Path, column: int, row: int, width: int, height: int) -> Scene:
    image, labels = str(folder / f"{folder.name}.tif"), str(folder / "labels.gpkg")
    cut = gdal.Translate(image, str(SAMPLE / "image.tif"), srcWin=[column, row, width, height])
    left, pixel, _, top, _, _ = cut.GetGeoTransform()
    box = (left, left + pixel * width, top - pixel * height, top)
    dataset = gdal.GetDriverByName("GPKG").Create(labels, 0, 0, 0, gdal.GDT_Unknown)
    whole = ogr.Open(str(SAMPLE / "labels.gpkg"))
    target = dataset.CreateLayer("labels", whole.GetLayer(0).GetSpatialRef(), ogr.wkbPolygon)
    target.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
    for feature in whole.GetLayer(0):
        inside = feature.GetGeometryRef().GetEnvelope()
        if box[0] <= inside[0] and inside[1] <= box[1] and box[2] <= inside[2] and inside[3] <= box[3]:
            copy = ogr.Feature(target.GetLayerDefn())
            copy.SetGeometry(feature.GetGeometryRef())
            copy["class"] = feature["class"]
            target.CreateFeature(copy)
    return Scene(image, labels)


@pytest.fixture
def make_image(tmp_path: Path) -> Callable[..., str]:
    """Write bands (count, rows, columns) into the test's folder: see `write_image`."""
    return partial(write_image, tmp_path)


@pytest.fixture
def made_image(make_image: Callable[..., str]) -> str:
    """40 × 40 pixels of five bands: water, dark in the near infrared, on the left half."""
    noise = np.random.default_rng(3).normal(0, 20, (5, 40, 40))
    levels = np.array([900, 700, 300, 200, 500])[:, None, None] * np.ones((1, 1, 40))
    levels[:, :, 20:] = np.array([800, 900, 3000, 2500, 500])[:, None, None]
    return make_image((levels + noise).astype(np.float32), descriptions=("green", "red", "nir", "swir 1", ""))


@pytest.fixture
def make_areas(tmp_path: Path) -> Callable[..., str]:
    """Write (WKT, class) pairs as a GeoPackage layer."""

    def make(
        features: Sequence[tuple[str | None, object]], name: str = "areas.gpkg", *, epsg: int | None = 32633, field: int = ogr.OFTInteger
    ) -> str:
        path = str(tmp_path / name)
        dataset = gdal.GetDriverByName("GPKG").Create(path, 0, 0, 0, gdal.GDT_Unknown)
        reference = None
        if epsg:
            reference = osr.SpatialReference()
            reference.ImportFromEPSG(epsg)
        layer = dataset.CreateLayer(
            Path(name).stem, reference, ogr.wkbUnknown if features else ogr.wkbPolygon, options=[] if epsg else ["SRS_ID=-1"]
        )
        layer.CreateField(ogr.FieldDefn("class", field))
        for wkt, value in features:
            feature = ogr.Feature(layer.GetLayerDefn())
            if wkt is not None:
                feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
            if value is not None:
                feature.SetField("class", value)
            layer.CreateFeature(feature)
        return path

    return make


@pytest.fixture
def model_file(tmp_path: Path) -> str:
    """A model as it comes of training on green, red and nir."""
    path = tmp_path / "model.json"
    ranges = ((900.0, 100.0, 400.0, 1500.0), (800.0, 100.0, 300.0, 1500.0), (1500.0, 900.0, 100.0, 4000.0))
    inputs = tuple(ModelInput(name, name, *numbers) for name, numbers in zip(("green", "red", "nir"), ranges))
    write_model(WaterModel(inputs, (Layer(np.array([[0.004, -0.001, -0.006]]), np.array([4.0])),)), path)
    return str(path)
