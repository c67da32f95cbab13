"""OUTPUT_REPORT of the algorithms that have one: written on request, and with a line that does the same again."""

from __future__ import annotations

import html
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from runs import Feedback, Scene, run

from ipeo_water_plugin.algorithms.base import Values
from ipeo_water_plugin.algorithms.reports import run_record


def command(report: str) -> list[str]:
    text = html.unescape(Path(report).read_text(encoding="utf-8"))
    return shlex.split(re.search(r"<code>(qgis_process run.*?)</code>", text, re.DOTALL).group(1))


def words(report: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in command(report)[4:])


@pytest.fixture(scope="module")
def reported(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reported")
    files = {"OUTPUT": f"{folder}/water.tif", "OUTPUT_MODEL": f"{folder}/model.json", "OUTPUT_REPORT": f"{folder}/a report.html"}
    return run("mapwater", {**scene.parameters, **files, "FOLDS": 3, "BALANCE": True, "OPTIMIZER": "lbfgs"})


def test_mapwater_writes_one_that_tells_how_to_repeat_it(reported: dict[str, str], scene: Scene, tmp_path: Path) -> None:
    assert command(reported["OUTPUT_REPORT"])[:4] == ["qgis_process", "run", "ipeowater:mapwater", "--"]
    said = words(reported["OUTPUT_REPORT"])
    assert said["INPUT"] == scene.image
    assert said["POLYGONS"].split("|")[0] == scene.labels
    assert (said["FOLDS"], said["BALANCE"], said["OPTIMIZER"]) == ("3", "true", "lbfgs")
    assert "OUTPUT_REPORT" not in said
    again = run("mapwater", {**said, "OUTPUT": str(tmp_path / "again.tif"), "OUTPUT_MODEL": str(tmp_path / "again.json")})
    first, second = (gdal.Open(r["OUTPUT"]).ReadAsArray() for r in (reported, again))
    assert np.array_equal(first, second)


def test_training_writes_one(scene: Scene, tmp_path: Path) -> None:
    samples = run("samplepixels", {**scene.parameters, "OUTPUT": str(tmp_path / "samples.gpkg")})["OUTPUT"]
    files = {"OUTPUT": str(tmp_path / "model.json"), "OUTPUT_REPORT": str(tmp_path / "report.html")}
    results = run("trainlogisticregression", {"INPUT": samples, "WATER_FRACTION": 0.05, **files})
    assert Path(results["OUTPUT_REPORT"]).stat().st_size > 50_000
    assert words(results["OUTPUT_REPORT"])["WATER_FRACTION"] == "0.05"


def test_assessment_writes_one(reported: dict[str, str], scene: Scene, tmp_path: Path) -> None:
    reference = {"INPUT": reported["OUTPUT"], "REFERENCE": scene.labels, "CLASS_FIELD": "class", "THRESHOLD": 0.4}
    files = {"OUTPUT": "TEMPORARY_OUTPUT", "OUTPUT_REPORT": str(tmp_path / "accuracy.html")}
    results = run("assessaccuracy", {**reference, **files})
    text = Path(results["OUTPUT_REPORT"]).read_text(encoding="utf-8")
    assert f"{results['F1']:.4f}" in text
    assert words(results["OUTPUT_REPORT"])["THRESHOLD"] == "0.4"


def test_none_is_made_unless_asked_for(scene: Scene) -> None:
    assert "OUTPUT_REPORT" not in run("mapwater", {**scene.parameters, "OUTPUT": "TEMPORARY_OUTPUT"})


def test_another_ending_is_refused_before_the_work(scene: Scene, tmp_path: Path) -> None:
    feedback = Feedback()
    with pytest.raises(QgsProcessingException, match=r"\.html"):
        run("mapwater", {**scene.parameters, "OUTPUT": str(tmp_path / "w.tif"), "OUTPUT_REPORT": str(tmp_path / "report.pdf")}, feedback)
    assert not (tmp_path / "w.tif").exists()


def test_layers_of_the_project_are_named_by_their_source(scene: Scene, tmp_path: Path) -> None:
    image, labels = QgsRasterLayer(scene.image, "<b>my image</b>"), QgsVectorLayer(scene.labels, "labels", "ogr")
    QgsProject.instance().addMapLayers([image, labels])
    try:
        # All but the three smallest of fourteen areas.
        labels.selectByIds(sorted(labels.allFeatureIds(), key=lambda number: labels.getFeature(number).geometry().area())[3:])
        polygons = QgsProcessingFeatureSourceDefinition(labels.id(), True)
        files = {"OUTPUT": "TEMPORARY_OUTPUT", "OUTPUT_REPORT": str(tmp_path / "report.html")}
        results = run("mapwater", {"INPUT": image, "POLYGONS": polygons, "CLASS_FIELD": "class", **files}, feedback := Feedback())
    finally:
        QgsProject.instance().removeAllMapLayers()
    assert "Training areas: 11," in "\n".join(feedback.infos)
    said = words(results["OUTPUT_REPORT"])
    assert (said["INPUT"], said["POLYGONS"].split("|")[0]) == (scene.image, scene.labels)
    text = Path(results["OUTPUT_REPORT"]).read_text(encoding="utf-8")
    assert "&lt;b&gt;my image&lt;/b&gt;" in text
    assert "<b>my image" not in text


@pytest.mark.parametrize("as_layer", [True, False])
def test_passwords_of_data_sources_stay_out(as_layer: bool) -> None:
    source = "dbname='water' host=localhost port=1 user='u' password='hunter2' table=\"t\" (g)"
    polygons = QgsVectorLayer(source, "remote", "postgres") if as_layer else f"postgres://{source}"
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:mapwater").create()
    record = run_record(Values(algorithm, {"POLYGONS": polygons, "CLASS_FIELD": "class"}, QgsProcessingContext()))
    assert "hunter2" not in record.command
    assert "dbname" in record.command
    assert set(record.versions) == {"IPEO Water", "QGIS", "GDAL"}
