"""How good a probability map is, how far that can be trusted, and how much water it means in hectares. numpy alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..progress import Progress, SilentProgress, SubProgress, raise_if_cancelled
from ..translation import tr
from .bootstrap import Cells, Groups, intervals
from .estimators import MIN_ERRORS, Estimate, Survey
from .scores import Ranking, Scores, at_least
from .thresholds import check_threshold

CLASSES = ("not water", "water")
SCORES = ("accuracy", "precision", "recall", "f1", "iou", "auc", "average_precision", "brier", "log_loss", "ece")
MIN_POLYGONS = 10

POLYGONS, POINTS, RASTER, SAMPLE = "polygons", "points", "raster", "probability sample"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a score, and how it came about: `Bayesian bootstrap over polygons` or `over points`."""

    lower: float
    upper: float
    method: str


@dataclass(frozen=True)
class LeftOut:
    """Labelled pixels or points that were not compared.

    Attributes:
        map_nodata: the map has no probability there.
        reference_nodata: the reference raster is NoData, or doesn't reach there.
        conflicting: claimed by both classes.
        outside: polygons or points beyond the map.
        unlabelled: features without a class.
        thinned: pixels not taken because there were more than can be held at once.
    """

    map_nodata: int = 0
    reference_nodata: int = 0
    conflicting: int = 0
    outside: int = 0
    unlabelled: int = 0
    thinned: int = 0


def _not_a_sample() -> str:
    return tr(
        "The reference is no probability sample: its places were chosen, not drawn, so nothing follows for the rest of the map. "
        "Draw points with Sample reference points and label them to get an area with an interval."
    )


