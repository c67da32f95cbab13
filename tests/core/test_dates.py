"""The date of an image: names of products by their sensors' conventions, metadata, what is doubtful, and what a user says."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.metadata.dates import DateRule, date_from_text, date_in_name
from ipeo_water_plugin.core.metadata.sensors import band_file
from ipeo_water_plugin.core.raster.describe import acquisition_date

PRODUCTS = """
2017-02-16 S2A_MSIL2A_20170216T102101_N0500_R065_T33UUU_20231018T051234.SAFE
2020-08-12 S2B_MSIL1C_20200812T101559_N0209_R065_T32UQD_20200812T124213.zip
2015-11-30 S2A_MSIL1C_20151130T101412_N0204_R022_T32TQM_20151130T145034.SAFE
2024-12-31 S2C_MSIL2A_20241231T235919_N0511_R058_T01KAB_20250101T012345.SAFE
2019-06-01 S2A_MSIL2A_20190601T100031_N0212_R122_T33UVU_20190601T123456_probability.tif
2017-02-16 T33UUU_20170216T102101_B03.jp2
2017-02-16 T33UUU_20170216T102101_B8A_20m.jp2
2020-08-12 T32UQD_20200812T101559_TCI_10m.tif
2020-08-12 S2B_MSIL1C_20200812T101559_N0209_R065_T32UQD_20200812T124213.SAFE/GRANULE/L1C_T32UQD_A017934_20200812T101557/IMG_DATA/B03.jp2
2020-08-12 L1C_T32UQD_A017934_20200812T101557
2018-03-05 L2A_T33UUU_A014110_20180305T101017
2015-11-30 S2A_OPER_PRD_MSIL1C_PDMC_20151201T031245_R022_V20151130T101412_20151130T101412.SAFE
none S2A_USER_MSI_L2A_TL_EPA__20160719T123456_A005000_T32TQM_B03_10m.jp2
none S2A_OPER_MSI_L1C_TL_SGS__20151130T154123_20151130T205614_A002285_T32TQM_B03.jp2
2017-02-16 SENTINEL2A_20170216-102204-463_L2A_T31TCJ_D_V1-4
2021-07-20 SENTINEL2B_20210720-105856-321_L2A_T31TCJ_C_V2-2_FRE_B3.tif
2019-02-11 SENTINEL2B_20190211-105705-000_L2A_T31UDQ_C_V1-0.zip
2020-08-12 LC08_L2SP_193023_20200812_20200918_02_T1
2020-08-12 LC08_L2SP_193023_20200812_20200918_02_T1_SR_B3.TIF
2022-01-03 LC09_L2SP_193024_20220103_20230503_02_T1_SR_B5.TIF
2022-01-03 LC09_L1TP_193024_20220103_20230503_02_T1_B5.TIF
1999-09-22 LE07_L1TP_193023_19990922_20200918_02_T1_B2.TIF
2003-05-30 LE07_L2SP_042034_20030530_20200915_02_T1_SR_B4.TIF
1984-04-22 LT05_L2SP_193023_19840422_20200918_02_T1_SR_B2.TIF
2011-11-08 LT05_L1TP_193023_20111108_20200820_02_T1_MTL.txt
1982-12-11 LT04_L1TP_013033_19821211_20200918_02_T1_B3.TIF
1972-08-07 LM01_L1TP_208023_19720807_20200909_02_T2_B4.TIF
1975-02-14 LM02_L1GS_208023_19750214_20200908_02_T2_B5.TIF
1978-06-30 LM03_L1TP_034033_19780630_20200906_02_T2_B6.TIF
1984-05-12 LM05_L1TP_033033_19840512_20200903_02_T2_B3.TIF
2018-01-31 LC08_L1GT_193023_20180131_20200902_02_T2
2020-02-10 LO08_L1TP_200115_20200210_20200823_02_RT_B1.TIF
2020-05-01 LC08_CU_026008_20200501_20210504_02_SR_B3.TIF
2016-12-31 LC08_L1TP_139045_20161231_20170314_01_T1_B3.TIF
2020-08-12 LC81930232020225LGN00_B3.TIF
1999-09-22 LE71930231999265EDC00_B20.TIF
1984-04-22 LT51930231984113FFB00_B2.TIF
2013-12-31 LC81930232013365LGN01
2020-02-29 LC81930232020060LGN00
2020-08-12 HLS.L30.T33UUU.2020225T100126.v2.0.B03.tif
2021-01-01 HLS.S30.T33UUU.2021001T102411.v2.0.B8A.tif
2021-12-31 HLS.S30.T01ABC.2021365T235959.v2.0.Fmask.tif
2020-02-29 HLS.L30.T32UQD.2020060T100126.v2.0.B05.tif
2018-10-15 HLS.S30.T10SEG.2018288T185311.v2.0
2020-08-12 20200812_093412_1014_3B_AnalyticMS.tif
2020-08-12 20200812_093412_1014_3B_AnalyticMS_SR.tif
2021-06-20 20210620_100205_12_2403_3B_AnalyticMS_8b.tif
2021-06-20 20210620_100205_12_2403_3B_AnalyticMS_SR_8b_clip.tif
2017-03-04 20170304_092311_0f12_3B_AnalyticMS.tif
2018-11-30 20181130_095122_103c_3A_Visual.tif
2022-05-01 20220501_101520_65_24a5_3B_udm2.tif
2016-07-18 20160718_095518_0c19_1B_Analytic_DN.tif
2023-09-09 20230909_102030_77_2461_3B_AnalyticMS_SR_harmonized.tif
2022-08-12 5854937_1758416_2022-08-12_2419_BGRN_SR.tif
2016-05-22 3358312_2016-05-22_RE1_3A_Analytic.tif
2018-09-30 1056417_2018-09-30_RE5_3A_Analytic_SR.tif
2012-04-01 1155516_2012-04-01_RE3_3A_Visual.tif
2019-08-12 20190812_093412_ssc4_u0001_analytic.tif
2020-04-30 20200430_101112_ssc12_u0002_pansharpened.tif
2019-01-02 20190102_103050_ss02d3_u0010_analytic_dn.tif
2018-10-25 m_3807708_ne_18_060_20181025_20190204.tif
2018-10-25 m_3807708_ne_18_060_20181025.tif
2012-05-21 m_3009743_sw_14_1_20120521_20120917.tif
2016-09-02 m_4111232_nw_12_h_20160902.tif
2021-06-03 m_3412039_se_10_060_20210603_20211115.tif
2010-06-24 m_4209055_ne_15_1_20100624.tif
2020-08-12 S1A_IW_GRDH_1SDV_20200812T165032_20200812T165057_033881_03EDD8_9B4C.SAFE
2021-12-23 S1B_IW_GRDH_1SDV_20211223T052311_20211223T052336_030148_03999F_52AB.zip
2016-05-31 S1A_EW_GRDM_1SDH_20160531T235958_20160601T000058_011506_011910_AAAA.SAFE
2024-02-29 S1A_IW_SLC__1SDV_20240229T165040_20240229T165107_052767_0662A1_1B2C
2020-08-12 S3A_OL_1_EFR____20200812T093412_20200812T093712_20200813T140500_0179_061_307_1980_LN1_O_NT_002.SEN3
2022-03-15 S3B_OL_2_LFR____20220315T091500_20220315T091800_20220316T121212_0180_063_378_2160_LN2_O_NT_002.SEN3
2019-07-25 S3A_SL_2_LST____20190725T202500_20190725T202800_20190727T020000_0179_047_242_2160_LN2_O_NT_003
2020-08-12 MOD09GA.A2020225.h18v03.061.2020340123456.hdf
2000-02-24 MOD13Q1.A2000055.h18v03.061.2020041234567.hdf
2021-12-31 MYD09GQ.A2021365.h19v04.061.2022002030405.hdf
2012-01-19 VNP09GA.A2012019.h18v03.001.2016294012345.h5
2018-10-13 2018-10-13, Sentinel-2B L1C, B03.tiff
2018-10-13 2018-10-13-00:00_2018-10-13-23:59_Sentinel-2_L2A_B03_(Raw).tiff
none 2018-10-01-00:00_2018-10-31-23:59_Sentinel-2_L2A_B03_(Raw).tiff
2020-08-12 2020-08-12, Landsat 8-9 L2, B05.tiff
2020-08-12 lake_2020-08-12.tif
2020-08-12 lake_20200812.tif
2020-08-12 lake_2020_08_12_p.tif
2020-08-12 2020.08.12 lake.tif
2020-08-12 lake 20200812T101559Z.tif
2020-08-12 lake_2020225T101559.tif
2020-08-12 p_2020-08-12_2020-08-12.tif
none lake.tif
none lake_2019-08-12_2020-08-12.tif
none lake_20190812_20200812.tif
none lake_12.08.2020.tif
none lake_08-12-2020.tif
none lake_2020-08.tif
none lake_2020.tif
none lake_20201332.tif
none lake_2020-02-30.tif
none lake_120200812.tif
none lake_202008121.tif
none lake_19580101.tif
none lake_99991231.tif
none lake_2020225.tif
none lake_200812.tif
none lake_2020-0812.tif
""".strip().splitlines()


@pytest.mark.parametrize("line", PRODUCTS)
def test_names_of_products(line: str) -> None:
    expected, _, name = line.partition(" ")
    assert str(date_in_name(name)).lower() == expected
    # Neither folders nor the separators of Windows make a difference.
    assert date_in_name(f"/data/2001-01-01/{name}") == date_in_name(name)
    assert date_in_name(name.replace("/", "\\")) == date_in_name(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-08-12T10:15:59.024Z", date(2020, 8, 12)),
        ("2020:08:12 09:34:12", date(2020, 8, 12)),
        ("20200812", date(2020, 8, 12)),
        ("2020225", date(2020, 8, 12)),
        ("12.08.2020", None),
        ("0000:00:00 00:00:00", None),
        ("", None),
    ],
)
def test_texts(text: str, expected: date | None) -> None:
    assert date_from_text(text) == expected


def tagged(path: str, entries: dict[str, str], domain: str = "") -> str:
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetMetadata({**(dataset.GetMetadata(domain) or {}), **entries}, domain)
    dataset = None
    return path


IMAGE = np.zeros((1, 2, 2), np.uint8)


@pytest.mark.parametrize(
    ("domain", "key", "value"),
    [
        ("IPEO_WATER", "ACQUIRED", "2020-08-12"),
        ("", "ACQUISITION_DATE", "2020-08-12"),
        ("IMAGERY", "ACQUISITIONDATETIME", "2020-08-12 10:15:59"),
        ("", "PRODUCT_START_TIME", "2020-08-12T10:15:59.024Z"),
        ("ENVI", "acquisition_time", "2020-08-12T10:15:59Z"),
        ("", "TIFFTAG_DATETIME", "2020:08:12 10:15:59"),
    ],
)
def test_metadata(make_raster: Callable[..., str], domain: str, key: str, value: str) -> None:
    assert acquisition_date(tagged(make_raster(IMAGE), {key: value}, domain)) == date(2020, 8, 12)


def test_an_envi_header(make_raster: Callable[..., str], tmp_path: Path) -> None:
    gdal.Translate(str(tmp_path / "scene.img"), make_raster(IMAGE), format="ENVI")
    with (tmp_path / "scene.hdr").open("a") as header:
        header.write("acquisition time = 2020-08-12T10:15:59Z\n")
    assert acquisition_date(str(tmp_path / "scene.img")) == date(2020, 8, 12)


def test_a_files_own_name_comes_before_its_folders() -> None:
    folder = "/x/S2A_MSIL2A_20170216T102101_N0204_R065_T33UUU_20170216T102204.SAFE"
    assert date_in_name(f"{folder}/lake_2020-08-12.tif") == date(2020, 8, 12)
    assert date_in_name(f"{folder}/lake_2020-08-12_2021-08-12.tif") is None
    assert date_in_name(f"{folder}/lake.tif") == date(2017, 2, 16)


SIGNATURES = (
    "X-Amz-Date=20261127T120000Z&X-Amz-Signature=a/b",
    "sv=2021-06-08&sp=r&sig=x/y",
    "st=2026-11-27T02:00:00Z&se=2026-11-28T02%3A00%3A00Z&sv=2024-05-04&sig=z.5",
)


@pytest.mark.parametrize("query", SIGNATURES)
@pytest.mark.parametrize("folder", ["/vsicurl/https://someone@h/2019/", "https://h/", "/vsizip//vsicurl/https://h/"])
def test_the_dates_of_a_signature_are_none_of_the_image(folder: str, query: str, tmp_path: Path) -> None:
    """The day on which an address was signed was the image's date, and where the name had one, it had none."""
    assert date_in_name(f"{folder}west.tif?{query}") is None
    assert date_in_name(f"{folder}west_20200812.tif?{query}") == date(2020, 8, 12)
    file = band_file(f"{folder}T33UUU_20170216T102101_B03_10m.jp2?{query}")
    assert file == band_file("T33UUU_20170216T102101_B03_10m.jp2")
    assert DateRule.from_text(r"(\d{4}-\d\d-\d\d)").date_of(f"{folder}west.tif?{query}") is None
    table = tmp_path / "dates.csv"
    address = f"{folder}east.tif?{query}"
    table.write_text(f'west,2020-08-13\n"{address}",2020-08-14\n')
    assert DateRule.from_text(str(table)).date_of(f"{folder}west.tif?{query}") == date(2020, 8, 13)
    assert DateRule.from_text(str(table)).date_of(address) == date(2020, 8, 14)


