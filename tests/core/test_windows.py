"""The loop over a raster too large for memory: every pixel once, progress that rises, cancellation before the next window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import Recorder

from ipeo_water_plugin.core.errors import CancelledError
from ipeo_water_plugin.core.grid import Grid, Window
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster import windows as module
from ipeo_water_plugin.core.raster.windows import read_windows, strips


class Numbered:
    """A raster whose pixels hold their own place, and which counts its reads."""

    def __init__(self, width: int, height: int, block: tuple[int, int] = (64, 64)) -> None:
        self.grid, self.block, self.reads = Grid(width, height, None, ""), block, 0
        self.values = np.arange(width * height).reshape(height, width)

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray | None]:
        self.reads += 1
        return self.values[window.slices], None


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 400), st.integers(1, 400), st.integers(1, 20_000))
def test_every_pixel_comes_once(width: int, height: int, block_width: int, block_height: int, strip_pixels: int) -> None:
    source = Numbered(width, height, (block_width, block_height))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_STRIP_PIXELS", strip_pixels)
        for windows in (None, strips(source.grid, source.block, 16)):
            seen = np.concatenate([values.reshape(-1) for _, values, _ in read_windows(source, SilentProgress(), windows)])
            assert np.array_equal(np.sort(seen), np.arange(width * height))


def test_progress_rises_to_the_end_with_the_pixels_done() -> None:
    source, progress = Numbered(100, 90), Recorder()
    for _ in read_windows(source, progress, [Window(0, 0, 100, 60), Window(0, 60, 100, 30)]):
        pass
    assert progress.fractions == pytest.approx([2 / 3, 1])


def test_nothing_is_read_after_cancel() -> None:
    source, progress = Numbered(10, 100), Recorder(cancel_at=4)
    with pytest.raises(CancelledError):
        for _ in read_windows(source, progress, [Window(0, row, 10, 1) for row in range(100)]):
            pass
    assert source.reads == 3


def test_a_window_is_where_it_lies_in_another() -> None:
    values, area, window = np.arange(10_000).reshape(100, 100), Window(20, 30, 50, 40), Window(25, 37, 10, 5)
    assert np.array_equal(values[area.slices][window.within(area).slices], values[window.slices])
