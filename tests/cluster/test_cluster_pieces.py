"""Pieces of large scenes, what their results may replace, and tasks that stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from continent import MODEL, PIECES, SMALL, Recorder, make_scene, plan_of, run
from osgeo import gdal
from patience import HANGS

from ipeo_water_plugin.core.cluster import many, meter, planning, tasks
from ipeo_water_plugin.core.cluster.scenes import Scene, find_rasters, with_destinations
from ipeo_water_plugin.core.errors import CancelledError, InputError, RasterError, WaterError
from ipeo_water_plugin.core.model import Layer, WaterModel
from ipeo_water_plugin.core.prediction import predict as predict_module
from ipeo_water_plugin.core.prediction.predict import PredictionSettings
from ipeo_water_plugin.core.raster import gdal_errors
from ipeo_water_plugin.core.system import files
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


def test_pieces_cover_a_scene_once(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    covered = np.zeros((600, 1100), int)
    for piece in plan.pieces:
        window = piece.window
        covered[window.row : window.row + window.height, window.column : window.column + window.width] += 1
        # Whole in the source's blocks, and in the tiles that are written.
        assert window.column % 512 == window.row % 512 == 0
    assert (covered == 1).all()
    assert len({piece.destination for piece in plan.pieces}) == PIECES
    assert plan.waiting == tuple(range(PIECES))
    assert len(plan_of(tmp_path / "a.tif", tmp_path / "out", 1100 * 600).pieces) == 1


def test_pieces_of_a_scene_beyond_a_billion_pixels(tmp_path: Path) -> None:
    """A few, or one file."""
    for name, width, height, pieces in (
        ("a", 40000, 30000, 6),
        ("b", 31000, 31000, 1),
        ("c", 2_000_000, 600, 10),
        ("d", 600, 2_000_000, 5),
    ):
        options = ["TILED=YES", "SPARSE_OK=YES", "BIGTIFF=YES"]
        dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / f"{name}.tif"), width, height, 3, gdal.GDT_UInt16, options=options)
        for number, description in enumerate(("green", "red", "nir"), start=1):
            dataset.GetRasterBand(number).SetDescription(description)
        dataset = None
        plan = plan_of(tmp_path / f"{name}.tif", tmp_path / "out", planning.MAX_SCENE_PIXELS)
        assert len(plan.pieces) == pieces
        assert sum(piece.window.pixels for piece in plan.pieces) == width * height
        assert max(piece.window.pixels for piece in plan.pieces) <= planning.MAX_SCENE_PIXELS


def test_pieces_that_exist_are_not_computed(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    for number in (0, 3):
        tasks.compute(plan, number)
    assert plan_of(tmp_path / "a.tif", tmp_path / "out").waiting == (1, 2, 4, 5)
    # Of another model, or of the scene as it was, they are of no use.
    assert plan_of(tmp_path / "a.tif", tmp_path / "out", model=replace(MODEL, threshold=0.3)).waiting == tuple(range(PIECES))
    os.utime(tmp_path / "a.tif", (1, 1))
    assert plan_of(tmp_path / "a.tif", tmp_path / "out").waiting == tuple(range(PIECES))
    assert len(run(tmp_path, tmp_path / "out", max_pixels=SMALL).done) == 1
    # They are gone once the result is whole.
    assert len(os.listdir(tmp_path / "out")) == 2


def test_a_result_shows_pieces_of_one_prediction(tmp_path: Path) -> None:
    """The earlier result stays until the pieces of the new one are all there, and is replaced at once."""
    (earlier,) = run(make_scene(tmp_path / "a.tif").parent, tmp_path / "out", max_pixels=SMALL).done
    shown = gdal.Open(earlier.destination).ReadAsArray()
    other = replace(MODEL, layers=(Layer(MODEL.layers[0].weights / 2, MODEL.layers[0].bias),))
    plan = plan_of(tmp_path / "a.tif", tmp_path / "out", model=other)
    assert plan.destination == earlier.destination
    for number in plan.waiting:
        tasks.compute(plan, number)
        assert (gdal.Open(earlier.destination).ReadAsArray() == shown).all()
    tasks.join(plan)
    assert (gdal.Open(earlier.destination).ReadAsArray() != shown).mean() > 0.9
    assert not Path(earlier.pieces[0].destination).exists()
    # With the earlier model again: that result was replaced as a whole.
    assert plan_of(tmp_path / "a.tif", tmp_path / "out").waiting == tuple(range(PIECES))


def test_pieces_that_another_virtual_raster_shows_stay(tmp_path: Path) -> None:
    """An earlier result that was renamed to keep it, or copied, still has its pieces; so has a file that somebody put among them."""
    other = replace(MODEL, layers=(Layer(MODEL.layers[0].weights / 2, MODEL.layers[0].bias),))
    third = replace(MODEL, layers=(Layer(MODEL.layers[0].weights / 3, MODEL.layers[0].bias),))
    make_scene(tmp_path / "a&b.tif")
    (scene,) = with_destinations([str(tmp_path / "a&b.tif")], str(tmp_path / "out"))
    scene = replace(scene, destination=str(tmp_path / "out" / "a&b.tif"))
    (first,) = many.predict_many([scene], MODEL, max_pixels=SMALL).done
    kept = Path(first.destination).rename(tmp_path / "out" / "a of may.vrt")
    shown = gdal.Open(str(kept)).ReadAsArray()
    (second,) = many.predict_many([scene], other, max_pixels=SMALL).done
    assert gdal.Open(str(kept)).ReadAsArray().tobytes() == shown.tobytes()
    note = Path(second.pieces[0].destination).with_name("note.txt")
    note.touch()
    many.predict_many([scene], third, max_pixels=SMALL)
    assert gdal.Open(str(kept)).ReadAsArray().tobytes() == shown.tobytes()
    assert os.listdir(note.parent) == ["note.txt"]
    kept.unlink()
    many.predict_many([scene], other, max_pixels=SMALL)
    assert not Path(first.pieces[0].destination).parent.exists()


def test_a_piece_that_is_gone_when_they_are_joined(tmp_path: Path) -> None:
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    for number in plan.waiting:
        tasks.compute(plan, number)
    Path(plan.pieces[2].destination).unlink()
    with pytest.raises(RasterError, match=r"a_1_3\.tif was removed"):
        tasks.join(plan)
    assert not Path(plan.destination).exists()
    assert len(run(tmp_path, tmp_path / "out", max_pixels=SMALL).done) == 1


def test_a_scene_in_pieces_without_georeference(tmp_path: Path) -> None:
    """Its ground control points, which name pixels of the whole scene, are the result's."""
    make_scene(tmp_path / "scene.tif")
    plain = tmp_path / "scenes" / "a.tif"
    plain.parent.mkdir()
    source = gdal.Open(str(tmp_path / "scene.tif"))
    points = [gdal.GCP(13 + x / 1e4, 52 - y / 1e4, 0, x, y) for x, y in ((0, 0), (1100, 0), (0, 600), (1100, 600))]
    gdal.Translate(str(plain), source, options=gdal.TranslateOptions(GCPs=points, outputSRS="EPSG:4326"))
    (plan,) = run(plain.parent, tmp_path / "out", max_pixels=SMALL).done
    result = gdal.Open(plan.destination)
    assert [(p.GCPX, p.GCPY, p.GCPPixel, p.GCPLine) for p in result.GetGCPs()] == [(p.GCPX, p.GCPY, p.GCPPixel, p.GCPLine) for p in points]
    assert gdal.Open(plan.pieces[1].destination).GetGCPCount() == 0
    (whole,) = run(plain.parent, tmp_path / "whole").done
    assert result.ReadAsArray().tobytes() == gdal.Open(whole.destination).ReadAsArray().tobytes()


