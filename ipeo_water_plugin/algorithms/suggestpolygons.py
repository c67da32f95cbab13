"""The algorithm `suggestpolygons`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsFeature,
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

from ..core.model import WaterModel
from ..core.prediction.suggest import DEFAULT_COUNT, MAX_COUNT, Suggestion, check_count, suggest
from ..core.progress import SubProgress
from ..core.translation import tr
from .areas import POLYGONS
from .base import WHOLE, FeedbackProgress, Values, WaterAlgorithm, explained
from .image import Image, band_parameters, image_parameter, read_image
from .layers import check_destination, write_layer
from .looks import show_places
from .predictwaterprobability import Shapes, chosen_model, model_parameter
from .schema import NewLayer, Schema, make_feature, make_fields
from .vectors import POINT, POLYGON, Placement


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    model: WaterModel
    drawn: Shapes | None
    count: int


class SuggestPolygons(WaterAlgorithm):
    """Suggests places for new training areas."""

    COUNT, OUTPUT = "COUNT", "OUTPUT"
    GROUP = "draw"
    FIELDS = ("reason", "score", "probability", "novelty")

    def displayName(self) -> str:
        return tr("Suggest where to draw")

    def tags(self) -> list[str]:
        return tr("water,active learning,uncertainty,novelty,training,polygons,points,improve,next").split(",")

    def purpose(self) -> str:
        return tr(
            "Finds the places where a new training area would improve a model most: where the model is uncertain, unlike its training "
            "data, and typical of much of the image.\n\n"
            "Draw a polygon around each point, assign its class, train again, and repeat: a few suggested places per round improve the "
            "model more than as many random ones. The points are spread over the image and lie in homogeneous patches of 5 by 5 pixels. "
            "The same input gives the same points."
        )

    def trouble(self) -> str:
        return tr(
            "There is no place to suggest: the training areas already cover all valid pixels. The model needs other bands: choose "
            "the same extra bands as in training. The points lie in cloud: label it as Not water, and the model learns it."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        kinds = [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorPoint]
        areas = QgsProcessingParameterFeatureSource(POLYGONS, tr("Training areas drawn so far"), kinds, optional=True)
        count = QgsProcessingParameterNumber(self.COUNT, tr("Number of places"), WHOLE, DEFAULT_COUNT, minValue=1, maxValue=MAX_COUNT)
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Where to draw"), QgsProcessing.SourceType.TypeVectorPoint)
        self.add(
            [
                image_parameter(),
                model_parameter(),
                explained(
                    areas,
                    tr(
                        "Polygons or points in any CRS. Places lie outside them, and their pixels count as known, which improves the "
                        "suggestions. Empty = the statistics of the training samples in the model count as known."
                    ),
                ),
                explained(count, tr("Number of places to suggest. A few per round work best, since each round builds on the one before.")),
                *band_parameters(),
                explained(
                    sink,
                    tr(
                        "Points, best first, with the fields reason, score (share of the model's doubt about the scene that a label there "
                        "settles), probability (of water, as predicted) and novelty (distance to known pixels, in standard deviations)."
                    ),
                ),
            ]
        )

    def read(self, values: Values) -> _Job:
        image, model = read_image(values), chosen_model(values)
        count = values.integer(self.COUNT)
        check_count(count)
        check_destination(values, self.OUTPUT, _schema(image))
        drawn = None
        if values.given(POLYGONS):
            source = values.source(POLYGONS, tr("Choose a layer of polygons or points."))
            placement = Placement.from_crs(source.crs, image, values.context.transformContext(), source.name)
            drawn = Shapes(source, placement, (POLYGON, POINT))
        return _Job(image, model, drawn, count)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        progress = FeedbackProgress(feedback)
        progress.info(tr("Bands of “{image}”: {roles}.").format(image=job.image.name, roles=job.image.roles))
        drawn = () if job.drawn is None else job.drawn.read(SubProgress(progress, 0.0, 0.1))
        places = suggest(job.image.file, job.image.roles, job.model, job.count, drawn, SubProgress(progress, 0.1, 0.9))
        layer = NewLayer(_schema(job.image), map(_feature, places), len(places), show_places)
        return {self.OUTPUT: write_layer(values, self.OUTPUT, layer, SubProgress(progress, 0.9, 1.0))}


def _schema(image: Image) -> Schema:
    fields = {name: QMetaType.Type.QString if name == "reason" else QMetaType.Type.Double for name in SuggestPolygons.FIELDS}
    return Schema(make_fields(fields), QgsWkbTypes.Type.Point, image.crs)


def _feature(place: Suggestion) -> QgsFeature:
    point = QgsGeometry.fromPointXY(QgsPointXY(place.x, place.y))
    return make_feature((place.reason, place.score, place.probability, place.novelty), point)
