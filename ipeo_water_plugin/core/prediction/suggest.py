"""Where a label would teach a model most: places it is least sure of, least like what it was trained on, and typical of the scene.

A place is a patch of pixels that an analyst can label: the most even one in each cell of a coarse grid over the scene. Patches are
points in the space of the model's inputs, in units of the training samples' standard deviation. How far the nearest known point is tells
how novel a patch is. Each patch has a doubt, the entropy of its probability times that distance, and labelling one settles doubt around
it, as far as it lies nearer than what is known. Places are chosen one after the other, each the one that settles most doubt in all patches
that is still left (greedy facility location; K. Wei, R. Iyer, J. Bilmes 2015, Submodularity in data subset selection and active
learning, ICML). So neither a rare glint nor a second place of a kind comes first, which uncertainty or novelty alone would choose.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..bands import BandRoles
from ..errors import InputError
from ..grid import Grid, Window
from ..model import WaterModel
from ..progress import Progress, SilentProgress, SubProgress, raise_if_cancelled
from ..raster.raster_file import RasterFile
from ..raster.source import Source
from ..sampling.overlay import Overlay
from ..sampling.polygons import LabelledShape
from ..translation import tr
from .mask import Mask
from .predict import fit_model

# Side of a patch in pixels.
PATCH = 5

# As many cells as a table of all their distances has room for in 64 MB.
_CELLS = 4096

# In a cell of more pixels than that a side, only its middle is looked at: what stands for the scene needn't be all of it.
_LOOK = 250

_STRIP_PIXELS = 3_000_000

# Rows of the table worked on at a time.
_CHUNK = 256
_KNOWN = 2048

# A model that is sure can still be wrong about what it never saw.
_LEAST_DOUBT = 0.05

# Places keep apart by this share of the distance that they would have if spread evenly.
_APART = 0.3

# What counts as unsure and as novel in the reason given: probabilities from 0.1 to 0.9, and one standard deviation.
_UNSURE = 0.4
_NOVEL = 1.0

DEFAULT_COUNT, MOST = 10, 1000


@dataclass(frozen=True)
class Suggestion:
    """A place to label.

    Attributes:
        x, y: the patch's centre in the raster's CRS.
        probability: of water there, as the model has it.
        novelty: distance to the nearest known point in the space of the inputs, in standard deviations of the training samples.
        score: share of the scene's doubt that a label there settles, 0 to 1, beside those of the places before.
        reason: why, in words.
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
    progress: Progress | None = None,
) -> list[Suggestion]:
    """Find the places whose label would teach the model most, best first. Nothing in it is random.

    Args:
        raster: the image; any GDAL name.
        roles: its bands, named as the model's inputs.
        model: trained so far.
        count: how many places; there may be fewer.
        drawn: areas already drawn, polygons or points as WKB in the raster's CRS. Their pixels are what is known, and no place lies in
            one. Without them the quantiles that the model keeps of its training samples are what is known.
        progress: told the share of the work done.

    Raises:
        ModelError: bands and inputs of the model don't agree.
        InputError: the count is out of range, all areas lie outside the raster, or no patch is valid and free.
        RasterError: the image can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or SilentProgress()
    raise_if_cancelled(progress)
    check_count(count)
    source = Source(raster, roles)
    fitted = fit_model(model, roles, source, progress)
    unit = np.array([entry.sd or 1.0 for entry in fitted.inputs])
    known = _known(source, drawn, SubProgress(progress, 0.0, 0.2)) / unit
    patches = _patches(source, unit, drawn, SubProgress(progress, 0.2, 0.8))
    probability = fitted.probability(list(patches.values.T.copy())).astype(np.float64)
    points = patches.values / unit
    novelty = _distances(points, known).min(axis=1) if len(known) else _from_quantiles(patches.values, fitted, unit)
    doubt = np.maximum(_entropy(probability), _LEAST_DOUBT)
    apart = _APART * PATCH * math.sqrt(patches.count / count)
    chosen, score = _choose(points, patches.place, doubt, novelty, apart, count, SubProgress(progress, 0.8, 1.0))
    if len(chosen) < count:
        progress.warn(
            tr("Only {chosen} of {count} places are suggested: the rest of the image is like what is already known.").format(
                chosen=len(chosen), count=count
            )
        )
    progress.set(1.0)
    positions = source.grid.to_crs(*patches.place[chosen].T)
    return [
        Suggestion(float(x), float(y), float(probability[i]), float(novelty[i]), float(s), _reason(probability[i], novelty[i]))
        for (x, y), i, s in zip(positions, chosen, score)
    ]


def check_count(count: int) -> None:
    """Refuse a number of places that is out of range.

    Raises:
        InputError: it is.
    """
    if not 1 <= count <= MOST:
        msg = tr("{count} places are asked for: ask for 1 to {most}.").format(count=count, most=MOST)
        raise InputError(msg)


@dataclass(frozen=True, eq=False)
class _Patches:
    """The most even patch of each cell: its centre (column, row in pixels), shape (n, 2), its mean values, shape (n, inputs).

    `count` is how many patches could have been chosen, of all cells.
    """

    place: np.ndarray
    values: np.ndarray
    count: float


def _patches(source: Source, unit: np.ndarray, drawn: Sequence[bytes], progress: Progress) -> _Patches:
    cell, look, windows = _cells(source.grid)
    mask = Mask(source.grid, None, drawn) if drawn else None
    places, values, count = [], [], 0.0
    for index, window in enumerate(windows):
        raise_if_cancelled(progress)
        bands, valid = source.read(window)
        free = np.ones((window.height, window.width), bool) if valid is None else valid
        if mask is not None:
            free = free & ~mask.read(window)
        for column in range(0, window.width, look):
            part = (slice(None), slice(column, column + look))
            found = _most_even([band[part] for band in bands], free[part], unit)
            if found is not None:
                place, mean, usable = found
                # As plain numbers: small arrays that stay between large ones that go would keep memory in pieces.
                places.append((place + np.array([window.column + column, window.row])).tolist())
                values.append(mean.tolist())
                count += usable * (cell / look) ** 2
        progress.set((index + 1) / len(windows))
    if not places:
        msg = tr(
            "There is no place to suggest: no patch of {size} × {size} pixels is valid in every band and outside the areas drawn."
        ).format(size=PATCH)
        raise InputError(msg)
    return _Patches(np.array(places), np.array(values), count)


def _cells(grid: Grid) -> tuple[int, int, list[Window]]:
    """Cut the grid into cells; return their side, the side of what is looked at in each, and windows of whole cells' parts."""
    cell = PATCH * math.ceil(math.sqrt(grid.width * grid.height / _CELLS) / PATCH)
    look = min(cell, _LOOK)
    inset = (cell - look) // 2
    across = max(_STRIP_PIXELS // (look * look), 1) * look if cell == look else look
    windows = [
        Window(column, row, min(across, grid.width - column), min(look, grid.height - row))
        for row in range(inset, grid.height, cell)
        for column in range(inset, grid.width, across if cell == look else cell)
    ]
    return cell, look, windows


def _most_even(bands: Sequence[np.ndarray], free: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Return the most even free patch of a cell: its centre in the cell, its mean values and how many patches are free; or None."""
    down, across = (side // PATCH for side in free.shape)
    if not down or not across:
        return None

    def tiles(array: np.ndarray) -> np.ndarray:
        cut = array[: down * PATCH, : across * PATCH].reshape(down, PATCH, across, PATCH)
        return cut.transpose(0, 2, 1, 3).reshape(down * across, PATCH * PATCH)

    usable = np.flatnonzero(tiles(free).all(axis=1))
    if not usable.size:
        return None
    stack = np.stack([tiles(band)[usable] for band in bands], axis=-1).astype(np.float64)
    spread = np.square(stack.std(axis=1) / unit).sum(axis=1)
    best = int(np.argmin(spread))
    row, column = divmod(int(usable[best]), across)
    return (np.array([column, row]) + 0.5) * PATCH, stack[best].mean(axis=0), int(usable.size)


def _known(source: Source, drawn: Sequence[bytes], progress: Progress) -> np.ndarray:
    """Values of pixels in the areas drawn, evenly taken from each, shape (pixels, inputs)."""
    if not drawn:
        return np.zeros((0, len(source.data_types)))
    share = max(_KNOWN // len(drawn), 1)
    overlay = Overlay(source, [LabelledShape(wkb, water=True, id=index) for index, wkb in enumerate(drawn)], all_touched=False)
    pixels = list(_drawn_pixels(overlay, share, progress))
    if not pixels:
        return np.zeros((0, len(source.data_types)))
    owner, values = (np.concatenate(column) for column in zip(*pixels))
    return np.concatenate([_evenly(values[owner == one], share) for one in np.unique(owner)])


def _drawn_pixels(overlay: Overlay, share: int, progress: Progress) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for labelled in overlay.windows(progress):
        taken = labelled.owner > 0
        if labelled.valid is not None:
            taken &= labelled.valid
        owner = labelled.owner[taken]
        values = np.stack([band[taken] for band in labelled.bands], axis=1).astype(np.float64)
        for one in np.unique(owner):
            part = _evenly(values[owner == one], share)
            yield np.full(len(part), one), part


def _evenly(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Euclidean distances, shape (len(one), len(other)), float32; single precision is plenty to compare places by."""
    result = np.empty((len(one), len(other)), np.float32)
    squares = np.square(other).sum(axis=1)
    for start in range(0, len(one), _CHUNK):
        part = one[start : start + _CHUNK]
        result[start : start + _CHUNK] = np.sqrt(np.maximum(np.square(part).sum(axis=1)[:, None] + squares - 2 * (part @ other.T), 0))
    return result


def _from_quantiles(values: np.ndarray, model: WaterModel, unit: np.ndarray) -> np.ndarray:
    """Distance to the nearest training quantile in each input, taken together; to the mean where a model keeps none."""
    gaps = [
        np.abs(values[:, k, None] - np.array(entry.quantiles or (entry.mean,))).min(axis=1) / unit[k]
        for k, entry in enumerate(model.inputs)
    ]
    return np.sqrt(np.square(gaps).sum(axis=0))


def _entropy(probability: np.ndarray) -> np.ndarray:
    """Entropy in bits: 1 where p = 0.5, 0 where the model is sure."""
    sure = np.finfo(np.float64).tiny
    return -sum(p * np.log2(np.maximum(p, sure)) for p in (probability, 1 - probability))


def _choose(
    points: np.ndarray, place: np.ndarray, doubt: np.ndarray, novelty: np.ndarray, apart: float, count: int, progress: Progress
) -> tuple[list[int], list[float]]:
    """Choose places one after the other, and tell the share of all doubt that each settles.

    Args:
        points: in the space of the inputs, shape (n, inputs).
        place: in pixels, shape (n, 2).
        doubt, novelty: of each, shape (n,).
        apart: distance that places keep in pixels; it gives way where nothing else is left.
    """
    distance = _distances(points, points)
    weight, left = doubt.astype(np.float32), novelty.astype(np.float32)
    total = float(weight @ left)
    chosen: list[int] = []
    score: list[float] = []
    while len(chosen) < count:
        raise_if_cancelled(progress)
        settled = sum(
            weight[part] @ np.maximum(left[part, None] - distance[part], 0)
            for part in (slice(start, start + _CHUNK) for start in range(0, len(points), _CHUNK))
        )
        far = _far(place, chosen, apart)
        best = int(np.argmax(np.where(far, settled, -1.0)))
        if not far[best] or settled[best] <= 0:
            if apart < PATCH:
                break
            apart /= 2
            continue
        chosen.append(best)
        score.append(float(settled[best]) / total)
        left = np.minimum(left, distance[best])
        progress.set(len(chosen) / count)
    return chosen, score


def _far(place: np.ndarray, chosen: Sequence[int], apart: float) -> np.ndarray:
    far = np.ones(len(place), bool)
    for index in chosen:
        far &= np.square(place - place[index]).sum(axis=1) >= apart**2
    far[list(chosen)] = False
    return far


def _reason(probability: float, novelty: float) -> str:
    unsure, novel = abs(probability - 0.5) <= _UNSURE, novelty >= _NOVEL
    if unsure and novel:
        return tr("The model is unsure, and was trained on nothing like it.")
    if unsure:
        return tr("The model is unsure.")
    if novel:
        return tr("The model was trained on nothing like it.")
    return tr("It is typical of much that is still unlabelled.")
