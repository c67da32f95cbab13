"""How often the 95 % interval of the area of water holds the truth in simulated surveys, at the edges of what an estimator is made for.

python benchmarks/coverage_area.py [SURVEYS]      surveys a design, 1000 by default; all of it takes a quarter of a minute

The truth is known: so many pixels of each stratum are water. Points are drawn without replacement. Beside the coverage stand the share of
surveys whose whole interval lies above or below the truth, its mean width as a share of the truth, the coverage of ± 1.96 standard
errors, and the mean of the estimates and of the standard errors as shares of the truth and of the estimates' own standard deviation.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import timing  # noqa: F401 (finds the package)

from ipeo_water_plugin.core.accuracy.assess import SAMPLE, Pairs, WaterArea, survey_of
from ipeo_water_plugin.core.accuracy.estimators import Strata as Drawn
from ipeo_water_plugin.core.accuracy.estimators import Survey
from ipeo_water_plugin.core.accuracy.sampling_design import poststratified

BOUND, SEED = 0.93, 17
MAP = 250_000


@dataclass(frozen=True)
class Strata:
    """A stratified sample: of each stratum its pixels, those that are water, and the points in it."""

    strata: tuple[tuple[int, int, int], ...]

    @property
    def points(self) -> str:
        """The points of each stratum."""
        counts = [points for _, _, points in self.strata]
        return " + ".join(map(str, counts)) if len(counts) < 4 else f"{len(counts)} × {counts[0]}"

    def surveys(self, random: np.random.Generator, count: int) -> tuple[float, Iterator[Survey]]:
        """Return the truth and as many surveys; those with the same counts are one object."""
        pixels, water, points = (np.array(column) for column in zip(*self.strata))
        found = np.stack([random.hypergeometric(w, n - w, k, count) for n, w, k in self.strata], axis=1)
        stratum, seen = np.repeat(np.arange(len(points)), points), {}

        def every() -> Iterator[Survey]:
            for row in map(tuple, found.tolist()):
                if row not in seen:
                    reference = np.concatenate([np.arange(k) < hits for k, hits in zip(points.tolist(), row)]).astype(np.int64)
                    seen[row] = Survey(Drawn(stratum, (), pixels.astype(float), pixels=pixels.astype(float)), reference, reference)
                yield seen[row]

        return float(water.sum()), every()


@dataclass(frozen=True)
class WholeMap:
    """A simple random sample of a map, stratified by mapped class afterwards where there are ten points of each.

    Attributes:
        mapped, false, missed: share that is mapped as water, share of that which isn't, share of the rest which is.
        drawn: points.
    """

    mapped: float
    false: float
    missed: float
    drawn: int

    @property
    def points(self) -> str:
        """The points."""
        return str(self.drawn)

    def surveys(self, random: np.random.Generator, count: int) -> tuple[float, Iterator[Survey]]:
        """Return the truth and as many surveys."""
        mapped = round(MAP * self.mapped)
        false, missed = round(mapped * self.false), round((MAP - mapped) * self.missed)
        cells = [MAP - mapped - missed, missed, false, mapped - false]
        p, water, size = np.array([0.2, 0.2, 0.8, 0.8]), np.array([False, True, False, True]), np.array([float(MAP)])

        def every() -> Iterator[Survey]:
            for row in random.multivariate_hypergeometric(cells, self.drawn, count):
                kind, stratum = np.repeat(np.arange(4), row), np.zeros(self.drawn, np.int64)
                pairs = Pairs(p[kind], water[kind], SAMPLE, np.arange(self.drawn), Drawn(stratum, ("all",), size, pixels=size))
                survey = survey_of(poststratified(pairs, WaterArea(float(mapped), float(MAP)), 0.5), 0.5)
                if survey is not None:
                    yield survey

        return float(missed + mapped - false), every()


@dataclass(frozen=True)
class Degrees:
    """A random sample of pixels in degrees from the equator to 60°: areas between 1 and 1/2, water where pixels are small."""

    drawn: int

    @property
    def points(self) -> str:
        """The points."""
        return str(self.drawn)

    def surveys(self, random: np.random.Generator, count: int) -> tuple[float, Iterator[Survey]]:
        """Return the truth and as many surveys."""
        size = np.cos(np.radians(np.linspace(0, 60, 40_000)))
        water = (random.random(40_000) < 0.4 * (1 - size)).astype(np.int64)
        total, pixels, stratum = np.array([size.sum()]), np.array([40_000.0]), np.zeros(self.drawn, np.int64)

        def every() -> Iterator[Survey]:
            for _ in range(count):
                rows = random.choice(40_000, self.drawn, replace=False)
                yield Survey(Drawn(stratum, (), total, size[rows], pixels), water[rows], water[rows])

        return float(size @ water), every()


def own(mapped: float, false: float, missed: float, points: tuple[int, int], pixels: int = MAP) -> Strata:
    """Strata that are the map's classes, as Sample reference points draws them: not water, then water."""
    water = round(pixels * mapped)
    return Strata(
        (
            (pixels - water, round((pixels - water) * missed), points[0]),
            (water, water - round(water * false), points[1]),
        )
    )


