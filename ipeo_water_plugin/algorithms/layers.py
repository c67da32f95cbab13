"""Writing vector layers: a file or a table of a database appears whole or not at all; what can't be held to that is refused."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateTransformContext,
    QgsDataSourceUri,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import InputError, RasterError, WaterError
from ..core.progress import Progress, raise_if_cancelled
from ..core.raster.collisions import siblings
from ..core.raster.gdal_errors import GdalErrors, file_list
from ..core.system.files import FileTransaction, refuse_protected, temporary_beside
from ..core.translation import tr
from .base import Values, refuse_loss_at
from .databases import STYLE_NAME, holds_more, insert, is_open
from .formats import count_features, create_file, fill, losses_of, placeless
from .guard import appended_to, is_appended, layers_in, refuse_overwriting
from .layervalues import OWN_LAYERS
from .schema import NewLayer, Schema, Target
from .styles import when_loaded

# What SQLite takes for an encoded character.
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")

# How no table's name may begin.
_RESERVED = {"GPKG": ("gpkg", "sqlite_"), "SQLite": ("sqlite_",)}

# What SQLite keeps beside a database that is open.
_JOURNALS = ("-wal", "-shm", "-journal")


def check_destination(values: Values, key: str, schema: Schema) -> None:
    """Refuse, before the work, a destination that can't store a layer completely.

    Args:
        values: of the run.
        key: the parameter that names the destination.
        schema: of the layer.

    Raises:
        WaterError: the destination is refused.
    """
    target, _ = _target(values, key)
    if target is None:
        return
    # First what would be lost, then what the format can't store.
    refuse_overwriting(values.algorithm, values.parameters, values.context)
    temporary_beside(target.path, "")
    if target.appended:
        _refuse_other_fields(target, schema)
    else:
        _refuse_without_transactions(target)
        _refuse_other_table(target)
    context = values.context.transformContext()
    losses = losses_of(target, schema, context)
    if losses and schema.kept and not (schema.table and losses == [placeless()]):
        raise InputError(_in_words(losses, target, schema, context))


def _in_words(losses: Sequence[str], target: Target, schema: Schema, context: QgsCoordinateTransformContext) -> str:
    """Say what a format loses of a layer, and what keeps it."""
    advice = tr("Choose a GeoPackage (.gpkg).")
    if losses_of(replace(target, path=target.path.with_suffix(".gpkg"), driver="GPKG"), schema, context):
        advice = tr("GDAL takes this CRS for another one, in a GeoPackage too: reproject the image to a CRS with an EPSG code first.")
    text = tr("{destination} doesn't keep the layer as it is: {losses}. {advice}")
    return text.format(destination=target.path, losses="; ".join(losses), advice=advice)


def write_layer(values: Values, key: str, layer: NewLayer, progress: Progress, transaction: FileTransaction | None = None) -> str:
    """Write a layer to the destination of a run; a GeoPackage also stores its style and form.

    Args:
        values: of the run.
        key: the parameter that names the destination.
        layer: what to write.
        progress: receives the share of the features written.
        transaction: publishes the layer together with its other files; None = at once.

    Returns:
        The layer's source, or its id if it is in memory.

    Raises:
        WaterError: the layer can't be written; an earlier file or table is untouched.
        CancelledError: the user cancelled.
    """
    target, notes = _target(values, key)
    if target is None:
        refuse_loss_at(values, key)
        schema = layer.schema
        sink, source = values.algorithm.parameterAsSink(values.parameters, key, values.context, schema.fields, schema.geometry, schema.crs)
        if sink is None:
            msg = tr("The layer can't be created: choose another destination.")
            raise WaterError(msg)
        fill(sink, layer, source, progress)
    else:
        source = target.source
        with contextlib.ExitStack() as stack:
            into = transaction or stack.enter_context(FileTransaction())
            _write(target, layer, values.context.transformContext(), progress, into)
            # Features may have been added since the run began.
            refuse_loss_at(values, key)
            # Those of a small table are written between two questions.
            raise_if_cancelled(progress)
        # QGIS is only now given the result, with a source that it can open.
        for details in notes.layersToLoadOnCompletion().values():
            values.context.addLayerToLoadOnCompletion(source, details)
    if layer.style is not None:
        when_loaded(source, values.context, layer.style)
    return source


def _target(values: Values, key: str) -> tuple[Target | None, QgsProcessingContext]:
    """Return where a layer is written, None for memory, and a context that records whether QGIS should load it."""
    notes = QgsProcessingContext()
    notes.copyThreadSafeSettings(values.context)
    given = values.algorithm.parameterAsOutputLayer(values.parameters, key, notes)
    chosen = values.parameters.get(key)
    options = chosen.createOptions if isinstance(chosen, QgsProcessingOutputLayerDefinition) else {}
    if not given:
        msg = tr("{parameter}: no file is given. Choose one, such as a GeoPackage (.gpkg).").format(parameter=values.label(key))
        raise InputError(msg)
    if is_appended(chosen):
        if not values.algorithm.parameterDefinition(key).supportsAppend():
            msg = tr("Features can't be appended to an existing layer: choose a new one.")
            raise InputError(msg)
        _refuse_mapping(chosen)
        return _layer_to_append_to(given), notes
    # As QGIS itself reads destinations; a single letter is a drive of Windows.
    provider, separator, uri = given.partition(":") if re.match(r"\w{3,}:", given) else ("ogr", "", given)
    if provider == "memory":
        return None, notes
    if provider != "ogr":
        msg = tr("{provider} databases can't be written in one transaction: choose a GeoPackage, and import it.").format(provider=provider)
        raise InputError(msg)
    parts = QgsDataSourceUri(uri) if separator else QgsDataSourceUri()
    path = Path(parts.database() or uri)
    driver = QgsVectorFileWriter.driverForExtension(path.suffix)
    if not driver:
        msg = tr("{destination} doesn't have the extension of a vector format that QGIS can write: choose a GeoPackage (.gpkg).")
        raise InputError(msg.format(destination=path))
    if driver == "GPKG" and _ENCODED.search(str(path)):
        msg = tr("{destination}: QGIS can't open a GeoPackage with a percent sign and two digits in its path. Choose another name.")
        raise InputError(msg.format(destination=path))
    name = parts.table() or path.stem
    if name.casefold() in OWN_LAYERS or name.casefold().startswith(_RESERVED.get(driver, ())):
        msg = tr("{name} is reserved by QGIS or the file format: choose another name for the layer.").format(name=name)
        raise InputError(msg)
    encoding = str(options.get("fileEncoding") or "UTF-8")
    return Target(path, driver, name, encoding, bool(parts.table())), notes


def _layer_to_append_to(text: str) -> Target:
    """Return an existing layer as a target; one of a GeoPackage alone is accepted."""
    file, name = appended_to(text)
    names = [name] if name else list(layers_in(file) or {})
    if QgsVectorFileWriter.driverForExtension(Path(file).suffix) != "GPKG" or len(names) != 1 or names[0] not in (layers_in(file) or {}):
        msg = tr("{destination}: features can only be appended to a layer of a GeoPackage (.gpkg).").format(destination=text)
        raise InputError(msg)
    return Target(Path(file), "GPKG", names[0], "UTF-8", named=True, appended=True)


def _refuse_mapping(chosen: QgsProcessingOutputLayerDefinition) -> None:
    """Refuse to fill fields of the layer from other ones, or by expressions, as QGIS lets one choose for its own algorithms."""
    for field, source in chosen.remappingDefinition().fieldMap().items():
        if source.isActive() and source.asExpression().strip('"').casefold() != field.casefold():
            msg = tr("Samples go into the fields of their own names, and {field} is to be filled with {source}: append without a mapping.")
            raise InputError(msg.format(field=field, source=source.asExpression()))


def _refuse_other_fields(target: Target, schema: Schema) -> None:
    """Refuse to append to a layer that lacks fields, would round or cut what goes into one, or has geometries of another type."""
    layer = QgsVectorLayer(target.source, "", "ogr")
    missing = [name for name in schema.fields.names() if layer.fields().lookupField(name) < 0]
    if missing:
        msg = tr("{destination} lacks the fields {names}: append to a layer that this algorithm wrote, for the same bands.")
        raise InputError(msg.format(destination=target.source, names=", ".join(missing)))
    whole = {QMetaType.Type.Int, QMetaType.Type.LongLong}
    for field in schema.fields:
        own = layer.fields().field(layer.fields().lookupField(field.name()))
        fitting = whole if field.type() == QMetaType.Type.Int else {field.type()}
        if own.type() not in fitting or 0 < own.length() < schema.longest:
            msg = tr(
                "The field {name} of {destination} can't hold the values, as it has the type {type}: append to a layer that "
                "this algorithm wrote."
            )
            raise InputError(msg.format(name=own.name(), destination=target.source, type=own.displayType()))
    if layer.geometryType() != QgsWkbTypes.geometryType(schema.geometry):
        msg = tr("{destination} holds other geometries: append to a layer that this algorithm wrote.").format(destination=target.source)
        raise InputError(msg)


def _refuse_without_transactions(target: Target) -> None:
    """Refuse to write a table of a file that can't take it in one transaction."""
    if not target.table:
        return
    try:
        with GdalErrors("", strict=False) as errors:
            whole = errors.check(gdal.OpenEx(str(target.path), gdal.OF_VECTOR)).TestCapability(ogr.ODsCTransactions)
    except RasterError:
        whole = False
    if not whole:
        msg = tr("{destination} can't be written in one transaction: choose a GeoPackage (.gpkg).").format(destination=target.path)
        raise InputError(msg)


