"""The plain values that pass between the controller, its threads and the widgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..core.grid import Grid


@dataclass(frozen=True)
class Area:
    """A training area: the id of its feature, its class, and its polygon or point as WKB in the image's CRS."""

    fid: int
    water: bool
    wkb: bytes


@dataclass(frozen=True)
class View:
    """What a map canvas shows, as in `QgsMapSettings`.

    Attributes:
        crs: of the canvas, WKT; "" = the image's.
        x, y: the centre, in map units.
        units_per_pixel: map units per pixel.
        width, height: in pixels.
        rotation: of the map, degrees clockwise.
    """

    crs: str
    x: float
    y: float
    units_per_pixel: float
    width: int
    height: int
    rotation: float = 0.0

    @property
    def grid(self) -> Grid:
        """The canvas' pixels as a grid."""
        angle = np.radians(self.rotation)
        across, down = self.units_per_pixel * np.cos(angle), self.units_per_pixel * np.sin(angle)
        x = self.x - (across * self.width + down * self.height) / 2
        y = self.y - (down * self.width - across * self.height) / 2
        return Grid(self.width, self.height, (x, across, down, y, down, -across), self.crs)


class Mode(Enum):
    """What a picture shows."""

    PROBABILITY = "probability"
    WATER = "water"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True)
class AreaRow:
    """A training area in the list.

    Attributes:
        fid, water: as in `Area`.
        pixels: number of its pixels that the model is trained on.
        right: share of them that a model trained without the area maps correctly; None = not known, or its class has no other area.
        problem: why it gives no pixel; "" if it gives some.
    """

    fid: int
    water: bool
    pixels: int
    right: float | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """A painted view.

    Attributes:
        view: that it shows.
        rgba: shape (height, width, 4), uint8; colours are premultiplied by alpha (`QImage.Format_RGBA8888_Premultiplied`).
        flash: where the last edit turned water into land or land into water, bool, shape (height, width); None without an edit.
        hectares: of water in view; None if the CRS gives no areas.
    """

    view: View
    rgba: np.ndarray
    flash: np.ndarray | None
    hectares: float | None


@dataclass(frozen=True)
class State:
    """Everything that the widgets show beside the picture.

    Attributes:
        status: `empty` (no image or no areas), `waiting` (for what `message` says), `working`, `live` (all is up to date), `paused` (with
            edits that aren't shown yet) or `failed` (`message` says why).
        message: one line; "" if there is nothing to say.
        pixels: number of pixels that the model is trained on.
        milliseconds: that sampling and training took after the last edit.
        rows: the areas, in the order of their ids.
        hectares_in_view: of water, at the canvas' resolution.
        hectares: of water in the whole image, at full resolution.
        hectares_current: whether `hectares` are those of the present model; if not, those of an earlier one.
        change: of `hectares` since the last edit; None if one of the two isn't known.
        hectares_range: smallest and largest `hectares` as areas are left out one at a time.
        f1: on areas that are left out one at a time; None with fewer than two areas of a class.
        f1_range: its 95 % interval.
        f1_reliable: whether there are three areas of each class.
        water_areas, other_areas: number of areas of each class that gave pixels.
        ndwi_f1: F1 of the better of two thresholds of NDWI, 0 and Otsu's, on the same pixels.
        advice: one sentence; "" if there is none.
        doubtful_place: x and y in the image's CRS, the place that `next_doubtful_place` gives next.
    """

    status: str = "empty"
    message: str = ""
    pixels: int = 0
    milliseconds: float = 0.0
    rows: tuple[AreaRow, ...] = ()
    hectares_in_view: float | None = None
    hectares: float | None = None
    hectares_current: bool = False
    change: float | None = None
    hectares_range: tuple[float, float] | None = None
    f1: float | None = None
    f1_range: tuple[float, float] | None = None
    f1_reliable: bool = False
    water_areas: int = 0
    other_areas: int = 0
    ndwi_f1: float | None = None
    advice: str = ""
    doubtful_place: tuple[float, float] | None = None
