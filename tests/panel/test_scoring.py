"""Scores on areas left out, against those of the report that mapping makes; and one sentence at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ipeo_water_plugin.core.accuracy.assess import POLYGONS, Pairs, assess
from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.samples import Samples
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training.live import LeftOutAreas, leave_areas_out, train_live
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.panel.scoring import advice, score_areas
from ipeo_water_plugin.panel.values import AreaRow, State

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
QUIET = SilentProgress()


@pytest.fixture(scope="module")
def left_out() -> tuple[Samples, WaterModel, LeftOutAreas]:
    image = str(SAMPLE / "image.tif")
    samples = sample_pixels(image, roles_of(image), read_shapes(str(SAMPLE / "labels.gpkg"), image, "class")).samples
    training = train_live(samples, TrainingSettings(), QUIET)
    return samples, training.model, leave_areas_out(training, QUIET)


@pytest.mark.parametrize("threshold", [0.5, 0.05])
def test_scores_are_those_of_assessing_the_probabilities(threshold: float, left_out: tuple[Samples, WaterModel, LeftOutAreas]) -> None:
    samples, model, predicted = left_out
    found = score_areas(samples, model, predicted, threshold, QUIET)
    wanted, seen = (
        assess(Pairs(p, samples.y, POLYGONS, predicted.area), threshold)
        for p in (predicted.probability, model.probability(list(samples.X.T)).astype(float))
    )
    assert found.f1 == wanted.plain.f1
    # The model that has seen all areas does better than those that left one out.
    assert wanted.intervals["f1"].upper < seen.intervals["f1"].upper
    assert found.f1_range == pytest.approx((wanted.intervals["f1"].lower, seen.intervals["f1"].upper))
    number = len(predicted.fids) // 2
    inside = predicted.area == number
    share = np.mean((predicted.probability[inside] >= threshold) == samples.y[inside])
    assert found.right[int(predicted.fids[number])] == pytest.approx(share)
    # NDWI as physical values would give it: Sentinel-2's baseline before offsets.
    ndwi = (samples.X[:, 0] - samples.X[:, 2]) / (samples.X[:, 0] + samples.X[:, 2])
    at_zero = 2 * (samples.y & (ndwi > 0)).sum() / (samples.y.sum() + (ndwi > 0).sum())
    assert found.ndwi_f1 >= at_zero


def test_while_a_class_has_one_area_only_the_others_are_scored(left_out: tuple[Samples, WaterModel, LeftOutAreas]) -> None:
    samples, _, _ = left_out
    few = samples.take(~samples.y | (samples.polygon == samples.polygon[samples.y][0]))
    training = train_live(few, TrainingSettings(), QUIET)
    found = score_areas(few, training.model, leave_areas_out(training, QUIET), 0.5, QUIET)
    assert (found.f1, found.f1_range, found.ndwi_f1) == (None, None, None)
    assert set(found.right) == set(few.polygon[~few.y].tolist())


GOOD = State(
    status="live",
    rows=tuple(AreaRow(fid, fid < 4, 50, 0.9) for fid in range(1, 8)),
    water_areas=3,
    other_areas=4,
    f1=0.9,
    ndwi_f1=0.6,
    doubtful_place=(1.0, 2.0),
)


@pytest.mark.parametrize(
    ("changes", "unlike", "sentence"),
    [
        (
            {"rows": (*GOOD.rows, AreaRow(9, True, 0, None, "It lies outside the image."))},
            0,
            "Area 9 gives no pixel. It lies outside the image.",
        ),
        ({"water_areas": 2}, 0, "Draw 1 more area of water: F1 needs three of each class."),
        ({"other_areas": 1}, 0, "Draw 2 more areas that aren't water: F1 needs three of each class."),
        ({"rows": (*GOOD.rows, AreaRow(9, True, 80, 0.2))}, 0, "Area 9 looks like nothing else you drew: draw more of its kind."),
        ({}, 412, "412 pixels in view look like nothing you drew: draw an area there."),
        ({"ndwi_f1": 0.95}, 3, "NDWI alone scores better, 0.95: check the areas with the fewest pixels right."),
        ({}, 3, "A label at the next doubtful place would teach the model most."),
        ({"doubtful_place": None}, 3, ""),
    ],
)
def test_the_most_useful_sentence_comes_first(changes: dict, unlike: int, sentence: str) -> None:
    assert advice(replace(GOOD, **changes), (unlike, 10_000)) == sentence
