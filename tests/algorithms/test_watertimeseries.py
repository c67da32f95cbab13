"""Water over time as an agency gets it: a table that joins to the bodies, dates, a page; what bad input gets."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import NULL, QgsVectorLayer
from qgis.PyQt.QtCore import QDate
from runs import Feedback, Scene, box, refused, run, run_unchecked

DAYS = ("2020-06-01", "2020-07-01", "2020-08-01")


@pytest.fixture
def dates(make_image: Callable[..., str]) -> list[str]:
    """A lake of 20 × 20 pixels that loses 5 columns a month; the second date lies in degrees, half of the third is cloud."""
    made = []
    for n, day in enumerate(DAYS):
        p = np.full((1, 40, 40), 0.1, np.float32)
        p[0, 10:30, 10 : 30 - 5 * n] = 0.9
        if n == 2:
            p[0, :20] = -9999
        path = make_image(p, f"p_{day}.tif", descriptions=("water probability",), nodata=-9999)
        if n == 1:
            gdal.Warp(path.replace("p_", "w_"), path, dstSRS="EPSG:4326", xRes=0.00001, yRes=0.00001)
            path = path.replace("p_", "w_")
        made.append(path)
    return made


@pytest.fixture
def good(dates: list[str], make_areas: Callable[..., str], tmp_path: Path) -> dict[str, Any]:
    bodies = make_areas([(box(10, 10, 20, 20), 1), (box(32, 32, 6, 6), 2)])
    return {"BODIES": bodies, "INPUTS": dates[::-1], "MIN_VALID": 0.6, "OUTPUT": str(tmp_path / "series.gpkg")}


def rows(path: str) -> list[dict[str, Any]]:
    layer = QgsVectorLayer(path, "series")
    names = [field.name() for field in layer.fields() if field.name() != "fid"]
    assert names == ["body", "date", "raster", "valid", "observed_ha", "water_ha", "p_ha", "body_ha"]
    return [{name: feature[name] for name in names} for feature in layer.getFeatures()]


def test_hectares_of_each_body_and_date(good: dict[str, Any], tmp_path: Path) -> None:
    feedback = Feedback()
    results = run("watertimeseries", {**good, "OUTPUT_REPORT": str(tmp_path / "page.html")}, feedback)
    found = rows(results["OUTPUT"])
    assert [(row["body"], row["date"].toString("yyyy-MM-dd")) for row in found] == [(body, day) for body in (1, 2) for day in DAYS]
    june, july, august = found[:3]
    assert [row["water_ha"] for row in (june, july)] == pytest.approx([4.0, 3.0], rel=5e-3)
    assert june["p_ha"] == pytest.approx(0.9 * 4.0, rel=1e-3)
    assert july["p_ha"] == pytest.approx(0.9 * 3.0 + 0.1 * 1.0, rel=5e-3)
    assert [row["body_ha"] for row in found] == pytest.approx([4.0] * 3 + [0.36] * 3, rel=5e-3)
    assert august["valid"] == pytest.approx(0.5, rel=1e-3)
    assert august["observed_ha"] == pytest.approx(1.0, rel=1e-3)
    assert (august["water_ha"], august["p_ha"]) == (NULL, NULL)
    assert [row["water_ha"] for row in found[3:]] == [0, 0, 0]
    bodies = QgsVectorLayer(good["BODIES"], "bodies")
    assert {row["body"] for row in found} == set(bodies.allFeatureIds())
    page = Path(results["OUTPUT_REPORT"]).read_text()
    assert "Water over time" in page
    assert "qgis_process run ipeowater:watertimeseries" in page
    assert feedback.fractions == sorted(feedback.fractions)


def test_options_reach_the_core(good: dict[str, Any]) -> None:
    assert rows(run("watertimeseries", {**good, "MIN_VALID": 0.4})["OUTPUT"])[2]["water_ha"] == pytest.approx(2.0, rel=1e-3)
    assert rows(run("watertimeseries", {**good, "THRESHOLD": 0.95})["OUTPUT"])[0]["water_ha"] == 0


def test_a_csv_file(good: dict[str, Any], tmp_path: Path) -> None:
    output = run("watertimeseries", {**good, "OUTPUT": str(tmp_path / "series.csv")})["OUTPUT"]
    with Path(output).open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 6
    assert table[0]["date"].replace("/", "-") == "2020-06-01"
    assert float(table[0]["water_ha"]) == pytest.approx(4.0, rel=1e-3)
    assert table[2]["water_ha"] == ""


def test_dates_that_a_user_says(good: dict[str, Any], tmp_path: Path) -> None:
    found = rows(run("watertimeseries", {**good, "DATES": r"(\d{4}-\d\d)-01"})["OUTPUT"])
    assert {row["date"] for row in found} == {NULL}
    table = tmp_path / "dates.csv"
    table.write_text("".join(f"{Path(path).name},2021-0{n + 1}-02\n" for n, path in enumerate(good["INPUTS"][:2])))
    feedback = Feedback()
    found = rows(run("watertimeseries", {**good, "DATES": str(table)}, feedback)["OUTPUT"])
    assert [row["date"] for row in found[:3]] == [QDate(2021, 1, 2), QDate(2021, 2, 2), NULL]
    assert any("without a date" in warning and "p_2020-06-01.tif" in warning for warning in feedback.warnings)


def test_tiles_of_one_date_give_one_row(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    """Each of them shows half of the lake, and neither half would be enough."""
    whole, tiles = make_image(np.full((1, 40, 40), 0.9, np.float32), "whole.tif", descriptions=("p",)), []
    for side, column in (("west", 0), ("east", 20)):
        tiles.append(str(Path(whole).with_name(f"{side}_2020-09-01.tif")))
        gdal.Translate(tiles[-1], whole, srcWin=[column, 0, 20, 40])
    found = rows(run("watertimeseries", {**good, "INPUTS": tiles, "MIN_VALID": 1})["OUTPUT"])
    assert [(row["body"], row["raster"]) for row in found] == [(body, "west_2020-09-01.tif; east_2020-09-01.tif") for body in (1, 2)]
    assert (found[0]["valid"], found[0]["water_ha"], found[0]["body_ha"]) == pytest.approx((1, 4, 4), rel=1e-3)


def test_a_body_that_a_later_one_covers_in_part_is_told(good: dict[str, Any], make_areas: Callable[..., str]) -> None:
    """The second covers a quarter of the first, touches the third, and the fifth covers all of the fourth, which is told already."""
    bodies = [box(10, 10, 10, 10), box(15, 15, 10, 10), box(25, 15, 5, 5), box(32, 32, 2, 2), box(31, 31, 6, 6)]
    layer, feedback = make_areas([(body, 1) for body in bodies], "overlapping.gpkg"), Feedback()
    found = rows(run("watertimeseries", {**good, "BODIES": layer}, feedback)["OUTPUT"])
    assert [row["body_ha"] for row in found[::3]] == pytest.approx([0.75, 1, 0.25, 0, 0.36], rel=1e-3)
    (told,) = (warning for warning in feedback.warnings if "a later body covers a part" in warning)
    assert ": 1, with the share covered: 1 (25.0%)." in told
    assert any("without a pixel of their own" in warning and "ids: 4" in warning for warning in feedback.warnings)


def test_bodies_of_another_run_are_measured_as_they_were(scene: Scene, model_file: str, tmp_path: Path) -> None:
    """On the raster that they come from, all of them are water."""
    p = run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p_2020-08-12.tif")})["OUTPUT"]
    bodies = run("extractwater", {"INPUT": p, "MIN_AREA": 5000, "OUTPUT": str(tmp_path / "bodies.gpkg")})
    found = rows(run("watertimeseries", {"BODIES": bodies["OUTPUT"], "INPUTS": [p], "OUTPUT": str(tmp_path / "s.gpkg")})["OUTPUT"])
    assert sum(row["water_ha"] for row in found) == pytest.approx(bodies["WATER_AREA_HA"], rel=1e-6)
    areas = {feature.id(): feature["area_ha"] for feature in QgsVectorLayer(bodies["OUTPUT"], "b").getFeatures()}
    assert [row["body_ha"] for row in found] == pytest.approx([areas[row["body"]] for row in found], rel=1e-6)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"INPUTS": []}, ()),
        ({"INPUTS": ["/nowhere/p.tif"]}, ("/nowhere/p.tif",)),
        ({"BODIES": "/nowhere/b.gpkg"}, ()),
        ({"DATES": "("}, ("regular expression",)),
        ({"DATES": "/nowhere/dates.csv"}, ("/nowhere/dates.csv", "can't be read")),
        ({"MIN_VALID": 1.5}, ()),
        ({"OUTPUT": "/nowhere/s.gpkg"}, ("/nowhere",)),
    ],
)
def test_bad_input(good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused("watertimeseries", {**good, **changed}, *words)


def test_more_bad_input(good: dict[str, Any], dates: list[str], make_image: Callable[..., str], make_areas: Callable[..., str]) -> None:
    refused("watertimeseries", {**good, "INPUTS": [*dates, dates[0]]}, "are one file")
    numbers = make_image(np.full((1, 40, 40), 40, np.uint8), "numbers_2020-01-01.tif", descriptions=("p",))
    refused("watertimeseries", {**good, "INPUTS": [numbers]}, "between 0 and 1")
    far = make_areas([(box(5000, 5000, 10, 10), 1)], "far.gpkg")
    refused("watertimeseries", {**good, "BODIES": far}, "No raster shows any of the bodies")
    unknown = make_image(np.full((1, 40, 40), 0.4, np.float32), "u_2020-01-01.tif", descriptions=("p",), epsg=None)
    refused("watertimeseries", {**good, "INPUTS": [unknown]}, "CRS")


def test_an_earlier_table_outlives_a_failure(good: dict[str, Any], tmp_path: Path) -> None:
    run("watertimeseries", good)
    before = Path(good["OUTPUT"]).read_bytes()
    page = tmp_path / "page.html"
    _, succeeded, _ = run_unchecked("watertimeseries", {**good, "INPUTS": [*good["INPUTS"], "/nowhere/p.tif"], "OUTPUT_REPORT": str(page)})
    assert not succeeded
    assert Path(good["OUTPUT"]).read_bytes() == before
    assert not page.exists()
