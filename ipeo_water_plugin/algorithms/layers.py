"""Writing vector layers: a file or a table of a database appears whole or not at all; what can't be held to that is refused."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal, ogr
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDataSourceUri,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsUnitTypes,
    QgsVectorDataProvider,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import InputError, RasterError, WaterError
from ..core.progress import Progress, raise_if_cancelled
from ..core.raster.gdal_errors import GdalErrors
from ..core.system.files import FileTransaction, is_protected, temporary_beside, write_protected
from ..core.translation import tr
from .base import Values, refuse_loss_at
from .guard import appended_to, is_appended, layers_in, refuse_overwriting
from .layervalues import OWN_LAYERS
from .styles import when_loaded

_STYLE = "IPEO Water"
_CHECK_EVERY = 1024

# Geoconcept's lines hold only so many characters, so that larger features can't be read back.
_UNRELIABLE = frozenset({"Geoconcept", "Interlis 1", "Interlis 2"})

# What SQLite takes for an encoded character.
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")

# How no table's name may begin.
_RESERVED = {"GPKG": ("gpkg", "sqlite_"), "SQLite": ("sqlite_",)}

# What SQLite keeps beside a database that is open.
_JOURNALS = ("-wal", "-shm", "-journal")


def make_field(name: str, kind: QMetaType.Type) -> QgsField:
    """Create a field in any version of QGIS: before 3.38 it takes Qt's older enumeration, with the same numbers.

    Args:
        name: of the field.
        kind: of its values.
    """
    known = type(QgsField().type())
    return QgsField(name, kind if isinstance(kind, known) else known(int(kind)))


@dataclass(frozen=True, eq=False)
class Schema:
    """Fields, geometry type and CRS of a layer to write.

    Attributes:
        kept: the plugin reads the layer again, or a person edits it: a format that truncates names or values is refused, while for other
            layers it is only warned of.
        table: the layer is useful without geometries, too.
        drawn: the layer is written without features, for a person to draw them.
        longest: bytes of the longest text.
    """

    fields: QgsFields
    geometry: QgsWkbTypes.Type
    crs: QgsCoordinateReferenceSystem
    kept: bool = False
    table: bool = False
    drawn: bool = False
    longest: int = 1000


@dataclass(frozen=True, eq=False)
class NewLayer:
    """A layer to write.

    Attributes:
        schema: of the layer.
        batches: of features.
        count: number of features.
        style: sets style and form of the written layer.
    """

    schema: Schema
    batches: Iterable[list[QgsFeature]]
    count: int
    style: Callable[[QgsVectorLayer], object] | None = None


@dataclass(frozen=True)
class _Target:
    """Where a layer is written: a file, or a table that was named in a database."""

    path: Path
    driver: str
    name: str
    encoding: str
    named: bool = False
    appended: bool = False

    @property
    def table(self) -> bool:
        """Whether the database is there, which others may have made while a run goes on."""
        return self.named and self.path.exists()

    @property
    def source(self) -> str:
        """The source with which QGIS opens the layer."""
        return f"{self.path}|layername={self.name}" if self.named else str(self.path)


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
        return
    _refuse_without_transactions(target)
    _refuse_other_table(target)
    losses = _losses(target, schema, values.context.transformContext())
    if losses and schema.kept and not (schema.table and losses == [_placeless()]):
        msg = tr("{destination} would not keep the layer as it is: {losses}. Choose a GeoPackage (.gpkg).").format(
            destination=target.path, losses="; ".join(losses)
        )
        raise InputError(msg)


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
        _fill(sink, layer, source, progress)
    else:
        source = target.source
        with contextlib.ExitStack() as stack:
            into = transaction or stack.enter_context(FileTransaction())
            _write(target, layer, values.context.transformContext(), progress, into)
            # Features may have been added since the run began.
            refuse_loss_at(values, key)
        # QGIS is only now given the result, with a source that it can open.
        for details in notes.layersToLoadOnCompletion().values():
            values.context.addLayerToLoadOnCompletion(source, details)
    if layer.style is not None:
        when_loaded(source, values.context, layer.style)
    return source


def _target(values: Values, key: str) -> tuple[_Target | None, QgsProcessingContext]:
    """Return where a layer is written, None for memory, and a context that records whether QGIS should load it.

    Raises:
        InputError: the destination can't be written in one transaction.
    """
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
        msg = tr("{destination} doesn't have the extension of a vector format that QGIS can write: choose a GeoPackage (.gpkg).").format(
            destination=path
        )
        raise InputError(msg)
    if driver == "GPKG" and _ENCODED.search(str(path)):
        msg = tr("{destination}: QGIS can't open a GeoPackage with a percent sign and two digits in its path. Choose another name.").format(
            destination=path
        )
        raise InputError(msg)
    name = parts.table() or path.stem
    if name.casefold() in OWN_LAYERS or name.casefold().startswith(_RESERVED.get(driver, ())):
        msg = tr("{name} is reserved by QGIS or the file format: choose another name for the layer.").format(name=name)
        raise InputError(msg)
    encoding = str(options.get("fileEncoding") or "UTF-8")
    return _Target(path, driver, name, encoding, bool(parts.table())), notes


def _layer_to_append_to(text: str) -> _Target:
    """Return an existing layer as a target.

    Raises:
        InputError: it isn't one of a GeoPackage.
    """
    file, name = appended_to(text)
    names = [name] if name else list(layers_in(file) or {})
    if QgsVectorFileWriter.driverForExtension(Path(file).suffix) != "GPKG" or len(names) != 1 or names[0] not in (layers_in(file) or {}):
        msg = tr("{destination}: features can only be appended to a layer of a GeoPackage (.gpkg).").format(destination=text)
        raise InputError(msg)
    return _Target(Path(file), "GPKG", names[0], "UTF-8", named=True, appended=True)


def _refuse_other_fields(target: _Target, schema: Schema) -> None:
    """Refuse to append to a layer that can't hold the features.

    Raises:
        InputError: it lacks fields, or its geometries are of another type.
    """
    layer = QgsVectorLayer(target.source, "", "ogr")
    missing = [name for name in schema.fields.names() if layer.fields().lookupField(name) < 0]
    if missing:
        msg = tr("{destination} lacks the fields {names}: append to a layer that this algorithm wrote, for the same bands.")
        raise InputError(msg.format(destination=target.source, names=", ".join(missing)))
    if layer.geometryType() != QgsWkbTypes.geometryType(schema.geometry):
        msg = tr("{destination} holds other geometries: append to a layer that this algorithm wrote.").format(destination=target.source)
        raise InputError(msg)


def _refuse_without_transactions(target: _Target) -> None:
    """Refuse to write a table of a file that can't take it in one transaction.

    Raises:
        InputError: it is such a one.
    """
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


def _refuse_other_table(target: _Target) -> None:
    """Refuse the name of a table that isn't the layer to be replaced: one of other case, which is the same to SQLite, or a raster.

    Raises:
        InputError: there is such a table.
    """
    for name, count in (layers_in(str(target.path)) or {}).items() if target.table else ():
        if name.casefold() == target.name.casefold() and (name != target.name or count < 0):
            msg = tr("{destination} has a table {table} already, which the layer {layer} can't replace: choose another name.").format(
                destination=target.path, table=name, layer=target.name
            )
            raise InputError(msg)


def _losses(target: _Target, schema: Schema, context: QgsCoordinateTransformContext) -> list[str]:
    """Try what the format makes of the fields and of values as long as they may get; return what it loses.

    Raises:
        InputError: it can't take the layer at all, or nobody can read it back.
    """
    if target.driver == "GPKG":
        return []
    wanted = {
        QMetaType.Type.QString: "x" * schema.longest,
        QMetaType.Type.Int: 2**31 - 1,
        QMetaType.Type.LongLong: 2**53,
        QMetaType.Type.Double: 1 / 3,
        QMetaType.Type.Bool: True,
    }
    known = {int(kind): value for kind, value in wanted.items()}
    values = [known.get(int(field.type())) for field in schema.fields]
    feature, blank = QgsFeature(), QgsFeature()
    feature.setAttributes(values)
    blank.setAttributes([NULL] * len(values))
    point, kind = QgsGeometry.fromPointXY(_somewhere(schema.crs, context)), QgsWkbTypes.geometryType(schema.geometry)
    if kind != QgsWkbTypes.GeometryType.NullGeometry:
        # As many corners as a shore may have.
        geometry = point if kind == QgsWkbTypes.GeometryType.PointGeometry else point.buffer(1, 1000)
        if QgsWkbTypes.isMultiType(schema.geometry):
            geometry = QgsGeometry.collectGeometry([geometry])
        feature.setGeometry(geometry)
        blank.setGeometry(geometry)
    with tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder:
        path = Path(folder) / f"layer{target.path.suffix}"
        try:
            _create(path, target, NewLayer(schema, [[feature, blank]], 2), context, None)
            layer = QgsVectorLayer(str(path), "", "ogr")
            found = list(layer.getFeatures())
        except WaterError:
            found = []
        if len(found) != 2 or target.driver in _UNRELIABLE:
            msg = tr("Layers of this kind can't be written as {suffix} and read back: choose a GeoPackage (.gpkg).").format(
                suffix=target.path.suffix
            )
            raise InputError(msg)
        losses = list(_differences(schema.fields, values, feature, *found))
        if found[0].hasGeometry() and _moved(feature.geometry(), schema.crs, found[0].geometry(), layer.crs(), context):
            losses.append(tr("its features would lie elsewhere, or in an unknown CRS"))
        if schema.drawn and not losses and not _can_be_drawn_in(Path(folder) / f"empty{target.path.suffix}", target, schema, context):
            losses.append(tr("without features it has no geometry type, field or CRS, or it can't be edited"))
        return losses


def _somewhere(crs: QgsCoordinateReferenceSystem, context: QgsCoordinateTransformContext) -> QgsPointXY:
    """Return a place where a CRS is used, if that is known: some formats reproject."""
    bounds, point = crs.bounds(), QgsPointXY(8, 50)
    if bounds.isEmpty() or bounds.width() > 180:
        return point
    there = QgsPointXY(bounds.xMinimum() + 0.6 * bounds.width(), bounds.yMinimum() + 0.6 * bounds.height())
    try:
        return QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), crs, context).transform(there)
    except QgsCsException:
        return point


def _moved(
    wanted: QgsGeometry,
    crs: QgsCoordinateReferenceSystem,
    found: QgsGeometry,
    found_crs: QgsCoordinateReferenceSystem,
    context: QgsCoordinateTransformContext,
) -> bool:
    """Whether a geometry lies elsewhere once it is read back, by more than a tenth of a metre.

    Args:
        wanted: the geometry.
        crs: of it; where it is unknown, nothing is asked.
        found: as it is read back; it is modified.
        found_crs: of that.
        context: for the transformation between the two.
    """
    if not crs.isValid():
        return False
    try:
        if (
            not found_crs.isValid()
            or found.transform(QgsCoordinateTransform(found_crs, crs, context)) != QgsGeometry.OperationResult.Success
        ):
            return True
    except QgsCsException:
        return True
    tolerance = 1e-6 if crs.mapUnits() == QgsUnitTypes.DistanceUnit.DistanceDegrees else 0.1
    boxes = [(box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()) for box in (wanted.boundingBox(), found.boundingBox())]
    return not all(abs(a - b) <= tolerance for a, b in zip(*boxes))


def _can_be_drawn_in(path: Path, target: _Target, schema: Schema, context: QgsCoordinateTransformContext) -> bool:
    """Whether a layer that is written without features has geometry type, fields and CRS, and takes new features."""
    _create(path, target, NewLayer(schema, (), 0), context, None)
    layer = QgsVectorLayer(str(path), "", "ogr")
    return (
        layer.isValid()
        and layer.geometryType() == QgsWkbTypes.geometryType(schema.geometry)
        and set(schema.fields.names()) <= set(layer.fields().names())
        and layer.crs().isValid()
        and bool(layer.dataProvider().capabilities() & QgsVectorDataProvider.Capability.AddFeatures)
    )


def _differences(fields: QgsFields, values: Sequence[object], wanted: QgsFeature, found: QgsFeature, blank: QgsFeature) -> Iterator[str]:
    names, there = fields.names(), found.fields().names()
    changed = [name for name in names if name not in there]
    if changed:
        yield tr("the format changes or drops the fields {names}").format(names=", ".join(changed))
    for name, value in zip(names, values):
        back = found[name] if name in there else value
        try:
            same = value is None or back == value or abs(float(back) - float(value)) <= abs(float(value)) * 1e-12
        except (TypeError, ValueError):
            same = False
        if not same:
            yield tr("it truncates or changes values of the field {name}").format(name=name)
        elif name in there and blank[name] is not None and blank[name] not in (NULL, ""):
            yield tr("it turns an empty value of the field {name} into {value}").format(name=name, value=blank[name])
    if wanted.hasGeometry() and not found.hasGeometry():
        yield _placeless()


def _placeless() -> str:
    return tr("it drops the geometries")


def _write(
    target: _Target, layer: NewLayer, context: QgsCoordinateTransformContext, progress: Progress, transaction: FileTransaction
) -> None:
    """Write aside, look it over and hand it over."""
    _is_open(target)
    losses = _losses(target, layer.schema, context)
    if losses:
        progress.warn(
            tr("{destination} doesn't keep the layer as it is: {losses}. A GeoPackage (.gpkg) would.").format(
                destination=target.path, losses="; ".join(losses)
            )
        )
    temporary = transaction.scratch_folder(target.path) / target.path.name
    with GdalErrors(tr("{destination} can't be written completely (check whether the disk is full)").format(destination=target.path)):
        _create(temporary, target, layer, context, progress)
    files = sorted(entry for entry in temporary.parent.iterdir() if not entry.name.endswith(_JOURNALS))
    if _count(temporary) != layer.count:
        msg = tr("{destination} can't be written completely: check whether the disk is full.").format(destination=target.path)
        raise WaterError(msg)
    if layer.style is not None and target.driver == "GPKG" and not target.appended:
        _store_style(temporary, target, layer.style, progress)
    if target.table or _is_open(target) or _has_more(target):
        transaction.add_final_step(lambda: _insert(temporary, target, progress))
    elif target.named and len(files) == 1:
        # Another run may make the database first.
        transaction.add(temporary, target.path, otherwise=lambda: _insert(temporary, target, progress))
    else:
        _hand_over(files, target.path, transaction)


def _hand_over(files: Sequence[Path], destination: Path, transaction: FileTransaction) -> None:
    """Hand over the file, or the several files of a format such as Shapefile, the one that names the layer last.

    Raises:
        WaterError: a file of another kind stands in the way.
    """
    *others, main = sorted(files, key=lambda file: file.name == destination.name)
    stale = []
    if others and destination.exists():
        with contextlib.suppress(RasterError), GdalErrors("", strict=False) as errors:
            stale = [Path(name) for name in errors.check(gdal.OpenEx(str(destination), gdal.OF_VECTOR)).GetFileList() or []]
        stale = [destination, *(path for path in stale if path != destination and path.parent == destination.parent)]
    for file in others:
        place = destination.with_name(file.name)
        if is_protected(place):
            raise write_protected(place)
        if place.exists() and place not in stale:
            msg = tr("{file} would be overwritten by {destination}, which consists of several files: choose another name.").format(
                file=place, destination=destination
            )
            raise WaterError(msg)
    for file in (*others, main):
        # Until the last of the new files stands, the layer isn't there at all, rather than half of it.
        transaction.add(file, destination.with_name(file.name), stale)
        stale = []


def _store_style(path: Path, target: _Target, style: Callable[[QgsVectorLayer], object], progress: Progress) -> None:
    """Store style and form in a GeoPackage, for whoever opens it."""
    layer = QgsVectorLayer(f"{path}|layername={target.name}", target.name, "ogr")
    style(layer)
    problem = layer.saveStyleToDatabase(_STYLE, "", True, "")
    if problem:
        progress.warn(tr("The style couldn't be stored in {destination}: {problem}").format(destination=target.path, problem=problem))


def _has_more(target: _Target) -> bool:
    """Whether a GeoPackage keeps projects or styles of the user's own: the layer is put into it, since another file would have none."""
    if target.driver != "GPKG" or not target.path.is_file():
        return False
    with contextlib.suppress(RasterError, KeyError), GdalErrors("", strict=False) as errors:
        base = errors.check(gdal.OpenEx(str(target.path), gdal.OF_VECTOR, open_options=["LIST_ALL_TABLES=YES"]))
        styles, projects = map(base.GetLayerByName, ("layer_styles", "qgis_projects"))
        return projects is not None or (styles is not None and any(feature["styleName"] != _STYLE for feature in styles))
    return False


