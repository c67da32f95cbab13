"""Reloads layers whose files a run replaced: they would show the old content otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.core import QgsMapLayer, QgsProcessingContext, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, QMetaObject, Qt, QThread

from .layervalues import project_layers_using


def reload_layers(written: Iterable[str], context: QgsProcessingContext) -> None:
    """Have the project's layers read again what they show of these files; their style and a user's edits stay.

    Args:
        written: files, and folders for all that lie in them.
        context: of the run, which may be without a project.
    """
    for layer in project_layers_using(written, context, lambda layer: isinstance(layer, (QgsRasterLayer, QgsVectorLayer))):
        if not layer.isEditable():
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