def _refuse_other_table(target: Target) -> None:
    """Refuse the name of a table that isn't the layer to be replaced: one of other case, which is the same to SQLite, or a raster."""
    for name, count in (layers_in(str(target.path)) or {}).items() if target.table else ():
        if name.casefold() == target.name.casefold() and (name != target.name or count < 0):
            msg = tr("{destination} has a table {table} already, which the layer {layer} can't replace: choose another name.")
            raise InputError(msg.format(destination=target.path, table=name, layer=target.name))


def _write(
    target: Target, layer: NewLayer, context: QgsCoordinateTransformContext, progress: Progress, transaction: FileTransaction
) -> None:
    """Write aside, look it over and hand it over."""
    is_open(target)
    losses = losses_of(target, layer.schema, context)
    if losses:
        progress.warn(_in_words(losses, target, layer.schema, context))
    temporary = transaction.scratch_folder(target.path) / target.path.name
    incomplete = tr("{destination} can't be written completely (check whether the disk is full)").format(destination=target.path)
    with GdalErrors(incomplete):
        create_file(temporary, target, layer, context, progress)
    files = sorted(entry for entry in temporary.parent.iterdir() if not entry.name.endswith(_JOURNALS))
    if count_features(temporary) != layer.count:
        raise WaterError(incomplete + ".")
    if layer.style is not None and target.driver == "GPKG" and not target.appended:
        _store_style(temporary, target, layer.style, progress)
    if target.table or is_open(target) or holds_more(target):
        transaction.add_final_step(lambda: insert(temporary, target, progress))
    elif target.named and len(files) == 1:
        # Another run may make the database first.
        transaction.add(temporary, target.path, otherwise=lambda: insert(temporary, target, progress))
    else:
        _hand_over(files, target.path, transaction)