def _is_open(target: _Target) -> bool:
    """Whether somebody has a database open, QGIS for example, so that the layer is put into it rather than another file in its place.

    SQLite's log or journal would be taken for the other file's, and spoil it.

    Raises:
        WaterError: somebody works on it.
    """
    log, journal = (Path(f"{target.path}{suffix}") for suffix in ("-wal", "-journal"))
    idle = not (log.exists() or journal.exists()) or _settle(target.path, journal)
    is_open = log.exists()
    if not idle or (is_open and not _can_insert(target)):
        msg = tr(
            "{destination} is in use, in QGIS or by another program: save the edits and remove its layer from the project, close other "
            "programs that use it, or choose another name."
        ).format(destination=target.path)
        raise WaterError(msg)
    return is_open


def _can_insert(target: _Target) -> bool:
    try:
        with GdalErrors("") as errors:
            errors.check(gdal.OpenEx(str(target.path), gdal.OF_VECTOR, allowed_drivers=[target.driver]))
    except RasterError:
        return False
    return target.table or target.driver == "GPKG"


def _settle(destination: Path, journal: Path) -> bool:
    """Let SQLite tidy up after a program that was killed, as it does for whoever opens the database next; tell whether nobody writes."""
    try:
        with GdalErrors(str(destination)) as errors:
            base = errors.check(gdal.OpenEx(str(destination), gdal.OF_VECTOR | gdal.OF_UPDATE))
            for statement in ("PRAGMA busy_timeout = 0", "BEGIN IMMEDIATE"):
                base.ReleaseResultSet(base.ExecuteSQL(statement))
    except RasterError:
        # Somebody works on it.
        return False
    # Nobody else may write now, so a journal that is still there is one whose transaction hadn't come as far as the database.
    journal.unlink(missing_ok=True)
    base.ExecuteSQL("ROLLBACK")
    return True


