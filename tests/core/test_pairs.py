"""A map held against areas, points or another raster: every pixel is accounted for."""

from __future__ import annotations

import numpy as np
import pytest
from making import box
from osgeo import gdal, ogr
from sklearn import metrics
from surveys import Maker, probabilities, shape

from ipeo_water_plugin.core.accuracy import tally
from ipeo_water_plugin.core.accuracy.assess import Pairs, assess
from ipeo_water_plugin.core.accuracy.pairs import map_area, pair_raster, pair_shapes
from ipeo_water_plugin.core.accuracy.reference_points import sample_reference
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.model import at_least
from ipeo_water_plugin.core.raster.probability_raster import ProbabilitySource
from ipeo_water_plugin.core.raster.regrid import RegriddedRaster
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.sampling.classes import WaterValues
from ipeo_water_plugin.core.sampling.polygons import LabelledShape

WATER = WaterValues.parse("1", numeric=True)
BOXES = ((1, 1, 4, 4), (6, 6, 9, 9), (10.6, 10.6, 10.9, 10.9))


def one_by_one(pairs: Pairs, *columns: np.ndarray) -> list[tuple]:
    """Each pixel by itself, sorted."""
    return sorted(zip(*(np.repeat(column, pairs.count.astype(int)).tolist() for column in columns)))


# Reading probabilities.


def test_percent_and_fractions_mean_the_same(make_map: Maker) -> None:
    percent = np.random.default_rng(1).integers(0, 101, (40, 50)).astype(np.uint8)
    percent[0, :5] = 255
    stored = make_map(percent, "percent.tif", nodata=255, scale=0.01)
    p = np.where(percent == 255, -9999, percent / 100).astype(np.float32)
    plain = make_map(p, "fractions.tif")
    window = Window(0, 0, 50, 40)
    (one, valid), (other, also) = ProbabilitySource(stored).read(window), ProbabilitySource(plain).read(window)
    np.testing.assert_array_equal(valid, also)
    np.testing.assert_array_equal(one, other)
    assert one.dtype == np.float32
    for threshold in np.arange(101) / 100:
        np.testing.assert_array_equal(at_least(one, threshold), at_least(other, threshold))
        assert map_area(stored, threshold) == map_area(plain, threshold)
    assert map_area(stored, 0.35).mapped == pytest.approx(0.01 * np.count_nonzero((percent >= 35) & (percent != 255)))


def test_what_holds_no_probabilities_is_refused(make_map: Maker) -> None:
    percent = make_map(np.full((5, 5), 60, np.uint8), nodata=255)
    with pytest.raises(InputError, match=r"60.*scale of 0\.01"):
        map_area(percent)
    with pytest.raises(InputError, match="choose a water probability raster"):
        sample_reference(make_map(np.full((5, 5), -0.5, np.float32)))


# Another raster, on the map's grid.


def test_a_reference_of_another_grid_is_read_at_pixel_centres(make_raster: Maker, make_map: Maker) -> None:
    p = make_map(probabilities(2, 60, 60))
    coarse = np.random.default_rng(0).integers(0, 4, (12, 20)).astype(np.uint8)
    # 30 m pixels that begin 100 m further east and south.
    path = make_raster(coarse[None], "coarse.tif", nodata=3, transform=(500100, 30, 0, 5799900, 0, -30))
    values, valid = RegriddedRaster(path, grid_of(p)).read(Window(0, 0, 60, 60))
    expected = np.full((60, 60), 3)
    fine = coarse.repeat(3, 0).repeat(3, 1)[:50, :50]
    expected[10 : 10 + fine.shape[0], 10 : 10 + fine.shape[1]] = fine
    np.testing.assert_array_equal(valid, expected != 3)
    np.testing.assert_array_equal(values[valid], expected[valid])
    part, inside = RegriddedRaster(path, grid_of(p)).read(Window(7, 20, 31, 25))
    np.testing.assert_array_equal(inside, valid[20:45, 7:38])
    np.testing.assert_array_equal(part[inside], values[20:45, 7:38][inside])


