"""A result that is loaded already shows what the run wrote, with the style that a user gave it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
import scenes
from jobs import Said
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsPalettedRasterRenderer,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QColor

pytestmark = pytest.mark.usefixtures("provider")

Job = Callable[[str], dict[str, Any]]


@pytest.fixture(autouse=True)
def _empty_project() -> Iterator[None]:
    yield
    QgsProject.instance().clear()


def run(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return processing.run(f"ipeowater:{name}", parameters, feedback=Said(), context=context)


def in_a_task(name: str, parameters: dict[str, Any]) -> None:
    """As the toolbox does it: the work in a thread of its own, the end in this one."""
    context, feedback = QgsProcessingContext(), Said()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}")
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    ended: list[bool] = []
    task.executed.connect(lambda succeeded, results: ended.append(succeeded))
    QgsApplication.taskManager().addTask(task)
    while not ended:
        QCoreApplication.processEvents()
    assert ended == [True], feedback.errors


def shown(source: Path | str, name: str = "shown") -> QgsRasterLayer:
    layer = QgsRasterLayer(str(source), name)
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    return layer


def pixels(layer: QgsRasterLayer, band: int = 1) -> np.ndarray:
    """The whole raster, as the layer's own provider has it."""
    block = layer.dataProvider().block(band, layer.extent(), layer.width(), layer.height())
    return np.array([[block.value(row, column) for column in range(0, layer.width(), 50)] for row in range(0, layer.height(), 50)])


def rows(layer: QgsVectorLayer) -> list[list[object]]:
    return [feature.attributes() for feature in layer.getFeatures()]


@pytest.mark.parametrize("how", [run, in_a_task])
def test_a_raster(how: Callable[[str, dict[str, Any]], object], job: Job, tmp_path: Path) -> None:
    path = tmp_path / "p.tif"
    how("predictwaterprobability", {**job("predictwaterprobability"), "OUTPUT": str(path)})
    layer, mosaic = shown(path), tmp_path / "over.vrt"
    gdal.BuildVRT(str(mosaic), [str(path)])
    over, link = shown(mosaic), tmp_path / "link.tif"
    link.symlink_to(path)
    linked = shown(link)
    renderer = QgsPalettedRasterRenderer(layer.dataProvider(), 1, [QgsPalettedRasterRenderer.Class(1, QColor("red"), "mine")])
    layer.setRenderer(renderer)
    before = pixels(layer)
    repainted: list[bool] = []
    layer.repaintRequested.connect(lambda *deferred: repainted.append(True))
    how("predictwaterprobability", {**job("predictwaterprobability"), "DATA_TYPE": "uint8", "OUTPUT": str(path)})
    assert not np.array_equal(pixels(layer), before)
    for known in (layer, over, linked):
        assert np.array_equal(pixels(known), pixels(QgsRasterLayer(known.source(), "fresh")))
    assert layer.renderer().classes()[0].label == "mine"
    assert repainted


def test_a_raster_of_other_size_and_bands(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "share.tif"
    scenes.write_scene(path, scenes.pixels(40, 30))
    layer = shown(path)
    run("wateroccurrence", {**job("wateroccurrence"), "OUTPUT": str(path)})
    whole = gdal.Open(str(path))
    assert (layer.width(), layer.height(), layer.bandCount()) == (whole.RasterXSize, whole.RasterYSize, 2)
    assert layer.crs().authid() == QgsRasterLayer(str(path), "").crs().authid()
    assert np.array_equal(pixels(layer), pixels(QgsRasterLayer(str(path), "")))


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".sqlite"])
@pytest.mark.parametrize("how", [run, in_a_task])
def test_a_vector_layer(how: Callable[[str, dict[str, Any]], object], suffix: str, job: Job, tmp_path: Path) -> None:
    path = tmp_path / f"samples{suffix}"
    how("samplepixels", {**job("samplepixels"), "MAX_PER_CLASS": 5, "OUTPUT": str(path)})
    layer = QgsVectorLayer(str(path), "shown", "ogr")
    QgsProject.instance().addMapLayer(layer)
    if layer.isSpatial():
        symbol = QgsSymbol.defaultSymbol(layer.geometryType())
        symbol.setColor(QColor("red"))
        layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    assert len(rows(layer)) == 10
    how("samplepixels", {**job("samplepixels"), "MAX_PER_CLASS": 7, "SEED": 3, "OUTPUT": str(path)})
    fresh = QgsVectorLayer(str(path), "fresh", "ogr")
    assert len(rows(fresh)) == 14
    assert rows(layer) == rows(fresh)
    assert layer.featureCount() == 14
    assert layer.extent() == fresh.extent()
    assert not layer.isSpatial() or layer.renderer().symbol().color().name() == "#ff0000"


