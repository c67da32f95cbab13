"""The training loss over all samples on a device, its gradient by autograd, and its curvature.

The loss is

    L(θ) = 1/M Σᵢ wᵢ · softplus(−sᵢ zᵢ) + λ/2 Σ (a_k sd_k)²,    s = +1 for water, −1 for not water,

where softplus(−s z) is the binary cross-entropy of σ(z) and the label, and the logit z is Aᵀx + b, or what the perceptron makes of x.
The perceptron's first layer is penalised like A, and so are the plain weights of its second layer; no bias is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..model import Layer

# Numbers held at a time while passing over the samples: on a processor they stay in its cache.
_CHUNK, _CHUNK_GPU = 2**19, 2**26
# PyTorch shares larger arrays out to threads. On a processor that has other work too, waiting for these takes many times what they
# save, so a perceptron, whose descent is long, is kept below while it is small.
_THREADLESS, _SMALL = 2**15 - 1, 2**20
# The perceptron's curvature may cost this many multiplications; beyond, it is estimated on evenly spaced samples.
_CURVATURE_COST = 2**31
# Share of its own curvature added in each direction, at most.
_MOST_DAMPING = 1e8


class Network(Protocol):
    """What descent needs to know of the function from whitened pixel vectors (with a row of ones) to logits.

    `size` is the number of parameters, `width` that of values held for a sample on the way, `ridge` what L2 multiplies θ² with,
    and `damping` the least share of its own curvature that is added in each direction: none bends too little to be told.
    """

    kind: str
    damping: float
    size: int
    width: int
    ridge: np.ndarray

    def start(self, torch: Any, generator: Any) -> Any:
        """Draw random parameters, float64 on the CPU, shape (size,)."""

    def logits(self, torch: Any, theta: Any, z: Any) -> Any:
        """Compute the logit of each column of z."""

    def jacobian(self, torch: Any, theta: Any, z: Any) -> Any:
        """Compute the derivative of each logit by each parameter: shape (size, columns)."""

    def layers(self, theta: np.ndarray) -> tuple[Layer, ...]:
        """Return the parameters as layers on whitened pixel vectors."""


class Plane:
    """Logistic regression: parameters are A and b in whitened coordinates."""

    kind = "plane"
    damping = 1e-7

    def __init__(self, variance: np.ndarray) -> None:
        """Take the variance along each whitened direction, by which (a_k sd_k)² becomes a sum over whitened weights."""
        self.size = self.width = len(variance) + 1
        self.ridge = np.append(1 / variance, 0.0)

    def start(self, torch: Any, generator: Any) -> Any:
        """Draw random parameters."""
        return 0.1 * torch.randn(self.size, dtype=torch.float64, generator=generator)

    def logits(self, torch: Any, theta: Any, z: Any) -> Any:  # noqa: ARG002
        """Compute logits."""
        return theta @ z

    def jacobian(self, torch: Any, theta: Any, z: Any) -> Any:  # noqa: ARG002
        """Compute the derivative of each logit by each parameter."""
        return z

    def layers(self, theta: np.ndarray) -> tuple[Layer, ...]:
        """Return the parameters as layers."""
        return (Layer(theta[None, :-1], theta[-1:]),)


class Perceptron:
    """A hidden layer of sigmoids: parameters are the hidden units' weights and biases, then the output's weights and bias."""

    kind = "perceptron"
    damping = 1e-2

    def __init__(self, variance: np.ndarray, hidden: int) -> None:
        """Take the variance along each whitened direction and the number of hidden units."""
        self.width, self._inputs = hidden, len(variance) + 1
        self.size = hidden * self._inputs + hidden + 1
        self.ridge = np.concatenate([np.tile(np.append(1 / variance, 0.0), hidden), np.ones(hidden), [0.0]])

    def start(self, torch: Any, generator: Any) -> Any:
        """Draw random parameters."""
        # Steep enough that the units' borders cut through the samples at random places and angles.
        first = torch.randn(self.width, self._inputs, dtype=torch.float64, generator=generator)
        first[:, :-1] *= 2
        second = 0.5 * torch.randn(self.width + 1, dtype=torch.float64, generator=generator)
        return torch.cat([first.reshape(-1), second])

    def _parts(self, theta: Any) -> tuple[Any, Any, Any]:
        cut = self.width * self._inputs
        return theta[:cut].reshape(self.width, self._inputs), theta[cut:-1], theta[-1]

    def logits(self, torch: Any, theta: Any, z: Any) -> Any:
        """Compute logits."""
        first, second, bias = self._parts(theta)
        return (second[:, None] * self._units(torch, first, z)).sum(0) + bias

    def _units(self, torch: Any, first: Any, z: Any) -> Any:
        # Sums of products instead of a matrix product, which would start threads whatever the size.
        total = first[:, -1:] * z[-1]
        for k in range(self._inputs - 1):
            total = torch.addcmul(total, first[:, k : k + 1], z[k])
        return torch.sigmoid(total)

    def jacobian(self, torch: Any, theta: Any, z: Any) -> Any:
        """Compute the derivative of each logit by each parameter."""
        first, second, _ = self._parts(theta)
        units = self._units(torch, first, z)
        slope = second[:, None] * units * (1 - units)
        return torch.cat([(slope[:, None, :] * z[None]).reshape(-1, z.shape[1]), units, torch.ones_like(z[:1])])

    def layers(self, theta: np.ndarray) -> tuple[Layer, ...]:
        """Return the parameters as layers."""
        first, second, bias = self._parts(theta)
        return Layer(first[:, :-1], first[:, -1]), Layer(second[None], np.array([bias]))


@dataclass(frozen=True, eq=False)
class Point:
    """The objective at some parameters: its value (and that of the cross-entropy alone), gradient and curvature."""

    theta: np.ndarray
    objective: float
    loss: float
    gradient: np.ndarray
    curvature: np.ndarray

    @property
    def finite(self) -> bool:
        """Whether descent can go on from here."""
        return math.isfinite(self.objective) and bool(np.isfinite(self.gradient).all() and np.isfinite(self.curvature).all())

    def gap(self, damping: float) -> float:
        """Estimate how far the objective can still fall."""
        roots = root_of_inverse(self.curvature, damping)
        return math.inf if roots is None else float(np.square(roots[0].T @ self.gradient).sum() / 2)


def root_of_inverse(curvature: np.ndarray, damping: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Return R with R Rᵀ = (H + damping · diag H)⁻¹, and R⁻¹; None where H has no direction that bends."""
    bends = np.diag(curvature)
    if not bends.max() > 0:
        return None
    while damping <= _MOST_DAMPING:
        try:
            lower = np.linalg.cholesky(curvature + damping * np.diag(np.maximum(bends, 1e-9 * bends.max())))
        except np.linalg.LinAlgError:
            damping *= 10
            continue
        root = _inverse_of_triangle(lower).T
        return (root, lower.T) if np.isfinite(root).all() else None
    return None


