"""Training areas from files: classes, CRS, and what can't be used."""

import numpy as np
import pytest
from making import box
from osgeo import ogr

from ipeo_water_plugin.core.errors import CancelledError, InputError, RasterError
from ipeo_water_plugin.core.polygons import WaterValues, read_shapes

IMAGE = np.ones((3, 20, 20), np.uint16)


@pytest.mark.parametrize(
    ("text", "numeric", "value", "water"),
    [
        ("1", True, 1, True),
        ("1", True, 1.0, True),
        ("1", True, 0, False),
        ("1", True, True, True),
        ("true", True, True, True),
        ("2, 3", True, 3, True),
        ("0", True, 0, True),
        ("lake, River", False, " LAKE ", True),
        ("lake, River", False, "river", True),
        ("lake", False, "lakes", False),
        ("1", False, "1", True),
        ("1", False, "01", False),
    ],
)
def test_water_values(text: str, numeric: bool, value: object, water: bool) -> None:
    assert WaterValues.parse(text, numeric=numeric).is_water(value) is water


@pytest.mark.parametrize(("text", "numeric"), [("", True), (" , ", False), ("lake", True)])
def test_water_values_that_mean_nothing(text: str, numeric: bool) -> None:
    with pytest.raises(InputError):
        WaterValues.parse(text, numeric=numeric)


def test_features_without_class_or_geometry_are_left_out(make_raster, make_polygons) -> None:
    features = [(box(1, 1, 4, 4), 1), (box(5, 5, 8, 8), 0), (box(9, 9, 12, 12), None), (None, 1), ("POLYGON EMPTY", 1)]
    shapes = read_shapes(make_polygons(features), make_raster(IMAGE), "class")
    assert [(s.id, s.water) for s in shapes] == [(1, True), (2, False)]


def test_text_classes_and_points(make_raster, make_polygons) -> None:
    features = [("POINT (500015 5799985)", "Lake"), ("MULTIPOINT (500025 5799985, 500035 5799985)", "field")]
    shapes = read_shapes(make_polygons(features, field=ogr.OFTString), make_raster(IMAGE), "class", "lake")
    assert [s.water for s in shapes] == [True, False]


@pytest.mark.parametrize(
    ("features", "keywords", "message"),
    [
        ([(box(1, 1, 4, 4), 1)], {}, "All training areas are water, none is not water"),
        ([(box(1, 1, 4, 4), 5), (box(1, 1, 4, 4), 7)], {}, "the class field holds 5, 7"),
        ([("LINESTRING (500000 5800000, 500010 5799990)", 1)], {}, "linestring: training areas are polygons or points"),
        ([], {}, "no training area"),
        ([(box(1, 1, 4, 4), 1)], {"field": "klass"}, "no field “klass”, only class"),
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
    with pytest.raises(InputError, match="The raster has no known CRS"):
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
