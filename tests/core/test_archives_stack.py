"""Single files, what is refused rather than guessed, and the virtual raster that is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from downloads import landsat, raster, sentinel2
from making import Recorder
from osgeo import gdal
from stacks import Stack, read

from ipeo_water_plugin.core.archives.read import product_of_files
from ipeo_water_plugin.core.archives.stack import write_stack
from ipeo_water_plugin.core.bands import FIRST_BAND, Band, BandRoles
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.raster.raster_file import BandNodata, RasterFile, ValueRange
from ipeo_water_plugin.core.raster.source import Source, grid_of


def test_single_files_named_by_their_bands(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    for value, role in enumerate(("nir", "red", "green", "blue", "swir1"), start=1):
        raster(tmp_path / "n" / f"lake_{role}_20200601.tif", value)
    files = sorted((tmp_path / "n").iterdir())
    for given in (tmp_path / "n", files, files[0]):
        image = stack(given)
        assert (image.values, image.dataset.GetMetadataItem("ACQUISITION_DATE")) == ([3, 2, 1], "2020-06-01")


def test_single_files_by_their_order(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    files = [raster(tmp_path / "o" / f"{name}.tif", value) for value, name in enumerate("cbad", start=1)]
    image = stack(files[:3])
    assert (image.roles, image.values) == (["green", "red", "nir"], [1, 2, 3])
    assert "the order counts: green: c.tif, red: b.tif, nir: a.tif" in read(files[:3]).notes[0]
    assert stack(files, ["swir1"]).values == [1, 2, 3, 4]
    for given in (files, files[:2]):
        with pytest.raises(InputError, match=rf"{len(given)} files are given \(c\.tif, .*for green, red, nir: "):
            read(given)
    # In a folder there is no order.
    with pytest.raises(InputError, match=r"don't say which are green, red and near infrared \(a\.tif, b\.tif, c\.tif, d\.tif\)"):
        read(tmp_path / "o")


def test_a_file_given_twice(tmp_path: Path) -> None:
    """By whatever name: it can't be two bands."""
    first, second = raster(tmp_path / "a.tif"), raster(tmp_path / "b.tif")
    link = tmp_path / "link.tif"
    link.symlink_to(second)
    named = [raster(tmp_path / f"T33UUU_20170216T102101_{code}.tif") for code in ("B03", "B04", "B08")]
    for given, said in (
        ([first, first, second], r"Given twice: a\.tif\. "),
        ([first, second, link], r"Given twice: link\.tif\. "),
        ([*named, named[0]], r"Given twice: T33UUU_20170216T102101_B03\.tif\. "),
    ):
        with pytest.raises(InputError, match=said):
            read(given)


