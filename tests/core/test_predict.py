"""A raster through a model: the same numbers as the coefficients give, on the same grid, whole or not at all."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from counting import bytes_read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import Recorder, box, oracle, spatial_reference
from osgeo import gdal, ogr
from patience import examples, spread

from ipeo_water_plugin.core import grid as grid_module
from ipeo_water_plugin.core.errors import CancelledError, InputError, ModelError, RasterError, WaterError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.model import STEPS, Layer, ModelInput, WaterModel, rounded
from ipeo_water_plugin.core.model_json import read_model, write_model
from ipeo_water_plugin.core.prediction.predict import PredictionSettings, predict
from ipeo_water_plugin.core.progress import SILENT, Progress, SilentProgress, raise_if_cancelled
from ipeo_water_plugin.core.raster import source as raster_module
from ipeo_water_plugin.core.raster.creation_options import creation_options
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.geotiff import METADATA_DOMAIN, provenance
from ipeo_water_plugin.core.system.files import FileTransaction


def noise(shape: tuple[int, int, int], data_type: str = "uint16", high: int = 3000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, high, shape).astype(data_type)


def run(path: str, model: WaterModel, target: Path, progress: Progress = SILENT, **chosen: object):
    return predict(path, roles_of(path), model, target, PredictionSettings(**chosen), progress)


def values(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def test_the_raster_equals_the_coefficients(make_raster, plane, tmp_path) -> None:
    image = noise((3, 700, 900))
    result = run(make_raster(image), plane, tmp_path / "p.tif")
    written = values(result.path)
    np.testing.assert_allclose(written, oracle(plane, image), atol=1e-5)
    assert written.dtype == np.float32
    assert written.min() >= 0
    assert written.max() <= 1
    assert (result.valid, result.invalid) == (630000, 0)
    assert result.mean == pytest.approx(written.mean(dtype=float), rel=1e-6)


def test_probabilities_are_stored_in_steps_which_makes_the_file_small(make_raster, plane, tmp_path) -> None:
    """Each is the step nearest to the model's own, so it stays within the 1e-5 that every reader of the model file can count on."""
    image = np.random.default_rng(3).integers(0, 3000, (3, 600, 1), "uint16").repeat(700, axis=2)
    image += np.random.default_rng(4).integers(0, 9, image.shape, "uint16")
    result = run(make_raster(image), plane, tmp_path / "p.tif")
    written, exact = values(result.path), plane.probability(list(image))
    steps = written.astype(np.float64) * STEPS
    np.testing.assert_array_equal(steps, steps.round())
    assert np.abs(written.astype(np.float64) - exact).max() <= 0.5 / STEPS + 1e-7
    options = creation_options(PredictionSettings().kind, (512, 512))
    unrounded = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "u.tif"), 700, 600, 1, gdal.GDT_Float32, options)
    unrounded.WriteArray(exact)
    unrounded = None
    assert result.path.stat().st_size < 0.7 * os.path.getsize(tmp_path / "u.tif")