def test_what_is_doubtful_gives_no_date(make_raster: Callable[..., str]) -> None:
    """Two statements that differ; a TIFF's tag, which may be the time of processing, against the name."""
    assert acquisition_date(tagged(make_raster(IMAGE, "a.tif"), {"ACQUISITION_DATE": "2020-08-12", "DATE_ACQUIRED": "2020-08-13"})) is None
    named = make_raster(IMAGE, "a_2020-08-12.tif")
    assert acquisition_date(named) == date(2020, 8, 12)
    assert acquisition_date(tagged(named, {"TIFFTAG_DATETIME": "2020:08:12 01:00:00"})) == date(2020, 8, 12)
    assert acquisition_date(tagged(named, {"TIFFTAG_DATETIME": "2021:08:12 01:00:00"})) is None
    # What states the acquisition decides against the name.
    assert acquisition_date(tagged(named, {"ACQUISITION_DATE": "2019-01-01"})) == date(2019, 1, 1)


def test_what_a_user_says(make_raster: Callable[..., str], tmp_path: Path) -> None:
    path = tagged(make_raster(IMAGE, "see_12_08_2020_v1.tif"), {"ACQUISITION_DATE": "2019-01-01"})
    named = DateRule.from_text(r"_(?P<day>\d\d)_(?P<month>\d\d)_(?P<year>\d{4})")
    assert acquisition_date(path, named) == date(2020, 8, 12)
    short = DateRule.from_text(r"_(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)")
    assert (short.date_of("see_2020-8-2.tif"), short.date_of("see_20-08-12.tif")) == (date(2020, 8, 2), None)
    assert DateRule.from_text(r"x(\d{8})").date_of("x20200812_20210101.tif") == date(2020, 8, 12)
    assert DateRule.from_text(r"x(\d{8})").date_of("20200812.tif") is None
    table = tmp_path / "dates.csv"
    for text in ("file,date\nsee_12_08_2020_v1.tif,2020-08-12\n", "see_12_08_2020_v1;20200812", f"{path}\t2020-08-12T10:00:00\n\n"):
        table.write_text(text)
        assert acquisition_date(path, DateRule.from_text(str(table))) == date(2020, 8, 12)
    assert not DateRule.from_text("  ")
    assert acquisition_date(path, DateRule.from_text("")) == date(2019, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(", "regular expression"),
        ("(" * 999 + ")" * 999, "regular expression"),
        (f"(a{{{9**99}}})", "regular expression"),
        (r"\d{8}", "no group"),
        ("/nowhere/dates.csv", "can't be read"),
    ],
)
def test_a_rule_that_is_none(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        DateRule.from_text(text)


def test_a_table_with_a_wrong_line(tmp_path: Path) -> None:
    table = tmp_path / "dates.csv"
    for text in (
        "file,date\na.tif,2020-08-12\nb.tif,12.8.2020",
        "a.tif,2020-08-12\na.tif,2020-08-13",
        "a,2020-08-12\nb",
        "a.tif,12.8.2020\n",
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=r"Line [123]"):
            DateRule.from_text(str(table))


def test_a_table_that_cant_be_read(tmp_path: Path) -> None:
    table = tmp_path / "dates.csv"
    for text, words in (
        ("", "names no file"),
        ("file,date\n", "names no file"),
        ('"a.tif,2020-08-12\n', "names no file"),
        (f"a.tif,2020-08-12\n{'x' * 200_000},2020-08-13\n", "can't be read: field larger"),
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=words):
            DateRule.from_text(str(table))
    table.unlink()
    (os.mkfifo if hasattr(os, "mkfifo") else os.mkdir)(table)
    with pytest.raises(InputError, match="is a folder, a pipe or a device"):
        DateRule.from_text(str(table))


def test_a_table_that_another_system_wrote(tmp_path: Path) -> None:
    """MacOS decomposes accents in names of files, and spreadsheets compose them."""
    table = tmp_path / "dates.csv"
    forms = [unicodedata.normalize("NFC", "Müritz"), unicodedata.normalize("NFD", "Müritz")]
    for written, name in product(forms, forms):
        table.write_text(f"{written}.tif,2020-08-12\n", encoding="utf-8")
        assert DateRule.from_text(str(table)).date_of(f"{name}.tif") == date(2020, 8, 12)
