"""Smooth shores: valid outlines around the centres of water pixels; against known shapes and GDAL's contour; in strips; ways to fail."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import assert_cancelled, spatial_reference
from osgeo import gdal, ogr
from patience import examples
from scipy import ndimage

from ipeo_water_plugin.core.errors import RasterError
from ipeo_water_plugin.core.grid import Grid
from ipeo_water_plugin.core.maps.extraction import WaterBody, extract
from ipeo_water_plugin.core.maps.labels import ExtractionSettings
from ipeo_water_plugin.core.maps.rings import RingFile, chained
from ipeo_water_plugin.core.maps.shores import ShoreFinder
from ipeo_water_plugin.core.raster import windows as windows_module

X, Y, PIXEL = 500_000, 5_800_000, 10


@pytest.fixture
def probability(make_raster: Callable[..., str]) -> Callable[..., str]:
    def make(values: np.ndarray, **options: object) -> str:
        return make_raster(values[None].astype(np.float32), descriptions=("water probability",), **{"nodata": -9999, **options})

    return make


def bodies(path: str, **chosen: object) -> list[WaterBody]:
    with extract(path, ExtractionSettings(**{"shore": "smooth", **chosen})) as found:
        return list(found.bodies())


def polygon(body: WaterBody) -> ogr.Geometry:
    """The body's only polygon, which is valid."""
    outline = ogr.CreateGeometryFromWkb(body.wkb)
    assert outline.IsValid()
    assert outline.GetGeometryCount() == 1
    return outline.GetGeometryRef(0).Clone()


def centres(shape: tuple[int, int], outlines: list[ogr.Geometry]) -> np.ndarray:
    """Which centres of pixels lie inside, as GDAL burns polygons."""
    source = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = source.CreateLayer("", spatial_reference(32633), ogr.wkbPolygon)
    for outline in outlines:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(outline)
        layer.CreateFeature(feature)
    target = gdal.GetDriverByName("MEM").Create("", shape[1], shape[0], 1, gdal.GDT_Byte)
    target.SetGeoTransform([X, PIXEL, 0, Y, 0, -PIXEL])
    target.SetSpatialRef(spatial_reference(32633))
    gdal.RasterizeLayer(target, [1], layer, burn_values=[1])
    return target.ReadAsArray() == 1


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2**32),
    st.tuples(st.integers(1, 25), st.integers(1, 25)),
    st.sampled_from([4, 8]),
    st.sampled_from([0, 700]),
    st.sampled_from([0, 250]),
    st.booleans(),
)
def test_outlines_of_noise(
    probability: Callable[..., str],
    seed: int,
    shape: tuple[int, int],
    connectedness: int,
    fill_holes: float,
    min_area: float,
    coarse: bool,
) -> None:
    """Valid, apart from each other, as large as they say, and around the pixels that the mask has; the same in strips of any height."""
    draw = np.random.default_rng(seed)
    values = ndimage.gaussian_filter(draw.random(shape), 0.6)
    values = np.round(values, 1) if coarse else values
    values[draw.random(shape) < 0.1] = -9999
    path, mask = probability(values), Path(probability(values)).with_name("mask.tif")
    chosen = {"shore": "smooth", "connectedness": connectedness, "fill_holes": fill_holes, "min_area": min_area}
    with extract(path, ExtractionSettings(**chosen)) as extraction, extraction.mask(mask):
        found = list(extraction.bodies())
    outlines = [polygon(body) for body in found]
    assert all(body.area * 1e4 >= min_area for body in found)
    for body, outline in zip(found, outlines):
        # UTM's scale on its central meridian is 0.9996. Filled NoData that touch a shore at a corner shift it by a thousandth of a pixel.
        assert body.area * 1e4 == pytest.approx(outline.Area() / 0.9996**2, rel=1e-4, abs=0.5)
    together = ogr.Geometry(ogr.wkbMultiPolygon)
    for outline in outlines:
        together.AddGeometry(outline)
    assert together.UnionCascaded().Area() == pytest.approx(sum(outline.Area() for outline in outlines))
    np.testing.assert_array_equal(centres(shape, outlines), gdal.Open(str(mask)).ReadAsArray() == 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows_module, "_STRIP_PIXELS", int(draw.integers(1, 4)) * shape[1])
        again = bodies(path, **chosen)
    assert len(again) == len(found)
    for outline, strip in zip(outlines, again):
        np.testing.assert_array_equal(corners(polygon(strip)), corners(outline))


