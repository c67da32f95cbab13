"""The virtual layer as an analyst uses it: on the map, in a chain, equal to the file; what bad input gets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QSize
from runs import Feedback, Scene, refused, run, run_unchecked
from test_ways_to_run import run_model

from ipeo_water_plugin.core.model_json import read_model, write_model


@pytest.fixture
def good(made_image: str, model_file: str, tmp_path: Path) -> dict[str, Any]:
    return {"INPUT": made_image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.vrt")}


def layer_values(path: str) -> np.ndarray:
    """What QGIS' own provider reads, NaN where it sees NoData."""
    layer = QgsRasterLayer(path, "p")
    assert layer.isValid()
    block = layer.dataProvider().block(1, layer.extent(), layer.width(), layer.height())
    return np.array([[np.nan if block.isNoData(r, c) else block.value(r, c) for c in range(layer.width())] for r in range(layer.height())])


@pytest.mark.parametrize("declared", [(None, None), (0.0001, -0.1)])
def test_equals_the_file_in_gdal_and_in_qgis(
    make_image: Callable[..., str], model_file: str, tmp_path: Path, declared: tuple[float | None, float | None]
) -> None:
    bands = np.random.default_rng(4).uniform(1, 3000, (3, 30, 40)).astype(np.float32)
    bands[0, :3], bands[2, 5:7, 10:] = -1, -1
    image = make_image(bands, nodata=-1)
    dataset = gdal.Open(image, gdal.GA_Update)
    for number in (1, 2, 3):
        if declared[0] is not None:
            dataset.GetRasterBand(number).SetScale(declared[0])
            dataset.GetRasterBand(number).SetOffset(declared[1])
    dataset = None
    parameters = {"INPUT": image, "MODEL": model_file}
    file = run("predictwaterprobability", {**parameters, "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    virtual = run("virtualwaterprobability", {**parameters, "OUTPUT": str(tmp_path / "p.vrt")})["OUTPUT"]
    expected = gdal.Open(file).ReadAsArray()
    np.testing.assert_allclose(gdal.Open(virtual).ReadAsArray(), expected, rtol=0, atol=1e-5)
    assert (expected == -9999).sum() == 3 * 40 + 2 * 30
    np.testing.assert_allclose(layer_values(virtual), np.where(expected == -9999, np.nan, expected), rtol=0, atol=1e-5)


def test_is_a_small_file_that_knows_its_model(scene: Scene, model_file: str, tmp_path: Path) -> None:
    output = run("virtualwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.vrt")})["OUTPUT"]
    assert Path(output).stat().st_size < 32_768
    assert gdal.Open(output).GetMetadataItem("MODEL_SHA256", "IPEO_WATER") == read_model(model_file).digest


def test_loads_styled_from_a_temporary_file(good: dict[str, Any], qgis_new_project: None) -> None:
    destination = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT", QgsProject.instance())
    output = processing.runAndLoadResults("ipeowater:virtualwaterprobability", {**good, "OUTPUT": destination}, feedback=Feedback())[
        "OUTPUT"
    ]
    assert Path(output).suffix == ".vrt"
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.renderer().type() == "singlebandpseudocolor"


