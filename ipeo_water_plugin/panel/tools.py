"""The pens: polygon, brush and grow. Each gives a polygon in the canvas' CRS once it is drawn."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsGeometry, QgsPointXY, QgsUnitTypes, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent, QWheelEvent

from ..algorithms.vectors import repair
from ..core.translation import tr
from .worker import one_shot

_FILL_ALPHA = 70
_HALO = QColor(0, 0, 0, 160)
# Moments that the pointer rests before the pixels around it are looked at.
_REST_MS = 40
# Segments in a quarter of a circle.
_ROUND = 6
# Degrees that a notch of the wheel turns, times eight.
_NOTCH = 120

Grow = Callable[[QgsPointXY, float, Callable[[object], None]], None]


class Pen(QgsMapTool):
    """What the pens share: a preview in the colour of the class, and what to do with the wheel."""

    # A polygon in the canvas' CRS.
    drawn = pyqtSignal(object)
    # How the pen is set, in words.
    tuned = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self._band.setWidth(2)
        self._band.setSecondaryStrokeColor(_HALO)
        self.setCursor(Qt.CursorShape.CrossCursor)
        # Corners of before would lie elsewhere.
        canvas.destinationCrsChanged.connect(self.clear)

    def set_colour(self, colour: QColor) -> None:
        """Preview in the colour of the class that is drawn."""
        self._band.setStrokeColor(colour)
        self._band.setFillColor(QColor(colour.red(), colour.green(), colour.blue(), _FILL_ALPHA))

    def describe(self) -> str:
        """Return how the pen is used and set, in words."""
        raise NotImplementedError

    def tune(self, notches: float) -> bool:
        """Set the pen by the wheel; return whether it has anything to set."""
        return False

    def clear(self) -> None:
        """Drop what isn't finished."""
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)

    def activate(self) -> None:
        super().activate()
        self.tuned.emit(self.describe())

    def deactivate(self) -> None:
        self.clear()
        super().deactivate()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Set the pen; with a key held, the wheel zooms as always."""
        notches = event.angleDelta().y() / _NOTCH
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and notches and self.tune(notches):
            event.accept()
            self.tuned.emit(self.describe())
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            event.accept()
        else:
            event.ignore()

    def finish(self, geometry: QgsGeometry) -> None:
        """Hand over what was drawn."""
        self.clear()
        if not geometry.isEmpty() and geometry.area() > 0:
            self.drawn.emit(geometry)


class PolygonPen(Pen):
    """Corner by corner: left click sets one, right click or double click closes, Backspace takes the last one back."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._corners: list[QgsPointXY] = []
        self._closing = False

    def describe(self) -> str:
        return tr("Click each corner, right-click to close. Backspace removes the last corner.")

    def clear(self) -> None:
        self._corners = []
        super().clear()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        # A double click ends in a release of its own.
        closing, self._closing = self._closing, False
        if event.button() == Qt.MouseButton.RightButton:
            self._close()
        elif event.button() == Qt.MouseButton.LeftButton and not closing:
            self._corners.append(event.mapPoint())
            self._show(event.mapPoint())

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """Close: the first of the two clicks has set the last corner."""
        self._closing = True
        self._close()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Show the polygon as it would be with a corner here."""
        if self._corners:
            self._show(event.mapPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Backspace, Qt.Key.Key_Delete} and self._corners:
            last = self._corners.pop()
            self._show(last)
            event.accept()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._close()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _show(self, end: QgsPointXY) -> None:
        self._band.setToGeometry(QgsGeometry.fromPolygonXY([[*self._corners, end]]))

    def _close(self) -> None:
        corners = self._corners
        shape = QgsGeometry.fromPolygonXY([corners]) if len(corners) > 2 else QgsGeometry()
        # An outline that crosses itself is repaired here, as it would be when it is sampled.
        self.finish(shape if shape.isEmpty() or shape.isGeosValid() else repair(shape) or QgsGeometry())


class BrushPen(Pen):
    """A stroke becomes an area."""

    MIN, MAX = 2.0, 200.0

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        # In pixels of the screen: what looks right stays right when the map is zoomed.
        self.width = 16.0
        self._stroke: list[QgsPointXY] = []

    def describe(self) -> str:
        width, unit = self.canvas().mapUnitsPerPixel() * self.width, QgsUnitTypes.toAbbreviatedString(self.canvas().mapUnits())
        return tr("Drag to paint. Wheel: width, now {width:.3g} {unit}. Ctrl+wheel: zoom.").format(width=width, unit=unit)

    def tune(self, notches: float) -> bool:
        self.width = min(max(self.width * 1.2**notches, self.MIN), self.MAX)
        self._show(self.toMapCoordinates(self.canvas().mouseLastXY()))
        return True

    def clear(self) -> None:
        self._stroke = []
        super().clear()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._stroke = [event.mapPoint()]
            self._show(event.mapPoint())

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Go on with the stroke, or show how wide it would be."""
        if self._stroke:
            self._stroke.append(event.mapPoint())
        self._show(event.mapPoint())

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._stroke:
            self.finish(self._shape(self._stroke))

    def _show(self, pointer: QgsPointXY) -> None:
        self._band.setToGeometry(self._shape(self._stroke or [pointer]))

    def _shape(self, stroke: list[QgsPointXY]) -> QgsGeometry:
        unit = self.canvas().mapUnitsPerPixel()
        line = QgsGeometry.fromPointXY(stroke[0]) if len(stroke) == 1 else QgsGeometry.fromPolylineXY(stroke)
        return line.simplify(unit / 2).buffer(self.width / 2 * unit, _ROUND)


class GrowPen(Pen):
    """A click takes the pixels around it that look alike, which are shown before."""

    MIN, MAX = 0.25, 16.0

    def __init__(self, canvas: QgsMapCanvas, grow: Grow) -> None:
        """Ask `grow` for the pixels around a point of the canvas: it is given the point, the tolerance, and what to call with a polygon."""
        super().__init__(canvas)
        self.tolerance = 2.0
        self._grow = grow
        self._pointer: QgsPointXY | None = None
        self._found: QgsGeometry | None = None
        self._taking = False
        self._rest = one_shot(self, self._ask, _REST_MS)

    def describe(self) -> str:
        text = tr("Click to take the outlined pixels. Wheel: tolerance, now {tolerance:.2g}. Ctrl+wheel: zoom.")
        return text.format(tolerance=self.tolerance)

    def tune(self, notches: float) -> bool:
        self.tolerance = min(max(self.tolerance * 1.25**notches, self.MIN), self.MAX)
        self._pointer = self.toMapCoordinates(self.canvas().mouseLastXY())
        self._ask()
        return True

    def clear(self) -> None:
        self._rest.stop()
        self._pointer, self._found, self._taking = None, None, False
        super().clear()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Look around the pointer once it rests."""
        point = event.mapPoint()
        if point != self._pointer:
            self._pointer, self._taking = point, False
            self._rest.start()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Take what is shown, or what is found here once it is."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._pointer != event.mapPoint() or self._found is None:
            self._pointer, self._taking = event.mapPoint(), True
            self._ask()
        else:
            self.finish(self._found)

    def _ask(self) -> None:
        self._rest.stop()
        asked, self._found = self._pointer, None
        if asked is not None:
            self._grow(asked, self.tolerance, lambda shape: self._show(asked, shape))

    def _show(self, asked: QgsPointXY, shape: QgsGeometry | None) -> None:
        if asked != self._pointer or not self.isActive():
            return
        if shape is None:
            self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        elif self._taking:
            self.finish(shape)
        else:
            self._found = shape
            self._band.setToGeometry(shape)
