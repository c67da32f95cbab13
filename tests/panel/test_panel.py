"""The panel under the mouse: what is drawn is in the file and on the map, whatever else happens to layer, project and panel."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import processing
import pytest
from copying import copy_database
from desk import Desk, until
from osgeo import gdal, ogr, osr
from patience import SOAK, spread
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsDataProvider,
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRange,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEvent, QObject, QPoint, QPointF, QSize, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton, QScrollArea, QTextEdit, QToolButton

from ipeo_water_plugin import plugin as module
from ipeo_water_plugin.panel import sources
from ipeo_water_plugin.panel.overlay import corners_of, view_of
from ipeo_water_plugin.panel.values import Mode
from ipeo_water_plugin.panel.widgets import note, tell
from ipeo_water_plugin.plugin import WaterPlugin

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"
# The east of the sample scene: a lake, fields, forest, a town.
WINDOW = (1024, 0, 512, 384)
LAKE, LAND = (342450.0, 5819090.0), (341600.0, 5819500.0)


def corners(x: float, y: float, half: float = 60.0) -> list[tuple[float, float]]:
    return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]


def wkt(x: float, y: float, half: float = 60.0) -> str:
    ring = ", ".join(f"{a} {b}" for a, b in [*corners(x, y, half), corners(x, y, half)[0]])
    return f"POLYGON(({ring}))"


class Bench:
    """A project with an image and training areas, and the panel open."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk()
        self.image_file = str(folder / "scene.tif")
        gdal.Translate(self.image_file, str(SAMPLE / "image.tif"), srcWin=WINDOW)
        self.image = QgsRasterLayer(self.image_file, "scene")
        QgsProject.instance().addMapLayer(self.image)
        canvas = self.desk.canvas
        canvas.setDestinationCrs(self.image.crs())
        canvas.setExtent(self.image.extent())
        self.plugin = WaterPlugin(self.desk)
        # The provider is that of all tests.
        self.plugin.initProcessing = lambda: None
        self.plugin.initGui()
        self.plugin.open_panel()
        self.dock = self.plugin._dock
        self.states: list[Any] = []
        self.pictures: list[Any] = []
        self.dock.controller.changed.connect(self.states.append)
        self.dock.controller.painted.connect(self.pictures.append)
        QTest.qWait(20)

    def new_areas(self, folder: Path) -> QgsVectorLayer:
        """Save the project, and press New."""
        QgsProject.instance().write(str(folder / "project.qgz"))
        self.dock.source.new.click()
        return self.dock.areas.layer

    def draw(self, place: tuple[float, float], *, water: bool, half: float = 60.0) -> None:
        """Draw a square corner by corner."""
        self.dock.draw.choose_class(water=water)
        self.dock.take_pen("polygon")
        ends = corners(*place, half)
        for x, y in ends:
            self.desk.click(x, y)
        self.desk.click(*ends[0], button=Qt.MouseButton.RightButton)

    def rows(self) -> dict[int, bool]:
        """Return what the panel lists: class by id."""
        return {row.fid: row.water for row in self.states[-1].rows} if self.states else {}

    def listed(self) -> None:
        """Wait until the panel lists what the layer holds."""
        until(lambda: self.rows() == in_layer(self.dock.areas.layer), "panel and layer in agreement")

    def close(self) -> None:
        self.plugin.unload()
        self.desk.close()
        QgsProject.instance().clear()
        # pytest keeps the bench until QGIS has ended, and nothing of QGIS may be let go after that.
        vars(self).clear()


def in_layer(layer: QgsVectorLayer) -> dict[int, bool]:
    return {feature.id(): feature["class"] == 1 for feature in layer.getFeatures()}


def in_file(path: str) -> list[int]:
    """Return the classes in a file, as another program reads them."""
    dataset = ogr.Open(path.split("|", 1)[0])
    return sorted(feature["class"] for feature in dataset.GetLayer(0))


def bench_srs(bench: Bench) -> osr.SpatialReference:
    reference = osr.SpatialReference()
    reference.ImportFromWkt(bench.image.crs().toWkt())
    return reference


