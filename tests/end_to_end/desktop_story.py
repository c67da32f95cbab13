"""The story of test_desktop.py and of the user guide's pictures, played in QGIS desktop: what a newcomer does, from the zip to a map.

It writes pictures, and what it saw in told.json, to OUT; its own files, whose paths are in the pictures, to WORK.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import processing
import stage
from osgeo import gdal
from processing.core.ProcessingResults import resultsList
from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import (
    QgsApplication,
    QgsDateTimeRange,
    QgsFeature,
    QgsInterval,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsTemporalNavigationObject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime
from qgis.PyQt.QtGui import QImage, QTextDocument
from qgis.PyQt.QtWidgets import QDialogButtonBox, QDockWidget, QTextBrowser, QTextEdit
from qgis.utils import iface
from stage import Settle, Story, Until

OUT, WORK = Path(os.environ["OUT"]), Path(os.environ["WORK"])
MAP, MODEL, REPORT = (WORK / name for name in ("Water probability.tif", "model.json", "report.html"))
SCENES = {"2017-02-16 west": 0, "2017-02-16 middle": 512, "2017-02-16 east": 1024}
told: dict[str, object] = {}


def story() -> Story:
    """Install, look at every dialog, draw, map, go on."""
    yield Until("QGIS up", lambda: iface.mainWindow().isVisible())
    stage.fill_screen()
    yield from stage.install_plugin()
    sample = Path(shutil.copytree(stage.plugin_folder() / "resources" / "sample", WORK / "sample"))
    iface.newProject(False)
    image = iface.addRasterLayer(str(sample / "image.tif"), "image")
    hide("Browser", "Browser2")
    yield from _toolbox()
    told["groups"] = [text for _, text in stage.entries(stage.provider_entry())]
    told["dialogs"] = {}
    for name in [algorithm.name() for algorithm in stage.algorithms()]:
        yield from _look(name)
    # A dialog takes the layer that is active, if it can.
    iface.setActiveLayer(image)
    polygons = yield from _draw(image, QgsVectorLayer(str(sample / "labels.gpkg"), "labels", "ogr"))
    yield from _map(image, polygons)
    yield from _result()
    yield from _batch(sample)
    yield from _designer()
    yield from _go_on(image, polygons)
    yield from _play(sample)
    yield from _check_setup()
    (OUT / "told.json").write_text(json.dumps(told, default=str), encoding="utf-8")


def hide(*names: str) -> None:
    """Hide panels of the main window."""
    for dock in (iface.mainWindow().findChild(QDockWidget, name) for name in names):
        if dock is not None:
            dock.hide()


def _toolbox() -> Story:
    stage.toolbox().show()
    tree = stage.toolbox().algorithmTree
    entry = stage.provider_entry()
    tree.expandRecursively(entry)
    tree.scrollTo(entry, tree.ScrollHint.PositionAtTop)
    yield Settle()
    # Only now does the map have its place beside the toolbox.
    iface.zoomFull()
    yield Settle()
    yield stage.drawn()
    stage.save(iface.mainWindow(), "toolbox")


def _look(name: str) -> Story:
    dialog = yield from stage.open_dialog(name)
    stage.save(dialog, f"dialog_{name}")
    told["dialogs"][name] = {
        "title": dialog.windowTitle(),
        "help": "\n".join(browser.toPlainText() for browser in dialog.findChildren(QTextBrowser)),
        "run": stage.run_button(dialog).isEnabled(),
    }
    yield from stage.close(dialog)


def _draw(image: object, labels: QgsVectorLayer) -> Story:
    """Make a training layer, draw a polygon of water in it, and return it with the sample's polygons in its place."""
    dialog = yield from stage.open_dialog("createtraininglayer")
    dialog.setParameters({"INPUT": image.id(), "OUTPUT": str(WORK / "Training polygons.gpkg")})
    yield from stage.press_run(dialog)
    yield from stage.close(dialog)
    stage.toolbox().hide()
    layer = QgsProject.instance().mapLayersByName("Training polygons")[0]
    iface.layerTreeView().expandAll()
    iface.mapCanvas().setExtent(QgsRectangle(336300, 5815300, 342300, 5818800))
    layer.startEditing()
    for feature in labels.getFeatures():
        drawn = QgsFeature(layer.fields())
        drawn.setGeometry(feature.geometry())
        drawn["class"] = feature["class"]
        layer.addFeature(drawn)
    before = set(layer.allFeatureIds())
    yield Settle()
    yield stage.drawn()
    form = yield from stage.draw_polygon(layer, [(0.28, 0.235), (0.35, 0.24), (0.36, 0.3), (0.27, 0.295)])
    choice = stage.class_choice(form)
    told["choices"] = [choice.itemText(i) for i in range(choice.count())]
    form.move(700, 420)
    choice.showPopup()
    yield Settle()
    stage.save_screen("training_layer")
    choice.hidePopup()
    choice.setCurrentIndex(choice.findText("Water"))
    form.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).click()
    yield Until("the form closed", lambda: not stage.forms())
    (new,) = set(layer.allFeatureIds()) - before
    shape = layer.getFeature(new).geometry()
    told["saved"] = layer.commitChanges()
    saved = next(feature for feature in layer.getFeatures() if feature.geometry().equals(shape))
    told["drawn"] = [saved["class"], shape.area() > 0]
    # The map is to be that of the sample's own polygons.
    layer.dataProvider().deleteFeatures([saved.id()])
    iface.actionPan().trigger()
    return layer


