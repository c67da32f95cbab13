"""The form in which an analyst labels features as water or not: a value map on the field `class`."""

from __future__ import annotations

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

from ..core.translation import tr

CLASS = "class"
WATER_COLOUR, OTHER_COLOUR, _OPEN, _EDGE = "33,102,172,255", "191,129,45,255", "255,255,255,0", "227,26,28,255"
# Outlines of polygons.
WATER_LINE, OTHER_LINE = "64,224,255,255", "255,212,0,255"
_LINES = {WATER_COLOUR: WATER_LINE, OTHER_COLOUR: OTHER_LINE, _OPEN: _EDGE}


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