@pytest.mark.parametrize("data_type", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_no_overflow_nor_loss_at_the_ends_of_a_type(make_raster, tmp_path, data_type: str) -> None:
    limit = 65535 if np.dtype(data_type).kind == "f" else min(np.iinfo(data_type).max, 2**31 - 1)
    image = np.random.default_rng(1).integers(0, limit, (3, 64, 64), endpoint=True).astype(data_type)
    image[:, 0, 0], image[:, 0, 1] = 0, limit
    # Large coefficients that cancel: the sum is small while its terms are huge.
    weights = np.array([[700.0, -1100.0, 400.0]]) / limit
    image[1] = (image[0] * 0.6 + image[2] * 0.4).astype(data_type)
    inputs = tuple(ModelInput(n, n, 1000.0, 300.0, 0.0, 65535.0) for n in ("green", "red", "nir"))
    model = WaterModel(inputs, (Layer(weights, np.array([0.3])),))
    run(make_raster(image), model, tmp_path / "p.tif")
    written, exact = values(tmp_path / "p.tif"), oracle(model, image)
    np.testing.assert_allclose(written, exact, atol=1e-5)
    assert np.mean((exact > 0.01) & (exact < 0.99)) > 0.05
    extreme = WaterModel(inputs, (Layer(np.array([[1e6, 1e6, -1e6]]), np.array([0.0])),))
    run(make_raster(image), extreme, tmp_path / "q.tif")
    saturated = values(tmp_path / "q.tif")
    assert set(np.unique(saturated).tolist()) >= {0.0, 1.0}
    assert ((saturated >= 0) & (saturated <= 1)).all()


def test_nodata_in_is_nodata_out_exactly(make_raster, plane, tmp_path) -> None:
    image = noise((3, 300, 400)) + 1
    gone = np.random.default_rng(5).random((3, 300, 400)) < 0.1
    image[gone] = 0
    path = make_raster(image.astype(np.uint16), nodata=0)
    for data_type, nodata in (("float32", -9999), ("uint8", 255)):
        result = run(path, plane, tmp_path / "p.tif", data_type=data_type)
        dataset = gdal.Open(str(tmp_path / "p.tif"))
        assert dataset.GetRasterBand(1).GetNoDataValue() == nodata
        np.testing.assert_array_equal(dataset.ReadAsArray() == nodata, gone.any(0))
        assert result.invalid == gone.any(0).sum()


def test_grid_metadata_and_statistics(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 300, 400)), transform=(500000, 8, 6, 5800000, 6, -8))
    run(path, plane, tmp_path / "p.tif")
    source, result = gdal.Open(path), gdal.Open(str(tmp_path / "p.tif"))
    assert result.GetGeoTransform() == source.GetGeoTransform()
    assert result.GetSpatialRef().IsSame(source.GetSpatialRef())
    assert (result.RasterXSize, result.RasterYSize, result.RasterCount) == (400, 300, 1)
    band = result.GetRasterBand(1)
    assert band.GetDescription() == "water probability"
    assert band.GetBlockSize() == [512, 512]
    kept = [float(band.GetMetadataItem(f"STATISTICS_{name}")) for name in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")]
    np.testing.assert_allclose(kept, band.ComputeStatistics(False), rtol=1e-4)
    assert result.GetMetadata(METADATA_DOMAIN) == provenance(str(tmp_path / "p.tif"))
    assert provenance(str(tmp_path / "p.tif")) == {"MODEL_SHA256": plane.digest, "SOURCE": path, "INPUTS": "green,red,nir"}


def test_percent_means_the_same(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 300, 400)))
    exact = run(path, plane, tmp_path / "f.tif")
    percent = run(path, plane, tmp_path / "u.tif", data_type="uint8")
    band = gdal.Open(str(tmp_path / "u.tif"))
    scale = band.GetRasterBand(1).GetScale()
    assert scale == 0.01
    np.testing.assert_allclose(band.ReadAsArray() * scale, values(exact.path), atol=0.005 + 0.5 / STEPS)
    assert percent.mean == pytest.approx(exact.mean, abs=0.005)


LAYOUTS = {
    "tiled": ("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=48"),
    "strips": ("BLOCKYSIZE=1",),
    "tall strips": ("BLOCKYSIZE=37",),
    "bands": ("TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32", "INTERLEAVE=BAND"),
    "deflate": ("TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2"),
}


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    tile=st.sampled_from([16, 32, 64]),
    pixels=st.integers(300, 20000),
    layout=st.sampled_from(sorted(LAYOUTS)),
    threads=st.integers(1, 4),
)
def test_blockwise_equals_whole(make_raster, plane, tmp_path, width, height, tile, pixels, layout, threads) -> None:
    image = noise((3, height, width), seed=width * 1000 + height)
    image[0, ::7, ::5] = 0
    path = make_raster(image, options=LAYOUTS[layout], nodata=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid_module, "_TILE", tile)
        patch.setattr(grid_module, "_WINDOW_PIXELS", pixels)
        patch.setattr("ipeo_water_plugin.core.system.threads.processors", lambda: threads)
        run(path, plane, tmp_path / "p.tif")
    # The whole array at once, by the model itself: to the bit.
    expected = rounded(plane.probability(list(image)))
    expected[(image == 0).any(0)] = -9999
    np.testing.assert_array_equal(values(tmp_path / "p.tif"), expected)


def test_a_vrt_over_one_file_a_band(make_raster, plane, tmp_path) -> None:
    image = noise((3, 100, 120))
    files = [
        make_raster(image[b : b + 1], f"T33UUU_20170216T102101_{c}.tif", descriptions=("",)) for b, c in enumerate(("B03", "B04", "B08"))
    ]
    stack = str(tmp_path / "stack.vrt")
    gdal.BuildVRT(stack, files, options=gdal.BuildVRTOptions(separate=True)).FlushCache()
    run(stack, plane, tmp_path / "p.tif")
    np.testing.assert_allclose(values(tmp_path / "p.tif"), oracle(plane, image), atol=1e-5)