def _map(image: object, polygons: QgsVectorLayer) -> Story:
    """Map the sample scene: choose the image, leave the rest as the dialog has it."""
    stage.toolbox().show()
    iface.setActiveLayer(polygons)
    dialog = yield from stage.open_dialog("mapwater")
    dialog.resize(900, 780)
    dialog.setParameters({"INPUT": image.id(), "OUTPUT": str(MAP), "OUTPUT_MODEL": str(MODEL), "OUTPUT_REPORT": str(REPORT)})
    yield Settle()
    stage.save(dialog, "dialog_mapwater")
    told["chosen"] = {key: str(value) for key, value in dialog.createProcessingParameters().items()}
    results = yield from stage.press_run(dialog)
    told["log"] = next(text.toPlainText() for text in dialog.findChildren(QTextEdit) if "Algorithm started" in text.toPlainText())
    yield from stage.close(dialog)
    told["results"] = {key: value for key, value in results.items() if isinstance(value, (int, float, str))}
    layer = QgsProject.instance().mapLayersByName("Water probability")[0]
    told["layers"] = [node.name() for node in QgsProject.instance().layerTreeRoot().findLayers()]
    told["renderer"] = layer.renderer().type()
    told["legend"] = [item[0] if isinstance(item, tuple) else item.label for item in layer.renderer().legendSymbologyItems()]
    told["reports"] = [result.filename if hasattr(result, "filename") else result.result for result in resultsList.getResults()]


def _result() -> Story:
    stage.toolbox().hide()
    hide("ResultsViewer")
    iface.messageBar().clearWidgets()
    iface.layerTreeView().expandAll()
    iface.mapCanvas().setExtent(QgsRectangle(334500, 5814400, 345300, 5821900))
    yield Settle()
    yield stage.drawn()
    # The map has another place now that the panels are gone, and on a busy machine QGIS may not have begun to draw.
    iface.mapCanvas().refresh()
    yield Settle()
    yield stage.drawn()
    yield Until("the map is coloured", lambda: stage.colours(iface.mapCanvas().grab().toImage()) > 8)
    stage.save(iface.mainWindow(), "result_map")


def _batch(sample: Path) -> Story:
    scenes = []
    for name, column in SCENES.items():
        path = str(WORK / f"{name}.tif")
        gdal.Translate(path, str(sample / "image.tif"), srcWin=[column, 0, 512, 768])
        scenes.append(iface.addRasterLayer(path, name))
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:predictwaterprobability").create()
    dialog = BatchAlgorithmDialog(algorithm, iface.mainWindow())
    dialog.show()
    yield Settle()
    dialog.resize(1280, 420)
    panel = dialog.mainWidget()
    panel.addRow(len(scenes) - 1)
    columns, table = panel.parameter_to_column, panel.tblParameters
    for row, layer in enumerate(scenes):
        for key, value in (("INPUT", layer.id()), ("MODEL", str(MODEL))):
            panel.wrappers[row][columns[key]].setParameterValue(value, panel.processing_context)
        table.cellWidget(row + 1, columns["OUTPUT"]).setValue(str(WORK / f"{layer.name()} water.tif"))
    # All columns at once, the destination among them, in the width of a page.
    table.horizontalHeader().setMinimumSectionSize(60)
    for key, column in columns.items():
        table.setColumnWidth(column, 200 if key in {"INPUT", "MODEL"} else 95)
    yield Settle()
    stage.save(dialog, "batch")
    yield from stage.close(dialog)
    QgsProject.instance().removeMapLayers([layer.id() for layer in scenes])


def _designer() -> Story:
    model = QgsApplication.processingRegistry().algorithmById("ipeowater:polygonstowaterbodies")
    designer = ModelerDialog.create(model)
    designer.resize(1280, 640)
    designer.show()
    yield Settle()
    designer.view().fitInView(designer.view().scene().itemsBoundingRect(), Qt.AspectRatioMode.KeepAspectRatio)
    yield Settle()
    stage.save(designer, "model_designer")
    designer.close()


