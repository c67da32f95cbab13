"""Training areas: the parameters POLYGONS, CLASS_FIELD and WATER_VALUES, and the labelled shapes read from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from qgis.core import (
    NULL,
    QgsFeatureRequest,
    QgsFields,
    QgsProcessing,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterString,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import InputError
from ..core.progress import Progress
from ..core.sampling.classes import Key, WaterValues, classify, find_name
from ..core.sampling.polygons import LabelledShape, check_classes, report_unlabelled
from ..core.translation import tr
from .base import Values, explained
from .image import Raster
from .labelform import CLASS
from .project import AREAS, KIND
from .source import LayerSource
from .vectors import POINT, POLYGON, Placement, placed

# Fields in which formats and programs number features.
_NUMBERING = {"fid", "ogc_fid", "objectid"}

POLYGONS, CLASS_FIELD, WATER_VALUES = "POLYGONS", "CLASS_FIELD", "WATER_VALUES"


@dataclass(frozen=True, eq=False)
class LabelledAreas:
    """A feature source with a class field, which another thread can read.

    Attributes:
        source: of the features.
        field: index of the class field.
        wanted: values that mean water.
        placement: from the layer's CRS onto the image.
    """

    source: LayerSource
    field: int
    wanted: WaterValues
    placement: Placement

    def features(
        self, progress: Progress, also: Sequence[str] = (), offered: Collection[Key] = ()
    ) -> list[tuple[LabelledShape | None, list]]:
        """Read the features with a usable geometry: the shape of each on the image, or None if it has no class; and attributes.

        Args:
            progress: receives the share of the features read, and warnings of listed values that don't occur.
            also: fields whose values are returned after that of the class.
            offered: classes that the form offers, if known.

        Raises:
            InputError: a feature is neither polygon nor point, or no value that means water occurs.
            CancelledError: the user cancelled.
        """
        wanted = [self.field, *(self.source.fields.lookupField(name) for name in also)]
        request = QgsFeatureRequest().setSubsetOfAttributes(wanted)
        features = self.source.features(request)
        name, count = self.source.name, self.source.count
        read = [
            (wkb, feature.id(), [feature.attribute(i) for i in wanted])
            for feature, wkb in placed(features, self.placement, (POLYGON, POINT), name, count, progress)
        ]
        # Which values mean water is known only once all are read: the name of a class may contain a comma.
        classes = classify([None if values[0] == NULL else values[0] for _, _, values in read], self.wanted, name, progress, offered)
        return [(None if water is None else LabelledShape(wkb, water, fid), values) for (wkb, fid, values), water in zip(read, classes)]

    def shapes(self, progress: Progress) -> list[LabelledShape]:
        """Read the features with a class, in their order, as training areas.

        Raises:
            InputError: a feature is neither polygon nor point, none is left, or one class is missing.
            CancelledError: the user cancelled.
        """
        features = self.features(progress)
        report_unlabelled([None if shape is None else shape.water for shape, _ in features], self.source.name, progress)
        labelled = [(shape, values[0]) for shape, values in features if shape is not None]
        shapes = [shape for shape, _ in labelled]
        check_classes([value for _, value in labelled], self.wanted.text, shapes)
        return shapes


def area_parameters() -> list[QgsProcessingParameterDefinition]:
    """Return the parameters that choose the training areas."""
    field = QgsProcessingParameterField(
        CLASS_FIELD, tr("Class field"), parentLayerParameterName=POLYGONS, type=QgsProcessingParameterField.DataType.Any
    )
    # By default a dialog chooses the first field, which in a GeoPackage holds the feature ids.
    field.setGuiDefaultValueOverride(CLASS)
    polygons = QgsProcessingParameterFeatureSource(
        POLYGONS, tr("Training areas"), [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorPoint]
    )
    polygons.setMetadata({KIND: AREAS})
    return [
        explained(
            polygons,
            tr(
                "Polygons over places that are clearly water and places that clearly aren't, in any CRS. A point labels the pixel it lies "
                "in. Draw several of each class, spread over the image: fields, forest, buildings, shadow and cloud as well as lakes and "
                "rivers."
            ),
        ),
        explained(field, tr("The field with the class: numbers, text, or yes and no. Features without a value are left out.")),
        water_values_parameter(),
    ]


def water_values_parameter() -> QgsProcessingParameterDefinition:
    """Return the values that mean water."""
    return explained(
        QgsProcessingParameterString(WATER_VALUES, tr("Values that mean water"), "1"),
        tr(
            "The values of the class field that mean water, separated by commas, such as 1 or lake, river. Put a value that contains a "
            "comma in double quotes. Case, leading and trailing spaces and the encoding of accents don't matter. All other values mean "
            "not water."
        ),
    )


def read_areas(values: Values, image: Raster, key: str = POLYGONS) -> LabelledAreas:
    """Turn the parameters of labelled areas into values that another thread can read.

    Args:
        values: of the run.
        image: the raster under the areas.
        key: the parameter that holds the layer.

    Raises:
        InputError: layer or field is missing or of the wrong type, a CRS is unknown, or no value means water.
    """
    advice = tr("Choose a layer of polygons or points.")
    source = values.source(key, advice)
    name = source.name
    kind = QgsWkbTypes.geometryType(source.kind)
    # The geometry types of a layer of mixed or unspecified type are known only feature by feature.
    if kind not in (POLYGON, POINT) and source.kind not in (QgsWkbTypes.Type.Unknown, QgsWkbTypes.Type.GeometryCollection):
        raise source.misshapen(advice)
    field = _field(source.fields, values.text(CLASS_FIELD), name)
    if source.fields.at(field).name().casefold() in _NUMBERING:
        text = tr("The field “{field}” numbers the features of “{name}”; if it isn't the class, choose another field.")
        values.warnings.append(text.format(field=source.fields.at(field).name(), name=name))
    wanted = WaterValues.parse(values.text(WATER_VALUES), numeric=_is_numeric(source.fields, field, name))
    placement = Placement.from_crs(source.crs, image, values.context.transformContext(), name)
    return LabelledAreas(source, field, wanted, placement)


def _field(fields: QgsFields, wanted: str, name: str) -> int:
    index = fields.lookupField(wanted) if wanted else -1
    if index < 0:
        # The same name may be stored with composed or decomposed accents.
        alike = find_name(wanted, fields.names()) if wanted else None
        index = -1 if alike is None else alike
    if index < 0:
        names = ", ".join(fields.names()) or tr("none")
        msg = tr("“{name}” has no field “{wanted}” for the class; its fields are: {fields}.").format(name=name, wanted=wanted, fields=names)
        raise InputError(msg)
    return index


def _is_numeric(fields: QgsFields, index: int, name: str) -> bool:
    """Whether classes are compared as numbers; true and false count as 1 and 0."""
    field = fields.at(index)
    if field.isNumeric() or field.type() == QMetaType.Type.Bool:
        return True
    if field.type() != QMetaType.Type.QString:
        msg = tr("The class field “{field}” of “{name}” has the type {type}: choose a field of numbers, text, or yes and no.")
        raise InputError(msg.format(field=field.name(), name=name, type=field.typeName()))
    return False
