"""What a run over many rasters is made of: names, pieces of large scenes, tasks that stop, versions, and the mosaic."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from continent import MODEL, PIECES, SMALL, Recorder, assert_equal_to_a_single_machine, make_scene, run
from machines import HANGS
from osgeo import gdal, gdal_array, osr

from ipeo_water_plugin.core.cluster import many, meter, planning, tasks
from ipeo_water_plugin.core.cluster import versions as versions_module
from ipeo_water_plugin.core.cluster.mosaic import write_mosaic
from ipeo_water_plugin.core.cluster.scenes import Scene, find_rasters, with_destinations
from ipeo_water_plugin.core.cluster.versions import check_versions, code, versions
from ipeo_water_plugin.core.cluster.workers import workers_at
from ipeo_water_plugin.core.errors import CancelledError, InputError, RasterError, WaterError
from ipeo_water_plugin.core.model import Layer, WaterModel
from ipeo_water_plugin.core.prediction import predict as predict_module
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


def plan_of(scene: Path, out: Path, max_pixels: int = SMALL, **chosen: Any) -> planning.Plan:
    (placed,) = with_destinations([str(scene)], str(out))
    (beside,) = planning.beside_each([placed])
    return tasks.examine(planning.Order("run", **{"model": MODEL, "max_pixels": max_pixels, **chosen}), placed, beside)


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


@pytest.mark.parametrize("max_pixels", [10**9, SMALL])
def test_a_result_of_another_image_of_the_name_stays(tmp_path: Path, max_pixels: int) -> None:
    """Of last year's folder, say; not where that image is gone, since it may have been moved here."""
    for year in (2020, 2021):
        (tmp_path / str(year)).mkdir()
        make_scene(tmp_path / str(year) / "a.tif", seed=year)
    (first,) = run(tmp_path / "2020", tmp_path / "out", max_pixels=max_pixels).done
    shown = gdal.Open(first.destination).ReadAsArray()
    (failure,) = run(tmp_path / "2021", tmp_path / "out", max_pixels=max_pixels).failed
    assert f"was made of {tmp_path / '2020' / 'a.tif'}, so it isn't replaced" in failure.reason
    assert gdal.Open(first.destination).ReadAsArray().tobytes() == shown.tobytes()
    (tmp_path / "link").symlink_to(tmp_path / "2020")
    assert len(run(tmp_path / "link", tmp_path / "out", max_pixels=max_pixels).done) == 1
    shutil.rmtree(tmp_path / "2020")
    assert len(run(tmp_path / "2021", tmp_path / "out", max_pixels=max_pixels).done) == 1


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
def test_pieces_that_a_power_loss_left_broken_are_computed_again(tmp_path: Path, way: str) -> None:
    """And those alone, whether their scene was finished or not."""
    plan = plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out")
    for number in plan.waiting:
        tasks.compute(plan, number)
    for joined in (False, True):
        if joined:
            tasks.join(plan)
        for number in (1, 4):
            piece = Path(plan.pieces[number].destination)
            piece.write_bytes(broken(piece.read_bytes(), way))
        assert plan_of(tmp_path / "a.tif", tmp_path / "out").waiting == (1, 4)
        summary = run(tmp_path, tmp_path / "out", max_pixels=SMALL)
        assert (len(summary.done), summary.failed) == (1, ())
        assert_equal_to_a_single_machine(summary, tmp_path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("options", "max_pixels"),
    [({}, 10**9), ({"creation_options": ("COMPRESS=NONE",)}, 10**9), ({"format": "cog"}, 10**9), ({}, SMALL)],
    ids=["zstd", "none", "cog", "pieces"],
)
def test_a_broken_result_is_not_skipped(tmp_path: Path, way: str, options: dict, max_pixels: int) -> None:
    make_scene(tmp_path / "a.tif")
    chosen = {"settings": PredictionSettings(**options), "max_pixels": max_pixels}
    (plan,) = run(tmp_path, tmp_path / "out", **chosen).done
    assert len(run(tmp_path, tmp_path / "out", **chosen).skipped) == 1
    result = Path(plan.destination)
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