BEHIND = ("nothing", "a mosaic", "nested", "one file a band", "two resolutions", "part of a file", "an extent")


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs Linux' count of bytes read")
@pytest.mark.parametrize(("behind", "block", "tile"), spread(BEHIND, [(512, 512), (160, 320), (700, 1)], [None, 128]))
def test_each_block_is_decoded_once(make_raster, plane, tmp_path, monkeypatch, behind: str, block: tuple, tile: int | None) -> None:
    """GDAL calls the blocks of a virtual raster 128 × 128 pixels, whatever those of the files behind it are."""
    # Nothing is kept from one window for the next.
    monkeypatch.setattr(raster_module, "_CACHE_SHARE", 1)
    monkeypatch.setattr(raster_module, "_CACHE_SHARE_VIRTUAL", 1)
    monkeypatch.setattr(grid_module, "_TILE", 256)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 2**19)
    image = noise((3, 1100, 700), high=65535)
    tiled = () if block[1] == 1 else ("TILED=YES", f"BLOCKXSIZE={block[0]}")
    options = (*tiled, f"BLOCKYSIZE={block[1]}", "COMPRESS=DEFLATE", "ZLEVEL=1")
    files = [make_raster(image, options=options)]
    if behind in {"one file a band", "two resolutions"}:
        files = [make_raster(band[None], f"{number}.tif", options=options) for number, band in enumerate(image)]
    if behind == "two resolutions":
        files[2] = make_raster(image[2:, ::2, ::2], "2.tif", options=options, transform=(500000, 20, 0, 5800000, 0, -20))
    path, part = files[0], (130, 70, 500, 1000)
    if behind == "part of a file":
        path = str(tmp_path / "part.vrt")
        gdal.Translate(path, files[0], format="VRT", srcWin=part).FlushCache()
    elif behind not in {"nothing", "an extent"}:
        path = str(tmp_path / "over.vrt")
        gdal.BuildVRT(path, files, separate=len(files) > 1, resolution="highest").FlushCache()
    if behind == "nested":
        path = str(tmp_path / "twice.vrt")
        gdal.Translate(path, str(tmp_path / "over.vrt"), format="VRT").FlushCache()
    roles = roles_of(path, 1, 2, 3)
    chosen = PredictionSettings(creation_options=() if tile is None else (f"BLOCKXSIZE={tile}", f"BLOCKYSIZE={tile}"))
    window = Window(*part) if behind == "an extent" else None
    read = bytes_read(lambda: predict(path, roles, plane, tmp_path / "p.tif", chosen, window=window))
    # Headers are read a few times, and the result where it is verified.
    size = sum(os.path.getsize(file) for file in files)
    assert read < 1.3 * size + os.path.getsize(tmp_path / "p.tif")


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_extent_is_the_same_pixels(make_raster, plane, tmp_path, monkeypatch, layout: str) -> None:
    monkeypatch.setattr(grid_module, "_TILE", 32)
    path = make_raster(noise((3, 300, 400)), options=LAYOUTS[layout])
    run(path, plane, tmp_path / "whole.tif")
    extent = (500000 + 1234, 5800000 - 2567, 500000 + 3456, 5800000 - 789)
    run(path, plane, tmp_path / "part.tif", extent=extent)
    part = gdal.Open(str(tmp_path / "part.tif"))
    assert part.GetGeoTransform()[0] == 500000 + 1230
    assert part.GetGeoTransform()[3] == 5800000 - 780
    np.testing.assert_array_equal(part.ReadAsArray(), values(tmp_path / "whole.tif")[78:257, 123:346])


def test_a_window_is_the_same_pixels(make_raster, plane, tmp_path, monkeypatch) -> None:
    """On one thread too; without georeference, where ground control points of the whole image would be wrong."""
    path = make_raster(noise((3, 300, 400)), transform=None, epsg=None)
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetGCPs([gdal.GCP(13 + x, 52 - y, 0, x * 300, y * 300) for x, y in ((0, 0), (1, 0), (0, 1))], "")
    dataset = None
    run(path, plane, tmp_path / "whole.tif")
    monkeypatch.setattr(grid_module, "_TILE", 64)
    before = threading.active_count()
    counts = []

    class Counting(Recorder):
        def cancelled(self) -> bool:
            counts.append(threading.active_count() - before)
            return False

    predict(path, roles_of(path), plane, tmp_path / "part.tif", progress=Counting(), window=Window(64, 30, 100, 200), threads=1)
    assert max(counts) == 1
    np.testing.assert_array_equal(values(tmp_path / "part.tif"), values(tmp_path / "whole.tif")[30:230, 64:164])
    assert gdal.Open(str(tmp_path / "part.tif")).GetGCPCount() == 0


def test_masks_keep_what_they_hold(make_raster, plane, tmp_path) -> None:
    image = noise((3, 120, 150))
    path = make_raster(image)
    whole = oracle(plane, image)
    keep = np.zeros((120, 150), bool)
    keep[10:50, 20:90] = True
    shape = bytes(ogr.CreateGeometryFromWkt(box(20, 10, 90, 50)).ExportToWkb())
    same_grid = make_raster(keep[None].astype(np.uint8), "mask.tif", descriptions=("keep",))
    twice_as_fine = make_raster(np.kron(keep, np.ones((2, 2), np.uint8))[None], "fine.tif", transform=(500000, 5, 0, 5800000, 0, -5))
    smaller = make_raster(np.ones((1, 40, 70), np.uint8), "small.tif", transform=(500200, 10, 0, 5799900, 0, -10))
    valid = keep[None].astype(np.int16) * 7
    valid[valid == 0] = -1
    by_nodata = make_raster(valid, "nodata.tif", nodata=-1)
    in_degrees = str(tmp_path / "degrees.tif")
    gdal.Warp(in_degrees, same_grid, dstSRS="EPSG:4326", xRes=2e-5, yRes=2e-5).FlushCache()
    for chosen in (
        {"mask_shapes": (shape,)},
        {"mask_raster": same_grid},
        {"mask_raster": twice_as_fine},
        {"mask_raster": smaller},
        {"mask_raster": by_nodata},
        {"mask_raster": in_degrees},
    ):
        result = run(path, plane, tmp_path / "p.tif", **chosen)
        written = values(tmp_path / "p.tif")
        differing = np.count_nonzero((written != -9999) != keep)
        # Pixels at the edge may fall either way when the mask is warped from degrees.
        assert differing <= (20 if chosen.get("mask_raster") == in_degrees else 0), chosen
        both = keep & (written != -9999)
        np.testing.assert_allclose(written[both], whole[both], atol=1e-5)
        assert result.valid == np.count_nonzero(written != -9999)


