"""The sections on scores and thresholds of the training report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..accuracy.scores import Ranking, ReliabilityBin
from ..accuracy.thresholds import MAX_FOLDS, at_water_fraction, class_weights
from ..training.train import Training
from ..translation import tr
from . import diagrams
from .figures import count, minus, percent
from .heldout import AreaScore, HeldOutScores
from .page import Block, Paragraph, Table

# Areas that are listed, worst first.
_LISTED = 12


def score_blocks(training: Training, held: HeldOutScores | None, shares: tuple[float, ...] | None) -> list[Block]:
    """Return the scores on held-out polygons, or the reason why there are none.

    Args:
        training: result of the training.
        held: scores on held-out polygons, if there are any.
        shares: fractions of the map that are water at 0.5 and at the best threshold; None without a map.
    """
    if held is None:
        text = tr(
            "There are no scores, because no polygons were held out. Validation needs at least two polygons of each class, preferably ten. "
            "The scores on training pixels, under Training, don't say how good the map is elsewhere."
        )
        return [Paragraph(text)]
    whom = tr("On held-out polygons.")
    if held.weighted:
        whom = tr("On held-out polygons, with pixels weighted so that {share} are water.").format(share=percent(held.water))
    shares_known = _share_marks(training, held, shares)
    return [
        Paragraph(_share_text(held)),
        diagrams.histograms(held.probability, held.pixels.y, _marks(training), tr("Pixels of held-out polygons.")),
        diagrams.confusion(held.assessment.plain.confusion, tr("Pixels of held-out polygons at p ≥ 0.5. Each row adds up to 100 %.")),
        diagrams.reliability(_reliability(training, held), whom),
        diagrams.roc(held.scores, held.rates),
        diagrams.precision_recall(held.scores, held.rates, held.water),
        diagrams.score_table(held.scores, held.intervals),
        _rule_table(held),
        diagrams.water_share(held.rates, shares_known),
        _expectation_table(held, shares_known),
    ]


def area_blocks(areas: Sequence[AreaScore]) -> list[Block]:
    """Return how each area, worst first as from `area_scores`, was classified by models trained without it."""
    explained = tr(
        "A model trained without an area classified its pixels. Where it fails, nothing else that was drawn looks like the area: draw more "
        "of its kind, or check its class."
    )
    text = tr("Area {id} ({kind}, {pixels} pixels): {right} right when left out.")
    worst = [
        text.format(id=area.id, kind=_class_name(area), pixels=count(area.pixels), right=percent(area.right))
        for area in areas[:3]
        if area.right < 0.5
    ]
    several = len({area.scene for area in areas}) > 1
    rows = tuple(
        (f"{area.id} ({area.scene})" if several else str(area.id), _class_name(area), count(area.pixels), percent(area.right))
        for area in areas[:_LISTED]
    )
    caption = ""
    if len(areas) > _LISTED:
        caption = tr("The {shown} areas with the lowest share, of {all}.").format(shown=_LISTED, all=count(len(areas)))
    table = Table((tr("area"), tr("class"), tr("pixels"), tr("right when left out")), rows, caption)
    return [Paragraph(" ".join([explained, *worst])), table]


def _class_name(area: AreaScore) -> str:
    return tr("water") if area.water else tr("not water")


def _share_text(held: HeldOutScores) -> str:
    own = float(np.mean(held.pixels.y))
    text = tr("{share} of the held-out pixels are water.")
    if held.weighted:
        text = tr(
            "{share} of the held-out pixels are water. Scores that depend on this share are computed with pixels weighted to {meant}, the "
            "share that probabilities are adjusted to."
        )
    sentences = [text.format(share=percent(own), meant=percent(held.water)), held.assessment.interval_reason]
    if held.intervals["f1"] is not None:
        sentences.append(
            tr("At their better end they reach as far as those of the final model, which has seen all polygons and so does better.")
        )
    return " ".join(sentences)


def _marks(training: Training) -> list[tuple[float, str]]:
    choice = training.threshold
    marks = [(0.5, "p = 0.5")]
    if choice is not None and abs(choice.best - 0.5) > 1e-9:
        marks.append((choice.best, tr("best F1 at {threshold:.3g}").format(threshold=choice.best)))
    return marks


def _reliability(training: Training, held: HeldOutScores) -> list[tuple[str, str, tuple[ReliabilityBin, ...]]]:
    adjusted = (tr("adjusted to the expected share"), "water", held.scores.reliability)
    if training.model.training["settings"]["water_fraction"] is None:
        return [adjusted]
    weight = class_weights(held.pixels.y, held.water)
    before = Ranking.from_pixels(held.pixels.probability, held.pixels.y, weight).reliability(0.5)
    return [(tr("as trained"), "faded", before), adjusted]


def _expectation_table(held: HeldOutScores, marks: Sequence[tuple[float, str]]) -> Table:
    model, *rules = held.rates
    rows = tuple(
        (
            f"{percent(share)} ({label})",
            f"{model.expected_f1(share):.3f}",
            f"{model.f1(share):.3f}",
            f"{model.f1(share, 0.0):.3f}",
            *(f"{rule.expected_f1(share):.3f}" for rule in rules),
        )
        for share, label in sorted(marks)
    )
    head = (tr("share of water"), tr("expected F1"), tr("weighted by pixels"), tr("weighted by polygons"))
    return Table((*head, *(rule.short for rule in rules)), rows)


def _share_marks(training: Training, held: HeldOutScores, shares: tuple[float, ...] | None) -> list[tuple[float, str]]:
    marks = [(float(np.mean(held.pixels.y)), tr("held-out pixels"))]
    expected = training.model.training["settings"]["water_fraction"]
    if expected is not None:
        marks.append((expected, tr("expected")))
    if shares is not None and shares[0] > 0:
        marks.append((shares[0], tr("mapped")))
    return marks


def _rule_table(held: HeldOutScores) -> Table:
    rows = []
    for rate in held.rates:
        precision, f1 = at_water_fraction(rate.recall, rate.false_alarms, held.water)
        rows.append((rate.name, f"{precision:.3f}", f"{rate.recall:.3f}", f"{f1:.3f}", percent(rate.false_alarms)))
    caption = tr(
        "All on the same held-out pixels. NDWI = (green − nir) / (green + nir). Otsu's threshold best separates the modes of its histogram."
    )
    if len(held.rates) == 1:
        caption = tr("Simple rules need green and near infrared, which aren't both inputs of this model.")
    precision_head = tr("precision at {share} water").format(share=percent(held.water))
    return Table((tr("rule"), precision_head, tr("recall"), tr("F1"), tr("false alarms")), tuple(rows), caption)


def threshold_blocks(training: Training, shares: tuple[float, ...] | None) -> list[Block]:
    """Compare the chosen threshold with 0.5.

    Args:
        training: result of the training.
        shares: fractions of the map that are water at 0.5 and at the best threshold; None without a map.
    """
    choice = training.threshold
    if choice is None:
        text = tr(
            "No threshold could be chosen from the data. That needs at least two held-out polygons of each class, since a threshold must "
            "not be scored on the pixels it was chosen on. Use 0.5, hold out more polygons, or use cross-validation."
        )
        if shares is not None:
            text += " " + tr("At 0.5, {share} of the map is water.").format(share=percent(shares[0]))
        return [Paragraph(text)]
    worth = tr("That is the default.")
    if choice.best != 0.5:
        worth = tr("It is not better than 0.5, so the model file recommends 0.5.")
    if choice.recommended != 0.5:
        worth = tr("It is better than 0.5, so the model file recommends it.")
    # Each fold has a polygon of either class: with fewer folds, two or three polygons decide which threshold is better.
    if choice.recommended != 0.5 and choice.folds < MAX_FOLDS:
        worth += " " + tr("With so little reference data this is uncertain.")
    text = tr(
        "The threshold with the best F1 on held-out pixels is {threshold:.3g}. Its score is cross-fitted over {folds} folds of polygons: "
        "each fold is mapped with the threshold that is best on the other folds, so no threshold is scored on the pixels it was chosen on."
    ).format(threshold=choice.best, folds=choice.folds)
    head = [tr("threshold"), tr("F1 on held-out polygons"), tr("held-out pixels mapped as water")]
    rows = [
        ["0.5", f"{choice.f1_at_half:.4f}", percent(choice.mapped_at_half)],
        [tr("{threshold:.4g} (best F1)").format(threshold=choice.best), f"{choice.f1:.4f}", percent(choice.mapped)],
    ]
    if shares is not None:
        head.append(tr("of the map"))
        for row, share in zip(rows, shares):
            row.append(percent(share))
    caption = ""
    if choice.water_fraction is not None:
        caption = tr("Pixels are weighted so that {share} are water.").format(share=percent(choice.water_fraction))
    return [Paragraph(f"{text} {worth}"), Table(tuple(head), tuple(map(tuple, rows)), caption)]


def training_score_table(training: Training) -> Table:
    """Compare scores on training pixels and on held-out pixels."""
    record = training.model.training["scores"]
    held = record["validation"]
    rows = [
        (label, f"{record['training'][key]:.4g}", "–" if held is None else f"{held[key]:.4g}")
        for key, label in (("loss", tr("Loss (nats)")), ("accuracy", tr("Accuracy")), ("f1", tr("F1")))
    ]
    shifted = training.model.training["intercept_shift"]
    caption = tr("Scores on training pixels are too optimistic.")
    if shifted:
        text = tr("Neither column includes the adjustment of the log-odds to the expected share of water, {added}.")
        caption += " " + text.format(added=minus(f"{shifted:+.3f}"))
    return Table(("", tr("training pixels"), tr("held-out pixels")), tuple(rows), caption)
