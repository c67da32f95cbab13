"""How vector results look when QGIS loads them: seen over an image, and leaving it in sight."""

from __future__ import annotations

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsSimpleMarkerSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

from ..core.translation import tr
from .labelform import CLASS, OTHER_COLOUR, WATER_COLOUR

_THIN = "0.4"


def show_bodies(layer: QgsVectorLayer) -> None:
    """Fill water bodies with a blue that the image shines through."""
    looks = {"color": "36,108,176,90", "outline_color": "8,38,92,255", "outline_width": _THIN}
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(looks)))


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

    categories = [
        QgsRendererCategory(1, dot(WATER_COLOUR), tr("Water")),
        QgsRendererCategory(0, dot(OTHER_COLOUR), tr("Not water")),
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS, categories))