def test_only_windows_that_the_mask_touches_are_read(make_raster, plane, tmp_path, monkeypatch) -> None:
    path = make_raster(noise((3, 256, 256)), options=("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"))
    monkeypatch.setattr(grid_module, "_TILE", 64)
    seen = []
    read = raster_module.Source.read
    monkeypatch.setattr(
        raster_module.Source, "read", lambda self, window: (seen.append((window.column, window.row)), read(self, window))[1]
    )
    shape = bytes(ogr.CreateGeometryFromWkt(box(70, 70, 120, 120)).ExportToWkb())
    run(path, plane, tmp_path / "p.tif", mask_shapes=(shape,))
    assert seen == [(64, 64)]


def test_cog(make_raster, plane, tmp_path) -> None:
    image = noise((3, 900, 1100))
    recorder = Recorder()
    run(make_raster(image), plane, tmp_path / "p.tif", recorder, format="cog")
    dataset = gdal.Open(str(tmp_path / "p.tif"))
    assert dataset.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"
    assert dataset.GetRasterBand(1).GetOverviewCount() >= 1
    assert provenance(str(tmp_path / "p.tif"))["MODEL_SHA256"] == plane.digest
    assert dataset.GetRasterBand(1).GetDescription() == "water probability"
    np.testing.assert_allclose(dataset.ReadAsArray(), oracle(plane, image), atol=1e-5)
    assert recorder.fractions == sorted(recorder.fractions)
    assert sorted(os.listdir(tmp_path)) == ["image.tif", "p.tif"]


def test_creation_options_are_the_users(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 200, 200)))
    run(path, plane, tmp_path / "p.tif", creation_options=("COMPRESS=LZW", "BLOCKXSIZE=128", "BLOCKYSIZE=128"))
    dataset = gdal.Open(str(tmp_path / "p.tif"))
    assert dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") == "LZW"
    assert dataset.GetRasterBand(1).GetBlockSize() == [128, 128]
    with pytest.raises(InputError, match="“LZW” is not a creation option"):
        PredictionSettings(creation_options=("LZW",))


def test_without_zstd_deflate_comes_next(monkeypatch) -> None:
    kind = PredictionSettings().kind
    assert "COMPRESS=ZSTD" in creation_options(kind, (512, 512))
    driver = gdal.GetDriverByName("GTiff")

    class Without:
        def GetMetadataItem(self, name: str) -> str:
            return driver.GetMetadataItem(name).replace("ZSTD", "")

    monkeypatch.setattr("ipeo_water_plugin.core.raster.geotiff.gdal.GetDriverByName", lambda _name: Without())
    assert "COMPRESS=DEFLATE" in creation_options(kind, (512, 512))


def test_other_scale_and_offset_are_converted(make_raster, plane, tmp_path) -> None:
    image = noise((3, 50, 60)) + 1000
    shifted = (image.astype(np.int32) - 1000).astype(np.uint16)
    with_scale = WaterModel(tuple(ModelInput(n, n, 2000.0, 300.0, 0.0, 5000.0, scale=1e-4, offset=-0.1) for n in plane.names), plane.layers)
    progress = Recorder()
    run(make_raster(shifted, scale=1e-4, offset=0.0), with_scale, tmp_path / "p.tif", progress)
    np.testing.assert_allclose(values(tmp_path / "p.tif"), oracle(plane, image), atol=1e-5)
    assert any("converted" in line for line in progress.infos)
    assert not progress.warnings


def test_warnings_tell_of_another_sensor(make_raster, plane, tmp_path) -> None:
    trained = WaterModel(plane.inputs, plane.layers, training={"scenes": [{"data_type": "uint8"}]})
    progress = Recorder()
    result = run(make_raster(noise((3, 200, 200), high=60000)), trained, tmp_path / "p.tif", progress)
    assert any("data type uint16" in w and "uint8" in w for w in progress.warnings)
    assert any("outside the range of values seen in training" in w for w in progress.warnings)
    assert result.outside == pytest.approx(1 - (4000 / 60000) ** 3, abs=0.02)
    quiet = Recorder()
    run(make_raster(noise((3, 200, 200))), plane, tmp_path / "p.tif", quiet)
    assert not quiet.warnings
    declared = Recorder()
    run(make_raster(noise((3, 200, 200)), scale=1e-4), plane, tmp_path / "p.tif", declared)
    assert any("Only one of the training image" in w for w in declared.warnings)


