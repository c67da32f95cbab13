"""The range of F1 to expect in a scene: it holds the truth where people draw easy places, and stays silent without evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from making import Recorder

from ipeo_water_plugin.core.errors import CancelledError
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.samples import Samples, Scene
from ipeo_water_plugin.core.training import expectation as module
from ipeo_water_plugin.core.training.expectation import expected_f1
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

SETTINGS = TrainingSettings(optimizer="newton", folds=0, validation_fraction=0)
WATER, LAND = np.array([500.0, 380.0, 250.0]), np.array([[600.0, 500.0, 2500.0], [1000.0, 1100.0, 1700.0], [520.0, 400.0, 900.0]])


def made_scene(seed: int, *, areas: tuple[int, int] = (6, 6)) -> tuple[Samples, np.ndarray, np.ndarray]:
    """A scene with mixed pixels along its shores, and areas drawn well away from them; samples, pixels (pixels, 3) and truth."""
    random = np.random.default_rng(seed)
    distance = random.normal(-1.2, 1.2, 20_000)
    share = 1 / (1 + np.exp(-6 * distance))
    land = LAND[random.integers(0, 3, len(share))]
    pixels = share[:, None] * WATER + (1 - share[:, None]) * land
    pixels = pixels * random.normal(1, 0.05, pixels.shape) + random.normal(0, 15, pixels.shape)
    chosen, y, polygon = [], [], []
    for number, water in enumerate([True] * areas[0] + [False] * areas[1]):
        kind = LAND[random.integers(0, 3)]
        easy = np.flatnonzero((share > 0.99) if water else (share < 0.01) & (land == kind).all(axis=1))
        chosen.append(random.choice(easy, 40, replace=False))
        y += [water] * 40
        polygon += [number] * 40
    count = len(y)
    samples = Samples(
        pixels[np.concatenate(chosen)],
        np.array(y),
        np.array(polygon),
        np.zeros(count, np.int32),
        ("green", "red", "nir"),
        (Scene("made"),),
    )
    return samples, pixels, share > 0.5


def test_it_holds_f1_where_areas_lie_in_easy_places() -> None:
    held = []
    for seed in range(20):
        samples, pixels, truth = made_scene(seed)
        model = train(samples, SETTINGS).model
        low, high = expected_f1(samples, SETTINGS, model, list(pixels.T), SilentProgress())
        mapped = model.probability(list(pixels.T)) >= 0.5
        f1 = 2 * np.count_nonzero(mapped & truth) / (np.count_nonzero(mapped) + np.count_nonzero(truth))
        held.append(low <= f1 <= high)
        assert 0 <= low <= high <= 1
    assert sum(held) >= 18


def test_the_probabilities_imply_the_f1_of_labels_drawn_from_them() -> None:
    random = np.random.default_rng(3)
    p = random.beta(0.4, 0.8, 4000)
    mapped = p >= 0.5
    scores = []
    for _ in range(300):
        water = random.random(len(p)) < p
        scores.append(2 * np.count_nonzero(mapped & water) / (np.count_nonzero(mapped) + np.count_nonzero(water)))
    assert module._implied(mapped, p) == pytest.approx(np.mean(scores), abs=3e-3)


@pytest.mark.parametrize("areas", [(2, 6), (6, 2)])
def test_there_is_none_from_fewer_than_three_areas_of_a_class(areas: tuple[int, int]) -> None:
    samples, pixels, _ = made_scene(0, areas=areas)
    assert expected_f1(samples, SETTINGS, train(samples, SETTINGS).model, list(pixels.T), SilentProgress()) is None


def test_there_is_none_without_water_on_the_map() -> None:
    samples, pixels, _ = made_scene(0)
    model = train(samples, SETTINGS).model
    dry = pixels[model.probability(list(pixels.T)) < 0.5]
    assert expected_f1(samples, SETTINGS, model, list(dry.T), SilentProgress()) is None
    assert expected_f1(samples, SETTINGS, model, list(dry[:0].T), SilentProgress()) is None


def test_water_unlike_any_that_was_drawn_widens_it() -> None:
    samples, pixels, _ = made_scene(1)
    model = train(samples, SETTINGS).model
    # Dark roofs, say: on the water's side of the plane, but darker than any water that was drawn.
    strange = np.concatenate([pixels, np.full((4000, 3), 60.0)])
    assert (model.probability(list(strange[-1:].T)) >= 0.5).all()
    low, high = expected_f1(samples, SETTINGS, model, list(pixels.T), SilentProgress())
    lower, higher = expected_f1(samples, SETTINGS, model, list(strange.T), SilentProgress())
    assert lower < low - 0.1
    assert higher == pytest.approx(high, abs=0.02)


def test_the_order_of_the_samples_does_not_matter() -> None:
    samples, pixels, _ = made_scene(2)
    samples = replace(samples, position=np.stack([samples.polygon * 100.0, np.arange(len(samples.y)) * 1.0], axis=1))
    model = train(samples, SETTINGS).model
    renumbered = replace(samples, polygon=(50 - samples.polygon) * 3)
    ranges = [expected_f1(each, SETTINGS, model, list(pixels.T), SilentProgress()) for each in (samples, renumbered)]
    assert ranges[0] == ranges[1]


def test_it_is_cancelled_between_resamples() -> None:
    samples, pixels, _ = made_scene(0)
    model = train(samples, SETTINGS).model
    progress = Recorder(cancel_at=10)
    with pytest.raises(CancelledError):
        expected_f1(samples, SETTINGS, model, list(pixels.T), progress)
    assert progress.asked == 10
