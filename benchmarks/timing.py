"""Honest timing of several sides in turn, and the memory of this process. Needs nothing but Python."""

from __future__ import annotations

import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def alternate(
    sides: dict[str, Callable[[], object]], runs: int = 5, before: Callable[[], object] | None = None, *, processor: bool = False
) -> dict[str, float]:
    """Run the sides in turn, once to warm up and then `runs` times, and return each side's median in seconds, of wall or processor time.

    Printed beside it are the spread, and the median of the processor time, which a busy machine changes little; programs that a side
    starts count.

    `before` is called ahead of each run and not timed.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, run in sides.items():
            if before is not None:
                before()
            start, used = time.perf_counter(), _used()
            run()
            if turn:
                times[name].append((time.perf_counter() - start, _used() - used))
    medians = {}
    for name, measured in times.items():
        walls, processors = zip(*measured)
        median = statistics.median(walls)
        medians[name] = statistics.median(processors) if processor else median
        spread = f"({min(walls):.3f} to {max(walls):.3f}, {runs} runs)"
        print(f"  {name:<32} {median:8.3f} s   {spread}, processors {statistics.median(processors):8.3f} s")
    return medians


def _used() -> float:
    """Seconds of processor time of this program, with all its threads, and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@dataclass(frozen=True)
class Runs:
    """What several runs of one side took.

    Attributes:
        walls, processors: seconds of each run.
        peak: largest resident size of any, in MB.
    """

    walls: tuple[float, ...]
    processors: tuple[float, ...]
    peak: float

    @property
    def wall(self) -> float:
        """Median of the wall times."""
        return statistics.median(self.walls)

    @property
    def processor(self) -> float:
        """Median of the processor times."""
        return statistics.median(self.processors)

    def lowest(self, other: Runs) -> float:
        """Smallest ratio of wall times to the other side's run before or after it."""
        return min(own / others for own, others in zip(self.walls, other.walls))

    def highest(self, other: Runs) -> float:
        """Largest of those ratios."""
        return max(own / others for own, others in zip(self.walls, other.walls))


def in_turn(sides: dict[str, Callable[[], object] | list[str]], runs: int, before: Callable[[], object]) -> list[Runs]:
    """Run the sides in turn, each in a process of its own, once to warm up and then `runs` times.

    Args:
        sides: functions, or commands, by name.
        runs: that count.
        before: called ahead of each run and not timed.
    """
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, side in sides.items():
            before()
            measured = apart(side)
            if turn:
                found[name].append(measured)
    result = [Runs(*map(tuple, list(zip(*rows))[:2]), peak=max(row[2] for row in rows)) for rows in found.values()]  # type: ignore[arg-type]
    for name, own in zip(found, result):
        print(
            f"  {name:<28} {own.wall:7.3f} s ({min(own.walls):.3f} to {max(own.walls):.3f}, {runs} runs), "
            f"processors {own.processor:7.3f} s, {own.peak:5.0f} MB"
        )
    return result


def apart(side: Callable[[], object] | list[str]) -> tuple[float, float, float]:
    """Run a function or a command in a process of its own; return wall time, processor time and peak memory in MB.

    This process must not have used GDAL's threads before: a forked one would wait for them for ever.
    """
    sys.stdout.flush()
    start = time.perf_counter()
    child = os.fork()
    if not child:
        code = 1
        try:
            if isinstance(side, list):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.execvp(side[0], side)
            side()
            code = 0
        except Exception:  # noqa: BLE001
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if status:
        msg = f"a side failed: {side}"
        raise SystemExit(msg)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def verdict(title: str, ratio: float, bound: float) -> bool:
    """Print a ratio against the bound that is claimed for it, and return whether it holds."""
    print(f"{title}: ratio {ratio:.2f} (claimed: at most {bound:.2f}) {'ok' if ratio <= bound else 'NOT MET'}")
    return ratio <= bound


def peak_memory() -> float:
    """Largest resident size of this program so far, in MB; unlike getrusage's it starts anew with each program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
