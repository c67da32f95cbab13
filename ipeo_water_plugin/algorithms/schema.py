"""What a vector layer is to hold, and where it goes: the values that pass between the modules that write layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qgis.core import NULL, QgsCoordinateReferenceSystem, QgsFeature, QgsField, QgsFields, QgsGeometry, QgsVectorLayer, QgsWkbTypes
from qgis.PyQt.QtCore import QMetaType


def make_fields(kinds: Mapping[str, QMetaType.Type]) -> QgsFields:
    """Create fields in any version of QGIS: before 3.38 it takes Qt's older enumeration, with the same numbers."""
    known, fields = type(QgsField().type()), QgsFields()
    for name, kind in kinds.items():
        fields.append(QgsField(name, kind if isinstance(kind, known) else known(int(kind))))
    return fields


def make_feature(attributes: Iterable[object], geometry: QgsGeometry | None = None) -> QgsFeature:
    """Create a feature.

    Args:
        attributes: in the order of the fields; None = empty.
        geometry: None = none.
    """
    feature = QgsFeature()
    feature.setAttributes([NULL if value is None else value for value in attributes])
    if geometry is not None:
        feature.setGeometry(geometry)
    return feature


@dataclass(frozen=True, eq=False)
class Schema:
    """Fields, geometry type and CRS of a layer to write.

    Attributes:
        kept: the plugin reads the layer again, or a person edits it: a format that truncates names or values is refused, while for other
            layers it is only warned of.
        table: the layer is useful without geometries, too.
        drawn: the layer is written without features, for a person to draw them.
        longest: bytes of the longest text.
    """

    fields: QgsFields
    geometry: QgsWkbTypes.Type
    crs: QgsCoordinateReferenceSystem
    kept: bool = False
    table: bool = False
    drawn: bool = False
    longest: int = 1000


@dataclass(frozen=True, eq=False)
class NewLayer:
    """A layer to write.

    Attributes:
        schema: of the layer.
        features: that it gets.
        count: their number.
        style: sets style and form of the written layer.
    """

    schema: Schema
    features: Iterable[QgsFeature]
    count: int
    style: Callable[[QgsVectorLayer], object] | None = None


@dataclass(frozen=True)
class Target:
    """Where a layer is written: a file, or a table that was named in a database."""

    path: Path
    driver: str
    name: str
    encoding: str
    named: bool = False
    appended: bool = False

    @property
    def table(self) -> bool:
        """Whether the database is there, which others may have made while a run goes on."""
        return self.named and self.path.exists()

    @property
    def source(self) -> str:
        """The source with which QGIS opens the layer."""
        return f"{self.path}|layername={self.name}" if self.named else str(self.path)