def test_what_may_be_nodata_that_nobody_declared_is_told(make_raster, plane, tmp_path) -> None:
    """Around a clipped or warped image: no NoData value, and zeros."""
    image = noise((3, 200, 200)) + 1
    image[:, :, :30] = 0
    told, declared, few = Recorder(), Recorder(), Recorder()
    run(make_raster(image), plane, tmp_path / "p.tif", told)
    assert any("About 15.0% of the pixels hold 0 in every band" in w for w in told.warnings)
    run(make_raster(image, nodata=0), plane, tmp_path / "p.tif", declared)
    assert not declared.warnings
    decibels = image / -100.0 - 0.1 * (image > 0)
    run(make_raster(decibels.astype(np.float32)), plane, tmp_path / "p.tif", filled := Recorder())
    assert any("15.0% of the pixels hold 0 in every band" in w for w in filled.warnings)
    image[:, :, :30] = 500
    image[:, 0, :5] = 0
    run(make_raster(image), plane, tmp_path / "p.tif", few)
    assert not few.warnings


def scaled(make_raster, pairs: list, driver: str = "GTiff") -> str:
    """An image whose bands declare these scales and offsets."""
    path = make_raster(noise((3, 20, 20)), "scaled.tif")
    dataset = gdal.Open(path, gdal.GA_Update)
    for number, (scale, offset) in enumerate(pairs, start=1):
        if scale is not None:
            dataset.GetRasterBand(number).SetScale(scale)
            dataset.GetRasterBand(number).SetOffset(offset)
    dataset = None
    if driver != "GTiff":
        gdal.Translate(f"{path}.{driver.lower()}", path, format=driver)
        return f"{path}.{driver.lower()}"
    return path


@pytest.mark.parametrize(
    ("image", "names", "converted"),
    [
        ([(1e-4, 0.0), (None, None), (None, None)], "red, nir", True),
        ([(1e-4, -0.1), (1e-4, -0.1), (None, None)], "nir", False),
        ([(1e-4, 0.0), (1e-4, 0.0), (1e-4, 0.0)], "", True),
        ([(1e-4, -0.1)] * 3, "", False),
        ([(None, None)] * 3, "green, red, nir", False),
    ],
)
def test_a_scale_that_one_side_alone_declares_is_told_whatever_becomes_of_other_bands(
    make_raster, plane, tmp_path, image, names, converted
) -> None:
    trained = WaterModel(tuple(ModelInput(n, n, 2000.0, 300.0, 0.0, 5000.0, scale=1e-4, offset=-0.1) for n in plane.names), plane.layers)
    run(scaled(make_raster, image), trained, tmp_path / "p.tif", progress := Recorder())
    warnings = [w for w in progress.warnings if "Only one of the training image" in w]
    assert len(warnings) == bool(names)
    assert not names or f"declares scale and offset for {names}, so" in warnings[0]
    assert any("converted" in line for line in progress.infos) == converted


@pytest.mark.parametrize("driver", ["VRT", "HFA"])
def test_drivers_that_make_up_a_scale_of_1_declare_none(make_raster, plane, tmp_path, driver) -> None:
    """Taken for declared, they would have raw values multiplied by 10000."""
    trained = WaterModel(tuple(ModelInput(n, n, 2000.0, 300.0, 0.0, 5000.0, scale=1e-4, offset=0.0) for n in plane.names), plane.layers)
    path = scaled(make_raster, [(None, None)] * 3, driver)
    run(path, trained, tmp_path / "p.tif", progress := Recorder())
    np.testing.assert_allclose(values(tmp_path / "p.tif"), oracle(plane, noise((3, 20, 20))), atol=1e-5)
    assert any("Only one of the training image" in w for w in progress.warnings)
    run(path, plane, tmp_path / "p.tif", progress := Recorder())
    assert not progress.warnings


def test_data_types_are_compared_band_by_band(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 20, 20)))
    scene = {"data_type": "uint16 float32", "inputs": [*plane.names, "dem"], "data_types": ["uint16"] * 3 + ["float32"]}
    run(path, replace(plane, training={"scenes": [scene]}), tmp_path / "p.tif", progress := Recorder())
    assert not progress.warnings
    other = {**scene, "data_types": ["uint8", "uint16", "uint16", "float32"]}
    run(path, replace(plane, training={"scenes": [other]}), tmp_path / "p.tif", progress := Recorder())
    assert any("data type uint16, but the model was trained on uint8" in w for w in progress.warnings)


