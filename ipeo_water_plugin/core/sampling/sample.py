"""Drawn areas over a raster become labelled pixels: a sieve that reads only blocks which an area touches, each once.

Memory stays bounded whatever the areas hold: each pixel gets a random key from the seed and its place, every area keeps its
smallest keys, and how many it may keep falls as more areas turn up. So the draw depends on neither block size nor order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..bands import BandRoles
from ..errors import InputError
from ..grid import Grid
from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.metadata import scene_of
from ..raster.raster_file import RasterFile
from ..raster.source import Source
from ..samples import Samples, Scene
from ..translation import tr
from .overlay import Overlay
from .polygons import LabelledShape
from .reservoir import Reservoir, random_keys


@dataclass(frozen=True)
class SamplingSettings:
    """How pixels are chosen.

    Attributes:
        all_touched: take every pixel that an area touches, not only those whose centre lies inside.
        max_per_class: the most pixels a class, spread over its areas; 0 = all.
        seed: of the draw.
    """

    all_touched: bool = False
    max_per_class: int = 50_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: one is negative.
        """
        if self.max_per_class < 0 or self.seed < 0:
            msg = tr("The most pixels a class and the seed can't be negative.")
            raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Sampling:
    """What sampling gives.

    Attributes:
        samples: the pixels drawn, in the raster's row-major order.
        conflicting: pixels left out because both classes claim them.
        invalid: pixels left out because a band is NoData, NaN, infinite or masked there.
        found: usable pixels before the draw: (not water, water).
        drawn, used: number of training areas, and of those that gave a pixel.
        unused: a sentence on the others, by feature id and reason; "" where there is none.
    """

    samples: Samples
    conflicting: int
    invalid: int
    found: tuple[int, int]
    drawn: int
    used: int
    unused: str


def sample_pixels(
    raster: str | RasterFile,
    roles: BandRoles,
    shapes: Sequence[LabelledShape],
    settings: SamplingSettings | None = None,
    progress: Progress | None = None,
    scene_name: str | None = None,
    areas: str = "",
) -> Sampling:
    """Take the pixels that training areas hold.

    A pixel belongs to an area when its centre lies inside; a point labels the pixel it lies in. One claimed by both classes
    is left out; one claimed twice by a class counts once, for the area that comes last.

    Args:
        raster: the image; any GDAL name.
        roles: its bands.
        shapes: training areas in the raster's CRS.
        settings: rule, cap and seed.
        progress: told the share of the work done.
        scene_name: what the scene is called; by default the file's name.
        areas: what identifies the layer whose ids the areas bear, such as its path.

    Raises:
        InputError: the areas lie outside the raster, hold no pixel, or leave a class without any valid one.
        RasterError: the image can't be read.
        CancelledError: the caller cancelled.
    """
    settings, progress = settings or SamplingSettings(), progress or SilentProgress()
    raise_if_cancelled(progress)
    source = Source(raster, roles)
    overlay = Overlay(source, shapes, all_touched=settings.all_touched)
    reservoirs = tuple(Reservoir(len(shapes), settings.max_per_class) for _ in range(2))
    invalid = 0
    for part in overlay.windows(progress):
        chosen = part.owner != 0
        if part.valid is not None:
            invalid += int(np.count_nonzero(chosen & ~part.valid))
            chosen &= part.valid
        rows, columns = np.nonzero(chosen)
        place = (rows + part.window.row).astype(np.int64) * source.grid.width + columns + part.window.column
        owner = part.owner[rows, columns]
        keys = random_keys(place, settings.seed)
        for reservoir, in_class in zip(reservoirs, (owner < 0, owner > 0)):
            bands = (band[rows[in_class], columns[in_class]] for band in part.bands)
            reservoir.add(np.abs(owner[in_class]) - 1, keys[in_class], place[in_class], *bands)
    conflicting = overlay.conflicting
    found = reservoirs[0].total, reservoirs[1].total
    if not all(found):
        raise _missing(found, conflicting, invalid, overlay.unused(progress))
    samples, taken = _collect(reservoirs, source.grid, shapes, roles, scene_of(raster, roles, scene_name, areas), progress)
    sampling = Sampling(samples, conflicting, invalid, found, len(shapes), int(taken.sum()), overlay.unused(progress, taken))
    _report(sampling, progress)
    return sampling


def _missing(found: tuple[int, int], conflicting: int, invalid: int, unused: str) -> InputError:
    """Return the error that says which class has no pixel and why."""
    name = tr("water") if found[0] else tr("not water")
    msg = tr(
        "No valid pixel is labelled {name}: {conflicting} were claimed by both classes, {invalid} were invalid in a band, and an area "
        "counts only pixels whose centre it holds. Draw larger areas, or take all pixels touched."
    ).format(name=name, conflicting=conflicting, invalid=invalid)
    return InputError(f"{msg} {unused}".strip())


def _collect(
    reservoirs: Sequence[Reservoir], grid: Grid, shapes: Sequence[LabelledShape], roles: BandRoles, scene: Scene, progress: Progress
) -> tuple[Samples, np.ndarray]:
    """Return the pixels drawn, and of which areas some were: bool, shape (areas,)."""
    # Without a cap these are as many as the areas hold, so that each step may take a second: the user is asked between them.
    parts = []
    for reservoir in reservoirs:
        parts.append(reservoir.sample())
        raise_if_cancelled(progress)
    water = np.repeat([False, True], [len(part[0]) for part in parts])
    area, _, place, *bands = (np.concatenate(column) for column in zip(*parts))
    raise_if_cancelled(progress)
    # Places are all different, so any way of sorting gives one order.
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
    water = int(sampling.samples.y.sum())
    progress.info(
        tr("{water} water and {other} other pixels taken, of {all_water} and {all_other} in {used} of {drawn} training areas.").format(
            water=water,
            other=len(sampling.samples) - water,
            all_water=sampling.found[1],
            all_other=sampling.found[0],
            used=sampling.used,
            drawn=sampling.drawn,
        )
    )
    if sampling.unused:
        progress.warn(sampling.unused)
    if sampling.conflicting:
        progress.warn(
            tr("Pixels left out, since they lie in areas of both classes: {conflicting}.").format(conflicting=sampling.conflicting)
        )
    if sampling.invalid:
        progress.info(tr("Pixels left out because of NoData in at least one band: {invalid}.").format(invalid=sampling.invalid))
