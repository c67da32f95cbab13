"""The algorithm `predictmanyrasters`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..core.cluster import storage
from ..core.cluster.many import Summary, predict_many
from ..core.cluster.mosaic import write_mosaic
from ..core.cluster.planning import Bands
from ..core.cluster.scenes import find_rasters, with_destinations
from ..core.errors import InputError, WaterError
from ..core.model import WaterModel
from ..core.prediction.predict import PredictionSettings
from ..core.progress import SubProgress, raise_if_cancelled
from ..core.raster.collisions import refuse_collisions
from ..core.raster.raster_file import RasterFile
from ..core.raster.vrt_document import SUFFIX
from ..core.system.files import FileTransaction
from ..core.system.redaction import redacted
from ..core.translation import tr
from .base import WHOLE, FeedbackProgress, Values, WaterAlgorithm, explained
from .guard import destinations
from .image import EXTRA_BANDS, GREEN, NIR, RED, raster_files
from .predictwaterprobability import (
    EXTENT,
    MASK,
    MODEL,
    add_probability_style,
    chosen_model,
    model_parameter,
    prediction_parameters,
    read_settings,
    stamp,
    style_when_loaded,
)
from .virtualwaterprobability import VirtualRasterDestination, settle_loaded, warn_of_temporary

# Failures listed in the message that ends a run; the log has all of them.
_MAX_LISTED = 5


class Rasters(QgsProcessingParameterMultipleLayers):
    """Several rasters. QGIS would refuse all if it can't open one: here the others are computed, and that one is reported."""

    def clone(self) -> Rasters:
        copy = Rasters(self.name(), self.description(), self.layerType())
        copy.setFlags(self.flags())
        copy.setHelp(self.help())
        return copy

    def checkValueIsAcceptable(self, value: Any, context: QgsProcessingContext | None = None) -> bool:
        """Return True: what can't be opened is reported at the end of the run."""
        return True


@dataclass(frozen=True, eq=False)
class _Job:
    rasters: tuple[RasterFile, ...]
    folder: str
    pattern: str
    model: WaterModel
    bands: Bands
    settings: PredictionSettings
    scheduler: str