def test_bands_that_dont_fit_the_model(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((4, 20, 20)), descriptions=("green", "red", "nir", "swir"))
    with pytest.raises(ModelError, match="needs green, red, nir, but the chosen bands are green, red, nir, swir"):
        predict(path, roles_of(path, extra=(4,)), plane, tmp_path / "p.tif")


def test_all_nodata_is_told(make_raster, plane, tmp_path) -> None:
    progress = Recorder()
    result = run(make_raster(np.zeros((3, 30, 30), np.uint8), nodata=0), plane, tmp_path / "p.tif", progress)
    assert (result.valid, result.mean) == (0, None)
    assert any("No pixel is valid" in w for w in progress.warnings)
    assert (values(tmp_path / "p.tif") == -9999).all()


def test_one_pixel_and_no_georeference(make_raster, plane, tmp_path) -> None:
    image = noise((3, 1, 1))
    run(make_raster(image, transform=None, epsg=None), plane, tmp_path / "p.tif")
    np.testing.assert_allclose(values(tmp_path / "p.tif"), oracle(plane, image), atol=1e-5)
    assert gdal.Open(str(tmp_path / "p.tif")).GetGeoTransform(can_return_null=True) is None


def test_ground_control_points_are_kept(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 30, 30)), transform=None, epsg=None)
    points = [gdal.GCP(13 + x / 100, 52 - y / 100, 0, x, y) for x, y in ((0, 0), (30, 0), (0, 30), (30, 30))]
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetGCPs(
        points,
        spatial_reference(4326).ExportToWkt(),
    )
    dataset = None
    run(path, plane, tmp_path / "p.tif")
    assert gdal.Open(str(tmp_path / "p.tif")).GetGCPCount() == 4


def test_sidecars_of_an_earlier_result_go_with_it(make_raster, plane, tmp_path) -> None:
    target = tmp_path / "p.tif"
    path = make_raster(noise((3, 600, 600)))
    run(path, plane, target)
    gdal.Open(str(target)).BuildOverviews("AVERAGE", [2])
    (tmp_path / "p.tif.aux.xml").write_text("<PAMDataset/>")
    assert (tmp_path / "p.tif.ovr").exists()
    run(path, plane, target)
    assert sorted(os.listdir(tmp_path)) == ["image.tif", "p.tif"]


def test_overviews_of_an_earlier_result_go_with_it_as_erdas_imagine_has_them(make_raster, plane, tmp_path) -> None:
    target = tmp_path / "p.tif"
    path = make_raster(noise((3, 600, 600)))
    run(path, plane, target)
    gdal.SetConfigOption("USE_RRD", "YES")
    try:
        gdal.Open(str(target)).BuildOverviews("NEAREST", [2])
    finally:
        gdal.SetConfigOption("USE_RRD", None)
    assert (tmp_path / "p.aux").exists()
    run(path, plane, target)
    assert sorted(os.listdir(tmp_path)) == ["image.tif", "p.tif"]


def test_world_files_go_with_the_result_that_they_place_and_place_no_other(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 40, 40)), transform=None, epsg=None)
    target, world = tmp_path / "p.tif", tmp_path / "p.tfw"
    run(path, plane, target)
    world.write_text("10\n0\n0\n-10\n500005\n5799995\n")
    assert gdal.Open(str(target)).GetGeoTransform(can_return_null=True) is not None
    run(path, plane, target)
    assert not world.exists()
    target.unlink()
    world.write_text("10\n0\n0\n-10\n500005\n5799995\n")
    with pytest.raises(InputError, match="would georeference"):
        run(path, plane, target)
    assert sorted(os.listdir(tmp_path)) == ["image.tif", "p.tfw"]
    world.unlink()
    for name in ("p.RPB", "p_RPC.TXT"):
        (tmp_path / name).write_text("LINE_OFF: 10\n")
        with pytest.raises(InputError, match=f"{name} would georeference"):
            run(path, plane, target)
        (tmp_path / name).unlink()


def test_a_world_file_that_places_another_image_stays(make_raster, plane, tmp_path) -> None:
    """image.png may be what is predicted; a raster without georeference under the name of the result was placed by its world file."""
    image = gdal.Open(make_raster(np.full((3, 40, 40), 7, np.uint8), "made.tif", transform=None, epsg=None))
    for name, driver in (("p.png", "PNG"), ("p.tif", "GTiff")):
        gdal.GetDriverByName(driver).CreateCopy(str(tmp_path / name), image)
    (tmp_path / "p.wld").write_text("10\n0\n0\n-10\n500005\n5799995\n")
    run(str(tmp_path / "p.png"), plane, tmp_path / "p.tif")
    for name in ("p.png", "p.tif"):
        assert gdal.Open(str(tmp_path / name)).GetGeoTransform(can_return_null=True) == (500000, 10, 0, 5800000, 0, -10)
    gdal.GetDriverByName("GTiff").CreateCopy(str(tmp_path / "p.tif"), image)
    with pytest.raises(InputError, match="would georeference"):
        run(str(tmp_path / "made.tif"), plane, tmp_path / "p.tif")
    assert (tmp_path / "p.wld").exists()


