"""The GeoTIFF writer where there are several bands: each with its description, statistics and tiles, in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from ipeo_water_plugin.core import geotiff
from ipeo_water_plugin.core.encoding import RasterKind, room
from ipeo_water_plugin.core.errors import RasterError
from ipeo_water_plugin.core.geotiff import GeoTiffWriter, Statistics
from ipeo_water_plugin.core.grid import Grid, Layout

GRID = Grid(700, 600, (500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0), "")
KIND = RasterKind(gdal.GDT_Float32, -9999.0, "share", further=("dates", "clouds"))


def write(path: Path, values: np.ndarray, *options: str, cog: bool = False) -> gdal.Dataset:
    measured = [Statistics() for _ in values]
    with GeoTiffWriter(path, GRID, KIND, (256, 256), options=options, cog=cog) as writer:
        for window in Layout((512, 256), (256, 256)).windows(GRID.window):
            part = values[:, window.row : window.row + window.height, window.column : window.column + window.width]
            writer.write(window, part)
            measured = [old + Statistics.of(band[band != KIND.nodata]) for old, band in zip(measured, part)]
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
    look = geotiff._check_whole

    def without_the_last(path: Path, *more: object) -> None:
        options = ["SPARSE_OK=TRUE", "TILED=YES", "INTERLEAVE=BAND"]
        torn = gdal.GetDriverByName("GTiff").Create(str(path), 700, 600, 3, gdal.GDT_Float32, options=options)
        for number in (1, 2):
            torn.GetRasterBand(number).WriteArray(values[number - 1])
        torn = None
        look(path, *more)

    monkeypatch.setattr(geotiff, "_check_whole", without_the_last)
    with pytest.raises(RasterError, match="tiles are missing"):
        write(tmp_path / "a.tif", values)
    assert list(tmp_path.iterdir()) == []


def test_all_bands_are_counted_in_the_room_that_is_needed(tmp_path: Path) -> None:
    one, three = (room(GRID, kind, (256, 256), {"COMPRESS": "NONE"}, cog=False) for kind in (RasterKind(6, -9999, ""), KIND))
    assert three[0] == 3 * one[0] == 3 * 600 * 700 * 4
