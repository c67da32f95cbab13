"""The key figures of a training and its map: hectares, the F1 to expect, and scores on areas left out, each with its basis."""

from __future__ import annotations

from ..accuracy.scores import Scores
from ..prediction.predict import Prediction
from ..training.train import Training
from ..translation import tr
from .figures import hectares
from .heldout import HeldOutScores
from .page import Tile
from .verdicts import scores_are_firm


def summary(training: Training, prediction: Prediction, expected: tuple[float, float] | None) -> list[str]:
    """Say how much water was mapped, and what F1 to expect, each with its basis.

    Args:
        training: result of the training.
        prediction: result of the prediction.
        expected: as from `expected_f1`; None = nothing supports a range.
    """
    sentences = []
    if prediction.hectares is not None:
        text = tr("Mapped as water (p ≥ {threshold:.3g}): {area} ha. No range is known without labelled random points.")
        sentences.append(text.format(threshold=training.model.water_threshold, area=hectares(prediction.hectares)))
    areas = {name: training.model.training["samples"][name]["polygons"] for name in ("water", "other")}
    if expected is None:
        text = tr("No F1 to expect: that takes at least three areas of each class. Drawn: {water} of water, {other} of other surfaces.")
    else:
        text = tr("F1 to expect in the image: {low:.2f} to {high:.2f}, from {water} areas of water and {other} of other surfaces.")
    low, high = expected or (0.0, 0.0)
    return [*sentences, text.format(low=low, high=high, **areas)]


def tiles(
    training: Training, held: HeldOutScores | None, prediction: Prediction | None, expected: tuple[float, float] | None
) -> list[Tile]:
    """Return the key figures of a report, each with its basis.

    Args:
        training: result of the training.
        held: scores on held-out pixels, if there are any.
        prediction: the map, if there is one.
        expected: range of F1 to expect, as from `expected_f1`.
    """
    found = []
    if prediction is not None and prediction.hectares is not None:
        found.append(Tile(hectares(prediction.hectares), tr("hectares mapped as water; no range: label random points")))
    asked, drawn = (training.model.training[key] for key in ("settings", "samples"))
    counts = tr("{water} of water, {other} of other surfaces")
    basis = counts.format(water=drawn["water"]["polygons"], other=drawn["other"]["polygons"])
    if expected is not None:
        low, high = expected
        found.append(Tile(f"{low:.2f}–{high:.2f}", tr("F1 to expect in the image, from areas: {basis}").format(basis=basis)))
    if held is not None:
        other, water = held.assessment.units or (0, 0)
        label = tr("F1 on areas left out: {basis}").format(basis=counts.format(water=water, other=other))
        found += score_tiles(held.scores, label, faint=not scores_are_firm(held.assessment, held.intervals))[:3]
    elif asked["folds"] or asked["validation_fraction"]:
        found.append(Tile("–", tr("F1 unknown, from areas: {basis}").format(basis=basis), faint=True))
    return found


def score_tiles(scores: Scores, label: str, *, faint: bool) -> list[Tile]:
    """Return F1, precision, recall and overall accuracy, grey where too little supports them.

    Args:
        scores: of water.
        label: of F1, with its basis.
        faint: whether they are grey.
    """
    shown = (
        (scores.f1, label),
        (scores.precision, tr("precision")),
        (scores.recall, tr("recall")),
        (scores.accuracy, tr("overall accuracy")),
    )
    return [Tile("–" if value is None else f"{value:.3f}", text, faint) for value, text in shown]