def test_rational_polynomial_coefficients_are_kept(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 40, 40)), transform=None, epsg=None)
    scales = {f"{axis}_{word}": "1" for axis in ("LINE", "SAMP", "LAT", "LONG", "HEIGHT") for word in ("OFF", "SCALE")}
    terms = {f"{axis}_{part}_COEFF": " ".join(["1"] * 20) for axis in ("LINE", "SAMP") for part in ("NUM", "DEN")}
    image = gdal.Open(path, gdal.GA_Update)
    image.SetMetadata({**scales, **terms}, "RPC")
    image = None
    run(path, plane, tmp_path / "p.tif")
    run(path, plane, tmp_path / "cog.tif", format="cog")
    for name in ("p.tif", "cog.tif"):
        found = gdal.Open(str(tmp_path / name)).GetMetadata("RPC")
        assert {key: float(found[key]) for key in scales} == dict.fromkeys(scales, 1.0)


def test_a_folder_that_goes_while_a_raster_is_written(make_raster, plane, tmp_path) -> None:
    (tmp_path / "gone").mkdir()
    path, target = make_raster(noise((3, 600, 600))), tmp_path / "gone" / "p.tif"

    class Removing(SilentProgress):
        def set(self, fraction: float) -> None:
            shutil.rmtree(target.parent, ignore_errors=True)

    with pytest.raises(WaterError, match=r"p\.tif"):
        predict(path, roles_of(path), plane, target, progress=Removing())


@pytest.mark.parametrize("name", ["p.png", "p", "p.tif.gz"])
def test_another_extension_is_an_error(make_raster, plane, tmp_path, name: str) -> None:
    with pytest.raises(InputError, match=r"doesn't end in \.tif"):
        run(make_raster(noise((3, 20, 20))), plane, tmp_path / name)


def test_a_folder_that_isnt_there_or_a_folder_as_destination(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 20, 20)))
    with pytest.raises(WaterError, match="doesn't exist"):
        run(path, plane, tmp_path / "absent" / "p.tif")
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(WaterError, match="is a folder"):
        run(path, plane, tmp_path / "folder.tif")


@pytest.mark.parametrize("question", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", ["gtiff", "cog"])
def test_cancelling_leaves_nothing_and_touches_nothing(make_raster, plane, tmp_path, monkeypatch, question: int, kind: str) -> None:
    monkeypatch.setattr(grid_module, "_TILE", 64)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 4096)
    target = tmp_path / "p.tif"
    target.write_bytes(b"what stood here before")
    path = make_raster(noise((3, 400, 400)), options=("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"))
    with pytest.raises(CancelledError):
        run(path, plane, target, Recorder(cancel_at=question), format=kind)
    assert target.read_bytes() == b"what stood here before"
    assert sorted(os.listdir(tmp_path)) == ["image.tif", "p.tif"]
    assert not [t for t in threading.enumerate() if t.name.startswith("ipeo-water")]


def test_in_a_transaction_the_raster_can_be_read_before_it_is_put_in_place(make_raster, plane, tmp_path) -> None:
    """As mapwater's report reads it."""
    path = make_raster(image := noise((3, 20, 20)))
    with FileTransaction() as transaction:
        result = predict(path, roles_of(path), plane, tmp_path / "p.tif", transaction=transaction)
        np.testing.assert_array_equal(values(result.path), rounded(plane.probability(list(image))))
        assert not (tmp_path / "p.tif").exists()
        transaction.add_text(tmp_path / "note.txt", "beside it")
    assert sorted(os.listdir(tmp_path)) == ["image.tif", "note.txt", "p.tif"]


def test_a_transaction_that_fails_leaves_no_raster(make_raster, plane, tmp_path) -> None:
    """As when the user cancels while mapwater's report is made."""
    path = make_raster(noise((3, 20, 20)))

    def cancelled_after() -> None:
        with FileTransaction() as transaction:
            predict(path, roles_of(path), plane, tmp_path / "p.tif", transaction=transaction)
            raise_if_cancelled(Recorder(1))

    with pytest.raises(CancelledError):
        cancelled_after()
    assert os.listdir(tmp_path) == ["image.tif"]


