"""From training areas over an image to labelled pixels, reading only the blocks that an area touches, each once.

Memory stays bounded however large the areas are: see `reservoir`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..bands import BandRoles
from ..errors import InputError
from ..grid import Grid
from ..progress import SILENT, Progress, raise_if_cancelled
from ..raster.describe import scene_of
from ..raster.raster_file import RasterFile
from ..raster.source import Source
from ..raster.validity import fill_advice, fill_value
from ..samples import Samples, Scene
from ..translation import tr
from .overlay import Overlay
from .polygons import LabelledShape, envelopes
from .reservoir import Reservoir, random_keys


@dataclass(frozen=True)
class SamplingSettings:
    """How pixels are chosen.

    Attributes:
        all_touched: take every pixel that an area touches, not only those whose centre lies inside.
        max_per_class: maximum number of pixels per class, spread over its areas; 0 = no maximum.
        seed: of the random choice.
    """

    all_touched: bool = False
    max_per_class: int = 50_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InputError if a number is negative."""
        if self.max_per_class < 0 or self.seed < 0:
            msg = tr("The maximum number of pixels per class and the seed can't be negative.")
            raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Sampling:
    """Sampled pixels and how they came about.

    Attributes:
        samples: the pixels, in the raster's row-major order.
        conflicting: number of pixels left out because they lie in areas of both classes.
        invalid: number of pixels left out because a band is NoData, NaN, infinite or masked there.
        found: number of usable pixels before sampling: (not water, water).
        areas, used: number of training areas, and of those that gave a pixel.
        unused: a sentence on the others, by feature id and reason; "" if there are none.
    """

    samples: Samples
    conflicting: int
    invalid: int
    found: tuple[int, int]
    areas: int
    used: int
    unused: str


def sample_pixels(
    raster: str | RasterFile,
    roles: BandRoles,
    shapes: Sequence[LabelledShape],
    settings: SamplingSettings | None = None,
    progress: Progress = SILENT,
    scene_name: str | None = None,
    areas: str = "",
) -> Sampling:
    """Sample the pixels inside training areas.

    A pixel belongs to an area when its centre lies inside; a point labels the pixel it lies in. A pixel in areas of both classes is left
    out; a pixel in several areas of one class counts once, for the largest of them.

    Args:
        raster: the image; any GDAL name.
        roles: its bands.
        shapes: training areas in the raster's CRS.
        settings: which pixels, how many, and the seed.
        progress: receives the share of the work done.
        scene_name: name of the scene; None = the file's name.
        areas: identifies the layer that the areas' ids come from, such as its path.

    Raises:
        InputError: the areas lie outside the raster, hold no pixel, or leave a class without a valid one.
        RasterError: the image can't be read.
    """
    settings = settings or SamplingSettings()
    raise_if_cancelled(progress)
    source = Source(raster, roles)
    shapes = [shapes[index] for index in small_ones_first(envelopes([shape.wkb for shape in shapes]))]
    overlay = Overlay(source, shapes, all_touched=settings.all_touched)
    reservoirs = tuple(Reservoir(len(shapes), settings.max_per_class) for _ in range(2))
    for labelled in overlay.windows(progress):
        rows, columns = labelled.usable()
        owner = labelled.owner[rows, columns]
        place = (rows + labelled.window.row).astype(np.int64) * source.grid.width + columns + labelled.window.column
        keys = random_keys(place, settings.seed)
        for reservoir, in_class in zip(reservoirs, (owner < 0, owner > 0)):
            bands = (band[rows[in_class], columns[in_class]] for band in labelled.bands)
            reservoir.add(np.abs(owner[in_class]) - 1, keys[in_class], place[in_class], *bands)
    found = reservoirs[0].total, reservoirs[1].total
    if not all(found):
        raise InputError(_missing_class(found, overlay, overlay.unused(progress, can_touch=True)))
    samples, taken = collect(reservoirs, source.grid, shapes, roles, scene_of(raster, roles, scene_name, areas), progress)
    unused = overlay.unused(progress, taken, can_touch=True)
    sampling = Sampling(samples, overlay.conflicting, overlay.invalid, found, len(shapes), int(taken.sum()), unused)
    _report(sampling, progress)
    return sampling


