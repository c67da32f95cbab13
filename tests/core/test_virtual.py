"""The virtual raster against the coefficients and against the file: values, NoData of every kind, overviews, ways to fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import INT8, assert_cancelled, oracle
from osgeo import gdal
from scipy.special import expit

from ipeo_water_plugin.core.errors import InputError, ModelError, RasterError, WaterError
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.prediction import virtual
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.prediction.virtual import write_virtual
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.geotiff import provenance
from ipeo_water_plugin.core.raster.source import Source

NODATA = -9999
ROOT = Path(__file__).resolve().parents[2]


def array(path: object, **options: Any) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray(**options)


def made(raster: str, model: WaterModel, folder: Path, name: str = "p.vrt") -> Path:
    write_virtual(raster, roles_of(raster), model, folder / name)
    return folder / name


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 65536, (3, 70, 90)).astype(np.uint16)


STEEP = Layer(np.array([[0.0513, -0.0221, -0.0312]]), np.array([40.7]))


def test_equals_the_coefficients_up_to_65535(
    make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path
) -> None:
    """The sum reaches thousands there, where a sum in float32 would be off by 5e-5 in p."""
    steep = replace(plane, layers=(STEEP,))
    result = array(made(make_raster(pixels), steep, tmp_path))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, oracle(steep, pixels), rtol=0, atol=2e-6)


def test_equals_the_file_on_the_sample_scene(sample_scene: Path, plane: WaterModel, tmp_path: Path) -> None:
    raster = str(sample_scene / "image.tif")
    model = replace(plane, threshold=0.4)
    predict(raster, roles_of(raster), model, tmp_path / "p.tif")
    destination = made(raster, model, tmp_path)
    np.testing.assert_allclose(array(destination), array(tmp_path / "p.tif"), rtol=0, atol=1e-5)
    assert destination.stat().st_size < 32_768
    virtual_one, file = gdal.Open(str(destination)), gdal.Open(str(tmp_path / "p.tif"))
    assert virtual_one.RasterCount == 1
    assert virtual_one.GetGeoTransform() == file.GetGeoTransform()
    assert virtual_one.GetSpatialRef().IsSame(file.GetSpatialRef())
    assert virtual_one.GetRasterBand(1).GetNoDataValue() == file.GetRasterBand(1).GetNoDataValue() == NODATA
    assert virtual_one.GetRasterBand(1).GetDescription() == file.GetRasterBand(1).GetDescription()
    assert provenance(str(destination)) == provenance(str(tmp_path / "p.tif"))
    assert provenance(str(destination))["THRESHOLD"] == "0.4"


@pytest.mark.parametrize("declared", [{}, {"scale": 0.0001, "offset": -0.1}], ids=["bare", "scaled"])
@pytest.mark.parametrize("data_type", [np.uint16, np.int16, np.float32, np.float64])
def test_nodata_of_each_band_is_kept(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, data_type: type, declared: dict[str, float]
) -> None:
    bands = np.random.default_rng(2).integers(1, 4000, (3, 40, 50)).astype(data_type)
    bands[0, :3], bands[1, 2:6], bands[2, 5:9] = 7, 8, 9
    # A GeoTIFF has one NoData value for all bands, so each is a file of its own.
    files = [
        make_raster(band[None], f"{name}.tif", descriptions=(name,), nodata=nodata, **declared)
        for name, band, nodata in zip(("green", "red", "nir"), bands, (7, 8, 9))
    ]
    raster = str(tmp_path / "stack.vrt")
    gdal.BuildVRT(raster, files, options=gdal.BuildVRTOptions(separate=True)).FlushCache()
    roles = roles_of(raster, 1, 2, 3)
    predict(raster, roles, plane, tmp_path / "p.tif")
    write_virtual(raster, roles, plane, tmp_path / "p.vrt")
    expected, result = array(tmp_path / "p.tif"), array(tmp_path / "p.vrt")
    np.testing.assert_array_equal(result == NODATA, ((bands[0] == 7) | (bands[1] == 8) | (bands[2] == 9)))
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(result[10:], oracle(plane, bands)[10:], rtol=0, atol=1e-5)


def test_nan_and_infinity_are_invalid(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.random.default_rng(2).uniform(1, 4000, (3, 40, 50)).astype(np.float32)
    bands[0, 0], bands[1, 1], bands[2, 2], bands[:2, 3], bands[:, 4] = np.nan, np.inf, -np.inf, np.inf, np.inf
    result = array(made(make_raster(bands), plane, tmp_path))
    assert (result[:5] == NODATA).all()
    np.testing.assert_allclose(result[5:], oracle(plane, bands)[5:], rtol=0, atol=1e-5)


def test_nan_may_be_the_nodata_value(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.full((3, 20, 20), 500, np.float32)
    bands[1, :4] = np.nan
    result = array(made(make_raster(bands, nodata=np.nan), plane, tmp_path))
    assert (result[:4] == NODATA).all()
    assert (result[4:] > 0).all()


def test_mask_band_and_alpha_are_kept(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.random.default_rng(2).integers(1, 4000, (3, 40, 50)).astype(np.uint16)
    mask = np.ones((40, 50), bool)
    mask[:6, 10:] = False
    masked = array(made(make_raster(bands, "masked.tif", mask=mask), plane, tmp_path, "masked.vrt"))
    np.testing.assert_array_equal(masked != NODATA, mask)
    alpha = np.where(mask, 65535, 0)[None].astype(np.uint16)
    with_alpha = make_raster(np.concatenate([bands, alpha]), "alpha.tif", options=["ALPHA=YES", "PHOTOMETRIC=RGB"])
    np.testing.assert_array_equal(array(made(with_alpha, plane, tmp_path, "alpha.vrt")) != NODATA, mask)


def test_a_band_that_counts_nothing_still_has_to_be_valid(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.random.default_rng(2).integers(1, 4000, (3, 20, 30)).astype(np.uint16)
    bands[1, :5] = 0
    model = replace(plane, layers=(Layer(np.array([[0.004, 0.0, -0.006]]), np.array([3.0])),))
    result = array(made(make_raster(bands, nodata=0), model, tmp_path))
    np.testing.assert_array_equal(result == NODATA, bands[1] == 0)
    np.testing.assert_allclose(result[5:], oracle(model, bands)[5:], rtol=0, atol=1e-5)


def test_overflow_is_certain_land_or_water(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.full((3, 4, 4), 65535, np.uint16)
    for sign, expected in ((1, 1), (-1, 0)):
        certain = replace(plane, layers=(Layer(np.full((1, 3), sign * 10.0), np.zeros(1)),))
        assert (array(made(make_raster(bands), certain, tmp_path)) == expected).all()


def test_model_is_converted_to_the_images_scale(
    make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path
) -> None:
    inputs = tuple(replace(i, scale=0.0001, offset=0.0) for i in plane.inputs)
    raster = make_raster(pixels // 16, scale=0.0002, offset=-0.1)
    model = replace(plane, inputs=inputs)
    result = array(made(raster, model, tmp_path))
    np.testing.assert_allclose(result, oracle(plane, (pixels // 16) * 2.0 - 1000.0), rtol=0, atol=1e-5)


def test_the_table_of_the_logistic_function_is_as_fine_as_it_says() -> None:
    """Between nodes too, and 0 and 1 at its ends."""
    places, values = np.array([entry.split(":") for entry in virtual._logistic_table().split(",")], np.float64).T
    assert (np.diff(places) > 0).all()
    assert (np.diff(values) >= 0).all()
    assert (values[0], values[-1]) == (0, 1)
    z = np.linspace(-25, 25, 1_000_001)
    assert np.abs(np.interp(z, places, values) - expit(z)).max() < 1.01e-6


def test_extra_bands_and_their_order(make_raster: Callable[..., str], tmp_path: Path) -> None:
    bands = np.random.default_rng(8).integers(1, 4000, (5, 30, 30)).astype(np.uint16)
    raster = make_raster(bands, descriptions=("swir", "nir", "red", "green", "edge"))
    roles = roles_of(raster, extra=(1,))
    model = WaterModel(
        tuple(ModelInput(n, n, 0, 1, 0, 1) for n in roles.names), (Layer(np.array([[0.01, 0.002, -0.003, -0.004]]), np.zeros(1)),)
    )
    write_virtual(raster, roles, model, tmp_path / "p.vrt")
    np.testing.assert_allclose(array(tmp_path / "p.vrt"), oracle(model, bands[[3, 2, 1, 0]]), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["a & b <c> 'd' \"e\" é水.tif", "]]>.tif", "100% & amp;amp;.tif"])
def test_names_are_escaped(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path, name: str) -> None:
    destination = made(make_raster(pixels, name), plane, tmp_path, f"{name}.vrt")
    np.testing.assert_allclose(array(destination), oracle(plane, pixels), rtol=0, atol=1e-5)


def test_image_by_a_relative_name(
    make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_raster(pixels)
    monkeypatch.chdir(tmp_path)
    destination = made("image.tif", plane, tmp_path)
    monkeypatch.chdir("/")
    assert array(destination).max() > 0


def test_image_may_be_virtual_too(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path) -> None:
    stack = str(tmp_path / "stack.vrt")
    gdal.BuildVRT(stack, [make_raster(pixels)]).FlushCache()
    dataset = gdal.Open(stack, gdal.GA_Update)
    for number, name in enumerate(("green", "red", "nir"), start=1):
        dataset.GetRasterBand(number).SetDescription(name)
    dataset = None
    np.testing.assert_allclose(array(made(stack, plane, tmp_path)), oracle(plane, pixels), rtol=0, atol=1e-5)


@pytest.mark.parametrize("resampling", [gdal.GRA_NearestNeighbour, gdal.GRA_Bilinear, gdal.GRA_Average])
def test_nodata_never_bleeds_when_drawn_coarse_or_fine(
    make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path, resampling: int
) -> None:
    bands = np.random.default_rng(2).integers(1, 4000, (3, 64, 64)).astype(np.uint16)
    bands[1, 20:30, 20:40] = 0
    destination = made(make_raster(bands, nodata=0), plane, tmp_path)
    for side in (21, 150):
        drawn = array(destination, buf_xsize=side, buf_ysize=side, resample_alg=resampling)
        assert ((drawn == NODATA) | ((drawn >= 0) & (drawn <= 1))).all()
        assert (drawn == NODATA).any()


def test_overviews_of_the_image_are_used(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    """The overview is given other values than the image, so that reading it shows."""
    bands = np.full((3, 512, 512), 100, np.uint16)
    raster = make_raster(bands)
    dataset = gdal.Open(raster, gdal.GA_Update)
    dataset.BuildOverviews("NEAREST", [4])
    for number in (1, 2, 3):
        dataset.GetRasterBand(number).GetOverview(0).WriteArray(np.full((128, 128), 900, np.uint16))
    dataset = None
    destination = made(raster, plane, tmp_path)
    full, coarse = oracle(plane, np.full(3, 100)), oracle(plane, np.full(3, 900))
    np.testing.assert_allclose(array(destination), full, atol=1e-5)
    np.testing.assert_allclose(array(destination, buf_xsize=128, buf_ysize=128), coarse, atol=1e-5)


def test_no_georeference_is_no_hindrance(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path) -> None:
    destination = made(make_raster(pixels, transform=None, epsg=None), plane, tmp_path)
    assert gdal.Open(str(destination)).GetGeoTransform(can_return_null=True) is None
    np.testing.assert_allclose(array(destination), oracle(plane, pixels), rtol=0, atol=1e-5)


def test_geographic_crs_keeps_its_axes(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path) -> None:
    raster = make_raster(pixels, epsg=4326, transform=(10, 0.001, 0, 50, 0, -0.001))
    image, result = gdal.Open(raster).GetSpatialRef(), gdal.Open(str(made(raster, plane, tmp_path))).GetSpatialRef()
    assert result.IsSame(image)
    assert result.GetDataAxisToSRSAxisMapping() == image.GetDataAxisToSRSAxisMapping()


def test_a_perceptron_is_refused(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path) -> None:
    perceptron = replace(plane, layers=(Layer(np.ones((2, 3)), np.zeros(2)), Layer(np.ones((1, 2)), np.zeros(1))))
    with pytest.raises(ModelError, match="perceptron"):
        made(make_raster(pixels), perceptron, tmp_path)


def test_what_cannot_be_is_refused_and_leaves_nothing(
    make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raster = make_raster(pixels)
    roles = roles_of(raster)
    with pytest.raises(InputError, match=r"\.vrt"):
        write_virtual(raster, roles, plane, tmp_path / "p.tif")
    with pytest.raises(WaterError, match="doesn't exist"):
        write_virtual(raster, roles, plane, tmp_path / "nowhere" / "p.vrt")
    other = WaterModel(tuple(replace(i, name=f"{i.name}2") for i in plane.inputs), plane.layers)
    with pytest.raises(ModelError, match="green2"):
        write_virtual(raster, roles, other, tmp_path / "p.vrt")
    band = virtual._probability_band
    monkeypatch.setattr(virtual, "_probability_band", lambda *given: band(*given).replace("sum", "unheard_of"))
    with pytest.raises(RasterError, match=r"GDAL 3\.4"):
        made(raster, plane, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"image.tif"}


def test_signed_bytes_are_computed_or_refused(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    bands = np.arange(-120, 120, 5, dtype=np.int8).reshape(3, 4, 4)
    raster = make_raster(bands)
    if INT8:
        np.testing.assert_allclose(array(made(raster, plane, tmp_path)), oracle(plane, bands), rtol=0, atol=1e-5)
        return
    with pytest.raises(InputError, match="Int16"):
        made(raster, plane, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"image.tif"}


def test_the_image_is_not_written_over(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path) -> None:
    stack = tmp_path / "stack.vrt"
    gdal.BuildVRT(str(stack), [make_raster(pixels)]).FlushCache()
    before = stack.read_bytes()
    with pytest.raises(InputError, match="the input itself"):
        write_virtual(str(stack), roles_of(str(stack), 1, 2, 3), plane, stack)
    assert stack.read_bytes() == before


def test_what_described_an_earlier_one_goes(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path) -> None:
    raster = make_raster(pixels)
    destination = made(raster, plane, tmp_path)
    gdal.Open(str(destination)).BuildOverviews("NEAREST", [2])
    assert (tmp_path / "p.vrt.ovr").exists()
    other = replace(plane, layers=(Layer(-plane.layers[0].weights, -plane.layers[0].bias),))
    made(raster, other, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"image.tif", "p.vrt"}
    half = array(destination, buf_xsize=45, buf_ysize=35)
    np.testing.assert_allclose(half, array(destination)[1::2, 1::2], atol=1e-6)


def test_cancelled(make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path, recorder: type) -> None:
    raster = make_raster(pixels)
    for question in (1, 2):
        assert_cancelled(lambda question=question: write_virtual(raster, roles_of(raster), plane, tmp_path / "p.vrt", recorder(question)))
    assert {p.name for p in tmp_path.iterdir()} == {"image.tif"}


def test_warns_as_prediction_does(
    make_raster: Callable[..., str], plane: WaterModel, pixels: np.ndarray, tmp_path: Path, recorder: type
) -> None:
    progress = recorder()
    model = replace(plane, training={"scenes": [{"data_type": "float32"}]})
    raster = make_raster(pixels)
    write_virtual(raster, roles_of(raster), model, tmp_path / "p.vrt", progress)
    assert any("data type uint16" in warning for warning in progress.warnings)
    assert progress.fractions[-1] == 1


def test_source_is_read_as_prediction_reads_it(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    """A NoData value that no pixel can hold means nothing, in either."""
    bands = np.random.default_rng(2).integers(0, 200, (3, 30, 30)).astype(np.uint8)
    raster = make_raster(bands, nodata=-9999)
    assert Source(raster, roles_of(raster)).read(Source(raster, roles_of(raster)).grid.window)[1] is None
    assert (array(made(raster, plane, tmp_path)) != NODATA).all()


@pytest.mark.skipif(os.name == "nt", reason="another user is taken on as POSIX does")
def test_who_holds_the_old_file_open_doesnt_bring_it_back(make_raster: Callable[..., str], plane: WaterModel, tmp_path: Path) -> None:
    """GDAL writes statistics into the file when it is closed, and with them all that the old one held. Not even root is asked here."""
    raster = make_raster(np.full((3, 20, 20), 500, np.uint16))
    write_model(plane, tmp_path / "m.json")
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from osgeo import gdal; from pathlib import Path\n"
        "from ipeo_water_plugin.core.model_json import read_model; from ipeo_water_plugin.core.raster.describe import roles_of\n"
        "from ipeo_water_plugin.core.prediction.virtual import write_virtual; from dataclasses import replace\n"
        "raster, folder, model = sys.argv[2], Path(sys.argv[3]), read_model(sys.argv[4]); roles = roles_of(raster)\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "write_virtual(raster, roles, model, folder / 'p.vrt')\n"
        "held = gdal.Open(str(folder / 'p.vrt')); held.GetRasterBand(1).ComputeStatistics(False)\n"
        "write_virtual(raster, roles, model.with_intercept_shift(2.0), folder / 'p.vrt'); new = (folder / 'p.vrt').read_text()\n"
        "gdal.PushErrorHandler('CPLQuietErrorHandler'); held = None\n"
        "assert (folder / 'p.vrt').read_text() == new; assert gdal.Open(str(folder / 'p.vrt')).ReadAsArray() is not None\n"
    )
    # pytest's own folders are closed to others.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        for name in (raster, tmp_path / "m.json"):
            shutil.copy(name, folder)
        words = [sys.executable, "-c", code, str(ROOT), f"{folder}/{Path(raster).name}", folder, f"{folder}/m.json"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        assert done.returncode == 0, done.stderr
