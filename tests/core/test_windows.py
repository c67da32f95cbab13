"""The loop over a raster too large for memory: every pixel once, in order, on all processors; progress that rises; cancellation."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import Recorder

from ipeo_water_plugin.core.errors import CancelledError, RasterError
from ipeo_water_plugin.core.grid import Grid, Layout, Window
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster import windows as module
from ipeo_water_plugin.core.raster.windows import TileRows, read_windows, strips
from ipeo_water_plugin.core.system import threads
from ipeo_water_plugin.core.system.threads import processors


class Numbered:
    """A raster whose pixels hold their own place; it notes what is read of it, by which thread and through which opening."""

    def __init__(self, width: int, height: int, block: tuple[int, int] = (64, 64), *, unreadable: int = -1) -> None:
        self.grid, self.block, self.unreadable = Grid(width, height, None, ""), block, unreadable
        self.values = np.arange(width * height).reshape(height, width)
        self.reads: list[tuple[Window, int, int]] = []

    def reopened(self) -> Numbered:
        return copy.copy(self)

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray | None]:
        self.reads.append((window, threading.get_ident(), id(self)))
        if window.row == self.unreadable:
            msg = f"row {window.row}"
            raise RasterError(msg)
        return self.values[window.slices], None


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 400), st.integers(1, 400), st.integers(1, 20_000))
def test_every_pixel_comes_once(width: int, height: int, block_width: int, block_height: int, strip_pixels: int) -> None:
    source = Numbered(width, height, (block_width, block_height))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_STRIP_PIXELS", strip_pixels)
        for windows in (None, strips(source.grid, source.block, 16)):
            seen = np.concatenate([values.reshape(-1) for _, (values, _) in read_windows(source, SilentProgress(), windows)])
            assert np.array_equal(np.sort(seen), np.arange(width * height))


def test_progress_rises_to_the_end_with_the_pixels_done() -> None:
    source, progress = Numbered(100, 90), Recorder()
    for _ in read_windows(source, progress, [Window(0, 0, 100, 60), Window(0, 60, 100, 30)]):
        pass
    assert progress.fractions == pytest.approx([2 / 3, 1])


ROWS = [Window(0, row, 10, 1) for row in range(100)]


def test_windows_come_in_order_and_each_thread_has_an_opening_of_its_own() -> None:
    source = Numbered(10, 100)
    assert [window for window, _ in read_windows(source, SilentProgress(), ROWS)] == ROWS
    used = {(thread, opened) for _, thread, opened in source.reads}
    assert 1 <= len(used) == len({thread for thread, _ in used}) == len({opened for _, opened in used}) <= processors()
    assert not used & {(threading.get_ident(), id(source))}


def test_one_window_is_read_without_a_thread() -> None:
    source = Numbered(10, 100)
    assert len(list(read_windows(source, SilentProgress(), [source.grid.window]))) == 1
    assert source.reads == [(source.grid.window, threading.get_ident(), id(source))]


def test_no_more_is_read_ahead_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PIXELS_AHEAD", 50)
    source = Numbered(10, 100)
    most = 0
    for number, _ in enumerate(read_windows(source, SilentProgress(), ROWS)):
        most = max(most, len(source.reads) - number)
    assert most <= max(5, processors() + 1) + 1


def left_after(work: Callable[[], object]) -> int:
    """Return by how many threads a piece of work that fails or stops leaves the process with more."""
    before = threading.active_count()
    work()
    return threading.active_count() - before


def test_after_cancel_nothing_is_read_and_no_thread_is_left() -> None:
    source, progress = Numbered(10, 100), Recorder(cancel_at=4)

    def cancelled() -> None:
        with pytest.raises(CancelledError):
            for _ in read_windows(source, progress, ROWS):
                pass

    assert left_after(cancelled) == 0
    assert len(progress.fractions) == 3
    assert len(source.reads) <= 4 + 8 * processors()


def test_a_caller_that_stops_leaves_no_thread() -> None:
    source = Numbered(10, 100)

    def stopped() -> None:
        for _ in read_windows(source, SilentProgress(), ROWS):
            break

    assert left_after(stopped) == 0
    assert len(source.reads) <= 2 + 8 * processors()


def test_the_windows_before_one_that_cannot_be_read_come_first() -> None:
    source, came = Numbered(10, 100, unreadable=40), []

    def failing() -> None:
        with pytest.raises(RasterError, match="row 40"):
            for window, _ in read_windows(source, SilentProgress(), ROWS):
                came.append(window)

    assert left_after(failing) == 0
    assert came == ROWS[:40]


def test_a_window_is_where_it_lies_in_another() -> None:
    values, area, window = np.arange(10_000).reshape(100, 100), Window(20, 30, 50, 40), Window(25, 37, 10, 5)
    assert np.array_equal(values[area.slices][window.within(area).slices], values[window.slices])


@given(st.data())
def test_windows_that_cut_tiles_are_gathered_into_rows_of_whole_ones(data: st.DataObject) -> None:
    width, height, *sides = (data.draw(st.integers(1, 50)) for _ in range(6))
    tile = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    layout = Layout((sides[0], sides[1]), tile, (min(sides[2], sides[0]), min(sides[3], sides[1])))
    grid = Grid(width, height, None, "")
    image, result = np.arange(width * height).reshape(height, width), np.zeros((height, width), int)
    rows = TileRows(grid, layout)
    for window in layout.windows(grid.window):
        for whole, values in rows.add(window, image[window.slices]):
            assert (whole.column, whole.right) == (0, width)
            assert whole.row % tile[1] == 0
            assert whole.bottom % tile[1] == 0 or whole.bottom == height
            result[whole.slices] += values
    np.testing.assert_array_equal(result, image)
