"""Many rasters on Dask: against the pipeline of one machine, with simulated workers, and one mosaic over several workers.

python benchmarks/cluster.py [--parts speed,busy,mosaic] [--runs 5]

speed   two worker processes over the same scenes as `predict` one after the other in this process
busy    64 simulated workers, threads whose unit is a pause, over 1000 tiles: the share of their time that they work
mosaic  30000 x 30000 pixels over four workers: the memory of each
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import WORK, make_scene
from predict import sample_model
from timing import ROOT, alternate, verdict

from ipeo_water_plugin.core.cluster import work
from ipeo_water_plugin.core.cluster.conductor import Conductor, Labour
from ipeo_water_plugin.core.cluster.crew import Crew
from ipeo_water_plugin.core.cluster.many import predict_many
from ipeo_water_plugin.core.cluster.pace import Pace
from ipeo_water_plugin.core.cluster.planning import Order, Plan, plan_scene
from ipeo_water_plugin.core.cluster.scenes import with_destinations
from ipeo_water_plugin.core.prediction.predict import predict
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.metadata import roles_of

SPEED, BUSY, MEMORY = 1.15, 0.9, 500.0
# A Sentinel-2 tile of 10980 x 10980 pixels makes nine units.
TILES, UNITS, WORKERS = 1000, 9, 64


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[int]]]:
    """Start a scheduler and workers of one thread by hand; give the address and the workers' processes."""
    folder = WORK / "cluster"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = (folder / "log.txt").open("wb")
    start = {"env": environment, "cwd": folder, "stdout": log, "stderr": log}
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    processes = [subprocess.Popen([sys.executable, "-m", "dask", "scheduler", *words], **start)]
    try:
        while not file.exists() or not file.read_text():
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        words = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
        processes += [subprocess.Popen([sys.executable, "-m", "dask", "worker", address, *words], **start) for _ in range(workers)]
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, [process.pid for process in processes[1:]]
    finally:
        # Workers first: without a scheduler they would look for it for a while.
        for process in reversed(processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()


def speed(runs: int) -> bool:
    """Two workers against `predict` here, which uses both processors too."""
    sources = []
    for number in range(6):
        link = WORK / f"cluster_scene_{number}.tif"
        if not link.exists():
            shutil.copyfile(make_scene("tiled_4000.tif", 4000), link)
        sources.append(str(link))
    sources.append(str(make_scene("tiled_6000.tif", 6000)))
    out, model = WORK / "cluster_out", sample_model()
    scenes = with_destinations(sources, str(out))

    def alone() -> None:
        for scene in scenes:
            predict(scene.source, roles_of(scene.source), model, scene.destination)

    def clear() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()

    with cluster(2) as (address, _):
        sides = {
            "predict, one after the other": alone,
            "two workers": lambda: predict_many(scenes, model, scheduler=address),
            "this process' threads by Dask": lambda: predict_many(scenes, model),
        }
        times = alternate(sides, runs, clear)
    pixels = 6 * 4000**2 + 6000**2
    first, second, third = times.values()
    print(f"  {2 * second / pixels * 1e9:.1f} ns of a worker a pixel: a unit of 4096 x 4096 takes {2 * second / pixels * 4096**2:.2f} s")
    met = verdict("two workers / the pipeline of one machine", second / first, SPEED)
    return verdict("threads by Dask / the pipeline of one machine", third / first, SPEED) and met


def pause(plan: Any, _number: int) -> None:
    """Stand in for a unit."""
    time.sleep(plan.metadata["unit"])


def short_pause(plan: Any) -> work.Result:
    """Stand in for putting together."""
    time.sleep(plan.metadata["assembly"])
    return work.Result(1, 0, 0.5, 0.0)


def simulate(tiles: int, workers: int, unit: float, assembly: float) -> tuple[float, float]:
    """Return the seconds that simulated workers take over tiles, and the share of their time that they were at work."""
    from distributed import Client, LocalCluster

    side = 10980
    plan = simulated_plan(side)
    plan = replace(plan, metadata={"unit": unit, "assembly": assembly})
    local = {"processes": False, "memory_limit": None, "dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=workers, threads_per_worker=1, silence_logs=50, **local) as made, Client(made) as client:
        crew = Crew(client, "simulated")
        conductor = Conductor(
            crew,
            Pace(SilentProgress(), tiles * side * side, tiles),
            SilentProgress(),
            lambda *_: None,
            Labour(compute=pause, assemble=short_pause),
        )
        start = time.perf_counter()
        conductor.conduct([plan] * tiles)
        wall = time.perf_counter() - start
        assert len(conductor.done) == tiles
    return wall, tiles * (UNITS * unit + assembly) / (workers * wall)


def simulated_plan(side: int) -> Plan:
    """The plan of a tile of that size, made of a small one."""
    source = str(make_scene("tiled_1000.tif", 1000))
    (scene,) = with_destinations([source], str(WORK / "cluster_out"))
    plan = plan_scene(Order("simulated", sample_model()), scene, frozenset())
    grid = replace(plan.grid, width=side, height=side)
    plan = replace(plan, grid=grid, unit=(4096, 4096), waiting=tuple(range(UNITS)))
    assert len(plan.units) == UNITS
    return plan


def busy(unit: float, assembly: float) -> bool:
    """Simulate, and say what follows for more tiles and cores."""
    wall, share = simulate(TILES, WORKERS, unit, assembly)
    tasks = TILES * (UNITS + 2)
    print(f"  {TILES} tiles, {WORKERS} simulated workers, {unit:g} s a unit: {wall:.1f} s, {share:.1%} at work, {tasks / wall:.0f} tasks/s")
    wall, _ = simulate(TILES // 2, WORKERS, 0.0, 0.0)
    rate = tasks / 2 / wall
    print(f"  without any work: {rate:.0f} tasks/s, scheduler, client and all workers in one process")
    a_tile = UNITS * unit + assembly
    for cores in (64, 512):
        seconds = 4000 * a_tile / cores
        needed = 4000 * (UNITS + 2) / seconds
        print(f"  4000 tiles on {cores} cores: {seconds / 60:.1f} min of work, {needed:.0f} tasks/s, {needed / rate:.0%} of that")
    print(f"  it breaks where {rate:.0f} tasks/s are needed: at {rate * a_tile / (UNITS + 2):.0f} cores")
    print(f"busy: {share:.1%} (claimed: more than {BUSY:.0%}) {'ok' if share > BUSY else 'NOT MET'}")
    return share > BUSY


def mosaic(workers: int) -> bool:
    """Spread one mosaic, and see what each worker's memory comes to."""
    source = str(make_scene("tiled_30000.tif", 30000, real=6000))
    out = WORK / "cluster_out"
    shutil.rmtree(out, ignore_errors=True)
    with cluster(workers) as (address, processes):
        start = time.perf_counter()
        summary = predict_many(with_destinations([source], str(out)), sample_model(), scheduler=address)
        wall = time.perf_counter() - start
        peaks = [int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024 for pid in processes]
    assert len(summary.done) == 1
    print(f"  30000 x 30000: {wall:.1f} s over {workers} workers; peaks {', '.join(f'{peak:.0f}' for peak in peaks)} MB, Python and all")
    print(f"mosaic: {max(peaks):.0f} MB (claimed: at most {MEMORY:.0f}) {'ok' if max(peaks) <= MEMORY else 'NOT MET'}")
    return max(peaks) <= MEMORY


def main() -> int:
    """Run the parts and return 1 where a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="speed,busy,mosaic")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--unit", type=float, default=0.7, help="seconds of a simulated unit")
    parser.add_argument("--assembly", type=float, default=0.3, help="seconds of putting a simulated tile together")
    arguments = parser.parse_args()
    parts = {"speed": lambda: speed(arguments.runs), "busy": lambda: busy(arguments.unit, arguments.assembly), "mosaic": lambda: mosaic(4)}
    met = [parts[part]() for part in arguments.parts.split(",")]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
