"""Labelled polygons and points over a raster: which feature each pixel belongs to, reading each block that a feature touches once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr

from ..errors import InputError
from ..grid import Grid, Layout, Window, format_extent, max_readers
from ..progress import Progress, raise_if_cancelled
from ..raster.rasterize import burn, memory_layer, memory_raster
from ..raster.reprojection import crs_name
from ..raster.source import Source
from ..raster.windows import read_ahead
from ..translation import tr
from .longitudes import Longitudes, vertices
from .polygons import LabelledShape, envelopes, is_polygon

# Pixels rasterized at a time, and rows of a file in strips that are read together.
_MAX_PIXELS = 1_000_000
_MIN_ROWS = 256
# Features on top of one another that are distinguished; those further down almost surely hold a pixel of their own.
_MAX_DEPTH = 50
# Feature ids that a message lists.
_MAX_IDS = 20
# Pixels by which an outline along the raster's edge may lie beyond it without a word.
_MARGIN = 1


@dataclass(frozen=True, eq=False)
class LabelledWindow:
    """A window of raw values and the features that its pixels belong to.

    Attributes:
        window: its place in the raster.
        owner: 1 + index of the feature that a pixel belongs to, negative if that feature isn't water, 0 for none or where the classes
            conflict; shape (height, width), int32.
        bands: raw values, one array per band, each of that shape.
        valid: where they are valid, bool, of that shape; None = everywhere.
    """

    window: Window
    owner: np.ndarray
    bands: list[np.ndarray]
    valid: np.ndarray | None

    def usable(self) -> tuple[np.ndarray, np.ndarray]:
        """Return row and column, in the window, of the valid pixels that belong to a feature; shape (pixels,) each."""
        owned = self.owner != 0
        # Six times as fast as np.nonzero in two dimensions.
        rows, columns = np.divmod(np.flatnonzero(owned if self.valid is None else owned & self.valid), owned.shape[1])
        return rows, columns


class Overlay:
    """Labelled features over a raster, to be iterated over once.

    A polygon holds the pixels whose centres lie inside it; a point holds the pixel it lies in. A pixel in two features of one class
    belongs to the later one.

    Args:
        source: the raster.
        shapes: features in the raster's CRS.
        all_touched: a polygon holds every pixel that it touches.

    Attributes:
        outside: number of features outside the raster.
        conflicting: number of pixels in features of both classes, in the areas rasterized so far.

    Raises:
        InputError: all features lie outside the raster, or one has coordinates that aren't finite.
    """

    def __init__(self, source: Source, shapes: Sequence[LabelledShape], *, all_touched: bool) -> None:
        self._source, self._shapes, self._all_touched = source, shapes, all_touched
        self._boxes = boxes = pixel_boxes(source.grid, shapes)
        self._inside = (boxes[:, 0] < source.grid.width) & (boxes[:, 1] < source.grid.height) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
        self.outside = len(shapes) - int(self._inside.sum())
        self.conflicting = 0
        # Pixels of each feature that no later feature of its class covers, and how many of them can't be used.
        self._held, self._contested, self._invalid = (np.zeros(len(shapes), np.int64) for _ in range(3))
        if not self._inside.any():
            msg = tr(
                "The labelled feature lies outside the raster: check that both have the right CRS. In the raster's CRS, {crs}, it spans "
                "{span}, and the raster {own}; it is {gap:.6g} map units away.",
                "All {n} labelled features lie outside the raster: check that both have the right CRS. In the raster's CRS, {crs}, they "
                "span {span}, and the raster {own}; the nearest is {gap:.6g} map units away.",
                n=len(shapes),
            ).format(n=len(shapes), crs=crs_name(source.grid.crs) or "–", **_distance(source.grid, shapes))
            raise InputError(msg)

    @property
    def invalid(self) -> int:
        """Number of invalid pixels in features, in the windows so far; those in conflict aside."""
        return int(self._invalid.sum())

    def windows(self, progress: Progress) -> Iterator[LabelledWindow]:
        """Yield the windows that hold a pixel of a feature; raise RasterError if the raster can't be read."""
        clusters = list(_clusters(self._source, self._boxes, self._inside))
        ahead: deque[tuple[np.ndarray, float]] = deque()

        def rasterized() -> Iterator[Window]:
            for index, (area, members) in enumerate(clusters):
                raise_if_cancelled(progress)
                owner = self._owner(area, members)
                windows = list(_touched(area, owner, self._source))
                for number, window in enumerate(windows, start=1):
                    # A copy, so that the whole area isn't kept.
                    ahead.append((owner[window.within(area).slices].copy(), (index + number / len(windows)) / len(clusters)))
                    yield window

        width, height = _block(self._source)
        pixels, threads = width * max(height, _MIN_ROWS), max_readers(self._source.block)
        with closing(read_ahead(self._source, rasterized(), pixels, progress, threads)) as results:
            for window, (bands, valid) in results:
                owner, done = ahead.popleft()
                labelled = LabelledWindow(window, owner, bands, valid)
                if valid is not None:
                    self._invalid += self._per_feature(np.abs(labelled.owner[~valid]))
                yield labelled
                progress.set(done)
        progress.set(1.0)

    def _owner(self, area: Window, members: np.ndarray) -> np.ndarray:
        """Rasterize features as `LabelledWindow.owner` has them, and count their pixels."""
        owners = _owners(self._source.grid.crop(area), self._shapes, members, all_touched=self._all_touched)
        other, owner = owners.reshape(2, -1)
        self._held += self._per_feature(owner[owner != 0])
        # Few pixels belong to a feature.
        there = np.flatnonzero(other != 0)
        of_other, of_water = other[there], owner[there]
        conflict = of_water > 0
        self.conflicting += int(np.count_nonzero(conflict))
        self._held += self._per_feature(of_other)
        self._contested += self._per_feature(of_other[conflict]) + self._per_feature(of_water[conflict])
        owner[there] = np.where(conflict, 0, -of_other)
        return owners[1]

    def _per_feature(self, owners: np.ndarray) -> np.ndarray:
        """Count the pixels of each feature; owners hold 1 + its index, or 0."""
        return np.bincount(owners.reshape(-1), minlength=len(self._shapes) + 1)[1:]

    def unused(self, progress: Progress, taken: np.ndarray | None = None, *, can_touch: bool = False) -> str:
        """Describe which features gave no pixel and why, and which lie in part outside, after all windows were read.

        Args:
            progress: asked whether to go on.
            taken: whether a pixel was taken from each feature, shape (features,), bool; None = from each that has a usable one.
            can_touch: advise to take every pixel that a polygon touches, where that would help.

        Returns:
            A sentence each, or "" if every feature lies inside and gave some.
        """
        usable = self._held > self._contested + self._invalid
        left = ~(usable if taken is None else taken)
        count = int(left.sum())
        reasons = [
            (tr("not drawn, since there are more areas than the maximum number of pixels per class"), usable),
            (tr("outside the raster"), ~self._inside),
            (tr("every pixel lies in areas of both classes"), (self._held > 0) & (self._contested == self._held)),
            (tr("NoData or masked in every pixel"), (self._held > 0) & (self._invalid == self._held)),
            (tr("every pixel lies in areas of both classes, or is NoData or masked"), self._held > 0),
        ]
        found = []
        for reason, applies in reasons:
            found.append((reason, np.flatnonzero(left & applies)))
            left &= ~applies
        covered = self._covered(np.flatnonzero(left), progress)
        found.append((tr("covered by other areas of its class"), np.flatnonzero(covered)))
        too_small = tr("holds no pixel centre, being smaller or narrower than a pixel")
        if can_touch and not self._all_touched:
            too_small = tr("holds no pixel centre, being smaller than a pixel: take every pixel that an area touches, or draw it larger")
        found.append((too_small, np.flatnonzero(left & ~covered)))
        listed = [tr("{ids} ({reason})").format(ids=self._ids(features), reason=reason) for reason, features in found if features.size]
        sentences = []
        if listed:
            text = tr(
                "The labelled feature gave no pixel: {reasons}.",
                "Of {n} labelled features, {unused} gave no pixel. By feature id: {reasons}.",
                n=len(self._shapes),
            )
            sentences.append(text.format(n=len(self._shapes), unused=count, reasons="; ".join(listed)))
        cut = self._cut()
        if cut.size:
            text = tr(
                "{n} labelled feature reaches beyond the raster, and only its part inside counts. Feature id: {ids}.",
                "{n} labelled features reach beyond the raster, and only their parts inside count. Feature ids: {ids}.",
                n=len(cut),
            )
            sentences.append(text.format(n=len(cut), ids=self._ids(cut)))
        return " ".join(sentences)

    def _cut(self) -> np.ndarray:
        """Find the features of which a part lies inside the raster, and another outside: indices."""
        grid = self._source.grid
        least, most = np.full(2, -_MARGIN, float), np.array([grid.width, grid.height], float) + _MARGIN
        longitudes = Longitudes.from_grid(grid)
        if longitudes is not None and (longitudes.east - longitudes.west) * (1 + 1 / grid.width) >= longitudes.turn:
            # What lies beyond one edge of a map of the world comes in again at the other.
            least[0], most[0] = -np.inf, np.inf
        near = self._inside & ((self._boxes[:, :2] < least) | (self._boxes[:, 2:] > most)).any(axis=1)
        cut = []
        for index in np.flatnonzero(near).tolist():
            # On a rotated raster the box of a feature inside may reach beyond.
            corners = grid.to_pixels(*vertices(ogr.CreateGeometryFromWkb(self._shapes[index].wkb)).T)
            if (corners < least).any() or (corners > most).any():
                cut.append(index)
        return np.array(cut, np.int64)

    def _covered(self, features: np.ndarray, progress: Progress) -> np.ndarray:
        """Find which of the features would hold a pixel if no others lay above them: shape (all features,), bool."""
        covered, unclear = np.zeros((2, len(self._shapes)), bool)
        unclear[features] = True
        # A polygon between two rows or columns of centres holds none. A point holds its pixel.
        narrow = (np.ceil(self._boxes[:, :2] - 0.5) > np.floor(self._boxes[:, 2:] - 0.5)).any(axis=1) & (not self._all_touched)
        unclear[[index for index in np.flatnonzero(unclear & narrow).tolist() if is_polygon(self._shapes[index].wkb)]] = False
        for _ in range(_MAX_DEPTH):
            # The uppermost ones show, and are removed.
            shown = np.zeros(len(self._shapes) + 1, bool)
            for area, members in _clusters(self._source, self._boxes, unclear):
                raise_if_cancelled(progress)
                shown[_owners(self._source.grid.crop(area), self._shapes, members, all_touched=self._all_touched)] = True
            covered |= shown[1:]
            unclear &= ~shown[1:]
            if not shown[1:].any():
                return covered
        return covered | unclear

    def _ids(self, features: np.ndarray) -> str:
        ids = ", ".join(map(str, sorted(self._shapes[index].id for index in features.tolist())[:_MAX_IDS]))
        return ids if len(features) <= _MAX_IDS else tr("{ids} and {more} more").format(ids=ids, more=len(features) - _MAX_IDS)


