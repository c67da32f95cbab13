"""What the values of parameters that name layers come to, in whatever form they are given: layers, ids, names, paths, properties."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from qgis.core import (
    NULL,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProperty,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
)
from qgis.PyQt.QtCore import QUrl

from ..core.raster.collisions import layers_using
from ..core.system.redaction import display_name, redacted

# Tables that QGIS keeps for itself beside the data: a layer is put beside them, not in their place.
OWN_LAYERS = {"layer_styles", "qgis_projects"}

_SEPARATOR = ";"


def plain(value: Any, context: QgsProcessingContext) -> Iterator[QgsMapLayer | str]:
    """Yield the layers and texts that a parameter's value holds."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        yield from plain(value.source, context)
    elif isinstance(value, QgsProcessingOutputLayerDefinition):
        yield from plain(value.sink, context)
    elif isinstance(value, QgsProperty):
        static = value.staticValue()
        yield from plain(value.valueAsString(context.expressionContext())[0] if static in (None, NULL) else static, context)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from plain(entry, context)
    elif isinstance(value, QgsMapLayer):
        yield value
    elif value is not None and value != NULL and str(value):
        yield str(value)


def layer_of(value: Any, context: QgsProcessingContext) -> QgsMapLayer | None:
    """Return the layer that a parameter's value means, if it is there already: in the project, or opened for this run."""
    found = next(plain(value, context), None)
    return QgsProcessingUtils.mapLayerFromString(found, context, False) if isinstance(found, str) else found


def vector_layer_of(value: Any, context: QgsProcessingContext) -> QgsVectorLayer | None:
    """Return the vector layer that a parameter's value means, opened if need be, or None where there is none that can be read."""
    found = next(plain(value, context), None)
    if isinstance(found, str):
        found = QgsProcessingUtils.mapLayerFromString(found, context, True, QgsProcessingUtils.LayerHint.Vector)
    return found if isinstance(found, QgsVectorLayer) and found.isValid() else None


def names_in(value: Any, context: QgsProcessingContext) -> Iterator[str]:
    """Yield the names by which what a parameter's value means is opened."""
    for found in plain(value, context):
        layer = layer_of(found, context)
        if layer is not None:
            yield from names_of(layer, context)
        elif isinstance(found, str):
            # On a command line, several are one text.
            yield from dict.fromkeys((found, *found.split(_SEPARATOR)))


def names_of(layer: QgsMapLayer, context: QgsProcessingContext) -> Iterator[str]:
    """Yield the names by which a layer's data are opened: its own, those of layers joined to it, those that a virtual layer stands on."""
    seen: set[str] = set()
    waiting = [layer]
    while waiting:
        found = waiting.pop()
        if found.id() in seen:
            continue
        seen.add(found.id())
        provider = found.providerType() if hasattr(found, "providerType") else ""
        further = [join.joinLayer() for join in found.vectorJoins()] if isinstance(found, QgsVectorLayer) else []
        if provider == "virtual":
            parts = QgsVirtualLayerDefinition.fromUrl(QUrl.fromEncoded(found.source().encode())).sourceLayers()
            further += [layer_of(part.reference(), context) for part in parts if part.isReferenced()]
            yield from (part.source() for part in parts if not part.isReferenced())
        else:
            yield found.source()
            path = QgsProviderRegistry.instance().decodeUri(provider, found.source()).get("path")
            if isinstance(path, str) and path:
                yield path
        waiting += [other for other in further if other is not None]


def project_layers_using(files: Iterable[str], context: QgsProcessingContext, wanted: Callable[[QgsMapLayer], bool]) -> list[QgsMapLayer]:
    """Return the layers of the project whose data are in some files.

    Args:
        files: that are written; folders stand for their content.
        context: of the run, which may be without a project.
        wanted: whether a layer is of interest; the data of others are not looked at.
    """
    project = context.project()
    layers = [] if project is None else [layer for layer in project.mapLayers().values() if wanted(layer)]
    using = layers_using(files, {layer.id(): list(names_of(layer, context)) for layer in layers})
    return [layer for layer in layers if layer.id() in using]


def shown_name(layer: QgsMapLayer) -> str:
    """Return a layer's name for messages, files and reports. QGIS takes it from the end of the source, which may be a signature's."""
    source, name = layer.source(), layer.name()
    hidden = redacted(source)
    if name not in hidden and any(name in spelling for spelling in (source, unquote(source))):
        name = re.split(r"[\\/]", hidden.partition("?")[0])[-1]
    return display_name(name)


def is_temporary(path: str) -> bool:
    """Return whether a file goes with this session of QGIS."""
    if path.startswith("/vsimem/"):
        return True
    with contextlib.suppress(OSError, ValueError):
        return Path(QgsProcessingUtils.tempFolder()).resolve() in Path(path.split("|", 1)[0]).resolve().parents
    return False
