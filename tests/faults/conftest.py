"""The plugin's provider, for those fault tests that run algorithms inside QGIS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def provider(qgis_processing: None) -> Iterator[None]:
    """Register the provider while a module's tests run."""
    from ipeo_water_plugin.plugin import WaterPlugin

    plugin = WaterPlugin(None)
    plugin.initProcessing()
    yield
    plugin.unload()