class PredictManyRasters(WaterAlgorithm):
    """Rasters through a trained model become probability rasters, on this machine or on a Dask cluster."""

    INPUTS, FOLDER, PATTERN, SCHEDULER = "INPUTS", "FOLDER", "PATTERN", "SCHEDULER"
    OUTPUT_FOLDER, OUTPUT_VRT = "OUTPUT_FOLDER", "OUTPUT_VRT"
    DONE, SKIPPED, FAILED = "DONE", "SKIPPED", "FAILED"
    FOLDERS = (FOLDER, OUTPUT_FOLDER)
    GROUP = "many"
    EXAMPLE = (FOLDER,)

    def displayName(self) -> str:
        return tr("Predict many rasters")

    def tags(self) -> list[str]:
        return tr("water,batch,many,folder,tiles,dask,cluster,parallel,distributed,s3,mosaic,vrt,resume,model,raster").split(",")

    def purpose(self) -> str:
        return tr(
            "Applies a trained model to many images and writes a raster of water probability for each, on this machine or on a Dask "
            "cluster.\n\n"
            "Choose images, or a folder and a pattern. An interrupted run resumes where it stopped: run it again, also with more images, "
            "and results of the same image by the same model are skipped. An image that can't be read doesn't stop the others; at the "
            "end, the run fails and lists the images without result, with the reason for each. An image of more than a billion pixels "
            "becomes several GeoTIFFs in a folder and a virtual raster (.vrt) over them. Images and results can be in object storage, "
            "under GDAL's names such as /vsis3/bucket/folder. The page Cluster of the help explains how to start a cluster."
        )

    def trouble(self) -> str:
        return tr(
            "No Dask scheduler answers: check that it is running, and that its address and port can be reached from here. A worker "
            "doesn't fit: install the same versions there and here. A worker doesn't see the folder: choose one that all machines share. "
            "An image has no band of that name: choose bands by number. Results are computed again although nothing changed: the images "
            "were written again, or other options were chosen. To compute a result again, delete it, with its folder of pieces if it has "
            "one."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        options = [parameter for parameter in prediction_parameters() if parameter.name() not in {EXTENT, MASK}]
        self.add(
            [*self._inputs(), model_parameter(), *self._bands(), *options, *self._outputs()],
            [
                QgsProcessingOutputNumber(self.DONE, tr("Number of images computed")),
                QgsProcessingOutputNumber(self.SKIPPED, tr("Number of images skipped since their results existed")),
                QgsProcessingOutputNumber(self.FAILED, tr("Number of images without result; 0, since otherwise the run fails")),
            ],
        )

    def _inputs(self) -> list[QgsProcessingParameterDefinition]:
        folder = QgsProcessingParameterFile(self.FOLDER, tr("Folder"), QgsProcessingParameterFile.Behavior.Folder, optional=True)
        return [
            explained(
                Rasters(self.INPUTS, tr("Images"), QgsProcessing.SourceType.TypeRaster, optional=True),
                tr("Images to predict. Empty = those in the folder."),
            ),
            explained(folder, tr("Folder of the images, on a disk, a share or in object storage, such as /vsis3/bucket/tiles.")),
            explained(
                QgsProcessingParameterString(self.PATTERN, tr("Pattern"), "*.tif", optional=True),
                tr("Files in the folder to predict, such as *.tif or *.tif;*.vrt; **/*.jp2 includes the folders below."),
            ),
            explained(
                QgsProcessingParameterString(self.SCHEDULER, tr("Dask scheduler"), "", optional=True),
                tr("Address of a running Dask scheduler, such as tcp://host:8786. Empty = compute on this machine."),
                advanced=True,
            ),
        ]

    def _bands(self) -> list[QgsProcessingParameterDefinition]:
        found = tr(
            "Band number, the same in all images. Empty = found in each image by band description, wavelength, colour interpretation, or "
            "file names of known sensors."
        )
        bands = ((GREEN, tr("Green band")), (RED, tr("Red band")), (NIR, tr("Near-infrared band")))
        return [
            *(explained(QgsProcessingParameterNumber(key, label, WHOLE, None, True, 1), found, advanced=True) for key, label in bands),
            explained(
                QgsProcessingParameterString(EXTRA_BANDS, tr("Extra bands"), "", optional=True),
                tr("Numbers of the bands for the model's further inputs, such as 5;6. Empty = found in each image by the inputs' names."),
                advanced=True,
            ),
        ]

    def _outputs(self) -> list[QgsProcessingParameterDefinition]:
        mosaic = VirtualRasterDestination(self.OUTPUT_VRT, tr("Virtual raster over all"), optional=True, createByDefault=False)
        return [
            explained(
                QgsProcessingParameterFolderDestination(self.OUTPUT_FOLDER, tr("Folder of the results")),
                tr(
                    "Folder for the results, named after the images. Where two images have the same name, the names of their folders go "
                    "before it. Can be in object storage, such as /vsis3/bucket/water."
                ),
            ),
            explained(mosaic, tr("A GDAL virtual raster (.vrt) that shows all results as one, including those skipped.")),
        ]

    def read(self, values: Values) -> _Job:
        rasters = raster_files(values, self.INPUTS)
        folder = self.parameterAsFile(values.parameters, self.FOLDER, values.context) if values.given(self.FOLDER) else ""
        if bool(rasters) == bool(folder):
            msg = tr("Choose either images or a folder, not both.") if rasters else tr("Choose images, or a folder of images.")
            raise InputError(msg)
        if not values.given(self.OUTPUT_FOLDER):
            msg = tr("No folder for the results was chosen: choose one.")
            raise InputError(msg)
        if values.given(self.OUTPUT_VRT):
            settle_loaded(values, self.OUTPUT_VRT)
        green, red, nir = (self._band(values, key) for key in (GREEN, RED, NIR))
        bands = Bands(green, red, nir, values.integers(EXTRA_BANDS))
        pattern = values.text(self.PATTERN).strip() or "*.tif"
        return _Job(rasters, folder, pattern, chosen_model(values), bands, read_settings(values), values.text(self.SCHEDULER).strip())

    def _band(self, values: Values, key: str) -> int | None:
        number = values.optional_integer(key)
        if number is not None and number < 1:
            msg = tr("Band {number} is out of range: band numbers start at 1.").format(number=number)
            raise InputError(msg)
        return number

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Predict, and fail at the end if an image has no result."""
        progress = FeedbackProgress(feedback)
        raise_if_cancelled(progress)
        folder = self.parameterAsFileOutput(values.parameters, self.OUTPUT_FOLDER, values.context)
        given = (Path(found.file) for found in destinations(self, values.parameters, values.context) if found.key == self.OUTPUT_VRT)
        if any(file.parent == Path(folder) and file.suffix.lower() == SUFFIX for file in given):
            # The virtual raster goes into the folder of the results, which may not exist yet.
            storage.make_folder(folder)
        mosaic = values.raster_destination(self.OUTPUT_VRT, SUFFIX) if values.given(self.OUTPUT_VRT) else None
        scenes = with_destinations(job.rasters or find_rasters(job.folder, job.pattern, folder), folder)
        written, model = [scene.destination for scene in scenes], self.parameterAsFile(values.parameters, MODEL, values.context)
        refuse_collisions([*written, *([] if mosaic is None else [mosaic])], [*(scene.source for scene in scenes), model])
        summary = predict_many(
            scenes,
            job.model,
            bands=job.bands,
            settings=job.settings,
            scheduler=job.scheduler,
            progress=SubProgress(progress, 0.0, 0.99),
            metadata=stamp(),
            outputs=[] if mosaic is None else [mosaic],
        )
        finished = sorted((*summary.done, *summary.skipped), key=lambda plan: plan.destination)
        if mosaic is not None and finished:
            write_mosaic(mosaic, finished, progress)
            with FileTransaction() as transaction:
                add_probability_style(transaction, Path(mosaic), progress)
            warn_of_temporary(mosaic, finished[0].destination, progress)
            style_when_loaded(mosaic, values.context)
        progress.set(1.0)
        text = tr("Computed: {done}; skipped, since the result existed: {skipped}; failed: {failed}.")
        progress.info(text.format(done=len(summary.done), skipped=len(summary.skipped), failed=len(summary.failed)))
        if summary.failed:
            raise self._failure(summary, feedback)
        counts = {self.DONE: len(summary.done), self.SKIPPED: len(summary.skipped), self.FAILED: 0}
        return {self.OUTPUT_FOLDER: folder, **({self.OUTPUT_VRT: mosaic} if mosaic is not None else {}), **counts}

    def _failure(self, summary: Summary, feedback: QgsProcessingFeedback) -> WaterError:
        """Log what failed, and return the error that ends the run: Processing knows only results or failure, and scripts rely on which."""
        named = [(redacted(failure.scene.source), failure.reason) for failure in summary.failed]
        lines = [reason if name in reason else f"{name}: {reason}" for name, reason in named]
        for line in lines:
            feedback.reportError(line)
        total = len(summary.done) + len(summary.skipped) + len(lines)
        text = tr(
            "Images without a result: {failed} of {total} (computed: {done}, skipped: {skipped}). Fix what is wrong and run again: the "
            "others are skipped then."
        ).format(failed=len(lines), total=total, done=len(summary.done), skipped=len(summary.skipped))
        more = [tr("… and {count} more; see the log.").format(count=len(lines) - _MAX_LISTED)] if len(lines) > _MAX_LISTED else []
        return WaterError("\n".join([text, *lines[:_MAX_LISTED], *more]))
