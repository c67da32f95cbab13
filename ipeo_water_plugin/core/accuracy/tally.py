"""Labelled pixels counted by probability and class, exactly at the threshold, in bounded memory. numpy alone."""

from __future__ import annotations

import numpy as np

from ..model import STEPS, at_least

# Probabilities in steps, as results are stored, are counted exactly, and others are off by at most 4e-6. Numbers of step and side of the
# threshold, for each class.
_KEYS = 2 * (STEPS + 2)

# Pixels converted at a time, which stay in the processor's cache.
_AT_ONCE = 2**15
# Counts by unit that are held before they are merged.
_MAX_PENDING = 4_000_000


class Tally:
    """Labelled pixels counted by probability and class, and by unit where they have one.

    Probabilities are rounded to steps of 2⁻¹⁷, but never to the other side of the threshold.

    Attributes:
        threshold: pixels with p ≥ threshold are mapped as water.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._counts = np.zeros(_KEYS, np.int64)
        self._pending: list[tuple[np.ndarray, np.ndarray]] = []

    def counts(self, probability: np.ndarray, water: np.ndarray) -> np.ndarray:
        """Count pixels that belong to no unit, for `add`; any thread may do so.

        Args:
            probability: p(water), shape (pixels,), float32, in 0…1.
            water: True where the reference is water, shape (pixels,), bool.
        """
        return np.bincount(self._keys(probability, water), minlength=_KEYS)

    def add(self, counts: np.ndarray) -> None:
        """Add what `counts` returned."""
        self._counts += counts

    def add_to_units(self, probability: np.ndarray, water: np.ndarray, unit: np.ndarray) -> None:
        """Count pixels of units, such as polygons.

        Args:
            probability: p(water), shape (pixels,), float32, in 0…1.
            water: True where the reference is water, shape (pixels,), bool.
            unit: index of each pixel's unit, shape (pixels,), integer.
        """
        keys, count = np.unique(unit.astype(np.int64) * _KEYS + self._keys(probability, water), return_counts=True)
        self._pending.append((keys, count))
        if sum(len(keys) for keys, _ in self._pending) > _MAX_PENDING:
            self._merge()

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the distinct kinds of pixels: probability (float64), water (bool), number of pixels and unit, shape (kinds,) each."""
        if self._pending:
            self._merge()
            ((keys, count),) = self._pending
        else:
            keys = np.flatnonzero(self._counts)
            count = self._counts[keys].astype(np.float64)
        unit, rest = np.divmod(keys, _KEYS)
        number, water = np.divmod(rest, 2)
        mapped = number > _number(np.array(self.threshold, np.float32))
        nearest = (number - mapped) / STEPS
        below = np.nextafter(self.threshold, -np.inf)
        probability = np.where(mapped, np.maximum(nearest, self.threshold), np.minimum(nearest, below))
        return probability, water == 1, count, unit

    def _keys(self, probability: np.ndarray, water: np.ndarray) -> np.ndarray:
        """Return 2 · (step + (p ≥ threshold)) + water, which rises with p."""
        keys = np.empty(len(probability), np.int64)
        for start in range(0, len(probability), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            number = _number(probability[part])
            number += at_least(probability[part], self.threshold)
            number *= 2
            number += water[part]
            keys[part] = number
        return keys

    def _merge(self) -> None:
        self._pending = [summed(*(np.concatenate(column) for column in zip(*self._pending)))]


def summed(keys: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct keys, ascending, and the sum of the weights of each."""
    distinct, index = np.unique(keys, return_inverse=True)
    return distinct, np.bincount(index.reshape(-1), weights=weights, minlength=len(distinct))


def _number(probability: np.ndarray) -> np.ndarray:
    """Return the nearest step of float32 probabilities, in an integer type."""
    return (probability * np.float32(STEPS) + np.float32(0.5)).astype(np.int32)
