"""Training as an analyst runs it: from a layer or a table of samples to a model file."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal
from qgis.core import QgsFeature, QgsProcessingException, QgsProcessingFeatureSourceDefinition, QgsProject, QgsVectorLayer
from runs import FOUR_AREAS, Feedback, Scene, refused, run, run_unchecked

from ipeo_water_plugin.core.model_json import read_model
from ipeo_water_plugin.core.samples import Scene as CoreScene
from ipeo_water_plugin.core.training import train as core_training

FIELDS = "field=class:integer&field=polygon:integer&field=scene:string(200)&field=green:double&field=red:double&field=nir:double"


def table(rows: list[list[Any]], fields: str = FIELDS) -> str:
    """A table without geometry, in the project; returns its id."""
    layer = QgsVectorLayer(f"NoGeometry?{fields}", "samples", "memory")
    features = []
    for row in rows:
        feature = QgsFeature()
        feature.setAttributes(row)
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    QgsProject.instance().addMapLayer(layer)
    return layer.id()


def rows(count: int = 200, seed: int = 0) -> list[list[Any]]:
    """Samples of which twenty areas, ten a class, are told apart by the near infrared but for some overlap."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        water = index % 2
        green, red, nir = rng.normal((900, 700, 900 if water else 1300), 150)
        made.append([water, index % 20, "made", float(green), float(red), float(nir)])
    return made


@pytest.fixture
def samples(qgis_new_project: None) -> str:
    return table(rows())


@pytest.fixture
def good(samples: str, tmp_path: Path) -> dict[str, Any]:
    return {"INPUT": samples, "OUTPUT": str(tmp_path / "model.json")}


def test_the_formula_follows_from_the_model_file(good: dict[str, Any]) -> None:
    results = run("trainlogisticregression", good)
    document = json.loads(Path(results["OUTPUT"]).read_text())
    x = {"green": 950.0, "red": 650.0, "nir": 1100.0}
    logit = document["intercept"] + sum(document["coefficients"][name] * value for name, value in x.items())
    assert eval(results["FORMULA"], {"exp": math.exp, **x}) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-12)
    assert document["coefficients"]["nir"] < 0


def test_scores_come_as_numbers(good: dict[str, Any]) -> None:
    results = run("trainlogisticregression", good)
    for key in ("LOSS", "ACCURACY", "F1", "VALIDATION_LOSS", "VALIDATION_ACCURACY", "VALIDATION_F1"):
        assert isinstance(results[key], float), key
        assert math.isfinite(results[key])
    assert 0.7 < results["ACCURACY"] <= 1
    assert results["LOSS"] < math.log(2)
    assert results["EPOCHS_RUN"] > 0
    assert results["CONVERGED"] == 1
    assert results["DEVICE_USED"].startswith("cpu") or results["DEVICE_USED"].startswith(("cuda", "mps"))


def test_without_held_out_areas_there_are_no_such_scores(good: dict[str, Any]) -> None:
    results = run("trainlogisticregression", {**good, "FOLDS": 0, "VALIDATION_FRACTION": 0})
    assert results["VALIDATION_LOSS"] is results["VALIDATION_ACCURACY"] is results["VALIDATION_F1"] is None
    assert results["LOSS"] > 0


def test_options_reach_the_training(good: dict[str, Any], tmp_path: Path) -> None:
    """Each option changes what comes out, or is written down in the model."""
    plain = run("trainlogisticregression", good)
    document = json.loads(Path(plain["OUTPUT"]).read_text())
    other = {
        "L2": 1.0,
        "WATER_FRACTION": 0.01,
        "OPTIMIZER": "lbfgs",
        "SEED": 7,
        "EPOCHS": 5,
        "BALANCE": True,
        "LEARNING_RATE": 0.01,
        "MOMENTUM": 0.5,
    }
    changed = run("trainlogisticregression", {**good, "WATER_FRACTION": 0.01})
    assert json.loads(Path(changed["OUTPUT"]).read_text())["intercept"] < document["intercept"] - 3
    regularised = run("trainlogisticregression", {**good, "L2": 1.0})
    assert abs(json.loads(Path(regularised["OUTPUT"]).read_text())["coefficients"]["nir"]) < 0.8 * abs(document["coefficients"]["nir"])
    short = run("trainlogisticregression", {**good, "EPOCHS": 5})
    assert short["EPOCHS_RUN"] == 5
    assert short["CONVERGED"] == 0
    said = json.dumps(json.loads(Path(run("trainlogisticregression", {**good, **other})["OUTPUT"]).read_text())["training"])
    for written in ("lbfgs", "0.01", "0.5", "true"):
        assert written in said


