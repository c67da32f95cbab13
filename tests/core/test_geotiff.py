"""The GeoTIFF writer: several bands with descriptions, statistics and tiles; creation options; verification."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from osgeo import gdal

from ipeo_water_plugin.core.errors import InputError, RasterError
from ipeo_water_plugin.core.grid import Grid, Layout, Window
from ipeo_water_plugin.core.raster import geotiff
from ipeo_water_plugin.core.raster.band_statistics import Statistics
from ipeo_water_plugin.core.raster.creation_options import RasterKind, chosen_tile, file_size_bounds
from ipeo_water_plugin.core.raster.geotiff import GeoTiffWriter, check_options
from ipeo_water_plugin.core.raster.verification import WrittenSamples, check_complete

GRID = Grid(700, 600, (500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0), "")
KIND = RasterKind(gdal.GDT_Float32, -9999.0, "share", further=("dates", "clouds"))


def write(path: Path, values: np.ndarray, *options: str, cog: bool = False) -> gdal.Dataset:
    measured = [Statistics() for _ in values]
    with GeoTiffWriter(path, GRID, KIND, (256, 256), options=options, cog=cog) as writer:
        for window in Layout((512, 256), (256, 256)).windows(GRID.window):
            part = values[:, window.row : window.row + window.height, window.column : window.column + window.width]
            writer.write(window, part)
            measured = [old + Statistics.from_values(band[band != KIND.nodata]) for old, band in zip(measured, part)]
        writer.close(measured[0], {"WHAT": "test"}, further=measured[1:])
        writer.place()
    return gdal.Open(str(path))


@pytest.fixture
def values() -> np.ndarray:
    made = np.random.default_rng(0).random((3, 600, 700)).astype(np.float32) * np.array([1, 10, 100], np.float32)[:, None, None]
    made[0, :100] = KIND.nodata
    return made


@pytest.mark.parametrize("options", [(), ("INTERLEAVE=PIXEL",), ("BLOCKXSIZE=128", "BLOCKYSIZE=384"), ("TILED=NO",)])
def test_every_band_is_there(values: np.ndarray, options: tuple[str, ...], tmp_path: Path) -> None:
    dataset = write(tmp_path / "a.tif", values, *options)
    np.testing.assert_array_equal(dataset.ReadAsArray(), values)
    assert [dataset.GetRasterBand(n).GetDescription() for n in (1, 2, 3)] == ["share", "dates", "clouds"]
    assert {dataset.GetRasterBand(n).GetNoDataValue() for n in (1, 2, 3)} == {-9999}
    assert dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE") == ("PIXEL" if options == ("INTERLEAVE=PIXEL",) else "BAND")
    for number, expected in enumerate(values, start=1):
        band = dataset.GetRasterBand(number)
        valid = expected[expected != -9999].astype(float)
        kept = [float(band.GetMetadataItem(f"STATISTICS_{name}")) for name in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")]
        np.testing.assert_allclose(kept, [valid.min(), valid.max(), valid.mean(), valid.std()], rtol=1e-4)
        assert float(band.GetMetadataItem("STATISTICS_VALID_PERCENT")) == pytest.approx(100 * valid.size / 420000, rel=1e-3)


def test_cloud_optimized(values: np.ndarray, tmp_path: Path) -> None:
    dataset = write(tmp_path / "a.tif", values, cog=True)
    np.testing.assert_array_equal(dataset.ReadAsArray(), values)
    assert dataset.GetRasterBand(3).GetDescription() == "clouds"


def test_a_scale_is_the_first_bands_alone(tmp_path: Path) -> None:
    kind = RasterKind(gdal.GDT_Byte, 255, "percent", 0.01, ("dates",))
    with GeoTiffWriter(tmp_path / "a.tif", GRID, kind, (256, 256)) as writer:
        writer.write(GRID.window, np.ones((2, 600, 700), np.uint8))
        writer.close(Statistics(), {})
        writer.place()
    dataset = gdal.Open(str(tmp_path / "a.tif"))
    assert [dataset.GetRasterBand(n).GetScale() for n in (1, 2)] == [0.01, None]


def test_a_later_band_that_lacks_tiles_shows(values: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = geotiff.check_complete

    def without_the_last(path: Path, *more: object, **named: bool) -> None:
        options = ["SPARSE_OK=TRUE", "TILED=YES", "INTERLEAVE=BAND"]
        torn = gdal.GetDriverByName("GTiff").Create(str(path), 700, 600, 3, gdal.GDT_Float32, options=options)
        for number in (1, 2):
            torn.GetRasterBand(number).WriteArray(values[number - 1])
        torn = None
        look(path, *more, **named)

    monkeypatch.setattr(geotiff, "check_complete", without_the_last)
    with pytest.raises(RasterError, match="tiles are missing"):
        write(tmp_path / "a.tif", values)
    assert list(tmp_path.iterdir()) == []


def test_all_bands_are_counted_in_the_room_that_is_needed(tmp_path: Path) -> None:
    one, three = (file_size_bounds(GRID, kind, (256, 256), {"COMPRESS": "NONE"}, cog=False) for kind in (RasterKind(6, -9999, ""), KIND))
    assert three[0] == 3 * one[0] == 3 * 600 * 700 * 4


@pytest.mark.parametrize(("centre", "spread"), [(0.5, 1e-5), (0.999, 1e-6), (1e4, 0.02), (0.5, 0.2), (0.0, 0.0)])
def test_the_standard_deviation_of_narrow_values(centre: float, spread: float) -> None:
    """Compared with NumPy in double precision, as a whole and in parts of unequal size, added in either order."""
    values = np.random.default_rng(1).normal(centre, spread, 100_000).astype(np.float32)
    wanted = values.astype(float)
    pieces = [Statistics.from_values(part) for part in np.split(values, [10, 5000, 5001, 60_000])]
    for found in (Statistics.from_values(values), sum(pieces, Statistics()), sum(reversed(pieces), Statistics())):
        assert found.count == 100_000
        assert found.mean == pytest.approx(wanted.mean(), rel=1e-7)
        assert found.deviation == pytest.approx(wanted.std(), rel=1e-3, abs=1e-12)
        assert (found.minimum, found.maximum) == (wanted.min(), wanted.max())


def test_the_standard_deviation_beside_an_outlier() -> None:
    values = np.full(1_000_000, 0.25, np.float32)
    values[0] = 1000
    assert Statistics.from_values(values).deviation == pytest.approx(values.astype(float).std(), rel=1e-5)
    percent = np.tile(np.array([41, 42], np.uint8), 500_000)
    assert Statistics.from_values(percent).deviation == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("cog", [False, True])
def test_tiles_of_nodata_are_left_out_where_the_user_wants_that(values: np.ndarray, tmp_path: Path, cog: bool) -> None:
    values[:, :256, :256] = KIND.nodata
    dataset = write(tmp_path / "a.tif", values, "SPARSE_OK=TRUE", cog=cog)
    np.testing.assert_array_equal(dataset.ReadAsArray(), values)
    plain = write(tmp_path / "b.tif", values, cog=cog)
    assert plain.GetRasterBand(1).GetMetadataItem("BLOCK_OFFSET_0_0", "TIFF") is not None
    if not cog:
        assert dataset.GetRasterBand(1).GetMetadataItem("BLOCK_OFFSET_0_0", "TIFF") is None


@pytest.mark.parametrize("options", [("PROFILE=GeoTIFF",), ("PROFILE=BASELINE",)])
def test_what_gdal_writes_beside_a_raster_comes_with_it(values: np.ndarray, options: tuple[str, ...], tmp_path: Path) -> None:
    """Files beside an earlier raster are replaced or removed."""
    for _ in range(2):
        dataset = write(tmp_path / "a.b.tif", values, *options)
        np.testing.assert_array_equal(dataset.ReadAsArray(), values)
        assert dataset.GetGeoTransform() == GRID.geotransform
        assert dataset.GetMetadata("IPEO_WATER") == {"WHAT": "test"}
        dataset = None
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"a.b.tif", "a.b.tif.aux.xml"}
    write(tmp_path / "a.b.tif", values)
    assert "a.b.tif.aux.xml" not in {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("options", [("COMPRESS=NONE",), ("COMPRESS=NONE", "TILED=NO"), ("COMPRESS=DEFLATE", "SPARSE_OK=FALSE")])
def test_a_file_that_is_given_up_is_not_filled_first(options: tuple[str, ...], tmp_path: Path) -> None:
    """An abandoned file isn't filled up before it is removed."""
    grid = Grid(8000, 8000, GRID.geotransform, "")
    made = GeoTiffWriter(tmp_path / "a.tif", grid, RasterKind(gdal.GDT_Float32, -9999, ""), (256, 256), options=options)
    with pytest.raises(KeyboardInterrupt), made as writer:
        writer.write(Window(0, 0, 8000, 256), np.ones((256, 8000), np.float32))
        temporary = next(tmp_path.iterdir())
        # The name stays with the writer, and a second one shows what becomes of the file.
        os.link(temporary, tmp_path / "seen")
        raise KeyboardInterrupt
    assert (tmp_path / "seen").stat().st_size < 12_000_000
    assert [path.name for path in tmp_path.iterdir()] == ["seen"]


