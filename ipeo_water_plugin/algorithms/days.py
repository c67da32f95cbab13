"""Water maps of many days: the parameters that choose them and say on which days their images were acquired, and those days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qgis.core import QgsProcessing, QgsProcessingParameterDefinition, QgsProcessingParameterMultipleLayers, QgsProcessingParameterString

from ..core.metadata.dates import DateRule
from ..core.raster.describe import acquisition_date
from ..core.raster.raster_file import RasterFile
from ..core.translation import tr
from .base import Values, explained

INPUTS, DATES = "INPUTS", "DATES"


def maps_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that chooses the probability rasters."""
    return explained(
        QgsProcessingParameterMultipleLayers(INPUTS, tr("Water probabilities"), QgsProcessing.SourceType.TypeRaster),
        tr(
            "Rasters of water probability, one per date, as Predict water probability writes them: 0 to 1, or percent with a scale of "
            "0.01. The first band of each is used."
        ),
    )


def dates_parameter() -> QgsProcessingParameterDefinition:
    """Return the parameter that finds their dates."""
    return explained(
        QgsProcessingParameterString(DATES, tr("Dates"), "", optional=True),
        tr(
            "Empty = from metadata, or the names of known products, and never guessed. Else a regular expression with the date "
            "in parentheses, such as _(\\d{8})_, or with groups year, month and day; or the path of a table (.csv) of file "
            "and date."
        ),
        advanced=True,
    )


def read_days(values: Values, rasters: Sequence[RasterFile]) -> list[date | None]:
    """Return the day of each raster, None where it is unknown or doubtful.

    Raises:
        InputError: the parameter's value isn't a valid rule.
        RasterError: a raster can't be opened.
    """
    rule = DateRule.from_text(values.text(DATES))
    return [acquisition_date(raster, rule) for raster in rasters]
