"""Reference points of a map: drawn as *Sample reference points* draws them, found again, and assessed."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsMapLayer,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsTask,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt import sip

from ..algorithms.areas import CLASS_FIELD
from ..algorithms.base import OUTPUT_REPORT
from ..algorithms.extractwater import ExtractWater
from ..algorithms.image import INPUT
from ..algorithms.labelform import CLASS
from ..algorithms.samplereference import THRESHOLD, SampleReference
from ..core.errors import WaterError
from ..core.raster.geotiff import provenance
from ..core.system.redaction import redacted
from ..core.translation import tr
from .check import DESIGN_FIELDS, label_of
from .sources import add_on_top, is_there, place_for, unused

# Of a layer of reference points: the map that they were drawn from, at which threshold, and the margin that was wished for.
_MAP, _THRESHOLD, _MARGIN = "ipeo_water/map", "ipeo_water/threshold", "ipeo_water/margin"

# A style of its own: QGIS asks before it replaces one.
_STYLE = "IPEO Water check"

Done = Callable[[bool, dict, str], None]


@dataclass(frozen=True)
class Session:
    """A layer of reference points on a map; `layer` is None while it is only a file.

    Attributes:
        source: of the layer.
        name: of the layer.
        done: number of points that are labelled or unclear.
        points: their number in all.
    """

    source: str
    name: str
    done: int
    points: int
    layer: QgsVectorLayer | None = None

    def load(self) -> QgsVectorLayer:
        """Return the layer, added to the project if it is not there yet."""
        if self.layer is None or sip.isdeleted(self.layer):
            layer = QgsVectorLayer(self.source, self.name, "ogr")
            if layer.isValid():
                add_on_top(layer)
            return layer
        return self.layer


def shows_map(layer: QgsMapLayer) -> bool:
    """Return whether a layer shows where a model sees water: a raster that this plugin made, or water bodies."""
    if isinstance(layer, QgsVectorLayer):
        return all(layer.fields().lookupField(name) >= 0 for name in ExtractWater.FIELDS)
    try:
        return isinstance(layer, QgsRasterLayer) and layer.providerType() == "gdal" and bool(provenance(layer.source()))
    except WaterError:
        return False


def sessions(raster: QgsRasterLayer) -> list[Session]:
    """Return the layers of reference points of a map, in the project and beside it; unfinished ones first."""
    found, seen = [], set()
    for layer in QgsProject.instance().mapLayers().values():
        if isinstance(layer, QgsVectorLayer) and layer.isValid() and _is_sample(layer):
            seen.add(_file(layer.source()))
            if _is_of(layer, raster):
                found.append(_session(layer, layer))
    folder = place_for(_file_name(raster)).parent
    for path in sorted(folder.glob(f"{glob.escape(_stem(raster))}*.gpkg")):
        layer = QgsVectorLayer(str(path), path.stem, "ogr")
        if path not in seen and layer.isValid() and _is_sample(layer) and _is_of(layer, raster):
            found.append(_session(layer, None))
    return sorted(found, key=lambda one: one.done >= one.points)


def draw_points(raster: QgsRasterLayer, threshold: float, count: int | None, margin: float | None, done: Done) -> QgsTask:
    """Draw reference points in the background, and add their layer to the project.

    Args:
        raster: the map.
        threshold: pixels with p ≥ threshold are water.
        count: number of points; None = worked out from the margin.
        margin: half the width of the interval that is wanted, as a share of the area; None = none.
        done: receives whether it worked, the results (`layer` among them, while the map is in the project), and the log.
    """
    path, source, drawn_from = place_for(_file_name(raster)), raster.source(), raster.id()
    chosen = {INPUT: raster.id(), THRESHOLD: threshold, SampleReference.OUTPUT: str(path)}
    if count is not None:
        chosen[SampleReference.COUNT] = count
    elif margin is not None:
        chosen[SampleReference.MARGIN] = 100 * margin

    def drawn(ok: bool, results: dict, log: str) -> None:
        if ok:
            layer = QgsVectorLayer(results[SampleReference.OUTPUT], path.stem, "ogr")
            layer.setCustomProperty(_MAP, redacted(source))
            layer.setCustomProperty(_THRESHOLD, threshold)
            if count is None:
                layer.setCustomProperty(_MARGIN, margin)
            # In the file too, where the properties outlast a project that isn't saved.
            layer.saveStyleToDatabase(_STYLE, "", True, "")
            # Another project may have been opened meanwhile.
            if QgsProject.instance().mapLayer(drawn_from) is not None:
                add_on_top(layer)
                results = {**results, "layer": layer}
        done(ok, results, log)

    return run("samplereference", chosen, drawn)


def settings_of(layer: QgsVectorLayer, threshold: float) -> tuple[float, float | None]:
    """Return the threshold that a layer's points were drawn at, and the margin that was wished for, if any.

    Args:
        layer: of reference points.
        threshold: that is taken where the layer records none.
    """
    own = _number(layer, _THRESHOLD)
    return threshold if own is None else own, _number(layer, _MARGIN)


def _number(layer: QgsVectorLayer, key: str) -> float | None:
    try:
        return float(layer.customProperty(key))
    except (TypeError, ValueError):
        return None


def assess(layer: QgsVectorLayer, raster: QgsRasterLayer, threshold: float, done: Done) -> QgsTask:
    """Run *Assess accuracy* with a report beside the points, in the background.

    Args:
        layer: the labelled points.
        raster: the map.
        threshold: pixels with p ≥ threshold are water.
        done: receives whether it worked, the results, and the log.
    """
    file = _file(layer.source())
    beside = is_there(file)
    folder = file.parent if beside else place_for("report.html").parent
    report = unused(folder / f"{file.stem if beside else layer.name()} {tr('accuracy')}.html")
    chosen = {INPUT: raster.id(), "REFERENCE": layer.id(), CLASS_FIELD: CLASS, THRESHOLD: threshold}
    return run("assessaccuracy", {**chosen, "OUTPUT": "TEMPORARY_OUTPUT", OUTPUT_REPORT: str(report)}, done)


def run(name: str, parameters: dict, done: Done) -> QgsTask:
    """Run one of the plugin's algorithms in the background."""
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create()
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)

    def executed(ok: bool, results: dict) -> None:
        # The task uses context and feedback to the end.
        done(ok, results, feedback.textLog() if context is not None else "")

    task.executed.connect(executed)
    if task.isCanceled():
        # Values that can't be used: the task will never begin.
        done(False, {}, feedback.textLog())
    else:
        QgsApplication.taskManager().addTask(task)
    return task


