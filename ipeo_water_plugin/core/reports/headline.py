"""The key figures of a training and its map: hectares, the F1 to expect, and scores on areas left out, each with its basis."""

from __future__ import annotations

from ..prediction.predict import Prediction
from ..training.expectation import MIN_AREAS
from ..training.train import Training
from ..translation import tr
from .figures import hectares
from .heldout import HeldOutScores
from .page import Tile


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
    record = training.model.training["samples"]
    water, other = record["water"]["polygons"], record["other"]["polygons"]
    basis = tr("{water} water and {other} other areas").format(water=water, other=other)
    if expected is not None:
        low, high = expected
        found.append(Tile(f"{low:.2f}–{high:.2f}", tr("F1 to expect in the image, from {basis}").format(basis=basis)))
    if held is not None:
        faint = min(water, other) < MIN_AREAS
        scores = held.scores
        shown = (
            (scores.f1, tr("F1 on areas left out, from {basis}").format(basis=basis)),
            (scores.precision, tr("precision on areas left out")),
            (scores.recall, tr("recall on areas left out")),
        )
        found += [Tile("–" if value is None else f"{value:.3f}", label, faint) for value, label in shown]
    return found