def test_a_raster_under_the_name_of_the_virtual_one_stays(tmp_path: Path) -> None:
    """Also one of one band, as large as the result."""
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    mask = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "mask.tif"), 1100, 600, 1, gdal.GDT_Byte)
    mask.GetRasterBand(1).Fill(1)
    mask = None
    gdal.Translate(str(tmp_path / "mask.vrt"), str(tmp_path / "mask.tif"), format="VRT")
    (tmp_path / "out").mkdir()
    for foreign in (tmp_path / "mask.vrt", tmp_path / "a.tif"):
        shutil.copy(foreign, plan.destination)
        (failure,) = many.predict_many([plan.scene], MODEL, max_pixels=SMALL).failed
        assert "a.vrt exists and isn't a result of this plugin" in failure.reason
        assert Path(plan.destination).read_bytes() == foreign.read_bytes()


def heard(sources: Path, results: Path, max_pixels: int) -> list[str]:
    """Predict all scenes of a folder, and return the warnings."""
    recorder = Recorder()
    assert len(run(sources, results, max_pixels=max_pixels, progress=recorder).failed) == 0
    return recorder.warnings


@pytest.mark.parametrize("max_pixels", [10**9, SMALL])
def test_a_result_of_another_place_stays_and_one_of_another_night_is_replaced(tmp_path: Path, max_pixels: int) -> None:
    """Each night's folder into one folder of latest maps is told; another tile's image of the name, perhaps by mistake, is refused."""
    # The scenes of two nights needn't have quite the same edges.
    for seed, (folder, left) in enumerate((("monday", 500000), ("tuesday", 500500), ("elsewhere", 510000))):
        (tmp_path / folder).mkdir()
        make_scene(tmp_path / folder / "a.tif", seed=seed, corner=(left, 5800000))
    (first,) = run(tmp_path / "monday", tmp_path / "out", max_pixels=max_pixels).done
    shown = gdal.Open(first.destination).ReadAsArray()
    (failure,) = run(tmp_path / "elsewhere", tmp_path / "out", max_pixels=max_pixels).failed
    assert f"was made of {tmp_path / 'monday' / 'a.tif'}, which shows another place, so it isn't replaced" in failure.reason
    assert gdal.Open(first.destination).ReadAsArray().tobytes() == shown.tobytes()
    (tmp_path / "link").symlink_to(tmp_path / "monday")
    assert not heard(tmp_path / "link", tmp_path / "out", max_pixels)
    (warning,) = heard(tmp_path / "tuesday", tmp_path / "out", max_pixels)
    assert warning.startswith(str(tmp_path / "tuesday" / "a.tif"))
    assert f"was made of {tmp_path / 'link' / 'a.tif'}, and is replaced" in warning
    assert gdal.Open(first.destination).ReadAsArray().tobytes() != shown.tobytes()
    shutil.rmtree(tmp_path / "tuesday")
    assert len(run(tmp_path / "elsewhere", tmp_path / "out", max_pixels=max_pixels).done) == 1