@pytest.fixture
def bench(provider: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    problems: list[Any] = []
    # What goes wrong in a slot reaches no test by itself.
    monkeypatch.setattr(sys, "excepthook", lambda *problem: problems.append(problem))
    bench = Bench(tmp_path)
    yield bench
    bench.close()
    assert problems == []


@pytest.fixture
def areas(bench: Bench, tmp_path: Path) -> QgsVectorLayer:
    return bench.new_areas(tmp_path)


def test_nothing_of_it_is_imported_before_it_is_opened() -> None:
    code = (
        "import sys; from qgis.core import QgsApplication; app = QgsApplication([], False); app.initQgis();"
        "from ipeo_water_plugin.plugin import WaterPlugin; WaterPlugin(None).initProcessing();"
        "print([name for name in sys.modules if 'plugin.panel' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip().endswith("[]")


def test_menu_button_and_one_message(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, plugin = bench.desk, bench.plugin
    assert desk.menu[0].text() == "Draw and see water"
    opened: list[QUrl] = []
    monkeypatch.setattr(module, "QDesktopServices", SimpleNamespace(openUrl=opened.append))
    assert desk.menu[-1].text() == "Help"
    desk.menu[-1].trigger()
    assert [Path(url.toLocalFile()).stem for url in opened if Path(url.toLocalFile()).is_file()] == ["guide"]
    assert desk.buttons == desk.menu[:1]
    plugin.initGui()
    assert len(desk.buttons) == 1
    plugin.unload()
    assert desk.menu == desk.buttons == []
    QgsSettings().remove("ipeo_water/introduced")
    plugin.initGui()
    assert len(desk.bar.items()) == 1
    desk.menu[0].trigger()
    assert desk.bar.items() == []
    plugin.unload()
    plugin.initGui()
    assert desk.bar.items() == []


def test_the_only_image_is_chosen_and_its_bands_are_told(bench: Bench) -> None:
    source = bench.dock.source
    assert source.image.currentLayer() is bench.image
    assert "green 1 · red 2 · near infrared 3, found by band description" in source.bands.text()
    assert not source.boxes.isVisible()
    source._bands["nir"].setBand(2)
    assert "chosen twice" in source.image_note.text()
    assert source.boxes.isVisible()
    source._bands["nir"].setBand(3)
    assert source.image_note.text() == ""
    assert bench.dock._chosen.parameters()["NIR"] == 3
    assert not bench.dock.then.buttons["mapwater"].isEnabled()


def test_a_layer_with_its_own_class_field_and_names(bench: Bench, tmp_path: Path) -> None:
    path = str(tmp_path / "lakes.gpkg")
    layer = QgsVectorLayer(f"Polygon?crs={bench.image.crs().authid()}&field=type:string", "lakes", "memory")
    for kind, place in (("lake", LAKE), ("forest", LAND)):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([kind])
        feature.setGeometry(QgsGeometry.fromWkt(wkt(*place)))
        layer.dataProvider().addFeatures([feature])
    processing.run("native:savefeatures", {"INPUT": layer, "OUTPUT": path})
    layer = QgsVectorLayer(path, "lakes", "ogr")
    QgsProject.instance().addMapLayer(layer)
    source, dock = bench.dock.source, bench.dock
    dock.choose_areas(layer)
    assert "has no field “class”" in source.areas_note.text()
    assert source.class_boxes.isVisible()
    assert not dock.draw.water.isEnabled()
    source.field.setField("type")
    source.water.setText("Lake")
    source.water.editingFinished.emit()
    assert "class field “type”, water: Lake" in source.classes.text()
    until(lambda: bench.rows() == {1: True, 2: False}, "both areas with their classes")
    bench.draw((LAND[0] + 200, LAND[1]), water=False)
    bench.draw((LAKE[0] + 200, LAKE[1]), water=True)
    until(lambda: len(bench.rows()) == 4, "four areas")
    assert [feature["type"] for feature in layer.getFeatures()] == ["lake", "forest", "forest", "lake"]
    parameters = dock._chosen.parameters()
    assert (parameters["CLASS_FIELD"], parameters["WATER_VALUES"]) == ("type", "Lake")
    QgsProject.instance().write(str(tmp_path / "project.qgz"))
    bench.desk.canvas.freeze(True)
    QgsProject.instance().read(str(tmp_path / "project.qgz"))
    bench.desk.canvas.freeze(False)
    until(lambda: bench.rows() == {1: True, 2: False, 3: False, 4: True}, "the same areas after the project was read again")
    assert (source.field.currentField(), source.water.text()) == ("type", "Lake")
    bench.image = None


def test_a_field_that_is_removed_moves_no_class_into_another(bench: Bench, tmp_path: Path) -> None:
    path = str(tmp_path / "lakes.gpkg")
    layer = QgsVectorLayer(
        f"Polygon?crs={bench.image.crs().authid()}&field=old:integer&field=class:integer&field=depth:integer", "a", "memory"
    )
    processing.run("native:savefeatures", {"INPUT": layer, "OUTPUT": path})
    layer = QgsVectorLayer(path, "lakes", "ogr")
    QgsProject.instance().addMapLayer(layer)
    bench.dock.choose_areas(layer)
    bench.draw(LAKE, water=True)
    assert bench.dock.areas.undoable
    layer.startEditing()
    layer.deleteAttribute(layer.fields().lookupField("old"))
    assert layer.commitChanges()
    assert not bench.dock.areas.undoable
    bench.draw(LAND, water=False)
    assert [(feature["class"], feature["depth"]) for feature in layer.getFeatures()] == [(1, NULL), (0, NULL)]
    until(lambda: sorted(bench.rows().values()) == [False, True], "both areas in the list")


def test_a_field_that_is_removed_after_the_project_was_read_again(bench: Bench, tmp_path: Path) -> None:
    """Its layers are others, with the same ids."""
    path = str(tmp_path / "lakes.gpkg")
    fields = "field=old:integer&field=class:integer&field=depth:integer"
    layer = QgsVectorLayer(f"Polygon?crs={bench.image.crs().authid()}&{fields}", "a", "memory")
    processing.run("native:savefeatures", {"INPUT": layer, "OUTPUT": path})
    layer = QgsVectorLayer(path, "lakes", "ogr")
    QgsProject.instance().addMapLayer(layer)
    bench.dock.choose_areas(layer)
    QgsProject.instance().write(str(tmp_path / "project.qgz"))
    bench.desk.canvas.freeze(True)
    QgsProject.instance().read(str(tmp_path / "project.qgz"))
    bench.desk.canvas.freeze(False)
    bench.image = None
    layer = bench.dock.areas.layer
    layer.startEditing()
    layer.deleteAttribute(layer.fields().lookupField("old"))
    assert layer.commitChanges()
    bench.draw(LAND, water=False)
    assert [(feature["class"], feature["depth"]) for feature in layer.getFeatures()] == [(0, NULL)]


def test_every_stroke_is_saved_in_automatic_transaction_groups(bench: Bench, tmp_path: Path) -> None:
    """A setting of the project with which QGIS edits in a transaction instead of a buffer."""
    QgsProject.instance().setAutoTransaction(True)
    areas = bench.new_areas(tmp_path)
    for number in range(4):
        bench.draw((LAND[0] + 200 * number, LAND[1]), water=number == 0)
        assert len(in_file(areas.source())) == number + 1
    bench.dock.areas.undo()
    bench.dock.areas.set_class([2], water=True)
    assert in_file(areas.source()) == [0, 1, 1]
    bench.listed()


@pytest.mark.parametrize("pen", ["polygon", "brush"])
def test_what_is_half_drawn_ends_when_the_canvas_gets_another_crs(pen: str, bench: Bench, areas: QgsVectorLayer) -> None:
    """Metres would be taken for degrees."""
    bench.dock.take_pen(pen)
    if pen == "polygon":
        for corner in corners(*LAND)[:3]:
            bench.desk.click(*corner)
    else:
        bench.desk.press(*LAND)
    canvas = bench.desk.canvas
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(bench.image, bench.image.extent()))
    centre = canvas.center()
    if pen == "polygon":
        bench.desk.click(centre.x(), centre.y(), button=Qt.MouseButton.RightButton)
    else:
        bench.desk.release(centre.x(), centre.y())
    assert in_file(areas.source()) == []


def test_what_lies_at_infinity_is_no_area(bench: Bench, areas: QgsVectorLayer) -> None:
    told: list[str] = []
    bench.dock.areas.failed.connect(told.append)
    far = QgsGeometry.fromWkt(wkt(*LAND))
    assert not bench.dock.areas.add(far, QgsCoordinateReferenceSystem("EPSG:4326"), water=True)
    assert "can't be transformed" in told[0]
    assert in_file(areas.source()) == []


def test_undo_touches_nothing_in_another_file(bench: Bench, areas: QgsVectorLayer, tmp_path: Path) -> None:
    """As *Change Data Source…* chooses it for the layer."""
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    bench.dock.areas.finish()
    other = str(tmp_path / "other.gpkg")
    copy_database(areas.source().split("|")[0], other)
    base = ogr.Open(other, 1)
    base.ExecuteSQL(f'DELETE FROM "{base.GetLayer(0).GetName()}" WHERE fid = 1')
    del base
    areas.setDataSource(f"{other}|layername={areas.source().split('=')[-1]}" if "=" in areas.source() else other, "areas", "ogr")
    QTest.qWait(20)
    assert not bench.dock.areas.undoable
    bench.dock.areas.undo()
    bench.dock.areas.undo()
    assert in_file(other) == [0]
    bench.listed()


def test_a_truncated_layer_is_told_and_nothing_is_drawn_in_it(bench: Bench, tmp_path: Path) -> None:
    """As *Map water from polygons* refuses it; a part of the areas would be taken for all of them."""
    path = tmp_path / "areas.fgb"
    gdal.VectorTranslate(str(path), str(SAMPLE / "labels.gpkg"), format="FlatGeobuf")
    os.truncate(path, path.stat().st_size // 2)
    bench.dock.choose_areas(QgsProject.instance().addMapLayer(QgsVectorLayer(str(path), "torn", "ogr")))
    assert "“torn” can't be read completely" in bench.dock.areas.problem()
    assert bench.dock.draw.hint.text() == bench.dock.areas.problem()
    assert bench.rows() == {}


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("suffix", ["gpkg", "fgb"])
def test_a_file_that_cannot_be_read_for_a_while_has_lost_no_areas(suffix: str, told: bool, bench: Bench, tmp_path: Path) -> None:
    """Such as one on a drive that comes and goes: Undo would take its return back, and delete all areas."""
    path = tmp_path / f"areas.{suffix}"
    gdal.VectorTranslate(str(path), str(SAMPLE / "labels.gpkg"), layerName="areas")
    layer = QgsVectorLayer(str(path), "areas", "ogr")
    bench.dock.choose_areas(QgsProject.instance().addMapLayer(layer))
    whole, listed = path.read_bytes(), bench.rows()
    assert listed == in_layer(layer)
    for content in (whole[: len(whole) // 2], whole):
        path.write_bytes(content)
        if told:
            layer.dataProvider().reloadData()
        bench.dock.areas.look()
        assert bench.rows() == listed
        assert not bench.dock.areas.undoable
    bench.dock.areas.undo()
    assert in_layer(QgsVectorLayer(str(path), "again", "ogr")) == listed


def test_features_that_share_an_id_are_told(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    shutil.copy(SAMPLE / "labels.gpkg", path)
    base = ogr.Open(str(path), 1)
    table, column = base.GetLayer(0).GetName(), base.GetLayer(0).GetGeometryColumn()
    for statement in (
        f'CREATE VIEW one AS SELECT 1 AS OGC_FID, "{column}", "class" FROM "{table}"',
        "INSERT INTO gpkg_contents (table_name, identifier, data_type, srs_id) SELECT 'one', 'one', 'features', srs_id FROM gpkg_contents",
        "INSERT INTO gpkg_geometry_columns SELECT 'one', column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns",
    ):
        base.ExecuteSQL(statement)
    del base
    view = QgsVectorLayer(f"{path}|layername=one", "one", "ogr")
    assert view.featureCount() > 30
    bench.dock.choose_areas(QgsProject.instance().addMapLayer(view))
    assert "share an id" in bench.dock.areas.problem()


def test_another_file_of_the_image_is_what_the_panel_works_on(bench: Bench, areas: QgsVectorLayer, tmp_path: Path) -> None:
    other = str(tmp_path / "other.tif")
    gdal.Translate(other, bench.image_file)
    bench.dock.saving.results = {"OUTPUT": bench.image_file}
    bench.image.setDataSource(other, "scene", "gdal", QgsDataProvider.ProviderOptions())
    assert bench.dock._image is not None
    assert str(bench.dock._image.file) == other
    assert bench.dock.areas.problem() == ""
    assert bench.dock.saving.results == {}


def test_no_data_set_in_the_layers_properties_is_followed(bench: Bench, areas: QgsVectorLayer) -> None:
    """As the saved map takes them."""
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    provider = bench.image.dataProvider()
    below = provider.sample(QgsPointXY(*LAKE), 1)[0] + 50
    provider.setUserNoDataValue(1, [QgsRasterRange(0, below)])
    # As the layer's properties do.
    bench.image.emitStyleChanged()
    assert [span.high for span in bench.dock._image.file.nodata[0].ranges] == [below]
    assert bench.dock.controller._image is bench.dock._image.file
    image = bench.dock._image
    bench.image.setOpacity(0.5)
    bench.image.emitStyleChanged()
    assert bench.dock._image is image


class Dialog(QObject):
    """What the panel needs of an algorithm's dialog."""

    algorithmFinished = pyqtSignal(bool, dict)  # noqa: N815 (QGIS' name)

    def setInfo(self, _: str) -> None:
        pass

    def mainWidget(self) -> Any:
        values = {"EXTENT": None, "MASK": None, "DATA_TYPE": "float32"}
        return SimpleNamespace(wrappers={key: SimpleNamespace(parameterValue=lambda value=value: value) for key, value in values.items()})


@pytest.mark.parametrize("another", [False, True])
def test_a_run_that_ends_after_another_image_was_chosen_offers_nothing(
    bench: Bench, areas: QgsVectorLayer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, another: bool
) -> None:
    dialog, saving, results = Dialog(), bench.dock.saving, {"OUTPUT": bench.image_file}
    monkeypatch.setattr(saving, "open_dialog", lambda *_: dialog)
    saving.open("mapwater", bench.dock._chosen, bench.dock.controller.model)
    if another:
        gdal.Translate(str(tmp_path / "other.tif"), bench.image_file)
        other = QgsRasterLayer(str(tmp_path / "other.tif"), "other")
        QgsProject.instance().addMapLayer(other)
        bench.dock.choose_image(other)
    # A dialog may be run twice.
    for _ in range(2):
        dialog.algorithmFinished.emit(True, results)
        assert saving.results == ({} if another else results)
    assert bench.dock.then.buttons["extractwater"].isEnabled() is not another


def test_a_run_that_ends_after_the_plugin_was_unloaded(bench: Bench, areas: QgsVectorLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its dialog stays open, and told a panel that was deleted: a traceback, which the bench looks for."""
    dialog, saving = Dialog(), bench.dock.saving
    monkeypatch.setattr(saving, "open_dialog", lambda *_: dialog)
    saving.open("mapwater", bench.dock._chosen, bench.dock.controller.model)
    bench.plugin.unload()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    dialog.algorithmFinished.emit(True, {"OUTPUT": bench.image_file})
    assert saving.results == {}


@pytest.mark.parametrize("where", ["name", "source"])
def test_long_names_of_layers(bench: Bench, tmp_path: Path, where: str) -> None:
    """A name longer than a file's, and a layer in memory or of a server, which has its fields in its source."""
    many = "&".join(f"field=attribute_{number}:string(254)" for number in range(30)) if where == "source" else ""
    layer = QgsVectorLayer(f"Polygon?crs={bench.image.crs().authid()}&field=class:integer&{many}", "areas", "memory")
    wfs = QgsVectorLayer(f"typename='{'x' * 300}' url='http://127.0.0.1:9/wfs'", "wfs", "WFS")
    QgsProject.instance().addMapLayers([layer, wfs])
    bench.image.setName("é" * 300 if where == "name" else "scene")
    bench.dock.choose_areas(wfs)
    bench.dock.choose_areas(layer)
    for path in bench.dock.saving._destinations(bench.dock._chosen).values():
        assert len(Path(path).name.encode()) < 200


def test_a_project_whose_folder_is_gone(bench: Bench, tmp_path: Path) -> None:
    """As of a drive that was taken out."""
    (tmp_path / "drive").mkdir()
    QgsProject.instance().write(str(tmp_path / "drive" / "project.qgz"))
    shutil.rmtree(tmp_path / "drive")
    (tmp_path / "drive").write_text("")
    bench.dock.source.new.click()
    assert str(tmp_path / "drive") in bench.dock.source.areas_note.text()
    assert bench.dock.areas.layer is None


def test_undo_writes_no_class_into_a_field_that_was_none(bench: Bench, areas: QgsVectorLayer) -> None:
    """Chosen as the class field after edits of another one."""
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    _, second = sorted(in_layer(areas))
    assert bench.dock.areas.set_class([second], water=True)
    assert areas.isEditable()
    areas.commitChanges()
    base = ogr.Open(areas.source().split("|")[0], 1)
    base.ExecuteSQL(f'ALTER TABLE "{base.GetLayer(0).GetName()}" ADD COLUMN depth INTEGER DEFAULT 7')
    base = None
    areas.dataProvider().reloadData()
    areas.updateFields()
    bench.dock.source.field.setField("depth")
    assert bench.dock.areas._labelled.field == areas.fields().lookupField("depth")
    bench.dock.areas.undo()
    assert [feature["depth"] for feature in areas.getFeatures()] == [7, 7]
    assert not bench.dock.areas.undoable


def test_false_colours_and_back(bench: Bench) -> None:
    bench.image.setRenderer(bench.image.renderer().clone())
    before = bench.image.renderer().type()
    bench.dock.source.colours.click()
    renderer = bench.image.renderer()
    assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (3, 2, 1)
    bench.dock.source.colours.click()
    assert bench.image.renderer().type() == before


def test_a_new_layer_lies_beside_the_project(bench: Bench, areas: QgsVectorLayer, tmp_path: Path) -> None:
    path = tmp_path / "Training areas.gpkg"
    assert Path(areas.source().split("|")[0]) == path
    assert str(path) in bench.dock.source.areas_note.text()
    assert bench.dock.source.areas.currentLayer() is areas
    assert QgsProject.instance().layerTreeRoot().layerOrder()[0] is areas
    bench.dock.source.new.click()
    assert "Training areas 2" in bench.dock.areas.layer.source()


def test_a_polygon_is_in_the_file_and_on_the_map(bench: Bench, areas: QgsVectorLayer) -> None:
    bench.draw(LAKE, water=True)
    assert in_file(areas.source()) == [1]
    bench.draw(LAND, water=False)
    assert in_file(areas.source()) == [0, 1]
    bench.listed()
    until(lambda: len(bench.desk.canvas.layers()) == 3, "image, picture and areas on the canvas")
    drawn = next(feature for feature in areas.getFeatures() if feature["class"] == 1).geometry()
    pixel = bench.desk.canvas.mapUnitsPerPixel()
    assert drawn.boundingBox().width() == pytest.approx(120, abs=2 * pixel)
    layers = bench.desk.canvas.layers()
    assert [layers[0], layers[2]] == [areas, bench.image]
    assert layers[1].name() == "IPEO Water"
    assert layers[1].id() not in QgsProject.instance().mapLayers()
    assert not QgsProject.instance().layerTreeRoot().findLayer(layers[1].id())


def test_a_double_click_closes_and_backspace_takes_a_corner_back(bench: Bench, areas: QgsVectorLayer) -> None:
    bench.dock.take_pen("polygon")
    ends = corners(*LAKE)
    for x, y in ends[:3]:
        bench.desk.click(x, y)
    bench.desk.click(*LAND)
    bench.desk.key(Qt.Key.Key_Backspace)
    bench.desk.double_click(*ends[3])
    (feature,) = areas.getFeatures()
    assert feature.geometry().boundingBox().width() == pytest.approx(120, abs=2 * bench.desk.canvas.mapUnitsPerPixel())
    bench.desk.click(*LAND)
    bench.desk.key(Qt.Key.Key_Escape)
    bench.desk.click(*LAND, button=Qt.MouseButton.RightButton)
    assert areas.featureCount() == 1


def test_a_stroke_is_as_wide_as_the_wheel_says(bench: Bench, areas: QgsVectorLayer) -> None:
    x, y = LAKE
    brush = bench.dock.pens["brush"]
    bench.dock.take_pen("brush")
    widths = []
    for turned in (0, 4):
        scale, width = bench.desk.canvas.scale(), brush.width
        bench.desk.wheel(turned)
        assert bench.desk.canvas.scale() == scale
        assert brush.width > width or not turned
        bench.desk.drag([(x - 100, y), (x, y), (x + 100, y)])
        widths.append(max(feature.geometry().boundingBox().height() for feature in areas.getFeatures()))
        assert widths[-1] == pytest.approx(brush.width * bench.desk.canvas.mapUnitsPerPixel(), rel=0.1)
    assert in_file(areas.source()) == [1, 1]


def test_growing_shows_before_it_takes(bench: Bench, areas: QgsVectorLayer) -> None:
    grow = bench.dock.pens["grow"]
    bench.dock.take_pen("grow")
    bench.desk.move(*LAKE)
    until(lambda: grow._found is not None, "a preview")
    shown = grow._found.area()
    assert areas.featureCount() == 0
    bench.desk.click(*LAKE)
    (feature,) = areas.getFeatures()
    assert feature.geometry().area() == pytest.approx(shown)
    assert feature.geometry().contains(QgsGeometry.fromWkt(f"POINT({LAKE[0]} {LAKE[1]})"))
    # Whoever clicks before the preview gets what is found there.
    bench.desk.click(*LAND)
    until(lambda: areas.featureCount() == 2, "the pixels that look like land")


def test_keys_choose_the_class_and_hold_shows_the_image(bench: Bench, areas: QgsVectorLayer) -> None:
    dock, desk = bench.dock, bench.desk
    desk.key(Qt.Key.Key_N)
    assert not dock.draw.is_water
    assert desk.canvas.mapTool() is dock.pens["polygon"]
    desk.key(Qt.Key.Key_W)
    assert dock.draw.is_water
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    until(lambda: len(desk.canvas.layers()) == 3, "image, picture and areas on the canvas")
    with_picture = desk.canvas.layers()
    QTest.keyPress(desk.canvas, Qt.Key.Key_Space)
    assert desk.canvas.layers() == [areas, bench.image]
    QTest.keyRelease(desk.canvas, Qt.Key.Key_Space)
    assert desk.canvas.layers() == with_picture
    # Pressed in the panel, as after a click there, its release reaches whatever has the focus by then.
    desk.window.activateWindow()
    for widget in (dock.list, dock.findChild(QScrollArea)):
        widget.setFocus()
        until(lambda widget=widget: QApplication.focusWidget() is widget, "the focus in the panel")
        QTest.keyPress(QApplication.focusWidget(), Qt.Key.Key_Space)
        assert desk.canvas.layers() == [areas, bench.image]
        QTest.keyRelease(QApplication.focusWidget(), Qt.Key.Key_Space)
        assert desk.canvas.layers() == with_picture


def test_what_to_do_is_said_with_and_without_a_pen(bench: Bench, areas: QgsVectorLayer) -> None:
    assert "Choose a pen" in bench.dock.draw.hint.text()
    bench.dock.take_pen("brush")
    assert "Drag to paint" in bench.dock.draw.hint.text()
    # The areas are read again; the pen stays in hand.
    areas.crsChanged.emit()
    assert "Drag to paint" in bench.dock.draw.hint.text()
    bench.dock.choose_areas(None)
    assert "Choose a layer" in bench.dock.draw.hint.text()


def test_in_a_low_window_the_list_is_low_and_save_in_sight(bench: Bench, areas: QgsVectorLayer) -> None:
    then, dock = bench.dock.then, bench.dock
    bench.draw(LAKE, water=True)
    bench.desk.window.resize(1000, 400)
    until(lambda: dock.list.height() == dock.list.sizeHint().height(), "no room for the list that others need")
    assert then.visibleRegion().boundingRect() == then.rect()


def test_the_panel_is_never_narrower_than_its_column(bench: Bench, areas: QgsVectorLayer) -> None:
    dock = bench.dock
    for button in dock.then.findChildren(QPushButton) + dock.draw.findChildren(QToolButton):
        button.setStyleSheet("padding: 2px 40px")
    bench.desk.window.resizeDocks([dock], [10], Qt.Orientation.Horizontal)
    column = dock.list.parentWidget()
    until(lambda: column.parentWidget().width() >= column.minimumSizeHint().width() > 400, "room for a theme's wide buttons")


def test_links_can_be_read_on_a_dark_theme(bench: Bench) -> None:
    link, label = '<a href="#">change</a>', note()
    tell(label, link)
    assert label.text() == link
    # As when another theme is chosen.
    label.setStyleSheet("color: #aaaaaa")
    assert "color: #8ab4f8" in label.text()
    label.setStyleSheet("")
    assert label.text() == link


@pytest.mark.parametrize("mode", Mode)
def test_the_legend_tells_the_colours_of_the_picture(bench: Bench, areas: QgsVectorLayer, mode: Mode) -> None:
    bench.dock.see._modes[mode].click()
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    until(lambda: bench.pictures and bench.pictures[-1] is not None and bench.states[-1].status == "live", "a picture")
    rgba = bench.pictures[-1].rgba.reshape(-1, 4)
    painted = {
        tuple(round(int(part) * 255 / int(alpha)) for part in colour) for *colour, alpha in np.unique(rgba[rgba[:, 3] > 190], axis=0)
    }
    colours = {tuple(bytes.fromhex(colour)) for colour in re.findall(r"#(\w{6})", bench.dock.see.legend.text())}
    assert colours
    assert any(max(abs(a - b) for a, b in zip(one, other)) <= 1 for one in colours for other in painted)


def test_undo_and_redo(bench: Bench, areas: QgsVectorLayer) -> None:
    dock = bench.dock
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    (land,) = (fid for fid, water in in_layer(areas).items() if not water)
    dock.areas.set_class([land], water=True)
    dock.areas.delete([land])
    seen = [[1], [1, 1], [0, 1], [1], []]
    for classes in seen[:1]:
        assert in_file(areas.source()) == classes
    for classes in seen[1:]:
        bench.desk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert in_file(areas.source()) == classes
    assert not dock.draw.undo.isEnabled()
    for classes in [*seen[::-1]][1:]:
        dock.draw.redo.click()
        assert in_file(areas.source()) == classes
    assert not dock.draw.redo.isEnabled()
    bench.listed()


def test_edits_made_elsewhere_are_seen_and_can_be_undone(bench: Bench, areas: QgsVectorLayer) -> None:
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    bench.listed()
    (land,) = (fid for fid, water in in_layer(areas).items() if not water)
    # As the attribute table does it: the panel has the layer in editing already.
    areas.changeAttributeValue(land, areas.fields().lookupField("class"), 1)
    until(lambda: bench.rows() == dict.fromkeys(in_layer(areas), True), "the changed class")
    assert in_file(areas.source()) == [1, 1]
    areas.changeGeometry(land, QgsGeometry.fromWkt(wkt(LAND[0] + 500, LAND[1])))
    until(lambda: not areas.isModified(), "the new shape saved")
    bench.dock.areas.undo()
    bench.dock.areas.undo()
    assert in_file(areas.source()) == [0, 1]
    assert areas.getFeature(land).geometry().boundingBox().center().x() == pytest.approx(LAND[0], abs=30)
    # Another program, or the provider itself.
    feature = QgsFeature(areas.fields())
    feature.setGeometry(QgsGeometry.fromWkt(wkt(LAND[0], LAND[1] - 1000)))
    feature["class"] = 0
    areas.dataProvider().addFeatures([feature])
    areas.dataProvider().reloadData()
    until(lambda: len(bench.rows()) == 3, "the area of another program")
    bench.listed()


def test_what_was_written_beside_an_area_comes_back_with_it(bench: Bench, areas: QgsVectorLayer) -> None:
    """A depth that was filled in after the area was drawn, which is no step of its own."""
    areas.dataProvider().addAttributes([QgsField("depth", areas.fields().field("class").type())])
    areas.updateFields()
    bench.draw(LAKE, water=True)
    (lake,) = in_layer(areas)
    areas.changeAttributeValue(lake, areas.fields().lookupField("depth"), 7)
    bench.dock.areas.undo()
    assert not in_layer(areas)
    bench.dock.areas.redo()
    assert [feature["depth"] for feature in areas.getFeatures()] == [7]


def test_the_last_area_stays_where_none_could_be_drawn_after_it(bench: Bench, tmp_path: Path) -> None:
    """An empty GeoJSON file has no kind of geometry, so that QGIS adds none to it, and Undo brought nothing back."""
    path = tmp_path / "drawn.geojson"
    made = ogr.GetDriverByName("GeoJSON").CreateDataSource(str(path))
    layer = made.CreateLayer("drawn", bench_srs(bench), ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
    for place, water in ((LAKE, 1), (LAND, 0)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt(*place)))
        feature["class"] = water
        layer.CreateFeature(feature)
    feature = layer = made = None
    drawn = QgsVectorLayer(str(path), "drawn")
    QgsProject.instance().addMapLayer(drawn)
    bench.dock.source.areas.setLayer(drawn)
    until(lambda: bench.dock.areas.layer is drawn, "the layer")
    said: list[str] = []
    bench.dock.areas.failed.connect(said.append)
    assert not bench.dock.areas.delete(list(in_layer(drawn)))
    assert "has to keep an area" in said[0]
    assert in_file(str(path)) == [0, 1]
    assert bench.dock.areas.delete([min(in_layer(drawn))])
    assert len(in_file(str(path))) == 1


def test_a_filter_is_no_edit(bench: Bench, areas: QgsVectorLayer) -> None:
    """To undo what it shows or hides would delete features, or write them twice."""
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    bench.dock.areas.finish()
    for chosen, count in (('"class" = 1', 1), ("", 2)):
        assert areas.setSubsetString(chosen)
        until(lambda count=count: len(bench.rows()) == count, "what the filter shows")
        assert (bench.dock.areas.undoable, bench.dock.areas.redoable) == ("", "")
        bench.dock.areas.undo()
        assert in_file(areas.source()) == [0, 1]


def test_nothing_is_drawn_where_a_filter_would_hide_it(bench: Bench, areas: QgsVectorLayer) -> None:
    """It would be in the file, unseen, out of reach of Undo, and would train the map once the filter goes."""
    bench.draw(LAKE, water=True)
    bench.dock.areas.finish()
    (lake,) = in_layer(areas)
    told: list[str] = []
    bench.dock.areas.failed.connect(told.append)
    areas.setSubsetString('"class" = 1')
    shape, crs = QgsGeometry.fromWkt(wkt(*LAND)), bench.image.crs()
    assert not bench.dock.areas.add(shape, crs, water=False)
    assert not bench.dock.areas.set_class([lake], water=False)
    assert in_file(areas.source()) == [1]
    assert len(told) == 2
    assert all("has a filter" in text for text in told)
    areas.setSubsetString("")
    assert bench.dock.areas.problem() == ""
    assert bench.dock.areas.add(shape, crs, water=False)
    assert in_file(areas.source()) == [0, 1]


def test_no_class_is_drawn_for_a_field_that_is_computed(bench: Bench, areas: QgsVectorLayer) -> None:
    """It would be empty in the file."""
    areas.addExpressionField('"class"', QgsField("computed", areas.fields().field("class").type()))
    bench.dock.source.field.setField("computed")
    assert "is computed or joined" in bench.dock.areas.problem()
    assert not bench.dock.areas.add(QgsGeometry.fromWkt(wkt(*LAND)), bench.image.crs(), water=False)
    assert in_file(areas.source()) == []
    bench.dock.source.field.setField("class")
    assert bench.dock.areas.problem() == ""


def test_a_class_whose_name_holds_a_comma(bench: Bench, tmp_path: Path) -> None:
    """It means water as it does for *Map water*, and what is drawn gets it, not the part before the comma."""
    path = str(tmp_path / "classes.gpkg")
    base = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    made = base.CreateLayer("classes", bench_srs(bench), ogr.wkbPolygon)
    made.CreateField(ogr.FieldDefn("class", ogr.OFTString))
    for place, name in ((LAKE, "Wetland, open"), (LAND, "Land")):
        feature = ogr.Feature(made.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt(*place)))
        feature["class"] = name
        made.CreateFeature(feature)
    feature = made = base = None
    layer = QgsVectorLayer(path, "classes")
    QgsProject.instance().addMapLayer(layer)
    bench.dock.choose_areas(layer)
    bench.dock.source.water.setText("Wetland, open")
    bench.dock.source.water.editingFinished.emit()
    until(lambda: bench.rows() == {1: True, 2: False}, "one area of each class")
    assert bench.dock.areas.add(QgsGeometry.fromWkt(wkt(LAKE[0] + 200, LAKE[1])), bench.image.crs(), water=True)
    assert in_file(path) == ["Land", "Wetland, open", "Wetland, open"]


def test_undo_takes_back_only_the_last_stroke(bench: Bench, areas: QgsVectorLayer) -> None:
    """Another program has written to the file meanwhile, of which QGIS says nothing."""
    bench.draw(LAKE, water=True)
    other = ogr.Open(areas.source().split("|", 1)[0], update=1)
    feature = ogr.Feature(other.GetLayer(0).GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt(LAND[0], LAND[1] - 1000)))
    feature["class"] = 0
    assert other.GetLayer(0).CreateFeature(feature) == 0
    feature = other = None
    bench.draw(LAND, water=False)
    assert in_file(areas.source()) == [0, 0, 1]
    bench.dock.areas.undo()
    assert in_file(areas.source()) == [0, 1]


def test_undo_never_mixes_up_features_that_a_format_numbers_again(bench: Bench, tmp_path: Path) -> None:
    """A shapefile gives the features behind a deleted one other ids, and their other attributes must stay theirs."""
    path = tmp_path / "drawn.shp"
    made = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(str(path))
    layer = made.CreateLayer("drawn", bench_srs(bench), ogr.wkbPolygon)
    for name, kind in (("class", ogr.OFTInteger), ("name", ogr.OFTString)):
        layer.CreateField(ogr.FieldDefn(name, kind))
    for number in range(4):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt(LAND[0] + 300 * number, LAND[1])))
        feature["class"], feature["name"] = number % 2, f"area {number}"
        layer.CreateFeature(feature)
    feature = layer = made = None
    drawn = QgsVectorLayer(str(path), "drawn")
    QgsProject.instance().addMapLayer(drawn)
    until(lambda: bench.dock.areas.layer is not None, "a layer to draw in")
    if bench.dock.areas.layer is not drawn:
        bench.dock.source.areas.setLayer(drawn)
    until(lambda: bench.dock.areas.layer is drawn, "the shapefile")
    places = {f["name"]: round(f.geometry().boundingBox().xMinimum()) for f in drawn.getFeatures()}
    first = min(f.id() for f in drawn.getFeatures())
    assert bench.dock.areas.delete([first])
    bench.dock.areas.undo()
    assert bench.dock.areas.undoable == ""
    bench.dock.areas.finish()
    saved = ogr.Open(str(path))
    found = {f["name"]: round(f.GetGeometryRef().GetEnvelope()[0]) for f in saved.GetLayer(0)}
    # Newer QGIS numbers features again only when editing ends, so that the area comes back.
    assert found == {name: places[name] for name in found}
    assert set(found) >= {"area 1", "area 2", "area 3"}


def test_an_editing_session_of_the_users_own_is_left_to_them(bench: Bench, areas: QgsVectorLayer) -> None:
    areas.startEditing()
    feature = QgsFeature(areas.fields())
    feature.setGeometry(QgsGeometry.fromWkt(wkt(*LAND)))
    feature["class"] = 0
    areas.addFeature(feature)
    until(lambda: len(bench.rows()) == 1, "the unsaved area seen")
    assert in_file(areas.source()) == []
    areas.rollBack()
    until(lambda: not bench.rows(), "the area gone")


def test_areas_that_teach_nothing_say_why(bench: Bench, areas: QgsVectorLayer) -> None:
    areas.startEditing()
    for text, value in ((wkt(*LAKE), None), (wkt(LAKE[0], LAKE[1], 1), 1), (wkt(LAKE[0] + 90_000, LAKE[1]), 1)):
        feature = QgsFeature(areas.fields())
        feature.setGeometry(QgsGeometry.fromWkt(text))
        feature["class"] = value
        areas.addFeature(feature)
    areas.commitChanges()
    until(lambda: bench.dock.list.topLevelItemCount() == 3, "three rows")
    until(lambda: all(bench.dock.list.topLevelItem(row).text(2) for row in range(3)), "a reason in each")


def test_delete_and_class_in_the_list(bench: Bench, areas: QgsVectorLayer) -> None:
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    bench.listed()
    table = bench.dock.list
    table.setCurrentItem(table.topLevelItem(0))
    (fid,) = table.ids()
    before = in_layer(areas)[fid]
    QTest.keyClick(table, Qt.Key.Key_N if before else Qt.Key.Key_W)
    assert in_layer(areas)[fid] is not before
    scale = bench.desk.canvas.scale()
    table.itemDoubleClicked.emit(table.topLevelItem(0), 0)
    assert bench.desk.canvas.scale() < scale
    bench.listed()
    assert table.ids() == [fid]
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert fid not in in_layer(areas)
    bench.listed()


def _clear(bench: Bench) -> None:
    QgsProject.instance().clear()


def _remove_areas(bench: Bench) -> None:
    QgsProject.instance().removeMapLayer(bench.dock.areas.layer.id())


def _remove_image(bench: Bench) -> None:
    QgsProject.instance().removeMapLayer(bench.image.id())


def _unload(bench: Bench) -> None:
    bench.plugin.unload()


def _close(bench: Bench) -> None:
    bench.dock.close()


@pytest.mark.parametrize(("end", "wait"), spread([_clear, _remove_areas, _remove_image, _unload, _close], [0, 5, 40]))
def test_whatever_ends_while_it_works_nothing_is_lost(bench: Bench, areas: QgsVectorLayer, end: Callable, wait: int) -> None:
    path = areas.source()
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    bench.desk.canvas.setExtent(QgsRectangle(341000, 5818000, 344000, 5820500))
    QTest.qWait(wait)
    end(bench)
    QTest.qWait(100)
    assert in_file(path) == [0, 1]
    assert not any(layer.name() == "IPEO Water" for layer in bench.desk.canvas.layers())


def test_closed_and_opened_again_it_goes_on(bench: Bench, areas: QgsVectorLayer) -> None:
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    until(lambda: bench.dock.overlay.shown, "a picture")
    bench.dock.close()
    assert not areas.isEditable()
    assert bench.desk.canvas.mapTool() is bench.desk.pan_tool
    bench.plugin.open_panel()
    until(lambda: bench.dock.overlay.shown, "the picture again")
    bench.draw((LAND[0], LAND[1] - 400), water=False)
    assert in_file(areas.source()) == [0, 0, 1]


def test_a_map_that_is_saved_replaces_neither_model_nor_report(bench: Bench, areas: QgsVectorLayer, tmp_path: Path) -> None:
    """Also where the map beside them was deleted or renamed: QGIS asks nothing of a name that a dialog opens with."""
    for number, taken in enumerate(("", "OUTPUT_MODEL", "OUTPUT_REPORT", "OUTPUT"), start=1):
        found = bench.dock.saving._destinations(bench.dock._chosen)
        stem = "scene water" if number == 1 else f"scene water {number}"
        assert {Path(path).name for path in found.values()} == {f"{stem}.tif", f"{stem}.json", f"{stem}.html"}
        Path(found[taken or "OUTPUT"]).write_text("earlier")


def test_a_saved_map_lies_below_the_picture_and_hides_when_the_areas_change(bench: Bench, areas: QgsVectorLayer, tmp_path: Path) -> None:
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    until(lambda: len(bench.desk.canvas.layers()) == 3, "image, picture and areas on the canvas")
    until(lambda: bench.states[-1].hectares_current, "the hectares of the image")
    parameters = bench.dock._chosen.parameters()
    assert set(parameters) == {"INPUT", "POLYGONS", "CLASS_FIELD", "WATER_VALUES", "OPTIMIZER"}
    path = str(tmp_path / "map.tif")
    results = processing.run("ipeowater:mapwater", {**parameters, "OUTPUT": path, "OUTPUT_MODEL": str(tmp_path / "map.json")})
    QgsProject.instance().addMapLayer(QgsRasterLayer(path, "map"), False)
    # Where the algorithm puts it.
    QgsProject.instance().layerTreeRoot().insertLayer(1, QgsProject.instance().mapLayersByName("map")[0])
    dialog = QTextEdit()
    dialog.setInfo, dialog.mainWidget = dialog.setPlainText, Dialog().mainWidget
    bench.dock.saving._finished(dialog, results, bench.dock.controller.model())
    assert bench.dock.then.buttons["mapwater"].isEnabled()
    assert bench.dock.then.buttons["extractwater"].isEnabled()
    assert "equals what the panel shows" in dialog.toPlainText()
    assert f"p ≥ 0.5, {bench.states[-1].hectares:.0f} ha are water" in dialog.toPlainText()
    until(lambda: len(bench.desk.canvas.layers()) == 4, "the map on the canvas")
    names = ["Training areas", "IPEO Water", "map", "scene"]
    until(lambda: [layer.name() for layer in bench.desk.canvas.layers()] == names, "the map below the areas and the picture")
    bench.draw((LAND[0], LAND[1] - 400), water=False)
    until(lambda: [layer.name() for layer in bench.desk.canvas.layers()] == [names[0], names[1], names[3]], "the map hidden")
    # Another image has no saved map yet.
    bench.dock.choose_image(None)
    assert not bench.dock.then.buttons["extractwater"].isEnabled()
    assert bench.dock.saving.results == {}


def test_the_threshold_goes_for_hectares_and_water_bodies(
    bench: Bench, areas: QgsVectorLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.draw(LAKE, water=True)
    bench.draw(LAND, water=False)
    until(lambda: bench.states[-1].hectares_current, "the hectares of the image")
    before = bench.states[-1].hectares
    bench.dock.see.threshold.setValue(0.95)
    until(lambda: bench.states[-1].hectares_current and bench.states[-1].hectares != before, "the hectares at the other threshold")
    assert 0 < bench.states[-1].hectares < before
    opened: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(bench.dock.saving, "open_dialog", lambda *given: opened.append(given))
    bench.dock.saving.open("extractwater", bench.dock._chosen, bench.dock.controller.model)
    assert opened == [("ipeowater:extractwater", {"METHOD": "fixed", "THRESHOLD": 0.95})]
    QgsProject.instance().write(str(tmp_path / "kept.qgz"))
    assert sources.Chosen.recall().threshold == 0.95
    QgsProject.instance().writeEntry("IPEOWater", "panel", '{"threshold": "high"}')
    assert sources.Chosen.recall().threshold == 0.5


def test_an_image_that_comes_later_is_chosen(bench: Bench) -> None:
    QgsProject.instance().removeMapLayer(bench.image.id())
    assert bench.dock._chosen.image is None
    assert bench.dock.source.sample.isVisible()
    QgsProject.instance().addMapLayer(QgsRasterLayer(bench.image_file, "again"))
    assert bench.dock.source.image.currentLayer().name() == "again"


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("rotation", [0, 30, -110])
def test_the_picture_lies_where_the_canvas_is(rotation: float, ratio: float) -> None:
    settings = QgsMapSettings()
    settings.setOutputSize(QSize(400, 300))
    settings.setDevicePixelRatio(ratio)
    settings.setExtent(QgsRectangle(1000, 2000, 5000, 4000))
    settings.setRotation(rotation)
    view = view_of(settings)
    assert (view.width, view.height) == (400 * ratio, 300 * ratio)
    on_screen = [settings.mapToPixel().transform(corner) for corner in corners_of(view)]
    ends = ((0, 0), (400, 0), (400, 300), (0, 300))
    assert [(point.x(), point.y()) for point in on_screen] == [pytest.approx(end, abs=1e-6) for end in ends]


def test_the_wheel_changes_nothing_that_was_not_clicked(bench: Bench) -> None:
    slider = bench.dock.see.opacity
    before = slider.value()
    for focused in (False, True):
        if focused:
            slider.setFocus()
        turned, at = QPoint(0, 120), QPointF(5, 5)
        none, still = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, at, QPoint(), turned, none, Qt.KeyboardModifier.NoModifier, still, False)
        QApplication.sendEvent(slider, event)
        assert (slider.value() != before) is (focused and slider.hasFocus())


def test_a_layer_that_gets_another_crs_is_read_again(bench: Bench, areas: QgsVectorLayer) -> None:
    bench.draw(LAKE, water=True)
    until(lambda: bench.states and bench.states[-1].rows and bench.states[-1].rows[0].pixels > 0, "the area sampled")
    areas.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    until(lambda: bench.states[-1].rows and bench.states[-1].rows[0].problem, "the area outside the image")


def test_the_project_remembers(bench: Bench, areas: QgsVectorLayer, tmp_path: Path) -> None:
    other = str(tmp_path / "other.tif")
    gdal.Translate(other, bench.image_file)
    QgsProject.instance().addMapLayer(QgsRasterLayer(other, "other"))
    bench.dock.source._bands["green"].setBand(1)
    path = str(tmp_path / "kept.qgz")
    assert QgsProject.instance().write(path)
    QgsProject.instance().clear()
    assert bench.dock._chosen.image is None
    QgsProject.instance().read(path)
    assert bench.dock.source.image.currentLayer().name() == "scene"
    assert bench.dock.source.areas.currentLayer().name() == "Training areas"
    assert bench.dock._chosen.bands == {"green": 1}
    assert bench.dock.areas.problem() == ""


def test_the_sample_scene_from_an_empty_project(bench: Bench) -> None:
    QgsProject.instance().clear()
    assert bench.dock.source.sample.isVisible()
    bench.dock.source.sample.click()
    assert not bench.dock.source.sample.isVisible()
    until(lambda: bench.states[-1].hectares is not None, "hectares of the whole image")
    assert 700 < bench.states[-1].hectares < 900
    assert len(bench.rows()) == bench.dock.areas.layer.featureCount()
    # The plugin's own copy stays as it is.
    assert not bench.dock.areas.layer.source().startswith(str(ROOT))


def test_what_cant_be_saved_is_taken_back_and_can_be_tried_again(bench: Bench, areas: QgsVectorLayer) -> None:
    """Left in QGIS' edit buffer it would be shown as drawn, keep whatever is drawn later from being saved, and go with a crash."""
    told: list[str] = []
    bench.dock.areas.failed.connect(told.append)
    box = bench.image.extent()
    bench.draw((box.xMinimum() + 300, box.yMinimum() + 300), water=True)
    (kept,) = in_layer(areas)
    path = areas.source().split("|")[0]
    with sqlite3.connect(path) as database:
        (name,) = database.execute("SELECT table_name FROM gpkg_contents").fetchone()
    database.close()

    def refuse(*events: str) -> None:
        with sqlite3.connect(path) as database:
            for event in ("INSERT", "UPDATE", "DELETE"):
                database.execute(f"DROP TRIGGER IF EXISTS full_{event}")
            for event in events:
                database.execute(f"CREATE TRIGGER full_{event} BEFORE {event} ON \"{name}\" BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        database.close()

    refuse("INSERT", "UPDATE", "DELETE")
    assert not bench.dock.areas.add(QgsGeometry.fromWkt(wkt(box.xMinimum() + 600, box.yMinimum() + 600)), areas.crs(), water=False)
    assert not bench.dock.areas.delete([kept])
    assert not bench.dock.areas.set_class([kept], water=False)
    bench.dock.areas.undo()
    assert len(told) == 4
    assert all("can't be saved" in text and "taken back; Redo tries again" in text for text in told)
    assert not areas.isModified()
    assert in_layer(areas).keys() == {kept}
    assert bench.rows() and len(bench.rows()) == 1
    # What was tried last.
    assert bench.dock.areas.redoable == "change class"
    assert bench.dock.areas.undoable == "draw water"
    assert not bench.dock.areas.add(QgsGeometry.fromWkt(wkt(box.xMinimum() + 600, box.yMinimum() + 600)), areas.crs(), water=False)
    refuse()
    bench.dock.areas.redo()
    assert len(in_layer(areas)) == 2
    assert not areas.isModified()
    bench.dock.areas.undo()
    assert in_layer(areas).keys() == {kept}


class Steps:
    """What may happen to panel and layer, by chance."""

    def __init__(self, bench: Bench, layer: QgsVectorLayer, seed: int) -> None:
        self.bench, self.layer, self.draw = bench, layer, random.Random(seed)
        dock, field, draw = bench.dock, layer.fields().lookupField("class"), self.draw
        keys = [Qt.Key.Key_W, Qt.Key.Key_N, Qt.Key.Key_D, Qt.Key.Key_Escape]
        self.all: list[Callable[[], object]] = [
            self.polygon,
            self.polygon,
            self.stroke,
            self.grow,
            dock.areas.undo,
            dock.areas.undo,
            dock.areas.redo,
            lambda: dock.areas.delete(self.some()),
            lambda: dock.areas.set_class(self.some(), water=draw.random() < 0.5),
            lambda: self.edit(lambda fid: layer.changeAttributeValue(fid, field, draw.choice([0, 1]))),
            lambda: self.edit(lambda fid: layer.changeGeometry(fid, QgsGeometry.fromWkt(wkt(*self.somewhere())))),
            lambda: self.edit(layer.deleteFeature),
            lambda: layer.isEditable() and layer.commitChanges(),
            lambda: layer.isEditable() and layer.rollBack(),
            self.pan,
            dock.see.live.click,
            lambda: QTest.qWait(draw.choice([0, 1, 10])),
            lambda: bench.desk.key(draw.choice(keys)),
        ]

    def somewhere(self) -> tuple[float, float]:
        box = self.bench.image.extent()
        return self.draw.uniform(box.xMinimum(), box.xMaximum()), self.draw.uniform(box.yMinimum(), box.yMaximum())

    def some(self) -> list[int]:
        ids = sorted(in_layer(self.layer))
        return self.draw.sample(ids, min(len(ids), self.draw.choice([1, 1, 2])))

    def polygon(self) -> None:
        self.bench.draw(self.somewhere(), water=self.draw.random() < 0.4, half=self.draw.uniform(20, 150))

    def stroke(self) -> None:
        self.bench.dock.take_pen("brush")
        x, y = self.somewhere()
        self.bench.desk.drag([(x, y), (x + 200, y + 50), (x + 300, y - 80)])

    def grow(self) -> None:
        self.bench.dock.take_pen("grow")
        self.bench.desk.click(*self.somewhere())

    def edit(self, change: Callable[[int], object]) -> None:
        """Edit as the attribute table and QGIS' own tools do."""
        if self.layer.isEditable() or self.layer.startEditing():
            for fid in self.some():
                change(fid)

    def pan(self) -> None:
        box = self.bench.desk.canvas.extent()
        box.scale(self.draw.uniform(0.7, 1.4))
        self.bench.desk.canvas.setExtent(box)
        self.bench.desk.canvas.refresh()


@pytest.mark.parametrize("seed", [20])
def test_random_steps(bench: Bench, areas: QgsVectorLayer, seed: int) -> None:
    """Panel and layer agree after whatever steps."""
    steps, dock = Steps(bench, areas, seed), bench.dock
    for _ in range(500 if SOAK else 120):
        steps.draw.choice(steps.all)()
    dock.areas.look()
    if not dock.see.live.isChecked():
        dock.see.live.click()
    # What an unfinished click of Grow still adds is an edit like any other.
    QTest.qWait(200)
    dock.areas.finish()
    bench.listed()
    assert in_file(areas.source()) == sorted(int(water) for water in in_layer(areas).values())
