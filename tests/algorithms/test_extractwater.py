"""Water bodies as an analyst gets them: polygons and mask, measured as QGIS measures, in a chain; what bad input gets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal
from qgis.core import QgsApplication, QgsDistanceArea, QgsProcessingException, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QLocale, Qt
from runs import Feedback, Scene, box, refused, run, run_unchecked
from test_ways_to_run import run_model

from ipeo_water_plugin.algorithms.styles import add_style
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.system.files import FileTransaction

FIELDS = ["area_ha", "perimeter_m", "p_mean", "p_min"]


@pytest.fixture
def probability(make_image: Callable[..., str]) -> str:
    """A lake of 20 × 20 pixels with a dry pixel, and a pond of 4 at its corner."""
    values = np.full((1, 60, 60), 0.1, np.float32)
    values[0, 10:30, 10:30], values[0, 30:32, 30:32] = 0.9, 0.6
    values[0, 15, 15], values[0, :3] = 0.2, -9999
    return make_image(values, "p.tif", descriptions=("water probability",), nodata=-9999)


@pytest.fixture
def good(probability: str, tmp_path: Path) -> dict[str, Any]:
    return {"INPUT": probability, "OUTPUT": str(tmp_path / "bodies.gpkg")}


def read(path: str) -> list[tuple[list, Any]]:
    layer = QgsVectorLayer(path, "bodies")
    assert [f.name() for f in layer.fields()][-4:] == FIELDS
    return [([feature[name] for name in FIELDS], feature.geometry()) for feature in layer.getFeatures()]


def test_bodies_are_listed_largest_first_with_rounded_figures(good: dict[str, Any]) -> None:
    layer = QgsVectorLayer(run("extractwater", good)["OUTPUT"], "", "ogr")
    layer.loadDefaultStyle()
    table, area = layer.attributeTableConfig(), layer.fields().lookupField("area_ha")
    assert (table.sortExpression(), table.sortOrder()) == ('"area_ha"', Qt.SortOrder.DescendingOrder)
    setup = layer.editorWidgetSetup(area)
    formatter = QgsApplication.fieldFormatterRegistry().fieldFormatter(setup.type())
    assert formatter.representValue(layer, area, setup.config(), None, 3.98765432) == QLocale().toString(3.988, "f", 3)
    # An outline of two colours shows on any ground.
    assert [part.strokeColor().lightness() > 128 for part in layer.renderer().symbol().symbolLayers()] == [False, True]


def test_a_mask_over_a_probability_raster_takes_its_style_away(good: dict[str, Any], tmp_path: Path, qgis_new_project: None) -> None:
    mask, style = tmp_path / "mask.tif", tmp_path / "mask.qml"
    shutil.copy(good["INPUT"], mask)
    with FileTransaction() as transaction:
        add_style(transaction, mask, "water_probability", SilentProgress())
    layer = QgsRasterLayer(str(mask), "p")
    assert layer.renderer().type() == "singlebandpseudocolor"
    for _ in range(2):
        run("extractwater", {**good, "OUTPUT_MASK": str(mask)})
        layer = QgsRasterLayer(str(mask), "mask")
        assert [(entry.value, entry.label) for entry in layer.renderer().classes()] == [(0, "Not water"), (1, "Water")]
    style.write_text("one's own")
    run("extractwater", {**good, "OUTPUT_MASK": str(mask)}, feedback := Feedback())
    assert style.read_text() == "one's own"
    assert any("is kept" in info for info in feedback.infos)


def test_bodies_and_their_measures(good: dict[str, Any], tmp_path: Path) -> None:
    results = run("extractwater", {**good, "OUTPUT_MASK": str(tmp_path / "mask.tif")})
    (lake, lake_outline), (pond, pond_outline) = read(results["OUTPUT"])
    assert lake == pytest.approx([3.99, 840, 0.9, 0.9], rel=1e-3)
    assert pond == pytest.approx([0.04, 80, 0.6, 0.6], rel=1e-3)
    assert (lake_outline.area(), pond_outline.area()) == (39_900, 400)
    assert lake_outline.isMultipart()
    assert results["WATER_AREA_HA"] == pytest.approx(lake[0] + pond[0])
    assert results["THRESHOLD_USED"] == 0.5
    mask = gdal.Open(results["OUTPUT_MASK"]).ReadAsArray()
    assert [(mask == value).sum() for value in (0, 1, 255)] == [3600 - 180 - 403, 403, 180]


@pytest.mark.parametrize("shore", ["pixels", "smooth"])
def test_measures_are_those_of_qgis(scene: Scene, model_file: str, tmp_path: Path, shore: str) -> None:
    """On the ellipsoid, for every body of the scene; also in degrees and in Web Mercator."""
    p = run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    for crs in ("EPSG:32633", "EPSG:4326", "EPSG:3857"):
        warped = str(tmp_path / f"{crs[5:]}.tif")
        gdal.Warp(warped, p, dstSRS=crs)
        parameters = {"INPUT": warped, "CONNECTEDNESS": "8", "SHORE": shore, "OUTPUT": str(tmp_path / f"{crs[5:]}.gpkg")}
        output = run("extractwater", parameters)["OUTPUT"]
        layer = QgsVectorLayer(output, "bodies")
        assert layer.crs().authid() == crs
        ruler = QgsDistanceArea()
        ruler.setSourceCrs(layer.crs(), QgsProject.instance().transformContext())
        ruler.setEllipsoid("EPSG:7030")
        ours, theirs = [], []
        for feature in layer.getFeatures():
            assert feature.geometry().isGeosValid()
            ours.append([feature["area_ha"] * 1e4, feature["perimeter_m"]])
            theirs.append([ruler.measureArea(feature.geometry()), ruler.measurePerimeter(feature.geometry())])
        assert len(ours) > 20
        # Of bodies smaller than a pixel, QGIS measures centimetres differently.
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=0.05 if shore == "smooth" else 0)


def test_options_reach_the_core(good: dict[str, Any]) -> None:
    (whole,) = read(run("extractwater", {**good, "CONNECTEDNESS": "8", "FILL_HOLES": 100})["OUTPUT"])
    assert whole[1].area() == 40_400
    (lake,) = read(run("extractwater", {**good, "MIN_AREA": 1000})["OUTPUT"])
    assert lake[1].area() == 39_900
    (lake,) = read(run("extractwater", {**good, "THRESHOLD": 0.7})["OUTPUT"])
    assert lake[1].area() == 39_900
    assert 0.2 < run("extractwater", {**good, "METHOD": "otsu"})["THRESHOLD_USED"] < 0.9


def test_recommended_is_the_models(good: dict[str, Any]) -> None:
    dataset = gdal.Open(good["INPUT"], gdal.GA_Update)
    dataset.SetMetadata({"THRESHOLD": "0.65"}, "IPEO_WATER")
    dataset = None
    results = run("extractwater", {**good, "METHOD": "recommended", "THRESHOLD": 0.1})
    assert results["THRESHOLD_USED"] == 0.65
    assert len(read(results["OUTPUT"])) == 1


def test_percent_means_the_same(scene: Scene, model_file: str, tmp_path: Path) -> None:
    areas = []
    for data_type in ("float32", "uint8"):
        parameters = {"INPUT": scene.image, "MODEL": model_file, "DATA_TYPE": data_type, "OUTPUT": str(tmp_path / f"{data_type}.tif")}
        output = run("predictwaterprobability", parameters)["OUTPUT"]
        areas.append(
            run("extractwater", {"INPUT": output, "THRESHOLD": 0.4951, "OUTPUT": str(tmp_path / f"{data_type}.gpkg")})["WATER_AREA_HA"]
        )
    # 49.51 % is rounded up to 50 % and stays above, so both see the same pixels but for those between 0.495 and 0.4951.
    assert areas[0] == pytest.approx(areas[1], rel=1e-3)
    assert areas[0] > 10


def test_temporary_layer(good: dict[str, Any]) -> None:
    layer = run("extractwater", {**good, "OUTPUT": "memory:"})["OUTPUT"]
    assert layer.featureCount() == 2


def test_no_water_is_an_empty_layer_and_a_warning(good: dict[str, Any]) -> None:
    feedback = Feedback()
    results = run("extractwater", {**good, "THRESHOLD": 0.99}, feedback)
    assert read(results["OUTPUT"]) == []
    assert results["WATER_AREA_HA"] == 0
    assert any("no water body" in warning for warning in feedback.warnings)


def test_in_a_model_after_prediction(scene: Scene, model_file: str, tmp_path: Path) -> None:
    steps = {
        "predictwaterprobability": {"INPUT": "image", "MODEL": model_file},
        "extractwater": {"INPUT": ("predictwaterprobability", "OUTPUT"), "MIN_AREA": 2000},
    }
    results, succeeded, feedback = run_model(steps, scene, tmp_path / "bodies.gpkg")
    assert succeeded, feedback.errors
    areas = [values[0] for values, _ in read(str(tmp_path / "bodies.gpkg"))]
    assert sum(areas) == pytest.approx(results["CHILD_RESULTS"]["extractwater"]["WATER_AREA_HA"])
    assert min(areas) > 0.199


def test_polygons_feed_the_next_step(good: dict[str, Any]) -> None:
    bodies = run("extractwater", good)["OUTPUT"]
    assert processing.run("native:dissolve", {"INPUT": bodies, "OUTPUT": "memory:"})["OUTPUT"].featureCount() == 1


@pytest.mark.parametrize("percent", [1, 40, 72, 85])
def test_cancelled(scene: Scene, model_file: str, tmp_path: Path, percent: float) -> None:
    p = run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")})["OUTPUT"]
    out = tmp_path / "out"
    out.mkdir()
    feedback = Feedback(cancel_at=percent)
    parameters = {"INPUT": p, "THRESHOLD": 0.3, "OUTPUT": str(out / "bodies.gpkg"), "OUTPUT_MASK": str(out / "mask.tif")}
    _, succeeded, _ = run_unchecked("extractwater", parameters, feedback)
    assert not succeeded
    assert feedback.errors[-1] == "Cancelled."
    assert list(out.iterdir()) == []


def test_cancelled_before_it_began(good: dict[str, Any]) -> None:
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("extractwater", good, feedback)
    assert not Path(good["OUTPUT"]).exists()


def test_progress_rises(good: dict[str, Any]) -> None:
    feedback = Feedback()
    run("extractwater", {**good, "METHOD": "otsu"}, feedback)
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == 100


def test_an_earlier_mask_outlives_a_failure(good: dict[str, Any], tmp_path: Path) -> None:
    mask = tmp_path / "mask.tif"
    mask.write_text("precious")
    refused("extractwater", {**good, "OUTPUT_MASK": good["INPUT"]}, "the input itself")
    _, succeeded, _ = run_unchecked("extractwater", {**good, "OUTPUT": "/nowhere/bodies.gpkg", "OUTPUT_MASK": str(mask)})
    assert not succeeded
    assert mask.read_text() == "precious"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUT": "/nowhere/p.tif"}, ("/nowhere/p.tif", "can't be opened")),
        ({"METHOD": "recommended"}, ("no recommended threshold", "fixed or otsu")),
        ({"THRESHOLD": 1.5}, ()),
        ({"SHORE": "wavy"}, ()),
        ({"MIN_AREA": -1}, ()),
        ({"OUTPUT": "/nowhere/bodies.gpkg"}, ("/nowhere",)),
        ({"OUTPUT_MASK": "/tmp/mask.png"}, ("doesn't end in .tif",)),
    ],
)
def test_bad_input(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("extractwater", {**good, **changed}, *words)


@pytest.mark.parametrize(
    ("name", "key", "others"),
    [
        ("extractwater", "INPUT", {}),
        ("samplereference", "INPUT", {"COUNT": 10}),
        ("assessaccuracy", "INPUT", {"REFERENCE": "areas.gpkg", "CLASS_FIELD": "class"}),
        ("assessaccuracy", "REFERENCE_RASTER", {"INPUT": "one.tif"}),
        ("watertimeseries", "INPUTS", {"BODIES": "areas.gpkg"}),
        ("wateroccurrence", "INPUTS", {}),
    ],
)
def test_of_several_bands_the_first_is_read_and_that_is_told(
    name: str, key: str, others: dict[str, Any], make_image: Callable[..., str], make_areas: Callable[..., str], tmp_path: Path
) -> None:
    """Reflectances from 0 to 1 can't be told from probabilities; of a result of the plugin's own, a line in the log is enough."""
    make_areas([(box(5, 5, 10, 10), 1), (box(25, 25, 10, 10), 0)])
    values = np.zeros((3, 40, 40), np.float32)
    values[:, :20] = 1
    one, several, own = (make_image(values[:bands], f"{file}.tif") for bands, file in ((1, "one"), (3, "several"), (2, "own")))
    dataset = gdal.Open(own, gdal.GA_Update)
    dataset.SetMetadata({"PLUGIN_VERSION": "0.1.0"}, "IPEO_WATER")
    dataset = None
    others = {name: str(tmp_path / value) if str(value).startswith(("areas", "one")) else value for name, value in others.items()}
    for raster, warned, told in ((one, 0, 0), (several, 1, 0), (own, 0, 1)):
        output = str(tmp_path / ("shares.tif" if name == "wateroccurrence" else "result.gpkg"))
        Path(output).unlink(missing_ok=True)
        feedback = Feedback()
        run(name, {**others, key: [raster] if key == "INPUTS" else raster, "OUTPUT": output}, feedback)
        words = "bands, and only the first one is read"
        assert [sum(words in line for line in lines) for lines in (feedback.warnings, feedback.infos)] == [warned, told]


def test_an_image_is_no_probability(scene: Scene, tmp_path: Path) -> None:
    refused("extractwater", {"INPUT": scene.image, "OUTPUT": str(tmp_path / "bodies.gpkg")}, "between 0 and 1")


def test_unknown_crs(make_image: Callable[..., str], tmp_path: Path) -> None:
    path = make_image(np.full((1, 5, 5), 0.9, np.float32), "nocrs.tif", descriptions=("p",), epsg=None)
    refused("extractwater", {"INPUT": path, "OUTPUT": str(tmp_path / "bodies.gpkg")}, "CRS")
