"""Labelled pixels as a value: what sampling gives and training takes. numpy alone."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .errors import InputError
from .system.redaction import display_name
from .translation import tr

# What a scene's text lacks where it is empty.
_ADDED = {"id", "data_types"}
_ROLES = ("green", "red", "nir")


# Areas whose places are kept.
MAX_AREAS = 100


@dataclass(frozen=True)
class Scene:
    """Where samples come from, as far as it decides whether a model fits another image.

    `scale`, `offset` and `nodata` hold one entry an input (None where the band declares none): physical = raw · scale + offset.

    Attributes:
        name: what people call it; two scenes may share it.
        id: tells it from others of that name: of the image and of the layer whose ids the polygons bear; "" = unknown.
        data_type: of the inputs; where they have several, all of them, and `data_types` holds one entry an input.
        inputs: names of the inputs, in the order of the entries; empty = those of the samples, in their order.
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
        """Make its texts such as may stand in layers, model files and reports, which are passed on."""
        for key in ("name", "id", "data_type", "crs"):
            said = getattr(self, key)
            object.__setattr__(self, key, display_name(said) if said else "" if key in {"name", "id"} else None)
        for key in ("inputs", "data_types"):
            object.__setattr__(self, key, tuple(map(display_name, getattr(self, key))))

    def to_record(self) -> dict[str, Any]:
        """Return plain JSON values, first those that should survive where a text is cut.

        JSON has no NaN, which is a common NoData value, so that becomes text. A scale that isn't finite is unknown.
        """
        record = {"name": self.name, "id": self.id, **asdict(self)}
        for key in ("scale", "offset"):
            record[key] = [v if v is not None and math.isfinite(v) else None for v in getattr(self, key)]
        record["nodata"] = [None if v is None else v if math.isfinite(v) else str(v) for v in self.nodata]
        return record

    def to_text(self) -> str:
        """Return one line of JSON, as it stands in the `scene` field of a samples layer; many a format has room for 254 bytes alone."""
        known = {key: value for key, value in self.to_record().items() if key not in _ADDED or value}
        return json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Scene:
        """Read what `to_text` wrote, and of one that was cut what is left; any other text is taken as the bare name of a scene."""
        try:
            return cls._of(_uncut(text) if is_cut(text) else json.loads(text))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return cls(name=text)

    @classmethod
    def _of(cls, record: dict[str, Any]) -> Scene:
        scale = _finite(record["scale"])
        return cls(
            name=str(record["name"]),
            data_type=None if record["data_type"] is None else str(record["data_type"]),
            pixel_size=None if record["pixel_size"] is None else _pair(record["pixel_size"]),
            crs=None if record["crs"] is None else str(record["crs"]),
            scale=scale,
            offset=_finite(record["offset"]),
            nodata=_numbers(record["nodata"]),
            # Where they aren't told, these three came first.
            inputs=tuple(map(str, record.get("inputs", _ROLES[: len(scale)]))),
            data_types=tuple(map(str, record.get("data_types") or ())),
            id=str(record.get("id") or ""),
        )

    def scaling(self, name: str, column: int) -> tuple[float | None, float | None] | None:
        """Return the scale and offset that an input declares, or None where the scene doesn't know them.

        Args:
            name: of the input.
            column: where it stands among the samples' inputs.
        """
        index = self._index(name, column)
        if index is None or index >= max(len(self.scale), len(self.offset)):
            return None
        declared = _entry(self.scale, index), _entry(self.offset, index)
        return declared if all(value is None or math.isfinite(value) for value in declared) else None

    def type_of(self, name: str, column: int) -> str | None:
        """Return the data type of an input, or None where the scene doesn't know it; the arguments are those of `scaling`."""
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


def is_cut(text: str) -> bool:
    """Whether a text is the beginning of what `Scene.to_text` writes, as where a format had no room for the rest."""
    if not text.startswith('{"name":'):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _uncut(text: str) -> dict[str, Any]:
    """Read the whole entries of a text that was cut.

    Raises:
        ValueError: there is none.
    """
    nothing: dict[str, Any] = {"data_type": None, "pixel_size": None, "crs": None, "scale": [], "offset": [], "nodata": []}
    while "," in text:
        text = text[: text.rindex(",")]
        try:
            return {**nothing, **json.loads(text + "}")}
        except ValueError:
            continue
    msg = "no whole entry"
    raise ValueError(msg)