def test_a_result_of_a_part_of_a_file_that_changed_is_not_skipped(tmp_path: Path) -> None:
    """A table of a GeoPackage, and an image in an archive that keeps its time."""

    def pack(seed: int) -> None:
        scene = make_scene(tmp_path / "a.tif", 60, 50, seed=seed)
        os.utime(scene, (1e9, 1e9))
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(scene, "a.tif")
        (tmp_path / "a.gpkg").unlink(missing_ok=True)
        image = gdal_array.OpenArray(np.full((3, 50, 60), 7 + seed, np.uint8))
        image.SetGeoTransform([500000, 10, 0, 5800000, 0, -10])
        image.SetProjection(gdal.Open(str(scene)).GetProjection())
        gdal.GetDriverByName("GPKG").CreateCopy(str(tmp_path / "a.gpkg"), image, options=["RASTER_TABLE=t", "TILE_FORMAT=PNG"])

    for name in (f"GPKG:{tmp_path / 'a.gpkg'}:t", f"/vsizip/{tmp_path / 'a.zip'}/a.tif"):
        pack(0)
        scenes = with_destinations([name], str(tmp_path / "out"))
        bands = planning.Bands(1, 2, 3)
        assert len(many.predict_many(scenes, MODEL, bands=bands).done) == 1
        assert len(many.predict_many(scenes, MODEL, bands=bands).skipped) == 1
        pack(1)
        assert len(many.predict_many(scenes, MODEL, bands=bands).done) == 1


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
    plan = replace(plan_of(make_scene(tmp_path / "a.tif"), tmp_path / "out", 10**9), run="to be stopped")
    begun, stopped = threading.Event(), threading.Event()
    call = predict_module.Predictor.__call__

    def held(self: predict_module.Predictor, window: object) -> object:
        begun.set()
        assert stopped.wait(HANGS)
        return call(self, window)

    monkeypatch.setattr(predict_module.Predictor, "__call__", held)
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
    call = predict_module.Predictor.__call__

    def touching(self: predict_module.Predictor, window: object) -> object:
        piece = call(self, window)
        monkeypatch.setattr(tasks, "source_state", lambda source: "another")
        return piece

    monkeypatch.setattr(predict_module.Predictor, "__call__", touching)
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


OWN = {"Python": "3.11", "NumPy": "1.24", "GDAL": "3.6", "ipeo_water_plugin.core": "abc", "dask": "2026.8.0", "distributed": "2026.8.0"}


def test_the_version_of_the_code_covers_all_that_a_worker_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose module differs in a line is unlike this one, whichever module it is."""
    core = Path(versions_module.__file__).parent.parent
    listing = "import ipeo_water_plugin.core.cluster.tasks, sys; print(*(m.__file__ for n, m in sys.modules.items() if '.core' in n))"
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


@pytest.mark.parametrize("turned", [False, True])
def test_a_mosaic_of_scenes_without_a_crs(tmp_path: Path, turned: bool) -> None:
    """Coordinates in no CRS are no place beside those in one; among themselves they are."""
    for index, name in enumerate("abc"):
        scene = gdal.Open(str(make_scene(tmp_path / f"{name}.tif", 60, 50, corner=(500000 + 600 * index, 5800000))), gdal.GA_Update)
        if name != "c":
            scene.SetProjection("")
        if name == "b" and turned:
            scene.SetGeoTransform([500600, 10, 1, 5800000, 1, -10])
        scene = None
    summary, progress = summary_of(tmp_path), Recorder()
    write_mosaic(str(tmp_path / "all.vrt"), summary.done, progress)
    assert gdal.Open(str(tmp_path / "all.vrt")).GetGeoTransform()[0] == 501200
    assert gdal.Open(str(tmp_path / "all.vrt")).RasterXSize == 60
    assert [line.rpartition("/out/")[2].partition(",")[0] for line in progress.warnings] == ["a.tif has no CRS", "b.tif has no CRS"]
    write_mosaic(str(tmp_path / "none.vrt"), summary.done[:2], progress)
    assert gdal.Open(str(tmp_path / "none.vrt")).RasterXSize in ({124, 125, 126} if turned else {120})


def test_the_bar_reaches_its_end_whatever_the_shares_add_up_to() -> None:
    progress = Recorder()
    told = meter.ProgressMeter(progress, 1, 10)
    for _ in range(10):
        told.add(0.1, scenes=1)
    assert progress.fractions[-1] == 1
    assert progress.fractions[-2] < 1


def test_a_client_that_nobody_answers_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to the garbage collector it may be collected in the middle of the making of the next, and both wait for ever."""
    monkeypatch.setattr("ipeo_water_plugin.core.cluster.workers._CONNECT", "1s")
    before = set(threading.enumerate())
    gc.disable()
    try:
        kept = []
        for _ in range(3):
            with pytest.raises(InputError) as error, workers_at("nonsense", "run", SilentProgress()):
                pass
            kept.append(error)
        assert [thread.name for thread in set(threading.enumerate()) - before if thread.name == "IO loop"] == []
    finally:
        gc.enable()
