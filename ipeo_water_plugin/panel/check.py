"""Checking a map with random points, one by one: which comes next, what is written about it, and what the labels so far say. No widgets.

The layer is the truth, as it is for training areas: each label goes through its edit buffer and is saved at once, and a session resumes at
the first point that is open. An unclear point keeps an empty class, gets the time, and is not sure: it isn't asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from qgis.core import NULL, QgsFeature, QgsGeometry, QgsPointXY, QgsProcessingContext, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QDateTime, QObject, Qt, pyqtSignal

from ..algorithms.areas import CLASS_FIELD, read_areas
from ..algorithms.assessaccuracy import AssessAccuracy
from ..algorithms.base import Values
from ..algorithms.image import INPUT, read_raster
from ..algorithms.labelform import CLASS
from ..algorithms.layervalues import shown_name
from ..algorithms.samplereference import LABELLED, NOTE, SURE
from ..algorithms.source import features_of
from ..algorithms.vectors import POINT, placed, read_all
from ..core.accuracy.labelling import SampleOnMap, SoFar
from ..core.accuracy.reference_points import STRATA
from ..core.accuracy.sampling_design import STRATUM, STRATUM_AREA, WEIGHT, SampledPoint
from ..core.errors import InputError, WaterError
from ..core.grid import Grid
from ..core.progress import SilentProgress
from ..core.raster.source import grid_of
from ..core.sampling.polygons import envelopes
from ..core.system.redaction import redacted
from ..core.translation import tr
from .areas import not_editable, save_edits, why_unsaved
from .worker import Turn, Worker, attempt, one_shot

WATER, OTHER, UNCLEAR = "water", "other", "unclear"
DESIGN_FIELDS = (STRATUM, WEIGHT, STRATUM_AREA)
DEFAULT_THRESHOLD = 0.5
_MAX_STEPS = 1000


@dataclass(frozen=True)
class CheckState:
    """What the widgets show.

    Attributes:
        number: of the point, from 1; 0 = none.
        points: their number in all.
        done: number of points that are labelled or unclear.
        unclear: number of those that are unclear.
        label: of the point: `water`, `other`, `unclear`, or "" while it is open.
        sure: False where its label is marked as not sure.
        note: on the point.
        working: whether the map is still being read.
        message: why something doesn't work; "" if it does.
        so_far: what the labels say.
        undoable: whether a label can be taken back.
    """

    number: int = 0
    points: int = 0
    done: int = 0
    unclear: int = 0
    label: str = ""
    sure: bool = True
    note: str = ""
    working: bool = False
    message: str = ""
    so_far: SoFar = field(default_factory=SoFar)
    undoable: bool = False


@dataclass
class _Point:
    """A point as its feature is now."""

    fid: int
    sampled: SampledPoint
    label: str = ""
    sure: bool = True
    note: str = ""


class Check(QObject):
    """One session: a map, and the points drawn from it.

    Signals:
        changed: a `CheckState`.
        moved: another point is the current one, or it lies elsewhere.
        closed: the session has ended, perhaps because a layer was removed.
    """

    changed = pyqtSignal(object)
    moved = pyqtSignal()
    closed = pyqtSignal()
    _read = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer: QgsVectorLayer | None = None
        self.map: QgsRasterLayer | None = None
        self.threshold = DEFAULT_THRESHOLD
        self._worker = Worker("ipeo-water check")
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._later = one_shot(self, self._look)
        self._clear()

    def _clear(self) -> None:
        self._points: list[_Point] = []
        self._current = -1
        self._grid: Grid | None = None
        self._on_map: SampleOnMap | None = None
        self._margin: float | None = None
        self._message, self._so_far = "", SoFar()
        # Whether something is being written, and whether the editing was begun here, so that it ends here.
        self._writing = self._own = False
        # Feature and what its fields held before.
        self._undo: list[tuple[int, dict[str, object]]] = []

    # Begin and end.

    def open(
        self, layer: QgsVectorLayer, raster: QgsRasterLayer, threshold: float = DEFAULT_THRESHOLD, margin: float | None = None
    ) -> None:
        """Go on at the first open point of a layer.

        Args:
            layer: of reference points, as *Sample reference points* writes it.
            raster: the map that they were drawn from.
            threshold: pixels with p ≥ threshold are water.
            margin: half the width of the interval that is wished for, as a share of the area; None = none.

        Raises:
            WaterError: layer or map can't be used.
        """
        self.close()
        self.layer, self.map, self.threshold, self._margin = layer, raster, threshold, margin
        try:
            self._reread()
            if not self._points:
                msg = tr("“{layer}” holds no points that Sample reference points drew.").format(layer=shown_name(layer))
                raise InputError(msg)
        except WaterError:
            self.layer = self.map = None
            self._clear()
            raise
        self._connect(on=True)
        self._current = -1
        self.skip()

    def close(self) -> None:
        """End the session; what was labelled is saved already."""
        if self.layer is None:
            return
        self._connect(on=False)
        if self._own and self.layer.isEditable() and not self.layer.isModified():
            self.layer.commitChanges()  # noqa: QGS201 (nothing is left to save)
        self._later.stop()
        self._worker.cancel()
        self.layer = self.map = None
        self._clear()
        self.closed.emit()

    def _gone(self) -> None:
        """End where a layer goes, and leave it alone."""
        self._own = False
        self.close()

    def finish(self) -> None:
        """End for good."""
        self.close()
        self._worker.close()

    def _connect(self, *, on: bool) -> None:
        layer, raster = self.layer, self.map
        pairs = [(each.willBeDeleted, self._gone) for each in (layer, raster) if not sip.isdeleted(each)]
        if not sip.isdeleted(raster):
            pairs.append((raster.dataSourceChanged, self.close))
        if not sip.isdeleted(layer):
            signals = [layer.featureAdded, layer.featureDeleted, layer.geometryChanged, layer.attributeValueChanged]
            signals += [layer.afterRollBack, layer.dataChanged, layer.subsetStringChanged]
            pairs += [*((signal, self._touched) for signal in signals), (layer.dataSourceChanged, self._replaced)]
        for signal, slot in pairs:
            (signal.connect if on else signal.disconnect)(slot)

    # What the analyst does.

    def label(self, label: str) -> bool:
        """Label the current point `water`, `other` or `unclear`, and go to the next open one; return whether it was saved."""
        point = self._point()
        if point is None:
            return False
        value = {WATER: 1, OTHER: 0, UNCLEAR: NULL}[label]
        # A mark that was set before the label stays.
        sure = label != UNCLEAR and (point.sure or point.label == UNCLEAR)
        earlier = self._write(point, {CLASS: value, SURE: sure, LABELLED: QDateTime.currentDateTime()})
        if earlier is None:
            return False
        self._undo = [*self._undo, (point.fid, earlier)][-_MAX_STEPS:]
        self.skip()
        return True

    def undo(self) -> None:
        """Take the last label back, and go to its point."""
        while self._undo:
            fid, earlier = self._undo[-1]
            index = next((index for index, point in enumerate(self._points) if point.fid == fid), None)
            if index is not None and self._write(self._points[index], earlier) is None:
                return
            self._undo.pop()
            if index is not None:
                self._go(index)
                return
        self._tell()

    def back(self) -> None:
        """Go to the point before."""
        self._go(max(self._current - 1, 0))

    def skip(self) -> None:
        """Go to the next open point, and leave this one as it is; stay where there is none."""
        count = len(self._points)
        order = [(self._current + step) % count for step in range(1, count)]
        opened = next((index for index in order if not self._points[index].label), self._current)
        self._go(opened if opened >= 0 else 0)

    def set_note(self, note: str) -> None:
        """Note something on the current point."""
        point = self._point()
        if point is not None and note != point.note:
            self._write(point, {NOTE: note or NULL})
            self._tell()

    def set_sure(self, sure: bool) -> None:
        """Mark the label of the current point as sure or not; while it is open, the label to come."""
        point = self._point()
        if point is None or point.label == UNCLEAR:
            self._tell()
        elif not point.label:
            point.sure = sure
            self._tell()
        elif self._write(point, {SURE: sure}) is not None:
            self._tell()

    # What is shown.

    def outline(self) -> QgsGeometry:
        """Return the current point's pixel in the map's CRS; empty without a point."""
        point, grid = self._point(), self._grid
        if point is None or point.sampled.place is None or grid is None:
            return QgsGeometry()
        box = envelopes([point.sampled.place])
        (column, row), ends = np.floor(grid.to_pixels(box[:, 0], box[:, 2]))[0], np.array([[0, 1, 1, 0], [0, 0, 1, 1]])
        corners = grid.to_crs(column + ends[0], row + ends[1])
        return QgsGeometry.fromPolygonXY([[QgsPointXY(x, y) for x, y in corners.tolist()]])

    def state(self) -> CheckState:
        """Return what the widgets show."""
        point = self._point()
        if point is None:
            return CheckState()
        return CheckState(
            number=self._current + 1,
            points=len(self._points),
            done=sum(1 for each in self._points if each.label),
            unclear=sum(1 for each in self._points if each.label == UNCLEAR),
            label=point.label,
            sure=point.sure,
            note=point.note,
            working=self._on_map is None and not self._message,
            message=self._message,
            so_far=self._so_far,
            undoable=bool(self._undo),
        )

    def _point(self) -> _Point | None:
        return self._points[self._current] if 0 <= self._current < len(self._points) else None

    def _tell(self) -> None:
        self.changed.emit(self.state())

    def _go(self, index: int) -> None:
        self._current = index
        self.moved.emit()
        self._tell()

    # The layer.

    def _write(self, point: _Point, values: dict[str, object]) -> dict[str, object] | None:
        """Write fields of a feature and save them; return what they held, or None if that failed."""
        layer = self.layer
        fields = layer.fields()
        indices = {name: fields.lookupField(name) for name in values}
        feature = layer.getFeature(point.fid)
        self._message, started = _lacks(layer, values), layer.isEditable()
        if feature.isValid() and not started and not self._message:
            started = self._own = layer.startEditing()
        if self._message or not feature.isValid() or not started:
            self._message = self._message or not_editable(layer)
            self._tell()
            return None
        earlier = {name: feature.attribute(index) for name, index in indices.items()}
        self._writing = True
        try:
            layer.beginEditCommand(tr("label"))
            # The form's own default would take any edit for a label.
            done = layer.changeAttributeValues(point.fid, {index: values[name] for name, index in indices.items()}, {}, True)
            if done:
                layer.endEditCommand()
            else:
                layer.destroyEditCommand()
            saved = done and save_edits(layer)
            if not saved:
                self._message = f"{why_unsaved(layer)} {tr('The point stays as it was.')}"
                if done:
                    layer.undoStack().undo()
        finally:
            self._writing = False
        if not saved:
            self._tell()
            return None
        for name, index in indices.items():
            feature.setAttribute(index, values[name])
        self._fill(point, feature)
        self._count()
        return earlier

    def _touched(self, *_: object) -> None:
        if not self._writing:
            self._later.start(0)

    def _replaced(self) -> None:
        """Take another file's points: no label in them was given here."""
        self._undo = []
        self._touched()

    def _look(self) -> None:
        """Take what others did to the layer."""
        current = self._point()
        try:
            self._reread()
        except WaterError as error:
            self._message = redacted(str(error))
        if not self._points:
            self.close()
            return
        index = next((index for index, point in enumerate(self._points) if current is not None and point.fid == current.fid), None)
        self._go(min(self._current, len(self._points) - 1) if index is None else index)

    def _reread(self) -> None:
        """Read the points and, unless they lie where they lay, the map under them."""
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        chosen = {INPUT: self.map.id(), AssessAccuracy.REFERENCE: self.layer.id(), CLASS_FIELD: CLASS}
        values = Values(AssessAccuracy().create(), chosen, context)
        raster = read_raster(values, INPUT)
        areas = read_areas(values, raster, AssessAccuracy.REFERENCE)
        if problem := _lacks(self.layer, DESIGN_FIELDS):
            raise InputError(problem)
        features = sorted(read_all(features_of(self.layer), areas.source.name), key=QgsFeature.id)
        points = []
        for feature, wkb in placed(features, areas.placement, (POINT,), areas.source.name, len(features), SilentProgress()):
            stratum, weight, area = (None if feature[name] == NULL else feature[name] for name in DESIGN_FIELDS)
            # As *Assess accuracy* takes them.
            if stratum in STRATA and weight is not None and area is not None:
                points.append(self._fill(_Point(feature.id(), SampledPoint(stratum, weight, area, wkb)), feature))
        same = [(point.fid, point.sampled) for point in points] == [(point.fid, point.sampled) for point in self._points]
        self._points = points
        if same and self._on_map is not None:
            self._count()
            return
        self._grid = grid_of(raster.file)
        self._on_map, self._so_far = None, SoFar()
        if points:
            file, sampled, ids = raster.file, [point.sampled for point in points], [point.fid for point in points]
            threshold = self.threshold

            def read(turn: Turn) -> None:
                found, problem = attempt(lambda turn: SampleOnMap(file, sampled, ids, threshold, turn), turn, _in_words)
                self._read.emit(turn, found if problem is None else problem)

            self._worker.submit(read)

    def _fill(self, point: _Point, feature: QgsFeature) -> _Point:
        """Take what a feature's fields hold."""
        point.label = label_of(feature)
        point.sure = _value(feature, SURE) in (None, True)
        point.note = str(_value(feature, NOTE) or "")
        return point

    def _take(self, turn: Turn, found: object) -> None:
        if turn.cancelled() or self.layer is None:
            return
        if isinstance(found, SampleOnMap):
            self._on_map = found
            self._count()
        else:
            self._message = str(found)
        self._tell()

    def _count(self) -> None:
        if self._on_map is not None:
            labels = {WATER: True, OTHER: False}
            self._so_far = self._on_map.so_far(
                [labels.get(point.label) for point in self._points], [point.label == UNCLEAR for point in self._points], self._margin
            )


def _lacks(layer: QgsVectorLayer, names: Iterable[str]) -> str:
    """Return, in words, which field a layer of points lacks; "" if it has all."""
    missing = next((name for name in names if layer.fields().lookupField(name) < 0), None)
    text = tr("“{layer}” has no field “{field}”: choose a layer that Sample reference points wrote.")
    return "" if missing is None else text.format(layer=shown_name(layer), field=missing)


def _in_words(error: Exception) -> str:
    return redacted(str(error)) if isinstance(error, WaterError) else tr("The map can't be read: see the log messages.")


def label_of(feature: QgsFeature) -> str:
    """Return the label of a reference point: `water`, `other`, `unclear`, or "" while it is open."""
    value = _value(feature, CLASS)
    if value is not None:
        return WATER if value in (1, "1") else OTHER
    # The form alone sets the time for a note, too.
    return UNCLEAR if _value(feature, LABELLED) is not None and _value(feature, SURE) is False else ""


def _value(feature: QgsFeature, name: str) -> object:
    """Return what a field holds, None if it is empty or there is no such field."""
    index = feature.fields().lookupField(name)
    value = feature.attribute(index) if index >= 0 else NULL
    return None if value == NULL else value