def test_a_file_that_no_name_explains_is_told(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    folder = tmp_path / "f"
    files = [raster(folder / f"lake_{role}.tif", value) for value, role in enumerate(("green", "red", "nir", "depth"), start=1)]
    with pytest.raises(InputError, match=r"lake_nir\.tif say which band they are, but not those of lake_depth\.tif"):
        read(files)
    assert stack(folder).values == [1, 2, 3]
    assert read(folder).notes == ("Not used, as the name says no band: lake_depth.tif.",)


@pytest.mark.parametrize("resolution", [1e9, 300, 1e-3])
def test_a_resolution_that_no_image_has(resolution: float, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Larger than the image, as metres are where the CRS is in degrees, or far finer than its pixels."""
    for role in ("green", "red", "nir"):
        raster(tmp_path / "r" / f"{role}.tif")
    with pytest.raises(InputError, match=r"pixels of green\.tif are 30 wide, and the image 240 by 240, in units of its CRS, EPSG:32633"):
        stack(tmp_path / "r", resolution=resolution)
    assert stack(tmp_path / "r", resolution=240).size == (1, 240)


@pytest.mark.parametrize("resolution", [20, 60, 25])
def test_coarser_pixels_are_those_of_the_file_and_not_of_its_overviews(
    resolution: float, tmp_path: Path, stack: Callable[..., Stack]
) -> None:
    """Overviews hold averages."""
    number = np.random.default_rng(5).permutation(24 * 24).reshape(24, 24).astype(np.uint16) + 1
    for role in ("green", "red", "nir"):
        path = raster(tmp_path / "p" / f"{role}.tif", number, 10)
        gdal.Open(str(path)).BuildOverviews("AVERAGE", [2, 4])
    image = stack(tmp_path / "p", resolution=resolution)
    centres = (np.arange(image.size[0]) + 0.5) * resolution / 10
    places = (np.floor(centres - 1e-6).astype(int).clip(0, 23), np.floor(centres + 1e-6).astype(int).clip(0, 23))
    near = [number[np.ix_(rows, columns)] for rows in places for columns in places]
    for values in image.dataset.ReadAsArray():
        assert np.any([values == one for one in near], axis=0).all()


def test_tiles_that_a_file_lacks_are_no_data_in_coarser_pixels_too(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    for role in ("green", "red", "nir"):
        path = raster(tmp_path / "g" / f"{role}.tif", 7, 5)
        whole = gdal.Open(str(path))
        options = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "SPARSE_OK=TRUE"]
        sparse = gdal.GetDriverByName("GTiff").Create(str(path), 48, 48, 1, gdal.GDT_UInt16, options)
        sparse.SetGeoTransform(whole.GetGeoTransform())
        sparse.SetSpatialRef(whole.GetSpatialRef())
        sparse.GetRasterBand(1).WriteArray(np.full((32, 48), 7, np.uint16))
    sparse = None
    image = Source(str(stack(tmp_path / "g", resolution=10).path), FIRST_BAND)
    _, valid = image.read(image.grid.window)
    assert valid is not None
    assert valid[:16].all()
    assert not valid[16:].any()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("nir.tif", "a.tif", "b.tif"), "nir.tif would be green, but its name says nir"),
        (("a.tif", "swir1.tif", "b.tif"), "swir1.tif would be red, but its name says swir1"),
        (("a_20200101.tif", "b_20200101.tif", "c_20200201.tif"), "different scenes or dates: a?b?_20200101.tif, c_20200201.tif"),
        (("20200101/green.tif", "20200101/red.tif", "20200201/nir.tif"), "different scenes or dates: red.tif, nir.tif"),
        (
            ("T33UUU_20170216T102101_B03.tif", "T33UUU_20170216T102101_B04.tif", "x.tif"),
            "The names of .*B03.tif.* say which band they are, but not those of x.tif",
        ),
        (
            ("T33UUU_20170216T102101_B03.tif", "T33UUU_20170216T102101_B04.tif", "T33UUU_20170901T102101_B08.tif"),
            r"different scenes or dates: T33UUU_20170216T102101_B03\.tif, T33UUU_20170901T102101_B08\.tif",
        ),
    ],
)
def test_single_files_that_contradict_each_other(names: Sequence[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read([raster(tmp_path / name) for name in names])


def test_a_folder_of_two_dates_each_in_its_folder(tmp_path: Path) -> None:
    """Of one of which the near infrared is missing, and of the other one all else."""
    for name in ("20200101/green.tif", "20200101/red.tif", "20200201/nir.tif"):
        raster(tmp_path / name)
    with pytest.raises(InputError, match=r"different scenes or dates: red\.tif, nir\.tif"):
        read(tmp_path)


def test_single_files_of_two_versions_of_a_scene(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """A product that was processed again has files of the same names, and another offset."""
    old, new = (
        sentinel2(tmp_path, baseline="0301", offset=None),
        sentinel2(tmp_path, baseline="0510", offset=-1000),
    )
    files = [next(safe.rglob(f"*_{code}_10m.jp2")) for safe, code in ((new, "B03"), (old, "B04"), (old, "B08"))]
    offsets = (-0.1, 0.0, 0.0)
    for step in (1, -1):
        image = stack(files[::step])
        assert [image.dataset.GetRasterBand(n).GetOffset() for n in (1, 2, 3)] == pytest.approx(offsets)
    # Beside files whose metadata are missing there is no scale that goes for all.
    next(old.glob("MTD_*.xml")).unlink()
    for step in (1, -1):
        with pytest.raises(InputError, match=r"state no scale for .*B04_10m\.jp2"):
            stack(files[::step])


def test_no_guess(tmp_path: Path) -> None:
    raster(tmp_path / "a" / "unknown.tif", (1, 2, 3, 4))
    with pytest.raises(InputError, match=r"doesn't say which of its bands are green, red and near infrared.*choose its bands by number"):
        read(tmp_path / "a")
    # Four bands are named, five are there.
    raster(tmp_path / "b" / "m_3807708_se_18_1_20130924.tif", (1, 2, 3, 4, 5))
    with pytest.raises(InputError, match="doesn't say which"):
        read(tmp_path / "b")
    for code in ("B03", "B04", "B08"):
        raster(tmp_path / "c" / f"2020-07-31-00_00_2020-07-31-23_59_Sentinel-3_OLCI_{code}_(Raw).tiff")
        raster(tmp_path / "d" / f"{code}.tif")
    for folder in ("c", "d"):
        with pytest.raises(InputError, match="don't say which are green"):
            read(tmp_path / folder)
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "readme.txt").write_text("nothing")
    with pytest.raises(InputError, match=r"no image of a known kind \(readme\.txt\)"):
        read(tmp_path / "e")
    with pytest.raises(InputError, match="doesn't exist"):
        read(tmp_path / "absent")
    files = [raster(tmp_path / "f" / name, (1, 2)) for name in ("a.tif", "b.tif", "c.tif")]
    with pytest.raises(InputError, match="several bands"):
        read(files)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"epsg": 32632}, "its CRS is EPSG:32632 instead of EPSG:32633"),
        ({"epsg": None}, "its CRS is – instead of EPSG:32633"),
        ({"origin": (500030.0, 5800000.0)}, "its edges are up to 1 pixels away"),
        ({"side": 270}, "its edges are up to 1 pixels away"),
        ({"pixel": 60, "origin": (500030.0, 5800000.0)}, "its edges are up to 1 pixels away"),
    ],
)
def test_bands_on_another_grid(other: dict[str, object], said: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    for role in ("green", "nir"):
        raster(tmp_path / "g" / f"{role}.tif")
    raster(tmp_path / "g" / "red.tif", **other)
    with pytest.raises(InputError, match=rf"red.tif lies on another grid than green.tif: {said}"):
        stack(tmp_path / "g")


def test_a_mask_of_another_place(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """It would hide the whole image."""
    folder = landsat(tmp_path)
    (marks,) = folder.glob("*_QA_PIXEL.TIF")
    raster(marks, 21824, origin=(900000, 5000000))
    with pytest.raises(InputError, match=r"_QA_PIXEL\.TIF lies on another grid than .*_SR_B3\.TIF: its edges are up to"):
        stack(folder)
    assert stack([next(folder.glob(f"*_SR_B{n}.TIF")) for n in (3, 4, 5)]).values == [3000, 4000, 5000]


def test_an_offset_that_is_missing_is_not_zero(tmp_path: Path) -> None:
    safe = sentinel2(tmp_path)
    file = safe / "MTD_MSIL2A.xml"
    file.write_text(file.read_text().replace('<BOA_ADD_OFFSET band_id="3">-1000</BOA_ADD_OFFSET>', ""))
    with pytest.raises(InputError, match=r"MTD_MSIL2A\.xml states no offset for B04, but for other bands"):
        read(safe)


@pytest.mark.parametrize("text", ["1.0.0", "nan", "1e999"])
def test_numbers_in_metadata_that_are_none(text: str, tmp_path: Path) -> None:
    safe, folder = sentinel2(tmp_path), landsat(tmp_path, "LC08", mtl=("txt",))
    file, (other,) = safe / "MTD_MSIL2A.xml", folder.glob("*_MTL.txt")
    file.write_text(file.read_text().replace(">10000<", f">{text}<"))
    with pytest.raises(InputError, match=rf"MTD_MSIL2A\.xml: “{text}” is not a number"):
        read(safe)
    other.write_text(other.read_text().replace("= 2.7500E-05", f"= {text}"))
    with pytest.raises(InputError, match=rf"_MTL\.txt: “{text}” is not a number"):
        read(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    for role in ("green", "red", "nir"):
        raster(tmp_path / "p" / f"{role}.tif")
    for name in ("item.json", "swir1.tif"):
        os.mkfifo(tmp_path / "p" / name)
    assert stack(tmp_path / "p").values == [1, 1, 1]


def test_names_are_relative_where_they_can_be(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    for role in ("green", "red", "nir"):
        raster(folder / f"x & {role}.tif")
    write_stack(read(folder), folder / "image.vrt")
    text = (folder / "image.vrt").read_text()
    assert '<SourceFilename relativeToVRT="1">x &amp; green.tif<' in text
    assert str(tmp_path) not in text
    folder.rename(tmp_path / "moved")
    assert Stack(tmp_path / "moved" / "image.vrt").values == [1, 1, 1]
    # Beside the folder, which isn't below it.
    (tmp_path / "b").mkdir()
    write_stack(read(tmp_path / "moved"), tmp_path / "b" / "image.vrt")
    assert 'relativeToVRT="0"' in (tmp_path / "b" / "image.vrt").read_text()


def test_no_pixel_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = read(sentinel2(tmp_path))
    for method in ("ReadAsArray", "ReadRaster", "ReadBlock"):
        monkeypatch.setattr(gdal.Band, method, None)
        monkeypatch.setattr(gdal.Dataset, method, None, raising=False)
    write_stack(product, tmp_path / "image.vrt", ["swir1"])
    assert (tmp_path / "image_clear.vrt").stat().st_size < 10_000


def test_what_is_read_is_never_overwritten(tmp_path: Path) -> None:
    for role in ("green", "red", "nir"):
        raster(tmp_path / f"{role}.tif")
    write_stack(read(tmp_path), tmp_path / "image.vrt")
    product = product_of_files([RasterFile(str(tmp_path / f"{role}.tif")) for role in ("green", "red", "nir")], ())
    with pytest.raises(InputError, match="is the input itself"):
        write_stack(product, tmp_path / "green.tif")
    masked = read(sentinel2(tmp_path))
    # Its own mask is replaced, another file of its name isn't.
    write_stack(masked, tmp_path / "s2.vrt")
    write_stack(masked, tmp_path / "s2.vrt")
    shutil.copy(tmp_path / "s2.vrt", tmp_path / "my_clear.vrt")
    with pytest.raises(InputError, match=r"my_clear\.vrt, where the mask of clear pixels goes, is another file"):
        write_stack(masked, tmp_path / "my.vrt")
    assert not (tmp_path / "my.vrt").exists()


def test_the_mask_of_an_earlier_image_goes_with_it(tmp_path: Path, recorder: type[Recorder]) -> None:
    """Beside the new image it would be taken for its own; another file of the name stays."""
    for role in ("green", "red", "nir"):
        raster(tmp_path / "plain" / f"{role}.tif")
    plain, mask = read(tmp_path / "plain"), tmp_path / "s2_clear.vrt"
    write_stack(read(sentinel2(tmp_path)), tmp_path / "s2.vrt")
    assert mask.exists()
    progress = recorder()
    write_stack(plain, tmp_path / "s2.vrt", progress=progress)
    assert not mask.exists()
    assert any("s2_clear.vrt, the mask of an earlier image, was removed" in line for line in progress.warnings)
    shutil.copy(tmp_path / "s2.vrt", mask)
    write_stack(plain, tmp_path / "s2.vrt")
    assert mask.exists()


def test_an_earlier_mask_that_is_read_stays(tmp_path: Path) -> None:
    """As a band of the new image, say, however odd."""
    write_stack(read(sentinel2(tmp_path)), tmp_path / "s2.vrt")
    for role in ("green", "red"):
        raster(tmp_path / f"{role}.tif", dtype=np.uint8, pixel=20)
    product = read([tmp_path / "green.tif", tmp_path / "red.tif", tmp_path / "s2_clear.vrt"])
    with pytest.raises(InputError, match=r"s2_clear\.vrt is the input itself"):
        write_stack(product, tmp_path / "s2.vrt")
    assert (tmp_path / "s2_clear.vrt").exists()


def test_layers_settings_count(tmp_path: Path, recorder: type[Recorder]) -> None:
    """The CRS that QGIS shows for a layer is the image's."""
    files = [raster(tmp_path / f"{role}.tif", epsg=None) for role in ("green", "red", "nir")]
    crs = grid_of(str(raster(tmp_path / "other.tif"))).crs
    write_stack(product_of_files([RasterFile(str(file), crs) for file in files], ()), tmp_path / "image.vrt")
    assert grid_of(str(tmp_path / "image.vrt")).crs == crs
    assert Source(str(tmp_path / "image.vrt"), BandRoles((Band(1, "green", "green"),), "")).grid.crs == crs
    # So are its NoData values, of which a virtual raster has one.
    some, other = BandNodata((ValueRange(7, 7),), declared=False), BandNodata((ValueRange(7, 7), ValueRange(8, 9)))
    rasters = [RasterFile(str(raster(file, nodata=3)), crs, (own,)) for file, own in zip(files, (some, other, BandNodata()))]
    progress = recorder()
    write_stack(product_of_files(rasters, ()), tmp_path / "image.vrt", progress=progress)
    image = Stack(tmp_path / "image.vrt")
    assert [band.GetNoDataValue() for band in image.bands] == [7, 3, 3]
    assert [line for line in progress.warnings if "room for one NoData value" in line and "red.tif" in line] == progress.warnings != []
    # What has no room in it is told: one value beside the file's own, or one range.
    beside, span, same = BandNodata((ValueRange(7, 7),)), BandNodata((ValueRange(0, 5),)), BandNodata((ValueRange(3, 3),))
    rasters = [
        RasterFile(str(raster(file, nodata=own)), crs, (set_there,))
        for file, own, set_there in zip(files, (3, None, 3), (beside, span, same))
    ]
    progress = recorder()
    write_stack(product_of_files(rasters, ()), tmp_path / "image.vrt", progress=progress)
    image = Stack(tmp_path / "image.vrt")
    assert [band.GetNoDataValue() for band in image.bands] == [3, None, 3]
    assert [line.split(":")[0] for line in progress.warnings] == ["green.tif", "red.tif"]