@dataclass(frozen=True)
class WaterArea:
    """The area of water in hectares.

    Attributes:
        mapped: area of the pixels with p ≥ threshold, or None where the map has no known CRS or wasn't measured.
        total: area of all valid pixels, or None likewise.
        estimate: area of water in truth with its standard error, from a probability sample; else None.
        reason: why there is no estimate; "" where there is one.
    """

    mapped: float | None = None
    total: float | None = None
    estimate: Estimate | None = None
    reason: str = field(default_factory=_not_a_sample)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pixels that have both a probability and a reference.

    Attributes:
        probability: p(water) on the map, shape (pixels,), float32 or float64, in 0…1.
        water: True where the reference says water, shape (pixels,), bool.
        kind: what the reference is: `polygons`, `points`, `raster` or `probability sample`.
        unit: number of the polygon or point that each pixel comes from, from 0, shape (pixels,), integer; None for a raster.
        stratum: index of each point's stratum in a probability sample, shape (pixels,), integer; else None.
        strata: name of each stratum.
        stratum_area: its area in hectares, shape (strata,).
        pixel_area: area of each point's pixel in hectares, shape (pixels,); None = all are equal.
        stratum_pixels: number of pixels in each stratum, ∞ where it isn't known, shape (strata,); None = it isn't known of any.
        no_area: why the area of water can't be estimated from a probability sample; "" where it can.
        warnings: sentences on the reference that whoever reads the figures has to know.
        left_out: what couldn't be compared.
    """

    probability: np.ndarray
    water: np.ndarray
    kind: str
    unit: np.ndarray | None = None
    stratum: np.ndarray | None = None
    strata: tuple[str, ...] = ()
    stratum_area: np.ndarray | None = None
    pixel_area: np.ndarray | None = None
    stratum_pixels: np.ndarray | None = None
    no_area: str = ""
    warnings: tuple[str, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            InputError: there is no pixel, shapes disagree, p isn't in 0…1, or a probability sample lacks its strata.
        """
        n = len(self.probability)
        if not n:
            msg = tr("No pixel has both a probability and a reference: check that the two overlap and aren't NoData there.")
            raise InputError(msg)
        columns = [c for c in (self.unit, self.stratum, self.pixel_area) if c is not None]
        if self.water.shape != (n,) or any(c.shape != (n,) for c in columns):
            msg = tr("A reference class, a unit and a stratum are wanted for each of the {count} probabilities.").format(count=n)
            raise InputError(msg)
        # Written so that NaN fails it too.
        if not (self.probability.min() >= 0 and self.probability.max() <= 1):
            msg = tr("Probabilities lie between 0 and 1, but some of these don't: choose a raster of water probability.")
            raise InputError(msg)
        if (self.kind == SAMPLE) != (self.stratum is not None and self.stratum_area is not None):
            msg = tr("A probability sample has strata with known areas, and nothing else has.")
            raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Assessment:
    """All there is to say of a map against a reference.

    Attributes:
        threshold: p at or above it is water.
        kind: what the reference is: `polygons`, `points`, `raster` or `probability sample`.
        pixels: number of pixels compared, by reference class (not water, water).
        units: number of polygons or points compared, by reference class; None for a raster.
        left_out: what couldn't be compared.
        plain: scores where each pixel counts the same.
        weighted: scores where each pixel counts for the area it stands for, of a probability sample; else None. Its confusion
            matrix holds shares of the mapped area.
        intervals: of each name in SCORES, for `scores`; None where there is none.
        interval_reason: how the intervals came about, or why there are none; a sentence.
        area: of water.
        strata: of a probability sample: name, labelled points, errors among them; else empty.
        own_strata: whether those strata are what this very map says at this threshold.
        warnings: sentences that whoever reads the figures has to know.
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
        """The scores to state first: those weighted by area where there are some."""
        return self.weighted or self.plain


def assess(
    pairs: Pairs,
    threshold: float = 0.5,
    area: WaterArea | None = None,
    replicates: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> Assessment:
    """Score a map, with intervals where the reference allows them.

    Args:
        pairs: what was compared.
        threshold: p at or above it is water.
        area: what the map itself says of the area; its estimate is made here where the reference is a probability sample.
        replicates: of the bootstrap.
        seed: of the bootstrap.
        progress: told the share of the work done.

    Raises:
        InputError: the threshold isn't in 0…1, or a stratum of a probability sample has fewer than two labelled points and more pixels.
        CancelledError: the caller cancelled.
    """
    progress, area = progress or SilentProgress(), area or WaterArea()
    check_threshold(threshold)
    raise_if_cancelled(progress)
    ranking = Ranking.from_pixels(pairs.probability, pairs.water, progress=progress)
    progress.set(0.2)
    plain = Scores.from_ranking(ranking, threshold)
    progress.set(0.3)
    survey = _survey(pairs, threshold)
    weighted = None
    warnings = [*pairs.warnings, *_one_class(pairs)]
    own = False
    if survey is not None:
        own = _own_strata(survey, area)
        weight = survey.weight / survey.stratum_area.sum()
        weighted = Scores.from_ranking(Ranking.from_pixels(pairs.probability, pairs.water, weight, progress), threshold)
        area = WaterArea(area.mapped, area.total, None if pairs.no_area else survey.area(1), pairs.no_area)
        warnings += _thin_strata(survey, pairs.strata)
    elif pairs.no_area:
        area = WaterArea(area.mapped, area.total, None, pairs.no_area)
    progress.set(0.4)
    span = SubProgress(progress, 0.4, 1.0)
    found, reason = _intervals(pairs, ranking, survey, weighted or plain, threshold, replicates, seed, span, own=own)
    progress.set(1.0)
    return Assessment(
        threshold=threshold,
        kind=pairs.kind,
        pixels=(int(np.count_nonzero(~pairs.water)), int(np.count_nonzero(pairs.water))),
        units=_units(pairs),
        left_out=pairs.left_out,
        plain=plain,
        weighted=weighted,
        intervals=found,
        interval_reason=reason,
        area=area,
        strata=() if survey is None else tuple(zip(pairs.strata, survey.sizes.tolist(), survey.errors.tolist())),
        own_strata=own,
        warnings=tuple(warnings),
    )


def _one_class(pairs: Pairs) -> list[str]:
    if not pairs.water.any():
        return [
            tr(
                "Nothing in the reference is water, so it can't tell how much of the water the map finds, nor how much of what it maps is "
                "water: scores are left out. Add water to the reference, or check which values mean water."
            )
        ]
    if pairs.water.all():
        return [
            tr(
                "All of the reference is water, so it can't tell how much of what the map calls water isn't: recall is the only score. Add "
                "places that aren't water. In a reference raster, check whether its NoData value is the one that means not water."
            )
        ]
    return []


def _survey(pairs: Pairs, threshold: float) -> Survey | None:
    if pairs.stratum is None or pairs.stratum_area is None:
        return None
    predicted = at_least(pairs.probability, threshold).astype(np.int64)
    water = pairs.water.astype(np.int64)
    return Survey(pairs.stratum, pairs.stratum_area, water, predicted, pairs.pixel_area, pairs.stratum_pixels, pairs.strata)


def _own_strata(survey: Survey, area: WaterArea) -> bool:
    """Whether the strata are what the map says: then a stratum's pixels are all mapped alike, those without a label too."""
    mapped = np.bincount(survey.stratum, weights=survey.predicted, minlength=len(survey.stratum_area))
    if area.mapped is None or np.any((mapped > 0) & (mapped < survey.sizes)):
        return False
    return math.isclose(float(survey.stratum_area[mapped > 0].sum()), area.mapped, rel_tol=1e-6, abs_tol=1e-9)


