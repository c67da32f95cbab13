"""Which pixels are unlike all that a model was trained on, looked up in cells of half a standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..samples import Samples

# Side of a cell in standard deviations of the training samples, and cells on either side of a known one that count as known: what
# `suggest` calls novel begins at the same distance.
_CELL, _REACH = 0.5, 2
# Cells along an input, and inputs that are looked at: the first ones, green, red and near infrared among them.
_BITS, _MAX_INPUTS = 7, 6
# Up to so many inputs, all cells fit into a table.
_TABLE_INPUTS = 3


@dataclass(frozen=True, eq=False)
class Known:
    """The cells near training samples.

    Attributes:
        mean, sd: of the training samples, shape (inputs,), raw units.
        cells: keys of the known cells, ascending, int64.
    """

    mean: np.ndarray
    sd: np.ndarray
    cells: np.ndarray

    @classmethod
    def from_samples(cls, samples: Samples) -> Known:
        """Collect the cells within about one standard deviation of a sample."""
        X = samples.X[:, :_MAX_INPUTS]
        mean, sd = X.mean(axis=0), X.std(axis=0)
        known = cls(mean, np.where(sd > 0, sd, 1.0), np.empty(0, np.int64))
        inputs = X.shape[1]
        offsets = np.array([o for o in product(range(-_REACH, _REACH + 1), repeat=inputs) if sum(v * v for v in o) <= _REACH**2])
        steps = offsets @ (1 << _BITS * np.arange(inputs, dtype=np.int64))
        cells = np.unique(known._keys(list(X.T)))
        return cls(mean, known.sd, np.unique(cells[:, None] + steps))

    def unlike(self, bands: Sequence[np.ndarray], valid: np.ndarray) -> np.ndarray:
        """Return where pixels are valid and unlike all samples: bool.

        Args:
            bands: raw values, one array for each input.
            valid: where they are valid, bool, of the same shape.
        """
        keys = self._keys([np.where(valid, band, mean) if band.dtype.kind == "f" else band for band, mean in zip(bands, self.mean)])
        if len(self.mean) <= _TABLE_INPUTS:
            table = np.zeros(1 << _BITS * len(self.mean), bool)
            table[self.cells] = True
            return valid & ~table[keys]
        return valid & ~np.isin(keys, self.cells)

    def _keys(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Return the key of each pixel's cell, int64, in the columns' shape."""
        keys = np.zeros(columns[0].shape, np.int64)
        middle = 1 << _BITS - 1
        for number, (column, mean, sd) in enumerate(zip(columns, self.mean, self.sd)):
            place = (column - np.float32(mean)).astype(np.float32) * np.float32(1 / (_CELL * sd)) + np.float32(middle)
            # Far away is as good as further, and leaves room for the cells around.
            place = np.clip(place, _REACH + 1, 2 * middle - _REACH - 2, out=place)
            keys += place.astype(np.int64) << _BITS * number
        return keys
