"""The form in which an analyst labels features as water or not: a value map on the field `class`, kept with a GeoPackage."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsEditorWidgetSetup,
    QgsMarkerSymbol,
    QgsProcessingContext,
    QgsRendererCategory,
    QgsVectorLayer,
)

from ..core.progress import Progress
from .base import tr
from .layers import when_loaded

CLASS = "class"
_STYLE = "water / not water"


def set_form(layer: QgsVectorLayer, hidden: tuple[str, ...] = ()) -> None:
    """Let the form of a point layer offer Water and Not water for the field `class`, and colour what is labelled.

    Args:
        layer: with that field.
        hidden: fields that the form doesn't show.
    """
    fields = layer.fields()
    choices = {"map": [{tr("Water"): "1"}, {tr("Not water"): "0"}]}
    layer.setEditorWidgetSetup(fields.lookupField(CLASS), QgsEditorWidgetSetup("ValueMap", choices))
    for name in hidden:
        layer.setEditorWidgetSetup(fields.lookupField(name), QgsEditorWidgetSetup("Hidden", {}))
    looks = ((1, tr("Water"), "33,102,172,255"), (0, tr("Not water"), "191,129,45,255"), (None, tr("To be labelled"), "255,255,255,0"))
    categories = [
        QgsRendererCategory(
            value, QgsMarkerSymbol.createSimple({"name": "circle", "size": "3", "color": colour, "outline_color": "227,26,28,255"}), label
        )
        for value, label, colour in looks
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS, categories))


def keep_form(destination: str, context: QgsProcessingContext, hidden: tuple[str, ...], progress: Progress) -> None:
    """Give a result its form when QGIS loads it, and store the form in a GeoPackage, where it is found by whoever opens that."""
    when_loaded(destination, context, lambda layer: set_form(layer, hidden))
    if Path(destination).suffix.lower() != ".gpkg":
        return
    layer = QgsVectorLayer(destination, Path(destination).stem, "ogr")
    set_form(layer, hidden)
    problem = layer.saveStyleToDatabase(_STYLE, "", True, "")
    if problem:
        progress.warn(f"The form couldn't be stored in {destination}: {problem}")
