"""Water through time: the share of valid dates and their number, against plain numpy over whole arrays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import Recorder, spatial_reference
from osgeo import gdal
from patience import examples

from ipeo_water_plugin.core import grid as grid_module
from ipeo_water_plugin.core.errors import CancelledError, InputError, RasterError, WaterError
from ipeo_water_plugin.core.maps import occurrence as occurrence_module
from ipeo_water_plugin.core.maps.occurrence import water_occurrence
from ipeo_water_plugin.core.model import Layer, ModelInput, WaterModel
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.geotiff import METADATA_DOMAIN, GeoTiffWriter, provenance
from ipeo_water_plugin.core.raster.probability_raster import ProbabilitySource
from ipeo_water_plugin.core.system import threads as threads_module

ROOT = Path(__file__).resolve().parents[2]
NODATA = -9999


@pytest.fixture
def make_date(make_raster: Callable[..., str]) -> Callable[..., str]:
    """Write probabilities, NaN where not valid, as Predict water probability does: fractions or percent."""

    def make(p: np.ndarray, name: str, *, percent: bool = False, column: float = 0, row: float = 0, **more: object) -> str:
        transform = (500000 + 10 * column, 10, 0, 5800000 - 10 * row, 0, -10)
        given = {"descriptions": ("water probability",), "transform": transform, **more}
        if percent:
            stored = np.where(np.isnan(p), 255, np.rint(p * 100)).astype(np.uint8)
            return make_raster(stored[None], name, nodata=255, scale=0.01, **given)
        return make_raster(np.where(np.isnan(p), NODATA, p).astype(np.float32)[None], name, nodata=NODATA, **given)

    return make


def probabilities(shape: tuple[int, int], seed: int, gone: float = 0.2) -> np.ndarray:
    """Whole hundredths, as percent hold them, with gaps."""
    random = np.random.default_rng(seed)
    p = random.integers(0, 101, shape) / 100
    p[random.random(shape) < gone] = np.nan
    return p


def oracle(dates: Sequence[np.ndarray], threshold: float = 0.5) -> np.ndarray:
    """Over whole arrays in double precision."""
    stack = np.stack(dates)
    valid = (~np.isnan(stack)).sum(0)
    water = (stack >= threshold).sum(0)
    share = np.where(valid > 0, water / np.maximum(valid, 1), NODATA)
    return np.stack([share, valid]).astype(np.float32)


def values(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def placed(p: np.ndarray, column: int, row: int, shape: tuple[int, int]) -> np.ndarray:
    """The same date on a larger grid."""
    whole = np.full(shape, np.nan)
    whole[row : row + p.shape[0], column : column + p.shape[1]] = p
    return whole


def test_share_and_number_of_valid_dates(make_date, tmp_path) -> None:
    dates = [probabilities((300, 400), seed) for seed in range(11)]
    dates[3][:] = np.nan
    for date in dates:
        date[:20, :30] = np.nan
    paths = [make_date(p, f"{n}.tif") for n, p in enumerate(dates)]
    recorder = Recorder()
    found = water_occurrence(paths, tmp_path / "o.tif", 0.37, recorder)
    expected = oracle(dates, 0.37)
    np.testing.assert_array_equal(values(found.destination), expected)
    observed = expected[1] > 0
    assert (found.dates, found.observed, found.unobserved, found.max_dates) == (11, observed.sum(), (~observed).sum(), 10)
    assert found.unobserved >= 600
    assert found.mean == pytest.approx(expected[0][observed].mean(dtype=float), rel=1e-5)
    assert recorder.fractions == sorted(recorder.fractions)
    assert recorder.fractions[-1] == 1
    assert recorder.warnings == []


def test_what_the_file_says_of_itself(make_date, tmp_path) -> None:
    dates = [probabilities((300, 400), seed) for seed in range(3)]
    paths = [make_date(p, f"date {n}.tif") for n, p in enumerate(dates)]
    water_occurrence(paths, tmp_path / "o.tif", 0.4, metadata={"PLUGIN_VERSION": "1.2"})
    source, result = gdal.Open(paths[0]), gdal.Open(str(tmp_path / "o.tif"))
    assert result.GetGeoTransform() == source.GetGeoTransform()
    assert result.GetSpatialRef().IsSame(source.GetSpatialRef())
    share, valid_dates = (result.GetRasterBand(n) for n in (1, 2))
    assert (share.DataType, share.GetNoDataValue(), share.GetDescription()) == (gdal.GDT_Float32, NODATA, "water occurrence")
    assert (valid_dates.DataType, valid_dates.GetDescription()) == (gdal.GDT_Float32, "valid dates")
    for band in (share, valid_dates):
        kept = [float(band.GetMetadataItem(f"STATISTICS_{name}")) for name in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")]
        np.testing.assert_allclose(kept, band.ComputeStatistics(False), rtol=1e-4)
    told = {"SOURCES": "3", "SOURCE": "\n".join(paths), "THRESHOLD_USED": "0.4", "PLUGIN_VERSION": "1.2"}
    assert result.GetMetadata(METADATA_DOMAIN) == told


def test_one_model_behind_all_dates_is_named(make_raster, make_date, plane, tmp_path) -> None:
    image = make_raster(np.random.default_rng(0).integers(0, 3000, (3, 40, 50)).astype(np.uint16))
    inputs = tuple(ModelInput(name, name, 1000.0, 300.0, 0.0, 4000.0) for name in ("green", "red", "nir"))
    other = WaterModel(inputs, (Layer(np.array([[0.001, 0.0, -0.006]]), np.array([1.0])),))
    for name, model in (("a", plane), ("b", plane), ("c", other)):
        predict(image, roles_of(image), model, tmp_path / f"{name}.tif")
    a, b, c = (str(tmp_path / f"{name}.tif") for name in "abc")
    water_occurrence([a, b], tmp_path / "o.tif")
    assert provenance(str(tmp_path / "o.tif"))["MODEL_SHA256"] == plane.digest
    # A share of dates has no threshold that a model recommends, so Extract water bodies must not find one.
    assert "THRESHOLD" not in provenance(str(tmp_path / "o.tif"))
    water_occurrence([a, c], tmp_path / "o.tif")
    assert "MODEL_SHA256" not in provenance(str(tmp_path / "o.tif"))


def test_percent_and_fractions_mean_the_same(make_date, tmp_path) -> None:
    """At every threshold that percent can stand on."""
    dates = [probabilities((60, 70), seed) for seed in range(4)]
    fractions = [make_date(p, f"f{n}.tif") for n, p in enumerate(dates)]
    percent = [make_date(p, f"u{n}.tif", percent=True) for n, p in enumerate(dates)]
    for threshold in (0.0, 0.29, 0.5, 0.57, 1.0):
        results = []
        for name, paths in (("f", fractions), ("u", percent), ("m", [*fractions[:2], *percent[2:]])):
            water_occurrence(paths, tmp_path / f"{name}.tif", threshold)
            results.append(values(tmp_path / f"{name}.tif"))
        for result in results:
            np.testing.assert_array_equal(result, oracle(dates, threshold))


def test_one_date_is_a_mask(make_date, tmp_path) -> None:
    date = probabilities((20, 30), 0)
    water_occurrence([make_date(date, "a.tif")], tmp_path / "o.tif")
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), oracle([date]))


def test_extents_may_differ(make_date, tmp_path) -> None:
    """The result holds all that any date holds; the first date needn't be the one in the corner."""
    shape = (90, 130)
    corners = {"a": (40, 50, (30, 60)), "b": (0, 20, (70, 80)), "c": (90, 0, (60, 40)), "d": (10, 30, (20, 20))}
    paths, dates = [], []
    for seed, (name, (column, row, size)) in enumerate(corners.items()):
        p = probabilities(size, seed)
        # Origins as rounding leaves them, far below a hundredth of a pixel.
        paths.append(make_date(p, f"{name}.tif", column=column + 1e-7 * seed, row=row))
        dates.append(placed(p, column, row, shape))
    recorder = Recorder()
    found = water_occurrence(paths, tmp_path / "o.tif", progress=recorder)
    result = gdal.Open(str(tmp_path / "o.tif"))
    assert (result.RasterXSize, result.RasterYSize) == (130, 90)
    assert result.GetGeoTransform() == pytest.approx((500000, 10, 0, 5800000, 0, -10))
    np.testing.assert_array_equal(result.ReadAsArray(), oracle(dates))
    assert found.unobserved > 0
    assert any("Extents differ" in line and "130 × 90" in line for line in recorder.infos)
    assert recorder.warnings == []