def _go_on(image: object, polygons: QgsVectorLayer) -> Story:
    """Take the map and the model further, and look at how each result is drawn."""
    runs = {
        "samplepixels": {"INPUT": image, "POLYGONS": polygons, "CLASS_FIELD": "class"},
        "extractwater": {"INPUT": str(MAP), "MIN_AREA": 10000},
        "suggestpolygons": {"INPUT": image, "MODEL": str(MODEL), "POLYGONS": polygons},
    }
    told["styles"] = {}
    for name, parameters in runs.items():
        before = QgsProject.instance().mapLayers()
        processing.runAndLoadResults(f"ipeowater:{name}", {**parameters, "OUTPUT": "TEMPORARY_OUTPUT"})
        layer = next(layer for key, layer in QgsProject.instance().mapLayers().items() if key not in before)
        told["styles"][name] = [layer.name(), [symbol.color().name() for symbol in layer.renderer().symbols(QgsRenderContext())]]
    yield Settle()
    yield stage.drawn()
    stage.save(iface.mapCanvas(), "results")


def _play(sample: Path) -> Story:
    """Map images of 24 dates of a year, and step through it day by day."""
    iface.newProject(False)
    days = [QDate(2020, month, day) for month in range(1, 13) for day in (3, 19)]
    for number, day in enumerate(days):
        # Another part of the scene each time, as if it lay in one place.
        path, name = str(WORK / f"lakes_{day.toString('yyyy-MM-dd')}.tif"), f"map {day.toString('yyyy-MM-dd')}"
        part = {"srcWin": [1120 + 5 * number, 0, 160, 120], "outputBounds": [400000, 5801200, 401600, 5800000]}
        gdal.Translate(path, str(sample / "image.tif"), **part)
        processing.runAndLoadResults(
            "ipeowater:predictwaterprobability", {"INPUT": path, "MODEL": str(MODEL), "OUTPUT": str(WORK / f"{name}.tif")}
        )
    layers = list(QgsProject.instance().mapLayers().values())
    canvas = iface.mapCanvas()
    QgsProject.instance().setCrs(layers[0].crs())
    canvas.setExtent(layers[0].extent())
    iface.messageBar().clearWidgets()
    dock = iface.mainWindow().findChild(QDockWidget, "Temporal Controller")
    dock.show()
    controller = canvas.temporalController()
    controller.setNavigationMode(QgsTemporalNavigationObject.NavigationMode.Animated)
    start = QDateTime(QDate(2020, 1, 1), QTime(0, 0), Qt.TimeSpec.UTC)
    controller.setTemporalExtents(QgsDateTimeRange(start, start.addYears(1), True, False))
    controller.setFrameDuration(QgsInterval(24 * 3600))
    shown, pictures = {}, []

    def differs_from(picture: QImage) -> Callable[[], bool]:
        return lambda: canvas.grab().toImage() != picture

    for day in [days[0].addDays(-1), *days]:
        controller.setCurrentFrameNumber(day.dayOfYear() - 1)
        # QGIS begins to draw some moments later.
        wanted = differs_from(pictures[-1]) if pictures else lambda: stage.colours(canvas.grab().toImage()) < 8
        yield Until(f"{day.toString('yyyy-MM-dd')} is drawn", wanted)
        yield stage.drawn()
        seen = [layer for layer in layers if layer.temporalProperties().isVisibleInTemporalRange(canvas.temporalRange())]
        shown[day.toString("yyyy-MM-dd")] = [Path(layer.source()).stem for layer in seen]
        pictures.append(canvas.grab().toImage())
    told["played"] = shown
    told["frames"] = sum(all(picture != other for other in pictures[:number]) for number, picture in enumerate(pictures))
    stage.save(iface.mainWindow(), "played")
    dock.hide()


def _check_setup() -> Story:
    # The folders that it names are to be a user's, not this story's.
    checkout = Path(stage.__file__).parent.parent
    sys.path[:] = [folder for folder in sys.path if not Path(folder).is_relative_to(checkout)]
    stage.toolbox().show()
    dialog = yield from stage.open_dialog("checksetup")
    dialog.resize(900, 600)
    yield from stage.press_run(dialog)
    log = next(text for text in dialog.findChildren(QTextEdit) if "Algorithm started" in text.toPlainText())
    log.find("Version of IPEO Water", QTextDocument.FindFlag.FindBackward)
    log.verticalScrollBar().setValue(log.verticalScrollBar().value() + log.cursorRect().top())
    cursor = log.textCursor()
    cursor.clearSelection()
    log.setTextCursor(cursor)
    yield Settle()
    stage.save(dialog, "checksetup")
    yield from stage.close(dialog)


stage.play(story())
