"""Prediction as an analyst runs it: what the raster holds, what the options do, what bad input gets. No torch anywhere."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsColorRampShader,
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsFeature,
    QgsGeometry,
    QgsInterval,
    QgsLayerTreeRegistryBridge,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsTemporalNavigationObject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QSize, Qt, QTime
from qgis.PyQt.QtGui import QColor
from runs import LAND, WATER, Feedback, Scene, box, refused, run

from ipeo_water_plugin.algorithms.styles import show_on_its_date, style_file
from ipeo_water_plugin.core.model_json import read_model


def array(path: str) -> np.ndarray:
    return gdal.Open(path).ReadAsArray()


@pytest.fixture
def good(made_image: str, model_file: str, tmp_path: Path) -> dict[str, Any]:
    return {"INPUT": made_image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")}


def test_probability_is_what_the_model_file_says(scene: Scene, model_file: str, tmp_path: Path) -> None:
    output = run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    document = json.loads(Path(model_file).read_text())
    bands = gdal.Open(scene.image).ReadAsArray().astype(float)
    logit = document["intercept"] + sum(document["coefficients"][name] * band for name, band in zip(("green", "red", "nir"), bands))
    np.testing.assert_allclose(array(output), 1 / (1 + np.exp(-logit)), atol=1e-5)
    assert gdal.Open(output).GetGeoTransform() == gdal.Open(scene.image).GetGeoTransform()
    assert gdal.Open(output).GetMetadataItem("MODEL_SHA256", "IPEO_WATER") == read_model(model_file).digest


def test_percent_means_the_same(good: dict[str, Any], tmp_path: Path) -> None:
    fractions = array(run("predictwaterprobability", good)["OUTPUT"])
    percent = run("predictwaterprobability", {**good, "DATA_TYPE": "uint8", "OUTPUT": str(tmp_path / "percent.tif")})["OUTPUT"]
    dataset = gdal.Open(percent)
    band = dataset.GetRasterBand(1)
    assert (band.DataType, band.GetScale(), band.GetNoDataValue()) == (gdal.GDT_Byte, 0.01, 255)
    np.testing.assert_allclose(array(percent) * 0.01, fractions, atol=0.00501)


def test_cloud_optimized(good: dict[str, Any]) -> None:
    output = run("predictwaterprobability", {**good, "FORMAT": "cog"})["OUTPUT"]
    assert gdal.Open(output).GetMetadata("IMAGE_STRUCTURE")["LAYOUT"] == "COG"


@pytest.mark.parametrize(
    "written",
    [
        "COMPRESS=LZW|BLOCKXSIZE=256|BLOCKYSIZE=256",
        "COMPRESS=LZW BLOCKXSIZE=256 BLOCKYSIZE=256",
        " COMPRESS=LZW | BLOCKXSIZE=256|BLOCKYSIZE=256|",
    ],
)
def test_creation_options(scene: Scene, model_file: str, tmp_path: Path, written: str) -> None:
    """QGIS writes them with | before 3.40 and with blanks after."""
    parameters = {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif"), "CREATION_OPTIONS": written}
    dataset = gdal.Open(run("predictwaterprobability", parameters)["OUTPUT"])
    assert dataset.GetMetadata("IMAGE_STRUCTURE")["COMPRESSION"] == "LZW"
    assert dataset.GetRasterBand(1).GetBlockSize() == [256, 256]


def test_extent_is_cropped_outward_to_whole_pixels(good: dict[str, Any], tmp_path: Path) -> None:
    whole = array(run("predictwaterprobability", good)["OUTPUT"])
    part = {**good, "EXTENT": "500052,500148,5799871,5799949 [EPSG:32633]", "OUTPUT": str(tmp_path / "part.tif")}
    dataset = gdal.Open(run("predictwaterprobability", part)["OUTPUT"])
    assert dataset.GetGeoTransform() == (500050, 10, 0, 5799950, 0, -10)
    np.testing.assert_array_equal(dataset.ReadAsArray(), whole[5:13, 5:15])


def test_extent_in_another_crs(good: dict[str, Any]) -> None:
    degrees = QgsReferencedRectangle(QgsRectangle(15.001, 52.347, 15.003, 52.348), QgsCoordinateReferenceSystem("EPSG:4326"))
    dataset = gdal.Open(run("predictwaterprobability", {**good, "EXTENT": degrees})["OUTPUT"])
    left, pixel, _, top, _, _ = dataset.GetGeoTransform()
    assert (left % 10, top % 10, pixel) == (0, 0, 10)
    # 0.002 degrees of longitude at 52.35 degrees north are 136 m, 0.001 of latitude 111 m.
    assert dataset.RasterXSize in (14, 15)
    assert dataset.RasterYSize in (12, 13)


@pytest.mark.parametrize(
    ("west", "extent", "columns"),
    [(359, "-0.5,0.5,44,45", (5, 15)), (-1, "359.5,360.5,44,45", (5, 15)), (359, "-5,5,44,45", (0, 20)), (359, "-180,180,44,45", (0, 20))],
)
def test_an_extent_whose_longitudes_are_counted_from_another_meridian(
    make_image: Callable[..., str], model_file: str, tmp_path: Path, west: float, extent: str, columns: tuple[int, int]
) -> None:
    image = make_image(np.random.default_rng(0).integers(1, 3000, (3, 10, 20)), epsg=4326)
    dataset = gdal.Open(image, gdal.GA_Update)
    dataset.SetGeoTransform([west, 0.1, 0, 45, 0, -0.1])
    dataset, log = None, Feedback()
    output = run("predictwaterprobability", {"INPUT": image, "MODEL": model_file, "EXTENT": extent, "OUTPUT": str(tmp_path / "p.tif")}, log)
    result = gdal.Open(output["OUTPUT"])
    first = round((result.GetGeoTransform()[0] - west) / 0.1)
    assert (first, first + result.RasterXSize) == columns
    assert any("reaches beyond the image" in line for line in log.infos) == (columns == (0, 20))


def polygon_layer(*shapes: str, crs: str = "EPSG:32633") -> QgsVectorLayer:
    layer = QgsVectorLayer(f"Polygon?crs={crs}", "mask", "memory")
    features = []
    for wkt in shapes:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_mask_of_polygons(good: dict[str, Any], qgis_new_project: None) -> None:
    output = array(run("predictwaterprobability", {**good, "MASK": polygon_layer(WATER, LAND).id()})["OUTPUT"])
    expected = np.zeros((40, 40), bool)
    expected[2:10, 2:10] = expected[2:10, 25:33] = True
    np.testing.assert_array_equal(output != -9999, expected)


def test_mask_of_polygons_in_degrees(good: dict[str, Any], qgis_new_project: None) -> None:
    there = processing.run(
        "native:reprojectlayer",
        {"INPUT": polygon_layer(WATER), "TARGET_CRS": QgsCoordinateReferenceSystem("EPSG:4326"), "OUTPUT": "memory:"},
    )["OUTPUT"]
    QgsProject.instance().addMapLayer(there)
    output = array(run("predictwaterprobability", {**good, "MASK": there.id()})["OUTPUT"])
    assert np.count_nonzero(output != -9999) == 64


def test_a_mask_of_several_bands_is_told(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    for bands, told in ((1, 0), (3, 1)):
        run("predictwaterprobability", {**good, "MASK": make_image(np.ones((bands, 40, 40)), f"{bands}.tif")}, feedback := Feedback())
        assert len([line for line in feedback.warnings if "only the first one is read" in line]) == told


def test_other_layers_of_a_masks_file_are_told(good: dict[str, Any], make_areas: Callable[..., str]) -> None:
    areas = make_areas([(WATER, 1)])
    gdal.VectorTranslate(areas, make_areas([(LAND, 1)], "more.gpkg"), layerName="more", accessMode="update")
    for mask, told in ((areas, 1), (f"{areas}|layername=more", 0)):
        run("predictwaterprobability", {**good, "MASK": mask}, feedback := Feedback())
        assert len([line for line in feedback.infos if "Others in it are not read: more" in line]) == told


def test_mask_of_a_raster(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    clear = np.ones((1, 40, 40), np.float32)
    clear[:, :10] = 0
    clear[:, 10:20] = -1
    output = array(run("predictwaterprobability", {**good, "MASK": make_image(clear, "clouds.tif", nodata=-1)})["OUTPUT"])
    assert (output[:20] == -9999).all()
    assert (output[20:] != -9999).all()


def test_nodata_stays_nodata(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    bands = np.full((3, 40, 40), 700, np.float32)
    bands[0, :4], bands[1, 4:8], bands[2, 8:12] = -1, np.nan, np.inf
    output = array(run("predictwaterprobability", {**good, "INPUT": make_image(bands, "holes.tif", nodata=-1)})["OUTPUT"])
    assert (output[:12] == -9999).all()
    assert (output[12:] != -9999).all()


def test_result_is_drawn_in_blue(good: dict[str, Any], qgis_new_project: None) -> None:
    for data_type in ("float32", "uint8"):
        destination = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT", QgsProject.instance())
        output = processing.runAndLoadResults(
            "ipeowater:predictwaterprobability", {**good, "DATA_TYPE": data_type, "OUTPUT": destination}, feedback=Feedback()
        )["OUTPUT"]
        assert Path(output).suffix == ".tif"
        (layer,) = QgsProject.instance().mapLayers().values()
        shader = layer.renderer().shader().rasterShaderFunction()
        assert isinstance(shader, QgsColorRampShader)
        items = shader.colorRampItemList()
        # The image shows through where it is dry, with a tint that NoData lacks.
        assert items[0].label == "0 %"
        assert 0 < items[0].color.alpha() < 100 < items[2].color.alpha()
        assert not layer.renderer().nodataColor().isValid()
        assert items[-1].label == "100 %"
        assert items[-1].color.blue() > 2 * items[-1].color.red()
        assert (shader.minimumValue(), shader.maximumValue()) == (0, 1)
        QgsProject.instance().clear()


@pytest.mark.parametrize("active", ["areas", "image", "earlier", None])
def test_a_map_lies_above_its_image_and_below_the_areas(
    active: str | None, good: dict[str, Any], scene: Scene, qgis_new_project: None
) -> None:
    image = QgsRasterLayer(good["INPUT"], "image")
    earlier, areas = QgsRasterLayer(good["INPUT"], "earlier"), QgsVectorLayer(scene.labels, "areas", "ogr")
    project = QgsProject.instance()
    layers = {layer.name(): layer for layer in (areas, earlier, image)}
    for layer in layers.values():
        project.addMapLayer(layer, False)
        project.layerTreeRoot().addLayer(layer)
    # QGIS puts results above the active layer.
    root = project.layerTreeRoot()
    index = 3 if active is None else list(layers).index(active)
    project.layerTreeRegistryBridge().setLayerInsertionPoint(QgsLayerTreeRegistryBridge.InsertionPoint(root, index))
    destination = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT", project)
    given = {**good, "INPUT": image.id(), "OUTPUT": destination}
    processing.runAndLoadResults("ipeowater:predictwaterprobability", given, feedback=Feedback())
    assert [layer.name() for layer in root.layerOrder()] == ["areas", "Water probability – image", "earlier", "image"]
    assert len(project.mapLayers()) == 4


def test_the_style_stays_with_the_file(good: dict[str, Any], qgis_new_project: None) -> None:
    """Whoever opens it tomorrow sees it as it was shown; a style of one's own isn't replaced, nor is that of another file."""
    target = Path(good["OUTPUT"])
    style = target.with_suffix(".qml")
    for _ in range(2):
        run("predictwaterprobability", good)
        layer = QgsRasterLayer(str(target), "p")
        assert (layer.renderer().type(), layer.renderer().classificationMax()) == ("singlebandpseudocolor", 1)
    assert sorted(path.name for path in target.parent.glob(f"{target.stem}.*")) == [style.name, target.name]
    for own in (
        style.read_text().replace("<qgis", "<qgis edited='1'"),
        "whatever this is",
        style.read_text().replace(target.name, "other.tif"),
    ):
        (target.parent / "other.tif").write_bytes(b"")
        style.write_text(own)
        run("predictwaterprobability", good, feedback := Feedback())
        assert style.read_text() == own
        assert any("is kept: this plugin" in info for info in feedback.infos)


def test_a_loaded_result_is_on_its_date(good: dict[str, Any], tmp_path: Path, qgis_new_project: None) -> None:
    """As QGIS' temporal controller needs it; the date goes from the image to the map, and on to the mask of the bodies."""
    image = shutil.copy(good["INPUT"], tmp_path / "LC08_L2SP_193023_20200812_20200918_02_T1.tif")
    for source, day in ((str(image), "2020-08-12"), (good["INPUT"], None)):
        context, feedback = QgsProcessingContext(), Feedback()
        context.setProject(QgsProject.instance())
        output = QgsProcessingOutputLayerDefinition(good["OUTPUT"], QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:predictwaterprobability").create()
        results, succeeded = algorithm.run({**good, "INPUT": source, "OUTPUT": output}, context, feedback)
        assert succeeded, feedback.errors
        layer = QgsRasterLayer(results["OUTPUT"], "p")
        context.layerToLoadOnCompletionDetails(results["OUTPUT"]).postProcessor().postProcessLayer(layer, context, feedback)
        assert gdal.Open(results["OUTPUT"]).GetMetadataItem("ACQUIRED", "IPEO_WATER") == day
        assert layer.temporalProperties().isActive() == (day is not None)
        if day is not None:
            shown = layer.temporalProperties().fixedTemporalRange()
            assert shown.begin().toString("yyyy-MM-ddTHH:mm") == f"{day}T00:00"
            assert shown.end().toString("yyyy-MM-ddTHH:mm") == f"{day}T23:59"
            bodies = {"INPUT": results["OUTPUT"], "OUTPUT": str(tmp_path / "b.gpkg"), "OUTPUT_MASK": str(tmp_path / "mask.tif")}
            mask = run("extractwater", bodies)["OUTPUT_MASK"]
            assert gdal.Open(mask).GetMetadataItem("ACQUIRED", "IPEO_WATER") == day


def test_a_year_of_dates_plays(make_image: Callable[..., str], qgis_new_project: None) -> None:
    """Day by day, as QGIS' temporal controller steps: each of 24 maps is drawn on its own day, and on no other."""
    days = [QDate(2020, month, day) for month in range(1, 13) for day in (3, 19)]
    layers = []
    for number, day in enumerate(days):
        # Water in a column of its own, and nothing beside.
        p = np.full((1, 24, 24), -9999, np.float32)
        p[0, :, number] = 1
        path = make_image(p, f"p{number}.tif", descriptions=("p",), nodata=-9999)
        dataset = gdal.Open(path, gdal.GA_Update)
        dataset.SetMetadata({"ACQUIRED": day.toString("yyyy-MM-dd")}, "IPEO_WATER")
        dataset = None
        Path(path).with_suffix(".qml").write_bytes(style_file("water_probability").read_bytes())
        layers.append(QgsRasterLayer(path, "p"))
        show_on_its_date(layers[-1], path)
    controller = QgsTemporalNavigationObject()
    start = QDateTime(QDate(2020, 1, 1), QTime(0, 0), Qt.TimeSpec.UTC)
    controller.setTemporalExtents(QgsDateTimeRange(start, start.addYears(1), True, False))
    controller.setFrameDuration(QgsInterval(24 * 3600))
    view = QgsMapSettings()
    view.setLayers(layers)
    view.setDestinationCrs(layers[0].crs())
    view.setExtent(layers[0].extent())
    view.setOutputSize(QSize(24, 24))
    view.setBackgroundColor(QColor("white"))
    view.setIsTemporal(True)
    seen = {}
    for frame in range(366):
        shown = controller.dateTimeRangeForFrameNumber(frame)
        visible = [number for number, layer in enumerate(layers) if layer.temporalProperties().isVisibleInTemporalRange(shown)]
        # The days before the first map and after it are drawn too.
        if visible or frame in {1, 3}:
            view.setTemporalRange(shown)
            job = QgsMapRendererSequentialJob(view)
            job.start()
            job.waitForFinished()
            picture = job.renderedImage()
            drawn = [column for column in range(24) if picture.pixelColor(column, 12) != QColor("white")]
            assert drawn == visible, shown.begin().toString()
        if visible:
            seen[shown.begin().date().toString("MM-dd")] = visible
    assert seen == {day.toString("MM-dd"): [number] for number, day in enumerate(days)}


def test_no_style_where_it_would_be_the_images(good: dict[str, Any], qgis_new_project: None) -> None:
    """QGIS gives a .qml to every raster of its name: image.img would be shown as the probability that stands in image.tif."""
    target = Path(good["OUTPUT"])
    image = str(target.with_suffix(".img"))
    gdal.Translate(image, good["INPUT"], format="HFA")
    run("predictwaterprobability", {**good, "INPUT": image, "GREEN": 1, "RED": 2, "NIR": 3}, feedback := Feedback())
    layer = QgsRasterLayer(image, "image")
    assert layer.renderer().type() == "multibandcolor"
    assert any("p.img" in info for info in feedback.infos)
    # A report, a model or a table of the same name is no raster.
    Path(image).unlink()
    shutil.copy(good["MODEL"], target.with_suffix(".json"))
    target.with_suffix(".html").write_text("<html></html>")
    run("predictwaterprobability", good)
    layer = QgsRasterLayer(str(target), "p")
    assert layer.renderer().type() == "singlebandpseudocolor"


def test_another_sensor_gets_a_warning(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    feedback = Feedback()
    bright = make_image(np.full((3, 40, 40), 9000, np.float32), "bright.tif")
    run("predictwaterprobability", {**good, "INPUT": bright}, feedback)
    assert any("range of values seen in training" in warning for warning in feedback.warnings)


def test_needs_no_torch(good: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    run("predictwaterprobability", good)
    assert Path(good["OUTPUT"]).is_file()


def test_progress_rises(scene: Scene, model_file: str) -> None:
    feedback = Feedback()
    run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": "TEMPORARY_OUTPUT"}, feedback)
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == 100


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/image.tif"}, ("/nowhere/image.tif",)),
        ({"MODEL": None}, ("No model is given",)),
        ({"MODEL": "/nowhere/model.json"}, ("/nowhere/model.json", "can't be read")),
        ({"NIR": 2}, ("Band 2 is chosen twice",)),
        ({"RED": 8}, ("Band 8 is out of range",)),
        ({"EXTRA_BANDS": "[4]"}, ("“[4]” is not a list of numbers",)),
        ({"EXTRA_BANDS": "4"}, ("The model needs green, red, nir", "swir_1")),
        ({"EXTENT": "0,10,0,10"}, ("outside the raster",)),
        ({"EXTENT": "500100,500100,5799900,5799900"}, ("extent", "empty")),
        ({"EXTENT": "somewhere"}, ("extent somewhere",)),
        ({"EXTENT": "500100,500200,5799800,5799900 [EPSG:4326]"}, ("can't be brought onto the image",)),
        ({"EXTENT": "500100,500200,5799800,5799900 [EPSG:999999]"}, ("can't be brought onto the image",)),
        ({"EXTRA_BANDS": "swir"}, ("Extra bands: “swir” is not a list of numbers",)),
        ({"MASK": "/nowhere/mask.gpkg"}, ("/nowhere/mask.gpkg", "can't be opened")),
        ({"DATA_TYPE": "float64"}, ("DATA_TYPE",)),
        ({"FORMAT": "png"}, ("FORMAT",)),
        ({"CREATION_OPTIONS": "COMPRESS"}, ("COMPRESS",)),
    ],
)
def test_values_that_make_no_sense(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("predictwaterprobability", {**good, **changed}, *words)


@pytest.mark.parametrize("name", ["p.img", "p.png", "p"])
def test_rasters_end_in_tif(good: dict[str, Any], tmp_path: Path, name: str) -> None:
    refused("predictwaterprobability", {**good, "OUTPUT": str(tmp_path / name)}, "tif")


def test_a_folder_that_isnt_there(good: dict[str, Any]) -> None:
    refused("predictwaterprobability", {**good, "OUTPUT": "/nowhere/p.tif"}, "/nowhere", "folder")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("isn't whole JSON",)),
        (b'{"format": "ipeo-water-model", "version": 1, "inp', ("isn't whole JSON",)),
        (b'{"format": "other"}', ("another program",)),
        (b'{"format": "ipeo-water-model", "version": 99}', ("version 99", "update the plugin")),
        (b'{"format": "ipeo-water-model", "version": 1, "intercept": NaN}', ("NaN",)),
        (b"\x80\x04\x95 pickle", ("UTF-8",)),
        (b" " * (5 * 1024 * 1024), ("larger than",)),
    ],
)
def test_model_files_that_arent(good: dict[str, Any], tmp_path: Path, content: bytes, words: tuple[str, ...]) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    refused("predictwaterprobability", {**good, "MODEL": str(path)}, "bad.json", *words)


