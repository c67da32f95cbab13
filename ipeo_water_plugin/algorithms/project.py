"""What in a project a dialog or the panel is likely meant for: the image, the training areas, the last map."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from qgis.core import QgsLayerTreeLayer, QgsLayerTreeNode, QgsMapLayer, QgsProject, QgsRasterLayer, QgsVectorLayer, QgsWkbTypes

from ..core.prediction.predict import DESCRIPTION
from ..core.system.redaction import redacted
from .labelform import CLASS

# Key of a parameter's metadata: which layer it is meant for.
KIND = "ipeo_water_kind"
IMAGE, AREAS, MAP = "image", "areas", "map"
# Where a project keeps what the panel works on.
_SCOPE, _KEY = "IPEOWater", "panel"
# Property of a training layer: the source of the image that it was made for, without credentials.
MADE_FOR = "ipeo_water/image"


def remembered() -> dict[str, Any]:
    """Return what the project remembers of the panel: ids of the layers "image" and "areas", and the chosen "bands"."""
    try:
        kept = json.loads(QgsProject.instance().readEntry(_SCOPE, _KEY, "{}")[0])
    except ValueError:
        kept = {}
    return kept if isinstance(kept, dict) else {}


def remember(kept: dict[str, Any]) -> None:
    """Have the project remember what the panel works on."""
    QgsProject.instance().writeEntry(_SCOPE, _KEY, json.dumps(kept))


def rasters() -> Iterator[QgsRasterLayer]:
    """Yield the rasters of the project that GDAL draws, the topmost first."""
    return filter(_is_raster, _layers())


def maps() -> Iterator[QgsRasterLayer]:
    """Yield the rasters of water probability of the project, the topmost first."""
    return filter(is_map, rasters())


def training_layers() -> Iterator[QgsVectorLayer]:
    """Yield the polygon layers of the project with a class field, the topmost first."""
    for layer in _layers():
        polygons = isinstance(layer, QgsVectorLayer) and layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
        if polygons and layer.fields().lookupField(CLASS) >= 0:
            yield layer


def _layers() -> list[QgsMapLayer]:
    project = QgsProject.instance()
    ordered = project.layerTreeRoot().layerOrder()
    return [*ordered, *(layer for layer in project.mapLayers().values() if layer not in ordered)]


def _is_raster(layer: QgsMapLayer) -> bool:
    return isinstance(layer, QgsRasterLayer) and layer.isValid() and layer.dataProvider().name() == "gdal"


def is_image(layer: QgsMapLayer | None) -> bool:
    """Return whether a layer can be an image: a raster of GDAL's with green, red and near infrared."""
    return layer is not None and _is_raster(layer) and layer.bandCount() > 2


def is_map(layer: QgsMapLayer | None) -> bool:
    """Return whether a layer is a raster of water probability."""
    return layer is not None and _is_raster(layer) and layer.bandName(1).endswith(f": {DESCRIPTION}")


def likely_areas() -> QgsVectorLayer | None:
    """Return the training areas that are likely meant: those of the panel, or the topmost."""
    areas = QgsProject.instance().mapLayer(str(remembered().get("areas", "")))
    return areas if isinstance(areas, QgsVectorLayer) else next(training_layers(), None)


def likely_image() -> QgsRasterLayer | None:
    """Return the image that is likely meant: what the training areas were made for, that of the panel, or the topmost."""
    areas = likely_areas()
    made_for = "" if areas is None else areas.customProperty(MADE_FOR, "")
    for layer in rasters() if made_for else ():
        if redacted(layer.source()) == made_for:
            return layer
    image = QgsProject.instance().mapLayer(str(remembered().get("image", "")))
    return image if is_image(image) else next(filter(is_image, rasters()), None)


def likely(kind: str, active: QgsMapLayer | None) -> QgsMapLayer | None:
    """Return the layer that is likely meant, or None where that is the active one, which QGIS' dialogs choose by themselves.

    Args:
        kind: of a parameter's metadata.
        active: the layer that the user works on.
    """
    fits: dict[str, Callable[[QgsMapLayer], bool]] = {IMAGE: is_image, MAP: is_map, AREAS: lambda layer: layer in training_layers()}
    find: dict[str, Callable[[], QgsMapLayer | None]] = {IMAGE: likely_image, MAP: lambda: next(maps(), None), AREAS: likely_areas}
    return None if active is not None and fits[kind](active) else find[kind]()


def put_above(layer: QgsMapLayer, below: str) -> None:
    """Move a layer in the layer tree right above another one and the rasters that lie on that, and so below what was drawn on it.

    Args:
        layer: of the project.
        below: id of the other layer; nothing is moved if it isn't in the layer tree.
    """
    root = QgsProject.instance().layerTreeRoot()
    node, other = root.findLayer(layer.id()), root.findLayer(below)
    if node is None or other is None:
        return
    group = other.parent()
    children = group.children()
    place = children.index(other)
    while place > 0 and _is_raster_node(children[place - 1]):
        place -= 1
    # A copy goes in before the original goes out, with which the layer would leave the project.
    group.insertChildNode(place, node.clone())
    node.parent().removeChildNode(node)


def _is_raster_node(node: QgsLayerTreeNode) -> bool:
    return isinstance(node, QgsLayerTreeLayer) and isinstance(node.layer(), QgsRasterLayer)
