"""Exports of browsers and STAC items, made small: which file or asset is which band, with its scale, NoData, date and clouds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from downloads import raster, stac_item, zipped
from stacks import Stack, clear, read

from ipeo_water_plugin.core.errors import InputError, RasterError

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


def test_files_that_two_stac_items_call_the_same(tmp_path: Path, stack: Callable[..., Stack]) -> None:
    """Catalogues call the green band of every scene B03.tif: one was made into an image with the other's name, date and offset."""

    def item(day: str) -> Path:
        listed = {
            key: {**asset, "href": f"https://example.org/{day}/{key}.tif?sig={day}"}
            for key, asset in assets(green="green", red="red", nir="nir").items()
        }
        return stac_item(tmp_path, listed, {"datetime": f"{day}T00:00:00Z"}, f"{day}.json", id=day)

    for key in ("green", "red", "nir"):
        raster(tmp_path / f"{key}.tif")
    first = item("2022-01-01")
    (tmp_path / "other.json").write_text("[1]")
    (tmp_path / "torn.json").write_text("{")
    assert stack(first).values == [1, 1, 1]
    second = item("2022-01-11")
    for given, other in ((first, second), (second, first)):
        with pytest.raises(InputError, match=f"green.tif, red.tif, nir.tif may be of {given.name} or of {other.name}"):
            read(given)
    second.write_text(first.read_text())
    assert stack(first).values == [1, 1, 1]
