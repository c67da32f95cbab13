"""How well held-out polygons foretell the score on an independent reference, once the share of water is taken into account.

python benchmarks/heldout.py [FOLDER…]     each with image.tif, labels.gpkg (field class) and reference.tif (1, 0, 255 = unknown)

Polygons are easy and hold another share of water than the scene. The F1 that the report lets one expect at the reference's share of water
should come to within 0.05 of F1 on the reference. The range of F1 to expect should hold F1 on the reference for at least 90 of 100 random
subsets of each folder's labels with three areas of each class or more, in as many with three to eight areas of which only the easy pixels
were drawn, so that the classes are separable, and in 90 of 100 made scenes whose areas lie in easy places: with few kinds of land, half of
them with dark shadows that nobody drew; and with three to seven kinds of land and up to three of water in random colours, three in ten of
which nobody drew.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from osgeo import gdal
from scipy.ndimage import gaussian_filter, minimum_filter
from timing import ROOT

from ipeo_water_plugin.core.bands import ROLES
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.reports.heldout import held_out_scores
from ipeo_water_plugin.core.samples import Samples, Scene
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.expectation import expected_f1
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

BOUND, HELD = 0.05, 0.9
SEEDS = range(5)
WAYS = {
    "10 folds (the default)": TrainingSettings(),
    "10 folds, balance": TrainingSettings(balance=True),
    "one split": TrainingSettings(folds=0),
}
PLAIN = TrainingSettings(optimizer="newton", folds=0, validation_fraction=0)
# Pixels that the ranges of made scenes are computed from, and of real ones.
PIXELS = 50_000


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]] or [ROOT / "resources" / "sample"]
    held = [measure(folder) for folder in folders]
    held += [covered(folder.name, subsets(folder)) for folder in folders]
    held += [covered(f"{folder.name}, easy pixels of few areas", subsets(folder, easy=True)) for folder in folders]
    held.append(covered("made scenes", islice(made(), 100)))
    held.append(covered("made scenes of random kinds, some of them not drawn", islice(random_kinds(), 100)))
    sys.exit(0 if all(held) else 1)


def covered(name: str, runs: Iterator[tuple[Samples, np.ndarray, np.ndarray, np.ndarray]]) -> bool:
    """Count how often the range of F1 to expect holds F1 on the reference.

    Args:
        name: for the output.
        runs: training samples, the scene's pixels, those of the reference (each of shape (pixels, inputs)), and whether those are water.
    """
    low, high, truth = [], [], []
    for samples, pixels, known, water in runs:
        model = train(samples, PLAIN).model
        step = -(-len(pixels) // PIXELS)
        found = expected_f1(samples, PLAIN, model, list(pixels[::step].T), SilentProgress()) or (0.0, 1.0)
        low.append(found[0])
        high.append(found[1])
        mapped = model.probability(list(known.T)) >= 0.5
        truth.append(2 * np.count_nonzero(mapped & water) / (np.count_nonzero(mapped) + np.count_nonzero(water)))
    inside = np.mean((np.array(low) <= truth) & (truth <= np.array(high)))
    width = np.quantile(np.subtract(high, low), (0.1, 0.5, 0.9))
    print(
        f"{name}: the range holds F1 on the reference in {inside:.0%} of {len(truth)} (claimed: {HELD:.0%}) "
        f"{'ok' if inside >= HELD else 'NOT MET'}; width {width[1]:.3f} (10th and 90th percentile {width[0]:.3f}, {width[2]:.3f})"
    )
    return bool(inside >= HELD)


def subsets(folder: Path, *, easy: bool = False) -> Iterator[tuple[Samples, np.ndarray, np.ndarray, np.ndarray]]:
    """Drop training areas at random, a hundred times; if `easy`, all but three to eight of each class, and their doubtful pixels."""
    image = str(folder / "image.tif")
    samples = sample_pixels(image, roles_of(image), read_shapes(str(folder / "labels.gpkg"), image, "class")).samples
    pixels = gdal.Open(image).ReadAsArray().reshape(len(samples.names), -1).T
    truth = gdal.Open(str(folder / "reference.tif")).ReadAsArray().reshape(-1)
    if easy:
        samples = samples.take(np.abs(train(samples, PLAIN).model.probability(list(samples.X.T)) - samples.y) < 0.02)
    groups, random = samples.groups(), np.random.default_rng(9)
    for _ in range(100):
        classes = [np.unique(groups[of_class]) for of_class in (samples.y, ~samples.y)]
        most = [min(len(areas), 8) if easy else len(areas) for areas in classes]
        kept = np.concatenate([random.choice(a, random.integers(3, n + 1), replace=False) for a, n in zip(classes, most)])
        yield samples.take(np.isin(groups, kept)), pixels, pixels[truth != 255], truth[truth != 255] == 1


def made() -> Iterator[tuple[Samples, np.ndarray, np.ndarray, np.ndarray]]:
    """Make a hundred scenes with mixed pixels along the shores, and 3 to 12 areas of each class away from them."""
    colours = np.array([(600, 500, 2500), (900, 1000, 1800), (500, 350, 900), (1100, 1200, 1500), (350, 260, 450)])
    random, side, half = np.random.default_rng(5), 400, 3
    while True:
        field = gaussian_filter(random.normal(size=(side, side)), 12)
        water = field > np.quantile(field, random.uniform(0.7, 0.97))
        share = gaussian_filter(water.astype(float), 1.2)
        kind = gaussian_filter(random.normal(size=(5, side, side)), (0, 8, 8)).argmax(0)
        kind[kind == 4] = 4 if random.uniform() < 0.5 else 0
        depth = 1 + 7.5 * gaussian_filter(random.normal(size=(side, side)), 10)
        bands = share * np.multiply.outer((500, 380, 250), depth) + (1 - share) * np.moveaxis(colours[kind], -1, 0)
        bands = bands * random.normal(1, 0.06, bands.shape) + random.normal(0, 20, bands.shape)
        easy = minimum_filter(np.abs(share - 0.5) > 0.499, 2 * half + 7)
        owner, y = np.full((side, side), -1), np.zeros((side, side), bool)
        for of_class in (True, False):
            places = np.argwhere(easy & (water == of_class))
            for row, column in places[random.choice(len(places), random.integers(3, 13), replace=False)] if len(places) > 12 else ():
                area = slice(max(row - half, 0), row + half + 1), slice(max(column - half, 0), column + half + 1)
                owner[area], y[area] = owner.max() + 1, of_class
        rows = np.flatnonzero(owner >= 0)
        if not (0 < y.sum() < len(rows)):
            continue
        pixels, labels = bands.reshape(3, -1).T, y.reshape(-1)[rows]
        group = owner.reshape(-1)[rows]
        yield (
            Samples(pixels[rows], labels, group, np.zeros(len(rows), np.int32), ROLES, (Scene("made"),)),
            pixels,
            pixels,
            water.reshape(-1),
        )


def random_kinds() -> Iterator[tuple[Samples, np.ndarray, np.ndarray, np.ndarray]]:
    """Make scenes of kinds of land and water in random colours, some of which nobody draws, and 3 to 10 areas of each class."""
    random, side, half = np.random.default_rng(2), 200, 3
    while True:
        kinds = {True: random.integers(1, 4), False: random.integers(3, 8)}
        land = np.exp(random.uniform(np.log(300), np.log(2500), (kinds[False], 3)))
        land[:, 2] *= random.uniform(1, 3, kinds[False])
        wet = (
            np.exp(random.uniform(np.log(250), np.log(1000), (kinds[True], 1)))
            * [1, 0.8, 0.45]
            * random.uniform(0.8, 1.25, (kinds[True], 3))
        )
        field = gaussian_filter(random.normal(size=(side, side)), 10)
        water = field > np.quantile(field, random.uniform(0.7, 0.98))
        share = gaussian_filter(water.astype(float), random.uniform(0.6, 1.5))
        kind = {
            c: gaussian_filter(random.normal(size=(n, side, side)), (0, 15 if c else 8, 15 if c else 8)).argmax(0) for c, n in kinds.items()
        }
        bands = share * np.moveaxis(wet[kind[True]], -1, 0) + (1 - share) * np.moveaxis(land[kind[False]], -1, 0)
        bands = bands * random.normal(1, 0.06, bands.shape) + random.normal(0, 20, bands.shape)
        easy = minimum_filter(np.abs(share - 0.5) > 0.499, 2 * half + 3)
        owner, y = np.full((side, side), -1), np.zeros((side, side), bool)
        for of_class, count in kinds.items():
            drawn = np.append(True, random.random(count - 1) >= 0.3)
            places = np.argwhere(easy & (water == of_class) & drawn[kind[of_class]])
            for row, column in places[random.choice(len(places), random.integers(3, 11), replace=False)] if len(places) > 10 else ():
                area = slice(max(row - half, 0), row + half + 1), slice(max(column - half, 0), column + half + 1)
                owner[area], y[area] = owner.max() + 1, of_class
        rows, pixels = np.flatnonzero(owner >= 0), bands.reshape(3, -1).T
        labels, group = y.reshape(-1)[rows], owner.reshape(-1)[rows]
        if min(len(np.unique(group[labels])), len(np.unique(group[~labels]))) < 3:
            continue
        samples = Samples(pixels[rows], labels, group, np.zeros(len(rows), np.int32), ROLES, (Scene("made"),))
        yield samples, pixels, pixels, water.reshape(-1)


def measure(folder: Path) -> bool:
    image = str(folder / "image.tif")
    samples = sample_pixels(image, roles_of(image), read_shapes(str(folder / "labels.gpkg"), image, "class")).samples
    bands = gdal.Open(image).ReadAsArray()
    truth = gdal.Open(str(folder / "reference.tif")).ReadAsArray()
    known = truth != 255
    water = truth[known] == 1
    share = float(water.mean())
    print(f"{folder.name}: {share:.2%} of the reference is water, {samples.y.mean():.2%} of the training pixels")
    worst = 0.0
    for name, chosen in WAYS.items():
        rows = []
        for seed in SEEDS:
            training = train(samples, TrainingSettings(**{**chosen.__dict__, "seed": seed}))
            said = training.model.probability(list(bands))[known] >= 0.5
            reference = 2 * np.count_nonzero(said & water) / (np.count_nonzero(said) + np.count_nonzero(water))
            held = held_out_scores(samples, training)
            assert held is not None
            plain, rate = held.assessment.plain.f1 or 0.0, held.rates[0]
            rows.append((reference, plain, rate.f1(share), rate.expected_f1(share)))
        reference, plain, pixels, expected = (statistics.median(column) for column in zip(*rows))
        spread = f"{min(r[3] for r in rows):.3f} to {max(r[3] for r in rows):.3f}"
        print(
            f"  {name:<24} reference {reference:.3f}, held-out {plain:.3f}, at the reference's share {pixels:.3f}, "
            f"to expect in the scene {expected:.3f} ({spread} over seeds)"
        )
        if chosen.folds and not chosen.balance:
            worst = max(abs(r[3] - r[0]) for r in rows)
    print(f"{folder.name}: F1 by folds is off by at most {worst:.3f} (claimed: {BOUND}) {'ok' if worst <= BOUND else 'NOT MET'}")
    return worst <= BOUND


if __name__ == "__main__":
    main()
