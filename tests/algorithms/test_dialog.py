"""The dialog of a single run in QGIS desktop: QGIS' own, filled in from the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qgis.utils
from provided import ALGORITHMS
from qgis.core import QgsApplication, QgsProcessingParameterEnum, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgsMessageBar
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QWidget
from runs import Scene, run

from ipeo_water_plugin.algorithms.project import remember
from ipeo_water_plugin.core.model_json import read_model


class Interface:
    """What QGIS' dialogs ask of the desktop."""

    active = None

    def activeLayer(self) -> Any:
        return self.active

    def mapCanvas(self) -> None:
        return None

    def browserModel(self) -> None:
        return None

    def mainWindow(self) -> None:
        return None

    def messageBar(self) -> QgsMessageBar:
        return QgsMessageBar()


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch, qgis_new_project: None) -> Iterator[Interface]:
    """An interface with an active layer, over an empty project."""
    interface = Interface()
    from processing.gui import AlgorithmDialog, ParametersPanel

    from ipeo_water_plugin.algorithms import dialog

    for module in (qgis.utils, AlgorithmDialog, ParametersPanel, dialog):
        monkeypatch.setattr(module, "iface", interface)
    yield interface
    QgsProject.instance().clear()


@pytest.fixture
def opened() -> Iterator[Any]:
    """Opens the dialog of an algorithm as the toolbox does."""
    parent = QWidget()

    def show(name: str) -> Any:
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"ipeowater:{name}")
        return algorithm.createCustomParametersWidget(parent)

    yield show
    sip.delete(parent)


def add_layers(scene: Scene) -> tuple[QgsRasterLayer, QgsVectorLayer]:
    image, areas = QgsRasterLayer(scene.image, "image"), QgsVectorLayer(scene.labels, "areas", "ogr")
    QgsProject.instance().addMapLayers([image, areas])
    return image, areas


def put_on_top(layer: QgsRasterLayer | QgsVectorLayer) -> None:
    """Add a layer above all others. QGIS would put it where the last one went, which another test may have chosen."""
    QgsProject.instance().addMapLayer(layer, False)
    QgsProject.instance().layerTreeRoot().insertLayer(0, layer)


def box(dialog: Any, key: str) -> Any:
    return dialog.mainWidget().wrappers[key].wrappedWidget()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_dialog_opens_and_yields_the_words_that_scripts_use(name: str, desktop: Interface, opened: Any) -> None:
    dialog = opened(name)
    algorithm = dialog.algorithm()
    choices = [p for p in algorithm.parameterDefinitions() if isinstance(p, QgsProcessingParameterEnum)]
    for parameter in choices:
        widget, wrapper = box(dialog, parameter.name()), dialog.mainWidget().wrappers[parameter.name()]
        for index, word in enumerate(parameter.options()):
            widget.setCurrentIndex(index)
            assert wrapper.parameterValue() == word
            assert widget.currentText() != word
            wrapper.setParameterValue(word, dialog.fitting._context)
            assert widget.currentIndex() == index


def test_the_image_and_the_training_areas_are_chosen_although_another_layer_is_active(
    scene: Scene, desktop: Interface, opened: Any
) -> None:
    image, areas = add_layers(scene)
    for desktop.active in (areas, image, None):
        values = opened("mapwater").createProcessingParameters()
        assert (values["INPUT"], values["POLYGONS"], values["CLASS_FIELD"]) == (image.id(), areas.id(), "class")


def test_of_several_images_it_is_what_the_training_layer_was_made_for(
    scene: Scene, other_scene: Scene, tmp_path: Path, desktop: Interface, opened: Any
) -> None:
    image, areas = add_layers(scene)
    other = QgsRasterLayer(other_scene.image, "other")
    put_on_top(other)
    desktop.active = areas
    assert opened("samplepixels").createProcessingParameters()["INPUT"] == other.id()
    remember({"image": image.id()})
    assert opened("samplepixels").createProcessingParameters()["INPUT"] == image.id()
    path = str(tmp_path / "drawn.gpkg")
    from qgis import processing

    processing.run("ipeowater:createtraininglayer", {"INPUT": other, "OUTPUT": path})
    put_on_top(QgsVectorLayer(path, "drawn", "ogr"))
    assert opened("samplepixels").createProcessingParameters()["INPUT"] == other.id()


def test_empty_boxes_say_which_band_they_stand_for(scene: Scene, make_image: Any, desktop: Interface, opened: Any) -> None:
    assert box(opened("mapwater"), "NIR").currentText() == "Not set"
    image, _ = add_layers(scene)
    dialog = opened("mapwater")
    assert box(dialog, "NIR").currentText() == "Band 3, found by band description"
    assert dialog.createProcessingParameters()["NIR"] is None
    import numpy as np

    dialog.setParameters({"INPUT": make_image(np.arange(100, dtype=np.float32).reshape(4, 5, 5), descriptions=())})
    assert box(dialog, "GREEN").currentText() == "Not found: choose the band"
    dialog.setParameters({"INPUT": image.id(), "GREEN": 2})
    assert dialog.createProcessingParameters()["GREEN"] == 2


def test_the_report_of_a_map_is_on(scene: Scene, desktop: Interface, opened: Any) -> None:
    add_layers(scene)
    values = opened("mapwater").createProcessingParameters()
    assert values["OUTPUT_REPORT"] == "TEMPORARY_OUTPUT"
    assert not values.get("OUTPUT_MODEL")
    assert not opened("trainlogisticregression").createProcessingParameters().get("OUTPUT_REPORT")


@pytest.mark.parametrize(
    ("changed", "equal"),
    [({}, True), ({"MASK": "areas"}, False), ({"EXTENT": "500050,500150,5799850,5799950"}, False), ({"DATA_TYPE": "uint8"}, False)],
)
def test_a_saved_map_with_terms_of_its_own_isnt_said_to_be_what_the_panel_shows(
    changed: dict[str, str], equal: bool, scene: Scene, tmp_path: Path, desktop: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was, with the hectares of the whole image, where a mask had left a lake of it."""
    from processing.tools import general

    from ipeo_water_plugin.panel.saving import Saving
    from ipeo_water_plugin.panel.sources import Chosen

    monkeypatch.setattr(general, "iface", desktop)
    image, areas = add_layers(scene)
    model = str(tmp_path / "model.json")
    run("mapwater", {**scene.parameters, "OUTPUT": str(tmp_path / "p.tif"), "OUTPUT_MODEL": model})
    saving, told = Saving(), []
    saving.seen = 297.0, 0.5
    dialog = saving.open("mapwater", Chosen(image, areas), lambda: read_model(model))
    changed = {key: areas.id() if value == "areas" else value for key, value in changed.items()}
    dialog.setParameters({**dialog.createProcessingParameters(), **changed})
    dialog.setInfo = told.append
    dialog.algorithmFinished.emit(True, {"OUTPUT": str(tmp_path / "p.tif"), "OUTPUT_MODEL": model})
    assert [("equals what the panel shows" in text, "297 ha" in text) for text in told] == [(equal, equal)]
    sip.delete(dialog)
