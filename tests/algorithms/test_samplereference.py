"""Drawing reference points as an analyst does: what the layer holds, how its form looks, what bad input gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import processing
import pytest
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProject, QgsVectorLayer
from runs import Feedback, Scene, refused, run
from test_ways_to_run import run_model

FIELDS = ["class", "sure", "note", "labelled", "stratum", "weight", "stratum_ha"]


@pytest.fixture
def probability(make_image: Callable[..., str]) -> str:
    """60 × 50 pixels of 10 m: a tenth is water, one row is NoData."""
    random = np.random.default_rng(0)
    p = np.where(random.random((50, 60)) < 0.1, random.uniform(0.5, 1, (50, 60)), random.uniform(0, 0.49, (50, 60))).astype(np.float32)
    p[7] = -9999
    return make_image(p[None], "p.tif", descriptions=("water probability",), nodata=-9999)


@pytest.mark.parametrize("design", ["stratified", "random"])
def test_points_are_empty_and_know_how_they_were_drawn(probability: str, design: str) -> None:
    layer = run("samplereference", {"INPUT": probability, "COUNT": 200, "DESIGN": design, "OUTPUT": "memory:"})["OUTPUT"]
    assert layer.fields().names() == FIELDS
    assert layer.crs().authid() == "EPSG:32633"
    p = gdal.Open(probability).ReadAsArray()
    places = set()
    for feature in layer.getFeatures():
        point = feature.geometry().asPoint()
        column, row = (point.x() - 500000) / 10, (5800000 - point.y()) / 10
        assert column % 1 == row % 1 == 0.5
        value = p[int(row), int(column)]
        assert value != -9999
        assert feature["stratum"] == ("all" if design == "random" else "water" if value >= 0.5 else "not water")
        assert not feature["class"]
        places.add((row, column))
    assert len(places) == layer.featureCount() == 200
    for name in {f["stratum"] for f in layer.getFeatures()}:
        mine = [f for f in layer.getFeatures() if f["stratum"] == name]
        pixels = np.count_nonzero((p != -9999) & ((p >= 0.5) == (name == "water") if design == "stratified" else True))
        assert [f["stratum_ha"] for f in mine] == pytest.approx([pixels * 0.01] * len(mine))
        assert sum(f["weight"] for f in mine) == pytest.approx(pixels)


def test_the_threshold_divides_the_strata(probability: str) -> None:
    layer = run("samplereference", {"INPUT": probability, "THRESHOLD": 0.3, "COUNT": 300, "OUTPUT": "memory:"})["OUTPUT"]
    p = gdal.Open(probability).ReadAsArray()
    area = {f["stratum"]: f["stratum_ha"] for f in layer.getFeatures()}
    assert area["water"] == pytest.approx(0.01 * np.count_nonzero(p >= np.float32(0.3)))


def test_one_seed_one_sample(probability: str) -> None:
    def points(seed: int) -> list[str]:
        layer = run("samplereference", {"INPUT": probability, "COUNT": 60, "SEED": seed, "OUTPUT": "memory:"})["OUTPUT"]
        return [f.geometry().asWkt() for f in layer.getFeatures()]

    assert points(1) == points(1)
    assert points(1) != points(2)


def test_a_margin_gives_the_number_of_points(probability: str) -> None:
    """As many as Cochran's formula asks for with twice the errors that the map expects, spread as a given number would be."""
    feedback = Feedback()
    layer = run("samplereference", {"INPUT": probability, "MARGIN": 40, "OUTPUT": "memory:"}, feedback)["OUTPUT"]
    count = layer.featureCount()
    assert any(
        f"Points for an interval of about ± 40 %, if the map errs twice as often as its probabilities say: {count}." in i
        for i in feedback.infos
    )
    p = gdal.Open(probability).ReadAsArray().astype(float)
    strata = [p[(p != -9999) & (p < 0.5)], p[p >= 0.5]]
    rates = [min(2 * strata[0].mean(), 0.5), min(2 * (1 - strata[1]).mean(), 0.5)]
    total = sum(map(len, strata))
    water = (len(strata[0]) * rates[0] + len(strata[1]) * (1 - rates[1])) / total

    def margin(points: list[int]) -> float:
        variance = sum((len(s) / total) ** 2 * q * (1 - q) / n for s, q, n in zip(strata, rates, points))
        return 1.96 * variance**0.5 / water

    drawn = [sum(f["stratum"] == name for f in layer.getFeatures()) for name in ("not water", "water")]
    assert margin(drawn) <= 0.4 < margin([n - 1 for n in drawn])
    fewer = run("samplereference", {"INPUT": probability, "MARGIN": 60, "DESIGN": "random", "OUTPUT": "memory:"})["OUTPUT"]
    share = np.concatenate(strata).mean()
    wanted = 1.96**2 * share * (1 - share) / (0.6 * share) ** 2
    assert fewer.featureCount() == int(np.ceil(wanted))


