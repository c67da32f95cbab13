"""What every test run says of itself. No QGIS is imported here: tests/core has to run without it."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

import numpy as np


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def pytest_report_header() -> str:
    """Name the versions that a failure may depend on."""
    qgis, qt = sys.modules.get("qgis.core"), sys.modules.get("qgis.PyQt.QtCore")
    versions = {
        "QGIS": qgis.Qgis.QGIS_VERSION if qgis else "not loaded",
        "Qt": qt.QT_VERSION_STR if qt else "not loaded",
        "GDAL": _version("GDAL"),
        "NumPy": np.__version__,
        "torch": _version("torch"),
        "Python": platform.python_version(),
    }
    return ", ".join(f"{name} {version}" for name, version in versions.items())
