"""The accuracy report: how accurate a map is, with what uncertainty, and the area of water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..accuracy.agreement import Agreement
from ..accuracy.assess import POINTS, POLYGONS, RASTER, SAMPLE, Assessment, LeftOut, Pairs
from ..accuracy.scores import Scores
from ..grid import Window
from ..model import at_least
from ..progress import SILENT, Progress
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..translation import tr
from . import diagrams
from .figures import count, hectares, percent
from .headline import score_tiles
from .heldout import Rate
from .page import BAD, CAUTION, Block, Mark, Page, Paragraph, Picture, Pictures, RunRecord, Section, Table, Tile, repetition
from .thumbnails import colour_ramp, thumbnail
from .verdicts import assessment_verdict, scores_are_firm

# Of more points mapped wrongly than this, the ids would hide each other.
_MAX_IDS = 60
# Points of the rarer class from which two people's agreement beyond chance is stated, as scores earn their tick.
_FEW = 10


@dataclass(frozen=True)
class AssessedMap:
    """Path and name of the assessed probability raster, and the name of the reference."""

    path: str | RasterFile
    name: str
    reference: str


def assessment_report(
    assessment: Assessment,
    pairs: Pairs,
    subject: AssessedMap,
    run: RunRecord,
    both: Agreement | None = None,
    progress: Progress = SILENT,
) -> Page:
    """Report on an assessment.

    Args:
        assessment: scores and areas.
        pairs: the compared pixels.
        subject: the map and the reference.
        run: how it can be repeated.
        both: how far two people's labels of the points agree.
    """
    sections = (
        Section(tr("What was done"), _what_was_done(assessment, subject)),
        Section(tr("Can it be trusted?"), (assessment_verdict(assessment),)),
        Section(tr("The map"), (_picture(assessment, pairs, subject, progress),)),
        Section(tr("The area of water"), tuple(_area(assessment))),
        Section(tr("Scores"), tuple(_scores(assessment, pairs))),
        *([] if both is None else [Section(tr("Two people's labels"), _agreement(both))]),
        repetition(run),
    )
    return Page(
        title=tr("Accuracy of {name}").format(name=subject.name),
        lead=_lead(assessment, subject),
        tiles=tuple(_tiles(assessment)),
        sections=sections,
    )


def _lead(assessment: Assessment, subject: AssessedMap) -> str:
    texts = {
        POLYGONS: tr("Water at p ≥ {threshold:g}, compared with “{reference}”: labelled polygons."),
        POINTS: tr("Water at p ≥ {threshold:g}, compared with “{reference}”: labelled points."),
        RASTER: tr("Water at p ≥ {threshold:g}, compared with “{reference}”: a class raster."),
        SAMPLE: tr("Water at p ≥ {threshold:g}, compared with “{reference}”: a labelled random sample of points."),
    }
    return texts[assessment.kind].format(threshold=assessment.threshold, reference=subject.reference)


def _tiles(assessment: Assessment) -> list[Tile]:
    area, tiles = assessment.area, []
    if area.estimate is not None:
        low, high = area.estimate.interval
        label = tr("hectares of water; 95\N{NO-BREAK SPACE}% interval {low} to {high}").format(low=hectares(low), high=hectares(high))
        tiles.append(Tile(hectares(area.estimate.value), label))
    elif area.mapped is not None:
        tiles.append(Tile(hectares(area.mapped), tr("hectares mapped as water; no range: label random points")))
    other, water = assessment.units or assessment.pixels
    texts = {
        POLYGONS: tr("F1 of water, from polygons: {water} of water, {other} of other surfaces"),
        RASTER: tr("F1 of water, from pixels of a raster: {water} of water, {other} of other surfaces"),
    }
    label = texts.get(assessment.kind, tr("F1 of water, from points: {water} of water, {other} of other surfaces"))
    faint = not scores_are_firm(assessment, assessment.intervals)
    return [*tiles, *score_tiles(assessment.scores, label.format(water=count(water), other=count(other)), faint=faint)]


def _what_was_done(assessment: Assessment, subject: AssessedMap) -> tuple[Block, ...]:
    other, water = map(count, assessment.pixels)
    text = tr("Every pixel of “{name}” with a class in the reference was compared: {water} pixels of water and {other} of other surfaces.")
    sentences = [text.format(name=subject.name, water=water, other=other)]
    if assessment.units is not None:
        text = tr("They are from {water} points on water and {other} on other surfaces.")
        if assessment.kind == POLYGONS:
            text = tr("They are from {water} polygons of water and {other} of other surfaces.")
        other, water = map(count, assessment.units)
        sentences.append(text.format(water=water, other=other))
    sentences.append(tr("A pixel is mapped as water if its probability is at least {threshold:g}.").format(threshold=assessment.threshold))
    left = ", ".join(_left_out(assessment.left_out))
    return (Paragraph(" ".join(sentences)), *([Paragraph(tr("Left out: {left}.").format(left=left))] if left else []))


def _left_out(left: LeftOut) -> list[str]:
    reasons = (
        (left.map_nodata, tr("{count} without a probability on the map")),
        (left.reference_nodata, tr("{count} without a class in the reference")),
        (left.conflicting, tr("{count} in polygons of both classes")),
        (left.outside, tr("{n} feature outside the map", "{n} features outside the map", n=left.outside)),
        (left.unlabelled, tr("{n} feature without a class", "{n} features without a class", n=left.unlabelled)),
    )
    return [text.format(count=count(number), n=count(number)) for number, text in reasons if number]


def _picture(assessment: Assessment, pairs: Pairs, subject: AssessedMap, progress: Progress) -> Pictures:
    least = f"{100 * assessment.threshold:g}\N{NO-BREAK SPACE}%"
    caption = tr("Pixels without a probability are transparent. Water: at least {least}.").format(least=least)
    source = ProbabilitySource(subject.path)
    picture = thumbnail(source.source, progress=progress)
    marks = _wrong_points(assessment, pairs, picture.size, source.grid.window)
    if pairs.place is not None:
        text = tr(
            "Dots: the labelled points that the map has wrong, with their ids. Red: water that it misses; yellow: land mapped as water."
        )
        caption += " " + (text if marks else tr("None of the labelled points is mapped wrongly."))
    return Pictures((Picture(colour_ramp(picture), picture.size, tr("Probability of water"), caption, legend=True, marks=marks),))


def _wrong_points(assessment: Assessment, pairs: Pairs, size: tuple[int, int], window: Window) -> tuple[Mark, ...]:
    """Mark the points whose label differs from the map."""
    if pairs.place is None or pairs.feature is None:
        return ()
    wrong = np.flatnonzero(at_least(pairs.probability, assessment.threshold) != pairs.water)
    places = (pairs.place[wrong] * size / (window.width, window.height)).round(1)
    rows = zip(places.tolist(), pairs.feature[wrong].tolist(), pairs.water[wrong].tolist())
    return tuple(Mark(x, y, str(number) if len(wrong) <= _MAX_IDS else "", BAD if water else CAUTION) for (x, y), number, water in rows)


def agreement_sentences(both: Agreement) -> list[str]:
    """Return how far two people's labels agree, in words."""
    kappa = both.kappa
    text = tr(
        "Two people labelled {n} point and agree on {share} of them.",
        "Two people labelled {n} points and agree on {share} of them.",
        n=both.points,
    )
    if kappa is not None and both.least < _FEW:
        text += " " + tr("Fewer than {least} are of one class, too few for Cohen's kappa to say anything.").format(least=_FEW)
    elif kappa is not None:
        text += " " + tr("Cohen's kappa is {kappa:.2f}: agreement beyond chance, where 1 is perfect (doi 10.1177/001316446002000104).")
    sentences = [text.format(n=both.points, share=percent(both.share), kappa=kappa or 0.0)]
    if both.single:
        sentences.append(tr("Points that only one of them labelled: {count}.").format(count=count(both.single)))
    if both.differences:
        listed = ", ".join(str(one.ids[0]) for one in both.differences[:_MAX_IDS])
        sentences.append(tr("They differ on these features of the first layer: {ids}.").format(ids=listed))
    return sentences


