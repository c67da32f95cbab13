"""Hectares of water without a map, against those of the map's water bodies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import Recorder, assert_cancelled
from osgeo import gdal
from test_scenes import SCENES

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.maps.extraction import extract
from ipeo_water_plugin.core.maps.labels import ExtractionSettings
from ipeo_water_plugin.core.maps.water_area import water_area
from ipeo_water_plugin.core.model import Layer, WaterModel
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.live import train_live
from ipeo_water_plugin.core.training.settings import TrainingSettings

QUIET = SilentProgress()


def extracted(image: str, model: WaterModel, threshold: float, folder: Path) -> float:
    predict(image, roles_of(image), model, folder / "p.tif")
    with extract(str(folder / "p.tif"), ExtractionSettings(threshold=threshold)) as found:
        return float(found.area.sum())


@pytest.mark.parametrize("threshold", [0.5, 0.2])
@pytest.mark.parametrize("scene", sorted(SCENES))
def test_hectares_are_those_of_extracted_bodies(scene: str, threshold: float, tmp_path: Path) -> None:
    folder = SCENES[scene][0]
    image = str(folder / "image.tif")
    shapes = read_shapes(str(folder / "labels.gpkg"), image, "class")
    model = train_live(sample_pixels(image, roles_of(image), shapes).samples, TrainingSettings(), QUIET).model
    found = water_area(image, roles_of(image), model, threshold, QUIET)
    assert found.hectares == pytest.approx(extracted(image, model, threshold, tmp_path), rel=1e-3)
    assert found.of(model.layers) == pytest.approx(found.hectares, rel=0.05)


def test_degrees_and_nodata_are_measured_as_in_extraction(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.random.default_rng(1).integers(1, 2000, (3, 700, 900), dtype=np.uint16)
    bands[:, 100:300, 200:600] = 0
    image = make_raster(bands, nodata=0, transform=(10, 0.01, 0, 60, 0, -0.01), epsg=4326)
    found = water_area(image, roles_of(image), plane, 0.5, QUIET)
    assert found.hectares == pytest.approx(extracted(image, plane, 0.5, tmp_path), rel=1e-6)
    # The pixels that are kept stand for all valid ones.
    assert found.of(plane.layers) == pytest.approx(found.hectares, rel=0.01)


def test_a_prediction_measures_its_water_as_extraction_does(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    """Far from the meridian areas vary along a row too; and nothing is measured unless asked for."""
    bands = np.random.default_rng(1).integers(1, 2000, (3, 300, 1100), dtype=np.uint16)
    bands[:, :, 800:] = 0
    image = make_raster(bands, nodata=0, transform=(100_000, 500, 0, 6_000_000, 0, -500), epsg=32632)
    found = predict(image, roles_of(image), plane, tmp_path / "hectares.tif", hectares=True).hectares
    assert found == pytest.approx(extracted(image, plane, 0.5, tmp_path), rel=1e-7)
    assert predict(image, roles_of(image), plane, tmp_path / "hectares.tif").hectares is None


def test_the_range_covers_models_without_an_area(make_raster: Callable[..., str], plane: WaterModel) -> None:
    image = make_raster(np.random.default_rng(1).integers(1, 2000, (3, 80, 90), dtype=np.uint16))
    found = water_area(image, roles_of(image), plane, 0.5, QUIET)
    wetter, drier = (Layer(plane.layers[0].weights, plane.layers[0].bias + shift) for shift in (1.0, -1.0))
    low, high = found.range_of(plane, [(wetter,), None, (drier,)], QUIET)
    # Few enough pixels for all to be kept.
    exact = [water_area(image, roles_of(image), replace(plane, layers=(layer,)), 0.5, QUIET).hectares for layer in (drier, wetter)]
    assert (low, high) == pytest.approx(exact)
    assert low < found.hectares < high
    assert found.range_of(plane, [None], QUIET) == (found.hectares, found.hectares)


def test_it_is_cancelled_between_windows(make_raster: Callable[..., str], plane: WaterModel) -> None:
    image = make_raster(np.zeros((3, 2100, 2100), np.uint8), options=["TILED=YES", "COMPRESS=DEFLATE"])
    progress = Recorder(cancel_at=3)
    assert_cancelled(lambda: water_area(image, roles_of(image), plane, 0.5, progress))
    assert progress.asked == 3


def test_without_a_crs_there_are_no_hectares(make_raster: Callable[..., str], plane: WaterModel) -> None:
    image = make_raster(np.zeros((3, 5, 5), np.uint8), epsg=None)
    assert gdal.Open(image).GetProjection() == ""
    with pytest.raises(InputError, match="CRS"):
        water_area(image, roles_of(image), plane, 0.5, QUIET)
