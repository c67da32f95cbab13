"""Maps, and the areas and points that they are held against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from osgeo import ogr

from ipeo_water_plugin.core.accuracy.reference_points import ReferenceSample
from ipeo_water_plugin.core.accuracy.sampling_design import SampledPoint
from ipeo_water_plugin.core.sampling.polygons import LabelledShape

Maker = Callable[..., str]


def shape(wkt: str, water: bool, number: int = 1) -> LabelledShape:
    return LabelledShape(bytes(ogr.CreateGeometryFromWkt(wkt).ExportToWkb()), water, number)


def point(column: float, row: float, water: bool) -> LabelledShape:
    return shape(f"POINT ({500000 + 10 * column} {5800000 - 10 * row})", water)


def probabilities(seed: int = 0, rows: int = 90, columns: int = 110) -> np.ndarray:
    """Mostly dry, some NoData; in steps of 2⁻¹⁷, as results are stored."""
    random = np.random.default_rng(seed)
    p = (np.round(random.beta(0.4, 1.6, (rows, columns)) * 2**17) / 2**17).astype(np.float32)
    p[random.random(p.shape) < 0.1] = -9999
    return p


def places(position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of positions, which must be pixel centres."""
    columns, rows = (position[:, 0] - 500000) / 10 - 0.5, (5800000 - position[:, 1]) / 10 - 0.5
    np.testing.assert_allclose([columns, rows], np.round([columns, rows]), atol=1e-6)
    return np.round(rows).astype(int), np.round(columns).astype(int)


def drawn(sample: ReferenceSample, shapes: list[LabelledShape]) -> list[SampledPoint]:
    strata = [sample.strata[index] for index in sample.stratum]
    return [SampledPoint(stratum.name, stratum.weight, stratum.area, shape.wkb) for stratum, shape in zip(strata, shapes)]


def scene(seed: int = 0, side: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """A map, and a truth that it misses on both sides."""
    random = np.random.default_rng(seed)
    mapped = random.random((side, side)) < 0.15
    truth = np.where(mapped, random.random(mapped.shape) < 0.85, random.random(mapped.shape) < 0.05)
    return np.where(mapped, 0.8, 0.1).astype(np.float32), truth
