"""The story of the pictures in docs/images/, played in QGIS desktop: an analyst draws, maps, looks, and does the same to more scenes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import processing
from osgeo import gdal
from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import QgsApplication, QgsFeature, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtGui import QImage, QPainter
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDockWidget, QWidget
from qgis.utils import iface

import stage
from stage import Settle, Story, Until

WORK = Path(os.environ["WORK"])
SCENES = {"2017-05-27 west": 0, "2017-05-27 middle": 512, "2017-05-27 east": 1024}


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
    yield from _training_layer(window, image, sample)
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
    for index, text in stage.entries():
        if text == "IPEO Water":
            tree.expandRecursively(index)
            tree.scrollTo(index, tree.ScrollHint.PositionAtTop)
    yield Settle()
    yield stage.drawn()
    stage.save(window, "toolbox")


def _training_layer(window: QWidget, image: object, sample: Path) -> Story:
    stage.toolbox().hide()
    path = str(WORK / "training_polygons.gpkg")
    processing.runAndLoadResults("ipeowater:createtraininglayer", {"INPUT": image, "OUTPUT": path})
    layer = QgsProject.instance().mapLayersByName("Training polygons")[0]
    iface.setActiveLayer(layer)
    iface.mapCanvas().setExtent(QgsRectangle(336300, 5815300, 342300, 5818800))
    layer.startEditing()
    for feature in QgsVectorLayer(str(sample / "labels.gpkg"), "labels", "ogr").getFeatures():
        drawn = QgsFeature(layer.fields())
        drawn.setGeometry(feature.geometry())
        drawn["class"] = feature["class"]
        layer.addFeature(drawn)
    yield Settle()
    yield stage.drawn()
    form = yield from stage.draw_polygon(layer, [(0.42, 0.35), (0.52, 0.33), (0.55, 0.45), (0.44, 0.48)])
    form.move(700, 420)
    form.findChild(QComboBox).showPopup()
    yield Settle()
    stage.save_screen("training_layer")
    form.findChild(QComboBox).hidePopup()
    form.reject()
    layer.commitChanges()
    iface.actionPan().trigger()


def _dialog() -> Story:
    stage.toolbox().show()
    dialog = yield from stage.open_dialog("mapwater")
    dialog.resize(900, 760)
    dialog.setParameters({"INPUT": QgsProject.instance().mapLayersByName("image")[0].id(), "OUTPUT": str(WORK / "water.tif"), "OUTPUT_MODEL": str(WORK / "model.json"), "OUTPUT_REPORT": str(WORK / "report.html")})
    yield Settle()
    stage.save(dialog, "dialog_mapwater")
    yield from stage.press_run(dialog)
    stage.save(dialog, "log_mapwater")
    yield from stage.close(dialog)


def _result(window: QWidget) -> Story:
    stage.toolbox().hide()
    iface.zoomFull()
    yield Settle()
    yield stage.drawn()
    yield Settle()
    stage.save(window, "result_map")


def _batch() -> Story:
    scenes = []
    for name, column in SCENES.items():
        scenes.append(str(WORK / f"{name}.tif"))
        gdal.Translate(scenes[-1], str(WORK / "sample" / "image.tif"), srcWin=[column, 0, 512, 768])
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:predictwaterprobability").create()
    dialog = BatchAlgorithmDialog(algorithm, iface.mainWindow())
    dialog.resize(1280, 420)
    dialog.show()
    panel = dialog.mainWidget()
    panel.addRow(len(scenes) - 1)
    for row, path in enumerate(scenes):
        for key, value in (("INPUT", path), ("MODEL", str(WORK / "model.json"))):
            panel.wrappers[row][panel.parameter_to_column[key]].setParameterValue(value, panel.processing_context)
        panel.tblParameters.cellWidget(row + 1, panel.parameter_to_column["OUTPUT"]).setValue(path.replace(".tif", " water.tif"))
    yield Settle()
    stage.save(dialog, "batch")
    yield from stage.close(dialog)


def _designer() -> Story:
    model = QgsApplication.processingRegistry().algorithmById("ipeowater:polygonstowaterbodies")
    designer = ModelerDialog.create(model)
    designer.resize(1280, 800)
    designer.show()
    yield Settle()
    designer.view().fitInView(designer.view().scene().itemsBoundingRect(), 1)
    yield Settle()
    stage.save(designer, "model_designer")
    designer.close()


def _check_setup() -> Story:
    stage.toolbox().show()
    dialog = processing.createAlgorithmDialog("ipeowater:checksetup", {})
    dialog.show()
    dialog.resize(900, 600)
    yield Settle()
    yield from stage.press_run(dialog)
    stage.save(dialog, "checksetup")
    yield from stage.close(dialog)


stage.play(story())
