"""Scores against scikit-learn, calibration, curves, and intervals that know when to stay silent."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import Recorder, assert_cancelled
from patience import examples
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

from ipeo_water_plugin.core.accuracy import bootstrap
from ipeo_water_plugin.core.accuracy.assess import POINTS, POLYGONS, RASTER, SAMPLE, SCORES, LeftOut, Pairs, WaterArea, assess
from ipeo_water_plugin.core.accuracy.estimators import Strata, Survey
from ipeo_water_plugin.core.accuracy.scores import Ranking, Scores
from ipeo_water_plugin.core.accuracy.tally import Tally
from ipeo_water_plugin.core.errors import InputError

EXACT = {"rel": 1e-9, "abs": 1e-9}


def case(seed: int, pixels: int, data_type: type = np.float64, distinct: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, classes and weights with far more of one error than of the other."""
    random = np.random.default_rng(seed)
    water = random.random(pixels) < random.uniform(0.1, 0.6)
    water[:2] = True, False
    logit = random.normal(np.where(water, 0.3, -2.5), 1.5)
    probability = 1 / (1 + np.exp(-logit))
    if distinct:
        probability = np.round(probability * distinct) / distinct
    return probability.astype(data_type), water, random.uniform(0.1, 5, pixels)


def by_scikit(p: np.ndarray, y: np.ndarray, threshold: float, weight: np.ndarray | None) -> dict[str, float]:
    said = p >= p.dtype.type(threshold)
    # Half a step of stored results.
    least = 0.5**18
    double = np.clip(p.astype(np.float64), least, 1 - least)
    return {
        "accuracy": metrics.accuracy_score(y, said, sample_weight=weight),
        "precision": metrics.precision_score(y, said, sample_weight=weight),
        "recall": metrics.recall_score(y, said, sample_weight=weight),
        "f1": metrics.f1_score(y, said, sample_weight=weight),
        "iou": metrics.jaccard_score(y, said, sample_weight=weight),
        "auc": metrics.roc_auc_score(y, p, sample_weight=weight),
        "average_precision": metrics.average_precision_score(y, p, sample_weight=weight),
        "brier": metrics.brier_score_loss(y, p.astype(np.float64), sample_weight=weight),
        "log_loss": metrics.log_loss(y, double, sample_weight=weight),
    }


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    pixels=st.integers(20, 3000),
    data_type=st.sampled_from([np.float32, np.float64]),
    distinct=st.sampled_from([None, 100, 5]),
    threshold=st.sampled_from([0.5, 0.2, 0.07]),
    weighted=st.booleans(),
)
def test_every_score_equals_scikit_learns(
    seed: int, pixels: int, data_type: type, distinct: int | None, threshold: float, weighted: bool
) -> None:
    p, y, weight = case(seed, pixels, data_type, distinct)
    weight = weight if weighted else None
    found = Scores.from_ranking(Ranking.from_pixels(p, y, weight), threshold)
    said = p >= data_type(threshold)
    np.testing.assert_allclose(found.confusion, metrics.confusion_matrix(y, said, sample_weight=weight), rtol=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = by_scikit(p, y, threshold, weight)
    for name, value in expected.items():
        own = getattr(found, name)
        if own is None:
            # Where nothing is mapped, scikit-learn makes up a 0.
            assert name == "precision"
            assert not said.any()
            continue
        assert own == pytest.approx(value, **EXACT), name


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    pixels=st.integers(20, 3000),
    distinct=st.sampled_from([None, 2**17, 100, 5]),
    piece=st.integers(7, 3000),
    units=st.integers(0, 5),
)
def test_a_tally_loses_nothing(seed: int, pixels: int, distinct: int | None, piece: int, units: int) -> None:
    """Steps of 2⁻¹⁷ and counts at the threshold are exact, other probabilities lose less than their rounding."""
    p, y, _ = case(seed, pixels, np.float32, distinct)
    # The threshold is one of the probabilities, or lies next to one.
    threshold = float(np.nextafter(p[seed % pixels], np.float32(seed % 3 / 2)))
    unit = np.arange(pixels) % max(units, 1)
    tally = Tally(threshold)
    for start in range(0, pixels, piece):
        part = slice(start, start + piece)
        if units:
            tally.add_to_units(p[part], y[part], unit[part])
        else:
            tally.add(tally.counts(p[part], y[part]))
    probability, water, count, owner = tally.rows()
    for number in range(max(units, 1)):
        of_unit = owner == number
        assert count[of_unit & water].sum() == np.count_nonzero(y & (unit == number))
        assert count[of_unit & ~water].sum() == np.count_nonzero(~y & (unit == number))
    found = Scores.from_ranking(Ranking.from_pixels(probability, water, count), threshold)
    np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(y, p >= np.float32(threshold)))
    rounding = 1e-7 if distinct == 2**17 else 4e-6
    np.testing.assert_allclose(np.sort(np.repeat(probability, count.astype(int))), np.sort(p), atol=rounding)
    assert found.brier == pytest.approx(metrics.brier_score_loss(y, p.astype(np.float64)), abs=2 * rounding)
    if distinct:
        assert found.auc == pytest.approx(metrics.roc_auc_score(y, p), **EXACT)
        assert found.average_precision == pytest.approx(metrics.average_precision_score(y, p), **EXACT)


