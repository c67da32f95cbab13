"""Centring and whitening of pixel vectors, so that neither units nor correlated bands slow down training. NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import TrainingError
from ..model import Layer
from ..translation import tr

# Directions along which the standardised inputs vary by less than this share of the largest variance are rounding errors, not data.
_MIN_VARIANCE = 1e-10
# Pixels processed at a time, so that no copy of all samples is made.
_CHUNK = 2**17


@dataclass(frozen=True, eq=False)
class Whitening:
    """The map x → (x − mean) · matrix, whose result has unit covariance over the samples.

    Inputs that are constant, or a combination of others, leave fewer directions than inputs.

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
    def from_pixels(cls, X: np.ndarray) -> Whitening:
        """Measure the mean and covariance of raw pixel vectors, shape (pixels, inputs).

        >>> whitening = Whitening.from_pixels(np.array([[10.0, 0.0, 7.0], [30.0, 1.0, 7.0], [20.0, 5.0, 7.0]]))
        >>> whitening.mean.tolist(), whitening.matrix.shape
        ([20.0, 2.0, 7.0], (3, 2))

        Raises:
            TrainingError: no input varies, or the values are too large to compute with.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            # Column by column: along the first axis NumPy takes ten times as long.
            low, high, mean = (np.array([measure(column) for column in X.T]) for measure in (np.min, np.max, np.mean))
            mean = np.clip(mean, low, high)
            # A matrix product would start threads.
            covariance = sum(np.einsum("ik,jk->ij", chunk, chunk) for _, chunk in _centred(X, mean)) / len(X)
        if not np.isfinite(covariance).all():
            msg = tr("Pixel values reach {value:g}, which is too large to compute with. Is a NoData value not declared?")
            raise TrainingError(msg.format(value=max(-low.min(), high.max())))
        # The deviations of a constant input are rounding errors.
        sd = np.where(high > low, np.sqrt(np.diag(covariance)), 0.0)
        scale = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
        variance, directions = np.linalg.eigh(covariance * np.outer(scale, scale))
        varies = variance > _MIN_VARIANCE * variance.max()
        if not varies.any():
            msg = tr("All samples have the same pixel values, so nothing separates the classes. Draw polygons elsewhere, or check bands.")
            raise TrainingError(msg)
        matrix = scale[:, None] * directions[:, varies] / np.sqrt(variance[varies])
        return cls(mean, sd, low, high, matrix, variance[varies])

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Whiten raw pixel vectors, shape (pixels, inputs).

        Return a column per pixel, with a last row of ones for the bias: shape (directions + 1, pixels), float64.
        """
        Z = np.ones((self.matrix.shape[1] + 1, len(X)))
        for rows, chunk in _centred(X, self.mean):
            Z[:-1, rows] = np.einsum("id,ik->dk", self.matrix, chunk)
        return Z

    def from_raw(self, layer: Layer) -> Layer:
        """Convert a layer on raw pixel vectors to the nearest one on whitened ones, which is the same unless it uses more directions."""
        return Layer(layer.weights @ np.linalg.pinv(self.matrix).T, layer.bias + layer.weights @ self.mean)

    def to_raw(self, layer: Layer) -> Layer:
        """Convert a layer on whitened pixel vectors to the same layer on raw ones."""
        weights = layer.weights @ self.matrix.T
        return Layer(weights, layer.bias - weights @ self.mean)


def _centred(X: np.ndarray, mean: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    for start in range(0, len(X), _CHUNK):
        rows = slice(start, start + _CHUNK)
        yield rows, np.subtract(X[rows].T, mean[:, None], order="C")
