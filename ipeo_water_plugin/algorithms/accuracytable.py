"""An assessment as a table."""

from __future__ import annotations

from collections.abc import Iterator

from qgis.core import QgsCoordinateReferenceSystem, QgsWkbTypes
from qgis.PyQt.QtCore import QMetaType

from ..core.accuracy.agreement import Agreement
from ..core.accuracy.assess import CLASSES, SCORES, Assessment
from ..core.translation import tr
from .schema import NewLayer, Schema, make_feature, make_fields

TABLE = ("metric", "value", "lower", "upper", "note")


def score_names() -> dict[str, str]:
    """Return the name of each score, in the order of `SCORES`."""
    return {
        "accuracy": tr("overall accuracy"),
        "precision": tr("precision (user's accuracy of water)"),
        "recall": tr("recall (producer's accuracy of water)"),
        "f1": tr("F1"),
        "iou": tr("intersection over union"),
        "auc": tr("area under the ROC curve"),
        "average_precision": tr("average precision"),
        "brier": tr("Brier score"),
        "log_loss": tr("log-loss in nats"),
        "ece": tr("expected calibration error, 15 bins of equal mass"),
    }


def accuracy_table(assessment: Assessment, both: Agreement | None = None) -> NewLayer:
    """Return a table with one row per figure."""
    rows = [*_rows(assessment), *(() if both is None else _agreement(both))]
    return NewLayer(accuracy_schema(), map(make_feature, rows), len(rows))


def accuracy_schema() -> Schema:
    """Return the fields of the table: metric, value, lower and upper end of the 95 % interval, note."""
    text, number = QMetaType.Type.QString, QMetaType.Type.Double
    fields = make_fields(dict(zip(TABLE, (text, number, number, number, text))))
    return Schema(fields, QgsWkbTypes.Type.NoGeometry, QgsCoordinateReferenceSystem())


def _rows(assessment: Assessment) -> Iterator[tuple[str, float | None, float | None, float | None, str]]:
    """Yield metric, value, lower, upper, note."""
    yield from _scores(assessment)
    yield from _areas(assessment)
    yield from _confusion(assessment)
    for name in ("map_nodata", "reference_nodata", "conflicting", "outside", "unlabelled"):
        yield f"left_out_{name}", float(getattr(assessment.left_out, name)), None, None, tr("left out")
    for name, points, errors in assessment.strata:
        yield f"stratum {name}, points", float(points), None, None, tr("labelled")
        yield f"stratum {name}, errors", float(errors), None, None, tr("mapped class differs from the label")
    yield "intervals", None, None, None, assessment.interval_reason
    for warning in assessment.warnings:
        yield "warning", None, None, None, warning


def _scores(assessment: Assessment) -> Iterator[tuple[str, float | None, float | None, float | None, str]]:
    names = score_names()
    weighted = assessment.weighted is not None
    text = tr("{score}; weighted by area; {interval}") if weighted else tr("{score}; {interval}")
    for name in SCORES:
        interval = assessment.intervals[name]
        ends = (None, None) if interval is None else (interval.lower, interval.upper)
        how = tr("no interval") if interval is None else interval.method
        yield name, getattr(assessment.scores, name), *ends, text.format(score=names[name], interval=how)
    if weighted:
        for name in SCORES:
            yield (
                f"{name}_unweighted",
                getattr(assessment.plain, name),
                None,
                None,
                tr("{score}; equal weights").format(score=names[name]),
            )


def _areas(assessment: Assessment) -> Iterator[tuple[str, float | None, float | None, float | None, str]]:
    area = assessment.area
    if area.estimate is not None:
        how = tr("estimated from the probability sample (Olofsson et al. 2014); interval from Wilson's limits of each stratum")
        yield "water_area_ha", area.estimate.value, *area.estimate.interval, how
        yield "water_area_se_ha", area.estimate.standard_error, None, None, tr("standard error of the estimated area")
    text = tr("pixels with p ≥ {threshold:g}; no interval: {reason}") if area.reason else tr("pixels with p ≥ {threshold:g}")
    yield "mapped_water_area_ha", area.mapped, None, None, text.format(threshold=assessment.threshold, reason=area.reason)


def _confusion(assessment: Assessment) -> Iterator[tuple[str, float | None, float | None, float | None, str]]:
    for row, reference in enumerate(CLASSES):
        for column, predicted in enumerate(CLASSES):
            metric = f"reference {reference}, mapped {predicted}"
            yield metric, float(assessment.plain.confusion[row][column]), None, None, tr("pixels")
            if assessment.weighted is not None:
                yield f"{metric}, share", float(assessment.weighted.confusion[row][column]), None, None, tr("share of the area")


def _agreement(both: Agreement) -> Iterator[tuple[str, float | None, float | None, float | None, str]]:
    text = tr("{n} point labelled by two people", "{n} points labelled by two people", n=both.points).format(n=both.points)
    yield "agreement", both.share, None, None, text
    yield "kappa", both.kappa, None, None, tr("Cohen's kappa")
    for one in both.differences:
        text = tr("at {x:.10g}, {y:.10g}: the first person says water, the second doesn't; feature {second} of the second layer")
        if not one.first_water:
            text = tr("at {x:.10g}, {y:.10g}: the second person says water, the first doesn't; feature {second} of the second layer")
        yield "labels differ, feature", float(one.ids[0]), None, None, text.format(x=one.x, y=one.y, second=one.ids[1])
