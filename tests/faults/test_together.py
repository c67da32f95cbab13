"""Many predictions at once and one after another: the same bytes each time, and nothing that grows."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import children
import numpy as np
import pytest
import scenes
from patience import SOAK

from ipeo_water_plugin.core.raster.describe import roles_of
from ipeo_water_plugin.core.sampling.sample import SamplingSettings, sample_pixels
from ipeo_water_plugin.core.system import threads

TOGETHER = 8


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes.write_scene(tmp_path_factory.mktemp("image") / "image.tif", scenes.pixels(900, 1100), (*scenes.TILED, "COMPRESS=ZSTD"))


def in_threads(jobs: list[tuple[Path, Path]]) -> None:
    with ThreadPoolExecutor(len(jobs)) as pool:
        for ended in [pool.submit(scenes.run, *job) for job in jobs]:
            ended.result()


def in_processes(jobs: list[tuple[Path, Path]]) -> None:
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=children.predict, args=(str(image), str(target))) for image, target in jobs]
    for process in running:
        process.start()
    for process in running:
        process.join(600)
    assert [process.exitcode for process in running] == [0] * len(jobs)


@pytest.mark.parametrize("way", [in_threads, in_processes])
def test_to_destinations_of_their_own(tmp_path: Path, image: Path, way: Callable[[list[tuple[Path, Path]]], None]) -> None:
    scenes.run(image, tmp_path / "serial.tif")
    way([(image, tmp_path / f"{number}.tif") for number in range(TOGETHER)])
    serial = scenes.values(tmp_path / "serial.tif")
    for number in range(TOGETHER):
        np.testing.assert_array_equal(scenes.values(tmp_path / f"{number}.tif"), serial)
    assert len(os.listdir(tmp_path)) == TOGETHER + 1
    assert scenes.threads() == []


@pytest.mark.parametrize("way", [in_threads, in_processes])
def test_to_one_destination(tmp_path: Path, way: Callable[[list[tuple[Path, Path]]], None]) -> None:
    """The last whole file wins: at any time, what stands there is one of the results."""
    images = [scenes.write_scene(tmp_path / f"{seed}.tif", scenes.pixels(500, 600, seed=seed)) for seed in range(TOGETHER)]
    for number, path in enumerate(images):
        scenes.run(path, tmp_path / f"alone {number}.tif")
    alone = [scenes.values(tmp_path / f"alone {number}.tif") for number in range(TOGETHER)]
    out = tmp_path / "out"
    out.mkdir()
    target, over, seen = out / "p.tif", threading.Event(), []

    def watch() -> None:
        while not over.is_set():
            if target.exists():
                seen.append(scenes.values(target))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        way([(path, target) for path in images])
    finally:
        over.set()
        watcher.join()
    assert os.listdir(out) == ["p.tif"]
    for found in [*seen, scenes.values(target)]:
        assert any(np.array_equal(found, one) for one in alone)


def test_bytes_are_the_same_on_one_and_on_two_threads(tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = set()
    for number, count in enumerate((1, 2, 1, 2, 5)):
        monkeypatch.setattr(threads, "processors", lambda count=count: count)
        scenes.run(image, tmp_path / f"{number}.tif")
        written.add((tmp_path / f"{number}.tif").read_bytes())
    assert len(written) == 1


def test_sampling_gives_the_same_bytes(image: Path) -> None:
    shapes = [scenes.shape(scenes.box(10, 10, 400, 700), True, 1), scenes.shape(scenes.box(700, 10, 1000, 800), False, 2)]
    drawn = [
        sample_pixels(str(image), roles_of(str(image)), shapes, SamplingSettings(max_per_class=500, seed=s)).samples for s in (3, 3, 4)
    ]
    first, again, other = (s.X.tobytes() + s.y.tobytes() + s.polygon.tobytes() + s.position.tobytes() for s in drawn)
    assert first == again
    assert first != other


def test_coefficients_are_the_same_on_one_and_on_two_threads() -> None:
    code = (
        "import json; import numpy as np; import torch\n"
        "from ipeo_water_plugin.core.samples import Samples, Scene\n"
        "from ipeo_water_plugin.core.training.settings import TrainingSettings\n"
        "from ipeo_water_plugin.core.training.train import train\n"
        "draw = np.random.default_rng(0); y = draw.random(60000) < 0.4\n"
        "X = draw.normal(np.where(y[:, None], [900, 700, 300], [800, 900, 2000]), 300)\n"
        "scene = Scene('s', 'uint16', (10.0, 10.0), 'EPSG:32633', (None,) * 3, (None,) * 3, (None,) * 3)\n"
        "n = len(y)\n"
        "samples = Samples(X, y, np.arange(n) % 40, np.zeros(n, np.int32), ('green', 'red', 'nir'), (scene,), np.zeros((n, 2)))\n"
        "for count in (1, 2, 1):\n"
        "    torch.set_num_threads(count)\n"
        "    model = train(samples, TrainingSettings(epochs=150, device='cpu', seed=7)).model\n"
        "    print(json.dumps([torch.get_num_threads(), *model.coefficients.values(), model.intercept]))\n"
    )
    # In a process of its own, since the number of threads is PyTorch's for all of one.
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    one, two, again = (json.loads(line) for line in done.stdout.splitlines()[-3:])
    assert (one[0], two[0]) == (1, 2)
    assert one == again
    np.testing.assert_allclose(one[1:], two[1:], rtol=1e-6, atol=1e-9)


def resident() -> int:
    """Memory of this process in KiB."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="memory and handles are read as Linux tells them")
def test_run_after_run(tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    runs = 200 if SOAK else 12
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    out = tmp_path / "out"
    out.mkdir()
    handles, memory = [], []
    for number in range(runs):
        scenes.run(image, out / "p.tif", format=("gtiff", "cog")[number % 2])
        gc.collect()
        handles.append(len(os.listdir("/proc/self/fd")))
        memory.append(resident())
    assert os.listdir(out) == ["p.tif"]
    assert os.listdir(tmp_path / "temporary") == []
    assert scenes.threads() == []
    assert handles[-1] <= handles[3]
    # What the allocator and GDAL's cache hold settles within the first runs.
    settled, end = max(memory[: runs // 2]), max(memory[runs // 2 :])
    assert end - settled < 20 * 1024
    if SOAK:
        with capsys.disabled():
            print(f"\n{runs} predictions: {settled / 1024:.0f} MiB at most in the first half, {end / 1024:.0f} MiB in the second; ", end="")
            print(f"{handles[3]} file handles, then {handles[-1]}")
