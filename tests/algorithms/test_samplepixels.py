"""Sampling as an analyst runs it: which pixels come, what the layer holds, what bad input gets."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from counting import calls
from osgeo import gdal, ogr
from patience import spread
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsProperty,
    QgsRasterLayer,
    QgsRemappingSinkDefinition,
    QgsVectorLayer,
)
from runs import FOUR_AREAS, LAND, WATER, Feedback, Scene, box, refused, run, run_unchecked

from ipeo_water_plugin.core.samples import Scene as SceneOfSamples

MEMORY = {"OUTPUT": "memory:"}


def pixels(layer: QgsVectorLayer) -> set[tuple[float, float, int]]:
    return {(f.geometry().asPoint().x(), f.geometry().asPoint().y(), f["class"]) for f in layer.getFeatures()}


def test_points_carry_what_training_needs(scene: Scene) -> None:
    results = run("samplepixels", {**scene.parameters, **MEMORY})
    layer = results["OUTPUT"]
    assert layer.fields().names() == ["class", "polygon", "scene", "green", "red", "nir"]
    assert layer.crs() == QgsCoordinateReferenceSystem("EPSG:32633")
    classes = [f["class"] for f in layer.getFeatures()]
    assert results["WATER_PIXELS"] == classes.count(1) > 400
    assert results["OTHER_PIXELS"] == classes.count(0) > 2000
    assert results["CONFLICTING_PIXELS"] == results["INVALID_PIXELS"] == 0
    image = gdal.Open(scene.image)
    left, pixel, _, top, _, _ = image.GetGeoTransform()
    bands = image.ReadAsArray()
    labels = {f.id(): f for f in QgsVectorLayer(scene.labels).getFeatures()}
    for feature in list(layer.getFeatures())[::97]:
        point = feature.geometry().asPoint()
        column, row = (point.x() - left) / pixel, (top - point.y()) / pixel
        assert column % 1 == row % 1 == 0.5
        assert [feature["green"], feature["red"], feature["nir"]] == bands[:, int(row), int(column)].tolist()
        drawn = labels[feature["polygon"]]
        assert drawn["class"] == feature["class"]
        assert drawn.geometry().contains(feature.geometry())
        described = SceneOfSamples.from_text(feature["scene"])
        assert (described.name, described.data_type, described.pixel_size, described.crs) == ("east", "uint16", (10.0, 10.0), "EPSG:32633")


def test_polygons_in_degrees_select_the_same_pixels(scene: Scene) -> None:
    degrees = processing.run(
        "native:reprojectlayer", {"INPUT": scene.labels, "TARGET_CRS": QgsCoordinateReferenceSystem("EPSG:4326"), "OUTPUT": "memory:"}
    )["OUTPUT"]
    here = pixels(run("samplepixels", {**scene.parameters, **MEMORY, "MAX_PER_CLASS": 0})["OUTPUT"])
    there = pixels(run("samplepixels", {**scene.parameters, **MEMORY, "POLYGONS": degrees, "MAX_PER_CLASS": 0})["OUTPUT"])
    assert len(here ^ there) <= 0.001 * len(here)


def test_long_edges_bend_as_they_should(make_image: Callable[..., str], make_areas: Callable[..., str]) -> None:
    """A straight edge of 250 km on a map in degrees is an arc in UTM, kilometres off its chord."""
    bands = np.random.default_rng(0).random((3, 500, 500)).astype(np.float32)
    image = make_image(bands)
    dataset = gdal.Open(image, gdal.GA_Update)
    dataset.SetGeoTransform([300000, 500, 0, 5900000, 0, -500])
    dataset = None
    areas = make_areas([("POLYGON((12.5 52, 15.5 52, 15.5 53, 12.5 53, 12.5 52))", 1), ("POINT(14 51.8)", 0)], epsg=4326)
    layer = run("samplepixels", {"INPUT": image, "POLYGONS": areas, "CLASS_FIELD": "class", "MAX_PER_CLASS": 0, **MEMORY})["OUTPUT"]
    back = processing.run(
        "native:reprojectlayer", {"INPUT": layer, "TARGET_CRS": QgsCoordinateReferenceSystem("EPSG:4326"), "OUTPUT": "memory:"}
    )["OUTPUT"]
    latitudes = [f.geometry().asPoint().y() for f in back.getFeatures() if f["class"] == 1]
    # Half a pixel is 0.00225 degrees; without densifying, the edge sags by 0.007.
    assert min(latitudes) > 52 - 0.0005
    longitudes = [f.geometry().asPoint() for f in back.getFeatures() if f["class"] == 1]
    middle = [p.y() for p in longitudes if abs(p.x() - 14) < 0.05]
    assert min(middle) < 52 + 0.006


def test_areas_are_the_same_behind_a_link(scene: Scene, tmp_path: Path) -> None:
    """Else the polygons of samples that were merged would stand on both sides of the split between training and validation."""
    link = tmp_path / "link.gpkg"
    link.symlink_to(scene.labels)
    found = [run("samplepixels", {**scene.parameters, **MEMORY, "POLYGONS": path})["OUTPUT"] for path in (scene.labels, str(link))]
    here, there = ({SceneOfSamples.from_text(f["scene"]).id for f in layer.getFeatures()} for layer in found)
    assert here == there


def test_selected_features_only(scene: Scene, qgis_new_project: None) -> None:
    layer = QgsVectorLayer(scene.labels, "labels")
    QgsProject.instance().addMapLayer(layer)
    chosen = [next(f.id() for f in layer.getFeatures() if f["class"] == value) for value in (0, 1)]
    layer.selectByIds(chosen)
    source = QgsProcessingFeatureSourceDefinition(layer.id(), selectedFeaturesOnly=True)
    points = run("samplepixels", {**scene.parameters, "POLYGONS": source, **MEMORY})["OUTPUT"]
    assert {f["polygon"] for f in points.getFeatures()} == set(chosen)


def test_unsaved_edits_count(made_image: str, make_areas: Callable[..., str]) -> None:
    layer = QgsVectorLayer(make_areas([FOUR_AREAS[0], FOUR_AREAS[2]]), "areas")
    layer.startEditing()
    drawn = QgsFeature(layer.fields())
    drawn.setGeometry(QgsGeometry.fromWkt(box(5, 25, 3, 3)))
    drawn["class"] = 1
    layer.addFeature(drawn)
    results = run("samplepixels", {"INPUT": made_image, "POLYGONS": layer, "CLASS_FIELD": "class", **MEMORY})
    assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (64 + 9, 64)
    assert any(f["polygon"] < 0 for f in results["OUTPUT"].getFeatures())
    layer.rollBack()


@pytest.mark.parametrize(
    ("field", "water", "other", "meaning"),
    [
        (ogr.OFTString, " Lake ", "Forest", "lake, river"),
        (ogr.OFTReal, 2.0, 0.0, "2"),
        (ogr.OFTInteger64, 7, 8, "6,7"),
    ],
)
def test_class_fields_of_any_type(
    made_image: str, make_areas: Callable[..., str], field: int, water: Any, other: Any, meaning: str
) -> None:
    areas = make_areas([(WATER, water), (LAND, other), (box(30, 25, 6, 6), None)], field=field)
    feedback = Feedback()
    results = run(
        "samplepixels", {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", "WATER_VALUES": meaning, **MEMORY}, feedback
    )
    assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (64, 64)
    assert any("left out because their class is empty: 1." in line for line in feedback.infos)


@pytest.mark.parametrize("meaning", ["1", "true"])
def test_yes_and_no_as_class(made_image: str, meaning: str) -> None:
    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=water:bool", "areas", "memory")
    for wkt, water in ((WATER, True), (LAND, False)):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature["water"] = water
        layer.dataProvider().addFeature(feature)
    results = run("samplepixels", {"INPUT": made_image, "POLYGONS": layer, "CLASS_FIELD": "water", "WATER_VALUES": meaning, **MEMORY})
    assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (64, 64)


def test_points_label_their_pixel(made_image: str, make_areas: Callable[..., str]) -> None:
    areas = make_areas([("POINT(500051 5799949)", 1), ("MULTIPOINT((500301 5799949),(500318 5799949))", 0)])
    results = run("samplepixels", {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", **MEMORY})
    assert pixels(results["OUTPUT"]) == {(500055.0, 5799945.0, 1), (500305.0, 5799945.0, 0), (500315.0, 5799945.0, 0)}


def test_extra_bands_and_chosen_bands(made_image: str, make_areas: Callable[..., str]) -> None:
    parameters = {"INPUT": made_image, "POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", **MEMORY}
    for value in ([4, 5], "4;5", ["4", "5"]):
        layer = run("samplepixels", {**parameters, "EXTRA_BANDS": value})["OUTPUT"]
        assert layer.fields().names()[3:] == ["green", "red", "nir", "x_swir_1", "x_band_5"]
    swapped = run("samplepixels", {**parameters, "GREEN": 2, "RED": 1, "NIR": 3})["OUTPUT"]
    straight = run("samplepixels", {**parameters, "EXTRA_BANDS": ""})["OUTPUT"]
    assert [f["green"] for f in swapped.getFeatures()] == [f["red"] for f in straight.getFeatures()]


def test_geometries_that_need_care(made_image: str, make_areas: Callable[..., str]) -> None:
    """Height and measure are dropped, curves straightened, an outline that crosses itself mended, what is empty passed over."""
    bow_tie = "POLYGON((500020 5799980,500100 5799900,500100 5799980,500020 5799900,500020 5799980))"
    circle = "CURVEPOLYGON(CIRCULARSTRING(500250 5799900,500290 5799940,500330 5799900,500290 5799860,500250 5799900))"
    solid = "POLYGON ZM((500020 5799700 5 1,500080 5799700 5 1,500080 5799640 5 1,500020 5799640 5 1,500020 5799700 5 1))"
    areas = make_areas([(bow_tie, 1), (circle, 0), (solid, 1), (None, 1), ("POLYGON EMPTY", 0)])
    feedback = Feedback()
    results = run("samplepixels", {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", **MEMORY}, feedback)
    assert results["WATER_PIXELS"] == pytest.approx(32 + 36, abs=8)
    # π · 4² pixels.
    assert results["OTHER_PIXELS"] == pytest.approx(50, abs=3)
    assert any("repaired" in w and w.endswith("crossed themselves: 1 (ids: 1).") for w in feedback.warnings)
    assert any(w.endswith("left out because they have no geometry: 2 (ids: 4, 5).") for w in feedback.warnings)


@pytest.mark.parametrize("curved", ["CURVEPOLYGON{}", "MULTISURFACE({})", "MULTISURFACE(CURVEPOLYGON{})"])
def test_types_for_curves_that_hold_none(curved: str, made_image: str, make_areas: Callable[..., str]) -> None:
    """As whole layers of cadastres are: GDAL rasterizes nothing of them."""
    parameters = {"INPUT": made_image, "CLASS_FIELD": "class", **MEMORY}
    straight = run("samplepixels", {**parameters, "POLYGONS": make_areas(FOUR_AREAS, "straight.gpkg")})["OUTPUT"]
    areas = make_areas([(curved.format(text.removeprefix("POLYGON")), value) for text, value in FOUR_AREAS])
    assert pixels(run("samplepixels", {**parameters, "POLYGONS": areas})["OUTPUT"]) == pixels(straight)


def test_parts_that_overlap_and_holes_that_reach_out(made_image: str, make_areas: Callable[..., str]) -> None:
    """What two parts have in common belongs to the area, and what a hole covers outside doesn't."""
    parts, other = (box(2, 2, 8, 8), box(6, 6, 8, 8)), box(28, 28, 10, 4)
    drawn = f"MULTIPOLYGON({','.join(part.removeprefix('POLYGON') for part in parts)})"
    cut = f"{LAND[:-1]},{box(29, 5, 8, 2).removeprefix('POLYGON(')}"
    parameters = {"INPUT": made_image, "POLYGONS": make_areas([(drawn, 1), (cut, 0), (other, 0)]), "CLASS_FIELD": "class", **MEMORY}
    feedback = Feedback()
    results = run("samplepixels", parameters, feedback)
    assert results["WATER_PIXELS"] == 64 + 64 - 16
    assert results["OTHER_PIXELS"] == 64 - 8 + 40
    assert any(w.endswith("crossed themselves: 2 (ids: 1, 2).") for w in feedback.warnings)


