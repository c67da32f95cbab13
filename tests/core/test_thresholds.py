"""Thresholds against brute force and scikit-learn, and what cross-fitting is for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import examples
from sklearn.metrics import f1_score, precision_score

from ipeo_water_plugin.core.accuracy.thresholds import (
    at_water_fraction,
    best_f1_threshold,
    choose_threshold,
    class_weights,
    otsu,
    otsu_of_histogram,
)

SCORED = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=2, max_size=60)


@given(SCORED, st.sampled_from([None, 0.01, 0.5, 0.9]))
@settings(max_examples=examples(100), deadline=None)
def test_no_threshold_has_a_better_f1(scored: list[tuple[float, bool]], water_fraction: float | None) -> None:
    p, y = np.array([s[0] for s in scored]), np.array([s[1] for s in scored])
    y[:2] = True, False
    weight = class_weights(y, water_fraction)
    best = best_f1_threshold(p, y, weight)
    # Every cut there is: between two values it is that of the upper one.
    tried = np.unique([*p, 0.5, 1.0])
    reached = [f1_score(y, p >= t, sample_weight=weight, zero_division=0) for t in tried]
    assert f1_score(y, p >= best, sample_weight=weight) == pytest.approx(max(reached), abs=1e-12)
    if f1_score(y, p >= 0.5, sample_weight=weight, zero_division=0) >= max(reached) - 1e-12:
        assert np.array_equal(p >= best, p >= 0.5)


def test_clean_classes_keep_one_half() -> None:
    p, y = np.array([1e-6, 0.2, 0.7, 1 - 1e-6]), np.array([False, False, True, True])
    assert best_f1_threshold(p, y, np.ones(4)) == 0.5


def polygons(seed: int, count: int, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels of `count` polygons of either class whose logits differ from polygon to polygon and are off by `shift`."""
    draw = np.random.default_rng(seed)
    y = np.repeat(np.arange(2 * count) % 2 == 0, 40)
    group = np.repeat(np.arange(2 * count), 40)
    logit = np.where(y, 1.5, -1.5) + np.repeat(draw.normal(0, 1.5, 2 * count), 40) + draw.normal(0, 0.5, len(y)) + shift
    return 1 / (1 + np.exp(-logit)), y, group


def test_a_shifted_model_gets_the_threshold_that_mends_it() -> None:
    p, y, group = polygons(0, 60, shift=3.0)
    choice = choose_threshold(p, y, group)
    assert choice.best > 0.75
    assert choice.f1 > choice.f1_at_half + 0.05
    assert choice.recommended == choice.best
    assert choice.f1_at_half == pytest.approx(f1_score(y, p >= 0.5))
    assert choice.mapped == pytest.approx(np.mean(p >= choice.best))


def test_cross_fitting_takes_away_the_flattery() -> None:
    """The score that is reported comes out as the threshold does on new polygons; that on the pixels that chose it is too good."""
    fitted, flattering, truth = [], [], []
    new_p, new_y, _ = polygons(10_000, 4000, shift=0.0)
    for seed in range(60):
        p, y, group = polygons(seed, 6, shift=0.0)
        choice = choose_threshold(p, y, group, seed=seed)
        fitted.append(choice.f1)
        flattering.append(f1_score(y, p >= choice.best))
        truth.append(f1_score(new_y, new_p >= choice.best))
    assert np.mean(flattering) > np.mean(truth) + 0.02
    assert abs(np.mean(fitted) - np.mean(truth)) < 0.5 * (np.mean(flattering) - np.mean(truth))


def test_where_choosing_does_not_pay_one_half_is_recommended() -> None:
    refused = [c for c in (choose_threshold(*polygons(seed, 3, shift=0.0)) for seed in range(30)) if c.f1 <= c.f1_at_half]
    assert refused
    assert all(c.recommended == 0.5 and c.best != 0.5 for c in refused if c.f1 < c.f1_at_half)


@pytest.mark.parametrize(("water", "other"), [(1, 5), (5, 1), (1, 1)])
def test_too_few_polygons_choose_nothing(water: int, other: int) -> None:
    y = np.repeat(np.arange(water + other) < water, 10)
    group = np.repeat(np.arange(water + other), 10)
    assert choose_threshold(np.linspace(0, 1, len(y)), y, group) is None


def test_whole_polygons_are_dealt() -> None:
    """One polygon of each class disagrees with the others; no other pixel of it may take part in choosing its threshold."""
    y = np.repeat([True, True, False, False], 50)
    group = np.repeat([0, 1, 2, 3], 50)
    p = np.repeat([0.9, 0.3, 0.1, 0.35], 50)
    choice = choose_threshold(p, y, group)
    # Known alone would be the pixels that chose it: then F1 is 0.8 at every threshold up to 0.3.
    assert f1_score(y, p >= choice.best) == pytest.approx(0.8)
    assert choice.f1 < 0.75


@given(st.floats(0.05, 1), st.floats(0, 1), st.floats(0.001, 0.999))
@settings(max_examples=examples(50), deadline=None)
def test_f1_at_another_share_of_water_is_that_of_weighted_pixels(recall: float, false_alarms: float, share: float) -> None:
    count = 1000
    hits, false = max(round(recall * count), 1), round(false_alarms * count)
    y = np.repeat([True, False], count)
    said = np.concatenate([np.arange(count) < hits, np.arange(count) < false])
    precision, f1 = at_water_fraction(hits / count, false / count, share)
    weight = class_weights(y, share)
    assert precision == pytest.approx(precision_score(y, said, sample_weight=weight))
    assert f1 == pytest.approx(f1_score(y, said, sample_weight=weight))


def test_otsu_has_the_largest_variance_between() -> None:
    draw = np.random.default_rng(5)
    values = np.concatenate([draw.normal(-0.4, 0.1, 3000), draw.normal(0.3, 0.15, 900)])
    edges = np.linspace(-1, 1, 257)[1:-1]

    def between(t: float) -> float:
        low, high = values[values < t], values[values >= t]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(low) and len(high) else 0

    best = max(between(t) for t in edges)
    assert between(otsu(values, (-1, 1))) == pytest.approx(best, rel=1e-3)


def test_otsu_of_two_values_lies_between_and_of_one_bin_is_none() -> None:
    assert otsu(np.array([0.0, 0.0, 1.0]), (0, 1)) == pytest.approx(0.5, abs=0.01)
    assert otsu(np.full(5, 0.25), (-1, 1)) is None
    assert otsu_of_histogram(np.array([0, 7, 0]), np.arange(4.0)) is None
    assert otsu_of_histogram(np.zeros(3), np.arange(4.0)) is None


@pytest.mark.parametrize("outlier", [500.0, -80.0])
def test_otsu_follows_no_outlier(outlier: float) -> None:
    draw = np.random.default_rng(6)
    values = np.clip(np.concatenate([draw.normal(-0.4, 0.1, 3000), draw.normal(0.3, 0.15, 900)]), -1, 1)
    assert otsu(np.append(values, outlier), (-1, 1)) == pytest.approx(otsu(values, (-1, 1)), abs=0.02)
