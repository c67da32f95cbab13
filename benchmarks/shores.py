"""Smooth shores against pixels: how much nearer area and shore are to made discs and rotated rectangles of known size.

The images hold the true share of water in each pixel, sampled 16 × 16 times.

python benchmarks/shores.py [--shapes 40] [--sizes 2 5 10 20 50 100 200]
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr, osr
from timing import verdict

from ipeo_water_plugin.core.maps.extraction import extract
from ipeo_water_plugin.core.maps.labels import SHORES, ExtractionSettings

SAMPLES, PIXEL = 16, 10.0
AREA_GAIN, NEAR = 5.0, 0.2
# Radii, and half sides, that the claims are for, in pixels; each shape's is drawn between a size and a quarter more.
CLAIMED = (5.0, 200.0)
# Points of a shore within so many pixels of a corner count as the corner's.
CORNER = 3.0

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


def write(path: Path, fraction: np.ndarray) -> None:
    """Write shares of water as a probability raster."""
    side = len(fraction)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), side, side, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform([500_000, PIXEL, 0, 0, 0, -PIXEL])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    dataset.SetSpatialRef(reference)
    dataset.GetRasterBand(1).WriteArray(fraction.astype(np.float32))


def shape(draw: np.random.Generator, kind: str, size: float, side: int) -> tuple[Distance, float, np.ndarray]:
    """Return the signed distance of points from a random shape's shore, negative inside, its area and its corners, all in pixels."""
    x0, y0 = side / 2 + draw.uniform(-0.5, 0.5, 2)
    if kind == "discs":
        radius = size * draw.uniform(1, 1.25)
        return lambda x, y: np.hypot(x - x0, y - y0) - radius, math.pi * radius**2, np.zeros((0, 2))
    angle, half = draw.uniform(0, math.pi / 2), size * draw.uniform(1, 1.25, 2)
    cos, sin = math.cos(angle), math.sin(angle)

    def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u = np.abs((x - x0) * cos + (y - y0) * sin) - half[0]
        v = np.abs((y - y0) * cos - (x - x0) * sin) - half[1]
        return np.hypot(np.maximum(u, 0), np.maximum(v, 0)) + np.minimum(np.maximum(u, v), 0)

    ends = half * np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)])
    return distance, 4 * half[0] * half[1], np.array([x0, y0]) + ends @ np.array([(cos, sin), (-sin, cos)])


def fractions(distance: Distance, side: int) -> np.ndarray:
    """Return the share of each pixel that lies inside; only pixels on the shore are sampled."""
    centres = np.arange(side) + 0.5
    from_shore = distance(centres[None], centres[:, None])
    fraction = (from_shore < 0).astype(np.float64)
    rows, columns = np.nonzero(np.abs(from_shore) < 1)
    fine = (np.arange(SAMPLES) + 0.5) / SAMPLES
    x, y = np.broadcast_arrays(columns[:, None, None] + fine[None, None], rows[:, None, None] + fine[None, :, None])
    fraction[rows, columns] = (distance(x, y) < 0).mean(axis=(1, 2))
    return fraction


def main() -> int:
    """Print errors of area and shore, and return 1 where the claims aren't met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=int, default=40)
    parser.add_argument("--sizes", type=float, nargs="+", default=[2, 5, 10, 20, 50, 100, 200])
    arguments = parser.parse_args()
    draw, met = np.random.default_rng(0), True
    print("kind, size | area off: pixels, smooth, ratio | smooth, in square pixels, mean | shore off (median): pixels, smooth, at corners")
    for kind in ("discs", "rectangles"):
        ratios, nearest = [], []
        for size in arguments.sizes:
            side = int(2 * 1.25 * size * (1 if kind == "discs" else math.sqrt(2))) + 8
            error: dict[str, list[float]] = {name: [] for name in SHORES}
            away: dict[str, list[np.ndarray]] = {name: [] for name in (*SHORES, "corners")}
            missing = []
            for _ in range(arguments.shapes):
                distance, area, corners = shape(draw, kind, size, side)
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder, "p.tif")
                    write(path, fractions(distance, side))
                    for name in SHORES:
                        with extract(str(path), ExtractionSettings(shore=name)) as found:
                            body = max(found.bodies(), key=lambda body: body.area)
                        outline = ogr.CreateGeometryFromWkb(body.wkb)
                        off = outline.Area() / PIXEL**2 - area
                        error[name].append(abs(off) / area)
                        outline.Segmentize(PIXEL / 10)
                        points = np.array(outline.GetGeometryRef(0).GetGeometryRef(0).GetPoints(2))
                        x, y = (points[:, 0] - 500_000) / PIXEL, -points[:, 1] / PIXEL
                        apart = np.abs(distance(x, y))
                        away[name].append(apart)
                        if name == "smooth":
                            missing.append(off)
                            near = np.zeros(len(x), bool)
                            for corner in corners:
                                near |= np.hypot(x - corner[0], y - corner[1]) < CORNER
                            away["corners"].append(apart[near])
            means = {name: 100 * float(np.mean(values)) for name, values in error.items()}
            medians = [np.median(np.concatenate(away[name])) if np.concatenate(away[name]).size else math.nan for name in away]
            ratio = means["smooth"] / means["pixels"]
            print(
                f"{kind}, {size:g} | {means['pixels']:.4f} %, {means['smooth']:.4f} %, {1 / ratio:.1f} | {np.mean(missing):+.2f} "
                f"± {np.std(missing):.2f} | {medians[0]:.3f}, {medians[1]:.3f}, {medians[2]:.3f}"
            )
            if CLAIMED[0] <= size <= CLAIMED[1]:
                ratios.append(ratio)
                nearest.append(float(medians[1]))
        # Corners are rounded, so the claim is for discs.
        bound = 1 / AREA_GAIN if kind == "discs" else 1.0
        met &= verdict(f"{kind}: largest area error, smooth / pixels", max(ratios), bound)
        met &= verdict(f"{kind}: largest shore distance in pixels", max(nearest), NEAR)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
