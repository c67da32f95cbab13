"""Checking a map with random points: by keys alone, saved label by label, blind, and with the numbers of Assess accuracy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from copying import copy_database
from desk import Desk, until
from osgeo import gdal, ogr, osr
from qgis.core import NULL, QgsFeature, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtTest import QTest

from ipeo_water_plugin.core.errors import RasterError
from ipeo_water_plugin.core.prediction.predict import DESCRIPTION
from ipeo_water_plugin.panel import checkpoints
from ipeo_water_plugin.panel.check import Check, label_of
from ipeo_water_plugin.panel.checkbox import goal_text
from ipeo_water_plugin.panel.checkpoints import settings_of
from ipeo_water_plugin.plugin import WaterPlugin

ROOT = Path(__file__).resolve().parents[2]
ROWS, COLUMNS, POINTS = 60, 80, 100
CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key

# What a session does before it is killed: open, label, and no good-bye.
KILLED = """
import os, signal, sys
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
from ipeo_water_plugin.plugin import WaterPlugin
WaterPlugin(None).initProcessing()
from ipeo_water_plugin.core.prediction.predict import DESCRIPTION
from ipeo_water_plugin.panel.check import Check
raster, layer = QgsRasterLayer(sys.argv[1], "map"), QgsVectorLayer(sys.argv[2], "points", "ogr")
QgsProject.instance().addMapLayers([raster, layer])
check = Check()
check.open(layer, raster)
for number in range(57):
    check.label("water" if number % 3 else "unclear")
os.kill(os.getpid(), signal.SIGKILL)
"""


def write(path: Path, bands: np.ndarray, **metadata: str) -> str:
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), COLUMNS, ROWS, len(bands), gdal.GDT_Float32)
    dataset.SetGeoTransform((500_000, 10, 0, 5_800_000, 0, -10))
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(25833)
    dataset.SetProjection(crs.ExportToWkt())
    dataset.SetMetadata(metadata, "IPEO_WATER")
    if metadata:
        dataset.GetRasterBand(1).SetDescription(DESCRIPTION)
    for number, band in enumerate(bands, start=1):
        dataset.GetRasterBand(number).WriteArray(band)
    return str(path)


@pytest.fixture(scope="module")
def made(provider: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A folder with a map, an image, an older one and 100 reference points; and the truth, which the map misses on both sides."""
    folder, draw = tmp_path_factory.mktemp("made"), np.random.default_rng(3)
    mapped = draw.random((ROWS, COLUMNS)) < 0.3
    truth = np.where(mapped, draw.random(mapped.shape) < 0.8, draw.random(mapped.shape) < 0.1)
    path = write(folder / "map.tif", np.where(mapped, 0.8, 0.1)[None], MODEL_SHA256="0" * 64)
    for name in ("image", "older"):
        write(folder / f"{name}.tif", draw.random((3, ROWS, COLUMNS)))
    output = str(folder / "map reference points.gpkg")
    processing.run("ipeowater:samplereference", {"INPUT": path, "COUNT": POINTS, "OUTPUT": output})
    return folder, truth


class Bench:
    """A project beside the files, and the panel open."""

    def __init__(self, folder: Path, truth: np.ndarray, *names: str) -> None:
        self.folder, self.truth, self.desk = folder, truth, Desk()
        QgsProject.instance().write(str(folder / "project.qgz"))
        self.layers = {name: QgsRasterLayer(str(folder / f"{name}.tif"), name) for name in names}
        QgsProject.instance().addMapLayers(list(self.layers.values()))
        canvas = self.desk.canvas
        canvas.setDestinationCrs(self.layers["map"].crs())
        canvas.setExtent(self.layers["map"].extent())
        self.plugin = WaterPlugin(self.desk)
        self.plugin.initProcessing = lambda: None
        self.plugin.initGui()
        self.plugin.open_panel()
        self.dock = self.plugin._dock
        self.checking = self.dock.checking
        self.check, self.form, self.point = self.checking.check, self.checking.box.start, self.checking.box.point
        QTest.qWait(20)

    def begin(self) -> QgsVectorLayer:
        """Press the panel's button, then the form's."""
        self.dock.then.buttons["check"].click()
        self.form.start.click()
        until(lambda: self.checking.blind, "the first point")
        until(lambda: not self.check.state().working, "the map read")
        return self.check.layer

    def right(self) -> Key:
        """Return the key that is right for the point that is asked."""
        place = self.check.outline().centroid().asPoint()
        row, column = int((5_800_000 - place.y()) / 10), int((place.x() - 500_000) / 10)
        return Key.Key_W if self.truth[row, column] else Key.Key_N

    def visible(self, layer: Any) -> bool:
        return QgsProject.instance().layerTreeRoot().findLayer(layer.id()).itemVisibilityChecked()

    def close(self) -> None:
        self.plugin.unload()
        self.desk.close()
        QgsProject.instance().clear()
        vars(self).clear()


