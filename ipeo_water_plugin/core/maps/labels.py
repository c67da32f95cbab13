"""Which pixels belong to which water body: labels, strip by strip, then the bodies that they form, with area and probability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..accuracy.thresholds import check_threshold
from ..bands import FIRST_BAND
from ..errors import InputError
from ..grid import Window
from ..model import at_least
from ..progress import Progress
from ..raster.band_statistics import Statistics
from ..raster.creation_options import RasterKind
from ..raster.geotiff import GeoTiffWriter
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.source import Source
from ..raster.windows import read_windows, strips
from ..translation import tr
from .components import ComponentLabeller, Runs, connected, numbered
from .rings import RingFile
from .shores import Shore, ShoreFinder

METHODS = ("fixed", "otsu", "recommended")
SHORES = ("pixels", "smooth")
CONNECTEDNESS = (4, 8)

HECTARE = 10_000.0
TILE = 256

# Ten pixels of 100 m² in the plane are not quite 1000 m² on the ellipsoid, but a user who enters 1000 m² means them.
_TOLERANCE = 0.005
_LARGEST_LABEL = np.iinfo(np.int32).max


@dataclass(frozen=True)
class ExtractionSettings:
    """What counts as a water body.

    Attributes:
        method: `fixed`, `otsu` (N. Otsu 1979, doi 10.1109/TSMC.1979.4310076) or `recommended`: the threshold that the raster's model
            recommends, as stored in its metadata.
        threshold: pixels at or above it are water, if the method is `fixed`.
        min_area: minimum area of a body, m², with a tolerance of 0.5 %, since map projections distort areas.
        connectedness: 4 = pixels connect across sides, 8 = across corners too.
        fill_holes: maximum area of dry or unknown patches inside a body that count as part of it, m², with the same tolerance.
        shore: `pixels`: outlines along pixel edges; or `smooth`: between the centres of pixels, where p equals the threshold. Bodies and
            mask consist of the same pixels, but areas are those inside the outlines.
    """

    method: str = "fixed"
    threshold: float = 0.5
    min_area: float = 0.0
    connectedness: int = 4
    fill_holes: float = 0.0
    shore: str = "pixels"

    def __post_init__(self) -> None:
        """Raise InputError if a setting is out of its range."""
        check_threshold(self.threshold)
        if self.method not in METHODS:
            msg = tr("The method is {method!r}: choose {choices}.").format(method=self.method, choices=", ".join(METHODS))
        elif self.connectedness not in CONNECTEDNESS:
            msg = tr("The connectedness is {connectedness}: choose 4 or 8.").format(connectedness=self.connectedness)
        elif self.shore not in SHORES:
            msg = tr("The shore is {shore!r}: choose {choices}.").format(shore=self.shore, choices=", ".join(SHORES))
        elif not 0 <= self.min_area < np.inf:
            msg = tr("The minimum area is {area}: give 0 or more square metres.").format(area=self.min_area)
        elif not 0 <= self.fill_holes < np.inf:
            msg = tr("The maximum area of holes to fill is {area}: give 0 or more square metres.").format(area=self.fill_holes)
        else:
            return
        raise InputError(msg)


class _PerLabel:
    """A measure of each label, which grows with the number of labels."""

    def __init__(self, operation: np.ufunc, start: float) -> None:
        self.values, self._operation, self._start = np.zeros(0), operation, start

    def add(self, labels: np.ndarray, values: np.ndarray, count: int) -> None:
        if count > len(self.values):
            # Twice as much as needed, so that copying stays rare.
            more = np.full(2 * count - len(self.values), self._start)
            self.values = np.concatenate([self.values, more])
        self._operation.at(self.values, labels, values)

    def per_body(self, body: np.ndarray, count: int) -> np.ndarray:
        """Aggregate over the labels of each body; labels with a negative body are left out."""
        result, kept = np.full(count, self._start), body >= 0
        self._operation.at(result, body[kept], self.values[: len(body)][kept])
        return result


class BodyFinder:
    """Labels water, and the dry patches if holes are to be filled; then decides which labels form bodies.

    Args:
        source: p(water).
        areas: of its pixels.
        threshold: pixels at or above it are water, whatever the settings say.
        settings: what counts as a body.
    """

    def __init__(self, source: ProbabilitySource, areas: PixelAreas, threshold: float, settings: ExtractionSettings) -> None:
        self._source, self._areas, self._threshold, self._settings = source, areas, threshold, settings
        width, diagonal = source.grid.width, settings.connectedness == 8
        # If water connects across corners, dry patches don't, and vice versa.
        self._water, self._dry = ComponentLabeller(width, diagonal=diagonal), ComponentLabeller(width, diagonal=not diagonal)
        self._area, self._dry_area = _PerLabel(np.add, 0.0), _PerLabel(np.add, 0.0)
        self._pixels, self._total, self._minimum = _PerLabel(np.add, 0.0), _PerLabel(np.add, 0.0), _PerLabel(np.minimum, np.inf)
        self._diagonal = diagonal
        self._shores = self._shore_finder() if settings.shore == "smooth" else None
        self._open: list[np.ndarray] = []
        self._adjacent: list[np.ndarray] = []

    def label(self, destination: Path, progress: Progress) -> None:
        """Write labels: 1 + label of water, −1 − label of a dry patch if holes are to be filled, else 0.

        Args:
            destination: a .tif file.

        Raises:
            InputError: there are too many patches to number.
            RasterError: the raster can't be read, or the labels can't be written.
        """
        with _label_writer(destination, self._source) as writer:
            for window, (values, valid) in read_windows(self._source, progress, self._strips()):
                water = at_least(values, self._threshold)
                if valid is not None:
                    water &= valid
                painted = self._strip(window, values, water)
                if self._shores is not None:
                    self._correct(self._shores.add(painted, values, valid))
                writer.write(window, painted)
            writer.close(Statistics(), {})
            writer.place()

    def _strip(self, window: Window, values: np.ndarray, water: np.ndarray) -> np.ndarray:
        runs = Runs.from_mask(water)
        labels = self._water.add(runs, window.height)
        if self._water.count >= _LARGEST_LABEL:
            msg = tr("There are more than two billion separate water bodies: raise the threshold.")
            raise InputError(msg)
        self._area.add(labels, self._sizes(runs, window), self._water.count)
        self._pixels.add(labels, runs.length, self._water.count)
        self._total.add(labels, runs.reduce(np.add, values, np.float64), self._water.count)
        self._minimum.add(labels, runs.reduce(np.minimum, values, np.float32), self._water.count)
        shape = (window.height, window.width)
        painted = runs.paint((labels + 1).astype(np.int32), shape)
        if self._settings.fill_holes:
            between = Runs.from_mask(~water)
            dry = self._dry.add(between, window.height)
            self._dry_area.add(dry, self._sizes(between, window), self._dry.count)
            painted -= between.paint((dry + 1).astype(np.int32), shape)
            self._record(window, painted)
        return painted

    def _sizes(self, runs: Runs, window: Window) -> np.ndarray:
        """Return the area of each run in m², from that of its middle pixel, since it hardly changes along a row."""
        middle = (runs.start + runs.stop) / 2 + window.column
        return runs.length * self._areas.at(middle, runs.row + window.row + 0.5) * HECTARE

    def _shore_finder(self) -> ShoreFinder:
        return ShoreFinder(self._source.grid.width, self._source.grid.height, self._threshold, diagonal=self._diagonal)

    def _correct(self, shore: Shore) -> None:
        """Move the areas of water and dry patches from the edges of pixels to the shore."""
        column, row = shore.points[:, 1].T
        gain = shore.gain * self._areas.at(column, row) * HECTARE
        self._area.add(shore.wet.astype(np.int64) - 1, gain, self._water.count)
        inside = shore.dry < 0
        self._dry_area.add(-1 - shore.dry[inside].astype(np.int64), -gain[inside], self._dry.count)

    def draw(self, labels: Path, rings: RingFile, progress: Progress) -> None:
        """Draw the smooth shores of the bodies.

        Args:
            labels: numbers of the bodies, as `resolve` wrote them.
            rings: receives the outlines.

        Raises:
            RasterError: the raster can't be read, or the outlines can't be written.
        """
        finder, numbers = self._shore_finder(), labels_in(labels)
        for window, (values, valid) in read_windows(self._source, progress, self._strips()):
            rings.add(finder.add(numbers.read(window)[0][0], values, valid))

    def _record(self, window: Window, painted: np.ndarray) -> None:
        """Record which dry patches reach the raster's edge, and which water is adjacent to which dry patch."""
        edges = [painted[:, 0], painted[:, -1]]
        edges += [painted[0]] if window.row == 0 else []
        edges += [painted[-1]] if window.row + window.height == self._source.grid.height else []
        edge = np.unique(np.concatenate(edges))
        self._open.append(-1 - edge[edge < 0])
        # Every island and every shore has a pixel of the other kind beside it in the same row.
        left, right = painted[:, :-1], painted[:, 1:]
        shore = (left > 0) != (right > 0)
        one, other = left[shore].astype(np.int64), right[shore].astype(np.int64)
        pairs = np.stack([np.maximum(one, other) - 1, -1 - np.minimum(one, other)])
        self._adjacent.append(np.unique(pairs, axis=1) if pairs.size else pairs)

    def resolve(self, provisional: Path, destination: Path, progress: Progress) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Decide which labels form which body, and write the numbers of the bodies, from 1; 0 elsewhere.

        Return their areas in hectares, and the mean and minimum probability of the pixels at or above the threshold, shape (bodies,) each.

        Args:
            provisional: labels, as `label` wrote them.
            destination: a .tif file.
        """
        body, patch = self._water.components(), self._dry.components()
        count = int(body.max()) + 1 if len(body) else 0
        filled = self._filled(patch)
        if filled.any():
            pairs = np.concatenate(self._adjacent, axis=1)
            pairs = pairs[:, filled[patch[pairs[1]]]]
            nodes = numbered(connected(count + len(filled), body[pairs[0]], count + patch[pairs[1]]))
            # Bodies come first among the nodes and each patch touches one, so bodies keep the first numbers.
            body, patch, count = nodes[body], np.where(filled, nodes[count:], -1)[patch], int(nodes[:count].max()) + 1
        else:
            patch = np.full(len(patch), -1)
        area = self._area.per_body(body, count) + self._dry_area.per_body(patch, count)
        kept = area >= self._settings.min_area * (1 - _TOLERANCE)
        number = np.where(kept, np.cumsum(kept), 0)
        # Index 0 stands for no label; dry labels are negative and count from the end.
        table = np.zeros(1 + len(body) + len(patch), np.int32)
        table[1 : 1 + len(body)] = number[body]
        table[1 + len(body) :] = np.where(patch >= 0, number[patch], 0)[::-1] if count else 0
        with _label_writer(destination, self._source) as writer:
            for window, ((found,), _) in read_windows(labels_in(provisional), progress, self._strips()):
                writer.write(window, table[found])
            writer.close(Statistics(), {})
            writer.place()
        mean = self._total.per_body(body, count) / np.maximum(self._pixels.per_body(body, count), 1)
        return area[kept] / HECTARE, mean[kept], self._minimum.per_body(body, count)[kept]

    def _filled(self, patch: np.ndarray) -> np.ndarray:
        """Return which dry patches are holes to be filled, shape (patches,), bool."""
        count = int(patch.max()) + 1 if len(patch) else 0
        filled = self._dry_area.per_body(patch, count) <= self._settings.fill_holes * (1 + _TOLERANCE)
        if self._open:
            filled[patch[np.concatenate(self._open)]] = False
        return filled

    def _strips(self) -> Iterator[Window]:
        return strips(self._source.grid, self._source.block, TILE)


def _label_writer(destination: Path, source: ProbabilitySource) -> GeoTiffWriter:
    return GeoTiffWriter(destination, source.grid, RasterKind(gdal.GDT_Int32, 0, "label"), (TILE, TILE))


def labels_in(path: Path) -> Source:
    """Open labels as `BodyFinder` wrote them."""
    return Source(str(path), FIRST_BAND)