def small_ones_first(boxes: np.ndarray) -> np.ndarray:
    """Return the order of areas by size and place of their boxes (as of `envelopes`, shape (areas, 4)): indices, shape (areas,).

    So neither ids nor the order in a file decide whose a pixel is.
    """
    left, right, bottom, top = boxes.T
    return np.lexsort((top, right, bottom, left, (right - left) * (top - bottom)))


def _missing_class(found: tuple[int, int], overlay: Overlay, unused: str) -> str:
    """Return a message on the class that has no pixel."""
    missing = tr("No valid pixel is labelled water.") if found[0] else tr("No valid pixel is labelled not water.")
    reasons = tr(
        "Of the labelled pixels, {conflicting} lie in areas of both classes and {invalid} are invalid in a band. An area holds only pixels "
        "whose centre lies inside: draw larger areas, or take every pixel that an area touches."
    ).format(conflicting=overlay.conflicting, invalid=overlay.invalid)
    return f"{missing} {reasons} {unused}".strip()


def collect(
    reservoirs: Sequence[Reservoir], grid: Grid, shapes: Sequence[LabelledShape], roles: BandRoles, scene: Scene, progress: Progress
) -> tuple[Samples, np.ndarray]:
    """Return the samples, and whether some come from each area: bool, shape (areas,).

    Args:
        reservoirs: of each class, not water and water; their columns are place and bands.
        grid: of the image.
        shapes: training areas, in the order of the reservoirs' groups.
        roles: the image's bands.
        scene: the image.
        progress: asked whether to go on.
    """
    # Without a maximum each step may take a second, so cancellation is checked between them.
    parts = []
    for reservoir in reservoirs:
        parts.append(reservoir.sample())
        raise_if_cancelled(progress)
    water = np.repeat([False, True], [len(part[0]) for part in parts])
    area, _, place, *bands = (np.concatenate(column) for column in zip(*parts))
    raise_if_cancelled(progress)
    order = np.argsort(place)
    place, area, water = place[order], area[order], water[order]
    raise_if_cancelled(progress)
    values = np.stack([band[order] for band in bands], axis=1).astype(np.float64)
    raise_if_cancelled(progress)
    rows, columns = np.divmod(place, grid.width)
    position = grid.to_crs(columns + 0.5, rows + 0.5)
    raise_if_cancelled(progress)
    ids = np.array([shape.id for shape in shapes], np.int64)
    samples = Samples(
        X=values,
        y=water,
        polygon=ids[area],
        scene=np.zeros(len(place), np.int32),
        names=roles.names,
        scenes=(scene,),
        position=position,
    )
    return samples, np.bincount(area, minlength=len(shapes)) > 0


def _report(sampling: Sampling, progress: Progress) -> None:
    (all_other, all_water), water, used = sampling.found, int(sampling.samples.y.sum()), sampling.used
    other = len(sampling.samples) - water
    text = tr("Sampled {water} of {all_water} water pixels and {other} of {all_other} other pixels, from {used} of {areas} training areas.")
    progress.info(text.format(water=water, all_water=all_water, other=other, all_other=all_other, used=used, areas=sampling.areas))
    if sampling.unused:
        progress.warn(sampling.unused)
    value, share = fill_value([*sampling.samples.X.T])
    if share:
        text = tr("Sampled pixels that hold {value:g} in every band: {count}.")
        progress.warn(f"{text.format(value=value, count=round(share * len(sampling.samples)))} {fill_advice(value)}")
    if sampling.conflicting:
        text = tr("Pixels left out because they lie in areas of both classes: {conflicting}.")
        progress.warn(text.format(conflicting=sampling.conflicting))
    if sampling.invalid:
        progress.info(tr("Pixels left out because of NoData in at least one band: {invalid}.").format(invalid=sampling.invalid))
