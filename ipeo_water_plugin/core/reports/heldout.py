"""Scores of the model on held-out pixels, and of the simple rules that it should outperform. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..accuracy.assess import POLYGONS, Assessment, Interval, Pairs, as_far_as, assess
from ..accuracy.bootstrap import mass_of_another
from ..accuracy.scores import Scores
from ..accuracy.thresholds import at_water_fraction, class_weights, otsu
from ..model import effective_scaling, sigmoid
from ..progress import SILENT, Progress, SubProgress
from ..samples import Samples
from ..training.holdout import HeldOut
from ..training.train import Training
from ..translation import tr

_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Rate:
    """Error rates of a rule on labelled pixels, which don't depend on the share of water: recall (TPR) and false alarm rate (FPR).

    Attributes:
        name, short: of the rule; the short one fits beside a dot.
        kind: its class in the style sheet.
        counts: of each polygon, or of all pixels as one: water pixels, those predicted as water, other pixels, those predicted as water,
            shape (polygons, 4).
    """

    name: str
    short: str
    kind: str
    counts: np.ndarray

    @classmethod
    def from_predictions(cls, name: str, short: str, kind: str, predicted: np.ndarray, y: np.ndarray, group: np.ndarray) -> Rate:
        """Count the pixels of each polygon.

        Args:
            name, short, kind: as the attributes.
            predicted: True where the rule predicts water, shape (pixels,).
            y: True where water, with both classes present, shape (pixels,).
            group: number of the polygon, integer, shape (pixels,).
        """
        index = np.unique(group, return_inverse=True)[1].reshape(-1)
        return cls(name, short, kind, np.stack([np.bincount(index, side) for side in (y, y & predicted, ~y, ~y & predicted)], axis=1))

    def rates(self, power: float) -> tuple[float, float]:
        """Return recall and false alarm rate, each polygon weighted by pixels^power: by 0 polygons count equally, by 1 pixels do."""
        recall, false_alarms = (
            float(np.average(part[whole > 0] / whole[whole > 0], weights=whole[whole > 0] ** power))
            for whole, part in (self.counts.T[:2], self.counts.T[2:])
        )
        return recall, false_alarms

    @property
    def recall(self) -> float:
        """Return the share of the water pixels predicted as water."""
        return self.rates(1.0)[0]

    @property
    def false_alarms(self) -> float:
        """Return the share of the other pixels predicted as water."""
        return self.rates(1.0)[1]

    def f1(self, water_fraction: float, power: float = 1.0) -> float:
        """Return the F1 of water in a scene with this fraction of water and these error rates, polygons weighted as in `rates`."""
        return at_water_fraction(*self.rates(power), water_fraction)[1]

    def expected_f1(self, water_fraction: float) -> float:
        """Return the F1 to expect in a scene with this fraction of water.

        The average over pixels depends on a few large polygons, and that over polygons on a few tiny ones. As a compromise, polygons are
        weighted by the square root of their pixels.
        """
        return self.f1(water_fraction, 0.5)


def f1_difference(one: Rate, other: Rate, water_fraction: float) -> tuple[float, float]:
    """Return between which two differences of F1 of two rules on the same polygons 95 % of the resamples of the polygons lie.

    Polygons get random weights, the same for both rules (Rubin 1981, doi 10.1214/aos/1176345338). Each class gets one polygon more, which
    the one rule maps wrongly and the other doesn't: from a few polygons alone, as many as half of the verdicts on equal rules were for one.

    Args:
        one, other: from predictions for polygons of both classes.
        water_fraction: share of water in the scene.
    """
    water, land = (mass_of_another(part[part > 0], np.zeros(np.count_nonzero(part), int)).item() for part in one.counts.T[::2])
    right = np.array([(water, water, 0, 0), (0, 0, land, 0)])
    wrong = np.array([(water, 0, 0, 0), (0, 0, land, land)])
    drawn = np.random.default_rng(0).standard_exponential((_RESAMPLES, len(one.counts) + 2))

    def f1(rule: Rate, further: np.ndarray) -> np.ndarray:
        water, found, dry, false = (drawn @ np.concatenate([rule.counts, further])).T
        hits, alarms = found / water * water_fraction, false / dry * (1 - water_fraction)
        return 2 * hits / (hits + alarms + water_fraction)

    low, high = np.quantile(f1(one, wrong) - f1(other, right), 0.025), np.quantile(f1(one, right) - f1(other, wrong), 0.975)
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """Scores on held-out pixels.

    Attributes:
        pixels: held-out pixels of the training.
        probability: p(water) adjusted to the expected share of water, if one is set, shape (pixels,).
        assessment: each pixel counting equally.
        scores: with pixels weighted to the share `water`.
        intervals: of those scores, as from `as_far_as`.
        water: the share of water that probabilities are adjusted to, else that of the pixels.
        weighted: whether pixels are weighted.
        rates: of the model at 0.5, then of the simple rules.
    """

    pixels: HeldOut
    probability: np.ndarray
    assessment: Assessment
    scores: Scores
    intervals: Mapping[str, Interval | None]
    water: float
    weighted: bool
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class AreaScore:
    """How a training area was classified by a model trained without it.

    Attributes:
        id: of the polygon.
        scene: name of its scene.
        water: whether it is labelled water.
        pixels: number of its held-out pixels.
        right: share of them classified correctly at p = 0.5.
        place: mean position of the pixels in the scene's CRS, or None.
    """

    id: int
    scene: str
    water: bool
    pixels: int
    right: float
    place: tuple[float, float] | None


def area_scores(samples: Samples, held: HeldOutScores) -> list[AreaScore]:
    """Return a score for each held-out area, worst first, and the larger of equally bad ones first.

    Args:
        samples: training samples.
        held: scores on held-out pixels.
    """
    rows, group = held.pixels.rows, held.pixels.group
    there, first, pixels = np.unique(group, return_index=True, return_counts=True)

    def mean(values: np.ndarray) -> list[float]:
        """Average over the pixels of each area."""
        return (np.bincount(group, values)[there] / pixels).tolist()

    water, right = mean(held.pixels.y), mean((held.probability >= 0.5) == held.pixels.y)
    places: list[tuple[float, float] | None] = [None] * len(there)
    if samples.position is not None:
        places = list(zip(*map(mean, samples.position[rows].T)))
    scores = [
        AreaScore(int(samples.polygon[row]), samples.scenes[samples.scene[row]].name, wet >= 0.5, count, good, place)
        for row, wet, count, good, place in zip(rows[first], water, pixels.tolist(), right, places)
    ]
    return sorted(scores, key=lambda score: (score.right, -score.pixels))


def ndwi(green: np.ndarray, nir: np.ndarray) -> np.ndarray:
    """Return the normalized difference water index (green − nir) / (green + nir), NaN where the sum is 0.

    McFeeters (1996), doi 10.1080/01431169608948714.

    >>> ndwi(np.array([0.2, 0.1]), np.array([0.1, 0.3])).round(2).tolist()
    [0.33, -0.5]

    Args:
        green, nir: physical values, any shape.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        index = (green - nir) / (green + nir)
    return np.where(np.isfinite(index), index, np.nan)