def regions(shares: np.ndarray, pixels: int, points: int) -> Strata:
    """Strata of one size that aren't classes of any map, such as regions, with these shares of water."""
    return Strata(tuple((pixels, round(pixels * share), points) for share in shares.tolist()))


# Errors are the shares of the mapped water that isn't water, and of the rest that is.
DESIGNS: dict[str, Strata | WholeMap | Degrees] = {
    "20 % water, errors 4 % and 1 %": own(0.2, 0.04, 0.01, (50, 50)),
    "10 % water, errors 10 % and 2 %": own(0.1, 0.1, 0.02, (250, 50)),
    "3 % water, errors 15 % and 0.3 %": own(0.03, 0.15, 0.003, (250, 50)),
    "1 % water, errors 5 % and 0.1 %": own(0.01, 0.05, 0.001, (250, 50)),
    "0.1 % water, errors 10 % and 0.1 %: half of the water is missed": own(0.001, 0.1, 0.001, (250, 50)),
    "0.1 % water, errors 10 % and 0.03 %": own(0.001, 0.1, 0.0003, (250, 50)),
    "the same": own(0.001, 0.1, 0.0003, (950, 50)),
    "0.1 % water, errors 10 % and 0.005 %: 12 pixels are missed": own(0.001, 0.1, 0.00005, (250, 50)),
    "0.1 % water, errors 40 % and 0.03 %": own(0.001, 0.4, 0.0003, (250, 50)),
    "0.1 % of 100 million pixels, errors 10 % and 0.1 %": own(0.001, 0.1, 0.001, (250, 50), 100_000_000),
    "0.1 % water, simple random sample": WholeMap(0.001, 0.1, 0.0001, 300),
    "0.1 % water, larger simple random sample": WholeMap(0.001, 0.1, 0.0001, 3000),
    "15 % water, simple random sample, errors 10 % and 2 %": WholeMap(0.15, 0.1, 0.02, 300),
    "4 % water, simple random sample, errors 10 % and 2 %": WholeMap(0.04, 0.1, 0.02, 300),
    "5 % water, no error in the water": own(0.05, 0.0, 0.005, (250, 50)),
    "5 % water, no error outside it": own(0.05, 0.1, 0.0, (250, 50)),
    "5 % water, no error at all": own(0.05, 0.0, 0.0, (250, 50)),
    "three points in the water, errors 10 % and 1 %": own(0.05, 0.1, 0.01, (297, 3)),
    "three points in the water, errors 40 % and 1 %": own(0.05, 0.4, 0.01, (297, 3)),
    "three points outside it, errors 10 % and 2 %": own(0.5, 0.1, 0.02, (3, 297)),
    "three points in each, errors 10 % and 10 %": own(0.3, 0.1, 0.1, (3, 3)),
    "three points in each, errors 30 % and 30 %": own(0.3, 0.3, 0.3, (3, 3)),
    "two points in each, errors 30 % and 30 %": own(0.3, 0.3, 0.3, (2, 2)),
    "another map's classes, 10 % water": Strata(((225_000, 4000, 250), (25_000, 20_000, 50))),
    "another map's classes, 3 % water": Strata(((242_500, 1500, 250), (7500, 5000, 50))),
    "three zones with 1, 20 and 60 % water": Strata(((150_000, 1500, 100), (75_000, 15_000, 100), (25_000, 15_000, 100))),
    "5 regions with 2 to 40 % water": regions(np.array([0.02, 0.05, 0.1, 0.2, 0.4]), 50_000, 20),
    "5 regions with 0.1 to 2 % water": regions(np.array([0.001, 0.002, 0.005, 0.01, 0.02]), 50_000, 20),
    "50 regions with 1 to 50 % water, three points in each": regions(np.linspace(0.01, 0.5, 50), 5000, 3),
    "50 regions with 1 to 30 % water, two points in each": regions(np.linspace(0.01, 0.3, 50), 5000, 2),
    "pixels in degrees, 10 % water": Degrees(300),
    "400 pixels, 300 of them labelled": Strata(((280, 14, 220), (120, 108, 80))),
    "400 pixels, half of them labelled": Strata(((280, 14, 140), (120, 108, 60))),
    "400 pixels, all but one of each stratum labelled": Strata(((280, 14, 279), (120, 108, 119))),
    "400 pixels, every one labelled": Strata(((280, 14, 280), (120, 108, 120))),
    "0.024 % water, all 60 pixels of it labelled": Strata(((MAP - 60, 250, 240), (60, 50, 60))),
    "three of the water's 60 pixels labelled": Strata(((MAP - 60, 25, 297), (60, 50, 3))),
}