@pytest.mark.parametrize("wrong", [0, 1])
def test_certainty_that_is_wrong_costs_as_much_as_half_a_step(wrong: int) -> None:
    p, y = np.array([wrong, 0.5, 0.5]), np.array([not wrong, True, False])
    least = 0.5**18
    expected = metrics.log_loss(y, np.clip(p, least, 1 - least))
    assert Ranking.from_pixels(p, y).log_loss() == pytest.approx(expected)


def test_the_matrix_is_not_transposed() -> None:
    p = np.array([0.9] * 7 + [0.1] * 2 + [0.8] * 3 + [0.2] * 10)
    y = np.array([True] * 9 + [False] * 13)
    found = assess(Pairs(p, y, RASTER)).plain
    # confusion[reference][predicted]: 2 water pixels missed, 3 others mapped as water.
    np.testing.assert_array_equal(found.confusion, [[10, 3], [2, 7]])
    assert (found.precision, found.recall) == (0.7, pytest.approx(7 / 9))


def test_percent_at_the_threshold_is_water() -> None:
    for percent in range(101):
        p = np.array([percent], np.float64) * 0.01
        assert Ranking.from_pixels(p.astype(np.float32), np.array([True])).confusion(percent / 100)[1, 1] == 1


def test_reliability_bins_hold_equal_mass_and_equal_scikit_learns() -> None:
    p, y, _ = case(4, 3000)
    bins = Ranking.from_pixels(p, y).reliability()
    assert [b.weight for b in bins] == [200] * 15
    share, said = calibration_curve(y, p, n_bins=15, strategy="quantile")
    np.testing.assert_allclose([b.water for b in bins], share)
    np.testing.assert_allclose([b.probability for b in bins], said)
    assert Scores.from_ranking(Ranking.from_pixels(p, y)).ece == pytest.approx(np.abs(share - said).mean(), abs=0.01)
    assert all(one.upper < other.lower for one, other in zip(bins, bins[1:]))


def test_rare_water_has_a_bin_of_its_own() -> None:
    """At 4 % of the pixels, false alarms at p = 0.95 would be made up for by what is missed at p = 0.01 in the same bin."""
    p = np.repeat([0.01, 0.95], [960, 40])
    y = np.repeat([False, True, False, True], [950, 10, 10, 30])
    last = Scores.from_ranking(Ranking.from_pixels(p, y)).reliability[-1]
    assert (last.lower, last.water, last.weight) == (0.95, 0.75, 40)
    assert Ranking.from_pixels(np.where(p < 0.5, np.linspace(0, 0.1, 1000), p), y).reliability()[-1].weight > 60
    divided = Ranking.from_pixels(np.where(p < 0.5, np.linspace(0, 0.1, 1000), p), y).reliability(0.5)
    assert (divided[-1].lower, divided[-1].weight) == (0.95, 40)


def test_pixels_of_one_probability_share_a_bin_whatever_their_order() -> None:
    p, y, _ = case(5, 4000, distinct=10)
    p[:3000] = 0.0
    one = Scores.from_ranking(Ranking.from_pixels(p, y))
    order = np.random.default_rng(0).permutation(4000)
    other = Scores.from_ranking(Ranking.from_pixels(p[order], y[order]))
    assert one.reliability == other.reliability
    lows = [b.lower for b in one.reliability]
    assert len(set(lows)) == len(lows)
    assert one.reliability[0].weight >= 3000
    assert sum(b.weight for b in one.reliability) == 4000


def test_calibrated_probabilities_have_a_small_error_and_shifted_ones_the_shift() -> None:
    random = np.random.default_rng(0)
    p = random.uniform(0.2, 0.8, 200_000)
    y = random.random(200_000) < p
    assert Scores.from_ranking(Ranking.from_pixels(p, y)).ece < 0.006
    assert Scores.from_ranking(Ranking.from_pixels(p + 0.15, y)).ece == pytest.approx(0.15, abs=0.006)


