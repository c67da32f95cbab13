"""Water bodies against scipy's labelling, GDAL's own measures and made scenes of known area; strips, NoData, ways to fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from making import assert_cancelled, spatial_reference
from osgeo import gdal, ogr
from patience import examples
from scipy import ndimage

from ipeo_water_plugin.core.errors import InputError, RasterError, WaterError
from ipeo_water_plugin.core.maps.components import ComponentLabeller, Runs, connected
from ipeo_water_plugin.core.maps.extraction import WaterBody, extract
from ipeo_water_plugin.core.maps.labels import ExtractionSettings
from ipeo_water_plugin.core.raster import windows as windows_module
from ipeo_water_plugin.core.raster.geotiff import provenance

CORNERS = np.ones((3, 3))


@pytest.fixture
def probability(make_raster: Callable[..., str]) -> Callable[..., str]:
    """Write one band of probabilities with NoData -9999."""

    def make(values: np.ndarray, **options: object) -> str:
        return make_raster(values[None].astype(np.float32), descriptions=("water probability",), **{"nodata": -9999, **options})

    return make


def bodies(path: str, **chosen: object) -> list[WaterBody]:
    with extract(path, ExtractionSettings(**chosen)) as found:
        return list(found.bodies())


def mask_of(path: str, destination: Path, **chosen: object) -> np.ndarray:
    with extract(path, ExtractionSettings(**chosen)) as found, found.mask(destination):
        pass
    return gdal.Open(str(destination)).ReadAsArray()


def outline(body: WaterBody) -> ogr.Geometry:
    return ogr.CreateGeometryFromWkb(body.wkb)


def rectangle(height: int, width: int, *areas: tuple[slice, slice], water: float = 0.9) -> np.ndarray:
    values = np.full((height, width), 0.1, np.float32)
    for area in areas:
        values[area] = water
    return values


LAKE = (slice(10, 20), slice(10, 20))
POND = (slice(20, 25), slice(20, 25))


@settings(max_examples=examples(60), deadline=None)
@given(
    arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 30))), st.booleans(), st.lists(st.integers(1, 30), min_size=30, max_size=30)
)
def test_labels_in_strips_are_scipys_of_the_whole(mask: np.ndarray, diagonal: bool, heights: list[int]) -> None:
    labeller, painted, row = ComponentLabeller(mask.shape[1], diagonal=diagonal), [], 0
    for height in heights:
        strip = mask[row : row + height]
        if len(strip):
            runs = Runs.from_mask(strip)
            painted.append(runs.paint(labeller.add(runs, len(strip)) + 1, strip.shape))
        row += height
    components = np.append(0, labeller.components() + 1)[np.concatenate(painted)]
    np.testing.assert_array_equal(components, ndimage.label(mask, CORNERS if diagonal else None)[0])


def test_a_long_chain_is_one_component() -> None:
    order = np.random.default_rng(0).permutation(5000)
    assert (connected(5000, order[:-1], order[1:]) == 0).all()


@pytest.mark.parametrize("connectedness", [4, 8])
def test_bodies_are_scipys(probability: Callable[..., str], monkeypatch: pytest.MonkeyPatch, connectedness: int) -> None:
    """On noise, in strips of seven rows."""
    monkeypatch.setattr(windows_module, "_STRIP_PIXELS", 7 * 60)
    values = np.random.default_rng(7).random((50, 60)).astype(np.float32)
    values[20:25, 30:40] = -9999
    water = values >= np.float32(0.55)
    labels, count = ndimage.label(water, CORNERS if connectedness == 8 else None)
    found = bodies(probability(values), threshold=0.55, connectedness=connectedness)
    index = np.arange(1, count + 1)
    assert len(found) == count
    np.testing.assert_allclose([b.mean for b in found], ndimage.mean(values, labels, index), rtol=1e-6)
    np.testing.assert_allclose([b.minimum for b in found], ndimage.minimum(values, labels, index), rtol=1e-6)
    np.testing.assert_allclose([outline(b).Area() for b in found], 100.0 * np.bincount(labels.reshape(-1))[1:])
    assert all(outline(b).IsValid() for b in found)


@pytest.mark.parametrize("connectedness", [4, 8])
@pytest.mark.parametrize("seed", range(4))
def test_small_bodies_and_holes_against_scipy(
    probability: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connectedness: int, seed: int
) -> None:
    monkeypatch.setattr(windows_module, "_STRIP_PIXELS", 6 * 70)
    values = ndimage.gaussian_filter(np.random.default_rng(seed).random((40, 70)), 0.8)
    water = values >= np.median(values)
    across, between = (CORNERS, None) if connectedness == 8 else (None, CORNERS)
    dry, count = ndimage.label(~water, between)
    expected = water.copy()
    for label in range(1, count + 1):
        patch = dry == label
        if patch.sum() <= 6 and not (patch[0].any() or patch[-1].any() or patch[:, 0].any() or patch[:, -1].any()):
            expected |= patch
    labels, count = ndimage.label(expected, across)
    size = np.bincount(labels.reshape(-1))
    expected &= (size >= 9)[labels]
    assert 0 < expected.sum() < (labels > 0).sum()
    path = probability(np.where(water, 0.9, 0.1))
    chosen = {"connectedness": connectedness, "fill_holes": 600, "min_area": 900}
    np.testing.assert_array_equal(mask_of(path, tmp_path / "mask.tif", **chosen) == 1, expected)
    kept = np.unique(labels[expected])
    np.testing.assert_allclose([outline(b).Area() for b in bodies(path, **chosen)], 100.0 * size[kept])


def test_a_filled_hole_joins_its_island_and_not_the_probability(probability: Callable[..., str]) -> None:
    values = rectangle(40, 40, (slice(5, 25), slice(5, 25)), water=0.8)
    values[10:15, 10:15] = 0.2
    values[12, 12] = 0.95
    (lake, island) = bodies(probability(values))
    assert outline(lake).Area() == 100 * (400 - 25)
    (whole,) = bodies(probability(values), fill_holes=2500)
    assert outline(whole).Area() == 100 * 400
    assert whole.mean == pytest.approx((375 * 0.8 + 0.95) / 376, rel=1e-6)
    assert whole.minimum == pytest.approx(0.8)
    assert island.minimum == pytest.approx(0.95)


def test_corners_connect_only_where_asked(probability: Callable[..., str]) -> None:
    path = probability(rectangle(40, 40, LAKE, POND))
    assert [outline(b).Area() for b in bodies(path)] == [10_000, 2_500]
    (both,) = bodies(path, connectedness=8)
    assert outline(both).Area() == 12_500
    assert outline(both).IsValid()


def test_known_areas_on_a_made_scene(probability: Callable[..., str]) -> None:
    """In UTM a square kilometre on the map is one on the ground to within 0.1 %."""
    values = np.zeros((400, 500), np.float32)
    values[50:150, 50:150] = 0.9
    rows, columns = np.mgrid[:400, :500]
    disc = np.hypot(rows - 250, columns - 350) < 80
    values[disc] = 0.7
    square, circle = bodies(probability(values))
    assert square.area == pytest.approx(100.0, rel=1e-3)
    assert circle.area == pytest.approx(disc.sum() / 100, rel=1e-3)
    assert square.perimeter == pytest.approx(4000, rel=1e-3)


def test_areas_in_degrees(probability: Callable[..., str]) -> None:
    """A cell of 0.1° at the equator and one at 60° north, against the spherical zone's area within the flattening's 0.7 %."""
    for latitude in (0.0, 60.0):
        values = rectangle(200, 200, (slice(50, 150), slice(50, 150)))
        path = probability(values, epsg=4326, transform=(10, 0.001, 0, latitude + 0.1, 0, -0.001))
        (body,) = bodies(path)
        low, high = np.radians([latitude - 0.05, latitude + 0.05])
        sphere = 6371.0088**2 * np.radians(0.1) * (np.sin(high) - np.sin(low)) * 100
        assert body.area == pytest.approx(sphere, rel=0.007)
        height = 6371008.8 * np.radians(0.1)
        assert body.perimeter == pytest.approx(2 * height + height * (np.cos(low) + np.cos(high)), rel=0.007)


def test_web_mercator_is_measured_on_the_ground(probability: Callable[..., str]) -> None:
    """The same square kilometre near 52° north in both CRS."""
    to_mercator = ogr.osr.CoordinateTransformation(spatial_reference(32633), spatial_reference(3857))
    left, top, _ = to_mercator.TransformPoint(500000, 5800000)
    path = probability(rectangle(200, 200, (slice(0, 100), slice(0, 100))), epsg=3857, transform=(left, 16.3, 0, top, 0, -16.3))
    (body,) = bodies(path)
    back = ogr.osr.CoordinateTransformation(spatial_reference(3857), spatial_reference(32633))
    geometry = outline(body)
    geometry.Segmentize(50)
    geometry.Transform(back)
    assert geometry.Area() < 0.5 * outline(body).Area()
    assert body.area == pytest.approx(geometry.Area() / 1e4, rel=1e-3)
    assert body.perimeter == pytest.approx(geometry.Boundary().Length(), rel=1e-3)


def test_percent_means_the_same(make_raster: Callable[..., str], probability: Callable[..., str]) -> None:
    percent = np.random.default_rng(3).integers(0, 101, (30, 40)).astype(np.uint8)
    percent[:3] = 255
    stored = make_raster(percent[None], "percent.tif", nodata=255, scale=0.01, offset=0)
    fractions = probability(np.where(percent == 255, -9999, percent / 100))
    for method in ("fixed", "otsu"):
        one, other = bodies(stored, method=method), bodies(fractions, method=method)
        assert [outline(b).Area() for b in one] == [outline(b).Area() for b in other]
        np.testing.assert_allclose([b.mean for b in one], [b.mean for b in other], rtol=1e-6)


def test_the_threshold_itself_is_water(make_raster: Callable[..., str]) -> None:
    path = make_raster(np.array([[[34, 35, 36, 34]]], np.uint8), nodata=255, scale=0.01)
    (body,) = bodies(path, threshold=0.35)
    assert outline(body).Area() == 200


def test_otsu_is_the_best_of_all_thresholds(make_raster: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Brute force over every percent, on the between-class variance as Otsu's paper has it."""
    monkeypatch.setattr(windows_module, "_STRIP_PIXELS", 500)
    draw = np.random.default_rng(11)
    values = np.clip(np.concatenate([draw.normal(20, 8, 3000), draw.normal(75, 10, 600)]), 0, 100).round().astype(np.uint8)

    def between(threshold: float) -> float:
        high = values >= threshold
        weight = high.mean()
        return 0 if weight in (0, 1) else weight * (1 - weight) * (values[high].mean() - values[~high].mean()) ** 2

    candidates = np.arange(0.5, 100)
    best = candidates[np.argmax([between(t) for t in candidates])]
    path = make_raster(values.reshape(1, 60, 60), scale=0.01)
    with extract(path, ExtractionSettings(method="otsu")) as found:
        assert between(100 * found.threshold) == pytest.approx(between(best), rel=1e-12)
        assert best - 1 < 100 * found.threshold < best + 1


