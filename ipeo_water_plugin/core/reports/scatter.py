"""Samples and decision plane in the space of green, red and near infrared: an interactive 3D plot, and a static drawing of it."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from ..bands import ROLES
from ..model import WaterModel
from ..samples import Samples
from ..translation import tr
from .figures import number, round_ticks, svg
from .page import ScatterPlot

_POINTS = 1500
# Half the length of an axis, in the units of the page's script.
_HALF = 1000
# Fraction of each class omitted at either end of an axis, so that outliers don't compress the rest.
_CUT = 0.002
# View angle above the horizontal, in radians.
_TILT = 0.36
# Sine of the angle between view and plane: seen edge-on, a plane would be a line.
_OPENING = 0.3
_SIZE = (820, 430)


def feature_space_plot(samples: Samples, model: WaterModel) -> ScatterPlot | None:
    """Plot up to 1500 samples of each class and the plane p = 0.5, if green, red and near infrared are all inputs.

    Args:
        samples: training samples.
        model: trained on them.
    """
    if not set(ROLES) <= set(samples.names):
        return None
    columns = [samples.names.index(role) for role in ROLES]
    space = samples.X[:, columns]
    sides = [space[samples.y], space[~samples.y]]
    low = np.min([np.quantile(s, _CUT, axis=0) for s in sides], axis=0)
    high = np.max([np.quantile(s, 1 - _CUT, axis=0) for s in sides], axis=0)
    margin = np.where(high > low, 0.04 * (high - low), 1.0)
    low, high = low - margin, high + margin
    half = (high - low) / 2
    draw = np.random.default_rng(0)
    points = []
    for side in sides:
        some = side[np.sort(draw.permutation(len(side))[:_POINTS])]
        placed = (some - (low + high) / 2) / half
        points.append(np.round(_HALF * placed[(np.abs(placed) <= 1).all(axis=1)]).astype(int))
    plane = _plane(model, columns, low, half) if model.is_logistic else None
    axes: list[dict[str, Any]] = []
    for role, a, b in zip(ROLES, low.tolist(), high.tolist()):
        values = round_ticks(a, b, 4)
        step = values[1] - values[0] if len(values) > 1 else 1.0
        ticks = [[round(_HALF * (2 * (v - a) / (b - a) - 1)), number(v, step)] for v in values]
        axes.append({"name": role, "ticks": ticks})
    turn, (water, other) = _turn(plane), (side.reshape(-1).tolist() for side in points)
    data = {"axes": axes, "water": water, "other": other, "plane": plane, "start": {"turn": turn, "tilt": _TILT}}
    return ScatterPlot(
        tr("Samples and decision plane"),
        _still(points, plane, axes, turn),
        data,
        tr("3D plot of the samples by green, red and near infrared. Use the arrow keys to rotate, plus and minus to zoom, Home to reset."),
        _caption(model, plane is not None and bool(plane["corners"])),
    )


def _caption(model: WaterModel, crossed: bool) -> str:
    others = ", ".join(name for name in model.names if name not in ROLES)
    if not model.is_logistic:
        plane = tr("The decision boundary of a perceptron isn't a plane and isn't drawn.")
    elif not crossed:
        plane = tr("The plane p = 0.5 lies outside the samples shown.")
    elif others:
        plane = tr("The plane shows p = 0.5, with {inputs} at their means.").format(inputs=others)
    else:
        plane = tr("The plane shows p = 0.5.")
    colours = tr("Blue: water. Ochre: not water. The axes are raw pixel values.")
    return f"{colours} {plane} " + tr("Drag or use the arrow keys to rotate, + and − to zoom; double-click to reset.")


def _plane(model: WaterModel, columns: list[int], low: np.ndarray, half: np.ndarray) -> dict:
    """Return the plane in the axes' units, normal · u + offset = 0, and its intersection with the cube; other inputs are at their means."""
    weights = model.layers[0].weights[0]
    constant = model.intercept + sum(weights[k] * entry.mean for k, entry in enumerate(model.inputs) if k not in columns)
    normal = weights[columns] * half / _HALF
    offset = float(constant + weights[columns] @ (low + half))
    length = float(np.linalg.norm(normal)) or 1.0
    normal, offset = normal / length, offset / length
    return {"normal": normal.tolist(), "offset": offset, "corners": np.round(_corners(normal, offset)).astype(int).tolist()}


