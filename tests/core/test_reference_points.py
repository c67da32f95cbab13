"""Points drawn by chance from a map, and the areas that their labels give."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import Recorder, assert_cancelled, box
from surveys import Maker, drawn, places, point, probabilities, scene, shape

from ipeo_water_plugin.core.accuracy import reference_points
from ipeo_water_plugin.core.accuracy.assess import POINTS, SAMPLE, assess
from ipeo_water_plugin.core.accuracy.estimators import Strata, Survey
from ipeo_water_plugin.core.accuracy.pairs import map_area, pair_raster, pair_shapes
from ipeo_water_plugin.core.accuracy.reference_points import ReferenceSample, ReferenceSettings, allocate, sample_reference
from ipeo_water_plugin.core.accuracy.sampling_design import Design, SampledPoint, match_strata, poststratified
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.sampling.classes import WaterValues
from ipeo_water_plugin.core.sampling.polygons import LabelledShape, envelopes
from ipeo_water_plugin.core.sampling.reservoir import random_keys

WATER = WaterValues.parse("1", numeric=True)


# Drawing points.


@given(st.integers(4, 2000), st.lists(st.integers(0, 5000), min_size=1, max_size=2).filter(any))
def test_allocation_spends_what_it_has(count: int, pixels: list[int]) -> None:
    points = allocate(count, pixels)
    assert sum(points) == min(count, sum(pixels))
    assert all(n <= available for n, available in zip(points, pixels))
    least = min(50, count // 2)
    assert all(n >= min(least, available) for n, available in zip(points, pixels))


def test_allocation_lies_between_equal_and_proportional() -> None:
    assert allocate(300, [97_000, 3_000]) == [250, 50]
    assert allocate(300, [60_000, 40_000]) == [180, 120]
    assert allocate(60, [97_000, 3_000]) == [30, 30]
    assert allocate(300, [97_000, 20]) == [280, 20]
    assert allocate(300, [0, 1000]) == [0, 300]


@pytest.mark.parametrize("design", ["stratified", "random"])
def test_points_are_drawn_without_replacement_at_valid_pixel_centres(make_map: Maker, design: str) -> None:
    p = probabilities()
    sample = sample_reference(make_map(p), ReferenceSettings(0.3, 500, design, 7))
    rows, columns = places(sample.position)
    assert len(set(zip(rows.tolist(), columns.tolist()))) == 500
    drawn = p[rows, columns]
    assert (drawn != -9999).all()
    names = np.array([s.name for s in sample.strata])[sample.stratum]
    if design == "stratified":
        np.testing.assert_array_equal(names == "water", drawn >= np.float32(0.3))
    else:
        assert set(names) == {"all"}
    for index, stratum in enumerate(sample.strata):
        inside = (p != -9999) & ((p >= np.float32(0.3)) == (stratum.name == "water") if design == "stratified" else True)
        assert stratum.pixels == np.count_nonzero(inside)
        assert stratum.area == pytest.approx(0.01 * stratum.pixels)
        assert stratum.points == np.count_nonzero(sample.stratum == index)
        assert stratum.weight * stratum.points == pytest.approx(stratum.pixels)
        wrong = np.where(p >= np.float32(0.3), 1 - p, p)[inside].mean()
        assert stratum.expected_errors == pytest.approx(stratum.points * wrong, rel=1e-5)
    # The strata come mixed, so that the order tells nothing.
    if design == "stratified":
        assert 0.2 < np.mean(sample.stratum[:250] == 1) / np.mean(sample.stratum == 1) < 1.8


def test_the_draw_depends_on_the_seed_alone(make_map: Maker) -> None:
    p = probabilities()
    tiled, strips = make_map(p, "a.tif", options=("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16")), make_map(p, "b.tif")
    settings = ReferenceSettings(count=80, seed=3)
    one, same, other = (
        sample_reference(path, s) for path, s in ((tiled, settings), (strips, settings), (tiled, replace(settings, seed=4)))
    )
    np.testing.assert_array_equal(one.position, same.position)
    assert len(set(map(tuple, one.position.tolist())) & set(map(tuple, other.position.tolist()))) < 20


@pytest.mark.parametrize("share", [64, 8, 1])
def test_every_pixel_has_the_chance_that_its_weight_says(make_map: Maker, share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether few, some or all points are drawn in advance."""
    monkeypatch.setattr(reference_points, "_CANDIDATE_SHARE", share)
    p = probabilities(4, 20, 25)
    path = make_map(p)
    hits, draws = np.zeros(p.shape), 200
    for seed in range(draws):
        sample = sample_reference(path, ReferenceSettings(0.5, 60, seed=seed))
        hits[places(sample.position)] += 1
    for stratum, inside in zip(sample.strata, ((p < 0.5) & (p != -9999), p >= 0.5)):
        chance = 1 / stratum.weight
        z = (hits[inside] / draws - chance) / np.sqrt(chance * (1 - chance) / draws)
        assert np.abs(z).max() < 4.5
        assert 0.8 < z.std() < 1.2
    assert hits[p == -9999].sum() == 0


