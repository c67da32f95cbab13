"""A layer is removed from the project while a run that uses it waits or starts: the run has what it needs, and QGIS lives."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import processing
import pytest
from jobs import Said
from osgeo import gdal
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
)

from ipeo_water_plugin.algorithms.source import LayerSource

pytestmark = pytest.mark.usefixtures("provider")

Job = Callable[[str], dict[str, Any]]

# Run by itself, since what it looks for ends the process.
REMOVING = """
import gc, sys, time
from pathlib import Path
sys.path[:0] = [%(root)r, "/usr/share/qgis/python/plugins", "/usr/lib/qgis/python/plugins"]
from qgis.core import *
from qgis.PyQt.QtCore import QCoreApplication
application = QgsApplication([], False)
application.initQgis()
from ipeo_water_plugin.plugin import WaterPlugin
plugin = WaterPlugin(None)
plugin.initProcessing()
project = QgsProject.instance()
for when, name, key, path, turn, given in [(*job, turn, given) for *job, turns, given in %(jobs)r for turn in range(turns)]:
    layer = QgsVectorLayer(path, "areas", "ogr")
    project.addMapLayer(layer)
    value = QgsProcessingFeatureSourceDefinition(layer.id(), False) if turn %% 2 and key != "MASK" else layer.id()
    context, feedback, ended = QgsProcessingContext(), QgsProcessingFeedback(False), []
    context.setProject(project)
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:" + name)
    task = QgsProcessingAlgRunnerTask(algorithm, {**given, key: value}, context, feedback)
    task.executed.connect(lambda succeeded, results: ended.append(succeeded))
    if when == "waits":
        project.removeMapLayer(layer.id())
        QgsApplication.taskManager().addTask(task)
    else:
        QgsApplication.taskManager().addTask(task)
        time.sleep(0.01 * (turn %% 4))
        project.removeMapLayer(layer.id())
    del layer
    gc.collect()
    while not ended:
        QCoreApplication.processEvents()
        time.sleep(0.005)
    print(when, name, ended, flush=True)
