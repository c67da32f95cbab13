"""Downloads of each kind, made small: which file is which band, what its numbers mean, and which pixels are clear."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from downloads import LANDSAT, landsat, raster, sentinel2, stac_item, tarred, zipped
from making import Recorder
from osgeo import gdal

from ipeo_water_plugin.core.archives import listing
from ipeo_water_plugin.core.archives.product import Product
from ipeo_water_plugin.core.archives.read import product_of_files, read_product
from ipeo_water_plugin.core.archives.stack import write_stack
from ipeo_water_plugin.core.bands import Band, BandRoles
from ipeo_water_plugin.core.errors import InputError, RasterError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.prediction.mask import Mask
from ipeo_water_plugin.core.raster.metadata import roles_of
from ipeo_water_plugin.core.raster.raster_file import BandNodata, RasterFile, ValueRange
from ipeo_water_plugin.core.raster.source import Source, grid_of


class Stack:
    """What a virtual raster says and holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dataset = gdal.Open(str(path))
        assert self.dataset is not None
        self.bands = [self.dataset.GetRasterBand(n) for n in range(1, self.dataset.RasterCount + 1)]

    @property
    def roles(self) -> list[str]:
        return [band.GetDescription() for band in self.bands]

    @property
    def values(self) -> list[float]:
        """The value of each band, which is one in a made scene."""
        arrays = [np.unique(band.ReadAsArray()) for band in self.bands]
        assert all(len(array) == 1 for array in arrays), arrays
        return [float(array[0]) for array in arrays]

    @property
    def scaling(self) -> set[tuple[float, float]]:
        return {(band.GetScale(), band.GetOffset()) for band in self.bands}

    @property
    def nodata(self) -> set[float | None]:
        return {band.GetNoDataValue() for band in self.bands}

    @property
    def size(self) -> tuple[int, float]:
        return self.dataset.RasterXSize, self.dataset.GetGeoTransform()[1]


@pytest.fixture
def stack(tmp_path: Path) -> Callable[..., Stack]:
    """Make a virtual raster of what was downloaded, or of a list of files."""

    def make(given: Path | str | Sequence[Path], extra: Sequence[str] = (), resolution: float | None = None) -> Stack:
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        product = read(given, extra)
        mask = write_stack(product, folder / "image.vrt", extra, resolution)
        assert mask == (folder / "image_clear.vrt" if product.quality else None)
        # The rest of the plugin finds by it what it needs.
        assert roles_of(str(folder / "image.vrt")).numbers == (1, 2, 3)
        return Stack(folder / "image.vrt")

    return make


def read(given: Path | str | Sequence[Path], extra: Sequence[str] = ()) -> Product:
    if isinstance(given, (str, Path)):
        return read_product(str(given))
    return product_of_files([RasterFile(str(path)) for path in given], extra)


def clear(image: Stack) -> np.ndarray:
    """Which pixels of an image MASK keeps by the mask beside it."""
    grid = grid_of(str(image.path))
    return Mask(grid, str(image.path.with_name("image_clear.vrt"))).read(Window(0, 0, grid.width, grid.height))


SAFE = {
    "2A of baseline 05.10": ({}, (310, 410, 810), (1e-4, -0.1), "2022-02-16"),
    "2A of baseline 05.11, Sentinel-2C": (
        {"baseline": "0511", "satellite": "C", "sensed": "20250302T095029", "tile": "33UXP"},
        (310, 410, 810),
        (1e-4, -0.1),
        "2025-03-02",
    ),
    "2A of baseline 03.01": ({"baseline": "0301", "offset": None, "sensed": "20210620T103021"}, (310, 410, 810), (1e-4, 0.0), "2021-06-20"),
    "2A of another offset": ({"offset": -500}, (310, 410, 810), (1e-4, -0.05), "2022-02-16"),
    "2A of Sen2Cor": (
        {"sen2cor": True, "baseline": "0204", "offset": None, "sensed": "20170216T102101"},
        (310, 410, 810),
        (1e-4, 0.0),
        "2017-02-16",
    ),
    "1C of baseline 02.04": (
        {"level": "1C", "baseline": "0204", "offset": None, "sensed": "20170216T102101"},
        (300, 400, 800),
        (1e-4, 0.0),
        "2017-02-16",
    ),
    "1C of baseline 04.00": ({"level": "1C", "baseline": "0400", "sensed": "20220301T102101"}, (300, 400, 800), (1e-4, -0.1), "2022-03-01"),
    "renamed": ({"name": "lake"}, (310, 410, 810), (1e-4, -0.1), "2022-02-16"),
}


