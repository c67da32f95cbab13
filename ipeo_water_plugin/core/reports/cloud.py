"""Samples and the plane that parts them, in the space of green, red and near infrared: as data to turn, and as a still drawing."""

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
from .page import Cloud

_POINTS = 1500
# Half the length of an axis, in the units that the page's script draws in.
_HALF = 1000
# What lies beyond these quantiles of a class is left out, so that a few odd pixels don't squeeze the rest.
_CUT = 0.002
_TILT = 0.36
# How far the view turns out of the plane, as a sine: edge-on, a plane would be a mere line.
_OPENING = 0.3
_SIZE = (820, 430)


def cloud(samples: Samples, model: WaterModel) -> Cloud | None:
    """Draw up to 1500 samples of each class and the plane p = 0.5.

    Returns:
        The block, or None where green, red and near infrared aren't all among the inputs.
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
    clouds = []
    for side in sides:
        some = side[np.sort(draw.permutation(len(side))[:_POINTS])]
        placed = (some - (low + high) / 2) / half
        clouds.append(np.round(_HALF * placed[(np.abs(placed) <= 1).all(axis=1)]).astype(int))
    plane = _plane(model, columns, low, half) if model.is_logistic else None
    axes: list[dict[str, Any]] = []
    for role, a, b in zip(ROLES, low.tolist(), high.tolist()):
        values = round_ticks(a, b, 4)
        step = values[1] - values[0] if len(values) > 1 else 1.0
        ticks = [[round(_HALF * (2 * (v - a) / (b - a) - 1)), number(v, step)] for v in values]
        axes.append({"name": role, "ticks": ticks})
    data: dict[str, Any] = {"axes": axes, "water": clouds[0].reshape(-1).tolist(), "other": clouds[1].reshape(-1).tolist(), "plane": plane}
    turn = _turn(plane)
    data["start"] = {"turn": turn, "tilt": _TILT}
    return Cloud(
        tr("Samples and decision plane"),
        _still(clouds, plane, axes, turn),
        data,
        tr("Samples in the space of green, red and near infrared; turn them with the arrow keys, zoom with plus and minus, Home resets."),
        _caption(model, plane is not None and bool(plane["corners"])),
    )


def _caption(model: WaterModel, crossed: bool) -> str:
    others = ", ".join(name for name in model.names if name not in ROLES)
    if not model.is_logistic:
        plane = tr("A perceptron's border is no plane, so none is drawn.")
    elif not crossed:
        plane = tr("The plane p = 0.5 lies outside the samples shown.")
    elif others:
        plane = tr("The plane is where the model says p = 0.5, with {inputs} at their means.").format(inputs=others)
    else:
        plane = tr("The plane is where the model says p = 0.5.")
    colours = tr("Blue: water. Ochre: not water. The axes are raw pixel values.")
    return f"{colours} {plane} " + tr("Drag to turn, or use the arrow keys; + and − zoom; a double click resets.")


def _plane(model: WaterModel, columns: list[int], low: np.ndarray, half: np.ndarray) -> dict:
    """Return the plane in the axes' units: normal · u + offset = 0, with its corners in the cube.

    The other inputs are kept at their means.
    """
    weights = model.layers[0].weights[0]
    constant = model.intercept + sum(weights[k] * entry.mean for k, entry in enumerate(model.inputs) if k not in columns)
    normal = weights[columns] * half / _HALF
    offset = float(constant + weights[columns] @ (low + half))
    length = float(np.linalg.norm(normal)) or 1.0
    normal, offset = normal / length, offset / length
    return {"normal": normal.tolist(), "offset": offset, "corners": np.round(_corners(normal, offset)).astype(int).tolist()}


def _corners(normal: np.ndarray, offset: float) -> np.ndarray:
    """Return where a plane cuts the edges of the cube, in order around it, shape (corners, 3); empty where it misses."""
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
    """Choose the angle to look from, among those that leave the labelled edges in front: along the plane, so that its sides part."""
    angles = np.linspace(-1.2, -0.3, 46)
    if plane is None:
        return -0.62
    a, b, c = plane["normal"]
    facing = (a * np.sin(angles) - b * np.cos(angles)) * math.cos(_TILT) + c * math.sin(_TILT)
    return round(float(angles[np.argmin(np.abs(np.abs(facing) - _OPENING))]), 3)


def _still(clouds: list[np.ndarray], plane: dict | None, axes: list[dict[str, Any]], angle: float) -> str:
    """Draw the view that the page's script starts with."""
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
        # As the script has it: ticks stand along the edge that is lowest, or farthest left.
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
    for kind, points in (("other", clouds[1]), ("water", clouds[0])):
        parts.append(f'<path class="cloudlet {kind}" d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y in place(points).tolist())}"/>')
    if plane and plane["corners"]:
        parts.append(f'<path class="plane" d="M{path(np.array(plane["corners"]), "L")}Z"/>')
    return svg(
        _SIZE,
        "".join(parts),
        tr("Samples of water and of the rest in the space of green, red and near infrared, and the plane that parts them."),
    )
