"""The algorithm `suggestpolygons`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import InputError
from ..core.model import WaterModel
from ..core.prediction.suggest import DEFAULT_COUNT, MAX_COUNT, Suggestion, check_count, suggest
from ..core.progress import Progress, SubProgress
from ..core.translation import tr
from .areas import POLYGONS
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .image import Image, band_parameters, image_parameter, read_image
from .layers import NewLayer, Schema, check_destination, make_field, write_layer
from .looks import show_places
from .predictwaterprobability import chosen_model, model_parameter
from .source import LayerSource
from .vectors import POINT, POLYGON, Placement, placed


@dataclass(frozen=True, eq=False)
class _DrawnAreas:
    """Areas drawn so far, whatever their class, to be read in the algorithm's own thread."""

    source: LayerSource
    placement: Placement

    def shapes(self, progress: Progress) -> list[bytes]:
        """Return them as WKB on the image.

        Raises:
            InputError: a feature is neither polygon nor point.
            CancelledError: the user cancelled.
        """
        request = QgsFeatureRequest().setSubsetOfAttributes([])
        features = self.source.features(request)
        name, count = self.source.name, self.source.count
        return [wkb for _, wkb in placed(features, self.placement, (POLYGON, POINT), name, count, progress)]


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    model: WaterModel
    drawn: _DrawnAreas | None
    count: int


class SuggestPolygons(WaterAlgorithm):
    """An image and a model become points where to draw next."""

    COUNT, OUTPUT = "COUNT", "OUTPUT"
    GROUP = "train"

    def name(self) -> str:
        """Return the id."""
        return "suggestpolygons"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Suggest where to draw")

    def tags(self) -> list[str]:
        """Return further words that the toolbox finds it by."""
        return tr("water,active learning,uncertainty,novelty,training,polygons,points,improve,next").split(",")

    def purpose(self) -> str:
        """Return what the algorithm is for."""
        return tr(
            "Points to the places where a polygon would teach a model most: those it is least sure of, that resemble nothing it was "
            "trained on, and that stand for much of the image.\n\n"
            "Draw a polygon around each point, say whether it is water, train again, and ask again: a few places a round do more than "
            "as many at random. The points are spread over the image and lie in even patches of 5 by 5 pixels. "
            "The same input gives the same points."
        )

    def trouble(self) -> str:
        """Return what goes wrong most often, and what to do."""
        return tr(
            "There is no place to suggest: the areas drawn already cover all that is valid. The model wants other bands: choose "
            "the same extra bands as in training. The points lie in cloud: say that it isn't water, and the model learns it."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Add parameters and outputs."""
        kinds = [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorPoint]
        areas = QgsProcessingParameterFeatureSource(POLYGONS, tr("Training areas drawn so far"), kinds, optional=True)
        whole = QgsProcessingParameterNumber.Type.Integer
        count = QgsProcessingParameterNumber(self.COUNT, tr("Number of places"), whole, DEFAULT_COUNT, minValue=1, maxValue=MAX_COUNT)
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Where to draw"), QgsProcessing.SourceType.TypeVectorPoint)
        self.add(
            [
                image_parameter(),
                model_parameter(),
                explained(
                    areas,
                    tr(
                        "Polygons or points in any CRS. Places keep out of them, and what lies in them counts as known, "
                        "which suggests better. Empty = what the model remembers of its training counts as known."
                    ),
                ),
                explained(
                    count, tr("How many places to suggest. A few a round are best, since each round knows more than the one before.")
                ),
                *band_parameters(),
                explained(
                    sink,
                    tr(
                        "Points, the best first, with the fields reason, score (share of all doubt that a label there settles), "
                        "probability (of water, as the model has it) and novelty (distance to what is known, in standard deviations)."
                    ),
                ),
            ]
        )

    def read(self, values: Values) -> _Job:
        """Check the values and turn them into plain ones."""
        image, model = read_image(values), chosen_model(values)
        count = values.integer(self.COUNT)
        check_count(count)
        check_destination(values, self.OUTPUT, _schema(image))
        drawn = None
        if values.given(POLYGONS):
            source = values.source(POLYGONS)
            if source is None:
                msg = tr("The training areas {layer} can't be opened: choose a polygon or point layer.").format(layer=values.text(POLYGONS))
                raise InputError(msg)
            drawn = _DrawnAreas(source, Placement.of(source.crs, image, values.context.transformContext(), source.name))
        return _Job(image, model, drawn, count)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Find the places, then write the points."""
        progress = FeedbackProgress(feedback)
        progress.info(tr("Bands of “{image}”: {roles}.").format(image=job.image.name, roles=job.image.roles))
        drawn = [] if job.drawn is None else job.drawn.shapes(SubProgress(progress, 0.0, 0.1))
        places = suggest(job.image.file, job.image.roles, job.model, job.count, drawn, SubProgress(progress, 0.1, 0.9))
        layer = NewLayer(_schema(job.image), [_features(places)], len(places), show_places)
        return {self.OUTPUT: write_layer(values, self.OUTPUT, layer, SubProgress(progress, 0.9, 1.0))}


def _schema(image: Image) -> Schema:
    fields = QgsFields()
    fields.append(make_field("reason", QMetaType.Type.QString))
    for name in ("score", "probability", "novelty"):
        fields.append(make_field(name, QMetaType.Type.Double))
    return Schema(fields, QgsWkbTypes.Type.Point, image.crs)


def _features(places: Sequence[Suggestion]) -> list[QgsFeature]:
    features = []
    for place in places:
        feature = QgsFeature()
        feature.setAttributes([place.reason, place.score, place.probability, place.novelty])
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(place.x, place.y)))
        features.append(feature)
    return features