def test_masks_that_cant_serve(good: dict[str, Any], qgis_new_project: None) -> None:
    lines = QgsVectorLayer("LineString?crs=EPSG:32633", "shores", "memory")
    unplaced = QgsVectorLayer("Polygon", "unplaced", "memory")
    unplaced.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayers([lines, unplaced])
    refused("predictwaterprobability", {**good, "MASK": lines.id()}, "shores", "LineString", "polygon layer")
    refused("predictwaterprobability", {**good, "MASK": unplaced.id()}, "CRS of “unplaced” is unknown")
    refused("predictwaterprobability", {**good, "MASK": polygon_layer().id()}, "no polygon")


def test_a_torn_image(good: dict[str, Any], tmp_path: Path) -> None:
    torn = tmp_path / "torn.tif"
    gdal.Translate(str(torn), good["INPUT"], creationOptions=["COMPRESS=DEFLATE"])
    content = torn.read_bytes()
    torn.write_bytes(content[: len(content) // 2])
    refused("predictwaterprobability", {**good, "INPUT": str(torn)}, "torn.tif")


def test_an_earlier_result_survives_a_run_that_fails(good: dict[str, Any]) -> None:
    run("predictwaterprobability", good)
    before = Path(good["OUTPUT"]).read_bytes()
    with pytest.raises(Exception, match="outside the raster"):
        run("predictwaterprobability", {**good, "EXTENT": "0,10,0,10"})
    assert Path(good["OUTPUT"]).read_bytes() == before


def test_a_mask_of_many_polygons_is_read_while_working(good: dict[str, Any], qgis_new_project: None) -> None:
    """Polygons edited or removed after the run began don't matter to it: it works on a snapshot."""
    layer = polygon_layer(WATER, box(5, 25, 6, 6))
    layer.startEditing()
    layer.deleteFeature(2)
    output = array(run("predictwaterprobability", {**good, "MASK": layer.id()})["OUTPUT"])
    assert np.count_nonzero(output != -9999) == 64
    layer.rollBack()


def test_a_nodata_value_that_only_the_metadata_name_counts(made_image: str, model_file: str, tmp_path: Path) -> None:
    # As GDAL's driver for Sentinel-2 has it. QGIS says of a band without a declared NoData value that it doesn't use one.
    dataset = gdal.Open(made_image, gdal.GA_Update)
    dataset.SetMetadataItem("SPECIAL_VALUE_NODATA", "0")
    green = dataset.GetRasterBand(1).ReadAsArray()
    green[:, :5] = 0
    dataset.GetRasterBand(1).WriteArray(green)
    dataset = None
    run("predictwaterprobability", {"INPUT": made_image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")})
    p = gdal.Open(str(tmp_path / "p.tif")).ReadAsArray()
    assert (p[:, :5] == -9999).all()
    assert (p[:, 5:] != -9999).all()