GOOD = {
    "COMPRESS": "NONE LZW PACKBITS DEFLATE LZMA ZSTD LERC LERC_DEFLATE LERC_ZSTD",
    "PREDICTOR": "1 2 YES NO STANDARD",
    "INTERLEAVE": "BAND PIXEL",
    "BIGTIFF": "YES NO IF_NEEDED IF_SAFER",
    "PHOTOMETRIC": "MINISBLACK",
    "PROFILE": "GDALGeoTIFF GeoTIFF BASELINE",
    "NUM_THREADS": "1 ALL_CPUS",
    "BLOCKXSIZE": "128",
    "BLOCKSIZE": "128",
    "LEVEL": "9",
    "ZLEVEL": "9",
    "OVERVIEWS": "NONE",
}


def choices(driver: str) -> list[str]:
    """Every value in GDAL's list of creation options, and relevant numbers for options without listed values."""
    tree = ET.fromstring(gdal.GetDriverByName(driver).GetMetadataItem("DMD_CREATIONOPTIONLIST"))
    listed = [f"{option.get('name')}={value.text}" for option in tree for value in option.findall("Value")]
    numbers = [f"NBITS={bits}" for bits in (1, 2, 4, 7, 8, 12, 16, 24)]
    # What the profiles of QGIS' own widget hold.
    profiles = ["JPEG|JPEG_QUALITY=75", "DEFLATE|PREDICTOR=2|ZLEVEL=9", "LZW|PREDICTOR=2", "PACKBITS|ZLEVEL=1"]
    lossy = ["LERC|MAX_Z_ERROR=0.0005", "LERC|MAX_Z_ERROR=0.1", "WEBP|WEBP_LOSSLESS=YES", "DEFLATE|DISCARD_LSB=18"]
    codecs = [f"COMPRESS={codec}" for codec in (*profiles, *lossy)]
    return [*listed, *numbers, *codecs, "DISCARD_LSB=3", "BLOCKXSIZE=128|BLOCKYSIZE=64", "TILED=NO"]


