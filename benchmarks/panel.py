"""The live panel: from the end of an edit to the painted view, from a pan to the painted view, and leaving 40 areas out in turn.

On a scene with overviews, a canvas of 1000 × 1000 pixels, 40 areas and 50 000 pixels, through the controller and an event loop. Beside it
what the event loop had to wait: the canvas is drawn there.

python benchmarks/panel.py [--side 10980] [--runs 21]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from common import LABELS, SCENE, make_scene
from osgeo import gdal, ogr
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTimer
from timing import verdict

from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.raster.raster_file import RasterFile
from ipeo_water_plugin.core.raster.source import grid_of
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.panel.controller import Controller
from ipeo_water_plugin.panel.values import Area, State, View

EDIT, PAN, LEFT_OUT, CANVAS = 100, 150, 400, 30
# A made scene repeats after so many pixels.
REPEAT = 3072, 1536
# The sample scene's areas hold 17 943 pixels.
GROWN = 1.67


def areas(path: str) -> list[Area]:
    """Return 40 areas: those of the sample scene, larger, and spread over its repetitions; two of them are there twice."""
    size, shapes = grid_of(path).pixel_size, read_shapes(str(LABELS), str(SCENE), "class")
    places = [(number, shape, turn) for turn, those in enumerate((shapes, shapes[20:22])) for number, shape in enumerate(those)]
    found = []
    for fid, (number, shape, turn) in enumerate(places, start=1):
        across, down = ((number + turn) % 3 * REPEAT[0] * size[0], (number + turn) % 6 * REPEAT[1] * size[1])
        found.append(Area(fid, shape.water, moved(shape.wkb, across, down, GROWN)))
    return found


def moved(wkb: bytes, across: float, down: float, grown: float = 1.0) -> bytes:
    """Return a polygon that lies elsewhere, and is as many times as wide and high."""
    polygon = ogr.CreateGeometryFromWkb(wkb)
    middle = polygon.Centroid().GetPoint_2D()
    for ring in [polygon.GetGeometryRef(n) for n in range(polygon.GetGeometryCount())]:
        for point in range(ring.GetPointCount()):
            x, y = (centre + grown * (own - centre) for centre, own in zip(middle, ring.GetPoint_2D(point)))
            ring.SetPoint_2D(point, x + across, y - down)
    return bytes(polygon.ExportToWkb())


class Listener:
    """Runs the event loop until the controller has done something, and notes how long the loop was kept waiting."""

    def __init__(self, controller: Controller) -> None:
        self.pictures, self.state = 0, State()
        controller.painted.connect(self._painted)
        controller.changed.connect(self._changed)
        self._beat, self.gaps = time.perf_counter(), [0.0]
        self.processor: list[float] = []
        self._timer = QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _painted(self, picture: object) -> None:
        self.pictures += picture is not None

    def _changed(self, state: State) -> None:
        self.state = state

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(1000 * (now - self._beat))
        self._beat = now

    def until(self, holds: Callable[[], bool]) -> float:
        """Wait until a condition holds and return the milliseconds of wall clock that took; notes those of processor time."""
        start, busy = time.perf_counter(), time.process_time()
        while not holds():
            if self.state.status == "failed":
                sys.exit(self.state.message)
            QCoreApplication.processEvents()
            time.sleep(0.001)
        self.processor.append(1000 * (time.process_time() - busy))
        return 1000 * (time.perf_counter() - start)

    def picture_after(self, act: Callable[[], None]) -> float:
        """Act, and return the milliseconds until the next picture."""
        before = self.pictures
        act()
        return self.until(lambda: self.pictures > before)


def edits(drawn: list[Area]) -> Iterator[Area]:
    """Yield changed areas of either class, each a new shape."""
    for turn in range(10_000):
        area = drawn[turn * 7 % len(drawn)]
        yield Area(area.fid, area.water, moved(area.wkb, 10.0 * (1 + turn % 3), 0.0))


def report(title: str, times: list[float], bound: float, processor: list[float] | None = None) -> bool:
    """Print the median and return whether it keeps to its bound; beside it processor time, which other programs hardly change."""
    median = statistics.median(times)
    beside = "" if processor is None else f", {statistics.median(processor):.1f} ms of processor time"
    print(f"  {title:<44} {median:7.1f} ms   ({min(times):.1f} to {max(times):.1f}, {len(times)} runs{beside})")
    return verdict(f"{title} against {bound} ms", median / bound, 1.0)


def main() -> int:
    """Print all times and return 1 where one is above its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10980)
    parser.add_argument("--runs", type=int, default=21)
    arguments = parser.parse_args()
    path = str(make_scene(f"panel-{arguments.side}.tif", arguments.side, bands=3))
    dataset = gdal.Open(path)
    if not dataset.GetRasterBand(1).GetOverviewCount():
        gdal.SetConfigOption("COMPRESS_OVERVIEW", "DEFLATE")
        dataset.BuildOverviews("AVERAGE", [2, 4, 8, 16])
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QgsApplication([], False)
    application.initQgis()
    controller = Controller(rest=600_000)
    listener = Listener(controller)
    grid, drawn = grid_of(path), areas(path)
    middle = grid.to_crs(np.array([0.4 * grid.width]), np.array([0.4 * grid.height]))[0]

    def view(turn: int, reduction: float = 1.0) -> View:
        x, y = middle + 10.0 * (turn * 37 % 500 - 250)
        return View(grid.crs, float(x), float(y), 10.0 * reduction, 1000, 1000)

    controller.set_image(RasterFile(path), roles_of(path))
    controller.set_view(view(0))
    controller.set_areas(drawn)
    listener.until(lambda: listener.pictures > 0 and listener.state.f1 is not None)
    print(f"{len(drawn)} areas, {listener.state.pixels} pixels, F1 {listener.state.f1:.3f}")
    fine, changes, left_out, busy = True, edits(drawn), [], []
    for title, reduction in (("1:1", 1.0), ("zoomed out to all", grid.width / 1000)):
        listener.picture_after(lambda reduction=reduction: controller.set_view(view(-1, reduction)))
        listener.gaps, listener.processor, edited, panned = [0.0], [], [], []
        for turn in range(arguments.runs):
            edited.append(listener.picture_after(lambda: controller.change_areas([next(changes)], [])))
            left_out.append(listener.until(lambda: listener.state.f1 is not None))
            panned.append(listener.picture_after(lambda turn=turn, reduction=reduction: controller.set_view(view(turn + 1, reduction))))
        busy += listener.processor[1::3]
        fine &= report(f"edit to picture, {title}", edited, EDIT, listener.processor[::3])
        fine &= report(f"pan to picture, {title}", panned, PAN, listener.processor[2::3])
    fine &= report("picture to areas left out and scored", left_out, LEFT_OUT, busy)
    fine &= report("longest twentieth of waits of the event loop", sorted(listener.gaps)[-len(listener.gaps) // 20 :], CANVAS)
    controller.close()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