def test_rasters_of_one_day_that_overlap_are_told(make_date, tmp_path) -> None:
    """Tiles of one image, say, each of which counts as a date."""
    p = probabilities((10, 10), 0, gone=0)
    places = {"a.tif": (0, 12), "b.tif": (5, 12), "c.tif": (0, 13), "d.tif": (20, 12)}
    for name, (column, day) in places.items():
        dataset = gdal.Open(make_date(p, name, column=column), gdal.GA_Update)
        dataset.SetMetadataItem("ACQUIRED", f"2020-08-{day}", "IPEO_WATER")
        dataset = None
    first, second, later, apart = (str(tmp_path / name) for name in places)
    for rasters, told in (([first, second, later], 1), ([second, later], 0), ([first, apart, later], 0)):
        recorder = Recorder()
        water_occurrence(rasters, tmp_path / "o.tif", progress=recorder)
        warnings = [line for line in recorder.warnings if "a.tif and " in line and "are both of 2020-08-12" in line and "b.tif" in line]
        assert len(warnings) == told


def test_places_apart_are_told(make_date, tmp_path) -> None:
    p = probabilities((10, 10), 0, gone=0)
    paths = [make_date(p, "a.tif"), make_date(p, "b.tif"), make_date(p, "far.tif", column=700, row=600)]
    recorder = Recorder()
    water_occurrence(paths, tmp_path / "o.tif", progress=recorder)
    (warning,) = recorder.warnings
    assert "overlap no other: 1," in warning
    assert f"the first of them {paths[2]}." in warning
    # What no date reaches is NoData, and known on no date.
    result = values(tmp_path / "o.tif")
    assert (result[0, 300, 300], result[1, 300, 300]) == (NODATA, 0)
    assert (result[1] > 0).sum() == 200


