"""The models in resources/models: chains of algorithms, offered in the toolbox beside the algorithms themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingContext, QgsProcessingModelAlgorithm

from ..core.system.files import temporary_beside
from ..core.translation import tr
from ..paths import resources
from .base import Described, Guarded, Values
from .extractwater import ExtractWater, bodies_schema
from .guard import destinations
from .image import INPUT
from .layers import check_destination


class PackagedModel(Described, Guarded, QgsProcessingModelAlgorithm):
    """A model that comes with the plugin. Its id is the file's name; what people read of it stands in the file."""

    GROUP = "map"

    def __init__(self, path: Path) -> None:
        """Load a model whose algorithms are all there.

        Raises:
            ValueError: the file is no model.
        """
        super().__init__()
        self._path = path
        if not self.fromFile(str(path)):
            msg = f"{path} is no Processing model."
            raise ValueError(msg)
        # Where a model's help stands in the file, only the help as a whole is read from there.
        for parameter in self.parameterDefinitions():
            parameter.setHelp(self.helpContent().get(parameter.name()) or parameter.help())

    @property
    def FIELDS(self) -> tuple[str, ...] | None:  # type: ignore[override]
        """Return the fields of the layer that a step writes as an output of the model; None if none does."""
        written = (getattr(step.algorithm(), "FIELDS", None) for step in self.childAlgorithms().values() if step.modelOutputs())
        return next((fields for fields in written if fields is not None), None)

    def check_outputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Check all outputs before the first step, which would replace its file although a later one fails."""
        super().check_outputs(parameters, context)
        for destination in destinations(self, parameters, context):
            if destination.file and not destination.folder:
                temporary_beside(Path(destination.file), "")
            if destination.vector and self.FIELDS == ExtractWater.FIELDS:
                image = self.parameterAsRasterLayer(parameters, INPUT, context)
                crs = QgsCoordinateReferenceSystem() if image is None else image.crs()
                check_destination(Values(self, parameters, context), destination.key, bodies_schema(crs))

    def name(self) -> str:
        return self._path.stem

    def displayName(self) -> str:
        return super().name()

    def tags(self) -> list[str]:
        return tr("water,model,chain,workflow").split(",")

    def purpose(self) -> str:
        return self.helpContent()["ALG_DESC"]

    def createInstance(self) -> PackagedModel:
        return type(self)(self._path)


def packaged_models() -> list[PackagedModel]:
    """Load the models. Their algorithms, those of this provider too, have to be registered before."""
    return [PackagedModel(path) for path in sorted((resources() / "models").glob("*.model3"))]