def corners(outline: ogr.Geometry) -> np.ndarray:
    """The corners of all rings, wherever these begin."""
    return np.unique([point for ring in range(outline.GetGeometryCount()) for point in outline.GetGeometryRef(ring).GetPoints()], axis=0)


def test_shores_are_nearer_to_made_discs(probability: Callable[..., str]) -> None:
    """Pixels hold the true share of water, sampled 8 × 8 times: a fifth of the error in area, and shores within 0.1 pixels."""
    draw, fine = np.random.default_rng(3), (np.arange(60 * 8) + 0.5) / 8
    errors: dict[str, list[float]] = {"pixels": [], "smooth": []}
    for _ in range(12):
        (x, y), radius = draw.uniform(28, 32, 2), draw.uniform(6, 25)
        share = (np.hypot(fine[None] - x, fine[:, None] - y) < radius).reshape(60, 8, 60, 8).mean(axis=(1, 3))
        path = probability(share)
        for shore, found in errors.items():
            outline = polygon(bodies(path, shore=shore)[0])
            found.append(abs(outline.Area() / PIXEL**2 / (math.pi * radius**2) - 1))
        points = np.array(outline.GetGeometryRef(0).GetPoints())
        away = np.abs(np.hypot((points[:, 0] - X) / PIXEL - x, (Y - points[:, 1]) / PIXEL - y) - radius)
        assert np.median(away) < 0.1
    assert np.mean(errors["smooth"]) < np.mean(errors["pixels"]) / 5


def test_where_p_changes_evenly_it_is_gdals_contour(probability: Callable[..., str]) -> None:
    rows, columns = np.mgrid[:40, :50]
    values = 0.5 + 0.004 * (columns - 22.3) + 0.003 * (rows - 17.8)
    path = probability(values)
    outline = polygon(bodies(path, threshold=0.47)[0])
    source = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = source.CreateLayer("", None, ogr.wkbLineString)
    raster = gdal.Open(path)
    gdal.ContourGenerateEx(raster.GetRasterBand(1), layer, options=["FIXED_LEVELS=0.47"])
    (line,) = (feature.GetGeometryRef().Clone() for feature in layer)
    shore = outline.Boundary().Buffer(1e-3 * PIXEL)
    inner = ogr.CreateGeometryFromWkt(f"POINT ({X + 250} {Y - 200})").Buffer(180)
    assert inner.Intersection(line).Length() > 100
    assert shore.Contains(inner.Intersection(line))


def test_along_nodata_and_the_edge_it_follows_pixels(probability: Callable[..., str]) -> None:
    values = np.full((30, 40), 0.9)
    values[10:13, 5:9], values[20, 20], values[21, 21], values[25:, 30:] = -9999, -9999, -9999, -9999
    path = probability(values)
    for connectedness in (4, 8):
        (pixels,), (smooth,) = bodies(path, shore="pixels", connectedness=connectedness), bodies(path, connectedness=connectedness)
        whole = ogr.CreateGeometryFromWkb(pixels.wkb)
        # Where two pixels touch at a corner, the outline keeps a thousandth of a pixel apart from itself.
        assert polygon(smooth).SymmetricDifference(whole).Area() < 0.01 * PIXEL**2
        assert smooth.area == pytest.approx(pixels.area, rel=1e-5)
        assert smooth.perimeter == pytest.approx(pixels.perimeter, rel=1e-4)


