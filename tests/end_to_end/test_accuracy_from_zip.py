"""From the zip, through qgis_process: a map, points drawn from it, labelled, and what they say of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import Qgis
from osgeo import gdal, ogr


@pytest.fixture
def water(mapped: dict[str, str]) -> str:
    return mapped["OUTPUT"]


def test_against_the_reference_raster(qgis: Qgis, sample: Path, water: str) -> None:
    found = qgis.results(
        "assessaccuracy", f"INPUT={water}", f"REFERENCE_RASTER={sample / 'reference.tif'}", f"OUTPUT={qgis.folder / 'table.csv'}"
    )
    p, truth = gdal.Open(water).ReadAsArray(), gdal.Open(str(sample / "reference.tif")).ReadAsArray()
    hits = ((truth == 1) & (p >= 0.5)).sum()
    assert found["F1"] == pytest.approx(2 * hits / (2 * hits + ((truth == 0) & (p >= 0.5)).sum() + ((truth == 1) & (p < 0.5)).sum()))
    assert found["F1"] > 0.88
    assert found["MAPPED_WATER_AREA_HA"] == pytest.approx(0.01 * (p >= 0.5).sum())
    assert found["WATER_AREA_SE_HA"] is None
    assert Path(found["OUTPUT"]).read_text().startswith("metric,value,lower,upper,note")


def test_points_to_label_and_what_they_say(qgis: Qgis, sample: Path, water: str) -> None:
    points = qgis.results("samplereference", f"INPUT={water}", "COUNT=8000", f"OUTPUT={qgis.folder / 'points.gpkg'}")["OUTPUT"]
    truth = gdal.Open(str(sample / "reference.tif"))
    labels, (left, pixel, _, top, _, _) = truth.ReadAsArray(), truth.GetGeoTransform()
    dataset = ogr.Open(points, 1)
    layer = dataset.GetLayer(0)
    layer.StartTransaction()
    for feature in list(layer):
        place = feature.GetGeometryRef()
        label = int(labels[int((top - place.GetY()) / pixel), int((place.GetX() - left) / pixel)])
        # Where the reference doesn't know, the analyst doesn't either.
        if label != 255:
            feature["class"] = label
            layer.SetFeature(feature)
    layer.CommitTransaction()
    layer = dataset = None
    words = [f"INPUT={water}", f"REFERENCE={points}", "CLASS_FIELD=class", f"OUTPUT={qgis.folder / 'accuracy.gpkg'}"]
    found = qgis.results("assessaccuracy", *words)
    assert 0 < found["WATER_AREA_SE_HA"] < 0.25 * found["WATER_AREA_HA"]
    assert found["WATER_AREA_LOWER_HA"] < found["WATER_AREA_HA"] < found["WATER_AREA_UPPER_HA"]
    # Where the reference is known it judges all pixels, and the points some of them.
    assert found["ACCURACY"] == pytest.approx(0.99, abs=0.02)


def test_nothing_to_hold_the_map_against(qgis: Qgis, water: str) -> None:
    done = qgis.algorithm("assessaccuracy", f"INPUT={water}", f"OUTPUT={qgis.folder / 'none.csv'}")
    assert done.returncode == 1
    assert "No reference is given" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not (qgis.folder / "none.csv").exists()
