"""Statements on whether to trust a model and its map. Each quotes its figure, and says what to do if that is poor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..accuracy.assess import POINTS, POLYGONS, RASTER, Assessment
from ..accuracy.scores import Scores
from ..samples import Samples
from ..training.train import Training
from ..translation import tr
from .figures import count, percent
from .heldout import HeldOutScores
from .page import BAD, CAUTION, GOOD, Statement, Statements

_CLOSE = 0.02
_POORLY_CALIBRATED = 0.05
_MUCH_OUTSIDE, _TOO_MUCH_OUTSIDE = 0.05, 0.25


@dataclass(frozen=True)
class _Evidence:
    """Evidence that a statement needs in each class: with two polygons, a result is chance.

    Attributes:
        min_polygons: polygons needed to make the statement at all, as a caution.
        firm_polygons: polygons needed to mark it as good or bad.
        firm_pixels: the same for points of a probability sample, or pixels of a reference raster that covers half of the map.
    """

    min_polygons: int
    firm_polygons: int
    firm_pixels: int

    def level(self, level: str, assessment: Assessment) -> str | None:
        """Return the level of a statement whose figure suggests `level`, or None if there is too little evidence to make it."""
        if assessment.kind in {POLYGONS, POINTS}:
            found, firm = min(assessment.units or (0, 0)), self.firm_polygons
        else:
            found, firm = min(assessment.pixels), self.firm_pixels
        if found < self.min_polygons:
            return None
        # A raster of a few places may be polygons that were rasterized: its many pixels are no more independent than theirs.
        patchy = assessment.kind == RASTER and sum(assessment.pixels) < assessment.left_out.reference_nodata
        return level if found >= firm and not patchy else CAUTION


# Chosen by how often a statement would change with another choice of polygons: comparing two rules on the same polygons is more stable
# than a curve of fifteen bins.
_AGAINST_RULES = _Evidence(min_polygons=3, firm_polygons=5, firm_pixels=50)
_CALIBRATION = _Evidence(min_polygons=3, firm_polygons=10, firm_pixels=50)
_VALIDATION = _Evidence(min_polygons=1, firm_polygons=10, firm_pixels=50)


def verdict(
    samples: Samples, training: Training, held: HeldOutScores | None, outside: float | None = None, water: float | None = None
) -> Statements:
    """Return the statements for and against the result.

    Args:
        samples: training samples.
        training: result of the training.
        held: scores on held-out polygons, if there are any.
        outside: fraction of the map's pixels with a value outside the range of the training pixels; None without a map.
        water: fraction of the map that is water at p ≥ 0.5.
    """
    statements = _on_validation(training, held)
    if held is not None:
        statements += _against_simple_rules(held)
        statements += on_calibration(held.scores, held.assessment)
    statements += _on_water_share(samples, training, water)
    if not training.converged:
        text = tr("Training stopped before it converged: the coefficients would still change. Allow more epochs.")
        statements.append(Statement(CAUTION, text))
    if training.scores.accuracy == 1.0:
        statements.append(
            Statement(
                CAUTION,
                tr(
                    "The model classifies every training pixel correctly, so the data doesn't determine how steep it should be, and "
                    "probabilities near 0 and 1 are overconfident. Draw some difficult areas too, such as banks, shadows and shallow water."
                ),
            )
        )
    return Statements((*statements, *([] if outside is None else [_on_outside(outside)])))


def _on_outside(outside: float) -> Statement:
    if outside <= _MUCH_OUTSIDE:
        level = GOOD
        text = tr("{share} of the map's pixels have a value outside the range of the training pixels: the model hardly extrapolates.")
    else:
        level = CAUTION if outside <= _TOO_MUCH_OUTSIDE else BAD
        text = tr(
            "{share} of the map's pixels have a value outside the range of the training pixels. The model extrapolates there: draw "
            "polygons on those surfaces too."
        )
    return Statement(level, text.format(share=percent(outside)))


def _on_validation(training: Training, held: HeldOutScores | None) -> list[Statement]:
    if held is None:
        asked = training.model.training["settings"]
        if asked["folds"] or asked["validation_fraction"]:
            text = tr(
                "No polygons were held out, which takes at least two of each class, so the accuracy outside the training areas is unknown. "
                "Scores on training pixels are too optimistic. Draw more polygons."
            )
        else:
            text = tr(
                "No polygons were held out, as requested, so the accuracy outside the training areas is unknown. Scores on training "
                "pixels are too optimistic."
            )
        return [Statement(BAD, text)]
    other, water = held.assessment.units or (0, 0)
    if _VALIDATION.level(GOOD, held.assessment) != GOOD:
        text = tr(
            "Scores come from polygons that weren't used for training: {water} of water and {other} of other surfaces. With so few, "
            "another choice of polygons could give very different scores. Draw more polygons, or use cross-validation."
        )
        return [Statement(CAUTION, text.format(water=count(water), other=count(other)))]
    text = tr(
        "Scores come from polygons that weren't used for training, and speak of places like those drawn: {water} of water and {other} of "
        "other surfaces. That is enough to estimate how much scores depend on the choice of polygons."
    )
    return [Statement(GOOD, text.format(water=count(water), other=count(other)))]


def _against_simple_rules(held: HeldOutScores) -> list[Statement]:
    model, *rules = held.rates
    if not rules:
        return []
    best = max(rules, key=lambda rule: rule.f1(held.water))
    own, theirs = model.f1(held.water), best.f1(held.water)
    if own > theirs + _CLOSE:
        level = GOOD
        text = tr(
            "The model outperforms simple rules: its F1 on held-out pixels is {own:.3f}, and that of the best rule, {rule}, is "
            "{theirs:.3f}."
        )
    elif own >= theirs - _CLOSE:
        level = CAUTION
        text = tr(
            "The model is no better than a simple rule that needs no training: its F1 on held-out pixels is {own:.3f}, and that of the "
            "rule {rule} is {theirs:.3f}."
        )
    else:
        level = BAD
        text = tr(
            "A simple rule that needs no training is better: the model's F1 on held-out pixels is {own:.3f}, and that of the rule {rule} "
            "is {theirs:.3f}. Use the rule, or draw more varied polygons."
        )
    return _backed(_AGAINST_RULES, level, text.format(own=own, rule=best.name, theirs=theirs), held.assessment)


def _backed(evidence: _Evidence, level: str, text: str, assessment: Assessment) -> list[Statement]:
    """Return a statement at the level that the evidence supports, or none."""
    allowed = evidence.level(level, assessment)
    if allowed is None:
        return []
    if allowed != level:
        text += " " + tr("With so little reference data this is uncertain.")
    return [Statement(allowed, text)]


def on_calibration(scores: Scores, assessment: Assessment) -> list[Statement]:
    """State whether probabilities are well calibrated, if there is enough evidence.

    Args:
        scores: of p(water).
        assessment: the pixels and polygons that they are from.
    """
    # Consistent with the figure: both use `Scores.reliability`.
    if scores.ece is None:
        return []
    if scores.ece <= _POORLY_CALIBRATED:
        level = GOOD
        text = tr(
            "Probabilities are well calibrated: the predicted probability and the observed fraction of water differ by {error} on average."
        )
    else:
        level = CAUTION
        text = tr(
            "Probabilities are poorly calibrated: the predicted probability and the observed fraction of water differ by {error} on "
            "average. Use them as a ranking only."
        )
    return _backed(_CALIBRATION, level, text.format(error=percent(scores.ece)), assessment)


def _on_water_share(samples: Samples, training: Training, water: float | None) -> list[Statement]:
    settings = training.model.training["settings"]
    asked, drawn = settings["water_fraction"], float(np.mean(samples.y))
    if asked is not None:
        if water is not None and _far(water, asked):
            text = tr(
                "Probabilities are adjusted to an expected share of water of {expected}, but {mapped} of the map is water. Check which of "
                "the two is wrong."
            )
            return [Statement(CAUTION, text.format(expected=percent(asked), mapped=percent(water)))]
        return [
            Statement(GOOD, tr("Probabilities are adjusted to an expected share of water of {expected}.").format(expected=percent(asked)))
        ]
    mix = tr("both classes weighted equally") if settings["balance"] else tr("{share} water").format(share=percent(drawn))
    meant = 0.5 if settings["balance"] else drawn
    if water is None:
        text = tr(
            "Probabilities reflect the class mix of the training areas ({mix}), not of the scene to be mapped. Set the expected share of "
            "water if you know it."
        )
        return [Statement(CAUTION, text.format(mix=mix))]
    if _far(water, meant):
        level = CAUTION
        text = tr(
            "Probabilities reflect the class mix of the training areas ({mix}), but {mapped} of the map is water. Set the expected share "
            "of water to adjust them."
        )
    else:
        level = GOOD
        text = tr(
            "Probabilities reflect the class mix of the training areas ({mix}). {mapped} of the map is water, so the difference hardly "
            "matters."
        )
    return [Statement(level, text.format(mix=mix, mapped=percent(water)))]


def _far(one: float, other: float) -> bool:
    return not other / 2 <= one <= other * 2
