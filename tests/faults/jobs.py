"""What each algorithm needs to succeed, and how a failure is listened to: for tests that go through all of them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import processing
import pytest
import scenes
from copying import copy_folder
from osgeo import gdal, ogr
from provided import ALGORITHMS
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback, QgsProject

from ipeo_water_plugin.core.model_json import read_model, write_model

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
SCENE = {"INPUT": str(SAMPLE / "image.tif"), "POLYGONS": str(SAMPLE / "labels.gpkg"), "CLASS_FIELD": "class"}
MADE = {"samples": "s.gpkg", "model": "m.json", "probability": "p.tif"}


class Said(QgsProcessingFeedback):
    """Remembers the errors."""

    def __init__(self) -> None:
        super().__init__(False)
        self.errors: list[str] = []

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)


def parameters_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Make in a folder what the algorithms need, and return parameters with which each would succeed, but for its destinations."""
    scene = {**SCENE, "INPUT": str(folder / "image.tif")}
    # A corner with areas of both classes, a sixth of the scene: what is tried here doesn't hang on more.
    options = {"creationOptions": ["TILED=YES", "COMPRESS=DEFLATE"], "metadataOptions": ["ACQUISITION_DATE=2020-08-12"]}
    gdal.Translate(scene["INPUT"], SCENE["INPUT"], srcWin=[864, 0, 512, 384], **options)
    write_model(scenes.MODEL, folder / "m.json")
    processing.run("ipeowater:samplepixels", {**scene, "MAX_PER_CLASS": 2000, "OUTPUT": str(folder / "s.gpkg")}, feedback=Said())
    scenes.run(scene["INPUT"], folder / "p.tif")
    files = {"image": scene["INPUT"], "areas": scene["POLYGONS"], **{kind: str(folder / name) for kind, name in MADE.items()}}
    few = {"mapwater": {"MAX_PER_CLASS": 500}}
    return {name: {**provided.given(files), **few.get(name, {})} for name, provided in ALGORITHMS.items()}


def content(path: Path) -> object:
    """What is the same in every whole result, and can't be had of a torn one."""
    if path.suffix == ".gpkg":
        opened = ogr.Open(str(path))
        return tuple(feature.ExportToJson() for feature in opened.GetLayer(0))
    if path.suffix == ".html":
        # The time of the run stands in it.
        return path.read_text(encoding="utf-8").rstrip()[-7:] == "</html>"
    if path.suffix == ".json":
        return read_model(path).coefficients.items()
    return scenes.values(path).tobytes()


def said_by(name: str, parameters: dict[str, Any]) -> list[str]:
    """Run in both ways, which both have to fail, and return what each says."""
    with pytest.raises(QgsProcessingException) as error:
        processing.run(f"ipeowater:{name}", parameters, feedback=(told := Said()))
    context, unchecked = QgsProcessingContext(), Said()
    context.setProject(QgsProject.instance())
    _, succeeded = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create().run(parameters, context, unchecked)
    assert not succeeded
    both = [str(error.value) + "\n".join(told.errors), "\n".join(unchecked.errors)]
    assert "Traceback" not in "".join(both)
    return both


def qgis_process(folder: Path) -> tuple[str, dict[str, str]]:
    """The program and the environment in which it finds this checkout as a plugin."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("qgis_process is missing")
    profile = folder / "profile"
    settings = profile / "profiles" / "default" / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[PythonPlugins]\nipeo_water_plugin=true\n")
    root, plugin = Path(__file__).resolve().parents[2], folder / "plugins" / "ipeo_water_plugin"
    copy_folder(root / "ipeo_water_plugin", plugin)
    copy_folder(root / "resources", plugin / "resources")
    shutil.copy(root / "metadata.txt", plugin)
    own = {
        "HOME": str(folder),
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "QGIS_PLUGINPATH": str(plugin.parent),
        "QT_QPA_PLATFORM": "offscreen",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return program, {**os.environ, **own}