def _distance(grid: Grid, shapes: Sequence[LabelledShape]) -> dict[str, object]:
    """Return the extents of features and raster as texts, and the distance of the nearest feature's bounding box from the raster."""
    left, right, bottom, top = envelopes([shape.wkb for shape in shapes]).T
    xmin, ymin, xmax, ymax = grid.extent
    across = np.maximum(np.maximum(left - xmax, xmin - right), 0)
    down = np.maximum(np.maximum(bottom - ymax, ymin - top), 0)
    span = format_extent((left.min(), bottom.min(), right.max(), top.max()))
    return {"span": span, "own": format_extent(grid.extent), "gap": float(np.hypot(across, down).min())}


def pixel_boxes(grid: Grid, shapes: Sequence[LabelledShape]) -> np.ndarray:
    """Return bounding boxes in pixel coordinates, shape (n, 4): left, top, right, bottom.

    Args:
        grid: of the raster.
        shapes: in its CRS.

    Raises:
        InputError: coordinates aren't finite.
    """
    boxes = envelopes([shape.wkb for shape in shapes])
    corners = np.stack([grid.to_pixels(boxes[:, i], boxes[:, j]) for i in (0, 1) for j in (2, 3)])
    if not np.isfinite(corners).all():
        bad = int(np.nonzero(~np.isfinite(corners).all(axis=(0, 2)))[0][0])
        msg = tr("Feature {feature} has infinite coordinates on the raster: it may lie too far outside the area that its CRS covers.")
        raise InputError(msg.format(feature=shapes[bad].id))
    return np.concatenate([corners.min(0), corners.max(0)], axis=1)


