"""The plugin comes and goes: what it adds to QGIS it takes away again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtCore import QUrl

from ipeo_water_plugin.paths import version
from ipeo_water_plugin.plugin import WaterPlugin


def registered() -> QgsProcessingProvider | None:
    return QgsApplication.processingRegistry().providerById("ipeowater")


@pytest.fixture
def plugin(provider: WaterPlugin) -> Iterator[WaterPlugin]:
    """The one under all tests, which is there again afterwards."""
    yield provider
    provider.initProcessing()
    assert registered() is not None


def test_unloaded_it_is_gone_and_can_come_again(plugin: WaterPlugin) -> None:
    algorithms = {algorithm.id() for algorithm in registered().algorithms()}
    for _ in range(2):
        plugin.unload()
        assert registered() is None
        assert QgsApplication.processingRegistry().algorithmById("ipeowater:mapwater") is None
        # QGIS unloads a plugin that it fails to start, too.
        plugin.unload()
        plugin.initGui()
        assert {algorithm.id() for algorithm in registered().algorithms()} == algorithms


def test_the_help_of_every_algorithm_is_there(plugin: WaterPlugin) -> None:
    for algorithm in registered().algorithms():
        page = Path(QUrl(algorithm.helpUrl()).toLocalFile())
        assert page.is_file()
        assert page.stem == algorithm.name()


def test_the_provider_tells_its_version(plugin: WaterPlugin) -> None:
    assert registered().versionInfo() == version()
    assert registered().longName().startswith("IPEO Water: ")


def test_a_second_copy_leaves_the_first_alone(plugin: WaterPlugin) -> None:
    other = WaterPlugin(None)
    other.initProcessing()
    first = registered()
    other.unload()
    assert registered() is first is not None


def test_starting_twice_adds_one(plugin: WaterPlugin) -> None:
    first = registered()
    plugin.initProcessing()
    assert registered() is first
