"""Nothing that a run reads, that only a person can make again, or that lies beside a result is written over, whatever the spelling."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import processing
import pytest
import scenes
from jobs import SCENE, Said, qgis_process, said_by
from osgeo import gdal, ogr
from patience import SOAK, spread
from provided import ALGORITHMS, OUTPUTS
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterFile,
    QgsProject,
    QgsProperty,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
)

from ipeo_water_plugin.algorithms import guard

pytestmark = pytest.mark.usefixtures("provider")

VECTORS = {"source", "vector"}
VECTOR_OUTPUTS = {"sink", "vectorDestination"}


def algorithms() -> list[QgsProcessingAlgorithm]:
    return list(QgsApplication.processingRegistry().providerById("ipeowater").algorithms())


def state(folder: Path) -> dict[str, str]:
    """Every file, link and folder beneath a folder."""
    return {
        str(path.relative_to(folder)): os.readlink(path)
        if path.is_symlink()
        else _digest(path, *(getattr(path.stat(), name) for name in ("st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")))
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
        # QGIS keeps the statistics there of a raster that it opens.
        if not path.name.endswith(".aux.xml")
    }


@cache
def _digest(path: Path, *unchanged: int) -> str:
    """Return the digest of a file, which is read again only once its time, size or inode has changed."""
    return hashlib.sha256(_content(path)).hexdigest()


def _content(path: Path) -> bytes:
    """A file without what SQLite counts in the head of a database: QGIS opens one for writing to read its style."""
    content = bytearray(path.read_bytes())
    if content.startswith(b"SQLite format 3"):
        content[18:20], content[24:28], content[92:100] = bytes(2), bytes(4), bytes(8)
    return bytes(content)


def layers(path: Path) -> dict[str, int]:
    base = ogr.Open(str(path))
    found = [base.GetLayer(number) for number in range(base.GetLayerCount())]
    return {layer.GetName(): layer.GetFeatureCount() for layer in found if layer.GetName() != "layer_styles"}


@pytest.fixture(autouse=True)
def _empty_project() -> Iterator[None]:
    yield
    QgsProject.instance().clear()


@pytest.fixture(scope="module")
def made(job: Callable[[str], dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything that an algorithm reads: to be copied before it is put at risk."""
    folder = tmp_path_factory.mktemp("made")
    for target, source in (
        ("image.tif", job("mapwater")["INPUT"]),
        ("areas.gpkg", job("mapwater")["POLYGONS"]),
        ("samples.gpkg", job("trainlogisticregression")["INPUT"]),
        ("p.tif", job("extractwater")["INPUT"]),
        ("model.json", job("predictwaterprobability")["MODEL"]),
    ):
        shutil.copy(source, folder / target)
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    (folder / "below").mkdir()
    return folder


# What an algorithm is given for its parameters, by the parameters' own names or types.
def values(algorithm: QgsProcessingAlgorithm, data: Path) -> dict[str, Any]:
    inputs = ALGORITHMS[algorithm.name()].inputs if algorithm.name() in ALGORITHMS else {}
    probability = "INPUTS" in inputs or "probability" in inputs.get("INPUT", "")
    raster = str(data / ("p.tif" if probability else "image.tif"))
    given: dict[str, Any] = {}
    for parameter in algorithm.parameterDefinitions():
        key = parameter.name()
        if parameter.isDestination():
            continue
        if parameter.type() == "raster":
            # Assess accuracy takes one of two references.
            given[key] = raster if key != "REFERENCE_RASTER" else None
        elif parameter.type() == "multilayer":
            # Image from bands takes one of two inputs.
            if "INPUT" not in given:
                given[key] = [raster]
        elif parameter.type() in VECTORS:
            given[key] = str(data / ("samples.gpkg" if algorithm.name() == "trainlogisticregression" else "areas.gpkg"))
        elif parameter.type() == "layer":
            given[key] = str(data / "areas.gpkg")
        elif parameter.type() == "file" and parameter.behavior() == QgsProcessingParameterFile.Behavior.File:
            given[key] = str(data / "model.json") if key != "INPUT" else raster
        elif parameter.type() == "field" and not parameter.allowMultiple():
            given[key] = "class"
    return given


