"""Many rasters on Dask: against the pipeline of one machine, with simulated workers, and one mosaic over several workers.

python benchmarks/cluster.py [--parts speed,busy,mosaic] [--runs 5]

speed   two worker processes over the same scenes as `predict` one after another in this process
busy    64 simulated workers, threads whose task is a pause, over 1000 tiles: the share of their time that they work
mosaic  30000 x 30000 pixels, cut into pieces, over four workers: the memory of each
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

from common import WORK, make_scene
from predict import sample_model
from timing import ROOT, alternate, verdict

from ipeo_water_plugin.core.cluster.many import predict_many
from ipeo_water_plugin.core.cluster.meter import ProgressMeter
from ipeo_water_plugin.core.cluster.planning import Order, Piece, Plan, plan_scene
from ipeo_water_plugin.core.cluster.run import Run
from ipeo_water_plugin.core.cluster.scenes import with_destinations
from ipeo_water_plugin.core.cluster.workers import Workers
from ipeo_water_plugin.core.prediction.predict import Prediction, predict
from ipeo_water_plugin.core.progress import SilentProgress
from ipeo_water_plugin.core.raster.describe import roles_of

SPEED, BUSY, MEMORY = 1.15, 0.9, 500.0
# A Sentinel-2 tile of 10980 x 10980 pixels takes two tasks: one examines it, one predicts it.
TILES, SIDE, TASKS, WORKERS = 1000, 10980, 2, 64
# The scene of `mosaic` has less than a billion pixels: a lower limit cuts it into pieces of a quarter of the usual size.
MAX_PIXELS = 250_000_000


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
    """Compare two workers with `predict` here, which uses both processors too."""
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
            "predict, one after another": alone,
            "two workers": lambda: predict_many(scenes, model, scheduler=address),
            "many, in this process": lambda: predict_many(scenes, model),
        }
        times = alternate(sides, runs, clear)
    pixels = 6 * 4000**2 + 6000**2
    first, second, third = times.values()
    a_pixel = 2 * second / pixels
    print(f"  {a_pixel * 1e9:.1f} ns of a worker per pixel: a tile of {SIDE} x {SIDE} takes {a_pixel * SIDE**2:.1f} s")
    met = verdict("two workers / the pipeline of one machine", second / first, SPEED)
    return verdict("many, in this process / the pipeline of one machine", third / first, SPEED) and met


def pause(plan: Plan, _number: int) -> Prediction:
    """Stand in for the prediction of a tile."""
    time.sleep(float(plan.metadata["seconds"]))
    return Prediction(Path(plan.destination), 1, 0, 0.5, 0.0)


def simulate(tiles: int, workers: int, seconds: float) -> tuple[float, float]:
    """Let simulated workers predict tiles.

    Args:
        tiles: number of tiles.
        workers: number of workers.
        seconds: that a tile takes.

    Returns:
        Seconds for all tiles, and the share of their time that workers were at work.
    """
    from distributed import Client, LocalCluster

    plan = simulated_plan()
    plan = replace(plan, metadata={"seconds": str(seconds)})
    local = {"processes": False, "memory_limit": None, "dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=workers, threads_per_worker=1, silence_logs=50, **local) as made, Client(made) as client:
        pool, progress = Workers(client, "simulated"), SilentProgress()
        run = Run(lambda queue: pool.work(queue, progress), ProgressMeter(progress, tiles * SIDE * SIDE, tiles), pause)
        start = time.perf_counter()
        done = len(list(run.execute([plan] * tiles)))
        wall = time.perf_counter() - start
    assert done == tiles
    return wall, tiles * seconds / (workers * wall)


def simulated_plan() -> Plan:
    """Return the plan of a tile, made from that of a small scene."""
    source = str(make_scene("tiled_1000.tif", 1000))
    (scene,) = with_destinations([source], str(WORK / "cluster_out"))
    plan = plan_scene(Order("simulated", sample_model()), scene, frozenset())
    grid = replace(plan.grid, width=SIDE, height=SIDE)
    return replace(plan, grid=grid, pieces=(Piece(grid.window, plan.destination),), waiting=(0,))


def busy(seconds: float) -> bool:
    """Simulate, and print what follows for more tiles and cores."""
    wall, share = simulate(TILES, WORKERS, seconds)
    print(f"  {TILES} tiles, {WORKERS} simulated workers, {seconds:g} s a tile: {wall:.1f} s, {share:.1%} at work")
    wall, _ = simulate(4 * TILES, WORKERS, 0.0)
    rate = 4 * TILES / wall
    print(f"  without any work: {rate:.0f} tasks/s; scheduler, client and all workers in one process")
    for cores in (64, 512):
        work = 4000 * seconds / cores
        needed = 4000 * TASKS / work
        print(f"  4000 tiles on {cores} cores: {work / 60:.1f} min of work, {needed:.0f} tasks/s, {needed / rate:.0%} of that")
    print(f"  the limit, where {rate:.0f} tasks/s are needed: {rate * seconds / TASKS:.0f} cores")
    print(f"busy: {share:.1%} (claimed: more than {BUSY:.0%}) {'ok' if share > BUSY else 'NOT MET'}")
    return share > BUSY


def mosaic(workers: int) -> bool:
    """Spread the pieces of one mosaic, and see what each worker's memory comes to."""
    source = str(make_scene("tiled_30000.tif", 30000, real=6000))
    out = WORK / "cluster_out"
    shutil.rmtree(out, ignore_errors=True)
    with cluster(workers) as (address, processes):
        start = time.perf_counter()
        scenes = with_destinations([source], str(out))
        summary = predict_many(scenes, sample_model(), scheduler=address, max_pixels=MAX_PIXELS)
        wall = time.perf_counter() - start
        peaks = [int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024 for pid in processes]
    (plan,) = summary.done
    count = len(plan.pieces)
    print(
        f"  30000 x 30000: {wall:.1f} s, {count} pieces, {workers} workers; peaks {', '.join(f'{p:.0f}' for p in peaks)} MB, Python and all"
    )
    print(f"mosaic: {max(peaks):.0f} MB (claimed: at most {MEMORY:.0f}) {'ok' if max(peaks) <= MEMORY else 'NOT MET'}")
    return max(peaks) <= MEMORY


def main() -> int:
    """Run the parts and return 1 if a claim isn't met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="speed,busy,mosaic")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.5, help="seconds that a simulated tile takes")
    arguments = parser.parse_args()
    parts = {"speed": lambda: speed(arguments.runs), "busy": lambda: busy(arguments.seconds), "mosaic": lambda: mosaic(4)}
    met = [parts[part]() for part in arguments.parts.split(",")]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
