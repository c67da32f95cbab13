"""Training while areas are drawn, against training from the beginning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import Recorder, assert_cancelled

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.samples import Samples
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
from ipeo_water_plugin.core.training import newton
from ipeo_water_plugin.core.training.live import leave_areas_out, train_live
from ipeo_water_plugin.core.training.settings import TrainingSettings
from ipeo_water_plugin.core.training.train import train

QUIET = SilentProgress()
SETTINGS = [
    TrainingSettings(),
    TrainingSettings(balance=True),
    TrainingSettings(water_fraction=0.03, l2=1e-4),
    TrainingSettings(balance=True, water_fraction=0.03),
]


@pytest.fixture(scope="module")
def samples() -> Samples:
    folder = Path(__file__).resolve().parents[2] / "resources" / "sample"
    path = str(folder / "image.tif")
    return sample_pixels(path, roles_of(path), read_shapes(str(folder / "labels.gpkg"), path, "class")).samples


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_model_is_that_of_training(settings: TrainingSettings, samples: Samples) -> None:
    wanted = train(samples, replace(settings, optimizer="newton", validation_fraction=0)).model
    bands = list(samples.X.T)
    found = train_live(samples, settings, QUIET).model
    assert np.abs(found.probability(bands) - wanted.probability(bands)).max() < 1e-6
    assert found.inputs == wanted.inputs
    # From the model of other samples, as after an edit.
    start = train_live(samples.take(samples.polygon != samples.polygon[0]), settings, QUIET).model
    again = train_live(samples, settings, QUIET, start).model
    assert np.abs(again.probability(bands) - wanted.probability(bands)).max() < 1e-6


def test_a_close_model_saves_passes(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    derivatives = newton._derivatives
    monkeypatch.setattr(newton, "_derivatives", lambda *given: passes.append(1) or derivatives(*given))
    start = train_live(samples, TrainingSettings(), QUIET).model
    cold = len(passes)
    train_live(samples.take(np.arange(len(samples)) > 20), TrainingSettings(), QUIET, start)
    assert len(passes) - cold < cold / 2


@pytest.mark.parametrize("settings", SETTINGS)
def test_an_area_is_predicted_by_training_without_it(settings: TrainingSettings, samples: Samples) -> None:
    training = train_live(samples, settings, QUIET)
    found = leave_areas_out(training, QUIET)
    assert np.array_equal(found.fids[found.area], samples.polygon)
    for number in (0, len(found.fids) // 2, len(found.fids) - 1):
        inside = found.area == number
        wanted = train_live(samples.take(~inside), settings, QUIET).model
        p = wanted.probability(list(samples.X[inside].T))
        assert np.abs(found.probability[inside] - p).max() < 4e-3
        layers = found.layers[number]
        assert layers is not None
        assert np.allclose(replace(wanted, layers=layers).probability(list(samples.X[inside].T)), found.probability[inside], atol=1e-6)


def test_other_ids_give_the_same_figures(samples: Samples) -> None:
    ids = np.random.default_rng(0).permutation(samples.polygon.max() + 1)
    renamed = replace(samples, polygon=ids[samples.polygon])
    one, other = (leave_areas_out(train_live(given, TrainingSettings(), QUIET), QUIET) for given in (samples, renamed))
    assert np.array_equal(one.probability, other.probability)
    assert np.array_equal(one.area, other.area)
    assert np.array_equal(ids[one.fids], other.fids)


def test_the_only_area_of_a_class_stays_in(samples: Samples) -> None:
    water = samples.polygon[samples.y][0]
    few = samples.take(~samples.y | (samples.polygon == water))
    found = leave_areas_out(train_live(few, TrainingSettings(), QUIET), QUIET)
    (alone,) = [number for number, layers in enumerate(found.layers) if layers is None]
    assert found.fids[alone] == water
    assert np.array_equal(np.isnan(found.probability), few.y)


def test_a_perceptron_is_refused(samples: Samples) -> None:
    with pytest.raises(InputError, match="hidden units"):
        train_live(samples, TrainingSettings(hidden_units=4), QUIET)


def test_it_can_be_cancelled_between_areas(samples: Samples) -> None:
    training, progress = train_live(samples, TrainingSettings(), QUIET), Recorder(cancel_at=20)
    assert_cancelled(lambda: leave_areas_out(training, progress))
    assert progress.asked == 20
