"""The contract's list of bad input, for every algorithm that takes it: what is wrong, where, what to do; and nothing is touched."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scenes
from jobs import qgis_process, said_by
from osgeo import gdal, ogr, osr
from patience import SOAK
from provided import ALGORITHMS, OUTPUTS

from ipeo_water_plugin.core.model_json import write_model

pytestmark = pytest.mark.usefixtures("provider")

# An image with three bands to choose, drawn areas, a model, a map, any raster: whoever takes it.
IMAGE = tuple(name for name, a in ALGORITHMS.items() if {"INPUT", "GREEN"} <= a.keys)
TRAINING = tuple(name for name, a in ALGORITHMS.items() if {"POLYGONS", "CLASS_FIELD"} <= a.keys)
MODEL = tuple(name for name in IMAGE if "MODEL" in ALGORITHMS[name].keys)
# An algorithm and its parameter, which takes the place of INPUT.
PROBABILITY = tuple((name, key) for name, a in ALGORITHMS.items() for key in a.rasters("probability"))
ONE_RASTER = tuple((name, key) for name, a in ALGORITHMS.items() for key in a.rasters())
# Rasters that no algorithm can compute with, and how they come about. NaN in a georeference is held by tests/core: QGIS takes minutes to
# open such a layer.
UNUSABLE: dict[str, Callable[[gdal.Dataset], object] | None] = {
    "complex numbers": None,
    "scale NaN": lambda dataset: dataset.GetRasterBand(1).SetScale(math.nan),
    "infinite offset": lambda dataset: dataset.GetRasterBand(1).SetOffset(-math.inf),
    "georeference without area": lambda dataset: dataset.SetGeoTransform((500000, 10, 0, 5800000, 10, 0)),
}
WATER, LAND = scenes.box(2, 2, 12, 12), scenes.box(40, 2, 50, 12)


def areas(path: Path, features: list[tuple[str | None, object]], crs: int | None = 32633, kind: int = ogr.OFTInteger) -> str:
    made = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    reference = None
    if crs is not None:
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(crs)
    layer = made.CreateLayer("areas", reference, ogr.wkbUnknown, options=[] if crs else ["SRS_ID=-1"])
    layer.CreateField(ogr.FieldDefn("class", kind))
    for wkt, value in features:
        feature = ogr.Feature(layer.GetLayerDefn())
        if wkt is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        if value is not None:
            feature["class"] = value
        layer.CreateFeature(feature)
    return str(path)


def bands(value: float | None = None) -> np.ndarray:
    made = scenes.pixels(60, 60, "float32")
    if value is not None:
        made[:] = value
    return made


def without_crs(path: Path, source: Path) -> str:
    assert gdal.Translate(str(path), str(source)) is not None
    opened = gdal.Open(str(path), gdal.GA_Update)
    opened.SetProjection("")
    opened = None
    return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that the cases name, good and bad."""
    folder = tmp_path_factory.mktemp("files")
    image = scenes.write_scene(folder / "image.tif", bands())
    model = folder / "model.json"
    write_model(scenes.MODEL, model)
    text = model.read_text()
    probability = scenes.run(image, folder / "probability.tif").path
    made = {"image": str(image), "model": str(model), "probability": str(probability)}
    made["areas"] = areas(folder / "areas.gpkg", [(WATER, 1), (scenes.box(20, 40, 30, 50), 1), (LAND, 0), (scenes.box(40, 40, 50, 50), 0)])
    for name, content in (
        ("truncated", text[: len(text) // 2]),
        ("foreign", '{"format": "something else"}'),
        ("newer", text.replace('"version": 1', '"version": 99')),
        ("with NaN", text.replace('"intercept": 3.0', '"intercept": NaN')),
    ):
        assert content != text
        made[name] = str(folder / f"{name}.json")
        Path(made[name]).write_text(content)
    made["a gigabyte"] = str(folder / "gigabyte.json")
    with Path(made["a gigabyte"]).open("wb") as file:
        file.truncate(1024**3)
    for name, value in (("nodata", -9999.0), ("nan", np.nan), ("infinity", np.inf)):
        made[name] = str(scenes.write_scene(folder / f"{name}.tif", bands(value), nodata=-9999.0 if name == "nodata" else None))
    made["nodata probability"] = str(scenes.write_scene(folder / "empty.tif", bands(-9999.0)[:1], nodata=-9999.0))
    made["too large"] = str(scenes.write_scene(folder / "large.tif", bands(7.0)[:1]))
    made["image without crs"] = without_crs(folder / "nocrs.tif", image)
    made["probability without crs"] = without_crs(folder / "nocrsp.tif", probability)
    torn = scenes.write_scene(folder / "torn.tif", bands(), (*scenes.TILED, "COMPRESS=DEFLATE"))
    os.truncate(torn, torn.stat().st_size // 2)
    made["torn"] = str(torn)
    assert gdal.Translate(str(folder / "tornp.tif"), str(probability), creationOptions=["COMPRESS=DEFLATE"]) is not None
    os.truncate(folder / "tornp.tif", (folder / "tornp.tif").stat().st_size // 2)
    made["torn probability"] = str(folder / "tornp.tif")
    unnamed = gdal.Translate(str(folder / "unnamed.tif"), str(image))
    for number in (1, 2, 3):
        unnamed.GetRasterBand(number).SetDescription("")
    unnamed = None
    made["unnamed"] = str(folder / "unnamed.tif")
    for source, suffix in ((image, ""), (probability, ", one band")):
        for name, change in UNUSABLE.items():
            made[name + suffix] = str(folder / f"{name}{suffix}.vrt")
            # Of pixels without area QGIS takes many seconds to draw a stretch between percentiles, which it doesn't of bytes.
            kind = gdal.GDT_CInt16 if change is None else gdal.GDT_Byte if name == "georeference without area" else gdal.GDT_Float32
            changed = gdal.Translate(made[name + suffix], str(source), format="VRT", outputType=kind)
            if change is not None:
                change(changed)
            changed = None
    line = "LINESTRING(500000 5799900,500300 5799900)"
    for name, features, crs in (
        ("only water", [(WATER, 1), (scenes.box(20, 40, 30, 50), 1)], 32633),
        ("outside", [(scenes.box(500, 2, 512, 12), 1), (scenes.box(600, 2, 612, 12), 0)], 32633),
        ("too small", [(scenes.box(2.6, 2.6, 2.9, 2.9), 1), (scenes.box(9.6, 9.6, 9.9, 9.9), 0)], 32633),
        ("areas without crs", [(WATER, 1), (LAND, 0)], None),
        ("metres called degrees", [(WATER, 1), (LAND, 0)], 4326),
        ("degrees called metres", [("POINT(15 52.3)", 1), ("POINT(15.01 52.3)", 0)], 32633),
        ("lines", [(line, 1), (line, 0)], 32633),
        ("empty", [(None, 1), ("POLYGON EMPTY", 0)], 32633),
        ("unlabelled", [(WATER, None), (LAND, None)], 32633),
    ):
        made[name] = areas(folder / f"{name}.gpkg", features, crs)
    return made


def good(name: str, files: dict[str, str], samples: str) -> dict[str, Any]:
    """Parameters with which an algorithm succeeds."""
    return {**ALGORITHMS[name].given({**files, "samples": samples}), **({"COUNT": 10} if name == "samplereference" else {})}


@pytest.fixture(scope="module")
def samples(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    import processing

    destination = str(tmp_path_factory.mktemp("samples") / "s.gpkg")
    processing.run("ipeowater:samplepixels", {**good("samplepixels", files, ""), "OUTPUT": destination})
    return destination


# What is changed, and what the message says of what is wrong, where, and what to do. A value in braces names a file above.
CASES: dict[str, tuple[tuple[str | tuple[str, str], ...], dict[str, Any], tuple[str, ...]]] = {
    "no such raster": (ONE_RASTER, {"INPUT": "/nowhere/image.tif"}, ("/nowhere/image.tif", "can't be opened", "Choose")),
    "no raster given": (ONE_RASTER, {"INPUT": None}, ("none given", "Choose")),
    "no such folder": (tuple(OUTPUTS), {"OUTPUT": "/nowhere/"}, ("/nowhere", "doesn't exist", "create it, or choose another")),
    "a band out of range": (IMAGE, {"RED": 9}, ("Band 9", "out of range")),
    "a band chosen twice": (IMAGE, {"RED": 1}, ("chosen twice",)),
    "bands not found": (IMAGE, {"INPUT": "{unnamed}"}, ("green, red and near-infrared", "1 (no description)", "choose them by number")),
    "a torn image": (
        ("mapwater", "samplepixels", "predictwaterprobability", "suggestpolygons"),
        {"INPUT": "{torn}"},
        ("torn.tif", "columns"),
    ),
    "a torn raster": (PROBABILITY, {"INPUT": "{torn probability}"}, ("tornp.tif", "columns")),
    "all NoData": ((*TRAINING, "suggestpolygons"), {"INPUT": "{nodata}"}, ("valid",)),
    "all NaN": ((*TRAINING, "suggestpolygons"), {"INPUT": "{nan}"}, ("valid",)),
    "all infinite": ((*TRAINING, "suggestpolygons"), {"INPUT": "{infinity}"}, ("valid",)),
    "a map of NoData": (("samplereference",), {"INPUT": "{nodata probability}"}, ("empty.tif", "no valid pixel")),
    "a map of NoData to compare": (("assessaccuracy",), {"INPUT": "{nodata probability}"}, ("NoData",)),
    "no probabilities": (PROBABILITY, {"INPUT": "{too large}"}, ("large.tif", "scale")),
    "an image without CRS": (TRAINING, {"INPUT": "{image without crs}"}, ("CRS", "unknown", "set it")),
    "an image to draw on without CRS": (("createtraininglayer",), {"INPUT": "{image without crs}"}, ("CRS", "unknown", "set it first")),
    "a map without CRS": (("samplereference",), {"INPUT": "{probability without crs}"}, ("CRS", "unknown", "set it")),
    "a map without CRS, for areas": (("extractwater",), {"INPUT": "{probability without crs}"}, ("no known CRS", "assign one first")),
    "areas without CRS": (TRAINING, {"POLYGONS": "{areas without crs}"}, ("CRS", "unknown", "set it")),
    "a reference without CRS": (("assessaccuracy",), {"REFERENCE": "{areas without crs}"}, ("CRS", "unknown", "set it")),
    "one class": (TRAINING, {"POLYGONS": "{only water}"}, ("All training areas are water", "Draw areas")),
    "no water value": (TRAINING, {"WATER_VALUES": "9"}, ("None of the values that mean water occurs", "9")),
    "areas outside": (TRAINING, {"POLYGONS": "{outside}"}, ("outside the raster", "CRS")),
    "a reference outside": (("assessaccuracy",), {"REFERENCE": "{outside}"}, ("outside", "CRS")),
    "areas in degrees that are metres": (
        TRAINING,
        {"POLYGONS": "{metres called degrees}"},
        ("coordinates that don't fit its CRS, EPSG:4326, which is in degrees", "x = 500020, y = 5799880", "set the one"),
    ),
    "a reference in degrees that are metres": (
        ("assessaccuracy",),
        {"REFERENCE": "{metres called degrees}"},
        ("don't fit its CRS", "500020"),
    ),
    "drawn areas in degrees that are metres": (
        ("suggestpolygons",),
        {"POLYGONS": "{metres called degrees}"},
        ("don't fit its CRS", "500020"),
    ),
    "a mask in degrees that are metres": (
        ("mapwater", "predictwaterprobability"),
        {"MASK": "{metres called degrees}"},
        ("don't fit its CRS", "500020"),
    ),
    "areas in metres that are degrees": (
        TRAINING,
        {"POLYGONS": "{degrees called metres}"},
        ("outside the raster", "x 15 to 15.01, y 52.3 to 52.3", "x 500000 to 500600, y 5799400 to 5800000", "5.82", "map units away"),
    ),
    "an extent outside": (
        ("mapwater", "predictwaterprobability"),
        {"EXTENT": "0,10,0,10 [EPSG:32633]"},
        ("outside the raster", "x 0 to 10, y 0 to 10", "x 500000 to 500600, y 5799400 to 5800000"),
    ),
    **{
        f"{raster} of {kind}": (names, {"INPUT": f"{{{kind}{suffix}}}"}, (f"{kind}{suffix}.vrt", words))
        for raster, names, suffix in (("an image", IMAGE, ""), ("a map", PROBABILITY, ", one band"))
        for kind, words in (
            ("complex numbers", "has data type CInt16, but real numbers are needed"),
            ("scale NaN", "gdal_edit.py -scale 1 -offset 0"),
            ("infinite offset", "gdal_edit.py -scale 1 -offset 0"),
            ("georeference without area", "gives its pixels zero area"),
        )
    },
    "areas that hold no pixel": (TRAINING, {"POLYGONS": "{too small}"}, ("No valid pixel",)),
    "lines": (TRAINING, {"POLYGONS": "{lines}"}, ("LineString", "polygons or points")),
    "lines as reference": (("assessaccuracy",), {"REFERENCE": "{lines}"}, ("LineString", "polygons or points")),
    "empty geometries": (TRAINING, {"POLYGONS": "{empty}"}, ("no feature has both a geometry and a class", "Draw some")),
    "no labels": (TRAINING, {"POLYGONS": "{unlabelled}"}, ("no feature has both a geometry and a class", "fill in their class")),
    "no labels in the reference": (("assessaccuracy",), {"REFERENCE": "{unlabelled}"}, ("class", "label some")),
    "no such field": (TRAINING, {"CLASS_FIELD": "klass"}, ("no field “klass”", "class")),
    "no such areas": (TRAINING, {"POLYGONS": "/nowhere/a.gpkg"}, ("/nowhere/a.gpkg", "can't be opened", "Choose")),
    "no samples": (("trainlogisticregression",), {"INPUT": "/nowhere/s.gpkg"}, ("/nowhere/s.gpkg", "can't be opened", "choose")),
    "no samples but areas": (("trainlogisticregression",), {"INPUT": "{areas}"}, ("fields, polygon", "Sample labelled pixels")),
    "no model": (MODEL, {"MODEL": "/nowhere/m.json"}, ("/nowhere/m.json", "can't be read")),
    "a truncated model": (MODEL, {"MODEL": "{truncated}"}, ("truncated.json", "whole")),
    "a model of another format": (MODEL, {"MODEL": "{foreign}"}, ("foreign.json", "another program")),
    "a newer model": (MODEL, {"MODEL": "{newer}"}, ("newer.json", "version 99", "update the plugin")),
    "a model with NaN": (MODEL, {"MODEL": "{with NaN}"}, ("with NaN.json", "can't be used as a model")),
    "a gigabyte of junk": (MODEL, {"MODEL": "{a gigabyte}"}, ("gigabyte.json", "larger than")),
    "no dates": (("wateroccurrence",), {"INPUTS": ["/nowhere/1.tif"]}, ("/nowhere/1.tif",)),
}


def earlier(name: str) -> bytes:
    """What stands at the destination: nothing that may be somebody's work, where that is never replaced."""
    layer = ALGORITHMS[name].outputs.get("OUTPUT", "").endswith(".gpkg")
    return b"" if layer else b"an earlier result"


@pytest.mark.parametrize(
    ("case", "name", "key"),
    [(case, *((at, "INPUT") if isinstance(at, str) else at)) for case, (places, *_) in CASES.items() for at in places],
)
def test_it_says_what_is_wrong(case: str, name: str, key: str, files: dict[str, str], samples: str, tmp_path: Path) -> None:
    _, changed, words = CASES[case]
    changed = {key if changing == "INPUT" else changing: value for changing, value in changed.items()}
    output = tmp_path / ALGORITHMS[name].outputs.get("OUTPUT", "output.txt")
    output.write_bytes(earlier(name))
    chosen = {key: files[value[1:-1]] if isinstance(value, str) and value[:1] == "{" else value for key, value in changed.items()}
    if chosen.get("OUTPUT") == "/nowhere/":
        chosen["OUTPUT"] += output.name
    for said in said_by(name, {**good(name, files, samples), "OUTPUT": str(output), **chosen}):
        assert [word for word in words if word.lower() not in said.lower()] == [], said
    assert os.listdir(tmp_path) == [output.name]
    assert output.read_bytes() == earlier(name)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    return qgis_process(tmp_path_factory.mktemp("profile"))


# For each algorithm a case of its own.
OUTSIDE = {
    "mapwater": "one class",
    "samplepixels": "areas outside",
    "predictwaterprobability": "a torn image",
    "virtualwaterprobability": "a newer model",
    "suggestpolygons": "all NoData",
    "extractwater": "no probabilities",
    "samplereference": "a map of NoData",
    "assessaccuracy": "no labels in the reference",
    "createtraininglayer": "an image to draw on without CRS",
    "trainlogisticregression": "no samples but areas",
    "wateroccurrence": "no such folder",
}


# What a run says is held above, for every algorithm; how qgis_process ends is its own doing, and needs a start of QGIS each time.
@pytest.mark.parametrize("name", sorted(OUTSIDE) if SOAK else ["wateroccurrence"])
def test_qgis_process_ends_with_1(name: str, files: dict[str, str], samples: str, outside: tuple, tmp_path: Path) -> None:
    program, environment = outside
    _, changed, words = CASES[OUTSIDE[name]]
    output = tmp_path / ALGORITHMS[name].outputs.get("OUTPUT", "output.txt")
    output.write_bytes(earlier(name))
    chosen = {key: files[value[1:-1]] if value[:1] == "{" else value for key, value in changed.items()}
    if chosen.get("OUTPUT") == "/nowhere/":
        chosen["OUTPUT"] += output.name
    parameters = {**good(name, files, samples), "OUTPUT": str(output), **chosen}
    written = [f"{key}={';'.join(value) if isinstance(value, list) else value}" for key, value in parameters.items()]
    command = [program, "run", f"ipeowater:{name}", "--", *written]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    shown = done.stdout + done.stderr
    assert done.returncode == 1, shown
    assert [word for word in words if word.lower() not in shown.lower()] == [], shown
    assert "Traceback" not in shown
    assert os.listdir(tmp_path) == [output.name]
    assert output.read_bytes() == earlier(name)
