"""Drawn areas over a raster become labelled pixels: a sieve that reads only blocks which an area touches, each once.

Memory stays bounded whatever the areas hold: each pixel gets a random key from the seed and its place, every area keeps its
smallest keys, and how many it may keep falls as more areas turn up. So the draw depends on neither block size nor order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from .bands import BandRoles
from .errors import InputError
from .grid import Grid, Window
from .masks import burn, memory_layer, memory_raster
from .polygons import LabelledShape, envelopes
from .progress import Progress, Quiet, raise_if_cancelled
from .raster import Source, scene_of
from .samples import Samples

# Pixels rasterized at a time, and rows of a file in strips that are taken together.
_PIECE_PIXELS = 4_000_000
_LEAST_ROWS = 256
_UNLIMITED = np.iinfo(np.int64).max


@dataclass(frozen=True)
class SamplingSettings:
    """How pixels are chosen.

    Attributes:
        all_touched: take every pixel that an area touches, not only those whose centre lies inside.
        max_per_class: the most pixels a class, spread over its areas; 0 = all.
        seed: of the draw.
    """

    all_touched: bool = False
    max_per_class: int = 50_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: one is negative.
        """
        if self.max_per_class < 0 or self.seed < 0:
            msg = "The most pixels a class and the seed can't be negative."
            raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Sampling:
    """What sampling gives.

    Attributes:
        samples: the pixels drawn, in the raster's row-major order.
        conflicting: pixels left out because both classes claim them.
        invalid: pixels left out because a band is NoData, NaN, infinite or masked there.
        found: usable pixels before the draw: (not water, water).
    """

    samples: Samples
    conflicting: int
    invalid: int
    found: tuple[int, int]


def sample_pixels(
    raster: str,
    roles: BandRoles,
    shapes: Sequence[LabelledShape],
    settings: SamplingSettings | None = None,
    progress: Progress | None = None,
    scene_name: str | None = None,
) -> Sampling:
    """Take the pixels that training areas hold.

    A pixel belongs to an area when its centre lies inside; a point labels the pixel it lies in. One claimed by both classes
    is left out; one claimed twice by a class counts once, for the area that comes last.

    Args:
        raster: the image; any GDAL name.
        roles: its bands.
        shapes: training areas in the raster's CRS.
        settings: rule, cap and seed.
        progress: told the share of the work done.
        scene_name: what the scene is called; by default the file's name.

    Raises:
        InputError: the areas lie outside the raster, hold no pixel, or leave a class without any valid one.
        RasterError: the image can't be read.
        CancelledError: the caller cancelled.
    """
    settings, progress = settings or SamplingSettings(), progress or Quiet()
    raise_if_cancelled(progress)
    source = Source(raster, roles)
    boxes = _pixel_boxes(source.grid, shapes)
    inside = (boxes[:, 0] < source.grid.width) & (boxes[:, 1] < source.grid.height) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
    if not inside.any():
        msg = f"All {len(shapes)} training areas lie outside the raster: check that both have the right CRS."
        raise InputError(msg)
    if not inside.all():
        progress.warn(f"{len(shapes) - int(inside.sum())} of {len(shapes)} training areas lie outside the raster.")
    sieves = tuple(_Sieve(len(shapes), settings.max_per_class) for _ in range(2))
    conflicting = invalid = 0
    pieces = list(_pieces(source, boxes, inside))
    for index, (piece, members) in enumerate(pieces):
        owners = _owners(source.grid.crop(piece), shapes, members, all_touched=settings.all_touched)
        conflict = (owners[0] > 0) & (owners[1] > 0)
        conflicting += int(np.count_nonzero(conflict))
        # Water counts upward, not water downward.
        claimed = np.where(conflict, 0, owners[1] - owners[0])
        for window in _touched(piece, claimed, source):
            raise_if_cancelled(progress)
            part = _cut(claimed, piece, window)
            bands, valid = source.read(window)
            chosen = part != 0
            if valid is not None:
                invalid += int(np.count_nonzero(chosen & ~valid))
                chosen &= valid
            rows, columns = np.nonzero(chosen)
            place = (rows + window.row).astype(np.int64) * source.grid.width + columns + window.column
            owner = part[rows, columns]
            keys = _keys(place, settings.seed)
            for sieve, mine in zip(sieves, (owner < 0, owner > 0)):
                sieve.add(np.abs(owner[mine]) - 1, keys[mine], place[mine], [band[rows[mine], columns[mine]] for band in bands])
        progress.set((index + 1) / len(pieces))
    found = sieves[0].total, sieves[1].total
    _check_found(found, conflicting, invalid)
    samples = _collect(sieves, source.grid, shapes, raster, roles, scene_name)
    _report(samples, found, conflicting, invalid, progress)
    return Sampling(samples, conflicting, invalid, found)


