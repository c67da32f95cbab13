"""Whatever QGIS offers as the destination of a layer: it appears there whole or not at all, or is refused before the work."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scenes
from jobs import Said
from osgeo import gdal, ogr
from patience import spread
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRemappingSinkDefinition,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ipeo_water_plugin.algorithms.base import Values
from ipeo_water_plugin.algorithms.layers import check_destination
from ipeo_water_plugin.algorithms.schema import Schema, make_fields
from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.system import files

pytestmark = pytest.mark.usefixtures("provider")

# Without LIBKML, as on Debian forky, GDAL writes KML that it reads back without fields, and which is refused like other such formats.
KML = pytest.param("kml", marks=pytest.mark.skipif(gdal.GetDriverByName("LIBKML") is None, reason="GDAL has no LIBKML"))

# Which results there are, and what they are called with.
LAYERS = ("samplepixels", "extractwater", "samplereference", "assessaccuracy", "suggestpolygons", "createtraininglayer")


class Stopped(Said):
    """Presses Cancel when the layer is written: the later, the more of it is there."""

    def __init__(self, percent: float) -> None:
        super().__init__()
        self.progressChanged.connect(lambda at: self.cancel() if at >= percent else None)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What gives so many bodies that Cancel can be pressed while they are written, and half of them at a threshold of 0.9."""
    p = np.full((1, 96, 96), 0.1, np.float32)
    p.reshape(12, 8, 12, 8)[:, 2:6, :, 2:6] = np.where(np.arange(12) % 2, 0.7, 0.95)[:, None, None, None]
    return {"INPUT": str(scenes.write_scene(tmp_path_factory.mktemp("many") / "p.tif", p))}


def run(name: str, parameters: dict[str, Any], feedback: QgsProcessingFeedback | None = None) -> tuple[dict[str, Any], bool, str]:
    feedback = feedback or Said()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results, succeeded = QgsApplication.processingRegistry().algorithmById(f"ipeowater:{name}").create().run(parameters, context, feedback)
    return results, succeeded, "\n".join(feedback.errors)


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def extensions() -> list[str]:
    return QgsVectorFileWriter.supportedFormatExtensions()


