"""A raster layer whose CRS or NoData was set in QGIS gives what a file gives that says so itself: every algorithm, every raster input."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, gdal_array, ogr, osr
from patience import spread
from provided import ALGORITHMS
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsRasterRange, QgsVectorLayer
from runs import FOUR_AREAS, Feedback, refused, run

from ipeo_water_plugin.core.model import WaterModel
from ipeo_water_plugin.core.model_json import read_model
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.reprojection import crs_name

UTM33, UTM34 = 32633, 32634
# A value of each raster that its layer or its file calls NoData.
HIDDEN = {"image": 1234.0, "probability": 0.25, "mask": 7.0, "truth": 7.0}
# What each algorithm is given beside destinations; the rasters are named in braces.
QUICK = {"POLYGONS": "{areas}", "CLASS_FIELD": "class", "EPOCHS": 3, "FOLDS": 0, "VALIDATION_FRACTION": 0, "MASK": "{mask}"}
JOBS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "mapwater": ({"INPUT": "{image}", **QUICK}, {"OUTPUT": "p.tif", "OUTPUT_MODEL": "m.json", "OUTPUT_REPORT": "r.html"}),
    "samplepixels": ({"INPUT": "{image}", "POLYGONS": "{areas}", "CLASS_FIELD": "class"}, {"OUTPUT": "s.gpkg"}),
    "predictwaterprobability": (
        {"INPUT": "{image}", "MODEL": "{model}", "MASK": "{mask}", "EXTENT": "500000,500300,5799700,5800000 [EPSG:32633]"},
        {"OUTPUT": "p.tif"},
    ),
    "virtualwaterprobability": ({"INPUT": "{image}", "MODEL": "{model}"}, {"OUTPUT": "p.vrt"}),
    "suggestpolygons": ({"INPUT": "{image}", "MODEL": "{model}", "POLYGONS": "{areas}", "COUNT": 3}, {"OUTPUT": "w.gpkg"}),
    "createtraininglayer": ({"INPUT": "{image}"}, {"OUTPUT": "t.gpkg"}),
    "predictmanyrasters": ({"INPUTS": ["{image}"], "MODEL": "{model}"}, {"OUTPUT_FOLDER": "many"}),
    "extractwater": ({"INPUT": "{probability}"}, {"OUTPUT": "b.gpkg", "OUTPUT_MASK": "k.tif"}),
    "samplereference": ({"INPUT": "{probability}", "COUNT": 20}, {"OUTPUT": "f.gpkg"}),
    "assessaccuracy": ({"INPUT": "{probability}", "REFERENCE_RASTER": "{truth}"}, {"OUTPUT": "a.gpkg", "OUTPUT_REPORT": "r.html"}),
    "wateroccurrence": ({"INPUTS": ["{probability}"]}, {"OUTPUT": "o.tif"}),
}
# Any other that takes a raster is given what the example in its help names.
NAMED = {kind: f"{{{kind}}}" for kind in ("image", "probability", "areas", "samples", "model")}
JOBS |= {
    name: (provided.given(NAMED), provided.outputs) for name, provided in ALGORITHMS.items() if name not in JOBS and provided.rasters()
}
FLAVOURS = ("another CRS", "no CRS", "further NoData", "NoData switched off")


class Maker:
    """Writes each raster as a file that says what holds, and as one that says otherwise, with a layer that puts it right."""

    def __init__(self, folder: Path, model: WaterModel) -> None:
        self.folder = folder
        noise = np.random.default_rng(3).normal(0, 20, (3, 40, 40))
        levels = np.where(np.arange(40) < 20, [[900], [700], [300]], [[800], [900], [3000]])[:, None, :]
        self.arrays = {"image": (levels + noise).astype(np.float32)}
        plain = self.write("plain.tif", self.arrays["image"], UTM33, None)
        predict(plain, roles_of(plain), model, folder / "plain_p.tif")
        self.arrays["probability"] = gdal.Open(str(folder / "plain_p.tif")).ReadAsArray()[None]
        # Of another grid, so that it has to be placed by its CRS.
        self.arrays["mask"] = np.ones((1, 13, 13), np.uint8)
        self.arrays["truth"] = np.repeat(np.where(np.arange(20) < 10, 1, 0).astype(np.uint8)[None], 20, axis=0)[None]
        self.pixel = {"image": 10, "probability": 10, "mask": 30, "truth": 20}
        for name, array in self.arrays.items():
            array[:, 3:6, 3:6] = array[:, 3:6, -6:-3] = HIDDEN[name]
            array[:, 0, 0] = 1 if name == "truth" else array[:, 0, 0]

    def write(self, name: str, array: np.ndarray, epsg: int | None, nodata: float | None, pixel: int = 10) -> str:
        path = self.folder / name
        code = gdal_array.NumericTypeCodeToGDALTypeCode(array.dtype.type)
        made = gdal.GetDriverByName("GTiff").Create(str(path), array.shape[2], array.shape[1], len(array), code)
        made.SetGeoTransform([500000, pixel, 0, 5800000, 0, -pixel])
        if epsg:
            reference = osr.SpatialReference()
            reference.ImportFromEPSG(epsg)
            made.SetSpatialRef(reference)
        for number, values in enumerate(array, start=1):
            band = made.GetRasterBand(number)
            band.SetDescription(("green", "red", "nir")[number - 1] if len(array) == 3 else "")
            band.WriteArray(values)
            if nodata is not None:
                band.SetNoDataValue(nodata)
        made = None
        return str(path)

    def files(self, flavour: str) -> tuple[dict[str, str], dict[str, QgsRasterLayer]]:
        """The same rasters in two ways."""
        right, layers = {}, {}
        for name, array in self.arrays.items():
            hidden, pixel = HIDDEN[name], self.pixel[name]
            off, further = flavour == "NoData switched off", flavour == "further NoData"
            (self.folder / "right").mkdir(exist_ok=True)
            (self.folder / "wrong").mkdir(exist_ok=True)
            right[name] = self.write(f"right/{name}.tif", array, UTM33, None if off else hidden, pixel)
            crs = {"another CRS": UTM34, "no CRS": None}.get(flavour, UTM33)
            wrong = self.write(f"wrong/{name}.tif", array, crs, None if further else hidden, pixel)
            layer = layers[name] = QgsRasterLayer(wrong, name)
            layer.setCrs(QgsCoordinateReferenceSystem(f"EPSG:{UTM33}"))
            for number in range(1, len(array) + 1):
                if further:
                    layer.dataProvider().setUserNoDataValue(number, [QgsRasterRange(hidden, hidden)])
                layer.dataProvider().setUseSourceNoDataValue(number, not off)
        return right, layers


def filled(value: Any, files: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [filled(entry, files) for entry in value]
    return files[value[1:-1]] if isinstance(value, str) and value[:1] == "{" else value


def content(path: Path) -> Any:
    """What is to be the same in both ways; the model's date and the report's command line aren't."""
    if path.suffix in {".tif", ".vrt"}:
        made = gdal.Open(str(path))
        return made.ReadAsArray().tolist(), made.GetGeoTransform(), crs_name(made.GetProjection())
    if path.suffix == ".gpkg":
        opened = ogr.Open(str(path))
        layer = opened.GetLayer(0)
        crs = layer.GetSpatialRef()
        # A scene's record has one NoData value a band, the declared one, and an id that hangs on the file's path.
        differing = re.compile(r'(nodata[\\": ]+\[[^]]*\]|\bid[\\": ]+[0-9a-f]{12})')
        features = [differing.sub("", feature.ExportToJson()) for feature in layer]
        return features, crs and crs_name(crs.ExportToWkt())
    if path.suffix == ".json":
        record = json.loads(path.read_text(encoding="utf-8"))
        # What the file itself declares stands in the record, and that differs here.
        scenes = [{key: scene[key] for key in ("crs", "pixel_size", "data_type")} for scene in record["training"]["scenes"]]
        return record["coefficients"], record["intercept"], scenes
    return path.suffix


