"""The algorithm `virtualwaterprobability`, and a raster destination that ends in .vrt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingParameterRasterDestination, QgsRasterLayer

from ..core.model import WaterModel
from ..core.prediction.virtual import check_logistic, write_virtual
from ..core.progress import Progress
from ..core.raster.vrt_document import SUFFIX
from ..core.system.files import FileTransaction
from ..core.translation import tr
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .image import Image, band_parameters, image_parameter, read_image
from .layervalues import is_temporary
from .predictwaterprobability import add_probability_style, chosen_model, model_parameter, stamp, style_when_loaded

VRT = SUFFIX[1:]


class VirtualRasterDestination(QgsProcessingParameterRasterDestination):
    """A raster destination with the extension .vrt; the provider's other rasters are GeoTIFF files."""

    def clone(self) -> VirtualRasterDestination:
        copy = VirtualRasterDestination(self.name(), self.description())
        copy.setFlags(self.flags())
        copy.setCreateByDefault(self.createByDefault())
        copy.setHelp(self.help())
        copy.setMetadata(self.metadata())
        return copy

    def defaultFileExtension(self) -> str:
        return VRT

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        return [VRT]

    def createFileFilter(self) -> str:
        return tr("Virtual raster") + f" (*{SUFFIX})"


def settle_loaded(values: Values, key: str) -> None:
    """Have QGIS save the statistics of a virtual raster on the map now, so that it doesn't overwrite the new file with them later.

    Args:
        values: of the parameters.
        key: of the output.
    """
    project = values.context.project()
    destination = values.algorithm.parameterAsOutputLayer(values.parameters, key, QgsProcessingContext())
    for layer in project.mapLayers().values() if project is not None else ():
        if isinstance(layer, QgsRasterLayer) and Path(layer.source()) == Path(destination):
            layer.dataProvider().reloadData()


def warn_of_temporary(destination: str, source: str, progress: Progress) -> None:
    """Warn if a virtual raster that is to stay shows a file that goes with this session of QGIS, as between two steps of a model.

    Args:
        destination: the virtual raster.
        source: a raster that it shows.
        progress: receives the warning.
    """
    if is_temporary(source) and not is_temporary(destination):
        progress.warn(
            tr(
                "{destination} shows {source}, a temporary file, and will be empty once that is gone: save that elsewhere, and run again."
            ).format(destination=destination, source=source)
        )


@dataclass(frozen=True, eq=False)
class _Job:
    image: Image
    model: WaterModel


class VirtualWaterProbability(WaterAlgorithm):
    """Writes a virtual raster that computes a model's probability whenever it is read."""

    OUTPUT = "OUTPUT"
    GROUP = "map"

    def displayName(self) -> str:
        return tr("Virtual water probability")

    def tags(self) -> list[str]:
        return tr("water,apply,virtual,vrt,layer,preview,model,on the fly,raster").split(",")

    def purpose(self) -> str:
        return tr(
            "Applies a trained model to an image as a virtual layer: the probability of water is computed whenever the layer is drawn or "
            "read.\n\n"
            "The file takes some twenty kilobytes and is ready at once, for an image of any size. QGIS and every other program with GDAL "
            "3.4 or newer reads it like any raster, with the values that Predict water probability would write. Large scenes draw quickly "
            "if the image has overviews. The file names the image by its full path, so run the algorithm again after moving the image. "
            "It supports logistic regression, but not the perceptron."
        )

    def trouble(self) -> str:
        return tr(
            "The layer is empty after the image was moved: run the algorithm again. Drawing is slow: build overviews of the image (Layer "
            "Properties, Pyramids), or run Predict water probability. The model is a perceptron: run Predict water probability, or "
            "train with hidden units = 0."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        output = VirtualRasterDestination(self.OUTPUT, tr("Virtual water probability"))
        help_text = tr("The probability of water in every pixel, on the image's grid, 0 to 1, NoData -9999: a GDAL virtual raster (.vrt).")
        self.add([image_parameter(), model_parameter(), *band_parameters(), explained(output, help_text)])

    def read(self, values: Values) -> _Job:
        image, model = read_image(values), chosen_model(values)
        check_logistic(model)
        settle_loaded(values, self.OUTPUT)
        return _Job(image, model)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        destination = values.raster_destination(self.OUTPUT, SUFFIX)
        progress = FeedbackProgress(feedback)
        progress.info(tr("Bands of “{image}”: {roles}.").format(image=job.image.name, roles=job.image.roles))
        with FileTransaction() as transaction:
            write_virtual(job.image.file, job.image.roles, job.model, destination, progress, stamp(), transaction)
            add_probability_style(transaction, Path(destination), progress)
        warn_of_temporary(destination, job.image.file.path, progress)
        style_when_loaded(destination, values.context, job.image)
        return {self.OUTPUT: destination}