def _finite(values: Sequence[float | None]) -> tuple[float | None, ...]:
    numbers = _numbers(values)
    if not all(v is None or math.isfinite(v) for v in numbers):
        msg = "not a scale or offset"
        raise ValueError(msg)
    return numbers


def _numbers(values: Sequence[float | str | None]) -> tuple[float | None, ...]:
    return tuple(None if v is None else float(v) for v in values)


def _pair(values: Sequence[float]) -> tuple[float, float]:
    width, height = map(float, values)
    if not (math.isfinite(width) and math.isfinite(height)):
        msg = "not a pixel size"
        raise ValueError(msg)
    return width, height


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled pixels, one row a pixel.

    Attributes:
        X: raw pixel values, shape (pixels, inputs), float64, finite.
        y: True where water, shape (pixels,), bool.
        polygon: id of the polygon or point a pixel came from, shape (pixels,), int64; unique within a scene.
        scene: index into `scenes`, shape (pixels,), int32.
        names: names of the inputs, in the order of X's columns.
        scenes: the scenes that the pixels come from.
        position: pixel centres in the scene's CRS, shape (pixels, 2), or None where unknown.
    """

    X: np.ndarray
    y: np.ndarray
    polygon: np.ndarray
    scene: np.ndarray
    names: tuple[str, ...]
    scenes: tuple[Scene, ...]
    position: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            InputError: shapes disagree, a value isn't finite, a name stands twice, or a scene index has no scene.
        """
        n = len(self.y)
        shapes = self.X.shape == (n, len(self.names)) and self.polygon.shape == self.scene.shape == self.y.shape == (n,)
        if not shapes or (self.position is not None and self.position.shape != (n, 2)):
            msg = tr(
                "Samples need a row a pixel and a column an input; X has shape {shape} for {labels} labels and {inputs} inputs."
            ).format(shape=self.X.shape, labels=n, inputs=len(self.names))
            raise InputError(msg)
        if self.y.dtype != np.bool_ or self.polygon.dtype.kind not in "iu" or self.scene.dtype.kind not in "iu":
            msg = tr("Samples need labels that are true or false, and whole numbers for polygons and scenes.")
            raise InputError(msg)
        if not np.isfinite(self.X).all():
            msg = tr("Samples hold NaN or infinite pixel values: leave those rows out.")
            raise InputError(msg)
        if len(set(self.names)) != len(self.names):
            msg = tr("Each input needs a name of its own, but there are {names}.").format(names=", ".join(self.names))
            raise InputError(msg)
        if n and (self.scene.min() < 0 or self.scene.max() >= len(self.scenes)):
            msg = tr("A sample names a scene that isn't listed.")
            raise InputError(msg)

    def __len__(self) -> int:
        """Return the number of pixels."""
        return len(self.y)

    def groups(self) -> np.ndarray:
        """Number the (scene, polygon) pairs: shape (pixels,), int64, from 0 without gaps.

        Pixels of one polygon resemble each other, so only whole groups may be held out for validation.
        """
        if not len(self):
            return np.zeros(0, np.int64)
        lowest = int(self.polygon.min())
        span = int(self.polygon.max()) - lowest + 1
        if span * len(self.scenes) <= 4 * len(self) + 65536:
            # Numbers that lie close together are counted, which takes less time and memory than sorting.
            key = self.polygon.astype(np.int64) - lowest
            key += self.scene.astype(np.int64) * span
            used = np.zeros(span * len(self.scenes), bool)
            used[key] = True
            return (np.cumsum(used) - 1)[key]
        polygon = np.unique(self.polygon, return_inverse=True)[1].reshape(-1)
        key = self.scene.astype(np.int64) * (int(polygon.max()) + 1) + polygon
        return np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def areas(self) -> dict[str, Any] | None:
        """Return the CRS and a pixel centre of each of up to a hundred areas, spread evenly over all; None where places are unknown.

        Few enough for a raster's metadata, they tell later whether a reference is the training areas.
        """
        names = {scene.crs for scene in self.scenes}
        if self.position is None or len(names) != 1 or None in names:
            return None
        first = np.unique(self.groups(), return_index=True)[1]
        chosen = first[np.linspace(0, len(first) - 1, min(len(first), MAX_AREAS)).astype(np.int64)]
        return {"crs": names.pop(), "points": np.round(self.position[chosen], 7).tolist()}

    def take(self, rows: np.ndarray) -> Samples:
        """Return the samples at these rows (indices or a mask)."""
        position = None if self.position is None else self.position[rows]
        return Samples(self.X[rows], self.y[rows], self.polygon[rows], self.scene[rows], self.names, self.scenes, position)