def made(algorithm: str, files: dict[str, Any], folder: Path) -> tuple[dict[str, Any], dict[str, Any], Feedback]:
    parameters, outputs = JOBS[algorithm]
    folder.mkdir()
    destinations = {key: str(folder / name) for key, name in outputs.items()}
    results = run(algorithm, {**{key: filled(value, files) for key, value in parameters.items()}, **destinations}, feedback := Feedback())
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and ".ipeowater" not in path.name)
    numbers = {key: value for key, value in results.items() if isinstance(value, (int, float))}
    return {path.name: content(path) for path in paths}, numbers, feedback


# The two of a CRS go one way, and the two of NoData another.
@pytest.mark.parametrize(("algorithm", "flavour"), sorted({*spread(JOBS, FLAVOURS[:2]), *spread(JOBS, FLAVOURS[2:])}))
def test_a_layer_gives_what_a_file_gives_that_says_so_itself(
    algorithm: str, flavour: str, model_file: str, make_areas: Callable[..., str], tmp_path: Path
) -> None:
    right, layers = Maker(tmp_path, read_model(model_file)).files(flavour)
    others = {"areas": make_areas(FOUR_AREAS), "model": model_file}
    before = {path: path.read_bytes() for path in (tmp_path / "wrong").iterdir()}
    expected, numbers, plain = made(algorithm, {**right, **others}, tmp_path / "expected")
    found, same, told = made(algorithm, {**layers, **others}, tmp_path / "found")
    # A scene is called as its layer; and a map is named as its source in results and tables.
    assert json.dumps(found).replace("wrong/", "right/") == json.dumps(expected)
    assert found or numbers
    assert same == pytest.approx(numbers)
    inputs = [name for name in layers if f"{{{name}}}" in str(JOBS[algorithm][0])]
    words = {"another CRS": "EPSG:32634", "no CRS": "unknown", "further NoData": "additional NoData", "NoData switched off": "switched off"}
    for name in inputs:
        assert len([line for line in told.infos if f"“{name}”" in line and words[flavour] in line]) == 1
    assert not [line for line in plain.infos if "layer's" in line]
    # Nothing is written beside the files.
    assert {path: path.read_bytes() for path in (tmp_path / "wrong").iterdir()} == before