LAYOUTS = {
    "tiled": ("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=48"),
    "strips": ("BLOCKYSIZE=1",),
    "deflate": ("TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2"),
}


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 150), st.integers(1, 150)), min_size=1, max_size=7),
    tile=st.sampled_from([16, 32, 64]),
    pixels=st.integers(300, 20000),
    layouts=st.lists(st.sampled_from(sorted(LAYOUTS)), min_size=7, max_size=7),
    threads=st.integers(1, 4),
    at_once=st.integers(1, 5),
    percent=st.lists(st.booleans(), min_size=7, max_size=7),
)
def test_blockwise_equals_whole(make_date, tmp_path, sizes, tile, pixels, layouts, threads, at_once, percent) -> None:
    left, top = min(size[0] for size in sizes), min(size[1] for size in sizes)
    shape = max(row + height for _, row, _, height in sizes) - top, max(column + width for column, _, width, _ in sizes) - left
    paths, dates = [], []
    for n, (column, row, width, height) in enumerate(sizes):
        p = probabilities((height, width), n)
        options = [option for option in LAYOUTS[layouts[n]] if not percent[n] or "PREDICTOR" not in option]
        paths.append(make_date(p, f"{n}.tif", column=column, row=row, percent=percent[n], options=options))
        dates.append(placed(p, column - left, row - top, shape))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid_module, "_TILE", tile)
        patch.setattr(grid_module, "_WINDOW_PIXELS", pixels)
        patch.setattr(occurrence_module, "_PIXELS_AT_ONCE", at_once * pixels)
        patch.setattr("ipeo_water_plugin.core.system.threads.processors", lambda: threads)
        water_occurrence(paths, tmp_path / "o.tif", 0.42)
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), oracle(dates, 0.42))


def test_more_dates_than_a_byte_counts(make_date, tmp_path) -> None:
    dates = [probabilities((3, 4), seed, gone=0.02) for seed in range(300)]
    paths = [make_date(p, f"{n}.tif") for n, p in enumerate(dates)]
    assert water_occurrence(paths, tmp_path / "o.tif").max_dates > 256
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), oracle(dates))


def test_few_files_are_open_at_once(make_date, tmp_path, monkeypatch) -> None:
    """A hundred dates on a process that may open only forty files more than it has."""
    p = probabilities((600, 600), 0)
    paths = [make_date(p, f"{n}.tif", percent=True) for n in range(100)]
    most, opened = [0], len(os.listdir("/proc/self/fd"))
    read = ProbabilitySource.read

    def counted(self, window):
        most[0] = max(most[0], len(os.listdir("/proc/self/fd")) - opened)
        return read(self, window)

    monkeypatch.setattr(ProbabilitySource, "read", counted)
    monkeypatch.setattr("ipeo_water_plugin.core.system.threads.processors", lambda: 3)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened + 40, hard))
    try:
        water_occurrence(paths, tmp_path / "o.tif")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # A file a thread, another where its mask or a directory is looked at, and the result.
    assert most[0] <= 12


