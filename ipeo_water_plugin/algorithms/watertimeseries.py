"""The algorithm `watertimeseries`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsSpatialIndex,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QMetaType

from ..core.maps.occurrence import check_dates
from ..core.maps.timeseries import DatedRaster, Observation, check_series, observations
from ..core.progress import Progress, SubProgress, raise_if_cancelled
from ..core.reports.page import RunRecord
from ..core.reports.series_report import series_of, series_report
from ..core.system.files import FileTransaction
from ..core.translation import format_some, tr
from .base import OUTPUT_REPORT, REAL, FeedbackProgress, Values, WaterAlgorithm, explained
from .days import INPUTS, dates_parameter, maps_parameter, read_days
from .image import Raster, read_rasters
from .layers import check_destination, write_layer
from .reports import REPORT_SUFFIX, html_of, report_parameter, run_record
from .samplereference import THRESHOLD, threshold_parameter
from .schema import NewLayer, Schema, make_feature, make_fields
from .source import LayerSource
from .vectors import POLYGON, Placement, placed

_MIN_VALID = 0.8
# Smallest share of a body covered by later ones that is reported: outlines that should coincide may differ by rounding.
_LEAST_COVERED = 0.001
# Fields that name bodies, if the layer has one.
_NAMES = ("name", "Name", "NAME")


@dataclass(frozen=True, eq=False)
class _Job:
    bodies: LayerSource
    rasters: tuple[Raster, ...]
    dated: tuple[DatedRaster, ...]
    placements: tuple[Placement, ...]
    threshold: float
    min_valid: float
    record: RunRecord


class WaterTimeSeries(WaterAlgorithm):
    """Measures the water of given bodies in probability rasters of many dates."""

    BODIES, MIN_VALID, OUTPUT = "BODIES", "MIN_VALID", "OUTPUT"
    GROUP = "many"
    FIELDS = ("body", "date", "raster", "valid", "observed_ha", "water_ha", "p_ha", "body_ha")

    def displayName(self) -> str:
        return tr("Water area over time")

    def tags(self) -> list[str]:
        return tr("water,time series,dates,area,hectares,lake,reservoir,trend,monitoring,chart").split(",")

    def purpose(self) -> str:
        return tr(
            "Measures how many hectares of given bodies, such as lakes and reservoirs, are water on each date.\n\n"
            "The rasters may have different grids and CRSs: each is measured on its own. A pixel belongs to the body that holds its "
            "centre, of several to the last, so bodies that touch count none twice; the log names bodies that a later one covers in part. "
            "Rasters of one date, such as tiles, become one row a body: a pixel that several of them show counts once, in the first that "
            "is valid there. Where rasters of one date overlap on different grids, a body is measured on the grid that shows most of it. "
            "Draw bodies as large as they ever get: water outside them isn't counted."
        )

    def trouble(self) -> str:
        return tr(
            "A raster has no date: neither metadata nor name state one without doubt, so say it with Dates. Water is empty on most dates: "
            "clouds hide more than the minimum valid share allows. No raster shows any of the bodies: check the CRS."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        least = QgsProcessingParameterNumber(self.MIN_VALID, tr("Minimum valid share"), REAL, _MIN_VALID, minValue=0, maxValue=1)
        self.add(
            [
                explained(
                    QgsProcessingParameterFeatureSource(self.BODIES, tr("Bodies"), [QgsProcessing.SourceType.TypeVectorPolygon]),
                    tr("Polygons, such as those of Extract water bodies. They are known by their feature ids."),
                ),
                maps_parameter(),
                threshold_parameter(),
                explained(
                    least, tr("Hectares are scaled to the whole body if at least this share of it is valid, else they stay empty. 0 to 1.")
                ),
                dates_parameter(),
                explained(
                    QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Water area over time"), QgsProcessing.SourceType.TypeVector),
                    tr(
                        "A table with a row per body and date: body (feature id), date, raster, valid (share of the body's pixels), "
                        "observed_ha (water among them), water_ha (scaled to the whole body, or empty), p_ha (the same of the sum of "
                        "probabilities, which needs no threshold) and body_ha (the whole body)."
                    ),
                ),
                report_parameter(),
            ]
        )

    def read(self, values: Values) -> _Job:
        threshold, min_valid = values.number(THRESHOLD), values.number(self.MIN_VALID)
        rasters = read_rasters(values, INPUTS)
        check_dates([raster.file for raster in rasters], threshold)
        check_series(threshold, min_valid)
        advice = tr("Choose a polygon layer.")
        bodies = values.source(self.BODIES, advice)
        if QgsWkbTypes.geometryType(bodies.kind) != POLYGON:
            raise bodies.misshapen(advice)
        context = values.context.transformContext()
        placements = tuple(Placement.from_crs(bodies.crs, raster, context, bodies.name) for raster in rasters)
        files = [raster.file for raster in rasters]
        dated = tuple(map(DatedRaster, files, read_days(values, files)))
        check_destination(values, self.OUTPUT, _schema())
        return _Job(bodies, rasters, dated, placements, threshold, min_valid, run_record(values))

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        report = values.file_destination(OUTPUT_REPORT, REPORT_SUFFIX)
        progress = FeedbackProgress(feedback)
        bodies = _Bodies(job, progress)
        found = observations(job.dated, len(bodies.ids), bodies.on, job.threshold, SubProgress(progress, 0.0, 0.9))
        unseen = [fid for fid, *sizes in zip(bodies.ids, *(seen.total.tolist() for seen in found)) if not any(sizes)]
        if unseen:
            text = tr(
                "Bodies without a pixel of their own in any raster: {count} (ids: {ids}). They are smaller than a pixel, lie outside all "
                "rasters, or are covered by a later body."
            )
            progress.warn(text.format(count=len(unseen), ids=format_some([str(fid) for fid in unseen], 20)))
        page = ""
        if report is not None:
            series = series_of(found, bodies.names, bodies.places, job.min_valid)
            page = html_of(series_report(found, series, job.bodies.name, job.min_valid, job.record))
        with FileTransaction() as transaction:
            layer = NewLayer(_schema(), _rows(found, bodies.ids, job.min_valid), len(found) * len(bodies.ids))
            destination = write_layer(values, self.OUTPUT, layer, SubProgress(progress, 0.9, 1.0), transaction)
            if report is not None:
                transaction.add_text(Path(report), page)
        results = {self.OUTPUT: destination}
        return results if report is None else {**results, OUTPUT_REPORT: report}


class _Bodies:
    """The bodies by number, in the order of their layer, and where they lie on each raster."""

    def __init__(self, job: _Job, progress: Progress) -> None:
        """Read ids and names, and warn of bodies that cover one another."""
        self._job = job
        field = next((index for name in _NAMES if (index := job.bodies.fields.lookupField(name)) >= 0), -1)
        request = QgsFeatureRequest().setSubsetOfAttributes([field] if field >= 0 else [])
        self.ids: list[int] = []
        self.names: list[str] = []
        self.places: list[tuple[float, float]] = []
        covers = _Covers()
        for feature in job.bodies.features(request):
            label = feature.attribute(field) if field >= 0 else NULL
            self.ids.append(feature.id())
            self.names.append(str(feature.id()) if label in (None, NULL, "") else f"{label} ({feature.id()})")
            raise_if_cancelled(progress)
            geometry = feature.geometry()
            centre = geometry.boundingBox().center()
            self.places.append((centre.x(), centre.y()) if math.isfinite(centre.x()) else (0.0, 0.0))
            covers.add(geometry)
        if covered := covers.shares():
            listed = [tr("{id} ({share})").format(id=self.ids[number], share=f"{share:.1%}") for number, share in covered.items()]
            text = tr(
                "Bodies of which a later body covers a part: {count}, with the share covered: {bodies}. What both hold counts for the "
                "later one alone."
            )
            progress.warn(text.format(count=len(listed), bodies=format_some(listed, 20)))
        self._number = {fid: number for number, fid in enumerate(self.ids)}
        # Rasters of one CRS, pixel size and range of longitudes get the same shapes.
        self._known: dict[object, list[tuple[int, bytes]]] = {}

    def on(self, raster: int, progress: Progress) -> Sequence[tuple[int, bytes]]:
        """Return the bodies on a raster, as number and WKB."""
        job, placement = self._job, self._job.placements[raster]
        key = (job.rasters[raster].crs.toWkt(), placement.longest, placement.longitudes)
        if key not in self._known:
            features = job.bodies.features(QgsFeatureRequest().setSubsetOfAttributes([]))
            found = placed(features, placement, (POLYGON,), job.bodies.name, job.bodies.count, progress)
            self._known = {key: [(self._number[feature.id()], wkb) for feature, wkb in found]}
        return self._known[key]


class _Covers:
    """Which shares of bodies later ones cover, in their layer's CRS."""

    def __init__(self) -> None:
        self._index = QgsSpatialIndex()
        self._geometries: list[QgsGeometry] = []
        self._parts: defaultdict[int, list[QgsGeometry]] = defaultdict(list)

    def add(self, geometry: QgsGeometry) -> None:
        """Add the next body; what it covers of the earlier ones is kept."""
        number, box = len(self._geometries), geometry.boundingBox()
        self._geometries.append(geometry)
        if geometry.isEmpty() or not box.isFinite():
            return
        for earlier in self._index.intersects(box):
            part = self._geometries[earlier].intersection(geometry)
            if part.isNull():
                # An outline crosses itself.
                part = self._geometries[earlier].makeValid().intersection(geometry.makeValid())
            if part.area() > 0:
                self._parts[earlier].append(part)
        self._index.addFeature(number, box)  # noqa: QGS201

    def shares(self) -> dict[int, float]:
        """Return the number of each body that is covered in part, and the share; entirely covered ones are reported for having no pixel."""
        areas = {number: self._geometries[number].area() for number in sorted(self._parts)}
        shares = {number: QgsGeometry.unaryUnion(self._parts[number]).area() / area for number, area in areas.items() if area > 0}
        return {number: share for number, share in shares.items() if _LEAST_COVERED <= share < 1 - _LEAST_COVERED}


def _schema() -> Schema:
    kinds = {"body": QMetaType.Type.LongLong, "date": QMetaType.Type.QDate, "raster": QMetaType.Type.QString}
    fields = make_fields({name: kinds.get(name, QMetaType.Type.Double) for name in WaterTimeSeries.FIELDS})
    # Some formats, such as KML, drop dates.
    return Schema(fields, QgsWkbTypes.Type.NoGeometry, QgsCoordinateReferenceSystem(), kept=True)


def _rows(found: Sequence[Observation], ids: Sequence[int], min_valid: float) -> Iterator[QgsFeature]:
    """Yield the rows, body after body."""
    columns = [
        (
            None if seen.source.day is None else QDate(seen.source.day.year, seen.source.day.month, seen.source.day.day),
            seen.label,
            seen.share,
            seen.water,
            seen.scaled(seen.water, min_valid),
            seen.scaled(seen.expected, min_valid),
            seen.total,
        )
        for seen in found
    ]
    for number, fid in enumerate(ids):
        for day, raster, *measures in columns:
            figures = [float(measure[number]) for measure in measures]
            yield make_feature((fid, day, raster, *(None if math.isnan(figure) else figure for figure in figures)))
