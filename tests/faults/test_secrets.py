"""Credentials in addresses work, but appear in no log, message or file."""

from __future__ import annotations

import base64
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import processing
import pytest
import scenes
from jobs import SAMPLE
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QFileInfo

from ipeo_water_plugin.core.model_json import write_model
from ipeo_water_plugin.core.system.redaction import display_name, redacted

CANARY = "CaNaRy7"
BANDS = ("lake_green.tif", "lake_red.tif", "lake_nir.tif")

# Each with the credential where it really stands.
SPOKEN = (
    f"/vsicurl/https://h/a.tif?X-Amz-Signature={CANARY}&X-Amz-Date=1",
    f"HTTP error 403 on https://h/a.tif?sig={CANARY}: no (bad)",
    f"/vsicurl/https://h/a.tif?{CANARY}",
    f"https://h/a.tif#access_token={CANARY}",
    f"https://account.blob.core.windows.net/c/a.tif?sv=2020&spr=https,http&sig={CANARY}%3D",
    f"https://h/s?service=WFS&amp;token={CANARY}&amp;x=1",
    f"/vsicurl?header.Authorization=Bearer%20{CANARY}&url=https%3A%2F%2Fh%2Fa.tif",
    f"/vsicurl?header.Authorization=Bearer {CANARY}&url=https://h/a.tif",
    f"/vsicurl?url=https%3A%2F%2Fh%2Fa.tif%3Fsig%3D{CANARY}&header.X-Key={CANARY}",
    f"/vsicurl?header.X={CANARY}&use_head=no",
    f"/vsicurl_streaming/https://h/a.tif?token={CANARY}",
    f"/vsizip//vsicurl/https://user:{CANARY}@h/a.zip/b.tif",
    f"/vsizip/{{/vsicurl?header.X={CANARY}&url=https://h/a.zip}}/b.tif",
    f"https://user:{CANARY}@host/a.tif",
    f"https:/user:{CANARY}@host/model.json",
    f"https:////user:{CANARY}@host/a.tif",
    f'"href": "https:\\/\\/user:{CANARY}@host\\/a.tif"',
    f"https://{CANARY}@host/a.tif",
    f"https://user:p@{CANARY}@host/a.tif",
    f"https://user:p/{CANARY}@host/a.tif",
    f"postgresql://user:{CANARY}@host/db?sslmode=require",
    f'PG:"dbname=x host=h user=u password={CANARY}"',
    f"PG:dbname=x user=u password='a \\'{CANARY}' port=3",
    f"PG:dbname=x password=a,{CANARY};{CANARY}) x=1",
    f"MSSQL:server=x;uid=u;pwd={{a;{CANARY}}}",
    f"OCI:scott/{CANARY}@db:1521",
    f"url='https://h/wfs?x={CANARY}' typename='a' password='{CANARY}' user='x' authcfg={CANARY}",
    f"http-header:Authorization={CANARY}",
    f"/a/b.tif|option:AWS_X={CANARY}|credential:FOO={CANARY}",
    f"/a/b.tif|credential:AWS_SECRET_ACCESS_KEY=a {CANARY}",
    f"/a/b.tif authcfg={CANARY}",
    f"AWS_SECRET_ACCESS_KEY={CANARY} and more",
    f"GDAL_HTTP_USERPWD=user:{CANARY}",
    f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={CANARY}==;EndpointSuffix=core",
    f"Authorization: Basic {CANARY}12345",
    f"X-Api-Key: {CANARY}",
    f"IDB:dbname=x user=u pass={CANARY}",
    f"Cookie: session={CANARY}",
    f"http-header:Cookie=a=b; session={CANARY}&url=https://h/wms",
    f"Authorization: Digest username=u, response={CANARY}",
    f"OCI:scott/{CANARY}@db:1521,table",
    f"ODBC:scott/{CANARY}@dsn,table",
    f'{{"password": "{CANARY}", "header": {{"Authorization": "Bearer {CANARY}"}}}}',
    f'{{\\"password\\": \\"{CANARY}\\"}}',
    f"SELECT * FROM a WHERE password = '{CANARY}'",
    f"\"apikey\" = '{CANARY}'",
    f"https%3A%2F%2Fh%2Fa.tif%3Fsig%3D{CANARY}",
    f"https%253A%252F%252Fh%252Fa.tif%253Fsig%253D{CANARY}",
    f"password%3D{CANARY}",
    f"INPUTS=/vsicurl/https://h/a.tif?sig={CANARY};/vsicurl/https://h/b.tif?sig={CANARY}",
    f"a.tif?X-Amz-Signature={CANARY}",
    f"http-header:X-Own={CANARY}",
    f"<GDAL_WMS><UserPwd>user:{CANARY}</UserPwd></GDAL_WMS>",
    f"/data/a.tif: token={CANARY}",
)


