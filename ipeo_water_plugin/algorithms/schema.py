"""What a vector layer is to hold, and where it goes: the values that pass between the modules that write layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsField, QgsFields, QgsVectorLayer, QgsWkbTypes
from qgis.PyQt.QtCore import QMetaType


def make_field(name: str, kind: QMetaType.Type) -> QgsField:
    """Create a field in any version of QGIS: before 3.38 it takes Qt's older enumeration, with the same numbers.

    Args:
        name: of the field.
        kind: of its values.
    """
    known = type(QgsField().type())
    return QgsField(name, kind if isinstance(kind, known) else known(int(kind)))


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
        batches: of features.
        count: number of features.
        style: sets style and form of the written layer.
    """

    schema: Schema
    batches: Iterable[list[QgsFeature]]
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