def test_the_first_points_are_a_sample_too(probability: str) -> None:
    layer = run("samplereference", {"INPUT": probability, "COUNT": 300, "OUTPUT": "memory:"})["OUTPUT"]
    strata = [f["stratum"] == "water" for f in layer.getFeatures()]
    shares = [np.mean(part) for part in np.array_split(np.array(strata, float), 3)]
    assert max(shares) - min(shares) < 0.15


def has_form(layer: QgsVectorLayer) -> bool:
    setup = layer.editorWidgetSetup(layer.fields().lookupField("class"))
    hidden = {layer.editorWidgetSetup(layer.fields().lookupField(name)).type() for name in ("stratum", "weight", "stratum_ha", "labelled")}
    return setup.type() == "ValueMap" and setup.config()["map"] == [{"Water": "1"}, {"Not water": "0"}] and hidden == {"Hidden"}


def test_the_form_stays_with_a_geopackage(probability: str, tmp_path: Path) -> None:
    path = run("samplereference", {"INPUT": probability, "OUTPUT": str(tmp_path / "points.gpkg")})["OUTPUT"]
    layer = QgsVectorLayer(path, "opened elsewhere")
    assert has_form(layer)
    assert [c.label() for c in layer.renderer().categories()] == ["Water", "Not water", "To be labelled"]
    assert [f.name for f in Path(tmp_path).iterdir() if f.name.startswith("points")] == ["points.gpkg"]


@pytest.mark.parametrize("output", ["TEMPORARY_OUTPUT", "points.geojson"])
def test_the_form_comes_with_a_loaded_layer(probability: str, output: str, tmp_path: Path, qgis_new_project: None) -> None:
    output = output if output.startswith("TEMP") else str(tmp_path / output)
    made = processing.runAndLoadResults("ipeowater:samplereference", {"INPUT": probability, "OUTPUT": output}, feedback=Feedback())
    (layer,) = QgsProject.instance().mapLayers().values()
    assert made["OUTPUT"] in (layer.id(), layer.source())
    assert has_form(layer)
    # What the form writes is a whole number.
    layer.startEditing()
    feature = next(layer.getFeatures())
    assert layer.changeAttributeValue(feature.id(), layer.fields().lookupField("class"), 1)
    layer.rollBack()


def test_few_errors_to_expect_are_warned_of(make_image: Callable[..., str]) -> None:
    sure = np.full((1, 40, 40), 0.001, np.float32)
    sure[0, :10] = 0.999
    feedback = Feedback()
    run("samplereference", {"INPUT": make_image(sure, "sure.tif"), "COUNT": 100, "OUTPUT": "memory:"}, feedback)
    assert len(feedback.warnings) == 2
    assert "points would be needed there" in feedback.warnings[0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "nowhere.tif"}, "Water probability: nowhere.tif"),
        ({"COUNT": 3}, ""),
        ({"THRESHOLD": 1.5}, ""),
        ({"OUTPUT": "/nowhere/points.gpkg"}, "nowhere"),
    ],
)
def test_bad_values_are_refused(probability: str, changed: dict, words: str, tmp_path: Path) -> None:
    refused("samplereference", {"INPUT": probability, "OUTPUT": str(tmp_path / "points.gpkg"), **changed}, words)


def test_bad_rasters_are_refused(make_image: Callable[..., str], tmp_path: Path) -> None:
    output = {"OUTPUT": str(tmp_path / "points.gpkg")}
    refused("samplereference", {"INPUT": make_image(np.full((1, 5, 5), 40.0), "percent.tif"), **output}, "between 0 and 1")
    refused("samplereference", {"INPUT": make_image(np.full((1, 5, 5), 0.4), "lost.tif", epsg=None), **output}, "CRS")
    empty = make_image(np.full((1, 5, 5), -1.0), "empty.tif", nodata=-1)
    refused("samplereference", {"INPUT": empty, **output}, "no valid pixel")


def test_cancelled_in_the_middle(make_image: Callable[..., str], tmp_path: Path) -> None:
    large = make_image(np.random.default_rng(0).random((1, 3000, 3000), np.float32), "large.tif")
    feedback = Feedback(cancel_at=30)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("samplereference", {"INPUT": large, "OUTPUT": str(tmp_path / "points.gpkg")}, feedback)
    assert not list(tmp_path.glob("*points*"))
    assert max(feedback.fractions) < 100


def test_as_the_last_step_of_a_model(scene: Scene, model_file: str, tmp_path: Path) -> None:
    steps = {
        "predictwaterprobability": {"INPUT": "image", "MODEL": model_file},
        "samplereference": {"INPUT": ("predictwaterprobability", "OUTPUT"), "COUNT": 100},
    }
    _, succeeded, feedback = run_model(steps, scene, tmp_path / "points.gpkg")
    assert succeeded, feedback.errors
    assert QgsVectorLayer(str(tmp_path / "points.gpkg")).featureCount() == 100
