"""What a run may overwrite: nothing that it reads, no features that only a person can redraw, no other layers of a database."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal, ogr
from qgis.core import (
    QgsDataSourceUri,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QUrl

from ..core.archives.stack import MADE_BY
from ..core.errors import InputError
from ..core.raster.collisions import files_behind, refuse_collisions
from ..core.raster.completeness import is_endless
from ..core.translation import tr
from .layervalues import OWN_LAYERS, layer_of, names_in, plain, project_layers_using, shown_name

# Parameters that name no data, whatever their text may look like.
_SCALARS = {
    *("band", "boolean", "color", "crs", "datetime", "distance", "duration", "enum"),
    *("expression", "field", "number", "range", "string"),
}
_VECTORS = {"sink", "vectorDestination"}
_FOLDER = "folderDestination"
# Fields of samples begin so for bands other than green, red and near infrared.
EXTRA = "x_"
# What GML and KML add to the fields of a layer, and fill in.
_OF_A_FORMAT = {
    *("fid", "gml_id", "id", "timestamp", "begin", "end", "altitudemode", "tessellate", "extrude", "visibility", "draworder", "icon")
}
# Files other than layers, by extension: the characters with which one of that kind may begin (b"" = any), and of which texts each that this
# plugin wrote holds one.
_WRITTEN = {
    ".html": (b"<", (b'content="IPEO Water ',)),
    ".json": (b"{[", (b'"ipeo-water-model"',)),
    ".vrt": (b"<", (b"IPEO_WATER", MADE_BY.encode())),
    ".txt": (b"", (b"IPEO Water",)),
}
_NOWHERE = (QgsProcessing.TEMPORARY_OUTPUT, "memory:")

# How QGIS names a table: the provider, a colon, its URI. A letter before a colon is a drive of Windows.
_PROVIDER = re.compile(r"^(\w{3,}):(.*)$", re.DOTALL)
_SERVERS = {"postgres", "postgis", "mssql", "oracle", "hana"}


@dataclass(frozen=True)
class Destination:
    """Where an output goes.

    Attributes:
        key: of the parameter.
        file: that is written; "" for a table on a server.
        vector: whether it is a vector layer.
        folder: whether it is a folder of files.
        table: in the file or on a server, next to others that are kept; "" if the file is replaced.
        server: identifies a table on a server; "" for a file.
        appended: whether features are added to the table, which keeps its own.
    """

    key: str
    file: str
    vector: bool
    folder: bool = False
    table: str = ""
    server: str = ""
    appended: bool = False


def is_appended(value: object) -> bool:
    """Return whether a destination is a layer to which features are added."""
    return isinstance(value, QgsProcessingOutputLayerDefinition) and value.useRemapping()


def appended_to(text: str) -> tuple[str, str]:
    """Return the file of a layer to which features are added, and the layer's name there, "" if the text has none."""
    parts = QgsProviderRegistry.instance().decodeUri("ogr", text)
    return str(parts.get("path") or ""), str(parts.get("layerName") or "")


def destinations(algorithm: QgsProcessingAlgorithm, parameters: dict, context: QgsProcessingContext) -> Iterator[Destination]:
    """Yield the destinations of a run, except temporary ones, which overwrite nothing."""
    for definition in algorithm.destinationParameterDefinitions():
        value = _value(definition, parameters)
        for text in plain(value, context):
            if isinstance(text, str) and is_appended(value):
                file, table = appended_to(text)
                yield Destination(definition.name(), file, True, table=table, appended=True)
            elif isinstance(text, str) and not text.startswith(_NOWHERE):
                yield _destination(definition, text)


def _value(definition: QgsProcessingParameterDefinition, parameters: dict) -> object:
    return parameters.get(definition.name(), definition.defaultValue())


def _destination(definition: QgsProcessingParameterDefinition, text: str) -> Destination:
    key, vector = definition.name(), definition.type() in _VECTORS
    if text.startswith("file:"):
        text = QUrl(text).toLocalFile()
    named = _PROVIDER.match(text) if vector else None
    if named is not None:
        provider, uri = named[1].lower(), QgsDataSourceUri(named[2])
        if provider in _SERVERS:
            provider = "postgres" if provider == "postgis" else provider
            return Destination(key, "", True, table=uri.table(), server=_server(provider, uri))
        if uri.database():
            return Destination(key, uri.database(), True, table=uri.table())
    if vector and not QgsVectorFileWriter.driverForExtension(Path(text).suffix):
        # An extension without a format in QGIS becomes part of the name.
        file = text.split("|")[0]
        text = file if QgsVectorFileWriter.driverForExtension(Path(file).suffix) else f"{text}.gpkg"
    return Destination(key, text, vector, definition.type() == _FOLDER)


