"""What comes after the panel: the algorithms' own dialogs, filled in, and where their results go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from qgis import processing
from qgis.core import NULL, QgsLayerTreeLayer, QgsProject
from qgis.gui import QgsProcessingAlgorithmDialogBase
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..algorithms.image import INPUT
from ..algorithms.layervalues import is_temporary, shown_name
from ..algorithms.predictwaterprobability import DATA_TYPE, EXTENT, MASK
from ..core.errors import WaterError
from ..core.model import WaterModel
from ..core.model_json import read_model
from ..core.translation import tr
from .sources import Chosen, is_there, place_for, unused

_RESULTS = {"OUTPUT": ".tif", "OUTPUT_MODEL": ".json", "OUTPUT_REPORT": ".html"}
# Characters of a layer's name that file names take over: file systems hold 255 bytes.
_NAME = 60
# How far apart two values of p may be that are called equal, and how many pixel values are tried.
_EQUAL, _TRIED = 1e-5, 4096


class Saving(QObject):
    """Opens dialogs, and remembers the map and the model that were saved last."""

    saved = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dialogs: dict[str, QgsProcessingAlgorithmDialogBase] = {}
        # Files of the last map, by the parameter of `mapwater`.
        self.results: dict[str, str] = {}
        # Hectares of water that the panel shows now, None while it measures, and the threshold that they hold for.
        self.seen: tuple[float | None, float] = (None, 0.5)
        self._hidden = True
        # Another one once what was saved or is being saved is of no more use.
        self._wanted = object()

    def forget(self) -> None:
        """Remember nothing of what was saved, nor of what runs that are under way are still to save."""
        self.results, self._wanted = {}, object()

    def open_dialog(self, algorithm: str, parameters: dict[str, Any]) -> QgsProcessingAlgorithmDialogBase:
        """Open the dialog of an algorithm, filled in."""
        earlier = self._dialogs.pop(algorithm, None)
        if earlier is not None and not sip.isdeleted(earlier) and not earlier.isVisible():
            earlier.deleteLater()
        dialog = processing.createAlgorithmDialog(algorithm, parameters)
        self._dialogs[algorithm] = dialog
        dialog.show()
        return dialog

    def open(self, name: str, chosen: Chosen, model: Callable[[], WaterModel | None]) -> QgsProcessingAlgorithmDialogBase:
        """Open the dialog of one of the plugin's algorithms with what the panel works on, or saved last.

        Args:
            name: of the algorithm.
            chosen: what the panel works on.
            model: returns what the panel shows at the time.
        """
        if name == "mapwater":
            dialog = self.open_dialog(f"ipeowater:{name}", {**chosen.parameters(), **self._destinations(chosen)})
            wanted = self._wanted

            def finished(done: bool, results: dict[str, Any]) -> None:
                if done and wanted is self._wanted:
                    self._finished(dialog, results, model())

            dialog.algorithmFinished.connect(finished)
            return dialog
        key = "MODEL" if name == "predictmanyrasters" else INPUT
        path = self.results.get("OUTPUT_MODEL" if key == "MODEL" else "OUTPUT")
        known = {"METHOD": "fixed", "THRESHOLD": chosen.threshold} if name == "extractwater" else {}
        return self.open_dialog(f"ipeowater:{name}", known if path is None else {**known, key: path})

    def close(self) -> None:
        """Let go of dialogs that are closed; one that is open stays as the toolbox' own do, and tells the panel nothing."""
        self.forget()
        for dialog in self._dialogs.values():
            if not sip.isdeleted(dialog) and not dialog.isVisible():
                dialog.deleteLater()
        self._dialogs = {}

    def _destinations(self, chosen: Chosen) -> dict[str, str]:
        """Return where map, model and report may go: beside the training areas."""
        if chosen.image is None:
            return {}
        name = tr("{image} water").format(image=shown_name(chosen.image)[:_NAME])
        # What a name may hold and a file name may not.
        name = "".join(" " if letter in '\\/:*?"<>|' else letter for letter in name)
        areas = "" if chosen.areas is None else chosen.areas.source().split("|", 1)[0]
        beside = is_there(areas) and not is_temporary(areas)
        first = Path(areas).with_name(f"{name}.tif") if beside else place_for(f"{name}.tif")
        # An earlier model or report stays too, where its map was deleted.
        stem = unused(first, _RESULTS.values()).with_suffix("")
        return {key: f"{stem}{suffix}" for key, suffix in _RESULTS.items()}

    def _finished(self, dialog: QgsProcessingAlgorithmDialogBase, results: dict[str, Any], seen: WaterModel | None) -> None:
        self.results = {key: str(results[key]) for key in _RESULTS if results.get(key)}
        text = _compared(self.results.get("OUTPUT_MODEL"), seen, *self.seen, own_terms=_has_own_terms(dialog))
        if text:
            dialog.setInfo(text)
        self._hidden = False
        self.saved.emit()

    def hide_map(self, *_: object) -> None:
        """Hide the map that was saved last, once, when the panel's own comes to differ from it."""
        node = None if self._hidden else _node_of(self.results.get("OUTPUT", ""))
        if node is not None:
            node.setItemVisibilityChecked(False)
        self._hidden = True


def _has_own_terms(dialog: QgsProcessingAlgorithmDialogBase) -> bool:
    """Return whether a dialog's map differs from the panel's, which covers the whole image in fractions, by more than its model."""
    values = {key: dialog.mainWidget().wrappers[key].parameterValue() for key in (EXTENT, MASK, DATA_TYPE)}
    return values.pop(DATA_TYPE) != "float32" or any(value not in (None, NULL, "") for value in values.values())


def _compared(path: str | None, seen: WaterModel | None, hectares: float | None, threshold: float, *, own_terms: bool) -> str:
    """Return, in words, whether a saved model is the one that was seen, and how much water was seen with it."""
    if path is None or seen is None:
        return ""
    try:
        saved = read_model(path)
    except WaterError:
        return ""
    if saved.names != seen.names:
        return ""
    draw = np.random.default_rng(0)
    bands = [draw.uniform(entry.minimum, entry.maximum, _TRIED) for entry in saved.inputs]
    difference = float(np.abs(saved.probability(bands) - seen.probability(bands)).max())
    if difference <= _EQUAL and own_terms:
        return tr(
            "The saved model equals the panel's. The map has an extent, a mask or a data type of its own, so its values and hectares "
            "differ from those that the panel shows."
        )
    if difference <= _EQUAL:
        text = tr("The saved map equals what the panel shows: p differs by less than {limit:g}.").format(limit=_EQUAL)
        if hectares is not None:
            # The algorithm measures at the threshold that it recommends.
            text += " " + tr("At the panel's threshold, p ≥ {threshold:g}, {hectares:.0f} ha are water.").format(
                threshold=threshold, hectares=hectares
            )
        return text
    return tr(
        "The saved map differs from what the panel shows now by up to {difference:.2g} in p: areas or settings have changed since it began."
    ).format(difference=difference)


def _node_of(source: str) -> QgsLayerTreeLayer | None:
    """Return the layer tree's entry of a file."""
    nodes = QgsProject.instance().layerTreeRoot().findLayers()
    return next((node for node in nodes if node.layer() is not None and node.layer().source() == source), None)