def test_reference_points_are_not_those_that_training_draws(make_map: Maker) -> None:
    p = np.full((200, 200), 0.4, np.float32)
    sample = sample_reference(make_map(p), ReferenceSettings(count=400, seed=0))
    rows, columns = places(sample.position)
    trained = set(np.argsort(random_keys(np.arange(40_000), 0))[:400].tolist())
    assert len(trained & set((rows * 200 + columns).tolist())) < 20


def test_a_map_with_fewer_pixels_gives_all_of_them(make_map: Maker) -> None:
    recorder = Recorder()
    p = np.array([[0.1, 0.2, -9999], [0.9, 0.3, 0.8]], np.float32)
    sample = sample_reference(make_map(p), ReferenceSettings(count=50), recorder)
    assert len(sample.stratum) == 5
    assert [s.weight for s in sample.strata] == [1, 1]
    assert any("only 5 valid pixels" in line for line in recorder.warnings)


def test_too_few_errors_to_expect_are_warned_of(make_map: Maker) -> None:
    recorder = Recorder()
    p = np.where(np.arange(10_000).reshape(100, 100) % 5, 0.01, 0.8).astype(np.float32)
    sample_reference(make_map(p), ReferenceSettings(count=200), recorder)
    assert len(recorder.warnings) == 1
    assert "“not water”" in recorder.warnings[0]
    # 5 / 0.01, rounded up, of a float32 and of its sums.
    assert re.search("About 50[01] points", recorder.warnings[0])


