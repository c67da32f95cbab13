"""Drawing pixels at random in bounded memory: each gets a key from the seed and its place, and the smallest keys stay. numpy alone.

So a draw depends on neither block size nor order, and of pixels seen once each, it is a simple random sample without replacement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_UNLIMITED = np.iinfo(np.int64).max


def random_keys(place: np.ndarray, seed: int) -> np.ndarray:
    """Return a random 64-bit key a pixel, from the seed and its place alone.

    SplitMix64: Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195.
    """
    with np.errstate(over="ignore"):
        z = place.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return z ^ (z >> np.uint64(31))


class Sieve:
    """Keeps at most a cap of one class's pixels, spread over areas: every area may keep as many as the level that fills the cap."""

    def __init__(self, areas: int, cap: int) -> None:
        """Keep at most `cap` pixels of so many areas; 0 = all."""
        self._cap = cap or _UNLIMITED
        self._seen = np.zeros(areas, np.int64)
        self._ceiling = np.full(areas, np.iinfo(np.uint64).max, np.uint64)
        self._pieces: list[tuple[np.ndarray, ...]] = []
        self._held = 0

    @property
    def total(self) -> int:
        """Pixels that came by."""
        return int(self._seen.sum())

    def add(self, area: np.ndarray, key: np.ndarray, place: np.ndarray, bands: Sequence[np.ndarray]) -> None:
        """Take in pixels: area index, key, place and raw values of each."""
        self._seen += np.bincount(area, minlength=len(self._seen))
        kept = key <= self._ceiling[area]
        values = np.stack([band[kept].astype(np.float64) for band in bands], axis=1)
        self._pieces.append((area[kept], key[kept], place[kept], values))
        self._held += int(kept.sum())
        if self._held > 2 * self._cap + 100_000:
            self._settle(exact=False)

    def result(self) -> tuple[np.ndarray, ...]:
        """Return area index, place and values of the pixels kept, in no order."""
        area, _, place, values = self._settle(exact=True)
        return area, place, values

    def _settle(self, *, exact: bool) -> tuple[np.ndarray, ...]:
        """Drop what no longer fits under the cap."""
        area, key, place, values = (np.concatenate(column) for column in zip(*self._pieces)) if self._pieces else self._nothing()
        if self._held > self._cap:
            order = np.lexsort((key, area))
            starts = np.searchsorted(area[order], np.arange(len(self._seen)))
            rank = np.empty(len(area), np.int64)
            rank[order] = np.arange(len(area)) - starts[area[order]]
            level = _level(self._seen, self._cap)
            kept = rank < level
            if exact:
                # One more each, to those with the smallest keys, fills the cap to the last pixel.
                spare = np.nonzero(rank == level)[0]
                kept[spare[np.argsort(key[spare], kind="stable")[: self._cap - int(kept.sum())]]] = True
            else:
                kept |= rank == level
            area, key, place, values = area[kept], key[kept], place[kept], values[kept]
            full = np.bincount(area, minlength=len(self._seen)) < self._seen
            highest = np.zeros(len(self._seen), np.uint64)
            np.maximum.at(highest, area, key)
            self._ceiling = np.where(full, highest, self._ceiling)
        self._pieces, self._held = [(area, key, place, values)], len(area)
        return area, key, place, values

    def _nothing(self) -> tuple[np.ndarray, ...]:
        return np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64), np.empty((0, 0))


def _level(counts: np.ndarray, cap: int) -> int:
    """The largest number n for which Σ min(count, n) stays within the cap."""
    low, high = 0, int(counts.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(counts, middle).sum()) <= cap:
            low = middle
        else:
            high = middle - 1
    return low