def test_reference_areas_that_hold_no_pixel_are_told(make_map: Maker, recorder) -> None:
    p = make_map(np.full((20, 20), 0.2, np.float32))
    shapes = [LabelledShape(bytes(ogr.CreateGeometryFromWkt(box(*b)).ExportToWkb()), k % 2 == 0, k) for k, b in enumerate(BOXES)]
    pair_shapes(p, shapes, progress=(progress := recorder()))
    assert progress.warnings == [
        "Of 3 labelled features, 1 gave no pixel. By feature id: 2 (holds no pixel centre, being smaller or narrower than a pixel)."
    ]


def test_zero_is_a_class_on_any_grid(make_raster: Maker, make_map: Maker) -> None:
    p = make_map(np.full((20, 20), 0.2, np.float32))
    for name, transform in (("same.tif", (500000, 10, 0, 5800000, 0, -10)), ("shifted.tif", (499990, 10, 0, 5800000, 0, -10))):
        labels = np.zeros((1, 20, 20), np.uint8)
        labels[0, 5, 5] = 1
        pairs = pair_raster(p, make_raster(labels, name, transform=transform), WATER)
        assert pairs.pixels == (399 if name == "same.tif" else 379, 1)


def test_listed_values_that_the_reference_lacks(make_raster: Maker, make_map: Maker, recorder) -> None:
    """A mask of 0 and 255 against the default of 1 would make all of it land."""
    p = make_map(np.full((20, 20), 0.2, np.float32))
    mask = make_raster(np.where(np.eye(20), 255, 0)[None].astype(np.uint8), "mask.tif")
    with pytest.raises(InputError, match=r"None of the values that mean water occurs in .*mask\.tif”: “1”\. Its classes are 0 and 255"):
        pair_raster(p, mask, WATER)
    pairs = pair_raster(p, mask, WaterValues.parse("1, 255", numeric=True), progress := recorder())
    assert pairs.pixels == (380, 20)
    assert len(progress.warnings) == 1


def test_a_reference_in_another_crs(make_raster: Maker, make_map: Maker, tmp_path) -> None:
    """Brought into degrees finely enough and back, few pixels change hands."""
    labels = np.zeros((80, 80), np.uint8)
    labels[20:60, 10:50] = 1
    utm = make_raster(labels[None], "utm.tif")
    degrees = str(tmp_path / "degrees.tif")
    gdal.Warp(degrees, utm, dstSRS="EPSG:4326", xRes=2e-5, yRes=1e-5, dstNodata=255)
    p = make_map(np.where(labels == 1, 0.9, 0.1).astype(np.float32))
    pairs = pair_raster(p, degrees, WATER)
    assert sum(pairs.pixels) > 0.97 * labels.size
    assert np.average(pairs.water == (pairs.probability > 0.5), weights=pairs.count) > 0.995


def test_only_the_first_band_counts(make_raster: Maker, make_map: Maker) -> None:
    p = make_map(np.full((10, 10), 0.2, np.float32))
    bands = np.stack([np.eye(10), np.ones((10, 10)), np.zeros((10, 10))]).astype(np.uint8)
    for name, transform in (("same.tif", (500000, 10, 0, 5800000, 0, -10)), ("other.tif", (500000, 10, 0, 5800010, 0, -10))):
        pairs = pair_raster(p, make_raster(bands, name, transform=transform), WATER)
        assert pairs.pixels[1] == np.trace(bands[0]) - (name == "other.tif")


def test_a_reference_without_a_crs_is_refused_on_another_grid(make_raster: Maker, make_map: Maker) -> None:
    p = make_map(probabilities(2, 60, 60))
    lost = make_raster(np.ones((1, 20, 20), np.uint8), "lost.tif", epsg=None)
    with pytest.raises(InputError, match="no known CRS"):
        pair_raster(p, lost, WATER)


