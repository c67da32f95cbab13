"""QGIS desktop as a newcomer meets it: the zip installed, the toolbox, every dialog, a polygon drawn, the sample scene mapped."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from installed import ROOT
from osgeo import gdal
from provided import ALGORITHMS, MODELS
from test_installed_plugin import WITHOUT_TORCH, f1

sys.path.insert(0, str(ROOT / "tools"))
import desktop

PICTURES = ROOT / "build" / "desktop"


@pytest.fixture(scope="module")
def told(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Play the story once, in a plain QGIS without torch; its pictures stay in build/desktop/ to be looked at."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    home, work = tmp_path_factory.mktemp("desktop"), tmp_path_factory.mktemp("work")
    story = Path(__file__).with_name("desktop_story.py")
    played = desktop.play(story, home, python=Path("/usr"), hiding=WITHOUT_TORCH, out=PICTURES, archive=archive, work=work)
    assert played.status == 0, f"{played.log}\nPictures are in {PICTURES}."
    assert "Traceback" not in played.log, played.log
    return json.loads((PICTURES / "told.json").read_text(encoding="utf-8"))


def test_the_toolbox_shows_the_provider_and_its_groups(told: dict[str, Any]) -> None:
    assert {"1 Draw", "2 Map", "3 Check", "4 Many images", "5 Setup", "Map water from polygons"} <= set(told["groups"])


@pytest.mark.parametrize("name", (*ALGORITHMS, *MODELS))
def test_every_algorithm_has_a_dialog_that_explains_it(name: str, told: dict[str, Any]) -> None:
    seen = told["dialogs"][name]
    assert seen["run"]
    assert len(seen["help"]) > 200
    assert gdal.Open(str(PICTURES / f"dialog_{name}.png")).RasterXSize > 400


def test_a_drawn_polygon_gets_its_class_from_the_form(told: dict[str, Any]) -> None:
    assert told["choices"][:2] == ["Water", "Not water"]
    assert told["saved"]
    assert told["drawn"] == [1, True]


def test_the_dialog_chooses_the_class_field(told: dict[str, Any]) -> None:
    assert told["chosen"]["CLASS_FIELD"] == "class"
    assert told["chosen"]["WATER_VALUES"] == "1"


def test_the_map_is_styled_named_and_right(told: dict[str, Any], sample: Path) -> None:
    assert told["layers"] == ["Training polygons", "Water probability", "image"]
    assert told["renderer"] == "singlebandpseudocolor"
    assert told["legend"][-5:] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert f1(Path(told["results"]["OUTPUT"]), sample / "reference.tif") >= 0.88


def test_a_plain_qgis_maps_without_a_word_of_an_error(told: dict[str, Any]) -> None:
    assert [line for line in told["log"].splitlines() if "error" in line.lower()] == []
    assert sum("PyTorch isn't available: trained with the optimizer newton" in line for line in told["log"].splitlines()) == 1


def test_vector_results_look_alike_on_every_computer(told: dict[str, Any]) -> None:
    """QGIS gives a layer without a style a colour at random."""
    assert told["styles"] == {
        "samplepixels": ["Samples", ["#2166ac", "#bf812d"]],
        "extractwater": ["Water bodies", ["#246cb0"]],
        "suggestpolygons": ["Where to draw", ["#000000"]],
    }


def test_the_report_stands_in_the_results_viewer(told: dict[str, Any]) -> None:
    assert [Path(path).name for path in told["reports"]] == ["report.html"]
    assert Path(told["reports"][0]).stat().st_size > 10_000


def test_a_year_of_dates_plays(told: dict[str, Any]) -> None:
    """The day before the first map shows none; each of the others its own."""
    before, *days = told["played"].items()
    assert before == ("2020-01-02", [])
    assert len(days) == 24
    assert [shown for _, shown in days] == [[f"map {day}"] for day, _ in days]
    assert told["frames"] == 25
