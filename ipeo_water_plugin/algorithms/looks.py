"""How vector results look when QGIS loads them: seen over an image, and leaving it in sight."""

from __future__ import annotations

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsEditorWidgetSetup,
    QgsFillSymbol,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsSimpleFillSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt

from ..core.translation import tr
from .labelform import CLASS, OTHER_COLOUR, WATER_COLOUR, WATER_LINE


def show_bodies(layer: QgsVectorLayer) -> None:
    """Fill water bodies with a blue that the image shines through, round their figures and list the largest first."""
    symbol = QgsFillSymbol.createSimple({"color": "36,108,176,90", "outline_color": "0,0,0,255", "outline_width": "0.7"})
    # Light on dark, which shows on blue water and on false colours alike.
    line = {"style": "no", "outline_color": WATER_LINE, "outline_width": "0.35"}
    symbol.appendSymbolLayer(QgsSimpleFillSymbolLayer.create(line))  # noqa: QGS202
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    for name, digits in (("area_ha", 3), ("perimeter_m", 0), ("p_mean", 2), ("p_min", 2)):
        shown = {"Precision": digits, "Min": 0, "Max": 1e12, "Style": "SpinBox", "AllowNull": True}
        layer.setEditorWidgetSetup(layer.fields().lookupField(name), QgsEditorWidgetSetup("Range", shown))
    layer.setDisplayExpression("format_number(\"area_ha\", 2) || ' ha'")
    table = layer.attributeTableConfig()
    table.setSortExpression('"area_ha"')
    table.setSortOrder(Qt.SortOrder.DescendingOrder)
    layer.setAttributeTableConfig(table)


def show_places(layer: QgsVectorLayer) -> None:
    """Put a ring around each place, which leaves the place itself in sight and shows on dark water and bright cloud alike."""
    ring = {"name": "circle", "size": "6", "color": "0,0,0,0"}
    symbol = QgsMarkerSymbol.createSimple({**ring, "outline_color": "0,0,0,255", "outline_width": "1.2"})
    line = QgsSimpleMarkerSymbolLayer.create({**ring, "outline_color": "255,127,0,255", "outline_width": "0.6"})
    symbol.appendSymbolLayer(line)  # noqa: QGS202
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))


def show_samples(layer: QgsVectorLayer) -> None:
    """Colour samples by their class."""

    def dot(colour: str) -> QgsMarkerSymbol:
        return QgsMarkerSymbol.createSimple({"name": "circle", "size": "1.2", "color": colour, "outline_style": "no"})

    categories = [QgsRendererCategory(1, dot(WATER_COLOUR), tr("Water")), QgsRendererCategory(0, dot(OTHER_COLOUR), tr("Not water"))]
    layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS, categories))