def _inverse_of_triangle(lower: np.ndarray) -> np.ndarray:
    """Invert by forward substitution: a general solver starts threads, which is slower by far on a processor with other work."""
    inverse = np.zeros_like(lower)
    for i, row in enumerate(lower):
        inverse[i] = -row[:i] @ inverse[:i]
        inverse[i, i] += 1
        inverse[i] /= row[i]
    return inverse


class Objective:
    """The loss over all samples on a device.

    With mini-batches the samples stay in the computer's memory, and a piece at a time goes to the device; else they lie there whole.
    """

    def __init__(
        self,
        torch: Any,
        device: str,
        network: Network,
        z: np.ndarray,
        y: np.ndarray,
        weight: tuple[float, float],
        l2: float,
        resident: bool,
    ) -> None:
        """Move the samples to the device.

        Args:
            z: whitened pixel vectors with a row of ones, shape (directions + 1, pixels); taken over and changed.
            y: True where water, shape (pixels,).
            weight: of a sample of class not water, and of class water.
        """
        self.torch, self.device, self.network = torch, device, network
        # Apple's GPUs have no float64.
        self.dtype = torch.float32 if device == "mps" else torch.float64
        self.count = len(y)
        sign = np.where(y, -1.0, 1.0)
        self._sign = None
        if network.kind == "plane":
            # A plane's logit is linear, so the label's sign can be multiplied in once for all epochs.
            z *= sign
        else:
            self._sign = self._place(sign, resident)
        self._least_weight = min(weight)
        self._weight = None if weight == (1.0, 1.0) else self._place(np.where(y, weight[1], weight[0]), resident)
        self._z = self._place(z, resident)
        self._ridge = l2 * network.ridge
        self._penalty = self.tensor(self._ridge)
        chunk = block = _CHUNK if device == "cpu" else _CHUNK_GPU
        if device == "cpu" and network.kind == "perceptron" and self.count * network.width <= _SMALL:
            chunk = _THREADLESS
        self._chunk = max(256, chunk // network.width)
        self._chunk_of_look, self._block = max(256, chunk // network.size), max(256, block // network.size)
        most = max(4 * network.size, _CURVATURE_COST // network.size**2)
        self._stride = max(1, -(-self.count // most))

    def _place(self, values: np.ndarray, resident: bool) -> Any:
        placed = self.torch.from_numpy(values).to(self.dtype)
        return placed.to(self.device) if resident else placed

    def tensor(self, values: np.ndarray) -> Any:
        """Put parameters on the device."""
        return self.torch.from_numpy(np.ascontiguousarray(values)).to(self.device, self.dtype)

    def thinned(self, most: int) -> Objective:
        """Return the same objective over evenly spaced samples."""
        step = -(-self.count // most)
        thin = object.__new__(Objective)
        thin.__dict__.update(self.__dict__)
        thin._z = self._z[:, ::step].contiguous()
        thin.count = thin._z.shape[1]
        thin._sign = None if self._sign is None else self._sign[::step].contiguous()
        thin._weight = None if self._weight is None else self._weight[::step].contiguous()
        thin._stride = max(1, self._stride // step)
        return thin

    def _pieces(self, size: int) -> Iterator[slice]:
        for start in range(0, self.count, size):
            yield slice(start, start + size)

    def _part(self, columns: Any) -> tuple[Any, Any, Any]:
        """Return z, signs and weights of some samples, on the device."""
        z = self._z[:, columns].to(self.device)
        sign = None if self._sign is None else self._sign[columns].to(self.device)
        weight = None if self._weight is None else self._weight[columns].to(self.device)
        return z, sign, weight

    def _margin(self, theta: Any, z: Any, sign: Any) -> Any:
        """−s z: negative where the model is right."""
        logits = self.network.logits(self.torch, theta, z)
        return logits if sign is None else logits * sign

    def _cross_entropy(self, theta: Any, columns: Any, count: int) -> Any:
        z, sign, weight = self._part(columns)
        entropy = self.torch.nn.functional.softplus(self._margin(theta, z, sign))
        return (entropy.sum() if weight is None else entropy @ weight) / count

    def _l2_term(self, theta: Any) -> Any:
        return (self._penalty * theta * theta).sum() / 2

    def backward(self, theta_of: Callable[[], Any]) -> Any:
        """Add the gradient over all samples to the leaf behind `theta_of`, and return the objective, on the device."""
        total = self._l2_term(theta_of())
        total.backward()
        total = total.detach()
        for piece in self._pieces(self._chunk):
            part = self._cross_entropy(theta_of(), piece, self.count)
            part.backward()
            total += part.detach()
        return total

    def backward_batch(self, theta: Any, columns: Any) -> Any:
        """As `backward`, over the samples of one batch."""
        total = self._cross_entropy(theta, columns, len(columns)) + self._l2_term(theta)
        total.backward()
        return total.detach()

    def separated(self, point: Point) -> bool:
        """Whether the loss shows that every sample is on its right side: a single one that isn't adds log 2 to the sum."""
        return point.loss * self.count < math.log(2) * self._least_weight

    def _with_itself(self, block: Any) -> Any:
        """Multiply with the transpose; on a processor with NumPy, which unlike PyTorch starts no threads for a few rows."""
        if self.device != "cpu":
            return block @ block.T
        rows = block.numpy()
        return self.torch.from_numpy(rows @ rows.T)

    def at(self, values: np.ndarray) -> Point:
        """Look at the objective at some parameters: one pass over the samples, and one wait for the device."""
        torch, network = self.torch, self.network
        theta = self.tensor(values)
        kind = {"dtype": self.dtype, "device": self.device}
        loss, gradient = torch.zeros((), **kind), torch.zeros(network.size, **kind)
        curvature = torch.zeros(network.size, network.size, **kind)
        block = torch.empty(network.size, self._block + self._chunk_of_look, **kind)
        filled = seen = 0
        with torch.no_grad():
            for piece in self._pieces(self._chunk_of_look):
                z, sign, weight = self._part(piece)
                margin = self._margin(theta, z, sign)
                jacobian = network.jacobian(torch, theta, z)
                entropy, slope = torch.nn.functional.softplus(margin), torch.sigmoid(margin)
                bend = slope * (1 - slope)
                if sign is not None:
                    slope = slope * sign
                if weight is not None:
                    entropy, slope, bend = entropy * weight, slope * weight, bend * weight
                loss += entropy.sum()
                gradient += (jacobian * slope).sum(1)
                some = jacobian[:, :: self._stride] * bend[:: self._stride].sqrt()
                block[:, filled : filled + some.shape[1]] = some
                filled += some.shape[1]
                seen += some.shape[1]
                if filled >= self._block or piece.stop >= self.count:
                    curvature += self._with_itself(block[:, :filled])
                    filled = 0
            packed = torch.cat([loss[None] / self.count, gradient / self.count, curvature.reshape(-1) / seen]).cpu().double().numpy()
        cross_entropy = float(packed[0])
        return Point(
            theta=values,
            objective=cross_entropy + float(self._ridge @ np.square(values)) / 2,
            loss=cross_entropy,
            gradient=packed[1 : 1 + network.size] + self._ridge * values,
            curvature=packed[1 + network.size :].reshape(network.size, network.size) + np.diag(self._ridge),
        )
