"""Bands are identified from metadata, never by order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from ipeo_water_plugin.core.bands import BandInfo
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.metadata.descriptions import nanometres
from ipeo_water_plugin.core.metadata.roles import doubts, find_bands
from ipeo_water_plugin.core.metadata.sensors import sensor_of
from ipeo_water_plugin.core.raster.describe import band_infos


def described(*descriptions: str) -> list[BandInfo]:
    return [BandInfo(n, text) for n, text in enumerate(descriptions, start=1)]


def filed(*names: str) -> list[BandInfo]:
    return [BandInfo(n, file=f"/data/{name}") for n, name in enumerate(names, start=1)]


def known(sensor: str, *descriptions: str) -> list[BandInfo]:
    return [BandInfo(n, text, sensor=sensor) for n, text in enumerate(descriptions, start=1)]


@pytest.mark.parametrize(
    ("infos", "numbers", "way"),
    [
        (described("green", "red", "nir"), (1, 2, 3), "description"),
        (described("NIR", "Red", "Green"), (3, 2, 1), "description"),
        (described("Band 3 - Green", "Band 4 - Red", "Band 5 - Near Infrared (NIR)"), (1, 2, 3), "description"),
        (described("blue", "green", "red", "red edge 1", "nir", "narrow nir", "swir1"), (2, 3, 5), "description"),
        (described("B02", "B03", "B04", "B08", "B11", "B12"), (2, 3, 4), "description"),
        ([BandInfo(n, code, sensor="sentinel2") for n, code in enumerate(("B2", "B3", "B4", "B8"), 1)], (2, 3, 4), "description"),
        ([BandInfo(n, c, w) for n, (c, w) in enumerate((("B03", 560), ("B04", 665), ("B08", 842)), 1)], (1, 2, 3), "wavelength"),
        (
            described("B3, central wavelength 560 nm", "B4, central wavelength 665 nm", "B8, central wavelength 842 nm"),
            (1, 2, 3),
            "wavelength",
        ),
        (described("0.53 - 0.59 µm", "0.64-0.67 micrometers", "Band 5 (850–880 nm)"), (1, 2, 3), "wavelength"),
        *(
            (described("Green", "Red", infrared), (1, 2, 3), "description")
            for infrared in (
                *("Near Infra-Red", "near infra-red", "near-infra red", "NEAR_INFRARED", "NearInfraRed", "Near IR", "NIR1", "nir08"),
                *("PIR", "proche infrarouge", "IR", "Infrared", "infra red", "Band 4: Near Infrared (NIR)", "NIR 865", "N-IR"),
            )
        ),
        (
            [BandInfo(n, d, w) for n, (d, w) in enumerate((("a", 560), ("a error", 560), ("b", 665), ("b error", 665), ("c", 842)), 1)],
            (1, 3, 5),
            "wavelength",
        ),
        (described("green 2020", "red 2020", "nir 2020"), (1, 2, 3), "description"),
        # What names the scene stands with all three; what stands with one alone makes it another band.
        (described("olinda green", "olinda red", "olinda nir", "olinda swir", "red dispersion"), (1, 2, 3), "description"),
        (described("green_i", "green", "yellow", "red", "rededge", "nir"), (2, 4, 6), "description"),
        (described("red", "green", "nir", "nir08", "nir09", "rededge1", "rededge2"), (2, 1, 3), "description"),
        (described("red_median", "green_median", "nir_median", "red_count", "red_stdDev"), (2, 1, 3), "description"),
        (described("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"), (3, 4, 8), "description"),
        ([BandInfo(n, wavelength=w) for n, w in enumerate((443, 490, 560, 665, 705, 842, 865, 1610), 1)], (3, 4, 6), "wavelength"),
        ([BandInfo(n, colour=c) for n, c in enumerate(("nir", "red", "green"), 1)], (3, 2, 1), "colour"),
        (
            filed("T33UUU_20170216T102101_B03.jp2", "T33UUU_20170216T102101_B04.jp2", "T33UUU_20170216T102101_B08.jp2"),
            (1, 2, 3),
            "file name",
        ),
        (
            filed("T33UUU_20220216T102101_B8A_20m.jp2", "T33UUU_20220216T102101_B04_20m.jp2", "T33UUU_20220216T102101_B03_20m.jp2"),
            (3, 2, 1),
            "file name",
        ),
        (filed(*(f"LC08_L2SP_193024_20200101_20200823_02_T1_SR_B{b}.TIF" for b in (2, 3, 4, 5))), (2, 3, 4), "file name"),
        (filed(*(f"LE07_L2SP_193024_20000101_20200823_02_T1_SR_B{b}.TIF" for b in (2, 3, 4, 5))), (1, 2, 3), "file name"),
        (filed(*(f"LT05_L1TP_193024_19900101_20200823_02_T1_B{b}.TIF" for b in (1, 2, 3, 4))), (2, 3, 4), "file name"),
        # Landsat's Multispectral Scanner counts from 4 on the first three satellites, from 1 on the next two.
        (filed(*(f"LM01_L1TP_193024_19730101_20200823_02_T2_B{b}.TIF" for b in (4, 5, 7))), (1, 2, 3), "file name"),
        (filed(*(f"LM05_L1TP_193024_19900101_20200823_02_T2_B{b}.TIF" for b in (4, 2, 1))), (3, 2, 1), "file name"),
        (
            filed(*(f"LC08_L2SP_193024_20200101_20200823_02_T1_{b}.TIF" for b in ("ST_B10", "SR_B3", "SR_B4", "SR_B5"))),
            (2, 3, 4),
            "file name",
        ),
        (filed(*(f"LO09_L1TP_193024_20220101_20220823_02_T1_B{b}.TIF" for b in (8, 5, 4, 3))), (4, 3, 2), "file name"),
        (filed(*(f"LC08_L1TP_193024_20200101_20200114_01_T1_sr_band{b}.tif" for b in (3, 4, 5))), (1, 2, 3), "file name"),
        (filed(*(f"LC08_CU_003002_20200101_20200823_C01_V01_SRB{b}.tif" for b in (3, 4, 5))), (1, 2, 3), "file name"),
        (filed(*(f"LC81930242013110LGN01_B{b}.TIF" for b in (3, 4, 5, 10))), (1, 2, 3), "file name"),
        (filed(*(f"LT51930241990009XXX01_B{b}.TIF" for b in (2, 3, 4))), (1, 2, 3), "file name"),
        (filed(*(f"LE71930242000100SGS00_B{b}.TIF" for b in (2, 3, 4))), (1, 2, 3), "file name"),
        (filed(*(f"HLS.S30.T10TEK.2020273T190109.v2.0.{b}.tif" for b in ("B03", "B04", "B8A"))), (1, 2, 3), "file name"),
        (filed(*(f"HLS.L30.T10TEK.2020273T190109.v2.0.{b}.tif" for b in ("B03", "B04", "B05"))), (1, 2, 3), "file name"),
        (filed(*(f"S2A_33UUU_20170216_0_L2A/{b}.tif" for b in ("B03", "B04", "B08", "B8A"))), (1, 2, 3), "file name"),
        # Theia's names, and codes with a resolution or beside their quality.
        (
            filed(*(f"SENTINEL2B_20200601-105629-123_L2A_T31TCJ_C_V2-2_FRE_{b}.tif" for b in ("B2", "B3", "B4", "B8", "B8A"))),
            (2, 3, 4),
            "file name",
        ),
        (described("B02_10m", "B03_10m", "B04_10m", "B08_10m", "B8A_20m"), (2, 3, 4), "description"),
        # Numbers mean what they do on the sensor that the image's name or metadata names.
        (known("oli", "band 2 reflectance", "band 3 reflectance", "band 4 reflectance", "band 5 reflectance"), (2, 3, 4), "description"),
        (known("tm", "band 1 reflectance", "band 2 reflectance", "band 3 reflectance", "band 4 reflectance"), (2, 3, 4), "description"),
        (known("oli", "SR_B5", "SR_B4", "SR_B3", "ST_B10", "QA_PIXEL"), (3, 2, 1), "description"),
        (known("oli", "Band 5", "Band 4", "Band 3"), (3, 2, 1), "description"),
        (known("mss", "B4", "B5", "B7"), (1, 2, 3), "description"),
        (known("sentinel2", "band 3 reflectance", "band 4 reflectance", "band 8 reflectance"), (1, 2, 3), "description"),
        (known("hls_s30", "B03", "B04", "B08", "B8A"), (1, 2, 4), "description"),
        # What the exports of browsers are called, in a stack of the files and as its bands' descriptions.
        (filed(*(f"2018-10-13, Sentinel-2B L1C, {b}.tiff" for b in ("B02", "B03", "B04", "B08"))), (2, 3, 4), "file name"),
        (
            filed(*(f"2023-02-10-00_00_2023-02-10-23_59_Landsat_8-9_L2_{b}_(Raw).tiff" for b in ("B05", "B04", "B03"))),
            (3, 2, 1),
            "file name",
        ),
        (described(*(f"2018-10-13, Sentinel-2B L1C, {b}" for b in ("B02", "B03", "B04", "B08"))), (2, 3, 4), "description"),
        (
            described(*(f"2020-01-01-00:00_2020-01-01-23:59_Sentinel-2_L2A_{b}_(Raw)" for b in ("B08", "B04", "B03"))),
            (3, 2, 1),
            "description",
        ),
        (filed(*(f"HLS.S30.T10TEK.2020273T190109.v2.0.{b}.tif" for b in ("B03", "B04", "B08", "B8A"))), (1, 2, 4), "file name"),
        # Wavelengths count before names.
        ([BandInfo(n, c, w, sensor="oli") for n, (c, w) in enumerate((("B3", 561), ("B4", 655), ("B5", 865)), 1)], (1, 2, 3), "wavelength"),
        (described("B03", "B04", "B08", "B8A", "B03 std", "B04 std", "B8A quality"), (1, 2, 3), "description"),
        # An aerial image of true colours, and near infrared beside them.
        (
            [BandInfo(n, d, colour=c) for n, (d, c) in enumerate((("", "red"), ("", "green"), ("", "blue"), ("NIR", "alpha")), 1)],
            (2, 1, 4),
            "several kinds of metadata",
        ),
        # A spectrometer's bands lie close together, one after the other.
        ([BandInfo(n, wavelength=400 + 2 * n) for n in range(300)], (80, 130, 220), "wavelength"),
    ],
)
def test_bands_are_found(infos: list[BandInfo], numbers: tuple[int, ...], way: str) -> None:
    roles = find_bands(infos)
    assert roles.numbers == numbers
    assert way in roles.found_by


@pytest.mark.parametrize(
    "infos",
    [
        described("", "", ""),
        # A false-colour picture shows near infrared as red: colours alone must not decide.
        [BandInfo(n, colour=c) for n, c in enumerate(("red", "green", "blue"), 1)],
        # Landsat's and Sentinel-2's codes disagree, and nothing says which this is.
        described("B1", "B2", "B3", "B4", "B5"),
        described("green", "green", "red"),
        filed("LC08_L2SP_1_SR_B3.TIF", "LE07_L2SP_1_SR_B3.TIF", "LC08_L2SP_1_SR_B5.TIF"),
        # Each of these would be a full set if what is no band of the three were taken for one.
        *(
            described("green", other, "nir")
            for other in (
                *("red edge", "Red-Edge", "rededge", "RedEdge1", "rededge2", "Red Edge 705", "vegetation red edge", "red_edge_1"),
                *(
                    "mid infra-red",
                    "infra-red",
                    "Red uncertainty",
                    "red_error",
                    "red sigma",
                    "red_std",
                    "red_stdDev",
                    "QA red",
                    "red flags",
                ),
                *(
                    "red flags",
                    "red mask",
                    "red quality",
                    "red count",
                    "red angle",
                    "red date",
                    "red cloud cover",
                    "red variance",
                    "red_min_max_ratio",
                ),
                *("red/green", "red minus green", "red dispersion", "reddish", "red residuals", "infrared", "red 842"),
            )
        ),
        *(
            described(other, "red", "nir")
            for other in (
                *(
                    "blue-green",
                    "yellow-green",
                    "Green-Yellow",
                    "greenness",
                    "green chlorophyll index",
                    "green mask",
                    "green_qa",
                    "evergreen",
                ),
                *("evergreen", "green vegetation", "green coastal", "NDVI green", "sum of green"),
            )
        ),
        *(
            described("green", "red", other)
            for other in (
                *(
                    "SWIR",
                    "swir1",
                    "short-wave infrared",
                    "Short Wave Infra Red",
                    "thermal infrared",
                    "TIR",
                    "mid infrared",
                    "MIR",
                    "far infrared",
                ),
                *(
                    "narrow NIR",
                    "NIR quality",
                    "nir uncertainty",
                    "nir_mask",
                    "nir09",
                    "IR_108",
                    "IR 10.8",
                    "nir_1610",
                    "NIR 1.6",
                    "NIR/red",
                ),
            )
        ),
        # Full sets of what is no reflectance, or of another kind; a word with a number beside it.
        described("green uncertainty", "red uncertainty", "nir uncertainty"),
        [BandInfo(n, f"{role} std", w) for n, (role, w) in enumerate((("green", 560), ("red", 665), ("nir", 842)), 1)],
        described("narrow green", "narrow red", "narrow nir"),
        described("green", "red tir1", "nir"),
        # Two that may be it.
        described("green", "green", "red", "nir"),
        described("green 1", "green 2", "red", "nir"),
        described("Green I", "Green II", "red", "nir"),
        described("green", "red", "NIR1", "NIR2"),
        described("olinda green", "olinda red", "olinda nir", "recife green", "recife red", "recife nir"),
        [BandInfo(n, wavelength=w) for n, w in enumerate((560, 665, 842, 560, 665, 842), 1)],
        # Two dates of Sentinel-2A and 2B, of which one has the nearer green, and the other the nearer infrared.
        [BandInfo(n, wavelength=w) for n, w in enumerate((559.8, 664.6, 832.8, 559.0, 664.9, 832.9), 1)],
        described("B03 std", "B04 std", "B08 std", "B8A std"),
        # The folder is named by a tile of Sentinel-2, the files by another sensor.
        filed(*(f"T33UUU_tiles/L8_{b}.tif" for b in ("B03", "B04", "B08"))),
        filed(*(f"T33UUU_20170216T102101_{b}.jp2" for b in ("B03_10m", "B03_20m", "B04_10m", "B08_10m"))),
        filed(*(f"LM01_L1TP_193024_19730101_20200823_02_T2_B{b}.TIF" for b in (4, 5, 6, 7))),
        # B03, B04 and B08 are other bands on Landsat 8 (Sentinel Hub), OLCI and AHI.
        described("B02", "B03", "B04", "B08"),
        *(described(*(f"B{b:02d}" for b in range(1, n + 1))) for n in (11, 12, 16, 21)),
        # Files of two scenes or two sensors; a satellite whose files hold thermal bands alone; names that say nothing of the sensor.
        filed("T33UUU_20170216T102101_B03.jp2", "T33UUU_20170216T102101_B04.jp2", "T33UUU_20170901T102101_B08.jp2"),
        filed(*(f"LC08_L2SP_193024_2020{m}01_20200823_02_T1_SR_B{b}.TIF" for m, b in (("01", 3), ("01", 4), ("06", 5)))),
        filed(*(f"LT08_L1TP_193024_20200101_20200823_02_T1_B{b}.TIF" for b in (2, 3, 4, 5))),
        filed("10may_B03.tif", "10may_B04.tif", "10may_B08.tif"),
        filed("B03.tif", "B04.tif", "B08.tif"),
        # Near infrared is displayed; one of the colours is missing; more bands than an aerial image has.
        [BandInfo(n, d, colour=c) for n, (d, c) in enumerate((("NIR", "red"), ("", "green"), ("", "blue"), ("", "alpha")), 1)],
        [BandInfo(n, d, colour=c) for n, (d, c) in enumerate((("", "red"), ("", "green"), ("NIR", "undefined")), 1)],
        [BandInfo(n, d, colour=c) for n, (d, c) in enumerate((("", "red"), ("", "green"), ("", "blue"), ("NIR", ""), ("", "")), 1)],
        # Names that programs give to bands by their order; numbers beside what makes them something else, or without a sensor.
        known("oli", *(f"Band {n}" for n in range(1, 8))),
        known("tm", "band 2 error", "band 3 error", "band 4 error"),
        known("oli", "band 3 dispersion", "band 4 dispersion", "band 5 dispersion"),
        known("oli", "B3/B5", "B4", "B5"),
        known("mss", "B4", "B5", "B6", "B7"),
        known("oli", "Band 3.1", "Band 4.1", "Band 5.1"),
        described("band 3 reflectance", "band 4 reflectance", "band 5 reflectance"),
        [BandInfo(n, f"B{n + 2}", sensor=s) for n, s in enumerate(("oli", "tm", "oli"), 1)],
        # Sentinel-3 numbers its bands too; exports of two dates.
        filed(*(f"2020-07-31-00_00_2020-07-31-23_59_Sentinel-3_OLCI_{b}_(Raw).tiff" for b in ("B03", "B04", "B08"))),
        filed(*(f"2018-{m}-13, Sentinel-2B L1C, {b}.tiff" for m, b in (("10", "B03"), ("10", "B04"), ("11", "B08")))),
    ],
    ids=str,
)
def test_no_guess_by_position(infos: list[BandInfo]) -> None:
    with pytest.raises(
        InputError, match=r"can't be told from the others(, [^:]+)?: choose (it|them) by number\. The image has \d+ bands?: 1 \("
    ):
        find_bands(infos)


@pytest.mark.parametrize(
    ("count", "sensor", "usual"),
    [
        (4, "", "Landsat 4 to 7: 2, 3, 4; PlanetScope: 2, 3, 4; NAIP: 2, 1, 4"),
        (7, "", "Landsat 8 and 9: 3, 4, 5; Landsat 4 to 7: 2, 3, 4; PlanetScope: 2, 3, 4; NAIP: 2, 1, 4"),
        (13, "sentinel2", "Sentinel-2: 3, 4, 8"),
        (2, "", None),
        (2, "oli", None),
    ],
)
def test_the_usual_numbers_are_told(count: int, sensor: str, usual: str | None) -> None:
    with pytest.raises(InputError) as error:
        find_bands([BandInfo(n, sensor=sensor) for n in range(1, count + 1)])
    assert str(error.value).endswith(f"Usual numbers of green, red and near-infrared – {usual}." if usual else "description).")


def test_doubtful_choices_are_told() -> None:
    infos = [BandInfo(1, "green"), BandInfo(2, "nir"), BandInfo(3, "", 560.0), BandInfo(4)]
    assert doubts(infos, {"green": 1, "red": 4, "nir": None}) == []
    said = doubts(infos, {"green": 2, "red": 3, "nir": 4})
    assert said == [
        "Band 2 was chosen as the green band, but it is described as “nir”.",
        "Band 3 was chosen as the red band, but its wavelength is 560 nm.",
    ]


@pytest.mark.parametrize(
    ("infos", "said"),
    [
        ([BandInfo(n, d, w) for n, (d, w) in enumerate((("green", 560), ("red", 842), ("nir", 665)), 1)], "2.*red.*842 nm"),
        ([BandInfo(n, d, w) for n, (d, w) in enumerate((("B03", 442), ("B04", 490), ("B08", 665), ("B8A", 865)), 1)], "1.*green.*442"),
        (
            [
                BandInfo(n, d, file=f"/d/T33UUU_20170216T102101_{b}.jp2")
                for n, (d, b) in enumerate((("green", "B04"), ("red", "B03"), ("nir", "B08")), 1)
            ],
            "1.*green.*B04",
        ),
        ([BandInfo(n, d, w) for n, (d, w) in enumerate((("red", 560), ("red", 665), ("nir", 842)), 1)], "1.*green.*described as “red”"),
        ([BandInfo(1, "red", 560), BandInfo(2, "", 665), BandInfo(3, "", 842)], "1.*red.*560 nm"),
        ([BandInfo(1, "nir", 560), BandInfo(2, "", 665), BandInfo(3, "", 842)], "1.*near-infrared.*560 nm"),
        (described("green", "Red 1610 nm", "nir"), "2.*red.*1610 nm"),
        (described("green 842 nm", "red 665 nm", "near infrared 560 nm"), "green"),
    ],
)
def test_contradictory_metadata_is_refused(infos: list[BandInfo], said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_bands(infos)
    numbers = [info.number for info in infos]
    assert find_bands(infos, *numbers[:3]).numbers == (1, 2, 3)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.56, "Micrometers", 560),
        (0.56, "μm", 560),
        (5600, "Angstrom", 560),
        (560, "Nanometers", 560),
        (560, "", 560),
        (0.56, "", 560),
        (17857, "cm-1", None),
        (17857, "Wavenumber", None),
        (5.6, "GHz", None),
        (560, "Index", None),
        (560, "Unknown", None),
        (float("nan"), "nm", None),
        (-1, "nm", None),
        (30, "", None),
    ],
)
def test_units_of_wavelengths(value: float, unit: str, expected: float | None) -> None:
    assert nanometres(value, unit) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("name", "metadata", "sensor"),
    [
        ("/d/LC08_L2SP_193024_20200101_20200823_02_T1_stack.tif", (), "oli"),
        ("/d/LE71930242000100SGS00.img", (), "tm"),
        ("/d/LM01_L1TP_193024_19730101.tif", (), "mss"),
        (r"D:\\data\\landsat9_june.tif", (), "oli"),
        ("/d/Landsat5_TM_1990.tif", (), "tm"),
        ("/d/landsat5.tif", ("MSS",), "mss_late"),
        ("/d/stack.tif", ("LANDSAT_7", "ETM"), "tm"),
        ("/d/stack.tif", ("Sentinel-2A",), "sentinel2"),
        ("/d/sentinel2_2020.tif", (), "sentinel2"),
        ("/d/T33UUU_20170216T102101.tif", (), "sentinel2"),
        # Two scanners, two satellites, another satellite, another word; LT08 holds thermal bands alone.
        ("/d/landsat5_1990.tif", (), ""),
        ("/d/landsat5_TM_or_MSS.tif", (), ""),
        ("/d/landsat8_sentinel2_fusion.tif", (), ""),
        ("/d/landsat_10.tif", (), ""),
        ("/d/landsat80.tif", (), ""),
        ("/d/sentinel-20.tif", (), ""),
        ("/d/LT08_L1TP_193024_20200101.tif", (), ""),
        ("/d/island8_lake.tif", ("MODIS",), ""),
        ("/landsat8/stack.tif", (), ""),
    ],
)
def test_the_sensor_that_an_image_names(name: str, metadata: tuple[str, ...], sensor: str) -> None:
    assert sensor_of(name, metadata) == sensor


def test_colour_fills_no_gap_that_a_false_colour_picture_would_fill_wrongly() -> None:
    infos = [BandInfo(1, "nir", colour="red"), BandInfo(2, "", colour="green"), BandInfo(3, "", colour="blue")]
    with pytest.raises(InputError, match=r"2 bands .* green and red:"):
        find_bands(infos)


def test_what_the_user_chooses_counts() -> None:
    roles = find_bands(described("", "red", "nir", "green"), green=1)
    assert (roles.names, roles.numbers) == (("green", "red", "nir"), (1, 2, 3))
    assert "chosen" in roles.found_by
    with pytest.raises(InputError, match="chosen twice"):
        find_bands(described("green", "red", "nir"), green=2)
    for number in (0, -1, 4):
        with pytest.raises(InputError, match=f"Band {number} is out of range"):
            find_bands(described("green", "red", "nir"), green=number)


def test_extra_bands_get_names_of_their_own() -> None:
    infos = [*described("green", "red", "nir", "swir 1", "swir 1", "red"), BandInfo(7)]
    roles = find_bands(infos, red=2, extra=(4, 5, 6, 7))
    assert roles.names == ("green", "red", "nir", "swir_1", "swir_1_2", "red_2", "band_7")
    assert roles.numbers == (1, 2, 3, 4, 5, 6, 7)
    assert roles.ambiguous_names == ("swir_1", "swir_1_2", "red_2")
    with pytest.raises(InputError, match="chosen twice"):
        find_bands(infos, red=2, extra=(3,))
    with pytest.raises(InputError, match="out of range"):
        find_bands(infos, red=2, extra=(0,))


def test_names_differ_by_more_than_case_or_unicode_form() -> None:
    """GeoPackage field names are case-insensitive, and macOS decomposes accents."""
    infos = described("green", "red", "nir", "SWIR", "swir", "é", "e\u0301", "GREEN index")
    roles = find_bands(infos, extra=(4, 5, 6, 7, 8))
    assert roles.names[3:] == ("SWIR", "swir_2", "é", "é_2", "GREEN_index")
    assert len({name.casefold() for name in roles.names}) == len(roles.names)
    assert roles.ambiguous_names == ("SWIR", "swir_2", "é", "é_2")
    assert find_bands(infos, extra=(5, 4)).names[3:] == ("swir", "SWIR_2")
    # Only one of them is chosen, and which one that is still hangs on its place.
    assert find_bands(infos, extra=(5,)).ambiguous_names == ("swir",)
    assert find_bands(infos, extra=(8,)).ambiguous_names == ()


def test_descriptions_of_millions_of_characters(make_raster: Callable[..., str]) -> None:
    """They took hours."""
    path = make_raster(np.zeros((3, 4, 4), np.uint8), descriptions=())
    gdal.Translate(f"{path}.vrt", path, format="VRT").FlushCache()
    text = Path(f"{path}.vrt").read_text()
    for number, role in enumerate(("green", "red", "nir"), start=1):
        text = text.replace(f'band="{number}">', f'band="{number}"><Description>{role} {"x" * 2_000_000}</Description>')
    Path(f"{path}.vrt").write_text(text)
    assert [info.description[:4] for info in band_infos(f"{path}.vrt")] == ["gree", "red ", "nir "]
    with pytest.raises(InputError):
        find_bands(band_infos(f"{path}.vrt"))