def covered(design: Strata | WholeMap | Degrees, surveys: int, seed: int = SEED) -> tuple[float, ...]:
    """Return coverage, shares of intervals above and below the truth, width, coverage of ± 1.96 standard errors, mean, mean error."""
    truth, drawn = design.surveys(np.random.default_rng(seed), surveys)
    known: dict[int, tuple[Survey, tuple[float, ...]]] = {}
    rows = []
    for survey in drawn:
        if id(survey) not in known:
            found = survey.area(1)
            known[id(survey)] = survey, (found.value, found.standard_error, found.lower, found.upper)
        rows.append(known[id(survey)][1])
    value, error, lower, upper = np.array(rows).T
    slack, spread, width = 1e-9 * truth, value.std(), np.mean(upper - lower)
    too_high, too_low = np.mean(lower > truth + slack), np.mean(upper < truth - slack)
    plain = np.mean(np.abs(value - truth) <= 1.96 * error + slack)
    ratio = error.mean() / spread if spread > 0 else np.nan
    return tuple(map(float, (1 - too_high - too_low, too_high, too_low, width / truth, plain, value.mean() / truth, ratio)))


def report(surveys: int) -> Iterator[float]:
    """Print a row for each design; yield each coverage."""
    print(f"Area of water, {surveys} surveys a design, seed {SEED}. Coverage in %.")
    print("| design | points | coverage | too high | too low | width | ± 1.96 SE | mean | SE |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, design in DESIGNS.items():
        share, high, low, width, plain, mean, error = covered(design, surveys)
        yield share
        cells = (f"{100 * share:.1f}", f"{100 * high:.1f}", f"{100 * low:.1f}", f"{width:.2f}", f"{100 * plain:.1f}", f"{mean:.2f}")
        print(f"| {name} | {design.points} | {' | '.join(cells)} | {'–' if np.isnan(error) else f'{error:.2f}'} |", flush=True)


def main() -> None:
    shares = list(report(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
    print(f"Lowest coverage: {100 * min(shares):.1f} %; claimed: {100 * BOUND:.0f} %.")
    sys.exit(0 if min(shares) >= BOUND else 1)


if __name__ == "__main__":
    main()
