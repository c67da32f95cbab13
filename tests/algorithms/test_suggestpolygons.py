"""Where to draw next, as an analyst asks: points with a reason, outside what is drawn, in a chain; what bad input gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import processing
import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsProcessingException, QgsProject, QgsVectorLayer
from runs import FOUR_AREAS, LAND, WATER, Feedback, Scene, refused, run, run_unchecked
from test_ways_to_run import run_model

FIELDS = ["reason", "score", "probability", "novelty"]


@pytest.fixture
def good(made_image: str, model_file: str, tmp_path: Path) -> dict[str, Any]:
    return {"INPUT": made_image, "MODEL": model_file, "COUNT": 4, "OUTPUT": str(tmp_path / "places.gpkg")}


def read(path: str) -> list[tuple[dict[str, Any], QgsGeometry]]:
    layer = QgsVectorLayer(path, "places")
    assert [f.name() for f in layer.fields()][-4:] == FIELDS
    return [({name: feature[name] for name in FIELDS}, feature.geometry()) for feature in layer.getFeatures()]


def test_points_with_a_reason(good: dict[str, Any]) -> None:
    places = read(run("suggestpolygons", good)["OUTPUT"])
    assert len(places) == 4
    assert QgsVectorLayer(good["OUTPUT"], "places").crs().authid() == "EPSG:32633"
    for values, point in places:
        assert values["reason"].endswith(".")
        assert 0 < values["score"] <= 1
        assert 0 <= values["probability"] <= 1
        assert values["novelty"] >= 0
        x, y = point.asPoint()
        assert 500000 < x < 500400
        assert 5799600 < y < 5800000


def test_keeps_out_of_what_is_drawn_in_any_crs(good: dict[str, Any], make_areas: Callable[..., str]) -> None:
    areas = make_areas([("POLYGON((500000 5799600,500200 5799600,500200 5800000,500000 5800000,500000 5799600))", 1), (LAND, None)])
    there = processing.run(
        "native:reprojectlayer", {"INPUT": areas, "TARGET_CRS": QgsCoordinateReferenceSystem("EPSG:4326"), "OUTPUT": "memory:"}
    )["OUTPUT"]
    for polygons in (areas, there):
        places = read(run("suggestpolygons", {**good, "POLYGONS": polygons})["OUTPUT"])
        assert places
        for _, point in places:
            assert point.asPoint().x() > 500200
            assert not QgsGeometry.fromWkt(LAND).intersects(point)


def test_the_same_every_time(good: dict[str, Any]) -> None:
    one, again = (read(run("suggestpolygons", good)["OUTPUT"]) for _ in range(2))
    assert [(values, point.asWkt()) for values, point in one] == [(values, point.asWkt()) for values, point in again]


def test_in_a_model_after_training(scene: Scene, tmp_path: Path) -> None:
    steps = {
        "samplepixels": {"INPUT": "image", "POLYGONS": "areas", "CLASS_FIELD": "class"},
        "trainlogisticregression": {"INPUT": ("samplepixels", "OUTPUT"), "EPOCHS": 300},
        "suggestpolygons": {"INPUT": "image", "MODEL": ("trainlogisticregression", "OUTPUT"), "POLYGONS": "areas", "COUNT": 6},
    }
    _, succeeded, feedback = run_model(steps, scene, tmp_path / "places.gpkg")
    assert succeeded, feedback.errors
    places = read(str(tmp_path / "places.gpkg"))
    assert len(places) == 6
    drawn = [feature.geometry() for feature in QgsVectorLayer(scene.labels, "areas").getFeatures()]
    assert not any(area.contains(point) for area in drawn for _, point in places)


@pytest.mark.parametrize("percent", [1, 15, 50, 85])
def test_cancelled(scene: Scene, model_file: str, tmp_path: Path, percent: float) -> None:
    out = tmp_path / "out"
    out.mkdir()
    feedback = Feedback(cancel_at=percent)
    parameters = {"INPUT": scene.image, "MODEL": model_file, "POLYGONS": scene.labels, "COUNT": 20, "OUTPUT": str(out / "places.gpkg")}
    _, succeeded, _ = run_unchecked("suggestpolygons", parameters, feedback)
    assert not succeeded
    assert feedback.errors[-1] == "Cancelled."
    assert list(out.iterdir()) == []


def test_cancelled_before_it_began(good: dict[str, Any]) -> None:
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("suggestpolygons", good, feedback)
    assert not Path(good["OUTPUT"]).exists()


def test_progress_rises(good: dict[str, Any], make_areas: Callable[..., str]) -> None:
    feedback = Feedback()
    run("suggestpolygons", {**good, "POLYGONS": make_areas(FOUR_AREAS)}, feedback)
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == 100


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/image.tif"}, ("/nowhere/image.tif",)),
        ({"MODEL": None}, ("No model is given",)),
        ({"MODEL": "/nowhere/model.json"}, ("can't be read",)),
        ({"POLYGONS": "/nowhere/areas.gpkg"}, ("/nowhere/areas.gpkg",)),
        ({"NIR": 2}, ("Band 2 is chosen twice",)),
        ({"EXTRA_BANDS": "4"}, ("The model needs green, red, nir",)),
        ({"COUNT": 0}, ()),
        ({"COUNT": 100000}, ()),
        ({"OUTPUT": "/nowhere/places.gpkg"}, ("/nowhere",)),
    ],
)
def test_bad_input(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("suggestpolygons", {**good, **changed}, *words)


def test_areas_elsewhere_or_of_lines_or_without_crs(good: dict[str, Any], make_areas: Callable[..., str], qgis_new_project: None) -> None:
    far = make_areas([("POLYGON((0 0,10 0,10 10,0 10,0 0))", 1)], "far.gpkg")
    refused("suggestpolygons", {**good, "POLYGONS": far}, "outside the raster")
    lines = make_areas([("LINESTRING(500000 5800000,500100 5799900)", 1)], "lines.gpkg")
    refused("suggestpolygons", {**good, "POLYGONS": lines}, "polygons or points")
    adrift = QgsVectorLayer(make_areas([(WATER, 1)]), "adrift")
    adrift.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayer(adrift)
    refused("suggestpolygons", {**good, "POLYGONS": adrift.id()}, "CRS of “adrift” is unknown")


def test_needs_no_torch(good: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    assert read(run("suggestpolygons", good)["OUTPUT"])