@pytest.mark.parametrize("kind", SAFE)
def test_sentinel_2(kind: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    settings, values, scaling, date = SAFE[kind]
    safe = sentinel2(tmp_path, **settings)
    image = stack(safe)
    assert (image.roles, image.values, image.size) == (["green", "red", "nir"], list(values), (24, 10.0))
    (stated,) = image.scaling
    assert stated == pytest.approx(scaling)
    assert image.nodata == {0.0}
    assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == date
    assert image.dataset.GetMetadataItem("SENSOR") == f"Sentinel-2{settings.get('satellite', 'A')} MSI"
    assert image.dataset.GetMetadataItem("ACQUISITIONDATETIME", "IMAGERY").startswith(f"{date} ")
    roles = roles_of(str(image.path))
    assert roles.found_by == "found by band description"
    source = Source(str(image.path), roles)
    assert source.scales[0] == pytest.approx(scaling[0])
    arrays, valid = source.read(Window(3, 3, 5, 5))
    assert valid is None
    assert [array[0, 0] for array in arrays] == list(values)


def test_a_safe_folder_in_a_zip_and_any_file_within(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    safe = sentinel2(tmp_path / "a")
    archive = zipped(safe)
    within = [
        safe / "MTD_MSIL2A.xml",
        safe / "INSPIRE.xml",
        *(next(safe.rglob(name)) for name in ("MTD_TL.xml", "*B11_20m.jp2", "*TCI_10m.jp2", "*SCL_60m.jp2", "MSK_CLDPRB_20m.jp2")),
    ]
    inside = f"/vsizip/{archive}/{next(safe.rglob('*B04_10m.jp2')).relative_to(safe.parent)}"
    for given in (archive, inside, *within, safe.parent):
        if given == safe.parent:
            archive.unlink()
        assert stack(given).values == [310, 410, 810], given


def test_bands_of_another_resolution(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    safe = sentinel2(tmp_path)
    image = stack(safe, ["swir1", "swir2", "rededge1", "nir_narrow", "blue", "coastal"])
    assert image.roles[3:] == ["swir1", "swir2", "rededge1", "nir_narrow", "blue", "coastal"]
    assert image.values == [310, 410, 810, 1120, 1220, 520, 8020, 210, 160]
    assert image.size == (24, 10.0)
    # At 20 m the product's own files are taken where there are any.
    assert (stack(safe, ["swir1"], 20).values, stack(safe, resolution=20).size) == ([320, 420, 810, 1120], (12, 20.0))
    assert stack(safe, resolution=40).size == (6, 40.0)
    # A pixel size that doesn't divide the scene: nothing at its edge is lost.
    assert stack(safe, resolution=35).size == (7, 35.0)


def test_a_coarser_band_keeps_its_place(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    safe = sentinel2(tmp_path)
    swir = next(safe.rglob("*B11_20m.jp2"))
    levels = np.arange(144).reshape(12, 12)
    raster(swir, levels, 20)
    image = stack(safe, ["swir1"])
    assert (image.bands[3].ReadAsArray() == levels.repeat(2, 0).repeat(2, 1)).all()


def test_scene_classes_are_a_mask(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    image = stack(sentinel2(tmp_path))
    classes = np.resize(np.arange(12), (12, 12)).repeat(2, 0).repeat(2, 1)
    assert (clear(image) == np.isin(classes, (2, 4, 5, 6, 7, 11))).all()


def test_clouds_of_level_1c(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """A raster from baseline 04.00 on, polygons before."""
    safe = sentinel2(tmp_path / "new", level="1C", baseline="0510")
    for given in (safe, zipped(safe)):
        image = stack(given)
        assert (clear(image)[::6, ::6] == np.resize([True, False, False, True], (4, 4))).all()
    # Level 2A has the classes of the scene.
    assert read(sentinel2(tmp_path / "surface")).quality.kind == "SCL"
    old = read(sentinel2(tmp_path / "old", level="1C", baseline="0209", offset=None))
    assert old.quality is None
    assert "polygons in" in old.notes[-1]
    assert "MSK_CLOUDS_B00.gml" in old.notes[-1]


def test_what_macos_puts_beside_files(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Under names that begin as theirs, in an archive and on some disks."""
    safe = sentinel2(tmp_path / "a")
    band = next(safe.rglob("*_B04_10m.jp2"))
    other = safe.parent / "__MACOSX" / band.relative_to(safe.parent)
    for path in (band.with_name(f"._{band.name}"), other.with_name(f"._{band.name}")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0\5\x16\7")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in safe.parent.rglob("*"):
            archive.write(file, file.relative_to(safe.parent))
    for given in (safe, tmp_path / "a.zip", band):
        assert stack(given).values == [310, 410, 810]


@pytest.mark.parametrize("start", ["LC09_L2SP_193024_20220301_20230315_02_T1_SR_{}", "HLS.L30.T10TEK.2020273T190109.v2.0.{}"])
def test_what_was_saved_twice(start: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    codes = ("B03", "B04", "B05") if start.startswith("HLS") else ("B3", "B4", "B5")
    for value, code in enumerate(codes, start=1):
        raster(tmp_path / "d" / f"{start.format(code)} (1).tif", value)
    assert stack(tmp_path / "d").values == [1, 2, 3]
    raster(tmp_path / "d" / f"{start.format(codes[1])}.tif", 7)
    with pytest.raises(InputError, match=r"Several files may be the red band: .* \(1\)\.tif, .*\.tif"):
        stack(tmp_path / "d")


def test_sen2cor_of_2016(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Files of the long format, of which the classes aren't named as the bands are, in a product of its own time."""
    safe = tmp_path / "S2A_USER_PRD_MSIL2A_PDMC_20160719T190000_R065_V20160719T102028_20160719T102028.SAFE"
    granule = safe / "GRANULE" / "S2A_USER_MSI_L2A_TL_EPA__20160719T123456_A005000_T32TQM_N02.04"
    images = granule / "IMG_DATA"
    for size, codes in ((10, ("B02", "B03", "B04", "B08")), (20, ("B03", "B04", "B8A", "B11"))):
        for value, code in enumerate(codes, start=size):
            raster(images / f"R{size}m" / f"S2A_USER_MSI_L2A_TL_EPA__20160719T123456_A005000_T32TQM_{code}_{size}m.jp2", value, size)
    classes = np.resize(np.arange(12, dtype=np.uint8), (12, 12))
    for size, folder in ((20, images), (60, images)):
        name = f"S2A_USER_SCL_L2A_TL_EPA__20160719T123456_A005000_T32TQM_{size}m.jp2"
        raster(folder / name, classes if size == 20 else 1, size, dtype=np.uint8)
    raster(granule / "QI_DATA" / "S2A_USER_CLD_L2A_TL_EPA__20160719T123456_A005000_T32TQM_20m.jp2", 1, 20, dtype=np.uint8)
    (safe / "S2A_USER_MTD_SAFL2A_PDMC_20160719T190000_R065_V20160719T102028_20160719T102028.xml").write_text(
        '<L1C_TOA_QUANTIFICATION_VALUE unit="none">10000</L1C_TOA_QUANTIFICATION_VALUE>'
        '<L2A_BOA_QUANTIFICATION_VALUE unit="none">2000</L2A_BOA_QUANTIFICATION_VALUE><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME>'
        "<PRODUCT_START_TIME>2016-07-19T10:20:28.0Z</PRODUCT_START_TIME>"
    )
    for given in (safe, zipped(safe), next(safe.rglob("*_SCL_*_20m.jp2"))):
        image = stack(given, ["swir1"])
        assert image.values == [11, 12, 13, 23]
        assert (image.scaling, image.dataset.GetMetadataItem("ACQUISITION_DATE")) == ({(1 / 2000, 0.0)}, "2016-07-19")
        assert (clear(image)[::2, ::2] == np.isin(classes, (2, 4, 5, 6, 7, 11))).all()


# Values of the quality bands of Collection 1, of which the first two are of clear land and water.
COLLECTION_1 = {
    "BQA": ("LC08_L1TP_193023_20180131_20180207_01_T1_{}.TIF", (2720, 2724, 1, 2800, 2976, 6816), "B{}"),
    "pixel_qa": ("LC08_L1TP_193023_20180131_20180207_01_T1_{}.tif", (322, 324, 1, 352, 328, 834 | 32), "sr_band{}"),
    "PIXELQA": ("LC08_CU_026008_20180131_20180207_C01_V01_{}.tif", (322, 324, 1, 352, 328, 834 | 32), "SRB{}"),
}


@pytest.mark.parametrize("quality", COLLECTION_1)
def test_clouds_of_landsat_collection_1(quality: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    name, values, band = COLLECTION_1[quality]
    for number in (3, 4, 5):
        raster(tmp_path / "l" / name.format(band.format(number)), number)
    raster(tmp_path / "l" / name.format(quality), np.resize(np.array(values, np.uint16), (8, 8)))
    image = stack(tmp_path / "l")
    assert (image.values, image.dataset.GetMetadataItem("ACQUISITION_DATE")) == ([3, 4, 5], "2018-01-31")
    assert clear(image)[0, :6].tolist() == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("20170820_175239_0c19_3B_AnalyticMS.tif", "20170820_175239_0c19_3B_AnalyticMS_DN_udm.tif"),
        ("20170820_175239_0c19_3B_AnalyticMS_SR_clip.tif", "20170820_175239_0c19_3B_AnalyticMS_DN_udm_clip.tif"),
        ("20170820_175239_0c19_3B_AnalyticMS.tif", "20170820_175239_0c19_3B_DN_udm.tif"),
        ("20170820_175239_ssc1d1_0017_analytic.tif", "20170820_175239_ssc1d1_0017_udm.tif"),
        ("3241621_2017-03-05_RE4_3A_Analytic.tif", "3241621_2017-03-05_RE4_3A_udm.tif"),
    ],
)
def test_planets_first_masks(image: str, mask: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Bits of fill, clouds and missing bands; the second kind, where there is one, says more."""
    raster(tmp_path / "p" / image, (1, 2, 3, 4, 5) if "_RE4_" in image else (1, 2, 3, 4), 30)
    raster(tmp_path / "p" / mask, np.resize(np.array([0, 1, 2, 8], np.uint8), (8, 8)), 30, dtype=np.uint8)
    made = stack(tmp_path / "p")
    assert made.values == ([2, 3, 5] if "_RE4_" in image else [2, 3, 4])
    assert clear(made)[0, :4].tolist() == [True, False, False, False]


def test_two_masks(tmp_path: Path) -> None:
    for name in ("udm2.tif", "udm2_clip.tif"):
        raster(tmp_path / "p" / f"20170820_175239_0c19_3B_{name}", 1, dtype=np.uint8)
    raster(tmp_path / "p" / "20170820_175239_0c19_3B_AnalyticMS.tif", (1, 2, 3, 4))
    with pytest.raises(InputError, match=r"may say which pixels are clear: .*_udm2\.tif, .*_udm2_clip\.tif"):
        read(tmp_path / "p")


def test_several_sentinel_2_products(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    first, second = sentinel2(tmp_path / "d"), sentinel2(tmp_path / "d", level="1C")
    with pytest.raises(InputError, match=f"several images: {second.stem}, {first.stem}. Choose a file"):
        read(tmp_path / "d")
    assert stack(second / "MTD_MSIL1C.xml").values == [300, 400, 800]


def test_a_product_of_many_tiles(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Until December 2016 products held all tiles of an orbit."""
    safe = tmp_path / "S2A_OPER_PRD_MSIL1C_PDMC_20160126T184125_R008_V20160125T101502.SAFE"
    for tile, value in (("T33UUU", 100), ("T33UVU", 200)):
        granule = safe / "GRANULE" / f"S2A_OPER_MSI_L1C_TL_SGS__20160126T184125_A003096_{tile}_N02.01"
        for band in ("B03", "B04", "B08"):
            raster(granule / "IMG_DATA" / f"S2A_OPER_MSI_L1C_TL_SGS__20160126T184125_A003096_{tile}_{band}.jp2", value + int(band[1:]), 10)
        (granule / f"S2A_OPER_MTD_L1C_TL_SGS__20160126T184125_A003096_{tile}.xml").write_text("<x/>")
    text = (
        '<QUANTIFICATION_VALUE unit="none">1000</QUANTIFICATION_VALUE><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME>'
        "<PRODUCT_START_TIME>2016-01-25T10:15:02.0Z</PRODUCT_START_TIME>"
    )
    (safe / "S2A_OPER_MTD_SAFL1C_PDMC_20160126T184125_R008_V20160125T101502.xml").write_text(text)
    with pytest.raises(InputError, match=r"several images: .*T33UUU.*T33UVU"):
        read(safe)
    for given in (next(safe.rglob("*T33UVU_B04.jp2")), next(safe.rglob("*T33UVU.xml"))):
        image = stack(given)
        assert image.values == [203, 204, 208]
    assert image.scaling == {(0.001, 0.0)}
    assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == "2016-01-25"


def test_sentinel_2_without_metadata_declares_no_scale(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    safe = sentinel2(tmp_path, metadata=False)
    image = stack(safe)
    assert image.scaling == {(1.0, 0.0)}
    assert "neither scale nor offset is declared" in read(safe).notes[0]
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in safe.rglob("*_B??_10m.jp2"):
        shutil.copy(file, flat)
    assert stack(flat).values == [310, 410, 810]


def test_incomplete_sentinel_2(tmp_path: Path) -> None:
    safe = sentinel2(tmp_path)
    for file in safe.rglob("*_B04_*"):
        file.unlink()
    with pytest.raises(InputError, match=r"has no band for red\. It has .*green.*: .*_B03_10m\.jp2"):
        read(safe).choose((), None)
    archive = zipped(safe)
    archive.write_bytes(archive.read_bytes()[:3000])
    with pytest.raises(InputError, match="can't be read as an archive"):
        read(archive)
    (safe / "MTD_MSIL2A.xml").write_text("<n1:Level-2A_User_Product>")
    with pytest.raises(InputError, match="states no quantification value"):
        read(safe)


@pytest.mark.parametrize("start", LANDSAT)
@pytest.mark.parametrize("level", ["L1TP", "L2SP"])
def test_landsat(start: str, level: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    if start.startswith("LM") and level == "L2SP":
        level = "L1GS"
    folder = landsat(tmp_path, start, level, "19841224" if start[1] in "TM" else "20220301")
    image = stack(folder)
    expected = {"LC": (3000, 4000, 5000), "LM05": (1000, 2000, 4000), "LM02": (4000, 5000, 7000)}
    assert image.values == list(expected.get(start) or expected.get(start[:2]) or (2000, 3000, 4000))
    assert image.size == (4, 60.0) if start.startswith("LM") else (8, 30.0)
    (stated,) = image.scaling
    assert stated == pytest.approx((2.75e-5, -0.2) if level == "L2SP" else (2e-5, -0.1))
    assert image.nodata == {0.0}
    assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == ("1984-12-24" if start[1] in "TM" else "2022-03-01")
    instrument = {"C": "OLI", "E": "ETM+", "T": "TM", "M": "MSS"}[start[1]]
    assert image.dataset.GetMetadataItem("SENSOR") == f"Landsat {int(start[2:])} {instrument}"
    # In the order of the made scene: fill, clear, cloud, shadow, water, snow, cirrus, dilated cloud.
    assert (clear(image).ravel()[:8] == [False, True, False, False, True, True, False, False][: clear(image).size]).all()


@pytest.mark.parametrize("pack", [tarred, lambda folder: tarred(folder, ".tar.gz"), zipped, lambda folder: zipped(folder, inside=False)])
def test_landsat_in_an_archive(pack: Callable[[Path], Path], tmp_path: Path, stack: Callable[..., Stack]) -> None:
    image = stack(pack(landsat(tmp_path)))
    assert image.values == [3000, 4000, 5000]
    assert image.scaling == {(2.75e-5, -0.2)}


@pytest.mark.parametrize("kind", ["txt", "json", "xml"])
def test_landsat_by_its_metadata(kind: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    folder = landsat(tmp_path, "LC08", "L1TP", mtl=(kind,))
    landsat(tmp_path / "other", "LC08", "L1TP", "20200505")
    for file in (tmp_path / "other").rglob("*.*"):
        shutil.move(str(file), folder)
    with pytest.raises(InputError, match=r"several images: LC08_L1TP_193024_20200505.*LC08_L1TP_193024_20220301"):
        read(folder)
    image = stack(folder / f"{folder.name}_MTL.{kind}", ["pan", "swir2"])
    assert (image.values, image.scaling) == ([3000, 4000, 5000, 8000, 7000], {(2e-5, -0.1)})
    for given in (f"{folder.name}_B10.TIF", f"{folder.name}_QA_PIXEL.TIF", f"{folder.name}_ANG.txt"):
        assert stack(folder / given).dataset.GetMetadataItem("ACQUISITION_DATE") == "2022-03-01"


def test_a_folder_of_far_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("green", "red", "nir"):
        raster(tmp_path / f"{role}.tif")
    monkeypatch.setattr(listing, "_MAX_FILES", 2)
    with pytest.raises(InputError, match="holds more than 2 files: choose the folder of one product"):
        read(tmp_path)


def test_landsats_gap_masks_are_no_bands(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    folder = landsat(tmp_path, "LE07", "L1TP")
    for number in (2, 3, 4):
        raster(folder / "gap_mask" / f"{folder.name}_GM_B{number}.TIF", 1, dtype=np.uint8)
    assert stack(folder).values == [2000, 3000, 4000]


def test_landsat_without_its_metadata(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Level 2 has the same numbers in all scenes; names may be in lower case."""
    assert stack(landsat(tmp_path, "LE07", mtl=(), lower=True)).scaling == {(2.75e-5, -0.2)}
    folder = landsat(tmp_path, "LE07", "L1TP", mtl=())
    assert stack(folder).scaling == {(1.0, 0.0)}
    assert "no metadata" in read(folder).notes[0]


def test_pixels_of_landsats_panchromatic_band_lie_between(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    folder = landsat(tmp_path, "LC08", "L1TP")
    (pan,) = folder.glob("*_B8.TIF")
    values = np.arange(256).reshape(16, 16)
    raster(pan, values, 15, origin=(500007.5, 5799992.5))
    image = stack(folder, ["pan"])
    # Its first pixel begins a quarter of a pixel inside, so the centres of the others are between its pixels.
    assert image.size == (8, 30.0)
    assert image.bands[3].ReadAsArray()[1, 1] in values[1:4, 1:4]


BYTES, WORDS, FLOATS = np.uint8, np.uint16, np.float32
EXPORTS = {
    "2018-10-13, Sentinel-2B L1C, {}.tiff": (("B02", "B03", "B04", "B08"), BYTES, "2018-10-13", "Sentinel-2B MSI"),
    "2020-01-11, Sentinel-2A L2A, {}.tiff": (("B03", "B04", "B08", "B8A"), WORDS, "2020-01-11", "Sentinel-2A MSI"),
    "2022-02-16-00_00_2022-02-16-23_59_Sentinel-2_L2A_{}_(Raw).tiff": (
        ("B03", "B04", "B08", "B11"),
        FLOATS,
        "2022-02-16",
        "Sentinel-2 MSI",
    ),
    "2019-06-07-00:00_2019-06-07-23:59_Sentinel-2_L1C_{}_(Raw).tiff": (("B03", "B04", "B8A"), FLOATS, "2019-06-07", "Sentinel-2 MSI"),
    "2023-02-10-00_00_2023-02-10-23_59_Landsat_8-9_L2_{}_(Raw).tiff": (("B03", "B04", "B05"), FLOATS, "2023-02-10", "Landsat 8-9 OLI"),
    "2010-07-31-00_00_2010-07-31-23_59_Landsat_4-5_TM_L1_{}_(Raw).tiff": (("B02", "B03", "B04"), WORDS, "2010-07-31", "Landsat 4-5 TM"),
    "2003-07-31-00_00_2003-07-31-23_59_Landsat_7_ETM+_L2_{}_(Raw).tiff": (("B02", "B03", "B04"), WORDS, "2003-07-31", "Landsat 7 ETM+"),
    "1984-07-31-00_00_1984-07-31-23_59_Landsat_1-5_MSS_L1_{}_(Raw).tiff": (
        ("B01", "B02", "B04"),
        BYTES,
        "1984-07-31",
        "Landsat 1-5 MSS",
    ),
    "2021-07-31-00_00_2021-07-31-23_59_Landsat_8_(USGS_archive)_{}_(Raw).tiff": (
        ("B03", "B04", "B05"),
        FLOATS,
        "2021-07-31",
        "Landsat 8 OLI",
    ),
    # Without a beginning: a single moment.
    "2022-02-16-10:21_Sentinel-2_L2A_{}_(Raw).tiff": (("B03", "B04", "B08"), FLOATS, "2022-02-16", "Sentinel-2 MSI"),
    # A mosaic of a month has no date.
    "2022-02-01-00_00_2022-02-28-23_59_Sentinel-2_L2A_{}_(Raw).tiff": (("B03", "B04", "B08"), WORDS, None, "Sentinel-2 MSI"),
    "lake_2022-02-16-00_00_2022-02-16-23_59_Sentinel-2_L2A_{}_(Raw).TIFF": (
        ("B03", "B04", "B08"),
        WORDS,
        "2022-02-16",
        "Sentinel-2 MSI",
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_of_browsers(name: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    codes, dtype, date, sensor = EXPORTS[name]
    folder = tmp_path / "Browser images"
    for value, code in enumerate(codes, start=1):
        raster(folder / name.format(code), value, (0.0002, 0.0001), dtype=dtype, origin=(13.1, 52.4), epsg=4326, side=0.0024)
    raster(folder / name.format("True_color"), (1, 2, 3), (0.0002, 0.0001), dtype=np.uint8, origin=(13.1, 52.4), epsg=4326, side=0.0024)
    expected = [float(codes.index(c) + 1) for c in (("B03", "B04", "B08") if codes[:4] == ("B02", "B03", "B04", "B08") else codes[:3])]
    for given in (folder, zipped(folder, inside=False), folder / name.format(codes[0]), [folder / name.format(code) for code in codes]):
        image = stack(given)
        assert image.values == expected
        assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == date
        assert image.dataset.GetMetadataItem("SENSOR") == sensor
        # What the numbers of an export mean hangs on how it was exported.
        assert image.scaling == {(1.0, 0.0)}
        assert np.allclose(image.dataset.GetGeoTransform(), (13.1, 0.0002, 0, 52.4, 0, -0.0001))


def test_exports_of_harmonized_images(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Their bands have names, and the only near-infrared one may be the narrow one."""
    folder = tmp_path / "e"
    for value, band in enumerate(("Green", "Red", "NIR_Narrow", "SWIR1"), start=1):
        raster(folder / f"2022-02-16-00:00_2022-02-16-23:59_Harmonized_Landsat_Sentinel_(HLS)_{band}_(Raw).tiff", value, dtype=np.float32)
    image = stack(folder, ["swir1"])
    assert (image.values, image.dataset.GetMetadataItem("ACQUISITION_DATE")) == ([1, 2, 3, 4], "2022-02-16")
    raster(folder / "2022-02-16-00:00_2022-02-16-23:59_Harmonized_Landsat_Sentinel_(HLS)_NIR_Broad_(Raw).tiff", 5, dtype=np.float32)
    assert stack(folder, ["nir_narrow"]).values == [1, 2, 5, 3]


def test_exports_of_two_dates_or_places(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    name, later = "2018-10-13, Sentinel-2B L1C, {}.tiff", "2018-11-13, Sentinel-2B L1C, {}.tiff"
    for code in ("B03", "B04", "B08"):
        for pattern in (name, later):
            raster(tmp_path / "e" / pattern.format(code))
    with pytest.raises(InputError, match="several images: 2018-10-13, Sentinel-2B L1C, 2018-11-13, Sentinel-2B L1C"):
        read(tmp_path / "e")
    assert stack(tmp_path / "e" / later.format("B04")).dataset.GetMetadataItem("ACQUISITION_DATE") == "2018-11-13"
    mixed = [tmp_path / "e" / p for p in (name.format("B03"), later.format("B04"), name.format("B08"))]
    with pytest.raises(InputError, match=r"different scenes or dates: “2018-10-13, Sentinel-2B L1C, B03\.tiff”, “2018-11-13"):
        read(mixed)
    # What was saved twice.
    raster(tmp_path / "e" / "2018-11-13, Sentinel-2B L1C, B04 (1).tiff")
    with pytest.raises(InputError, match=r"Several files may be the red band: .*B04 \(1\)\.tiff.*B04\.tiff"):
        stack(tmp_path / "e" / later.format("B03"))
    raster(tmp_path / "e" / name.format("B08"), origin=(500300, 5800000))
    with pytest.raises(InputError, match=r"B08.tiff lies on another grid than .*B03.tiff: its edges are up to 10 pixels away"):
        stack(tmp_path / "e" / name.format("B03"))


@pytest.mark.parametrize(("kind", "codes"), [("S30", ("B03", "B04", "B8A", "B08", "B11")), ("L30", ("B03", "B04", "B05", "B09", "B06"))])
def test_harmonized_landsat_and_sentinel_2(kind: str, codes: Sequence[str], tmp_path: Path, stack: Callable[..., Stack]) -> None:
    start = f"HLS.{kind}.T10TEK.2020273T190109.v2.0"
    for value, code in enumerate(codes, start=1):
        raster(tmp_path / f"{start}.{code}.tif", value, dtype=np.int16, nodata=-9999, scale=0.0001)
    marks = np.array([0, 2, 4, 8, 16, 32, 64, 255], np.uint8)
    raster(tmp_path / f"{start}.Fmask.tif", np.resize(marks, (8, 8)), dtype=np.uint8, nodata=255)
    image = stack(tmp_path, ["swir1"])
    assert image.values == [1, 2, 3, 5]
    assert (image.scaling, image.nodata) == ({(1e-4, 0.0)}, {-9999.0})
    assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == "2020-09-29"
    assert clear(image)[0].tolist() == [True, False, False, False, True, True, True, False]


def test_planetscope_of_four_bands(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    start = tmp_path / "files" / "20190109_015005_1020_3B"
    raster(Path(f"{start}_AnalyticMS.tif"), (1, 2, 3, 4), 3)
    usable = [np.resize(np.array([1, 0]), (80, 80)), *[0] * 7]
    raster(Path(f"{start}_udm2.tif"), usable, 3, dtype=np.uint8)
    raster(Path(f"{start}_AnalyticMS_DN_udm.tif"), 0, 3, dtype=np.uint8)
    coefficients = "".join(
        f"<ps:bandSpecificMetadata>\n<ps:bandNumber>{n}</ps:bandNumber>\n<ps:radiometricScaleFactor>0.01</ps:radiometricScaleFactor>"
        f"<ps:reflectanceCoefficient>{n}.5e-05</ps:reflectanceCoefficient></ps:bandSpecificMetadata>"
        for n in (1, 2, 3, 4)
    )
    Path(f"{start}_AnalyticMS_metadata.xml").write_text(f"<ps:EarthObservation>{coefficients}</ps:EarthObservation>")
    image = stack(tmp_path, ["blue"])
    assert image.values == [2, 3, 4, 1]
    assert [band.GetScale() for band in image.bands] == pytest.approx([2.5e-5, 3.5e-5, 4.5e-5, 1.5e-5])
    assert (image.nodata, image.dataset.GetMetadataItem("ACQUISITION_DATE")) == ({0.0}, "2019-01-09")
    assert clear(image)[0, :4].tolist() == [True, False, True, False]
    # Radiance and reflectance beside each other: which is meant has to be said.
    surface = raster(Path(f"{start}_AnalyticMS_SR.tif"), (10, 20, 30, 40), 3)
    with pytest.raises(InputError, match=r"may be the green band: .*_AnalyticMS\.tif, .*_AnalyticMS_SR\.tif"):
        stack(tmp_path)
    assert (stack(surface).values, stack(surface).scaling) == ([20, 30, 40], {(1e-4, 0.0)})


@pytest.mark.parametrize("described", [True, False])
def test_planetscope_of_eight_bands(described: bool, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    names = ("coastal_blue", "blue", "green_i", "green", "yellow", "red", "rededge", "nir")
    folder = tmp_path / "order" / "PSScene"
    start = "20220102_143712_12_2405_3B"
    raster(folder / f"{start}_AnalyticMS_SR_8b_harmonized_clip.tif", range(1, 9), 3, descriptions=names if described else ())
    raster(folder / f"{start}_udm2_clip.tif", (1, 0, 0, 0, 0, 0, 0, 0), 3, dtype=np.uint8)
    image = stack(zipped(tmp_path / "order", inside=False), ["rededge1", "coastal", "yellow"])
    assert image.values == [4, 6, 8, 7, 1, 5]
    assert image.scaling == {(1e-4, 0.0)}
    assert clear(image).all()


AERIAL = {
    "m_3807708_se_18_1_20130924.tif": ((1, 2, 3, 4), (2, 1, 4), "2013-09-24"),
    "m_3610845_ne_12_060_20180504_20190213.tif": ((1, 2, 3, 4), (2, 1, 4), "2018-05-04"),
    "m_3610845_ne_12_h_20200504.jp2": ((1, 2, 3, 4), (2, 1, 4), "2020-05-04"),
    "dop20rgbi_33_380_5800_2_be_2021.tif": ((1, 2, 3, 4), (2, 1, 4), None),
    "swissimage_NRGB_2021.tif": ((1, 2, 3, 4), (3, 2, 1), None),
    "ortho_CIR_2019.tif": ((1, 2, 3), (3, 2, 1), None),
}


@pytest.mark.parametrize("name", AERIAL)
def test_aerial_images(name: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    values, expected, date = AERIAL[name]
    image = stack(raster(tmp_path / "a" / name, values, 10, dtype=np.uint8))
    assert (image.values, image.dataset.GetMetadataItem("ACQUISITION_DATE")) == (list(expected), date)


def test_images_that_say_what_their_bands_are(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    raster(tmp_path / "a" / "ortho_2020-06-01.tif", (1, 2, 3, 4), descriptions=("Red", "Green", "Blue", "Near Infrared"))
    image = stack(tmp_path / "a", ["blue"])
    assert (image.values, image.roles[3]) == ([2, 1, 4, 3], "blue")
    assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == "2020-06-01"


def assets(**common: str) -> dict[str, dict[str, object]]:
    return {
        key: {"href": f"./{key}.tif", "type": "image/tiff; application=geotiff", "eo:bands": [{"name": key, "common_name": name}]}
        for key, name in common.items()
    }


STAC = {
    "Earth Search": (
        {
            **{
                key: {**asset, "raster:bands": [{"nodata": 0, "scale": 0.0001, "offset": -0.1}], "roles": ["data", "reflectance"]}
                for key, asset in assets(green="green", red="red", nir="nir", nir08="nir08", rededge2="rededge", swir16="swir16").items()
            },
            "green-jp2": {"href": "s3://x/B03.jp2", "type": "image/jp2", "eo:bands": [{"name": "green", "common_name": "green"}]},
            "visual": {"href": "visual.tif", "type": "image/tiff", "eo:bands": [{"common_name": c} for c in ("red", "green", "blue")]},
            "thumbnail": {"href": "preview.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
        },
        {"platform": "sentinel-2b", "instruments": ["msi"], "datetime": "2022-02-16T10:21:01Z", "earthsearch:boa_offset_applied": True},
        ("green", "red", "nir"),
        (1e-4, 0.0),
    ),
    "Planetary Computer": (
        {**assets(B03="green", B04="red", B08="nir", B8A="rededge"), **assets(visual="red")},
        {"platform": "Sentinel-2A", "datetime": "2022-02-16T10:21:01Z", "s2:processing_baseline": "05.10"},
        ("B03", "B04", "B08"),
        (1e-4, -0.1),
    ),
    "Planetary Computer, before 2022": (
        assets(B03="green", B04="red", B08="nir"),
        {"platform": "Sentinel-2A", "datetime": "2020-02-16T10:21:01Z", "s2:processing_baseline": "02.12"},
        ("B03", "B04", "B08"),
        (1e-4, 0.0),
    ),
    "STAC 1.1, files of several resolutions": (
        {
            f"{code}_{size}m": {
                "href": f"{code}_{size}m.tif",
                "type": "image/jp2",
                "gsd": size,
                "nodata": 0,
                "raster:scale": 0.0001,
                "raster:offset": -0.1,
                "bands": [{"name": code, "eo:common_name": common, "eo:center_wavelength": length}],
            }
            for size in (10, 20, 60)
            for code, common, length in (("B03", "green", 0.56), ("B04", "red", 0.665), ("B08", "nir", 0.842))
        },
        {"platform": "sentinel-2c", "datetime": "2025-02-16T10:21:01Z"},
        ("B03_10m", "B04_10m", "B08_10m"),
        (1e-4, -0.1),
    ),
    "Landsat": (
        {
            key: {**asset, "raster:bands": [{"nodata": 0, "scale": 2.75e-05, "offset": -0.2}]}
            for key, asset in assets(green="green", red="red", nir08="nir08", swir16="swir16").items()
        },
        {"platform": "landsat-8", "instruments": ["oli", "tirs"], "datetime": "2022-02-16T10:21:01Z"},
        ("green", "red", "nir08"),
        (2.75e-5, -0.2),
    ),
    "Landsat, as USGS describes it": (
        {
            key: {
                "href": f"{key}.tif",
                "type": "image/vnd.stac.geotiff; cloud-optimized=true",
                "eo:bands": [{"name": name, "common_name": key}],
            }
            for key, name in (("green", "B3"), ("red", "B4"), ("nir08", "B5"), ("swir16", "B6"))
        },
        {"platform": "LANDSAT_8", "instruments": ["OLI", "TIRS"], "datetime": "2022-02-16T10:21:01Z", "landsat:correction": "L2SP"},
        ("green", "red", "nir08"),
        (2.75e-5, -0.2),
    ),
    "Earth Search, version 0": (
        {**assets(B03="green", B04="red", B08="nir", B8A="nir08", overview="red"), "SCL": {"href": "SCL.tif", "type": "image/tiff"}},
        {"platform": "sentinel-2b", "datetime": "2022-02-16T10:21:01Z", "sentinel:boa_offset_applied": True},
        ("B03", "B04", "B08"),
        (1.0, 0.0),
    ),
    "Copernicus Data Space": (
        {
            f"{code}_10m": {
                "href": f"{code}_10m.tif",
                "type": "image/jp2",
                "bands": [{"name": code, "eo:common_name": common, "raster:scale": 0.0001, "raster:offset": -0.1, "nodata": 0}],
                "roles": ["data", "reflectance", "sampling:original", "gsd:10m"],
            }
            for code, common in (("B02", "blue"), ("B03", "green"), ("B04", "red"), ("B08", "nir"))
        },
        {"platform": "sentinel-2a", "datetime": "2025-02-16T10:21:01Z", "processing:version": "05.11"},
        ("B03_10m", "B04_10m", "B08_10m"),
        (1e-4, -0.1),
    ),
    "Harmonized Landsat": (
        {**assets(B03="green", B04="red", B05="nir08", B06="swir16"), "Fmask": {"href": "Fmask.tif", "type": "image/tiff"}},
        {"platform": "landsat-9", "datetime": "2022-02-16T10:21:01Z"},
        ("B03", "B04", "B05"),
        (1e-4, 0.0),
    ),
    "Landsat, by its codes": (
        {
            key: {"href": f"{key}.tif", "type": "image/vnd.stac.geotiff", "eo:bands": [{"name": f"TM_B{n}"}]}
            for key, n in (("g", 2), ("r", 3), ("n", 4), ("s", 5))
        },
        {"platform": "LANDSAT_5", "instruments": ["TM"], "datetime": "1990-02-16T10:21:01Z"},
        ("g", "r", "n"),
        (1.0, 0.0),
    ),
}


@pytest.mark.parametrize("catalogue", STAC)
def test_stac_items(catalogue: str, tmp_path: Path, stack: Callable[..., Stack]) -> None:
    listed, properties, keys, scaling = STAC[catalogue]
    more = {"id": "HLS.L30.T33UUU.2022047T102101.v2.0"} if catalogue.startswith("Harmonized") else {}
    item = stac_item(tmp_path, listed, properties, **more)
    values = {key: number for number, key in enumerate(listed, start=1)}
    for key, number in values.items():
        raster(tmp_path / f"{key}.tif", number, 20 if key.endswith("20m") else 60 if key.endswith("60m") else 10)
    image = stack(item)
    assert image.values == [values[key] for key in keys]
    (stated,) = image.scaling
    assert stated == pytest.approx(scaling)
    assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == str(properties["datetime"])[:10]
    assert str(properties["platform"]) in image.dataset.GetMetadataItem("SENSOR")


def test_a_stac_item_of_one_file_and_a_quality_band(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    bands = [
        {"name": name, "common_name": common} for name, common in (("Red", "red"), ("Green", "green"), ("Blue", "blue"), ("NIR", "nir"))
    ]
    image = {"href": "naip.tif", "type": "image/tiff", "eo:bands": bands, "roles": ["data"]}
    raster(tmp_path / "naip.tif", (1, 2, 3, 4), 20)
    raster(tmp_path / "scl.tif", np.resize(np.arange(12, dtype=np.uint8), (12, 12)), 20, dtype=np.uint8)
    item = stac_item(tmp_path, {"image": image, "SCL": {"href": "scl.tif", "type": "image/tiff"}}, {"datetime": "2020-01-01T00:00:00Z"})
    made = stack(item, ["blue"])
    assert made.values == [2, 1, 4, 3]
    assert clear(made)[0].tolist() == [n in {2, 4, 5, 6, 7, 11} for n in range(12)]


def test_a_planet_order_by_its_collection(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    names = ("coastal_blue", "blue", "green_i", "green", "yellow", "red", "rededge", "nir")
    lengths = (0.443, 0.49, 0.531, 0.565, 0.61, 0.665, 0.705, 0.865)
    image = {
        "href": "./a_3B_AnalyticMS_SR_8b_clip.tif",
        "type": "image/tiff; application=geotiff",
        "pl:asset_type": "ortho_analytic_8b_sr",
        "eo:bands": [{"name": n, "common_name": n.split("_")[0], "center_wavelength": length} for n, length in zip(names, lengths)],
        "raster:bands": [{"nodata": 0, "scale": 0.0001}] * 8,
    }
    usable = {"href": "./a_3B_udm2_clip.tif", "type": "image/tiff", "pl:asset_type": "ortho_udm2", "eo:bands": [{"name": "clear"}]}
    folder = tmp_path / "PSScene"
    raster(folder / "a_3B_AnalyticMS_SR_8b_clip.tif", range(1, 9))
    raster(folder / "a_3B_udm2_clip.tif", (1, 0, 0, 0, 0, 0, 0, 0), dtype=np.uint8)
    stac_item(folder, {"a_3B_AnalyticMS_SR_8b_clip_tif": image, "a_3B_udm2_clip_tif": usable}, {"datetime": "2022-01-02T00:00:00Z"})
    links = [{"rel": "root", "href": "x.json"}, {"rel": "item", "href": "./PSScene/item.json"}]
    collection = tmp_path / "PSScene_collection.json"
    collection.write_text(json.dumps({"type": "Collection", "links": links}))
    made = stack(collection, ["green_i", "rededge1", "coastal"])
    assert (made.values, made.scaling) == ([4, 6, 8, 3, 7, 1], {(1e-4, 0.0)})
    assert clear(made).all()
    collection.write_text(json.dumps({"type": "Collection", "links": [*links, links[1]]}))
    with pytest.raises(InputError, match="several images"):
        read(collection)


def test_stac_items_that_are_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    for content, said in (
        ("{", "can't be read as JSON"),
        (json.dumps({"type": "Collection"}), "several images"),
        (json.dumps({"type": "FeatureCollection", "features": [{}, {}]}), "several images"),
        (json.dumps({"type": "Feature", "assets": {"green": {"eo:bands": 3, "href": "x.tif"}}}), "isn't a valid STAC item"),
        (json.dumps({"type": "Feature", "assets": {}, "properties": {}}), "has no band for green, red and nir"),
    ):
        bad.write_text(content)
        with pytest.raises(InputError, match=said):
            read(bad).choose((), None)
    bad.write_text("[1]")
    with pytest.raises(RasterError, match="can't be opened"):
        read(bad)
    two = {"a": assets(a="green")["a"], **assets(b="green", red="red", nir="nir")}
    for key in two:
        raster(tmp_path / f"{key}.tif")
    with pytest.raises(InputError, match=r"may be the green band: a\.tif, b\.tif"):
        read(stac_item(tmp_path, two, {})).choose((), None)


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


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("nir.tif", "a.tif", "b.tif"), "nir.tif would be green, but its name says nir"),
        (("a.tif", "swir1.tif", "b.tif"), "swir1.tif would be red, but its name says swir1"),
        (("a_20200101.tif", "b_20200101.tif", "c_20200201.tif"), "different scenes or dates: a?b?_20200101.tif, c_20200201.tif"),
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
    assert [line for line in progress.warnings if "several NoData values" in line and "red.tif" in line] == progress.warnings != []


def test_an_archive_of_any_name(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    archive = zipped(landsat(tmp_path)).rename(tmp_path / "download (1)")
    assert stack(archive).values == [3000, 4000, 5000]
    packed = tarred(landsat(tmp_path), ".tar.gz")
    assert "unpack it, and" in read(packed).notes[-1]


def test_names_of_other_years(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """What archives and browsers called their files before, or call them elsewhere."""
    for start, codes, sensor in (
        ("2019-07-05, Landsat 8 USGS, {}.tiff", ("B03", "B04", "B05"), "Landsat 8 OLI"),
        ("Landsat_8-9_L2_{}_(Raw).tiff", ("B03", "B04", "B05"), "Landsat 8-9 OLI"),
        ("Sentinel-2_L2A_{}_(Raw).tiff", ("B03", "B04", "B08"), "Sentinel-2 MSI"),
        ("2020-01-11, Sentinel-2B L1C, {}.png", ("B03", "B04", "B08"), "Sentinel-2B MSI"),
        ("LC08_CU_026008_20200501_20210504_02_SR_{}.TIF", ("B3", "B4", "B5"), "Landsat 8 OLI"),
        ("LT51930241990009XXX01_{}.TIF", ("B2", "B3", "B4"), "Landsat 5 TM"),
        ("S2A_USER_MSI_L2A_TL_EPA__20160719T123456_A005000_T32TQM_{}_10m.jp2", ("B03", "B04", "B08"), "Sentinel-2A MSI"),
    ):
        folder = tmp_path / sensor / start[:9]
        for value, code in enumerate(codes, start=1):
            raster(folder / start.format(code), value, dtype=np.uint8)
        image = stack(folder)
        assert (image.values, image.dataset.GetMetadataItem("SENSOR")) == ([1, 2, 3], sensor)
        assert image.dataset.GetMetadataItem("ACQUISITION_DATE") in {start[:10], "2020-05-01", "1990-01-09", None}
        assert image.scaling == ({(2.75e-5, -0.2)} if "_02_SR_" in start else {(1.0, 0.0)})


def test_one_file_of_a_known_sensor(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """As Earth Engine writes it."""
    path = tmp_path / "e" / "LANDSAT_LC08_C02_T1_L2_LC08_193024_20200101.tif"
    raster(path, (1, 2, 3, 4, 5), descriptions=("SR_B6", "SR_B5", "SR_B4", "SR_B3", "ST_B10"))
    assert stack(path, ["swir1"]).values == [4, 3, 2, 1]


def test_a_composite_and_its_mask(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    raster(tmp_path / "o" / "composite.tif", (1, 2, 3, 4), descriptions=("blue", "green", "red", "nir"))
    raster(tmp_path / "o" / "composite_udm2.tif", (1, 0, 0, 0, 0, 0, 0, 0), dtype=np.uint8)
    image = stack(zipped(tmp_path / "o"))
    assert image.values == [2, 3, 4]
    assert clear(image).all()


def test_a_stac_item_that_was_downloaded_with_its_files(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    listed = {
        key: {**asset, "href": f"https://example.org/data/{key}.tif?sig=abc"}
        for key, asset in assets(green="green", red="red", nir="nir").items()
    }
    folder = tmp_path / "item"
    for value, key in enumerate(listed, start=1):
        raster(folder / f"{key}.tif", value)
    item = stac_item(folder, listed, {"datetime": "2020-01-01T00:00:00Z"})
    (folder / "other.json").write_text("{}")
    for given in (item, folder):
        image = stack(given)
        assert image.values == [1, 2, 3]
        assert image.dataset.GetMetadataItem("ACQUISITION_DATE") == "2020-01-01"
