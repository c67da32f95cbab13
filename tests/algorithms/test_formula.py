"""The formula pasted into QGIS' raster calculator, on images with and without a scale and offset of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.analysis import QgsRasterCalculator, QgsRasterCalculatorEntry
from qgis.core import QgsCoordinateTransformContext, QgsRasterLayer

from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel

NAMES = ("green", "red", "nir")
LAYER = Layer(np.array([[0.004, -0.002, -0.006]]), np.array([3.0]))


def calculated(formula: str, image: str, references: tuple[str, ...], destination: Path) -> np.ndarray:
    layer = QgsRasterLayer(image, "image")
    entries = []
    for number, reference in enumerate(references, start=1):
        entry = QgsRasterCalculatorEntry()
        entry.raster, entry.bandNumber, entry.ref = layer, number, reference
        entries.append(entry)
    calculator = QgsRasterCalculator(
        formula,
        str(destination),
        "GTiff",
        layer.extent(),
        layer.crs(),
        layer.width(),
        layer.height(),
        entries,
        QgsCoordinateTransformContext(),
    )
    assert calculator.processCalculation() == QgsRasterCalculator.Result.Success, calculator.lastError()
    return gdal.Open(str(destination)).ReadAsArray()


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize(("scale", "offset"), [(None, None), (1e-4, -0.1), (1e-4, None), (None, -1000.0)])
def test_raster_calculator_gives_p(
    make_image: Callable[..., str], tmp_path: Path, scale: float | None, offset: float | None, numbered: bool
) -> None:
    bands = np.random.default_rng(4).integers(0, 10001, (3, 30, 40)).astype(np.float64)
    image = str(tmp_path / "image.tif")
    gdal.Translate(image, make_image(bands, "plain.tif"), outputType=gdal.GDT_UInt16)
    dataset = gdal.Open(image, gdal.GA_Update)
    for number in (1, 2, 3):
        if scale is not None:
            dataset.GetRasterBand(number).SetScale(scale)
        if offset is not None:
            dataset.GetRasterBand(number).SetOffset(offset)
    dataset = None
    inputs = tuple(ModelInput(n, n, 1000.0, 300.0, 0.0, 4000.0, scale=scale, offset=offset) for n in NAMES)
    model = WaterModel(inputs, (LAYER,))
    references = tuple(f"image@{k if numbered else n}" for k, n in enumerate(NAMES, start=1))
    formula = model.formula("qgis", {n: f'"{r}"' for n, r in zip(NAMES, references)} if numbered else None)
    result = calculated(formula, image, references, tmp_path / "p.tif")
    z = np.tensordot(LAYER.weights[0], bands, axes=1) + LAYER.bias[0]
    np.testing.assert_allclose(result, 0.5 + 0.5 * np.tanh(z / 2), rtol=0, atol=1e-5)
    if scale is not None:
        # A formula that took QGIS' values for raw ones would be far off.
        raw = replace(model, inputs=tuple(replace(i, scale=None, offset=None) for i in inputs))
        assert raw.formula("qgis") != model.formula("qgis")
