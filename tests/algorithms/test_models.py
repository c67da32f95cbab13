"""The models that come with the plugin: in the toolbox, valid, equal to their steps run one by one, and in a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from processing.gui.AlgorithmExecutor import execute
from qgis.core import QgsApplication, QgsFeature, QgsProcessingContext, QgsProcessingModelAlgorithm, QgsProject, QgsVectorLayer
from runs import Feedback, Scene, run, run_unchecked

from ipeo_water_plugin.algorithms.models import PackagedModel

MODELS = ("polygonstowaterbodies", "trainherepredictthere")


def features(path: str) -> list[QgsFeature]:
    return list(QgsVectorLayer(path, "layer", "ogr").getFeatures())


def model(name: str) -> QgsProcessingModelAlgorithm:
    return QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}")


def pixels(path: str) -> np.ndarray:
    return gdal.Open(path).ReadAsArray()


@pytest.mark.parametrize("name", MODELS)
def test_in_the_toolbox(name: str) -> None:
    found = model(name)
    assert found.canExecute() == (True, "")
    assert found.validate() == (True, [])
    assert found.create().validate() == (True, [])
    assert found.group() == model("mapwater").group()
    assert not found.icon().isNull()
    assert found.displayName()[0].isupper()
    assert "water" in found.tags()
    for parameter in found.parameterDefinitions():
        assert len(parameter.help()) > 20, parameter.name()
    assert found.shortHelpString().startswith(found.shortDescription())


@pytest.mark.parametrize("name", MODELS)
def test_steps_run_with_the_defaults_of_their_algorithms(name: str) -> None:
    """A default that changes would live on in the file."""
    for child in model(name).childAlgorithms().values():
        chosen = {"THRESHOLD", "MIN_AREA", "SHORE", "WATER_VALUES", "FIELD_TYPE"}
        for parameter in child.algorithm().parameterDefinitions():
            sources = child.parameterSources().get(parameter.name(), [])
            if parameter.isDestination() or parameter.defaultValue() is None or parameter.name() in chosen:
                continue
            # What the file says nothing of, such as a parameter that a newer QGIS has added, is left to its default.
            stated = [source.staticValue() for source in sources] or [parameter.defaultValue()]
            # Newer QGIS reads empty text as none.
            assert ["" if value is None else value for value in stated] == [parameter.defaultValue()], parameter.name()


AREAS = {"POLYGONS": "source", "CLASS_FIELD": "field", "WATER_VALUES": "string"}
WATER = {"area:WATER": "sink", "map:PROBABILITY": "rasterDestination"}
PREDICTED = {"predict:PROBABILITY": "rasterDestination", "train:MODEL": "fileDestination"}
PARAMETERS = {
    "polygonstowaterbodies": {"INPUT": "raster", **AREAS, "THRESHOLD": "number", "MIN_AREA": "number", "SHORE": "enum", **WATER},
    "trainherepredictthere": {"TRAINING_IMAGE": "raster", **AREAS, "INPUT": "raster", **PREDICTED},
}


@pytest.mark.parametrize("name", MODELS)
def test_parameters_stay(name: str) -> None:
    found = {p.name(): p.type() for p in model(name).parameterDefinitions()}
    assert found == PARAMETERS[name]
    inputs = [key for key in PARAMETERS[name] if ":" not in key]
    assert list(found)[: len(inputs)] == inputs


def bodies_of(scene: Scene, folder: Path) -> dict[str, Any]:
    return {
        **scene.parameters,
        "MIN_AREA": 2000,
        "area:WATER": str(folder / "water.gpkg"),
        "map:PROBABILITY": str(folder / "p.tif"),
    }


@pytest.mark.parametrize("shore", ["pixels", "smooth"])
def test_polygons_to_water_bodies_is_what_its_steps_are(shore: str, scene: Scene, tmp_path: Path) -> None:
    results = run("polygonstowaterbodies", {**bodies_of(scene, tmp_path), "SHORE": shore})
    mapped = run("mapwater", {**scene.parameters, "OUTPUT": str(tmp_path / "steps.tif")})
    assert (pixels(results["map:PROBABILITY"]) == pixels(mapped["OUTPUT"])).all()
    extracted = run("extractwater", {"INPUT": mapped["OUTPUT"], "MIN_AREA": 2000, "SHORE": shore, "OUTPUT": str(tmp_path / "bodies.gpkg")})
    bodies, expected = ([f.attributes()[1:] for f in features(path)] for path in (results["area:WATER"], extracted["OUTPUT"]))
    assert len(bodies) > 3
    assert bodies == expected
    assert sum(area for area, *_ in bodies) == pytest.approx(extracted["WATER_AREA_HA"])


def test_no_water_body_is_an_empty_layer(scene: Scene, tmp_path: Path) -> None:
    results = run("polygonstowaterbodies", {**bodies_of(scene, tmp_path), "MIN_AREA": 1e12})
    layer = QgsVectorLayer(results["area:WATER"], "water", "ogr")
    assert layer.isValid()
    assert layer.featureCount() == 0
    assert "area_ha" in layer.fields().names()


def test_a_model_replaces_its_own_result_and_no_work_of_a_person(scene: Scene, tmp_path: Path) -> None:
    parameters = bodies_of(scene, tmp_path)
    for _ in range(2):
        run("polygonstowaterbodies", parameters)
    gdal.VectorTranslate(parameters["area:WATER"], scene.labels, layerName="water")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".tif"}
    _, succeeded, feedback = run_unchecked("polygonstowaterbodies", parameters)
    assert not succeeded
    assert any("not an earlier result" in error for error in feedback.errors), feedback.errors
    assert {path: path.read_bytes() for path in before} == before


def test_train_here_predict_there_is_what_its_steps_are(scene: Scene, other_scene: Scene, tmp_path: Path) -> None:
    parameters = {"TRAINING_IMAGE": scene.image, "POLYGONS": scene.labels, "CLASS_FIELD": "class", "INPUT": other_scene.image}
    outputs = {"predict:PROBABILITY": str(tmp_path / "p.tif"), "train:MODEL": str(tmp_path / "model.json")}
    results = run("trainherepredictthere", {**parameters, **outputs})
    samples = run("samplepixels", {**scene.parameters, "OUTPUT": str(tmp_path / "samples.gpkg")})["OUTPUT"]
    trained = run("trainlogisticregression", {"INPUT": samples, "OUTPUT": str(tmp_path / "steps.json")})["OUTPUT"]
    predicted = run("predictwaterprobability", {"INPUT": other_scene.image, "MODEL": trained, "OUTPUT": str(tmp_path / "steps.tif")})
    there = pixels(results["predict:PROBABILITY"])
    assert there.shape == (384, 640)
    assert abs(there - pixels(predicted["OUTPUT"])).max() <= 1e-5
    assert 0.01 < (there >= 0.5).mean() < 0.5


def test_a_batch_of_three_scenes(scene: Scene, other_scene: Scene, tmp_path: Path) -> None:
    """Row after row of one algorithm, each in a context of its own, as QGIS' batch dialog runs them."""
    # Four times the pixels of the first scene, so it holds the same water.
    gdal.Translate(str(tmp_path / "finer.tif"), scene.image, width=1024, height=768)
    finer = Scene(str(tmp_path / "finer.tif"), scene.labels)
    algorithm = model("polygonstowaterbodies")
    areas = []
    for number, row in enumerate((scene, other_scene, finer)):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        folder = tmp_path / str(number)
        folder.mkdir()
        succeeded, results = execute(algorithm, bodies_of(row, folder), context, feedback := Feedback(), catch_exceptions=False)
        assert succeeded, feedback.errors
        assert pixels(results["map:PROBABILITY"]).shape == pixels(row.image).shape[1:]
        areas.append(sum(body["area_ha"] for body in features(results["area:WATER"])))
    assert min(areas) > 1
    assert areas[2] == pytest.approx(areas[0], rel=0.05)
    assert areas[1] != pytest.approx(areas[0], rel=0.05)