def test_hidden_units_make_a_perceptron(good: dict[str, Any]) -> None:
    results = run("trainlogisticregression", {**good, "HIDDEN_UNITS": 3, "EPOCHS": 50, "FOLDS": 0})
    model = read_model(results["OUTPUT"])
    assert model.layers[0].weights.shape == (3, 3)
    assert results["FORMULA"] == ""


def test_not_converged_is_a_warning(good: dict[str, Any]) -> None:
    feedback = Feedback()
    run("trainlogisticregression", {**good, "EPOCHS": 2}, feedback)
    assert any("converge" in warning for warning in feedback.warnings)


def test_features_may_be_chosen(good: dict[str, Any], qgis_new_project: None) -> None:
    wide = table(
        [[*row, 1.0 * index, 5.0 * index % 7] for index, row in enumerate(rows())], f"{FIELDS}&field=x_swir:double&field=ndvi:double"
    )
    every = run("trainlogisticregression", {**good, "INPUT": wide, "FOLDS": 0, "VALIDATION_FRACTION": 0})
    assert read_model(every["OUTPUT"]).names == ("green", "red", "nir", "swir")
    chosen = run("trainlogisticregression", {**good, "INPUT": wide, "FEATURES": ["nir", "ndvi"], "FOLDS": 0, "VALIDATION_FRACTION": 0})
    assert read_model(chosen["OUTPUT"]).names == ("nir", "ndvi")
    by_text = run("trainlogisticregression", {**good, "INPUT": wide, "FEATURES": "nir;ndvi", "FOLDS": 0, "VALIDATION_FRACTION": 0})
    assert read_model(by_text["OUTPUT"]).names == ("nir", "ndvi")


def test_rows_with_gaps_are_left_out_and_counted(good: dict[str, Any], qgis_new_project: None) -> None:
    whole = rows()
    gaps = [
        [None, 1, "made", 1.0, 2.0, 3.0],
        [1, None, "made", 1.0, 2.0, 3.0],
        [1, 1, "made", None, 2.0, 3.0],
        [0, 1, "made", 1.0, 2.0, math.nan],
    ]
    feedback = Feedback()
    holed = run("trainlogisticregression", {**good, "INPUT": table([*gaps[:2], *whole, *gaps[2:]])}, feedback)
    assert any("4 of 204 samples" in warning for warning in feedback.warnings)
    coefficients = read_model(holed["OUTPUT"]).coefficients
    assert coefficients == pytest.approx(read_model(run("trainlogisticregression", good)["OUTPUT"]).coefficients, rel=1e-9)


def test_large_ids_stay_apart(good: dict[str, Any], qgis_new_project: None) -> None:
    """As some databases number features: as floats, those beyond 2⁵³ would be one polygon."""
    large = [[label, 2**60 + polygon, *rest] for label, polygon, *rest in rows()]
    fields = FIELDS.replace("polygon:integer", "polygon:int8")
    found = [
        read_model(run("trainlogisticregression", {**good, "INPUT": samples})["OUTPUT"]).training["samples"]
        for samples in (table(large, fields), table(rows()))
    ]
    assert found[0] == found[1]


