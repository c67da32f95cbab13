"""Scores of a probability map against a reference, their intervals, and the area of water in hectares. numpy alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import InputError
from ..model import at_least
from ..progress import SILENT, Progress, SubProgress, raise_if_cancelled
from ..translation import tr
from .bootstrap import Cells, Groups, calibration_interval, intervals
from .estimators import MIN_ERRORS, Estimate, Strata, Survey
from .scores import Ranking, Scores
from .thresholds import check_threshold

CLASSES = ("not water", "water")
SCORES = ("accuracy", "precision", "recall", "f1", "iou", "auc", "average_precision", "brier", "log_loss", "ece")
LESS_IS_BETTER = ("brier", "log_loss", "ece")
MIN_POLYGONS = 10

POLYGONS, POINTS, RASTER, SAMPLE = "polygons", "points", "raster", "probability sample"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a score, and its method: `Bayesian bootstrap over polygons` or `over points`."""

    lower: float
    upper: float
    method: str


@dataclass(frozen=True)
class LeftOut:
    """Labelled pixels or points that were not compared.

    Attributes:
        map_nodata: pixels without a probability on the map.
        reference_nodata: pixels that are NoData in the reference raster or outside it.
        conflicting: pixels in features of both classes.
        outside: polygons or points outside the map.
        unlabelled: features without a class.
    """

    map_nodata: int = 0
    reference_nodata: int = 0
    conflicting: int = 0
    outside: int = 0
    unlabelled: int = 0


def _not_a_sample() -> str:
    return tr(
        "The reference is not a probability sample: its places were chosen, not drawn at random, so it says nothing about the rest of the "
        "map. To get an area with an interval, draw points with Sample reference points and label them."
    )


@dataclass(frozen=True)
class WaterArea:
    """The area of water in hectares.

    Attributes:
        mapped: area of the pixels with p ≥ threshold; None if the map has no known CRS or wasn't measured.
        total: area of all valid pixels; None likewise.
        estimate: true area of water with its standard error, from a probability sample; else None.
        reason: why there is no estimate; "" if there is one.
    """

    mapped: float | None = None
    total: float | None = None
    estimate: Estimate | None = None
    reason: str = field(default_factory=_not_a_sample)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pixels that have both a probability and a reference; those that are alike may share a row.

    Attributes:
        probability: p(water) on the map, shape (rows,), float32 or float64, in 0…1.
        water: True where the reference is water, shape (rows,), bool.
        kind: of reference: `polygons`, `points`, `raster` or `probability sample`.
        unit: index of the polygon or point that each pixel comes from, shape (rows,), integer; None for a raster.
        sample: strata of a probability sample; else None.
        no_area: why the area of water can't be estimated from a probability sample; "" if it can.
        warnings: sentences on the reference that affect how to read the scores.
        left_out: what couldn't be compared.
        count: number of pixels of each row, shape (rows,), float64; None = one each, as in a probability sample.
        area: as mapped, if it was measured with the pairs.
        place: column and row of each point's pixel on the map, at its centre, shape (rows, 2); None for polygons and rasters.
        feature: id of each point's feature, shape (rows,), int64; None likewise.
    """

    probability: np.ndarray
    water: np.ndarray
    kind: str
    unit: np.ndarray | None = None
    sample: Strata | None = None
    no_area: str = ""
    warnings: tuple[str, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)
    count: np.ndarray | None = None
    area: WaterArea | None = None
    place: np.ndarray | None = None
    feature: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Raise InputError if there is no pixel, or p isn't in 0…1."""
        if not len(self.probability):
            msg = tr("No pixel has both a probability and a reference: check that the two overlap and aren't NoData there.")
            raise InputError(msg)
        # Written so that NaN fails it too.
        if not (self.probability.min() >= 0 and self.probability.max() <= 1):
            msg = tr("Some values lie outside 0 to 1, so they aren't probabilities: choose a raster of water probability.")
            raise InputError(msg)

    @property
    def pixels(self) -> tuple[int, int]:
        """Number of pixels by reference class (not water, water)."""
        other, water = np.bincount(self.water, self.count, 2).astype(int).tolist()
        return other, water


@dataclass(frozen=True, eq=False)
class Assessment:
    """Result of comparing a map with a reference.

    Attributes:
        threshold: pixels with p ≥ threshold are water.
        kind: of reference: `polygons`, `points`, `raster` or `probability sample`.
        pixels: number of pixels compared, by reference class (not water, water).
        units: number of polygons or points compared, by reference class; None for a raster.
        left_out: what couldn't be compared.
        plain: scores with equal weights of pixels.
        weighted: scores of a probability sample, each pixel weighted by the area that it stands for; else None. Its confusion matrix
            holds shares of the mapped area.
        intervals: of each name in SCORES, for `scores`; None = no interval.
        interval_reason: a sentence on the method of the intervals, or why there are none.
        area: of water.
        strata: of a probability sample: name, labelled points, errors among them; else empty.
        own_strata: whether those strata are the classes of this very map at this threshold.
        warnings: sentences that affect how to read the scores.
    """

    threshold: float
    kind: str
    pixels: tuple[int, int]
    units: tuple[int, int] | None
    left_out: LeftOut
    plain: Scores
    weighted: Scores | None
    intervals: Mapping[str, Interval | None]
    interval_reason: str
    area: WaterArea
    strata: tuple[tuple[str, int, int], ...] = ()
    own_strata: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def scores(self) -> Scores:
        """The scores to report first: those weighted by area, if any."""
        return self.weighted or self.plain


