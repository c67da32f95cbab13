"""Pixel geometry: windows, grids, and the order in which a raster is processed along its own blocks. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .translation import tr

# Side of the tiles of output files: large enough to compress well, small enough to draw quickly.
_TILE = 512
_MIN_TILE = 16
_WINDOW_PIXELS = 2**21
# Blocks with more pixels than this, such as a whole image compressed as one strip, are read in a few large windows, since GDAL decodes or
# at least copies the whole block for each. The number of threads is limited so that their blocks together hold at most this many pixels.
HUGE_BLOCK = 8_000_000
_HUGE_WINDOW_PIXELS = 16_000_000
_HUGE_AT_ONCE = 64_000_000
# Windows follow output tiles up to this size; with larger ones, several windows in flight would take too much memory.
_MAX_TILE_PIXELS = 4 * _WINDOW_PIXELS
# Where windows cut tiles, rows of tiles are gathered up to this size.
_GATHERED_PIXELS = 20_000_000


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: first column and row, width and height."""

    column: int
    row: int
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First column and row, width and height, as GDAL takes them."""
        return self.column, self.row, self.width, self.height

    @property
    def right(self) -> int:
        """The column after the last."""
        return self.column + self.width

    @property
    def bottom(self) -> int:
        """The row after the last."""
        return self.row + self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the window, as an index of an array."""
        return slice(self.row, self.bottom), slice(self.column, self.right)

    def every(self, stride: int) -> tuple[slice, slice]:
        """Return the rows and columns of the window, as an index of its array, that are multiples of a number in the raster."""
        return slice(-self.row % stride, None, stride), slice(-self.column % stride, None, stride)

    def within(self, area: Window) -> Window:
        """Return the window in pixel coordinates of an area that contains it."""
        return Window(self.column - area.column, self.row - area.row, self.width, self.height)

    def intersection(self, other: Window) -> Window | None:
        """Return the pixels in both windows, or None if they don't overlap."""
        left, top = max(self.column, other.column), max(self.row, other.row)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Window(left, top, right - left, bottom - top) if right > left and bottom > top else None

    def blocks(self, width: int, height: int) -> Iterator[tuple[Window, Window]]:
        """Yield the blocks that the window touches, and the part of each that lies in it.

        Args:
            width, height: of the blocks, which are counted from the raster's corner.
        """
        for row in range(self.row // height * height, self.bottom, height):
            for column in range(self.column // width * width, self.right, width):
                block = Window(column, row, width, height)
                part = block.intersection(self)
                if part is not None:
                    yield block, part

    def halves(self) -> tuple[Window, Window]:
        """Split the window across its longer side."""
        column, row, width, height = self.column, self.row, self.width, self.height
        if width >= height:
            return Window(column, row, width // 2, height), Window(column + width // 2, row, width - width // 2, height)
        return Window(column, row, width, height // 2), Window(column, row + height // 2, width, height - height // 2)


@dataclass(frozen=True)
class Grid:
    """Size and georeference of a raster.

    Attributes:
        width, height: in pixels.
        geotransform: GDAL's six coefficients, or None without georeference.
        crs: WKT, or "" if unknown.
    """

    width: int
    height: int
    geotransform: tuple[float, ...] | None
    crs: str

    @property
    def window(self) -> Window:
        """All pixels."""
        return Window(0, 0, self.width, self.height)

    def to_crs(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Transform pixel coordinates to x and y in units of the CRS, shape (n, 2).

        Args:
            columns, rows: pixel coordinates, shape (n,); 0.5 is the centre of the first pixel.

        Raises:
            InputError: the raster has no georeference.
        """
        x0, dx, rx, y0, ry, dy = self._transform()
        return np.stack([x0 + dx * columns + rx * rows, y0 + ry * columns + dy * rows], axis=-1)

    def to_pixels(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Transform CRS coordinates to columns and rows, shape (n, 2); 0.5 is the centre of the first pixel.

        >>> grid = Grid(100, 50, (500_000.0, 10.0, 0.0, 4_600_000.0, 0.0, -10.0), "")
        >>> grid.to_pixels(np.array([500_005.0]), np.array([4_599_995.0])).tolist()
        [[0.5, 0.5]]

        Args:
            x, y: coordinates in units of the CRS, shape (n,).

        Raises:
            InputError: the raster has no georeference.
        """
        x0, dx, rx, y0, ry, dy = self._transform()
        determinant = dx * dy - rx * ry
        across, down = np.asarray(x) - x0, np.asarray(y) - y0
        return np.stack([(dy * across - rx * down) / determinant, (dx * down - ry * across) / determinant], axis=-1)

    def corners_on(self, other: Grid) -> np.ndarray:
        """Return the top left, top right and bottom left corner in pixels of another grid of the CRS: columns and rows, shape (3, 2)."""
        corners = self.to_crs(np.array([0.0, self.width, 0.0]), np.array([0.0, 0.0, self.height]))
        return other.to_pixels(corners[:, 0], corners[:, 1])

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """Width and height of a pixel in CRS units, or None without georeference."""
        if self.geotransform is None:
            return None
        _, dx, rx, _, ry, dy = self.geotransform
        return math.hypot(dx, ry), math.hypot(rx, dy)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Bounds in CRS coordinates: xmin, ymin, xmax, ymax; InputError if the raster has no georeference."""
        corners = self.to_crs(np.array([0, self.width, 0, self.width]), np.array([0, 0, self.height, self.height]))
        return (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())

    def crop(self, window: Window) -> Grid:
        """Return the grid of a window of this one."""
        transform = self.geotransform
        if transform is not None:
            x0, dx, rx, y0, ry, dy = transform
            x = x0 + dx * window.column + rx * window.row
            y = y0 + ry * window.column + dy * window.row
            transform = (x, dx, rx, y, ry, dy)
        return Grid(window.width, window.height, transform, self.crs)

    def window_of(self, extent: Sequence[float]) -> Window:
        """Return the window of all pixels that an extent (xmin, ymin, xmax, ymax in the CRS) touches; raise InputError if none."""
        xmin, ymin, xmax, ymax = extent
        corners = self.to_pixels(np.array([xmin, xmin, xmax, xmax]), np.array([ymin, ymax, ymin, ymax]))
        # An edge on a pixel border must not include the neighbour because of rounding.
        left, top = (int(v) for v in np.floor(corners.min(0) + 1e-6))
        right, bottom = (int(v) for v in np.ceil(corners.max(0) - 1e-6))
        inside = Window(left, top, right - left, bottom - top).intersection(self.window) if right > left and bottom > top else None
        if inside is None:
            msg = tr("The extent {extent} is empty or outside the raster, which covers {own}: choose one that overlaps the raster.")
            raise InputError(msg.format(extent=format_extent(extent), own=format_extent(self.extent)))
        return inside

    def _transform(self) -> tuple[float, ...]:
        if self.geotransform is None:
            msg = tr("The raster has no georeference, so positions on it are unknown: assign one first.")
            raise InputError(msg)
        return self.geotransform


@dataclass(frozen=True)
class Layout:
    """How a raster is processed block by block.

    Attributes:
        window: width and height of the windows, in pixels.
        tile: width and height of the output file's tiles.
        first: width and height of the first window, where the area begins inside a block of the source: windows then cut no blocks, but
            tiles. None = as of the others.
    """

    window: tuple[int, int]
    tile: tuple[int, int]
    first: tuple[int, int] | None = None

    @classmethod
    def from_blocks(
        cls, area: Window, block: tuple[int, int], tile: tuple[int, int] | None = None, start: tuple[int, int] | None = None
    ) -> Layout:
        """Choose windows of whole source blocks and whole output tiles, so that each is decoded and encoded once.

        Args:
            area: the part of the raster to process.
            block: width and height of the source's blocks.
            tile: width and height of the output's tiles or strips; None = choose them too.
            start: column and row of the raster where a block begins, if windows may cut tiles instead of blocks; None = they may not.
        """
        if block[0] * block[1] > HUGE_BLOCK and area.pixels > _WINDOW_PIXELS:
            width = min(math.ceil(min(block[0], area.width) / _TILE) * _TILE, _HUGE_WINDOW_PIXELS // _TILE // _TILE * _TILE)
            rows = max(_HUGE_WINDOW_PIXELS // width // _TILE, 1) * _TILE
            return cls((width, rows), tile or (_TILE, _TILE))
        if tile is not None and tile[0] * tile[1] > _MAX_TILE_PIXELS:
            tile = None
        begin = start or (0, 0)
        aligned = (area.column - begin[0]) % block[0] == 0, (area.row - begin[1]) % block[1] == 0
        if block[0] < area.right - begin[0]:
            fitting = tile or (_tile_side(block[0]), _tile_side(block[1]))
            width, height = (math.lcm(*sides) for sides in zip(block, fitting))
            if width * height <= 2 * _WINDOW_PIXELS and all(aligned):
                return cls((width, height), fitting)
            if block[0] <= max(2 * _TILE, 8 * block[1]):
                width, height = block[0] * max(2 * _TILE // block[0], 1), block[1] * max(_TILE // block[1], 1)
                if start is not None and area.width * (height + fitting[1]) <= _GATHERED_PIXELS:
                    first = width - (area.column - start[0]) % width, height - (area.row - start[1]) % height
                    return cls((width, height), fitting, first)
                # Windows cut blocks, which are decoded once more for each: the larger the blocks, the larger the windows.
                large = block[0] * block[1] >= (2 * _TILE) ** 2
                wanted = 2 * max(_TILE, *block) if large else 2 * _TILE
                return cls(_whole_tiles((wanted, wanted), fitting, (1 + large) * _WINDOW_PIXELS), fitting)
        # Strips are decoded whole, so a window has the full width and as many rows as memory allows.
        if tile is None:
            rows = _tile_side(block[1])
            while rows > _MIN_TILE and area.width * rows > _WINDOW_PIXELS:
                rows = max(rows // 2 // _MIN_TILE, 1) * _MIN_TILE
            tile = _TILE, rows
        rows = math.lcm(block[1], tile[1])
        whole = aligned[1] and area.width * rows <= 2 * _WINDOW_PIXELS
        return cls(_whole_tiles((area.width, rows if whole else _TILE), tile, (1 + whole) * _WINDOW_PIXELS), tile)

    @property
    def pixels(self) -> int:
        """Pixels in a window."""
        return self.window[0] * self.window[1]

    def windows(self, area: Window) -> Iterator[Window]:
        """Yield the windows that cover an area, row by row."""
        columns, rows = map(_spans, (area.width, area.height), self.first or self.window, self.window)
        for row, height in rows:
            for column, width in columns:
                yield Window(area.column + column, area.row + row, width, height)


def _spans(length: int, first: int, side: int) -> list[tuple[int, int]]:
    """Cut a length into parts of which the first and the last may be shorter: where each begins, and how long it is."""
    edges = [0, *range(first, length, side), length]
    return [(edge, after - edge) for edge, after in zip(edges, edges[1:])]


def _whole_tiles(wanted: tuple[int, int], tile: tuple[int, int], pixels: int) -> tuple[int, int]:
    """Return width and height of a window of whole tiles that is about as large as wanted, but not much larger than `pixels`."""
    across = min(math.ceil(wanted[0] / tile[0]), max(pixels // tile[1] // tile[0], 1))
    down = min(math.ceil(wanted[1] / tile[1]), max(pixels // (across * tile[0]) // tile[1], 1))
    return across * tile[0], down * tile[1]


def _tile_side(block: int) -> int:
    """Return a side for output tiles: near the usual one, and such that small windows are of whole tiles and whole blocks of the source."""
    if block <= _TILE // 4:
        return _TILE
    first = max(_TILE // 2 // _MIN_TILE, 1) * _MIN_TILE
    sides = range(first, _TILE * 3 // 2 + 1, _MIN_TILE)
    best = min(sides, key=lambda side: (max(math.lcm(block, side), _TILE), abs(side - _TILE)))
    return best if math.lcm(block, best) <= 4 * _TILE else _TILE


def max_readers(block: tuple[int, int]) -> int | None:
    """Return the maximum number of threads that read at once, where blocks of this width and height are so large; else None."""
    pixels = block[0] * block[1]
    return max(1, _HUGE_AT_ONCE // pixels) if pixels > HUGE_BLOCK else None


def format_extent(extent: Sequence[float]) -> str:
    """Format xmin, ymin, xmax, ymax for users."""
    xmin, ymin, xmax, ymax = extent
    return tr("x {xmin:.10g} to {xmax:.10g}, y {ymin:.10g} to {ymax:.10g}").format(xmin=xmin, xmax=xmax, ymin=ymin, ymax=ymax)
