"""Training areas from files: classes, CRS, and what can't be used."""

import contextlib
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from making import box
from osgeo import gdal, ogr

from ipeo_water_plugin.core.errors import CancelledError, InputError, RasterError
from ipeo_water_plugin.core.sampling.polygons import read_shapes

IMAGE = np.ones((3, 20, 20), np.uint16)


def test_features_without_class_or_geometry_are_left_out(make_raster, make_polygons, recorder) -> None:
    features = [(box(1, 1, 4, 4), 1), (box(5, 5, 8, 8), 0), (box(9, 9, 12, 12), None), (None, 1), ("POLYGON EMPTY", 1)]
    shapes = read_shapes(make_polygons(features), make_raster(IMAGE), "class", progress=(progress := recorder()))
    assert [(s.id, s.water) for s in shapes] == [(1, True), (2, False)]
    assert [line for line in progress.infos if line.endswith("left out because their class is empty: 1.")]
    assert [line for line in progress.warnings if line.endswith("left out because they have no geometry: 2 (ids: 4, 5).")]


def test_blank_texts_are_no_class(make_raster, make_polygons, recorder) -> None:
    features = [(box(k, 1, k + 1, 2), text) for k, text in enumerate(["lake", "land", "", "  ", "\t", "\u00a0", "\u200b"])]
    path = make_polygons(features, field=ogr.OFTString)
    shapes = read_shapes(path, make_raster(IMAGE), "class", "lake", progress=(progress := recorder()))
    assert [(s.id, s.water) for s in shapes] == [(1, True), (2, False)]
    assert [line for line in progress.infos if line.endswith("left out because their class is empty: 5.")]


def test_not_a_number_is_no_class(make_raster, make_polygons) -> None:
    features = [(box(1, 1, 4, 4), 1.0), (box(5, 5, 8, 8), 0.0), (box(9, 9, 12, 12), float("nan"))]
    assert len(read_shapes(make_polygons(features, field=ogr.OFTReal), make_raster(IMAGE), "class")) == 2


def test_a_class_field_is_found_in_another_unicode_form(make_raster, make_polygons) -> None:
    path = make_polygons([(box(1, 1, 4, 4), 1), (box(5, 5, 8, 8), 0)])
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute('ALTER TABLE labels RENAME COLUMN class TO "Gewa\u0308sser"')
    assert [s.water for s in read_shapes(path, make_raster(IMAGE), "Gew\u00e4sser")] == [True, False]


@pytest.mark.parametrize("suffix", [".shp", ".fgb", ".dbf"])
def test_a_torn_file_is_an_error(make_raster, make_polygons, tmp_path, suffix) -> None:
    path = make_polygons([(box(k % 12, 1, k % 12 + 4, 4), k % 2) for k in range(60)])
    whole = str(tmp_path / f"whole{'.fgb' if suffix == '.fgb' else '.shp'}")
    gdal.VectorTranslate(whole, path)
    assert len(read_shapes(whole, make_raster(IMAGE), "class")) == 60
    part = Path(whole).with_suffix(suffix)
    os.truncate(part, part.stat().st_size * 2 // 3)
    with pytest.raises(RasterError, match="can't be read completely: it may be truncated"):
        read_shapes(whole, make_raster(IMAGE), "class")


@pytest.mark.parametrize("older", [("shp", "shx"), ("dbf",)])
def test_parts_of_a_shapefile_from_different_states_are_an_error(make_raster, make_polygons, tmp_path, older) -> None:
    for name, count in (("now", 6), ("then", 4)):
        path = make_polygons([(box(k, 1, k + 2, 4), k % 2) for k in range(count)], f"{name}.gpkg")
        gdal.VectorTranslate(str(tmp_path / f"{name}.shp"), path)
    for part in older:
        (tmp_path / f"then.{part}").replace(tmp_path / f"now.{part}")
    with pytest.raises(RasterError, match=r"is incomplete: now.shx lists \d features, but now.dbf has \d"):
        read_shapes(str(tmp_path / "now.shp"), make_raster(IMAGE), "class")


def test_text_classes_and_points(make_raster, make_polygons) -> None:
    features = [("POINT (500015 5799985)", "Lake"), ("MULTIPOINT (500025 5799985, 500035 5799985)", "field")]
    shapes = read_shapes(make_polygons(features, field=ogr.OFTString), make_raster(IMAGE), "class", "lake")
    assert [s.water for s in shapes] == [True, False]


@pytest.mark.parametrize(
    ("features", "keywords", "message"),
    [
        ([(box(1, 1, 4, 4), 1)], {}, "All training areas are water: the class field holds"),
        ([(box(1, 1, 4, 4), 5), (box(1, 1, 4, 4), 7)], {}, "Its classes are 5 and 7"),
        ([("LINESTRING (500000 5800000, 500010 5799990)", 1)], {}, "linestring: training areas are polygons or points"),
        ([], {}, "no training area"),
        ([(box(1, 1, 4, 4), 1)], {"field": "klass"}, "no field “klass” for the class; its fields are: class"),
        ([(box(1, 1, 4, 4), 1)], {"layer": "absent"}, "no layer absent"),
    ],
)
def test_what_cant_be_used_says_why(make_raster, make_polygons, features, keywords, message) -> None:
    with pytest.raises(InputError, match=message):
        read_shapes(make_polygons(features), make_raster(IMAGE), keywords.get("field", "class"), layer=keywords.get("layer"))


def test_unknown_crs_on_either_side(make_raster, make_polygons) -> None:
    features = [(box(1, 1, 4, 4), 1), (box(5, 5, 8, 8), 0)]
    with pytest.raises(InputError, match=r"nowhere\.gpkg has no known CRS"):
        read_shapes(make_polygons(features, "nowhere.gpkg", epsg=None), make_raster(IMAGE), "class")
    with pytest.raises(InputError, match=r"image\.tif has no known CRS"):
        read_shapes(make_polygons(features), make_raster(IMAGE, epsg=None), "class")


def test_no_vector_file(make_raster, tmp_path) -> None:
    with pytest.raises(RasterError, match="can't be opened as a vector layer"):
        read_shapes(str(tmp_path / "absent.gpkg"), make_raster(IMAGE), "class")


def test_reading_can_be_cancelled(make_raster, make_polygons, recorder) -> None:
    features = [(box(1, 1, 4, 4), 1), (box(5, 5, 8, 8), 0)]
    with pytest.raises(CancelledError):
        read_shapes(make_polygons(features), make_raster(IMAGE), "class", progress=recorder(cancel_at=2))


def test_long_edges_bend_when_they_are_reprojected(make_raster, make_polygons) -> None:
    # 200 km along a parallel of latitude: in UTM the edge bows by over a kilometre, a hundred pixels.
    wide = "POLYGON ((13.5 53, 16.5 53, 16.5 52, 13.5 52, 13.5 53))"
    small = "POLYGON ((14 51.9, 14.01 51.9, 14.01 51.89, 14 51.89, 14 51.9))"
    raster = make_raster(np.ones((3, 8, 8), np.uint16), transform=(400000, 10, 0, 5900000, 0, -10))
    shapes = read_shapes(make_polygons([(wide, 1), (small, 0)], epsg=4326), raster, "class")
    polygon = ogr.CreateGeometryFromWkb(shapes[0].wkb)
    points = np.array(polygon.GetGeometryRef(0).GetPoints())[:, :2]
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert steps.max() < 64 * 10 * 1.05
    top = points[points[:, 1] > 5870000]
    assert np.ptp(top[:, 1]) > 1000
