"""The catalogue holds every text that users read, as the code has it, and each translation every value."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
import strings


def test_the_catalogue_is_fresh() -> None:
    held = (strings.FOLDER / f"{strings.NAME}.ts").read_text(encoding="utf-8")
    assert held == strings.catalogue(strings.texts()), "run make strings"


def test_the_translations_hold_every_value() -> None:
    for path in strings.FOLDER.glob(f"{strings.NAME}_*.ts"):
        assert not strings.broken(strings.translations(path)), path.name
