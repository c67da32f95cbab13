"""The algorithm `wateroccurrence`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ..core.maps.occurrence import check_dates, water_occurrence
from ..core.raster.raster_file import RasterFile
from ..core.system.files import FileTransaction
from .base import FeedbackProgress, Values, WaterAlgorithm, explained, tr
from .image import read_rasters
from .predictwaterprobability import stamp
from .samplereference import THRESHOLD, threshold_parameter
from .styles import add_style, show_with_style, style_text


@dataclass(frozen=True, eq=False)
class _Job:
    rasters: tuple[RasterFile, ...]
    threshold: float


class WaterOccurrence(WaterAlgorithm):
    """Computes from probability rasters of many dates the share of dates on which each pixel is water."""

    INPUTS, OUTPUT = "INPUTS", "OUTPUT"
    STYLE = "water_occurrence"
    GROUP = "many"

    def name(self) -> str:
        """Return the id."""
        return "wateroccurrence"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Water occurrence")

    def tags(self) -> list[str]:
        """Return further words that the toolbox finds it by."""
        return tr("water,occurrence,time series,dates,frequency,seasonal,permanent,flood,jrc,global surface water,raster").split(",")

    def purpose(self) -> str:
        """Return what the algorithm is for."""
        return tr(
            "Computes from water probabilities of one place on many dates the share of valid dates on which each pixel is water, and the "
            "number of valid dates.\n\n"
            "As in the occurrence layer of the JRC's Global Surface Water (Pekel et al. 2016, doi 10.1038/nature20584), a date on which a "
            "pixel is NoData, for example under a cloud, counts neither for nor against water. Extents may differ: the result covers all "
            "of them. CRS, pixel size and alignment must be the same. Each raster counts as one date, so merge the tiles of one date first "
            "(Build Virtual Raster). The number and size of rasters aren't limited: they are read block by block."
        )

    def trouble(self) -> str:
        """Return what goes wrong most often, and what to do."""
        return tr(
            "A raster lies on another grid: the message names it and how to warp it onto the grid of the first. One file is given twice: "
            "remove one. The share is coarse with few dates: check the second band. The values aren't probabilities: percent need a scale "
            "of 0.01 declared in the file."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Add parameters and outputs."""
        inputs = QgsProcessingParameterMultipleLayers(self.INPUTS, tr("Water probabilities"), QgsProcessing.SourceType.TypeRaster)
        output = QgsProcessingParameterRasterDestination(self.OUTPUT, tr("Water occurrence"))
        self.add(
            [
                explained(
                    inputs,
                    tr(
                        "Rasters of water probability, one per date, as Predict water probability writes them: 0 to 1, or percent with a "
                        "scale of 0.01. The first band of each is used."
                    ),
                ),
                threshold_parameter(),
                explained(
                    output,
                    tr(
                        "Band 1: share of valid dates on which the pixel is water, 0 to 1, NoData -9999 where no date is valid. Band 2: "
                        "number of valid dates. A GeoTIFF with the extension .tif."
                    ),
                ),
            ]
        )

    def read(self, values: Values) -> _Job:
        """Check and read the parameters."""
        job = _Job(tuple(raster.file for raster in read_rasters(values, self.INPUTS)), values.number(THRESHOLD))
        check_dates(job.rasters, job.threshold)
        return job

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Compute the occurrence and write it with its style."""
        destination = values.raster_destination(self.OUTPUT)
        progress = FeedbackProgress(feedback)
        with FileTransaction() as transaction:
            water_occurrence(job.rasters, destination, job.threshold, progress, stamp(), transaction)
            add_style(transaction, Path(destination), style_text(self.STYLE), progress)
        show_with_style(destination, self.STYLE, values.context)
        return {self.OUTPUT: destination}
