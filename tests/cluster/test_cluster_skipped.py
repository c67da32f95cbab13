"""Which results are skipped: those that are complete, and of the same source, model and settings. All others are computed again."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from continent import MODEL, SMALL, assert_equal_to_a_single_machine, make_scene, plan_of, run
from osgeo import gdal, gdal_array
from patience import spread

from ipeo_water_plugin.core.cluster import many, planning, tasks
from ipeo_water_plugin.core.cluster.scenes import with_destinations
from ipeo_water_plugin.core.prediction.predict import PredictionSettings
from ipeo_water_plugin.core.raster.geotiff import provenance


def broken(content: bytes, way: str) -> bytes:
    """What a power loss, a full disk or an interrupted copy makes of a file."""
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


STORED: dict[str, tuple[dict[str, Any], int]] = {
    "zstd": ({}, 10**9),
    "none": ({"creation_options": ("COMPRESS=NONE",)}, 10**9),
    "cog": ({"format": "cog"}, 10**9),
    "pieces": ({}, SMALL),
}


@pytest.mark.parametrize(("way", "stored"), spread(WAYS, STORED))
def test_a_broken_result_is_not_skipped(tmp_path: Path, way: str, stored: str) -> None:
    options, max_pixels = STORED[stored]
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