import os
os._exit(0)
"""


# What takes a layer, the parameter that does, and how often it is removed while the task starts: at each moment, and called in both ways.
TAKING = (
    ("samplepixels", "POLYGONS", 8),
    ("trainlogisticregression", "INPUT", 4),
    ("assessaccuracy", "REFERENCE", 4),
    ("suggestpolygons", "POLYGONS", 4),
    ("predictwaterprobability", "MASK", 4),
)


def test_while_a_task_waits_or_starts(job: Job, tmp_path: Path) -> None:
    """One process for them all, since a QGIS takes longer to start than they do; the last line says how far it came."""
    jobs, wanted = [], []
    for when, (name, key, often) in itertools.product(("waits", "starts"), TAKING):
        # Before the task starts there is one moment only, and two ways to call a layer.
        turns = often if when == "starts" else 2
        output = {"predictwaterprobability": str(tmp_path / "p.tif"), "trainlogisticregression": str(tmp_path / "m.json")}.get(
            name, "memory:"
        )
        given = {"MAX_PER_CLASS": 50, **job(name), "OUTPUT": output}
        jobs.append((when, name, key, given.get(key, job("mapwater")["POLYGONS"]), turns, given))
        wanted += [f"{when} {name} [True]"] * turns
    code = REMOVING % {"root": str(Path(__file__).resolve().parents[2]), "jobs": jobs}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[-2000:]
    assert done.stdout.splitlines() == wanted


@pytest.fixture
def layer() -> Iterator[QgsVectorLayer]:
    """Five squares with the classes 0 to 4, of which one is new and one changed, neither saved."""
    made = QgsVectorLayer("Polygon?crs=EPSG:32633&field=class:int", "squares", "memory")
    features = []
    for number in range(4):
        feature = QgsFeature(made.fields())
        feature.setGeometry(QgsGeometry.fromWkt(f"POLYGON(({number} 0,{number + 1} 0,{number + 1} 1,{number} 1,{number} 0))"))
        feature.setAttributes([number])
        features.append(feature)
    assert made.dataProvider().addFeatures(features)
    made.updateExtents()
    QgsProject.instance().addMapLayer(made)
    assert made.startEditing()
    added = QgsFeature(made.fields())
    added.setAttributes([4])
    added.setGeometry(features[0].geometry())
    assert made.addFeature(added)
    ids = sorted(made.allFeatureIds())
    assert made.changeAttributeValue(ids[-1], 0, 30)
    yield made
    QgsProject.instance().clear()


def classes(source: LayerSource) -> list[int]:
    from qgis.core import QgsFeatureRequest

    return sorted(feature["class"] for feature in source.features(QgsFeatureRequest()))


def test_what_a_source_holds(layer: QgsVectorLayer) -> None:
    """Edits that aren't saved, selected features alone, the first few, those of a filter: as the layer stood, and after it is gone."""
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    every = [0, 1, 2, 4, 30]
    layer.selectByExpression('"class" IN (1, 30)')

    def chosen(selected: bool, limit: int = -1, expression: str = "") -> QgsProcessingFeatureSourceDefinition:
        definition = QgsProcessingFeatureSourceDefinition(layer.id(), selected, limit)
        if expression:
            if not hasattr(definition, "filterExpression"):
                pytest.skip("this QGIS has no filters of a parameter")
            definition.filterExpression = expression
        return definition

    wanted = [
        (layer, every, 5),
        (layer.id(), every, 5),
        (layer.name(), every, 5),
        (chosen(False), every, 5),
        (chosen(True), [1, 30], 2),
        (chosen(True, 1), None, 1),
        (chosen(False, 3), None, 3),
    ]
    sources = [(LayerSource.from_value(given, context), values, count) for given, values, count in wanted]
    virtual = QgsVirtualLayerDefinition()
    virtual.addSource("squares", layer.id())
    virtual.setQuery('SELECT * FROM squares WHERE "class" > 1')
    over = QgsVectorLayer(virtual.toString(), "over", "virtual")
    QgsProject.instance().addMapLayer(over)
    sources.append((LayerSource.from_value(over, context), sorted(feature["class"] for feature in over.getFeatures()), over.featureCount()))
    for gone in range(2):
        for source, values, count in sources:
            assert source is not None
            found = classes(source)
            assert found == values if values is not None else len(found) == count
            assert source.count == count
        if not gone:
            layer.rollBack()
            QgsProject.instance().removeAllMapLayers()


def test_a_filter_of_a_parameter(layer: QgsVectorLayer) -> None:
    definition = QgsProcessingFeatureSourceDefinition(layer.id(), False)
    if not hasattr(definition, "filterExpression"):
        pytest.skip("this QGIS has no filters of a parameter")
    definition.filterExpression = '"class" > 1'
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    layer.selectByExpression('"class" IN (1, 30)')
    assert classes(LayerSource.from_value(definition, context)) == [2, 4, 30]
    definition.selectedFeaturesOnly = True
    assert classes(LayerSource.from_value(definition, context)) == [30]


def test_what_is_no_vector_layer(job: Job) -> None:
    context = QgsProcessingContext()
    for nothing in (None, "", "nowhere.gpkg", job("mapwater")["INPUT"]):
        assert LayerSource.from_value(nothing, context) is None


def test_a_layer_of_the_project_is_not_changed_by_a_run(job: Job, tmp_path: Path) -> None:
    """Its selection and edits are its own."""
    gdal.VectorTranslate(str(tmp_path / "areas.gpkg"), job("mapwater")["POLYGONS"])
    layer = QgsVectorLayer(str(tmp_path / "areas.gpkg"), "areas", "ogr")
    QgsProject.instance().addMapLayer(layer)
    layer.selectAll()
    given = {**job("samplepixels"), "POLYGONS": QgsProcessingFeatureSourceDefinition(layer.id(), True), "OUTPUT": "memory:"}
    processing.run("ipeowater:samplepixels", {**given, "MAX_PER_CLASS": 10}, feedback=Said())
    assert layer.selectedFeatureCount() == layer.featureCount()
    QgsProject.instance().clear()
