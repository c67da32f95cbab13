"""A compiled translation is loaded by QGIS' language, and goes with the plugin."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsSettings

from ipeo_water_plugin import plugin as module
from ipeo_water_plugin.algorithms.mapwater import MapWater
from ipeo_water_plugin.plugin import WaterPlugin

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import strings


@pytest.fixture
def translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the plugin resources that hold a German name for one algorithm."""
    if shutil.which("lrelease") is None:
        pytest.skip("lrelease, which compiles translations, isn't installed")
    folder = tmp_path / "i18n"
    folder.mkdir()
    path = folder / "ipeo_water_de.ts"
    path.write_text(strings.catalogue(strings.texts(), "de", {"Map water from polygons": "Wasser aus Flächen kartieren"}), encoding="utf-8")
    strings.compile_translation(path)
    monkeypatch.setattr(module, "resources", lambda: tmp_path)
    settings = QgsSettings()
    before = {key: settings.value(key) for key in ("locale/overrideFlag", "locale/userLocale")}
    yield
    for key, value in before.items():
        settings.remove(key) if value is None else settings.setValue(key, value)


@pytest.mark.parametrize(("language", "shown"), [("de", True), ("de_AT", True), ("fr", False), ("en_US", False)])
def test_loaded_by_qgis_language(language: str, shown: bool, translated: None) -> None:
    QgsSettings().setValue("locale/overrideFlag", True)
    QgsSettings().setValue("locale/userLocale", language)
    assert QgsApplication.locale().startswith(language[:2])
    plugin = WaterPlugin(None)
    plugin.install_translation()
    try:
        assert (MapWater().displayName() == "Wasser aus Flächen kartieren") is shown
        assert MapWater().name() == "mapwater"
    finally:
        plugin.unload()
    assert MapWater().displayName() == "Map water from polygons"
