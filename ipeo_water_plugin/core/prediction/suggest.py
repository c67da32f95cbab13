"""Suggests places whose label would improve a model most: uncertain ones, unlike the training samples, and typical of the scene.

The candidates are patches of pixels that an analyst can label: the most homogeneous one in each cell of a coarse grid. Each is a point in
the space of the model's inputs, in units of the training samples' standard deviation, and its novelty is the distance to the nearest known
point. The doubt about it is the entropy of its probability times that distance. A label brings the known points nearer to all similar
patches, which settles doubt about them too. Patches are chosen one after another, each the one that settles most of the doubt that is left
(greedy facility location; K. Wei, R. Iyer, J. Bilmes 2015, Submodularity in data subset selection and active learning, ICML). So neither a
rare bright spot nor a second place of the same kind comes first, as they would by uncertainty or novelty alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ..bands import BandRoles
from ..errors import InputError
from ..grid import Grid, Layout, Window
from ..model import WaterModel
from ..progress import SILENT, Progress, SubProgress, raise_if_cancelled
from ..raster.raster_file import RasterFile
from ..raster.source import Source
from ..raster.windows import Reopenable, read_windows
from ..sampling.overlay import Overlay
from ..sampling.polygons import LabelledShape
from ..translation import tr
from .adapt import adapt_model
from .mask import Mask

# Side of a patch in pixels.
PATCH = 5
# Number of cells, whose table of distances takes 64 MB, and rows of the table processed at a time.
_CELLS, _CHUNK = 4096, 256
_MAX_KNOWN = 2048
# A model can be certain and still wrong about what it never saw.
_MIN_DOUBT = 0.05
# Places are at least this share of the distance apart that they would have if evenly spread.
_SPACING = 0.3
# Probabilities from 0.1 to 0.9 are called unsure, and distances from one standard deviation on novel.
_UNSURE, _NOVEL = 0.4, 1.0

DEFAULT_COUNT, MAX_COUNT = 10, 1000


@dataclass(frozen=True)
class Suggestion:
    """A place to label.

    Attributes:
        x, y: the patch's centre in the raster's CRS.
        probability: p(water) there, as predicted by the model.
        novelty: distance to the nearest known point in the space of the inputs, in standard deviations of the training samples.
        score: share of the scene's doubt that a label there settles in addition to the places before it, 0 to 1.
        reason: why it is suggested.
    """

    x: float
    y: float
    probability: float
    novelty: float
    score: float
    reason: str


def suggest(
    raster: str | RasterFile,
    roles: BandRoles,
    model: WaterModel,
    count: int = DEFAULT_COUNT,
    drawn: Sequence[bytes] = (),
    progress: Progress = SILENT,
) -> list[Suggestion]:
    """Find the places whose label would improve the model most, best first. The result is deterministic.

    Args:
        raster: the image: a GDAL name, or a file with what its layer sets.
        roles: its bands, named as the model's inputs.
        model: trained so far.
        count: number of places; there may be fewer.
        drawn: training areas drawn so far, polygons or points as WKB in the raster's CRS. Their pixels are known, and no place lies in
            them. Without areas, the quantiles of the training samples in the model are known.

    Raises:
        ModelError: bands and inputs of the model don't agree.
        InputError: the count is out of range, all areas lie outside the raster, or no patch is valid and free.
    """
    raise_if_cancelled(progress)
    check_count(count)
    source = Source(raster, roles)
    adapted = adapt_model(model, roles, source, progress)
    sd = np.array([entry.sd or 1.0 for entry in adapted.inputs])
    known = _known_pixels(source, drawn, SubProgress(progress, 0.0, 0.2)) / sd
    place, values, patches = _find_patches(source, sd, drawn, SubProgress(progress, 0.2, 0.8))
    probability = adapted.probability(list(values.T)).astype(np.float64)
    points = values / sd
    novelty = _distances(points, known).min(axis=1) if len(known) else _distance_to_quantiles(values, adapted, sd)
    doubt = np.maximum(_entropy(probability), _MIN_DOUBT)
    spacing = _SPACING * PATCH * math.sqrt(patches / count)
    chosen, score = _choose(points, place, doubt, novelty, spacing, count, SubProgress(progress, 0.8, 1.0))
    if len(chosen) < count:
        text = tr("Only {chosen} of {count} places are suggested: the rest of the image resembles what is already known.")
        progress.warn(text.format(chosen=len(chosen), count=count))
    progress.set(1.0)
    positions = source.grid.to_crs(*place[chosen].T)
    return [
        Suggestion(float(x), float(y), float(probability[i]), float(novelty[i]), float(s), _reason(probability[i], novelty[i]))
        for (x, y), i, s in zip(positions, chosen, score)
    ]


def check_count(count: int) -> None:
    """Raise InputError if a number of places is out of range."""
    if not 1 <= count <= MAX_COUNT:
        msg = tr("The number of places is {count}: give 1 to {maximum}.").format(count=count, maximum=MAX_COUNT)
        raise InputError(msg)


def _find_patches(source: Source, sd: np.ndarray, drawn: Sequence[bytes], progress: Progress) -> tuple[np.ndarray, np.ndarray, float]:
    """Find the most homogeneous free patch of each cell.

    Return column and row of each centre in pixels, shape (n, 2), means of the raw values, shape (n, inputs), and the number of free patches
    in all cells, estimated where only a part of each is read.
    """
    cell, windows = _windows(source.grid, source.block)
    finder = _Finder(source, sd, drawn, cell)
    found: list[tuple[list[float], list[float]]] = []
    free = 0
    for _, (patches, count) in read_windows(finder, progress, windows):
        found += patches
        free += count
    if not found:
        msg = tr("There is no place to suggest: no patch of {size} × {size} pixels is valid in every band and outside the areas drawn.")
        raise InputError(msg.format(size=PATCH))
    places, values = (np.array(column) for column in zip(*found))
    return places, values, free * source.grid.window.pixels / sum(window.pixels for window in windows)


def _windows(grid: Grid, block: tuple[int, int]) -> tuple[int, list[Window]]:
    """Return the side of a cell in pixels, and the windows to read: where several lie in a cell, one of them represents it well enough."""
    cell = PATCH * math.ceil(math.sqrt(grid.width * grid.height / _CELLS) / PATCH)
    layout = Layout.from_blocks(grid.window, block)

    def chosen(place: int, side: int, length: int) -> bool:
        every, number = max(cell // side, 1), math.ceil(length / side)
        return place // side % every == min(every, number) // 2

    (width, height), windows = layout.window, layout.windows(grid.window)
    return cell, [w for w in windows if chosen(w.column, width, grid.width) and chosen(w.row, height, grid.height)]


class _Finder(Reopenable):
    """Finds the most homogeneous free patch of each cell, window by window in one thread."""

    def __init__(self, source: Source, sd: np.ndarray, drawn: Sequence[bytes], cell: int) -> None:
        self._source, self._sd, self._cell = source, sd, cell
        self.grid, self.block = source.grid, source.block
        self._mask = Mask(source.grid, shapes=drawn) if drawn else None

    def read(self, window: Window) -> tuple[list[tuple[list[float], list[float]]], int]:
        """Return centre (column, row) and mean values of each cell's patch, and the number of free patches in all cells."""
        bands, free = self._source.read(window)
        if free is None:
            free = np.ones((window.height, window.width), bool)
        if self._mask is not None:
            free &= ~self._mask.read(window)
        if min(free.shape) < PATCH:
            return [], 0
        free = ~_sums(~free).astype(bool)
        means, variance = [], np.zeros(free.shape, np.float32)
        for band, sd in zip(bands, self._sd.tolist()):
            pixels = band.astype(np.float32)
            means.append(_sums(pixels) / PATCH**2)
            # In two steps, since squares of raw values would leave no digits for the variance.
            for row in range(PATCH):
                for column in range(PATCH):
                    there = pixels[row::PATCH, column::PATCH][: free.shape[0], : free.shape[1]]
                    # What isn't free may be infinite.
                    with np.errstate(invalid="ignore"):
                        variance += np.square((there - means[-1]) / np.float32(sd))
        variance[~free] = np.inf
        found = []
        for rows in _cells(free.shape[0], self._cell // PATCH):
            for columns in _cells(free.shape[1], self._cell // PATCH):
                down, across = divmod(int(np.argmin(variance[rows, columns])), columns.stop - columns.start)
                row, column = rows.start + down, columns.start + across
                if free[row, column]:
                    centre = [window.column + (column + 0.5) * PATCH, window.row + (row + 0.5) * PATCH]
                    found.append((centre, [float(mean[row, column]) for mean in means]))
        return found, int(np.count_nonzero(free))


def _sums(pixels: np.ndarray) -> np.ndarray:
    """Return the sum of each patch of an array of shape (height, width), bool or float32; incomplete patches are left out."""
    down, across = (side // PATCH for side in pixels.shape)
    rows: np.ndarray = reduce(np.add, (pixels[start::PATCH][:down].astype(np.float32) for start in range(PATCH)))
    return reduce(np.add, (rows[:, start::PATCH][:, :across] for start in range(PATCH)))


def _cells(length: int, side: int) -> list[slice]:
    """Cut a length into cells of about the same side."""
    edges = np.linspace(0, length, max(round(length / side), 1) + 1).astype(int).tolist()
    return [slice(*ends) for ends in zip(edges, edges[1:])]


def _known_pixels(source: Source, drawn: Sequence[bytes], progress: Progress) -> np.ndarray:
    """Return values of pixels in the areas drawn, as many from each where possible, shape (pixels, inputs)."""
    pixels: dict[int, list[np.ndarray]] = defaultdict(list)
    if drawn:
        share = max(_MAX_KNOWN // len(drawn), 1)
        overlay = Overlay(source, [LabelledShape(wkb, water=True, id=index) for index, wkb in enumerate(drawn)], all_touched=False)
        for part in overlay.windows(progress):
            taken = part.usable()
            owner, values = part.owner[taken], np.stack([band[taken] for band in part.bands], axis=1).astype(np.float64)
            for area in np.unique(owner).tolist():
                pixels[area].append(_thin(values[owner == area], share))
    found = [_thin(np.concatenate(pixels[area]), share) for area in sorted(pixels)]
    return np.concatenate(found) if found else np.zeros((0, len(source.data_types)))


def _thin(rows: np.ndarray, maximum: int) -> np.ndarray:
    """Return at most so many rows, evenly spaced."""
    return rows if len(rows) <= maximum else rows[np.linspace(0, len(rows) - 1, maximum).astype(np.intp)]


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return Euclidean distances between rows, shape (len(one), len(other)), float32, which is accurate enough to compare places."""
    result = np.empty((len(one), len(other)), np.float32)
    squares = np.square(other).sum(axis=1)
    for start in range(0, len(one), _CHUNK):
        part = one[start : start + _CHUNK]
        result[start : start + _CHUNK] = np.sqrt(np.maximum(np.square(part).sum(axis=1)[:, None] + squares - 2 * (part @ other.T), 0))
    return result


def _distance_to_quantiles(values: np.ndarray, model: WaterModel, sd: np.ndarray) -> np.ndarray:
    """Return the root of the summed squared distances to the nearest training quantile of each input, or to its mean."""
    gaps = [
        np.abs(values[:, k, None] - np.array(entry.quantiles or (entry.mean,))).min(axis=1) / sd[k] for k, entry in enumerate(model.inputs)
    ]
    return np.sqrt(np.square(gaps).sum(axis=0))


def _entropy(probability: np.ndarray) -> np.ndarray:
    """Return the entropy in bits: 1 where p = 0.5, 0 where the model is certain."""
    tiny = np.finfo(np.float64).tiny
    return -sum(p * np.log2(np.maximum(p, tiny)) for p in (probability, 1 - probability))


def _choose(
    points: np.ndarray, place: np.ndarray, doubt: np.ndarray, novelty: np.ndarray, spacing: float, count: int, progress: Progress
) -> tuple[list[int], list[float]]:
    """Choose places one after another; return their indices, and the share of all doubt that each settles.

    Points lie in the space of the inputs, shape (n, inputs), places in pixels, shape (n, 2), as is their distance, the spacing, which is
    halved where no place is left.
    """
    distance = _distances(points, points)
    weight, left = doubt.astype(np.float32), novelty.astype(np.float32)
    total = float(weight @ left)
    apart = np.full(len(points), np.inf)
    chosen: list[int] = []
    score: list[float] = []
    while len(chosen) < count:
        raise_if_cancelled(progress)
        settled = sum(
            weight[part] @ np.maximum(left[part, None] - distance[part], 0)
            for part in (slice(start, start + _CHUNK) for start in range(0, len(points), _CHUNK))
        )
        best = int(np.argmax(np.where(apart >= spacing**2, settled, -1.0)))
        if apart[best] < spacing**2 or settled[best] <= 0:
            if spacing < PATCH:
                break
            spacing /= 2
            continue
        chosen.append(best)
        score.append(float(settled[best]) / total)
        left = np.minimum(left, distance[best])
        apart = np.minimum(apart, np.square(place - place[best]).sum(axis=1))
        progress.set(len(chosen) / count)
    return chosen, score


def _reason(probability: float, novelty: float) -> str:
    unsure, novel = abs(probability - 0.5) <= _UNSURE, novelty >= _NOVEL
    if unsure and novel:
        return tr("The model is unsure, and was trained on nothing like it.")
    if unsure:
        return tr("The model is unsure.")
    if novel:
        return tr("The model was trained on nothing like it.")
    return tr("It is typical of much that is still unlabelled.")