@pytest.mark.parametrize("name", MODELS)
def test_bad_input_is_told_and_leaves_nothing(name: str, scene: Scene, tmp_path: Path) -> None:
    suffixes = {"sink": "gpkg", "rasterDestination": "tif", "fileDestination": "json"}
    outputs = {key: str(tmp_path / f"{key[-5:]}.{suffixes[kind]}") for key, kind in PARAMETERS[name].items() if ":" in key}
    parameters = {**scene.parameters, "TRAINING_IMAGE": scene.image, "WATER_VALUES": "7", **outputs}
    _, succeeded, feedback = run_unchecked(name, parameters)
    assert not succeeded
    assert "7" in "\n".join(feedback.errors)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", MODELS)
def test_a_step_that_cant_write_leaves_the_file_of_the_one_before(name: str, scene: Scene, tmp_path: Path) -> None:
    outputs = [output for output in model(name).parameterDefinitions() if output.isDestination()]
    for lost in outputs:
        given = {output.name(): str(tmp_path / f"{output.name()[-5:]}.{output.defaultFileExtension()}") for output in outputs}
        given[lost.name()] = str(tmp_path / "nowhere" / Path(given[lost.name()]).name)
        for path in map(Path, given.values()):
            if path.parent == tmp_path and path.suffix != ".gpkg":
                path.write_bytes(b"an earlier result")
        parameters = {**scene.parameters, "TRAINING_IMAGE": scene.image, **given}
        _, succeeded, feedback = run_unchecked(name, parameters)
        assert not succeeded
        assert any("nowhere" in error for error in feedback.errors), feedback.errors
        assert {path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == {b"an earlier result"}


@pytest.mark.parametrize("destination", ["{}/water.dxf", "spatialite:dbname='{}/water.sqlite' table=\"a\" (geom)"])
def test_a_destination_that_the_last_step_refuses_is_refused_before_the_first(destination: str, scene: Scene, tmp_path: Path) -> None:
    given = {**bodies_of(scene, tmp_path), "area:WATER": destination.format(tmp_path)}
    probability = Path(given["map:PROBABILITY"])
    probability.write_bytes(b"an earlier result")
    _, succeeded, feedback = run_unchecked("polygonstowaterbodies", given)
    assert not succeeded
    assert any("GeoPackage" in error for error in feedback.errors), feedback.errors
    assert probability.read_bytes() == b"an earlier result"


def test_loading_them_reads_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers are loaded whenever QGIS starts."""
    provider = QgsApplication.processingRegistry().providerById("ipeowater")
    read: list[str] = []
    load = PackagedModel.fromFile
    monkeypatch.setattr(PackagedModel, "fromFile", lambda self, path: read.append(Path(path).stem) or load(self, path))
    provider.refreshAlgorithms()
    assert sorted(read) == sorted(MODELS)
    assert set(MODELS) <= {algorithm.name() for algorithm in provider.algorithms()}
