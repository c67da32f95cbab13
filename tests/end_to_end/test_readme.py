"""What README.md says is run here, word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from osgeo import gdal

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WATER = ROOT / "build" / "water.tif"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def block(language: str, word: str) -> str:
    """Return the one code block that holds this word."""
    (found,) = (text for text in blocks(language) if word in text)
    return found


@pytest.fixture(autouse=True)
def build() -> None:
    WATER.parent.mkdir(exist_ok=True)
    for name in ("water.tif", "model.json"):
        (WATER.parent / name).unlink(missing_ok=True)


def run(*command: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "QGIS", "PYTEST"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def water_share() -> float:
    """Share of pixels of the map that are water; the scene's lakes take up about a twentieth of it."""
    return float((gdal.Open(str(WATER)).ReadAsArray() >= 0.5).mean())


def test_qgis_process_block() -> None:
    run("bash", "-euo", "pipefail", "-c", block("bash", "ipeowater:mapwater"))
    assert 0.03 < water_share() < 0.1
    assert (WATER.parent / "model.json").is_file()


def test_python_block_with_qgis(provider: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(block("python", "processing.run"), {})  # the README is what is tested
    assert 0.03 < water_share() < 0.1


def test_python_block_without_qgis() -> None:
    run(sys.executable, "-c", "import sys; sys.modules['qgis'] = None\n" + block("python", "sample_pixels"))
    assert 0.03 < water_share() < 0.1


def test_links_and_pictures_resolve() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


def test_make_targets_named_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake (?:-s )?([a-z-]+)\b", "".join(re.findall(r"`[^`\n]+`", README) + blocks("bash"))))
    assert {"demo", "install", "test", "env"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
