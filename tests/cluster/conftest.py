"""A cluster of four workers, shared by the tests that leave it whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from continent import make_scenes
from machines import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and four workers, started by hand."""
    made = Cluster(tmp_path_factory.mktemp("cluster"), 4)
    try:
        made.wait_for_workers(4)
        yield made
    finally:
        made.end()


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 scenes."""
    return make_scenes(tmp_path_factory.mktemp("continent") / "scenes", 24)
