"""How well held-out polygons foretell the score on an independent reference, once the share of water is taken into account.

python benchmarks/heldout.py [FOLDER…]     each with image.tif, labels.gpkg (field class) and reference.tif (1, 0, 255 = unknown)

Polygons are easy and hold another share of water than the scene. The F1 that the report lets one expect at the reference's share of water
should come to within 0.05 of F1 on the reference.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import numpy as np
from osgeo import gdal
from timing import ROOT

from ipeo_water_plugin.core.raster.metadata import roles_of
from ipeo_water_plugin.core.reports.heldout import held_out_scores
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

BOUND = 0.05
SEEDS = range(5)
WAYS = {
    "folds": TrainingSettings(folds=5),
    "folds, balance": TrainingSettings(folds=5, balance=True),
    "one split (the default)": TrainingSettings(),
}


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]] or [ROOT / "resources" / "sample"]
    held = [measure(folder) for folder in folders]
    sys.exit(0 if all(held) else 1)


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