def test_an_island_in_a_hole_is_a_body_of_its_own(probability: Callable[..., str]) -> None:
    rows, columns = np.mgrid[:60, :60]
    away = np.hypot(rows - 30, columns - 30)
    # A ring of water from 12 to 25 pixels, an island of 4 in the middle.
    values = np.clip(0.5 + np.minimum(25 - away, np.maximum(away - 12, 4 - away)) / 2, 0, 1)
    lake, island = map(polygon, bodies(probability(values)))
    assert lake.GetGeometryCount() == 2
    assert lake.Area() / PIXEL**2 == pytest.approx(math.pi * (25**2 - 12**2), rel=0.01)
    assert island.Area() / PIXEL**2 == pytest.approx(math.pi * 4**2, rel=0.05)
    hole = math.pi * (12**2 - 4**2) * PIXEL**2
    (filled,) = bodies(probability(values), fill_holes=1.02 * hole)
    assert polygon(filled).GetGeometryCount() == 1
    assert filled.area * 1e4 == pytest.approx(math.pi * 25**2 * PIXEL**2, rel=0.01)
    assert len(bodies(probability(values), fill_holes=0.95 * hole)) == 2


def test_the_minimum_area_is_that_of_the_outline(probability: Callable[..., str]) -> None:
    """One pixel just above the threshold is 100 m² along its edges, and nearly nothing inside the contour."""
    values = np.full((9, 9), 0.1)
    values[4, 4] = 0.51
    (spot,) = bodies(probability(values))
    assert 0 < spot.area * 1e4 < 10
    assert bodies(probability(values), min_area=50) == []
    assert len(bodies(probability(values), min_area=50, shore="pixels")) == 1


def test_no_water_and_only_water(probability: Callable[..., str]) -> None:
    assert bodies(probability(np.full((5, 6), 0.1))) == []
    (whole,) = bodies(probability(np.full((5, 6), 0.9)))
    assert polygon(whole).Area() == 30 * PIXEL**2
    assert polygon(whole).GetGeometryRef(0).GetPointCount() == 5


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_chains_and_cycles_in_order(seed: int, size: int) -> None:
    """Each node is followed by the one after it, up to the ends of chains and once around each cycle."""
    draw = np.random.default_rng(seed)
    following = draw.permutation(size)
    # Cutting some links makes chains of cycles; then no node leads to what had been the next one.
    cut = draw.random(size) < 0.2
    following[cut] = np.flatnonzero(cut)
    order, first = chained(following)
    assert sorted(order) == list(range(size))
    for chain in np.split(order, first[1:]) if size else []:
        np.testing.assert_array_equal(following[chain[:-1]], chain[1:])
        assert following[chain[-1]] in {chain[0], chain[-1]}


def test_cancelled_at_any_moment_leaves_nothing(
    probability: Callable[..., str], tmp_path: Path, recorder: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(0).random((40, 30))
    monkeypatch.setattr(windows_module, "_STRIP_PIXELS", 10 * 30)
    path, smooth, counting = probability(values), ExtractionSettings(shore="smooth", fill_holes=500), recorder()
    extract(path, smooth, counting, str(tmp_path)).__exit__(None, None, None)
    assert counting.asked >= 12
    for question in range(1, counting.asked + 1):
        assert_cancelled(lambda question=question: extract(path, smooth, recorder(question), str(tmp_path)))
        assert {p.name for p in tmp_path.iterdir()} == {"image.tif"}


def test_outlines_that_cannot_be_written_or_read_back(probability: Callable[..., str], tmp_path: Path) -> None:
    shore = ShoreFinder(3, 3, 0.5, diagonal=False).add(np.ones((3, 3), np.int32), np.ones((3, 3), np.float32), None)
    rings = RingFile(tmp_path / "rings", Grid(3, 3, (0, 1, 0, 0, 0, -1), ""))
    rings.add(shore)
    assert len(next(rings.polygons(1))[0]) == 5
    (tmp_path / "rings").unlink()
    with pytest.raises(RasterError, match="read back"):
        next(rings.polygons(1))
    with pytest.raises(RasterError, match="can't be drawn"):
        RingFile(tmp_path / "nowhere" / "rings", Grid(3, 3, (0, 1, 0, 0, 0, -1), "")).add(shore)
