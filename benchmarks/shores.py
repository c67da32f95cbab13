"""Smooth shores against pixels: how much nearer area and shore are to made discs and rotated rectangles of known size.

The images hold the true share of water in each pixel, sampled 16 × 16 times.

python benchmarks/shores.py [--shapes 40]
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

from ipeo_water_plugin.core.maps.extraction import SHORES, ExtractionSettings, extract

SIDE, SAMPLES, PIXEL = 100, 16, 10.0
AREA_GAIN, NEAR = 5.0, 0.2


def write(path: Path, fraction: np.ndarray) -> None:
    """Write shares of water as a probability raster."""
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), SIDE, SIDE, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform([500_000, PIXEL, 0, 0, 0, -PIXEL])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    dataset.SetSpatialRef(reference)
    dataset.GetRasterBand(1).WriteArray(fraction.astype(np.float32))


def shape(draw: np.random.Generator, kind: str) -> tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], float]:
    """Return the signed distance of points from a random shape's shore, negative inside, and its area, all in pixels."""
    x0, y0 = draw.uniform(45, 55, 2)
    if kind == "discs":
        radius = draw.uniform(5, 40)
        return lambda x, y: np.hypot(x - x0, y - y0) - radius, math.pi * radius**2
    angle, half = draw.uniform(0, math.pi / 2), draw.uniform(5, 28, 2)

    def distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u = np.abs((x - x0) * math.cos(angle) + (y - y0) * math.sin(angle)) - half[0]
        v = np.abs((y - y0) * math.cos(angle) - (x - x0) * math.sin(angle)) - half[1]
        return np.hypot(np.maximum(u, 0), np.maximum(v, 0)) + np.minimum(np.maximum(u, v), 0)

    return distance, 4 * half[0] * half[1]


def main() -> int:
    """Print errors of area and shore, and return 1 where the claims aren't met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=int, default=40)
    shapes = parser.parse_args().shapes
    draw, met = np.random.default_rng(0), True
    fine = (np.arange(SIDE * SAMPLES) + 0.5) / SAMPLES
    for kind in ("discs", "rectangles"):
        error: dict[str, list[float]] = {name: [] for name in SHORES}
        away: dict[str, list[np.ndarray]] = {name: [] for name in SHORES}
        for _ in range(shapes):
            distance, area = shape(draw, kind)
            fraction = (distance(fine[None], fine[:, None]) < 0).reshape(SIDE, SAMPLES, SIDE, SAMPLES).mean(axis=(1, 3))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "p.tif")
                write(path, fraction)
                for name in SHORES:
                    with extract(str(path), ExtractionSettings(shore=name)) as found:
                        (body,) = found.bodies()
                    outline = ogr.CreateGeometryFromWkb(body.wkb)
                    error[name].append(abs(outline.Area() / PIXEL**2 - area) / area)
                    outline.Segmentize(PIXEL / 10)
                    x, y = np.array(outline.GetGeometryRef(0).GetGeometryRef(0).GetPoints(2)).T
                    away[name].append(np.abs(distance((x - 500_000) / PIXEL, -y / PIXEL)))
        errors = {name: float(np.mean(values)) for name, values in error.items()}
        for name in SHORES:
            median = np.median(np.concatenate(away[name]))
            print(f"{kind}, {name}: area off by {100 * errors[name]:.3f} % (mean of {shapes}), shore by {median:.3f} pixels (median)")
        # Corners are rounded, so the claim is for discs.
        bound = 1 / AREA_GAIN if kind == "discs" else 1.0
        met &= verdict(f"{kind}: area error, smooth / pixels", errors["smooth"] / errors["pixels"], bound)
        met &= verdict(f"{kind}: shore distance in pixels", float(np.median(np.concatenate(away["smooth"]))), NEAR)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