@pytest.mark.parametrize(("driver", "cog"), [("GTiff", False), ("COG", True)])
@pytest.mark.parametrize("kind", [RasterKind(gdal.GDT_Float32, -9999.0, "p"), RasterKind(gdal.GDT_Byte, 255.0, "p", 0.01)])
def test_creation_options_keep_values_or_are_refused_before_the_work(kind: RasterKind, driver: str, cog: bool, tmp_path: Path) -> None:
    """For every option of this GDAL: unless refused, an independent reader gets the same values and NoData."""
    values = np.random.default_rng(5).random((96, 700))
    values = (values if kind.floating else values * 100).astype(np.float32 if kind.floating else np.uint8)
    values[10:40, 20:300], values[50:60, :200] = kind.nodata, 0
    grid, kept = Grid(700, 96, GRID.geotransform, ""), set()
    for number, choice in enumerate(choices(driver)):
        options, path = tuple(choice.split("|")), tmp_path / f"{number}.tif"
        try:
            check_options(kind, options, cog=cog)
        except InputError as error:
            assert any(option in str(error) for option in options), choice
            assert "ipeo-water-" not in str(error), choice
            continue
        with GeoTiffWriter(path, grid, kind, (256, 256), options=options, cog=cog) as writer:
            writer.write(grid.window, values)
            writer.close(Statistics.from_values(values[values != kind.nodata]), {})
            writer.place()
        found = gdal.Open(str(path))
        assert found.GetRasterBand(1).GetNoDataValue() == kind.nodata, choice
        read = found.ReadAsArray()
        np.testing.assert_array_equal(read == kind.nodata, values == kind.nodata, err_msg=choice)
        np.testing.assert_allclose(read, values, atol=1e-3, rtol=0, err_msg=choice)
        kept.add(choice)
    # Nothing is refused that works, and what is known to spoil values doesn't get by.
    working = {f"{key}={value}" for key, group in GOOD.items() for value in group.split()} & set(choices(driver))
    assert working <= kept
    assert not [choice for choice in kept if re.match("COMPRESS=(JPEG|WEBP|CCITT)", choice)]
    if not cog and not kind.floating:
        assert not [choice for choice in kept if re.match("NBITS=[1247]$", choice)]