@pytest.mark.parametrize("said", SPOKEN)
def test_what_is_redacted(said: str) -> None:
    told = redacted(said)
    assert CANARY not in told
    assert CANARY not in unquote(told)
    assert redacted(told) == told
    assert len(told) > 5


@pytest.mark.parametrize(
    "said",
    [
        "/data/scenes/T33UUU_B03.tif",
        "C:\\Users\\me\\a.tif",
        "/vsis3/bucket/key.tif",
        "/vsizip//data/a b.zip/c%20d.tif",
        "https://host:8080/path/a@2x.tif",
        "C:/me@home/a.tif",
        "1,2,3,4 [EPSG:32633]",
        "100 % of 3%2C",
        "a?b*.tif; [!x].tif",
        "1 / (1 + exp(-((0.1) * green + (-0.2) * red)))",
        'NETCDF:"/a/b.nc":x',
        "Is it so? Yes. The seed is 3; passes: 2.",
        "/data/token.tif: 2304 of 2304 pixels have a probability",
        "C:\\data\\secret_lake.vrt: no such file",
    ],
)
def test_what_is_no_credential_stays(said: str) -> None:
    assert redacted(said) == said
    assert display_name(said) == said


def test_what_no_text_can_hold() -> None:
    assert redacted("a\udcff\0b") == "a\ufffd\ufffdb"
    assert display_name("a\nb\tc" + "x" * 300, 10) == "a b cxxxx…"


