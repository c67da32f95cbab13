"""Months, first and last dates and recurrence of water, against plain Python over the pixels of whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import Recorder
from osgeo import gdal
from patience import examples

from ipeo_water_plugin.core import grid as grid_module
from ipeo_water_plugin.core.errors import CancelledError, InputError
from ipeo_water_plugin.core.maps import occurrence as occurrence_module
from ipeo_water_plugin.core.maps.history import LAYERS
from ipeo_water_plugin.core.maps.occurrence import water_occurrence

NODATA = -9999


@pytest.fixture
def make_date(make_raster: Callable[..., str]) -> Callable[..., str]:
    """Write probabilities, NaN where not valid, at a place of the common grid."""

    def make(p: np.ndarray, name: str, column: int = 0, row: int = 0) -> str:
        transform = (500000 + 10 * column, 10, 0, 5800000 - 10 * row, 0, -10)
        options = ("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16")
        return make_raster(
            np.where(np.isnan(p), NODATA, p).astype(np.float32)[None], name, nodata=NODATA, transform=transform, options=options
        )

    return make


def oracle(stack: np.ndarray, days: Sequence[date | None], threshold: float) -> dict[str, np.ndarray]:
    """Pixel by pixel, as the definitions read."""
    height, width = stack.shape[1:]
    months, days_of, recurrence = (np.full((bands, height, width), float(NODATA)) for bands in (14, 2, 2))
    for row, column in np.ndindex(height, width):
        seen = sorted((day, p >= threshold) for day, p in zip(days, stack[:, row, column]) if day is not None and not np.isnan(p))
        shares = {}
        for month in {day.month for day, _ in seen}:
            wet = [water for day, water in seen if day.month == month]
            shares[month] = sum(wet) / len(wet)
            months[month - 1, row, column] = shares[month]
        season = {day.month for day, water in seen if water}
        if seen:
            months[12:, row, column] = np.mean(list(shares.values())), len(season)
            wet_days = [day.year * 10000 + day.month * 100 + day.day for day, water in seen if water] or [0]
            days_of[:, row, column] = wet_days[0], wet_days[-1]
        observed = {day.year for day, _ in seen if day.month in season}
        recurrence[1, row, column] = len(observed)
        if season:
            recurrence[0, row, column] = len({day.year for day, water in seen if water}) / len(observed)
    return {"months": months, "dates": days_of, "recurrence": recurrence}


def written(rasters: Sequence[str], days: Sequence[date | None], folder: Path, threshold: float = 0.5, **more: object) -> dict[str, Path]:
    files = {name: folder / f"{name}.tif" for name in LAYERS}
    water_occurrence(rasters, folder / "o.tif", threshold, days=days, layers=files, **more)
    return files


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(1, 4))
def test_it_is_plain_python(make_date, tmp_path, seed: int, threads: int, at_once: int) -> None:
    """Dates out of order, twice on one day, without a day, with gaps and other extents; windows and tasks smaller than they ever are."""
    draw = np.random.default_rng(seed)
    shape, rasters, days, stack = (20, 36), [], [], []
    wet = draw.random(shape)
    for number in range(int(draw.integers(1, 12))):
        row, column = (int(value) for value in draw.integers(0, 10, 2))
        p = np.where(draw.random((20 - row, 36 - column)) < wet[row:, column:] * draw.random(), 0.9, 0.1)
        p[draw.random(p.shape) < draw.choice([0, 0.4, 0.9])] = np.nan
        rasters.append(make_date(p, f"{number}.tif", column, row))
        days.append(None if draw.random() < 0.1 and number else date(2018, 1, 1) + timedelta(days=int(draw.integers(0, 1400))))
        whole = np.full(shape, np.nan)
        whole[row:, column:] = p
        stack.append(whole)
    rasters.append(make_date(np.full(shape, np.nan), "none.tif"))
    days, stack = [*days, date(2020, 2, 29)], [*stack, np.full(shape, np.nan)]
    if len(days) > 2:
        days[1] = days[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid_module, "_TILE", 16)
        patch.setattr(grid_module, "_WINDOW_PIXELS", 600)
        patch.setattr(occurrence_module, "_HISTORY_AT_ONCE", at_once * 600)
        patch.setattr("ipeo_water_plugin.core.system.threads.processors", lambda: threads)
        files = written(rasters, days, tmp_path)
    for name, expected in oracle(np.stack(stack), days, 0.5).items():
        np.testing.assert_allclose(gdal.Open(str(files[name])).ReadAsArray(), expected, rtol=1e-6, err_msg=name)


def test_a_year_seen_only_in_the_dry_season_does_not_count(make_date, tmp_path) -> None:
    """A pond that fills each spring: of four years, one without water in spring, and one seen in autumn alone."""
    seen = {(2018, 4): 0.9, (2018, 9): 0.1, (2019, 4): 0.9, (2020, 4): 0.1, (2021, 9): 0.1}
    days = [date(year, month, 15) for year, month in seen]
    rasters = [make_date(np.full((4, 4), p), f"{day}.tif") for day, p in zip(days, seen.values())]
    files = written(rasters, days, tmp_path)
    recurrence, months, first_last = (gdal.Open(str(files[name])).ReadAsArray()[:, 0, 0] for name in ("recurrence", "months", "dates"))
    assert recurrence.tolist() == pytest.approx([2 / 3, 3])
    assert months[[3, 8, 12, 13]].tolist() == pytest.approx([2 / 3, 0, 1 / 3, 1])
    assert set(months[[0, 1, 2, 4, 5, 6, 7, 9, 10, 11]]) == {NODATA}
    assert first_last.tolist() == [20180415, 20190415]


def test_what_the_files_say_of_themselves(make_date, tmp_path) -> None:
    days = [date(2020, 1, 5), date(2021, 3, 5)]
    rasters = [make_date(np.full((20, 30), 0.1 + 0.8 * n), f"{n}.tif") for n in range(2)]
    files = written(rasters, days, tmp_path, metadata={"PLUGIN_VERSION": "1"})
    months, first_last, recurrence = (gdal.Open(str(files[name])) for name in ("months", "dates", "recurrence"))
    assert [months.GetRasterBand(n).GetDescription() for n in (1, 12, 13)] == [
        "water occurrence in January",
        "water occurrence in December",
        "mean of the months",
    ]
    assert (first_last.GetRasterBand(1).DataType, first_last.GetRasterBand(2).GetDescription()) == (gdal.GDT_Int32, "last date with water")
    assert "STATISTICS_MAXIMUM" not in first_last.GetRasterBand(1).GetMetadata()
    band = recurrence.GetRasterBand(1)
    assert float(band.GetMetadataItem("STATISTICS_MEAN")) == pytest.approx(band.ComputeStatistics(False)[2])
    for dataset in (months, first_last, recurrence):
        assert dataset.GetMetadataItem("SOURCES", "IPEO_WATER") == "2"
        assert dataset.GetMetadataItem("PLUGIN_VERSION", "IPEO_WATER") == "1"


def test_occurrence_itself_stays_the_same(make_date, tmp_path) -> None:
    draw = np.random.default_rng(1)
    rasters = [make_date(np.where(draw.random((30, 40)) < 0.2, np.nan, draw.random((30, 40))), f"{n}.tif") for n in range(5)]
    water_occurrence(rasters, tmp_path / "alone.tif")
    written(rasters, [None, date(2021, 1, 1), date(2020, 1, 1), None, date(2019, 1, 1)], tmp_path)
    alone, beside = (gdal.Open(str(tmp_path / name)) for name in ("alone.tif", "o.tif"))
    np.testing.assert_array_equal(alone.ReadAsArray(), beside.ReadAsArray())
    assert alone.GetMetadata("IPEO_WATER") == beside.GetMetadata("IPEO_WATER")


def test_missing_dates(make_date, tmp_path) -> None:
    """Some are told, and count for the occurrence alone; none at all are an error."""
    rasters = [make_date(np.full((20, 30), 0.9), f"{n}.tif") for n in range(3)]
    recorder = Recorder()
    files = written(rasters, [date(2020, 1, 1), None, date(2020, 1, 2)], tmp_path, progress=recorder)
    assert any("without a date" in warning and "1.tif" in warning and ": 1:" in warning for warning in recorder.warnings)
    assert gdal.Open(str(files["dates"])).ReadAsArray()[:, 0, 0].tolist() == [20200101, 20200102]
    assert gdal.Open(str(tmp_path / "o.tif")).ReadAsArray()[1].max() == 3
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="No raster has a date"):
        written(rasters, [None] * 3, tmp_path)
    with pytest.raises(InputError, match="is the input itself"):
        water_occurrence(rasters, tmp_path / "new.tif", days=[date(2020, 1, 1)] * 3, layers={"dates": rasters[0]})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("question", [1, 4, 8, 12])
def test_cancelling_leaves_nothing(make_date, tmp_path, monkeypatch, question: int) -> None:
    rasters = [make_date(np.full((100, 100), 0.9), f"{n}.tif") for n in range(4)]
    monkeypatch.setattr(grid_module, "_TILE", 16)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 2000)
    (tmp_path / "months.tif").write_bytes(b"an earlier result")
    with pytest.raises(CancelledError):
        written(rasters, [date(2020, 1, n + 1) for n in range(4)], tmp_path, progress=Recorder(cancel_at=question))
    assert (tmp_path / "months.tif").read_bytes() == b"an earlier result"
    assert len(list(tmp_path.iterdir())) == 5
