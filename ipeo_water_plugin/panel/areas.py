"""The training layer under the pen: what is drawn is saved at once, what is changed elsewhere is seen, and both can be undone.

The layer is the truth. Whatever happened to it, its features are compared with those known before, and the difference is what the panel
learns, what it passes on, and what Undo takes back. QGIS' own undo can't serve: it forgets everything when edits are saved, and edits are
saved after each stroke, so that a crash loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Optional

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorDataProvider,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..algorithms.areas import LabelledAreas
from ..algorithms.layervalues import shown_name
from ..algorithms.source import features_of
from ..algorithms.vectors import POINT, POLYGON, placed, read_all
from ..core.errors import InputError, WaterError
from ..core.progress import SilentProgress
from ..core.sampling.classes import Key
from ..core.translation import tr
from .values import Area
from .worker import one_shot

_MAX_STEPS = 200
# Formats whose features keep their ids when another is deleted.
_STABLE_IDS = {"GPKG", "SQLite", "Memory storage"}
# They state the kind of geometry in their features alone: once all are gone, QGIS adds none.
_SHAPELESS = {"GeoJSON"}
# While another tool is in the middle of an edit.
_RETRY_MS = 20


@dataclass(frozen=True, eq=False)
class _Known:
    """A feature as it was seen last."""

    feature: QgsFeature
    wkb: bytes
    value: object


Features = dict[int, Optional[_Known]]


@dataclass
class _Step:
    """What one edit did: the features concerned before and after it; None = not there."""

    name: str
    before: Features
    after: Features

    def rename(self, ids: dict[int, int]) -> None:
        """Follow features that got other ids when they were put back."""
        self.before = {ids.get(fid, fid): feature for fid, feature in self.before.items()}
        self.after = {ids.get(fid, fid): feature for fid, feature in self.after.items()}


class _LastWarning(SilentProgress):
    """A progress that keeps the last warning."""

    text = ""

    def warn(self, message: str) -> None:
        self.text = message


class TrainingAreas(QObject):
    """Watches one polygon layer and edits it."""

    # Areas that are new or differ, and ids of those that are gone.
    changed = pyqtSignal(object, object)
    # What can be undone or redone has changed.
    stepped = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer: QgsVectorLayer | None = None
        # Why a feature isn't an area, by its id.
        self.problems: dict[int, str] = {}
        self._labelled: LabelledAreas | None = None
        self._field: int | str = ""
        # Keys of the classes that mean water.
        self._wet: frozenset[Key] = frozenset()
        self._known: dict[int, _Known] = {}
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        # Why the layer's features can't be used, if they can't be read.
        self._unread = ""
        # The last edit, if it couldn't be saved.
        self._unsaved: _Step | None = None
        # Whether the panel began the editing session, or drew in it, so that it saves and ends it.
        self._saving = False
        self._later = one_shot(self, self.look)

    def set_layer(self, layer: QgsVectorLayer | None, labelled: LabelledAreas | None) -> list[Area]:
        """Watch another layer, whose class field and place on the image are `labelled`, and return its areas."""
        if layer is not self.layer:
            self.finish()
            self._connect(self.layer, on=False)
            self._connect(layer, on=True)
            self._undo, self._redo = [], []
        elif labelled is not None and labelled.field != self._field:
            # Steps hold values of the field that was the class, and would write them into the other one.
            self._undo, self._redo = [], []
        self._field = self._field if labelled is None else labelled.field
        self.layer, self._labelled, self.problems = layer, labelled, {}
        self._known, self._unread = {}, ""
        try:
            self._known = self._read()
        except WaterError as error:
            self._unread = str(error)
        self.stepped.emit()
        return self._areas(self._known)

    def problem(self) -> str:
        """Return why nothing can be drawn in the layer, "" if it can."""
        if self.layer is None or self._labelled is None:
            return tr("Choose a layer for the training areas, or press New.")
        if self._unread:
            return self._unread
        wanted = QgsVectorDataProvider.Capability.AddFeatures | QgsVectorDataProvider.Capability.ChangeGeometries
        provider, field = self.layer.dataProvider(), self.layer.fields().at(self._labelled.field).name()
        if self.layer.readOnly() or provider.capabilities() & wanted != wanted:
            return not_editable(self.layer)
        if self.layer.subsetString():
            text = tr("“{layer}” has a filter, which may hide what is drawn or changed: remove it first (right-click the layer, Filter).")
        elif field not in provider.fields().names():
            text = tr("The field “{field}” of “{layer}” is computed or joined, so no class can be saved in it: choose another class field.")
        else:
            return ""
        return text.format(layer=shown_name(self.layer), field=field)

    def add(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem, *, water: bool) -> bool:
        """Add an area; return whether it was.

        Args:
            geometry: a polygon.
            crs: of it.
            water: its class.
        """
        layer, labelled = self.layer, self._labelled
        if layer is None or labelled is None:
            return False
        shape = to_crs(geometry, crs, layer.crs())
        if shape is None:
            self.failed.emit(tr("What was drawn can't be transformed to the CRS of “{layer}”.").format(layer=shown_name(layer)))
            return False
        feature = QgsVectorLayerUtils.createFeature(layer, shape, {labelled.field: self._value(water)})
        name = tr("draw water") if water else tr("draw not water")
        # A layer of single polygons takes several features for one shape in several parts.
        features = QgsVectorLayerUtils.makeFeatureCompatible(feature, layer)
        return self._do(name, lambda: all(layer.addFeature(each) for each in features))

    def delete(self, ids: Iterable[int]) -> bool:
        """Delete areas; return whether they were."""
        found = [fid for fid in ids if fid in self._known]
        return bool(found) and self._do(tr("delete"), lambda: self.layer.deleteFeatures(found))

    def set_class(self, ids: Iterable[int], *, water: bool) -> bool:
        """Change the class of areas; return whether it was."""
        found = [fid for fid in ids if fid in self._known]
        if not found or self._labelled is None:
            return False
        field, value = self._labelled.field, self._value(water)
        return self._do(tr("change class"), lambda: all(self.layer.changeAttributeValue(fid, field, value) for fid in found))

    def box_of(self, fid: int) -> QgsRectangle:
        """Return where an area lies, in the layer's CRS; empty if there is no such area."""
        known = self._known.get(fid)
        return QgsRectangle() if known is None else known.feature.geometry().boundingBox()

    @property
    def undoable(self) -> str:
        """What Undo would take back; "" = nothing."""
        return self._undo[-1].name if self._undo else ""

    @property
    def redoable(self) -> str:
        """What Redo would do again; "" = nothing."""
        return self._redo[-1].name if self._redo else ""

    def undo(self) -> None:
        """Take back the last edit, whoever made it."""
        self.look()
        self._turn(self._undo, self._redo, back=True)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self.look()
        self._turn(self._redo, self._undo, back=False)

    def finish(self) -> None:
        """Save, and end the editing that the panel began."""
        self._later.stop()
        layer = self.layer
        if layer is None or sip.isdeleted(layer) or not self._saving:
            return
        self._saving = False
        if layer.isEditable() and not layer.commitChanges():
            self._complain(layer)

    def look(self) -> None:
        """Save what was edited in the panel's editing session, and see what has changed since the last look, whoever changed it."""
        self._later.stop()
        layer = self.layer
        if layer is None or sip.isdeleted(layer):
            return
        if layer.isEditCommandActive():
            self._later.start(_RETRY_MS)
            return
        self._push(self._look(tr("edit")))

    def _look(self, name: str) -> _Step | None:
        """Save, announce what has changed, and return it as a step."""
        layer = self.layer
        if self._saving and layer.isEditable() and layer.isModified() and not save_edits(layer):
            self._complain(layer)
        now = self._now()
        if now is None:
            return None
        step, self._known = self._step(name, now), now
        if step is None:
            return None
        for fid in step.after:
            self.problems.pop(fid, None)
        areas = self._areas({fid: now[fid] for fid in sorted(step.after) if fid in now})
        self.changed.emit(areas, sorted(step.after.keys() - {area.fid for area in areas}))
        return step

    def _step(self, name: str, now: dict[int, _Known]) -> _Step | None:
        """Return what has changed since the last look; None if nothing has."""
        before = self._known
        differ = {
            fid
            for fid in before.keys() | now.keys()
            if fid not in before or fid not in now or (before[fid].wkb, before[fid].value) != (now[fid].wkb, now[fid].value)
        }
        return _Step(name, {fid: before.get(fid) for fid in differ}, {fid: now.get(fid) for fid in differ}) if differ else None

    def _push(self, step: _Step | None) -> None:
        if step is not None and self._renumbers(step):
            self._forget()
        elif step is not None:
            self._undo = [*self._undo, step][-_MAX_STEPS:]
            self._redo = []
            self.stepped.emit()

    def _do(self, name: str, edit: Callable[[], bool]) -> bool:
        # Others may have written to the file, of which the layer says nothing.
        self.look()
        step = self._edit(name, edit)
        self._push(step)
        if self._unsaved is not None:
            self._redo = [self._unsaved]
            self.stepped.emit()
        return step is not None

    def _edit(self, name: str, edit: Callable[[], bool]) -> _Step | None:
        """Do an edit as one named command, save it, and return what it changed. What can't be saved is taken back."""
        layer, self._unsaved = self.layer, None
        if layer is None or sip.isdeleted(layer):
            return None
        problem = self.problem()
        if not problem and not layer.isEditable() and not layer.startEditing():
            problem = not_editable(layer)
        if problem:
            self.failed.emit(problem)
            return None
        self._saving = True
        layer.beginEditCommand(name)
        done = edit()
        if done and not layer.featureCount() and layer.storageType() in _SHAPELESS:
            layer.destroyEditCommand()
            text = tr("“{layer}” has to keep an area: in an empty file of this format ({format}) nothing can be drawn, nor put back.")
            self.failed.emit(text.format(layer=shown_name(layer), format=layer.storageType()))
        elif done:
            layer.endEditCommand()
            if not save_edits(layer):
                self._complain(layer, tr("The edit was taken back; Redo tries again."))
                now = self._now()
                self._unsaved = None if now is None else self._step(name, now)
                layer.undoStack().undo()
        else:
            layer.destroyEditCommand()
            self._complain(layer)
        step = self._look(name)
        self._later.stop()
        layer.triggerRepaint()
        return step

    def _turn(self, source: list[_Step], target: list[_Step], *, back: bool) -> None:
        if not source or self._labelled is None:
            return
        step = source[-1]
        wanted = step.before if back else step.after
        done = self._edit(step.name, lambda: self._apply(wanted))
        if done is not None and self._renumbers(done):
            self._forget()
        elif done is not None:
            kept = step.after if back else step.before
            # What went may have got other attributes since, such as a note.
            kept.update({fid: known for fid, known in done.before.items() if known is not None and done.after[fid] is None and fid in kept})
            target.append(source.pop())
            # Many formats give a feature that is put back another id.
            new = {
                (known.wkb, str(known.value)): fid for fid, known in done.after.items() if known is not None and done.before[fid] is None
            }
            ids = {fid: new.get((known.wkb, str(known.value)), fid) for fid, known in wanted.items() if known is not None}
            for each in (*self._undo, *self._redo):
                each.rename(ids)
        self.stepped.emit()

    def _apply(self, wanted: Features) -> bool:
        """Let features be there as wanted, or not be there."""
        layer, field, done = self.layer, self._labelled.field, []
        for fid, known in wanted.items():
            there = self._known.get(fid)
            if known is None:
                done.append(there is None or layer.deleteFeature(fid))
            elif there is None:
                done.append(layer.addFeature(QgsFeature(known.feature)))
            else:
                if there.wkb != known.wkb:
                    done.append(layer.changeGeometry(fid, QgsGeometry(known.feature.geometry())))
                if there.value != known.value:
                    done.append(layer.changeAttributeValue(fid, field, known.value))
        return all(done)

    def _complain(self, layer: QgsVectorLayer, more: str = "") -> None:
        self.failed.emit(f"{why_unsaved(layer)} {more}".strip())

    def _connect(self, layer: QgsVectorLayer | None, *, on: bool) -> None:
        if layer is None or sip.isdeleted(layer):
            return
        signals = (
            *(layer.featureAdded, layer.featureDeleted, layer.geometryChanged, layer.attributeValueChanged, layer.editCommandEnded),
            *(layer.afterRollBack, layer.dataChanged, layer.editingStopped),
        )
        # Features of earlier steps have the fields that there were.
        others = (
            (layer.subsetStringChanged, self._replaced),
            (layer.dataSourceChanged, self._replaced),
            (layer.updatedFields, self._forget),
        )
        for signal, slot in (*((signal, self._touched) for signal in signals), *others):
            (signal.connect if on else signal.disconnect)(slot)

    def _touched(self) -> None:
        self._later.start(0)

    def _replaced(self) -> None:
        """Take what a filter or another file shows or hides for no edit: to undo it would delete or write what nobody drew there."""
        self._look("")
        self._forget()

    def _renumbers(self, step: _Step) -> bool:
        """Whether features got other ids, as some formats number again what is behind a deleted one: steps would meet the wrong ones."""
        gone = [fid for fid, known in step.after.items() if known is None]
        return 0 < len(gone) < len(step.after) and self.layer.storageType() not in _STABLE_IDS

    def _forget(self) -> None:
        self._undo, self._redo = [], []
        self.stepped.emit()

    def _now(self) -> dict[int, _Known] | None:
        """Return the features there are; None if they can't be read: that isn't an edit, and to undo their return would delete them."""
        try:
            return None if self._unread else self._read()
        except WaterError as error:
            self.failed.emit(str(error))
            return None

    def _read(self) -> dict[int, _Known]:
        """Return the features of the layer, if all of them can be read, and told apart."""
        if self.layer is None or self._labelled is None:
            return {}
        field, name = self._labelled.field, self._labelled.source.name
        features = list(read_all(features_of(self.layer), name))
        known = {
            feature.id(): _Known(QgsFeature(feature), bytes(feature.geometry().asWkb()), feature.attribute(field)) for feature in features
        }
        if len(known) < len(features):
            msg = tr("Features of “{layer}” share an id, as in a view without a key: export it to a GeoPackage, and choose that.")
            raise InputError(msg.format(layer=name))
        self._wet = self._labelled.wanted.keys_among({self._key(each.value) for each in known.values()})
        return known

    def _areas(self, known: dict[int, _Known]) -> list[Area]:
        """Return features as areas, and note why others can't be used."""
        labelled = self._labelled
        if labelled is None:
            return []
        classes = {fid: self._water(each.value) for fid, each in known.items()}
        self.problems.update({fid: tr("It has no class.") for fid, water in classes.items() if water is None})
        features = [each.feature for fid, each in known.items() if classes[fid] is not None]
        notes, places = _LastWarning(), {}
        try:
            for feature, wkb in placed(features, labelled.placement, (POLYGON, POINT), labelled.source.name, len(features), notes):
                places[feature.id()] = wkb
        except WaterError as error:
            notes.text = str(error)
        missing = {feature.id() for feature in features} - places.keys()
        self.problems.update(dict.fromkeys(missing, notes.text))
        return [Area(fid, bool(classes[fid]), wkb) for fid, wkb in places.items()]

    def _water(self, value: object) -> bool | None:
        """Return whether a value of the class field means water; None if it is empty."""
        key = self._key(value)
        return None if key is None else key in self._wet

    def _key(self, value: object) -> Key | None:
        return self._labelled.wanted.key(None if value == NULL else value)

    def _value(self, water: bool) -> object:
        """Return what to write into the class field: what stands there most often, else the numbers of a new layer."""
        used = Counter(known.value for known in self._known.values() if self._water(known.value) is water)
        if used:
            return used.most_common(1)[0][0]
        wanted = self._labelled.wanted
        if water:
            return wanted.numbers[0] if wanted.numeric else next(iter(wanted.entries.values()))
        other = next(number for number in range(len(wanted.entries) + 1) if wanted.key(number) not in wanted.entries)
        return other if wanted.numeric else str(other)


def not_editable(layer: QgsVectorLayer) -> str:
    """Return, in words, that nothing can be put into a layer."""
    return tr("“{layer}” can't be edited, so nothing can be saved in it.").format(layer=shown_name(layer))


def save_edits(layer: QgsVectorLayer) -> bool:
    """Save the edits of a layer, and go on editing it; but a transaction of QGIS' ends, as in one that goes on the file is locked."""
    return layer.commitChanges(layer.dataProvider().transaction() is not None)


def why_unsaved(layer: QgsVectorLayer) -> str:
    """Return, in words, why the last edits of a layer couldn't be saved."""
    reason = "; ".join(layer.commitErrors()[-1:]) or tr("QGIS gives no reason")
    return tr("“{layer}” can't be saved: {reason}").format(layer=shown_name(layer), reason=reason)


def to_crs(geometry: QgsGeometry, source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem) -> QgsGeometry | None:
    """Return a geometry in another CRS, or None if it can't be transformed."""
    moved = QgsGeometry(geometry)
    try:
        done = moved.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
    except QgsCsException:
        return None
    # PROJ places at infinity what lies far outside a projection.
    return moved if done == QgsGeometry.OperationResult.Success and moved.boundingBox().isFinite() else None