def assess(
    pairs: Pairs,
    threshold: float = 0.5,
    area: WaterArea | None = None,
    replicates: int = 1000,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Assessment:
    """Compute scores of a map, with intervals if the reference supports them.

    Args:
        pairs: of map and reference.
        threshold: pixels with p ≥ threshold are water.
        area: mapped; its estimate is computed here if the reference is a probability sample.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        InputError: the threshold isn't in 0…1, or a stratum of a probability sample has fewer than two labelled points and more pixels.
    """
    area = area or WaterArea()
    check_threshold(threshold)
    raise_if_cancelled(progress)
    ranking = Ranking.from_pixels(pairs.probability, pairs.water, pairs.count)
    progress.set(0.2)
    plain = Scores.from_ranking(ranking, threshold)
    progress.set(0.3)
    survey, weighted, own = survey_of(pairs, threshold), None, False
    warnings = [*pairs.warnings, *one_class(pairs.pixels)]
    if survey is not None:
        own = _own_strata(survey, area)
        weight = survey.weight / survey.strata.area.sum()
        weighted = Scores.from_ranking(Ranking.from_pixels(pairs.probability, pairs.water, weight), threshold)
        warnings += _thin_strata(survey)
    if survey is not None or pairs.no_area:
        estimate = None if survey is None or pairs.no_area else survey.area(1)
        area = replace(area, estimate=estimate, reason=pairs.no_area)
    progress.set(0.4)
    units = None if pairs.unit is None else (_distinct(pairs.unit[~pairs.water]), _distinct(pairs.unit[pairs.water]))
    span = SubProgress(progress, 0.4, 1.0)
    found, reason = _intervals(pairs, ranking, survey, weighted or plain, threshold, replicates, seed, span, own=own)
    progress.set(1.0)
    return Assessment(
        threshold=threshold,
        kind=pairs.kind,
        pixels=pairs.pixels,
        units=units,
        left_out=pairs.left_out,
        plain=plain,
        weighted=weighted,
        intervals=found,
        interval_reason=reason,
        area=area,
        strata=() if survey is None else tuple(zip(survey.strata.names, survey.sizes.tolist(), survey.errors.tolist())),
        own_strata=own,
        warnings=tuple(warnings),
    )


def as_far_as(intervals: Mapping[str, Interval | None], seen: Mapping[str, Interval | None]) -> dict[str, Interval | None]:
    """Return intervals of scores on areas left out that reach, at their better end, as far as those of the model that has seen the areas.

    Each area was classified by a model trained without it, which does worse than the one trained on all of them: in simulated trainings
    (`benchmarks/coverage_trained.py`) the intervals held the scores of the latter in as few as 60 %, being too low.

    Args:
        intervals: of the scores on areas left out.
        seen: of the scores of the model trained on all areas, on the same pixels.
    """
    reached = dict(intervals)
    for name, one in intervals.items():
        other = seen[name]
        if one is not None and other is not None:
            lower, upper = (min(one.lower, other.lower), one.upper) if name in LESS_IS_BETTER else (one.lower, max(one.upper, other.upper))
            reached[name] = replace(one, lower=lower, upper=upper)
    return reached


def one_class(pixels: tuple[int, int]) -> list[str]:
    """Return a warning if a reference, of so many compared pixels by class (not water, water), has one class only."""
    all_water = tr(
        "All of the reference is water, so it can't show false alarms: recall is the only score. Add places that aren't water. In a "
        "reference raster, check whether its NoData value is the one that means not water."
    )
    no_water = tr(
        "Nothing in the reference is water, so it can't show how much of the water the map finds, nor how much of what it maps is water: "
        "scores are left out. Add water to the reference, or check which values mean water."
    )
    return [text for text, missing in zip((all_water, no_water), pixels) if not missing]


def survey_of(pairs: Pairs, threshold: float) -> Survey | None:
    """Return what estimates areas from a probability sample; None for other references.

    Raises:
        InputError: a stratum has fewer than two labelled points and more pixels.
    """
    if pairs.sample is None:
        return None
    return Survey(pairs.sample, pairs.water.astype(np.int64), at_least(pairs.probability, threshold).astype(np.int64))


def _own_strata(survey: Survey, area: WaterArea) -> bool:
    """Whether the strata are the map's classes: then all pixels of a stratum are mapped alike, those without a label too."""
    mapped = np.bincount(survey.strata.stratum, weights=survey.predicted, minlength=len(survey.strata.area))
    if area.mapped is None or np.any((mapped > 0) & (mapped < survey.sizes)):
        return False
    return math.isclose(float(survey.strata.area[mapped > 0].sum()), area.mapped, rel_tol=1e-6, abs_tol=1e-9)


def _thin_strata(survey: Survey) -> list[str]:
    text = tr(
        "Errors among the {size} points of stratum “{name}”: {errors}. With fewer than {minimum} the standard error itself is uncertain; "
        "the interval allows for that and is wide. Label more points there."
    )
    strata = zip(survey.strata.names, survey.sizes.tolist(), survey.errors.tolist(), survey.complete.tolist())
    return [
        text.format(errors=errors, size=size, name=name, minimum=MIN_ERRORS)
        for name, size, errors, complete in strata
        if errors < MIN_ERRORS and not complete
    ]


def _distinct(unit: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(unit)))


