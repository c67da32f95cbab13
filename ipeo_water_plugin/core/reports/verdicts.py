"""Statements on whether to trust a model, its map and their figures: what each takes to be a tick, a caution, a cross, or silence.

The table in docs/figures.md has all of it. Each statement quotes its figure, says which places it speaks of, and what to do if the figure
is poor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..accuracy.assess import MIN_POLYGONS, RASTER, SAMPLE, Assessment, Interval, one_class
from ..accuracy.scores import Scores
from ..samples import Samples
from ..training.expectation import MIN_AREAS
from ..training.train import Training
from ..translation import tr
from .figures import count, percent
from .heldout import HeldOutScores, f1_difference
from .page import BAD, CAUTION, GOOD, Statement, Statements

# Width of the interval of F1, difference of two F1s, calibration error and its upper end, shares of unlike pixels, ratio of water shares.
_NARROW, _CLOSE, _CALIBRATED, _SURELY_CALIBRATED, _FEW_UNLIKE, _MANY_UNLIKE, _FAR = 0.2, 0.02, 0.05, 0.1, 0.05, 0.25, 2
# Bins of the reliability diagram between these say something of probabilities that aren't near 0 or 1.
_BETWEEN = 0.05, 0.95


@dataclass(frozen=True)
class Evidence:
    """What a statement takes. Polygons are counted in the rarer class, held-out ones in a training report.

    Attributes:
        spoken: polygons or points from which it is made at all.
        firm: polygons or points from which it may be a tick or a cross; with fewer it is a caution.
        pixels: the same for pixels of a reference raster, which besides must have a class in half of the map.
    """

    spoken: int
    firm: int
    pixels: int = 0

    def level(self, level: str, assessment: Assessment) -> str | None:
        """Return the level of a statement whose figure suggests `level`, or None if there is too little evidence to make it."""
        found, firm = min(assessment.units or assessment.pixels), self.pixels if assessment.kind == RASTER else self.firm
        if found < self.spoken:
            return None
        # A raster of a few places may be polygons that were rasterized: its many pixels are no more independent than theirs.
        patchy = assessment.kind == RASTER and sum(assessment.pixels) < assessment.left_out.reference_nodata
        return level if found >= firm and not patchy else CAUTION


EVIDENCE = {
    "calibration": Evidence(3, MIN_POLYGONS, 50),
    "rules": Evidence(3, 5),
    "unlike": Evidence(0, MIN_AREAS),
    "intervals": Evidence(0, MIN_POLYGONS, 50),
}


def verdict(
    samples: Samples, training: Training, held: HeldOutScores | None, unlike: float | None = None, water: float | None = None
) -> Statements:
    """Return the statements for and against a training and its map.

    Args:
        samples: training samples.
        training: result of the training.
        held: scores on held-out polygons, if there are any.
        unlike: fraction of the map's pixels that are unlike all training pixels; None without a map.
        water: fraction of the map that is water at p ≥ 0.5.
    """
    statements = [_on_validation(training, held)]
    if held is not None:
        statements += _against_simple_rules(held)
        statements += _on_calibration(held.scores, held.intervals, held.assessment, tr("This speaks of places like those drawn."))
    statements.append(_on_water_share(samples, training, water))
    if not training.converged:
        text = tr("Training stopped before it converged: the coefficients would still change. Allow more epochs.")
        statements.append(Statement(CAUTION, text))
    if training.scores.accuracy == 1.0:
        text = tr(
            "The model classifies every training pixel correctly, so the data doesn't determine how steep it should be, and "
            "probabilities near 0 and 1 are overconfident. Draw some difficult areas too, such as banks, shadows and shallow water."
        )
        statements.append(Statement(CAUTION, text))
    if unlike is not None:
        statements.append(_on_unlike(training, unlike))
    return Statements(tuple(statements))


def assessment_verdict(assessment: Assessment) -> Statements:
    """Return the statements for and against the figures of an assessment."""
    statements = [_on_reference(assessment)]
    # A reference of only one class is among the warnings.
    if min(assessment.pixels):
        level = GOOD if assessment.kind != RASTER and scores_are_firm(assessment, assessment.intervals) else CAUTION
        text = _interval_text(assessment.scores, assessment.intervals["f1"])
        statements.append(Statement(level, f"{text} {assessment.interval_reason}".strip()))
    places = {
        SAMPLE: tr("This speaks of the whole area that was sampled."),
        RASTER: tr("This speaks of pixels with a class in the reference."),
    }
    chosen = tr("This speaks of places like those of the reference.")
    statements += _on_calibration(assessment.scores, assessment.intervals, assessment, places.get(assessment.kind, chosen))
    crossed = one_class(assessment.pixels)
    return Statements((*statements, *(Statement(BAD if warning in crossed else CAUTION, warning) for warning in assessment.warnings)))


def scores_are_firm(assessment: Assessment, intervals: Mapping[str, Interval | None]) -> bool:
    """Whether F1, precision and recall have enough behind them to stand in black.

    Args:
        assessment: the polygons, points or pixels that they are from.
        intervals: of the scores.
    """
    interval = intervals["f1"]
    if assessment.kind == RASTER:
        return EVIDENCE["intervals"].level(GOOD, assessment) == GOOD
    return interval is not None and _is_narrow(interval)


def _is_narrow(interval: Interval) -> bool:
    return interval.upper - interval.lower <= _NARROW


def _interval_text(scores: Scores, interval: Interval | None) -> str:
    if interval is None or scores.f1 is None:
        return ""
    text = tr("F1 is {f1:.3f}, with a 95\N{NO-BREAK SPACE}% interval from {low:.2f} to {high:.2f}.")
    if not _is_narrow(interval):
        text = tr(
            "F1 is {f1:.3f}, but its 95\N{NO-BREAK SPACE}% interval from {low:.2f} to {high:.2f} is wide: more places would narrow it."
        )
    return text.format(f1=scores.f1, low=interval.lower, high=interval.upper)


def _on_validation(training: Training, held: HeldOutScores | None) -> Statement:
    if held is None:
        asked = training.model.training["settings"]
        text = tr(
            "No polygons were held out, as requested, so the accuracy outside the training areas is unknown. Scores on training pixels are "
            "too optimistic."
        )
        if asked["folds"] or asked["validation_fraction"]:
            text = tr(
                "No polygons were held out, which takes at least two of each class, so the accuracy outside the training areas is unknown. "
                "Scores on training pixels are too optimistic. Draw more polygons."
            )
        return Statement(BAD, text)
    other, water = held.assessment.units or (0, 0)
    text = tr(
        "Scores come from polygons that weren't used for training, {water} of water and {other} of other surfaces, and speak of places "
        "like those drawn."
    ).format(water=count(water), other=count(other))
    few = tr(
        "With fewer than {minimum} of each class there is no interval, and another choice of polygons could give very different scores. "
        "Draw more polygons, in other places."
    ).format(minimum=MIN_POLYGONS)
    text += " " + (_interval_text(held.scores, held.intervals["f1"]) or few)
    return Statement(GOOD if scores_are_firm(held.assessment, held.intervals) else CAUTION, text)


def _against_simple_rules(held: HeldOutScores) -> list[Statement]:
    model, *rules = held.rates
    if not rules:
        return []
    best = max(rules, key=lambda rule: rule.f1(held.water))
    own, theirs = model.f1(held.water), best.f1(held.water)
    low, high = f1_difference(model, best, held.water)
    if own > theirs + _CLOSE and low > 0:
        level = GOOD
        text = tr(
            "The model outperforms simple rules: its F1 on held-out pixels is {own:.3f}, and that of the best rule, {rule}, is "
            "{theirs:.3f}."
        )
    elif own < theirs - _CLOSE and high < 0:
        level = BAD
        text = tr(
            "A simple rule that needs no training is better: the model's F1 on held-out pixels is {own:.3f}, and that of the rule {rule} "
            "is {theirs:.3f}. Use the rule, or draw more varied polygons."
        )
    elif abs(own - theirs) > _CLOSE:
        level = CAUTION
        text = tr(
            "The model's F1 on held-out pixels is {own:.3f}, and that of the simple rule {rule} is {theirs:.3f}, but with other polygons "
            "it could be the other way round."
        )
    else:
        level = CAUTION
        text = tr(
            "The model is no better than a simple rule that needs no training: its F1 on held-out pixels is {own:.3f}, and that of the "
            "rule {rule} is {theirs:.3f}."
        )
    allowed = EVIDENCE["rules"].level(level, held.assessment)
    if allowed is None:
        return []
    text = text.format(own=own, rule=best.name, theirs=theirs)
    if allowed != level:
        text += " " + tr("With so little reference data this is uncertain.")
    return [Statement(allowed, f"{text} {tr('This speaks of places like those drawn.')}")]


def _on_calibration(scores: Scores, intervals: Mapping[str, Interval | None], assessment: Assessment, places: str) -> list[Statement]:
    """State whether probabilities are well calibrated, by the bins of the reliability diagram, if there is enough evidence."""
    allowed = EVIDENCE["calibration"].level(GOOD, assessment)
    mapped = [each for each in scores.reliability if each.lower >= assessment.threshold]
    if scores.ece is None or allowed is None:
        return []
    # Where water is rare, its probabilities hardly count in the mean over all pixels.
    offset, precision = 0.0, scores.precision
    near, far = _ends(scores.ece, intervals["ece"], assessment)
    errors = [(scores.ece, near, far)]
    if mapped and precision is not None:
        offset = sum(each.weight * each.probability for each in mapped) / sum(each.weight for each in mapped) - precision
        lower, upper = _ends(precision, intervals["precision"], assessment)
        ends = abs(offset + precision - lower), abs(offset + precision - upper)
        errors.append((abs(offset), 0.0 if lower <= offset + precision <= upper else min(ends), max(ends)))
    error, at_least, at_most = map(max, zip(*errors))
    level = CAUTION
    if allowed == GOOD and error <= _CALIBRATED and at_most <= _SURELY_CALIBRATED:
        level, text = GOOD, tr("Probabilities are well calibrated.")
    elif at_least > _CALIBRATED:
        text = tr("Probabilities are poorly calibrated: use them as a ranking only.")
    else:
        text = tr("Whether probabilities are well calibrated is uncertain: too few places were compared.")
    sentences = [text]
    text = tr("Predicted probability and observed fraction of water differ by {error} on average.")
    if intervals["ece"] is not None:
        text = tr(
            "Predicted probability and observed fraction of water differ by {error} on average (95\N{NO-BREAK SPACE}% interval {low} "
            "to {high})."
        )
    sentences.append(text.format(error=percent(scores.ece), low=percent(near), high=percent(far)))
    if mapped and precision is not None:
        text = tr("Where water is mapped, the mean probability is {mean}, and {true} is water.")
        sentences.append(text.format(mean=percent(offset + precision), true=percent(precision)))
    if not any(_BETWEEN[0] < each.probability < _BETWEEN[1] for each in scores.reliability):
        sentences.append(tr("Nearly all compared pixels have a probability near 0 or 1, so nothing is known of those between."))
    return [Statement(level, " ".join((*sentences, places)))]


def _ends(value: float, interval: Interval | None, assessment: Assessment) -> tuple[float, float]:
    """Return the interval of a score: without one anything is possible, but all pixels of a raster are compared."""
    if interval is not None:
        return interval.lower, interval.upper
    return (value, value) if assessment.kind == RASTER else (0.0, 1.0)


def _on_water_share(samples: Samples, training: Training, water: float | None) -> Statement:
    settings = training.model.training["settings"]
    asked, drawn = settings["water_fraction"], float(np.mean(samples.y))
    meant = asked or (0.5 if settings["balance"] else drawn)
    mix = tr("both classes weighted equally") if settings["balance"] else tr("{share} water").format(share=percent(drawn))
    # Without a map, with one that differs, and with one that agrees.
    texts = (
        tr(
            "Probabilities reflect the class mix of the training areas ({mix}), not of the scene to be mapped. Set the expected share of "
            "water if you know it."
        ),
        tr(
            "Probabilities reflect the class mix of the training areas ({mix}), but {mapped} of the map is water. Set the expected share "
            "of water to adjust them."
        ),
        tr(
            "Probabilities reflect the class mix of the training areas ({mix}). {mapped} of the map is water, so the difference hardly "
            "matters."
        ),
    )
    if asked is not None:
        texts = (
            tr("Probabilities are adjusted to an expected share of water of {expected}, which no map confirms yet."),
            tr(
                "Probabilities are adjusted to an expected share of water of {expected}, but {mapped} of the map is water. Check which of "
                "the two is wrong."
            ),
            tr("Probabilities are adjusted to an expected share of water of {expected}, and {mapped} of the map is water."),
        )
    agrees = water is not None and meant / _FAR <= water <= meant * _FAR
    text = texts[2] if agrees else texts[0] if water is None else texts[1]
    return Statement(GOOD if agrees else CAUTION, text.format(mix=mix, expected=percent(meant), mapped=percent(water or 0.0)))


def _on_unlike(training: Training, unlike: float) -> Statement:
    areas = min(training.model.training["samples"][name]["polygons"] for name in ("water", "other"))
    if unlike <= _FEW_UNLIKE:
        level = GOOD if areas >= EVIDENCE["unlike"].firm else CAUTION
        text = tr("{share} of the map's pixels are unlike every pixel that was drawn: for the others, similar values were drawn.")
        if level == CAUTION:
            text += " " + tr("Similar values may still be another surface, and few areas were drawn.")
    else:
        level = CAUTION if unlike <= _MANY_UNLIKE else BAD
        text = tr(
            "{share} of the map's pixels are unlike every pixel that was drawn. What the map shows there is a guess: draw areas on those "
            "surfaces too."
        )
    return Statement(level, text.format(share=percent(unlike)))


def _on_reference(assessment: Assessment) -> Statement:
    if assessment.kind != SAMPLE:
        text = tr(
            "The reference is not a random sample: the scores only apply to places like those of the reference, and easy ones make a map "
            "look better than it is. If the model was trained on them, the scores mean nothing."
        )
        return Statement(CAUTION, text)
    if assessment.area.estimate is None:
        level = CAUTION
        text = tr("The reference is a probability sample, but not of this map: the scores apply to the area it was drawn from.")
    elif assessment.warnings:
        level = CAUTION
        text = tr("The reference was drawn as a probability sample, but the warnings below limit what it says of the whole map.")
    else:
        level = GOOD
        text = tr(
            "The reference is a probability sample, so accuracy and area apply to the whole map, within their intervals. Scores are "
            "weighted by the area that each point represents."
        )
    if assessment.area.estimate is not None and not assessment.own_strata:
        text += " " + tr(
            "The strata are those of another map or threshold, for which the weights account (Stehman 2014, "
            "doi 10.1080/01431161.2014.930207)."
        )
    return Statement(level, text)
