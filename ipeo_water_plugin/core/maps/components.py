"""Connected components of a mask too large for memory, strip by strip, each cut into runs of pixels. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of True pixels within rows, in row-major order.

    Attributes:
        row, start, stop: row, first column and the column after the last, shape (n,), int64.
    """

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def from_mask(cls, mask: np.ndarray) -> Runs:
        """Find the runs of a mask of shape (rows, columns), bool.

        Example:
            >>> runs = Runs.from_mask(np.array([[True, True, False], [False, True, True]]))
            >>> runs.start, runs.stop
            (array([0, 1]), array([2, 3]))
        """
        padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
        padded[:, 1:-1] = mask
        steps = np.diff(padded, axis=1)
        row, start = np.nonzero(steps == 1)
        return cls(row, start, np.nonzero(steps == -1)[1])

    def __len__(self) -> int:
        return len(self.row)

    @property
    def length(self) -> np.ndarray:
        """Pixels in each run."""
        return self.stop - self.start

    def paint(self, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """Return an array with each run's value in its pixels and 0 elsewhere.

        Args:
            values: of each run, shape (runs,).
            shape: of the result, that of the mask.
        """
        steps = np.zeros(shape[0] * shape[1] + 1, values.dtype)
        # A run may start where the previous one stopped, at the end of a row, but no two start or stop at the same place.
        steps[self.row * shape[1] + self.start] += values
        steps[self.row * shape[1] + self.stop] -= values
        return np.cumsum(steps[:-1], dtype=values.dtype).reshape(shape)

    def reduce(self, operation: Any, values: np.ndarray, data_type: type) -> np.ndarray:
        """Reduce the values in each run to one.

        Args:
            operation: a ufunc, such as add or minimum.
            values: of all pixels, in the mask's shape.
            data_type: of the result, shape (runs,).
        """
        if not len(self):
            return np.zeros(0, data_type)
        bounds = np.stack([self.start, self.stop], axis=1) + self.row[:, None] * values.shape[1]
        flat = np.append(values.reshape(-1), values.dtype.type(0))
        return operation.reduceat(flat, bounds.reshape(-1), dtype=data_type)[::2]


def adjacent_runs(runs: Runs, width: int, *, diagonal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of runs that touch from one row to the next, as two arrays of indices.

    Args:
        runs: in row-major order.
        width: number of columns of the mask.
        diagonal: runs that only share a corner touch.
    """
    reach, stride = int(diagonal), width + 2
    below = (runs.row + 1) * stride
    first = np.searchsorted(runs.row * stride + runs.stop, below + runs.start - reach, side="right")
    last = np.searchsorted(runs.row * stride + runs.start, below + runs.stop + reach, side="left")
    count = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(runs)), count)
    return upper, np.arange(len(upper)) - np.repeat(np.cumsum(count) - count, count) + first[upper]


def connected(count: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the smallest node that each of `count` nodes is connected with, shape (count,), int64.

    Args:
        count: number of nodes.
        one, other: nodes of each edge, shape (edges,), int64.
    """
    root = np.arange(count)
    while one.size:
        lower, upper = np.minimum(root[one], root[other]), np.maximum(root[one], root[other])
        apart = lower != upper
        one, other = one[apart], other[apart]
        # Of several edges to one root a single one wins; the others are tried again.
        root[upper[apart]] = lower[apart]
        while True:
            further = root[root]
            if np.array_equal(further, root):
                break
            root = further
    return root


def numbered(root: np.ndarray) -> np.ndarray:
    """Renumber the components of `connected` from 0 without gaps, in the order of their smallest nodes."""
    return (np.cumsum(root == np.arange(len(root))) - 1)[root]


class ComponentLabeller:
    """Labels a mask strip by strip; `components` finally gives the labels that belong together.

    Args:
        width: number of columns of the mask.
        diagonal: pixels that only share a corner are connected.
    """

    def __init__(self, width: int, *, diagonal: bool) -> None:
        self._width, self._diagonal = width, diagonal
        self.count = 0
        none = np.zeros(0, np.int64)
        self._start, self._stop, self._label = none, none, none
        self._merged: list[np.ndarray] = []

    def add(self, runs: Runs, rows: int) -> np.ndarray:
        """Label the next strip; return a label for each run, from 0, shape (runs,), int64.

        Args:
            runs: of the strip.
            rows: number of rows of the strip.
        """
        carried = len(self._label)
        table = Runs(
            np.concatenate([np.zeros(carried, np.int64), runs.row + 1]),
            np.concatenate([self._start, runs.start]),
            np.concatenate([self._stop, runs.stop]),
        )
        part = numbered(connected(len(table), *adjacent_runs(table, self._width, diagonal=self._diagonal)))
        label = np.full(int(part.max()) + 1 if len(part) else 0, -1, np.int64)
        label[part[:carried]] = self._label
        apart = label[part[:carried]] != self._label
        self._merged.append(np.stack([self._label[apart], label[part[:carried]][apart]]))
        new = label < 0
        label[new] = self.count + np.arange(np.count_nonzero(new))
        self.count += int(np.count_nonzero(new))
        labels = label[part[carried:]]
        last = runs.row == rows - 1
        self._start, self._stop, self._label = runs.start[last], runs.stop[last], labels[last]
        return labels

    def components(self) -> np.ndarray:
        """Return the component of each label, from 0 in the order of their first pixels, shape (count,), int64."""
        pairs = np.concatenate(self._merged, axis=1) if self._merged else np.zeros((2, 0), np.int64)
        return numbered(connected(self.count, pairs[0], pairs[1]))
