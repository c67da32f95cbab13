"""The panel as a newcomer meets it, from the zip and without PyTorch: opened, drawn in, and a map saved, by mouse and keys alone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from installed import ROOT
from test_installed_plugin import f1

sys.path.insert(0, str(ROOT / "tools"))
import desktop

PICTURES = ROOT / "build" / "panel"


@pytest.fixture(scope="module")
def told(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Play the story once; its pictures stay in build/panel/ to be looked at."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    home, work = tmp_path_factory.mktemp("desktop"), tmp_path_factory.mktemp("work")
    played = desktop.play(Path(__file__).with_name("panel_story.py"), home, out=PICTURES, archive=archive, work=work)
    assert played.status == 0, f"{played.log}\nPictures are in {PICTURES}."
    assert "Traceback" not in played.log, played.log
    return json.loads((PICTURES / "told.json").read_text(encoding="utf-8"))


def test_a_message_points_to_the_panel_until_it_is_opened(told: dict[str, Any]) -> None:
    assert len(told["pointer"]) == 1
    assert told["pointer after"] == 0


def test_each_pen_draws_and_undo_takes_back(told: dict[str, Any]) -> None:
    assert told["drawn"] == [1, 0]
    assert told["added"] == 2


def test_the_saved_map_is_right_and_lies_below_the_areas(told: dict[str, Any], sample: Path) -> None:
    assert f1(Path(told["results"]["OUTPUT"]), sample / "reference.tif") >= 0.88
    assert Path(told["results"]["OUTPUT_MODEL"]).is_file()
    assert Path(told["results"]["OUTPUT_REPORT"]).is_file()
    assert [told["order"][0], told["order"][2]] == ["Sample areas", "Sample scene"]
    assert len(told["order"]) == 3


def test_the_log_says_that_what_was_saved_was_seen(told: dict[str, Any]) -> None:
    assert "The saved map equals what the panel shows" in told["log"]


def test_points_are_checked_by_keys(told: dict[str, Any]) -> None:
    number, done, unclear, (low, high) = told["checked"]
    assert (number, done, unclear) == (41, 40, 1)
    # The map has 794 ha.
    assert 0 < low < 794 < high < 3000
    assert told["after the check"] == [False, True]
