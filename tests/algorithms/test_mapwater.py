"""The main job: from image and polygons to a probability raster, in one step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsProcessingOutputLayerDefinition, QgsProject
from runs import FOUR_AREAS, LAND, WATER, Feedback, Scene, box, refused, run

from ipeo_water_plugin.core.model_json import read_model


def numbers(path: str) -> list[float]:
    model = read_model(path)
    return [*model.coefficients.values(), model.intercept]


@pytest.fixture
def good(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> dict[str, Any]:
    return {
        "INPUT": made_image,
        "POLYGONS": make_areas(FOUR_AREAS),
        "CLASS_FIELD": "class",
        "OUTPUT": str(tmp_path / "p.tif"),
        "OUTPUT_MODEL": str(tmp_path / "m.json"),
    }


def test_water_is_found_where_it_is(good: dict[str, Any]) -> None:
    results = run("mapwater", good)
    probability = gdal.Open(results["OUTPUT"]).ReadAsArray()
    assert probability[:, :20].min() > 0.5 > probability[:, 20:].max()
    assert results["OUTPUT_MODEL"] == good["OUTPUT_MODEL"]
    assert gdal.Open(results["OUTPUT"]).GetMetadataItem("MODEL_SHA256", "IPEO_WATER") == read_model(good["OUTPUT_MODEL"]).digest


class Linking(Feedback):
    """A log that shows links, as that of QGIS from 3.36 on."""

    def pushFormattedMessage(self, html: str, text: str) -> None:
        self.infos += [html, text]


@pytest.mark.parametrize("log", [Feedback, Linking])
def test_the_log_leads_to_the_report(log: type[Feedback], good: dict[str, Any], tmp_path: Path) -> None:
    report = tmp_path / "a & b.html"
    run("mapwater", {**good, "EPOCHS": 5, "FOLDS": 0, "OUTPUT_REPORT": str(report)}, feedback := log())
    if log is Linking:
        assert f'Report: <a href="{report.as_uri()}">{tmp_path}/a &amp; b.html</a>' in feedback.infos
    if log is Linking or not hasattr(feedback, "pushFormattedMessage"):
        assert f"Report: {report}" in feedback.infos


def test_one_step_equals_three(scene: Scene, tmp_path: Path) -> None:
    """With a cap that draws, so that the order and choice of samples count too."""
    options = {"SEED": 3, "MAX_PER_CLASS": 300}
    whole = run(
        "mapwater", {**scene.parameters, **options, "OUTPUT": str(tmp_path / "whole.tif"), "OUTPUT_MODEL": str(tmp_path / "whole.json")}
    )
    for name in ("samples.gpkg", "samples.csv"):
        samples = run("samplepixels", {**scene.parameters, **options, "OUTPUT": str(tmp_path / name)})["OUTPUT"]
        trained = run("trainlogisticregression", {"INPUT": samples, "SEED": 3, "OUTPUT": str(tmp_path / "steps.json")})
        np.testing.assert_allclose(numbers(trained["OUTPUT"]), numbers(whole["OUTPUT_MODEL"]), rtol=1e-6)
        held_out = ("VALIDATION_LOSS", "VALIDATION_F1") if name.endswith(".gpkg") else ()
        # Without positions, ids decide which areas are held out together.
        for key in ("LOSS", "ACCURACY", "F1", *held_out, "EPOCHS_RUN", "CONVERGED"):
            assert trained[key] == pytest.approx(whole[key], rel=1e-6), key
    predicted = run("predictwaterprobability", {"INPUT": scene.image, "MODEL": trained["OUTPUT"], "OUTPUT": str(tmp_path / "steps.tif")})
    np.testing.assert_allclose(gdal.Open(predicted["OUTPUT"]).ReadAsArray(), gdal.Open(whole["OUTPUT"]).ReadAsArray(), atol=1e-5)


def test_the_area_and_the_range_of_f1(tmp_path: Path) -> None:
    """On the real scene: the hectares that the bodies have, and a range that holds F1 on its reference."""
    sample, feedback = Path(__file__).parents[2] / "resources" / "sample", Feedback()
    scene = Scene(str(sample / "image.tif"), str(sample / "labels.gpkg"))
    files = {"OUTPUT": str(tmp_path / "p.tif"), "OUTPUT_REPORT": str(tmp_path / "r.html")}
    whole = run("mapwater", {**scene.parameters, **files, "OPTIMIZER": "newton"}, feedback)
    bodies = run(
        "extractwater", {"INPUT": whole["OUTPUT"], "METHOD": "recommended", "MIN_AREA": 0, "OUTPUT": str(tmp_path / "bodies.gpkg")}
    )
    assert whole["WATER_AREA_HA"] == pytest.approx(bodies["WATER_AREA_HA"], rel=1e-4)
    probability = gdal.Open(whole["OUTPUT"]).ReadAsArray()
    truth = gdal.Open(str(sample / "reference.tif")).ReadAsArray()
    mapped, water = probability[truth != 255] >= 0.5, truth[truth != 255] == 1
    f1 = 2 * np.count_nonzero(mapped & water) / (np.count_nonzero(mapped) + np.count_nonzero(water))
    assert 0.7 < whole["EXPECTED_F1_LOW"] < f1 < whole["EXPECTED_F1_HIGH"] < 1
    area = f"{whole['WATER_AREA_HA']:.3g}"
    assert any(f"Mapped as water (p ≥ 0.5): {area} ha" in line for line in feedback.infos)
    text = Path(whole["OUTPUT_REPORT"]).read_text(encoding="utf-8")
    assert "F1 to expect in the image, from areas: 16 of water, 21 of other surfaces" in text
    assert "right when left out" in text


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp"])
def test_order_ids_and_format_of_the_areas_change_no_figure(scene: Scene, tmp_path: Path, suffix: str) -> None:
    """Saving edits gives new ids, and another format another order."""
    figures = ("LOSS", "VALIDATION_LOSS", "VALIDATION_F1", "VALIDATION_ACCURACY", "EXPECTED_F1_LOW", "EXPECTED_F1_HIGH", "WATER_AREA_HA")
    once = run("mapwater", {**scene.parameters, "OUTPUT": "TEMPORARY_OUTPUT", "OPTIMIZER": "newton"})
    other = str(tmp_path / f"other.{suffix}")
    options = gdal.VectorTranslateOptions(SQLStatement="SELECT * FROM labels ORDER BY ST_MinX(geom) DESC", SQLDialect="SQLITE")
    gdal.VectorTranslate(other, scene.labels, options=options).FlushCache()
    again = run("mapwater", {**scene.parameters, "POLYGONS": other, "OUTPUT": "TEMPORARY_OUTPUT", "OPTIMIZER": "newton"})
    assert {name: once[name] for name in figures} == {name: again[name] for name in figures}


def test_a_mask_that_hides_everything_gives_an_empty_map(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    """As the mask of a scene under cloud: no figures, but no error either."""
    results = run("mapwater", {**good, "MASK": make_image(np.zeros((1, 50, 60), np.uint8), "clear.tif"), "OPTIMIZER": "newton"})
    assert (results["EXPECTED_F1_LOW"], results["WATER_AREA_HA"]) == (None, 0)


def test_one_seed_one_model(scene: Scene, tmp_path: Path) -> None:
    made = [
        numbers(
            run(
                "mapwater",
                {
                    **scene.parameters,
                    "OUTPUT": "TEMPORARY_OUTPUT",
                    "MAX_PER_CLASS": 300,
                    "SEED": seed,
                    "OUTPUT_MODEL": str(tmp_path / f"{i}.json"),
                },
            )["OUTPUT_MODEL"]
        )
        for i, seed in enumerate((0, 0, 1))
    ]
    np.testing.assert_allclose(made[0], made[1], rtol=1e-6)
    assert not np.allclose(made[0], made[2], rtol=1e-6)


def test_the_model_is_optional(good: dict[str, Any], tmp_path: Path) -> None:
    results = run("mapwater", {**good, "OUTPUT_MODEL": None})
    assert "OUTPUT_MODEL" not in results
    assert not list(tmp_path.glob("*.json"))


def test_options_of_every_step_reach_it(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    options = {
        "EXTRA_BANDS": "4",
        "MAX_PER_CLASS": 20,
        "OPTIMIZER": "lbfgs",
        "FOLDS": 0,
        "VALIDATION_FRACTION": 0,
        "DATA_TYPE": "uint8",
        "EXTENT": "500000,500400,5799800,5800000",
        "MASK": make_image(np.pad(np.ones((1, 40, 30), np.float32), ((0, 0), (0, 0), (0, 10))), "mask.tif"),
        "CREATION_OPTIONS": "COMPRESS=LZW",
    }
    feedback = Feedback()
    results = run("mapwater", {**good, **options}, feedback)
    model = read_model(results["OUTPUT_MODEL"])
    assert model.names == ("green", "red", "nir", "swir_1")
    assert "20 water and 20 other pixels" in "\n".join(feedback.infos)
    assert "lbfgs" in json.dumps(dict(model.training))
    assert results["VALIDATION_F1"] is None
    dataset = gdal.Open(results["OUTPUT"])
    assert (dataset.RasterYSize, dataset.GetRasterBand(1).DataType) == (20, gdal.GDT_Byte)
    assert dataset.GetMetadata("IMAGE_STRUCTURE")["COMPRESSION"] == "LZW"
    kept = dataset.ReadAsArray() != 255
    assert kept[:, :30].all()
    assert not kept[:, 30:].any()


def test_log_says_what_was_done(scene: Scene) -> None:
    feedback = Feedback()
    run("mapwater", {**scene.parameters, "OUTPUT": "TEMPORARY_OUTPUT", "SEED": 5}, feedback)
    log = "\n".join(feedback.infos)
    for word in ("green = band 1", "found by band description", "water and", "Seed 5", "cpu"):
        assert word in log


def test_progress_ends_at_the_end(scene: Scene) -> None:
    feedback = Feedback()
    run("mapwater", {**scene.parameters, "OUTPUT": "TEMPORARY_OUTPUT"}, feedback)
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == pytest.approx(100)


def test_progress_rises_through_all_steps(large_scene: Scene) -> None:
    feedback = Feedback()
    run("mapwater", {**large_scene.parameters, "OUTPUT": "TEMPORARY_OUTPUT"}, feedback)
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == pytest.approx(100)
    for low, high in ((1, 33), (34, 66), (67, 99)):
        assert any(low <= f <= high for f in feedback.fractions), (low, high, feedback.fractions)


def test_result_is_loaded_and_styled(good: dict[str, Any], qgis_new_project: None) -> None:
    import processing

    destination = QgsProcessingOutputLayerDefinition(good["OUTPUT"], QgsProject.instance())
    processing.runAndLoadResults("ipeowater:mapwater", {**good, "OUTPUT": destination}, feedback=Feedback())
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.renderer().type() == "singlebandpseudocolor"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/image.tif"}, ("/nowhere/image.tif",)),
        ({"POLYGONS": "/nowhere/areas.gpkg"}, ("/nowhere/areas.gpkg",)),
        ({"CLASS_FIELD": "klass"}, ("no field “klass”",)),
        ({"WATER_VALUES": "9"}, ("None of the values that mean water occurs",)),
        ({"RED": 1}, ("chosen twice",)),
        ({"EXTRA_BANDS": "[4,5]"}, ("“[4,5]” is not a list of numbers",)),
        ({"WATER_FRACTION": 1}, ()),
        ({"WATER_FRACTION": "many"}, ("not a number",)),
        ({"EXTENT": "0,10,0,10"}, ("outside the raster",)),
        ({"MASK": "/nowhere/mask.tif"}, ("/nowhere/mask.tif",)),
        ({"DEVICE": "mps"}, ("mps",)),
        ({"OPTIMIZER": 1}, ("OPTIMIZER",)),
        ({"OUTPUT": "/nowhere/p.tif"}, ("/nowhere", "folder")),
        ({"OUTPUT_MODEL": "/nowhere/m.json"}, ("/nowhere", "folder")),
    ],
)
def test_values_that_make_no_sense(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("mapwater", {**good, **changed}, *words)


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        ([(WATER, 1)], ("All training areas are water",)),
        ([(box(200, 2, 8, 8), 1), (box(300, 2, 8, 8), 0)], ("outside the raster",)),
        ([(box(2.6, 2.6, 0.3, 0.3), 1), (LAND, 0)], ("No valid pixel",)),
        ([(WATER, 1), ("LINESTRING(500000 5799900,500300 5799900)", 0)], ("LineString",)),
    ],
)
def test_areas_that_cant_serve(good: dict[str, Any], make_areas: Callable[..., str], areas: list, words: tuple[str, ...]) -> None:
    refused("mapwater", {**good, "POLYGONS": make_areas(areas, "bad.gpkg")}, *words)


def test_files_end_as_they_should(good: dict[str, Any], tmp_path: Path) -> None:
    refused("mapwater", {**good, "OUTPUT": str(tmp_path / "p.img")}, "tif")
    refused("mapwater", {**good, "OUTPUT_MODEL": str(tmp_path / "m.txt")}, ".json")


def test_without_torch_it_says_what_to_install(good: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipeo_water_plugin.algorithms.trainlogisticregression.torch_problem", lambda: "PyTorch is missing: run this.")
    refused("mapwater", {**good, "HIDDEN_UNITS": 2}, "A perceptron needs PyTorch.", "PyTorch is missing: run this.")
