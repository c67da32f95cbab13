"""The catalogue holds every text that users read, as the code has it, and each translation every value."""

from __future__ import annotations

import re
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


def test_the_guide_quotes_messages_as_they_are() -> None:
    """“…” in the guide's tables of messages stands for a value, or for the rest of the message."""
    guide = (Path(strings.ROOT) / "docs" / "guide.md").read_text(encoding="utf-8")
    texts = [re.sub(r"\{\w[^}]*\}", "…", text) for text in strings.texts()]
    quoted = [row for row in re.findall(r"^\| `([^`]+)` \|", guide, re.MULTILINE) if len(row.split()) > 3 and "qgis_process" not in row]
    assert len(quoted) > 30
    patterns = {row: ".*".join(map(re.escape, row.split("…"))) for row in quoted}
    assert [row for row, pattern in patterns.items() if not any(re.search(pattern, text, re.DOTALL) for text in texts)] == []
