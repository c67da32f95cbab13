"""The check on the desktop: the form, the map that is hidden while it is checked, the outlined pixel, and the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorLayer, QgsWkbTypes
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices

from ..algorithms.project import maps
from ..core.errors import WaterError
from ..core.system.redaction import redacted
from ..core.translation import tr
from . import checkpoints
from .areas import to_crs
from .check import DEFAULT_THRESHOLD, OTHER, UNCLEAR, WATER, Check
from .checkbox import CheckBox, pixel_outline
from .sources import Chosen

# Pixels of the screen that a pixel of the map takes at first.
_SIDE = 14
_STEP = 1.5


class Checking(QObject):
    """Brings a check, its column and the canvas together."""

    # Whether the column is shown, or the map is hidden, has changed.
    toggled = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Whether the column is shown in place of the others, and whether the map is hidden.
        self.on = self.blind = False
        self._canvas = canvas
        self._image: QgsMapLayer | None = None
        self._areas: QgsMapLayer | None = None
        self._threshold = DEFAULT_THRESHOLD
        self._hidden: list[str] = []
        self._extent: QgsRectangle | None = None
        self.check = Check(self)
        self.box = CheckBox(canvas)
        self.box.hide()
        self._band = pixel_outline(canvas)
        start, point, points = self.box.start, self.box.point, self.check
        start.map_chosen.connect(lambda layer: self._choose_map(layer) if self.on and not self.blind else None)
        start.new_wanted.connect(self._draw)
        start.session_wanted.connect(lambda session: self._begin(session.load(), start.map.currentLayer()))
        start.closed.connect(self.close)
        point.label_wanted.connect(lambda label: self._then(lambda: points.label(label)))
        point.back_wanted.connect(lambda: self._then(points.back))
        point.skip_wanted.connect(lambda: self._then(points.skip))
        point.undo_wanted.connect(lambda: self._then(points.undo))
        point.note_written.connect(points.set_note)
        point.note.returnPressed.connect(canvas.setFocus)
        point.sure_chosen.connect(lambda sure: self._then(lambda: points.set_sure(sure)))
        point.finish_wanted.connect(self._assess)
        point.closed.connect(self.close)
        points.changed.connect(point.show_state)
        points.moved.connect(self._show_place)
        points.closed.connect(self._ended)
        canvas.extentsChanged.connect(point.second.follow)
        canvas.destinationCrsChanged.connect(self._show_place)

    def open(self, chosen: Chosen, saved: str) -> None:
        """Show the form, with the map that was saved last, else the project's first.

        Args:
            chosen: what the panel works on: the image to look at, training areas to hide, the threshold.
            saved: source of the map that was saved last; "" = none.
        """
        self._image, self._areas, self._threshold, self.on = chosen.image, chosen.areas, chosen.threshold, True
        found = sorted(maps(), key=lambda layer: layer.source() != saved)
        self.box.setCurrentWidget(self.box.start)
        self._choose_map(found[0] if found else None)
        self.toggled.emit()

    def close(self) -> None:
        """Go back to the panel: the map is shown again."""
        self.check.set_note(self.box.point.note.text())
        self.check.close()
        if self.on:
            self.on = False
            self.toggled.emit()

    def unload(self) -> None:
        """Go for good."""
        self.close()
        self.check.finish()
        if not sip.isdeleted(self._canvas):
            self._canvas.extentsChanged.disconnect(self.box.point.second.follow)
            self._canvas.destinationCrsChanged.disconnect(self._show_place)
            self._canvas.scene().removeItem(self._band)

    def meanings(self) -> dict[tuple[Qt.Key, Any], Callable[[], Any]]:
        """Return what keys do while points are labelled."""
        none, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
        keypad, shift = Qt.KeyboardModifier.KeypadModifier, Qt.KeyboardModifier.ShiftModifier
        points = self.check
        return {
            (Qt.Key.Key_W, none): lambda: points.label(WATER),
            (Qt.Key.Key_N, none): lambda: points.label(OTHER),
            (Qt.Key.Key_U, none): lambda: points.label(UNCLEAR),
            (Qt.Key.Key_S, none): points.skip,
            (Qt.Key.Key_Backspace, none): points.back,
            (Qt.Key.Key_Q, none): lambda: points.set_sure(not points.state().sure),
            (Qt.Key.Key_Z, control): points.undo,
            **{(Qt.Key.Key_Plus, held): lambda: self._canvas.zoomByFactor(1 / _STEP) for held in (none, keypad, shift)},
            (Qt.Key.Key_Equal, none): lambda: self._canvas.zoomByFactor(1 / _STEP),
            **{(Qt.Key.Key_Minus, held): lambda: self._canvas.zoomByFactor(_STEP) for held in (none, keypad)},
        }

    # The form.

    def _choose_map(self, layer: QgsMapLayer | None) -> None:
        raster = layer if isinstance(layer, QgsRasterLayer) else None
        problem = "" if raster is not None else tr("Save the map first, or choose a raster of water probability.")
        self.box.start.show_map(raster, [] if raster is None else checkpoints.sessions(raster), problem)

    def _draw(self, count: int | None, margin: float | None) -> None:
        form, raster = self.box.start, self.box.start.map.currentLayer()
        if raster is None:
            return

        def drawn(ok: bool, results: dict, log: str) -> None:
            if sip.isdeleted(self):
                return
            form.set_working(False)
            if ok and self.on and not sip.isdeleted(raster) and "layer" in results:
                self._begin(results["layer"], raster)
            elif not ok:
                form.show_problem(_last_line(log))

        form.set_working(True)
        checkpoints.draw_points(raster, self._threshold, count, margin, drawn)

    def _begin(self, layer: QgsVectorLayer, raster: QgsRasterLayer) -> None:
        try:
            self.check.open(layer, raster, *checkpoints.settings_of(layer, self._threshold))
        except WaterError as error:
            self.box.start.show_problem(redacted(str(error)))
            return
        self._extent, self.blind = self._canvas.extent(), True
        telling = [each for each in QgsProject.instance().mapLayers().values() if checkpoints.shows_map(each)]
        self._hide([*telling, raster, layer, *([] if self._areas is None else [self._areas])])
        self.box.point.report.hide()
        self.box.setCurrentWidget(self.box.point)
        self.box.point.second.offer(self._image, [*telling, raster])
        self.toggled.emit()
        self._look_closely()
        self._canvas.setFocus()

    # The point.

    def _then(self, do: Callable[[], Any]) -> None:
        """Do what a button says, and give the keys back to the map."""
        # A click on a button doesn't take the focus from the note.
        self.check.set_note(self.box.point.note.text())
        do()
        self._canvas.setFocus()

    def _show_place(self) -> None:
        """Outline the pixel, and move the map to it."""
        place = self._place()
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        self.box.point.second.outline(place)
        if place is None or not self.blind:
            return
        self._band.setToGeometry(place, None)
        self._canvas.setCenter(place.boundingBox().center())
        self._canvas.refresh()

    def _look_closely(self) -> None:
        """Zoom in until a pixel of the map can be made out."""
        place = self._place()
        if place is not None:
            box = place.boundingBox()
            side = max(box.width(), box.height()) / _SIDE
            width, height = side * self._canvas.width(), side * self._canvas.height()
            middle = box.center()
            self._canvas.setExtent(QgsRectangle.fromCenterAndSize(middle, width, height))
        self._show_place()

    def _place(self) -> Any:
        outline, raster = self.check.outline(), self.check.map
        if outline.isEmpty() or raster is None:
            return None
        return to_crs(outline, raster.crs(), self._canvas.mapSettings().destinationCrs())

    def _assess(self) -> None:
        layer, raster, form = self.check.layer, self.check.map, self.box.point
        if layer is None or raster is None:
            return

        def assessed(ok: bool, results: dict, log: str) -> None:
            if sip.isdeleted(self):
                return
            form.finish.setEnabled(True)
            if not ok:
                form.show_report(_last_line(log), "")
                return
            url = QUrl.fromLocalFile(results["OUTPUT_REPORT"])
            form.show_report(tr("Accuracy report"), url.toString())
            QDesktopServices.openUrl(url)

        form.finish.setEnabled(False)
        checkpoints.assess(layer, raster, self.check.threshold, assessed)

    # Blind.

    def _hide(self, layers: list[QgsMapLayer]) -> None:
        root = QgsProject.instance().layerTreeRoot()
        for layer in layers:
            node = root.findLayer(layer.id())
            if node is not None and node.itemVisibilityChecked():
                node.setItemVisibilityChecked(False)
                self._hidden.append(layer.id())

    def _ended(self) -> None:
        """Show again what was hidden."""
        self.blind, hidden, self._hidden = False, self._hidden, []
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        root = QgsProject.instance().layerTreeRoot()
        for node in filter(None, map(root.findLayer, hidden)):
            node.setItemVisibilityChecked(True)
        if self._extent is not None:
            self._canvas.setExtent(self._extent)
            self._canvas.refresh()
            self._extent = None
        self.close()
        self.toggled.emit()


def _last_line(log: str) -> str:
    """Return the last line of a log, which says why a run failed."""
    lines = [line for line in log.splitlines() if line.strip()]
    return redacted(lines[-1]) if lines else tr("The run failed.")
