"""How often the 95 % intervals that Assess accuracy prints hold the truth, in simulated references of maps whose errors are known.

python benchmarks/coverage.py [SURVEYS]      surveys a design, 1000 by default, which take a minute a design; 60 take as long for all

Polygons and points are drawn from a large population of either class, and the truth are the scores of all of it. Probability samples are
drawn without replacement from a map of a quarter of a million pixels, and the truth are that map's own scores and area.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import timing  # noqa: F401 (finds the package)

from ipeo_water_plugin.core.accuracy import bootstrap
from ipeo_water_plugin.core.accuracy.assess import POINTS, POLYGONS, SAMPLE, Pairs, WaterArea, assess, survey_of
from ipeo_water_plugin.core.accuracy.estimators import Estimate, Strata, Survey
from ipeo_water_plugin.core.accuracy.reference_points import allocate
from ipeo_water_plugin.core.accuracy.sampling_design import poststratified
from ipeo_water_plugin.core.accuracy.scores import Ranking, Scores
from ipeo_water_plugin.core.accuracy.thresholds import class_weights
from ipeo_water_plugin.core.errors import InputError

BOUND = 0.93
SEED = 17
# Fewer than Assess accuracy takes, so that the ends are a little noisier than its own.
REPLICATES = 200
NAMES = ("accuracy", "precision", "recall", "f1", "iou", "auc", "average_precision", "brier", "ece")

Drawn = tuple[Pairs, WaterArea]


@dataclass(frozen=True)
class Areas:
    """Polygons (or points, of one pixel) of either class: how many, and how well they are mapped.

    Attributes:
        water, other: how many of each class.
        wrong: share of the polygons that are mapped wrongly as a whole.
        large: whether those are the larger half.
        skill: share of the pixels that is right in the others is of the distribution Beta(skill, 1); ∞ = all.
        spread: standard deviation of the logarithm of their size.
        kind: polygons or points.
        share: of water, that pixels are weighted to; None = as they are.
    """

    water: int
    other: int
    wrong: float
    large: bool = False
    skill: float = 30.0
    spread: float = 0.8
    kind: str = POLYGONS
    share: float | None = None

    def draw(self, random: np.random.Generator, water: int, other: int) -> Pairs:
        """Draw so many of each class."""
        count = water + other
        is_water = np.arange(count) < water
        size = np.maximum(random.lognormal(3.0, self.spread, count).astype(np.int64), 3)
        if self.kind == POINTS:
            size = np.ones(count, np.int64)
        share = self.wrong * (np.where(size > np.median(size), 2.0, 0.0) if self.large else 1.0)
        right = random.beta(self.skill, 1, count) if np.isfinite(self.skill) else np.ones(count)
        right[random.random(count) < share] = 0
        unit = np.repeat(np.arange(count), size)
        correct = random.random(len(unit)) < right[unit]
        weight = None if self.share is None else class_weights(is_water[unit], self.share)
        return Pairs(_probability(random, correct == is_water[unit]), is_water[unit], self.kind, unit, count=weight)

    def surveys(self, random: np.random.Generator) -> tuple[Scores, float, Callable[[], Drawn]]:
        """Return the truth, and what draws a survey."""
        share = self.water / (self.water + self.other)
        whole = self.draw(random, round(40_000 * share), round(40_000 * (1 - share)))
        truth = Scores.from_ranking(Ranking.from_pixels(whole.probability, whole.water, whole.count))
        return truth, np.nan, lambda: (self.draw(random, self.water, self.other), WaterArea())


@dataclass(frozen=True)
class Sample:
    """A probability sample of a map.

    Attributes:
        mapped: share of the map that is mapped as water.
        false: share of that which isn't water.
        missed: share of the rest that is water.
        points: in all.
        design: `stratified`, `random`, or `other`: stratified by another map, with errors of its own.
    """

    mapped: float
    false: float
    missed: float
    points: int
    design: str = "stratified"
    pixels: int = 250_000

    def surveys(self, random: np.random.Generator) -> tuple[Scores, float, Callable[[], Drawn]]:
        """Return the truth, and what draws a survey."""
        mapped = random.random(self.pixels) < self.mapped
        water = np.where(mapped, random.random(self.pixels) >= self.false, random.random(self.pixels) < self.missed)
        probability = _probability(random, mapped)
        stratum = {"stratified": mapped, "random": np.zeros(self.pixels, bool)}.get(self.design)
        if stratum is None:
            stratum = np.where(water, random.random(self.pixels) >= self.missed, random.random(self.pixels) < self.false * self.mapped)
        sizes = np.bincount(stratum.astype(np.int64)).astype(np.float64)
        counts = allocate(self.points, sizes.astype(int).tolist())
        members = [np.flatnonzero(stratum == index) for index in range(len(sizes))]
        area = WaterArea(float(mapped.sum()), float(self.pixels))

        def draw() -> Drawn:
            rows = np.concatenate([random.choice(m, n, replace=False) for m, n in zip(members, counts)])
            names = ("not water", "water")[: len(sizes)] if len(sizes) > 1 else ("all",)
            own = stratum[rows].astype(np.int64)
            unit = np.arange(len(rows))
            pairs = Pairs(probability[rows], water[rows], SAMPLE, unit, Strata(own, names, sizes, pixels=sizes))
            return poststratified(pairs, area, 0.5), area

        return Scores.from_ranking(Ranking.from_pixels(probability, water)), float(water.sum()), draw


def _probability(random: np.random.Generator, mapped: np.ndarray) -> np.ndarray:
    return np.where(mapped, random.uniform(0.5, 1, len(mapped)), random.uniform(0, 0.4999, len(mapped)))


DESIGNS: dict[str, Areas | Sample] = {
    "10 + 10 polygons, a few errors in each": Areas(10, 10, 0.0),
    "10 + 10 polygons, many errors in some": Areas(10, 10, 0.0, skill=4),
    "10 + 10 polygons, 3 % wholly wrong": Areas(10, 10, 0.03, skill=np.inf),
    "10 + 10 polygons, 15 % wholly wrong": Areas(10, 10, 0.15),
    "10 + 10 polygons, 10 % wholly wrong, large ones": Areas(10, 10, 0.1, large=True),
    "10 + 40 polygons, 10 % wholly wrong, sizes far apart": Areas(10, 40, 0.1, spread=1.2),
    "30 + 30 polygons, 5 % wholly wrong": Areas(30, 30, 0.05),
    "30 + 30 polygons, 5 % wholly wrong, weighted to 5 % water": Areas(30, 30, 0.05, share=0.05),
    "12 + 12 points, 5 % wrong": Areas(12, 12, 0.05, skill=np.inf, kind=POINTS),
    "40 + 80 points, 10 % wrong": Areas(40, 80, 0.1, skill=np.inf, kind=POINTS),
    "sample of 300, 10 % water, errors 10 % and 2 %": Sample(0.1, 0.1, 0.02, 300),
    "sample of 300, 3 % water, errors 15 % and 0.3 %": Sample(0.03, 0.15, 0.003, 300),
    "sample of 300, 1 % water, errors 5 % and 0.1 %": Sample(0.01, 0.05, 0.001, 300),
    "sample of 300, 0.1 % water, errors 10 % and 0.03 %": Sample(0.001, 0.1, 0.0003, 300),
    "sample of 300, 0.5 % water, errors 10 % and 0.06 %": Sample(0.005, 0.1, 0.0006, 300),
    "sample of 100, 20 % water, errors 4 % and 1 %": Sample(0.2, 0.04, 0.01, 100),
    "sample of 20, 20 % water, errors 10 % and 5 %": Sample(0.2, 0.1, 0.05, 20),
    "sample of 300 over the whole map, 15 % water": Sample(0.15, 0.1, 0.02, 300, "random"),
    "another map's sample of 300, 10 % water": Sample(0.1, 0.1, 0.01, 300, "other"),
    "another map's sample of 300, 3 % water": Sample(0.03, 0.15, 0.003, 300, "other"),
    "another map's sample of 1000, 3 % water": Sample(0.03, 0.1, 0.003, 1000, "other"),
    "a map of 400 pixels, 300 of them labelled": Sample(0.3, 0.1, 0.05, 300, pixels=400),
}


def coverage(design: Areas | Sample, surveys: int, seed: int = SEED) -> dict[str, tuple[float, float, int]]:
    """Return, for each score and the area, the share of the intervals that hold the truth, their mean width, and how many there were."""
    random = np.random.default_rng(seed)
    truth, true_area, draw = design.surveys(random)
    held: dict[str, list[tuple[bool, float]]] = {name: [] for name in (*NAMES, "area")}
    for number in range(surveys):
        pairs, area = draw()
        found = assess(pairs, area=area, replicates=REPLICATES, seed=number)
        ends = {name: (i.lower, i.upper) for name, i in found.intervals.items() if i is not None}
        if found.area.estimate is not None:
            ends["area"] = found.area.estimate.interval
        for name, (low, high) in ends.items():
            true = true_area if name == "area" else getattr(truth, name)
            held[name].append((low - 1e-9 <= true <= high + 1e-9, high - low))
    return {
        name: (float(np.mean([h for h, _ in rows])), float(np.mean([w for _, w in rows])), len(rows)) for name, rows in held.items() if rows
    }


# An analyst who stops as soon as the interval of the area is as narrow as wished: points that are drawn at most, and half the width.
STOPPED: dict[str, tuple[Sample, float]] = {
    "20 % water, errors 4 % and 1 %, ± 10 %": (Sample(0.2, 0.04, 0.01, 600), 0.1),
    "20 % water, errors 10 % and 5 %, ± 15 %": (Sample(0.2, 0.1, 0.05, 600), 0.15),
    "10 % water, errors 10 % and 2 %, ± 20 %": (Sample(0.1, 0.1, 0.02, 600), 0.2),
    "3 % water, errors 15 % and 0.3 %, ± 30 %": (Sample(0.03, 0.15, 0.003, 600), 0.3),
    "15 % water, errors 10 % and 2 %, over the whole map, ± 20 %": (Sample(0.15, 0.1, 0.02, 600, "random"), 0.2),
}


def _first(survey: Survey, order: np.ndarray, count: int) -> Estimate | None:
    """Return the area after so many points in some order, None where a stratum has too few."""
    rows = order[:count]
    try:
        strata = replace(survey.strata, stratum=survey.strata.stratum[rows], pixel_area=None)
        part = Survey(strata, survey.reference[rows], survey.predicted[rows])
    except InputError:
        return None
    return part.area(1)


def stopped(design: Sample, margin: float, surveys: int, seed: int = SEED) -> tuple[float, float, int]:
    """Return the coverage where one stops at a margin, that after as many points without looking, and their median number."""
    random = np.random.default_rng(seed)
    _, true_area, draw = design.surveys(random)
    ended, drawn = [], []
    for _ in range(surveys):
        survey = survey_of(draw()[0], 0.5)
        order = random.permutation(len(survey.reference))
        drawn.append((survey, order))
        for count in range(4, len(order) + 1):
            found = _first(survey, order, count)
            if found is not None and 0 < found.upper - found.lower <= 2 * margin * found.value:
                break
        ended.append((found.lower <= true_area <= found.upper, count))
    usual = int(np.median([count for _, count in ended]))
    unseen = [_first(survey, order, usual) for survey, order in drawn]
    held = np.mean([one.lower <= true_area <= one.upper for one in unseen if one is not None])
    return float(np.mean([hit for hit, _ in ended])), float(held), usual


def report_stopped(surveys: int) -> Iterator[float]:
    """Print a row for each design in which one stops at a margin; yield each coverage."""
    print(
        f"\nCoverage of the area in % where labelling stops at the first label after which the interval is as narrow as wished, {surveys} "
        f"surveys a design, seed {SEED}."
    )
    print("| design | stopped there | after as many points, without looking | median number of points |")
    print("|---|---|---|---|")
    for name, (design, margin) in STOPPED.items():
        share, fixed, points = stopped(design, margin, surveys)
        yield share
        print(f"| {name} | {100 * share:.1f} | {100 * fixed:.1f} | {points} |", flush=True)


def report(surveys: int) -> Iterator[float]:
    """Print a row for each design; yield each coverage."""
    print(f"Coverage in %, {surveys} surveys a design, seed {SEED}; in brackets the mean width of the interval of F1.")
    print("| design | " + " | ".join((*NAMES, "area")) + " |")
    print("|---|" + "---|" * (len(NAMES) + 1))
    for name, design in DESIGNS.items():
        found = coverage(design, surveys)
        cells = []
        for score in (*NAMES, "area"):
            if score not in found:
                cells.append("–")
                continue
            share, width, _ = found[score]
            yield share
            cells.append(f"{100 * share:.1f}" + (f" ({width:.2f})" if score == "f1" else ""))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    surveys = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    # Ranks of fewer groups are as good for as few pixels, and quicker.
    bootstrap._BINS = 64
    shares = [*report(surveys), *report_stopped(surveys)]
    # What chance alone may take away from a coverage of the bound.
    slack = 3 * np.sqrt(BOUND * (1 - BOUND) / surveys)
    print(f"Lowest coverage: {100 * min(shares):.1f} %; claimed: {100 * BOUND:.0f} %.")
    sys.exit(0 if min(shares) >= BOUND - slack else 1)


if __name__ == "__main__":
    main()
