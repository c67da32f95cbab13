"""Labelled pixels, the result of sampling and the input of training, and the scenes they come from. Needs NumPy only."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .errors import InputError
from .system.redaction import display_name
from .translation import tr

# Entries that a scene's text omits if they are empty.
_OPTIONAL = {"id", "data_types"}
# Inputs of texts that don't name any.
_DEFAULT_INPUTS = ("green", "red", "nir")
# Maximum number of training areas whose location is recorded.
MAX_AREAS = 100


@dataclass(frozen=True)
class Scene:
    """The image that samples come from: what decides whether a model fits another image.

    Attributes:
        name: of the layer; needn't be unique.
        data_type: of the inputs; if they differ, all of their types, separated by blanks.
        pixel_size: width and height in units of the CRS.
        crs: such as EPSG:32633.
        scale, offset: declared for each input, physical = raw · scale + offset; None = undeclared.
        nodata: of each input; None = undeclared.
        inputs: names of the inputs, in the order of those entries; empty = those of the samples.
        data_types: of each input; empty if they are all alike.
        id: identifies the image and the layer that the polygon ids refer to; "" = unknown.
    """

    name: str
    data_type: str | None = None
    pixel_size: tuple[float, float] | None = None
    crs: str | None = None
    scale: tuple[float | None, ...] = ()
    offset: tuple[float | None, ...] = ()
    nodata: tuple[float | None, ...] = ()
    inputs: tuple[str, ...] = ()
    data_types: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        """Remove credentials and control characters: layers, model files and reports, which repeat these texts, are shared."""
        for key in ("name", "id", "data_type", "crs"):
            text = getattr(self, key)
            object.__setattr__(self, key, display_name(text) if text else "" if key in {"name", "id"} else None)
        for key in ("inputs", "data_types"):
            object.__setattr__(self, key, tuple(map(display_name, getattr(self, key))))

    def to_record(self) -> dict[str, Any]:
        """Return the scene as plain JSON values, with those first that matter most if the text is truncated.

        JSON has no NaN, which is a common NoData value, so it becomes text. A scale that isn't finite becomes null.
        """
        record = {"name": self.name, "id": self.id, **asdict(self)}
        for key in ("scale", "offset"):
            record[key] = [v if v is not None and math.isfinite(v) else None for v in getattr(self, key)]
        record["nodata"] = [None if v is None else v if math.isfinite(v) else str(v) for v in self.nodata]
        return record

    def to_text(self) -> str:
        """Return one line of JSON for the `scene` field of a samples layer; some formats truncate it to 254 bytes."""
        known = {key: value for key, value in self.to_record().items() if key not in _OPTIONAL or value}
        return json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Scene:
        """Read the result of `to_text`, or the complete entries of a truncated one. Any other text becomes the name of a scene.

        >>> Scene.from_text(Scene("Olinda", "uint16", (10.0, 10.0)).to_text()).pixel_size
        (10.0, 10.0)
        >>> Scene.from_text("Olinda").name
        'Olinda'
        """
        try:
            return cls._from_record(_complete_entries(text) if is_truncated(text) else json.loads(text))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return cls(name=text)

    @classmethod
    def _from_record(cls, record: dict[str, Any]) -> Scene:
        scale, offset = (tuple(None if v is None else _finite(v) for v in record[key]) for key in ("scale", "offset"))
        width, height = (None, None) if record["pixel_size"] is None else map(_finite, record["pixel_size"])
        return cls(
            name=str(record["name"]),
            data_type=None if record["data_type"] is None else str(record["data_type"]),
            pixel_size=None if width is None or height is None else (width, height),
            crs=None if record["crs"] is None else str(record["crs"]),
            scale=scale,
            offset=offset,
            nodata=tuple(None if v is None else float(v) for v in record["nodata"]),
            inputs=tuple(map(str, record.get("inputs", _DEFAULT_INPUTS[: len(scale)]))),
            data_types=tuple(map(str, record.get("data_types") or ())),
            id=str(record.get("id") or ""),
        )

    def scaling(self, name: str, column: int) -> tuple[float | None, float | None] | None:
        """Return the declared scale and offset of an input, or None if they are unknown.

        Args:
            name: of the input.
            column: its index among the samples' inputs.
        """
        index = self._index(name, column)
        if index is None or index >= max(len(self.scale), len(self.offset)):
            return None
        declared = _entry(self.scale, index), _entry(self.offset, index)
        return declared if all(value is None or math.isfinite(value) for value in declared) else None

    def type_of(self, name: str, column: int) -> str | None:
        """Return the data type of an input, given as to `scaling`, or None if it is unknown."""
        if not self.data_types:
            return self.data_type
        index = self._index(name, column)
        return None if index is None or index >= len(self.data_types) else self.data_types[index]

    def _index(self, name: str, column: int) -> int | None:
        if not self.inputs:
            return column
        return self.inputs.index(name) if name in self.inputs else None


def _entry(values: tuple[float | None, ...], index: int) -> float | None:
    return values[index] if index < len(values) else None


def is_truncated(text: str) -> bool:
    """Whether a text is the beginning of a result of `Scene.to_text`, as in formats with short fields."""
    if not text.startswith('{"name":'):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _complete_entries(text: str) -> dict[str, Any]:
    """Return the complete entries of a truncated text."""
    unknown: dict[str, Any] = {"data_type": None, "pixel_size": None, "crs": None, "scale": [], "offset": [], "nodata": []}
    while "," in text:
        text = text[: text.rindex(",")]
        try:
            return {**unknown, **json.loads(text + "}")}
        except ValueError:
            continue
    msg = "no complete entry"
    raise ValueError(msg)


def _finite(value: float | str) -> float:
    number = float(value)
    if not math.isfinite(number):
        msg = "not a scale, offset or pixel size"
        raise ValueError(msg)
    return number


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled pixels, one per row.

    Attributes:
        X: raw pixel values, shape (pixels, inputs), float64, finite.
        y: True for water, shape (pixels,), bool.
        polygon: id of the polygon or point that a pixel lies in, shape (pixels,), int64; unique within a scene.
        scene: index into `scenes`, shape (pixels,), int32.
        names: of the inputs, in the order of X's columns.
        scenes: that the pixels come from.
        position: pixel centres in the scene's CRS, shape (pixels, 2); None = unknown.
    """

    X: np.ndarray
    y: np.ndarray
    polygon: np.ndarray
    scene: np.ndarray
    names: tuple[str, ...]
    scenes: tuple[Scene, ...]
    position: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Raise InputError if shapes or types are wrong, a value isn't finite, a name is repeated, or a scene isn't listed."""
        n = len(self.y)
        shapes = self.X.shape == (n, len(self.names)) and self.polygon.shape == self.scene.shape == self.y.shape == (n,)
        if not shapes or (self.position is not None and self.position.shape != (n, 2)):
            msg = tr(
                "Samples need one row per pixel and one column per input: X has shape {shape} for {labels} labels and {inputs} inputs."
            )
            raise InputError(msg.format(shape=self.X.shape, labels=n, inputs=len(self.names)))
        if self.y.dtype != np.bool_ or self.polygon.dtype.kind not in "iu" or self.scene.dtype.kind not in "iu":
            msg = tr("Samples need Boolean labels, and integers for polygons and scenes.")
            raise InputError(msg)
        if not np.isfinite(self.X).all():
            msg = tr("Samples contain NaN or infinite pixel values: leave out those rows.")
            raise InputError(msg)
        if len(set(self.names)) != len(self.names):
            msg = tr("Each input needs a different name, but the names are {names}.").format(names=", ".join(self.names))
            raise InputError(msg)
        if n and (self.scene.min() < 0 or self.scene.max() >= len(self.scenes)):
            msg = tr("A sample refers to a scene that isn't listed.")
            raise InputError(msg)

    def __len__(self) -> int:
        """Return the number of pixels."""
        return len(self.y)

    def groups(self) -> np.ndarray:
        """Return the number of each pixel's group, a (scene, polygon) pair: shape (pixels,), int64, from 0 without gaps.

        Pixels of one polygon are alike, so validation holds out whole groups only. Groups are numbered from west to east, so that the
        division into folds depends on where polygons lie, not on their ids or their order; on scene and id if positions are unknown.
        """
        number = self._pairs()
        if self.position is None or not len(self):
            return number
        order = np.argsort(number, kind="stable")
        starts = np.flatnonzero(np.diff(number[order], prepend=-1))
        place = self.position[order]
        low, high = np.minimum.reduceat(place, starts), np.maximum.reduceat(place, starts)
        # The name decides between images of one place.
        name = np.unique([scene.name for scene in self.scenes], return_inverse=True)[1].reshape(-1)[self.scene[order][starts]]
        rank = np.empty(len(starts), np.int64)
        rank[np.lexsort((name, *high.T, *low.T[::-1]))] = np.arange(len(starts))
        return rank[number]

    def _pairs(self) -> np.ndarray:
        """Number the (scene, polygon) pairs, as `groups`, but by scene and id."""
        if not len(self):
            return np.zeros(0, np.int64)
        lowest = int(self.polygon.min())
        span = int(self.polygon.max()) - lowest + 1
        if span * len(self.scenes) <= 4 * len(self) + 65536:
            # If the ids lie close together, a table takes less time and memory than sorting.
            key = self.polygon.astype(np.int64) - lowest
            key += self.scene.astype(np.int64) * span
            used = np.zeros(span * len(self.scenes), bool)
            used[key] = True
            return (np.cumsum(used) - 1)[key]
        polygon = np.unique(self.polygon, return_inverse=True)[1].reshape(-1)
        key = self.scene.astype(np.int64) * (int(polygon.max()) + 1) + polygon
        return np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def areas(self) -> dict[str, Any] | None:
        """Return the CRS and a pixel centre of each of up to a hundred training areas; None if positions are unknown.

        They fit into a raster's metadata, and show later whether a reference repeats the training areas.
        """
        crs = {scene.crs for scene in self.scenes}
        if self.position is None or len(crs) != 1 or None in crs:
            return None
        first = np.unique(self.groups(), return_index=True)[1]
        chosen = first[np.linspace(0, len(first) - 1, min(len(first), MAX_AREAS)).astype(np.int64)]
        return {"crs": crs.pop(), "points": np.round(self.position[chosen], 7).tolist()}

    def take(self, rows: np.ndarray) -> Samples:
        """Return some of the samples: by indices, shape (n,), or under a mask, bool, shape (pixels,)."""
        position = None if self.position is None else self.position[rows]
        return Samples(self.X[rows], self.y[rows], self.polygon[rows], self.scene[rows], self.names, self.scenes, position)
