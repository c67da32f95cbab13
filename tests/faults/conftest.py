"""What the fault tests of all algorithms stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def job(provider: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Parameters with which each algorithm would succeed, but for its destinations."""
    from jobs import parameters_in

    made = parameters_in(tmp_path_factory.mktemp("good"))
    return lambda name: dict(made[name])
