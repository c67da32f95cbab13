"""What the report on an assessment says: how good a map is, how sure that is, and how much water it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..accuracy.assess import MIN_POLYGONS, POINTS, POLYGONS, RASTER, SAMPLE, Assessment, LeftOut, Pairs
from ..accuracy.scores import Scores
from ..progress import Progress, SilentProgress
from ..raster.raster_file import RasterFile
from ..translation import tr
from .diagrams import (
    confusion_block,
    precision_recall_diagram,
    probability_diagram,
    reliability_diagram,
    roc_diagram,
    score_table,
    water_share_diagram,
)
from .evidence import CALIBRATION
from .figures import count, percent
from .heldout import Rate
from .page import BAD, CAUTION, GOOD, Block, Code, Page, Paragraph, Picture, Pictures, Section, Statement, Statements, Table, Tile
from .thumbnails import colour_ramp, thumbnail
from .verdict import POORLY_CALIBRATED


@dataclass(frozen=True)
class AssessedMap:
    """What was assessed: path and name of the probability raster, and what the reference is called."""

    path: str | RasterFile
    name: str
    reference: str


def assessment_report(
    assessment: Assessment,
    pairs: Pairs,
    subject: AssessedMap,
    command: str,
    versions: Mapping[str, str],
    progress: Progress | None = None,
    notes: Sequence[str] = (),
) -> Page:
    """Report on an assessment.

    Args:
        assessment: its scores and areas.
        pairs: the pixels that were compared.
        subject: what was assessed against what.
        command: a line that does the same again.
        versions: of the programs that took part, by name.
        progress: asked whether to go on.
        notes: what has to be done before that line does the same.

    Raises:
        RasterError: the map can't be read.
        CancelledError: the caller cancelled.
    """
    sections = (
        Section(tr("What was done"), _what_was_done(assessment, subject)),
        Section(tr("Can it be trusted?"), (Statements(tuple(_statements(assessment))),)),
        Section(tr("The map"), (_picture(assessment, subject),)),
        Section(tr("The area of water"), tuple(_area(assessment))),
        Section(tr("Scores"), tuple(_scores(assessment, pairs, progress or SilentProgress()))),
        Section(
            tr("How to do it again"),
            (*(Paragraph(note) for note in notes), Code(tr("The same run on a command line"), command), _versions(versions)),
        ),
    )
    return Page(
        title=tr("Accuracy of {name}").format(name=subject.name),
        lead=_lead(assessment, subject),
        tiles=tuple(_tiles(assessment)),
        sections=sections,
    )


def _lead(assessment: Assessment, subject: AssessedMap) -> str:
    texts = {
        POLYGONS: tr("Water at p ≥ {threshold:g}, held against “{reference}”: polygons that someone labelled."),
        POINTS: tr("Water at p ≥ {threshold:g}, held against “{reference}”: points that someone labelled."),
        RASTER: tr("Water at p ≥ {threshold:g}, held against “{reference}”: a raster of classes."),
        SAMPLE: tr("Water at p ≥ {threshold:g}, held against “{reference}”: points drawn at random and then labelled."),
    }
    return texts[assessment.kind].format(threshold=assessment.threshold, reference=subject.reference)


def _tiles(assessment: Assessment) -> list[Tile]:
    scores, area = assessment.scores, assessment.area
    shown = (
        (tr("F1 of water"), scores.f1),
        (tr("precision"), scores.precision),
        (tr("recall"), scores.recall),
        (tr("overall accuracy"), scores.accuracy),
    )
    tiles = [Tile("–" if value is None else f"{value:.3f}", label) for label, value in shown]
    if area.estimate is not None:
        low, high = area.estimate.interval
        tiles.append(Tile(_hectares(area.estimate.value), tr("hectares of water, estimated")))
        tiles.append(Tile(f"{_hectares(low)}–{_hectares(high)}", tr("its 95\N{NO-BREAK SPACE}% interval")))
    elif area.mapped is not None:
        tiles.append(Tile(_hectares(area.mapped), tr("hectares mapped as water")))
    return tiles


def _hectares(value: float) -> str:
    return count(value) if value >= 1000 else f"{value:.3g}"


def _what_was_done(assessment: Assessment, subject: AssessedMap) -> tuple[Block, ...]:
    other, water = assessment.pixels
    other_units, water_units = assessment.units or (0, 0)
    if assessment.units is None:
        text = tr(
            "Each pixel of “{name}” that has a class in the reference was compared with it: {water} pixels that are water and {other} "
            "that aren't."
        )
    elif assessment.kind == POLYGONS:
        text = tr(
            "Each pixel of “{name}” that has a class in the reference was compared with it: {water} pixels that are water and {other} "
            "that aren't, from {water_units} polygons of water and {other_units} of the rest."
        )
    else:
        text = tr(
            "Each pixel of “{name}” that has a class in the reference was compared with it: {water} pixels that are water and {other} "
            "that aren't, from {water_units} points of water and {other_units} of the rest."
        )
    compared = text.format(
        name=subject.name, water=count(water), other=count(other), water_units=count(water_units), other_units=count(other_units)
    )
    counts = tr("A pixel counts as mapped water where its probability is at least {threshold:g}.").format(threshold=assessment.threshold)
    left = ", ".join(_left_out(assessment.left_out))
    return (Paragraph(f"{compared} {counts}"), *([Paragraph(tr("Left out: {left}.").format(left=left))] if left else []))


def _left_out(left: LeftOut) -> list[str]:
    told = (
        (left.map_nodata, tr("{count} without a probability on the map")),
        (left.reference_nodata, tr("{count} without a class in the reference")),
        (left.conflicting, tr("{count} claimed by both classes")),
        (left.outside, tr("{count} polygons or points beyond the map")),
        (left.unlabelled, tr("{count} features without a class")),
        (left.thinned, tr("{count} not taken, since there were more than can be held at once")),
    )
    return [text.format(count=count(number)) for number, text in told if number]


def _statements(assessment: Assessment) -> list[Statement]:
    said = []
    if assessment.kind == SAMPLE:
        if assessment.area.estimate is None:
            level = CAUTION
            text = tr("The reference is a probability sample, but not of this very map: the scores hold for the places it was drawn from.")
        elif assessment.own_strata:
            level = GOOD
            text = tr(
                "The reference is a probability sample, so accuracy and area hold for the whole map, within their intervals. Scores are "
                "weighted by the area that each point stands for."
            )
        else:
            level = GOOD
            text = tr(
                "The reference is a probability sample whose strata are those of another map or threshold. Accuracy and area hold for the "
                "whole map all the same, within their intervals: scores are weighted by the area that each point stands for (Stehman 2014, "
                "doi 10.1080/01431161.2014.930207)."
            )
        said.append(Statement(level, text))
    else:
        said.append(
            Statement(
                CAUTION,
                tr(
                    "The places of the reference were chosen, not drawn by lot: the scores hold for those places, and easy ones make a "
                    "map look better than it is. If the map was trained on them, they tell nothing."
                ),
            )
        )
    fewest = min(assessment.pixels if assessment.units is None else assessment.units)
    # That the reference holds one class stands among the warnings.
    if min(assessment.pixels):
        thin = assessment.kind == RASTER or (assessment.kind != SAMPLE and fewest < MIN_POLYGONS)
        said.append(Statement(CAUTION if thin else GOOD, assessment.interval_reason))
    said += _on_calibration(assessment)
    level = CAUTION if min(assessment.pixels) else BAD
    return [*said, *(Statement(level, warning) for warning in assessment.warnings)]


def _on_calibration(assessment: Assessment) -> list[Statement]:
    # As the figure draws it: both come from `Scores.reliability`.
    ece = assessment.scores.ece
    if ece is None:
        return []
    if ece <= POORLY_CALIBRATED:
        level = GOOD
        text = tr("Probabilities mean what they say: the probability and the share that is water differ by {error} on average.")
    else:
        level = CAUTION
        text = tr("Take probabilities as a ranking, not as odds: the probability and the share that is water differ by {error} on average.")
    allowed = CALIBRATION.of(level, assessment)
    if allowed is None:
        return []
    if allowed != level:
        text += " " + tr("So small a reference may say otherwise next time.")
    return [Statement(allowed, text.format(error=percent(ece)))]


def _picture(assessment: Assessment, subject: AssessedMap) -> Pictures:
    least = f"{100 * assessment.threshold:g}\N{NO-BREAK SPACE}%"
    caption = tr("Pixels without a probability are left clear. Water is what reaches {least}.").format(least=least)
    return Pictures((Picture(colour_ramp(thumbnail(subject.path, (1,))), tr("Probability of water"), caption, legend=True),))


def _area(assessment: Assessment) -> list[Block]:
    area = assessment.area
    rows = []
    if area.mapped is not None and area.total is not None:
        size = f"{_hectares(area.mapped)} ha"
        if area.total:
            size = tr("{area} ({share} of the map)").format(area=size, share=percent(area.mapped / area.total))
        rows.append((tr("mapped as water"), size))
    if area.estimate is not None:
        low, high = area.estimate.interval
        rows.append((tr("water in truth, estimated"), f"{_hectares(area.estimate.value)} ha"))
        rows.append((tr("its standard error"), f"{_hectares(area.estimate.standard_error)} ha"))
        rows.append((tr("its 95 % interval"), f"{_hectares(low)} – {_hectares(high)} ha"))
    blocks: list[Block] = [Table(("", tr("area")), tuple(rows), numeric=False)] if rows else []
    if area.estimate is None:
        return [Paragraph(tr("There is no interval. {reason}").format(reason=area.reason)), *blocks]
    method = tr(
        "After Olofsson et al. (2014), doi 10.1016/j.rse.2014.02.015. Counting pixels of the map instead would carry its errors over."
    )
    strata = tuple((name, count(size), count(errors)) for name, size, errors in assessment.strata)
    return [Paragraph(method), *blocks, Table((tr("stratum"), tr("labelled points"), tr("errors among them")), strata)]


def _scores(assessment: Assessment, pairs: Pairs, progress: Progress) -> list[Block]:
    scores = assessment.scores
    matrix = assessment.plain.confusion
    blocks: list[Block] = [
        probability_diagram(
            pairs.probability, pairs.water, [(assessment.threshold, f"p = {assessment.threshold:g}")], tr("Compared pixels."), progress
        ),
        confusion_block(
            matrix, tr("Compared pixels at p ≥ {threshold:g}. Rows add up to the reference.").format(threshold=assessment.threshold)
        ),
    ]
    if assessment.weighted is not None:
        caption = tr("The same, weighted by the area that each point stands for: shares of the mapped area.")
        blocks.append(confusion_block(assessment.weighted.confusion, caption, tr("Confusion matrix by area")))
    whom = tr("On compared pixels.") if assessment.weighted is None else tr("On compared pixels. Points are weighted by area.")
    if scores.reliability:
        blocks.append(reliability_diagram([("", "water", scores.reliability)], whom))
        blocks += _curves(scores, assessment)
    blocks.append(score_table(scores, assessment.intervals, assessment.threshold))
    if assessment.weighted is not None:
        blocks.append(Paragraph(tr("Without the weights, each point counting the same:")))
        blocks.append(score_table(assessment.plain, None, assessment.threshold))
    return blocks


def _curves(scores: Scores, assessment: Assessment) -> list[Block]:
    (right_other, false_water), (missed, found) = scores.confusion.tolist()
    recall, false_alarms = found / (found + missed), false_water / (false_water + right_other)
    water = (found + missed) / float(np.sum(scores.confusion))
    rate = Rate(tr("This map"), f"p ≥ {assessment.threshold:g}", "water", recall, false_alarms)
    blocks: list[Block] = [roc_diagram(scores, [rate]), precision_recall_diagram(scores, [rate], water)]
    if assessment.weighted is None:
        marks = [(water, tr("in the reference"))]
        if assessment.area.mapped and assessment.area.total:
            marks.append((assessment.area.mapped / assessment.area.total, tr("mapped")))
        blocks.append(water_share_diagram([rate], marks, held_out=False))
    return blocks


def _versions(versions: Mapping[str, str]) -> Table:
    return Table((tr("program"), tr("version")), tuple(versions.items()), numeric=False)
