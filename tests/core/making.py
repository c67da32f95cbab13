"""What the tests of core share beside fixtures: a Progress that remembers, places, and oracles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from osgeo import gdal, gdal_array, osr

from ipeo_water_plugin.core.errors import CancelledError
from ipeo_water_plugin.core.model import WaterModel

UTM33 = 32633
# Whether GDAL has a type for signed bytes, as from 3.7 on.
INT8 = hasattr(gdal, "GDT_Int8")


class Recorder:
    """A Progress that remembers, and cancels at the n-th question."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.fractions: list[float] = []
        self.infos: list[str] = []
        self.warnings: list[str] = []
        self.asked, self.cancel_at = 0, cancel_at

    def set(self, fraction: float) -> None:
        self.fractions.append(fraction)

    def info(self, message: str) -> None:
        self.infos.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def cancelled(self) -> bool:
        self.asked += 1
        return self.cancel_at is not None and self.asked >= self.cancel_at


def spatial_reference(code: int) -> osr.SpatialReference:
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(code)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def gdal_type(data_type: np.dtype) -> int:
    return gdal_array.NumericTypeCodeToGDALTypeCode(np.dtype(data_type).type)


def box(left: float, top: float, right: float, bottom: float, origin: tuple[float, float] = (500000, 5800000), size: float = 10) -> str:
    """A rectangle in pixel coordinates as WKT in the made rasters' CRS."""
    x0, x1 = origin[0] + left * size, origin[0] + right * size
    y0, y1 = origin[1] - top * size, origin[1] - bottom * size
    return f"POLYGON (({x0} {y0}, {x1} {y0}, {x1} {y1}, {x0} {y1}, {x0} {y0}))"


def oracle(model: WaterModel, bands: np.ndarray) -> np.ndarray:
    """Compute p from the coefficients alone, in float64, as any reader of the model file would compute it."""
    a = np.array([model.coefficients[name] for name in model.names])
    z = np.tensordot(a, bands.astype(np.float64), axes=1) + model.intercept
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def assert_cancelled(run: Callable[[], object]) -> None:
    with pytest.raises(CancelledError):
        run()
