"""A desk to work at in tests: QGIS' canvas with the layer tree behind it, a mouse and keys, and a window for docks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from patience import wait_for
from qgis.core import QgsPointXY, QgsProject
from qgis.gui import QgsLayerTreeMapCanvasBridge, QgsMapCanvas, QgsMapToolPan, QgsMessageBar
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent, QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QAction, QApplication, QDockWidget, QMainWindow

NONE = Qt.KeyboardModifier.NoModifier


def until(condition: Callable[[], Any], what: str) -> None:
    """Let QGIS work until a condition holds."""
    wait_for(condition, what, lambda: QTest.qWait(5))


class Desk:
    """What the plugin needs of QGIS' interface."""

    def __init__(self) -> None:
        self.window, self.canvas = QMainWindow(), QgsMapCanvas()
        self.window.setCentralWidget(self.canvas)
        self.window.resize(1000, 700)
        self.bridge = QgsLayerTreeMapCanvasBridge(QgsProject.instance().layerTreeRoot(), self.canvas)
        self.bar, self.pan = QgsMessageBar(self.canvas), QAction("pan", self.window)
        self.pan_tool = QgsMapToolPan(self.canvas)
        self.pan.triggered.connect(lambda: self.canvas.setMapTool(self.pan_tool))
        self.menu: list[QAction] = []
        self.buttons: list[QAction] = []
        self.window.show()

    def mainWindow(self) -> QMainWindow:
        return self.window

    def mapCanvas(self) -> QgsMapCanvas:
        return self.canvas

    def messageBar(self) -> QgsMessageBar:
        return self.bar

    def actionPan(self) -> QAction:
        return self.pan

    def addTabifiedDockWidget(self, area: Qt.DockWidgetArea, dock: QDockWidget, beside: list[str], raised: bool) -> None:
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock: QDockWidget) -> None:
        self.window.removeDockWidget(dock)

    def addPluginToRasterMenu(self, _: str, action: QAction) -> None:
        self.menu.append(action)

    def removePluginRasterMenu(self, _: str, action: QAction) -> None:
        self.menu.remove(action)

    def addToolBarIcon(self, action: QAction) -> None:
        self.buttons.append(action)

    def removeToolBarIcon(self, action: QAction) -> None:
        if action in self.buttons:
            self.buttons.remove(action)

    def close(self) -> None:
        self.canvas.unsetMapTool(self.canvas.mapTool())
        self.canvas.setLayers([])
        self.canvas.stopRendering()
        self.bridge.deleteLater()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    # The hand on the mouse. Positions are map coordinates.

    def at(self, x: float, y: float) -> QPoint:
        pixel = self.canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        return QPoint(round(pixel.x()), round(pixel.y()))

    def _send(self, kind: QEvent.Type, position: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        view = self.canvas.viewport()
        event = QMouseEvent(kind, QPointF(position), QPointF(view.mapToGlobal(position)), button, held, NONE)
        QApplication.sendEvent(view, event)

    def move(self, x: float, y: float, held: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        self._send(QEvent.Type.MouseMove, self.at(x, y), Qt.MouseButton.NoButton, held)

    def click(self, x: float, y: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        self.move(x, y)
        self._send(QEvent.Type.MouseButtonPress, self.at(x, y), button, button)
        self._send(QEvent.Type.MouseButtonRelease, self.at(x, y), button, Qt.MouseButton.NoButton)

    def double_click(self, x: float, y: float) -> None:
        left = Qt.MouseButton.LeftButton
        self.click(x, y)
        self._send(QEvent.Type.MouseButtonDblClick, self.at(x, y), left, left)
        self._send(QEvent.Type.MouseButtonRelease, self.at(x, y), left, Qt.MouseButton.NoButton)

    def press(self, x: float, y: float) -> None:
        self.move(x, y)
        self._send(QEvent.Type.MouseButtonPress, self.at(x, y), Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton)

    def release(self, x: float, y: float) -> None:
        self._send(QEvent.Type.MouseButtonRelease, self.at(x, y), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)

    def drag(self, points: Sequence[tuple[float, float]]) -> None:
        self.press(*points[0])
        for x, y in points[1:]:
            self.move(x, y, Qt.MouseButton.LeftButton)
        self.release(*points[-1])

    def wheel(self, notches: int) -> None:
        view = self.canvas.viewport()
        centre = QPointF(view.rect().center())
        turned = QPoint(0, 120 * notches)
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            centre, QPointF(view.mapToGlobal(centre.toPoint())), QPoint(), turned, Qt.MouseButton.NoButton, NONE, phase, False
        )
        QApplication.sendEvent(view, event)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas, key, modifiers)
