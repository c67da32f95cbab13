"""A sample while it is labelled tells what an assessment with the same labels would; and how far two people agree."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from surveys import Maker, drawn, scene, shape

from ipeo_water_plugin.core.accuracy.agreement import Agreement, agreement
from ipeo_water_plugin.core.accuracy.assess import Assessment, assess
from ipeo_water_plugin.core.accuracy.labelling import SampleOnMap
from ipeo_water_plugin.core.accuracy.pairs import map_area, pair_shapes
from ipeo_water_plugin.core.accuracy.reference_points import ReferenceSettings, sample_reference
from ipeo_water_plugin.core.accuracy.sampling_design import Design, match_strata
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.reports.assessment_report import AssessedMap, agreement_sentences, assessment_report
from ipeo_water_plugin.core.reports.page import Pictures, RunRecord, render
from ipeo_water_plugin.paths import resources, version


class Labelled:
    """A map, a sample of it, and what someone who is always right says of each point."""

    def __init__(self, make_map: Maker, design: str = "stratified", count: int = 80, **georeference: Any) -> None:
        p, self.truth = scene(side=60)
        p[:3] = -9999
        self.path = make_map(p, **georeference)
        sample = sample_reference(self.path, ReferenceSettings(count=count, design=design))
        pixels = np.floor(grid_of(self.path).to_pixels(*sample.position.T)).astype(int)
        self.shapes = [
            shape(f"POINT ({x:.17g} {y:.17g})", bool(self.truth[row, column]), number)
            for number, ((x, y), (column, row)) in enumerate(zip(sample.position.tolist(), pixels.tolist()))
        ]
        self.points = drawn(sample, self.shapes)
        self.labels = [shape.water for shape in self.shapes]
        self.on_map = SampleOnMap(self.path, self.points, range(len(self.points)))

    def assessed(self, count: int) -> Assessment:
        """Assess with the first labels, from the map itself."""
        points = [point if k < count else type(point)(point.stratum, point.weight, point.area, None) for k, point in enumerate(self.points)]
        pairs = pair_shapes(self.path, self.shapes[:count], Design.from_points(points), points=True)
        area = map_area(self.path)
        return assess(match_strata(pairs, area, 0.5), area=area, replicates=2)


@pytest.mark.parametrize("design", ["stratified", "random"])
@pytest.mark.parametrize("georeference", [{}, {"epsg": 4326, "transform": (13, 0.01, 0, 60, 0, -0.3)}])
def test_after_each_label_the_area_is_that_of_an_assessment(make_map: Maker, design: str, georeference: dict[str, Any]) -> None:
    """In degrees, pixels differ in area."""
    made = Labelled(make_map, design, **georeference)
    for count in (10, 37, 80):
        labels = [label if k < count else None for k, label in enumerate(made.labels)]
        found = made.on_map.so_far(labels, [False] * 80)
        assert (found.points, found.reason, found.ends) == (count, "", None)
        assert found.estimate == made.assessed(count).area.estimate


def test_points_that_nobody_can_tell_move_the_area_between_two_ends(make_map: Maker) -> None:
    made = Labelled(make_map)
    unclear = [k in (5, 6, 7) for k in range(80)]
    labels = [None if doubt else label for label, doubt in zip(made.labels, unclear)]
    found = made.on_map.so_far(labels, unclear)
    dry, wet = found.ends
    assert found.points == 77
    assert dry < wet
    filled = [True if doubt else label for label, doubt in zip(labels, unclear)]
    assert wet == made.on_map.so_far(filled, [False] * 80).estimate.value


def test_too_few_labels_say_why_there_is_no_area(make_map: Maker) -> None:
    made = Labelled(make_map)
    assert made.on_map.so_far([None] * 80, [False] * 80).reason == ""
    assert "fewer than two labelled points" in made.on_map.so_far([True] + [None] * 79, [False] * 80).reason


def test_points_to_go_are_about_what_it_takes(make_map: Maker) -> None:
    made = Labelled(make_map, count=400)
    some = made.on_map.so_far([label if k < 150 else None for k, label in enumerate(made.labels)], [False] * 400, 0.1)
    every = made.on_map.so_far(made.labels, [False] * 400, 0.1).estimate
    margin = (every.upper - every.lower) / 2 / every.value
    again = made.on_map.so_far([label if k < 150 else None for k, label in enumerate(made.labels)], [False] * 400, margin)
    assert some.goal[0] == 0.1
    assert again.goal == (margin, pytest.approx(250, rel=0.25))
    assert made.on_map.so_far(made.labels, [False] * 400, 0.9).goal == (0.9, 0)
    # Without a wish, the next of several.
    width = (some.estimate.upper - some.estimate.lower) / 2 / some.estimate.value
    assert made.on_map.so_far([label if k < 150 else None for k, label in enumerate(made.labels)], [False] * 400).goal[0] < width


def test_the_map_of_the_report_marks_the_points_that_are_wrong(make_map: Maker) -> None:
    made = Labelled(make_map)
    pairs = pair_shapes(made.path, made.shapes, Design.from_points(made.points), points=True)
    page = assessment_report(assess(pairs, replicates=2), pairs, AssessedMap(made.path, "map", "points"), RunRecord())
    (picture,) = next(b.items for section in page.sections for b in section.blocks if isinstance(b, Pictures))
    wrong = {}
    for k, p in zip(pairs.unit.tolist(), pairs.probability.tolist()):
        if (p >= 0.5) != made.labels[k]:
            wrong[tuple(made.points[k].place)] = "bad" if made.labels[k] else "caution"
    assert sorted(mark.level for mark in picture.marks) == sorted(wrong.values())
    grid = grid_of(made.path)
    for mark in picture.marks:
        row, column = int(mark.y), int(mark.x)
        assert made.truth[row, column] == (mark.level == "bad")
    assert (picture.size, "Red: water that it misses" in picture.caption) == ((grid.width, grid.height), True)
    # On a picture of 60 pixels too, dots and ids have the size that they have on others.
    text = render(page, resources() / "report", version())
    assert 'viewBox="0 0 560.0 560.0"' in text
    assert f'cx="{picture.marks[0].x * 560 / 60}"' in text


def test_two_people_agree_as_scikit_learn_says(make_map: Maker) -> None:
    made = Labelled(make_map)
    draw = np.random.default_rng(4)
    second = [type(s)(s.wkb, bool(s.water ^ (draw.random() < 0.15)), 1000 + k) for k, s in enumerate(made.shapes)]
    grid = grid_of(made.path)
    # The second person begins at the end, and stops early.
    found = agreement(made.shapes, second[:9:-1], grid)
    first, other = ([s.water for s in shapes[10:]] for shapes in (made.shapes, second))
    assert (found.points, found.single) == (70, 10)
    assert found.share == pytest.approx(np.mean(np.array(first) == other))
    assert found.kappa == pytest.approx(cohen_kappa_score(first, other))
    assert [one.ids[1] for one in found.differences] == [s.id for s, water in zip(second[10:], first) if s.water != water]
    assert all(one.first_water != second[one.ids[1] - 1000].water for one in found.differences)
    with pytest.raises(InputError, match=re.escape("label in both layers")):
        agreement(made.shapes[:10], second[10:], grid)


def test_a_pixel_that_one_person_calls_both_counts_for_neither(make_map: Maker) -> None:
    made = Labelled(make_map)
    grid, both = grid_of(made.path), [type(s)(s.wkb, not s.water, 900 + k) for k, s in enumerate(made.shapes[:5])]
    for first, second in (([*made.shapes, *both], made.shapes), (made.shapes, [*both, *made.shapes])):
        found = agreement(first, second, grid)
        assert (found.points, found.single, found.share) == (75, 5, 1.0)


@pytest.mark.parametrize(("counts", "stated"), [(((30, 0), (1, 8)), False), (((30, 1), (1, 8)), True), (((2, 0), (0, 3)), False)])
def test_no_kappa_is_stated_of_a_few_points(counts: tuple[tuple[int, int], tuple[int, int]], stated: bool) -> None:
    """Two people who agree on three points of each class would be “perfect”."""
    (said,) = agreement_sentences(Agreement(counts, (), 0))
    assert ("Cohen's kappa is" in said) is stated
    assert ("Fewer than 10 are of one class" in said) is not stated


def test_two_who_use_one_class_have_no_kappa(make_map: Maker) -> None:
    made = Labelled(make_map)
    dry = [type(s)(s.wkb, False, s.id) for s in made.shapes]
    found = agreement(dry, dry, grid_of(made.path))
    assert (found.share, found.kappa, found.differences) == (1.0, None, ())
