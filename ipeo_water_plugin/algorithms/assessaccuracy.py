"""The algorithm `assessaccuracy`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from qgis.core import (
    NULL,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterRasterLayer,
    QgsWkbTypes,
)

from ..core.accuracy.agreement import Agreement, agreement
from ..core.accuracy.assess import POINTS, POLYGONS, RASTER, SAMPLE, SCORES, Assessment, Pairs, WaterArea, assess
from ..core.accuracy.pairs import map_area, pair_raster, pair_shapes
from ..core.accuracy.reference_points import STRATA
from ..core.accuracy.sampling_design import STRATUM, STRATUM_AREA, WEIGHT, Design, SampledPoint, match_strata
from ..core.errors import InputError
from ..core.grid import Grid
from ..core.progress import Progress, SilentProgress, SubProgress
from ..core.raster.probability_raster import ProbabilitySource
from ..core.raster.raster_file import RasterFile
from ..core.reports.assessment_report import AssessedMap, agreement_sentences, assessment_report
from ..core.reports.page import RunRecord
from ..core.sampling.classes import WaterValues
from ..core.sampling.polygons import LabelledShape
from ..core.system.files import FileTransaction
from ..core.translation import tr
from .accuracytable import TABLE, accuracy_schema, accuracy_table, score_names
from .areas import CLASS_FIELD, WATER_VALUES, LabelledAreas, read_areas, water_values_parameter
from .base import OUTPUT_REPORT, FeedbackProgress, Values, WaterAlgorithm, explained
from .image import INPUT, Raster, read_raster
from .labelform import CLASS
from .layers import check_destination, write_layer
from .reports import REPORT_SUFFIX, html_of, report_parameter, run_record
from .samplereference import THRESHOLD, probability_parameter, threshold_parameter
from .sampleslayer import POLYGON, SCENE
from .vectors import POINT


@dataclass(frozen=True, eq=False)
class _Job:
    raster: Raster
    grid: Grid
    threshold: float
    reference: LabelledAreas | RasterFile
    points: bool
    design: tuple[str, ...]
    origin: tuple[str, ...]
    wanted: WaterValues
    reference_name: str
    record: RunRecord
    second: LabelledAreas | None = None


class AssessAccuracy(WaterAlgorithm):
    """Compares a probability raster with a reference."""

    REFERENCE, REFERENCE_RASTER, OUTPUT = "REFERENCE", "REFERENCE_RASTER", "OUTPUT"
    SECOND, AGREEMENT, KAPPA, DIFFERING = "SECOND_REFERENCE", "AGREEMENT", "KAPPA", "DIFFERING_POINTS"
    AREA, AREA_ERROR = "WATER_AREA_HA", "WATER_AREA_SE_HA"
    AREA_LOWER, AREA_UPPER, AREA_MAPPED = "WATER_AREA_LOWER_HA", "WATER_AREA_UPPER_HA", "MAPPED_WATER_AREA_HA"
    GROUP = "check"
    FIELDS = TABLE
    EXAMPLE = ("REFERENCE",)

    def displayName(self) -> str:
        return tr("Assess accuracy")

    def tags(self) -> list[str]:
        return tr("water,accuracy,validation,confusion matrix,f1,auc,brier,calibration,area,confidence interval,olofsson,reference").split(
            ","
        )

    def purpose(self) -> str:
        return tr(
            "Compares a water map with a reference: how accurate the map is, how certain that is, and how many hectares of water there "
            "are.\n\n"
            "The reference is a layer of polygons or points with a class, or a raster. Pixels that are NoData in either are left out and "
            "counted. Only points from Sample reference points are a probability sample, which gives the area of water with a standard "
            "error and a 95 % interval (Olofsson et al. 2014, doi 10.1016/j.rse.2014.02.015), and scores weighted by area. With at least "
            "ten polygons per class, scores get approximate intervals from a bootstrap over whole polygons. Don't use the training "
            "areas: there a map looks better than it is."
        )

    def trouble(self) -> str:
        return tr(
            "No feature has a class: label some first, and check the class field and the values that mean water. All features lie outside "
            "the raster: one of the two layers has the wrong CRS. The area has no interval: only points from Sample reference points "
            "give one. The scores are too good to be true: the reference may contain the training areas."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        vectors = [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorPoint]
        reference = QgsProcessingParameterFeatureSource(self.REFERENCE, tr("Reference layer"), vectors, optional=True)
        field = QgsProcessingParameterField(
            CLASS_FIELD,
            tr("Class field"),
            CLASS,
            parentLayerParameterName=self.REFERENCE,
            type=QgsProcessingParameterField.DataType.Any,
            optional=True,
        )
        raster = QgsProcessingParameterRasterLayer(self.REFERENCE_RASTER, tr("Reference raster"), optional=True)
        second = QgsProcessingParameterFeatureSource(
            self.SECOND, tr("Labels by a second person"), [QgsProcessing.SourceType.TypeVectorPoint], optional=True
        )
        sink = QgsProcessingParameterFeatureSink(self.OUTPUT, tr("Accuracy"), QgsProcessing.SourceType.TypeVector)
        self.add(
            [
                probability_parameter(),
                explained(
                    reference,
                    tr(
                        "Polygons or points known to be water or not, in any CRS, or the labelled output of Sample reference points. "
                        "Choose either this or a reference raster."
                    ),
                ),
                explained(field, tr("The field of the reference layer with the class. Features without a value are left out.")),
                water_values_parameter(),
                explained(
                    raster,
                    tr(
                        "A raster of classes, of any grid and CRS; the value of its first band at each pixel's centre is used. Choose "
                        "either this or a reference layer."
                    ),
                ),
                threshold_parameter(),
                explained(sink, tr("A table with one row per score: metric, value, lower and upper end of the 95 % interval, note.")),
                report_parameter(),
                explained(
                    second,
                    tr(
                        "A copy of the reference points that somebody else labelled, with the same class field. Gives the share of points "
                        "on which both agree, Cohen's kappa, and a list of the points on which they differ. Scores and area use the "
                        "reference layer alone."
                    ),
                    advanced=True,
                ),
            ],
            [
                *(QgsProcessingOutputNumber(key.upper(), name[0].upper() + name[1:]) for key, name in score_names().items()),
                QgsProcessingOutputNumber(
                    self.AREA, tr("Area of water in hectares: estimated from a probability sample, otherwise as mapped")
                ),
                QgsProcessingOutputNumber(self.AREA_ERROR, tr("Standard error of the estimated area of water in hectares")),
                QgsProcessingOutputNumber(self.AREA_LOWER, tr("Lower end of its 95 % interval in hectares")),
                QgsProcessingOutputNumber(self.AREA_UPPER, tr("Upper end of its 95 % interval in hectares")),
                QgsProcessingOutputNumber(self.AREA_MAPPED, tr("Area mapped as water in hectares")),
                QgsProcessingOutputNumber(self.AGREEMENT, tr("Share of points on which two people's labels agree")),
                QgsProcessingOutputNumber(self.KAPPA, tr("Cohen's kappa of two people's labels")),
                QgsProcessingOutputNumber(self.DIFFERING, tr("Number of points on which two people's labels differ")),
            ],
        )

    def read(self, values: Values) -> _Job:
        raster = read_raster(values, INPUT, single=True)
        threshold = values.number(THRESHOLD)
        if values.given(self.REFERENCE) == values.given(self.REFERENCE_RASTER):
            msg = (
                tr("A reference layer and a reference raster are given: choose only one of them.")
                if values.given(self.REFERENCE)
                else tr("No reference is given: choose a reference layer or a reference raster.")
            )
            raise InputError(msg)
        check_destination(values, self.OUTPUT, accuracy_schema())
        grid = ProbabilitySource(raster.file).grid
        if values.given(self.REFERENCE_RASTER):
            if values.given(self.SECOND):
                raise InputError(_points_only())
            reference = read_raster(values, self.REFERENCE_RASTER, single=True)
            wanted = WaterValues.parse(values.text(WATER_VALUES), numeric=True)
            return _Job(raster, grid, threshold, reference.file, False, (), (), wanted, reference.name, run_record(values))
        areas = read_areas(values, raster, self.REFERENCE)
        points = QgsWkbTypes.geometryType(areas.source.kind) == POINT
        fields = areas.source.fields
        # Only the points that Sample reference points writes are random, and they have all three fields.
        names = (STRATUM, WEIGHT, STRATUM_AREA)
        design = names if points and all(fields.lookupField(name) >= 0 for name in names) else ()
        # Pixels of one polygon, as Sample labelled pixels writes them, count as one place.
        origin: tuple[str, ...] = (SCENE, POLYGON)
        if not points or design or any(fields.lookupField(name) < 0 for name in origin):
            origin = ()
        second = read_areas(values, raster, self.SECOND) if values.given(self.SECOND) else None
        if second is not None and (not points or QgsWkbTypes.geometryType(second.source.kind) != POINT):
            raise InputError(_points_only())
        return _Job(raster, grid, threshold, areas, points, design, origin, areas.wanted, areas.source.name, run_record(values), second)

    def process(self, job: _Job, values: Values, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        report = values.file_destination(OUTPUT_REPORT, REPORT_SUFFIX)
        progress = FeedbackProgress(feedback)
        pairs, both = _pairs(job, SubProgress(progress, 0.0, 0.4))
        area = pairs.area or _mapped(job, SubProgress(progress, 0.4, 0.7))
        if pairs.kind == SAMPLE:
            pairs = match_strata(pairs, area, job.threshold)
        assessment = assess(pairs, job.threshold, area, progress=SubProgress(progress, 0.7, 0.9))
        _log(assessment, progress)
        if both is not None:
            for sentence in agreement_sentences(both):
                progress.info(sentence)
        results = {} if report is None else {OUTPUT_REPORT: report}
        page = "" if report is None else _report(job, assessment, pairs, both, progress)
        with FileTransaction() as transaction:
            destination = write_layer(values, self.OUTPUT, accuracy_table(assessment, both), SubProgress(progress, 0.95, 1.0), transaction)
            if report is not None:
                transaction.add_text(Path(report), page)
        estimate, mapped = assessment.area.estimate, assessment.area.mapped
        lower, upper = (None, None) if estimate is None else estimate.interval
        return {
            **results,
            self.OUTPUT: destination,
            **{name.upper(): getattr(assessment.scores, name) for name in SCORES},
            self.AREA: mapped if estimate is None else estimate.value,
            self.AREA_ERROR: None if estimate is None else estimate.standard_error,
            self.AREA_LOWER: lower,
            self.AREA_UPPER: upper,
            self.AREA_MAPPED: mapped,
            self.AGREEMENT: None if both is None else both.share,
            self.KAPPA: None if both is None else both.kappa,
            self.DIFFERING: None if both is None else len(both.differences),
        }


def _points_only() -> str:
    return tr("Labels by a second person are compared with points: choose a point layer as reference, and a copy of it as second labels.")


def _report(job: _Job, assessment: Assessment, pairs: Pairs, both: Agreement | None, progress: Progress) -> str:
    subject = AssessedMap(job.raster.file, job.raster.name, job.reference_name)
    return html_of(assessment_report(assessment, pairs, subject, job.record, both, progress))


def _pairs(job: _Job, progress: Progress) -> tuple[Pairs, Agreement | None]:
    """Return what is compared with the map, and how far two people agree on it."""
    areas = job.reference
    if isinstance(areas, RasterFile):
        return pair_raster(job.raster.file, areas, job.wanted, progress, job.threshold), None
    # The form of reference points offers both classes, and on a dry map all of them may be land.
    own = job.design and areas.source.fields.at(areas.field).name() == CLASS
    features = areas.features(SubProgress(progress, 0.0, 0.3), job.design or job.origin, (0, 1) if own else ())
    sampled = [_sampled(shape, design) if job.design else None for shape, (_, *design) in features]
    others = sampled.count(None)
    design = None
    if others < len(sampled):
        if others:
            progress.warn(
                tr(
                    "Points left out because they have no stratum, weight or area from Sample reference points, so their locations aren't "
                    "random: {count}."
                ).format(count=others)
            )
        features = [feature for feature, point in zip(features, sampled) if point is not None]
        design = Design.from_points([point for point in sampled if point is not None])
    elif job.design and sampled:
        progress.warn(
            tr(
                "“{layer}” is not a probability sample: none of its points has a stratum, weight and area from Sample reference points."
            ).format(layer=job.reference_name)
        )
    shapes = [shape for shape, _ in features if shape is not None]
    if not shapes:
        msg = tr("No feature of “{layer}” has both a geometry on the map and a class: label some first.").format(layer=job.reference_name)
        raise InputError(msg)
    groups = None
    if job.origin:
        origins = [tuple(map(str, origin)) for shape, (_, *origin) in features if shape is not None]
        numbers = {origin: number for number, origin in enumerate(dict.fromkeys(origins))}
        groups = np.array([numbers[origin] for origin in origins], np.int64)
    unlabelled = len(features) - len(shapes)
    step = SubProgress(progress, 0.3, 1.0)
    pairs = pair_shapes(job.raster.file, shapes, design, unlabelled, job.points, step, groups, job.threshold)
    if job.second is None:
        return pairs, None
    theirs = [shape for shape, _ in job.second.features(SilentProgress(), (), (0, 1) if own else ()) if shape is not None]
    if areas.source.origin == job.second.source.origin and {shape.id for shape in shapes} & {shape.id for shape in theirs}:
        msg = tr(
            "“{layer}” is the reference, and can't be the second person's labels too: they would agree with themselves. Choose another."
        )
        raise InputError(msg.format(layer=job.reference_name))
    return pairs, agreement(shapes, theirs, job.grid)


def _sampled(shape: LabelledShape | None, attributes: list) -> SampledPoint | None:
    """Return what a point records about the sample, or None if an attribute is missing or the stratum is unknown."""
    stratum, weight, area = (None if value is None or value == NULL else value for value in attributes)
    if weight is None or area is None or stratum not in STRATA:
        return None
    return SampledPoint(stratum, weight, area, None if shape is None else shape.wkb)


def _mapped(job: _Job, progress: Progress) -> WaterArea:
    if job.grid.crs and job.grid.geotransform is not None:
        return map_area(job.raster.file, job.threshold, progress)
    progress.warn(tr("The CRS of “{raster}” is unknown, so areas can't be computed.").format(raster=job.raster.name))
    return WaterArea()


def _log(assessment: Assessment, progress: Progress) -> None:
    """Write the main results to the log."""
    other, water = assessment.pixels
    compared = {
        POLYGONS: tr("Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (polygons)."),
        POINTS: tr("Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (points)."),
        RASTER: tr("Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (raster)."),
        SAMPLE: tr("Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (probability sample)."),
    }
    progress.info(compared[assessment.kind].format(water=water, other=other, threshold=assessment.threshold))
    out = assessment.left_out
    for count, text in (
        (out.map_nodata, tr("Reference pixels left out because they are NoData on the map: {count}.")),
        (out.reference_nodata, tr("Map pixels left out because they are NoData in the reference or outside it: {count}.")),
        (out.conflicting, tr("Pixels left out because they lie in features of both classes: {count}.")),
        (out.unlabelled, tr("Features left out because they have no class: {count}.")),
        (out.outside, tr("Features left out because they lie outside the map: {count}.")),
    ):
        if count:
            progress.info(text.format(count=count))
    names = score_names()
    for name in SCORES:
        value, interval = getattr(assessment.scores, name), assessment.intervals[name]
        if value is not None:
            text = f"{names[name]}: {value:.4f}"
            if interval is not None:
                text = tr("{score} (95 %: {lower:.4f} to {upper:.4f})").format(score=text, lower=interval.lower, upper=interval.upper)
            progress.info(text)
    progress.info(assessment.interval_reason)
    area = assessment.area
    if area.mapped is not None:
        progress.info(tr("Mapped as water: {mapped:.2f} ha of {total:.2f} ha.").format(mapped=area.mapped, total=area.total))
    if area.estimate is None:
        progress.info(tr("The area has no interval. {reason}").format(reason=area.reason))
    else:
        lower, upper = area.estimate.interval
        progress.info(
            tr(
                "Estimated area of water: {area:.2f} ha, standard error {error:.2f} ha, 95 % interval {lower:.2f} to {upper:.2f} ha."
            ).format(area=area.estimate.value, error=area.estimate.standard_error, lower=lower, upper=upper)
        )
    for warning in assessment.warnings:
        progress.warn(warning)
