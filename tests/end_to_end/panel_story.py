"""The story of test_panel_desktop.py and of the guide's pictures of the panel: from the zip to a saved map, by mouse and keys alone.

It is played without PyTorch. It writes pictures, and what it saw in told.json, to OUT.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import stage
from osgeo import gdal
from qgis.core import QgsApplication, QgsPointXY, QgsProject, QgsRasterLayer, QgsRectangle, QgsSingleBandGrayRenderer
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget, QPushButton, QTextEdit, QToolButton
from qgis.utils import iface
from stage import Settle, Story, Until

OUT, WORK = Path(os.environ["OUT"]), Path(os.environ["WORK"])
told: dict[str, object] = {}
LEFT = Qt.MouseButton.LeftButton


def story() -> Story:
    """Install, open the panel, draw, look, save."""
    sys.modules["torch"] = None
    yield Until("QGIS up", lambda: iface.mainWindow().isVisible())
    stage.fill_screen()
    yield from stage.install_plugin()
    told["pointer"] = [item.text() for item in iface.messageBar().items()]
    for name in ("Browser", "Browser2"):
        iface.mainWindow().findChild(QDockWidget, name).hide()
    yield from _open()
    yield from _sample()
    yield from _draw()
    yield from _save()
    yield from _check()
    yield from _looks()
    (OUT / "told.json").write_text(json.dumps(told, default=str), encoding="utf-8")


def panel() -> QDockWidget:
    """Return the panel."""
    return iface.mainWindow().findChild(QDockWidget, "IpeoWaterPanel")


def press(text: str, parent: object = None) -> None:
    """Press a button by its text."""
    buttons = [*(parent or panel()).findChildren(QPushButton), *(parent or panel()).findChildren(QToolButton)]
    button = next(button for button in buttons if button.text().startswith(text))
    # A click on a button below the fold scrolls to it first.
    button.setFocus()
    QTest.mouseClick(button, LEFT)


def _open() -> Story:
    action = next(action for action in iface.pluginToolBar().actions() if action.text() == "Draw and see water")
    QTest.mouseClick(iface.pluginToolBar().widgetForAction(action), LEFT)
    yield Until("the panel", lambda: panel() is not None and panel().isVisible())
    yield Settle()
    told["pointer after"] = len(iface.messageBar().items())
    stage.save(iface.mainWindow(), "panel_start")


def state() -> object:
    """Return what the panel shows."""
    return panel()._state


def _up_to_date() -> Until:
    return Until("figures of the present areas", lambda: state().status == "live" and state().hectares_current and state().f1 is not None)


def _sample() -> Story:
    press("Try it with the sample scene")
    yield _up_to_date()
    yield stage.drawn()
    told["sample"] = [state().hectares, state().f1, state().water_areas, state().other_areas]


def pixels(points: list[tuple[float, float]]) -> Iterator[QPoint]:
    """Yield where places of the map lie on the canvas."""
    transform = iface.mapCanvas().getCoordinateTransform()
    for x, y in points:
        there = transform.transform(QgsPointXY(x, y))
        yield QPoint(round(there.x()), round(there.y()))


def _draw() -> Story:
    """Draw with each pen, and take one area back."""
    canvas, before = iface.mapCanvas(), len(state().rows)
    view = canvas.viewport()
    canvas.setExtent(QgsRectangle(336300, 5815300, 342300, 5818800))
    yield Settle()
    yield stage.drawn()
    press("Polygon")
    lake = list(pixels([(337800, 5817850), (337900, 5817850), (337900, 5817950), (337800, 5817950)]))
    for point in lake:
        QTest.mouseMove(view, point)
        QTest.mouseClick(view, LEFT, pos=point)
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=lake[-1])
    yield Until("the lake listed", lambda: len(state().rows) == before + 1)
    QTest.keyClick(canvas, Qt.Key.Key_N)
    press("Brush")
    start, *stroke = pixels([(338300 + 20 * step, 5815700 + 60 * step) for step in range(8)])
    QTest.mousePress(view, LEFT, pos=start)
    for point in stroke:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, pos=stroke[-1])
    yield Until("the stroke listed", lambda: len(state().rows) == before + 2)
    QTest.keyClick(canvas, Qt.Key.Key_W)
    press("Grow")
    (lake,) = pixels([(338430, 5817800)])
    QTest.mouseMove(view, lake)
    yield Until("what would be grown is shown", lambda: panel().pens["grow"]._found is not None)
    yield Settle()
    stage.save(iface.mainWindow(), "panel_grow")
    QTest.mouseClick(view, LEFT, pos=lake)
    yield Until("the grown area listed", lambda: len(state().rows) == before + 3)
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    yield Until("the grown area gone", lambda: len(state().rows) == before + 2)
    yield _up_to_date()
    layer = panel().areas.layer
    told["drawn"] = [feature["class"] for feature in layer.getFeatures()][-2:]
    told["added"] = layer.featureCount() - before


def _check() -> Story:
    """Label a few points as the map has them, with another rendering of the scene as second view."""
    scene = panel()._chosen.image
    second = QgsRasterLayer(scene.source(), "Near infrared")
    second.setRenderer(QgsSingleBandGrayRenderer(second.dataProvider(), 3))
    second.setDefaultContrastEnhancement()
    QgsProject.instance().addMapLayer(second, False)
    iface.mainWindow().findChild(QDockWidget, "ResultsViewer").hide()
    press("Check with points")
    yield Settle()
    stage.save(panel().checking.box, "panel_check_start")
    press("Start")
    checking = panel().checking
    yield Until("points drawn", lambda: checking.blind)
    yield Until("the map read", lambda: not checking.check.state().working)
    saved = gdal.Open(told["results"]["OUTPUT"])
    left, size, _, top, *_ = saved.GetGeoTransform()
    for number in range(40):
        place = checking.check.outline().centroid().asPoint()
        (p,) = saved.ReadAsArray(int((place.x() - left) / size), int((top - place.y()) / size), 1, 1)[0]
        QTest.keyClick(iface.mapCanvas(), Qt.Key.Key_U if number == 17 else Qt.Key.Key_W if p >= 0.5 else Qt.Key.Key_N)
    for name, width in (("panel_check", 330), ("panel_check_narrow", 10)):
        iface.mainWindow().resizeDocks([panel()], [width], Qt.Orientation.Horizontal)
        yield Settle()
        yield stage.drawn()
        yield Settle()
        iface.messageBar().clearWidgets()
        stage.save(iface.mainWindow(), name)
        stage.save(panel().checking.box, f"{name}_column")
    state = checking.check.state()
    told["checked"] = [state.number, state.done, state.unclear, state.so_far.estimate.interval]
    press("Close")
    yield Settle()
    told["after the check"] = [checking.on, checking.check.layer is None]
    for layer in (second, *(layer for layer in QgsProject.instance().mapLayers().values() if "reference points" in layer.name())):
        QgsProject.instance().removeMapLayer(layer.id())
    yield Settle()


def _looks() -> Story:
    """Take the pictures: light and dark, narrow and wide."""
    canvas, window = iface.mapCanvas(), iface.mainWindow()
    canvas.setExtent(QgsRectangle(334500, 5814400, 345300, 5821900))
    iface.mainWindow().findChild(QDockWidget, "ResultsViewer").hide()
    # The saved map would lie over the panel's own.
    root = QgsProject.instance().layerTreeRoot()
    root.removeChildNode(root.children()[1])
    for name, width, theme in (("panel", 330, "default"), ("panel_narrow", 10, "default"), ("panel_dark", 420, "Night Mapping")):
        QgsApplication.setUITheme(theme)
        window.resizeDocks([panel()], [width], Qt.Orientation.Horizontal)
        yield Settle()
        yield _up_to_date()
        yield stage.drawn()
        yield Settle()
        stage.save(window, name)
        stage.save(panel().list.parentWidget(), f"{name}_column")


def _save() -> Story:
    QTimer.singleShot(0, lambda: press("Save map"))
    yield Until("the dialog", stage.dialogs)
    yield Settle()
    dialog = stage.dialogs()[0]
    told["chosen"] = {key: str(value) for key, value in dialog.createProcessingParameters().items()}
    stage.save(dialog, "panel_save")
    results = yield from stage.press_run(dialog)
    told["results"] = {key: value for key, value in results.items() if isinstance(value, (int, float, str))}
    told["log"] = "\n".join(text.toPlainText() for text in dialog.findChildren(QTextEdit))
    yield from stage.close(dialog)
    yield Settle()
    told["order"] = [node.name() for node in QgsProject.instance().layerTreeRoot().findLayers()]


stage.play(story())