@pytest.mark.parametrize("distinct", [None, 20])
def test_curves_are_thinned_points_of_the_true_ones(distinct: int | None) -> None:
    p, y, _ = case(6, 5000, distinct=distinct)
    found = Scores.from_ranking(Ranking.from_pixels(p, y))
    assert len(found.roc) <= 200
    assert len(found.precision_recall) <= 200
    for false, recall, threshold in found.roc[1:]:
        said = p >= threshold
        assert false == pytest.approx(np.mean(said[~y]))
        assert recall == pytest.approx(np.mean(said[y]))
    assert found.roc[0].tolist() == [0, 0, np.inf]
    assert found.roc[-1, :2].tolist() == [1, 1]
    for recall, precision, threshold in found.precision_recall:
        said = p >= threshold
        assert recall == pytest.approx(np.mean(said[y]))
        assert precision == pytest.approx(np.mean(y[said]))
    # The area under the thinned curve is still that of all points.
    assert metrics.auc(found.roc[:, 0], found.roc[:, 1]) == pytest.approx(found.auc, abs=1e-3)


@pytest.mark.parametrize("kind", [POINTS, RASTER])
def test_one_class_alone_has_recall_at_most(kind: str) -> None:
    """A map that says water everywhere is right everywhere in a reference of water: no score may say so."""
    unit = None if kind == RASTER else np.arange(3)
    wet = assess(Pairs(np.array([0.9, 0.8, 0.2]), np.ones(3, bool), kind, unit))
    assert {name: getattr(wet.plain, name) for name in SCORES} == {**dict.fromkeys(SCORES), "recall": pytest.approx(2 / 3)}
    assert "All of the reference is water" in wet.warnings[0]
    dry = assess(Pairs(np.array([0.1, 0.2, 0.3]), np.zeros(3, bool), kind, unit))
    assert {getattr(dry.plain, name) for name in SCORES} == {None}
    assert "Nothing in the reference is water" in dry.warnings[0]
    for found in (wet, dry):
        assert set(found.intervals.values()) == {None}
        assert found.plain.roc.shape == found.plain.precision_recall.shape == (0, 3)
        assert found.plain.reliability == ()
        assert found.plain.confusion.sum() == 3


def polygons(seed: int, water: int = 15, other: int = 15) -> Pairs:
    """Polygons of 5 to 40 pixels; the model is better in some than in others."""
    random = np.random.default_rng(seed)
    pieces = []
    for number in range(water + other):
        size, level = random.integers(5, 40), random.normal(1.5, 1.2)
        logit = random.normal(level if number < water else -level, 1, size)
        pieces.append((1 / (1 + np.exp(-logit)), np.full(size, number < water), np.full(size, number)))
    return Pairs(*(np.concatenate(column) for column in zip(*(p[:2] for p in pieces))), POLYGONS, np.concatenate([p[2] for p in pieces]))


def test_intervals_are_those_of_weighted_polygons_and_one_more() -> None:
    """Written out with scikit-learn: Dirichlet weights, and a further polygon of each class that is wrong, or right, throughout."""
    pairs = polygons(1)
    found = assess(pairs, replicates=2000)
    sizes = np.bincount(pairs.unit)
    of_unit = np.arange(30) >= 15
    random = np.random.default_rng(99)
    rows: list[list[list[float]]] = [[], []]
    for end, right in ((0, False), (1, True)):
        for _ in range(250):
            weight, further = np.empty(30), []
            for water in (True, False):
                mine = np.flatnonzero(of_unit != water)
                share = random.dirichlet(np.ones(16)) * 15
                weight[mine] = share[:15]
                further.append(share[15] * (sizes[mine].mean() + sizes[mine].std()))
            p = np.append(pairs.probability, [1.0, 0.0] if right else [0.0, 1.0])
            y = np.append(pairs.water, [True, False])
            w = np.append(weight[pairs.unit], further)
            rows[end].append(
                [
                    metrics.f1_score(y, p >= 0.5, sample_weight=w),
                    metrics.roc_auc_score(y, p, sample_weight=w),
                    np.average((p - y) ** 2, weights=w),
                    np.average((p >= 0.5)[y], weights=w[y]),
                ]
            )
    for k, name in enumerate(("f1", "auc", "brier", "recall")):
        worse, better = (np.array(part)[:, k] for part in rows)
        low, high = (better, worse) if name == "brier" else (worse, better)
        ends = np.quantile(low, 0.025), np.quantile(high, 0.975)
        interval = found.intervals[name]
        np.testing.assert_allclose((interval.lower, interval.upper), ends, atol=0.15 * (ends[1] - ends[0]))
        assert interval.method == "Bayesian bootstrap over polygons"
    assert found.intervals["log_loss"] is None
    # Treating pixels as independent would promise far too much.
    alone = assess(Pairs(pairs.probability, pairs.water, POINTS, np.arange(len(pairs.water))))
    assert found.intervals["f1"].upper - found.intervals["f1"].lower > 1.5 * (alone.intervals["f1"].upper - alone.intervals["f1"].lower)