def _clusters(source: Source, boxes: np.ndarray, inside: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
    """Yield windows over neighbouring blocks of one row of blocks that just hold the features there, with the features' indices."""
    grid, (block_width, block_height) = source.grid, _block(source)
    height = block_height * max(1, _MIN_ROWS // block_height)
    left, top, right, bottom = np.clip(boxes, -1, [grid.width, grid.height] * 2).astype(np.int64).T
    for row in range(0, grid.height, height):
        end = min(row + height, grid.height)
        members = np.nonzero(inside & (top < end) & (bottom >= row))[0]
        if not members.size:
            continue
        first, last = np.maximum(left[members], 0) // block_width, np.minimum(right[members], grid.width - 1) // block_width
        steps = np.zeros(int(last.max()) + 2, np.int64)
        np.add.at(steps, first, 1)
        np.add.at(steps, last + 1, -1)
        touched = np.cumsum(steps) > 0
        for start, stop in _runs(touched, max(_MAX_PIXELS // ((end - row) * block_width), 1)):
            here = members[(first < stop) & (last >= start)]
            west = max(int(left[here].min()), start * block_width, 0)
            east = min(int(right[here].max()) + 1, stop * block_width, grid.width)
            north, south = max(int(top[here].min()), row), min(int(bottom[here].max()) + 1, end)
            yield Window(west, north, east - west, south - north), here


def _block(source: Source) -> tuple[int, int]:
    """Return width and height of the file's blocks, or of the part of one that fits memory."""
    return Layout.from_blocks(source.grid.window, source.block).window if source.has_huge_blocks else source.block


def _runs(touched: np.ndarray, max_length: int) -> Iterator[tuple[int, int]]:
    """Yield start and stop of runs of True, none longer than `max_length`."""
    edges = np.nonzero(np.diff(np.concatenate([[False], touched, [False]])))[0]
    for first, last in edges.reshape(-1, 2).tolist():
        for start in range(first, last, max_length):
            yield start, min(start + max_length, last)


def _owners(grid: Grid, shapes: Sequence[LabelledShape], members: np.ndarray, *, all_touched: bool) -> np.ndarray:
    """Rasterize features: for each class (not water, water) 1 + index of the feature, or 0; shape (2, height, width), int32."""
    target = memory_raster(grid, gdal.GDT_Int32, 2)
    for band, water in ((1, False), (2, True)):
        chosen = [int(i) for i in members if shapes[i].water is water]
        if chosen:
            burn(target, band, memory_layer([shapes[i].wkb for i in chosen], [i + 1 for i in chosen]), all_touched=all_touched)
    return np.asarray(target.ReadAsArray())


def _touched(area: Window, owner: np.ndarray, source: Source) -> Iterator[Window]:
    """Yield, for each of the file's blocks, the smallest window of an area that holds the pixels of features there."""
    width, height = _block(source)
    height *= max(1, _MIN_ROWS // height)
    for _, part in area.blocks(width, height):
        owned = owner[part.within(area).slices]
        rows, columns = (np.nonzero(owned.any(axis))[0] for axis in (1, 0))
        if rows.size:
            size = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
            yield Window(part.column + int(columns[0]), part.row + int(rows[0]), *size)