MEASURE = """
import datetime, sys
sys.path.insert(0, sys.argv[1])
from ipeo_water_plugin.core.maps.history import LAYERS
from ipeo_water_plugin.core.maps.occurrence import water_occurrence
days = [datetime.date(2020, 1 + number % 12, 1) for number in range(len(sys.argv[3:]))]
water_occurrence(sys.argv[3:], sys.argv[2], days=days, layers={name: sys.argv[2].replace("o.tif", name + ".tif") for name in LAYERS})
# What getrusage tells is at least what the parent had as it started this.
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024)
"""


def test_memory_does_not_grow_with_the_dates(make_date, tmp_path) -> None:
    """Twelve dates and seventy-two, with all layers: each in a process of its own, whose peak is told in MiB."""
    p = probabilities((1024, 1024), 0)
    first = make_date(p, "0.tif", percent=True, options=("TILED=YES", "COMPRESS=ZSTD"))
    paths = [first]
    for n in range(1, 72):
        paths.append(str(tmp_path / f"{n}.tif"))
        Path(paths[-1]).write_bytes(Path(first).read_bytes())
    peaks = []
    for count in (12, 72):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(ROOT), str(tmp_path / "o.tif"), *paths[:count]], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    # Sixty more dates as bytes would take 60 MiB, as fractions 240 MiB; how far threads read ahead differs from run to run.
    assert peaks[1] - peaks[0] < 45, peaks


def test_a_vrt_mosaic_as_a_date(make_date, tmp_path) -> None:
    left, right = probabilities((50, 40), 0), probabilities((50, 60), 1)
    mosaic = str(tmp_path / "both.vrt")
    gdal.BuildVRT(mosaic, [make_date(left, "l.tif"), make_date(right, "r.tif", column=40)]).FlushCache()
    other = probabilities((50, 100), 2)
    water_occurrence([mosaic, make_date(other, "o2.tif")], tmp_path / "o.tif")
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), oracle([np.hstack([left, right]), other]))


def test_without_a_georeference_sizes_decide(make_date, tmp_path) -> None:
    dates = [probabilities((20, 30), seed) for seed in range(2)]
    paths = [make_date(p, f"{n}.tif", transform=None, epsg=None) for n, p in enumerate(dates)]
    water_occurrence(paths, tmp_path / "o.tif")
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), oracle(dates))
    assert gdal.Open(str(tmp_path / "o.tif")).GetGeoTransform(can_return_null=True) is None
    other = make_date(probabilities((20, 31), 0), "wide.tif", transform=None, epsg=None)
    with pytest.raises(InputError, match=r"wide\.tif lies on another grid.*their sizes differ"):
        water_occurrence([*paths, other], tmp_path / "o.tif")


def test_the_same_crs_in_other_words_is_no_difference(make_date, tmp_path) -> None:
    dates = [probabilities((20, 30), seed) for seed in range(2)]
    paths = [make_date(p, f"{n}.tif") for n, p in enumerate(dates)]
    dataset = gdal.Open(paths[1], gdal.GA_Update)
    reference = spatial_reference(32633)
    dataset.SetProjection(reference.ExportToWkt(["FORMAT=WKT2_2019"]))
    dataset = None
    water_occurrence(paths, tmp_path / "o.tif")
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), oracle(dates))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"epsg": 32632},
            ("its CRS is EPSG:32632 instead of EPSG:32633", "gdalwarp -t_srs EPSG:32633 -tr 10 10 -te 500000 5799800 500300 5800000."),
        ),
        ({"epsg": None}, ("one of them has no known CRS", "Assign")),
        ({"transform": None}, ("one of them has no georeference", "Assign")),
        ({"transform": (500000, 20, 0, 5800000, 0, -20)}, ("its pixels measure 20 × 20 instead of 10 × 10", "gdalwarp")),
        ({"transform": (500000, 10.01, 0, 5800000, 0, -10)}, ("its pixels measure 10.01 × 10 instead of 10 × 10",)),
        ({"transform": (500003, 10, 0, 5800000, 0, -10)}, ("shifted by 0.3 columns and 0 rows", "gdalwarp")),
        ({"transform": (500000, 10, 0, 5799998.5, 0, -10)}, ("shifted by 0 columns and 0.15 rows",)),
        ({"transform": (500000, 10, 0, 5799800, 0, 10)}, ("its rows or columns run in another direction",)),
    ],
)
def test_another_grid_is_told_and_what_to_do(make_date, tmp_path, changed, words) -> None:
    p = probabilities((20, 30), 0)
    paths = [make_date(p, "first.tif"), make_date(p, "second.tif"), make_date(p, "third.tif", **changed)]
    with pytest.raises(InputError) as error:
        water_occurrence(paths, tmp_path / "o.tif")
    said = str(error.value)
    assert said.startswith(f"{paths[2]} lies on another grid than {paths[0]}: ")
    for word in words:
        assert word in said
    assert not (tmp_path / "o.tif").exists()


