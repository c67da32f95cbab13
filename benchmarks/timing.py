"""Honest timing of several sides in turn, and the memory of this process. Needs nothing but Python."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def alternate(sides: dict[str, Callable[[], object]], runs: int = 5, before: Callable[[], object] | None = None) -> dict[str, float]:
    """Run the sides in turn, once to warm up and then `runs` times, and return each side's median in seconds.

    `before` is called ahead of each run and not timed.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, run in sides.items():
            if before is not None:
                before()
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        print(f"  {name:<32} {medians[name]:8.3f} s   ({min(values):.3f} to {max(values):.3f}, {runs} runs)")
    return medians


def verdict(title: str, ratio: float, bound: float) -> bool:
    """Print a ratio against the bound that is claimed for it, and return whether it holds."""
    print(f"{title}: ratio {ratio:.2f} (claimed: at most {bound:.2f}) {'ok' if ratio <= bound else 'NOT MET'}")
    return ratio <= bound


def peak_memory() -> float:
    """Largest resident size of this program so far, in MB; unlike getrusage's it starts anew with each program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
