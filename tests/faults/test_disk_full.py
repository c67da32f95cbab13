"""A full disk: a small file system in memory that runs out of space at creation, while writing, and at closing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import scenes
from osgeo import gdal
from patience import spread

from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.grid import Grid
from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.raster import geotiff
from ipeo_water_plugin.core.raster.band_statistics import Statistics
from ipeo_water_plugin.core.raster.creation_options import RasterKind
from ipeo_water_plugin.core.raster.geotiff import GeoTiffWriter


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a file system of so many KiB; skipped, with the reason, where that isn't allowed."""
    mounted: list[Path] = []

    def mount(kib: int) -> Path:
        folder = tmp_path / f"disk {kib}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two million pixels whose probability hardly compresses."""
    return scenes.write_scene(tmp_path_factory.mktemp("image") / "image.tif", scenes.pixels(1400, 1500), ("TILED=YES",))


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def full(image: Path, target: Path, **chosen: object) -> str:
    said = scenes.failure(image, target, **chosen)
    assert str(target) in said
    assert re.search(r"full|free", said), said
    assert re.search(r"\d (bytes?|KiB|MiB|GiB)", said), said
    return said


@pytest.mark.parametrize("kind", ["gtiff", "cog"])
@pytest.mark.parametrize("kib", [16, 64, 300, 1000, 2000, 3000])
def test_a_prediction_that_runs_over(disk: Callable[[int], Path], image: Path, kib: int, kind: str) -> None:
    target = disk(kib) / "p.tif"
    full(image, target, format=kind)


@pytest.mark.parametrize(("share", "codec"), spread([0.05, 0.5, 0.9, 0.98], ["NONE", "DEFLATE", "LZW"]))
def test_with_an_earlier_result_and_any_codec(disk: Callable[[int], Path], image: Path, tmp_path: Path, codec: str, share: float) -> None:
    options = (f"COMPRESS={codec}",)
    scenes.run(image, tmp_path / "p.tif", creation_options=options)
    size = (tmp_path / "p.tif").stat().st_size
    target = disk(int(size * share / 1024) + 8) / "p.tif"
    target.write_bytes(b"an earlier result")
    full(image, target, creation_options=options)
    assert target.read_bytes() == b"an earlier result"


def test_at_creation(disk: Callable[[int], Path], image: Path) -> None:
    folder = disk(64)
    (folder / "filling").write_bytes(bytes(_free(folder)))
    full(image, folder / "p.tif")


def test_only_at_closing(disk: Callable[[int], Path]) -> None:
    """GDAL keeps everything in its cache until the file is closed, so that the disk shows only then."""
    folder = disk(256)
    grid = Grid(512, 256, (500000, 10, 0, 5800000, 0, -10), "")
    values = np.random.default_rng(0).random((256, 512)).astype(np.float32)
    target = folder / "p.tif"
    with (
        pytest.raises(WaterError, match=r"p\.tif.*(full|free)"),
        GeoTiffWriter(target, grid, RasterKind(gdal.GDT_Float32, -9999.0, ""), (256, 256)) as writer,
    ):
        writer.write(grid.window, values)
        writer.close(Statistics.from_values(values), {})
        writer.place()
    assert list(folder.iterdir()) == []


def test_it_is_told_before_the_work_where_it_is_plain(disk: Callable[[int], Path], image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = disk(2000) / "p.tif"
    read: list[object] = []
    seen = lambda *given: read.append(given) or (part for part in ())  # noqa: E731
    monkeypatch.setattr("ipeo_water_plugin.core.prediction.predict.read_windows", seen)
    said = full(image, target, creation_options=("COMPRESS=NONE",))
    assert "needs at least 8.0 MiB" in said
    assert read == []


def test_a_result_that_compresses_well_is_not_refused(disk: Callable[[int], Path], tmp_path: Path) -> None:
    """32 MiB of pixels become a few kilobytes where nothing is valid."""
    blank = scenes.write_scene(tmp_path / "blank.tif", np.zeros((3, 2900, 2900), np.uint8), ("TILED=YES", "COMPRESS=DEFLATE"), nodata=0)
    target = disk(600) / "p.tif"
    result = scenes.run(blank, target)
    assert (result.valid, result.path.stat().st_size < 500_000) == (0, True)


def test_a_model(disk: Callable[[int], Path]) -> None:
    folder = disk(16)
    target = folder / "m.json"
    target.write_text("an earlier model")
    (folder / "filling").write_bytes(bytes(_free(folder)))
    with pytest.raises(WaterError, match=r"m\.json can't be written: No space left on device"):
        write_model(scenes.MODEL, target)
    assert sorted(path.name for path in folder.iterdir()) == ["filling", "m.json"]
    assert target.read_text() == "an earlier model"


def test_a_file_that_cant_even_be_named(disk: Callable[[int], Path], image: Path) -> None:
    """The disk has room, but no entry left for another file."""
    folder = disk(4000)
    subprocess.run(["mount", "-o", "remount,nr_inodes=2", str(folder)], check=True)
    (folder / "filling").write_bytes(b"")
    assert "p.tif can't be created" in scenes.failure(image, folder / "p.tif")


def test_a_file_that_is_begun_and_given_up_goes(tmp_path: Path, image: Path) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "p.tif"
    assert "p.tif can't be" in scenes.failure(image, target, creation_options=("BLOCKXSIZE=100", "BLOCKYSIZE=100"))


def test_what_was_written_is_looked_over(tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system may take everything without a word and keep less of it, as network drives do."""
    look = geotiff.check_complete

    def lost(path: Path, *more: object, **named: bool) -> None:
        os.truncate(path, path.stat().st_size - 50_000)
        look(path, *more, **named)

    monkeypatch.setattr(geotiff, "check_complete", lost)
    (tmp_path / "out").mkdir()
    assert "was not written completely" in scenes.failure(image, tmp_path / "out" / "p.tif")