def test_what_the_message_advises_works(make_date, tmp_path) -> None:
    first = make_date(probabilities((20, 30), 0), "first.tif")
    coarse = make_date(probabilities((10, 15), 1), "coarse.tif", transform=(500000, 20, 0, 5800000, 0, -20))
    with pytest.raises(InputError) as error:
        water_occurrence([first, coarse], tmp_path / "o.tif")
    command = str(error.value).split(" or ")[-1].rstrip(".").split()
    assert command[0] == "gdalwarp"
    subprocess.run([*command, "-q", coarse, str(tmp_path / "warped.tif")], check=True)
    water_occurrence([first, str(tmp_path / "warped.tif")], tmp_path / "o.tif")
    assert values(tmp_path / "o.tif")[1].max() == 2


def test_bad_input(make_date, make_raster, tmp_path) -> None:
    good = make_date(probabilities((20, 30), 0), "a.tif")
    other = make_date(probabilities((20, 30), 1), "b.tif")
    image = make_raster(np.full((1, 20, 30), 900, np.uint16), "image.tif")
    linked = tmp_path / "linked.tif"
    linked.symlink_to(good)
    target = tmp_path / "o.tif"
    target.write_bytes(b"an earlier result")
    for rasters, threshold, error, words in (
        ([], 0.5, InputError, "No raster is given"),
        ([good, other, good], 0.5, InputError, r"a\.tif and .*a\.tif are one file, which would count as two dates"),
        ([good, str(linked)], 0.5, InputError, r"linked\.tif and .*a\.tif are one file"),
        ([good, image], 0.5, InputError, r"image\.tif holds values from 900 to 900, and a probability lies between 0 and 1"),
        ([good, str(tmp_path / "gone.tif")], 0.5, RasterError, r"gone\.tif can't be opened"),
        ([good, other], 1.5, InputError, "threshold is 1.5"),
        ([good, other], float("nan"), InputError, "threshold is nan"),
    ):
        with pytest.raises(error, match=words):
            water_occurrence(rasters, target, threshold)
        assert target.read_bytes() == b"an earlier result"
    with pytest.raises(InputError, match="is the input itself"):
        water_occurrence([good, other], other)
    assert sorted(os.listdir(tmp_path)) == ["a.tif", "b.tif", "image.tif", "linked.tif", "o.tif"]


def test_no_date_counts_twice(make_date, tmp_path) -> None:
    """In a folder of results, a mosaic of all scenes and an earlier occurrence may lie beside the scenes."""
    dates = [make_date(probabilities((20, 30), n), f"{n}.tif") for n in range(3)]
    mosaic, occurrence = str(tmp_path / "all.vrt"), str(tmp_path / "o.tif")
    gdal.BuildVRT(mosaic, dates[:2]).FlushCache()
    with pytest.raises(InputError, match=r"all\.vrt contains .*\.tif, which would count as two dates"):
        water_occurrence([*dates, mosaic], occurrence)
    assert water_occurrence([dates[2], mosaic], occurrence).dates == 2
    with pytest.raises(InputError, match=r"o\.tif is the water occurrence of several dates"):
        water_occurrence([*dates, occurrence], tmp_path / "o2.tif")


