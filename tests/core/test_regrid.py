"""A raster read on another grid: the value at each pixel's centre, for any windows, compared with PROJ point by point."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import gdal_type, spatial_reference
from osgeo import gdal, osr
from patience import examples

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.grid import Grid, Window
from ipeo_water_plugin.core.raster import regrid
from ipeo_water_plugin.core.raster.raster_file import BandNodata, RasterFile, ValueRange
from ipeo_water_plugin.core.raster.regrid import RegriddedRaster
from ipeo_water_plugin.core.raster.reprojection import PixelLookup, PointTransform, reference_of, same_places

DISK = "+proj=geos +h=35785831 +lon_0=0 +sweep=y +a=6378169 +rf=295.488065897001 +units=m"


def wkt(crs: int | str) -> str:
    if isinstance(crs, int):
        return spatial_reference(crs).ExportToWkt()
    reference = osr.SpatialReference()
    reference.ImportFromProj4(crs)
    return reference.ExportToWkt()


IMAGE = Grid(1200, 900, (399960.0, 10.0, 0.0, 5800020.0, 0.0, -10.0), wkt(32633))
# Grids of an image and of what is read on it: other projections, other datums, turned, finer, coarser, round the Earth, off its edge.
PAIRS = {
    "LAEA": (IMAGE, Grid(1500, 1500, (4560000.0, 10.0, 0.0, 3254000.0, 0.0, -10.0), wkt(3035))),
    "degrees": (IMAGE, Grid(2000, 1500, (13.5, 0.0001, 0.0, 52.34, 0.0, -0.0001), wkt(4326))),
    "the next zone": (IMAGE, Grid(700, 700, (-12000.0, 20.0, 0.0, 5829000.0, 0.0, -20.0), wkt(32634))),
    "another datum": (
        Grid(500, 400, (399960.0, 30.0, 0.0, 4000020.0, 0.0, -30.0), wkt(26711)),
        Grid(600, 500, (399000.0, 30.0, 0.0, 4002020.0, 0.0, -30.0), wkt(32611)),
    ),
    "half a pixel aside": (IMAGE, Grid(1300, 1000, (399955.0, 10.0, 0.0, 5800025.0, 0.0, -10.0), IMAGE.crs)),
    "turned": (IMAGE, Grid(900, 900, (399960.0, 8.0, 5.0, 5800020.0, 5.0, -8.0), IMAGE.crs)),
    "across the antimeridian": (
        Grid(600, 400, (179.8, 0.001, 0.0, -16.0, 0.0, -0.001), wkt(4326)),
        Grid(500, 500, (800000.0, 100.0, 0.0, 8240000.0, 0.0, -100.0), wkt(32760)),
    ),
    "from 0 to 360 degrees": (
        Grid(400, 300, (300000.0, 1000.0, 0.0, 5000000.0, 0.0, -1000.0), wkt(32610)),
        Grid(3600, 1800, (0.0, 0.1, 0.0, 90.0, 0.0, -0.1), wkt(4326)),
    ),
    "a disk on the globe": (
        Grid(720, 360, (-180.0, 0.5, 0.0, 90.0, 0.0, -0.5), wkt(4326)),
        Grid(1000, 1000, (-5570248.0, 11140.496, 0.0, 5570248.0, 0.0, -11140.496), wkt(DISK)),
    ),
    "the globe on a disk": (
        Grid(500, 500, (-5570248.0, 22280.992, 0.0, 5570248.0, 0.0, -22280.992), wkt(DISK)),
        Grid(720, 360, (-180.0, 0.5, 0.0, 90.0, 0.0, -0.5), wkt(4326)),
    ),
}


def numbered(path: Path, grid: Grid) -> str:
    """Write a raster in which each pixel is its own number."""
    driver = gdal.GetDriverByName("GTiff")
    made = driver.Create(str(path), grid.width, grid.height, 1, gdal_type(np.dtype(np.int32)), options=["TILED=YES"])
    made.SetGeoTransform(grid.geotransform)
    made.SetProjection(grid.crs)
    made.GetRasterBand(1).WriteArray(np.arange(grid.width * grid.height, dtype=np.int32).reshape(grid.height, grid.width))
    made = None
    return str(path)


Whole = Callable[[str], tuple[RegriddedRaster, np.ndarray]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Return a pair's reader, and everything it reads as one window: pixel numbers, −1 where there is none."""
    folder, made = tmp_path_factory.mktemp("others"), {}

    def read(pair: str) -> tuple[RegriddedRaster, np.ndarray]:
        if pair not in made:
            grid, other = PAIRS[pair]
            reader = RegriddedRaster(numbered(folder / f"{len(made)}.tif", other), grid)
            values, valid = reader.read(grid.window)
            made[pair] = reader, np.where(valid, values, -1)
        return made[pair]

    return read