def test_otsu_needs_two_groups(probability: Callable[..., str]) -> None:
    with pytest.raises(InputError, match="fixed"):
        extract(probability(np.full((5, 5), 0.25)), ExtractionSettings(method="otsu"))
    with pytest.raises(InputError, match="fixed"):
        extract(probability(np.full((5, 5), -9999.0)), ExtractionSettings(method="otsu"))


def test_recommended_threshold_comes_with_the_raster(probability: Callable[..., str], tmp_path: Path) -> None:
    path = probability(rectangle(30, 30, LAKE, water=0.4))
    with pytest.raises(InputError, match="no recommended threshold"):
        extract(path, ExtractionSettings(method="recommended"))
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetMetadata({"THRESHOLD": "0.35", "MODEL_SHA256": "abc"}, "IPEO_WATER")
    dataset = None
    with extract(path, ExtractionSettings(method="recommended")) as found:
        assert (found.threshold, len(found)) == (0.35, 1)
        with found.mask(tmp_path / "mask.tif"):
            pass
    assert provenance(str(tmp_path / "mask.tif")) == {"MODEL_SHA256": "abc", "THRESHOLD_USED": "0.35"}
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetMetadata({"THRESHOLD": "plenty"}, "IPEO_WATER")
    dataset = None
    with pytest.raises(InputError, match="no recommended threshold"):
        extract(path, ExtractionSettings(method="recommended"))