def test_a_scene_is_drawn_from_its_overviews(model_file: str, tmp_path: Path, qgis_new_project: None) -> None:
    """10980 × 10980 pixels at the size of a screen. The overviews alone hold anything, so that one sees what was read."""
    image = str(tmp_path / "scene.tif")
    dataset = gdal.GetDriverByName("GTiff").Create(
        image, 10980, 10980, 3, gdal.GDT_UInt16, options=["TILED=YES", "SPARSE_OK=TRUE", "COMPRESS=DEFLATE"]
    )
    dataset.SetGeoTransform([500000, 10, 0, 5800000, 0, -10])
    for number, name in enumerate(("green", "red", "nir"), start=1):
        dataset.GetRasterBand(number).SetDescription(name)
    dataset.BuildOverviews("NONE", [8])
    for number in (1, 2, 3):
        level = dataset.GetRasterBand(number).GetOverview(0)
        level.WriteArray(np.random.default_rng(number).integers(0, 4000, (level.YSize, level.XSize)).astype(np.uint16))
    dataset = None
    output = run("virtualwaterprobability", {"INPUT": image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.vrt")})["OUTPUT"]
    layer = QgsRasterLayer(output, "p")
    layer.loadNamedStyle(str(Path(__file__).resolve().parents[2] / "resources" / "styles" / "water_probability.qml"))
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(1000, 1000))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    colours = {job.renderedImage().pixelColor(x, y).name() for x in range(0, 1000, 50) for y in range(0, 1000, 50)}
    assert len(colours) > 5


def another(model_file: str, folder: Path) -> str:
    """A model whose digest differs."""
    path = folder / "another.json"
    write_model(read_model(model_file).with_intercept_shift(1.5), path)
    return str(path)


def test_a_loaded_layer_doesnt_bring_the_old_file_back(good: dict[str, Any], tmp_path: Path, qgis_new_project: None) -> None:
    """QGIS has GDAL compute statistics, which GDAL writes into the file, the old one with them, when the layer is removed."""
    run("virtualwaterprobability", good)
    layer = QgsRasterLayer(good["OUTPUT"], "p")
    QgsProject.instance().addMapLayer(layer)
    layer.dataProvider().bandStatistics(1)
    old = Path(good["OUTPUT"]).read_text()
    run("virtualwaterprobability", {**good, "MODEL": another(good["MODEL"], tmp_path)})
    new = Path(good["OUTPUT"]).read_text()
    assert new != old
    QgsProject.instance().removeAllMapLayers()
    assert Path(good["OUTPUT"]).read_text() == new


def test_feeds_the_next_step_of_a_model(scene: Scene, model_file: str, tmp_path: Path) -> None:
    steps = {
        "virtualwaterprobability": {"INPUT": "image", "MODEL": model_file},
        "extractwater": {"INPUT": ("virtualwaterprobability", "OUTPUT")},
    }
    results, succeeded, feedback = run_model(steps, scene, tmp_path / "bodies.gpkg")
    assert succeeded, feedback.errors
    assert Path(results["CHILD_RESULTS"]["virtualwaterprobability"]["OUTPUT"]).suffix == ".vrt"
    assert results["CHILD_RESULTS"]["extractwater"]["WATER_AREA_HA"] > 0


def test_a_models_output_is_a_virtual_raster(scene: Scene, model_file: str, tmp_path: Path) -> None:
    steps = {"virtualwaterprobability": {"INPUT": "image", "MODEL": model_file}}
    _, succeeded, feedback = run_model(steps, scene, tmp_path / "p.vrt")
    assert succeeded, feedback.errors
    assert gdal.Open(str(tmp_path / "p.vrt")).RasterXSize == 512


def test_a_temporary_image_behind_a_file_that_stays_is_told(good: dict[str, Any], tmp_path: Path) -> None:
    """As a step of a model hands it on; so where the folder of many results is temporary and the virtual raster over them is not."""
    image = Path(QgsProcessingUtils.generateTempFilename("image.tif"))
    shutil.copy(good["INPUT"], image)
    many = {"INPUTS": [good["INPUT"]], "MODEL": good["MODEL"], "OUTPUT_FOLDER": "TEMPORARY_OUTPUT", "OUTPUT_VRT": str(tmp_path / "all.vrt")}
    gdal.Translate("/vsimem/image.tif", str(image))
    memory = {**good, "INPUT": QgsRasterLayer("/vsimem/image.tif", "in memory")}
    single = "virtualwaterprobability"
    for name, parameters in ((single, {**good, "INPUT": str(image)}), (single, memory), ("predictmanyrasters", many)):
        feedback = Feedback()
        run(name, parameters, feedback)
        assert any("a temporary file, and will be empty" in warning for warning in feedback.warnings)
    for parameters in (good, {**good, "INPUT": str(image), "OUTPUT": "TEMPORARY_OUTPUT"}):
        feedback = Feedback()
        run("virtualwaterprobability", parameters, feedback)
        assert feedback.warnings == []


def test_cancelled(good: dict[str, Any]) -> None:
    feedback = Feedback(cancel_on="Bands of")
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("virtualwaterprobability", good, feedback)
    assert not Path(good["OUTPUT"]).exists()


def test_a_perceptron_is_refused(good: dict[str, Any], tmp_path: Path) -> None:
    document = json.loads(Path(good["MODEL"]).read_text())
    document.update(coefficients=None, intercept=None)
    document["layers"] = [{"weights": [[1, 1, 1], [1, 0, 1]], "bias": [0, 0]}, {"weights": [[1, -1]], "bias": [0]}]
    path = tmp_path / "perceptron.json"
    path.write_text(json.dumps(document))
    refused("virtualwaterprobability", {**good, "MODEL": str(path)}, "perceptron", "Predict water probability")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/image.tif"}, ("/nowhere/image.tif",)),
        ({"MODEL": None}, ("No model is given",)),
        ({"MODEL": "/nowhere/model.json"}, ("can't be read",)),
        ({"NIR": 2}, ("Band 2 is chosen twice",)),
        ({"EXTRA_BANDS": "4"}, ("The model needs green, red, nir",)),
        ({"OUTPUT": "/nowhere/p.vrt"}, ("/nowhere",)),
    ],
)
def test_bad_input(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("virtualwaterprobability", {**good, **changed}, *words)


def test_another_ending_is_refused(good: dict[str, Any], tmp_path: Path) -> None:
    refused("virtualwaterprobability", {**good, "OUTPUT": str(tmp_path / "p.tif")}, "doesn't end in .vrt")
    _, succeeded, feedback = run_unchecked("predictwaterprobability", {**good, "OUTPUT": str(tmp_path / "p.vrt")})
    assert not succeeded
    assert ".tif" in "\n".join(feedback.errors)


def test_parameter_survives_being_copied() -> None:
    parameter = QgsApplication.processingRegistry().algorithmById("ipeowater:virtualwaterprobability").parameterDefinition("OUTPUT")
    copy = parameter.clone()
    assert (copy.name(), copy.help(), copy.defaultFileExtension()) == ("OUTPUT", parameter.help(), "vrt")
    assert "*.vrt" in copy.createFileFilter()