@pytest.mark.parametrize(("size", "right"), [(10, 10), (20, 17), (50, 1)])
def test_the_interval_of_a_share_is_clopper_and_pearsons(size: int, right: int) -> None:
    p = np.where(np.arange(size) < right, 0.9, 0.1)
    pairs = Pairs(np.append(p, np.full(size, 0.1)), np.repeat([True, False], size), POINTS, np.arange(2 * size))
    found = assess(pairs, replicates=20_000).intervals["recall"]
    # From the binomial's own tails.
    exact = [
        0.0 if right == 0 else float(stats.beta.ppf(0.025, right, size - right + 1)),
        1.0 if right == size else float(stats.beta.ppf(0.975, right + 1, size - right)),
    ]
    assert (found.lower, found.upper) == pytest.approx(exact, abs=0.01)


def test_polygons_without_an_error_leave_room_for_one() -> None:
    """None of ten polygons is wrong: the share of wrong ones may still be 31 %."""
    pairs = polygons(4, 10, 10)
    found = assess(replace(pairs, probability=np.where(pairs.water, 0.9, 0.1))).intervals
    assert (found["recall"].lower, found["recall"].upper) == (pytest.approx(0.025**0.1, abs=0.15), 1.0)
    assert found["f1"].lower < 0.8
    assert found["f1"].upper == 1.0


def test_many_pixels_are_binned_for_ranks_without_moving_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = polygons(3, 40, 40)
    exact = assess(pairs).intervals
    monkeypatch.setattr("ipeo_water_plugin.core.accuracy.bootstrap._BINS", 200)
    assert len(np.unique(pairs.probability)) > 1000
    binned = assess(pairs).intervals
    for name in ("auc", "average_precision"):
        assert exact[name] != binned[name]
        assert exact[name].lower == pytest.approx(binned[name].lower, abs=0.002)
        assert exact[name].upper == pytest.approx(binned[name].upper, abs=0.002)
    assert exact["f1"] == binned["f1"]


def test_one_seed_one_interval() -> None:
    pairs = polygons(2)
    assert assess(pairs, seed=4).intervals == assess(pairs, seed=4).intervals
    assert assess(pairs, seed=4).intervals != assess(pairs, seed=5).intervals


def test_no_interval_below_ten_polygons_a_class() -> None:
    found = assess(polygons(1, water=9))
    assert set(found.intervals) == set(SCORES)
    assert set(found.intervals.values()) == {None}
    assert "one class has 9" in found.interval_reason
    assert assess(polygons(1, water=10)).intervals["f1"] is not None
    raster = assess(Pairs(np.array([0.2, 0.9]), np.array([False, True]), RASTER))
    assert set(raster.intervals.values()) == {None}
    assert "raster" in raster.interval_reason


def test_drawn_places_give_no_area_of_truth() -> None:
    found = assess(polygons(1), area=WaterArea(12.0, 100.0))
    assert (found.area.mapped, found.area.estimate) == (12.0, None)
    assert "not a probability sample" in found.area.reason
    assert found.weighted is None
    assert found.scores is found.plain


def sample(seed: int, points: tuple[int, int] = (150, 100), area: tuple[float, float] = (900.0, 100.0)) -> Pairs:
    """A stratified sample of a map with errors on both sides."""
    random = np.random.default_rng(seed)
    stratum = np.repeat([0, 1], points)
    p = np.where(stratum == 1, random.uniform(0.5, 1, len(stratum)), random.uniform(0, 0.4999, len(stratum)))
    water = random.random(len(stratum)) < np.where(stratum == 1, 0.85, 0.06)
    return Pairs(p, water, SAMPLE, np.arange(len(stratum)), Strata(stratum, ("not water", "water"), np.array(area)))