def _session(layer: QgsVectorLayer, own: QgsVectorLayer | None) -> Session:
    done = sum(1 for feature in layer.getFeatures() if label_of(feature))
    return Session(layer.source(), layer.name(), done, layer.featureCount(), own)


def _is_sample(layer: QgsVectorLayer) -> bool:
    points = layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry
    return points and all(layer.fields().lookupField(name) >= 0 for name in (CLASS, *DESIGN_FIELDS))


def _stem(raster: QgsRasterLayer) -> str:
    return f"{_file(raster.source()).stem} {tr('reference points')}"


def _file_name(raster: QgsRasterLayer) -> str:
    return f"{_stem(raster)}.gpkg"


def _file(source: str) -> Path:
    return Path(source.split("|", 1)[0])


def _is_of(layer: QgsVectorLayer, raster: QgsRasterLayer) -> bool:
    """Return whether reference points were drawn from a map, perhaps in a project that was moved as a whole since."""
    made_for, source = str(layer.customProperty(_MAP) or ""), redacted(raster.source())
    if not made_for:
        return _file(layer.source()).name.startswith(_stem(raster))
    # Another year's map, in a folder of its own, may have the name too.
    return made_for == source or (_file(made_for).name == _file(source).name and not is_there(_file(made_for)))