@pytest.fixture
def bench(made: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    problems: list[Any] = []
    monkeypatch.setattr(sys, "excepthook", lambda *problem: problems.append(problem))
    for path in made[0].iterdir():
        shutil.copy(path, tmp_path)
    bench = Bench(tmp_path, made[1], "map", "image", "older")
    yield bench
    bench.close()
    assert problems == []


def written(layer: QgsVectorLayer) -> list[QgsFeature]:
    """Return the points as they are in the file."""
    again = QgsVectorLayer(layer.source(), "again", "ogr")
    return sorted(again.getFeatures(), key=QgsFeature.id)


def assessed(bench: Bench) -> dict[str, Any]:
    chosen = {"INPUT": bench.layers["map"].id(), "REFERENCE": bench.check.layer.id(), "CLASS_FIELD": "class", "OUTPUT": "TEMPORARY_OUTPUT"}
    return processing.run("ipeowater:assessaccuracy", chosen)


def test_a_hundred_points_take_a_hundred_keys_and_give_the_numbers_of_assess_accuracy(bench: Bench) -> None:
    layer = bench.begin()
    for number in range(1, POINTS + 1):
        state = bench.check.state()
        assert (state.number, state.done) == (number, number - 1)
        bench.desk.key(bench.right())
        if number in (60, POINTS):
            state, found = bench.check.state(), assessed(bench)
            estimate = state.so_far.estimate
            assert estimate.interval == (found["WATER_AREA_LOWER_HA"], found["WATER_AREA_UPPER_HA"])
            assert (estimate.value, estimate.standard_error) == (found["WATER_AREA_HA"], found["WATER_AREA_SE_HA"])
            assert bench.point.range.text().endswith(f"(95 %), after {number} of {POINTS}")
            assert bench.point.goal.text() == goal_text(*state.so_far.goal)
    assert (state.done, state.unclear, state.message) == (POINTS, 0, "")
    assert bench.point.message.text() == "Every point is labelled."
    assert all(feature["sure"] and feature["labelled"] != NULL for feature in written(layer))
    bench.point.close_button.click()
    assert not layer.isEditable()


def test_killed_at_57_it_resumes_at_58(bench: Bench) -> None:
    files = [str(bench.folder / name) for name in ("map.tif", "map reference points.gpkg")]
    done = subprocess.run([sys.executable, "-c", KILLED, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    # The project knows nothing of the layer: it is found by its name beside it.
    bench.dock.then.buttons["check"].click()
    assert bench.form.points.currentText() == "map reference points: 57 of 100 labelled"
    assert bench.form.start.text() == "Resume"
    layer = bench.begin()
    state = bench.check.state()
    assert (state.number, state.done, state.unclear) == (58, 57, 19)
    assert layer in QgsProject.instance().mapLayers().values()


def test_what_nobody_can_tell_is_not_asked_again_and_counts_as_missing(bench: Bench) -> None:
    layer = bench.begin()
    for _ in range(20):
        bench.desk.key(bench.right())
    bench.desk.key(Key.Key_U)
    state, feature = bench.check.state(), written(layer)[20]
    assert (feature["class"], feature["sure"], feature["labelled"] != NULL) == (NULL, False, True)
    assert (state.number, state.done, state.unclear, state.so_far.points) == (22, 21, 1, 20)
    assert "1 unclear point counts as missing" in bench.point.ends.text()
    low, high = state.so_far.ends
    assert low < high
    # Unless one goes back to it.
    bench.desk.key(Key.Key_Backspace)
    assert bench.point.labels["unclear"].isChecked()
    bench.desk.key(Key.Key_W)
    feature = written(layer)[20]
    assert (feature["class"], feature["sure"]) == (1, True)
    assert bench.check.state().number == 22


def test_back_skip_and_undo(bench: Bench) -> None:
    layer = bench.begin()
    for key in (Key.Key_W, Key.Key_S, Key.Key_N):
        bench.desk.key(key)
    assert [label_of(feature) for feature in written(layer)[:4]] == ["water", "", "other", ""]
    assert bench.check.state().number == 4
    bench.desk.key(Key.Key_Backspace)
    assert (bench.check.state().number, bench.check.state().label) == (3, "other")
    bench.desk.key(Key.Key_W)
    assert (label_of(written(layer)[2]), bench.check.state().number) == ("water", 4)
    bench.desk.key(Key.Key_Z, CONTROL)
    assert (label_of(written(layer)[2]), bench.check.state().number) == ("other", 3)
    bench.desk.key(Key.Key_Z, CONTROL)
    bench.desk.key(Key.Key_Z, CONTROL)
    bench.desk.key(Key.Key_Z, CONTROL)
    assert all((f["class"], f["labelled"], f["sure"]) == (NULL, NULL, NULL) for f in written(layer))
    assert not bench.point.undo.isEnabled()


def test_a_note_and_a_doubt_are_kept(bench: Bench) -> None:
    layer = bench.begin()
    QTest.keyClicks(bench.point.note, "wet sand? W")
    QTest.keyClick(bench.point.note, Key.Key_Return)
    # A note alone is no label.
    assert (bench.check.state().done, written(layer)[0]["note"], written(layer)[0]["labelled"]) == (0, "wet sand? W", NULL)
    bench.desk.key(Key.Key_Q)
    bench.desk.key(Key.Key_N)
    feature = written(layer)[0]
    assert (feature["class"], feature["sure"], feature["note"]) == (0, False, "wet sand? W")
    assert (bench.check.state().sure, bench.point.note.text()) == (True, "")
    bench.desk.key(Key.Key_Backspace)
    bench.desk.key(Key.Key_Q)
    assert (written(layer)[0]["sure"], written(layer)[0]["class"]) == (True, 0)


def test_a_note_stays_with_its_point_when_a_button_is_clicked(bench: Bench) -> None:
    layer = bench.begin()
    bench.point.note.setFocus()
    QTest.keyClicks(bench.point.note, "reeds")
    bench.point.labels["water"].click()
    QTest.qWait(20)
    first, second = written(layer)[:2]
    assert (first["note"], label_of(first), second["note"]) == ("reeds", "water", NULL)
    assert bench.point.note.text() == ""


def test_a_label_that_cant_be_saved_is_taken_back_and_the_point_stays(bench: Bench) -> None:
    layer = bench.begin()
    name, path = "map reference points", layer.source()
    with sqlite3.connect(path) as base:
        base.execute(f"CREATE TRIGGER full BEFORE UPDATE ON '{name}' BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    bench.desk.key(Key.Key_W)
    assert "The point stays as it was." in bench.point.message.text()
    assert (bench.check.state().number, bench.check.state().label, layer.isModified()) == (1, "", False)
    with sqlite3.connect(path) as base:
        base.execute("DROP TRIGGER full")
    bench.desk.key(Key.Key_N)
    assert (label_of(written(layer)[0]), bench.check.state().number, bench.point.message.text()) == ("other", 2, "")


def test_an_undo_that_cant_be_saved_can_be_tried_again(bench: Bench) -> None:
    layer = bench.begin()
    bench.desk.key(Key.Key_W)
    name = "map reference points"
    with sqlite3.connect(layer.source()) as base:
        base.execute(f"CREATE TRIGGER full BEFORE UPDATE ON '{name}' BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    bench.desk.key(Key.Key_Z, CONTROL)
    assert "The point stays as it was." in bench.point.message.text()
    assert label_of(written(layer)[0]) == "water"
    with sqlite3.connect(layer.source()) as base:
        base.execute("DROP TRIGGER full")
    bench.desk.key(Key.Key_Z, CONTROL)
    assert (label_of(written(layer)[0]), bench.check.state().number, bench.point.message.text()) == ("", 1, "")


def test_undo_leaves_a_note_that_was_written_since(bench: Bench) -> None:
    layer = bench.begin()
    bench.desk.key(Key.Key_W)
    bench.desk.key(Key.Key_Backspace)
    QTest.keyClicks(bench.point.note, "reeds")
    QTest.keyClick(bench.point.note, Key.Key_Return)
    bench.desk.key(Key.Key_Z, CONTROL)
    assert (label_of(written(layer)[0]), written(layer)[0]["note"]) == ("", "reeds")


def test_a_note_that_is_being_written_is_kept_when_the_panel_is_closed(bench: Bench) -> None:
    layer = bench.begin()
    QTest.keyClicks(bench.point.note, "reeds")
    bench.dock.close()
    assert (bench.checking.on, written(layer)[0]["note"]) == (False, "reeds")


def test_every_label_is_saved_in_automatic_transaction_groups(bench: Bench) -> None:
    """A setting of the project with which QGIS edits in a transaction instead of a buffer."""
    QgsProject.instance().setAutoTransaction(True)
    layer = bench.begin()
    for _ in range(4):
        bench.desk.key(Key.Key_W)
    bench.desk.key(Key.Key_Z, CONTROL)
    again = QgsVectorLayer(layer.source(), "again", "ogr")
    assert [label_of(again.getFeature(fid)) for fid in range(1, 6)] == ["water", "water", "water", "", ""]


@pytest.mark.parametrize("field", ["class", "labelled"])
def test_a_field_that_is_removed_takes_no_label_unnoticed(bench: Bench, field: str) -> None:
    layer = bench.begin()
    layer.startEditing()
    layer.deleteAttribute(layer.fields().lookupField(field))
    assert layer.commitChanges()
    bench.desk.key(Key.Key_U)
    assert f"has no field “{field}”" in bench.point.message.text()
    assert (bench.check.state().number, bench.check.state().done) == (1, 0)


def test_classes_in_a_field_for_text_are_the_same_when_a_session_is_resumed(bench: Bench) -> None:
    """As after a detour through CSV."""
    path, name = bench.folder / "map reference points.gpkg", "map reference points"
    text = f'SELECT geom, stratum, weight, stratum_ha, sure, note, labelled, CAST("class" AS TEXT) AS "class" FROM "{name}"'
    gdal.VectorTranslate(str(bench.folder / f"{name} 2.gpkg"), str(path), SQLStatement=text, SQLDialect="SQLITE")
    path.unlink()
    bench.begin()
    for _ in range(30):
        bench.desk.key(bench.right())
    known = bench.point.total.text()
    bench.point.close_button.click()
    bench.begin()
    assert (bench.check.state().number, bench.point.total.text()) == (31, known)


def test_a_note_in_the_form_of_qgis_leaves_the_point_open(bench: Bench) -> None:
    layer = bench.begin()
    layer.startEditing()
    layer.changeAttributeValue(1, layer.fields().lookupField("note"), "clouds")
    layer.commitChanges()
    assert written(layer)[0]["labelled"] != NULL
    until(lambda: bench.check.state().note == "clouds", "the note seen")
    assert (bench.check.state().number, bench.check.state().done) == (1, 0)


def test_it_is_blind_and_all_is_shown_again(bench: Bench) -> None:
    canvas, raster, image = bench.desk.canvas, bench.layers["map"], bench.layers["image"]
    extent = canvas.extent()
    layer = bench.begin()
    assert (bench.visible(raster), bench.visible(layer), bench.visible(image)) == (False, False, True)
    assert not bench.dock.overlay._open
    place = bench.check.outline().boundingBox()
    assert canvas.extent().contains(place)
    assert canvas.extent().width() < extent.width()
    bench.desk.key(Key.Key_Plus)
    width = canvas.extent().width()
    bench.desk.key(Key.Key_W)
    assert canvas.center().distance(bench.check.outline().boundingBox().center()) < 0.01
    assert canvas.extent().width() == pytest.approx(width)
    assert bench.dock.source.isHidden()
    bench.point.close_button.click()
    assert (bench.visible(raster), bench.visible(layer)) == (True, True)
    assert canvas.extent().width() == pytest.approx(extent.width(), rel=0.1)
    assert (bench.dock.source.isHidden(), bench.checking.box.isHidden()) == (False, True)
    # Its keys are the panel's again.
    bench.desk.key(Key.Key_N)
    assert label_of(written(layer)[1]) == ""


def test_the_second_view_shows_the_same_place(bench: Bench) -> None:
    bench.dock.choose_image(bench.layers["image"])
    bench.begin()
    second = bench.point.second
    assert second.layer.currentLayer() is bench.layers["older"]
    assert second.canvas.layers() == [bench.layers["older"]]
    bench.desk.key(Key.Key_W)
    assert second.canvas.center().distance(bench.desk.canvas.center()) < 0.01
    assert second.canvas.scale() == pytest.approx(bench.desk.canvas.scale(), rel=0.05)
    QgsProject.instance().removeMapLayer(bench.layers.pop("older").id())
    bench.desk.key(Key.Key_W)
    assert second.canvas.layers() == []


@pytest.mark.parametrize("what", ["points", "map", "project"])
def test_a_layer_that_goes_ends_the_check(bench: Bench, what: str) -> None:
    layer = bench.begin()
    bench.desk.key(Key.Key_W)
    path = layer.source()
    if what == "project":
        QgsProject.instance().clear()
    else:
        QgsProject.instance().removeMapLayer({"points": layer, "map": bench.layers.pop("map")}[what].id())
    QTest.qWait(20)
    assert (bench.checking.on, bench.checking.blind, bench.check.layer) == (False, False, None)
    bench.desk.key(Key.Key_W)
    again = QgsVectorLayer(path, "again", "ogr")
    assert sorted(label_of(feature) for feature in again.getFeatures())[-2:] == ["", "water"]


def test_another_map_chosen_while_points_are_drawn(bench: Bench) -> None:
    bench.dock.then.buttons["check"].click()
    QgsProject.instance().addMapLayer(QgsRasterLayer(str(bench.folder / "map.tif"), "the same, later"))
    first = bench.form.map.currentLayer()
    bench.form.points.setCurrentIndex(0)
    bench.form.start.click()
    bench.form.map.setLayer(next(layer for layer in QgsProject.instance().mapLayers().values() if layer.name() == "image"))
    until(lambda: bench.checking.blind, "the first point")
    assert bench.check.map is first


def test_another_project_opened_while_points_are_drawn(bench: Bench) -> None:
    ended = []
    checkpoints.draw_points(bench.layers["map"], 0.5, 10, None, lambda *result: ended.append(result))
    bench.layers = {}
    QgsProject.instance().clear()
    until(lambda: ended, "the points drawn")
    assert ended[0][0]
    assert Path(ended[0][1]["OUTPUT"]).is_file()
    assert not QgsProject.instance().mapLayers()


def test_points_of_another_map_of_the_name_are_not_offered(bench: Bench) -> None:
    """Of another year, in another folder."""
    (bench.folder / "later").mkdir()
    shutil.copy(bench.folder / "map.tif", bench.folder / "later")
    ended = []
    checkpoints.draw_points(bench.layers["map"], 0.5, 10, None, lambda *result: ended.append(result))
    until(lambda: ended, "the points drawn")
    source = ended[0][1]["layer"].source()
    later = QgsRasterLayer(str(bench.folder / "later" / "map.tif"), "later")
    assert source in [one.source for one in checkpoints.sessions(bench.layers["map"])]
    assert source not in [one.source for one in checkpoints.sessions(later)]
    # Also where they are only a file.
    QgsProject.instance().removeMapLayer(ended[0][1]["layer"].id())
    ended.clear()
    name = Path(source.split("|")[0]).name
    assert name in [Path(one.source.split("|")[0]).name for one in checkpoints.sessions(bench.layers["map"])]
    assert name not in [Path(one.source.split("|")[0]).name for one in checkpoints.sessions(later)]
    # Moved as a whole, the map is where its points' is no more.
    (bench.folder / "map.tif").unlink()
    assert name in [Path(one.source.split("|")[0]).name for one in checkpoints.sessions(later)]


def test_undo_takes_no_label_of_another_file(bench: Bench) -> None:
    layer = bench.begin()
    bench.desk.key(Key.Key_W)
    other = str(bench.folder / "other.gpkg")
    copy_database(layer.source().split("|")[0], other)
    layer.setDataSource(other, "other", "ogr")
    QTest.qWait(20)
    assert not bench.check.state().undoable
    bench.desk.key(Key.Key_Z, CONTROL)
    assert [feature["class"] for feature in written(layer) if feature["class"] != NULL] == [1]


def test_points_that_others_delete_are_passed_over(bench: Bench) -> None:
    layer = bench.begin()
    layer.startEditing()
    layer.deleteFeatures([1, 2])
    layer.commitChanges()
    until(lambda: bench.check.state().points == POINTS - 2, "the deletion seen")
    bench.desk.key(Key.Key_W)
    assert label_of(written(layer)[0]) == "water"
    # Deleted in the file by another program, of which the layer says nothing.
    dataset = ogr.Open(layer.source(), 1)
    dataset.GetLayer(0).DeleteFeature(4)
    del dataset
    bench.desk.key(Key.Key_W)
    assert "can't be edited" in bench.point.message.text()
    bench.desk.key(Key.Key_S)
    bench.desk.key(Key.Key_W)
    assert bench.check.state().done == 2


def test_how_many_points_are_missing_is_told_beside_the_area(bench: Bench) -> None:
    """Unless they were deleted by chance, the area is biased."""
    layer = bench.begin()
    for _ in range(40):
        bench.desk.key(bench.right())
    assert "were drawn" not in bench.point.ends.text()
    layer.startEditing()
    layer.deleteFeatures(list(range(21, 61)))
    layer.commitChanges()
    until(lambda: bench.check.state().points == POINTS - 40 and bench.check.state().so_far.estimate, "the area without them")
    counts = [sum(feature["stratum"] == name for feature in written(layer)) for name in ("water", "not water")]
    assert all(f"Only {count} of the 50 points" in bench.point.ends.text() for count in counts)


def test_a_map_that_is_removed_leaves_its_points_to_no_other_raster(bench: Bench) -> None:
    bench.dock.then.buttons["check"].click()
    assert bench.form.points.count() == 2
    QgsProject.instance().removeMapLayer(bench.layers.pop("map").id())
    assert bench.form.map.currentLayer() in bench.layers.values()
    assert bench.form.points.count() == 1


def test_a_truncated_layer_of_points_is_told(bench: Bench) -> None:
    """A part of the sample would be labelled for the whole of it."""
    path = bench.folder / "points.fgb"
    gdal.VectorTranslate(str(path), str(bench.folder / "map reference points.gpkg"), format="FlatGeobuf", layers=["map reference points"])
    os.truncate(path, path.stat().st_size * 3 // 4)
    layer = QgsProject.instance().addMapLayer(QgsVectorLayer(str(path), "torn", "ogr"))
    with pytest.raises(RasterError, match="“torn” can't be read completely"):
        bench.check.open(layer, bench.layers["map"])


@pytest.mark.parametrize("margin", [None, 0.25])
def test_points_are_drawn_as_many_as_wanted_or_as_the_margin_takes(bench: Bench, margin: float | None) -> None:
    (bench.folder / "map reference points.gpkg").unlink()
    bench.dock.then.buttons["check"].click()
    assert bench.form.points.count() == 1
    if margin is None:
        bench.form.count.setValue(40)
    else:
        bench.form.by_margin.setChecked(True)
        bench.form.margin.setValue(100 * margin)
    layer = bench.begin()
    assert Path(layer.source()) == bench.folder / "map reference points.gpkg"
    expected = {"COUNT": 40} if margin is None else {"MARGIN": 25}
    parameters = {"INPUT": str(bench.folder / "map.tif"), **expected, "OUTPUT": "memory:"}
    same = processing.run("ipeowater:samplereference", parameters)["OUTPUT"]
    assert [f.geometry().asWkt() for f in layer.getFeatures()] == [f.geometry().asWkt() for f in same.getFeatures()]
    for _ in range(20):
        bench.desk.key(bench.right())
    assert margin is None or bench.check.state().so_far.goal[0] == margin
    # It is offered again in another project beside it, as it was: the file holds what it was drawn for.
    source = layer.source()
    bench.point.close_button.click()
    QgsProject.instance().removeMapLayer(layer.id())
    bench.dock.then.buttons["check"].click()
    assert [bench.form.points.itemText(k) for k in range(bench.form.points.count())][1:] == [
        f"map reference points: 20 of {len(list(same.getFeatures()))} labelled"
    ]
    assert settings_of(QgsVectorLayer(source, "again", "ogr"), 0.3) == (0.5, margin)


def test_finish_writes_the_report_beside_the_points(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    bench.begin()
    for _ in range(30):
        bench.desk.key(bench.right())
    bench.point.finish.click()
    until(lambda: opened, "the report")
    report = Path(opened[0].toLocalFile())
    assert report == bench.folder / "map reference points accuracy.html"
    assert "Red: water that it misses" in report.read_text(encoding="utf-8")
    assert "Accuracy report" in bench.point.report.text()


def test_without_a_map_the_form_says_so(made: tuple, tmp_path: Path) -> None:
    for name in ("map.tif", "image.tif"):
        shutil.copy(made[0] / name, tmp_path)
    bench = Bench(tmp_path, made[1], "map", "image")
    try:
        QgsProject.instance().removeMapLayer(bench.layers.pop("map").id())
        bench.dock.then.buttons["check"].click()
        assert "Save the map first" in bench.form.message.text()
        assert not bench.form.start.isEnabled()
        # A raster that holds no probabilities.
        check = Check()
        bench.form.map.setLayer(bench.layers["image"])
        assert check.state().points == 0
        check.finish()
    finally:
        bench.close()
