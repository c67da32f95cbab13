"""A compiled translation is loaded by QGIS' language, and goes with the plugin."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QTranslator
from runs import Feedback, Scene, refused, run

from ipeo_water_plugin import plugin as module
from ipeo_water_plugin.algorithms.checksetup import probe
from ipeo_water_plugin.algorithms.mapwater import MapWater
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.translation import tr
from ipeo_water_plugin.plugin import WaterPlugin

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import strings

GERMAN = {
    "Map water from polygons": "Wasser aus Flächen kartieren",
    "The folder {folder} doesn't exist: create it, or choose another destination.": "Den Ordner {folder} gibt es nicht.",
    "{destination} doesn't end in {suffix}, the only format of this output: choose another name.": "{destination} : kein {endung}.",
    "Bands of “{image}”: {roles}.": "Bänder von „{image}“: {roles}.",
    "{name} = band {number}": "{name} = Band {number}",
    "{valid} of {total} pixels have a probability; {invalid} are NoData.": "{valid} von {total} Pixeln, {invalid} ohne.",
    "Water probability of {name}": "Wahrscheinlichkeit von Wasser in {name}",
    "no": "nein",
    "{n} bands: {bands}": ["{n} Band: {bands}", "{n} Bänder: {bands}"],
    "PyTorch is installed but can't be imported ({error}). Install it again.": "PyTorch ist da, lädt aber nicht ({error}).",
}


@pytest.fixture(scope="module")
def german_resources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile some German."""
    if shutil.which("lrelease") is None:
        pytest.skip("lrelease, which compiles translations, isn't installed")
    path = tmp_path_factory.mktemp("resources") / "i18n" / "ipeo_water_de.ts"
    path.parent.mkdir()
    path.write_text(strings.catalogue(strings.texts(), "de", GERMAN), encoding="utf-8")
    strings.compile_translation(path)
    return path.parent.parent


@pytest.fixture
def translated(german_resources: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the plugin resources that hold some German."""
    monkeypatch.setattr(module, "resources", lambda: german_resources)
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


@pytest.fixture
def german(translated: None) -> Iterator[None]:
    """QGIS in German, with the plugin's translation."""
    QgsSettings().setValue("locale/overrideFlag", True)
    QgsSettings().setValue("locale/userLocale", "de")
    plugin = WaterPlugin(None)
    plugin.install_translation()
    yield
    plugin.unload()


def test_an_unloaded_plugin_translates_no_more(translated: None) -> None:
    QgsSettings().setValue("locale/overrideFlag", True)
    QgsSettings().setValue("locale/userLocale", "de")
    plugin = WaterPlugin(None)
    plugin.install_translation()
    # Qt forgets a translator that is collected, too.
    translator = plugin._translator
    assert QCoreApplication.translate(module.CONTEXT, "no") == "nein"
    plugin.unload()
    plugin.unload()
    assert not translator.isEmpty()
    assert QCoreApplication.translate(module.CONTEXT, "no") == "no"
    stranger = QTranslator()
    assert stranger.load(str(module.resources() / "i18n" / "ipeo_water_de.qm"))
    QCoreApplication.installTranslator(stranger)
    try:
        assert MapWater().displayName() == "Map water from polygons"
    finally:
        QCoreApplication.removeTranslator(stranger)


def test_errors_come_in_qgis_language(german: None, scene: Scene, model_file: str, tmp_path: Path) -> None:
    values = {"INPUT": scene.image, "MODEL": model_file}
    refused(
        "predictwaterprobability", {**values, "OUTPUT": str(tmp_path / "none" / "p.tif")}, f"Den Ordner {tmp_path / 'none'} gibt es nicht."
    )
    # The translation has a place for no value that the text has, so it stays in English.
    refused("predictwaterprobability", {**values, "OUTPUT": str(tmp_path / "p.png")}, "doesn't end in .tif, the only format")


def test_the_log_comes_in_qgis_language(german: None, scene: Scene, model_file: str, tmp_path: Path) -> None:
    feedback = Feedback()
    run("predictwaterprobability", {"INPUT": scene.image, "MODEL": model_file, "OUTPUT": str(tmp_path / "p.tif")}, feedback)
    said = "\n".join(feedback.infos)
    assert f"Bänder von „{Path(scene.image).stem}“: green = Band" in said
    assert f"{512 * 384} von {512 * 384} Pixeln, 0 ohne." in said


def test_a_plural_comes_in_the_form_that_its_number_takes(german: None, translated: None) -> None:
    shown = [tr("{n} band: {bands}", "{n} bands: {bands}", n=n).format(n=n, bands="…") for n in (1, 2)]
    assert shown == ["1 Band: …", "2 Bänder: …"]
    assert strings.translations(module.resources() / "i18n" / "ipeo_water_de.ts")["{n} bands: {bands}"] == GERMAN["{n} bands: {bands}"]


def test_a_report_comes_in_qgis_language(german: None, scene: Scene, tmp_path: Path) -> None:
    files = {"OUTPUT": str(tmp_path / "p.tif"), "OUTPUT_REPORT": str(tmp_path / "Bericht.html")}
    run("mapwater", {**scene.parameters, "EPOCHS": 5, "FOLDS": 0, "VALIDATION_FRACTION": 0, **files})
    page = (tmp_path / "Bericht.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in page
    assert f"<h1>Wahrscheinlichkeit von Wasser in {Path(scene.image).stem}</h1>" in page
    assert "<td>nein</td>" in page
    # What the translation lacks stays in English.
    assert "<h2>What was done</h2>" in page


def test_a_report_without_a_translation_says_that_it_is_english(scene: Scene, tmp_path: Path) -> None:
    files = {"OUTPUT": str(tmp_path / "p.tif"), "OUTPUT_REPORT": str(tmp_path / "report.html")}
    run("mapwater", {**scene.parameters, "EPOCHS": 5, "FOLDS": 0, "VALIDATION_FRACTION": 0, **files})
    assert '<html lang="en">' in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_what_a_process_without_a_language_found_comes_in_qgis_language(
    german: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise AttributeError('bool8')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert probe(SilentProgress()).problem == "PyTorch ist da, lädt aber nicht (AttributeError: bool8)."
