"""The form in which an analyst labels features as water or not: a value map on the field `class`, kept with a GeoPackage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsEditorWidgetSetup,
    QgsFillSymbol,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsSimpleFillSymbolLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.progress import Progress
from ..core.wording import tr
from .base import Values
from .layers import NewLayer, when_loaded, write_layer

CLASS = "class"
_STYLE = "water / not water"
WATER_COLOUR, OTHER_COLOUR, _OPEN, _EDGE = "33,102,172,255", "191,129,45,255", "255,255,255,0", "227,26,28,255"
_LINES = {WATER_COLOUR: "64,224,255,255", OTHER_COLOUR: "255,212,0,255", _OPEN: _EDGE}


def set_form(layer: QgsVectorLayer, hidden: tuple[str, ...] = ()) -> None:
    """Let the form of a point or polygon layer offer Water and Not water for the field `class`, and colour what is labelled.

    Args:
        layer: with that field.
        hidden: fields that the form doesn't show.
    """
    fields = layer.fields()
    choices = {"map": [{tr("Water"): "1"}, {tr("Not water"): "0"}]}
    layer.setEditorWidgetSetup(fields.lookupField(CLASS), QgsEditorWidgetSetup("ValueMap", choices))
    for name in hidden:
        layer.setEditorWidgetSetup(fields.lookupField(name), QgsEditorWidgetSetup("Hidden", {}))
    looks = ((1, tr("Water"), WATER_COLOUR), (0, tr("Not water"), OTHER_COLOUR), (None, tr("To be labelled"), _OPEN))
    polygons = layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
    categories = [QgsRendererCategory(value, _outline(colour) if polygons else _dot(colour), label) for value, label, colour in looks]
    layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS, categories))


def _dot(colour: str) -> QgsMarkerSymbol:
    return QgsMarkerSymbol.createSimple({"name": "circle", "size": "3", "color": colour, "outline_color": _EDGE})


def _outline(colour: str) -> QgsFillSymbol:
    """Leave the inside open, so that the image stays in sight, and draw a line that shows on dark water and bright cloud alike."""
    symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": "0,0,0,255", "outline_width": "0.9"})
    line = {"style": "no", "outline_color": _LINES[colour], "outline_width": "0.5"}
    symbol.appendSymbolLayer(QgsSimpleFillSymbolLayer.create(line))  # noqa: QGS202
    return symbol


def write_with_form(values: Values, key: str, layer: NewLayer, hidden: tuple[str, ...], progress: Progress) -> str:
    """Write a layer that has its form when QGIS loads it; a GeoPackage holds the form for whoever opens that.

    Args:
        values: of the run.
        key: the parameter that names the destination.
        layer: what to write, with the field `class`.
        hidden: fields that the form doesn't show.
        progress: told the share of the features written.

    Returns:
        As `write_layer`, and so what is raised.
    """

    def store(path: Path, name: str) -> None:
        if path.suffix != ".gpkg":
            return
        written = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        set_form(written, hidden)
        problem = written.saveStyleToDatabase(_STYLE, "", True, "")
        if problem:
            destination = path.with_name(name + path.suffix)
            progress.warn(tr("The form couldn't be stored in {destination}: {problem}").format(destination=destination, problem=problem))

    source = write_layer(values, key, replace(layer, finish=store), progress)
    when_loaded(source, values.context, lambda loaded: set_form(loaded, hidden))
    return source
