"""How long tests wait for what others do, and how long those with random steps go on."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

# `make soak` runs at full length what is cut short otherwise.
SOAK = bool(os.environ.get("IPEO_WATER_SOAK"))
# Nothing that is waited for takes so many seconds, on any machine: what does hangs.
HANGS = 300.0


def spread(*values: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return each of some values with each of others for a soak; otherwise as many of these combinations as hold each value once."""
    lists = [list(each) for each in values]
    if SOAK:
        return list(itertools.product(*lists))
    return [tuple(each[number % len(each)] for each in lists) for number in range(max(map(len, lists)))]


def examples(count: int) -> int:
    """Return how many examples Hypothesis tries where a soak tries so many."""
    return count if SOAK else max(count // 3, 8)


def _nap() -> None:
    time.sleep(0.01)


def wait_for(
    condition: Callable[[], Any], what: str | Callable[[], str] = "what was waited for", meanwhile: Callable[[], Any] = _nap
) -> Any:
    """Wait until a condition holds, and return what it is.

    Raises:
        AssertionError: it never does.
    """
    limit = time.monotonic() + HANGS
    while not (found := condition()):
        assert time.monotonic() < limit, f"This did not happen: {what if isinstance(what, str) else what()}"
        meanwhile()
    return found