def test_a_table_of_other_fields(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "table.gpkg"
    run("samplepixels", {**job("samplepixels"), "MAX_PER_CLASS": 5, "OUTPUT": str(path)})
    layer = QgsVectorLayer(f"{path}|layername=table", "shown", "ogr")
    QgsProject.instance().addMapLayer(layer)
    run("assessaccuracy", {**job("assessaccuracy"), "OUTPUT": str(path)})
    assert layer.fields().names() == ["fid", "metric", "value", "lower", "upper", "note"]
    assert rows(layer) == rows(QgsVectorLayer(f"{path}|layername=table", "fresh", "ogr"))


def test_several_results_of_one_run(job: Job, tmp_path: Path) -> None:
    """The mask beside the polygons, and the rasters of a folder with the virtual raster over them."""
    bodies, mask = tmp_path / "bodies.gpkg", tmp_path / "mask.tif"
    outputs = {"OUTPUT": str(bodies), "OUTPUT_MASK": str(mask)}
    run("extractwater", {**job("extractwater"), "THRESHOLD": 0.5, **outputs})
    layer, polygons = shown(mask), QgsVectorLayer(str(bodies), "bodies", "ogr")
    QgsProject.instance().addMapLayer(polygons)
    run("extractwater", {**job("extractwater"), "THRESHOLD": 0.999, **outputs})
    assert np.array_equal(pixels(layer), pixels(QgsRasterLayer(str(mask), "")))
    assert rows(polygons) == rows(QgsVectorLayer(str(bodies), "", "ogr"))
    folder, model = tmp_path / "many", job("predictwaterprobability")["MODEL"]
    folder.mkdir()
    many = {"INPUTS": [job("mapwater")["INPUT"]], "MODEL": model, "OUTPUT_FOLDER": str(folder), "OUTPUT_VRT": str(folder / "all.vrt")}
    run("predictmanyrasters", many)
    result, mosaic = shown(folder / "image.tif"), shown(folder / "all.vrt")
    before = pixels(result)
    run("predictmanyrasters", {**many, "DATA_TYPE": "uint8"})
    assert np.array_equal(pixels(result), pixels(QgsRasterLayer(str(folder / "image.tif"), "")))
    assert np.array_equal(pixels(mosaic), pixels(QgsRasterLayer(str(folder / "all.vrt"), "")))
    assert not np.array_equal(pixels(result), before)


def test_a_layer_with_edits_stays_as_it_is(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "samples.fgb"
    run("samplepixels", {**job("samplepixels"), "MAX_PER_CLASS": 5, "OUTPUT": str(path)})
    layer = QgsVectorLayer(str(path), "shown", "ogr")
    QgsProject.instance().addMapLayer(layer)
    assert layer.startEditing()
    with pytest.raises(Exception, match="is being edited"):
        run("samplepixels", {**job("samplepixels"), "MAX_PER_CLASS": 7, "OUTPUT": str(path)})
    assert len(rows(QgsVectorLayer(str(path), "fresh", "ogr"))) == 10
    assert layer.rollBack()


def test_edits_that_begin_while_a_run_goes_on(job: Job, tmp_path: Path) -> None:
    """They would be saved into other features of the new file."""
    path = tmp_path / "samples.gpkg"
    given = {**job("samplepixels"), "MAX_PER_CLASS": 5, "OUTPUT": str(path)}
    run("samplepixels", given)
    layer = QgsVectorLayer(str(path), "shown", "ogr")
    QgsProject.instance().addMapLayer(layer)
    before = rows(layer)
    context, feedback, ended = QgsProcessingContext(), Said(), []
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:samplepixels")
    task = QgsProcessingAlgRunnerTask(algorithm, {**given, "SEED": 5}, context, feedback)
    task.executed.connect(lambda succeeded, results: ended.append(succeeded))
    assert layer.startEditing()
    QgsApplication.taskManager().addTask(task)
    while not ended:
        QCoreApplication.processEvents()
    assert ended == [False]
    assert "“shown” is being edited" in "".join(feedback.errors)
    assert rows(QgsVectorLayer(str(path), "fresh", "ogr")) == before
    assert layer.rollBack()


def test_without_a_project(job: Job, tmp_path: Path) -> None:
    context = QgsProcessingContext()
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:createtraininglayer").create()
    parameters = {**job("createtraininglayer"), "OUTPUT": str(tmp_path / "areas.gpkg")}
    assert algorithm.run(parameters, context, Said())[1]