def _agreement(both: Agreement) -> tuple[Block, ...]:
    words = (tr("not water"), tr("water"))
    head = (tr("first person"), tr("second: {label}").format(label=words[1]), tr("second: {label}").format(label=words[0]))
    rows = tuple((words[first], count(both.counts[first][1]), count(both.counts[first][0])) for first in (1, 0))
    differing = tuple(
        (str(one.ids[0]), str(one.ids[1]), f"{one.x:.10g}", f"{one.y:.10g}", words[one.first_water], words[not one.first_water])
        for one in both.differences
    )
    names = (tr("feature"), tr("second layer's"), "x", "y", tr("first person"), tr("second person"))
    text = tr("Points count equally here. Look at those on which the two differ together: where people can't agree, no map can be right.")
    paragraph = Paragraph(" ".join((*agreement_sentences(both)[:2], text)))
    return (paragraph, Table(head, rows), *([Table(names, differing)] if differing else []))


def _area(assessment: Assessment) -> list[Block]:
    area = assessment.area
    rows = []
    if area.mapped is not None and area.total is not None:
        size = f"{hectares(area.mapped)} ha"
        if area.total:
            size = tr("{area} ({share} of the map)").format(area=size, share=percent(area.mapped / area.total))
        rows.append((tr("mapped as water"), size))
    if area.estimate is not None:
        low, high = area.estimate.interval
        rows.append((tr("estimated area of water"), f"{hectares(area.estimate.value)} ha"))
        rows.append((tr("standard error"), f"{hectares(area.estimate.standard_error)} ha"))
        rows.append((tr("95\N{NO-BREAK SPACE}% interval"), f"{hectares(low)} – {hectares(high)} ha"))
    blocks: list[Block] = [Table(("", tr("area")), tuple(rows), numeric=False)] if rows else []
    if area.estimate is None:
        return [Paragraph(tr("There is no interval. {reason}").format(reason=area.reason)), *blocks]
    method = tr(
        "Estimated as by Olofsson et al. (2014), doi 10.1016/j.rse.2014.02.015. Counting pixels of the map would be biased by its "
        "errors. The interval consists of Wilson's limits of each stratum (Zou & Donner 2008, doi 10.1002/sim.3095), wider where errors or "
        "points are few: there ± 1.96 standard errors would be too narrow."
    )
    strata = tuple((name, count(size), count(errors)) for name, size, errors in assessment.strata)
    return [Paragraph(method), *blocks, Table((tr("stratum"), tr("labelled points"), tr("errors among them")), strata)]


