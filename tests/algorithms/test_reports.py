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
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsField,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRange,
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
    assert (said["INPUT"], said["POLYGONS"]) == (scene.image, "<part of labels, saved as a file>")
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


def record_of(algorithm: str = "mapwater", **parameters: object):
    made = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{algorithm}").create()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return run_record(Values(made, parameters, context))


def told(record) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(record.command)[4:])


@pytest.fixture
def labels(scene: Scene, qgis_new_project: None) -> QgsVectorLayer:
    layer = QgsVectorLayer(scene.labels, "labels")
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_a_layer_as_it_is_needs_no_word(labels: QgsVectorLayer, scene: Scene) -> None:
    record = record_of(POLYGONS=labels, CLASS_FIELD="class", INPUT=scene.image, OUTPUT="/tmp/w.tif")
    assert record.notes == ()
    assert told(record) == {"POLYGONS": labels.source(), "CLASS_FIELD": "class", "INPUT": scene.image, "OUTPUT": "/tmp/w.tif"}
    labels.selectAll()
    assert record_of(POLYGONS=QgsProcessingFeatureSourceDefinition(labels.id(), True)).notes == ()


def test_a_part_of_a_layer_is_no_file(labels: QgsVectorLayer, tmp_path: Path) -> None:
    """A command that took all features would make another map without a word."""
    labels.selectByIds([2, 5, 7])
    record = record_of(POLYGONS=QgsProcessingFeatureSourceDefinition(labels.id(), True))
    (note,) = record.notes
    assert "POLYGONS: of “labels”, only the 3 selected features (ids 2, 5, 7) were used." in note
    assert told(record)["POLYGONS"] == "<part of labels, saved as a file>"
    limited = record_of(POLYGONS=QgsProcessingFeatureSourceDefinition(labels.id(), False, 4))
    assert "only the first features, 4 at most" in limited.notes[0]
    assert told(limited)["POLYGONS"].startswith("<part")


def test_the_report_tells_of_selected_features(labels: QgsVectorLayer, scene: Scene, tmp_path: Path) -> None:
    classes = {feature.id(): feature["class"] for feature in labels.getFeatures()}
    chosen = [*[i for i, c in classes.items() if c == 1][:2], *[i for i, c in classes.items() if c == 0][:2]]
    labels.selectByIds(chosen)
    files = {"OUTPUT": str(tmp_path / "w.tif"), "OUTPUT_REPORT": str(tmp_path / "report.html")}
    polygons = QgsProcessingFeatureSourceDefinition(labels.id(), True)
    results = run("mapwater", {"INPUT": scene.image, "POLYGONS": polygons, "CLASS_FIELD": "class", "EPOCHS": 5, **files})
    text = html.unescape(Path(results["OUTPUT_REPORT"]).read_text(encoding="utf-8"))
    assert "POLYGONS: of “labels”, only the 4 selected features" in text
    # As it stands, the line runs into an error, and not into another map.
    with pytest.raises(QgsProcessingException, match="can't be opened"):
        run("mapwater", words(results["OUTPUT_REPORT"]))


def test_a_layer_in_memory_is_no_file(scene: Scene, qgis_new_project: None) -> None:
    layer = QgsVectorLayer(scene.labels, "x").materialize(QgsFeatureRequest())
    layer.setName("sketch")
    QgsProject.instance().addMapLayer(layer)
    record = record_of(POLYGONS=layer.id(), CLASS_FIELD="class")
    assert "POLYGONS: “sketch” existed only within QGIS." in record.notes[0]
    assert told(record)["POLYGONS"] == "<sketch, saved as a file>"


def test_edits_that_arent_saved_are_told(labels: QgsVectorLayer) -> None:
    labels.startEditing()
    assert record_of(POLYGONS=labels).notes == ()
    labels.deleteFeature(1)
    assert record_of(POLYGONS=labels).notes == ("POLYGONS: “labels” had edits that weren't saved. Save them first.",)
    labels.rollBack()


def test_fields_that_the_file_lacks_are_told(labels: QgsVectorLayer) -> None:
    labels.addExpressionField('"class" = 1', QgsField("wet", labels.fields().field("class").type()))
    assert record_of(POLYGONS=labels, CLASS_FIELD="class").notes == ()
    record = record_of(POLYGONS=labels, CLASS_FIELD="wet")
    assert "the fields wet of “labels” aren't in its file" in record.notes[0]
    assert told(record)["POLYGONS"] == "<labels, saved as a file>"


def test_what_is_set_in_the_layers_properties_is_told(labels: QgsVectorLayer, scene: Scene) -> None:
    image = QgsRasterLayer(scene.image, "image")
    labels.setCrs(QgsCoordinateReferenceSystem("EPSG:3035"))
    image.setCrs(QgsCoordinateReferenceSystem("EPSG:3035"))
    image.dataProvider().setUserNoDataValue(1, [QgsRasterRange(5, 5)])
    assert record_of(INPUT=image, POLYGONS=labels).notes == (
        "INPUT: the CRS of “image” was set to EPSG:3035 in QGIS. Assign it to the file too.",
        "INPUT: NoData of “image” was set in the layer's properties. Set it in the file too.",
        "POLYGONS: the CRS of “labels” was set to EPSG:3035 in QGIS. Assign it to the file too.",
    )


def test_a_filter_of_the_layer_goes_with_its_source(labels: QgsVectorLayer, scene: Scene) -> None:
    labels.setSubsetString("fid < 7")
    record = record_of(POLYGONS=labels)
    assert record.notes == ()
    assert QgsVectorLayer(told(record)["POLYGONS"], "x", "ogr").featureCount() == labels.featureCount() == 6


@pytest.mark.parametrize("destination", ["TEMPORARY_OUTPUT", "memory:", QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT")])
def test_temporary_results_are_told(destination: object) -> None:
    record = record_of("assessaccuracy", OUTPUT=destination)
    assert record.notes == ("OUTPUT was a temporary result: name a file there to keep it.",)
    assert told(record)["OUTPUT"] == "TEMPORARY_OUTPUT"


def test_a_temporary_file_is_told(scene: Scene) -> None:
    copy = QgsProcessingUtils.generateTempFilename("areas.gpkg")
    gdal.VectorTranslate(copy, scene.labels)
    layer = QgsVectorLayer(copy, "areas")
    for given in (layer, copy):
        assert record_of(POLYGONS=given).notes[0].startswith(f"POLYGONS: “{copy}” is a temporary file.")


def test_a_part_of_a_file_that_isnt_loaded_is_told(scene: Scene) -> None:
    record = record_of(POLYGONS=QgsProcessingFeatureSourceDefinition(scene.labels, False, 3))
    assert told(record)["POLYGONS"] == "<part of labels, saved as a file>"
