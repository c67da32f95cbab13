"""Vector files that are truncated or inconsistent: an error that names the layer, never only some of the features."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jobs import SCENE, said_by
from osgeo import gdal
from provided import OUTPUTS
from qgis.core import QgsVectorLayer

from ipeo_water_plugin.core.errors import RasterError
from ipeo_water_plugin.core.raster.completeness import check_shapefile

Job = Callable[[str], dict[str, Any]]

# Algorithms that read a vector layer, the parameter and, where it isn't the drawn areas, the layer.
READERS = {
    "samplepixels": "POLYGONS",
    "mapwater": "POLYGONS",
    "suggestpolygons": "POLYGONS",
    "assessaccuracy": "REFERENCE",
    "predictwaterprobability": "MASK",
    "trainlogisticregression": "INPUT",
}


def copied(source: str, path: Path, where: str | None = None) -> Path:
    # A GeoPackage may hold styles beside its layer.
    dataset = gdal.OpenEx(source, gdal.OF_VECTOR)
    chosen = {"layers": [dataset.GetLayer(0).GetName()], "where": where}
    formats = {".mif": "MapInfo File", ".tab": "MapInfo File", ".gml": "GML"}
    gdal.VectorTranslate(str(path), dataset, format=formats.get(path.suffix), **chosen)
    return path


def tear(path: Path, share: float = 0.7) -> None:
    os.truncate(path, int(path.stat().st_size * share))


@pytest.mark.parametrize("algorithm", READERS)
def test_a_torn_layer_stops_whoever_reads_it(job: Job, tmp_path: Path, algorithm: str) -> None:
    key, parameters = READERS[algorithm], job(algorithm)
    path = copied(parameters[key] if algorithm == "trainlogisticregression" else SCENE["POLYGONS"], tmp_path / "torn.fgb")
    tear(path)
    for said in said_by(algorithm, {**parameters, key: str(path), "OUTPUT": str(tmp_path / OUTPUTS[algorithm]["OUTPUT"])}):
        assert "“torn” can't be read completely" in said


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("algorithm", READERS)
def test_a_layer_whose_file_is_gone_is_not_an_empty_one(job: Job, tmp_path: Path, algorithm: str, known: bool) -> None:
    """As on a drive that was pulled out; QGIS gives no features then, and an error only the first time."""
    key, parameters = READERS[algorithm], job(algorithm)
    path = copied(parameters[key] if algorithm == "trainlogisticregression" else SCENE["POLYGONS"], tmp_path / "gone.gpkg")
    layer = QgsVectorLayer(str(path), "gone", "ogr")
    path.unlink()
    if known:
        layer.dataProvider().reloadData()
    for _ in range(2):
        for said in said_by(algorithm, {**parameters, key: layer, "OUTPUT": str(tmp_path / OUTPUTS[algorithm]["OUTPUT"])}):
            assert "“gone” can't be read" in said


@pytest.mark.parametrize(("name", "part"), [("a.shp", ".shp"), ("a.shp", ".dbf"), ("a.gml", ".gml"), ("a.tab", ".map"), ("a.mif", ".mid")])
def test_formats_that_qgis_reads_up_to_where_they_are_torn(job: Job, tmp_path: Path, name: str, part: str) -> None:
    path = copied(SCENE["POLYGONS"], tmp_path / name)
    tear(path.with_suffix(part))
    for said in said_by("samplepixels", {**job("samplepixels"), "POLYGONS": str(path), "OUTPUT": str(tmp_path / "out.gpkg")}):
        assert "“a” can't be read completely" in said


@pytest.mark.parametrize("algorithm", READERS)
def test_parts_of_a_shapefile_from_different_states(job: Job, tmp_path: Path, algorithm: str) -> None:
    """QGIS reads the shorter of two, and says nothing."""
    key, parameters = READERS[algorithm], job(algorithm)
    source = parameters[key] if algorithm == "trainlogisticregression" else SCENE["POLYGONS"]
    path = copied(source, tmp_path / "a.shp")
    copied(source, tmp_path / "older.shp", "fid > 2")
    (tmp_path / "older.dbf").replace(path.with_suffix(".dbf"))
    for said in said_by(algorithm, {**parameters, key: str(path), "OUTPUT": str(tmp_path / OUTPUTS[algorithm]["OUTPUT"])}):
        assert "a.shp is incomplete: a.shx lists" in said


@pytest.mark.parametrize("older", ["shx", "dbf"])
def test_either_part_may_be_the_older_one(tmp_path: Path, older: str) -> None:
    path = copied(SCENE["POLYGONS"], tmp_path / "a.shp")
    copied(SCENE["POLYGONS"], tmp_path / "older.shp", "fid > 2")
    check_shapefile(str(path))
    (tmp_path / f"older.{older}").replace(path.with_suffix(f".{older}"))
    with pytest.raises(RasterError, match=r"a\.shp is incomplete: a\.shx lists"):
        check_shapefile(str(path))
