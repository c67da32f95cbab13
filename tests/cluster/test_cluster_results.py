"""What a cluster makes is what a single machine makes, whoever dies on the way; nothing is computed that needn't be."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from continent import Recorder, assert_equal_to_a_single_machine, make_scene, run
from machines import HANGS, HERE, Cluster, Process, wait_for

from ipeo_water_plugin.core.errors import CancelledError
from ipeo_water_plugin.core.prediction.predict import PredictionSettings

# 1100 × 600 pixels are six windows.
UNITS = 24 * 6
# As many tasks are out at a time for four workers, so that they needn't wait.
OUT = 16


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


RESULTS = [f"tile_{index:02}.tif" for index in range(24)]


def test_24_scenes_on_four_workers(cluster: Cluster, scenes: Path, tmp_path: Path) -> None:
    cluster.forget_units()
    progress = Recorder()
    summary = run(scenes, tmp_path / "out", scheduler=cluster.address, progress=progress)
    assert (len(summary.done), summary.skipped, summary.failed) == (24, (), ())
    assert names(tmp_path / "out") == RESULTS
    assert_equal_to_a_single_machine(summary, tmp_path)
    assert len(cluster.ended()) == len(set(cluster.ended())) == UNITS
    # On a busy machine a worker may come late to such small windows.
    assert len({process for _, _, process in cluster.units()}) >= 2
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1
    again = run(scenes, tmp_path / "out", scheduler=cluster.address)
    assert (again.done, len(again.skipped), again.failed) == ((), 24, ())
    assert len(cluster.ended()) == UNITS


def test_a_worker_is_killed(scenes: Path, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster", 4)
    try:
        cluster.wait_for_workers(4)
        client = start_client(cluster, scenes, tmp_path / "out")
        wait_for(lambda: len(cluster.ended()) >= 30)
        victim = cluster.workers[1]
        wait_for(lambda: at_work(cluster, victim.process.pid))
        victim.kill()
        assert client.process.wait(HANGS) == 0, client.log.read_text()
        assert names(tmp_path / "out") == RESULTS
        summary = run(scenes, tmp_path / "out", scheduler=cluster.address)
        assert len(summary.skipped) == 24
        assert_equal_to_a_single_machine(summary, tmp_path)
        twice = [name for name, count in Counter(cluster.ended()).items() if count > 1]
        assert twice == []
        assert len(cluster.ended()) == UNITS
        begun = Counter(name for word, name, _ in cluster.units() if word == "begun")
        assert sum(begun.values()) <= UNITS + 1
    finally:
        cluster.end()


def begun_units(cluster: Cluster) -> int:
    return len([word for word, _, _ in cluster.units() if word == "begun"])


def at_work(cluster: Cluster, process: int) -> bool:
    """Whether a worker has begun a unit that it hasn't ended."""
    own = [word for word, _, owner in cluster.units() if owner == process]
    return bool(own) and own[-1] == "begun"


def start_client(cluster: Cluster, scenes: Path, out: Path) -> Process:
    words = json.dumps({"sources": str(scenes), "results": str(out), "scheduler": cluster.address})
    return Process(str(HERE / "continent.py"), words, folder=out.parent, name="client")


def test_the_client_is_killed_and_started_again(cluster: Cluster, scenes: Path, tmp_path: Path) -> None:
    cluster.forget_units()
    client = start_client(cluster, scenes, tmp_path / "out")
    wait_for(lambda: len(cluster.ended()) >= 40)
    client.kill()
    before = cluster.units()
    # A worker goes on to the end of the window that it computes, and then stands still.
    in_flight = {name for _, name, _ in before} - {name for word, name, _ in before if word == "ended"}
    cluster.wait_until_at_rest()
    assert len(cluster.ended()) < UNITS
    assert len(in_flight) <= 4
    assert [name for name in names(tmp_path / "out") if name.startswith(".ipeowater-parts-")]
    summary = run(scenes, tmp_path / "out", scheduler=cluster.address)
    assert not summary.failed
    assert len(summary.done) + len(summary.skipped) == 24
    assert names(tmp_path / "out") == RESULTS
    assert_equal_to_a_single_machine(summary, tmp_path)
    counts = Counter(cluster.ended())
    assert len(counts) == UNITS
    assert {name for name, count in counts.items() if count > 1} <= in_flight


def test_cancelled(cluster: Cluster, scenes: Path, tmp_path: Path) -> None:
    """What lay ready for the workers may still be begun; nothing is handed out any more, and no worker is left at work."""
    cluster.forget_units()
    begun: list[int] = []

    class Watch(Recorder):
        def cancelled(self) -> bool:
            if not begun and super().cancelled():
                begun.append(begun_units(cluster))
            return bool(begun)

    with pytest.raises(CancelledError):
        run(scenes, tmp_path / "out", scheduler=cluster.address, progress=Watch(0.5))
    kept = names(tmp_path / "out")
    assert 0 < len(kept) < 24
    assert set(kept) <= set(RESULTS)
    cluster.wait_until_at_rest()
    assert begun_units(cluster) <= begun[0] + OUT < UNITS
    assert names(tmp_path / "out") == kept


@pytest.mark.parametrize(
    "settings",
    [PredictionSettings("uint8"), PredictionSettings(format="cog"), PredictionSettings(creation_options=("COMPRESS=LZW", "TILED=NO"))],
    ids=["uint8", "cog", "options"],
)
def test_other_settings(cluster: Cluster, tmp_path: Path, settings: PredictionSettings) -> None:
    (tmp_path / "scenes").mkdir()
    make_scene(tmp_path / "scenes" / "a.tif")
    summary = run(tmp_path / "scenes", tmp_path / "out", scheduler=cluster.address, settings=settings)
    assert len(summary.done) == 1
    assert_equal_to_a_single_machine(summary, tmp_path, settings)


def test_what_is_done_again(cluster: Cluster, tmp_path: Path) -> None:
    """A result is done again where the scene, the model or a setting changed, or where it is damaged; and nothing else is."""
    (tmp_path / "scenes").mkdir()
    for name in ("a", "b", "c"):
        make_scene(tmp_path / "scenes" / f"{name}.tif")
    out = tmp_path / "out"
    assert len(run(tmp_path / "scenes", out, scheduler=cluster.address).done) == 3
    os.utime(tmp_path / "scenes" / "a.tif", (1, 1))
    (out / "b.tif").write_bytes((out / "b.tif").read_bytes()[:100])
    summary = run(tmp_path / "scenes", out, scheduler=cluster.address)
    assert [Path(plan.scene.source).name for plan in summary.done] == ["a.tif", "b.tif"]
    assert_equal_to_a_single_machine(summary, tmp_path)
    assert len(run(tmp_path / "scenes", out, scheduler=cluster.address, settings=PredictionSettings("uint8")).done) == 3
    shutil.rmtree(out)
