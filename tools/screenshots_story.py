"""The story of the pictures in docs/images/, played in QGIS desktop: an analyst draws, maps, looks, and does the same to more scenes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import processing
import stage
from osgeo import gdal
from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import QgsApplication, QgsFeature, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QTextDocument
from qgis.PyQt.QtWidgets import QDockWidget, QTextEdit, QWidget
from qgis.utils import iface
from stage import Settle, Story, Until

WORK = Path(os.environ["WORK"])
SCENES = {"2017-02-16 west": 0, "2017-02-16 middle": 512, "2017-02-16 east": 1024}


def story() -> Story:
    """Take one picture after the other."""
    yield Until("QGIS up", lambda: iface.mainWindow().isVisible())
    window = stage.main_window()
    yield from stage.install_plugin()
    sample = _sample()
    iface.newProject(False)
    image = iface.addRasterLayer(str(sample / "image.tif"), "image")
    for name in ("Browser", "Browser2"):
        dock = window.findChild(QDockWidget, name)
        if dock is not None:
            dock.hide()
    yield from _toolbox(window)
    yield from _training_layer(image, sample)
    yield from _dialog()
    yield from _result(window)
    yield from _batch()
    yield from _designer()
    yield from _check_setup()


def _sample() -> Path:
    """Copy the sample scene out of the plugin, to where an analyst would keep it."""
    target = WORK / "sample"
    shutil.copytree(stage.plugin_folder() / "resources" / "sample", target)
    return target


def _toolbox(window: QWidget) -> Story:
    stage.toolbox().show()
    tree = stage.toolbox().algorithmTree
    entry = stage.provider_entry()
    tree.expandRecursively(entry)
    tree.scrollTo(entry, tree.ScrollHint.PositionAtTop)
    yield Settle()
    # Only now has the map its place beside the toolbox.
    iface.zoomFull()
    yield Settle()
    yield stage.drawn()
    stage.save(window, "toolbox")


def _training_layer(image: object, sample: Path) -> Story:
    stage.toolbox().hide()
    path = str(WORK / "Training polygons.gpkg")
    processing.runAndLoadResults("ipeowater:createtraininglayer", {"INPUT": image, "OUTPUT": path})
    layer = QgsProject.instance().mapLayersByName("Training polygons")[0]
    iface.setActiveLayer(layer)
    iface.layerTreeView().expandAll()
    iface.mapCanvas().setExtent(QgsRectangle(336300, 5815300, 342300, 5818800))
    layer.startEditing()
    for feature in QgsVectorLayer(str(sample / "labels.gpkg"), "labels", "ogr").getFeatures():
        drawn = QgsFeature(layer.fields())
        drawn.setGeometry(feature.geometry())
        drawn["class"] = feature["class"]
        layer.addFeature(drawn)
    yield Settle()
    yield stage.drawn()
    form = yield from stage.draw_polygon(layer, [(0.28, 0.235), (0.35, 0.24), (0.36, 0.3), (0.27, 0.295)])
    form.move(700, 420)
    stage.class_choice(form).showPopup()
    yield Settle()
    stage.save_screen("training_layer")
    stage.class_choice(form).hidePopup()
    form.reject()
    layer.commitChanges()
    iface.actionPan().trigger()


def _dialog() -> Story:
    stage.toolbox().show()
    dialog = yield from stage.open_dialog("mapwater")
    dialog.resize(900, 780)
    files = {"OUTPUT": "Water probability.tif", "OUTPUT_MODEL": "model.json", "OUTPUT_REPORT": "report.html"}
    image = QgsProject.instance().mapLayersByName("image")[0]
    polygons = QgsProject.instance().mapLayersByName("Training polygons")[0]
    dialog.setParameters({"INPUT": image.id(), "POLYGONS": polygons.id(), **{key: str(WORK / name) for key, name in files.items()}})
    yield Settle()
    stage.save(dialog, "dialog_mapwater")
    yield from stage.press_run(dialog)
    stage.save(dialog, "log_mapwater")
    yield from stage.close(dialog)


def _result(window: QWidget) -> Story:
    stage.toolbox().hide()
    viewer = window.findChild(QDockWidget, "ResultsViewer")
    if viewer is not None:
        viewer.hide()
    iface.messageBar().clearWidgets()
    # The polygons belong above the map, where an analyst drags them.
    root = QgsProject.instance().layerTreeRoot()
    node = root.findLayer(QgsProject.instance().mapLayersByName("Training polygons")[0].id())
    root.insertChildNode(0, node.clone())
    root.removeChildNode(node)
    iface.layerTreeView().expandAll()
    iface.mapCanvas().setExtent(QgsRectangle(334500, 5814400, 345300, 5821900))
    yield Settle()
    yield stage.drawn()
    yield Settle()
    stage.save(window, "result_map")


def _batch() -> Story:
    scenes = []
    for name, column in SCENES.items():
        path = str(WORK / f"{name}.tif")
        gdal.Translate(path, str(WORK / "sample" / "image.tif"), srcWin=[column, 0, 512, 768])
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
        for key, value in (("INPUT", layer.id()), ("MODEL", str(WORK / "model.json"))):
            panel.wrappers[row][columns[key]].setParameterValue(value, panel.processing_context)
        table.cellWidget(row + 1, columns["OUTPUT"]).setValue(str(WORK / f"{layer.name()} water.tif"))
    # All columns at once, the destination among them, in the width of a page.
    table.horizontalHeader().setMinimumSectionSize(60)
    for key, column in columns.items():
        table.setColumnWidth(column, 200 if key in {"INPUT", "MODEL"} else 95)
    yield Settle()
    stage.save(dialog, "batch")
    yield from stage.close(dialog)


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


def _check_setup() -> Story:
    # The folders that it names are to be a user's, not this story's.
    sys.path[:] = [folder for folder in sys.path if Path(folder) != Path(stage.__file__).parent]
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