class Guarded(http.server.BaseHTTPRequestHandler):
    """Serves files to whoever has the user's password and a signature."""

    protocol_version = "HTTP/1.1"
    folder = Path()
    opened = 0

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        path, _, query = self.path.partition("?")
        file = self.folder / path.strip("/")
        user = base64.b64decode(self.headers.get("Authorization", "Basic ").partition(" ")[2]).decode()
        allowed = user == f"someone:{CANARY}" and query == f"X-Amz-Signature={CANARY}%2Fa/b{CANARY}&sv=1"
        content = file.read_bytes() if allowed and file.is_file() else b""
        found = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(found[1]) if found else 0
        last = min(int(found[2]) if found and found[2] else len(content), len(content) - 1)
        part = content[first : last + 1]
        type(self).opened += bool(content)
        self.send_response((206 if found else 200) if content else 403 if not allowed else 404)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if found and content:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.end_headers()
        if body:
            self.wfile.write(part)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A folder with an image and its labels, and how GDAL calls a file of it, credentials and all."""
    folder = tmp_path_factory.mktemp("served")
    cut = {"srcWin": [864, 0, 512, 384], "creationOptions": ["TILED=YES", "COMPRESS=DEFLATE"]}
    gdal.Translate(str(folder / "image.tif"), str(SAMPLE / "image.tif"), **cut)
    for number, name in enumerate(BANDS, start=1):
        gdal.Translate(str(folder / name), str(folder / "image.tif"), bandList=[number])
    gdal.VectorTranslate(str(folder / "labels.geojson"), str(SAMPLE / "labels.gpkg"), format="GeoJSON", layerCreationOptions=["RFC7946=NO"])
    write_model(scenes.MODEL, folder / "m.json")
    scenes.run(folder / "image.tif", folder / "p.tif")
    handler = type("Handler", (Guarded,), {"folder": folder})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # The signature holds a slash: QGIS names a layer by what stands behind the last one.
    host, query = f"someone:{CANARY}@127.0.0.1:{server.server_port}", f"X-Amz-Signature={CANARY}%2Fa/b{CANARY}&sv=1"
    yield lambda name: f"/vsicurl/http://{host}/{name}?{query}"
    server.shutdown()
    server.server_close()
    gdal.VSICurlClearCache()


class Heard(QgsProcessingFeedback):
    """Remembers every word."""

    def __init__(self) -> None:
        super().__init__(False)
        self.words: list[str] = []

    def pushInfo(self, info: str) -> None:
        self.words.append(info)

    def pushWarning(self, warning: str) -> None:
        self.words.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.words.append(error)


def run(name: str, parameters: dict[str, Any]) -> list[str]:
    """Run as a model does, so that nothing but the algorithm itself speaks; return all that it said."""
    context, heard = QgsProcessingContext(), Heard()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create()
    _, succeeded = algorithm.run(parameters, context, heard)
    assert succeeded, heard.words
    return heard.words


def hold_nothing_secret(words: list[str], folder: Path, *, apart_from: tuple[str, ...] = ()) -> None:
    assert [word for word in words if CANARY in word] == []
    files = [file for file in folder.rglob("*") if file.is_file() and file.name not in apart_from]
    spellings = (CANARY.encode(), CANARY.encode("utf-16-le"))
    assert [file.name for file in files if any(spelling in file.read_bytes() for spelling in spellings)] == []


def test_no_run_leaves_a_credential(provider: None, served: Callable[[str], str], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    layers = [
        QgsRasterLayer(served("image.tif"), name_by_qgis(served("image.tif"))),
        QgsRasterLayer(served("p.tif"), name_by_qgis(served("p.tif"))),
        QgsVectorLayer(served("labels.geojson"), name_by_qgis(served("labels.geojson")), "ogr"),
    ]
    assert all(layer.isValid() and CANARY in layer.name() for layer in layers)
    QgsProject.instance().addMapLayers(layers)
    image, probability, labels = (layer.id() for layer in layers)
    try:
        everything(served, (image, probability, labels), tmp_path)
    finally:
        QgsProject.instance().removeMapLayers([image, probability, labels])


def name_by_qgis(address: str) -> str:
    """What stands behind the last slash, up to the first dot."""
    return QFileInfo(address).baseName()


def everything(served: Callable[[str], str], given: tuple[str, str, str], tmp_path: Path) -> None:
    image, probability, labels = given
    model = str(tmp_path / "m.json")
    write_model(scenes.MODEL, tmp_path / "m.json")
    training = {"POLYGONS": labels, "CLASS_FIELD": "class"}
    outputs = ("OUTPUT", "OUTPUT_REPORT", "OUTPUT_MODEL")

    def to(stem: str, *suffixes: str) -> dict[str, str]:
        return {key: str(tmp_path / f"{stem}{suffix}") for key, suffix in zip(outputs, suffixes) if suffix}

    folder = {"OUTPUT_FOLDER": str(tmp_path / "many"), "OUTPUT_VRT": str(tmp_path / "all.vrt")}
    said = run("samplepixels", {"INPUT": image, **training, "MAX_PER_CLASS": 300, **to("s", ".gpkg")})
    learned = {"INPUT": str(tmp_path / "s.gpkg"), "EPOCHS": 3}
    said += run("trainlogisticregression", {**learned, **to("t", ".json", ".html")})
    mapped = {"INPUT": image, **training, "EXTENT": image, "EPOCHS": 3, "MAX_PER_CLASS": 300}
    said += run("mapwater", {**mapped, **to("map", ".tif", ".html", ".json")})
    said += run("predictwaterprobability", {"INPUT": image, "MODEL": model, "MASK": probability, **to("p", ".tif")})
    said += run("predictmanyrasters", {"INPUTS": [served("image.tif")], "MODEL": model, **folder})
    said += run("extractwater", {"INPUT": probability, **to("bodies", ".gpkg"), "OUTPUT_MASK": str(tmp_path / "mask.tif")})
    said += run("samplereference", {"INPUT": probability, "COUNT": 20, **to("points", ".gpkg")})
    assessed = {"INPUT": probability, "CLASS_FIELD": "class"}
    said += run("assessaccuracy", {**assessed, "REFERENCE": labels, **to("a", ".gpkg", ".html")})
    said += run("assessaccuracy", {"INPUT": probability, "REFERENCE_RASTER": str(tmp_path / "mask.tif"), **to("b", ".csv", ".html")})
    said += run("suggestpolygons", {"INPUT": image, "MODEL": model, "POLYGONS": labels, **to("where", ".gpkg")})
    said += run("wateroccurrence", {"INPUTS": [probability], **to("share", ".tif")})
    observed = {"BODIES": str(tmp_path / "bodies.gpkg"), "INPUTS": [probability]}
    said += run("watertimeseries", {**observed, **to("series", ".csv", ".html")})
    said += run("createtraininglayer", {"INPUT": image, **to("areas", ".gpkg")})
    virtual = run("virtualwaterprobability", {"INPUT": image, "MODEL": model, **to("v", ".vrt")})
    stacked = run("stackbands", {"INPUTS": [served(name) for name in BANDS], **to("stack", ".vrt")})
    hold_nothing_secret([*said, *virtual, *stacked], tmp_path, apart_from=("v.vrt", "stack.vrt"))
    # There they are needed, and that is said.
    assert CANARY in (tmp_path / "v.vrt").read_text(encoding="utf-8")
    for words in (virtual, stacked):
        assert any("contains an address with credentials" in word for word in words)
    assert gdal.Open(str(tmp_path / "stack.vrt")).GetMetadataItem("PRODUCT") == "lake_green"
    described = gdal.Open(str(tmp_path / "v.vrt")).GetMetadata("IPEO_WATER")
    assert CANARY not in str(described)
    for report in ("map.html", "a.html", "b.html"):
        page = (tmp_path / report).read_text(encoding="utf-8")
        assert "Credentials were removed" in page, report
        assert "image.tif" in page or "p.tif" in page


def test_layers_of_the_project(provider: None, served: Callable[[str], str], tmp_path: Path) -> None:
    """As the toolbox gives them: by id, named by QGIS, with a filter."""
    address = served("image.tif")
    image = QgsRasterLayer(address, address.rpartition("/")[2])
    labels = QgsVectorLayer(f"{served('labels.geojson')}|subset=\"class\" >= 0 AND 'password={CANARY}' <> ''", f"b{CANARY}&sv=1", "ogr")
    assert image.isValid()
    assert labels.isValid()
    QgsProject.instance().addMapLayers([image, labels])
    try:
        chosen = {"INPUT": image.id(), "POLYGONS": QgsProcessingFeatureSourceDefinition(labels.id(), False), "CLASS_FIELD": "class"}
        said = run("samplepixels", {**chosen, "MAX_PER_CLASS": 100, "OUTPUT": str(tmp_path / "s.gpkg")})
        said += run("samplepixels", {**chosen, "INPUT": image, "MAX_PER_CLASS": 100, "OUTPUT": str(tmp_path / "s2.gpkg")})
    finally:
        QgsProject.instance().removeMapLayers([image.id(), labels.id()])
    hold_nothing_secret(said, tmp_path)


@pytest.mark.parametrize("name", ["gone.tif", "m.json"])
def test_messages_of_failures(provider: None, served: Callable[[str], str], tmp_path: Path, name: str) -> None:
    """QGIS' own lines, which name the parameters, are no part of this."""
    write_model(scenes.MODEL, tmp_path / "m.json")
    address = served(name)
    jobs = {
        "predictwaterprobability": {"INPUT": address, "MODEL": str(tmp_path / "m.json"), "OUTPUT": str(tmp_path / "p.tif")},
        "predictmanyrasters": {"INPUTS": [address], "MODEL": str(tmp_path / "m.json"), "OUTPUT_FOLDER": str(tmp_path / "many")},
        "samplepixels": {
            "INPUT": str(SAMPLE / "image.tif"),
            "POLYGONS": address,
            "CLASS_FIELD": "class",
            "OUTPUT": str(tmp_path / "s.gpkg"),
        },
        "extractwater": {"INPUT": address, "OUTPUT": str(tmp_path / "b.gpkg")},
        "assessaccuracy": {"INPUT": address, "REFERENCE": address, "CLASS_FIELD": "class", "OUTPUT": str(tmp_path / "a.gpkg")},
        "wateroccurrence": {"INPUTS": [address], "OUTPUT": str(tmp_path / "o.tif")},
    }
    for algorithm, parameters in jobs.items():
        context, heard = QgsProcessingContext(), Heard()
        context.setProject(QgsProject.instance())
        made = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{algorithm}").create()
        accepted, message = made.checkParameterValues(parameters, context)
        _, succeeded = made.create().run(parameters, context, heard)
        assert not succeeded, algorithm
        hold_nothing_secret([message, *heard.words], tmp_path)
        with pytest.raises(QgsProcessingException) as error:
            processing.run(f"ipeowater:{algorithm}", parameters, feedback=heard)
        assert accepted or CANARY not in str(error.value)
