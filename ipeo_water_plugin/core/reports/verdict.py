"""Whether to trust a model and its map, in sentences. Each names its figure, and what to do where it speaks against the result."""

from __future__ import annotations

import numpy as np

from ..samples import Samples
from ..training import Training
from .figures import count, percent
from .heldout import HeldOutScores
from .page import BAD, CAUTION, GOOD, Statement, Statements

FEW_POLYGONS = 10
_CLOSE = 0.02
_POORLY_CALIBRATED = 0.05
_MUCH_OUTSIDE, _TOO_MUCH_OUTSIDE = 0.05, 0.25


def verdict(
    samples: Samples, training: Training, held: HeldOutScores | None, outside: float | None = None, water: float | None = None
) -> Statements:
    """Say what speaks for the result and what against it.

    Args:
        samples: that the model was trained on.
        training: what came of it.
        held: scores on held-out polygons, if any were held out.
        outside: share of the map's pixels with a value beyond the range of the training pixels; None = there is no map.
        water: share of the map that is water at p ≥ 0.5.
    """
    said = _on_validation(training, held)
    if held is not None:
        said += _against_simple_rules(held)
        said += _on_calibration(held)
    said += _on_water_share(samples, training, water)
    if not training.converged:
        said.append(Statement(CAUTION, "Training stopped before it had converged: more epochs would still change the coefficients."))
    if training.scores.accuracy == 1.0:
        said.append(
            Statement(
                CAUTION,
                "The model makes not a single error on its training pixels, so nothing in them says how steep it should be: probabilities "
                "near 0 and 1 look surer than they are. Draw some doubtful places too, such as banks, shadows and shallow water.",
            )
        )
    if outside is not None:
        text = f"{percent(outside)} of the map's pixels have a value beyond the range that the training pixels cover"
        if outside <= _MUCH_OUTSIDE:
            said.append(Statement(GOOD, f"{text}: the model is hardly asked about anything it hasn't seen."))
        else:
            level = CAUTION if outside <= _TOO_MUCH_OUTSIDE else BAD
            said.append(Statement(level, f"{text}. There it guesses: draw polygons on those kinds of ground."))
    return Statements(tuple(said))


def _on_validation(training: Training, held: HeldOutScores | None) -> list[Statement]:
    if held is None:
        asked = training.model.training["settings"]
        why = "none were asked for" if not (asked["folds"] or asked["validation_fraction"]) else "that takes at least two of each class"
        return [
            Statement(
                BAD,
                f"No polygons were held out ({why}), so nothing here tells how good the model is on places it hasn't seen, and no such "
                "scores are shown. Scores on the training pixels would only flatter it.",
            )
        ]
    other, water = held.assessment.units or (0, 0)
    text = f"Scores come from {polygons(water)} of water and {polygons(other)} of the rest that the models hadn't seen"
    if min(water, other) < FEW_POLYGONS:
        return [
            Statement(
                CAUTION,
                f"{text}. So few polygons make for rough scores: another draw could give others. More polygons, or folds, steady them.",
            )
        ]
    return [Statement(GOOD, f"{text}: enough to tell how much they hang on the choice of places.")]


def _against_simple_rules(held: HeldOutScores) -> list[Statement]:
    model, *rules = held.rates
    if not rules:
        return []
    best = max(rules, key=lambda rule: rule.f1(held.water))
    own, theirs = model.f1(held.water), best.f1(held.water)
    text = f"F1 is {own:.3f} on held-out pixels, and the best simple rule, {best.name}, comes to {theirs:.3f}"
    if own > theirs + _CLOSE:
        return [Statement(GOOD, f"The model is worth it: {text}.")]
    if own >= theirs - _CLOSE:
        return [Statement(CAUTION, f"The model hardly does better than a rule without training: {text}.")]
    return [Statement(BAD, f"A rule without training does better: {text}.")]


def _on_calibration(held: HeldOutScores) -> list[Statement]:
    ece = held.measures.ece
    text = f"on held-out polygons the probability and the share that is water differ by {percent(ece)} on average"
    if ece <= _POORLY_CALIBRATED:
        return [Statement(GOOD, f"Probabilities mean what they say: {text}.")]
    return [Statement(CAUTION, f"Take probabilities as a ranking, not as odds: {text}.")]


def _on_water_share(samples: Samples, training: Training, water: float | None) -> list[Statement]:
    settings = training.model.training["settings"]
    asked, drawn = settings["water_fraction"], float(np.mean(samples.y))
    if asked is not None:
        text = f"Probabilities are adjusted to the expected share of water, {percent(asked)}"
        if water is not None and _far(water, asked):
            return [Statement(CAUTION, f"{text}, but {percent(water)} of the map is water: one of the two is off.")]
        return [Statement(GOOD, f"{text}.")]
    mix = "both classes weighing the same" if settings["balance"] else f"{percent(drawn)} water"
    text = f"Probabilities fit the mix of classes that was drawn ({mix}), not the scene"
    meant = 0.5 if settings["balance"] else drawn
    if water is not None and _far(water, meant):
        return [
            Statement(CAUTION, f"{text}, of which {percent(water)} is mapped as water. Give the expected share of water to adjust them.")
        ]
    if water is None:
        return [Statement(CAUTION, f"{text} that the model will be used on. Give the expected share of water if you know it.")]
    return [Statement(GOOD, f"{text}, but the map comes to {percent(water)} water, so the difference is small.")]


def _far(one: float, other: float) -> bool:
    return not other / 2 <= one <= other * 2


def polygons(number: int) -> str:
    """Write a number of polygons."""
    return "one polygon" if number == 1 else f"{count(number)} polygons"
