"""Samples as a layer: the fields class, polygon, scene, green, red, nir and x_NAME, written by sampling and read by training."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from qgis.core import NULL, QgsCoordinateReferenceSystem, QgsFeature, QgsFeatureRequest, QgsFields, QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.PyQt.QtCore import QMetaType

from ..core.bands import ROLES
from ..core.errors import InputError
from ..core.progress import Progress, raise_if_cancelled
from ..core.samples import Samples, Scene, is_truncated
from ..core.translation import format_list, format_some, tr
from .base import Values
from .guard import EXTRA
from .layers import write_layer
from .looks import show_samples
from .schema import NewLayer, Schema, make_feature, make_fields
from .source import LayerSource
from .vectors import read_all

CLASS, POLYGON, SCENE = "class", "polygon", "scene"

_BATCH = 1000
_CHECK_EVERY = 1024


def write_samples(values: Values, key: str, samples: Samples, crs: QgsCoordinateReferenceSystem, progress: Progress) -> str:
    """Write samples as a point layer, and return its source, or its id where it lies in memory.

    Args:
        values: of the run.
        key: the parameter that names the destination.
        samples: with positions.
        crs: of the positions.
        progress: receives the share of the points written.

    Raises:
        WaterError: the layer can't be written.
        CancelledError: the user cancelled.
    """
    layer = NewLayer(samples_schema(samples.names, samples.scenes, crs), _features(samples), len(samples), show_samples)
    return write_layer(values, key, layer, progress)


def samples_schema(names: Sequence[str], scenes: Sequence[Scene], crs: QgsCoordinateReferenceSystem) -> Schema:
    """Return the schema of a layer of samples.

    Args:
        names: of the features of x.
        scenes: that the samples come from.
        crs: of the positions.
    """
    longest = max((len(scene.to_text().encode()) for scene in scenes), default=0)
    fields = {CLASS: QMetaType.Type.Int, POLYGON: QMetaType.Type.LongLong, SCENE: QMetaType.Type.QString}
    fields |= {name if name in ROLES else EXTRA + name: QMetaType.Type.Double for name in names}
    # Training relies on the exact texts and field names.
    return Schema(make_fields(fields), QgsWkbTypes.Type.Point, crs, kept=True, table=True, longest=longest)


def _features(samples: Samples) -> Iterator[QgsFeature]:
    scenes = [scene.to_text() for scene in samples.scenes]
    if samples.position is None:
        msg = "Samples without positions can't be drawn."
        raise ValueError(msg)
    for start in range(0, len(samples), _BATCH):
        rows = slice(start, start + _BATCH)
        columns = (samples.y[rows].astype(int), samples.polygon[rows], samples.scene[rows], samples.X[rows], samples.position[rows])
        for label, polygon, scene, x, position in zip(*(column.tolist() for column in columns)):
            yield make_feature((label, polygon, scenes[scene], *x), QgsGeometry.fromPointXY(QgsPointXY(*position)))


def feature_fields(fields: QgsFields, chosen: Sequence[str]) -> list[str]:
    """Check and return the fields that make up x: those chosen, or green, red, nir and every x_… of the layer.

    Args:
        fields: of the layer.
        chosen: names; empty = the default.

    Raises:
        InputError: a field that samples need is missing, or one that isn't a feature is chosen.
    """
    there = fields.names()
    others = [name for name in chosen if name.casefold() in {CLASS, POLYGON, SCENE, "fid"}]
    if others:
        msg = tr("{fields}: not a feature of a pixel. Choose the fields that hold pixel values, or none for all of them.")
        raise InputError(msg.format(fields=format_list(others)))
    wanted = list(chosen) or [*ROLES, *(name for name in there if name.startswith(EXTRA))]
    missing = [name for name in (CLASS, POLYGON, SCENE, *wanted) if name not in there]
    if missing:
        msg = tr(
            "The samples have no field {missing}; their fields are: {fields}. Use the points that Sample labelled pixels writes, or choose "
            "the features to use.",
            "The samples lack {n} fields, {missing}; their fields are: {fields}. Use the points that Sample labelled pixels writes, or "
            "choose the features to use.",
            n=len(missing),
        ).format(n=len(missing), missing=format_list(missing), fields=", ".join(there) or tr("none"))
        raise InputError(msg)
    return wanted


def read_samples(source: LayerSource, features: Sequence[str], progress: Progress) -> Samples:
    """Read samples from a layer or table: points from north to south and west to east, so that their order in the layer doesn't matter.

    A row without class, polygon or a feature is left out and counted, as is one that repeats another.

    Args:
        source: with the fields that `feature_fields` checked.
        features: names of the fields that make up x.
        progress: receives the share of the rows read.

    Raises:
        InputError: a class is neither 1 nor 0, a value isn't a number, an id isn't a whole number, or no row is left.
        RasterError: the layer can't be read completely.
        CancelledError: the user cancelled.
    """
    fields = source.fields
    wanted = [fields.indexFromName(name) for name in (CLASS, POLYGON, *features)]
    scene_index = fields.indexFromName(SCENE)
    request = QgsFeatureRequest().setSubsetOfAttributes([*wanted, scene_index])
    placed = QgsWkbTypes.flatType(source.kind) == QgsWkbTypes.Type.Point
    if not placed:
        request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    count = source.count
    scenes: dict[str, int] = {}
    rows, polygon, scene, places = [], [], [], []
    for index, feature in enumerate(read_all(source.features(request), source.name)):
        if index % _CHECK_EVERY == 0:
            raise_if_cancelled(progress)
            if count > 0:
                progress.set(index / count)
        attributes = feature.attributes()
        try:
            rows.append([float(attributes[i]) for i in wanted])
        except (TypeError, ValueError):
            rows.append([_number(attributes[i], fields.at(i).name(), feature.id()) for i in wanted])
        polygon.append(_whole(attributes[wanted[1]], feature.id()) if math.isfinite(rows[-1][1]) else 0)
        if placed:
            point = None if feature.geometry().isEmpty() else feature.geometry().asPoint()
            places.append((math.nan, math.nan) if point is None else (point.x(), point.y()))
        text = attributes[scene_index]
        scene.append(scenes.setdefault("" if text is None or text == NULL else str(text), len(scenes)))
    table = np.array(rows, np.float64).reshape(-1, len(wanted))
    usable = np.isfinite(table).all(axis=1)
    if not usable.all():
        text = tr("{left_out} of {count} samples lack class, polygon or a feature and were left out.")
        progress.warn(text.format(left_out=np.count_nonzero(~usable), count=len(usable)))
    table = table[usable]
    _check_classes(table[:, 0])
    _warn_of_scenes(scenes, progress)
    samples = Samples(
        X=table[:, 2:],
        y=table[:, 0] == 1,
        polygon=np.array(polygon, np.int64)[usable],
        scene=np.array(scene, np.int32)[usable],
        names=tuple(name[len(EXTRA) :] if name.startswith(EXTRA) else name for name in features),
        scenes=tuple(Scene.from_text(text) for text in scenes),
    )
    position = np.array(places).reshape(-1, 2)[usable] if placed else None
    if position is None or not np.isfinite(position).all() or {scene.crs for scene in samples.scenes} != {source.crs.authid()}:
        return samples
    return _in_order(samples, position, progress)


def _in_order(samples: Samples, position: np.ndarray, progress: Progress) -> Samples:
    """Sort samples, and leave out those that an area gave again, as where it was appended from a copy; warn of them."""
    order = np.lexsort((samples.y, *samples.X.T, position[:, 0], -position[:, 1]))
    table, water = np.column_stack([position, samples.X])[order], samples.y[order]
    alike = (table[1:] == table[:-1]).all(axis=1)
    again = np.append(False, alike & (water[1:] == water[:-1]))
    texts = (
        (again.sum(), tr("Samples that repeat others, as if an area was sampled twice: {count}. They count once.")),
        (alike.sum() - again.sum(), tr("Samples with the place and values of others, but their class is the other one: {count}.")),
    )
    for count, text in texts:
        if count:
            progress.warn(text.format(count=count))
    return replace(samples, position=position).take(order[~again])


def _warn_of_scenes(texts: Collection[str], progress: Progress) -> None:
    """Warn if the scene of some samples is missing or truncated."""
    cut = sum(map(is_truncated, texts))
    if cut:
        progress.warn(
            tr(
                "The field {field} was truncated in {count} of its values, as shapefiles and dBASE tables do, so the data type, scale or "
                "NoData of those scenes is unknown. Store samples in a GeoPackage."
            ).format(field=SCENE, count=cut)
        )
    if "" in texts:
        progress.warn(
            tr(
                "Samples without a value in the field {field} are assumed to come from one scene: polygons with the same id count as one."
            ).format(field=SCENE)
        )


def _number(value: Any, name: str, row: int) -> float:
    """Read a value as a number, NaN if it is empty."""
    if value is None or value in (NULL, ""):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        msg = tr("The field {name} of sample {row} holds “{value}”, which is not a number.").format(name=name, row=row, value=value)
        raise InputError(msg) from error


def _whole(value: Any, row: int) -> int:
    """Read the id of a polygon, of up to 64 bits, exactly: as a float, ids beyond 2⁵³ would become one."""
    try:
        number, whole = int(str(value)), True
    except ValueError:
        number = int(float(value))
        whole = number == float(value)
    if not whole or not -(2**63) <= number < 2**63:
        msg = tr("The field {name} of sample {row} holds “{value}”, which is not the id of an area: a whole number.")
        raise InputError(msg.format(name=POLYGON, row=row, value=value))
    return number


def _check_classes(classes: np.ndarray) -> None:
    if not classes.size:
        msg = tr("No sample has a class and all features.")
        raise InputError(msg)
    others = np.setdiff1d(classes, (0.0, 1.0))
    if others.size:
        msg = tr("The field {field} holds {values}: the class of a sample must be 1 (water) or 0 (not water).")
        raise InputError(msg.format(field=CLASS, values=format_some([f"{v:g}" for v in others], 10)))
