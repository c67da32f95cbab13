"""The parts of which a run over many rasters is made: names, tiles, tasks that stop, versions, and the mosaic."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from continent import MODEL, UNIT, Recorder, assert_equal_to_a_single_machine, make_scene, run
from machines import HANGS
from osgeo import gdal, gdal_array, osr

from ipeo_water_plugin.core.cluster import many, pace, planning, work
from ipeo_water_plugin.core.cluster import versions as versions_module
from ipeo_water_plugin.core.cluster.crew import crew_at
from ipeo_water_plugin.core.cluster.mosaic import write_mosaic
from ipeo_water_plugin.core.cluster.scenes import Scene, find_rasters, with_destinations
from ipeo_water_plugin.core.cluster.tiff_tiles import EncodedTile, put_tiles, tiles_of
from ipeo_water_plugin.core.cluster.versions import check_versions, code, versions
from ipeo_water_plugin.core.errors import CancelledError, InputError, RasterError, WaterError
from ipeo_water_plugin.core.model import Layer, WaterModel
from ipeo_water_plugin.core.prediction.predict import PredictionSettings
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.geotiff import provenance
from ipeo_water_plugin.core.system.redaction import redacted


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("/vsicurl/https://h/a.tif?X-Amz-Signature=abc&X-Amz-Date=1", "/vsicurl/https://h/a.tif?…"),
        ("HTTP code on https://h/a.tif?sig=abc: 403 (bad)", "HTTP code on https://h/a.tif?… 403 (bad)"),
        ("/vsicurl?header.Authorization=Bearer%20xyz&url=https%3A%2F%2Fh%2Fa.tif", "/vsicurl/https://h/a.tif"),
        ("https://user:word@host/a.tif", "https://…@host/a.tif"),
        ('WMS,password="a b",x=1', "WMS,password=…,x=1"),
        ("AWS_SECRET_ACCESS_KEY=abc and more", "AWS_SECRET_ACCESS_KEY=… and more"),
        ("/data/scenes/T33UUU_B03.tif", "/data/scenes/T33UUU_B03.tif"),
        ("Is it so? Yes.", "Is it so? Yes."),
    ],
)
def test_redacted(said: str, shown: str) -> None:
    assert redacted(said) == shown


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.tif", ["a.tif", "b.TIF"]),
        ("*.tif; *.jp2", ["a.tif", "b.TIF", "c.jp2"]),
        ("**/*.tif", ["a.tif", "b.TIF", "x/a.tif", "x/y/d.tif"]),
        ("x/*.tif", ["x/a.tif"]),
        ("[ab].tif", ["a.tif", "b.TIF"]),
        ("[!a].tif", ["b.TIF"]),
        ("?.jp2", ["c.jp2"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, names: list[str]) -> None:
    touch(tmp_path, "a.tif", "b.TIF", "c.jp2", "x/a.tif", "x/y/d.tif", ".hidden.tif", ".hidden/e.tif", "out/a.tif")
    found = find_rasters(str(tmp_path), pattern, str(tmp_path / "out"))
    assert [Path(name).relative_to(tmp_path).as_posix() for name in found] == names


def test_a_folder_without_rasters(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"named as \*\.jp2"):
        find_rasters(str(tmp_path), "*.jp2")
    with pytest.raises(InputError, match="doesn't exist"):
        find_rasters(str(tmp_path / "gone"), "*.jp2")


def results(*sources: str) -> list[str]:
    return [Path(scene.destination).name for scene in with_destinations(sources, "/out")]


def test_results_are_named_as_their_rasters() -> None:
    assert results("/a/one.tif", "/a/two.jp2") == ["one.tif", "two.tif"]
    assert results("/vsicurl/https://h/one.tif?X-Amz-Signature=a/b") == ["one.tif"]
    assert results("/vsizip//a/x.zip/in/one.img") == ["one.tif"]
    assert results('NETCDF:"/a/one.nc":band') == ["one.nc_band.tif"]


def test_rasters_named_alike_get_their_folders_names() -> None:
    sources = ("/a/2020/B03.tif", "/a/2021/B03.tif", "/a/2021/b08.jp2", "/b/2021/B08.tif")
    named = dict(zip(sources, results(*sources)))
    assert named == dict(zip(sources, ["2020_B03.tif", "2021_B03.tif", "a_2021_b08.tif", "b_2021_B08.tif"]))
    assert dict(zip(reversed(sources), results(*reversed(sources)))) == named
    # Nothing but what no file name can show tells these apart.
    alike = results("/a/x y.tif", "/a/x_y.tif")
    assert len(set(alike)) == 2
    assert all(name.startswith("a_x_y_") for name in alike)


def test_names_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers have folders of their own to start from."""
    touch(tmp_path, "a.tif")
    monkeypatch.chdir(tmp_path)
    (scene,) = with_destinations(["a.tif"], "far/away")
    assert (scene.source, scene.destination) == (str(tmp_path / "a.tif"), str(tmp_path / "far" / "away" / "a.tif"))


