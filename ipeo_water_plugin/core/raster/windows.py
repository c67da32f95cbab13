"""Processing a raster window by window, with progress and cancellation: the one loop for rasters too large for memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from ..grid import Grid, Layout, Window
from ..progress import Progress, raise_if_cancelled

_STRIP_PIXELS = 3_000_000

Values_co = TypeVar("Values_co", covariant=True)


class Readable(Protocol[Values_co]):
    """A raster opened for one thread, such as `Source` or `ProbabilitySource`."""

    grid: Grid
    block: tuple[int, int]

    def read(self, window: Window) -> tuple[Values_co, np.ndarray | None]:
        """Return the values of a window, and where they are valid: bool, or None if everywhere."""


def each_window(windows: Iterable[Window], progress: Progress) -> Iterator[Window]:
    """Yield windows, checking for cancellation before each and reporting the fraction of pixels done after each.

    Args:
        windows: of one raster.

    Raises:
        CancelledError: the user cancelled.
    """
    windows = list(windows)
    total, done = sum(window.pixels for window in windows), 0
    for window in windows:
        raise_if_cancelled(progress)
        yield window
        done += window.pixels
        progress.set(done / total)


def read_windows(
    source: Readable[Values_co], progress: Progress, windows: Iterable[Window] | None = None
) -> Iterator[tuple[Window, Values_co, np.ndarray | None]]:
    """Read a raster window by window.

    Args:
        source: the raster.
        windows: windows to read; None = the whole raster, along its blocks.

    Yields:
        Each window, its values, and where they are valid: bool, shape (height, width), or None if everywhere.

    Raises:
        RasterError: the raster can't be read.
        CancelledError: the user cancelled.
    """
    if windows is None:
        windows = Layout.from_blocks(source.grid.window, source.block).windows(source.grid.window)
    for window in each_window(windows, progress):
        values, valid = source.read(window)
        yield window, values, valid


def strips(grid: Grid, block: tuple[int, int], tile: int) -> Iterator[Window]:
    """Yield strips of the full width of a grid, from the top.

    Args:
        grid: of the raster.
        block: width and height of the source's blocks; strips consist of whole blocks if memory allows.
        tile: height of the tiles of the output; likewise.
    """
    rows = max(_STRIP_PIXELS // grid.width, 1)
    height = max(block[1], tile)
    rows = rows // height * height or min(rows, height)
    for row in range(0, grid.height, rows):
        yield Window(0, row, grid.width, min(rows, grid.height - row))
