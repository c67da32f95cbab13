"""Databases of several tables: whether others work in one, and a table put into it in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from osgeo import gdal, ogr

from ..core.errors import RasterError, WaterError
from ..core.progress import Progress, raise_if_cancelled
from ..core.raster.gdal_errors import GdalErrors
from ..core.translation import tr
from .schema import Target

# Name under which the plugin's own style is stored.
STYLE_NAME = "IPEO Water"

# Features between two looks at whether the user cancelled.
_CHECK_EVERY = 1024


def holds_more(target: Target) -> bool:
    """Whether a GeoPackage keeps projects or styles of the user's own: the layer is put into it, since another file would have none."""
    if target.driver != "GPKG" or not target.path.is_file():
        return False
    with contextlib.suppress(RasterError, KeyError), GdalErrors("", strict=False) as errors:
        base = errors.check(gdal.OpenEx(str(target.path), gdal.OF_VECTOR, open_options=["LIST_ALL_TABLES=YES"]))
        styles, projects = map(base.GetLayerByName, ("layer_styles", "qgis_projects"))
        return projects is not None or (styles is not None and any(feature["styleName"] != STYLE_NAME for feature in styles))
    return False


def is_open(target: Target) -> bool:
    """Whether somebody has a database open, QGIS for example, so that the layer is put into it rather than another file in its place.

    SQLite's log or journal would be taken for the other file's, and spoil it.

    Raises:
        WaterError: somebody works on it.
    """
    log, journal = (Path(f"{target.path}{suffix}") for suffix in ("-wal", "-journal"))
    idle = not (log.exists() or journal.exists()) or _settle(target.path, journal)
    opened = log.exists()
    if not idle or (opened and not _can_insert(target)):
        msg = tr(
            "{destination} is in use, in QGIS or by another program: save the edits and remove its layer from the project, close other "
            "programs that use it, or choose another name."
        ).format(destination=target.path)
        raise WaterError(msg)
    return opened


def _can_insert(target: Target) -> bool:
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


def insert(source: Path, target: Target, progress: Progress) -> None:
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
                _copy_features(made.GetLayerByName(target.name), base.GetLayerByName(target.name), errors, progress, with_ids=False)
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
    _copy_features(layer, new, errors, progress, with_ids=True)
    return new


def _copy_features(layer: ogr.Layer, into: ogr.Layer, errors: GdalErrors, progress: Progress, *, with_ids: bool) -> None:
    """Copy features in the CRS of the other layer, with their ids, or with new ones after those that are there."""
    own, other = layer.GetSpatialRef(), into.GetSpatialRef()
    moved = own is not None and other is not None and not own.IsSame(other)
    for number, feature in enumerate(layer):
        if number % _CHECK_EVERY == 0:
            raise_if_cancelled(progress)
        copy = ogr.Feature(into.GetLayerDefn())
        errors.check(copy.SetFrom(feature))
        copy.SetFID(feature.GetFID() if with_ids else ogr.NullFID)
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
        if feature["styleName"] == STYLE_NAME:
            errors.check(styles.DeleteFeature(feature.GetFID()))
        elif feature["useAsDefault"]:
            default = 0
    for feature in made.GetLayerByName("layer_styles"):
        copy = ogr.Feature(styles.GetLayerDefn())
        errors.check(copy.SetFrom(feature))
        copy["useAsDefault"] = default
        errors.check(styles.CreateFeature(copy))
