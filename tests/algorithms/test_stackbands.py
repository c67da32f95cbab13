"""A download as an analyst gives it: from the archive to a map in two steps; in a model, in a task; what bad input gets."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsApplication, QgsProcessingContext, QgsProject, QgsRasterLayer
from runs import Feedback, refused, run, run_in_task, run_unchecked

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))
from downloads import landsat, raster, sentinel2, zipped


def described(path: str) -> list[str]:
    dataset = gdal.Open(path)
    return [dataset.GetRasterBand(n).GetDescription() for n in range(1, dataset.RasterCount + 1)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return zipped(sentinel2(tmp_path / "download"))


def test_from_the_archive_to_a_map(archive: Path, tmp_path: Path, model_file: str) -> None:
    output = str(tmp_path / "image.vrt")
    result = run("stackbands", {"INPUT": str(archive), "OUTPUT": output}, feedback := Feedback())
    assert result == {"OUTPUT": output, "OUTPUT_MASK": str(tmp_path / "image_clear.vrt")}
    log = "\n".join(feedback.infos)
    assert "Found: S2A_MSIL2A_20220216T102101_N0510_R065_T33UUU_20220216T200000, Sentinel-2A MSI, 2022-02-16T10:21:01" in log
    assert "green: T33UUU_20220216T102101_B03_10m.jp2" in log
    assert f"to choose as the mask in other algorithms: {result['OUTPUT_MASK']}" in log
    mapped = str(tmp_path / "water.tif")
    run("predictwaterprobability", {"INPUT": output, "MODEL": model_file, "MASK": result["OUTPUT_MASK"], "OUTPUT": mapped})
    kept = gdal.Open(mapped).ReadAsArray() != -9999
    classes = np.resize(np.arange(12), (12, 12)).repeat(2, 0).repeat(2, 1)
    assert (kept == np.isin(classes, (2, 4, 5, 6, 7, 11))).all()


@pytest.mark.parametrize("extra", ["swir1,blue", "swir1;blue", "swir1 blue", ["swir1", "blue"], ["SWIR1", "blue", "swir1"], "swir16;blue"])
def test_extra_bands_in_any_spelling(extra: Any, archive: Path, tmp_path: Path) -> None:
    output = str(tmp_path / "image.vrt")
    run("stackbands", {"INPUT": str(archive), "EXTRA": extra, "RESOLUTION": 20, "OUTPUT": output})
    assert described(output) == ["green", "red", "nir", "swir1", "blue"]
    assert gdal.Open(output).GetGeoTransform()[1] == 20


def test_single_files_and_layers(tmp_path: Path) -> None:
    files = [str(raster(tmp_path / f"{name}.tif", value)) for value, name in enumerate("cba", start=1)]
    layer = QgsRasterLayer(files[1], "a layer")
    QgsProject.instance().addMapLayer(layer)
    output = str(tmp_path / "image.vrt")
    result = run("stackbands", {"INPUTS": [files[0], layer, files[2]], "OUTPUT": output}, feedback := Feedback())
    assert result == {"OUTPUT": output}
    assert any("the order counts: green: c.tif, red: b.tif, nir: a.tif" in line for line in feedback.infos)
    assert any("there is no mask" in line for line in feedback.infos)
    assert [int(v) for v in gdal.Open(output).ReadAsArray()[:, 0, 0]] == [1, 2, 3]


def test_bands_that_are_not_asked_for_are_told(tmp_path: Path) -> None:
    files = [str(raster(tmp_path / f"lake_{role}.tif")) for role in ("green", "red", "nir", "blue", "swir1")]
    run("stackbands", {"INPUTS": files, "EXTRA": "blue", "OUTPUT": str(tmp_path / "image.vrt")}, feedback := Feedback())
    assert [line for line in feedback.warnings if "Not used: lake_swir1.tif" in line] == feedback.warnings != []
    run("stackbands", {"INPUT": str(tmp_path), "OUTPUT": str(tmp_path / "image.vrt")}, feedback := Feedback())
    assert "Further bands, which Extra bands takes: blue, swir1." in feedback.infos


def test_made_again_in_the_folder_of_the_download(tmp_path: Path) -> None:
    folder = landsat(tmp_path)
    given = {"INPUT": str(folder), "OUTPUT": str(folder / "image.vrt")}
    run("stackbands", given)
    layer = QgsRasterLayer(given["OUTPUT"], "image")
    QgsProject.instance().addMapLayer(layer)
    run("stackbands", {**given, "EXTRA": "swir1"})
    assert described(given["OUTPUT"]) == ["green", "red", "nir", "swir1"]
    assert layer.bandCount() == 4


def test_in_a_task(archive: Path, tmp_path: Path) -> None:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    output = str(tmp_path / "image.vrt")
    succeeded, results = run_in_task("stackbands", {"INPUT": str(archive), "OUTPUT": output}, context, Feedback())
    assert succeeded
    assert results["OUTPUT"] == output


def test_bad_input(archive: Path, tmp_path: Path) -> None:
    output = {"OUTPUT": str(tmp_path / "image.vrt")}
    given = {"INPUT": str(archive), **output}
    refused("stackbands", output, "Choose an image as downloaded, or single-band files")
    refused("stackbands", {**given, "INPUTS": [str(raster(tmp_path / "a.tif"))]}, "not both")
    refused("stackbands", {**given, "EXTRA": "swir3"}, "no extra band called swir3", "swir1, swir2")
    refused("stackbands", {**given, "EXTRA": "pan"}, "has no band for pan", "B03_10m.jp2")
    refused("stackbands", {**given, "RESOLUTION": 0}, "greater than 0")
    refused("stackbands", {**given, "INPUT": str(tmp_path / "absent.zip")}, "absent.zip", "doesn't exist")
    refused("stackbands", {**given, "OUTPUT": str(tmp_path / "image.tif")}, "image.tif", "doesn't end in .vrt")
    archive.write_bytes(archive.read_bytes()[:2000])
    refused("stackbands", given, "can't be read as an archive")
    assert not list(tmp_path.glob("*.vrt"))


def test_what_is_read_stays(tmp_path: Path) -> None:
    for role in ("green", "red", "nir"):
        raster(tmp_path / "a" / f"{role}.tif")
    run("stackbands", {"INPUT": str(tmp_path / "a"), "OUTPUT": str(tmp_path / "inner.vrt")})
    shutil.copy(tmp_path / "inner.vrt", tmp_path / "a.vrt")
    before = (tmp_path / "a.vrt").read_bytes()
    _, succeeded, feedback = run_unchecked("stackbands", {"INPUT": str(tmp_path / "a.vrt"), "OUTPUT": str(tmp_path / "a.vrt")})
    assert not succeeded
    assert "is the input itself" in "\n".join(feedback.errors)
    assert (tmp_path / "a.vrt").read_bytes() == before


def test_a_temporary_download_that_stays_no_longer_is_told(tmp_path: Path) -> None:
    from qgis.core import QgsProcessingUtils

    folder = Path(QgsProcessingUtils.tempFolder()) / "download"
    for role in ("green", "red", "nir"):
        raster(folder / f"{role}.tif")
    run("stackbands", {"INPUT": str(folder), "OUTPUT": str(tmp_path / "image.vrt")}, feedback := Feedback())
    assert any("a temporary file" in line for line in feedback.warnings)


@pytest.fixture
def served() -> Iterator[Callable[[str], str]]:
    """Serve a text as servers of STAC do: its length isn't told, and only GET is answered. Return its address."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = texts[-1].encode() if self.path.startswith("/items/") else b""
            self.send_response(200 if body else 404)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write((b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n")

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(text: str) -> str:
        texts.append(text)
        return f"http://127.0.0.1:{server.server_port}/items/scene"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_stac_item_by_its_address(served: Callable[[str], str], tmp_path: Path) -> None:
    assets = {}
    for value, role in enumerate(("green", "red", "nir"), start=1):
        path = raster(tmp_path / f"{role}.tif", value)
        assets[role] = {"href": f"file://{path}", "type": "image/tiff", "eo:bands": [{"common_name": role}]}
    item = {"type": "Feature", "id": "scene", "properties": {"datetime": "2020-01-02T03:04:05Z"}, "assets": assets}
    output = str(tmp_path / "image.vrt")
    address = served(json.dumps(item))
    run("stackbands", {"INPUT": address, "OUTPUT": output})
    assert gdal.Open(output).GetMetadataItem("ACQUISITIONDATETIME", "IMAGERY") == "2020-01-02 03:04:05"
    refused("stackbands", {"INPUT": address.replace("items", "none"), "OUTPUT": str(tmp_path / "none.vrt")}, "can't be fetched")


def test_the_layer_is_called_as_the_scene(archive: Path, tmp_path: Path) -> None:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    output = str(tmp_path / "image.vrt")
    context.addLayerToLoadOnCompletion(output, QgsProcessingContext.LayerDetails("Image", QgsProject.instance(), "OUTPUT"))
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("ipeowater:stackbands")
    algorithm.run({"INPUT": str(archive), "OUTPUT": output}, context, Feedback())
    assert context.layerToLoadOnCompletionDetails(output).name == "S2A_MSIL2A_20220216T102101_N0510_R065_T33UUU_20220216T200000"