def _scores(assessment: Assessment, pairs: Pairs) -> list[Block]:
    scores = assessment.scores
    matrix = assessment.plain.confusion
    marks = [(assessment.threshold, f"p = {assessment.threshold:g}")]
    caption = tr("Compared pixels at p ≥ {threshold:g}. Each row adds up to 100 %.").format(threshold=assessment.threshold)
    blocks: list[Block] = [
        diagrams.histograms(pairs.probability, pairs.water, marks, tr("Compared pixels."), pairs.count),
        diagrams.confusion(matrix, caption),
    ]
    if assessment.weighted is not None:
        caption = tr("Weighted by the area that each point represents, as fractions of the mapped area.")
        blocks.append(diagrams.confusion(assessment.weighted.confusion, caption, tr("Confusion matrix by area")))
    whom = tr("On compared pixels.") if assessment.weighted is None else tr("On compared pixels, weighted by area.")
    if scores.reliability:
        blocks.append(diagrams.reliability([("", "water", scores.reliability)], whom))
        blocks += _curves(scores, assessment)
    blocks.append(diagrams.score_table(scores, assessment.intervals, assessment.threshold))
    if assessment.weighted is not None:
        blocks.append(Paragraph(tr("Unweighted, each point counting equally:")))
        blocks.append(diagrams.score_table(assessment.plain, None, assessment.threshold))
    return blocks


def _curves(scores: Scores, assessment: Assessment) -> list[Block]:
    (right_other, false_water), (missed, found) = scores.confusion.tolist()
    water = (found + missed) / float(np.sum(scores.confusion))
    counts = np.array([[found + missed, found, false_water + right_other, false_water]])
    rate = Rate(tr("This map"), f"p ≥ {assessment.threshold:g}", "water", counts)
    blocks: list[Block] = [diagrams.roc(scores, [rate]), diagrams.precision_recall(scores, [rate], water)]
    if assessment.weighted is None:
        marks = [(water, tr("in the reference"))]
        if assessment.area.mapped and assessment.area.total:
            marks.append((assessment.area.mapped / assessment.area.total, tr("mapped")))
        blocks.append(diagrams.water_share([rate], marks, held_out=False))
    return blocks
