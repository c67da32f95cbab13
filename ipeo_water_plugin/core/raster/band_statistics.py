"""Statistics of a band, computed window by window."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# The provisional mean is taken from every 64th value, and squares are summed in rows of 1024.
_STRIDE, _ROW = 64, 1024


@dataclass(frozen=True)
class Statistics:
    """Statistics of valid values, which can be added up window by window.

    Attributes:
        count, minimum, maximum, total: of the values.
        spread: sum of squared deviations from the mean.
    """

    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    total: float = 0.0
    spread: float = 0.0

    @classmethod
    def from_values(cls, values: np.ndarray) -> Statistics:
        """Return the statistics of an array of valid values, of any shape."""
        if not values.size:
            return cls()
        flat = values.reshape(-1)
        flat = flat if flat.dtype == np.float32 else flat.astype(np.float32)
        # Single precision suffices for deviations from a provisional mean within one window; everything else is summed in double precision.
        middle = flat[::_STRIDE].mean()
        around = flat - middle
        rest, whole = float(around.sum()), flat.size // _ROW * _ROW
        rows = around[:whole].reshape(-1, _ROW)
        squares = np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64) + np.square(around[whole:]).sum(dtype=np.float64)
        spread = max(float(squares) - rest * rest / flat.size, 0.0)
        return cls(flat.size, float(flat.min()), float(flat.max()), flat.size * float(middle) + rest, spread)

    def __add__(self, other: Statistics) -> Statistics:
        """Return the statistics of both sets together (Chan, Golub & LeVeque 1983, doi 10.1080/00031305.1983.10483115)."""
        count = self.count + other.count
        apart = 0.0
        if self.count and other.count:
            step = other.total / other.count - self.total / self.count
            apart = step * step * self.count * other.count / count
        return Statistics(
            count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.spread + other.spread + apart,
        )

    @property
    def mean(self) -> float | None:
        """The mean, or None without values."""
        return self.total / self.count if self.count else None

    @property
    def deviation(self) -> float:
        """The population standard deviation."""
        return math.sqrt(self.spread / self.count) if self.count else 0.0
