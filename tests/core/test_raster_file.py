"""CRS and NoData set in a layer override those of its file, wherever a raster is opened."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from making import UTM33, spatial_reference
from osgeo import gdal

from ipeo_water_plugin.core.maps.extraction import extract
from ipeo_water_plugin.core.maps.occurrence import water_occurrence
from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.prediction.virtual import write_virtual
from ipeo_water_plugin.core.raster.describe import roles_of, scene_of
from ipeo_water_plugin.core.raster.raster_file import BandNodata, RasterFile, ValueRange, user_nodata
from ipeo_water_plugin.core.raster.reprojection import crs_name, same_crs
from ipeo_water_plugin.core.raster.source import Source, grid_of

UTM34 = spatial_reference(32634).ExportToWkt()


def crs_of(path: Path | str) -> str:
    return crs_name(gdal.Open(str(path)).GetProjection() or gdal.Open(str(path)).GetGCPProjection())


@pytest.fixture
def image(make_raster: Callable[..., str]) -> str:
    return make_raster(np.random.default_rng(0).integers(1, 3000, (3, 20, 30)).astype(np.uint16))


@pytest.mark.parametrize("write", [predict, write_virtual])
def test_what_is_made_of_a_raster_has_its_layers_crs(write: Callable[..., object], image: str, plane: WaterModel, tmp_path: Path) -> None:
    destination = tmp_path / ("p.vrt" if write is write_virtual else "p.tif")
    write(RasterFile(image, UTM34), roles_of(image), plane, destination)
    assert crs_of(destination) == "EPSG:32634"
    write(RasterFile(image, ""), roles_of(image), plane, destination)
    assert crs_of(destination) == ""
    write(RasterFile(image), roles_of(image), plane, destination)
    assert crs_of(destination) == "EPSG:32633"
    assert sorted(os.listdir(tmp_path)) == ["image.tif", destination.name]


def test_a_raster_placed_by_control_points_alone_has_its_layers_crs(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path
) -> None:
    path = make_raster(np.full((3, 20, 30), 700, np.uint16), transform=None, epsg=None)
    dataset = gdal.Open(path, gdal.GA_Update)
    corners = ((0, 0), (30, 0), (30, 20), (0, 20))
    dataset.SetGCPs([gdal.GCP(500000 + 10 * c, 5800000 - 10 * r, 0, c, r) for c, r in corners], spatial_reference(UTM33).ExportToWkt())
    dataset = None
    for write, name in ((predict, "p.tif"), (write_virtual, "p.vrt")):
        for raster, wanted in ((RasterFile(path), "EPSG:32633"), (RasterFile(path, UTM34), "EPSG:32634")):
            write(raster, roles_of(path), plane, tmp_path / name)
            made = gdal.Open(str(tmp_path / name))
            assert (made.GetGCPCount(), crs_name(made.GetGCPProjection())) == (4, wanted)
    assert scene_of(RasterFile(path, UTM34), roles_of(path)).crs == "EPSG:32634"


def test_grids_scenes_bodies_and_dates_have_it_too(image: str, make_raster: Callable[..., str], tmp_path: Path) -> None:
    assert same_crs(grid_of(RasterFile(image, UTM34)).crs, UTM34)
    assert scene_of(RasterFile(image, UTM34), roles_of(image)).crs == "EPSG:32634"
    probability = make_raster(np.full((1, 20, 30), 0.9, np.float32), "p.tif", epsg=None)
    with extract(RasterFile(probability, UTM34)) as found, found.mask(tmp_path / "mask.tif"):
        pass
    assert found.area.sum() == pytest.approx(20 * 30 * 0.01, rel=2e-3)
    assert crs_of(tmp_path / "mask.tif") == "EPSG:32634"
    other = make_raster(np.full((1, 20, 30), 0.9, np.float32), "q.tif", epsg=32634)
    water_occurrence([RasterFile(probability, UTM34), other], tmp_path / "share.tif")
    assert crs_of(tmp_path / "share.tif") == "EPSG:32634"


def test_no_data_of_the_layer_counts_band_by_band(make_raster: Callable[..., str]) -> None:
    bands = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
    path = make_raster(bands, nodata=(3, 23, 43))
    roles = roles_of(path)
    assert pickle.loads(pickle.dumps(RasterFile(path, UTM34))) == RasterFile(path, UTM34)

    def valid(*nodata: BandNodata) -> np.ndarray:
        source = Source(RasterFile(path, nodata=nodata), roles)
        found = source.read(source.grid.window)[1]
        return np.ones((4, 5), bool) if found is None else found

    declared = (bands[0] != 3) & (bands[1] != 23) & (bands[2] != 43)
    assert (valid() == declared).all()
    # The second band's declared value is switched off, the third has more values: a range without its lower end, and one value.
    set_here = (BandNodata(), BandNodata(declared=False), BandNodata((ValueRange(50, 52, with_low=False), ValueRange(59, 59))))
    wanted = (bands[0] != 3) & (bands[2] != 43) & ~np.isin(bands[2], (51, 52, 59))
    assert (valid(*set_here) == wanted).all()


def test_ends_of_a_range_are_rounded_as_pixels_are() -> None:
    values = np.float32([0.1, 0.2, -3.4028234663852886e38])
    for span, wanted in (
        (ValueRange(0.1, 0.1), [True, False, False]),
        (ValueRange(0.1, 0.2, with_low=False, with_high=False), [False, False, False]),
        (ValueRange(-np.inf, -1e38), [False, False, True]),
        (ValueRange(np.nan, np.nan), None),
    ):
        found = user_nodata((span,), values)
        assert (found is None and not any(wanted or [])) or found.tolist() == wanted
    assert user_nodata((ValueRange(254.5, 300), ValueRange(-5, 0.5)), np.uint8([0, 1, 254, 255])).tolist() == [True, False, False, True]


@pytest.mark.parametrize("data_type", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_no_data_of_the_layer_holds_in_a_virtual_raster(
    data_type: str, make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path
) -> None:
    bands = np.stack([np.arange(100).reshape(10, 10) + shift for shift in (0, 1, 2)]).astype(data_type)
    path = make_raster(bands / 8 if data_type.startswith("float") else bands, nodata=20 if not data_type.startswith("float") else 2.5)
    roles = roles_of(path)
    set_here = (
        BandNodata((ValueRange(3, 4), ValueRange(5, 5), ValueRange(7, 7), ValueRange(9, 12, with_low=False), ValueRange(90, np.inf))),
        BandNodata((ValueRange(1.9, 2, with_low=False, with_high=False), ValueRange(-np.inf, 1)), declared=False),
        BandNodata(declared=False),
    )
    for nodata in (set_here, set_here[::-1]):
        raster = RasterFile(path, nodata=nodata)
        write_virtual(raster, roles, plane, tmp_path / "p.vrt")
        predict(raster, roles, plane, tmp_path / "p.tif")
        virtual, written = (gdal.Open(str(tmp_path / name)).ReadAsArray() for name in ("p.vrt", "p.tif"))
        assert 0 < np.count_nonzero(written == -9999) < 100
        assert ((virtual == -9999) == (written == -9999)).all()
        assert np.allclose(virtual, written, atol=1e-5)
