"""Whether to trust a model and its map, in sentences. Each names its figure, and what to do where it speaks against the result."""

from __future__ import annotations

import numpy as np

from ..accuracy.assess import Assessment
from ..samples import Samples
from ..training.train import Training
from ..translation import tr
from .evidence import AGAINST_RULES, CALIBRATION, VALIDATION, Evidence
from .figures import count, percent
from .heldout import HeldOutScores
from .page import BAD, CAUTION, GOOD, Statement, Statements

_CLOSE = 0.02
POORLY_CALIBRATED = 0.05
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
        said.append(Statement(CAUTION, tr("Training stopped before it had converged: more epochs would still change the coefficients.")))
    if training.scores.accuracy == 1.0:
        said.append(
            Statement(
                CAUTION,
                tr(
                    "The model makes not a single error on its training pixels, so nothing in them says how steep it should be: "
                    "probabilities near 0 and 1 look surer than they are. Draw some doubtful places too, such as banks, shadows and "
                    "shallow water."
                ),
            )
        )
    return Statements((*said, *([] if outside is None else [_on_outside(outside)])))


def _on_outside(outside: float) -> Statement:
    if outside <= _MUCH_OUTSIDE:
        level = GOOD
        text = tr(
            "{share} of the map's pixels have a value beyond the range that the training pixels cover: the model is hardly asked about "
            "anything it hasn't seen."
        )
    else:
        level = CAUTION if outside <= _TOO_MUCH_OUTSIDE else BAD
        text = tr(
            "{share} of the map's pixels have a value beyond the range that the training pixels cover. There it guesses: draw polygons "
            "on those kinds of ground."
        )
    return Statement(level, text.format(share=percent(outside)))


def _on_validation(training: Training, held: HeldOutScores | None) -> list[Statement]:
    if held is None:
        asked = training.model.training["settings"]
        if asked["folds"] or asked["validation_fraction"]:
            text = tr(
                "No polygons were held out (that takes at least two of each class), so nothing here tells how good the model is on places "
                "it hasn't seen, and no such scores are shown. Scores on the training pixels would only flatter it."
            )
        else:
            text = tr(
                "No polygons were held out (none were asked for), so nothing here tells how good the model is on places it hasn't seen, "
                "and no such scores are shown. Scores on the training pixels would only flatter it."
            )
        return [Statement(BAD, text)]
    other, water = held.assessment.units or (0, 0)
    if VALIDATION.of(GOOD, held.assessment) != GOOD:
        text = tr(
            "Scores come from polygons that the models hadn't seen: {water} of water and {other} of other surfaces. With so few, another "
            "choice of polygons could give very different scores. More polygons, or folds, make them more stable."
        )
        return [Statement(CAUTION, text.format(water=count(water), other=count(other)))]
    text = tr(
        "Scores come from polygons that the models hadn't seen: {water} of water and {other} of other surfaces. That is enough to show "
        "how much the scores depend on the choice of places."
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
        text = tr("The model is worth it: F1 is {own:.3f} on held-out pixels, and the best simple rule, {rule}, comes to {theirs:.3f}.")
    elif own >= theirs - _CLOSE:
        level = CAUTION
        text = tr(
            "The model hardly does better than a rule without training: F1 is {own:.3f} on held-out pixels, and the best simple rule, "
            "{rule}, comes to {theirs:.3f}."
        )
    else:
        level = BAD
        text = tr(
            "A rule without training does better: F1 is {own:.3f} on held-out pixels, and the best simple rule, {rule}, comes to "
            "{theirs:.3f}."
        )
    return _backed(AGAINST_RULES, level, text.format(own=own, rule=best.name, theirs=theirs), held.assessment)


def _backed(evidence: Evidence, level: str, text: str, assessment: Assessment) -> list[Statement]:
    """Say a sentence as firmly as the evidence allows, or not at all."""
    allowed = evidence.of(level, assessment)
    if allowed is None:
        return []
    if allowed != level:
        text += " " + tr("So few held-out polygons may say otherwise next time.")
    return [Statement(allowed, text)]


def _on_calibration(held: HeldOutScores) -> list[Statement]:
    # As the figure draws it: both come from `Scores.reliability`.
    ece = held.scores.ece
    if ece is None:
        return []
    if ece <= POORLY_CALIBRATED:
        level = GOOD
        text = tr(
            "Probabilities mean what they say: on held-out polygons the probability and the share that is water differ by {error} on "
            "average."
        )
    else:
        level = CAUTION
        text = tr(
            "Take probabilities as a ranking, not as odds: on held-out polygons the probability and the share that is water differ by "
            "{error} on average."
        )
    return _backed(CALIBRATION, level, text.format(error=percent(ece)), held.assessment)


def _on_water_share(samples: Samples, training: Training, water: float | None) -> list[Statement]:
    settings = training.model.training["settings"]
    asked, drawn = settings["water_fraction"], float(np.mean(samples.y))
    if asked is not None:
        if water is not None and _far(water, asked):
            text = tr(
                "Probabilities are adjusted to the expected share of water, {expected}, but {mapped} of the map is water: one of the two "
                "is off."
            )
            return [Statement(CAUTION, text.format(expected=percent(asked), mapped=percent(water)))]
        return [
            Statement(GOOD, tr("Probabilities are adjusted to the expected share of water, {expected}.").format(expected=percent(asked)))
        ]
    mix = tr("both classes weighing the same") if settings["balance"] else tr("{share} water").format(share=percent(drawn))
    meant = 0.5 if settings["balance"] else drawn
    if water is None:
        text = tr(
            "Probabilities fit the mix of classes that was drawn ({mix}), not the scene that the model will be used on. Give the expected "
            "share of water if you know it."
        )
        return [Statement(CAUTION, text.format(mix=mix))]
    if _far(water, meant):
        level = CAUTION
        text = tr(
            "Probabilities fit the mix of classes that was drawn ({mix}), not the scene, of which {mapped} is mapped as water. Give the "
            "expected share of water to adjust them."
        )
    else:
        level = GOOD
        text = tr(
            "Probabilities fit the mix of classes that was drawn ({mix}), not the scene, but the map comes to {mapped} water, so the "
            "difference is small."
        )
    return [Statement(level, text.format(mix=mix, mapped=percent(water)))]


def _far(one: float, other: float) -> bool:
    return not other / 2 <= one <= other * 2
