"""make strings: the catalogue holds every text that users read, as the code has it."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import strings  # noqa: E402


def test_the_catalogue_is_fresh() -> None:
    held = (strings.FOLDER / f"{strings.NAME}.ts").read_text(encoding="utf-8")
    assert held == strings.catalogue(strings.texts()), "run make strings"


def test_it_holds_names_help_and_choices() -> None:
    found = strings.texts()
    assert {"Map water from polygons", "Training areas", "Check setup"} <= set(found)
    assert found["Map water from polygons"] == ["ipeo_water_plugin/algorithms/mapwater.py"]
    assert any(text.startswith("Maps the probability of water in every pixel") for text in found)


def test_it_holds_errors_and_lines_of_the_log() -> None:
    found = strings.texts()
    assert found["{destination} is a folder: choose a file name."] == ["ipeo_water_plugin/core/system/files.py"]
    assert "Bands of “{image}”: {roles}." in found


def test_a_changed_text_makes_it_stale(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "a.py").write_text('x = tr("Lake & <river>")\ny = tr("Sea" " of ice")\n')
    before = strings.catalogue(strings.texts(plugin))
    sources = [source.text for source in ET.fromstring(before.split("\n", 2)[2]).iter("source")]
    assert sources == ["Lake & <river>", "Sea of ice"]
    (plugin / "a.py").write_text('x = tr("Lake & <rivers>")\ny = tr("Sea" " of ice")\n')
    assert strings.catalogue(strings.texts(plugin)) != before
    (plugin / "a.py").write_text('\n\nx = tr("Lake & <river>")\n\ny = tr("Sea of ice")\n')
    assert strings.catalogue(strings.texts(plugin)) == before


@pytest.mark.parametrize("call", ["tr(text)", 'tr(f"{n} lakes")', 'tr("lakes" + more)', "tr()"])
def test_what_no_catalogue_can_hold_is_told(call: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"text = 1\nx = {call}\n")
    with pytest.raises(ValueError, match=r"a\.py:2: tr\(\) is given no plain text"):
        strings.texts(tmp_path)


def test_a_translation_keeps_what_still_stands(tmp_path: Path) -> None:
    before = {"Lake": ["a.py"], "River": ["a.py"], "Sea": ["a.py"]}
    path = tmp_path / "ipeo_water_de.ts"
    path.write_text(strings.catalogue(before, "de", {"Lake": "See", "River": "Fluss"}), encoding="utf-8")
    done = strings.translations(path)
    assert done == {"Lake": "See", "River": "Fluss"}
    after = {"Lake": ["b.py"], "Rivers": ["a.py"], "Sea": ["a.py"]}
    path.write_text(strings.catalogue(after, "de", done), encoding="utf-8")
    assert strings.translations(path) == {"Lake": "See"}
    assert 'language="de"' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", ["Seen", "{Anzahl} Seen", "{count} Seen {", "{count:d} Seen", "{count} {count!r} Seen"])
def test_a_translation_that_loses_a_value_is_told(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {"{count} lakes": ["a.py"], "Lake": ["a.py"]}
    monkeypatch.setattr(strings, "FOLDER", tmp_path)
    monkeypatch.setattr(strings, "texts", lambda: texts)
    monkeypatch.setattr(strings, "compile_translation", lambda path: None)
    path = tmp_path / "ipeo_water_de.ts"
    path.write_text(strings.catalogue(texts, "de", {"{count} lakes": "Die {count} Seen", "Lake": "See"}), encoding="utf-8")
    strings.main()
    path.write_text(strings.catalogue(texts, "de", {"{count} lakes": wrong, "Lake": "See"}), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"ipeo_water_de\.ts: the braces of “.*” aren't those of “\{count\} lakes”"):
        strings.main()


def test_the_translations_hold_every_value() -> None:
    for path in strings.FOLDER.glob(f"{strings.NAME}_*.ts"):
        assert not strings.broken(strings.translations(path)), path.name