def test_mask_has_three_values(probability: Callable[..., str], tmp_path: Path) -> None:
    values = rectangle(30, 30, LAKE)
    values[15, 15], values[:4] = -9999, -9999
    mask = mask_of(probability(values), tmp_path / "mask.tif")
    assert np.bincount(mask.reshape(-1))[[0, 1, 255]].tolist() == [900 - 120 - 100, 99, 121]
    assert gdal.Open(str(tmp_path / "mask.tif")).GetRasterBand(1).GetNoDataValue() == 255
    assert mask_of(probability(values), tmp_path / "mask.tif", fill_holes=100)[15, 15] == 1


def test_no_water_is_no_error(probability: Callable[..., str], tmp_path: Path, recorder: type) -> None:
    path, progress = probability(rectangle(20, 20)), recorder()
    with extract(path, ExtractionSettings(fill_holes=100), progress) as found:
        assert len(found) == 0
        assert list(found.bodies()) == []
    assert any("no water body" in warning for warning in progress.warnings)
    assert progress.fractions == sorted(progress.fractions)
    assert not mask_of(path, tmp_path / "mask.tif", fill_holes=100).any()


def test_all_water_is_one_body(probability: Callable[..., str]) -> None:
    (body,) = bodies(probability(np.full((20, 30), 0.9)), fill_holes=100)
    assert outline(body).Area() == 60_000


