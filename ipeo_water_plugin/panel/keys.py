"""The panel's keys on the map: classes, next place, undo, and Space, which shows the image while it is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtGui import QKeyEvent

from .overlay import Overlay


class Keys(QObject):
    """Sees the canvas' events before the canvas does, which would pan with Space."""

    def __init__(
        self,
        canvas: QgsMapCanvas,
        overlay: Overlay,
        meanings: Mapping[tuple[Qt.Key, Any], Callable[[], Any]],
        has_pen: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """Watch a canvas.

        Args:
            canvas: where keys are pressed.
            overlay: that Space hides.
            meanings: what to do, by key and modifiers.
            has_pen: whether the panel's keys go before QGIS' own shortcuts.
            parent: that ends the watch.
        """
        super().__init__(parent)
        self.on = False
        # Meanings that go before all others, and before QGIS' own shortcuts, while there are any.
        self.special: Mapping[tuple[Qt.Key, Any], Callable[[], Any]] = {}
        self._overlay, self._meanings, self._has_pen = overlay, meanings, has_pen
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if not self.on:
            return False
        if kind == QEvent.Type.ShortcutOverride and (self.special or self._has_pen()) and self._meaning(event) is not None:
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress:
            return self.press(event)
        if self._overlay.held and kind == QEvent.Type.KeyRelease and event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._overlay.set_held(False)
            return True
        if self._overlay.held and kind == QEvent.Type.FocusOut:
            self._overlay.set_held(False)
        return False

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key means; return whether it means anything."""
        meaning = self._meaning(event)
        if meaning is not None and not event.isAutoRepeat():
            meaning()
        return meaning is not None

    def _meaning(self, event: QKeyEvent) -> Callable[[], Any] | None:
        modifiers = event.modifiers()
        if event.key() == Qt.Key.Key_Space and modifiers == Qt.KeyboardModifier.NoModifier:
            return (lambda: self._overlay.set_held(True)) if self._overlay.shown or self._overlay.held else None
        # Modifiers can't be looked up in PyQt5, where equal ones have different hashes.
        meanings = self.special or self._meanings
        return next((meaning for (key, held), meaning in meanings.items() if key == event.key() and held == modifiers), None)
