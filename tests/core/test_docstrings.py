"""The examples in core's docstrings run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from ipeo_water_plugin import core

FOLDER = Path(core.__file__).parent
WITH_EXAMPLES = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_examples_in_docstrings_run(path: Path) -> None:
    module = importlib.import_module(".".join((core.__name__, *path.with_suffix("").parts)))
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed
