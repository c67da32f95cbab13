"""Predict many rasters, as users run it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal
from qgis.core import QgsColorRampShader, QgsProcessingException, QgsProcessingOutputLayerDefinition, QgsProject, QgsRasterLayer
from runs import Feedback, Scene, refused, run, run_unchecked

from ipeo_water_plugin.core.cluster.many import predict_many


@pytest.fixture
def tiles(make_image: Callable[..., str], tmp_path: Path) -> Path:
    """A folder of three small images."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    for index in range(3):
        noise = np.random.default_rng(index).normal(0, 20, (3, 40, 60))
        bands = noise + np.array([800, 700, 300])[:, None, None] * np.linspace(0.5, 2, 60)
        make_image(bands.astype(np.float32), f"tiles/tile_{index}.tif")
    return folder


@pytest.fixture
def good(tiles: Path, model_file: str, tmp_path: Path) -> dict[str, Any]:
    return {"FOLDER": str(tiles), "MODEL": model_file, "OUTPUT_FOLDER": str(tmp_path / "water")}


def array(path: str | Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def names(folder: str) -> list[str]:
    return sorted(os.listdir(folder))


RESULTS = ["tile_0.tif", "tile_1.tif", "tile_2.tif"]


def test_a_folder(good: dict[str, Any], tmp_path: Path) -> None:
    feedback = Feedback()
    results = run("predictmanyrasters", good, feedback)
    assert results == {"OUTPUT_FOLDER": good["OUTPUT_FOLDER"], "DONE": 3, "SKIPPED": 0, "FAILED": 0}
    assert names(good["OUTPUT_FOLDER"]) == RESULTS
    assert feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[-1] == 100
    single = {"INPUT": str(Path(good["FOLDER"]) / "tile_1.tif"), "MODEL": good["MODEL"], "OUTPUT": str(tmp_path / "single.tif")}
    run("predictwaterprobability", single)
    assert array(Path(good["OUTPUT_FOLDER"]) / "tile_1.tif").tobytes() == array(single["OUTPUT"]).tobytes()


def test_again_and_with_more(good: dict[str, Any], make_image: Callable[..., str]) -> None:
    run("predictmanyrasters", good)
    again = run("predictmanyrasters", good)
    assert (again["DONE"], again["SKIPPED"]) == (0, 3)
    make_image(np.full((3, 40, 60), 700, np.float32), "tiles/tile_9.tif")
    more = run("predictmanyrasters", good)
    assert (more["DONE"], more["SKIPPED"]) == (1, 3)
    other = run("predictmanyrasters", {**good, "DATA_TYPE": "uint8"})
    assert (other["DONE"], other["SKIPPED"]) == (4, 0)


def test_a_raster_that_is_no_result_stays(good: dict[str, Any], make_image: Callable[..., str], tmp_path: Path) -> None:
    """Nobody was asked whether this file may go: a folder was chosen. The others are done, and a result that was torn is made again."""
    (tmp_path / "water").mkdir()
    image = Path(make_image(np.full((3, 40, 60), 700, np.float32), "water/tile_1.tif"))
    before, mosaic = image.read_bytes(), tmp_path / "all.vrt"
    feedback = Feedback()
    with pytest.raises(QgsProcessingException, match=r"Images without a result: 1 of 3 \(computed: 2, skipped: 0\)"):
        run("predictmanyrasters", {**good, "OUTPUT_VRT": str(mosaic)}, feedback)
    assert image.read_bytes() == before
    assert any("tile_1.tif exists and isn't a result of this plugin" in error for error in feedback.errors)
    assert "tile_1.tif" not in mosaic.read_text()
    # Nor is a mask of one band that somebody drew.
    make_image(np.ones((1, 40, 60), np.float32), "water/tile_1.tif", descriptions=("mask",))
    before = image.read_bytes()
    with pytest.raises(QgsProcessingException, match=r"Images without a result: 1 of 3"):
        run("predictmanyrasters", good, Feedback())
    assert image.read_bytes() == before
    image.write_bytes(before[:5])
    assert run("predictmanyrasters", good)["DONE"] == 1


def test_images_given_one_by_one(good: dict[str, Any], tiles: Path, qgis_new_project: None) -> None:
    """Files, and layers of the project by their ids."""
    layer = QgsRasterLayer(str(tiles / "tile_2.tif"), "third")
    QgsProject.instance().addMapLayer(layer)
    chosen = {**good, "FOLDER": None, "INPUTS": [str(tiles / "tile_0.tif"), layer.id()]}
    assert run("predictmanyrasters", chosen)["DONE"] == 2
    assert names(good["OUTPUT_FOLDER"]) == ["tile_0.tif", "tile_2.tif"]
    assert run("predictmanyrasters", {**good, "FOLDER": None, "INPUTS": [layer]})["SKIPPED"] == 1
    assert run("predictmanyrasters", {**good, "FOLDER": None, "INPUTS": str(tiles / "tile_0.tif")})["SKIPPED"] == 1


def test_one_of_the_images_given_cant_be_opened(good: dict[str, Any], tiles: Path) -> None:
    with pytest.raises(QgsProcessingException, match=r"Images without a result: 1 of 2 \(computed: 1, skipped: 0\)"):
        run("predictmanyrasters", {**good, "FOLDER": None, "INPUTS": [str(tiles / "tile_0.tif"), "/nowhere/b.tif"]})
    assert names(good["OUTPUT_FOLDER"]) == ["tile_0.tif"]


def test_a_pattern(good: dict[str, Any]) -> None:
    assert run("predictmanyrasters", {**good, "PATTERN": "*_[01].tif"})["DONE"] == 2


@pytest.mark.parametrize("way", [run, run_unchecked])
def test_images_that_cant_be_read(good: dict[str, Any], tiles: Path, way: Callable[..., Any], tmp_path: Path) -> None:
    """The others are done, the virtual raster is made of them, and the run fails and says which have no result, and why."""
    (tiles / "tile_1.tif").write_bytes(b"no raster")
    feedback, mosaic = Feedback(), tmp_path / "all.vrt"
    if way is run:
        with pytest.raises(QgsProcessingException, match=r"Images without a result: 1 of 3 \(computed: 2, skipped: 0\)"):
            run("predictmanyrasters", {**good, "OUTPUT_VRT": str(mosaic)}, feedback)
    else:
        _, succeeded, _ = run_unchecked("predictmanyrasters", {**good, "OUTPUT_VRT": str(mosaic)}, feedback)
        assert not succeeded
    assert any("tile_1.tif can't be opened as a raster" in error for error in feedback.errors)
    assert names(good["OUTPUT_FOLDER"]) == ["tile_0.tif", "tile_2.tif"]
    assert mosaic.is_file()


def test_the_virtual_raster(good: dict[str, Any], tmp_path: Path, qgis_new_project: None) -> None:
    """Over the results of this run and of earlier ones, drawn in blue."""
    run("predictmanyrasters", {**good, "PATTERN": "tile_0.tif"})
    destination = QgsProcessingOutputLayerDefinition(str(tmp_path / "all.vrt"), QgsProject.instance())
    results = processing.runAndLoadResults("ipeowater:predictmanyrasters", {**good, "OUTPUT_VRT": destination}, feedback=Feedback())
    assert (results["DONE"], results["SKIPPED"]) == (2, 1)
    assert array(results["OUTPUT_VRT"]).tobytes() == array(Path(good["OUTPUT_FOLDER"]) / "tile_2.tif").tobytes()
    (layer,) = QgsProject.instance().mapLayers().values()
    assert isinstance(layer.renderer().shader().rasterShaderFunction(), QgsColorRampShader)
    assert "OUTPUT_VRT" not in run("predictmanyrasters", good)


def test_the_virtual_raster_stands_in_the_folder_that_the_run_makes(good: dict[str, Any]) -> None:
    run("predictmanyrasters", {**good, "OUTPUT_VRT": str(Path(good["OUTPUT_FOLDER"]) / "all.vrt")})
    assert names(good["OUTPUT_FOLDER"]) == ["all.qml", "all.vrt", *RESULTS]


def test_bands_by_number(good: dict[str, Any], make_image: Callable[..., str], tmp_path: Path) -> None:
    for path in Path(good["FOLDER"]).iterdir():
        path.unlink()
    bands = np.random.default_rng(1).uniform(300, 2000, (3, 40, 60)).astype(np.float32)
    make_image(bands[::-1], "tiles/plain.tif", descriptions=())
    with pytest.raises(QgsProcessingException, match="can't be told from the others"):
        run("predictmanyrasters", good)
    assert run("predictmanyrasters", {**good, "GREEN": 3, "RED": 2, "NIR": 1})["DONE"] == 1
    image = make_image(bands, "named.tif")
    run("predictwaterprobability", {"INPUT": image, "MODEL": good["MODEL"], "OUTPUT": str(tmp_path / "p.tif")})
    assert array(Path(good["OUTPUT_FOLDER"]) / "plain.tif").tobytes() == array(tmp_path / "p.tif").tobytes()


def test_without_dask(good: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name in {"dask", "distributed"} else find(name, *more))
    for name in ("dask", "distributed"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run("predictmanyrasters", good)["DONE"] == 3
    refused("predictmanyrasters", {**good, "SCHEDULER": "tcp://127.0.0.1:8786"}, "dask and distributed", "Help, Cluster")


def test_a_large_image(good: dict[str, Any], make_image: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its pieces are in a folder, and a virtual raster over them takes the place of its GeoTIFF, also in the one over all results."""
    # Its strips have eight rows, of which windows of 512 consist.
    bands = np.random.default_rng(5).uniform(300, 2000, (3, 1100, 85)).astype(np.float32)
    bands[:, 600:710] = 0
    image, feedback = make_image(bands, "tiles/tile_3.tif"), Feedback()
    monkeypatch.setattr(predict_many, "__kwdefaults__", {**predict_many.__kwdefaults__, "max_pixels": 1000})
    water = Path(good["OUTPUT_FOLDER"])
    refused("predictmanyrasters", {**good, "OUTPUT_VRT": str(water / "tile_3.vrt")}, "tile_3.vrt", "can't both be written")
    assert names(str(water)) == []
    mosaic = str(water / "all.vrt")
    assert run("predictmanyrasters", {**good, "OUTPUT_VRT": mosaic}, feedback)["DONE"] == 4
    assert any("tile_3.tif: About 10.0% of the pixels hold 0 in every band" in warning for warning in feedback.warnings)
    (folder,) = (name for name in names(str(water)) if name.startswith("tile_3_pieces_"))
    assert names(str(water)) == ["all.qml", "all.vrt", *RESULTS, "tile_3.vrt", folder]
    assert names(str(water / folder)) == ["tile_3_1_1.tif", "tile_3_2_1.tif", "tile_3_3_1.tif"]
    assert run("predictmanyrasters", good)["SKIPPED"] == 4
    single = {"INPUT": image, "MODEL": good["MODEL"], "OUTPUT": str(tmp_path / "single.tif")}
    run("predictwaterprobability", single)
    assert array(water / "tile_3.vrt").tobytes() == array(single["OUTPUT"]).tobytes()
    assert "tile_3.vrt" in Path(mosaic).read_text()


def test_cancelled(good: dict[str, Any], large_scene: Scene, tiles: Path) -> None:
    os.link(large_scene.image, tiles / "tile_9.tif")
    feedback = Feedback(cancel_on="tile_")
    _, succeeded, _ = run_unchecked("predictmanyrasters", good, feedback)
    assert not succeeded
    assert feedback.errors[-1] == "Cancelled."
    assert set(names(good["OUTPUT_FOLDER"])) <= set(RESULTS)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"FOLDER": None}, ("Choose images, or a folder",)),
        ({"INPUTS": ["/a.tif"]}, ("not both",)),
        ({"FOLDER": "/nowhere"}, ("/nowhere", "doesn't exist")),
        ({"PATTERN": "*.jp2"}, ("No file", "*.jp2")),
        ({"FOLDER": None, "INPUTS": ["/a.tif", "/a.tif"]}, ("/a.tif is given twice",)),
        ({"MODEL": None}, ("No model is given",)),
        ({"EXTRA_BANDS": "five"}, ("five", "list of numbers")),
        ({"NIR": 1.5}, ("not a whole number",)),
        ({"CREATION_OPTIONS": "COMPRESS"}, ("COMPRESS",)),
        ({"SCHEDULER": "nonsense"}, ("No Dask scheduler answers at nonsense",)),
    ],
)
def test_values_that_make_no_sense(
    good: dict[str, Any], changed: dict[str, Any], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipeo_water_plugin.core.cluster.workers._CONNECT", "1s")
    refused("predictmanyrasters", {**good, **changed}, *words)


def test_results_beside_the_images(good: dict[str, Any]) -> None:
    before = {path.name: path.read_bytes() for path in Path(good["FOLDER"]).iterdir()}
    refused("predictmanyrasters", {**good, "OUTPUT_FOLDER": good["FOLDER"]}, "one of the rasters itself")
    assert {path.name: path.read_bytes() for path in Path(good["FOLDER"]).iterdir()} == before


def test_the_virtual_raster_ends_in_vrt(good: dict[str, Any], tmp_path: Path) -> None:
    refused("predictmanyrasters", {**good, "OUTPUT_VRT": str(tmp_path / "all.tif")}, "all.tif", ".vrt")
    assert not Path(good["OUTPUT_FOLDER"]).exists()
