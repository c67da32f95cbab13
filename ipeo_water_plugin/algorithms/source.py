"""Vector layers as they stand when a run is prepared, to be read in the algorithm's own thread, whatever becomes of the layer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDataProvider,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)

from ..core.errors import InputError, RasterError
from ..core.raster.completeness import check_shapefile
from ..core.translation import tr
from .layervalues import OWN_LAYERS, shown_name, vector_layer_of

# Its features are computed by the layer's own provider, which goes with the layer.
_VIRTUAL = "virtual"


@dataclass(frozen=True, eq=False)
class LayerSource:
    """A feature source that holds no pointer to its layer: QGIS' own does, and ends QGIS when the layer is removed while a run waits.

    It has edits that aren't saved, and keeps to the features that were chosen: the selected ones, those of a filter, the first few.
    `origin` identifies the layer, each of which has feature ids of its own: its file and its name there. `others` are further
    layers of the file, where only the file was named, so that they aren't read.
    """

    source: QgsVectorLayerFeatureSource
    name: str
    kind: QgsWkbTypes.Type
    fields: QgsFields
    crs: QgsCoordinateReferenceSystem
    count: int
    selected: frozenset[int] | None
    expression: str
    limit: int
    context: QgsExpressionContext
    origin: str
    others: tuple[str, ...]

    @classmethod
    def from_value(cls, given: Any, context: QgsProcessingContext) -> LayerSource | None:
        """Take a layer, or the choice of some of its features, as a parameter holds it; None where there is no such layer.

        Only the thread that the layer lives in may do so.

        Raises:
            RasterError: it can't be read, or is a shapefile whose parts don't belong together.
        """
        chosen = given if isinstance(given, QgsProcessingFeatureSourceDefinition) else QgsProcessingFeatureSourceDefinition("")
        layer = vector_layer_of(given, context)
        if layer is None:
            return None
        check_readable(layer)
        (file, table), others = _file_of(layer)
        check_shapefile(file)
        # QGIS has filters of a parameter from 3.32 on.
        expression = getattr(chosen, "filterExpression", "")
        selected = frozenset(layer.selectedFeatureIds()) if chosen.selectedFeaturesOnly else None
        known = -1 if expression else layer.featureCount() if selected is None else len(selected)
        # Materialized features get other ids, by which the selected ones wouldn't be found.
        virtual = layer.providerType() == _VIRTUAL
        request = QgsFeatureRequest() if selected is None else QgsFeatureRequest().setFilterFids(list(selected))
        expressions = QgsExpressionContext(context.expressionContext())
        expressions.appendScope(QgsExpressionContextUtils.layerScope(layer))
        return cls(
            QgsVectorLayerFeatureSource(layer.materialize(request) if virtual else layer),
            shown_name(layer),
            layer.wkbType(),
            layer.fields(),
            layer.crs(),
            known if chosen.featureLimit < 0 or known < 0 else min(known, chosen.featureLimit),
            None if virtual else selected,
            expression,
            chosen.featureLimit,
            expressions,
            # A link leads to the same features, and so does another spelling.
            "|".join((os.path.realpath(file) if os.path.exists(file) else file, table)),  # noqa: PTH110 (a source need not be a path)
            others,
        )

    def misshapen(self, advice: str) -> InputError:
        """Return the error of a layer with another geometry type; `advice` says what to choose."""
        text = tr("“{layer}” contains {shape} features. {advice}")
        return InputError(text.format(layer=self.name, shape=QgsWkbTypes.displayString(self.kind), advice=advice))

    def features(self, request: QgsFeatureRequest) -> Iterator[QgsFeature]:
        """Yield the features that a request asks for, in the layer's order; invalid geometries too.

        Raises:
            RasterError: the layer can't be read.
        """
        every = request.filterType() == QgsFeatureRequest.FilterType.FilterNone and request.filterRect().isNull()
        if self.expression:
            request.setExpressionContext(self.context)
            request.combineFilterExpression(self.expression)
        elif self.selected is not None:
            request.setFilterFids(list(self.selected))
        found = self.source.getFeatures(request)
        if self.selected is not None:
            found = (feature for feature in found if feature.id() in self.selected)
        found = islice(found, self.limit) if self.limit >= 0 else found
        yield from _some(found, self.name) if every and self.count > 0 else found


def check_readable(layer: QgsVectorLayer) -> None:
    """Check that a layer's file can still be read: to QGIS, one that is damaged or gone since it was loaded is empty.

    Raises:
        RasterError: it can't.
    """
    if not layer.dataProvider().isValid():
        raise _unreadable(shown_name(layer))


def _unreadable(name: str) -> RasterError:
    return RasterError(tr("“{layer}” can't be read: its file is damaged, or no longer there.").format(layer=name))


def _some(features: Iterable[QgsFeature], name: str) -> Iterator[QgsFeature]:
    """Yield features of a layer that has some: where QGIS failed to open its file once, it gives none, without an error, from then on."""
    found = False
    for feature in features:
        found = True
        yield feature
    if not found:
        raise _unreadable(name)


def features_of(layer: QgsVectorLayer) -> Iterator[QgsFeature]:
    """Yield the features of a layer. QGIS opens the file for the first one, so that whoever reads them through sees its errors.

    Raises:
        RasterError: the file can't be read.
    """
    check_readable(layer)
    found = layer.getFeatures()
    yield from _some(found, shown_name(layer)) if layer.featureCount() > 0 else found


def _file_of(layer: QgsVectorLayer) -> tuple[tuple[str, str], tuple[str, ...]]:
    """Return the file of a layer and the layer's name within it, and the file's other layers if its source names none of them.

    Other sources are returned as they are.
    """
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = str(parts.get("path") or "")
    if layer.providerType() != "ogr" or not path:
        return (layer.source(), ""), ()
    name = str(parts.get("layerName") or "")
    if name:
        return (path, name), ()
    found = [entry.split(QgsDataProvider.sublayerSeparator()) for entry in layer.dataProvider().subLayers()]
    names = {entry[0]: entry[1] for entry in found if len(entry) > 1 and entry[1] not in OWN_LAYERS} or {"0": ""}
    if parts.get("layerId") is not None:
        return (path, names.get(str(parts["layerId"]), "")), ()
    first, *others = names.values()
    return (path, first), tuple(others)
