"""What the report on an assessment says: how good a map is, how sure that is, and how much water it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..assessment import FEWEST_POLYGONS, POLYGONS, RASTER, SAMPLE, Assessment, LeftOut, Pairs
from ..measures import Measures
from .diagrams import (
    confusion_block,
    precision_recall_diagram,
    probability_diagram,
    reliability_diagram,
    roc_diagram,
    score_table,
    water_share_diagram,
)
from .figures import count, percent
from .heldout import Rate
from .page import BAD, CAUTION, GOOD, Block, Code, Page, Paragraph, Picture, Pictures, Section, Statement, Statements, Table, Tile
from .thumbnails import colour_ramp, thumbnail

_POORLY_CALIBRATED = 0.05
_KINDS = {
    "polygons": "polygons that someone labelled",
    "points": "points that someone labelled",
    "raster": "a raster of classes",
    "probability sample": "points drawn at random and then labelled",
}
_LEFT_OUT = {
    "map_nodata": "without a probability on the map",
    "reference_nodata": "without a class in the reference",
    "conflicting": "claimed by both classes",
    "outside": "polygons or points beyond the map",
    "unlabelled": "features without a class",
    "thinned": "not taken, since there were more than can be held at once",
}


@dataclass(frozen=True)
class Assessed:
    """What was assessed: path and name of the probability raster, and what the reference is called."""

    path: str
    name: str
    reference: str


def assessment_report(assessment: Assessment, pairs: Pairs, subject: Assessed, command: str, versions: Mapping[str, str]) -> Page:
    """Report on an assessment.

    Args:
        assessment: its scores and areas.
        pairs: the pixels that were compared.
        subject: what was assessed against what.
        command: a line that does the same again.
        versions: of the programs that took part, by name.

    Raises:
        RasterError: the map can't be read.
    """
    sections = (
        Section("What was done", _what_was_done(assessment, subject)),
        Section("Can it be trusted?", (Statements(tuple(_statements(assessment))),)),
        Section("The map", (_picture(assessment, subject),)),
        Section("The area of water", tuple(_area(assessment))),
        Section("Scores", tuple(_scores(assessment, pairs))),
        Section("How to do it again", (Code("The same run on a command line", command), _versions(versions))),
    )
    return Page(
        title=f"Accuracy of {subject.name}",
        lead=f"Water at p ≥ {assessment.threshold:g}, held against “{subject.reference}”: {_KINDS[assessment.kind]}.",
        tiles=tuple(_tiles(assessment)),
        sections=sections,
    )


def _tiles(assessment: Assessment) -> list[Tile]:
    scores, area = assessment.scores, assessment.area
    shown = (("F1 of water", scores.f1), ("precision", scores.precision), ("recall", scores.recall), ("overall accuracy", scores.accuracy))
    tiles = [Tile("–" if value is None else f"{value:.3f}", label) for label, value in shown]
    if area.estimate is not None:
        low, high = area.estimate.interval
        tiles.append(Tile(_hectares(area.estimate.value), "hectares of water, estimated"))
        tiles.append(Tile(f"{_hectares(low)}–{_hectares(high)}", "its 95\N{NO-BREAK SPACE}% interval"))
    elif area.mapped is not None:
        tiles.append(Tile(_hectares(area.mapped), "hectares mapped as water"))
    return tiles


def _hectares(value: float) -> str:
    return count(value) if value >= 1000 else f"{value:.3g}"


def _what_was_done(assessment: Assessment, subject: Assessed) -> tuple[Block, ...]:
    other, water = assessment.pixels
    units = ""
    if assessment.units is not None:
        what = "polygons" if assessment.kind == POLYGONS else "points"
        units = f", from {count(assessment.units[1])} {what} of water and {count(assessment.units[0])} of the rest"
    text = (
        f"Each pixel of “{subject.name}” that has a class in the reference was compared with it: {count(water)} pixels that are water and "
        f"{count(other)} that aren't{units}. A pixel counts as mapped water where its probability is at least {assessment.threshold:g}."
    )
    left = _left_out(assessment.left_out)
    return (Paragraph(text), *([Paragraph(f"Left out: {left}.")] if left else []))


def _left_out(left: LeftOut) -> str:
    told = [(getattr(left, name), what) for name, what in _LEFT_OUT.items()]
    return ", ".join(f"{count(number)} {what}" for number, what in told if number)


def _statements(assessment: Assessment) -> list[Statement]:
    said = []
    if assessment.kind == SAMPLE:
        said.append(
            Statement(
                GOOD,
                "The reference is a probability sample, so accuracy and area hold for the whole map, within their intervals. Scores are "
                "weighted by the area that each point stands for.",
            )
        )
    else:
        said.append(
            Statement(
                CAUTION,
                "The places of the reference were chosen, not drawn by lot: the scores hold for those places, and easy ones make a map "
                "look better than it is. If the map was trained on them, they tell nothing.",
            )
        )
    fewest = min(assessment.pixels if assessment.units is None else assessment.units)
    if not min(assessment.pixels):
        said.append(Statement(BAD, "The reference has one class alone, so recall and false alarms can't both be known."))
    elif assessment.kind not in {RASTER, SAMPLE} and fewest < FEWEST_POLYGONS:
        said.append(Statement(CAUTION, assessment.interval_reason))
    else:
        said.append(Statement(CAUTION if assessment.kind == RASTER else GOOD, assessment.interval_reason))
    ece = assessment.scores.ece
    text = f"the probability and the share that is water differ by {percent(ece)} on average"
    if ece <= _POORLY_CALIBRATED:
        said.append(Statement(GOOD, f"Probabilities mean what they say: {text}."))
    else:
        said.append(Statement(CAUTION, f"Take probabilities as a ranking, not as odds: {text}."))
    return [*said, *(Statement(CAUTION, warning) for warning in assessment.warnings)]


def _picture(assessment: Assessment, subject: Assessed) -> Pictures:
    caption = f"Pixels without a probability are left clear. Water is what reaches {100 * assessment.threshold:g}\N{NO-BREAK SPACE}%."
    return Pictures((Picture(colour_ramp(thumbnail(subject.path, (1,))), "Probability of water", caption, legend=True),))


def _area(assessment: Assessment) -> list[Block]:
    area = assessment.area
    rows = []
    if area.mapped is not None and area.total is not None:
        share = f" ({percent(area.mapped / area.total)} of the map)" if area.total else ""
        rows.append(("mapped as water", f"{_hectares(area.mapped)} ha{share}"))
    if area.estimate is not None:
        low, high = area.estimate.interval
        rows.append(("water in truth, estimated", f"{_hectares(area.estimate.value)} ha"))
        rows.append(("its standard error", f"{_hectares(area.estimate.standard_error)} ha"))
        rows.append(("its 95 % interval", f"{_hectares(low)} – {_hectares(high)} ha"))
    blocks: list[Block] = [Table(("", "area"), tuple(rows), numeric=False)] if rows else []
    if area.estimate is None:
        return [Paragraph(f"There is no interval. {area.reason}"), *blocks]
    method = "After Olofsson et al. (2014), doi 10.1016/j.rse.2014.02.015. Counting pixels of the map instead would carry its errors over."
    strata = tuple((name, count(size), count(errors)) for name, size, errors in assessment.strata)
    return [Paragraph(method), *blocks, Table(("stratum", "labelled points", "errors among them"), strata)]


def _scores(assessment: Assessment, pairs: Pairs) -> list[Block]:
    scores = assessment.scores
    matrix = assessment.plain.confusion
    blocks: list[Block] = [
        probability_diagram(pairs.probability, pairs.water, [(assessment.threshold, f"p = {assessment.threshold:g}")], "Compared pixels."),
        confusion_block(matrix, f"Compared pixels at p ≥ {assessment.threshold:g}. Rows add up to the reference."),
    ]
    if assessment.weighted is not None:
        caption = "The same, weighted by the area that each point stands for: shares of the mapped area."
        blocks.append(confusion_block(assessment.weighted.confusion, caption, "Confusion matrix by area"))
    weighted = " Points are weighted by area." if assessment.weighted is not None else ""
    blocks.append(reliability_diagram([("", "water", scores.histogram)], scores.ece, f"On compared pixels.{weighted}"))
    if min(assessment.pixels):
        blocks += _curves(scores, assessment)
    blocks.append(score_table(scores, assessment.intervals, assessment.threshold))
    if assessment.weighted is not None:
        blocks.append(Paragraph("Without the weights, each point counting the same:"))
        blocks.append(score_table(assessment.plain, None, assessment.threshold))
    return blocks


def _curves(scores: Measures, assessment: Assessment) -> list[Block]:
    (right_other, false_water), (missed, found) = scores.confusion.tolist()
    recall, false_alarms = found / (found + missed), false_water / (false_water + right_other)
    water = (found + missed) / float(np.sum(scores.confusion))
    rate = Rate("This map", f"p ≥ {assessment.threshold:g}", "water", recall, false_alarms)
    blocks: list[Block] = [roc_diagram(scores, [rate]), precision_recall_diagram(scores, [rate], water)]
    if assessment.weighted is None:
        marks = [(water, "in the reference")]
        if assessment.area.mapped and assessment.area.total:
            marks.append((assessment.area.mapped / assessment.area.total, "mapped"))
        blocks.append(water_share_diagram([rate], marks, "this reference"))
    return blocks


def _versions(versions: Mapping[str, str]) -> Table:
    return Table(("program", "version"), tuple(versions.items()), numeric=False)
