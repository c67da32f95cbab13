"""The inside of a story that `desktop.play` plays: it runs in QGIS desktop, waits for what it needs, and looks at what a user sees."""

from __future__ import annotations

import itertools
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyplugin_installer
from qgis.core import QgsApplication, QgsProcessingAlgorithm, QgsVectorLayer
from qgis.gui import QgsProcessingAlgorithmDialogBase
from qgis.PyQt.QtCore import QModelIndex, QPoint, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QComboBox, QDialog, QDialogButtonBox, QDockWidget, QPushButton, QTabWidget, QWidget
from qgis.utils import iface

OUT = Path(os.environ["OUT"])
_STEP_MS = 20
# QGIS draws, and lays out what was shown, some turns of its loop after it was asked to.
_SETTLE_STEPS = 15


@dataclass(frozen=True)
class Until:
    """Wait until a condition holds; `what` names it if it never does."""

    what: str
    condition: Callable[[], Any]
    seconds: float = 300.0


class Settle:
    """Wait until what was asked for is drawn."""


Story = Iterator[Any]


def play(story: Story) -> None:
    """Play a story from when QGIS is up: it yields what it waits for. QGIS ends with it: status 0, or 1 with a picture of what is wrong."""
    QTimer.singleShot(0, lambda: _go_on(story))


def _go_on(story: Story) -> None:
    """Take the next step. Each comes from a timer, so that it comes inside a dialog's own loop as well."""
    try:
        wanted = next(story)
    except StopIteration:
        _end(0)
    except BaseException:  # noqa: BLE001
        _fail(traceback.format_exc())
    else:
        turns = itertools.count()
        until = Until("drawn", lambda: next(turns) >= _SETTLE_STEPS) if isinstance(wanted, Settle) else wanted
        _wait(story, until, time.monotonic() + until.seconds)


def _wait(story: Story, until: Until, end: float) -> None:
    try:
        come = until.condition()
    except BaseException:  # noqa: BLE001
        _fail(traceback.format_exc())
        return
    if come:
        _go_on(story)
    elif time.monotonic() > end:
        _fail(f"This did not happen within {until.seconds:g} seconds: {until.what}")
    else:
        QTimer.singleShot(_STEP_MS, lambda: _wait(story, until, end))


def _fail(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
    QGuiApplication.primaryScreen().grabWindow(0).save(str(OUT / "failed.png"))
    _end(1)


def _end(status: int) -> None:
    """End at once: without the question whether to save the project, and without a crash on the way out."""
    sys.stdout.flush()
    os._exit(status)


def save(widget: QWidget, name: str) -> None:
    """Save a picture of a window or a part of one.

    Raises:
        AssertionError: it is blank.
    """
    save_image(widget.grab().toImage(), name)


def save_screen(name: str) -> None:
    """Save a picture of the whole screen."""
    save_image(QGuiApplication.primaryScreen().grabWindow(0).toImage(), name)


def save_image(image: QImage, name: str) -> None:
    """Save a picture.

    Raises:
        AssertionError: it is blank.
    """
    assert image.save(str(OUT / f"{name}.png")), f"{name}.png can't be written to {OUT}"
    assert colours(image) > 8, f"{name}.png is blank"


def colours(image: QImage) -> int:
    """Count the colours of every fourth pixel of every fourth row."""
    return len({image.pixel(x, y) for y in range(0, image.height(), 4) for x in range(0, image.width(), 4)})


def fill_screen() -> None:
    """Let QGIS' window fill the screen."""
    iface.mainWindow().setGeometry(QGuiApplication.primaryScreen().geometry())


def toolbox() -> QDockWidget:
    """Return the Processing toolbox."""
    dock = iface.mainWindow().findChild(QDockWidget, "ProcessingToolbox")
    assert dock is not None, "There is no Processing toolbox."
    return dock


def provider_entry() -> QModelIndex:
    """Return the plugin's own entry in the toolbox."""
    model = toolbox().algorithmTree.model()
    top = (model.index(row, 0) for row in range(model.rowCount()))
    return next(index for index in top if model.data(index) == "IPEO Water")


def entries(parent: QModelIndex) -> Iterator[tuple[QModelIndex, str]]:
    """Yield every entry of the toolbox below one, each before those below it."""
    model = toolbox().algorithmTree.model()
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        yield index, str(model.data(index))
        yield from entries(index)


def algorithms() -> list[QgsProcessingAlgorithm]:
    """Return the plugin's algorithms as the toolbox shows them, from top to bottom."""
    tree = toolbox().algorithmTree
    found = (tree.algorithmForIndex(index) for index, _ in entries(provider_entry()))
    return [algorithm for algorithm in found if algorithm is not None]


def open_dialog(name: str) -> Story:
    """Choose an algorithm in the toolbox, as a double click does, and return its dialog once it is there."""
    tree = toolbox().algorithmTree
    for index, _ in entries(provider_entry()):
        algorithm = tree.algorithmForIndex(index)
        if algorithm is not None and algorithm.name() == name:
            tree.setCurrentIndex(index)
    # The dialog runs a loop of its own, in which the story goes on.
    QTimer.singleShot(0, toolbox().executeAlgorithm)
    yield Until(f"the dialog of {name}", dialogs)
    yield Settle()
    return dialogs()[0]


def dialogs() -> list[QgsProcessingAlgorithmDialogBase]:
    """Return the dialogs of algorithms that are open."""
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QgsProcessingAlgorithmDialogBase) and w.isVisible()]


