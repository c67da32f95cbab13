"""The expected share of water makes probabilities fit a scene, whatever mix of classes was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from ipeo_water_plugin.core.accuracy.scores import Ranking, Scores
from ipeo_water_plugin.core.accuracy.thresholds import class_weights
from ipeo_water_plugin.core.reports.heldout import held_out_scores
from ipeo_water_plugin.core.samples import Samples, Scene
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

MEANS = np.array([[1200.0, 1300.0, 2200.0], [900.0, 700.0, 1100.0]])
COVARIANCE = np.array([[40_000.0, 30_000.0, 20_000.0], [30_000.0, 60_000.0, 30_000.0], [20_000.0, 30_000.0, 250_000.0]])


def pixels(draw: np.random.Generator, count: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of a scene with this share of water. Both classes are normal with one covariance, so p(water | x) is logistic, exactly."""
    water = np.arange(count) < round(share * count)
    return np.where(water[:, None], MEANS[1], MEANS[0]) + draw.multivariate_normal(np.zeros(3), COVARIANCE, count), water


def drawn(seed: int, share: float, count: int = 30_000) -> Samples:
    X, y = pixels(np.random.default_rng(seed), count, share)
    # Twenty polygons a class.
    polygon = np.where(y, np.arange(count) % 20, 100 + np.arange(count) % 20)
    return Samples(X, y, polygon, np.zeros(count, np.int32), ("green", "red", "nir"), (Scene("made"),))


@pytest.mark.parametrize("balance", [False, True])
@pytest.mark.parametrize(("scene", "samples"), [(0.03, 0.3), (0.3, 0.03), (0.05, 0.5), (0.6, 0.06)])
def test_the_mean_probability_is_the_share_of_water(scene: float, samples: float, balance: bool) -> None:
    X, _ = pixels(np.random.default_rng(1), 400_000, scene)
    for seed in (0, 1):
        made = drawn(seed + 10, samples)
        settings = TrainingSettings(optimizer="lbfgs", l2=0, balance=balance, folds=0, validation_fraction=0)
        mean = float(train(made, TrainingSettings(**{**settings.__dict__, "water_fraction": scene})).model.probability(list(X.T)).mean())
        assert mean == pytest.approx(scene, rel=0.05)
        uncorrected = float(train(made, settings).model.probability(list(X.T)).mean())
        # Balanced classes stand for a share of one half, which isn't far from 0.6.
        assert abs(uncorrected / scene - 1) > 0.2 or (balance and scene > 0.2)


@pytest.mark.parametrize("balance", [False, True])
def test_held_out_pixels_are_reliable_at_the_expected_share(balance: bool) -> None:
    """The report's diagram: adjusted probabilities mean what they say for pixels weighted to that share, and threw it off before."""
    made = drawn(5, 0.4)
    training = train(made, TrainingSettings(optimizer="lbfgs", l2=0, balance=balance, folds=4, water_fraction=0.04))
    adjusted = held_out_scores(made, training)
    assert adjusted.water == 0.04
    assert adjusted.scores.ece < 0.005
    before = train(made, TrainingSettings(optimizer="lbfgs", l2=0, balance=balance, folds=4)).held_out.probability
    unadjusted = Scores.from_ranking(Ranking.from_pixels(before, adjusted.pixels.y, class_weights(adjusted.pixels.y, 0.04)))
    assert unadjusted.ece > 5 * adjusted.scores.ece
    # The recommended threshold stands on the adjusted scale.
    assert training.threshold.water_fraction == 0.04