def test_a_probability_sample_is_weighted_by_area() -> None:
    pairs = sample(3)
    found = assess(pairs, area=WaterArea(100.0, 1000.0))
    weight = np.where(pairs.sample.stratum == 1, 100 / 100, 900 / 150)
    for name, value in by_scikit(pairs.probability, pairs.water, 0.5, weight).items():
        assert getattr(found.weighted, name) == pytest.approx(value, **EXACT), name
    for name, value in by_scikit(pairs.probability, pairs.water, 0.5, None).items():
        assert getattr(found.plain, name) == pytest.approx(value, **EXACT), name
    assert found.scores is found.weighted
    assert found.weighted.confusion.sum() == pytest.approx(1)
    assert found.plain.confusion.sum() == 250
    assert found.weighted.recall < found.plain.recall - 0.1
    survey = Survey(pairs.sample, pairs.water.astype(int), (pairs.probability >= 0.5).astype(int))
    assert found.area.estimate == survey.area(1)
    assert found.area.reason == ""
    for name in ("recall", "precision", "accuracy", "f1"):
        assert found.intervals[name].lower < getattr(found.weighted, name) < found.intervals[name].upper
    assert found.intervals["f1"].lower < found.weighted.f1 < found.intervals["f1"].upper
    assert found.strata == (("not water", 150, int(pairs.water[:150].sum())), ("water", 100, int((~pairs.water[150:]).sum())))
    assert found.warnings == ()
    assert found.own_strata
    assert not assess(pairs, area=WaterArea(101.0, 1000.0)).own_strata


def test_few_errors_in_a_stratum_are_warned_of() -> None:
    pairs = sample(3, points=(30, 100))
    assert pairs.water[:30].sum() < 5
    found = assess(pairs)
    assert len(found.warnings) == 1
    assert "“not water”" in found.warnings[0]


def test_where_no_error_was_found_no_score_claims_to_be_exact() -> None:
    pairs = sample(3)
    right = assess(replace(pairs, water=pairs.sample.stratum == 1))
    assert right.weighted.recall == right.weighted.precision == 1
    assert right.intervals["precision"].lower < 1
    assert right.intervals["recall"].lower < 1
    assert right.area.estimate.lower < 100 < right.area.estimate.upper
    assert len(right.warnings) == 2
    # Nothing missed: the sample may have passed over what was.
    found = assess(replace(pairs, water=pairs.water & (pairs.sample.stratum == 1)))
    assert found.weighted.recall == found.intervals["recall"].upper == 1
    assert found.weighted.precision < 1
    assert found.intervals["recall"].lower < 0.9


def test_a_map_that_is_labelled_completely_has_no_sampling_error() -> None:
    pairs = sample(3)
    pairs = replace(pairs, sample=replace(pairs.sample, area=np.array([1.5, 1.0]), pixels=np.array([150.0, 100.0])))
    found = assess(pairs, area=WaterArea(1.0, 2.5))
    assert found.area.estimate.standard_error == 0
    assert found.area.estimate.interval == pytest.approx((found.area.estimate.value,) * 2)
    assert found.area.estimate.value == pytest.approx(0.01 * pairs.water.sum())
    for name in ("recall", "precision", "f1", "auc", "brier"):
        assert (found.intervals[name].lower, found.intervals[name].upper) == pytest.approx((getattr(found.weighted, name),) * 2)


def test_what_was_left_out_stays_on_record() -> None:
    left_out = LeftOut(map_nodata=3, conflicting=2)
    found = assess(Pairs(np.array([0.2, 0.9]), np.array([False, True]), RASTER, left_out=left_out))
    assert found.left_out == left_out
    assert found.pixels == (1, 1)
    assert found.units is None


@pytest.mark.parametrize(
    ("probability", "words"),
    [([], "No pixel"), ([0.5, np.nan], "outside 0 to 1"), ([0.5, 1.2], "outside 0 to 1"), ([-0.1, 0.5], "outside 0 to 1")],
)
def test_what_is_no_probability_is_refused(probability: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Pairs(np.array(probability), np.zeros(len(probability), bool), RASTER)


def test_a_threshold_beyond_probabilities_is_refused() -> None:
    with pytest.raises(InputError, match="threshold"):
        assess(polygons(1), threshold=1.5)


def test_cancelling_stops_the_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 1)
    assert_cancelled(lambda: assess(polygons(1), progress=Recorder(cancel_at=20)))
    recorder = Recorder()
    assess(polygons(1), progress=recorder)
    # Before each of a thousand replicates, for either end.
    assert recorder.asked > 2000
    assert recorder.fractions == sorted(recorder.fractions)
    assert recorder.fractions[-1] == 1.0
