"""What the panel says of a model: scores on areas that are left out, NDWI beside them, and one sentence of advice."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..core.accuracy.assess import POLYGONS, Pairs, as_far_as, assess
from ..core.accuracy.thresholds import otsu, weighted_f1
from ..core.model import WaterModel
from ..core.progress import Progress
from ..core.reports.heldout import ndwi_of_samples
from ..core.samples import Samples
from ..core.training.expectation import MIN_AREAS
from ..core.training.live import LeftOutAreas
from ..core.translation import tr
from .values import State

# Of the valid pixels in view, from which share on those that look like nothing drawn are worth a sentence.
_UNLIKE_SHARE = 0.005
# By how much NDWI must be better.
_MARGIN = 0.01


@dataclass(frozen=True)
class AreaScores:
    """Scores on areas left out one at a time.

    Attributes:
        right: share of the pixels of each area that are mapped correctly, by its id.
        f1: of water; None with fewer than two areas of a class.
        f1_range: its 95 % interval.
        ndwi_f1: of NDWI, at the better of the thresholds 0 and Otsu's; None without green and near infrared.
    """

    right: dict[int, float] = field(default_factory=dict)
    f1: float | None = None
    f1_range: tuple[float, float] | None = None
    ndwi_f1: float | None = None


def score_areas(samples: Samples, model: WaterModel, left_out: LeftOutAreas, threshold: float, progress: Progress) -> AreaScores:
    """Score the predictions for areas that were left out.

    Args:
        samples: of all areas.
        model: trained on all of them.
        left_out: the predictions.
        threshold: pixels at or above it are mapped as water.
        progress: asked whether to go on.

    Raises:
        CancelledError: the caller cancelled.
    """
    correct = (left_out.probability >= threshold) == samples.y
    share = np.bincount(left_out.area, correct) / np.bincount(left_out.area)
    right = {int(fid): float(part) for fid, part, layers in zip(left_out.fids, share, left_out.layers) if layers is not None}
    if None in left_out.layers:
        return AreaScores(right)
    # F1 depends on nothing but which pixels are mapped as water, and two probabilities are assessed ten times as fast as thousands.
    found, seen = (
        assess(Pairs((p >= threshold).astype(np.float64), samples.y, POLYGONS, left_out.area), progress=progress)
        for p in (left_out.probability, model.probability(list(samples.X.T)))
    )
    interval, index = as_far_as(found.intervals, seen.intervals)["f1"], ndwi_of_samples(samples)
    best = None
    if index is not None:
        known = index[np.isfinite(index)]
        levels = [0.0, otsu(known, (-1.0, 1.0)) if known.size else None]
        best = max(weighted_f1(index > level, samples.y, np.ones(len(samples))) for level in levels if level is not None)
    return AreaScores(right, found.plain.f1, None if interval is None else (interval.lower, interval.upper), best)


def advice(state: State, unlike: tuple[int, int]) -> str:
    """Return the most useful sentence, or "".

    Args:
        state: without its advice.
        unlike: number of pixels in view that look like nothing drawn, and of the valid ones.
    """
    broken = next((row for row in state.rows if row.problem), None)
    worst = min((row for row in state.rows if row.right is not None), key=lambda row: row.right or 0.0, default=None)
    water, other = MIN_AREAS - state.water_areas, MIN_AREAS - state.other_areas
    better = state.f1 is not None and state.ndwi_f1 is not None and state.ndwi_f1 > state.f1 + _MARGIN
    if broken is not None:
        sentence = tr("Area {fid} gives no pixel. {problem}").format(fid=broken.fid, problem=broken.problem)
    elif water > 0:
        sentence = tr(
            "Draw {n} more area of water: F1 needs three of each class.",
            "Draw {n} more areas of water: F1 needs three of each class.",
            n=water,
        ).format(n=water)
    elif other > 0:
        sentence = tr(
            "Draw {n} more area that isn't water: F1 needs three of each class.",
            "Draw {n} more areas that aren't water: F1 needs three of each class.",
            n=other,
        ).format(n=other)
    elif worst is not None and (worst.right or 0.0) < 0.5:
        sentence = tr("Area {fid} looks like nothing else you drew: draw more of its kind.").format(fid=worst.fid)
    elif unlike[0] > _UNLIKE_SHARE * unlike[1]:
        sentence = tr(
            "{n} pixel in view looks like nothing you drew: draw an area there.",
            "{n} pixels in view look like nothing you drew: draw an area there.",
            n=unlike[0],
        ).format(n=unlike[0])
    elif better:
        sentence = tr("NDWI alone scores better, {ndwi:.2f}: check the areas with the fewest pixels right.").format(ndwi=state.ndwi_f1)
    elif state.doubtful_place is not None:
        sentence = tr("A label at the next doubtful place would teach the model most.")
    else:
        sentence = ""
    return sentence
