"""Reading a raster window by window on all processors, with progress and cancellation: the one loop for rasters too large for memory.

Windows that suit the file that is read may cut the tiles of the one that is written, which then are gathered.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from typing import Protocol, TypeVar

import numpy as np

from ..grid import Grid, Layout, Window, max_readers
from ..progress import Progress, raise_if_cancelled
from ..system.threads import in_order

_STRIP_PIXELS = 3_000_000

Own = TypeVar("Own", bound="Reopenable")
Result_co = TypeVar("Result_co", covariant=True)


class Reopenable:
    """What reads rasters in one thread; every further thread has a copy of its own."""

    def reopened(self: Own) -> Own:
        """Return the same, with each raster opened for the thread that calls this; raise RasterError if one changed or is gone."""
        other = copy.copy(self)
        for name, member in vars(self).items():
            if isinstance(member, Reopenable):
                setattr(other, name, member.reopened())
        return other


class Reader(Protocol[Result_co]):
    """What reads windows of a raster in one thread, such as `Source`, and may compute something of them.

    Attributes:
        grid, block: of the raster: its grid, and width and height of its blocks.
    """

    grid: Grid
    block: tuple[int, int]

    def read(self, window: Window) -> Result_co:
        """Return what is read or computed of a window."""

    def reopened(self) -> Reader[Result_co]:
        """Return the same, opened for the thread that calls this."""


def read_ahead(
    reader: Reader[Result_co], windows: Iterable[Window], pixels: int, progress: Progress, max_threads: int | None = None
) -> Generator[tuple[Window, Result_co], None, None]:
    """Read windows on all processors, a bounded number of them ahead of the caller.

    Each thread has a reader of its own, so the caller may use `reader` meanwhile. Threads have ended when the generator is exhausted,
    closed, or raises.

    Args:
        reader: what to read with.
        windows: consumed in the caller's thread, as results are.
        pixels: of the largest window.
        progress: asked before each window whether to go on; progress isn't reported.
        max_threads: upper limit on threads, where memory requires one.

    Yields:
        Each window and what `read` returns for it, in order.

    Raises:
        WaterError: as `read`, for the first window that fails.
    """
    windows = iter(windows)
    first = list(islice(windows, 2))
    if len(first) < 2:
        for window in first:
            raise_if_cancelled(progress)
            yield window, reader.read(window)
        return
    local = threading.local()

    def read(window: Window) -> tuple[Window, Result_co]:
        if not hasattr(local, "reader"):
            local.reader = reader.reopened()
        return window, local.reader.read(window)

    with closing(in_order(read, chain(first, windows), pixels, progress, max_threads)) as results:
        yield from results


def read_windows(
    reader: Reader[Result_co], progress: Progress, windows: Iterable[Window] | None = None, max_threads: int | None = None
) -> Generator[tuple[Window, Result_co], None, None]:
    """Read a raster window by window on all processors, and report progress; see `read_ahead`.

    Args:
        reader: what to read with.
        progress: receives the share of the pixels done.
        windows: windows to read; None = the whole raster, along its blocks.
        max_threads: upper limit on threads; where blocks are huge, memory may require fewer.

    Yields:
        Each window and what `read` returns for it, in order.

    Raises:
        WaterError: as `read`, for the first window that fails.
    """
    if windows is None:
        windows = Layout.from_blocks(reader.grid.window, reader.block).windows(reader.grid.window)
    windows = list(windows)
    total, done = sum(window.pixels for window in windows), 0
    largest = max((window.pixels for window in windows), default=1)
    threads = min((limit for limit in (max_readers(reader.block), max_threads) if limit is not None), default=None)
    with closing(read_ahead(reader, windows, largest, progress, threads)) as results:
        for window, result in results:
            yield window, result
            done += window.pixels
            progress.set(done / total)


def strips(grid: Grid, block: tuple[int, int], tile: int) -> Iterator[Window]:
    """Return strips of the full width of a grid, from the top.

    Args:
        grid: of the raster.
        block: width and height of the source's blocks; strips consist of whole blocks if memory allows.
        tile: height of the tiles of the output; likewise.
    """
    rows = max(_STRIP_PIXELS // grid.width, 1)
    height = max(block[1], tile)
    rows = rows // height * height or min(rows, height)
    return (strip for _, strip in grid.window.blocks(grid.width, rows))


class TileRows:
    """Gathers windows that cut a file's tiles into rows of whole tiles, since a tile that is written twice is compressed twice.

    Args:
        grid: of the file.
        layout: of its windows, which are added row by row.
    """

    def __init__(self, grid: Grid, layout: Layout) -> None:
        self._grid, self._layout, self._tile, self._top = grid, layout, layout.tile[1], 0
        self._rows = np.empty(0)
        self._shape = min(layout.window[1] + self._tile, grid.height), grid.width

    def add(self, window: Window, values: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
        """Add a window and its values; yield them if windows cut no tiles, else the rows of tiles that are now whole.

        What is yielded is valid until the next window is added.
        """
        if self._layout.first is None:
            yield window, values
            return
        if not self._rows.size:
            self._rows = np.empty(self._shape, values.dtype)
        self._rows[window.row - self._top : window.bottom - self._top, window.column : window.right] = values
        last = window.bottom == self._grid.height
        whole = window.bottom - self._top if last else (window.bottom - self._top) // self._tile * self._tile
        if window.right == self._grid.width and whole:
            yield Window(0, self._top, window.right, whole), self._rows[:whole]
            left = self._rows[whole : window.bottom - self._top]
            self._rows[: len(left)] = left
            self._top += whole
