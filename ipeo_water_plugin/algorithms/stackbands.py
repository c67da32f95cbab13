"""The algorithm `stackbands`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsBlockingNetworkRequest,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtNetwork import QNetworkRequest

from ..core.archives.product import listed
from ..core.archives.read import product_of_files, read_product
from ..core.archives.stac import read_local
from ..core.archives.stack import write_stack
from ..core.errors import InputError
from ..core.metadata.sensors import EXTRA_ROLES, role_of_common_name
from ..core.progress import raise_if_cancelled
from ..core.raster.raster_file import RasterFile
from ..core.raster.vrt_document import SUFFIX
from ..core.translation import tr
from .base import REAL, FeedbackProgress, Values, WaterAlgorithm, explained
from .image import INPUT, raster_files
from .layervalues import plain
from .predictmanyrasters import Rasters
from .virtualwaterprobability import VirtualRasterDestination, settle_loaded, warn_of_temporary


@dataclass(frozen=True, eq=False)
class _Job:
    given: str
    rasters: tuple[RasterFile, ...]
    extra: tuple[str, ...]
    resolution: float | None


class StackBands(WaterAlgorithm):
    """Writes a virtual raster of the bands of a download, described by role."""

    INPUTS, RESOLUTION, EXTRA = "INPUTS", "RESOLUTION", "EXTRA"
    OUTPUT, OUTPUT_MASK = "OUTPUT", "OUTPUT_MASK"
    FOLDERS = (INPUT,)
    GROUP = "draw"
    EXAMPLE = (INPUT,)

    def displayName(self) -> str:
        return tr("Image from bands")

    def tags(self) -> list[str]:
        return tr(
            "water,stack,bands,import,download,zip,safe,sentinel-2,landsat,mtl,hls,planet,naip,stac,eo browser,copernicus,virtual,vrt,"
            "cloud mask,raster"
        ).split(",")

    def purpose(self) -> str:
        return tr(
            "Makes one image of what you downloaded: a virtual raster whose green, red and near-infrared bands every other algorithm finds "
            "by itself.\n\n"
            "Give the folder, archive or any file as it came: Sentinel-2 (SAFE folder or zip, level 1C or 2A), Landsat Collection 2 "
            "(folder or tar, level 1 or 2), HLS, exports of the EO Browser and the Copernicus Browser, PlanetScope, NAIP and other aerial "
            "images, or the JSON of a STAC item, by path or address. Scale, offset, NoData, satellite and date come from the metadata; "
            "a band that marks clouds becomes a mask. The file takes a few kilobytes and is ready at once: no pixel is read or copied, so "
            "keep the download where it is."
        )

    def trouble(self) -> str:
        return tr(
            "Several images are found: choose a file of the one you mean. Several files may be the same band: remove the copy, or choose "
            "the file you mean. The names of single files don't say which bands they are: give them in the order green, red, near "
            "infrared. A band lies on another grid: give bands of one image, exported for the same area."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        downloads = tr("Downloads") + " (*.zip *.tar *.gz *.tgz *.xml *.txt *.json *.jp2 *.tif *.tiff *.TIF);;" + tr("All files") + " (*)"
        given = QgsProcessingParameterFile(INPUT, tr("Image as downloaded"), optional=True, fileFilter=downloads)
        files = Rasters(self.INPUTS, tr("Single-band files"), QgsProcessing.SourceType.TypeRaster, optional=True)
        mask = tr("Virtual raster beside the image, 1 where the sky is clear and 0 under clouds, for the parameter Mask; if there is one")
        self.add(
            [
                explained(
                    given,
                    tr(
                        "The archive, or any file of the image, for example MTD_MSIL2A.xml, …_MTL.txt or one of its bands. A folder's path "
                        "can be pasted, and the address of a STAC item."
                    ),
                ),
                explained(
                    files,
                    tr(
                        "Files of one band each, in place of the download. Where their names don't say which bands they are, their order "
                        "does: green, red, near infrared, then the extra bands."
                    ),
                ),
                explained(
                    QgsProcessingParameterString(self.EXTRA, tr("Extra bands"), "", optional=True),
                    tr(
                        "Further bands of the image, where it has them, such as swir1, which helps on turbid water and in shadow, or "
                        "swir1;rededge1. Their names: {roles}."
                    ).format(roles=", ".join(EXTRA_ROLES)),
                ),
                explained(
                    QgsProcessingParameterNumber(self.RESOLUTION, tr("Resolution"), REAL, None, True, 0.0),
                    tr(
                        "Pixel size in units of the image's CRS. Empty = the finest of green, red and near infrared. Bands of another "
                        "pixel size take the value of the nearest pixel."
                    ),
                    advanced=True,
                ),
                explained(
                    VirtualRasterDestination(self.OUTPUT, tr("Image")),
                    tr(
                        "A GDAL virtual raster (.vrt) of the bands, described by role, shown in false colours. It refers to the download, "
                        "by relative paths if that lies beside it or below. If the download has a band that marks clouds (SCL, MSK_CLASSI, "
                        "QA_PIXEL, Fmask or UDM2), a virtual raster of the clear pixels is written beside it, with _clear added to its "
                        "name: choose it as the mask in other algorithms."
                    ),
                ),
            ],
            [QgsProcessingOutputRasterLayer(self.OUTPUT_MASK, mask)],
        )

    def read(self, values: Values) -> _Job:
        given, rasters = values.text(INPUT).strip(), raster_files(values, self.INPUTS)
        if bool(given) == bool(rasters):
            both = tr("Choose either an image as downloaded or single-band files, not both.")
            msg = both if given else tr("Choose an image as downloaded, or single-band files.")
            raise InputError(msg)
        resolution = values.optional_number(self.RESOLUTION)
        if resolution is not None and resolution <= 0:
            msg = tr("The resolution is {resolution:g}: it must be greater than 0, or empty.").format(resolution=resolution)
            raise InputError(msg)
        settle_loaded(values, self.OUTPUT)
        return _Job(given, rasters, self._extra(values), resolution)

    def _extra(self, values: Values) -> tuple[str, ...]:
        """Return the extra roles, each once."""
        words = (re.split(r"[;,\s]+", str(value).lower()) for value in plain(values.parameters.get(self.EXTRA), values.context))
        # STAC's names are known too: swir16 is swir1.
        roles = tuple(dict.fromkeys(role_of_common_name(word) or word for part in words for word in part if word))
        if unknown := [role for role in roles if role not in EXTRA_ROLES]:
            msg = tr("There is no extra band called {unknown}. The names are {roles}.")
            raise InputError(msg.format(unknown=", ".join(unknown), roles=", ".join(EXTRA_ROLES)))
        return roles

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        progress = FeedbackProgress(feedback)
        raise_if_cancelled(progress)
        destination = values.raster_destination(self.OUTPUT, SUFFIX)
        product = read_product(job.given, lambda name: _fetch(name, feedback)) if job.given else product_of_files(job.rasters, job.extra)
        known = [product.name, product.sensor, product.acquired]
        progress.info(tr("Found: {image}.").format(image=", ".join(text for text in known if text)))
        for note in product.notes:
            progress.info(note)
        raise_if_cancelled(progress)
        used = {band.raster.path for band in product.choose(job.extra, job.resolution)} | {product.quality.file if product.quality else ""}
        if unused := [raster.path for raster in job.rasters if raster.path not in used]:
            progress.warn(tr("Not used: {files}. Name their bands in Extra bands, if you need them.").format(files=listed(unused)))
        mask = write_stack(product, Path(destination), job.extra, job.resolution, progress)
        warn_of_temporary(destination, product.bands[0].raster.path, progress)
        if values.context.willLoadLayerOnCompletion(destination):
            values.context.layerToLoadOnCompletionDetails(destination).name = product.name
        if mask is None:
            progress.info(tr("No band of the download says which pixels are clear, so there is no mask."))
            return {self.OUTPUT: destination}
        progress.info(tr("Clear pixels, to choose as the mask in other algorithms: {mask}.").format(mask=mask))
        self.written.append(str(mask))
        return {self.OUTPUT: destination, self.OUTPUT_MASK: str(mask)}


def _fetch(name: str, feedback: QgsProcessingFeedback) -> str:
    """Return the text of a file, or of a URL through QGIS, which knows the proxy; GDAL needs servers that tell the length in advance."""
    if not re.match(r"https?://", name, re.IGNORECASE):
        return read_local(name)
    request = QgsBlockingNetworkRequest()
    if request.get(QNetworkRequest(QUrl(name)), True, feedback) != QgsBlockingNetworkRequest.ErrorCode.NoError:
        msg = tr("{url} can't be fetched: {reason}.").format(url=name, reason=request.errorMessage())
        raise InputError(msg)
    return bytes(request.reply().content()).decode("utf-8-sig", errors="replace")
