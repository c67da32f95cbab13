"""Training areas: the parameters POLYGONS, CLASS_FIELD and WATER_VALUES, and the labelled shapes they come to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgis.core import (
    NULL,
    QgsFeatureRequest,
    QgsFields,
    QgsProcessing,
    QgsProcessingFeatureSource,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterString,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import InputError
from ..core.polygons import LabelledShape, WaterValues, check_classes
from ..core.progress import Progress
from .base import Values, explained, tr
from .image import Image
from .vectors import POINT, POLYGON, Placement, placed

POLYGONS, CLASS_FIELD, WATER_VALUES = "POLYGONS", "CLASS_FIELD", "WATER_VALUES"


@dataclass(frozen=True, eq=False)
class TrainingAreas:
    """A feature source with a class field, ready to be read in the algorithm's own thread."""

    source: QgsProcessingFeatureSource
    field: int
    wanted: WaterValues
    water_values: str
    placement: Placement

    def shapes(self, progress: Progress) -> list[LabelledShape]:
        """Read the features, in their order, brought onto the image.

        Raises:
            InputError: a feature is neither polygon nor point, none is left, or one class is missing.
            CancelledError: the user cancelled.
        """
        request = QgsFeatureRequest().setSubsetOfAttributes([self.field])
        # An invalid geometry is mended here, where QGIS by default would stop.
        features = self.source.getFeatures(request, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks)
        name, count = self.source.sourceName(), self.source.featureCount()
        shapes: list[LabelledShape] = []
        classes: dict[object, bool] = {}
        unlabelled = 0
        for feature, wkb in placed(features, self.placement, (POLYGON, POINT), name, count, progress):
            value = feature.attribute(self.field)
            if value is None or value == NULL or (isinstance(value, float) and math.isnan(value)):
                unlabelled += 1
                continue
            water = classes.get(value)
            if water is None:
                water = classes[value] = self.wanted.is_water(value)
            shapes.append(LabelledShape(wkb, water, feature.id()))
        if unlabelled:
            progress.info(f"{unlabelled} features of “{name}” have no class and were left out.")
        check_classes(list(classes), self.water_values, shapes)
        return shapes


def area_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the parameters that choose the training areas."""
    return [
        explained(
            QgsProcessingParameterFeatureSource(
                POLYGONS, tr("Training areas"), [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorPoint]
            ),
            tr(
                "Polygons drawn over places that are surely water and places that surely are not, in any CRS. "
                "A point labels the pixel it lies in. Draw several of each class, spread over the image: "
                "fields, forest, buildings, shadow and cloud as well as lakes and rivers."
            ),
        ),
        explained(
            QgsProcessingParameterField(
                CLASS_FIELD, tr("Class field"), parentLayerParameterName=POLYGONS, type=QgsProcessingParameterField.DataType.Any
            ),
            tr("The field that tells water from the rest: numbers, texts, or yes and no. A feature where it is empty is left out."),
        ),
        explained(
            QgsProcessingParameterString(WATER_VALUES, tr("Values that mean water"), "1"),
            tr("The values of the class field that mean water, separated by commas, such as 1 or lake, river. All others mean not water."),
        ),
    ]


def read_areas(values: Values, image: Image) -> TrainingAreas:
    """Turn the parameters of the training areas into what can be read in another thread.

    Raises:
        InputError: layer or field is missing or of a kind that can't serve, a CRS is unknown, or no value means water.
    """
    source = values.algorithm.parameterAsSource(values.parameters, POLYGONS, values.context)
    if source is None:
        msg = f"The training areas {values.text(POLYGONS) or '(none given)'} can't be opened: choose a polygon or point layer."
        raise InputError(msg)
    name = source.sourceName()
    kind = QgsWkbTypes.geometryType(source.wkbType())
    # A layer of mixed or unstated geometry shows what it holds only feature by feature.
    if kind not in (POLYGON, POINT) and source.wkbType() not in (QgsWkbTypes.Type.Unknown, QgsWkbTypes.Type.GeometryCollection):
        shape = QgsWkbTypes.displayString(source.wkbType())
        msg = f"“{name}” holds {shape} features, and training areas are polygons or points: draw them in a polygon layer."
        raise InputError(msg)
    field = _field(source.fields(), values.text(CLASS_FIELD), name)
    water_values = values.text(WATER_VALUES)
    wanted = WaterValues.parse(water_values, numeric=_is_numeric(source.fields(), field, name))
    placement = Placement.of(source.sourceCrs(), image, values.context.transformContext(), name)
    return TrainingAreas(source, field, wanted, water_values, placement)


def _field(fields: QgsFields, wanted: str, name: str) -> int:
    index = fields.lookupField(wanted) if wanted else -1
    if index < 0:
        there = ", ".join(fields.names()) or "none at all"
        msg = f"“{name}” has no field “{wanted}” to tell water from the rest; its fields are: {there}."
        raise InputError(msg)
    return index


def _is_numeric(fields: QgsFields, index: int, name: str) -> bool:
    """Whether classes are compared as numbers; true and false count as 1 and 0."""
    field = fields.at(index)
    if field.isNumeric() or field.type() == QMetaType.Type.Bool:
        return True
    if field.type() != QMetaType.Type.QString:
        msg = f"The class field “{field.name()}” of “{name}” is of type {field.typeName()}: choose one of numbers, texts, or yes and no."
        raise InputError(msg)
    return False