def test_an_earlier_result_of_the_other_kind_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    make_scene(tmp_path / "in" / "lake.tif")
    for max_pixels, kept, written in ((10**9, "", "lake.tif"), (SMALL, "lake.tif", "lake.vrt"), (10**9, "lake.vrt", "lake.tif")):
        warnings = heard(tmp_path / "in", tmp_path / "out", max_pixels)
        assert [f"{tmp_path / 'out' / kept} stays beside {tmp_path / 'out' / written}" in text for text in warnings] == [True] * bool(kept)


def test_a_size_that_is_none(tmp_path: Path) -> None:
    make_scene(tmp_path / "a.tif")
    for size in (0, -5):
        with pytest.raises(InputError, match="must be at least 1"):
            run(tmp_path, tmp_path / "out", max_pixels=size)


def test_what_is_no_raster_stays_under_the_name_of_a_result(tmp_path: Path) -> None:
    """A virtual layer of vectors, a virtual raster whose file is out of reach, a text: none can be opened, and none is a torn result."""
    make_scene(tmp_path / "a.tif")
    gdal.Warp(str(tmp_path / "far.vrt"), str(make_scene(tmp_path / "far.tif", 60, 50)), format="VRT", dstSRS="EPSG:4326")
    (tmp_path / "far.tif").unlink()
    layer = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>a.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    for content in (layer.encode(), (tmp_path / "far.vrt").read_bytes(), b"notes on the lake"):
        for name, pixels in (("a.vrt", SMALL), ("a.tif", 10**9)):
            target = tmp_path / "out" / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
            (failure,) = run(tmp_path, tmp_path / "out", max_pixels=pixels).failed
            assert f"{name} exists and isn't a result of this plugin" in failure.reason
            assert target.read_bytes() == content


