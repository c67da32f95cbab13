"""Drawn areas laid over a raster: only blocks that an area touches are read, each once, with whose pixels are whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from ..errors import InputError
from ..grid import Grid, Layout, Window, format_extent
from ..progress import Progress, SubProgress, raise_if_cancelled
from ..raster.rasterize import burn, memory_layer, memory_raster
from ..raster.reprojection import crs_name
from ..raster.source import Source
from ..raster.windows import read_windows
from ..translation import tr
from .polygons import LabelledShape, envelopes, is_polygon

# Pixels rasterized at a time, and rows of a file in strips that are taken together.
_MAX_PIXELS = 4_000_000
_MIN_ROWS = 256
# Areas on top of each other that are looked under; those further down hold a pixel too, as good as surely.
_MAX_DEPTH = 50
# Areas that a message names.
_NAMED = 20


@dataclass(frozen=True, eq=False)
class LabelledWindow:
    """A window of raw values and the areas that claim its pixels.

    Attributes:
        window: where it lies.
        owner: 1 + index of the area that claims a pixel, negative where that area isn't water, 0 where none or both classes do;
            shape (height, width), int32.
        bands: raw values, one array a band, each of that shape.
        valid: where they are valid, or None where all are.
    """

    window: Window
    owner: np.ndarray
    bands: list[np.ndarray]
    valid: np.ndarray | None


class Overlay:
    """Areas over a raster, to be gone through once.

    A pixel belongs to an area when its centre lies inside; a point labels the pixel it lies in. One claimed twice by a class belongs
    to the area that comes last.

    Args:
        source: the raster.
        shapes: areas in the raster's CRS.
        all_touched: an area holds every pixel that it touches.
        nouns: what an area and several are called in messages; training areas where it isn't given.

    Raises:
        InputError: all areas lie outside the raster, or one has coordinates that are no numbers.
    """

    def __init__(self, source: Source, shapes: Sequence[LabelledShape], *, all_touched: bool, nouns: tuple[str, str] | None = None) -> None:
        """Find where the areas lie."""
        noun, self._plural = nouns or (tr("training area"), tr("training areas"))
        self._advice = nouns is None
        self._source, self._shapes, self._all_touched = source, shapes, all_touched
        self._boxes = boxes = _pixel_boxes(source.grid, shapes, noun)
        self._inside = (boxes[:, 0] < source.grid.width) & (boxes[:, 1] < source.grid.height) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
        self.outside = len(shapes) - int(self._inside.sum())
        self.conflicting = 0
        # Pixels of each area: those it holds as far as no later one of its class covers them, and how many of them can't be used.
        self._held, self._contested, self._invalid = (np.zeros(len(shapes), np.int64) for _ in range(3))
        if not self._inside.any():
            msg = tr(
                "All {count} {areas} lie outside the raster: check that both have the right CRS. In that of the raster, {crs}, they span "
                "{span}, and the raster {own}; the nearest of them is {gap:.6g} map units away."
            ).format(count=len(shapes), areas=self._plural, crs=crs_name(source.grid.crs) or "–", **_apart(source.grid, shapes))
            raise InputError(msg)

    def windows(self, progress: Progress) -> Iterator[LabelledWindow]:
        """Yield the windows that hold a claimed pixel; `conflicting` counts the pixels that both classes claim.

        Raises:
            RasterError: the raster can't be read.
            CancelledError: the caller cancelled.
        """
        pieces = list(_pieces(self._source, self._boxes, self._inside))
        for index, (piece, members) in enumerate(pieces):
            owners = _owners(self._source.grid.crop(piece), self._shapes, members, all_touched=self._all_touched)
            conflict = (owners[0] > 0) & (owners[1] > 0)
            self.conflicting += int(np.count_nonzero(conflict))
            self._held += self._per_area(owners[owners > 0])
            self._contested += self._per_area(owners[:, conflict])
            # Water counts upward, not water downward.
            claimed = np.where(conflict, 0, owners[1] - owners[0])
            span = SubProgress(progress, index / len(pieces), (index + 1) / len(pieces))
            for window, bands, valid in read_windows(self._source, span, _touched(piece, claimed, self._source)):
                part = LabelledWindow(window, _cut(claimed, piece, window), bands, valid)
                if part.valid is not None:
                    self._invalid += self._per_area(np.abs(part.owner[~part.valid]))
                yield part
            progress.set((index + 1) / len(pieces))

    def _per_area(self, owners: np.ndarray) -> np.ndarray:
        """Count pixels by the area that claims them: 1 + its index, or 0."""
        return np.bincount(owners.reshape(-1), minlength=len(self._shapes) + 1)[1:]

    def unused(self, progress: Progress, taken: np.ndarray | None = None) -> str:
        """Say which areas gave no pixel and why, once all windows were gone through.

        Args:
            progress: asked whether to go on.
            taken: the areas of which a pixel was drawn, bool, shape (areas,); those that have a usable one where it isn't given.

        Returns:
            One sentence, or "" where each gave some.

        Raises:
            CancelledError: the caller cancelled.
        """
        usable = self._held > self._contested + self._invalid
        taken = usable if taken is None else taken
        reasons = (
            (tr("not drawn, since there are more areas than the maximum of pixels per class"), usable),
            (tr("outside the raster"), ~self._inside),
            (tr("every pixel lies in areas of both classes"), (self._held > 0) & (self._contested == self._held)),
            (tr("NoData or masked in every pixel"), (self._held > 0) & (self._invalid == self._held)),
            (tr("every pixel lies in areas of both classes, or is NoData or masked"), self._held > 0),
        )
        told = []
        left = ~taken
        for why, applies in reasons:
            told.append((why, np.flatnonzero(left & applies)))
            left &= ~applies
        covered = self._covered(np.flatnonzero(left), progress)
        told.append((tr("covered by other areas of its class"), np.flatnonzero(covered)))
        hint = (
            tr("holds no pixel centre, being smaller or narrower than a pixel: take every pixel that an area touches, or draw it larger")
            if self._advice and not self._all_touched
            else tr("holds no pixel centre, being smaller or narrower than a pixel")
        )
        told.append((hint, np.flatnonzero(left & ~covered)))
        parts = [tr("{ids} ({why})").format(ids=self._ids(areas), why=why) for why, areas in told if areas.size]
        if not parts:
            return ""
        return tr("Of {count} {areas}, {unused} gave no pixel. By feature id: {reasons}.").format(
            count=len(self._shapes), areas=self._plural, unused=int((~taken).sum()), reasons="; ".join(parts)
        )

    def _covered(self, areas: np.ndarray, progress: Progress) -> np.ndarray:
        """Tell those that hold a pixel all by themselves from those that hold none: bool, shape (all areas,)."""
        covered, unclear = np.zeros((2, len(self._shapes)), bool)
        unclear[areas] = True
        # A polygon between two rows or columns of centres holds none. A point holds its pixel.
        narrow = (np.ceil(self._boxes[:, :2] - 0.5) > np.floor(self._boxes[:, 2:] - 0.5)).any(axis=1) & (not self._all_touched)
        unclear[[index for index in np.flatnonzero(unclear & narrow).tolist() if is_polygon(self._shapes[index].wkb)]] = False
        for _ in range(_MAX_DEPTH):
            # The uppermost ones show, and are taken off.
            shown = np.zeros(len(self._shapes) + 1, bool)
            for piece, members in _pieces(self._source, self._boxes, unclear):
                raise_if_cancelled(progress)
                shown[_owners(self._source.grid.crop(piece), self._shapes, members, all_touched=self._all_touched)] = True
            covered |= shown[1:]
            unclear &= ~shown[1:]
            if not shown[1:].any():
                return covered
        return covered | unclear

    def _ids(self, areas: np.ndarray) -> str:
        ids = [str(self._shapes[index].id) for index in areas[:_NAMED].tolist()]
        return ", ".join(ids) if len(areas) <= _NAMED else tr("{ids} and {more} more").format(ids=", ".join(ids), more=len(areas) - _NAMED)


def _apart(grid: Grid, shapes: Sequence[LabelledShape]) -> dict[str, object]:
    """Return where areas and raster lie, as texts, and how far the nearest bounding box of an area is from that of the raster."""
    left, right, bottom, top = envelopes([shape.wkb for shape in shapes]).T
    xmin, ymin, xmax, ymax = grid.extent
    across = np.maximum(np.maximum(left - xmax, xmin - right), 0)
    down = np.maximum(np.maximum(bottom - ymax, ymin - top), 0)
    span = format_extent((left.min(), bottom.min(), right.max(), top.max()))
    return {"span": span, "own": format_extent(grid.extent), "gap": float(np.hypot(across, down).min())}


def _pixel_boxes(grid: Grid, shapes: Sequence[LabelledShape], noun: str) -> np.ndarray:
    """Bounding boxes in pixel coordinates, shape (n, 4): left, top, right, bottom."""
    boxes = envelopes([shape.wkb for shape in shapes])
    corners = np.stack([grid.to_pixels(boxes[:, i], boxes[:, j]) for i in (0, 1) for j in (2, 3)])
    if not np.isfinite(corners).all():
        bad = int(np.nonzero(~np.isfinite(corners).all(axis=(0, 2)))[0][0])
        msg = tr("{area} {feature} has coordinates that are no numbers on the raster: it may lie too far outside its CRS.").format(
            area=noun[0].upper() + noun[1:], feature=shapes[bad].id
        )
        raise InputError(msg)
    return np.concatenate([corners.min(0), corners.max(0)], axis=1)


def _pieces(source: Source, boxes: np.ndarray, inside: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
    """Yield windows that lie in neighbouring blocks of one row and just hold the areas there, with those areas' indices."""
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
        most = max(_MAX_PIXELS // ((end - row) * block_width), 1)
        for start, stop in _runs(touched, most):
            here = members[(first < stop) & (last >= start)]
            west = max(int(left[here].min()), start * block_width, 0)
            east = min(int(right[here].max()) + 1, stop * block_width, grid.width)
            north, south = max(int(top[here].min()), row), min(int(bottom[here].max()) + 1, end)
            yield Window(west, north, east - west, south - north), here


def _block(source: Source) -> tuple[int, int]:
    """Return width and height of the file's blocks, or of as much of one as memory allows."""
    return Layout.from_blocks(source.grid.window, source.block).window if source.has_huge_blocks else source.block


def _runs(touched: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Yield start and stop of runs of True, none longer than `most`."""
    edges = np.nonzero(np.diff(np.concatenate([[False], touched, [False]])))[0]
    for start, stop in edges.reshape(-1, 2).tolist():
        for part in range(start, stop, most):
            yield part, min(part + most, stop)


def _owners(grid: Grid, shapes: Sequence[LabelledShape], members: np.ndarray, *, all_touched: bool) -> np.ndarray:
    """Rasterize areas: shape (2, height, width), int32; for each class (not water, water) 1 + index of the area, or 0."""
    target = memory_raster(grid, gdal.GDT_Int32, 2)
    for band, water in ((1, False), (2, True)):
        chosen = [int(i) for i in members if shapes[i].water is water]
        if chosen:
            burn(target, band, memory_layer([shapes[i].wkb for i in chosen], [i + 1 for i in chosen]), all_touched=all_touched)
    return np.asarray(target.ReadAsArray())


def _touched(piece: Window, claimed: np.ndarray, source: Source) -> Iterator[Window]:
    """Yield, for each of the file's blocks, the smallest window within a piece that holds what is claimed there."""
    width, height = _block(source)
    height *= max(1, _MIN_ROWS // height)
    for top in range(piece.row // height * height, piece.row + piece.height, height):
        for left in range(piece.column // width * width, piece.column + piece.width, width):
            inside = Window(left, top, width, height).intersection(piece)
            if inside is None:
                continue
            part = _cut(claimed, piece, inside)
            rows, columns = (np.nonzero(part.any(axis))[0] for axis in (1, 0))
            if rows.size:
                size = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
                yield Window(inside.column + int(columns[0]), inside.row + int(rows[0]), *size)


def _cut(array: np.ndarray, piece: Window, window: Window) -> np.ndarray:
    """Return the part of a piece's array that a window within it holds."""
    row, column = window.row - piece.row, window.column - piece.column
    return array[row : row + window.height, column : column + window.width]
