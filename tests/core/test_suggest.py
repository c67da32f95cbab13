"""Where to draw next: what the model never saw comes first, spread, outside what is drawn, within memory, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from making import assert_cancelled, box
from osgeo import gdal, ogr

from ipeo_water_plugin.core.errors import InputError, ModelError
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.prediction import suggest as suggest_module
from ipeo_water_plugin.core.prediction.suggest import Suggestion, suggest
from ipeo_water_plugin.core.raster.describe import roles_of

WATER, FOREST, FIELD, ROOF = (900, 700, 300), (800, 600, 2000), (1500, 1800, 1500), (4000, 4000, 4000)


def model_of(*classes: tuple[int, int, int]) -> WaterModel:
    """A model that knows these surfaces, and parts dark from bright in the near infrared at 1150."""
    values = np.array(classes, float)
    inputs = tuple(
        ModelInput(name, name, v.mean(), max(v.std(), 100.0), v.min(), v.max(), tuple(np.quantile(v, (0, 0.25, 0.5, 0.75, 1))))
        for name, v in zip(("green", "red", "nir"), values.T)
    )
    return WaterModel(inputs, (Layer(np.array([[0.0, 0.0, -0.01]]), np.array([11.5])),))


@pytest.fixture
def scene(make_raster: Callable[..., str]) -> tuple[str, np.ndarray]:
    """200 × 200 pixels: forest, a lake, a large field and one small bright roof; and the surface of each pixel."""
    kind = np.ones((200, 200), int)
    kind[20:80, 20:80] = 0
    kind[110:190, 100:190] = 2
    kind[100:105, 20:25] = 3
    pixels = np.array([WATER, FOREST, FIELD, ROOF])[kind].transpose(2, 0, 1) + np.random.default_rng(1).normal(0, 15, (3, 200, 200))
    return make_raster(pixels.astype(np.float32)), kind


def pixel(place: Suggestion) -> tuple[int, int]:
    return int((5800000 - place.y) / 10), int((place.x - 500000) / 10)


def wkb(wkt: str) -> bytes:
    return bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb())


DRAWN = [wkb(box(30, 30, 60, 60)), wkb(box(120, 20, 160, 60))]


@pytest.mark.parametrize("drawn", [(), DRAWN], ids=["model alone", "areas known"])
def test_the_field_that_nobody_drew_comes_first(scene: tuple[str, np.ndarray], drawn: list[bytes]) -> None:
    """Not the roof, which is stranger but hardly there."""
    raster, kind = scene
    first, *_ = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 5, drawn)
    assert kind[pixel(first)] == 2
    assert first.novelty > 1
    assert "nothing like it" in first.reason


def test_unsure_counts_more_than_sure(make_raster: Callable[..., str]) -> None:
    """Two surfaces equally far from what is known, of equal size; the model is torn between classes on one alone."""
    kind = np.zeros((100, 100), int)
    kind[:, 34:67], kind[:, 67:] = 1, 2
    known, torn, sure = (900, 900, 2000), (900, 900, 1150), (900, 900, 2850)
    raster = make_raster(np.array([known, torn, sure])[kind].transpose(2, 0, 1).astype(np.float32))
    drawn = [wkb(box(0, 0, 30, 100))]
    one, other, *_ = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 2, drawn)
    assert (kind[pixel(one)], kind[pixel(other)]) == (1, 2)
    assert one.score > other.score
    assert one.novelty == pytest.approx(other.novelty, rel=1e-3)
    assert one.probability == pytest.approx(0.5, abs=1e-3)
    assert "unsure" in one.reason
    assert "unsure" not in other.reason


def test_places_keep_apart_and_out_of_what_is_drawn(scene: tuple[str, np.ndarray]) -> None:
    raster, _ = scene
    drawn = [*DRAWN, wkb(box(100, 110, 190, 150))]
    places = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 10, drawn)
    rows, columns = np.array([pixel(place) for place in places]).T
    inside = ((rows >= 110) & (rows < 150) & (columns >= 100) & (columns < 190)) | (
        (rows >= 30) & (rows < 60) & (columns >= 30) & (columns < 60)
    )
    assert not inside.any()
    distance = np.hypot(rows[:, None] - rows, columns[:, None] - columns)[np.triu_indices(10, 1)]
    # Evenly spread, ten would lie 63 pixels apart.
    assert distance.min() > 10
    assert [p.score for p in places] == pytest.approx(sorted((p.score for p in places), reverse=True))


def test_what_is_drawn_is_known(scene: tuple[str, np.ndarray]) -> None:
    """Once a corner of the field is drawn, its rest is nothing new."""
    raster, kind = scene
    before = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 3, DRAWN)
    after = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 3, [*DRAWN, wkb(box(150, 150, 170, 170))])
    assert max(p.novelty for p in before if kind[pixel(p)] == 2) > 10 * max((p.novelty for p in after if kind[pixel(p)] == 2), default=0)
    assert kind[pixel(after[0])] == 3


def test_points_count_as_drawn(scene: tuple[str, np.ndarray]) -> None:
    raster, kind = scene
    points = [wkb("POINT(501505 5798495)"), *DRAWN]
    places = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 10, points)
    assert all(place.novelty < 1 for place in places if kind[pixel(place)] == 2)
    assert any(kind[pixel(place)] == 3 for place in places)


def test_the_same_every_time_and_the_first_stay_the_first(scene: tuple[str, np.ndarray]) -> None:
    raster, _ = scene
    one, again = (suggest(raster, roles_of(raster), model_of(WATER, FOREST), 8) for _ in range(2))
    assert one == again
    assert suggest(raster, roles_of(raster), model_of(WATER, FOREST), 1)[0].x == one[0].x


def test_patches_are_even_and_valid(make_raster: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the scene is NoData, and of the rest every other patch is noisy; a cell of 20 pixels leaves the choice."""
    monkeypatch.setattr(suggest_module, "_CELLS", 25)
    pixels = np.full((3, 100, 100), 1200, np.float32)
    noise = np.random.default_rng(0).normal(0, 300, pixels.shape)
    noisy = (np.indices((100, 100)) // 5).sum(0) % 2 == 0
    pixels += np.where(noisy, noise, 0).astype(np.float32)
    pixels[:, :, 50:] = -1
    raster = make_raster(pixels, nodata=-1)
    chosen = [pixel(place) for place in suggest(raster, roles_of(raster), model_of(WATER, FOREST), 4)]
    assert chosen
    assert all(column < 50 for _, column in chosen)
    assert not any(noisy[place] for place in chosen)


@pytest.mark.parametrize("options", [("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"), ("BLOCKYSIZE=1",)])
def test_large_scenes_are_looked_at_in_part(
    make_raster: Callable[..., str], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """Of the windows in a cell of 60 pixels one is read; the places still lie where they lie."""
    monkeypatch.setattr(suggest_module, "_CELLS", 25)
    for name, value in (("_TILE", 16), ("_WINDOW_PIXELS", 16 * 300)):
        monkeypatch.setattr(f"ipeo_water_plugin.core.grid.{name}", value)
    rows, columns = np.indices((300, 300))
    raster = make_raster(np.stack([rows, columns, np.full_like(rows, 1150)]).astype(np.float32), options=options)
    read = []
    source = suggest_module.Source.read
    monkeypatch.setattr(suggest_module.Source, "read", lambda self, window: (read.append(window), source(self, window))[1])
    places = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 8)
    values = gdal.Open(raster).ReadAsArray()
    for place in places:
        row, column = pixel(place)
        assert (values[0, row, column], values[1, row, column]) == (row, column)
        assert any(w.row <= row < w.row + w.height and w.column <= column < w.column + w.width for w in read)
    assert 300 * 300 / 20 < sum(w.pixels for w in read) < 300 * 300 / 2


@pytest.mark.parametrize("block", [(512, 512), (256, 256), (1024, 1024), (100_000, 1), (128, 64)])
def test_windows_are_whole_blocks_and_cover_the_scene_once(block: tuple[int, int]) -> None:
    for width, height in ((40, 7), (1536, 768), (10980, 10980), (64, 100_000)):
        cell, windows = suggest_module._windows(suggest_module.Grid(width, height, None, ""), (min(block[0], width), block[1]))
        assert sum(w.pixels for w in windows) == width * height
        assert all(w.column % min(block[0], width) == w.row % block[1] == 0 for w in windows)
        cells = sum(len(suggest_module._cells(w.width, cell)) * len(suggest_module._cells(w.height, cell)) for w in windows)
        assert cells < 2 * suggest_module._CELLS
        assert max(w.pixels for w in windows) < 4_000_000


def test_some_window_of_a_huge_scene_is_read() -> None:
    for width, height, block in ((10_000_000, 100, (10_000_000, 1)), (60_000, 60_000, (512, 512)), (100_000, 300, (256, 256))):
        assert suggest_module._windows(suggest_module.Grid(width, height, None, ""), block)[1]


def test_fewer_places_than_asked_for_are_a_warning(make_raster: Callable[..., str], recorder: type) -> None:
    raster, progress = make_raster(np.full((3, 20, 20), 1200, np.float32)), recorder()
    places = suggest(raster, roles_of(raster), model_of(WATER, FOREST), 10, (), progress)
    assert len(places) == 1
    assert any("Only 1 of 10" in warning for warning in progress.warnings)
    assert progress.fractions == sorted(progress.fractions)


def test_what_cannot_be_is_refused(scene: tuple[str, np.ndarray], make_raster: Callable[..., str], plane: WaterModel) -> None:
    raster, _ = scene
    roles = roles_of(raster)
    for count in (0, 100_000):
        with pytest.raises(InputError, match="places"):
            suggest(raster, roles, plane, count)
    with pytest.raises(InputError, match="outside the raster"):
        suggest(raster, roles, plane, 5, [wkb(box(900, 900, 910, 910))])
    with pytest.raises(InputError, match="no place to suggest"):
        suggest(raster, roles, plane, 5, [wkb(box(-10, -10, 300, 300))])
    other = WaterModel((ModelInput("swir", "extra", 0, 1, 0, 1),), (Layer(np.ones((1, 1)), np.zeros(1)),))
    with pytest.raises(ModelError, match="swir"):
        suggest(raster, roles, other, 5)
    nothing = make_raster(np.full((3, 30, 30), -1, np.float32), "nothing.tif", nodata=-1)
    with pytest.raises(InputError, match="no place to suggest"):
        suggest(nothing, roles_of(nothing), plane, 5)


def test_cancelled_at_any_moment(scene: tuple[str, np.ndarray], recorder: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipeo_water_plugin.core.grid._TILE", 16)
    monkeypatch.setattr("ipeo_water_plugin.core.grid._WINDOW_PIXELS", 4000)
    # Each question is asked in a run of its own, which goes through every cell up to there.
    monkeypatch.setattr(suggest_module, "_CELLS", 400)
    raster, _ = scene
    roles, model = roles_of(raster), model_of(WATER, FOREST)
    counting = recorder()
    suggest(raster, roles, model, 5, DRAWN, counting)
    assert counting.asked > 20
    for question in range(1, counting.asked + 1):
        assert_cancelled(lambda question=question: suggest(raster, roles, model, 5, DRAWN, recorder(question)))


def test_a_perceptron_can_ask_too(scene: tuple[str, np.ndarray]) -> None:
    raster, kind = scene
    flat = model_of(WATER, FOREST)
    perceptron = WaterModel(flat.inputs, (Layer(np.array([[0, 0, -0.01]]), np.array([11.5])), Layer(np.array([[8.0]]), np.array([-4.0]))))
    first, *_ = suggest(raster, roles_of(raster), perceptron, 3)
    assert kind[pixel(first)] == 2


@pytest.mark.slow
def test_suggested_places_teach_more_than_random_ones(sample_scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One round of five on the sample scene, against the worst case of two random ones; benchmarks/suggest.py measures it in full."""
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(sample_scene.parents[1] / "benchmarks")
    import suggest as benchmark

    survey = benchmark.Survey()
    suggested = survey.learn(survey.suggested(drawn=True, count=5), 5, 1)
    random = np.mean([survey.learn(survey.random(seed), 5, 1) for seed in range(2)], axis=0)
    assert suggested[0] == random[0] < 0.7
    assert suggested[1] > max(random[1], 0.8)