def test_what_is_no_probability_is_refused(make_raster: Callable[..., str], probability: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        extract(make_raster(np.full((1, 5, 5), 4000, np.uint16)))
    with pytest.raises(InputError, match="CRS"):
        extract(probability(rectangle(5, 5), epsg=None))
    with pytest.raises(RasterError, match="nowhere"):
        extract(str(tmp_path / "nowhere.tif"))
    for wrong in ({"method": "guess"}, {"threshold": 1.5}, {"connectedness": 6}, {"min_area": -1}, {"fill_holes": float("nan")}):
        with pytest.raises(InputError):
            ExtractionSettings(**wrong)


def test_the_raster_is_not_written_over(probability: Callable[..., str]) -> None:
    path = probability(rectangle(20, 20, LAKE))
    with extract(path) as found, pytest.raises(InputError, match="the input itself"), found.mask(Path(path)):
        pass


def test_a_mask_whose_company_fails_is_not_there(probability: Callable[..., str], tmp_path: Path) -> None:
    def fail() -> None:
        msg = "the polygons can't be written"
        raise WaterError(msg)

    with extract(probability(rectangle(20, 20, LAKE))) as found, pytest.raises(WaterError), found.mask(tmp_path / "mask.tif"):
        fail()
    assert {p.name for p in tmp_path.iterdir()} == {"image.tif"}


def test_cancelled_at_any_moment_leaves_nothing(
    probability: Callable[..., str], tmp_path: Path, recorder: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows_module, "_STRIP_PIXELS", 10 * 60)
    path = probability(rectangle(60, 60, LAKE, POND))
    counting = recorder()
    extract(path, ExtractionSettings(method="otsu"), counting, str(tmp_path)).__exit__(None, None, None)
    assert counting.asked > 10
    for question in range(1, counting.asked + 1):
        assert_cancelled(lambda question=question: extract(path, ExtractionSettings(method="otsu"), recorder(question), str(tmp_path)))
        assert {p.name for p in tmp_path.iterdir()} == {"image.tif"}