def test_a_text_file_of_samples(good: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    lines = ["class,polygon,scene,green,red,nir", *(",".join(map(repr, row)).replace("'", "") for row in rows())]
    path.write_text("\n".join(lines))
    from_text = read_model(run("trainlogisticregression", {**good, "INPUT": str(path)})["OUTPUT"]).coefficients
    from_table = read_model(run("trainlogisticregression", good)["OUTPUT"]).coefficients
    assert from_text == pytest.approx(from_table, rel=1e-9)


def test_cancelled_while_samples_are_read(good: dict[str, Any]) -> None:
    feedback = Feedback(cancel_at=2)
    _, succeeded, _ = run_unchecked("trainlogisticregression", {**good, "INPUT": table(rows(5000))}, feedback)
    assert not succeeded
    # Reading the samples takes the progress to 10 percent.
    assert max(feedback.fractions) < 9


def test_one_seed_one_model(good: dict[str, Any], tmp_path: Path) -> None:
    one = read_model(run("trainlogisticregression", good)["OUTPUT"])
    again = read_model(run("trainlogisticregression", {**good, "OUTPUT": str(tmp_path / "again.json")})["OUTPUT"])
    assert [*one.coefficients.values(), one.intercept] == pytest.approx([*again.coefficients.values(), again.intercept], rel=1e-6)


def test_two_scenes_merged_train_one_model_and_whole_polygons_of_each_are_held_out(
    scene: Scene, other_scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = [
        run("samplepixels", {**part.parameters, "OUTPUT": str(tmp_path / f"{i}.gpkg")})["OUTPUT"]
        for i, part in enumerate((scene, other_scene))
    ]
    merged = processing.run("native:mergevectorlayers", {"LAYERS": layers, "OUTPUT": "memory:"})["OUTPUT"]
    seen = {}
    whole = core_training.train

    def watched(samples: Any, *rest: Any) -> Any:
        seen["samples"], seen["training"] = samples, whole(samples, *rest)
        return seen["training"]

    monkeypatch.setattr("ipeo_water_plugin.algorithms.trainlogisticregression.train", watched)
    results = run(
        "trainlogisticregression", {"INPUT": merged, "OUTPUT": str(tmp_path / "model.json"), "EPOCHS": 50, "VALIDATION_FRACTION": 0.34}
    )
    samples = seen["samples"]
    assert [s.name for s in samples.scenes] == ["east", "west"]
    assert len(samples) == merged.featureCount()
    assert results["VALIDATION_F1"] is not None
    held_out = held_out_rows(seen["training"])
    groups = samples.groups()
    assert not set(groups[held_out]) & set(np.delete(groups, held_out))
    assert set(samples.scene[held_out]) == {0, 1}


def held_out_rows(training: Any) -> np.ndarray:
    return np.asarray(training.held_out.rows)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/samples.gpkg"}, ("/nowhere/samples.gpkg", "can't be opened")),
        ({"INPUT": None}, ("can't be opened",)),
        ({"FEATURES": ["green", "swir"]}, ("no field swir",)),
        ({"FEATURES": ["class", "green", "polygon"]}, ("class and polygon: not a feature",)),
        ({"WATER_FRACTION": 1.5}, ()),
        ({"WATER_FRACTION": 0}, ()),
        ({"WATER_FRACTION": "much"}, ("Expected share of water", "much")),
        ({"VALIDATION_FRACTION": 2}, ()),
        ({"FOLDS": 1}, ()),
        ({"OPTIMIZER": "magic"}, ("OPTIMIZER",)),
        ({"DEVICE": "tpu"}, ("DEVICE",)),
        ({"DEVICE": "mps"}, ("mps",)),
        ({"LEARNING_RATE": -1}, ()),
        ({"LEARNING_RATE": "0,3"}, ("Learning rate", "0,3")),
        ({"MOMENTUM": 1}, ()),
        ({"EPOCHS": 0}, ()),
        ({"L2": -1}, ()),
        ({"OUTPUT": "/nowhere/model.json"}, ("/nowhere", "folder")),
    ],
)
def test_invalid_values(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("trainlogisticregression", {**good, **changed}, *words)


def test_a_model_is_json(good: dict[str, Any], tmp_path: Path) -> None:
    refused("trainlogisticregression", {**good, "OUTPUT": str(tmp_path / "model.pkl")}, ".json")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1, 1, "s", 1.0, 2.0, 3.0], [1, 2, "s", 1.5, 2.0, 3.0]], ("not water",)),
        ([[2, 1, "s", 1.0, 2.0, 3.0], [0, 2, "s", 1.5, 2.0, 3.0]], ("class holds 2", "1 (water) or 0")),
        ([], ("No sample",)),
        ([[None, 1, "s", 1.0, 2.0, 3.0]], ("No sample",)),
        ([[1, 1.5, "s", 1.0, 2.0, 3.0]], ("polygon of sample 1 holds “1.5”", "whole number")),
        ([[1, 2.0**63, "s", 1.0, 2.0, 3.0]], ("polygon of sample 1 holds “9.2", "whole number")),
    ],
)
def test_unusable_samples(good: dict[str, Any], rows: list[list[Any]], words: tuple[str, ...]) -> None:
    fields = FIELDS.replace("polygon:integer", "polygon:double")
    assert fields != FIELDS
    refused("trainlogisticregression", {**good, "INPUT": table(rows, fields)}, *words)