def _server(provider: str, uri: QgsDataSourceUri) -> str:
    return "/".join([provider, uri.service(), uri.host(), uri.port(), uri.database(), uri.schema() or "public", uri.table()])


def refuse_overwriting(algorithm: QgsProcessingAlgorithm, parameters: dict, context: QgsProcessingContext) -> None:
    """Refuse a run that would overwrite its inputs, another of its outputs, or what can't be recreated.

    Inputs and outputs are those of the algorithm's parameters, so new ones are guarded automatically.

    Raises:
        InputError: a destination is refused.
    """
    found = list(destinations(algorithm, parameters, context))
    known = getattr(algorithm, "FOLDERS", ())
    inputs = [
        name
        for definition in algorithm.parameterDefinitions()
        if not definition.isDestination() and definition.type() not in _SCALARS and definition.name() not in known
        for name in names_in(_value(definition, parameters), context)
    ]
    folders = [destination.file for destination in found if destination.folder and destination.key not in known]
    refuse_collisions([destination.file for destination in found if destination.file and not destination.folder], inputs, folders)
    _refuse_being_edited(found, context)
    for destination in found:
        if destination.server:
            _refuse_table_read(destination, algorithm, parameters, context)
        refuse_loss(destination, algorithm.replaceable())


def refuse_endless(algorithm: QgsProcessingAlgorithm, parameters: dict, context: QgsProcessingContext) -> None:
    """Refuse inputs that opening would wait for without end.

    Raises:
        InputError: one is a pipe, a socket or a device, or a virtual file over one.
    """
    for definition in algorithm.parameterDefinitions():
        if definition.isDestination() or definition.type() in _SCALARS:
            continue
        for name in plain(_value(definition, parameters), context):
            for file in filter(is_endless, files_behind(name, listed=False) if isinstance(name, str) else ()):
                msg = tr("{parameter}: {file} is a pipe or a device, not a file.").format(parameter=definition.description(), file=file)
                raise InputError(msg)


def _refuse_being_edited(found: list[Destination], context: QgsProcessingContext) -> None:
    """Refuse to replace the file of a layer that is being edited: the edits would be saved into another layer."""
    for layer in _layers_replaced(found, context, lambda layer: layer.isEditable()):
        raise _edited(shown_name(layer))


def watch_edits(found: list[Destination], context: QgsProcessingContext) -> list[str]:
    """Return a list that gets the name of each layer of the project that begins to be edited while a run is about to replace its file."""
    edited: list[str] = []
    for layer in _layers_replaced(found, context, lambda layer: isinstance(layer, QgsVectorLayer)):
        layer.editingStarted.connect(functools.partial(edited.append, shown_name(layer)))
    return edited


def refuse_edited(edited: Sequence[str]) -> None:
    """Refuse to replace the file of a layer that was edited since `watch_edits`.

    Raises:
        InputError: there is one.
    """
    if edited:
        raise _edited(edited[0])


def _layers_replaced(found: list[Destination], context: QgsProcessingContext, wanted: Callable[[QgsMapLayer], bool]) -> list[QgsMapLayer]:
    files = [destination.file for destination in found if destination.vector and Path(destination.file).is_file()]
    return project_layers_using(files, context, wanted) if files else []


def _edited(name: str) -> InputError:
    msg = tr(
        "The layer “{layer}” is being edited, and a result would replace its file: save the edits first, then remove the layer "
        "from the project or choose another name for the result."
    ).format(layer=name)
    return InputError(msg)


def _refuse_table_read(
    destination: Destination, algorithm: QgsProcessingAlgorithm, parameters: dict, context: QgsProcessingContext
) -> None:
    for definition in algorithm.parameterDefinitions():
        for value in () if definition.isDestination() else plain(_value(definition, parameters), context):
            layer = layer_of(value, context)
            if layer is None or _server(layer.providerType(), QgsDataSourceUri(layer.source())) != destination.server:
                continue
            msg = tr("{destination} is the input itself: choose another name for the result.").format(destination=destination.table)
            raise InputError(msg)


