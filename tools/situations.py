"""Write the reports of situations in which a report may claim too much, to be read by a person: python tools/situations.py FOLDER.

Trainings on one area of each class, twelve, thirty-seven, separable ones, and ones unlike most of the scene; and assessments by a random
sample, one of three points in each stratum, and twelve polygons. With Chromium, pictures of them in light and dark come too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from osgeo import gdal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "end_to_end"))
from browser import chromium

from ipeo_water_plugin.core.accuracy.assess import POLYGONS, SAMPLE, Pairs, WaterArea, assess
from ipeo_water_plugin.core.accuracy.estimators import Strata
from ipeo_water_plugin.core.accuracy.pairs import map_area
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.reports.assessment_report import AssessedMap, assessment_report
from ipeo_water_plugin.core.reports.page import Page, RunRecord, render
from ipeo_water_plugin.core.reports.training_report import Mapped, training_report
from ipeo_water_plugin.core.samples import Samples
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.expectation import expected_f1
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train
from ipeo_water_plugin.paths import resources, version

ROOT = Path(__file__).resolve().parent.parent
IMAGE, LABELS, TRUTH = (str(ROOT / "resources" / "sample" / name) for name in ("image.tif", "labels.gpkg", "reference.tif"))


def main() -> None:
    """Write the reports, and pictures of them."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages(folder):
        (folder / f"{name}.html").write_text(render(page, resources() / "report", version()), encoding="utf-8")
    with chromium(folder) as browser:
        for path in sorted(folder.glob("*.html")):
            for scheme in ("light", "dark"):
                browser.open(path, scheme)
                browser.screenshot(folder / f"{path.stem}_{scheme}.png")


def pages(folder: Path) -> Iterator[tuple[str, Page]]:
    """Yield the name and the report of each situation."""
    roles = roles_of(IMAGE)
    samples = sample_pixels(IMAGE, roles, read_shapes(LABELS, IMAGE, "class")).samples
    random = np.random.default_rng(3)
    nir = {group: samples.X[samples.groups() == group, 2].mean() for group in np.unique(samples.groups())}
    for name, chosen in (
        ("one_each", some(samples, random, 1)),
        ("twelve", some(samples, random, 6)),
        ("forty", samples),
        ("separable", separable(samples)),
        ("unlike", samples.take(np.isin(samples.groups(), sorted(nir, key=nir.get)[:20]))),
    ):
        training = train(chosen, TrainingSettings())
        prediction = predict(IMAGE, roles, training.model, folder / f"{name}.tif", hectares=True)
        expected = expected_f1(chosen, TrainingSettings(), training.model, prediction.pixels, SilentProgress())
        mapped = Mapped(IMAGE, "Brandenburg", roles, prediction, expected)
        yield name, training_report(chosen, training, RunRecord("qgis_process run …"), mapped)
    path = str(folder / "forty.tif")
    p, truth = gdal.Open(path).ReadAsArray().astype(float), gdal.Open(TRUTH).ReadAsArray()
    p, truth = p[truth != 255], truth[truth != 255] == 1
    strata = [np.flatnonzero((p >= 0.5) == side) for side in (False, True)]
    # Of 100 m² each.
    sizes = np.array([float(len(part)) for part in strata])
    area = WaterArea(0.01 * sizes[1], 0.01 * sizes.sum())
    for name, points in (("sample_of_300", (250, 50)), ("sample_of_six", (3, 3))):
        rows = np.concatenate([random.choice(part, count, replace=False) for part, count in zip(strata, points)])
        stratum = np.repeat([0, 1], points)
        names = ("not water", "water")
        pairs = Pairs(p[rows], truth[rows], SAMPLE, np.arange(len(rows)), Strata(stratum, names, 0.01 * sizes, pixels=sizes))
        yield name, assessed(pairs, path, area)
    groups = random.permutation(np.unique(samples.groups()))[:12]
    rows = np.flatnonzero(np.isin(samples.groups(), groups))
    p = train(samples, TrainingSettings(folds=0, validation_fraction=0)).model.probability(list(samples.X[rows].T)).astype(float)
    yield "twelve_polygons", assessed(Pairs(p, samples.y[rows], POLYGONS, samples.groups()[rows]), path, map_area(path))


def some(samples: Samples, random: np.random.Generator, count: int) -> Samples:
    """Keep so many areas of each class."""
    groups = samples.groups()
    classes = [np.unique(groups[samples.y == side]) for side in (True, False)]
    return samples.take(np.isin(groups, np.concatenate([random.choice(of_class, count, replace=False) for of_class in classes])))


def separable(samples: Samples) -> Samples:
    """Keep the pixels that a model is sure of: ten areas of each class in the middle of lakes and fields."""
    p = train(samples, TrainingSettings(folds=0, validation_fraction=0)).model.probability(list(samples.X.T))
    return some(samples.take(np.abs(p - samples.y) < 0.02), np.random.default_rng(1), 10)


def assessed(pairs: Pairs, path: str, area: WaterArea) -> Page:
    """Return the report of an assessment."""
    assessment = assess(pairs, area=area)
    return assessment_report(assessment, pairs, AssessedMap(path, "Water", "points"), RunRecord("qgis_process run …"))


if __name__ == "__main__":
    main()
