"""Whether a reference holds the areas that a map was trained on.

A reference that holds them is the training areas themselves, whatever its file is called, and on those a map looks better than it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from ..grid import Grid, Window
from ..raster.reprojection import crs_name
from ..samples import MAX_AREAS
from ..translation import tr

# Areas that lie in the reference by chance aren't told: a share below this, or not far above that of the map that the reference covers.
_FEW, _BY_CHANCE = 0.1, 3.0


class TrainingPlaces:
    """Training areas of the model behind a map, looked for in a reference.

    Args:
        told: what the map says of itself; TRAINED_AT is JSON as `Samples.areas` has it.
        grid: of the map.
    """

    def __init__(self, told: Mapping[str, str], grid: Grid) -> None:
        """Read the places; there are none where the map doesn't tell, or has another CRS than the training image."""
        self._pixels = np.empty((0, 2), np.int64)
        self._hits = np.empty(0, bool)
        try:
            record = json.loads(told.get("TRAINED_AT", "null"))
            points = np.array(record["points"], np.float64).reshape(-1, 2)[:MAX_AREAS]
            alike = record["crs"] == crs_name(grid.crs)
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        if alike and len(points) and np.isfinite(points).all() and grid.geotransform is not None:
            self._pixels = np.floor(np.clip(grid.to_pixels(points[:, 0], points[:, 1]), -1, 2**40)).astype(np.int64)
            self._hits = np.zeros(len(points), bool)
        self._grid = grid

    def look(self, window: Window, labelled: np.ndarray) -> None:
        """Note which places have a label in a window of the map."""
        column, row = (self._pixels - (window.column, window.row)).T
        inside = np.flatnonzero((column >= 0) & (row >= 0) & (column < window.width) & (row < window.height))
        self._hits[inside] |= labelled[row[inside], column[inside]]

    def warnings(self, compared: int) -> tuple[str, ...]:
        """Tell of a reference that holds training areas.

        Args:
            compared: pixels of the map that have a label.
        """
        hits, count = int(np.count_nonzero(self._hits)), len(self._hits)
        if not hits or hits < count * max(_FEW, _BY_CHANCE * compared / self._grid.window.pixels):
            return ()
        text = tr(
            "The map was trained on the very places of this reference: {hits} of {count} training areas that were looked up lie in it. "
            "There a map looks better than it is elsewhere. Assess accuracy with places that had no part in training."
        )
        return (text.format(hits=hits, count=count),)
