"""The algorithm `virtualwaterprobability`, and a raster destination that ends in .vrt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingParameterRasterDestination, QgsRasterLayer

from ..core.model import WaterModel
from ..core.prediction.virtual import SUFFIX, check_logistic, write_virtual
from ..core.system.files import FileTransaction
from ..core.translation import tr
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .image import Image, band_parameters, image_parameter, read_image
from .predictwaterprobability import add_probability_style, chosen_model, model_parameter, stamp, style_when_loaded

VRT = SUFFIX[1:]


class VirtualRasterDestination(QgsProcessingParameterRasterDestination):
    """The destination of a virtual raster, where the provider's other rasters are GeoTIFF."""

    def clone(self) -> VirtualRasterDestination:
        """Return a copy, as models and dialogs ask for."""
        copy = VirtualRasterDestination(self.name(), self.description())
        copy.setFlags(self.flags())
        copy.setCreateByDefault(self.createByDefault())
        copy.setHelp(self.help())
        copy.setMetadata(self.metadata())
        return copy

    def defaultFileExtension(self) -> str:
        """Return the extension of temporary files."""
        return VRT

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """Return what the file may end in."""
        return [VRT]

    def createFileFilter(self) -> str:
        """Return what a file dialog offers."""
        return tr("Virtual raster") + f" (*{SUFFIX})"


def settle_loaded(values: Values, key: str) -> None:
    """Have QGIS write now what it found out about a virtual raster that it shows, not later over the file that takes its place."""
    project = values.context.project()
    destination = values.algorithm.parameterAsOutputLayer(values.parameters, key, QgsProcessingContext())
    for layer in project.mapLayers().values() if project is not None else ():
        if isinstance(layer, QgsRasterLayer) and Path(layer.source()) == Path(destination):
            layer.dataProvider().reloadData()


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    model: WaterModel


class VirtualWaterProbability(WaterAlgorithm):
    """An image and a trained model become a virtual raster that computes the probability when it is read."""

    OUTPUT = "OUTPUT"
    GROUP = "predict"

    def name(self) -> str:
        """Return the id."""
        return "virtualwaterprobability"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Virtual water probability")

    def tags(self) -> list[str]:
        """Return further words that the toolbox finds it by."""
        return tr("water,apply,virtual,vrt,layer,preview,model,on the fly,raster").split(",")

    def purpose(self) -> str:
        """Return what the algorithm is for."""
        return tr(
            "Lays a trained model over an image as a virtual layer: the probability of water is computed when it is drawn or read.\n\n"
            "The file has a few kilobytes and is there at once, for an image of any size. QGIS and every other program that uses "
            "GDAL 3.4 or newer reads it like any raster, with the values that Predict water probability would write. Drawing a large scene "
            "is quick where the image has overviews. The file names the image by its full path: make it anew when the image moves. "
            "Logistic regression only, no perceptron."
        )

    def trouble(self) -> str:
        """Return what goes wrong most often, and what to do."""
        return tr(
            "The layer is empty after the image was moved: make it anew. Drawing is slow: build overviews of the image (Layer "
            "Properties, Pyramids), or run Predict water probability. The model is a perceptron: run that too, or train with "
            "hidden units = 0."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Add parameters and outputs."""
        output = VirtualRasterDestination(self.OUTPUT, tr("Virtual water probability"))
        help_text = tr("The probability of water in every pixel, on the image's grid, 0 to 1, NoData -9999: a GDAL virtual raster (.vrt).")
        self.add([image_parameter(), model_parameter(), *band_parameters(), explained(output, help_text)])

    def read(self, values: Values) -> _Job:
        """Check the values and turn them into plain ones."""
        image, model = read_image(values), chosen_model(values)
        check_logistic(model)
        settle_loaded(values, self.OUTPUT)
        return _Job(image, model)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Write the virtual raster."""
        destination = values.raster_destination(self.OUTPUT, SUFFIX)
        progress = FeedbackProgress(feedback)
        progress.info(tr("Bands of “{image}”: {roles}.").format(image=job.image.name, roles=job.image.roles))
        with FileTransaction() as transaction:
            write_virtual(job.image.file, job.image.roles, job.model, destination, progress, stamp(), transaction)
            add_probability_style(transaction, Path(destination), progress)
        style_when_loaded(destination, values.context)
        return {self.OUTPUT: destination}