def other_outputs(algorithm: QgsProcessingAlgorithm, data: Path, attacking: str = "") -> dict[str, str]:
    """Return where outputs go that aren't attacking."""
    outputs = [output for output in algorithm.destinationParameterDefinitions() if output.name() != attacking]
    suffixes = ["" if output.type() == "folderDestination" else f".{output.defaultFileExtension()}" for output in outputs]
    return {output.name(): str(data / f"new_{output.name()}{suffix}") for output, suffix in zip(outputs, suffixes)}


def named_otherwise(how: str, path: str, data: Path) -> str:
    """Return another spelling of a file, which exists."""
    name = Path(path).name
    if how == "relative":
        return os.path.relpath(path)
    if how == "through a folder":
        return str(data / "below" / ".." / name)
    if how == "itself":
        return path
    other = data / "below" / f"other{Path(path).suffix}"
    other.unlink(missing_ok=True)
    if how == "symbolic link":
        other.symlink_to(path)
    elif how == "hard link":
        os.link(path, other)
    return str(other)


@pytest.mark.parametrize("how", ["itself", "relative", "through a folder", "symbolic link", "hard link"])
def test_an_output_that_is_an_input(how: str, data: Path) -> None:
    """Each output of each algorithm against each of its inputs, or one of them in another spelling: one that is added is attacked, too."""
    attacked = 0
    for algorithm in algorithms():
        given = values(algorithm, data)
        for output in algorithm.destinationParameterDefinitions():
            for key, value in given.items():
                path = value[0] if isinstance(value, list) else value
                if output.type() == "folderDestination" or not isinstance(path, str) or not Path(path).is_file():
                    continue
                if output.type() in VECTOR_OUTPUTS and not QgsVectorFileWriter.driverForExtension(Path(path).suffix):
                    # QGIS adds .gpkg to it, which makes it another file.
                    continue
                others = other_outputs(algorithm, data, output.name())
                destination = named_otherwise(how, path, data)
                before = state(data)
                for said in said_by(algorithm.name(), {**given, **others, output.name(): destination}):
                    # A file of a format that can't keep a layer is refused for that.
                    assert "choose a" in said, (algorithm.name(), output.name(), key, said)
                assert state(data) == before
                attacked += 1
                if how != "itself" and not SOAK:
                    break
    # A list of algorithms that is empty would attack nothing.
    assert attacked > (30 if how == "itself" else 15)


