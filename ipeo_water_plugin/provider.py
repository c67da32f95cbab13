"""The Processing provider: its id, its name, its algorithms."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingDestinationParameter, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms.assessaccuracy import AssessAccuracy
from .algorithms.base import icon_path
from .algorithms.checksetup import CheckSetup
from .algorithms.createtraininglayer import CreateTrainingLayer
from .algorithms.extractwater import ExtractWater
from .algorithms.mapwater import MapWater
from .algorithms.models import packaged_models
from .algorithms.predictmanyrasters import PredictManyRasters
from .algorithms.predictwaterprobability import PredictWaterProbability
from .algorithms.samplepixels import SamplePixels
from .algorithms.samplereference import SampleReference
from .algorithms.stackbands import StackBands
from .algorithms.suggestpolygons import SuggestPolygons
from .algorithms.trainlogisticregression import TrainLogisticRegression
from .algorithms.virtualwaterprobability import VRT, VirtualWaterProbability
from .algorithms.wateroccurrence import WaterOccurrence
from .algorithms.watertimeseries import WaterTimeSeries
from .core.translation import tr
from .paths import version


class WaterProvider(QgsProcessingProvider):
    """The algorithms of IPEO Water, in the toolbox and in qgis_process."""

    def id(self) -> str:
        """Return what stands before the colon in every algorithm's id."""
        return "ipeowater"

    def name(self) -> str:
        """Return the name shown, which isn't translated."""
        return "IPEO Water"

    def longName(self) -> str:
        """Return the name where there is room to say more."""
        return tr("{name}: water from satellite and aerial images").format(name=self.name())

    def versionInfo(self) -> str:
        """Return the plugin's version, which logs and qgis_process show."""
        return version()

    def icon(self) -> QIcon:
        """Return the icon shown beside the name."""
        return QIcon(icon_path())

    def svgIconPath(self) -> str:
        """Return the path of the same icon."""
        return icon_path()

    def defaultRasterFileExtension(self) -> str:
        """Return the extension of temporary rasters."""
        return "tif"

    def isSupportedOutputValue(
        self, outputValue: Any, parameter: QgsProcessingDestinationParameter, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Return whether an output may have its name: that of a virtual raster has an extension of its own, which its algorithm checks."""
        if parameter.defaultFileExtension() == VRT:
            return True, ""
        return super().isSupportedOutputValue(outputValue, parameter, context)

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """Return what rasters may end in, so that a dialog offers nothing else."""
        return ["tif"]

    def loadAlgorithms(self) -> None:
        """Make the algorithms, and the models of them where the provider is registered already."""
        for algorithm in (
            MapWater,
            StackBands,
            CreateTrainingLayer,
            SamplePixels,
            TrainLogisticRegression,
            PredictWaterProbability,
            PredictManyRasters,
            VirtualWaterProbability,
            ExtractWater,
            WaterOccurrence,
            WaterTimeSeries,
            SuggestPolygons,
            SampleReference,
            AssessAccuracy,
            CheckSetup,
        ):
            self.addAlgorithm(algorithm())
        # A model finds its algorithms, ours among them, only in the registry.
        if QgsApplication.processingRegistry().providerById(self.id()) is not None:
            for model in packaged_models():
                self.addAlgorithm(model)
