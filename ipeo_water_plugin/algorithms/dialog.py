"""The dialog of an algorithm in QGIS desktop: QGIS' own, filled in from the project, with labels in place of words for scripts.

Only the dialog of a single run is made here. Batch, models and qgis_process never ask for it, and take the values that it yields.
"""

from __future__ import annotations

from typing import Any

from processing.gui.AlgorithmDialog import AlgorithmDialog
from qgis.core import QgsProcessing, QgsProcessingAlgorithm, QgsProcessingContext, QgsProject
from qgis.gui import QgsRasterBandComboBox
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QComboBox, QWidget
from qgis.utils import iface

from ..core.errors import WaterError
from ..core.translation import tr
from .base import OUTPUT_REPORT, Values
from .choices import labels_of
from .image import BAND_KEYS, INPUT, read_roles
from .project import KIND, likely


def make_dialog(algorithm: QgsProcessingAlgorithm, parent: QWidget | None) -> AlgorithmDialog:
    """Return QGIS' dialog of an algorithm, fitted to the project.

    Args:
        algorithm: a fresh one, which the dialog keeps.
        parent: of the dialog.
    """
    dialog = AlgorithmDialog(algorithm, parent=parent)
    dialog.fitting = _Fitting(algorithm, dialog.mainWidget().wrappers)
    return dialog


class _Fitting:
    """Fits the widgets of a dialog, which are QGIS' own, and keeps what they show in step with the image."""

    def __init__(self, algorithm: QgsProcessingAlgorithm, wrappers: dict[str, Any]) -> None:
        self._algorithm, self._wrappers = algorithm, wrappers
        self._context = QgsProcessingContext()
        self._context.setProject(QgsProject.instance())
        for definition in algorithm.parameterDefinitions():
            self._label(definition.name(), labels_of(definition))
            self._fill(definition.name(), definition.metadata().get(KIND, ""))
        if algorithm.name() == "mapwater":
            wrappers[OUTPUT_REPORT].setParameterValue(QgsProcessing.TEMPORARY_OUTPUT, self._context)
        if {INPUT, *BAND_KEYS.values()} <= set(wrappers):
            wrappers[INPUT].widgetValueHasChanged.connect(lambda _: self._show_bands())
            self._show_bands()

    def _label(self, key: str, labels: list[str]) -> None:
        """Show labels; the words stay as the data of the entries, which QGIS takes."""
        box = self._wrappers[key].wrappedWidget() if labels else None
        if isinstance(box, QComboBox):
            for index, label in enumerate(labels):
                box.setItemText(index, label)

    def _fill(self, key: str, kind: str) -> None:
        """Choose the layer that is likely meant."""
        layer = likely(kind, iface and iface.activeLayer()) if kind else None
        if layer is not None:
            self._wrappers[key].setParameterValue(layer.id(), self._context)

    def _show_bands(self) -> None:
        """Say in empty boxes of bands which band they stand for."""
        values = Values(self._algorithm, {INPUT: self._wrappers[INPUT].parameterValue()}, self._context)
        try:
            _, roles = read_roles(values)
            texts = {band.role: tr("Band {number}, {way}").format(number=band.number, way=roles.found_by) for band in roles.bands}
        except WaterError:
            # An empty text is QGIS' own.
            texts = dict.fromkeys(BAND_KEYS, tr("Not found: choose the band") if values.given(INPUT) else "")
        for role, key in BAND_KEYS.items():
            box = self._wrappers[key].wrappedWidget()
            # PyQt may know no more of it than that it is a box.
            if box is not None and box.metaObject().className() == "QgsRasterBandComboBox":
                sip.cast(box, QgsRasterBandComboBox).setShowNotSetOption(True, texts[role])