def test_no_result_takes_a_sources_place(tmp_path: Path) -> None:
    touch(tmp_path, "a.tif")
    with pytest.raises(InputError, match="one of the rasters itself"):
        with_destinations([str(tmp_path / "a.tif")], str(tmp_path))
    with pytest.raises(InputError, match="twice"):
        with_destinations([str(tmp_path / "a.tif")] * 2, str(tmp_path / "out"))
    with pytest.raises(InputError, match="No raster"):
        with_destinations([], str(tmp_path))


@pytest.mark.parametrize("big", ["YES", "NO"])
@pytest.mark.parametrize(("width", "height", "tile"), [(1300, 700, 512), (100, 90, 256), (33, 17, 16)])
def test_tiles_move_as_they_are(tmp_path: Path, big: str, width: int, height: int, tile: int) -> None:
    """Also where the directory holds them itself, as it does for a single one, or in short numbers, as for small ones."""
    values = np.random.default_rng(1).integers(0, 255, (height, width), np.uint8)
    options = ["TILED=YES", f"BLOCKXSIZE={tile}", f"BLOCKYSIZE={tile}", "COMPRESS=DEFLATE", f"BIGTIFF={big}"]
    driver = gdal.GetDriverByName("GTiff")
    driver.CreateCopy(str(tmp_path / "a.tif"), gdal_array.OpenArray(values), options=options)
    driver.Create(str(tmp_path / "b.tif"), width, height, 1, gdal.GDT_Byte, options=[*options, "SPARSE_OK=TRUE"])
    tiles = list(tiles_of(tmp_path / "a.tif"))
    put_tiles(tmp_path / "b.tif", -(-width // tile), reversed(tiles))
    assert gdal.Open(str(tmp_path / "b.tif")).ReadAsArray().tobytes() == values.tobytes()
    assert [t.content for t in tiles_of(tmp_path / "b.tif")] == [t.content for t in tiles]


def test_tiles_that_are_missing(tmp_path: Path) -> None:
    gdal.GetDriverByName("GTiff").Create(str(tmp_path / "a.tif"), 100, 100, 1, gdal.GDT_Byte, options=["TILED=YES", "SPARSE_OK=TRUE"])
    with pytest.raises(RasterError, match="column 0, row 0 is missing"):
        list(tiles_of(tmp_path / "a.tif"))
    (tmp_path / "b.tif").write_bytes(b"MM\0*")
    with pytest.raises(RasterError, match="little-endian"):
        put_tiles(tmp_path / "b.tif", 1, [EncodedTile(0, 0, b"")])


def plan_of(scene: Path, out: Path, unit: int = UNIT, **chosen: object) -> planning.Plan:
    (placed,) = with_destinations([str(scene)], str(out))
    (beside,) = planning.beside_each([placed])
    return work.look_at(planning.Order("run", MODEL, unit=unit, **chosen), placed, beside)


def test_units_cover_a_scene_once(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    covered = np.zeros((600, 1100), int)
    for unit in plan.units:
        covered[unit.row : unit.row + unit.height, unit.column : unit.column + unit.width] += 1
        assert unit.column % plan.layout.tile[0] == unit.row % plan.layout.tile[1] == 0
    assert (covered == 1).all()
    assert plan.waiting == tuple(range(6))
    assert len(plan_of(tmp_path / "a.tif", tmp_path / "out", planning.UNIT_PIXELS).units) == 1


def test_parts_that_are_there_are_not_computed(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    for number in (0, 3):
        work.compute(plan, number)
    assert plan_of(tmp_path / "a.tif", tmp_path / "out").waiting == (1, 2, 4, 5)
    # Of another model, or of the scene as it was, they are of no use, and go.
    os.utime(tmp_path / "a.tif", (1, 1))
    assert plan_of(tmp_path / "a.tif", tmp_path / "out").waiting == tuple(range(6))
    assert os.listdir(tmp_path / "out") == []


def test_a_torn_part_is_computed_again(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    for number in plan.waiting:
        work.compute(plan, number)
    part = Path(plan.part(2))
    content = part.read_bytes()
    part.write_bytes(content[: len(content) // 2])
    Path(plan.part(4)).unlink()
    assert work.assemble(plan).lacking in {(2, 4), (4,)}
    part.write_bytes(content[: len(content) // 2])
    summary = run(tmp_path, tmp_path / "out")
    assert (len(summary.done), summary.failed) == (1, ())
    assert os.listdir(tmp_path / "out") == ["a.tif"]


def broken(content: bytes, way: str) -> bytes:
    """What a power loss, a full disk or a copy that was broken off makes of a file."""
    middle = len(content) // 2
    return {
        "empty": b"",
        "zeros": bytes(len(content)),
        "cut short": content[:middle],
        "zeros at its end": content[:-300] + bytes(300),
        "zeros in its middle": content[:middle] + bytes(4096) + content[middle + 4096 :],
        "zeros from its middle": content[:middle] + bytes(len(content) - middle),
    }[way]


WAYS = ["empty", "zeros", "cut short", "zeros at its end", "zeros in its middle", "zeros from its middle"]


@pytest.mark.parametrize("way", WAYS)
def test_parts_that_a_power_loss_left_broken_are_computed_again(tmp_path: Path, way: str) -> None:
    """All of them at once, before any goes into the result."""
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    for number in plan.waiting:
        work.compute(plan, number)
    for number in (1, 4):
        part = Path(plan.part(number))
        part.write_bytes(broken(part.read_bytes(), way))
    assert work.assemble(plan).lacking == (1, 4)
    summary = run(tmp_path, tmp_path / "out")
    assert (len(summary.done), summary.failed) == (1, ())
    assert_equal_to_a_single_machine(summary, tmp_path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("options", [{}, {"creation_options": ("COMPRESS=NONE",)}, {"format": "cog"}], ids=["zstd", "none", "cog"])
def test_a_broken_result_is_not_skipped(tmp_path: Path, way: str, options: dict) -> None:
    make_scene(tmp_path / "a.tif")
    chosen = {"settings": PredictionSettings(**options)}
    run(tmp_path, tmp_path / "out", **chosen)
    assert len(run(tmp_path, tmp_path / "out", **chosen).skipped) == 1
    result = tmp_path / "out" / "a.tif"
    result.write_bytes(broken(result.read_bytes(), way))
    summary = run(tmp_path, tmp_path / "out", **chosen)
    assert (len(summary.done), len(summary.skipped)) == (1, 0)
    assert_equal_to_a_single_machine(summary, tmp_path, chosen["settings"])


def test_a_result_of_another_threshold_is_not_skipped(tmp_path: Path) -> None:
    """It stands in the result, and Extract water bodies takes it from there."""
    make_scene(tmp_path / "a.tif")
    scenes = with_destinations([str(tmp_path / "a.tif")], str(tmp_path / "out"))
    for threshold, done in ((None, 1), (None, 0), (0.4, 1), (0.4, 0), (0.6, 1), (None, 1)):
        assert len(many.predict_many(scenes, replace(MODEL, threshold=threshold)).done) == done
        assert provenance(scenes[0].destination).get("THRESHOLD") == (None if threshold is None else repr(threshold))


def nested(folder: Path) -> Path:
    """A virtual raster over a virtual raster over a file."""
    (folder / "behind").mkdir()
    make_scene(folder / "behind" / "a.tif", 300, 200)
    gdal.Translate(str(folder / "behind" / "inner.vrt"), str(folder / "behind" / "a.tif"), format="VRT")
    outer = gdal.BuildVRT(str(folder / "outer.vrt"), [str(folder / "behind" / "inner.vrt")])
    for number, name in enumerate(("green", "red", "nir"), start=1):
        outer.GetRasterBand(number).SetDescription(name)
    outer = None
    assert "inner.vrt" in (folder / "outer.vrt").read_text()
    return folder / "outer.vrt"


def change_file(folder: Path) -> None:
    make_scene(folder / "behind" / "a.tif", 300, 200, seed=7)


def change_inner(folder: Path) -> None:
    text = (folder / "behind" / "inner.vrt").read_text()
    (folder / "behind" / "inner.vrt").write_text(text.replace("<SourceBand>3<", "<SourceBand>2<"))


def add_mask(folder: Path) -> None:
    mask = gdal.GetDriverByName("GTiff").Create(str(folder / "behind" / "a.tif.msk"), 300, 200, 1, gdal.GDT_Byte)
    mask.SetMetadataItem("INTERNAL_MASK_FLAGS_1", "2")


def change_place(folder: Path) -> None:
    text = (folder / "outer.vrt").read_text()
    before = os.stat(folder / "outer.vrt")
    (folder / "outer.vrt").write_text(text.replace("5.0000000000000000e+05", "6.0000000000000000e+05"))
    os.utime(folder / "outer.vrt", ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [change_file, change_inner, add_mask, change_place])
def test_a_result_of_what_the_source_was_is_not_skipped(tmp_path: Path, change: Callable[[Path], None]) -> None:
    scenes = with_destinations([str(nested(tmp_path))], str(tmp_path / "out"))
    assert len(many.predict_many(scenes, MODEL).done) == 1
    assert len(many.predict_many(scenes, MODEL).skipped) == 1
    change(tmp_path)
    assert len(many.predict_many(scenes, MODEL).done) == 1


def test_a_sidecar_counts_for_what_it_says(tmp_path: Path) -> None:
    """Statistics that a viewer writes beside an image make no other image of it; another NoData value does."""
    make_scene(tmp_path / "a.tif", 300, 200)
    scenes = with_destinations([str(tmp_path / "a.tif")], str(tmp_path / "out"))
    assert len(many.predict_many(scenes, MODEL).done) == 1
    dataset = gdal.Open(str(tmp_path / "a.tif"))
    dataset.GetRasterBand(1).ComputeStatistics(False)
    dataset = None
    assert (tmp_path / "a.tif.aux.xml").exists()
    assert len(many.predict_many(scenes, MODEL).skipped) == 1
    bands = "".join(f'<PAMRasterBand band="{n}"><Offset>3</Offset><Scale>2</Scale></PAMRasterBand>' for n in (1, 2, 3))
    (tmp_path / "a.tif.aux.xml").write_text(f"<PAMDataset>{bands}</PAMDataset>")
    assert len(many.predict_many(scenes, MODEL).done) == 1


def test_a_task_that_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out", planning.UNIT_PIXELS), run="to be stopped")
    begun, stopped = threading.Event(), threading.Event()
    call = work.Predictor.__call__

    def held(self: work.Predictor, window: object) -> object:
        begun.set()
        assert stopped.wait(HANGS)
        return call(self, window)

    monkeypatch.setattr(work.Predictor, "__call__", held)
    failures: list[BaseException] = []

    def compute() -> None:
        try:
            work.compute(plan, 0)
        except CancelledError as error:
            failures.append(error)

    thread = threading.Thread(target=compute)
    thread.start()
    assert begun.wait(HANGS)
    assert work.stop("to be stopped") == 1
    stopped.set()
    thread.join(HANGS)
    assert len(failures) == 1
    assert work.stop("to be stopped") == 0
    assert os.listdir(tmp_path / "out") == []
    with pytest.raises(CancelledError):
        work.compute(plan, 0)


@pytest.mark.parametrize("kind", [InputError, OSError])
def test_a_tasks_failure_is_fit_to_be_sent(kind: type[Exception]) -> None:
    """Without what opens a door, and without a cause whose words nobody looked over; what isn't expected becomes a reason too."""
    with pytest.raises(WaterError) as failure, work._at_work("run"):
        msg = "https://h/a.tif?sig=abc is amiss"
        raise kind(msg)
    assert str(failure.value).endswith("https://h/a.tif?… is amiss")
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_a_scene_that_changes_meanwhile(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    work.compute(plan, 0)
    os.utime(tmp_path / "a.tif", (1, 1))
    with pytest.raises(RasterError, match="was changed"):
        work.compute(plan, 1)


def test_extra_bands_are_found_by_name(tmp_path: Path) -> None:
    """The model's inputs beyond the three are found in each scene, wherever they stand in it."""
    inputs = (*MODEL.inputs, replace(MODEL.inputs[0], name="swir_1", role="extra"))
    model = WaterModel(inputs, (Layer(np.array([[0.004, -0.002, -0.006, -0.001]]), np.array([3.0])),))
    for name, order in (("a", (1, 2, 3, 4)), ("b", (4, 3, 2, 1))):
        dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / f"{name}.tif"), 40, 30, 4, gdal.GDT_UInt16)
        for place, index in enumerate(order, start=1):
            dataset.GetRasterBand(place).SetDescription(("green", "red", "nir", "swir 1")[index - 1])
            dataset.GetRasterBand(place).Fill(100 * index)
        dataset = None
    scenes = with_destinations(find_rasters(str(tmp_path), "*.tif"), str(tmp_path / "out"))
    summary = many.predict_many(scenes, model)
    one, other = (gdal.Open(plan.scene.destination).ReadAsArray() for plan in summary.done)
    assert (one == other).all()
    assert [plan.roles.numbers for plan in summary.done] == [(1, 2, 3, 4), (4, 3, 2, 1)]
    failed = many.predict_many([Scene(str(make_scene(tmp_path / "c.tif")), str(tmp_path / "out" / "c.tif"))], model).failed
    assert "no band called swir_1" in failed[0].reason
    # Of two bands of that description neither is taken for its place.
    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "d.tif"), 40, 30, 5, gdal.GDT_UInt16)
    for place, description in enumerate(("green", "red", "nir", "swir 1", "SWIR 1"), start=1):
        dataset.GetRasterBand(place).SetDescription(description)
    dataset = None
    failed = many.predict_many([Scene(str(tmp_path / "d.tif"), str(tmp_path / "out" / "d.tif"))], model).failed
    assert "several bands of the description" in failed[0].reason


OWN = {"Python": "3.11", "NumPy": "1.24", "GDAL": "3.6", "ipeo_water_plugin.core": "abc", "dask": "2026.8.0", "distributed": "2026.8.0"}


def test_the_version_of_the_code_covers_all_that_a_worker_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose module differs in a line is unlike this one, whichever module it is."""
    core = Path(versions_module.__file__).parent.parent
    listing = "import ipeo_water_plugin.core.cluster.work, sys; print(*(m.__file__ for n, m in sys.modules.items() if '.core' in n))"
    said = subprocess.run([sys.executable, "-c", listing], cwd=core.parent.parent, capture_output=True, text=True, check=True).stdout
    loaded = [file for file in map(Path, said.split()) if core in file.parents]
    assert len(loaded) > 20
    copy = tmp_path / "core"
    shutil.copytree(core, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(versions_module, "_CORE", copy)
    names = {code.__wrapped__()}
    for file in loaded:
        with (copy / file.relative_to(core)).open("a") as module:
            module.write("# another\n")
        names.add(code.__wrapped__())
    assert len(names) == len(loaded) + 1


def test_versions_that_fit() -> None:
    assert set(versions()) == {"Python", "NumPy", "GDAL", "ipeo_water_plugin.core"}
    assert check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": OWN}) == []
    newer = {**OWN, "GDAL": "3.9"}
    assert check_versions(OWN, OWN, {"tcp://a": newer, "tcp://b": newer}) == ["GDAL 3.9 on the workers, 3.6 here"]


@pytest.mark.parametrize("name", ["Python", "ipeo_water_plugin.core", "dask", "distributed"])
def test_versions_that_must_be_the_same_everywhere(name: str) -> None:
    with pytest.raises(WaterError, match=rf"The worker tcp://b doesn't fit: {name} other there, {OWN[name]} here"):
        check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": {**OWN, name: "other"}})
    with pytest.raises(WaterError, match=f"The scheduler doesn't fit: {name}"):
        check_versions(OWN, {**OWN, name: "other"}, {})


@pytest.mark.parametrize("name", ["NumPy", "GDAL"])
def test_versions_that_must_be_the_same_on_all_workers(name: str) -> None:
    with pytest.raises(WaterError, match=f"The worker tcp://b doesn't fit: {name} other there, {OWN[name]} on tcp://a"):
        check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": {**OWN, name: "other"}})


def test_a_worker_that_lacks_the_package() -> None:
    error = ModuleNotFoundError("No module named 'ipeo_water_plugin'", name="ipeo_water_plugin")
    with pytest.raises(WaterError, match=r"worker tcp://b can't compute: Python there has no module ipeo_water_plugin\. Install"):
        check_versions(OWN, OWN, {"tcp://a": OWN, "tcp://b": error})


def test_time_in_words() -> None:
    assert [pace.time_text(seconds) for seconds in (0.2, 40, 119, 600, 3600, 9000)] == [
        "1 s",
        "40 s",
        "2 min",
        "10 min",
        "1 h 0 min",
        "2 h 30 min",
    ]


def test_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    progress = Recorder()
    told = pace.Pace(progress, 1000, 10)
    told.skip(500, 5)
    for _ in range(4):
        now[0] += 30
        told.add(50, 1)
    assert progress.lines[-1] == "9 of 10 scenes, 70% of the pixels; about 3 min left."
    told.add(-300)
    told.add(300)
    assert progress.fractions == sorted(progress.fractions)


def summary_of(folder: Path, **chosen: object) -> many.Summary:
    return run(folder, folder / "out", **chosen)


def test_a_mosaic(tmp_path: Path) -> None:
    """Side by side and overlapping; NoData lets the other one through; the folder may be moved."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    make_scene(folder / "a.tif", 300, 200)
    make_scene(folder / "b.tif", 300, 200, seed=1, corner=(500000 + 2000, 5800000 - 500))
    summary = summary_of(folder)
    write_mosaic(str(folder / "all.vrt"), summary.done, Recorder())
    (folder.parent / "moved").mkdir()
    folder = folder.rename(folder.parent / "moved" / "scenes")
    mosaic = gdal.Open(str(folder / "all.vrt"))
    a, b = (gdal.Open(str(folder / "out" / name)).ReadAsArray() for name in ("a.tif", "b.tif"))
    expected = np.full((250, 500), -9999, np.float32)
    expected[:200, :300] = a
    part = expected[50:250, 200:500]
    part[b != -9999] = b[b != -9999]
    assert mosaic.ReadAsArray().tobytes() == expected.tobytes()
    assert mosaic.GetRasterBand(1).GetNoDataValue() == -9999
    assert provenance(str(folder / "all.vrt"))["MODEL_SHA256"] == MODEL.digest


def test_a_mosaic_of_percent(tmp_path: Path) -> None:
    make_scene(tmp_path / "a.tif", 300, 200)
    write_mosaic(str(tmp_path / "all.vrt"), summary_of(tmp_path, settings=PredictionSettings("uint8")).done, Recorder())
    band = (mosaic := gdal.Open(str(tmp_path / "all.vrt"))).GetRasterBand(1)
    assert (band.GetScale(), band.GetNoDataValue(), band.DataType) == (0.01, 255, gdal.GDT_Byte)
    assert (mosaic.ReadAsArray() == gdal.Open(str(tmp_path / "out" / "a.tif")).ReadAsArray()).all()


def test_a_mosaic_has_the_finest_pixels(tmp_path: Path) -> None:
    """Across and down by themselves, whatever the order of the scenes, as GDAL's own mosaic of the highest resolution."""
    for name, seed, width, height, left in (("a", 0, 20, 10, 500000), ("b", 1, 10, 20, 504000), ("c", 2, 20, 20, 508000)):
        make_scene(tmp_path / f"{name}.tif", 200, 160, seed=seed)
        changed = gdal.Open(str(tmp_path / f"{name}.tif"), gdal.GA_Update)
        changed.SetGeoTransform([left, width, 0, 5800000, 0, -height])
        changed = None
    summary = summary_of(tmp_path)
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, Recorder())
    mosaic = gdal.Open(str(tmp_path / "all.vrt"))
    assert mosaic.GetGeoTransform() == (500000, 10, 0, 5800000, 0, -10)
    results = [plan.scene.destination for plan in summary.done]
    expected = gdal.BuildVRT("", results, resolution="highest")
    assert mosaic.GetGeoTransform() == expected.GetGeoTransform()
    assert mosaic.ReadAsArray().tobytes() == expected.ReadAsArray().tobytes()


def test_a_mosaic_of_names_that_xml_has_other_uses_for(tmp_path: Path) -> None:
    """Of a file, its folder, what it was made with, and the CRS."""
    folder = tmp_path / "R&D <1>"
    folder.mkdir()
    reference = osr.SpatialReference()
    reference.ImportFromProj4("+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84 +units=m")
    reference.SetProjCS("Land & <sea>")
    scene = gdal.Open(str(make_scene(folder / "ebb & <flow> 'n\" more.tif", 60, 50)), gdal.GA_Update)
    scene.SetSpatialRef(reference)
    scene = None
    made = 'lakes & "rivers" <2>.json'
    plans = [replace(plan, metadata={**plan.metadata, "MODEL": made}) for plan in summary_of(folder).done]
    for mosaic in (folder / "all.vrt", tmp_path / "elsewhere" / "all.vrt"):
        mosaic.parent.mkdir(exist_ok=True)
        write_mosaic(str(mosaic), plans, Recorder())
        opened = gdal.Open(str(mosaic))
        assert opened.ReadAsArray().tobytes() == gdal.Open(plans[0].scene.destination).ReadAsArray().tobytes()
        assert opened.GetSpatialRef().GetName() == "Land & <sea>"
        assert provenance(str(mosaic))["MODEL"] == made


def test_a_mosaic_over_two_zones(tmp_path: Path) -> None:
    """What lies in the zone next door is brought onto the zone that most are in."""
    for index in range(2):
        make_scene(tmp_path / f"{index}.tif", 300, 200, corner=(500000 + 3000 * index, 5800000))
    make_scene(tmp_path / "c.tif", 300, 200)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32632)
    other = gdal.Open(str(tmp_path / "c.tif"), gdal.GA_Update)
    other.SetSpatialRef(reference)
    # 15 degrees east, the middle of zone 33, as seen from zone 32.
    other.SetGeoTransform([908000, 10, 0, 5816000, 0, -10])
    other = None
    summary = summary_of(tmp_path)
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, Recorder())
    mosaic = gdal.Open(str(tmp_path / "all.vrt"))
    assert osr.SpatialReference(mosaic.GetProjection()).GetAuthorityCode(None) == "32633"
    left, _, _, top, _, _ = mosaic.GetGeoTransform()
    bounds = (left, top - 10 * mosaic.RasterYSize, left + 10 * mosaic.RasterXSize, top)
    expected = np.full((mosaic.RasterYSize, mosaic.RasterXSize), -9999, np.float32)
    for name in ("0", "1", "c"):
        source = str(tmp_path / "out" / f"{name}.tif")
        options = gdal.WarpOptions(format="MEM", dstSRS="EPSG:32633", xRes=10, yRes=10, outputBounds=bounds, dstNodata=-9999)
        there = gdal.Warp("", source, options=options).ReadAsArray()
        expected[there != -9999] = there[there != -9999]
    # At the edges of the third a pixel more or less is GDAL's choice.
    assert np.count_nonzero(mosaic.ReadAsArray() != expected) < 0.02 * np.count_nonzero(expected != -9999)
    assert np.count_nonzero(expected != -9999) > 2.5 * 300 * 200 * 0.8


def test_a_mosaic_without_place(tmp_path: Path) -> None:
    make_scene(tmp_path / "a.tif", 60, 50)
    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "b.tif"), 60, 50, 3, gdal.GDT_UInt16)
    for number, name in enumerate(("green", "red", "nir"), start=1):
        dataset.GetRasterBand(number).SetDescription(name)
    dataset = None
    summary, progress = summary_of(tmp_path), Recorder()
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, progress)
    assert gdal.Open(str(tmp_path / "all.vrt")).RasterXSize == 60
    assert "b.tif has no georeference" in progress.warnings[0]
    with pytest.raises(InputError, match="No result has a georeference"):
        write_mosaic(str(tmp_path / "none.vrt"), summary.done[1:], progress)
    with pytest.raises(InputError, match=r"doesn't end in \.vrt"):
        write_mosaic(str(tmp_path / "all.tif"), summary.done, progress)


def test_the_bar_reaches_its_end_whatever_the_shares_add_up_to() -> None:
    progress = Recorder()
    told = pace.Pace(progress, 1, 10)
    for _ in range(10):
        told.add(0.1, scenes=1)
    assert progress.fractions[-1] == 1
    assert progress.fractions[-2] < 1


def test_a_client_that_nobody_answers_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to the garbage collector it may be collected in the middle of the making of the next, and both wait for ever."""
    monkeypatch.setattr("ipeo_water_plugin.core.cluster.crew._CONNECT", "1s")
    before = set(threading.enumerate())
    gc.disable()
    try:
        kept = []
        for _ in range(3):
            with pytest.raises(InputError) as error, crew_at("nonsense", "run", SilentProgress()):
                pass
            kept.append(error)
        assert [thread.name for thread in set(threading.enumerate()) - before if thread.name == "IO loop"] == []
    finally:
        gc.enable()