def _corners(normal: np.ndarray, offset: float) -> np.ndarray:
    """Return the corners of a plane's intersection with the cube, in order, shape (corners, 3); empty if there is none."""
    found = []
    for axis in range(3):
        if abs(normal[axis]) < 1e-12:
            continue
        others = [k for k in range(3) if k != axis]
        for signs in product((-_HALF, _HALF), repeat=2):
            point = np.empty(3)
            point[others] = signs
            point[axis] = -(offset + normal[others] @ point[others]) / normal[axis]
            if abs(point[axis]) <= _HALF:
                found.append(point)
    if len(found) < 3:
        return np.empty((0, 3))
    points = np.array(found)
    centre = points.mean(axis=0)
    first = points[0] - centre
    second = np.cross(normal, first)
    angle = np.arctan2((points - centre) @ second, (points - centre) @ first * np.linalg.norm(normal))
    return points[np.argsort(angle)]


def _turn(plane: dict | None) -> float:
    """Choose the view direction that looks along the plane, among those that keep the labelled edges in front."""
    angles = np.linspace(-1.2, -0.3, 46)
    if plane is None:
        return -0.62
    a, b, c = plane["normal"]
    facing = (a * np.sin(angles) - b * np.cos(angles)) * math.cos(_TILT) + c * math.sin(_TILT)
    return round(float(angles[np.argmin(np.abs(np.abs(facing) - _OPENING))]), 3)


def _still(points: list[np.ndarray], plane: dict | None, axes: list[dict[str, Any]], angle: float) -> str:
    """Draw the initial view of the page's script as SVG."""
    turn, tilt = (math.cos(angle), math.sin(angle)), (math.cos(_TILT), math.sin(_TILT))
    scale = min(_SIZE[0], _SIZE[1] * 1.25) / 3900

    def place(points: np.ndarray) -> np.ndarray:
        x, y, z = points.reshape(-1, 3).T
        right, away = x * turn[0] + y * turn[1], y * turn[0] - x * turn[1]
        return np.stack([_SIZE[0] / 2 + scale * right, _SIZE[1] * 0.48 - scale * (z * tilt[0] + away * tilt[1])], axis=1)

    def path(points: np.ndarray, joint: str) -> str:
        return joint.join(f"{x:.1f} {y:.1f}" for x, y in place(points).tolist())

    parts = []
    middle = place(np.zeros(3))[0]
    for axis, entry in enumerate(axes):
        edges = []
        for signs in product((-_HALF, _HALF), repeat=2):
            edge = np.full((2, 3), -_HALF, np.float64)
            edge[1, axis] = _HALF
            edge[:, [k for k in range(3) if k != axis]] = signs
            edges.append(edge)
            parts.append(f'<path class="grid" d="M{path(edge, "L")}"/>')
        # As in the script, ticks are on the lowest or leftmost edge.
        front = max(edges, key=lambda edge: -place(edge)[:, 0].sum() if axis == 2 else place(edge)[:, 1].sum())
        outwards = place(front).mean(axis=0) - middle
        outwards /= float(np.linalg.norm(outwards)) or 1.0
        anchor = "start" if outwards[0] > 0.35 else "end" if outwards[0] < -0.35 else "middle"
        for value, label in [*entry["ticks"], (0, entry["name"])]:
            at = front[0].copy()
            at[axis] = value
            away, kind = (50.0, "") if label == entry["name"] else (11.0, ' class="tick"')
            x, y = place(at)[0] + away * outwards
            parts.append(f'<text{kind} x="{x:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{label}</text>')
    for kind, side in (("other", points[1]), ("water", points[0])):
        parts.append(f'<path class="points {kind}" d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y in place(side).tolist())}"/>')
    if plane and plane["corners"]:
        parts.append(f'<path class="plane" d="M{path(np.array(plane["corners"]), "L")}Z"/>')
    description = tr("Samples of both classes in the space of green, red and near infrared, and the plane that separates them.")
    return svg(_SIZE, "".join(parts), description)