def test_a_layer_set_to_no_crs_gives_a_result_without_one(made_image: str, model_file: str, tmp_path: Path) -> None:
    layer = QgsRasterLayer(made_image, "bare")
    layer.setCrs(QgsCoordinateReferenceSystem())
    run("predictwaterprobability", {"INPUT": layer, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")}, told := Feedback())
    assert gdal.Open(str(tmp_path / "p.tif")).GetSpatialRef() is None
    assert [line for line in told.infos if "“bare” is placed by the layer's CRS, unknown" in line]
    output = {"OUTPUT": str(tmp_path / "none.gpkg")}
    refused("createtraininglayer", {"INPUT": layer, **output}, "The CRS of “bare” is unknown")


def test_areas_lie_where_their_layers_crs_has_them(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    """POLYGONS, a MASK of polygons and a REFERENCE, whose files say another zone."""
    path = make_areas(FOUR_AREAS, epsg=UTM34)
    drawn = QgsVectorLayer(path, "drawn", "ogr")
    drawn.setCrs(QgsCoordinateReferenceSystem(f"EPSG:{UTM33}"))
    right = make_areas(FOUR_AREAS, "right.gpkg")
    image = {"INPUT": made_image, "CLASS_FIELD": "class", "FOLDS": 0, "VALIDATION_FRACTION": 0, "EPOCHS": 3}
    for name, areas in (("wrong", drawn), ("right", right)):
        run("mapwater", {**image, "POLYGONS": areas, "MASK": areas, "OUTPUT": str(tmp_path / f"{name}.tif")})
    wrong_map, right_map = (gdal.Open(str(tmp_path / f"{name}.tif")).ReadAsArray() for name in ("wrong", "right"))
    assert (wrong_map == right_map).all()
    assert 0 < np.count_nonzero(right_map != -9999) < 500
    for areas in (drawn, right):
        table = {"INPUT": str(tmp_path / "right.tif"), "REFERENCE": areas, "CLASS_FIELD": "class"}
        assert run("assessaccuracy", {**table, "OUTPUT": str(tmp_path / f"{os.urandom(4).hex()}.gpkg")})["F1"] is not None