@pytest.mark.parametrize("name", ["samplepixels", "extractwater"])
def test_every_format_keeps_the_layer_or_is_refused_before_the_work(
    name: str, job: Callable[[str], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = f"ipeo_water_plugin.algorithms.{name}.{'sample' if name == 'samplepixels' else 'extract'}"
    module, _, function = work.rpartition(".")
    # A spreadsheet of many rows takes minutes to be closed.
    kept, few = set(), {"MAX_PER_CLASS": 50} if name == "samplepixels" else {}
    begun: list[bool] = []
    real = getattr(sys.modules[module], function)
    monkeypatch.setattr(work, lambda *given, **named: (begun.append(True), real(*given, **named))[1])
    for extension in extensions():
        begun.clear()
        out = tmp_path / extension
        out.mkdir()
        target = out / f"layer.{extension}"
        results, succeeded, said = run(name, {**job(name), **few, "OUTPUT": str(target)})
        if not succeeded:
            assert "GeoPackage" in said, (extension, said)
            assert state(out) == {}, extension
            assert begun == [], extension
            continue
        kept.add(extension)
        layer = QgsVectorLayer(results["OUTPUT"], "", "ogr")
        fields = {"samplepixels": {"class", "polygon", "scene", "green"}, "extractwater": {"area_ha", "p_mean"}}[name]
        assert fields <= set(layer.fields().names()), extension
        assert layer.featureCount() > 0, extension
        assert not [path for path in out.iterdir() if path.name.startswith(".")], extension
    assert {"gpkg", "geojson", "fgb", "csv", "sqlite", "gml", "shp"} <= kept


@pytest.mark.parametrize("name", LAYERS)
def test_no_destination_is_an_error_that_says_so(name: str, job: Callable[[str], dict[str, Any]]) -> None:
    _, succeeded, said = run(name, {**job(name), "OUTPUT": ""})
    assert not succeeded
    assert ": no file is given. Choose one" in said


@pytest.mark.parametrize(("name", "longest"), [("x_swir1_narrow", 10), ("x_swir", 255)])
def test_a_shapefile_that_would_cut_names_or_texts_of_samples(name: str, longest: int, tmp_path: Path) -> None:
    """Training tells bands and scenes apart by them; a GeoPackage holds them."""
    fields = make_fields({name: QMetaType.Type.Double, "scene": QMetaType.Type.QString})
    schema = Schema(fields, QgsWkbTypes.Type.Point, QgsCoordinateReferenceSystem("EPSG:32633"), kept=True, longest=longest)
    values = Values(
        QgsApplication.processingRegistry().algorithmById("ipeowater:samplepixels"),
        {"OUTPUT": str(tmp_path / "samples.shp")},
        QgsProcessingContext(),
    )
    with pytest.raises(InputError, match=name if longest == 10 else "values of the field scene"):
        check_destination(values, "OUTPUT", schema)
    check_destination(Values(values.algorithm, {"OUTPUT": str(tmp_path / "samples.gpkg")}, values.context), "OUTPUT", schema)
    assert state(tmp_path) == {}


@pytest.mark.parametrize(
    ("crs", "extension", "words"),
    [
        ("EPSG:32633", "geojson", ""),
        ("EPSG:3035", "gml", ""),
        pytest.param("EPSG:2193", "kml", "", marks=KML.marks),
        # GeoJSON names a CRS by its code, and is read as degrees where there is none.
        ("+proj=laea +lat_0=50 +lon_0=8 +x_0=100000 +datum=WGS84", "geojson", "would lie elsewhere"),
        ("+proj=laea +lat_0=50 +lon_0=8 +x_0=100000 +datum=WGS84", "fgb", ""),
        # GDAL takes any UTM for the one that counts in metres.
        ("+proj=utm +zone=33 +datum=WGS84 +units=km", "gpkg", "would lie elsewhere.*EPSG code"),
        ("+proj=utm +zone=33 +datum=WGS84 +units=km", "shp", ""),
        ("+proj=laea +lat_0=52 +lon_0=10 +ellps=GRS80 +units=km", "gpkg", ""),
        # As the images of GOES: a shapefile has no word for the sweep, which shows away from the point below the satellite.
        ("+proj=geos +lon_0=-75 +h=35786023 +sweep=x +ellps=GRS80", "shp", "would lie elsewhere.*GeoPackage"),
        ("+proj=geos +lon_0=-75 +h=35786023 +sweep=x +ellps=GRS80", "gpkg", ""),
        (
            "+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +ellps=bessel +towgs84=598,74,418,0.2,0.04,-2.5,6.7",
            "shp",
            "would lie elsewhere",
        ),
        ("+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +ellps=bessel +towgs84=598,74,418,0.2,0.04,-2.5,6.7", "gpkg", ""),
        # MapInfo knows no NULL: points that nobody has labelled would be "not water".
        ("EPSG:32633", "tab", "empty value of the field class into 0"),
    ],
)
def test_a_format_that_would_misplace_features_or_fill_in_classes(crs: str, extension: str, words: str, tmp_path: Path) -> None:
    fields = make_fields({"class": QMetaType.Type.Int})
    there = QgsCoordinateReferenceSystem()
    assert there.createFromUserInput(crs)
    algorithm = QgsApplication.processingRegistry().algorithmById("ipeowater:samplereference")
    values = Values(algorithm, {"OUTPUT": str(tmp_path / f"points.{extension}")}, QgsProcessingContext())
    for kind in (QgsWkbTypes.Type.Point, QgsWkbTypes.Type.MultiPolygon):
        with pytest.raises(InputError, match=words) if words else contextlib.nullcontext():
            check_destination(values, "OUTPUT", Schema(fields, kind, there, kept=True))


@pytest.mark.parametrize(
    ("extension", "earlier"),
    [*spread(["shp", "sqlite", "gml", "tab", "gpkg", "geojson"], [False, True]), pytest.param(*KML.values, False, marks=KML.marks)],
)
def test_cancelled_into_a_file_of_any_format(extension: str, earlier: bool, bodies: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / f"bodies.{extension}"
    parameters = {**bodies, "OUTPUT": str(target)}
    if earlier:
        assert run("extractwater", {**parameters, "THRESHOLD": 0.9})[1]
    before = state(tmp_path)
    for percent in (81, 95):
        _, succeeded, said = run("extractwater", parameters, Stopped(percent))
        assert not succeeded
        assert said == "Cancelled."
        assert state(tmp_path) == before


def test_a_shapefile_is_replaced_as_a_whole_or_put_back(
    job: Callable[[str], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "bodies.shp"
    parameters = {**job("extractwater"), "OUTPUT": str(target)}
    assert run("extractwater", {**parameters, "THRESHOLD": 0.9})[1]
    (tmp_path / "bodies.txt").write_text("somebody's notes")
    before, move = state(tmp_path), Path.replace
    (tmp_path / "bodies.dbf").chmod(0o444)
    assert "bodies.dbf is write-protected" in run("extractwater", parameters)[2]
    (tmp_path / "bodies.dbf").chmod(0o644)
    assert state(tmp_path) == before
    order: list[str] = []

    def count(self: Path, place: Path) -> Path:
        if place.parent == tmp_path:
            order.append(f"away {self.name}" if place.name.startswith(".") else place.name)
        return move(self, place)

    monkeypatch.setattr(Path, "replace", count)
    assert run("extractwater", parameters)[1]
    # No moment at which an old part stands beside a new one under the name that a reader opens.
    assert order[0] == "away bodies.shp"
    assert order[-1] == "bodies.shp"
    whole = state(tmp_path)
    assert whole["bodies.txt"] == before["bodies.txt"]
    assert set(whole) == set(before)
    steps, calls = len(order), [0, 0]

    def fail(self: Path, place: Path) -> Path:
        calls[0] += place.parent == tmp_path
        if calls[0] == calls[1]:
            calls[1] = 0
            raise OSError(5, "Input/output error")
        return move(self, place)

    for step in range(steps):
        calls[:] = 0, step + 1
        monkeypatch.setattr(Path, "replace", fail)
        _, succeeded, said = run("extractwater", {**parameters, "THRESHOLD": 0.9})
        monkeypatch.setattr(Path, "replace", move)
        assert not succeeded
        assert "can't be replaced (Input/output error)" in said
        assert state(tmp_path) == whole


def test_a_part_that_belongs_to_something_else_is_not_replaced(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "bodies.dbf").write_text("a table of somebody's")
    _, succeeded, said = run("extractwater", {**job("extractwater"), "OUTPUT": str(tmp_path / "bodies.shp")})
    assert not succeeded
    assert "bodies.dbf would be overwritten" in said
    assert state(tmp_path) == {"bodies.dbf": b"a table of somebody's"}


def database(path: Path) -> str:
    """A GeoPackage with a layer of somebody's, and the destination that “Save to GeoPackage…” makes of another table in it."""
    base = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    layer = base.CreateLayer("drawn", None, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("note", ogr.OFTString))
    feature = ogr.Feature(layer.GetLayerDefn())
    feature["note"] = "drawn by hand"
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT(1 2)"))
    layer.CreateFeature(feature)
    return f"ogr:dbname='{path}' table=\"result\" (geom)"


def tables(path: Path) -> dict[str, list]:
    base = sqlite3.connect(path)
    names = [name for (name,) in base.execute("SELECT table_name FROM gpkg_contents") if name != "layer_styles"]
    found = {name: base.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    base.close()
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_save_to_geopackage(name: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    destination = database(path)
    before = tables(path)
    definition = QgsProcessingOutputLayerDefinition(destination)
    definition.createOptions = {"fileEncoding": "UTF-8"}
    for number, given in enumerate((destination, definition, destination)):
        results, succeeded, said = run(name, {**job(name), "OUTPUT": given})
        if name == "samplereference" and number:
            # Somebody may have labelled those points.
            assert "only you can redraw" in said
            continue
        assert succeeded, said
        layer = QgsVectorLayer(results["OUTPUT"], "", "ogr")
        assert layer.isValid()
        assert layer.featureCount() > 0 or name == "createtraininglayer"
        del layer
        after = tables(path)
        assert set(after) == {"drawn", "result"}
        assert after["drawn"] == before["drawn"]
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.startswith("data.gpkg")] == []


def test_no_layer_takes_the_name_of_qgis_own_tables(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    destination = database(path)
    assert run("createtraininglayer", {**job("createtraininglayer"), "OUTPUT": destination})[1]
    before = tables(path)
    names = ("layer_styles.gpkg", "gpkg_water.gpkg", "sqlite_water.sqlite")
    for given in (destination.replace("result", "Layer_Styles"), *(str(tmp_path / name) for name in names)):
        _, succeeded, said = run("samplepixels", {**job("samplepixels"), "OUTPUT": given})
        assert not succeeded
        assert "is reserved by QGIS" in said
    assert tables(path) == before


def test_a_database_that_others_make_while_a_layer_is_written(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    """The layer is put beside theirs."""
    path, feedback = tmp_path / "data.gpkg", Said()
    feedback.progressChanged.connect(lambda percent: None if percent < 85 or path.exists() else database(path))
    parameters = {**job("samplepixels"), "OUTPUT": f"ogr:dbname='{path}' table=\"result\" (geom)"}
    results, succeeded, said = run("samplepixels", parameters, feedback)
    assert succeeded, said
    after = tables(path)
    assert set(after) == {"drawn", "result"}
    assert after["drawn"]
    assert QgsVectorLayer(results["OUTPUT"], "", "ogr").featureCount() == len(after["result"])


@pytest.mark.parametrize("links", [True, False])
def test_a_database_that_others_make_as_the_layer_takes_its_place(
    links: bool, job: Callable[[str], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So do two runs at once that put their layers into one new database."""
    path = tmp_path / "data.gpkg"
    real = files._flush

    def make(temporary: Path) -> None:
        real(temporary)
        if not path.exists():
            database(path)

    def refuse(*given: object, **named: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(files, "_flush", make)
    if not links:
        monkeypatch.setattr(os, "link", refuse)
    results, succeeded, said = run("samplepixels", {**job("samplepixels"), "OUTPUT": f"ogr:dbname='{path}' table=\"result\" (geom)"})
    assert succeeded, said
    after = tables(path)
    assert set(after) == {"drawn", "result"}
    assert after["drawn"]
    assert QgsVectorLayer(results["OUTPUT"], "", "ogr").featureCount() == len(after["result"])
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize("wal", [False, True])
def test_save_to_geopackage_cancelled(wal: bool, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    """While another program has it open, too, as QGIS has."""
    path = tmp_path / "data.gpkg"
    parameters = {**job("samplepixels"), "OUTPUT": database(path)}
    assert run("samplepixels", {**parameters, "MAX_PER_CLASS": 50})[1]
    before = tables(path)
    other = sqlite3.connect(path)
    if wal:
        other.execute("PRAGMA journal_mode=WAL")
    assert other.execute("SELECT count(*) FROM drawn").fetchone() == (1,)
    for percent in (82, 90, 99.9):
        _, succeeded, said = run("samplepixels", parameters, Stopped(percent))
        assert not succeeded
        assert said == "Cancelled."
        assert tables(path) == before
    assert run("samplepixels", parameters)[1]
    assert len(tables(path)["result"]) > len(before["result"])
    assert tables(path)["drawn"] == before["drawn"]
    assert other.execute("SELECT count(*) FROM result").fetchone() == (len(tables(path)["result"]),)
    other.close()


@pytest.mark.parametrize("step", ["before", "at"])
def test_save_to_geopackage_killed_in_the_transaction(step: str, job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    parameters = {**job("samplepixels"), "OUTPUT": database(path)}
    assert run("samplepixels", {**parameters, "MAX_PER_CLASS": 50})[1]
    before = tables(path)
    code = (
        "import os, signal, sys; sys.path[:0] = sys.argv[1:3]\n"
        "import children\n"
        "from ipeo_water_plugin.algorithms import databases\n"
        "real = databases._copy\n"
        "def copy(*given, **named):\n"
        f"    {'pass' if step == 'before' else 'real(*given, **named)'}\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "databases._copy = copy\n"
        "class Event:\n"
        "    set = light = lambda self: None\n"
        "children.algorithm('samplepixels', eval(sys.argv[3]), Event())\n"
    )
    root = Path(__file__).resolve()
    words = [sys.executable, "-c", code, str(root.parent), str(root.parents[2]), repr(parameters)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    assert done.returncode == -9, done.stdout + done.stderr
    assert tables(path) == before
    assert run("samplepixels", parameters)[1]
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_save_to_geopackage_while_another_program_writes(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    parameters = {**job("createtraininglayer"), "OUTPUT": database(path)}
    before = tables(path)
    other = sqlite3.connect(path, isolation_level=None)
    for word in ("PRAGMA journal_mode=WAL", "BEGIN IMMEDIATE", "CREATE TABLE at_work (a)"):
        other.execute(word)
    _, succeeded, said = run("createtraininglayer", parameters)
    assert not succeeded
    assert "in use" in said or "another program works on it" in said
    other.execute("ROLLBACK")
    other.close()
    assert tables(path) == before


def test_other_layers_of_a_geopackage_are_not_replaced_as_a_file(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    assert run("createtraininglayer", {**job("createtraininglayer"), "OUTPUT": database(path)})[1]
    before = tables(path)
    for name in LAYERS:
        _, succeeded, said = run(name, {**job(name), "OUTPUT": str(path)})
        assert not succeeded
        assert "data.gpkg" in said
    assert tables(path) == before


def test_what_cant_be_held_to_it_is_refused(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    database(path)
    options = ["RASTER_TABLE=scene", "APPEND_SUBDATASET=YES"]
    gdal.Translate(str(path), job("extractwater")["INPUT"], outputType=gdal.GDT_Byte, creationOptions=options)
    before = state(tmp_path)
    appended = QgsProcessingOutputLayerDefinition(f"{path}|layername=drawn")
    appended.setRemappingDefinition(QgsRemappingSinkDefinition())
    for given, words in (
        ('postgis:dbname=\'nowhere\' host=127.0.0.1 port=1 table="public"."t" (geom)', "postgis databases"),
        (appended, "append"),
        (f"ogr:dbname='{path}' table=\"DRAWN\" (geom)", "choose another name"),
        (f"ogr:dbname='{path}' table=\"scene\" (geom)", "choose another name"),
        (str(tmp_path / "layer"), "have the extension of a vector format"),
        (str(tmp_path / "layer.docx"), "have the extension of a vector format"),
        (str(tmp_path / "a%20b.gpkg"), "a percent sign and two digits"),
    ):
        for name in LAYERS:
            _, succeeded, said = run(name, {**job(name), "OUTPUT": given})
            assert not succeeded
            assert words in said
            assert "disk is full" not in said
    assert state(tmp_path) == before


def test_a_style_of_ones_own_stays_in_a_geopackage_that_is_replaced(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    parameters = {**job("extractwater"), "OUTPUT": str(tmp_path / "water.gpkg")}
    assert run("extractwater", parameters)[1]
    layer = QgsVectorLayer(parameters["OUTPUT"], "", "ogr")
    layer.renderer().symbol().setOpacity(0.25)
    layer.saveStyleToDatabase("mine", "", True, "")
    del layer
    assert run("extractwater", parameters)[1]
    layer = QgsVectorLayer(parameters["OUTPUT"], "", "ogr")
    assert layer.featureCount() > 0
    assert layer.renderer().symbol().opacity() == 0.25


def test_a_file_replaced_again_and_again_in_one_session(job: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    """QGIS keeps a database open that it has shown, and its log; the run doesn't take that for somebody's work."""
    path = tmp_path / "areas.gpkg"
    for _ in range(4):
        results, succeeded, said = run("createtraininglayer", {**job("createtraininglayer"), "OUTPUT": str(path)})
        assert succeeded, said
        layer = QgsVectorLayer(results["OUTPUT"], "", "ogr")
        assert list(layer.getFeatures()) == []
        assert layer.editorWidgetSetup(layer.fields().lookupField("class")).type() == "ValueMap"