def asked(grid: Grid, other: Grid) -> Callable[[int, int], int | None]:
    """Return the pixel number at a centre, by PROJ for this point; −1 outside, None if the centre is on a border."""
    references = [osr.SpatialReference(), osr.SpatialReference()]
    for reference, crs in zip(references, (grid.crs, other.crs)):
        reference.ImportFromWkt(crs)
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    way = osr.CoordinateTransformation(*references)
    x0, dx, rx, y0, ry, dy = grid.geotransform
    left, width, turn, top, other_turn, height = other.geotransform

    def number(column: int, row: int) -> int | None:
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            x, y, _ = way.TransformPoint(x0 + dx * (column + 0.5) + rx * (row + 0.5), y0 + ry * (column + 0.5) + dy * (row + 0.5))
        except RuntimeError:
            # QGIS from 3.40 on has GDAL raise.
            return -1
        finally:
            gdal.PopErrorHandler()
        if not math.isfinite(x):
            return -1
        x = x % 360 if references[1].IsGeographic() and left == 0 else x
        at = np.linalg.solve([[width, turn], [other_turn, height]], [x - left, y - top])
        if np.abs(at - np.rint(at)).min() < 1e-5:
            return None
        across, down = np.floor(at).astype(int).tolist()
        return down * other.width + across if 0 <= across < other.width and 0 <= down < other.height else -1

    return number


@pytest.mark.parametrize("pair", PAIRS)
def test_it_is_the_value_at_the_centre(pair: str, whole: Whole) -> None:
    read, draw, number = whole(pair)[1], np.random.default_rng(0), asked(*PAIRS[pair])
    # At the edge of what is read it is decided which centre lies outside.
    inside, edge = np.argwhere(read >= 0), np.argwhere((read[:, 1:] >= 0) != (read[:, :-1] >= 0))
    places = [draw.integers(0, read.shape, (100, 2)), *(some[draw.integers(0, len(some), 400)] for some in (inside, edge) if len(some))]
    wrong = []
    for row, column in np.concatenate(places).tolist():
        wanted = number(column, row)
        if wanted is not None and wanted != read[row, column]:
            wrong.append((row, column))
    assert wrong == []


@settings(deadline=None, max_examples=examples(40))
@given(pair=st.sampled_from([*PAIRS]), shares=st.tuples(*[st.floats(0, 1)] * 4))
def test_windows_of_any_size_equal_the_whole(pair: str, shares: tuple[float, ...], whole: Whole) -> None:
    reader, read = whole(pair)
    height, width = (1 + int(share**2 * (size - 1)) for share, size in zip(shares, read.shape))
    row, column = (int(share * (size - length)) for share, size, length in zip(shares[2:], read.shape, (height, width)))
    values, valid = reader.read(Window(column, row, width, height))
    assert (np.where(valid, values, -1) == read[row : row + height, column : column + width]).all()


def test_a_much_finer_raster_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid, other = Grid(40, 30, (0.0, 50.0, 0.0, 0.0, 0.0, -50.0), IMAGE.crs), Grid(2100, 1600, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), IMAGE.crs)
    reader = RegriddedRaster(numbered(tmp_path / "other.tif", other), grid)
    expected = (np.arange(30)[:, None] * 50 + 25) * 2100 + np.arange(40) * 50 + 25
    read: list[int] = []
    plain = regrid.Source.read
    monkeypatch.setattr(regrid.Source, "read", lambda self, window: (read.append(window.pixels), plain(self, window))[1])
    for at_once in (regrid._AT_ONCE, 10_000, 1):
        monkeypatch.setattr(regrid, "_AT_ONCE", at_once)
        read.clear()
        assert (reader.read(grid.window)[0] == expected).all()
        assert max(read) <= max(at_once, 1)


