"""Whether a reference contains the areas that a map was trained on, where a map looks better than it is."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from ..grid import Grid, Window
from ..raster.reprojection import crs_name
from ..samples import MAX_AREAS
from ..translation import tr

# A share of areas in the reference that may be chance: below this, or not far above the share of the map that the reference covers.
_MIN_SHARE, _CHANCE = 0.1, 3.0


class TrainingPlaces:
    """Training areas of the model behind a map, looked for in a reference: none if the map doesn't record them, or has another CRS.

    Args:
        metadata: of the map; TRAINED_AT is JSON as in `Samples.areas`.
        grid: of the map.
    """

    def __init__(self, metadata: Mapping[str, str], grid: Grid) -> None:
        self._pixels = np.empty((0, 2), np.int64)
        self._hits = np.empty(0, bool)
        try:
            record = json.loads(metadata.get("TRAINED_AT", "null"))
            points = np.array(record["points"], np.float64).reshape(-1, 2)[:MAX_AREAS]
            alike = record["crs"] == crs_name(grid.crs)
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        if alike and len(points) and np.isfinite(points).all() and grid.geotransform is not None:
            self._pixels = np.floor(np.clip(grid.to_pixels(points[:, 0], points[:, 1]), -1, 2**40)).astype(np.int64)
            self._hits = np.zeros(len(points), bool)
        self._grid = grid

    def look(self, window: Window, labelled: np.ndarray) -> None:
        """Record which places have a label in a window of the map.

        Args:
            window: of the map.
            labelled: whether a pixel has a label, shape (height, width), bool.
        """
        column, row = (self._pixels - (window.column, window.row)).T
        inside = np.flatnonzero((column >= 0) & (row >= 0) & (column < window.width) & (row < window.height))
        self._hits[inside] |= labelled[row[inside], column[inside]]

    def warnings(self, compared: int) -> tuple[str, ...]:
        """Return a warning if the reference, which has a label for so many pixels of the map, contains training areas."""
        hits, count = int(np.count_nonzero(self._hits)), len(self._hits)
        if not hits or hits < count * max(_MIN_SHARE, _CHANCE * compared / self._grid.window.pixels):
            return ()
        text = tr(
            "The reference contains places that the map was trained on: {hits} of {count} training areas lie in it. There a map looks "
            "better than it is elsewhere. Assess accuracy with places that weren't used for training."
        )
        return (text.format(hits=hits, count=count),)