def test_far_areas_are_passed_over(made_image: str, make_areas: Callable[..., str]) -> None:
    """One layer of areas for images all over the world holds some that the image's CRS can't express."""
    here = [("POLYGON((15.0003 52.348, 15.001 52.348, 15.001 52.3475, 15.0003 52.3475, 15.0003 52.348))", 1), ("POINT(15.005 52.347)", 0)]
    far = [
        ("POLYGON((-75 -89, 105 -89, 105 89, -75 89, -75 -89))", 0),
        ("POLYGON((15 94, 16 94, 16 95, 15 95, 15 94))", 0),
        ("POINT(15 95)", 0),
    ]
    areas = make_areas([*here, *far], epsg=4326)
    feedback = Feedback()
    results = run("samplepixels", {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", **MEMORY}, feedback)
    assert results["WATER_PIXELS"] > 0
    assert any(warning.endswith("can't be reprojected onto the image: 1 (ids: 3).") for warning in feedback.warnings), feedback.warnings
    assert any("2 (ids: 4, 5)" in warning and "don't fit its CRS" in warning for warning in feedback.warnings), feedback.warnings


def test_seed_and_cap(scene: Scene) -> None:
    parameters = {**scene.parameters, **MEMORY, "MAX_PER_CLASS": 200}
    one, again, other = (pixels(run("samplepixels", {**parameters, "SEED": seed})["OUTPUT"]) for seed in (1, 1, 2))
    assert one == again != other
    assert len(one) == len(other) == 400


@pytest.mark.parametrize("name", ["samples.gpkg", "samples.geojson", "samples.fgb", "samples.csv", "samples.shp"])
def test_files_of_any_format(made_image: str, make_areas: Callable[..., str], tmp_path: Path, name: str) -> None:
    destination = tmp_path / "out" / name
    destination.parent.mkdir()
    results = run(
        "samplepixels", {"INPUT": made_image, "POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", "OUTPUT": str(destination)}
    )
    assert results["OUTPUT"] == str(destination)
    layer = QgsVectorLayer(str(destination), "samples")
    assert layer.featureCount() == results["WATER_PIXELS"] + results["OTHER_PIXELS"]
    assert layer.fields().indexFromName("nir") >= 0
    if name != "samples.shp":
        assert [entry.name for entry in destination.parent.iterdir()] == [name]


def test_layer_in_a_geopackage_is_called_as_the_file(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    destination = tmp_path / "drawn here.gpkg"
    run("samplepixels", {"INPUT": made_image, "POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", "OUTPUT": str(destination)})
    assert ogr.Open(str(destination)).GetLayer(0).GetName() == "drawn here"


def test_a_file_is_loaded_under_its_own_name(scene: Scene, tmp_path: Path, qgis_new_project: None) -> None:
    destination = str(tmp_path / "samples.gpkg")
    definition = QgsProcessingOutputLayerDefinition(destination, QgsProject.instance())
    results = processing.runAndLoadResults("ipeowater:samplepixels", {**scene.parameters, "OUTPUT": definition}, feedback=Feedback())
    assert results["OUTPUT"] == destination
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.isValid()
    assert layer.name() == "samples"


def test_an_earlier_file_survives_a_run_that_fails(scene: Scene, tmp_path: Path) -> None:
    destination = tmp_path / "samples.gpkg"
    run("samplepixels", {**scene.parameters, "OUTPUT": str(destination)})
    before = destination.read_bytes()
    feedback = Feedback(cancel_at=85)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("samplepixels", {**scene.parameters, "OUTPUT": str(destination)}, feedback)
    assert max(feedback.fractions) >= 80
    assert destination.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["samples.gpkg"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
@pytest.mark.parametrize(("name", "share"), spread(["samples.gpkg", "samples.geojson", "samples.fgb", "samples.csv"], [0.1, 0.95]))
def test_a_disk_that_fills_up(scene: Scene, tmp_path: Path, name: str, share: float) -> None:
    """A limit on the size of files stands for the disk: writing fails at the same places, without a word from some formats."""
    import resource

    whole = tmp_path / name
    run("samplepixels", {**scene.parameters, "OUTPUT": str(whole)})
    before = whole.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(share * len(before)), limits[1]))
    try:
        with pytest.raises(QgsProcessingException, match="disk is full"):
            run("samplepixels", {**scene.parameters, "OUTPUT": str(whole)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert whole.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_geopackage_that_is_open_elsewhere_is_left_alone(scene: Scene, tmp_path: Path) -> None:
    destination = tmp_path / "samples.gpkg"
    connection = sqlite3.connect(destination)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (i)")
    connection.commit()
    with pytest.raises(QgsProcessingException, match="is in use, in QGIS or by another program"):
        run("samplepixels", {**scene.parameters, "OUTPUT": str(destination)})
    connection.close()


def test_cancelled_while_areas_are_read(made_image: str, many_areas: str) -> None:
    feedback = Feedback(cancel_at=2)
    _, succeeded, _ = run_unchecked(
        "samplepixels", {"INPUT": made_image, "POLYGONS": many_areas, "CLASS_FIELD": "class", **MEMORY}, feedback
    )
    assert not succeeded
    # Reading the areas takes the progress to 16 percent.
    assert max(feedback.fractions) < 10


def test_progress_rises(scene: Scene) -> None:
    feedback = Feedback()
    run("samplepixels", {**scene.parameters, **MEMORY}, feedback)
    assert feedback.fractions == sorted(feedback.fractions)
    assert len(feedback.fractions) > 3
    assert feedback.fractions[-1] == 100


def test_names_with_quotes_and_letters_of_any_script(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    image = tmp_path / 'Lac d\'Été «日本» 1 "b".tif'
    os.rename(made_image, image)
    layer = run("samplepixels", {"INPUT": str(image), "POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", **MEMORY})["OUTPUT"]
    assert json.loads(next(layer.getFeatures())["scene"])["name"] == image.stem


def test_subdatasets_archives_and_virtual_files(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    """Some of these QGIS opens as a layer alone, not by their name as a parameter."""
    parameters = {"POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", **MEMORY}
    expected = pixels(run("samplepixels", {"INPUT": made_image, **parameters})["OUTPUT"])
    gdal.Translate("/vsimem/made.tif", made_image)
    gdal.Translate(str(tmp_path / "made.vrt"), made_image, format="VRT")
    archive = str(tmp_path / "made.zip")
    with zipfile.ZipFile(archive, "w") as file:
        file.write(made_image, "inside.tif")
    for source in ("/vsimem/made.tif", str(tmp_path / "made.vrt"), f"/vsizip/{archive}/inside.tif", f"GTIFF_DIR:1:{made_image}"):
        layer = QgsRasterLayer(source, "image")
        assert layer.isValid(), source
        assert pixels(run("samplepixels", {"INPUT": layer, **parameters})["OUTPUT"]) == expected, source
    gdal.Unlink("/vsimem/made.tif")


def test_a_layer_with_open_options(made_image: str, make_areas: Callable[..., str], qgis_new_project: None) -> None:
    layer = QgsRasterLayer(f"{made_image}|option:NUM_THREADS=2", "with options")
    assert layer.isValid()
    assert "option:" in layer.source()
    QgsProject.instance().addMapLayer(layer)
    points = run("samplepixels", {"INPUT": layer, "POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", **MEMORY})["OUTPUT"]
    assert json.loads(next(points.getFeatures())["scene"])["name"] == "with options"


def test_open_options_that_change_the_image_are_refused(made_image: str, make_areas: Callable[..., str], model_file: str) -> None:
    """GDAL would open another image without them: here a coarser one."""
    gdal.Open(made_image, gdal.GA_Update).BuildOverviews("AVERAGE", [2])
    source = f"{made_image}|option:OVERVIEW_LEVEL=0"
    assert QgsRasterLayer(source, "coarse").width() == 20
    words = "(OVERVIEW_LEVEL), which only QGIS applies: save it as a GeoTIFF first"
    areas = {"POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class"}
    for image in (source, QgsRasterLayer(source, "coarse")):
        refused("samplepixels", {"INPUT": image, **areas, **MEMORY}, words)
        refused(
            "predictmanyrasters", {"INPUTS": [image], "MODEL": model_file, "OUTPUT_FOLDER": str(Path(made_image).parent / "out")}, words
        )


@pytest.fixture
def good(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> dict[str, Any]:
    return {"INPUT": made_image, "POLYGONS": make_areas(FOUR_AREAS), "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "samples.gpkg")}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/image.tif"}, ("/nowhere/image.tif", "can't be opened")),
        ({"INPUT": None}, ("Choose a raster layer",)),
        ({"POLYGONS": "/nowhere/areas.gpkg"}, ("/nowhere/areas.gpkg", "can't be opened")),
        ({"POLYGONS": None}, ("Choose a layer of polygons or points",)),
        ({"CLASS_FIELD": "klass"}, ("no field “klass”", "class")),
        ({"CLASS_FIELD": None}, ("no field",)),
        ({"WATER_VALUES": "9"}, ("None of the values that mean water occurs", "0 and 1")),
        ({"WATER_VALUES": "lake"}, ("The classes are numbers", "lake")),
        ({"WATER_VALUES": " , "}, ("means water",)),
        ({"GREEN": 9}, ("Band 9 is out of range", "swir 1")),
        ({"GREEN": 2}, ("Band 2 is chosen twice",)),
        ({"GREEN": 0}, ("Band 0 is out of range",)),
        ({"GREEN": "[3]"}, ("Green band", "not a number")),
        ({"GREEN": 1.5}, ("Green band", "whole number")),
        ({"EXTRA_BANDS": "[4,5]"}, ("“[4,5]” is not a list of numbers",)),
        ({"EXTRA_BANDS": "4;9"}, ("Band 9 is out of range",)),
        ({"EXTRA_BANDS": [4, 4]}, ("Band 4 is chosen twice",)),
        ({"EXTRA_BANDS": [-1]}, ("Band -1 is out of range",)),
        ({"MAX_PER_CLASS": -1}, ()),
        ({"MAX_PER_CLASS": "many"}, ("MAX_PER_CLASS",)),
        ({"SEED": -5}, ()),
        ({"OUTPUT": "/nowhere/samples.gpkg"}, ("/nowhere", "folder")),
    ],
)
def test_values_that_make_no_sense(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("samplepixels", {**good, **changed}, *words)


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        ([(WATER, 1), (box(5, 25, 6, 6), 1)], ("All training areas are water",)),
        ([], ("no training area",)),
        ([(None, 1), ("POLYGON EMPTY", 0)], ("no training area",)),
        ([(box(200, 2, 8, 8), 1), (box(300, 2, 8, 8), 0)], ("outside the raster", "CRS")),
        ([(box(2.6, 2.6, 0.3, 0.3), 1), (LAND, 0)], ("No valid pixel", "centre")),
        ([(WATER, 1), ("LINESTRING(500000 5799900,500300 5799900)", 0)], ("Feature 2", "LineString", "polygons or points")),
        ([(WATER, 1), ("GEOMETRYCOLLECTION(POINT(500005 5799995))", 0)], ("Feature 2", "GeometryCollection")),
        ([(WATER, 1), (WATER, 0)], ("areas of both classes",)),
    ],
)
def test_areas_that_cant_serve(good: dict[str, Any], make_areas: Callable[..., str], areas: list, words: tuple[str, ...]) -> None:
    refused("samplepixels", {**good, "POLYGONS": make_areas(areas, "bad.gpkg")}, *words)


def test_a_line_layer(good: dict[str, Any], qgis_new_project: None) -> None:
    lines = QgsVectorLayer("LineString?crs=EPSG:32633&field=class:integer", "shores", "memory")
    table = QgsVectorLayer("NoGeometry?field=class:integer", "table", "memory")
    QgsProject.instance().addMapLayers([lines, table])
    refused("samplepixels", {**good, "POLYGONS": lines.id()}, "shores", "LineString", "polygons or points")
    refused("samplepixels", {**good, "POLYGONS": table.id()}, "table", "polygons or points")


def test_a_class_field_of_dates(good: dict[str, Any], make_areas: Callable[..., str]) -> None:
    areas = make_areas([(WATER, "2024/01/01"), (LAND, "2024/01/02")], "dated.gpkg", field=ogr.OFTDate)
    refused("samplepixels", {**good, "POLYGONS": areas}, "“class”", "Date")


def test_unknown_crs_on_either_side(good: dict[str, Any], make_image: Callable[..., str], qgis_new_project: None) -> None:
    nowhere = QgsVectorLayer("Polygon?field=class:integer", "nowhere", "memory")
    nowhere.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayer(nowhere)
    refused("samplepixels", {**good, "POLYGONS": nowhere.id()}, "CRS of “nowhere” is unknown", "Set Layer CRS")
    image = make_image(np.ones((3, 40, 40), np.float32), "unplaced.tif", epsg=None)
    refused("samplepixels", {**good, "INPUT": image}, "CRS of “unplaced” is unknown", "Set Layer CRS")


def test_a_layer_that_gdal_cant_open(good: dict[str, Any], qgis_new_project: None) -> None:
    tiles = QgsRasterLayer("type=xyz&url=http://localhost:9/{z}/{x}/{y}.png&zmax=3&zmin=0", "some tiles", "wms")
    assert tiles.isValid()
    QgsProject.instance().addMapLayer(tiles)
    refused("samplepixels", {**good, "INPUT": tiles.id()}, "some tiles", "wms", "GeoTIFF")


def test_an_image_without_a_valid_pixel(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    empty = make_image(np.full((3, 40, 40), -1, np.float32), "empty.tif", nodata=-1)
    refused("samplepixels", {**good, "INPUT": empty}, "No valid pixel", "invalid")
    holes = np.full((3, 40, 40), np.nan, np.float32)
    refused("samplepixels", {**good, "INPUT": make_image(holes, "nan.tif")}, "No valid pixel")


def append_to(layer: str, fields: Mapping[str, QgsProperty] | None = None) -> QgsProcessingOutputLayerDefinition:
    definition, mapping = QgsProcessingOutputLayerDefinition(layer), QgsRemappingSinkDefinition()
    mapping.setFieldMap(dict(fields or {}))
    definition.setRemappingDefinition(mapping)
    return definition


def test_samples_of_several_images_are_appended(scene: Scene, other_scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "samples.gpkg"
    few = {"MAX_PER_CLASS": 300}
    first = run("samplepixels", {**scene.parameters, **few, "OUTPUT": str(path)})
    before = {feature.id(): feature.attributes() for feature in QgsVectorLayer(str(path), "", "ogr").getFeatures()}
    warped = str(tmp_path / "other zone.tif")
    gdal.Warp(warped, other_scene.image, dstSRS="EPSG:32632")
    second = run("samplepixels", {**other_scene.parameters, **few, "INPUT": warped, "OUTPUT": append_to(f"{path}|layername=samples")})
    layer = QgsVectorLayer(second["OUTPUT"], "", "ogr")
    total = sum(results[key] for results in (first, second) for key in ("WATER_PIXELS", "OTHER_PIXELS"))
    assert layer.featureCount() == total > len(before)
    assert all(feature.attributes() == before[feature.id()] for feature in layer.getFeatures() if feature.id() in before)
    # They lie where they were sampled, in the CRS of the layer.
    assert layer.crs().authid() == "EPSG:32633"
    assert layer.extent().intersects(QgsRasterLayer(other_scene.image).extent())
    trained = run(
        "trainlogisticregression", {"INPUT": str(path), "OUTPUT": str(tmp_path / "model.json"), "OPTIMIZER": "newton", "FOLDS": 0}
    )
    assert trained["F1"] > 0.9


def test_samples_are_appended_whole_or_not_at_all(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "samples.gpkg"
    run("samplepixels", {**scene.parameters, "OUTPUT": str(path)})
    count = QgsVectorLayer(str(path), "", "ogr").featureCount()
    _, succeeded, _ = run_unchecked("samplepixels", {**scene.parameters, "OUTPUT": append_to(str(path))}, Feedback(cancel_at=90))
    assert not succeeded
    assert QgsVectorLayer(str(path), "", "ogr").featureCount() == count
    lacking = str(tmp_path / "lacking.gpkg")
    gdal.VectorTranslate(lacking, str(path), options="samples -select class,polygon,scene,green,red")
    for layer, words in (
        (lacking, "lacks the fields nir"),
        (f"{path}|layername=others", "only be appended to a layer of a GeoPackage"),
        (str(tmp_path / "none.gpkg"), "only be appended to a layer of a GeoPackage"),
        (str(tmp_path / "samples.shp"), "only be appended to a layer of a GeoPackage"),
    ):
        _, succeeded, feedback = run_unchecked("samplepixels", {**scene.parameters, "OUTPUT": append_to(layer)})
        assert not succeeded
        assert words in "\n".join(feedback.errors)
    assert QgsVectorLayer(str(path), "", "ogr").featureCount() == count


@pytest.mark.parametrize(
    ("field", "kind"),
    [("green", ogr.OFTInteger), ("nir", ogr.OFTString), ("polygon", ogr.OFTInteger), ("class", ogr.OFTReal), ("scene", 20)],
)
def test_no_sample_is_appended_to_a_field_that_would_round_or_cut_it(field: str, kind: int, scene: Scene, tmp_path: Path) -> None:
    """Reflectances became 0 in a field of whole numbers."""
    path = str(tmp_path / "own.gpkg")
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    layer = dataset.CreateLayer("own", None, ogr.wkbPoint)
    types = {"class": ogr.OFTInteger, "polygon": ogr.OFTInteger64, "scene": ogr.OFTString}
    for name in ("class", "polygon", "scene", "green", "red", "nir"):
        definition = ogr.FieldDefn(name, types.get(name, ogr.OFTReal) if name != field or kind == 20 else kind)
        definition.SetWidth(20 if name == field and kind == 20 else 0)
        layer.CreateField(definition)
    del layer, dataset
    _, succeeded, feedback = run_unchecked("samplepixels", {**scene.parameters, "OUTPUT": append_to(path)})
    assert not succeeded
    assert f"The field {field} of " in "\n".join(feedback.errors)
    assert QgsVectorLayer(path, "", "ogr").featureCount() == 0


def test_a_mapping_of_fields_is_refused_rather_than_passed_over(scene: Scene, tmp_path: Path) -> None:
    path = str(tmp_path / "samples.gpkg")
    run("samplepixels", {**scene.parameters, "OUTPUT": path})
    same = {name: QgsProperty.fromField(name) for name in ("class", "green", "red")}
    run("samplepixels", {**scene.parameters, "OUTPUT": append_to(path, same)})
    other = {**same, "green": QgsProperty.fromExpression('"green" / 10000')}
    _, succeeded, feedback = run_unchecked("samplepixels", {**scene.parameters, "OUTPUT": append_to(path, other)})
    assert not succeeded
    assert 'green is to be filled with "green" / 10000' in "\n".join(feedback.errors)


def test_likely_mistakes_are_warned_of_once(good: dict[str, Any], tmp_path: Path) -> None:
    feedback = Feedback()
    run("samplepixels", {**good, "CLASS_FIELD": "fid", "GREEN": 3, "RED": 2, "NIR": 1, "OUTPUT_REPORT": "page.html"}, feedback)
    for words in (
        "OUTPUT_REPORT is not a parameter of samplepixels",
        "The field “fid” numbers the features",
        "Band 3 was chosen as the green",
    ):
        assert len([text for text in feedback.warnings if words in text]) == 1, words


def test_bands_that_nothing_tells_apart(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    nameless = make_image(np.ones((3, 40, 40), np.float32), "nameless.tif", descriptions=())
    refused("samplepixels", {**good, "INPUT": nameless}, "choose them by number", "1 (no description)")


def test_a_torn_image(good: dict[str, Any], tmp_path: Path) -> None:
    torn = tmp_path / "torn.tif"
    gdal.Translate(str(torn), good["INPUT"], creationOptions=["COMPRESS=DEFLATE"])
    content = torn.read_bytes()
    torn.write_bytes(content[: len(content) // 2])
    refused("samplepixels", {**good, "INPUT": str(torn)}, "torn.tif")


def test_the_run_of_a_model_is_checked_too(good: dict[str, Any]) -> None:
    _, succeeded, feedback = run_unchecked("samplepixels", {**good, "GREEN": 2})
    assert not succeeded
    assert "chosen twice" in feedback.errors[0]


@pytest.fixture
def many_areas(qgis_new_project: None) -> str:
    """Ten thousand small areas over a made image, in the project."""
    rng = np.random.default_rng(1)
    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=class:integer", "many", "memory")
    features = []
    for index in range(10_000):
        feature = QgsFeature()
        feature.setAttributes([index % 2])
        feature.setGeometry(QgsGeometry.fromWkt(box(*rng.integers(0, 38, 2), 2, 2)))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer.id()


def test_many_areas_take_few_calls(make_image: Callable[..., str], many_areas: str) -> None:
    """Of ten thousand areas each costs a bounded number of calls from Python, so that all of them take well under a second."""
    image = make_image(np.random.default_rng(1).random((3, 300, 300)).astype(np.float32), "wide.tif")
    # Most pixels near the corner are claimed by both classes; what matters here is what it takes to find that out.
    count = calls(lambda: run_unchecked("samplepixels", {"INPUT": image, "POLYGONS": many_areas, "CLASS_FIELD": "class", **MEMORY}))
    # GDAL's own wrappers count too: 80 calls an area with 3.6, 220 with 3.10. Comparing each area with all others would take thousands.
    assert count < 500 * 10_000


def test_a_layer_id_and_a_feature_limit(scene: Scene, qgis_new_project: None) -> None:
    layer = QgsVectorLayer(scene.labels, "labels")
    QgsProject.instance().addMapLayer(layer)
    first = next(layer.getFeatures(QgsFeatureRequest().setLimit(1)))
    assert first["class"] in (0, 1)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results, succeeded, feedback = run_unchecked("samplepixels", {**scene.parameters, "POLYGONS": "labels", "OUTPUT": "memory:"})
    assert succeeded, feedback.errors
    assert results["WATER_PIXELS"] > 0


@pytest.mark.parametrize("driver", ["GPKG", "GeoJSON", "MapInfo File", "ESRI Shapefile"])
def test_an_empty_text_is_no_class(made_image: str, make_areas: Callable[..., str], tmp_path: Path, driver: str) -> None:
    """QGIS' attribute table stores an empty text where a class is deleted, and some formats know no NULL."""
    features = [(WATER, "water"), (LAND, "land"), (box(5, 25, 6, 6), ""), (box(30, 25, 6, 6), "  ")]
    areas, copy = make_areas(features, field=ogr.OFTString), str(tmp_path / {"GPKG": "c.gpkg", "GeoJSON": "c.geojson"}.get(driver, "c.shp"))
    copy = copy.replace(".shp", ".tab") if driver == "MapInfo File" else copy
    gdal.VectorTranslate(copy, areas, format=driver, **({"dstSRS": "EPSG:4326", "reproject": True} if driver == "GeoJSON" else {}))
    feedback = Feedback()
    values = {"INPUT": made_image, "POLYGONS": copy, "CLASS_FIELD": "class", "WATER_VALUES": "water", **MEMORY}
    results = run("samplepixels", values, feedback)
    assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (64, 64)
    assert [line for line in feedback.infos if "left out because their class is empty: 2." in line]


def test_texts_of_both_unicode_forms_in_one_field(made_image: str, make_areas: Callable[..., str]) -> None:
    features = [(WATER, "rivie\u0300re"), (box(5, 25, 6, 6), "Rivi\u00e8re"), (LAND, "champ")]
    values = {"INPUT": made_image, "POLYGONS": make_areas(features, field=ogr.OFTString), "CLASS_FIELD": "class", **MEMORY}
    for meaning in ("rivi\u00e8re", "rivie\u0300re"):
        results = run("samplepixels", {**values, "WATER_VALUES": meaning}, feedback := Feedback())
        assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (100, 64)
        assert feedback.warnings == []


def test_a_class_whose_name_holds_a_comma(made_image: str, make_areas: Callable[..., str]) -> None:
    features = [(WATER, "Water, open"), (LAND, "Beaches, dunes, sands"), (box(30, 25, 6, 6), "Water")]
    values = {"INPUT": made_image, "POLYGONS": make_areas(features, field=ogr.OFTString), "CLASS_FIELD": "class", **MEMORY}
    for meaning, water in (("water, open", 64), ('"Water, open"', 64), ('"Water, open", Water', 100)):
        assert run("samplepixels", {**values, "WATER_VALUES": meaning})["WATER_PIXELS"] == water


def test_listed_values_that_no_area_has(made_image: str, make_areas: Callable[..., str]) -> None:
    areas = make_areas([(WATER, "lake"), (LAND, "field"), (box(5, 25, 6, 6), "river")], field=ogr.OFTString)
    values = {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", **MEMORY}
    run("samplepixels", {**values, "WATER_VALUES": "lake, rivr"}, feedback := Feedback())
    assert any("“rivr” (similar: “river”)" in line for line in feedback.warnings)
    refused("samplepixels", {**values, "WATER_VALUES": "1"}, "“1”", "Its classes are field, lake and river")


def test_other_layers_of_a_file_are_told(made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    """Where only the file is named, its first layer is read."""
    areas = make_areas(FOUR_AREAS)
    gdal.VectorTranslate(areas, make_areas(FOUR_AREAS, "more.gpkg"), layerName="more", accessMode="update")
    parameters = {"INPUT": made_image, "CLASS_FIELD": "class", "OUTPUT": "memory:"}
    told, scenes = {}, []
    for source in (areas, f"{areas}|layername=areas", f"{areas}|layerid=1"):
        samples = run("samplepixels", {**parameters, "POLYGONS": source}, feedback := Feedback())["OUTPUT"]
        scenes.append(next(samples.getFeatures())["scene"])
        told[source] = [line for line in feedback.infos if "Others in it are not read" in line]
    assert [len(lines) for lines in told.values()] == [1, 0, 0]
    assert "more" in told[areas][0]
    # Ids of polygons begin anew in another layer.
    assert scenes[0] == scenes[1] != scenes[2]


@pytest.mark.parametrize("query", ["SELECT class, geometry FROM areas", "SELECT 10 * rowid AS k, class, geometry FROM areas&uid=k"])
def test_the_selected_features_of_a_virtual_layer(
    query: str, made_image: str, make_areas: Callable[..., str], qgis_new_project: None
) -> None:
    areas = QgsVectorLayer(make_areas(FOUR_AREAS), "areas", "ogr")
    QgsProject.instance().addMapLayer(areas)
    chosen = QgsVectorLayer(f"?query={query}", "chosen", "virtual")
    QgsProject.instance().addMapLayer(chosen)
    ids = [feature.id() for feature in chosen.getFeatures()]
    # The second area of water and the first of land: 36 and 64 pixels.
    chosen.selectByIds(ids[1:3])
    parameters = {"INPUT": made_image, "CLASS_FIELD": "class", "OUTPUT": "TEMPORARY_OUTPUT"}
    results = run("samplepixels", {**parameters, "POLYGONS": QgsProcessingFeatureSourceDefinition(chosen.id(), True)})
    assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (36, 64)
