"""Reading windows of raw values, and which of them are valid."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal

from ipeo_water_plugin.core.errors import InputError, RasterError
from ipeo_water_plugin.core.grid import Grid, Layout, Window, max_readers
from ipeo_water_plugin.core.raster.completeness import FileState
from ipeo_water_plugin.core.raster.describe import band_infos, roles_of, scene_of
from ipeo_water_plugin.core.raster.source import Source, grid_of

COUNTING = np.arange(3 * 6 * 8).reshape(3, 6, 8) + 1


def read_all(path: str) -> tuple[np.ndarray, np.ndarray]:
    source = Source(path, roles_of(path))
    bands, valid = source.read(source.grid.window)
    return np.stack(bands), np.ones(bands[0].shape, bool) if valid is None else valid


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_every_real_type_is_read_as_it_is(make_raster, name: str) -> None:
    low = -100 if np.dtype(name).kind in "if" else 0
    values = (COUNTING % 100 + low).astype(name)
    bands, valid = read_all(make_raster(values))
    assert bands.dtype == np.dtype(name)
    np.testing.assert_array_equal(bands, values)
    assert valid.all()


@pytest.mark.parametrize(
    ("name", "nodata"),
    [
        ("uint16", 0),
        ("uint16", 65535),
        ("int16", -9999),
        ("float32", -3.4028234663852886e38),
        ("float32", -9999.1),
        ("float64", np.nan),
        ("int8", -128),
    ],
)
def test_nodata_of_each_band_makes_a_pixel_invalid(make_raster, name: str, nodata: float) -> None:
    values = COUNTING.astype(name) if name != "int8" else (COUNTING % 100).astype(name)
    expected = np.ones((6, 8), bool)
    for band, (row, column) in enumerate([(0, 0), (2, 3), (5, 7)]):
        values[band, row, column] = nodata
        expected[row, column] = False
    _, valid = read_all(make_raster(values, nodata=nodata))
    np.testing.assert_array_equal(valid, expected)


def test_nodata_may_differ_per_band(make_raster, tmp_path) -> None:
    files = []
    for band, nodata in enumerate((1, 50, 97)):
        files.append(make_raster(COUNTING[band : band + 1].astype(np.uint16), f"{band}.tif", descriptions=("",), nodata=nodata))
    stack = str(tmp_path / "stack.vrt")
    gdal.BuildVRT(stack, files, options=gdal.BuildVRTOptions(separate=True)).FlushCache()
    source = Source(stack, roles_of(stack, 1, 2, 3))
    _, valid = source.read(source.grid.window)
    expected = ~((COUNTING[0] == 1) | (COUNTING[1] == 50) | (COUNTING[2] == 97))
    np.testing.assert_array_equal(valid, expected)


def test_nan_and_infinity_are_invalid_without_any_nodata(make_raster) -> None:
    values = COUNTING.astype(np.float32)
    values[1, 2, 3], values[2, 4, 4], values[0, 0, 0] = np.nan, np.inf, -np.inf
    _, valid = read_all(make_raster(values))
    assert sorted(zip(*np.nonzero(~valid))) == [(0, 0), (2, 3), (4, 4)]


def test_a_mask_band_counts(make_raster) -> None:
    mask = np.ones((6, 8), bool)
    mask[:2] = False
    with_mask = make_raster(COUNTING.astype(np.uint16), mask=mask)
    np.testing.assert_array_equal(read_all(with_mask)[1], mask)


def test_alpha_counts(make_raster) -> None:
    alpha = np.full((1, 6, 8), 255, np.uint16)
    alpha[0, 3] = 0
    path = make_raster(np.concatenate([COUNTING.astype(np.uint16), alpha]), options=("ALPHA=YES", "PHOTOMETRIC=RGB"))
    np.testing.assert_array_equal(read_all(path)[1], alpha[0] > 0)


def test_complex_numbers_are_refused(tmp_path) -> None:
    path = str(tmp_path / "complex.tif")
    gdal.GetDriverByName("GTiff").Create(path, 2, 2, 3, gdal.GDT_CFloat32).FlushCache()
    with pytest.raises(InputError, match="real numbers"):
        Source(path, roles_of(path, 1, 2, 3))


def test_a_torn_file_names_file_and_place(make_raster) -> None:
    noise = np.random.default_rng(0).integers(0, 60000, (3, 300, 300), dtype=np.uint16)
    path = make_raster(noise, options=("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE"))
    with open(path, "rb+") as file:
        file.truncate(file.seek(0, 2) // 2)
    source = Source(path, roles_of(path, 1, 2, 3))
    with pytest.raises(RasterError, match=r"image\.tif can't be read at columns 0 to 299, rows 0 to 299: \S"):
        source.read(source.grid.window)


def test_another_file_of_the_same_size_and_time(make_raster, tmp_path) -> None:
    """As `cp -p` or a synchronisation puts it in place."""
    path, other = make_raster(np.zeros((1, 4, 4), np.uint8)), tmp_path / "other.tif"
    state = FileState(gdal.Open(path))
    state.check("x")
    shutil.copy2(path, other)
    other.replace(path)
    with pytest.raises(RasterError, match="was changed while it was being read"):
        state.check("x")


@pytest.mark.parametrize("exceptions", [False, True])
def test_what_cant_be_opened_says_so_in_either_exception_mode(tmp_path, exceptions: bool) -> None:
    before = gdal.GetUseExceptions()
    try:
        (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
        with pytest.raises(RasterError, match=r"absent\.tif can't be opened as a raster: \S"):
            grid_of(str(tmp_path / "absent.tif"))
        assert bool(gdal.GetUseExceptions()) is exceptions
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()


def test_wavelengths_of_drivers_and_headers_are_read(make_raster, tmp_path) -> None:
    path = make_raster(COUNTING.astype(np.uint16), descriptions=())
    dataset = gdal.Open(path, gdal.GA_Update)
    for number, (value, unit) in enumerate([("0.842", "Micrometers"), ("665", "nm"), ("0.56", "")], start=1):
        entries = {"WAVELENGTH": value, **({"WAVELENGTH_UNIT": unit} if unit else {})}
        dataset.GetRasterBand(number).SetMetadata(entries)
    dataset = None
    assert [round(info.wavelength) for info in band_infos(path)] == [842, 665, 560]
    assert roles_of(path).numbers == (3, 2, 1)
    envi = str(tmp_path / "cube.img")
    gdal.Translate(envi, make_raster(COUNTING.astype(np.uint16), "plain.tif", descriptions=()), format="ENVI").FlushCache()
    with open(tmp_path / "cube.hdr", "a", encoding="ascii") as header:
        header.write("wavelength units = Nanometers\nwavelength = {560.0, 665.0, 842.0}\n")
    assert roles_of(envi).numbers == (1, 2, 3)


def test_a_stack_of_sentinel2_files_is_recognised(make_raster, tmp_path) -> None:
    files = [
        make_raster(COUNTING[b : b + 1].astype(np.uint16), f"T33UUU_20170216T102101_{code}.tif", descriptions=("",))
        for b, code in enumerate(("B08", "B04", "B03"))
    ]
    stack = str(tmp_path / "stack.vrt")
    gdal.BuildVRT(stack, files, options=gdal.BuildVRTOptions(separate=True)).FlushCache()
    roles = roles_of(stack)
    assert roles.numbers == (3, 2, 1)
    assert roles.found_by == "found by file name"


def test_a_scene_travels_as_text(make_raster) -> None:
    path = make_raster(COUNTING.astype(np.float32), nodata=np.nan, scale=1e-4, offset=-0.1)
    scene = scene_of(path, roles_of(path), "Brandenburg – März")
    again = type(scene).from_text(scene.to_text())
    assert (again.name, again.data_type, again.pixel_size, again.crs) == ("Brandenburg – März", "float32", (10.0, 10.0), "EPSG:32633")
    assert again.scale == (1e-4,) * 3
    assert again.offset == (-0.1,) * 3
    assert all(np.isnan(v) for v in again.nodata)
    assert type(scene).from_text("some words").name == "some words"


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 1100), st.integers(1, 1100), st.integers(0, 50), st.integers(0, 50))
def test_windows_cover_each_pixel_once(width: int, height: int, block_width: int, block_height: int, left: int, top: int) -> None:
    area = Window(left, top, width, height)
    layout = Layout.from_blocks(area, (block_width, block_height))
    windows = list(layout.windows(area))
    assert sum(w.pixels for w in windows) == area.pixels
    assert all(w.intersection(area) == w for w in windows)
    corners = {(w.column, w.row) for w in windows}
    assert len(corners) == len(windows)
    # Each tile of a file written along the way is written by one window.
    assert all((w.column - left) % layout.tile[0] == 0 and (w.row - top) % layout.tile[1] == 0 for w in windows)
    assert layout.tile[0] % 16 == layout.tile[1] % 16 == 0


@pytest.mark.parametrize("block", [(12000, 12000), (12000, 3000), (5000, 5000), (30000, 400), (400, 30000)])
@pytest.mark.parametrize(("left", "top", "width", "height"), [(0, 0, 12000, 12000), (700, 40, 9000, 11000), (0, 0, 30000, 2100)])
def test_huge_blocks_are_gone_through_in_few_windows(block: tuple[int, int], left: int, top: int, width: int, height: int) -> None:
    """GDAL decodes or copies a whole block for each window, and each reading thread holds one."""
    area = Window(left, top, width, height)
    layout = Layout.from_blocks(area, block)
    windows = list(layout.windows(area))
    assert sum(w.pixels for w in windows) == area.pixels
    assert all(w.intersection(area) == w for w in windows)
    assert layout.pixels <= 16_000_000
    assert len(windows) <= 2 * math.ceil(width / min(block[0], 31000)) * math.ceil(width * height / 12_000_000)
    readers = max_readers(block)
    assert readers is not None
    assert readers == 1 or readers * block[0] * block[1] <= 64_000_000
    assert all((w.column - left) % layout.tile[0] == 0 and (w.row - top) % layout.tile[1] == 0 for w in windows)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_blocks_of_the_file_count_also_behind_virtual_rasters(make_raster, tmp_path, depth: int) -> None:
    side = 3000
    path = str(tmp_path / "strip.tif")
    made = gdal.GetDriverByName("GTiff").Create(path, side, side, 3, gdal.GDT_UInt16, options=["COMPRESS=DEFLATE", f"BLOCKYSIZE={side}"])
    made.GetRasterBand(1).Fill(1)
    made = None
    for level in range(depth):
        over = str(tmp_path / f"over{level}.vrt")
        gdal.Translate(over, path, format="VRT").FlushCache()
        path = over
    source = Source(path, roles_of(path, 1, 2, 3))
    assert source.block == (side, side)
    assert source.has_huge_blocks
    coarse = str(tmp_path / "coarse.vrt")
    gdal.Translate(coarse, path, format="VRT", width=300, height=300).FlushCache()
    assert not Source(coarse, roles_of(coarse, 1, 2, 3)).has_huge_blocks


@given(st.tuples(*[st.floats(-1e5, 1e5, allow_nan=False)] * 2), st.floats(0.1, 100), st.floats(-0.5, 0.5), st.booleans())
def test_pixels_and_coordinates_go_both_ways(origin: tuple[float, float], size: float, turn: float, south_up: bool) -> None:
    step = size if south_up else -size
    grid = Grid(100, 80, (origin[0], size, turn * size, origin[1], turn * size, step), "")
    columns, rows = np.array([0.0, 12.5, 99.0]), np.array([0.0, 40.5, 80.0])
    there = grid.to_crs(columns, rows)
    back = grid.to_pixels(there[:, 0], there[:, 1])
    np.testing.assert_allclose(back, np.stack([columns, rows], -1), atol=1e-6)


def test_an_extent_is_cropped_outward_to_whole_pixels() -> None:
    grid = Grid(100, 80, (500000, 10, 0, 5800000, 0, -10), "")
    assert grid.window_of((500015, 5799900, 500040, 5799985)) == Window(1, 1, 3, 9)
    assert grid.window_of((500010, 5799900, 500040, 5799990)) == Window(1, 1, 3, 9)
    assert grid.window_of((0, 0, 1e7, 1e7)) == Window(0, 0, 100, 80)
    with pytest.raises(InputError, match="outside the raster"):
        grid.window_of((0, 0, 10, 10))
    with pytest.raises(InputError, match="no georeference"):
        Grid(100, 80, None, "").window_of((0, 0, 10, 10))


@pytest.mark.parametrize(("scale", "offset"), [(0, 0), (np.nan, 0), (np.inf, 0), (-np.inf, 0), (1, np.nan), (1, np.inf)])
def test_a_scale_with_which_values_mean_nothing(scale: float, offset: float, make_raster) -> None:
    path = make_raster(np.ones((3, 4, 4), np.uint16), scale=scale, offset=offset)
    with pytest.raises(InputError, match=r"Band 1 of .*image\.tif declares the invalid scale .*: correct them"):
        Source(path, roles_of(path))


@pytest.mark.parametrize("data_type", [gdal.GDT_CInt16, gdal.GDT_CInt32, gdal.GDT_CFloat32, gdal.GDT_CFloat64])
def test_complex_values(data_type: int, make_raster, tmp_path) -> None:
    path = str(tmp_path / "complex.tif")
    assert gdal.Translate(path, make_raster(np.ones((3, 4, 4), np.int16)), outputType=data_type) is not None
    for ask in (Source, scene_of):
        with pytest.raises(InputError, match=r"Band 1 of .*complex\.tif has data type C\w+, but real numbers are needed"):
            ask(path, roles_of(path, 1, 2, 3))


@pytest.mark.parametrize(
    "transform",
    [(np.nan, 10, 0, 0, 0, -10), (0, 10, 0, np.inf, 0, -10), (0, 10, np.nan, 0, 0, -10), (0, 0, 0, 0, 0, -10), (0, 10, 5, 0, 20, 10)],
)
def test_a_georeference_that_places_nothing(transform: tuple, make_raster, tmp_path) -> None:
    path = str(tmp_path / "placed.vrt")
    placed = gdal.Translate(path, make_raster(np.ones((3, 4, 4), np.int16)), format="VRT")
    placed.SetGeoTransform(transform)
    placed = None
    with pytest.raises(InputError, match=r"The georeference of .*placed\.vrt .*: assign a valid one"):
        grid_of(path)


def test_scenes_whose_names_look_like_credentials_are_told_apart(tmp_path: Path) -> None:
    """Training areas of two scenes must not share a validation group."""
    paths = [str(tmp_path / name) for name in ("sig=1.tif", "sig=2.tif", "token=1.tif", "token=2.tif")]
    for path in paths:
        gdal.GetDriverByName("GTiff").Create(path, 4, 3, 3)
    assert len({scene_of(path, roles_of(path, 1, 2, 3)).id for path in paths}) == len(paths)
