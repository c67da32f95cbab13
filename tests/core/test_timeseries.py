"""Water over time against plain NumPy over whole arrays, on several grids; the trend against SciPy; the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import Recorder, assert_cancelled, box, spatial_reference
from osgeo import gdal, ogr
from patience import examples
from scipy import stats

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.maps.timeseries import DatedRaster, Observation, check_series, observations
from ipeo_water_plugin.core.maps.trend import trend_of
from ipeo_water_plugin.core.raster.pixel_area import PixelAreas
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.reports.page import RunRecord, render
from ipeo_water_plugin.core.reports.series_report import series_of, series_report

ROOT = Path(__file__).resolve().parents[2]


def wkb(text: str) -> bytes:
    return bytes(ogr.CreateGeometryFromWkt(text).ExportToWkb())


def moved(text: str, code: int) -> bytes:
    """A shape of UTM zone 33 in another CRS."""
    geometry = ogr.CreateGeometryFromWkt(text)
    geometry.Transform(ogr.osr.CoordinateTransformation(spatial_reference(32633), spatial_reference(code)))
    return bytes(geometry.ExportToWkb())


def plain(path: str, shapes: list[bytes], threshold: float) -> dict[str, np.ndarray]:
    """The oracle: whole arrays of the raster with a margin on each side, in which GDAL burns every body."""
    margin, dataset, grid = 60, gdal.Open(path), grid_of(path)
    x, dx, _, y, _, dy = grid.geotransform
    shape = grid.height + 2 * margin, grid.width + 2 * margin
    owner = gdal.GetDriverByName("MEM").Create("", shape[1], shape[0], 1, gdal.GDT_Int32)
    owner.SetGeoTransform([x - margin * dx, dx, 0, y - margin * dy, 0, dy])
    source = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = source.CreateLayer("", None, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    for number, shape_wkb in enumerate(shapes, start=1):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkb(shape_wkb))
        feature.SetField(0, number)
        layer.CreateFeature(feature)
    gdal.RasterizeLayer(owner, [1], layer, options=["ATTRIBUTE=n"])
    owners, p = owner.ReadAsArray(), np.full(shape, -9999.0)
    p[margin:-margin, margin:-margin] = dataset.ReadAsArray()
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    area = (
        PixelAreas.from_grid(grid, ellipsoidal=True).at(columns.reshape(-1) - margin + 0.5, rows.reshape(-1) - margin + 0.5).reshape(shape)
    )
    sums = {name: np.zeros(len(shapes)) for name in ("total", "valid", "water", "expected")}
    for number in range(len(shapes)):
        own = owners == number + 1
        valid = own & (p >= 0)
        if not own[margin:-margin, margin:-margin].any():
            continue
        sums["total"][number] = area[own].sum()
        sums["valid"][number] = area[valid].sum()
        sums["water"][number] = area[valid & (p >= np.float32(threshold))].sum()
        sums["expected"][number] = (area * p)[valid].sum()
    return sums


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sampled_from([32633, 4326, 3857]), st.floats(0.1, 0.9))
def test_it_is_plain_numpy(make_raster: Callable[..., str], seed: int, epsg: int, threshold: float) -> None:
    """Random rasters in three CRS with gaps, and random bodies that overlap, touch, reach over the edge or lie outside."""
    draw = np.random.default_rng(seed)
    height, width = draw.integers(5, 60, 2)
    tiled = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"]
    values = draw.random((1, height, width)).astype(np.float32)
    values[0][draw.random((height, width)) < draw.uniform(0, 0.5)] = -9999
    corners = draw.uniform(-20, 60, (int(draw.integers(1, 6)), 2))
    sizes = draw.uniform(1, 25, corners.shape)
    texts = [box(left, top, left + w, top + h) for (left, top), (w, h) in zip(corners.tolist(), sizes.tolist())]
    if epsg == 32633:
        transform, shapes = (500000, 10, 0, 5800000, 0, -10), [wkb(text) for text in texts]
    else:
        shapes = [moved(text, epsg) for text in texts]
        place = ogr.CreateGeometryFromWkb(moved("POINT (500000 5800000)", epsg)).GetPoint(0)
        size = 1e-4 if epsg == 4326 else 16.0
        transform = (place[0], size, 0, place[1], 0, -size)
    path = make_raster(
        values,
        "p.tif",
        descriptions=("p",),
        nodata=-9999,
        epsg=epsg,
        transform=transform,
        options=tiled,
    )
    expected = plain(path, shapes, threshold)
    if not expected["total"].any():
        with pytest.raises(InputError, match="No raster shows any"):
            observations([DatedRaster(path, None)], len(shapes), lambda *_: list(enumerate(shapes)), threshold)
        return
    # On a second raster of that grid, the pixels of bodies are known by then.
    again, placed = (
        make_raster(values[:, ::-1], "q.tif", nodata=-9999, epsg=epsg, transform=transform, options=tiled),
        list(enumerate(shapes)),
    )
    days = [DatedRaster(name, date(2020, 8, day)) for day, name in ((12, path), (13, again))]
    for dated, seen in zip(days, observations(days, len(shapes), lambda *_: placed, threshold)):
        for name, sums in plain(str(dated.raster), shapes, threshold).items():
            np.testing.assert_allclose(getattr(seen, name), sums, rtol=1e-6, atol=1e-9, err_msg=name)


LAKE, FAR = wkb(box(0, 0, 10, 10)), wkb(box(500, 500, 510, 510))


def raster(make_raster: Callable[..., str], name: str, valid: int, water: int) -> str:
    """A lake of ten rows: so many are valid, and so many of those water."""
    values = np.full((1, 10, 10), -9999, np.float32)
    values[0, :valid], values[0, :water] = 0.1, 0.9
    return make_raster(values, name, descriptions=("p",), nodata=-9999)


def test_shares_gaps_and_dates(make_raster: Callable[..., str]) -> None:
    """Sorted by date; one observation a date, to which each of its rasters adds what it alone shows; what has no date comes last."""
    rasters = [
        DatedRaster(raster(make_raster, "c.tif", 10, 4), None),
        DatedRaster(raster(make_raster, "b.tif", 10, 5), date(2020, 9, 1)),
        DatedRaster(raster(make_raster, "a1.tif", 5, 1), date(2020, 8, 1)),
        DatedRaster(raster(make_raster, "a2.tif", 8, 2), date(2020, 8, 1)),
    ]
    progress = Recorder()
    found = observations(rasters, 2, lambda *_: [(0, LAKE), (1, FAR)], 0.5, progress)
    assert [(seen.source.day, seen.label) for seen in found] == [
        (date(2020, 8, 1), "a1.tif; a2.tif"),
        (date(2020, 9, 1), "b.tif"),
        (None, "c.tif"),
    ]
    np.testing.assert_allclose([seen.share for seen in found], [[0.8, 0], [1, 0], [1, 0]])
    np.testing.assert_allclose([seen.scaled(seen.water, 0.8)[0] for seen in found], [0.125, 0.5, 0.4], rtol=1e-3)
    assert np.isnan(found[0].scaled(found[0].water, 0.81)).all()
    assert np.isnan([seen.scaled(seen.water, 0.0)[1] for seen in found]).all()
    np.testing.assert_allclose(found[1].expected, [0.5 * 0.9 + 0.5 * 0.1, 0], rtol=1e-3)
    assert any("c.tif" in warning and "without a date" in warning for warning in progress.warnings)
    assert progress.fractions == sorted(progress.fractions)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_tiles_of_one_date_are_one_raster(make_raster: Callable[..., str], seed: int) -> None:
    """Random tiles that overlap, touch or lie apart, with gaps, equal the mosaic in which the first valid value counts."""
    draw = np.random.default_rng(seed)
    height, width = 40, 50
    whole = np.full((height, width), -9999, np.float32)
    tiles = []
    for number in range(int(draw.integers(2, 5))):
        top, left = int(draw.integers(0, 30)), int(draw.integers(0, 40))
        rows, columns = int(draw.integers(5, height - top + 1)), int(draw.integers(5, width - left + 1))
        p = draw.random((rows, columns)).astype(np.float32)
        p[draw.random(p.shape) < 0.3] = -9999
        part = whole[top : top + rows, left : left + columns]
        np.copyto(part, p, where=(part == -9999))
        transform = (500000 + 10 * left, 10, 0, 5800000 - 10 * top, 0, -10)
        options = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"]
        tiles.append(make_raster(p[None], f"{number}.tif", nodata=-9999, transform=transform, options=options))
    mosaic = make_raster(whole[None], "mosaic.tif", nodata=-9999, transform=(500000, 10, 0, 5800000, 0, -10))
    boxes = [(float(x), float(y), x + draw.uniform(3, 30), y + draw.uniform(3, 30)) for x, y in draw.uniform(-10, 45, (4, 2)).tolist()]
    shapes = [wkb(box(*corners)) for corners in boxes]
    day, placed = date(2020, 8, 1), list(enumerate(shapes))
    expected = plain(mosaic, shapes, 0.5)
    reached = np.any([plain(tile, shapes, 0.5)["total"] > 0 for tile in tiles], axis=0)
    if not reached.any():
        return
    (seen,) = observations([DatedRaster(tile, day) for tile in tiles], len(shapes), lambda *_: placed)
    for name, sums in expected.items():
        np.testing.assert_allclose(getattr(seen, name)[reached], sums[reached], rtol=1e-6, atol=1e-9, err_msg=name)
    assert seen.label == "; ".join(f"{number}.tif" for number in range(len(tiles)))


def test_rasters_of_one_date_on_other_grids(make_raster: Callable[..., str]) -> None:
    """Side by side in two CRSs they add up; where they overlap, the one that shows more counts alone."""
    lake = box(-20, 0, 20, 20)
    west = make_raster(np.full((1, 20, 20), 0.9, np.float32), "west.tif", transform=(499800, 10, 0, 5800000, 0, -10))
    east = make_raster(np.full((1, 22, 20), 0.9, np.float32), "east.tif", transform=(500000, 10, 0, 5800010, 0, -10))
    wide = make_raster(np.full((1, 30, 60), 0.9, np.float32), "wide.tif", transform=(499700, 10, 0, 5800050, 0, -10))
    warped = {}
    for name, source in (("east", east), ("wide", wide)):
        warped[name] = str(Path(source).with_name(f"{name}_3857.tif"))
        gdal.Warp(warped[name], source, dstSRS="EPSG:3857", xRes=12, yRes=12, dstNodata=-9999).FlushCache()
    day, shapes = date(2020, 8, 1), {"utm": [(0, wkb(lake))], "mercator": [(0, moved(lake, 3857))]}

    def seen(*names: str) -> Observation:
        placed = [shapes["mercator" if name.endswith("3857.tif") else "utm"] for name in names]
        (found,) = observations([DatedRaster(name, day) for name in names], 1, lambda number, _: placed[number])
        return found

    whole = seen(wide)
    assert whole.share == pytest.approx(1)
    halves = [seen(west), seen(warped["east"])]
    assert [half.share[0] for half in halves] == pytest.approx([0.5, 0.5], abs=0.02)
    both = seen(west, warped["east"])
    assert both.share == pytest.approx(1, abs=0.02)
    assert both.water == pytest.approx(whole.water, rel=0.02)
    assert both.total == pytest.approx(whole.total, rel=1e-6)
    assert seen(west, warped["wide"]).valid == pytest.approx(seen(warped["wide"]).valid)
    assert seen(warped["wide"], west).valid == pytest.approx(seen(warped["wide"]).valid)


def test_settings_that_are_wrong() -> None:
    for wrong in ((1.5, 0.8), (0.5, -0.1), (0.5, float("nan"))):
        with pytest.raises(InputError):
            check_series(*wrong)


@pytest.mark.parametrize(("body", "questions"), [(LAKE, 3), (wkb(box(2, 2, 60_000, 6)), 90)], ids=["lake", "sea"])
def test_cancelled_at_any_moment(body: bytes, questions: int, make_raster: Callable[..., str]) -> None:
    """Also while the pixels of a body that reaches far beyond the raster are counted: of a sea, these are billions."""
    rasters = [DatedRaster(raster(make_raster, f"{n}.tif", 10, n), date(2020, 8, n + 1)) for n in range(3)]
    counting = Recorder()
    observations(rasters, 1, lambda *_: [(0, body)], 0.5, counting)
    assert counting.asked >= questions
    for question in range(1, counting.asked + 1, questions // 3):
        assert_cancelled(lambda question=question: observations(rasters, 1, lambda *_: [(0, body)], 0.5, Recorder(question)))


@pytest.mark.parametrize("seed", range(6))
def test_the_trend_is_scipys(seed: int) -> None:
    draw = np.random.default_rng(seed)
    time = np.cumsum(draw.integers(1, 3, 30)).astype(float)
    values = draw.normal(0, 1, 30) + seed * time
    values[4] = np.nan
    known = np.isfinite(values)
    found, expected = trend_of(time, values), stats.theilslopes(values[known], time[known], alpha=0.95)
    assert (found.slope, found.lower, found.upper) == pytest.approx((expected[0], expected[2], expected[3]), rel=1e-6)
    # Kendall's tau without continuity correction.
    assert found.p == pytest.approx(stats.kendalltau(time[known], values[known], method="asymptotic").pvalue, abs=0.03)
    assert trend_of(time[:4], values[:4]) is None
    flat = trend_of(time, np.ones(30))
    assert (flat.slope, flat.p) == (0, 1)


@pytest.mark.parametrize("season", [0, 1, 3])
@pytest.mark.parametrize("slope", [0, 0.3])
@pytest.mark.parametrize(("years", "dates"), [(6, 40), (6, 100), (10, 60)])
def test_a_season_is_no_trend(years: int, dates: int, slope: float, season: float) -> None:
    """From all pairs of dates the interval held the slope in as few as 48 of 100 series, with seasons of three times the noise."""
    draw, held = np.random.default_rng(3), 0
    for _ in range(200):
        time = np.sort(draw.uniform(0, years, dates))
        values = slope * time + season * np.sin(2 * np.pi * (time + draw.random())) + draw.normal(0, 1, dates)
        trend = trend_of(time, values)
        held += trend.lower <= slope <= trend.upper
    assert held >= 183


@pytest.mark.parametrize("differ", [0, 1, 5])
@pytest.mark.parametrize(("years", "dates"), [(5, 4), (5, 12), (6, 1), (10, 4), (10, 12)])
def test_a_wet_year_is_no_trend(years: int, dates: int, differ: float) -> None:
    """Where dates of one year counted as independent, the interval held the slope in as few as 39 of 100 series of ten years."""
    held = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        values = np.repeat(draw.normal(0, differ, years), dates) + draw.normal(0, 1, years * dates)
        trend = trend_of(np.arange(years * dates) / dates + 0.3, values)
        held += trend.lower <= 0 <= trend.upper
    assert held >= 183


def test_within_four_years_there_is_no_trend() -> None:
    time = np.arange(48) / 12 + 0.7
    assert trend_of(time, 5 * time) is None
    assert trend_of(np.append(time, 4.71), 5 * np.append(time, 4.71)).slope == pytest.approx(5)
    assert trend_of(np.zeros(0), np.zeros(0)) is None
    (series,) = series_of(made(1, 12), ["a"], [(0.0, 0.0)], 0.5)
    assert series.trend is None
    page = render(series_report(made(1, 12), [series], "a", 0.5, RunRecord()), ROOT / "resources" / "report", "1.0")
    assert "seasons and wet years can&#39;t be told from a trend" in page


@pytest.mark.parametrize("dates", [5, 10, 20, 40])
@pytest.mark.parametrize(("spread", "slope"), [(0.1, 0.02), (0.3, 0.02), (0.5, 0.05), (1.0, 0.05)])
def test_the_interval_of_a_slope_holds_it_where_areas_are_whole_pixels(spread: float, slope: float, dates: int) -> None:
    """Without allowing for half a pixel it held it in 0 to 93 of 100, and had no width where all counts were equal."""
    draw = np.random.default_rng(17)
    time, held = np.arange(dates, dtype=float), 0
    for _ in range(200):
        trend = trend_of(time, np.round(20 + slope * time + draw.normal(0, spread, dates)), 1.0)
        held += trend.lower <= slope <= trend.upper
        assert trend.lower < trend.slope < trend.upper
    assert held >= 186


def test_a_pixel_of_a_body_that_is_seen_in_part_is_more() -> None:
    total = np.array([10.0])
    found = []
    for number, share in enumerate([1.0, 1.0, 1.0, 1.0, 0.8]):
        source = DatedRaster("p.tif", date(2020 + number, 1, 1))
        found.append(Observation(source, "p.tif", total, share * total, share * 0.5 * total, share * 0.5 * total, pixel=0.01))
    (whole,) = series_of([*found[:4], replace(found[4], valid=total, water=0.5 * total)], ["a"], [(0.0, 0.0)], 0.5)
    (part,) = series_of(found, ["a"], [(0.0, 0.0)], 0.5)
    assert (whole.trend.slope, part.trend.slope) == pytest.approx((0, 0))
    assert whole.trend.upper == pytest.approx(-whole.trend.lower)
    assert 0 < whole.trend.upper < part.trend.upper


def made(bodies: int, dates: int, days: int = 16) -> list[Observation]:
    draw, total = np.random.default_rng(0), np.linspace(1, 50, bodies)
    found = []
    for number in range(dates):
        valid = total * np.where(draw.random(bodies) < 0.2, 0.3, 1.0)
        water = valid * (0.5 + 0.005 * number + draw.normal(0, 0.01, bodies))
        source = DatedRaster("p.tif", date(2020, 1, 5) + timedelta(days=days * number))
        found.append(Observation(source, "p.tif", total, valid, water, water))
    return found


def test_the_page() -> None:
    """Three hundred bodies: named in a map, sorted by size and by change, with a chart each; nothing of theirs is taken for markup."""
    found = made(300, 48, 46)
    names = [f"Lake {n}" for n in range(298)] + ["https://user:hunter2@example.org/lakes?token=hunter2", "<b>&"]
    series = series_of(found, names, [(float(n % 20), float(n // 20)) for n in range(300)], 0.8)
    assert [body.area for body in series] == sorted((body.area for body in series), reverse=True)
    # Half a hundredth of the body every 46 days.
    assert series[0].trend.slope == pytest.approx(50 * 0.005 * 365.25 / 46, rel=0.1)
    assert series[0].trend.p < 0.02
    page = series_report(found, series, "lakes", 0.8, RunRecord("qgis_process run", {"QGIS": "3"}))
    text = render(page, ROOT / "resources" / "report", "1.0")
    assert text.count("<figure") == 302
    assert "<b>&" not in text
    assert "&lt;b&gt;&amp;" in text
    assert "hunter2" not in text
    assert "Mann" in text and "Theil" in text
    gaps = series[0].hectares
    assert 0 < np.isnan(gaps).sum() < 48


def test_a_page_without_dates() -> None:
    found = [Observation(DatedRaster("p.tif", None), "p.tif", *np.ones((4, 2)))]
    series = series_of(found, ["a", "b"], [(0.0, 0.0)] * 2, 0.8)
    assert series == []
    assert "No raster has a date" in render(series_report(found, series, "lakes", 0.8, RunRecord()), ROOT / "resources" / "report", "1.0")


def test_one_date_is_a_page_too() -> None:
    found = made(1, 1)
    series = series_of(found, ["a"], [(0.0, 0.0)], 0.8)
    assert "2020-01-05" in render(series_report(found, series, "lakes", 0.8, RunRecord()), ROOT / "resources" / "report", "1.0")
