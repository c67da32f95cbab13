"""Water occurrence as an analyst runs it: many dates to two bands, styled, in a model, in a task; cancelled; what bad input gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
)
from runs import Feedback, Scene, refused, run, run_in_task, run_unchecked
from test_ways_to_run import run_model


@pytest.fixture
def dates(make_image: Callable[..., str]) -> list[str]:
    """Three dates: always water on the left, on two of three in the middle, never on the right; a cloud in the corner of the last."""
    made = []
    for n in range(3):
        p = np.full((1, 30, 30), 0.1, np.float32)
        p[0, :, :10] = 0.9
        p[0, :, 10:20] = 0.8 if n else 0.3
        if n == 2:
            p[0, :5, :15] = -9999
        made.append(make_image(p, f"date {n}.tif", descriptions=("water probability",), nodata=-9999))
    return made


@pytest.fixture
def good(dates: list[str], tmp_path: Path) -> dict[str, Any]:
    return {"INPUTS": dates, "OUTPUT": str(tmp_path / "occurrence.tif")}


def expected() -> np.ndarray:
    share, valid = np.zeros((30, 30)), np.full((30, 30), 3)
    share[:, :10], share[:, 10:20], share[:5, 10:15], valid[:5, :15] = 1, 2 / 3, 1 / 2, 2
    return np.stack([share, valid]).astype(np.float32)


def test_share_and_number_of_dates(good: dict[str, Any]) -> None:
    feedback = Feedback()
    output = run("wateroccurrence", good, feedback)["OUTPUT"]
    dataset = gdal.Open(output)
    np.testing.assert_array_equal(dataset.ReadAsArray(), expected())
    assert dataset.GetMetadataItem("PLUGIN_VERSION", "IPEO_WATER")
    assert any("3 rasters; 900 of 900 pixels" in line for line in feedback.infos)
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == 100


def test_months_dates_and_recurrence_in_the_same_pass(good: dict[str, Any], tmp_path: Path) -> None:
    """In the middle water in March 2020 and 2021, not in March 2019."""
    files = {f"OUTPUT_{name}": str(tmp_path / f"{name}.tif") for name in ("MONTHS", "DATES", "RECURRENCE")}
    table = tmp_path / "dates.csv"
    table.write_text("".join(f"date {n}.tif,{2019 + n}-03-0{n + 1}\n" for n in range(3)))
    feedback = Feedback()
    results = run("wateroccurrence", {**good, **files, "DATES": str(table)}, feedback)
    assert results == {**files, "OUTPUT": good["OUTPUT"]}
    np.testing.assert_array_equal(gdal.Open(good["OUTPUT"]).ReadAsArray(), expected())
    months, days, recurrence = (gdal.Open(path).ReadAsArray()[:, 20] for path in files.values())
    left, middle, right = 2, 15, 25
    assert [months[2, at] for at in (left, middle, right)] == pytest.approx([1, 2 / 3, 0])
    assert set(months[0]) == {-9999}
    assert [days[:, at].tolist() for at in (left, middle, right)] == [[20190301, 20210303], [20200302, 20210303], [0, 0]]
    assert [recurrence[:, at].tolist() for at in (left, middle, right)] == [[1, 3], pytest.approx([2 / 3, 3]), [-9999, 0]]
    assert sorted(path.name for path in tmp_path.glob("*.qml")) == ["MONTHS.qml", "RECURRENCE.qml", "occurrence.qml"]
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.warnings == []


def test_missing_dates(good: dict[str, Any], tmp_path: Path) -> None:
    """They matter only to what hangs on them."""
    months = str(tmp_path / "months.tif")
    refused("wateroccurrence", {**good, "OUTPUT_MONTHS": months}, "No raster has a date")
    refused("wateroccurrence", {**good, "OUTPUT_MONTHS": months, "DATES": "("}, "regular expression")
    refused("wateroccurrence", {**good, "OUTPUT_MONTHS": good["OUTPUT"], "DATES": r"date (\d)"})
    feedback = Feedback()
    run("wateroccurrence", good, feedback)
    assert feedback.warnings == []


def test_the_threshold_reaches_the_core(good: dict[str, Any]) -> None:
    output = run("wateroccurrence", {**good, "THRESHOLD": 0.85})["OUTPUT"]
    assert set(np.unique(gdal.Open(output).ReadAsArray()[0])) == {0, 1}


def test_permanent_water_is_extracted_from_it(good: dict[str, Any], tmp_path: Path) -> None:
    output = run("wateroccurrence", good)["OUTPUT"]
    bodies = run("extractwater", {"INPUT": output, "THRESHOLD": 0.9, "OUTPUT": str(tmp_path / "permanent.gpkg")})
    assert bodies["WATER_AREA_HA"] == pytest.approx(3, rel=1e-3)
    refused("extractwater", {"INPUT": output, "METHOD": "recommended", "OUTPUT": str(tmp_path / "r.gpkg")}, "no recommended threshold")


def test_in_a_background_task_and_styled(good: dict[str, Any], qgis_new_project: None) -> None:
    context, feedback = QgsProcessingContext(), Feedback()
    context.setProject(QgsProject.instance())
    layers = [QgsRasterLayer(path, "a date") for path in good["INPUTS"]]
    QgsProject.instance().addMapLayers(layers)
    output = QgsProcessingOutputLayerDefinition(good["OUTPUT"], QgsProject.instance())
    parameters = {"INPUTS": [layer.id() for layer in layers], "OUTPUT": output}
    succeeded, results = run_in_task("wateroccurrence", parameters, context, feedback)
    assert succeeded, feedback.errors
    layer = QgsRasterLayer(results["OUTPUT"], "o")
    context.layerToLoadOnCompletionDetails(results["OUTPUT"]).postProcessor().postProcessLayer(layer, context, feedback)
    assert layer.renderer().type() == "singlebandpseudocolor"
    assert layer.renderer().band() == 1


def test_in_a_model_after_prediction(scene: Scene, model_file: str, dates: list[str], tmp_path: Path) -> None:
    steps = {
        "predictwaterprobability": {"INPUT": "image", "MODEL": model_file},
        "wateroccurrence": {"INPUTS": ("predictwaterprobability", "OUTPUT"), "THRESHOLD": 0.6},
    }
    _, succeeded, feedback = run_model(steps, scene, tmp_path / "o.tif")
    assert succeeded, feedback.errors
    p = run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    found = gdal.Open(str(tmp_path / "o.tif")).ReadAsArray()
    np.testing.assert_array_equal(found[0], gdal.Open(p).ReadAsArray() >= np.float32(0.6))


@pytest.mark.parametrize("percent", [None, 1])
def test_cancelled(good: dict[str, Any], percent: float | None) -> None:
    feedback = Feedback(cancel_at=percent)
    if percent is None:
        feedback.cancel()
        with pytest.raises(QgsProcessingException, match="Cancelled"):
            run("wateroccurrence", good, feedback)
    else:
        rasters = [*good["INPUTS"]]
        for n in range(12):
            rasters.append(str(Path(good["OUTPUT"]).parent / f"copy {n}.tif"))
            Path(rasters[-1]).write_bytes(Path(rasters[0]).read_bytes())
        _, succeeded, _ = run_unchecked("wateroccurrence", {**good, "INPUTS": rasters}, feedback)
        assert not succeeded
        assert feedback.errors[-1] == "Cancelled."
    assert not Path(good["OUTPUT"]).exists()


def test_bad_input(good: dict[str, Any], scene: Scene, make_image: Callable[..., str]) -> None:
    dates = good["INPUTS"]
    refused("wateroccurrence", {**good, "INPUTS": [*dates, dates[0]]}, "are one file")
    refused("wateroccurrence", {**good, "INPUTS": [*dates, "/nowhere/p.tif"]}, "/nowhere/p.tif")
    refused("wateroccurrence", {**good, "INPUTS": [dates[0], scene.image]}, scene.image, "between 0 and 1")
    elsewhere = make_image(np.full((1, 30, 30), 0.5, np.float32), "elsewhere.tif", descriptions=("p",), epsg=32632)
    refused("wateroccurrence", {**good, "INPUTS": [dates[0], elsewhere]}, "elsewhere.tif lies on another grid", "EPSG:32632")
    numbers = make_image(np.full((1, 30, 30), 900, np.float32), "numbers.tif", descriptions=("p",))
    refused("wateroccurrence", {**good, "INPUTS": [dates[0], numbers]}, "numbers.tif", "between 0 and 1")
    refused("wateroccurrence", {**good, "THRESHOLD": 2})
    refused("wateroccurrence", {**good, "INPUTS": []})
    refused("wateroccurrence", {**good, "OUTPUT": "/tmp/o.png"}, "doesn't end in .tif")
    refused("wateroccurrence", {**good, "OUTPUT": "/tmp/o.tif/"}, "doesn't end in .tif")
