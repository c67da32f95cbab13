"""Images that are damaged, truncated or changed: an error that names file and window, or NoData, never zeros taken for values."""

from __future__ import annotations

import contextlib
import html
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scenes
from osgeo import gdal
from patience import spread

from ipeo_water_plugin.core.errors import RasterError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.prediction import predict as predict_module
from ipeo_water_plugin.core.raster import vrt_xml
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import Source

PLACE = r"can't be read at columns \d+ to \d+, rows \d+ to \d+: \S"
SIZE = 512


def flip(path: Path, share: float = 0.5, count: int = 64) -> None:
    """Invert bytes in a file."""
    with path.open("rb+") as file:
        start = int(path.stat().st_size * share)
        file.seek(start)
        content = file.read(count)
        file.seek(start)
        file.write(bytes(byte ^ 0xFF for byte in content))


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def read_whole(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    source = Source(str(path), roles_of(str(path), 1, 2, 3))
    bands, valid = source.read(source.grid.window)
    return np.stack(bands), valid


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A destination that holds an earlier result, in a folder that holds nothing else."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "p.tif").write_bytes(b"an earlier result")
    return folder / "p.tif"


# PackBits, WebP and JPEG 2000 have no checksum, so that other bytes may be other values to them and no more.
@pytest.mark.parametrize(
    ("codec", "damage"),
    [
        *((codec, flip) for codec in ("DEFLATE", "LZW", "ZSTD", "LZMA", "LERC")),
        *((codec, halve) for codec in ("DEFLATE", "LZW", "ZSTD", "LZMA", "LERC", "PACKBITS", "WEBP")),
    ],
)
def test_a_damaged_tile(tmp_path: Path, out: Path, codec: str, damage: Callable[[Path], None]) -> None:
    known = gdal.GetDriverByName("GTiff").GetMetadataItem("DMD_CREATIONOPTIONLIST")
    if f"<Value>{codec}</Value>" not in known:
        pytest.skip(f"this GDAL knows no {codec}")
    lossless = ("WEBP_LOSSLESS=YES",) if codec == "WEBP" else ()
    bands = scenes.pixels(SIZE, SIZE, "uint8" if codec == "WEBP" else "uint16")
    image = scenes.write_scene(tmp_path / "image.tif", bands, (*scenes.TILED, f"COMPRESS={codec}", *lossless))
    damage(image)
    assert re.search(rf"image\.tif {PLACE}", scenes.failure(image, out))


def test_damage_that_the_decoder_merely_warns_of(tmp_path: Path, out: Path) -> None:
    """JPEG in TIFF: libjpeg makes up pixels for what it can't decode, and GDAL passes its warning on and hands them over."""
    warned = 0
    for share in np.arange(0.3, 0.9, 0.05):
        image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE, "uint8"), (*scenes.TILED, "COMPRESS=JPEG"))
        flip(image, float(share))
        said: list[int] = []
        gdal.PushErrorHandler(lambda level, _number, _message, said=said: said.append(level))
        opened = gdal.Open(str(image))
        try:
            given = opened.ReadAsArray()
        except RuntimeError:
            # Newer QGIS has switched GDAL's exceptions on.
            given = None
        opened = None
        gdal.PopErrorHandler()
        if given is not None and said and max(said) == gdal.CE_Warning:
            warned += 1
            assert re.search(rf"image\.tif {PLACE}.*[Cc]orrupt", scenes.failure(image, out))
    assert warned


