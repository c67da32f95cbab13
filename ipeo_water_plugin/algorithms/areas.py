"""Training areas: the parameters POLYGONS, CLASS_FIELD and WATER_VALUES, and the labelled shapes they come to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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
from ..core.wording import tr
from .base import Values, explained
from .image import Raster
from .labelform import CLASS
from .vectors import POINT, POLYGON, Placement, placed

POLYGONS, CLASS_FIELD, WATER_VALUES = "POLYGONS", "CLASS_FIELD", "WATER_VALUES"


@dataclass(frozen=True, eq=False)
class LabelledAreas:
    """A feature source with a class field, ready to be read in the algorithm's own thread."""

    source: QgsProcessingFeatureSource
    field: int
    wanted: WaterValues
    water_values: str
    placement: Placement

    def features(self, progress: Progress, also: Sequence[str] = ()) -> Iterator[tuple[LabelledShape | None, list]]:
        """Yield each feature that has a usable geometry: its shape on the image, or None without a class; and some attributes.

        Args:
            progress: told the share of the features read.
            also: fields whose values follow that of the class.

        Raises:
            InputError: a feature is neither polygon nor point.
            CancelledError: the user cancelled.
        """
        wanted = [self.field, *(self.source.fields().lookupField(name) for name in also)]
        request = QgsFeatureRequest().setSubsetOfAttributes(wanted)
        # An invalid geometry is mended here, where QGIS by default would stop.
        features = self.source.getFeatures(request, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks)
        name, count = self.source.sourceName(), self.source.featureCount()
        classes: dict[object, bool] = {}
        for feature, wkb in placed(features, self.placement, (POLYGON, POINT), name, count, progress):
            attributes = [feature.attribute(i) for i in wanted]
            value = attributes[0]
            if value is None or value == NULL or (isinstance(value, float) and math.isnan(value)):
                yield None, attributes
                continue
            water = classes.get(value)
            if water is None:
                water = classes[value] = self.wanted.is_water(value)
            yield LabelledShape(wkb, water, feature.id()), attributes

    def shapes(self, progress: Progress) -> list[LabelledShape]:
        """Read the features that have a class, in their order, as training areas.

        Raises:
            InputError: a feature is neither polygon nor point, none is left, or one class is missing.
            CancelledError: the user cancelled.
        """
        shapes: list[LabelledShape] = []
        values: set[object] = set()
        unlabelled = 0
        for shape, (value,) in self.features(progress):
            if shape is None:
                unlabelled += 1
                continue
            shapes.append(shape)
            values.add(value)
        if unlabelled:
            progress.info(
                tr("Features of “{layer}” left out for want of a class: {unlabelled}.").format(
                    unlabelled=unlabelled, layer=self.source.sourceName()
                )
            )
        check_classes(list(values), self.water_values, shapes)
        return shapes


def area_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the parameters that choose the training areas."""
    field = QgsProcessingParameterField(
        CLASS_FIELD, tr("Class field"), parentLayerParameterName=POLYGONS, type=QgsProcessingParameterField.DataType.Any
    )
    # A dialog would choose the first field by itself, which in a GeoPackage numbers the features.
    field.setGuiDefaultValueOverride(CLASS)
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
            field,
            tr("The field that tells water from the rest: numbers, texts, or yes and no. A feature where it is empty is left out."),
        ),
        water_values_parameter(),
    ]


def water_values_parameter() -> QgsProcessingParameterDefinition:
    """Return the values that mean water."""
    return explained(
        QgsProcessingParameterString(WATER_VALUES, tr("Values that mean water"), "1"),
        tr("The values of the class field that mean water, separated by commas, such as 1 or lake, river. All others mean not water."),
    )


def read_areas(values: Values, image: Raster, key: str = POLYGONS, noun: str = "") -> LabelledAreas:
    """Turn the parameters of labelled areas into what can be read in another thread.

    Args:
        values: of the run.
        image: what the areas are laid on.
        key: the parameter that holds the layer.
        noun: what the areas are called in messages, in the plural; training areas where it isn't given.

    Raises:
        InputError: layer or field is missing or of a kind that can't serve, a CRS is unknown, or no value means water.
    """
    noun = noun or tr("training areas")
    source = values.algorithm.parameterAsSource(values.parameters, key, values.context)
    if source is None:
        msg = tr("The {noun} {layer} can't be opened: choose a polygon or point layer.").format(
            noun=noun, layer=values.text(key) or tr("(none given)")
        )
        raise InputError(msg)
    name = source.sourceName()
    kind = QgsWkbTypes.geometryType(source.wkbType())
    # A layer of mixed or unstated geometry shows what it holds only feature by feature.
    if kind not in (POLYGON, POINT) and source.wkbType() not in (QgsWkbTypes.Type.Unknown, QgsWkbTypes.Type.GeometryCollection):
        shape = QgsWkbTypes.displayString(source.wkbType())
        msg = tr("“{name}” holds {shape} features, and {noun} are polygons or points: draw them in a polygon layer.").format(
            name=name, shape=shape, noun=noun
        )
        raise InputError(msg)
    field = _field(source.fields(), values.text(CLASS_FIELD), name)
    water_values = values.text(WATER_VALUES)
    wanted = WaterValues.parse(water_values, numeric=_is_numeric(source.fields(), field, name))
    placement = Placement.of(source.sourceCrs(), image, values.context.transformContext(), name)
    return LabelledAreas(source, field, wanted, water_values, placement)


def _field(fields: QgsFields, wanted: str, name: str) -> int:
    index = fields.lookupField(wanted) if wanted else -1
    if index < 0:
        there = ", ".join(fields.names()) or tr("none at all")
        msg = tr("“{name}” has no field “{wanted}” to tell water from the rest; its fields are: {there}.").format(
            name=name, wanted=wanted, there=there
        )
        raise InputError(msg)
    return index


def _is_numeric(fields: QgsFields, index: int, name: str) -> bool:
    """Whether classes are compared as numbers; true and false count as 1 and 0."""
    field = fields.at(index)
    if field.isNumeric() or field.type() == QMetaType.Type.Bool:
        return True
    if field.type() != QMetaType.Type.QString:
        msg = tr("The class field “{field}” of “{name}” is of type {type}: choose one of numbers, texts, or yes and no.").format(
            field=field.name(), name=name, type=field.typeName()
        )
        raise InputError(msg)
    return False