def test_no_data_set_in_the_layers_properties_counts_on_another_grid_too(make_raster: Callable[..., str]) -> None:
    path = make_raster(np.arange(1, 10, dtype=np.uint8).reshape(1, 3, 3), descriptions=("class",), nodata=5)
    finer = Grid(6, 6, (500000.0, 5.0, 0.0, 5800000.0, 0.0, -5.0), wkt(32633))
    for nodata, invalid in (((), [5]), ((BandNodata((ValueRange(7, 8),)),), [5, 7, 8]), ((BandNodata((), declared=False),), [])):
        values, valid = RegriddedRaster(RasterFile(path, nodata=nodata), finer).read(finer.window)
        assert sorted(np.setdiff1d(np.arange(1, 10), values[valid]).tolist()) == invalid


def test_longitudes_of_one_crs_that_are_counted_from_other_meridians() -> None:
    """From 0 to 360 in one file, from -180 to 180 in the other."""
    one = Grid(36, 18, (0.0, 10.0, 0.0, 90.0, 0.0, -10.0), wkt(4326))
    other = Grid(36, 18, (-180.0, 10.0, 0.0, 90.0, 0.0, -10.0), wkt(4326))
    for here, there in ((one, other), (other, one)):
        columns, rows = PixelLookup(here, there).at(here.window)
        np.testing.assert_array_equal(columns[0], (np.arange(36) + 18) % 36)
        np.testing.assert_array_equal(rows[:, 0], np.arange(18))


def test_there_is_no_way_to_an_engineering_crs(tmp_path: Path) -> None:
    local = 'LOCAL_CS["works",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    path = numbered(tmp_path / "other.tif", Grid(10, 10, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), local))
    with pytest.raises(InputError, match="can't be transformed from EPSG:32633 to works"):
        RegriddedRaster(path, IMAGE)


def test_a_centre_on_a_border_belongs_to_the_next_pixel() -> None:
    """Regardless of rounding: centres at 0.1, 0.2, … on borders of pixels of 0.1, counted in tenths."""
    grid = Grid(700, 400, (0.05, 0.1, 0.0, 79.95, 0.0, -0.1), wkt(4326))
    other = Grid(1000, 800, (0.0, 0.1, 0.0, 80.0, 0.0, -0.1), grid.crs)
    columns, rows = PixelLookup(grid, other).at(grid.window)
    np.testing.assert_array_equal(columns, np.broadcast_to(np.arange(1, 701), (400, 700)))
    np.testing.assert_array_equal(rows, np.broadcast_to(np.arange(1, 401)[:, None], (400, 700)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (4326, "+proj=longlat +datum=WGS84", True),
        (25833, "+proj=utm +zone=33 +ellps=GRS80", True),
        (32633, "+proj=tmerc +lat_0=0 +lon_0=15 +k=0.9996 +x_0=500000 +y_0=0 +datum=WGS84", True),
        (32633, 32634, False),
        (32633, "+proj=utm +zone=33 +datum=WGS84 +units=km", False),
        # Alike below the satellite, a degree apart at the edge of what it sees.
        (DISK, DISK.replace("sweep=y", "sweep=x"), False),
        ("+proj=longlat +ellps=bessel +towgs84=598,74,418", "+proj=longlat +ellps=bessel", False),
    ],
)
def test_the_same_places(one: int | str, other: int | str, same: bool) -> None:
    assert same_places(wkt(one), wkt(other)) is same
    assert same_places(wkt(other), wkt(one)) is same
    assert not same_places(wkt(one), "")


def test_points_off_the_earth_are_nowhere() -> None:
    """GDAL unwinds their longitudes turn by turn, which takes minutes at 1e14 m and never ends at 1e20 m."""
    found = PointTransform(reference_of(wkt(3857)), reference_of(wkt(4326)))(np.array([[0.0, 0.0], [1e11, 0.0], [0.0, -1e11], [1e6, 1e6]]))
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, False, True]