def test_values_that_dont_come_back_are_an_error_at_the_end_too(tmp_path: Path) -> None:
    """An option that passes the trial, but changes values of a later window."""
    grid = Grid(700, 600, GRID.geotransform, "")
    values = np.zeros((600, 700), np.uint8)
    values[520:, 600:] = 255
    writer = GeoTiffWriter(tmp_path / "a.tif", grid, RasterKind(gdal.GDT_Byte, 255, ""), (256, 256), options=("NBITS=4",))
    with pytest.raises(RasterError, match=r"a\.tif doesn't contain .*NBITS=4"), writer:
        for window in Layout((256, 256), (256, 256)).windows(grid.window):
            writer.write(window, values[window.row : window.row + window.height, window.column : window.column + window.width])
        writer.close(Statistics(), {})
        writer.place()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        ("BLOCKXSIZE=1024",),
        ("BLOCKXSIZE=1024", "BLOCKYSIZE=1024"),
        ("BLOCKXSIZE=192", "BLOCKYSIZE=320"),
        ("TILED=NO",),
        ("TILED=NO", "BLOCKYSIZE=64"),
    ],
)
@pytest.mark.parametrize("block", [(256, 256), (5000, 1), (512, 512), (100, 100)])
def test_windows_follow_the_tiles_that_the_user_wants(options: tuple[str, ...], block: tuple[int, int]) -> None:
    """Each tile is in one window, so it is encoded once, and windows stay small."""
    area = Window(0, 0, 5000, 4000)
    width, height = tile = chosen_tile(RasterKind(gdal.GDT_Float32, -9999, ""), area.width, options)
    layout = Layout.from_blocks(area, block, tile)
    assert layout.tile == tile
    assert layout.pixels <= 2048 * 2048
    for window in layout.windows(area):
        assert window.column % width == window.row % height == 0
        assert (window.column + window.width) % width == 0 or window.column + window.width == area.width
        assert (window.row + window.height) % height == 0 or window.row + window.height == area.height


@pytest.mark.parametrize(
    ("option", "cog", "words"),
    [
        ("COMPRES=LZW", False, "COMPRES=LZW: GDAL's GTiff driver has no such creation option"),
        ("BLOCKSIZE=256", False, "BLOCKSIZE=256: GDAL's GTiff driver has no such creation option"),
        ("TILED=YES", True, "TILED=YES: GDAL's COG driver has no such creation option"),
        ("TARGET_SRS=EPSG:3857", True, "TARGET_SRS=EPSG:3857: a result has the pixels of its image"),
        ("TFW=YES", False, "TFW=YES: the file that it writes beside the result can be that of another image"),
        ("RPB=YES", False, "RPB=YES: the file that it writes beside the result can be that of another image"),
        ("RPCTXT=YES", False, "RPCTXT=YES: the file that it writes beside the result can be that of another image"),
        ("COMPRESS=ZIP", False, "COMPRESS=ZIP: GDAL's GTiff driver has no such compression"),
    ],
)
def test_creation_options_that_gdal_would_ignore_or_that_move_pixels_or_write_beside_are_refused(
    option: str, cog: bool, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        check_options(RasterKind(gdal.GDT_Byte, 255, "water"), [option], cog=cog)
    check_options(RasterKind(gdal.GDT_Byte, 255, "water"), ["compress=lzw", *(["tfw=no"] if not cog else [])], cog=cog)


def test_a_tile_beyond_the_end_of_a_file(tmp_path: Path) -> None:
    """Its directory comes first, so that the file opens."""
    path, grid = tmp_path / "a.tif", Grid(64, 64, None, "")
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 64, 64, 1, gdal.GDT_Float32, ["TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32"])
    dataset.GetRasterBand(1).Fill(1)
    dataset = None
    check_complete(path, grid, path)
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(RasterError, match="tiles are missing"):
        check_complete(path, grid, path)


@pytest.mark.parametrize("nodata", [None, 0.0])
def test_a_nodata_value_that_a_file_does_not_keep(tmp_path: Path, nodata: float | None) -> None:
    values = np.ones((64, 64), np.float32)
    written = WrittenSamples(RasterKind(gdal.GDT_Float32, -9999.0, "p"), dense=False)
    written.keep(Window(0, 0, 64, 64), values)
    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "a.tif"), 64, 64, 1, gdal.GDT_Float32)
    dataset.GetRasterBand(1).WriteArray(values)
    if nodata is not None:
        dataset.GetRasterBand(1).SetNoDataValue(nodata)
    dataset = None
    with pytest.raises(RasterError, match="doesn't contain the values that were written"):
        written.check(tmp_path / "a.tif", tmp_path / "b.tif", ())
