"""Layers that show a file which a run wrote anew: they would show the old content until QGIS is told to look again."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.core import QgsMapLayer, QgsProcessingContext, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, QMetaObject, Qt, QThread

from ..core.raster.collisions import layers_using
from .layervalues import names_of


def reload_layers(written: Iterable[str], context: QgsProcessingContext) -> None:
    """Have the project's layers read again what they show of these files; their style and a user's edits stay.

    Args:
        written: files, and folders for all that lie in them.
        context: of the run, which may be without a project.
    """
    project = context.project()
    layers = (
        [] if project is None else [layer for layer in project.mapLayers().values() if isinstance(layer, (QgsRasterLayer, QgsVectorLayer))]
    )
    shown = {layer.id(): list(names_of(layer, context)) for layer in layers}
    stale = layers_using(written, shown)
    for layer in layers:
        if layer.id() in stale and not layer.isEditable():
            _reload(layer)


def _reload(layer: QgsMapLayer) -> None:
    """Look at a file again. Style and a CRS that was set for the layer stay; a CRS that came from the file is the new file's."""
    if QThread.currentThread() != QCoreApplication.instance().thread():
        # A model runs the last step of its algorithms in its own thread, where a layer of the project isn't to be touched.
        for method in ("reload", "triggerRepaint"):
            QMetaObject.invokeMethod(layer, method, Qt.ConnectionType.QueuedConnection)
        return
    follows = layer.crs() == layer.dataProvider().crs()
    layer.reload()
    if follows:
        layer.setCrs(layer.dataProvider().crs())
    if isinstance(layer, QgsVectorLayer):
        layer.updateExtents()
    else:
        layer.setExtent(layer.dataProvider().extent())
    layer.triggerRepaint()
