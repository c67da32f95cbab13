"""The story of test_desktop.py, played in QGIS desktop: what a newcomer does, from the zip to a map. It tells what it saw in told.json."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import processing
import stage
from processing.core.ProcessingResults import resultsList
from qgis.core import QgsProject, QgsRenderContext
from qgis.PyQt.QtWidgets import QDialogButtonBox, QTextBrowser
from qgis.utils import iface
from stage import Settle, Story, Until

OUT = Path(os.environ["OUT"])
told: dict[str, object] = {}


def story() -> Story:
    """Install, look at every dialog, draw, map."""
    yield Until("QGIS up", lambda: iface.mainWindow().isVisible())
    window = stage.main_window()
    yield from stage.install_plugin()
    stage.toolbox().show()
    sample = stage.plugin_folder() / "resources" / "sample"
    image = iface.addRasterLayer(str(sample / "image.tif"), "image")
    labels = iface.addVectorLayer(str(sample / "labels.gpkg"), "labels", "ogr")
    yield Settle()
    told["groups"] = [text for _, text in stage.entries(stage.provider_entry())]
    told["dialogs"] = {}
    for name in [algorithm.name() for algorithm in stage.algorithms()]:
        yield from _look(name)
    # The dialog takes the layer that is active, if it can.
    iface.setActiveLayer(image)
    yield from _draw(image)
    yield from _map(labels)
    # Where others use the processors QGIS may not have begun to draw.
    yield Until("the map is coloured", lambda: stage.colours(iface.mapCanvas().grab().toImage()) > 8)
    stage.save(window, "map")
    yield from _go_on(image, labels)
    (OUT / "told.json").write_text(json.dumps(told, default=str), encoding="utf-8")


def _look(name: str) -> Story:
    dialog = yield from stage.open_dialog(name)
    stage.save(dialog, f"dialog_{name}")
    told["dialogs"][name] = {
        "title": dialog.windowTitle(),
        "help": "\n".join(browser.toPlainText() for browser in dialog.findChildren(QTextBrowser)),
        "run": stage.run_button(dialog).isEnabled(),
    }
    yield from stage.close(dialog)


def _draw(image: object) -> Story:
    """Make a training layer and draw a polygon of water in it."""
    dialog = yield from stage.open_dialog("createtraininglayer")
    dialog.setParameters({"INPUT": image.id(), "OUTPUT": str(OUT / "Training polygons.gpkg")})
    yield from stage.press_run(dialog)
    yield from stage.close(dialog)
    layer = QgsProject.instance().mapLayersByName("Training polygons")[0]
    layer.startEditing()
    form = yield from stage.draw_polygon(layer, [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)])
    choice = stage.class_choice(form)
    told["choices"] = [choice.itemText(i) for i in range(choice.count())]
    stage.save(form, "form")
    choice.setCurrentIndex(choice.findText("Water"))
    form.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).click()
    yield Until("the form closed", lambda: not stage.forms())
    told["saved"] = layer.commitChanges()
    told["drawn"] = [[feature["class"], feature.geometry().area() > 0] for feature in layer.getFeatures()]
    iface.actionPan().trigger()
    QgsProject.instance().removeMapLayer(layer.id())


def _map(labels: object) -> Story:
    """Map the sample scene: choose the image, leave the rest as the dialog has it."""
    iface.setActiveLayer(labels)
    dialog = yield from stage.open_dialog("mapwater")
    image = QgsProject.instance().mapLayersByName("image")[0]
    dialog.setParameters({"INPUT": image.id(), "OUTPUT_MODEL": str(OUT / "model.json"), "OUTPUT_REPORT": str(OUT / "report.html")})
    yield Settle()
    told["chosen"] = {key: str(value) for key, value in dialog.createProcessingParameters().items()}
    results = yield from stage.press_run(dialog)
    stage.save(dialog, "log")
    yield from stage.close(dialog)
    # A temporary file goes with its profile, and the test looks into it.
    results["OUTPUT"] = shutil.copy(results["OUTPUT"], str(OUT / "water.tif"))
    told["results"] = {key: value for key, value in results.items() if isinstance(value, (int, float, str))}
    layer = QgsProject.instance().mapLayersByName("Water probability")[0]
    yield Settle()
    yield stage.drawn()
    told["layers"] = [node.name() for node in QgsProject.instance().layerTreeRoot().findLayers()]
    told["renderer"] = layer.renderer().type()
    told["legend"] = [item[0] if isinstance(item, tuple) else item.label for item in layer.renderer().legendSymbologyItems()]
    told["reports"] = [result.filename if hasattr(result, "filename") else result.result for result in resultsList.getResults()]


def _go_on(image: object, labels: object) -> Story:
    """Take the map and the model further, and look at how each result is drawn."""
    runs = {
        "samplepixels": {"INPUT": image, "POLYGONS": labels, "CLASS_FIELD": "class"},
        "extractwater": {"INPUT": str(OUT / "water.tif"), "MIN_AREA": 10000},
        "suggestpolygons": {"INPUT": image, "MODEL": str(OUT / "model.json"), "POLYGONS": labels},
    }
    told["styles"] = {}
    for layer in QgsProject.instance().mapLayersByName("Water probability"):
        QgsProject.instance().removeMapLayer(layer.id())
    for name, parameters in runs.items():
        before = QgsProject.instance().mapLayers()
        processing.runAndLoadResults(f"ipeowater:{name}", {**parameters, "OUTPUT": "TEMPORARY_OUTPUT"})
        layer = next(layer for key, layer in QgsProject.instance().mapLayers().items() if key not in before)
        told["styles"][name] = [layer.name(), [symbol.color().name() for symbol in layer.renderer().symbols(QgsRenderContext())]]
    yield Settle()
    yield stage.drawn()
    stage.save(iface.mapCanvas(), "results")


stage.play(story())
