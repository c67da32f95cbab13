"""An empty layer to draw in: its CRS, its form, its colours, and that what is drawn in it trains a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import processing
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)
from runs import FOUR_AREAS, Feedback, refused, run

from ipeo_water_plugin.algorithms.image import crs_wkt
from ipeo_water_plugin.core.raster.reprojection import same_places


def loaded(image: str, destination: str) -> QgsVectorLayer:
    """Run as the dialog does, with the result loaded into the project."""
    output = QgsProcessingOutputLayerDefinition(destination, QgsProject.instance())
    processing.runAndLoadResults("ipeowater:createtraininglayer", {"INPUT": image, "OUTPUT": output}, feedback=Feedback())
    (layer,) = QgsProject.instance().mapLayers().values()
    return layer


def hold_ready_to_draw_in(layer: QgsVectorLayer) -> None:
    setup = layer.editorWidgetSetup(layer.fields().lookupField("class"))
    assert setup.type() == "ValueMap"
    assert setup.config()["map"] == [{"Water": "1"}, {"Not water": "0"}]
    shown = {category.label(): category for category in layer.renderer().categories()}
    # What was stored in a file comes back as text, which QGIS compares as such.
    assert [int(shown["Water"].value()), int(shown["Not water"].value())] == [1, 0]
    colours = {label: shown[label].symbol().symbolLayers()[-1].strokeColor() for label in shown}
    assert colours["Water"].blue() > colours["Water"].red()
    assert colours["Not water"].red() > colours["Not water"].green() > colours["Not water"].blue()


@pytest.mark.parametrize("name", ["TEMPORARY_OUTPUT", "areas.gpkg", "areas.shp"])
def test_an_empty_polygon_layer_in_the_images_crs(name: str, made_image: str, tmp_path: Path, qgis_new_project: None) -> None:
    layer = loaded(made_image, name if name.isupper() else str(tmp_path / name))
    assert layer.isValid()
    assert layer.featureCount() == 0
    assert QgsWkbTypes.geometryType(layer.wkbType()) == QgsWkbTypes.GeometryType.PolygonGeometry
    assert layer.crs() == QgsRasterLayer(made_image, "image").crs()
    assert layer.fields().field("class").isNumeric()
    hold_ready_to_draw_in(layer)


@pytest.mark.parametrize("crs", ["EPSG:8857", "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=39 +lon_0=180 +datum=WGS84"])
def test_a_crs_for_which_the_older_notation_has_no_words(crs: str, made_image: str, tmp_path: Path, qgis_new_project: None) -> None:
    """Equal Earth, and a rotated pole: a GeoPackage keeps them in the newer notation, though GDAL complains on the way."""
    there = osr.SpatialReference()
    assert there.SetFromUserInput(crs) == 0
    image = str(tmp_path / "image.vrt")
    gdal.Translate(image, made_image, outputSRS=there.ExportToWkt(["FORMAT=WKT2_2019"]))
    layer = loaded(image, str(tmp_path / "areas.gpkg"))
    assert layer.isValid()
    assert same_places(crs_wkt(layer.crs()), there.ExportToWkt(["FORMAT=WKT2_2019"]))


@pytest.mark.parametrize("suffix", [".geojson", ".kml", ".gml", ".tab"])
def test_a_format_in_which_nothing_can_be_drawn(suffix: str, made_image: str, tmp_path: Path) -> None:
    """Without features a GeoJSON file has neither geometry type nor field nor CRS, and others can't be edited."""
    with pytest.raises(QgsProcessingException, match="hoose a GeoPackage"):
        run("createtraininglayer", {"INPUT": made_image, "OUTPUT": str(tmp_path / f"areas{suffix}")})
    assert list(tmp_path.glob("areas*")) == []


def test_a_geopackage_keeps_its_form_for_whoever_opens_it(made_image: str, tmp_path: Path) -> None:
    path = run("createtraininglayer", {"INPUT": made_image, "OUTPUT": str(tmp_path / "areas.gpkg")})["OUTPUT"]
    layer = QgsVectorLayer(path, "areas", "ogr")
    hold_ready_to_draw_in(layer)
    assert layer.editorWidgetSetup(layer.fields().lookupField("fid")).type() == "Hidden"


@pytest.mark.parametrize("name", ["TEMPORARY_OUTPUT", "areas.gpkg"])
def test_what_is_drawn_in_it_is_sampled(name: str, made_image: str, tmp_path: Path, qgis_new_project: None) -> None:
    layer = loaded(made_image, name if name.isupper() else str(tmp_path / name))
    assert layer.startEditing()
    for wkt, water in FOUR_AREAS:
        drawn = QgsFeature(QgsVectorLayerUtils.createFeature(layer, QgsGeometry.fromWkt(wkt)))
        drawn["class"] = water
        assert layer.addFeature(drawn)
    assert layer.commitChanges()
    results = run("samplepixels", {"INPUT": made_image, "POLYGONS": layer, "CLASS_FIELD": "class", "OUTPUT": "TEMPORARY_OUTPUT"})
    assert (results["WATER_PIXELS"], results["OTHER_PIXELS"]) == (64 + 36, 64 + 36)


def test_an_image_without_crs(make_image: Callable[..., str], tmp_path: Path) -> None:
    bare = make_image(np.ones((3, 4, 4), np.float32), "bare.tif", epsg=None)
    refused("createtraininglayer", {"INPUT": bare, "OUTPUT": str(tmp_path / "areas.gpkg")}, "CRS of “bare” is unknown", "set it first")


def test_no_image(tmp_path: Path) -> None:
    refused("createtraininglayer", {"INPUT": "/nowhere/a.tif", "OUTPUT": str(tmp_path / "areas.gpkg")}, "/nowhere/a.tif")


def test_cancelled(made_image: str, tmp_path: Path) -> None:
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("createtraininglayer", {"INPUT": made_image, "OUTPUT": str(tmp_path / "areas.gpkg")}, feedback)
    assert not (tmp_path / "areas.gpkg").exists()