def test_an_input_whose_name_holds_a_bar(data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """What stands behind the bar is a part of a name where a file is called so, and a layer of one where not."""
    areas = data / "a|b.gpkg"
    shutil.copy(data / "areas.gpkg", areas)
    before = state(data)
    for said in said_by("samplepixels", {**job("samplepixels"), "POLYGONS": str(areas), "OUTPUT": str(areas)}):
        assert "is the input itself" in said
    assert state(data) == before


def test_two_outputs_that_are_one(data: Path) -> None:
    """Each output of each algorithm against each other, where neither exists yet, and where one is a link to the other."""
    attacked = 0
    link = data / "below" / "link"
    for algorithm in algorithms():
        given, outputs = values(algorithm, data), other_outputs(algorithm, data)
        kinds = {o.name(): o.type() for o in algorithm.destinationParameterDefinitions() if o.type() != "folderDestination"}
        for first in kinds:
            for second, kind in kinds.items():
                # To a name without an ending that it knows, QGIS adds .gpkg, which makes it another file.
                if first == second or kind in VECTOR_OUTPUTS:
                    continue
                link.unlink(missing_ok=True)
                link.symlink_to(outputs[first])
                for spelled in (outputs[first], str(data / "below" / ".." / Path(outputs[first]).name), str(link)):
                    before = state(data)
                    for said in said_by(algorithm.name(), {**given, **outputs, second: spelled}):
                        assert "can't both be written" in said, said
                    assert state(data) == before
                    attacked += 1
    assert attacked > 10


def vector_layer(data: Path, project: bool = True) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{data / 'areas.gpkg'}|layername={next(iter(layers(data / 'areas.gpkg')))}", "drawn", "ogr")
    if project:
        QgsProject.instance().addMapLayer(layer)
    return layer


def virtual_layer(data: Path, *, referenced: bool) -> QgsVectorLayer:
    definition = QgsVirtualLayerDefinition()
    layer = vector_layer(data)
    if referenced:
        definition.addSource("drawn", layer.id())
    else:
        definition.addSource("drawn", layer.source(), "ogr", "UTF-8")
    definition.setQuery("SELECT * FROM drawn")
    virtual = QgsVectorLayer(definition.toString(), "virtual", "virtual")
    assert virtual.isValid()
    QgsProject.instance().addMapLayer(virtual)
    return virtual


def vrt(data: Path) -> str:
    name = next(iter(layers(data / "areas.gpkg")))
    text = f'<OGRVRTLayer name="{name}"><SrcDataSource relativeToVRT="1">areas.gpkg</SrcDataSource></OGRVRTLayer>'
    (data / "areas.vrt").write_text(f"<OGRVRTDataSource>{text}</OGRVRTDataSource>")
    return str(data / "areas.vrt")


FORMS: dict[str, Callable[[Path], object]] = {
    "a layer": vector_layer,
    "a layer that isn't in the project": lambda data: vector_layer(data, project=False),
    "an id": lambda data: vector_layer(data).id(),
    "a name": lambda data: vector_layer(data).name(),
    "a source": lambda data: vector_layer(data, project=False).source(),
    "chosen features of a layer": lambda data: QgsProcessingFeatureSourceDefinition(vector_layer(data).id(), False, 100),
    "a property": lambda data: QgsProperty.fromValue(str(data / "areas.gpkg")),
    "an expression": lambda data: QgsProperty.fromExpression(f"'{data}' || '/areas.gpkg'"),
    "a virtual layer": lambda data: virtual_layer(data, referenced=False),
    "a virtual layer over a layer": lambda data: virtual_layer(data, referenced=True),
    "an OGR virtual layer": vrt,
}


@pytest.mark.parametrize("form", FORMS)
def test_an_input_in_any_form(form: str, data: Path) -> None:
    given = {"INPUT": str(data / "image.tif"), "POLYGONS": FORMS[form](data), "CLASS_FIELD": "class"}
    path = data / "areas.gpkg"
    whole = hashlib.sha256(path.read_bytes()).hexdigest()
    for output in (
        str(path),
        QgsProcessingOutputLayerDefinition(str(path)),
        QgsProperty.fromValue(str(path)),
        str(path.with_suffix("")),
        path.as_uri(),
        f"ogr:dbname='{path}' table=\"samples\" (geom)",
        QgsProcessingOutputLayerDefinition(f"ogr:dbname='{path}' table=\"samples\" (geom)"),
    ):
        for said in said_by("samplepixels", {**given, "OUTPUT": output}):
            assert "choose a" in said, said
        assert hashlib.sha256(path.read_bytes()).hexdigest() == whole
    # The same values make a result elsewhere.
    processing.run("ipeowater:samplepixels", {**given, "OUTPUT": str(data / "new.gpkg"), "MAX_PER_CLASS": 10}, feedback=Said())
    assert layers(data / "new.gpkg") == {"new": 20}


def test_a_joined_layer(data: Path) -> None:
    from qgis.core import QgsVectorLayerJoinInfo

    (data / "classes.csv").write_text("key,kind\n1,water\n")
    table = QgsVectorLayer((data / "classes.csv").as_uri() + "?delimiter=,", "classes", "delimitedtext")
    layer = vector_layer(data)
    QgsProject.instance().addMapLayer(table)
    join = QgsVectorLayerJoinInfo()
    join.setJoinLayer(table)
    join.setJoinFieldName("key")
    join.setTargetFieldName("class")
    assert layer.addJoin(join)
    for said in said_by("samplepixels", {**SCENE, "POLYGONS": layer, "OUTPUT": str(data / "classes.csv")}):
        assert "choose a" in said.lower()
    assert (data / "classes.csv").read_text().startswith("key,kind")


def test_what_lies_behind_an_image(data: Path) -> None:
    """The image behind two virtual rasters, by path and as a layer of the project."""
    gdal.BuildVRT(str(data / "inner.vrt"), [str(data / "image.tif")])
    gdal.BuildVRT(str(data / "below" / "outer.vrt"), [str(data / "inner.vrt")])
    layer = QgsRasterLayer(str(data / "below" / "outer.vrt"), "scene")
    QgsProject.instance().addMapLayer(layer)
    before = state(data)
    for image in (str(data / "below" / "outer.vrt"), layer, layer.id()):
        given = {"INPUT": image, "MODEL": str(data / "model.json"), "GREEN": 1, "RED": 2, "NIR": 3}
        for said in said_by("predictwaterprobability", {**given, "OUTPUT": str(data / "image.tif")}):
            assert "choose another name for the result" in said
        for said in said_by("virtualwaterprobability", {**given, "OUTPUT": str(data / "inner.vrt")}):
            assert "choose another name for the result" in said
    assert state(data) == before


def test_a_mask_in_a_geopackage_of_rasters(data: Path) -> None:
    gdal.Translate(str(data / "p.gpkg"), str(data / "p.tif"), format="GPKG")
    before = state(data)
    for name in (str(data / "p.gpkg"), QgsRasterLayer(f"GPKG:{data / 'p.gpkg'}:p")):
        for said in said_by("extractwater", {"INPUT": name, "OUTPUT": str(data / "p.gpkg")}):
            assert "choose another name for the result" in said
    for said in said_by("extractwater", {"INPUT": str(data / "p.tif"), "OUTPUT": str(data / "p.gpkg")}):
        assert f"{data / 'p.gpkg'} contains other layers (p)" in said
    assert state(data) == before


def test_many_rasters(data: Path) -> None:
    """A result may take the place of none of the images, nor of what lies behind another one."""
    gdal.BuildVRT(str(data / "scene.vrt"), [str(data / "image.tif")])
    (data / "water").mkdir()
    (data / "water" / "scene.tif").symlink_to(data / "image.tif")
    before = state(data)
    for given in (
        {"FOLDER": str(data), "PATTERN": "image.tif", "OUTPUT_FOLDER": str(data)},
        {"FOLDER": str(data), "PATTERN": "scene.vrt", "OUTPUT_FOLDER": str(data / "water")},
        {"INPUTS": [str(data / "scene.vrt")], "OUTPUT_FOLDER": str(data / "water")},
        {"FOLDER": str(data), "PATTERN": "*.vrt", "OUTPUT_FOLDER": str(data / "new"), "OUTPUT_VRT": str(data / "scene.vrt")},
        {"INPUTS": [str(data / "scene.vrt")], "OUTPUT_FOLDER": str(data / "new.vrt"), "OUTPUT_VRT": str(data / "new.vrt")},
    ):
        for said in said_by("predictmanyrasters", {"MODEL": str(data / "model.json"), "GREEN": 1, "RED": 2, "NIR": 3, **given}):
            assert "choose another" in said or "can't both be written" in said, said
        assert state(data) == before
    results = data / "results"
    results.mkdir()
    done = processing.run(
        "ipeowater:predictmanyrasters",
        {
            "MODEL": str(data / "model.json"),
            "INPUTS": [str(data / "scene.vrt")],
            "GREEN": 1,
            "RED": 2,
            "NIR": 3,
            "OUTPUT_FOLDER": str(results),
            "OUTPUT_VRT": str(results / "all.vrt"),
        },
        feedback=Said(),
    )
    assert done["DONE"] == 1
    assert sorted(os.listdir(results)) == ["all.qml", "all.vrt", "scene.tif"]


# What a person made, as each format holds it.
@pytest.mark.parametrize(
    ("suffix", "name"), spread([".gpkg", ".geojson", ".fgb", ".shp", ".sqlite", ".csv"], ["createtraininglayer", "samplereference"])
)
def test_what_only_a_person_can_make_again_stays(name: str, suffix: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    target = data / f"drawn{suffix}"
    options = {"layerCreationOptions": ["GEOMETRY=AS_WKT"]} if suffix == ".csv" else {}
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="drawn", **options)
    count = sum(layers(target).values())
    before = state(data)
    for said in said_by(name, {**job(name), "OUTPUT": str(target)}):
        # A format that can't keep the layer as it is is refused for that.
        assert f"{target} contains features that only you can redraw (drawn: {count})" in said or "Choose a GeoPackage" in said, said
    assert state(data) == before


# A result of the same kind in less time.
FEW = {"samplepixels": {"MAX_PER_CLASS": 10}, "suggestpolygons": {"COUNT": 2}, "extractwater": {"MIN_AREA": 20000}}
WRITE_LAYERS = [name for name, files in OUTPUTS.items() if files["OUTPUT"].endswith(".gpkg")]
WRITE_RESULTS = [name for name in WRITE_LAYERS if name not in {"createtraininglayer", "samplereference"}]


def test_every_algorithm_says_which_layers_are_its_own() -> None:
    """Without its fields, an algorithm that writes a layer would replace anything."""
    for algorithm in algorithms():
        vectors = [output for output in algorithm.destinationParameterDefinitions() if output.type() in VECTOR_OUTPUTS]
        assert len(vectors) == (algorithm.FIELDS is not None), algorithm.name()


@pytest.mark.parametrize(("suffix", "name"), spread([".gpkg", ".geojson", ".shp", ".csv", ".kml", ".gml"], WRITE_RESULTS))
def test_a_result_replaces_what_a_run_has_made_and_nothing_else(
    name: str, suffix: str, data: Path, job: Callable[[str], dict[str, Any]]
) -> None:
    """Drawn areas stay, and so does a result that somebody filled in; as it was written it is replaced."""
    target = data / f"layer{suffix}"
    # By its name alone GDAL 3.13 can't write a GML file.
    options = {".csv": {"layerCreationOptions": ["GEOMETRY=AS_WKT"]}, ".gml": {"format": "GML"}}.get(suffix, {})
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="layer", dstSRS="EPSG:4326", **options)
    before, given = state(data), {**job(name), **FEW.get(name, {}), "OUTPUT": str(target)}
    for said in said_by(name, given):
        assert "not an earlier result of this plugin (layer: " in said or "Choose a GeoPackage" in said, said
    assert state(data) == before
    for path in data.glob("layer.*"):
        path.unlink()
    try:
        for _ in range(2):
            processing.run(f"ipeowater:{name}", given, feedback=Said())
    except QgsProcessingException as error:
        # Samples aren't kept in a format that changes them.
        assert "GeoPackage" in str(error)
        return
    filled = data / f"filled{suffix}"
    gdal.VectorTranslate(
        str(filled), str(target), SQLStatement="SELECT *, 'seen' AS remark FROM layer", SQLDialect="SQLITE", layerName="filled", **options
    )
    before = state(data)
    for said in said_by(name, {**given, "OUTPUT": str(filled)}):
        assert "not an earlier result of this plugin (filled: " in said, said
    assert state(data) == before