def refuse_loss(destination: Destination, results: Sequence[Sequence[str]]) -> None:
    """Refuse to replace what another run can't recreate.

    Args:
        destination: of a run.
        results: fields of the layers that may be replaced, a tuple for each kind; empty = none that contains features.

    Raises:
        InputError: features that no run has made, or other layers than the one to be written, would be lost.
    """
    if destination.folder or destination.appended:
        return
    # Of a text file with a single line, such as notes, that line is taken for the names of fields.
    least = int(destination.file.lower().endswith(".csv"))
    counts = layers_in(
        destination.file, lambda layer: 0 if any(_is_result(layer, fields) for fields in results) else max(layer.GetFeatureCount(), least)
    )
    if destination.table:
        counts = counts and {name: count for name, count in counts.items() if name == destination.table}
    stem, replaceable = Path(destination.file).stem.casefold(), bool(results) and destination.vector
    lost = {name: count for name, count in (counts or {}).items() if count}
    others = [name for name, count in (counts or {}).items() if name.casefold() != stem or count < 0]
    if counts is None and destination.vector:
        text = tr(
            "{destination} already exists and can't be read, so it may contain features that only you can redraw: choose another name "
            "for the new layer, or delete the file first if nobody needs it."
        )
    elif lost and not replaceable:
        text = tr(
            "{destination} contains features that only you can redraw ({layers}): choose another name for the new layer, or delete "
            "the old one first if nobody needs it."
        )
    elif others and destination.vector and not destination.table:
        lost = dict.fromkeys(others, 0)
        text = tr(
            "{destination} contains other layers ({layers}), which would be lost: choose another name for the result, or delete the "
            "file first if nobody needs them."
        )
    elif lost:
        text = tr(
            "{destination} contains features that are not an earlier result of this plugin ({layers}), and that perhaps only you can "
            "redraw: choose another name for the result, or delete the old layer first if nobody needs it."
        )
    else:
        if not destination.vector:
            _refuse_foreign(Path(destination.file))
        return
    raise InputError(text.format(destination=destination.file or destination.table, layers=_listed(lost)))


def _refuse_foreign(file: Path) -> None:
    """Refuse to replace a page, a virtual raster, a JSON file or a text that this plugin didn't write: a result can be made again."""
    start, marks = _WRITTEN.get(file.suffix.lower(), (b"", ()))
    if not marks or not file.is_file():
        return
    content = file.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip()
    of_its_kind = bool(content) and (not start or content[0] in start)
    if of_its_kind and not any(mark in content for mark in marks):
        msg = tr(
            "{destination} already exists and isn't a result of this plugin, so it isn't replaced: choose another name, or delete the file "
            "first if nobody needs it."
        ).format(destination=file)
        raise InputError(msg)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" if count > 0 else name for name, count in counts.items())


def _is_result(layer: ogr.Layer, fields: Sequence[str]) -> bool:
    """Whether a layer has the fields that a run gives it, and nothing in others, which would be what somebody made of it since."""
    definition = layer.GetLayerDefn()
    names = [definition.GetFieldDefn(number).GetName().casefold() for number in range(definition.GetFieldCount())]
    names = [EXTRA if name.startswith(EXTRA) else name for name in names]
    # A shapefile has ten characters of a name.
    known = {spelled: field for field in fields for spelled in (field, field[:10])}
    if not {known.get(name) for name in (*names, EXTRA)} >= set(fields):
        return False
    further = [number for number, name in enumerate(names) if name not in known and name not in _OF_A_FORMAT]
    return not further or not any(
        feature.IsFieldSetAndNotNull(number) and feature.GetFieldAsString(number).strip() for feature in layer for number in further
    )


def layers_in(file: str, count: Callable[[ogr.Layer], int] | None = None) -> dict[str, int] | None:
    """Return the layers of a database and what is counted in each; 0 if nothing is, -1 for rasters.

    A format with a single layer is opened only to count. None = there is something that can't be read.
    """
    try:
        if not Path(file).is_file() or not Path(file).stat().st_size:
            return {}
    except (OSError, ValueError):
        # A name that no file can have is refused later.
        return {}
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        driver = gdal.IdentifyDriverEx(file, gdal.OF_VECTOR | gdal.OF_RASTER)
        if driver is None or not (count or driver.GetMetadataItem("DCAP_MULTIPLE_VECTOR_LAYERS")):
            return None if driver is None else {}
        # A table that isn't registered isn't listed otherwise, once another one is.
        options = ["LIST_ALL_TABLES=YES"] if driver.ShortName == "GPKG" else []
        base = gdal.OpenEx(file, gdal.OF_VECTOR | gdal.OF_RASTER, open_options=options)
        if base is None:
            return _if_in_use(file)
        layers = [base.GetLayer(number) for number in range(base.GetLayerCount())]
        found = {layer.GetName(): count(layer) if count else 0 for layer in layers if layer.GetName() not in OWN_LAYERS}
        if driver.ShortName == "GPKG":
            rasters = base.ExecuteSQL("SELECT table_name FROM gpkg_contents WHERE data_type NOT IN ('features', 'attributes')")
            found.update({row.GetField(0): -1 for row in rasters or ()})
            base.ReleaseResultSet(rasters)
    except RuntimeError:
        return _if_in_use(file)
    else:
        return found
    finally:
        gdal.PopErrorHandler()


def _if_in_use(file: str) -> dict[str, int] | None:
    """Return no layers for a database that can't be read because another program has it open, which is refused later; else None."""
    return {} if any(Path(f"{file}{suffix}").exists() for suffix in ("-wal", "-journal")) else None