def _hand_over(files: Sequence[Path], destination: Path, transaction: FileTransaction) -> None:
    """Hand over the file, or the several files of a format such as Shapefile, the one that names the layer last."""
    *others, main = sorted(files, key=lambda file: file.name == destination.name)
    stale = []
    if others and destination.exists():
        with contextlib.suppress(RasterError), GdalErrors("", strict=False) as errors:
            stale = [*map(Path, file_list(errors.check(gdal.OpenEx(str(destination), gdal.OF_VECTOR))))]
        # GDAL doesn't list all of them: not the schema of a GML file.
        stale = [*stale, *(path for path in map(Path, siblings(str(destination))) if path.exists())]
        stale = [destination, *dict.fromkeys(path for path in stale if path != destination and path.parent == destination.parent)]
    for file in others:
        place = destination.with_name(file.name)
        refuse_protected(place)
        if place.exists() and place not in stale:
            msg = tr("{file} would be overwritten by {destination}, which consists of several files: choose another name.")
            raise WaterError(msg.format(file=place, destination=destination))
    for file in (*others, main):
        # Until the last of the new files stands, the layer isn't there at all, rather than half of it.
        transaction.add(file, destination.with_name(file.name), stale)
        stale = []


def _store_style(path: Path, target: Target, style: Callable[[QgsVectorLayer], object], progress: Progress) -> None:
    """Store style and form in a GeoPackage, for whoever opens it."""
    layer = QgsVectorLayer(f"{path}|layername={target.name}", target.name, "ogr")
    style(layer)
    problem = layer.saveStyleToDatabase(STYLE_NAME, "", True, "")
    if problem:
        progress.warn(tr("The style couldn't be stored in {destination}: {problem}").format(destination=target.path, problem=problem))