def test_a_date_that_is_torn_is_named(make_date, tmp_path) -> None:
    options = ("TILED=YES", "COMPRESS=DEFLATE")
    paths = [make_date(probabilities((600, 600), n), f"{n}.tif", options=options) for n in range(6)]
    os.truncate(paths[4], os.path.getsize(paths[4]) // 2)
    with pytest.raises(WaterError, match=r"4\.tif can't be"):
        water_occurrence(paths, tmp_path / "o.tif")
    assert not (tmp_path / "o.tif").exists()


def test_a_date_that_changes_meanwhile_is_named(make_date, tmp_path, monkeypatch) -> None:
    paths = [make_date(probabilities((100, 100), n), f"{n}.tif") for n in range(3)]
    write = GeoTiffWriter.write

    def then_changed(self, window, array):
        write(self, window, array)
        os.utime(paths[1], ns=(1, 1))

    monkeypatch.setattr(GeoTiffWriter, "write", then_changed)
    with pytest.raises(RasterError, match=r"1\.tif can't be used: .*was changed"):
        water_occurrence(paths, tmp_path / "o.tif")
    assert not (tmp_path / "o.tif").exists()


def test_nothing_valid_is_told(make_date, tmp_path) -> None:
    recorder = Recorder()
    paths = [make_date(np.full((20, 30), np.nan), f"{n}.tif") for n in range(2)]
    found = water_occurrence(paths, tmp_path / "o.tif", progress=recorder)
    assert (found.observed, found.mean, found.max_dates) == (0, None, 0)
    assert any("No pixel is valid on any date" in warning for warning in recorder.warnings)
    np.testing.assert_array_equal(values(tmp_path / "o.tif"), np.stack([np.full((20, 30), NODATA), np.zeros((20, 30))]))


@pytest.mark.parametrize("question", [1, 2, 5, 9, 14])
def test_cancelling_leaves_nothing(make_date, tmp_path, monkeypatch, question: int) -> None:
    paths = [make_date(probabilities((100, 100), n), f"{n}.tif") for n in range(9)]
    monkeypatch.setattr(grid_module, "_TILE", 16)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 2000)
    target = tmp_path / "o.tif"
    target.write_bytes(b"an earlier result")
    with pytest.raises(CancelledError):
        water_occurrence(paths, target, progress=Recorder(cancel_at=question))
    assert target.read_bytes() == b"an earlier result"
    assert len(os.listdir(tmp_path)) == 10
    assert [thread for thread in threading.enumerate() if thread.name.startswith("ipeo-water")] == []


def test_cancelling_is_heeded_while_rasters_are_opened(make_date, tmp_path) -> None:
    # One that isn't there is met only by whoever goes on.
    paths = [make_date(probabilities((10, 10), n), f"{n}.tif") for n in range(3)] + [str(tmp_path / "absent.tif")]
    with pytest.raises(CancelledError):
        water_occurrence(paths, tmp_path / "o.tif", progress=Recorder(cancel_at=3))


def test_windows_in_flight_are_the_last(make_date, tmp_path, monkeypatch) -> None:
    """Of forty dates of many windows, those that had been handed to the threads are read after Cancel, and no other."""
    path = make_date(probabilities((100, 100), 0), "0.tif")
    paths = [path, *(str(tmp_path / f"{n}.tif") for n in range(1, 40))]
    for other in paths[1:]:
        os.link(path, other)
    # One file under forty names, which spares the disk.
    monkeypatch.setattr(occurrence_module, "file_identity", lambda raster: raster)
    monkeypatch.setattr(threads_module, "processors", lambda: 2)
    monkeypatch.setattr(grid_module, "_TILE", 16)
    monkeypatch.setattr(grid_module, "_WINDOW_PIXELS", 2000)
    # Four dates.
    monkeypatch.setattr(occurrence_module, "_PIXELS_AT_ONCE", 8000)
    begun: list[bool] = []
    progress, count = Recorder(cancel_at=50), occurrence_module._count

    def noted(*given, **named):
        begun.append(progress.asked >= 50)
        return count(*given, **named)

    monkeypatch.setattr(occurrence_module, "_count", noted)
    with pytest.raises(CancelledError):
        water_occurrence(paths, tmp_path / "o.tif", progress=progress)
    # Forty questions are asked while the rasters are opened.
    assert 10 <= begun.count(False) < 40
    assert begun.count(True) <= 17
    assert not (tmp_path / "o.tif").exists()
