"""How often the 95 % intervals of a training report hold the scores of the very model on other areas like those drawn.

python benchmarks/coverage_trained.py [SURVEYS]      surveys a design, 200 by default, which take a few minutes

Areas are drawn from a made population of two kinds of water and five of land, of which two are rare. A model is trained on them and every
area is held out once, as in the report. The truth are the scores of that model, trained on all areas, on 4000 other areas of the
population. The held-out areas were classified by models that had seen a little less, and by several of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import timing  # noqa: F401 (finds the package)

from ipeo_water_plugin.core.accuracy import bootstrap
from ipeo_water_plugin.core.accuracy.scores import Ranking, Scores
from ipeo_water_plugin.core.bands import ROLES
from ipeo_water_plugin.core.reports.heldout import held_out_scores
from ipeo_water_plugin.core.samples import Samples, Scene
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

BOUND, SEED = 0.93, 17
NAMES = ("accuracy", "precision", "recall", "f1", "iou", "auc", "average_precision", "brier", "ece")
SETTINGS = TrainingSettings(optimizer="newton")
WATER = np.array([(500, 380, 250), (900, 750, 500)])
LAND = np.array([(600, 500, 2500), (1000, 1100, 1800), (520, 450, 1100), (350, 280, 420), (1300, 1400, 1200)])
# Of five areas of land, one is shadow or bright soil; of four of water, one is turbid.
OF_WATER, OF_LAND = (0.75, 0.25), (0.35, 0.25, 0.2, 0.12, 0.08)


@dataclass(frozen=True)
class Drawn:
    """Areas of each class, and by how much areas of one kind differ, as a share of their values."""

    water: int
    other: int
    spread: float = 0.15

    def draw(self, random: np.random.Generator, water: int, other: int) -> Samples:
        """Draw so many areas of each class."""
        is_water = np.arange(water + other) < water
        colour = np.concatenate([WATER[random.choice(2, water, p=OF_WATER)], LAND[random.choice(5, other, p=OF_LAND)]]).astype(float)
        colour *= random.normal(1, self.spread, (len(colour), 1)) * random.normal(1, self.spread / 3, colour.shape)
        size = np.maximum(random.lognormal(3.0, 0.8, len(colour)).astype(np.int64), 3)
        polygon = np.repeat(np.arange(len(colour)), size)
        pixels = colour[polygon] * random.normal(1, 0.08, (len(polygon), 3)) + random.normal(0, 20, (len(polygon), 3))
        return Samples(pixels, is_water[polygon], polygon, np.zeros(len(polygon), np.int32), ROLES, (Scene("made"),))


DESIGNS = {
    "10 + 10 areas": Drawn(10, 10),
    "12 + 25 areas": Drawn(12, 25),
    "30 + 30 areas": Drawn(30, 30),
    "20 + 20 areas that hardly differ": Drawn(20, 20, 0.03),
}


def covered(design: Drawn, surveys: int, seed: int = SEED) -> dict[str, tuple[float, float]]:
    """Return, for each score, the share of the intervals that hold the truth, and their mean width."""
    random = np.random.default_rng(seed)
    whole = design.draw(random, round(4000 * design.water / (design.water + design.other)), 0)
    dry = design.draw(random, 0, round(4000 * design.other / (design.water + design.other)))
    pixels, y = np.concatenate([whole.X, dry.X]), np.concatenate([whole.y, dry.y])
    held: dict[str, list[tuple[bool, float]]] = {name: [] for name in NAMES}
    for _ in range(surveys):
        samples = design.draw(random, design.water, design.other)
        training = train(samples, SETTINGS)
        found = held_out_scores(samples, training)
        assert found is not None
        truth = Scores.from_ranking(Ranking.from_pixels(training.model.probability(list(pixels.T)).astype(np.float64), y))
        for name, rows in held.items():
            interval = found.intervals[name]
            assert interval is not None
            rows.append((interval.lower - 1e-9 <= getattr(truth, name) <= interval.upper + 1e-9, interval.upper - interval.lower))
    return {name: (float(np.mean([h for h, _ in rows])), float(np.mean([w for _, w in rows]))) for name, rows in held.items()}


def report(surveys: int) -> Iterator[float]:
    """Print a row for each design; yield each coverage."""
    print(f"Scores of a trained model on areas left out, {surveys} trainings a design, seed {SEED}. Coverage in %, in brackets the width.")
    print("| design | " + " | ".join(NAMES) + " |")
    print("|---|" + "---|" * len(NAMES))
    for name, design in DESIGNS.items():
        found = covered(design, surveys)
        yield from (share for share, _ in found.values())
        print(f"| {name} | " + " | ".join(f"{100 * share:.1f} ({width:.2f})" for share, width in found.values()) + " |", flush=True)


def main() -> None:
    surveys = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    bootstrap._BINS = 64
    shares = list(report(surveys))
    slack = 3 * np.sqrt(BOUND * (1 - BOUND) / surveys)
    print(f"Lowest coverage: {100 * min(shares):.1f} %; claimed: {100 * BOUND:.0f} %.")
    sys.exit(0 if min(shares) >= BOUND - slack else 1)


if __name__ == "__main__":
    main()
