"""Products of satellites and aerial surveys, made small, in each layout: which file is which band, its scale, NoData, date and clouds."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from downloads import LANDSAT, landsat, raster, sentinel2, tarred, zipped
from stacks import Stack, clear, read

from ipeo_water_plugin.core.archives import listing
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.grid import Window
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.source import Source

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
