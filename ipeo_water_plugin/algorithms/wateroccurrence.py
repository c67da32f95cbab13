"""The algorithm `wateroccurrence`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import QgsProcessingFeedback, QgsProcessingParameterRasterDestination

from ..core.maps.occurrence import check_dates, water_occurrence
from ..core.raster.raster_file import RasterFile
from ..core.system.files import FileTransaction
from ..core.translation import tr
from .base import FeedbackProgress, Values, WaterAlgorithm, explained
from .days import INPUTS, dates_parameter, maps_parameter, read_days
from .image import read_rasters
from .predictwaterprobability import stamp
from .samplereference import THRESHOLD, threshold_parameter
from .styles import add_style, show_with_style


@dataclass(frozen=True, eq=False)
class _Job:
    rasters: tuple[RasterFile, ...]
    threshold: float
    days: tuple[date | None, ...]


class WaterOccurrence(WaterAlgorithm):
    """Computes from probability rasters of many dates the share of dates on which each pixel is water."""

    OUTPUT = "OUTPUT"
    OUTPUT_MONTHS, OUTPUT_DATES, OUTPUT_RECURRENCE = "OUTPUT_MONTHS", "OUTPUT_DATES", "OUTPUT_RECURRENCE"
    # Results that need dates, with their names in core.
    LAYERS = MappingProxyType({OUTPUT_MONTHS: "months", OUTPUT_DATES: "dates", OUTPUT_RECURRENCE: "recurrence"})
    STYLE = "water_occurrence"
    GROUP = "many"

    def displayName(self) -> str:
        return tr("Water occurrence")

    def tags(self) -> list[str]:
        return tr("water,occurrence,time series,dates,frequency,seasonal,permanent,flood,jrc,global surface water,raster").split(",")

    def purpose(self) -> str:
        return tr(
            "Computes from water probabilities of one place on many dates the share of valid dates on which each pixel is water, and the "
            "number of valid dates.\n\n"
            "As in the occurrence layer of the JRC's Global Surface Water (Pekel et al. 2016, doi 10.1038/nature20584), a date on which a "
            "pixel is NoData, for example under a cloud, counts neither for nor against water. Further results are optional, and made in "
            "the same pass: occurrence in each month of the year, the first and last date of water, and recurrence, after the definitions "
            "of that dataset. Extents may differ: the result covers all of them. CRS, pixel size and alignment must be the same. Each "
            "raster counts as one date, so merge the tiles of one date first (Build Virtual Raster). The number and size of rasters aren't "
            "limited: they are read block by block."
        )

    def trouble(self) -> str:
        return tr(
            "A raster lies on another grid: the message names it and how to warp it onto the grid of the first. One file is given twice: "
            "remove one. The share is coarse with few dates: check the second band. The values aren't probabilities: percent need a scale "
            "of 0.01 declared in the file. A raster has no date: neither metadata nor name state one without doubt, so say it with Dates; "
            "it counts for the occurrence alone."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        output = QgsProcessingParameterRasterDestination(self.OUTPUT, tr("Water occurrence"))
        further = {
            self.OUTPUT_MONTHS: (
                tr("Occurrence by month"),
                tr(
                    "Bands 1 to 12: share of the valid dates in that month of the year, in all years, on which the pixel is water, NoData "
                    "where none is valid. Band 13: mean of these shares, which is the JRC's occurrence: seasons with many clouds count as "
                    "much as others. Band 14: seasonality, the number of months with water in any year."
                ),
            ),
            self.OUTPUT_DATES: (
                tr("First and last date of water"),
                tr(
                    "Bands 1 and 2: first and last date on which the pixel is water, as a number such as 20200812; 0 where it never is, "
                    "NoData where no date is valid."
                ),
            ),
            self.OUTPUT_RECURRENCE: (
                tr("Water recurrence"),
                tr(
                    "Band 1: share of the years in which water returned, 0 to 1, NoData where there never was any. A year counts if the "
                    "pixel is valid in it at least once in its season, the months in which it ever was water. Band 2: the number of such "
                    "years."
                ),
            ),
        }
        self.add(
            [
                maps_parameter(),
                threshold_parameter(),
                explained(
                    output,
                    tr(
                        "Band 1: share of valid dates on which the pixel is water, 0 to 1, NoData -9999 where no date is valid. Band 2: "
                        "number of valid dates. A GeoTIFF with the extension .tif."
                    ),
                ),
                *(
                    explained(QgsProcessingParameterRasterDestination(key, label, optional=True, createByDefault=False), text)
                    for key, (label, text) in further.items()
                ),
                dates_parameter(),
            ]
        )

    def read(self, values: Values) -> _Job:
        rasters = tuple(raster.file for raster in read_rasters(values, INPUTS))
        check_dates(rasters, values.number(THRESHOLD))
        days = read_days(values, rasters) if any(map(values.given, self.LAYERS)) else []
        return _Job(rasters, values.number(THRESHOLD), tuple(days))

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        results = {key: values.raster_destination(key) for key in (self.OUTPUT, *self.LAYERS) if key == self.OUTPUT or values.given(key)}
        layers = {self.LAYERS[key]: path for key, path in results.items() if key != self.OUTPUT}
        # Shares have the style's colours; days are numbers.
        styled = [path for key, path in results.items() if key != self.OUTPUT_DATES]
        progress = FeedbackProgress(feedback)
        with FileTransaction() as transaction:
            water_occurrence(job.rasters, results[self.OUTPUT], job.threshold, progress, stamp(), transaction, days=job.days, layers=layers)
            for path in styled:
                add_style(transaction, Path(path), self.STYLE, progress)
        for path in styled:
            show_with_style(path, self.STYLE, values.context)
        return results