@pytest.mark.parametrize("options", [("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32"), ("BLOCKYSIZE=7",)])
def test_every_pixel_of_two_rasters_is_accounted_for(make_raster: Maker, make_map: Maker, options: tuple[str, ...]) -> None:
    p = probabilities()
    labels = np.random.default_rng(3).choice([0, 1, 2, 255], p.shape, p=[0.5, 0.2, 0.2, 0.1]).astype(np.uint8)
    pairs = pair_raster(
        make_map(p, options=options), make_raster(labels[None], "r.tif", nodata=255), WaterValues.parse("1,2", numeric=True)
    )
    valid, labelled = p != -9999, labels != 255
    both = valid & labelled
    assert one_by_one(pairs, pairs.probability, pairs.water) == sorted(zip(p[both].tolist(), (labels[both] > 0).tolist()))
    assert pairs.area == map_area(make_map(p, "again.tif"))
    assert pairs.left_out.map_nodata == np.count_nonzero(labelled & ~valid) > 0
    assert pairs.left_out.reference_nodata == np.count_nonzero(valid & ~labelled) > 0


def test_rasters_that_do_not_overlap_say_so(make_raster: Maker, make_map: Maker) -> None:
    far = make_raster(np.ones((1, 5, 5), np.uint8), "far.tif", transform=(900000, 10, 0, 5800000, 0, -10))
    with pytest.raises(InputError, match="overlap"):
        pair_raster(make_map(probabilities()), far, WATER)


# Polygons and points.


def test_polygons_hold_the_pixels_whose_centres_they_hold(make_map: Maker) -> None:
    p = probabilities()
    shapes = [
        shape(box(2, 3, 12, 9), True),
        shape(box(8, 5, 20, 15), False),
        shape(box(50.6, 40, 60, 50.4), True),
        shape(box(500, 500, 510, 510), True),
    ]
    pairs = pair_shapes(make_map(p), shapes)
    owner = np.zeros(p.shape, int)
    owner[3:9, 2:12], owner[5:15, 8:20], owner[40:50, 51:60] = 1, 2, 3
    owner[5:9, 8:12] = -1
    chosen = (owner > 0) & (p != -9999)
    expected = sorted(zip(p[chosen].tolist(), (owner[chosen] != 2).tolist(), (owner[chosen] - 1).tolist()))
    assert one_by_one(pairs, pairs.probability, pairs.water, pairs.unit) == expected
    assert pairs.left_out.conflicting == 16
    assert pairs.left_out.outside == 1
    assert pairs.left_out.map_nodata == np.count_nonzero((owner > 0) & (p == -9999)) > 0


def test_a_reference_beyond_the_map_is_refused(make_map: Maker) -> None:
    with pytest.raises(InputError, match="The labelled feature lies outside"):
        pair_shapes(make_map(probabilities()), [shape(box(500, 500, 510, 510), True)])
    nodata = np.full((10, 10), -9999, np.float32)
    with pytest.raises(InputError, match="No pixel has both"):
        pair_shapes(make_map(nodata), [shape(box(1, 1, 5, 5), True)])


def test_all_pixels_of_large_rasters_and_polygons_are_counted(make_map: Maker, make_raster: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few counts are held at once, and whatever number the probabilities are."""
    p = np.random.default_rng(0).random((200, 200)).astype(np.float32)
    labels = (np.random.default_rng(1).random((1, 200, 200)) < p).astype(np.uint8)
    path, threshold = make_map(p, options=("TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32")), float(p[3, 3])
    monkeypatch.setattr(tally, "_MAX_PENDING", 5000)
    raster = pair_raster(path, make_raster(labels, "r.tif"), WATER, threshold=threshold)
    shapes = pair_shapes(path, [shape(box(0, 0, 200, 90), True), shape(box(0, 90, 200, 200), False)], threshold=threshold)
    for pairs, water in ((raster, labels[0] == 1), (shapes, np.arange(200)[:, None] + np.zeros(200) < 90)):
        found = assess(pairs, threshold).plain
        np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(water.reshape(-1), p.reshape(-1) >= p[3, 3]))
        assert found.auc == pytest.approx(metrics.roc_auc_score(water.reshape(-1), p.reshape(-1)), abs=1e-7)
        assert found.brier == pytest.approx(metrics.brier_score_loss(water.reshape(-1), p.reshape(-1)), abs=1e-6)