def test_memory_stays_bounded_on_a_large_map(make_map: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    draw = reference_points._Draw._draw

    def watched(self: object, *arguments: object, **more: object) -> tuple:
        found = draw(self, *arguments, **more)
        held.append(len(found[2]))
        return found

    monkeypatch.setattr(reference_points._Draw, "_draw", watched)
    p = np.random.default_rng(0).random((3000, 2500)).astype(np.float32)
    sample = sample_reference(make_map(p, options=("TILED=YES",)), ReferenceSettings(count=100))
    assert len(sample.stratum) == 100
    assert len(held) > 10
    assert max(held) == 100


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"threshold": 2}, "threshold"),
        ({"count": 3}, "at least 4"),
        ({"design": "grid"}, "stratified or random"),
        ({"seed": -1}, "negative"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ReferenceSettings(**settings)


def test_nothing_to_draw_from(make_map: Maker) -> None:
    with pytest.raises(InputError, match="no valid pixel"):
        sample_reference(make_map(np.full((5, 5), -9999, np.float32)))
    with pytest.raises(InputError, match="no known CRS"):
        sample_reference(make_map(probabilities(), epsg=None))


# The whole survey.


def labelled(sample: ReferenceSample, truth: np.ndarray) -> tuple[list[LabelledShape], Design]:
    """What an analyst who is always right makes of the points."""
    rows, columns = places(sample.position)
    shapes = [point(c + 0.5, r + 0.5, bool(truth[r, c])) for r, c in zip(rows, columns)]
    return shapes, Design.from_points(drawn(sample, shapes))


def test_a_labelled_sample_gives_area_and_scores_from_end_to_end(make_map: Maker) -> None:
    p, truth = scene()
    path = make_map(p)
    sample = sample_reference(path, ReferenceSettings(count=600))
    shapes, design = labelled(sample, truth)
    pairs = pair_shapes(path, shapes, design, points=True)
    assert pairs.kind == SAMPLE
    found = assess(pairs, area=map_area(path))
    assert found.area.mapped == pytest.approx(0.01 * (p > 0.5).sum())
    assert found.area.estimate.lower < 0.01 * truth.sum() < found.area.estimate.upper
    assert abs(found.area.mapped - 0.01 * truth.sum()) > found.area.estimate.standard_error
    assert found.weighted.accuracy == pytest.approx(np.mean((p > 0.5) == truth), abs=0.04)


# What doesn't add up.


@pytest.fixture
def survey(make_map: Maker) -> tuple[str, np.ndarray, list[LabelledShape], list[SampledPoint]]:
    """A map, its truth, and 600 points of which all are labelled."""
    p, truth = scene()
    path = make_map(p)
    sample = sample_reference(path, ReferenceSettings(count=600))
    shapes = labelled(sample, truth)[0]
    return path, truth, shapes, drawn(sample, shapes)


@pytest.mark.parametrize("left", ["water", "not water"])
def test_no_area_where_a_stratum_is_missing(survey: tuple, left: str) -> None:
    path, _, shapes, points = survey
    kept = [k for k, point in enumerate(points) if point.stratum == left]
    pairs = pair_shapes(path, [shapes[k] for k in kept], Design.from_points([points[k] for k in kept]), points=True)
    area = map_area(path)
    found = assess(match_strata(pairs, area, 0.5), area=area)
    assert (found.kind, found.weighted, found.area.estimate) == (POINTS, None, None)
    other = {"water": "not water", "not water": "water"}[left]
    assert f"stratum “{other}”" in found.area.reason
    assert found.area.reason in found.warnings


@pytest.mark.parametrize("change", ["swapped", "the map's"])
def test_no_area_where_the_areas_of_strata_were_changed(survey: tuple, change: str) -> None:
    """They still add up to the map's: the areas of both swapped, or one stratum alone with the area of the whole map."""
    path, _, shapes, points = survey
    recorded = {point.stratum: (point.area, point.weight) for point in points}
    area = map_area(path)
    if change == "swapped":
        other = {"water": "not water", "not water": "water"}
        changed = [replace(p, area=recorded[other[p.stratum]][0], weight=recorded[other[p.stratum]][1]) for p in points]
    else:
        shapes = [shape for shape, p in zip(shapes, points) if p.stratum == "not water"]
        changed = [replace(p, area=area.total) for p in points if p.stratum == "not water"]
    found = assess(match_strata(pair_shapes(path, shapes, Design.from_points(changed), points=True), area, 0.5), area=area)
    assert (found.kind, found.area.estimate) == (POINTS, None)
    assert "can't have been drawn from the" in found.area.reason


def test_no_area_of_a_map_that_the_points_were_not_drawn_from(survey: tuple, make_map: Maker) -> None:
    path, _, shapes, points = survey
    p = scene()[0]
    p[:, :30] = -9999
    smaller = make_map(p, "smaller.tif")
    inside = [k for k, shape in enumerate(shapes) if envelopes([shape.wkb])[0, 0] > 500_300]
    pairs = pair_shapes(smaller, [shapes[k] for k in inside], Design.from_points([points[k] for k in inside]), points=True)
    area = map_area(smaller)
    found = assess(match_strata(pairs, area, 0.5), area=area)
    assert found.kind == SAMPLE
    assert found.area.estimate is None
    assert "drawn from 144 ha, and this map has 108 ha" in found.area.reason
    # Its own map is as it was.
    assert match_strata(pair_shapes(path, shapes, Design.from_points(points), points=True), map_area(path), 0.5).no_area == ""


def test_no_area_where_points_were_moved(survey: tuple) -> None:
    """From one pixel's centre to another's, as when points are snapped to what their analyst had in mind."""
    path, truth, shapes, points = survey
    rows, columns = places(np.array([envelopes([shape.wkb])[0, [0, 2]] for shape in shapes]))
    moved = [
        point((c + 7) % 120 + 0.5, r + 0.5, bool(truth[r, (c + 7) % 120])) if k % 9 == 0 else shape
        for k, (shape, r, c) in enumerate(zip(shapes, rows, columns))
    ]
    labelled_again = [replace(sampled, place=shape.wkb) for sampled, shape in zip(points, moved)]
    area = map_area(path)
    found = assess(match_strata(pair_shapes(path, moved, Design.from_points(labelled_again), points=True), area, 0.5), area=area)
    assert (found.kind, found.weighted, found.area.estimate) == (POINTS, None, None)
    assert "They were moved" in found.area.reason
    assert found.area.reason in found.warnings


def test_another_map_of_the_same_extent_has_an_area(survey: tuple, make_map: Maker) -> None:
    _, truth, shapes, points = survey
    other = make_map(np.where(truth, 0.9, 0.2).astype(np.float32), "other.tif")
    area = map_area(other)
    found = assess(match_strata(pair_shapes(other, shapes, Design.from_points(points), points=True), area, 0.5), area=area)
    assert found.area.estimate.lower < 0.01 * truth.sum() < found.area.estimate.upper
    assert not found.own_strata


def test_points_that_are_missing_are_told_by_stratum(survey: tuple) -> None:
    path, _, shapes, points = survey
    kept = [k for k, point in enumerate(points) if point.stratum == "water" or k % 3]
    pairs = pair_shapes(path, [shapes[k] for k in kept], Design.from_points([points[k] for k in kept]), points=True)
    whole = sum(point.stratum == "not water" for point in points)
    left = sum(points[k].stratum == "not water" for k in kept)
    (warning,) = pairs.warnings
    assert f"Only {left} of the {whole} points that were drawn in stratum “not water”" in warning
    assert pair_shapes(path, shapes, Design.from_points(points), points=True).warnings == ()


def test_points_that_were_added_are_told_by_stratum(survey: tuple) -> None:
    """Copied with all their fields, as a digitizing tool does: they look drawn, but nobody drew lots for their places."""
    path, truth, shapes, points = survey
    drawn_here = {shape.wkb for shape in shapes}
    places_left = ((r, c) for r in range(2, 40) for c in range(2, 118))
    added = [s for s in (point(c + 0.5, r + 0.5, bool(truth[r, c])) for r, c in places_left) if s.wkb not in drawn_here][:50]
    copies = [replace(next(p for p in points if p.stratum == "water"), place=shape.wkb) for shape in added]
    whole = sum(p.stratum == "water" for p in points)
    pairs = pair_shapes(path, [*shapes, *added], Design.from_points([*points, *copies]), points=True)
    (warning,) = pairs.warnings
    assert f"{whole + 50} points of stratum “water” are in the reference, but only {whole} were drawn" in warning


def in_degrees(path: str, truth: np.ndarray, settings: ReferenceSettings, label: int) -> tuple[list[LabelledShape], list[SampledPoint]]:
    """The first points of a sample of a map in degrees, labelled, and the record of all of them."""
    sample = sample_reference(path, settings)
    columns, rows = np.floor((sample.position - [8, 70]) / [0.1, -0.1]).astype(int).T
    shapes = [shape(f"POINT ({x} {y})", bool(truth[r, c])) for (x, y), r, c in zip(sample.position, rows, columns)]
    points = drawn(sample, shapes)
    return shapes[:label], [*points[:label], *(replace(point, place=None) for point in points[label:])]


def test_pixels_that_differ_in_area_make_no_points_missing_or_added(make_map: Maker) -> None:
    """Of a map in degrees, the mean area of the pixels in a stratum is known only from the labelled ones."""
    p, truth = scene()
    path = make_map(p, transform=(8, 0.1, 0, 70, 0, -0.1), epsg=4326)
    for seed in range(5):
        shapes, points = in_degrees(path, truth, ReferenceSettings(count=300, seed=seed), 60)
        assert pair_shapes(path, shapes, Design.from_points(points), points=True).warnings == ()
    left = [point for k, point in enumerate(points) if k < 60 or k % 2]
    assert "points that were drawn in stratum “not water”" in pair_shapes(path, shapes, Design.from_points(left), points=True).warnings[0]


def test_pixels_that_differ_in_area_make_no_sample_impossible(make_map: Maker) -> None:
    """Of the points of the whole map a smaller share lies where pixels are larger than that of the area."""
    truth = np.zeros((500, 120), bool)
    truth[:200] = True
    path = make_map(np.where(truth, 0.9, 0.1).astype(np.float32), transform=(8, 0.1, 0, 70, 0, -0.1), epsg=4326)
    shapes, points = in_degrees(path, truth, ReferenceSettings(count=2000, design="random"), 2000)
    area = map_area(path)
    found = assess(match_strata(pair_shapes(path, shapes, Design.from_points(points), points=True), area, 0.5), area=area)
    assert found.area.estimate.value == pytest.approx(area.mapped, rel=1e-3)


def test_points_that_were_passed_over_are_told(survey: tuple) -> None:
    _, _, _, points = survey
    empty = [replace(point, place=None) for point in points]
    assert Design.from_points([*points[:300], *empty[300:]]).warnings == ()
    design = Design.from_points([*points[:100], *empty[100:110], *points[110:300], *empty[300:]])
    assert "before the last labelled one: 10." in design.warnings[0]
    assert len(design.stratum) == 290
    np.testing.assert_array_equal(design.points, Design.from_points(points).points)


def test_a_layer_merged_with_itself_counts_once(survey: tuple) -> None:
    path, _, shapes, points = survey
    design = Design.from_points([*points, *points])
    assert "because another one lies at the same place: 600." in design.warnings[0]
    one, two = (
        assess(pair_shapes(path, s, d, points=True)) for s, d in ((shapes, Design.from_points(points)), ([*shapes, *shapes], design))
    )
    assert two.area.estimate == one.area.estimate
    assert two.pixels == one.pixels


@pytest.mark.parametrize("value", [0, -1.0, float("inf"), float("nan"), 1e308, "many", 1e11])
def test_an_area_that_cannot_be_is_refused_by_name(survey: tuple, value: object) -> None:
    points = survey[3]
    where = next(k for k, point in enumerate(points) if point.stratum == "water")
    with pytest.raises(InputError, match="“stratum_ha” of a point in stratum “water” holds"):
        Design.from_points([*points[:where], replace(points[where], area=value), *points[where + 1 :]])


@pytest.mark.parametrize("value", [0, -1.0, 0.5, float("inf"), float("nan"), "heavy"])
def test_a_weight_that_cannot_be_is_refused_by_name(survey: tuple, value: object) -> None:
    points = survey[3]
    with pytest.raises(InputError, match=f"“weight” of a point in stratum “{points[0].stratum}” holds"):
        Design.from_points([replace(points[0], weight=value), *points[1:]])


def test_samples_that_were_merged_are_refused(survey: tuple) -> None:
    points = survey[3]
    with pytest.raises(InputError, match="“weight” holds both"):
        Design.from_points([*points, replace(points[0], weight=2 * points[0].weight)])
    with pytest.raises(InputError, match="“stratum_ha” holds both"):
        Design.from_points([*points, replace(points[0], area=2 * points[0].area)])
    with pytest.raises(InputError, match="a stratified and a random sample"):
        Design.from_points([*points, replace(points[0], stratum="all")])


def test_a_stratum_of_fewer_pixels_than_points_is_refused(survey: tuple) -> None:
    path, _, shapes, points = survey
    tiny = [replace(point, area=0.5) if point.stratum == "water" else point for point in points]
    with pytest.raises(InputError, match=r"Stratum “water” has .* holds only 50 pixels"):
        pair_shapes(path, shapes, Design.from_points(tiny), points=True)


@pytest.mark.parametrize("wet", [0, 1])
def test_a_map_with_one_pixel_of_water_is_assessed(make_map: Maker, wet: int) -> None:
    """The stratum of one pixel is labelled completely: nothing in it is left to chance."""
    p = np.full((40, 40), 0.1, np.float32)
    p[7, 9] = 0.9
    truth = np.zeros((40, 40), bool)
    truth[7, 9] = wet
    truth[30:32, 30:32] = True
    path = make_map(p)
    shapes, design = labelled(sample_reference(path, ReferenceSettings(count=1600)), truth)
    area = map_area(path)
    found = assess(match_strata(pair_shapes(path, shapes, design, points=True), area, 0.5), area=area)
    assert found.area.estimate.interval == pytest.approx((0.04 + 0.01 * wet,) * 2)


def test_the_interval_covers_the_truth_in_surveys_drawn_from_the_map(make_map: Maker) -> None:
    """Points drawn from the raster by the function itself, labelled by the truth: 7 and 10 errors expected."""
    p, truth = scene(side=100)
    path, true, covered = make_map(p), 0.01 * truth.sum(), 0
    for seed in range(500):
        sample = sample_reference(path, ReferenceSettings(count=260, seed=seed))
        rows, columns = places(sample.position)
        area = np.array([s.area for s in sample.strata])
        survey = Survey(Strata(sample.stratum, (), area), truth[rows, columns].astype(int), (p[rows, columns] >= 0.5).astype(int))
        estimate = survey.area(1)
        covered += estimate.lower <= true <= estimate.upper
    assert 0.93 <= covered / 500 <= 0.98


def test_a_random_sample_is_stratified_after_the_fact(make_map: Maker) -> None:
    p, truth = scene(side=200)
    path = make_map(p)
    shapes, design = labelled(sample_reference(path, ReferenceSettings(count=400, design="random")), truth)
    pairs, area = pair_shapes(path, shapes, design, points=True), map_area(path)
    divided = poststratified(pairs, area, 0.5)
    assert divided.sample.names == ("not water", "water")
    np.testing.assert_allclose(divided.sample.area, [area.total - area.mapped, area.mapped])
    plain, better = assess(pairs).area.estimate, assess(divided).area.estimate
    assert better.standard_error < 0.9 * plain.standard_error
    assert better.lower < 0.01 * truth.sum() < better.upper
    # A sample of another map's extent stays what it was.
    assert poststratified(pairs, replace(area, total=area.total * 2), 0.5) is pairs


def test_areas_of_a_map_in_degrees(make_map: Maker) -> None:
    p = np.zeros((100, 100), np.float32)
    p[:50] = 0.9
    path = make_map(p, epsg=4326, transform=(13, 0.01, 0, 60, 0, -0.2))
    area = map_area(path)
    # The northern half, 50 to 60 degrees, is smaller than the southern, 40 to 50; on a sphere areas go with the sine of the latitude.
    s40, s50, s60 = np.sin(np.radians([40, 50, 60]))
    assert area.mapped / area.total == pytest.approx((s60 - s50) / (s60 - s40), abs=0.002)
    sample = sample_reference(path, ReferenceSettings(count=100))
    by_name = {s.name: s.area for s in sample.strata}
    assert by_name["water"] == pytest.approx(area.mapped)
    assert sum(by_name.values()) == pytest.approx(area.total)


@pytest.mark.parametrize("job", ["sample", "area", "raster", "shapes"])
def test_cancelling(make_map: Maker, make_raster: Maker, job: str) -> None:
    path = make_map(probabilities())
    labels = make_raster(np.ones((1, 90, 110), np.uint8), "r.tif")
    jobs = {
        "sample": lambda progress: sample_reference(path, progress=progress),
        "area": lambda progress: map_area(path, progress=progress),
        "raster": lambda progress: pair_raster(path, labels, WATER, progress),
        "shapes": lambda progress: pair_shapes(path, [shape(box(2, 3, 12, 9), True)], progress=progress),
    }
    assert_cancelled(lambda: jobs[job](Recorder(cancel_at=1)))
    recorder = Recorder()
    jobs[job](recorder)
    assert recorder.fractions[-1] == 1.0