def _pixel_boxes(grid: Grid, shapes: Sequence[LabelledShape]) -> np.ndarray:
    """Bounding boxes in pixel coordinates, shape (n, 4): left, top, right, bottom."""
    boxes = envelopes([shape.wkb for shape in shapes])
    corners = np.stack([grid.to_pixels(boxes[:, i], boxes[:, j]) for i in (0, 1) for j in (2, 3)])
    if not np.isfinite(corners).all():
        bad = int(np.nonzero(~np.isfinite(corners).all(axis=(0, 2)))[0][0])
        msg = f"Training area {shapes[bad].id} has coordinates that are no numbers on the raster: it may lie too far outside its CRS."
        raise InputError(msg)
    return np.concatenate([corners.min(0), corners.max(0)], axis=1)


def _pieces(source: Source, boxes: np.ndarray, inside: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
    """Yield windows that lie in neighbouring blocks of one row and just hold the areas there, with those areas' indices."""
    grid, (block_width, block_height) = source.grid, source.block
    height = block_height * max(1, _LEAST_ROWS // block_height)
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
        most = max(_PIECE_PIXELS // ((end - row) * block_width), 1)
        for start, stop in _runs(touched, most):
            here = members[(first < stop) & (last >= start)]
            west = max(int(left[here].min()), start * block_width, 0)
            east = min(int(right[here].max()) + 1, stop * block_width, grid.width)
            north, south = max(int(top[here].min()), row), min(int(bottom[here].max()) + 1, end)
            yield Window(west, north, east - west, south - north), here


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
    width, height = source.block[0], source.block[1] * max(1, _LEAST_ROWS // source.block[1])
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


def _keys(place: np.ndarray, seed: int) -> np.ndarray:
    """A random 64-bit key a pixel, from the seed and its place alone.

    SplitMix64: Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195.
    """
    with np.errstate(over="ignore"):
        z = place.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return z ^ (z >> np.uint64(31))


class _Sieve:
    """Keeps at most a cap of one class's pixels, spread over areas: every area may keep as many as the level that fills the cap."""

    def __init__(self, areas: int, cap: int) -> None:
        self._cap = cap or _UNLIMITED
        self._seen = np.zeros(areas, np.int64)
        self._ceiling = np.full(areas, np.iinfo(np.uint64).max, np.uint64)
        self._pieces: list[tuple[np.ndarray, ...]] = []
        self._held = 0

    @property
    def total(self) -> int:
        """Pixels that came by."""
        return int(self._seen.sum())

    def add(self, area: np.ndarray, key: np.ndarray, place: np.ndarray, bands: Sequence[np.ndarray]) -> None:
        """Take in pixels: area index, key, place and raw values of each."""
        self._seen += np.bincount(area, minlength=len(self._seen))
        kept = key <= self._ceiling[area]
        values = np.stack([band[kept].astype(np.float64) for band in bands], axis=1)
        self._pieces.append((area[kept], key[kept], place[kept], values))
        self._held += int(kept.sum())
        if self._held > 2 * self._cap + 100_000:
            self._settle(exact=False)

    def result(self) -> tuple[np.ndarray, ...]:
        """Return area index, key, place and values of the pixels kept, in row-major order."""
        area, key, place, values = self._settle(exact=True)
        order = np.argsort(place, kind="stable")
        return area[order], key[order], place[order], values[order]

    def _settle(self, *, exact: bool) -> tuple[np.ndarray, ...]:
        """Drop what no longer fits under the cap."""
        area, key, place, values = (np.concatenate(column) for column in zip(*self._pieces)) if self._pieces else self._nothing()
        if self._held > self._cap:
            order = np.lexsort((key, area))
            starts = np.searchsorted(area[order], np.arange(len(self._seen)))
            rank = np.empty(len(area), np.int64)
            rank[order] = np.arange(len(area)) - starts[area[order]]
            level = _level(self._seen, self._cap)
            kept = rank < level
            if exact:
                # One more each, to those with the smallest keys, fills the cap to the last pixel.
                spare = np.nonzero(rank == level)[0]
                kept[spare[np.argsort(key[spare], kind="stable")[: self._cap - int(kept.sum())]]] = True
            else:
                kept |= rank == level
            area, key, place, values = area[kept], key[kept], place[kept], values[kept]
            full = np.bincount(area, minlength=len(self._seen)) < self._seen
            highest = np.zeros(len(self._seen), np.uint64)
            np.maximum.at(highest, area, key)
            self._ceiling = np.where(full, highest, self._ceiling)
        self._pieces, self._held = [(area, key, place, values)], len(area)
        return area, key, place, values

    def _nothing(self) -> tuple[np.ndarray, ...]:
        return np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64), np.empty((0, 0))


def _level(counts: np.ndarray, cap: int) -> int:
    """The largest number n for which Σ min(count, n) stays within the cap."""
    low, high = 0, int(counts.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(counts, middle).sum()) <= cap:
            low = middle
        else:
            high = middle - 1
    return low


def _check_found(found: tuple[int, int], conflicting: int, invalid: int) -> None:
    """Check that both classes have pixels.

    Raises:
        InputError: one has none.
    """
    for count, name in zip(found, ("not water", "water")):
        if not count:
            msg = (
                f"No valid pixel is labelled {name}: {conflicting} were claimed by both classes, {invalid} were invalid in a band, "
                "and an area counts only pixels whose centre it holds. Draw larger areas, or take all pixels touched."
            )
            raise InputError(msg)


def _collect(
    sieves: Sequence[_Sieve], grid: Grid, shapes: Sequence[LabelledShape], raster: str, roles: BandRoles, scene_name: str | None
) -> Samples:
    parts = [sieve.result() for sieve in sieves]
    water = np.repeat([False, True], [len(part[0]) for part in parts])
    area, _, place, values = (np.concatenate(column) for column in zip(*parts))
    order = np.argsort(place, kind="stable")
    place, area = place[order], area[order]
    ids = np.array([shape.id for shape in shapes], np.int64)
    rows, columns = np.divmod(place, grid.width)
    return Samples(
        X=values[order],
        y=water[order],
        polygon=ids[area],
        scene=np.zeros(len(place), np.int32),
        names=roles.names,
        scenes=(scene_of(raster, roles, scene_name),),
        position=grid.to_crs(columns + 0.5, rows + 0.5),
    )


def _report(samples: Samples, found: tuple[int, int], conflicting: int, invalid: int, progress: Progress) -> None:
    water = int(samples.y.sum())
    progress.info(f"{water} water and {len(samples) - water} other pixels taken, of {found[1]} and {found[0]} in the training areas.")
    if conflicting:
        progress.warn(f"{conflicting} pixels lie in areas of both classes and were left out.")
    if invalid:
        progress.info(f"{invalid} pixels have no valid value in every band and were left out.")