def _count(path: Path) -> int:
    """Read a file through, since a full disk may show nowhere else, and some formats say in their first bytes what their last lack."""
    return len(QgsVectorLayerUtils.getValues(QgsVectorLayer(str(path), "", "ogr"), "1")[0])


def _create(path: Path, target: _Target, layer: NewLayer, context: QgsCoordinateTransformContext, progress: Progress | None) -> None:
    """Write and close: the last features reach the file only when the writer goes."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName, options.fileEncoding = target.driver, target.name, target.encoding
    schema = layer.schema
    writer = QgsVectorFileWriter.create(str(path), schema.fields, schema.geometry, schema.crs, context, options)
    try:
        if writer.hasError():
            msg = tr("{destination} can't be written: {reason}").format(destination=target.path, reason=writer.errorMessage())
            raise WaterError(msg)
        _fill(writer, layer, str(target.path), progress)
    finally:
        # An exception keeps what its frames hold, and with it the file open, until after it should be removed.
        sip.delete(writer)


def _fill(sink: QgsFeatureSink, layer: NewLayer, destination: str, progress: Progress | None) -> None:
    written = 0
    for batch in layer.batches:
        if progress is not None:
            raise_if_cancelled(progress)
        if not sink.addFeatures(batch, QgsFeatureSink.Flag.FastInsert):
            msg = tr("{destination} can't be written ({reason}): check whether the disk is full.").format(
                destination=destination, reason=sink.lastError() or tr("QGIS gives no reason")
            )
            raise WaterError(msg)
        written += len(batch)
        if progress is not None:
            progress.set(written / layer.count)


def _insert(source: Path, target: _Target, progress: Progress) -> None:
    """Copy a finished layer into a database in one transaction, in place of a table of its name, or into that; the others aren't touched.

    Raises:
        WaterError: the database can't be written to; it is as it was.
        CancelledError: the user cancelled; likewise.
    """
    base = None
    try:
        with GdalErrors(
            tr("{destination} can't be written (check whether the disk is full or another program uses it)").format(destination=target.path)
        ) as errors:
            base = errors.check(gdal.OpenEx(str(target.path), gdal.OF_VECTOR | gdal.OF_UPDATE))
            made = errors.check(gdal.OpenEx(str(source), gdal.OF_VECTOR))
            errors.check(base.StartTransaction())
            if target.appended:
                _copy_features(made.GetLayerByName(target.name), base.GetLayerByName(target.name), errors, progress)
            else:
                earlier = [n for n in range(base.GetLayerCount()) if base.GetLayer(n).GetName() == target.name]
                for number in earlier:
                    errors.check(base.DeleteLayer(number))
                _copy(made.GetLayerByName(target.name), base, target.name, errors, progress)
            if made.GetLayerByName("layer_styles") is not None:
                _copy_style(made, base, target.name, errors, progress)
            raise_if_cancelled(progress)
            errors.check(base.CommitTransaction())
    except BaseException:
        if base is not None:
            with contextlib.suppress(RasterError), GdalErrors(""):
                base.RollbackTransaction()
        raise
    finally:
        # An exception's frames would keep the database open.
        base = made = None


def _copy(
    layer: ogr.Layer, base: gdal.Dataset, name: str, errors: GdalErrors, progress: Progress, options: Sequence[str] = ()
) -> ogr.Layer:
    definition = layer.GetLayerDefn()
    new = errors.check(base.CreateLayer(name, layer.GetSpatialRef(), layer.GetGeomType(), options=list(options)))
    for number in range(definition.GetFieldCount()):
        errors.check(new.CreateField(definition.GetFieldDefn(number)))
    _copy_features(layer, new, errors, progress)
    return new


def _copy_features(layer: ogr.Layer, into: ogr.Layer, errors: GdalErrors, progress: Progress) -> None:
    """Copy features with their ids into a new layer, or after those of one in their CRS."""
    kept = into.GetFeatureCount() == 0
    own, other = layer.GetSpatialRef(), into.GetSpatialRef()
    moved = own is not None and other is not None and not own.IsSame(other)
    for number, feature in enumerate(layer):
        if number % _CHECK_EVERY == 0:
            raise_if_cancelled(progress)
        copy = ogr.Feature(into.GetLayerDefn())
        errors.check(copy.SetFrom(feature))
        copy.SetFID(feature.GetFID() if kept else ogr.NullFID)
        if moved and copy.GetGeometryRef() is not None:
            errors.check(copy.GetGeometryRef().TransformTo(other))
        errors.check(into.CreateFeature(copy))


def _copy_style(made: gdal.Dataset, base: gdal.Dataset, name: str, errors: GdalErrors, progress: Progress) -> None:
    """Store the style as the table's default, beside styles of the user's own, of which a default one stays that."""
    styles = base.GetLayerByName("layer_styles")
    if styles is None:
        # Once a table of attributes is registered, GDAL and QGIS no longer list tables and views that aren't.
        registered = errors.check(base.ExecuteSQL("SELECT table_name FROM gpkg_contents"))
        unregistered = base.GetLayerCount() > registered.GetFeatureCount()
        base.ReleaseResultSet(registered)
        variant = "NOT_REGISTERED" if unregistered else "GPKG_ATTRIBUTES"
        _copy(made.GetLayerByName("layer_styles"), base, "layer_styles", errors, progress, [f"ASPATIAL_VARIANT={variant}"])
        return
    default = 1
    for feature in list(styles):
        if feature["f_table_name"] != name:
            continue
        if feature["styleName"] == _STYLE:
            errors.check(styles.DeleteFeature(feature.GetFID()))
        elif feature["useAsDefault"]:
            default = 0
    for feature in made.GetLayerByName("layer_styles"):
        copy = ogr.Feature(styles.GetLayerDefn())
        errors.check(copy.SetFrom(feature))
        copy["useAsDefault"] = default
        errors.check(styles.CreateFeature(copy))
