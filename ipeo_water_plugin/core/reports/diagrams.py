"""Charts and tables that reports share, each with a title and a caption that explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..accuracy.assess import Interval
from ..accuracy.scores import ReliabilityBin, Scores, expected_calibration_error
from ..accuracy.thresholds import at_water_fraction
from ..model import sigmoid
from ..translation import tr
from .figures import FULL, HALF, Figure, Scale, count, percent, spread
from .heldout import Rate
from .page import Confusion, Drawing, Table

_PROBABILITY_BARS = 48
_LABELLED_SHARE = 0.003
_SHARES = np.geomspace(0.001, 0.95, 120)
_WHOLE = Scale.linear(0.0, 1.0)


def loss(history: Sequence[float]) -> Drawing:
    """Plot the training loss, shape (epochs,), over epochs."""
    values = np.asarray(history, np.float64)
    epochs = np.arange(1, len(values) + 1)
    positive = values[values > 0]
    low, high = (float(positive.min()), float(positive.max())) if len(positive) else (0.1, 1.0)
    y = Scale.logarithmic(low, high * 1.01)
    # A few hundred points look the same as thousands.
    some = np.unique(np.round(np.geomspace(1, len(values), min(len(values), 400))).astype(int)) - 1
    figure = Figure(FULL, Scale.linear(1, max(len(values), 2)), y, tr("epoch"), tr("loss (nats per pixel, log scale)"))
    figure.line(epochs[some], np.maximum(values[some], y.low), "water")
    figure.dots(epochs[-1:], values[-1:], "water")
    figure.note(float(epochs[-1]), float(values[-1]), f"{values[-1]:.3g}", "water", anchor="end", shift=(-8, -10))
    text = tr("The training loss fell from {first:.3g} to {last:.3g} in {count} epochs.")
    text = text.format(first=values[0], last=values[-1], count=len(values))
    reading = tr("If the curve is still falling at its end, allow more epochs.")
    return Drawing(tr("Loss over epochs"), figure.svg(text), f"{text} {reading}", wide=True)


def histograms(
    probability: np.ndarray, y: np.ndarray, marks: Sequence[tuple[float, str]], of_what: str, pixels: np.ndarray | None = None
) -> Drawing:
    """Plot histograms of the probability of both classes, water upwards and not water downwards.

    Args:
        probability: p(water), shape (rows,).
        y: True where water, shape (rows,).
        marks: thresholds to be marked, and their labels.
        of_what: a sentence that says which pixels these are.
        pixels: number of each row, shape (rows,); None = one each.
    """
    x = Scale.probability()
    low, high = x.transform(np.array([x.low, x.high])).tolist()
    edges = sigmoid(np.linspace(low, high, _PROBABILITY_BARS + 1))
    inside = np.clip(probability.astype(np.float64), edges[0], edges[-1])
    mass = np.stack([np.histogram(inside[side], edges, weights=None if pixels is None else pixels[side])[0] for side in (y, ~y)])
    shares = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1)
    # The square root keeps small bars visible.
    top = max(float(s.max()) for s in shares) * 1.05
    values = [v for v in (0.02, 0.1, 0.25, 0.5, 1.0) if v <= top]
    ticks = tuple((v, f"{100 * abs(v):g} %") for v in (*(-v for v in values), 0.0, *values))
    y_scale = Scale(-top, top, ticks, lambda v: np.sign(v) * np.sqrt(np.abs(v)))
    label = tr("probability of water (log-odds scale; the outermost bars include all values beyond)")
    figure = Figure(FULL, x, y_scale, label, tr("share of the class (square-root scale)"))
    for share, sign, kind in zip(shares, (1, -1), ("water", "other")):
        figure.bars(edges, sign * share, kind)
    for place, (threshold, text) in enumerate(sorted(marks)):
        figure.mark(threshold, text, leftwards=place == 0 and len(marks) > 1)
    figure.note(x.low, top, tr("water ↑"), "water", shift=(8, 14))
    figure.note(x.high, -top, tr("not water ↓"), "other", anchor="end", shift=(-8, -8))
    beyond = [float(np.mean(probability[side] >= 0.5)) if side.any() else 0.0 for side in (y, ~y)]
    text = tr("{water} of the water pixels and {other} of the other pixels have a probability of at least 0.5.")
    text = text.format(water=percent(beyond[0]), other=percent(beyond[1]))
    return Drawing(tr("Probability by class"), figure.svg(text), f"{of_what} {text}", wide=True)


def roc(scores: Scores, rates: Sequence[Rate]) -> Drawing:
    """Plot recall over false alarm rate for all thresholds, with rules as points.

    Args:
        scores: scores of the model.
        rates: of the model and of simple rules.
    """
    label = tr("false alarm rate: share of other pixels mapped as water")
    figure = Figure(HALF, _WHOLE, _WHOLE, label, tr("recall: share of water found"))
    figure.line([0, 1], [0, 1], "guide")
    figure.line(scores.roc[:, 0], scores.roc[:, 1], "water")
    _points(figure, [(r, r.false_alarms, r.recall) for r in rates])
    text = tr("The area under the curve (AUC) is {auc:.4f}; 1 is perfect, 0.5 is random.").format(auc=scores.auc)
    return Drawing(tr("ROC curve"), figure.svg(text), text)


def precision_recall(scores: Scores, rates: Sequence[Rate], water: float) -> Drawing:
    """Plot precision over recall for all thresholds, with rules as points.

    Args:
        scores: scores of the model.
        rates: of the model and of simple rules.
        water: share of water that precision is given for.
    """
    label = tr("recall: share of water found")
    figure = Figure(HALF, _WHOLE, _WHOLE, label, tr("precision: share of mapped water that is water"))
    figure.line([0, 1], [water, water], "guide")
    curve = scores.precision_recall
    figure.line(np.append(0.0, curve[:, 0]), np.append(curve[0, 1], curve[:, 1]), "water")
    _points(figure, [(r, r.recall, at_water_fraction(r.recall, r.false_alarms, water)[0]) for r in rates])
    text = tr(
        "Average precision is {average_precision:.4f}, with {share} of the pixels being water. "
        "Dashed line: precision if everything is mapped as water."
    ).format(average_precision=scores.average_precision, share=percent(water))
    return Drawing(tr("Precision and recall"), figure.svg(text), text)


def _points(figure: Figure, places: Sequence[tuple[Rate, float, float]]) -> None:
    """Draw rules as dots with their names, which are moved down where they would overlap."""
    bottom: dict[bool, float] = {}
    for rate, x, y in sorted(places, key=lambda place: -place[2]):
        rightwards = x < 0.5
        height = min(y - 0.066, bottom.get(rightwards, 2.0) - 0.062)
        bottom[rightwards] = height
        figure.note(x, height, rate.short, rate.kind, anchor="start" if rightwards else "end", shift=(9 if rightwards else -9, 0))
    for rate, x, y in reversed(places):
        figure.dots([x], [y], rate.kind, 5)


def reliability(curves: Sequence[tuple[str, str, tuple[ReliabilityBin, ...]]], of_what: str) -> Drawing:
    """Plot the observed fraction of water over predicted probability, and give the expected calibration error of these bins.

    Args:
        curves: name, style class and bins of each set of probabilities; the last has at least one bin.
        of_what: a sentence that says which pixels these are.
    """
    figure = Figure(HALF, _WHOLE, _WHOLE, tr("predicted probability"), tr("observed fraction of water"))
    figure.line([0, 1], [0, 1], "guide")
    for place, (name, kind, bins) in enumerate(curves):
        x, y, mass = np.array([(b.probability, b.water, b.weight) for b in bins]).reshape(-1, 3).T
        # The area of a dot is proportional to its pixels, within limits.
        figure.line(x, y, f"{kind} thin")
        figure.dots(x, y, kind, np.clip(22 * np.sqrt(mass / mass.sum()), 2.5, 9))
        if len(curves) > 1:
            figure.note(0.03, 0.97, name, kind, shift=(0, 17 * place))
    text = tr(
        "On the dashed line, 3 of 10 pixels with a probability of 30 % are water. Below it probabilities are too high, above it too "
        "low. Larger dots represent more pixels. Expected calibration error: {error}."
    ).format(error=percent(expected_calibration_error(curves[-1][2])))
    return Drawing(tr("Reliability"), figure.svg(text), f"{of_what} {text}")


def water_share(rates: Sequence[Rate], marks: Sequence[tuple[float, str]], *, held_out: bool = True) -> Drawing:
    """Plot the expected F1 over the share of water in a scene, with the error rates found on labelled pixels.

    Args:
        rates: of the map first, then of simple rules.
        marks: shares of water to be marked, and their labels.
        held_out: the rates are of held-out polygons, not of a reference.
    """
    x = Scale.logarithmic(0.001, 1.0, percent=True)
    figure = Figure(FULL, x, _WHOLE, tr("share of water in the scene (log scale)"), tr("F1 of water"))
    first = rates[0]
    if len(first.counts) > 1:
        figure.band(_SHARES, [first.f1(w) for w in _SHARES], [first.f1(w, 0.0) for w in _SHARES], first.kind)
    # The model comes last, on top.
    for rate in reversed(rates):
        figure.line(_SHARES, [rate.expected_f1(w) for w in _SHARES], rate.kind)
    for row, (share, label) in enumerate(sorted(marks)):
        text = tr("{label}: {share}").format(label=label, share=percent(share))
        figure.mark(max(share, 0.001), text, row=row, foot=True, leftwards=row == 0 and share > 0.01)
    heights = [rate.expected_f1(_LABELLED_SHARE) for rate in rates]
    for rate, height in zip(rates, spread(heights, 0.075, 0.02)):
        figure.note(_LABELLED_SHARE, height, rate.short, rate.kind, anchor="middle", shift=(0, -8))
    text = tr("F1 with the recall and false alarm rate found on this reference, by the share of water in a scene.")
    if held_out:
        text = tr("F1 with the recall and false alarm rate found on held-out polygons, by the share of water in a scene.")
    text += " " + tr("The rarer water is, the more false alarms matter.")
    if len(first.counts) > 1:
        text += " " + tr(
            "The band extends from weighting by pixels to weighting by polygons. For the line, polygons are weighted by the square "
            "root of their pixels, as a compromise."
        )
    return Drawing(tr("Expected F1 in a scene"), figure.svg(text), text, wide=True)


def confusion(matrix: np.ndarray, caption: str, title: str | None = None) -> Confusion:
    """Return a confusion matrix with the share of each row.

    Args:
        matrix: `matrix[reference][predicted]`, shape (2, 2), each axis (not water, water), as `Scores.confusion`.
        caption: says which pixels these are.
        title: None = “Confusion matrix”.
    """
    turned = matrix[::-1, ::-1]
    shares = turned / np.maximum(turned.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    whole = bool(np.all(matrix == np.round(matrix)))
    cells = tuple(tuple(count(v) if whole else percent(v) for v in row) for row in turned.tolist())
    parts = tuple(tuple(tr("{share} of the row").format(share=percent(s)) for s in row) for row in shares.tolist())
    return Confusion(title or tr("Confusion matrix"), cells, parts, caption)


def score_table(scores: Scores, intervals: Mapping[str, Interval | None] | None, threshold: float = 0.5) -> Table:
    """Return a table of all scores, with intervals if there are any.

    Args:
        scores: the scores.
        intervals: 95 % intervals by score; None = none.
        threshold: pixels at or above it count as water.
    """
    titles = {
        "accuracy": tr("Accuracy"),
        "precision": tr("Precision"),
        "recall": tr("Recall"),
        "f1": tr("F1"),
        "iou": tr("Intersection over union"),
        "auc": tr("Area under the ROC curve"),
        "average_precision": tr("Average precision"),
        "brier": tr("Brier score"),
        "log_loss": tr("Log-loss (nats)"),
        "ece": tr("Expected calibration error"),
    }
    known = {name: (intervals or {}).get(name) for name in titles}
    head: tuple[str, ...] = (tr("score at p ≥ {threshold:g}").format(threshold=threshold), tr("value"))
    rows: list[tuple[str, ...]] = [
        (label, "–" if getattr(scores, name) is None else f"{getattr(scores, name):.4f}") for name, label in titles.items()
    ]
    if any(known.values()):
        head = (*head, tr("95\N{NO-BREAK SPACE}% interval"))
        ends = ["–" if one is None else f"{one.lower:.3f} – {one.upper:.3f}" for one in known.values()]
        rows = [(*row, text) for row, text in zip(rows, ends)]
    return Table(head, tuple(rows))