def press_run(dialog: QgsProcessingAlgorithmDialogBase) -> Story:
    """Press Run and wait until the algorithm has ended; return its results."""
    done: list[tuple[bool, dict]] = []
    dialog.algorithmFinished.connect(lambda successful, results: done.append((successful, results)))
    run_button(dialog).click()
    yield Until("the end of the algorithm", lambda: done, 120)
    yield Settle()
    successful, results = done[0]
    assert successful, "The algorithm failed."
    return results


def run_button(dialog: QgsProcessingAlgorithmDialogBase) -> QPushButton:
    """Return the button that starts the algorithm."""
    box = dialog.findChild(QDialogButtonBox)
    accepting = [
        b for b in box.buttons() if box.buttonRole(b) in (QDialogButtonBox.ButtonRole.AcceptRole, QDialogButtonBox.ButtonRole.ActionRole)
    ]
    return next(b for b in accepting if b.isVisible())


def close(dialog: QWidget) -> Story:
    """Close a dialog and wait until it is gone; it must not be touched afterwards."""
    dialog.close()
    yield Until("the dialog closed", lambda: not dialogs())


def tabs(dialog: QgsProcessingAlgorithmDialogBase) -> QTabWidget:
    """Return the pages of a dialog: the parameters, and the log."""
    return dialog.findChild(QTabWidget)


def drawn() -> Until:
    """Wait until the map is drawn."""
    return Until("the map drawn", lambda: not iface.mapCanvas().isDrawing())


def install_plugin() -> Story:
    """Install the plugin from the zip, as Install from ZIP in the plugin manager does, and return once its provider is there."""
    pyplugin_installer.instance().installFromZipFile(os.environ["ARCHIVE"])
    yield Until("the provider", provider_is_there)
    yield Settle()


def plugin_folder() -> Path:
    """Return the folder that the plugin was installed into."""
    return Path(sys.modules["ipeo_water_plugin"].__file__).parent


def draw_polygon(layer: QgsVectorLayer, corners: list[tuple[float, float]]) -> Story:
    """Draw a polygon with the mouse, and return the form that comes up.

    Args:
        layer: in which to draw, being edited.
        corners: as shares of the map's width and height.
    """
    iface.setActiveLayer(layer)
    iface.actionAddFeature().trigger()
    view = iface.mapCanvas().viewport()
    points = [QPoint(int(x * view.width()), int(y * view.height())) for x, y in corners]
    for point in points:
        QTest.mouseMove(view, point)
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=point)
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=points[-1])
    yield Until("the form of the new polygon", forms)
    yield Settle()
    return forms()[0]


def class_choice(form: QDialog) -> QComboBox:
    """Return the box in which the class is chosen; the form holds another, for searching, which is hidden."""
    return next(box for box in form.findChildren(QComboBox) if box.isVisible())


def forms() -> list[QDialog]:
    """Return the forms of features that are open; Python knows them only as dialogs."""
    return [w for w in QApplication.topLevelWidgets() if w.metaObject().className() == "QgsAttributeDialog" and w.isVisible()]


def provider_is_there() -> bool:
    """Whether the plugin's provider is in the registry."""
    return QgsApplication.processingRegistry().providerById("ipeowater") is not None