def _thin_strata(survey: Survey, names: tuple[str, ...]) -> list[str]:
    return [
        tr(
            "Only {errors} of the {size} points of stratum “{name}” are errors. With fewer than {fewest} the standard error is "
            "itself uncertain: label more points there."
        ).format(errors=errors, size=size, name=name, fewest=MIN_ERRORS)
        for name, size, errors, complete in zip(names, survey.sizes.tolist(), survey.errors.tolist(), survey.complete.tolist())
        if errors < MIN_ERRORS and not complete
    ]


def _units(pairs: Pairs) -> tuple[int, int] | None:
    if pairs.unit is None:
        return None
    other, water = (int(np.count_nonzero(np.bincount(pairs.unit[pairs.water == side]))) for side in (False, True))
    return other, water


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
    """Return an interval or None for each score, and a sentence on how they came about."""
    none: dict[str, Interval | None] = dict.fromkeys(SCORES)
    if pairs.unit is None:
        return none, tr("No intervals: pixels of a raster aren't independent, and it has no polygons that could be drawn again.")
    # Numbers without gaps: polygons without a pixel take no part.
    there = np.bincount(pairs.unit) > 0
    index = (np.cumsum(there) - 1)[pairs.unit]
    raise_if_cancelled(progress)
    if survey is None:
        groups, fewest = _classes(pairs, index)
        if fewest < MIN_POLYGONS:
            text = (
                tr("No intervals: they need at least {fewest} points of each class, and one class has {least}.")
                if pairs.kind == POINTS
                else tr("No intervals: they need at least {fewest} polygons of each class, and one class has {least}.")
            )
            return none, text.format(fewest=MIN_POLYGONS, least=fewest)
    else:
        groups = _strata(survey, index, own=own)
    found = dict(none)
    method = tr("Bayesian bootstrap over polygons") if pairs.kind == POLYGONS else tr("Bayesian bootstrap over points")
    cells = Cells.from_pixels(pairs.probability, pairs.water, index, threshold, None if survey is None else survey.weight, ranking)
    for name, (lower, upper) in intervals(cells, groups, replicates, seed, progress).items():
        value = getattr(scores, name)
        if value is not None:
            # Quantiles of replicates may miss a value that lies at the very end.
            found[name] = Interval(min(lower, value), max(upper, value), method)
    if survey is None:
        text = (
            tr(
                "Approximate 95 % intervals from {replicates} Bayesian bootstraps over whole points, class by class. Each class counts one "
                "point more, which is mapped wrongly for the lower end and rightly for the upper, since the reference may have missed "
                "such a place. They tell how much the scores hang on the choice of places, not how good the map is elsewhere."
            )
            if pairs.kind == POINTS
            else tr(
                "Approximate 95 % intervals from {replicates} Bayesian bootstraps over whole polygons, class by class, since pixels of "
                "one polygon resemble each other. Each class counts one polygon more, which is mapped wrongly for the lower end and "
                "rightly for the upper, since the reference may have missed such a place. They tell how much the scores hang on the "
                "choice of places, not how good the map is elsewhere."
            )
        )
        return found, text.format(replicates=replicates)
    text = tr(
        "95 % intervals from {replicates} Bayesian bootstraps over points within strata. Each stratum counts one point more, which is "
        "mapped wrongly for the lower end and rightly for the upper, since the sample may have missed such a place."
    )
    return found, text.format(replicates=replicates)


def _classes(pairs: Pairs, index: np.ndarray) -> tuple[Groups, int]:
    """Group units by their class, and count those of the rarer class."""
    water = 2 * np.bincount(index, weights=pairs.water) >= np.bincount(index)
    least = min(int(np.count_nonzero(water)), int(np.count_nonzero(~water)))
    return Groups(water.astype(np.int64), np.array([False, True]), None, np.zeros(2, bool)), least


def _strata(survey: Survey, index: np.ndarray, *, own: bool) -> Groups:
    """Group points by stratum."""
    stratum = np.zeros(int(index.max()) + 1, np.int64)
    stratum[index] = survey.stratum
    there, group = np.unique(stratum, return_inverse=True)
    mapped = np.zeros(len(survey.stratum_area), bool)
    mapped[survey.stratum[survey.predicted == 1]] = True
    return Groups(group.reshape(-1), None, mapped[there] if own else None, survey.complete[there])