def ndwi_of_samples(samples: Samples) -> np.ndarray | None:
    """Return the NDWI of each sample, shape (pixels,), from physical values if scale and offset are declared; None without both bands."""
    if not {"green", "nir"} <= set(samples.names):
        return None
    columns = []
    for name in ("green", "nir"):
        k = samples.names.index(name)
        scale, offset = np.array([effective_scaling(*(scene.scaling(name, k) or (None, None))) for scene in samples.scenes]).T
        columns.append(samples.X[:, k] * scale[samples.scene] + offset[samples.scene])
    return ndwi(*columns)


def held_out_scores(
    samples: Samples, training: Training, scene_ndwi: np.ndarray | None = None, progress: Progress = SILENT
) -> HeldOutScores | None:
    """Score the model and the simple rules on held-out pixels; return None if there are none.

    Args:
        samples: training samples.
        training: result of the training.
        scene_ndwi: NDWI of the scene for Otsu's threshold, any shape, NaN where invalid; None = that of all samples.
    """
    pixels = training.held_out
    if pixels is None:
        return None
    record = training.model.training
    probability = sigmoid(pixels.logit + record["intercept_shift"])
    meant = record["settings"]["water_fraction"] or (0.5 if record["settings"]["balance"] else None)
    pairs = Pairs(probability, pixels.y, POLYGONS, pixels.group)
    weighted = assessment = assess(pairs, progress=SubProgress(progress, 0.0, 0.3))
    if meant is not None:
        pairs = replace(pairs, count=class_weights(pixels.y, meant))
        weighted = assess(pairs, progress=SubProgress(progress, 0.3, 0.6))
    known = training.model.probability(list(samples.X[pixels.rows].T)).astype(np.float64)
    seen = assess(replace(pairs, probability=known), progress=SubProgress(progress, 0.6, 0.9))
    intervals = as_far_as(weighted.intervals, seen.intervals)
    own = Rate.from_predictions(tr("This model, p ≥ 0.5"), tr("model"), "water", probability >= 0.5, pixels.y, pixels.group)
    rates = (own, *_simple_rules(samples, pixels, scene_ndwi))
    share = meant or float(np.mean(pixels.y))
    return HeldOutScores(pixels, probability, assessment, weighted.plain, intervals, share, meant is not None, rates)


def _simple_rules(samples: Samples, pixels: HeldOut, scene_ndwi: np.ndarray | None) -> list[Rate]:
    index = ndwi_of_samples(samples)
    if index is None:
        return []
    values = index[pixels.rows]
    rules = [Rate.from_predictions("NDWI\u00a0>\u00a00", "NDWI > 0", "rule", values > 0, pixels.y, pixels.group)]
    known = index if scene_ndwi is None else scene_ndwi
    known = known[np.isfinite(known)]
    level = otsu(known, (-1.0, 1.0)) if known.size else None
    if level is not None:
        cut = f"NDWI\u00a0>\u00a0{level:.3f}"
        name = tr("{rule} (Otsu's threshold of the samples)") if scene_ndwi is None else tr("{rule} (Otsu's threshold of the scene)")
        rules.append(Rate.from_predictions(name.format(rule=cut), "NDWI, Otsu", "faded", values > level, pixels.y, pixels.group))
    return rules
