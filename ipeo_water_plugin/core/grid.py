"""Where pixels lie: windows, grids, and how a raster is worked through along its own blocks. numpy alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .translation import tr

# Side of the tiles that are written: large enough to compress well, small enough to draw quickly.
_TILE = 512
_MIN_TILE = 16
_WINDOW_PIXELS = 2_000_000
# Blocks of more pixels than this, such as a whole image compressed in one strip, are gone through in few large windows: GDAL decodes, or
# at least copies, the whole block for each. What so many pixels take is read by as many threads as hold no more blocks than that.
HUGE_BLOCK = 8_000_000
_HUGE_WINDOW_PIXELS = 16_000_000
_HUGE_AT_ONCE = 64_000_000
# Larger tiles would take too much memory as windows, of which several are at work.
_MAX_TILE_PIXELS = 4 * _WINDOW_PIXELS


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: its first column and row, its width and height."""

    column: int
    row: int
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    def intersection(self, other: Window) -> Window | None:
        """Return the pixels that both hold, or None."""
        left, top = max(self.column, other.column), max(self.row, other.row)
        right = min(self.column + self.width, other.column + other.width)
        bottom = min(self.row + self.height, other.row + other.height)
        return Window(left, top, right - left, bottom - top) if right > left and bottom > top else None

    def halves(self) -> tuple[Window, Window]:
        """Return the two halves across the longer side."""
        column, row, width, height = self.column, self.row, self.width, self.height
        if width >= height:
            return Window(column, row, width // 2, height), Window(column + width // 2, row, width - width // 2, height)
        return Window(column, row, width, height // 2), Window(column, row + height // 2, width, height - height // 2)


@dataclass(frozen=True)
class Grid:
    """Where pixels lie: size, GDAL's six geotransform coefficients (None without georeference) and the CRS as WKT ("" unknown)."""

    width: int
    height: int
    geotransform: tuple[float, ...] | None
    crs: str

    @property
    def window(self) -> Window:
        """All pixels."""
        return Window(0, 0, self.width, self.height)

    def to_crs(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Turn pixel coordinates (0.5 = centre of the first pixel) into CRS coordinates, shape (n, 2).

        Raises:
            InputError: the raster has no georeference.
        """
        x0, dx, rx, y0, ry, dy = self._transform()
        return np.stack([x0 + dx * columns + rx * rows, y0 + ry * columns + dy * rows], axis=-1)

    def to_pixels(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Turn CRS coordinates into pixel coordinates (columns, rows), shape (n, 2).

        Raises:
            InputError: the raster has no georeference, or one that maps all pixels onto a line.
        """
        x0, dx, rx, y0, ry, dy = self._transform()
        determinant = dx * dy - rx * ry
        if determinant == 0:
            msg = tr("The raster's georeference is degenerate: all its pixels lie on one line.")
            raise InputError(msg)
        across, down = np.asarray(x) - x0, np.asarray(y) - y0
        return np.stack([(dy * across - rx * down) / determinant, (dx * down - ry * across) / determinant], axis=-1)

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """Width and height of a pixel in CRS units, or None without georeference."""
        if self.geotransform is None:
            return None
        _, dx, rx, _, ry, dy = self.geotransform
        return math.hypot(dx, ry), math.hypot(rx, dy)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Bounds in CRS coordinates: xmin, ymin, xmax, ymax.

        Raises:
            InputError: the raster has no georeference.
        """
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
        """Return the pixels that an extent (xmin, ymin, xmax, ymax in the CRS) touches, cropped outward to whole pixels.

        Raises:
            InputError: the extent is empty or lies outside the raster.
        """
        xmin, ymin, xmax, ymax = extent
        corners = self.to_pixels(np.array([xmin, xmin, xmax, xmax]), np.array([ymin, ymax, ymin, ymax]))
        # An edge on a pixel's border must not take in the neighbour because of rounding.
        left, top = (int(v) for v in np.floor(corners.min(0) + 1e-6))
        right, bottom = (int(v) for v in np.ceil(corners.max(0) - 1e-6))
        inside = Window(left, top, right - left, bottom - top).intersection(self.window) if right > left and bottom > top else None
        if inside is None:
            msg = tr("The extent {extent} is empty or lies outside the raster, which spans {own}: choose one that overlaps it.").format(
                extent=format_extent(extent), own=format_extent(self.extent)
            )
            raise InputError(msg)
        return inside

    def _transform(self) -> tuple[float, ...]:
        if self.geotransform is None:
            msg = tr("The raster has no georeference, so nothing can be placed on it: assign one first.")
            raise InputError(msg)
        return self.geotransform


@dataclass(frozen=True)
class Layout:
    """How a raster is worked through: the size of a window, and of the tiles of a file written along the way (width, height).

    `readers` is the number of threads that read at once, where the blocks are so large that memory bounds it, else None.
    """

    window: tuple[int, int]
    tile: tuple[int, int]
    readers: int | None = None

    @classmethod
    def from_blocks(cls, area: Window, block: tuple[int, int], tile: tuple[int, int] | None = None) -> Layout:
        """Choose windows that are whole in the source's blocks and in the tiles, so that each is decoded and encoded once.

        Args:
            area: what is worked through.
            block: width and height of the source's blocks.
            tile: those of the file to be written, tiles or strips, where they are settled; None = chosen here.
        """
        if block[0] * block[1] > HUGE_BLOCK and area.pixels > _WINDOW_PIXELS:
            width = min(_round_up(min(block[0], area.width), _TILE), _HUGE_WINDOW_PIXELS // _TILE // _TILE * _TILE)
            rows = max(_HUGE_WINDOW_PIXELS // width // _TILE, 1) * _TILE
            return cls((width, rows), tile or (_TILE, _TILE), max(1, _HUGE_AT_ONCE // (block[0] * block[1])))
        if tile is not None and tile[0] * tile[1] <= _MAX_TILE_PIXELS:
            return cls(_window_of(area, block, tile), tile)
        if block[0] >= area.column + area.width and area.width > _TILE:
            # Strips are decoded whole, so a window takes the full width and as many rows as memory allows.
            rows = _TILE
            while rows > _MIN_TILE and area.width * rows > _WINDOW_PIXELS:
                rows //= 2
            return cls((min(_round_up(area.width, _TILE), _WINDOW_PIXELS // rows // _TILE * _TILE or _TILE), rows), (_TILE, rows))
        width, height = (math.lcm(side, _TILE) for side in block)
        if width * height > _WINDOW_PIXELS or area.column % block[0] or area.row % block[1]:
            width = height = 2 * _TILE
        return cls((width, height), (_TILE, _TILE))

    @property
    def pixels(self) -> int:
        """Pixels in a window."""
        return self.window[0] * self.window[1]

    def windows(self, area: Window) -> Iterator[Window]:
        """Cut the area, row by row."""
        width, height = self.window
        for row in range(0, area.height, height):
            for column in range(0, area.width, width):
                yield Window(area.column + column, area.row + row, min(width, area.width - column), min(height, area.height - row))


def _window_of(area: Window, block: tuple[int, int], tile: tuple[int, int]) -> tuple[int, int]:
    """Return a window whole in the tiles, and in the source's blocks too where that isn't too large and the area begins with one."""
    width, height = (math.lcm(*sides) for sides in zip(block, tile))
    if width * height <= _WINDOW_PIXELS and not (area.column % block[0] or area.row % block[1]):
        return width, height
    # A strip is decoded whole, so a window takes the full width where it can.
    wanted = area.width if block[0] >= area.column + area.width else 2 * _TILE
    fitting = max(_WINDOW_PIXELS // tile[1] // tile[0], 1)
    across = min(math.ceil(wanted / tile[0]), fitting)
    down = max(_WINDOW_PIXELS // (across * tile[0]) // tile[1], 1)
    return across * tile[0], min(down, math.ceil(_TILE / tile[1])) * tile[1]


def format_extent(extent: Sequence[float]) -> str:
    """Write xmin, ymin, xmax, ymax for users."""
    xmin, ymin, xmax, ymax = extent
    return tr("x {xmin:.10g} to {xmax:.10g}, y {ymin:.10g} to {ymax:.10g}").format(xmin=xmin, xmax=xmax, ymin=ymin, ymax=ymax)


def _round_up(value: int, multiple: int) -> int:
    return math.ceil(value / multiple) * multiple