@pytest.mark.parametrize("suffix", [".gpkg", ".csv"])
def test_samples_with_further_bands_are_replaced_by_the_next_ones(suffix: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """Their fields are no remarks of a person's."""
    image = str(data / "five.tif")
    gdal.Translate(image, str(data / "image.tif"), bandList=[1, 2, 3, 1, 2])
    roles = {"GREEN": 1, "RED": 2, "NIR": 3}
    given = {**job("samplepixels"), **roles, "INPUT": image, "OUTPUT": str(data / f"further{suffix}")}
    for further in ("4;5", "4;5", "5", ""):
        processing.run("ipeowater:samplepixels", {**given, "EXTRA_BANDS": further}, feedback=Said())


@pytest.mark.parametrize("name", WRITE_RESULTS)
def test_a_table_that_no_run_has_made_stays(name: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """Points that somebody labelled, in a database: and beside them, a result comes and is made again."""
    target = data / "project.gpkg"
    processing.run("ipeowater:samplereference", {**job("samplereference"), "COUNT": 10, "OUTPUT": str(target)}, feedback=Said())
    gdal.OpenEx(str(target), gdal.OF_VECTOR | gdal.OF_UPDATE).ExecuteSQL("UPDATE project SET class = 1")
    before = state(data)
    for said in said_by(name, {**job(name), "OUTPUT": f"ogr:dbname='{target}' table=\"project\" (geom)"}):
        assert "not an earlier result of this plugin (project: 10)" in said
    assert state(data) == before
    given = {**job(name), **FEW.get(name, {}), "OUTPUT": f"ogr:dbname='{target}' table=\"new\" (geom)"}
    for _ in range(2):
        processing.run(f"ipeowater:{name}", given, feedback=Said())
    assert layers(target)["project"] == 10
    assert layers(target)["new"] > 0


def test_a_model_or_report_replaces_no_layer(data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    target = data / "areas.json"
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), format="GeoJSON", layerName="areas")
    before = state(data)
    for said in said_by("trainlogisticregression", {**job("trainlogisticregression"), "OUTPUT": str(target)}):
        assert "contains features that only you can redraw (areas: " in said
    assert state(data) == before


PAGE, SPARSE = "\n<!doctype html><title>Thesis</title>", '<VRTDataset rasterXSize="9" rasterYSize="9"/>'
# By the ending of a file: what somebody else wrote there.
FOREIGN = {".html": PAGE, ".json": '\ufeff[{"type": "settings"}]', ".vrt": SPARSE, ".csv": "one line of notes on the lake", ".txt": "notes"}


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, files in sorted(OUTPUTS.items()) for key, file in files.items() if Path(file).suffix in FOREIGN]
    + [("assessaccuracy", "OUTPUT"), ("watertimeseries", "OUTPUT"), ("predictmanyrasters", "OUTPUT_VRT"), ("checksetup", "OUTPUT")],
)
def test_what_somebody_else_wrote_stays(name: str, key: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """A page, settings, a virtual raster or notes under the name of a result; a result is replaced by the next one."""
    suffix = Path(ALGORITHMS[name].outputs[key]).suffix
    suffix = suffix if suffix in FOREIGN else ".csv"
    folder = data / "results"
    (folder / "maps").mkdir(parents=True)
    given = {**job(name), **FEW.get(name, {}), **{other: str(folder / file) for other, file in ALGORITHMS[name].outputs.items()}}
    if name == "predictmanyrasters":
        given |= {"OUTPUT_FOLDER": str(folder / "maps"), "INPUTS": [job("predictwaterprobability")["INPUT"]]}
    target = Path(given[key]).with_suffix(suffix)
    given[key] = str(target)
    target.write_text(FOREIGN[suffix], encoding="utf-8")
    before = state(data)
    for said in said_by(name, given):
        assert str(target) in said
        assert "isn't a result of this plugin" in said or "not an earlier result of this plugin" in said, said
    assert state(data) == before
    target.unlink()
    # Training again and again takes time, and writes the files of others.
    for _ in range(0 if name == "mapwater" else 2):
        processing.run(f"ipeowater:{name}", given, feedback=Said())


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
@pytest.mark.parametrize("name", WRITE_LAYERS)
def test_what_may_hold_features_and_cant_be_read_stays(name: str, suffix: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    target = data / f"drawn{suffix}"
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="drawn")
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    before = state(data)
    for said in said_by(name, {**job(name), "OUTPUT": str(target)}):
        assert "may contain features that only you can redraw" in said or "Choose a GeoPackage" in said, said
    assert state(data) == before


@pytest.mark.parametrize("name", ["createtraininglayer", "samplereference"])
def test_an_empty_layer_may_be_made_again(name: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    target = data / "drawn.gpkg"
    for _ in range(2):
        processing.run("ipeowater:createtraininglayer", {**job("createtraininglayer"), "OUTPUT": str(target)}, feedback=Said())
    processing.run(f"ipeowater:{name}", {**job(name), "OUTPUT": str(target)}, feedback=Said())
    # Another layer of the database counts as well, also while it is empty: its fields and style are somebody's.
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="roads", accessMode="update")
    empty = data / "empty.gpkg"
    gdal.VectorTranslate(str(empty), str(data / "areas.gpkg"), layerName="roads", where="1 = 0")
    before = state(data)
    for file, words in ((target, "contains features that only you can redraw"), (empty, "contains other layers")):
        for said in said_by(name, {**job(name), "OUTPUT": str(file)}):
            assert words in said
            assert "roads" in said
    assert state(data) == before


@pytest.mark.parametrize("name", ["createtraininglayer", "samplereference"])
def test_a_table_with_features_stays(name: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """Save to GeoPackage: beside other layers a new one is fine."""
    target, table = data / "areas.gpkg", next(iter(layers(data / "areas.gpkg")))
    before, held = state(data), layers(target)
    for said in said_by(name, {**job(name), "OUTPUT": f"ogr:dbname='{target}' table=\"{table}\" (geom)"}):
        assert f"contains features that only you can redraw ({table}: {held[table]})" in said
    assert state(data) == before


@pytest.mark.parametrize("name", WRITE_LAYERS)
def test_other_layers_of_a_database_stay(name: str, data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    target = data / "project.gpkg"
    for layer in ("roads", "project"):
        mode = {"accessMode": "update"} if target.exists() else {}
        gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName=layer, **mode)
    before = state(data)
    for said in said_by(name, {**job(name), "OUTPUT": str(target)}):
        assert "roads" in said
        assert "choose another name" in said
    assert state(data) == before


def test_a_result_is_replaced_by_the_next(data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """It is what a run makes again, form and style of QGIS included."""
    target = data / "result.gpkg"
    for turn in range(2):
        processing.run("ipeowater:samplepixels", {**job("samplepixels"), "MAX_PER_CLASS": 10, "OUTPUT": str(target)}, feedback=Said())
        layer = QgsVectorLayer(f"{target}|layername=result", "result", "ogr")
        # Of a second style of the same name, which stays with the result, QGIS would ask in a dialog whether to replace it.
        assert layer.saveStyleToDatabase(f"mine {turn}", "", True, "") == ""
        assert layer.featureCount() == 20
        layer = None
        # A field in which nobody wrote anything, and what a format adds, don't make it a person's work.
        base = gdal.OpenEx(str(target), gdal.OF_VECTOR | gdal.OF_UPDATE)
        for sql in ("ADD COLUMN remark TEXT", "ADD COLUMN id INTEGER"):
            base.ExecuteSQL(f"ALTER TABLE result {sql}")
        base.ExecuteSQL("UPDATE result SET id = fid, remark = CASE fid WHEN 1 THEN ' ' END")
        base = None


def test_projects_in_a_geopackage_stay(data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    target = data / "result.gpkg"
    samples = {**job("samplepixels"), "MAX_PER_CLASS": 10, "OUTPUT": str(target)}
    processing.run("ipeowater:samplepixels", samples, feedback=Said())
    project, name = QgsProject(), f"geopackage:{target}?projectName=mine"
    project.addMapLayer(QgsVectorLayer(f"{target}|layername=result", "result", "ogr"))
    assert project.write(name)
    project.clear()
    processing.run("ipeowater:samplepixels", {**samples, "MAX_PER_CLASS": 5}, feedback=Said())
    assert layers(target)["result"] == 10
    assert project.read(name)
    assert len(project.mapLayers()) == 1


def test_tables_that_nobody_registered_stay_in_sight(data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """A view is listed as long as no table of attributes is registered, such as that of the styles."""
    target = data / "project.gpkg"
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="roads")
    gdal.OpenEx(str(target), gdal.OF_VECTOR | gdal.OF_UPDATE).ExecuteSQL("CREATE VIEW some AS SELECT * FROM roads")
    held = layers(target)
    processing.run(
        "ipeowater:extractwater", {**job("extractwater"), "OUTPUT": f"ogr:dbname='{target}' table=\"water\" (geom)"}, feedback=Said()
    )
    assert {name: count for name, count in layers(target).items() if name != "water"} == held
    found, *_ = QgsVectorLayer(f"{target}|layername=water", "water", "ogr").listStylesInDatabase()
    assert found == 1


def test_a_table_that_nobody_registered_counts_beside_one_that_is(data: Path) -> None:
    target = data / "project.gpkg"
    gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="roads")
    base = gdal.OpenEx(str(target), gdal.OF_VECTOR | gdal.OF_UPDATE)
    base.CreateLayer("registered", None, ogr.wkbNone, ["ASPATIAL_VARIANT=GPKG_ATTRIBUTES"])
    base.ExecuteSQL("CREATE TABLE notes (id INTEGER PRIMARY KEY, remark TEXT)")
    base = None
    assert guard.layers_in(str(target)).keys() == {"roads", "registered", "notes"}


def test_a_table_on_a_server_has_one_name() -> None:
    """QGIS writes its provider in two ways."""
    context = QgsProcessingContext()
    algorithm = next(each for each in algorithms() if each.name() == "extractwater")
    found = {
        next(guard.destinations(algorithm, {"OUTPUT": f'{provider}:dbname=\'x\' host=h port=5432 table="s"."t" (geom)'}, context)).server
        for provider in ("postgres", "postgis", "POSTGRES")
    }
    assert len(found) == 1
    assert "" not in found


def test_features_that_are_drawn_while_a_run_goes_on(data: Path, job: Callable[[str], dict[str, Any]]) -> None:
    """They are looked for once more before the layer takes its place."""
    target = data / "points.gpkg"

    class Drawing(Said):
        def __init__(self) -> None:
            super().__init__()
            self.progressChanged.connect(self._draw)

        def _draw(self, percent: float) -> None:
            if percent > 1 and not target.exists():
                gdal.VectorTranslate(str(target), str(data / "areas.gpkg"), layerName="points")

    with pytest.raises(Exception, match="contains features that only you can redraw"):
        processing.run("ipeowater:samplereference", {**job("samplereference"), "OUTPUT": str(target)}, feedback=Drawing())
    assert sum(layers(target).values()) > 0


def test_through_qgis_process(data: Path, tmp_path: Path) -> None:
    program, environment = qgis_process(tmp_path)
    before = state(data)
    given = {"INPUT": data / "image.tif", "POLYGONS": data / "areas.gpkg", "CLASS_FIELD": "class", "OUTPUT": data / "areas.gpkg"}
    command = [program, "run", "ipeowater:samplepixels", "--", *(f"{key}={value}" for key, value in given.items())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "choose another name" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert state(data) == before


def test_core_without_qgis(data: Path) -> None:
    """The same for a script that uses core alone."""
    gdal.BuildVRT(str(data / "scene.vrt"), [str(data / "image.tif")])
    gdal.Translate(str(data / "mask.tif"), str(data / "image.tif"), bandList=[1])
    before = state(data)
    for destination, chosen in ((data / "image.tif", {}), (data / "mask.tif", {"mask_raster": str(data / "mask.tif")})):
        with pytest.raises(scenes.WaterError, match="choose another name for the result"):
            scenes.run(data / "scene.vrt", destination, **chosen)
    assert state(data) == before