@pytest.mark.skipif(gdal.GetDriverByName("JP2OpenJPEG") is None, reason="this GDAL writes no JPEG 2000")
def test_a_jpeg_2000_cut_short(tmp_path: Path, out: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.jp2", scenes.pixels(SIZE, SIZE), ("QUALITY=100", "REVERSIBLE=YES"), "JP2OpenJPEG")
    halve(image)
    assert re.search(rf"image\.jp2 {PLACE}", scenes.failure(image, out))


@pytest.mark.parametrize(("driver", "name"), [("ENVI", "image.bin"), ("EHdr", "image.bil"), ("HFA", "image.img"), ("PNG", "image.png")])
def test_other_formats_cut_short(tmp_path: Path, out: Path, driver: str, name: str) -> None:
    options = ("COMPRESSED=YES",) if driver == "HFA" else ()
    image = scenes.write_scene(tmp_path / name, scenes.pixels(SIZE, SIZE), options, driver)
    halve(image)
    assert name in scenes.failure(image, out)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_an_uncompressed_image_cut_short(tmp_path: Path, out: Path, share: float) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    os.truncate(image, int(image.stat().st_size * share))
    assert "image.tif can't be" in scenes.failure(image, out)


def test_an_image_whose_writer_was_killed(tmp_path: Path) -> None:
    """Its last tiles were never written, and GDAL gives zeros for them without a word."""
    image = tmp_path / "image.tif"
    code = (
        "import os, signal, sys; import numpy as np; from osgeo import gdal\n"
        "options = ['TILED=YES', 'COMPRESS=DEFLATE']\n"
        "made = gdal.GetDriverByName('GTiff').Create(sys.argv[1], 512, 512, 3, gdal.GDT_UInt16, options=options)\n"
        "for _ in (1, 2):\n"
        "    for b in (1, 2, 3): made.GetRasterBand(b).WriteArray(np.full((256, 512), 900, np.uint16))\n"
        "    made.FlushCache()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(image)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (gdal.Open(str(image)).ReadAsArray()[:, 256:] == 0).all()
    _, valid = read_whole(image)
    assert not valid[256:].any()
    result = scenes.run(image, tmp_path / "p.tif")
    assert (scenes.values(result.path)[256:] == -9999).all()


def test_tiles_that_a_file_leaves_out_are_no_data(tmp_path: Path) -> None:
    image = str(tmp_path / "image.tif")
    made = gdal.GetDriverByName("GTiff").Create(
        image, 300, 300, 3, gdal.GDT_UInt16, options=[*scenes.TILED, "INTERLEAVE=BAND", "SPARSE_OK=YES"]
    )
    for number in (1, 2, 3):
        made.GetRasterBand(number).WriteArray(np.full((128, 128), 700, np.uint16))
    # One band of the next tile alone.
    made.GetRasterBand(2).WriteArray(np.full((128, 128), 700, np.uint16), 128, 0)
    made = None
    source = Source(image, roles_of(image, 1, 2, 3))
    assert source.read(Window(0, 0, 128, 128))[1] is None
    _, valid = source.read(Window(50, 60, 200, 200))
    held = np.zeros((200, 200), bool)
    held[:68, :78] = True
    np.testing.assert_array_equal(valid, held)


def test_the_gap_of_a_mosaic_is_no_data(tmp_path: Path) -> None:
    """A VRT over tiles that don't fill it declares no NoData value, and GDAL gives zeros between them."""
    bands = scenes.pixels(200, 301)
    image = scenes.write_scene(tmp_path / "image.tif", bands)
    mosaic = tmp_path / "mosaic.vrt"
    bounds = (scenes.CORNER[0] - 170, scenes.CORNER[1] - 4000, scenes.CORNER[0] + 6000, scenes.CORNER[1] + 230)
    gdal.BuildVRT(str(mosaic), [str(image)], outputBounds=bounds).FlushCache()
    result = scenes.run(mosaic, tmp_path / "p.tif")
    written = scenes.values(result.path)
    assert result.valid == 200 * 301
    assert (written != -9999).sum() == 200 * 301
    np.testing.assert_allclose(written[23 : 23 + 200, 17 : 17 + 301], scenes.expected(bands), atol=1e-5)


def test_a_virtual_raster_whose_source_is_gone(tmp_path: Path, out: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    stack = tmp_path / "stack.vrt"
    gdal.BuildVRT(str(stack), [str(image)]).FlushCache()
    image.unlink()
    said = scenes.failure(stack, out)
    assert re.search(rf"stack\.vrt {PLACE}", said)
    assert "image.tif" in said


@pytest.mark.parametrize("depth", [1, 2])
def test_a_virtual_raster_whose_source_was_exchanged_for_a_smaller_one(tmp_path: Path, out: Path, depth: int) -> None:
    """Before the run: GDAL believes the size that the virtual raster notes, and gives zeros beyond the source's own."""
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    stack = over(tmp_path, image, depth)
    scenes.run(stack, tmp_path / "good.tif")
    scenes.write_scene(image, scenes.pixels(SIZE // 2, SIZE))
    assert (gdal.Open(str(stack)).ReadAsArray()[:, SIZE // 2 :] == 0).all()
    said = scenes.failure(stack, out)
    assert f"{stack.name} can't be used" in said
    assert f"image.tif has {SIZE} × {SIZE // 2} pixels, but had {SIZE} × {SIZE} when the virtual raster" in said
    assert "Build the virtual raster again" in said


def over(folder: Path, image: Path, depth: int, **chosen: object) -> Path:
    """A virtual raster over an image, or over another one over it."""
    for level in range(1, depth + 1):
        virtual = folder / f"over{level}.vrt"
        gdal.BuildVRT(str(virtual), [str(image)], **(chosen if level == depth else {})).FlushCache()
        image = virtual
    return image


# Bounds shift the virtual raster by 10 columns and 20 rows; half the resolution, and a NoData value that the source has none of.
@pytest.mark.parametrize(
    ("chosen", "column", "row", "scale"),
    [
        ({}, 0, 0, 1),
        ({"outputBounds": (499900, 5796000, 504000, 5800200)}, 10, 20, 1),
        ({"xRes": 20, "yRes": 20}, 0, 0, 2),
        ({"VRTNodata": -5}, 0, 0, 1),
    ],
)
@pytest.mark.parametrize("depth", [1, 2])
def test_tiles_that_a_file_behind_a_virtual_raster_leaves_out_are_no_data(
    tmp_path: Path, depth: int, chosen: dict[str, object], column: int, row: int, scale: int
) -> None:
    image = str(tmp_path / "image.tif")
    made = gdal.GetDriverByName("GTiff").Create(image, 300, 300, 3, gdal.GDT_UInt16, options=[*scenes.TILED, "SPARSE_OK=YES"])
    made.SetGeoTransform([scenes.CORNER[0], 10, 0, scenes.CORNER[1], 0, -10])
    for number in (1, 2, 3):
        made.GetRasterBand(number).WriteArray(np.full((128, 128), 700, np.uint16))
    made = None
    _, valid = read_whole(over(tmp_path, Path(image), depth, **chosen))
    held = np.zeros(valid.shape, bool)
    held[row : row + 128 // scale, column : column + 128 // scale] = True
    np.testing.assert_array_equal(valid, held)


def test_what_lies_above_a_missing_tile_is_there(tmp_path: Path) -> None:
    """Of two images that overlap the later one counts, where it has something and where it has nothing."""
    full = scenes.write_scene(tmp_path / "full.tif", scenes.pixels(256, 256))
    hollow = str(tmp_path / "hollow.tif")
    made = gdal.GetDriverByName("GTiff").Create(hollow, 256, 256, 3, gdal.GDT_UInt16, options=[*scenes.TILED, "SPARSE_OK=YES"])
    made.SetGeoTransform([scenes.CORNER[0] + 1280, 10, 0, scenes.CORNER[1], 0, -10])
    made.SetSpatialRef(gdal.Open(str(full)).GetSpatialRef())
    made = None
    for names, there in (([hollow, str(full)], 256), ([str(full), hollow], 128)):
        gdal.BuildVRT(str(tmp_path / "mosaic.vrt"), names).FlushCache()
        _, valid = read_whole(tmp_path / "mosaic.vrt")
        assert valid[:, :there].all()
        assert not valid[:, there:].any()


@pytest.mark.skipif(gdal.GetDriverByName("GPKG") is None, reason="this GDAL reads no GeoPackage")
@pytest.mark.parametrize("codec", ["PNG", "JPEG", "WEBP"])
def test_a_geopackage_with_a_bad_tile(tmp_path: Path, out: Path, codec: str) -> None:
    """A damaged one is an error; one that isn't there is no data, not black."""
    scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE, "uint8"))
    image = tmp_path / "image.gpkg"
    made = gdal.Translate(str(image), str(tmp_path / "image.tif"), format="GPKG", creationOptions=[f"TILE_FORMAT={codec}"])
    if made is None:
        pytest.skip(f"this GDAL writes no {codec}")
    made = None
    scenes.run(image, tmp_path / "good.tif")
    with contextlib.closing(sqlite3.connect(image)) as database:
        number, tile = database.execute("SELECT id, tile_data FROM image WHERE tile_column = 1 AND tile_row = 0").fetchone()
        for broken in (tile[: len(tile) // 2], b"no tile at all"):
            database.execute("UPDATE image SET tile_data = ? WHERE id = ?", (broken, number))
            database.commit()
            if codec == "PNG" and broken in tile and int(gdal.VersionInfo()) >= 3_10_00_00:
                # GDAL 3.10 gives a PNG that was cut short as transparent, without a word.
                assert not read_whole(image)[1][:256, 256:].any()
                continue
            assert re.search(rf"image\.gpkg {PLACE}", scenes.failure(image, out))
        database.execute("DELETE FROM image WHERE id = ?", (number,))
        database.commit()
    _, valid = read_whole(image)
    assert not valid[:256, 256:].any()
    assert valid[256:].all()
    assert valid[:, :256].all()


@pytest.fixture(scope="module")
def two_images(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Images of several windows, of one size."""
    folder = tmp_path_factory.mktemp("two")
    one, other = (scenes.write_scene(folder / f"{seed}.tif", scenes.pixels(2048, 2048, seed=seed), ("TILED=YES",)) for seed in (0, 9))
    return one, other


@pytest.mark.parametrize(
    ("change", "via"), spread(["rewritten", "touched up", "removed", "cut short", "replaced"], ["image.tif", "stack.vrt", "over.vrt"])
)
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, out: Path, change: str, via: str, two_images: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, other = (shutil.copyfile(made, tmp_path / name) for made, name in zip(two_images, ("image.tif", "other.tif")))
    gdal.BuildVRT(str(tmp_path / "stack.vrt"), [str(image)]).FlushCache()
    gdal.BuildVRT(str(tmp_path / "over.vrt"), [str(tmp_path / "stack.vrt")]).FlushCache()
    read, begun = predict_module.Source.read, threading.Event()

    def change_after_the_first(self: Source, window: Window) -> object:
        given = read(self, window)
        if not begun.is_set():
            begun.set()
            if change == "rewritten":
                image.write_bytes(other.read_bytes())
            elif change == "touched up":
                flip(image, 0.9)
            elif change == "removed":
                image.unlink()
            elif change == "cut short":
                halve(image)
            else:
                other.replace(image)
        return given

    monkeypatch.setattr(predict_module.Source, "read", change_after_the_first)
    said = scenes.failure(tmp_path / via, out)
    assert re.search(rf"{via} can't be", said)
    assert "image.tif" in said
    assert "was changed" in said or "was removed" in said or "can't be opened" in said or re.search(PLACE, said)


def nested(folder: Path, image: Path, kind: str) -> Path:
    """A virtual raster over one of another kind over an image."""
    inner = folder / "inner.vrt"
    if kind == "warped":
        gdal.Warp(str(inner), str(image), format="VRT", dstSRS="EPSG:32634").FlushCache()
    elif kind == "written within":
        gdal.BuildVRT(str(inner), [str(image)]).FlushCache()
        whole = inner.read_text().replace('relativeToVRT="1">image.tif', f'relativeToVRT="0">{image}')
        inner.unlink()
        gdal.Translate(str(folder / "outer.vrt"), str(image), format="VRT").FlushCache()
        outer = (folder / "outer.vrt").read_text().replace('relativeToVRT="1">image.tif', f'relativeToVRT="0">{html.escape(whole)}')
        (folder / "outer.vrt").write_text(outer)
        return folder / "outer.vrt"
    else:
        gdal.BuildVRT(str(inner), [str(image)]).FlushCache()
    gdal.BuildVRT(str(folder / "outer.vrt"), [f"vrt://{inner}?bands=1,2,3" if kind == "by address" else str(inner)]).FlushCache()
    return folder / "outer.vrt"


@pytest.mark.parametrize("size", [1, 2])
def test_virtual_rasters_in_a_circle(tmp_path: Path, size: int) -> None:
    """Each shows the next, and the last the first."""
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(64, 64))
    for number in range(size):
        path = tmp_path / f"{number}.vrt"
        gdal.Translate(str(path), str(image), format="VRT").FlushCache()
        path.write_text(path.read_text().replace("image.tif", f"{(number + 1) % size}.vrt"))
    with pytest.raises(RasterError, match=r"\d\.vrt is a virtual raster that contains itself"):
        scenes.run(tmp_path / "0.vrt", tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


def test_a_source_whose_name_is_in_another_encoding(tmp_path: Path) -> None:
    """GDAL's message about it isn't UTF-8 either, and no Python function can be called with it."""
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(64, 64))
    gdal.Translate(str(tmp_path / "over.vrt"), str(image), format="VRT").FlushCache()
    text = (tmp_path / "over.vrt").read_bytes()
    (tmp_path / "over.vrt").write_bytes(text.replace(b"image.tif", b"im\xe4ge.tif"))
    with pytest.raises(RasterError, match=r"over\.vrt can't be read at columns"):
        scenes.run(tmp_path / "over.vrt", tmp_path / "out.tif")


def test_a_virtual_raster_of_elements_that_are_nested_deep(tmp_path: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(64, 64))
    gdal.Translate(str(tmp_path / "deep.vrt"), str(image), format="VRT").FlushCache()
    text = (tmp_path / "deep.vrt").read_text()
    (tmp_path / "deep.vrt").write_text(text.replace("<GeoTransform>", "<Metadata>" * 4000 + "</Metadata>" * 4000 + "<GeoTransform>"))
    scenes.run(tmp_path / "deep.vrt", tmp_path / "out.tif")
    scenes.run(image, tmp_path / "plain.tif")
    np.testing.assert_array_equal(scenes.values(tmp_path / "out.tif"), scenes.values(tmp_path / "plain.tif"))


@pytest.mark.parametrize("known", [True, False], ids=["before", "as opened"])
@pytest.mark.parametrize("kind", ["plain", "warped", "written within", "by address"])
def test_a_file_behind_two_virtual_rasters_is_replaced_while_it_is_read(
    tmp_path: Path, kind: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noticed by any thread, and at the end by one that has read nothing itself; in a mosaic of very many by those that opened it."""
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    other = scenes.write_scene(tmp_path / "other.tif", scenes.pixels(SIZE, SIZE, seed=9))
    if not known:
        monkeypatch.setattr(vrt_xml, "_MAX_NESTED", 0)
    outer = nested(tmp_path, image, kind)
    one, idle = (Source(str(outer), roles_of(str(outer), 1, 2, 3)) for _ in range(2))
    one.read(Window(0, 0, 128, 128))
    other.replace(image)
    with pytest.raises(RasterError, match=r"outer\.vrt can't be read at .*image\.tif was changed"):
        one.read(Window(128, 0, 128, 64))
    with pytest.raises(RasterError, match=r"outer\.vrt can't be used.*image\.tif was changed"):
        one.check_unchanged()
    if known:
        with pytest.raises(RasterError, match=r"outer\.vrt can't be used.*image\.tif was changed"):
            idle.check_unchanged()


@pytest.mark.parametrize("exceptions", [False, True])
def test_a_file_behind_two_virtual_rasters_is_removed_before_a_thread_asks_for_its_gaps(tmp_path: Path, exceptions: bool) -> None:
    """Between reading the pixels and asking the sources which of them they lack."""
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    outer = over(tmp_path, image, 2)
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        source = Source(str(outer), roles_of(str(outer), 1, 2, 3))
        image.unlink()
        with pytest.raises(RasterError, match=r"over2\.vrt can't be read: .*image\.tif"):
            source._sources.reopened().invalid(Window(0, 0, 128, 128), "over2.vrt can't be read")
        assert source.hides_invalid in {False, True}
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_mask_beside_an_image_is_changed_while_it_is_read(tmp_path: Path, depth: int) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    dataset = gdal.Open(str(image))
    dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
    dataset.GetRasterBand(1).GetMaskBand().Fill(255)
    dataset = None
    path = over(tmp_path, image, depth) if depth else image
    source = Source(str(path), roles_of(str(path), 1, 2, 3))
    source.read(Window(0, 0, 128, 128))
    flip(tmp_path / "image.tif.msk", 0.9)
    with pytest.raises(RasterError, match=r"image\.tif\.msk was changed"):
        source.read(Window(128, 0, 128, 64))


def test_a_change_between_two_windows_names_the_place(tmp_path: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE))
    source = Source(str(image), roles_of(str(image), 1, 2, 3))
    source.read(Window(0, 0, 128, 128))
    flip(image, 0.9)
    with pytest.raises(RasterError, match=r"image\.tif can't be read at columns 128 to 255, rows 0 to 63: .*image\.tif was changed"):
        source.read(Window(128, 0, 128, 64))


def test_a_change_after_the_last_window(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(300, 300))
    pieces = predict_module.read_windows

    def then_changed(*given: object) -> object:
        yield from pieces(*given)
        flip(image)

    monkeypatch.setattr(predict_module, "read_windows", then_changed)
    assert "image.tif was changed while it was being read" in scenes.failure(image, out)


def test_statistics_written_beside_an_image_are_no_change(tmp_path: Path) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(300, 300))
    (tmp_path / "image.tif.aux.xml").write_text("<PAMDataset/>")
    source = Source(str(image), roles_of(str(image), 1, 2, 3))
    (tmp_path / "image.tif.aux.xml").write_text("<PAMDataset></PAMDataset>")
    source.check_unchanged()


@pytest.mark.parametrize("exceptions", [False, True])
def test_gdals_own_state_stays_as_it_was(tmp_path: Path, out: Path, exceptions: bool) -> None:
    image = scenes.write_scene(tmp_path / "image.tif", scenes.pixels(SIZE, SIZE), (*scenes.TILED, "COMPRESS=DEFLATE"))
    good = scenes.write_scene(tmp_path / "good.tif", scenes.pixels(SIZE, SIZE))
    halve(image)
    before, heard = gdal.GetUseExceptions(), []
    cache, options = gdal.GetCacheMax(), gdal.GetConfigOption("GDAL_NUM_THREADS")
    try:
        (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
        gdal.PushErrorHandler(lambda *said: heard.append(said))
        with pytest.raises(RasterError):
            scenes.run(image, out)
        scenes.run(good, out)
        assert bool(gdal.GetUseExceptions()) is exceptions
        # Nothing of ours is on the handler stack, and what GDAL said to us it said to nobody else.
        assert heard == []
        gdal.Error(gdal.CE_Warning, 1, "a word of the host")
        assert [words[2] for words in heard] == ["a word of the host"]
    finally:
        gdal.PopErrorHandler()
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()
    assert (gdal.GetCacheMax(), gdal.GetConfigOption("GDAL_NUM_THREADS")) == (cache, options)