def test_what_a_killed_process_left_among_pieces_goes_with_them(tmp_path: Path) -> None:
    """Or the folder would stay for ever: no later run writes into it."""
    make_scene(tmp_path / "a.tif")
    (plan,) = run(tmp_path, tmp_path / "out", max_pixels=SMALL).done
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    mine = files.temporary_beside(Path(plan.pieces[0].destination), ".tif")
    mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-")).write_bytes(b"half")
    (other,) = run(tmp_path, tmp_path / "out", max_pixels=SMALL, settings=PredictionSettings("uint8")).done
    assert sorted(os.listdir(tmp_path / "out")) == ["a.vrt", other.metadata["PIECES"]]


def test_what_lies_elsewhere_is_computed_again(tmp_path: Path) -> None:
    """A piece that was copied over another one of its size, and a result whose georeference was changed in the file or beside it."""
    scene, out = make_scene(tmp_path / "a.tif", 1024, 1024), tmp_path / "out"
    (plan,) = run(tmp_path, out, max_pixels=SMALL).done
    right = gdal.Open(plan.destination).ReadAsArray()
    shutil.copy(plan.pieces[1].destination, plan.pieces[0].destination)
    summary = run(tmp_path, out, max_pixels=SMALL)
    assert (len(summary.done), summary.failed) == (1, ())
    np.testing.assert_array_equal(gdal.Open(plan.destination).ReadAsArray(), right)
    assert len(run(tmp_path, out, max_pixels=SMALL).skipped) == 1
    place = gdal.Open(str(scene)).GetGeoTransform()
    for beside in (False, True):
        (whole,) = (*(summary := run(tmp_path, out)).done, *summary.skipped)
        if beside:
            Path(whole.destination + ".aux.xml").write_text("<PAMDataset><GeoTransform>1,10,0,9,0,-10</GeoTransform></PAMDataset>")
        else:
            moved = gdal.Open(whole.destination, gdal.GA_Update)
            moved.SetGeoTransform((1, 10, 0, 9, 0, -10))
            moved = None
        assert len(run(tmp_path, out).done) == 1
        assert gdal.Open(whole.destination).GetGeoTransform() == place
        assert len(run(tmp_path, out).skipped) == 1


@pytest.mark.parametrize(
    "place", [None, (0, 1, 0, 0, 0, 1), (7, 3, 0, 5, 0, 3), (7, 3, 1, 5, 1, -3), (7, -3, 0, 5, 0, -3), (1e-9, 1e-9, 0, 60, 0, -1e-9)]
)
def test_whatever_its_place_a_result_is_skipped(tmp_path: Path, place: tuple[float, ...] | None) -> None:
    options = {"format": "GTiff", "width": 1024, "height": 600}
    scene = gdal.Translate(str(tmp_path / "a.tif"), str(make_scene(tmp_path / "image")), **options)
    scene.SetGeoTransform(place or (0, 1, 0, 0, 0, 1))
    if place is None:
        scene.SetGCPs([gdal.GCP(x * 9, y * 9, 0, x, y) for x, y in ((0, 0), (1000, 0), (0, 500), (900, 500))], scene.GetProjection())
    scene = None
    for pixels in (SMALL, 10**9):
        assert len(run(tmp_path, tmp_path / "out", max_pixels=pixels).done) == 1
        assert len(run(tmp_path, tmp_path / "out", max_pixels=pixels).skipped) == 1


