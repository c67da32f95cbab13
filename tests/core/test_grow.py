"""The region of similar pixels around a place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from osgeo import ogr

from ipeo_water_plugin.core.maps.grow import grow
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import Source


@pytest.fixture
def source(make_raster: Callable[..., str]) -> Source:
    """A lake of 30 × 20 pixels with an island, another lake beside it, and a corner of NoData."""
    levels = np.full((3, 60, 80), 3000.0)
    levels[:, 10:30, 10:40] = 300
    levels[:, 18:22, 20:24] = 3000
    levels[:, 10:30, 50:70] = 300
    noisy = levels + np.random.default_rng(0).normal(0, 20, levels.shape)
    noisy[:, 50:, 70:] = 0
    path = make_raster(noisy.astype(np.uint16), nodata=0)
    return Source(path, roles_of(path))


def place(column: float, row: float) -> tuple[float, float]:
    return 500000 + 10 * (column + 0.5), 5800000 - 10 * (row + 0.5)


def region(source: Source, column: float, row: float, tolerance: float) -> ogr.Geometry:
    wkb = grow(source, *place(column, row), tolerance, SilentProgress())
    assert wkb is not None
    return ogr.CreateGeometryFromWkb(wkb)


def test_it_is_the_lake_without_its_island_and_without_the_other_lake(source: Source) -> None:
    found = region(source, 15, 15, 8)
    # Means of 3 × 3 pixels leave out the shore.
    assert found.Area() / 100 == 28 * 18 - 6 * 6
    assert found.GetEnvelope() == (500110, 500390, 5799710, 5799890)
    assert found.GetGeometryCount() == 2
    assert found.Contains(ogr.CreateGeometryFromWkt("POINT ({} {})".format(*place(15, 15))))


def test_it_grows_with_the_tolerance_and_always_holds_its_place(source: Source) -> None:
    areas = [region(source, 15, 15, tolerance).Area() / 100 for tolerance in (0.0, 0.5, 2.0, 1000.0)]
    assert areas == sorted(areas)
    assert areas[0] == 1
    # All but NoData, which it leaves out.
    assert areas[-1] == 60 * 80 - 10 * 10


@pytest.mark.parametrize(("column", "row"), [(-3, 5), (5, 200), (75, 55)])
def test_outside_and_on_nodata_there_is_none(column: int, row: int, source: Source) -> None:
    assert grow(source, *place(column, row), 2.0, SilentProgress()) is None


def test_it_keeps_within_reach(make_raster: Callable[..., str]) -> None:
    path = make_raster(np.full((3, 700, 700), 7, np.uint8))
    found = region(Source(path, roles_of(path)), 350, 350, 2.0)
    assert found.Area() / 100 == 513**2
