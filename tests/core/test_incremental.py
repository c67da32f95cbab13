"""Sampling while areas are drawn: the samples of `sample_pixels`, with the changed areas read alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from making import box
from osgeo import ogr
from test_scenes import SCENES

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import Source
from ipeo_water_plugin.core.samples import Samples
from ipeo_water_plugin.core.sampling import incremental
from ipeo_water_plugin.core.sampling.incremental import IncrementalSampler
from ipeo_water_plugin.core.sampling.polygons import LabelledShape, read_shapes
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels

QUIET = SilentProgress()


def shape(wkt: str, water: bool, fid: int) -> LabelledShape:
    return LabelledShape(bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb()), water, fid)


def assert_alike(found: Samples | None, wanted: Samples) -> None:
    assert found is not None
    for name in ("X", "y", "polygon", "scene", "position"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name
    assert found.names == wanted.names
    assert found.scenes == wanted.scenes


@pytest.fixture
def image(make_raster: Callable[..., str]) -> str:
    """60 × 50 pixels, of which a corner is NoData."""
    bands = np.random.default_rng(0).integers(1, 5000, (3, 50, 60), dtype=np.uint16)
    bands[:, :12, :12] = 0
    return make_raster(bands, nodata=0)


def random_shapes(draw: np.random.Generator, count: int) -> list[LabelledShape]:
    found = []
    for fid in range(count):
        left, top = draw.uniform(-8, 50, 2)
        found.append(shape(box(left, top, left + draw.uniform(0.2, 25), top + draw.uniform(0.2, 25)), bool(draw.integers(2)), fid))
    return found


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_samples_of_a_real_scene_are_those_of_mapping(scene: str) -> None:
    folder = SCENES[scene][0]
    path = str(folder / "image.tif")
    roles, shapes = roles_of(path), read_shapes(str(folder / "labels.gpkg"), path, "class")
    sampler = IncrementalSampler(path, roles)
    for drawn in (shapes[: len(shapes) // 2], shapes, shapes[3:]):
        found = sampler.sample(drawn, QUIET)
        if found.samples is not None:
            assert_alike(found.samples, sample_pixels(path, roles, drawn).samples)
            assert found.pixels.sum() == len(found.samples)
    assert found.samples is not None


@pytest.mark.parametrize("settings", [SamplingSettings(), SamplingSettings(all_touched=True), SamplingSettings(max_per_class=60, seed=7)])
def test_after_any_edits_samples_are_those_of_mapping(settings: SamplingSettings, image: str) -> None:
    draw, roles = np.random.default_rng(4), roles_of(image)
    sampler, shapes = IncrementalSampler(image, roles, settings), random_shapes(draw, 6)
    compared = 0
    for _ in range(60):
        turn = int(draw.integers(len(shapes)))
        (new,) = random_shapes(draw, 1)
        shapes[turn] = LabelledShape(new.wkb, new.water, shapes[turn].id)
        found = sampler.sample(shapes, QUIET)
        try:
            wanted = sample_pixels(image, roles, shapes, settings)
        except InputError:
            assert found.samples is None
            continue
        assert_alike(found.samples, wanted.samples)
        assert found.pixels.sum() == sum(wanted.found)
        assert [bool(problem) for problem in found.problems] == [not count for count in found.pixels]
        compared += 1
    assert compared > 30


def test_only_what_changed_is_read(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = [shape(box(20, 2, 30, 12), True, 1), shape(box(40, 20, 50, 30), False, 2), shape(box(20, 30, 26, 36), False, 3)]
    sampler = IncrementalSampler(image, roles_of(image))
    sampler.sample(shapes, QUIET)
    pixels = []
    read = Source.read
    monkeypatch.setattr(Source, "read", lambda self, window: pixels.append(window.pixels) or read(self, window))
    sampler.sample([*shapes[:2], shape(box(21, 30, 25, 36), False, 3)], QUIET)
    assert pixels == [24]
    sampler.sample(shapes[:2], QUIET)
    assert pixels == [24]


@pytest.mark.parametrize(
    ("wkt", "words"),
    [
        (box(200, 200, 210, 210), "outside the image"),
        (box(2, 2, 9, 9), "NoData"),
        (box(20.6, 20.6, 20.9, 20.9), "no pixel centre"),
        (box(31, 31, 34, 34), "both classes"),
        ("POLYGON EMPTY", "no geometry"),
        ("LINESTRING (500000 5799000, 500100 5799000)", "neither a polygon nor a point"),
    ],
)
def test_an_area_without_a_pixel_says_why(wkt: str, words: str, image: str) -> None:
    shapes = [shape(box(20, 2, 30, 12), True, 1), shape(box(30, 30, 40, 40), False, 2), shape(wkt, True, 3)]
    found = IncrementalSampler(image, roles_of(image)).sample(shapes, QUIET)
    assert found.samples is not None
    assert found.pixels[2] == 0
    assert words in found.problems[2]
    assert found.problems[0] == ""


def test_a_covered_area_says_so(image: str) -> None:
    shapes: Sequence[LabelledShape] = [
        shape(box(22, 4, 25, 8), True, 1),
        shape(box(30, 30, 40, 40), False, 2),
        shape(box(20, 2, 30, 12), True, 3),
    ]
    found = IncrementalSampler(image, roles_of(image)).sample(shapes, QUIET)
    assert "covered" in found.problems[0]


def test_areas_too_large_to_keep_are_sampled_from_the_file(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = [shape(box(14, 2, 50, 22), True, 1), shape(box(14, 24, 50, 45), False, 2), shape("POLYGON EMPTY", False, 3)]
    monkeypatch.setattr(incremental, "_MAX_KEPT", 500)
    sampler = IncrementalSampler(image, roles_of(image), SamplingSettings(max_per_class=100))
    found = sampler.sample(shapes, QUIET)
    assert_alike(found.samples, sample_pixels(image, roles_of(image), shapes[:2], SamplingSettings(max_per_class=100)).samples)
    assert found.problems[:2] == ("", "")
    assert "no geometry" in found.problems[2]
    one = sampler.sample([shapes[0]], QUIET)
    assert one.samples is None


def test_without_areas_there_are_no_samples(image: str) -> None:
    found = IncrementalSampler(image, roles_of(image)).sample([], QUIET)
    assert (found.samples, found.problems) == (None, ())


def test_points_label_the_pixel_they_lie_in(image: str) -> None:
    shapes = [shape("POINT (500255 5799745)", True, 1), shape("POINT (500355 5799645)", False, 2)]
    found = IncrementalSampler(image, roles_of(image)).sample(shapes, QUIET)
    assert_alike(found.samples, sample_pixels(image, roles_of(image), shapes).samples)
    assert found.pixels.tolist() == [1, 1]
