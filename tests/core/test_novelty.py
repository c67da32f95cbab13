"""Pixels that look like nothing that a model was trained on."""

from __future__ import annotations

import numpy as np
import pytest

from ipeo_water_plugin.core.prediction.novelty import Known
from ipeo_water_plugin.core.samples import Samples, Scene


def samples(X: np.ndarray) -> Samples:
    n, names = len(X), tuple(f"x{k}" for k in range(X.shape[1]))
    return Samples(X, np.arange(n) % 2 == 0, np.zeros(n, np.int64), np.zeros(n, np.int32), names, (Scene("s"),))


@pytest.mark.parametrize("inputs", [1, 3, 4, 8])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_what_is_far_from_all_samples_is_unlike_and_what_is_near_is_not(inputs: int, kind: type) -> None:
    draw = np.random.default_rng(0)
    X = draw.choice([1000.0, 3000.0], (400, inputs))
    known, sd = Known.from_samples(samples(X)), X.std(axis=0)
    pixels = draw.uniform(0, 6000, (20_000, inputs)).round()
    pixels[:400] = X
    # Of more inputs, the first six count.
    distance = np.sqrt((((pixels[:, None, :6] - np.unique(X, axis=0)[None, :, :6]) / sd[:6]) ** 2).sum(axis=2)).min(axis=1)
    bands = [band.reshape(200, 100).astype(kind) for band in pixels.T]
    found = known.unlike(bands, np.ones((200, 100), bool)).reshape(-1)
    # Cells of half a standard deviation blur the limit of one.
    blur = 0.5 * np.sqrt(min(inputs, 6))
    assert not found[distance < 1 - blur].any()
    assert not found[:400].any()
    assert found[distance > 1 + blur].all()
    assert found.any()


def test_invalid_pixels_are_not_unlike() -> None:
    known = Known.from_samples(samples(np.random.default_rng(0).normal(0, 1, (50, 3))))
    bands = [np.array([[np.nan, 1e30, 0.0]], np.float32)] * 3
    assert known.unlike(bands, np.array([[False, True, True]])).tolist() == [[False, True, False]]


def test_a_constant_input_has_one_value_that_is_known() -> None:
    known = Known.from_samples(samples(np.stack([np.arange(10.0), np.full(10, 5.0)], axis=1)))
    bands = [np.array([[4, 4]], np.int16), np.array([[5, 50]], np.int16)]
    assert known.unlike(bands, np.ones((1, 2), bool)).tolist() == [[False, True]]