def test_a_pipe_under_the_name_of_a_result_or_beside_it_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is anything taken out of it."""
    scene, out = make_scene(tmp_path / "a.tif"), tmp_path / "out"
    run(tmp_path, out, max_pixels=SMALL)
    with contextlib.ExitStack() as held:
        for name in ("a.tif", "b.vrt"):
            os.mkfifo(out / name)
            # With a writer and some content, so that a run that reads it fails instead of waiting for ever.
            held.callback(os.close, pipe := os.open(out / name, os.O_RDWR | os.O_NONBLOCK))
            os.write(pipe, b"text" * 4096)
        (failure,) = run(tmp_path, out).failed
        assert "a.tif exists and isn't a result of this plugin" in failure.reason
        # Pieces of the earlier result are looked for in other virtual rasters.
        make_scene(scene, seed=1)
        assert len(run(tmp_path, out, max_pixels=SMALL).done) == 1
        assert len(os.read(pipe, 2**20)) == 4 * 4096
    assert not gdal_errors.read_bytes("/dev/zero", 4)


def test_no_virtual_raster_over_pieces_takes_the_place_of_an_output_or_a_source(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    out, scene = tmp_path / "out", make_scene(tmp_path / "scenes" / "a.tif")
    scenes = with_destinations([str(scene)], str(out))
    with pytest.raises(InputError, match=r"a\.vrt and .*a\.vrt can't both be written"):
        many.predict_many(scenes, MODEL, outputs=[str(out / "a.vrt")], max_pixels=SMALL)
    assert os.listdir(out) == []
    # Where it isn't cut, there is no such file.
    assert len(many.predict_many(scenes, MODEL, outputs=[str(out / "a.vrt")]).done) == 1
    gdal.Translate(str(tmp_path / "a.vrt"), str(scene), format="VRT")
    before = (tmp_path / "a.vrt").read_bytes()
    (failure,) = many.predict_many(with_destinations([str(tmp_path / "a.vrt")], str(tmp_path)), MODEL, max_pixels=SMALL).failed
    assert "a.vrt is the input itself" in failure.reason
    assert (tmp_path / "a.vrt").read_bytes() == before


def test_a_task_that_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out", 10**9), run="to be stopped")
    begun, stopped = threading.Event(), threading.Event()
    call = predict_module.Predictor.read

    def held(self: predict_module.Predictor, window: object) -> object:
        begun.set()
        assert stopped.wait(HANGS)
        return call(self, window)

    monkeypatch.setattr(predict_module.Predictor, "read", held)
    failures: list[BaseException] = []

    def compute() -> None:
        try:
            tasks.compute(plan, 0)
        except CancelledError as error:
            failures.append(error)

    thread = threading.Thread(target=compute)
    thread.start()
    assert begun.wait(HANGS)
    assert tasks.stop("to be stopped") == 1
    stopped.set()
    thread.join(HANGS)
    assert len(failures) == 1
    assert tasks.stop("to be stopped") == 0
    assert os.listdir(tmp_path / "out") == []
    with pytest.raises(CancelledError):
        tasks.compute(plan, 0)


@pytest.mark.parametrize("kind", [InputError, OSError])
def test_a_tasks_failure_is_fit_to_be_sent(kind: type[Exception]) -> None:
    """Without credentials, and without a cause whose message wasn't redacted; an unexpected exception becomes a reason too."""
    with pytest.raises(WaterError) as failure, tasks._active_task("run"):
        msg = "https://h/a.tif?sig=abc is wrong"
        raise kind(msg)
    assert str(failure.value).endswith("https://h/a.tif?… is wrong")
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_a_scene_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two pieces, while one is computed, and before they are joined."""
    scene = make_scene(tmp_path / "a.tif")
    plan = plan_of(scene, tmp_path / "out")
    tasks.compute(plan, 0)
    os.utime(scene, (1, 1))
    with pytest.raises(RasterError, match="was changed"):
        tasks.compute(plan, 1)
    with pytest.raises(RasterError, match="was changed"):
        tasks.join(plan)
    plan = plan_of(scene, tmp_path / "out")
    call = predict_module.Predictor.read

    def touching(self: predict_module.Predictor, window: object) -> object:
        piece = call(self, window)
        monkeypatch.setattr(tasks, "source_state", lambda source: "another")
        return piece

    monkeypatch.setattr(predict_module.Predictor, "read", touching)
    with pytest.raises(RasterError, match="was changed"):
        tasks.compute(plan, 1)
    assert not Path(plan.pieces[1].destination).exists()


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


def test_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(meter.time, "monotonic", lambda: now[0])
    progress = Recorder()
    told = meter.ProgressMeter(progress, 1000, 10, skipped=500, ended=5)
    for _ in range(4):
        now[0] += 30
        told.add(50, 1)
    assert progress.lines[-1] == "9 of 10 scenes, 70% of the pixels; about 3 min left."
    # What failed is computed again, and doesn't move the bar back.
    for _ in range(2):
        within = told.within(300)
        for fraction in (0.0, 0.5):
            within.set(fraction)
    assert progress.fractions[-1] == 0.85
    assert progress.fractions == sorted(progress.fractions)


def test_the_bar_reaches_its_end_whatever_the_shares_add_up_to() -> None:
    progress = Recorder()
    told = meter.ProgressMeter(progress, 1, 10)
    for _ in range(10):
        told.add(0.1, scenes=1)
    assert progress.fractions[-1] == 1
    assert progress.fractions[-2] < 1