def test_a_layer_that_holds_no_samples(good: dict[str, Any], make_areas: Callable[..., str]) -> None:
    refused(
        "trainlogisticregression",
        {**good, "INPUT": make_areas(FOUR_AREAS)},
        "lack 5 fields, polygon, scene, green, red and nir",
        "their fields are",
    )


def test_texts_where_numbers_are_wanted(good: dict[str, Any]) -> None:
    fields = FIELDS.replace("nir:double", "nir:string(20)")
    refused("trainlogisticregression", {**good, "INPUT": table([[1, 1, "s", 1.0, 2.0, "dark"]], fields)}, "nir", "dark", "not a number")


def test_without_torch_it_says_what_to_install(good: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipeo_water_plugin.algorithms.trainlogisticregression.torch_problem", lambda: "PyTorch is missing: run this.")
    refused("trainlogisticregression", {**good, "DEVICE": "cuda"}, "The device cuda needs PyTorch.", "PyTorch is missing: run this.")


def test_an_earlier_model_survives_a_run_that_fails(good: dict[str, Any]) -> None:
    run("trainlogisticregression", good)
    before = Path(good["OUTPUT"]).read_bytes()
    with pytest.raises(QgsProcessingException, match="class holds 2"):
        run("trainlogisticregression", {**good, "INPUT": table([[2, 1, "s", 1.0, 2.0, 3.0]])})
    assert Path(good["OUTPUT"]).read_bytes() == before


def merged(layers: list[str], path: Path) -> str:
    return processing.run("native:mergevectorlayers", {"LAYERS": layers, "OUTPUT": str(path)})["OUTPUT"]


def polygons_of(model: str) -> int:
    return sum(entry["polygons"] for entry in json.loads(Path(model).read_text(encoding="utf-8"))["training"]["samples"].values())


@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_scenes_of_one_name_stay_apart_when_they_are_merged(scene: Scene, other_scene: Scene, tmp_path: Path, suffix: str) -> None:
    """Two folders, in each an image.tif, and polygons that are numbered from 1: as one group they would be held out together."""
    layers = []
    for folder, taken in (("may", scene), ("june", other_scene)):
        (tmp_path / folder).mkdir()
        image = str(shutil.copy(taken.image, tmp_path / folder / "image.tif"))
        layers.append(str(tmp_path / folder / f"samples.{suffix}"))
        run("samplepixels", {**taken.parameters, "INPUT": image, "MAX_PER_CLASS": 300, "OUTPUT": layers[-1]})
    together = {"INPUT": merged(layers, tmp_path / f"both.{suffix}"), "EPOCHS": 5, "FOLDS": 0, "VALIDATION_FRACTION": 0}
    alone = ({**together, "INPUT": layer, "OUTPUT": str(tmp_path / "one.json")} for layer in layers)
    counts = [polygons_of(run("trainlogisticregression", parameters)["OUTPUT"]) for parameters in alone]
    both = run("trainlogisticregression", {**together, "OUTPUT": str(tmp_path / "both.json")}, feedback := Feedback())["OUTPUT"]
    assert polygons_of(both) == sum(counts)
    assert not any("both classes" in warning for warning in feedback.warnings)
    names = [entry["name"] for entry in json.loads(Path(both).read_text(encoding="utf-8"))["training"]["scenes"]]
    assert names == ["image", "image"]


def test_two_layers_of_areas_over_one_image_stay_apart(scene: Scene, tmp_path: Path) -> None:
    """Their ids both begin with 1."""
    layers = []
    for name, condition in (("north", "fid % 2 = 0"), ("south", "fid % 2 = 1")):
        areas = str(tmp_path / f"{name}.gpkg")
        gdal.VectorTranslate(areas, scene.labels, where=condition)
        layers.append(str(tmp_path / f"samples_{name}.gpkg"))
        run("samplepixels", {**scene.parameters, "POLYGONS": areas, "MAX_PER_CLASS": 300, "OUTPUT": layers[-1]})
    texts = {feature["scene"] for layer in layers for feature in QgsVectorLayer(layer, "s").getFeatures()}
    assert len(texts) == 2


def test_areas_sampled_again_from_a_copy_count_once(scene: Scene, tmp_path: Path) -> None:
    """Ids and places are the same, but not the scene's id: one copy would be held out while training has the other."""
    layers = [str(tmp_path / "once.gpkg"), str(tmp_path / "again.gpkg")]
    image, labels = (str(shutil.copy(file, tmp_path)) for file in (scene.image, scene.labels))
    for layer, given in zip(layers, ({}, {"INPUT": image, "POLYGONS": labels})):
        run("samplepixels", {**scene.parameters, **given, "MAX_PER_CLASS": 300, "OUTPUT": layer})
    chosen = {"EPOCHS": 5, "FOLDS": 0, "VALIDATION_FRACTION": 0}
    alone = run("trainlogisticregression", {**chosen, "INPUT": layers[0], "OUTPUT": str(tmp_path / "alone.json")})["OUTPUT"]
    together = {**chosen, "INPUT": merged(layers, tmp_path / "both.gpkg"), "OUTPUT": str(tmp_path / "both.json")}
    both = run("trainlogisticregression", together, feedback := Feedback())["OUTPUT"]
    count = QgsVectorLayer(layers[0], "once", "ogr").featureCount()
    assert [warning for warning in feedback.warnings if warning.endswith(f"sampled twice: {count}. They count once.")]
    assert polygons_of(both) == polygons_of(alone)
    assert read_model(both).coefficients == read_model(alone).coefficients
    again = QgsVectorLayer(layers[1], "again", "ogr")
    corrected = next(again.getFeatures())
    values = {again.fields().lookupField("class"): 1 - corrected["class"]}
    assert again.dataProvider().changeAttributeValues({corrected.id(): values})
    run("trainlogisticregression", {**together, "INPUT": merged(layers, tmp_path / "corrected.gpkg")}, feedback := Feedback())
    assert [warning for warning in feedback.warnings if warning.endswith("their class is the other one: 1.")]


def test_the_same_areas_over_one_image_stay_one(scene: Scene, tmp_path: Path) -> None:
    """Whether the layer is given as a file, as a layer of the project, or by its selected features."""
    layer = QgsVectorLayer(f"{scene.labels}|layername=labels", "drawn")
    QgsProject.instance().addMapLayer(layer)
    layer.selectAll()
    texts = set()
    for given in (scene.labels, layer.id(), QgsProcessingFeatureSourceDefinition(layer.id(), True)):
        made = run("samplepixels", {**scene.parameters, "POLYGONS": given, "MAX_PER_CLASS": 10, "OUTPUT": "memory:"})["OUTPUT"]
        texts |= {feature["scene"] for feature in made.getFeatures()}
    QgsProject.instance().removeMapLayer(layer.id())
    assert len(texts) == 1


def test_a_truncated_scene_text_gives_a_warning(qgis_new_project: None, tmp_path: Path) -> None:
    text = CoreScene("image", "uint16", (10.0, 10.0), "EPSG:32633", (1e-4,) * 3, (None,) * 3, (0.0,) * 3, id="0123456789ab").to_text()
    cut = [[*row[:2], text[:120], *row[3:]] for row in rows()]
    results = run("trainlogisticregression", {"INPUT": table(cut), "OUTPUT": str(tmp_path / "m.json"), "EPOCHS": 5}, feedback := Feedback())
    assert any("The field scene was truncated in 1 of its values" in warning for warning in feedback.warnings)
    (told,) = json.loads(Path(results["OUTPUT"]).read_text(encoding="utf-8"))["training"]["scenes"]
    assert (told["name"], told["id"], told["data_type"]) == ("image", "0123456789ab", "uint16")


def test_samples_without_a_scene_give_a_warning(qgis_new_project: None, tmp_path: Path) -> None:
    nameless = [[*row[:2], None, *row[3:]] for row in rows()]
    run("trainlogisticregression", {"INPUT": table(nameless), "OUTPUT": str(tmp_path / "m.json"), "EPOCHS": 5}, feedback := Feedback())
    assert any("assumed to come from one scene" in warning for warning in feedback.warnings)
