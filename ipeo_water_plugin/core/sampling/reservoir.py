"""Random samples in bounded memory: each pixel gets a key from the seed and its place, and the smallest keys stay. numpy alone.

So a sample depends on neither block size nor order, and of pixels seen once each, it is a simple random sample without replacement.
"""

from __future__ import annotations

import numpy as np

_UNLIMITED = np.iinfo(np.int64).max
# Pixels that may wait above twice the cap, so that small samples aren't sorted after every block.
_SLACK = 100_000


def random_keys(place: np.ndarray, seed: int) -> np.ndarray:
    """Return a random 64-bit key for each pixel, from the seed and its place alone.

    SplitMix64: Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195.

    Args:
        place: row · width + column of each pixel, integer, any shape.
        seed: any integer.

    Returns:
        Keys, uint64, of the same shape.

    Example:
        >>> random_keys(np.array([0, 1]), seed=0)
        array([16294208416658607535, 10451216379200822465], dtype=uint64)
    """
    with np.errstate(over="ignore"):
        z = place.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return z ^ (z >> np.uint64(31))


class Reservoir:
    """A random sample of pixels from several groups: each group may keep as many as the level that fills the cap.

    Args:
        groups: number of groups, such as training areas.
        cap: maximum number of pixels in all; 0 = no maximum.
    """

    def __init__(self, groups: int, cap: int) -> None:
        self._cap = cap or _UNLIMITED
        self._seen = np.zeros(groups, np.int64)
        self._ceiling = np.full(groups, np.iinfo(np.uint64).max, np.uint64)
        self._blocks: list[tuple[np.ndarray, ...]] = []
        self._held = 0

    @property
    def total(self) -> int:
        """Number of pixels added."""
        return int(self._seen.sum())

    def add(self, group: np.ndarray, key: np.ndarray, *columns: np.ndarray) -> None:
        """Add pixels.

        Args:
            group: index of each pixel's group, shape (pixels,), integer.
            key: from `random_keys`, shape (pixels,), uint64.
            columns: further values of each pixel, shape (pixels,); the same number in each call.
        """
        self._seen += np.bincount(group, minlength=len(self._seen))
        kept = np.flatnonzero(key <= self._ceiling[group])
        self._blocks.append(tuple(column[kept] for column in (group, key, *columns)))
        self._held += len(kept)
        if self._held > 2 * self._cap + _SLACK:
            self._settle(exact=False)

    def sample(self) -> tuple[np.ndarray, ...]:
        """Return group, key and further columns of the sampled pixels, in no order, once some were added."""
        return self._settle(exact=True)

    def _settle(self, *, exact: bool) -> tuple[np.ndarray, ...]:
        """Drop what no longer fits under the cap."""
        columns = tuple(np.concatenate(column) for column in zip(*self._blocks))
        if self._held > self._cap:
            group, key = columns[:2]
            order = np.lexsort((key, group))
            starts = np.searchsorted(group[order], np.arange(len(self._seen)))
            rank = np.empty(len(group), np.int64)
            rank[order] = np.arange(len(group)) - starts[group[order]]
            level = _level(self._seen, self._cap)
            kept = rank < level
            if exact:
                # One more each, to those with the smallest keys, fills the cap to the last pixel.
                spare = np.nonzero(rank == level)[0]
                kept[spare[np.argsort(key[spare], kind="stable")[: self._cap - int(kept.sum())]]] = True
            else:
                kept |= rank == level
            columns = tuple(column[kept] for column in columns)
            full = np.bincount(columns[0], minlength=len(self._seen)) < self._seen
            highest = np.zeros(len(self._seen), np.uint64)
            np.maximum.at(highest, columns[0], columns[1])
            self._ceiling = np.where(full, highest, self._ceiling)
        self._blocks, self._held = [columns], len(columns[0])
        return columns


def _level(counts: np.ndarray, cap: int) -> int:
    """Return the largest number n for which Σ min(count, n) stays within the cap; counts have the shape (groups,)."""
    low, high = 0, int(counts.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(counts, middle).sum()) <= cap:
            low = middle
        else:
            high = middle - 1
    return low
