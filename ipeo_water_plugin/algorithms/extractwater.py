"""The algorithm `extractwater`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingUtils,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.maps.extraction import Extraction, extract
from ..core.maps.labels import CONNECTEDNESS as CONNECTIONS
from ..core.maps.labels import METHODS, SHORES, ExtractionSettings
from ..core.progress import SubProgress
from ..core.system.files import FileTransaction
from ..core.translation import tr
from .base import REAL, FeedbackProgress, Values, WaterAlgorithm, explained
from .choices import choice_parameter
from .image import INPUT, Raster, read_raster
from .layers import check_destination, write_layer
from .looks import show_bodies
from .samplereference import THRESHOLD, probability_parameter, threshold_parameter
from .schema import NewLayer, Schema, make_feature, make_fields
from .styles import add_style, show_with_style

_DEFAULTS = ExtractionSettings()
_MASK_STYLE = "water_mask"


@dataclass(frozen=True, eq=False)
class _Job:
    raster: Raster
    settings: ExtractionSettings


class ExtractWater(WaterAlgorithm):
    """Turns a probability raster into polygons of water bodies."""

    METHOD, MIN_AREA, CONNECTEDNESS, FILL_HOLES = "METHOD", "MIN_AREA", "CONNECTEDNESS", "FILL_HOLES"
    SHORE = "SHORE"
    OUTPUT, OUTPUT_MASK = "OUTPUT", "OUTPUT_MASK"
    WATER_AREA_HA, THRESHOLD_USED = "WATER_AREA_HA", "THRESHOLD_USED"
    GROUP = "map"
    FIELDS = ("area_ha", "perimeter_m", "p_mean", "p_min")

    def displayName(self) -> str:
        return tr("Extract water bodies")

    def tags(self) -> list[str]:
        return tr("water,lake,polygon,polygonize,vectorize,threshold,otsu,mask,area,hectares,sieve,holes").split(",")

    def purpose(self) -> str:
        return tr(
            "Turns a raster of water probability into polygons of water bodies, each with its area, perimeter and probability.\n\n"
            "Rasters may have any size. Areas and perimeters are measured on the ellipsoid in any CRS."
        )

    def trouble(self) -> str:
        return tr(
            "No recommended threshold: another program wrote the raster, or its model was trained without held-out areas; choose fixed "
            "or otsu. Thousands of specks: set a minimum area. Rivers are broken into pieces: choose connectedness 8 or a lower "
            "threshold. The values aren't probabilities: percent need a scale of 0.01 declared in the file."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        method = choice_parameter(
            self.METHOD,
            tr("Method"),
            dict(zip(METHODS, (tr("Fixed threshold"), tr("Otsu's threshold"), tr("Recommended by the model")))),
            _DEFAULTS.method,
        )
        connectedness = choice_parameter(
            self.CONNECTEDNESS,
            tr("Connectedness"),
            dict(zip(map(str, CONNECTIONS), (tr("4: sides"), tr("8: sides and corners")))),
            str(_DEFAULTS.connectedness),
        )
        least = QgsProcessingParameterNumber(self.MIN_AREA, tr("Minimum area (m²)"), REAL, _DEFAULTS.min_area, minValue=0)
        holes = QgsProcessingParameterNumber(self.FILL_HOLES, tr("Fill holes up to (m²)"), REAL, _DEFAULTS.fill_holes, minValue=0)
        for area in (least, holes):
            area.setMetadata({"widget_wrapper": {"decimals": 2}})
        shore = choice_parameter(
            self.SHORE, tr("Shore"), dict(zip(SHORES, (tr("Along pixels"), tr("Smooth, between pixels")))), _DEFAULTS.shore
        )
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Water bodies"), QgsProcessing.SourceType.TypeVectorPolygon)
        mask = QgsProcessingParameterRasterDestination(self.OUTPUT_MASK, tr("Water mask"), optional=True, createByDefault=False)
        self.add(
            [
                probability_parameter(),
                explained(
                    method,
                    tr(
                        "fixed: the threshold below. otsu: the threshold that best separates the raster's values into two groups. "
                        "recommended: the model's threshold, with the best F1 on areas held out in training."
                    ),
                ),
                threshold_parameter(),
                explained(least, tr("Smaller water bodies are left out. 0 = keep all.")),
                explained(
                    connectedness,
                    tr("4: pixels are connected if they share a side. 8: sharing a corner is enough, which suits narrow rivers."),
                    advanced=True,
                ),
                explained(
                    holes,
                    tr("Dry or NoData patches inside a body up to this size, such as boats and glint, count as part of it. 0 = none."),
                ),
                explained(
                    shore,
                    tr(
                        "pixels: outlines follow the edges of pixels. smooth: they run between the centres of pixels, where the "
                        "probability equals the threshold, and along pixels only beside NoData. Both consist of the same pixels; "
                        "areas, also those of the minimum area and of holes, are measured inside the outlines."
                    ),
                ),
                explained(
                    sink,
                    tr(
                        "One multipolygon per body, with the fields area_ha, perimeter_m, p_mean and p_min: the mean and minimum "
                        "probability of its pixels at or above the threshold."
                    ),
                ),
                explained(
                    mask,
                    tr(
                        "The same bodies as a raster: 1 water, 0 not water, 255 NoData. Its water pixels are those with centres "
                        "inside the outlines. A GeoTIFF with the extension .tif."
                    ),
                ),
            ],
            [
                QgsProcessingOutputNumber(self.WATER_AREA_HA, tr("Total area of water bodies in hectares")),
                QgsProcessingOutputNumber(self.THRESHOLD_USED, tr("Threshold used")),
            ],
        )

    def read(self, values: Values) -> _Job:
        settings = ExtractionSettings(
            method=values.choice(self.METHOD),
            threshold=values.number(THRESHOLD),
            min_area=values.number(self.MIN_AREA),
            connectedness=int(values.choice(self.CONNECTEDNESS)),
            fill_holes=values.number(self.FILL_HOLES),
            shore=values.choice(self.SHORE),
        )
        raster = read_raster(values, INPUT, single=True)
        check_destination(values, self.OUTPUT, bodies_schema(raster.crs))
        return _Job(raster, settings)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Extract the bodies; the mask appears once the polygons are written."""
        mask = values.raster_destination(self.OUTPUT_MASK) if values.given(self.OUTPUT_MASK) else None
        progress = FeedbackProgress(feedback)
        with extract(job.raster.file, job.settings, SubProgress(progress, 0.0, 0.7), QgsProcessingUtils.tempFolder()) as found:
            with contextlib.ExitStack() as stack:
                transaction = stack.enter_context(FileTransaction())
                if mask is not None:
                    stack.enter_context(found.mask(Path(mask), SubProgress(progress, 0.7, 0.8), transaction))
                    # A probability raster that was there may have left its own.
                    add_style(transaction, Path(mask), _MASK_STYLE, progress)
                layer = NewLayer(bodies_schema(job.raster.crs), _features(found), len(found), show_bodies)
                destination = write_layer(values, self.OUTPUT, layer, SubProgress(progress, 0.8, 1.0), transaction)
            results = {self.OUTPUT: destination, self.WATER_AREA_HA: float(found.area.sum()), self.THRESHOLD_USED: found.threshold}
        if mask is None:
            return results
        show_with_style(mask, _MASK_STYLE, values.context, job.raster.layer)
        return {**results, self.OUTPUT_MASK: mask}


def bodies_schema(crs: QgsCoordinateReferenceSystem) -> Schema:
    """Return the schema of a layer of water bodies, in the CRS of their raster."""
    return Schema(make_fields(dict.fromkeys(ExtractWater.FIELDS, QMetaType.Type.Double)), QgsWkbTypes.Type.MultiPolygon, crs)


def _features(found: Extraction) -> Iterator[QgsFeature]:
    for body in found.bodies():
        outline = QgsGeometry()
        outline.fromWkb(body.wkb)
        yield make_feature((body.area, body.perimeter, body.mean, body.minimum), outline)