def test_a_torn_image_leaves_nothing(make_raster, plane, tmp_path) -> None:
    path = make_raster(noise((3, 1500, 1500), high=60000), options=("TILED=YES", "COMPRESS=DEFLATE"))
    with open(path, "rb+") as file:
        file.truncate(file.seek(0, 2) // 2)
    with pytest.raises(RasterError, match=r"image\.tif can't be read at columns \d+ to \d+, rows \d+ to \d+: \S"):
        predict(path, roles_of(path, 1, 2, 3), plane, tmp_path / "p.tif")
    assert os.listdir(tmp_path) == ["image.tif"]


def test_leftovers_of_dead_processes_go_and_live_ones_stay(make_raster, plane, tmp_path) -> None:
    import subprocess
    import sys

    from ipeo_water_plugin.core.system.files import temporary_beside

    mine = temporary_beside(tmp_path / "x.tif", ".tif")
    mine.write_bytes(b"live")
    code = "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from ipeo_water_plugin.core.system import files; "
    code += "files.temporary_beside(Path(sys.argv[1]) / 'x.tif', '.tif').write_bytes(b'dead')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(Path(__file__).resolve().parents[2])], check=True)
    assert len(list(tmp_path.glob(".ipeowater-*"))) == 2
    run(make_raster(noise((3, 20, 20))), plane, tmp_path / "p.tif")
    assert list(tmp_path.glob(".ipeowater-*")) == [mine]


def test_a_slow_reader_does_not_let_windows_pile_up(make_raster, plane, tmp_path, monkeypatch) -> None:
    """Results wait for the writer in a bounded queue: however slow it is, only a few windows are alive."""
    from ipeo_water_plugin.core.prediction import predict as predict_module
    from ipeo_water_plugin.core.system import threads

    monkeypatch.setattr(grid_module, "_TILE", 16)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 256)
    alive, most, lock = [0], [0], threading.Lock()
    call, write = predict_module.Predictor.read, predict_module.GeoTiffWriter.write

    def counted(self, window):
        with lock:
            alive[0] += 1
            most[0] = max(most[0], alive[0])
        return call(self, window)

    def slow(self, window, array):
        time.sleep(0.002)
        with lock:
            alive[0] -= 1
        write(self, window, array)

    monkeypatch.setattr(predict_module.Predictor, "read", counted)
    monkeypatch.setattr(predict_module.GeoTiffWriter, "write", slow)
    run(make_raster(noise((3, 200, 200)), options=("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16")), plane, tmp_path / "p.tif")
    assert most[0] <= 8 * threads.processors() + 2


def test_a_result_names_the_model_file_it_was_made_with(make_raster, plane, tmp_path) -> None:
    write_model(plane, tmp_path / "lakes.json")
    path = make_raster(noise((3, 20, 20)))
    predict(path, roles_of(path), read_model(tmp_path / "lakes.json"), tmp_path / "p.tif", metadata={"PLUGIN_VERSION": "1.2"})
    told = provenance(str(tmp_path / "p.tif"))
    assert (told["MODEL"], told["PLUGIN_VERSION"], told["MODEL_SHA256"]) == ("lakes.json", "1.2", plane.digest)


def test_bands_told_apart_by_their_order_alone_are_told(make_raster, plane: WaterModel, tmp_path: Path) -> None:
    """Of two bands of one description a model knows nothing but which came first."""
    bands = np.full((5, 20, 20), 500, np.uint16)
    inputs = tuple(replace(plane.inputs[0], name=name) for name in ("green", "red", "nir", "swir", "SWIR_2"))
    model = replace(plane, inputs=inputs, layers=(Layer(np.full((1, 5), 0.001), np.zeros(1)),))
    for second, warned in (("SWIR", True), ("SWIR 2", False)):
        raster = make_raster(bands, descriptions=("green", "red", "nir", "swir", second))
        progress = Recorder()
        predict(raster, roles_of(raster, extra=(4, 5)), model, tmp_path / "p.tif", progress=progress)
        assert any("swir, SWIR_2), so only their order tells them apart" in text for text in progress.warnings) is warned


def test_an_image_in_one_strip_is_decoded_few_times_and_told_of(make_raster, plane: WaterModel, tmp_path: Path, monkeypatch) -> None:
    """Windows are large, and what was decoded isn't let go of between them."""
    monkeypatch.setattr(grid_module, "HUGE_BLOCK", 100_000)
    monkeypatch.setattr(raster_module, "HUGE_BLOCK", 100_000)
    monkeypatch.setattr(raster_module, "_CACHE_SHARE", 1)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 100_000)
    monkeypatch.setattr(grid_module, "_HUGE_WINDOW_PIXELS", 262_144)
    released = []
    release = raster_module.Source._release
    monkeypatch.setattr(raster_module.Source, "_release", lambda self: (released.append(self), release(self)))
    image = noise((3, 1500, 600))
    raster = make_raster(image, options=("COMPRESS=DEFLATE", "BLOCKYSIZE=1500"))
    progress = Recorder()
    result = run(raster, plane, tmp_path / "p.tif", progress)
    np.testing.assert_allclose(values(result.path), oracle(plane, image), atol=1e-5)
    assert len(released) <= 2
    assert any("blocks of 600 × 1500 pixels" in text and "TILED=YES" in text for text in progress.warnings)
    progress = Recorder()
    run(make_raster(image, "tiled.tif", options=("TILED=YES", "COMPRESS=DEFLATE")), plane, tmp_path / "p.tif", progress)
    assert not any("blocks of" in text for text in progress.warnings)
