"""The whole workflow on real scenes, compared with independent references."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.train import train

ROOT = Path(__file__).resolve().parents[2]
SCENES = {
    # Uncalibrated 8-bit numbers, on which NDWI > 0 calls almost half of the land water.
    "olinda_l7": (ROOT / "tests" / "data" / "olinda_l7", 0.99),
    "brandenburg_s2": (ROOT / "resources" / "sample", 0.88),
}


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_defaults_map_the_water_of_a_real_scene(scene: str, tmp_path: Path) -> None:
    folder, least = SCENES[scene]
    image = str(folder / "image.tif")
    roles = roles_of(image)
    shapes = read_shapes(str(folder / "labels.gpkg"), image, "class")
    training = train(sample_pixels(image, roles, shapes).samples)
    assert training.converged
    predict(image, roles, training.model, tmp_path / "water.tif")
    probability = gdal.Open(str(tmp_path / "water.tif")).ReadAsArray()
    reference = gdal.Open(str(folder / "reference.tif")).ReadAsArray()
    known = reference != 255
    mapped, water = probability[known] >= 0.5, reference[known] == 1
    f1 = 2 * np.count_nonzero(mapped & water) / (np.count_nonzero(mapped) + np.count_nonzero(water))
    assert f1 >= least
