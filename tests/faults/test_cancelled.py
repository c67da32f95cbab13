"""Cancel pressed at a random moment of any algorithm, on a scene that takes seconds: back within two, with nothing left."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import scenes
from osgeo import gdal
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
TIMES = 20 if os.environ.get("IPEO_WATER_SOAK") else 4


pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Sixteen times the sample scene's pixels."""
    image = str(tmp_path_factory.mktemp("large") / "large.tif")
    assert gdal.Translate(image, str(SAMPLE / "image.tif"), widthPct=400, heightPct=400, creationOptions=["TILED=YES"]) is not None
    return image


def run(name: str, parameters: dict[str, Any], feedback: QgsProcessingFeedback) -> tuple[dict[str, Any], bool]:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create().run(parameters, context, feedback)


@pytest.fixture(scope="module")
def jobs(large: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("jobs")
    scenes.MODEL.save(folder / "m.json")
    areas = {"POLYGONS": str(SAMPLE / "labels.gpkg"), "CLASS_FIELD": "class"}
    whole = {"INPUT": large, **areas, "MAX_PER_CLASS": 0}
    _, succeeded = run("samplepixels", {**whole, "MAX_PER_CLASS": 50_000, "OUTPUT": str(folder / "s.gpkg")}, QgsProcessingFeedback(False))
    assert succeeded

    def job(name: str, out: Path) -> dict[str, Any]:
        return {
            "mapwater": {**whole, "EPOCHS": 300, "OUTPUT": str(out / "p.tif"), "OUTPUT_MODEL": str(out / "m.json")},
            "samplepixels": {**whole, "OUTPUT": str(out / "s.gpkg")},
            "trainlogisticregression": {
                "INPUT": str(folder / "s.gpkg"),
                "EPOCHS": 3000,
                "L2": 0,
                "FOLDS": 3,
                "OUTPUT": str(out / "m.json"),
            },
            "predictwaterprobability": {"INPUT": large, "MODEL": str(folder / "m.json"), "FORMAT": "cog", "OUTPUT": str(out / "p.tif")},
        }[name]

    return job


@pytest.mark.parametrize("name", ["mapwater", "samplepixels", "trainlogisticregression", "predictwaterprobability"])
def test_back_within_two_seconds(name: str, jobs: Callable[[str, Path], dict[str, Any]], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    before = threading.active_count()
    took: list[float] = []
    moment = 1.5
    for _ in range(TIMES):
        feedback, pressed = QgsProcessingFeedback(False), []

        def press(feedback: QgsProcessingFeedback = feedback, pressed: list[float] = pressed) -> None:
            pressed.append(time.monotonic())
            feedback.cancel()

        timer = threading.Timer(random.uniform(0.02, moment), press)
        timer.start()
        _, succeeded = run(name, jobs(name, out), feedback)
        ended = time.monotonic()
        timer.cancel()
        timer.join()
        if succeeded:
            # It was done before the timer: press earlier from now on.
            moment /= 2
            for entry in out.iterdir():
                entry.unlink()
            continue
        assert pressed
        took.append(ended - pressed[0])
        assert list(out.iterdir()) == []
        # Fewer, where a thread that an earlier test left has ended meanwhile.
        assert threading.active_count() <= before
        assert scenes.threads() == []
    assert took
    assert max(took) < 2
