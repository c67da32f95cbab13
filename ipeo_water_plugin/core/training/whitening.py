"""Centres and whitens pixel vectors, so that neither units nor the likeness of bands matter to what follows. numpy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import TrainingError
from ..model import Layer
from ..translation import tr

# Directions in which the standardised bands vary less than this share of the most are rounding errors, not data.
_FLAT = 1e-10
_CHUNK = 2**17


@dataclass(frozen=True, eq=False)
class Whitening:
    """What centres and whitens pixel vectors x: (x − mean) · matrix has unit covariance in every direction that varies.

    Attributes:
        mean, sd, minimum, maximum: of each input over the samples, raw units, shape (inputs,).
        matrix: shape (inputs, directions).
        variance: of the standardised inputs along each direction, shape (directions,).
    """

    mean: np.ndarray
    sd: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    matrix: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray, rows: np.ndarray | None = None) -> Whitening:
        """Measure pixel vectors, chunk by chunk, so that no copy of X is made.

        Args:
            X: shape (pixels, inputs).
            rows: mask of the pixels that count; None = all.

        Raises:
            TrainingError: no input varies, or values are too large to compute with.
        """
        count, total = 0, np.zeros(X.shape[1])
        low, high = np.full(X.shape[1], np.inf), np.full(X.shape[1], -np.inf)
        for chunk in _chunks(X, rows):
            count += chunk.shape[1]
            total += chunk.sum(axis=1)
            low, high = np.minimum(low, chunk.min(axis=1)), np.maximum(high, chunk.max(axis=1))
        mean = np.clip(total / count, low, high)
        products = np.zeros((X.shape[1], X.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):
            for chunk in _chunks(X, rows, mean):
                products += chunk @ chunk.T
        if not np.isfinite(products).all():
            msg = tr("Pixel values reach {value:g}, which is too large to compute with: is a NoData value undeclared?").format(
                value=max(-low.min(), high.max())
            )
            raise TrainingError(msg)
        # A constant input has no deviation but that of rounding.
        sd = np.where(high > low, np.sqrt(np.diag(products) / count), 0.0)
        scale = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
        variance, vectors = np.linalg.eigh(products / count * np.outer(scale, scale))
        kept = variance > _FLAT * max(variance.max(), _FLAT)
        if not kept.any():
            msg = tr(
                "All samples have the same pixel values, so nothing tells water from the rest: draw polygons elsewhere, or check the bands."
            )
            raise TrainingError(msg)
        matrix = scale[:, None] * vectors[:, kept] / np.sqrt(variance[kept])
        return cls(mean, sd, low, high, matrix, variance[kept])

    def apply(self, X: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Return whitened pixel vectors with a last row of ones for the bias: shape (directions + 1, pixels), float64."""
        width = self.matrix.shape[1]
        out = np.ones((width + 1, len(X) if rows is None else int(np.count_nonzero(rows))))
        start = 0
        for chunk in _chunks(X, rows, self.mean):
            stop = start + chunk.shape[1]
            out[:width, start:stop] = self.matrix.T @ chunk
            start = stop
        return out

    def to_raw(self, layer: Layer) -> Layer:
        """Turn a layer on whitened pixel vectors into the same layer on raw ones."""
        weights = layer.weights @ self.matrix.T
        return Layer(weights, layer.bias - weights @ self.mean)


def _chunks(X: np.ndarray, rows: np.ndarray | None, centre: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Give the chosen rows of X in order, less the centre, as float64 arrays of shape (inputs, pixels)."""
    for start in range(0, len(X), _CHUNK):
        chunk = X[start : start + _CHUNK]
        if rows is not None:
            chunk = chunk[rows[start : start + _CHUNK]]
        if len(chunk):
            values = np.array(chunk.T, dtype=np.float64, order="C")
            if centre is not None:
                values -= centre[:, None]
            yield values