def _intervals(
    pairs: Pairs,
    ranking: Ranking,
    survey: Survey | None,
    scores: Scores,
    threshold: float,
    replicates: int,
    seed: int,
    progress: Progress,
    *,
    own: bool,
) -> tuple[dict[str, Interval | None], str]:
    """Return an interval or None for each score, and a sentence on the method."""
    found: dict[str, Interval | None] = dict.fromkeys(SCORES)
    if pairs.unit is None:
        return found, tr("No intervals: pixels of a raster aren't independent, and it has no polygons to resample.")
    # Renumbered without gaps: polygons without a pixel take no part.
    present = np.bincount(pairs.unit) > 0
    index = (np.cumsum(present) - 1)[pairs.unit]
    raise_if_cancelled(progress)
    if survey is None:
        groups, fewest = _classes(pairs, index)
        if fewest < MIN_POLYGONS:
            text = tr("No intervals: they need at least {minimum} polygons of each class, and one class has {fewest}.")
            if pairs.kind == POINTS:
                text = tr("No intervals: they need at least {minimum} points of each class, and one class has {fewest}.")
            return found, text.format(minimum=MIN_POLYGONS, fewest=fewest)
    else:
        groups = _strata(survey, index, own=own)
    method = tr("Bayesian bootstrap over polygons") if pairs.kind == POLYGONS else tr("Bayesian bootstrap over points")
    weight = _counts(pairs) if survey is None else survey.weight
    cells = Cells.from_pixels(pairs.probability, pairs.water, index, threshold, weight, ranking)
    for name, (lower, upper) in intervals(cells, groups, replicates, seed, progress).items():
        value = getattr(scores, name)
        if value is not None:
            # Quantiles of replicates may miss a value at the very end.
            found[name] = Interval(min(lower, value), max(upper, value), method)
    if scores.ece is not None:
        ends = calibration_interval(pairs.probability, pairs.water, index, weight, scores.reliability, groups, replicates, seed)
        found["ece"] = Interval(ends[0], max(ends[1], scores.ece), method)
    texts = {
        POINTS: tr(
            "Approximate 95 % intervals from {replicates} Bayesian bootstraps over whole points, class by class. Each class counts one "
            "point more, mapped wrongly for the lower end and correctly for the upper, since the reference may have missed such a place. "
            "They show how much the scores depend on the choice of places, not how good the map is elsewhere."
        ),
        POLYGONS: tr(
            "Approximate 95 % intervals from {replicates} Bayesian bootstraps over whole polygons, class by class, since pixels of one "
            "polygon resemble each other. Each class counts one polygon more, mapped wrongly for the lower end and correctly for the "
            "upper, since the reference may have missed such a place. They show how much the scores depend on the choice of places, not "
            "how good the map is elsewhere."
        ),
        SAMPLE: tr(
            "95 % intervals from {replicates} Bayesian bootstraps over points within strata. Each stratum counts one point more, mapped "
            "wrongly for the lower end and correctly for the upper, since the sample may have missed such a place."
        ),
    }
    return found, texts[pairs.kind].format(replicates=replicates)


def _classes(pairs: Pairs, index: np.ndarray) -> tuple[Groups, int]:
    """Group units by their class, and count those of the rarer class."""
    count = _counts(pairs)
    water = 2 * np.bincount(index, weights=count * pairs.water) >= np.bincount(index, weights=count)
    fewest = min(int(np.count_nonzero(water)), int(np.count_nonzero(~water)))
    return Groups(water.astype(np.int64), np.array([False, True]), None, np.zeros(2, bool)), fewest


def _counts(pairs: Pairs) -> np.ndarray:
    return np.ones(len(pairs.water)) if pairs.count is None else pairs.count


def _strata(survey: Survey, index: np.ndarray, *, own: bool) -> Groups:
    """Group points by stratum."""
    stratum = np.zeros(int(index.max()) + 1, np.int64)
    stratum[index] = survey.strata.stratum
    present, group = np.unique(stratum, return_inverse=True)
    mapped = np.zeros(len(survey.strata.area), bool)
    mapped[survey.strata.stratum[survey.predicted == 1]] = True
    return Groups(group.reshape(-1), None, mapped[present] if own else None, survey.complete[present])
